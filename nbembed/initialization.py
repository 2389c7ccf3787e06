"""Where the points of an embedding start."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import serial_blas
from nbembed.neighbors import Graph

__all__ = ["pca", "principal_axes", "random", "scale_for_tsne", "scale_for_umap", "spectral"]

Points = NDArray[np.float32]

# Noise that tells equal points apart, as a share of the standard deviation of the first column.
JITTER = 1e-2
# Up to this many vertices a dense eigensolver is as fast, and cannot fail to converge.
DENSE_LIMIT = 600
# Sparse data of this few rows or columns are made dense: the sparse solver finds fewer components.
SPARSE_LIMIT = 32
# Largest accepted residual |Lv - lambda v| of an eigenvector of length 1.
RESIDUAL = 1e-2


def pca(X: Any, n_components: int, *, random_state: int) -> Points:
    """Return the first principal components, each with a fixed sign.

    Where there are fewer components than asked for, and where samples coincide, seeded noise
    of a hundredth of the first component's standard deviation takes their place.

    Parameters
    ----------
    X
        Samples, dense or sparse.
    n_components
        Columns of the result.
    random_state
        Seed of the randomised solver (used for wide data) and of the noise.

    Returns
    -------
    ndarray of float32, shape (n, n_components)
        In the units of ``X``.
    """
    n_found = max(1, min(n_components, *X.shape))
    axes, found = _principal(_centred(X), n_found, random_state)
    found = found * _signs(axes)
    padded = np.zeros((found.shape[0], n_components))
    padded[:, :n_found] = found
    return _distinct(padded, np.random.default_rng(random_state))


def principal_axes(
    X: Points, n_components: int, *, random_state: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of samples, and the directions in which they vary most, each with a fixed sign.

    Parameters
    ----------
    X
        Samples, dense.
    n_components
        Number of directions; at most as many as there are samples or columns.
    random_state
        Seed of the randomised solver (used for wide data).

    Returns
    -------
    ndarray of float64, shape (n_features,); ndarray of float64, shape (n_components, n_features)
    """
    n_found = max(1, min(n_components, *X.shape))
    axes, _ = _principal(_centred(X), n_found, random_state)
    mean = X.mean(axis=0, dtype=np.float64)
    return mean, axes.astype(np.float64) * _signs(axes)[:, None]


