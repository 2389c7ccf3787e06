"""The forces of t-SNE and UMAP on torch tensors: for graphics cards.

They do what :mod:`nbembed.forces` does on the processor, and give the same numbers up to rounding.
"""

from nbembed.tensor_forces.gradient import TensorGradientStepper
from nbembed.tensor_forces.sampled import TensorSampledStepper

__all__ = ["TensorGradientStepper", "TensorSampledStepper"]
