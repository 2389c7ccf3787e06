"""Parts of a network that stay as they are while the others learn."""

from collections.abc import Sequence

from torch import nn

from nbembed._checks import nearest
from nbembed.errors import InvalidInputError

__all__ = ["Frozen"]

MODEL = "model"


class Frozen:
    """Parts that are kept from learning: their weights, and what their layers count of the data.

    Parameters
    ----------
    module, heads
        The network, and the networks beside it.
    names
        Parts of ``module``, keys of ``heads``, or ``"model"`` for all of ``module``.
    before
        What was kept in the phase before; it learns again.

    Raises
    ------
    InvalidInputError
        If there is no part of a name, or nothing is left to learn.
    """

    def __init__(
        self,
        module: nn.Module,
        heads: nn.ModuleDict,
        names: Sequence[str],
        before: "Frozen | None" = None,
    ) -> None:
        weights = [*module.named_parameters(), *heads.named_parameters()]
        for name, weight in weights:
            if before is not None and name in before.kept:
                weight.requires_grad_(True)
        self._parts = _named(module, heads, names)
        ours = {id(weight) for part in self._parts for weight in part.parameters()}
        self.kept = [name for name, w in weights if id(w) in ours and w.requires_grad]
        for _, weight in weights:
            if id(weight) in ours:
                weight.requires_grad_(False)
        if self.kept and not any(weight.requires_grad for _, weight in weights):
            raise InvalidInputError(f"frozen must leave something to learn, got {list(names)}")

    def rest(self) -> None:
        """Have the parts compute as in evaluation: normalizations count nothing anew."""
        for part in self._parts:
            part.train(mode=False)


def _named(module: nn.Module, heads: nn.ModuleDict, names: Sequence[str]) -> list[nn.Module]:
    """Return the parts of these names."""
    known: dict[str, nn.Module] = {name: part for name, part in module.named_modules() if name}
    known |= {MODEL: module, **dict(heads.items())}
    for name in names:
        if name not in known:
            shown = ", ".join(list(known)[:12])
            raise InvalidInputError(
                f"frozen must name parts of the network ({shown}), got {name!r}{nearest(name, known)}"
            )
    return [known[name] for name in names]
