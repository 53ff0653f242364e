# SPDX-License-Identifier: MIT
"""POST /v1/embeddings of `reelvec serve`: the vectors are those with which the server searches, in every form of asking."""
import base64
import json
import math
import struct
import unittest

from serving import MEDIA, ServedTest


class EmbeddingsTest(ServedTest):
    def ask(self, **body):
        return self.server.post("/v1/embeddings", body)

    def vectors(self, **body):
        answer = self.check(self.ask(**body), 200).json()
        self.assertEqual([item["index"] for item in answer["data"]], list(range(len(answer["data"]))))
        for item in answer["data"]:
            if isinstance(item["embedding"], list):
                self.assertAlmostEqual(math.hypot(*item["embedding"]), 1, 5)
        return [item["embedding"] for item in answer["data"]]

    def test_texts(self):
        one, = self.vectors(input="a red circle")
        both = self.vectors(input=["an owl", "a red circle"], model="reelvec", encoding_format="float", user="somebody")
        self.assertEqual(both[1], one)
        self.assertNotEqual(both[0], one)
        self.assertEqual(self.vectors(input=[{"text": "a red circle"}]), [one])
        self.assertEqual(self.vectors(messages=[{"role": "user", "content": "a red circle"}]), [one])
        self.assertEqual(self.vectors(messages=[{"role": "user", "content": [{"type": "text", "text": "a red circle"}]}]), [one])
        self.assertEqual(self.vectors(input="a red circle", dimensions=len(one)), [one])
        packed, = self.vectors(input="a red circle", encoding_format="base64")
        data = base64.b64decode(packed, validate=True)
        for value, other in zip(struct.unpack(f"<{len(data) // 4}f", data), one, strict=True):
            self.assertAlmostEqual(value, other, 7)
        usage = self.ask(input=["a red circle", "an owl"]).json()["usage"]
        self.assertEqual(usage["prompt_tokens"], usage["total_tokens"])
        self.assertGreaterEqual(usage["prompt_tokens"], 9)

    def test_pictures_in_all_forms(self):
        text = base64.b64encode((MEDIA / "query-owl.png").read_bytes()).decode()
        uri = f"data:image/png;base64,{text}"
        one, = self.vectors(input=uri, modality="image")
        for body in ({"input": [uri], "modality": "image"}, {"input": text, "modality": "image"}, {"input": uri}, {"input": [{"image": text}]},
                     {"input": [{"image": uri}]},
                     {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": uri}}]}]}):
            self.assertEqual(self.vectors(**body), [one])
        mixed = self.vectors(input=[{"text": "an owl"}, {"image": uri}])
        self.assertEqual(mixed[1], one)

    def test_a_dot_product_is_the_score_of_a_search(self):
        owl, = self.vectors(input="an owl")
        picture = self.server.get("/api/v1/videos/1/frames/1.jpg").body
        frame, = self.vectors(input=base64.b64encode(picture).decode(), modality="image")
        score = self.server.json("/api/v1/videos/1/scores?text=an+owl")["scores"][0]
        # The frame was embedded before it became a JPEG.
        self.assertAlmostEqual(sum(a * b for a, b in zip(owl, frame)), score, 1)

    def test_what_is_wrong_is_told(self):
        text = base64.b64encode(b"no picture").decode()
        for body, status, code in (
                ({}, 400, "bad_input"), ({"input": "a", "messages": []}, 400, "bad_input"), ({"input": []}, 400, "bad_input"),
                ({"input": [1, 2, 3]}, 400, "bad_input"), ({"input": [[1, 2]]}, 400, "bad_input"), ({"input": ""}, 400, "empty_text"),
                ({"input": {"text": "a", "image": "b"}}, 400, "bad_input"), ({"input": ["a"] * 1025}, 400, "bad_input"),
                ({"input": "a", "model": "text-embedding-3-small"}, 404, "model_not_found"), ({"input": "a", "model": 5}, 400, "bad_parameter"),
                ({"input": "a", "dimensions": 3}, 400, "bad_parameter"), ({"input": "a", "encoding_format": "x"}, 400, "bad_parameter"),
                ({"input": "a", "modality": "audio"}, 400, "bad_parameter"), ({"input": "a", "more": 1}, 400, "bad_parameter"),
                ({"input": "%%%", "modality": "image"}, 400, "bad_input"), ({"input": "AAA", "modality": "image"}, 400, "bad_input"),
                ({"input": "data:image/png,x", "modality": "image"}, 400, "bad_input"), ({"input": text, "modality": "image"}, 422, "no_picture"),
                ({"input": "http://localhost/x.png", "modality": "image"}, 403, "urls_not_allowed"),
                ({"input": [{"image": "https://localhost/x.png"}]}, 403, "urls_not_allowed"),
                ({"input": "/etc/passwd", "modality": "image"}, 400, "bad_input"), ({"input": "file:///etc/passwd", "modality": "image"}, 400, "bad_input"),
                ({"messages": []}, 400, "bad_input"), ({"messages": [{"content": []}]}, 400, "bad_input"),
                ({"messages": [{"content": [{"type": "x"}]}]}, 400, "bad_input"),
                ({"messages": [{"content": [{"type": "text", "text": "a"}] * 2}]}, 400, "bad_input")):
            self.check(self.ask(**body), status, code)
        self.check(self.server.ask("POST", "/v1/embeddings", json.dumps({"input": "a"}).encode(), {"Content-Type": "text/plain"}), 415)
        self.assertTrue(self.server.is_well())


if __name__ == "__main__":
    unittest.main()
