"""Running a cell again: the widget it showed before makes room for the new one."""

import gc
import re
import weakref
from typing import Any, Protocol

from nbembed.widget.display import Cell, CellMemory, kernel_shell, when_cell_ends

__all__ = ["take_place"]

# Names under which IPython itself keeps results: _12, and the last three.
NUMBERED = re.compile(r"_\d+")
LAST = ("_", "__", "___")


class Retirable(Protocol):
    """What retires and is retired."""

    _shown: CellMemory

    def _retire(self) -> None: ...


# For each cell, who was shown there and in which execution.
_places: dict[str, list[tuple["weakref.ref[Any]", Any]]] = {}


def take_place(widget: Retirable, cell: Cell) -> None:
    """Note that ``widget`` is shown in ``cell``; whoever an earlier execution showed there retires.

    That is: its run is stopped, its view ends, and IPython forgets it as a result. If the user holds
    it, its map, metrics and files are there as before, and to show it again opens a new view. Who was
    ever shown in another cell does not retire.
    """
    if cell.name is None:
        return
    before = [(w, run) for ref, run in _places.get(cell.name, ()) if (w := ref()) is not None]
    _places[cell.name] = [(weakref.ref(w), run) for w, run in before if run == cell.execution]
    _places[cell.name].append((weakref.ref(widget), cell.execution))
    retired = [
        w
        for w, run in before
        if run != cell.execution and w is not widget and w._shown.names == {cell.name}  # noqa: SLF001
    ]
    for old in retired:
        old._retire()  # noqa: SLF001
    if retired:
        # In "w = EmbedWidget(X).fit()" the name is bound to the old one until the cell ends.
        references = [weakref.ref(old) for old in retired]
        when_cell_ends(lambda: _let_go(references))


def _let_go(references: "list[weakref.ref[Any]]") -> None:
    """Drop what IPython holds of the retired ones, and free those whom nobody holds."""
    retired = {id(ref()) for ref in references if ref() is not None}
    shell = kernel_shell()
    if shell is not None and retired:
        _forget_results(shell, retired)
    gc.collect()


def _forget_results(shell: Any, retired: set[int]) -> None:
    for space in (shell.user_ns, shell.user_ns_hidden):
        _drop(space, [name for name in _names_of(space, retired) if NUMBERED.fullmatch(name)])
    results: dict[int, Any] = shell.user_ns.get("_oh", {})
    _drop(results, _names_of(results, retired))
    for name in LAST:
        value = getattr(shell.displayhook, name, None)
        if id(value) not in retired:
            continue
        setattr(shell.displayhook, name, "")
        for space in (shell.user_ns, shell.user_ns_hidden):
            # Unless the user has given the name another meaning.
            if space.get(name) is value:
                space[name] = ""


def _drop(space: dict[Any, Any], names: list[Any]) -> None:
    for name in names:
        del space[name]


def _names_of(space: dict[Any, Any], retired: set[int]) -> list[Any]:
    return [name for name, value in space.items() if id(value) in retired]
