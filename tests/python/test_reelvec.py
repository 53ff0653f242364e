# SPDX-License-Identifier: MIT
"""The Python package on the demo model and the demo video: what it computes, finds, refuses, and how it stops."""
import copy
import io
import json
import logging
import os
import pathlib
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import unittest
import unittest.mock

import numpy as np

from demo_library import MODEL, PICTURE, SOURCE, TEXT, VIDEO, open_demo, scratch
from demo_library import close_demo as tearDownModule  # noqa: F401

import reelvec  # demo_library has told where it is

try:
    import pandas
except ImportError:
    pandas = None
try:
    import PIL.Image
except ImportError:
    PIL = None

needs_pandas = unittest.skipIf(pandas is None, "needs the package python3-pandas")
needs_pillow = unittest.skipIf(PIL is None, "needs the package python3-pil")


def setUpModule():
    global model, library
    model, library = open_demo()


class ModelTest(unittest.TestCase):
    def test_texts_and_pictures_give_what_pytorch_gives(self):
        reference = json.loads((MODEL / "reference.json").read_text())
        texts = model.encode_text([row["text"] for row in reference["texts"]], normalize=False)
        files = [SOURCE / "examples/media" / row["file"] for row in reference["images"]]
        with reelvec.Model(MODEL, precision="float32") as exact:
            images = exact.encode_image(files, normalize=False)
        for found, row in [*zip(texts, reference["texts"]), *zip(images, reference["images"])]:
            wanted = np.array(row["embedding"], np.float32)
            self.assertLess(np.abs(found - wanted).max(), 2e-4 * np.abs(wanted).max(), row.get("text", row.get("file")))

    def test_fast_pictures_are_nearly_those_of_float32(self):
        with reelvec.Model(MODEL, precision="float32") as exact, reelvec.Model(MODEL, precision="fast") as fast:
            self.assertEqual((exact.info.precision, fast.info.precision), ("float32", "fast"))
            self.assertGreater(float(exact.encode_image(PICTURE) @ fast.encode_image(PICTURE)), 0.9999)
        with self.assertRaises(reelvec.ArgumentError):
            reelvec.Model(MODEL, precision="double")
        with self.assertRaises(reelvec.ArgumentError):
            reelvec.Model(MODEL, device="abacus")
        with reelvec.Model(MODEL, device="cpu") as model:
            self.assertEqual(model.info.device, "cpu")
        with unittest.mock.patch.dict(os.environ, REELVEC_DEVICE="cpu"), reelvec.Model(MODEL) as model:
            self.assertEqual(model.info.device, "auto")
            self.assertEqual(model.open_device().device, "cpu")
            self.assertEqual(model.info.batch_size, 16)

    def test_a_library_finds_its_model_again(self):
        with reelvec.Library(library.uri) as found:
            self.assertEqual(found.model.weights_sha256, model.weights_sha256)
            self.assertEqual([hit.frame_number for hit in found.search(TEXT)], [hit.frame_number for hit in library.search(TEXT)])
            self.assertEqual(found.info().model_path, str(MODEL))
        with unittest.mock.patch.dict(os.environ, REELVEC_MODEL="/no/such/model"), reelvec.Library(library.uri) as found:
            with self.assertRaisesRegex(reelvec.NotFoundError, "/no/such/model"):
                found.search(TEXT)
        with reelvec.Library(scratch("none.db")) as none:  # without a model to be had nothing is made
            with self.assertRaisesRegex(reelvec.NotFoundError, "`reelvec model fetch ViT-B/32`, or pass .* as model="):
                none.index(VIDEO)
            with self.assertRaisesRegex(reelvec.NotFoundError, r"no library here; index\(\) makes one$"):
                none.search(TEXT)
        self.assertFalse(os.path.exists(scratch("none.db")))

    def test_shapes_follow_the_arguments(self):
        self.assertEqual(model.encode_text("a").shape, (512,))
        self.assertEqual(model.encode_text(["a"]).shape, (1, 512))
        self.assertEqual(model.encode_text([]).shape, (0, 512))
        self.assertEqual(model.encode_text(word for word in ("a", "b")).shape, (2, 512))
        self.assertEqual(model.encode_image(PICTURE).shape, (512,))
        self.assertEqual(model.encode_image([PICTURE, PICTURE]).shape, (2, 512))
        self.assertEqual(model.encode_image(np.zeros((3, 20, 30, 3), np.uint8)).shape, (3, 512))
        self.assertEqual(model.encode_image([]).shape, (0, 512))
        self.assertEqual(model.encode_image(path for path in [PICTURE] * 3).shape, (3, 512))
        self.assertEqual(model.encode_image(np.array([str(PICTURE)] * 2)).shape, (2, 512))
        self.assertEqual(model.encode_image(np.array([PICTURE] * 2, object)).shape, (2, 512))
        if pandas is not None:
            self.assertEqual(model.encode_image(pandas.Series([str(PICTURE)] * 2)).shape, (2, 512))
            self.assertEqual(model.encode_text(pandas.Series(["a", "b"])).shape, (2, 512))
        self.assertAlmostEqual(float(np.linalg.norm(model.encode_text("a red car"))), 1, places=5)
        self.assertGreater(abs(float(np.linalg.norm(model.encode_text("a red car", normalize=False))) - 1), 0.01)

    @needs_pillow
    def test_every_kind_of_picture_is_the_same_picture(self):
        image = PIL.Image.open(PICTURE).convert("RGB")
        array = np.asarray(image)
        wanted = model.encode_image(image)
        for name, other in {"array": array, "read-only array": array[:, :], "strided array": np.repeat(array, 2, 1)[:, ::2],
                            "path": str(PICTURE), "bytes": PICTURE.read_bytes(),
                            "alpha": image.convert("RGBA")}.items():
            np.testing.assert_array_equal(model.encode_image(other), wanted, name)
        grey = image.convert("L")
        np.testing.assert_array_equal(model.encode_image(grey), model.encode_image(np.asarray(grey)))

    @needs_pillow
    def test_palette_pictures_in_memory_are_those_in_files(self):
        for mode in ("P", "1", "L", "LA", "CMYK"):
            image = PIL.Image.open(PICTURE).convert("RGB").convert(mode)
            file = io.BytesIO()
            image.save(file, "JPEG" if mode == "CMYK" else "PNG", **({"quality": 100} if mode == "CMYK" else {}))
            found, wanted = model.encode_image(image), model.encode_image(file.getvalue())
            self.assertGreater(float(found @ wanted), 0.99 if mode == "CMYK" else 0.999999, mode)

    @needs_pillow
    def test_phone_photos_are_turned_upright(self):
        names = [SOURCE / "tests/pixels/data" / name for name in ("turned_6.jpg", "turned_8.png", "turned_5.webp")]
        upright = model.encode_image(SOURCE / "tests/pixels/data/rgb.png")
        for name in names[1:]:  # without loss
            by_path, by_pillow = model.encode_image(name), model.encode_image(PIL.Image.open(name))
            np.testing.assert_array_equal(by_path, upright)
            np.testing.assert_array_equal(by_pillow, upright)
            np.testing.assert_array_equal(model.encode_image(name.read_bytes()), upright)
        for name in names:
            stored, opened = model.encode_image(name, exif_rotation=False), PIL.Image.open(name)
            self.assertLess(stored @ upright, 0.99)
            np.testing.assert_array_equal(model.encode_image(opened, exif_rotation=False), stored)
            # A picture that a program turned by itself keeps the old note of its orientation.
            turned = opened.transpose(PIL.Image.ROTATE_180)
            np.testing.assert_array_equal(model.encode_image(turned), model.encode_image(np.asarray(turned)))
            term = reelvec.Term.image(str(name), exif_rotation=False)
            self.assertEqual((term.value.value.width, term.value.value.height), (14, 23))
        tiff = SOURCE / "tests/pixels/data/turned_7.tif"  # which Pillow turns by itself
        np.testing.assert_array_equal(model.encode_image(PIL.Image.open(tiff)), model.encode_image(tiff))

    @needs_pillow
    def test_16_bit_grey_is_the_same_by_path_and_by_pillow(self):
        ramp = (np.arange(64 * 48, dtype=np.uint32).reshape(48, 64) * 21).astype(np.uint16)
        for kind in ("png", "tif"):
            PIL.Image.fromarray(ramp).save(scratch("ramp." + kind))
            by_path, opened = model.encode_image(scratch("ramp." + kind)), PIL.Image.open(scratch("ramp." + kind))
            self.assertIn(opened.mode, ("I", "I;16"))
            np.testing.assert_array_equal(model.encode_image(opened), by_path)
            np.testing.assert_array_equal(model.encode_image((ramp >> 8).astype(np.uint8)), by_path)

    def test_what_is_no_picture_is_refused(self):
        cases = [(np.zeros((4, 4, 3), np.int32), TypeError, "must be uint8 .* or of floats .*, not int32"),
                 (np.full((4, 4, 3), 255.0), ValueError, "values 0 to 1, not 255 to 255; divide by 255"),
                 (np.full((4, 4, 3), -1.5, np.float16), ValueError, "not -1.5 to -1.5; a model's preprocessing"),
                 (np.full((4, 4, 3), np.nan), ValueError, "values 0 to 1, not nan"),
                 (np.zeros((3, 40, 40), np.uint8), ValueError, r"not \(3, 40, 40\); numpy.moveaxis\(array, 0, -1\)"),
                 (np.zeros((4, 4, 5), np.uint8), ValueError, "1 to 4"),
                 (np.zeros((0, 4, 3), np.uint8), ValueError, "1 to 4"),
                 (np.zeros(4, np.uint8), ValueError, "1 to 4"),
                 (7, TypeError, "a Pillow image, an array, a tensor, bytes or a path"),
                 (b"nothing", reelvec.FormatError, "not a picture"),
                 ("/no/such.png", reelvec.NotFoundError, "/no/such.png"),
                 ("nul\0.png", reelvec.ArgumentError, "NUL")]
        for image, kind, words in cases:
            with self.assertRaisesRegex(kind, words):
                model.encode_image(image)

    def test_texts_that_are_none_are_refused(self):
        for text in (None, [None], 7, [b"bytes"]):
            with self.assertRaises(TypeError):
                model.encode_text(text)
        self.assertEqual(model.encode_text("nul \0 inside").shape, (512,))

    def test_the_model_tells_about_itself(self):
        self.assertEqual(model.info.dimensions, 512)
        self.assertEqual(model.info.image_size, model.info.image_size)
        self.assertEqual(len(model.weights_sha256), 64)
        self.assertIn("512 dimensions", repr(model))
        tokens = json.loads((MODEL / "reference.json").read_text())["texts"][0]
        self.assertEqual(model.tokenize(tokens["text"]), tokens["tokens"])

    def test_errors_are_exceptions_with_the_librarys_message(self):
        with self.assertRaisesRegex(reelvec.NotFoundError, "/no/such/model") as caught:
            reelvec.Model("/no/such/model")
        self.assertIsInstance(caught.exception, LookupError)
        self.assertEqual(caught.exception.status, 2)
        with self.assertRaises(reelvec.ReelvecError):
            reelvec.Model(PICTURE)

    def test_a_closed_model_says_so(self):
        with reelvec.Model(MODEL) as other:
            other.encode_text("a")
        with self.assertRaisesRegex(ValueError, "closed"):
            other.encode_text("a")
        other.close()

    def test_long_texts_warn_the_logger(self):
        with self.assertLogs("reelvec", logging.WARNING) as logs:
            model.encode_text("word " * 200)
        self.assertIn("tokens", logs.output[0])

    def test_threads_may_share_a_model(self):
        texts = [f"text {i}" for i in range(40)]
        wanted = model.encode_text(texts)
        found = [None] * 4

        def work(i):
            found[i] = model.encode_text(texts)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for rows in found:
            np.testing.assert_array_equal(rows, wanted)


