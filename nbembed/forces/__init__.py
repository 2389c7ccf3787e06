"""Attraction and repulsion on free coordinates, compiled: the fast path of t-SNE and UMAP."""

from nbembed.forces.gradient import GradientStepper
from nbembed.forces.sampled import SampledStepper
from nbembed.forces.stepper import Stepper
from nbembed.forces.warm_up import warm_up

__all__ = ["GradientStepper", "SampledStepper", "Stepper", "warm_up"]
