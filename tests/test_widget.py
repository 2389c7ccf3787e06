"""The widget without a browser: run control, numbers, messages, text."""

import contextlib
import subprocess
import sys
import threading
import time
import zlib

import numpy as np
import pytest

from nbembed import UMAP, EmbedWidget
from nbembed.errors import InvalidTypeError, RunEndedError
from nbembed.widget.publisher import ECHO
from nbembed.widget.routing import keep_route_of_front_end
from tests.widgets import Wire, make, wait_for


@pytest.fixture
def plain(blobs):
    return UMAP(n_epochs=60, random_state=3).fit(blobs).embedding_


# ---- the numbers do not depend on who looks or steers ---------------------------------------------


def test_fit_gives_what_the_estimator_gives(blobs, plain):
    widget = make(blobs, labels=np.arange(150) % 3)
    assert widget.fit() is widget
    np.testing.assert_array_equal(widget.embedding_, plain)
    np.testing.assert_array_equal(widget.estimator_.embedding_, plain)
    assert widget.estimator_.n_iter_ == 60


def test_paused_ten_times_it_gives_the_same_bits(blobs):
    plain = UMAP(n_epochs=3000, random_state=3).fit(blobs).embedding_
    widget, n_pauses = make(blobs, n_epochs=3000).step(1), 0
    for _ in range(10):
        widget.resume()
        time.sleep(0.002)
        # A run may end at any time.
        with contextlib.suppress(RunEndedError):
            n_pauses += widget.pause().status["state"] == "paused"
        if widget._session.control.finished.is_set():
            break
    with contextlib.suppress(RunEndedError):
        widget.resume()
    widget.wait()
    assert n_pauses > 0
    np.testing.assert_array_equal(widget.embedding_, plain)


def test_stepped_one_by_one_it_gives_the_same_bits(blobs, plain):
    widget = make(blobs)
    for step in range(1, 61):
        widget.step()
        assert widget._session.run.step == step
    widget.resume().wait()
    np.testing.assert_array_equal(widget.embedding_, plain)


def test_step_moves_by_exactly_n_and_rests(blobs):
    widget = make(blobs).step(10)
    first = widget.embedding_
    time.sleep(0.05)
    assert repr(widget) == "EmbedWidget(method='UMAP', n=150, d=10, state='paused')"
    np.testing.assert_array_equal(widget.embedding_, first)
    run = UMAP(n_epochs=60, random_state=3).run(blobs)
    reached = next(f.embedding for f in run if f.step == 10)
    np.testing.assert_array_equal(first, reached)
    widget.close()


# ---- run control ------------------------------------------------------------------------------------


def test_start_returns_at_once_and_stop_keeps_the_map(digits):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0)
    began = time.monotonic()
    widget.start()
    assert time.monotonic() - began < 2
    wait_for(lambda: widget._session.run.step > 5)
    widget.stop()
    assert "stopped" in repr(widget)
    reached = widget.estimator_.n_iter_
    assert 5 < reached < 100_000
    assert len(widget.history_.frames) > 1
    np.testing.assert_array_equal(widget.embedding_, widget.history_.frames[-1].embedding)


def test_pause_in_a_stage_waits_before_the_first_step(blobs):
    widget = make(blobs)
    widget._begin("start", paused=True)
    assert widget._session.run.step == 0
    assert "paused" in repr(widget)
    widget.stop()


def test_an_interrupt_of_fit_stops_and_keeps(digits):
    import _thread

    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0)
    threading.Timer(1.0, _thread.interrupt_main).start()
    widget.fit()
    assert "stopped" in repr(widget)
    assert np.isfinite(widget.embedding_).all()


def test_set_says_when_it_acts(blobs):
    widget = EmbedWidget(blobs, method="tsne", perplexity=10, n_iter=50, random_state=0).step(5)
    effects = widget.set(exaggeration=4.0, perplexity=20, learning_rate=100)
    assert effects == {
        "exaggeration": "next step",
        "perplexity": "needs a restart: w.restart(perplexity=20)",
        "learning_rate": "next step",
    }
    assert [e.name for e in widget._session.run.events] == ["exaggeration", "learning_rate"]
    with pytest.raises(InvalidTypeError, match="'perplexty'; did you mean 'perplexity'"):
        widget.set(perplexty=3)
    with pytest.raises(ValueError, match="momentum must be in"):
        widget.set(momentum=7)
    widget.stop()
    with pytest.raises(RunEndedError):
        widget.set(exaggeration=1)


