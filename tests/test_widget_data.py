"""Data frames and other data in the widget: what is embedded, offered, warned about, given back."""

import gc
import warnings
import weakref

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse

from nbembed import UMAP, EmbedWidget, datasets
from nbembed.errors import InvalidInputError, RunEndedError
from tests.widgets import make

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=(40, 3))
CONTENT = {
    "a": NUMBERS[:, 0],
    "b": NUMBERS[:, 1],
    "species": np.array(["cat", "dog"])[np.arange(40) % 2],
    "age": np.arange(40) % 30 + 1,
    "wild": np.arange(40) % 3 == 0,
}


def arrow(content):
    pa = pytest.importorskip("pyarrow")
    return pa.table({name: pa.array(values) for name, values in content.items()})


FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": arrow}
frames = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)


def quiet(X, **options):
    """Return a widget that has nothing to warn about."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return make(X, **options)


def advice(X, **options):
    """Return the warnings at this very line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        EmbedWidget(X, **options)
    ours = [w for w in caught if issubclass(w.category, UserWarning)]
    assert all(w.filename == __file__ for w in ours)
    return [str(w.message) for w in ours]


# ---- what is embedded ---------------------------------------------------------------------------


@frames
def test_labels_colour_and_are_not_embedded_but_colour_is(frame):
    X = frame(CONTENT)
    widget = quiet(X, labels="species", features=["a", "b", "age"])
    assert widget._data.shape == (40, 3)
    assert widget.color()["categories"] == ["cat", "dog"]
    by_age = quiet(X, color="age", hover=["species"], features=["a", "age"])
    assert by_age._table.features == ["a", "age"]
    assert (by_age.color()["kind"], by_age.color()["name"]) == ("category", "age")
    both = quiet(X, color="a", labels="age")
    assert both._table.features == ["a", "b"]
    assert (both.color()["name"], both._labels.name) == ("a", "age")


@frames
def test_the_map_of_a_frame_is_that_of_its_numbers(frame):
    widget = quiet(frame(CONTENT), features=["a", "b"], n_epochs=20).fit()
    plain = UMAP(n_epochs=20, random_state=3).fit(NUMBERS[:, :2])
    np.testing.assert_array_equal(widget.embedding_, plain.embedding_)


