"""What a document is good for: a picture, functions of one's own, a search for weights."""

import ast
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import torch

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError
from tests.test_routine import FIXED, X, Y, hybrid, printed, spec


@pytest.fixture(autouse=True)
def _own_names():
    before = {kind: set(nb.spec.names(kind)) for kind in ("loss", "metric", "relation", "transform", "model", "data")}  # fmt: skip
    yield
    for kind, known in before.items():
        for name in set(nb.spec.names(kind)) - known:
            nb.spec.unregister(kind, name)


def test_a_diagram_shows_every_part_and_says_it_in_words():
    drawn = spec(printed.TSNE, p=30).diagram(active="phase 2", losses={"emb": 1.25})
    root = ET.XML(drawn._repr_svg_())
    space = "{http://www.w3.org/2000/svg}"
    texts = [node.text for node in root.iter(f"{space}text")]
    for part in ("data", "main", "pca of main", "p", "→ perplexity 30", "q", "emb", "value 1.25", "phase 2", "1 · emb"):  # fmt: skip
        assert part in texts
    # Data to relations and losses, relations to a loss, losses to their phases.
    assert len(list(root.iter(f"{space}path"))) == 1 + 2 + 2 + 2
    lit = [rect for rect in root.iter(f"{space}rect") if rect.get("stroke-width") == "2"]
    assert len(lit) == 2, "the phase, and its loss"
    assert root.get("role") == "img"
    words = root.find(f"{space}desc").text
    assert words == repr(drawn)
    assert "phases: phase 2; 5 × item, adam; 1 · emb (from emb), now" in words
    assert "relations: p; global: neighbor; → perplexity 30; → symmetrize; → normalize (from main)" in words  # fmt: skip


def test_a_picture_never_runs_what_a_name_holds():
    document = spec(printed.MDS).to_dict()
    document["losses"][0]["name"] = "<script>alert(1)</script>"
    document["training phases"][0]["loss"]["components"] = ["<script>alert(1)</script>"]
    # A name in angle brackets stands for a value.
    document = nb.Spec(document | {"name": "<b>"[1:2] + "<i>"}, {"script>alert(1)</script": "<i>"})
    assert "<i>" not in document.diagram().svg()


@pytest.mark.parametrize("estimator", [nb.UMAP(), nb.DRE(), nb.PaCMAP(), nb.Autoencoder()])
def test_every_method_can_be_drawn(estimator):
    drawn = estimator.spec().diagram()
    ET.XML(drawn.svg())
    assert estimator.title in repr(drawn)


def test_how_to_register_a_loss():
    @nb.spec.register("loss")
    def sammon(p, q):
        apart = p > 0
        return ((p - q).square()[apart] / p[apart]).sum() / p.sum()

    document = spec(printed.MDS).to_dict()
    document["losses"][0]["func"] = "sammon"
    fitted = nb.Routine(document, **FIXED).fit(X)

    from scipy.spatial.distance import pdist

    p, q = pdist(X), pdist(fitted.embedding_)
    assert fitted.loss_ == pytest.approx((np.square(p - q) / p).sum() / p.sum(), rel=1e-3)


def test_how_to_register_a_loss_of_places_and_data():
    @nb.spec.register("loss")
    def to_the_right(places, labels, *, by=1.0):
        return (places[:, 0] - by * labels).square().mean()

    document = {
        "relations": [],
        "losses": [{"name": "own", "type": "own", "func": "to the right", "keys": {"data": "labels"}, "options": {"by": 3.0}}],
        "training phases": [{"loss": {"components": "own"}, "epochs": 30}],
    }  # fmt: skip
    map_ = nb.Routine(document, **FIXED).fit_transform(X, Y)
    np.testing.assert_allclose([map_[k == Y, 0].mean() for k in range(3)], [0, 3, 6], atol=0.5)


def test_how_to_register_a_metric():
    @nb.spec.register("metric")
    def first_column(row, other):
        return abs(row[0] - other[0])

    document = nb.TSNE(perplexity=5, n_iter=2, early_exaggeration_iter=0, random_state=0).spec(75)
    document = document.to_dict()
    document["relations"][0]["options"]["metric"] = "first column"
    named = nb.Routine(document).fit_transform(X)
    direct = nb.TSNE(perplexity=5, n_iter=2, early_exaggeration_iter=0, random_state=0, metric=first_column)  # fmt: skip
    np.testing.assert_array_equal(named, direct.fit_transform(X))
    with pytest.raises(InvalidTypeError, match="metric must have a name"):
        direct.spec()


