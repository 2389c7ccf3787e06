"""A document as a picture: data, relations, losses and phases from left to right, with an alternative in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from nbembed.spec.parts import Described, Loss, Relation, Stage, Step

__all__ = ["Diagram"]

# Sizes in pixels of the picture, which scales.
WIDTH, GAP, LINE, PAD, SPACE, TOP = 190, 46, 15, 8, 14, 26
FONT = "font-family='system-ui,sans-serif' font-size='11'"
# Letters that fit into a line of a box.
LETTERS = 30
COLUMNS = ("data", "relations", "losses", "phases")


@dataclass(frozen=True)
class Box:
    """One thing in the picture.

    Attributes
    ----------
    key : str
        What lines call it.
    lines : tuple of str
        Its name, then more.
    before : tuple of str
        The keys of what leads to it.
    """

    key: str
    lines: tuple[str, ...]
    before: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """Of the box."""
        return 2 * PAD + LINE * len(self.lines)


class Diagram:
    """The flow of a document: data → relations and their transforms → losses → phases.

    In a notebook it shows itself as a picture; printed it is words.

    Parameters
    ----------
    parts
        The document.
    title
        What people call the method.
    active
        The phase that is lit with the losses that it trains on, by its name; default none.
    losses
        Values of losses by name, to be written beside them; default none.
    """

    def __init__(
        self,
        parts: Described,
        title: str,
        *,
        active: str | None = None,
        losses: Mapping[str, float] | None = None,
    ) -> None:
        self.title, self.active, self.values = title, active, dict(losses or {})
        self._parts = parts

    @property
    def columns(self) -> list[list[Box]]:
        """The boxes, column by column."""
        parts = self._parts
        sources = dict.fromkeys(_sources(parts))
        data = [Box(f"data {name}", (name, *_derivation(parts, name))) for name in sources]
        relations = [_relation_box(relation) for relation in parts.relations.values()]
        losses = [self._loss_box(loss) for loss in parts.losses.values()]
        phases = [_phase_box(stage, number) for number, stage in enumerate(parts.stages)]
        return [data, relations, losses, phases]

    def svg(self) -> str:
        """Return the picture as SVG; light and dark pages lend it their colours."""
        columns = self.columns
        places = dict[str, tuple[int, int, Box]]()
        height = 0
        for number, boxes in enumerate(columns):
            y = TOP
            for box in boxes:
                places[box.key] = (number * (WIDTH + GAP), y, box)
                y += box.height + SPACE
            height = max(height, y)
        width = len(columns) * (WIDTH + GAP) - GAP
        lines = [_arrow(places, key, box) for *_, box in places.values() for key in box.before]
        boxes = [self._drawn(*place) for place in places.values()]
        heads = [
            f"<text x='{i * (WIDTH + GAP)}' y='14' font-weight='bold' fill='currentColor'>{name}</text>"
            for i, name in enumerate(COLUMNS)
        ]
        words = f"<title>{escape(self.title)}</title><desc>{escape(self.text())}</desc>"
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' role='img' viewBox='0 0 {width} {height}' "
            f"style='max-width:{width}px;width:100%' {FONT}>{words}{''.join(lines + heads + boxes)}</svg>"
        )

    def text(self) -> str:
        """Return the same in words, a line for each thing."""
        names = {box.key: box.lines[0] for boxes in self.columns for box in boxes}
        found = [f"{self.title}:"]
        for column, boxes in zip(COLUMNS, self.columns, strict=True):
            for box in boxes:
                origin = ", ".join(names.get(key, key) for key in box.before)
                origin = f" (from {origin})" if origin else ""
                lit = ", now" if self._is_active(box) else ""
                found.append(f"{column}: {'; '.join(box.lines)}{origin}{lit}")
        return "\n".join(found)

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return self.text()

    # ---- inside -------------------------------------------------------------------------------

    def _loss_box(self, loss: Loss) -> Box:
        compares = loss.rels and loss.func.name != "none"
        lines = [loss.name, f"{loss.type}: {loss.func.name}" if compares else loss.type]
        if loss.name in self.values:
            lines.append(f"value {self.values[loss.name]:.4g}")
        before = [f"relation {name}" for name in loss.rels] + [f"data {name}" for name in loss.data]
        return Box(f"loss {loss.name}", tuple(lines), tuple(before))

    def _is_active(self, box: Box) -> bool:
        return box.key in self._lit

    @cached_property
    def _lit(self) -> set[str]:
        """The keys of the phase that trains, and of its losses."""
        stages = enumerate(self._parts.stages)
        found = [(i, stage) for i, stage in stages if stage.name == self.active][:1]
        losses = {f"loss {name}" for _, stage in found for name in stage.components}
        return losses | {f"phase {number}" for number, _ in found}

    def _drawn(self, x: int, y: int, box: Box) -> str:
        lit = self._is_active(box)
        fill = (
            "fill='#e69f00' fill-opacity='0.35'"
            if lit
            else "fill='currentColor' fill-opacity='0.06'"
        )
        frame = (
            f"<rect x='{x}' y='{y}' width='{WIDTH}' height='{box.height}' rx='5' {fill} "
            f"stroke='currentColor' stroke-width='{2 if lit else 1}'/>"
        )
        rows = [
            f"<text x='{x + PAD}' y='{y + PAD + LINE * (i + 1) - 4}' fill='currentColor'"
            f"{' font-weight=' + chr(39) + '600' + chr(39) if i == 0 else ''}>{escape(_cut(line))}</text>"
            for i, line in enumerate(box.lines)
        ]
        return frame + "".join(rows)


def _sources(parts: Described) -> list[str]:
    """Return the names of all data that anything uses, in order."""
    found = [r.data for r in parts.relations.values() if r.level == "global"]
    found += [name for loss in parts.losses.values() for name in loss.data]
    return [*found, *parts.derived]


def _derivation(parts: Described, name: str) -> Sequence[str]:
    recipe = parts.derived.get(name)
    if recipe is None:
        return ()
    if "values" in recipe:
        return ("given",)
    keys = ", ".join(key for _, key in recipe["keys"])
    return (f"{recipe['function'].name} of {keys}",)


def _relation_box(relation: Relation) -> Box:
    kind = _said(relation.type)
    steps = [f"→ {_said(step)}" for step in relation.transforms]
    before = (f"data {relation.data}",) if relation.level == "global" else ()
    lines = (relation.name, f"{relation.level}: {kind}", *steps)
    return Box(f"relation {relation.name}", lines, before)


def _phase_box(stage: Stage, number: int) -> Box:
    pairs = zip(stage.components, stage.weights, strict=True)
    lines = [stage.name, f"{stage.length} × {stage.sampling.name}, {stage.optimizer.name}"]
    lines += [f"{weight:g} · {name}" for name, weight in pairs]
    lines += [f"frozen: {', '.join(stage.frozen)}"] if stage.frozen else []
    before = tuple(f"loss {name}" for name in stage.components)
    return Box(f"phase {number}", tuple(lines), before)


def _said(step: Step) -> str:
    """Return a name with its numbers."""
    numbers = [
        v for v in step.options.values() if isinstance(v, (int, float)) and v not in (True, False)
    ]
    shown = [f"{value:g}" for value in numbers]
    return f"{step.name.replace('_', ' ')} {', '.join(shown)}".strip()


def _arrow(places: Mapping[str, tuple[int, int, Box]], key: str, box: Box) -> str:
    """Return the line from the box called ``key`` to ``box``; "" where it is not there."""
    if key not in places:
        return ""
    x, y, owner = places[key]
    right, down, _ = places[box.key]
    start, end = (x + WIDTH, y + owner.height // 2), (right, down + box.height // 2)
    bend = GAP // 2
    return (
        f"<path d='M{start[0]},{start[1]} C{start[0] + bend},{start[1]} {end[0] - bend},{end[1]} {end[0]},{end[1]}' "
        "fill='none' stroke='currentColor' stroke-opacity='0.45'/>"
    )


def _cut(line: str) -> str:
    return line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"
