"""What goes to the browser, and when: newest frame wins, two in flight, never waiting.

A frame is *offered* by the worker, which copies and encodes it only when it may be sent soon, and
*pumped* by the thread that publishes: the cell's own thread while ``fit()`` blocks, else the worker.
"""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import transport

__all__ = ["PROTOCOL", "Publisher"]

PROTOCOL = 2
# At most this many frames a second, however fast the browser is.
MAX_RATE = 10.0
# Frames on their way that nobody has acknowledged yet.
MAX_IN_FLIGHT = 2
# Where nothing can be heard of the browser (a busy cell on an old kernel), the next frame goes out
# after this many seconds all the same, or later if the frames are large.
PATIENCE = 0.25
BLIND_BYTES_PER_SECOND = 2_000_000
# A browser that was heard of and falls silent is waited for so many seconds. While a cell waits, when
# old kernels hear nothing, only some times as long as it has taken so far, within these bounds.
PATIENCE_FACTOR, LEAST_WAIT, MOST_WAIT = 4.0, 1.0, 10.0
# Then it is taken to be gone (a closed or hidden tab), and the server keeps what is sent to it:
# the pauses between frames double up to this.
LONGEST_PAUSE = 10.0
# A run waits so long for the first greeting, and so long where a cell waits for the run, so that on old
# kernels no greeting can come.
GREETING_WAIT, GREETING_WAIT_IN_CELL = 10.0, 1.5
# Messages that wait for the next poll; of more, the newest are kept.
MOST_LATER = 64
# A greeting's binary echo: a host that loses buffers returns something else.
ECHO = bytes((1, 2, 3, 255))

Send = Callable[[dict[str, Any], list[bytes]], None]


def _nothing() -> dict[str, Any]:
    return {}


class Listener:
    """What is known of the browser: whether it can be heard, and how long it takes for a frame."""

    def __init__(self) -> None:
        self.forget(0.0)

    def forget(self, hope: float) -> None:
        """Know nothing any more; a first sign can be hoped for so many seconds."""
        self._was_heard = self._is_silent = self._silence_counts = False
        self._heard_at = float("-inf")
        self._hope_until = time.monotonic() + hope
        self._takes = MOST_WAIT / PATIENCE_FACTOR
        self._pause = PATIENCE

    def cell_waits(self) -> None:
        """Note that a cell waits now: on old kernels nothing is heard meanwhile, so silence says nothing."""
        self._silence_counts = False
        self._hope_until = min(self._hope_until, time.monotonic() + GREETING_WAIT_IN_CELL)

    def heard(self, seconds: float | None = None) -> None:
        """Note that something came from it, for example the acknowledgement of a frame."""
        self._was_heard = self._silence_counts = True
        self._is_silent, self._pause = False, PATIENCE
        self._heard_at = time.monotonic()
        if seconds is not None:
            # One quick answer does not make a slow browser quick.
            self._takes = max(seconds, 0.8 * min(self._takes, MOST_WAIT))

    def is_awaited(self, sent_at: float) -> bool:
        """Return whether an answer to what was sent then can still be hoped for."""
        if self._is_silent:
            return False
        if not self._was_heard:
            return time.monotonic() < self._hope_until
        wait = MOST_WAIT
        if not self._silence_counts:
            wait = min(max(PATIENCE_FACTOR * self._takes, LEAST_WAIT), MOST_WAIT)
        self._is_silent = time.monotonic() - max(sent_at, self._heard_at) > wait
        return not self._is_silent

    def pause(self) -> float:
        """Return the seconds between two frames for a browser that does not answer."""
        return self._pause

    def sent_blindly(self) -> None:
        """Note that a frame goes out without hope of an answer."""
        if self._silence_counts:
            self._pause = min(2 * self._pause, LONGEST_PAUSE)


