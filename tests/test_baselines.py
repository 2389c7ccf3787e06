"""The baselines: one interface, the peers' own numbers, seeds, clear words where one is absent."""

import importlib.metadata
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.manifold import SpectralEmbedding
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nbembed import baselines
from nbembed.baselines import packages
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError

# Each with little work; what is repeated bit by bit.
FAST = {
    "PCA": {},
    "Autoencoder": {"hidden": (16,), "n_epochs": 3, "device": "cpu"},
    "VariationalAutoencoder": {"hidden": (16,), "n_epochs": 3, "device": "cpu"},
    "RBMParametricTSNE": {"hidden": (16,), "pretraining_epochs": 2, "n_epochs": 2, "device": "cpu"},
    "LaplacianEigenmaps": {},
    "Isomap": {},
    "MDS": {"max_iter": 5},
    "OpenTSNE": {"early_exaggeration_iter": 5, "n_iter": 5},
    "UMAPLearn": {"n_epochs": 5},
    "PaCMAP": {"options": {"num_iters": (5, 5, 5)}},
    "PHATE": {},
    "TriMap": {"n_iter": 10},
    "MDE": {"max_iter": 5, "init": "random"},
}


def make(name, **parameters):
    """Return a fast baseline; skip the test where its package is absent."""
    cls = getattr(baselines, name)
    if cls.module and not packages.is_installed(cls.module):
        pytest.skip(f"{name} needs the package {cls.package}, which is not installed")
    return cls(**FAST[name] | parameters)


@pytest.fixture(params=FAST)
def method(request):
    return make(request.param, random_state=3)


@parametrize_with_checks(
    [
        baselines.PCA(n_components=1),
        baselines.Isomap(n_components=1, n_neighbors=2),
        baselines.Autoencoder(hidden=(4,), n_epochs=2, device="cpu", random_state=0),
    ]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore")
def test_one_interface(method, blobs):
    Y = method.fit_transform(blobs)
    assert (Y.shape, Y.dtype) == ((150, 2), np.float32)
    assert_array_equal(Y, method.embedding_)
    assert method.title
    assert method.n_features_in_ == 10
    assert_array_equal(clone(method).fit_transform(blobs), Y)


# Apart from the fit, because umap-learn compiles both, anew in every process.
@pytest.mark.filterwarnings("ignore")
def test_new_rows_have_places(method, blobs):
    if not hasattr(method, "transform"):
        pytest.skip(f"{method.title} places no new rows")
    new = method.fit(blobs).transform(blobs[:40])
    assert (new.shape, new.dtype) == ((40, 2), np.float32)
    assert np.isfinite(new).all()


def test_a_method_without_transform_has_none():
    without = {name for name in FAST if not hasattr(getattr(baselines, name), "transform")}
    assert without == {"LaplacianEigenmaps", "MDS", "TriMap", "MDE"}


def test_what_is_available_has_its_title():
    found = baselines.available()
    assert {"PCA", "autoencoder", "Isomap"} <= set(found)
    assert all(method.title == title for title, method in found.items())
    assert all(not m.module or packages.is_installed(m.module) for m in found.values())


IMPORTS = """
import json, sys
import nbembed as nb
nb.baselines.PCA().fit([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
nb.baselines.available()
print(json.dumps([m for m in ("torch", "umap", "openTSNE", "pacmap", "faiss") if m in sys.modules]))
"""


def test_peers_are_imported_when_they_are_used():
    out = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(out) == []


@pytest.mark.parametrize(
    ("name", "package"),
    [("UMAPLearn", "umap-learn"), ("PaCMAP", "pacmap"), ("PHATE", "phate"), ("TriMap", "trimap"), ("MDE", "pymde")],
)  # fmt: skip
def test_an_absent_peer_is_named_with_what_to_run(name, package, blobs, monkeypatch):
    cls = getattr(baselines, name)
    monkeypatch.setitem(sys.modules, cls.module, None)
    with pytest.raises(MissingPackageError, match=rf"not installed; run: pip install {package}$"):
        cls().fit(blobs)
    with pytest.raises(ImportError):
        cls().fit(blobs)


def test_what_a_peer_misses_itself_is_named(monkeypatch, tmp_path):
    (tmp_path / "half_a_peer.py").write_text("import gone_for_good")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackageError, match=r"Half needs .*pip install gone_for_good$"):
        packages.peer("half_a_peer", "half-a-peer", "Half")


