# SPDX-License-Identifier: MIT
"""The Python package as its users know such things: collections, results that become tables, tensors, progress."""
import contextlib
import gc
import io
import os
import pathlib
import pickle
import subprocess
import sys
import types
import unittest
import unittest.mock

import numpy as np

from demo_library import MODEL, PICTURE, SOURCE, TEXT, VIDEO, open_demo, scratch
from demo_library import close_demo as tearDownModule  # noqa: F401

import reelvec  # demo_library has told where it is


def module(name):
    try:
        return __import__(name)
    except ImportError:
        return None


pandas, torch, pyarrow = module("pandas"), module("torch"), module("pyarrow")
PIL = module("PIL.Image")


def setUpModule():
    global model, library
    model, library = open_demo()


class CollectionTest(unittest.TestCase):
    def test_a_library_is_a_collection_of_videos(self):
        self.assertEqual([video.path for video in library], [str(VIDEO)])
        self.assertEqual(len(library), 1)
        for name, there in (("demo.mp4", True), (VIDEO, True), ("*.mp4", True), ("other.mp4", False)):
            self.assertEqual(name in library, there, name)
        with self.assertRaisesRegex(TypeError, "by their names, not int"):
            1 in library
        with reelvec.Library(scratch("none.db"), model=model) as none:
            self.assertEqual((len(none), list(none), "demo.mp4" in none, bool(none)), (0, [], False, True))
        self.assertFalse(os.path.exists(scratch("none.db")))
        with self.assertRaisesRegex(ValueError, "closed"):
            len(none)

    def test_what_nobody_closes_closes_itself(self):
        forgotten = reelvec.Library(library.uri, model=MODEL)
        forgotten.search(TEXT)
        handles = [forgotten._handle._opened, forgotten._own_model._handle._opened]
        self.assertTrue(all(handle.pointer for handle in handles))
        del forgotten
        gc.collect()
        self.assertFalse(any(handle.pointer for handle in handles))
        script = (f"import sys; sys.path.insert(0, {str(SOURCE / 'python')!r}); import reelvec\n"
                  f"kept = reelvec.Library({library.uri!r}, model={str(MODEL)!r}); kept.me = kept\n"
                  "print(len(kept.search('a')))\n"
                  "closed = reelvec._native.Opened.close\n"
                  "reelvec._native.Opened.close = lambda opened: (print(opened.close_function), closed(opened))\n")
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        self.assertEqual((run.stdout.splitlines(), run.stderr, run.returncode),
                         (["5", "rv_encoder_close", "rv_library_close"], "", 0))


