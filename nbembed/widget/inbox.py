"""Messages from the browser: a closed set, checked, and never acted on in the thread they come in."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from nbembed.widget.control import Command
from nbembed.widget.publisher import ECHO, PROTOCOL, Publisher
from nbembed.widget.session import Session

__all__ = ["MAX_STEPS", "Inbox", "Questions"]

COMMANDS = ("pause", "resume", "step", "stop")
# Most steps one command may ask for.
MAX_STEPS = 1_000_000
# The longest text that is searched for, and the largest number that JavaScript counts exactly.
MAX_TEXT, MAX_NUMBER = 200, 2**53


@dataclass(frozen=True)
class Questions:
    """What the widget answers and does at once, in whatever thread a question comes in.

    Attributes
    ----------
    details
        ``details(question, row)`` tells what a row is.
    search
        ``search(text)`` selects the rows that hold a text.
    color
        ``color(by)`` colours by the name of a column or a measure, or by nothing for None.
    restart
        ``restart(parameters)`` begins a new run; it must not wait for the old one to end.
    parameters
        ``parameters()`` are those of the present run, as the panel offers them.
    neighbors
        ``neighbors(question, row)`` tells the nearest rows of a row in the data.
    groups
        ``groups(question)`` compares the group that is kept with the selection.
    affinities
        ``affinities(question)`` tells how the affinities changed from recursion to recursion.
    plate
        ``plate(question, message)`` tells what a view of an internal shows.
    signals
        ``signals(question, message)`` tells what is worth a word about a map.
    resend
        ``resend()`` sends again what was in buffers, for a host that loses them.
    """

    details: Callable[[int, int], None]
    search: Callable[[str], None]
    color: Callable[[str | None], None]
    restart: Callable[[Any], None]
    parameters: Callable[[], Sequence[dict[str, Any]]]
    neighbors: Callable[[int, int], None]
    groups: Callable[[int], None]
    affinities: Callable[[int], None]
    plate: Callable[[int, dict[str, Any]], None]
    signals: Callable[[int, dict[str, Any]], None]
    resend: Callable[[], None]


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
    questions
        Who answers questions about the rows.
    """

    def __init__(
        self,
        publisher: Publisher,
        session: Callable[[], Session | None],
        questions: Questions,
    ) -> None:
        self._publisher = publisher
        self._session = session
        self._questions = questions

    def receive(self, _widget: Any, content: Any, buffers: list[Any]) -> None:
        """Take one message; what is not understood is ignored."""
        if not isinstance(content, dict):
            return
        session = self._session()
        self._publisher.heard()
        match content.get("t"):
            case "hello":
                self._greet(content, buffers, session)
            case "ack":
                self._acknowledge(content.get("seq"), session)
            case "encoding":
                self._encode(content.get("base64") is True, session)
            case "poll":
                self._poll(content.get("last_seq"), session)
            case "command" if session is not None:
                _enqueue(content, session)
            case "set" if session is not None:
                _set(content, session)
            case kind:
                self._ask(kind, content)

    def _greet(self, content: dict[str, Any], buffers: list[Any], session: Session | None) -> None:
        """Answer at once: that a greeting is answered is what makes the buttons live."""
        view, seen = str(content.get("view", ""))[:MAX_TEXT], content.get("last_seq")
        welcome = {
            "t": "welcome",
            "view": view,
            "protocol": PROTOCOL,
            "controls": True,
            "echo_ok": len(buffers) == 1 and bytes(buffers[0]) == ECHO,
            # Colab, by report, shows nothing that a thread pushes; there the browser asks.
            "pull": "google.colab" in sys.modules or self._publisher.is_polled,
            "parameters": list(self._questions.parameters()),
        }
        if welcome["pull"]:
            self._publisher.is_polled = True
        self._publisher.send(welcome, [ECHO])
        if session is not None:
            session.greet(view, is_fresh=isinstance(seen, int) and seen < 0)

    def _poll(self, seen: Any, session: Session | None) -> None:
        """Answer a host that shows nothing but answers, with all that has come since the last one."""
        begins = not self._publisher.is_polled
        self._publisher.polled()
        if session is None:
            return
        if begins:
            session.greet()  # what was sent until now was not seen
        session.answer(seen if isinstance(seen, int) else -1)

    def _acknowledge(self, seq: Any, session: Session | None) -> None:
        self._publisher.acknowledge(seq)
        if session is not None:
            session.acknowledged()

    def _encode(self, as_base64: bool, session: Session | None) -> None:  # noqa: FBT001
        """Send text in place of buffers from now on, and again what may have been lost."""
        self._publisher.as_base64 = as_base64
        if as_base64:
            self._questions.resend()
        if session is not None:
            session.retell()

    def _ask(self, kind: Any, content: dict[str, Any]) -> None:
        asked, question, row = self._questions, content.get("id"), content.get("row")
        text, by = content.get("text"), content.get("by", 0)
        plain = {"groups": asked.groups, "affinities": asked.affinities}
        told = {"plate": asked.plate, "signals": asked.signals}
        about_row = {"details": asked.details, "neighbors": asked.neighbors}
        if not isinstance(kind, str):
            return
        if kind in plain and _is_count(question):
            plain[kind](question)
        elif kind in about_row and _is_count(question) and _is_count(row):
            about_row[kind](question, row)
        elif kind in told and _is_count(question):
            told[kind](question, content)
        elif kind == "search" and isinstance(text, str) and len(text) <= MAX_TEXT:
            asked.search(text)
        elif kind == "restart":
            asked.restart(content.get("parameters"))
        elif kind == "color" and (by is None or isinstance(by, str)):
            asked.color(by)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER


def _enqueue(content: dict[str, Any], session: Session) -> None:
    name, n = content.get("name"), content.get("n", 1)
    if name in COMMANDS and isinstance(n, int) and 1 <= n <= MAX_STEPS:
        session.control.send(Command(name, n=n))


def _set(content: dict[str, Any], session: Session) -> None:
    """Let the worker change a parameter; what it refuses stays as it is, as the browser then sees."""
    name, value = content.get("name"), content.get("value")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return
    if isinstance(name, str) and name in session.run.live:
        session.control.send(Command("set", parameter=name, value=value))
