"""Two groups of points, kept and selected, compared in the widget."""

import numpy as np
import pytest

from nbembed import EmbedWidget, metrics
from nbembed.errors import InvalidInputError, RunEndedError
from nbembed.widget.selection import InvalidTraitError, pack_rows
from tests.widgets import Wire, make, wait_for

A, B = list(range(50)), list(range(50, 100))


@pytest.fixture(scope="module")
def fitted(blobs):
    return make(blobs, labels=np.repeat(["a", "b", "c"], 50)).fit()


def test_the_comparison_is_that_of_the_metrics(fitted, blobs):
    found = fitted.compare_groups(A, B)
    labels = np.repeat(["a", "b", "c"], 50)
    assert found == metrics.compare_groups(blobs, fitted.embedding_, A, B, labels=labels)
    assert found.classes[0] == 2
    fitted.group, fitted.selection = A, B
    assert fitted.compare_groups() == found
    assert fitted.compare_groups(b=range(100, 150)) != found


def test_other_runs_and_the_moment_on_show_are_in_it(blobs):
    widget = make(blobs).fit().add_seeds(2)
    found = widget.compare_groups(A, B)
    assert len(found.in_maps) == 3
    widget.moment = 0
    early = widget.compare_groups(A, B)
    assert early.in_maps[0] != found.in_maps[0]
    assert early.in_maps[1:] == found.in_maps[1:]
    assert early.in_data == found.in_data


def test_columns_have_their_names_and_those_beside_the_map_count_too(blobs):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(blobs, columns=[f"gene {i}" for i in range(10)])
    frame["age"] = pandas.array([None, *range(1, 150)], dtype="Int64")
    frame["note"] = "text"
    features = list(frame.columns[:10])
    widget = EmbedWidget(frame, features=features, n_epochs=20, random_state=0).fit()
    names = [name for name, _ in widget._comparable()]
    assert names == [*features, "age"]
    found = widget.compare_groups(A, B)
    gaps = {d.name: d.size for d in found.differences}
    age = np.arange(150.0)
    expected = (age[1:50].mean() - age[50:100].mean()) / np.sqrt(
        (48 * age[1:50].var(ddof=1) + 49 * age[50:100].var(ddof=1)) / 97
    )
    assert gaps.get("age", expected) == pytest.approx(expected)
    assert all(name in names for name in gaps)


def test_the_browser_keeps_a_group_and_asks(blobs):
    widget = make(blobs).fit()
    wire = Wire(widget)
    widget.set_state({"group": pack_rows(A, 150)})
    widget.set_state({"selection": pack_rows(B, 150)})
    assert (widget.group, widget.selection) == (A, B)
    wire.say(t="groups", id=3)
    wait_for(lambda: wire.of_kind("groups"))
    (answer,) = wire.of_kind("groups")
    found = widget.compare_groups()
    assert (answer["id"], answer["n"], answer["k"]) == (3, [50, 50], 15)
    assert (answer["data"], answer["maps"]) == (found.in_data, list(found.in_maps))
    assert answer["columns"][0][:2] == list(found.differences[0][:2])
    wire.say(t="groups", id="x")
    widget.selection = [0]
    wire.say(t="groups", id=4)
    wait_for(lambda: len(wire.of_kind("groups")) == 2)
    assert "at least 2 rows of its own" in wire.of_kind("groups")[1]["error"]


def test_what_cannot_be_compared_says_so(blobs, fitted):
    with pytest.raises(RunEndedError, match="no map yet"):
        make(blobs).compare_groups(A, B)
    with pytest.raises(
        InvalidTraitError, match="group must be positions of rows, 0 to 149, got 150"
    ):
        fitted.group = [150]
    fitted.group = []
    with pytest.raises(InvalidInputError, match="a must have at least 2 rows"):
        fitted.compare_groups()
