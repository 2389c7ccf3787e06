"""Networks that place points: models, losses of mini-batches, and the stepper that trains them.

This room imports torch, which takes a second: others import it when a network is asked for, and
nothing on the way of ``TSNE`` and ``UMAP`` does.
"""

from nbembed.networks.activations import features
from nbembed.networks.devices import pick_device, pinned_torch, seeded_torch
from nbembed.networks.exporting import export_onnx, run_onnx
from nbembed.networks.layers import NORMALIZATIONS, dense
from nbembed.networks.losses import cross_entropy, info_nce, kl, nce, neg_tsne
from nbembed.networks.models import CNN, FCNN, Autoencoder, Network, make_network, model_a, model_b
from nbembed.networks.placing import place, quick, ready, weights_of, with_weights
from nbembed.networks.plan import Plan
from nbembed.networks.points import Points
from nbembed.networks.program import layers_of
from nbembed.networks.rows import Rows, Standardization
from nbembed.networks.sampling import EdgeBatches
from nbembed.networks.stepper import NetworkStepper
from nbembed.networks.terms import make_head, make_heads, make_terms, read_head
from nbembed.networks.writing import written

__all__ = [
    "CNN",
    "FCNN",
    "NORMALIZATIONS",
    "Autoencoder",
    "EdgeBatches",
    "Network",
    "NetworkStepper",
    "Plan",
    "Points",
    "Rows",
    "Standardization",
    "cross_entropy",
    "dense",
    "export_onnx",
    "features",
    "info_nce",
    "kl",
    "layers_of",
    "make_head",
    "make_heads",
    "make_network",
    "make_terms",
    "model_a",
    "model_b",
    "nce",
    "neg_tsne",
    "pick_device",
    "pinned_torch",
    "place",
    "quick",
    "read_head",
    "ready",
    "run_onnx",
    "seeded_torch",
    "weights_of",
    "with_weights",
    "written",
]
