# SPDX-License-Identifier: MIT
"""A CLIP model: texts and pictures to embeddings."""
from __future__ import annotations

import ctypes
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Iterable, Optional, Tuple, Union

import numpy as np

from . import _native, arrays, errors
from ._native import RvEncoderOptions, RvModelInfo, call
from ._types import CountProgress, ImageInput, ImageInputs, Path, Precision, Texts, Vectors
from .images import is_batch, view_all
from .progress import Reporter, count_words

if TYPE_CHECKING:
    from ._types import Float32

BATCH = 256  # pictures whose pixels are held at once
PRECISIONS = {"auto": 0, "float32": 1, "fast": 2}


@dataclass(frozen=True)
class ModelInfo:
    """What is known of an opened model; see RvModelInfo in reelvec/encoder.h."""

    name: str
    path: str
    format: str
    weight_type: str
    activation: str
    kernels: str
    device: str
    device_name: str
    precision: str
    dimensions: int
    image_size: int
    patch_size: int
    context_length: int
    vocabulary_size: int
    vision_width: int
    vision_layers: int
    vision_heads: int
    text_width: int
    text_layers: int
    text_heads: int
    parameter_count: int
    thread_count: int
    batch_size: int
    family: str
    text_activation: str
    tokenizer: str
    resize: str
    resize_filter: str
    image_mean: Tuple[float, float, float]
    image_deviation: Tuple[float, float, float]
    vision_mlp_width: int
    text_mlp_width: int
    vision_norm: str
    text_norm: str
    vision_pooling: str
    text_pooling: str
    text_mask: str
    vision_projection: str
    text_projection: str
    positions: str
    cleaning: str


