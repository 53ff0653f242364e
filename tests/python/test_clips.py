# SPDX-License-Identifier: MIT
"""Clips and previews from Python, on the demo model and the demo video."""
import os
import pathlib
import shutil
import unittest

from demo_library import SOURCE, VIDEO, open_demo, scratch
from demo_library import close_demo as tearDownModule  # noqa: F401

import reelvec  # demo_library has told where it is

try:
    import PIL.Image
except ImportError:
    PIL = None


def setUpModule():
    global model, library
    model, library = open_demo(every=4)


@unittest.skipIf(shutil.which("ffmpeg") is None, "needs the package ffmpeg")
class ClipsTest(unittest.TestCase):
    def test_a_clip_is_made_once(self):
        clip = reelvec.clip(VIDEO, "0:05", 6, scratch("clip.mp4"), exact=True, handles=1)
        self.assertEqual((clip.outcome, clip.path, clip.start, clip.end, clip.early), ("made", scratch("clip.mp4"), 4.0, 7.0, 0))
        self.assertEqual(clip.size_bytes, os.path.getsize(clip.path))
        self.assertGreater(clip.frame_count, 5)
        self.assertNotEqual(clip.encoder, "copy")
        self.assertEqual(reelvec.clip(VIDEO, 5, 6, scratch("clip.mp4"), exact=True, handles=1).outcome, "present")
        with self.assertRaisesRegex(reelvec.ArgumentError, "is not this clip; give another name, or force=True to replace it"):
            reelvec.clip(VIDEO, 5, 6, scratch("clip.mp4"))
        copied = reelvec.clip(VIDEO, 5, 6, scratch("clip.mp4"), force=True)
        self.assertEqual(copied.encoder, "copy")
        self.assertAlmostEqual(copied.start, 5 - copied.early)
        with reelvec.Library(scratch("clip.db"), model=model) as found:
            self.assertEqual(found.index(copied.path)[0].outcome, "indexed")

    def test_clips_of_hits(self):
        hits = library.search("ultra-fast ingestion", moments=True, top=2)
        clips = reelvec.clips([*hits, (SOURCE / "gone.mp4", 1, 2), (VIDEO, "0:01", 2, "a/name")], scratch("clips"), name="{n} {name}")
        self.assertEqual([clip.outcome for clip in clips], ["made"] * len(hits) + ["failed", "made"])
        self.assertIn("no such file", clips[-2].error)
        self.assertEqual(os.path.basename(clips[-1].path), f"{len(clips):03d} a_name.mp4")
        self.assertEqual(len(os.listdir(scratch("clips"))), len(clips) - 1)

    def test_previews_progress_and_what_fails(self):
        seen = []
        preview = reelvec.preview(VIDEO, 1, 2, scratch("preview.gif"), width=64, rate=5, progress=seen.append)
        self.assertEqual(pathlib.Path(preview.path).read_bytes()[:6], b"GIF89a")
        if PIL is not None:
            with PIL.Image.open(preview.path) as picture:
                self.assertEqual((picture.width, picture.n_frames), (64, 5))
        with self.assertRaises(reelvec.CancelledError):
            reelvec.clip(VIDEO, 1, 60, scratch("stopped.mp4"), exact=True, progress=lambda progress: False)
        self.assertFalse(os.path.exists(scratch("stopped.mp4")))
        with self.assertRaises(ZeroDivisionError):
            reelvec.clip(VIDEO, 1, 60, scratch("stopped.mp4"), exact=True, progress=lambda progress: 1 / 0)
        with self.assertRaisesRegex(reelvec.NotFoundError, "is not a program; install ffmpeg .* or pass the path of the program as ffmpeg="):
            reelvec.clip(VIDEO, 1, 2, scratch("none.mp4"), ffmpeg="/no/ffmpeg")
        with self.assertRaises(reelvec.ArgumentError):
            reelvec.clip(VIDEO, 2, 1, scratch("none.mp4"))
        with self.assertRaisesRegex(reelvec.ArgumentError, "clips have one of the endings"):
            reelvec.clip(VIDEO, 1, 2, scratch("none.xyz"))
        for values in ({"width": 3}, {"width": 8193}, {"rate": 0.01}, {"rate": 51}):
            with self.assertRaisesRegex(reelvec.ArgumentError, "a preview (is 16 to 8192 pixels wide|has 0.1 to 50 frames a second), not"):
                reelvec.preview(VIDEO, 1, 2, scratch("none.gif"), **values)
        with self.assertRaisesRegex(reelvec.ArgumentError, "is the name of one clip, and there are 2 moments"):
            reelvec.clips([(VIDEO, 1, 2), (VIDEO, 2, 3)], scratch("none.mp4"))
        path, version = reelvec.ffmpeg()
        self.assertTrue(os.access(path, os.X_OK))
        self.assertRegex(version, r"\d")


if __name__ == "__main__":
    unittest.main()
