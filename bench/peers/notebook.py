# SPDX-License-Identifier: MIT
"""The original notebook's way from a video to something searchable: OpenCV, one picture at a time, a pandas table.

    notebook.py MODEL_FOLDER VIDEO seek|skip OUT.csv THREADS

One frame per second (opencv_decode.py's two ways), each through Pillow and torchvision's steps and one call of PyTorch, a
JPEG of it kept beside the embedding, all written as CSV in the end.
"""
import io
import sys

import pandas
import torch
from PIL import Image

import clip_model
import opencv_decode
import pillow_pixels


def main():
    folder, video, how, out, threads = sys.argv[1:]
    torch.set_grad_enabled(False)
    model = clip_model.load_vision(folder)
    convert = pillow_pixels.steps(model.side)
    torch.set_num_threads(int(threads))
    rows = []
    for number, (second, picture) in enumerate(opencv_decode.frames(video, 1.0, how)):
        image = Image.fromarray(picture[:, :, ::-1])
        embedding = model(torch.as_tensor(convert(image)).unsqueeze(0))[0]
        embedding = embedding / embedding.norm()
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG")
        rows.append({"frame_number": number + 1, "time": second, "embedding_data": embedding.tolist(),
                     "frame_data": jpeg.getvalue().hex()})
    pandas.DataFrame(rows).to_csv(out, index=False)
    print(len(rows), "frames")


if __name__ == "__main__":
    main()
