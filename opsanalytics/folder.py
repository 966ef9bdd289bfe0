"""Which folder is a workspace, and where its settings and its database lie in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from opsanalytics.kinds import PLACES

CONFIG = "ops.yml"
DATABASE = "data/ops.duckdb"


def find_workspace(start: Path) -> Path:
    """The nearest folder upwards that has an ops.yml, else the nearest with one of the conventional places, else
    `start` itself: an empty workspace is one too."""
    upwards = (start.resolve(), *start.resolve().parents)
    return _nearest(upwards, (CONFIG,)) or _nearest(upwards, PLACES) or upwards[0]


def _nearest(folders: Sequence[Path], marks: Sequence[str]) -> Path | None:
    return next((folder for folder in folders if any((folder / mark).exists() for mark in marks)), None)
