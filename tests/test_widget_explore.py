"""The teaching panel's protocol: what is offered, what is asked, what comes back, what a page holds."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError, RunEndedError
from nbembed.inspect.plates import Arrows, Control, Heat, Internal, Panel, Plate, Series, catalogue
from nbembed.widget import handout
from nbembed.widget.plates import Asked, Numbers, packed_plate
from tests.widgets import Wire, wait_for

QUICK = {"n_iter": 20, "early_exaggeration_iter": 10, "perplexity": 8, "random_state": 0}


def make_moving(scene):
    """Return a plate with every kind of panel, made of all that a scene has."""
    Y, strength = scene.need("embedding"), float(scene.get("strength", 1.0))
    if strength > 3:
        raise ValueError("too strong")
    away = strength * (Y.mean(0) - Y[scene.i])
    panels = (
        Panel("arrows", "pull", arrows=Arrows(np.r_[Y[scene.i], away][None], ("all",), ("pull",))),
        Panel("heat", "far", heat=Heat(np.arange(6.0).reshape(2, 3), (0, 2), (5, 6))),
        Panel("colors", "x", colors=np.where(Y[:, 0] > 0, Y[:, 0], np.nan)),
        Panel("table", "rows", table={"row": [np.int64(1), 2], "value": [np.nan, "<b>"]}),
    )
    controls = (
        Control("strength", "Strength", "slider", strength, 0.5, 2.0),
        Control("exact", "Exact", "toggle", False),
    )
    return Plate("moving", "Moving", panels, f"{strength:g}", "result = 1", {}, away, controls)


@pytest.fixture(autouse=True)
def moving(monkeypatch):
    needs = frozenset({"point", "map"})
    for name in set(catalogue) - {"bandwidth", "sigma"}:
        monkeypatch.delitem(catalogue, name)
    monkeypatch.setitem(catalogue, "moving", Internal("moving", "Moving", 99, make_moving, needs))


@pytest.fixture
def taught(blobs):
    widget = nb.explore(blobs[:60], labels=np.arange(60) % 3, i=7, **QUICK)
    yield widget, Wire(widget)
    widget.close()


def asked(wire, name="bandwidth", **more):
    """Ask as the browser does, and return header and numbers of the answer."""
    before = len(wire.of_kind("plate"))
    wire.say(
        t="plate",
        id=before + 1,
        name=name,
        **{"row": 7, "other": -1, "step": -1, "settings": {}} | more,
    )
    wait_for(lambda: len(wire.of_kind("plate")) > before)
    content, buffers = [each for each in wire.messages if each[0]["t"] == "plate"][-1]
    assert content["id"] == before + 1
    return content["plate"], np.frombuffer(buffers[0], "<f4")


def slot(numbers, place):
    return numbers[place[0] : place[0] + place[1]]


def test_the_map_stands_at_its_start_and_goes_on_as_it_would_without_a_panel(taught, blobs):
    widget, _ = taught
    assert (widget.status["state"], widget.status["step"]) == ("paused", 0)
    assert widget.selection == [7]
    assert widget.lesson["name"] == "bandwidth"
    widget.inspect("moving", 3)
    plain = nb.EmbedWidget(blobs[:60], method="tsne", **QUICK).fit()
    np.testing.assert_array_equal(widget.fit().embedding_, plain.embedding_)


def test_a_plate_travels_with_the_values_that_a_cell_has(taught):
    widget, wire = taught
    header, numbers = asked(wire, settings={"perplexity": 5})
    plate = widget.inspect("bandwidth", 7, perplexity=5)
    assert (header["text"], header["snippet"]) == (plate.text, plate.snippet)
    assert header["call"] == "w.inspect('bandwidth', 7, perplexity=5)"
    for told, panel in zip(header["panels"], plate.panels, strict=True):
        for series, own in zip(told["series"], panel.series, strict=True):
            np.testing.assert_allclose(slot(numbers, series["y"]), own.y, rtol=1e-6, atol=1e-12)
            if own.index is not None:
                np.testing.assert_array_equal(slot(numbers, series["index"]), own.index)
    assert json.loads(json.dumps(header)) == header
    assert widget.describe().startswith(f"{plate.title} (row 7). {plate.text}")


def test_every_kind_of_panel_travels(taught):
    widget, wire = taught
    widget.step(3)
    header, numbers = asked(wire, "moving", settings={"strength": 2})
    arrows, heat, colors, table = header["panels"]
    Y = widget.embedding_
    np.testing.assert_allclose(
        slot(numbers, arrows["arrows"]["places"]), np.r_[Y[7], 2 * (Y.mean(0) - Y[7])], rtol=1e-5
    )
    assert (heat["heat"]["shape"], heat["heat"]["y"]) == ([2, 3], [5.0, 6.0])
    np.testing.assert_array_equal(np.isnan(slot(numbers, colors["colors"])), Y[:, 0] <= 0)
    assert table["table"] == [["row", [1, 2]], ["value", [None, "<b>"]]]
    assert header["step"] == 3
    # A stored moment, as the browser looks at it.
    assert asked(wire, "moving", step=0)[0]["step"] == 0


def test_what_cannot_be_shown_is_said_and_nonsense_is_ignored(taught):
    _, wire = taught
    wire.messages.clear()
    for wrong in (
        {"row": 60}, {"row": True}, {"name": 3}, {"settings": []}, {"settings": {"perplexity": [1]}},
        {"settings": {"perplexity": float("nan")}}, {"step": "1"}, {"settings": {"a": "x" * 300}},
    ):  # fmt: skip
        wire.say(**{"t": "plate", "id": 1, "name": "bandwidth", "row": 1, "settings": {}} | wrong)
    header, _ = asked(wire, "nonsense")
    assert "name must be one of the internals, got 'nonsense'" in header["error"]
    assert asked(wire, "moving", settings={"strength": 9})[0]["error"] == "too strong"
    assert "perplexity" in asked(wire, settings={"perplexity": 1e6})[0]["error"]
    assert "error" not in asked(wire)[0]
    assert [content["id"] for content in wire.of_kind("plate")] == [1, 2, 3, 4]


def test_views_show_the_run_that_is_shown_unless_told_otherwise(taught):
    widget, _ = taught
    assert "8 was wanted" in widget.inspect("bandwidth").text
    assert "5 was wanted" in widget.inspect("bandwidth", perplexity=5).text
    assert "row 7 " in widget.inspect("bandwidth").text
    assert "row 9 " in widget.inspect("bandwidth", 9).text


def test_names_rows_and_maps_that_are_not_there(blobs, taught):
    widget, _ = taught
    with pytest.raises(InvalidInputError, match="did you mean 'bandwidth'"):
        widget.explore("bandwith")
    with pytest.raises(InvalidInputError, match="i must be .* 59, got 60"):
        widget.inspect("bandwidth", 60)
    with pytest.raises(RunEndedError, match="there is no map yet"):
        nb.EmbedWidget(blobs, method="tsne").inspect("moving", 1)


def test_python_opens_another_view_and_says_what_is_lacking(monkeypatch, blobs):
    for name, need in (("of_labels", "labels"), ("of_network", "network"), ("pair", "two points")):
        monkeypatch.setitem(
            catalogue, name, Internal(name, name, 98, make_moving, frozenset({need}))
        )
    widget = nb.EmbedWidget(blobs, method="tsne")
    assert widget.lesson == {}
    wish = widget.explore("sigma", 3, 5, perplexity=6).lesson
    lacks = {each["name"]: each.get("lacks") for each in wish["internals"]}
    assert (lacks["of_labels"], lacks["of_network"], lacks["bandwidth"]) == (
        "labels", "a method with a network", None,
    )  # fmt: skip
    assert (wish["name"], wish["settings"], widget.selection) == (
        "sigma",
        {"perplexity": 6},
        [3, 5],
    )
    again = widget.explore(projector=True).lesson
    assert (again["name"], again["settings"]) == ("sigma", {"perplexity": 6})
    assert (again["wish"], again["projector"]) == (2, True)
    with pytest.raises(InvalidInputError, match="needs two points, got one"):
        widget.explore("pair", 3).describe()


def told_by(wire, step=-1):
    wire.messages.clear()
    wire.say(t="signals", id=1, step=step)
    wait_for(lambda: wire.of_kind("signals"))
    return wire.of_kind("signals")[-1]


def test_the_browser_is_told_what_a_cell_can_ask_for(taught, blobs):
    widget, wire = taught
    widget.step(5)
    answer = told_by(wire)
    assert answer["step"] == 5
    assert [each["text"] for each in answer["signals"]] == [s.text for s in widget.signals()]
    said = {each["name"]: each for each in answer["signals"]}
    note = nb.inspect.scale_note(blobs[:60], widget.embedding_)
    assert said["scale"]["text"] == note.text
    assert said["exaggerated"]["text"] == "exaggerated ×12: not final"
    assert said["stability"] | {"alarm": False, "shows": "stability"} == said["stability"]
    assert said["stability"]["text"] == "1 run: stability unknown"
    assert told_by(wire, step=0)["step"] == 0
    wire.messages.clear()
    for wrong in ({"step": "1"}, {"step": True}, {"id": -1}, {"id": None}):
        wire.say(**{"t": "signals", "id": 1, "step": -1} | wrong)
    assert told_by(wire)["step"] == 5
    assert len(wire.of_kind("signals")) == 1


def test_signals_change_with_what_is_known(taught):
    widget, _ = taught
    widget.step(20)
    widget.other_maps = [widget.embedding_, -widget.embedding_]
    told = {each.name: each for each in widget.signals()}
    assert told["stability"].text == "3 runs: 1.00"
    assert "exaggerated" not in told
    widget.other_maps = []
    places = np.random.default_rng(0).normal(size=(60, 2)) * 0.01
    far = places + np.repeat([[0, 0], [9, 9]], 30, axis=0)
    panels = [
        Panel("chart", "", series=(Series("", Y[:, 0], Y[:, 1], "points"),)) for Y in (far, places)
    ]
    for null, name in ((panels, "null twin"), (panels[::-1], "null shows clusters")):
        plate = Plate("null_twin", "", tuple(null), "", "", {}, places)
        runs = Plate("stability", "", (), "", "", {"maps": [places] * 5, "k": 5}, places)
        widget._made = {(each.name, None, None, -1, widget._runs): each for each in (plate, runs)}
        told = {each.name: each for each in widget.signals()}
        assert told["stability"].text == "5 runs: 1.00"
        assert name in told
    assert told["null shows clusters"].value == 2


def test_traps_are_signalled_in_the_widget_whatever_the_method():
    X = np.random.default_rng(0).normal(size=(60, 4))
    X[:30] = X[0]
    umap = nb.explore(X, method="umap", n_epochs=5, random_state=0)
    assert {"copies"} <= {each.name for each in umap.signals()}
    assert not {"bandwidth", "perplexity"} & {each.name for each in umap.signals()}
    tsne = nb.explore(X, **QUICK)
    assert {"copies", "bandwidth", "bandwidth failed"} <= {each.name for each in tsne.signals()}


def test_numbers_lie_one_after_the_other():
    numbers = Numbers()
    series = Series("s", np.array([1e300, 2.0]), np.array([3.0, -1e300]), index=np.array([4, 5]))
    plate = Plate("n", "t", (Panel("chart", "c", series=(series,)),), "", "", {}, np.zeros(0))
    told = packed_plate(plate, Asked("n"), numbers)["panels"][0]["series"][0]
    assert (told["x"], told["y"], told["index"]) == ([0, 2], [2, 2], [4, 2])
    assert np.frombuffer(numbers.body(), "<f4").tolist() == [np.inf, 2, 3, -np.inf, 4, 5]


def page_of(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="nbembed-page">(.*?)</script>', text, re.DOTALL).group(1))


def test_a_handout_holds_the_views_of_stated_points(taught, tmp_path, blobs):
    widget, _ = taught
    widget.fit().explore("bandwidth", 7, perplexity=5)
    page = page_of(widget.to_html(tmp_path / "page.html"))
    plates = page["plates"]
    assert plates["rows"][0] == 7
    assert len(plates["rows"]) == handout.POINTS
    assert ", ".join(map(str, plates["rows"])) in plates["note"]
    numbers = np.frombuffer(zlib.decompress(base64.b64decode(page["buffers"]["plates"])), "<f4")
    found = [each for each in plates["stored"] if each["name"] == "moving" and each["row"] == 7]
    strengths = [each["controls"][0]["value"] for each in found]
    assert strengths[0] == 1
    assert {0.5, 2.0} < set(strengths)
    place = found[0]["panels"][0]["arrows"]["places"]
    np.testing.assert_allclose(slot(numbers, place)[:2], widget.embedding_[7], rtol=1e-6)
    said = [each["text"] for each in page["signs"]["signals"]]
    assert said == [each.text for each in widget.signals()]
    first = next(each for each in plates["stored"] if each["name"] == "bandwidth")
    assert first["controls"][0]["value"] == 5
    large = nb.explore(blobs.repeat(5, axis=0)[:301], **QUICK)
    assert "plates" not in page_of(large.to_html(tmp_path / "large.html"))


def test_a_handout_that_takes_too_long_says_how_far_it_came(taught, tmp_path, monkeypatch):
    monkeypatch.setattr(handout, "MOST_SECONDS", 0.0)
    widget, _ = taught
    assert page_of(widget.to_html(tmp_path / "page.html"))["plates"]["rows"] == [7]
