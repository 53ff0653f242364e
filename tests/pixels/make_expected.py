#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Write tests/pixels/data/* and tests/pixels/expected.h: small pictures of every kind, and what Pillow 9.4 makes of
them. Nothing is random; run it again after adding a kind, with Debian 12's python3-pil."""
import os
import struct
import zlib

from PIL import Image, ImageOps

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
WIDTH, HEIGHT = 23, 14


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


def pattern(width, height, channels):
    """The same bytes as pattern() in test_resize.c."""
    return bytes(
        (x * 7 + y * 13 + c * 61 + x * y // 3 + (x ^ y) % 5 * 40) % 256
        for y in range(height)
        for x in range(width)
        for c in range(channels)
    )


def image(mode, width=WIDTH, height=HEIGHT):
    return Image.frombytes(mode, (width, height), pattern(width, height, len(mode)))


FILTERS = {"bicubic": Image.BICUBIC, "bilinear": Image.BILINEAR}


def shape_of(mode, width, height, size):
    """The size of the resized picture, as torchvision (shortest) and open_clip (longest) compute it."""
    if mode == "squash":
        return size, size
    if mode == "longest":
        ratio = max(height / size, width / size)
        return max(round(width / ratio), 1), max(round(height / ratio), 1)
    longer = int(size * max(width, height) / min(width, height))
    return (size, longer) if width <= height else (longer, size)


def model_input(picture, size, mode="shortest", filter="bicubic", rgb_first=False):
    """A model's input as torchvision, open_clip and Hugging Face make it with Pillow."""
    if rgb_first:
        picture = picture.convert("RGB")
    shape = shape_of(mode, *picture.size, size)
    if shape != picture.size:
        picture = picture.resize(shape, FILTERS[filter])
    if mode == "longest":
        black = Image.new("RGB", (size, size))
        black.paste(picture.convert("RGB"), ((size - shape[0]) // 2, (size - shape[1]) // 2))
        return black.tobytes()
    left = int(round((shape[0] - size) / 2.0))
    top = int(round((shape[1] - size) / 2.0))
    return picture.crop((left, top, left + size, top + size)).convert("RGB").tobytes()


def png(name, depth, colour, rows, extra=b"", interlace=0):
    """A PNG of a kind that Pillow does not write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlace)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    with open(os.path.join(DATA, name), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def tiff(name, samples, depth=8, tile=None, separate=False, extra=None, photometric=2, big=False):
    """A TIFF of a kind that Pillow does not write, deflated; big: BigTIFF, the less significant byte first. samples:
    [rows][columns] tuples."""
    order, byte_order = ("<", "little") if big else (">", "big")
    height, width, count = len(samples), len(samples[0]), len(samples[0][0])
    planes = [[i] for i in range(count)] if separate else [list(range(count))]
    rows, columns = (tile, tile) if tile else (5, width)
    blocks = []
    for plane in planes:
        for top in range(0, height, rows):
            for left in range(0, width, columns):
                block = b""
                for y in range(top, top + rows if tile else min(top + rows, height)):
                    for x in range(left, left + columns):
                        inside = y < height and x < width
                        block += b"".join((samples[y][x][i] if inside else 0).to_bytes(depth // 8, byte_order)
                                          for i in plane)
                blocks.append(zlib.compress(block))
    offsets = [16 + sum(map(len, blocks[:i])) for i in range(len(blocks))]
    lengths = [len(block) for block in blocks]
    tags = [(256, "I", [width]), (257, "I", [height]), (258, "H", [depth] * count), (259, "H", [8]),
            (262, "H", [photometric]), (277, "H", [count]), (284, "H", [2 if separate else 1])]
    tags += [(322, "I", [tile]), (323, "I", [tile]), (324, "I", offsets), (325, "I", lengths)] if tile else [
        (273, "I", offsets), (278, "I", [rows]), (279, "I", lengths)]
    tags += [(338, "H", [extra])] if extra is not None else []
    number, count_format, room = ("Q", order + "Q", 8) if big else ("I", order + "H", 4)
    at = 16 + sum(lengths)
    behind = at + struct.calcsize(count_format) + len(tags) * (12 + 2 * (room - 4)) + room
    entries = far = b""
    for tag, kind, values in sorted(tags):
        value = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(value) > room:
            far += b"\0" * (len(far) % 2)
            value, far = struct.pack(order + number, behind + len(far)), far + value
        entries += struct.pack(order + "HH" + number, tag, 3 if kind == "H" else 4, len(values)) + value.ljust(room, b"\0")
    header = b"II" + struct.pack("<HHHQ", 43, 8, 0, at) if big else b"MM" + struct.pack(">HIQ", 42, at, 0)
    with open(os.path.join(DATA, name), "wb") as file:
        file.write(header + b"".join(blocks) + struct.pack(count_format, len(tags)) + entries +
                   struct.pack(order + number, 0) + far)


def pixels(picture, scale=1):
    """[rows][columns] tuples."""
    data = [p if isinstance(p, tuple) else (p,) for p in picture.getdata()]
    return [[tuple(scale * v for v in p) for p in data[y * WIDTH:(y + 1) * WIDTH]] for y in range(HEIGHT)]


def make_tiffs():
    rgb, rgba, grey = image("RGB"), image("RGBA"), image("L")
    tiff("tiled.tif", pixels(rgb), tile=16)
    tiff("tiled_planes.tif", pixels(rgba), tile=16, separate=True, extra=2)
    tiff("planes.tif", pixels(rgb), separate=True)
    tiff("rgb_16bit.tif", pixels(rgb, 257), depth=16)
    tiff("white_is_0.tif", pixels(grey), photometric=0)
    tiff("premultiplied.tif", pixels(rgba), extra=1)
    tiff("padded.tif", pixels(rgba), extra=0)
    tiff("big.tif", pixels(rgb), big=True)
    save = lambda picture, name, **options: picture.save(os.path.join(DATA, name), **options)
    save(rgb, "jpeg.tif", compression="jpeg", quality=80)
    save(rgb.convert("CMYK"), "cmyk.tif", compression="tiff_lzw")
    save(image("LA"), "grey_alpha.tif", compression="packbits")
    save(rgb.convert("1"), "fax.tif", compression="group4")


def make_turned():
    """A picture as a camera that was turned stores it; all show the same."""
    rgb = image("RGB")
    for name, orientation, back in (("turned_6.jpg", 6, Image.ROTATE_90), ("turned_8.png", 8, Image.ROTATE_270),
                                    ("turned_5.webp", 5, Image.TRANSPOSE), ("turned_7.tif", 7, Image.TRANSVERSE)):
        exif = Image.Exif()
        exif[0x112] = orientation
        options = {"lossless": True} if name.endswith("webp") else {"subsampling": 0} if name.endswith("jpg") else {}
        rgb.transpose(back).save(os.path.join(DATA, name), exif=exif, **options)


def make_pictures():
    rgb, rgba, grey, both = image("RGB"), image("RGBA"), image("L"), image("LA")
    palette = rgb.quantize(19)
    save = lambda picture, name, **options: picture.save(os.path.join(DATA, name), **options)
    save(rgb, "rgb.png")
    save(rgba, "rgba.png")
    save(grey, "grey.png")
    save(both, "grey_alpha.png")
    save(palette, "palette.png")
    save(palette, "palette_transparent.png", transparency=3)
    save(rgb.quantize(4), "palette_2bit.png")
    save(rgb.convert("1"), "bits.png")
    save(rgb, "rgb_named_colour.png", transparency=(0, 61, 122))
    save(grey, "grey_named_colour.png", transparency=7)
    save(rgb, "animated.png", save_all=True, append_images=[rgb.rotate(180)], duration=100)
    wide = pattern(WIDTH * 2, HEIGHT, 4)
    png("rgb_16bit.png", 16, 2, [wide[y * WIDTH * 8:][:WIDTH * 6] for y in range(HEIGHT)])
    png("rgba_16bit.png", 16, 6, [wide[y * WIDTH * 8:][:WIDTH * 8] for y in range(HEIGHT)])
    png("grey_4bit.png", 4, 0, [wide[y * WIDTH * 8:][:(WIDTH + 1) // 2] for y in range(HEIGHT)])
    png("grey_2bit.png", 2, 0, [wide[y * WIDTH * 8:][:(WIDTH + 3) // 4] for y in range(HEIGHT)])
    for name, sampling in (("444", 0), ("422", 1), ("420", 2)):
        save(rgb, f"rgb_{name}.jpg", subsampling=sampling, quality=80)
    save(rgb, "progressive.jpg", progressive=True, quality=70)
    save(grey, "grey.jpg", quality=80)
    save(rgb.convert("CMYK"), "cmyk.jpg", quality=95)
    save(rgb, "lossy.webp", quality=60)
    save(rgba, "lossy_alpha.webp", quality=60)
    save(rgb, "lossless.webp", lossless=True)
    save(rgba, "lossless_alpha.webp", lossless=True)
    save(rgb, "animated.webp", save_all=True, append_images=[rgb.rotate(180)], duration=100)
    save(palette, "palette.gif")
    save(palette, "transparent.gif", transparency=2)
    save(grey, "grey.gif")
    save(palette, "animated.gif", save_all=True, append_images=[rgb.rotate(180).quantize(9)])
    save(rgb, "rgb.bmp")
    save(rgba, "padded.bmp")
    save(palette, "palette.bmp")
    save(grey, "grey.bmp")
    save(rgb.convert("1"), "bits.bmp")
    save(rgb, "rgb.tif", compression="tiff_lzw")
    save(rgba, "rgba.tif", compression="tiff_adobe_deflate")
    save(palette, "palette.tif")
    save(rgb.convert("1"), "bits.tif")
    save(rgb, "rgb.ppm")
    save(grey, "grey.pgm")
    save(rgb.convert("1"), "bits.pbm")
    save(rgb, "rgb.jp2")
    save(palette, "interlaced.gif", interlace=1)
    save(palette, "plain.gif", interlace=0)
    make_tiffs()
    make_turned()


def channels_of(name, picture):
    """What rv_picture_decode gives for Pillow's mode; palettes are spelt out as R G B A."""
    if picture.mode in ("P", "RGBA") or name == "bits.bmp":
        return 4
    return {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBX": 3, "CMYK": 3}[picture.mode]


def still_rows():
    for name in sorted(os.listdir(DATA)):
        picture = Image.open(os.path.join(DATA, name))
        picture.load()
        if not name.endswith(".tif"):  # those Pillow turns itself
            picture = ImageOps.exif_transpose(picture)
        nearest = "true" if picture.mode in ("1", "P") else "false"
        # Pillow resamples C M Y K, we R G B: only the crop of the same size is equal.
        sizes = ((9, picture.mode != "CMYK"), (HEIGHT, True), (31, picture.mode != "CMYK"))
        hashes = ", ".join(f"0x{fnv(model_input(picture, size)):016x}" if equal else "0" for size, equal in sizes)
        rgb_first = fnv(model_input(picture, 9, "squash", "bilinear", True))
        yield f'    {{"{name}", {channels_of(name, picture)}, {nearest}, {{{hashes}}}, 0x{rgb_first:016x}}},'


RESIZES = (
    ("L", False, 23, 14, 23, 14, "unchanged"), ("RGB", False, 23, 14, 9, 5, "smaller"),
    ("RGB", False, 23, 14, 60, 41, "larger"), ("RGB", False, 23, 14, 23, 5, "one axis alone"),
    ("RGB", False, 23, 14, 5, 14, "the other axis alone"), ("RGBA", False, 23, 14, 11, 19, "premultiplied"),
    ("LA", False, 40, 31, 17, 8, "premultiplied grey"), ("L", False, 301, 7, 3, 200, "long taps"),
    ("L", False, 1, 1, 9, 4, "one pixel"), ("RGB", False, 97, 1, 1, 97, "one row"),
    ("RGBA", False, 200, 150, 64, 48, "many pixels"), ("L", True, 23, 14, 9, 5, "nearest, smaller"),
    ("L", True, 23, 14, 60, 41, "nearest, larger"), ("RGB", False, 640, 361, 397, 224, "a video's shape"),
)


def resize_rows():
    for mode, nearest, width, height, to_width, to_height, why in RESIZES:
        method = Image.NEAREST if nearest else Image.BICUBIC
        result = image(mode, width, height).resize((to_width, to_height), method)
        yield (f"    {{{len(mode)}, {str(nearest).lower()}, {width}, {height}, {to_width}, {to_height}, "
               f'0x{fnv(result.tobytes()):016x}, "{why}"}},')


INPUTS = (
    ("RGB", "shortest", "bicubic", False, 23, 14, 14, "the shorter side is kept"),
    ("RGB", "shortest", "bicubic", False, 14, 23, 14, "the same, upright"),
    ("RGB", "shortest", "bicubic", False, 23, 14, 8, "smaller"),
    ("RGBA", "shortest", "bicubic", False, 31, 17, 20, "larger, with alpha"),
    ("L", "shortest", "bicubic", False, 100, 33, 32, "grey"),
    ("LA", "shortest", "bicubic", False, 33, 100, 32, "grey and alpha, tall"),
    ("RGB", "shortest", "bicubic", False, 15, 10, 10, "offset 2.5 rounds to 2"),
    ("RGB", "shortest", "bicubic", False, 17, 10, 10, "offset 3.5 rounds to 4"),
    ("RGB", "shortest", "bicubic", False, 117, 209, 64, "the longer side is cut off, not rounded"),
    ("RGB", "shortest", "bicubic", False, 2000, 3, 16, "a strip"),
    ("RGB", "shortest", "bicubic", False, 3, 2000, 16, "a strip, upright"),
    ("RGB", "shortest", "bicubic", False, 1, 1, 7, "one pixel"),
    ("RGB", "squash", "bicubic", False, 31, 17, 20, "stretched one way"),
    ("RGB", "squash", "bilinear", False, 200, 33, 40, "smaller and larger at once"),
    ("RGB", "squash", "bilinear", False, 20, 20, 20, "unchanged"),
    ("RGB", "squash", "bilinear", False, 20, 33, 20, "one axis alone"),
    ("RGB", "squash", "bilinear", False, 3, 2000, 16, "a strip"),
    ("RGB", "squash", "bicubic", False, 1, 1, 7, "one pixel"),
    ("L", "squash", "bilinear", True, 41, 30, 16, "grey"),
    ("RGBA", "squash", "bilinear", False, 41, 30, 16, "premultiplied"),
    ("RGBA", "squash", "bilinear", True, 41, 30, 16, "alpha dropped first"),
    ("LA", "squash", "bicubic", True, 41, 30, 16, "grey, alpha dropped first"),
    ("RGBA", "shortest", "bicubic", True, 41, 30, 16, "alpha dropped, cropped"),
    ("RGB", "shortest", "bilinear", False, 117, 209, 64, "a triangle, cropped"),
    ("RGB", "longest", "bicubic", False, 64, 48, 32, "black above and below"),
    ("RGB", "longest", "bicubic", False, 48, 64, 32, "black on both sides"),
    ("RGB", "longest", "bicubic", False, 45, 64, 32, "22.5 rounds to the even 22"),
    ("RGB", "longest", "bicubic", False, 47, 64, 32, "23.5 rounds to the even 24"),
    ("RGB", "longest", "bicubic", False, 46, 64, 32, "an odd row more below"),
    ("RGB", "longest", "bilinear", False, 20, 11, 32, "enlarged"),
    ("RGB", "longest", "bilinear", False, 32, 32, 32, "nothing to do"),
    ("RGB", "longest", "bilinear", False, 32, 20, 32, "padded alone"),
    ("RGB", "longest", "bicubic", False, 1000, 3, 16, "a strip is one pixel high"),
    ("RGBA", "longest", "bicubic", False, 41, 30, 16, "premultiplied, padded"),
)


def input_rows():
    for mode, resize, filter, rgb_first, width, height, size, why in INPUTS:
        result = model_input(image(mode, width, height), size, resize, filter, rgb_first)
        yield (f"    {{{len(mode)}, {{{size}, RESIZE_{resize.upper()}, RESIZE_{filter.upper()}, {str(rgb_first).lower()}}}, "
               f'{width}, {height}, 0x{fnv(result):016x}, "{why}"}},')


def table(kind, name, fields, rows):
    return "\n".join([f"static const struct {kind} {{", *(f"    {field};" for field in fields), f"}} {name}[] = {{",
                      *rows, "};", ""])


def main():
    os.makedirs(DATA, exist_ok=True)
    make_pictures()
    hash_field, why_field = "uint64_t hash", "const char *why"
    with open(os.path.join(HERE, "expected.h"), "w") as out:
        out.write("/* SPDX-License-Identifier: MIT */\n/* What Pillow 9.4 makes of pictures, as 64-bit FNV-1a of the bytes; "
                  "written by make_expected.py. */\n#ifndef RV_TESTS_EXPECTED_H\n#define RV_TESTS_EXPECTED_H\n\n"
                  "#include <stdbool.h>\n#include <stdint.h>\n\n// clang-format off\n#if defined(EXPECTED_STILLS)\n")
        out.write(table("StillCase", "still_cases", ["const char *name", "int channel_count", "bool nearest",
                                                     "uint64_t crop_hashes[3]", "uint64_t rgb_first_hash"], still_rows()))
        out.write('#elif defined(EXPECTED_INPUTS)\n#include "pixels/model_input.h"\n')
        out.write(table("InputCase", "input_cases", ["int channel_count", "ModelInput input", "int width, height", hash_field,
                                                     why_field], input_rows()))
        out.write("#else\n" + table("ResizeCase", "resize_cases", [
            "int channel_count", "bool nearest", "int width, height", "int to_width, to_height", hash_field, why_field],
            resize_rows()))
        out.write("#endif\n#endif\n")


main()
