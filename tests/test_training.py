"""Runs: frames, history, set, branches; and that looking changes nothing."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nbembed import TSNE, UMAP
from nbembed.errors import FrameExpiredError, InvalidInputError, InvalidTypeError, RunEndedError
from nbembed.training import History

METHODS = {
    "tsne": lambda **kw: TSNE(
        perplexity=15, early_exaggeration_iter=30, n_iter=90, random_state=7, **kw
    ),
    "umap": lambda **kw: UMAP(n_neighbors=10, n_epochs=120, random_state=7, **kw),
}


@pytest.fixture(params=METHODS)
def make(request):
    return METHODS[request.param]


def exhaust(run):
    for _ in run:
        pass
    return run.embedding


def test_stages_come_first_then_every_step_once(make, blobs):
    frames = list(make().run(blobs))
    stages = [f for f in frames if f.is_stage]
    assert frames[: len(stages)] == stages
    assert stages[0].phase == "finding neighbours"
    assert [f.progress for f in stages if f.phase == "finding neighbours"][-1] == 1.0
    assert [f.step for f in frames[len(stages) :]] == list(range(121))


def test_a_frame_copies_the_map_when_asked_and_only_in_time(make, blobs):
    run = make().run(blobs)
    frame = next(f for f in run if f.step == 3)
    seen = frame.embedding
    seen_losses = frame.losses
    late = next(run)
    next(run)
    assert frame.embedding is seen
    assert frame.losses == seen_losses
    assert not np.array_equal(run.embedding, seen)
    with pytest.raises(FrameExpiredError, match=r"step 4 .* frame\.embedding"):
        _ = late.embedding


def test_changing_a_frames_map_changes_nothing(make, blobs):
    untouched = exhaust(make().run(blobs))
    run = make().run(blobs)
    for frame in run:
        if not frame.is_stage:
            frame.embedding[:] = 0
    np.testing.assert_array_equal(run.embedding, untouched)


def test_looking_pausing_and_branching_change_no_bit(make, digits):
    X = digits[0][:600]
    plain = make().fit(X).embedding_
    looked = make().run(X)
    for frame in looked:
        _ = frame.losses, frame.embedding, looked.state if not frame.is_stage else None
    np.testing.assert_array_equal(looked.embedding, plain)
    parent = make().run(X)
    while parent.step < 110:
        next(parent)
    for step in (100, 57, 0, 110):
        branch = parent.branch(step)
        assert branch.step == step
        np.testing.assert_array_equal(exhaust(branch), plain, err_msg=f"branched at {step}")
    np.testing.assert_array_equal(exhaust(parent), plain)


def test_the_seed_decides(make, blobs):
    first, second = make().fit(blobs).embedding_, make().fit(blobs).embedding_
    np.testing.assert_array_equal(first, second)
    other = make().set_params(random_state=8, init="random").fit(blobs).embedding_
    assert not np.array_equal(first, other)


def test_one_and_two_threads_give_the_same_bits(make, digits):
    X = digits[0]
    one, two = make(n_jobs=1).fit(X).embedding_, make(n_jobs=2).fit(X).embedding_
    np.testing.assert_array_equal(one, two)


HASH = """
import hashlib, sys, numpy as np
from nbembed import TSNE, UMAP
X = np.random.default_rng(0).normal(size=(5000, 30)).astype("f4") * np.linspace(3, 0.1, 30, dtype="f4")
for est in (UMAP(n_epochs=30, random_state=1), TSNE(early_exaggeration_iter=20, n_iter=20, random_state=1)):
    print(hashlib.sha256(est.fit_transform(X).tobytes()).hexdigest())
