"""Pictures of benchmarks."""

import pytest

from nbembed.benchmarking import Benchmark, Trial
from nbembed.errors import InvalidInputError

SCORES = {"a": [0.90, 0.91, 0.92], "b$x$": [0.95, 0.96, 0.97]}


def result(**settings):
    found = [
        Trial(data, method, seed, 10, {"trustworthiness": value, "own": 2 * value})
        for data in ("one", "two")
        for method, values in SCORES.items()
        for seed, value in enumerate(values)
    ]
    return Benchmark(found, list(SCORES), ["one", "two"], **settings)


def test_a_panel_for_each_score_on_each_data_set():
    figure = result(baseline="a").plot()
    titles = [ax.get_title() for ax in figure.axes if ax.axison]
    assert titles == ["trustworthiness, one", "own, one", "trustworthiness, two", "own, two"]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == list(SCORES)
    assert not any(label.get_parse_math() for label in figure.axes[0].get_yticklabels())
    trials = [line for line in figure.axes[0].lines if line.get_marker() == "."]
    assert [list(line.get_xdata()) for line in trials] == list(SCORES.values())


def test_the_baseline_and_its_margin_are_drawn():
    plain, judged = (result(baseline=name).plot("trustworthiness") for name in (None, "a"))
    assert len(judged.axes[0].patches) == 1 + len(plain.axes[0].patches)
    band = judged.axes[0].patches[0]
    assert (round(band.get_x(), 6), round(band.get_width(), 6)) == (0.908, 0.004)
    assert "margin" in judged.get_supxlabel()
    assert "margin" not in plain.get_supxlabel()
    assert judged._repr_png_()[:4] == b"\x89PNG"


def test_the_marker_of_a_mean_is_its_verdict():
    gains = {"base": 0.0, "better": 0.1, "not worse": 0.0, "worse": -0.1}
    found = [
        Trial("d", method, seed, 10, {"trustworthiness": 0.5 + gain + 1e-5 * seed})
        for method, gain in gains.items()
        for seed in range(3)
    ]
    found.append(Trial("d", "undecided", 0, 10, {"trustworthiness": 0.5}))
    benchmark = Benchmark(found, [*gains, "undecided"], ["d"], baseline="base")
    figure = benchmark.plot()
    means = [line for line in figure.axes[0].lines if line.get_marker() in "D^svo"]
    drawn = {int(line.get_ydata()[0]): line for line in means if len(line.get_ydata()) == 1}
    assert [drawn[i].get_marker() for i in range(5)] == ["D", "^", "s", "v", "o"]
    assert drawn[4].get_markerfacecolor() == "white"
    # The legend keeps within the figure.
    figure.canvas.draw()
    box = figure._supxlabel.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width


def test_every_data_set_has_rows_of_its_own():
    figure = result().plot(["own"])
    assert [ax.get_title() for ax in figure.axes] == ["own, one", "own, two"]
    assert figure.axes[0].get_gridspec().get_geometry() == (2, 1)


def test_unknown_scores_and_empty_results_are_told():
    with pytest.raises(InvalidInputError, match="did you mean 'trustworthiness'"):
        result().plot(["trustworthines"])
    empty = Benchmark([Trial("d", "m", 0, 10, error="x")], ["m"], ["d"])
    with pytest.raises(InvalidInputError, match="there must be a finished trial"):
        empty.plot()
