"""What a widget leaves: colours, text, pictures, files."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
from PIL import Image

import nbembed as nb
from nbembed import TSNE, EmbedWidget, figures
from nbembed.encodings import codes_of
from nbembed.errors import InvalidInputError
from tests.widgets import make


def test_labels_become_categories_or_numbers(blobs):
    names = np.array(["b", "a", "c"])[np.arange(150) % 3]
    widget = make(blobs, labels=names)
    assert widget.color() == {
        "kind": "category",
        "name": "label",
        "categories": ["a", "b", "c"],
        "counts": [50, 50, 50],
    }
    codes = codes_of(widget.encodings["color"])
    assert [widget.color()["categories"][c] for c in codes] == names.tolist()
    numbers = make(blobs, labels=np.linspace(0, 1, 150))
    assert (numbers.color()["kind"], numbers.color()["max"]) == ("number", 1.0)
    assert make(blobs).encodings == {}


def test_missing_labels_have_no_class(blobs):
    labels = [None if i % 10 == 0 else "x" for i in range(150)]
    widget = make(blobs, labels=labels)
    assert widget.color()["categories"] == ["x"]
    assert codes_of(widget.encodings["color"])[:2].tolist() == [65535, 0]


def test_numbers_in_label_order_not_in_text_order(blobs):
    widget = make(blobs, labels=np.arange(150) % 12)
    assert widget.color()["categories"] == [str(i) for i in range(12)]


def test_text_is_stable(blobs):
    widget = make(blobs)
    assert repr(widget) == "EmbedWidget(method='UMAP', n=150, d=10, state='idle')"
    widget.fit()
    assert not re.search(r"0x[0-9a-f]{4}|\d\.\d", repr(widget))
    assert "0x" not in repr(widget.metrics())
    assert "0x" not in repr(widget.history_)


def test_the_picture_for_readers_without_a_kernel_is_small(blobs):
    widget = make(blobs)
    assert widget._picture_png() is None
    widget.fit()
    assert widget._picture_png().startswith(b"\x89PNG")
    assert len(widget._picture_png()) < 60_000


def test_an_estimator_may_be_given(blobs):
    widget = EmbedWidget(
        blobs, method=TSNE(perplexity=10, n_iter=10, early_exaggeration_iter=10, random_state=0)
    ).fit()
    assert "t-SNE" in repr(widget)
    assert widget.embedding_.shape == (150, 2)


def test_plot_shows_the_present_look_and_the_caption(blobs):
    widget = make(blobs, labels=np.arange(150) % 3).fit()
    figure = widget.plot(title="blobs")
    assert figure.axes[0].get_title() == "blobs"
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["0", "1", "2"]
    # What was measured last counts.
    widget.history_.add_value("trustworthiness", 60, 0.876, by_clock=True)
    assert widget.plot().axes[0].get_xlabel() == figures.caption(0.876)
    again = widget.color(np.linspace(1, 9, 150), name="score", scale="log").plot()
    assert again.axes[0].get_title() == "UMAP"
    assert again.axes[1].get_ylabel() == "score"


def test_a_map_that_was_not_measured_has_half_a_caption(blobs):
    widget = make(blobs, live_metrics=False).fit()
    assert widget.plot().axes[0].get_xlabel() == "Sizes and gaps of clusters are not to scale."


def test_what_is_to_scale_depends_on_the_method(blobs):
    said = {
        method.title: method.to_scale
        for method in (nb.UMAP(), nb.UMAP(densmap=True), nb.MDS(), nb.Isomap(), nb.TSNE())
    }
    assert said["UMAP"] == said["t-SNE"] == "Sizes and gaps of clusters are not to scale."
    assert "gaps are not to scale" in said["densMAP"]
    assert "are to scale" in said["MDS"]
    assert "along the data" in said["Isomap"]
    widget = nb.EmbedWidget(blobs, method="mds", n_iter=5, live_metrics=False).fit()
    assert widget.status["to_scale"] == said["MDS"]
    assert widget.plot().axes[0].get_xlabel() == said["MDS"]


def test_pictures_are_written_at_once_or_not_at_all(blobs, tmp_path, monkeypatch):
    widget = make(blobs).fit()
    png, svg = widget.to_png(tmp_path / "map.png", dpi=50), widget.to_svg(tmp_path / "map.svg")
    assert Image.open(png).size == (320, 240)
    before = svg.read_bytes()
    assert b"<svg" in before
    with pytest.raises(InvalidInputError, match="dpi must be a number of at least 20"):
        widget.to_png(tmp_path / "map.png", dpi=1)

    def torn(path, content):
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.write_bytes", torn)
    with pytest.raises(OSError, match="disk full"):
        widget.to_svg(svg)
    assert svg.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["map.png", "map.svg"]


def test_a_page_holds_the_present_look(blobs, tmp_path):
    widget = make(blobs, labels=np.arange(150) % 3, hover={"name": ["</script>"] * 150}).fit()
    widget.selection, widget.filter = [1, 5], {"categories": ["1"]}
    text = widget.to_html(tmp_path / "map.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?https?:""", text)
    payload = json.loads(re.search(r'id="nbembed-page">(.*?)</script>', text, re.DOTALL)[1])
    values = zlib.decompress(base64.b64decode(payload["encodings"]["color"]["values"]))
    assert np.frombuffer(values, "<u2").tolist() == (np.arange(150) % 3).tolist()
    assert payload["encodings"]["color"]["categories"] == ["0", "1", "2"]
    assert payload["fields"]["columns"] == ["label", "name"]
    assert payload["filter"] == {"categories": ["1"]}
    assert base64.b64decode(payload["selection"]["data"]) == b"\1\0\0\0\5\0\0\0"
    assert payload["details"]["values"][3] == ["</script>"]
    assert set(payload["buffers"]) == {"snapshot", "neighbors"}


def test_a_page_without_anything_to_tell_has_no_details(blobs, tmp_path):
    widget = make(blobs, images=np.zeros((150, 4, 4))).fit()
    text = widget.to_html(tmp_path / "map.html").read_text(encoding="utf-8")
    payload = json.loads(re.search(r'id="nbembed-page">(.*?)</script>', text, re.DOTALL)[1])
    assert "details" not in payload
    assert payload["fields"]["images"] is False


def test_quality_measured_live_agrees_with_the_report(digits):
    widget = EmbedWidget(digits[0], n_epochs=50, random_state=0).fit()
    live = widget.history_.curves["trustworthiness"]
    assert live.by_clock
    assert live.steps[-1] == 50
    assert abs(live.values[-1] - widget.metrics()["trustworthiness"]) < 0.005


def test_a_widget_tells_what_each_recursion_did(blobs):
    net = {"hidden": (8,), "n_epochs": 2, "batch_size": 50, "device": "cpu", "random_state": 0}
    widget = EmbedWidget(blobs, method="dre", recursions=["hidden1"], **net).fit()
    assert [(r.number, r.layer) for r in widget.recursions_] == [(0, "input"), (1, "hidden1")]
    np.testing.assert_array_equal(widget.recursions_[-1].embedding, widget.embedding_)
    assert widget.estimator_.recursions_ == widget.recursions_
    assert (
        EmbedWidget(blobs, method="tsne", n_iter=2, early_exaggeration_iter=0).fit().recursions_
        == []
    )
