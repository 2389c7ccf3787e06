"""How much memory a piece of work takes, where the system counts it by itself."""

import ctypes
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["peak_memory"]

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@contextmanager
def peak_memory() -> Generator[list[int]]:
    """Yield a list that holds, after the block, the rise of resident memory at its highest, in bytes.

    Linux keeps the highest mark and lets a process put it back (``clear_refs``, 5), which costs nothing
    while the work runs. Elsewhere the list stays empty. All threads of the process count.
    """
    risen: list[int] = []
    try:
        # Memory that is free but not given back would hide a rise.
        ctypes.CDLL(None).malloc_trim(0)
        REFERENCES.write_text("5", encoding="ascii")
        before = _kilobytes("VmRSS")
    except (AttributeError, OSError, ValueError):
        yield risen
        return
    try:
        yield risen
    finally:
        risen.append(max(0, _kilobytes("VmHWM") - before) * 1024)


def _kilobytes(name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{STATUS} says nothing of {name}")
    return int(found[1])
