"""What all estimators share: a recipe turns hyper-parameters into phases, a run carries them out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from nbembed import _checks, persistence
from nbembed._scaling import Scaling
from nbembed._threads import use_threads
from nbembed._types import NOT_TO_SCALE
from nbembed.callbacks import ProgressBar, as_callbacks
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError
from nbembed.estimators.documents import WithSpec
from nbembed.estimators.parts import check_dtype, check_pca, column_names, reduced
from nbembed.phases import Phase
from nbembed.training import Reference, Run

__all__ = ["Embedder"]


# What a hyper-parameter may be in a file; a tuple, such as widths of layers, holds numbers.
PLAIN = (str, int, float, bool, tuple, type(None))


class Embedder(WithSpec, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the estimators; a recipe defines ``phases`` and its own hyper-parameters.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    loss_ : float
        The true loss of the map: never the exaggerated one.
    n_iter_ : int
        Steps done; fewer than planned when the fit was stopped.
    n_features_in_ : int
        Columns of X.
    """

    # What a fit leaves behind and files hold, beside the map.
    fitted_numbers: tuple[str, ...] = ("loss_", "n_iter_", "n_features_in_")
    # Hyper-parameters that are names, and the names they take; ``init`` may be an array too.
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"init": ("pca", "spectral", "random")}
    # Which distances of the map mean something, as it stands under it.
    to_scale: str = NOT_TO_SCALE
    # Set by every recipe.
    title: str
    n_components: int
    metric: str | Callable[..., Any]
    init: Any
    random_state: Any
    n_jobs: int | None
    verbose: bool
    callbacks: Any
    # Hyper-parameters that not every method has.
    device: Any = "cpu"
    dtype: Any = "float32"
    pca: int | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__init__ = _checks.suggesting(cls.__init__)

    def phases(self, n_samples: int) -> list[Phase]:
        """Return what a fit of ``n_samples`` rows does, as plain data."""
        raise NotImplementedError

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        _checks.check_number("n_components", self.n_components, low=1, integer=True)
        if self.n_jobs is not None:
            _checks.check_number("n_jobs", self.n_jobs, low=-1, integer=True)
        for name, names in self.choices.items():
            if name != "init" or isinstance(self.init, str):
                _checks.check_choice(name, getattr(self, name), names)
        if not isinstance(self.init, str):
            _checks.check_init(self.init, n_samples, self.n_components)
        if not isinstance(self.device, str):
            raise InvalidTypeError(
                f"device must be a name such as 'auto' or 'cpu', got {self.device!r}"
            )
        reason, dtype = self._needs_cpu(), check_dtype(self.dtype)
        for name, value, fine in (
            ("device", self.device, ["cpu", "auto"]),
            ("dtype", dtype, ["float32"]),
        ):
            if reason and value not in fine:
                raise InvalidInputError(f"{name} must be {fine[0]!r} with {reason}, got {value!r}")
        check_pca(self.pca, self.metric)

    def heeded(self, y: Any, n_samples: int) -> dict[str, Any]:  # noqa: ARG002
        """Return what a run needs of the labels ``y``, by name; most methods need nothing. Raise for what cannot be."""
        return {}

    def run(self, X: Any, y: Any = None) -> Run:
        """Return the fit of ``X`` as an iterator of frames; nothing is computed before the first pull.

        Parameters
        ----------
        X
            Data, shape (n_samples, n_features).
        y
            A label for each row, where the method heeds labels; else it is ignored.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> run = nb.UMAP(n_epochs=5, random_state=0).run(X)
        >>> maps = [frame.embedding for frame in run if not frame.is_stage]
        >>> len(maps), maps[-1].shape
        (6, (150, 2))
        """
        array, scaling = _checks.scaled_data(X, metric=str(self.metric))
        return self.run_checked(array, scaling, y)

    def run_checked(self, array: NDArray[np.float32], scaling: Scaling, y: Any = None) -> Run:
        """Return the fit of data that ``_checks.scaled_data`` has checked and scaled already."""
        self.check_parameters(len(array))
        seed = _checks.check_seed(self.random_state)
        array, scaling = reduced(array, scaling, self.pca, seed=seed)
        return Run(
            array,
            self.phases(len(array)),
            seed=seed,
            init_array=None
            if isinstance(self.init, str)
            else _checks.check_init(self.init, len(array), self.n_components),
            callbacks=as_callbacks(self.callbacks) + ([ProgressBar()] if self.verbose else []),
            n_jobs=self.n_jobs,
            scaling=scaling,
            device=self._device(),
            dtype=check_dtype(self.dtype),
            targets=self.heeded(y, len(array)),
        )

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the map of ``X`` and return the estimator.

        An interrupt keeps what was reached (``embedding_``, ``n_iter_``) and is then raised on.
        """
        run = self.run(X, y)
        names = column_names(X)
        try:
            for _ in run:
                pass
        except KeyboardInterrupt:
            self._take(run, names)
            raise
        self._take(run, names)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.float32]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fit the map of ``X`` and return it, shape (n_samples, n_components)."""
        return self.fit(X, y).embedding_

    def keep(self, run: Run) -> None:
        """Take the fitted arrays over from ``run``, if it has a map yet.

        What :meth:`transform` needs is taken too: the checked data of the run (as they are, not a
        copy) and the method with everything that was set in mid-run.
        """
        embedding = run.embedding
        if embedding is None:
            return
        self._reference = self._reference_of(run)
        self.embedding_ = embedding
        self.loss_ = run.loss
        self.n_iter_ = run.step
        self.n_features_in_ = run.scaling.n_features(run.X)
        self._n_features_out = embedding.shape[1]

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return places for rows on the fitted map, which stays as it is.

        Every row is placed on its own: alone or with any companions, on one thread or many, it gets
        the same place, to the bit. A row that equals a row of the fit gets its place (of several
        equal ones, that of the first), so ``fit(X).transform(X)`` is ``embedding_`` where no two rows
        are equal. Another row starts among its nearest neighbours and moves by the loss of the
        method. Rows unlike all others are placed too: see :class:`nbembed.drift.Monitor`.

        The rows of the fit are kept for this, without a copy where they were float32 already: do
        not change them in place.

        Parameters
        ----------
        X
            Rows, shape (m, n_features), with the columns and the units of the fit. With
            ``metric="precomputed"`` the distances to the rows of the fit.

        Returns
        -------
        ndarray of float32, shape (m, n_components)

        Raises
        ------
        NotFittedError
            Before ``fit``.
        InvalidInputError
            If the columns are not those of the fit, or a number is not finite.
        NotKeptError
            If the estimator was saved without its data.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> umap = nb.UMAP(n_epochs=50, random_state=0).fit(X[:140])
        >>> umap.transform(X[140:]).shape
        (10, 2)
        """
        reference = self._kept_reference("transform")
        rows = _checks.check_rows(
            X,
            n_features=self.n_features_in_,
            scaling=reference.scaling,
            owner=type(self).__name__,
        )
        self._check_columns(X)
        with use_threads(self.n_jobs):
            return reference.place(rows, self.embedding_)

    def place_again(self, rows: Any) -> NDArray[np.float32]:
        """Return where rows of the fit would be placed if they were new.

        Each is placed as :meth:`transform` would place it if it had not been in the data: what the
        map does to new rows can be measured without any.

        Parameters
        ----------
        rows
            Numbers of rows, 0 to n_samples - 1.
        """
        reference = self._kept_reference("place_again")
        n = len(self.embedding_)
        numbers = np.asarray(rows)
        if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
            raise InvalidTypeError(f"rows must be a list of whole numbers, got {rows!r}")
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= n):
            raise InvalidInputError(
                f"rows must be numbers of rows of the fit, 0 to {n - 1}, got {numbers.min()} to {numbers.max()}"
            )
        with use_threads(self.n_jobs):
            return reference.place_again(numbers.astype(np.int64), self.embedding_)

    def save(self, path: str | Path, *, data: bool = True) -> None:
        """Write the fitted estimator to one file, which :func:`nbembed.load` reads back.

        The file holds numbers and JSON only; no code runs when it is loaded.

        Parameters
        ----------
        path
            The file.
        data
            Store the rows of the fit too, as float32, which :meth:`transform` needs. They are most
            of the file: 4 bytes a number. Without them everything else works.
        """
        check_is_fitted(self, "embedding_")
        arrays: dict[str, NDArray[Any]] = {"embedding_": self.embedding_}
        parameters = self.stored_parameters(arrays)
        fitted = {name: getattr(self, name) for name in self.fitted_numbers}
        names = getattr(self, "feature_names_in_", None)
        config = {
            "parameters": parameters,
            "fitted": fitted,
            "feature_names": None if names is None else list(map(str, names)),
        }
        reference = getattr(self, "_reference", None)
        config |= self._more_of_fit(arrays)
        if data and reference is not None:
            config["reference"] = reference.to_config()
            arrays |= reference.arrays()
        persistence.save(path, type(self).__name__, config, arrays)

    def stored_parameters(self, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
        """Return the hyper-parameters as JSON can say them, and add what it cannot say to ``arrays``."""
        return {
            name: self._stored_parameter(name, value, arrays)
            for name, value in self.get_params(deep=False).items()
            if name not in ("verbose", "callbacks", "n_jobs", "graph")
        }

    def restored(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Become the fitted estimator that ``save`` wrote, and return it."""
        for name, value in config["fitted"].items():
            setattr(self, name, value)
        self.embedding_ = arrays["embedding_"]
        self._n_features_out = self.embedding_.shape[1]
        if config["feature_names"] is not None:
            self.feature_names_in_ = np.array(config["feature_names"], dtype=object)
        if "reference" in config:
            self._reference = self._stored_reference(config["reference"], arrays)
        return self

    @classmethod
    def read_parameters(
        cls, stored: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> dict[str, Any]:
        """Return the hyper-parameters that ``save`` wrote."""
        # JSON has no tuples.
        parameters = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        return parameters | ({"init": arrays["init"]} if "init" in arrays else {})

    # ---- inside -------------------------------------------------------------------------------

    def _stored_parameter(self, name: str, value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
        """Return a hyper-parameter as JSON can say it, and add what it cannot say to ``arrays``."""
        if name == "init" and not isinstance(value, str):
            arrays["init"] = np.asarray(value, dtype=np.float64)
            return None
        if name == "dtype":
            return check_dtype(value)
        if not isinstance(value, PLAIN):
            raise InvalidTypeError(
                f"{name} must be a name, a number or None to be saved, got {value!r}; set it to one of these first"
            )
        return value

    def _needs_cpu(self) -> str:
        """Return the setting that works on the processor only; "" without one."""
        return ""

    def _device(self) -> str:
        """Return where a run works; torch is imported only where the answer needs it."""
        if self.device == "cpu" or self._needs_cpu():
            return "cpu"
        from nbembed.networks import pick_device

        found = pick_device(self.device)
        if found.startswith("mps"):
            _checks.check_choice("dtype", check_dtype(self.dtype), ["float32"])
        return found

    def _more_of_fit(self, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:  # noqa: ARG002
        """Return what a file holds of a fit beside numbers and map, and add its arrays to ``arrays``."""
        return {}

    def _reference_of(self, run: Run) -> Any:
        """Return what ``run`` leaves behind for placing new rows."""
        return Reference.of(run, getattr(self, "_reference", None))

    def _stored_reference(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Any:
        """Return what a file holds for placing new rows."""
        return Reference.from_config(config, arrays)

    def _take(self, run: Run, names: Any) -> None:
        """Take over what was reached, and the names of the columns, if there is a map."""
        if run.embedding is None:
            return
        self.keep(run)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _kept_reference(self, asked: str) -> Reference:
        check_is_fitted(self, "embedding_")
        reference = getattr(self, "_reference", None)
        if reference is None:
            raise NotKeptError(
                f"{asked} needs the data of the fit, got an estimator that was saved without them; "
                "save it with data=True, or fit again"
            )
        return reference

    def _graph(self, name: str) -> Any:
        """Return the affinities of the fit as a scipy matrix."""
        check_is_fitted(self, "embedding_")
        graph = getattr(getattr(self, "_reference", None), "graph", None)
        if graph is None:
            raise NotKeptError(f"{name} is not stored in files; fit again to have it")
        return graph.to_scipy()

    def _check_columns(self, X: Any) -> None:
        """Raise unless the names of the columns are those of the fit, as scikit-learn does."""
        try:
            validate_data(self, X, skip_check_array=True, reset=False)
        except ValueError as error:
            raise InvalidInputError(
                f"X must have the columns of the fit under the same names. {error}"
            ) from None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
