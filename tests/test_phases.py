import json

import pytest

from nbembed import TSNE, UMAP
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.phases import Phase


@pytest.mark.parametrize("estimator", [UMAP(), TSNE(), TSNE(early_exaggeration_iter=0)])
def test_a_phase_survives_json(estimator):
    for phase in estimator.phases(1000):
        assert Phase.from_dict(json.loads(json.dumps(phase.to_dict()))) == phase


def test_an_unknown_field_is_named_with_its_nearest():
    data = UMAP().phases(100)[0].to_dict()
    data["afinities"] = data.pop("affinities")
    with pytest.raises(InvalidTypeError, match=r"'afinities'; did you mean 'affinities'"):
        Phase.from_dict(data)


def test_a_missing_field_is_named():
    data = UMAP().phases(100)[0].to_dict()
    del data["loss"]
    with pytest.raises(InvalidTypeError, match="loss"):
        Phase.from_dict(data)


def test_a_phase_has_steps():
    data = UMAP().phases(100)[0].to_dict() | {"n_steps": 0}
    with pytest.raises(InvalidInputError, match="n_steps .* got 0"):
        Phase.from_dict(data)


def test_tsne_has_an_exaggerated_phase_first():
    early, main = TSNE().phases(1000)
    assert (early.n_steps, early.optimizer["exaggeration"], early.init) == (
        250,
        12.0,
        {"name": "pca"},
    )
    assert (main.n_steps, main.optimizer["exaggeration"], main.init) == (500, 1.0, None)
    (only,) = TSNE(early_exaggeration_iter=0).phases(1000)
    assert only.init == {"name": "pca"}
