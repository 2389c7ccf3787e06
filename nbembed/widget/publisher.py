"""What goes to the browser, and when: newest frame wins, two in flight, never waiting.

A frame is *offered* by the worker, which copies and encodes it only when it may be sent soon, and
*pumped* by the thread that publishes: the cell's own thread while ``fit()`` blocks, else the worker.
"""

import base64
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbembed import transport
from nbembed.training import Curve

__all__ = ["PROTOCOL", "CurveFeed", "Publisher"]

PROTOCOL = 1
# At most this many frames a second, however fast the browser is.
MAX_RATE = 12.0
# Frames on their way that nobody has acknowledged yet.
MAX_IN_FLIGHT = 2
# When no acknowledgement frees the window (a busy cell on an old kernel, a closed tab), the next
# frame goes out after this many seconds all the same, or later if the frames are large.
PATIENCE = 0.25
BLIND_BYTES_PER_SECOND = 2_000_000
# A greeting's binary echo: a host that loses buffers returns something else.
ECHO = bytes((1, 2, 3, 255))

Send = Callable[[dict[str, Any], list[bytes]], None]


class CurveFeed:
    """The curves of a run, in the form and the portions in which the browser wants them."""

    LABELS: ClassVar = {
        "kl": ("KL divergence", "loss"),
        "loss": ("loss per edge", "loss"),
        "attraction": ("attraction", "loss"),
        "repulsion": ("repulsion", "loss"),
        "trustworthiness": ("trustworthiness", "quality"),
        "neighbor_recall": ("neighbour recall", "quality"),
        "learning_rate": ("learning rate", "schedule"),
        "exaggeration": ("exaggeration", "schedule"),
    }

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}
        self._sent: dict[str, int] = {}

    def whole(self, curves: dict[str, Curve]) -> dict[str, Any]:
        """Return all values of all curves."""
        return {name: self._portion(name, curve, 0) for name, curve in list(curves.items())}

    def fresh(self, curves: dict[str, Curve]) -> dict[str, Any]:
        """Return the values added since the last call."""
        portions: dict[str, Any] = {}
        for name, curve in list(curves.items()):
            sent, length = self._sent.get(name, 0), len(curve.values)
            if length > sent:
                portions[name] = self._portion(name, curve, sent, length)
                self._sent[name] = length
        return portions

    def restart(self) -> None:
        """Send everything again next time: a new view knows nothing yet."""
        self._sent = {}

    def _portion(
        self, name: str, curve: Curve, start: int, end: int | None = None
    ) -> dict[str, Any]:
        label, kind = self.LABELS.get(name, (name, "loss"))
        end = len(curve.values) if end is None else end
        portion: dict[str, Any] = {
            "label": label,
            "kind": kind,
            "steps": curve.steps[start:end],
            "values": [v if np.isfinite(v) else None for v in curve.values[start:end]],
        }
        return portion | ({"note": self.notes[name]} if name in self.notes else {})


class Publisher:
    """Sends frames and states of one widget within a rate, a window and a byte budget.

    Parameters
    ----------
    send
        ``send(content, buffers)`` puts one message on the wire.
    """

    def __init__(self, send: Send) -> None:
        self.as_base64 = False
        self.send = send
        self._lock = threading.Lock()
        self._waiting: tuple[dict[str, Any], bytes] | None = None
        self._newest: tuple[dict[str, Any], bytes] | None = None
        self._seq = 0
        self._acked = 0
        self._last_sent = self._last_offer = float("-inf")

    def wants_frame(self, nbytes: int) -> bool:
        """Return whether a frame of ``nbytes`` offered now would soon be sent."""
        now = time.monotonic()
        if self._waiting is not None or now - self._last_offer < 1 / MAX_RATE:
            return False
        return self._window_open(now, nbytes)

    def offer(self, content: dict[str, Any], embedding: NDArray[np.float32]) -> None:
        """Encode a frame and lay it out for the next :meth:`pump`."""
        body, box = transport.encode_frame(embedding)
        with self._lock:
            self._last_offer = time.monotonic()
            self._waiting = (
                {"t": "frame", "n": len(embedding), "bbox": list(box), **content},
                body,
            )

    def pump(self) -> bool:
        """Send the frame that waits, if there is one; return whether one went out."""
        with self._lock:
            if self._waiting is None:
                return False
            (content, body), self._waiting = self._waiting, None
            self._seq += 1
            content["seq"] = self._seq
            self._newest = (content, body)
            self._last_sent = time.monotonic()
        self.message(content, body)
        return True

    def resend(self) -> None:
        """Send the newest frame once more, to a view that came late."""
        newest = self._newest
        if newest is not None:
            # What the frame once added to the curves is sent whole beside it.
            self.message({k: v for k, v in newest[0].items() if k != "curves"}, newest[1])

    def message(self, content: dict[str, Any], body: bytes | None = None) -> None:
        """Send ``content``, with ``body`` as a buffer, or inside it for hosts that lose buffers."""
        if body is None:
            self.send(content, [])
        elif self.as_base64:
            self.send({**content, "enc": "base64", "data": base64.b64encode(body).decode()}, [])
        else:
            self.send({**content, "enc": "u16"}, [body])

    def acknowledge(self, seq: Any) -> None:
        """Note that some view has drawn frame ``seq``, or a newer one."""
        if isinstance(seq, int):
            with self._lock:
                self._acked = max(self._acked, min(seq, self._seq))

    def _window_open(self, now: float, nbytes: int) -> bool:
        if self._seq - self._acked < MAX_IN_FLIGHT:
            return True
        return now - self._last_sent >= max(PATIENCE, nbytes / BLIND_BYTES_PER_SECOND)
