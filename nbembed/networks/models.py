"""Networks from the rows of a table to places in a map, and back.

All take rows of shape (n_rows, n_features), pictures too: pixel by pixel, row by row, the channels of a
pixel together. Every part that can be read with :func:`nbembed.networks.features` has a name, and
the last one is called ``"map"``.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.networks.directions import Directions, GaussianNoise
from nbembed.networks.layers import Units, block, convolution, linear
from nbembed.networks.rows import Rows

__all__ = ["CNN", "FCNN", "Autoencoder", "Network", "make_network", "model_a", "model_b"]

# Of DRE's model A: five hidden layers, then the head that is common to models A and B.
MODEL_A, HEAD = (500, 500, 500, 500, 500), (2000, 500, 100)
# Of DRE's model B: two pairs of convolutions, each pair followed by a pooling.
MODEL_B = (16, 32)
SHAPE = 3


class Network(nn.Sequential):
    """A network of this room: its numbers may be computed in float64, and it can be mirrored.

    Attributes
    ----------
    n_features, n_components : int
        Columns of its input and of its output.
    """

    n_features: int
    n_components: int

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as in torch
        """Return the places of rows, or of samples of any shape, which are flattened."""
        hidden = input.flatten(1)
        *others, last = self
        for part in others:
            hidden = part(hidden)
        if hidden.dtype is torch.bfloat16:
            # Its 8 digits are too few for places.
            with torch.autocast(hidden.device.type, enabled=False):
                return last(hidden.float())
        return last(hidden)

    def mirrored(self, generator: torch.Generator) -> nn.Sequential:
        """Return a fresh network from the map back to the rows, with the same widths in reverse."""
        raise NotImplementedError

    @property
    def hidden_layers(self) -> list[str]:
        """Names of the layers with activations, in their order."""
        return [name for name, part in self.named_children() if isinstance(part, nn.Sequential)]

    @property
    def computed_layer(self) -> Directions | None:
        """The first layer, where it is computed from the data and not trained."""
        first = self[0]
        return first if isinstance(first, Directions) else None

    def trained_layers(self) -> nn.Sequential:
        """Return all that comes after the computed layer; it shares its weights with this network."""
        return nn.Sequential(*list(self)[1:])


class FCNN(Network):
    """Dense layers: linear, normalization and ReLU, the last one linear alone.

    Parameters
    ----------
    n_features
        Columns of the input, at least 1.
    n_components
        Dimension of the map, at least 1. Default 2.
    hidden
        Widths of the hidden layers, called ``"hidden1"``, ``"hidden2"``, …
    head
        Widths of further hidden layers without normalization, called ``"f2000"`` if 2000 wide.
    normalization
        ``"layer"`` (default), ``"batch"`` or ``"none"``.
    n_directions
        Principal directions of the data that the hidden layers see, as a first layer called
        ``"directions"`` which is computed and not trained; 0 (default), or at least ``n_features``, lets
        them see all columns.
    noise
        Standard deviation of what is added in training to what the first hidden layer sees, where columns
        have about 1; a layer called ``"noise"``. At least 0, default 0.
    seed
        Fixes the weights: uniform as torch draws them, biases zero. Default 0.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If a width is no integer of at least 1, or a name is unknown.

    References
    ----------
    Zhou et al. (2022), "Deep recursive embedding for high-dimensional data", IEEE TVCG 28, sec. 3
    (model A, see :func:`model_a`).

    Examples
    --------
    >>> FCNN(64, hidden=(32,), seed=0)(torch.zeros(5, 64)).shape
    torch.Size([5, 2])
    """

    def __init__(
        self,
        n_features: int,
        n_components: int = 2,
        *,
        hidden: Sequence[int] = (256, 256, 256),
        head: Sequence[int] = (),
        normalization: str = "layer",
        n_directions: int = 0,
        noise: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        _checks.check_number("n_features", n_features, low=1, integer=True)
        _checks.check_number("n_directions", n_directions, low=0, integer=True)
        _checks.check_number("n_components", n_components, low=1, integer=True)
        self.widths = check_widths("hidden", hidden)
        self.head, self.normalization = check_widths("head", head), normalization
        self.n_features, self.n_components = int(n_features), int(n_components)
        generator = torch.Generator().manual_seed(seed)
        width = self.n_features
        if 0 < n_directions < self.n_features:
            self.add_module("directions", Directions(self.n_features, int(n_directions)))
            width = int(n_directions)
        if noise:
            self.add_module("noise", GaussianNoise(noise))
        for number, wide in enumerate(self.widths, 1):
            layer = linear(width, wide, generator)
            self.add_module(f"hidden{number}", block(layer, wide, normalization))
            width = wide
        width = _add_head(self, width, self.head, generator)
        self.add_module("map", linear(width, self.n_components, generator))

    def mirrored(self, generator: torch.Generator) -> nn.Sequential:
        """Return a fresh network from the map back to the rows, with the same widths in reverse."""
        layers = nn.Sequential()
        width = self.n_components
        hidden = [(wide, "none") for wide in reversed(self.head)]
        hidden += [(wide, self.normalization) for wide in reversed(self.widths)]
        for number, (wide, normalization) in enumerate(hidden, 1):
            layer = linear(width, wide, generator)
            layers.add_module(f"hidden{number}", block(layer, wide, normalization))
            width = wide
        layers.add_module("rows", linear(width, self.n_features, generator))
        return layers


class CNN(Network):
    """Convolutions of pictures of any height, width and number of channels, then a dense head.

    Each entry of ``channels`` is two 3 × 3 convolutions with ReLU, and a pooling that halves height and
    width, rounded up: a picture of one pixel passes too.

    Parameters
    ----------
    shape
        Height, width and channels of a picture; the input has their product as columns.
    n_components
        Dimension of the map, at least 1. Default 2.
    channels
        Default (16, 32); the parts are called ``"pictures1"``, ``"pictures2"``, …
    head
        Widths of the dense layers, called ``"f2000"`` if 2000 wide. Default (2000, 500, 100).
    normalization
        Of the convolutions: ``"layer"`` (default), ``"batch"`` or ``"none"``.
    seed
        Fixes the weights. Default 0.

    References
    ----------
    Zhou et al. (2022), "Deep recursive embedding for high-dimensional data", IEEE TVCG 28, sec. 3
    (model B, see :func:`model_b`).
    """

    def __init__(
        self,
        shape: Sequence[int],
        n_components: int = 2,
        *,
        channels: Sequence[int] = MODEL_B,
        head: Sequence[int] = HEAD,
        normalization: str = "layer",
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.shape = check_widths("shape", shape)
        if len(self.shape) != SHAPE:
            raise InvalidInputError(
                f"shape must be (height, width, channels), such as (28, 28, 1), got {tuple(shape)}"
            )
        _checks.check_number("n_components", n_components, low=1, integer=True)
        self.channels, self.head = check_widths("channels", channels), check_widths("head", head)
        self.normalization, self.n_components = normalization, int(n_components)
        self.n_features = prod(self.shape)
        generator = torch.Generator().manual_seed(seed)
        self.add_module("input", Pictures(self.shape))
        for number, size in enumerate(self.sizes, 1):
            before = self.sizes[number - 2][2] if number > 1 else self.shape[2]
            pair = _pair(before, size[2], normalization, generator)
            pair.append(nn.MaxPool2d(2, ceil_mode=True))
            self.add_module(f"pictures{number}", pair)
        self.add_module("flat", nn.Flatten())
        width = _add_head(self, prod((self.sizes or [self.shape])[-1]), self.head, generator)
        self.add_module("map", linear(width, self.n_components, generator))

    @property
    def sizes(self) -> list[tuple[int, int, int]]:
        """Height, width and channels after each pooling."""
        found: list[tuple[int, int, int]] = []
        height, width, _ = self.shape
        for channels in self.channels:
            height, width = -(-height // 2), -(-width // 2)
            found.append((height, width, channels))
        return found

    def mirrored(self, generator: torch.Generator) -> nn.Sequential:
        """Return a fresh network from the map back to the rows: dense, then enlarging and convolving."""
        layers = nn.Sequential()
        width = self.n_components
        sizes: list[tuple[int, ...]] = [self.shape, *self.sizes]
        for wide in [*reversed(self.head), prod(sizes[-1])]:
            layers.append(block(linear(width, wide, generator), wide))
            width = wide
        height, width, channels = sizes.pop()
        layers.append(nn.Unflatten(1, (channels, height, width)))
        while sizes:
            height, width, fewer = sizes.pop()
            wanted = fewer if sizes else channels
            layers.append(nn.Upsample(size=(height, width)))
            layers.append(_pair(channels, wanted, self.normalization, generator))
            channels = wanted
        layers.append(convolution(channels, self.shape[2], generator))
        layers.append(PicturesToRows())
        return layers


class Pictures(nn.Module):
    """Rows to pictures: (n, height · width · channels) to (n, channels, height, width)."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.shape = tuple(shape)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the pictures that ``rows`` hold."""
        return rows.reshape(-1, *self.shape).permute(0, 3, 1, 2).contiguous()


