"""What was measured beside a limit or a peer, as a table: `make bench` writes docs/reference/benchmarks.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`: ours beside a limit or a peer in the same run, on generated inputs. The ratio is what counts, since the
seconds are those of one machine. A row keeps the machine and the day of the run that measured it.

| # | work | ours | limit or peer | ratio | goal | machine, day |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Speed:
    """One row of the table. `against` names the limit or peer, with what it took."""

    number: str
    work: str
    ours: str
    against: str
    ratio: str
    goal: str

    def as_markdown(self) -> str:
        return f"| {self.number} | {self.work} | {self.ours} | {self.against} | {self.ratio} | {self.goal} | {_machine()}, {datetime.now(UTC).date()} |"


def _machine() -> str:
    names = [line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return f"{os.cpu_count()} cores of {(names or [platform.processor()])[0]}, Python {platform.python_version()}"


def write_page(page: Path, speeds: list[Speed]) -> None:
    """Rows that this run did not measure stay as they are."""
    rows = {line.split("|")[1].strip(): line for line in _lines(page) if line.startswith("| ") and not line.startswith("| #")}
    rows |= {speed.number: speed.as_markdown() for speed in speeds}
    page.write_text(HEAD + "".join(f"{rows[number]}\n" for number in sorted(rows)), encoding="utf-8")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def fastest(run: Callable[[], Any], rounds: int = 1) -> float:
    """In seconds."""
    return min(_seconds(run) for _ in range(rounds))


def _seconds(run: Callable[[], Any]) -> float:
    began = perf_counter()
    run()
    return perf_counter() - began
