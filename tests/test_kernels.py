import numpy as np
import pytest

from nbembed import kernels
from nbembed.errors import InvalidInputError

# Fitted by scipy to umap-learn's curve on 300 points of [0, 3].
TABLE = [
    (0.0, 1.9328, 0.7905),
    (0.001, 1.9291, 0.7915),
    (0.01, 1.8956, 0.8006),
    (0.1, 1.5769, 0.8951),
    (0.25, 1.1214, 1.0575),
    (0.5, 0.5830, 1.3342),
    (0.99, 0.1193, 1.9164),
]


@pytest.mark.parametrize(("min_dist", "a", "b"), TABLE)
def test_fit_ab_equals_the_table(min_dist, a, b):
    np.testing.assert_allclose(kernels.fit_ab(min_dist, 1.0), (a, b), atol=1e-4)


def test_fit_ab_equals_umap_learn_at_another_spread():
    from umap.umap_ import find_ab_params

    np.testing.assert_allclose(kernels.fit_ab(0.3, 2.0), find_ab_params(2.0, 0.3), rtol=1e-4)


@pytest.mark.parametrize(("min_dist", "spread"), [(-0.1, 1.0), (3.0, 1.0), (0.1, 0.0)])
def test_fit_ab_names_what_is_wrong(min_dist, spread):
    with pytest.raises(InvalidInputError, match=r"(min_dist|spread) must be"):
        kernels.fit_ab(min_dist, spread)


def test_cauchy_one_one_is_student_t():
    squared = np.array([0.0, 0.1, 1.0, 100.0])
    np.testing.assert_allclose(
        kernels.cauchy(squared, 1.0, 1.0), kernels.student_t(squared), atol=1e-11
    )


def test_kernels_are_one_at_zero_and_fall():
    squared = np.linspace(0.0, 9.0, 50)
    for values in (
        kernels.student_t(squared, 0.5),
        kernels.cauchy(squared, 1.6, 0.9),
        kernels.gaussian(squared),
    ):
        np.testing.assert_allclose(values[0], 1.0, atol=1e-9)
        assert (np.diff(values) < 0).all()
        assert np.isfinite(values).all()


def test_student_t_approaches_a_gaussian_with_many_degrees_of_freedom():
    squared = np.linspace(0.0, 4.0, 20)
    np.testing.assert_allclose(
        kernels.student_t(squared, 1e7), kernels.gaussian(squared / 2), atol=1e-6
    )
