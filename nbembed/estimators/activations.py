"""What a layer of any trained network makes of samples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.estimators.parametric import ParametricEmbedder

__all__ = ["features"]


def features(model: Any, layer: str, X: Any) -> NDArray[np.float32]:
    """Return what one part of a trained network makes of each sample: activations, ready to be embedded.

    The network is evaluated where it is, block by block, and left as it was.

    Parameters
    ----------
    model
        Any ``torch.nn.Module``, a classifier say, or a fitted parametric estimator.
    layer
        Name of the part as in ``dict(model.named_modules())``, for example ``"layer4"`` or ``"hidden3"``.
    X
        Samples as ``model`` takes them: an array, a memory map or a tensor of shape (n_samples, …). A fitted
        estimator takes data with the columns and units of its fit.

    Returns
    -------
    ndarray of float32, shape (n_samples, width)
        Pictures and sequences are flattened.

    Raises
    ------
    InvalidInputError
        If there is no such part; the message names the nearest.
    InvalidTypeError
        If ``model`` is no network.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> classifier = nb.networks.FCNN(4, 3, hidden=(16,))
    >>> nb.features(classifier, "hidden1", X).shape
    (150, 16)
    """
    if isinstance(model, ParametricEmbedder):
        return model.features(X, layer)
    from nbembed import networks

    with networks.pinned_torch(1):
        return networks.features(model, X, layer)
