"""The layers in front of a dense network: principal directions, computed and not trained, and noise."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

import nbembed as nb
from nbembed.networks import FCNN, NetworkStepper, Plan, Rows, make_network
from nbembed.networks.directions import EXACT, Directions, GaussianNoise


def table(n, d, seed=0):
    rng = np.random.default_rng(seed)
    spread = 3 / np.arange(1, d + 1)
    X = rng.normal(size=(n, d)) * spread @ np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (X - X.mean(axis=0)).astype(np.float32)


@pytest.mark.parametrize("d", [40, EXACT + 100])
def test_directions_are_those_of_pca(d):
    X = table(120, d)
    layer = Directions(d, 7)
    layer.fit(Rows(X), seed=0)
    pca = PCA(7, svd_solver="full").fit(X.astype(np.float64))
    places = layer(torch.from_numpy(X)).numpy()
    found = np.abs(np.corrcoef(places.T, pca.transform(X).T)[:7, 7:].diagonal())
    assert found.min() > 0.99
    variances = places.var(axis=0)
    np.testing.assert_allclose(variances.mean(), 1, rtol=1e-3)
    wanted = pca.explained_variance_
    np.testing.assert_allclose(variances / variances[0], wanted / wanted[0], rtol=0.02)


def test_directions_that_data_do_not_have_give_nothing():
    X = np.outer(np.linspace(-1, 1, 30), np.ones(20)).astype(np.float32)
    layer = Directions(20, 5)
    layer.fit(Rows(X), seed=0)
    places = layer(torch.from_numpy(X)).numpy()
    assert np.isfinite(places).all()
    assert np.abs(places[:, 0]).max() > 1
    assert np.abs(places[:, 1:]).max() == 0
    layer.fit(Rows(np.zeros((30, 20), np.float32)), seed=0)
    assert not layer.weight.any()


def test_columns_are_seen_themselves_where_there_are_few():
    assert FCNN(8, n_directions=8).computed_layer is None
    assert FCNN(9, n_directions=8).computed_layer is not None


def test_weights_of_directions_are_not_trained_but_stored():
    network = make_network(
        {"name": "fcnn", "n_components": 2, "n_directions": 3}, 10, seed=0, rows=Rows(table(50, 10))
    )
    assert "directions.weight" in network.state_dict()
    assert "directions.weight" not in dict(network.named_parameters())


def test_computing_the_first_layer_once_changes_nothing():
    X = table(80, 12)
    graph = next(iter(_graphs(X)))
    network = make_network(
        {"name": "fcnn", "n_components": 2, "hidden": [16], "n_directions": 4},
        12,
        seed=0,
        rows=Rows(X),
    )
    plan = Plan(
        loss="cross_entropy",
        n_steps=4,
        batches_per_step=5,
        batch_size=32,
        n_negatives=16,
        learning_rate=1e-2,
    )
    maps = []
    # Wrapped, it is a network like any other, which sees the rows themselves.
    for module in (network, torch.nn.Sequential(network)):
        stepper = NetworkStepper(graph, X, module, plan, n_components=2, seed=0)
        for _ in range(4):
            stepper.step()
        maps.append(stepper.embedding())
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-3 * np.abs(maps[0]).max())


def _graphs(X):
    run = nb.UMAP(n_neighbors=5, n_epochs=1, random_state=0).run(X)
    for _ in run:
        pass
    yield run.prepared.graph


def test_noise_is_there_in_training_only():
    layer = GaussianNoise(0.5)
    rows = torch.zeros(4000, 3)
    assert abs(float(layer(rows).std()) - 0.5) < 0.02
    assert not layer.eval()(rows).any()


def test_noise_of_a_fit_comes_from_its_seed():
    X = table(60, 12)
    options = {"n_batches": 20, "batch_size": 16, "n_negatives": 8, "device": "cpu", "noise": 0.5}
    torch.manual_seed(1)  # noqa: TID251 - the caller's generator, which must not matter
    first = nb.ParametricUMAP(random_state=0, **options).fit_transform(X)
    state = torch.random.get_rng_state()
    torch.manual_seed(2)  # noqa: TID251
    second = nb.ParametricUMAP(random_state=0, **options).fit_transform(X)
    np.testing.assert_array_equal(first, second)
    calm = nb.ParametricUMAP(random_state=0, **(options | {"noise": 0.0})).fit_transform(X)
    assert np.abs(calm - first).max() > 0.01
    assert state.numel()


def test_a_saved_map_keeps_its_directions(tmp_path):
    X = table(60, 30)
    umap = nb.ParametricUMAP(
        n_directions=5, n_batches=20, batch_size=16, device="cpu", random_state=0
    ).fit(X)
    umap.save(tmp_path / "map")
    np.testing.assert_array_equal(nb.load(tmp_path / "map").transform(X), umap.transform(X))
