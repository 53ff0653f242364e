# SPDX-License-Identifier: MIT
"""page/openapi.json against the table of routes in the source, and against what a server answers."""
import json
import re
import unittest

from serving import MEDIA, SOURCE, ServedTest

DESCRIPTION = SOURCE / "apps/web/page/openapi.json"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None)}
KNOWN = {"$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "minimum", "maximum",
         "minItems", "maxItems", "description", "format"}


def faults(schema, value, root, place="answer"):
    """Where the value is not what the schema says (the part of JSON Schema that the file uses)."""
    unknown = set(schema) - KNOWN
    if unknown:
        yield f"{place}: the schema has {unknown}, which this test does not know"
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from faults(target, value, root, place)
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind in ("integer", "number"))):
        yield f"{place}: {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is none of the values"
    if "anyOf" in schema and all(list(faults(one, value, root, place)) for one in schema["anyOf"]):
        yield f"{place}: {value!r} fits none of anyOf"
    if "minimum" in schema and value < schema["minimum"] or "maximum" in schema and value > schema["maximum"]:
        yield f"{place}: {value!r} is out of bounds"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{place}: {name} is missing"
        for name, member in value.items():
            if name in properties:
                yield from faults(properties[name], member, root, f"{place}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{place}: {name} is not described"
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from faults(schema["items"], item, root, f"{place}[{number}]")


class OpenApiTest(ServedTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.description = json.loads(DESCRIPTION.read_text())

    def test_every_route_is_described_and_no_other(self):
        source = (SOURCE / "apps/web/route_table.c").read_text()
        rows = re.findall(r'\{(READ|METHOD_\w+), "([^"]+)", "(\w+)", (\w+)', source)
        self.assertGreater(len(rows), 10)
        table = {(path, "get" if methods == "READ" else methods.removeprefix("METHOD_").lower()) for methods, path, *_ in rows}
        described = {(path, method) for path, methods in self.description["paths"].items() for method in methods}
        self.assertEqual(table, described)

    def test_the_server_hands_the_file_out(self):
        self.assertEqual(self.server.json("/api/v1/openapi.json"), self.description)

    def test_parameters_of_the_path_are_described(self):
        for path, methods in self.description["paths"].items():
            for method, one in methods.items():
                named = {p["name"] for p in one.get("parameters", ()) if p["in"] == "path"}
                self.assertEqual(named, set(re.findall(r"\{(\w+)\}", path)), (path, method))
                self.assertIn("operationId", one)

    def test_references_lead_somewhere(self):
        for reference in re.findall(r'"\$ref": "#/([^"]+)"', DESCRIPTION.read_text()):
            target = self.description
            for part in reference.split("/"):
                self.assertIn(part, target, reference)
                target = target[part]

    def check_answer(self, method, path, address, body=None, headers=()):
        answer = self.server.ask(method, address, body, headers)
        responses = self.description["paths"][path][method.lower()]["responses"]
        self.assertIn(str(answer.status), responses, (address, answer))
        response = responses[str(answer.status)]
        if "$ref" in response:
            response = self.description["components"]["responses"]["Error"]
        for kind, content in response.get("content", {}).items():
            self.assertTrue(answer.headers["content-type"].startswith(kind), answer)
            if "schema" in content:
                found = list(faults(content["schema"], answer.json(), self.description))
                self.assertEqual(found, [], (address, answer.body[:2000]))
        return answer

    def test_answers_are_as_described(self):
        v1 = "/api/v1"
        for path, address in (
                ("/", "/"), ("/page/{file}", "/page/index.html"), ("/page/{file}", "/page/none"), ("/healthz", "/healthz"),
                ("/metrics", "/metrics"), (f"{v1}/openapi.json", f"{v1}/openapi.json"), (f"{v1}/library", f"{v1}/library"),
                (f"{v1}/videos", f"{v1}/videos"), (f"{v1}/videos", f"{v1}/videos?limit=1"), (f"{v1}/videos", f"{v1}/videos?limit=x"),
                (f"{v1}/videos/{{id}}", f"{v1}/videos/1"), (f"{v1}/videos/{{id}}", f"{v1}/videos/99"),
                (f"{v1}/videos/{{id}}/frames", f"{v1}/videos/1/frames?limit=5"), (f"{v1}/videos/{{id}}/frames", f"{v1}/videos/1/frames"),
                (f"{v1}/videos/{{id}}/frames/{{number}}.jpg", f"{v1}/videos/1/frames/1.jpg"),
                (f"{v1}/videos/{{id}}/frames/{{number}}.jpg", f"{v1}/videos/1/frames/999.jpg"),
                (f"{v1}/videos/{{id}}/media", f"{v1}/videos/1/media"), (f"{v1}/videos/{{id}}/media", f"{v1}/videos/9/media"),
                (f"{v1}/search", f"{v1}/search?text=an+owl&limit=3"), (f"{v1}/search", f"{v1}/search?text=an+owl&group=video"),
                (f"{v1}/search", f"{v1}/search?text=an+owl&not=a+castle&fusion=rrf&moments"), (f"{v1}/search", f"{v1}/search"),
                (f"{v1}/search", f"{v1}/search?text=an+owl&then=a+castle&within=90&limit=2"),
                (f"{v1}/videos/{{id}}/scores", f"{v1}/videos/1/scores?text=an+owl"),
                (f"{v1}/videos/{{id}}/scores", f"{v1}/videos/1/scores?text=an+owl&then=a+castle&part=1&fusion=zscore"),
                (f"{v1}/videos/{{id}}/scores", f"{v1}/videos/9/scores?text=an+owl"),
                (f"{v1}/videos/{{id}}/play", f"{v1}/videos/1/play?mode=remux&t=1"), (f"{v1}/videos/{{id}}/play", f"{v1}/videos/1/play"),
                (f"{v1}/videos/{{id}}/play", f"{v1}/videos/9/play?mode=remux"), (f"{v1}/jobs", f"{v1}/jobs"),
                (f"{v1}/jobs/{{id}}", f"{v1}/jobs/1"), (f"{v1}/jobs/{{id}}/events", f"{v1}/jobs/1/events"),
                (f"{v1}/videos/{{id}}/sprite.json", f"{v1}/videos/1/sprite.json?from=2&to=9"),
                (f"{v1}/videos/{{id}}/sprite.json", f"{v1}/videos/1/sprite.json?from=9000"),
                (f"{v1}/videos/{{id}}/sprite.jpg", f"{v1}/videos/1/sprite.jpg?count=5"),
                (f"{v1}/videos/{{id}}/sprite.jpg", f"{v1}/videos/1/sprite.jpg?count=x"),
                (f"{v1}/search", f"{v1}/search?frame=1:99999"), (f"{v1}/pictures/{{sha256}}", f"{v1}/pictures/00")):
            self.check_answer("GET", path, address)
        json_type = {"Content-Type": "application/json"}
        query = {"terms": [{"text": "an owl", "weight": 2}, {"frame": {"video": 1, "time": 2}}], "group": "video", "per_video": 2}
        self.assertEqual(list(faults(self.description["components"]["schemas"]["Query"], query, self.description)), [])
        self.check_answer("POST", f"{v1}/search", f"{v1}/search", json.dumps(query).encode(), json_type)
        self.check_answer("POST", f"{v1}/search", f"{v1}/search", b"{}", json_type)
        self.check_answer("POST", f"{v1}/videos/{{id}}/scores", f"{v1}/videos/1/scores", json.dumps(query).encode(), json_type)
        self.check_answer("POST", f"{v1}/pictures", f"{v1}/pictures", (MEDIA / "query-owl.png").read_bytes())
        self.check_answer("POST", f"{v1}/pictures", f"{v1}/pictures", b"x")
        moments = [{"video": 1, "start": 1, "end": 2.5, "name": "one"}]
        schemas = self.description["components"]["schemas"]
        for path, schema, body in ((f"{v1}/export", "Export", {"format": "otio", "moments": moments}),
                                   (f"{v1}/export", "Export", {"format": "csv", "title": "x", "rate": "25", "moments": moments}),
                                   (f"{v1}/clips", "Clips", {"moments": moments, "mode": "exact"}), (f"{v1}/jobs", "JobQuery", {"root": 0}),
                                   ("/v1/embeddings", "EmbeddingsQuery", {"input": ["a", {"text": "b"}], "encoding_format": "float"}),
                                   ("/v1/embeddings", "EmbeddingsQuery", {"input": "a", "encoding_format": "base64"})):
            self.assertEqual(list(faults(schemas[schema], body, self.description)), [])
            self.check_answer("POST", path, path, json.dumps(body).encode(), json_type)
            self.check_answer("POST", path, path, b"{}", json_type)
        self.check_answer("DELETE", f"{v1}/jobs/{{id}}", f"{v1}/jobs/1")

    def test_parameters_of_searches_are_those_that_the_source_knows(self):
        source = (SOURCE / "apps/web/question_address.c").read_text()
        table = source[source.index("} parameters[]"):source.index("#define PARAMETER_COUNT")]
        known = set(re.findall(r'\{"(\w+)", ', table)) - {"token"}
        described = {p["name"] for p in self.description["paths"]["/api/v1/search"]["get"]["parameters"]}
        self.assertEqual(described, known)
        other = self.description["paths"]["/api/v1/videos/{id}/scores"]["get"]["parameters"]
        self.assertEqual({p["name"] for p in other}, known | {"id"})
        members = set(self.description["components"]["schemas"]["Query"]["properties"])
        self.assertEqual(members, known - {"text", "not", "then", "picture", "frame", "url", "weight"} | {"terms"})


if __name__ == "__main__":
    unittest.main()