class RowsTest(unittest.TestCase):
    def test_hits_are_a_sequence(self):
        hits = library.search(TEXT, top=7)
        self.assertIsInstance(hits[:2], reelvec.Hits)
        self.assertEqual((len(hits), len(hits[:2]), hits[0], hits[-1]), (7, 2, list(hits)[0], list(hits)[6]))
        self.assertEqual(hits, library.search(TEXT, top=7))
        self.assertEqual(hits, list(hits))
        self.assertNotEqual(hits, hits[:6])
        self.assertIn(hits[3], hits)
        again = pickle.loads(pickle.dumps(hits))
        self.assertEqual((again, repr(again)), (hits, repr(hits)))
        with self.assertRaisesRegex(ValueError, "know no library"):
            again.pictures()

    def test_score_time_and_video_are_what_is_shown_first(self):
        lines = repr(library.search(TEXT, top=2)).splitlines()
        self.assertEqual(lines[0], " score       time  video")
        self.assertRegex(lines[1], r"^0\.79\d\d  0:00:06\.0  .*examples/media/demo\.mp4$")
        self.assertRegex(repr(library.search("a rocket", moments=True, top=1)).splitlines()[1],
                         r"  0:00:13\.0  0:00:12\.0  0:00:15\.0  ")
        self.assertEqual(str(library.search(TEXT, min_score=2)), "<no hits>")
        self.assertEqual(repr(library.search(TEXT, top=30)).splitlines()[-1], "... 10 more")
        hit = reelvec.Hit(0.5, 3723.46, "/a\x1b[31m\ud800/" + 90 * "x" + "/talk.mp4", 1, 0, 0, 1)
        with unittest.mock.patch.dict(os.environ, COLUMNS="60"):
            self.assertEqual(repr(reelvec.Hits([hit])).splitlines()[1], "0.5000  1:02:03.5  ..." + 29 * "x" + "/talk.mp4")
        self.assertIn("/a?[31m?/", reelvec.results.name_words(hit.video))
        self.assertEqual(repr(hit)[:30], "Hit(score=0.5, time=3723.46, v")

    def test_videos_frames_and_embeddings_are_rows(self):
        videos = library.videos()
        self.assertRegex(repr(videos), r"^   state  frames   duration  path\ncomplete      96  0:01:36\.0  .*demo\.mp4$")
        self.assertEqual(videos.to_list()[0]["path"], str(VIDEO))
        frames, embeddings = library.frames(), library.embeddings("demo.mp4")
        self.assertEqual((len(frames), len(embeddings), embeddings.vectors.shape), (96, 96, (96, 512)))
        self.assertEqual(list(frames), list(embeddings))
        self.assertEqual(list(frames)[3], reelvec.Frame(3.0, str(VIDEO), 4, videos[0].video_id))
        self.assertEqual(frames.to_list()[3], {"time": 3.0, "video": str(VIDEO), "frame_number": 4, "video_id": videos[0].video_id})
        self.assertEqual(embeddings.to_list()[3]["embedding"].shape, (512,))
        self.assertEqual([len(library.frames(video)) for video in (videos[0].video_id, 77, "*.mkv", VIDEO)], [96, 0, 0, 96])
        self.assertEqual(repr(frames), "<96 frames of 1 videos>")
        self.assertEqual(repr(embeddings), "<embeddings float32 [96, 512] of 1 videos>")
        self.assertRegex(repr(library.scores("demo.mp4", TEXT)), r"^<scores of 96 frames, the best 0\.79\d\d at 0:00:06\.0>$")

    @unittest.skipIf(pandas is None, "needs the package python3-pandas")
    def test_tables_show_what_is_inside(self):
        videos = library.videos().to_pandas()
        self.assertEqual((videos.path[0], videos.state[0], videos.frame_count[0]), (str(VIDEO), "complete", 96))
        self.assertEqual(len(library.videos("*.mkv")), 0)
        frames = library.frames("demo.mp4").to_pandas()
        self.assertEqual(list(frames.columns), ["time", "video", "frame_number", "video_id"])
        self.assertEqual(frames.time.tolist(), list(range(96)))
        vectors = library.embeddings().to_pandas()
        self.assertEqual(list(vectors.columns), ["time", "video", "frame_number", "video_id", "embedding"])
        np.testing.assert_array_equal(np.stack(vectors.embedding), library.embeddings().vectors)
        scores = library.scores("demo.mp4", TEXT).to_pandas()
        self.assertEqual(list(scores.columns), ["score", "time", "end", "frame_number"])

    def test_lists_have_plain_values(self):
        row = library.search(TEXT, then="a red circle", top=1).to_list()[0]
        self.assertEqual(list(row), ["score", "time", "start", "end", "video", "frame_number", "video_id", "frame_number_1", "time_1",
                                     "score_1", "frame_number_2", "time_2", "score_2"])
        self.assertEqual({type(value) for value in row.values()}, {float, int, str})
        row = library.search(TEXT, top=1).to_list(pictures=True)[0]
        self.assertEqual(row["picture"], library.picture(VIDEO, row["frame_number"]))
        self.assertEqual({type(value) for value in library.scores("demo.mp4", TEXT).to_list()[0].values()}, {float, int})

    def test_a_notebook_shows_pictures(self):
        other = reelvec.Library(library.uri, model=model)
        hits = other.search(TEXT, top=30)
        self.assertEqual(hits._repr_html_().count("<img"), 20)
        self.assertEqual(reelvec.show(hits[:3])._repr_html_().count("<img"), 3)
        other.close()
        self.assertTrue(hits._repr_html_().startswith("<pre> score"))

    @unittest.skipIf(pyarrow is None, "needs the package pyarrow, which Debian does not have")
    def test_arrow_tables_are_the_same_rows(self):
        rows = library.search(TEXT).to_arrow(pictures=True)
        self.assertEqual(rows.column("frame_number").to_pylist(), [hit.frame_number for hit in library.search(TEXT)])
        self.assertEqual(rows.column("picture").to_pylist(), library.search(TEXT).pictures())
        vectors = library.embeddings().to_arrow().column("embedding")
        self.assertEqual(str(vectors.type), "fixed_size_list<item: float>[512]")
        np.testing.assert_array_equal(np.stack(vectors.to_pylist()), library.embeddings().vectors)

    def test_arrow_is_called_as_it_is_documented(self):
        stand_in = types.ModuleType("pyarrow")  # takes what pyarrow.array, .table and FixedSizeListArray.from_arrays take
        stand_in.array = lambda values, type=None: (type, np.asarray(values, object if type else None))
        stand_in.binary = lambda: "binary"
        stand_in.table = dict
        stand_in.FixedSizeListArray = types.SimpleNamespace(from_arrays=lambda values, size: values[1].reshape(-1, size))
        with unittest.mock.patch.dict(sys.modules, pyarrow=stand_in):
            table = library.embeddings().to_arrow()
            np.testing.assert_array_equal(table["embedding"], library.embeddings().vectors)
            self.assertEqual(table["video"][1].tolist(), [str(VIDEO)] * 96)
            table = library.search(TEXT).to_arrow(pictures=True)
            self.assertEqual((table["picture"][0], type(table["picture"][1][0])), ("binary", bytes))
        with unittest.mock.patch.dict(sys.modules, pyarrow=None, pandas=None):
            for method in ("to_arrow", "to_pandas"):
                with self.assertRaisesRegex(ImportError, rf"{method}\(\) needs the package py?a.*; to_list\(\) needs nothing"):
                    getattr(library.search(TEXT), method)()


