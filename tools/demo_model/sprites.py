# SPDX-License-Identifier: MIT
"""Pictures of objects, words and backgrounds drawn once and kept, so that a scene is only put together from them."""
import os
import pathlib
import pickle

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

import fonts
from object_words import OBJECTS
from slide_words import WORDS

EMOJI_SIZE = 80       # pixels, longer side of a kept object
TEXT_SIZE = 26        # pixels, font size of kept words
BACKGROUND_SIZE = 144
_VERSION = 6


def draw_emoji(symbol, size=EMOJI_SIZE):
    """One object as RGBA, cut to what is drawn, `size` pixels at its longer side."""
    font = ImageFont.truetype(fonts.font_file(fonts.EMOJI), 109)
    image = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((10, 10), symbol, font=font, embedded_color=True)
    image = image.crop(image.getbbox())
    scale = size / max(image.size)
    return image.resize([max(1, round(side * scale)) for side in image.size], Image.BICUBIC)


def break_lines(words, limit):
    """The phrase in lines of at most `limit` letters where its words allow it."""
    parts = words.split(" ")
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) <= limit:
            lines[-1] += " " + part
        else:
            lines.append(part)
    return lines


def draw_words(words, font, rng=None):
    """The phrase as a mask (L) and its letters [(letter, x, y)], centres as parts of the width and the height.

    Without a generator in the usual form: title case, centred; with one in any case and layout.
    """
    case, limit, centred, spacing = 1, 12, True, 0.15
    if rng is not None:
        case, limit, centred, spacing = rng.integers(4), rng.choice((9, 12, 12, 15)), rng.random() < 0.7, rng.uniform(0.05, 0.3)
    lines = break_lines([words, words.title(), words.capitalize(), words.upper()][case], limit)
    height = font.getbbox("Ag")[3] + round(TEXT_SIZE * spacing)
    widths = [font.getlength(line) for line in lines]
    image = Image.new("L", (round(max(widths)) + 8, height * len(lines) + 8))
    draw = ImageDraw.Draw(image)
    letters = []
    for row, line in enumerate(lines):
        x = 4 + ((max(widths) - widths[row]) / 2 if centred else 0)
        draw.text((x, 4 + row * height), line, font=font, fill=255)
        for k, letter in enumerate(line.lower()):
            if letter.isalpha():
                middle = (font.getlength(line[:k]) + font.getlength(line[:k + 1])) / 2
                letters.append((ord(letter) - ord("a"), x + middle, 4 + (row + 0.55) * height))
    box = image.getbbox()
    wide, high = box[2] - box[0], box[3] - box[1]
    letters = [(letter, (x - box[0]) / wide, (y - box[1]) / high) for letter, x, y in letters]
    return image.crop(box), np.array(letters, np.float32).reshape(-1, 3)


def _colour(rng, low=0, high=256):
    return rng.integers(low, high, 3).astype(np.float32)


def _smooth_noise(rng, cells):
    small = Image.fromarray(rng.integers(0, 256, (cells, cells), dtype=np.uint8))
    return np.asarray(small.resize((BACKGROUND_SIZE,) * 2, Image.BICUBIC), np.float32)[..., None] / 255


def _ramp(rng):
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:BACKGROUND_SIZE, 0:BACKGROUND_SIZE] / (BACKGROUND_SIZE - 1)
    if rng.random() < 0.3:
        return np.clip(np.hypot(x - rng.random(), y - rng.random()), 0, 1)[..., None]
    ramp = x * np.cos(angle) + y * np.sin(angle)
    return ((ramp - ramp.min()) / np.ptp(ramp))[..., None]


def _clutter(rng, image):
    """Faint lines, boxes and blots over a picture."""
    image = Image.fromarray(image)
    draw = ImageDraw.Draw(image)
    base = np.asarray(image.resize((1, 1)), np.float32).reshape(3)
    for _ in range(rng.integers(4, 16)):
        x, y = rng.integers(-10, BACKGROUND_SIZE, 2)
        w, h = rng.integers(4, 60, 2)
        colour = tuple(int(c) for c in np.clip(base + rng.normal(0, 28, 3), 0, 255))
        shape = rng.integers(3)
        if shape == 0:
            draw.rectangle([x, y, x + w, y + h], fill=colour)
        elif shape == 1:
            draw.ellipse([x, y, x + w, y + h], fill=colour)
        else:
            draw.line([x, y, x + w, y + h - 30], fill=colour, width=int(rng.integers(1, 4)))
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 3)))
    return np.asarray(image)


def draw_background(rng):
    """One background, RGB: plain, graded, clouds, stripes, noise, clutter."""
    kind = rng.choice(6, p=[0.25, 0.22, 0.16, 0.1, 0.1, 0.17])
    one = _colour(rng) if rng.random() < 0.6 else np.full(3, rng.choice([8, 30, 60, 200, 235, 252]), np.float32)
    two = np.clip(one + rng.normal(0, 50, 3), 0, 255)
    plane = np.zeros((BACKGROUND_SIZE, BACKGROUND_SIZE, 1), np.float32)
    if kind == 1:
        plane = _ramp(rng)
    elif kind == 2:
        plane = 0.6 * _smooth_noise(rng, rng.integers(3, 7)) + 0.4 * _smooth_noise(rng, rng.integers(8, 40))
    elif kind == 3:
        plane = (np.floor(_ramp(rng) * rng.integers(4, 14)) % 2) * rng.uniform(0.2, 0.6)
    elif kind == 5:
        plane = _ramp(rng) * rng.uniform(0, 0.6)
    image = one + (two - one) * plane
    if kind == 4 or rng.random() < 0.15:
        image = image + rng.normal(0, rng.uniform(4, 22), image.shape[:2] + (rng.choice([1, 3]),))
    image = np.clip(image, 0, 255).astype(np.uint8)
    return _clutter(rng, image) if kind == 5 else image


def _draw_all(which, seed):
    rng = np.random.default_rng(seed)
    faces = [ImageFont.truetype(fonts.font_file(name), TEXT_SIZE) for name in fonts.SETS[which]]
    words = [[(draw_words(phrase, face), draw_words(phrase, face, rng)) for face in faces] for phrase in WORDS]
    return {
        "objects": [draw_emoji(symbol) for symbol, _ in OBJECTS],
        "words": words,
        "backgrounds": [draw_background(rng) for _ in range(1500 if which == "training" else 300)],
    }


def load_sprites(which):
    """{"objects": [RGBA], "words": [[usual, any]], "backgrounds": [array]} for a set of fonts.SETS."""
    folder = pathlib.Path(os.environ.get("DEMO_MODEL_CACHE", "/tmp/demo_model_cache"))
    file = folder / f"{which}-{_VERSION}.pickle"
    if file.is_file():
        return pickle.loads(file.read_bytes())
    sprites = _draw_all(which, {"training": 11, "watched": 22, "evaluation": 33}[which])
    folder.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps(sprites, protocol=4))
    part.rename(file)
    return sprites
