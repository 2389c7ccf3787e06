"""A run that sends frames for a while: at its rate, within its window, in bounded memory."""

import time

import pytest

from tests.browser.streaming import CELLS, Memory, story

ROWS, SECONDS = 20_000, 20
psutil = pytest.importorskip("psutil")


def test_frames_and_memory_of_twenty_thousand_points_stay_bounded(open_notebook):
    notebook = open_notebook(*(cell.format(rows=ROWS, limit=8_000_000) for cell in CELLS))
    for cell in range(len(CELLS)):
        notebook.run(cell)
    notebook.until("+r.dataset.drawn > 3")
    end = time.monotonic() + 120
    while not (told := story(notebook))["is_full"]:
        assert time.monotonic() < end
        time.sleep(0.5)
    memory = Memory(notebook, psutil)
    base, began = memory.read(), time.monotonic()
    while time.monotonic() - began < SECONDS:
        time.sleep(2)
        now = memory.read()
    told = story(notebook)
    notebook.press("stop")
    assert told["frames"] > 10
    assert told["in_one_second"] <= 11  # one more where the second begins and ends with a frame
    assert told["per_second"] <= 10
    assert told["in_flight"] <= 2
    assert now["kernel"] - base["kernel"] <= 20
    assert now["page"] - base["page"] <= 50
    assert notebook.errors == []
