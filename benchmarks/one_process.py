"""One contender in a process of its own: ``one_process.py JOB``, where JOB is JSON; see ``measuring.alone``.

It loads the rows, which are a file, calls the contender as often as it is told, and leaves the last result and its
measurements in files beside the rows. Only what the contender imports is imported.
"""

import json
import re
import sys
import time
from pathlib import Path

import numpy as np
from contenders import METHODS, SEARCHES


def peak_gigabytes():
    """Return the most memory that this process has had resident. (getrusage would count its parent's too.)"""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) / 1e6
    except (OSError, TypeError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1e9 if sys.platform == "darwin" else 1e6)


def main():
    """Do the job."""
    job = json.loads(sys.argv[1])
    folder = Path(job["folder"])
    X = np.load(folder / "X.npy")
    contender = (METHODS | SEARCHES)[job["contender"]]
    if job["warm_up"]:
        contender.timed(X[: job["warm_up"]], **job["options"])
    calls, result, ready = [], None, 0.0
    for _ in range(job["calls"]):
        result, seconds, stages = contender.timed(X, **job["options"])
        calls.append({"seconds": seconds, "stages": stages})
        # The clock of the parent, who took the time before it started this process.
        ready = ready or time.time() - job["began"]
    found = {"calls": calls, "ready": ready, "peak_memory_gb": peak_gigabytes()}
    np.save(folder / "result.npy", np.asarray(result))
    (folder / "result.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
