"""What lies between t-SNE and UMAP: the normalisation as a lever, and each difference as a switch."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed import affinities
from nbembed.forces import Switches, log_normalizer
from nbembed.inspect.near import Floats, joint
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import exact_forces, in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.kernels import fit_ab, student_t
from nbembed.neighbors import Graph, nearest_neighbors

__all__ = ["FLIPS", "INTERNALS", "Normalization", "Switchboard", "normalization", "switchboard"]

PLACES = 17
# The switches that act on the forces at a given map. The start and the amplified steps act on the way
# through a run only.
FLIPS = (
    "normalization", "pseudo_distance", "symmetrization", "symmetric_attraction", "scalars", "loss",
)  # fmt: skip

LEVER = """gap = Y[:, None] - Y
w = 1 / (1 + (gap ** 2).sum(axis=2))
np.fill_diagonal(w, 0)
result = []
for z in m * Zbar / len(Y) ** 2:   # the noise level of negative sampling
    pull = ((P * z / (w + z) * w)[:, :, None] * gap).sum(axis=1)
    push = ((m / len(Y) ** 2 * w / (w + z) * w)[:, :, None] * gap).sum(axis=1)
    result.append([np.sqrt((f ** 2).sum(axis=1)).sum() for f in (pull, push)])
result = np.array(result)"""

BOARD = """gap, F = Y[:, None] - Y, []
d2 = (gap ** 2).sum(axis=2) + np.eye(len(Y))
for P, a, b, normalized, twice, frobenius in flips:
    w = 1 / (1 + a * d2 ** b) * (1 - np.eye(len(Y)))
    q = w / w.sum() if normalized else w
    S = ((P - q) * q).sum() if normalized else 0
    rest = 2 * (q + S) * w if frobenius else q if normalized else (1 - P) * w / (1 - w)
    c = twice * P * (2 * w if frobenius else 1) - rest
    F.append(((c * a * b * d2 ** (b - 1) / (1 + a * d2 ** b))[:, :, None] * gap).sum(axis=1))
result = np.array([(f * F[0]).sum() / np.sqrt((f * f).sum() * (F[0] ** 2).sum()) for f in F[1:]])"""


@dataclass(frozen=True, eq=False)
class Normalization:
    r"""Attraction and repulsion as the lever goes from t-SNE to UMAP; what :func:`normalization` returns.

    Attributes
    ----------
    rows : Rows
    spectrum : ndarray, shape (17,)
        0 is t-SNE's end, 1 UMAP's.
    normalizers : ndarray, shape (17,)
        The :math:`\bar Z` that negative sampling assumes there.
    Z : float
        The sum of all kernels of this map: what t-SNE divides by.
    attraction, repulsion : ndarray, shape (17,)
        Summed lengths of both forces over all points, per unit of affinity.
    n_negatives : int
    P, Y : ndarray
    """

    rows: Rows
    spectrum: Floats
    normalizers: Floats
    Z: float
    attraction: Floats
    repulsion: Floats
    n_negatives: int
    P: Floats
    Y: Floats


@dataclass(frozen=True, eq=False)
class Switchboard:
    """What each switch does to the forces at one map; what :func:`switchboard` returns.

    Attributes
    ----------
    rows : Rows
    preset : str
    names : tuple of str
        The switches, as in FLIPS.
    cosines : ndarray, shape (6,)
        Cosine between the net forces of all points with the preset and with the switch flipped: 1 leaves
        every direction as it is.
    ratios : ndarray, shape (7,)
        Attraction over repulsion, summed lengths: of the preset, then of each flip.
    flips : list of tuple
        Preset and flips as (P, a, b, normalised, factor of the attraction, whether Frobenius).
    Y : ndarray, shape (m, 2)
    """

    rows: Rows
    preset: str
    names: tuple[str, ...]
    cosines: Floats
    ratios: Floats
    flips: list[tuple[Floats, float, float, bool, float, bool]]
    Y: Floats


def normalization(
    X: Any, Y: Any, *, perplexity: float = 30.0, n_negatives: int = 5
) -> Normalization:
    r"""Return attraction and repulsion at a map for every place of the lever between t-SNE and UMAP.

    Negative sampling with the noise level :math:`z = m \bar Z/n^2` attracts with
    :math:`p\,z/(w + z)` and repels with :math:`\frac{m}{n^2} w/(w + z)`, each times
    :math:`w (y_i - y_j)`, in expectation. At :math:`\bar Z = Z` it estimates t-SNE, at
    :math:`\bar Z = n^2/m` it is UMAP's.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    n_negatives
        Negative samples m of each edge.

    References
    ----------
    Damrich, Böhm, Hamprecht & Kobak (2023), ICLR, sec. 3 and 5.
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    _, P = joint(points, perplexity)
    n = len(points)
    gap = places[:, None] - places
    w = student_t((gap**2).sum(axis=2))
    np.fill_diagonal(w, 0.0)
    spectrum = np.linspace(0.0, 1.0, PLACES)
    normalizers = np.exp([log_normalizer(n, n_negatives, float(s)) for s in spectrum])
    sums: list[tuple[float, float]] = []
    for z in n_negatives * normalizers / n**2:
        pull = np.einsum("ij,ijd->id", P * w * (z / (w + z)), gap)
        push = np.einsum("ij,ijd->id", w * w / (w + z), gap) * (n_negatives / n**2)
        sums.append(
            (float(np.linalg.norm(pull, axis=1).sum()), float(np.linalg.norm(push, axis=1).sum()))
        )
    attraction, repulsion = np.array(sums).T
    return Normalization(
        rows, spectrum, normalizers, float(w.sum()), attraction, repulsion, n_negatives, P, places
    )


