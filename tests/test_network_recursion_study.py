"""Recursions beside equally long training."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError

SMALL = {"hidden": (16, 16), "batch_size": 32, "device": "cpu", "random_state": 3, "n_epochs": 4}


def test_recursions_change_the_map_and_the_control_does_not_differ_from_more_training(blobs):
    study = nb.recursion_study(
        blobs,
        np.repeat([0, 1, 2], 50),
        method=nb.DRE(**SMALL),
        arms={"layer": ["hidden2"], "input": ["input"]},
        test=(blobs[:30], np.repeat([0, 1, 2], 10)),
        seeds=2,
    )
    assert study.methods == ("before", "control", "layer", "input")
    for metric in study.metrics:
        control = study.scores("recursion 1", "control", metric)
        assert study.scores("recursion 1", "input", metric) == control
        assert len(control) == 2
    recall = [study.scores("recursion 1", m, "neighbor_recall") for m in ("layer", "control")]
    assert recall[0] != recall[1]
    assert {"test_1nn", "test_trustworthiness", "neighborhood_hit"} <= set(study.metrics)


def test_a_study_refuses_arms_that_are_not_equally_long(blobs):
    arms = {"one": ["hidden1"], "two": [nb.Recursion("hidden1", n_epochs=9)]}
    with pytest.raises(InvalidInputError, match="equally long"):
        nb.recursion_study(blobs, method=nb.DRE(**SMALL), arms=arms, seeds=1)
    with pytest.raises(InvalidTypeError, match=r"nbembed\.DRE"):
        nb.recursion_study(blobs, method=nb.TSNE(), seeds=1)
