"""Colour, size and opacity, and what the browser asks about the rows."""

import base64
import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
import traitlets

from nbembed import metrics
from nbembed.encodings import codes_of, places_of
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.widget.details import text_of
from tests.widgets import Wire, make

N = 150
FRAME = pd.DataFrame(
    {
        "a": np.random.default_rng(0).normal(size=N),
        "b": np.random.default_rng(1).normal(size=N),
        "kind": np.array(["Ähre", "birch", "Cedar"])[np.arange(N) % 3],
        "note": [f"note {i}" if i % 10 else None for i in range(N)],
        "day": pd.date_range("2024-01-01", periods=N),
    },
    index=[f"id-{i:03}" for i in range(N)],
)


@pytest.fixture
def framed():
    return make(FRAME, labels="kind")


# ---- colour, size, opacity ----------------------------------------------------------------------


def test_methods_set_and_return_the_widget_and_alone_they_tell(blobs):
    widget = make(blobs)
    assert (widget.color(), widget.size(), widget.opacity()) == ({}, {}, {})
    values = np.arange(150.0)
    same = widget.color(values, map="magma").size(values, range=(1, 2)).opacity(values)
    assert same is widget
    assert list(widget.encodings) == ["color", "size", "opacity"]
    assert widget.color()["map"] == "magma"
    assert widget.size()["range"] == [1.0, 2.0]
    assert "values" not in widget.opacity()
    np.testing.assert_allclose(places_of(widget.encodings["color"]) * 149, values, atol=0.002)


def test_by_none_is_plain(blobs):
    widget = make(blobs, labels=np.arange(150) % 2, size=np.arange(150))
    assert widget.color(by=None).encodings.keys() == {"size"}
    assert widget.size(None).encodings == {}
    with pytest.raises(
        InvalidInputError, match=r"color\(by=None\) is plain and takes no other argument, got map"
    ):
        widget.color(by=None, map="magma")


def test_points_are_coloured_by_how_far_each_can_be_trusted(blobs):
    widget = make(blobs).fit()
    other = make(blobs, random_state=4).fit()
    scores = metrics.local_scores(blobs, widget.embedding_)
    stable = metrics.neighbor_jaccard([widget.embedding_, other.embedding_])
    overlays = {name: getattr(scores, name) for name in ("trustworthiness", "continuity", "kept")}
    for name, values in {**overlays, "stability": stable}.items():
        assert widget.color(by=values, name=name).color()["name"] == name
        low, high = values.min(), values.max()
        assert 0 <= low < high <= 1
        expected = (values - low) / (high - low)
        np.testing.assert_allclose(places_of(widget.encodings["color"]), expected, atol=1e-4)
    widget.color(by=metrics.local_scores(blobs, widget.embedding_).trustworthiness)
    assert widget.color()["kind"] == "number"


def test_options_change_what_is_there(framed):
    framed.color("a", name="first")
    framed.color(map="cividis")
    assert (framed.color()["name"], framed.color()["map"]) == ("first", "cividis")
    framed.color("b")
    assert (framed.color()["name"], framed.color()["map"]) == ("b", "viridis")
    with pytest.raises(
        InvalidInputError,
        match=r"size\(\) changes range of what is there, and there is nothing; add by=",
    ):
        framed.size(range=(1, 2))


def test_columns_are_found_by_name_embedded_ones_too(framed):
    for name in ("a", "kind", "note", "day"):
        assert framed.color(name).color()["name"].startswith(name)
    assert framed.color("day").color()["name"] == "day (days since 2024-01-01)"
    with pytest.raises(
        InvalidInputError, match=r"by must name a column.*'knd'; did you mean 'kind'"
    ):
        framed.color("knd")
    with pytest.raises(InvalidInputError, match="by must hold one value per row of X"):
        framed.color([1, 2])
    with pytest.raises(InvalidInputError, match=r"size: range must be a number"):
        framed.size("a", range=(9, 10))
    with pytest.raises(InvalidTypeError, match=r"color: name must be text"):
        framed.color("a", name=5)
    assert framed.color()["name"] == "day (days since 2024-01-01)"


def test_values_are_offered_again_under_their_name(framed):
    framed.color(np.arange(N), name="rank")
    assert framed.fields["columns"][0] == "rank"
    framed.color("kind").color("rank")
    assert framed.color()["max"] == 149.0
    framed.color(pl.Series("age", np.arange(N)))
    assert "age" in framed.fields["columns"]


def test_containers_in_a_column_cannot_colour():
    X = FRAME.assign(tags=[["x"]] * N)
    with pytest.raises(InvalidTypeError, match="color: the values must be names or numbers"):
        make(X, labels="kind").color("tags")


