"""Clusters of a map as people read them."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.clustering.evidence import Agreement, Support
from nbembed.clustering.methods import CHOSEN, NOISE, TITLES
from nbembed.columns import Column

__all__ = ["Clustering", "unsupported"]

MAX_NAMED, MAX_SIZES = 5, 10
CAUTION = (
    "Clusters of a map may be made by the map: sizes, densities and gaps are not to scale, and t-SNE and UMAP can "
    "tear continuous data apart."
)


@dataclass(frozen=True, eq=False, repr=False)
class Clustering:
    """Clusters of a map; as an array it is its labels.

    Attributes
    ----------
    labels : ndarray of int64, shape (n_samples,)
        The cluster of every point, 0 the largest; -1 for noise. Read-only.
    method : str
        ``"kmeans"``, ``"dbscan"``, ``"hdbscan"`` or ``"gaussian"``.
    parameters : dict
        What scikit-learn was given, and under ``"chosen"`` how it was chosen where nobody said.
    silhouette : float
        Mean silhouette in the map (Rousseeuw 1987), -1 to 1, without the noise; NaN for less than two clusters.
    agreement : Agreement or None
        With the labels that were given.
    support : Support or None
        The same clusters in the data, where the data were given.
    """

    labels: NDArray[np.int64]
    method: str
    parameters: Mapping[str, Any]
    silhouette: float
    agreement: Agreement | None = None
    support: Support | None = None

    def __post_init__(self) -> None:
        self.labels.setflags(write=False)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Points of each cluster, the largest first."""
        return np.bincount(self.labels[self.labels != NOISE])

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(self.sizes)

    @property
    def n_noise(self) -> int:
        """Number of points in no cluster."""
        return int((self.labels == NOISE).sum())

    @property
    def names(self) -> NDArray[Any]:
        """The cluster of every point as text, None for noise: as colours, noise is grey."""
        found = [f"cluster {i}" for i in range(self.n_clusters)]
        return np.array([*found, None], dtype=object)[self.labels]

    @property
    def scores(self) -> dict[str, float]:
        """All numbers by name, for tables and for :func:`nbembed.benchmark`.

        ``n_clusters``, ``noise`` (share of the points), ``silhouette``; with labels ``nmi``,
        ``v_measure`` and ``ari``; with data ``data_silhouette`` and ``data_purity``.
        """
        found: dict[str, float] = {
            "n_clusters": self.n_clusters,
            "noise": self.n_noise / len(self),
            "silhouette": self.silhouette,
        }
        if self.agreement is not None:
            found |= asdict(self.agreement)
        if self.support is not None:
            found |= {
                "data_silhouette": self.support.silhouette,
                "data_purity": self.support.purity,
            }
        return found

    def as_column(self) -> Column:
        """Return the clusters as colours: ``w.color(by=clustering)`` calls this.

        The names are in the order of the sizes, noise is missing (grey), and the legend says that
        these are clusters of the map.
        """
        order = tuple(f"cluster {i}" for i in range(self.n_clusters))
        return Column(f"{TITLES[self.method]} of the map", self.names, order)

    @property
    def warning(self) -> str:
        """What has to be said with these clusters."""
        if self.support is None:
            return f"{CAUTION} Pass X to have these measured in the data."
        if not self.n_clusters:
            return CAUTION
        if self.support.unsupported:
            return f"{CAUTION} {unsupported(self.support, self.n_clusters)}"
        return (
            f"{CAUTION} These have their neighbours in the data too, which does not show that there are gaps in the "
            "data: a cut through continuous data keeps its neighbours as well."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        return np.array(self.labels, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        lines = _lines(self)
        width = max(len(name) for name, _ in lines)
        return "\n".join([_title(self), *(f"{n:<{width}}  {v}" for n, v in lines), self.warning])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th scope='row' style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(value)}</td></tr>"
            for name, value in _lines(self)
        )
        return (
            f"<div><table><caption>{escape(_title(self))}</caption><tbody>{rows}</tbody></table>"
            f"<p style='max-width:60em'>{escape(self.warning)}</p></div>"
        )


def unsupported(support: Support, n_clusters: int) -> str:
    """Return the sentence about clusters that the data do not have."""
    bad = support.unsupported
    if len(bad) == n_clusters:
        who = "any of the clusters" if n_clusters > 1 else "the cluster"
    else:
        listed = ", ".join(map(str, bad[:MAX_NAMED]))
        who = f"cluster{'s' if len(bad) > 1 else ''} {listed}" + (
            f" and {len(bad) - MAX_NAMED} more" if len(bad) > MAX_NAMED else ""
        )
    kept = support.kept[list(bad)]
    share = f"{max(0.0, kept.min()):.0%}" + (f" to {kept.max():.0%}" if len(bad) > 1 else "")
    return (
        f"The data do not support {who} of the map: beyond chance, {share} of the neighbours that the map puts into "
        "the same cluster are together in the data. Do not read them as groups of the data."
    )


def _title(found: Clustering) -> str:
    noise = f", {found.n_noise:,} points of noise" if found.n_noise else ""
    plural = "" if found.n_clusters == 1 else "s"
    return f"{TITLES[found.method]}: {found.n_clusters} cluster{plural} of {len(found):,} points{noise}"


def _lines(found: Clustering) -> list[tuple[str, str]]:
    """Return names and values of all that is known."""
    sizes = [f"{size:,}" for size in found.sizes.tolist()]
    more = ["…"] if len(sizes) > MAX_SIZES else []
    given = ", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
                      for k, v in found.parameters.items() if k != CHOSEN)  # fmt: skip
    lines = [("sizes", " ".join([*sizes[:MAX_SIZES], *more]) or "none"), ("parameters", given)]
    if CHOSEN in found.parameters:
        lines.append(("chosen", str(found.parameters[CHOSEN])))
    lines.append(("silhouette in the map (-1 to 1)", _shown(found.silhouette)))
    if found.support is not None:
        lines += _support_lines(found.support)
    if found.agreement is not None:
        agreement = found.agreement
        lines += [
            ("NMI with the labels (0 to 1)", _shown(agreement.nmi)),
            ("V-measure with the labels (0 to 1)", _shown(agreement.v_measure)),
            ("adjusted Rand index (0 chance, 1 same)", _shown(agreement.ari)),
        ]
    return lines


def _support_lines(support: Support) -> list[tuple[str, str]]:
    beside = f"{_shown(support.map_purity)} in the map, {_shown(support.chance)} by chance"
    return [
        ("silhouette in the data (-1 to 1)", _shown(support.silhouette)),
        ("neighbours in the same cluster, data", f"{_shown(support.purity)} ({beside})"),
    ]


def _shown(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{value:.3f}"
