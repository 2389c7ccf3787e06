"""Every check: the solution passes, the untouched answer is "not yet", a usual mistake gets the hint that names it.

The mistakes are written here as learners write them, not taken from the tables they are to be found in.
"""

import doctest

import numpy as np
import pytest

from nbembed import lessons, metrics
from nbembed.errors import InvalidInputError
from nbembed.lessons import LESSONS, check, exercise, exercises, textbook
from tests.lesson_answers import ANSWERS
from tests.lesson_answers_methods import GIVEN

EVERY = [name for lesson in LESSONS for name in exercises(lesson)]


@pytest.fixture(scope="module")
def given():
    """What some exercises are to be given: digits, maps of which half the points stay where they are, and so on."""
    return GIVEN


def line(name, value, given, capsys):
    needed = {key: given[key] for key in exercises(name.split("-")[0])[name].needs}
    capsys.readouterr()
    check(name, value, **needed)
    said = capsys.readouterr().out
    assert said.count("\n") == 1, "a check says one line"
    return said.strip()


def test_every_exercise_is_tried_here():
    assert set(ANSWERS) == set(EVERY)
    assert all(len(mistakes) >= 3 for _, mistakes in ANSWERS.values())


@pytest.mark.parametrize("name", EVERY)
def test_solutions_pass_and_untouched_answers_are_not_yet(name, given, capsys):
    solution, _ = ANSWERS[name]
    assert line(name, solution, given, capsys) == f"{name} ok"
    assert line(name, None, given, capsys) == f"{name} not yet"
    if exercises(name.split("-")[0])[name].probes:
        assert line(name, lambda *_: None, given, capsys) == f"{name} not yet"


@pytest.mark.parametrize("name", EVERY)
def test_mistakes_get_the_hint_that_names_them(name, given, capsys):
    _, mistakes = ANSWERS[name]
    said = [(line(name, value, given, capsys), fragment) for value, fragment in mistakes]
    assert [pair for pair in said if pair[1] not in pair[0]] == []


@pytest.mark.parametrize("name", EVERY)
def test_no_hint_tells_the_solution(name, given, capsys):
    """A number that is the answer stands in no hint; nor does a hint say ok."""
    solution, mistakes = ANSWERS[name]
    for value, _ in mistakes:
        said = line(name, value, given, capsys)
        assert not said.endswith(" ok")
        if isinstance(solution, float | int):
            assert f"{solution:.3g}" not in said.removeprefix(name)


def test_any_other_answer_is_met_with_a_line(given, capsys):
    for name in EVERY:
        for value in ("?", -77.5, [1, 2], {"a": 1}, lambda *_: 1 / 0, np.full((2, 3, 4), np.nan)):
            assert " ok" not in line(name, value, given, capsys)


def test_a_function_that_stops_is_told_what_python_said(given, capsys):
    said = line("03-a", lambda P, Y: P @ Y.nonsense, given, capsys)
    assert "AttributeError" in said


def test_unknown_exercises_and_missing_inputs_are_refused():
    with pytest.raises(InvalidInputError, match="exercise must be one of 00-a"):
        check("99-z", 1)
    with pytest.raises(InvalidInputError, match="must be given X besides the answer, got nothing"):
        check("01-b", 0.5)


def test_the_textbook_agrees_with_the_package(given):
    import nbembed as nb
    from nbembed import affinities, neighbors

    X = given["X"][:60]
    near = neighbors.nearest_neighbors(X, n_neighbors=59)
    _, beta = affinities.conditional(near, perplexity=10)
    others = np.delete(textbook.squared_distances(X)[5], 5)
    assert textbook.precision(others, 10) == pytest.approx(beta[5], rel=1e-5)
    few = neighbors.nearest_neighbors(X, n_neighbors=14)
    sigma, _ = affinities.smooth_distances(few)
    assert textbook.smooth_bandwidth(few.distances[5]) == pytest.approx(sigma[5], rel=1e-5)
    fit = nb.TSNE(perplexity=10, n_iter=5, early_exaggeration_iter=0, random_state=0).fit(X)
    P = fit.affinities_.toarray()
    ours = textbook.kl_divergence(P, textbook.similarities(fit.embedding_))
    assert ours == pytest.approx(float(metrics.kl_divergence(fit.affinities_, fit.embedding_)), rel=1e-5)  # fmt: skip


def test_what_is_alike():
    assert exercise.same(1.00001, 1.0)
    assert not exercise.same(1.01, 1.0)
    assert not exercise.same(np.ones(2), np.ones(3))
    assert exercise.same(np.array([np.nan, 1]), np.array([np.nan, 1]))
    assert exercise.same("a", "a")
    assert exercise.same(ValueError("x"), ValueError("y"))
    assert not exercise.same(ValueError("x"), 1.0)


def test_examples():
    assert doctest.testmod(lessons).failed == 0
