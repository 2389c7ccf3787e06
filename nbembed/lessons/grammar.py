"""Exercises of notebook 11, a grammar of losses."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.errors import NbembedError
from nbembed.lessons.exercise import Exercise, Test, close_to
from nbembed.lessons.grammar_code import CODE
from nbembed.lessons.printed import Formula, mended
from nbembed.lessons.textbook import entropy, gaussian_row, kl_divergence
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


def _perplexity(squared: Any, beta: float) -> float:
    return float(np.exp(entropy(gaussian_row(squared, beta))))


def _in_reach(squared: Any, perplexity: float) -> bool:
    """Return whether a bell of that perplexity has a beta between 0.01 and 1."""
    return _perplexity(squared, 1) <= perplexity <= _perplexity(squared, 0.01)


def _cauchy(squared: Any, a: float, b: float) -> Any:
    return 1 / (1 + a * np.asarray(squared) ** b)


def _tables() -> list[tuple[Any, ...]]:
    """Return affinities of two batches and of their maps: with sum 1, and no row its own neighbour."""
    random = np.random.default_rng(0)
    made = [random.random((2, n, n)) * (1 - np.eye(n)) for n in (4, 7)]
    return [(P / P.sum(), (Q + 0.1) / (Q + 0.1).sum()) for P, Q in made]


# Squared distances of rows whose beta lies below 0.01, twice between, and above 1.
REACHED = [(scale * np.arange(1.0, 40.0) ** 2, 10.0) for scale in (10.0, 0.5, 0.05, 1e-4)]
PRINTED = {
    "bracket": Formula(
        right=_in_reach,
        probes=REACHED,
        wrong={
            "this is what the code takes for granted; look at the perplexities at both ends": (
                lambda *_: True
            ),
            "the other way round: the larger beta, the narrower the bell and the fewer neighbours": (
                lambda squared, perplexity: (
                    _perplexity(squared, 0.01) <= perplexity <= _perplexity(squared, 1)
                )
            ),
            "a small beta can be missed as well as a large one: there are two ends": (
                lambda squared, perplexity: _perplexity(squared, 1) <= perplexity
            ),
            "the bell has squared distances in it, and they are squared already": (
                lambda squared, perplexity: _in_reach(squared**2, perplexity)
            ),
        },
    ),
    "cauchy": Formula(
        right=_cauchy,
        probes=[(np.array([0.1, 1.0, 9.0]), a, b) for a, b in ((1.577, 0.895), (0.5, 1.3))],
        wrong={
            "as it is in the code: a is forgotten": lambda squared, _, b: _cauchy(squared, 1, b),
            "b is of the squared distance; of the distance it is 2 b": lambda squared, a, b: (
                _cauchy(squared, a, 2 * b)
            ),
            "b is of the squared distance; take no root of it": lambda squared, a, b: _cauchy(
                squared, a, b / 2
            ),
        },
    ),
    "negative": Formula(
        right=lambda n, k: (k + 1) / n,
        probes=[(20, 5), (1000, 15)],
        wrong={
            "as it is printed; but the columns are drawn from all rows": lambda *_: 0.0,
            "a row can meet itself, too": lambda n, k: k / n,
            "this is the chance of a true stranger": lambda n, k: 1 - (k + 1) / n,
        },
    ),
    "kl": Formula(
        right=kl_divergence,
        probes=_tables(),
        wrong={
            "as it is in the code, divided by the rows: twice the batch, half the loss, for maps that are as wrong": (
                lambda P, Q: kl_divergence(P, Q) / len(P)
            ),
            "this is a mean over pairs; both tables sum to 1, so the sum is a mean already": (
                lambda P, Q: kl_divergence(P, Q) / P.size
            ),
            "where P is 0 the term is 0, and 0 times a logarithm of 0 is no number": (
                lambda P, Q: (P * np.log(P / Q)).sum()
            ),
            "the sign: a divergence is not below 0": lambda P, Q: -kl_divergence(P, Q),
            "in bits; the code has the natural logarithm": (
                lambda P, Q: kl_divergence(P, Q) / np.log(2)
            ),
        },
    ),
}


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
    "11-d": mended(PRINTED, "a dictionary of functions, one for each of " + ", ".join(PRINTED)),
    "11-e": mended(CODE, "a dictionary of functions, one for each of " + ", ".join(CODE)),
}
