"""Documents that are wrong, hostile or changed at random: an error that helps, or a run."""

import json
import warnings
from contextlib import suppress

import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import nbembed as nb
from nbembed import spec as grammar
from nbembed.errors import InvalidInputError, NbembedError
from nbembed.spec import Spec, json_schema
from tests import printed
from tests.test_routine import DOCUMENTS, PHASES

X = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
Y = np.arange(24) % 3


def tsne():
    return Spec.from_yaml(printed.TSNE, {"p": 5}).to_dict()


def at(document, *path):
    for key in path:
        document = document[key]
    return document


# Where, what is written there, and what the error says: path, found, allowed, nearest.
MISTAKES = {
    "a key": (("relations", 0), "tranforms", [], [r"relations\[0\].tranforms", "transforms"]),
    "a type of relation": (("relations", 0), "type", "neigbor", [r"relations\[0\].type", "'neigbor'", "'pairwise'", "did you mean 'neighbor'"]),
    "a level": (("relations", 1), "level", "batches", [r"relations\[1\].level", "'global', 'batch'", "did you mean 'batch'"]),
    "a transform": (("relations", 0, "transforms", 0), "type", "perplexty", [r"transforms\[0\].type", "did you mean 'perplexity'"]),
    "an option": (("relations", 0, "transforms", 0, "options"), "perpexity", 5, [r"options.perpexity", "did you mean 'perplexity'"]),
    "a number": (("relations", 0, "transforms", 0, "options"), "perplexity", 0.5, [r"options.perplexity", "at least 1", "0.5"]),
    "text for a number": (("training phases", 0), "optimizer", {"options": {"learning rate": "1e-3"}}, ["learning rate", "1.0e-3"]),
    "true for a number": (("training phases", 0), "epochs", True, [r"training phases\[0\].epochs", "whole number", "True"]),
    "a function": (("losses", 1), "func", "kl dif", [r"losses\[1\].func", "did you mean 'kl div'"]),
    "a relation": (("losses", 1, "keys"), "rels", ["pp", "q"], [r"losses\[1\].keys.rels\[0\]", "'pp'", "'p'"]),
    "the order of relations": (("losses", 1, "keys"), "rels", ["q", "p"], [r"keys.rels\[0\]", "level global"]),
    "a component": (("training phases", 1, "loss"), "components", ["embd"], [r"components\[0\]", "'embd'", "did you mean 'emb'"]),
    "weights": (("training phases", 1, "loss"), "weights", [1, 2], [r"training phases\[1\].loss.weights", "1 numbers"]),
    "a name": (("losses", 1), "name", "init", [r"losses\[1\].name", "'init'"]),
    "sampling": (("training phases", 1), "sampling", {"type": "edges"}, [r"training phases\[1\].sampling.type", "of one kind"]),
    "derived data": (("derived data", 0), "data func", "pcaa", [r"derived data\[0\].data func", "did you mean 'pca'"]),
    "keys of derived data": (("derived data", 0), "keys", [["rels", "q"]], [r"derived data\[0\].keys\[0\]\[1\]", "'p'"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_path_what_was_found_and_the_nearest(name):
    path, key, value, said = MISTAKES[name]
    document = tsne()
    at(document, *path)[key] = value
    for words in said:
        with pytest.raises(InvalidInputError, match=words):
            Spec(document)


# What is seen only with data.
LATER = {
    "data": (("losses", 0, "keys"), "data", ["main", "pac"], [r"losses.init.keys.data", "did you mean 'pca'"]),
    "a layer at first": (("relations", 0), "data", "hidden1", []),
    "frozen": (("training phases", 0), "frozen", ["hidden9"], ["frozen", "did you mean 'hidden"]),
    "steps in the map": (("relations", 1), "transforms", [{"type": "connect"}], [r"relations.q.transforms\[0\]"]),
    "a place on the spectrum": (("losses", 1), "options", {"spectrum": 0.5}, [r"losses.emb.options", "left out", "spectrum"]),
    "an optimizer": (("training phases", 0), "optimizer", {"type": "majorization"}, [r"training phases\[0\].optimizer.type"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LATER)
def test_so_is_one_that_only_data_show(name):
    path, key, value, said = LATER[name]
    document = tsne()
    at(document, *path)[key] = value
    if name == "a layer at first":
        document["training phases"].reverse()
        said = [r"relations.p.data", "before anything was learned"]
    for words in said:
        with pytest.raises(InvalidInputError, match=words):
            nb.Routine(document, device="cpu", random_state=0).fit(X, Y)


def bomb():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    return "\n".join(lines)


HOSTILE = {
    "aliases that explode": (bomb(), "at most 200,000 values"),
    "an alias of itself": ("a: &a [*a]\nb: 1", "24 levels"),
    "depth": ("a: " + "[" * 5000 + "]" * 5000, "24 levels"),
    "size": ("a: " + "x" * 4_000_001, "at most 4,000,000 bytes"),
    "code": ("a: !!python/object/apply:os.system ['true']\nb: 1", "must be YAML"),
    "no YAML": ("a: [1, 2\nb: }", "must be YAML"),
    "a list": ("- a: 1\n- b: 2", "dictionary at the top"),
    "a date": ("name: 2020-01-01\nrelations: []", "name: .*plain data"),
    "a number before the colon": ("1: 2\nrelations: []", "name before the colon"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused(name):
    text, said = HOSTILE[name]
    with pytest.raises(NbembedError, match=said):
        Spec.from_yaml(text)


def test_a_name_is_never_imported():
    document = tsne()
    document["losses"][1]["func"] = "os.system"
    with pytest.raises(InvalidInputError, match=r"'os.system'"):
        Spec(document)


def test_a_path_that_is_none_is_named():
    with pytest.raises(InvalidInputError, match=r"nowhere\.yaml"):
        Spec.of("nowhere.yaml")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_takes_what_the_reader_takes(name):
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(DOCUMENTS[name].to_dict(), json_schema())
    estimator = nb.UMAP(random_state=0).spec()
    jsonschema.validate(estimator.to_dict(), json_schema())


def test_the_published_schema_refuses_what_the_reader_refuses():
    for name in ("a key", "a type of relation", "a level", "a function", "true for a number"):
        path, key, value, _ = MISTAKES[name]
        document = tsne()
        at(document, *path)[key] = value
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, json_schema())


# ---- documents that were changed at random --------------------------------------------------------

LATENT = yaml.safe_load(PHASES)
LATENT["derived data"] = [{"name": "wanted", "values": np.ones((24, 2)).tolist()}]
RECIPES = [
    nb.TSNE(perplexity=4, early_exaggeration_iter=2, n_iter=2),
    nb.UMAP(n_neighbors=5, n_epochs=2),
    nb.MDS(n_iter=2),
    nb.GDR(n_neighbors=5, n_epochs=2),
    nb.PaCMAP(n_iter=9),
    nb.ParametricUMAP(n_neighbors=5, n_batches=2, hidden=(4,), terms=["reconstruction"]),
    nb.DRE(perplexity=3, n_epochs=1, hidden=(4,), recursions=("hidden1",)),
]
SEEDS = [d.to_dict() for d in DOCUMENTS.values()] + [LATENT]
SEEDS += [recipe.spec(24).to_dict() for recipe in RECIPES]
WORDS = [*(name for kind in grammar.KINDS for name in grammar.names(kind)), "p", "q", "main", "labels", "pca", "class", "hidden1", "input", "embedding", "loss", "keys", "", "a.b"]  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 40), st.sampled_from([0.0, -1.0, 0.5, 1e9, float("nan"), float("inf")]),
    st.sampled_from(WORDS), st.text(max_size=4), st.just([]), st.just({}), st.lists(st.sampled_from(WORDS), max_size=3),
)  # fmt: skip


def places(value, path=()):
    """Yield the path of everything in a document."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, item in items:
        yield from places(item, (*path, key))


@st.composite
def mutants(draw):
    document = json.loads(json.dumps(draw(st.sampled_from(SEEDS))))
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(list(places(document))))
        owner, key = at(document, *path[:-1]), path[-1]
        match draw(st.sampled_from(["replace", "delete", "swap", "add"])):
            case "replace":
                owner[key] = draw(JUNK)
            case "delete":
                del owner[key]
            case "swap":
                owner[key] = json.loads(json.dumps(at(document, *draw(st.sampled_from(list(places(document)))))))  # fmt: skip
            case "add" if isinstance(owner, dict):
                owner[draw(st.sampled_from(WORDS))] = draw(JUNK)
            case _:
                owner.append(draw(JUNK))
        if not list(places(document)):
            break
    return document


@seed(11)
@settings(max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(mutants())
def test_a_changed_document_gives_a_clear_error_or_a_run(document):
    # A few steps: long runs are no matter of this test. Anything but an error of ours is raised on.
    with warnings.catch_warnings(), suppress(NbembedError):
        warnings.simplefilter("ignore")
        run = nb.Routine(document, device="cpu", random_state=0).run(X, Y)
        while not run.ended and run.step < 3:
            next(run, None)
        run.close()
