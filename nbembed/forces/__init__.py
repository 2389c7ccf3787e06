"""Attraction and repulsion on free coordinates, compiled: t-SNE, UMAP and what lies between them."""

from nbembed.forces.contrastive import ContrastiveStepper, log_normalizer
from nbembed.forces.density import DensityStepper, log_radii
from nbembed.forces.gradient import GradientStepper
from nbembed.forces.hashing import stream, substreams
from nbembed.forces.matching import MatchingStepper, Switches
from nbembed.forces.pacmap import PacmapStepper, PairWeights, rest_near
from nbembed.forces.placing import Ties, settle, wander
from nbembed.forces.rowwise import RowwiseStepper
from nbembed.forces.sampled import SampledStepper
from nbembed.forces.scaling import (
    StrainStepper,
    StressStepper,
    nearest_to_strain,
    rest_by_stress,
    squares_of,
)
from nbembed.forces.settling import settle_under
from nbembed.forces.stepper import Stepper
from nbembed.forces.tails import LEARNED, KernelStepper, TailedStepper
from nbembed.forces.turns import Law
from nbembed.forces.warm_up import warm_up

__all__ = [
    "LEARNED",
    "ContrastiveStepper",
    "DensityStepper",
    "GradientStepper",
    "KernelStepper",
    "Law",
    "MatchingStepper",
    "PacmapStepper",
    "PairWeights",
    "RowwiseStepper",
    "SampledStepper",
    "Stepper",
    "StrainStepper",
    "StressStepper",
    "Switches",
    "TailedStepper",
    "Ties",
    "log_normalizer",
    "log_radii",
    "nearest_to_strain",
    "rest_by_stress",
    "rest_near",
    "settle",
    "settle_under",
    "squares_of",
    "stream",
    "substreams",
    "wander",
    "warm_up",
]
