"""Where the widget has shown itself: a second copy in the same cell is text."""

from typing import Any

__all__ = ["CellMemory", "show"]


class CellMemory:
    """Remembers the cell execution in which something was shown."""

    def __init__(self) -> None:
        self._cell: Any = None

    @property
    def anywhere(self) -> bool:
        """Whether it was shown at all."""
        return self._cell is not None

    def here(self) -> bool:
        """Whether it was shown in the execution that runs now."""
        return self._cell is not None and self._cell == _current_cell()

    def mark(self) -> None:
        """Note that it is being shown now."""
        self._cell = _current_cell()


def show(widget: Any) -> None:
    """Display ``widget`` in the cell that runs now; do nothing outside of IPython kernels."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is not None and hasattr(shell, "kernel"):
        display(widget)


def _current_cell() -> Any:
    """Return something that differs from execution to execution."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is None:
        return "no shell"
    parent: Any = getattr(getattr(shell, "kernel", None), "get_parent", dict)()
    return (shell.execution_count, (parent.get("header") or {}).get("msg_id"))
