"""Mini-batches of rows: the KL divergence within them, tails, exaggeration, pre-training, memory."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import nbembed as nb
from nbembed import affinities
from nbembed.callbacks import StopOnPlateau
from nbembed.errors import InvalidInputError
from nbembed.metrics import trustworthiness
from nbembed.neighbors import Graph, nearest_neighbors
from nbembed.networks import Plan, losses
from nbembed.networks.batch_affinities import batch_affinities
from nbembed.networks.item_objectives import BatchObjective
from nbembed.networks.kernels import LearnedKernel, StudentT
from nbembed.networks.losses import Cauchy

ROWS = torch.from_numpy(np.random.default_rng(0).normal(size=(41, 5)).astype(np.float32))
LIVE = {"a": 1.0, "b": 1.0, "exaggeration": 1.0}


def tsne(**options):
    known = {
        "perplexity": 8,
        "hidden": (32,),
        "n_batches": 60,
        "batch_size": 32,
        "device": "cpu",
        "random_state": 0,
    }
    return nb.ParametricTSNE(**known | options)


def plan(**options):
    known = {"loss": "kl", "related": True, "n_steps": 4, "batches_per_step": 10, "batch_size": 10}
    return Plan(**known | {"learning_rate": 1e-3} | options)


def exhaust(run):
    for _ in run:
        pass
    return run.embedding


def until(run, step):
    for frame in run:
        if frame.step == step and not frame.is_stage:
            break


# ---- affinities and kernels --------------------------------------------------------------------------


@pytest.mark.parametrize("perplexity", [2.0, 8.0, 13.0])
def test_affinities_of_a_batch_are_those_of_tsne(perplexity):
    found = nearest_neighbors(ROWS.numpy(), n_neighbors=40)
    expected = affinities.perplexity(found, perplexity=perplexity).to_scipy().toarray()
    P = batch_affinities(ROWS, perplexity).numpy()
    np.testing.assert_allclose(P, expected, atol=2e-6)
    np.testing.assert_allclose(P, P.T)
    np.testing.assert_allclose(P.sum(), 1, rtol=1e-5)


@pytest.mark.parametrize("rows", [torch.zeros(6, 3), ROWS[:2], ROWS[:3], ROWS.repeat(2, 1)])
def test_affinities_of_awkward_batches_are_finite(rows):
    P = batch_affinities(rows * 1e4, 30.0)
    assert torch.isfinite(P).all()
    assert not P.diagonal().any()
    assert abs(P.sum() - 1) < 1e-5


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 50.0])
def test_odds_of_other_tails_are_in_closed_form(alpha):
    squared = torch.logspace(-4, 6, 30, dtype=torch.float64)
    w = (1 + squared / alpha) ** (-(alpha + 1) / 2)
    expected = torch.log((1 - w) / w)
    found = StudentT(alpha).odds(squared)
    known = torch.isfinite(expected)
    torch.testing.assert_close(found[known], expected[known], rtol=1e-6, atol=1e-6)
    assert torch.isfinite(StudentT(alpha).odds(torch.tensor([0.0, 1e30]))).all()


def test_one_degree_of_freedom_is_the_kernel_of_tsne():
    squared = torch.logspace(-4, 6, 30, dtype=torch.float64)
    torch.testing.assert_close(StudentT(1.0).odds(squared), Cauchy().odds(squared))
    assert LearnedKernel(plan(), device="cpu")(LIVE) == Cauchy()
    assert LearnedKernel(plan(degrees_of_freedom=3), device="cpu")(LIVE) == StudentT(3.0)


@pytest.mark.parametrize("loss", ["kl", "info_nce"])
def test_the_gradient_of_the_degrees_of_freedom_is_that_of_differences(loss):
    kernel = LearnedKernel(plan(degrees_of_freedom="learned"), device="cpu").double()
    places = ROWS[:, :2].double()
    P = batch_affinities(ROWS, 8.0).double()

    def value():
        if loss == "kl":
            return losses.kl(places, P, kernel(LIVE))
        squared = (places[:, None] - places[None]).square().sum(2)
        return sum(losses.info_nce(squared[0, 1:9], squared[1:9], None, kernel(LIVE)))

    value().backward()
    found = float(kernel.log_degrees.grad)
    ends = []
    for step in (1e-4, -1e-4):
        with torch.no_grad():
            kernel.log_degrees.fill_(step)
            ends.append(float(value()))
    assert found == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-4)


def test_exaggeration_is_a_factor_on_the_attraction_alone():
    P, places = batch_affinities(ROWS, 8.0), ROWS[:, :2]
    w = 1 / (1 + (places[:, None] - places[None]).square().sum(2))
    pull = -(P * w.log()).sum()
    plain = losses.kl(places, P, Cauchy())
    found = losses.kl(places, P, Cauchy(), exaggeration=12.0)
    torch.testing.assert_close(found - plain, 11 * pull, rtol=1e-4, atol=1e-4)


# ---- batches -------------------------------------------------------------------------------------------


def objective(batches, size=10, n=41):
    found = nearest_neighbors(ROWS[:n].numpy(), n_neighbors=min(12, n - 1))
    graph = affinities.perplexity(found, perplexity=min(4.0, n / 3))
    settings = plan(batches=batches, batch_size=size, perplexity=3.0)
    kernel = LearnedKernel(settings, device="cpu")
    return BatchObjective(graph, settings, ROWS[:n], kernel, device="cpu"), graph


@pytest.mark.parametrize(("size", "n"), [(10, 41), (40, 41), (100, 41), (1, 41), (2, 3), (10, 21)])
def test_an_epoch_visits_every_row_once_in_batches_of_two_and_more(size, n):
    made, _ = objective("redrawn", size, n)
    generator = torch.Generator().manual_seed(0)
    epochs = [[made.draw(generator).rows for _ in range(made.n_batches)] for _ in range(2)]
    for epoch in epochs:
        assert sorted(torch.cat(epoch).tolist()) == list(range(n))
        assert min(map(len, epoch)) >= 2
        assert max(map(len, epoch)) <= max(3, size)
    assert n < 20 or not torch.equal(torch.cat(epochs[0]), torch.cat(epochs[1]))


def test_fixed_batches_come_again_as_they_were():
    made, _ = objective("fixed")
    generator = torch.Generator().manual_seed(0)
    first, again = ([made.draw(generator) for _ in range(made.n_batches)] for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one.rows, other.rows)
        torch.testing.assert_close(one.P, batch_affinities(ROWS[one.rows], 3.0))
        assert other.P is one.P


def test_batches_of_neighbours_have_the_affinities_of_all_rows():
    made, graph = objective("neighbors", size=15)
    dense = graph.to_scipy().toarray()
    generator = torch.Generator().manual_seed(0)
    visited = set()
    for _ in range(made.n_batches):
        items = made.draw(generator)
        rows = items.rows.numpy()
        visited |= set(rows.tolist())
        assert len(rows) == len(set(rows.tolist())) <= 15
        np.testing.assert_array_equal(items.P.numpy(), dense[np.ix_(rows, rows)])
        assert items.P.sum() > 0
    assert visited == set(range(41))


def test_rows_without_neighbours_do_no_harm():
    graph = Graph(np.array([0, 1, 2, 2, 2]), np.array([1, 0], np.int32), np.ones(2, np.float32))
    settings = plan(batches="neighbors", batch_size=10)
    made = BatchObjective(graph, settings, ROWS[:4], LearnedKernel(settings, device="cpu"), device="cpu")  # fmt: skip
    items = made.draw(torch.Generator().manual_seed(0))
    assert torch.isfinite(made.losses(items, ROWS[items.rows, :2], LIVE)["kl"])


# ---- training ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batches", ["redrawn", "fixed", "neighbors"])
def test_a_network_learns_by_the_divergence_within_batches(batches, blobs):
    run = tsne(loss="kl", batches=batches, n_batches=400).run(blobs)
    values = [frame.losses["kl"] for frame in run if not frame.is_stage]
    assert values[-1] < 0.7 * values[0]
    assert trustworthiness(blobs, run.embedding, n_neighbors=10) > 0.85


@pytest.mark.parametrize(
    "options",
    [
        {"loss": "kl", "batches": "redrawn", "exaggeration": 4.0},
        {"loss": "kl", "batches": "fixed", "degrees_of_freedom": "learned"},
        {"loss": "kl", "batches": "neighbors"},
        {"loss": "info_nce", "degrees_of_freedom": "learned", "init": "pca"},
    ],
)
def test_a_branch_goes_on_to_the_bit(options, blobs):
    estimator = tsne(**options, n_batches=100)
    whole = exhaust(estimator.run(blobs))
    run = estimator.run(blobs)
    until(run, 2)
    np.testing.assert_array_equal(exhaust(run.branch(1)), whole)
    np.testing.assert_array_equal(exhaust(run), whole)


def test_the_published_training_is_a_preset(blobs):
    phase = nb.ParametricTSNE(preset="paper").phases(12_000)[0]
    assert phase.sampler["batches"] == "fixed"
    assert phase.sampler["perplexity"] == 30
    assert phase.loss["name"] == "kl"
    assert phase.n_steps * phase.sampler["batches_per_step"] == 300
    fitted = nb.ParametricTSNE(preset="paper", n_batches=30, device="cpu", random_state=0).fit(
        blobs
    )
    assert trustworthiness(blobs, fitted.embedding_, n_neighbors=10) > 0.85


def test_the_perplexity_within_a_batch_is_that_of_its_share_of_the_rows():
    def inside(**options):
        return nb.ParametricTSNE(loss="kl", **options).phases(10_000)[0].sampler["perplexity"]

    assert inside(batch_size=2500, perplexity=30) == pytest.approx(7.5)
    assert inside(batch_size=500, perplexity=30) == 5
    assert inside(batch_size=500, perplexity=3) == 3
    assert inside(batch_size=500, perplexity=30, batches="fixed") == 30


def test_degrees_of_freedom_are_learned_and_reported(blobs, tmp_path):
    fitted = tsne(degrees_of_freedom="learned", n_batches=200).fit(blobs)
    assert fitted.degrees_of_freedom_ != 1
    assert 0.05 < fitted.degrees_of_freedom_ < 400
    fitted.save(tmp_path / "map")
    assert nb.load(tmp_path / "map").degrees_of_freedom_ == fitted.degrees_of_freedom_
    assert tsne(n_batches=1).fit(blobs).degrees_of_freedom_ == 1
    wide = tsne(degrees_of_freedom="d-1", n_components=6, n_batches=1).fit(blobs)
    assert wide.degrees_of_freedom_ == 5
    for wrong in ("d", 0):
        with pytest.raises(InvalidInputError, match="degrees_of_freedom must be"):
            tsne(degrees_of_freedom=wrong).fit(blobs)


def test_exaggeration_fades_and_is_not_reported(blobs):
    made = plan(exaggeration=12.0, n_steps=10, batches_per_step=10)
    assert [made.exaggerated(n) for n in (0, 15, 99)] == [12, 1, 1]
    assert made.exaggerated(7.5) == pytest.approx(6.5)
    for loss in ("kl", "info_nce"):
        runs = [tsne(loss=loss, exaggeration=rho, n_batches=50).run(blobs) for rho in (1, 12)]
        start = []
        for run in runs:
            while run.embedding is None:
                next(run)
            start.append(run.losses)
        assert start[0] == start[1]
        assert not np.array_equal(*(exhaust(run) for run in runs))


def test_exaggeration_can_be_set_in_mid_run_where_the_loss_is_kl(blobs):
    run = tsne(loss="kl", exaggeration=4.0).run(blobs)
    while run.embedding is None:
        frame = next(run)
    assert frame.exaggeration == 4
    assert run.set("exaggeration", 2.0) == "next step"
    assert run.set("momentum", 0.5) == "needs a restart"


def test_graphs_of_ones_own_need_batches_of_neighbours(blobs):
    with pytest.raises(
        InvalidInputError, match="batches must be 'neighbors' where metric or graph"
    ):
        tsne(loss="kl", metric="cosine").fit(blobs)
    assert tsne(loss="kl", metric="cosine", batches="neighbors", n_batches=2).fit(blobs)


# ---- where training starts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", [tsne, lambda **o: nb.ParametricUMAP(**o, device="cpu", random_state=0)]
)
@pytest.mark.parametrize("init", ["pca", "spectral", "array"])
def test_pre_training_puts_points_where_a_map_has_them(method, init, digits):
    X = digits[0][:300]
    given = X @ np.random.default_rng(0).normal(size=(64, 2)) / 100
    estimator = method(init=given if init == "array" else init, n_batches=2000, hidden=(64,), batch_size=64, n_components=2)  # fmt: skip
    assert [phase.name for phase in estimator.phases(300)] == ["pre-training", "training"]
    run = estimator.run(X)
    until(run, run.phases[0].n_steps)
    target = run.prepared.start
    left = np.square(run.embedding - target).sum() / np.square(target - target.mean(axis=0)).sum()
    assert left < 0.1
    assert set(run.losses) == {"position"}
    next(run)
    assert run.phase.name == "training"
    assert len(run.graph.indices)


# ---- little memory ---------------------------------------------------------------------------------------


class Greedy(nn.Linear):
    """A network that finds no memory for more rows than ``most`` while it trains."""

    most = 20

    def forward(self, rows):
        if self.training and len(rows) > self.most:
            raise torch.OutOfMemoryError("no memory")
        return super().forward(rows)


@pytest.mark.parametrize(("options", "after"), [({}, 8), ({"loss": "kl"}, 16)])
def test_out_of_memory_halves_the_batch_and_says_so(options, after, blobs):
    estimator = tsne(model=Greedy(10, 2), **options, n_batches=100)
    run = estimator.run(blobs)
    with pytest.warns(UserWarning, match="out of memory with mini-batches of") as caught:
        whole = exhaust(run)
    assert f"from now on they are of {after}" in str(caught[-1].message)
    other = estimator.run(blobs)
    with pytest.warns(UserWarning, match="out of memory"):
        until(other, 2)
    np.testing.assert_array_equal(exhaust(other.branch()), whole)


def test_no_memory_for_any_batch_is_said(blobs):
    model = Greedy(10, 2)
    model.most = 0
    with (
        pytest.warns(UserWarning, match="out of memory"),
        pytest.raises(InvalidInputError, match="model must fit into the memory of cpu .* of 1"),
    ):
        tsne(model=model).fit(blobs)


@pytest.mark.parametrize("options", [{}, {"loss": "kl"}, {"loss": "kl", "batches": "neighbors"}, {"init": "pca"}])  # fmt: skip
@pytest.mark.parametrize("n", [31, 33])
def test_batches_of_one_row_do_no_harm_to_batch_normalization(options, n, blobs):
    for size in (1, 16):
        estimator = tsne(normalization="batch", batch_size=size, n_batches=10, **options)
        assert np.isfinite(estimator.fit(blobs[:n]).embedding_).all()


def test_half_precision_trains_and_leaves_single(blobs):
    fitted = tsne(precision="bfloat16", n_batches=300).fit(blobs)
    assert trustworthiness(blobs, fitted.embedding_, n_neighbors=10) > 0.85
    assert next(fitted.model_.parameters()).dtype == torch.float32
    assert not np.array_equal(fitted.embedding_, tsne(n_batches=300).fit(blobs).embedding_)
    with torch.autocast("cpu", torch.bfloat16):
        assert fitted.model_(torch.zeros(2, 10)).dtype == torch.float32


# ---- early stopping --------------------------------------------------------------------------------------


def test_a_new_phase_is_waited_for_anew_and_values_are_smoothed():
    def frames(phase, values):
        return [SimpleNamespace(phase=phase, recorded_loss=v) for v in values]

    def stops(watcher, seen):
        watcher.on_start(9)
        return [bool(watcher.on_frame(frame)) for frame in seen]

    seen = frames("a", [5.0, 1.0, 1.0]) + frames("b", [9.0, 9.0, 9.0])
    assert stops(StopOnPlateau(patience=2), seen) == [False] * 5 + [True]
    noisy = frames("a", [8.0, 4.0, 6.0, 2.0, 4.0, 0.0])
    assert stops(StopOnPlateau(patience=1), noisy)[2]
    assert not any(stops(StopOnPlateau(patience=1, smoothing=2), noisy))
