"""Losses of mini-batches against finite differences and against their closed forms."""

import math

import numpy as np
import pytest
import torch

from nbembed.networks import cross_entropy, info_nce, kl, nce, neg_tsne
from nbembed.networks.losses import NOISE_FLOOR, Cauchy, squared_distances

KERNELS = [Cauchy(), Cauchy(1.577, 0.895), Cauchy(0.583, 1.334)]
B, C = 6, 9


@pytest.fixture(params=KERNELS, ids=["t", "umap", "wide"])
def kernel(request):
    return request.param


def batch(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    places = torch.randn(2 * B + C, 2, generator=generator, dtype=dtype)
    mask = torch.rand(B, C, generator=generator) > 0.2
    return places, mask


def distances(places):
    edges = (places[:B] - places[B : 2 * B]).square().sum(1)
    return edges, squared_distances(places[:B], places[2 * B :])


LOSSES = {
    "cross_entropy": lambda e, n, m, k: sum(cross_entropy(e, n, m, k, repulsion=3.0)),
    "neg_tsne": lambda e, n, m, k: sum(neg_tsne(e, n, m, k, repulsion=3.0, odds=0.7)),
    "nce": lambda e, n, m, k: sum(
        nce(e, n, m, k, repulsion=3.0, log_z=torch.tensor(-1.0).double())
    ),
    "info_nce": lambda e, n, m, k: sum(info_nce(e, n, m, k, repulsion=1.0)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences(name, kernel):
    places, mask = batch()
    places.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda y: LOSSES[name](*distances(y), mask, kernel), (places,), eps=1e-6, atol=1e-7
    )


def test_the_gradient_of_kl_is_that_of_finite_differences(kernel):
    places, P = kl_batch()
    places.requires_grad_()
    assert torch.autograd.gradcheck(lambda y: kl(y, P, kernel), (places,), eps=1e-6, atol=1e-7)


def kl_batch():
    generator = torch.Generator().manual_seed(1)
    places = torch.randn(7, 2, generator=generator, dtype=torch.float64)
    P = torch.rand(7, 7, generator=generator, dtype=torch.float64)
    P = (P + P.T) * (1 - torch.eye(7, dtype=torch.float64))
    P[0, 1] = P[1, 0] = 0.0
    return places, P


def test_values_are_those_of_the_formulas(kernel):
    places, mask = batch()
    edges, noise = distances(places)
    w = 1 / (1 + kernel.a * edges**kernel.b)
    v = 1 / (1 + kernel.a * noise**kernel.b)
    close = {"rtol": 1e-10, "atol": 0.0}
    u = 1 / (1 + kernel.a * (noise + NOISE_FLOOR) ** kernel.b)
    torch.testing.assert_close(
        LOSSES["cross_entropy"](edges, noise, mask, kernel),
        -w.log().mean() - 3 * (1 - u).log()[mask].mean(),
        **close,
    )
    for name, c in (("neg_tsne", 0.7), ("nce", 3 * math.exp(-1.0))):
        expected = -(w / (w + c)).log().mean() - 3 * (c / (v + c)).log()[mask].mean()
        torch.testing.assert_close(LOSSES[name](edges, noise, mask, kernel), expected, **close)
    torch.testing.assert_close(
        LOSSES["info_nce"](edges, noise, mask, kernel),
        -(w / (w + (v * mask).sum(1))).log().mean(),
        **close,
    )


def test_the_gradient_of_cross_entropy_is_the_closed_form(kernel):
    places, _ = batch()
    edges, noise = (d.detach().requires_grad_() for d in distances(places))
    sum(cross_entropy(edges, noise, None, kernel, repulsion=5.0)).backward()
    a, b = kernel.a, kernel.b
    pull = a * b * edges ** (b - 1) / (1 + a * edges**b) / B
    far = noise + NOISE_FLOOR
    push = -5.0 * b / (far * (1 + a * far**b)) / (B * C)
    torch.testing.assert_close(edges.grad, pull.detach(), rtol=1e-9, atol=0.0)
    torch.testing.assert_close(noise.grad, push.detach(), rtol=1e-9, atol=0.0)


def test_the_gradient_of_kl_is_the_closed_form():
    places, P = kl_batch()
    places.requires_grad_()
    kl(places, P, Cauchy()).backward()
    y = places.detach().numpy()
    p = (P / P.sum()).numpy()
    w = 1 / (1 + ((y[:, None] - y[None]) ** 2).sum(2))
    np.fill_diagonal(w, 0)
    force = ((p - w / w.sum()) * w)[:, :, None] * (y[:, None] - y[None])
    np.testing.assert_allclose(places.grad, 4 * force.sum(1), rtol=1e-8)


def test_kl_is_zero_where_both_agree_and_where_there_is_no_affinity(kernel):
    places, _ = kl_batch()
    w = 1 / (1 + kernel.a * squared_distances(places, places).clamp(min=1e-12) ** kernel.b)
    w.fill_diagonal_(0)
    assert abs(float(kl(places, 5 * w, kernel))) < 1e-12
    assert float(kl(places, 0 * w, kernel)) == 0.0


def test_neg_tsne_is_what_umap_learns_parametric_umap_minimises():
    places, _ = batch()
    edges, noise = distances(places)
    log_w = -torch.log1p(edges)
    log_v = -torch.log1p(noise)
    theirs = -torch.nn.functional.logsigmoid(log_w).mean()
    theirs = theirs - 5 * (torch.nn.functional.logsigmoid(log_v) - log_v).mean()
    torch.testing.assert_close(
        sum(neg_tsne(edges, noise, None, Cauchy())), theirs, rtol=1e-10, atol=0
    )


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e8])
def test_nothing_is_lost_where_points_meet_or_are_far(name, scale):
    places, mask = batch(torch.float32)
    places = (places * scale).requires_grad_()
    loss = LOSSES[name](*distances(places), mask, KERNELS[1])
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(places.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_whose_noise_is_all_masked_attracts_only(name):
    places, mask = batch()
    edges, noise = distances(places)
    assert torch.isfinite(LOSSES[name](edges, noise, torch.zeros_like(mask), KERNELS[1]))
