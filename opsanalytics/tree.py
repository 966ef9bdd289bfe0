"""The files of a working tree, or of one commit, as (path, bytes): each read, refused or passed over, and counted."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha1, sha256
from pathlib import Path

from wcmatch import glob

from opsanalytics.repository import Repository

MAX_BYTES = 5_000_000
_GLOB = glob.GLOBSTAR | glob.BRACE | glob.FORCEUNIX
_NEVER = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})


@dataclass(frozen=True)
class Source:
    """A file that a glob matches. `data` is None when it was not read; then `problem` says why, and `is_refused`
    tells a file that should have been read from one that a rule passes over."""

    path: str
    data: bytes | None
    problem: str | None = None
    is_refused: bool = False

    @property
    def sha256(self) -> str | None:
        return None if self.data is None else sha256(self.data).hexdigest()

    @property
    def blob_id(self) -> str | None:
        """The id that git gives to these bytes."""
        return None if self.data is None else sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()  # noqa: S324


class Globs:
    """The patterns of one kind of record."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(pattern.removeprefix("./") for pattern in patterns)
        self._matcher = glob.compile(list(self.patterns), flags=_GLOB)

    def match(self, path: str) -> bool:
        return bool(self._matcher.match(path))

    def folders(self) -> set[str]:
        """The folders that have to be walked: what stands before the first wildcard."""
        return {_fixed_folder(pattern) for pattern in self.patterns}


def _fixed_folder(pattern: str) -> str:
    fixed = []
    for part in pattern.split("/")[:-1]:
        if any(mark in part for mark in "*?[{"):
            break
        fixed.append(part)
    return "/".join(fixed)


def read_tree(root: Path, globs: Globs) -> list[Source]:
    """The matching files of a folder, in the order of their paths."""
    found: dict[str, Source] = {}
    for folder in sorted(globs.folders()):
        for path, problem in _walk(root, folder):
            if path not in found and (problem or globs.match(path)):
                found[path] = Source(path, None, problem) if problem else _read(root, path)
    return [found[path] for path in sorted(found)]


def read_commit(repository: Repository, commit: str, globs: Globs) -> list[Source]:
    """The matching files of a commit, in the order of their paths."""
    blobs = [blob for blob in repository.files(commit) if globs.match(blob.path)]
    passed = [Source(_printable(blob.path), None, "symbolic link, not followed") for blob in blobs if blob.mode == "120000"]
    regular = [blob for blob in blobs if blob.mode.startswith("100")]
    read = [_within_size(_printable(blob.path), data) for blob, data in repository.contents(regular)]
    return sorted(passed + read, key=lambda source: source.path)


def _walk(root: Path, folder: str) -> Iterator[tuple[str, str | None]]:
    """Paths of files below a folder, with the reason where one is passed over. Links are never followed."""
    waiting = [folder]
    if folder and _has_link(root, folder):
        yield _printable(folder), "symbolic link to a folder, not followed"
        return
    while waiting:
        at = waiting.pop()
        try:
            entries = sorted(os.scandir(root / at), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = f"{at}/{entry.name}" if at else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NEVER:
                    waiting.append(path)
            elif entry.is_symlink() and entry.is_dir():
                yield _printable(path), "symbolic link to a folder, not followed"
            else:
                yield path, None


def _has_link(root: Path, folder: str) -> bool:
    at = root
    for part in folder.split("/"):
        at = at / part
        if at.is_symlink():
            return True
    return False


def _read(root: Path, path: str) -> Source:
    printable = _printable(path)
    try:
        about = os.lstat(root / path)
        if stat.S_ISLNK(about.st_mode):
            return Source(printable, None, "symbolic link, not followed")
        if not stat.S_ISREG(about.st_mode):
            return Source(printable, None, "not a regular file")
        if about.st_size > MAX_BYTES:
            return Source(printable, None, _too_large(about.st_size), is_refused=True)
        return Source(printable, _bytes(root / path))
    except OSError as error:
        return Source(printable, None, f"cannot be read: {error.strerror}", is_refused=True)


def _bytes(path: Path) -> bytes:
    """Neither follows a link nor waits for a pipe that took the file's place since it was looked at."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(MAX_BYTES + 1)


def _within_size(path: str, data: bytes) -> Source:
    return Source(path, None, _too_large(len(data)), is_refused=True) if len(data) > MAX_BYTES else Source(path, data)


def _too_large(size: int) -> str:
    return f"{size:,} bytes is more than the {MAX_BYTES:,} that a record may have"


def _printable(path: str) -> str:
    """A file name need not be Unicode; a path in a table must."""
    return os.fsencode(path).decode(errors="replace")
