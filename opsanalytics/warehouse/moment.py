"""What a load looks at: a clock, and the commit whose files and settings it reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from opsanalytics.clocks import midnight
from opsanalytics.errors import RepositoryError, WorkspaceError
from opsanalytics.findings import Finding, finding
from opsanalytics.folder import CONFIG
from opsanalytics.repository import Repository
from opsanalytics.workspace import Workspace, workspace_of


@dataclass(frozen=True)
class Moment:
    """What a load looks at: a clock, and the commit whose files it reads (None: the working tree). Of a clock that nobody asked for,
    only the day counts."""

    as_of: datetime
    commit: str | None = None
    findings: tuple[Finding, ...] = ()
    is_asked_for: bool = True


def stand(workspace: Workspace, repository: Repository | None, as_of: str | None, now: datetime) -> tuple[Workspace, Moment]:
    """The moment, with the workspace as it was set then. A day ends by the zone of then too."""
    then, moment = as_set_then(workspace, repository, find_moment(workspace, repository, as_of, now))
    if then.zone == workspace.zone:
        return then, moment
    return as_set_then(then, repository, find_moment(then, repository, as_of, now))


def find_moment(workspace: Workspace, repository: Repository | None, as_of: str | None, now: datetime) -> Moment:
    """Raises RepositoryError when `as_of` names no day or commit, or lies before the first commit."""
    if as_of is None:
        return Moment(now, is_asked_for=False)
    day = _day(as_of)
    if day is None:
        if repository is None:
            raise RepositoryError(f"`{as_of}` is no day (2026-09-30), and {workspace.root} has no commit of git")
        commit = repository.commit(as_of)
        return Moment(repository.committed_at(commit), commit)
    end = _end_of(day, workspace.zone)
    if repository is None:
        said = finding("OPS105", "ops.yml", 1, 1, f"as of {day}, but not in git: the files are today's")
        return Moment(end, None, (said,))
    return Moment(end, last_commit(repository, end))


def as_set_then(workspace: Workspace, repository: Repository | None, moment: Moment) -> tuple[Workspace, Moment]:
    """The workspace by the ops.yml of the commit. Where that has none, or none that can be used, by today's; that is found."""
    if repository is None or moment.commit is None:
        return workspace, moment
    config = repository.file(moment.commit, CONFIG)
    try:
        if config is not None:
            return workspace_of(workspace.root, config), moment
        why = "has none"
    except WorkspaceError as error:
        why = f"cannot be used ({str(error).splitlines()[0]})"
    if not workspace.config:
        return workspace, moment
    said = finding("OPS105", CONFIG, 1, 1, f"ops.yml is today's: that of commit {moment.commit[:12]} {why}")
    return workspace, replace(moment, findings=(*moment.findings, said))


def last_commit(repository: Repository, at: datetime, head: str = "HEAD") -> str:
    if found := repository.last_commit_before(at, head):
        return found
    cut_at = repository.cut_at(repository.commit(head))
    begins = f"a shallow clone that begins with commit {cut_at[:12]}: git fetch --unshallow" if cut_at else "it begins later"
    raise RepositoryError(f"the repository has no commit up to {at:%Y-%m-%d %H:%M} UTC; {begins}")


def git_says(error: RepositoryError) -> Finding:
    return finding("OPS106", "ops.yml", 1, 1, f"git says: {error}")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _end_of(day: date, zone: ZoneInfo | None) -> datetime:
    """The last second of a day, as naive UTC: one before the next midnight, since a day can have its last hour twice."""
    try:
        return midnight(day + timedelta(days=1), zone) - timedelta(seconds=1)
    except OverflowError:
        raise RepositoryError(f"`{day}` is at the end of the calendar; name a day that a record can have") from None
