"""The forces between P and Q: gradients, what sampling expects, and the steps of t-SNE."""

import itertools

import numpy as np
import pytest

from nbembed import affinities
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.forces import GradientStepper, MatchingStepper, Switches
from nbembed.kernels import kernel_named
from nbembed.neighbors import nearest_neighbors

KERNELS = {
    "t": kernel_named("student_t"),
    "t3": kernel_named("student_t", dof=3.0),
    "t0.5": kernel_named("student_t", dof=0.5),
    "cauchy": kernel_named("cauchy", a=1.5769, b=0.8951),
    "flat": kernel_named("cauchy", a=0.5, b=1.0),
    "gaussian": kernel_named("gaussian"),
}
LOSSES = list(itertools.product(("kl", "frobenius"), (True, False)))


def data(n=120):
    rng = np.random.default_rng(3)
    return rng.normal(size=(n, 6)).astype(np.float32) + 3 * (np.arange(n) % 3)[:, None]


@pytest.fixture(scope="module")
def found():
    return nearest_neighbors(data(), n_neighbors=20)


def graph_of(found, *, normalized):
    return affinities.joint(found, normalized=normalized)


def start(n=120, n_components=2, scale=1.0):
    return (scale * np.random.default_rng(5).normal(size=(n, n_components))).astype(np.float32)


def matching(graph, Y, kernel="t", **options):
    steps = {"learning_rate": 1.0, "n_steps": 50, "seed": 7}
    live = {k: options.pop(k) for k in tuple(options) if k not in Switches._fields}
    return MatchingStepper(
        graph, Y, kernel=KERNELS[kernel], switches=Switches(**options), **(steps | live)
    )


def exact_loss(P, Y, kernel, divergence, *, normalized):
    """Return the loss over all ordered pairs from dense matrices."""
    squared = ((Y[:, None] - Y[None]) ** 2).sum(axis=2)
    off = ~np.eye(len(Y), dtype=bool)
    p, w = P[off], kernel.values(squared)[off]
    if divergence == "frobenius":
        return ((p - (w / w.sum() if normalized else w)) ** 2).sum()
    if normalized:
        some = p > 0
        return (p[some] * np.log(p[some] / (w / w.sum())[some])).sum()
    return -(p * np.log(w) + (1 - p) * np.log1p(-w)).sum()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("divergence", "normalized"), LOSSES)
def test_gradient_equals_finite_differences(found, kernel, divergence, normalized):
    graph = graph_of(found, normalized=normalized)
    P, Y = graph.to_scipy().toarray().astype(np.float64), start().astype(np.float64)
    stepper = matching(
        graph,
        Y,
        kernel,
        divergence=divergence,
        normalized=normalized,
        repulsion="exact",
        softening=0.0,
    )
    gradient = stepper.gradient()
    Y = stepper.embedding().astype(np.float64)
    of = {"divergence": divergence, "normalized": normalized}
    np.testing.assert_allclose(
        sum(stepper.losses().values()), exact_loss(P, Y, KERNELS[kernel], **of), rtol=1e-6
    )
    for i, d in [(0, 0), (17, 1), (119, 0), (60, 1)]:
        step = np.zeros_like(Y)
        step[i, d] = 1e-5
        up, down = (exact_loss(P, Y + sign * step, KERNELS[kernel], **of) for sign in (1, -1))
        # P is stored in float32.
        assert abs((up - down) / 2e-5 - gradient[i, d]) < 1e-5 * np.abs(gradient).max()