class Publisher:
    """Sends frames and states of one widget within a rate, a window and a byte budget.

    Parameters
    ----------
    send
        ``send(content, buffers)`` puts one message on the wire.

    Attributes
    ----------
    as_base64 : bool
        Buffers get lost on the way: bytes travel as text.
    is_polled : bool
        What threads send gets lost on the way: they leave it to the next answer to the browser.
    """

    def __init__(self, send: Send) -> None:
        self.as_base64 = self.is_polled = False
        self._later: list[Callable[[], None]] = []
        self.send = send
        self._listener = Listener()
        self._lock = threading.Lock()
        self._waiting: tuple[dict[str, Any], bytes] | None = None
        self._newest: tuple[dict[str, Any], bytes] | None = None
        self._seq = self._acked = 0
        self._sent: dict[int, float] = {}
        self._last_sent = self._last_offer = float("-inf")

    @property
    def in_flight(self) -> int:
        """Frames that were sent and not acknowledged."""
        return self._seq - self._acked

    @property
    def seq(self) -> int:
        """Number of the newest frame that was sent; 0 before the first."""
        return self._seq

    @property
    def waits(self) -> bool:
        """Whether a frame lies ready."""
        return self._waiting is not None

    def begin(self, *, cell_waits: bool) -> None:
        """Begin a run: frames of the one before are void, and who can be heard must show anew."""
        with self._lock:
            self._waiting = None
            self._listener.forget(GREETING_WAIT_IN_CELL if cell_waits else GREETING_WAIT)

    def cell_waits(self) -> None:
        """Note that a cell begins to wait, so that the browser may not be heard for long."""
        with self._lock:
            self._listener.cell_waits()

    def wants_frame(self, nbytes: int) -> bool:
        """Return whether a frame of ``nbytes`` offered now would soon be sent."""
        now = time.monotonic()
        if self._waiting is not None or now - max(self._last_offer, self._last_sent) < 1 / MAX_RATE:
            return False
        with self._lock:
            if self.in_flight < MAX_IN_FLIGHT:
                return True
            if self._listener.is_awaited(self._last_sent):
                return False
            pause = max(self._listener.pause(), nbytes / BLIND_BYTES_PER_SECOND)
            if now - self._last_sent < pause:
                return False
            self._listener.sent_blindly()
            return True

    def offer(self, content: dict[str, Any], embedding: NDArray[np.float32]) -> None:
        """Encode a frame and lay it out for the next :meth:`pump`, in place of one that waits."""
        body, box = transport.encode_frame(embedding)
        with self._lock:
            self._last_offer = time.monotonic()
            self._waiting = (
                {"t": "frame", "n": len(embedding), "bbox": list(box), **content},
                body,
            )

    def pump(self, more: Callable[[], dict[str, Any]] = _nothing) -> bool:
        """Send the frame that waits, if there is one and it may go; return whether one went out.

        A frame that was offered without being wanted (a run has come to rest) waits here for the
        acknowledgement of an older one, where that can be hoped for.

        Parameters
        ----------
        more
            Returns what else the message should hold; called only if it is sent.
        """
        with self._lock:
            if self._waiting is None:
                return False
            if self.in_flight >= MAX_IN_FLIGHT and self._listener.is_awaited(self._last_sent):
                return False
            content, body = self._take()
        self.message({**content, **more()}, body)
        return True

    def resend(self) -> None:
        """Send the newest frame once more, to a view that came late."""
        with self._lock:
            if self._waiting is not None:
                self._take()
            newest = self._newest
        if newest is not None:
            self.message(*newest)

    def in_turn(self, action: Callable[[], None]) -> None:
        """Do what sends something, now or, in a thread that is not heard, with the next answer."""
        if not self._is_unheard():
            action()
            return
        with self._lock:
            self._later = [*self._later[1 - MOST_LATER :], action]

    def polled(self) -> None:
        """Note that the browser asks: it has what it will ever get of what was sent."""
        with self._lock:
            self.is_polled = True
            self._acked = self._seq
            actions, self._later = self._later, []
        for action in actions:
            action()

    def _is_unheard(self) -> bool:
        return self.is_polled and threading.current_thread().name.startswith("nbembed-")

    def message(self, content: dict[str, Any], body: bytes | None = None) -> None:
        """Send ``content``, with ``body`` as a buffer, or inside it for hosts that lose buffers."""
        if self._is_unheard():
            self.in_turn(lambda: self.message(content, body))
        elif body is None:
            self.send(content, [])
        elif self.as_base64:
            self.send({**content, "enc": "base64", "data": base64.b64encode(body).decode()}, [])
        else:
            self.send({**content, "enc": "u16"}, [body])

    def heard(self) -> None:
        """Note that something came from the browser."""
        with self._lock:
            self._listener.heard()

    def acknowledge(self, seq: Any) -> None:
        """Note that some view has drawn frame ``seq``, or a newer one."""
        if not isinstance(seq, int):
            return
        with self._lock:
            sent_at = self._sent.get(seq)
            self._listener.heard(None if sent_at is None else time.monotonic() - sent_at)
            self._acked = max(self._acked, min(seq, self._seq))
            self._sent = {s: at for s, at in self._sent.items() if s > self._acked}

    def _take(self) -> tuple[dict[str, Any], bytes]:
        """Give the waiting frame its number and return it; called with the lock."""
        if self._waiting is None:
            raise RuntimeError("no frame waits")
        (content, body), self._waiting = self._waiting, None
        self._seq += 1
        content["seq"] = self._seq
        self._newest = (content, body)
        self._last_sent = time.monotonic()
        # Who never answers must not be remembered for ever.
        self._sent = {s: at for s, at in self._sent.items() if s > self._seq - 8}
        self._sent[self._seq] = self._last_sent
        return self._newest
