"""The recursion views: a map for each phase and recursion, scores, changed affinities, and what goes over the wire."""

import json
import re
import zlib

import numpy as np
import pytest
import traitlets
from scipy import sparse

import nbembed as nb
from nbembed import EmbedWidget, metrics
from nbembed.errors import RunEndedError
from nbembed.neighbors import Graph
from nbembed.training import History, extent, stages_of
from nbembed.transport import decode_frame, spread
from nbembed.widget import stages
from nbembed.widget.stages import changed_pairs
from tests.widgets import Wire, make, wait_for

CLASSES = np.repeat(["a", "b", "c"], 50)
DRE = {
    "recursions": ["f20", nb.Recursion("f10", n_epochs=3)],
    "head": (20, 10),
    "n_epochs": 6,
    "batch_size": 50,
    "perplexity": 10,
    "device": "cpu",
    "random_state": 1,
}
TSNE = {"perplexity": 10, "early_exaggeration_iter": 23, "n_iter": 40, "random_state": 0}


def opened(X, **parameters):
    widget = EmbedWidget(X, labels=CLASSES, **parameters)
    widget.fit()
    return settled(widget)


def settled(widget):
    wait_for(lambda: widget.gallery["maps"][-1]["scores"])
    return widget


@pytest.fixture(scope="module")
def dre(blobs):
    return opened(blobs, method="dre", **DRE)


@pytest.fixture(scope="module")
def tsne(blobs):
    return opened(blobs, method="tsne", **TSNE)


# ---- which maps -----------------------------------------------------------------------------------


def test_a_recursion_is_one_map_however_many_phases_it_has(blobs):
    parameters = {**DRE, "recursions": [nb.Recursion("f20", n_epochs=4, updates=4), "f10"]}
    phases = nb.DRE(**parameters).phases(len(blobs))
    assert len(phases) > 3
    found = stages_of(phases)
    assert [(s.recursion, s.layer) for s in found] == [(0, "input"), (1, "f20"), (2, "f10")]
    assert [s.start for s in found] == [0, *(s.end for s in found[:-1])]
    assert found[-1].end == sum(p.n_steps for p in phases)
    assert phases[found[1].index].recursion == 1
    assert phases[found[1].index + 1].recursion == 2


def test_the_maps_of_a_dre_run_are_those_of_its_recursions(dre):
    assert dre.gallery["kind"] == "moments"
    assert dre.gallery["title"] == "Recursions"
    first, *others = dre.gallery["maps"]
    assert (first["name"], first["step"]) == ("start", 0)
    records = dre.recursions_
    assert [m["name"] for m in others] == [r.name for r in records]
    assert [m["step"] for m in others] == [r.end for r in records]
    kept = {frame.step: frame.embedding for frame in dre.history_.frames}
    for record in records[:-1]:
        np.testing.assert_array_equal(kept[record.end], record.embedding)


def test_free_maps_have_their_phases(tsne, blobs):
    told = [(m["name"], m["step"]) for m in tsne.gallery["maps"]]
    assert told == [("start", 0), ("early exaggeration", 23), ("optimization", 63)]
    assert tsne.gallery["title"] == "Phases"
    umap = opened(blobs, n_epochs=30, random_state=0)
    assert [m["step"] for m in umap.gallery["maps"]] == [0, 30]


def test_the_map_at_the_end_of_a_phase_is_never_thinned_away(blobs):
    run = nb.TSNE(**TSNE).run(blobs)
    run.history.max_bytes = 8 * blobs.shape[0] * 6
    for _ in run:
        pass
    assert 23 in run.history.steps
    assert len(run.history.steps) < 12
    assert all(step % 8 == 0 for step in run.history.steps if step != 23)
    again = History.from_config(
        json.loads(json.dumps(run.history.to_config())), run.history.arrays()
    )
    again.add_frame(64, "optimization", np.zeros((150, 2), np.float32))
    for step in range(65, 300):
        again.add_frame(step, "optimization", np.zeros((150, 2), np.float32))
    assert 23 in again.steps
    assert 23 in run.history.until(40).steps


