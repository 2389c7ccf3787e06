"""The terms that need no more than numbers and names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from nbembed import _checks
from nbembed.errors import InvalidTypeError
from nbembed.terms.base import Term

__all__ = ["Classification", "Consistency", "Correlation", "Reconstruction", "Triplet"]

AUGMENTATIONS = ("noise", "shift", "dropout")


@dataclass(frozen=True, eq=False)
class Reconstruction(Term):
    r"""A decoder makes the rows of their places again; it gives ``inverse_transform``.

    The decoder mirrors the network. It learns from rows as the network sees them, so with ``mixup`` from
    mixed ones.

    Parameters
    ----------
    weight
        At least 0. Default 1.
    detach
        True: the error does not reach the network that places the points, which then trains as without a
        decoder, to the bit. Default False: both learn, as in an autoencoder.
    loss
        ``"mse"`` (default), the mean squared error of standardized rows: 1 is what the mean of the data
        gives, so it is the share of the variance that is lost. ``"bce"``, for data in [0, 1] such as pixels,
        the binary cross entropy in nats per number.
    decoder
        A ``torch.nn.Module`` from places to standardized rows (with ``"bce"`` to logits); a copy of it is
        trained. None (default) mirrors the network, or stands dense layers against a network of your own.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 2.3.1.
    """

    name: ClassVar[str] = "reconstruction"

    weight: float = 1.0
    detach: bool = False
    loss: str = "mse"
    decoder: Any = None

    def options(self) -> dict[str, Any]:
        """Return weight, loss and where its gradient ends."""
        return super().options() | {"loss": self.loss, "detach": bool(self.detach)}

    def target(self, n_samples: int, n_components: int) -> Any:  # noqa: ARG002
        """Return the caller's decoder, if there is one."""
        return self.decoder

    def check(self, n_components: int) -> None:
        """Raise for a loss of another name, or a decoder that is none."""
        super().check(n_components)
        _checks.check_choice("loss of Reconstruction", self.loss, ("mse", "bce"))
        _checks.check_flag("detach of Reconstruction", self.detach)
        if self.decoder is not None and not hasattr(self.decoder, "named_parameters"):
            raise InvalidTypeError(
                f"decoder of Reconstruction must be a torch.nn.Module or None, got {self.decoder!r}"
            )


@dataclass(frozen=True, eq=False)
class Correlation(Term):
    """Less the correlation of distances in the map with those in the data, over random pairs: global structure.

    From -1, where they are proportional, to 1.

    Parameters
    ----------
    weight
        At least 0. Default 0.1. More keeps distances between groups, at the price of neighbourhoods.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, eq. 5.1.
    """

    name: ClassVar[str] = "correlation"

    weight: float = 0.1


@dataclass(frozen=True, eq=False)
class Classification(Term):
    """A classifier on a hidden layer learns the labels that are known: semi-supervised, with ``predict``.

    Labels come as ``y`` of ``fit(X, y)``; -1, None and NaN are unknown. The value is the cross entropy in
    nats per row of known class.

    Parameters
    ----------
    weight
        At least 0. Default 1.
    layer
        The part of the network that the classifier reads, for example ``"hidden2"``. None (default) is the
        last hidden layer.
    batch_size
        Rows of known class in every mini-batch, drawn with replacement; all of them where there are fewer.
        Default 128.
    pretrain
        Mini-batches in which the classifier is trained alone, before, in a phase called ``"classifier"``.
        Default 0.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 5.3.
    """

    name: ClassVar[str] = "classification"
    supervised: ClassVar[bool] = True

    weight: float = 1.0
    layer: str | None = None
    batch_size: int = 128
    pretrain: int = 0

    def options(self) -> dict[str, Any]:
        """Return weight, layer and size; the pre-training is a phase of its own."""
        return super().options() | {"layer": self.layer, "batch_size": int(self.batch_size)}

    def check(self, n_components: int) -> None:
        """Raise for sizes that are none."""
        super().check(n_components)
        _checks.check_number("batch_size of Classification", self.batch_size, low=1, integer=True)
        _checks.check_number("pretrain of Classification", self.pretrain, low=0, integer=True)


@dataclass(frozen=True, eq=False)
class Consistency(Term):
    r"""What was made of a row by a small change stays near the row's place: :math:`-\ln w`, in nats.

    Parameters
    ----------
    augment
        ``"noise"`` (default) adds Gaussian noise of 0.3 standard deviations; ``"dropout"`` sets a fifth of the
        numbers to the mean of their column; ``"shift"`` moves pictures by up to two pixels. Or a function of
        standardized rows, a tensor of shape (B, …), and of a ``torch.Generator``, which returns changed rows
        and draws from that generator alone.
    weight
        At least 0. Default 1: as much as an edge.
    shape
        Height, width and channels of the pictures that ``"shift"`` moves. None (default) takes square
        pictures of one channel.

    References
    ----------
    Böhm, Berens & Kobak (2023), "Unsupervised visualization of image datasets using contrastive learning",
    ICLR, eq. 2.
    """

    name: ClassVar[str] = "consistency"

    augment: str | Callable[..., Any] = "noise"
    weight: float = 1.0
    shape: tuple[int, ...] | None = None

    def options(self) -> dict[str, Any]:
        """Return weight, shape, and the name of what changes the rows."""
        named = self.augment if isinstance(self.augment, str) else "function"
        shape = None if self.shape is None else [int(side) for side in self.shape]
        return super().options() | {"augment": named, "shape": shape}

    def target(self, n_samples: int, n_components: int) -> Any:  # noqa: ARG002
        """Return the caller's function, if it is one."""
        return None if isinstance(self.augment, str) else self.augment

    def check(self, n_components: int) -> None:
        """Raise for what changes no rows."""
        super().check(n_components)
        if not callable(self.augment):
            _checks.check_choice("augment of Consistency", self.augment, AUGMENTATIONS)


@dataclass(frozen=True, eq=False)
class Triplet(Term):
    r"""Rows of one class are to be nearer than rows of others: :math:`\max(d(a,b) - d(a,c) + m, 0)`.

    Labels come as ``y`` of ``fit(X, y)``; -1, None and NaN are unknown. The value is the mean over
    triplets, in units of the map.

    Parameters
    ----------
    weight
        At least 0. Default 1.
    margin
        The m, in units of the map, at least 0. Default 1.
    batch_size
        Triplets of every mini-batch. Default 128.

    References
    ----------
    Hinterreiter et al. (2023), "ParaDime: A framework for parametric dimensionality reduction", EuroVis,
    sec. 5.2.
    """

    name: ClassVar[str] = "triplet"
    supervised: ClassVar[bool] = True

    weight: float = 1.0
    margin: float = 1.0
    batch_size: int = 128

    def options(self) -> dict[str, Any]:
        """Return weight, margin and size."""
        return super().options() | {
            "margin": float(self.margin),
            "batch_size": int(self.batch_size),
        }

    def check(self, n_components: int) -> None:
        """Raise for sizes that are none."""
        super().check(n_components)
        _checks.check_number("margin of Triplet", self.margin, low=0)
        _checks.check_number("batch_size of Triplet", self.batch_size, low=1, integer=True)
