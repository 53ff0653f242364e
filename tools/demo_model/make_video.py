# SPDX-License-Identifier: MIT
"""Draw the demo video, its list of scenes, and the pictures and texts to ask it with.

    make_video.py FOLDER [--seed 5]

Scenes change at whole seconds. Fonts, backgrounds and seeds are those that training does not see (sprites "watched").
"""
import argparse
import json
import pathlib
import subprocess

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import captions as say
import fonts
import scenes
from demo_plan import COMBINED_QUERY, IMAGE_QUERIES, SCENE_SECONDS, SCENES, TEXT_QUERIES
from object_words import OBJECTS
from sprites import draw_background, draw_emoji

WIDTH, HEIGHT, RATE = 640, 360, 25
_BY_NAME = {names[0]: symbol for symbol, names in OBJECTS}


def _background(rng, width, height):
    """A background stretched over the whole frame, calm enough to compress."""
    image = Image.fromarray(draw_background(rng)).resize((width, width), Image.BICUBIC)
    top = (width - height) // 2
    return image.crop((0, top, width, top + height))


def _words_sprite(rng, words, width, light):
    """The phrase written about `width` pixels wide, one to three lines, as RGBA."""
    face = fonts.font_file(say.pick(rng, fonts.WATCHED))
    lines = words.title().split(" ")
    if len(words) <= 9:
        lines = [words.capitalize()]
    font = ImageFont.truetype(face, 60)
    font = ImageFont.truetype(face, max(12, int(60 * width / max(font.getlength(line) for line in lines))))
    step = int(font.size * 1.2)
    image = Image.new("RGBA", (width + 20, step * len(lines) + 20))
    colour = (250, 248, 240, 255) if light else (18, 24, 48, 255)
    for row, line in enumerate(lines):
        x = 10 + (width - font.getlength(line)) / 2
        ImageDraw.Draw(image).text((x, 5 + row * step), line, font=font, fill=colour)
    return image.crop(image.getbbox())


def _contrasting(rng, colours, width, height):
    """A background on which the colours stand out."""
    for _ in range(200):
        image = _background(rng, width, height)
        under = np.asarray(image.resize((4, 3)), np.float32).reshape(-1, 3)
        if all(np.abs(under - np.array(colour)).sum(axis=1).min() > 240 for colour in colours):
            return image
    return image


def _items(rng, kind, what, extra, side):
    """What moves in a scene: [(RGBA sprite, x, y)] about the middle of a square of `side` pixels."""
    if kind == "words":
        sprite = _words_sprite(rng, what, int(side * rng.uniform(0.84, 0.94)), extra)
        one_line = sprite.height < side / 4
        return [(sprite, 0, -side / 12 if one_line else 0)]
    make = (lambda thing, size: draw_emoji(_BY_NAME[thing], size)) if kind.startswith("object") else \
        (lambda thing, size: scenes.draw_shape(thing[1], say.COLOURS[thing[0]][0], size))
    if kind in ("object", "shape"):
        thing = what[0] if kind == "object" else what
        return [(make(thing, int(side * rng.uniform(0.5, 0.66))), 0, 0)]
    if kind.endswith("pair"):
        return [(make(thing, int(side * 0.4)), x * side, 0) for thing, x in zip(what, (-0.24, 0.24))]
    thing = what[0] if kind.startswith("object") else what
    if kind.endswith("place"):
        x, y, _ = say.PLACES[extra]
        return [(make(thing, int(side * 0.37)), (x - 0.5) * side, (y - 0.5) * side)]
    rows = {2: [2], 3: [1, 2], 4: [2, 2], 5: [3, 2]}[extra]
    gap = side / max(rows)
    return [(make(thing, int(gap * 0.75)), (c - (inside - 1) / 2) * gap, (r - (len(rows) - 1) / 2) * gap)
            for r, inside in enumerate(rows) for c in range(inside)]


