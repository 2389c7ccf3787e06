"""A run that sends frames for a while: at its rate, within its window, in bounded memory."""

import time

import pytest

from tests.browser.streaming import CELLS, Memory, story

ROWS, SECONDS = 20_000, 20
psutil = pytest.importorskip("psutil")


def test_frames_and_memory_of_twenty_thousand_points_stay_bounded(open_notebook):
    notebook = open_notebook(
        *(cell.format(rows=ROWS, limit=8_000_000) for cell in CELLS), fresh=True
    )
    for cell in range(len(CELLS)):
        notebook.run(cell)
    notebook.until("+r.dataset.drawn > 3")
    end = time.monotonic() + 120
    while not (told := story(notebook))["is_full"]:
        assert time.monotonic() < end
        time.sleep(0.5)
    memory = Memory(notebook, psutil)
    readings, began = [memory.read()], time.monotonic()
    while time.monotonic() - began < SECONDS:
        time.sleep(2)
        readings.append(memory.read())
    told = story(notebook)
    notebook.press("stop")
    assert told["frames"] > 10
    assert told["in_one_second"] <= 11  # one more where the second begins and ends with a frame
    assert told["per_second"] <= 10
    assert told["in_flight"] <= 2
    # What goes up and down is no growth: the highest of the first against the lowest of the last.
    for side, most in {"kernel": 20, "page": 50}.items():
        values = [reading[side] for reading in readings]
        assert min(values[-3:]) - max(values[:3]) <= most
    assert notebook.errors == []
