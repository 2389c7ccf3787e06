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
        known: dict[str, nn.Module] = {name: part for name, part in module.named_modules() if name}
        known |= {MODEL: module, **dict(heads.items())}
        for name in before.kept if before is not None else ():
            # A name of a weight, in the network or beside it.
            for owner in (module, heads):
                weights = dict(owner.named_parameters())
                if name in weights:
                    weights[name].requires_grad_(requires_grad=True)
        self.kept: list[str] = []
        self._parts: list[nn.Module] = []
        for name in names:
            if name not in known:
                shown = ", ".join(list(known)[:12])
                raise InvalidInputError(
                    f"frozen must name parts of the network ({shown}), got {name!r}{nearest(name, known)}"
                )
            self._parts.append(known[name])
        ours = {id(weight) for part in self._parts for weight in part.parameters()}
        for owner in (module, heads):
            for name, weight in owner.named_parameters():
                if id(weight) in ours and weight.requires_grad:
                    weight.requires_grad_(requires_grad=False)
                    self.kept.append(name)
        if self.kept and not any(p.requires_grad for owner in (module, heads) for p in owner.parameters()):  # fmt: skip
            raise InvalidInputError(f"frozen must leave something to learn, got {list(names)}")

    def rest(self) -> None:
        """Have the parts compute as in evaluation: normalizations count nothing anew."""
        for part in self._parts:
            part.train(mode=False)
