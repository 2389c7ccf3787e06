"""Deep-learning projection: a network learns a map that is there already."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError
from nbembed.estimators.mini_batches import check_held_out, items_part
from nbembed.estimators.parametric import ParametricEmbedder
from nbembed.estimators.parts import neighbors_part
from nbembed.phases import Phase
from nbembed.terms import Position, Term, as_terms, keyed
from nbembed.training import Run

__all__ = ["Projection"]

# A map that reaches twice as far counts as one that has diverged.
FARTHEST = 5e5


class Projection(ParametricEmbedder):
    r"""A network that learns any reference map, and so places new rows into it.

    Minimises :math:`\frac1n \sum_i \|f(x_i) - y_i\|^2` on mini-batches of rows. The curve ``"position"`` is in
    squared units of the map, ``loss_`` in units of its variance: the share of it that is missed. The loss
    knows nothing of neighbours: a network that is too narrow for the map blurs it, where
    :class:`ParametricUMAP` would have found another map that suits it.

    Parameters
    ----------
    reference
        The map, shape (n_samples, n_components); or an estimator with ``fit_transform``, a copy of which is
        fitted when the run is made, with this ``random_state`` if that is not None.
    model
        ``"fcnn"`` (default), ``"cnn"``, or a ``torch.nn.Module`` that gives as many numbers as the map has columns.
    hidden
        Widths of the hidden layers. Default (256, 512, 256).
    normalization
        Of the hidden layers: ``"layer"`` (default), ``"batch"`` or ``"none"``.
    shape
        Of one sample, such as (28, 28, 1), where X holds flat rows. Default None.
    n_batches
        Mini-batches, at least 1. Default 4000.
    batch_size
        Rows of a mini-batch, at least 1. Default 256.
    learning_rate
        Of Adam, above 0. Default 0.001; it falls to a hundredth.
    held_out
        Share of the rows that training does not see, less than 1: ``loss_`` and the curves are theirs. Fewer than 20
        rows hold out none. Default 0.
    terms
        What else is added to the loss: :mod:`nbembed.terms`, or their names. Default none.
    device, random_state, n_jobs, verbose, callbacks
        As for :class:`ParametricUMAP`.

    Attributes
    ----------
    embedding_, model_, n_iter_
        As for :class:`ParametricUMAP`.
    reference_embedding_ : ndarray of shape (n_samples, n_components)
        The map that was learned.
    estimator_ : object
        The fitted copy of an estimator.

    References
    ----------
    Espadoto, Hirata & Telea (2020), "Deep learning multidimensional projections", Information
    Visualization 19; for the widths.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> Y = nb.TSNE(n_iter=50, random_state=0).fit_transform(X[:140])
    >>> nb.Projection(Y, n_batches=50, device="cpu", random_state=0).fit(X[:140]).transform(X[140:]).shape
    (10, 2)
    """

    metric = "euclidean"
    preset = "recommended"

    def __init__(
        self,
        reference: Any,
        *,
        model: Any = "fcnn",
        hidden: Sequence[int] | None = None,
        normalization: str | None = None,
        shape: Sequence[int] | None = None,
        n_batches: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        held_out: float = 0.0,
        terms: Any = (),
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.reference = reference
        self.model = model
        self.hidden = hidden
        self.normalization = normalization
        self.shape = shape
        self.n_batches = n_batches
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.held_out = held_out
        self.terms = terms
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call it: what learns, and whose map."""
        if self._is_map:
            return "projection of a map"
        learned = getattr(self.reference, "title", type(self.reference).__name__)
        return f"projection of {learned}"

    @property
    def n_components(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Dimension of the map, that of ``reference``."""
        if not self._is_map:
            return getattr(self.reference, "n_components", 2)
        shape = np.shape(self.reference)
        return int(shape[1]) if len(shape) > 1 else 1

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:  # noqa: ARG002 - as others
        """Return the hyper-parameters of the only preset."""
        return {
            "recommended": {
                "hidden": (256, 512, 256),
                "normalization": "layer",
                "n_batches": 4000,
                "batch_size": 256,
                "learning_rate": 1e-3,
                "schedule": "cosine",
                "warm_up": 50,
                "clip": 4.0,
                "clip_by": "norm",
            }
        }

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases of a projection, of a map whose centre is 0 and whose spread is 1."""
        recipe = self.recipe(n_samples)
        n_steps, each = self._steps(int(recipe["n_batches"]))
        return self._around(
            Phase(
                name="training",
                n_steps=n_steps,
                neighbors=neighbors_part(1, self.metric),
                affinities={"name": "none"},
                kernel={"name": "student_t"},
                sampler=items_part(int(recipe["batch_size"]), each, self.held_out),
                loss={"name": "none"},
                optimizer=self._optimizer_part(recipe),
                model=self._model_part(recipe),
                init={"name": "network"},
            )
        )

    def keep(self, run: Run) -> None:
        """Take the fitted arrays over from ``run``, if it has a map yet."""
        super().keep(run)
        if run.embedding is not None:
            self.reference_embedding_ = np.asarray(run.targets["position"][1], dtype=np.float32)
            if "estimator" in run.targets:
                self.estimator_ = run.targets["estimator"]

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        if isinstance(self.reference, type) or not (
            self._is_map or hasattr(self.reference, "fit_transform")
        ):
            raise InvalidTypeError(
                "reference must be a map, or an estimator with fit_transform such as nbembed.TSNE(), got "
                f"{self.reference!r}"
            )
        check_held_out(self.held_out)
        super().check_parameters(n_samples)

    @classmethod
    def read_parameters(
        cls, stored: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> dict[str, Any]:
        """Return the hyper-parameters that ``save`` wrote."""
        return super().read_parameters(stored, arrays) | {"reference": arrays["reference"]}

    # ---- inside -------------------------------------------------------------------------------

    @property
    def _is_map(self) -> bool:
        return isinstance(self.reference, (np.ndarray, list, tuple)) or hasattr(
            self.reference, "__array__"
        )

    def _keyed_terms(self) -> dict[str, Term]:
        """Return what a projection consists of, whose targets come with the run, and the added terms."""
        own = Position(np.zeros((1, self.n_components)))
        return keyed([own, *as_terms(self.terms)])

    def _fit_of(self, array: NDArray[np.float32], y: Any) -> tuple[list[Phase], dict[str, Any]]:
        """Return the phases of a network whose numbers are of order 1, and the map that it learns."""
        phases, targets = super()._fit_of(array, y)
        learned, estimator = self._learned(array, y)
        targets |= {"position": (np.arange(len(learned)), learned)}
        targets |= {} if estimator is None else {"estimator": estimator}
        return _in_units_of(learned, phases), targets

    def _written(self, n_samples: int) -> tuple[list[Phase], dict[str, Any]]:
        """Return the phases of the method, and the arrays that they need besides: the map that is learned."""
        if not self._is_map and not hasattr(self, "reference_embedding_"):
            raise NotKeptError(
                "spec needs the map that is learned, got an estimator that makes it; fit first, or give its map"
            )
        given = self.reference if self._is_map else self.reference_embedding_
        learned = np.asarray(given, dtype=np.float64)
        phases, others = super()._written(n_samples)
        others |= {"position": learned, "position rows": np.arange(len(learned))}
        return _in_units_of(learned, phases), others

    def _learned(self, array: NDArray[np.float32], y: Any) -> tuple[NDArray[np.float64], Any]:
        """Return the map that is learned, and the estimator that made it now."""
        given: Any = self.reference
        estimator: Any = None
        if not self._is_map:
            estimator = clone(given)
            if self.random_state is not None and "random_state" in estimator.get_params():
                estimator.set_params(random_state=_checks.check_seed(self.random_state))
            data = (array,) if y is None else (array, y)
            given = estimator.fit_transform(*data)
        learned = np.asarray(given, dtype=np.float64)
        if learned.ndim != 2 or len(learned) != len(array):  # noqa: PLR2004
            raise InvalidInputError(
                f"reference must be a map with a row for each of the {len(array)} rows of X, got shape {learned.shape}"
            )
        if not np.isfinite(learned).all():
            raise InvalidInputError("reference must be finite, got NaN or infinity in it")
        farthest = float(np.abs(learned).max(initial=0.0))
        if farthest > FARTHEST:
            raise InvalidInputError(
                f"reference must reach no farther than {FARTHEST:g} from 0, got {farthest:.3g}; divide the map"
            )
        return learned, estimator

    def _stored_parameter(self, name: str, value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
        if name != "reference":
            return super()._stored_parameter(name, value, arrays)
        if not self._is_map:
            raise InvalidTypeError(
                f"reference must be a map to be saved, got {value!r}; fit on its map instead: "
                "Projection(method.reference_embedding_)"
            )
        arrays["reference"] = np.asarray(value, dtype=np.float64)
        return None


def _in_units_of(learned: NDArray[np.float64], phases: list[Phase]) -> list[Phase]:
    """Return phases whose network ends in the units of a map, so that its own numbers are of order 1."""
    scale = float(np.sqrt(learned.var(axis=0).sum())) or 1.0
    units = {"scale": scale, "offset": learned.mean(axis=0).tolist()}
    return [_in_units(phase, units) for phase in phases]


def _in_units(phase: Phase, units: dict[str, Any]) -> Phase:
    """Return a phase whose network, if it is one of ours, ends in these units, as does the main loss."""
    model = phase.model if phase.model["name"] == "module" else phase.model | {"units": units}
    terms = [
        part | {"weight": 1.0 / units["scale"] ** 2, "everywhere": True}
        if part["key"] == "position"
        else part
        for part in phase.terms
    ]
    return replace(phase, model=model, terms=terms)
