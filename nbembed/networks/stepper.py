"""The inner loop of a phase whose points are placed by a network."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed import _checks
from nbembed._types import State
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.neighbors import Graph
from nbembed.networks import losses
from nbembed.networks.devices import pinned_torch
from nbembed.networks.losses import Cauchy, squared_distances
from nbembed.networks.placing import place, ready
from nbembed.networks.sampling import EdgeBatches, Pairs

__all__ = ["LOSSES", "NetworkStepper", "Plan"]

LOSSES: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    "cross_entropy": losses.cross_entropy,
    "neg_tsne": losses.neg_tsne,
    "info_nce": losses.info_nce,
    "nce": losses.nce,
}
# Share of the learning rate that is left at the end of the cosine.
LAST = 0.01
# A map that reaches this far has diverged, though its numbers are finite.
FARTHEST = 1e6
# Edges on which the loss of the map is measured, the same at every step.
PROBE = 2048
# Learning rate of the logarithm of the normalization, which is one number.
RATE_LOG_Z = 1e-2
# Rows that maps for the history may take, for each edge that is trained on: about 5 % of the time.
MAPPED = 0.3
# Largest seed of torch's generators that all devices take.
SEEDS = 2**63 - 1


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    loss
        ``"cross_entropy"``, ``"neg_tsne"``, ``"info_nce"`` or ``"nce"``.
    n_steps
        Steps of the phase.
    batches_per_step
        Mini-batches that make one step.
    batch_size, n_negatives, negatives
        See :class:`~nbembed.networks.sampling.EdgeBatches`.
    learning_rate
        Of Adam, at its highest.
    repulsion
        Factor on the repulsion.
    a, b
        The Cauchy kernel.
    schedule
        ``"cosine"`` lets the learning rate fall to a hundredth, ``"constant"`` does not.
    warm_up
        Mini-batches during which the learning rate rises.
    clip
        Largest length of the gradient, or with ``clip_by="value"`` largest of its numbers; None does not
        clip.
    clip_by
        ``"norm"`` or ``"value"``.
    mixup
        Each end of an edge is moved towards the other, before the network sees it, by a random share of
        their difference, up to this one; in [0, 0.5]. 0 moves nothing.
    """

    loss: str
    n_steps: int
    batches_per_step: int
    batch_size: int
    n_negatives: int
    learning_rate: float
    repulsion: float
    a: float = 1.0
    b: float = 1.0
    negatives: str = "batch"
    schedule: str = "cosine"
    warm_up: int = 50
    clip: float | None = 4.0
    clip_by: str = "norm"
    mixup: float = 0.0

    def rate(self, n_done: int) -> float:
        """Return the share of the learning rate that the mini-batch after ``n_done`` takes."""
        rise = min(1.0, (n_done + 1) / max(1, self.warm_up))
        if self.schedule == "constant":
            return rise
        part = min(1.0, n_done / (self.n_steps * self.batches_per_step))
        return rise * (LAST + (1.0 - LAST) * 0.5 * (1.0 + math.cos(math.pi * part)))


