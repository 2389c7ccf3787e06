"""Runs: from phases to frames. The only loop in the project stands in :mod:`nbembed.training.run`."""

from nbembed.training.frame import Event, Frame
from nbembed.training.history import Curve, History, StoredFrame, thinned
from nbembed.training.network_placement import NetworkReference
from nbembed.training.placement import Reference
from nbembed.training.recursions import LayerStatistics, Recursed
from nbembed.training.run import Run
from nbembed.training.steppers import live_parameters

__all__ = [
    "Curve",
    "Event",
    "Frame",
    "History",
    "LayerStatistics",
    "NetworkReference",
    "Recursed",
    "Reference",
    "Run",
    "StoredFrame",
    "live_parameters",
    "thinned",
]