class EncodeTest(unittest.TestCase):
    def test_texts_and_pictures_may_be_mixed(self):
        pixels = np.full((20, 30, 3), 200, np.uint8)
        found = model.encode(["a red car", PICTURE, pixels, "a dog"])
        self.assertEqual((found.shape, found.dtype), ((4, 512), np.float32))
        np.testing.assert_array_equal(found[[0, 3]], model.encode_text(["a red car", "a dog"]))
        np.testing.assert_array_equal(found[1], model.encode_image(PICTURE))
        np.testing.assert_array_equal(found[2], model.encode_image(pixels))
        self.assertEqual(model.encode("a").shape, (512,))
        self.assertEqual(model.encode(PICTURE).shape, (512,))
        self.assertEqual(model.encode([]).shape, (0, 512))
        np.testing.assert_array_equal(model.encode((word for word in "abcde"), batch_size=2, normalize=False),
                                      model.encode_text(list("abcde"), normalize=False))
        with self.assertRaisesRegex(reelvec.ArgumentError, "batch_size is 0"):
            model.encode("a", batch_size=0)

    def test_similarity_is_the_cosine(self):
        texts, picture = model.encode_text(["a rocket", "a red circle"]), model.encode_image(PICTURE)
        found = model.similarity(texts, 7 * picture)
        self.assertEqual((found.shape, found.dtype), ((2, 1), np.float32))
        np.testing.assert_allclose(found[:, 0], texts @ picture, atol=1e-6)
        np.testing.assert_allclose(model.similarity(texts, texts).diagonal(), 1, atol=1e-6)
        self.assertEqual(model.similarity([1, 0], [[0, 2], [3, 0], [0, 0]]).tolist(), [[0, 1, 0]])
        with self.assertRaisesRegex(ValueError, "of 2 and of 3 numbers"):
            model.similarity([1, 0], [1, 0, 0])
        for wrong in (["a", "b"], "a", np.zeros((2, 2, 2))):
            with self.assertRaisesRegex(TypeError, "embeddings must be numbers"):
                model.similarity(wrong, [1, 0])

    def test_progress_is_told_after_each_batch(self):
        seen = []
        model.encode_text(list("abcde"), batch_size=2, progress=lambda *state: seen.append(state))
        model.encode_text(iter("abc"), batch_size=2, progress=lambda *state: seen.append(state))
        self.assertEqual(seen, [(2, 5), (4, 5), (5, 5), (2, 0), (3, 0)])
        with self.assertRaisesRegex(reelvec.CancelledError, "stopped after 2"):
            model.encode_text(list("abcde"), batch_size=2, progress=lambda done, expected: False)
        for progress in (7, "yes"):
            with self.assertRaisesRegex(TypeError, "progress must be True or a function"):
                model.encode("a", progress=progress)

    def test_a_line_on_the_terminal_shows_progress(self):
        with contextlib.redirect_stderr(io.StringIO()) as terminal:
            model.encode_text(list("abcde"), progress=True)
            with reelvec.Library(scratch("shown.db"), model=model) as shown:
                shown.index([VIDEO, VIDEO], every=8, progress=True)
                with reelvec.Library("memory:") as memory:
                    shown.copy_to(memory, progress=True)
                    shown.copy_to(memory, progress=False)
        lines = terminal.getvalue().replace("\r", "\n").split("\n")
        self.assertEqual((lines[1], lines[-2]), ("5 of 5 embedded", "12 of 12 frames"))
        self.assertIn("video 1 of 2, demo.mp4: 12 of 12 frames", "\n".join(lines))

    def test_arrays_of_floats_are_pictures(self):
        pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
        wanted = model.encode_image(pixels)
        for kind in (np.float16, np.float32, np.float64):
            np.testing.assert_array_equal(model.encode_image((pixels / 255).astype(kind)), wanted, str(kind))
        np.testing.assert_array_equal(model.encode_image(pixels[None] / 255)[0], wanted)
        grey = pixels[:, :, 0]
        np.testing.assert_array_equal(model.encode_image(grey / 255), model.encode_image(grey))
        self.assertEqual(library.search(image=pixels / 255), library.search(image=pixels))

    @unittest.skipIf(torch is None, "needs the package python3-torch")
    def test_tensors_are_pictures_and_vectors(self):
        pixels = np.random.default_rng(2).integers(0, 256, (2, 40, 50, 3), np.uint8)
        wanted = model.encode_image(pixels)
        first = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        for name, tensor in {"bytes": first, "floats": first / 255, "channels last": torch.from_numpy(pixels[0])[None],
                             "a list": [first[0], (first[1] / 255).double()],
                             "with a gradient": (first / 255).requires_grad_()}.items():
            found = model.encode_image(tensor)
            np.testing.assert_array_equal(found, wanted[:len(found)], name)
        np.testing.assert_array_equal(model.encode_image(first[0]), wanted[0])
        half = model.encode_image((first[0] / 255).bfloat16())
        self.assertGreater(float(half @ wanted[0]), 0.99)
        vector = torch.from_numpy(model.encode_text(TEXT)).requires_grad_()
        self.assertEqual(library.search(vector=vector), library.search(TEXT))
        self.assertEqual(library.search(terms=[reelvec.Term.vector(vector)]), library.search(TEXT))
        self.assertAlmostEqual(float(model.similarity(vector, [vector])[0, 0]), 1, places=5)
        with self.assertRaisesRegex(reelvec.ArgumentError, "one vector, not 2"):
            reelvec.Term.vector(torch.zeros(2, 512))
        with self.assertRaisesRegex(ValueError, "1 to 4"):
            model.encode_image(torch.zeros(5, 40, 50))

    def test_paths_of_every_kind_are_taken(self):
        home = pathlib.Path(scratch("home"))
        home.mkdir()
        for name, place in (("model", MODEL), ("talk.mp4", VIDEO), ("query.png", PICTURE)):
            (home / name).symlink_to(place)
        there = pathlib.Path("~")
        with unittest.mock.patch.dict(os.environ, HOME=str(home), REELVEC_LIBRARY="~/named.db"):
            with reelvec.Library(model=there / "model") as mine:
                self.assertEqual(mine.uri, str(home / "named.db"))
                mine.index(there / "talk.mp4", every=10)
                self.assertEqual(len(mine.search(image=there / "query.png", video=there / "talk.mp4")), 5)
                self.assertEqual(len(mine.search(like=(there / "talk.mp4", "0:10"), top=1)), 1)
                self.assertIn(there / "talk.mp4", mine)
                self.assertEqual(mine.frame_at((there / "talk.mp4", 12)).time, 10)
                self.assertEqual(len(mine.scores(there / "talk.mp4", TEXT)), 9)  # 96 s
                self.assertEqual(reelvec.export([(there / "talk.mp4", 1, 2)], there / "cuts.srt"), [str(home / "cuts.srt")])
                self.assertEqual(reelvec.media(there / "talk.mp4").width, 640)


if __name__ == "__main__":
    unittest.main()
