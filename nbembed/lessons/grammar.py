"""Exercises of notebook 11, a grammar of losses."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

from nbembed.errors import NbembedError
from nbembed.lessons.exercise import Exercise, Test, close_to
from nbembed.spec import Spec

__all__ = ["EXERCISES"]

# The columns of the diabetes data are counted from 0 as features; bmi is this one.
BMI = 2


def _is_refused(value: Any, **_: Any) -> bool:
    """Return whether an answer is no document at all."""
    try:
        Spec.of(value)
    except NbembedError:
        return True
    return False


def _umap(value: Any) -> dict[str, Any]:
    """Return what of a document's main loss parts UMAP from t-SNE."""
    parts = Spec.of(value).parts
    stage = parts.stages[-1]
    loss = parts.losses[stage.components[0]]
    near, far = (parts.relations[name] for name in loss.rels)
    union = [step.options.get("sub_prod") for step in near.transforms if step.name == "symmetrize"]
    return {
        "weights": next(
            (s.name for s in near.transforms if s.name in ("perplexity", "connect")), None
        ),
        "union": union == [True],
        "kernel": [step.name for step in far.transforms],
        "loss": loss.func.name,
        "sampling": stage.sampling.name,
    }


UMAP = {
    "weights": "connect",
    "union": True,
    "kernel": ["cauchy"],
    "loss": "cross_entropy",
    "sampling": "edge",
}


def _with(name: str, *wrong: Any) -> Test:
    """Return a test of whether one part of a document is one of the wrong ones."""
    return lambda value, **_: _umap(value)[name] in wrong


def _followed(value: Any) -> tuple[str, int, int]:
    """Return the type of a loss, which column it looks at and which axis it turns, both from 0."""
    phase = {"loss": {"components": "asked"}}
    whole = {"relations": [], "losses": [value | {"name": "asked"}], "training phases": [phase]}
    loss = Spec(whole).parts.losses["asked"]
    column = loss.options.get("feature", loss.options.get("i", 1) - 1)
    return loss.type, int(column), int(loss.options.get("component", loss.options.get("j", 1) - 1))


def _follows(*wrong: tuple[int, int]) -> Test:
    """Return a test of whether a correlation is of these columns and axes."""
    return lambda value, **_: _followed(value) in [("correlation", *pair) for pair in wrong]


EXERCISES = {
    "11-a": Exercise(
        right=lambda value, **_: _umap(value) == UMAP,
        mistakes={
            "nbembed does not read this as a document: nb.Spec.of(…) says where it stops": _is_refused,
            "the weights of neighbours are t-SNE's still: UMAP connects each point to so many": _with(
                "weights", "perplexity"
            ),
            "what two points say of each other is averaged, as in t-SNE; UMAP takes the fuzzy union": _with(
                "union", False
            ),
            "the map's similarities are made to sum to 1: UMAP lets each pair stand alone": lambda value, **_: (
                "normalize" in _umap(value)["kernel"]
            ),
            "the kernel in the map is Student's t; UMAP fits its own to a wish, min dist": _with(
                "kernel", ["t_dist"]
            ),
            "the divergence compares two distributions; an edge of UMAP is there or not": _with(
                "loss", "kl", "mse"
            ),
            "whole rows are sampled; UMAP samples edges, each with strangers that are pushed away": _with(
                "sampling", "item"
            ),
        },
        otherwise="go through t-SNE's lines one by one: weights, symmetrizing, kernel, loss, sampling",
    ),
    "11-b": Exercise(
        right=close_to("new rows"),
        mistakes={
            "this counts labels among neighbours in the map, of rows whose labels the loss was shown": close_to(
                "neighborhood_hit"
            ),
            "tight, well parted groups are what the loss asks for, of whatever labels": close_to(
                "silhouette"
            ),
            "the loss falls for shuffled labels as well: it is no judge of the labels it was given": close_to(
                "loss"
            ),
        },
        otherwise="one of the four words: which number would a shuffled label not know?",
    ),
    "11-c": Exercise(
        right=_follows((BMI, 0)),
        mistakes={
            "feature counts columns from 0, and i from 1: this is the column after bmi": _follows(
                (BMI + 1, 0)
            ),
            "i counts columns from 1, and feature from 0: this is the column before bmi": _follows(
                (BMI - 1, 0)
            ),
            "this turns the second axis: component counts from 0, and j from 1": _follows((BMI, 1)),
            "this compares all distances at once; one column and one axis are asked for": lambda value, **_: (
                _followed(value)[0] == "distance_correlation"
            ),
            "the whole method was given: one entry of its list of losses is asked for": lambda value, **_: (
                "losses" in value
            ),
            "a type is missing: which kind of loss is it?": lambda value, **_: "type" not in value,
        },
        otherwise="an entry with a name, a type and options: of the type that correlates a column with an axis",
    ),
}
