"""Terms of losses: their values against closed forms, their slopes against finite differences, their draws."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn
from torch.nn import functional

from nbembed.errors import InvalidInputError
from nbembed.networks import FCNN, Standardization, make_head, make_heads, make_terms
from nbembed.networks.batches import Batch, recording, widths_of
from nbembed.networks.losses import Cauchy
from nbembed.networks.sampling import Items, Pairs
from nbembed.networks.terms import (
    AUGMENTATIONS,
    Attribute,
    Classification,
    Consistency,
    Correlation,
    Divergence,
    Position,
    Reconstruction,
    Term,
    Triplet,
)
from nbembed.networks.terms.geometry import correlation

KERNEL = Cauchy(1.6, 0.9)
# Row 4 comes twice, row 7 three times.
ROWS = torch.tensor([4, 7, 1, 7, 4, 0, 9, 7])
CODES = torch.tensor([0, 1, -1, 2, 2, 0, 1, 1, -1, 0])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(places, *, rows=ROWS, n=None, inputs=None, hidden=None, own="term"):
    """Return a mini-batch whose first ``n`` rows the objective drew, and the term ``own`` the others."""
    n = len(rows) if n is None else n
    inputs = torch.randn((len(rows), 3), generator=generator(5), dtype=places.dtype) if inputs is None else inputs  # fmt: skip
    slices = {own: slice(n, len(rows))}
    return Batch(Items(rows[:n]), rows, inputs, places, hidden or {}, slices, {own: generator(3)}, KERNEL)  # fmt: skip


def places(seed=0, size=8, wide=2):
    return torch.randn((size, wide), generator=generator(seed), dtype=torch.float64)


def drawn(term, items=None, count=50):
    """Return the numbers of rows that a term brings in ``count`` mini-batches."""
    table, source = torch.arange(10.0)[:, None], generator(1)
    items = items or Items(ROWS)
    brought = [term.bring(table, items, table[items.rows], source) for _ in range(count)]
    for rows, inputs in brought:
        assert_array_equal(inputs[:, 0].long(), rows)
    return [rows for rows, _ in brought]


def linear(n_in, n_out):
    return nn.Linear(n_in, n_out).double()


# ---- what a mini-batch says ----------------------------------------------------------------------


def test_a_mean_counts_every_row_once():
    values = torch.tensor([1.0, 2.0, 4.0, 2.0, 1.0, 8.0, 16.0, 2.0], dtype=torch.float64)
    made = batch(places())
    assert_allclose(made.shares.sum(), 1)
    assert_allclose(made.mean(values), np.mean([1, 2, 4, 8, 16]))
    assert (made.shares > 0).sum() == 5


def test_layers_are_recorded_and_hooks_are_gone():
    module = FCNN(3, hidden=(5, 4))
    rows = torch.randn(6, 3)
    with recording(module, ["hidden1", ""]) as seen:
        module(rows)
    torch.testing.assert_close(seen["hidden1"], module.hidden1(rows))
    torch.testing.assert_close(seen[""], module.hidden2(module.hidden1(rows)))
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in module.modules())
    module.train()
    assert widths_of(module, rows, ["hidden1", ""]) == {"hidden1": 5, "": 4}
    assert module.training
    with pytest.raises(InvalidInputError, match="did you mean 'hidden1'"), recording(module, ["hiden1"]):  # fmt: skip
        pass
    with pytest.raises(InvalidInputError, match="got None for a network without a dense layer"):
        widths_of(nn.Sequential(nn.Conv1d(1, 1, 1)), rows, [""])


# ---- values --------------------------------------------------------------------------------------


def test_correlation_is_that_of_numpy_in_all_units():
    a, b = places(1)[:, 0], places(2)[:, 1]
    even = torch.full((8,), 0.125, dtype=torch.float64)
    for scale in (1e-9, 1.0, 1e9):
        assert_allclose(correlation(a * scale + 3, b, even), np.corrcoef(a, b)[0, 1], atol=2e-6)
    assert correlation(torch.ones(8, dtype=torch.float64), b, even) == 0
    some = torch.tensor([1, 1, 0, 1, 0, 1, 1, 0], dtype=torch.float64)
    assert_allclose(correlation(a, b, some), np.corrcoef(a[some > 0], b[some > 0])[0, 1], atol=2e-6)


def test_correlation_of_distances_is_that_of_the_pairs_it_draws():
    made = batch(places())
    pairs = torch.randint(8, (2, 32), generator=generator(3))
    apart = made.rows[pairs[0]] != made.rows[pairs[1]]
    i, j = pairs[:, apart].numpy()
    far = [np.linalg.norm(x[i] - x[j], axis=1) for x in (made.inputs.numpy(), made.places.numpy())]
    assert_allclose(Correlation("term", 1.0)(made), -np.corrcoef(*far)[0, 1], atol=2e-6)
    assert_allclose(
        Correlation("term", 1.0)(batch(made.inputs * 7, inputs=made.inputs)), -1, atol=2e-6
    )


def test_reconstruction_is_the_share_of_variance_lost_or_the_cross_entropy():
    decoder, Y = linear(2, 3), places()
    made = batch(Y)
    once = [0, 1, 2, 5, 6]
    wrong = (decoder(Y) - made.inputs)[once].detach().numpy()
    assert_allclose(Reconstruction("term", 1.0, decoder)(made).item(), np.square(wrong).mean())
    binary = Reconstruction("term", 1.0, decoder, loss="bce", back=lambda rows: 0.2 * rows + 0.5)
    wanted = (0.2 * made.inputs + 0.5).clamp(0, 1)[once]
    expected = functional.binary_cross_entropy(decoder(Y)[once].sigmoid(), wanted)
    assert_allclose(binary(made).item(), expected.item())


def test_a_variational_place_is_drawn_in_training_alone():
    head, decoder, hidden = linear(4, 2), linear(2, 3), {"": places(4, wide=4)}
    made = batch(places(), hidden=hidden)
    term = Reconstruction("term", 1.0, decoder, spread=head)
    term.train(False)
    assert_allclose(term(made).item(), Reconstruction("term", 1.0, decoder)(made).item())
    term.train(True)
    deviation = (0.5 * head(hidden[""])).exp()
    noise = torch.empty(8, 2, dtype=torch.float64).normal_(generator=generator(3))
    moved = batch(made.places + deviation * noise, hidden=hidden)
    made.generators["term"].manual_seed(3)
    assert_allclose(term(made).item(), Reconstruction("term", 1.0, decoder)(moved).item())


def test_divergence_is_that_of_two_gaussians():
    head, hidden = linear(4, 2), {"": places(4, wide=4)}
    made = batch(places(), hidden=hidden)
    deviation = (0.5 * head(hidden[""])).exp()
    theirs = torch.distributions.kl_divergence(
        torch.distributions.Normal(made.places, deviation),
        torch.distributions.Normal(torch.zeros(8, 2).double(), torch.ones(8, 2).double()),
    ).sum(1)
    assert_allclose(Divergence("term", 1.0, head)(made).item(), theirs[[0, 1, 2, 5, 6]].mean().item())  # fmt: skip


def test_classification_is_the_cross_entropy_of_its_own_rows():
    head, hidden = linear(4, 3), places(4, wide=4)
    rows = torch.tensor([2, 8, 0, 3, 7])
    made = batch(places(size=5), rows=rows, n=2, hidden={"": hidden[:5]})
    term = Classification("term", 1.0, head, CODES, layer="", size=3)
    logs = torch.log_softmax(head(hidden[2:5]), dim=1)
    assert_allclose(term(made).item(), -logs[[0, 1, 2], [0, 2, 1]].mean().item())


def test_triplets_have_a_margin():
    Y = torch.tensor([[0, 0], [0, 0], [3, 0], [0, 1], [0, 5], [4, 0], [4, 0], [0, 0]]).double()
    made = batch(Y, rows=torch.tensor([1, 1, 0, 5, 0, 5, 7, 3]), n=2)
    # a = (3, 0), (0, 1); b = (0, 5), (4, 0); c = (4, 0), (0, 0).
    expected = np.mean([max(np.hypot(3, 5) - 1 + 2, 0), max(np.hypot(4, 1) - 1 + 2, 0)])
    assert_allclose(Triplet("term", 1.0, CODES, margin=2.0, size=2)(made), expected, atol=1e-6)
    far = Triplet("term", 1.0, CODES, margin=0.0, size=2)
    assert far(batch(Y[[0, 0, 2, 2, 2, 2, 3, 3]], rows=ROWS, n=2)) == 0


def test_an_attribute_is_followed_where_it_is_known():
    values = torch.tensor([0, 5, 1, 1, 2, 9, 9, 3, 9, np.nan], dtype=torch.float64)
    Y = places()
    known = [0, 1, 2, 5]
    r = np.corrcoef(values[ROWS[known]], Y[known, 1])[0, 1]
    term = Attribute("term", 1.0, values, component=1)
    assert_allclose(term(batch(Y)), 1 - r**2, atol=3e-6)
    line = torch.stack([torch.zeros(8).double(), -3 * values[ROWS].nan_to_num(2.0)], dim=1)
    assert_allclose(term(batch(line)), 0, atol=3e-6)


def test_position_is_the_squared_distance_from_the_target():
    numbers, targets = torch.tensor([7, 0, 3]), torch.tensor([[1, 2], [3, 4], [5, 6]]).double()
    Y = places(size=5)
    term = Position("term", 1.0, numbers, targets, size=3)
    made = batch(Y, rows=torch.tensor([1, 2, 3, 7, 0]), n=2)
    assert_allclose(term(made), ((Y[2:] - targets[[2, 0, 1]]) ** 2).sum(1).mean())


def test_consistency_is_the_attraction_of_an_edge():
    Y = places(size=16)
    made = batch(Y, rows=torch.cat([ROWS, ROWS]), n=8)
    near = 1 / (1 + 1.6 * ((Y[:8] - Y[8:]) ** 2).sum(1) ** 0.9)
    term = Consistency("term", 1.0, AUGMENTATIONS["noise"])
    assert_allclose(term(made), -near.log().mean())


HEADS = {"hidden": {"": places(4, wide=4)}}
SLOPES = {
    "correlation": (lambda: Correlation("term", 1.0), {}),
    "reconstruction": (lambda: Reconstruction("term", 1.0, linear(2, 3)), {}),
    "bce": (lambda: Reconstruction("term", 1.0, linear(2, 3), loss="bce", back=torch.sigmoid), {}),
    "divergence": (lambda: Divergence("term", 1.0, linear(4, 2)), HEADS),
    "triplet": (lambda: Triplet("term", 1.0, CODES, margin=5.0, size=2), {"n": 2}),
    "attribute": (
        lambda: Attribute("term", 1.0, torch.arange(10.0).double() ** 2, component=1),
        {},
    ),
    "position": (
        lambda: Position("term", 1.0, torch.arange(10), places(9, size=10), size=3),
        {"n": 4},
    ),
    "consistency": (
        lambda: Consistency("term", 1.0, AUGMENTATIONS["noise"]),
        {"n": 4},
    ),
}


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_those_of_finite_differences(name):
    make, options = SLOPES[name]
    term = make()

    def value(Y):
        return term(batch(Y, **options))

    start = places(7).requires_grad_()
    assert torch.autograd.gradcheck(value, (start,), atol=3e-5)
    assert torch.autograd.grad(value(start), start)[0].abs().max() > 1e-3


def test_detach_keeps_the_error_from_the_places():
    Y = places().requires_grad_()
    decoder = linear(2, 3)
    Reconstruction("term", 1.0, decoder, detach=True)(batch(Y)).backward()
    assert Y.grad is None
    assert decoder.weight.grad.abs().max() > 0


# ---- draws ---------------------------------------------------------------------------------------


def test_only_rows_of_known_class_are_brought_and_all_of_them():
    term = Classification("term", 1.0, linear(4, 3), CODES, layer="", size=4)
    rows = torch.cat(drawn(term))
    assert set(rows.tolist()) == {0, 1, 3, 4, 5, 6, 7, 9}
    assert len(rows) == 200
    everything = Classification("term", 1.0, linear(4, 3), CODES, layer="", size=8)
    assert drawn(everything, count=1)[0].tolist() == [0, 1, 3, 4, 5, 6, 7, 9]


def test_triplets_are_two_of_one_class_and_one_of_another():
    alone = CODES.clone()
    alone[[4, 8]] = torch.tensor([3, -1])
    # Classes 2 and 3 have one row each: no anchors, but others.
    rows = torch.stack(drawn(Triplet("term", 1.0, alone, margin=1.0, size=5)))
    a, b, c = rows.reshape(50, 3, -1).transpose(0, 1).reshape(3, -1)
    assert (a != b).all()
    assert_array_equal(alone[a], alone[b])
    assert (alone[a] != alone[c]).all()
    assert (alone[rows] >= 0).all()
    assert set(c.tolist()) == {0, 1, 3, 4, 5, 6, 7, 9}
    assert set(a.tolist()) == set(b.tolist()) == {0, 1, 5, 6, 7, 9}
    with pytest.raises(InvalidInputError, match="y must hold two rows of one class"):
        Triplet("term", 1.0, torch.tensor([0, 1, -1]), margin=1.0, size=5)


def test_what_was_changed_are_the_heads_of_edges_or_all_rows():
    seen = []

    def double(rows, source):
        seen.append((rows, source))
        return 2 * rows

    term = Consistency("term", 1.0, double)
    table, source = torch.arange(10.0)[:, None], generator()
    pairs = Pairs(ROWS, torch.tensor([0, 1]), torch.ones(4, 2, dtype=torch.bool))
    for items, count in ((pairs, 4), (Items(ROWS), 8)):
        rows, changed = term.bring(table, items, table[ROWS], source)
        assert_array_equal(rows, ROWS[:count])
        assert_array_equal(changed, 2 * table[ROWS[:count]])
        assert seen[-1][1] is source
    with pytest.raises(ValueError, match=r"augment must keep the shape of the rows, \(8, 1\)"):
        Consistency("term", 1.0, lambda rows, _: rows[:, :0]).bring(table, Items(ROWS), table[ROWS], source)  # fmt: skip


def test_noise_and_dropout_do_what_they_say():
    rows = torch.ones(200, 50)
    noisy = AUGMENTATIONS["noise"](rows, generator()) - rows
    assert_allclose([noisy.mean(), noisy.std()], [0, 0.3], atol=0.01)
    dropped = AUGMENTATIONS["dropout"](rows, generator())
    assert set(dropped.unique().tolist()) == {0.0, 1.0}
    assert_allclose((dropped == 0).float().mean(), 0.2, atol=0.02)


def test_shift_moves_pictures_and_repeats_their_border():
    pictures = torch.arange(300 * 5 * 4 * 2.0).reshape(300, 5, 4, 2)
    moved = AUGMENTATIONS["shift"](pictures.flatten(1), generator(), shape=(5, 4, 2))
    seen = set()
    for before, after in zip(pictures.numpy(), moved.reshape(300, 5, 4, 2).numpy(), strict=True):
        padded = np.pad(before, ((2, 2), (2, 2), (0, 0)), mode="edge")
        fits = [
            (i, j)
            for i in range(5)
            for j in range(5)
            if np.array_equal(padded[i : i + 5, j : j + 4], after)
        ]
        assert len(fits) == 1
        seen |= set(fits)
    assert len(seen) == 25


# ---- heads ---------------------------------------------------------------------------------------

SAMPLE = torch.zeros(2, 12)
ROWS_AS_THEY_ARE = Standardization(np.zeros(12), 1.0)


def part(name, **options):
    return {"name": name, "key": name, "weight": 1.0, "n_components": 2} | options


def test_heads_fit_the_network_and_are_fixed_by_seed_and_key():
    network = FCNN(12, hidden=(20, 10))
    parts = {
        "reconstruction": part("reconstruction"),
        "classification": part("classification", layer=None),
        "other": part("classification", layer="hidden1", key="other"),
        "divergence": part("divergence"),
        "correlation": part("correlation"),
    }
    targets = {"classification": CODES.numpy(), "other": CODES.numpy()}
    heads, again, others = (make_heads(parts, network, SAMPLE, targets, seed=s) for s in (1, 1, 2))
    assert set(heads) == {"reconstruction", "classification", "other", "divergence"}
    assert heads["reconstruction"](torch.zeros(5, 2)).shape == (5, 12)
    assert (heads["classification"].in_features, heads["classification"].out_features) == (10, 3)
    assert heads["other"].in_features == 20
    assert heads["divergence"].out_features == 2
    for name, weight in heads.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])
    assert not torch.equal(heads["divergence"].weight, others["divergence"].weight)
    assert not torch.equal(heads["divergence"].weight[:, 0], heads["classification"].weight[:2, 0])


def test_a_network_of_ones_own_gets_a_decoder_or_brings_one():
    module = nn.Linear(12, 2)
    assert make_head(part("reconstruction"), module, SAMPLE)(torch.zeros(4, 2)).shape == (4, 12)
    own = nn.Linear(2, 12)
    head = make_head(part("reconstruction"), module, SAMPLE, own=own)
    assert head is not own
    assert torch.equal(head.weight, own.weight)
    with pytest.raises(InvalidInputError, match=r"decoder must give 12 numbers .* shape \(2, 3\)"):
        make_head(part("reconstruction"), module, SAMPLE, own=nn.Linear(2, 3))


def test_terms_that_cannot_be_are_named():
    def make(*parts, **targets):
        return make_terms(parts, nn.ModuleDict(), targets, ROWS_AS_THEY_ARE, device="cpu")

    assert isinstance(make(part("correlation"))["correlation"], Term)
    with pytest.raises(InvalidInputError, match="terms must be one of .* did you mean 'correlation'"):  # fmt: skip
        make(part("corelation"))
    with pytest.raises(InvalidInputError, match="targets must hold what the term 'attribute'"):
        make(part("attribute", component=0))
    with pytest.raises(InvalidInputError, match="product of 12, the columns of X"):
        make(part("consistency", augment="shift"))
    made = make(part("consistency", augment="shift", shape=[2, 3, 2]))
    rows, changed = made["consistency"].bring(None, Items(ROWS), torch.ones(8, 12), generator())
    assert changed.shape == (8, 12)
    assert_array_equal(rows, ROWS)
