import numpy as np
import pytest

from nbembed.labels import MISSING, classes


@pytest.mark.parametrize(
    ("labels", "names", "codes"),
    [
        (np.array(["b", "a", "b"]), ["a", "b"], [1, 0, 1]),
        (np.array([10, 9, 10]), ["9", "10"], [1, 0, 1]),
        (np.array([True, False]), ["False", "True"], [1, 0]),
        (np.array(["x", None, float("nan")], dtype=object), ["x"], [0, MISSING, MISSING]),
        (np.array([1, "one"], dtype=object), ["1", "one"], [0, 1]),
        (np.array([1, "1"], dtype=object), ["1"], [0, 0]),
    ],
)
def test_names_in_sorted_order_and_a_code_each(labels, names, codes):
    found = classes(labels)
    assert found is not None
    assert found[0] == names
    assert found[1].tolist() == codes


@pytest.mark.parametrize("labels", [np.arange(60), np.linspace(0, 1, 5), np.array([0.0, 1.0])])
def test_floats_and_many_integers_are_numbers(labels):
    assert classes(labels) is None
