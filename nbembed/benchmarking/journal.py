"""Trials, and the file that holds those that are done.

One line of JSON for each trial, written at once and flushed to the disk, so that an interrupted
run loses the trial it was in and no other. A line that was cut short is skipped.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbembed.errors import InvalidInputError

__all__ = ["Journal", "Trial"]

FORMAT = 1


@dataclass(frozen=True)
class Trial:
    """One method on one data set with one seed.

    Attributes
    ----------
    data, method : str
        Names of both.
    seed : int
        What fixed the method's randomness.
    n_samples : int
        Rows of the data.
    scores : mapping
        Score by name; empty if the trial failed.
    standard_errors : mapping
        Of scores that were measured on a sample of the rows.
    seconds : float
        Wall time of ``fit_transform`` alone.
    peak_bytes : int or None
        How far the resident memory of the process rose above where it was; None where the system does not tell.
    error : str
        What went wrong; ``""`` if nothing did.
    fingerprint : str
        Of all that the scores depend on: parameters, data, seed, versions.
    """

    data: str
    method: str
    seed: int
    n_samples: int
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    standard_errors: Mapping[str, float] = field(default_factory=dict[str, float])
    seconds: float = 0.0
    peak_bytes: int | None = None
    error: str = ""
    fingerprint: str = ""


class Journal:
    """Trials that are done, by fingerprint, in memory and in a file.

    Parameters
    ----------
    path
        The file, made if it is not there. None keeps nothing.

    Raises
    ------
    InvalidInputError
        If ``path`` is a folder, in no folder, or a file of something else.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self.path = None if path is None else Path(path)
        self._done: dict[str, Trial] = {}
        if self.path is None:
            return
        if self.path.is_dir() or not self.path.parent.is_dir():
            raise InvalidInputError(
                f"path must be a file in a folder that is there, got {self.path}; make the folder first"
            )
        if self.path.exists():
            self._read(self.path)

    def __len__(self) -> int:
        return len(self._done)

    def find(self, fingerprint: str) -> Trial | None:
        """Return the trial with this fingerprint if it is done; one that failed is not."""
        return self._done.get(fingerprint)

    def add(self, trial: Trial, context: Mapping[str, Any]) -> None:
        """Write a trial to the file, with what else should be known of it.

        Parameters
        ----------
        trial
            Done or failed.
        context
            Parameters and versions; for people, read by nobody.
        """
        if self.path is None:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = {"format": FORMAT, **asdict(trial), "finished": now, **context}
        line = json.dumps(record, ensure_ascii=False, default=str) + "\n"
        with self.path.open("ab+") as file:
            if file.tell() and not _ends_a_line(file):
                line = "\n" + line
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self, path: Path) -> None:
        lines = path.read_bytes().splitlines()
        records = [record for record in map(_parsed, lines) if record is not None]
        if any(line.strip() for line in lines) and not records:
            raise InvalidInputError(
                f"path must be a file that benchmark has written, or a new one, got {path}, which holds something "
                "else; choose another name"
            )
        names = set(Trial.__dataclass_fields__)
        for record in records:
            trial = Trial(**{name: value for name, value in record.items() if name in names})
            if not trial.error:
                self._done[trial.fingerprint] = trial


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return the record in a line, None if it holds none of ours or only a part of one."""
    try:
        record: Any = json.loads(line)
    except ValueError:
        return None
    needed = {"data", "method", "seed", "n_samples", "fingerprint"}
    fine = isinstance(record, dict) and record.get("format") == FORMAT and needed <= set(record)
    return record if fine else None


def _ends_a_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
