import numpy as np
import pytest
from numpy.testing import assert_allclose

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.labels import MISSING, classes, numbers


@pytest.mark.parametrize(
    ("labels", "names", "codes"),
    [
        (np.array(["b", "a", "b"]), ["a", "b"], [1, 0, 1]),
        (np.array([10, 9, 10]), ["9", "10"], [1, 0, 1]),
        (np.array([True, False]), ["False", "True"], [1, 0]),
        (np.array(["x", None, float("nan")], dtype=object), ["x"], [0, MISSING, MISSING]),
        (np.array([1, "one"], dtype=object), ["1", "one"], [0, 1]),
        (np.array([1, "1"], dtype=object), ["1"], [0, 0]),
        (np.array([2, None, 1], dtype=object), ["1", "2"], [1, MISSING, 0]),
        (np.array([True, None], dtype=object), ["True"], [0, MISSING]),
        (np.array([b"a", b"\xff"]), ["a", "\ufffd"], [0, 1]),
        (np.array([None, None], dtype=object), [], [MISSING, MISSING]),
    ],
)
def test_names_in_sorted_order_and_a_code_each(labels, names, codes):
    found = classes(labels)
    assert found is not None
    assert found[0] == names
    assert found[1].tolist() == codes


def test_an_order_comes_first():
    labels = np.array(["hi", "lo", "odd", "mid"])
    names, codes = classes(labels, order=["lo", "mid", "hi", "absent"])
    assert names == ["lo", "mid", "hi", "odd"]
    assert codes.tolist() == [2, 0, 3, 1]


@pytest.mark.parametrize(
    "labels",
    [
        np.arange(60),
        np.linspace(0, 1, 5),
        np.array([0.0, 1.0]),
        np.array([1.5, None, 2], dtype=object),
        np.array([*range(60), None], dtype=object),
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        np.array([1], dtype="timedelta64[s]"),
    ],
)
def test_floats_and_many_integers_and_times_are_numbers(labels):
    assert classes(labels) is None


def test_the_bound_for_integers_can_be_set():
    assert classes(np.arange(3), max_integers=0) is None
    assert len(classes(np.arange(60), max_integers=60)[0]) == 60
    # A bool is a name whatever the bound.
    assert classes(np.array([True, False]), max_integers=0) is not None


def test_containers_are_no_labels():
    labels = np.empty(2, dtype=object)
    labels[:] = [[1], [2]]
    with pytest.raises(InvalidTypeError, match="must be names or numbers, one per row"):
        classes(labels)


def test_numbers_with_gaps():
    values, unit = numbers(np.array([1, None, 2.5], dtype=object))
    assert_allclose(values, [1, np.nan, 2.5])
    assert unit == ""
    with pytest.raises(InvalidInputError, match="must be numbers, got 'x'"):
        numbers(np.array([1, "x"], dtype=object))


@pytest.mark.parametrize(
    ("dates", "values", "unit"),
    [
        (["2020-01-01", "2024-07-02"], [2020, 2024.5], "year"),
        (["1969-01-01", "1971-01-01"], [0, 730], "days since 1969-01-01"),
        (["2024-05-01", "NaT", "2024-05-04"], [0, np.nan, 3], "days since 2024-05-01"),
        (
            ["2024-05-01T10:20", "2024-05-01T13:50"],
            [1 / 3, 3 + 5 / 6],
            "hours since 2024-05-01 10:00",
        ),
        (
            ["2024-05-01T10:20:30", "2024-05-01T10:25:00"],
            [0.5, 5],
            "minutes since 2024-05-01 10:20",
        ),
        (
            ["2024-05-01T10:20:30", "2024-05-01T10:20:31"],
            [0, 1],
            "seconds since 2024-05-01 10:20:30",
        ),
        (["NaT"], [np.nan], "seconds since 1970-01-01 00:00:00"),
    ],
)
@pytest.mark.parametrize("exact", ["s", "us", "ns"])
def test_dates_become_numbers_of_the_unit_that_suits_their_span(dates, values, unit, exact):
    found = numbers(np.array(dates, dtype=f"datetime64[{exact}]"))
    assert_allclose(found[0], values, atol=1e-6)
    assert found[1] == unit


def test_durations_become_numbers():
    for hours, values, unit in (
        ([12, 72], [0.5, 3], "days"),
        ([0, 36], [0, 36], "hours"),
        ([-3, 0], [-3, 0], "hours"),
    ):
        found = numbers(np.array(hours, dtype="timedelta64[h]"))
        assert_allclose(found[0], values)
        assert found[1] == unit
