"""One file, no code in it, and either all of it or an error."""

import json
import pickle
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import save_file

from nbembed import persistence
from nbembed.errors import InvalidInputError, InvalidTypeError

ARRAYS = {
    "embedding_": np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32),
    "weights": np.linspace(0, 1, 5),
    "indices": np.arange(6, dtype=np.int32).reshape(2, 3),
    "indptr": np.array([0, 2**40], dtype=np.int64),
    "mask": np.array([True, False]),
    "bytes": np.arange(256, dtype=np.uint8),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "scalar": np.array(2.5),
}
CONFIG = {"perplexity": 30.0, "init": None, "labels": ["ä", "</script>", "\u2028"], "n": 3}


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "run.nbembed"
    persistence.save(target, "TSNE", CONFIG, ARRAYS)
    return target


def _refused(path, match=None):
    started = time.monotonic()
    with pytest.raises(InvalidInputError, match=match) as caught:
        persistence.load(path)
    assert time.monotonic() - started < 1.0
    assert str(path) in str(caught.value)


def test_everything_comes_back(path):
    kind, config, arrays = persistence.load(path)
    assert (kind, config) == ("TSNE", CONFIG)
    assert set(arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert_array_equal(arrays[name], array, strict=True)


def test_any_layout_is_stored_as_what_it_means(tmp_path):
    table = np.arange(12, dtype=np.float64).reshape(3, 4)
    arrays = {
        "fortran": np.asfortranarray(table),
        "stride": table[::2, ::-1],
        "big": table.astype(">f8"),
    }
    persistence.save(tmp_path / "a", "x", {}, arrays)
    loaded = persistence.load(tmp_path / "a")[2]
    for name, array in arrays.items():
        assert_array_equal(loaded[name], array)


def test_numpy_numbers_and_tuples_become_plain(tmp_path):
    config = {"a": np.float32(0.5), "b": np.int64(3), "c": (1, 2), "d": np.bool_(True)}
    persistence.save(tmp_path / "a", "x", config, {})
    loaded = persistence.load(tmp_path / "a")[1]
    assert loaded == {"a": 0.5, "b": 3, "c": [1, 2], "d": True}


def test_the_file_is_an_ordinary_safetensors_file(path):
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    description = json.loads(metadata["nbembed"])
    assert description["format"] == 1
    assert description["arrays"]["indices"]["dtype"] == "int32"
    assert description["arrays"]["indices"]["shape"] == [2, 3]


@pytest.mark.parametrize(
    "array", [np.array(["a"]), np.array([None]), np.array([1j]), np.zeros(2, np.int16)]
)
def test_other_types_are_refused(tmp_path, array):
    with pytest.raises(InvalidTypeError, match="array 'labels' must be of type float16, float32"):
        persistence.save(tmp_path / "a", "x", {}, {"labels": array})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), np.zeros(3), {1, 2}])
def test_a_config_that_json_cannot_say_is_refused(tmp_path, value):
    with pytest.raises(InvalidTypeError, match="config must hold only what JSON can say"):
        persistence.save(tmp_path / "a", "x", {"value": value}, {})
    assert list(tmp_path.iterdir()) == []


def test_every_cut_is_noticed(path):
    content = path.read_bytes()
    cuts = [0, 1, 7, 8, 9, 100, len(content) // 2, len(content) - 1]
    for cut in cuts:
        path.write_bytes(content[:cut])
        _refused(path)
    path.write_bytes(content + b"more")
    _refused(path)


def test_every_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "run.nbembed"
    persistence.save(path, "TSNE", {"n": 3}, {"a": ARRAYS["weights"], "b": ARRAYS["mask"]})
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(InvalidInputError):
            persistence.load(path)


class _Evil:
    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)


def test_a_renamed_pickle_runs_nothing(tmp_path):
    canary = tmp_path / "canary"
    path = tmp_path / "run.nbembed"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path.write_bytes(pickle.dumps(_Evil(canary), protocol=protocol))
        _refused(path)
    assert not canary.exists()


@pytest.mark.parametrize("length", [0, 2**31, 2**63, 2**64 - 1, 90_000_000])
def test_a_forged_header_length_is_refused(tmp_path, length):
    path = tmp_path / "run.nbembed"
    path.write_bytes(struct.pack("<Q", length) + b"{" + b" " * 1000)
    _refused(path, match="length of a header")


def test_a_header_too_large_is_not_read(tmp_path):
    path = tmp_path / "run.nbembed"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 90_000_000))
        file.truncate(90_000_100)
    _refused(path, match="length of a header")


@pytest.mark.parametrize("header", [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b"null", b"{}"])
def test_headers_that_are_not_ours_are_refused(tmp_path, header):
    path = tmp_path / "run.nbembed"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    _refused(path)


def _forge(path, arrays, change):
    """Write a file with right checksums whose description is not right."""
    description = {"format": 1, "kind": "TSNE", "config": {}, "arrays": {}}
    for name, array in arrays.items():
        description["arrays"][name] = persistence._description(array)
    text = json.dumps(change(description))
    metadata = {"nbembed": text, "sha256": persistence._checksum(text.encode())}
    save_file(arrays, path, metadata=metadata)


def _set(*keys, value):
    def change(description):
        inner = description
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
        return description

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("arrays", "a", "shape", value=[3, 2]),
        _set("arrays", "a", "shape", value=[6]),
        _set("arrays", "a", "shape", value="2, 3"),
        _set("arrays", "a", "dtype", value="float64"),
        _set("arrays", "a", "dtype", value="object"),
        _set("arrays", "a", value=7),
        _set("arrays", "b", value={"dtype": "float32", "shape": [1]}),
        _set("arrays", value={}),
        _set("arrays", value=[]),
        _set("config", value="text"),
        _set("kind", value=None),
        lambda _: {"format": 1},
        lambda _: [],
        lambda _: "text",
    ],
)
def test_a_description_that_does_not_fit_is_refused(tmp_path, change):
    path = tmp_path / "run.nbembed"
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}
    _forge(path, arrays, lambda description: description)
    assert_array_equal(persistence.load(path)[2]["a"], arrays["a"])
    _forge(path, arrays, change)
    _refused(path)


def test_a_description_nested_without_end_is_refused(tmp_path):
    text = "[" * 100_000
    metadata = {"nbembed": text, "sha256": persistence._checksum(text.encode())}
    save_file({}, tmp_path / "a", metadata=metadata)
    _refused(tmp_path / "a")


def test_a_later_format_says_so(tmp_path):
    _forge(tmp_path / "a", {}, _set("format", value=2))
    _refused(tmp_path / "a", match="format 2 .* update nbembed")


def test_a_missing_file_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        persistence.load(tmp_path / "nothing")


def test_a_failed_write_leaves_the_old_file(path, monkeypatch):
    before = path.read_bytes()

    def fail(_arrays, target, **_keywords):
        Path(target).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(persistence, "save_file", fail)
    with pytest.raises(OSError, match="disk full"):
        persistence.save(path, "UMAP", {}, {})
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced_whole(path):
    persistence.save(path, "UMAP", {}, {})
    assert persistence.load(path) == ("UMAP", {}, {})
    assert list(path.parent.iterdir()) == [path]
