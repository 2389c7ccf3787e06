"""The caller's rows: what is embedded, what is offered, and rows given back as they came."""

# ruff: noqa: PD011 - a column of ours has values

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from scipy import sparse

from nbembed._checks import check_data
from nbembed.columns import Column
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError
from nbembed.tables import Table

CONTENT = {
    "age": [31, 25, 60, 44],
    "height": [1.7, 1.8, 1.6, 1.9],
    "name": ["Ann", "Bob", None, "Dan"],
    "smokes": [True, False, True, False],
}


def arrow(content):
    return pytest.importorskip("pyarrow").table(content)


FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": arrow}
frames = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)


def chosen(X, features=None, **options):
    table = Table(X)
    table.choose(features, **options)
    return table


@frames
def test_the_numeric_columns_are_embedded_and_the_others_offered(make):
    table = chosen(make(CONTENT))
    assert table.names == ["age", "height", "name", "smokes"]
    assert table.features == ["age", "height"]
    assert table.left_out() == ["name", "smokes"]
    np.testing.assert_allclose(
        check_data(table.embedded()), np.c_[CONTENT["age"], CONTENT["height"]], rtol=1e-6
    )


@frames
def test_features_choose_and_order(make):
    table = chosen(make(CONTENT), ["height", "smokes", "age"])
    assert table.features == ["height", "smokes", "age"]
    np.testing.assert_allclose(check_data(table.embedded())[0], [1.7, 1.0, 31.0], rtol=1e-6)
    assert chosen(make(CONTENT), apart=["age"]).features == ["height"]


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (["hight"], r"features must be columns of X, got 'hight'; did you mean 'height'"),
        (["zzz"], r"got 'zzz'; there are age, height, name, smokes"),
        (
            ["name"],
            r"features must be numeric columns, got 'name', which holds text; one-hot encode it",
        ),
        ([], r"features must name at least one column of X, each once, got none"),
        (["age", "age"], r"each once, got one of them twice"),
        ("age", r"features must be a list of column names, got 'age'; write features=\['age'\]"),
        (
            ["age", "label"],
            r"features must be columns that are embedded, got 'label', which labels=",
        ),
    ],
)
def test_features_that_do_not_fit_are_refused(features, message):
    X = pd.DataFrame({**CONTENT, "label": [0, 1, 0, 1]})
    with pytest.raises((InvalidInputError, InvalidTypeError), match=message):
        chosen(
            X[["age", "height", "name", "smokes"]] if "zzz" in features else X,
            features,
            apart=["label"],
        )


def test_features_need_names():
    with pytest.raises(
        InvalidInputError, match="features must be left out when X is no data frame"
    ):
        chosen(np.eye(4), ["a"])
    chosen(np.eye(4))


@frames
def test_a_frame_without_numbers_says_what_it_holds(make):
    content = {name: CONTENT[name] for name in ("name", "smokes")}
    with pytest.raises(
        InvalidInputError, match=r"numeric columns.*name \(text\), smokes \(booleans\).*OneHot"
    ):
        chosen(make(content))


def test_numbers_in_object_columns_are_numbers():
    X = pd.DataFrame({"a": pd.Series([1, 2.5, 3], dtype=object), "b": [1, 2, 3]})
    table = chosen(X)
    assert table.features == ["a", "b"]
    np.testing.assert_allclose(check_data(table.embedded())[:, 0], [1, 2.5, 3])


def test_names_that_are_not_text_are_found_as_text():
    table = chosen(pd.DataFrame(np.eye(3)), [2, "0"])
    assert table.features == ["2", "0"]
    deep = pd.DataFrame(np.eye(3), columns=pd.MultiIndex.from_product([["a"], ["b", "c", "d"]]))
    assert chosen(deep).features == ["('a', 'b')", "('a', 'c')", "('a', 'd')"]
    assert deep.columns.nlevels == Table(deep).extended({"x": np.zeros(3)}).columns.nlevels


def test_names_must_differ():
    with pytest.raises(
        InvalidInputError, match="name of its own for each column, got 'a' more than once"
    ):
        Table(pd.DataFrame(np.eye(2), columns=["a", "a"]))
    with pytest.raises(InvalidInputError, match="got '0' more than once as text"):
        Table(pd.DataFrame(np.eye(2), columns=[0, "0"]))


def test_a_lazy_frame_says_what_to_do():
    with pytest.raises(
        InvalidInputError, match=r"X must be in memory, got a lazy LazyFrame; call X.collect\(\)"
    ):
        Table(pl.DataFrame(CONTENT).lazy())


@frames
def test_columns_and_cells_by_name(make):
    table = Table(make(CONTENT))
    assert table.column("name").values.tolist()[0] == "Ann"
    assert table.cell("name", 1) == "Bob"
    assert table.cell("age", 2) == 60
    assert (table.has("name"), table.has("nome"), table.has(None)) == (True, False, False)
    with pytest.raises(
        InvalidInputError, match=r"color must name a column.*'nome'; did you mean 'name'"
    ):
        table.find("nome", "color")


