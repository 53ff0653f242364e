# SPDX-License-Identifier: MIT
"""Draw scenes: a picture, a caption, and what it shows, all from a seed.

    scenes.py OUT.png [--set watched] [--seed 1]       a sheet of scenes with their captions, to look at
"""
import argparse
import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

import captions as say
from object_words import OBJECTS
from slide_words import WORDS
from sprites import load_sprites

SIZE = 96             # pixels, side of a scene and of the model's input
PATCH = 16
GRID = SIZE // PATCH
LINE_HEIGHT = 24      # pixels; lower writing is one line
FINAL_DIFFICULTY = 0.5
COMBOS = [(colour, shape) for colour in say.COLOURS for shape in say.SHAPES]
PLACES = list(say.PLACES)
KINDS = {             # kind: share of the training scenes
    "object": 0.22, "object_count": 0.04, "object_place": 0.04, "object_pair": 0.04, "words": 0.45, "object_words": 0.03,
    "shape": 0.05, "shape_count": 0.05, "shape_place": 0.04, "shape_pair": 0.04,
}
LUMA = np.array([0.299, 0.587, 0.114])


class Scene:
    """A picture under construction, and the facts that training may ask for."""

    def __init__(self, image):
        self.image = image          # RGB, SIZE x SIZE
        self.kind = ""
        self.caption = ""
        self.key = ()               # what it shows: scenes with the same key show the same
        self.objects = []           # indexes of OBJECTS
        self.words = -1             # index of WORDS
        self.combos = []            # indexes of COMBOS
        self.count = -1             # 1 to 5
        self.place = -1             # index of PLACES
        self.letters = []           # (letter, x, y) in pixels

    def paste(self, sprite, x, y):
        """Put an RGBA sprite with its centre at (x, y), kept inside where it fits."""
        left = int(round(x - sprite.width / 2))
        top = int(round(y - sprite.height / 2))
        left = min(max(left, 1 - sprite.width // 8), SIZE - sprite.width + sprite.width // 8)
        top = min(max(top, 1 - sprite.height // 8), SIZE - sprite.height + sprite.height // 8)
        self.image.paste(sprite, (left, top), sprite)
        return left, top

    def letter_grid(self):
        """[GRID, GRID, 26] of 0 and 1: the letters whose centres lie in each patch."""
        grid = np.zeros((GRID, GRID, 26), np.uint8)
        if len(self.letters):
            letters = np.asarray(self.letters)
            cells = (letters[:, 1:] / PATCH).astype(int)
            good = ((cells >= 0) & (cells < GRID)).all(axis=1)
            grid[cells[good, 1], cells[good, 0], letters[good, 0].astype(int)] = 1
        return grid


def _polygon(corners, turn=0.0, inner=None):
    angles = np.arange(corners * (2 if inner else 1)) * 2 * np.pi / (corners * (2 if inner else 1)) - np.pi / 2 + turn
    radii = np.where(np.arange(len(angles)) % 2 == 0, 1.0, inner or 1.0)
    return np.stack([np.cos(angles) * radii, np.sin(angles) * radii], axis=1)


_CROSS = np.array([(-.33, -1), (.33, -1), (.33, -.33), (1, -.33), (1, .33), (.33, .33), (.33, 1), (-.33, 1), (-.33, .33),
                   (-1, .33), (-1, -.33), (-.33, -.33)])
_OUTLINES = {"square": _polygon(4, np.pi / 4) * 1.25, "triangle": _polygon(3), "star": _polygon(5, inner=0.42),
             "hexagon": _polygon(6), "diamond": _polygon(4) * (0.8, 1.1), "cross": _CROSS}


def draw_shape(shape, rgb, size, turn=0.0):
    """A shape as RGBA about `size` pixels wide, turned by `turn` radians, drawn four times as large and reduced."""
    big = size * 4
    image = Image.new("RGBA", (big, big), tuple(rgb) + (0,))
    draw = ImageDraw.Draw(image)
    if shape in ("circle", "ring"):
        margin = big * 0.04
        draw.ellipse([margin, margin, big - margin, big - margin], fill=tuple(rgb) + (255,))
        if shape == "ring":
            hole = big * 0.27
            draw.ellipse([hole, hole, big - hole, big - hole], fill=tuple(rgb) + (0,))
    else:
        points = _OUTLINES[shape]
        c, s = np.cos(turn), np.sin(turn)
        points = points @ np.array([[c, s], [-s, c]]) * (big * 0.46 / max(1.0, np.abs(points).max())) + big / 2
        draw.polygon([tuple(p) for p in points], fill=tuple(rgb) + (255,))
    return image.resize((size, size), Image.BOX)


class Painter:
    """Draws scenes of a set of sprites: "training", "watched" or "evaluation".

    Reading is learnt from the easy to the hard: `difficulty` goes from 0 (few fonts, usual layout, calm slides) to 1.
    """

    def __init__(self, which):
        self.sprites = load_sprites(which)
        self.difficulty = FINAL_DIFFICULTY

    def _blank(self, rng):
        plain = say.pick(rng, self.sprites["backgrounds"])
        x, y = rng.integers(0, plain.shape[1] - SIZE, 2)
        plain = plain[y:y + SIZE, x:x + SIZE]
        if rng.random() < 0.5:
            plain = plain[:, ::-1]
        if rng.random() < 0.3:
            plain = plain[..., ::-1]
        return Scene(Image.fromarray(np.ascontiguousarray(plain)))

    def _object(self, rng, index, size, turn=20):
        sprite = self.sprites["objects"][index]
        scale = size / max(sprite.size)
        sprite = sprite.resize([max(2, round(side * scale)) for side in sprite.size], Image.BICUBIC)
        if rng.random() < 0.3:
            sprite = sprite.transpose(Image.FLIP_LEFT_RIGHT)
        if rng.random() < 0.4:
            sprite = sprite.rotate(rng.uniform(-turn, turn), Image.BILINEAR, expand=True)
        return sprite

    def _shape(self, rng, scene, combo, size):
        colour, shape = COMBOS[combo]
        rgb = np.clip(np.array(say.COLOURS[colour][0]) + rng.normal(0, 9, 3), 0, 255)
        under = np.asarray(scene.image.resize((3, 3)), np.float32).reshape(-1, 3)
        if np.abs(under - rgb).sum(axis=1).min() < 130:     # the shape would not stand out
            pale = np.full(3, 235.0) if LUMA @ rgb < 110 else np.full(3, 40.0)
            scene.image = Image.blend(scene.image, Image.new("RGB", (SIZE, SIZE), tuple(int(v) for v in pale)), 0.85)
        turn = rng.uniform(-0.25, 0.25) if rng.random() < 0.5 else 0
        return draw_shape(shape, [int(v) for v in rgb], max(8, int(size)), turn)

    def _text(self, rng, scene, words, box):
        """Write a phrase into the box (x0, y0, x1, y1) of the scene."""
        faces = self.sprites["words"][words]
        face = faces[int(rng.integers(min(len(faces), 6 + int(self.difficulty * len(faces)))))]
        mask, letters = face[int(rng.random() < 0.5 * self.difficulty)]
        x0, y0, x1, y1 = box
        scale = min((x1 - x0) / mask.width, (y1 - y0) / mask.height, 1.15)
        mask = mask.resize([max(4, round(side * scale)) for side in mask.size], Image.BICUBIC)
        left = x0 + (x1 - x0 - mask.width) * 0.5
        top = y0 + (y1 - y0 - mask.height) * 0.5
        if mask.height < LINE_HEIGHT and y1 - y0 > SIZE / 2:
            top -= PATCH / 2          # one line stands a little above the middle, as titles do
        at = (int(left), int(top))
        area = (max(0, at[0]), max(0, at[1]), min(SIZE, at[0] + mask.width), min(SIZE, at[1] + mask.height))
        under = np.asarray(scene.image.crop(area), np.float32).reshape(-1, 3)
        luma = under @ LUMA
        light = luma.mean() < 128
        if luma.std() > 30 or 90 < luma.mean() < 165 or rng.random() < 0.1:
            panel = tuple(int(v) for v in (rng.integers(0, 70, 3) if light else rng.integers(190, 256, 3)))
            scene.image.paste(panel, (area[0] - 3, area[1] - 3, area[2] + 3, area[3] + 3))
        colour = rng.integers(190, 256, 3) if light else rng.integers(0, 80, 3)
        scene.image.paste(tuple(int(v) for v in colour), at, mask)
        for letter, x, y in letters:
            scene.letters.append((letter, at[0] + x * mask.width, at[1] + y * mask.height))

    def _slots(self, rng, count):
        """Centres and a size for `count` things that do not touch."""
        rows = {1: [1], 2: [2], 3: [3], 4: [2, 2], 5: [3, 2]}[count]
        if count == 3 and rng.random() < 0.5:
            rows = say.pick(rng, [[1, 2], [2, 1]])
        if count == 5 and rng.random() < 0.5:
            rows = [2, 3]
        if count == 4 and rng.random() < 0.25:
            rows = [1, 2, 1]
        wide = max(max(rows), len(rows))
        size = SIZE / wide * rng.uniform(0.66, 0.86)
        gap = SIZE / wide
        spots = []
        for r, inside in enumerate(rows):
            for c in range(inside):
                x = SIZE / 2 + (c - (inside - 1) / 2) * gap
                y = SIZE / 2 + (r - (len(rows) - 1) / 2) * gap
                spots.append((x, y))
        spots = np.array(spots)
        if rng.random() < 0.4:
            spots = spots[:, ::-1]
        return spots + rng.uniform(-0.07, 0.07, spots.shape) * gap, size

    def object(self, rng, index):
        scene = self._blank(rng)
        size = SIZE * rng.uniform(0.38, 0.95)
        spread = (SIZE - size) / 2 * 0.9
        scene.paste(self._object(rng, index, size), *(SIZE / 2 + rng.uniform(-spread, spread, 2)))
        scene.objects, scene.count = [index], 1
        scene.caption = say.thing_caption(rng, say.one(rng, say.name_of(rng, OBJECTS[index][1])))
        return scene

    def object_count(self, rng, index):
        scene = self._blank(rng)
        count = int(rng.integers(2, 6))
        spots, size = self._slots(rng, count)
        sprite = self._object(rng, index, size, 10)
        for x, y in spots:
            scene.paste(sprite, x, y)
        scene.objects, scene.count = [index], count
        noun = say.plural(say.name_of(rng, OBJECTS[index][1]))
        scene.caption = say.thing_caption(rng, f"{say.pick(rng, say.COUNT_WORDS[count])} {noun}")
        return scene

    def _at_place(self, rng):
        place = int(rng.integers(len(PLACES)))
        x, y, phrases = say.PLACES[PLACES[place]]
        return place, SIZE * (np.array([x, y]) + rng.uniform(-0.05, 0.05, 2)), SIZE * rng.uniform(0.3, 0.42), phrases

    def object_place(self, rng, index):
        scene = self._blank(rng)
        scene.place, spot, size, phrases = self._at_place(rng)
        scene.paste(self._object(rng, index, size, 10), *spot)
        scene.objects, scene.count = [index], 1
        noun = say.one(rng, say.name_of(rng, OBJECTS[index][1]))
        scene.caption = say.thing_caption(rng, noun + " " + say.pick(rng, phrases))
        return scene

    def object_pair(self, rng, index):
        scene = self._blank(rng)
        other = int((index + rng.integers(1, len(OBJECTS))) % len(OBJECTS))
        spots, size = self._slots(rng, 2)
        for thing, (x, y) in zip((index, other), rng.permutation(spots)):
            scene.paste(self._object(rng, thing, size * 1.1, 10), x, y)
        scene.objects, scene.count = [index, other], 2
        nouns = [say.one(rng, say.name_of(rng, OBJECTS[thing][1])) for thing in (index, other)]
        scene.caption = say.thing_caption(rng, say.pick(rng, ["{} and {}", "{} and {}", "{} next to {}", "{} with {}"]).format(*nouns))
        return scene

    def words(self, rng, index):
        scene = self._blank(rng)
        if rng.random() > 0.4 * self.difficulty:      # a slide in one pale or dark colour
            tint = rng.integers(195, 256, 3) if rng.random() < 0.7 else rng.integers(0, 80, 3)
            scene.image = Image.blend(scene.image, Image.new("RGB", (SIZE, SIZE), tuple(int(v) for v in tint)), 0.85)
        draw = ImageDraw.Draw(scene.image)
        if rng.random() < 0.15 * self.difficulty:       # a header or footer bar
            y = 0 if rng.random() < 0.5 else SIZE - 12
            draw.rectangle([0, y, SIZE, y + 11], fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
        width = SIZE * rng.uniform(0.88 - 0.2 * self.difficulty, 0.97)
        x = SIZE / 2 + rng.uniform(-1, 1) * (1 + self.difficulty * (SIZE - width) / 2)
        y = SIZE / 2 + rng.normal(0, 1 + 3 * self.difficulty)
        self._text(rng, scene, index, (x - width / 2, y - SIZE * 0.36, x + width / 2, y + SIZE * 0.36))
        scene.words = index
        scene.caption = say.slide_caption(rng, WORDS[index])
        return scene

    def object_words(self, rng, index):
        scene = self._blank(rng)
        words = int(rng.integers(len(WORDS)))
        above = rng.random() < 0.7
        size = SIZE * rng.uniform(0.36, 0.5)
        scene.paste(self._object(rng, index, size, 8), SIZE * rng.uniform(0.35, 0.65), SIZE * (0.27 if above else 0.75))
        y = 0.52 if above else 0.04
        self._text(rng, scene, words, (SIZE * 0.04, SIZE * y, SIZE * 0.96, SIZE * (y + 0.44)))
        scene.words, scene.objects, scene.count = words, [index], 1
        scene.caption = say.mixed_caption(rng, say.one(rng, say.name_of(rng, OBJECTS[index][1])), WORDS[words])
        return scene

    def shape(self, rng, combo):
        scene = self._blank(rng)
        size = SIZE * rng.uniform(0.3, 0.85)
        spread = (SIZE - size) / 2 * 0.9
        sprite = self._shape(rng, scene, combo, size)
        scene.paste(sprite, *(SIZE / 2 + rng.uniform(-spread, spread, 2)))
        scene.combos, scene.count = [combo], 1
        scene.caption = say.thing_caption(rng, say.one(rng, say.shape_name(rng, COMBOS[combo])))
        return scene

    def shape_count(self, rng, combo):
        scene = self._blank(rng)
        count = int(rng.integers(2, 6))
        spots, size = self._slots(rng, count)
        sprite = self._shape(rng, scene, combo, size)
        for x, y in spots:
            scene.paste(sprite, x, y)
        scene.combos, scene.count = [combo], count
        noun = say.plural(say.shape_name(rng, COMBOS[combo]))
        scene.caption = say.thing_caption(rng, f"{say.pick(rng, say.COUNT_WORDS[count])} {noun}")
        return scene

    def shape_place(self, rng, combo):
        scene = self._blank(rng)
        scene.place, spot, size, phrases = self._at_place(rng)
        scene.paste(self._shape(rng, scene, combo, size), *spot)
        scene.combos, scene.count = [combo], 1
        noun = say.one(rng, say.shape_name(rng, COMBOS[combo]))
        scene.caption = say.thing_caption(rng, noun + " " + say.pick(rng, phrases))
        return scene

    def shape_pair(self, rng, combo):
        scene = self._blank(rng)
        other = int((combo + rng.integers(1, len(COMBOS))) % len(COMBOS))
        spots, size = self._slots(rng, 2)
        sprites = [self._shape(rng, scene, thing, size) for thing in (combo, other)]
        for sprite, (x, y) in zip(sprites, rng.permutation(spots)):
            scene.paste(sprite, x, y)
        scene.combos, scene.count = [combo, other], 2
        nouns = [say.one(rng, say.shape_name(rng, COMBOS[thing])) for thing in (combo, other)]
        scene.caption = say.thing_caption(rng, say.pick(rng, ["{} and {}", "{} and {}", "{} next to {}", "{} with {}"]).format(*nouns))
        return scene

    def draw(self, rng, kind, subject):
        """A finished scene of a kind about a subject (index of OBJECTS, WORDS or COMBOS)."""
        scene = getattr(self, kind)(rng, subject)
        scene.kind = kind
        scene.key = (tuple(sorted(scene.objects)), scene.words, tuple(sorted(scene.combos)), scene.count, scene.place)
        if scene.words < 0 or rng.random() < self.difficulty:
            spoil(rng, scene)
        return scene


def _letterbox(rng, scene):
    high = int(SIZE * rng.uniform(0.74, 0.94))
    top = (SIZE - high) // 2
    framed = Image.new("RGB", (SIZE, SIZE))
    framed.paste(scene.image.resize((SIZE, high), Image.BILINEAR), (0, top))
    scene.image = framed
    scene.letters = [(letter, x, top + y * high / SIZE) for letter, x, y in scene.letters]


def _turn(rng, scene):
    degrees = rng.uniform(-6, 6)
    scene.image = scene.image.rotate(degrees, Image.BILINEAR, fillcolor=scene.image.getpixel((2, 2)))
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    half = SIZE / 2
    scene.letters = [(letter, half + c * (x - half) + s * (y - half), half - s * (x - half) + c * (y - half))
                     for letter, x, y in scene.letters]


def spoil(rng, scene):
    """What cameras and codecs do: a small turn, bars, blur, light, noise, JPEG blocks."""
    if rng.random() < 0.12:
        _turn(rng, scene)
    if rng.random() < 0.12:
        _letterbox(rng, scene)
    if rng.random() < 0.15:
        scene.image = scene.image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))
    if rng.random() < 0.25:
        scene.image = ImageEnhance.Brightness(scene.image).enhance(rng.uniform(0.75, 1.2))
    if rng.random() < 0.12:
        noisy = np.asarray(scene.image, np.float32) + rng.normal(0, rng.uniform(3, 14), (SIZE, SIZE, 3))
        scene.image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    if rng.random() < 0.2:
        packed = io.BytesIO()
        scene.image.save(packed, "JPEG", quality=int(rng.integers(30, 85)))
        scene.image = Image.open(packed).convert("RGB")


def subjects(kind):
    """How many subjects a kind has."""
    return len(WORDS) if kind == "words" else len(OBJECTS) if kind.startswith("object") else len(COMBOS)


def draw_batch(painter, rng, size, kinds=None):
    """`size` scenes of mixed kinds ({kind: share}, KINDS without), all showing something different."""
    names = list(kinds or KINDS)
    shares = np.array(list((kinds or KINDS).values()))
    scenes, keys = [], set()
    for kind in rng.choice(names, size, p=shares / shares.sum()):
        for _ in range(20):
            scene = painter.draw(rng, kind, int(rng.integers(subjects(kind))))
            if scene.key not in keys:
                break
        keys.add(scene.key)
        scenes.append(scene)
    return scenes


def main():
    parser = argparse.ArgumentParser(description="Draw a sheet of scenes")
    parser.add_argument("out")
    parser.add_argument("--set", default="training", choices=("training", "watched", "evaluation"))
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    scenes = draw_batch(Painter(args.set), np.random.default_rng(args.seed), 60)
    sheet = Image.new("RGB", (10 * 200, 6 * 224), "white")
    draw = ImageDraw.Draw(sheet)
    for k, scene in enumerate(scenes):
        x, y = k % 10 * 200, k // 10 * 224
        sheet.paste(scene.image.resize((192, 192), Image.NEAREST), (x, y))
        draw.text((x, y + 195), scene.caption[:32], fill="black")
        draw.text((x, y + 208), scene.caption[32:], fill="black")
    sheet.save(args.out)


if __name__ == "__main__":
    main()
