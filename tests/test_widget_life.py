"""The widget's life in a notebook, in a real kernel: shown once, pictured, retired, closed, saved."""

import base64
import gc
import json
import re
import subprocess
import sys
import weakref
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from IPython.core.events import EventManager
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import v4

from nbembed import EmbedWidget
from nbembed.errors import InvalidTypeError
from nbembed.widget import display
from tests.kernel import VIEW, Kernel
from tests.widgets import make

STILL = "text/html"
SETUP = """import gc, threading, weakref, ipywidgets, nbembed as nb
X, y = nb.datasets.iris()
def new(**more):
    return nb.EmbedWidget(X, **{"labels": y, "n_epochs": 20, "random_state": 0, **more})
def living():
    gc.collect()
    return sum(isinstance(o, nb.EmbedWidget) for o in gc.get_objects())
def workers():
    return sum(t.name == "nbembed-run" for t in threading.enumerate())"""


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    kernel.run(SETUP)
    yield kernel
    kernel.close()


def kinds(outputs):
    """Say in a word what each output is."""
    return [
        "view" if VIEW in o else "picture" if "image/png" in o else "still" if STILL in o else o["text/plain"][:6]
        for o in outputs
    ]  # fmt: skip


# ---- shown once, with a picture beside it -------------------------------------------------------


def test_fit_shows_a_view_a_picture_below_it_and_text(kernel):
    outputs = kernel.run("w = new().fit()\nw")
    assert kinds(outputs) == ["view", "picture", "EmbedW"]
    picture = outputs[1]
    assert base64.b64decode(picture["image/png"]).startswith(b"\x89PNG")
    assert re.fullmatch(
        r'<div class="nbembed-still"><img alt="UMAP map of 150 points" src="data:image/png;base64,[^"]+"></div>',
        picture[STILL],
    )
    assert picture["text/plain"] == ""
    assert len(picture["image/png"]) < 90_000


def test_an_idle_widget_has_an_empty_place_that_its_run_fills(kernel):
    outputs = kernel.run("v = new()\nv", "idle")
    assert kinds(outputs) == ["view", "still"]
    assert outputs[1][STILL] == '<div class="nbembed-still"></div>'
    # The run in another cell shows a second view, and fills both places.
    assert kinds(kernel.run("v.start().wait()\nv", "running")) == ["view", "picture", "EmbedW"]
    # A display of a widget that has a map carries the picture at once.
    assert kinds(kernel.run("v", "again")) == ["view", "picture"]
    kernel.run("v.close()")


def test_steps_from_a_cell_leave_a_picture_too(kernel):
    assert kinds(kernel.run("s = new()\ns.step(5);", "steps")) == ["view", "picture"]
    assert kinds(kernel.run("s.step(5);", "more steps")) == []
    assert kinds(kernel.run("s.step(5, show=True);", "shown steps")) == ["view", "picture"]
    kernel.run("s.close()")


def test_a_picture_that_cannot_be_drawn_is_a_warning_and_the_run_is_kept(kernel):
    code = """import warnings
b = new()
b._picture_png = None
class Broken(type(b)):
    def plot(self): raise OSError("no fonts <b>")
b = Broken(X, n_epochs=20, random_state=0)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    b.fit(); b.restart().wait()
print([str(w.message) for w in caught], b.embedding_.shape)
b.close()"""
    text = "".join(o.get("text", "") for o in kernel.run(code, "broken"))
    assert text.strip() == (
        "[\"the picture for readers without a kernel could not be drawn: OSError('no fonts <b>')\"] (150, 2)"
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("box = ipywidgets.HBox([n, ipywidgets.IntSlider()])\ndisplay(box)\nn.fit()\nn", ["view", "EmbedW", "picture"]),
        ("box = ipywidgets.HBox([n, ipywidgets.IntSlider()])\nn.fit(show=False)\nbox", ["view", "picture"]),
        ("display(ipywidgets.VBox([ipywidgets.HBox([n])]))\nn.start().wait();", ["view", "picture"]),
        ("display(ipywidgets.HBox([n]))\nn.fit(show=True);", ["view", "view", "picture"]),
        ("n.fit(show=False);", []),
        ("n.fit();\nn.fit();", ["view", "picture"]),
    ],
)  # fmt: skip
def test_inside_another_widget_it_is_not_shown_a_second_time(kernel, code, expected):
    assert kinds(kernel.run("n = new()\n" + code, f"cell {hash(code)}")) == expected
    kernel.run("n.close()")


