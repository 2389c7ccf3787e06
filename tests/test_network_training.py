"""Runs with a network: the same iterator of frames, the same bits, and what happens when it goes wrong."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.manifold import trustworthiness
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import nbembed as nb
from nbembed import ParametricTSNE, ParametricUMAP
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError
from nbembed.networks.sampling import Items
from nbembed.training import Run

SMALL = {
    "hidden": (16, 16),
    "batch_size": 32,
    "n_negatives": 32,
    "device": "cpu",
    "random_state": 3,
}
METHODS = {
    "umap": lambda **kw: ParametricUMAP(n_neighbors=10, **{"n_batches": 200} | SMALL | kw),
    "tsne": lambda **kw: ParametricTSNE(perplexity=10, **{"n_batches": 200} | SMALL | kw),
    "batch norm": lambda **kw: ParametricUMAP(
        n_neighbors=10, normalization="batch", **{"n_batches": 200} | SMALL | kw
    ),
    "nce": lambda **kw: ParametricTSNE(
        perplexity=10, loss="nce", **{"n_batches": 200} | SMALL | kw
    ),
}
FAST = [
    ParametricUMAP(3, n_batches=5, **SMALL),
    ParametricTSNE(perplexity=2, n_batches=5, **SMALL),
]


@pytest.fixture(params=METHODS)
def make(request):
    return METHODS[request.param]


def exhaust(run):
    for _ in run:
        pass
    return run.embedding


@parametrize_with_checks(FAST)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_a_run_is_an_iterator_of_frames(make, blobs):
    frames = list(make().run(blobs))
    steps = [f for f in frames if not f.is_stage]
    assert [f.step for f in steps] == list(range(9))
    assert frames[0].phase == "finding neighbours"
    assert {f.phase for f in steps} == {"training"}
    rates = [f.learning_rate for f in steps[3:]]
    assert rates == sorted(rates, reverse=True)


def test_looking_pausing_and_branching_change_no_bit(make, blobs):
    plain = make().fit(blobs).embedding_
    looked = make().run(blobs)
    for frame in looked:
        _ = frame.losses, frame.embedding, looked.state if not frame.is_stage else None
    np.testing.assert_array_equal(looked.embedding, plain)
    parent = make().run(blobs)
    while parent.step < 6:
        next(parent)
    for step in (6, 3, 0):
        branch = parent.branch(step)
        assert branch.step == step
        np.testing.assert_array_equal(exhaust(branch), plain, err_msg=f"branched at {step}")
    np.testing.assert_array_equal(exhaust(parent), plain)


def test_a_branch_goes_its_own_way_and_leaves_its_parent_alone(blobs):
    plain = METHODS["umap"]().fit(blobs).embedding_
    parent = METHODS["umap"]().run(blobs)
    while parent.step < 4:
        next(parent)
    branch = parent.branch()
    assert branch.set("learning_rate", 0.02) == "next step"
    assert branch.set("repulsion_strength", 1.0) == "next step"
    assert branch.set("min_dist", 0.5) == "next step"
    assert branch.set("hidden", 3) == "needs a restart"
    assert not np.array_equal(exhaust(branch), plain)
    np.testing.assert_array_equal(exhaust(parent), plain)


def test_neither_the_global_generator_nor_other_seeds_matter(make, blobs):
    torch.default_generator.manual_seed(1)
    first = make().fit(blobs).embedding_
    before = torch.get_rng_state()
    np.testing.assert_array_equal(make().fit(blobs).embedding_, first)
    assert torch.equal(torch.get_rng_state(), before)
    assert not np.allclose(make().set_params(random_state=4).fit(blobs).embedding_, first)


HASH = """
import hashlib, sys, numpy as np, torch, nbembed as nb
torch.set_num_threads(int(sys.argv[1]))
X = np.random.default_rng(0).normal(size=(600, 200)).astype("f4")
est = nb.ParametricUMAP(n_batches=30, random_state=1, device="cpu", n_jobs=int(sys.argv[1]))
print(hashlib.sha256(est.fit_transform(X).tobytes()).hexdigest(), torch.get_num_threads())
"""


def test_processes_with_one_and_two_threads_agree():
    found = [
        subprocess.run(
            [sys.executable, "-c", HASH, threads], capture_output=True, text=True, check=True
        ).stdout.split()
        for threads in "12"
    ]
    assert found[0][0] == found[1][0]
    assert [threads for _, threads in found] == ["1", "2"]


def test_dropout_of_ones_own_network_is_reproducible_too(blobs):
    module = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2))
    weights = module[0].weight.detach().clone()
    estimator = METHODS["umap"](model=module)
    first = estimator.fit(blobs).embedding_
    assert torch.equal(module[0].weight, weights)
    np.testing.assert_array_equal(clone(estimator).fit(blobs).embedding_, first)
    np.testing.assert_allclose(estimator.transform(blobs), first, atol=1e-6)


def test_a_network_of_another_shape_is_refused(blobs):
    with pytest.raises(InvalidInputError, match=r"model must give 2 numbers .* shape \(2, 3\)"):
        METHODS["umap"](model=nn.Linear(10, 3)).fit(blobs)
    with pytest.raises(InvalidInputError, match="model must take rows of 10 numbers"):
        METHODS["umap"](model=nn.Linear(7, 2)).fit(blobs)
    with pytest.raises(
        InvalidTypeError, match=r"model must be 'fcnn', 'cnn' or a torch\.nn\.Module"
    ):
        METHODS["umap"](model=3).fit(blobs)


def test_new_rows_go_through_the_network_alone_as_together(make, digits):
    X = digits[0][:400]
    fitted = make().fit(X[:300])
    np.testing.assert_array_equal(fitted.transform(X[:300]), fitted.embedding_)
    together = fitted.transform(X[300:])
    alone = np.concatenate([fitted.transform(row[None]) for row in X[300:]])
    np.testing.assert_allclose(alone, together, atol=1e-6 * np.abs(together).max(), rtol=0)
    copied = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copied.transform(X[300:]), together)
    assert fitted.features(X[300:], "hidden2").shape == (100, 16)
    again, size = fitted.place_again([3, 5]), np.abs(fitted.embedding_).max()
    np.testing.assert_allclose(again, fitted.embedding_[[3, 5]], atol=1e-6 * size, rtol=0)


def test_groups_are_found_and_the_loss_falls(make, blobs):
    run = make(n_batches=1000).run(blobs)
    curve = [f.losses for f in run if not f.is_stage]
    assert sum(curve[-1].values()) < 0.8 * sum(curve[0].values())
    assert trustworthiness(blobs, run.embedding, n_neighbors=10) > 0.9


def test_a_learning_rate_of_a_million_stops_rolls_back_and_explains(make, blobs):
    run = make(learning_rate=1e6).run(blobs)
    with pytest.raises(InvalidInputError, match=r"learning_rate must be small enough .* is kept"):
        exhaust(run)
    assert run.step == 0
    assert np.isfinite(run.embedding).all()
    untouched = make().run(blobs)
    while untouched.embedding is None:
        next(untouched)
    np.testing.assert_array_equal(run.embedding, untouched.embedding)


AWKWARD = {
    "duplicates": lambda rng: np.repeat(rng.normal(size=(4, 6)), 20, axis=0),
    "one point": lambda rng: np.tile(rng.normal(size=(1, 6)), (30, 1)),
    "constant columns": lambda rng: rng.normal(size=(60, 6)) * [1, 0, 0, 1, 0, 0] + 5,
    "zeros": lambda rng: np.zeros((30, 6)),
    "outlier": lambda rng: np.append(rng.normal(size=(59, 6)), np.full((1, 6), 1e9), axis=0),
    "three rows": lambda rng: rng.normal(size=(3, 6)),
}


@pytest.mark.parametrize("data", AWKWARD)
@pytest.mark.parametrize("batch_size", [1, 32])
@pytest.mark.filterwarnings("ignore:n_neighbors must be less:UserWarning")
def test_awkward_data_make_no_nan(data, batch_size, make):
    X = AWKWARD[data](np.random.default_rng(0)).astype(np.float32)
    options = {"perplexity": 1.5} if "perplexity" in make().get_params() else {"n_neighbors": 5}
    estimator = make(n_batches=30, batch_size=batch_size).set_params(**options)
    run = estimator.run(X)
    assert np.isfinite(exhaust(run)).all()
    assert all(np.isfinite(value) for value in run.losses.values())


def test_presets_say_what_they_are_and_what_is_set_wins():
    for preset, hidden, negatives in (
        ("recommended", [256, 128, 128], "batch"),
        ("paper", [100, 100, 100], "permuted"),
    ):
        phase = ParametricUMAP(preset=preset).phases(500)[0]
        assert phase.model["hidden"] == hidden
        assert phase.sampler["negatives"] == negatives
        assert type(phase).from_dict(phase.to_dict()) == phase
    phase = ParametricUMAP(preset="paper", hidden=(7,), learning_rate=0.5).phases(500)[0]
    assert phase.model["hidden"] == [7]
    assert phase.optimizer["learning_rate"] == 0.5
    assert phase.sampler["batch_size"] == 500


def test_mixup_moves_the_ends_of_edges_towards_each_other_and_nothing_else(blobs):
    run = METHODS["umap"](mixup=0.5).run(blobs)
    while run.embedding is None:
        next(run)
    numbers = torch.arange(70)
    stepper = run._stepper
    mixed = stepper.objective.inputs(Items(numbers), stepper._table, torch.Generator())
    rows = stepper._table[numbers]
    assert torch.equal(mixed[64:], rows[64:])
    ends, other = rows[:64], torch.cat([rows[32:64], rows[:32]])
    shares = (mixed[:64] - ends)[:, 0] / (other - ends)[:, 0]
    assert 0 <= shares.min() < 0.1
    assert 0.4 < shares.max() <= 0.5
    torch.testing.assert_close(
        mixed[:64], ends + shares[:, None] * (other - ends), atol=1e-4, rtol=0
    )
    with pytest.raises(
        InvalidInputError, match="mixup must be a number of at least 0 and at most 0.5"
    ):
        METHODS["umap"](mixup=0.6).fit(blobs)


def test_the_paper_preset_trains(blobs):
    fitted = ParametricUMAP(preset="paper", n_batches=60, device="cpu", random_state=0).fit(blobs)
    assert trustworthiness(blobs, fitted.embedding_, n_neighbors=10) > 0.85


def test_wrong_hyper_parameters_are_named(blobs):
    for name, value in {
        "preset": "best",
        "normalization": "instance",
        "batch_size": 0,
        "n_batches": 0,
        "learning_rate": -1.0,
        "loss": "kl",
        "hidden": (0,),
    }.items():
        with pytest.raises(InvalidInputError, match=f"{name} must be"):
            METHODS["umap"](**{name: value}).fit(blobs)
    with pytest.raises(InvalidTypeError, match="did you mean 'n_batches'"):
        ParametricUMAP(n_batch=3)


def test_save_and_load_give_the_same_map_without_the_data(make, blobs, tmp_path):
    fitted = make(n_batches=50).fit(blobs)
    fitted.save(tmp_path / "map.nbembed")
    loaded = nb.load(tmp_path / "map.nbembed")
    assert loaded.get_params() == fitted.get_params()
    np.testing.assert_array_equal(loaded.embedding_, fitted.embedding_)
    np.testing.assert_array_equal(loaded.transform(blobs + 0.1), fitted.transform(blobs + 0.1))
    assert (loaded.loss_, loaded.n_iter_) == (fitted.loss_, fitted.n_iter_)
    with pytest.raises(NotKeptError, match="place_again needs the data"):
        loaded.place_again([0])


def test_ones_own_network_cannot_be_saved(blobs, tmp_path):
    fitted = clone(FAST[0]).set_params(model=nn.Linear(10, 2)).fit(blobs)
    with pytest.raises(InvalidTypeError, match="model must be a name"):
        fitted.save(tmp_path / "map")


def test_a_few_maps_are_kept_where_a_map_is_dear(digits):
    run = METHODS["umap"](n_batches=250).run(digits[0])
    exhaust(run)
    assert run.history.steps[0] == 0
    assert run.history.steps[-1] == run.n_steps
    assert len(run.history) < 10
    assert isinstance(run, Run)
    assert nb.ParametricUMAP is ParametricUMAP


def test_a_fit_says_which_recipe_it_followed(blobs, capsys):
    fitted = ParametricUMAP(n_neighbors=5, n_batches=3, verbose=True, **SMALL).fit(blobs)
    assert fitted.recipe_["preset"] == "recommended"
    assert fitted.recipe_["hidden"] == (16, 16)
    said = capsys.readouterr().err
    assert "parametric UMAP, preset='recommended': " in said
    assert "noise=0.3" in said
    assert ParametricUMAP().title == "parametric UMAP"
    assert ParametricUMAP(preset="paper").title == "parametric UMAP, as published"
    assert ParametricTSNE(preset="paper").title == "parametric t-SNE, as published"
    with pytest.raises(NotFittedError):
        ParametricUMAP().recipe_  # noqa: B018


def test_losses_of_a_network_are_recorded_every_fourth_step(blobs):
    run = METHODS["umap"](n_batches=25 * 9).run(blobs)
    exhaust(run)
    assert run.history.curves["attraction"].steps == [0, 4, 8, 9]
