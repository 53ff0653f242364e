# SPDX-License-Identifier: MIT
"""Clips against their sources: which frames they have, when, and with which sound.

The pictures of tools/make_clips carry their number as ten bright or dark blocks (tests/matrix/test_matrix.py), so that a
frame of a clip tells which frame of the source it is. Reference of the times: ffprobe's time stamp of every frame, and
the rule "the frame on screen at START, up to the last before END".
"""
import concurrent.futures
import unittest

from clip_files import CLIPS, SHARED, SOURCE, TOLERANCE, clip, facts_of, frames_of, pictures_of, told, wanted_of
from whole_runs import SLOW, ScratchTest, run

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


if __name__ == "__main__":
    unittest.main()
