"""The story of a run: branches."""

import numpy as np
import pytest

from nbembed import EmbedWidget
from nbembed.errors import InvalidInputError, InvalidTypeError, RunEndedError
from nbembed.transport import decode_frame
from tests.widgets import Wire, make, wait_for

METHODS = {
    "tsne": {"perplexity": 10, "early_exaggeration_iter": 20, "n_iter": 40},
    "umap": {"n_epochs": 60},
    "parametric_umap": {"n_batches": 60, "hidden": (16,), "batch_size": 64},
    "dre": {
        "recursions": ["f20", "f10"],
        "head": (20, 10),
        "n_epochs": 6,
        "batch_size": 50,
        "perplexity": 10,
        "device": "cpu",
    },
}


@pytest.fixture(params=METHODS)
def run_of(request, blobs):
    """A finished widget of each method."""
    return EmbedWidget(blobs, method=request.param, random_state=1, **METHODS[request.param]).fit()


def curves_of(widget):
    return {
        name: (curve.steps, curve.values)
        for name, curve in widget.history_.curves.items()
        if not curve.by_clock
    }


# ---- branches -----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.55, 1.0])
def test_a_branch_with_nothing_changed_reproduces_the_run_bit_for_bit(run_of, share):
    last = run_of.history_.steps[-1]
    branch = run_of.branch(step=round(share * last))
    assert branch._session.run.step == round(share * last)
    np.testing.assert_array_equal(branch.fit().embedding_, run_of.embedding_)
    assert curves_of(branch) == curves_of(run_of)
    assert branch.history_.steps == run_of.history_.steps
    for mine, theirs in zip(branch.history_.frames, run_of.history_.frames, strict=True):
        np.testing.assert_array_equal(mine.embedding, theirs.embedding)


def test_a_branch_with_something_changed_leaves_the_run_as_it_is(run_of):
    before = run_of.embedding_
    half = run_of.history_.steps[-1] // 2
    branch = run_of.branch(step=half, learning_rate=0.0007)
    np.testing.assert_array_equal(branch.embedding_, run_of.branch(step=half).embedding_)
    assert not np.array_equal(branch.fit().embedding_, before)
    np.testing.assert_array_equal(run_of.embedding_, before)
    assert [(e.step, e.name, e.value) for e in branch._session.run.events] == [(half, "learning_rate", 0.0007)]  # fmt: skip
    assert run_of._session.run.events == []


def test_a_branch_may_be_taken_while_the_run_goes_on(digits):
    widget = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).start()
    wait_for(lambda: widget._session.run.step > 30)
    branch = widget.branch(step=27)
    assert widget._state() == "running"
    alone = EmbedWidget(digits[0], n_epochs=100_000, random_state=0).step(27)
    np.testing.assert_array_equal(branch.embedding_, alone.embedding_)
    for each in (widget, alone, branch):
        each.stop()
    assert branch._state() == "stopped"


def test_a_branch_stands_until_it_is_told_to_go_on(blobs):
    widget = make(blobs).fit()
    branch = widget.branch(step=30)
    assert repr(branch) == "EmbedWidget(method='UMAP', n=150, d=10, state='paused')"
    assert not branch._session.control.is_started
    assert branch.history_.steps == widget.history_.steps[:31]
    assert branch.status["step"] == 30
    branch.step(5)
    assert branch._session.run.step == 35
    branch.resume().wait()
    np.testing.assert_array_equal(branch.embedding_, widget.embedding_)


def test_every_way_to_go_on_leads_to_the_same_map(blobs):
    widget = make(blobs).fit()
    for go_on in (
        lambda b: b.start().wait(),
        lambda b: b.resume().wait(),
        lambda b: b.step(60),
        lambda b: b.fit(),
    ):
        branch = widget.branch(step=10)
        go_on(branch)
        np.testing.assert_array_equal(branch.embedding_, widget.embedding_)
        branch.stop()


def test_the_browser_sees_a_branch_before_it_moves_and_its_buttons_act(blobs):
    widget = make(blobs).fit()
    branch = widget.branch(step=30)
    assert branch.snapshot_info["frames"][-1]["step"] == 30
    assert branch.status["state"] == "paused"
    wire = Wire(branch, acknowledge=True)
    wire.say([bytes((1, 2, 3, 255))], t="hello", view="v", protocol=2, last_seq=-1)
    (frame,) = wire.of_kind("frame")
    body = next(buffers[0] for content, buffers in wire.messages if content["t"] == "frame")
    shown = decode_frame(body, frame["bbox"])
    assert frame["step"] == 30
    np.testing.assert_allclose(shown, widget.history_.frames[30].embedding, atol=1e-3)
    (story,) = wire.of_kind("history")
    assert [f["step"] for f in story["info"]["frames"]] == list(range(31))
    wire.say(t="command", name="step", n=3)
    wait_for(lambda: branch._session.run.step == 33)
    wire.say(t="command", name="resume")
    wait_for(branch._session.control.finished.is_set)
    np.testing.assert_array_equal(branch.embedding_, widget.embedding_)


def test_a_branch_looks_like_its_run(blobs):
    widget = make(blobs, labels=np.repeat(["a", "b", "c"], 50), height=300).fit()
    widget.color(by=blobs[:, 0], name="first", map="magma").size(by="label")
    widget.selection = [3, 5]
    widget.filter = {"range": [-100.0, 2.0]}
    branch = widget.branch()
    assert branch.color() == widget.color()
    assert branch.size() == widget.size()
    assert (branch.height, branch.selection) == (300, [3, 5])
    assert branch.filter == widget.filter
    assert branch.metrics()["trustworthiness"] == widget.metrics()["trustworthiness"]
    branch.color(by="label")
    branch.selection = []
    assert widget.color()["name"] == "first"
    assert widget.selection == [3, 5]


def test_a_branch_of_a_branch(blobs):
    widget = make(blobs).fit()
    twig = widget.branch(step=40).step(5).branch(step=20)
    np.testing.assert_array_equal(twig.fit().embedding_, widget.embedding_)


def test_what_was_set_before_the_branch_holds_in_it(blobs):
    widget = make(blobs).step(20)
    widget.set(learning_rate=0.2)
    widget.resume().wait()
    branch = widget.branch(step=35)
    np.testing.assert_array_equal(branch.fit().embedding_, widget.embedding_)
    assert branch._session.run.events == widget._session.run.events


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"step": 61}, InvalidInputError, "step must be .* at most 60, got 61"),
        ({"step": -1}, InvalidInputError, "step must be"),
        ({"step": 3, "n_neighbors": 9}, InvalidInputError, "n_neighbors .* needs a restart"),
        ({"learnin_rate": 1.0}, InvalidTypeError, "learning_rate"),
        ({"learning_rate": -1.0}, InvalidInputError, "learning_rate must be finite"),
    ],
)
def test_what_cannot_be_branched_is_said(blobs, arguments, error, words):
    widget = make(blobs).fit()
    with pytest.raises(error, match=words):
        widget.branch(**arguments)


def test_before_the_first_map_there_is_nothing_to_branch(blobs):
    with pytest.raises(RunEndedError, match="no map yet"):
        make(blobs).branch()
