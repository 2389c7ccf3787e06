"""Parametric t-SNE with Boltzmann machines, as a baseline: it learns, repeats itself, and takes any data."""

import pickle
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import parametrize_with_checks

import nbembed as nb
from nbembed.baselines import RBMParametricTSNE
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.networks import boltzmann

TINY = {"hidden": (8,), "pretraining_epochs": 1, "linear_epochs": 1, "n_epochs": 1}


def method(**parameters):
    settings = {"hidden": (40, 80), "n_epochs": 6, "device": "cpu", "random_state": 0}
    return RBMParametricTSNE(**settings | parameters)


@parametrize_with_checks([method(n_components=1, perplexity=2, **TINY)])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def learned(digits):
    """Half of 500 digits, and a network that knows them."""
    return method(n_epochs=15).fit(digits[0][:500:2])


def test_digits_find_their_class_also_new_ones(learned, digits):
    X, y = digits[0][:500], digits[1][:500]
    assert learned.losses_[-1] < 0.7 * learned.losses_[0]
    assert nb.metrics.neighborhood_hit(learned.embedding_, y[::2]) > 0.75
    new = learned.transform(X[1::2])
    nearest = np.linalg.norm(new[:, None] - learned.embedding_[None], axis=2).argmin(axis=1)
    assert (y[::2][nearest] == y[1::2]).mean() > 0.75


def test_pre_training_is_shown_and_helps(learned, digits):
    assert [len(errors) for errors in learned.reconstruction_errors_] == [30, 30, 50]
    shares = [errors[-1] / errors[0] for errors in learned.reconstruction_errors_]
    assert max(shares[:2]) < 0.6
    assert shares[2] < 0.95
    alone = method(n_epochs=15, pretraining_epochs=0, linear_epochs=0).fit(digits[0][:500:2])
    assert alone.reconstruction_errors_ == [[], [], []]
    assert learned.losses_[-1] < 0.9 * alone.losses_[-1]


def test_a_row_has_its_place_alone_and_among_others(learned, digits):
    X = digits[0][500:700]
    together = learned.transform(X)
    spread = np.ptp(learned.embedding_)
    alone = np.concatenate([learned.transform(row[None]) for row in X[:20]])
    assert_allclose(alone, together[:20], atol=1e-6 * spread)
    assert_array_equal(alone, learned.transform(X[:20]))
    assert_allclose(learned.transform(digits[0][:500:2]), learned.embedding_, atol=1e-6 * spread)


def test_seeds_fix_the_bits(blobs):
    maps = [method(**TINY).fit_transform(blobs) for _ in range(2)]
    assert_array_equal(*maps)


@pytest.mark.parametrize("what", ["weights", "draws"])
def test_other_seeds_change_weights_and_draws(what, blobs, monkeypatch):
    settings = dict(TINY)
    if what == "weights":
        # All rows in one batch, whose order does not matter: nothing else is left to chance.
        settings |= {"pretraining_epochs": 0, "linear_epochs": 0}
    else:
        same = boltzmann.SigmoidNetwork
        monkeypatch.setattr(boltzmann, "SigmoidNetwork", lambda *a, seed, **k: same(*a, seed=0, **k))  # fmt: skip
    maps = [method(**settings | {"random_state": s}).fit_transform(blobs) for s in (0, 1)]
    assert np.abs(maps[0] - maps[1]).max() > 1e-3


def test_torch_works_on_one_thread(blobs, monkeypatch):
    import torch

    seen = []
    for owner, name in ((boltzmann.BoltzmannMachine, "learn"), (boltzmann, "kl")):
        real = getattr(owner, name)

        def counted(*args, real=real, **kwargs):
            seen.append(torch.get_num_threads())
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        method(**TINY).fit(blobs)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert len(seen) > 4
    assert set(seen) == {1}


