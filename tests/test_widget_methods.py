"""Each method of free coordinates in the widget: its map, its knobs, what can be moved while it runs, its file."""

import itertools

import numpy as np
import pytest

import nbembed as nb
from nbembed import (
    GDR,
    MDS,
    SNE,
    TSNE,
    UMAP,
    EmbedWidget,
    Isomap,
    LargeVis,
    NeighborEmbedding,
    PaCMAP,
)
from nbembed.errors import InvalidInputError
from nbembed.training import KeptRun, live_parameters
from nbembed.widget.curves import CurveFeed
from nbembed.widget.parameters import described, live_values, readable
from tests.widgets import Wire, wait_for

CLASSES = np.repeat([0, 1, 2], 50)
SHORT = {"perplexity": 10, "early_exaggeration_iter": 8, "n_iter": 16}
# Short, so that all phases come.
METHODS = {
    "tsne": SHORT,
    "umap": {"n_epochs": 24},
    "neighbor_embedding": {"n_epochs": 24, "spectrum": 0.5},
    "gdr": {"n_epochs": 24},
    "largevis": {"n_epochs": 24, "perplexity": 10},
    "sne": SHORT,
    "pacmap": {"n_iter": 24},
    "mds": {"n_iter": 12},
    "isomap": {"n_iter": 12, "n_neighbors": 60},
}
VARIANTS = [
    TSNE(**SHORT),
    TSNE(**SHORT, degrees_of_freedom=0.5),
    TSNE(**SHORT, degrees_of_freedom="learned"),
    SNE(**SHORT),
    SNE(**SHORT, symmetric=True),
    UMAP(n_epochs=24),
    UMAP(n_epochs=24, densmap=True, dens_frac=1.0),
    LargeVis(n_epochs=24, perplexity=10),
    PaCMAP(n_iter=24),
    MDS(n_iter=12),
    Isomap(n_neighbors=60, n_iter=12),
    *(NeighborEmbedding(n_epochs=24, loss=loss, spectrum=0.5) for loss in ("neg_tsne", "nce", "info_nce", "kl")),
    NeighborEmbedding(n_epochs=24, loss="neg_tsne", min_dist=0.2),
    GDR(n_epochs=24),
    GDR(n_epochs=24, repulsion="exact", amplified=True),
    GDR.preset("gdr_tsne", n_epochs=24),
    GDR.preset("tsne", n_epochs=24),
]  # fmt: skip


def short(method, X, **more):
    return EmbedWidget(X, **({"method": method, "random_state": 1} | METHODS[method] | more))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_forms_a_map_and_has_words_for_its_curves(blobs, method):
    widget = short(method, blobs, labels=CLASSES).fit()
    assert widget.status["state"] == "done"
    assert widget.status["step"] == widget.status["n_steps"] > 0
    assert np.isfinite(widget.embedding_).all()
    assert np.ptp(widget.embedding_) > 0
    known = type(widget.estimator_)(random_state=1, **METHODS[method])
    np.testing.assert_array_equal(widget.embedding_, known.fit_transform(blobs))
    assert set(widget.history_.curves) <= set(CurveFeed.LABELS)


@pytest.mark.parametrize("method", METHODS)
def test_a_file_in_mid_run_goes_on_bit_for_bit(blobs, tmp_path, method):
    whole = short(method, blobs, y=CLASSES).fit()
    for share in (0.2, 0.6):
        half = short(method, blobs, y=CLASSES).step(round(share * whole.status["n_steps"]))
        half.save(tmp_path / "half")
        half.stop()
        again = nb.load(tmp_path / "half").fit()
        np.testing.assert_array_equal(again.embedding_, whole.embedding_)


def begun(estimator, X, step):
    run = estimator.set_params(random_state=1).run(X)
    next(frame for frame in run if not frame.is_stage and frame.step == step)
    return run


def last_map(run):
    for _ in run:
        pass
    return run.embedding


@pytest.mark.parametrize("estimator", VARIANTS)
def test_what_can_be_moved_in_mid_run_moves_the_map(blobs, estimator):
    # In the first phase and in the last.
    for step in (2, 10):
        run = begun(estimator, blobs, step)
        assert set(run.live) == set(live_parameters(run.phase))
        as_it_is = last_map(run.branch())
        for name, value in run.live.items():
            branch = run.branch()
            moved = value + 1 if name in ("n_negatives", "spectrum") else 0.7 * value + 0.05
            assert branch.set(name, moved) == "next step"
            assert branch.live[name] == moved
            assert not np.array_equal(last_map(branch), as_it_is), name


@pytest.mark.parametrize("estimator", VARIANTS)
def test_knobs_hold_what_the_run_began_with(blobs, estimator):
    run = begun(estimator, blobs, 2)
    knobs = {knob["name"]: knob for knob in described(estimator, run)}
    assert set(live_values(run)) <= set(knobs)
    for name, knob in knobs.items():
        if knob["kind"] == "choice":
            assert knob["value"] in knob["choices"], name
            continue
        now = live_values(run).get(name)
        values = [value for value in (knob["value"], now) if value is not None]
        # Exaggeration and the learning rate of a phase are other than those of the recipe.
        assert all(knob["low"] <= value <= knob["high"] for value in values), name
        assert knob["low"] < knob["high"]


