"""The errors this package raises on purpose.

Every one of them also is the built-in error that a scikit-learn user would expect, so
``except ValueError`` keeps working.
"""

__all__ = [
    "FrameExpiredError",
    "InvalidInputError",
    "InvalidTypeError",
    "NbembedError",
    "RunEndedError",
]


class NbembedError(Exception):
    """Base of all errors raised on purpose by nbembed."""


class InvalidInputError(NbembedError, ValueError):
    """An argument has the right type but a value that cannot be used."""


class InvalidTypeError(NbembedError, TypeError):
    """An argument has a type that cannot be used, or a name that does not exist."""


class FrameExpiredError(NbembedError, RuntimeError):
    """A frame was asked for its embedding after its run had moved on."""


class RunEndedError(NbembedError, RuntimeError):
    """A run that has ended, or was closed, was asked to go on."""
