"""What showing a run costs: UMAP on Fashion-MNIST bare, with frames, and with frames and live metrics.

The browser is a stand-in that acknowledges at once; every message is packed as a kernel would pack it.
All runs begin at one prepared starting map, so that the time is that of the steps, and they take turns.

``python benchmarks/overhead.py [--rows 10000 70000] [--rounds 3] [--steps 0]``
``python benchmarks/overhead.py --recursions``: deep recursive embedding of 2,000 digits of a kind and of Fashion-MNIST
with two recursions, from the call of ``fit`` on, and how evenly its frames come.
"""
# ruff: noqa: SLF001 - the stand-in for the browser sits where the widget sends its messages

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from jupyter_client.session import Session as Wire

import nbembed as nb

MODES = ("bare", "frames", "frames and metrics")


def prepared(X, steps):
    """Return a run that stands before its first step; its branches share what it has worked out."""
    parameters = {"n_epochs": steps} if steps else {}
    run = nb.UMAP(random_state=0, **parameters).run(X)
    for frame in run:
        if not frame.is_stage:
            return run
    raise AssertionError("the run has no steps")


def bare(base):
    """Return the seconds of the steps, and nothing else."""
    run = base.branch(0)
    began = time.perf_counter()
    for _ in run:
        pass
    return time.perf_counter() - began, 0


def shown(base, *, live_metrics):
    """Return the seconds from the first step until the browser has the last map, and the frames sent."""
    widget = nb.EmbedWidget(base.X, method=nb.UMAP(random_state=0), live_metrics=live_metrics)
    widget._estimator.run = lambda *_: base.branch(0)
    frames, began = watch(widget)
    return frames[-1] - began, len(frames)


def watch(widget):
    """Fit before the stand-in; return when frames came, the last when it was done, and when ``fit`` was called."""
    wire, frames = Wire(key=b"benchmark"), []

    def send(content, buffers):
        wire.serialize(wire.msg("comm_msg", {"data": {"method": "custom", "content": content}}))
        sum(map(len, buffers))
        if content["t"] == "frame":
            frames.append(time.perf_counter())
            widget._inbox.receive(widget, {"t": "ack", "view": "v", "seq": content["seq"]}, [])

    widget._publisher.send = send
    widget._inbox.receive(widget, {"t": "hello", "view": "v", "last_seq": 0}, [])
    began = time.perf_counter()
    widget.fit()
    widget.close()
    return frames, began


def recursions():
    """Print the seconds of two recursions on 2,000 rows, and the longest wait for a frame."""
    digits = np.tile(nb.datasets.digits()[0], (2, 1))[:2_000]
    # No two rows are the same: half a grey level more or less.
    data = {"digits": digits + np.random.default_rng(0).uniform(-0.5, 0.5, digits.shape)}
    if nb.datasets.has_fashion_mnist():
        data["Fashion-MNIST"] = nb.datasets.fashion_mnist(2_000)[0]
    for name, X in data.items():
        method = nb.DRE(recursions=("hidden1", "hidden3"), device="cpu", random_state=0)
        widget = nb.EmbedWidget(X, method=method)
        frames, began = watch(widget)
        gaps = np.diff(frames)
        print(
            f"{name}: {frames[-1] - began:.1f} s, the first frame after {frames[0] - began:.1f} s, "
            f"{len(frames)} frames, {np.median(gaps):.2f} s apart, at most {gaps.max():.1f} s; "
            f"recursions at {[r.end for r in widget.recursions_]}"
        )


def measure(rows, rounds, steps):
    """Print the shares for this many rows."""
    X, _ = nb.datasets.fashion_mnist(rows)
    base = prepared(X, steps)
    seconds = {mode: [] for mode in MODES}
    for number in range(rounds):
        # Whoever comes first in a round may find a warmer or a colder machine.
        for mode in MODES[number % 3 :] + MODES[: number % 3]:
            if mode == "bare":
                taken, frames = bare(base)
            else:
                taken, frames = shown(base, live_metrics=mode == MODES[2])
            seconds[mode].append(taken)
            print(f"  {rows:,} rows, {mode}: {taken:.2f} s, {frames} frames", flush=True)
    least = {mode: min(times) for mode, times in seconds.items()}
    middle = {mode: statistics.median(times) for mode, times in seconds.items()}
    for mode in MODES[1:]:
        share = least[mode] / least["bare"] - 1
        typical = middle[mode] / middle["bare"] - 1
        print(
            f"{rows:,} rows: {mode} add {share:.1%} to {base.n_steps} steps "
            f"(least of {rounds} each; medians: {typical:.1%})"
        )


def main():
    """Print a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 70_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=0, help="0: the default of UMAP")
    parser.add_argument("--recursions", action="store_true")
    options = parser.parse_args()
    if options.recursions:
        recursions()
        return
    if not nb.datasets.has_fashion_mnist():
        print(f"{Path(__file__).name}: Fashion-MNIST is not on this machine; nothing was measured")
        return
    for rows in options.rows:
        measure(rows, options.rounds, options.steps)


if __name__ == "__main__":
    main()
