"""A widget with its whole run in one file, and back; estimators as before."""

import json
import struct
import subprocess
import sys
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

import nbembed as nb
from nbembed import EmbedWidget, persistence
from nbembed.columns import Column
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError, RunEndedError
from nbembed.widget.files import Shelf
from tests.widgets import Wire, make

METHODS = {
    "tsne": {"perplexity": 10, "early_exaggeration_iter": 20, "n_iter": 40},
    "umap": {"n_epochs": 60},
    "parametric_umap": {
        "n_batches": 60, "hidden": (16,), "batch_size": 64, "terms": ["classification", "reconstruction"],
    },
    "dre": {
        "recursions": ["f20", "f10"], "head": (20, 10), "n_epochs": 6, "batch_size": 50, "perplexity": 10, "device": "cpu",
    },
}  # fmt: skip
CLASSES = np.repeat(["ä", "b", "c"], 50)


@pytest.fixture(params=METHODS)
def finished(request, blobs):
    """A finished widget of each method."""
    return EmbedWidget(blobs, y=CLASSES, method=request.param, random_state=1, **METHODS[request.param]).fit()  # fmt: skip


def saved(widget, tmp_path, **options):
    widget.save(tmp_path / "run.nbembed", **options)
    return nb.load(tmp_path / "run.nbembed")


def assert_same_history(one, other, *, by_clock=True):
    assert one.history_.steps == other.history_.steps
    for mine, theirs in zip(one.history_.frames, other.history_.frames, strict=True):
        assert mine.phase == theirs.phase
        np.testing.assert_array_equal(mine.embedding, theirs.embedding)
    kept = [
        {
            name: astuple(curve)
            for name, curve in w.history_.curves.items()
            if by_clock or not curve.by_clock
        }
        for w in (one, other)
    ]
    assert kept[0] == kept[1]


def test_a_run_comes_back_with_everything(finished, tmp_path):
    again = saved(finished, tmp_path)
    assert repr(again) == repr(finished)
    np.testing.assert_array_equal(again.embedding_, finished.embedding_)
    assert_same_history(again, finished)
    assert again._session.run.phases == finished._session.run.phases
    mine, theirs = again.estimator_.get_params(), finished.estimator_.get_params()
    # What stood for recursions is written out in a file.
    assert [r["layer"] for r in mine.pop("recursions", ())] == theirs.pop("recursions", [])
    assert mine == theirs
    recursions = zip(again.history_.recursions, finished.history_.recursions, strict=True)
    for one, other in recursions:
        assert one.to_config() == other.to_config()
        np.testing.assert_array_equal(one.embedding, other.embedding)
    scores = [w.metrics().to_frame().iloc[:, 0] for w in (again, finished)]
    # Matrix products round as they please, in the last digit.
    pd.testing.assert_series_equal(*scores, rtol=1e-9)


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_a_loaded_run_is_branched_bit_for_bit(finished, tmp_path, share):
    again = saved(finished, tmp_path)
    step = round(share * finished._session.run.step)
    branch = again.branch(step=step)
    np.testing.assert_array_equal(branch.fit().embedding_, finished.embedding_)
    assert_same_history(branch, finished, by_clock=False)
    mine, theirs = (w.branch(step=step, learning_rate=0.0007).fit() for w in (again, finished))
    np.testing.assert_array_equal(mine.embedding_, theirs.embedding_)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("go_on", ["fit", "resume"])
