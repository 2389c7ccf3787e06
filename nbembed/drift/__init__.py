"""Drift: whether new rows still belong on an existing map.

A :class:`Monitor` places batches of new rows on a fitted map and compares each batch with what rows
of the same source do there.

Examples
--------
>>> import nbembed as nb
>>> X, y = nb.datasets.digits()
>>> umap = nb.UMAP(n_epochs=50, random_state=0).fit(X[:1000])
>>> monitor = nb.drift.Monitor(umap, X[:1000], labels=y[:1000])
>>> monitor.update(X[1000:1100], y[1000:1100]).n_rows
100
>>> monitor.update(16 - X[1100:1200]).drifted
True
"""

from nbembed.drift.batch import Batch
from nbembed.drift.monitor import Monitor

__all__ = ["Batch", "Monitor"]