def test_observers_hear_of_a_new_look_once(framed):
    told = []
    framed.observe(lambda change: told.append(change.new["color"]["name"]), "encodings")
    framed.color("a")
    assert told == ["a"]


def test_options_do_not_change_what_came_from_elsewhere(framed, blobs):
    other = make(blobs, labels=np.arange(N) % 2)
    traitlets.dlink((other, "encodings"), (framed, "encodings"))
    assert framed.color()["name"] == "label"
    assert framed._shown_columns() == []
    with pytest.raises(InvalidInputError, match="there is nothing; add by="):
        framed.color(map={"0": "#000000"})


# ---- details ------------------------------------------------------------------------------------


def ask(widget, wire=None, **question):
    wire = wire or Wire(widget)
    wire.say(**question)
    return wire


def test_a_card_tells_colour_size_opacity_and_hover_in_order_and_once():
    widget = make(FRAME, labels="kind", size="a", opacity="day", hover=["note", "day"])
    wire = ask(widget, t="details", id=7, row=3)
    ((content, buffers),) = wire.messages
    assert content == {
        "t": "details",
        "id": 7,
        "row": 3,
        "values": [
            ["kind", "Ähre"],
            ["a", "0.1049"],
            ["note", "note 3"],
            ["day", "2024-01-04"],
        ],
        "index": "id-003",
    }
    assert buffers == []
    assert ["note", "missing"] in ask(widget, t="details", id=1, row=10).messages[0][0]["values"]


def test_a_picture_comes_as_bytes_or_as_text(blobs):
    widget = make(blobs, images=np.zeros((150, 8, 8), np.uint8))
    ((content, (picture,)),) = ask(widget, t="details", id=1, row=149).messages
    assert picture.startswith(b"\x89PNG")
    assert content["values"] == []
    assert "index" not in content
    wire = Wire(widget)
    wire.say(t="encoding", base64=True)
    wire.say(t="details", id=2, row=0)
    content, buffers = wire.messages[-1]
    assert (content["enc"], buffers) == ("base64", [])
    assert base64.b64decode(content["data"]) == picture


