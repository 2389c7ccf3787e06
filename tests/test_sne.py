"""SNE, symmetric SNE and LargeVis against closed forms and finite differences."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import nbembed as nb
from nbembed.affinities import joint
from nbembed.errors import InvalidInputError
from nbembed.forces import KernelStepper, RowwiseStepper
from nbembed.kernels import kernel_named
from nbembed.neighbors import nearest_neighbors

RATES = {"learning_rate": 10.0, "momentum": 0.5, "exaggeration": 1.0}


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(60, 5)) + 6 * np.repeat(np.eye(5)[:3], 20, axis=0)).astype(np.float32)


def affinities_of(rows, *, symmetric):
    return joint(
        nearest_neighbors(rows, n_neighbors=18),
        rows="perplexity",
        perplexity=6.0,
        pseudo_distance=False,
        symmetrization="mean" if symmetric else "none",
        normalized=symmetric,
    )


def stepper_of(rows, Y, *, symmetric):
    kind = KernelStepper if symmetric else RowwiseStepper
    kernel = kernel_named("gaussian")
    return kind(affinities_of(rows, symmetric=symmetric), Y, kernel=kernel, **RATES)


def divergence(P, Y, *, symmetric):
    """The divergence in plain numpy."""
    squared = ((Y[:, None] - Y[None]) ** 2).sum(axis=-1)
    w = np.exp(-squared)
    np.fill_diagonal(w, 0.0)
    Q = w / (w.sum() if symmetric else w.sum(axis=1, keepdims=True))
    there = P > 0
    found = float((P[there] * np.log(P[there] / Q[there])).sum())
    return found if symmetric else found / len(P)


@pytest.mark.parametrize("symmetric", [True, False])
def test_forces_are_the_gradient_and_the_loss_is_the_divergence(blobs, symmetric):
    Y = np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32)
    ours = stepper_of(blobs, Y, symmetric=symmetric)
    P = affinities_of(blobs, symmetric=symmetric).to_scipy().toarray().astype(np.float64)
    assert ours.losses()["kl"] == pytest.approx(divergence(P, Y, symmetric=symmetric), rel=1e-5)
    attraction, repulsion = ours.forces()
    for i, d in [(0, 0), (31, 1), (59, 0)]:
        moved = np.repeat(Y.astype(np.float64)[None], 2, axis=0)
        moved[0, i, d] += 1e-5
        moved[1, i, d] -= 1e-5
        up, down = (divergence(P, Z, symmetric=symmetric) for Z in moved)
        gradient = 4 * (attraction[i, d] - repulsion[i, d])
        assert gradient == pytest.approx((up - down) / 2e-5, rel=5e-4, abs=1e-7)


@pytest.mark.parametrize("symmetric", [True, False])
def test_fits_keep_neighbours_and_branch_bit_by_bit(blobs, symmetric, tmp_path):
    estimator = nb.SNE(
        perplexity=6, n_iter=150, early_exaggeration_iter=50, symmetric=symmetric, random_state=0
    )
    run = estimator.run(blobs)
    next(frame for frame in run if frame.step == 70)
    branch = run.branch(45)
    for each in (run, branch):
        for _ in each:
            pass
    np.testing.assert_array_equal(run.embedding, branch.embedding)
    losses = run.history.curves["kl"].values
    assert losses[-1] < 0.7 * losses[0]
    assert trustworthiness(blobs, run.embedding, n_neighbors=7) > trustworthiness(
        blobs, PCA(2).fit_transform(blobs), n_neighbors=7
    )
    estimator.keep(run)
    estimator.save(tmp_path / "sne")
    new = blobs[:3] + 0.01
    placed = estimator.transform(new)
    np.testing.assert_array_equal(nb.load(tmp_path / "sne").transform(new), placed)
    np.testing.assert_array_equal(estimator.transform(new[1:2])[0], placed[1])
    assert np.abs(placed - run.embedding[:20].mean(axis=0)).max() < 0.5 * np.ptp(run.embedding)


def test_the_two_and_tsne_differ(blobs):
    maps = [
        nb.SNE(perplexity=6, n_iter=20, symmetric=s, random_state=0).fit_transform(blobs)
        for s in (True, False)
    ]
    maps.append(nb.TSNE(perplexity=6, n_iter=20, random_state=0).fit_transform(blobs))
    for one, other in [(0, 1), (0, 2), (1, 2)]:
        assert not np.allclose(maps[one], maps[other], atol=1e-3)


def test_tsne_makes_more_room_between_groups(blobs):
    def crowding(Y):
        own = np.linalg.norm(Y[:20] - Y[:20].mean(axis=0), axis=1).mean()
        return own / np.linalg.norm(Y[:20].mean(axis=0) - Y[20:40].mean(axis=0))

    sne = nb.SNE(perplexity=6, symmetric=True, random_state=0).fit_transform(blobs)
    tsne = nb.TSNE(perplexity=6, random_state=0).fit_transform(blobs)
    assert crowding(tsne) < crowding(sne)


def test_largevis_minimises_its_loss_and_keeps_neighbours(blobs):
    run = nb.LargeVis(perplexity=6, n_epochs=300, random_state=0).run(blobs)
    for _ in run:
        pass
    found, Y = run.losses, run.embedding.astype(np.float64)
    P = run.graph.to_scipy().toarray().astype(np.float64)
    squared = ((Y[:, None] - Y[None]) ** 2).sum(axis=-1)
    degrees, off = P.sum(axis=1), ~np.eye(60, dtype=bool)
    attraction = (P * np.log1p(squared)).sum() / P.sum()
    far = np.where(off, np.log1p(1.0 / np.where(off, squared, 1.0)), 0.0)
    repulsion = 5 * (degrees[:, None] / 60 * far).sum() / P.sum()
    assert found["attraction"] == pytest.approx(attraction, rel=1e-4)
    assert found["repulsion"] == pytest.approx(repulsion, rel=1e-4)
    curves = run.history.curves
    totals = [
        near + 7 * away
        for near, away in zip(curves["attraction"].values, curves["repulsion"].values, strict=True)
    ]
    assert totals[-1] < 0.9 * totals[0]
    pca = PCA(2).fit_transform(blobs)
    good, wanted = (trustworthiness(blobs, each, n_neighbors=7) for each in (Y, pca))
    assert good > wanted


def test_new_rows_of_largevis_are_placed_one_by_one(blobs):
    fitted = nb.LargeVis(perplexity=6, n_epochs=200, random_state=0).fit(blobs)
    new = blobs[:3] + 0.01
    placed = fitted.transform(new)
    np.testing.assert_array_equal(fitted.transform(new[1:2])[0], placed[1])
    own, other = fitted.embedding_[:20].mean(axis=0), fitted.embedding_[20:40].mean(axis=0)
    away = np.linalg.norm(placed - own, axis=1), np.linalg.norm(placed - other, axis=1)
    assert (away[0] < away[1]).all()


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (nb.SNE(n_iter=0), "n_iter must be"),
        (nb.SNE(perplexity=100), "perplexity must be less"),
        (nb.SNE(early_exaggeration=0), "early_exaggeration must be"),
        (nb.LargeVis(n_epochs=0), "n_epochs must be"),
        (nb.LargeVis(perplexity=5, repulsion_strength=-1), "repulsion_strength must be"),
    ],
)
def test_what_cannot_be_is_said(blobs, estimator, message):
    with pytest.raises(InvalidInputError, match=message):
        estimator.fit(blobs)