def test_what_is_packed_keeps_the_ends_of_phases_first():
    assert spread(100, 5, [33, 70]) == [0, 33, 49, 70, 99]
    assert spread(100, 3, [33, 70]) == [0, 70, 99]
    assert spread(100, 2, [33, 70]) == [0, 99]
    assert spread(4, 9, [1]) == [0, 1, 2, 3]
    assert all(len(spread(50, room, [3, 9, 20])) <= room for room in range(2, 50))


# ---- scores ---------------------------------------------------------------------------------------


def test_the_scores_are_those_of_the_metrics(tsne, blobs):
    maps = [f.embedding for f in tsne.history_.frames if f.step in (0, 23)] + [tsne.embedding_]
    for each, embedding in zip(tsne.gallery["maps"], maps, strict=True):
        scores = each["scores"]
        for name in ("trustworthiness", "continuity", "neighbor_recall"):
            expected = getattr(metrics, name)(blobs, embedding, n_neighbors=15)
            assert scores[name] == pytest.approx(float(expected), rel=1e-5)
        hit = metrics.neighborhood_hit(embedding, CLASSES)
        assert scores["neighborhood_hit"] == pytest.approx(float(hit), rel=1e-5)
        assert scores["extent"] == pytest.approx(extent(embedding), rel=1e-5)
    assert "measured on 150 rows" in tsne.gallery["note"]
    arrows = {m["name"]: m["lower"] for m in tsne.gallery["measures"]}
    assert arrows == {
        "trustworthiness": False, "continuity": False, "neighbor_recall": False, "neighborhood_hit": False, "extent": None,
    }  # fmt: skip


def test_a_recursion_tells_of_the_layer_it_measures_in(dre):
    _, *told = (m["scores"] for m in dre.gallery["maps"])
    layers = ["f20", "f20", "f10"]
    for scores, record, layer in zip(told, dre.recursions_, layers, strict=True):
        statistics = record.layers[layer]
        for name in ("participation_ratio", "overlap_input", "overlap_map"):
            assert scores[name] == pytest.approx(getattr(statistics, name), rel=1e-5)
        assert scores["trustworthiness"] == pytest.approx(
            record.metrics["trustworthiness"], rel=1e-5
        )
    assert "participation_ratio" not in dre.gallery["maps"][0]["scores"]


def test_labels_are_not_needed_and_numbers_are_none(blobs):
    widget = make(blobs, color=np.arange(150) / 7)
    widget.fit()
    settled(widget)
    assert all("neighborhood_hit" not in m["scores"] for m in widget.gallery["maps"])


# ---- affinities -----------------------------------------------------------------------------------


def graph(pairs, n=6):
    matrix = np.zeros((n, n))
    for i, j, weight in pairs:
        matrix[i, j] = matrix[j, i] = weight
    return Graph.from_scipy(sparse.csr_matrix(matrix))


def test_changed_pairs_are_the_greatest_changes_of_shares():
    before = graph([(0, 1, 1.0), (2, 3, 1.0), (4, 5, 1.0)])
    # Twice as much everywhere is no change.
    assert changed_pairs(before, graph([(0, 1, 2.0), (2, 3, 2.0), (4, 5, 2.0)])) == {
        "gained": [], "lost": [], "counts": [0, 0, 3],
    }  # fmt: skip
    after = graph([(0, 1, 1.0), (2, 3, 0.5), (0, 4, 1.0), (1, 5, 0.5)])
    found = changed_pairs(before, after)
    assert found["gained"] == [0, 4, 1, 5]
    assert found["lost"] == [4, 5, 2, 3]
    assert found["counts"] == [2, 1, 2]
    assert changed_pairs(before, after, [1]) == {"gained": [1, 5], "lost": [], "counts": [1, 0, 1]}


