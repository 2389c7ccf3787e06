"""Runs: from phases to frames. The only loop in the project stands in :mod:`nbembed.training.run`."""

from nbembed.training.frame import Frame
from nbembed.training.history import Curve, History, StoredFrame, thinned
from nbembed.training.network_placement import NetworkReference
from nbembed.training.placement import Reference
from nbembed.training.run import Event, Run
from nbembed.training.steppers import live_parameters

__all__ = [
    "Curve",
    "Event",
    "Frame",
    "History",
    "NetworkReference",
    "Reference",
    "Run",
    "StoredFrame",
    "live_parameters",
    "thinned",
]
