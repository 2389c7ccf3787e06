"""A document in the widget: trained before one's eyes, its picture lit as it goes; and a panel of one's own."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.inspect.plates import Panel, Plate, Series, catalogue, register, unregister
from nbembed.widget.diagrams import OWN, loss_values

X = np.random.default_rng(0).normal(size=(30, 3))
DOCUMENT = """
name: two phases
model: {type: free}
relations:
- {name: far, level: global, type: pairwise}
- {name: near, level: batch, type: pairwise}
losses:
- {name: stress, type: relation, func: mse, keys: {rels: [far, near]}}
- {name: fan, type: relation, func: mse, keys: {rels: [far, near]}}
training phases:
- {name: first, loss: {components: fan}, epochs: 3}
- {name: second, loss: {components: stress}, epochs: 3}
"""
FIXED = {"random_state": 0, "device": "cpu"}


@pytest.mark.parametrize("kind", ["text", "spec", "dictionary", "file"])
def test_a_document_is_a_method(kind, tmp_path):
    spec = nb.Spec.from_yaml(DOCUMENT)
    spec.to_yaml(tmp_path / "method.yaml")
    written = {"text": DOCUMENT, "spec": spec, "dictionary": spec.to_dict(), "file": str(tmp_path / "method.yaml")}  # fmt: skip
    widget = nb.EmbedWidget(X, method=written[kind], **FIXED).fit()
    assert repr(widget) == "EmbedWidget(method='two phases', n=30, d=3, state='done')"
    again = nb.Routine(spec, **FIXED).fit_transform(X)
    np.testing.assert_array_equal(widget.embedding_, again)
    widget.close()


def test_what_is_no_method_is_told_so():
    with pytest.raises(InvalidTypeError, match="an estimator or a spec, got int"):
        nb.EmbedWidget(X, method=3)
    with pytest.raises(InvalidInputError, match="spec at losses: must be a list"):
        nb.EmbedWidget(X, method={"relations": [], "losses": []})
    with pytest.raises(TypeError, match="n_component"):
        nb.EmbedWidget(X, method=DOCUMENT, n_component=2)


def test_the_picture_of_a_method_follows_its_run():
    widget = nb.EmbedWidget(X, method=DOCUMENT, live_metrics=False, **FIXED)
    picture = widget.diagram()
    assert picture.value.count("stroke-width='2'") == 0
    seen = [picture.value]
    picture.observe(lambda change: seen.append(change["new"]), "value")
    widget.step(2)
    lit = {"phases: first; 3 × item, adam; 1 · fan (from fan), now", "losses: fan; relation: mse"}
    assert all(words in picture.value for words in lit)
    assert "second; 3 × item, adam; 1 · stress (from stress), now" not in picture.value
    assert picture.value.count("stroke-width='2'") == 2
    widget.resume().wait()
    # Where nothing trains any more nothing is lit, and the values stay.
    assert ", now" not in picture.value
    assert picture.value.count("stroke-width='2'") == 0
    assert picture.value == widget.diagram().value
    final = widget.history_.curves["stress"].values[-1]
    assert f"value {final:.4g}" in picture.value
    assert len(seen) >= 3
    widget.close()


PARTED = {
    "umap": nb.UMAP(n_epochs=12, random_state=0),
    "pacmap": nb.PaCMAP(n_iter=60, random_state=0),
    "tsne": nb.TSNE(perplexity=5, early_exaggeration_iter=6, n_iter=6, random_state=0),
    "sne": nb.SNE(perplexity=5, n_iter=6, random_state=0),
    "two losses": nb.ParametricUMAP(n_batches=4, hidden=(4,), terms=["reconstruction"], **FIXED),
}


@pytest.mark.parametrize("name", PARTED)
def test_a_method_that_is_no_document_has_a_picture_with_its_losses_too(name):
    widget = nb.EmbedWidget(X, method=PARTED[name], live_metrics=False)
    assert f"<title>{PARTED[name].title}</title>" in widget.diagram().value
    assert "value" not in widget.diagram().value
    picture = widget.fit().diagram().value
    last = dict(PARTED[name].spec(len(X)).parts.losses)
    ends = [curve.values[-1] for name, curve in widget.history_.curves.items() if name in OWN]
    assert f"value {sum(ends):.4g}<" in picture
    assert picture.count(">value ") == len(last)
    assert ", now" not in picture
    widget.close()


def test_the_picture_is_of_the_method_that_a_restart_made():
    widget = nb.EmbedWidget(X, method=PARTED["tsne"], live_metrics=False).fit()
    picture = widget.diagram()
    assert "early exaggeration" in picture.value
    widget.restart(early_exaggeration_iter=0, perplexity=7).wait()
    assert "→ perplexity 7" in picture.value
    assert "early exaggeration" not in picture.value
    assert picture.value.count(">value ") == 1
    widget.close()


def test_a_loss_keeps_the_value_of_the_phase_that_had_it():
    method = nb.DRE(perplexity=5, n_epochs=2, batch_size=15, recursions=("hidden1",), hidden=(4,), **FIXED)  # fmt: skip
    run = method.run(X)
    spec = method.spec(len(X))
    first, _ = run.phases
    while run.step < first.n_steps:
        next(run)
    assert list(loss_values(spec, run)) == ["info_nce"]
    before = loss_values(spec, run)["info_nce"]
    for _ in run:
        pass
    values = loss_values(spec, run)
    assert values["info_nce"] == before
    assert values["info_nce #2"] == run.history.curves["loss"].values[-1] != before


def test_how_to_register_a_panel():
    @register("widths", "How wide the map is", needs={"map"})
    def widths(scene):
        found = np.std(scene.embedding, axis=0)
        bars = Series("width", np.arange(len(found)), found, kind="bars")
        panel = Panel("chart", "Widths", x_label="axis", y_label="deviation", series=(bars,))
        words = f"The widths of the map are {found.round(2)}."
        code, given = "result = Y.std(axis=0)", {"Y": scene.embedding}
        return Plate("widths", "How wide the map is", (panel,), words, code, given, found)

    try:
        widget = nb.explore(X, method=DOCUMENT, **FIXED).fit()
        assert "widths" in [each["name"] for each in widget.explore("widths").lesson["internals"]]
        np.testing.assert_allclose(widget.inspect("widths").result, widget.embedding_.std(axis=0))
        assert widget.describe().startswith("How wide the map is. The widths")
        widget.close()
    finally:
        unregister("widths")
    assert "widths" not in catalogue


def test_views_of_the_package_keep_their_names():
    with pytest.raises(InvalidInputError, match="'bandwidth'"):
        register("bandwidth", "Mine")
    with pytest.raises(InvalidInputError, match="did you mean 'map'"):
        register("mine", "Mine", needs={"mapp"})
    with pytest.raises(InvalidInputError, match="you registered"):
        unregister("bandwidth")
