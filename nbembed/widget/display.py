"""Where the widget is shown: in which cell, by itself or inside another widget."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ipywidgets.widgets import widget as _widgets

__all__ = [
    "Cell",
    "CellMemory",
    "current_cell",
    "is_used",
    "kernel_shell",
    "watch",
    "when_cell_ends",
]

VIEW = "application/vnd.jupyter.widget-view+json"


class Cell(NamedTuple):
    """A cell of the notebook in one of its executions."""

    #: Differs from execution to execution.
    execution: Any
    #: Stays the same; None where the host does not tell, or where an Output widget takes what is shown.
    name: str | None


class CellMemory:
    """Remembers the cells in which something was shown.

    Attributes
    ----------
    names : set
        Names of all these cells; None among them stands for places without a name.
    """

    def __init__(self) -> None:
        self._cell: Any = None
        self.names: set[str | None] = set()

    @property
    def anywhere(self) -> bool:
        """Whether it was shown at all."""
        return self._cell is not None

    def here(self) -> bool:
        """Whether it was shown in the execution that runs now."""
        return self._cell is not None and self._cell == current_cell().execution

    def mark(self) -> Cell:
        """Note that it is being shown now, and return where."""
        cell = current_cell()
        self._cell = cell.execution
        self.names.add(cell.name)
        return cell

    def leave(self) -> None:
        """Forget that it was shown here, so that the next copy is shown too."""
        self._cell = None


def kernel_shell() -> Any:
    """Return IPython's shell where it belongs to a kernel, else None."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell if shell is not None and hasattr(shell, "kernel") else None


def current_cell() -> Cell:
    """Return the cell that is executed now."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return Cell("no shell", None)
    parent: Any = getattr(getattr(shell, "kernel", None), "get_parent", dict)()
    message = (parent.get("header") or {}).get("msg_id")
    name = (parent.get("metadata") or {}).get("cellId")
    if message is not None and any(
        getattr(widget, "msg_id", "") == message for widget in _live_widgets().values()
    ):
        name = None  # inside "with output:", which may stand in another cell
    return Cell((shell.execution_count, message), name)


def when_cell_ends(action: Callable[[], None]) -> None:
    """Call ``action`` once when the cell that runs now has shown all it shows."""
    events = getattr(kernel_shell(), "events", None)
    if events is None:
        action()
        return

    cell, turn = current_cell().execution, threading.Lock()

    def once() -> None:
        # A message from the browser ends with this event too, in a thread of its own, which not every
        # kernel can tell from the cell's: whoever comes second finds the turn taken.
        if current_cell().execution != cell or not turn.acquire(blocking=False):
            return
        events.unregister("post_execute", once)
        action()

    events.register("post_execute", once)


def watch(found: Callable[[Any], None]) -> None:
    """Call ``found`` with every widget that this kernel shows, and those inside it, from now on.

    IPython's publishers have hooks for that. Where they have none, only what a widget shows itself
    is known.
    """
    shell, thread = kernel_shell(), threading.get_ident()
    for name in ("display_pub", "displayhook"):
        publisher: Any = getattr(shell, name, None)
        # Hooks belong to the thread that registers them.
        if hasattr(publisher, "register_hook") and (thread, id(publisher)) not in _watched:
            _watched.add((thread, id(publisher)))
            publisher.register_hook(_Watch(found))


_watched: set[tuple[int, int]] = set()


class _Watch:
    """A hook of a publisher: looks at messages and passes them on."""

    def __init__(self, found: Callable[[Any], None]) -> None:
        self._found = found

    def __call__(self, message: Any) -> Any:
        content: dict[str, Any] = message.get("content", {})
        view: Any = content.get("data", {}).get(VIEW)
        if isinstance(view, dict) and message.get("msg_type") != "update_display_data":
            for widget in _inside(_live_widgets().get(str(view.get("model_id")))):
                self._found(widget)
        return message


def _inside(root: Any) -> Iterator[Any]:
    """Yield a widget and all widgets it contains, each once."""
    waiting, seen = [root], set()
    while waiting:
        widget = waiting.pop()
        if widget is None or id(widget) in seen:
            continue
        seen.add(id(widget))
        yield widget
        waiting.extend(getattr(widget, "children", ()))


def is_used(part: Any, *, name: str) -> bool:
    """Return whether a widget with a comm has ``part`` under this name."""
    return any(getattr(widget, name, None) is part for widget in _live_widgets().values())


def _live_widgets() -> dict[str, Any]:
    """Return all widgets that have a comm, by their model's name."""
    found = getattr(_widgets, "_instances", None)  # ipywidgets 8
    return dict(_widgets.Widget.widgets if found is None else found)