def test_restart_begins_anew_with_other_parameters(blobs):
    widget = make(blobs).step(5)
    widget.restart(n_neighbors=5).wait()
    np.testing.assert_array_equal(
        widget.embedding_, UMAP(n_neighbors=5, n_epochs=60, random_state=3).fit(blobs).embedding_
    )


def test_the_map_is_that_of_the_last_run_and_a_copy(blobs):
    widget = make(blobs).fit()
    first = widget.embedding_
    widget.restart(n_neighbors=5)
    widget._session.control.finished.wait(20)  # without wait(), which would fetch the result
    second = widget.embedding_
    assert not np.array_equal(first, second)
    second[:] = 0
    assert np.ptp(widget.embedding_) > 1


def test_what_needs_a_run_says_so(blobs):
    widget = make(blobs)
    for call in (
        widget.pause,
        widget.resume,
        widget.wait,
        lambda: widget.embedding_,
        widget.metrics,
    ):
        with pytest.raises(RunEndedError, match=r"call fit\(\)"):
            call()
    widget.step(2)
    with pytest.raises(RunEndedError, match=r"needs the run before to have ended"):
        widget.fit()
    with pytest.raises(RunEndedError, match=r"resume\(\) first"):
        widget.wait()
    widget.stop()


def test_an_error_in_the_run_is_raised_and_shown(blobs):
    widget = make(blobs, learning_rate=1e38, n_epochs=200)
    with pytest.raises(ValueError, match="learning_rate"):
        widget.fit()
    assert widget.status["state"] == "error"
    assert "learning_rate" in widget.status["message"]


def test_no_thread_is_left(blobs):
    # Those of tests before are theirs.
    before = set(threading.enumerate())

    def left():
        return [t for t in set(threading.enumerate()) - before if t.name == "nbembed-run"]

    make(blobs).fit()
    paused = make(blobs).step(2)
    assert left()
    paused.close()
    assert not left()


