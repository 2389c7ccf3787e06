"""What the commands that measure speed share: rows, processes, quality, the file of results, tables.

Every fit runs in a process of its own, and the contenders take turns. Each result is written to a file of JSON lines
at once, so that a command that was stopped goes on where it stood when it is called again.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import nbembed as nb
from nbembed import affinities, metrics
from nbembed.benchmarking.fingerprints import data_hash, digest, versions
from nbembed.benchmarking.journal import Journal, Trial
from nbembed.benchmarking.statistics import compared, decide
from nbembed.neighbors import Neighbors, nearest_neighbors

HERE = Path(__file__).parent
DIGITS = 1_797
# t-SNE's neighbours at its default perplexity, and UMAP's.
TSNE_NEIGHBORS, UMAP_NEIGHBORS, PERPLEXITY = 90, 14, 30.0
# Rows that quality is measured on where there are more, and pairs for UMAP's loss.
SAMPLE_ROWS, SAMPLE_PAIRS = 10_000, 10_000_000
QUALITY = ("trustworthiness", "neighbor_recall", "knn_accuracy")
# A loss against the peer that does not matter; of losses, as a share of the peer's.
MARGINS = {"trustworthiness": 0.002, "knn_accuracy": 0.005}
RELATIVE_MARGINS = {"kl": 0.005, "umap_loss": 0.01}
PEERS = ("umap-learn", "openTSNE", "pacmap", "torchdr")
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def parser(about, *, rows, repeat=3):
    """Return the options that all commands know."""
    options = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--rows",
        type=int,
        nargs="+",
        default=rows,
        help="up to 1,797: digits; above: Fashion-MNIST",
    )
    options.add_argument(
        "--seeds", type=int, default=repeat, help="repetitions, each with a seed of its own"
    )
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--who", nargs="+", help="names of contenders; default: those installed")
    options.add_argument("--file", type=Path, default=HERE / "out" / "speed.jsonl")
    options.add_argument("--steps", type=int, help="far fewer steps, to try the command itself")
    return options


# ---- rows ---------------------------------------------------------------------------------------


def data_of(rows):
    """Return a name, rows and classes; None where Fashion-MNIST is asked for and is not there."""
    if rows <= DIGITS:
        X, y = nb.datasets.digits()
        return f"digits {rows:,}", X[:rows], y[:rows]
    if not nb.datasets.has_fashion_mnist():
        print(f"{rows:,} rows skipped: Fashion-MNIST is not on this machine")
        return None
    return f"Fashion-MNIST {rows:,}", *nb.datasets.fashion_mnist(rows)


@contextmanager
def folder_of(X):
    """Give a folder with the rows in a file."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "X.npy", np.ascontiguousarray(X, dtype=np.float32))
        yield Path(folder)


# ---- processes ----------------------------------------------------------------------------------


def environment(threads, cache_folder=None):
    """Return the environment of a process with so many threads, and its own place for compiled code."""
    around = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
    around["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(Path(nb.__file__).parents[1]), os.environ.get("PYTHONPATH")))
    )
    return around if cache_folder is None else around | {"NUMBA_CACHE_DIR": str(cache_folder)}


