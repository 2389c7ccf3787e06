"""scikit-learn's contract, quality against the references, saving."""

import _thread
import json
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.manifold import trustworthiness
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nbembed as nb
from nbembed import TSNE, UMAP
from nbembed.errors import InvalidInputError, InvalidTypeError

FAST_TSNE = TSNE(perplexity=2, n_iter=5, early_exaggeration_iter=5, random_state=0)
FAST_UMAP = UMAP(n_neighbors=3, n_epochs=5, random_state=0)


@parametrize_with_checks([FAST_TSNE, FAST_UMAP])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_digits_reach_the_quality_of_the_references(digits):
    X, _ = digits
    tsne = TSNE(random_state=0).fit(X)
    assert trustworthiness(X, tsne.embedding_, n_neighbors=7) >= 0.991
    umap = UMAP(random_state=0).fit(X)
    assert trustworthiness(X, umap.embedding_, n_neighbors=7) >= 0.986


def test_umap_reaches_the_loss_of_umap_learn_and_tears_no_group_apart(digits):
    X, _ = digits
    reference = json.loads((Path(__file__).parent / "reference/umap_digits.json").read_text())
    fits = [UMAP(random_state=seed).fit(X) for seed in range(3)]
    assert np.median([fit.loss_ for fit in fits]) <= 1.02 * reference["loss"]
    continuity = [trustworthiness(fit.embedding_, X, n_neighbors=15) for fit in fits]
    assert np.median(continuity) >= reference["continuity_15"] - 0.005


def test_an_interrupt_keeps_the_map_and_is_raised(digits):
    timer = threading.Timer(1.0, _thread.interrupt_main)
    estimator = UMAP(n_epochs=100_000, random_state=0)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(digits[0])
    assert 0 < estimator.n_iter_ < 100_000
    assert np.isfinite(estimator.embedding_).all()


@pytest.mark.parametrize("estimator", [FAST_TSNE, FAST_UMAP], ids=["tsne", "umap"])
def test_save_and_load_give_the_same_estimator(estimator, blobs, tmp_path):
    frame = pd.DataFrame(blobs, columns=[f"c{i}" for i in range(10)])
    fitted = clone(estimator).fit(frame)
    fitted.save(tmp_path / "map.nbembed")
    loaded = nb.load(tmp_path / "map.nbembed")
    assert loaded.get_params() == fitted.get_params()
    np.testing.assert_array_equal(loaded.embedding_, fitted.embedding_)
    assert (loaded.loss_, loaded.n_iter_, loaded.n_features_in_) == (
        fitted.loss_,
        fitted.n_iter_,
        10,
    )
    assert list(loaded.feature_names_in_) == list(frame.columns)
    assert list(loaded.get_feature_names_out()) == list(fitted.get_feature_names_out())


def test_an_array_as_start_is_used_saved_and_loaded(blobs, tmp_path):
    start = np.random.default_rng(0).normal(size=(150, 2))
    fitted = UMAP(init=start, n_epochs=3, random_state=0).fit(blobs)
    first = next(f for f in fitted.run(blobs) if not f.is_stage)
    np.testing.assert_array_equal(first.embedding, start.astype(np.float32))
    fitted.save(tmp_path / "a.nbembed")
    np.testing.assert_array_equal(nb.load(tmp_path / "a.nbembed").init, start)


def test_what_cannot_be_saved_is_named(blobs, tmp_path):
    fitted = UMAP(metric=lambda a, b: np.abs(a - b).sum(), n_epochs=2).fit(blobs[:40])
    with pytest.raises(InvalidTypeError, match="metric must be a name"):
        fitted.save(tmp_path / "a.nbembed")


def test_a_file_of_another_kind_is_refused(tmp_path):
    from nbembed import persistence

    persistence.save(tmp_path / "x", "Strange", {}, {"a": np.zeros(3, dtype=np.float32)})
    with pytest.raises(InvalidInputError, match="kind 'Strange'"):
        nb.load(tmp_path / "x")


def test_a_pickle_goes_round(blobs):
    fitted = clone(FAST_UMAP).fit(blobs)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.embedding_, fitted.embedding_)


def test_it_stands_in_a_pipeline_and_names_its_columns(blobs):
    pipeline = make_pipeline(StandardScaler(), clone(FAST_UMAP)).set_output(transform="pandas")
    embedding = pipeline.fit_transform(blobs)
    assert list(embedding.columns) == ["umap0", "umap1"]


@pytest.mark.parametrize("n_components", [1, 2, 3, 5])
@pytest.mark.parametrize("estimator", [FAST_TSNE, FAST_UMAP], ids=["tsne", "umap"])
def test_any_number_of_components(estimator, n_components, blobs):
    embedding = clone(estimator).set_params(n_components=n_components).fit_transform(blobs)
    assert embedding.shape == (150, n_components)
    assert np.isfinite(embedding).all()


def test_sixty_four_components_are_a_map_too(blobs):
    # Most of the time goes into compiling for this number.
    for estimator in (TSNE(n_iter=50, random_state=0), UMAP(n_epochs=50, random_state=0)):
        fit = estimator.set_params(n_components=64).fit(blobs)
        assert fit.embedding_.shape == (150, 64)
        assert trustworthiness(blobs, fit.embedding_, n_neighbors=5) > 0.9


def test_verbose_shows_a_bar(blobs, capsys):
    UMAP(n_epochs=5, verbose=True).fit(blobs)
    assert "optimization: 100%" in capsys.readouterr().err


IMPORTS = """
import json, sys, time
began = time.perf_counter()
import nbembed as nb
seconds = time.perf_counter() - began
X, y = nb.datasets.iris()
nb.UMAP(n_epochs=2).fit(X); nb.TSNE(n_iter=2, early_exaggeration_iter=2).fit(X)
print(json.dumps([seconds, [m for m in ("torch", "pynndescent", "matplotlib", "anywidget", "IPython") if m in sys.modules]]))
"""


def test_small_data_imports_nothing_heavy():
    out = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True
    ).stdout
    seconds, heavy = json.loads(out)
    assert seconds < 0.5
    assert heavy == []
