"""The files of a working tree, or of one commit, as (path, bytes): each read, refused or passed over, and counted.

What is only looked at is not opened: its mark tells whether it is still what it was.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha1, sha256
from pathlib import Path
from posixpath import normpath
from typing import NamedTuple

from wcmatch import glob
from wcmatch._wcparse import PatternLimitException  # it has no public name

from opsanalytics.repository import Blob, Repository

MAX_BYTES = 5_000_000
_GLOB = glob.GLOBSTAR | glob.BRACE | glob.FORCEUNIX
_LINK = "symbolic link, not followed"
_LINKED_FOLDER = "symbolic link to a folder, not followed"
_SUBMODULE = "submodule, whose files are another repository's"
_NEVER = frozenset({".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__"})


class Mark(NamedTuple):
    """What changes with a file, told without opening it."""

    size: int
    mtime_ns: int
    inode: int


class Source(NamedTuple):
    """A file that a glob matches. `data` is None when it was not read; then `problem` says why, and `is_refused`
    tells a file that should have been read from one that a rule passes over; or there is a `place` to read it from."""

    path: str
    data: bytes | None
    problem: str | None = None
    is_refused: bool = False
    place: str | None = None
    mark: Mark | None = None

    def read(self) -> Source:
        """With its data, where it was only looked at so far."""
        if self.place is None:
            return self
        try:
            data = _bytes(self.place)
        except OSError as error:
            return _refused(self.path, error)
        return _too_large(self.path, len(data)) if len(data) > MAX_BYTES else Source(self.path, data)

    @property
    def sha256(self) -> str | None:
        return None if self.data is None else sha256(self.data).hexdigest()

    def blob_id(self, like: str) -> str | None:
        """The id that git gives to these bytes, in a repository whose ids look like that one."""
        digest = sha1 if len(like) == 40 else sha256
        return None if self.data is None else digest(b"blob %d\0" % len(self.data) + self.data).hexdigest()


class Globs:
    """The patterns of one kind of record. They are compiled once a file is there to be matched: most places are conventions
    that a company does not have."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(map(normpath, patterns))

    def match(self, path: str) -> bool:
        return self.check().fullmatch(path) is not None

    def below(self, folder: str) -> Globs:
        """Those for which this folder has to be walked."""
        return Globs(pattern for pattern in self.patterns if _has_wildcard(pattern) and _fixed_folder(pattern) == folder)

    def check(self) -> re.Pattern[str]:
        """Raises ValueError when their braces make thousands of them."""
        return _any_of(self.patterns)

    def folders(self) -> set[str]:
        """The folders that have to be walked: what stands before the first wildcard."""
        return {_fixed_folder(pattern) for pattern in self.patterns}

    def walked(self) -> set[str]:
        return {_fixed_folder(pattern) for pattern in self.patterns if _has_wildcard(pattern)}

    def files(self) -> set[str]:
        """The patterns that name one file, for which nothing has to be walked."""
        return {pattern for pattern in self.patterns if not _has_wildcard(pattern)}


@lru_cache(maxsize=256)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    try:
        matched, _ = glob.translate(list(patterns), flags=_GLOB)
    except PatternLimitException:
        raise ValueError("the braces of a glob make more than a thousand of it") from None
    return re.compile("|".join(matched))


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
    return [source.read() for source in look_at_tree(root, globs)]


def look_at_tree(root: Path, globs: Globs) -> list[Source]:
    """The same files, none of them opened."""
    found: dict[str, Source] = {}
    for path in sorted(globs.files()):
        if os.path.lexists(root / path) and _is_spelled_so(root / path):
            found[path] = Source(path, None, _LINK) if _has_link(root, path) else _look_at(str(root), path)
    at = str(root)
    for folder in sorted(globs.walked()):
        below = globs.below(folder)
        for path, passed_over in _walk(root, folder):
            if path not in found and (passed_over or below.match(path)):
                found[path] = passed_over or _look_at(at, path)
    return [found[path] for path in sorted(found)]


def _is_spelled_so(path: Path) -> bool:
    """Not when the file has another name, which a file system that ignores case takes for this one."""
    with suppress(OSError):
        names = {entry.name for entry in path.parent.iterdir()}
        return path.name in names or path.name.casefold() not in map(str.casefold, names)
    return True


def find_files(root: Path, globs: Globs) -> list[str]:
    """The paths of the matching files, none of them opened; what is no Unicode name, or reached by a link, is left out."""
    paths = (path for folder in globs.walked() for path, passed_over in _walk(root, folder) if not passed_over)
    return sorted(path for path in paths if path == _printable(path) and globs.match(path))


def read_commit(repository: Repository, files: Sequence[Blob], globs: Globs) -> list[Source]:
    """Those of a commit's files that match, in the order of their paths."""
    blobs = [blob for blob in files if globs.match(blob.path)]
    passed = [Source(_printable(blob.path), None, _LINK) for blob in blobs if blob.mode == "120000"]
    passed += [Source(_printable(blob.path), None, _SUBMODULE) for blob in files if _is_submodule_of(blob, globs)]
    regular = [blob for blob in blobs if blob.mode.startswith("100")]
    sizes = repository.sizes({blob.object_id: None for blob in regular}) if regular else {}
    large = [_too_large(_printable(blob.path), sizes[blob.object_id]) for blob in regular if sizes.get(blob.object_id, 0) > MAX_BYTES]
    wanted = [blob for blob in regular if sizes.get(blob.object_id, 0) <= MAX_BYTES]
    read = [Source(_printable(blob.path), data) for blob, data in repository.contents(wanted)]
    return sorted([*passed, *large, *read], key=lambda source: source.path)


def _is_submodule_of(blob: Blob, globs: Globs) -> bool:
    """Whether records may lie in it: it is in a folder that the globs walk, or holds one."""
    pairs = ((f"{blob.path}/", f"{folder}/".lstrip("/")) for folder in globs.walked())
    return blob.mode == "160000" and any(here.startswith(there) or there.startswith(here) for here, there in pairs)


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
            entries = list(os.scandir(root / at))
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
            elif entry.is_symlink() and Path(entry).is_dir():
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


def read_file(root: Path, path: str) -> Source:
    return _look_at(str(root), path).read()


def _look_at(root: str, path: str) -> Source:
    printable, place = _printable(path), f"{root}/{path}"
    try:
        about = os.lstat(place)
    except OSError as error:
        return _refused(printable, error)
    if not stat.S_ISREG(about.st_mode):
        return Source(printable, None, _LINK if stat.S_ISLNK(about.st_mode) else "not a regular file")
    if about.st_size > MAX_BYTES:
        return _too_large(printable, about.st_size)
    return Source(printable, None, place=place, mark=Mark(about.st_size, about.st_mtime_ns, about.st_ino))


def _refused(path: str, error: OSError) -> Source:
    return Source(path, None, f"cannot be read: {error.strerror}", is_refused=True)


def _bytes(path: str) -> bytes:
    """Neither follows a link nor waits for a pipe that took the file's place since it was looked at."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(MAX_BYTES + 1)


def _too_large(path: str, size: int) -> Source:
    return Source(path, None, f"{size:,} bytes is more than the {MAX_BYTES:,} that a record may have", is_refused=True)


def _printable(path: str) -> str:
    """A file name need not be Unicode; a path in a table must."""
    return path if path.isascii() else os.fsencode(path).decode(errors="replace")
