"""A learner changes what a lesson asks to change: in the lesson's own cell, with the keyboard alone."""

import json
from pathlib import Path

import pytest

from tests.browser.lab import Notebook

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
# What the cells of a lesson stand on, on fewer rows and for fewer steps.
DIGITS = """import matplotlib.pyplot as plt, numpy as np, pandas as pd, nbembed as nb
from nbembed import metrics
X, y = (part[:150] for part in nb.datasets.digits())
"""
RUN = """t = nb.EmbedWidget(X, labels=y, method="tsne", random_state=0)
t.step(20);"""
NETWORK = """old, new = np.arange(150), np.arange(50)
umap = nb.ParametricUMAP(terms=[nb.terms.Reconstruction(detach=True)], hidden=(16,), n_batches=20, device="cpu", random_state=0).fit(X)"""
RECURSION = """layers = ("hidden1", "f100", "f50")
w = nb.EmbedWidget(X, labels=y, method=nb.DRE(recursions=layers[:1], hidden=(200,), head=(100, 50), batch_size=50,
                   perplexity=8, n_epochs=2, device="cpu", random_state=0))
w.fit();"""
GRAMMAR = (
    'fixed = {"random_state": 0, "device": "cpu"}\nX, y = (p[:300] for p in nb.datasets.digits())'
)
OF_12 = ("l12-01", "l12-03")
# Lesson; what comes before; the cells of its own that do; the cell that is changed; what is typed, in place of what;
# the cell that is run after it; what is asked in Python, and the answers before and after.
CHANGES = {
    "00": (DIGITS + RUN, (), "cell-13", "exaggeration=1.5", "exaggeration=2.5", None,
           "print(t.status['live']['exaggeration'])", "1.5", "2.5"),
    "09": (DIGITS + NETWORK, (), "map-27", "here, there = 0, 1", "here, there = 0, 7", None,
           "print([d for d in range(10) if np.allclose(walk[-1], np.median(umap.embedding_[y[old] == d], axis=0))])",
           "[1]", "[7]"),
    "10": (DIGITS + RECURSION, (), "cell-22", "hidden=(200,)", "hidden=(200, 60)", None,
           ("seen = globals().get('seen', kept); names = list(dict(untrained.named_modules()))\n"
           "print('hidden2' in names, [seen[name][0] == kept[name][0] for name in layers])"),
           "False [True, True, True]", "True [True, False, False]"),
    "11": (DIGITS + GRAMMAR, (), "l11-09", "func: kl div", "func: mse", None,
           ("seen = globals().get('seen', fitted.embedding_)\n"
           "print(nb.Spec.of(tsne).parts.losses['emb'].func.name, np.array_equal(seen, fitted.embedding_))"),
           "kl True", "mse False"),
    "12": ("", OF_12, "l12-04", "- 200 *", "- 0.2 *", "l12-05",
           "print(len(costs), bool(np.ptp(Y) < 1))", "300 False", "300 True"),
    "C": (DIGITS + "device = 'cpu'", (), "colab-06", "random_state=0", 'method="tsne", random_state=0', None,
          "print(type(w.estimator_).__name__, w.estimator_.embedding_.shape)", "UMAP (150, 2)", "TSNE (150, 2)"),
}  # fmt: skip
# The first cell is the active one, and the notebook listens to keys; from there on everything is typed.
BEGIN = f"""() => {{ const n = {Notebook.CURRENT}.content;
  n.activeCellIndex = 0; n.deselectAll(); n.activate(); n.mode = 'command'; }}"""
RAN = f"(i) => {Notebook.CURRENT}.content.widgets[i].model.executionCount ?? 0"


def cell(lesson, name):
    """Return the source of a lesson's cell."""
    (path,) = NOTEBOOKS.glob(f"{lesson.replace('C', 'colab')}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    (source,) = ["".join(each["source"]) for each in cells if each["id"] == name]
    return source


def type_into(notebook, index, source):
    """Write a cell anew and run it, as hands do that have no mouse."""
    page, before = notebook.page, notebook.js(RAN, index)
    notebook.js(BEGIN)
    for _ in range(index):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        f"([i, before]) => ({RAN})(i) > before", arg=[index, before], timeout=60_000
    )
    notebook.idle().check(index)


@pytest.mark.parametrize("lesson", CHANGES)
def test_a_learner_types_one_change_and_python_knows(open_notebook, lesson):
    prepare, own, name, old, new, then, question, before, after = CHANGES[lesson]
    first = "\n".join([prepare, *(cell(lesson, each) for each in own)])
    source, last = cell(lesson, name), cell(lesson, then) if then else "pass"
    assert source.count(old) == 1, "the lesson has what is to be changed"
    notebook = open_notebook(first, source, last)
    for index in range(3):
        notebook.run(index)
    assert notebook.ask(question) == before
    type_into(notebook, 1, source.replace(old, new))
    notebook.run(2)
    assert notebook.ask(question) == after
    assert notebook.errors == []


def test_the_layer_of_a_recursion_is_chosen_with_the_keyboard_and_python_knows(open_notebook):
    notebook = open_notebook(DIGITS + RECURSION + '\nw.explore("recursion", 3)')
    notebook.run(0)
    lesson = "r.querySelector('[data-nbembed=lesson]')"
    notebook.until(f"{lesson}?.dataset.plate === 'recursion' && {lesson}.ariaBusy === 'false'")
    words = notebook.page.locator("[data-nbembed=words]")
    assert words.inner_text().startswith("In f50,")
    notebook.page.locator("[data-knob=layer] select").focus()
    notebook.page.keyboard.press("ArrowUp")
    notebook.until(
        f"{lesson}.querySelector('[data-nbembed=words]').innerText.startsWith('In f100,')"
    )
    asked = "a = w._asked; print(a.settings, w.inspect(a.name, a.row, **a.settings).text)"
    settings, _, said = notebook.ask(asked).partition("} ")
    assert settings == "{'layer': 'f100'"
    assert words.inner_text().startswith(said)
    assert notebook.errors == []
