"""The widget in hosts other than JupyterLab."""

import pytest

from tests.browser.lab import Lab

# Notebook 7 says this by itself, with or without a widget.
KNOWN = "Cannot read properties of undefined (reading 'schema')"


@pytest.fixture
def notebook7(lab, tmp_path):
    pytest.importorskip("notebook")
    with Lab(tmp_path, lab.chromium, app="notebook", browser=lab.browser) as host:
        yield host


def test_notebook_7_draws_pauses_and_stops(notebook7):
    setup = """import nbembed as nb
X, y = nb.datasets.digits()
w = nb.EmbedWidget(X, labels=y, n_epochs=100_000, random_state=0)"""
    notebook = notebook7.notebook(
        [setup, "w.fit()", "print(w.status['state'], w.embedding_.shape)"]
    )
    notebook.run(0).run(1, wait=False)
    notebook.until("r.dataset.controls === 'live' && +r.dataset.step > 10 && +r.dataset.drawn > 2")
    notebook.press("pause")
    notebook.until("r.dataset.state === 'paused'", timeout=20)
    notebook.inked(0.003)
    notebook.press("stop")
    notebook.until("r.dataset.state === 'stopped'", timeout=20)
    notebook.idle()
    assert notebook.run(2).text(2) == "stopped (1797, 2)"
    assert [error for error in notebook.errors if KNOWN not in error] == []
    notebook.page.context.close()
