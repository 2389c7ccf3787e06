"""What a widget leaves: colours, text, pictures, files."""

import base64
import re

import numpy as np

from nbembed import TSNE, EmbedWidget
from tests.widgets import make


def test_labels_become_categories_or_numbers(blobs):
    names = np.array(["b", "a", "c"])[np.arange(150) % 3]
    widget = make(blobs, labels=names)
    assert widget.color_spec["kind"] == "category"
    assert widget.color_spec["categories"] == ["a", "b", "c"]
    assert widget.color_spec["counts"] == [50, 50, 50]
    codes = np.frombuffer(widget.color_values, "<u2")
    assert [widget.color_spec["categories"][c] for c in codes] == names.tolist()
    numbers = make(blobs, labels=np.linspace(0, 1, 150))
    assert (numbers.color_spec["kind"], numbers.color_spec["max"]) == ("number", 1.0)
    assert len(numbers.color_values) == 600
    assert make(blobs).color_spec == {}


def test_missing_labels_have_no_class(blobs):
    labels = [None if i % 10 == 0 else "x" for i in range(150)]
    widget = make(blobs, labels=labels)
    assert widget.color_spec["categories"] == ["x"]
    assert np.frombuffer(widget.color_values, "<u2")[:2].tolist() == [65535, 0]


def test_numbers_in_label_order_not_in_text_order(blobs):
    widget = make(blobs, labels=np.arange(150) % 12)
    assert widget.color_spec["categories"] == [str(i) for i in range(12)]


def test_text_is_stable(blobs):
    widget = make(blobs)
    assert repr(widget) == "EmbedWidget(method='UMAP', n=150, d=10, state='idle')"
    widget.fit()
    assert not re.search(r"0x[0-9a-f]{4}|\d\.\d", repr(widget))
    assert "0x" not in repr(widget.metrics())
    assert "0x" not in repr(widget.history_)


def test_a_display_with_a_map_carries_a_picture_for_readers_without_a_kernel(blobs):
    widget = make(blobs)
    assert "image/png" not in widget._repr_mimebundle_()[0]
    widget._shown._cell = None
    widget.fit()
    widget._shown._cell = None
    data, _ = widget._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == repr(widget)
    # A second copy in the same cell is text.
    assert widget._repr_mimebundle_() == {"text/plain": repr(widget)}


def test_an_estimator_may_be_given(blobs):
    widget = EmbedWidget(
        blobs, method=TSNE(perplexity=10, n_iter=10, early_exaggeration_iter=10, random_state=0)
    ).fit()
    assert "t-SNE" in repr(widget)
    assert widget.embedding_.shape == (150, 2)


def test_plot_and_page(blobs, tmp_path):
    widget = make(blobs, labels=np.arange(150) % 3).fit()
    figure = widget.plot(title="blobs")
    assert figure.axes[0].get_title() == "blobs"
    path = widget.to_html(tmp_path / "map.html")
    text = path.read_text(encoding="utf-8")
    assert "nbembed-page" in text
    assert not re.search(r"""(src|href)=["']?https?:""", text)


def test_quality_measured_live_agrees_with_the_report(digits):
    widget = EmbedWidget(digits[0], n_epochs=50, random_state=0).fit()
    live = widget.history_.curves["trustworthiness"]
    assert live.by_clock
    assert live.steps[-1] == 50
    assert abs(live.values[-1] - widget.metrics()["trustworthiness"]) < 0.005
