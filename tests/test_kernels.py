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


SQUARED = np.array([0.0, 1e-3, 0.1, 1.0, 30.0, 400.0])


def test_kernels_of_a_name_are_the_functions():
    np.testing.assert_allclose(
        kernels.kernel_named("student_t", dof=3.0).values(SQUARED), kernels.student_t(SQUARED, 3.0)
    )
    np.testing.assert_allclose(
        kernels.kernel_named("cauchy", a=1.5, b=0.8).values(SQUARED),
        kernels.cauchy(SQUARED, 1.5, 0.8),
    )
    np.testing.assert_allclose(
        kernels.kernel_named("gaussian").values(SQUARED), kernels.gaussian(SQUARED)
    )


@pytest.mark.parametrize(
    "kernel",
    [
        kernels.kernel_named("student_t", dof=0.3),
        kernels.kernel_named("student_t", dof=7.0),
        kernels.kernel_named("cauchy", a=1.6, b=0.9),
        kernels.kernel_named("cauchy", a=0.1, b=1.9),
        kernels.kernel_named("gaussian"),
    ],
)
def test_slopes_equal_finite_differences_and_compiled_code(kernel):
    from nbembed.forces.pairs import kernel_at

    squared = SQUARED[1:-1]
    step = 1e-4 * squared
    up, down = (np.log(kernel.values(squared + sign * step)) for sign in (1, -1))
    np.testing.assert_allclose(kernel.slopes(squared), (down - up) / (2 * step), rtol=1e-5)
    for each in squared:
        w, slope, odds = kernel_at(each, kernel)
        np.testing.assert_allclose(w, kernel.values(each), rtol=1e-12)
        np.testing.assert_allclose(slope, kernel.slopes(each), rtol=1e-12)
        np.testing.assert_allclose(odds, 1.0 / w - 1.0, rtol=1e-6)
    assert np.isfinite(kernel.slopes(0.0))


@pytest.mark.parametrize(
    ("name", "options"), [("normal", {}), ("student_t", {"dof": 0.0}), ("cauchy", {"b": -1.0})]
)
def test_kernel_named_says_what_is_wrong(name, options):
    with pytest.raises(InvalidInputError, match=r"(kernel|dof|b) must be"):
        kernels.kernel_named(name, **options)
