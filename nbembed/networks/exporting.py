"""A trained network as an ONNX file: the data as they are in, places in the map out."""

import copy
import inspect
import logging
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed.errors import MissingPackageError

__all__ = ["export_onnx", "run_onnx"]

# Names in the file.
INPUT, OUTPUT, BATCH = "X", "map", "n_samples"


class FromData(nn.Module):
    """A network behind the standardization of the data as they were given, computed in float64."""

    def __init__(self, module: nn.Module, center: NDArray[np.float64], divisor: float) -> None:
        super().__init__()
        self.module = module
        self.center: Tensor
        self.register_buffer("center", torch.from_numpy(center))
        self.divisor = divisor

    def forward(self, X: Tensor) -> Tensor:
        """Return the places of samples."""
        return self.module(((X.double() - self.center) / self.divisor).float())


def export_onnx(
    module: nn.Module,
    path: str | Path,
    *,
    center: NDArray[np.float64],
    divisor: float,
    shape: Sequence[int],
) -> None:
    """Write a network as ONNX: input ``"X"``, float32 (n_samples, …), output ``"map"``; n_samples is free.

    Parameters
    ----------
    module
        The network of standardized samples; left as it is.
    path
        The file.
    center, divisor
        Standardized is what is left of the data after ``(X - center) / divisor``; center has the shape of a
        sample.
    shape
        Of one sample.

    Raises
    ------
    MissingPackageError
        If onnx or onnxscript is not installed.
    """
    missing = [name for name in ("onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise MissingPackageError(
            f"to_onnx needs {' and '.join(missing)}, not installed here; pip install nbembed[onnx]"
        )
    model = FromData(copy.deepcopy(module).cpu().train(False), center.reshape(shape), divisor)
    # Of no special number: an exporter takes a batch of one for a constant.
    example = torch.zeros((3, *shape))
    options: dict[str, Any] = {"input_names": [INPUT], "output_names": [OUTPUT]}
    if "external_data" in inspect.signature(torch.onnx.export).parameters:
        options |= {"dynamo": True, "external_data": False, "verbose": False}
        options["dynamic_shapes"] = ({0: torch.export.Dim(BATCH)},)
    else:  # before torch 2.6
        options["dynamic_axes"] = {INPUT: {0: BATCH}, OUTPUT: {0: BATCH}}
    with _silence():
        torch.onnx.export(model, (example,), str(path), **options)


def run_onnx(path: str | Path, X: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return what onnxruntime makes of samples, alone and together; None where it is not installed.

    The first is computed alone, the others in one batch: so the file is tried with two sizes.
    """
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    parts = [session.run([OUTPUT], {INPUT: part})[0] for part in (X[:1], X[1:]) if len(part)]
    return np.concatenate([np.asarray(part) for part in parts])


@contextmanager
def _silence() -> Generator[None]:
    """Keep the exporter's own notes about its insides away from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
