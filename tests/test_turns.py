"""UMAP's epoch in vector code: powers, turns, pools; against NumPy in float64."""

import numba
import numpy as np
import pytest

from nbembed._threads import use_threads
from nbembed.forces import SampledStepper
from nbembed.forces import sampled as sampled_forces
from nbembed.forces.hashing import draw, stream, substream
from nbembed.forces.powers import log2, power
from nbembed.forces.turns import BLOCK, RUN, TURNS
from nbembed.neighbors import Graph

A, B = 1.577, 0.895


@numba.njit
def compiled_power(x, b):
    return power(x, b)


@numba.njit
def compiled_log2(x):
    return log2(x)


@pytest.mark.parametrize(("low", "high", "error"), [(-5, 5, 1e-6), (-39, 60, 1e-5)])
def test_powers_are_numpys(low, high, error):
    for exponent in np.linspace(low, high, 500):
        x = np.float32(2.0**exponent)
        for b in (0.5, B, 1.0, 1.9):
            found = compiled_power(x, np.float32(b))
            assert found == pytest.approx(np.float64(x) ** np.float64(np.float32(b)), rel=error)
        assert compiled_log2(x) == pytest.approx(np.log2(np.float64(x)), rel=2e-7, abs=2e-7)


def test_powers_beyond_float32_stay_at_its_edge():
    assert compiled_power(np.float32(1e30), np.float32(2.0)) == 2.0**126
    assert compiled_power(np.float32(1e-30), np.float32(2.0)) == 2.0**-126


def ring(n, chords=2, seed=0):
    """Return a ring with random chords, of random weights."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((n, n))
    for step in range(1, chords + 1):
        for i in range(n):
            matrix[i, (i + step) % n] = matrix[(i + step) % n, i] = rng.uniform(0.05, 1.0)
    return Graph.from_scipy(matrix)


def epoch(stepper, n_negatives):
    """Return where the next epoch of a stepper leads, in float64 and one vertex after the other."""
    Y = stepper.embedding().astype(float)
    n, time = len(Y), stepper.n_done + 1
    edges, pushers, rate = stepper._edges, Y.copy(), stepper.learning_rate
    for turn in range(TURNS):
        key = np.uint64(substream(stream(*stepper._name, stepper.n_done), turn))
        before, pulled = Y.copy(), Y.copy()
        acting = []
        for e in range(edges.indptr[n * turn], edges.indptr[n * (turn + 1)]):
            i, j, weight = edges.heads[e], edges.indices[e], int(edges.clock[e])
            if (weight * time) % 2**32 >= weight:
                continue
            acting.append(i)
            difference = before[i] - before[j]
            for _ in range(2):
                squared = difference @ difference + 1e-12
                force = 2 * A * B * squared ** (B - 1) / (1 + A * squared**B)
                move = -rate * np.clip(force * difference, -4, 4)
                difference = difference + move
                pulled[i] += move
        Y = pulled.copy()
        for place, i in enumerate(acting):
            # Edges of a block draw together, in runs.
            rank = sum(k // BLOCK == i // BLOCK for k in acting[:place])
            own = np.uint64(substream(key, i // BLOCK))
            for number in range(n_negatives):
                start = draw(own, rank // RUN * n_negatives + number, n)
                k = stepper._pool.order[(start + rank % RUN) % n]
                if k == i:
                    continue
                difference = pulled[i] - pushers[k]
                squared = difference @ difference + 1e-12
                force = 2 * B / ((1e-3 + squared) * (1 + A * squared**B))
                Y[i] += rate * np.clip(force * difference, -4, 4)
    return Y


@pytest.mark.parametrize("n_components", [1, 2, 3])
@pytest.mark.parametrize(("n", "n_negatives"), [(150, 5), (40, 0), (20, 40)])
def test_an_epoch_is_what_it_says(n, n_negatives, n_components):
    start = np.random.default_rng(1).normal(size=(n, n_components)) * 3
    stepper = SampledStepper(
        ring(n), start, a=A, b=B, learning_rate=1.0, n_steps=20, n_negatives=n_negatives, seed=3
    )
    for _ in range(3):
        expected = epoch(stepper, n_negatives)
        stepper.step()
        # On a line points meet, and there the slope of the force is steep.
        error = 2e-2 if n_components == 1 else 1e-4
        np.testing.assert_allclose(stepper.embedding(), expected, rtol=1e-4, atol=error)
    assert np.abs(stepper.embedding() - start).max() > 0.01


def test_a_vertex_with_many_edges_finds_room():
    # All edges of vertex 0 act in every epoch: 3,000 of them are more than a block has room for at first.
    n = 3001
    matrix = np.zeros((n, n), dtype=np.float32)
    matrix[0, 1:] = matrix[1:, 0] = 1.0
    start = np.random.default_rng(0).normal(size=(n, 2)) * 5
    stepper = SampledStepper(
        Graph.from_scipy(matrix), start, a=A, b=B, learning_rate=1.0, n_steps=2, seed=0
    )
    # In the first epoch none acts.
    stepper.step()
    expected = epoch(stepper, 5)
    stepper.step()
    # A sum of 15,000 moves, one after the other, rounds as often.
    np.testing.assert_allclose(stepper.embedding(), expected, rtol=1e-3, atol=1e-2)
    assert np.abs(stepper.embedding() - start).max() > 1


def test_turns_have_the_same_bits_alone_and_shared_out(monkeypatch):
    start = np.random.default_rng(1).normal(size=(700, 2)) * 3
    found = []
    for limit, threads in ((10_000, 1), (1, 1), (1, 2), (1, 3)):
        monkeypatch.setattr(sampled_forces, "ALONE_LIMIT", limit)
        stepper = SampledStepper(
            ring(700, 6), start, a=A, b=B, learning_rate=1.0, n_steps=20, seed=3
        )
        with use_threads(threads):
            for _ in range(3):
                stepper.step()
        found.append(stepper.embedding())
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_every_vertex_is_drawn_as_often():
    n = 500
    stepper = SampledStepper(
        ring(n), np.zeros((n, 2)), a=A, b=B, learning_rate=1.0, n_steps=5, seed=0
    )
    order = stepper._pool.order
    assert sorted(order[:n].tolist()) == list(range(n))
    np.testing.assert_array_equal(order[n:], order[:RUN])
    assert (order[:n] != np.arange(n)).mean() > 0.9


def test_where_memory_lies_changes_no_bit():
    # Compilers check addresses to choose between vector code and the plain loop.
    rng = np.random.default_rng(2)
    start, graph = rng.normal(size=(600, 2)) * 5, ring(600, chords=8)
    held, bits = [], set()
    for _ in range(150):
        stepper = SampledStepper(graph, start, a=A, b=B, learning_rate=1.0, n_steps=120, seed=7)
        for _ in range(30):
            if rng.random() < 0.3:
                held.append(np.ones(rng.integers(1, 5000), np.uint8))
            if len(held) > 300:
                del held[: rng.integers(1, 200)]
            stepper.step()
        bits.add(stepper.embedding().tobytes())
    assert len(bits) == 1
