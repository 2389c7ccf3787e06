"""The only loop in the project: a run yields one frame per step."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _threads
from nbembed._scaling import Scaling
from nbembed._types import State
from nbembed.callbacks import Callback
from nbembed.errors import InvalidInputError, RunEndedError
from nbembed.neighbors import Given
from nbembed.phases import Phase, phase_at
from nbembed.training.frame import Event, Frame, total
from nbembed.training.graphs import Graphs
from nbembed.training.history import History
from nbembed.training.live import check_live, effect_of, schedules_of, set_live
from nbembed.training.preparation import HEEDED, Prepared, prepare
from nbembed.training.recursions import extent, recursed, remember
from nbembed.training.steppers import Seen, make_stepper
from nbembed.training.stepping import Stepper
from nbembed.training.storing import Storable

__all__ = ["Run"]


class Run(Storable, Iterator[Frame]):
    """A fit as an iterator of frames.

    Pulling a frame does the work of one step; not pulling is a pause. First come the frames of the
    stages (``frame.is_stage``), then the starting map as step 0, then one frame per step. Nothing
    that looks at a run changes its numbers.

    Parameters
    ----------
    X
        Checked data, shape (n_samples, n_features), float32.
    phases
        What to do, in order.
    seed
        A non-negative integer that fixes every random draw.
    init_array
        The starting map when the first phase says ``init={"name": "array"}``.
    callbacks
        Called with every frame; see :class:`nbembed.callbacks.Callback`.
    history
        Where maps, losses and states are kept; a fresh :class:`History` when None.
    n_jobs
        Threads to use; None means all. The result does not depend on it.
    scaling
        How ``X`` was made of the data as they were given; kept for later rows.
    module
        The caller's own network, for a phase whose model is called ``"module"``; a copy of it is trained.
    device, dtype
        Where a network works, and in which precision free coordinates move. Default ``"cpu"``, ``"float32"``.
    given
        Affinities, neighbours or distances that take the place of those of ``X``.
    targets
        What the phases need beside plain data, by key: what terms ask for, and labels for affinities.
    """

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        X: NDArray[np.float32],
        phases: Iterable[Phase],
        *,
        seed: int,
        init_array: NDArray[np.float32] | None = None,
        callbacks: Iterable[Callback] = (),
        history: History | None = None,
        n_jobs: int | None = None,
        scaling: Scaling | None = None,
        module: Any = None,
        device: str = "cpu",
        dtype: str = "float32",
        given: Given | None = None,
        targets: Mapping[str, Any] | None = None,
    ) -> None:
        self.X = X
        self._given = given
        self.phases = list(phases)
        terms = {part["key"]: part for phase in self.phases for part in phase.terms}
        self.scaling = scaling or Scaling()
        self._seen = Seen(X, module, device, targets or {}, terms, self.scaling, dtype)
        if not self.phases:
            raise InvalidInputError("phases must hold at least one phase, got none")
        self.seed = seed
        self.n_jobs = n_jobs
        self.callbacks = list(callbacks)
        self.history = history or History()
        self.events: list[Event] = []
        self.step = 0
        self.n_steps = sum(phase.n_steps for phase in self.phases)
        self._ends = {stage.end for stage in self.stages[:-1]}
        self._init_array = init_array
        labels = self._seen.targets.get(HEEDED)
        self._preparation = prepare(
            X, self.phases[0], seed=seed, init_array=init_array, given=given, labels=labels
        )
        self._prepared: Prepared | None = None
        self._graphs = Graphs(X, self.phases, seed=seed, given=given)
        self._stepper: Stepper | None = None
        self._phase_index = 0
        self._overrides: dict[str, float] = {}
        self._replay: list[Event] = []
        self._frame: Frame | None = None
        self._started = self._ended = False

    # ---- the iterator -------------------------------------------------------------------------

    def __iter__(self) -> "Run":
        return self

    def __next__(self) -> Frame:
        """Do the next piece of work and return the frame that shows it."""
        if self._ended:
            raise StopIteration
        if self._frame is not None:
            self._frame.expire()
        self._start_once()
        try:
            with _threads.use_threads(self.n_jobs):
                frame = self._next_frame()
        except BaseException:
            self.close()
            raise
        if frame is None:
            self.close()
            raise StopIteration
        self._frame = frame
        # A list, not any(): every callback sees every frame.
        if any([callback.on_frame(frame) for callback in self.callbacks]):  # noqa: C419
            self.close()
        return frame

    def close(self) -> None:
        """End the run where it stands. What it has reached stays readable."""
        if not self._ended:
            self._ended = True
            self._preparation.close()
            self._graphs.close()
            for callback in self.callbacks if self._started else ():
                callback.on_end()

    # ---- steering -----------------------------------------------------------------------------

    def set(self, name: str, value: float) -> str:
        """Change a live parameter from the next step on, until the run ends.

        Returns
        -------
        str
            ``"next step"``, or ``"needs a restart"`` for what has no meaning in mid-run; nothing is
            changed then.
        """
        if self._ended:
            raise RunEndedError(f"cannot set {name}: the run has ended after {self.step} steps")
        effect = effect_of(self.phase, name)
        if effect == "next step":
            check_live(self.phase, name, value)
            self._apply(Event(self.step, self.phase.name, name, value))
        return effect

    def branch(self, step: int | None = None, *, phases: Iterable[Phase] | None = None) -> "Run":
        """Return a new run that stands where this one stood after ``step`` steps.

        It shares the data and the affinities, has its own history and no callbacks, and goes on as
        this run did, bit by bit, until something is set on it.

        Parameters
        ----------
        step
            0 up to the present step, which is the default. Steps between two stored states are
            replayed.
        phases
            What the new run does instead of this one's; those up to the one that ``step`` belongs to must be
            the same. Default None.
        """
        target = self.step if step is None else step
        if self._prepared is None or not 0 <= target <= self.step:
            reached = "no step yet" if self._prepared is None else f"step {self.step}"
            raise InvalidInputError(
                f"step must be one this run has reached ({reached}), got {target}"
            )
        new = None if phases is None else list(phases)
        reached = phase_at(self.phases, target) + 1
        if new is not None and new[:reached] != self.phases[:reached]:
            raise InvalidInputError(
                f"phases must begin with the {reached} that the run has entered until step {target}, got others"
            )
        if target == self.step:
            return self._child(self.state, target, self.events, new)
        state = self.history.state_before(target)
        # A stored state was taken on arrival, before anything that was set at that step.
        return self._child(state, target, [e for e in self.events if e.step < state["step"]], new)

    def resume(self, state: State) -> "Run":
        """Return a new run that goes on from a ``state`` which this run had earlier, or has now."""
        if self._prepared is None:
            raise RunEndedError("a run cannot be resumed before its first map; pull frames first")
        step = int(state["step"])
        return self._child(state, step, [e for e in self.events if e.step <= step])

    # ---- inside -------------------------------------------------------------------------------

    def _child(
        self,
        state: State,
        target: int,
        events: Iterable[Event],
        phases: list[Phase] | None = None,
    ) -> "Run":
        """Return a new run that stands at step ``target``, replayed from ``state``, before which ``events`` were."""
        if self._prepared is None:
            raise RunEndedError("a run has no children before its first map; pull frames first")
        step = int(state["step"])
        child = Run(
            self.X,
            phases or self.phases,
            seed=self.seed,
            init_array=self._init_array,
            history=self.history.until(step),
            n_jobs=self.n_jobs,
            scaling=self.scaling,
            module=self._seen.module,
            device=self._seen.device,
            dtype=self._seen.dtype,
            given=self._given,
            targets=self._seen.targets,
        )
        # What is replayed gives the same affinities again.
        child._graphs = self._graphs.until(phase_at(self.phases, target), child.phases)
        child._load(state, self._prepared)
        child.events = list(events)
        child._replay = [e for e in self.events if step <= e.step < target]
        while child.step < target:
            child._next_frame()
        return child

    def _start_once(self) -> None:
        if not self._started:
            self._started = True
            for callback in self.callbacks:
                callback.on_start(self.n_steps)

    def _next_frame(self) -> Frame | None:
        """Return the next frame, None when the run is complete."""
        if self._prepared is None:
            try:
                stage, progress = next(self._preparation)
            except StopIteration as end:
                prepared: Prepared = end.value
                self._prepared, self._graphs.there[0] = prepared, prepared.graph
                self._enter(0, prepared.start)
                self._record()
                return self._show({})
            else:
                return self._show_stage(stage, progress, self.phase)
        if self._stepper is None or self.step == self.n_steps:
            return None
        return self._advance(self._stepper)

    def _advance(self, stepper: Stepper) -> Frame:
        """Do one step, in the next phase if this one is complete and the affinities of that are there."""
        if self.step == sum(p.n_steps for p in self.phases[: self._phase_index + 1]):
            index = self._phase_index + 1
            stage = self._graphs.work(index, stepper)
            if stage is not None:
                return self._show_stage(*stage, self.phases[index])
            stepper = self._enter(index, stepper.embedding(), stepper)
        while self._replay and self._replay[0].step == self.step:
            self._apply(self._replay.pop(0))
        try:
            stepper.step()
        except ArithmeticError:
            self.step += 1
            raise self._diverged(stepper) from None
        self.step += 1
        losses = self._record()
        ended = recursed(self.phases, self._phase_index, self.step, self.X, stepper)
        if ended is not None:
            remember(self.history, ended)
        return self._show(losses)

    def _enter(
        self, index: int, start: NDArray[np.float32], before: Stepper | None = None
    ) -> Stepper:
        """Make the stepper of phase ``index``, with everything that was set so far."""
        self._phase_index = index
        self._stepper = make_stepper(
            self.phase,
            index,
            self._graphs.there[index],
            start,
            seed=self.seed,
            seen=self._seen,
            before=before,
            source=self._graphs.sources.get(index),
        )
        for name in self._overrides:
            if effect_of(self.phase, name) == "next step":
                set_live(self._stepper, self.phase, self._overrides, name)
        return self._stepper

    def _apply(self, event: Event) -> None:
        self.events.append(event)
        self._overrides[event.name] = event.value
        if self._stepper is not None:
            set_live(self._stepper, self.phase, self._overrides, event.name)

    def _record(self) -> dict[str, float]:
        """Write the step into the history; return the losses if they were due."""
        stepper, step, history = self._stepper, self.step, self.history
        if stepper is None:
            return {}
        last = step == self.n_steps
        ends = step in self._ends
        if step % stepper.frame_every == 0 or last or ends:
            self._keep_map(stepper, always=ends)
        if history.wants_state(step):
            history.add_state(step, self.state)
        if step % min(history.loss_every, stepper.loss_every) and not last:
            return {}
        losses = stepper.losses()
        values = losses | ({"loss": total(losses, self.weights)} if len(losses) > 1 else {})
        values |= {"learning_rate": stepper.learning_rate, **schedules_of(stepper, self.phase)}
        for name, value in values.items():
            history.add_value(name, step, value)
        return losses

    def _keep_map(self, stepper: Stepper, *, always: bool = False) -> None:
        """Write the map into the history, and how large it is where recursions may enlarge it."""
        embedding = stepper.embedding()
        if not self.history.keep(self.step, self.phase.name, embedding, always=always):
            raise self._diverged(stepper)
        if self.phase.recursion is not None:
            self.history.add_value("extent", self.step, extent(embedding))

    def _diverged(self, stepper: Stepper) -> InvalidInputError:
        """Go back to the newest stored state, which is finite, and return the error to raise."""
        rate, step, phase = stepper.learning_rate, self.step, self.phase.name
        if self._prepared is not None and self.step:
            self._load(self.history.state_before(self.step - 1), self._prepared)
            self.history = self.history.until(self.step)
        return InvalidInputError(
            f"learning_rate must be small enough for the map to stay finite, got {rate:g}, which sent points to "
            f"infinity at step {step} of phase {phase!r}; the map of step {self.step} is kept. Try a tenth of it"
        )

    def _show_stage(self, name: str, progress: float | None, phase: Phase) -> Frame:
        """Return the frame of a stage on the way to ``phase``."""
        return Frame(
            phase=name,
            step=self.step,
            n_steps=self.n_steps,
            progress=progress,
            recursion=phase.recursion,
            affinities_from=phase.affinities_from,
        )

    def _show(self, losses: dict[str, float]) -> Frame:
        """Return the frame of the present step."""
        stepper = self._stepper
        if stepper is None:
            raise RunEndedError("there is no map to show yet")
        return Frame(
            phase=self.phase.name,
            step=self.step,
            n_steps=self.n_steps,
            learning_rate=stepper.learning_rate,
            exaggeration=schedules_of(stepper, self.phase).get("exaggeration"),
            recorded_losses=losses,
            weights=self.weights,
            recursion=self.phase.recursion,
            affinities_from=self.phase.affinities_from,
            read_embedding=stepper.embedding,
            read_losses=stepper.losses,
        )

    def _load(self, state: State, prepared: Prepared) -> None:
        """Stand where ``state`` was taken."""
        self._prepared = prepared
        self._overrides = dict(state["overrides"])
        self._enter(int(state["phase_index"]), prepared.start)
        if self._stepper is not None:
            self._stepper.load_state_dict(state["stepper"])
        self.step = int(state["step"])

    def __repr__(self) -> str:
        state = "ended" if self._ended else "running" if self._started else "new"
        return f"Run(phase={self.phase.name!r}, step={self.step}, n_steps={self.n_steps}, {state})"