class SearchTest(unittest.TestCase):
    def search_with_program(self, *words):
        output = subprocess.run([os.environ["REELVEC_PROGRAM"], "search", "--format", "json", "--library", library.uri,
                                 "--model", str(MODEL), *words], check=True, capture_output=True, text=True).stdout
        return [(row["frame_number"], row["score"]) for row in map(json.loads, output.splitlines())]

    def assert_same(self, hits, rows):
        self.assertEqual([hit.frame_number for hit in hits], [number for number, _ in rows])
        np.testing.assert_allclose([hit.score for hit in hits], [score for _, score in rows], rtol=1e-6)

    def test_hits_are_those_of_the_program(self):
        self.assert_same(library.search(TEXT), self.search_with_program(TEXT))
        self.assert_same(library.search(image=PICTURE, top=7), self.search_with_program("--image", str(PICTURE), "--top", "7"))
        self.assert_same(library.search(TEXT, image=PICTURE), self.search_with_program(TEXT, "--image", str(PICTURE)))
        self.assert_same(library.search(TEXT, without="a pizza"), self.search_with_program(TEXT, "--not", "a pizza"))
        self.assert_same(library.search(like="demo.mp4@0:05"), self.search_with_program("--like", "demo.mp4@0:05"))
        self.assert_same(library.search(like=("demo.mp4", 5)), self.search_with_program("--like", "demo.mp4@0:05"))
        self.assert_same(library.search(TEXT, image=PICTURE, fusion="rrf"),
                         self.search_with_program(TEXT, "--image", str(PICTURE), "--fusion", "rrf"))
        self.assert_same(library.search(TEXT, after="0:10", before=60.5),
                         self.search_with_program(TEXT, "--after", "10", "--before", "60.5"))
        self.assert_same(library.search(terms=[reelvec.Term.text(TEXT), reelvec.Term.image(PICTURE, 0.3)]),
                         self.search_with_program("--text", TEXT, "--image", f"0.3:{PICTURE}"))
        self.assert_same(library.search(vector=model.encode_text(TEXT)), self.search_with_program(TEXT))

    def test_moments_have_borders_and_can_be_made_longer(self):
        best, = library.search("a rocket", moments=True, top=1)
        self.assertEqual((best.start, best.end), (12, 15))
        longer, = library.search("a rocket", moments=True, top=1, pad=2.5)
        self.assertEqual((longer.time, longer.start, longer.end), (best.time, 9.5, 17.5))
        last, = library.search("a slide with the words thank you", moments=True, top=1, pad=4)
        self.assertEqual((last.start, last.end), (89, 96))
        for wrong in ({"pad": 1}, {"pad": -1, "moments": True}, {"pad": float("nan"), "moments": True}):
            with self.assertRaisesRegex(reelvec.ArgumentError, "made longer"):
                library.search("a rocket", **wrong)

    def test_scores_are_those_of_search_in_the_order_of_time(self):
        terms = [reelvec.Term.text(TEXT), reelvec.Term.image(PICTURE, 0.3)]
        for fusion in ("mean", "zscore", "rrf"):
            curve = library.scores("demo.mp4", terms=terms, fusion=fusion)
            self.assertEqual([len(array) for array in (curve, curve.frame_numbers, curve.times, curve.ends, curve.scores)], [96] * 5)
            np.testing.assert_array_equal(curve.frame_numbers, np.arange(1, 97))
            np.testing.assert_array_equal(curve.times, np.arange(96))
            np.testing.assert_array_equal(curve.ends, np.arange(1, 97))
            hits = library.search(terms=terms, fusion=fusion, top=1000)
            self.assertEqual({hit.frame_number: hit.score for hit in hits},
                             dict(zip(curve.frame_numbers.tolist(), curve.scores.tolist())))
        np.testing.assert_array_equal(library.scores(VIDEO, TEXT, among="*.mp4").scores, library.scores(VIDEO, TEXT).scores)
        with self.assertRaisesRegex(reelvec.NotFoundError, "other.mp4: no such video"):
            library.scores("other.mp4", TEXT)
        with self.assertRaisesRegex(reelvec.ArgumentError, "fusion 'x' is not known"):
            library.scores("demo.mp4", TEXT, fusion="x")
        with self.assertRaisesRegex(reelvec.NotFoundError, "not among those that are searched"):
            library.scores("demo.mp4", TEXT, among="nothing")

    @needs_pandas
    def test_search_gives_a_table_with_pictures(self):
        rows = library.search(TEXT, top=3).to_pandas(pictures=True)
        self.assertEqual(list(rows.columns), ["score", "time", "video", "frame_number", "video_id", "picture"])
        self.assertEqual(rows.frame_number.tolist(), [hit.frame_number for hit in library.search(TEXT, top=3)])
        self.assertEqual(rows.picture[0][:2], b"\xff\xd8")
        self.assertEqual(rows.picture[0], library.picture(VIDEO, int(rows.frame_number[0])))
        self.assertIn("kB>", str(rows.picture[0]))
        self.assertEqual(list(library.search(TEXT, moments=True).to_pandas().columns),
                         ["score", "time", "start", "end", "video", "frame_number", "video_id"])
        html = reelvec.show(rows)._repr_html_()
        self.assertEqual(html.count("<img"), 3)
        self.assertEqual(len(library.search(TEXT, min_score=2)), 0)

    @needs_pandas
    @needs_pillow
    def test_search_gives_pillow_images(self):
        self.assertEqual(library.search(TEXT, top=1).to_pandas(pictures="pil").picture[0].size, (640, 360))

    @needs_pandas
    def test_read_sql_gives_the_same_frames_as_search(self):
        database = sqlite3.connect(library.uri)
        database.enable_load_extension(True)
        database.load_extension(os.environ["REELVEC_SQLITE_EXTENSION"].removesuffix(".so"))
        os.environ["REELVEC_MODEL"] = str(MODEL)
        try:
            for text in (TEXT, "a red car", "a green square"):
                rows = pandas.read_sql("SELECT frame_number, time, dot_product(embedding_data, embed_text(?)) AS similarity "
                                       "FROM frames ORDER BY similarity DESC LIMIT 5", database, params=(text,))
                program = self.search_with_program(text)
                self.assertEqual(rows.frame_number.tolist(), [number for number, _ in program])
                np.testing.assert_allclose(rows.similarity, [score for _, score in program], atol=1e-6)
            rows = pandas.read_sql("SELECT frame_number FROM frames ORDER BY dot_product(embedding_data, embed_image(?)) "
                                   "DESC LIMIT 5", database, params=(PICTURE.read_bytes(),))
            self.assertEqual(rows.frame_number.tolist(), [hit.frame_number for hit in library.search(image=PICTURE)])
        finally:
            del os.environ["REELVEC_MODEL"]
            database.close()

    def test_scans_and_indexes_are_those_of_the_library(self):
        self.assertEqual(library.search(TEXT, scan="exact"), library.search(TEXT))
        with reelvec.Library("memory:", model=model) as memory:
            library.copy_to(memory)
            self.assertIsNone(memory.index_info())
            with self.assertRaises(reelvec.ReelvecError):
                memory.search(TEXT, scan="approximate")
            for call in (memory.build_index, memory.drop_index):
                with self.assertRaises(reelvec.UnsupportedError):
                    call()

    def test_an_index_beside_a_library_file_is_built_used_and_dropped(self):
        self.assertIsNone(library.index_info())
        library.build_index(settings="lists=3")
        try:
            info = library.index_info()
            self.assertEqual((info.kind, info.settings, info.newer_count, info.automatic, info.fault),
                             ("ivf", "lists=3", 0, False, ""))
            self.assertGreater(info.frame_count, 0)
            # So few frames that one list or three make no difference.
            self.assertEqual(library.search(TEXT, scan="approximate", top=1), library.search(TEXT, scan="exact", top=1))
        finally:
            self.assertTrue(library.drop_index())
        self.assertFalse(library.drop_index())

    def test_sequences_are_those_of_the_program(self):
        pair = library.search(TEXT, then="a red circle", within=20)
        self.assert_same(pair, self.search_with_program(TEXT, "--then", "a red circle", "--within", "20"))
        best = pair[0]
        self.assertEqual([part.frame_number for part in best.parts][0], best.frame_number)
        curve = library.scores(best.video, TEXT)
        self.assertEqual((best.start, best.end), (best.parts[0].time, curve.ends[curve.times == best.parts[1].time][0]))
        self.assertTrue(0 < best.parts[1].time - best.start <= 20)
        self.assertAlmostEqual(best.score, sum(part.score for part in best.parts) / 2)
        self.assertEqual(library.search(TEXT, then=None)[0].parts, ())
        three = library.search(TEXT, then=["a red circle", ["a rocket", reelvec.Term.text("a cat", -0.5)]], top=2)
        self.assert_same(three, self.search_with_program(TEXT, "--then", "a red circle", "--then", "a rocket", "--not",
                                                         "0.5:a cat", "--top", "2"))
        self.assertEqual(library.search(TEXT, then=reelvec.Term.text("a red circle"), within=20), pair)
        self.assertEqual(library.search(TEXT, then=(text for text in ["a red circle"]), within=20), pair)

    @needs_pandas
    def test_sequences_give_a_table(self):
        pair = library.search(TEXT, then="a red circle", within=20)
        table = pair.to_pandas()
        self.assertEqual(list(table.columns), ["score", "time", "start", "end", "video", "frame_number", "video_id",
                                               "frame_number_1", "time_1", "score_1", "frame_number_2", "time_2", "score_2"])
        self.assertEqual(table.time_2.tolist(), [hit.parts[1].time for hit in pair])

    def test_queries_that_make_no_sense_are_refused(self):
        cases = [({}, reelvec.ArgumentError, "the query is empty; give"), ({"text": " "}, reelvec.ArgumentError, "empty"),
                 ({"text": "a", "fusion": "sum"}, reelvec.ArgumentError, "fusion"),
                 ({"text": "a", "scan": "fast"}, reelvec.ArgumentError, "scan"),
                 ({"text": "a", "top": 0}, reelvec.ArgumentError, "top is 0"),
                 ({"text": "a", "top": 2**64 + 1}, reelvec.ArgumentError, "top is 18446744073709551617"),
                 ({"text": "a", "video": "*.mkv"}, reelvec.NotFoundError, r"no video matches '\*.mkv'"),
                 ({"like": "demo.mp4@12:30"}, reelvec.ArgumentError, "96.0 s long"),
                 ({"text": "a", "topp": 3}, TypeError, "topp"),
                 ({"text": "a\0b"}, reelvec.ArgumentError, "NUL"), ({"text": 7}, TypeError, "must be str"),
                 ({"like": "demo.mp4"}, reelvec.ArgumentError, "VIDEO@TIME"),
                 ({"like": "demo.mp4@soon"}, reelvec.ArgumentError, "no time"),
                 ({"like": "other.mp4@1"}, reelvec.NotFoundError, "other.mp4"),
                 ({"vector": [1.0, 2.0]}, reelvec.MismatchError, "512 numbers"),
                 ({"terms": [reelvec.Term.text("a", 0)]}, reelvec.ArgumentError, "weight of 0"),
                 ({"then": "a"}, reelvec.ArgumentError, "the query is empty; give"),
                 ({"text": "a", "then": ["b", []]}, reelvec.ArgumentError, "part 3 of the sequence is empty"),
                 ({"text": "a", "then": list("bcdefghi")}, reelvec.ArgumentError, "at most 8 parts"),
                 ({"text": "a", "then": "b", "within": -1}, reelvec.ArgumentError, "within -1 s"),
                 ({"text": "a", "then": "b", "fusion": "rrf"}, reelvec.ArgumentError, "do not rank sequences"),
                 ({"text": "a", "then": "b", "scan": "approximate"}, reelvec.ArgumentError, "every frame"),
                 ({"image": "/no/such.png"}, reelvec.NotFoundError, "/no/such.png")]
        for options, kind, words in cases:
            with self.assertRaisesRegex(kind, words):
                library.search(**options)


