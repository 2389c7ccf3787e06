"""Deep recursive embedding: what affinities are measured in, what is recorded, and that the bits stay."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

import nbembed as nb
from nbembed import affinities, datasets
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.neighbors import nearest_neighbors
from nbembed.networks import losses
from nbembed.networks.batch_affinities import batch_affinities, batch_memberships
from nbembed.networks.losses import Cauchy
from nbembed.training.recursions import Recursed, remember
from nbembed.training.sources import blended, scaled_features

SMALL = {"hidden": (16, 16), "batch_size": 32, "device": "cpu", "random_state": 3, "n_epochs": 4}
ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32))


def dre(*recursions, **options):
    return nb.DRE(recursions=recursions, **SMALL | options)


def exhaust(run):
    for _ in run:
        pass
    return run


# ---- within a batch -------------------------------------------------------------------------------


def test_memberships_of_a_batch_are_those_of_umap():
    V = batch_memberships(ROWS, 10).numpy()
    graph = affinities.fuzzy_union(nearest_neighbors(ROWS.numpy(), n_neighbors=9))
    assert_allclose(V, graph.to_scipy().toarray(), atol=2e-4)


def test_memberships_of_rows_that_coincide_are_finite_and_full():
    V = batch_memberships(ROWS[torch.tensor([0, 0, 0, 1, 2, 3])], 3)
    assert torch.isfinite(V).all()
    assert_allclose(V[0, 1], 1.0)
    assert (V.diagonal() == 0).all()
    assert torch.isfinite(batch_memberships(torch.ones(4, 3), 15)).all()
    assert torch.isfinite(batch_memberships(ROWS[:2], 15)).all()


def test_the_cross_entropy_of_a_batch_is_the_sum_over_all_pairs():
    V, Y = batch_memberships(ROWS, 10).double(), ROWS[:, :2].double()
    pull, push = losses.batch_cross_entropy(Y, V, Cauchy(1.6, 0.9))
    v, y = V.numpy(), Y.numpy()
    d = np.square(y[:, None] - y[None]).sum(2)
    w, w_far = 1 / (1 + 1.6 * d**0.9), 1 / (1 + 1.6 * (d + losses.NOISE_FLOOR) ** 0.9)
    apart = ~np.eye(60, dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        attraction = np.where(v > 0, v * np.log(v / w), 0.0)
        repulsion = np.where(v < 1, (1 - v) * np.log((1 - v) / (1 - w_far)), 0.0)
    assert_allclose(pull, attraction[apart].sum() / 60, rtol=1e-6)
    assert_allclose(push, repulsion[apart].sum() / 60, rtol=1e-6)


def test_the_gradient_of_the_cross_entropy_equals_finite_differences():
    V, Y = batch_memberships(ROWS[:12], 4).double(), ROWS[:12, :2].double().requires_grad_()
    assert torch.autograd.gradcheck(
        lambda places: sum(losses.batch_cross_entropy(places, V, Cauchy(1.6, 0.9))), (Y,)
    )


# ---- what affinities are measured in -----------------------------------------------------------------


@pytest.mark.parametrize("scale", ["standardize", "whiten"])
def test_features_are_scaled(scale):
    features = (ROWS.numpy() * [1, 10, 0.1, 3, 0]).astype(np.float32)
    scaled = scaled_features(features, scale)
    variances = np.var(scaled, axis=0)
    assert_allclose(variances[variances > 1e-9], 1.0, rtol=1e-4)
    if scale == "whiten":
        assert_allclose(np.cov(scaled.T), np.eye(scaled.shape[1]) * 60 / 59, atol=1e-4)
    else:
        assert (scaled[:, 4] == 0).all()
    assert np.isfinite(scaled_features(np.ones((5, 3), np.float32), scale)).all()


def test_affinities_of_two_graphs_are_mixed_edge_by_edge():
    one, other = (
        affinities.perplexity(nearest_neighbors(ROWS.numpy() * s, n_neighbors=12), perplexity=4.0)
        for s in (1, [1, 5, 1, 1, 1])
    )
    mixed = blended(one, other, 0.25).to_scipy().toarray()
    assert_allclose(
        mixed, 0.75 * one.to_scipy().toarray() + 0.25 * other.to_scipy().toarray(), atol=1e-8
    )


@pytest.mark.parametrize("mix", [0.0, 0.4])
def test_a_recursion_measures_in_the_layer_as_it_was_when_it_began(blobs, mix):
    run = dre(
        nb.Recursion("hidden2", n_epochs=3, perplexity=4, mix=mix),
        batches="redrawn",
        preset="paper",
        head=(),
    ).run(blobs)
    began, later = None, None
    for frame in run:
        if not frame.is_stage and frame.step == 4:
            began = run._stepper.features("hidden2")
        if frame.recursion == 1 and not frame.is_stage and frame.step == 6:
            later = run._stepper.features("hidden2")
    assert np.abs(began - later).max() > 1e-3
    objective, rows = run._stepper.objective, torch.arange(20)
    P = batch_affinities(torch.from_numpy(began[:20]), run.phase.sampler["perplexity"])
    inside = batch_affinities(objective.table[rows], run.phase.sampler["perplexity"])
    assert_allclose(objective._measured(rows), (1 - mix) * P + mix * inside, atol=1e-7)
    assert not objective._measured(rows).requires_grad


def test_a_recursion_on_edges_takes_the_graph_of_the_layer(blobs):
    run = dre(nb.Recursion("hidden1", n_epochs=1, perplexity=5)).run(blobs)
    for frame in run:
        if not frame.is_stage and frame.step == 4:
            features = run._stepper.features("hidden1")
    graph = affinities.perplexity(nearest_neighbors(features, n_neighbors=15), perplexity=5.0)
    assert_allclose(run.graph.to_scipy().toarray(), graph.to_scipy().toarray(), atol=1e-6)


@pytest.mark.parametrize("scale", ["standardize", "whiten"])
def test_the_data_themselves_may_be_scaled(blobs, scale):
    """A recursion on whitened features has whitened data as its control."""
    run = exhaust(dre(nb.Recursion("input", n_epochs=1, perplexity=5, scale=scale)).run(blobs))
    rows = scaled_features(run.X, scale)
    assert np.abs(rows.std(axis=0) - 1).max() < 1e-3
    found = nearest_neighbors(rows, n_neighbors=15)
    graph = affinities.perplexity(found, perplexity=5.0)
    assert_allclose(run.graph.to_scipy().toarray(), graph.to_scipy().toarray(), atol=1e-6)


@pytest.mark.parametrize("batches", ["edges", "neighbors", "redrawn"])
def test_scaled_data_are_something_else_to_learn(blobs, batches):
    maps = [
        dre(nb.Recursion("input", n_epochs=1, scale=scale), batches=batches).fit_transform(blobs)
        for scale in ("none", "standardize")
    ]
    assert not np.array_equal(maps[0], maps[1])


def test_affinities_are_measured_again_as_often_as_asked_for(blobs):
    run = exhaust(dre(nb.Recursion("hidden1", n_epochs=6, updates=3)).run(blobs))
    assert [phase.recursion for phase in run.phases] == [0, 1, 1, 1]
    weights = [run._graphs.there[i].weights for i in range(4)]
    assert len({w.tobytes() for w in weights}) == 4
    # One course of the learning rate, and Adam goes on.
    assert [phase.optimizer.get("part") for phase in run.phases] == [None, 0, 1, 2]
    first = run.history.curves["learning_rate"]
    assert np.all(np.diff(np.asarray(first.values)[np.asarray(first.steps) > 6]) <= 0)
    assert len(run.recursions) == 2


# ---- what is recorded ---------------------------------------------------------------------------------


def test_frames_and_records_know_the_recursion(blobs):
    method = dre("hidden1", nb.Recursion("hidden2", n_epochs=3))
    run = method.run(blobs)
    seen = [(f.step, f.recursion, f.affinities_from, f.is_stage) for f in run]
    method.keep(run)
    drawn = {(recursion, layer) for _, recursion, layer, _ in seen}
    assert drawn == {(0, "input"), (1, "hidden1"), (2, "hidden2")}
    assert any(stage and recursion == 1 for _, recursion, _, stage in seen)
    records = method.recursions_
    assert [(r.number, r.layer, r.start, r.end) for r in records] == [
        (0, "input", 0, 4),
        (1, "hidden1", 4, 6),
        (2, "hidden2", 6, 9),
    ]
    assert_array_equal(records[-1].embedding, method.embedding_)
    last = records[-1]
    assert set(last.layers) == {"hidden1", "hidden2"}
    features = method.features(blobs, "hidden2")
    values = np.linalg.eigvalsh(np.cov(features.T))
    assert_allclose(
        last.layers["hidden2"].participation_ratio,
        values.sum() ** 2 / np.square(values).sum(),
        rtol=1e-4,
    )
    assert_allclose(
        last.layers["hidden2"].overlap_map,
        nb.metrics.neighbor_recall(features, last.embedding),
        atol=1e-6,
    )
    assert_allclose(
        last.metrics["trustworthiness"],
        nb.metrics.trustworthiness(blobs, last.embedding),
        atol=1e-6,
    )
    centred = last.embedding - last.embedding.mean(0)
    assert_allclose(last.extent, np.sqrt(np.square(centred).sum(1).mean()), rtol=1e-5)
    assert run.history.curves["extent"].values[-1] == pytest.approx(last.extent)


def test_the_map_glides_into_a_recursion(blobs):
    maps = [f.embedding for f in dre("hidden1", n_epochs=30).run(blobs) if not f.is_stage]
    steps = [np.abs(b - a).max() for a, b in pairwise(maps)]
    assert steps[30] < 0.25 * np.ptp(maps[30])


def test_a_collapsed_map_is_reported():
    line = np.column_stack([np.arange(9.0), np.zeros(9)]).astype(np.float32)
    record = Recursed(1, "recursion 1 on f100", "f100", 0, 5, line, 2.0, flatness=0.0)
    history = type("History", (), {"recursions": []})()
    with pytest.warns(UserWarning, match="collapsed at the end of 'recursion 1 on f100'"):
        remember(history, record)
    assert history.recursions == [record]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remember(history, Recursed(1, "", "f100", 0, 5, line, 2.0, flatness=0.5))


# ---- the method -------------------------------------------------------------------------------------


def test_the_paper_preset_is_the_publication():
    phases = nb.DRE(preset="paper", second_stage=True, device="cpu").phases(60_000)
    assert [p.affinities_from for p in phases] == ["input", "f2000", "f500", "f100", "f100"]
    assert [p.n_steps * p.sampler["batches_per_step"] for p in phases] == [
        2400,
        1200,
        1200,
        1200,
        2400,
    ]
    for phase in phases:
        assert phase.sampler["name"] == "related_items"
        assert (phase.sampler["batches"], phase.sampler["batch_size"]) == ("fixed", 2500)
        assert phase.model["hidden"] == [500] * 5
        assert phase.model["head"] == [2000, 500, 100]
        assert (phase.model["normalization"], phase.optimizer["schedule"]) == ("batch", "constant")
    assert [p.optimizer["learning_rate"] for p in phases] == [1e-3, 1e-3, 1e-3, 1e-3, 1e-4]
    assert [p.loss["name"] for p in phases] == ["kl"] * 4 + ["cross_entropy"]
    assert phases[0].sampler["perplexity"] == 30
    assert phases[-1].kernel["min_dist"] == 0.001
    cnn = nb.DRE(preset="paper", model="cnn", shape=(28, 28, 1), method="umap").phases(5000)
    assert cnn[0].model == {
        "name": "cnn",
        "n_components": 2,
        "shape": [28, 28, 1],
        "normalization": "none",
        "head": [2000, 500, 100],
    }
    assert {p.loss["name"] for p in cnn} == {"cross_entropy"}


@pytest.mark.parametrize(
    "options",
    [{}, {"batches": "redrawn"}, {"batches": "fixed", "method": "umap"}, {"batches": "neighbors"}, {"second_stage": True}],
    ids=["edges", "redrawn", "fixed", "neighbors", "second stage"],
)  # fmt: skip
def test_the_bits_are_the_same_however_a_run_goes(blobs, options):
    method = dre(
        "hidden1", nb.Recursion("hidden2", n_epochs=4, updates=2, scale="standardize"), **options
    )
    run = method.run(blobs)
    whole = exhaust(run).embedding
    for step in (2, 4, 5, 7, 9):
        child = run.branch(step)
        assert_array_equal(exhaust(child).embedding, whole)
        assert [r.end for r in child.recursions] == [r.end for r in run.recursions]
    one = exhaust(method.set_params(n_jobs=1).run(blobs)).embedding
    assert_array_equal(one, whole)


def test_a_run_goes_on_with_other_phases_only_from_where_they_are_the_same(blobs):
    run, other = dre("hidden1").run(blobs), dre("hidden2").run(blobs)
    exhaust(run)
    assert_array_equal(
        exhaust(run.branch(4, phases=other.phases)).embedding, exhaust(other).embedding
    )
    with pytest.raises(InvalidInputError, match="must begin with the 2"):
        run.branch(5, phases=other.phases)


def test_a_file_holds_the_recursions(blobs, tmp_path):
    method = dre(
        "hidden1",
        nb.Recursion("hidden2", n_epochs=2, scale="whiten"),
        second_stage={"layer": "input", "method": "umap"},
    )
    method.fit(blobs).save(tmp_path / "dre.npz")
    again = nb.load(tmp_path / "dre.npz")
    assert_array_equal(again.transform(blobs[:7]), method.transform(blobs[:7]))
    assert [r.layer for r in again.recursions_] == ["input", "hidden1", "hidden2", "input"]
    for before, after in zip(method.recursions_, again.recursions_, strict=True):
        assert_array_equal(before.embedding, after.embedding)
        assert (before.layers, before.metrics, before.end) == (
            after.layers,
            after.metrics,
            after.end,
        )
    assert again.run(blobs).phases == method.run(blobs).phases


def test_rows_alone_are_placed_as_in_a_batch(blobs):
    method = dre("hidden1").fit(blobs)
    size = np.ptp(method.embedding_)
    together = method.transform(blobs[:40])
    alone = np.concatenate([method.transform(row[None]) for row in blobs[:40]])
    assert_allclose(alone / size, together / size, atol=1e-6)
    assert_allclose(method.transform(blobs) / size, method.embedding_ / size, atol=1e-6)


def test_pictures_and_networks_of_the_callers_recurse_too():
    X = datasets.digits()[0][:60].reshape(-1, 8, 8)
    cnn = nb.DRE(
        model="cnn",
        head=(12,),
        recursions=["pictures2", "f12"],
        n_epochs=1,
        batch_size=30,
        device="cpu",
    ).fit(X)
    assert np.isfinite(cnn.embedding_).all()
    own = nn.Sequential(nn.Linear(64, 9), nn.ReLU(), nn.Linear(9, 2))
    mine = nb.DRE(model=own, recursions=["1"], n_epochs=2, batch_size=30, device="cpu").fit(
        X.reshape(-1, 64)
    )
    assert set(mine.recursions_[1].layers) == {"1"}


TRAPS = {
    "duplicates": lambda X: np.concatenate([X[:105], np.repeat(X[:1], 45, axis=0)]),
    "constant columns": lambda X: np.column_stack([X, np.ones(len(X)), np.zeros(len(X))]),
    "a remainder of one row": lambda X: X[:97],
    "one value": lambda X: np.ones((40, 3), dtype=np.float32) + 0 * X[:40, :1],
}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize(
    "options",
    [{}, {"batches": "fixed"}, {"method": "umap"}, {"method": "umap", "batches": "redrawn"},
     {"preset": "paper", "head": (12,), "batches": "fixed"}],
    ids=["edges", "fixed", "umap", "umap rows", "paper"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:the map has collapsed", "ignore:n_neighbors must be")
def test_nothing_becomes_not_a_number(blobs, trap, options):
    X = TRAPS[trap](blobs)
    method = dre(
        "hidden2", nb.Recursion("hidden1", scale="whiten"), **{"perplexity": 8.0} | options
    ).fit(X)
    assert np.isfinite(method.embedding_).all()
    assert all(np.isfinite(list(r.metrics.values())).all() for r in method.recursions_)


def test_what_cannot_be_is_said(blobs):
    with pytest.raises(
        InvalidInputError, match=r"hidden1, hidden2, embedding, input\), got 'hidden9'"
    ):
        dre("hidden9").fit(blobs)
    with pytest.raises(InvalidTypeError, match="sequence such as"):
        nb.DRE(recursions="hidden1", **SMALL).fit(blobs)
    with pytest.raises(InvalidTypeError, match="did you mean 'n_epochs'"):
        dre({"layer": "hidden1", "epochs": 3}).fit(blobs)
    with pytest.raises(InvalidInputError, match="mix"):
        nb.Recursion("hidden1", mix=2)
    with pytest.raises(InvalidInputError, match="perplexity must be less"):
        dre(nb.Recursion("hidden1", perplexity=1000)).fit(blobs)
    with pytest.raises(InvalidInputError, match="batches must be 'edges' or 'neighbors'"):
        dre("hidden1", metric="cosine", batches="redrawn").fit(blobs)


def test_titles_are_what_people_call_them():
    assert nb.DRE(recursions=()).title == "deep t-SNE"
    assert nb.DRE(recursions=(), method="umap", preset="paper").title == "deep UMAP, as published"
    assert nb.DRE().title == "deep recursive embedding"
    assert repr(nb.Recursion("f2000", mix=0.5)) == "Recursion('f2000', mix=0.5)"