def test_no_more_pairs_than_can_be_drawn():
    rng = np.random.default_rng(0)
    one, other = (sparse.random(200, 200, 0.1, random_state=rng, format="csr") for _ in range(2))
    found = changed_pairs(Graph.from_scipy(one + one.T), Graph.from_scipy(other + other.T))
    assert len(found["gained"]) == len(found["lost"]) == 300
    assert found["counts"][0] > 1000


def test_affinities_of_a_recursion_are_compared_with_those_before(dre):
    run = dre._session.run
    changes = dre.affinity_changes()
    assert [change["map"] for change in changes] == [2, 3]
    data, first, second = (run.graphs[s.index] for s in run.stages)
    assert changes[0] == {"map": 2, **changed_pairs(data, first)}
    assert changes[1] == {"map": 3, **changed_pairs(first, second)}
    assert changes[0]["counts"][0] > 0
    some = dre.affinity_changes([7])
    pairs = np.reshape(some[0]["gained"] + some[0]["lost"], (-1, 2))
    assert len(pairs) > 0
    assert (pairs == 7).any(axis=1).all()


def test_phases_of_a_free_map_share_their_affinities(tsne):
    (change,) = tsne.affinity_changes()
    assert (change["map"], change["gained"], change["lost"]) == (2, [], [])
    assert change["counts"][:2] == [0, 0]


def test_affinities_of_mini_batches_are_told_by_neighbours(blobs):
    widget = EmbedWidget(blobs, method="dre", **{**DRE, "batches": "fixed", "batch_size": 150})
    widget.fit()
    changes = widget.affinity_changes()
    assert [change["map"] for change in changes] == [2, 3]
    run = widget._session.run
    expected = changed_pairs(
        stages.nearest_pairs(blobs.astype(np.float32)), stages.nearest_pairs(run.sources[1])
    )
    assert changes[0] == {"map": 2, **expected}
    assert changes[0]["counts"][0] > 0


# ---- the view -------------------------------------------------------------------------------------


def test_the_view_is_python_s_and_the_browser_s(tsne):
    assert tsne.view == "map"
    tsne.view = "recursions"
    tsne.set_state({"view": "map"})
    assert tsne.view == "map"
    tsne.set_state({"view": "nonsense"})
    assert tsne.view == "map"
    with pytest.raises(traitlets.TraitError, match=re.escape("view must be 'map' or 'recursions'")):
        tsne.view = "phases"
    assert tsne.arrangement == {"mode": "beside", "align": "all", "onto": 1}
    tsne.arrange("large", onto="optimization")
    assert tsne.arrangement == {"mode": "large", "align": "all", "onto": 2}
    tsne.arrange("beside", onto=1)


def test_maps_that_are_compared_have_one_view(tsne, blobs):
    both = EmbedWidget.compare([tsne, tsne.branch(step=30).fit()])
    with pytest.raises(traitlets.TraitError, match="where maps are compared"):
        both.view = "recursions"
    with pytest.raises(RunEndedError, match="needs one run"):
        both.affinity_changes()
    assert both.gallery["kind"] == "compare"


def test_nothing_is_offered_before_a_run(blobs):
    widget = make(blobs)
    assert widget.gallery == {}
    widget.view = "recursions"
    with pytest.raises(RunEndedError):
        widget.affinity_changes()


# ---- over the wire --------------------------------------------------------------------------------


def test_every_map_reaches_a_browser_that_is_slow(blobs):
    widget = EmbedWidget(blobs, labels=CLASSES, method="dre", **DRE)
    wire = Wire(widget)  # never acknowledges
    widget.fit()
    packed = [frame["step"] for m in wire.of_kind("history") for frame in m["info"]["frames"]]
    assert set(packed) >= {0, *(r.end for r in widget.recursions_[:-1])}


def test_scores_come_while_the_run_goes_on(blobs):
    widget = EmbedWidget(blobs, labels=CLASSES, method="tsne", **TSNE)
    widget.step(25)
    wait_for(lambda: "trustworthiness" in widget.gallery["maps"][1]["scores"])
    assert widget.gallery["maps"][2] == {"name": "optimization", "step": 63, "scores": {}}
    widget.stop()
    # What was stopped shows the map that was reached.
    wait_for(lambda: widget.gallery["maps"][2]["scores"])
    assert widget.gallery["maps"][2]["step"] == 25