def test_columns_can_be_added_beside_those_of_the_frame():
    table = Table(pd.DataFrame(CONTENT))
    table.add(Column("score", np.arange(4.0)))
    table.add(Column("age", np.zeros(4)))
    assert table.added == ["score"]
    assert table.cell("score", 3) == 3.0
    assert table.cell("age", 0) == 31
    assert (table.is_numeric("score"), table.is_numeric("name")) == (True, False)
    array = Table(np.eye(4))
    with pytest.raises(InvalidInputError, match="X has no names for its columns"):
        array.find("score", "color")
    array.add(Column("score", np.arange(4.0)))
    assert array.find("score", "color") == "score"


def test_what_holds_things_is_not_offered():
    table = chosen(pd.DataFrame({**CONTENT, "tags": [[1], [2], [3], [4]], "png": [b"1"] * 4}))
    assert table.left_out() == ["name", "smokes"]
    table.hide("name")
    assert table.left_out() == ["smokes"]


# ---- rows -------------------------------------------------------------------------------------------


@frames
def test_rows_come_back_in_the_frames_library(make):
    X = make(CONTENT)
    rows = Table(X).rows([2, 0])
    assert type(rows) is type(X)
    assert list(rows["age"].to_numpy()) == [60, 31]
    assert Table(X).rows([]).shape == (0, 4)


@pytest.mark.parametrize(
    "make",
    [
        np.asarray,
        torch.tensor,
        sparse.csr_matrix,
        sparse.csc_array,
        sparse.coo_matrix,
        sparse.dia_matrix,
        list,
    ],
    ids=["array", "tensor", "csr", "csc array", "coo", "dia", "list"],
)
def test_rows_of_everything_else(make):
    X = make(np.arange(12.0).reshape(4, 3))
    rows, none = Table(X).rows([1, 3]), Table(X).rows([])
    dense = rows.toarray() if sparse.issparse(rows) else np.asarray(rows)
    np.testing.assert_array_equal(dense, [[3, 4, 5], [9, 10, 11]])
    assert type(rows).__name__ in (type(X).__name__, "csr_matrix")
    assert (len(none) if isinstance(none, list) else none.shape[0]) == 0


def test_a_memory_map_gives_rows_without_being_read(tmp_path):
    np.save(tmp_path / "X.npy", np.arange(12.0).reshape(4, 3))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(Table(X).rows([3]), [[9, 10, 11]])
    assert Table(X).source is X


def test_the_index_of_pandas_names_rows():
    X = pd.DataFrame(CONTENT, index=["a", "b", "c", "d"])
    assert Table(X).index(2) == "c"
    assert Table(X).index_names() == ["a", "b", "c", "d"]
    deep = X.set_index(pd.MultiIndex.from_tuples([("u", 1), ("u", 2), ("v", 1), ("v", 2)]))
    assert Table(deep).index(3) == "v, 2"
    assert Table(X[X.age > 30].reset_index(drop=True)).index(0) is None
    assert Table(pd.DataFrame(CONTENT)[1:]).index(0) == "1"
    assert Table(pl.DataFrame(CONTENT)).index(0) is None
    assert Table(np.eye(3)).index_names() is None


@frames
def test_extended_frames_are_of_the_callers_library(make):
    X = make({**CONTENT, "x": [0, 0, 0, 0]})
    out = Table(X).extended({"x": np.arange(4.0), "selected": np.array([True, False, False, True])})
    assert type(out) is type(X)
    names = getattr(out, "column_names", None) or list(out.columns)
    assert names == ["age", "height", "name", "smokes", "x", "x_map", "selected"]
    assert list(out["x_map"].to_numpy()) == [0, 1, 2, 3]


def test_extended_pandas_keeps_an_index_with_repeats():
    X = pd.DataFrame(CONTENT, index=["r", "r", "s", "r"])
    out = Table(X).extended({"x": np.arange(4.0)})
    assert out.index.tolist() == ["r", "r", "s", "r"]
    assert out["x"].tolist() == [0, 1, 2, 3]


def test_arrays_are_extended_in_pandas():
    labels = Column("selected", np.array(["a", "b", "a", "b"]))
    out = Table(np.eye(4)).extended(
        {"x": np.arange(4.0), "selected": np.zeros(4, bool)}, instead=[labels]
    )
    assert out.columns.tolist() == ["x", "selected", "selected_map"]


def test_without_pandas_arrays_cannot_be_extended(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        MissingPackageError, match="needs pandas when X is no data frame; pip install pandas"
    ):
        Table(np.eye(4)).extended({"x": np.arange(4.0)})
    with pytest.raises(ImportError):
        Table(np.eye(4)).extended({"x": np.arange(4.0)})
