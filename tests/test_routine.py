"""Documents in the paper's words: what they train, and that a run of them is a run like any other."""

import numpy as np
import pytest
import torch
import yaml

import nbembed as nb
from nbembed.errors import InvalidInputError, NotKeptError
from nbembed.spec import Spec
from tests import printed

rng = np.random.default_rng(0)
X = np.concatenate([rng.normal(size=(25, 4)) + 4 * k for k in range(3)]).astype(np.float32)
Y = np.repeat([0, 1, 2], 25)
FIXED = {"device": "cpu", "random_state": 0}


def spec(text, **values):
    return Spec.from_yaml(text, values)


def changed(text, changes, **values):
    document = spec(text, **values).to_dict()
    document["training phases"] = [phase | changes for phase in document["training phases"]]
    return Spec(document)


def routine(document, **options):
    return nb.Routine(document, **FIXED | options)


def umap_parts():
    parts = spec(printed.UMAP, n=10, s=1.0, md=0.1).to_dict()
    return parts["relations"], parts["losses"][1] | {"name": "umap"}


def hybrid(w):
    relations, loss = umap_parts()
    values = {
        "UMAP relation specs": relations,
        "UMAP loss": loss,
        "classification loss": printed.CLASSIFICATION,
        "w": w,
    }
    return Spec.from_yaml(printed.HYBRID, values)


def triplet(w):
    parts = spec(printed.TSNE, p=10).to_dict()
    return Spec.from_yaml(
        printed.TRIPLET,
        {
            "PCA": parts["derived data"][0],
            "global t-SNE rel": parts["relations"][0],
            "batch t-SNE rel": parts["relations"][1],
            "PCA init loss": parts["losses"][0],
            "t-SNE loss": parts["losses"][1] | {"name": "tsne"},
            "PCA init": parts["training phases"][0],
            "w": w,
        },
    )


