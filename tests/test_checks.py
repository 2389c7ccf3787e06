"""Bad input: one clear error that names the argument, what it got and what to do; or a finite map."""

import warnings
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse

from nbembed import TSNE, UMAP, EmbedWidget, _checks
from nbembed.errors import InvalidInputError, NbembedError

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(60, 5))
FAST = {
    "umap": UMAP(n_epochs=20, random_state=0),
    "tsne": TSNE(perplexity=10, n_iter=20, early_exaggeration_iter=20, random_state=0),
}


def with_value(value, row=3, column=2):
    X = GOOD.copy()
    X[row, column] = value
    return X


BAD_DATA = {
    "NaN": (
        with_value(np.nan),
        r"X must be finite.*got 1 value.*column\(s\) 2 \(1\); first row\(s\) 3.*impute",
    ),
    "infinity": (with_value(np.inf), r"X must be finite.*infinity"),
    "NaN in a frame": (
        pd.DataFrame(with_value(np.nan), columns=list("abcde")),
        r"column\(s\) c \(1\)",
    ),
    "one row": (GOOD[:1], r"X must have at least 2 rows, got 1 sample"),
    "no row": (GOOD[:0], r"X must have at least 2 rows, got 0 sample"),
    "no column": (GOOD[:, :0], r"X must have features, got 0 feature"),
    "one dimension": (GOOD[:, 0], r"X must have 2 dimensions.*got 1.*reshape\(-1, 1\)"),
    "three dimensions": (GOOD.reshape(60, 5, 1), r"X must have 2 dimensions.*got 3"),
    "strings": (np.array([["a", "b"]] * 60), r"X must hold numbers, got 'a'.*encode"),
    "mixed objects": (np.array([[1.0, "b"]] * 60, dtype=object), r"X must hold numbers, got 'b'"),
    "ragged": ([[1, 2], [3]], r"X must be a table with rows of equal length"),
    "complex": (GOOD + 1j, r"X must be real. Complex data not supported"),
    "huge sparse": (sparse.csr_matrix((100_000, 100_000)), r"X must fit.*TruncatedSVD"),
}


@pytest.mark.parametrize("case", BAD_DATA)
@pytest.mark.parametrize(
    "use", [EmbedWidget, lambda X: UMAP().fit(X), lambda X: TSNE(perplexity=5).fit(X)]
)
def test_bad_data_is_refused_with_what_it_got_and_what_to_do(case, use):
    X, message = BAD_DATA[case]
    with pytest.raises(NbembedError, match=message) as caught:
        use(X)
    assert isinstance(caught.value, (ValueError, TypeError))


