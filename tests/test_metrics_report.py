"""The report on a map, the comparison of maps, and the numbers in them."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose

from nbembed import metrics
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.metrics import Score, distances, ranking, reporting


@pytest.fixture(scope="module")
def groups():
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=300)
    X = rng.normal(size=(300, 12)) + 3.0 * rng.normal(size=(4, 12))[y]
    return X, X[:, :2] + 0.3 * rng.normal(size=(300, 2)), y


@pytest.fixture(scope="module")
def found(groups):
    X, Y, y = groups
    return metrics.report(X, Y, labels=y)


def sampled(value=0.5, error=0.0012, size=2000):
    return Score(value, standard_error=error, sample_size=size, population=70_000)


def table(**scores):
    return metrics.Report(scores, n_samples=70_000, n_neighbors=15)


# -- the report -----------------------------------------------------------------------------------


def test_every_number_of_the_report_is_that_of_its_function(groups, found):
    X, Y, y = groups
    expected = {
        "trustworthiness": metrics.trustworthiness(X, Y),
        "continuity": metrics.continuity(X, Y),
        "neighbor_recall": metrics.neighbor_recall(X, Y),
        "rnx_auc": metrics.rnx_auc(X, Y),
        "density_preservation": metrics.density_preservation(X, Y),
        "shepard_goodness": metrics.shepard_goodness(X, Y),
        "distance_correlation": metrics.distance_correlation(X, Y),
        "normalized_stress": metrics.normalized_stress(X, Y),
        "scaled_stress": metrics.normalized_stress(X, Y, scaled=True),
        "knn_accuracy": metrics.knn_accuracy(Y, y),
        "neighborhood_hit": metrics.neighborhood_hit(Y, y, n_neighbors=15),
        "silhouette": metrics.silhouette(Y, y),
        "v_measure": metrics.v_measure(Y, y),
    }
    assert dict(found) == expected
    assert list(found) == list(expected)


def test_a_sampled_report_is_of_the_same_sample(groups):
    X, Y, y = groups
    found = metrics.report(X, Y, labels=y, sample=100, random_state=3)
    given = {"sample": 100, "random_state": 3}
    assert found["trustworthiness"] == metrics.trustworthiness(X, Y, **given)
    assert found["rnx_auc"] == metrics.rnx_auc(X, Y, **given)
    assert found["silhouette"] == metrics.silhouette(Y, y, **given)
    assert found["knn_accuracy"] == metrics.knn_accuracy(Y, y, **given)
    assert found.sample_size == 100
    assert found.standard_errors["trustworthiness"] > 0
    assert found.standard_errors["density_preservation"] == 0


def test_the_report_prints_as_a_table():
    assert repr(table(trustworthiness=sampled(0.97512), knn=Score(1.0), scaled_stress=0.25)) == (
        "70,000 points, 15 neighbours\n"
        "knn              1.000\n"
        "- local\n"
        "trustworthiness  0.975 ± 0.001 (sample of 2,000 rows)\n"
        "- global\n"
        "scaled_stress    0.250 (lower is better)"
    )


def test_a_tiny_standard_error_is_not_shown_as_none():
    assert "0.500 ± 0.001" in repr(table(a=sampled(error=1e-9)))


def test_what_is_undefined_is_called_so():
    assert "undefined" in repr(table(shepard_goodness=np.nan))


def test_no_zero_has_a_sign(groups):
    assert repr(table(rnx_auc=-1e-5)).endswith("rnx_auc  0.000")
    assert repr(table(rnx_auc=-0.0006)).endswith("rnx_auc  -0.001")
    reports = {"a": [table(rnx_auc=-1e-5)]}
    assert "-0.000" not in repr(metrics.Comparison({"a": [groups[1]]}, reports))


def test_the_report_is_a_mapping_that_cannot_be_changed(found):
    with pytest.raises(TypeError):
        found["continuity"] = 1.0
    with pytest.raises(AttributeError):
        found.n_samples = 3
    found.standard_errors["continuity"] = 7.0
    assert found.standard_errors["continuity"] == 0.0
    assert (found.n_samples, found.sample_size, found.n_neighbors) == (300, 300, 15)


@pytest.mark.parametrize(
    "name", ["</script>", "<!--", "&lt;", "<img src=x onerror=alert(1)>", "\"'"]
)
def test_the_html_of_a_report_is_escaped(name):
    page = table(**{name: sampled()})._repr_html_()
    for piece in ("</script", "<!--", "<img"):
        assert piece not in page
    assert page.count("<th") == 1
    if "&" in name:
        assert "&amp;lt;" in page
    assert "0.500 ± 0.001" in page


def test_the_html_of_a_report_has_a_heading_for_each_group(found):
    page = found._repr_html_()
    assert page.count("scope='rowgroup'") == 3
    assert page.count("scope='row'") == len(found)
    assert "lower is better" in page


def test_the_report_becomes_a_data_frame(found):
    pytest.importorskip("pandas")
    frame = found.to_frame()
    assert list(frame.index) == list(found)
    assert_allclose(frame["value"], list(found.values()))
    assert frame.loc["silhouette", "group"] == "labels"
    assert frame["lower_is_better"].sum() == 2
    assert frame["sample_size"].isna().all()


def test_numbers_as_labels_get_no_vote(groups):
    X = groups[0]
    with_names = metrics.report(X, X[:, :2], labels=np.arange(len(X)) % 3)
    with_numbers = metrics.report(X, X[:, :2], labels=np.linspace(0, 1, len(X)))
    assert "knn_accuracy" in with_names
    assert "knn_accuracy" not in with_numbers


def test_rows_without_a_label_are_left_out(groups):
    X, Y, y = groups
    names = np.array([f"class {code}" for code in y], dtype=object)
    names[:100] = None
    found = metrics.report(X, Y, labels=names)
    for name in ("knn_accuracy", "silhouette", "v_measure"):
        assert found[name] == getattr(metrics, name)(Y[100:], y[100:])
    assert found["trustworthiness"] == metrics.trustworthiness(X, Y)
    assert "silhouette" not in metrics.report(X, Y, labels=np.full(300, "one"))
    assert "knn_accuracy" not in metrics.report(X, Y, labels=[None] * 300)


def test_a_map_without_extent_has_a_report(groups):
    X = groups[0]
    found = metrics.report(X, np.zeros((300, 2)), labels=groups[2])
    for name in ("shepard_goodness", "distance_correlation", "density_preservation"):
        assert np.isnan(found[name])
    assert found["scaled_stress"] == found["normalized_stress"] == 1.0
    assert 0 <= found["trustworthiness"] <= 1
    assert np.isnan(metrics.report(np.zeros((40, 3)), np.zeros((40, 2)))["normalized_stress"])


def test_a_report_on_many_rows_is_sampled_and_says_so(groups, monkeypatch):
    X, Y, y = groups
    monkeypatch.setattr(ranking, "MAX_EXACT_ROWS", 200)
    monkeypatch.setattr(ranking, "SAMPLE_ROWS", 100)
    monkeypatch.setattr(reporting, "MAX_EXACT_ROWS", 200)
    monkeypatch.setattr(reporting, "MAX_SORTED_ROWS", 200)
    monkeypatch.setattr(reporting, "ORDERED_ROWS", 50)
    monkeypatch.setattr(distances, "MAX_EXACT_PAIRS", 1000)
    monkeypatch.setattr(distances, "SAMPLE_PAIRS", 500)
    found = metrics.report(X, Y, labels=y)
    assert "density_preservation" not in found
    assert "left out: density_preservation" in repr(found)
    assert "left out: density_preservation" in found._repr_html_()
    assert found["rnx_auc"].sample_size == 50
    assert found["trustworthiness"].sample_size == 100
    assert found["shepard_goodness"].sample_size == 500
    assert "(sample of 500 pairs)" in repr(found)
    assert not found["v_measure"].is_sampled


def test_the_smallest_data_have_a_report():
    found = metrics.report([[0.0], [1.0], [3.0]], [[0.0], [1.0], [3.0]], n_neighbors=1)
    assert found["trustworthiness"] == found["rnx_auc"] == 1.0
    assert found["normalized_stress"] == 0.0


# -- a single number ------------------------------------------------------------------------------


def test_a_score_is_a_float_that_prints_its_error():
    score = sampled(0.97543, 0.0008)
    assert score == 0.97543
    assert repr(score) == "0.9754 ± 0.0008 (sample of 2,000 rows)"
    assert repr(Score(0.25)) == "0.25"
    assert score.interval == pytest.approx((0.973862, 0.976998), abs=1e-6)
    assert not Score(0.25).is_sampled
    assert type(score * 2) is float


def test_a_score_survives_a_pickle():
    score = pickle.loads(pickle.dumps(sampled(0.5, 0.1)))
    assert (score, score.standard_error, score.sample_size) == (0.5, 0.1, 2000)
    assert score.is_sampled


def test_the_error_of_a_mean_is_that_of_sampling_without_replacement():
    values = np.arange(10.0)
    score = Score.of_rows(values, 40)
    # Variance with n - 1 is 82.5 / 9; 10 of 40 are known.
    assert score.standard_error == pytest.approx((82.5 / 9 / 10 * 0.75) ** 0.5)
    assert Score.of_rows(values, 10).standard_error == 0
    assert Score.of_rows(values[:1], 10).standard_error == 0


# -- comparisons ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def comparison(groups):
    X, Y, y = groups
    noise = np.random.default_rng(1).normal(size=Y.shape)
    # The second run is the first one turned and scaled: another picture of the same map.
    turned = 3.0 * Y @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    return metrics.compare({"good": [Y, turned], "noise": noise}, X, y)


def test_a_comparison_has_the_reports_of_all_runs(groups, comparison):
    X, Y, y = groups
    assert list(comparison) == ["good", "noise"]
    assert [len(comparison[name]) for name in comparison] == [2, 1]
    assert dict(comparison["good"][0]) == dict(metrics.report(X, Y, labels=y))


def test_means_and_spreads_are_over_the_runs(comparison):
    runs = [report["normalized_stress"] for report in comparison["good"]]
    assert runs[0] != runs[1]
    assert comparison.mean("good", "normalized_stress") == pytest.approx(np.mean(runs))
    assert comparison.std("good", "normalized_stress") == pytest.approx(np.std(runs, ddof=1))
    assert np.isnan(comparison.std("noise", "normalized_stress"))
    assert comparison.std("good", "trustworthiness") == pytest.approx(0.0, abs=1e-12)


def test_runs_that_differ_by_a_turn_agree(comparison):
    assert comparison.mean("good", "neighbor_jaccard") == pytest.approx(1.0)
    assert comparison.mean("good", "procrustes_disparity") == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(comparison.mean("noise", "neighbor_jaccard"))


def test_the_best_map_is_named(comparison):
    assert comparison.best("trustworthiness") == "good"
    assert comparison.best("scaled_stress") == "good"
    with pytest.raises(
        InvalidInputError, match="measure must be one of trustworthiness, .*'trust'"
    ):
        comparison.best("trust")


def test_a_comparison_prints(comparison):
    text, page = repr(comparison), comparison._repr_html_()
    assert text.splitlines()[0] == (
        "300 points, 15 neighbours; mean ± standard deviation of 2 runs"
    )
    assert text.splitlines()[1].split() == ["good", "noise"]
    trust = comparison.mean("noise", "trustworthiness")
    assert f"± 0.000  {trust:.3f}" in text
    assert page.count("scope='col'") == len(comparison.measures)
    assert page.count("scope='row'") == 2
    assert "<script" not in metrics.compare({"<script>": [[0.0], [1.0], [3.0]]}, [[0.0], [1.0], [3.0]], n_neighbors=1)._repr_html_()  # fmt: skip


def test_a_comparison_becomes_a_data_frame(comparison):
    pytest.importorskip("pandas")
    frame = comparison.to_frame()
    assert list(frame.index) == ["good", "noise"]
    assert frame.loc["good", ("trustworthiness", "mean")] == comparison.mean(
        "good", "trustworthiness"
    )


def test_an_estimator_stands_for_its_map(groups):
    X, Y, _ = groups

    class Fitted:
        embedding_ = Y

    found = metrics.compare({"a": Fitted(), "b": [Fitted(), Fitted()]}, X)
    assert found.mean("a", "continuity") == metrics.continuity(X, Y)
    assert len(found["b"]) == 2


def test_bad_comparisons_are_refused(groups):
    X, Y, _ = groups
    with pytest.raises(InvalidTypeError, match="maps must be a dict from names to maps, got list"):
        metrics.compare([Y], X)
    with pytest.raises(InvalidInputError, match="maps must hold at least one map"):
        metrics.compare({}, X)
    with pytest.raises(InvalidInputError, match="Y must have one row per row of X, 300, got 299"):
        metrics.compare({"a": Y[1:]}, X)
    with pytest.raises(InvalidInputError, match="same rows, got maps of 299 and 300 rows"):
        metrics.compare({"a": [Y, Y[1:]]}, X)
