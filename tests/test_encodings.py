"""What a column looks like, as data: the same bytes for the browser and the pictures."""

import zlib

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nbembed.columns import Column
from nbembed.encodings import (
    ABSENT,
    as_text,
    codes_of,
    color_spec,
    places_of,
    sized_spec,
    without_values,
)
from nbembed.errors import InvalidInputError, InvalidTypeError


def column(values, **options):
    return Column("v", np.asarray(values), **options)


def test_categories_have_codes_and_counts():
    spec = color_spec(column(["b", "a", "b", None]))
    assert without_values(spec) == {
        "kind": "category",
        "name": "v",
        "categories": ["a", "b"],
        "counts": [1, 2],
    }
    assert np.frombuffer(zlib.decompress(spec["values"]), "<u2").tolist() == [1, 0, 1, 65535]


def test_numbers_have_places_between_their_ends():
    spec = color_spec(column([-1.0, 3.0, 0.0, np.nan, np.inf]))
    assert without_values(spec) == {
        "kind": "number",
        "name": "v",
        "min": -1.0,
        "max": 3.0,
        "scale": "linear",
        "map": "viridis",
    }
    codes = np.frombuffer(zlib.decompress(spec["values"]), "<u2")
    assert codes.tolist() == [0, 65534, round(65534 / 4), 65535, 65535]


def test_values_come_back_to_half_a_step():
    values = np.random.default_rng(0).normal(size=1000) * 1e6
    spec = color_spec(column(values))
    back = spec["min"] + places_of(spec) * (spec["max"] - spec["min"])
    assert_allclose(back, values, atol=0.5001 * (spec["max"] - spec["min"]) / 65534)


def test_a_logarithmic_scale_has_places_of_logarithms_and_no_zero():
    spec = color_spec(column([1.0, 10.0, 100.0, 0.0, -5.0]), scale="log")
    assert (spec["min"], spec["max"], spec["scale"]) == (1.0, 100.0, "log")
    assert codes_of(spec).tolist() == [0, 32767, 65534, ABSENT, ABSENT]
    with pytest.raises(
        InvalidInputError, match="scale must be 'linear' for 'v', got 'log'.*above 0"
    ):
        color_spec(column([0.0, -1.0]), scale="log")
    assert codes_of(color_spec(column([5.0, 5.0]), scale="log")).tolist() == [0, 0]


def test_rdbu_has_its_middle_at_zero():
    spec = color_spec(column([-1.0, 0.0, 4.0]), map="rdbu")
    assert (spec["min"], spec["max"], spec["map"]) == (-4.0, 4.0, "rdbu")
    assert_allclose(places_of(spec), [3 / 8, 1 / 2, 1], atol=1e-5)
    nothing = color_spec(column([0.0, 0.0]), map="rdbu")
    assert (nothing["min"], nothing["max"]) == (-1.0, 1.0)
    assert codes_of(nothing).tolist() == [32767, 32767]
    with pytest.raises(InvalidInputError, match="without a middle for scale='log'"):
        color_spec(column([1.0, 2.0]), map="rdbu", scale="log")


@pytest.mark.parametrize(
    ("values", "low", "high", "codes"),
    [
        ([2.0, 2.0], 2.0, 2.0, [0, 0]),
        ([np.nan, np.nan], 0.0, 1.0, [ABSENT, ABSENT]),
        ([-1.7e308, 0.0, 1.7e308], -1.7e308, 1.7e308, [0, 32767, 65534]),
        ([2**63 - 1.0, 0.0], 0.0, 2.0**63, [65534, 0]),
    ],
    ids=["constant", "missing", "huge", "large integers"],
)
def test_odd_numbers(values, low, high, codes):
    spec = color_spec(column(values))
    assert (spec["min"], spec["max"]) == (low, high)
    assert codes_of(spec).tolist() == codes


def test_dates_are_numbers_with_their_unit_in_the_name():
    spec = color_spec(column(np.array(["2024-05-01", "2024-05-31"], dtype="datetime64[D]")))
    assert (spec["name"], spec["min"], spec["max"]) == ("v (days since 2024-05-01)", 0.0, 30.0)


def test_a_hundred_classes_and_the_most_there_can_be():
    names = [f"{i:05}" for i in range(65_535)]
    spec = color_spec(column(names))
    assert (spec["kind"], len(spec["categories"])) == ("category", 65_535)
    assert codes_of(spec)[-1] == 65_534
    more = color_spec(column([*names, "more"]))
    assert (more["kind"], more["min"], more["max"]) == ("number", 0.0, 65_535.0)
    assert color_spec(column([f"c{i % 100}" for i in range(500)]))["counts"] == [5] * 100


def test_the_owners_order_is_kept():
    spec = color_spec(column(["hi", "lo", "mid"], order=("lo", "mid", "hi")))
    assert spec["categories"] == ["lo", "mid", "hi"]


