"""What drawing a new frame costs, beside regl-scatterplot, in one headless browser and one run.

Measured in the page, from "here are new positions" to "the pixels are there" (a pixel is read back,
so that the graphics card has finished), the three in turn: the painter that nbembed chooses in this
browser, regl-scatterplot's ``draw`` and its performance mode. Same canvas, points, colours, size
and opacity; what each has drawn is looked at. Ends with 1 if nbembed
is not 3 times cheaper than ``draw`` and 2 times cheaper
than the performance mode. ``python benchmarks/drawing.py`` needs ``npm ci`` in
``benchmarks/drawing``.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import sync_playwright

from tests.browser.chromium import find_chromium
from tests.browser.lab import FLAGS

HERE = Path(__file__).parent / "drawing"
WIDTH, HEIGHT = 640, 480
SETTINGS = (
    {"n": 70_000, "warmups": 4, "rounds": 15},
    {"n": 1_000_000, "warmups": 2, "rounds": 7},
)
# How many times cheaper nbembed must be.
WANTED = {"draw": 3, "performance": 2}
LABELS = {
    "nbembed": "nbembed",
    "draw": "regl-scatterplot, draw",
    "performance": "regl-scatterplot, performance mode",
}


def build(folder):
    """Bundle the page into ``folder`` and return its path."""
    esbuild = HERE / "node_modules/.bin/esbuild"
    bundle = folder / "page.js"
    subprocess.run(
        [esbuild, HERE / "page.ts", "--bundle", "--format=iife", "--define:define.amd=false",
         "--log-level=error", f"--outfile={bundle}"],
        check=True,
    )  # fmt: skip
    page = folder / "page.html"
    page.write_text('<!doctype html><meta charset="utf-8"><body><script src="page.js"></script>')
    return page


def measure(browser, address, setting):
    """Return each contender's times, in milliseconds, and the share of ink in its picture."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(600_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    full = {"width": WIDTH, "height": HEIGHT, "size": 2, "opacity": 0.3} | setting
    result = page.evaluate("(setting) => window.compare(setting)", full)
    page.close()
    if errors:
        sys.exit("\n".join(errors))
    return result


def undrawn(ink):
    """Return what is wrong with the pictures: each must have about as much ink as nbembed's."""
    if ink["nbembed"] < 0.01:
        return ["nbembed drew nothing"]
    # Squares cover more than discs do, and they do not fade.
    shares = {name: ink[name] / ink["nbembed"] for name in WANTED}
    return [
        f"{LABELS[name]} drew {share:.2f} times the ink of nbembed: not the same picture"
        for name, share in shares.items()
        if not 0.7 < share < 1.5
    ]


def report(n, result):
    """Print the lines of one number of points; return what is missed."""
    medians = {name: statistics.median(times) for name, times in result["times"].items()}
    missed = undrawn(result["ink"])
    for name, label in LABELS.items():
        times = result["times"][name]
        ratio, wanted = medians[name] / medians["nbembed"], WANTED.get(name)
        goal = f"  {ratio:5.1f} x (at least {wanted} x)" if wanted else ""
        print(
            f"  {n:9,}  {label:35} {medians[name]:7.1f} ms ({min(times):.1f} to {max(times):.1f})"
            f"  ink {result['ink'][name]:.2f}{goal}"
        )
        if wanted and ratio < wanted:
            missed.append(f"{n:,} points: {ratio:.2f} x cheaper than {label}, wanted {wanted} x")
    return missed


def main():
    """Print the table; exit with what was missed."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium to be had")
    if not (HERE / "node_modules").exists():
        sys.exit("regl-scatterplot is not there: run npm ci in benchmarks/drawing")
    missed = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        address = build(Path(folder)).as_uri()
        flags = [*FLAGS, "--js-flags=--expose-gc"]
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=flags)
        print(
            f"A new frame, {WIDTH} x {HEIGHT}, points of 2 pixels, Chromium {browser.version},"
            " software rendering; medians"
        )
        for setting in SETTINGS:
            missed += report(setting["n"], measure(browser, address, setting))
        browser.close()
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
