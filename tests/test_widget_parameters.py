"""The panel of parameters: what it offers, what it sets, what it restarts, and what is told of it."""

import json

import numpy as np
import pytest

from nbembed import TSNE, UMAP, EmbedWidget, ParametricUMAP
from nbembed.widget.parameters import described, readable
from tests.widgets import Wire, make, wait_for

PLAN = {"n_iter": 40, "early_exaggeration_iter": 20, "perplexity": 10}


def names(widget, **wanted):
    return {p["name"] for p in widget._offer if all(p[k] == v for k, v in wanted.items())}


def test_each_method_offers_its_own(blobs):
    tsne = EmbedWidget(blobs, method="tsne", random_state=0, **PLAN).step(1)
    assert names(tsne, live=True) == {"learning_rate", "exaggeration", "momentum"}
    assert names(tsne, live=False) == {
        "perplexity", "early_exaggeration", "early_exaggeration_iter", "n_iter", "degrees_of_freedom", "init",
        "random_state",
    }  # fmt: skip
    assert tsne.status["live"] == {"learning_rate": 200.0, "exaggeration": 12.0, "momentum": 0.8}
    umap = make(blobs).step(1)
    assert names(umap, live=True) == {"learning_rate", "n_negatives", "repulsion_strength", "min_dist", "spread"}  # fmt: skip
    assert umap.status["live"]["min_dist"] == 0.1
    for widget in (tsne, umap):
        for p in widget._offer:
            if p["kind"] == "number" and p["value"] is not None:
                assert p["low"] <= p["value"] <= p["high"], p
                assert p["low"] < p["high"]
            assert p["restart"]
        widget.stop()
        assert widget.status["live"] == {}


def test_what_heeds_labels_is_offered_where_there_are_some(blobs):
    without, given = make(blobs).step(1), make(blobs, y=np.arange(len(blobs)) % 2).step(1)
    assert not names(without) & {"target_weight", "target_metric"}
    assert names(given) >= {"target_weight", "target_metric"}
    for widget in (without, given):
        widget.stop()


def test_ranges_hold_for_the_data(blobs):
    run = UMAP(n_neighbors=5).run(blobs[:12])
    (neighbors,) = (p for p in described(UMAP(n_neighbors=5), run) if p["name"] == "n_neighbors")
    assert (neighbors["low"], neighbors["high"]) == (2, 11)
    # A value of the caller's beyond the usual range is on the slider all the same.
    far = {p["name"]: p for p in described(UMAP(min_dist=2.5, spread=9), run)}
    assert (far["min_dist"]["high"], far["spread"]["high"]) == (2.5, 9)
    (rate,) = (p for p in described(TSNE(), TSNE().run(blobs)) if p["name"] == "learning_rate")
    assert rate["low"] < 200 < rate["high"]


def test_weights_of_terms_are_offered_and_cannot_be_restarted(blobs):
    estimator = ParametricUMAP(n_batches=40, hidden=(8,), terms=["correlation"], random_state=0)
    run = estimator.run(blobs)
    found = {p["name"]: p for p in described(estimator, run)}
    assert (found["correlation_weight"]["live"], found["correlation_weight"]["restart"]) == (
        True,
        False,
    )
    for frame in run:
        if not frame.is_stage:
            break
    before = run.live["correlation_weight"]
    assert run.live == {name: run.live[name] for name in found if found[name]["live"]}
    run.set("correlation_weight", before + 1)
    assert run.live["correlation_weight"] == before + 1


def test_the_browser_sets_and_sees_it_while_the_run_rests(blobs):
    widget = EmbedWidget(blobs, method="tsne", random_state=0, **PLAN).step(25)
    wire = Wire(widget)
    wire.say(t="set", name="exaggeration", value=4)
    wait_for(lambda: widget.status["events"] == [[25, "exaggeration", 4]])
    assert widget.status["live"]["exaggeration"] == 4
    said = wire.of_kind("status")[-1]["status"]
    assert (said["state"], said["events"], said["live"]["exaggeration"]) == ("paused", [[25, "exaggeration", 4]], 4)  # fmt: skip
    widget.resume().wait()
    # The same as if Python had set it.
    other = EmbedWidget(blobs, method="tsne", random_state=0, **PLAN).step(25)
    other.set(exaggeration=4)
    other.resume().wait()
    np.testing.assert_array_equal(widget.embedding_, other.embedding_)
    assert widget.status["events"] == [[25, "exaggeration", 4]]