def test_a_box_in_another_cell_does_not_keep_it_from_showing_itself(kernel):
    assert kinds(kernel.run("n = new()\nipywidgets.HBox([n])", "box")) == ["view", "still"]
    assert kinds(kernel.run("n.fit()", "later")) == ["view", "picture", "EmbedW"]


# ---- a cell that is run again -------------------------------------------------------------------


def test_running_a_cell_again_retires_what_it_showed(kernel):
    before = kernel.text("print(living())")
    for _ in range(3):
        kernel.run("r = new(n_epochs=100_000).start()", "again")
        assert kernel.text("print(workers())") == "1"
    for _ in range(3):
        kernel.run("r = new().fit()\nr", "again")
        assert kernel.text("print(workers())") == "0"
    assert int(kernel.text("print(living())")) == int(before) + 1
    assert kernel.text("print(_ is r, __ is r)") != "True True"
    open_models = [c for c, state in kernel.comms.items() if state == "open"]
    kernel.run("r = new().fit()\nr", "again")
    # Model and layout of the old one are closed, those of the new one open.
    assert len([c for c, state in kernel.comms.items() if state == "open"]) == len(open_models)
    kernel.run("r.close(); del r")


def test_who_is_held_by_the_user_goes_on_and_can_be_shown_again(kernel):
    kernel.run("h = new().fit()\nkept = h\nh", "held")
    kernel.run("h = new().fit()\nh", "held")
    assert kernel.text(
        "print(kept is h, kept.comm, kept.embedding_.shape, kept.metrics() is None)"
    ) == ("False None (150, 2) False")
    assert kernel.text("print(len(kept.history_), kept.to_html('/dev/null').name)") == "21 null"
    outputs = kernel.run("kept", "elsewhere")
    assert kinds(outputs) == ["view", "picture"]
    model = outputs[0][VIEW]["model_id"]
    assert kernel.comms[model] == "open"
    asked = """got = []
kept._publisher.send = lambda content, buffers: got.append(content["t"])
kept._handle_msg({"content": {"data": {"method": "custom", "content": {"t": "hello", "view": "v", "last_seq": 0}}}, "buffers": []})
print(got[0], getattr(kept.comm, "_reply_subshell_for", lambda d, default: default)({}, "as addressed"))"""
    assert kernel.text(asked) == "welcome as addressed"
    # Shown in another cell too, it does not retire.
    kernel.run("kept", "held")
    kernel.run("h = new().fit()\nh", "held")
    assert kernel.text("print(kept.comm is not None)") == "True"
    kernel.run("kept.close(); h.close(); del kept, h")


def test_who_stays_is_not_retired(kernel):
    kernel.run("a = new(); b = new()\na.fit(); b.fit()", "two")
    assert kernel.text("print(a.comm is not None, b.comm is not None)") == "True True"
    kernel.run("a.fit()", "two")  # the same widget in the same cell; b's view is gone
    assert kernel.text("print(a.comm is not None, b.comm is not None)") == "True False"
    kernel.run("a.start().wait()", None)  # a host that does not name its cells
    kernel.run("c = new().fit()", "two")
    assert kernel.text("print(a.comm is not None)") == "True"
    kernel.run("out = ipywidgets.Output()\nout", "out")
    kernel.run("with out:\n    d = new().fit()", "into out")
    kernel.run("with out:\n    e = new().fit()", "into out")
    assert kernel.text("print(d.comm is not None, e.comm is not None)") == "True True"
    kernel.run("for w in (a, b, c, d, e): w.close()")


def test_what_a_box_shows_retires_with_its_cell(kernel):
    kernel.run("i = new(n_epochs=100_000)\ndisplay(ipywidgets.HBox([i]))\nold = i.start()", "boxed")
    kernel.run("i = new()\ndisplay(ipywidgets.HBox([i]))\ni.fit();", "boxed")
    assert kernel.text("print(old.comm, workers(), repr(old))") == (
        "None 0 EmbedWidget(method='UMAP', n=150, d=4, state='stopped')"
    )
    kernel.run("i.close(); del i, old")