# ---- the peers' own numbers -----------------------------------------------------------------------


def test_laplacian_eigenmaps_are_those_of_scikit_learn(blobs):
    ours = make("LaplacianEigenmaps", n_neighbors=60, random_state=0).fit_transform(blobs)
    theirs = SpectralEmbedding(n_neighbors=60, random_state=0).fit_transform(blobs)
    assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_opentsne_without_late_exaggeration_is_opentsne(blobs):
    from openTSNE import TSNE

    theirs = TSNE(early_exaggeration_iter=20, n_iter=20, random_state=5).fit(blobs)
    ours = make("OpenTSNE", early_exaggeration_iter=20, n_iter=20, random_state=5)
    assert_array_equal(ours.fit_transform(blobs), np.asarray(theirs, dtype=np.float32))
    # A factor of 1 is none, and takes none of the steps.
    same = clone(ours).set_params(late_exaggeration=1.0, late_exaggeration_iter=10)
    assert_allclose(same.fit_transform(blobs), ours.embedding_, rtol=1e-3, atol=1e-4)


def test_late_exaggeration_makes_clusters_tight(digits):
    X, y = digits[0][:300], digits[1][:300]
    plain = make("OpenTSNE", early_exaggeration_iter=100, n_iter=150, random_state=0)
    maps = [
        clone(plain)
        .set_params(late_exaggeration=factor, late_exaggeration_iter=steps)
        .fit_transform(X)
        for factor, steps in ((None, None), (2.0, 60), (2.0, None), (6.0, None))
    ]
    nearest = [NearestNeighbors(n_neighbors=11).fit(Y).kneighbors(Y)[0][:, -1] for Y in maps]
    loose = [np.median(far) / Y.std() for far, Y in zip(nearest, maps, strict=True)]
    assert loose[0] > max(loose[1:])
    # A little of it separates the classes; much of it merges these small ones.
    scores = [silhouette_score(Y, y) for Y in maps]
    assert scores[2] > scores[0] > scores[3]


def test_umap_passes_its_parameters_on(blobs):
    method = make("UMAPLearn", min_dist=0.3, n_negatives=7, options={"local_connectivity": 2.0})
    model = method.fit(blobs).model_
    assert (model.min_dist, model.negative_sample_rate, model.local_connectivity) == (0.3, 7, 2.0)


def test_defaults_are_those_of_the_peers():
    import inspect

    import openTSNE
    import umap
    from sklearn import manifold

    ours = {
        "n_neighbors": "n_neighbors",
        "min_dist": "min_dist",
        "spread": "spread",
        "n_epochs": "n_epochs",
        "n_negatives": "negative_sample_rate",
        "learning_rate": "learning_rate",
        "init": "init",
    }
    _same(baselines.UMAPLearn(), umap.UMAP(), ours)
    same = ("perplexity", "n_iter", "early_exaggeration_iter", "learning_rate", "n_jobs")
    _same(baselines.OpenTSNE(), openTSNE.TSNE(), dict(zip(same, same, strict=True)))
    theirs = inspect.signature(manifold.MDS).parameters
    for name in ("n_init", "max_iter", "eps"):
        assert theirs[name].default == getattr(baselines.MDS(), name)


def _same(ours, theirs, names):
    assert {a: getattr(ours, a) for a in names} == {a: getattr(theirs, b) for a, b in names.items()}


def test_pacmap_repeats_its_bits_on_any_number_of_threads(blobs):
    make("PaCMAP")
    import numba

    before = numba.get_num_threads()
    maps = []
    for count in (1, before):
        numba.set_num_threads(count)
        maps.append(make("PaCMAP", random_state=1).fit_transform(blobs))
    assert_array_equal(*maps)


def test_global_generators_are_put_back(blobs):
    import torch

    numpy_before = np.random.get_state()[1].copy()  # noqa: NPY002
    torch_before = torch.get_rng_state()
    threads = torch.get_num_threads()
    for name in ("Isomap", "Autoencoder", "VariationalAutoencoder", "RBMParametricTSNE"):
        make(name, random_state=0, **({"n_jobs": 2} if "auto" in name.lower() else {})).fit(blobs)
    assert_array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert torch.get_num_threads() == threads


