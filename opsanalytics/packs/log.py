"""`reports/.log.jsonl`: what was done once and must not be done again, whoever asks. It is only ever appended to.

A line is a JSON object with its `kind`, the instant `at` which it was written, in UTC, and the `id` of what it is about;
kinds have keys of their own besides. Writers take turns by a lock. A line that a kill cut short ends nothing and hides
nothing: it is left out, the next one begins below it, and whoever reads the log can say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from opsanalytics.errors import DestinationError
from opsanalytics.packs.shelf import make_shelf

NAME = ".log.jsonl"

Entry = dict[str, Any]


def entry(kind: str, at: datetime, about: str, **said: Any) -> Entry:
    """at: naive UTC."""
    return {"kind": kind, "at": at.isoformat(timespec="seconds"), "id": about, **said}


@dataclass(frozen=True)
class Log:
    """Oldest first. unreadable: the numbers of lines that are no entry, from 1."""

    path: Path
    entries: Sequence[Entry] = ()
    unreadable: Sequence[int] = ()

    def append(self, entries: Sequence[Entry]) -> None:
        """On disk when it returns. Only within `writing`."""
        lines = "".join(f"{json.dumps(each)}\n" for each in entries)
        with self.path.open("ab+") as file:
            file.write((_line_end(file) + lines).encode())
            file.flush()
            os.fsync(file.fileno())


def read_log(shelf: Path) -> Log:
    path = shelf / NAME
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return Log(path)
    except OSError as error:
        raise DestinationError(f"{path}: cannot be read ({error.strerror}); free it or choose another place") from error
    found = {number: _entry(line) for number, line in enumerate(lines, 1) if line.strip()}
    return Log(path, [each for each in found.values() if each], [number for number, each in found.items() if not each])


@contextmanager
def writing(shelf: Path) -> Iterator[Log]:
    """The log as it stands, while nobody else writes to it."""
    try:
        make_shelf(shelf)
        with FileLock(shelf / f"{NAME}.lock"):
            yield read_log(shelf)
    except OSError as error:
        raise DestinationError(f"{shelf / NAME}: cannot be written ({error.strerror}); free it or choose another place") from error


def _entry(line: bytes) -> Entry | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_entry = isinstance(said, dict) and all(isinstance(said.get(key), str) for key in ("kind", "at", "id"))
    return said if is_entry else None


def _line_end(file: Any) -> str:
    """Below a line that was cut short a new one begins."""
    if not file.tell():
        return ""
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"