def test_a_label_cannot_be_a_feature_too():
    with pytest.raises(InvalidInputError, match=r"got 'age', which labels= or images= takes out"):
        make(pd.DataFrame(CONTENT), labels="age", features=["a", "age"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": "spceies"}, r"labels must name a column.*'spceies'; did you mean 'species'"),
        ({"color": "spceies"}, r"color must name a column.*did you mean 'species'"),
        ({"size": "agee"}, r"size must name a column.*did you mean 'age'"),
        ({"opacity": "zzz"}, r"opacity must name a column.*'zzz'; there are a, b, species, age, wild"),
        ({"hover": ["spceies"]}, r"hover must name a column.*did you mean 'species'"),
        ({"hover": "spceies"}, r"hover must name a column"),
        ({"images": "spceies"}, r"images must name a column"),
        ({"images": "age"}, r"images must name a column of bytes, paths or pictures, got 'age', which holds numbers"),
        ({"features": ["species"]}, r"features must be numeric columns, got 'species', which holds text"),
        ({"color": [1, 2]}, r"color must hold one value per row of X, 40 in all, got shape \(2,\)"),
        ({"hover": {"n": [1, 2]}}, r"hover\['n'\] must hold one value per row of X"),
        ({"hover": {"n": "species"}}, r"hover\['n'\] must hold one value per row.*hover=\['species'\]"),
        ({"hover": {"age": range(40)}}, r"hover must have another name for values that are not those of X\['age'\]"),
        ({"live_metrics": "no"}, r"live_metrics must be True or False, got 'no'"),
        ({"colour": "age"}, r"EmbedWidget got an unexpected keyword argument 'colour'; did you mean 'color'"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make(pd.DataFrame(CONTENT), **options)


def test_names_need_a_data_frame():
    for argument in ("labels", "color", "hover", "images"):
        with pytest.raises(
            InvalidInputError, match=f"{argument} must .*X has no names for its columns"
        ):
            make(NUMBERS, **{argument: "species"})


def test_missing_numbers_name_their_column():
    X = pd.DataFrame({**CONTENT, "g": pd.array([None, *range(39)], dtype="Int64")})
    with pytest.raises(
        InvalidInputError, match=r"X must be finite.*column\(s\) g \(1\); first row\(s\) 0"
    ):
        make(X, labels="species")


# ---- what is offered ----------------------------------------------------------------------------


def without_measures(widget):
    return {name: value for name, value in widget.fields.items() if name != "measures"}


@frames
def test_the_fields_say_what_the_data_offers(frame):
    widget = quiet(frame(CONTENT), labels="species")
    assert without_measures(widget) == {
        "columns": ["species", "wild", "a", "b", "age"],
        "hover": ["species", "wild"],
        "images": False,
        "searchable": True,
        "index": False,
    }
    assert quiet(frame(CONTENT), hover=["age", "a", "age"]).fields["hover"] == ["age", "a"]
    assert quiet(frame(CONTENT), hover=[], labels="species").fields["hover"] == []


def test_a_card_shows_eight_columns_at_most_unless_asked():
    X = pd.DataFrame({"a": NUMBERS[:, 0], **{f"t{i}": ["x"] * 40 for i in range(12)}})
    assert quiet(X, labels="t0").fields["hover"] == [f"t{i}" for i in range(8)]
    assert len(quiet(X, hover=[f"t{i}" for i in range(12)]).fields["hover"]) == 12


def test_columns_are_offered_up_to_a_bound():
    X = pd.DataFrame(RNG.normal(size=(10, 300)))
    assert len(quiet(X, n_neighbors=3).fields["columns"]) == 200


def test_arrays_offer_what_they_are_given():
    names = [f"row {i}" for i in range(40)]
    assert without_measures(make(NUMBERS)) == {
        "columns": [],
        "hover": [],
        "images": False,
        "searchable": True,
        "index": False,
    }
    widget = make(NUMBERS, labels=np.arange(40) % 2, hover={"name": names, "score": NUMBERS[:, 0]})
    assert widget.fields["columns"] == ["label", "name", "score"]
    assert widget.fields["hover"] == ["name", "score"]
    assert widget.color("score").color()["name"] == "score"
    assert make(NUMBERS, hover=names).fields["hover"] == ["text"]
    assert make(NUMBERS, hover=pd.Series(names, name="who")).fields["hover"] == ["who"]
    assert make(NUMBERS, hover=pl.DataFrame({"who": names, "k": range(40)})).fields["hover"] == [
        "who",
        "k",
    ]
    assert make(NUMBERS, labels=names, hover=["label"]).fields["hover"] == ["label"]


def test_a_column_of_the_frame_may_be_given_as_values():
    X = pd.DataFrame({**CONTENT, "gap": [None, *"x" * 39]})
    widget = quiet(X, hover=X["gap"], labels=X["species"])
    assert widget.fields["hover"] == ["gap"]
    assert widget._details.about(0)["values"] == [["gap", "missing"]]
    assert quiet(X, hover=X[["species", "age"]]).fields["hover"] == ["species", "age"]


def test_a_series_names_what_it_colours():
    assert quiet(NUMBERS, labels=pd.Series(range(40), name="rank")).color()["name"] == "rank"
    assert quiet(NUMBERS, color=pl.Series("rank", range(40))).fields["columns"] == ["rank"]
    assert quiet(NUMBERS, labels=range(40)).color()["name"] == "label"
    assert quiet(NUMBERS, color=np.arange(40)).color()["name"] == "color"


@pytest.mark.parametrize("form", ["column", "array"])
def test_images_are_neither_embedded_nor_offered(form):
    X = pd.DataFrame({**CONTENT, "path": ["a.png"] * 40})
    if form == "column":
        widget = quiet(X, images="path", labels="species")
        assert "path" not in [*widget.fields["columns"], *widget.fields["hover"]]
        assert widget._details.pictures.png(0) is None
    else:
        widget = quiet(NUMBERS, images=np.zeros((40, 8, 8)))
        assert widget._details.pictures.png(0).startswith(b"\x89PNG")
    assert widget.fields["images"] is True


# ---- warnings -----------------------------------------------------------------------------------


def test_wild_scales_are_named_with_their_cure():
    X = pd.DataFrame(
        {"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "income": 5e4 * NUMBERS[:, 2], "c": 1.0}
    )
    (said,) = advice(X)
    assert "very different scales" in said
    assert "'income', with up to" in said
    assert "StandardScaler" in said
    (both,) = advice(X[["a", "income"]])
    assert "'income'" in both
    assert advice(X[["a", "b", "c"]]) == []
    assert advice(X.to_numpy()) == []


def test_columns_left_out_are_named_unless_somebody_chose():
    X = pl.DataFrame(CONTENT)
    (said,) = advice(X)
    assert "'species', 'wild'; they are offered for colour and on hover" in said
    assert "one-hot" in said
    for options in (
        {"labels": "species"},
        {"color": "a"},
        {"hover": ["age"]},
        {"features": ["a", "b"]},
    ):
        assert advice(X, **options) == []


def test_a_class_that_is_embedded_and_coloured_by_is_named():
    X = pd.DataFrame({**CONTENT, "target": np.arange(40) % 2})[["a", "b", "age", "target", "wild"]]
    (said,) = advice(X, color="target")
    assert "'target' colours the map and is embedded too" in said
    assert "labels='target'" in said
    (flag,) = advice(X, color="wild", features=["a", "wild"])
    assert "'wild' colours" in flag
    assert advice(X, labels="target") == []
    assert advice(X, color="age") == []
    assert advice(X, color="a") == []


def test_whole_numbers_that_may_be_codes_are_named():
    X = pd.DataFrame(
        {
            "a": NUMBERS[:, 0],
            "b": NUMBERS[:, 1],
            "k": np.arange(40) % 4,
            "i": np.arange(40) % 2,
            "n": range(40),
        }
    )
    (said,) = advice(X)
    assert "may be codes of categories: 'k', whole" in said
    assert "one-hot" in said
    (as_float,) = advice(X.astype(float))
    assert "'k', whole" in as_float
    assert advice(X, features=list(X.columns)) == []
    assert advice(X, labels="k") == []
    assert advice(X[["k", "i", "n"]]) == []
    (once,) = advice(X, color="k")
    assert "colours the map" in once


# ---- rows given back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "convert",
    [np.asarray, pd.DataFrame, pl.DataFrame, torch.tensor, sparse.csr_matrix, sparse.coo_matrix, np.ndarray.tolist],
    ids=["array", "pandas", "polars", "tensor", "csr", "coo", "list"],
)  # fmt: skip
def test_the_selected_rows_come_back_as_they_were_given(convert):
    X = convert(np.abs(NUMBERS))
    widget = make(X)
    widget.selection = [30, 2]
    rows = widget.selected
    dense = rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
    np.testing.assert_array_equal(dense, np.abs(NUMBERS)[[2, 30]])
    assert not isinstance(X, (pd.DataFrame, pl.DataFrame, torch.Tensor)) or type(rows) is type(X)


def test_pandas_rows_keep_index_and_types():
    X = pd.DataFrame(CONTENT, index=[f"r{i}" for i in range(40)])
    widget = quiet(X, labels="species")
    widget.selection = X["species"] == "dog"
    pd.testing.assert_frame_equal(widget.selected, X[X["species"] == "dog"])


def test_data_is_kept_by_reference():
    class Frame(pd.DataFrame):
        pass

    X = Frame(CONTENT)
    widget = quiet(X, labels="species")
    assert widget._table.source is X
    alive = weakref.ref(X)
    widget.close()
    del X, widget
    gc.collect()
    assert alive() is None


def test_a_memory_map_works_through_the_widget(tmp_path):
    np.save(tmp_path / "X.npy", NUMBERS)
    widget = make(np.load(tmp_path / "X.npy", mmap_mode="r"), n_epochs=5).fit()
    widget.selection = [39]
    np.testing.assert_array_equal(widget.selected, NUMBERS[[39]])


# ---- to_frame -----------------------------------------------------------------------------------


@frames
def test_to_frame_adds_the_map_to_the_callers_columns(frame):
    X = frame({**CONTENT, "x": np.zeros(40)})
    widget = quiet(X, labels="species", features=["a", "b"], n_epochs=5).fit()
    widget.selection = [1, 2]
    out = widget.to_frame()
    assert type(out) is type(X)
    names = getattr(out, "column_names", None) or list(out.columns)
    assert names == [*CONTENT, "x", "x_map", "y", "selected"]
    np.testing.assert_array_equal(np.asarray(out["y"].to_numpy()), widget.embedding_[:, 1])
    assert np.flatnonzero(out["selected"].to_numpy()).tolist() == [1, 2]


def test_to_frame_of_an_array_is_pandas_with_what_was_said():
    widget = make(
        NUMBERS, labels=np.arange(40) % 2, hover={"name": ["n"] * 40}, n_components=3, n_epochs=5
    )
    with pytest.raises(RunEndedError, match="there is no map yet"):
        widget.to_frame()
    out = widget.fit().to_frame()
    assert out.columns.tolist() == ["x", "y", "z", "label", "name", "selected"]
    assert out.index.tolist() == list(range(40))
    flat = make(NUMBERS, n_components=1, n_epochs=5).fit().to_frame()
    assert flat.columns.tolist() == ["x", "selected"]
    deep = make(NUMBERS, n_components=4, n_epochs=5).fit().to_frame()
    assert deep.columns.tolist() == ["c1", "c2", "c3", "c4", "selected"]


def test_to_frame_keeps_the_index():
    X = pd.DataFrame(NUMBERS, index=pd.date_range("2024", periods=40), columns=["a", "b", "c"])
    out = quiet(X, n_epochs=5).fit().to_frame()
    pd.testing.assert_frame_equal(out[["a", "b", "c"]], X)
    assert list(X.columns) == ["a", "b", "c"]


def test_metrics_use_the_labels_not_the_colour():
    X = pd.DataFrame({**CONTENT, "a": NUMBERS[:, 0] + 9 * (np.arange(40) % 2)})
    widget = quiet(X, labels="species", color="b", features=["a", "b"], n_epochs=20).fit()
    assert widget.metrics(n_neighbors=5)["knn_accuracy"] > 0.8
    assert "knn_accuracy" not in repr(
        quiet(X, color="b", features=["a", "b"], n_epochs=20).fit().metrics(n_neighbors=5)
    )


def test_y_supervises_and_colours_nothing():
    X, y = datasets.digits()
    X, y = X[:300], y[:300]
    known = np.where(np.arange(300) < 150, y, -1)
    options = {"hidden": (32,), "n_batches": 200, "device": "cpu", "random_state": 0}
    w = EmbedWidget(X, y=known, method="parametric_umap", terms=["classification"], **options)
    w.fit()
    assert w.encodings == {}
    np.testing.assert_array_equal(w.estimator_.classes_, np.arange(10))
    assert w.estimator_.score(X[150:], y[150:]) > 0.5
    assert "classification" in w.history_.curves


def test_a_column_that_supervises_is_not_embedded():
    frame = pd.DataFrame({"a": np.arange(40.0), "b": np.arange(40.0) % 7, "kind": [0, 1] * 20})
    options = {"hidden": (8,), "n_batches": 5, "device": "cpu", "random_state": 0}
    w = EmbedWidget(frame, y="kind", method="Parametric UMAP", terms=["classification"], **options)
    assert w.fit().estimator_.n_features_in_ == 2
    np.testing.assert_array_equal(w.estimator_.classes_, [0, 1])
    with pytest.raises(InvalidInputError, match="y must"):
        EmbedWidget(frame, y=[1, 2, 3])
