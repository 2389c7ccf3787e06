"""What an exported page holds of quality, where no kernel can be asked: neighbours, measured colours."""

import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbembed.encodings import ABSENT, STEPS, Spec, codes_of
from nbembed.metrics import PointQuality
from nbembed.transport import spread

__all__ = ["measured_part", "neighbors_part"]

# Neighbours of more points than this take more room than a page has for them.
NEIGHBOR_POINTS = 20_000
# Colours of so many points and moments together, and of so many moments at the most: each moment costs
# a measurement, and one that ranks all points against each other costs much more.
MEASURED_POINTS, RANKED_POINTS, MEASURED_FRAMES = 150_000, 50_000, 48
RANKING = ("trustworthiness", "continuity")
# The code of a missing value in a page, where a colour takes one byte: its ramp has no more shades.
PAGE_ABSENT = 255

Part = tuple[dict[str, Any], dict[str, bytes]]


def neighbors_part(quality: PointQuality) -> Part:
    """Return the neighbours of all points in the data, ``{}`` for too many points.

    The rows of each point's neighbours stand in ascending order, each as its distance from the one
    before (the first from 0), little-endian 16-bit, all of it compressed by zlib.
    """
    n, k = quality.n, quality.n_neighbors
    if n > NEIGHBOR_POINTS:
        return {"neighbors": {"k": k, "n": 0}}, {}
    near = np.sort(quality.nearest(np.arange(n)), axis=1)
    steps = np.diff(near, axis=1, prepend=0).astype("<u2")
    # Column after column: numbers of one size stand together.
    return {"neighbors": {"k": k, "n": n}}, {"neighbors": zlib.compress(steps.T.tobytes(), 9)}


def measured_part(
    measure: str, steps: Sequence[int], n: int, spec_of: Callable[[int], Spec]
) -> Part:
    """Return what colours the points at as many of ``steps`` as there is room for, the last among them.

    Parameters
    ----------
    measure
        What is measured.
    steps
        Steps of the moments in the page.
    n
        Number of points.
    spec_of
        Returns the measured spec of a step.
    """
    most = RANKED_POINTS if measure in RANKING else MEASURED_POINTS
    room = max(1, min(MEASURED_FRAMES, most // n))
    chosen = [steps[i] for i in spread(len(steps), room)] if room > 1 else list(steps[-1:])
    codes = [_short(spec_of(step)) for step in chosen]
    told = {"steps": chosen, "of": len(steps)}
    return {"measured": told}, {"measured": zlib.compress(b"".join(codes), 9)}


def _short(spec: Spec) -> bytes:
    codes = codes_of(spec)
    short = np.rint(codes / STEPS * (PAGE_ABSENT - 1)).astype(np.uint8)
    return np.where(codes == ABSENT, PAGE_ABSENT, short).astype(np.uint8).tobytes()
