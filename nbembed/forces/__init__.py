"""Attraction and repulsion on free coordinates, compiled: t-SNE, UMAP and what lies between them."""

from nbembed.forces.contrastive import ContrastiveStepper, log_normalizer
from nbembed.forces.gradient import GradientStepper
from nbembed.forces.hashing import stream, substreams
from nbembed.forces.matching import MatchingStepper, Switches
from nbembed.forces.placing import Ties, settle, wander
from nbembed.forces.sampled import Law, SampledStepper
from nbembed.forces.stepper import Stepper
from nbembed.forces.warm_up import warm_up

__all__ = [
    "ContrastiveStepper",
    "GradientStepper",
    "Law",
    "MatchingStepper",
    "SampledStepper",
    "Stepper",
    "Switches",
    "Ties",
    "log_normalizer",
    "settle",
    "stream",
    "substreams",
    "wander",
    "warm_up",
]
