"""Pictures of gradients over two distances, and of angles of repulsions."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError
from nbembed.figures import MapFigure, png
from nbembed.inspect import RepulsionAngles, gradient_plates, repulsion_angles


@pytest.fixture(scope="module")
def angles():
    return repulsion_angles(
        np.random.default_rng(0).normal(size=(50, 2)) * 9, ways=("sampled", "tree")
    )


def test_each_plate_has_its_losses_its_line_and_its_scale():
    found = gradient_plates(np.linspace(0.2, 2, 8), np.linspace(0.1, 3, 9))
    figure = nb.gradient_plates_figure(found, title="a $ and b $")
    panels = [ax for ax in figure.axes if ax.get_title()]
    assert [ax.get_title() for ax in panels] == [
        f"{loss}, {side}"
        for loss in ("KL", "Frobenius")
        for side in ("normalised (t-SNE)", "not normalised (UMAP)")
    ]
    for ax, key in zip(panels, (("kl", True), ("kl", False)), strict=False):
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), found.rest)
        mesh = ax.collections[0]
        np.testing.assert_allclose(mesh.get_array(), found.plates[key])
        # White is rest: pulls and pushes have one scale.
        assert mesh.norm.vmin == -mesh.norm.vmax == -np.abs(found.plates[key]).max()
    assert figure.get_suptitle() == "a $ and b $"
    assert isinstance(figure, MapFigure)
    assert png(figure).startswith(b"\x89PNG")


def test_angles_of_a_map_are_shares_of_its_points(angles):
    ax = nb.repulsion_angles_figure(angles).axes[0]
    for way, patch in zip(("sampled", "tree"), ax.patches, strict=True):
        assert patch.get_data().values.sum() == pytest.approx(1.0)
        assert patch.get_label() == f"{way}, mean {angles.means[way]:.3f}"


def test_angles_of_frames_are_means_over_their_steps(angles):
    ax = nb.repulsion_angles_figure({20: angles, 0: angles}).axes[0]
    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(lines["tree"].get_xdata(), [0, 20])
    np.testing.assert_allclose(lines["tree"].get_ydata(), [angles.means["tree"]] * 2)


def test_nothing_cannot_be_drawn(angles):
    with pytest.raises(InvalidInputError, match="the angles of a frame"):
        nb.repulsion_angles_figure({})
    with pytest.raises(InvalidInputError, match="the angles of a way"):
        nb.repulsion_angles_figure(RepulsionAngles({}, angles.exact, {}))
