"""Kernels of mini-batches whose tails are heavier or lighter than those of t-SNE, or learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from nbembed.networks.losses import TINY, Cauchy
from nbembed.networks.plan import Plan

__all__ = ["LearnedKernel", "StudentT"]

# Logarithms of the degrees of freedom that may be learned: 0.05 to about 400, which is Gaussian.
LOWEST, HIGHEST = -3.0, 6.0


@dataclass(frozen=True)
class StudentT:
    r"""The kernel :math:`(1 + d^2/\alpha)^{-(\alpha + 1)/2}`; for 1 degree of freedom that of t-SNE.

    Parameters
    ----------
    degrees_of_freedom
        :math:`\alpha`, above 0: a number, or a tensor without dimension that learns.

    References
    ----------
    van der Maaten (2009), AISTATS, eq. 5.
    """

    degrees_of_freedom: Any

    def odds(self, squared: Tensor) -> Tensor:
        r"""Return :math:`\ln((1 - w)/w)`, as :meth:`Cauchy.odds` does."""
        alpha = self.degrees_of_freedom
        s = 0.5 * (alpha + 1.0) * (squared.clamp(min=TINY) / alpha).log1p()
        # ln(exp(s) - 1), which neither overflows nor cancels.
        return s + (-torch.expm1(-s)).log()


class LearnedKernel(nn.Module):
    """The kernel that a plan asks for; degrees of freedom that are learned are its parameter.

    Parameters
    ----------
    plan
        Its ``degrees_of_freedom`` is a number, or ``"learned"``, which starts at 1.
    device
        Where the network is.
    """

    def __init__(self, plan: Plan, *, device: str) -> None:
        super().__init__()
        self.plan = plan
        self.log_degrees: nn.Parameter | None = None
        if plan.degrees_of_freedom == "learned":
            self.log_degrees = nn.Parameter(torch.zeros((), device=device))

    def forward(self, live: Mapping[str, float]) -> Cauchy | StudentT:
        """Return the kernel for these live parameters."""
        if self.log_degrees is not None:
            return StudentT(self.log_degrees.clamp(LOWEST, HIGHEST).exp())
        if self.plan.degrees_of_freedom == 1:
            return Cauchy(live["a"], live["b"])
        return StudentT(float(self.plan.degrees_of_freedom))

    @property
    def degrees_of_freedom(self) -> float:
        """The degrees of freedom now in force."""
        if self.log_degrees is None:
            return float(self.plan.degrees_of_freedom)
        return float(self.log_degrees.detach().clamp(LOWEST, HIGHEST).exp())