class NetworkStepper:
    """Trains a network on mini-batches of edges; one step is several of them.

    On the CPU torch works on one thread and everything random comes from one generator whose state is part
    of :meth:`state_dict`, so results depend neither on threads nor on pauses, branches or who looks.

    Parameters
    ----------
    graph
        Symmetric affinities of the rows.
    rows
        What the network sees, standardized, shape (n_samples, n_features).
    module
        The network; a copy of it is trained.
    plan
        How to train it.
    n_components
        Columns that the network must give.
    seed, phase
        Fix what is drawn.
    device
        Where torch works. Default ``"cpu"``.

    Attributes
    ----------
    module : torch.nn.Module
        The network as it stands.
    frame_every : int
        Steps between two maps that a history should keep: a map is a pass over all rows.

    Raises
    ------
    InvalidInputError
        If the network does not give ``n_components`` numbers for each row.
    """

    def __init__(
        self,
        graph: Graph,
        rows: NDArray[np.float32],
        module: nn.Module,
        plan: Plan,
        *,
        n_components: int,
        seed: int,
        phase: int = 0,
        device: str = "cpu",
    ) -> None:
        _checks.check_choice("loss", plan.loss, LOSSES)
        self.plan, self.device, self.n_done = plan, device, 0
        self.module = copy.deepcopy(module).to(device)
        self._inputs = rows
        self._rows = torch.from_numpy(rows).to(device)
        self._log_z = nn.Parameter(torch.zeros((), device=device))
        self._check_module(n_components)
        self._batches = EdgeBatches(
            graph, plan.batch_size, plan.n_negatives, negatives=plan.negatives, device=device
        )
        name = np.random.SeedSequence((seed, phase)).generate_state(2, np.uint64)
        draw, probe = (int(number) % SEEDS for number in name)
        self._generator = torch.Generator(device).manual_seed(draw)
        size = min(PROBE, len(graph.indices))
        self._probe = self._batches.draw(torch.Generator(device).manual_seed(probe), size)
        self._live = {
            "learning_rate": plan.learning_rate,
            "repulsion_strength": plan.repulsion,
            "a": plan.a,
            "b": plan.b,
        }
        groups: list[dict[str, Any]] = [{"params": self._parameters}]
        if plan.loss == "nce":
            groups.append({"params": [self._log_z]})
        self._optimizer = torch.optim.Adam(groups, lr=plan.learning_rate, fused=device != "mps")
        seen = plan.batches_per_step * plan.batch_size
        self.frame_every = max(1, round(len(rows) / (MAPPED * seen)))

    # ---- what a run asks for --------------------------------------------------------------------

    @property
    def learning_rate(self) -> float:
        """The learning rate now in force."""
        return self._live["learning_rate"] * self.plan.rate(self._n_batches)

    def get(self, name: str) -> Any:
        """Return the live parameter ``name``."""
        if name not in self._live:
            raise InvalidTypeError(
                f"{name!r} is no parameter that can be changed during this phase; "
                f"those that can are {', '.join(sorted(self._live))}"
            )
        return self._live[name]

    def set(self, name: str, value: Any) -> None:
        """Change the live parameter ``name`` from the next step on."""
        self.get(name)
        self._live[name] = float(value)

    def step(self) -> None:
        """Train on the mini-batches of one step.

        Raises
        ------
        FloatingPointError
            If the loss is no longer finite, or the map reaches farther than 1e6.
        """
        farthest = torch.zeros((), device=self.device)
        # Dropout and the like in a caller's network draw from torch's own generator.
        with pinned_torch(1, seed=0):
            own = torch.randint(2**31, (1,), generator=self._generator, device=self.device)
            torch.default_generator.manual_seed(int(own))
            self.module.train()
            for number in range(self.plan.batches_per_step):
                farthest = torch.maximum(farthest, self._train(self._n_batches + number))
            self.module.train(False)
        self.n_done += 1
        if not float(farthest) <= FARTHEST:
            raise FloatingPointError("the network sends points to infinity")

    def embedding(self) -> NDArray[np.float32]:
        """Return the map of all rows, shape (n_samples, n_components)."""
        with pinned_torch(1):
            return place(ready(self.module, self.device), self._inputs, self.device)

    def losses(self) -> dict[str, float]:
        """Return the loss of the present map in nats per edge, on edges that are the same at every step."""
        self.module.train(False)
        with pinned_torch(1), torch.no_grad():
            places = self.module(self._rows[self._probe.rows])
            pull, push = self._loss(self._probe, places)
            return {"attraction": float(pull), "repulsion": float(push)}

    def state_dict(self) -> State:
        """Return copies of all that is needed to go on bit by bit."""
        state: State = {"n_done": self.n_done, **self._live}
        state["generator"] = self._generator.get_state().numpy().copy()
        for name, tensor in self._tensors().items():
            state[name] = tensor.detach().cpu().numpy().copy()
        return state

    def load_state_dict(self, state: State) -> None:
        """Go on from what :meth:`state_dict` returned."""
        self.n_done = int(state["n_done"])
        for name in self._live:
            self._live[name] = float(state[name])
        self._generator.set_state(torch.from_numpy(state["generator"].copy()))
        self._prime(frozenset(int(n.split(".")[1]) for n in state if n.startswith("adam.")))
        with torch.no_grad():
            for name, tensor in self._tensors().items():
                tensor.copy_(torch.from_numpy(np.asarray(state[name])))

    # ---- inside ---------------------------------------------------------------------------------

    @property
    def _n_batches(self) -> int:
        return self.n_done * self.plan.batches_per_step

    @property
    def _parameters(self) -> list[nn.Parameter]:
        return [p for p in self.module.parameters() if p.requires_grad]

    def _train(self, number: int) -> Tensor:
        """Learn from mini-batch ``number``; return how far its points are, not a number if that is lost."""
        share = self.plan.rate(number)
        rates = (self._live["learning_rate"], RATE_LOG_Z)
        for group, rate in zip(self._optimizer.param_groups, rates, strict=False):
            group["lr"] = rate * share
        self._optimizer.zero_grad(set_to_none=True)
        pairs = self._batches.draw(self._generator)
        places = self.module(self._mixed(pairs.rows))
        pull, push = self._loss(pairs, places)
        loss = pull + push
        loss.backward()
        if self.plan.clip is not None:
            clip = nn.utils.clip_grad_norm_
            if self.plan.clip_by == "value":
                clip = nn.utils.clip_grad_value_
            clip(self._parameters, self.plan.clip)
        self._optimizer.step()
        return places.detach().abs().amax() + 0.0 * loss.detach()

    def _mixed(self, numbers: Tensor) -> Tensor:
        """Return what the network sees of these rows: heads and tails moved towards each other."""
        rows = self._rows[numbers]
        if not self.plan.mixup:
            return rows
        size = self.plan.batch_size
        shares = torch.rand((2 * size, 1), generator=self._generator, device=self.device)
        other = torch.cat([rows[size : 2 * size], rows[:size]])
        mixed = rows[: 2 * size].lerp(other, self.plan.mixup * shares)
        return torch.cat([mixed, rows[2 * size :]])

    def _loss(self, pairs: Pairs, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return attraction and repulsion of a batch whose rows are at ``places``."""
        size = len(pairs.noise if pairs.mask is None else pairs.mask)
        heads, tails = places[:size], places[size : 2 * size]
        edges = (heads - tails).square().sum(1)
        if pairs.noise.ndim == 1:
            noise = squared_distances(heads, places[pairs.noise])
        else:
            noise = (heads[:, None] - places[pairs.noise]).square().sum(2)
        options: dict[str, Any] = {"repulsion": self._live["repulsion_strength"]}
        if self.plan.loss == "nce":
            options["log_z"] = self._log_z
        kernel = Cauchy(self._live["a"], self._live["b"])
        return LOSSES[self.plan.loss](edges, noise, pairs.mask, kernel, **options)

    def _tensors(self) -> dict[str, Tensor]:
        """Return all that steps change, under names, to be copied and restored in place."""
        named = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        named["log_z"] = self._log_z
        for number, parameter in enumerate([*self._parameters, self._log_z]):
            moments = self._optimizer.state.get(parameter, {})
            named |= {f"adam.{number}.{name}": value for name, value in moments.items()}
        return named

    def _prime(self, numbers: frozenset[int]) -> None:
        """Let Adam make the moments of these parameters, to be filled: it makes them in its first step."""
        parameters = [*self._parameters, self._log_z]
        before = [parameter.detach().clone() for parameter in parameters]
        self._optimizer.state.clear()
        for number, parameter in enumerate(parameters):
            parameter.grad = torch.zeros_like(parameter) if number in numbers else None
        self._optimizer.step()
        with torch.no_grad():
            for parameter, value in zip(parameters, before, strict=True):
                parameter.copy_(value)

    def _check_module(self, n_components: int) -> None:
        """Raise unless the network gives ``n_components`` numbers for each row."""
        self.module.train(False)
        with pinned_torch(1), torch.no_grad():
            try:
                shape = tuple(self.module(self._rows[:2]).shape)
            except RuntimeError as error:
                raise InvalidInputError(
                    f"model must take rows of {self._rows.shape[1]} numbers, got one that raises: {error}"
                ) from error
        wanted = (len(self._rows[:2]), n_components)
        if shape != wanted:
            raise InvalidInputError(
                f"model must give {n_components} numbers for each row (n_components), got an output of shape "
                f"{shape} for {wanted[0]} rows; end it with torch.nn.Linear(…, {n_components})"
            )
