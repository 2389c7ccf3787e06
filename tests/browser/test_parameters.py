"""The panel of parameters in a real JupyterLab: what is set acts in Python, and is marked where it was set."""

from tests.browser.lab import PICTURE, ROOT

START = """import numpy as np, nbembed as nb
rng = np.random.default_rng(0)
X = rng.normal(size=(150, 6)) + 9 * np.repeat(np.eye(6)[:3], 50, axis=0)
w = nb.EmbedWidget(X, method="tsne", perplexity=10, n_iter=60, early_exaggeration_iter=20, random_state=0)
w.step(30)"""
CHART = f"() => ({PICTURE})(document.querySelector('.nbe-panel-loss .uplot canvas'))"


def opened(open_notebook):
    notebook = open_notebook(START, height=1400)
    notebook.run(0)
    notebook.until("r.dataset.state === 'paused' && r.dataset.controls === 'live'")
    notebook.page.locator("[data-cmd=parameters]").click()
    return notebook, notebook.page


def knob(page, name):
    return page.locator(f"[data-knob={name}]")


def test_a_slider_acts_at_the_next_step_and_is_marked(open_notebook):
    notebook, page = opened(open_notebook)
    words = {n: knob(page, n).locator(".nbe-effect").inner_text() for n in ("exaggeration", "perplexity", "init")}  # fmt: skip
    assert words == {"exaggeration": "next step", "perplexity": "restart", "init": "restart"}
    before = page.evaluate(CHART)
    knob(page, "exaggeration").locator("input[type=number]").fill("4")
    page.keyboard.press("Tab")
    page.locator(".nbe-past li").wait_for()
    assert page.locator(".nbe-past").inner_text().split() == ["step", "30", "exaggeration", "4"]
    asked = "print([(e.step, e.name, e.value) for e in w._session.run.events])"
    assert notebook.ask(asked) == "[(30, 'exaggeration', 4)]"
    page.wait_for_function(f"(before) => ({CHART})()[0] !== before", arg=before[0])
    # The slider itself, dragged with the keyboard, and a value of the spectrum.
    slider = knob(page, "exaggeration").locator("input[type=range]")
    slider.focus()
    page.keyboard.press("End")
    page.locator(".nbe-past li").nth(1).wait_for()
    assert notebook.ask("print(w._session.run.overrides['exaggeration'])") == "50"
    knob(page, "exaggeration").get_by_text("1 t-SNE").click()
    page.locator(".nbe-past li").nth(2).wait_for()
    # What Python sets is seen.
    notebook.ask("w.set(exaggeration=3)")
    page.locator(".nbe-past li").nth(3).wait_for()
    assert knob(page, "exaggeration").locator("input[type=number]").input_value() == "3"
    notebook.ask("w.step(10)")
    assert notebook.ask("print(w.history_.curves['exaggeration'].values[-1])") == "3.0"
    assert notebook.errors == []


def test_what_needs_a_restart_is_collected_and_begins_a_new_run(open_notebook):
    notebook, page = opened(open_notebook)
    restart = page.locator("[data-cmd=restart]")
    assert restart.is_disabled()
    knob(page, "perplexity").locator("input[type=number]").fill("20")
    page.keyboard.press("Tab")
    knob(page, "init").locator("select").select_option("random")
    assert page.locator(".nbe-anew [role=status]").inner_text() == "with perplexity 20, init random"
    assert notebook.ask("print(w.status['run'], w._state())") == "1 paused"
    restart.click()
    notebook.until("r.dataset.state === 'done' && +r.dataset.step === 80")
    said = "e = w.estimator_; print(w.status['run'], e.perplexity, e.init)"
    assert notebook.ask(said) == "2 20.0 random"
    alone = """other = nb.EmbedWidget(X, method="tsne", perplexity=20, n_iter=60, early_exaggeration_iter=20, random_state=0, init="random")
print((other.fit(show=False).embedding_ == w.embedding_).all())"""
    assert notebook.ask(alone) == "True"
    # What cannot be is said where it was wished for, and the run stays.
    knob(page, "perplexity").locator("input[type=number]").fill("500")
    page.keyboard.press("Tab")
    restart.click()
    page.wait_for_function(
        f"() => /perplexity must be/.test(document.querySelector('{ROOT} .nbe-anew').textContent)"
    )
    assert notebook.ask("print(w.status['run'])") == "2"
