"""What goes on inside a method, as arrays: the numbers behind the pictures that teach."""

from nbembed.inspect.gdr_plates import GradientPlates, gradient_plates, pair_gradient
from nbembed.inspect.repulsion import RepulsionAngles, repulsion_angles

__all__ = [
    "GradientPlates",
    "RepulsionAngles",
    "gradient_plates",
    "pair_gradient",
    "repulsion_angles",
]
