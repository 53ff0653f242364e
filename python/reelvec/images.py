# SPDX-License-Identifier: MIT
"""Pictures on their way in: Pillow's, arrays, files, bytes; and the stored pictures on their way out."""
from __future__ import annotations

import ctypes
import io
import os
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from . import _native, arrays
from ._native import RvImage, call
from ._types import ImageInput, Path

if TYPE_CHECKING:
    import PIL.Image


class Picture(bytes):
    """The JPEG of a stored frame. Notebooks show it; `.image()` gives a Pillow image, `bytes(p)` the file."""

    def image(self) -> "PIL.Image.Image":
        """A Pillow image."""
        import PIL.Image
        return PIL.Image.open(io.BytesIO(self))

    def save(self, path: Path) -> None:
        """Write the JPEG into a file. Another picture that is there is replaced; files of other kinds, such as videos and
        libraries, are refused."""
        path = os.path.expanduser(path)
        call("rv_file_check_replaced", os.fsencode(path), _native.FILE_PICTURE)
        with open(path, "wb") as file:
            file.write(self)

    def _repr_jpeg_(self) -> bytes:
        return bytes(self)

    def __repr__(self) -> str:
        return f"<JPEG, {len(self) / 1000:.1f} kB>"

    __str__ = __repr__


def _upright(image: Any) -> Any:
    """A Pillow image turned as its file says. Images that a program made of others keep the note of a turn that was
    perhaps made already, so that only what was just opened is turned."""
    import PIL.ImageFile
    if not isinstance(image, PIL.ImageFile.ImageFile) or not hasattr(image, "getexif"):
        return image
    orientation = image.getexif().get(0x112, 1)
    size = image.size
    image.load()  # Pillow turns TIFFs by itself
    if image.format == "TIFF" or image.size != size or orientation not in range(2, 9):
        return image
    turns = PIL.Image.Transpose if hasattr(PIL.Image, "Transpose") else PIL.Image
    return image.transpose((turns.FLIP_LEFT_RIGHT, turns.ROTATE_180, turns.FLIP_TOP_BOTTOM, turns.TRANSPOSE,
                            turns.ROTATE_270, turns.TRANSVERSE, turns.ROTATE_90)[orientation - 2])


def _high_bytes(image: Any) -> "np.ndarray[Any, Any]":
    """Grey of 16 bits as grey of 8, as the C library reads such files; Pillow's own conversion makes nearly all white.
    Pillow knows it as "I;16" or, as some files, as "I" of 32 bits, which may also hold 8."""
    array = np.asarray(image)
    if image.mode == "I" and image.format is None and array.max(initial=0) <= 255:
        return np.clip(array, 0, 255).astype(np.uint8)
    return (np.clip(array, 0, 65535).astype(np.uint16) >> 8).astype(np.uint8)


