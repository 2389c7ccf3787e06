"""The loop that trains the networks of the baselines: epochs, held-out rows, the best weights kept.

Weights, order of the rows and noise come from one generator, and on the CPU torch runs on a fixed
number of threads, so a seed fixes the result there. The layers are those of ``nbembed.networks``.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed.errors import InvalidInputError
from nbembed.networks import Standardization, dense, pick_device, pinned_torch

__all__ = ["Plan", "Standardization", "dense", "pick_device", "pinned_torch", "predict", "train"]

# The part of the rows that is held out to see when to stop; fewer rows than these hold out none.
HELD_OUT, MIN_ROWS = 0.1, 20
# Rows that go through a trained network at once.
BLOCK = 8192

# Returns the mean loss of a batch; a generator is there in training only.
Loss = Callable[..., Tensor]


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    n_epochs
        Most visits of every row.
    batch_size
        Rows per step.
    learning_rate
        Step size of Adam.
    patience
        Epochs without a better loss of the held-out rows after which training stops.
    device
        Where torch works.
    seed
        Fixes weights, order and noise.
    """

    n_epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    device: str
    seed: int


def train(model: nn.Module, loss: Loss, arrays: Iterable[NDArray[Any]], plan: Plan) -> list[float]:
    """Train a network until the loss of held-out rows rises, and keep the best.

    Parameters
    ----------
    model
        Trained in place; left in evaluation mode on the device of ``plan``.
    loss
        ``loss(model, *batch, generator)`` is the mean loss of a batch. ``generator`` draws noise; it is None
        where nothing may be drawn.
    arrays
        Rows that belong together, such as data and target.
    plan
        How to train.

    Returns
    -------
    list of float
        Loss of the held-out rows (of all, where there are fewer than 20) after every epoch.

    Raises
    ------
    InvalidInputError
        If the loss is no longer finite.
    """
    rng = np.random.default_rng(plan.seed)
    tensors = [torch.from_numpy(array).to(plan.device) for array in arrays]
    training, held_out = _split(len(tensors[0]), rng)
    model.to(plan.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.learning_rate)
    noise = torch.Generator(plan.device).manual_seed(plan.seed)
    losses: list[float] = []
    best = _copy(model)
    for _ in range(plan.n_epochs):
        _visit(model, loss, tensors, _batches(training, plan.batch_size, rng), optimizer, noise)
        losses.append(_mean_loss(model, loss, tensors, held_out))
        if not math.isfinite(losses[-1]):
            raise InvalidInputError(
                f"learning_rate must be small enough for this data, got {plan.learning_rate:g}: the loss is no "
                "longer finite; divide it by 10"
            )
        if losses[-1] == min(losses):
            best = _copy(model)
        if len(losses) - 1 - losses.index(min(losses)) >= plan.patience:
            break
    model.load_state_dict(best)
    model.train(False)
    return losses


def predict(model: nn.Module, X: NDArray[np.float32], device: str) -> NDArray[np.float32]:
    """Return what a trained network makes of the rows of ``X``, a block of rows at a time."""
    with torch.no_grad():
        parts = [
            model(torch.from_numpy(X[start : start + BLOCK]).to(device)).cpu().numpy()
            for start in range(0, len(X), BLOCK)
        ]
    return np.concatenate(parts)


def _visit(
    model: nn.Module,
    loss: Loss,
    tensors: list[Tensor],
    batches: list[NDArray[np.intp]],
    optimizer: torch.optim.Optimizer,
    noise: torch.Generator,
) -> None:
    """Take one step for each batch."""
    model.train()
    for batch in batches:
        rows = torch.from_numpy(batch).to(tensors[0].device)
        optimizer.zero_grad(set_to_none=True)
        loss(model, *(tensor[rows] for tensor in tensors), noise).backward()
        optimizer.step()


def _mean_loss(
    model: nn.Module, loss: Loss, tensors: list[Tensor], rows: NDArray[np.intp]
) -> float:
    model.train(False)
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(rows), BLOCK):
            block = torch.from_numpy(rows[start : start + BLOCK]).to(tensors[0].device)
            value = loss(model, *(tensor[block] for tensor in tensors), None)
            total += float(value) * len(block)
    return total / len(rows)


def _split(n: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows to train on and the rows to look at; the same where there are few."""
    if n < MIN_ROWS:
        return np.arange(n), np.arange(n)
    order = rng.permutation(n)
    count = max(1, round(n * HELD_OUT))
    return order[count:], np.sort(order[:count])


def _batches(rows: NDArray[np.intp], size: int, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """Return the rows in random order in parts of about one size, none of them a single row."""
    count = min(round(len(rows) / size), len(rows) // 2)
    return np.array_split(rng.permutation(rows), max(1, count))


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