def test_two_threads_at_the_end_of_a_cell_do_what_waits_for_it_once(monkeypatch):
    events = EventManager(None, {"post_execute": lambda: None})
    monkeypatch.setattr(display, "kernel_shell", lambda: SimpleNamespace(events=events))
    done = []
    display.when_cell_ends(lambda: done.append(1))
    # Both have looked at the list before either has taken itself off it.
    (callback,) = events.callbacks["post_execute"]
    callback()
    callback()
    assert done == [1]
    assert events.callbacks["post_execute"] == []


def test_what_its_constructor_refused_is_closed_in_silence(monkeypatch, blobs):
    said = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: said.append(repr(told)))
    with pytest.raises(InvalidTypeError):
        make(blobs, live_metrics="no")
    # ipywidgets closes what nobody holds.
    gc.collect()
    assert [words for words in said if "Widget" in words] == []


def test_after_close_nothing_holds_the_widget(blobs):
    widget = make(blobs).fit()
    reference = weakref.ref(widget)
    widget.close()
    assert widget.embedding_.shape == (150, 2)
    assert widget.comm is None
    del widget
    gc.collect()
    assert reference() is None


# ---- programs that read notebooks ---------------------------------------------------------------


def executed(*cells):
    notebook = v4.new_notebook(cells=[v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=300, store_widget_state=True).execute()
    nbformat.validate(notebook)
    return notebook


@pytest.fixture(scope="module")
def magic_notebook():
    """A saved notebook whose data hold a number that occurs nowhere else."""
    return executed(
        "import nbembed as nb\nX, y = nb.datasets.digits()\nX[0, 0] = 7.654321e-5",
        "w = nb.EmbedWidget(X, labels=y, random_state=0).fit()\nw",
    )


def stored(state):
    """Return the characters a notebook spends on the state of its widgets, and without the bundle."""
    text = json.dumps(state, indent=1)
    bundle = sum(
        len(json.dumps(model["state"].get(name, "")))
        for model in state.values()
        for name in ("_esm", "_css")
    )
    # Five levels further in, every line has five more spaces.
    return len(text) + 5 * text.count("\n") - bundle


def test_the_saved_state_is_small_and_holds_no_data(magic_notebook):
    (state,) = magic_notebook.metadata["widgets"].values()
    assert stored(state["state"]) <= 60_000 + 6 * 1797
    outputs = [o for cell in magic_notebook.cells for o in cell.outputs]
    assert "7.65432" not in json.dumps([state, outputs])
    single = np.float32(7.654321e-5)
    for model in state["state"].values():
        for buffer in model.get("buffers", ()):
            content = base64.b64decode(buffer["data"])
            assert single.tobytes() not in content
            assert np.float64(single).tobytes() not in content


@pytest.mark.parametrize(("n", "n_epochs"), [(20, 5000), (312, 5000), (20_000, 3)])
def test_the_saved_state_stays_small_for_long_runs_and_many_rows(n, n_epochs):
    X = np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32)
    widget = EmbedWidget(
        X, color=X[:, 0], n_neighbors=3, n_epochs=n_epochs, init="random", random_state=0
    ).fit()
    state = {w.model_id: w._get_embed_state() for w in (widget, widget.layout)}
    assert stored(state) <= 60_000 + 6 * n
    widget.close()


def test_nbconvert_shows_the_picture_without_a_network(magic_notebook):
    page, _ = HTMLExporter().from_notebook_node(magic_notebook)
    (picture,) = re.findall(
        r'<div class="nbembed-still"><img alt="[^"]*" src="data:image/png;base64,[^"]{5000,}"/?>',
        page,
    )
    assert "UMAP map of 1,797 points" in picture


def test_nbval_compares_all_but_the_picture(tmp_path, request):
    notebook = executed(SETUP, "w = new().fit()\nw", "w", "print(1)")
    pictures = [o for c in notebook.cells for o in c.outputs if "image/png" in o.get("data", {})]
    assert len(pictures) == 2
    for output in pictures:  # as another version of matplotlib would draw it
        output.data["text/html"] = output.data["text/html"].replace("AAAA", "BBBB")
    notebook.metadata.pop("widgets")
    path = tmp_path / "strict.ipynb"
    nbformat.write(notebook, path)
    sanitize = request.config.rootpath / "notebooks" / "sanitize.cfg"
    command = [
        sys.executable, "-m", "pytest", "--nbval", "--nbval-sanitize-with", sanitize, "-q",
        "-p", "no:randomly", "-p", "no:cacheprovider", "--rootdir", tmp_path, path,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
