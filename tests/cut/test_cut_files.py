# SPDX-License-Identifier: MIT
"""What a clip's file keeps of its source, where it ends, and previews."""
import json
import sqlite3
import unittest

from clip_files import CLIPS, SOURCE, clip, facts_of, told
from whole_runs import PROGRAM, SLOW, ScratchTest, run


class Kept(ScratchTest):
    """What comes along beside pictures and sound."""

    def test_timecode_is_shifted(self):
        cases = (("30000/1001", "00:59:58;00", 3.003, "01:00:01;00"),  # 90 frames on; minute 60 drops no labels,
                 ("30000/1001", "00:00:58;00", 3.003, "00:01:01;02"),  # minute 1 drops two
                 ("30000/1001", "00:59:58;00", 3.0, "01:00:00;29"),    # the frame before is on screen
                 ("25", "10:00:00:00", 1.0, "10:00:01:00"), ("24000/1001", "01:00:00:00", 2.0, "01:00:01:23"),
                 ("60000/1001", "01:00:59;58", 1.0, "01:01:01;01"))  # 59 frames on, four labels dropped
        for place, (rate, label, start, wanted) in enumerate(cases):
            source = self.folder / f"tc{rate.split('/')[0]}.mov"
            source.unlink(missing_ok=True)
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=s=64x64:r={rate}:d=5", "-g", "1", "-c:v", "libx264", "-timecode",
                label, source)
            for ending in ("mov", "mkv") if SLOW or place == 0 else ("mov",):
                for words in (["--exact-cut"], []) if SLOW or place == 1 else (["--exact-cut"],):
                    done = clip(source, start, start + 1, *words, "-o", self.folder / f"out.{ending}", "--force")
                    facts = facts_of(told(done)[0], "format_tags=timecode:stream_tags=timecode")
                    labels = {stream.get("tags", {}).get("timecode") for stream in facts["streams"]} | {
                        facts["format"].get("tags", {}).get("timecode")}
                    labels |= {label for found in facts["streams"] + [facts["format"]]
                               for key, label in found.get("tags", {}).items() if key.lower() == "timecode"}
                    self.assertEqual(labels - {None}, {wanted}, f"{rate} {label} {ending} {words}")
                    self.assertIn(f"from {wanted}", done.stdout.decode())

    def test_tracks_chapters_subtitles_and_metadata(self):
        source, titles, chapters = self.folder / "full.mkv", self.folder / "titles.srt", self.folder / "chapters.txt"
        titles.write_text("".join(f"{i + 1}\n00:00:0{i},200 --> 00:00:0{i},900\nline {i}\n\n" for i in range(5)))
        chapters.write_text(";FFMETADATA1\ntitle=A talk\nartist=somebody\n" + "".join(
            f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={i * 2000}\nEND={i * 2000 + 2000}\ntitle=part {i}\n" for i in range(3)))
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=25:d=6", "-f", "lavfi", "-i", "sine=d=6", "-f", "lavfi", "-i",
            "sine=f=880:d=6", "-i", titles, "-i", chapters, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_metadata", "4",
            "-map_chapters", "4", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-metadata:s:s:0", "language=spa",
            "-c:v", "libx264", "-g", "25", "-c:a", "aac", source)
        for ending in ("mkv", "mp4", "mov"):
            for words in (["--exact-cut"], []):
                path, start, _ = told(clip(source, 1.1, 5, *words, "-o", self.folder / f"full{len(words)}.{ending}"))
                facts = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", path).stdout)
                tracks = [(s["codec_type"], s["tags"].get("language", "und")) for s in facts["streams"] if s["codec_type"] != "data"]
                self.assertEqual(tracks[1:], [("audio", "eng"), ("audio", "ger"), ("subtitle", "spa")], f"{ending} {words}")
                self.assertEqual(facts["format"]["tags"]["title"], "A talk")
                self.assertEqual([(round(float(c["start_time"])), round(float(c["end_time"])), c["tags"]["title"]) for c in facts["chapters"]],
                                 [(0, 1, "part 0"), (1, 3, "part 1"), (3, 4, "part 2")], f"{ending} {words}")
                def lines(video):
                    packets = facts_of(video, "packet=pts_time,codec_type,size")["packets"]
                    begin = min(float(p["pts_time"]) for p in packets if p["codec_type"] == "video")
                    return begin, [float(p["pts_time"]) for p in packets if p["codec_type"] == "subtitle" and int(p["size"]) > 2]
                begin, times = lines(path)
                wanted = [time - start for time in lines(source)[1] if start <= time < 5]
                for time, right in zip(times, wanted):
                    self.assertAlmostEqual(time - begin, right, delta=0.002, msg=f"{ending} {words}")
                self.assertEqual((len(times), len(wanted)), (4, 4), f"{ending} {words}")

    def test_colours_depth_turn_and_aspect(self):
        cases = [("bars_pq.mp4", "mp4"), ("bars_hlg.mp4", "mkv"), ("bars_bt601_full.mp4", "mp4"), ("turn90.mp4", "mp4"),
                 ("turn270.mp4", "mkv"), ("mirrored.mp4", "mp4"), ("aspect_4_3.mp4", "mkv"), ("hevc10.mkv", "mkv"), ("yuv422.mov", "mov")]
        entries = "stream=width,height,pix_fmt,color_range,color_space,color_transfer,color_primaries,sample_aspect_ratio"
        for name, ending in cases:
            for words in (["--exact-cut"], []):
                if not words and (not SLOW or (ending == "mkv" and name.startswith("turn"))):
                    continue  # the latter: said in a warning, see below
                path = told(clip(CLIPS / name, 0.2, 0.8, *words, "-o", self.folder / f"{name}{len(words)}.{ending}"))[0]
                def facts(video):
                    found = facts_of(video, entries + ":stream_side_data=rotation")["streams"][0]
                    turn = [int(d["rotation"]) for d in found.pop("side_data_list", []) if "rotation" in d]
                    size = (found.pop("width"), found.pop("height"))
                    if turn and turn[0] % 180 != 0:
                        size = size[::-1]
                    return {**{key: value for key, value in found.items() if value != "unknown"}, "size": size}
                wanted, found = facts(CLIPS / name), facts(path)
                wanted.pop("pix_fmt") if "turn" in name and ending == "mkv" else None
                self.assertEqual({key: found.get(key) for key in wanted}, wanted, f"{name} {ending} {words}")
        done = clip(CLIPS / "turn90.mp4", 0.2, 0.8, "-o", self.folder / "turned.mkv")
        kept = any("rotation" in d for d in facts_of(self.folder / "turned.mkv", "stream_side_data=rotation")["streams"][0].get("side_data_list", []))
        self.assertTrue(kept or "does not keep how the picture is turned" in done.stderr.decode())


class Ends(ScratchTest):
    """Where the file ends: at END, also if the last frame or a line of subtitles goes on."""
    AHEAD = 0.03  # the lead-in of sound, by which .mkv and .webm shift everything

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run(SOURCE / "tools/make_clips", CLIPS)
        sound = ("-f", "lavfi", "-i", "sine=d=20")
        for ending, codecs in (("mp4", "-c:v libx264 -g 1 -c:a aac"), ("mkv", "-c:v libx264 -g 1 -c:a aac"), ("webm", "-c:v libvpx -c:a libvorbis")):
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=1/4:d=20", *sound, *codecs.split(), cls.folder / f"slow.{ending}")
        # 25 frames a second for a while, and now and then one that stands for seconds.
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=25:d=20", *sound, "-vf",
            "select='not(mod(n,100))+lt(mod(n,250),10)'", "-fps_mode", "vfr", "-c:v", "libx264", "-bf", "0", "-c:a", "aac", cls.folder / "varies.mkv")
        run("ffmpeg", "-v", "error", "-i", cls.folder / "varies.mkv", "-c", "copy", cls.folder / "varies.mp4")
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=1/4:d=60", "-c:v", "libx264", "-bf", "3", cls.folder / "reordered.mp4")
        lines = cls.folder / "lines.srt"
        lines.write_text("1\n00:00:01,000 --> 00:00:18,000\nlong\n\n2\n00:00:04,000 --> 00:00:04,500\nshort\n\n")
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=25:d=20", *sound, "-i", lines, "-c:v", "libx264", "-g", "50", "-c:a",
            "aac", "-metadata:s:s:0", "language=fra", cls.folder / "lines.mkv")
        run("ffmpeg", "-v", "error", "-i", cls.folder / "lines.mkv", "-c:v", "libvpx", "-c:a", "libvorbis", cls.folder / "lines.webm")
        lines.write_text("1\n00:00:03,000 --> 00:00:18,000\nlong\n\n")
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=25:d=20", "-i", lines, "-c:v", "libx264", "-g", "50", "-c:s",
            "mov_text", cls.folder / "lines.mp4")

    def lengths(self, path):
        facts = facts_of(path, "format=duration:stream=codec_type,duration")
        return float(facts["format"]["duration"]), [float(s["duration"]) for s in facts["streams"] if s["codec_type"] == "video" and "duration" in s]

    def test_exact_clips_end_at_the_end(self):
        faults = []
        for name in ("slow.mp4", "slow.mkv", "slow.webm", "varies.mkv", "varies.mp4"):
            for ending in ("mp4", "mov", "mkv", "webm"):
                path, start, end = told(clip(self.folder / name, 1.25, 5, "--exact-cut", "-o", self.folder / f"{name}.exact.{ending}"))
                whole, pictures = self.lengths(path)
                right = -0.002 < whole - 3.75 < self.AHEAD and all(-0.002 < length - 3.75 < self.AHEAD for length in pictures)
                if (start, end) != (1.25, 5) or not right:
                    faults.append(f"{name} to .{ending}: {start} to {end}, {whole} s, the picture {pictures}")
        self.assertEqual(faults, [])
        path = told(clip(self.folder / "reordered.mp4", 1.25, 41, "--exact-cut", "-o", self.folder / "reordered.exact.mp4"))[0]
        self.assertEqual(self.lengths(path), (39.75, [39.75]))

    def test_copies_end_at_the_end_of_a_long_frame(self):
        for name in ("slow.mp4", "slow.mkv", "slow.webm", "varies.mkv", "varies.mp4"):
            path, start, end = told(clip(self.folder / name, 4.5, 10.0, "-o", self.folder / f"copy.{name}"))
            whole, pictures = self.lengths(path)
            self.assertAlmostEqual(end, 10, delta=0.04, msg=name)
            self.assertAlmostEqual(whole, 10 - start, delta=0.04, msg=name)
            for length in pictures:
                self.assertAlmostEqual(length, 10 - start, delta=0.04, msg=name)

    def test_previews_end_at_the_end(self):
        for name in ("slow.mp4", "varies.mkv"):
            path = told(clip(self.folder / name, 1.25, 5, "-o", self.folder / f"{name}.gif"))[0]
            self.assertAlmostEqual(self.lengths(path)[0], 3.75, delta=0.09, msg=name)

    def test_subtitles_end_with_the_clip(self):
        for name, ending, words in (("lines.mkv", "mkv", []), ("lines.mkv", "mkv", ["--exact-cut"]), ("lines.mkv", "mp4", []),
                                    ("lines.mkv", "mp4", ["--exact-cut"]), ("lines.mkv", "webm", ["--exact-cut"]), ("lines.webm", "webm", []),
                                    ("lines.webm", "mov", ["--exact-cut"]), ("lines.mp4", "mp4", []), ("lines.mp4", "mkv", ["--exact-cut"])):
            case = f"{name} to .{ending} {words}"
            path = told(clip(self.folder / name, 0, 5, *words, "-o", self.folder / f"{name}.{len(words)}.{ending}"))[0]
            self.assertAlmostEqual(self.lengths(path)[0], 5, delta=0.1 if words else 0.25, msg=case)  # copies end a few frames behind
            facts = facts_of(path, "packet=pts_time,duration_time,size:stream_tags=language:stream=codec_type")
            subtitles = json.loads(run("ffprobe", "-v", "error", "-select_streams", "s", "-show_entries", "packet=pts_time,size", "-of", "json",
                                       path).stdout)["packets"]
            times = [round(float(packet["pts_time"])) for packet in subtitles if int(packet["size"]) > 2]
            self.assertEqual(times, [3] if name == "lines.mp4" else [1, 4], case)
            if name == "lines.mkv":
                self.assertIn("fra", str(facts["streams"]), case)
        # None is there.
        for ending in ("mkv", "mp4", "webm"):
            path = told(clip(self.folder / "lines.mkv", 19, 20, "--exact-cut", "-o", self.folder / f"none.{ending}"))[0]
            self.assertAlmostEqual(self.lengths(path)[0], 1, delta=0.1, msg=ending)

    def test_the_end_of_copies_is_told(self):
        for name, ending in ((CLIPS / "plain.mp4", "mp4"), (CLIPS / "plain.mp4", "mkv"), (CLIPS / "plain.mp4", "avi"),
                             (CLIPS / "gop50_closed.mp4", "avi")):
            path, start, end = told(clip(name, 1, 2, "-o", self.folder / f"told.{name.stem}.{ending}"))
            self.assertAlmostEqual(end - start, self.lengths(path)[0], delta=0.002, msg=ending)

    def test_the_end_of_copies_in_matroska_is_that_of_its_tracks(self):
        # The header's length is none: it counts from the file's zero, and with the lead-in of sound.
        for name in ("slow.mkv", "varies.mkv"):
            path, start, end = told(clip(self.folder / name, 4.5, 10.0, "-o", self.folder / f"tracks.{name}"))
            facts = facts_of(path, "packet=codec_type,pts_time,duration_time:stream=codec_type:stream_tags=DURATION")
            packets = {kind: [packet for packet in facts["packets"] if packet["codec_type"] == kind]
                       for kind in ("audio", "video")}
            usual = 1024 / 44100  # of AAC; ffprobe 5.1 does not say it of every packet
            sound = max(float(packet["pts_time"]) + float(packet.get("duration_time", usual)) for packet in packets["audio"])
            tag = next(stream["tags"]["DURATION"] for stream in facts["streams"] if stream["codec_type"] == "video")
            hours, minutes, seconds = map(float, tag.split(":"))
            last = max(sound, 3600 * hours + 60 * minutes + seconds)
            first = float(packets["video"][0]["pts_time"])
            self.assertAlmostEqual(end - start, last - first, delta=0.003, msg=name)


