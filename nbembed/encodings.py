"""What a column of values looks like: a colour, a size or an opacity for each row, as data.

A spec says what the values mean and holds one 16-bit code a row; the browser and the pictures of
:mod:`nbembed.figures` read the same specs. Two forms::

    {"kind": "category", "name", "categories", "counts", "colors"?, "shades"?, "values"}
    {"kind": "number", "name", "min", "max", "scale", "map", "values"}

Specs of sizes and opacities have no colours and no map, but a ``"range"``. ``values`` are the codes,
little-endian, compressed by zlib: the number of the category, or how far the value lies from
``min`` to ``max``, 0 to 65534. 65535 means that the value is missing.
"""

import base64
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice, check_number, nearest
from nbembed.columns import Column
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.labels import MAX_INTEGER_CLASSES, MISSING, classes, numbers

__all__ = [
    "ABSENT", "CHANNELS", "MAPS", "STEPS", "Spec", "as_text", "codes_of", "color_spec", "measured_spec", "places_of",
    "shaded", "sized_spec", "without_values",
]  # fmt: skip

Spec = dict[str, Any]

CHANNELS = ("color", "size", "opacity")
# Colour ramps for numbers. "rdbu" has its middle at zero.
MAPS = ("viridis", "cividis", "magma", "rdbu")
SCALES = ("linear", "log")
# The code of a missing value, and so the number of categories that there can be.
ABSENT = 65_535
# The code of a number at the end of its range.
STEPS = 65_534
# How much of the way to white and to black the shades of a category's classes go.
LIGHTER, DARKER = 0.5, 0.4
# Categories that their colours do not name.
OTHER_COLOR = "#969aa0"
# Smallest and largest value that a range may have, and the usual range.
LIMITS = {"size": (0.1, 5.0, (0.4, 2.2)), "opacity": (0.0, 1.0, (0.1, 1.0))}
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def color_spec(
    column: Column,
    *,
    map: Any = None,  # noqa: A002 - the word that everybody uses
    scale: Any = None,
    name: Any = None,
    subclass: Column | None = None,
) -> Spec:
    """Return the spec of a colour by ``column``.

    Parameters
    ----------
    column
        The values. Text, booleans and integers with at most 50 different values are categories;
        other numbers, dates and durations are numbers. More than 65,535 categories are numbers: the
        places of the names in their order.
    map
        For numbers the name of a ramp: ``"viridis"`` (default), ``"cividis"``, ``"magma"``, or
        ``"rdbu"`` with its middle at zero. For categories a list with a colour ``"#rrggbb"`` for each
        in their order, or a dict from categories to colours; those it does not name are grey. The
        ramp makes numbers of few integers, the list or dict makes categories of many.
    scale
        For numbers ``"linear"`` (default) or ``"log"``, on which what is not positive is missing.
    name
        What the legend says; None takes the column's name.
    subclass
        Classes within the categories: shades of their colours, dark to light.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If ``map``, ``scale`` or ``subclass`` does not exist or does not apply to the values.
    """
    if isinstance(map, str):
        check_choice("map", map, MAPS)
    own_colors = map is not None and not isinstance(map, str)
    most = MAX_INTEGER_CLASSES
    if own_colors:
        most = ABSENT
    elif map is not None or scale is not None:
        most = 0
    spec = _spec(column, scale, name, max_integers=most, centred=map == "rdbu")
    if subclass is not None:
        spec["shades"] = _shades(spec, subclass)
    if spec["kind"] == "number":
        if own_colors:
            raise InvalidTypeError(
                f"map must be one of {', '.join(MAPS)} for the numbers of {column.name!r}, got {map!r}; "
                "to colour categories, give them as text"
            )
        return spec | {"map": map or "viridis"}
    if map is not None:
        spec["colors"] = _own_colors(map, spec["categories"])
    return spec


def measured_spec(
    values: NDArray[np.float64],
    name: str,
    *,
    ends: tuple[float, float] | None = None,
    scale: str = "linear",
    map: str = "viridis",  # noqa: A002 - the word that everybody uses
) -> Spec:
    """Return the spec of a colour by measured numbers, on a scale that need not be theirs.

    Parameters
    ----------
    values
        One number per row; NaN is missing.
    name
        What the legend says.
    ends
        The ends of the scale; what lies beyond has their colours. None takes those of the values.
    scale, map
        As in :func:`color_spec`.
    """
    check_choice("map", map, MAPS)
    if ends is None:
        return _number_spec(values, name, scale=scale, centred=False) | {"map": map}
    inside = np.clip(np.append(values, ends), *ends)
    spec = _number_spec(inside, name, scale=scale, centred=False)
    codes = codes_of(spec)[: len(values)]
    return spec | {"map": map, "values": _packed(codes)}