def test_a_run_that_rests_goes_on_bit_for_bit(blobs, tmp_path, method, go_on):
    known = {"y": CLASSES, "method": method, "random_state": 1, **METHODS[method]}
    whole = EmbedWidget(blobs, **known).fit()
    half = EmbedWidget(blobs, **known).step(whole._session.run.step // 2)
    again = saved(half, tmp_path)
    half.stop()
    assert again._state() == "paused"
    getattr(again, go_on)()
    again.wait()
    np.testing.assert_array_equal(again.embedding_, whole.embedding_)
    assert_same_history(again, whole, by_clock=False)


def test_a_recursion_that_measures_in_every_batch_goes_on_bit_for_bit(blobs, tmp_path):
    known = METHODS["dre"] | {"batches": "redrawn", "method": "dre", "random_state": 1}
    whole = EmbedWidget(blobs, **known).fit()
    ends = [recursion.end for recursion in whole.history_.recursions]
    for step in (ends[0], ends[0] + 1, ends[1] + 1):
        half = EmbedWidget(blobs, **known).step(step)
        again = saved(half, tmp_path)
        half.stop()
        assert len(again._session.run._graphs.sources) == sum(step > end for end in ends)
        np.testing.assert_array_equal(again.fit().embedding_, whole.embedding_)
        assert [r.to_config() for r in again.history_.recursions] == [
            r.to_config() for r in whole.history_.recursions
        ]


def test_a_file_is_the_same_after_a_second_trip(finished, tmp_path):
    finished.save(tmp_path / "one")
    nb.load(tmp_path / "one").save(tmp_path / "two")
    (_, config, arrays), (_, again, others) = (
        persistence.load(tmp_path / name) for name in ("one", "two")
    )
    assert config == again
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


def test_what_was_set_when_comes_back(blobs, tmp_path):
    plan = {"n_iter": 30, "early_exaggeration_iter": 20, "perplexity": 10}
    widget = EmbedWidget(blobs, method="tsne", random_state=0, **plan).step(25)
    widget.set(exaggeration=3)
    widget.resume().wait()
    again = saved(widget, tmp_path)
    assert again._session.run.events == widget._session.run.events
    assert [(e.step, e.name, e.value) for e in again._session.run.events] == [
        (25, "exaggeration", 3)
    ]
    np.testing.assert_array_equal(again.branch(step=26).fit().embedding_, widget.embedding_)


def test_without_its_data_a_run_is_seen_and_does_not_go_on(finished, tmp_path):
    finished.selection = [1, 4]
    again = saved(finished, tmp_path, data=False)
    np.testing.assert_array_equal(again.embedding_, finished.embedding_)
    assert_same_history(again, finished)
    assert again.selection == [1, 4]
    assert repr(again) == repr(finished)
    # The data, and what leads to them, are not in the file.
    _, config, arrays = persistence.load(tmp_path / "run.nbembed")
    kinds = {"map", "history", "curve", "selection", "column", "recursion"}
    assert {name.split(".")[0] for name in arrays} <= kinds
    assert config["way"] is None
    for act in (
        again.fit, again.start, again.branch, again.restart, again.metrics,
        lambda: again.estimator_, lambda: again.selected,
    ):  # fmt: skip
        with pytest.raises(NotKeptError, match="data=True"):
            act()
    np.testing.assert_array_equal(saved(again, tmp_path).embedding_, finished.embedding_)


@pytest.mark.parametrize("data", [True, False])
def test_the_browser_sees_a_loaded_run(blobs, tmp_path, data):
    widget = make(blobs, labels=CLASSES).fit()
    again = saved(widget, tmp_path, data=data)
    assert again.status["state"] == "done"
    assert (again.status["step"], again.status["n_steps"]) == (60, 60)
    assert again.snapshot_info == widget.snapshot_info | {"run": again.status["run"]}
    assert again.snapshot == widget.snapshot
    assert again.curves == widget.curves
    wire = Wire(again, acknowledge=True)
    wire.say([bytes((1, 2, 3, 255))], t="hello", view="v", protocol=2, last_seq=-1)
    (story,) = wire.of_kind("history")
    assert [f["step"] for f in story["info"]["frames"]] == list(range(61))
    (said,) = wire.of_kind("status")
    assert said["curves"]["attraction"]["steps"] == widget.history_.curves["attraction"].steps
    assert b"nbembed-page" in again.to_html(tmp_path / "page.html").read_bytes()
    assert again.to_png(tmp_path / "map.png").stat().st_size > 5000


def test_every_column_has_a_place_of_its_own():
    """Columns that nobody else holds may follow each other at one address."""
    shelf = Shelf({})
    assert [shelf.put(Column(str(i), np.arange(3))) for i in range(20)] == list(range(20))
    again = Column("again", np.arange(3))
    assert shelf.put(again) == shelf.put(again) == 20
    assert [one["name"] for one in shelf.columns[:20]] == [str(i) for i in range(20)]


@pytest.mark.parametrize("data", [True, False])
def test_the_look_comes_back(tmp_path, data):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(40, 3)), columns=list("abc"))
    frame["kind"] = pd.Categorical(np.tile(["z", "m"], 20), categories=["z", "m"])
    frame["day"] = pd.date_range("2020-01-01", periods=40)
    frame["name"] = [None if i == 3 else f"row {i} ü" for i in range(40)]
    frame["count"] = pd.array([None if i == 5 else i % 3 for i in range(40)], dtype="Int64")
    frame["flag"] = rng.random(40) > 0.5
    frame.index = [f"id{i}" for i in range(40)]
    w = EmbedWidget(frame, features=list("abc"), labels="kind", hover=["name", "day"], n_neighbors=5, n_epochs=20, random_state=0, height=333)  # fmt: skip
    w.fit().color(map={"z": "#ff0000"}).size(by="a", range=(0.5, 2)).opacity(by="day")
    w.selection, w.filter = [3, 7], {"categories": ["m"]}
    again = saved(w, tmp_path, data=data)
    assert again.encodings == w.encodings
    assert (again.height, again.selection, again.filter) == (333, [3, 7], {"categories": ["m"]})
    assert set(w.fields["columns"]) - set("bc") <= set(again.fields["columns"])
    for row in (3, 5, 9):
        told = dict(again._details.about(row)["values"])
        assert told == dict(w._details.about(row)["values"]) | {"index": f"id{row}"}
    for name in ("kind", "count", "flag", "day", "name"):
        assert again.color(by=name).color() == w.color(by=name).color(), name
        assert again.encodings == w.encodings
    if data:
        pd.testing.assert_series_equal(
            again.metrics().to_frame().iloc[:, 0], w.metrics().to_frame().iloc[:, 0]
        )
        assert again.color(by="b").color()["max"] == pytest.approx(frame["b"].max())


