"""Hosts that lose buffers, or what threads send: what the widget does for them, without a browser."""

import base64
import sys
import threading

import numpy as np
import pytest

from nbembed.encodings import codes_of
from nbembed.widget.publisher import ECHO, MOST_LATER, Publisher
from tests.widgets import Wire, make, wait_for


class Threads(Wire):
    """A wire that tells in which thread each message was sent."""

    def receive(self, content, buffers=None):
        self.threads = [*getattr(self, "threads", []), threading.current_thread().name]
        super().receive(content, buffers)


def poll(wire, seen=-1):
    wire.say(t="poll", view="v", last_seq=seen)


def test_after_the_first_poll_threads_send_nothing_and_polls_bring_all(blobs):
    widget = make(blobs, n_epochs=100_000)
    wire = Threads(widget)
    wire.say(t="hello", view="v", last_seq=-1, buffers=[ECHO])
    widget.start()
    wait_for(lambda: len(wire.of_kind("frame")) == 2)  # both unacknowledged: they were lost
    before = len(wire.messages)
    poll(wire)
    after = wire.messages[before:]
    assert {"status", "frame"} <= {content["t"] for content, _ in after}
    assert "curves" in after[0][0]  # the whole of them, not what has come since the lost ones
    here, count = threading.current_thread().name, len(wire.messages)
    steps = [wire.of_kind("frame")[-1]["step"]]
    for _ in range(4):
        wait_for(lambda: widget._publisher.waits)
        poll(wire, wire.of_kind("frame")[-1]["seq"])
        steps.append(wire.of_kind("frame")[-1]["step"])
    assert steps == sorted(set(steps))
    assert set(wire.threads[count:]) == {here}
    wait_for(lambda: poll(wire) or widget.status["step"] > 0)  # once a second
    wire.say(t="command", name="stop")
    wait_for(widget._session.control.finished.is_set)
    assert widget.status["state"] == "running"  # nobody has asked
    poll(wire)
    assert widget.status["state"] == "stopped"
    assert len(widget.snapshot) > 0


def test_a_frame_is_sent_again_to_a_view_that_has_not_seen_it(blobs):
    widget = make(blobs, n_epochs=100_000)
    wire = Wire(widget)
    poll(wire)
    widget.step(3)
    poll(wire)
    sent = wire.of_kind("frame")
    poll(wire, sent[-1]["seq"])
    assert len(wire.of_kind("frame")) == len(sent)
    poll(wire, -1)  # the frame of another cell
    assert wire.of_kind("frame")[-1]["seq"] == sent[-1]["seq"]
    assert len(wire.of_kind("frame")) == len(sent) + 1
    widget.stop()


def test_colab_is_asked_from_the_start(blobs, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    widget = make(blobs)
    wire = Wire(widget)
    wire.say(t="hello", view="v", last_seq=-1)
    assert wire.of_kind("welcome")[0]["pull"] is True
    assert widget._publisher.is_polled


def test_what_threads_have_to_say_waits_for_the_poll_and_not_without_end():
    sent = []
    publisher = Publisher(lambda content, _: sent.append(content["i"]))

    def work():
        for i in range(MOST_LATER + 10):
            publisher.message({"t": "x", "i": i})

    def in_thread(name):
        thread = threading.Thread(target=work, name=name)
        thread.start()
        thread.join()

    in_thread("nbembed-run")
    assert len(sent) == MOST_LATER + 10  # heard: at once
    sent.clear()
    publisher.polled()
    in_thread("a-cell")
    assert len(sent) == MOST_LATER + 10  # the caller's own threads are not ours
    sent.clear()
    in_thread("nbembed-measure")
    assert sent == []
    publisher.polled()
    assert sent == list(range(10, MOST_LATER + 10))
    publisher.polled()
    assert len(sent) == MOST_LATER


def test_where_buffers_get_lost_traits_travel_as_text(blobs):
    widget = make(blobs, labels=np.repeat(["a", "b", "c"], 50)).fit()
    widget.selection = [3, 4]
    wait_for(lambda: widget.gallery["maps"][-1]["scores"])
    wire = Wire(widget)
    state = widget.get_state()
    assert isinstance(state["snapshot"], bytes)
    resent = []
    widget.send_state = resent.append
    wire.say(t="encoding", base64=True)
    assert set(resent[0]) == {"snapshot", "snapshot_info", "encodings", "selection", "group"}
    state = widget.get_state()
    assert base64.b64decode(state["snapshot"]) == widget.snapshot
    values = base64.b64decode(state["encodings"]["color"]["values"])
    assert values == widget.encodings["color"]["values"]
    assert len(codes_of(widget.encodings["color"])) == 150
    assert base64.b64decode(state["selection"]["data"]) == np.array([3, 4], "<u4").tobytes()
    # What comes back as text is understood, and a selection that lost its bytes changes nothing.
    text = base64.b64encode(np.array([9], "<u4").tobytes()).decode()
    widget.set_state({"selection": {"n": 150, "kind": "rows", "data": text}})
    assert widget.selection == [9]
    widget.set_state({"selection": {"n": 150, "kind": "rows"}})
    assert widget.selection == [9]


@pytest.mark.parametrize("measure", ["kept", "continuity"])
def test_a_measured_colour_comes_with_the_next_poll(blobs, measure):
    widget = make(blobs).fit()
    wait_for(lambda: widget.gallery["maps"][-1]["scores"])
    wire = Wire(widget)
    poll(wire)
    wire.say(t="color", by=measure)
    wait_for(lambda: widget._publisher._later != [])
    assert widget.encodings == {}
    poll(wire)
    assert widget.encodings["color"]["measured"]["key"] == measure