"""


def test_processes_with_one_and_two_threads_agree_on_5000_rows():
    def bits(threads):
        names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        environment = os.environ | dict.fromkeys(names, threads)
        return subprocess.run(
            [sys.executable, "-c", HASH],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

    one = bits("1")
    assert len(one) == 2
    assert one == bits("2")


def test_set_acts_from_the_next_step_and_is_written_down(blobs):
    run = METHODS["tsne"]().run(blobs)
    while run.step < 40:
        next(run)
    assert run.set("exaggeration", 4) == "next step"
    frame = next(run)
    assert frame.exaggeration == 4
    assert [(e.step, e.phase, e.name, e.value) for e in run.events] == [
        (40, "optimization", "exaggeration", 4)
    ]
    assert run.set("perplexity", 10) == "needs a restart"
    changed = exhaust(run)
    assert not np.array_equal(changed, METHODS["tsne"]().fit(blobs).embedding_)


def test_set_lasts_until_the_run_ends(blobs):
    run = METHODS["tsne"]().run(blobs)
    while run.step < 10:
        next(run)
    run.set("exaggeration", 6)
    assert {f.exaggeration for f in run} == {6}


# At step 50 a full state was stored just before the change, at 60 none was.
@pytest.mark.parametrize("changed_at", [50, 60])
def test_a_branch_replays_what_was_set_before_it_and_nothing_after(blobs, changed_at):
    run = METHODS["umap"]().run(blobs)
    kept = {}
    for frame in run:
        if frame.step == changed_at and not frame.is_stage:
            run.set("min_dist", 0.9)
        if frame.step in (changed_at, 70, 90):
            kept[frame.step] = frame.embedding
    for step, embedding in kept.items():
        np.testing.assert_array_equal(run.branch(step).embedding, embedding)
    np.testing.assert_array_equal(exhaust(run.branch(70)), run.embedding)
    unchanged = METHODS["umap"]().fit(blobs).embedding_
    np.testing.assert_array_equal(exhaust(run.branch(changed_at)), unchanged)


def test_set_and_branch_refuse_what_cannot_be(blobs):
    run = METHODS["umap"]().run(blobs)
    with pytest.raises(InvalidInputError, match="step must be one this run has reached"):
        run.branch()
    exhaust(run)
    with pytest.raises(RunEndedError, match="learning_rate"):
        run.set("learning_rate", 1)
    with pytest.raises(InvalidInputError, match="got 500"):
        run.branch(500)


@pytest.mark.parametrize(
    ("value", "error"),
    [("high", InvalidTypeError), (-1, InvalidInputError), (np.nan, InvalidInputError)],
)
def test_set_checks_the_value(blobs, value, error):
    run = METHODS["tsne"]().run(blobs)
    next(run)
    with pytest.raises(error, match="learning_rate must be"):
        run.set("learning_rate", value)


def test_the_recorded_loss_is_true_in_the_exaggerated_phase(blobs):
    run = METHODS["tsne"]().run(blobs)
    for frame in run:
        if frame.step == 20 and not frame.is_stage:
            P = run.prepared.graph.to_scipy().toarray().astype(float)
            Y = frame.embedding.astype(float)
            W = 1 / (1 + ((Y[:, None] - Y[None]) ** 2).sum(-1))
            np.fill_diagonal(W, 0)
            Q = W / W.sum()
            kl = (P[P > 0] * np.log(P[P > 0] / Q[P > 0])).sum()
            assert frame.exaggeration == 12
            np.testing.assert_allclose(frame.recorded_losses["kl"], kl, rtol=1e-4)
            return
    pytest.fail("step 20 never came")


def test_a_callback_sees_every_frame_and_can_stop(blobs):
    seen = []

    def stop_at_50(frame):
        seen.append(frame.step)
        return frame.step == 50

    estimator = METHODS["umap"](callbacks=stop_at_50).fit(blobs)
    assert estimator.n_iter_ == 50
    assert seen[-51:] == list(range(51))


@pytest.mark.parametrize(
    "estimator",
    [
        UMAP(learning_rate=1e38, n_epochs=200, random_state=0),
        TSNE(perplexity=10, learning_rate=1e38, momentum=0.9, random_state=0),
    ],
    ids=["umap", "tsne"],
)
def test_a_diverging_run_goes_back_and_says_so(blobs, estimator):
    run = estimator.run(blobs)
    with pytest.raises(InvalidInputError, match="learning_rate .* step .* is kept"):
        exhaust(run)
    assert np.isfinite(run.embedding).all()
    assert all(np.isfinite(f.embedding).all() for f in run.history.frames)


def test_history_thins_evenly_and_keeps_its_cap():
    maps = [np.full((10, 2), step, dtype=np.float32) for step in range(101)]
    history = History(max_bytes=10 * 80)
    for step, embedding in enumerate(maps):
        history.add_frame(step, "main", embedding)
    strides = set(np.diff(history.steps))
    assert len(strides) == 1
    assert history.steps[0] == 0
    assert 4 <= len(history) <= 10
    assert all((f.embedding == f.step).all() for f in history.frames)


def test_history_is_the_same_for_the_same_run(make, blobs):
    first, second = make().run(blobs), make().run(blobs)
    exhaust(first)
    for frame in second:
        _ = frame.losses
    assert first.history.steps == second.history.steps
    assert {n: c.values for n, c in first.history.curves.items()} == {
        n: c.values for n, c in second.history.curves.items()
    }
