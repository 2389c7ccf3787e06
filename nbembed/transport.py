"""Maps as bytes: two unsigned 16-bit integers per point, in the map's bounding box.

A frame of ``n`` points takes ``4 n`` bytes, half of what float32 would take, and is off by at most
half of 1/65535 of the map's width or height: far less than a pixel. The browser reads the same
format.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["check_map", "decode_frame", "encode_frame", "pack_history", "spread"]

STEPS = 65_535
CODE = np.dtype("<u2")
BYTES_PER_POINT = 2 * CODE.itemsize
# Numbers worked on at once, and points that form one row for the search of the box.
BLOCK, FOLD = 16_384, 64


def check_map(Y: Any, *, name: str = "Y") -> NDArray[np.float64]:
    """Return ``Y`` as a finite float64 array of shape (n_samples, n_components), both at least 1.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        Naming the argument, what it must be and what it got.
    """
    try:
        values = np.asarray(Y, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidTypeError(
            f"{name} must be an array of numbers, got {type(Y).__name__}"
        ) from None
    if values.ndim != 2 or 0 in values.shape:  # noqa: PLR2004
        raise InvalidInputError(
            f"{name} must be a map of shape (n_samples, n_components), got shape {values.shape}"
        )
    if not np.isfinite(values).all():
        rows = np.flatnonzero(~np.isfinite(values).all(axis=1))
        raise InvalidInputError(
            f"{name} must be finite, got NaN or infinity in {len(rows)} row(s), the first is "
            f"{rows[0]}; lower the learning rate if it came out of a run"
        )
    return values


def encode_frame(Y: Any) -> tuple[bytes, list[float]]:
    r"""Return the first two columns of a map as bytes, and their bounding box.

    The code of a coordinate :math:`v` on an axis from :math:`a` to :math:`b` is
    :math:`\mathrm{round}(65535 (v - a) / (b - a))`, and 0 where the axis has no extent.

    Parameters
    ----------
    Y
        The map, shape (n_samples, n_components). Columns after the second are left out; a map of
        one column lies on the line y = 0.

    Returns
    -------
    codes : bytes
        Little-endian unsigned 16-bit integers, x and y interleaved.
    box : list of float
        ``[x0, y0, x1, y1]``; code 0 stands for x0 or y0, code 65535 for x1 or y1.

    Raises
    ------
    InvalidInputError
        If a coordinate is not finite, or the box is too wide for float64.
    """
    points = _planar(_plain_map(Y))
    low, high = _box(points)
    if not np.isfinite([*low, *high]).all():
        check_map(Y)  # NaN and infinity reach the box; this says where they are
    with np.errstate(over="ignore"):
        width = high - low
    if not np.isfinite(width).all():
        raise InvalidInputError(
            f"Y must span less than the largest float64, got the range {low} to {high}"
        )
    codes = _codes(points.reshape(-1), low, np.where(width > 0, width, 1.0))
    return codes.tobytes(), [*low.tolist(), *high.tolist()]


def decode_frame(codes: bytes, box: Sequence[float]) -> NDArray[np.float64]:
    """Return the map that :func:`encode_frame` wrote, shape (n_samples, 2).

    Every coordinate is within half a step, 1/131070 of the box, of the original.

    Raises
    ------
    InvalidInputError
        If the bytes do not hold whole points, or the box does not hold four finite numbers.
    """
    corners = np.asarray(box, dtype=np.float64)
    if corners.shape != (4,) or not np.isfinite(corners).all():
        raise InvalidInputError(f"box must be [x0, y0, x1, y1], finite numbers, got {box!r}")
    if len(codes) % BYTES_PER_POINT:
        raise InvalidInputError(
            f"codes must hold {BYTES_PER_POINT} bytes per point, got {len(codes)} bytes"
        )
    fraction = np.frombuffer(codes, dtype=CODE).reshape(-1, 2).astype(np.float64) / STEPS
    # This form returns both corners exactly, where low + fraction * (high - low) may miss by a bit.
    return corners[:2] * (1.0 - fraction) + corners[2:] * fraction


def pack_history(
    frames: Sequence[tuple[int, str, Any]], *, max_bytes: int = 2_000_000
) -> tuple[dict[str, Any], bytes]:
    """Return many maps of one run as one description and one string of bytes.

    When they do not fit into ``max_bytes``, frames are left out evenly. The first and the last
    always stay, even if these two alone are larger; the last of each phase stays while there is room.

    Parameters
    ----------
    frames
        ``(step, phase, Y)`` in the order of the run, all of the same number of points.
    max_bytes
        Most bytes to return.

    Returns
    -------
    info : dict
        ``{"n", "frames": [{"step", "phase", "bbox"}]}``; empty without frames.
    codes : bytes
        The frames of ``info`` one after the other, each as :func:`encode_frame` writes it.

    Raises
    ------
    InvalidInputError
        If the maps differ in their number of points, or one is not finite.
    """
    if not frames:
        return {}, b""
    n = len(frames[0][2])
    entries: list[dict[str, Any]] = []
    parts: list[bytes] = []
    ends = [i for i in range(len(frames) - 1) if frames[i][1] != frames[i + 1][1]]
    for i in spread(len(frames), max_bytes // max(1, BYTES_PER_POINT * n), ends):
        step, phase, Y = frames[i]
        if len(Y) != n:
            raise InvalidInputError(
                f"frames must all have {n} points like the first, got {len(Y)} at step {step}"
            )
        codes, box = encode_frame(Y)
        parts.append(codes)
        entries.append({"step": int(step), "phase": str(phase), "bbox": box})
    return {"n": n, "frames": entries}, b"".join(parts)


def _plain_map(Y: Any) -> NDArray[np.floating[Any]]:
    """Return a map of floats as it is, anything else as :func:`check_map` makes it."""
    if isinstance(Y, np.ndarray) and Y.dtype in (np.float32, np.float64) and Y.ndim == 2 and Y.size:  # noqa: PLR2004
        return Y
    return check_map(Y)


def _planar(points: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """Return exactly two columns, in one piece of memory."""
    if points.shape[1] == 1:
        return np.hstack([points, np.zeros_like(points)])
    return np.ascontiguousarray(points[:, :2])


def _box(points: NDArray[np.floating[Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and the largest x and y as float64.

    Many points side by side form one row, because numpy is slow along columns of two.
    """
    whole = len(points) // FOLD * FOLD
    folded, rest = points[:whole].reshape(-1, 2 * FOLD), points[whole:]
    ends: list[NDArray[np.float64]] = []
    for of in (np.min, np.max):
        parts = [of(part, axis=0).reshape(-1, 2) for part in (folded, rest) if len(part)]
        ends.append(of(np.concatenate(parts), axis=0).astype(np.float64))
    return ends[0], ends[1]


