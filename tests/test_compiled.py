"""Compiled loops: what they give must not depend on what has been compiled before."""

import importlib
import os
import pkgutil
import subprocess
import sys

import pytest
from numba.core.registry import CPUDispatcher

import nbembed

# What lets the compiler change the rounding of a sum.
LOOSE = {"reassoc", "contract", "arcp"}
# The potential of t-SNE's repulsion: helpers within helpers.
REPEL = """import hashlib, numpy as np
from nbembed.forces.spline import SplineRepulsion
points = np.random.default_rng(0).normal(size=(3000, 2)).astype("f4")
forces = np.empty_like(points)
Z = SplineRepulsion()(points, forces)
print(Z.hex(), hashlib.sha256(forces.tobytes()).hexdigest())"""


def test_the_first_run_on_a_machine_has_the_bits_of_the_second(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (
        subprocess.run(
            [sys.executable, "-c", REPEL],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    )
    assert any(tmp_path.rglob("*.nbc"))
    assert first == second


def compiled():
    """Return all compiled functions of the package, by name."""
    found = {}
    for module in pkgutil.walk_packages(nbembed.__path__, "nbembed."):
        # The peers are other people's packages.
        if module.name.startswith("nbembed.baselines"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, CPUDispatcher) and value.py_func.__module__ == module.name:
                found[f"{module.name}.{name}"] = value
    return found


@pytest.mark.parametrize("caller", compiled().items(), ids=lambda item: item[0])
def test_what_a_loop_calls_is_part_of_it_where_sums_may_be_reordered(caller):
    _, function = caller
    names = function.py_func.__globals__
    for called in map(names.get, function.py_func.__code__.co_names):
        if isinstance(called, CPUDispatcher) and LOOSE & set(
            called.targetoptions.get("fastmath") or ()
        ):
            assert called.targetoptions.get("forceinline"), called.py_func.__name__