class LibraryTest(unittest.TestCase):
    def test_hits_become_moments(self):
        hits = library.search(like="demo.mp4@7", top=2)
        first, second = library.moments(hits, "dog")
        self.assertEqual((first, second.name), (reelvec.Moment(str(VIDEO), 7.0, 8.0, "dog 1", 7.0, hits[0].score), "dog 2"))

    def test_frame_at_is_the_nearest_of_one_video(self):
        frame = library.frame_at("demo.mp4@0:12.4")
        self.assertEqual((frame.frame_number, frame.time), (13, 12.0))
        self.assertEqual(library.frame_at((VIDEO, 12.6)), reelvec.Frame(13.0, str(VIDEO), 14, frame.video_id))
        with self.assertRaisesRegex(reelvec.ArgumentError, "no frame at 200.0 s"):
            library.frame_at("demo.mp4@200")
        with self.assertRaisesRegex(reelvec.NotFoundError, "other.mp4"):
            library.frame_at("other.mp4@1")

    def test_player_time_counts_from_the_containers_start(self):
        self.assertAlmostEqual(reelvec.player_time(VIDEO, "1:02.5"), 62.5, 1)
        with self.assertRaisesRegex(reelvec.NotFoundError, "no such file"):
            reelvec.player_time("/no/such.mp4", 1, "vlc")
        with self.assertRaisesRegex(reelvec.ArgumentError, "one of ffmpeg, mpv, vlc"):
            reelvec.player_time(VIDEO, 1, "totem")

    def test_embeddings_are_those_of_the_rows(self):
        found = library.embeddings()
        rows = sqlite3.connect(library.uri).execute("SELECT video_id, frame_number, time, embedding_data FROM frames "
                                                    "ORDER BY frame_id").fetchall()
        self.assertEqual(found.video_ids.tolist(), [row[0] for row in rows])
        self.assertEqual(found.frame_numbers.tolist(), [row[1] for row in rows])
        self.assertEqual(found.times.tolist(), [row[2] for row in rows])
        np.testing.assert_array_equal(found.vectors, [np.frombuffer(row[3], "<f4") for row in rows])
        self.assertEqual(library.embeddings("*.mkv").vectors.shape[0], 0)

    def test_passwords_are_not_shown(self):
        shown = reelvec.Library.__new__(reelvec.Library)
        shown.uri = "postgresql://me:secret:x@host/db"
        self.assertEqual(repr(shown), "<reelvec.Library postgresql://me:***@host/db>")

    def test_info_and_verify_look_at_everything(self):
        info = library.info()
        self.assertTrue(library.normalized)
        self.assertRegex(library.id, "^[0-9a-f]{32}$")
        self.assertEqual(library.id, reelvec.Library(library.uri).id)
        self.assertEqual((info.frame_count, info.dimensions, info.weights_sha256), (96, 512, model.weights_sha256))
        self.assertEqual(library.verify(), [])

    def test_a_missing_library_is_made_by_index_only(self):
        path = scratch("new.db")
        with reelvec.Library(path, model=model) as new:
            with self.assertRaisesRegex(reelvec.NotFoundError, "no library here"):
                new.search("a")
            self.assertFalse(os.path.exists(path))
            with self.assertRaises(reelvec.NotFoundError):
                new.index("/no/such.mp4")
            report, = new.index(VIDEO, every=8)
            self.assertEqual((report.outcome, report.frame_count), ("indexed", 12))
            self.assertEqual(new.index(VIDEO, every=8)[0].outcome, "unchanged")
            new.remove("demo.mp4")
            self.assertEqual(new.videos(), [])
            with self.assertRaisesRegex(reelvec.NotFoundError, "no frames"):
                new.search(vector=np.zeros(512))
        with self.assertRaisesRegex(ValueError, "closed"):
            new.videos()
        with self.assertRaises(reelvec.NotFoundError):
            reelvec.Library(scratch("none.db"), read_only=True)
        with self.assertRaisesRegex(reelvec.ArgumentError, "gpu: no such compute device"):
            reelvec.Library("memory:", device="gpu").videos()

    def test_a_folder_reports_each_video(self):
        place = scratch("videos")
        os.makedirs(place)
        os.symlink(VIDEO, os.path.join(place, "good.mp4"))
        os.makedirs(os.path.join(place, "raw"))
        os.symlink(VIDEO, os.path.join(place, "raw", "left out.mp4"))
        pathlib.Path(place, "bad.mp4").write_bytes(b"\0no video")
        pathlib.Path(place, "source.ts").write_bytes(b"export const a = 1;\n")
        with reelvec.Library("memory:", model=model) as memory:
            reports = memory.index(place, every=30, exclude=["raw"])
            self.assertEqual([(os.path.basename(row.video), row.outcome) for row in reports],
                             [("bad.mp4", "failed"), ("good.mp4", "indexed")])
            self.assertIn("bad.mp4", reports[0].error)
            with self.assertRaises(reelvec.ReelvecError):
                memory.index(os.path.join(place, "bad.mp4"), retry_failed=True)
            videos = {os.path.basename(video.path): video for video in memory.videos()}
            self.assertEqual([video.missing for video in videos.values()], [False, False])
            os.remove(os.path.join(place, "bad.mp4"))
            self.assertEqual({name: video.missing for name, video in videos.items()},
                             {"bad.mp4": True, os.path.basename(os.path.realpath(VIDEO)): False})

    def test_several_videos_at_once_give_the_same_library(self):
        place, kept = scratch("several"), []
        os.mkdir(place)
        broken = os.path.join(place, "broken.mp4")
        pathlib.Path(broken).write_bytes(b"no video")
        paths = [str(VIDEO), broken, str(VIDEO)]
        for jobs in (1, 3):
            seen = set()
            with reelvec.Library("memory:", model=model) as memory:
                reports = memory.index(paths, every=3, jobs=jobs, progress=lambda state: seen.add(state.video) or True)
                self.assertEqual([report.outcome for report in reports], ["indexed", "failed", "unchanged"])
                self.assertEqual([report.video for report in reports], paths)
                self.assertIn("broken.mp4", reports[1].error)
                self.assertIn(os.path.realpath(VIDEO), seen)
                kept.append(memory.embeddings().vectors)
                with self.assertRaises(reelvec.CancelledError):
                    memory.index(paths, every=1, jobs=jobs, progress=lambda state: False)
        np.testing.assert_array_equal(kept[0], kept[1])

    def test_progress_tells_and_stops(self):
        seen = []
        with reelvec.Library(scratch("stopped.db"), model=model) as other:
            def stop_soon(progress):
                seen.append(progress)
                return progress.frames_done < 16

            with self.assertRaises(reelvec.CancelledError):
                other.index(VIDEO, progress=stop_soon)
            self.assertEqual(seen[-1].frames_expected, 96)
            done = other.videos()[0]
            self.assertEqual(done.state, "indexing")
            self.assertGreaterEqual(done.frame_count, 16)
            report, = other.index(VIDEO)
            self.assertEqual((report.frames_resumed, report.frame_count), (done.frame_count, 96))

    def test_an_exception_in_progress_comes_through(self):
        def fail(progress):
            raise KeyError("mine")

        def reenter(progress):
            other.videos()

        with reelvec.Library("memory:", model=model) as other:
            with self.assertRaisesRegex(KeyError, "mine"):
                other.index(VIDEO, progress=fail)
            with self.assertRaisesRegex(RuntimeError, "must not use the object"):
                other.index(VIDEO, progress=reenter)
            self.assertEqual(other.index(VIDEO)[0].frame_count, 96)

    def test_ctrl_c_stops_indexing_and_keeps_what_is_done(self):
        timer = threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT))
        with reelvec.Library(scratch("interrupted.db"), model=model) as other:
            timer.start()
            with self.assertRaises(KeyboardInterrupt):
                other.index(VIDEO, every=0.05)  # 1920 frames: far longer than the timer
            timer.join()
            self.assertEqual(other.verify(), [])
            report, = other.index(VIDEO, every=1)
            self.assertEqual(report.frame_count, 96)

    def test_another_models_library_is_refused(self):
        path = scratch("foreign.db")
        with reelvec.Library(path, model=model) as foreign:
            foreign.index(VIDEO, every=30)
        database = sqlite3.connect(path)
        database.execute("UPDATE library SET weights_sha256 = replace(weights_sha256, substr(weights_sha256, 1, 8), '00000000')")
        database.commit()
        database.close()
        with reelvec.Library(path, model=model) as foreign:
            with self.assertRaisesRegex(reelvec.MismatchError, "another library"):
                foreign.search("a")
            with self.assertRaises(reelvec.MismatchError):
                library.copy_to(foreign)

    def test_copies_go_into_any_library(self):
        done = []
        with reelvec.Library("memory:") as memory:
            self.assertEqual(library.copy_to(memory, progress=lambda *numbers: done.append(numbers)).frames_copied, 96)
            self.assertEqual(library.copy_to(memory).videos_present, 1)
            np.testing.assert_array_equal(memory.embeddings().vectors, library.embeddings().vectors)
            self.assertEqual(memory.picture("demo.mp4", 5), library.picture("demo.mp4", 5))
        self.assertEqual(done[-1], (96, 96))
        with self.assertRaises(reelvec.ArgumentError):
            library.copy_to(library)

    def test_a_library_is_made_anew_with_another_model(self):
        folder, video = pathlib.Path(scratch("other-model")), pathlib.Path(scratch("gone.mp4"))
        shutil.copytree(MODEL, folder)
        weights = bytearray((folder / "model.safetensors").read_bytes())
        weights[-1000:] = bytes(1000)  # other weights, so another model
        (folder / "model.safetensors").chmod(0o600)
        (folder / "model.safetensors").write_bytes(weights)
        shutil.copy(VIDEO, video)
        done = []
        with reelvec.Library(scratch("reembed-old.db"), model=model) as old:
            with self.assertRaises(reelvec.NotFoundError):  # there is no library yet
                old.reembed_to(reelvec.Library(scratch("reembed-new.db"), model=folder))
            old.index(video, every=2)
            for into in (old.reembed_to, old.copy_to):
                with self.assertRaisesRegex(TypeError, "target must be a Library, not str"):
                    into("x.db")
            with self.assertRaisesRegex(reelvec.NotFoundError, "nothing.mp4: no such video"):
                old.reembed_to(reelvec.Library(scratch("reembed-none.db"), model=folder), video="nothing.mp4")
            self.assertFalse(os.path.exists(scratch("reembed-none.db")))
            with reelvec.Library(scratch("reembed-new.db"), model=folder) as new:
                report = old.reembed_to(new, progress=lambda *numbers: done.append(numbers))
                self.assertEqual((report.videos_embedded, report.videos_left_out, report.left_out), (1, 0, ()))
                self.assertEqual(done[-1], (48, 48))
                values = "0.5 0.5 0.5, 0.5 0.5 0.5"
                plain = {"family": "clip", "activation": "quick_gelu quick_gelu", "preprocessing": "shortest bicubic",
                         "normalisation": values, "mask": "causal", "heads": "3 2", "epsilon": "1e-05 1e-05",
                         "tokenizer": "clip",
                         "tokenizer_sha256": "8f60ed0d73de4d1d82b4c53550c098a234e11789b9297a3684bd43efa9520aad"}
                self.assertEqual(new.info().model_details, plain)
                self.assertEqual(new.model.details, plain)
                self.assertEqual(old.reembed_to(new).videos_present, 1)
                before, after = old.embeddings(), new.embeddings()
                np.testing.assert_array_equal(after.times, before.times)
                self.assertFalse(np.array_equal(after.vectors, before.vectors))
                self.assertEqual(new.picture("gone.mp4", 5), old.picture("gone.mp4", 5))
                self.assertFalse(new.videos()[0].from_pictures)
                with self.assertRaisesRegex(reelvec.MismatchError, "reembed_to"):
                    new.copy_to(old)
            video.unlink()
            with reelvec.Library("memory:", model=folder) as memory:
                report = old.reembed_to(memory)
                self.assertEqual(report.videos_left_out, 1)
                self.assertRegex(report.left_out[0], "gone.mp4: its file is gone; from_pictures=True")
                report = old.reembed_to(memory, from_pictures=True)
                self.assertEqual((report.videos_embedded, report.videos_from_pictures, report.frames_embedded), (1, 1, 48))
                self.assertTrue(memory.videos()[0].from_pictures)
                if pandas is not None:
                    self.assertEqual(list(memory.videos().to_pandas()["from_pictures"]), [True])
                self.assertEqual(memory.info().from_pictures_count, 1)
                with self.assertRaises(reelvec.CancelledError):
                    old.reembed_to(reelvec.Library("memory:", model=folder), from_pictures=True,
                                   progress=lambda *numbers: False)
            with self.assertRaises(reelvec.ArgumentError):
                old.reembed_to(old)

    def test_a_copy_that_was_killed_goes_on(self):
        source = scratch("many.db")
        with reelvec.Library(source) as many:
            library.copy_to(many)
        database = sqlite3.connect(source)
        for k in range(1, 40):  # 3840 frames
            database.execute(f"INSERT INTO frames SELECT frame_id + {96 * k}, video_id, frame_number + {96 * k}, "
                             f"time + {96 * k}, embedding_data FROM frames WHERE frame_number <= 96")
            database.execute(f"INSERT INTO frame_pictures SELECT video_id, frame_number + {96 * k}, frame_data "
                             "FROM frame_pictures WHERE frame_number <= 96")
        database.commit()
        database.close()
        with reelvec.Library(source) as many:
            wanted, wanted_info = many.embeddings(), many.info()
        command = [os.environ["REELVEC_PROGRAM"], "export", "--library", source, "--quiet", "--to"]
        halfway = 0
        for attempt in range(10):
            target = scratch(f"killed-{attempt}.db")
            process = subprocess.Popen([*command, target], stdout=subprocess.DEVNULL)
            while process.poll() is None:
                try:
                    with reelvec.Library(target, read_only=True) as other:
                        halfway = sum(row.frame_count for row in other.videos())
                except reelvec.ReelvecError:  # not there yet
                    pass
                if halfway > 0:
                    process.kill()
            process.wait()
            with reelvec.Library(target) as other:
                row, = other.videos()
            if row.state == "indexing" and row.frame_count > 0:
                break
        self.assertEqual(row.state, "indexing")
        self.assertLess(row.frame_count, 3840)
        subprocess.run([*command, target], check=True, stdout=subprocess.DEVNULL)
        with reelvec.Library(target) as other:
            found, info = other.embeddings(), other.info()
        self.assertEqual((info.complete_count, info.frame_count, info.picture_bytes),
                         (1, 3840, wanted_info.picture_bytes))
        for one, two in ((found.times, wanted.times), (found.vectors, wanted.vectors)):
            np.testing.assert_array_equal(one, two)

    def test_frames_that_are_not_there_are_named(self):
        with self.assertRaisesRegex(reelvec.NotFoundError, "frame 999"):
            library.picture(1, 999)
        with self.assertRaisesRegex(reelvec.NotFoundError, "other.mp4"):
            library.picture("other.mp4", 1)

    def test_numbers_that_c_would_cut_are_refused(self):
        for threads in (-1, 1025, 2**32 + 1, 2**40):
            with self.assertRaisesRegex(reelvec.ArgumentError, "threads is"):
                reelvec.Model(MODEL, threads=threads)
            with self.assertRaisesRegex(reelvec.ArgumentError, "threads is"):
                reelvec.Library("memory:", threads=threads)
        with self.assertRaisesRegex(TypeError, "threads must be a whole number, not float"):
            reelvec.Model(MODEL, threads=1.5)
        for options in ({"batch": 257}, {"jobs": 2**32}, {"quality": 101}, {"height": -1}):
            with self.assertRaisesRegex(reelvec.ArgumentError, next(iter(options)) + " is"):
                library.index(VIDEO, **options)
        with self.assertRaisesRegex(reelvec.ArgumentError, "pictures is 'x'"):
            library.search(TEXT).to_pandas(pictures="x")
        with reelvec.Model(MODEL, device=None) as other, reelvec.Library(library.uri, device=None, threads=1) as small:
            self.assertEqual(other.info.dimensions, 512)
            self.assertEqual(len(small.videos()), 1)

    def test_home_folders_are_found(self):
        home = scratch("home")
        os.makedirs(os.path.join(home, "Videos"))
        os.symlink(VIDEO, os.path.join(home, "Videos", "demo.mp4"))
        os.symlink(PICTURE, os.path.join(home, "query.png"))
        os.symlink(MODEL, os.path.join(home, "model"))
        with unittest.mock.patch.dict(os.environ, HOME=home), reelvec.Model("~/model") as other:
            with reelvec.Library("~/library.db", model=other) as mine:
                report, = mine.index("~/Videos", every=30)
                self.assertEqual(report.outcome, "indexed")
                self.assertEqual(mine.uri, os.path.join(home, "library.db"))
                self.assertEqual(len(mine.search(image="~/query.png", top=1, video="~/Videos/demo.mp4")), 1)
                mine.picture("~/Videos/demo.mp4", 1).save("~/picture.jpg")
                self.assertTrue(os.path.exists(os.path.join(home, "picture.jpg")))
                mine.picture("~/Videos/demo.mp4", 1).save("~/picture.jpg")  # again
                for name in "~/library.db", "~/Videos/demo.mp4":
                    with self.assertRaisesRegex(reelvec.ArgumentError, "is there already, and is a.*not replaced by a picture"):
                        mine.picture("~/Videos/demo.mp4", 1).save(name)
                self.assertEqual([report.outcome for report in mine.index(["~/Videos"], every=30)], ["unchanged"])

    def test_a_duplicate_is_said_of_what(self):
        place = scratch("copies")
        os.mkdir(place)
        for name in ("a.mp4", "b.mp4"):
            pathlib.Path(place, name).write_bytes(VIDEO.read_bytes())
        with reelvec.Library("memory:", model=model) as memory:
            first, second = memory.index(place, every=30)
            self.assertEqual((first.outcome, first.same_as), ("indexed", ""))
            self.assertEqual((second.outcome, second.same_as), ("duplicate", os.path.join(os.path.realpath(place), "a.mp4")))

    def test_names_mean_videos_as_everywhere(self):
        place = scratch("names")
        os.mkdir(place)
        for name, step in (("movie1.mp4", 30), ("movie[2].mp4", 40)):
            pathlib.Path(place, name).write_bytes(VIDEO.read_bytes() + name.encode())  # trailing bytes make it another
        with reelvec.Library("memory:", model=model) as memory:
            memory.index(place, every=30)
            self.assertEqual(len(memory.videos("movie[2].mp4")), 1)
            self.assertEqual({hit.video for hit in memory.search(TEXT, video="movie[2].mp4")},
                             {os.path.join(os.path.realpath(place), "movie[2].mp4")})
            self.assertEqual(len(memory.videos("movie[1].mp4")), 1)  # as a pattern
            with self.assertRaisesRegex(reelvec.NotFoundError, "as a pattern it means 1, the first is"):
                memory.remove("movie[1].mp4")
            with self.assertRaisesRegex(reelvec.NotFoundError, "means 2 videos"):
                memory.picture("*.mp4", 1)
            memory.remove("movie[2].mp4")
            self.assertEqual([os.path.basename(row.path) for row in memory.videos()], ["movie1.mp4"])

    def test_copies_and_pickles_are_refused(self):
        for thing in (model, library):
            for way in (copy.copy, copy.deepcopy, pickle.dumps):
                with self.assertRaisesRegex(TypeError, "cannot be copied or pickled; share it"):
                    way(thing)
        self.assertEqual(model.encode_text("a").shape, (512,))

    def test_a_forked_child_may_not_use_what_its_parent_opened_and_ends(self):
        script = (f"import os, sys; sys.path.insert(0, {str(SOURCE / 'python')!r}); import reelvec\n"
                  f"model = reelvec.Model({str(MODEL)!r}, threads=3)\n"
                  f"library = reelvec.Library({library.uri!r}, model=model)\n"
                  "library.search('a'); model.encode_image(sys.argv[1])\n"
                  "child = os.fork()\n"
                  "if child == 0:\n"
                  "    for use in (lambda: model.encode_text('a'), lambda: library.search('a'), library.videos):\n"
                  "        try:\n"
                  "            use()\n"
                  "        except RuntimeError as error:\n"
                  "            print(error)\n"
                  "    model.close()\n"
                  f"    with reelvec.Library({library.uri!r}, model={str(MODEL)!r}) as again:\n"
                  "        print(len(again.search('a')), 'hits')\n"
                  "    del model, library\n"
                  "    sys.exit(7)\n"
                  "print('status', os.waitpid(child, 0)[1] >> 8, len(library.search('a')))\n")
        for _ in range(3):
            found = subprocess.run([sys.executable, "-c", script, str(PICTURE)], capture_output=True, text=True, timeout=60)
            self.assertEqual(found.returncode, 0, found.stderr)
            self.assertEqual(found.stdout.splitlines(),
                             ["this Model was opened before os.fork(); open it again in the child",
                              "this Library was opened before os.fork(); open it again in the child",
                              "this Library was opened before os.fork(); open it again in the child", "5 hits", "status 7 5"])

    def test_threads_may_share_a_library(self):
        wanted = library.search(TEXT)
        found = []
        threads = [threading.Thread(target=lambda: found.append(library.search(TEXT))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [wanted] * 4)


if __name__ == "__main__":
    unittest.main()
