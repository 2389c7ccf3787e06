"""A run as a moving picture."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import figures
from nbembed._checks import check_flag, check_number
from nbembed.encodings import Spec
from nbembed.errors import InvalidInputError
from nbembed.transport import check_map, spread

__all__ = ["gif"]

# Colours of a GIF; one is left for what does not change from picture to picture.
COLORS = 255
# Room around all points, as a part of their extent, and how long the last picture stays.
MARGIN, LAST_SECONDS = 0.04, 2.0
PIXELS_PER_INCH = 100.0

# Step, phase, map.
Moment = tuple[int, str, Any]


def gif(
    moments: Sequence[Moment],
    *,
    encodings_of: Callable[[Moment], Mapping[str, Spec]] | None = None,
    title: str = "",
    caption: str = "",
    fps: float = 12.0,
    max_frames: int = 60,
    fixed_axes: bool = True,
) -> bytes:
    """Return the maps of a run as the bytes of a GIF that begins again and again, 640 by 480 pixels.

    Parameters
    ----------
    moments
        Step, phase and map of each moment, in order, all of the same rows.
    encodings_of
        Returns what the points of a moment look like: specs of :mod:`nbembed.encodings`.
    title
        Plain text above every picture; the step comes after it.
    caption
        Plain text below every picture.
    fps
        Pictures a second, 1 to 30. Default 12. The last one stays for two seconds.
    max_frames
        Most pictures, 2 to 500; of more moments as many are chosen evenly, the first and the last
        among them. Default 60.
    fixed_axes
        True shows every map at the same scale, that of the largest one: what grows is seen to grow, and early
        maps may be a dot. False fits each map to the picture, and says so.

    Raises
    ------
    InvalidInputError
        If there is no moment, or an argument is out of range.
    """
    check_number("fps", fps, low=1, high=30)
    check_number("max_frames", max_frames, low=2, high=500, integer=True)
    check_flag("fixed_axes", fixed_axes)
    if not moments:
        raise InvalidInputError("moments must hold at least one map, got none")
    chosen = [moments[i] for i in spread(len(moments), int(max_frames))]
    box = _box([check_map(Y) for _, _, Y in chosen]) if fixed_axes else None
    note = caption if fixed_axes else f"Each picture has a scale of its own. {caption}".strip()
    pictures: list[Any] = []
    for moment in chosen:
        step, phase, Y = moment
        specs = {} if encodings_of is None else encodings_of(moment)
        words = ", ".join(part for part in (title, f"step {step:,}", phase) if part)
        figure = figures.map(Y, encodings=specs, title=words, caption=note)
        if box is not None:
            _fix(figure.axes[0], box)
        pictures.append(_picture(figures.png(figure, dpi=PIXELS_PER_INCH)))
    return _joined(pictures, 1000.0 / fps)


def _box(maps: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the corners of a box that holds all points, shape (2, 2): low, high; x, y."""
    planes = [Y[:, :2] if Y.shape[1] > 1 else np.column_stack([Y, np.zeros(len(Y))]) for Y in maps]
    low = np.min([plane.min(axis=0) for plane in planes], axis=0)
    high = np.max([plane.max(axis=0) for plane in planes], axis=0)
    room = MARGIN * max(float((high - low).max()), np.finfo(np.float32).tiny)
    return np.array([low - room, high + room])


def _fix(ax: Any, box: NDArray[np.float64]) -> None:
    # Limits that are kept: the box takes their form, not they that of the box.
    ax.set_aspect("equal", adjustable="box")
    ax.set_xlim(*box[:, 0])
    ax.set_ylim(*box[:, 1])


def _picture(content: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(content)).convert("RGB")


def _joined(pictures: Sequence[Any], milliseconds: float) -> bytes:
    """Return pictures as one GIF with the colours of the last one, in which every point is seen."""
    from PIL import Image

    palette = pictures[-1].quantize(COLORS, dither=Image.Dither.NONE)
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    duration = [round(milliseconds)] * len(rest) + [round(1000 * LAST_SECONDS)]
    buffer = io.BytesIO()
    first.save(
        buffer, "GIF", save_all=True, append_images=rest, duration=duration, loop=0, optimize=False
    )
    return buffer.getvalue()
