"""The widget opened for comparing: what it is made of, what it measures, what goes over the wire."""

import json
import re
import zlib

import numpy as np
import pytest
import traitlets

import nbembed as nb
from nbembed import EmbedWidget, metrics
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError, RunEndedError
from nbembed.transport import decode_frame
from tests.widgets import Wire, make

CLASSES = np.repeat(["a", "b", "c"], 50)


@pytest.fixture(scope="module")
def seeds(blobs):
    return [make(blobs, labels=CLASSES, random_state=i).fit() for i in range(3)]


@pytest.fixture
def compared(seeds):
    return EmbedWidget.compare(seeds)


def test_widgets_are_compared_with_their_histories(compared, seeds):
    assert repr(compared) == "EmbedWidget(maps=3, n=150, d=10)"
    assert [m["name"] for m in compared.gallery["maps"]] == [f"UMAP, seed {i}" for i in range(3)]
    assert [m["step"] for m in compared.gallery["maps"]] == [60, 60, 60]
    assert compared.status["state"] == "done"
    assert compared.color() == seeds[0].color()
    # Nothing of those that are compared has changed.
    assert seeds[0].fields["columns"] == ["label"]
    assert compared.fields["columns"] == ["label", "stability"]


def test_the_scores_are_those_of_the_metrics(compared, seeds, blobs):
    maps = [w.embedding_ for w in seeds]
    for number, each in enumerate(compared.gallery["maps"]):
        scores = each["scores"]
        others = [
            metrics.neighbor_jaccard([maps[number], m]).mean()
            for i, m in enumerate(maps)
            if i != number
        ]
        assert scores["stability"] == pytest.approx(np.mean(others))
        assert scores["difference"] == pytest.approx(
            metrics.procrustes_disparity(maps[0], maps[number]), abs=1e-9
        )
        assert scores["trustworthiness"] == pytest.approx(
            float(metrics.trustworthiness(blobs, maps[number], n_neighbors=15))
        )
        assert scores["neighbor_recall"] == pytest.approx(
            float(metrics.neighbor_recall(blobs, maps[number], n_neighbors=15))
        )
    assert "from 150 of 150 rows, 15 neighbours" in compared.gallery["note"]
    np.testing.assert_array_equal(compared.stability_, metrics.neighbor_jaccard(maps))
    report = compared.metrics()
    assert list(report) == [m["name"] for m in compared.gallery["maps"]]


def test_what_was_set_in_mid_run_is_told(seeds):
    other = seeds[0].branch(step=20, learning_rate=0.5).fit()
    maps = EmbedWidget.compare([seeds[0], other]).gallery["maps"]
    assert [m["events"] for m in maps] == [[], [[20, "learning_rate", 0.5]]]


def test_stability_colours_the_points(compared, seeds):
    compared.color(by="stability")
    spec = compared.color()
    assert (spec["kind"], spec["name"]) == ("number", "stability")
    assert spec["max"] == pytest.approx(compared.stability_.max())
    bare = EmbedWidget.compare([w.embedding_ for w in seeds])
    assert bare.color()["name"] == "stability"


def test_maps_are_aligned_as_asked(compared, seeds):
    first, second = (w.embedding_ for w in seeds[:2])
    maps = compared.maps_
    np.testing.assert_allclose(maps["UMAP, seed 0"], first, atol=1e-5)
    np.testing.assert_array_equal(
        maps["UMAP, seed 1"], metrics.align(second, first, same_size=True)
    )
    compared.selection = range(10)
    compared.arrange(align="selection", onto="UMAP, seed 1")
    assert compared.arrangement == {"mode": "beside", "align": "selection", "onto": 1}
    np.testing.assert_array_equal(
        compared.maps_["UMAP, seed 0"],
        metrics.align(first, second, rows=np.arange(10), same_size=True),
    )
    compared.arrange("over", align="none", onto=0)
    np.testing.assert_array_equal(
        compared.maps_["UMAP, seed 1"], metrics.align(second, first, turn=False)
    )