def alone(contender, folder, *, threads, calls=1, warm_up=0, cache_folder=None, **options):
    """Run a contender in a process of its own; return its result and what was measured.

    Parameters
    ----------
    contender, folder
        What runs, and the folder with its rows.
    threads
        For everything in the process.
    calls
        How often the rows are worked on; all calls are timed.
    warm_up
        So many rows are worked on before, untimed.
    cache_folder
        Where numba looks for compiled code and puts it; None: where it usually does.
    options
        For the contender.
    """
    job = {
        "contender": contender.name,
        "folder": str(folder),
        "calls": calls,
        "warm_up": warm_up,
        "options": {**options, "threads": threads},
        "began": time.time(),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(HERE / "one_process.py"), json.dumps(job)],
        env=environment(threads, cache_folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{contender.name} failed:\n{done.stderr[-2000:]}")
    found = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return np.load(folder / "result.npy"), found


# ---- results ------------------------------------------------------------------------------------


def is_installed(package):
    """Return whether there is a version of a package."""
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


@cache
def source():
    """Return a fingerprint of what runs the contenders."""
    files = [HERE / name for name in ("contenders.py", "one_process.py")]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


class Results:
    """Trials of one question, in a file that other questions share.

    Parameters
    ----------
    question
        A name.
    options
        The command's; results of other threads or steps are others.
    """

    def __init__(self, question, options):
        options.file.parent.mkdir(parents=True, exist_ok=True)
        self.question = question
        self.journal = Journal(options.file)
        self.context = {"question": question, "threads": options.threads, "machine": machine()}
        self.conditions = [question, options.threads, options.steps, platform.node(), source()]
        self.known = versions() | {peer: version(peer) for peer in PEERS if is_installed(peer)}
        self.trials = []

    def get(self, data, X, method, seed, measure, *condition):
        """Return the scores of a trial; ``measure()`` works them out unless the file has them."""
        fingerprint = digest(
            [*self.conditions, *condition, data_hash(X, None), method, seed, self.known]
        )
        trial = self.journal.find(fingerprint)
        if trial is None:
            trial = self._measured(
                Trial(data, method, seed, len(X), fingerprint=fingerprint), measure
            )
            self.journal.add(trial, self.context | {"versions": self.known})
            timed = "seconds" in trial.scores
            told = trial.error or (f"{trial.seconds:.2f} s" if timed else "done")
            print(f"  {method}, {data}, seed {seed}: {told}", flush=True)
        self.trials.append(trial)
        return trial.scores

    def _measured(self, trial, measure):
        """Return the trial with its scores, or with what went wrong: one that fails must not stop the others."""
        try:
            scores = {name: float(score) for name, score in measure().items()}
        except RuntimeError as error:
            return replace(trial, error=str(error))
        return replace(trial, scores=scores, seconds=scores.get("seconds", 0.0))

    def of(self, data, method):
        """Return the scores of all trials of a method, by seed."""
        found = [t for t in self.trials if (t.data, t.method) == (data, method)]
        return {trial.seed: trial.scores for trial in found}

    def medians(self, data, method):
        """Return the median of each score."""
        every = list(self.of(data, method).values())
        names = dict.fromkeys(name for scores in every for name in scores)
        return {n: statistics.median(s[n] for s in every if n in s) for n in names}

    def ratio(self, data, ours, peer, score):
        """Return how many times as much the peer takes: the median over pairs of the same repetition."""
        here, there = self.of(data, ours), self.of(data, peer)
        pairs = [(here[s].get(score), there[s].get(score)) for s in here if s in there]
        known = [b / a for a, b in pairs if a and b is not None]
        return statistics.median(known) if known else float("nan")


def machine():
    """Return what the times depend on beside the code."""
    return (
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    )


def show(table, columns, *, first="", digits=2):
    """Print rows of numbers by name, as Markdown."""
    print(f"\n| {first} | " + " | ".join(column.replace("_", " ") for column in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for name, row in table.items():
        cells = [
            f"{row[c]:.{4 if c in (*QUALITY, 'recall', 'kl', 'umap_loss') else digits}f}"
            if c in row
            else ""
            for c in columns
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


# ---- quality ------------------------------------------------------------------------------------


class Ground:
    """What maps of some rows are judged by: their exact neighbours, and affinities of these.

    Parameters
    ----------
    X, y
        Rows and classes.
    folder
        The neighbours are kept here, because they take a minute for 70,000 rows.
    """

    def __init__(self, X, y, folder):
        self.X, self.y = X, y
        path = folder / f"neighbors-{data_hash(X, None)[:16]}.npz"
        k = min(TSNE_NEIGHBORS, len(X) - 1)
        if path.exists():
            kept = np.load(path)
            self.found = Neighbors(kept["indices"], kept["distances"], exact=True)
        else:
            self.found = nearest_neighbors(X, n_neighbors=k, method="exact")
            np.savez(path, indices=self.found.indices, distances=self.found.distances)
        self._P = self._mu = None

    def quality(self, Y, kind):
        """Return the scores of a map; the loss is that of the kind of method."""
        Y = np.asarray(Y, dtype=np.float64)
        sample = min(len(Y), SAMPLE_ROWS)
        report = metrics.report(self.X, Y, labels=self.y, sample=sample)
        scores = {name: float(report[name]) for name in QUALITY if name in report}
        if kind == "t-SNE":
            if self._P is None:
                perplexity = min(PERPLEXITY, self.found.indices.shape[1] / 3)
                self._P = affinities.perplexity(self.found, perplexity=perplexity)
            scores["kl"] = float(metrics.kl_divergence(self._P, Y))
        if kind == "UMAP":
            if self._mu is None:
                nearest = Neighbors(
                    self.found.indices[:, :UMAP_NEIGHBORS],
                    self.found.distances[:, :UMAP_NEIGHBORS],
                    exact=True,
                )
                self._mu = affinities.fuzzy_union(nearest)
            pairs = min(len(Y) ** 2, SAMPLE_PAIRS)
            scores["umap_loss"] = float(metrics.umap_loss(self._mu, Y, sample=pairs))
        return scores


def verdicts(results, data, ours, peer, confidence=0.95):
    """Return the paired comparisons of quality, with verdicts that hold for all of them together."""
    here, there = results.of(data, ours), results.of(data, peer)
    made = []
    for name in (*MARGINS, *RELATIVE_MARGINS):
        a = {seed: scores[name] for seed, scores in here.items() if name in scores}
        b = {seed: scores[name] for seed, scores in there.items() if name in scores}
        if not (set(a) & set(b)):
            continue
        margin = MARGINS.get(name)
        if margin is None:
            margin = RELATIVE_MARGINS[name] * abs(statistics.fmean(b.values()))
        names = (data, ours, peer, name)
        made.append(compared(names, a, b, margin=margin, confidence=confidence))
    return decide([one for one in made if one], confidence)
