"""Short runs of t-SNE side by side: the same steps as a fit takes, with their maps and true losses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import initialization
from nbembed.forces import GradientStepper, KernelStepper
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Control, Scene
from nbembed.kernels import kernel_named
from nbembed.neighbors import Graph

__all__ = [
    "EARLY",
    "STEPS",
    "Lane",
    "lane",
    "live_controls",
    "start_of",
    "steps_control",
    "steps_of",
]

# Steps with exaggeration, and steps in all; the published numbers are 250 and 1,000.
EARLY, STEPS = 100, 350
# Maps that are kept of a lane.
KEPT = 26
# Beyond this a map is no map any more.
LARGEST = 1e6

# Of a run that goes on: what can be changed, from where to where.
LIVE = {
    "exaggeration": ("Exaggeration of this run", 0.5, 50.0),
    "learning_rate": ("Learning rate of this run", 0.1, 1e4),
}


@dataclass(frozen=True, eq=False)
class Lane:
    """One run.

    Attributes
    ----------
    name : str
    steps : ndarray of int, shape (m,)
        When the maps were taken, 0 for the start.
    maps : ndarray of float32, shape (m, n, 2)
    kl : ndarray, shape (m,)
        The true divergence of each map, in nats, without exaggeration.
    exaggeration : ndarray, shape (m,)
        The factor in force at each map.
    diverged : bool
        Whether the run was ended because positions grew beyond all measure.
    """

    name: str
    steps: NDArray[np.intp]
    maps: NDArray[np.float32]
    kl: Floats
    exaggeration: Floats
    diverged: bool


def start_of(points: Floats, how: str = "pca", *, seed: int = 0) -> NDArray[np.float32]:
    """Return where a run starts, with the standard deviation that t-SNE starts with.

    "pca", "random" or "circle": all points on a circle in the order of their rows.
    """
    if how == "circle":
        angle = np.arange(len(points)) * (2.0 * np.pi / len(points))
        start = np.column_stack([np.cos(angle), np.sin(angle)])
    elif how == "random":
        start = initialization.random(len(points), 2, random_state=seed)
    else:
        start = initialization.pca(points, 2, random_state=seed)
    return initialization.scale_for_tsne(start)


def lane(  # noqa: PLR0913 - one argument per knob
    graph: Graph,
    start: NDArray[Any],
    *,
    name: str = "",
    learning_rate: float | None = None,
    exaggeration: float = 12.0,
    early: int | None = None,
    steps: int = STEPS,
    kernel: str = "student_t",
    kept: int = KEPT,
) -> Lane:
    """Run t-SNE on a graph of joint probabilities.

    Parameters
    ----------
    graph
        Affinities that sum to 1.
    start
        Where the points start, shape (n, 2).
    learning_rate
        None takes that of :class:`nbembed.TSNE`: n / 12, but at least 200.
    exaggeration, early
        The factor of the attraction in the first steps, and how many these are: None takes 100, but at most
        a third of all.
    steps
        Steps in all.
    kernel
        "student_t", or "gaussian" for SNE.
    kept
        About how many maps are kept.
    """
    early = min(EARLY, steps // 3) if early is None else early
    rate = max(200.0, graph.n / 12.0) if learning_rate is None else learning_rate
    options: dict[str, Any] = {"learning_rate": rate, "momentum": 0.8, "exaggeration": exaggeration}
    if kernel == "student_t":
        stepper = GradientStepper(graph, start, **options)
    else:
        stepper = KernelStepper(graph, start, kernel=kernel_named(kernel), **options)
    wanted = set(np.unique(np.linspace(0, steps, kept).astype(int)).tolist()) | {early}
    taken: list[tuple[int, Any, float, float]] = []
    diverged = False
    for step in range(steps + 1):
        stepper.set("exaggeration", exaggeration if step < early else 1.0)
        if step in wanted:
            factor = exaggeration if 0 < step <= early else 1.0
            taken.append((step, stepper.embedding(), stepper.losses()["kl"], factor))
        try:
            stepper.step()
        except FloatingPointError:
            diverged = True
        if diverged or np.abs(stepper.view).max() > LARGEST:
            diverged = True
            break
    at, maps, kl, factors = zip(*taken, strict=True)
    return Lane(name, np.array(at), np.stack(maps), np.array(kl), np.array(factors), diverged)


def steps_of(scene: Scene, usual: int = STEPS) -> int:
    """Return how many steps the runs of a view take."""
    return int(scene.get("steps", usual))


def steps_control(scene: Scene, usual: int = STEPS) -> Control:
    """Return the slider of the number of steps."""
    value = steps_of(scene, usual)
    return Control("steps", "Steps", "slider", value, low=10, high=1000, step=10, acts="restart")


def live_controls(scene: Scene) -> tuple[Control, ...]:
    """Return what of the run on show can be changed for its next step; nothing where none goes on."""
    return tuple(
        Control(
            name,
            label,
            "slider",
            scene.live[name],
            low=low,
            high=high,
            scale="log",
            acts="next step",
        )
        for name, (label, low, high) in LIVE.items()
        if name in scene.live
    )
