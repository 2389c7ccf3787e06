"""Forces of a pair over its distances, and angles of estimated repulsions."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.affinities import joint
from nbembed.errors import InvalidInputError
from nbembed.forces import MatchingStepper, Switches
from nbembed.inspect import gradient_plates, pair_gradient, repulsion_angles
from nbembed.inspect.tree import tree_repulsion
from nbembed.kernels import kernel_named
from nbembed.neighbors import nearest_neighbors

LOSSES = [("kl", True), ("kl", False), ("frobenius", True), ("frobenius", False)]


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(300, 2)) * 3 + 10 * rng.integers(3, size=(300, 1))).astype(np.float32)


@pytest.mark.parametrize(("divergence", "normalized"), LOSSES)
@pytest.mark.parametrize("kernel", [kernel_named("student_t"), kernel_named("cauchy", a=1.6, b=0.9)])  # fmt: skip
def test_pairs_add_up_to_the_gradient(divergence, normalized, kernel):
    rng = np.random.default_rng(1)
    rows, Y = rng.normal(size=(40, 5)).astype(np.float32), rng.normal(size=(40, 2))
    graph = joint(nearest_neighbors(rows, n_neighbors=8), normalized=normalized)
    switches = Switches(divergence, normalized, repulsion="exact", softening=0.0)
    stepper = MatchingStepper(
        graph, Y, kernel=kernel, switches=switches, learning_rate=1.0, n_steps=1, seed=0
    )
    Y = stepper.embedding().astype(np.float64)
    P = graph.to_scipy().toarray()
    apart = Y[:, None] - Y
    d = np.linalg.norm(apart, axis=2)
    w = kernel.values(d**2)
    np.fill_diagonal(w, 0.0)
    Z = w.sum() if normalized else 1.0
    excess = ((P - w / Z) * w / Z).sum()
    each = pair_gradient(
        P, d, kernel=kernel, divergence=divergence, normalized=normalized, total=Z, excess=excess
    )
    np.fill_diagonal(each, 0.0)
    np.fill_diagonal(d, 1.0)
    wanted = stepper.gradient()
    found = (each[:, :, None] * apart / d[:, :, None]).sum(axis=1)
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())


def test_the_gradient_of_one_pair_by_hand():
    # At the distance 1 t-SNE's kernel is 1/2, and so is its slope.
    assert pair_gradient(0.3, 1.0, total=2.0) == pytest.approx(4 * (0.3 - 0.25) * 0.5)
    assert pair_gradient(0.3, 1.0, normalized=False) == pytest.approx(4 * (0.3 - 0.7) * 0.5)
    frobenius = {"divergence": "frobenius", "excess": 0.01}
    assert pair_gradient(0.3, 1.0, total=2.0, **frobenius) == pytest.approx(8 * 0.04 * 0.25 * 0.5)
    assert pair_gradient(0.3, 1.0, normalized=False, **frobenius) == pytest.approx(-8 * 0.2 * 0.25)
    # Next to each other: bounded with the normalisation, 4 (1 - p)/d without.
    near = 1e-3
    assert pair_gradient(0.0, near, normalized=False) == pytest.approx(-4 / near, rel=1e-5)
    assert abs(pair_gradient(0.0, near)) < 4 * near


@pytest.mark.parametrize(("a", "b"), [(1.0, 1.0), (1.6, 0.9)])
def test_all_plates_rest_along_one_line(a, b):
    found = gradient_plates(n_samples=50, a=a, b=b)
    at_rest = gradient_plates(found.in_data, found.rest, n_samples=50, a=a, b=b)
    for key, plate in found.plates.items():
        np.testing.assert_array_equal(plate > 0, found.in_map > found.rest[:, None])
        strongest = np.abs(at_rest.plates[key]).max()
        np.testing.assert_allclose(np.diag(at_rest.plates[key]), 0.0, atol=1e-12 * strongest)
    weak, strong = found.plates["kl", True], gradient_plates(n_samples=500, a=a, b=b).plates["kl", True]  # fmt: skip
    np.testing.assert_allclose(weak * (50 * 49), strong * (500 * 499), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient_plates([1.0], [1.0]).rest, np.sqrt(np.e**0.5 - 1))


def test_a_corner_of_a_square_is_pushed_half_way_off():
    # All others push along the diagonal, a single one along a side.
    found = repulsion_angles([[0, 0], [3, 0], [0, 3]], n_negatives=1, theta=1e-6)
    assert found.angles["sampled"][0] == pytest.approx(np.pi / 4)
    np.testing.assert_allclose(found.exact[0], [-0.03, -0.03])
    assert found.angles["tree"].max() < 1e-6
    assert found.angles["grid"].max() < 0.02


def test_points_upon_each_other_have_no_direction():
    found = repulsion_angles(np.ones((5, 2)), ways=["sampled", "tree"])
    assert all(np.isnan(values).all() for values in found.angles.values())


def test_better_estimates_have_smaller_angles(points):
    few, many = (repulsion_angles(points, n_negatives=m) for m in (5, 500))
    assert many.means["sampled"] < 0.5 * few.means["sampled"]
    assert many.of_all["sampled"] < 0.5 * few.of_all["sampled"]
    assert few.means["grid"] < 0.01 < few.means["sampled"]
    angles = [repulsion_angles(points, ways=["tree"], theta=t).means["tree"] for t in (0.2, 0.5, 1.0)]  # fmt: skip
    assert angles[0] < angles[1] < angles[2] < 0.1
    np.testing.assert_array_equal(few.angles["sampled"], repulsion_angles(points, n_negatives=5).angles["sampled"])  # fmt: skip
    other = repulsion_angles(points, n_negatives=5, random_state=1)
    assert not np.array_equal(few.angles["sampled"], other.angles["sampled"])


@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_a_tree_whose_boxes_are_all_opened_is_exact(n_components):
    places = np.random.default_rng(2).normal(size=(60, n_components))
    places[7] = places[3]
    apart = places[:, None] - places
    wanted = (apart / (1 + (apart**2).sum(axis=2, keepdims=True)) ** 2).sum(axis=1)
    np.testing.assert_allclose(tree_repulsion(places, theta=0.0), wanted, atol=1e-12)


def test_two_points_far_enough_are_one():
    # From the first point, the smallest box around both others is 2.5 wide, and 10.75 away.
    places = np.array([[0.0, 0.0], [10.0, 3.0], [10.0, 4.9]])
    middle = np.array([10.0, 3.95])
    as_one = -2 * middle / (1 + middle @ middle) ** 2
    exact = tree_repulsion(places, theta=0.22)[0]
    assert np.abs(exact - as_one).max() > 1e-6
    np.testing.assert_allclose(tree_repulsion(places, theta=0.24)[0], as_one, rtol=1e-12)


def test_other_degrees_of_freedom_push_otherwise(points):
    one, other = (repulsion_angles(points, ways=["tree"], dof=dof) for dof in (1.0, 0.5))
    assert np.abs(one.exact - other.exact).max() > 0.01
    assert other.means["tree"] < 0.1


def test_what_cannot_be_is_said(points):
    with pytest.raises(InvalidInputError, match="ways must be one of"):
        repulsion_angles(points, ways=["trees"])
    with pytest.raises(InvalidInputError, match="leave 'grid' out for more than two components, got 3"):  # fmt: skip
        repulsion_angles(np.ones((5, 3)))
    with pytest.raises(InvalidInputError, match="divergence must be one of"):
        pair_gradient(0.1, 1.0, divergence="ce")
    with pytest.raises(InvalidInputError, match="in_map must hold distances above 0"):
        gradient_plates(in_map=[0.0, 1.0])


def test_results_draw_themselves(points):
    assert len(gradient_plates(n_samples=9).plot().axes) == 8
    assert repulsion_angles(points, ways=["sampled"]).plot().axes[0].get_legend()
    assert "pair_gradient" in nb.inspect.__all__