def test_without_the_sum_the_normalised_frobenius_norm_has_another_gradient(found):
    graph = graph_of(found, normalized=True)
    stepper = matching(graph, start(), divergence="frobenius", normalized=True)
    P, Y = graph.to_scipy().toarray().astype(np.float64), stepper.embedding().astype(np.float64)
    difference = Y[:, None] - Y[None]
    w = KERNELS["t"].values((difference**2).sum(axis=2))
    np.fill_diagonal(w, 0.0)
    Q = w / w.sum()
    S = ((P - Q) * Q).sum()

    def with_sum(s):
        return 8.0 * ((w * Q * (P - Q - s))[:, :, None] * difference).sum(axis=1)

    np.testing.assert_allclose(
        stepper.gradient(), with_sum(S), atol=1e-5 * np.abs(with_sum(S)).max()
    )
    assert np.linalg.norm(with_sum(0.0) - with_sum(S)) > 0.1 * np.linalg.norm(with_sum(S))


def test_its_steps_are_those_of_tsne(found):
    graph = graph_of(found, normalized=True)
    settings = {"learning_rate": 40.0, "momentum": 0.8, "exaggeration": 4.0}
    tsne = GradientStepper(graph, start(scale=1e-2), repulsion="exact", **settings)
    own = matching(
        graph, start(scale=1e-2), normalized=True, repulsion="exact", amplified=True, **settings
    )
    for steps in (1, 20):
        for _ in range(steps):
            tsne.step()
            own.step()
        np.testing.assert_allclose(own.embedding(), tsne.embedding(), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(own.losses()["kl"], tsne.losses()["kl"], rtol=1e-5)


@pytest.mark.parametrize("n_components", [1, 3])
def test_any_number_of_components(found, n_components):
    graph = graph_of(found, normalized=True)
    Y = start(n_components=n_components)
    ours = matching(graph, Y, normalized=True).forces()
    theirs = GradientStepper(
        graph, Y, learning_rate=1.0, momentum=0.5, exaggeration=1.0, repulsion="exact"
    ).forces()
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6 * np.abs(other).max())


@pytest.mark.parametrize("n_components", [1, 2])
@pytest.mark.parametrize("kernel", ["t", "t3", "flat"])
@pytest.mark.parametrize("divergence", ["kl", "frobenius"])
def test_the_grid_steps_as_all_pairs_do(found, divergence, kernel, n_components):
    graph, Y = graph_of(found, normalized=True), start(n_components=n_components)

    def stepped(repulsion):
        stepper = matching(
            graph,
            Y,
            kernel,
            normalized=True,
            amplified=True,
            divergence=divergence,
            repulsion=repulsion,
            learning_rate=10.0,
        )
        stepper.step()
        return stepper.embedding() - Y

    exact = stepped("exact")
    assert np.linalg.norm(stepped("fft") - exact) < 1e-2 * np.linalg.norm(exact)


def test_the_grid_says_what_it_needs(found):
    for normalized, kernel, n_components in ((False, "t", 2), (True, "cauchy", 2), (True, "t", 3)):
        with pytest.raises(InvalidInputError, match="'fft' needs normalized=True, b=1"):
            matching(
                graph_of(found, normalized=True),
                start(n_components=n_components),
                kernel,
                normalized=normalized,
                repulsion="fft",
            )


@pytest.mark.parametrize(("divergence", "normalized"), LOSSES)
@pytest.mark.parametrize("weights", ["explicit", "sampled"])
def test_sampled_forces_are_the_exact_ones_in_expectation(found, divergence, normalized, weights):
    graph = graph_of(found, normalized=normalized)
    options = {"divergence": divergence, "normalized": normalized, "softening": 0.0}
    Y = start(scale=3.0)
    exact = matching(graph, Y, repulsion="exact", **options)._over_all(both_ends=False)
    stepper = matching(graph, Y, weights=weights, n_negatives=4, learning_rate=0.0, **options)
    seen = []
    stepper._move = seen.append
    for _ in range(400):
        stepper.step()
        stepper.load_state_dict({**stepper.state_dict(), "embedding": Y})
    # Edges act with the weight of the strongest: in P's units where P is not 1 at most.
    pull = np.mean([terms.attraction for terms in seen], axis=0)
    np.testing.assert_allclose(pull, exact.attraction, atol=0.02 * np.abs(exact.attraction).max())
    push = np.mean([terms.repulsion for terms in seen], axis=0)
    wanted = exact.repulsion
    if not normalized:
        shares = stepper._expected_draws() / (graph.n - 1)
        stepper.switches = stepper.switches._replace(repulsion="sampled")
        every = np.full(graph.n, -1, dtype=np.int64)
        wanted = stepper._terms(
            graph, stepper._pushed(every, np.uint64(0), shares), known=False
        ).repulsion
    cosine = (push * wanted).sum() / np.linalg.norm(push) / np.linalg.norm(wanted)
    slope = (push * wanted).sum() / (wanted**2).sum()
    assert cosine > 0.98
    assert abs(slope - 1.0) < 0.05


