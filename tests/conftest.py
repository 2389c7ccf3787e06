"""Data that several tests look at; small, and the same for all."""

import os
import signal

# Workers share the cores: threads of theirs would wait for each other, which costs OpenMP's many times the work.
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

import numpy as np
import pytest

from nbembed import datasets

# Scripts that make the reference numbers; they need packages that the tests do not.
collect_ignore_glob = ["reference/make_*.py"]


@pytest.fixture(scope="session", autouse=True)
def interrupts():
    """Let Ctrl-C interrupt, also where a shell in the background has made Python ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def digits():
    """The digits: 1,797 × 64 float32 and their classes."""
    return datasets.digits()


@pytest.fixture(scope="session")
def blobs():
    """Three well separated groups: 150 × 10 float32."""
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=8, size=(3, 10))
    return (np.repeat(centres, 50, axis=0) + rng.normal(size=(150, 10))).astype(np.float32)
