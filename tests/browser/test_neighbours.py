"""Beside other widgets: in boxes, in an Output, linked, observed."""

SETUP = """import ipywidgets as widgets, nbembed as nb
X, y = nb.datasets.digits()
w = nb.EmbedWidget(X, labels=y, random_state=0, n_epochs={epochs})"""
SHORT, LONG = SETUP.format(epochs=100), SETUP.format(epochs=100_000)
VIEWS = "() => document.querySelectorAll('[data-nbembed=root]').length"
HEIGHT = "Math.round(r.querySelector('.nbe-stage').getBoundingClientRect().height)"


def test_in_a_box_it_is_shown_once_and_trains_there(open_notebook):
    notebook = open_notebook(
        SHORT,
        "box = widgets.HBox([w, widgets.IntSlider(description='beside')])\ndisplay(box)\nw.fit()",
        "print(w.status['state'], w.embedding_.shape)",
    )
    notebook.run(0).run(1)
    notebook.until("r.dataset.state === 'done' && +r.dataset.drawn > 0")
    assert notebook.js(VIEWS) == 1
    notebook.inked(0.003)
    assert notebook.js(
        "() => document.querySelector('.widget-slider').innerText.includes('beside')"
    )
    assert notebook.run(2).text(2) == "done (1797, 2)"
    assert notebook.errors == []


def test_in_an_output_it_is_shown_there(open_notebook):
    notebook = open_notebook(
        SHORT,
        "out = widgets.Output(layout={'border': '1px solid red'})\nout",
        "with out:\n    w.fit()",
        "print(w.status['state'])",
    )
    notebook.run(0).run(1).run(2)
    notebook.until(
        "r.dataset.state === 'done' && +r.dataset.drawn > 0 && r.closest('.widget-output, .jupyter-widget-output')"
    )
    assert notebook.js(VIEWS) == 1
    notebook.inked(0.003)
    assert notebook.errors == []


def test_links_and_observers_see_and_change_it(open_notebook):
    notebook = open_notebook(
        LONG,
        "s = widgets.IntSlider(value=300, min=200, max=600)\nt = widgets.IntText()\n"
        "here = widgets.jslink((s, 'value'), (w, 'height'))\nthere = widgets.link((w, 'moment'), (t, 'value'))\n"
        "seen = []\nw.observe(lambda c: seen.append(c.new['state']), 'status')\n"
        "w.observe(lambda c: w.pause() if c.new['step'] > 20 else None, 'status')\ndisplay(widgets.VBox([s, t, w]))",
        "w.start()",
        "s.value = 500",
        "print(w.height, t.value, 'paused' in seen, w.status['state'])",
        "w.stop()",
    )  # fmt: skip
    notebook.run(0).run(1)
    notebook.until(f"{HEIGHT} === 300")
    notebook.run(2)
    # The observer has paused it; moving the slider, the height follows without Python.
    notebook.until("r.dataset.state === 'paused'")
    notebook.run(3)
    notebook.until(f"{HEIGHT} === 500")
    notebook.page.locator("[data-nbembed=root] [data-cmd=moment]").first.press("Home")
    notebook.page.wait_for_timeout(1500)
    assert notebook.run(4).text(4) == "500 0 True paused"
    notebook.run(5)
    notebook.until("r.dataset.state === 'stopped'")
    assert notebook.errors == []
