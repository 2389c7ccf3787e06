"""What a graphics card does for the parts that can work on one, against the processor, in turn.

``python benchmarks/gpu.py [--rows 70000] [--repeat 3] [--device cuda]``

Measured are what takes ``device``: a learned map (training, new rows) and the measures of a map, whose work is an exact
search; and of free coordinates the methods that have a ``device``, if any. Says so and ends where there is no card.
"""

import argparse
import inspect
import statistics
import time

import numpy as np
from measuring import data_of, show
from sklearn.decomposition import PCA

import nbembed as nb
from nbembed.errors import InvalidInputError

# Few enough mini-batches that the processor is done in a minute.
BATCHES = 300


def waits(device):
    """Return a function that returns when the device has done all it was given."""
    import torch

    kind = device.split(":", maxsplit=1)[0]
    return getattr(getattr(torch, kind, None), "synchronize", lambda: None)


def training(X, device, steps):
    """Train a network, and place all rows with it."""
    method = nb.ParametricUMAP(n_batches=steps or BATCHES, device=device, random_state=0)
    done, began = waits(device), time.perf_counter()
    run = method.run(X)
    for frame in run:
        if not frame.is_stage and frame.step == 0:
            done()
            began = time.perf_counter()
    done()
    seconds = time.perf_counter() - began
    method.keep(run)
    began = time.perf_counter()
    method.transform(X)
    done()
    return {
        "learned map: training": seconds,
        "learned map: all rows placed": time.perf_counter() - began,
    }


def measures(X, device, steps):  # noqa: ARG001 - there are no steps
    """Measure a map, which searches the neighbours of its rows exactly."""
    Y = PCA(2, random_state=0).fit_transform(X)
    found = {}
    for name in ("trustworthiness", "neighbor_recall", "rnx_auc"):
        began = time.perf_counter()
        getattr(nb.metrics, name)(X, Y, device=device)
        found[f"metrics.{name}"] = time.perf_counter() - began
    began = time.perf_counter()
    nb.metrics.neighbor_recall(X, Y, sample=len(X), device=device)
    return found | {
        "metrics.neighbor_recall, exact search of all rows": time.perf_counter() - began
    }


def free_coordinates(X, device, steps):
    """Fit the methods without a network that take a device."""
    found = {}
    for name, count in (("UMAP", "n_epochs"), ("TSNE", "n_iter")):
        method = getattr(nb, name)
        if "device" not in inspect.signature(method).parameters:
            continue
        fewer = {count: steps} if steps else {}
        began = time.perf_counter()
        method(random_state=0, device=device, **fewer).fit(X)
        found[f"{name} of free coordinates"] = time.perf_counter() - began
    return found


PARTS = (training, measures, free_coordinates)


def measured(X, devices, options):
    """Return part -> device -> median seconds, the devices in turn, after a turn that is not counted."""
    seconds = {}
    for turn in range(-1, options.repeat):
        for device in devices:
            for part in PARTS:
                waits(device)()
                for name, took in part(X, device, options.steps).items():
                    if turn >= 0:
                        seconds.setdefault(name, {}).setdefault(device, []).append(took)
    return {
        name: {d: statistics.median(s) for d, s in row.items()} for name, row in seconds.items()
    }


def missing(device):
    """Return why a device cannot be used; "" if it can."""
    from nbembed.networks import pick_device

    try:
        pick_device(device)
    except InvalidInputError as error:
        return str(error)
    return ""


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--steps", type=int, help="far fewer steps, to try the command itself")
    options = parser.parse_args()
    why = missing(options.device)
    if why:
        print(f"No graphics card is here, so nothing was measured: {why}")
        return
    data = data_of(options.rows)
    if data is None:
        return
    name, X, _ = data
    devices = list(dict.fromkeys(("cpu", options.device)))
    table = measured(np.ascontiguousarray(X, dtype=np.float32), devices, options)
    for row in table.values():
        row["times"] = row["cpu"] / row[options.device]
    show(table, [*devices, "times"], first=f"{name}, seconds")
    if not any("free" in part for part in table):
        print("UMAP and t-SNE of free coordinates have no device: they work on the processor.")


if __name__ == "__main__":
    main()
