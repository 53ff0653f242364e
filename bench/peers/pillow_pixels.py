# SPDX-License-Identifier: MIT
"""A video frame to the model's input as CLIP's users do it, measured in turn, one thread.

    pillow_pixels.py VIDEO SIDE

torchvision over Pillow where it is installed; otherwise the same steps with Pillow and numpy, which is faster. Begins with
frames that are R G B already (reelvec begins with the decoder's planes).
"""
import sys

import numpy
from PIL import Image

import turns
import video_frames

MEAN = numpy.array((0.48145466, 0.4578275, 0.40821073), numpy.float32)
DEVIATION = numpy.array((0.26862954, 0.26130258, 0.27577711), numpy.float32)


def torchvision_steps(side):
    from torchvision import transforms
    return transforms.Compose([
        transforms.Resize(side, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(side), transforms.ToTensor(),
        transforms.Normalize(MEAN.tolist(), DEVIATION.tolist())])


def pillow_steps(side):
    def convert(picture):
        width, height = picture.size
        scale = side / min(width, height)
        picture = picture.resize((round(width * scale), round(height * scale)), Image.BICUBIC)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        values = numpy.asarray(picture.crop((left, top, left + side, top + side)), numpy.float32) / 255
        return ((values - MEAN) / DEVIATION).transpose(2, 0, 1).copy()
    return convert


def steps(side):
    try:
        import torch
        torch.set_num_threads(1)
        return torchvision_steps(side)
    except ImportError:
        return pillow_steps(side)


def main():
    path, side = sys.argv[1], int(sys.argv[2])
    frames = video_frames.read_frames(path, 8)
    convert, position = steps(side), 0

    def work():
        nonlocal position
        convert(Image.fromarray(frames[position]))
        position = (position + 1) % len(frames)

    turns.serve(work, window_s=0.2)


if __name__ == "__main__":
    main()
