"""Packages that are imported only when they are used, and seeds for those that take none."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from nbembed.errors import MissingPackageError

__all__ = ["is_installed", "peer", "quiet", "seeded_numpy"]


def is_installed(module: str) -> bool:
    """Return whether ``module`` could be imported."""
    return find_spec(module) is not None


def peer(module: str, package: str, title: str) -> Any:
    """Return an imported module of a package that may be absent.

    Parameters
    ----------
    module
        The name to import.
    package
        The name to install.
    title
        The method that needs it, as people call it.

    Raises
    ------
    MissingPackageError
        If the package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        found = module.split(".", maxsplit=1)[0] if error.name is None else error.name
        needed = package if found == module.split(".", maxsplit=1)[0] else found
        raise MissingPackageError(
            f"{title} needs the package {needed!r}, which is not installed; run: pip install {needed}"
        ) from error


@contextmanager
def seeded_numpy(seed: int | None) -> Generator[None]:
    """Seed numpy's global generator inside, and put back its state: some peers draw from nothing else."""
    if seed is None:
        yield
        return
    before = np.random.get_state()  # noqa: NPY002  (it is the peer's generator, not ours)
    np.random.set_state(np.random.RandomState(seed).get_state())  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


@contextmanager
def quiet(name: str) -> Generator[None]:
    """Let the logger ``name`` say errors only inside: a seed that was asked for is no warning."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
