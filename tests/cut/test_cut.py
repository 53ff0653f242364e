# SPDX-License-Identifier: MIT
"""Clips against their sources: which frames they have, when, with which sound, and what comes along.

The pictures of tools/make_clips carry their number as ten bright or dark blocks (tests/matrix/test_matrix.py), so that a
frame of a clip tells which frame of the source it is. Reference of the times: ffprobe's time stamp of every frame, and
the rule "the frame on screen at START, up to the last before END".
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import unittest

from whole_runs import PROGRAM, SLOW, ScratchTest, run

SOURCE = pathlib.Path(os.environ["REELVEC_SOURCE"])
CLIPS = pathlib.Path(os.environ["REELVEC_BUILD"]) / "clips"
SHARED = pathlib.Path(os.environ["REELVEC_SHARED"])
WIDTH, HEIGHT = 160, 120
TOLERANCE = 0.0005  # of the borders, as docs/internals/clips.md says

# name of the source, start, end, whether its clips keep the frames' times to the millisecond
FILES = (
    ("gop250_open.mkv", 10.7, 11.6, True), ("gop50_open.mp4", 10.08, 10.32, True), ("gop50_closed.mp4", 10.7, 11.6, True),
    ("hevc_open.mp4", 10.08, 10.44, True), ("hevc_layers.mp4", 4.0, 4.4, True), ("mpeg2_open.ts", 10.7, 11.3, True),
    ("mpeg2_closed.mpg", 3.3, 4.0, False), ("mpeg4.mp4", 1.3, 2.2, True), ("vp9.webm", 10.7, 11.3, True),
    ("av1.mp4", 1.5, 2.2, True), ("plain.ts", 1.3, 2.2, True), ("rate_29_97.mp4", 8.333, 9.1, True), ("vfr.mkv", 1.0, 9.6, True),
    ("edit_list.mp4", 0.5, 1.5, True), ("offset5.ts", 1.3, 2.0, True), ("late_video.mkv", 2.5, 3.3, True),
    ("one_per_second.avi", 2.5, 5.0, False), ("no_pts_h264.avi", 1.3, 2.2, False), ("turn90.mp4", 0.5, 1.0, True),
    ("prores.mov", 0.5, 1.1, True), ("hevc10.mkv", 0.5, 1.0, True), ("wrapping_clock.ts", 1.3, 2.2, True),
    # with REELVEC_SLOW_TESTS=1
    ("plain.mp4", 1.3, 2.72, True), ("gop250_closed.mp4", 10.7, 11.6, True), ("gop50_open.mp4", 3.9, 4.64, True),
    ("every_frame_key.mp4", 1.0, 1.2, True), ("hevc_closed.mkv", 10.7, 11.2, True), ("vp8.webm", 10.7, 11.3, True),
    ("mjpeg.avi", 1.3, 2.0, False), ("plain.flv", 1.3, 2.2, True), ("offset5.mkv", 1.3, 2.0, True),
    ("no_pts_mpeg4.avi", 1.3, 2.2, False), ("aspect_4_3.mp4", 0.5, 1.0, True), ("yuv422.mov", 0.5, 1.0, True),
    ("single_frame.mp4", 0, 1, True), ("short_0_4s.mp4", 0.1, 0.3, True), ("theora.ogv", 0.5, 1.0, False),
    ("interlaced_tff.ts", 0.5, 1.0, True), ("interlaced_bff.mkv", 0.5, 1.0, True), ("rate_varies.mp4", 0.012, 0.04, True),
    ("last_unknown.mp4", 0.03, 0.055, True), ("mpeg1.mpg", 1.3, 2.2, False), ("alpha_vp9.webm", 0.5, 1.0, True),
    ("ten_seconds.mkv", 9.0, 10.0, True), ("two_streams.mkv", 0.5, 1.0, True), ("two_programmes.ts", 1.3, 2.2, True),
    ("pid_change.ts", 0.5, 1.5, True),
    ("hevc_closed.mkv", 0, 0.5, True), ("mpeg2_open.ts", 0, 0.5, True), ("gop50_open.mp4", 11.5, 12, True),
)


def number_of(gray):
    number = 0
    for bit in range(10):
        x, y = (bit % 5 * 2 + 1) * WIDTH // 10, (bit // 5 * 2 + 1) * HEIGHT // 4
        block = [gray[(y + j) * WIDTH + x + i] for i in range(-6, 7, 3) for j in range(-6, 7, 3)]
        number |= (sum(block) / len(block) > 125) << bit
    return number


def facts_of(path, *entries):
    return json.loads(run("ffprobe", "-v", "error", "-show_entries", ":".join(entries), "-of", "json", path).stdout)


SHOWN = re.compile(r"Parsed_showinfo.*\bn: *\d+ pts: *(NOPTS|-?\d+) +pts_time: *(NOPTS|-?[\d.]+)")
RATE = re.compile(r"([\d.]+) fps")
START = re.compile(r"start: (-?[\d.]+)")


def pictures_of(path, filters, size):
    """([time], [picture]) of every frame, in grey; times from the container's start, as players show them."""
    done = run("ffmpeg", "-hide_banner", "-noautorotate", "-i", path, "-map", "0:v:0", "-copyts", "-fps_mode", "passthrough", "-vf",
               f"showinfo,{filters}", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    told = done.stderr.decode(errors="replace")
    times = [match[1] for match in SHOWN.findall(told)]
    pictures = [done.stdout[i:i + size] for i in range(0, len(done.stdout), size)]
    assert len(pictures) == len(times) > 0, f"{path}: {len(pictures)} pictures, {len(times)} times"
    zero = float(START.search(told).group(1)) if START.search(told) else 0
    if pathlib.Path(path).suffix == ".avi":  # without times of display the frames are evenly spaced
        rate = float(RATE.search(told).group(1))
        return [i / rate for i in range(len(times))], pictures
    times = [float(time) for time in times]
    zero = 0 if zero < 0 <= times[0] else zero
    return [time - zero for time in times], pictures


def frames_of(path):
    """[(time, number)] of every frame."""
    times, pictures = pictures_of(path, f"scale={WIDTH}:{HEIGHT}", WIDTH * HEIGHT)
    return [(time, number_of(picture)) for time, picture in zip(times, pictures)]


def wanted_of(frames, start, end):
    first = max([i for i, (time, _) in enumerate(frames) if time <= start + TOLERANCE], default=0)
    return [frame for i, frame in enumerate(frames) if i >= first and (frame[0] < end - TOLERANCE or i == first)]


def clip(*words, check=True, **options):
    return run(PROGRAM, "clip", *words, check=check, **options)


def told(done):
    """Path, start and end that the program prints."""
    path, start, end = re.match(r"(.*): ([\d.]+) to ([\d.]+) s", done.stdout.decode()).groups()
    return path, float(start), float(end)


class Frames(ScratchTest):
    def compare(self, case):
        name, start, end, timed = case
        source = CLIPS / name
        if not source.exists():
            return None
        frames = frames_of(source)
        wanted = wanted_of(frames, start, end)
        place = self.folder / f"{name}-{start}"
        exact = clip(source, start, end, "--exact-cut", "-o", f"{place}/", "--clip-name", "exact", check=False)
        copied = clip(source, start, end, "-o", f"{place}/", "--clip-name", "copy", check=False)
        if exact.returncode != 0 or copied.returncode != 0:
            return f"{name}: {exact.stderr.decode()}{copied.stderr.decode()}"
        return self.exact_fault(name, told(exact), list(wanted), timed, start) or self.copy_fault(name, told(copied), frames, wanted)

    @staticmethod
    def exact_fault(name, clipped, wanted, timed, start):
        found = frames_of(clipped[0])
        numbers, right = [number for _, number in found], [number for _, number in wanted]
        if numbers != right:
            return f"{name}: exact: {numbers}, not {right}"
        if start - wanted[0][0] > 0.1 and timed:  # a long frame is shown from the start on
            wanted[0] = (start, wanted[0][1])
        if timed and abs(clipped[1] - max(wanted[0][0], 0)) > 0.002:
            return f"{name}: exact: said to start at {clipped[1]}, starts at {wanted[0][0]}"
        for (time, _), (source, _) in zip(found, wanted):
            if timed and abs((time - found[0][0]) - (source - wanted[0][0])) > 0.0015:
                return f"{name}: exact: the frame of {source} is shown after {time} s"
        return None

    @staticmethod
    def copy_fault(name, clipped, frames, wanted):
        found = [number for _, number in frames_of(clipped[0])]
        right = [number for _, number in wanted]
        near = [number for time, number in frames if abs(time - clipped[1]) < 0.002]
        if found[:1] != near[:1]:
            return f"{name}: copy: begins with frame {found[:1]}, said {clipped[1]} s, which is {near}"
        missing = [number for number in right if number not in found]
        if missing:
            return f"{name}: copy: {missing} of {right} are not in {found}"
        order = [number for _, number in frames]
        places = [order.index(number) for number in found]
        if places != list(range(places[0], places[0] + len(places))):
            return f"{name}: copy: gaps, or out of order: {found}"
        return None

    def test_clips_have_the_frames_of_their_sources(self):
        run(SOURCE / "tools/make_clips", CLIPS)
        cases = FILES if SLOW else FILES[:22]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            faults = [fault for fault in pool.map(self.compare, cases) if fault]
        there = sum((CLIPS / case[0]).exists() for case in cases)
        print(f"{there} of {len(FILES)} sources, each copied and exact (all with REELVEC_SLOW_TESTS=1)")
        self.assertEqual(faults, [], "\n".join(faults))
        self.assertGreaterEqual(there, 18)

    def test_without_time_stamps_only_exact_clips_are_possible(self):
        for name, wanted in (("raw.h264", range(32, 55)), ("jump_back.ts", [*range(25, 50), *range(50, 75)])):
            start, end = (1.3, 2.2) if name == "raw.h264" else (1, 3)
            done = clip(CLIPS / name, start, end, "-o", self.folder / f"copy-{name}.mkv", check=False)
            self.assertIn("cannot be copied by its time stamps, which are missing or jump; --exact-cut encodes it again", done.stderr.decode())
            path = told(clip(CLIPS / name, start, end, "--exact-cut", "-o", self.folder / f"{name}.mkv"))[0]
            self.assertEqual([number for _, number in frames_of(path)], list(wanted), name)

    def test_long_frames_are_cut(self):
        """One is on screen for 70 minutes, one for half an hour."""
        for name, start, end in (("pause_70min.mp4", 10, 20), ("still_day.mkv", 18000, 18010)):
            path, first, last = told(clip(CLIPS / ".long" / name, start, end, "--exact-cut", "-o", self.folder / f"{name}.mkv"))
            self.assertEqual((first, last, len(frames_of(path))), (start, end, 1), name)

    def test_a_size_that_changes(self):
        path = told(clip(CLIPS / "size_change.ts", 1, 3, "--exact-cut", "-o", self.folder / "size.mp4"))[0]
        self.assertEqual([number for _, number in frames_of(path)], [*range(25, 50), *range(25)])

    def test_real_videos(self):
        """No numbers in these: the clip's first and last picture are nearest to the source's frames that they should be."""
        for name, start, end in (("bottle-detection.mp4", 20.05, 21.5), ("car-detection.mp4", 17.3, 18.1)):
            source = SHARED / "videos" / name
            if not source.exists():
                self.skipTest(f"needs {source}")
            path, first, last = told(clip(source, start, end, "--exact-cut", "-o", self.folder / name))
            size = 96 * 54
            ours = pictures_of(path, "scale=96:54:flags=area", size)[1]
            times, theirs = pictures_of(source, "scale=96:54:flags=area", size)
            wanted = [i for i, time in enumerate(times) if time < end - TOLERANCE]
            begin = max(i for i, time in enumerate(times) if time <= start + TOLERANCE)
            self.assertEqual(len(ours), wanted[-1] - begin + 1, name)
            for picture, place in ((ours[0], begin), (ours[-1], wanted[-1])):
                around = range(max(0, place - 3), min(len(theirs), place + 4))
                difference = {i: sum(abs(a - b) for a, b in zip(picture, theirs[i])) for i in around}
                self.assertEqual(min(difference, key=difference.get), place, f"{name}: {difference}")
                self.assertLess(difference[place] / size, 2.5)


FLASHES = (2.0, 4.0)
SOUNDS = (("mp4", "-c:v libx264 -bf 2 -g 40 -c:a aac"), ("mkv", "-c:v libx264 -bf 2 -g 40 -c:a libopus"),
          ("mov", "-c:v libx264 -g 40 -c:a pcm_s16le"), ("ts", "-c:v mpeg2video -g 40 -bf 2 -c:a mp2"),
          ("avi", "-c:v mpeg4 -g 40 -c:a libmp3lame"), ("webm", "-c:v libvpx -g 40 -b:v 500k -c:a libvorbis"))


def flash_and_beep(path):
    """Times, from the container's start, of the first bright frame and of the first loud sample."""
    times, pictures = pictures_of(path, "scale=1:1:flags=area", 1)
    flash = next(time for time, picture in zip(times, pictures) if picture[0] > 128)
    sound = run("ffmpeg", "-v", "error", "-i", path, "-map", "0:a:0", "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar",
                "8000", "-f", "u8", "-").stdout
    beep = next(i for i, level in enumerate(sound) if abs(level - 128) > 30) / 8000
    return flash, beep


class Sound(ScratchTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        at = "+".join(f"between(t\\,{time}\\,{time + 0.039})" for time in FLASHES)
        for ending, codecs in SOUNDS:
            run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"color=black:s=64x64:r=25:d=6,drawbox=c=white:t=fill:enable={at}", "-f",
                "lavfi", "-i", f"aevalsrc=0.8*sin(2*PI*1000*t)*({at}):s=48000:d=6", *codecs.split(), cls.folder / f"sync.{ending}")

    def check(self, ending):
        source = self.folder / f"sync.{ending}"
        own = [a - b for a, b in (flash_and_beep(source),)][0]
        for words in (["--exact-cut"], []):
            done = clip(source, 1.31, 3.0, *words, "-o", self.folder / f"clip{len(words)}.{ending}")
            path, start, end = told(done)
            flash, beep = flash_and_beep(path)
            off = flash - beep
            if abs(off - own) > 0.020 or abs(off) > 0.030:
                return f"{ending} {words}: flash at {flash:.4f}, beep at {beep:.4f}; source {own:.4f}"
            # Reordered frames and the lead-in of sound make the picture begin a little behind the container's start.
            if not -0.045 < flash - (FLASHES[0] - start) < 0.2:
                return f"{ending} {words}: flash at {flash:.4f}, not at {FLASHES[0] - start:.4f}"
        return None

    def test_sound_stays_in_sync(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            faults = [fault for fault in pool.map(self.check, [ending for ending, _ in SOUNDS]) if fault]
        self.assertEqual(faults, [], "\n".join(faults))

    def test_sound_that_is_longer_than_the_picture(self):
        source = self.folder / "long_sound.mp4"
        run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x64:r=25:d=3", "-f", "lavfi", "-i", "sine=d=6", source)
        for words in (["--exact-cut"], []):
            path, _, end = told(clip(source, 2, 5, *words, "-o", self.folder / f"long{len(words)}.mp4"))
            streams = facts_of(path, "stream=codec_type,duration")["streams"]
            sound = next(float(stream["duration"]) for stream in streams if stream["codec_type"] == "audio")
            self.assertGreater(sound, 2.9 if words else 2.9)
            self.assertLess(sound, 3.2 if words else 5.2)

    def test_without_sound(self):
        path, _, _ = told(clip(CLIPS / "plain.mp4", 1, 2, "--exact-cut", "-o", self.folder / "mute.mp4"))
        self.assertEqual([s["codec_type"] for s in facts_of(path, "stream=codec_type")["streams"]], ["video"])


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


if __name__ == "__main__":
    unittest.main()
