"""The tables of GDR's switches: an algorithm in each row, a switch in each column, seeds behind every number.

A method is called "algorithm, switch"; the switch "original" turns nothing.
"""

from itertools import product

import numpy as np

from nbembed.benchmarking.statistics import mean_interval

CONFIDENCE = 0.95
ORIGINAL, NORMALIZATION = "original", "normalization"
# What "hardly matters" means: less than a point, in per cent.
POINT = 1.0


def values(trials, metric):
    """Return a score by algorithm, switch and seed, as an array, with the names of both; NaN where there is none."""
    done = [t for t in trials if metric in t.scores]
    algorithms, switches = (
        list(dict.fromkeys(t.method.split(", ", 1)[part] for t in done)) for part in (0, 1)
    )
    seeds = sorted({t.seed for t in done})
    found = np.full((len(algorithms), len(switches), len(seeds)), np.nan)
    for t in done:
        algorithm, switch = t.method.split(", ", 1)
        at = algorithms.index(algorithm), switches.index(switch), seeds.index(t.seed)
        found[at] = t.scores[metric]
    return found, algorithms, switches


def tables(trials, metric):
    """Return Table 5 in form, in Markdown, for one data set and score.

    Cells: the mean over seeds ± half of its 95 % interval. "Algorithm mean": over the columns but the normalisation,
    ± their standard deviation, as published. Last row: by how much a column is above the algorithm means, on average.
    Columns that an algorithm was not run with are left out of both.
    """
    found, algorithms, switches = values(trials, metric)
    turned = [place for place, name in enumerate(switches) if name != NORMALIZATION]
    lines = [_row([f"{trials[0].data}, {metric}", *switches, "algorithm mean"])]
    lines.append("|" + "---|" * (len(switches) + 2))
    for name, own in zip(algorithms, found, strict=True):
        each = np.nanmean(own[[place for place in turned if _known(own[place])]], axis=1)
        deviation = each.std(ddof=1) if len(each) > 1 else np.nan
        cells = [_mean(cell) for cell in own]
        lines.append(_row([name, *cells, f"{each.mean():.1f} ± {deviation:.1f}"]))
    means = np.nanmean(found[:, turned], axis=1, keepdims=True)
    above = np.nanmean(found - means, axis=0)
    lines.append(_row(["mean deviation", *(_mean(cell, sign="+") for cell in above), ""]))
    return "\n".join(lines)


def normalization(trials, metric="v_measure"):
    """Return what the normalisation does to each algorithm: the score without it less that with it, paired by seed."""
    found, algorithms, switches = values(trials, metric)
    if NORMALIZATION not in switches:
        return ""
    own, other = found[:, switches.index(ORIGINAL)], found[:, switches.index(NORMALIZATION)]
    signs = [1 if "UMAP" in name else -1 for name in algorithms]
    lines = [_row([f"{metric} without normalization less with it", "95 %"]), "|---|---|"]
    for name, sign, a, b in zip(algorithms, signs, own, other, strict=True):
        if _known(a - b):
            lines.append(_row([name, _mean(sign * (a - b), sign="+")]))
    return "\n".join(lines)


def claims(trials, metric="knn_accuracy"):
    """Return what is left of the claim that a switch changes a score by less than a point.

    Intervals hold for all lines together (Bonferroni); "yes" is an interval within a point, "no" one outside of it.
    """
    found, algorithms, switches = values(trials, metric)
    start, lines = switches.index(ORIGINAL), []
    others = [place for place in range(len(switches)) if place != start]
    changes = [
        (name, switches[place], found[row, place] - found[row, start])
        for (row, name), place in product(enumerate(algorithms), others)
    ]
    changes = [change for change in changes if _known(change[-1])]
    confidence = 1.0 - (1.0 - CONFIDENCE) / max(1, len(changes))
    for name, switch, change in changes:
        mean, half = mean_interval(change[~np.isnan(change)].tolist(), confidence)
        said = "undecided"
        if abs(mean) + half < POINT:
            said = "yes"
        elif abs(mean) - half > POINT:
            said = "no"
        cells = [name, switch, f"{mean:+.2f}", f"{mean - half:+.2f} to {mean + half:+.2f}"]
        lines.append(_row([*cells, said]))
    head = [_row(["algorithm", "switch", f"change of {metric}", "interval", "less than a point"])]
    return "\n".join([*head, "|" + "---|" * 5, *lines])


def _known(values):
    """Return whether there is any number."""
    return not np.isnan(values).all()


def _mean(values, sign=""):
    """Return a mean and half of its interval; what failed or was not run is left out."""
    known = values[~np.isnan(values)].tolist()
    if not known:
        return "not run"
    mean, half = mean_interval(known, CONFIDENCE)
    return f"{mean:{sign}.1f}" + ("" if np.isnan(half) else f" ± {half:.1f}")


def _row(cells):
    return "| " + " | ".join(cells) + " |"
