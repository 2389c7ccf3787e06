"""Benchmarks: what the numbers are worth, and how they are shown."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from nbembed.benchmarking import MARGINS, Benchmark, Trial, statistics
from nbembed.errors import InvalidInputError

RNG = np.random.default_rng(0)

# ---- what the numbers are worth ---------------------------------------------------------------------


def trials(scores, name="m", metric="trustworthiness", data="data"):
    return [Trial(data, name, seed, 10, {metric: s}) for seed, s in enumerate(scores)]


def judged(*gains, metric="trustworthiness", base=0.9, **settings):
    """Return verdicts of methods that are better than a constant baseline by the given gains."""
    found = trials([base] * len(gains[0]), "base", metric)
    for place, gain in enumerate(gains):
        found += trials(base + np.asarray(gain), f"m{place}", metric)
    names = ["base", *(f"m{place}" for place in range(len(gains)))]
    return Benchmark(found, names, ["data"], baseline="base", **settings).verdicts


def test_the_interval_is_students():
    values = RNG.normal(size=7)
    mean, half = statistics.mean_interval(values, 0.9)
    low, high = stats.t.interval(0.9, 6, loc=values.mean(), scale=stats.sem(values))
    assert_allclose((mean - half, mean + half), (low, high))
    result = Benchmark(trials(values), ["m"], ["data"], confidence=0.9)
    assert_allclose((result.summaries[0].mean, result.summaries[0].half_width), (mean, half))


SPREAD = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) * 1e-4


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [(0.001, "better"), (0.0, "not worse"), (-0.0015, "not worse"), (-0.002, "undecided"), (-0.003, "worse")],
)  # fmt: skip
def test_a_verdict_is_what_the_interval_says(gain, verdict):
    (item,) = judged(gain + SPREAD)
    assert item.verdict == verdict
    assert_allclose(item.gain, gain, atol=1e-12)
    assert item.margin == MARGINS["trustworthiness"] == 0.002
    if verdict == "better":
        assert item.low > 0
    elif verdict == "not worse":
        assert -item.margin < item.low < 0
    elif verdict == "worse":
        assert item.high < -item.margin
    else:
        assert item.low < -item.margin < item.high


def test_without_a_margin_nothing_is_not_worse():
    found = judged(SPREAD, SPREAD + 0.01, SPREAD - 0.01, metric="of my own")
    assert [item.verdict for item in found] == ["undecided", "better", "worse"]
    (mine,) = judged(SPREAD, metric="of my own", margins={"of my own": 0.01})
    assert mine.verdict == "not worse"


@pytest.mark.parametrize("metric", ["normalized_stress", "kl_divergence", "seconds", "Stress"])
def test_less_of_a_loss_is_better(metric):
    (item,) = judged(SPREAD - 0.5, metric=metric)
    assert (item.verdict, item.gain > 0) == ("better", True)


def test_differences_are_paired_by_seed():
    wild = RNG.normal(size=6)
    found = trials(wild, "base") + trials(wild + 0.01 + 1e-4 * RNG.normal(size=6), "m")
    result = Benchmark(found, ["base", "m"], ["data"], baseline="base")
    assert result.verdict("m", "trustworthiness") == "better"
    # Only seeds that both have count.
    (item,) = Benchmark(found[2:], ["base", "m"], ["data"], baseline="base").verdicts
    assert item.n_pairs == 4


def test_one_seed_decides_nothing():
    (item,) = judged([0.5])
    assert (item.verdict, item.n_pairs) == ("undecided", 1)


def test_numbers_that_no_seed_changes_are_sure():
    assert [item.verdict for item in judged([0.1] * 3, [-0.1] * 3, [0.0] * 3)] == [
        "better",
        "worse",
        "not worse",
    ]


def test_many_comparisons_ask_for_more():
    # p = 0.03 alone is enough, beside nine others without any gain it is not.
    gain = SPREAD + stats.t.isf(0.015, 4) * SPREAD.std(ddof=1) / 5**0.5
    settings = {"metric": "of my own"}
    p = stats.ttest_1samp(gain, 0.0).pvalue
    assert_allclose(p, 0.03)
    assert judged(gain, **settings)[0].verdict == "better"
    many = judged(gain, *([SPREAD] * 9), **settings)
    assert [item.verdict for item in many] == ["undecided"] * 10
    # Beside nine that are sure, what is left is the only question.
    many = judged(gain, *([SPREAD + 1.0] * 9), **settings)
    assert [item.verdict for item in many] == ["better"] * 10


def test_holm_and_shaffer_step_by_step():
    # Two comparisons with a margin, four hypotheses, two of them possibly true at once.
    rng = np.random.default_rng(3)
    gains = [rng.normal(loc, 1e-3, size=8) for loc in (0.0012, -0.0008)]
    found = judged(*gains)
    p_values = sorted(
        (stats.ttest_1samp(gain, null).pvalue, place, null)
        for place, gain in enumerate(gains)
        for null in (0.0, -0.002)
    )
    open_of, sure = {0: 2, 1: 2}, set()
    for p, place, null in p_values:
        if p > 0.05 / sum(left > 0 for left in open_of.values()):
            break
        open_of[place] -= 1
        sure.add((place, null))
    for place, item in enumerate(found):
        expected = "undecided"
        if (place, -0.002) in sure:
            expected = "not worse" if item.gain > -0.002 else "worse"
        if (place, 0.0) in sure and item.gain > 0:
            expected = "better"
        assert item.verdict == expected


def test_wrong_verdicts_are_rare_however_many_comparisons():
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(200):
        # Half are no better, half lie on the margin: any "better", and any word on the latter, is wrong.
        gains = [rng.normal(0.0, 1e-3, 5) for _ in range(3)]
        edge = [rng.normal(-0.002, 1e-3, 5) for _ in range(3)]
        verdicts = [item.verdict for item in judged(*gains, *edge)]
        wrong += "better" in verdicts[:3] or set(verdicts[3:]) != {"undecided"}
    assert wrong <= 20


def test_another_baseline_without_another_run():
    found = trials([0.9, 0.91, 0.9], "a") + trials([0.95, 0.96, 0.95], "b")
    result = Benchmark(found, ["a", "b"], ["data"], baseline="a")
    assert result.verdict("b", "trustworthiness") == "better"
    assert result.against("b").verdict("a", "trustworthiness") == "worse"
    assert result.against("b", margins={"trustworthiness": 0.1}).verdict("a", "trustworthiness") == "not worse"  # fmt: skip
    assert result.against(None).verdicts == []


# ---- what is shown ----------------------------------------------------------------------------------


def test_the_table_in_words():
    found = trials([0.9, 0.91, 0.92], "base") + trials([0.95, 0.95, 0.95], "<b>m</b>")
    result = Benchmark(found, ["base", "<b>m</b>"], ["data"], baseline="base")
    text = repr(result)
    assert text.splitlines()[0] == "data: 10 points, 3 seeds"
    assert "0.910 ± 0.025" in text
    assert "0.9500 ± 0 better" in text
    assert "this one comparison" in text
    assert "No seed changes the scores of <b>m</b>" in text
    html = result._repr_html_()
    assert "<b>m" not in html
    assert "&lt;b&gt;m&lt;/b&gt;" in html
    assert "0.910 ± 0.025" in html


def test_seeds_that_are_missing_are_told():
    found = [*trials([0.9, 0.91], "m"), Trial("data", "m", 2, 10, error="MemoryError: x")]
    text = repr(Benchmark(found, ["m"], ["data"]))
    assert "(2 of 3)" in text
    assert "m, data, seed 2: MemoryError: x" in text


def test_sampled_scores_say_so():
    found = [Trial("data", "m", s, 10, {"t": 0.5 + s / 10}, {"t": 0.02}) for s in (0, 1)]
    assert "standard error, up to 0.02, is not in the intervals" in repr(
        Benchmark(found, ["m"], ["data"])
    )


def test_a_wide_table_goes_on_below():
    scores = {f"a rather long name {i}": i / 10 for i in range(9)}
    found = [Trial("data", "m", seed, 10, scores) for seed in (0, 1)]
    lines = repr(Benchmark(found, ["m"], ["data"])).splitlines()
    assert sum(line.startswith("method") for line in lines) > 1
    assert all(len(line) <= 100 for line in lines if line.startswith(("method", "m ")))


def test_a_verdict_that_is_not_there():
    result = Benchmark(trials([1.0, 2.0]), ["m"], ["data"])
    with pytest.raises(InvalidInputError, match="got baseline None"):
        result.verdict("m", "trustworthiness")
    two = Benchmark(trials([1.0, 2.0]), ["m"], ["data", "more"], baseline="m")
    with pytest.raises(InvalidInputError, match="data must be one of 'data', 'more'"):
        two.verdict("m", "trustworthiness")
