"""New rows against an existing map."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.manifold import trustworthiness
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import nbembed as nb
from nbembed import TSNE, UMAP
from nbembed.drift import Monitor
from nbembed.drift.comparing import band_of_mean, energy_test
from nbembed.drift.measures import Ground
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError

N_KNOWN = 900


@pytest.fixture(scope="module")
def stream(digits):
    """Digits in random order: those of the map, and those that come later."""
    X, y = digits
    order = np.random.default_rng(0).permutation(len(X))
    X, y = X[order], y[order]
    return (X[:N_KNOWN], y[:N_KNOWN]), (X[N_KNOWN:], y[N_KNOWN:])


@pytest.fixture(scope="module", params=[TSNE, UMAP], ids=["tsne", "umap"])
def fit(request, stream):
    return request.param(random_state=0).fit(stream[0][0])


@pytest.fixture
def monitor(fit, stream):
    return Monitor(fit, *stream[0][:1], labels=stream[0][1])


def linear(X):
    """A map that needs no fit."""
    return np.asarray(X, dtype=np.float64)[:, :2]


@pytest.fixture(scope="module")
def cloud():
    return np.random.default_rng(0).normal(size=(300, 4))


# ---- measures -----------------------------------------------------------------------------------


def test_trust_is_each_rows_part_of_the_trustworthiness():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(120, 5)).astype(np.float32), rng.normal(size=(120, 2))
    ground = Ground(X, Y, metric="euclidean", n_neighbors=7)
    everyone = ground.look(X, Y, own=np.arange(120))
    assert everyone.trust.mean() == pytest.approx(trustworthiness(X, Y, n_neighbors=7))
    one = Ground(X[1:], Y[1:], metric="euclidean", n_neighbors=7).look(X[:1], Y[:1])
    assert one.trust[0] == pytest.approx(everyone.trust[0])
    assert one.distance[0] == pytest.approx(np.sort(np.linalg.norm(X - X[0], axis=1))[7])


def test_agreement_counts_neighbours_on_the_map():
    Y = np.array([[0.0, 0], [1, 0], [2, 0], [50, 0], [51, 0], [52, 0], [53, 0]])
    codes = np.array([0, 0, 1, 1, 1, 1, -1])
    ground = Ground(Y.astype(np.float32), Y, metric="euclidean", n_neighbors=3, codes=codes)
    places = np.array([[0.5, 0], [51, 0], [51, 0], [51, 0]])
    looked = ground.look(places.astype(np.float32), places, codes=np.array([0, 1, -1, -2]))
    np.testing.assert_allclose(looked.agreement, [2 / 3, 1, np.nan, 0])


def test_blocks_do_not_show(cloud, monkeypatch):
    ground = Ground(cloud.astype(np.float32), cloud[:, :2], metric="cosine", n_neighbors=5)
    whole = ground.look(cloud.astype(np.float32), cloud[:, :2])
    monkeypatch.setattr("nbembed.drift.measures.BLOCK_ENTRIES", 1)
    blocks = ground.look(cloud.astype(np.float32), cloud[:, :2])
    np.testing.assert_allclose(blocks.trust, whole.trust)
    np.testing.assert_allclose(blocks.distance, whole.distance, atol=1e-6)


@pytest.mark.parametrize("size", [1, 20, 3_000])
def test_a_band_holds_the_means_it_promises_to_hold(size):
    rng = np.random.default_rng(1)
    beyond = []
    for seed in range(200):
        low, high = band_of_mean(rng.exponential(size=300), size, (0.05, 0.05), seed=seed)
        mean = rng.exponential(size=size).mean()
        beyond.append((mean < low, mean > high))
    below, above = np.mean(beyond, axis=0)
    assert 0.01 < below < 0.1
    assert 0.01 < above < 0.1
    assert band_of_mean(rng.normal(size=50), size, (0.1, 0.0), seed=0)[1] == np.inf


def test_the_energy_test_tells_samples_apart():
    rng = np.random.default_rng(0)
    same = [
        energy_test(rng.normal(size=(40, 2)), rng.normal(size=(300, 2)), 0.05, seed=s)
        for s in range(60)
    ]
    assert np.mean([p < 0.1 for _, p, _ in same]) < 0.25
    assert all((value > largest) == (p <= 0.05) for value, p, largest in same)
    value, p, _ = energy_test(np.full((9, 2), 100.0), np.zeros((30, 2)), 0.05, seed=0)
    assert value == pytest.approx(1)
    assert p == pytest.approx(0.001)
    assert energy_test(np.zeros((9, 2)), np.zeros((30, 2)), 0.05, seed=0)[:2] == (0.0, 1.0)


# ---- monitors -----------------------------------------------------------------------------------


def test_rows_of_the_same_source_are_inside_the_bands(monitor, stream):
    X, y = stream[1]
    found = [monitor.update(X[i : i + 120], y[i : i + 120]) for i in range(0, 840, 120)]
    assert [batch.outside for batch in found] == [()] * 7
    assert set(found[0].scores) == {"trust", "novelty", "beyond", "agreement", "occupancy"}
    assert abs(found[0].scores["novelty"]) < 0.1
    assert found[0].scores["agreement"] > 0.85
    np.testing.assert_allclose(found[0].rows["trust"].mean(), found[0].scores["trust"])


def test_a_shift_of_the_data_is_flagged(monitor, stream):
    X, y = stream[1]
    inverted = monitor.update(16 - X[:100], y[:100])
    assert {"novelty", "beyond", "agreement"} <= set(inverted.outside)
    noisy = monitor.update(X[:100] + np.random.default_rng(0).normal(scale=3, size=(100, 64)))
    assert {"novelty", "beyond"} <= set(noisy.outside)
    close = np.argsort(monitor._ground.look(X, np.zeros((len(X), 2))).distance)[:100]
    near = monitor.update(X[close])
    assert "novelty" in near.outside
    assert near.scores["novelty"] < 0


def test_a_shift_of_the_mixture_is_flagged_on_the_map(monitor, stream):
    X, y = stream[1]
    threes = monitor.update(X[y == 3], y[y == 3])
    assert threes.outside == ("occupancy",)
    assert threes.p_value < 0.01


def test_wrong_and_unknown_labels_are_flagged(monitor, stream):
    X, y = stream[1]
    assert "agreement" in monitor.update(X[:60], (y[:60] + 1) % 10).outside
    assert monitor.update(X[:60], np.full(60, 77)).scores["agreement"] == 0
    some = monitor.update(X[:60], [None] * 30 + y[30:60].tolist())
    assert np.isnan(some.rows["agreement"][:30]).all()
    assert some.scores["agreement"] > 0.8


def test_tiny_batches_are_judged(monitor, stream):
    X, y = stream[1]
    assert monitor.update(X[:1], y[:1]).outside == ()
    assert "novelty" in monitor.update(16 - X[:1], y[:1]).outside
    assert monitor.update(X[:2]).n_rows == 2
    assert "agreement" not in monitor.batches[-1].scores


def test_few_batches_without_drift_are_flagged(monkeypatch):
    monkeypatch.setattr("nbembed.drift.comparing.PERMUTATIONS", 199)
    rng = np.random.default_rng(1)
    flagged = []
    for _ in range(15):
        X = rng.normal(size=(300, 4))
        monitor = Monitor(linear, X, labels=X[:, 0] > 0, level=0.05)
        for size in (1, 7, 40, 200):
            rows = rng.normal(size=(size, 4))
            flagged.append(monitor.update(rows, rows[:, 0] > 0).drifted)
    assert np.mean(flagged) < 0.15


def test_a_stream_is_followed_as_it_comes(cloud):
    rng = np.random.default_rng(1)
    taken = []

    def batches():
        for number in range(3):
            taken.append(number)
            yield rng.normal(size=(20, 4))

    monitor = Monitor(linear, cloud)
    following = monitor.follow(batches())
    assert next(following).number == 1
    assert taken == [0]
    assert [batch.number for batch in following] == [2, 3]
    labelled = Monitor(linear, cloud, labels=cloud[:, 0] > 0)
    pairs = [(rows, rows[:, 0] > 0) for rows in (rng.normal(size=(20, 4)), rng.normal(size=(2, 4)))]
    assert all("agreement" in batch.scores for batch in labelled.follow(pairs))
    two_rows = tuple(rng.normal(size=(2, 4)).tolist())
    assert next(monitor.follow([two_rows])).n_rows == 2


def test_anything_that_places_rows_will_do(cloud):
    class Transformer:
        def transform(self, X):
            return linear(X)

    rows = np.random.default_rng(1).normal(size=(30, 4))
    by_object = Monitor(Transformer(), cloud).update(rows)
    by_function = Monitor(linear, cloud, Y=linear(cloud)).update(rows)
    assert by_object.scores == by_function.scores
    pipeline = make_pipeline(StandardScaler(), UMAP(n_epochs=20, random_state=0)).fit(cloud)
    assert Monitor(pipeline, cloud).update(rows).n_rows == 30


def test_a_reference_of_other_rows_makes_the_bands(cloud):
    rng = np.random.default_rng(1)
    rows, reference = rng.normal(size=(50, 4)) + 3, rng.normal(size=(200, 4)) + 3
    assert Monitor(linear, cloud).update(rows).drifted
    accustomed = Monitor(linear, cloud, labels=["a"] * 300, reference=reference)
    assert not accustomed.update(rows, ["b"] * 50).drifted
    assert "agreement" not in accustomed.batches[0].scores
    labelled = Monitor(
        linear, cloud, labels=["a"] * 300, reference=reference, reference_labels=["a"] * 200
    )
    assert labelled.update(rows, ["b"] * 50).outside == ("agreement",)


def test_data_of_any_scale_are_compared_on_it(cloud):
    rows = np.random.default_rng(1).normal(size=(40, 4))
    plain = Monitor(linear, cloud, Y=linear(cloud)).update(rows)
    far = Monitor(lambda X: linear((X - 1e9) / 1e3), cloud * 1e3 + 1e9, Y=linear(cloud)).update(
        rows * 1e3 + 1e9
    )
    assert far.scores == pytest.approx(plain.scores, abs=1e-3)


def test_the_metric_is_that_of_the_map(cloud):
    fit = UMAP(n_epochs=10, metric="cosine", random_state=0).fit(cloud)
    found = Monitor(fit, cloud).update(cloud[:50] * 1_000)
    assert "novelty" not in found.outside or found.scores["novelty"] < 0
    assert Monitor(fit, cloud, metric="euclidean").update(cloud[:50] * 1_000).scores["novelty"] > 3


def test_large_maps_are_sampled_for_the_reference(cloud, monkeypatch):
    monkeypatch.setattr("nbembed.drift.monitor.REFERENCE_ROWS", 100)
    monitor = Monitor(linear, cloud)
    assert len(monitor._reference["trust"]) == 100
    assert not monitor.update(np.random.default_rng(1).normal(size=(30, 4))).drifted


def test_many_equal_rows_have_a_novelty_too():
    X = np.repeat(np.eye(4), 40, axis=0)
    monitor = Monitor(linear, X, n_neighbors=5)
    assert monitor.update(np.eye(4)).scores["novelty"] <= 0
    assert np.isfinite(monitor.update(np.eye(4) * 7).scores["novelty"])


# ---- tables -------------------------------------------------------------------------------------


def test_batches_and_monitors_print(monitor, stream):
    assert repr(monitor).endswith("no batch yet")
    X, y = stream[1]
    monitor.update(X[:100], y[:100])
    monitor.update(16 - X[:1])
    text = repr(monitor)
    assert (
        text.splitlines()[0]
        == "Drift against a map of 900 rows, 15 neighbours, level 0.01: 1 of 2 batches flagged"
    )
    assert text.splitlines()[1].split()[:4] == ["batch", "rows", "trust", "novelty"]
    assert "none" in text.splitlines()[3]
    one = repr(monitor.batches[1])
    assert one.startswith("Batch 2, 1 row: outside the band: ")
    assert "novelty" in one


def test_html_is_escaped(monitor, stream):
    X, y = stream[1]
    found = monitor.update(X[:40], y[:40])
    for html in (monitor._repr_html_(), found._repr_html_()):
        assert html.startswith("<table><caption>")
        assert html.count("<tr>") == html.count("</tr>")
    from nbembed.drift.batch import html_table

    assert "<b>" not in html_table([found], "<b>bold</b>")


def test_a_frame_holds_values_and_bands(monitor, stream):
    assert len(monitor.to_frame()) == 0
    X, y = stream[1]
    monitor.update(X[:40])
    monitor.update(X[40:80], y[40:80])
    frame = monitor.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert frame["batch"].tolist() == [1, 2]
    assert np.isnan(frame["agreement"][0])
    assert not np.isnan(frame["agreement"][1])
    assert frame["trust"][1] == monitor.batches[1].scores["trust"]
    assert {"trust_low", "occupancy_high", "p_value", "drifted", "outside"} <= set(frame.columns)


def test_without_pandas_it_says_what_to_install(cloud, monkeypatch):
    monitor = Monitor(linear, cloud)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match="pip install pandas"):
        monitor.to_frame()


# ---- bad input ----------------------------------------------------------------------------------


def test_what_cannot_place_rows_is_refused(cloud):
    with pytest.raises(InvalidTypeError, match="mapper must have transform .* got int"):
        Monitor(3, cloud)
    monitor = Monitor(lambda X: np.zeros((7, 2)), cloud, Y=linear(cloud))
    with pytest.raises(
        InvalidInputError, match=r"mapper must return .* shape \(5, 2\), got \(7, 2\)"
    ):
        monitor.update(cloud[:5])
    with pytest.raises(
        InvalidInputError, match="Y must have one row per row of X, 300 in all, got 4"
    ):
        Monitor(linear, cloud, Y=np.zeros((4, 2)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": 0}, "level must be a number above 0"),
        ({"level": 2}, "at most 1"),
        ({"n_neighbors": 150}, "less than half the rows of X, 300 / 2, got 150"),
        ({"n_neighbors": 0}, "n_neighbors must be an integer of at least 1"),
        ({"labels": np.linspace(0, 1, 300)}, "labels must name classes, got numbers"),
        ({"labels": [1, 2]}, "labels must hold one value per row"),
        ({"reference": np.zeros((5, 3))}, "reference: X must have the columns"),
        (
            {"reference": np.zeros((5, 4)), "reference_labels": [1] * 5},
            "reference_labels must be None",
        ),
        ({"random_state": -1}, "random_state"),
    ],
)
def test_bad_options_are_refused(options, message, cloud):
    with pytest.raises(ValueError, match=message):
        Monitor(linear, cloud, **options)


def test_bad_batches_are_refused_and_not_counted(cloud):
    monitor = Monitor(linear, cloud)
    with pytest.raises(InvalidInputError, match="batch 1: X must be finite"):
        monitor.update(np.full((3, 4), np.nan))
    with pytest.raises(InvalidInputError, match="batch 1: X must have the columns .* got 2"):
        monitor.update(np.ones((3, 2)))
    with pytest.raises(InvalidInputError, match="batch 1: X must have at least 1 rows"):
        monitor.update(np.ones((0, 4)))
    with pytest.raises(InvalidInputError, match="y must be None for a monitor without labels"):
        monitor.update(cloud[:2], [0, 1])
    with pytest.raises(InvalidTypeError, match="batch 1"):
        monitor.update([[object()] * 4])
    assert monitor.batches == []
    assert monitor.update(cloud[:2]).number == 1


def test_the_room_is_public():
    assert nb.drift.Monitor is Monitor