class Previews(ScratchTest):
    def test_gif_and_webp(self):
        for name, words, rate in (("a.gif", [], 12.5), ("b.gif", ["--width", "64", "--rate", "5"], 5)):
            done = clip(CLIPS / "plain.mp4", 1, 3, *words, "-o", self.folder / name)
            stream = facts_of(told(done)[0], "stream=width,height,codec_name")["streams"][0]
            frames = facts_of(self.folder / name, "frame=pts_time")["frames"]
            self.assertEqual((stream["codec_name"], stream["width"]), ("gif", 64 if words else 160))
            self.assertAlmostEqual(len(frames), 2 * rate, delta=1)
        clip(CLIPS / "plain.mp4", 1, 2, "-o", self.folder / "c.webp")
        self.assertIn(b"ANIM", (self.folder / "c.webp").read_bytes()[:64])
        clip(CLIPS / "plain.mp4", 1, 2, "--gif", "-o", f"{self.folder}/", "--clip-name", "d")
        self.assertTrue((self.folder / "d.gif").exists())
        self.assertIn("would be too large", clip(CLIPS / "plain.mp4", 0, 100, "--gif", check=False).stderr.decode())

    def test_high_range_is_as_bright_as_in_the_library(self):
        # White of 203 nits is at 58 % of PQ's signal and 75 % of HLG's.
        for name, transfer, signal in (("pq", "smpte2084", 572), ("hlg", "arib-std-b67", 721)):
            video, library, picture = (self.folder / f"{name}.{ending}" for ending in ("mkv", "db", "jpg"))
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                f"color=black:s=64x64:r=25:d=1,format=yuv420p10le,geq=lum={signal}:cb=512:cr=512", "-c:v", "libx265", "-x265-params",
                "log-level=error", "-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", video)
            run(PROGRAM, "index", video, "--model", SOURCE / "models/demo", "--library", library, "--quiet")
            picture.write_bytes(sqlite3.connect(library).execute("SELECT frame_data FROM frame_pictures").fetchone()[0])
            made = told(clip(video, 0, 0.5, "-o", self.folder / f"{name}.gif"))[0]
            previewed, kept = (run("ffmpeg", "-v", "error", "-i", path, "-frames:v", "1", "-pix_fmt", "gray", "-vf",
                                   "scale=out_range=full", "-f", "rawvideo", "-").stdout[0] for path in (made, picture))
            self.assertAlmostEqual(previewed, kept, delta=20, msg=name)


if __name__ == "__main__":
    unittest.main()
