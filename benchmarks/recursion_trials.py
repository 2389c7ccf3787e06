"""Fits that give several maps each, the file that remembers their scores, and tables: what recursion.py stands on."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.base import clone

import nbembed as nb
from nbembed.benchmarking.fingerprints import data_hash, described, digest, versions
from nbembed.benchmarking.journal import Journal, Trial
from nbembed.benchmarking.statistics import MARGINS, compared, decide, mean_interval

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Split:
    """Rows to learn from with their labels, and by name rows to place with theirs."""

    name: str
    X: Any
    y: Any
    new: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A map: whose, what places new rows in it (None where nothing does), and seconds until it was there."""

    method: str
    Y: Any
    place: Callable[[Any], Any] | None
    seconds: float


@dataclass(frozen=True)
class Family:
    """Methods whose maps come of one fit; ``maps`` makes them of an estimator, a split and the methods' names."""

    methods: tuple[str, ...]
    estimator: Any
    maps: Callable[[Any, Split, tuple[str, ...]], Iterator[Made]]


def alone(name, estimator):
    """Return a method that makes one map."""
    return Family((name,), estimator, fitted)


def fitted(estimator, split, methods):
    """Yield the map of an estimator."""
    began = time.perf_counter()
    Y = estimator.fit_transform(split.X)
    yield Made(methods[0], Y, getattr(estimator, "transform", None), time.perf_counter() - began)


def recursed(estimator, split, methods):
    """Yield the map of a DRE at the end of its training and of each recursion; no time runs while it is looked at."""
    shown, seconds, began = 0, 0.0, time.perf_counter()
    run = estimator.run(split.X)
    for _ in run:
        if len(run.recursions) > shown:
            seconds += time.perf_counter() - began
            estimator.keep(run)
            yield Made(methods[shown], estimator.embedding_, estimator.transform, seconds)
            shown, began = shown + 1, time.perf_counter()


def studied(method, split, seeds, path):
    """Return the trials of :func:`nbembed.recursion_study`, by data and recursion; those in the file are not run again.

    The labels of the rows to place, called ``"test"``, are predicted by the nearest neighbour in the map.
    """
    journal, found = Journal(path), []
    names = {
        n: f"{split.name}, recursion {n} ({r.layer})" for n, r in enumerate(method.recursions, 1)
    }
    for seed in seeds:
        estimator = clone(method).set_params(random_state=seed)
        of_fit = [_of_fit(estimator, split, nb.recursion_study)]
        wanted = [(n, m) for n in names for m in ("before", "control", "recursions")]
        prints = {key: digest([*key, *of_fit]) for key in wanted}
        known = [journal.find(value) for value in prints.values()]
        if None not in known:
            found += known
            continue
        made = nb.recursion_study(
            split.X, split.y, method=method, test=split.new["test"], seeds=[seed]
        )
        for trial in made.trials:
            number = int(trial.data.split()[-1])
            key = prints[number, trial.method]
            trial = replace(trial, data=names[number], fingerprint=key)  # noqa: PLW2901
            found.append(_kept(trial, journal, estimator))
    return found


def tried(families, splits, seeds, scores, path):
    """Return a trial for every method, split and seed; those that the file at ``path`` holds are not run again.

    ``scores`` makes a dictionary of a split and a :class:`Made`. Every trial is printed as a line of JSON.
    """
    journal, found = Journal(path), []
    for seed in seeds:
        for split in splits:
            for family in families:
                estimator = clone(family.estimator)
                names = [n for n in estimator.get_params() if n.split("__")[-1] == "random_state"]
                estimator.set_params(**dict.fromkeys(names, seed))
                prints = _fingerprints(family, estimator, split, scores)
                known = [journal.find(value) for value in prints.values()]
                if None not in known:
                    found += known
                    continue
                found += [
                    _kept(trial, journal, estimator)
                    for trial in _trials(family, estimator, split, seed, scores, prints)
                ]
    return found


def _fingerprints(family, estimator, split, scores):
    of_fit = _of_fit(estimator, split, scores)
    return {m: digest([m, family.methods, of_fit]) for m in family.methods}


def _of_fit(estimator, split, scores):
    """Return all that the scores of a fit depend on, as plain data."""
    new = {name: data_hash(*pair) for name, pair in split.new.items()}
    known = versions(estimator)
    return [described(estimator), data_hash(split.X, split.y), new, described(scores), known]


