"""Every internal: the printed snippet, run by itself, gives what the view shows."""

import numpy as np
import pytest

from nbembed import datasets
from nbembed.inspect.plates import Scene, catalogue

DATA = {
    "digits": lambda: datasets.digits()[0][:300],
    "random": lambda: np.random.default_rng(8).normal(size=(200, 20)),
}


@pytest.fixture(scope="module", params=DATA)
def scene(request):
    return Scene(DATA[request.param](), i=7, j=19)


@pytest.mark.parametrize("name", catalogue)
def test_the_snippet_computes_exactly_what_the_view_shows(scene, name):
    plate = catalogue[name].make(scene)
    assert plate.name == name
    assert len(plate.snippet.strip().splitlines()) <= 10
    namespace = {"np": np, **plate.inputs}
    exec(plate.snippet, namespace)  # noqa: S102
    largest = np.abs(plate.result).max()
    assert np.isfinite(largest)
    assert largest > 0
    np.testing.assert_allclose(namespace["result"], plate.result, rtol=0, atol=1e-6 * largest)
