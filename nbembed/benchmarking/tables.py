"""A benchmark as people read it: text and HTML."""

import math
import statistics
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbembed.benchmarking.journal import Trial
    from nbembed.benchmarking.result import Benchmark

__all__ = ["html", "text"]

# Columns of a printed table, in characters; what is wider goes below.
WIDTH = 100
MAX_FAILURES, MAX_DECIMALS = 3, 4
MEGA = 1e6
# What stands where there is no number.
NONE = "n/a"

# Head of a column, then one cell for each method.
Column = tuple[str, list[str]]


def text(result: "Benchmark") -> str:
    """Return a table for each data set, and what there is to know about the numbers."""
    parts: list[str] = []
    for data in result.data:
        parts.append(_title(result, data))
        rows = ["method", *result.methods]
        parts.extend(_block(rows, chunk) for chunk in _chunks(rows, _columns(result, data)))
    return "\n".join([*parts, *_notes(result)])


def html(result: "Benchmark") -> str:
    """Return the same as HTML; names are text, never markup."""
    tables = "".join(_html_table(result, data) for data in result.data)
    notes = "".join(f"<p style='margin:.3em 0'>{escape(note)}</p>" for note in _notes(result))
    return f"<div>{tables}<div style='font-size:small;max-width:60em'>{notes}</div></div>"


def _html_table(result: "Benchmark", data: str) -> str:
    columns = _columns(result, data)
    heads = "".join(f"<th scope='col'>{escape(name)}</th>" for name, _ in columns)
    rows = "".join(
        f"<tr><th scope='row' style='text-align:left'>{escape(method)}</th>"
        + "".join(f"<td style='text-align:left'>{escape(cells[i])}</td>" for _, cells in columns)
        + "</tr>"
        for i, method in enumerate(result.methods)
    )
    return (
        f"<table><caption>{escape(_title(result, data))}</caption>"
        f"<thead><tr><th scope='col' style='text-align:left'>method</th>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _title(result: "Benchmark", data: str) -> str:
    trials = [trial for trial in result.trials if trial.data == data]
    if not trials:
        return f"{data}: no trials"
    seeds = len({trial.seed for trial in trials})
    return f"{data}: {trials[0].n_samples:,} points, {seeds} seed{'s' if seeds > 1 else ''}"


def _columns(result: "Benchmark", data: str) -> list[Column]:
    """Return the columns of one data set: what it cost, then the scores."""
    done = {
        method: [t for t in result.trials if (t.data, t.method) == (data, method) and not t.error]
        for method in result.methods
    }
    columns: list[Column] = [
        ("seconds", [_median(trial.seconds for trial in trials) for trials in done.values()])
    ]
    peaks = {m: [t.peak_bytes for t in ts if t.peak_bytes is not None] for m, ts in done.items()}
    if any(peaks.values()):
        columns.append(("peak MB", [f"{max(p) / MEGA:.3g}" if p else NONE for p in peaks.values()]))
    return columns + _score_columns(result, data)


def _score_columns(result: "Benchmark", data: str) -> list[Column]:
    verdicts = {(v.data, v.method, v.metric): v.verdict for v in result.verdicts}
    summaries = {(s.data, s.method, s.metric): s for s in result.summaries}
    tried = len({trial.seed for trial in result.trials if trial.data == data})
    columns: list[Column] = []
    for metric in result.metrics:
        cells: list[str] = []
        for method in result.methods:
            key = (data, method, metric)
            found = summaries.get(key)
            if found is None:
                cells.append(NONE)
                continue
            few = f" ({found.n} of {tried})" if found.n < tried else ""
            said = f" {verdicts[key]}" if key in verdicts else ""
            cells.append(_number(found.mean, found.half_width) + few + said)
        if any(cell != NONE for cell in cells):
            columns.append((metric, cells))
    return columns


def _number(mean: float, half: float) -> str:
    """Return a mean and the half of its interval, with the digits that mean something."""
    if math.isnan(half):
        return f"{mean:.4g}"
    if half == 0.0:
        return f"{mean:.{MAX_DECIMALS}f} ± 0"
    decimals = min(MAX_DECIMALS, max(0, 1 - math.floor(math.log10(half))))
    least = 10.0**-MAX_DECIMALS
    shown = f"{half:.{decimals}f}" if half >= least / 2 else f"<{least:.{MAX_DECIMALS}f}"
    return f"{mean:.{decimals}f} ± {shown}"


def _median(values: Iterable[float]) -> str:
    found = list(values)
    return f"{statistics.median(found):.3g}" if found else NONE


def _block(rows: list[str], columns: list[Column]) -> str:
    """Return columns side by side, each as wide as its widest cell."""
    table = [rows, *([name, *cells] for name, cells in columns)]
    widths = [max(map(len, column)) for column in table]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in zip(*table, strict=True)
    )