class MovingScene:
    """One scene: frames at any time from 0 to 1."""

    def __init__(self, rng, entry):
        self.kind, what = entry[0], entry[1]
        extra = entry[2] if len(entry) == 4 else None
        self.light = bool(rng.random() < 0.6)
        if self.kind == "words":
            tint = rng.integers(5, 70, 3) if self.light else rng.integers(205, 256, 3)
            self.background = Image.blend(_background(rng, WIDTH, HEIGHT), Image.new("RGB", (WIDTH, HEIGHT), tuple(map(int, tint))), 0.85)
            extra = self.light
        else:
            combos = [what] if isinstance(what, tuple) else [w for w in what if isinstance(w, tuple)]
            self.background = _contrasting(rng, [say.COLOURS[colour][0] for colour, _ in combos], WIDTH, HEIGHT)
        self.items = _items(rng, self.kind, what, extra, HEIGHT)
        reach = {"words": 6, "object": 40, "shape": 52}.get(self.kind, 10)
        self.way = rng.uniform(0.6, 1, 2) * rng.choice([-1, 1], 2) * reach
        self.turn = 0 if self.kind == "words" else rng.uniform(-12, 12)

    def frame(self, time):
        image = self.background.copy()
        x0, y0 = WIDTH / 2 + self.way * (2 * time - 1) * (1, 0.5) - (WIDTH - HEIGHT) / 2 * np.array([0, 1])
        for sprite, x, y in self.items:
            if self.turn:
                sprite = sprite.rotate(self.turn * (2 * time - 1), Image.BICUBIC, expand=True)
            image.paste(sprite, (round(x0 + x - sprite.width / 2), round(y0 + y - sprite.height / 2)), sprite)
        return image


def write_video(file, seed):
    """Encode all scenes, one after another."""
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
               "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "-", "-c:v", "libx264", "-preset", "slow", "-crf", "26",
               "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
               "-vf", "scale=out_color_matrix=bt709", "-g", "125", "-threads", "1", "-fflags", "+bitexact",
               "-flags:v", "+bitexact", "-movflags", "+faststart", str(file)]
    encoder = subprocess.Popen(command, stdin=subprocess.PIPE)
    frames = SCENE_SECONDS * RATE
    for number, entry in enumerate(SCENES):
        scene = MovingScene(np.random.default_rng([seed, number]), entry)
        for k in range(frames):
            encoder.stdin.write(scene.frame(k / (frames - 1)).tobytes())
    encoder.stdin.close()
    if encoder.wait():
        raise SystemExit("ffmpeg failed")


def draw_query(kind, what, seed):
    """A picture to ask with: the same thing drawn otherwise, 200 x 160 pixels."""
    rng = np.random.default_rng([seed, 999])
    top, bottom = rng.integers(150, 256, (2, 3))
    ramp = np.linspace(0, 1, 160)[:, None, None]
    image = Image.fromarray(np.broadcast_to(top + (bottom - top) * ramp, (160, 200, 3)).astype(np.uint8))
    for sprite, x, y in _items(rng, kind, what, False, 160):
        sprite = sprite.rotate(rng.uniform(-6, 6), Image.BICUBIC, expand=True)
        image.paste(sprite, (round(100 + x - sprite.width / 2), round(80 + y - sprite.height / 2)), sprite)
    return image


def main():
    parser = argparse.ArgumentParser(description="Draw the demo video and what to ask it with")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    folder = pathlib.Path(args.folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_video(folder / "demo.mp4", args.seed)
    listed = [{"scene": k, "start": k * SCENE_SECONDS, "end": (k + 1) * SCENE_SECONDS, "kind": entry[0], "caption": entry[-1]}
              for k, entry in enumerate(SCENES)]
    (folder / "demo.scenes.json").write_text(json.dumps(listed, indent=1) + "\n")
    for number, (name, kind, what, _) in enumerate(IMAGE_QUERIES):
        draw_query(kind, what, args.seed + 100 + number).save(folder / name, optimize=True)
    queries = {"video": "demo.mp4", "texts": [{"text": text, "scene": scene} for text, scene in TEXT_QUERIES],
               "images": [{"file": name, "scene": scene} for name, _, _, scene in IMAGE_QUERIES], "combined": COMBINED_QUERY}
    (folder / "queries.json").write_text(json.dumps(queries, indent=1) + "\n")


if __name__ == "__main__":
    main()
