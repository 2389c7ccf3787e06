"""Runs of several phases with terms: one network goes through them, and the bits are the same however they go."""

import json

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

import nbembed as nb
from nbembed import ParametricUMAP, terms
from nbembed.errors import InvalidInputError
from nbembed.phases import Phase

SMALL = {
    "n_batches": 150,
    "hidden": (16, 16),
    "batch_size": 32,
    "n_negatives": 32,
    "device": "cpu",
    "random_state": 3,
}
LABELS = np.repeat([0, 1, 2], 50)


def umap(*added, **options):
    return ParametricUMAP(10, terms=list(added), **SMALL | options)


def few(labels, each):
    """Return labels of which only the first few of each class are known."""
    known = np.full(len(labels), -1)
    for one in np.unique(labels):
        known[np.flatnonzero(labels == one)[:each]] = one
    return known


def everything():
    rng = np.random.default_rng(1)
    return umap(
        terms.Reconstruction(),
        terms.Correlation(),
        terms.Classification(batch_size=8, pretrain=50),
        terms.Consistency("noise", 0.5),
        terms.Triplet(0.1, batch_size=8),
        terms.Attribute(rng.normal(size=150), 1),
        terms.Attribute(rng.normal(size=150)),
        terms.Position(rng.normal(size=(20, 2)), batch_size=8),
        metric_from="hidden2",
    )


def exhaust(run):
    for _ in run:
        pass
    return run.embedding


def test_with_every_term_on_the_bits_are_the_same_however_a_run_goes(blobs):
    y = few(LABELS, 5)
    plain = everything().fit(blobs, y).embedding_
    looked = everything().run(blobs, y)
    for frame in looked:
        _ = frame.losses, frame.embedding, None if frame.is_stage else looked.state
    assert_array_equal(looked.embedding, plain)
    parent = everything().run(blobs, y)
    while parent.step < 6:
        next(parent)
    # 1 is in the phase of the classifier, 2 at the border, where neighbours are searched anew.
    for step in (6, 3, 2, 1):
        branch = parent.branch(step)
        assert branch.step == step
        assert_array_equal(exhaust(branch), plain, err_msg=f"branched at {step}")
    assert_array_equal(exhaust(parent), plain)


def test_heads_and_their_moments_are_part_of_the_state(blobs):
    y = few(LABELS, 5)
    parent = everything().run(blobs, y)
    while parent.step < 5:
        next(parent)
    branch = parent.branch()
    exhaust(parent)
    exhaust(branch)
    mine, theirs = parent.heads.state_dict(), branch.heads.state_dict()
    assert {name.split(".")[0] for name in mine} == {"reconstruction", "classification"}
    for name, weight in mine.items():
        assert torch.equal(weight, theirs[name]), name
    for name, value in parent.state["stepper"].items():
        assert_array_equal(value, branch.state["stepper"][name], err_msg=name)
    assert any(n.startswith("generator.triplet") for n in parent.state["stepper"])


def test_a_term_changes_no_draw_of_the_loss_or_of_another(blobs):
    run, more = (umap(*t).run(blobs) for t in ([], [terms.Correlation(0.0)]))
    assert_array_equal(exhaust(run), exhaust(more))
    assert list(more.losses) == ["attraction", "repulsion", "correlation"]


def test_a_phase_goes_on_with_the_network_of_the_one_before(blobs):
    run = everything().run(blobs, few(LABELS, 5))
    while run.step < 2:
        next(run)
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    head = run.heads["classification"].weight.clone()
    run.set("learning_rate", 0.0)  # the first step of the next phase leaves everything as it was
    stages = []
    frame = next(run)
    while frame.is_stage:
        stages.append((frame.phase, frame.step, frame.embedding))
        last = run.network.state_dict()
        frame = next(run)
    assert stages[0] == ("computing what layer hidden2 makes of the data", 2, None)
    assert stages[-1][0] == "computing affinities"
    assert all(torch.equal(value, before[name]) for name, value in last.items())
    assert all(torch.equal(value, before[name]) for name, value in run.network.state_dict().items())
    assert torch.equal(run.heads["classification"].weight, head)
    assert (frame.phase, frame.step) == ("training", 3)