def test_symmetric_attraction_doubles_the_attraction_and_nothing_else(found):
    graph = graph_of(found, normalized=True)
    for divergence in ("kl", "frobenius"):
        options = {"divergence": divergence, "normalized": True}
        once = matching(graph, start(), **options)
        twice = matching(graph, start(), symmetric_attraction=True, **options)
        np.testing.assert_allclose(twice.forces()[0], 2.0 * once.forces()[0], rtol=1e-9)
        np.testing.assert_allclose(twice.forces()[1], once.forces()[1], rtol=1e-6)
        assert twice.losses() == once.losses()


@pytest.mark.parametrize("amplified", [True, False])
@pytest.mark.parametrize(("divergence", "normalized"), LOSSES)
def test_the_loss_falls_under_every_switch(found, divergence, normalized, amplified):
    graph = graph_of(found, normalized=normalized)
    for weights, both in itertools.product(("explicit", "sampled"), (True, False)):
        stepper = matching(
            graph,
            start(),
            divergence=divergence,
            normalized=normalized,
            weights=weights,
            symmetric_attraction=both,
            amplified=amplified,
            learning_rate=20.0 if normalized else 0.05,
            n_negatives=5,
        )
        before = sum(stepper.losses().values())
        for _ in range(50):
            stepper.step()
        assert sum(stepper.losses().values()) < before
        np.testing.assert_allclose(stepper.embedding().mean(axis=0), 0.0, atol=1e-4)


def test_same_bits_on_any_number_of_threads_and_after_a_pause(found):
    graph = graph_of(found, normalized=True)

    def walked(threads, pause):
        with use_threads(threads):
            stepper = matching(graph, start(), normalized=True, weights="sampled", amplified=True)
            for _ in range(5):
                stepper.step()
            if pause:
                state = stepper.state_dict()
                stepper = matching(
                    graph, start(), normalized=True, weights="sampled", amplified=True
                )
                stepper.load_state_dict(state)
            for _ in range(5):
                stepper.step()
            return stepper.embedding(), stepper.losses()

    one, loss = walked(1, pause=False)
    for threads, pause in ((3, False), (1, True)):
        other, other_loss = walked(threads, pause=pause)
        np.testing.assert_array_equal(one, other)
        assert loss == other_loss


def test_plain_descent_slows_down_and_amplified_does_not(found):
    graph = graph_of(found, normalized=False)
    for amplified, after in ((False, 0.98), (True, 1.0)):
        stepper = matching(graph, start(), amplified=amplified)
        stepper.step()
        np.testing.assert_allclose(stepper.learning_rate, after)


@pytest.mark.parametrize("name", ["divergence", "weights", "repulsion"])
def test_unknown_switches_are_named(found, name):
    with pytest.raises(InvalidInputError, match=f"{name} must be '.*' or '.*', got 'x'"):
        matching(graph_of(found, normalized=False), start(), **{name: "x"})


def test_points_that_coincide_stay_finite(found):
    for divergence, normalized in LOSSES:
        graph = graph_of(found, normalized=normalized)
        stepper = matching(graph, np.zeros((120, 2)), divergence=divergence, normalized=normalized)
        stepper.step()
        assert np.isfinite(stepper.embedding()).all()
