"""Pictures by the thousand out of few: small turns, shifts, changes of size, and smooth displacements.

What InfiMNIST is to MNIST (Loosli, Canu & Bottou 2007), for the digits of scikit-learn and for any grey pictures;
nothing is downloaded. Row i depends on the seed alone, not on how many rows are asked for.

``python benchmarks/deformed.py sheet.png`` draws originals, each with pictures made of it;
``python benchmarks/deformed.py fashion.npy --rows 1000000`` writes pictures of Fashion-MNIST.
"""

import argparse

import numpy as np
from scipy import ndimage

import nbembed as nb

# Rows that are made together, from one generator.
BLOCK = 2048
# One original in so many is held out: test rows are made of these alone.
HELD_OUT = 5
# Largest turn in degrees, shift and mean displacement as parts of the side, and change of size.
TURN, SHIFT, BEND, SIZE = 10.0, 0.05, 0.025, 0.1
# Displacements are sums of so many cosines in each direction.
WAVES = 4


def deformed_digits(n, seed=0, *, test=False):
    """Return ``n`` deformed digits of 8 by 8 pixels, 0 to 16, and their classes.

    Those for training are made of four fifths of scikit-learn's 1,797 digits, those with ``test`` of the others: no
    original stands on both sides, and the split is the same for all seeds.
    """
    X, y = nb.datasets.digits()
    order = np.random.default_rng(0).permutation(len(X))
    held_out = np.arange(len(X)) % HELD_OUT == 0
    originals = order[held_out == test]
    rows, source = enlarged(X[originals], (8, 8), n, seed=2 * seed + test)
    return rows, y[originals][source]


def enlarged(X, shape, n, seed=0, *, path=None, told=None):
    """Return ``n`` deformed pictures, float32, and for each the row of ``X`` that it is made of.

    Parameters
    ----------
    X
        Grey pictures, one per row, with 0 for the background. A pixel becomes a mean of pixels: values stay in
        their range.
    shape
        Height and width.
    n
        How many.
    seed
        Fixes them. Default 0.
    path
        A ``.npy`` file that they are written to, block by block; a memory map of it is returned. Default None: in
        memory.
    told
        Called with the finished share after each block. Default None.
    """
    size = (n, shape[0] * shape[1])
    if path is None:
        rows = np.empty(size, dtype=np.float32)
    else:
        rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=size)
    source = np.empty(n, dtype=np.int64)
    for number, start in enumerate(range(0, n, BLOCK)):
        rng = np.random.default_rng((seed, number))
        chosen = rng.integers(len(X), size=BLOCK)
        count = min(BLOCK, n - start)
        where = _places(shape, BLOCK, rng)[:, :count]
        pictures = np.asarray(X[chosen[:count]], dtype=np.float32).reshape(count, *shape)
        numbers = np.broadcast_to(np.arange(count)[:, None, None], (count, *shape))
        made = ndimage.map_coordinates(pictures, [numbers, *where], order=1, mode="constant")
        rows[start : start + count] = made.reshape(count, -1)
        source[start : start + count] = chosen[:count]
        if told is not None:
            told((start + count) / n)
    if path is not None:
        rows.flush()
    return rows, source


def _places(shape, count, rng):
    """Return where the pixels of ``count`` pictures are taken from, shape (2, count, height, width)."""
    height, width = shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    y, x = np.meshgrid(*(np.arange(s) - m for s, m in zip(shape, middle, strict=True)), indexing="ij")  # fmt: skip
    angle = np.deg2rad(rng.uniform(-TURN, TURN, size=(count, 1, 1)))
    sizes = np.exp(rng.uniform(-SIZE, SIZE, size=(2, count, 1, 1)))
    sides = np.array([height, width]).reshape(2, 1, 1, 1)
    shifts = sides * rng.uniform(-SHIFT, SHIFT, size=(2, count, 1, 1))
    turned = np.stack(
        [np.cos(angle) * y - np.sin(angle) * x, np.sin(angle) * y + np.cos(angle) * x]
    )
    return turned * sizes + middle.reshape(2, 1, 1, 1) + shifts + sides * _field(shape, count, rng)


def _field(shape, count, rng):
    """Return smooth displacements, BEND in the mean square, shape (2, count, height, width)."""
    waves = np.arange(WAVES)
    down, across = (np.cos(np.pi * (np.arange(s)[:, None] + 0.5) * waves / s) for s in shape)
    # Long waves are higher than short ones; a shift of the whole is no displacement.
    heights = 1.0 / (1.0 + waves[:, None] ** 2 + waves**2)
    heights[0, 0] = 0.0
    shares = np.where(waves == 0, 1.0, 0.5)
    heights *= BEND / np.sqrt((heights**2 * shares[:, None] * shares).sum())
    drawn = rng.normal(size=(2, count, WAVES, WAVES)) * heights
    return down @ drawn @ across.T


def sheet(X, shape, path, *, columns=12, per_original=11):
    """Draw originals at the left, each with what was made of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns, 10), layout="constrained")
    FigureCanvasAgg(figure)
    for line, axes in enumerate(figure.subplots(10, columns)):
        made, _ = enlarged(X[line : line + 1], shape, per_original, seed=line)
        for ax, picture in zip(axes, (X[line], *made), strict=True):
            ax.imshow(picture.reshape(shape), cmap="gray_r", vmin=0, vmax=X.max())
            ax.set_axis_off()
    figure.savefig(path)


def main():
    """Draw a sheet of digits, or write pictures of clothes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.path.endswith(".npy"):
        X, _ = nb.datasets.fashion_mnist(60_000)
        enlarged(X, (28, 28), options.rows, options.seed, path=options.path)
    else:
        sheet(nb.datasets.digits()[0], (8, 8), options.path)


if __name__ == "__main__":
    main()
