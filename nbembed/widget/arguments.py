"""What a user may write for ``method`` and the keywords that follow it."""

from collections.abc import Iterable
from typing import Any

from nbembed import _checks
from nbembed.errors import InvalidTypeError
from nbembed.estimators import METHODS, Embedder, make_estimator

__all__ = ["choose_estimator"]


def choose_estimator(method: Any, parameters: dict[str, Any], *, own: Iterable[str]) -> Embedder:
    """Return the estimator for ``method``, naming what does not fit.

    Parameters
    ----------
    method
        A method's name or an estimator.
    parameters
        Hyper-parameters for a method that is given by its name.
    own
        Keywords of the widget itself, to suggest the nearest of them too.
    """
    if isinstance(method, Embedder):
        if parameters:
            name, given = type(method).__name__, ", ".join(f"{key}=…" for key in parameters)
            raise InvalidTypeError(
                f"parameters must go into the estimator when method is one, got {given} beside {name}(…); "
                f"write {name}({given})"
            )
        return method
    if not isinstance(method, str):
        known = ", ".join(METHODS)
        raise InvalidTypeError(
            f"method must be a name ({known}) or an estimator, got {type(method).__name__}"
        )
    cls = METHODS.get(method.lower().replace("-", ""))
    known = [] if cls is None else list(cls().get_params(deep=False))
    for name in parameters if cls is not None else ():
        if name not in known:
            hidden = ("self", "parameters")
            raise _checks.unknown_keyword(
                "EmbedWidget", name, [*(n for n in own if n not in hidden), *known]
            )
    return make_estimator(method, **parameters)