def _principal(samples: Any, n_found: int, random_state: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the principal axes of centred samples, and the samples along them."""
    from sklearn.decomposition import PCA

    solver = "arpack" if sparse.issparse(samples) else "auto"
    with serial_blas(), warnings.catch_warnings():
        # Constant data have no variance to divide by.
        warnings.simplefilter("ignore", RuntimeWarning)
        model = PCA(n_found, svd_solver=solver, random_state=random_state)
        found = model.fit_transform(samples)
    return np.asarray(model.components_), found


def _signs(axes: NDArray[Any]) -> NDArray[np.float64]:
    """Return what makes the largest number of each axis one above 0."""
    largest = np.abs(axes).argmax(axis=1)
    return np.where(axes[np.arange(len(axes)), largest] < 0, -1.0, 1.0)


def spectral(graph: Graph, n_components: int, *, X: Any, random_state: int) -> Points:
    r"""Return the eigenvectors of the graph's normalised Laplacian that vary most slowly.

    They are those of :math:`D^{-1/2} W D^{-1/2}` with the largest eigenvalues but the first.
    The parts of a disconnected graph are laid out one by one, each around the position that PCA
    gives to the mean of its samples.

    Parameters
    ----------
    graph
        Symmetric affinities.
    n_components
        Columns of the result.
    X
        Samples, for the position of parts and in case that no eigenvectors are found. ``None``
        (distances only) puts parts at random positions.
    random_state
        Seed of the solver's first vector and of noise.

    Returns
    -------
    ndarray of float32, shape (n, n_components)

    Warns
    -----
    RuntimeWarning
        When the eigensolver fails and PCA takes its place.

    References
    ----------
    Belkin & Niyogi (2003), Neural Computation 15, sec. 2.
    """
    rng = np.random.default_rng(random_state)
    weights: Any = graph.to_scipy().astype(np.float64)
    n_parts, part = sparse.csgraph.connected_components(weights, directed=False)
    if n_parts == 1:
        found = _eigenvectors(weights, n_components, rng)
        if found is None:
            return _instead(X, graph.n, n_components, random_state)
        return _distinct(found, rng)
    centres = _centres(X, part, n_parts, n_components, random_state)
    room = _room(centres)
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(n_parts + 1))
    layout = np.empty((graph.n, n_components))
    for number in range(n_parts):
        members = order[starts[number] : starts[number + 1]]
        inside = None
        if len(members) > 2 * n_components + 1:
            inside = _eigenvectors(weights[members][:, members], n_components, rng)
        if inside is None:
            inside = rng.uniform(-1.0, 1.0, (len(members), n_components))
        inside = inside - inside.mean(axis=0)
        inside *= room[number] / (np.abs(inside).max() or 1.0)
        layout[members] = centres[number] + inside
    return _distinct(layout, rng)


def random(n: int, n_components: int, *, random_state: int) -> Points:
    """Return ``n`` points of a standard normal distribution."""
    return np.random.default_rng(random_state).standard_normal((n, n_components), dtype=np.float32)


def scale_for_tsne(embedding: NDArray[Any]) -> Points:
    """Scale to a standard deviation of 1e-4 in the first column, as t-SNE starts.

    References
    ----------
    Kobak & Berens (2019), Nature Communications 10, 5416, methods.
    """
    centred = embedding - embedding.mean(axis=0, dtype=np.float64)
    return np.ascontiguousarray(centred * (1e-4 / _spread(centred)), dtype=np.float32)


def scale_for_umap(embedding: NDArray[Any], *, random_state: int) -> Points:
    """Scale to [0, 10] in every column, with noise of 1e-4, as umap-learn starts."""
    rng = np.random.default_rng(random_state)
    largest = float(np.abs(embedding).max()) or 1.0
    expanded = embedding * (10.0 / largest) + rng.normal(scale=1e-4, size=embedding.shape)
    lowest = expanded.min(axis=0)
    extent = expanded.max(axis=0) - lowest
    scaled = 10.0 * (expanded - lowest) / np.where(extent > 0, extent, 1.0)
    return np.ascontiguousarray(scaled, dtype=np.float32)


def _centred(X: Any) -> Any:
    """Subtract the mean in float64, so that an offset of the data costs no digits.

    Sparse data stay as they are (the solver centres them), unless they have too few columns for it.
    """
    if sparse.issparse(X) and min(X.shape) > SPARSE_LIMIT:
        return sparse.csr_matrix(X)
    dense: Any = np.asarray(X.toarray() if sparse.issparse(X) else X)
    dtype = np.float64 if dense.dtype == np.float64 else np.float32
    mean = dense.mean(axis=0, dtype=np.float64)
    return np.subtract(dense, mean, dtype=dtype, casting="same_kind")


def _spread(embedding: NDArray[Any]) -> float:
    """Return the standard deviation of the first column that has one, or 1."""
    spreads = embedding.std(axis=0, dtype=np.float64)
    return float(spreads[spreads > 0][0]) if (spreads > 0).any() else 1.0


def _distinct(embedding: NDArray[np.float64], rng: np.random.Generator) -> Points:
    """Add noise to columns without variance and to points that coincide with another."""
    scale = JITTER * _spread(embedding)
    noise = rng.normal(scale=scale, size=embedding.shape)
    flat = embedding.std(axis=0) < 1e-6 * scale
    embedding = np.where(flat, noise, embedding)
    as_stored = embedding.astype(np.float32)
    _, first = np.unique(as_stored, axis=0, return_index=True)
    double = np.ones(len(embedding), dtype=bool)
    double[first] = False
    return np.ascontiguousarray(np.where(double[:, None], embedding + noise, as_stored), np.float32)


def _eigenvectors(
    weights: Any, n_components: int, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Return the leading eigenvectors but the first of the normalised graph, if found."""
    n = weights.shape[0]
    n_vectors = n_components + 1
    degree = np.asarray(weights.sum(axis=1)).ravel()
    root = np.sqrt(np.where(degree > 0, degree, 1.0))
    inverse = sparse.diags(1.0 / root)
    normalised: Any = (inverse @ weights @ inverse).tocsr()
    with serial_blas():
        if n <= max(DENSE_LIMIT, 2 * n_vectors):
            vectors = np.linalg.eigh(normalised.toarray())[1][:, ::-1][:, :n_vectors]
        else:
            vectors = _iterated(normalised, root, n_vectors, rng)
    if vectors is None:
        return None
    found = vectors[:, 1:]
    found = found * np.where(found[np.abs(found).argmax(axis=0), range(found.shape[1])] < 0, -1, 1)
    missing = n_components - found.shape[1]
    return np.pad(found, ((0, 0), (0, missing))) if missing > 0 else found


def _iterated(
    normalised: Any, root: NDArray[Any], n_vectors: int, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """Try Lanczos, then LOBPCG; return the vectors whose residual is small, or nothing."""
    from scipy.sparse.linalg import ArpackError, eigsh, lobpcg

    n = normalised.shape[0]
    tries = rng.normal(size=(n, n_vectors + 2))
    # The first eigenvector is known: the square root of the degrees.
    tries[:, 0] = root
    try:
        size = min(n, max(2 * n_vectors + 1, 30))
        options: dict[str, Any] = {"ncv": size, "tol": 1e-4, "maxiter": 20 * n}
        values, vectors = eigsh(normalised, n_vectors, which="LA", v0=tries[:, 1], **options)
        vectors = vectors[:, np.argsort(-values)]
        if _residual(normalised, vectors) < RESIDUAL:
            return vectors
    except ArpackError:
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        values, vectors = lobpcg(normalised, tries, largest=True, tol=1e-4, maxiter=300)
    vectors = vectors[:, np.argsort(-values)][:, :n_vectors]
    return vectors if _residual(normalised, vectors) < RESIDUAL else None


def _residual(matrix: Any, vectors: NDArray[Any]) -> float:
    product = matrix @ vectors
    values = np.einsum("ij,ij->j", vectors, product)
    return float(np.linalg.norm(product - vectors * values, axis=0).max())


def _instead(X: Any, n: int, n_components: int, random_state: int) -> Points:
    where = "random positions" if X is None else "PCA"
    warnings.warn(
        f"no eigenvectors of the neighbour graph were found; the embedding starts from {where}",
        RuntimeWarning,
        stacklevel=3,
    )
    if X is None:
        return random(n, n_components, random_state=random_state)
    return pca(X, n_components, random_state=random_state)


def _centres(
    X: Any, part: NDArray[Any], n_parts: int, n_components: int, random_state: int
) -> NDArray[np.float64]:
    """Return the mean position of each part under PCA, scaled to a spread of 1."""
    if X is None:
        return random(n_parts, n_components, random_state=random_state).astype(np.float64)
    positions = pca(X, n_components, random_state=random_state).astype(np.float64)
    sizes = np.bincount(part, minlength=n_parts)
    columns = [np.bincount(part, column, minlength=n_parts) / sizes for column in positions.T]
    centres = np.stack(columns, axis=1)
    return centres / _spread(centres)


def _room(centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return half the distance of each centre to the next one, at least a hundredth."""
    from scipy.spatial import KDTree

    distances, _ = KDTree(centres).query(centres, k=2)
    return np.maximum(0.5 * distances[:, 1], JITTER)
