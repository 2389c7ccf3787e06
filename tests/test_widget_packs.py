"""What is kept of a run: in a saved notebook, on a page, in a curve."""

import zlib

import numpy as np
import pytest

from nbembed.training import History, thinned
from nbembed.transport import decode_frame
from nbembed.widget import packs
from nbembed.widget.curves import CurveFeed
from tests.widgets import make

MAP = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)


@pytest.mark.parametrize(("n", "expected"), [(20, 24), (1797, 4), (5000, 1), (70_000, 1)])
def test_a_snapshot_keeps_to_its_budget_and_the_last_map_always(n, expected):
    maps = [(s, "optimization", np.random.default_rng(s).normal(size=(n, 2))) for s in range(40)]
    info, body = packs.snapshot_pack(maps, number=2)
    raw = zlib.decompress(body)
    assert len(raw) == 4 * n * len(info["frames"]) <= max(4 * n, 28_800)
    assert len(info["frames"]) == expected
    assert info["frames"][-1]["step"] == 39
    back = decode_frame(raw[-4 * n :], info["frames"][-1]["bbox"])
    # 16 bits, and 12 where there are many points (the outermost lose a little more).
    width = np.ptp(maps[-1][2], axis=0)
    assert (np.abs(back - maps[-1][2]) <= width / (4300 if n > 15_000 else 131_000)).all()


def test_a_page_is_compressed_within_20_mb(blobs):
    widget = make(blobs).fit()
    payload, body = widget._session.page()
    frames = payload["snapshot_info"]["frames"]
    assert [f["step"] for f in frames] == widget.history_.steps
    assert len(zlib.decompress(body)) == 600 * len(frames)
    maps = [(s, "optimization", np.zeros((200_000, 2), np.float32)) for s in range(40)]
    info, body = packs.page_pack(maps, number=1)
    assert len(zlib.decompress(body)) == 800_000 * len(info["frames"]) == 20_000_000


def test_a_page_of_ten_thousand_points_leaves_out_digits_and_then_moments():
    rng = np.random.default_rng(0)
    maps = [(s, "optimization", rng.normal(size=(10_000, 2))) for s in range(0, 600, 10)]
    info, body = packs.page_pack(maps, number=1)
    assert packs.PAGE_FEWEST < len(info["frames"]) < 60
    assert len(body) < 1.1 * packs.PAGE_PACKED
    assert (info["frames"][0]["step"], info["frames"][-1]["step"]) == (0, 590)
    last = decode_frame(zlib.decompress(body)[-40_000:], info["frames"][-1]["bbox"])
    assert (np.abs(last - maps[-1][2]) <= np.ptp(maps[-1][2], axis=0) / 4300).all()
    few = [(s, "optimization", rng.normal(size=(60_000, 2))) for s in range(28)]
    assert len(packs.page_pack(few, number=1)[0]["frames"]) == packs.PAGE_FEWEST


def test_thinning_keeps_ends_and_extremes_and_can_be_repeated():
    rng = np.random.default_rng(0)
    steps, values = list(range(0, 30_000, 10)), rng.normal(size=3000).tolist()
    values[7] = float("nan")
    kept = thinned(steps, values, 200)
    assert 80 <= len(kept) <= 200
    assert (kept[0], kept[-1]) == (0, 2999)
    assert {int(np.nanargmin(values)), int(np.nanargmax(values))} <= set(kept)
    once = [steps[i] for i in kept]
    half = thinned(steps, values, 1000)
    twice = thinned([steps[i] for i in half], [values[i] for i in half], 200)
    assert [steps[half[i]] for i in twice] == once
    assert thinned(steps[:50], values[:50], 200) == list(range(50))


def test_a_history_does_not_grow_for_ever():
    history = History()
    for step in range(0, 1_000_000, 10):
        history.add_value("loss", step, -1.0 if step == 40 else step % 7)
    curve = history.curves["loss"]
    assert 2_000 < len(curve.steps) == len(curve.values) <= 10_000
    assert (curve.steps[0], curve.steps[-1], min(curve.values)) == (0, 999_990, -1.0)
    again = History()
    for step in range(0, 1_000_000, 10):
        again.add_value("loss", step, -1.0 if step == 40 else step % 7)
    assert again.curves == history.curves


def test_no_value_of_a_curve_is_sent_twice_and_thinning_loses_none_that_counts():
    history, feed, sent = History(), CurveFeed(), []
    for step in range(25_000):
        history.add_value("loss", step, float(step))
        if step % 50 == 0:
            sent += feed.fresh(history.curves).get("loss", {"steps": []})["steps"]
    sent += feed.fresh(history.curves)["loss"]["steps"]
    assert sent == sorted(set(sent))
    assert sent[-1] == 24_999
    assert len(sent) > 24_800
    assert feed.fresh(history.curves) == {}


def test_saved_curves_are_few_short_numbers():
    history, feed = History(), CurveFeed()
    for name in ("loss", "attraction", "repulsion", "learning_rate"):
        for step in range(5000):
            history.add_value(name, step, np.sin(step / 300) / 3)
    saved = feed.saved(history.curves)
    assert all(len(c["steps"]) == len(c["values"]) <= 200 for c in saved.values())
    assert sum(len(c["steps"]) for c in saved.values()) <= 400
    assert max(len(repr(v)) for v in saved["loss"]["values"]) <= 12
    assert max(saved["loss"]["values"]) == pytest.approx(1 / 3, abs=1e-5)
