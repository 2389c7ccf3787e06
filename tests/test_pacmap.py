"""PaCMAP: pairs, gradients and steps against the authors' package, phases, new rows."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import nbembed as nb
from nbembed.affinities import scaled_pairs
from nbembed.errors import InvalidInputError
from nbembed.forces import PacmapStepper, PairWeights
from nbembed.forces.pacmap import drawn_pairs_of
from nbembed.neighbors import nearest_neighbors

FIRST = PairWeights(2.0, (1000.0, 3.0), 1.0)


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(120, 6)) + 7 * np.repeat(np.eye(6)[:4], 30, axis=0)).astype(np.float32)


@pytest.fixture(scope="module")
def near(blobs):
    return scaled_pairs(nearest_neighbors(blobs, n_neighbors=40), n_neighbors=8)


def start():
    return (2 * np.random.default_rng(1).normal(size=(120, 2))).astype(np.float32)


def stepper(blobs, near, weights=FIRST, **options):
    options = {"learning_rate": 1.0, "n_steps": 10, "seed": 0} | options
    return PacmapStepper(near, start(), X=blobs, weights=weights, n_mid_near=4, n_far=16, **options)


def listed(ends):
    return np.stack([np.repeat(np.arange(len(ends)), ends.shape[1]), ends.ravel()], axis=1).astype(
        np.int32
    )


def test_near_pairs_are_those_of_the_package(blobs, near):
    package = pytest.importorskip("pacmap.pacmap")
    found = nearest_neighbors(blobs, n_neighbors=40)
    sigma = found.distances[:, 3:6].mean(axis=1).astype(np.float32)
    scaled = package.scale_dist(found.distances, sigma, found.indices)
    theirs = package.sample_neighbors_pair(blobs, scaled, found.indices, 8)[:, 1].reshape(-1, 8)
    np.testing.assert_array_equal(near.indices.reshape(-1, 8), np.sort(theirs, axis=1))


def test_gradient_and_losses_are_those_of_the_package(blobs, near):
    package = pytest.importorskip("pacmap.pacmap")
    ours = stepper(blobs, near)
    mid, far = drawn_pairs_of(blobs, near, 4, 16, seed=0)
    pairs = listed(near.indices.reshape(120, 8)), listed(mid), listed(far)
    theirs = package.pacmap_grad(start(), *pairs, 2.0, 1000.0, 1.0)
    np.testing.assert_allclose(ours.gradient(), theirs[:-1], rtol=1e-3, atol=1e-4)
    assert sum(ours.losses().values()) * 120 == pytest.approx(theirs[-1, 0], rel=1e-4)


def test_gradient_is_that_of_finite_differences(blobs, near):
    one = stepper(blobs, near, PairWeights(2.0, (900.0, 3.0), 1.5))
    gradient = one.gradient()
    for i, d in [(0, 0), (77, 1)]:
        values = []
        for move in (1e-2, -1e-2):
            other = stepper(blobs, near, PairWeights(2.0, (900.0, 3.0), 1.5))
            moved = start()
            moved[i, d] += move
            other.load_state_dict(other.state_dict() | {"embedding": moved})
            values.append(120 * sum(other.losses().values()))
        assert gradient[i, d] == pytest.approx((values[0] - values[1]) / 2e-2, rel=2e-3)


def test_steps_are_those_of_adam(blobs, near):
    package = pytest.importorskip("pacmap.pacmap")
    ours = stepper(blobs, near)
    mid, far = drawn_pairs_of(blobs, near, 4, 16, seed=0)
    pairs = listed(near.indices.reshape(120, 8)), listed(mid), listed(far)
    Y, m, v = start(), np.zeros((120, 2), np.float32), np.zeros((120, 2), np.float32)
    for step in range(5):
        weight = (1 - step / 10) * 1000.0 + step / 10 * 3.0
        slope = package.pacmap_grad(Y, *pairs, 2.0, weight, 1.0)
        package.update_embedding_adam(Y, slope, m, v, 0.9, 0.999, 1.0, step)
        ours.step()
    np.testing.assert_allclose(ours.embedding(), Y, atol=2e-3)


def test_pairs_are_what_their_names_say(blobs, near):
    mid, far = drawn_pairs_of(blobs, near, 4, 16, seed=0)
    near_ends = near.indices.reshape(120, 8)
    for i in range(120):
        assert i not in mid[i]
        assert not set(far[i]) & {i, *near_ends[i]}
    distance = np.linalg.norm(blobs[:, None] - blobs[None], axis=-1)
    everyone = distance.mean()
    own = np.arange(120)[:, None]
    assert distance[own, near_ends].mean() < distance[own, mid].mean() < everyone
    assert distance[own, far].mean() > distance[own, mid].mean()
    np.testing.assert_array_equal(mid, drawn_pairs_of(blobs, near, 4, 16, seed=0)[0])
    assert (mid != drawn_pairs_of(blobs, near, 4, 16, seed=1)[0]).any()


def test_phases_hand_on_their_moments(blobs, near):
    one = stepper(blobs, near)
    for _ in range(4):
        one.step()
    on = PacmapStepper(
        near, one.embedding(), X=blobs, weights=PairWeights(3.0, (3.0, 3.0), 1.0),
        learning_rate=1.0, n_mid_near=4, n_far=16, n_steps=5, seed=0, before=one,
    )  # fmt: skip
    np.testing.assert_array_equal(on.embedding(), one.embedding())
    assert on.n_done == 0
    assert on.state_dict()["count"] == 4
    np.testing.assert_array_equal(on.state_dict()["first"], one.state_dict()["first"])


def test_a_fit_keeps_neighbours_and_branches_bit_by_bit(blobs):
    run = nb.PaCMAP(n_iter=90, random_state=0).run(blobs)
    next(frame for frame in run if frame.step == 30)
    branch = run.branch(15)
    for each in (run, branch):
        for _ in each:
            pass
    np.testing.assert_array_equal(run.embedding, branch.embedding)
    assert [phase.n_steps for phase in run.phases] == [20, 20, 50]
    assert trustworthiness(blobs, run.embedding, n_neighbors=7) > trustworthiness(
        blobs, PCA(2).fit_transform(blobs), n_neighbors=7
    )


def test_the_map_is_as_good_as_that_of_the_package():
    package = pytest.importorskip("pacmap")
    X, _ = nb.datasets.digits()
    rows = X[:400]
    ours = nb.PaCMAP(random_state=0).fit_transform(rows)
    theirs = package.PaCMAP(random_state=0, verbose=False).fit_transform(rows, init="pca")
    good, wanted = (trustworthiness(rows, each, n_neighbors=7) for each in (ours, theirs))
    assert good > wanted - 0.01


def test_new_rows_go_among_their_neighbours_one_by_one(blobs, tmp_path):
    fitted = nb.PaCMAP(n_iter=200, random_state=0).fit(blobs)
    new = blobs[:6] + 0.01
    placed = fitted.transform(new)
    for i in range(6):
        np.testing.assert_array_equal(fitted.transform(new[i : i + 1])[0], placed[i])
    size = np.ptp(fitted.embedding_)
    assert np.abs(placed - fitted.embedding_[:30].mean(axis=0)).max() < 0.3 * size
    fitted.save(tmp_path / "pacmap")
    np.testing.assert_array_equal(nb.load(tmp_path / "pacmap").transform(new), placed)


@pytest.mark.filterwarnings("ignore:n_neighbors must be less")
def test_few_and_equal_rows_are_mapped():
    rows = np.repeat(np.eye(3, dtype=np.float32), 3, axis=0)
    assert np.isfinite(nb.PaCMAP(n_iter=30, random_state=0).fit_transform(rows)).all()
    assert nb.PaCMAP(n_iter=30, random_state=0).fit(rows[[0, 3]]).embedding_.shape == (2, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_neighbors": 0}, "n_neighbors must be"),
        ({"mid_near_ratio": -1}, "mid_near_ratio must be"),
        ({"far_ratio": -1}, "far_ratio must be"),
        ({"n_iter": 2}, "n_iter must be"),
        ({"learning_rate": 0}, "learning_rate must be"),
    ],
)
def test_what_cannot_be_is_said(blobs, options, message):
    with pytest.raises(InvalidInputError, match=message):
        nb.PaCMAP(**options).fit(blobs)
