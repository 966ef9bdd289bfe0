"""A private folder of one run, where the system keeps such things. It goes with the run; what a kill left, the next run
clears away. A run holds a lock on its folder, which the system frees when it dies.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".opsanalytics-run-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Empty, and readable by its owner alone."""
    _clear_away()
    folder, lock = _make()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _make() -> tuple[Path, int | None]:
    """Tried again where another run took the new folder, not yet locked, for one that was left."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):
            lock = _lock(folder, waiting=True)
            if folder.exists():
                return folder, lock


def _clear_away() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # it is in use, another user's, or gone by now
            lock = _lock(folder, waiting=False)
            if lock is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path, *, waiting: bool) -> int | None:
    """Held until the descriptor is closed. None on Windows, which locks no folders."""
    if sys.platform == "win32":
        return None
    from fcntl import LOCK_EX, LOCK_NB, flock

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        flock(descriptor, LOCK_EX | (0 if waiting else LOCK_NB))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