# ---- networks -------------------------------------------------------------------------------------


def curve(n=300, d=8):
    """Points on a bent curve in d dimensions, of which a straight line shows little."""
    t = np.linspace(0, 3 * np.pi, n)[:, None]
    return np.sin(t * np.arange(1, d + 1) / 3 + np.arange(d)).astype(np.float32)


def network(cls, **parameters):
    settings = {"hidden": (64, 32), "n_epochs": 60, "batch_size": 32, "device": "cpu"}
    return cls(**settings | {"random_state": 0} | parameters)


def test_an_autoencoder_explains_more_than_the_line_of_pca():
    X = curve()
    method = network(baselines.Autoencoder, n_components=1).fit(X)
    error = np.square(method.inverse_transform(method.embedding_) - X).sum()
    pca = baselines.PCA(n_components=1).fit(X).model_
    linear = np.square(pca.inverse_transform(pca.transform(X)) - X).sum()
    assert error < 0.5 * linear
    assert_allclose(method.transform(X), method.embedding_, rtol=1e-4, atol=1e-4)


def test_training_stops_when_the_held_out_rows_say_so():
    noise = np.random.default_rng(0).normal(size=(60, 5))
    method = network(baselines.Autoencoder, n_components=1, n_epochs=400, patience=3).fit(noise)
    losses = method.losses_
    assert len(losses) < 400
    assert len(losses) - 1 - int(np.argmin(losses)) == 3


def test_the_weight_of_the_variational_term_pulls_the_map_together():
    X = curve()
    free, bound = (
        network(baselines.VariationalAutoencoder, beta=beta).fit(X) for beta in (0.0, 100.0)
    )
    assert np.abs(bound.embedding_).max() < 0.2 < np.abs(free.embedding_).max()


def test_other_seeds_give_other_networks():
    X = curve(60)
    maps = [network(baselines.Autoencoder, n_epochs=2, random_state=s).fit_transform(X) for s in (0, 1)]  # fmt: skip
    assert np.abs(maps[0] - maps[1]).max() > 1e-3


def test_a_loss_that_is_not_finite_is_an_error():
    with pytest.raises(InvalidInputError, match="learning_rate must be small enough"):
        network(baselines.Autoencoder, learning_rate=1e30, n_epochs=5).fit(curve(60))


@pytest.mark.parametrize("n", [2, 3, 19, 33])
def test_few_rows_are_enough_for_a_network(n):
    method = network(baselines.Autoencoder, n_epochs=2, batch_size=1)
    assert method.fit_transform(curve(n)).shape == (n, 2)


def test_a_projection_gives_transform_to_a_method_without(digits):
    X, y = digits[0][:400], digits[1][:400]
    teacher = make("LaplacianEigenmaps", n_neighbors=15)
    method = baselines.Projection(teacher, n_epochs=60, device="cpu", random_state=0).fit(X[::2])
    assert method.title == "projection of Laplacian eigenmaps"
    assert not hasattr(teacher, "embedding_")
    assert method.estimator_.random_state == 0
    # The network's map is close to the one it learned …
    spread = np.ptp(method.teacher_embedding_, axis=0).max()
    off = np.linalg.norm(method.embedding_ - method.teacher_embedding_, axis=1)
    assert np.median(off) < 0.05 * spread
    # … and new rows land among the rows of their class.
    new = method.transform(X[1::2])
    nearest = np.linalg.norm(new[:, None] - method.embedding_[None], axis=2).argmin(axis=1)
    assert (y[::2][nearest] == y[1::2]).mean() > 0.5


def test_a_projection_of_an_estimator_of_ours(blobs):
    from nbembed import UMAP

    method = baselines.Projection(UMAP(n_epochs=5), n_epochs=2, device="cpu", random_state=1)
    assert method.fit_transform(blobs).shape == (150, 2)
    assert method.get_params()["estimator__n_epochs"] == 5
    assert method.title == "projection of UMAP"


# ---- data and errors ------------------------------------------------------------------------------


