"""Several maps of the same rows in one widget: what is compared, and how it is arranged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from nbembed import metrics
from nbembed.errors import InvalidInputError
from nbembed.training import Event, KeptRun
from nbembed.widget import packs
from nbembed.widget.curves import CurveFeed
from nbembed.widget.selection import InvalidTraitError
from nbembed.widget.session import Session

__all__ = [
    "ALIGN",
    "MODES",
    "Arrangement",
    "GallerySession",
    "Hung",
    "View",
    "check_maps",
    "names_of",
    "scores_of",
]

MODES = ("beside", "large", "over", "flicker")
VIEWS = ("map", "recursions")
ALIGN = ("all", "selection", "none")
# Most maps in one widget: more are too small to be seen, and their colours cannot be told apart.
MOST_MAPS = 12
# What parameters are called in a map's name.
WORDS = {"random_state": "seed"}
# Rows that quality is measured from.
SCORED_ROWS = 1_000


@dataclass(frozen=True, eq=False)
class Hung:
    """One of the maps.

    Attributes
    ----------
    name
        What it is called.
    run
        The run that led to it, as it stood.
    title, parameters
        The method, and its hyper-parameters, where they are known.
    notes
        What is to be said of its curves.
    """

    name: str
    run: KeptRun
    title: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


class Arrangement(traitlets.TraitType[Any, Any]):
    """How the maps of a widget's gallery are arranged: ``{"mode", "align", "onto"}``."""

    info_text = "{'mode': …, 'align': …, 'onto': number of a map}"

    def __init__(self) -> None:
        super().__init__()
        self.tag(sync=True, from_json=self._from_json)

    def make_dynamic_default(self) -> dict[str, Any]:
        """Side by side, all of each map aligned with the first one."""
        return {"mode": "beside", "align": "all", "onto": 0}

    def validate(self, obj: Any, value: Any) -> dict[str, Any]:
        """Return what was assigned, with what was left out as it is by default."""
        if not isinstance(value, Mapping) or set(value) - {"mode", "align", "onto"}:
            raise InvalidTraitError(f"arrangement must be {self.info_text}, got {value!r}")
        full = self.make_dynamic_default() | dict(value)
        for key, known in (("mode", MODES), ("align", ALIGN)):
            if full[key] not in known:
                raise InvalidTraitError(
                    f"{key} must be one of {', '.join(map(repr, known))}, got {full[key]!r}"
                )
        onto, most = full["onto"], max(1, len(obj.gallery.get("maps", ())))
        if isinstance(onto, bool) or not isinstance(onto, int) or not 0 <= onto < most:
            raise InvalidTraitError(
                f"onto must be the number of a map, 0 to {most - 1}, got {onto!r}"
            )
        return full

    def _from_json(self, content: Any, widget: Any) -> dict[str, Any]:
        try:
            return self.validate(widget, content)
        except InvalidTraitError:
            return getattr(widget, self.name or "")


class View(traitlets.TraitType[Any, Any]):
    """How a widget is opened: on the map, or on the maps after each phase and recursion."""

    info_text = "'map' or 'recursions'"
    default_value = VIEWS[0]

    def __init__(self) -> None:
        super().__init__()
        self.tag(sync=True, from_json=self._from_json)

    def validate(self, obj: Any, value: Any) -> str:
        """Return what was assigned; a widget that compares has only one view."""
        if value not in VIEWS:
            raise InvalidTraitError(f"view must be {self.info_text}, got {value!r}")
        if value != VIEWS[0] and obj.gallery.get("kind") == "compare":
            raise InvalidTraitError(
                f"view must be 'map' where maps are compared, got {value!r}; set it on one of the widgets"
            )
        return value

    def _from_json(self, content: Any, widget: Any) -> str:
        try:
            return self.validate(widget, content)
        except InvalidTraitError:
            return getattr(widget, self.name or "")


