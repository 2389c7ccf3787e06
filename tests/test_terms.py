"""Terms in fits: what they do to a map, and what they leave behind."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import nbembed as nb
from nbembed import ParametricTSNE, terms
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError
from nbembed.terms import as_terms, encoded, keyed
from tests.test_network_phases import LABELS, SMALL, everything, few, umap


def correlation(X, Y):
    i, j = np.random.default_rng(0).integers(0, len(X), (2, 5000))
    return np.corrcoef(*(np.linalg.norm(Z[i] - Z[j], axis=1) for Z in (X, Y)))[0, 1]


# ---- what they do ----------------------------------------------------------------------------------


def test_a_decoder_that_is_detached_changes_no_bit_of_the_map(blobs):
    plain = umap().fit(blobs)
    beside = umap(terms.Reconstruction(detach=True)).fit(blobs)
    assert_array_equal(beside.embedding_, plain.embedding_)
    for name, weight in plain.model_.state_dict().items():
        assert torch.equal(weight, beside.model_.state_dict()[name])
    together = umap(terms.Reconstruction()).fit(blobs)
    assert np.abs(together.embedding_ - plain.embedding_).max() > 0.01


def test_a_decoder_makes_better_digits_than_two_components(digits):
    X = digits[0] * 2 + 5
    fitted = umap(terms.Reconstruction(), n_batches=800, hidden=(64, 64), batch_size=64).fit(X)
    back = fitted.inverse_transform(fitted.embedding_)
    pca = PCA(2).fit(X)
    linear = np.square(pca.inverse_transform(pca.transform(X)) - X).mean()
    assert np.square(back - X).mean() < 0.75 * linear
    alone = np.concatenate([fitted.inverse_transform(place[None]) for place in fitted.embedding_[:20]])  # fmt: skip
    assert_allclose(alone, back[:20], atol=1e-5)


def test_pixels_come_back_between_0_and_1(digits):
    X = digits[0][:400] / 16
    X[:, 0] = 0.75  # a constant beside which the others are shifted
    fitted = umap(terms.Reconstruction(loss="bce"), n_batches=400).fit(X)
    back = fitted.inverse_transform(fitted.embedding_)
    assert 0 <= back.min() < back.max() <= 1
    assert np.square(back - X).mean() < 0.8 * X.var(axis=0).mean()
    assert_allclose(back[:, 0].mean(), 0.75, atol=0.05)
    with pytest.raises(InvalidInputError, match=r"X must hold numbers from 0 to 1 .* got .* to 16"):
        umap(terms.Reconstruction(loss="bce")).fit(digits[0][:100])


def test_offsets_and_extreme_units_come_back(blobs):
    for X in (blobs.astype(np.float64) + 1e7, blobs.astype(np.float64) * 1e20):
        fitted = umap(terms.Reconstruction(), n_batches=300).fit(X)
        back = fitted.inverse_transform(fitted.embedding_)
        assert np.square((back - X) / X.std()).mean() < 0.2 * ((X - X.mean(0)) / X.std()).var()


def test_more_weight_on_the_correlation_gives_more_of_it(digits):
    X = digits[0][:600]
    maps = [umap(terms.Correlation(w)).fit_transform(X) for w in (0.0, 1.0, 30.0)]
    found = [correlation(X, Y) for Y in maps]
    assert found[0] + 0.02 < found[1] < found[2] - 0.02


def moons():
    X, y = make_moons(400, noise=0.1, random_state=0)
    return X[:200], few(y[:200], 5), X[200:], y[200:]


def test_moons_are_told_apart_by_ten_labels():
    X, known, new, y = moons()
    term = terms.Classification(pretrain=100)
    fitted = umap(term, n_batches=600, hidden=(32, 32)).fit(X, known)
    assert fitted.phases(200)[0].name == "classifier"
    assert fitted.score(new, y) > 0.9
    shares = fitted.predict_proba(new)
    assert shares.shape == (200, 2)
    assert_allclose(shares.sum(1), 1)
    assert_array_equal(fitted.classes_[shares.argmax(1)], fitted.predict(new))


def test_unknown_labels_do_not_matter_in_any_form(blobs):
    known = few(LABELS, 4)
    maps = []
    for labels in (
        known,
        known.astype(float),
        np.where(known < 0, np.nan, known),
        [None if k < 0 else int(k) for k in known],
        np.array([None if k < 0 else "abc"[k] for k in known], dtype=object),
    ):
        fitted = umap(terms.Classification()).fit(blobs, labels)
        maps.append(fitted.embedding_)
    for other in maps[1:]:
        assert_array_equal(other, maps[0])
    assert fitted.predict(blobs[:1]).tolist() == ["a"]
    assert fitted.classes_.tolist() == ["a", "b", "c"]


def test_triplets_bring_classes_together(digits):
    X, y = digits[0][:300], digits[1][:300] % 2
    near = []
    for weight in (0.0, 3.0):
        Y = umap(terms.Triplet(weight, margin=5.0), n_batches=300).fit(X, y).embedding_
        same = y[:, None] == y[None]
        far = np.linalg.norm(Y[:, None] - Y[None], axis=2)
        near.append(far[same].mean() / far[~same].mean())
    assert near[1] < 0.8 * near[0]


def test_an_axis_follows_an_attribute(digits):
    X = digits[0][:500]
    values = X[:, 28].astype(float)
    values[::7] = np.nan
    known = np.isfinite(values)
    found = []
    for weight in (0.0, 10.0):
        Y = umap(terms.Attribute(values, 1, weight), n_batches=300).fit_transform(X)
        found.append(abs(np.corrcoef(Y[known, 1], values[known])[0, 1]))
    assert found[1] > 0.9
    assert found[1] > found[0] + 0.2


def test_landmarks_are_where_they_should_be(blobs):
    landmarks = np.array([[-8.0, 0.0], [8.0, 0.0], [0.0, 9.0]])
    fitted = umap(terms.Position(landmarks, rows=[10, 60, 110], weight=1.0), n_batches=600)
    Y = fitted.fit_transform(blobs)
    assert np.linalg.norm(Y[[10, 60, 110]] - landmarks, axis=1).max() < 1.5
    # Their groups come with them.
    centres = Y.reshape(3, 50, 2).mean(axis=1)
    assert np.linalg.norm(centres - landmarks, axis=1).max() < 3


def test_an_old_map_goes_on_when_data_grow(digits):
    X = digits[0][:450]
    old = umap(n_batches=400).fit(X[:300])
    again = umap(n_batches=400, random_state=9).fit(X).embedding_[:300]
    more = umap(terms.Position(old.embedding_), n_batches=400, random_state=9).fit(X)
    spread = old.embedding_.std()
    off = [np.sqrt(np.square(Y[:300] - old.embedding_).mean()) / spread for Y in (again, more.embedding_)]  # fmt: skip
    assert off[1] < 0.25 < off[0]


def test_consistency_keeps_changed_rows_near(digits):
    X = digits[0][:400]
    rng = np.random.default_rng(0)
    changed = X + 0.3 * X.std(axis=0).mean() * rng.normal(size=X.shape)
    moved = []
    for weight in (0.0, 5.0):
        fitted = umap(terms.Consistency("noise", weight), n_batches=300).fit(X)
        off = np.linalg.norm(fitted.transform(changed) - fitted.embedding_, axis=1)
        moved.append(np.median(off) / fitted.embedding_.std())
    assert moved[1] < 0.8 * moved[0]


def test_a_learned_metric_separates_what_labels_tell_apart():
    X = np.random.default_rng(0).normal(size=(200, 6)).astype(np.float32)
    y = (X[:, 0] > 0).astype(int)
    y[::2] = -1
    plain = umap(n_batches=25).fit(X)
    term = terms.Classification(pretrain=200)
    learned = umap(term, n_batches=25, metric_from="hidden2").fit(X, y)
    assert [p.affinities_from for p in learned.phases(200)] == ["input", "hidden2"]
    across = []
    for fitted in (plain, learned):
        edges = fitted.graph_.tocoo()
        other = (X[edges.row, 0] > 0) != (X[edges.col, 0] > 0)
        across.append(edges.data[other].sum() / edges.data.sum())
    assert across[1] < 0.5 * across[0]


def test_parametric_tsne_takes_them_too(blobs):
    fitted = ParametricTSNE(perplexity=10, terms=["reconstruction", "classification"], **SMALL).fit(
        blobs, LABELS
    )
    assert fitted.inverse_transform(fitted.embedding_).shape == blobs.shape
    assert fitted.score(blobs, LABELS) == 1.0


# ---- what they leave behind, and what goes wrong -------------------------------------------------


@parametrize_with_checks(
    [umap(terms.Reconstruction(), terms.Correlation()).set_params(n_batches=5, n_neighbors=3)]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_files_clones_and_pickles_have_them(blobs, tmp_path):
    y = np.array(["ant", "bee", "cat"])[LABELS]
    fitted = everything().fit(blobs, y)
    same = clone(fitted)
    assert same.get_params() == everything().get_params() == fitted.get_params()
    assert_array_equal(same.fit_transform(blobs, y), fitted.embedding_)
    fitted.save(tmp_path / "map.nbembed")
    for again in (pickle.loads(pickle.dumps(fitted)), nb.load(tmp_path / "map.nbembed")):
        assert again.get_params() == fitted.get_params()
        assert_array_equal(again.predict(blobs), fitted.predict(blobs))
        assert_array_equal(again.predict_proba(blobs), fitted.predict_proba(blobs))
        Z = fitted.embedding_ + 0.1
        assert_array_equal(again.inverse_transform(Z), fitted.inverse_transform(Z))
    assert_array_equal(clone(again).fit_transform(blobs, y), fitted.embedding_)
    for given in ("correlation", ("correlation",), terms.Correlation(2.0)):
        umap().set_params(terms=given).fit(blobs).save(tmp_path / "one")
        assert nb.load(tmp_path / "one").terms == given


def test_what_is_code_cannot_be_saved(blobs, tmp_path):
    for term, name in (
        (terms.Consistency(lambda rows, _: rows), "augment of Consistency"),
        (terms.Reconstruction(decoder=nn.Linear(2, 10)), "decoder of Reconstruction"),
    ):
        fitted = umap(term, n_batches=5).fit(blobs)
        with pytest.raises(InvalidTypeError, match=f"{name} must be a name or None to be saved"):
            fitted.save(tmp_path / "map")


def test_ones_own_network_and_decoder_are_trained(blobs):
    module = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 2))
    decoder = nn.Linear(2, 10)
    term = terms.Reconstruction(decoder=decoder)
    fitted = umap(term, terms.Classification(), model=module, n_batches=400).fit(blobs, LABELS)
    before = decoder.weight.detach().clone()
    assert torch.equal(decoder.weight, before)
    assert fitted.score(blobs, LABELS) > 0.9
    back = fitted.inverse_transform(fitted.embedding_)
    assert np.square(back - blobs).mean() < 0.6 * blobs.var(axis=0).mean()


def test_what_is_not_there_says_how_to_have_it(blobs):
    fitted = umap(n_batches=5).fit(blobs)
    with pytest.raises(NotKeptError, match=r"terms=\[nbembed.terms.Reconstruction\(\)\]"):
        fitted.inverse_transform(fitted.embedding_)
    assert not hasattr(fitted, "predict")
    with pytest.raises(AttributeError) as caught:
        fitted.predict(blobs)
    assert "terms=[nbembed.terms.Classification()]" in str(caught.value.__cause__)
    with pytest.raises(NotKeptError, match="classes_ needs a term"):
        _ = fitted.classes_
    with pytest.raises(InvalidInputError, match="Z must have 2 columns"):
        umap("reconstruction", n_batches=5).fit(blobs).inverse_transform(np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("corelation", InvalidInputError, "did you mean 'correlation'"),
        ("attribute", InvalidInputError, "terms must be one of"),
        (3, InvalidTypeError, "terms must be a list of terms"),
        ([3], InvalidTypeError, "terms must be terms such as"),
        (terms.Correlation(-1), InvalidInputError, "weight of Correlation must be a number of at least 0"),
        (terms.Reconstruction(loss="l1"), InvalidInputError, "loss of Reconstruction must be one of 'mse', 'bce'"),
        (terms.Reconstruction(decoder=3), InvalidTypeError, "decoder of Reconstruction must be"),
        (terms.Consistency("blur"), InvalidInputError, "augment of Consistency must be one of"),
        (terms.Consistency("shift"), InvalidInputError, "product of 10, the columns of X"),
        (terms.Attribute(np.arange(3)), InvalidInputError, r"one number per row of X, 150 in all, got shape \(3,\)"),
        (terms.Attribute(np.ones(150)), InvalidInputError, "values of Attribute must differ"),
        (terms.Attribute(np.arange(150), 2), InvalidInputError, "component of Attribute must be"),
        (terms.Position(np.zeros((3, 3))), InvalidInputError, "targets of Position must have 2 columns"),
        (terms.Position(np.zeros((3, 2)), rows=[0, 0, 1]), InvalidInputError, "3 different whole numbers"),
        (terms.Position(np.zeros((1, 2)), rows=[150]), InvalidInputError, "0 to 149, got 150"),
        (terms.Position(np.full((1, 2), np.nan)), InvalidInputError, "must hold a place"),
        (terms.Classification(), InvalidInputError, "y must hold a label for each row .* got None"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(given, error, message, blobs):
    with pytest.raises(error, match=message):
        umap().set_params(terms=given).fit(blobs)


def test_labels_that_are_none_are_named():
    with pytest.raises(InvalidInputError, match="at least 2 classes, got 1 among 4 known labels"):
        encoded([1, 1, 1, 1, -1], 5)
    with pytest.raises(InvalidInputError, match="y must hold classes"):
        encoded([0.5, 1.25, 3.1], 3)
    with pytest.raises(InvalidInputError, match="y must hold one value per row of X"):
        encoded([0, 1], 3)
    classes, codes = encoded(["b", None, "a", "b"], 4)
    assert classes.tolist() == ["a", "b"]
    assert codes.tolist() == [1, -1, 0, 1]


def test_terms_are_equal_by_what_they_say():
    assert terms.Position(np.zeros((2, 2))) == terms.Position([[0, 0], [0, 0]])
    assert terms.Position(np.zeros((2, 2))) != terms.Position(np.ones((2, 2)))
    assert terms.Correlation(1.0) != terms.Reconstruction(1.0)
    assert hash(terms.Correlation(1.0)) == hash(terms.Correlation(1.0))
    assert list(keyed(as_terms(["triplet", terms.Triplet(2.0), "correlation"]))) == [
        "triplet",
        "triplet2",
        "correlation",
    ]
