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
_LINKED_FOLDER = "symbolic link to a folder, not followed"
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

    def blob_id(self, like: str) -> str | None:
        """The id that git gives to these bytes, in a repository whose ids look like that one."""
        digest = sha1 if len(like) == 40 else sha256
        return None if self.data is None else digest(b"blob %d\0" % len(self.data) + self.data).hexdigest()


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

    def walked(self) -> set[str]:
        return {_fixed_folder(pattern) for pattern in self.patterns if _has_wildcard(pattern)}

    def files(self) -> set[str]:
        """The patterns that name one file, for which nothing has to be walked."""
        return {pattern for pattern in self.patterns if not _has_wildcard(pattern)}


def _has_wildcard(part: str) -> bool:
    return any(mark in part for mark in "*?[{")


def _fixed_folder(pattern: str) -> str:
    fixed = []
    for part in pattern.split("/")[:-1]:
        if _has_wildcard(part):
            break
        fixed.append(part)
    return "/".join(fixed)


def read_tree(root: Path, globs: Globs) -> list[Source]:
    """The matching files of a folder, in the order of their paths."""
    found: dict[str, Source] = {}
    for path in sorted(globs.files()):
        if os.path.lexists(root / path):
            found[path] = Source(path, None, "symbolic link, not followed") if _has_link(root, path) else _read(root, path)
    for folder in sorted(globs.walked()):
        for path, passed_over in _walk(root, folder):
            if path not in found and (passed_over or globs.match(path)):
                found[path] = passed_over or _read(root, path)
    return [found[path] for path in sorted(found)]


def read_commit(repository: Repository, commit: str, globs: Globs) -> list[Source]:
    """The matching files of a commit, in the order of their paths."""
    blobs = [blob for blob in repository.files(commit) if globs.match(blob.path)]
    passed = [Source(_printable(blob.path), None, "symbolic link, not followed") for blob in blobs if blob.mode == "120000"]
    regular = [blob for blob in blobs if blob.mode.startswith("100")]
    large = [_too_large(_printable(blob.path), blob.size) for blob in regular if blob.size > MAX_BYTES]
    wanted = [blob for blob in regular if blob.size <= MAX_BYTES]
    read = [Source(_printable(blob.path), data) for blob, data in repository.contents(wanted)]
    return sorted([*passed, *large, *read], key=lambda source: source.path)


def _walk(root: Path, folder: str) -> Iterator[tuple[str, Source | None]]:
    """Paths of files below a folder; a folder that is passed over or cannot be read stands for what is in it."""
    waiting = [folder]
    if folder and _has_link(root, folder):
        if (root / folder).is_dir():
            yield folder, Source(_printable(folder), None, _LINKED_FOLDER)
        return
    while waiting:
        at = waiting.pop()
        try:
            entries = sorted(os.scandir(root / at), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield at, Source(_printable(at), None, f"folder cannot be read: {error.strerror}", is_refused=True)
            continue
        for entry in entries:
            path = f"{at}/{entry.name}" if at else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NEVER:
                    waiting.append(path)
            elif entry.is_symlink() and entry.is_dir():
                yield path, Source(_printable(path), None, _LINKED_FOLDER)
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
            return _too_large(printable, about.st_size)
        return Source(printable, _bytes(root / path))
    except OSError as error:
        return Source(printable, None, f"cannot be read: {error.strerror}", is_refused=True)


def _bytes(path: Path) -> bytes:
    """Neither follows a link nor waits for a pipe that took the file's place since it was looked at."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(MAX_BYTES + 1)


def _too_large(path: str, size: int) -> Source:
    return Source(path, None, f"{size:,} bytes is more than the {MAX_BYTES:,} that a record may have", is_refused=True)


def _printable(path: str) -> str:
    """A file name need not be Unicode; a path in a table must."""
    return os.fsencode(path).decode(errors="replace")