def _shades(spec: Spec, subclass: Column) -> Spec:
    """Return the classes within each category of ``spec``: names, counts, and a code for each row among them."""
    if spec["kind"] == "number":
        raise InvalidInputError(
            f"subclass must be left out for the numbers of {spec['name']!r}; only classes have shades"
        )
    found = classes(subclass.values, order=subclass.order, max_integers=MAX_INTEGER_CLASSES)
    if found is None:
        raise InvalidInputError(
            f"subclass must hold classes: text, booleans or at most {MAX_INTEGER_CLASSES} different integers, got "
            f"the numbers of {subclass.name!r}"
        )
    names, inner = found
    outer = codes_of(spec).astype(np.int64)
    present = (outer != ABSENT) & (inner != MISSING)
    codes = np.full(len(outer), ABSENT)
    categories: list[list[str]] = []
    counts: list[list[int]] = []
    for number in range(len(spec["categories"])):
        own = np.flatnonzero(present & (outer == number))
        kinds, places, sizes = np.unique(inner[own], return_inverse=True, return_counts=True)
        codes[own] = places
        categories.append([names[kind] for kind in kinds])
        counts.append(sizes.tolist())
    return {
        "name": subclass.name,
        "categories": categories,
        "counts": counts,
        "values": _packed(codes),
    }


