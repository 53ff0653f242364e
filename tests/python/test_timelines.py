# SPDX-License-Identifier: MIT
"""The Python package's timelines: moments of every kind into every format, lists read, facts of a video."""
import csv
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction

SOURCE = pathlib.Path(os.environ.get("REELVEC_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "python"))

import reelvec  # noqa: E402

VIDEO = SOURCE / "examples/media/demo.mp4"
HIT = reelvec.Hit(0.5, 7.0, str(VIDEO), 8, 7.0, 7.0, 1)
MOMENT = reelvec.Moment(str(VIDEO), 1.5, 3, "one \U0001f680", 2.0, 0.25)


def setUpModule():
    global folder
    folder = tempfile.TemporaryDirectory()
    logging.getLogger("reelvec").addHandler(logging.NullHandler())


def tearDownModule():
    folder.cleanup()


def scratch(name):
    return os.path.join(folder.name, name)


class TimelineTest(unittest.TestCase):
    def test_every_format_can_be_made(self):
        formats = reelvec.timeline_formats()
        self.assertGreater(len(formats), 12)
        for known in formats:
            files = reelvec.timeline([MOMENT, HIT], known.name, title="T")
            self.assertEqual([file.name for file in files], [""], known.name)
            self.assertGreater(len(files[0].data), 10, known.name)
            self.assertTrue(all(ending.startswith(".") for ending in known.endings), known.name)

    def test_moments_come_in_many_kinds(self):
        wanted = reelvec.timeline([MOMENT], "csv")[0].data
        self.assertEqual(reelvec.timeline(MOMENT, "csv")[0].data, wanted)
        row = {"video": VIDEO, "start": "0:01.5", "end": 3, "name": MOMENT.name, "time": 2.0, "score": 0.25}
        self.assertEqual(reelvec.timeline([row], "csv")[0].data, wanted)
        try:
            import pandas
        except ImportError:
            return
        self.assertEqual(reelvec.timeline(pandas.DataFrame([row | {"start": 1.5}]), "csv")[0].data, wanted)

    def test_a_single_frame_lasts_a_second(self):
        text = reelvec.timeline([HIT], "llc-csv")[0].text
        self.assertEqual(text.splitlines()[1].split(",")[:2], ["7", "8"])
        for moment in (reelvec.Moment(str(VIDEO), 7, 7), {"video": VIDEO, "start": 7, "end": 7}, {"video": VIDEO, "time": 7}):
            self.assertIn("7,8", reelvec.timeline([moment], "llc-csv")[0].text)

    def test_options_are_those_of_the_program(self):
        text = reelvec.timeline([MOMENT], "csv", rate=25, handles=0.5, record_start="00:00:00:00")[0].text
        row = next(csv.DictReader(text.splitlines()))
        self.assertEqual((row["start"], row["end"], row["record_in"], row["record_out"]),
                         ("1", "3.5", "00:00:00:00", "00:00:02:13"))
        for rate in (25.0, "25", Fraction(25), "25/1"):
            self.assertEqual(reelvec.timeline([MOMENT], "csv", rate=rate, handles=0.5, record_start="00:00:00:00")[0].text,
                             text, rate)

    def test_files_are_written_once(self):
        path = scratch("cuts.srt")
        pathlib.Path(f"{path}.999999999.part").write_text("left by a killed process")
        self.assertEqual(reelvec.export([MOMENT], path), [path])
        self.assertIn("00:00:01,500 --> 00:00:03,000\none \U0001f680\n", pathlib.Path(path).read_text())
        with self.assertRaisesRegex(reelvec.ArgumentError, "is there already; force=True"):
            reelvec.export([HIT], path)
        self.assertEqual(reelvec.export([HIT], path, force=True), [path])
        self.assertIn("00:00:07,000", pathlib.Path(path).read_text())
        self.assertEqual(reelvec.export([HIT], scratch("other"), format="webvtt"), [scratch("other")])
        self.assertEqual([name for name in os.listdir(folder.name) if name.endswith(".part")], [])

    def test_only_texts_are_replaced(self):
        for name, start, found in (("a.db", b"SQLite format 3\0", "a library"), ("a.mp4", b"\0\0\0\x1cftyp", "a file of another"),
                                   ("a.mkv", b"\x1a\x45\xdf\xa3 no NUL", "a file of another"), ("a.jpg", b"\xff\xd8\xff", "a picture")):
            path = pathlib.Path(scratch(name))
            path.write_bytes(start)
            with self.assertRaisesRegex(reelvec.ArgumentError, f"{name}: is there already, and is {found}"):
                reelvec.export([MOMENT], path, format="csv", force=True)
            self.assertEqual(path.read_bytes(), start)
        pathlib.Path(scratch("empty.csv")).touch()
        reelvec.export([MOMENT], scratch("empty.csv"), force=True)
        reelvec.export([MOMENT], "/dev/null", format="csv", force=True)
        self.assertFalse(os.path.isfile("/dev/null"))

    def test_what_is_open_is_written_to_as_it_is(self):
        """Nothing of it is replaced, so no force is needed, whatever is in it; and nothing is left open."""
        with open(scratch("open"), "w+b") as file:
            file.write(b"\0\1")
            file.flush()
            reelvec.export([MOMENT], f"/dev/fd/{file.fileno()}", format="csv")
            file.seek(0)
            self.assertTrue(file.read().startswith(b"\0\1name,video,start,"))
        reelvec.export([MOMENT], "/dev/null", format="csv")
        opened = os.open(folder.name, os.O_RDONLY)
        self.addCleanup(os.close, opened)
        before = os.listdir("/proc/self/fd")
        for path in f"/dev/fd/{opened}", folder.name:
            with self.assertRaisesRegex(reelvec.InputOutputError, "cannot write"):
                reelvec.export([MOMENT], path, format="csv", force=True)
        self.assertEqual(os.listdir("/proc/self/fd"), before)

    def test_one_place_takes_one_file(self):
        other = scratch("one_more.mp4")
        shutil.copy(VIDEO, other)
        with open(scratch("srt"), "w+b") as file:
            with self.assertRaisesRegex(reelvec.ArgumentError, "srt makes 2 files of these moments, and /dev/fd/.* takes one"):
                reelvec.export([MOMENT, {"video": other, "start": 1, "end": 2}], f"/dev/fd/{file.fileno()}", format="srt")
            self.assertEqual(file.read(), b"")

    def test_what_was_printed_comes_before(self):
        script = ("import reelvec, sys; print('before')\n"
                  f"reelvec.export([{{'video': {str(VIDEO)!r}, 'start': 1, 'end': 2}}], '/dev/stdout', format='csv')\n"
                  "for sys.stdout in open('/dev/null', 'w'), None:\n"
                  "    sys.stdout and sys.stdout.close()\n"
                  f"    reelvec.export([{{'video': {str(VIDEO)!r}, 'start': 1, 'end': 2}}], '/dev/stderr', format='csv')\n")
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        done = subprocess.run([sys.executable, "-c", script], cwd=SOURCE / "python", env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, "^before\nname,video,start,")
        self.assertEqual(done.stderr.count("name,video,start,"), 2)

    def test_messages_name_the_file_that_is_wanted(self):
        path = scratch("gone/cuts.srt")
        with self.assertRaises(reelvec.InputOutputError) as caught:
            reelvec.export([MOMENT], path)
        self.assertEqual(str(caught.exception), f"{path}: cannot write: No such file or directory")
        with self.assertRaisesRegex(reelvec.InputOutputError, "Is a directory"):
            reelvec.export([MOMENT], folder.name, format="csv", force=True)

    def test_links_stay_and_descriptors_are_written_to_as_they_are_open(self):
        real, link, opened = scratch("real.csv"), scratch("link.csv"), scratch("opened")
        reelvec.export([MOMENT], real)
        whole = pathlib.Path(real).read_bytes()
        pathlib.Path(real).write_text("old,words")
        os.symlink("real.csv", link)
        reelvec.export([MOMENT], link, force=True)
        self.assertTrue(os.path.islink(link))
        self.assertEqual(pathlib.Path(real).read_bytes(), whole)
        with open(opened, "wb") as out:
            out.write(b"before\n")
            out.flush()
            reelvec.export([MOMENT], f"/proc/self/fd/{out.fileno()}", format="csv", force=True)
        self.assertEqual(pathlib.Path(opened).read_bytes(), b"before\n" + whole)

    def test_a_file_for_each_video(self):
        link = scratch("second.mp4")
        os.symlink(VIDEO, link)
        paths = reelvec.export([MOMENT, reelvec.Moment(link, 4, 5)], scratch("two.llc.csv"))
        self.assertEqual(paths, [scratch("two.llc.csv"), scratch("two_second.llc.csv")])

    def test_what_is_wrong_is_said(self):
        for moments, format, kind, message in (
                ([], "csv", reelvec.ArgumentError, "no moments"),
                ([MOMENT], "avid", reelvec.ArgumentError, "avid"),
                ([reelvec.Moment("/gone.mp4", 0, 1)], "csv", reelvec.NotFoundError, "gone.mp4"),
                ([{"video": "a"}], "csv", reelvec.ArgumentError, "neither start nor time"),
                ([reelvec.Moment(str(VIDEO), 3, 1)], "csv", reelvec.ArgumentError, "ends at 1, before it starts at 3"),
                ([reelvec.Moment(str(VIDEO), 1, 2, "a\ud800")], "csv", reelvec.ArgumentError,
                 "the name of a moment holds half of a character"),
                (["a.mp4"], "csv", TypeError, "a moment must be")):
            with self.assertRaisesRegex(kind, message):
                reelvec.timeline(moments, format)
        with self.assertRaisesRegex(reelvec.ArgumentError, "no format has this ending"):
            reelvec.export([MOMENT], scratch("a.xyz"))
        with self.assertRaisesRegex(reelvec.ArgumentError, "rate is 'fast'"):
            reelvec.timeline([MOMENT], "csv", rate="fast")

    def test_videos_that_are_gone_are_left_out_with_a_warning(self):
        with self.assertLogs("reelvec", "WARNING") as logs:
            files = reelvec.timeline([reelvec.Moment("/gone.mp4", 0, 1), MOMENT], "csv")
        self.assertEqual(len(files[0].text.splitlines()), 2)
        self.assertIn("gone.mp4", "\n".join(logs.output))

    def test_lists_are_read(self):
        path = scratch("list.csv")
        pathlib.Path(path).write_text("start,end,name\n0:01.5,3,x\n4,5,\n")
        moments = reelvec.read_moments(path, video=VIDEO)
        self.assertEqual(moments, [reelvec.Moment(str(VIDEO), 1.5, 3.0, "x", 1.5), reelvec.Moment(str(VIDEO), 4.0, 5.0, None, 4.0)])
        with self.assertRaisesRegex(reelvec.ArgumentError, "moment 1 names no video"):
            reelvec.read_moments(path)
        pathlib.Path(path).write_text("start,end\n3,1\n")
        with self.assertRaisesRegex(reelvec.FormatError, "list.csv: line 2: ends at 1, before it starts at 3"):
            reelvec.read_moments(path)


class MediaTest(unittest.TestCase):
    def test_facts_of_the_demo(self):
        facts = reelvec.media(VIDEO)
        self.assertEqual(facts.path, str(VIDEO))
        self.assertIsInstance(facts.rate, Fraction)
        self.assertAlmostEqual(facts.frame_count / facts.rate, facts.duration, delta=0.1)
        self.assertEqual((facts.timecode, facts.start_frame, facts.aspect), (None, 0, 1))
        self.assertGreater(facts.width, 0)

    def test_what_is_no_video_is_refused(self):
        with self.assertRaises(reelvec.ReelvecError):
            reelvec.media(SOURCE / "README.md")
        with self.assertRaises(reelvec.NotFoundError):
            reelvec.media("/gone.mp4")
