"""Bytes in traits, as text for hosts that lose binary buffers on the way."""

import base64
from typing import Any

__all__ = ["as_sent", "has_lost_buffers"]


def has_lost_buffers(widget: Any) -> bool:
    """Return whether a browser has said that buffers do not reach it."""
    return getattr(getattr(widget, "_publisher", None), "as_base64", False)


def as_sent(value: Any, widget: Any) -> Any:
    """Return a trait's value for the wire: its bytes as they are, or as base64 where buffers get lost."""
    return _texts(value) if has_lost_buffers(widget) else value


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    return value
