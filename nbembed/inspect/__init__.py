"""The internals of neighbour embeddings as arrays: what happens to one point, and why.

Every function takes data (and a map) and returns a frozen dataclass; nothing here draws. Up to 500
rows all pairs are looked at; of more, a fixed sample, which the result names as ``rows``.
:mod:`nbembed.inspect.plates` turns each internal into what a view draws, beside the lines of NumPy that
compute the same.
"""

from nbembed.inspect import plates
from nbembed.inspect.bandwidth import bandwidth, bandwidths
from nbembed.inspect.curves import crowding, kernels
from nbembed.inspect.distances import concentration, distances
from nbembed.inspect.functions import boundary, function_view, inverse_grid
from nbembed.inspect.fuzzy import memberships
from nbembed.inspect.gradients import pair_gradients
from nbembed.inspect.guided import attributes, supervised
from nbembed.inspect.kept import kept
from nbembed.inspect.layers import layer_affinities
from nbembed.inspect.levers import normalization, switchboard
from nbembed.inspect.losses import loss_curve, point_losses
from nbembed.inspect.null import null_twin
from nbembed.inspect.pulls import field, forces
from nbembed.inspect.repulsion import repulsions
from nbembed.inspect.runs import exaggeration, learning_rates, starts
from nbembed.inspect.shepard import shepard
from nbembed.inspect.signals import run_state, scale_note, signals, stability_chip
from nbembed.inspect.sweeps import perplexity_sweep, stability
from nbembed.inspect.symmetry import symmetrization
from nbembed.inspect.trained import global_weights, umap_losses

__all__ = [
    "attributes",
    "bandwidth",
    "bandwidths",
    "boundary",
    "concentration",
    "crowding",
    "distances",
    "exaggeration",
    "field",
    "forces",
    "function_view",
    "global_weights",
    "inverse_grid",
    "kept",
    "kernels",
    "layer_affinities",
    "learning_rates",
    "loss_curve",
    "memberships",
    "normalization",
    "null_twin",
    "pair_gradients",
    "perplexity_sweep",
    "plates",
    "point_losses",
    "repulsions",
    "run_state",
    "scale_note",
    "shepard",
    "signals",
    "stability",
    "stability_chip",
    "starts",
    "supervised",
    "switchboard",
    "symmetrization",
    "umap_losses",
]