def test_a_frame_that_has_changed_since_gives_an_empty_card():
    X = FRAME.copy()
    widget = make(X, labels="kind")
    X.insert(0, "new", 0)
    assert ["note", "note 3"] in ask(widget, t="details", id=1, row=3).messages[0][0]["values"]
    del X["note"]
    assert ask(widget, t="details", id=1, row=3).messages[0][0]["values"] == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.23456, "1.235"),
        (np.float32(0.1), "0.1"),
        (1e9, "1e+09"),
        (5.0, "5"),
        (np.int64(123456), "123456"),
        (True, "True"),
        (None, "missing"),
        (float("nan"), "missing"),
        (np.float32("nan"), "missing"),
        (pd.NA, "missing"),
        (pd.NaT, "missing"),
        (np.datetime64("NaT"), "missing"),
        (np.datetime64("2024-05-01T00:00:00.000000000"), "2024-05-01"),
        (np.datetime64("2024-05-01T12:30"), "2024-05-01 12:30:00"),
        (pd.Timestamp("2024-05-01 12:30:01"), "2024-05-01 12:30:01"),
        (np.timedelta64(90, "m"), "1:30:00"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 299 + "…"),
        ("<b>", "<b>"),
        (b"ab", "ab"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_values_as_text(value, text):
    assert text_of(value) == text


# ---- search -------------------------------------------------------------------------------------


def found(widget, text):
    (answer,) = ask(widget, t="search", text=text).of_kind("found")
    assert answer["text"] == text
    assert answer["count"] == len(widget.selection)
    assert answer["first"] == (widget.selection[0] if widget.selection else -1)
    return widget.selection


def test_a_search_selects_where_the_text_occurs(framed):
    assert found(framed, "CEDAR") == list(range(2, N, 3))
    assert found(framed, "ähr") == list(range(0, N, 3))
    assert found(framed, "note 14") == [14, *range(141, 150)]
    assert found(framed, " ID-007 ") == [7]
    assert found(framed, "nowhere") == []
    assert found(framed, "missing") == []


def test_a_search_looks_at_the_colour_of_now(blobs):
    widget = make(blobs, labels=np.where(np.arange(N) % 2, "odd", "even"))
    assert found(widget, "odd") == list(range(1, N, 2))
    widget.color([None if i > 1 else "left" for i in range(N)])
    assert found(widget, "odd") == []
    assert found(widget, "LEFT") == [0, 1]


def test_a_number_is_a_row(framed, blobs):
    assert found(framed, "#12") == [12]
    assert found(framed, "12") == [12, *range(112, 113), *range(120, 130)]
    assert found(make(blobs), "12") == [12]
    assert found(make(blobs), "150") == []
    assert found(make(blobs), "#9" * 100) == []
    assert found(make(blobs), "9" * 200) == []
    named = make(blobs, hover=["#120", *["x"] * 149])
    assert found(named, "#12") == [12]
    assert found(named, "12") == [0, 12]


def test_nobody_looks_for_text_in_numbers(framed):
    widget = make(FRAME, hover=["a", "day"])
    assert found(widget, "2024") == []
    assert found(widget, "0.1") == []


def test_an_empty_search_selects_nothing(framed):
    framed.selection = [1]
    assert found(framed, "  ") == []


def test_a_search_from_another_thread_selects(framed):
    thread = threading.Thread(target=ask, args=(framed,), kwargs={"t": "search", "text": "birch"})
    thread.start()
    thread.join()
    assert framed.selection == list(range(1, N, 3))


def test_many_rows_are_searched():
    n = 200_000
    X = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    widget = make(X, hover={"name": [f"Name {i}" for i in range(n)]})
    assert found(widget, "name 19999") == [19_999, *range(199_990, 200_000)]


# ---- colour from the browser --------------------------------------------------------------------


def test_the_browser_chooses_the_colour(framed):
    framed.filter = {"categories": ["birch"]}
    ask(framed, t="color", by="a")
    assert framed.color()["name"] == "a"
    assert framed.filter == {}
    ask(framed, t="color", by=None)
    assert framed.encodings == {}


@pytest.mark.parametrize(
    "content",
    [
        {"t": "details"},
        {"t": "details", "id": 1},
        {"t": "details", "id": 1, "row": 150},
        {"t": "details", "id": 1, "row": -1},
        {"t": "details", "id": 1, "row": 1.5},
        {"t": "details", "id": 1, "row": True},
        {"t": "details", "id": 1, "row": 10**30},
        {"t": "details", "id": "1", "row": 1},
        {"t": "details", "id": None, "row": 1},
        {"t": "search"},
        {"t": "search", "text": 5},
        {"t": "search", "text": "x" * 201},
        {"t": "color"},
        {"t": "color", "by": 5},
        {"t": "color", "by": ["a"]},
        {"t": "color", "by": "nope"},
        {"t": "color", "by": "tags"},
        {"t": ["color"]},
        {"t": {"a": 1}},
    ],
)
def test_questions_that_make_no_sense_change_nothing(content):
    widget = make(FRAME.assign(tags=[["x"]] * N), labels="kind")
    widget.selection = [3]
    before = widget.encodings
    wire = Wire(widget)
    widget._inbox.receive(widget, content, [])
    assert wire.messages == []
    assert widget.encodings is before
    assert widget.selection == [3]


# ---- an exported page ---------------------------------------------------------------------------


def test_a_page_carries_what_its_cards_say(framed):
    page = framed._details.page()
    assert page["columns"] == ["kind", "note", "day"]
    assert page["values"][10] == ["birch", "missing", "2024-01-11"]
    assert len(page["values"]) == N
    assert page["index"][10] == "id-010"


def test_a_page_carries_no_more_than_five_megabytes(blobs):
    long = make(blobs, hover={"text": ["ä" * 300] * N})
    assert long._details.page()["index"] is None
    assert make(blobs)._details.page() is None
    rows = np.zeros((20_000, 2), np.float32)
    rows[:, 0] = np.arange(20_000)
    assert make(rows, hover={"text": ["x" * 200] * 20_000})._details.page() is not None
    assert make(rows, hover={"text": ["ä" * 200] * 20_000})._details.page() is None


def test_a_page_does_not_read_what_it_cannot_carry(blobs, monkeypatch):
    widget = make(
        np.tile(blobs, (70, 1))[:10_000], hover={f"t{i}": ["x"] * 10_000 for i in range(180)}
    )
    monkeypatch.setattr(widget._table, "column", lambda _: pytest.fail("read a column"))
    assert widget._details.page() is None


def test_rows_with_a_name_and_nothing_else_are_told():
    page = make(FRAME[["a", "b"]])._details.page()
    assert (page["columns"], page["values"][0], page["index"][0]) == ([], [], "id-000")


def test_codes_are_of_the_rows(framed):
    codes = codes_of(framed.encodings["color"])
    names = framed.encodings["color"]["categories"]
    assert [names[c] for c in codes] == FRAME["kind"].tolist()