def switchboard(X: Any, Y: Any, *, preset: str = "tsne", n_neighbors: int = 15) -> Switchboard:
    """Return how much every switch of GDR, flipped alone, turns the forces at a map.

    Parameters
    ----------
    X, Y
        As for :func:`normalization`.
    preset
        "tsne" or "umap": what the switches are at before one is flipped. Both have memberships for
        affinities here, so that a switch is the only difference.
    n_neighbors
        Size of the neighbourhood, the row itself counted.

    References
    ----------
    Draganov et al., GDR, Table 2.
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    near = nearest_neighbors(points, n_neighbors=n_neighbors - 1, method="exact")
    is_tsne = preset == "tsne"
    base: dict[str, Any] = {
        "normalization": is_tsne, "pseudo_distance": not is_tsne,
        "symmetrization": "mean" if is_tsne else "union", "symmetric_attraction": not is_tsne,
        "scalars": (1.0, 1.0) if is_tsne else fit_ab(0.1, 1.0), "loss": "kl",
    }  # fmt: skip
    other: dict[str, Any] = {
        "normalization": not is_tsne, "pseudo_distance": is_tsne,
        "symmetrization": "union" if is_tsne else "mean", "symmetric_attraction": is_tsne,
        "scalars": fit_ab(0.1, 1.0) if is_tsne else (1.0, 1.0), "loss": "frobenius",
    }  # fmt: skip
    flips, nets, ratios = [], [], []
    for name in ("", *FLIPS):
        chosen_now = base | ({name: other[name]} if name else {})
        graph = affinities.joint(
            near,
            pseudo_distance=chosen_now["pseudo_distance"],
            symmetrization=chosen_now["symmetrization"],
            normalized=chosen_now["normalization"],
        )
        flip, pull, push = _forces(graph, places, chosen_now)
        flips.append(flip)
        nets.append(pull - push)
        ratios.append(
            float(np.linalg.norm(pull, axis=1).sum() / np.linalg.norm(push, axis=1).sum())
        )
    cosines = [
        float((f * nets[0]).sum() / np.sqrt((f * f).sum() * (nets[0] ** 2).sum())) for f in nets[1:]
    ]
    return Switchboard(rows, preset, FLIPS, np.array(cosines), np.array(ratios), flips, places)


def _forces(graph: Graph, places: Floats, now: dict[str, Any]) -> tuple[Any, Floats, Floats]:
    """Return the numbers of a setting, its attraction and its repulsion."""
    a, b = now["scalars"]
    normalized, frobenius = bool(now["normalization"]), now["loss"] == "frobenius"
    switches = Switches(
        divergence=now["loss"],
        normalized=normalized,
        repulsion="exact",
        symmetric_attraction=bool(now["symmetric_attraction"]),
        softening=0.0,
    )
    pull, push = exact_forces(graph, places, switches, a=a, b=b).forces()
    P = np.asarray(graph.to_scipy().toarray(), dtype=np.float64)
    twice = 2.0 if switches.symmetric_attraction else 1.0
    return (P, a, b, normalized, twice, frobenius), pull, push


def plate_of_lever(scene: Scene) -> Plate:
    """Draw both forces along the lever, and where t-SNE's own sum is."""
    u, m = float(scene.get("perplexity", 30.0)), int(scene.get("n_negatives", 5))
    found = normalization(scene.X, scene.need("embedding"), perplexity=u, n_negatives=m)
    ratio = found.attraction / found.repulsion
    here = float(np.interp(np.log(found.Z), np.log(found.normalizers), found.spectrum))
    return Plate(
        name="normalization",
        title="Normalised or not: the lever between t-SNE and UMAP",
        panels=(
            Panel("chart", "Forces at this map", "0 t-SNE … 1 UMAP", "summed length", y_scale="log",
                  series=(Series("attraction", found.spectrum, found.attraction),
                          Series("repulsion", found.spectrum, found.repulsion))),
            Panel("chart", "Attraction over repulsion", "0 t-SNE … 1 UMAP", "ratio", y_scale="log",
                  series=(Series("ratio", found.spectrum, ratio),
                          Series("Z of this map", np.array([here]), np.array([np.interp(here, found.spectrum, ratio)]),
                                 "points"))),
        ),
        text=f"Z of this map is {found.Z:.4g}; the lever assumes {found.normalizers[0]:.4g} at t-SNE's end and "
        f"{found.normalizers[-1]:.4g} at UMAP's. Attraction over repulsion goes from {ratio[0]:.3g} to "
        f"{ratio[-1]:.3g}: at the "
        "same map UMAP's end pulls together.",
        snippet=LEVER,
        inputs={"Y": found.Y, "P": found.P, "m": m, "Zbar": found.normalizers},
        result=np.column_stack([found.attraction, found.repulsion]),
        controls=(Control("n_negatives", "Negative samples", "slider", m, low=1, high=50, step=1),),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_board(scene: Scene) -> Plate:
    """List what each switch, flipped alone, does to the forces."""
    preset = scene.get("preset", "tsne")
    found = switchboard(scene.X, scene.need("embedding"), preset=preset)
    table = {
        "switch": [preset, *(each.replace("_", " ") for each in found.names)],
        "cosine with the preset": [1.0, *found.cosines.round(4).tolist()],
        "attraction / repulsion": [float(f"{each:.4g}") for each in found.ratios],
    }
    x = np.arange(1.0, len(found.names) + 1)
    most = found.names[int(found.cosines.argmin())].replace("_", " ")
    return Plate(
        name="switchboard",
        title="Every difference between t-SNE and UMAP as a switch",
        panels=(
            Panel("table", "One switch at a time", table=table),
            Panel("chart", "How far a switch turns the forces", "switch", "cosine",
                  series=(Series(" · ".join(found.names).replace("_", " "), x, found.cosines, "bars"),)),
        ),
        text=f"At this map, starting from {preset}, the switch that turns the forces most is the {most} (cosine "
        f"{found.cosines.min():.3f}). Forces at one map are not yet maps: measure those over seeds.",
        snippet=BOARD,
        inputs={"Y": found.Y, "flips": found.flips},
        result=found.cosines,
        controls=(Control("preset", "Start from", "choice", preset, choices=("tsne", "umap")),),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal(
        "normalization", "The lever between t-SNE and UMAP", 16, plate_of_lever, frozenset({"map"})
    ),
    Internal("switchboard", "Every difference as a switch", 17, plate_of_board, frozenset({"map"})),
)