def _chunks(rows: list[str], columns: list[Column]) -> Iterator[list[Column]]:
    """Yield columns that fit beside the names, as many as fit."""
    room = WIDTH - max(map(len, rows))
    chunk: list[Column] = []
    used = 0
    for column in columns:
        width = 2 + max(map(len, (column[0], *column[1])))
        if chunk and used + width > room:
            yield chunk
            chunk, used = [], 0
        chunk.append(column)
        used += width
    if chunk:
        yield chunk


def _notes(result: "Benchmark") -> list[str]:
    """Return the sentences that belong to the numbers."""
    percent = f"{100 * result.confidence:g} %"
    notes: list[str] = []
    if len({trial.seed for trial in result.trials}) > 1:
        notes.append(
            f"Mean ± half of its {percent} interval over seeds (Student's t): what other seeds give on the same data. "
            "Seconds: median. Peak MB: the largest rise of the process's memory."
        )
        notes += _fixed_notes(result)
    sampled = [e for trial in result.trials for e in trial.standard_errors.values()]
    if sampled:
        notes.append(
            f"Scores of a sample of the rows: their own standard error, up to {max(sampled):.2g}, is not in the "
            "intervals."
        )
    return notes + _verdict_notes(result, percent) + _failure_notes(result.failures)


def _verdict_notes(result: "Benchmark", percent: str) -> list[str]:
    verdicts = result.verdicts
    if not verdicts:
        return []
    named = [name for name in result.metrics if result.margins.get(name)]
    margins = ", ".join(f"{name} {result.margins[name]:g}" for name in named)
    within = f" Not worse, worse: with a margin of {margins}." if margins else ""
    number = len(verdicts)
    return [
        f"Verdicts: against {result.baseline!r}, paired by seed; {percent} sure for "
        + (f"all {number} comparisons together (Holm)." if number > 1 else "this one comparison.")
        + within
    ]


def _fixed_notes(result: "Benchmark") -> list[str]:
    """Return the sentence about methods whose numbers no seed changes."""
    widths = {method: [0.0] for method in result.methods}
    for item in result.summaries:
        widths[item.method].append(item.half_width)
    tried = {item.method for item in result.summaries if item.n > 1}
    fixed = [method for method, found in widths.items() if method in tried and max(found) == 0.0]
    if not fixed:
        return []
    return [
        f"No seed changes the scores of {', '.join(fixed)}: what they differ by is a fact of these data alone."
    ]


def _failure_notes(failures: Iterable["Trial"]) -> list[str]:
    """Return the sentence about what went wrong, the same error of several seeds once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for trial in failures:
        found.setdefault((trial.method, trial.data, trial.error), []).append(str(trial.seed))
    if not found:
        return []
    shown = [
        f"{method}, {data}, seed{'s' if len(seeds) > 1 else ''} {', '.join(seeds)}: {error}"
        for (method, data, error), seeds in list(found.items())[:MAX_FAILURES]
    ]
    more = f"; and {len(found) - MAX_FAILURES} more" if len(found) > MAX_FAILURES else ""
    number = sum(map(len, found.values()))
    return [f"Failed: {number} trial{'s' if number > 1 else ''}. " + "; ".join(shown) + more]
