"""Write the demo company: a git repository with thirty months of an invented operating record.

What the record says comes from one module for each kind of record; this one cuts it at `until` and hands it to git.
"""

from __future__ import annotations

import datetime
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from opsanalytics.errors import RepositoryError, UsageError
from opsanalytics.scaffold.demo import chronicle, incident_files
from opsanalytics.scaffold.demo.company import COORDINATORS, OPS_YML, README_MD, Commit, at, months_before
from opsanalytics.scaffold.demo.incidents import Incident

MONTHS = 30
YEARS = range(2000, 2100)
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")


@dataclass(frozen=True)
class DemoSummary:
    """What was written. `first_on` and `last_on` are the record's first and last day."""

    folder: Path
    incidents: int
    follow_ups: int
    commits: int
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
    follow_ups = sum(text.count(" — Due ") for text in records)
    return DemoSummary(folder, len(records), follow_ups, len(commits), months_before(until, MONTHS), until)


def generate(until: datetime.date, seed: int = 1) -> list[Commit]:
    """The commits of the thirty months up to the end of `until`, oldest first."""
    if until.year not in YEARS:
        raise UsageError(f"--until {until}: allowed are the years {YEARS.start} to {YEARS.stop - 1}")
    began_at = at(months_before(until, MONTHS), 7)
    ended_at = at(until, 23, 59, 59)
    known = [incident for incident in _whole_years(began_at, ended_at, seed) if incident.started_at > began_at]
    later = [commit for incident in _self_contained(known) for commit in incident_files.commits(incident)]
    start = {"README.md": README_MD, "ops.yml": OPS_YML}
    first = Commit(began_at, COORDINATORS[0], "Start the operating record", start)
    return [first, *sorted((commit for commit in later if commit.when <= ended_at), key=_order)]


def _whole_years(began_at: datetime.datetime, ended_at: datetime.datetime, seed: int) -> list[Incident]:
    """A year more than is asked for: what is late today is mended by what comes after."""
    return chronicle.incidents(began_at.isocalendar().year, ended_at.isocalendar().year + 1, seed)


def _self_contained(known: list[Incident]) -> list[Incident]:
    ids = {incident.incident_id for incident in known}
    return [incident if incident.repeat_of in ids else replace(incident, repeat_of=None) for incident in known]


def _order(commit: Commit) -> tuple[datetime.datetime, str]:
    return commit.when, commit.message


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