def test_the_graph_is_that_of_the_layer_at_the_border(blobs):
    run = umap(metric_from="hidden2").run(blobs)
    assert [(p.name, p.n_steps, p.affinities_from) for p in run.phases] == [
        ("training", 3, "input"),
        ("training on hidden2", 3, "hidden2"),
    ]
    while run.step < 3:
        next(run)
    first, features = run.graph, run._stepper.features("hidden2")
    exhaust(run)
    theirs = nb.UMAP(10, n_epochs=1).fit(features).graph_
    assert abs(run.graph.to_scipy() - theirs).max() < 1e-6
    assert abs(first.to_scipy() - theirs).max() > 0.1
    # A branch of the second phase shares it, one of the first computes its own.
    assert run.branch(5).graph is run.graph
    early = run.branch(2)
    assert early.graph is first
    exhaust(early)
    assert early.graph is not run.graph
    assert abs(early.graph.to_scipy() - run.graph.to_scipy()).nnz == 0


def test_a_phase_may_measure_in_the_map_also_without_a_network(blobs):
    phase = nb.UMAP(10, n_epochs=3).phases(150)[0]
    again = Phase.from_dict(phase.to_dict() | {"affinities_from": "embedding", "init": None})
    run = nb.training.Run(blobs, [phase, again], seed=0)
    while run.step < 3:
        next(run)
    theirs = nb.UMAP(10, n_epochs=1).fit(run.embedding).graph_
    exhaust(run)
    assert abs(run.graph.to_scipy() - theirs).max() < 1e-6
    wrong = Phase.from_dict(again.to_dict() | {"affinities_from": "hidden3"})
    with pytest.raises(InvalidInputError, match="affinities_from must be 'input' or 'embedding'"):
        exhaust(nb.training.Run(blobs, [phase, wrong], seed=0))
    with pytest.raises(InvalidInputError, match="layer must be a part of the network .* got 'hidden9'"):  # fmt: skip
        umap(metric_from="hidden9").fit(blobs)


def test_phases_with_terms_are_plain_data():
    for phase in everything().phases(150):
        assert Phase.from_dict(json.loads(json.dumps(phase.to_dict()))) == phase
    keys = [part["key"] for part in everything().phases(150)[1].terms]
    assert keys[-3:] == ["attribute", "attribute2", "position"]


def test_values_are_reported_without_their_weight_and_minimised_with_it(blobs):
    run = umap(terms.Reconstruction(3.0), terms.Correlation(0.5)).run(blobs)
    exhaust(run)
    values = run.losses
    expected = values["attraction"] + values["repulsion"] + 3 * values["reconstruction"] + 0.5 * values["correlation"]  # fmt: skip
    assert_allclose(run.loss, expected)
    assert_allclose(run.history.curves["loss"].values[-1], expected)
    assert_allclose(run.history.curves["correlation"].values[-1], values["correlation"])
    Z = run.network(torch.from_numpy(nb.networks.Standardization.of(blobs).forward(blobs)))
    rows = nb.networks.Standardization.of(blobs).forward(blobs)
    wrong = np.square(run.heads["reconstruction"](Z).detach().numpy() - rows).mean()
    assert_allclose(values["reconstruction"], wrong, rtol=1e-4)


def test_the_weight_of_a_term_is_a_live_parameter(blobs):
    plain = umap(terms.Correlation(0.0)).fit(blobs).embedding_
    run = umap(terms.Correlation(0.0)).run(blobs)
    while run.step < 2:
        next(run)
    assert run.set("correlation_weight", 5.0) == "next step"
    assert run.weights == {"correlation": 5.0}
    frame = next(run)
    assert frame.weights == {"correlation": 5.0}
    assert run.set("position_weight", 5.0) == "needs a restart"
    branch = run.branch()
    found = exhaust(run)
    assert np.abs(found - plain).max() > 0.1
    assert_array_equal(exhaust(branch), found)