def test_columns_share_one_scale_and_any_unit_will_do(blobs):
    # Powers of 2, and an offset that float32 holds, change no bit of what the network sees.
    plain = method(**TINY).fit_transform(blobs)
    assert_allclose(method(**TINY).fit_transform(blobs * 2**10), plain, rtol=1e-4, atol=1e-5)
    far = method(**TINY).fit_transform(blobs.astype(np.float64) + 1e6)
    assert_allclose(far, plain, rtol=0.05, atol=0.01)
    seen = method(**TINY).fit(blobs)
    rows = seen._standardization.forward(blobs)
    assert_allclose(rows.min(axis=0), 0, atol=1e-6)
    assert rows.max() == pytest.approx(1)
    ratios = np.ptp(blobs, axis=0) / np.ptp(rows, axis=0)
    assert_allclose(ratios, ratios[0], rtol=1e-4)


@pytest.mark.parametrize("n", [2, 3, 4, 19, 101])
def test_few_rows_and_remainders_of_one(n):
    X = np.random.default_rng(n).normal(size=(n, 6))
    fitted = method(**TINY | {"batch_size": 2, "perplexity": 1.5, "n_epochs": 2}).fit(X)
    assert fitted.embedding_.shape == (n, 2)
    assert np.isfinite(fitted.embedding_).all()
    assert np.isfinite(fitted.losses_).all()


@pytest.mark.parametrize("kind", ["constant columns", "duplicates", "all equal", "two values", "outlier"])  # fmt: skip
def test_data_without_shape_give_a_map(kind, blobs):
    X = blobs.copy()
    match kind:
        case "constant columns":
            X[:, 2:] = 7
        case "duplicates":
            X[:50] = X[0]
        case "all equal":
            X[:] = 3
        case "two values":
            X = (X.mean() < X).astype(np.float32)
        case _:
            X[0, 0] = 1e12
    fitted = method(**TINY | {"n_epochs": 3}).fit(X)
    assert np.isfinite(fitted.embedding_).all()
    assert np.isfinite(fitted.losses_).all()
    assert fitted.losses_[-1] <= fitted.losses_[0]


def test_the_data_are_held_once_more_and_no_more():
    X = np.random.default_rng(0).random((100, 100_000), dtype=np.float32)
    narrow = method(**TINY | {"hidden": (2,)}).fit(
        X[:, :9]
    )  # what is imported now counts for nothing
    tracemalloc.start()
    try:
        narrow.fit(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert X.nbytes <= peak < 1.6 * X.nbytes


def test_a_fitted_one_goes_through_a_file_as_it_is(learned, digits):
    data = pickle.dumps(learned)
    n_weights = sum(parameter.numel() for parameter in learned.model_.parameters())
    assert len(data) < 8 * n_weights + 50_000
    assert_array_equal(
        pickle.loads(data).transform(digits[0][:9]), learned.transform(digits[0][:9])
    )


def test_it_stands_beside_the_others_in_a_benchmark(blobs):
    assert RBMParametricTSNE.title in nb.baselines.available()
    methods = {"RBM": RBMParametricTSNE(device="cpu", **TINY), "PCA": nb.baselines.PCA()}
    found = nb.benchmark(methods, blobs, seeds=2, metrics="trustworthiness", baseline="PCA", progress=False)  # fmt: skip
    assert not found.failures
    scores = found.scores("data", "RBM", "trustworthiness")
    assert scores[0] != scores[1]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"perplexity": 150}, InvalidInputError, "perplexity must be less than the number of rows"),
        ({"perplexity": 1}, InvalidInputError, "perplexity must be a number above 1"),
        ({"degrees_of_freedom": 0}, InvalidInputError, "degrees_of_freedom must be a number above 0"),
        ({"degrees_of_freedom": "d"}, InvalidTypeError, "degrees_of_freedom must be"),
        ({"batch_size": 1}, InvalidInputError, "batch_size must be an integer of at least 2"),
        ({"pretraining_epochs": -1}, InvalidInputError, "pretraining_epochs must be an integer of at least 0"),
        ({"n_line_searches": 0}, InvalidInputError, "n_line_searches must be an integer of at least 1"),
        ({"hidden": 500}, InvalidTypeError, "hidden must be"),
        ({"hidden": (0,)}, InvalidInputError, "hidden must be an integer of at least 1"),
        ({"device": 3}, InvalidTypeError, "device must be a name"),
        ({"device": "tpu"}, InvalidInputError, "device must be 'auto' or one of"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(parameters, error, message, blobs):
    with pytest.raises(error, match=message):
        method(**TINY | parameters).fit(blobs)
