"""Documents: every estimator as one, and back with the same numbers."""

import numpy as np
import pytest

import nbembed as nb
from nbembed import terms
from nbembed.spec import Spec, phases_of

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