def _kept(trial, journal, estimator):
    """Write a trial to its file and, as a line of JSON, to the terminal; return it."""
    journal.add(trial, {"parameters": described(estimator)})
    print(_line(trial), flush=True)
    return trial


def _trials(family, estimator, split, seed, scores, prints):
    """Yield the trials of one fit; what goes wrong is written down, and ends this fit alone."""
    missing = list(family.methods)
    place = {"data": split.name, "seed": seed, "n_samples": len(split.X)}
    try:
        for made in family.maps(estimator, split, family.methods):
            values = {name: float(value) for name, value in scores(split, made).items()}
            missing.remove(made.method)
            seconds = round(made.seconds, 2)
            key = prints[made.method]
            yield Trial(
                **place, method=made.method, scores=values, seconds=seconds, fingerprint=key
            )
    except Exception as error:  # noqa: BLE001  (one method's failure must not stop the others)
        for method in missing:
            said = f"{type(error).__name__}: {error}"[:500]
            yield Trial(**place, method=method, error=said, fingerprint=prints[method])


def _line(trial):
    shown = {name: round(value, 5) for name, value in trial.scores.items()}
    head = {"data": trial.data, "method": trial.method, "seed": trial.seed}
    failed = {"error": trial.error} if trial.error else {}
    return json.dumps(head | {"rows": trial.n_samples, "seconds": trial.seconds} | shown | failed)


def table(trials, *, percent=False):
    """Return a table in Markdown for each data set: means over seeds ± half of the 95 % interval, median seconds."""
    parts = []
    for data in dict.fromkeys(t.data for t in trials):
        here = [t for t in trials if t.data == data]
        done = [t for t in here if not t.error]
        metrics = list(dict.fromkeys(name for t in done for name in t.scores))
        seeds = len({t.seed for t in done})
        heads = ["method", *metrics, "seconds"]
        lines = [
            f"{data}, {here[0].n_samples:,} rows, {seeds} seed{'s' * (seeds != 1)}",
            "",
            _row(heads),
        ]
        lines.append("|" + "---|" * len(heads))
        for method in dict.fromkeys(t.method for t in here):
            own = [t for t in done if t.method == method]
            cells = [_mean([t.scores[m] for t in own if m in t.scores], percent) for m in metrics]
            seconds = f"{np.median([t.seconds for t in own]):.0f}" if own else "failed"
            lines.append(_row([method, *cells, seconds]))
        lines += [f"\n{t.method}, seed {t.seed}: {t.error}" for t in here if t.error]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def verdicts(trials, baselines):
    """Return a table in Markdown of paired differences: method -> what it is compared with, in the same seeds.

    The verdicts hold for all lines together.
    """
    done = [t for t in trials if not t.error]
    pairs = [
        compared(
            (data, method, baseline, metric),
            _by_seed(done, data, method, metric),
            _by_seed(done, data, baseline, metric),
            margin=MARGINS.get(metric, 0.0),
            confidence=CONFIDENCE,
        )
        for data in dict.fromkeys(t.data for t in done)
        for method, baseline in baselines.items()
        for metric in dict.fromkeys(name for t in done for name in t.scores)
    ]
    lines = [_row(["data", "method", "against", "score", "gain", "95 %", "verdict"]), "|" + "---|" * 7]  # fmt: skip
    for item in decide((pair for pair in pairs if pair is not None), CONFIDENCE):
        between = f"{item.low:+.4f} to {item.high:+.4f}" if item.n_pairs > 1 else "one seed"
        who = [item.data, item.method, item.baseline, item.metric]
        lines.append(_row([*who, f"{item.gain:+.4f}", between, item.verdict]))
    return "\n".join(lines)


def _by_seed(trials, data, method, metric):
    """Return a score by seed."""
    wanted = (t for t in trials if (t.data, t.method) == (data, method) and metric in t.scores)
    return {t.seed: t.scores[metric] for t in wanted if not np.isnan(t.scores[metric])}


def _mean(values, percent):
    if not values:
        return "n/a"
    mean, half = mean_interval([100 * v for v in values] if percent else values, CONFIDENCE)
    digits = 2 if percent else 4
    return f"{mean:.{digits}f}" + ("" if np.isnan(half) else f" ± {half:.{digits}f}")


def _row(cells):
    return "| " + " | ".join(cells) + " |"