def test_methods_branches_estimators_and_arrays_stand_side_by_side(seeds, blobs):
    tsne = EmbedWidget(blobs, method="tsne", n_iter=30, early_exaggeration_iter=20, perplexity=10, random_state=0).fit()  # fmt: skip
    branch = seeds[0].branch(step=20, learning_rate=0.3).fit()
    umap = nb.UMAP(n_epochs=10, random_state=0).fit(blobs)
    c = EmbedWidget.compare([seeds[0], branch, tsne, umap, blobs[:, :2]])
    names = [m["name"] for m in c.gallery["maps"]]
    assert "learning_rate 0.3 from step 20" in names[1]
    assert names[2:] == ["t-SNE", names[3], "map 5"]
    assert [m["step"] for m in c.gallery["maps"]] == [60, 60, 50, 0, 0]
    assert len(c.snapshot_info["frames"]) == 5


def test_equal_names_are_counted(blobs):
    w = make(blobs).fit()
    c = EmbedWidget.compare([w, w.branch(step=3).fit()])
    assert [m["name"] for m in c.gallery["maps"]] == ["UMAP (1)", "UMAP (2)"]


def test_maps_alone_are_compared_without_data(seeds, blobs):
    maps = {f"run {i}": w.embedding_ for i, w in enumerate(seeds)}
    c = EmbedWidget.compare(maps, labels=CLASSES)
    assert repr(c) == "EmbedWidget(maps=3, n=150, d=0)"
    assert [m["label"] for m in c.gallery["measures"]] == ["stability", "difference"]
    with pytest.raises(NotKeptError, match="X=X"):
        c.metrics()
    known = EmbedWidget.compare(maps, X=blobs, names=["x", "y", "z"])
    assert set(known.gallery["maps"][0]["scores"]) == {
        "trustworthiness", "neighbor_recall", "stability", "difference",
    }  # fmt: skip
    assert [m["name"] for m in known.gallery["maps"]] == ["x", "y", "z"]


def test_the_browser_gets_all_maps_with_their_histories(compared, seeds):
    info = compared.snapshot_info
    codes = zlib.decompress(compared.snapshot)
    for number, frame in enumerate(info["frames"]):
        assert (frame["map"], frame["step"]) == (number, 60)
        part = codes[600 * number : 600 * (number + 1)]
        np.testing.assert_allclose(
            decode_frame(part, frame["bbox"]), seeds[number].embedding_, atol=1e-3
        )
    wire = Wire(compared)
    wire.say([bytes((1, 2, 3, 255))], t="hello", view="v", protocol=2, last_seq=-1)
    content, (body,) = next((c, b) for c, b in wire.messages if c["t"] == "history")
    steps = {m: [f["step"] for f in content["info"]["frames"] if f["map"] == m] for m in range(3)}
    assert steps == {number: list(range(61)) for number in range(3)}
    assert len(body) == 4 * 150 * 61 * 3
    (said,) = wire.of_kind("status")
    assert said["curves"]["2/attraction"]["values"] == seeds[2].history_.curves["attraction"].values
    assert {c["map"] for c in said["curves"].values()} == {0, 1, 2}
    assert said["curves"]["0/trustworthiness"]["note"].startswith("measured on")


def test_the_browser_arranges_and_cannot_do_harm(compared):
    good = {"mode": "flicker", "align": "none", "onto": 2}
    compared.set_state({"arrangement": good})
    assert compared.arrangement == good
    for bad in (
        {"mode": "sideways"}, {"onto": 3}, {"onto": -1}, {"onto": True}, {"evil": 1}, [], None, "over",
    ):  # fmt: skip
        compared.set_state({"arrangement": bad})
        assert compared.arrangement == good
    compared.set_state({"gallery": {}})
    assert len(compared.gallery["maps"]) == 3


