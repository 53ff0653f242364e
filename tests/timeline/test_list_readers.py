# SPDX-License-Identifier: MIT
"""Lists that `reelvec timeline` writes, read back by programs that are not ours: FFmpeg, MKVToolNix, mpv, Python's csv."""
import csv
import io
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("REELVEC_PROGRAM", "")
# A name may hold every character but '/' and NUL.
VIDEO_NAME = "a b, 'c' \"d\" %20 #1 \U0001f680.mp4"
# Names of moments with what the formats take for their own; overlapping, touching, in no order.
MOMENTS = [
    (20.5, 24.25, 'second <b>&amp;</b> {\\an8} a=b;c#d\\e "q", r'),
    (1.2345678, 12.5, "first \U0001f680 \u65e5\u672c\u8a9e --> x"),
    (12.5, 18, "42"),
    (30, 40, " =1+1 "),
    (35, 50, "-"),
]
IN_ORDER = sorted(MOMENTS)


def need(program, package):
    return unittest.skipIf(shutil.which(program) is None, f"needs the package {package}")


def run(*words, **options):
    result = subprocess.run([str(word) for word in words], capture_output=True, **options)
    if result.returncode != 0:
        raise AssertionError(f"{words}: status {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result.stdout


def probe(path, *entries):
    return json.loads(run("ffprobe", "-v", "error", "-of", "json", *entries, path))


def cues(text):
    """(start, end, text) of each subtitle in SubRip as FFmpeg writes it."""
    def seconds(clock):
        hours, minutes, rest = clock.replace(",", ".").split(":")
        return round(int(hours) * 3600 + int(minutes) * 60 + float(rest), 3)

    found = []
    for block in text.strip().split("\n\n"):
        number, times, *lines = block.split("\n")
        start, _, end = times.partition(" --> ")
        found.append((seconds(start), seconds(end), "\n".join(lines)))
    return found


@need("ffmpeg", "ffmpeg")
class ListReadersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.video = pathlib.Path(cls.folder.name, VIDEO_NAME)
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=60", "-f", "lavfi", "-i",
            "sine=duration=60", "-c:v", "mpeg4", "-q:v", "20", "-c:a", "aac", f"file:{cls.video}")
        cls.moments = pathlib.Path(cls.folder.name, "moments.json")
        cls.moments.write_text(json.dumps([{"start": start, "end": end, "name": name} for start, end, name in MOMENTS]))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def write(self, name, *options):
        path = pathlib.Path(self.folder.name, name)
        run(PROGRAM, "timeline", self.moments, "--video", self.video, "-o", path, "--force", *options)
        return path

    def test_ffmpeg_reads_subtitles(self):
        for name in ("cuts.vtt", "cuts.srt"):
            with self.subTest(name):
                path = self.write(name)
                found = probe(path, "-show_entries", "packet=pts_time,duration_time:stream=codec_name")
                times = [(round(float(packet["pts_time"]), 3), round(float(packet["duration_time"]), 3))
                         for packet in found["packets"]]
                self.assertEqual(times, [(round(start, 3), round(end - round(start, 3), 3)) for start, end, _ in IN_ORDER])
                self.assertEqual(found["streams"][0]["codec_name"], "webvtt" if name.endswith("vtt") else "subrip")

    def test_ffmpeg_reads_the_texts_of_subtitles(self):
        # FFmpeg makes ASS of them, in which '\\' and '{' have a meaning, so those are left out here.
        names = ["a <i> b & c", "42", "x --> y", "-", "&lt; \U0001f680"]
        moments = pathlib.Path(self.folder.name, "texts.json")
        moments.write_text(json.dumps([{"start": 3 * number, "end": 3 * number + 2, "name": name}
                                       for number, name in enumerate(names)]))
        for name in ("texts.vtt", "texts.srt"):
            path = pathlib.Path(self.folder.name, name)
            run(PROGRAM, "timeline", moments, "--video", self.video, "-o", path)
            text = run("ffmpeg", "-v", "error", "-i", path, "-f", "srt", "-").decode()
            wanted = [text.replace("<", "\u2039").replace(">", "\u203a") for text in names] if name.endswith("srt") else names
            self.assertEqual([text for _, _, text in cues(text)], wanted, name)

    def test_ffmpeg_takes_chapters_into_files(self):
        path = self.write("cuts.ffmetadata", "--title", "T=1;\\")
        # 30 to 40 ends at 35, where the next one begins.
        wanted = [(0, IN_ORDER[0][0], "Beginning")]
        wanted += [(start, min(end, 35) if start == 30 else end, name) for start, end, name in IN_ORDER]
        for ending in ("mp4", "mkv"):
            out = pathlib.Path(self.folder.name, f"chapters.{ending}")
            run("ffmpeg", "-v", "error", "-y", "-i", f"file:{self.video}", "-i", path, "-map_metadata", "1", "-map_chapters", "1",
                "-c", "copy", out)
            found = probe(out, "-show_chapters", "-show_entries", "format_tags")
            chapters = [(float(chapter["start_time"]), float(chapter["end_time"]), chapter["tags"]["title"])
                        for chapter in found["chapters"]]
            self.assertEqual([name for _, _, name in chapters], [name for _, _, name in wanted])
            for (start, end, name), (start_wanted, end_wanted, _) in zip(chapters, wanted):
                self.assertAlmostEqual(start, start_wanted, delta=0.001, msg=name)
                if ending == "mkv":  # a chapter of MP4 lasts up to the next one
                    self.assertAlmostEqual(end, end_wanted, delta=0.001, msg=name)
            self.assertEqual(found["format"]["tags"]["title"].rstrip(), "T=1;\\")

    @need("mkvmerge", "mkvtoolnix")
    def test_mkvtoolnix_takes_chapters_into_files(self):
        path = self.write("cuts.chapters.xml")
        out = pathlib.Path(self.folder.name, "chapters2.mkv")
        run("mkvmerge", "--quiet", "-o", out, "--chapters", path, self.video)
        run("mkvpropedit", "--quiet", out, "--chapters", path)
        found = [(float(chapter["start_time"]), float(chapter["end_time"]), chapter["tags"]["title"])
                 for chapter in probe(out, "-show_chapters")["chapters"]]
        wanted = [(round(start, 6), round(end, 6), name.strip()) for start, end, name in IN_ORDER]
        self.assertEqual([(start, end, name.strip()) for start, end, name in found], wanted)

    @need("mpv", "mpv")
    def test_mpv_plays_the_clips_as_one_video(self):
        path = self.write("cuts.mpv.edl")
        text = run("mpv", "--no-config", "--vo=null", "--ao=null", "--frames=1",
                   "--term-playing-msg=@${=duration}@${chapter-list}@", path).decode("utf-8", "replace")
        _, duration, chapters, _ = text.split("@", 3)
        self.assertAlmostEqual(float(duration), sum(end - start for start, end, _ in MOMENTS), delta=0.05)
        for _, _, name in MOMENTS:
            self.assertIn(name.strip(), chapters)

    def test_a_varying_rate_makes_no_video_longer(self):
        video = pathlib.Path(self.folder.name, "varying.mp4")
        run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=10", "-vf",
            "select='not(mod(n,7))+gt(mod(n,50),30)'", "-fps_mode", "vfr", "-g", "50", "-bf", "2", video)
        for times, status in (("9.2,9.8", 0), ("10.2,10.4", 1)):
            done = subprocess.run([PROGRAM, "timeline", "-f", "csv", "-o", "-", "-"], input=f"video,start,end\n{video},{times}\n",
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, status, done.stderr)

    def test_python_reads_tables(self):
        rows = list(csv.DictReader(io.StringIO(self.write("cuts.csv").read_bytes().decode())))
        self.assertEqual([(float(row["start"]), float(row["end"]), row["name"]) for row in rows],
                         [(round(start, 6), end, name) for start, end, name in MOMENTS])
        self.assertEqual({row["video"] for row in rows}, {str(self.video)})
        self.assertEqual(rows[0]["source_in"], "00:00:20:12")
        self.assertEqual(rows[0]["record_in"], "01:00:00:00")
        rows = list(csv.reader(io.StringIO(self.write("cuts.llc.csv").read_bytes().decode())))
        self.assertEqual(rows[0], ["Start", "End", "Name"])
        self.assertEqual([(float(start), float(end), name) for start, end, name in rows[1:]],
                         [(round(start, 3), end, name) for start, end, name in MOMENTS])

    def test_clips_have_the_frames_of_the_timeline(self):
        moments = [(1.01, 2.03), (3, 4), (5.02, 5.5004), (7.3333, 9.1111), (59.99, 60)]
        listed = pathlib.Path(self.folder.name, "borders.json")
        listed.write_text(json.dumps([{"start": start, "end": end} for start, end in moments]))
        table = run(PROGRAM, "timeline", listed, "--video", self.video, "-o", "-", "--format", "csv").decode()
        frames = [int(row["frame_count"]) for row in csv.DictReader(io.StringIO(table))]
        self.assertEqual(frames, [26, 25, 13, 45, 1])
        clips = run(PROGRAM, "clip", listed, "--video", self.video, "-o", pathlib.Path(self.folder.name, "clips"), "--exact-cut")
        self.assertEqual([int(line.split(" frame")[0].split()[-1]) for line in clips.decode().splitlines()], frames)

    def test_python_reads_projects_of_losslesscut(self):
        project = json.loads(self.write("cuts.llc").read_text())
        self.assertEqual((project["version"], project["mediaFileName"]), (2, VIDEO_NAME))
        self.assertEqual([(row["start"], row["end"], row["name"]) for row in project["cutSegments"]],
                         [(round(start, 6), end, name) for start, end, name in MOMENTS])

    def test_a_table_is_a_list_of_moments_again(self):
        first = self.write("again.csv")
        second = pathlib.Path(self.folder.name, "again2.csv")
        run(PROGRAM, "timeline", first, "-o", second, "--force")
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_playlists_name_videos_by_addresses(self):
        lines = self.write("cuts.m3u8").read_text().splitlines()
        self.assertEqual(lines[0], "#EXTM3U")
        self.assertEqual({line for line in lines if not line.startswith("#")}, {self.video.as_uri()})
        self.assertEqual([line for line in lines if "start-time" in line][1], "#EXTVLCOPT:start-time=1.235")


if __name__ == "__main__":
    unittest.main()
