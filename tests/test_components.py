"""``pca=``: principal components in the place of the data."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

import nbembed as nb
from nbembed._scaling import Axes, Scaling
from nbembed.errors import InvalidInputError, InvalidTypeError

METHODS = [
    nb.TSNE(perplexity=8, n_iter=10, early_exaggeration_iter=5, random_state=0),
    nb.UMAP(n_neighbors=6, n_epochs=10, random_state=0),
    nb.GDR(n_epochs=10, random_state=0),
    nb.NeighborEmbedding(n_epochs=10, perplexity=8, random_state=0),
    nb.LargeVis(perplexity=8, n_epochs=10, random_state=0),
    nb.SNE(perplexity=8, n_iter=10, random_state=0),
]


@pytest.fixture(scope="module")
def rows(digits):
    return digits[0][:200].astype(np.float64) + 40.0


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.title)
def test_a_fit_is_that_of_the_components(method, rows):
    method = type(method)(**method.get_params() | {"pca": 20})
    components = PCA(20, svd_solver="full").fit_transform(rows)
    run = method.run(rows)
    list(run)
    # Each axis up to its sign, to which distances are blind.
    np.testing.assert_allclose(np.abs(run.X), np.abs(components), atol=1e-3)
    method.fit(rows)
    assert method.n_features_in_ == rows.shape[1]
    np.testing.assert_array_equal(method.embedding_, run.embedding)
    assert not np.array_equal(method.embedding_, method.set_params(pca=None).fit(rows).embedding_)


def test_new_rows_go_the_same_way(rows):
    umap = nb.UMAP(n_epochs=30, pca=20, random_state=0).fit(rows[:150])
    np.testing.assert_array_equal(umap.transform(rows[:150]), umap.embedding_)
    places = umap.transform(rows[150:])
    alone = np.concatenate([umap.transform(row[None]) for row in rows[150:]])
    np.testing.assert_array_equal(places, alone)
    pipeline = make_pipeline(PCA(20, svd_solver="full"), nb.UMAP(n_epochs=30, random_state=0)).fit(
        rows[:150]
    )
    # Rounding of the components moves a map, so neighbours are compared: those of the data are kept as well.
    ours, theirs = (
        nb.metrics.trustworthiness(rows[150:], each, n_neighbors=5)
        for each in (places, pipeline.transform(rows[150:]))
    )
    assert abs(ours - theirs) < 0.03
    with pytest.raises(InvalidInputError, match="64"):
        umap.transform(rows[:, :20])


def test_a_file_keeps_the_axes(rows, tmp_path):
    tsne = nb.TSNE(n_iter=10, early_exaggeration_iter=5, pca=10, random_state=0).fit(rows[:150])
    tsne.save(tmp_path / "map.nbembed")
    loaded = nb.load(tmp_path / "map.nbembed")
    assert (loaded.pca, loaded.n_features_in_) == (10, 64)
    np.testing.assert_array_equal(loaded.transform(rows), tsne.transform(rows))


def test_a_widget_goes_on_from_a_file(rows, tmp_path):
    widget = nb.EmbedWidget(rows, method=nb.UMAP(n_epochs=12, pca=10, random_state=0)).step(6)
    widget.save(tmp_path / "story.nbembed")
    loaded = nb.load(tmp_path / "story.nbembed")
    for each in (widget, loaded):
        each.step(6)
    np.testing.assert_array_equal(widget.embedding_, loaded.embedding_)


def test_as_many_components_as_columns_change_nothing(blobs):
    own = {"n_epochs": 5, "random_state": 0}
    expected = nb.UMAP(**own).fit(blobs).embedding_
    for pca in (10, 50):
        np.testing.assert_array_equal(nb.UMAP(pca=pca, **own).fit(blobs).embedding_, expected)


def test_what_cannot_be_says_so(blobs):
    with pytest.raises(InvalidInputError, match="pca must be"):
        nb.UMAP(pca=0).fit(blobs)
    with pytest.raises(InvalidTypeError, match="pca must be"):
        nb.UMAP(pca=2.5).fit(blobs)
    with pytest.raises(InvalidInputError, match="pca must be None with metric='precomputed'"):
        nb.TSNE(perplexity=5, metric="precomputed", pca=3).fit(np.ones((30, 30)) - np.eye(30))


def test_rows_come_back_from_their_places():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 4)) @ rng.normal(size=(4, 9)) + 5.0
    directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:4]
    scaling = Scaling(2.0, np.full(9, 1.0), Axes(rows.mean(axis=0) / 2.0 - 1.0, directions))
    places = scaling.apply(rows)
    assert places.shape == (30, 4)
    np.testing.assert_allclose(scaling.back(places), rows, atol=1e-4)
    again = Scaling.stored(2.0, scaling.arrays())
    np.testing.assert_array_equal(again.apply(rows), places)
