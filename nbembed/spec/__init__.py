"""Methods as documents: relations, transforms, losses and training phases in YAML, JSON or Python.

:class:`Spec` reads, checks and writes them; :class:`nbembed.Routine` trains what they say; :func:`register` gives
your own functions names that they may use.
"""

from nbembed.spec.checking import json_schema
from nbembed.spec.document import Spec
from nbembed.spec.registry import KINDS, names, register, unregister
from nbembed.spec.writing import phases_of

__all__ = ["KINDS", "Spec", "json_schema", "names", "phases_of", "register", "unregister"]
