"""Maps as bytes: exact to half a step, whatever the box."""

import struct

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.transport import decode_frame, encode_frame, pack_history


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1.0, 1e6, 1e30])
@pytest.mark.parametrize("offset", [0.0, -5.0, 1e3])
def test_round_trip_is_within_half_a_step(scale, offset):
    rng = np.random.default_rng(0)
    Y = (scale * (rng.normal(size=(500, 2)) * [1.0, 7.0] + offset)).astype(np.float32)
    back = decode_frame(*encode_frame(Y))
    half_step = np.ptp(Y.astype(np.float64), axis=0) / 65535 / 2
    assert (np.abs(back - Y) <= half_step * (1 + 1e-9) + 1e-15 * np.abs(Y).max()).all()


def test_the_corners_come_back_exactly():
    Y = np.array([[0.1, -0.7], [0.3, 0.9], [0.2, 0.1]])
    back = decode_frame(*encode_frame(Y))
    assert_array_equal(back.min(axis=0), Y.min(axis=0))
    assert_array_equal(back.max(axis=0), Y.max(axis=0))


def test_a_second_round_trip_changes_nothing():
    Y = decode_frame(*encode_frame(np.random.default_rng(1).normal(size=(99, 2))))
    assert encode_frame(Y) == encode_frame(decode_frame(*encode_frame(Y)))


def test_the_bytes_are_little_endian_and_interleaved():
    codes, box = encode_frame(np.array([[0.0, 10.0], [1.0, 30.0], [0.5, 20.0]]))
    # Halves round to even: 0.5 * 65535 = 32767.5 becomes 32768.
    assert codes == struct.pack("<6H", 0, 0, 65535, 65535, 32768, 32768)
    assert box == [0.0, 10.0, 1.0, 30.0]


@pytest.mark.parametrize(
    "Y",
    [
        np.full((4, 2), 3.5),
        np.array([[7.0, -1.0]]),
        np.array([[1.0, 2.0], [1.0, 5.0], [1.0, 3.0]]),
        np.array([[0.0, 0.0], [5e-324, 0.0]]),
    ],
    ids=["all equal", "one point", "one axis constant", "subnormal width"],
)
def test_boxes_without_extent_come_back(Y):
    assert_allclose(decode_frame(*encode_frame(Y)), Y, atol=5 / 65535)


def test_one_column_lies_on_a_line_and_a_third_is_left_out():
    line = decode_frame(*encode_frame(np.array([[1.0], [3.0]])))
    assert_array_equal(line, [[1.0, 0.0], [3.0, 0.0]])
    Y = np.random.default_rng(0).normal(size=(9, 3))
    assert encode_frame(Y) == encode_frame(Y[:, :2])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_is_refused(bad):
    with pytest.raises(InvalidInputError, match=r"Y must be finite.*1 row.*first is 1"):
        encode_frame(np.array([[0.0, 0.0], [bad, 1.0]]))


@pytest.mark.parametrize(
    "Y", [np.zeros(3), np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((2, 2, 2))]
)
def test_what_is_not_a_map_is_refused(Y):
    with pytest.raises(InvalidInputError, match="Y must be a map of shape"):
        encode_frame(Y)
    with pytest.raises(InvalidTypeError, match="Y must be an array of numbers"):
        encode_frame([["a", "b"]])


def test_a_box_wider_than_float64_is_refused():
    with pytest.raises(InvalidInputError, match="must span less"):
        encode_frame(np.array([[-1.7e308, 0.0], [1.7e308, 0.0]]))


@pytest.mark.parametrize(
    ("codes", "box"),
    [(b"123", [0, 0, 1, 1]), (b"1234", [0, 0, 1]), (b"1234", [0, 0, 1, float("nan")])],
)
def test_damaged_frames_are_refused(codes, box):
    with pytest.raises(InvalidInputError):
        decode_frame(codes, box)


def _frames(count, n=10):
    rng = np.random.default_rng(count)
    return [(5 * i, "optimization", rng.normal(size=(n, 2))) for i in range(count)]


def test_a_history_holds_its_frames_in_order():
    frames = _frames(4)
    info, codes = pack_history(frames)
    assert info["n"] == 10
    assert [f["step"] for f in info["frames"]] == [0, 5, 10, 15]
    for i, (_, phase, Y) in enumerate(frames):
        expected, box = encode_frame(Y)
        assert codes[40 * i : 40 * (i + 1)] == expected
        assert info["frames"][i]["phase"] == phase
        assert info["frames"][i]["bbox"] == box


@pytest.mark.parametrize("room", [0, 1, 2, 3, 7, 32, 99, 100, 1000])
def test_thinning_is_even_and_keeps_both_ends(room):
    info, codes = pack_history(_frames(100), max_bytes=40 * room)
    steps = [f["step"] // 5 for f in info["frames"]]
    assert len(steps) == min(100, max(2, room))
    assert len(codes) == 40 * len(steps)
    assert (steps[0], steps[-1]) == (0, 99)
    gaps = np.diff(steps)
    assert gaps.min() >= 1
    assert gaps.max() - gaps.min() <= 1


def test_small_histories():
    assert pack_history([]) == ({}, b"")
    info, _ = pack_history(_frames(1), max_bytes=0)
    assert [f["step"] for f in info["frames"]] == [0]


def test_frames_of_different_sizes_are_refused():
    with pytest.raises(InvalidInputError, match="10 points like the first, got 9 at step 7"):
        pack_history([(0, "a", np.zeros((10, 2))), (7, "a", np.zeros((9, 2)))])
