"""Runs: from phases to frames. The only loop in the project stands in :mod:`nbembed.training.run`."""

from nbembed.training.frame import Event, Frame
from nbembed.training.history import Curve, History, StoredFrame, thinned
from nbembed.training.kept import KeptRun
from nbembed.training.live import live_parameters
from nbembed.training.network_placement import NetworkReference
from nbembed.training.placement import Reference
from nbembed.training.recursions import LayerStatistics, Recursed, extent, sampled, scores
from nbembed.training.run import Run
from nbembed.training.stages import Stage, stages_of

__all__ = [
    "Curve",
    "Event",
    "Frame",
    "History",
    "KeptRun",
    "LayerStatistics",
    "NetworkReference",
    "Recursed",
    "Reference",
    "Run",
    "Stage",
    "StoredFrame",
    "extent",
    "live_parameters",
    "sampled",
    "scores",
    "stages_of",
    "thinned",
]
