"""Points coloured by the quality of the map on show."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

from nbembed import EmbedWidget, metrics
from nbembed.affinities import conditional, smooth_distances
from nbembed.encodings import ABSENT, codes_of, places_of
from nbembed.errors import InvalidInputError
from nbembed.metrics import ranking
from nbembed.widget import pages
from nbembed.widget.measures import Background
from tests.widgets import Wire, make, wait_for


def told(widget):
    return widget.encodings["color"].get("measured", {})


def values(widget):
    spec = widget.encodings["color"]
    return spec["min"] + places_of(spec) * (spec["max"] - spec["min"])


@pytest.fixture(scope="module")
def fitted(blobs):
    return make(blobs).fit()


def test_a_map_is_coloured_by_its_own_measures(fitted, blobs):
    scores = metrics.local_scores(blobs, fitted.embedding_)
    for name, expected in (
        ("trustworthiness", scores.trustworthiness),
        ("kept neighbours", scores.kept),
    ):
        fitted.color(name)
        np.testing.assert_allclose(
            values(fitted), np.clip(expected, 0.8 if name[0] == "t" else 0, 1), atol=1e-4
        )
        assert told(fitted)["step"] == 60
        assert fitted.color()["name"] == name
    assert fitted.color("continuity") is fitted
    assert (fitted.encodings["color"]["min"], fitted.encodings["color"]["max"]) == (0.8, 1.0)


def test_colours_follow_the_moment_on_show(fitted, blobs):
    fitted.color("kept")
    last = values(fitted)
    fitted.filter = {"range": [0.0, 0.5]}
    frame = fitted.history_.frames[0]
    fitted.moment = frame.step
    wait_for(lambda: told(fitted)["step"] == frame.step)
    expected = metrics.local_scores(blobs, frame.embedding).kept
    np.testing.assert_allclose(values(fitted), expected, atol=1e-4)
    assert not np.allclose(values(fitted), last)
    assert fitted.filter == {"range": [0.0, 0.5]}  # the same colour, at another moment
    fitted.moment = -1
    wait_for(lambda: told(fitted)["step"] == 60)
    np.testing.assert_array_equal(values(fitted), last)
    fitted.color("continuity")
    assert fitted.filter == {}


def test_a_run_is_coloured_while_it_goes_on_and_its_numbers_stay_the_same(blobs):
    plain = make(blobs).fit().embedding_
    widget = make(blobs, color="trustworthiness")
    assert (codes_of(widget.encodings["color"]) == ABSENT).all()
    assert told(widget)["note"] == "measured once there is a map"
    seen = []
    widget.observe(lambda change: seen.append(told(widget)["step"]), "encodings")
    widget.step(20)
    wait_for(lambda: told(widget)["step"] == 20)
    widget.resume().wait()
    wait_for(lambda: told(widget)["step"] == 60)
    assert seen == sorted(seen)
    assert "20" in map(str, seen) or 20 in seen
    np.testing.assert_array_equal(widget.embedding_, plain)


def test_the_browser_chooses_a_measure(blobs):
    widget = make(blobs).fit()
    wire = Wire(widget)
    offered = dict(widget.fields["measures"])
    assert offered["false"] == "false neighbours"
    assert "stability" not in offered
    wire.say(t="color", by="false")
    wait_for(lambda: widget.encodings.get("color", {}).get("name") == "false neighbours")
    wire.say(t="color", by="stability")
    wire.say(t="color", by="nonsense")
    assert widget.encodings["color"]["name"] == "false neighbours"
    wire.say(t="color", by=None)
    assert widget.encodings == {}


def test_the_bandwidth_is_that_of_the_affinities(blobs):
    umap = make(blobs).fit().color("bandwidth")
    expected, _ = smooth_distances(umap._session.run.prepared.neighbors)
    low, high = umap.encodings["color"]["min"], umap.encodings["color"]["max"]
    assert (low, high) == (expected.min(), expected.max())
    assert umap.encodings["color"]["scale"] == "log"
    assert told(umap)["step"] == -1
    tsne = (
        EmbedWidget(blobs, method="tsne", perplexity=12, n_iter=5, random_state=0)
        .fit()
        .color("bandwidth")
    )
    _, beta = conditional(tsne._session.run.prepared.neighbors, perplexity=12)
    assert tsne.encodings["color"]["max"] == pytest.approx((1 / np.sqrt(2 * beta)).max())
    bare = EmbedWidget(blobs, method="autoencoder", random_state=0)
    assert "bandwidth" not in dict(bare.fields["measures"])
    with pytest.raises(InvalidInputError, match="got 'bandwidth'"):
        bare.color("bandwidth")


def test_stability_over_other_seeds(blobs):
    widget = make(blobs, random_state=5).fit()
    with pytest.raises(InvalidInputError, match="w.add_seeds"):
        widget.color("stability")
    assert widget.add_seeds(2) is widget
    assert len(widget.other_maps) == 2
    np.testing.assert_array_equal(
        widget.other_maps[0], make(blobs, random_state=6).fit().embedding_
    )
    widget.color("stability")
    expected = metrics.neighbor_jaccard([widget.embedding_, *widget.other_maps])
    np.testing.assert_allclose(values(widget), expected, atol=1e-4)
    assert told(widget)["note"] == "overlap of 15 neighbours in 3 maps"
    with pytest.raises(InvalidInputError, match="the same 150 rows"):
        widget.other_maps = [np.zeros((3, 2))]
    widget.other_maps = []
    assert widget.other_maps == []
    assert "stability" not in dict(widget.fields["measures"])


def test_a_sample_is_said_to_be_one(blobs, monkeypatch):
    monkeypatch.setattr(ranking, "MAX_EXACT_ROWS", 100)
    monkeypatch.setattr(ranking, "SAMPLE_ROWS", 40)
    widget = make(blobs).fit().color("kept")
    assert told(widget)["note"] == "15 neighbours; on 40 of 150 points, others grey"
    assert (codes_of(widget.encodings["color"]) == ABSENT).sum() == 110


def test_columns_come_before_measures_and_wrong_arguments_are_told(blobs):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(blobs, columns=[f"c{i}" for i in range(10)])
    frame["kept"] = np.arange(150.0)
    widget = EmbedWidget(frame, n_epochs=20, random_state=0).fit().color("kept")
    assert widget.encodings["color"]["max"] == 149.0
    assert "kept" not in dict(widget.fields["measures"])
    with pytest.raises(InvalidInputError, match="no other argument than map, got scale"):
        widget.color("missing", scale="log")
    widget.color("missing", map="cividis")
    assert widget.encodings["color"]["map"] == "cividis"
    widget.color(map="viridis")
    assert (widget.encodings["color"]["map"], told(widget)["key"]) == ("viridis", "missing")
    assert EmbedWidget(blobs[:2], method="autoencoder").fields["measures"] == []


def test_pictures_show_the_newest_map_whatever_is_on_show(fitted, monkeypatch):
    fitted.color("kept")
    expected = values(fitted)
    fitted.moment = 0
    wait_for(lambda: told(fitted)["step"] == 0)
    spec = fitted._encodings_of()["color"]
    fitted.moment = -1
    np.testing.assert_array_equal(places_of(spec), expected)


def test_the_newest_wish_wins_and_gentle_ones_take_a_tenth_of_the_time():
    import time

    done, background = [], Background()

    def job(name, seconds=0.0):
        def work():
            time.sleep(seconds)
            done.append((name, time.monotonic()))

        return work

    background.ask(job("first", 0.1))
    for i in range(50):
        background.ask(job(i))
    wait_for(lambda: len(done) == 2)
    assert [name for name, _ in done] == ["first", 49]
    background.ask(job("slow", 0.05))
    wait_for(lambda: len(done) == 3)
    background.ask(job("gentle"), gentle=True)
    wait_for(lambda: len(done) == 4)
    assert done[3][1] - done[2][1] > 0.4


def page_of(widget, path):
    text = widget.to_html(path).read_text(encoding="utf-8")
    return json.loads(re.search(r'id="nbembed-page">(.*?)</script>', text).group(1))


def unpacked(payload, name):
    return zlib.decompress(base64.b64decode(payload["buffers"][name]))


def test_a_page_holds_the_neighbours_in_the_data(fitted, blobs, tmp_path):
    fitted.color(by=None)
    payload = page_of(fitted, tmp_path / "map.html")
    assert payload["neighbors"] == {"k": 15, "n": 150}
    assert "measured" not in payload
    steps = np.frombuffer(unpacked(payload, "neighbors"), "<u2").reshape(15, 150).T
    gaps = np.linalg.norm(blobs[:, None].astype(float) - blobs, axis=2)
    near = np.sort(np.argsort(gaps, axis=1)[:, 1:16], axis=1)
    np.testing.assert_array_equal(np.cumsum(steps, axis=1), near)


def test_neighbours_of_too_many_points_are_not_in_a_page(fitted, monkeypatch):
    monkeypatch.setattr(pages, "NEIGHBOR_POINTS", 100)
    part = pages.neighbors_part(fitted._measures.quality)
    assert part == ({"neighbors": {"k": 15, "n": 0}}, {})


@pytest.mark.parametrize(("measure", "frames"), [("kept", 12), ("continuity", 4), ("bandwidth", 0)])
def test_a_page_holds_measured_colours_of_as_many_moments_as_there_is_room_for(
    fitted, blobs, tmp_path, monkeypatch, measure, frames
):
    monkeypatch.setattr(pages, "MEASURED_POINTS", 12 * 150)
    monkeypatch.setattr(pages, "RANKED_POINTS", 4 * 150)
    fitted.color(measure)
    payload = page_of(fitted, tmp_path / "map.html")
    if frames == 0:
        assert "measured" not in payload
        return
    steps = payload["measured"]["steps"]
    assert (len(steps), steps[0], steps[-1]) == (frames, 0, 60)
    assert payload["measured"]["of"] == len(payload["snapshot_info"]["frames"])
    codes = np.frombuffer(unpacked(payload, "measured"), np.uint8).reshape(frames, 150)
    low = 0.8 if measure == "continuity" else 0.0
    at = {frame.step: frame.embedding for frame in fitted.history_.frames} | {60: fitted.embedding_}
    for row, step in zip(codes, steps, strict=True):
        scores = metrics.local_scores(blobs, at[step])
        expected = np.clip(getattr(scores, measure), low, 1)
        np.testing.assert_allclose(low + (1 - low) * row / 254, expected, atol=0.003)


def test_the_browser_is_told_the_neighbours_of_a_row(fitted, blobs):
    wire = Wire(fitted)
    wire.say(t="neighbors", id=4, row=17)
    (answer,) = wire.of_kind("neighbors")
    gaps = np.linalg.norm(blobs.astype(float) - blobs[17], axis=1)
    assert answer == {"t": "neighbors", "id": 4, "row": 17, "rows": np.argsort(gaps)[1:16].tolist()}
    for wrong in ({"id": 1, "row": 150}, {"id": -1, "row": 0}, {"id": 1, "row": True}, {"row": 2}):
        wire.say(t="neighbors", **wrong)
    assert len(wire.of_kind("neighbors")) == 1
