"""Let clicks reach a kernel whose main shell is busy.

JupyterLab (4.4 and later) sends widget messages to a subshell, a second thread of the kernel, so
that they are handled while a cell runs. ipykernel 7.4 remembers for each comm which shell published
last and routes incoming messages back there, overriding the front end: a blocking cell that sends
even one frame pulls all clicks behind itself.
"""

from typing import Any

__all__ = ["keep_route_of_front_end"]


def keep_route_of_front_end(comm: Any) -> bool:
    """Make ``comm`` deliver messages where the front end addressed them.

    Returns whether this kernel has the rerouting. It is private to ipykernel, so the absence of the
    name is the normal case and changes nothing.
    """
    if not hasattr(comm, "_reply_subshell_for"):
        return False
    comm._reply_subshell_for = _as_addressed  # noqa: SLF001
    return True


def _as_addressed(data: Any, default: Any) -> Any:  # noqa: ARG001 - the signature ipykernel calls
    """Return the shell the message was addressed to."""
    return default