class PicturesToRows(nn.Module):
    """Pictures to rows, the way back from :class:`Pictures`."""

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the rows that hold ``pictures``."""
        return pictures.permute(0, 2, 3, 1).flatten(1)


class Autoencoder(nn.Module):
    """An encoder and its mirror image: ``forward`` gives the map, ``decode`` rows.

    Parameters
    ----------
    encoder
        Made of one of the classes here.
    decoder
        From the map to rows. None (default) mirrors the encoder.
    seed
        Fixes the weights of the mirrored decoder. Default 0.
    """

    def __init__(
        self, encoder: Network, decoder: nn.Module | None = None, *, seed: int = 0
    ) -> None:
        super().__init__()
        self.encoder = encoder
        generator = torch.Generator().manual_seed(seed)
        self.decoder = encoder.mirrored(generator) if decoder is None else decoder

    def forward(self, rows: Tensor) -> Tensor:
        """Return the places of ``rows``."""
        return self.encoder(rows)

    def decode(self, places: Tensor) -> Tensor:
        """Return the rows that belong to ``places``."""
        return self.decoder(places)


def model_a(n_features: int, n_components: int = 2, *, seed: int = 0) -> FCNN:
    """Return DRE's model A: five layers of 500 with batch normalization, then 2000, 500, 100."""
    return FCNN(
        n_features, n_components, hidden=MODEL_A, head=HEAD, normalization="batch", seed=seed
    )


