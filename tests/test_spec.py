"""Documents: every estimator as one, and back with the same numbers."""

import warnings

import numpy as np
import pytest

import nbembed as nb
from nbembed import terms
from nbembed.spec import Spec, phases_of
from nbembed.spec.writing import for_rows

rng = np.random.default_rng(0)
X = np.concatenate([rng.normal(size=(20, 5)) + 3 * k for k in range(3)]).astype(np.float32)
Y = np.repeat([0, 1, 2], 20)
SEEDED = {"random_state": 7}
NETWORK = SEEDED | {"device": "cpu", "hidden": (8,)}
SHORT = NETWORK | {"n_batches": 6}
MAP = rng.normal(size=(60, 2))

ESTIMATORS = {
    "tsne": nb.TSNE(perplexity=10, early_exaggeration_iter=5, n_iter=10, **SEEDED),
    "tsne heavy": nb.TSNE(
        perplexity=(5, 10), degrees_of_freedom="learned", geodesic=5, n_iter=5, **SEEDED
    ),
    "tsne from an array": nb.TSNE(perplexity=10, init=1e-4 * MAP, n_iter=5, **SEEDED),
    "umap": nb.UMAP(n_epochs=8, **SEEDED),
    "umap, supervised": nb.UMAP(n_epochs=8, target_weight=0.7, **SEEDED),
    "densmap": nb.UMAP(densmap=True, n_epochs=8, **SEEDED),
    "largevis": nb.LargeVis(perplexity=10, n_epochs=8, **SEEDED),
    "sne": nb.SNE(perplexity=10, n_iter=5, **SEEDED),
    "pacmap": nb.PaCMAP(n_iter=9, **SEEDED),
    "mds": nb.MDS(n_iter=5, **SEEDED),
    "isomap": nb.Isomap(n_iter=5, **SEEDED),
    "gdr": nb.GDR(n_epochs=8, **SEEDED),
    "gdr, normalized": nb.GDR(
        n_epochs=8, normalized=True, affinities="perplexity", perplexity=8, **SEEDED
    ),
    "gdr of labels": nb.GDR(n_epochs=8, affinities="equal_label", **SEEDED),
    "neighbor embedding": nb.NeighborEmbedding(n_epochs=8, spectrum=0.5, **SEEDED),
    "parametric tsne": nb.ParametricTSNE(perplexity=10, init="pca", **SHORT),
    "parametric umap": nb.ParametricUMAP(
        terms=[
            terms.Reconstruction(0.5),
            terms.Correlation(),
            terms.Classification(pretrain=3),
            terms.Triplet(0.1),
            terms.Consistency(),
            terms.Attribute(X[:, 1]),
            terms.Position(MAP[:5], rows=[3, 1, 4, 10, 5]),
        ],
        metric_from="hidden1",
        **SHORT,
    ),
    "dre": nb.DRE(
        perplexity=5,
        n_epochs=2,
        batch_size=20,
        recursions=("hidden1", "embedding"),
        second_stage=True,
        **NETWORK,
    ),
    "dre as published": nb.DRE(
        perplexity=5,
        preset="paper",
        n_epochs=2,
        hidden=(8,),
        head=(6, 4),
        recursions=("f6",),
        batch_size=20,
        device="cpu",
        **SEEDED,
    ),
    "autoencoder": nb.Autoencoder(variational=True, **SHORT),
    "projection": nb.Projection(MAP, **SHORT),
    "projection of a method": nb.Projection(nb.UMAP(n_epochs=4, random_state=1), **SHORT),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_survives_yaml_with_the_same_numbers(name):
    estimator = ESTIMATORS[name].fit(X, Y)
    spec = Spec.from_yaml(estimator.spec().to_yaml())
    assert spec == estimator.spec() == Spec.from_json(spec.to_json())
    again = nb.Routine(spec, device="cpu").fit(X, Y)
    np.testing.assert_array_equal(again.embedding_, estimator.embedding_)
    assert again.n_iter_ == estimator.n_iter_
    np.testing.assert_array_equal(again.transform(X[:3]), estimator.transform(X[:3]))


def test_every_method_is_among_them():
    public = [getattr(nb, name) for name in nb.__all__]
    methods = {p for p in public if isinstance(p, type) and issubclass(p, nb.estimators.Embedder)}
    assert methods - {nb.Routine} == set(nb.estimators.METHODS.values())
    assert {type(estimator) for estimator in ESTIMATORS.values()} == set(
        nb.estimators.METHODS.values()
    )


def test_a_document_gives_back_the_phases_and_not_only_the_numbers():
    estimator = nb.DRE(perplexity=5, recursions=("hidden1",), **NETWORK)
    assert phases_of(estimator.spec(200).parts) == estimator.phases(200)


@pytest.mark.parametrize("name", sorted(ESTIMATORS.keys() - {"projection of a method"}))
def test_a_document_knows_for_how_many_rows_its_numbers_hold(name):
    estimator = ESTIMATORS[name]
    n = len(X)
    low, high = estimator.spec(n).parts.rows
    assert low <= n <= high
    written = estimator.phases(n)
    for rows in {low, (low + n) // 2, n + 1, min(high, 20_000)}:
        assert ([for_rows(phase, rows) for phase in written] == phases_of_rows(estimator, rows)) == (low <= rows <= high)  # fmt: skip


def phases_of_rows(estimator, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.phases(rows)


def test_a_document_of_any_number_of_rows_names_none():
    assert nb.TSNE().spec().parts.rows == (2, np.inf)
    assert "rows" not in nb.TSNE().spec().to_dict()
    assert nb.UMAP().spec().to_dict()["rows"] == {"to": 10_000}
    assert nb.UMAP().spec(20_000).to_dict()["rows"] == {"from": 10_001}
    assert Spec.of(nb.TSNE().spec().to_dict() | {"rows": 500}).parts.rows == (500, 500)


def test_other_rows_than_a_document_is_for_are_warned_of_once():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        nb.EmbedWidget(X, method=nb.UMAP(n_epochs=3, random_state=0).spec()).fit().close()
        assert [str(each.message) for each in heard] == []
        dre = nb.DRE(perplexity=5, n_epochs=2, batch_size=20, recursions=("hidden1",), **NETWORK)
        nb.EmbedWidget(X, method=dre.spec(200)).fit().close()
    said = [str(each.message) for each in heard]
    assert len(said) == 1
    assert said[0].startswith("the spec was written for 181 to 200 rows, got 60")
    assert said[0].endswith("estimator.spec(60) writes them anew")
