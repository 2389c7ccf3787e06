"""What goes over the wire, and when: rate, window, silence, the story for late views, live metrics."""

import threading
import time

import numpy as np
import pytest

from nbembed import UMAP, EmbedWidget
from nbembed.transport import decode_frame
from nbembed.widget import packs, publisher, quality
from nbembed.widget.publisher import Publisher
from nbembed.widget.quality import LiveMetrics
from nbembed.widget.session import Session
from nbembed.widget.status import StatusLine
from tests.widgets import Wire, make, wait_for

MAP = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)


class Clock:
    """A clock that stands still unless it is told."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(publisher, "time", clock)
    monkeypatch.setattr(quality, "time", clock)
    return clock


class Desk:
    """A publisher, a browser that answers after a while or not at all, and a worker without rest."""

    def __init__(self, clock, *, answers_after=None):
        self.sent, self.clock, self.answers_after = [], clock, answers_after
        self.most_in_flight = 0
        self.publisher = Publisher(lambda content, _: self.sent.append((clock.now, content["seq"])))

    def work(self, seconds, *, nbytes=400):
        end, answered = self.clock.now + seconds, self.publisher._acked
        while self.clock.now < end:
            self.clock.now += 0.01
            if self.answers_after is not None:
                for at, seq in self.sent:
                    if seq > answered and self.clock.now - at >= self.answers_after:
                        answered = seq
                        self.publisher.acknowledge(seq)
            if self.publisher.wants_frame(nbytes):
                self.publisher.offer({}, MAP)
            self.publisher.pump()
            self.most_in_flight = max(self.most_in_flight, self.publisher.in_flight)
        return [at for at, _ in self.sent]


def test_at_most_ten_frames_a_second(clock):
    desk = Desk(clock, answers_after=0.0)
    times = np.array(desk.work(20))
    assert 180 <= len(times) <= 200
    assert all(((times >= t) & (times < t + 0.999)).sum() <= 10 for t in times)


@pytest.mark.parametrize("answers_after", [0.05, 0.4, 0.9, 3.0, 9.0])
def test_two_at_most_are_unacknowledged_however_slow_the_browser(clock, answers_after):
    desk = Desk(clock, answers_after=answers_after)
    desk.publisher.heard()
    times = desk.work(60)
    assert desk.most_in_flight <= 2
    assert len(times) >= 60 / max(answers_after, 0.1) * 0.9 - 1


def test_a_quick_browser_may_hold_its_breath(clock):
    desk = Desk(clock, answers_after=0.05)
    desk.publisher.heard()
    for _ in range(5):
        desk.answers_after = 0.05
        desk.work(5)
        desk.answers_after = None
        desk.work(9)
    assert desk.most_in_flight == 2


def test_where_nobody_is_heard_frames_go_on(clock):
    times = Desk(clock).work(20)
    assert 70 <= len(times) <= 82  # four a second, as long as it takes
    assert np.diff(times)[2:].max() < 0.3


@pytest.mark.parametrize(("cell_waits", "hope"), [(False, 10), (True, 1.5)])
def test_a_greeting_that_is_late_finds_two_frames_at_most(clock, cell_waits, hope):
    desk = Desk(clock)
    desk.publisher.begin(cell_waits=cell_waits)
    assert len(desk.work(hope - 0.1)) == 2
    assert len(desk.work(2)) > 5  # nobody greets here
    desk = Desk(clock, answers_after=0.3)
    desk.publisher.begin(cell_waits=False)
    desk.publisher.cell_waits()
    assert len(desk.work(20)) > 50
    assert desk.most_in_flight == 2


def test_a_closed_tab_is_sent_less_and_less_until_it_is_heard_again(clock):
    desk = Desk(clock, answers_after=0.05)
    desk.publisher.heard()
    desk.work(5)
    before = len(desk.sent)
    desk.answers_after = None
    desk.work(300)
    assert before + 5 < len(desk.sent) < before + 45  # one in ten seconds in the end
    desk.answers_after = 0.05
    desk.publisher.heard()
    desk.publisher.acknowledge(desk.publisher._seq)
    again = len(desk.sent)
    desk.work(5)
    assert len(desk.sent) > again + 40


def test_while_a_cell_waits_silence_says_nothing(clock):
    desk = Desk(clock, answers_after=0.05)
    desk.publisher.heard()
    desk.work(5)
    desk.answers_after = None
    desk.publisher.cell_waits()
    before = len(desk.sent)
    times = desk.work(60)
    assert len(desk.sent) > before + 200
    assert np.diff(times[before:])[0] < 3


def test_a_frame_of_a_run_at_rest_waits_for_its_turn(clock):
    desk = Desk(clock)
    desk.publisher.heard()
    for _ in range(5):
        desk.publisher.offer({}, MAP)
        desk.publisher.pump()
    assert [seq for _, seq in desk.sent] == [1, 2]
    assert desk.publisher.waits
    desk.publisher.acknowledge(1)
    assert desk.publisher.pump() is True
    assert [seq for _, seq in desk.sent] == [1, 2, 3]
    # To a view that has just come, the newest goes at once.
    desk.publisher.offer({}, MAP)
    desk.publisher.resend()
    assert [seq for _, seq in desk.sent] == [1, 2, 3, 4]


def test_the_last_frame_of_a_run_comes_although_two_were_in_flight(digits):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).start()
    wire = Wire(widget)
    wire.say(t="hello", view="v", last_seq=0)
    wait_for(lambda: widget._publisher.in_flight == 2)
    widget.pause()
    wait_for(lambda: widget._publisher.waits)
    assert widget._publisher.in_flight == 2
    resting = widget._session.run.step
    wire.say(t="ack", view="v", seq=widget._publisher._seq)
    assert wire.of_kind("frame")[-1]["step"] == resting
    widget.stop()


# ---- the story for a view that comes late -------------------------------------------------------


def test_a_fresh_page_is_told_the_whole_story_once(blobs):
    widget = make(blobs).step(40)
    wire = Wire(widget)
    for _ in range(6):
        wire.say(t="hello", view="a", protocol=2, last_seq=-1)
    (story,) = wire.of_kind("history")
    assert story["replay"] is False
    assert [f["step"] for f in story["info"]["frames"]] == widget.history_.steps
    body = next(b for c, b in wire.messages if c["t"] == "history")[0]
    assert len(body) == 600 * len(story["info"]["frames"])
    last = decode_frame(body[-600:], story["info"]["frames"][-1]["bbox"])
    np.testing.assert_allclose(last, widget.embedding_, atol=1e-3)
    assert wire.of_kind("status")[0]["curves"]["loss"]["steps"] == [0, 10, 20, 30, 40]
    wire.say(t="hello", view="b", protocol=2, last_seq=7)  # has seen frames
    assert len(wire.of_kind("history")) == 1
    wire.say(t="hello", view="c", protocol=2, last_seq=-1)
    assert len(wire.of_kind("history")) == 2
    wire.say(t="encoding", base64=True)  # what it was told got lost
    assert {m["enc"] for m in wire.of_kind("history")[2:]} == {"base64"}
    assert len(wire.of_kind("history")) == 4  # once more for each of the two views
    widget.stop()


def test_while_fit_blocks_the_story_is_told_by_the_cell(digits):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0)
    wire, tellers = Wire(widget, acknowledge=True), []
    told = wire.receive

    def receive(content, buffers=None):
        # The starting map, which no browser may miss, is told alone.
        if content["t"] == "history" and len(content["info"]["frames"]) > 1:
            tellers.append(threading.current_thread())
        told(content, buffers)

    widget._publisher.send = receive

    def reload():
        wait_for(lambda: len(widget._session.run.history) > 20)
        wire.say(t="hello", view="late", last_seq=-1)
        wait_for(lambda: tellers)
        wire.say(t="command", name="stop")

    browser = threading.Thread(target=reload)
    wait_for_session = threading.Timer(1.0, browser.start)
    wait_for_session.start()
    widget.fit()
    browser.join()
    assert tellers == [threading.main_thread()]
    steps = [f["step"] for f in wire.of_kind("history")[-1]["info"]["frames"]]
    assert len(steps) > 20
    assert steps == sorted(set(steps))


def test_a_story_has_its_bounds():
    run = UMAP(n_epochs=1, random_state=0).run(np.random.default_rng(0).normal(size=(200, 3)))
    assert packs.story_pack(run, number=1) is None
    for step in range(1000):
        run.history.add_frame(step, "optimization", MAP)
    info, body = packs.story_pack(run, number=3)
    assert (info["run"], len(info["frames"])) == (3, 120)
    assert len(body) == 120 * 400
    large = np.zeros((300_000, 2), np.float32)
    run.history.frames = run.history.frames[:0]
    for step in range(20):
        run.history.add_frame(step, "optimization", large)
    info, body = packs.story_pack(run, number=3)
    assert (len(info["frames"]), len(body)) == (6, 7_200_000)


# ---- live metrics -------------------------------------------------------------------------------


class Frames:
    """A run whose steps and measurements take what the clock says."""

    def __init__(self, clock, monkeypatch, *, step=0.2, piece=0.02, measurement=0.05, n=3000):
        self.clock, self.step_seconds, self.longest = clock, step, 0.0
        X = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32)
        self.run = UMAP(n_epochs=10_000, random_state=0).run(X)
        self.run.history.curves = {}
        monkeypatch.setattr(type(self.run), "embedding", X[:, :2])
        self.metrics = LiveMetrics(self.run)
        prepare = self.metrics._quality.prepare()

        def slowly():
            for _ in prepare:
                clock.now += piece
                yield
            clock.now += piece

        self.metrics._preparation = slowly()
        measure = self.metrics._quality.measure
        monkeypatch.setattr(
            self.metrics._quality, "measure", lambda Y: (setattr(clock, "now", clock.now + measurement), measure(Y))[1]
        )  # fmt: skip

    def steps(self, count):
        for _ in range(count):
            self.clock.now += self.step_seconds
            self.run.step += 1
            began = self.clock.now
            self.metrics.follow(self)
            self.longest = max(self.longest, self.clock.now - began)

    @property
    def step(self):
        return self.run.step


def test_live_metrics_never_spend_more_than_they_have_earned(clock, monkeypatch):
    frames = Frames(clock, monkeypatch)
    for _ in range(100):
        frames.steps(1)
        # What the first piece and the first measurement take is not known before.
        earned = quality.SHARE * frames.metrics._worked + quality.GRACE
        assert frames.metrics.spent <= earned + 0.07
    assert frames.metrics.spent <= earned
    steps = frames.run.history.curves["trustworthiness"].steps
    assert 3 <= len(steps) <= 20
    assert frames.longest <= 0.08  # no hiccup: a few pieces or one measurement


def test_one_slow_piece_does_not_put_measuring_off_for_long(clock, monkeypatch):
    frames = Frames(clock, monkeypatch, step=0.05)
    whole = frames.metrics._preparation

    def slow_at_first():
        clock.now += 0.3
        yield from whole

    frames.metrics._preparation = slow_at_first()
    frames.steps(round((0.3 + 0.2) / quality.SHARE / 0.05))
    assert frames.run.history.curves["trustworthiness"].steps


def test_a_pause_earns_nothing(clock, monkeypatch):
    frames = Frames(clock, monkeypatch, piece=0.5)
    frames.steps(1)
    clock.now += 10_000
    frames.metrics.goes_on()
    frames.steps(1)
    assert frames.metrics._worked == pytest.approx(0.4)


def test_the_end_of_a_short_run_is_measured_and_that_of_an_expensive_one_is_not(clock, monkeypatch):
    frames = Frames(clock, monkeypatch, step=0.001)
    frames.steps(2)
    frames.metrics.finish()
    assert frames.run.history.curves["trustworthiness"].steps == [2]
    frames.metrics.finish()
    assert frames.run.history.curves["trustworthiness"].steps == [2]
    dear = Frames(clock, monkeypatch, step=0.001, piece=0.2)
    dear.steps(2)
    dear.metrics.finish()
    assert dear.run.history.curves == {}
    assert dear.metrics.spent < 1


def test_ranks_made_bit_by_bit_are_those_made_at_once(digits):
    from nbembed.metrics import LiveQuality

    slow = LiveQuality(digits[0], sample=300, is_ready=False)
    pieces = sum(1 for _ in slow.prepare())
    assert pieces >= 3
    assert slow.is_ready
    np.testing.assert_array_equal(slow._ranks, LiveQuality(digits[0], sample=300)._ranks)


def test_without_live_metrics_nothing_is_measured(blobs, monkeypatch):
    monkeypatch.setattr(quality.LiveQuality, "measure", lambda *_: pytest.fail("measured"))
    widget = EmbedWidget(blobs, n_epochs=60, random_state=3, live_metrics=False).fit()
    assert set(widget.history_.curves) == {"attraction", "repulsion", "loss", "learning_rate"}


def test_two_rows_have_no_quality_but_a_map():
    run = UMAP(n_neighbors=2, n_epochs=5, random_state=0).run(np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert (
        Session(
            run,
            Publisher(print),
            print,
            status=StatusLine(run, number=1, title=""),
            on_end=print,
        )._metrics
        is None
    )


# ---- observers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fit", "start"])
def test_an_observer_may_steer_the_run(digits, mode):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0)
    monotonic = time.monotonic()

    def steer(change):
        if change.new["step"] > 5 and change.new["state"] == "running":
            assert widget.set(n_negatives=3) == {"n_negatives": "next step"}
            widget.pause().resume().stop()

    widget.observe(steer, "status")
    getattr(widget, mode)()
    wait_for(widget._session.control.finished.is_set)
    assert "stopped" in repr(widget)
    assert time.monotonic() - monotonic < 60