def shaded(colors: NDArray[np.float64], shades: Spec, codes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the colours of the rows' categories made darker or lighter, as the browser does.

    Parameters
    ----------
    colors
        Red, green and blue from 0 to 1 of each row's category.
    shades
        Those of a spec: the first class within a category is the darkest, the last one the lightest.
    codes
        The categories of the rows, ``ABSENT`` where they are missing.
    """
    sizes = np.array([len(kinds) for kinds in shades["categories"]] + [0])
    own, size = codes_of(shades), sizes[np.minimum(codes, len(sizes) - 1)]
    places = 2.0 * own / np.maximum(size - 1, 1) - 1.0
    places = np.where((own == ABSENT) | (size < 2), 0.0, places)  # noqa: PLR2004 - one is its category
    parts = np.where(places > 0, LIGHTER, DARKER) * np.abs(places)
    return colors + parts[:, None] * (np.where(places > 0, 1.0, 0.0)[:, None] - colors)


def sized_spec(
    channel: str,
    column: Column,
    *,
    range: Any = None,  # noqa: A002 - the word that everybody uses
    scale: Any = None,
    name: Any = None,
) -> Spec:
    """Return the spec of a size or an opacity by ``column``.

    Parameters
    ----------
    channel
        ``"size"`` or ``"opacity"``.
    column
        The values: numbers, integers always among them, or categories, which are spread evenly.
    range
        The ends ``(low, high)`` for the smallest and the largest value: factors of the usual
        diameter, 0.1 to 5, or opacities, 0 to 1. None takes (0.4, 2.2), or (0.1, 1).
    scale, name
        As in :func:`color_spec`.
    """
    ends = _ends(channel, range)
    return {**_spec(column, scale, name, max_integers=0), "range": ends}


def codes_of(spec: Spec) -> NDArray[np.uint16]:
    """Return the codes of a spec, one per row; ``ABSENT`` where the value is missing."""
    return np.frombuffer(zlib.decompress(spec["values"]), dtype="<u2")


def places_of(spec: Spec) -> NDArray[np.float64]:
    """Return how far each row lies along its spec's range, 0 to 1, and NaN where it is missing.

    Categories are spread evenly in their order; a single one lies at the end.
    """
    codes = codes_of(spec)
    last = STEPS if spec["kind"] == "number" else len(spec["categories"]) - 1
    places = codes / last if last > 0 else np.ones(len(codes))
    return np.where(codes == ABSENT, np.nan, places)


def without_values(spec: Spec | None) -> Spec:
    """Return what a spec says, as a copy without its bytes; {} for None."""
    kept = {} if spec is None else {key: v for key, v in spec.items() if key != "values"}
    return {
        key: without_values(v) if isinstance(v, dict) else list(v) if isinstance(v, list) else v
        for key, v in kept.items()
    }


def as_text(spec: Spec, *, of: str = "values") -> Spec:
    """Return a spec, or anything with bytes under one key, in a form that JSON can say: base64."""
    told = {key: as_text(v) if _has_values(v) else v for key, v in spec.items()}
    return {**told, of: base64.b64encode(spec[of]).decode("ascii")}


def _has_values(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("values"), bytes)


def _spec(
    column: Column, scale: Any, name: Any, *, max_integers: int, centred: bool = False
) -> Spec:
    """Return what all specs have."""
    if scale is not None:
        check_choice("scale", scale, SCALES)
    name = column.name if name is None else name
    if not isinstance(name, str):
        raise InvalidTypeError(f"name must be text, got {name!r}")
    found = classes(column.values, order=column.order, max_integers=max_integers)
    if found is None:
        values, unit = numbers(column.values)
        full_name = f"{name} ({unit})" if unit else name
        return _number_spec(values, full_name, scale=scale or "linear", centred=centred)
    names, codes = found
    if len(names) > ABSENT:
        ranks = np.where(codes == MISSING, np.nan, codes)
        return _number_spec(ranks, name, scale=scale or "linear", centred=centred)
    if scale is not None:
        raise InvalidInputError(
            f"scale must be left out for the categories of {column.name!r}, got {scale!r}; only numbers have a scale"
        )
    return {
        "kind": "category",
        "name": name,
        "categories": names,
        "counts": np.bincount(codes[codes != MISSING], minlength=len(names)).tolist(),
        "values": _packed(np.where(codes == MISSING, ABSENT, codes)),
    }


def _number_spec(values: NDArray[np.float64], name: str, *, scale: str, centred: bool) -> Spec:
    present = np.isfinite(values)
    if scale == "log":
        if centred:
            raise InvalidInputError(
                "map must be a ramp without a middle for scale='log', got 'rdbu'; use 'viridis'"
            )
        present &= values > 0
        if not present.any():
            raise InvalidInputError(
                f"scale must be 'linear' for {name!r}, got 'log': it has no value above 0"
            )
    found = values[present]
    low, high = (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)
    if centred:
        high = max(abs(low), abs(high)) or 1.0
        low = -high
    codes = np.full(len(values), ABSENT)
    codes[present] = np.rint(STEPS * _places(found, low, high, scale))
    return {
        "kind": "number",
        "name": name,
        "min": low,
        "max": high,
        "scale": scale,
        "values": _packed(codes),
    }


def _places(
    values: NDArray[np.float64], low: float, high: float, scale: str
) -> NDArray[np.float64]:
    """Return how far values lie from ``low`` to ``high``; 0 where these are the same."""
    if low == high:
        return np.zeros(len(values))
    if scale == "log":
        return (np.log(values) - np.log(low)) / (np.log(high) - np.log(low))
    # Halves, because the difference itself may exceed the largest float64.
    return np.clip((values / 2 - low / 2) / (high / 2 - low / 2), 0.0, 1.0)


def _packed(codes: NDArray[Any]) -> bytes:
    return zlib.compress(codes.astype("<u2").tobytes(), 6)


def _own_colors(given: Any, categories: Sequence[str]) -> list[str]:
    """Return a colour for each category from what the caller wrote."""
    if isinstance(given, str):
        raise InvalidInputError(
            f"map must be a list or a dict of '#rrggbb' colours for categories, got {given!r}"
        )
    if isinstance(given, Mapping):
        by_name = {str(key): _color(value) for key, value in given.items()}
        for key in by_name:
            if key not in categories:
                raise InvalidInputError(
                    f"map must name categories, got {key!r}{nearest(key, categories)}"
                )
        return [by_name.get(category, OTHER_COLOR) for category in categories]
    if not isinstance(given, Sequence):
        raise InvalidTypeError(
            f"map must be a ramp's name, a list or a dict of '#rrggbb' colours, got {type(given).__name__}"
        )
    if len(given) < len(categories):
        raise InvalidInputError(
            f"map must hold a colour for each of the {len(categories)} categories, got {len(given)}; "
            "a dict may name some of them only"
        )
    return [_color(value) for value in given[: len(categories)]]


def _color(value: Any) -> str:
    if not isinstance(value, str) or _HEX.fullmatch(value) is None:
        raise InvalidInputError(f"map must hold colours as '#rrggbb', got {value!r}")
    return value.lower()


def _ends(channel: str, given: Any) -> list[float]:
    low, high, usual = LIMITS[channel]
    if given is None:
        return list(usual)
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != 2:  # noqa: PLR2004
        raise InvalidTypeError(f"range must be two numbers, (low, high), got {given!r}")
    for end in given:
        check_number("range", end, low=low, high=high)
    if given[0] > given[1]:
        raise InvalidInputError(f"range must be (low, high) with low first, got {given!r}")
    return [float(end) for end in given]
