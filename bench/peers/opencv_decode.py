# SPDX-License-Identifier: MIT
"""Take a frame every so many seconds with OpenCV and do nothing with it.

    opencv_decode.py VIDEO EVERY_SECONDS seek|skip

seek: set CAP_PROP_POS_MSEC and read, as most notebooks do. skip: grab every frame, retrieve the wanted ones.
"""
import sys

import cv2


def frames(path, every_s, how):
    """Yields (seconds, picture with blue first)."""
    capture = cv2.VideoCapture(path)
    rate = capture.get(cv2.CAP_PROP_FPS)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if how == "seek":
        second = 0.0
        while second < count / rate:
            capture.set(cv2.CAP_PROP_POS_MSEC, second * 1000)
            good, picture = capture.read()
            if not good:
                break
            yield second, picture
            second += every_s
        return
    step, number = max(int(rate * every_s), 1), 0
    while capture.grab():
        if number % step == 0:
            good, picture = capture.retrieve()
            if good:
                yield number / rate, picture
        number += 1


if __name__ == "__main__":
    print(sum(1 for _ in frames(sys.argv[1], float(sys.argv[2]), sys.argv[3])), "frames")