def test_a_run_that_goes_on_is_saved_as_it_stands(digits, tmp_path):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).start()
    while widget._session.run.step < 10:
        pass
    again = saved(widget, tmp_path)
    assert widget._state() == "running"
    widget.stop()
    step = again._session.run.step
    assert (again._state(), step >= 10) == ("paused", True)
    alone = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).step(step)
    np.testing.assert_array_equal(again.embedding_, alone.embedding_)
    alone.stop()


def test_a_seed_that_was_drawn_is_kept(blobs, tmp_path):
    widget = EmbedWidget(blobs, n_epochs=30).fit()
    again = saved(widget, tmp_path)
    np.testing.assert_array_equal(again.restart().wait().embedding_, widget.embedding_)


def test_what_cannot_be_saved_is_said(blobs, tmp_path):
    with pytest.raises(RunEndedError, match="no map yet"):
        make(blobs).save(tmp_path / "x")
    odd = EmbedWidget(blobs, method=nb.UMAP(metric=lambda a, b: abs(a - b).sum(), n_epochs=5)).fit()
    with pytest.raises(InvalidTypeError, match="metric"):
        odd.save(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def altered(path, change):
    """Write the file again with something changed and its checksums made right."""
    kind, config, arrays = persistence.load(path)
    change(config, arrays)
    persistence.save(path, kind, config, arrays)


@pytest.mark.parametrize(
    "change",
    [
        lambda c, a: a["graph.0.indices"].__setitem__(0, 10**6),
        lambda c, a: a["graph.0.indices"].__setitem__(0, -1),
        lambda c, a: a["graph.0.indptr"].__setitem__(3, 10**9),
        lambda c, a: a.__setitem__("graph.0.indptr", a["graph.0.indptr"][:-1]),
        lambda c, a: a["neighbors.indices"].__setitem__((0, 0), 10**6),
        lambda c, a: a.__setitem__("state.now.embedding", a["state.now.embedding"][:-1]),
        lambda c, a: a.__setitem__("selection", np.array([10**6])),
        lambda c, a: a.pop("map"),
        lambda c, a: c["run"].pop("history"),
        lambda c, a: c.__setitem__("estimator", "Run"),
        lambda c, a: c.__setitem__("parameters", {"nonsense": 1}),
        lambda c, a: c["run"]["phases"][0].__setitem__("evil", 1),
        lambda c, a: c["content"]["columns"][0].__setitem__("kind", "O"),
    ],
)
def test_a_forged_file_is_refused_before_it_does_harm(blobs, tmp_path, change):
    make(blobs, labels=CLASSES).fit().save(tmp_path / "run")
    nb.load(tmp_path / "run")
    altered(tmp_path / "run", change)
    with pytest.raises(InvalidInputError):
        nb.load(tmp_path / "run")


def test_a_damaged_file_is_refused(blobs, tmp_path):
    make(blobs).fit().save(tmp_path / "run")
    content = bytearray((tmp_path / "run").read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    assert json.loads(content[8 : 8 + length])["__metadata__"]["nbembed"]
    content[-1] ^= 1
    (tmp_path / "run").write_bytes(content)
    with pytest.raises(InvalidInputError, match="altered"):
        nb.load(tmp_path / "run")


def test_an_estimator_is_loaded_without_the_notebook(blobs, tmp_path):
    nb.UMAP(n_epochs=5, random_state=0).fit(blobs).save(tmp_path / "map")
    code = f"import sys, nbembed; nbembed.load({str(tmp_path / 'map')!r}); print('anywidget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
