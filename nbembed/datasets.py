"""Data to try things on, from this machine: nothing is ever downloaded."""

import gzip
import os
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.errors import InvalidInputError, NbembedError

__all__ = ["MissingDataError", "digits", "fashion_mnist", "has_fashion_mnist", "iris"]

# Where Debian's package dataset-fashion-mnist puts its files.
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
FASHION_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FASHION_SIZES = {"train": 60_000, "t10k": 10_000}
IMAGE_SIDE = 28


class MissingDataError(NbembedError, FileNotFoundError):
    """A data set is not on this machine; the message says how to get it."""


def digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the handwritten digits that come with scikit-learn.

    Returns
    -------
    X : ndarray of shape (1797, 64)
        Images of 8 by 8 pixels, 0 to 16.
    y : ndarray of shape (1797,)
        The digits, 0 to 9.

    References
    ----------
    Alpaydin & Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository.

    Examples
    --------
    >>> X, y = digits()
    >>> X.shape
    (1797, 64)
    """
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    return data.data.astype(np.float32), data.target.astype(np.int64)


def iris() -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Return the measurements of iris flowers that come with scikit-learn.

    Returns
    -------
    X : ndarray of shape (150, 4)
        Length and width of sepals and petals, in cm.
    y : ndarray of shape (150,)
        Names of the three species.

    References
    ----------
    Fisher (1936), "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7.

    Examples
    --------
    >>> X, y = iris()
    >>> X.shape
    (150, 4)
    """
    from sklearn.datasets import load_iris

    data: Any = load_iris()
    return data.data.astype(np.float32), data.target_names[data.target].astype(np.str_)


def fashion_mnist(n: int = 70_000) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
    """Return pictures of clothes, always the same first ``n`` of them.

    The files are those of Debian's package ``dataset-fashion-mnist``. The environment variable
    ``NBEMBED_DATA`` names another folder, which holds them itself or in ``fashion-mnist/``; there
    they may be unpacked too.

    Parameters
    ----------
    n
        Number of pictures, 1 to 70,000: the 60,000 for training first, then the 10,000 for testing.

    Returns
    -------
    X : ndarray of shape (n, 784)
        Images of 28 by 28 pixels, row by row, 0 (black) to 1.
    y : ndarray of shape (n,)
        Names of the ten classes.

    Raises
    ------
    MissingDataError
        If the files are not there; a ``FileNotFoundError`` too.
    InvalidInputError
        If ``n`` is out of range, or a file is damaged.

    References
    ----------
    Xiao, Rasul & Vollgraf (2017), "Fashion-MNIST", arXiv:1708.07747.
    """
    check_number("n", n, low=1, high=sum(FASHION_SIZES.values()), integer=True)
    n = int(n)
    folder = _fashion_folder()
    X = np.empty((n, IMAGE_SIDE**2), dtype=np.float32)
    codes = np.empty(n, dtype=np.uint8)
    start = 0
    for part, size in FASHION_SIZES.items():
        stop = min(start + size, n)
        if stop > start:
            images = _read_idx(folder, f"{part}-images-idx3-ubyte", stop - start, (28, 28))
            X[start:stop] = images.reshape(stop - start, -1)
            codes[start:stop] = _read_idx(folder, f"{part}-labels-idx1-ubyte", stop - start, ())
        start = stop
    X /= 255.0
    if codes.max() >= len(FASHION_CLASSES):
        raise InvalidInputError(f"the labels in {folder} must be 0 to 9, got {codes.max()}")
    return X, np.array(FASHION_CLASSES)[codes]


def has_fashion_mnist() -> bool:
    """Return whether :func:`fashion_mnist` finds its files."""
    try:
        _fashion_folder()
    except MissingDataError:
        return False
    return True


def _fashion_folder() -> Path:
    """Return the first folder that holds all four files."""
    chosen = os.environ.get("NBEMBED_DATA")
    folders = [DEBIAN_FOLDER]
    if chosen:
        folders = [Path(chosen), Path(chosen) / "fashion-mnist"]
    names = [
        f"{part}-{kind}-ubyte" for part in FASHION_SIZES for kind in ("images-idx3", "labels-idx1")
    ]
    for folder in folders:
        if all(_existing(folder, name) for name in names):
            return folder
    looked = " or ".join(str(folder) for folder in folders)
    raise MissingDataError(
        "Fashion-MNIST must be on this machine, found no complete set of its four files in "
        f"{looked}. On Debian or Ubuntu: sudo apt install dataset-fashion-mnist. Elsewhere put "
        f"{names[0]}.gz and the three others of https://github.com/zalandoresearch/fashion-mnist "
        "into a folder and set the environment variable NBEMBED_DATA to it"
    )


def _existing(folder: Path, name: str) -> Path | None:
    """Return the file, packed or not, if there is one."""
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    return None


def _read_idx(folder: Path, name: str, count: int, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the first ``count`` items of a file of bytes in Le Cun's idx format."""
    path = _existing(folder, name) or folder / name
    try:
        # Only as much as is asked for is unpacked.
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return _read_items(file, count, shape)
    except (ValueError, EOFError, struct.error, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInputError(
            f"{path} must be an idx file of at least {count} items of shape {shape}, but {error}; "
            "install dataset-fashion-mnist again, or copy the file again"
        ) from error


def _read_items(file: BinaryIO | gzip.GzipFile, count: int, shape: tuple[int, ...]) -> Any:
    # Two zero bytes, the type (8 = unsigned bytes), the number of dimensions, then each of them.
    zeros, kind, n_dimensions = struct.unpack(">HBB", file.read(4))
    if (zeros, kind, n_dimensions) != (0, 8, 1 + len(shape)):
        raise ValueError(f"it starts with {(zeros, kind, n_dimensions)}")
    size, *item = struct.unpack(f">{n_dimensions}I", file.read(4 * n_dimensions))
    if tuple(item) != shape or size < count:
        raise ValueError(f"it holds {size} items of shape {tuple(item)}")
    n_bytes = count * int(np.prod(shape, dtype=np.int64))
    # A file that ends too early does not take the shape, which is a ValueError too.
    return np.frombuffer(file.read(n_bytes), dtype=np.uint8).reshape(count, *shape)
