"""The versions of files over the commits of one first-parent line, oldest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Literal

from opsanalytics.repository import Repository

Change = Literal["added", "changed", "renamed", "deleted"]


@dataclass(frozen=True)
class Version:
    """A file as a commit left it. Paths are relative to the repository's folder; `blob_id` is None where the commit took
    the file away, `was` the path that it had before a rename. `committed_at` is naive UTC, None when it is no time."""

    path: str
    change: Change
    commit: str
    committed_at: datetime | None
    blob_id: str | None = None
    was: str | None = None


@dataclass(frozen=True)
class History:
    """`cut_at` is the commit that a shallow clone begins with: what it holds is older than it."""

    versions: list[Version]
    cut_at: str | None = None


def read_history(
    repository: Repository, commit: str, is_wanted: Callable[[str], bool] = bool, since: str | None = None
) -> History:
    """The versions of the files whose path is wanted, up to a commit and after `since`, a commit of its line."""
    versions = parse_log(repository.log(commit, since))
    wanted = [version for version in versions if is_wanted(version.path) or (version.was and is_wanted(version.was))]
    return History(wanted, repository.cut_at(commit))


def parse_log(log: str) -> Iterator[Version]:
    """Of links and submodules only that a file was there before them."""
    tokens = iter(log.split("\0"))
    commit, at = "", None
    for token in tokens:
        words = token.strip("\n")
        if words.startswith("\x01"):
            commit, seconds = words[1:].split(" ")
            at = _instant(seconds)
        elif words.startswith(":"):
            before, after, _, blob_id, status = words[1:].split(" ")
            was = next(tokens) if status[0] in "RC" else None
            if change := _change(before, after, was):
                path = next(tokens)
                yield Version(path, change, commit, at, None if change == "deleted" else blob_id, was)
            else:
                next(tokens)


def _change(mode_before: str, mode_after: str, was: str | None) -> Change | None:
    was_file, is_file = mode_before.startswith("100"), mode_after.startswith("100")
    if not is_file:
        return "deleted" if was_file else None
    return "renamed" if was else "changed" if was_file else "added"


def _instant(seconds: str) -> datetime | None:
    """Of the years that every zone can tell."""
    with suppress(ValueError, OverflowError, OSError):
        at = datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)
        return at if MINYEAR < at.year < MAXYEAR else None
    return None