def test_new_rows_go_the_way_of_the_old_ones(blobs):
    # float32 would lose all digits of these; the offset of the new rows alone is another one.
    far = blobs.astype(np.float64) + 1e7
    method = baselines.PCA().fit(far)
    assert_allclose(method.transform(far[:50]), method.embedding_[:50], atol=1e-3)
    network_ = network(baselines.Autoencoder, n_epochs=20).fit(far)
    back = network_.inverse_transform(network_.embedding_)
    assert np.abs(back - far).max() < 50


def test_data_frames_give_names_to_columns(blobs):
    frame = pd.DataFrame(blobs, columns=[f"c{i}" for i in range(10)])
    method = baselines.PCA().fit(frame)
    assert list(method.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        method.transform(frame.rename(columns={"c0": "other"}))
    pipeline = make_pipeline(StandardScaler(), baselines.PCA()).set_output(transform="pandas")
    assert list(pipeline.fit_transform(frame).columns) == ["pca0", "pca1"]


@pytest.mark.parametrize(
    ("name", "parameters", "error", "message"),
    [
        ("PCA", {"n_components": 11}, InvalidInputError, "n_components must be at most .* n_features=10"),
        ("Isomap", {"n_neighbors": 150}, InvalidInputError, r"n_neighbors must be less than .* got 150; use at most 149"),
        ("LaplacianEigenmaps", {"n_components": 150}, InvalidInputError, "n_components must be less than"),
        ("MDS", {"eps": 0}, InvalidInputError, "eps must be a number above 0"),
        ("OpenTSNE", {"perplexity": 150}, InvalidInputError, "perplexity must be less than the number of rows"),
        ("OpenTSNE", {"n_components": 3}, InvalidInputError, "n_components must be an integer of at least 1 and at most 2"),
        ("OpenTSNE", {"late_exaggeration_iter": 5}, InvalidInputError, "late_exaggeration must be a factor"),
        ("OpenTSNE", {"late_exaggeration": 4, "late_exaggeration_iter": 6}, InvalidInputError, "at most 5, got 6"),
        ("UMAPLearn", {"options": {"min_dist": 0.3}}, InvalidInputError, "options must not hold 'min_dist'"),
        ("UMAPLearn", {"options": 3}, InvalidTypeError, "options must be a dictionary"),
        ("Autoencoder", {"hidden": 16}, InvalidTypeError, "hidden must be the widths"),
        ("Autoencoder", {"hidden": (0,)}, InvalidInputError, "hidden must be an integer of at least 1"),
        ("Autoencoder", {"device": "tpu"}, InvalidInputError, "device must be 'auto' or one of 'cpu'"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(name, parameters, error, message, blobs, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(error, match=message):
        make(name, **parameters).fit(blobs)


def test_more_errors(blobs):
    with pytest.raises(InvalidTypeError, match="'n_neighbours'; did you mean 'n_neighbors'"):
        baselines.Isomap(n_neighbours=3)
    with pytest.raises(InvalidTypeError, match="estimator must be an estimator with fit_transform"):
        baselines.Projection(baselines.PCA).fit(blobs)
    with pytest.raises(InvalidInputError, match="Y must have 2 columns"):
        make("Autoencoder").fit(blobs).inverse_transform(np.zeros((3, 3)))
    with pytest.raises(InvalidInputError, match="X has 9 features, but PCA is expecting 10"):
        baselines.PCA().fit(blobs).transform(blobs[:, :9])
    large = np.broadcast_to(np.float32(0), (30_000, 2))
    with pytest.raises(InvalidInputError, match=r"at most 22,360 rows for MDS.*take a sample"):
        baselines.MDS().fit(large)


def test_a_map_with_gaps_is_an_error(blobs, monkeypatch):
    monkeypatch.setattr(baselines.PCA, "_fit_map", lambda self, X, seed: np.full((len(X), 2), np.nan))  # fmt: skip
    with pytest.raises(InvalidInputError, match="X must be data that PCA can map"):
        baselines.PCA().fit(blobs)


def test_the_extra_names_every_peer():
    # Build tools write the names of packages in lower case.
    wanted = {cls.package.lower() for cls in map(baselines.__dict__.get, FAST) if cls.package}
    extras = importlib.metadata.metadata("nbembed").get_all("Requires-Dist") or []
    peers = {line.split(";")[0].strip().lower() for line in extras if 'extra == "peers"' in line.replace("'", '"')}  # fmt: skip
    if not peers:
        pytest.skip("the installed metadata are older than the extra")
    assert peers == wanted
