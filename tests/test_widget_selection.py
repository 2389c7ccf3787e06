"""What the browser and Python both change: selection, filter, moment."""

import base64

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
import traitlets

from nbembed.errors import InvalidInputError
from nbembed.widget.selection import pack_rows, unpack_rows
from tests.widgets import make


@pytest.fixture
def widget(blobs):
    return make(blobs, labels=np.array(["a", "b", "c"])[np.arange(150) % 3])


def say(widget, buffers=(), **state):
    """Let the browser change traits, as ipywidgets does it; what raises there raises here."""
    for (name, value), buffer in zip(state.items(), buffers, strict=False):
        state[name] = {**value, "data": memoryview(buffer)}
    widget.set_state(state)


def seen(widget, name):
    """Return the values that an observer is told."""
    told = []
    widget.observe(lambda change: told.append(change.new), name)
    return told


# ---- from Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        [5, 2, 2],
        (2, 5),
        {2, 5},
        np.array([5, 2]),
        np.array([2, 5], dtype=np.uint8),
        pd.Series([5, 2]),
        pd.Index([5, 2]),
        pl.Series([5, 2]),
        torch.tensor([5, 2]),
        np.isin(np.arange(150), [2, 5]),
        np.isin(np.arange(150), [2, 5]).tolist(),
        pd.Series(np.isin(np.arange(150), [2, 5]), index=np.arange(150)[::-1]),
        pl.Series(np.isin(np.arange(150), [2, 5])),
        pd.array(np.isin(np.arange(150), [2, 5]), dtype="boolean"),
        torch.tensor(np.isin(np.arange(150), [2, 5])),
    ],
)
def test_a_selection_is_a_plain_ascending_list(widget, value):
    widget.selection = value
    assert widget.selection == [2, 5]
    assert all(type(row) is int for row in widget.selection)


def test_a_range_and_nothing_can_be_selected(widget):
    widget.selection = range(147, 150)
    assert widget.selection == [147, 148, 149]
    for nothing in ([], np.array([]), (), np.zeros(150, dtype=bool)):
        widget.selection = [1]
        widget.selection = nothing
        assert widget.selection == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([-1], r"selection must be positions of rows, 0 to 149, got -1"),
        ([3, 150], r"0 to 149, got 150"),
        ([1.0, 2.0], r"selection must be positions of rows, whole numbers.*float64"),
        (["a"], r"selection must be positions of rows, whole numbers"),
        (
            "12",
            r"selection must be a sequence of row positions such as \[0, 5\].*got '12'; \[\] selects nothing",
        ),
        (5, r"selection must be a sequence of row positions.*got 5"),
        (None, r"selection must be a sequence.*got None"),
        ({"a": 1}, r"selection must be a sequence"),
        ([[1, 2]], r"selection must be a sequence"),
        ([[1], [2, 3]], r"selection must be a sequence"),
        ({1, "a"}, r"selection must be positions"),
        ([True, False], r"one boolean per row when it is a mask, 150 in all, got 2"),
    ],
)
def test_what_cannot_be_selected_is_refused_and_changes_nothing(widget, value, message):
    widget.selection = [7]
    with pytest.raises(traitlets.TraitError, match=message) as caught:
        widget.selection = value
    assert isinstance(caught.value, InvalidInputError)
    assert widget.selection == [7]


def test_observers_hear_changes_only(widget):
    told = seen(widget, "selection")
    widget.selection = [1, 2]
    widget.selection = np.array([2, 1])
    widget.selection = []
    widget.selection = []
    assert told == [[1, 2], []]


def test_two_widgets_are_linked(widget, blobs):
    other = make(blobs)
    traitlets.link((widget, "selection"), (other, "selection"))
    widget.selection = [3]
    assert other.selection == [3]
    other.selection = [4, 5]
    assert widget.selection == [4, 5]


# ---- on the wire --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "kind", "data"),
    [
        ([], "rows", b""),
        ([1, 40], "rows", b"\x01\0\0\0\x28\0\0\0"),
        ([0, 1, 9], "bits", b"\x03\x02" + bytes(8)),
    ],
)
def test_the_shorter_form_is_sent(rows, kind, data):
    packed = pack_rows(rows, 80)
    assert packed == {"n": 80, "kind": kind, "data": data}
    assert unpack_rows(packed, 80) == rows


