# SPDX-License-Identifier: MIT
"""How far something is: told to a function, or shown as a line on the terminal."""
from __future__ import annotations

import shutil
import sys
import time
from typing import Any, Callable, Optional, Union

EVERY_S = 0.1  # the line is written at most so often


class Reporter:
    """What `progress` arguments mean: True, a function, or nothing. words: the line for what the function would be called
    with. Use it as a context manager, so that the line ends."""

    def __init__(self, progress: Union[bool, Callable[..., Any], None], words: Callable[..., str]):
        if progress is not None and not isinstance(progress, bool) and not callable(progress):
            raise TypeError(f"progress must be True or a function, not {type(progress).__name__}")
        self._call: Optional[Callable[..., Any]] = progress if callable(progress) else None
        self._words = words if progress is True else None
        self._last_s = 0.0
        self._width = 0  # of the line that is shown
        self._latest = ""

    def __call__(self, *state: Any) -> bool:
        """False: stop."""
        if self._call is not None:
            return self._call(*state) is not False
        if self._words is not None:
            self._latest = self._words(*state)
            if time.monotonic() - self._last_s >= EVERY_S:
                self._show()
        return True

    def _show(self) -> None:
        text = self._latest[:max(shutil.get_terminal_size().columns - 1, 20)]
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width, self._last_s, self._latest = len(text), time.monotonic(), ""

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._latest:
            self._show()
        if self._width > 0:
            sys.stderr.write("\n")
            sys.stderr.flush()


def count_words(unit: str) -> Callable[[int, int], str]:
    """ "16 of 96 frames"."""
    return lambda done, expected: f"{done} of {expected} {unit}" if expected > 0 else f"{done} {unit}"