class Model(_native.Uncopied):
    """An opened CLIP checkpoint.

    model: a Hugging Face or open_clip folder, a weight file (.pt, .bin, .safetensors), or the name of a fetched or added
    model; without it REELVEC_MODEL, else "ViT-B/32". threads: 0 means one per core. precision: how pictures are
    embedded, "float32", "fast"
    (16-bit integers, cosine to float32 at least 0.9999; CUDA: float16, 0.9995) or "auto": fast where the device gains by
    it. device: for pictures: "cpu", "cuda", "cuda:1", or "auto" (also None): REELVEC_DEVICE, else CUDA where it works.

    Threads may share a model; their calls wait for each other. A model does not survive os.fork(): open it in the child.
    It is closed by close(), at the end of a `with`, else with the last reference to it.
    """

    info: ModelInfo
    """What is known of it."""

    def __init__(self, model: Optional[Path] = None, *, threads: int = 0, precision: Precision = "auto",
                 device: Optional[str] = None):
        if precision not in PRECISIONS:
            raise errors.ArgumentError(f"precision '{precision}' is not known; auto, float32 and fast are")
        name = model if model is not None else os.environ.get("REELVEC_MODEL") or "ViT-B/32"
        self._handle = _native.Handle("rv_encoder_close", "Model")
        options = RvEncoderOptions(thread_count=_native.whole(threads, "threads", 0, _native.THREADS_MAX),
                                   precision=PRECISIONS[precision], device=_native.encode_device(device),
                                   log=_native.log_to_python())
        self._handle.fill("rv_encoder_open", _native.encode_path(name), ctypes.byref(options))
        self.info = self._read_info()

    @classmethod
    def _of_library(cls, library: ctypes.c_void_p) -> "Model":
        """The model that an open library names, wherever it lies."""
        model = cls.__new__(cls)
        model._handle = _native.Handle("rv_encoder_close", "Model")
        options = RvEncoderOptions(device=b"auto", log=_native.log_to_python())
        model._handle.fill("rv_library_open_encoder", library, ctypes.byref(options))
        model.info = model._read_info()
        return model

    def _read_info(self) -> ModelInfo:
        with self._handle as encoder:
            raw = _native.LIBRARY.rv_encoder_info(encoder).contents
            facts: dict[str, Any] = {name: getattr(raw, name) for name, *_ in RvModelInfo._fields_}
        for name, value in facts.items():
            facts[name] = (os.fsdecode(value) if isinstance(value, bytes) else tuple(value) if isinstance(value, ctypes.Array)
                           else value)
        return ModelInfo(**facts)

    def open_device(self) -> ModelInfo:
        """Decide on the device for pictures now, not with the first; gives info, which then tells it."""
        with self._handle as encoder:
            call("rv_encoder_open_device", encoder)
        self.info = self._read_info()
        return self.info

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""
        return self.info.dimensions

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights; reads the checkpoint the first time."""
        out = ctypes.c_char_p()
        with self._handle as encoder:
            call("rv_encoder_weights_sha256", encoder, ctypes.byref(out))
            return (out.value or b"").decode()

    @property
    def details(self) -> dict[str, str]:
        """What shifts embeddings besides the weights, as libraries remember it: family, preprocessing, tokenizer, ..."""
        out = ctypes.c_char_p()
        with self._handle as encoder:
            call("rv_encoder_details", encoder, ctypes.byref(out))
            return _native.details_of(out.value)

    def encode(self, inputs: Union[Texts, ImageInputs, Iterable[Union[str, ImageInput]]], *, normalize: bool = True,
               batch_size: int = BATCH, progress: CountProgress = None) -> "Float32":
        """Embeddings float32 of texts and pictures, mixed as they come: [dimensions] of one, [count, dimensions] of several.

        A str is a text; what else encode_image() takes is a picture, so a picture's path must be a pathlib.Path. The
        arguments are those of encode_text() and encode_image().
        """
        return self._encode(inputs, self._encode_mixed, normalize, batch_size, progress)

    def encode_text(self, texts: Texts, *, normalize: bool = True, batch_size: int = BATCH,
                    progress: CountProgress = None) -> "Float32":
        """Embeddings float32: [dimensions] of one text, [count, dimensions] of several; of length 1 when normalize.

        A text over the model's context length is cut, with a warning to the logger "reelvec". batch_size: so many are
        embedded in one go; after each batch progress is told, and Ctrl-C heard. progress: True shows a line on the
        terminal; a function gets the numbers done and expected, and stops the call with CancelledError by returning False.
        """
        if not isinstance(texts, str) and not hasattr(texts, "__iter__"):
            raise TypeError(f"a text must be str, not {type(texts).__name__}")
        return self._encode(texts, self._encode_texts, normalize, batch_size, progress)

    def encode_image(self, images: ImageInputs, *, normalize: bool = True, exif_rotation: bool = True,
                     batch_size: int = BATCH, progress: CountProgress = None) -> "Float32":
        """Embeddings float32: [dimensions] of one picture, [count, dimensions] of several: a list or other
        iterable, or an array or tensor with four axes.

        A picture is a Pillow image; an array [height, width, channels], uint8 or floats of 0 to 1; a torch tensor
        [channels, height, width] of such numbers; the bytes of a picture file; or its path or URL. Resized and cropped as
        CLIP does; an embedding does not depend on what else is in the call. Files, and Pillow images that were just opened,
        are turned upright by their EXIF orientation; exif_rotation=False leaves them. batch_size: the pixels of so many are
        in memory at once. The others are as in encode_text().
        """
        def encode(items: list[Any], normalize: bool) -> "Float32":
            return self._encode_images(items, normalize, exif_rotation)

        return self._encode(images, encode, normalize, batch_size, progress)

    @staticmethod
    def similarity(one: Vectors, other: Vectors) -> "Float32":
        """Cosines float32 [count of one, count of other] of embeddings: arrays, tensors or lists, [dimensions] or
        [count, dimensions]. They need not be of length 1."""
        return arrays.similarity(one, other)

    def _encode(self, inputs: Any, encode: Callable[[list[Any], bool], "Float32"], normalize: bool, batch_size: int,
                progress: CountProgress) -> "Float32":
        """In batches. Anything iterable may be given, so that all need not be in memory at once."""
        size = _native.whole(batch_size, "batch_size", 1, 2**20)
        single = not is_batch(inputs)
        items = iter([inputs] if single else inputs)
        expected = 1 if single else len(inputs) if hasattr(inputs, "__len__") else 0
        parts: list["Float32"] = [np.empty((0, self.dimensions), np.float32)]
        done = 0
        with Reporter(progress, count_words("embedded")) as report:
            for batch in iter(lambda: list(itertools.islice(items, size)), []):
                parts.append(encode(batch, normalize))
                done += len(batch)
                if not report(done, expected):
                    raise errors.CancelledError(f"embedding was stopped after {done}")
        out: "Float32" = parts[1][0] if single else np.concatenate(parts)
        return out

    def _encode_texts(self, texts: list[Any], normalize: bool) -> "Float32":
        out = np.empty((len(texts), self.dimensions), np.float32)
        for row, text in zip(out, texts):
            if not isinstance(text, str):
                raise TypeError(f"a text must be str, not {type(text).__name__}")
            data = text.encode("utf-8")
            with self._handle as encoder:
                call("rv_encoder_encode_text", encoder, data, len(data), _native.length_of(normalize), row.ctypes.data)
        return out

    def _encode_images(self, images: list[Any], normalize: bool, exif_rotation: bool = True) -> "Float32":
        views, array = view_all(images, exif_rotation)
        out = np.empty((len(views), self.dimensions), np.float32)
        with self._handle as encoder:
            call("rv_encoder_encode_images", encoder, array, len(views), _native.length_of(normalize), out.ctypes.data)
        return out

    def _encode_mixed(self, items: list[Any], normalize: bool) -> "Float32":
        out = np.empty((len(items), self.dimensions), np.float32)
        is_text = np.array([isinstance(item, str) for item in items])
        if is_text.any():
            out[is_text] = self._encode_texts([item for item in items if isinstance(item, str)], normalize)
        if not is_text.all():
            out[~is_text] = self._encode_images([item for item in items if not isinstance(item, str)], normalize)
        return out

    def tokenize(self, text: str) -> list[int]:
        """Token numbers of a text, start and end included, not cut."""
        data = text.encode("utf-8")
        tokens, count = ctypes.POINTER(ctypes.c_int32)(), ctypes.c_size_t()
        with self._handle as encoder:
            call("rv_encoder_tokenize", encoder, data, len(data), ctypes.byref(tokens), ctypes.byref(count))
            result: list[int] = tokens[:count.value]
            _native.LIBRARY.rv_free(tokens)
        return result

    def close(self) -> None:
        """Give everything back; the model cannot be used afterwards."""
        self._handle.close()

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *exception: Optional[object]) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<reelvec.Model {self.info.name}, {self.dimensions} dimensions>"