# ---- integers may be either ---------------------------------------------------------------------


def test_a_map_decides_what_integers_are():
    few, many = column(np.arange(6) % 3), column(np.arange(60))
    assert color_spec(few)["kind"] == "category"
    assert color_spec(few, map="magma")["kind"] == "number"
    assert color_spec(few, scale="linear")["kind"] == "number"
    assert color_spec(many)["kind"] == "number"
    assert color_spec(many, map={"3": "#ff0000"})["kind"] == "category"


def test_own_colours_by_list_and_by_name():
    spec = color_spec(column(["b", "a", "c"]), map=["#AA0000", "#00bb00", "#0000cc", "#ffffff"])
    assert spec["colors"] == ["#aa0000", "#00bb00", "#0000cc"]
    named = color_spec(column([1, 2, 1]), map={2: "#0000cc"})
    assert named["colors"] == ["#969aa0", "#0000cc"]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["a", "b"], {"map": "virdis"}, r"map must be one of .*'virdis'; did you mean 'viridis'"),
        ([1.0, 2.0], {"map": "virdis"}, r"did you mean 'viridis'"),
        (
            ["a", "b"],
            {"map": "viridis"},
            r"map must be a list or a dict of '#rrggbb' colours for categories",
        ),
        (
            ["a", "b"],
            {"map": ["#000000"]},
            r"map must hold a colour for each of the 2 categories, got 1",
        ),
        (["a", "b"], {"map": ["red", "blue"]}, r"map must hold colours as '#rrggbb', got 'red'"),
        (["a", "b"], {"map": {"a": "#12345"}}, r"colours as '#rrggbb', got '#12345'"),
        (
            ["apple", "pear"],
            {"map": {"aple": "#123456"}},
            r"categories, got 'aple'; did you mean 'apple'",
        ),
        (["a", "b"], {"map": 5}, r"map must be a ramp's name, a list or a dict .*got int"),
        (
            [1.0, 2.0],
            {"map": {"a": "#123456"}},
            r"map must be one of viridis, .* for the numbers of 'v'",
        ),
        (
            ["a", "b"],
            {"scale": "log"},
            r"scale must be left out for the categories of 'v', got 'log'",
        ),
        ([1.0, 2.0], {"scale": "sqrt"}, r"scale must be one of 'linear', 'log', got 'sqrt'"),
        ([1.0, 2.0], {"name": 5}, r"name must be text, got 5"),
    ],
)
def test_what_does_not_apply_is_an_error(values, options, message):
    with pytest.raises((InvalidInputError, InvalidTypeError), match=message):
        color_spec(column(values), **options)


# ---- sizes and opacities ------------------------------------------------------------------------


def test_sizes_have_a_range_and_no_map():
    spec = sized_spec("size", column([1.0, 3.0]))
    assert without_values(spec) == {
        "kind": "number",
        "name": "v",
        "min": 1.0,
        "max": 3.0,
        "scale": "linear",
        "range": [0.4, 2.2],
    }
    assert sized_spec("opacity", column([1.0, 3.0]))["range"] == [0.1, 1.0]
    assert sized_spec("size", column([1.0, 3.0]), range=(1, 5))["range"] == [1.0, 5.0]


def test_integers_are_sizes_in_proportion_and_categories_in_order():
    assert_allclose(places_of(sized_spec("size", column([1, 2, 101]))), [0, 0.01, 1], atol=1e-5)
    assert_allclose(
        places_of(sized_spec("size", column(["a", "c", "b", None]))), [0, 1, 0.5, np.nan]
    )
    assert places_of(sized_spec("size", column(["a", "a"]))).tolist() == [1, 1]
    assert sized_spec("opacity", column([True, False]))["categories"] == ["False", "True"]


@pytest.mark.parametrize(
    ("channel", "given", "message"),
    [
        ("size", (0.05, 1), r"range must be a number of at least 0.1 and at most 5, got 0.05"),
        ("size", (1, 6), r"at most 5, got 6"),
        ("opacity", (0, 1.5), r"at least 0 and at most 1, got 1.5"),
        ("opacity", (1, 0), r"range must be \(low, high\) with low first, got \(1, 0\)"),
        ("size", 3, r"range must be two numbers, \(low, high\), got 3"),
        ("size", "ab", r"range must be two numbers, \(low, high\), got 'ab'"),
        ("size", ("a", "b"), r"range must be a number.*got 'a'"),
    ],
)
def test_a_range_that_cannot_be_is_refused(channel, given, message):
    with pytest.raises((InvalidInputError, InvalidTypeError), match=message):
        sized_spec(channel, column([1.0, 2.0]), range=given)


def test_a_spec_without_values_is_a_copy():
    spec = color_spec(column(["a", "b"]))
    without_values(spec)["categories"].append("c")
    assert spec["categories"] == ["a", "b"]
    assert without_values(None) == {}
    assert as_text(spec)["values"].isascii()