def test_the_end_of_the_process_is_no_error_of_the_run():
    code = """import time, nbembed as nb
w = nb.EmbedWidget(nb.datasets.digits()[0], n_epochs=100_000, random_state=0)
w._publisher.send = lambda content, _: print(content.get("status", {}).get("state"), flush=True)
w.start()
while w._session.run.step < 5: time.sleep(0.01)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0
    assert "running" in done.stdout
    assert "error" not in done.stdout + done.stderr


# ---- the wire -----------------------------------------------------------------------------------


def test_stages_come_before_frames_and_the_last_frame_is_the_result(digits):
    widget = EmbedWidget(digits[0], n_epochs=200, random_state=0)
    wire = Wire(widget, acknowledge=True)
    shown = []
    widget.observe(lambda change: shown.append(change.new), "status")
    widget.fit()
    assert (shown[0]["phase"], shown[0]["stage"]) == ("finding neighbours", True)
    assert shown[0]["seconds_left"] > 0
    statuses = [c["status"] for c, _ in wire.messages if "status" in c]
    assert statuses[-1]["state"] == shown[-1]["state"] == "done"
    frames = [(c, b) for c, b in wire.messages if c["t"] == "frame"]
    steps = [c["step"] for c, _ in frames]
    assert steps == sorted(steps)
    assert steps[-1] == 200
    assert [c["seq"] for c, _ in frames] == list(range(1, len(frames) + 1))
    content, (body,) = frames[-1]
    left, bottom, right, top = content["bbox"]
    codes = np.frombuffer(body, "<u2").reshape(-1, 2) / 65535
    shown = codes * [right - left, top - bottom] + [left, bottom]
    np.testing.assert_allclose(shown, widget.embedding_, atol=(right - left) / 65535)


def test_two_frames_at_most_go_unacknowledged_in_a_hurry(digits):
    widget = EmbedWidget(digits[0], n_epochs=400, random_state=0)
    wire = Wire(widget)
    began = time.monotonic()
    widget.fit()
    seconds = time.monotonic() - began
    # Two at once, then at most one in a quarter of a second, and those at the changes of state.
    assert 2 <= len(wire.of_kind("frame")) <= 2 + seconds / 0.25 + 2


def test_a_greeting_is_answered_and_told_everything(blobs):
    widget = make(blobs).step(20)
    wire = Wire(widget)
    wire.say([ECHO], t="hello", view="abc", protocol=1, last_seq=-1)
    (welcome,) = wire.of_kind("welcome")
    assert (welcome["view"], welcome["echo_ok"], welcome["controls"]) == ("abc", True, True)
    assert wire.messages[0][1] == [ECHO]
    assert wire.of_kind("frame")[-1]["step"] == 20
    assert wire.of_kind("status")[0]["curves"]["loss"]["steps"] == [0, 10, 20]
    wire.say([b"\x01"], t="hello", view="abc", protocol=1, last_seq=-1)
    assert wire.of_kind("welcome")[-1]["echo_ok"] is False
    widget.stop()


def test_a_host_that_loses_buffers_gets_text(blobs):
    widget = make(blobs)
    wire = Wire(widget)
    wire.say(t="encoding", base64=True)
    widget.step(3)
    frames = [(c, b) for c, b in wire.messages if c["t"] == "frame"]
    assert frames
    assert all(c["enc"] == "base64" and isinstance(c["data"], str) and not b for c, b in frames)
    widget.stop()


def test_buttons_pause_step_resume_and_stop(digits):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).start()
    wire = Wire(widget, acknowledge=True)
    wait_for(lambda: widget._session.run.step > 3)
    wire.say(t="command", name="pause")
    wait_for(lambda: "paused" in repr(widget))
    before = widget._session.run.step
    wire.say(t="command", name="step", n=7)
    wait_for(lambda: widget._session.run.step == before + 7 and "paused" in repr(widget))
    wire.say(t="command", name="resume")
    wait_for(lambda: widget._session.run.step > before + 7)
    wire.say(t="command", name="stop")
    wait_for(widget._session.control.finished.is_set)
    assert "stopped" in repr(widget)


@pytest.mark.parametrize(
    "content",
    ["text", None, {}, {"t": 5}, {"t": "command"}, {"t": "command", "name": "rm"}, {"t": "command", "name": "step", "n": -1},
     {"t": "command", "name": "step", "n": 1e9}, {"t": "ack", "seq": "x"}, {"t": "ack", "seq": 10**9}, {"t": "hello"}, {"t": "poll"},
     {"t": "command", "name": "step", "n": "2"}],
)  # fmt: skip
def test_nonsense_from_the_browser_changes_nothing(blobs, content):
    widget = make(blobs).step(2)
    Wire(widget)
    widget._inbox.receive(widget, content, [])
    assert widget._session.run.step == 2
    assert widget.step(1)._session.run.step == 3
    widget.stop()


def test_a_short_run_is_sent_again_for_replay_and_kept_for_the_notebook(blobs):
    widget = make(blobs)
    wire = Wire(widget, acknowledge=True)
    widget.fit()
    (history,) = [sent for sent in wire.of_kind("history") if sent["replay"]]
    assert [f["step"] for f in history["info"]["frames"]][-1] == 60
    assert widget.snapshot_info["frames"][-1]["step"] == 60
    raw = zlib.decompress(widget.snapshot)
    assert len(raw) == 4 * 150 * len(widget.snapshot_info["frames"]) <= 30_000
    assert {"loss", "trustworthiness", "neighbor_recall"} <= set(widget.curves)
    assert "rows" in widget.curves["trustworthiness"]["note"]


class KernelComm:
    """A comm of ipykernel 7.4, which sends messages where the last sender was."""

    def _reply_subshell_for(self, data, default):
        return "the busy shell"


def test_clicks_keep_the_route_the_front_end_gave_them():
    comm = KernelComm()
    assert comm._reply_subshell_for({}, "subshell-1") == "the busy shell"
    assert keep_route_of_front_end(comm) is True
    assert comm._reply_subshell_for({}, "subshell-1") == "subshell-1"


def test_kernels_without_rerouting_are_left_alone():
    comm = object()
    assert keep_route_of_front_end(comm) is False
    assert keep_route_of_front_end(None) is False