class GallerySession(Session):
    """Several maps that stand, with their way to the browser; what goes there says of which map it is."""

    hung: Sequence[Hung] = ()

    def _pack_all(self, *, most_bytes: int, most_frames: int) -> packs.Pack:
        """Return the histories of all maps as one description and one string of bytes."""
        room = most_bytes // max(1, len(self.hung))
        frames: list[dict[str, Any]] = []
        bodies: list[bytes] = []
        for number, each in enumerate(self.hung):
            kept = packs.moments(each.run)
            info, body = packs.pack(kept, self.number, room, most_frames)
            frames += [frame | {"map": number} for frame in info["frames"]]
            bodies.append(body)
        return {"run": self.number, "n": len(self.run.X), "frames": frames}, b"".join(bodies)

    def _curves_now(self, *, saved: bool = False) -> dict[str, Any]:
        """Return the curves of all maps, under names of their own."""
        found: dict[str, Any] = {}
        for number, each in enumerate(self.hung):
            feed = CurveFeed()
            feed.notes.update(each.notes)
            curves = each.run.history.curves
            portions = feed.saved(curves) if saved else feed.whole(curves)
            found |= {f"{number}/{name}": c | {"map": number} for name, c in portions.items()}
        return found

    def _story(self) -> packs.Pack | None:
        return self._pack_all(most_bytes=packs.STORY_BYTES, most_frames=packs.STORY_FRAMES)

    def _page_pack(self, kept: list[packs.Moment]) -> packs.Pack:  # noqa: ARG002 - as its parent
        info, body = self._pack_all(most_bytes=packs.PAGE_BYTES, most_frames=packs.PAGE_FRAMES)
        return info, packs.compressed(body)

    def _snapshot(self, status: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - as its parent
        """Return the traits a saved notebook keeps: the last map of each."""
        info, body = self._pack_all(most_bytes=0, most_frames=1)
        coarse = packs.coarse(body) if len(self.run.X) > packs.FINE_POINTS else body
        return {
            "snapshot": packs.compressed(coarse),
            "snapshot_info": info,
            "curves": self._curves_now(saved=True),
        }


def names_of(hung: Sequence[Hung]) -> list[str]:
    """Return a name for each map that says in what it differs from the others.

    That is the method; of several maps of one method the parameters that differ, and what was set in
    mid-run.
    """
    names: list[str] = []
    for each in hung:
        kin = [other for other in hung if other.title == each.title]
        told = [
            f"{WORDS.get(name, name)} {value}"
            for name, value in each.parameters.items()
            if any(not _equal(other.parameters.get(name), value) for other in kin)
        ]
        if len({_events(other) for other in kin}) > 1:
            told += [f"{e.name} {e.value:g} from step {e.step}" for e in each.run.events]
        names.append(", ".join([each.title, *told] if each.title else [each.name]))
    return [
        f"{name} ({1 + names[:i].count(name)})" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def scores_of(
    maps: Sequence[NDArray[np.float32]], X: NDArray[np.float32] | None, onto: int = 0
) -> tuple[list[dict[str, float]], NDArray[np.float64], str]:
    """Return the scores of each map, the stability of each point, and what the scores stand for.

    Parameters
    ----------
    maps
        At least two, of the same rows.
    X
        The data, None where they are not known: then quality is not measured.
    onto
        The map that the others are compared with.
    """
    n = len(maps[0])
    k = max(1, min(15, (n - 1) // 2 - 1))
    stability, shared = metrics.neighbor_agreement(maps, n_neighbors=k)
    scores: list[dict[str, float]] = [{} for _ in maps]
    note = ""
    if X is not None and n > 2:  # noqa: PLR2004 - two rows are too few to tell near from far
        quality = metrics.LiveQuality(X, k, sample=min(SCORED_ROWS, n))
        note = f"quality measured from {quality.sample_size:,} of {n:,} rows, {k} neighbours"
        scores = [quality.measure(embedding) for embedding in maps]
    for number, embedding in enumerate(maps):
        scores[number]["stability"] = float(np.delete(shared[number], number).mean())
        if embedding.shape == maps[onto].shape:
            scores[number]["difference"] = metrics.procrustes_disparity(maps[onto], embedding)
    return scores, stability, note


def check_maps(maps: Sequence[NDArray[Any]]) -> None:
    """Raise unless there are at least two maps of the same rows, and not too many."""
    if not 2 <= len(maps) <= MOST_MAPS:  # noqa: PLR2004
        raise InvalidInputError(f"maps must hold 2 to {MOST_MAPS} maps, got {len(maps)}")
    for one, other in pairwise(maps):
        if len(one) != len(other):
            raise InvalidInputError(
                f"maps must all be of the same rows, got maps of {len(one)} and {len(other)} rows"
            )


def _events(hung: Hung) -> tuple[Event, ...]:
    return tuple(hung.run.events)


def _equal(one: Any, other: Any) -> bool:
    return one is other or bool(np.array_equal(one, other))
