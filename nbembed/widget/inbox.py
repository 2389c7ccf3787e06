"""Messages from the browser: a closed set, checked, and never acted on in the thread they come in."""

import sys
from collections.abc import Callable
from typing import Any

from nbembed.widget.control import Command
from nbembed.widget.publisher import ECHO, PROTOCOL, Publisher
from nbembed.widget.session import Session

__all__ = ["MAX_STEPS", "Inbox"]

COMMANDS = ("pause", "resume", "step", "stop")
# Most steps one command may ask for.
MAX_STEPS = 1_000_000


class Inbox:
    """Takes what the browser says.

    With subshells a handler runs in a thread of its own while a cell works, so it only answers
    greetings, counts acknowledgements and puts commands into the queue.

    Parameters
    ----------
    publisher
        The widget's publisher.
    session
        Returns the present session, None before the first run.
    """

    def __init__(self, publisher: Publisher, session: Callable[[], Session | None]) -> None:
        self._publisher = publisher
        self._session = session

    def receive(self, _widget: Any, content: Any, buffers: list[Any]) -> None:
        """Take one message; what is not understood is ignored."""
        if not isinstance(content, dict):
            return
        session = self._session()
        match content.get("t"):
            case "hello":
                self._greet(content, buffers, session)
            case "ack":
                self._publisher.acknowledge(content.get("seq"))
            case "encoding":
                self._publisher.as_base64 = content.get("base64") is True
            case "poll" if session is not None:
                session.pump()
            case "command" if session is not None:
                _enqueue(content, session)
            case _:
                pass

    def _greet(self, content: dict[str, Any], buffers: list[Any], session: Session | None) -> None:
        """Answer at once: that a greeting is answered is what makes the buttons live."""
        welcome = {
            "t": "welcome",
            "view": str(content.get("view", "")),
            "protocol": PROTOCOL,
            "controls": True,
            "echo_ok": len(buffers) == 1 and bytes(buffers[0]) == ECHO,
            # Colab, by report, shows nothing that a thread pushes; there the browser asks.
            "pull": "google.colab" in sys.modules,
        }
        self._publisher.send(welcome, [ECHO])
        if session is not None:
            session.greet()


def _enqueue(content: dict[str, Any], session: Session) -> None:
    name, n = content.get("name"), content.get("n", 1)
    if name in COMMANDS and isinstance(n, int) and 1 <= n <= MAX_STEPS:
        session.control.send(Command(name, n=n))
