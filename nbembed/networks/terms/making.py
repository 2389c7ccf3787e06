"""From the terms of a phase, which are plain data, to what a stepper adds to its loss."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from math import isqrt, prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.networks.batches import widths_of
from nbembed.networks.layers import linear
from nbembed.networks.models import FCNN
from nbembed.networks.rows import Standardization
from nbembed.networks.terms.base import Term
from nbembed.networks.terms.decoding import Divergence, Reconstruction
from nbembed.networks.terms.density import Density
from nbembed.networks.terms.geometry import AUGMENTATIONS, Consistency, Correlation
from nbembed.networks.terms.relating import EdgeTriplet, Own, Relation
from nbembed.networks.terms.supervision import Attribute, Classification, Position, Triplet

__all__ = ["make_head", "make_heads", "make_terms"]

Part = Mapping[str, Any]


def make_heads(
    terms: Mapping[str, Part],
    module: nn.Module,
    sample: Tensor,
    targets: Mapping[str, Any],
    *,
    seed: int,
) -> nn.ModuleDict:
    """Return the networks that terms train beside ``module``, at their first weights, by key.

    Parameters
    ----------
    terms
        The terms of all phases, by key.
    module
        The network that places points.
    sample
        A few standardized samples.
    targets
        What terms need beside plain data, by key.
    seed
        Fixes the weights, for each key on its own.
    """
    heads = nn.ModuleDict()
    for key, part in terms.items():
        if not key or "." in key or hasattr(heads, key):
            raise InvalidInputError(
                f"a term must have a name that no part of a dictionary of networks has, without points, got {key!r}"
            )
        target = targets.get(key)
        codes = _array(key, target) if part["name"] == "classification" else np.array([-1])
        n_classes = int(codes.max()) + 1
        own = target if part["name"] == "reconstruction" else None
        head = make_head(part, module, sample, n_classes=n_classes, own=own, seed=seed)
        if head is not None:
            heads[key] = head
    return heads


def make_head(
    part: Part,
    module: nn.Module,
    sample: Tensor,
    *,
    n_classes: int = 0,
    own: nn.Module | None = None,
    seed: int = 0,
) -> nn.Module | None:
    """Return the network that the term ``part`` trains beside ``module``; None if it trains none.

    Parameters
    ----------
    part, module, sample, seed
        As for :func:`make_heads`.
    n_classes
        Of a classification.
    own
        The caller's own decoder; a copy is returned.
    """
    name = np.random.SeedSequence((seed, *str(part["key"]).encode())).generate_state(1)
    generator = torch.Generator().manual_seed(int(name[0]))
    n_components = int(part.get("n_components", 2))
    match part["name"]:
        case "reconstruction":
            if own is not None:
                return checked_decoder(copy.deepcopy(own), n_components, sample)
            mirrored = getattr(module, "mirrored", None)
            if mirrored is None:
                return FCNN(prod(sample.shape[1:]), n_components).mirrored(generator)
            return mirrored(generator)
        case "classification":
            layer = part.get("layer") or ""
            return linear(_width(module, sample, layer), n_classes, generator)
        case "divergence":
            return linear(_width(module, sample, ""), n_components, generator)
        case _:
            return None


def make_terms(
    parts: Sequence[Part],
    heads: nn.ModuleDict,
    targets: Mapping[str, Any],
    standardization: Standardization,
    *,
    device: str,
) -> dict[str, Term]:
    """Return the terms of one phase by key.

    Parameters
    ----------
    parts
        The terms of the phase.
    heads
        What :func:`make_heads` returned.
    targets
        What terms need beside plain data, by key.
    standardization
        How the network's inputs were made of the data.
    device
        Where the network is.

    Raises
    ------
    InvalidInputError
        If there is no term of a name, or what it needs is not there.
    """
    made: dict[str, Term] = {}
    for part in parts:
        _checks.check_choice("terms", part["name"], MAKERS)
        key = str(part["key"])
        maker = MAKERS[part["name"]]
        made[key] = maker(key, part, heads, targets.get(key), standardization, device)
    return made


def checked_decoder(decoder: nn.Module, n_components: int, sample: Tensor) -> nn.Module:
    """Return the caller's decoder; raise unless it makes rows of places."""
    mode = decoder.training
    decoder.train(False)
    with torch.no_grad():
        decoded = decoder(torch.zeros(2, n_components))
    decoder.train(mode)
    width = prod(sample.shape[1:])
    if len(decoded) != 2 or prod(decoded.shape[1:]) != width:  # noqa: PLR2004
        raise InvalidInputError(
            f"decoder must give {width} numbers for each place, as many as X has columns, got an output of shape "
            f"{tuple(decoded.shape)} for 2 places"
        )
    return decoder


def _width(module: nn.Module, sample: Tensor, layer: str) -> int:
    return widths_of(copy.deepcopy(module).cpu(), sample.cpu(), [layer])[layer]


