"""One JupyterLab and one browser for all browser tests; one notebook and kernel for each."""

import os

import pytest

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    path = find_chromium()
    if path is None:
        message = "no Chromium to be had: install one, or set CHROMIUM to its path"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("notebooks"), chromium) as lab:
        yield lab


@pytest.fixture
def open_notebook(lab, request):
    """Open a notebook with the given cells; its page is closed and its kernel ended afterwards."""
    opened = []

    def open_one(*cells, **options):
        notebook = lab.notebook(
            list(cells),
            name=f"{request.node.name[:40].replace('[', '_').rstrip(']')}.ipynb",
            **options,
        )
        opened.append(notebook)
        return notebook

    yield open_one
    for notebook in opened:
        notebook.page.context.close()
    for kernel in lab.api("/api/kernels"):
        lab.api(f"/api/kernels/{kernel['id']}", "DELETE")
