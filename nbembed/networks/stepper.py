"""The inner loop of a phase whose points are placed by a network."""

import copy
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed._types import State
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.neighbors import Graph
from nbembed.networks.activations import features
from nbembed.networks.batches import Batch, recording
from nbembed.networks.devices import pinned_torch, seeded_torch
from nbembed.networks.freezing import Frozen
from nbembed.networks.losses import Cauchy
from nbembed.networks.models import Network
from nbembed.networks.objectives import make_objective
from nbembed.networks.optimization import Optimizer
from nbembed.networks.placing import place, quick, ready
from nbembed.networks.plan import Plan
from nbembed.networks.rows import Rows
from nbembed.networks.sampling import Items
from nbembed.networks.terms import Term

__all__ = ["NetworkStepper"]

# A map that reaches this far has diverged, though its numbers are finite.
FARTHEST = 1e6
# Rows that maps for the history may take, for each row that is trained on: about 5 % of the time.
MAPPED = 0.15
# Terms smaller than this are not enlarged to 1.
SMALLEST = 1e-9
# Largest seed of torch's generators that all devices take.
SEEDS = 2**63 - 1


class NetworkStepper:
    """Trains a network on mini-batches; one step is several of them.

    What a mini-batch is and what is lost on it says an objective, to which terms are added; Adam follows
    the sum. On the CPU torch works on one thread and everything random comes from generators whose state
    is part of :meth:`state_dict`, so results depend neither on threads nor on pauses, branches or who looks.

    Parameters
    ----------
    graph
        Symmetric affinities of the rows.
    rows
        What the network sees, standardized, shape (n_samples, …), or where it comes from.
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
    terms
        What is added to the loss, by key. Default nothing.
    heads
        All networks beside ``module`` that the run has, by the key of their term; those of ``terms`` are
        trained, the others kept. They are trained in place. Default none.
    start
        The map that a loss called ``"position"`` aims at.
    source
        Rows among which the affinities of mini-batches are measured instead of ``rows``.
    before
        The stepper of the phase before. Where the phase is a later part of several, its Adam goes on; what it
        had frozen learns again.
    edges
        What mini-batches for the loss ``"linked"`` are drawn from.

    Attributes
    ----------
    module : torch.nn.Module
        The network as it stands.
    heads : torch.nn.ModuleDict
        The networks beside it as they stand.
    frozen : Frozen
        What is kept from learning.
    frame_every : int
        Steps between two maps that a history should keep: a map is a pass over all rows.
    loss_every : int
        Steps between two losses that it should keep: a step is long, and there are few.

    Raises
    ------
    InvalidInputError
        If the network does not give ``n_components`` numbers for each row.
    """

    loss_every = 4

    def __init__(  # noqa: PLR0913 - what a network is trained with
        self,
        graph: Graph,
        rows: NDArray[np.float32] | Rows,
        module: nn.Module,
        plan: Plan,
        *,
        n_components: int,
        seed: int,
        phase: int = 0,
        device: str = "cpu",
        terms: Mapping[str, Term] | None = None,
        heads: nn.ModuleDict | None = None,
        start: NDArray[np.float32] | None = None,
        source: NDArray[np.float32] | None = None,
        before: "NetworkStepper | None" = None,
        edges: Graph | None = None,
    ) -> None:
        self.plan, self.device, self.n_done = plan, device, 0
        self.module = copy.deepcopy(module).to(device)
        self.terms = dict(terms or {})
        self.heads = (heads if heads is not None else nn.ModuleDict()).to(device)
        self.frozen = Frozen(self.module, self.heads, plan.frozen, before and before.frozen)
        self._rows = Rows.of(rows, device)
        check_module(self.module, self._rows.first(2), n_components)
        self._table, self._learning = self._seen()
        self.objective = make_objective(
            graph,
            plan,
            self._rows,
            start,
            needs_rows=any(term.needs_rows for term in self.terms.values()),
            seed=seed,
            device=device,
            source=source,
            edges=edges,
        )
        self._halvings = 0
        self._seeds = _seeds((seed, phase), ("", *self.terms))
        self._generators = {
            key: torch.Generator(device).manual_seed(draw) for key, (draw, _) in self._seeds.items()
        }
        self._probe = self.objective.probe(self._fixed("")[""])
        self._live = {
            "learning_rate": plan.learning_rate,
            "repulsion_strength": plan.repulsion,
            "a": plan.a,
            "b": plan.b,
            "exaggeration": 1.0,
        } | {f"{key}_weight": term.weight for key, term in self.terms.items()}
        heads_now = [term.head for term in self.terms.values() if term.head is not None]
        self.optimizer = Optimizer(self.module, heads_now, self.objective, plan, device=device)
        if before is not None and plan.part:
            self.optimizer.take_over(before.optimizer)
        self._scales = self._first_sizes() if plan.normalize else {}
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
        if name == "exaggeration":
            return self._live[name] * self.plan.exaggerated(self._n_batches)
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
        own = torch.randint(2**31, (1,), generator=self._generators[""], device=self.device)
        with pinned_torch(1), seeded_torch(int(own), self.device):
            self._train_mode(on=True)
            for number in range(self.plan.batches_per_step):
                farthest = torch.maximum(farthest, self._trained(self._n_batches + number))
            self._train_mode(on=False)
        self.n_done += 1
        if not float(farthest) <= FARTHEST:
            raise FloatingPointError("the network sends points to infinity")

    def embedding(self) -> NDArray[np.float32]:
        """Return the map of all rows, shape (n_samples, n_components)."""
        with pinned_torch(1):
            many = quick(self.module, self.device)
            return place(ready(self.module, self.device), self._rows, self.device, many=many)

    def features(self, layer: str, rows: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Return what one part of the network makes of all rows now, or of those numbered, shape (n, width)."""
        with pinned_torch(1):
            samples = self._rows if rows is None else self._rows[torch.from_numpy(rows)]
            return features(self.module, samples, layer)

    @property
    def hidden_layers(self) -> list[str]:
        """Names of the layers between the data and the map; none of a network of the caller's."""
        return self.module.hidden_layers if isinstance(self.module, Network) else []

    def losses(self) -> dict[str, float]:
        """Return the loss of the present map and the value of each term, without its weight.

        They are measured in evaluation mode, on a mini-batch that is the same at every step, with the same
        draws; attraction and repulsion in nats per edge.
        """
        self._train_mode(on=False)
        with pinned_torch(1), torch.no_grad():
            inputs = self._table[self._probe.rows]
            batch = self._pass(self._probe, inputs, self._fixed(*self.terms))
            live = self._live | {"exaggeration": 1.0}
            values = self.objective.losses(self._probe, batch.places, live)
            values |= {key: term(batch) for key, term in self.terms.items()}
            return {name: float(value) for name, value in values.items()}

    def state_dict(self) -> State:
        """Return copies of all that is needed to go on bit by bit."""
        state: State = {"n_done": self.n_done, "halvings": self._halvings, **self._live}
        state |= {f"scale.{key}": scale for key, scale in self._scales.items()}
        for key, generator in self._generators.items():
            state[f"generator.{key}"] = generator.get_state().numpy().copy()
        for name, tensor in self._tensors().items():
            state[name] = tensor.detach().cpu().numpy().copy()
        return state

    def load_state_dict(self, state: State) -> None:
        """Go on from what :meth:`state_dict` returned."""
        self.n_done = int(state["n_done"])
        while self._halvings < int(state["halvings"]):
            self._halve()
        for name in self._live:
            self._live[name] = float(state[name])
        self._scales = {key: float(state[f"scale.{key}"]) for key in self._scales}
        for key, generator in self._generators.items():
            generator.set_state(torch.from_numpy(state[f"generator.{key}"].copy()))
        self.optimizer.prime(list(state))
        with torch.no_grad():
            for name, tensor in self._tensors().items():
                tensor.copy_(torch.from_numpy(np.asarray(state[name])))

    # ---- inside ---------------------------------------------------------------------------------

    @property
    def _n_batches(self) -> int:
        return self.n_done * self.plan.batches_per_step

    def _trained(self, number: int) -> Tensor:
        """Learn from mini-batch ``number``, of half the size where the memory is too small for it."""
        while True:
            try:
                return self._train(number)
            except torch.OutOfMemoryError as error:
                before = self.objective.n_rows
                after = self._halve()
                if after == before:
                    raise InvalidInputError(
                        f"model must fit into the memory of {self.device} with mini-batches of {before}, got: {error}. "
                        "Use a smaller model"
                    ) from error
                warnings.warn(
                    f"out of memory with mini-batches of {before}; from now on they are of {after}",
                    UserWarning,
                    stacklevel=2,
                )

    def _halve(self) -> int:
        """Make mini-batches half as large, and return how large they are then."""
        self._halvings += 1
        return self.objective.halve()

    def _train(self, number: int) -> Tensor:
        """Learn from mini-batch ``number``; return how far its points are, not a number if that is lost."""
        items = self.objective.draw(self._generators[""])
        inputs = self.objective.inputs(items, self._table, self._generators[""])
        batch = self._pass(items, inputs, self._generators)
        factor = self._live["exaggeration"] * self.plan.exaggerated(number)
        live = self._live | {"exaggeration": factor}
        parts = list(self.objective.losses(items, batch.places, live).values())
        for key, term in self.terms.items():
            parts.append(self._live[f"{key}_weight"] * self._scales.get(key, 1.0) * term(batch))
        loss = sum(parts[1:], start=parts[0])
        self.optimizer.step(loss, self._live["learning_rate"], number)
        return batch.places.detach().abs().amax() + 0.0 * loss.detach()

    def _seen(self) -> tuple[Rows | Tensor, nn.Module]:
        """Return the rows as the layers that are trained see them, and these layers.

        A first layer that is not trained is computed once for all rows; terms see the rows themselves.
        """
        if isinstance(self.module, Network) and self.module.computed_layer and not self.terms:
            with pinned_torch(1), torch.no_grad():
                table = self.module.computed_layer.table(self._rows)
            return table, self.module.trained_layers()
        return self._rows, self.module

    def _pass(
        self, items: Items, inputs: Tensor, generators: Mapping[str, torch.Generator]
    ) -> Batch:
        """Send a mini-batch, and the rows that terms bring, through the network, all at once."""
        rows, seen, slices = [items.rows], [inputs], dict[str, slice]()
        end = len(items.rows)
        for key, term in self.terms.items():
            brought = term.bring(self._table, items, inputs, generators[key])
            if brought is not None:
                rows.append(brought[0])
                seen.append(brought[1])
                slices[key] = slice(end, end + len(brought[0]))
                end += len(brought[0])
        if slices:
            inputs = torch.cat(seen)
        layers = {term.layer for term in self.terms.values() if term.layer is not None}
        with recording(self._learning, sorted(layers)) as hidden, self._precise():
            places = self._learning(inputs).float()
        kernel = Cauchy(self._live["a"], self._live["b"])
        numbers = torch.cat(rows) if slices else items.rows
        return Batch(items, numbers, inputs, places, dict(hidden), slices, generators, kernel)

    def _precise(self) -> Any:
        """Return what has the network compute in the plan's precision while it trains."""
        kind = self.device.split(":", maxsplit=1)[0]
        half = self.plan.precision == "bfloat16" and self.module.training
        return torch.autocast(kind, torch.bfloat16, enabled=half)

    def _fixed(self, *keys: str) -> dict[str, torch.Generator]:
        """Return generators that draw the same whenever they are asked for."""
        return {key: torch.Generator(self.device).manual_seed(self._seeds[key][1]) for key in keys}

    def _train_mode(self, *, on: bool) -> None:
        for part in (self.module, self.heads, *self.terms.values()):
            part.train(on)
        self.frozen.rest()

    def _first_sizes(self) -> dict[str, float]:
        """Return one over the size that each term has now, 1 where it has none."""
        sizes = {key: abs(self.losses()[key]) for key in self.terms}
        return {key: 1.0 / size if size > SMALLEST else 1.0 for key, size in sizes.items()}

    def _tensors(self) -> dict[str, Tensor]:
        """Return all that steps change, under names, to be copied and restored in place."""
        parts = {"module": self.module, "heads": self.heads, "objective": self.objective}
        held = {part: network.state_dict() for part, network in parts.items()}
        for key, term in self.terms.items():
            held[f"terms.{key}"] = dict(term.named_buffers(recurse=False))
        named = {f"{part}.{name}": v for part, tensors in held.items() for name, v in tensors.items()}  # fmt: skip
        return named | self.optimizer.tensors()


def _seeds(names: tuple[int, ...], keys: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Return two seeds for each key: for what is drawn in training, and for what measures the loss.

    Those of the objective, whose key is "", do not depend on the other keys, nor these on each other.
    """
    found: dict[str, tuple[int, int]] = {}
    for key in keys:
        numbers = np.random.SeedSequence((*names, *key.encode())).generate_state(2, np.uint64)
        draw, probe = (int(number) % SEEDS for number in numbers)
        found[key] = (draw, probe)
    return found


def check_module(module: nn.Module, rows: Tensor, n_components: int) -> None:
    """Raise unless the network gives ``n_components`` numbers for each row."""
    module.train(False)
    taken = f"rows of {rows.shape[1]} numbers"
    if rows.ndim > 2:  # noqa: PLR2004
        taken = f"samples of shape {tuple(rows.shape[1:])}"
    with pinned_torch(1), torch.no_grad():
        try:
            shape = tuple(module(rows).shape)
        except RuntimeError as error:
            raise InvalidInputError(
                f"model must take {taken}, got one that raises: {error}"
            ) from error
    wanted = (len(rows), n_components)
    if shape != wanted:
        raise InvalidInputError(
            f"model must give {n_components} numbers for each row (n_components), got an output of shape "
            f"{shape} for {wanted[0]} rows; end it with torch.nn.Linear(…, {n_components})"
        )
