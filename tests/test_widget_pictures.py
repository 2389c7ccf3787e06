"""Pictures of the rows: any form in, small PNG out, and never an error in the browser."""

import io
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from PIL import Image

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.widget.pictures import Pictures

RAMP = np.arange(64).reshape(8, 8)


def shown(images, row=0, n=3):
    """Return the picture of a row as an array."""
    content = Pictures(images, n).png(row)
    assert content.startswith(b"\x89PNG")
    return np.asarray(Image.open(io.BytesIO(content)))


def encoded(form="PNG", size=(8, 8), mode="RGB", color=(255, 0, 0), **options):
    buffer = io.BytesIO()
    Image.new(mode, size, color).save(buffer, form, **options)
    return buffer.getvalue()


def enlarged(pixels):
    return np.kron(pixels, np.ones((12, 12)))


def test_bytes_are_shown_as_they_are_and_enlarged_without_blur():
    pixels = (RAMP * 3).astype(np.uint8)
    np.testing.assert_array_equal(shown(np.stack([pixels] * 3)), enlarged(pixels))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_floats_from_0_to_1_are_not_stretched(dtype):
    images = np.stack([RAMP / 126, RAMP / 63 * 0, RAMP / 126]).astype(dtype)
    np.testing.assert_allclose(shown(images), enlarged(np.rint(RAMP / 126 * 255)), atol=1)


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int16])
def test_other_ranges_are_stretched_by_the_ends_of_all(dtype):
    images = np.stack([RAMP - 32, RAMP * 0 - 100, RAMP * 0 + 100]).astype(dtype)
    np.testing.assert_allclose(shown(images), enlarged(np.rint((RAMP + 68) / 200 * 255)))
    assert shown(images, 1).max() == 0
    assert shown(images, 2).min() == 255


def test_constant_and_missing_pixels_are_drawn():
    assert shown(np.full((3, 8, 8), 7.0)).max() == 0
    images = np.stack([RAMP / 63.0] * 3)
    images[0, 0, 0] = np.nan
    assert shown(images)[0, 0] == 0


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colours_in_either_order(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, channels), dtype=np.uint8)
    last = shown(pixels)
    assert last.shape == ((96, 96) if channels == 1 else (96, 96, channels))
    np.testing.assert_array_equal(last.reshape(96, 96, channels)[::12, ::12], pixels[0])
    np.testing.assert_array_equal(shown(torch.tensor(pixels).permute(0, 3, 1, 2)), last)


def test_booleans_are_black_and_white():
    assert set(np.unique(shown(np.stack([RAMP % 2 == 0] * 3)))) == {0, 255}


@pytest.mark.parametrize(("size", "expected"), [((28, 28), (84, 84)), ((64, 48), (48, 64)), ((300, 150), (64, 128)), ((1, 2), (96, 48)), ((5000, 1), (1, 128))])  # fmt: skip
def test_pictures_are_brought_to_the_size_of_a_card(size, expected):
    assert shown([encoded(size=size)] * 3).shape[:2] == expected


def test_every_form_of_an_item(tmp_path):
    path = tmp_path / "red.png"
    path.write_bytes(encoded())
    red = np.zeros((8, 8, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
    items = [
        encoded("PNG"),
        bytearray(encoded("PNG")),
        encoded("JPEG", quality=100, subsampling=0),
        encoded("WEBP", lossless=True),
        path,
        str(path),
        Image.open(path),
        red,
        red / 255.0,
        torch.tensor(red),
        torch.tensor(red).permute(2, 0, 1),
        {"bytes": encoded("PNG"), "path": None},
        {"bytes": None, "path": str(path)},
    ]
    for row in range(len(items)):
        np.testing.assert_allclose(shown(items, row, len(items))[0, 0], [255, 0, 0], atol=2)


@pytest.mark.parametrize("make", [list, tuple, lambda items: pd.Series(items, index=[5, 4, 3]), pl.Series, lambda items: np.array(items, dtype=object)])  # fmt: skip
def test_every_sequence(make):
    assert (
        shown(make([encoded(color=(0, 0, 9)), encoded(), encoded(color=(0, 0, 7))]), 2)[0, 0, 2]
        == 7
    )


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "HSV", "YCbCr", "LAB"]
)
def test_every_mode_of_a_picture(mode):
    assert shown([Image.new(mode, (8, 8))] * 3).shape[:2] == (96, 96)


def test_what_a_file_says_beside_its_pixels_stays_behind():
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "a secret place", 6
    source = encoded("JPEG", size=(8, 16), exif=exif)
    content = Pictures([source] * 3, 3).png(0)
    assert b"secret" not in content
    # Turned as its file says.
    assert Image.open(io.BytesIO(content)).size == (96, 48)


@pytest.mark.parametrize(
    "item",
    [
        None,
        b"",
        b"no picture",
        encoded()[:40],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "missing.png",
        "/",
        float("nan"),
        5,
        "x" * 5000,
        np.zeros((0, 8)),
        np.zeros(8),
        np.zeros((8, 8, 2)),
        np.array([["a"]]),
        {},
        {"bytes": 5},
        pickle.dumps(1),
        object(),
    ],
)
def test_a_picture_that_cannot_be_read_is_none(item):
    assert Pictures([item, None], 2).png(0) is None


def test_a_bomb_is_none(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert Pictures([encoded(size=(64, 64))], 1).png(0) is None


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 8, 8)), r"images must have one picture per row of X.*\(3, h, w\).*got shape \(2, 8, 8\)"),
        (np.zeros((3, 64)), r"got shape \(3, 64\) of float64; write X.reshape\(3, h, w\)"),
        (np.zeros((3, 8, 8, 2)), r"got shape \(3, 8, 8, 2\)"),
        (np.zeros((3, 8, 8), complex), r"got shape .* of complex128"),
        ([b"", b""], r"images must hold one picture per row of X, 3 in all, got 2"),
        ((b for b in [b""]), r"images must be an array, a sequence of pictures or a column's name, got generator"),
        (b"123", r"got bytes"),
        (5, r"got int"),
        (["https://example.org/a.png"] * 3, r"got the address 'https://example.org/a.png'; nothing is ever downloaded"),
    ],
)  # fmt: skip
def test_what_holds_no_pictures_is_refused(images, message):
    with pytest.raises((InvalidInputError, InvalidTypeError), match=message):
        Pictures(images, 3)
