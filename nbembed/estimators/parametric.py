"""What the estimators have in common whose map is a network."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from nbembed import _checks
from nbembed._scaling import Scaling
from nbembed.callbacks import ProgressBar, as_callbacks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.estimators.latent import WithLatent
from nbembed.estimators.mini_batches import items_part
from nbembed.estimators.samples import check_shape, check_sides, flattened, folded, sides
from nbembed.neighbors import check_given
from nbembed.phases import Part, Phase
from nbembed.terms import Classification, restored, stored
from nbembed.training import NetworkReference, Run

__all__ = ["ParametricEmbedder"]

# Share of the mini-batches, beside them, in which a network learns where to start.
PRE_TRAINING = 0.1
CLASSIFIER = "classifier"


class ParametricEmbedder(WithLatent):
    """Base of the estimators that train a network to give the map.

    A recipe defines ``PRESETS``, what each preset stands for as a function of the number of rows; a
    hyper-parameter that is None takes its value from there.

    Attributes
    ----------
    model_ : torch.nn.Module
        The trained network, of standardized rows.
    batches_per_step : int
        Mini-batches of one step, where there are enough of them: 25.
    """

    preset: str
    model: Any
    hidden: Sequence[int] | None
    normalization: str | None
    n_batches: int | None
    batch_size: int | None
    n_negatives: int | None
    learning_rate: float | None
    mixup: float | None
    n_directions: int | None
    noise: float | None
    device: Any
    shape: Sequence[int] | None = None
    graph: Any = None
    metric_from: Any = None
    init: Any = "random"
    precision: str = "float32"
    # Mini-batches of one step, where there are enough of them.
    batches_per_step: int = 25

    def recipe(self, n_samples: int) -> dict[str, Any]:
        """Return what the preset says for ``n_samples`` rows, with everything that was set explicitly."""
        preset = self.presets(n_samples)[self.preset]
        given = {name: getattr(self, name) for name in preset if hasattr(self, name)}
        return preset | {name: value for name, value in given.items() if value is not None}

    @property
    def recipe_(self) -> dict[str, Any]:
        """The preset of the fit, and the hyper-parameters that it and the caller set."""
        check_is_fitted(self, "embedding_")
        return {"preset": self.preset} | self.recipe(len(self.embedding_))

    def _said(self, n_samples: int) -> str:
        """Return the recipe as a line to be shown."""
        values = (f"{name}={value!r}" for name, value in self.recipe(n_samples).items())
        return f"{self.title}, preset={self.preset!r}: {', '.join(values)}"

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:
        """Return the hyper-parameters of every preset."""
        raise NotImplementedError

    def run(self, X: Any, y: Any = None) -> Run:
        """Return the fit of ``X`` as an iterator of frames; nothing is computed before the first pull.

        Parameters
        ----------
        X
            Samples of any shape, (n_samples, …). Neighbours are searched among them as flat rows, unless
            ``graph`` says otherwise; ``model`` sees them as they are, standardized.
        y
            A label for each row, for terms that learn from labels; -1, None and NaN are unknown. Without
            such a term it is ignored.
        """
        table, shape = flattened(X)
        array, scaling = _checks.scaled_data(table, metric=str(self.metric))
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
        self.check_parameters(len(array))
        self._check_unit(array, scaling)
        given = check_given(self.graph, len(array), self.metric)
        phases, targets = self._fit_of(array, y)
        if sample_shape is not None:
            phases = [folded(phase, sample_shape) for phase in phases]
        check_shape(phases[0].model, array.shape[1])
        return Run(
            array,
            phases,
            seed=_checks.check_seed(self.random_state),
            callbacks=as_callbacks(self.callbacks)
            + ([ProgressBar(self._said(len(array)))] if self.verbose else []),
            n_jobs=self.n_jobs,
            scaling=scaling,
            init_array=None
            if isinstance(self.init, str)
            else _checks.check_init(self.init, len(array), self.n_components),
            module=None if isinstance(self.model, str) else self.model,
            device=self._device(),
            given=given,
            targets=targets,
        )

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return what the trained network makes of each row, shape (m, n_components).

        A row gets the same place alone and with any companions, to 1e-6 of the map's size, and
        ``fit(X).transform(X)`` is ``embedding_``. No row of the fit is looked up.

        Parameters
        ----------
        X
            Rows, shape (m, n_features), with the columns and the units of the fit, or samples of its shape.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        InvalidInputError
            If the columns are not those of the fit, or a number is not finite.
        """
        return super().transform(self._flat("transform", X))

    def features(self, X: Any, layer: str) -> NDArray[np.float32]:
        """Return what one part of the trained network makes of each row.

        Parameters
        ----------
        X
            Rows with the columns and units of the fit.
        layer
            A name of ``dict(model_.named_modules())``, for example ``"hidden3"``.

        Returns
        -------
        ndarray of float32, shape (n_rows, width)
        """
        from nbembed import networks

        reference: Any = self._kept_reference("features")
        rows = _checks.check_rows(
            self._flat("features", X),
            n_features=self.n_features_in_,
            scaling=reference.scaling,
            owner=type(self).__name__,
        )
        shape = reference.part.get("shape", [self.n_features_in_])
        inputs = reference.standardization.forward(rows).reshape(-1, *shape)
        with networks.pinned_torch(1):
            return networks.features(reference.module, inputs, layer)

    @property
    def model_(self) -> Any:
        """The trained network, of standardized rows; a copy."""
        reference: Any = self._kept_reference("model_")
        return copy.deepcopy(reference.module)

    @property
    def network_(self) -> NetworkReference:
        """What the fit left behind: network, heads of its terms, and how rows are made ready; not a copy."""
        reference: Any = self._kept_reference("network_")
        return reference

    def network_units(self) -> tuple[NDArray[np.float64], float]:
        """Return the center and the divisor by which rows become what the network sees."""
        reference: Any = self._kept_reference("network_units")
        center, divisor = reference.from_raw()
        return center.ravel(), divisor

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        _checks.check_choice("preset", self.preset, self.presets(n_samples))
        recipe = self.recipe(n_samples)
        for name in {"n_batches", "batch_size", "n_negatives"} & set(recipe):
            _checks.check_number(name, recipe[name], low=1, integer=True)
        _checks.check_number("mixup", recipe.get("mixup", 0), low=0, high=0.5)
        _checks.check_number("n_directions", recipe.get("n_directions", 0), low=0, integer=True)
        _checks.check_number("noise", recipe.get("noise", 0), low=0)
        _checks.check_number("learning_rate", recipe["learning_rate"], low=0, above=True)
        if isinstance(self.model, str):
            _checks.check_choice("model", self.model, ("fcnn", "cnn"))
        elif not hasattr(self.model, "named_parameters"):
            raise InvalidTypeError(
                "model must be 'fcnn', 'cnn' or a torch.nn.Module, "
                f"got {self.model!r} of type {type(self.model).__name__}"
            )
        if isinstance(self.model, str):
            self._check_layers(recipe)
        check_sides(self.shape)
        _checks.check_choice("precision", self.precision, ("float32", "bfloat16"))
        for term in self._keyed_terms().values():
            term.check(self.n_components)
        if self.metric_from is not None and not isinstance(self.metric_from, str):
            raise InvalidTypeError(
                f"metric_from must be the name of a layer such as 'hidden3', or None, got {self.metric_from!r}"
            )

    @classmethod
    def read_parameters(
        cls, stored: dict[str, Any], arrays: dict[str, NDArray[Any]]
    ) -> dict[str, Any]:
        """Return the hyper-parameters that ``save`` wrote."""
        terms = {"terms": restored(stored["terms"], arrays)} if "terms" in stored else {}
        return super().read_parameters(stored, arrays) | terms

    # ---- inside -------------------------------------------------------------------------------

    def _fit_of(self, array: NDArray[np.float32], y: Any) -> tuple[list[Phase], dict[str, Any]]:
        """Return the phases of the fit of ``array``, and what their terms need beside plain data."""
        return self.phases(len(array)), self._targets(len(array), y)

    def _written(self, n_samples: int) -> tuple[list[Phase], dict[str, Any]]:
        """Return the phases of the method, and the arrays that they need besides, by name."""
        phases, given = super()._written(n_samples)
        for key, term in self._keyed_terms().items():
            target = term.target(n_samples, self.n_components)
            if callable(target):
                raise InvalidTypeError(
                    f"terms must be plain data to stand in a document, got {target!r} of the term {key!r}; losses of "
                    "yours get a name by nbembed.spec.register"
                )
            if isinstance(target, tuple):
                given |= {key + " rows": target[0], key: target[1]}
            elif target is not None:
                given[key] = target
        return phases, given

    def _check_layers(self, recipe: dict[str, Any]) -> None:
        hidden = recipe["hidden"]
        if isinstance(hidden, str) or not isinstance(hidden, Sequence):
            raise InvalidTypeError(
                f"hidden must be the widths of the hidden layers, such as (256, 256), got {hidden!r}"
            )
        for width in hidden:
            _checks.check_number("hidden", width, low=1, integer=True)
        choices = ("layer", "batch", "none")
        _checks.check_choice("normalization", recipe["normalization"], choices)

    def _steps(self, n_batches: int) -> tuple[int, int]:
        """Return how many steps there are, and how many mini-batches in each."""
        each = min(self.batches_per_step, n_batches)
        return -(-n_batches // each), each

    def _model_part(self, recipe: dict[str, Any]) -> Part:
        part: Part = {"name": "module", "n_components": int(self.n_components)}
        if self.shape is not None:
            part["shape"] = [int(side) for side in self.shape]
        if not isinstance(self.model, str):
            return part
        part |= {"name": self.model, "normalization": recipe["normalization"]}
        if self.model == "fcnn":
            part["hidden"] = [int(width) for width in recipe["hidden"]]
            part["n_directions"] = int(recipe.get("n_directions", 0))
            part["noise"] = float(recipe.get("noise", 0.0))
        elif self.hidden is not None:
            part["head"] = [int(width) for width in self.hidden]
        return part

    def _flat(self, asked: str, X: Any) -> Any:
        """Return samples of the shape of the fit as rows."""
        reference: Any = self._kept_reference(asked)
        table, shape = flattened(X)
        known = reference.part.get("shape", [self.n_features_in_])
        if shape is not None and sides(shape) != sides(known):
            raise InvalidInputError(
                f"X must hold samples of the shape of the fit, {tuple(known)}, got {shape}"
            )
        return table

    def _sampler_part(self, recipe: dict[str, Any], batches_per_step: int) -> Part:
        return {
            "name": "edge_batches",
            "batch_size": int(recipe["batch_size"]),
            "n_negatives": int(recipe["n_negatives"]),
            "negatives": recipe["negatives"],
            "batches_per_step": batches_per_step,
            "mixup": float(recipe["mixup"]),
        }

    def _optimizer_part(self, recipe: dict[str, Any]) -> Part:
        names = ("learning_rate", "schedule", "warm_up", "clip", "clip_by")
        part = {"name": "adam"} | {name: recipe[name] for name in names}
        return part if self.precision == "float32" else part | {"precision": self.precision}

    def _term_parts(self) -> list[Part]:
        """Return the terms as plain data."""
        return [
            {"name": term.name, "key": key, "n_components": int(self.n_components)}
            | term.options()
            | ({"own": True} if getattr(term, "decoder", None) is not None else {})
            for key, term in self._keyed_terms().items()
        ]

    def _around(self, phase: Phase) -> list[Phase]:
        """Return the phases of a fit whose main one is ``phase``: with terms, and what they want before."""
        phase = replace(phase, terms=self._term_parts())
        before = [*self._position_phase(phase), *self._classifier_phase(phase)]
        if self.metric_from is None:
            return [*before, phase]
        again = replace(phase, affinities_from=self.metric_from)
        if any(other.name == CLASSIFIER for other in before):
            return [*before, again]
        first = max(1, phase.n_steps // 2)
        again = replace(again, name=f"training on {self.metric_from}")
        return [
            *before,
            replace(phase, n_steps=first),
            replace(again, n_steps=max(1, phase.n_steps - first)),
        ]

    def _position_phase(self, phase: Phase) -> list[Phase]:
        """Return the phase in which the network learns the starting map, if there is one."""
        if isinstance(self.init, str) and self.init == "random":
            return []
        each = int(phase.sampler["batches_per_step"])
        n_steps = max(1, round(PRE_TRAINING * phase.n_steps))
        options = {k: v for k, v in phase.optimizer.items() if k != "exaggeration"}
        return [
            replace(
                phase,
                name="pre-training",
                n_steps=n_steps,
                sampler=items_part(int(phase.sampler["batch_size"]), each),
                loss={"name": "position"},
                optimizer=options,
                terms=[],
                init={"name": self.init if isinstance(self.init, str) else "array"},
            )
        ]

    def _classifier_phase(self, phase: Phase) -> list[Phase]:
        """Return the phase in which the classifier is trained alone, if one is wanted."""
        for key, term in self._keyed_terms().items():
            if isinstance(term, Classification) and term.pretrain:
                n_steps, each = self._steps(int(term.pretrain))
                return [
                    replace(
                        phase,
                        name=CLASSIFIER,
                        n_steps=n_steps,
                        affinities={"name": "none"},
                        sampler=items_part(int(term.batch_size), each),
                        loss={"name": "none"},
                        terms=[part for part in phase.terms if part["key"] == key],
                    )
                ]
        return []

    def _stored_parameter(self, name: str, value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
        if name == "terms":
            return stored(value, arrays)
        return super()._stored_parameter(name, value, arrays)

    def _reference_of(self, run: Run) -> Any:
        return NetworkReference.of(run)

    def _stored_reference(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Any:
        return NetworkReference.from_config(config, arrays)
