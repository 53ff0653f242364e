# SPDX-License-Identifier: MIT
"""Numbers on their way in: arrays, torch tensors, lists."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._types import Float32


def is_tensor(value: Any) -> bool:
    """Whether it is a torch tensor, without importing torch."""
    return all(callable(getattr(value, name, None)) for name in ("detach", "cpu", "numpy", "dim"))


def of_tensor(tensor: Any) -> "np.ndarray[Any, Any]":
    """Its numbers, from whichever device it lies on."""
    tensor = tensor.detach().cpu()
    try:
        return np.asarray(tensor.numpy())
    except TypeError:  # numpy has no bfloat16
        return np.asarray(tensor.float().numpy())


def of_vectors(vectors: Any) -> "Float32":
    """One embedding or several as float32 [count, dimensions]."""
    array = of_tensor(vectors) if is_tensor(vectors) else np.asarray(
        [of_tensor(row) if is_tensor(row) else row for row in vectors] if isinstance(vectors, (list, tuple)) else vectors)
    if array.dtype.kind not in "fiu" or array.ndim not in (1, 2):
        raise TypeError(f"embeddings must be numbers, [dimensions] or [count, dimensions], not {array.dtype} {array.shape}")
    return np.ascontiguousarray(np.atleast_2d(array), np.float32)


def similarity(one: Any, other: Any) -> "Float32":
    """Cosines [count of one, count of other]; 0 for a vector of zeros."""
    units = []
    for vectors in (of_vectors(one), of_vectors(other)):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        units.append(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
    if units[0].shape[1] != units[1].shape[1]:
        raise ValueError(f"embeddings of {units[0].shape[1]} and of {units[1].shape[1]} numbers cannot be compared")
    found: "Float32" = units[0] @ units[1].T
    return found
