# SPDX-License-Identifier: MIT
"""tools/check_published on a small generated model and a local web server: its figures against numpy's own."""
import functools
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

import numpy as np

import small_clip

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

import reelvec  # noqa: E402

try:
    import PIL.Image
except ImportError:
    raise unittest.SkipTest("needs the package python3-pil")

TOOL = SOURCE / "tools/check_published"
VIDEO = SOURCE / "examples/media/demo.mp4"
TEXTS = ["a red circle", "two dogs", "a slide about ingestion"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def setUpModule():
    global folder, place, tensors, server, base, picture
    folder = tempfile.TemporaryDirectory()
    place = pathlib.Path(folder.name)
    os.environ["XDG_CACHE_HOME"] = os.environ["XDG_DATA_HOME"] = folder.name
    for name in ("REELVEC_MODEL", "REELVEC_LIBRARY", "http_proxy", "https_proxy"):
        os.environ.pop(name, None)
    tensors = small_clip.write(place / "model", SOURCE / "models/demo", seed=14)
    picture = np.random.default_rng(7).integers(0, 256, (small_clip.SIDE, small_clip.SIDE, 3), np.uint8)
    (place / "files").mkdir()
    PIL.Image.fromarray(picture).save(place / "files/picture.png")
    (place / "files/demo.mp4").write_bytes(VIDEO.read_bytes())
    handler = functools.partial(Quiet, directory=str(place / "files"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    base = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()


def tearDownModule():
    server.shutdown()
    server.server_close()
    folder.cleanup()


def run(figures, *arguments):
    (place / "figures.json").write_text(json.dumps(figures))
    done = subprocess.run([sys.executable, str(TOOL), "--model", str(place / "model"), "--figures", str(place / "figures.json"),
                           *arguments], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def text_vectors(texts):
    with reelvec.Model(place / "model") as model:
        return np.array([small_clip.encode_tokens(tensors, model.tokenize(text)) for text in texts])


def shares_of(scale):
    logits = scale * text_vectors(TEXTS) @ small_clip.encode_picture(tensors, picture)
    shares = np.exp(logits - logits.max())
    return shares / shares.sum()


class Diagram(unittest.TestCase):
    def figures(self, shares):
        return {"by": "numpy", "image": f"{base}/picture.png", "bound": 1e-5, "scale": 10.0,
                "probabilities": dict(zip(TEXTS, map(float, shares)))}

    def test_agrees_with_numpy(self):
        shares = shares_of(10.0)
        self.assertGreater(shares.max() - shares.min(), 0.05)  # or any answer would agree
        status, output, errors = run(self.figures(shares), "diagram")
        self.assertEqual((status, errors), (0, ""), output + errors)
        self.assertTrue(output.endswith("as printed\n"), output)
        self.assertEqual(output.count("  within\n"), 3)
        self.assertIn(f'numpy: "a red circle"{"":>27} {shares[0]:>10.7f}', output)

    def test_finds_a_wrong_figure(self):
        status, output, _ = run(self.figures(shares_of(10.0) + [0.0, 2e-5, 0.0]), "diagram")
        self.assertEqual(status, 1)
        self.assertEqual((output.count("  within\n"), output.count("  OUT OF BOUND\n")), (2, 1), output)
        self.assertTrue(output.endswith("NOT as printed\n"))

    def test_says_what_keeps_it(self):
        figures = self.figures(shares_of(10.0))
        for change, message in (({"image": f"{base}/none.png"}, "404"), ({"image": str(place / "none.png")}, "none.png")):
            status, _, errors = run({**figures, **change}, "diagram")
            self.assertEqual(status, 2, errors)
            self.assertIn(message, errors)
            self.assertEqual(errors.count("\n"), 1, errors)
        # Figures of another form give no verdict, which 1 would be.
        for other in ([1], {**figures, "probabilities": {"a cat": "half"}}):
            status, output, errors = run(other, "diagram")
            self.assertEqual((status, "as printed" in output), (2, False), output + errors)
        status, _, errors = run(figures, "--model", "ViT-L/14", "diagram")
        self.assertEqual(status, 2)
        self.assertIn("ViT-L/14: not here yet", errors)


class Notebook(unittest.TestCase):
    """The frames' vectors are the library's; what is made of them is computed here."""

    @classmethod
    def setUpClass(cls):
        library = place / "frames.db"
        subprocess.run([os.environ["REELVEC_PROGRAM"], "index", str(VIDEO), "--compat", "opencv-notebook", "--library",
                        str(library), "--model", str(place / "model"), "--precision", "float32", "--quiet"], check=True)
        with reelvec.Library(library) as opened:
            rows = opened.embeddings()
        text, image = text_vectors([TEXTS[2]])[0], small_clip.encode_picture(tensors, picture)
        cls.tables = {}
        for name, query in (("text", text), ("image", image), ("text and image", (text + image) / 2)):
            scores = rows.vectors.astype(np.float64) @ query
            best = np.argsort(-scores)[:5]
            cls.tables[name] = [[int(rows.frame_numbers[i]), float(scores[i])] for i in best]

    def figures(self, **change):
        return {"by": "numpy", "text": TEXTS[2], "image": f"{base}/picture.png", "video": f"{base}/demo.mp4", "bound": 1e-5,
                "tables": self.tables, **change}

    def test_agrees_with_numpy(self):
        status, output, errors = run(self.figures(), "notebook")
        self.assertEqual((status, errors), (0, ""), output + errors)
        self.assertEqual(output.count("  within\n"), 15)
        frames = " ".join(str(frame) for frame, _ in self.tables["text and image"])
        self.assertIn(f"  best here: {frames}; printed: {frames}\n", output)

    def test_finds_other_frames(self):
        tables = {"text": self.tables["text"][1:]}  # the best frame is missing
        status, output, _ = run(self.figures(tables=tables), "notebook")
        self.assertEqual(status, 1)
        self.assertIn("NOT THE SAME\n", output)

    def test_indexes_on_the_device_that_is_named(self):
        status, _, errors = run(self.figures(), "--device", "nowhere", "notebook")
        self.assertEqual(status, 2)
        self.assertIn("nowhere", errors)
        self.assertEqual(run(self.figures(), "--device", "cpu", "notebook")[0], 0)

    def test_refuses_another_video(self):
        status, _, errors = run(self.figures(tables={"text": [[100000, 0.5]]}), "notebook")
        self.assertEqual(status, 2)
        self.assertIn("another video?", errors)


class Msrvtt(unittest.TestCase):
    """Three videos, cut from the demo's, and four captions."""

    CAPTIONS = (("video1", "a red circle"), ("video2", "two dogs"), ("video0", "a cat"), ("video1", "many blue stars"))

    @classmethod
    def setUpClass(cls):
        videos = place / "videos"
        videos.mkdir()
        for number in range(3):
            subprocess.run(["ffmpeg", "-v", "error", "-ss", str(6 * number), "-i", str(VIDEO), "-t", "4", "-an",
                            str(videos / f"video{number}.mp4")], check=True)
        with open(place / "captions.csv", "w", newline="") as file:
            file.write("key,vid_key,video_id,sentence\n")
            for video, caption in cls.CAPTIONS:
                file.write(f"ret0,msr,{video},{caption}\n")
        with reelvec.Model(place / "model") as model, reelvec.Library(place / "videos.db", model=model) as library:
            library.index(videos)
            rows, names = library.embeddings(), {row.video_id: pathlib.Path(row.path).stem for row in library.videos()}
        vectors = {name: small_clip.unit(rows.vectors[rows.video_ids == i].astype(np.float64).mean(axis=0))
                   for i, name in names.items()}
        texts = text_vectors([caption for _, caption in cls.CAPTIONS])
        cls.first = [max(vectors, key=lambda name: vectors[name] @ text) == video
                     for text, (video, _) in zip(texts, cls.CAPTIONS)]


    def check(self, recall, captions=4, videos="videos"):
        return run({"by": "numpy", "recall": recall, "bound": 0.05, "captions": captions}, "msrvtt", str(place / videos),
                   str(place / "captions.csv"))

    def test_agrees_with_numpy(self):
        recall = 100.0 * sum(self.first) / 4
        status, output, errors = self.check(recall)
        self.assertEqual((status, errors), (0, ""), output + errors)
        self.assertIn(f"R@1, numpy{'':>38} {recall:>10.1f} {recall:>10.1f}", output)
        self.assertIn("of 4 captions and 3 videos", output)
        self.assertEqual(self.check(recall + 25 if recall < 100 else 75)[0], 1)

    def test_refuses_another_set(self):
        status, _, errors = self.check(50.0, captions=1000)
        self.assertEqual(status, 2)
        self.assertIn("4 captions; the figure is of 1000", errors)
        status, _, errors = self.check(50.0, videos="files")
        self.assertEqual(status, 2)
        self.assertIn("video1.mp4: not there, nor 3 other videos", errors)

    def test_takes_the_figure_of_a_known_model(self):
        done = subprocess.run([sys.executable, str(TOOL), "--model", "ViT-L/14", "msrvtt", "none", "none.csv"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("ViT-L/14: no figure for MSR-VTT is known of it", done.stderr)


if __name__ == "__main__":
    unittest.main()