BAD_FRAMES = {
    "text": (
        pd.DataFrame({"x": GOOD[:, 0], "name": ["a"] * 60}),
        r"X must hold numbers.*non-numeric column\(s\) 'name'; drop or encode",
    ),
    "dates": (
        pl.DataFrame({"x": [1, 2], "day": [date(2024, 1, 1)] * 2}),
        r"non-numeric column\(s\) 'day'",
    ),
    "repeated names": (
        pd.DataFrame(GOOD, columns=list("abcda")),
        r"X must have a name of its own for each column, got 'a' more than once; rename or drop",
    ),
    "lazy": (pl.LazyFrame({"x": [1, 2]}), r"X must be in memory, got a lazy LazyFrame"),
    "gaps": (
        pl.DataFrame({"x": [1, None, 3], "y": [True, None, False]}),
        r"X must be finite.*got 2 value\(s\).*column\(s\) x \(1\), y \(1\)",
    ),
    "complex": (pd.DataFrame({"x": [1j, 2]}), r"X must hold numbers, got dtype complex128"),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_bad_frames_are_refused_by_estimators(case):
    X, message = BAD_FRAMES[case]
    with pytest.raises(NbembedError, match=message):
        UMAP().fit(X)


BAD_PARAMETERS = {
    "perplexity of the rows": (
        TSNE(perplexity=60),
        r"perplexity must be less than .*\(59\), got 60.*use at most 19",
    ),
    "negative perplexity": (TSNE(perplexity=-5), r"perplexity must be a number above 1, got -5"),
    "perplexity as text": (
        TSNE(perplexity="thirty"),
        r"perplexity must be a number.*got 'thirty' of type str",
    ),
    "perplexity NaN": (
        TSNE(perplexity=float("nan")),
        r"perplexity must be a number above 1, got nan",
    ),
    "no components": (
        UMAP(n_components=0),
        r"n_components must be an integer of at least 1, got 0",
    ),
    "half a component": (UMAP(n_components=2.5), r"n_components must be an integer"),
    "unknown metric": (UMAP(metric="nope"), r"'metric' .*Got 'nope'"),
    "unknown init": (
        UMAP(init="nope"),
        r"init must be one of 'pca', 'spectral', 'random', got 'nope'",
    ),
    "init of other rows": (
        UMAP(init=np.zeros((7, 2))),
        r"init must have shape \(60, 2\).*got \(7, 2\)",
    ),
    "init not finite": (TSNE(init=np.full((60, 2), np.nan)), r"init must be finite"),
    "bad seed": (UMAP(random_state="abc"), r"random_state must be .* got 'abc'"),
    "min_dist over spread": (UMAP(min_dist=2), r"min_dist must be at most spread \(1\), got 2"),
    "learning rate": (TSNE(learning_rate=-1), r"learning_rate must be a number above 0, got -1"),
    "neighbours": (UMAP(n_neighbors=1), r"n_neighbors must be an integer of at least 2, got 1"),
}


@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_bad_parameters_are_refused(case):
    estimator, message = BAD_PARAMETERS[case]
    with pytest.raises((ValueError, TypeError), match=message):
        estimator.fit(GOOD)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: EmbedWidget(GOOD, labels=[1, 2, 3]),
            r"labels must hold one value per row of X, 60 in all, got shape \(3,\)",
        ),
        (
            lambda: EmbedWidget(GOOD, lables=[1] * 60),
            r"EmbedWidget got an unexpected keyword argument 'lables'; did you mean 'labels'",
        ),
        (lambda: EmbedWidget(GOOD, n_neighbours=5), r"'n_neighbours'; did you mean 'n_neighbors'"),
        (
            lambda: TSNE(perplexty=5),
            r"TSNE got an unexpected keyword argument 'perplexty'; did you mean 'perplexity'",
        ),
        (
            lambda: EmbedWidget(GOOD, method="tsen"),
            r"method must be one of 'tsne', 'umap'.*got 'tsen'",
        ),
        (lambda: EmbedWidget(GOOD, method=3), r"method must be a name .*got int"),
        (lambda: EmbedWidget(GOOD, method=UMAP(), min_dist=0.5), r"write UMAP\(min_dist=…\)"),
        (
            lambda: EmbedWidget(GOOD, height=5),
            r"height must be an integer of at least 150 and at most 2000, got 5",
        ),
        (lambda: EmbedWidget(GOOD, method="tsne", perplexity=90), r"perplexity must be less than"),
    ],
)
def test_bad_arguments_of_the_widget_are_refused(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


@pytest.mark.parametrize("method", FAST)
@pytest.mark.parametrize(
    "X",
    [
        np.ones((60, 5)),
        np.zeros((60, 5)),
        np.repeat(GOOD[:30], 2, axis=0),
        np.vstack([GOOD[:30], np.repeat(GOOD[:1], 30, axis=0)]),
        np.vstack([GOOD[:30], GOOD[30:] + 1e6]),
        1e20 * GOOD,
        1e200 * GOOD,
        1e-20 * GOOD,
        GOOD + 1e8,
        with_value(1e12),
        GOOD[:, :1],
        np.c_[GOOD, np.full(60, 7.0)],
        GOOD[:12],
    ],
    ids=[
        "identical",
        "zeros",
        "pairs",
        "half copies",
        "two worlds",
        "1e20",
        "1e200",
        "1e-20",
        "offset",
        "outlier",
        "one column",
        "constant column",
        "12 rows",
    ],
)
def test_odd_but_finite_data_gives_a_finite_map(X, method):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        estimator = FAST[method]
        if len(X) == 12 and method == "tsne":
            estimator = TSNE(perplexity=3, n_iter=20, early_exaggeration_iter=20, random_state=0)
        embedding = estimator.fit_transform(X)
    assert embedding.shape == (len(X), 2)
    assert np.isfinite(embedding).all()
    assert len(np.unique(embedding, axis=0)) > 1


@pytest.mark.parametrize("scale", [1e20, 1e-20])
def test_scale_does_not_matter(scale):
    plain = _checks.check_data(GOOD.astype(np.float32))
    scaled = _checks.check_data(GOOD * scale)
    np.testing.assert_allclose(scaled / scaled.max(), plain / plain.max(), rtol=1e-5, atol=1e-6)


def test_a_large_offset_keeps_the_digits():
    shifted = _checks.check_data(GOOD + 1e8)
    np.testing.assert_allclose(shifted - shifted[0], GOOD - GOOD[0], atol=1e-6)


@pytest.mark.parametrize(
    "convert",
    [
        np.ndarray.tolist,
        pd.DataFrame,
        pl.DataFrame,
        torch.tensor,
        lambda X: torch.tensor(X, requires_grad=True),
        sparse.csr_matrix,
        lambda X: pd.DataFrame(X).astype({0: object, 1: "Float64"}),
        lambda X: pytest.importorskip("pyarrow").table(dict(zip("abcde", X.T, strict=True))),
        np.asfortranarray,
        lambda X: X[::-1][::-1],
        lambda X: X.astype(">f8"),
        lambda X: X.astype(object),
    ],
    ids=[
        "list",
        "pandas",
        "polars",
        "torch",
        "torch grad",
        "sparse",
        "mixed pandas",
        "pyarrow",
        "fortran",
        "strided",
        "big endian",
        "objects",
    ],
)
def test_every_container_gives_the_same_numbers(convert):
    before = GOOD.copy()
    np.testing.assert_array_equal(_checks.check_data(convert(GOOD)), GOOD.astype(np.float32))
    np.testing.assert_array_equal(GOOD, before)


def test_a_memory_map_is_read_and_left_alone(tmp_path):
    np.save(tmp_path / "X.npy", GOOD.astype(np.float32))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(_checks.check_data(X), X)


def test_small_integers_and_halves_are_taken():
    for dtype in (np.uint8, np.float16, np.bool_, np.int64):
        X = np.abs(GOOD * 10).astype(dtype)
        np.testing.assert_array_equal(_checks.check_data(X), X.astype(np.float32))


def test_too_many_neighbours_are_cut_with_a_warning():
    with pytest.warns(UserWarning, match=r"n_neighbors must be less than .* \(12\), got 15"):
        UMAP(n_epochs=2).fit(GOOD[:12])


def test_seeds_of_every_kind():
    assert _checks.check_seed(5) == 5
    assert _checks.check_seed(None) != _checks.check_seed(None)
    assert _checks.check_seed(np.random.RandomState(1)) == _checks.check_seed(
        np.random.RandomState(1)
    )
    assert _checks.check_seed(np.random.default_rng(1)) == _checks.check_seed(
        np.random.default_rng(1)
    )
    with pytest.raises(InvalidInputError, match="random_state"):
        _checks.check_seed(-1)
