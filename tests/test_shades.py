"""Classes within classes: shades of one colour."""

import base64
import json
import re

import numpy as np
import pytest

import nbembed as nb
from nbembed import EmbedWidget
from nbembed.columns import Column
from nbembed.encodings import ABSENT, as_text, codes_of, color_spec, shaded, without_values
from nbembed.errors import InvalidInputError

OUTER = np.array(["cat", "cat", "dog", "cat", "dog", None], dtype=object)
INNER = np.array(["lion", "lynx", "wolf", "lion", None, "wolf"], dtype=object)


def spec():
    return color_spec(Column("kind", OUTER), subclass=Column("species", INNER))


def test_a_class_has_the_classes_within_it():
    found = spec()
    assert found["categories"] == ["cat", "dog"]
    shades = found["shades"]
    assert shades["name"] == "species"
    assert shades["categories"] == [["lion", "lynx"], ["wolf"]]
    assert shades["counts"] == [[2, 1], [1]]
    assert codes_of(shades).tolist() == [0, 1, 0, 0, ABSENT, ABSENT]
    # The classes themselves are as without.
    assert codes_of(found).tolist() == codes_of(color_spec(Column("kind", OUTER))).tolist()


def test_the_first_is_the_darkest_and_the_last_the_lightest():
    found = spec()
    colors = np.tile([0.5, 0.2, 0.8], (6, 1))
    rows = shaded(colors, found["shades"], codes_of(found))
    np.testing.assert_allclose(rows[0], 0.6 * colors[0])
    np.testing.assert_allclose(rows[1], 0.5 + 0.5 * colors[1])
    # One alone, and those that are missing, have the colour of their class.
    np.testing.assert_allclose(rows[[2, 4, 5]], colors[:3])


def test_text_and_copies_hold_no_bytes():
    assert json.dumps(without_values(spec()))
    told = as_text(spec())
    assert base64.b64decode(told["shades"]["values"]) == spec()["shades"]["values"]
    assert json.dumps(told)


def test_only_classes_have_shades():
    with pytest.raises(InvalidInputError, match="subclass must be left out for the numbers of 'x'"):
        color_spec(Column("x", np.arange(6) / 7), subclass=Column("species", INNER))
    with pytest.raises(InvalidInputError, match="subclass must hold classes.*'y'"):
        color_spec(Column("kind", OUTER), subclass=Column("y", np.arange(6) / 7))


@pytest.fixture
def widget(blobs):
    classes, inner = np.repeat(["a", "b", "c"], 50), np.tile(["u", "v", "w", "x", "y"], 30)
    return EmbedWidget(blobs, labels=classes, n_epochs=10, random_state=0).color(subclass=inner)


def test_a_widget_is_coloured_by_both(widget):
    told = widget.color()
    assert told["name"] == "label"
    assert told["shades"]["name"] == "subclass"
    assert told["shades"]["counts"] == [[10] * 5] * 3
    names = [column.name for column in widget._shown_columns()]
    assert names == ["label", "subclass"]
    widget.color("label")
    assert "shades" not in widget.color()


def test_pages_files_and_pictures_have_both(widget, tmp_path):
    widget.fit()
    page = widget.to_html(tmp_path / "map.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="nbembed-page">(.*?)</script>', page, re.DOTALL).group(1))
    assert data["encodings"]["color"]["shades"]["name"] == "subclass"
    assert isinstance(data["encodings"]["color"]["shades"]["values"], str)
    widget.save(tmp_path / "map.nbembed")
    again = nb.load(tmp_path / "map.nbembed")
    assert again.color() == widget.color()
    figure = widget.plot()
    colors = np.unique(np.round(figure.axes[0].collections[0].get_facecolors()[:, :3], 3), axis=0)
    assert len(colors) == 15
    legend = figure.axes[0].get_legend()
    assert legend.get_title().get_text() == "label, shades: subclass"
