# SPDX-License-Identifier: MIT
"""Clips when something is wrong: sources, borders, names, folders, disks, the ffmpeg program, interruptions; and many
clips of a search, of which some fail."""
import http.server
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

from whole_runs import CHECKPOINT, PROGRAM, ScratchTest, run

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
CLIPS = pathlib.Path(os.environ["REELVEC_BUILD"]) / "clips"
PLAIN = CLIPS / "plain.mp4"


class Faults(ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run(SOURCE / "tools/make_clips", CLIPS)
        os.environ["XDG_DATA_HOME"] = str(cls.folder)  # no library
        # Between the program and ffmpeg: what a test wants to happen before the real one begins.
        cls.slow = cls.script("slow", 'case "$*" in *-progress*) echo "out_time_us=1"; sleep 1 ;; esac; exec ffmpeg "$@"')

    @classmethod
    def script(cls, name, body):
        path = cls.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    def setUp(self):
        self.place = self.folder / self._testMethodName
        self.place.mkdir()

    def clip(self, *words, status=0, **options):
        done = run(PROGRAM, "clip", *words, check=False, cwd=self.place, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stderr.decode()

    def refuse(self, expected, *words, status=1, left=(), **options):
        """One line, with these words, and nothing left behind."""
        told = self.clip(*words, status=status, **options)
        self.assertEqual(told.count("\n"), 1, told)
        self.assertIn(expected, told)
        self.assertEqual(sorted(os.listdir(self.place)), sorted(left))

    def test_sources(self):
        self.refuse("/gone.mp4: no such file", self.place / "gone.mp4", 1, 2, "-o", "out.mp4")
        self.refuse("has no video stream", CLIPS / "audio_only.mp3", 0, 1, "-o", "out.mp4")
        self.refuse("is text, not a video", CLIPS / "text.txt", 0, 1, "-o", "out.mp4")
        self.refuse("is a playlist", CLIPS / "list.m3u8", 0, 1, "-o", "out.mp4")
        self.refuse("is a playlist", CLIPS / "list.ffconcat", 0, 1, "-o", "out.mp4")
        self.refuse("is a folder", CLIPS, 0, 1, "-o", "out.mp4")
        self.refuse("is empty", CLIPS / "empty.mp4", 0, 1, "-o", "out.mp4")
        self.refuse("without its index", CLIPS / "cut_no_index.mp4", 0, 1, "-o", "out.mp4")
        self.clip(CLIPS / "cut.mp4", 0, 0.5, "-o", "cut.mp4")  # what is left of it can be cut

    def test_borders(self):
        for words, expected in (((3, 2), "START (3) must be before END (2)"), ((1, 1), "must be before"), (("x", 2), "'x' is no time"),
                                (("-1", 2), "--help"), ((1, "1:xx"), "no time")):
            told = self.clip(PLAIN, *words, "-o", "out.mp4", status=2)
            self.assertIn(expected, told) if expected != "--help" else None
        self.refuse("ends at 4.000 s; there is nothing at 100.000 s to cut", PLAIN, 100, 101, "-o", "out.mp4", status=2)
        self.refuse("ends at 4.000 s", PLAIN, 4, 5, "-o", "out.mp4", "--exact-cut", status=2)
        self.refuse("its picture begins at 100.000 s; there is none before 3.000 s", CLIPS / "sound_100s_before.mkv", 1, 3, "-o", "out.mkv", status=2)
        told = self.clip(PLAIN, 3, 60, "-o", "end.mp4", "--exact-cut")
        self.assertIn("ends at 4.000 s; so does the clip, which was to end at 60.000 s", told)
        self.clip(PLAIN, 3, 3.5, "-o", "handles.mp4", "--exact-cut", "--handles", 10)
        self.assertEqual(self.length("handles.mp4"), 100)
        self.clip(PLAIN, "0:00:01.52", "0:01.56", "-o", "one.mp4", "--exact-cut")
        self.assertEqual(self.length("one.mp4"), 1)

    def length(self, name):
        return int(run("ffprobe", "-v", "error", "-count_packets", "-select_streams", "v", "-show_entries", "stream=nb_read_packets",
                       "-of", "csv=p=0", self.place / name).stdout.strip(b",\n"))

    def test_hostile_names(self):
        names = ("-x.mp4", "a\nb.mp4", "concat:a|b.mp4", "file:x.mp4", "it's; $(touch pwned) `id`.mp4", "100%d.mp4", "\xff.mp4", "pipe:1.mp4",
                 "data:,x.mp4", "[a]{b}.mp4", "http:x.mp4", "a,b=c:d\\.mp4")
        for name in names:
            shutil.copy(PLAIN, self.place / name)
            self.clip(f"./{name}", 1, 2, "--exact-cut", "-o", f"./out{name}")
            self.assertEqual(self.length(f"out{name}"), 25, repr(name))
        self.clip("--exact-cut", "--", "-x.mp4", 1, 2)
        self.assertTrue((self.place / "_x_0.00.01.000-0.00.02.000.mp4").exists())
        self.assertFalse((self.place / "pwned").exists())

    def test_what_is_there_is_kept(self):
        (self.place / "mine.mp4").write_bytes(b"mine")
        self.refuse("mine.mp4: is there already, and is not this clip; give another name, or --force to replace it", PLAIN, 1, 2, "-o",
                    "mine.mp4", status=2, left=["mine.mp4"])
        self.assertEqual((self.place / "mine.mp4").read_bytes(), b"mine")
        self.clip(PLAIN, 1, 2, "-o", "mine.mp4", "--force")
        self.assertEqual(self.length("mine.mp4"), 28)
        before = (self.place / "mine.mp4").stat()
        done = run(PROGRAM, "clip", PLAIN, 1, 2, "-o", "mine.mp4", cwd=self.place)
        self.assertIn(b"is there already", done.stdout)
        self.assertEqual((self.place / "mine.mp4").stat().st_ino, before.st_ino)
        self.refuse("is not this clip", PLAIN, 1, 3, "-o", "mine.mp4", status=2, left=["mine.mp4"])
        os.truncate(self.place / "mine.mp4", before.st_size // 2)  # the mark of the clip stays
        self.refuse("is not this clip", PLAIN, 1, 2, "-o", "mine.mp4", status=2, left=["mine.mp4"])
        os.mkfifo(self.place / "pipe.mp4")
        self.refuse("is no file", PLAIN, 1, 2, "-o", "pipe.mp4", status=2, left=["mine.mp4", "pipe.mp4"])

    def test_what_a_link_leads_to_is_replaced(self):
        (self.place / "there").mkdir()
        (self.place / "there" / "real.mp4").write_bytes(b"mine")
        os.symlink("there/real.mp4", self.place / "link.mp4")
        self.refuse("link.mp4: is there already, and is not this clip", PLAIN, 1, 2, "-o", "link.mp4", status=2,
                    left=["link.mp4", "there"])
        self.clip(PLAIN, 1, 2, "-o", "link.mp4", "--force")
        self.assertTrue((self.place / "link.mp4").is_symlink())
        self.assertEqual(os.listdir(self.place / "there"), ["real.mp4"])
        self.assertEqual(self.length("there/real.mp4"), 28)

    def test_no_source_is_replaced(self):
        shutil.copy(PLAIN, self.place / "own.mp4")
        os.symlink("own.mp4", self.place / "link.mp4")
        (self.place / "list.csv").write_text("video,start,end\nown.mp4,1,2\nown.mp4,2,3\n")
        whole = (self.place / "own.mp4").read_bytes()
        for name in ("own.mp4", "link.mp4"):
            self.refuse("is a video that clips are cut from, and is not replaced", "own.mp4", 1, 2, "-o", name, "--force", status=2,
                        left=["link.mp4", "list.csv", "own.mp4"])
        told = self.clip("list.csv", "-o", ".", "--clip-name", "{video}", "--force", status=3)
        self.assertIn("own.mp4: is a video that clips are cut from", told)
        self.assertTrue((self.place / "own_2.mp4").exists())
        self.assertEqual((self.place / "own.mp4").read_bytes(), whole)

    def test_places(self):
        self.refuse("No such file or directory; make its folder first", PLAIN, 1, 2, "-o", "no/such/out.mp4")
        self.refuse("cannot be written", PLAIN, 1, 2, "-o", "/proc/out.mp4")
        self.refuse("clips have one of the endings mp4, mov", PLAIN, 1, 2, "-o", "out.xyz", status=2)
        self.refuse("3gp, nut; animated previews end in .gif or .webp", PLAIN, 1, 2, "-o", "out.xyz", status=2)
        self.refuse("File name too long; give a shorter name", PLAIN, 1, 2, "-o", "x" * 250 + ".mp4")
        self.clip(PLAIN, 1, 2, "-o", "made/here/")
        self.assertEqual(os.listdir(self.place / "made/here"), ["plain_0.00.01.000-0.00.02.000.mp4"])

    def test_wrong_usage(self):
        """Status 2, whether one clip is asked for or a list of them."""
        (self.place / "two.csv").write_text(f"video,start,end\n{PLAIN},1,2\n{PLAIN},2,3\n")
        (self.place / "one.csv").write_text(f"video,start,end\n{PLAIN},1,2\n")
        (self.place / "outside.csv").write_text(f"video,start,end\n{PLAIN},100,102\n{PLAIN},200,202\n")
        lists = ["one.csv", "outside.csv", "two.csv"]
        for expected, *words in (
                ("plain.mp4: is no list of moments; of a video START and END are to be given too", PLAIN),
                ("is no list of moments", "http://127.0.0.1:9/a.mp4"),
                ("needs VIDEO START END", PLAIN, 1),
                ("out.mp4: is the name of one clip, and there are 2 moments; name a folder for them (out.mp4/ if", "two.csv", "-o", "out.mp4"),
                ("one.csv: is a file, and clips need a folder", "two.csv", "-o", "one.csv"),
                ("previews are made one by one", "two.csv", "-o", "out.gif"),
                ("previews are made one by one", "one.csv", "--gif"),
                ("-o -: clips are files of their own", "one.csv", "-o", "-"),
                ("-o -: clips are files of their own", PLAIN, 1, 2, "-o", "-"),
                ("'x.gif': is the name of a preview, and clips are made", "two.csv", "-o", "out/", "--clip-name", "x.gif"),
                ("there is no {n_score}", "two.csv", "-o", "out/", "--clip-name", "{n_score}"),
                ("'{n': a { without its }", "two.csv", "-o", "out/", "--clip-name", "{n"),
                ("'{n': a { without its }", PLAIN, 1, 2, "--clip-name", "{n"),
                ("there is no {N}", PLAIN, 1, 2, "--gif", "--clip-name", "{N}"),
                ("'x.mkv': previews end in .gif or .webp", PLAIN, 1, 2, "--gif", "--clip-name", "x.mkv"),
                ("out.mp4: previews end in .gif or .webp", PLAIN, 1, 2, "--gif", "-o", "out.mp4"),
                ("out.mp4: is a file of its own name; templates of names are for folders", PLAIN, 1, 2, "-o", "out.mp4", "--clip-name", "z"),
                ("out.mp4: is a file of its own name", "one.csv", "-o", "out.mp4", "--clip-name", "z"),
                ("--video is for a list of moments", PLAIN, 1, 2, "--video", PLAIN),
                ("--width: '3' is not a whole number from 16 to 8192", PLAIN, 1, 2, "--gif", "--width", 3),
                ("there is nothing at 100.000 s to cut", PLAIN, 100, 102, "-o", "out.mp4")):
            with self.subTest(words):
                self.refuse(expected, *words, status=2, left=lists)
        told = self.clip("outside.csv", "-o", "out", status=2)
        self.assertEqual(told.count("there is nothing at"), 2)
        self.assertEqual(sorted(os.listdir(self.place)), lists)
        self.refuse("gone.csv: no such file", "gone.csv", left=lists)
        (self.place / "gone.csv").write_text(f"video,start,end\n{self.place}/gone.mp4,1,2\n{PLAIN},100,102\n")
        self.clip("gone.csv", "-o", "out", status=1)

    def test_names(self):
        (self.place / "list.csv").write_text("video,start,end,name\n" + "".join(
            f"{PLAIN},{i / 10},{i / 10 + 0.1},{name}\n" for i, name in enumerate(("a", "a", "a_2", "a"))))
        self.clip("list.csv", "-o", "many", "--clip-name", "{{{name}}}")
        self.assertEqual(sorted(os.listdir(self.place / "many")), ["{a_2}.mp4", "{a}.mp4", "{a}_2.mp4", "{a}_3.mp4"])
        self.clip("list.csv", "-o", "again", "--clip-name", "{name}")  # a number that is taken is passed over
        self.assertEqual(sorted(os.listdir(self.place / "again")), ["a.mp4", "a_2.mp4", "a_3.mp4", "a_4.mp4"])
        # Where cases are one, or ways to write accents, no clip is written over another.
        (self.place / "cases.csv").write_text("video,start,end,name\n" + "".join(
            f"{PLAIN},{i / 10},{i / 10 + 0.1},{name}\n" for i, name in enumerate(("Dog", "dog", "\u00e9", "e\u0301"))))
        self.clip("cases.csv", "-o", "cases", "--clip-name", "{name}")
        self.assertEqual(sorted(os.listdir(self.place / "cases")), ["Dog.mp4", "dog_2.mp4", "e\u0301_2.mp4", "\u00e9.mp4"])
        (self.place / "one.csv").write_text(f"video,start,end\n{PLAIN},1,2\n")
        self.clip("one.csv", "-o", "one.mkv")
        self.assertEqual(self.length("one.mkv"), 28)
        self.clip("one.csv", "-o", "two.mp4/")
        self.assertEqual(len(os.listdir(self.place / "two.mp4")), 1)
        self.clip(PLAIN, 1, 2, "--gif", "-o", "previews/", "--clip-name", "{video}.webp")
        self.assertEqual(os.listdir(self.place / "previews"), ["plain.webp"])

    def test_a_full_disk(self):
        def small():
            resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
        for words in ([], ["--exact-cut"]):
            self.refuse("cannot be written: a file may not become so large here", PLAIN, 0, 4, *words, "-o", "out.mp4", preexec_fn=small)
        if os.path.exists("/dev/full"):
            full = self.script("full", 'case "$*" in *-progress*) echo "[out @ 0x1] Error writing trailer: No space left on device" >&2; exit 1;;'
                               ' esac; exec ffmpeg "$@"')
            self.refuse("the disk is full", PLAIN, 0, 4, "-o", "out.mp4", "--ffmpeg", full)

    def test_ffmpeg(self):
        without = {**os.environ, "PATH": str(self.place)}
        self.refuse("there is no program ffmpeg on PATH; install ffmpeg", PLAIN, 1, 2, "-o", "out.mp4", env=without)
        self.refuse("/no/ffmpeg: is not a program; install ffmpeg", PLAIN, 1, 2, "-o", "out.mp4", "--ffmpeg", "/no/ffmpeg")
        self.refuse("is not ffmpeg", PLAIN, 1, 2, "-o", "out.mp4", env={**os.environ, "REELVEC_FFMPEG": "/bin/echo"})
        doctor = run(PROGRAM, "doctor", env=without, check=False)
        self.assertRegex(doctor.stdout.decode(), r"(?m)^clips +there is no program ffmpeg on PATH; install")
        self.assertRegex(run(PROGRAM, "doctor", check=False).stdout.decode(), r"(?m)^clips +by /\S+/ffmpeg, version \S+")
        broken = self.script("broken", 'case "$*" in *-progress*) echo "[x @ 0x5] it broke" >&2; echo "Conversion failed!" >&2; exit 3;; esac;'
                             ' exec ffmpeg "$@"')
        self.refuse("plain.mp4: ffmpeg failed (exit status 3): it broke", PLAIN, 1, 2, "-o", "out.mp4", "--ffmpeg", broken)
        crash = self.script("crash", 'case "$*" in *-progress*) kill -SEGV $$;; esac; exec ffmpeg "$@"')
        self.refuse("ffmpeg was ended by signal 11", PLAIN, 1, 2, "-o", "out.mp4", "--ffmpeg", crash)
        empty = self.script("empty", 'case "$*" in *-progress*) exit 0;; esac; exec ffmpeg "$@"')
        self.refuse("ffmpeg has written no picture", PLAIN, 1, 2, "-o", "out.mp4", "--ffmpeg", empty)
        none = self.script("none", 'case "$*" in *-encoders*) echo " V....D png  png";; *) exec ffmpeg "$@";; esac')
        self.refuse("no encoder for the picture of a .mp4 (libx264)", PLAIN, 1, 2, "-o", "out.mp4", "--exact-cut", "--ffmpeg", none)
        old = self.script("old", 'echo "ffmpeg version 2.8.17 Copyright"')
        self.refuse("is ffmpeg 2.8.17; 4.3 is the oldest that will do", PLAIN, 1, 2, "-o", "out.mp4", "--ffmpeg", old)

    def test_ffmpeg_without_x264_takes_what_it_has(self):
        poor = self.script("poor", 'case "$*" in *-encoders*) ffmpeg -hide_banner -encoders | grep -v -E "libx26|openh264";; *) exec ffmpeg "$@";; esac')
        self.clip(PLAIN, 1, 2, "-o", "out.mp4", "--exact-cut", "--ffmpeg", poor)
        self.assertEqual(self.length("out.mp4"), 25)

    def test_a_source_that_goes_away(self):
        gone = self.script("gone", 'case "$*" in *-progress*) rm -f going.mp4;; esac; exec ffmpeg "$@"')
        for words in ([], ["--exact-cut"]):
            shutil.copy(PLAIN, self.place / "going.mp4")
            self.refuse("going.mp4: was removed or renamed while it was cut", "going.mp4", 1, 2, *words, "-o", "out.mp4", "--ffmpeg", gone)

    def begin(self, *words):
        """The program while ffmpeg is at work for it."""
        process = subprocess.Popen([PROGRAM, "clip", PLAIN, "1", "3", "-o", "out.mp4", "--ffmpeg", str(self.slow), *words], cwd=self.place,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3000):
            if any(name.endswith(".part") for name in os.listdir(self.place)):
                return process
            time.sleep(0.02)
        self.fail(process.communicate())

    def test_an_interrupt_leaves_nothing(self):
        process = self.begin()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, told)
        self.assertIn(b"nothing was left behind", told)
        self.assertEqual(os.listdir(self.place), [])

    def test_after_a_kill_another_run_cleans_up(self):
        for words in ([], ["--exact-cut"]):
            process = self.begin(*words)
            process.kill()
            process.communicate()
            self.assertEqual(len(os.listdir(self.place)), 1)
            self.clip(PLAIN, 1, 3, "-o", "out.mp4", *words, "--force")
            self.assertEqual(os.listdir(self.place), ["out.mp4"])
            self.assertGreaterEqual(self.length("out.mp4"), 50)
            (self.place / "out.mp4").unlink()

    def test_parts_of_other_clips(self):
        """A run removes what killed ones have left in its folder, and nothing else."""
        ours = ["other.mp4.999999999.part", "old.gif.999999998.part"]
        kept = ["notes.txt.999999999.part", "x.mp4.part", f"y.mp4.{os.getpid()}.part", "z.mp4.999999999", "out.mp4"]
        for name in ours + kept[:-1]:
            (self.place / name).write_bytes(b"part")
        self.clip(PLAIN, 1, 2, "-o", "out.mp4")
        self.assertEqual(sorted(os.listdir(self.place)), sorted(kept))

    def test_two_runs_into_one_file(self):
        """The first to end has the name; the other one says so, unless it may replace. Nothing is mixed."""
        for words, statuses in (([], [0, 2]), (["--force"], [0, 0])):
            runs = [subprocess.Popen([PROGRAM, "clip", PLAIN, *times, "-o", "out.mp4", "--ffmpeg", str(self.slow), *words], cwd=self.place,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for times in (("1", "2"), ("0", "4"))]
            told = [run.communicate(timeout=60)[1].decode() for run in runs]
            self.assertEqual(sorted(run.returncode for run in runs), statuses, told)
            if not words:
                self.assertIn("out.mp4: is there already, and is not this clip", "".join(told))
            self.assertEqual(os.listdir(self.place), ["out.mp4"])
            self.assertIn(self.length("out.mp4"), (28, 100))
            (self.place / "out.mp4").unlink()

    def test_two_runs_of_one_clip(self):
        """Who ends second finds the clip there."""
        runs = [subprocess.Popen([PROGRAM, "clip", PLAIN, "1", "2", "-o", "out.mp4", "--ffmpeg", str(self.slow)], cwd=self.place,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        told = [b"".join(run.communicate(timeout=60)).decode() for run in runs]
        self.assertEqual([run.returncode for run in runs], [0, 0], told)
        self.assertEqual(sum("is there already" in text for text in told), 1, told)
        self.assertEqual(os.listdir(self.place), ["out.mp4"])

    def test_a_url(self):
        class Ranges(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                data = PLAIN.read_bytes()
                span = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                first, last = (int(span[1]), int(span[2] or len(data) - 1)) if span else (0, len(data) - 1)
                self.send_response(206 if span else 200)
                self.send_header("Content-Length", str(last - first + 1))
                self.send_header("Accept-Ranges", "bytes")
                if span:
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
                self.end_headers()
                try:
                    self.wfile.write(data[first:last + 1])
                except OSError:
                    pass

            def log_message(self, *arguments):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        for words in (["--exact-cut"], []):
            self.clip(f"HTTP://127.0.0.1:{server.server_port}/a/talk.mp4?x=1", 1, 2, *words, "-o", f"{len(words)}/", env=environment)
            self.assertEqual(self.length(f"{len(words)}/talk_0.00.01.000-0.00.02.000.mp4"), 25 if words else 28)
        server.shutdown()


class Searches(ScratchTest):
    def search(self, *words, status=0):
        done = run(PROGRAM, "search", "--library", self.folder / "library.db", "--format", "csv", *words, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        told = [line for line in done.stderr.decode().splitlines(True) if not line.startswith("Cutting: ")]  # of slow machines
        return done.stdout.decode(), "".join(told)

    def test_clips_of_hits(self):
        run(SOURCE / "tools/make_clips", CLIPS)
        run(CHECKPOINT, "tiny", self.folder / "model")
        videos = self.folder / "videos"
        videos.mkdir()
        shutil.copy(PLAIN, videos / "one.mp4")
        shutil.copy(CLIPS / "plain.mkv", videos / "two.mkv")
        run(PROGRAM, "index", "-q", "--library", self.folder / "library.db", "--model", self.folder / "model", videos)
        place = self.folder / "clips"
        out, told = self.search("a", "--top", 6, "--clips", place)
        self.assertEqual((told.count("frames"), told.count("\n")), (6, 6), told)
        self.assertNotIn("frames", out)  # rows only
        names = sorted(os.listdir(place))
        self.assertEqual(len(names), 6, out)
        for line in re.findall(r"(?m)^\d+,(.*),\d+,([\d.]+),[-\d.]+$", out):
            stem, second = pathlib.Path(line[0]), float(line[1])
            name = f"{stem.stem}_0.00.{max(0, second - 2):06.3f}-0.00.{min(4, second + 3):06.3f}{stem.suffix}"
            self.assertIn(name, names)
        _, told = self.search("a", "--top", 6, "--clips", place)
        self.assertEqual(told.count("is there already"), 6)
        (place / names[0]).unlink()
        (place / f"{names[0]}.999999999.part").write_bytes(b"left by a killed run")
        _, told = self.search("a", "--top", 6, "--clips", place)
        self.assertEqual(told.count("is there already"), 5)
        self.assertEqual(sorted(os.listdir(place)), names)
        # Numbered by rank, exact, of the library's moments, in another container.
        self.search("a", "--moments", "--clips", self.folder / "ranked", "--clip-name", "{n}_{score}.mkv", "--exact-cut", "--handles", 0.2)
        self.assertRegex(" ".join(sorted(os.listdir(self.folder / "ranked"))), r"^001_-?0\.\d{3}\.mkv( 00\d_-?0\.\d{3}\.mkv)*$")
        # Names that are the same for several.
        self.search("a", "--top", 3, "--clips", self.folder / "same", "--clip-name", "x", "--video", "one.mp4")
        self.assertEqual(sorted(os.listdir(self.folder / "same")), ["x.mp4", "x_2.mp4", "x_3.mp4"])
        # One video is gone: the others are cut all the same.
        (videos / "two.mkv").unlink()
        out, told = self.search("a", "--top", 6, "--clips", self.folder / "partly", status=3)
        self.assertIn("two.mkv: no such file", told)
        self.assertGreater(len(os.listdir(self.folder / "partly")), 0)
        for words, needed in ((["--exact-cut"], "--exact-cut needs --clips FOLDER"), (["--clip-name", "x"], "--clip-name needs --clips FOLDER"),
                              (["--handles", "1"], "--handles needs --export FILE or --clips FOLDER"),
                              (["--force"], "--force needs --export FILE, --clips FOLDER or --sheet OUT"),
                              (["--no-exif-rotation"], "--no-exif-rotation is for pictures")):
            self.assertIn(needed, self.search("a", *words, status=2)[1])
        out, told = self.search("a", "--clips", self.folder / "none.mp4", "--top", 2, status=2)
        self.assertIn("none.mp4: is the name of one clip, and there are 2 moments; name a folder", told)
        out, told = self.search("a", "--clips", self.folder / "none", "--clip-name", "{what}", status=2)
        self.assertIn("there is no {what}", told)
        self.assertFalse((self.folder / "none").exists())

    def test_clips_of_a_list(self):
        run(SOURCE / "tools/make_clips", CLIPS)
        moments = self.folder / "moments.csv"
        moments.write_text(f"video,start,end,name\n{PLAIN},0:01,0:02,a dog\n{CLIPS / 'gone.mp4'},0,1,gone\n"
                           f"{PLAIN},2,3.5,a cat\n")
        done = run(PROGRAM, "clip", moments, "--exact-cut", "-o", self.folder / "listed", "--clip-name", "{n} {name}", check=False)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder / "listed")), ["001 a dog.mp4", "003 a cat.mp4"])
        told = run(PROGRAM, "clip", PLAIN, 1, check=False)
        self.assertEqual((told.returncode, b"needs VIDEO START END" in told.stderr), (2, True))

    def test_a_video_of_the_library_by_its_name(self):
        run(CHECKPOINT, "tiny", self.folder / "model2")
        shutil.copy(PLAIN, self.folder / "named.mp4")
        run(PROGRAM, "index", "-q", "--library", self.folder / "named.db", "--model", self.folder / "model2", self.folder / "named.mp4")
        done = run(PROGRAM, "clip", "named.mp4", 1, 2, "--library", self.folder / "named.db", "-o", self.folder / "by_name.mp4", cwd="/")
        self.assertIn(b"1.000 to 2.120 s, 28 frames", done.stdout)
        done = run(PROGRAM, "clip", "other.mp4", 1, 2, "--library", self.folder / "named.db", check=False, cwd="/")
        self.assertIn(b"neither a file nor a video in the library", done.stderr)
