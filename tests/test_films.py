"""A run as a moving picture."""

import io

import numpy as np
import pytest
from PIL import Image

from nbembed import films
from nbembed.encodings import measured_spec
from nbembed.errors import InvalidInputError, RunEndedError
from tests.widgets import make


def pictures(content):
    film = Image.open(io.BytesIO(content))
    found, durations = [], []
    for i in range(film.n_frames):
        film.seek(i)
        durations.append(film.info["duration"])
        found.append(np.asarray(film.convert("RGB")).astype(int))
    return found, durations, film


def growing(count=5):
    Y = np.random.default_rng(0).uniform(-1, 1, size=(40, 2))
    return [(10 * i, "optimization", Y * (i + 1)) for i in range(count)]


def ink(picture):
    """Return the extent of the coloured points; the text and the frame are grey."""
    rows, columns = np.nonzero(np.ptp(picture, axis=2) > 60)
    return np.ptp(rows), np.ptp(columns)


def test_what_grows_is_seen_to_grow_and_each_map_may_have_its_own_scale():
    found, durations, film = pictures(films.gif(growing(), fps=10))
    assert (len(found), film.size, film.info["loop"]) == (5, (640, 480), 0)
    assert durations == [100] * 4 + [2000]
    sizes = [ink(p)[0] for p in found]
    assert sizes == sorted(sizes)
    assert sizes[0] == pytest.approx(sizes[-1] / 5, rel=0.2)
    fitted, _, _ = pictures(films.gif(growing(), fixed_axes=False))
    assert ink(fitted[0]) == pytest.approx(ink(fitted[-1]), abs=4)


def test_moments_are_chosen_evenly_with_both_ends():
    seen = []

    def encodings_of(moment):
        seen.append(moment[0])
        return {}

    content = films.gif(growing(9), encodings_of=encodings_of, max_frames=3)
    assert seen == [0, 40, 80]
    assert len(pictures(content)[0]) == 3


def test_every_picture_has_its_own_colours():
    def encodings_of(moment):
        return {"color": measured_spec(np.full(40, moment[0] / 40), "c", ends=(0.0, 1.0))}

    Y = growing(1)[0][2]
    found, _, _ = pictures(films.gif([(s, "", Y) for s in (0, 40)], encodings_of=encodings_of))
    left = [p[60:400, 60:480].reshape(-1, 3) for p in found]  # without the colour bar
    first, last = (p[np.ptp(p, axis=1) > 60].mean(axis=0) for p in left)
    assert first[2] > first[1]  # dark violet
    assert last[1] > last[2]  # light green


def test_the_history_of_a_widget_is_written_at_once(blobs, tmp_path):
    widget = make(blobs, n_epochs=30, labels=np.repeat(["a", "b", "c"], 50))
    with pytest.raises(RunEndedError, match="no map yet"):
        widget.to_gif(tmp_path / "map.gif")
    widget.fit().color("kept")
    path = widget.to_gif(tmp_path / "map.gif", max_frames=4, title="blobs")
    assert path == tmp_path / "map.gif"
    assert [p.name for p in tmp_path.iterdir()] == ["map.gif"]
    found, _, _ = pictures(path.read_bytes())
    assert len(found) == 4
    assert not np.array_equal(found[0], found[-1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fps": 0}, "fps must be"),
        ({"max_frames": 1}, "max_frames must be"),
        ({"fixed_axes": 1}, "fixed_axes must be"),
    ],
)
def test_what_cannot_be_drawn_says_so(arguments, message):
    with pytest.raises((InvalidInputError, TypeError), match=message):
        films.gif(growing(), **arguments)
    with pytest.raises(InvalidInputError, match="at least one map"):
        films.gif([])