def _codes(
    values: NDArray[np.floating[Any]], low: NDArray[np.float64], width: NDArray[np.float64]
) -> NDArray[np.uint16]:
    """Return the codes of x and y in turn, in blocks that stay in the processor's cache."""
    codes = np.empty(len(values), dtype=CODE)
    block = np.empty(min(BLOCK, len(values)))
    lows, widths = np.tile(low, len(block) // 2), np.tile(width, len(block) // 2)
    for start in range(0, len(values), BLOCK):
        part = values[start : start + BLOCK]
        place = block[: len(part)]
        # In float64 also for float32 maps: their own precision would miss some codes by one.
        np.subtract(part, lows[: len(part)], out=place)
        np.divide(place, widths[: len(part)], out=place)
        np.multiply(place, STEPS, out=place)
        np.rint(place, out=place)
        codes[start : start + BLOCK] = place
    return codes


def spread(count: int, room: int, wanted: Sequence[int] = ()) -> list[int]:
    """Return at most ``room`` indices below ``count``, evenly spread, with the first and last.

    Of ``wanted`` ones, ascending, as many come first as there is room for, the last of them above all.
    """
    if count <= room:
        return list(range(count))
    inner = [i for i in wanted if 0 < i < count - 1]
    inner = inner[len(inner) - min(len(inner), max(0, room - 2)) :]
    kept = max(2, room - len(inner))
    if kept >= count:
        return list(range(count))
    even = {(i * (count - 1)) // (kept - 1) for i in range(kept)}
    return sorted(even.union(inner))
