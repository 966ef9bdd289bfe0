"""Write the demo company: a git repository with thirty months of an invented operating record.

What the record says comes from one module for each kind of record; this one cuts it at `until` and hands it to git.
"""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from opsanalytics.errors import RepositoryError
from opsanalytics.scaffold.demo import runbooks
from opsanalytics.scaffold.demo.company import COORDINATORS, OPS_YML, README_MD, Commit, months_before
from opsanalytics.scaffold.demo.operations import standing_files
from opsanalytics.scaffold.demo.truth import Truth, tell_truth
from opsanalytics.scaffold.demo.world import MONTHS, look

__all__ = ["MONTHS", "DemoSummary", "Truth", "generate", "truth", "write_demo"]

GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")


@dataclass(frozen=True)
class DemoSummary:
    """What was written. `first_on` and `last_on` are the record's first and last day."""

    folder: Path
    incidents: int
    follow_ups: int
    commits: int
    decisions: int
    meetings: int
    first_on: datetime.date
    last_on: datetime.date


def write_demo(folder: Path, *, until: datetime.date, seed: int = 1) -> DemoSummary:
    """Write the record up to the end of `until` (UTC) as a git repository; the same arguments give the same commits.

    Raises FileExistsError when `folder` is a file or is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} exists and is not empty")
    commits = generate(until, seed)
    folder.mkdir(parents=True, exist_ok=True)
    _write_repository(folder, commits)
    files = {path: text for commit in commits for path, text in commit.files.items()}
    records = [text for path, text in files.items() if path.startswith("ops/incidents/")]
    return DemoSummary(
        folder=folder,
        incidents=len(records),
        follow_ups=sum(text.count(" — Due ") for text in records),
        commits=len(commits),
        decisions=sum(path.startswith("ops/decisions/") for path in files),
        meetings=sum(path.startswith("ops/rituals/") for path in files),
        first_on=months_before(until, MONTHS),
        last_on=until,
    )


def generate(until: datetime.date, seed: int = 1) -> list[Commit]:
    """The commits of the thirty months up to the end of `until`, oldest first."""
    world = look(until, seed)
    began_on = world.began_at.date()
    start = {"README.md": README_MD, "ops.yml": OPS_YML} | standing_files(began_on) | runbooks.files(began_on)
    first = Commit(world.began_at, COORDINATORS[0], "Start the operating record", start)
    later = (commit for commit in world.commits() if commit.when <= world.ended_at)
    return _without_echoes([first, *sorted(later, key=_order)])


def truth(until: datetime.date, seed: int = 1) -> Truth:
    """What the record of the same arguments means, for tests to compare tables with."""
    return tell_truth(look(until, seed))


def _order(commit: Commit) -> tuple[datetime.datetime, str]:
    return commit.when, commit.message


def _without_echoes(commits: Iterable[Commit]) -> list[Commit]:
    """Without those that change nothing."""
    files: dict[str, str] = {}
    changing = []
    for commit in commits:
        if any(files.get(path) != text for path, text in commit.files.items()):
            changing.append(commit)
        files |= commit.files
    return changing


def _write_repository(folder: Path, commits: Iterable[Commit]) -> None:
    _git(folder, "init", "--quiet", "--template=", "--object-format=sha1")
    _git(folder, "symbolic-ref", "HEAD", "refs/heads/main")
    _git(folder, "fast-import", "--quiet", given=b"".join(_fast_import(commits)))
    _git(folder, "reset", "--quiet", "--hard", "main")


def _git(folder: Path, *arguments: str, given: bytes = b"") -> None:
    """Run git on `folder` alone, deaf to the user's configuration and to a repository around it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    try:
        subprocess.run([*GIT, *arguments], cwd=folder, input=given, env=environment, check=True, capture_output=True)
    except FileNotFoundError:
        raise RepositoryError("git was not found: `demo` writes a git repository, install git and try again") from None
    except subprocess.CalledProcessError as failure:
        raise RepositoryError(f"git {arguments[0]} failed in {folder}: {failure.stderr.decode().strip()}") from None


def _fast_import(commits: Iterable[Commit]) -> Iterator[bytes]:
    for commit in commits:
        stamp = f"{commit.author.name} <{commit.author.email}> {int(commit.when.timestamp())} +0000"
        yield f"commit refs/heads/main\nauthor {stamp}\ncommitter {stamp}\n".encode()
        yield _data(commit.message + "\n")
        for path, text in commit.files.items():
            yield f"M 100644 inline {path}\n".encode() + _data(text)


def _data(text: str) -> bytes:
    body = text.encode()
    return b"data %d\n%b\n" % (len(body), body)
