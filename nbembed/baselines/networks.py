"""Small dense networks, and the loop that trains them.

This is the one file of the baselines that imports torch. Weights, order of the rows and noise come
from one generator, and on the CPU torch runs on a fixed number of threads, so a seed fixes the
result there.
"""

import math
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed.errors import InvalidInputError

__all__ = ["Plan", "Scaling", "dense", "pick_device", "pinned_torch", "predict", "train"]

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


@dataclass(frozen=True)
class Scaling:
    """Centring of every column and one scale for all of them, so that distances keep their ratios."""

    mean: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, X: NDArray[Any]) -> "Scaling":
        """Return the scaling that gives ``X`` mean 0 and mean square 1."""
        mean = X.mean(axis=0, dtype=np.float64)
        spread = float(np.sqrt(X.var(axis=0, dtype=np.float64).mean()))
        return cls(mean, spread or 1.0)

    def forward(self, X: NDArray[Any]) -> NDArray[np.float32]:
        """Return scaled rows."""
        return ((X - self.mean) / self.scale).astype(np.float32)

    def back(self, Z: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows as they were before :meth:`forward`."""
        return (Z * self.scale + self.mean).astype(np.float32)


def pick_device(device: str) -> str:
    """Return the device that ``"auto"`` stands for: CUDA, else MPS, else the CPU.

    Raises
    ------
    InvalidInputError
        If the device is not there.
    """
    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    if device == "auto":
        return there[0]
    if device.split(":", maxsplit=1)[0] not in there:
        raise InvalidInputError(
            f"device must be 'auto' or one of {', '.join(map(repr, there))} on this machine, got {device!r}"
        )
    return device


@contextmanager
def pinned_torch(n_threads: int, seed: int | None = None) -> Generator[None]:
    """Run torch on ``n_threads`` threads inside; with a seed, put back its global generator too."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            yield
    finally:
        torch.set_num_threads(before)


def dense(
    widths: Sequence[int], generator: torch.Generator, *, normalize: bool = True, bias: float = 0.0
) -> nn.Sequential:
    """Return dense layers with ReLU between them.

    Parameters
    ----------
    widths
        Columns of the input, of each hidden layer, and of the output.
    generator
        Draws the weights, uniformly as torch does by default, but never from the global generator.
    normalize
        Put batch normalization after each ReLU.
    bias
        Where the biases start.
    """
    layers: list[nn.Module] = []
    pairs = list(pairwise(widths))
    for place, (n_in, n_out) in enumerate(pairs):
        layer: Any = nn.utils.skip_init(nn.Linear, n_in, n_out)
        nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
        nn.init.constant_(layer.bias, bias)
        layers.append(layer)
        if place < len(pairs) - 1:
            layers.append(nn.ReLU())
            if normalize:
                layers.append(nn.BatchNorm1d(n_out))
    return nn.Sequential(*layers)


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