def _channels_last(array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Tensors have their channels first, as torchvision has them; some decoders put them last."""
    return np.moveaxis(array, 0, -1) if array.ndim == 3 and 1 <= array.shape[0] <= 4 else array


def _bytes_of_floats(array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    least, most = array.min(), array.max()
    if not (least >= -1e-3 and most <= 1 + 1e-3):  # NaN is refused too
        reason = ("; divide by 255, or convert to uint8" if least >= 0 and most <= 255 else
                  "; a model's preprocessing takes the picture as it was before")
        raise ValueError(f"a picture array of floats must have values 0 to 1, not {least:.4g} to {most:.4g}{reason}")
    pixels: "np.ndarray[Any, Any]" = np.clip(np.rint(array.astype(np.float32) * 255), 0, 255).astype(np.uint8)
    return pixels


class ImageView:
    """An RvImage with what keeps its pixels alive. exif_rotation: files, and Pillow images just opened, are turned upright
    by their EXIF orientation."""

    def __init__(self, image: ImageInput, exif_rotation: bool = True):
        options = _native.RvPictureOptions(no_exif_rotation=not exif_rotation)
        self._picture = ctypes.c_void_p()
        if isinstance(image, np.ndarray):
            self._use_array(image)
        elif arrays.is_tensor(image):
            self._use_array(_channels_last(arrays.of_tensor(image)))
        elif isinstance(image, (bytes, bytearray, memoryview)):
            data = bytes(image)
            call("rv_picture_decode", data, len(data), ctypes.byref(options), ctypes.byref(self._picture))
        elif isinstance(image, (str, os.PathLike)):
            call("rv_picture_load", _native.encode_path(image), ctypes.byref(options),
                 ctypes.byref(self._picture))
        elif is_pillow(image):
            self._use_pillow(_upright(image) if exif_rotation else image)
        else:
            raise TypeError(f"a picture must be a Pillow image, an array, a tensor, bytes or a path, not {type(image).__name__}")
        if self._picture:
            self.value = _native.LIBRARY.rv_picture_image(self._picture)

    def __del__(self) -> None:
        if self._picture:
            _native.LIBRARY.rv_picture_destroy(self._picture)

    def _use_array(self, array: "np.ndarray[Any, Any]") -> None:
        if array.ndim == 2:
            array = array[:, :, None]
        if array.ndim != 3 or not 1 <= array.shape[2] <= 4 or 0 in array.shape:
            advice = ("; numpy.moveaxis(array, 0, -1) puts the channels last" if array.ndim == 3 and 1 <= array.shape[0] <= 4
                      else "")
            raise ValueError(f"a picture array must be [height, width] or [height, width, 1 to 4], not {array.shape}{advice}")
        if array.dtype.kind == "f":
            array = _bytes_of_floats(array)
        if array.dtype != np.uint8:
            raise TypeError("a picture array must be uint8 with values 0 to 255, or of floats with values 0 to 1, not "
                            f"{array.dtype}")
        self._array = np.ascontiguousarray(array)
        height, width, channels = self._array.shape
        self.value = RvImage(pixels_u8=self._array.ctypes.data, width=width, height=height, channel_count=channels,
                             row_stride=width * channels)

    def _use_pillow(self, image: Any) -> None:
        if image.mode in ("P", "1"):
            return self._use_indexed(image)
        if image.mode.startswith("I"):
            return self._use_array(_high_bytes(image))
        if image.mode not in ("L", "LA", "RGB", "RGBA"):
            image = image.convert("RGB")
        self._use_array(np.asarray(image))

    def _use_indexed(self, image: Any) -> None:
        """Palette and 1-bit pictures, which Pillow resamples by nearest neighbour before CLIP sees them. The C library
        knows by the file that a picture is one, so it reads them as a PNG file."""
        file = io.BytesIO()
        transparency = {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
        image.save(file, "PNG", compress_level=1, **transparency)
        data = file.getvalue()
        as_it_is = _native.RvPictureOptions(no_exif_rotation=True)
        call("rv_picture_decode", data, len(data), ctypes.byref(as_it_is), ctypes.byref(self._picture))


def is_pillow(image: Any) -> bool:
    """Whether it is a Pillow image, without importing Pillow."""
    return isinstance(getattr(image, "mode", None), str) and hasattr(image, "convert")


def is_batch(images: Any) -> bool:
    """Whether it is several pictures or texts: an array with four axes or of objects, or any iterable that is not a text,
    bytes, path or picture."""
    if isinstance(images, np.ndarray):
        return images.ndim == 4 or images.dtype.kind in "OUS"
    if arrays.is_tensor(images):
        return bool(images.dim() == 4)
    if isinstance(images, (str, bytes, bytearray, memoryview, os.PathLike)) or is_pillow(images):
        return False
    return hasattr(images, "__iter__")


def view_all(images: Sequence[ImageInput], exif_rotation: bool = True) -> tuple[list[ImageView], Any]:
    """The pictures' views, and a C array of them that lives as long as the views."""
    views = [ImageView(image, exif_rotation) for image in images]
    return views, (RvImage * len(views))(*(view.value for view in views))
