"""The folder where packs stand. A pack is built in a run folder and put in its place by one rename.

A folder cannot be replaced by another in one step, so the one that stands is set aside, the new one moves in, and the
old one is deleted. Whoever comes next finishes what a kill left: a pack set aside with nothing in its place comes back,
and run folders whose run is dead are deleted. A run holds a lock beside its folder, from before the folder is there until
after it is gone; the system frees the lock when the run dies.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from opsanalytics.errors import DestinationError
from opsanalytics.packs.manifest import NAME as MANIFEST

RUNNING = ".running-"
ASIDE = ".aside-"
INCOMING = ".incoming-"
FAILED = ".failed"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}


@contextmanager
def run_folder(shelf: Path, destination: Path) -> Iterator[Path]:
    """A fresh folder on the shelf for one run that will stand at `destination`; gone at its end unless `put` moved it."""
    try:
        make_shelf(shelf)
        reap(shelf, destination)
        with _moving(shelf):
            place = shelf / f"{RUNNING}{uuid4().hex[:8]}"
            alive = FileLock(_lock_of(place))
            alive.acquire()
            place.mkdir()
    except OSError as error:
        raise DestinationError(f"{shelf}: cannot write there ({error.strerror}); free it or choose another") from error
    try:
        yield place
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DestinationError(f"{error.filename or shelf}: cannot write there ({error.strerror}); the pack that stood is as it was") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)
        alive.release()
        _lock_of(place).unlink(missing_ok=True)


def put(built: Path, destination: Path, *, shelf: Path) -> None:
    """Moves a finished pack to its place; what stood there goes only when the new one stands."""
    aside = destination.with_name(f"{ASIDE}{destination.name}")
    try:
        with _moving(shelf):
            destination.parent.mkdir(parents=True, exist_ok=True)
            _bring_back(aside)
            arrived = _on_the_same_disk(built, destination)
            stood = destination.exists()
            if stood:
                destination.rename(aside)
            arrived.rename(destination)
            if stood:
                shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise DestinationError(f"{destination}: cannot write there ({error.strerror}); choose another place") from error


def reap(shelf: Path, destination: Path) -> None:
    """Finishes what killed runs left: their folders go, a pack that was set aside comes back."""
    with _moving(shelf):
        for aside in (destination.with_name(f"{ASIDE}{destination.name}"), *shelf.glob(f"*/{ASIDE}*")):
            _bring_back(aside)
        for lock in shelf.glob(f"{RUNNING}*.lock"):
            if not _is_held(lock):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink(missing_ok=True)


def check_destination(destination: Path) -> None:
    """Refused with DestinationError: a file, or a folder that holds something else than a pack."""
    if destination.is_dir() and any(destination.iterdir()) and not _is_pack(destination):
        raise DestinationError(f"{destination}: holds files that are no pack; choose an empty or a new folder")
    if destination.exists() and not destination.is_dir():
        raise DestinationError(f"{destination}: is a file; choose a folder")


def keep_failed(notebook: Path, shelf: Path, name: str) -> Path:
    """Keeps an executed notebook with its error for reading."""
    kept = shelf / FAILED / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    if notebook.is_file():
        shutil.copyfile(notebook, kept)
    return kept


def _bring_back(aside: Path) -> None:
    """Finishes a move that a kill cut short. A folder that is no pack is somebody's own, whatever its name."""
    place = aside.with_name(aside.name.removeprefix(ASIDE))
    if _is_pack(aside) and place.exists():
        shutil.rmtree(aside, ignore_errors=True)
    elif _is_pack(aside):
        aside.rename(place)


def _is_pack(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def _is_held(lock: Path) -> bool:
    try:
        with FileLock(lock, timeout=0):
            return False
    except Timeout:
        return True


def _lock_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.lock")


def _moving(shelf: Path) -> FileLock:
    """Held for the moment in which packs and run folders change places."""
    return FileLock(shelf / ".lock")


def _on_the_same_disk(built: Path, destination: Path) -> Path:
    """A rename does not cross disks: for a place on another one the pack is copied beside it first, its manifest before
    the rest, by which the next run knows a copy that was cut short. Refused with FileExistsError: a folder of that name
    that is no pack.
    """
    if built.stat().st_dev == destination.parent.stat().st_dev:
        return built
    incoming = destination.with_name(f"{INCOMING}{destination.name}")
    if _is_pack(incoming):
        shutil.rmtree(incoming)
    incoming.mkdir()
    shutil.copy2(built / MANIFEST, incoming)
    return shutil.copytree(built, incoming, dirs_exist_ok=True)


def make_shelf(shelf: Path) -> None:
    """A shelf that we make keeps itself out of git; a folder that stood there is the team's."""
    if not shelf.exists():
        shelf.mkdir(parents=True, exist_ok=True)  # another run may make it too
        (shelf / ".gitignore").write_text("*\n", encoding="utf-8")
