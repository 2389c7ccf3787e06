"""Small pictures of the rows for the card of a point: made one at a time, when they are asked for.

Nothing is ever fetched: a picture is an array, a file of this machine, or bytes. A picture that
cannot be read is no picture, never an error in the browser.
"""

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Pictures"]

# Pixels on the longer side: at most, and about how many a smaller picture is enlarged to.
MOST, ENOUGH = 128, 96
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
CHANNELS = (1, 3, 4)
LARGEST = 255


class Pictures:
    """One picture per row, in whatever form the caller has them.

    Parameters
    ----------
    images
        An array or tensor of shape (n, h, w), (n, h, w, 3) or (n, h, w, 4) (tensors also
        (n, 3, h, w)) of unsigned bytes or of floats from 0 to 1; any other range is scaled by the
        smallest and the largest value of all. Or a sequence of ``n`` items, each bytes of a PNG,
        JPEG or WebP file, a path, a PIL image, or an array.
    n
        The number of rows.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If there is not one picture per row, or addresses of the web are given.
    """

    def __init__(self, images: Any, n: int) -> None:
        self._span: tuple[float, float] | None = None
        self._array: NDArray[Any] | None = None
        if hasattr(images, "detach"):
            images = images.detach().cpu().numpy()
        if isinstance(images, np.ndarray) and images.dtype != object:
            self._array = _checked_array(images, n)
            return
        self._item = _items(images, n)
        _refuse_addresses(self._item, n)

    def png(self, row: int) -> bytes | None:
        """Return the picture of a row as PNG of at most 128 by 128 pixels, None where there is none."""
        try:
            picture = self._open(row)
            if picture is None or 0 in picture.size:
                return None
            buffer = io.BytesIO()
            _sized(picture).save(buffer, "PNG")
        except Exception:  # noqa: BLE001 - whatever is wrong with a file must not reach the browser
            return None
        return buffer.getvalue()

    def _open(self, row: int) -> "Image | None":
        if self._array is None:
            return _read(self._item(row))
        if self._span is None:
            self._span = _span(self._array)
        return _from_array(np.asarray(self._array[row]), self._span)


def _checked_array(images: NDArray[Any], n: int) -> NDArray[Any]:
    if images.ndim == 4 and images.shape[3] not in CHANNELS and images.shape[1] in CHANNELS:  # noqa: PLR2004
        images = np.moveaxis(images, 1, 3)
    fits = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in CHANNELS)  # noqa: PLR2004
    if not fits or len(images) != n or images.dtype.kind not in "biuf":
        hint = (
            f"; write X.reshape({n}, h, w) if each row is the pixels of one"
            if images.ndim <= 2  # noqa: PLR2004
            else ""
        )
        raise InvalidInputError(
            f"images must have one picture per row of X, numbers of shape ({n}, h, w), ({n}, h, w, 3) or "
            f"({n}, h, w, 4), got shape {images.shape} of {images.dtype}{hint}"
        )
    return images


def _items(images: Any, n: int) -> Callable[[int], Any]:
    """Return a function from a row to its picture in the caller's form."""
    if isinstance(images, (str, bytes, Mapping)) or not hasattr(images, "__len__"):
        raise InvalidTypeError(
            f"images must be an array, a sequence of pictures or a column's name, got {type(images).__name__}"
        )
    if len(images) != n:
        raise InvalidInputError(
            f"images must hold one picture per row of X, {n} in all, got {len(images)}"
        )
    by_place = getattr(images, "iloc", images)
    return lambda row: by_place[row]


def _refuse_addresses(item: Callable[[int], Any], n: int) -> None:
    for row in range(min(n, 20)):
        value = item(row)
        if isinstance(value, str) and "://" in value:
            raise InvalidInputError(
                f"images must be files of this machine, arrays or bytes, got the address {value!r}; "
                "nothing is ever downloaded here: fetch the pictures first and give their paths"
            )


def _read(item: Any) -> "Image | None":
    """Open one picture."""
    from PIL import Image, ImageOps

    if isinstance(item, Mapping):  # as in columns of the Hugging Face libraries
        item = item.get("bytes") or item.get("path")
    if item is None:
        return None
    if hasattr(item, "as_py"):
        item = item.as_py()
    if isinstance(item, (bytes, bytearray, memoryview)):
        item = Image.open(io.BytesIO(bytes(item)), formats=FORMATS)
    elif isinstance(item, (str, os.PathLike)):
        item = Image.open(Path(item), formats=FORMATS)
    if isinstance(item, Image.Image):
        item.draft("RGB", (2 * MOST, 2 * MOST))
        return ImageOps.exif_transpose(item)
    array = np.asarray(item.detach().cpu() if hasattr(item, "detach") else item)
    if array.ndim == 3 and array.shape[2] not in CHANNELS and array.shape[0] in CHANNELS:  # noqa: PLR2004
        array = np.moveaxis(array, 0, 2)
    is_picture = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in CHANNELS)  # noqa: PLR2004
    return _from_array(array, _span(array)) if is_picture else None


def _span(array: NDArray[Any]) -> tuple[float, float]:
    """Return the values that are drawn black and white."""
    if array.dtype == np.uint8:
        return 0.0, float(LARGEST)
    low, high = float(np.nanmin(array)), float(np.nanmax(array))
    return (0.0, 1.0) if low >= 0.0 and high <= 1.0 else (low, high)


def _from_array(pixels: NDArray[Any], span: tuple[float, float]) -> "Image | None":
    from PIL import Image

    if pixels.ndim == 3 and pixels.shape[2] == 1:  # noqa: PLR2004
        pixels = pixels[:, :, 0]
    if pixels.dtype != np.uint8:
        low, high = span
        shade = (np.nan_to_num(pixels.astype(np.float64), nan=low) - low) / ((high - low) or 1.0)
        pixels = np.rint(np.clip(shade, 0.0, 1.0) * LARGEST).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _sized(picture: "Image") -> "Image":
    """Return a picture as a card shows it, without anything its file said beside the pixels."""
    from PIL import Image

    if picture.mode == "I;16" or picture.mode.startswith(("I", "F")):
        array = np.asarray(picture)
        picture = _from_array(array, _span(array.astype(np.float64))) or picture
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if picture.mode != "L":
        picture = picture.convert("RGBA" if has_alpha else "RGB")
    longer = max(picture.size)
    if longer > MOST:
        picture.thumbnail((MOST, MOST))
    elif (times := ENOUGH // longer) > 1:
        width, height = picture.size
        picture = picture.resize((times * width, times * height), Image.Resampling.NEAREST)
    picture.info = {}
    return picture
