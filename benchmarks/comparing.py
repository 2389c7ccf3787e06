"""How a comparison of 8 maps of 10,000 points answers in software rendering: hover, scrub, zoom, select.

``python benchmarks/comparing.py`` writes an exported page, opens it in headless Chromium without a graphics card,
and prints, in milliseconds, what each kind of movement keeps the page busy for and how long it takes until the
picture is there.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import sync_playwright

import nbembed as nb
from tests.browser.chromium import find_chromium
from tests.browser.lab import FLAGS

STEPS = 20
# Sends one movement after the other, each when the picture of the one before is there; returns the
# milliseconds of each from the event until the frame after it has been painted.
DRIVE = """async ([kind, count]) => {
  const surface = document.querySelector('.nbe-surface');
  const { left, top, width, height } = surface.getBoundingClientRect();
  const slider = document.querySelector('[data-cmd=moment]');
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const at = (i) => ({ bubbles: true, clientX: left + width * (0.3 + 0.4 * ((i * 0.37) % 1)),
    clientY: top + height * (0.3 + 0.4 * ((i * 0.61) % 1)) });
  const acts = {
    hover: (i) => surface.dispatchEvent(new PointerEvent('pointermove', { pointerType: 'mouse', ...at(i) })),
    scrub: (i) => {
      set.call(slider, String((i * 7) % (+slider.max + 1)));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    },
    zoom: (i) => {
      const deltaY = i % 2 ? -80 : 80;
      surface.dispatchEvent(new WheelEvent('wheel', { deltaY, cancelable: true, ...at(i) }));
    },
    select: (i) => { const e = at(i); for (const t of ['pointerdown', 'pointerup'])
      surface.dispatchEvent(new PointerEvent(t, { pointerId: 1, button: 0, ...e })); },
  };
  const took = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    acts[kind](i);
    await frame();
    took.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 450));
  }
  return took;
}"""


def page_of(path, n_maps, n):
    """Write a page that compares maps with a history of some steps each."""
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=8, size=(10, 20))
    which = rng.integers(0, 10, n)
    X = (centres[which] + rng.normal(size=(n, 20))).astype(np.float32)
    runs = [
        nb.EmbedWidget(X, labels=which, n_epochs=STEPS, random_state=i, live_metrics=False, init="random").fit()
        for i in range(n_maps)
    ]  # fmt: skip
    nb.EmbedWidget.compare(runs).to_html(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=8)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--count", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "maps.html"
        page_of(path, asked.maps, asked.rows)
        print(
            f"{asked.maps} maps of {asked.rows:,} points, page {path.stat().st_size / 1e6:.1f} MB"
        )
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.goto(path.as_uri())
        page.wait_for_selector("[data-nbembed=root][data-maps]")
        page.wait_for_timeout(3000)
        for mode in ("beside", "over", "flicker"):
            page.click(f"[data-cmd=mode-{mode}]")
            page.wait_for_timeout(2500)
            if mode == "flicker":
                page.click("[data-cmd=flicker]")
            for kind in ("hover", "scrub", "zoom", "select"):
                took = np.array(page.evaluate(DRIVE, [kind, asked.count]))
                middle, most = np.percentile(took, [50, 95])
                print(f"{mode:8} {kind:7} median {middle:4.0f} ms, 95 % {most:4.0f} ms")
        root = "document.querySelector('[data-nbembed=root]')"
        print("drawn by:", page.evaluate(f"() => {root}.dataset.renderer"))
        browser.close()


if __name__ == "__main__":
    main()