def test_looking_changes_nothing(blobs):
    seen = EmbedWidget(blobs, labels=CLASSES, method="dre", **DRE)
    seen.view = "recursions"
    Wire(seen, acknowledge=True)
    seen.fit()
    np.testing.assert_array_equal(seen.embedding_, nb.DRE(**DRE).fit_transform(blobs))


def test_the_browser_asks_for_changed_affinities(dre):
    wire = Wire(dre)
    dre.selection = [3, 4]
    wire.say(t="affinities", id=5)
    wait_for(lambda: wire.of_kind("affinities"))
    (answer,) = wire.of_kind("affinities")
    assert answer["id"] == 5
    assert answer["changes"] == dre.affinity_changes([3, 4])
    wire.say(t="affinities", id="x")
    wire.say(t="affinities")
    dre.selection = []


def test_a_page_holds_every_map_its_scores_and_changes(dre, tmp_path):
    page = dre.to_html(tmp_path / "dre.html").read_text(encoding="utf-8")
    data = re.search(r'id="nbembed-page">(.*?)</script>', page, re.DOTALL).group(1)
    payload = json.loads(data)
    assert payload["gallery"] == dre.gallery
    assert all(m["scores"] for m in payload["gallery"]["maps"])
    steps = [frame["step"] for frame in payload["snapshot_info"]["frames"]]
    assert {m["step"] for m in dre.gallery["maps"]} <= set(steps)
    assert payload["affinities"] == dre.affinity_changes([])
    assert payload["view"] == "map"


def test_a_saved_notebook_keeps_the_maps_first(blobs):
    widget = opened(blobs, method="tsne", **{**TSNE, "n_iter": 400})
    info = widget.snapshot_info
    steps = [frame["step"] for frame in info["frames"]]
    assert len(steps) < len(widget.history_.steps)
    assert {0, 23, 423} <= set(steps)


def test_a_saved_and_loaded_run_has_its_recursions(dre, tmp_path):
    dre.save(tmp_path / "run.nbembed")
    again = settled(nb.load(tmp_path / "run.nbembed"))
    assert again.gallery["maps"] == dre.gallery["maps"]
    assert again.affinity_changes([]) == dre.affinity_changes([])
    dre.save(tmp_path / "bare.nbembed", data=False)
    bare = settled(nb.load(tmp_path / "bare.nbembed"))
    assert [m["name"] for m in bare.gallery["maps"]] == [m["name"] for m in dre.gallery["maps"]]
    assert bare.gallery["maps"][2]["scores"]["trustworthiness"] == pytest.approx(
        dre.recursions_[1].metrics["trustworthiness"], rel=1e-5
    )
    assert bare.affinity_changes([]) == []


def test_a_branch_has_the_recursions_it_came_through(dre):
    middle = dre.recursions_[0].end + 1
    branch = dre.branch(step=middle)
    assert [m["step"] for m in branch.gallery["maps"]] == [m["step"] for m in dre.gallery["maps"]]
    wait_for(lambda: branch.gallery["maps"][1]["scores"])
    assert not branch.gallery["maps"][2]["scores"]
    settled(branch.fit())
    assert branch.gallery["maps"] == dre.gallery["maps"]


def test_what_is_drawn_is_the_map(dre):
    info = dre.snapshot_info
    body = zlib.decompress(dre.snapshot)
    size = 4 * info["n"]
    for number, frame in enumerate(info["frames"]):
        if frame["step"] == dre.recursions_[1].end:
            found = decode_frame(body[number * size : (number + 1) * size], frame["bbox"])
            np.testing.assert_allclose(
                found, dre.recursions_[1].embedding, atol=1e-3 * np.ptp(found)
            )
            return
    pytest.fail("the map of the first recursion was not kept")
