"""Traits that Python writes and the browser only reads."""

from collections.abc import Callable
from typing import Any

__all__ = ["kept"]


def kept(name: str) -> Callable[[Any, Any], Any]:
    """Return a reader of what the browser says of a trait that keeps what Python has said."""

    def read(_content: Any, widget: Any) -> Any:
        return getattr(widget, name)

    return read
