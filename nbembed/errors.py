"""The errors this package raises on purpose.

Every one of them also is the built-in error that a scikit-learn user would expect, so
``except ValueError`` keeps working.
"""

__all__ = [
    "FrameExpiredError",
    "InvalidInputError",
    "InvalidTypeError",
    "MissingPackageError",
    "NbembedError",
    "NotKeptError",
    "RunEndedError",
]


class NbembedError(Exception):
    """Base of all errors raised on purpose by nbembed."""


class InvalidInputError(NbembedError, ValueError):
    """An argument has the right type but a value that cannot be used."""


class InvalidTypeError(NbembedError, TypeError):
    """An argument has a type that cannot be used, or a name that does not exist."""


class MissingPackageError(NbembedError, ImportError):
    """Something was asked for that needs a package which is not installed; the message names it."""


class NotKeptError(NbembedError, AttributeError):
    """Something of a fit was asked for that was not kept; the message says how to have it."""


class FrameExpiredError(NbembedError, RuntimeError):
    """A frame was asked for its embedding after its run had moved on."""


class RunEndedError(NbembedError, RuntimeError):
    """A run that has ended, or was closed, was asked to go on."""
