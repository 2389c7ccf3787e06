"""The first call: a fresh process with an empty compile cache, imports included; and what comes after it.

``python benchmarks/first_call.py [--rows 1797] [--seeds 3] [--who UMAP umap-learn]``

For every contender in turn: a process whose ``NUMBA_CACHE_DIR`` is an empty folder (so nothing compiled is there for
umap-learn and pynndescent either) fits twice; a second process finds in that folder what the first has left. "First"
counts from before the process is started until its first map is there: interpreter, imports, rows read from a file.
Then the time of ``import`` alone. Python's own bytecode is there for all, and files have been read before.
"""

import statistics
import subprocess
import sys
import tempfile
from functools import partial

from contenders import METHODS, chosen
from measuring import Results, alone, data_of, environment, folder_of, parser, show

IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
# The first call with an empty and with a filled compile cache, and the second with the empty one.
COLUMNS = ("first_call", "first_call_compiled", "second_call", "peak_memory_gb")


def measured(contender, folder, options, seed):
    """Return the seconds of first and second fits."""
    steps = {} if options.steps is None else {"steps": options.steps}
    with tempfile.TemporaryDirectory() as cache:
        given = {"threads": options.threads, "cache_folder": cache, "seed": seed, **steps}
        _, cold = alone(contender, folder, calls=2, **given)
        _, warm = alone(contender, folder, calls=1, **given)
    names = zip(
        COLUMNS,
        (cold["ready"], warm["ready"], cold["calls"][1]["seconds"], cold["peak_memory_gb"]),
        strict=True,
    )
    return {"seconds": cold["ready"], **dict(names)}


def import_seconds(module, threads):
    """Return the seconds of an import in a fresh process."""
    command = [sys.executable, "-W", "ignore", "-c", IMPORT.format(module)]
    done = subprocess.run(
        command, env=environment(threads), capture_output=True, text=True, check=True
    )
    return float(done.stdout.splitlines()[-1])


def imports(modules, options):
    """Print the medians of several imports, in turn."""
    found = {module: [] for module in modules}
    for module in modules:  # once for the disk
        import_seconds(module, options.threads)
    for _ in range(options.seeds):
        for module, seconds in found.items():
            seconds.append(import_seconds(module, options.threads))
    table = {f"import {m}": {"seconds": statistics.median(s)} for m, s in found.items()}
    show(table, ["seconds"], first="fresh process", digits=3)


def main():
    """Measure and print."""
    options = parser(__doc__, rows=[1_797]).parse_args()
    results = Results("first call", options)
    modules = {}
    for rows in options.rows:
        data = data_of(rows)
        if data is None:
            continue
        name, X, _ = data
        contenders = chosen(METHODS, options.who, len(X))
        modules |= dict.fromkeys(one.package for one in contenders)
        with folder_of(X) as folder:
            for seed in range(options.seeds):
                for one in contenders:
                    results.get(
                        name,
                        X,
                        one.name,
                        seed,
                        partial(measured, one, folder, options, seed),
                    )
        show({one.name: results.medians(name, one.name) for one in contenders}, COLUMNS, first=name)
        names = [one.name for one in contenders]
        for ours, peer in (("UMAP", "umap-learn"), ("t-SNE", "openTSNE")):
            if {ours, peer} <= set(names):
                times = results.ratio(name, ours, peer, "seconds")
                print(f"{peer} is ready after {times:.1f} times as long as {ours}")
    imports(modules, options)


if __name__ == "__main__":
    main()
