"""One value per row, whatever the caller keeps it in."""

# ruff: noqa: PD011 - a column of ours has values

import datetime as dt
from decimal import Decimal

import narwhals.stable.v1 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from nbembed.columns import as_column, from_series, kind_of
from nbembed.errors import InvalidInputError, InvalidTypeError


def read(values, **options):
    return as_column(values, 3, argument="color", **options)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        (1, 2, 3),
        np.array([[1], [2], [3]]),
        torch.tensor([1, 2, 3]),
        torch.tensor([1.0, 2, 3], requires_grad=True),
        pd.Series([1, 2, 3], index=[9, 8, 7]),
        pd.Index([1, 2, 3]),
        pl.Series([1, 2, 3]),
        pd.DataFrame({"a": [1, 2, 3]}),
    ],
    ids=["list", "tuple", "column", "tensor", "grad", "pandas", "index", "polars", "frame"],
)
def test_every_container_gives_its_values_by_position(values):
    column = read(values)
    assert column.values.tolist() == [1, 2, 3]
    assert column.values.ndim == 1


def test_a_series_keeps_its_name_and_other_values_get_one():
    assert read(pd.Series([1, 2, 3], name="age")).name == "age"
    assert read(pl.Series("age", [1, 2, 3])).name == "age"
    assert read(pd.Series([1, 2, 3], name=5)).name == "5"
    assert read(pl.Series([1, 2, 3])).name == "color"
    assert read([1, 2, 3]).name == "color"
    assert read([1, 2, 3], unnamed="label").name == "label"


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        pd.Series([1, 2]),
        pl.Series([1, 2, 3, 4]),
        [[1, 2]] * 3,
        [[1], [2, 3], []],
        5,
        {"a": 1},
    ],
)
def test_what_is_not_one_value_per_row_is_refused(values):
    with pytest.raises(InvalidInputError, match=r"color must hold one value per row of X"):
        read(values)


def test_none_and_complex_numbers_are_refused():
    with pytest.raises(InvalidTypeError, match="color must hold one value per row, got None"):
        read(None)
    with pytest.raises(InvalidTypeError, match="complex"):
        read([1j, 2, 3])


def test_integers_with_gaps_stay_integers():
    for series in (pd.Series([1, None, 3], dtype="Int64"), pl.Series([1, None, 3])):
        items = read(series).values.tolist()
        assert (items[0], items[2]) == (1, 3)
        assert isinstance(items[0], int)


def test_the_order_of_categories_is_their_owners_where_it_means_something():
    sizes = ["small", "medium", "large"]
    assert read(pd.Series(pd.Categorical(["large", "small", None], sizes))).order == tuple(sizes)
    assert read(pl.Series(["large", "small", None], dtype=pl.Enum(sizes))).order == tuple(sizes)
    assert read(pl.Series(["large", "small", None], dtype=pl.Categorical)).order == ()
    assert read(pd.Series(pd.Categorical([3, 1, 2]))).order == ("1", "2", "3")
    assert read(pd.Series(["b", "a", "c"])).order == ()


def test_numbers_that_are_called_categories_are_names():
    column = read(pd.Series(pd.Categorical([10, None, 9])))
    assert column.values.tolist() == ["10", None, "9"]
    assert column.order == ("9", "10")
    assert read(pd.Series(pd.Categorical([10, 10, 9]))).values.tolist() == ["10", "10", "9"]


MOMENT = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "values",
    [
        [dt.date(2024, 5, 1), None, dt.date(2024, 5, 2)],
        pd.Series([dt.date(2024, 5, 1), None, dt.date(2024, 5, 2)]),
        pd.to_datetime(pd.Series(["2024-05-01", None, "2024-05-02"])),
        pl.Series([dt.date(2024, 5, 1), None, dt.date(2024, 5, 2)]),
        [pd.Timestamp("2024-05-01"), pd.NaT, pd.Timestamp("2024-05-02")],
    ],
    ids=["list", "objects", "pandas", "polars", "timestamps"],
)
def test_dates_are_dates(values):
    read_ones = read(values).values
    assert read_ones.dtype.kind == "M"
    assert read_ones.astype("datetime64[D]").astype(str).tolist() == [
        "2024-05-01",
        "NaT",
        "2024-05-02",
    ]


def test_moments_of_other_places_are_read_in_utc():
    berlin = pd.to_datetime(pd.Series(["2024-05-01 14:00"] * 3)).dt.tz_localize("Europe/Berlin")
    for values in (berlin, [MOMENT] * 3, berlin.tolist()):
        assert read(values).values.astype("datetime64[h]").astype(str)[0] == "2024-05-01T12"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "numbers"),
        (pd.array([1, None, 3], dtype="Int64"), "numbers"),
        ([True, False, True], "booleans"),
        (["a", None, "b"], "text"),
        (pd.Categorical(["a", "b", "a"]), "categories"),
        (pd.to_datetime(["2024", "2025", "2026"]), "dates"),
        (pd.to_timedelta([1, 2, 3], unit="h"), "durations"),
        (pd.Series([1, None, Decimal("2.5")], dtype=object), "numbers"),
        (pd.Series([1, 2, "x"], dtype=object), "mixed values"),
        (pd.Series([None, None, None], dtype=object), "mixed values"),
        (pd.Series([[1], [2], None], dtype=object), "things"),
        (pd.Series([b"1", b"2", None], dtype=object), "things"),
        (pd.Series([np.eye(2)] * 3, dtype=object), "things"),
    ],
)
def test_what_a_column_holds_in_a_word(values, kind):
    series = nw.from_native(pd.Series(values), series_only=True)
    assert kind_of(series.dtype, series) == kind


def test_a_late_text_among_numbers_is_seen():
    series = nw.from_native(pd.Series([*range(1000), "x"], dtype=object), series_only=True)
    assert kind_of(series.dtype, series) == "mixed values"


def test_lists_of_polars_are_things():
    series = nw.from_native(pl.Series([[1], [2]]), series_only=True)
    assert kind_of(series.dtype, series) == "things"
    assert from_series(series, "tags").name == "tags"
