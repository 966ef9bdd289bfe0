"""The demo company at the end of a quarter, of which its generator knows the truth."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from opsanalytics.scaffold.demo import write_demo
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

UNTIL = date(2026, 9, 30)
NOW = datetime(2026, 9, 30, 21, 59, 59)


def load_demo(folder: Path, seed: int) -> Path:
    """Its database."""
    write_demo(folder / "co", until=UNTIL, seed=seed)
    return load(read_workspace(folder / "co"), now=NOW).database