@pytest.mark.parametrize(
    "content",
    [
        {"name": "perplexity", "value": 9},
        {"name": "exaggeration", "value": "4"},
        {"name": "exaggeration", "value": True},
        {"name": "exaggeration", "value": None},
        {"name": ["exaggeration"], "value": 4},
        {"name": "__class__", "value": 4},
        {},
    ],
)
def test_what_the_browser_cannot_mean_is_ignored(blobs, content):
    widget = EmbedWidget(blobs, method="tsne", random_state=0, **PLAN).step(2)
    Wire(widget).say(t="set", **content)
    widget.step(1)
    assert widget.status["events"] == []
    widget.stop()


def test_a_value_that_is_refused_leaves_the_run_as_it_is(blobs):
    widget = EmbedWidget(blobs, method="tsne", random_state=0, **PLAN).step(2)
    Wire(widget).say(t="set", name="momentum", value=7)
    Wire(widget).say(t="set", name="learning_rate", value=float("nan"))
    widget.step(1)
    assert widget.status["events"] == []
    assert widget.status["live"]["momentum"] == 0.8
    widget.stop()


def test_the_browser_restarts_with_other_parameters(blobs):
    widget = make(blobs).step(3)
    wire = Wire(widget)
    wire.say(t="restart", parameters={"n_neighbors": 7, "init": "pca", "n_epochs": 25.0})
    wait_for(lambda: widget.status["run"] == 2 and widget.status["state"] == "done")
    known = widget.estimator_.get_params()
    assert (known["n_neighbors"], known["init"], known["n_epochs"]) == (7, "pca", 25)
    alone = EmbedWidget(blobs, n_neighbors=7, init="pca", n_epochs=25, random_state=3).fit()
    np.testing.assert_array_equal(widget.embedding_, alone.embedding_)
    (neighbors,) = (p for p in widget._offer if p["name"] == "n_neighbors")
    assert neighbors["value"] == 7


def test_a_restart_that_cannot_be_is_said_and_ends_nothing(blobs):
    widget = make(blobs).step(3)
    wire = Wire(widget)
    wire.say(t="restart", parameters={"n_neighbors": 1})
    (refused,) = wire.of_kind("refused")
    assert "n_neighbors" in refused["text"]
    for bad in ({}, None, [], {"evil": 1}, {"init": "evil"}, {"n_neighbors": "7"}, {"n_neighbors": float("nan")}):  # fmt: skip
        wire.say(t="restart", parameters=bad)
    assert (widget.status["run"], widget._state()) == (1, "paused")
    widget.stop()


def test_only_what_is_offered_is_read():
    offered = [
        {"name": "a", "kind": "number", "integer": True},
        {"name": "b", "kind": "choice", "choices": ["x"]},
    ]
    assert readable({"a": 3.0, "b": "x"}, offered) == {"a": 3, "b": "x"}
    assert isinstance(readable({"a": 3.0}, offered)["a"], int)
    assert readable({"a": 3, "c": 1}, offered) is None
    assert readable({"a": float("inf")}, offered) is None


def test_every_view_is_told_what_there_is_and_a_saved_notebook_is_not(blobs):
    widget = make(blobs).step(1)
    wire = Wire(widget)
    wire.say([bytes((1, 2, 3, 255))], t="hello", view="v", protocol=2, last_seq=-1)
    (welcome,) = wire.of_kind("welcome")
    assert welcome["parameters"] == widget._offer
    assert "n_neighbors" not in json.dumps(widget.get_state(), default=str)
    widget.stop()


@pytest.mark.parametrize("mode", ["fit", "start"])
def test_an_observer_that_sets_is_not_called_for_ever(blobs, mode):
    widget = make(blobs, n_epochs=30)
    widget.observe(lambda _: widget._state() == "running" and widget.set(n_negatives=3), "status")
    getattr(widget, mode)()
    assert widget.wait()._state() == "done"


def test_a_branch_tells_what_was_set_on_its_way(blobs):
    widget = make(blobs).fit()
    branch = widget.branch(step=30, learning_rate=0.25)
    assert branch.status["events"] == [[30, "learning_rate", 0.25]]
    assert branch.status["live"]["learning_rate"] == 0.25
