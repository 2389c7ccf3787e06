"""Relations of a document: of all rows, and of the map."""

import numpy as np
import pytest

from nbembed.errors import InvalidInputError
from nbembed.spec import register, unregister
from tests.test_routine import X, Y, routine


def relation(kind, steps=(), level="global", **more):
    return {"name": level, "level": level, "type": kind, "transforms": list(steps), **more}


def one_loss(first, second=None, func="mse", **phase):
    return {
        "relations": [first, second or relation("pairwise", level="batch")],
        "losses": [
            {"name": "x", "type": "relation", "func": func, "keys": {"rels": ["global", "batch"]}}
        ],
        "training phases": [{"loss": {"components": "x"}, "epochs": 1} | phase],
    }


def compared(document, **options):
    """Return the relations of all rows and of the map, as the loss saw them last."""
    seen = {}

    def look(p, q):
        seen["p"], seen["q"] = p.detach().numpy(), q.detach().numpy()
        return (p - q).square().mean() + 0 * q.sum()

    register("loss", "look")(look)
    try:
        document["losses"][0]["func"] = "look"
        document["training phases"][0]["sampling"] = {"type": "item", "options": {"batch size": 75}}
        run = routine(document, **options).run(X, Y)
        while not run.has_map:
            next(run)
        run.losses  # noqa: B018 - measures all rows
        order = run._stepper._probe.rows.numpy()
    finally:
        unregister("loss", "look")
    back = np.argsort(order)
    return seen["p"][back][:, back], seen["q"][back][:, back], run.embedding


D = np.sqrt(np.square(X[:, None] - X[None]).sum(-1, dtype=np.float64))
PERPLEXITY = {"type": "perplexity", "options": {"perplexity": 8}}
RELATIONS = {
    "distances": (relation("pairwise"), D),
    "the paper's other name": (relation("pdist"), D),
    "similarities": (relation("pairwise", [{"type": "cauchy", "options": {"a": 2.0, "b": 1.0}}]), 1 / (1 + 2 * D**2)),
    "gaussian": (relation("pairwise", [{"type": "gaussian"}]), np.exp(-(D**2))),
    "manhattan": (relation("pairwise", options={"metric": "manhattan"}), np.abs(X[:, None] - X[None]).sum(-1)),
    "chebyshev": (relation("pairwise", options={"metric": "chebyshev"}), np.abs(X[:, None] - X[None]).max(-1)),
    "equal labels": (relation("pairwise eq"), Y[:, None] == Y[None]),
    "precomputed": (relation("precomp", data="far"), 2 * D),
    "normalized": (relation("pairwise", [{"type": "normalize"}]), D / D.sum()),
    "rows": (relation("pairwise", [{"type": "normalize rows"}]), D / D.sum(1, keepdims=True)),
}  # fmt: skip


@pytest.mark.parametrize("name", RELATIONS)
def test_a_relation_between_all_rows(name):
    document, expected = RELATIONS[name]
    p, _, _ = compared(one_loss(document), data={"far": 2 * D})
    apart = ~np.eye(75, dtype=bool)
    np.testing.assert_allclose(p[apart], expected[apart], rtol=2e-4, atol=1e-4 * np.max(expected))


def test_perplexity_symmetrize_and_normalize_are_the_affinities_of_tsne():
    from nbembed import affinities, neighbors

    steps = [PERPLEXITY, {"type": "symmetrize"}, {"type": "normalize"}]
    p, _, _ = compared(one_loss(relation("neighbor", steps)))
    found = neighbors.nearest_neighbors(X, n_neighbors=24)
    expected = affinities.perplexity(found, perplexity=8).to_scipy().toarray()
    np.testing.assert_allclose(p, expected, rtol=1e-5, atol=1e-9)


def test_connect_and_symmetrize_are_the_affinities_of_umap():
    from nbembed import affinities, neighbors

    steps = [{"type": "connect", "options": {"neighbors": 9}}, {"type": "symmetrize", "options": {"sub prod": True}}]  # fmt: skip
    p, _, _ = compared(one_loss(relation("neighbor", steps)))
    found = neighbors.nearest_neighbors(X, n_neighbors=8)
    np.testing.assert_allclose(p, affinities.fuzzy_union(found).to_scipy().toarray(), rtol=1e-5)


@pytest.mark.parametrize("as_type", [True, False])
def test_geodesic_distances_are_paths(as_type):
    from nbembed import affinities, neighbors

    found = neighbors.nearest_neighbors(X, n_neighbors=40)
    expected = affinities.geodesic_distances(found)
    document = relation("geodesic", options={"n_neighbors": 40})
    if not as_type:
        document = relation("neighbor", [{"type": "geodesic"}], options={"n neighbors": 40})
    p, _, _ = compared(one_loss(document))
    np.testing.assert_allclose(p, expected, rtol=1e-5, atol=1e-5)


def test_differences_are_vectors():
    document = one_loss(relation("differences"), relation("differences", level="batch"))
    rows = {"type": "free", "options": {"n_components": 4}}
    p, q, embedding = compared(document, model=rows)
    np.testing.assert_allclose(p, X[:, None] - X[None], atol=1e-5)
    np.testing.assert_allclose(q, embedding[:, None] - embedding[None], atol=1e-5)


def test_relations_in_the_map():
    steps = [{"type": "t-dist", "options": {"alpha": 3.0}}, {"type": "normalize"}]
    _, q, embedding = compared(one_loss(relation("pairwise"), relation("pairwise", steps, "batch")))
    d = np.square(embedding[:, None] - embedding[None]).sum(-1).astype(float)
    w = (1 + d / 3) ** -2
    np.fill_diagonal(w, 0)
    apart = ~np.eye(75, dtype=bool)
    np.testing.assert_allclose(q[apart], (w / w.sum())[apart], rtol=1e-4)


def test_relations_too_large_to_store_are_refused_before_anything_is_computed(monkeypatch):
    from nbembed.spec import relations

    monkeypatch.setattr(relations, "MAX_PAIRS", 75 * 74 - 1)
    steps = [PERPLEXITY, {"type": "symmetrize"}]
    run = routine(one_loss(relation("pairwise", steps))).run(X)
    with pytest.raises(InvalidInputError, match=r"relations.global: .* at most 5,549 pairs"):
        list(run)
    # As a function of the rows of a mini-batch they are never stored.
    routine(one_loss(relation("pairwise"))).fit(X)
