"""A method that is a document."""

import warnings
from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed._scaling import Scaling
from nbembed.callbacks import ProgressBar, as_callbacks
from nbembed.errors import InvalidTypeError, NotKeptError
from nbembed.estimators.base import Embedder
from nbembed.estimators.parametric import ParametricEmbedder
from nbembed.estimators.samples import check_shape, flattened, folded
from nbembed.neighbors import check_given
from nbembed.phases import Part, Phase
from nbembed.spec import Spec
from nbembed.spec.training import Meant, meant
from nbembed.terms import Classification
from nbembed.training import NetworkReference, Run

__all__ = ["Routine"]


class Routine(ParametricEmbedder):
    """The method that a document describes, trained.

    A document in the words of the ParaDime paper, with ``sampling`` by ``item`` or ``edge``, trains a network, or
    free points, on any combination of losses. A document that :meth:`spec` of another estimator returned gives the
    numbers of that estimator again.

    Parameters
    ----------
    spec
        A :class:`nbembed.Spec`, a dictionary, text in YAML or JSON, or the path of a file.
    model
        What places points, where the document does not say: a ``torch.nn.Module``, the name of a model, or
        ``{"type": "fcnn", "options": {"hidden": [100, 50]}}``. ``"free"`` trains coordinates instead of a
        network. None (default) is a network with hidden layers of 100 and 50, without normalization.
    n_components
        Dimension of the map, at least 1, where the document does not say. Default 2.
    data
        Arrays by name, with a row for each row of X, that the document asks for; beside ``"main"``, which is X, and
        ``"labels"``, which is y. Default none.
    graph
        As for :class:`ParametricUMAP`, for documents of recipes. Default None.
    device, n_jobs, verbose, callbacks
        As for :class:`ParametricUMAP`.
    random_state
        Seed. None (default) is the ``seed`` of the document, or a fresh one.

    Attributes
    ----------
    embedding_, loss_, n_iter_, model_
        As for :class:`ParametricUMAP`.

    References
    ----------
    Hinterreiter et al. (2023), "ParaDime: A framework for parametric dimensionality reduction", EuroVis.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> spec = nb.UMAP(n_epochs=20, random_state=0).spec(len(X))
    >>> same = nb.Routine(spec).fit_transform(X)
    >>> bool((same == nb.UMAP(n_epochs=20, random_state=0).fit_transform(X)).all())
    True
    """

    metric = "euclidean"
    preset = "recommended"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(
        self,
        spec: Any,
        *,
        model: Any = None,
        n_components: int = 2,
        data: Mapping[str, Any] | None = None,
        graph: Any = None,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.spec = spec
        self.model = model
        self.n_components = n_components
        self.data = data
        self.graph = graph
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call the method."""
        return Spec.of(self.spec).title

    @property
    def terms(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        """A classifier where the document has one: what ``predict`` asks for."""
        types = {loss.type for loss in Spec.of(self.spec).parts.losses.values()}
        return (Classification(),) if "classification" in types else ()

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:  # noqa: ARG002
        """Return nothing: a document leaves no hyper-parameter open."""
        return {"recommended": {}}

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases of a fit of ``n_samples`` rows, of data that are all 0 where phases ask for data."""
        X = np.zeros((n_samples, 1), dtype=np.float32)
        X[:, 0] = np.arange(n_samples)
        labels = np.arange(n_samples) % 2
        return self._meant(X, labels).phases

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        self.init = "random"
        Embedder.check_parameters(self, n_samples)
        if self.data is not None and not isinstance(self.data, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidTypeError(f"data must be a dictionary of arrays, got {self.data!r}")

    def run(self, X: Any, y: Any = None) -> Run:
        """Return the fit of ``X`` as an iterator of frames; nothing is trained before the first pull.

        Parameters
        ----------
        X
            Data, shape (n_samples, n_features), or samples of any shape.
        y
            A label for each row, where the document asks for ``labels``; -1, None and NaN are unknown.
        """
        parts = Spec.of(self.spec).parts
        table, shape = flattened(X)
        # What a shift of the data does not change is measured on shifted data.
        known = [r.type.options for r in parts.relations.values() if r.level == "global"]
        metric = next((str(o["metric"]) for o in known if "metric" in o), str(self.metric))
        array, scaling = _checks.scaled_data(table, metric=metric)
        return self.run_checked(array, scaling, y, sample_shape=shape)

    def run_checked(
        self,
        array: NDArray[np.float32],
        scaling: Scaling,
        y: Any = None,
        *,
        sample_shape: tuple[int, ...] | None = None,
    ) -> Run:
        """Return the fit of data that ``_checks.scaled_data`` has checked and scaled already."""
        n = len(array)
        self.check_parameters(n)
        found = self._meant(array, y)
        _warn_of_rows(Spec.of(self.spec), n)
        phases, targets = found.phases, dict(found.targets)
        if found.classes is not None:
            targets["classes"] = found.classes
        if phases[0].model["name"] not in ("free", "points"):
            if sample_shape is not None:
                phases = [folded(phase, sample_shape) for phase in phases]
            check_shape(phases[0].model, array.shape[1])
        return Run(
            array,
            phases,
            seed=found.seed,
            callbacks=as_callbacks(self.callbacks)
            + ([ProgressBar(self.title)] if self.verbose else []),
            n_jobs=self.n_jobs,
            scaling=scaling,
            init_array=found.start,
            module=found.module,
            device=self._place_of_work(phases[0].model),
            given=check_given(self.graph, n, phases[0].neighbors["metric"]),
            targets=targets,
        )

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return places for rows on the fitted map, which stays as it is.

        Parameters
        ----------
        X
            Rows, shape (m, n_features), with the columns and the units of the fit.

        Raises
        ------
        NotKeptError
            If the points were free: only a network, or a recipe of free coordinates, places new rows.
        """
        reference: Any = self._kept_reference("transform")
        if not isinstance(reference, NetworkReference):
            return Embedder.transform(self, X)
        if reference.part["name"] == "points":
            raise NotKeptError(
                "transform needs a network, got free points; give model='fcnn', or fit again with the new rows"
            )
        return super().transform(X)

    def stored_parameters(self, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
        """Return the hyper-parameters as JSON can say them, and add what it cannot say to ``arrays``."""
        if self.data is not None and any(
            np.asarray(v).dtype.kind not in "biuf" for v in self.data.values()
        ):
            raise InvalidTypeError("data must hold numbers to be saved, got others")
        for name, values in (self.data or {}).items():
            table = np.asarray(values)
            arrays[f"given.{name}"] = table.astype(
                np.int64 if table.dtype.kind in "biu" else np.float64
            )
        return super().stored_parameters(arrays)

    @classmethod
    def read_parameters(
        cls, stored: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> dict[str, Any]:
        """Return the hyper-parameters that ``save`` wrote."""
        data = {k.removeprefix("given."): v for k, v in arrays.items() if k.startswith("given.")}
        return {k: v for k, v in stored.items() if k != "data"} | {"data": data or None}

    # ---- inside -------------------------------------------------------------------------------

    def _meant(self, array: NDArray[np.float32], y: Any) -> Meant:
        """Return what the document means for these data."""
        spec = Spec.of(self.spec)
        state = spec.parts.seed if self.random_state is None else self.random_state
        return meant(
            spec,
            array,
            y,
            data=self.data or {},
            model=self.model,
            n_components=int(self.n_components),
            seed=_checks.check_seed(state),
        )

    def _place_of_work(self, part: Part) -> str:
        """Return where a run works; free coordinates need no torch where nobody asked for a device."""
        return "cpu" if part["name"] == "free" and self.device == "auto" else self._device()

    def _stored_parameter(self, name: str, value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
        match name:
            case "spec":
                return Spec.of(value).to_dict()
            case "data":
                return None
            case "model" if isinstance(value, Mapping):
                return dict(value)
            case _:
                return Embedder._stored_parameter(self, name, value, arrays)  # noqa: SLF001

    def _reference_of(self, run: Run) -> Any:
        if run.network is None:
            return Embedder._reference_of(self, run)  # noqa: SLF001
        return NetworkReference.of(run)

    def _stored_reference(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Any:
        if "phase" in config:
            return Embedder._stored_reference(self, config, arrays)  # noqa: SLF001
        return NetworkReference.from_config(config, arrays)


def _warn_of_rows(spec: Spec, n: int) -> None:
    """Warn where numbers in a document would be others had it been written for ``n`` rows."""
    low, high = spec.parts.rows
    if low <= n <= high:
        return
    written = (
        f"{low:,}"
        if low == high
        else f"{low:,} rows and more"
        if high == inf
        else f"{low:,} to {high:,}"
    )
    warnings.warn(
        f"the spec was written for {written.removesuffix(' rows')} rows, got {n:,}: lengths and sizes in it are not "
        f"those that its method takes for these; estimator.spec({n}) writes them anew",
        UserWarning,
        stacklevel=4,
    )
