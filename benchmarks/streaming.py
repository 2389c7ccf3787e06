"""Many points streamed for minutes: frames a second, frames on their way, and memory on both sides.

A real JupyterLab in headless Chromium. Memory is compared with the moment at which the histories of
both sides have reached their byte limits, so that all that grows afterwards would grow for ever.

``python benchmarks/streaming.py [--seconds 300] [--rows 100000]``
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser.chromium import find_chromium
from tests.browser.lab import Lab
from tests.browser.streaming import CELLS, Memory, story

PAUSE = 5


def stream(notebook, rows, seconds):
    """Run for so many seconds after the histories are full; print a line now and then."""
    for cell in range(len(CELLS)):
        notebook.run(cell)
    memory, began, base = Memory(notebook, psutil), time.monotonic(), None
    most = {"kernel": 0.0, "page": 0.0}
    while base is None or time.monotonic() - began < seconds:
        time.sleep(PAUSE)
        now, told = memory.read(), story(notebook)
        if base is None and told["is_full"]:
            base, began = now, time.monotonic()
            print(
                f"histories full: kernel {now['kernel']:.0f} MB, page {now['page']:.0f} MB",
                flush=True,
            )
        if base is not None:
            most = {side: max(most[side], now[side] - base[side]) for side in most}
        print(f"  step {told['step']}, {told['frames']} frames, {now}", flush=True)
    told = story(notebook)
    notebook.press("stop")
    print(
        f"{rows:,} points, {seconds} s: {told['per_second']:.1f} frames a second, at most {told['in_one_second']} "
        f"in one, at most {told['in_flight']} unacknowledged; growth: kernel {most['kernel']:.0f} MB, "
        f"page {most['page']:.0f} MB"
    )
    print(json.dumps({"errors": notebook.errors[:5]}))


def main():
    """Stream, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rows", type=int, default=100_000)
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium to be had")
    with tempfile.TemporaryDirectory() as folder, Lab(folder, chromium) as lab:
        cells = [cell.format(rows=options.rows, limit=64_000_000) for cell in CELLS]
        stream(lab.notebook(cells, name="streaming.ipynb"), options.rows, options.seconds)


if __name__ == "__main__":
    main()