def _reconstruction(
    key: str, part: Part, heads: nn.ModuleDict, _target: Any, rows: Standardization, device: str
) -> Term:
    mean = torch.from_numpy(np.asarray(rows.mean, dtype=np.float32)).flatten().to(device)
    scale = float(rows.scale)

    def back(values: Tensor) -> Tensor:
        return values * scale + mean

    spread = part.get("spread")
    return Reconstruction(
        key,
        part["weight"],
        heads[key],
        loss=part["loss"],
        detach=part["detach"],
        back=back,
        likelihood=bool(part.get("likelihood")),
        spread=heads[spread] if spread else None,
    )


def _divergence(key: str, part: Part, heads: nn.ModuleDict, *_: Any) -> Term:
    return Divergence(key, part["weight"], heads[key])


def _correlation(key: str, part: Part, *_: Any) -> Term:
    return Correlation(key, part["weight"])


def _consistency(
    key: str, part: Part, _heads: nn.ModuleDict, target: Any, rows: Standardization, _device: str
) -> Term:
    if target is not None:
        return Consistency(key, part["weight"], target)
    _checks.check_choice("augment", part["augment"], AUGMENTATIONS)
    augment = AUGMENTATIONS[part["augment"]]
    if part["augment"] == "shift":
        augment = partial(augment, shape=_picture(part.get("shape"), np.shape(rows.mean)))
    return Consistency(key, part["weight"], augment)


def _picture(shape: Any, sample: tuple[int, ...]) -> tuple[int, int, int]:
    """Return height, width and channels: as given, of the sample, or of a square picture of one channel."""
    columns = prod(sample)
    side = isqrt(columns)
    found = tuple(shape or (sample if len(sample) > 1 else (side, side)))
    height, width, channels = (*found, 1, 1)[:3]
    if height * width * channels != columns:
        raise InvalidInputError(
            f"shape must be (height, width, channels) with a product of {columns}, the columns of X, for pictures to "
            f"be shifted, got {shape!r}; give it as Consistency(augment='shift', shape=…)"
        )
    return int(height), int(width), int(channels)


def _classification(
    key: str, part: Part, heads: nn.ModuleDict, target: Any, _rows: Any, device: str
) -> Term:
    layer, size = part.get("layer") or "", int(part["batch_size"])
    codes = _needed(key, target, torch.int64, device)
    return Classification(key, part["weight"], heads[key], codes, layer=layer, size=size)


def _triplet(
    key: str, part: Part, _heads: nn.ModuleDict, target: Any, _rows: Any, device: str
) -> Term:
    codes = _needed(key, target, torch.int64, device)
    size = int(part["batch_size"])
    return Triplet(key, part["weight"], codes, margin=part["margin"], size=size)


def _attribute(
    key: str, part: Part, _heads: nn.ModuleDict, target: Any, _rows: Any, device: str
) -> Term:
    values = _needed(key, target, torch.float32, device)
    return Attribute(key, part["weight"], values, component=int(part["component"]))


def _position(
    key: str, part: Part, _heads: nn.ModuleDict, target: Any, _rows: Any, device: str
) -> Term:
    numbers, places = target if target is not None else (None, None)
    return Position(
        key,
        part["weight"],
        _needed(key, numbers, torch.int64, device),
        _needed(key, places, torch.float32, device),
        size=int(part["batch_size"]),
        everywhere=bool(part.get("everywhere")),
    )


def _needed(key: str, values: Any, dtype: torch.dtype, device: str) -> Tensor:
    """Return an array that a term cannot do without, on the device."""
    return torch.from_numpy(_array(key, values)).to(device, dtype)


def _array(key: str, values: Any) -> NDArray[Any]:
    """Return an array that a term cannot do without."""
    if values is None:
        raise InvalidInputError(
            f"targets must hold what the term {key!r} needs beside plain data, got none for it; "
            "it comes from fit(X, y) or from the term itself"
        )
    return np.asarray(values)


def _relation(key: str, part: Part, _heads: Any, target: Any, _rows: Any, device: str) -> Term:
    return Relation(key, part["weight"], part["func"], target.related(device))


def _edge_triplet(key: str, part: Part, *_: Any) -> Term:
    return EdgeTriplet(key, part["weight"], margin=part["margin"])


def _density(key: str, part: Part, _heads: Any, target: Any, _rows: Any, device: str) -> Term:
    radii = torch.from_numpy(target.radii()).to(device)
    return Density(key, part["weight"], radii, memory=float(part["memory"]))


def _own(key: str, part: Part, _heads: Any, target: Any, _rows: Any, device: str) -> Term:
    columns = [torch.from_numpy(column).to(device) for column in target.columns]
    return Own(key, part["weight"], target.function, columns, part["options"])


MAKERS: dict[str, Any] = {
    "relation": _relation,
    "edge_triplet": _edge_triplet,
    "own": _own,
    "density": _density,
    "reconstruction": _reconstruction,
    "divergence": _divergence,
    "correlation": _correlation,
    "classification": _classification,
    "consistency": _consistency,
    "triplet": _triplet,
    "attribute": _attribute,
    "position": _position,
}