@pytest.mark.parametrize(
    ("estimator", "names"),
    [
        # What it learns itself.
        (TSNE(**SHORT, degrees_of_freedom="learned"), ["degrees_of_freedom"]),
        (NeighborEmbedding(n_epochs=24, loss="nce"), ["spectrum"]),
        # A kernel that is told by its a and b.
        (NeighborEmbedding(n_epochs=24, loss="neg_tsne"), ["min_dist", "spread"]),
        (LargeVis(n_epochs=24, perplexity=10), ["min_dist", "spread"]),
        # All others repel; plain descent.
        (GDR(n_epochs=24, repulsion="exact"), ["n_negatives", "momentum"]),
        (MDS(n_iter=12), ["learning_rate"]),
    ],
)
def test_what_would_move_nothing_needs_a_restart(blobs, estimator, names):
    run = begun(estimator, blobs, 2)
    for name in names:
        assert run.set(name, 0.5) == "needs a restart"


def test_the_slider_of_the_spectrum_moves_from_the_browser(blobs):
    widget = short("neighbor_embedding", blobs).step(12)
    (knob,) = (p for p in widget._offer if p["name"] == "spectrum")
    assert (knob["low"], knob["high"], knob["live"], knob["restart"]) == (-1, 3, True, True)
    assert knob["marks"] == [[0.0, "t-SNE"], [1.0, "UMAP"]]
    wire = Wire(widget)
    wire.say(t="set", name="spectrum", value=0.2)
    wait_for(lambda: widget.status["events"] == [[12, "spectrum", 0.2]])
    assert widget.status["live"]["spectrum"] == 0.2
    wire.say(t="set", name="spectrum", value=40)
    widget.resume().wait()
    other = short("neighbor_embedding", blobs).step(12)
    other.set(spectrum=0.2)
    other.resume().wait()
    np.testing.assert_array_equal(widget.embedding_, other.embedding_)
    with pytest.raises(InvalidInputError, match=r"spectrum must be in \[-1, 3\], got 40"):
        short("neighbor_embedding", blobs).step(12).set(spectrum=40)


def test_switches_are_restarted_from_the_browser(blobs):
    widget = short("gdr", blobs).step(3)
    knobs = {knob["name"]: knob for knob in widget._offer}
    assert knobs["normalized"]["choices"] == ["off", "on"]
    assert knobs["symmetrization"]["choices"] == ["mean", "union", "mutual", "none"]
    turned = {"normalized": "on", "symmetrization": "mean", "pseudo_distance": "off"}
    Wire(widget).say(t="restart", parameters=turned)
    wait_for(lambda: widget.status["run"] == 2 and widget.status["state"] == "done")
    known = {"normalized": True, "symmetrization": "mean", "pseudo_distance": False}
    alone = GDR(random_state=1, **METHODS["gdr"], **known).fit_transform(blobs)
    np.testing.assert_array_equal(widget.embedding_, alone)
    wire = Wire(widget)
    wire.say(t="restart", parameters={"affinities": "equal_label"})
    assert "fit(X, y)" in wire.of_kind("refused")[0]["text"]
    assert readable({"normalized": True}, widget._offer) is None
    assert readable({"symmetrization": "on"}, widget._offer) is None


def test_each_method_offers_the_starts_it_has(blobs):
    for method, starts in (("mds", ["pca", "random"]), ("gdr", ["pca", "spectral", "random"])):
        widget = short(method, blobs).step(1)
        (knob,) = (p for p in widget._offer if p["name"] == "init")
        assert knob["choices"] == starts
        for start in starts:
            short(method, blobs, init=start).fit()
        widget.stop()


def test_labels_and_densities_come_through_the_widget(blobs):
    plain, given, dense = (
        short("umap", blobs, **more).fit().embedding_
        for more in ({}, {"y": CLASSES}, {"densmap": True})
    )
    np.testing.assert_array_equal(given, UMAP(n_epochs=24, random_state=1).fit(blobs, CLASSES).embedding_)  # fmt: skip
    for one, other in itertools.combinations((plain, given, dense), 2):
        assert not np.array_equal(one, other)


@pytest.mark.parametrize("degrees", [1.0, 0.5, "learned"])
def test_tails_are_known_of_a_run_without_its_data(blobs, degrees):
    run = begun(TSNE(**SHORT, degrees_of_freedom=degrees), blobs, 12)
    assert KeptRun.of(run).degrees_of_freedom == run.degrees_of_freedom
    stored = KeptRun.from_config(run.to_config(), run.arrays())
    assert stored.degrees_of_freedom == run.degrees_of_freedom
    if degrees == 0.5:
        run.set("degrees_of_freedom", 2.0)
    last_map(run)
    assert KeptRun.of(run).degrees_of_freedom == run.degrees_of_freedom
    assert (run.degrees_of_freedom == 1.0) == (degrees == 1.0)
