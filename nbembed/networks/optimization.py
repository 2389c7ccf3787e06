"""Adam, or plain descent, with its schedule and clipping; its state are tensors that can be restored in place."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nbembed.networks.plan import Plan

__all__ = ["Optimizer"]

# Learning rate of the parameters of a loss: the logarithm of a normalization, one number.
RATE_OF_LOSS = 1e-2


class Optimizer:
    """Adam, or what the plan names, over a network, the heads of terms, and what a loss learns itself.

    Parameters
    ----------
    module
        The network.
    heads
        Networks beside it; each is clipped on its own, so that none of them holds another back.
    objective
        A loss, whose own parameters learn at a rate of their own and are not clipped.
    plan
        Schedule and clipping.
    device
        Where all of them are.
    """

    def __init__(
        self,
        module: nn.Module,
        heads: Sequence[nn.Module],
        objective: nn.Module,
        plan: Plan,
        *,
        device: str,
    ) -> None:
        self.plan = plan
        self.clipped = [_trained(part) for part in (module, *heads)]
        own = _trained(objective)
        groups: list[dict[str, Any]] = [{"params": part} for part in (*self.clipped, own)]
        self.parameters = [parameter for group in groups for parameter in group["params"]]
        fused = device != "mps"
        if plan.optimizer == "sgd":
            rate, momentum = plan.learning_rate, plan.momentum
            self._adam: torch.optim.Optimizer = torch.optim.SGD(
                groups, lr=rate, momentum=momentum, fused=fused
            )
        else:
            self._adam = torch.optim.Adam(groups, lr=plan.learning_rate, fused=fused)

    def step(self, loss: Tensor, learning_rate: float, number: int) -> None:
        """Follow the gradient of ``loss`` in mini-batch ``number`` of the phase."""
        share = self.plan.rate(number)
        for group in self._adam.param_groups:
            group["lr"] = learning_rate * share
        self._adam.param_groups[-1]["lr"] = RATE_OF_LOSS * share
        self._adam.zero_grad(set_to_none=True)
        loss.backward()
        if self.plan.clip is not None:
            clip = nn.utils.clip_grad_norm_
            if self.plan.clip_by == "value":
                clip = nn.utils.clip_grad_value_
            for parameters in self.clipped:
                clip(parameters, self.plan.clip)
        self._adam.step()

    def tensors(self) -> dict[str, Tensor]:
        """Return the moments under names, to be copied and restored in place."""
        return {
            f"adam.{number}.{name}": value
            for number, parameter in enumerate(self.parameters)
            for name, value in self._adam.state.get(parameter, {}).items()
            if value is not None
        }

    def take_over(self, other: "Optimizer") -> None:
        """Go on with the moments of ``other``, whose parameters are the same ones or copies of them."""
        moments = {name: value.detach().clone() for name, value in other.tensors().items()}
        self.prime(list(moments))
        for name, value in self.tensors().items():
            value.copy_(moments[name])

    def prime(self, names: Sequence[str]) -> None:
        """Make the moments that ``names`` of :meth:`tensors` speak of, to be filled.

        Adam makes them in its first step; those of parameters that never had a gradient are not there.
        """
        numbers = {int(name.split(".")[1]) for name in names if name.startswith("adam.")}
        before = [parameter.detach().clone() for parameter in self.parameters]
        self._adam.state.clear()
        for number, parameter in enumerate(self.parameters):
            parameter.grad = torch.zeros_like(parameter) if number in numbers else None
        self._adam.step()
        with torch.no_grad():
            for parameter, value in zip(self.parameters, before, strict=True):
                parameter.copy_(value)


def _trained(part: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in part.parameters() if parameter.requires_grad]