def test_how_to_register_a_relation():
    from scipy import sparse

    @nb.spec.register("relation")
    def in_order(X, *, step=1):
        links = sparse.eye(len(X), k=step)
        return links + links.T

    document = spec(printed.UMAP, n=5, s=1.0, md=0.1).to_dict()
    document["relations"][0] |= {"type": "in order", "options": {"step": 1}, "transforms": []}
    document["training phases"] = document["training phases"][1:]
    document["training phases"][0] |= {"epochs": 60, "optimizer": {"options": {"lr": 0.1}}}
    map_ = nb.Routine(document, model="free", **FIXED).fit_transform(X)
    steps = np.linalg.norm(np.diff(map_, axis=0), axis=1)
    assert np.median(steps) < 0.5 * np.median(np.linalg.norm(map_ - map_[::-1], axis=1))


def test_how_to_register_a_transform_a_model_and_derived_data():
    @nb.spec.register("transform")
    def squared(values):
        return values.power(2) if hasattr(values, "tocsr") else values**2

    @nb.spec.register("model")
    def two_layers(n_features, n_components, *, width=5):
        return torch.nn.Sequential(torch.nn.Linear(n_features, width), torch.nn.Tanh(), torch.nn.Linear(width, n_components))  # fmt: skip

    @nb.spec.register("data")
    def first_two(X, **_):
        return X[:, :2]

    document = spec(printed.MDS).to_dict()
    for relation in document["relations"]:
        relation["transforms"] = [{"type": "squared"}]
    document |= {
        "model": {"type": "two layers", "options": {"width": 4}},
        "derived data": [{"name": "start", "data func": "first two", "keys": [["data", "main"]]}],
    }
    document["losses"].append({"name": "init", "type": "position", "keys": {"data": "start"}})
    document["training phases"].insert(0, {"loss": {"components": "init"}, "epochs": 40, "optimizer": {"options": {"lr": 0.05}}})  # fmt: skip
    run = nb.Routine(document, **FIXED).run(X)
    while run.step < 40:
        next(run)
    assert np.square(run.embedding - X[:, :2]).mean() < 0.2 * X.var()
    for _ in run:
        pass
    assert run.network[0].out_features == 4


def test_a_name_of_the_package_cannot_be_taken():
    with pytest.raises(InvalidInputError, match="'KL_div'"):
        nb.spec.register("loss", "KL_div")(lambda p, q: 0)
    with pytest.raises(InvalidInputError, match="did you mean 'loss'"):
        nb.spec.register("los")


@pytest.mark.parametrize("returned", [0.0, torch.zeros(2)])
def test_a_loss_that_returns_no_number_is_named(returned):
    nb.spec.register("loss", "wrong")(lambda p, q: returned)
    document = spec(printed.MDS).to_dict()
    document["losses"][0]["func"] = "wrong"
    with pytest.raises(InvalidInputError, match="'mds' must return a tensor of one number"):
        nb.Routine(document, **FIXED).fit(X)


def test_a_sweep_changes_weights_alone():
    document = hybrid([0.5, 0.5]).to_dict()
    document["training phases"][0]["epochs"] = 8
    found = nb.sweep(
        document, X, Y, weights=[{"class": 0.0}, {"class": 0.5}, {"umap": 0.0, "class": 1}], **FIXED
    )
    same = nb.Routine(document, **FIXED).fit_transform(X, Y)
    np.testing.assert_array_equal(found[1].estimator.embedding_, same)
    assert found[2].losses["class"] < found[0].losses["class"]
    assert found[0].losses["umap"] < found[2].losses["umap"]
    with pytest.raises(InvalidInputError, match=r"weights.clas: .*did you mean 'class'"):
        nb.sweep(document, X, Y, weights=[{"clas": 1}], **FIXED)


GUIDE = Path(__file__).parent.parent / "notebooks" / "guide_write_a_method.ipynb"


def guide():
    """Return the documents, functions and words of the guide, and their lines, without its runs."""
    cells = json.loads(GUIDE.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    found, lines = {"nb": nb}, {}
    for text in texts:
        for part in ast.parse(text).body:
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Constant):
                name = part.targets[0].id
                found[name] = part.value.value
                lines[name] = len(part.value.value.strip().splitlines())
            if isinstance(part, ast.FunctionDef):
                first = min([part.lineno, *(each.lineno for each in part.decorator_list)])
                lines[part.name] = part.end_lineno - first + 1
                if not part.decorator_list:
                    exec(ast.unparse(part), found)  # noqa: S102
    return found, lines


@pytest.mark.parametrize("name", ["tsne", "umap", "dre"])
def test_a_published_method_is_below_40_lines_in_yaml_and_in_python(name):
    found, lines = guide()
    assert nb.Spec.from_yaml(found[name.upper()]) == found[name]()
    # The function for deep recursive embedding takes the one for t-SNE as its base.
    python = lines[name] + (lines["tsne"] if name == "dre" else 0)
    assert max(lines[name.upper()], python) < 40
    nb.Routine(found[name](), **FIXED).run(X).close()


def test_a_panel_is_below_15_lines():
    _, lines = guide()
    assert lines["widths"] < 15