def test_what_cannot_be_arranged_is_said(compared, blobs):
    for act, words in (
        (lambda: compared.arrange("up"), "mode must be one of 'beside', 'large', 'over', 'flicker', got 'up'"),
        (lambda: compared.arrange(align="some"), "align must be one of"),
        (lambda: compared.arrange(onto="UMAP"), "onto must name a map"),
        (lambda: compared.arrange(onto=3), "0 to 2, got 3"),
    ):  # fmt: skip
        with pytest.raises(traitlets.TraitError, match=re.escape(words)):
            act()
    with pytest.raises(RunEndedError, match="compare"):
        make(blobs).arrange("over")
    with pytest.raises(RunEndedError, match="compare"):
        _ = make(blobs).maps_


def test_what_needs_one_run_says_so(compared, tmp_path):
    for act in (
        compared.fit, compared.start, compared.restart, compared.branch, lambda: compared.save(tmp_path / "x"),
        lambda: compared.embedding_, lambda: compared.history_, lambda: compared.estimator_, compared.to_frame,
        lambda: EmbedWidget.compare([compared, compared]),
    ):  # fmt: skip
        with pytest.raises(RunEndedError, match="needs one run, and this widget compares 3 maps"):
            act()


@pytest.mark.parametrize(
    ("maps", "error", "words"),
    [
        (lambda w, X: w, InvalidTypeError, "maps must be a list of widgets"),
        (lambda w, X: [w], InvalidInputError, "2 to 12 maps, got 1"),
        (lambda w, X: [X[:, :2]] * 13, InvalidInputError, "2 to 12 maps, got 13"),
        (lambda w, X: [w, X[:9, :2]], InvalidInputError, "map 2 must have 150 rows"),
        (lambda w, X: {"a": w, "b": np.full((150, 2), np.nan)}, InvalidInputError, "b must be finite"),
        (lambda w, X: [w, EmbedWidget(X)], RunEndedError, "no map yet"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_said(seeds, blobs, maps, error, words):
    with pytest.raises(error, match=words):
        EmbedWidget.compare(maps(seeds[0], blobs))


def test_names_must_tell_the_maps_apart(seeds):
    with pytest.raises(InvalidInputError, match="different ones"):
        EmbedWidget.compare(seeds, names=["a", "b", "a"])
    with pytest.raises(InvalidInputError, match="one for each of the 3"):
        EmbedWidget.compare(seeds, names=["a", "b"])


def test_loaded_runs_without_data_are_compared(seeds, tmp_path):
    for i, w in enumerate(seeds[:2]):
        w.save(tmp_path / str(i), data=False)
    c = EmbedWidget.compare([nb.load(tmp_path / str(i)) for i in range(2)])
    assert [m["name"] for m in c.gallery["maps"]] == ["UMAP, seed 0", "UMAP, seed 1"]
    assert set(c.gallery["maps"][0]["scores"]) == {"stability", "difference"}


def test_a_run_that_goes_on_is_compared_as_it_stands(digits):
    w = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).start()
    while w._session.run.step < 5:
        pass
    c = EmbedWidget.compare([w, w.branch(step=3)])
    assert w._state() == "running"
    w.stop()
    assert c.gallery["maps"][1]["step"] == 3
    assert c.gallery["maps"][0]["step"] >= 5


def test_a_page_and_a_picture_hold_all_maps(compared, tmp_path):
    page = compared.arrange("over").to_html(tmp_path / "page.html").read_text()
    data = re.search(r'id="nbembed-page">(.*?)</script>', page).group(1)
    payload = json.loads(data)
    assert payload["gallery"]["maps"] == compared.gallery["maps"]
    assert payload["arrangement"]["mode"] == "over"
    assert {f["map"] for f in payload["snapshot_info"]["frames"]} == {0, 1, 2}
    assert len(payload["snapshot_info"]["frames"]) == 3 * 61
    assert compared.to_png(tmp_path / "maps.png").stat().st_size > 10_000
    compared.color(by="stability").to_svg(tmp_path / "maps.svg")


def test_large_maps_stay_within_the_budget_of_a_message():
    rng = np.random.default_rng(0)
    maps = [rng.normal(size=(20_000, 2)).astype(np.float32) for _ in range(3)]
    c = EmbedWidget.compare(maps)
    # To 12 bits, compressed: some 3 bytes a point.
    assert len(c.snapshot) < 3 * 20_000 * 3.5