DOCUMENTS = {
    "metric MDS": spec(printed.MDS),
    "t-SNE": spec(printed.TSNE, p=10),
    "UMAP": spec(printed.UMAP, n=10, s=1.0, md=0.1),
    "hybrid": hybrid([0.5, 0.5]),
    "triplet": triplet([100, 1]),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_the_paper_runs_and_lowers_its_loss(name):
    run = routine(DOCUMENTS[name]).run(X, Y)
    losses = {}
    for frame in run:
        if not frame.is_stage:
            losses.setdefault(frame.phase, []).append(frame.loss)
    for values in losses.values():
        assert np.isfinite(values).all()
        assert min(values[1:]) < values[0]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_survives_yaml_and_json_with_the_same_numbers(name):
    document = DOCUMENTS[name]
    assert Spec.from_yaml(document.to_yaml()) == document == Spec.from_json(document.to_json())
    first = routine(document).fit_transform(X, Y)
    again = routine(Spec.from_json(document.to_json())).fit_transform(X, Y)
    np.testing.assert_array_equal(first, again)


def test_the_gap_that_the_paper_leaves_must_be_filled():
    with pytest.raises(InvalidInputError, match=r"relations\[0\].*perplexity: .*values=\{'p': …\}"):
        Spec.from_yaml(printed.TSNE)


def test_free_points_reach_the_stress_of_smacof():
    document = changed(printed.MDS, {"epochs": 300, "optimizer": {"options": {"lr": 0.05}}})
    Z = np.random.default_rng(1).normal(size=(60, 3))
    free = routine(document, model="free").fit(Z)
    smacof = nb.MDS(n_iter=200, random_state=0).fit_transform(Z)
    stress = nb.metrics.normalized_stress
    assert stress(Z, free.embedding_) < 1.1 * stress(Z, smacof)
    with pytest.raises(NotKeptError, match="free points"):
        free.transform(Z[:2])


def test_the_loss_of_mds_is_the_mean_squared_difference_of_distances():
    fitted = routine(DOCUMENTS["metric MDS"]).fit(X)
    from scipy.spatial.distance import pdist

    expected = np.square(pdist(X) - pdist(fitted.embedding_)).mean()
    assert fitted.loss_ == pytest.approx(expected, rel=1e-4)


def test_the_loss_of_tsne_is_the_divergence_of_the_whole_map():
    fitted = routine(DOCUMENTS["t-SNE"]).fit(X)
    # The last of all relations is within one mini-batch of all rows.
    from nbembed import affinities, neighbors

    P = affinities.perplexity(neighbors.nearest_neighbors(X, n_neighbors=30), perplexity=10)
    P = P.to_scipy().toarray()
    d = np.square(fitted.embedding_[:, None] - fitted.embedding_[None]).sum(-1).astype(float)
    w = 1 / (1 + d)
    np.fill_diagonal(w, 0)
    Q, there = w / w.sum(), P > 0
    assert fitted.loss_ == pytest.approx((P[there] * np.log(P[there] / Q[there])).sum(), rel=1e-3)


def test_a_run_pauses_branches_and_resumes_to_the_same_bits():
    document = hybrid([0.5, 0.5])
    whole = routine(document).fit_transform(X, Y)
    run = routine(document).run(X, Y)
    while run.step < 2:
        next(run)
    branch = run.branch(1)
    for frame in run:
        if frame.is_stage:
            continue
    for _ in branch:
        pass
    np.testing.assert_array_equal(run.embedding, whole)
    np.testing.assert_array_equal(branch.embedding, whole)


def test_weights_are_live_and_curves_have_the_names_of_the_losses():
    run = routine(hybrid([0.5, 0.5])).run(X, Y)
    while run.step < 1:
        next(run)
    assert set(run.losses) == {"umap", "class"}
    assert run.set("class_weight", 0.0) == "next step"
    assert run.weights["class"] == 0.0


def test_the_hybrid_predicts_and_places_new_rows():
    fitted = routine(changed_hybrid()).fit(X, Y.astype(str))
    assert fitted.score(X, Y.astype(str)) > 0.95
    np.testing.assert_allclose(fitted.transform(X), fitted.embedding_, atol=1e-4)


def changed_hybrid():
    document = hybrid([0.1, 0.9]).to_dict()
    document["training phases"][0]["epochs"] = 20
    return document


def test_triplets_hold_an_edge_and_a_row_of_another_class():
    from nbembed.affinities import equal_label
    from nbembed.networks.linked_objectives import LinkedObjective

    drawn = LinkedObjective(equal_label(Y), 64, 3, device="cpu").draw(torch.Generator())
    classes = Y[drawn.rows.numpy()]
    head = classes[drawn.heads]
    assert (head == classes[drawn.tails]).all()
    assert (head[:, None] != classes[drawn.others])[drawn.apart.numpy()].all()
    assert drawn.apart.float().mean() > 0.9
    assert len(np.unique(drawn.rows)) == len(drawn.rows)


def test_low_weight_of_tsne_draws_classes_together():
    from sklearn.metrics import silhouette_score

    # Classes that cut across the groups of the data.
    mixed = np.argsort(np.argsort(X[:, 3] - 4 * Y)) // 25
    found = {}
    for name, weights in {"tsne": [1, 0], "triplet": [0.01, 1]}.items():
        document = triplet(weights).to_dict()
        document["training phases"][1] |= {"epochs": 20}
        found[name] = silhouette_score(routine(document).fit_transform(X, mixed), mixed)
    assert found["triplet"] > found["tsne"] + 0.1


PHASES = """
relations:
- {name: p, level: global, type: neighbor, transforms: [{type: connect, options: {neighbors: 8}}, {type: symmetrize, options: {sub prod: true}}]}
- {name: again, level: global, type: neighbor, data: hidden2, transforms: [{type: connect, options: {neighbors: 8}}, {type: symmetrize}]}
- {name: q, level: batch, type: fromto, transforms: [{type: cauchy}]}
losses:
- {name: class, type: classification}
- {name: emb, type: relation, func: cross entropy, keys: {rels: [p, q]}}
- {name: latent, type: relation, func: cross entropy, keys: {rels: [again, q]}}
- {name: moved, type: position, keys: {data: [main, wanted]}}
training phases:
- {name: classify, loss: {components: class}, epochs: 3}
- {name: embed, loss: {components: latent}, sampling: {type: edge}, epochs: 2, frozen: [hidden1, hidden2]}
- {name: move, loss: {components: [moved, class]}, epochs: 2, frozen: map}
"""


def test_latent_interventions_leave_frozen_weights_as_they_are_to_the_bit():
    wanted = rng.normal(size=(75, 2))
    wanted[:20] = np.nan
    run = routine(PHASES, data={"wanted": wanted}).run(X, Y)
    weights = {}
    for frame in run:
        if not frame.is_stage:
            parts = {**dict(run.network.named_parameters()), **dict(run.heads.named_parameters())}
            weights[frame.phase] = {k: v.detach().numpy().copy() for k, v in parts.items()}
    before, middle, after = (weights[name] for name in ("classify", "embed", "move"))

    def same(a, b):
        return {name for name in a if (a[name] == b[name]).all()}

    hidden = {name for name in before if name.startswith("hidden")}
    assert same(before, middle) == hidden | {"class.weight", "class.bias"}
    assert same(middle, after) == {"map.weight", "map.bias"}


def test_relations_in_a_layer_are_measured_when_their_phase_begins():
    run = routine(PHASES, data={"wanted": rng.normal(size=(75, 2))}).run(X, Y)
    while run.phase.name != "embed":
        next(run)
    np.testing.assert_array_equal(run.sources[1].shape, (75, 50))
    while run.step < run.n_steps:
        next(run)
    # From a state in the middle it goes on to the same bits.
    np.testing.assert_array_equal(last(run.branch(4)), run.embedding)


def last(run):
    for _ in run:
        pass
    return run.embedding


def test_normalized_weights_have_every_term_begin_at_one():
    document = hybrid([0.5, 0.5]).to_dict()
    document["training phases"][0]["loss"]["normalize"] = "initial"
    run = routine(document).run(X, Y)
    while not run.has_map:
        next(run)
    start, state = run.losses, run.state["stepper"]
    for name, value in start.items():
        assert value * state[f"scale.{name}"] == pytest.approx(1.0)


def test_attribute_guidance_turns_an_axis():
    document = {
        "relations": [],
        "losses": [{"name": "corr", "type": "correlation", "options": {"i": 2, "j": 1}}],
        "training phases": [{"loss": {"components": "corr"}, "epochs": 30}],
    }
    Z = rng.normal(size=(80, 4))
    map_ = routine(document).fit_transform(Z)
    assert abs(np.corrcoef(Z[:, 1], map_[:, 0])[0, 1]) > 0.95


def test_an_autoencoder_is_a_loss():
    document = {
        "relations": [],
        "losses": [{"type": "reconstruction"}],
        "training phases": [{"loss": {"components": "reconstruction"}, "epochs": 30}],
    }
    fitted = routine(document).fit(X)
    assert np.square(fitted.inverse_transform(fitted.embedding_) - X).mean() < 0.5 * X.var()


def test_plain_descent_with_momentum_goes_on_to_the_same_bits():
    optimizer = {"type": "sgd", "options": {"learning rate": 0.01, "momentum": 0.9}}
    document = changed(printed.MDS, {"optimizer": optimizer})
    whole = routine(document).fit_transform(X)
    run = routine(document).run(X)
    while run.step < 3:
        next(run)
    np.testing.assert_array_equal(last(run.branch(2)), whole)


def test_a_file_holds_the_document(tmp_path):
    path = tmp_path / "mds.yaml"
    DOCUMENTS["metric MDS"].to_yaml(path)
    fitted = routine(str(path)).fit(X)
    fitted.save(tmp_path / "fitted.nbembed")
    loaded = nb.load(tmp_path / "fitted.nbembed")
    np.testing.assert_allclose(loaded.transform(X), fitted.transform(X), atol=1e-6)
    assert Spec.of(loaded.spec) == DOCUMENTS["metric MDS"]
    assert yaml.safe_load(path.read_text(encoding="utf-8")) == DOCUMENTS["metric MDS"].to_dict()


def test_scikit_learn_can_clone_and_pipe_it():
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    method = routine(DOCUMENTS["metric MDS"])
    twin = clone(method)
    assert twin.get_params()["spec"] == method.spec
    assert make_pipeline(StandardScaler(), twin).fit_transform(X, rng.normal(size=75)).shape == (75, 2)  # fmt: skip
