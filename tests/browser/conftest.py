"""One JupyterLab and one browser for all browser tests, and one notebook for most of them."""

import os

import pytest

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab
from tests.browser.reuse import ReusedNotebook

HAS_FAILED = pytest.StashKey[bool]()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        item.stash[HAS_FAILED] = True
    return report


@pytest.fixture(scope="session")
def reused(lab):
    return ReusedNotebook(lab)


@pytest.fixture
def open_notebook(lab, reused, request):
    """Open a notebook with the given cells.

    Its page and kernel are those of the test before, emptied, unless the test asks for a page that is
    special, or a kernel and a page of its own, ``fresh`` ones.
    """
    opened = []

    def open_one(*cells, fresh=False, width=1200, height=1000, motion="no-preference", **options):
        if not (fresh or options or reused.is_out):
            return reused.take(list(cells), width=width, height=height, motion=motion)
        name = f"{request.node.name[:40].replace('[', '_').rstrip(']')}.ipynb"
        notebook = lab.notebook(
            list(cells), name=name, width=width, height=height, reduced_motion=motion, **options
        )
        opened.append(notebook)
        return notebook

    yield open_one
    if reused.is_out:
        reused.give_back(passed=not request.node.stash.get(HAS_FAILED, False))
    for notebook in opened:
        lab.end(notebook)
