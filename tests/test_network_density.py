"""Densities kept by a network: running sums over mini-batches stand for the sum over all points."""

import numpy as np
import pytest
import torch

import nbembed as nb
from nbembed.errors import InvalidInputError
from nbembed.networks.batches import Batch
from nbembed.networks.linked_objectives import Linked
from nbembed.networks.losses import Cauchy
from nbembed.networks.terms.density import Density

rng = np.random.default_rng(0)
# Three groups of 30, each four times as wide as the one before.
X = np.concatenate([rng.normal(size=(30, 5)) * 4.0**k + 40.0 * k for k in range(3)])
DOCUMENT = """
relations:
- {name: p, level: global, type: neighbor, transforms: [{type: connect, options: {neighbors: 10}}, {type: symmetrize, options: {sub prod: true}}]}
- {name: q, level: batch, type: pairwise, transforms: [{type: cauchy, options: {spread: 1, min dist: 0.1}}]}
losses:
- {name: umap, type: relation, func: cross entropy, keys: {rels: [p, q]}}
- {name: dense, type: density, keys: {rels: p}}
training phases:
- epochs: 30
  loss: {components: [umap, dense], weights: [1, 0]}
  sampling: {type: edge, options: {batch size: 30}}
"""
FIXED = {"device": "cpu", "random_state": 0}


def batch(places, heads, tails):
    rows = torch.arange(len(places))
    none = torch.zeros((len(heads), 0), dtype=torch.int64)
    items = Linked(rows, torch.tensor(heads), torch.tensor(tails), none, none.bool())
    return Batch(items, rows, places, places, {}, {}, {}, Cauchy(1.0, 1.0))


def test_of_all_edges_value_and_gradient_are_those_of_the_correlation_of_all_points():
    generator = torch.Generator().manual_seed(0)
    radii = torch.randn(6, generator=generator, dtype=torch.float64)
    places = torch.randn((6, 2), generator=generator, dtype=torch.float64, requires_grad=True)
    heads, tails = [0, 1, 2, 3, 4, 5, 0], [1, 2, 3, 4, 5, 0, 3]
    term = Density("dense", 1.0, radii, memory=0.0).train()
    # What an earlier step left is forgotten where nothing is remembered.
    term(batch(places.detach() * 3 + 1, heads, tails))
    value = term(batch(places, heads, tails))
    (found,) = torch.autograd.grad(value, places)

    lengths = (places[heads] - places[tails]).square().sum(1)
    there = torch.zeros((6, 7), dtype=torch.float64)
    there[heads, range(7)] = there[tails, range(7)] = 1.0
    r = ((there @ lengths) / there.sum(1) + 1e-8).log()
    a, b = radii - radii.mean(), r - r.mean()
    expected = -(a * b).mean() / (a.square().mean().sqrt() * (b.square().mean() + 0.1).sqrt())
    (slope,) = torch.autograd.grad(expected, places)
    assert float(value.detach()) == pytest.approx(float(expected.detach()), rel=1e-5)
    torch.testing.assert_close(found, slope, rtol=1e-4, atol=1e-7)


def test_sums_that_run_over_mini_batches_are_those_over_all_points():
    generator = torch.Generator().manual_seed(1)
    term = Density("dense", 1.0, torch.randn(9, generator=generator), memory=0.5).train()
    places = torch.randn((9, 2), generator=generator)
    for start in (0, 1, 4, 2, 5):
        ends = list(range(start, start + 4))
        part = batch(places[ends], [0, 1, 2], [1, 2, 3])
        rows = torch.tensor(ends)
        term(Batch(part.items, rows, part.inputs, part.places, {}, {}, {}, part.kernel))
    seen = term.spread >= 0
    expected = term._powers(torch.arange(9)[seen], term.spread[seen]).sum(1)
    torch.testing.assert_close(term.sums, expected)
    before = term.sums.clone()
    term.train(mode=False)(batch(places, [0], [1]))
    torch.testing.assert_close(term.sums, before, rtol=0, atol=0)


def test_wide_groups_stay_wide_in_the_map_of_a_network():
    kept = {}
    for each in nb.sweep(DOCUMENT, X, weights=[{"dense": 0}, {"dense": 2}], **FIXED):
        map_ = each.estimator.embedding_
        kept[each.weights["dense"]] = nb.metrics.density_preservation(X, map_)
        assert each.estimator.transform(X[:2]).shape == (2, 2)
    assert kept[2] > 0.7
    assert kept[2] > kept[0] + 0.1


def test_running_sums_are_part_of_the_state_of_a_run():
    run = nb.Routine(nb.Spec.of(DOCUMENT).with_weights({"dense": 1}), **FIXED).run(X)
    while run.step < 4:
        next(run)
    branch = run.branch(2)
    while branch.step < 4:
        next(branch)
    np.testing.assert_array_equal(branch.embedding, run.embedding)
    assert branch.losses == run.losses
    assert -1 < run.losses["dense"] < 1
    assert run.losses["dense"] != 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sampling": {"type": "item"}}, "losses.dense.type.*sampling by edge"),
        ({"rels": "q"}, "losses.dense.keys.rels.*'p'"),
        ({"type": "pairwise eq"}, "relations.p.type.*'neighbor'"),
    ],
)
def test_what_has_no_densities_is_named(changes, said):
    document = nb.Spec.of(DOCUMENT).to_dict()
    document["training phases"][0] |= {k: v for k, v in changes.items() if k == "sampling"}
    document["losses"][1]["keys"] |= {k: v for k, v in changes.items() if k == "rels"}
    if "type" in changes:
        document["relations"][0] |= changes | {"transforms": []}
    with pytest.raises(InvalidInputError, match=said):
        nb.Routine(document, **FIXED).fit(X, np.arange(90) % 3)