def model_b(shape: Sequence[int], n_components: int = 2, *, seed: int = 0) -> CNN:
    """Return DRE's model B: convolutions of 16, 16, 32 and 32 channels, then 2000, 500, 100."""
    return CNN(shape, n_components, normalization="none", seed=seed)


def make_network(
    part: Mapping[str, Any], n_features: int, *, seed: int, rows: Rows | None = None
) -> Network:
    """Return the network that the ``model`` of a phase describes.

    Parameters
    ----------
    part
        ``{"name": "fcnn", "n_components": 2, "hidden": […], …}`` or ``{"name": "cnn", "shape": […], …}``,
        with the arguments of :class:`FCNN` and :class:`CNN`. ``"units": {"scale": s, "offset": […]}`` adds a last
        part that multiplies the map and moves it.
    n_features
        Columns of the data.
    seed
        Fixes the weights.
    rows
        The data, from which a first layer of principal directions is computed. Default None: it gives 0
        until weights are loaded.

    Raises
    ------
    InvalidInputError
        If there is no network of that name, or pictures of that shape have another number of columns.
    """
    options = {key: value for key, value in part.items() if key not in ("name", "units")}
    network = _named_network(part["name"], options, n_features, seed=seed)
    if network.computed_layer is not None and rows is not None:
        network.computed_layer.fit(rows, seed=seed)
    if "units" in part:
        network.add_module("units", Units(**part["units"]))
    return network


def _named_network(name: str, options: dict[str, Any], n_features: int, *, seed: int) -> Network:
    match name:
        case "fcnn":
            options.pop("shape", None)  # of a sample, which is flattened
            return FCNN(n_features, seed=seed, **options)
        case "cnn":
            network = CNN(seed=seed, **options)
            if network.n_features != n_features:
                raise InvalidInputError(
                    f"shape must multiply to the columns of X, {n_features}, got {network.shape}"
                )
            return network
        case _:
            raise InvalidInputError(f"model must be 'fcnn' or 'cnn', got {name!r}")


def check_widths(name: str, widths: Any) -> tuple[int, ...]:
    """Return ``widths`` as whole numbers; raise unless each is at least 1."""
    if isinstance(widths, str) or not isinstance(widths, Sequence):
        raise InvalidTypeError(f"{name} must be whole numbers such as (256, 256), got {widths!r}")
    for width in widths:
        _checks.check_number(name, width, low=1, integer=True)
    return tuple(int(width) for width in widths)


def _add_head(
    network: nn.Sequential, width: int, head: Sequence[int], generator: torch.Generator
) -> int:
    """Add dense layers with ReLU, each under a name of its own, and return the last width."""
    for wide in head:
        name = f"f{wide}"
        while name in dict(network.named_children()):
            name += "_"
        network.add_module(name, block(linear(width, wide, generator), wide))
        width = wide
    return width


def _pair(before: int, after: int, normalization: str, generator: torch.Generator) -> nn.Sequential:
    """Return two convolutions, each with ReLU."""
    first = block(convolution(before, after, generator), after, normalization, pictures=True)
    second = block(convolution(after, after, generator), after, normalization, pictures=True)
    return nn.Sequential(first, second)
