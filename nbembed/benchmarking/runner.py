"""The benchmark: every method on all data with all seeds, remembered as it goes."""

import os
from collections.abc import Generator, Iterable, Mapping
from dataclasses import replace
from typing import Any

from nbembed import _checks
from nbembed.benchmarking.journal import Journal, Trial
from nbembed.benchmarking.measures import as_measures, check_measures
from nbembed.benchmarking.result import Benchmark
from nbembed.benchmarking.trials import (
    Job,
    as_data,
    as_methods,
    as_seeds,
    plan,
    run_trial,
)

__all__ = ["benchmark"]


def benchmark(  # noqa: PLR0913  (one argument per decision)
    methods: Mapping[str, Any],
    data: Any,
    *,
    seeds: Any = 10,
    labels: Any = None,
    metrics: Any = None,
    path: str | os.PathLike[str] | None = None,
    baseline: str | None = None,
    margins: Mapping[str, float] | None = None,
    confidence: float = 0.95,
    progress: bool = True,
    n_jobs: int = 1,
) -> Benchmark:
    """Try every method on all data with several seeds, and say what the differences are worth.

    The intervals say what other seeds would give **on the same data**. They say nothing of other
    data: for that, give several data sets.

    Parameters
    ----------
    methods
        Name -> estimator (every ``random_state`` in it is set to the seed), or a function of X and
        seed that returns a map.
    data
        X, or a pair (X, labels), or a dictionary of name -> either.
    seeds
        How many seeds, from 0; or a list of them. Default 10.
    labels
        One value per row, where ``data`` is X alone.
    metrics
        None (default) takes all scores of :func:`nbembed.metrics.report`. A list takes those named, of the
        report or of the measures of :mod:`nbembed.metrics` that need only X, Y and labels. Or a dictionary of
        names and functions of X, map and labels that return a number; or one such function that returns a
        dictionary of numbers.
    path
        A file of JSON lines that gets every trial as soon as it is done. Trials found there are not
        run again, if method, parameters, data, seed, scores and versions are the same; failed ones
        are. Default None: an interrupt loses all.
    baseline
        Name of the method that the others are compared with. Default None: no verdicts.
    margins
        Score -> loss against the baseline that does not matter. Added to ``MARGINS`` of
        :mod:`nbembed.benchmarking`; a score without a margin is never "not worse".
    confidence
        Of intervals and verdicts, above 0 and below 1. Default 0.95.
    progress
        Show a bar. Default True.
    n_jobs
        Trials at once, each in a process of its own; -1 for as many as there are cores. Default 1. With more,
        the times are those of busy cores.

    Returns
    -------
    Benchmark
        Prints as a table of means with their intervals, and verdicts.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If an argument cannot be used. What goes wrong in a trial is recorded instead, and shown with the result.

    Examples
    --------
    >>> import nbembed as nb
    >>> result = nb.benchmark(
    ...     {"PCA": nb.baselines.PCA(), "Isomap": nb.baselines.Isomap()},
    ...     nb.datasets.iris(), seeds=2, baseline="PCA", progress=False,
    ... )
    >>> result.verdict("Isomap", "trustworthiness")
    'worse'
    """
    tried = as_methods(methods)
    _checks.check_number("n_jobs", n_jobs, low=-1, integer=True)
    _checks.check_flag("progress", progress)
    checked = as_data(data, labels)
    # Checks baseline, margins and confidence before anything runs.
    empty = Benchmark((), tried, checked, baseline=baseline, margins=margins, confidence=confidence)
    wanted = as_measures(metrics)
    check_measures(wanted, {name: y is not None for name, (_, y) in checked.items()})
    jobs = plan(tried, checked, as_seeds(seeds), wanted)
    journal = Journal(path)
    done: dict[str, Trial] = {}
    for job in jobs:
        known = journal.find(job.fingerprint)
        if known is not None:
            done[_place(job)] = replace(known, data=job.data, method=job.method)
    missing = [job for job in jobs if _place(job) not in done]
    for job, trial in _watched(missing, len(jobs), n_jobs, shown=progress):
        journal.add(trial, job.context)
        done[_place(job)] = trial
    return empty.with_trials(done[_place(job)] for job in jobs)


def _place(job: Job) -> str:
    return "\x1f".join((job.data, job.method, str(job.seed)))


def _watched(
    jobs: list[Job], total: int, n_jobs: int, *, shown: bool
) -> Generator[tuple[Job, Trial]]:
    """Yield every trial when it is done, with a bar that counts those found too."""
    from tqdm import tqdm

    with tqdm(total=total, initial=total - len(jobs), unit="trial", disable=not shown) as bar:
        for job, trial in _done(jobs, n_jobs):
            bar.set_postfix_str(f"{trial.method}, {trial.data}, seed {trial.seed}", refresh=False)
            bar.update()
            yield job, trial


def _done(jobs: list[Job], n_jobs: int) -> Iterable[tuple[Job, Trial]]:
    if n_jobs == 1 or len(jobs) <= 1:
        return ((job, run_trial(job)) for job in jobs)
    from joblib import Parallel, delayed

    found: Any = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
        delayed(_numbered)(number, job) for number, job in enumerate(jobs)
    )
    return ((jobs[number], trial) for number, trial in found)


def _numbered(number: int, job: Job) -> tuple[int, Trial]:
    return number, run_trial(job)