@pytest.mark.parametrize("n", [2, 7, 8, 9, 150, 1000])
def test_every_selection_comes_back(n):
    rng = np.random.default_rng(n)
    for share in (0, 0.01, 0.5, 1):
        rows = np.flatnonzero(rng.random(n) < share).tolist()
        packed = pack_rows(rows, n)
        assert len(packed["data"]) == min(4 * len(rows), (n + 7) // 8)
        assert unpack_rows(packed, n) == rows


def test_the_browser_selects(widget):
    told = seen(widget, "selection")
    say(widget, [b"\x05\0\0\0\x02\0\0\0"], selection={"n": 150, "kind": "rows"})
    assert widget.selection == [2, 5]
    say(widget, [b"\xff" * 19], selection={"n": 150, "kind": "bits"})
    assert widget.selection == list(range(150))
    say(
        widget, selection={"n": 150, "kind": "rows", "data": base64.b64encode(b"\1\0\0\0").decode()}
    )
    assert widget.selection == [1]
    assert len(told) == 3


def test_the_browser_selects_by_a_message(widget):
    data = {
        "method": "update",
        "state": {"selection": {"n": 150, "kind": "rows"}},
        "buffer_paths": [["selection", "data"]],
    }
    widget._handle_msg({"content": {"data": data}, "buffers": [memoryview(b"\x05\0\0\0")]})
    assert widget.selection == [5]


def test_what_one_side_sends_the_other_reads(widget, blobs):
    widget.selection = range(0, 150, 3)
    state = widget.get_state("selection")["selection"]
    other = make(blobs)
    say(other, [state["data"]], selection={k: v for k, v in state.items() if k != "data"})
    assert other.selection == widget.selection


MALFORMED = [
    None,
    5,
    "rows",
    [1, 2],
    {},
    {"n": 150},
    {"n": 150, "kind": "rows"},
    {"n": 150, "kind": "rows", "data": None},
    {"n": 150, "kind": "rows", "data": [1, 2]},
    {"n": 150, "kind": "rows", "data": "not base64!"},
    {"n": 150, "kind": "rows", "data": b"\x01\0\0"},
    {"n": 150, "kind": "rows", "data": b"\x96\0\0\0"},
    {"n": 150, "kind": "rows", "data": b"\xff\xff\xff\xff"},
    {"n": 150, "kind": "bits", "data": b"\xff"},
    {"n": 150, "kind": "trees", "data": b""},
    {"n": 151, "kind": "rows", "data": b""},
    {"n": "150", "kind": "rows", "data": b""},
]


@pytest.mark.parametrize("content", MALFORMED)
def test_a_malformed_selection_changes_nothing(widget, content):
    widget.selection = [7]
    told = seen(widget, "selection")
    say(widget, selection=content)
    assert widget.selection == [7]
    assert told == []


def test_the_browser_cannot_change_what_python_says(widget):
    before = (widget.encodings, widget.fields)
    say(widget, encodings={}, fields={"columns": ["x"]})
    assert (widget.encodings, widget.fields) == before


# ---- filter -------------------------------------------------------------------------------------


def test_a_filter_names_categories_of_the_colour(widget):
    widget.filter = {"categories": ["c", "a", "c"]}
    assert widget.filter == {"categories": ["a", "c"]}
    widget.filter = {"categories": []}
    widget.filter = {}
    assert widget.filter == {}


def test_a_filter_of_numbers_has_ends(blobs):
    widget = make(blobs, labels=np.linspace(0, 1, 150))
    widget.filter = {"range": (0, np.float32(0.5))}
    assert widget.filter == {"range": [0.0, 0.5]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, r"filter must be \{\}, .*got None"),
        ({"category": ["a"]}, r"filter must be \{\}"),
        ({"categories": ["a"], "range": [0, 1]}, r"filter must be \{\}"),
        ({"categories": "a"}, r"filter\['categories'\] must be a list of names, got 'a'"),
        ({"categories": ["a", "z"]}, r"must name categories of the colour, got 'z'"),
        ({"range": [0, 1]}, r"filter must fit the colour, got .* while the colour is a category"),
    ],
)
def test_a_filter_that_does_not_fit_is_refused(widget, value, message):
    with pytest.raises(traitlets.TraitError, match=message):
        widget.filter = value
    say(widget, filter=value)
    assert widget.filter == {}


@pytest.mark.parametrize(
    "value", [[1, 0], [0], [0, 1, 2], "01", [0, "1"], [0, float("nan")], [True, False], None, 5]
)
def test_a_range_that_is_none_is_refused(blobs, value):
    widget = make(blobs, labels=np.linspace(0, 1, 150))
    with pytest.raises(traitlets.TraitError, match=r"filter\['range'\] must be \[low, high\]"):
        widget.filter = {"range": value}
    say(widget, filter={"range": value})
    assert widget.filter == {}
    with pytest.raises(traitlets.TraitError, match="the colour is a number"):
        widget.filter = {"categories": ["a"]}


def test_without_a_colour_there_is_no_filter(blobs):
    with pytest.raises(
        traitlets.TraitError, match=r"while nothing colours; use w.color\(by=…\) first"
    ):
        make(blobs).filter = {"categories": ["a"]}


def test_the_browser_filters(widget):
    told = seen(widget, "filter")
    say(widget, filter={"categories": ["b"]})
    say(widget, filter={"categories": ["nope"]})
    say(widget, filter={})
    assert told == [{"categories": ["b"]}, {}]


def test_a_new_colour_resets_the_filter_and_only_that(widget):
    widget.filter = {"categories": ["b"]}
    widget.size(np.arange(150.0))
    assert widget.filter == {"categories": ["b"]}
    widget.color(np.arange(150) % 2)
    assert widget.filter == {}


def test_a_filter_is_gone_before_the_new_colour_comes(widget, monkeypatch):
    widget.filter = {"categories": ["b"]}
    sent = []
    monkeypatch.setattr(widget, "send_state", lambda key=None: sent.append(key))
    widget.color(np.arange(150) % 2)
    assert sent == ["filter", "encodings", "fields"]


def test_a_colour_from_elsewhere_resets_the_filter(widget, blobs):
    other = make(blobs, labels=np.arange(150) % 2)
    widget.filter = {"categories": ["b"]}
    traitlets.dlink((other, "encodings"), (widget, "encodings"))
    assert widget.filter == {}


# ---- moment -------------------------------------------------------------------------------------


def test_the_moment_on_show(widget):
    assert widget.moment == -1
    widget.moment = np.int64(20)
    assert (widget.moment, type(widget.moment)) == (20, int)
    for value in (-2, 1.5, "5", None, True, 2**60):
        with pytest.raises(
            traitlets.TraitError, match=r"moment must be a step, or -1 for the newest"
        ):
            widget.moment = value
        say(widget, moment=value)
        assert widget.moment == 20
    say(widget, moment=-1)
    assert widget.moment == -1
