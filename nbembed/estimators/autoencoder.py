"""Autoencoders: a network that copies its rows through a layer as narrow as the map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators.base import neighbors_part
from nbembed.estimators.mini_batches import check_held_out, items_part
from nbembed.estimators.parametric import ParametricEmbedder
from nbembed.phases import Part, Phase
from nbembed.terms import Reconstruction, Term, as_terms, keyed

__all__ = ["Autoencoder"]

# Where rows are clearly more than these, mini-batches are larger.
MANY_ROWS = 30_000


@dataclass(frozen=True, eq=False)
class Divergence(Term):
    """How far each row's Gaussian in the map is from the standard normal one, in nats."""

    name: ClassVar[str] = "divergence"

    weight: float = 1.0


class Autoencoder(ParametricEmbedder):
    r"""A network down to the map, and its mirror image back to the data: :math:`f` and :math:`g`.

    Minimises :math:`\frac{1}{nd} \sum_i \|x_i - g(f(x_i))\|^2` on mini-batches of rows. Columns are centred and
    share one scale first, so ``loss_`` is the share of the data's variance that is lost: 1 is what the mean of
    the data gives, and linear layers come down to what PCA leaves. With ``variational=True`` each row is a
    Gaussian around its place, near a common one, and what is minimised is, in nats per row,

    .. math::

        \tfrac12 \|x - g(z)\|^2 + \tfrac{\beta}{2} \sum_j (\mu_j^2 + \sigma_j^2 - \ln \sigma_j^2 - 1),
        \quad z = \mu + \sigma \epsilon,

    and the map is :math:`\mu`. Other terms can be added to both.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    variational
        Default False.
    beta
        The weight of the second part of a variational autoencoder, at least 0. Default 1.
    loss
        ``"mse"`` (default), or ``"bce"``, binary cross entropy, for data in [0, 1] such as pixels.
    model
        ``"fcnn"`` (default), dense layers; ``"cnn"``, convolutions of pictures; or a ``torch.nn.Module`` that gives
        ``n_components`` numbers for each row. The first two are mirrored by the decoder.
    hidden
        Widths of the hidden layers. Default (256, 256, 256).
    normalization
        Of the hidden layers: ``"layer"`` (default), ``"batch"`` or ``"none"``.
    shape
        Of one sample, such as (28, 28, 1), where X holds flat rows. Default None.
    n_batches
        Mini-batches, at least 1. Default 4000.
    batch_size
        Rows of a mini-batch, at least 1. Default 256, and 512 beyond 30,000 rows.
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
    loss_ : float
        Of up to 2048 rows, or of those held out.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science 313;
    Kingma & Welling (2014), "Auto-encoding variational Bayes", ICLR, eq. 10; Higgins et al. (2017), "beta-VAE",
    ICLR.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> method = nb.Autoencoder(n_batches=50, device="cpu", random_state=0).fit(X[:140])
    >>> method.inverse_transform(method.transform(X[140:])).shape
    (10, 4)
    """

    title = "autoencoder"
    metric = "euclidean"
    preset = "recommended"

    def __init__(
        self,
        n_components: int = 2,
        *,
        variational: bool = False,
        beta: float = 1.0,
        loss: str = "mse",
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
        self.n_components = n_components
        self.variational = variational
        self.beta = beta
        self.loss = loss
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

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:
        """Return the hyper-parameters of the only preset."""
        return {
            "recommended": {
                "hidden": (256, 256, 256),
                "normalization": "layer",
                "n_batches": 4000,
                "batch_size": 512 if n_samples > MANY_ROWS else 256,
                "learning_rate": 1e-3,
                "schedule": "cosine",
                "warm_up": 50,
                "clip": 4.0,
                "clip_by": "norm",
            }
        }

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases of an autoencoder: one, and before it what terms want."""
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

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        _checks.check_flag("variational", self.variational)
        _checks.check_number("beta", self.beta, low=0)
        _checks.check_choice("loss", self.loss, ("mse", "bce"))
        if any(isinstance(term, Reconstruction) for term in as_terms(self.terms)):
            raise InvalidInputError(
                "terms must hold no Reconstruction, which an autoencoder has already; choose its loss with loss="
            )
        check_held_out(self.held_out)
        super().check_parameters(n_samples)

    # ---- inside -------------------------------------------------------------------------------

    def _keyed_terms(self) -> dict[str, Term]:
        """Return what an autoencoder consists of, and the terms that were added."""
        own: list[Term] = [Reconstruction(loss=self.loss)]
        if self.variational:
            own.append(Divergence(self.beta))
        return keyed([*own, *as_terms(self.terms)])

    def _term_parts(self) -> list[Part]:
        parts = super()._term_parts()
        if self.variational:
            parts[0] |= {"spread": "divergence", "likelihood": True}
        return parts
