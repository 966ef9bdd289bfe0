"""Files -> tables: read the tree, read each record, and put a new database in the place of the old one."""

from __future__ import annotations

import gc
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import Any
from zoneinfo import ZoneInfo

from opsanalytics import __version__
from opsanalytics.errors import DatabaseError, DestinationError, QueryError, RepositoryError
from opsanalytics.findings import Finding
from opsanalytics.folder import CONFIG
from opsanalytics.forges import record_address
from opsanalytics.linter import Lint, lint, missing_files, read_links, read_said, without_ignored
from opsanalytics.readers import KINDS
from opsanalytics.readers.reading import Context
from opsanalytics.repository import Repository, find_repository
from opsanalytics.tables import RECORD_TABLES, TABLES, Row
from opsanalytics.tree import Globs, Source, look_at_tree, read_commit
from opsanalytics.warehouse.answers import findings
from opsanalytics.warehouse.build import build_database, loading
from opsanalytics.warehouse.connect import held_open, read_rows, read_table
from opsanalytics.warehouse.memory import Memory, recall, remember
from opsanalytics.warehouse.moment import Moment, as_set_then, git_says, last_commit, stand
from opsanalytics.warehouse.parsers import Job, tell_all
from opsanalytics.warehouse.past import Past
from opsanalytics.warehouse.records import Files, Records, combine
from opsanalytics.warehouse.slots import promised_slots
from opsanalytics.warehouse.told import Told
from opsanalytics.warehouse.versions import read_versions, reader_of
from opsanalytics.workspace import Workspace

Progress = Callable[[str], None]
REMEMBERED_LOADS = 50


@dataclass(frozen=True)
class LoadResult:
    database: Path
    files: dict[str, int]
    rows: dict[str, int]
    findings: list[Row]
    git_commit: str | None
    is_rewritten: bool

    def to_json(self) -> dict[str, Any]:
        return {"files": self.files, "rows": self.rows, "database": str(self.database), "git_commit": self.git_commit}


@contextmanager
def _without_collection() -> Iterator[None]:
    """The rows of a load live until it ends, and Python would look through all of them again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collection()
def load(
    workspace: Workspace,
    *,
    database: Path | None = None,
    as_of: str | None = None,
    full: bool = False,
    now: datetime | None = None,
    moment: Moment | None = None,
    progress: Progress = lambda said: None,
) -> LoadResult:
    """Makes the tables of a workspace stand in its database; the old ones stand until the new ones do.

    `as_of` is a day (its end in the workspace's zone) or a commit; `now` is naive UTC; `moment` says both, to the second.
    When nothing changed since the last load of the same day the file is left as it is, unless `full`. Raises BusyError
    when another load runs.
    """
    database = database or workspace.database
    repository, refusal = _repository(workspace, as_of or (moment.commit if moment else None))
    if moment:
        then, moment = as_set_then(workspace, repository, moment)
    else:
        then, moment = stand(workspace, repository, as_of, now or datetime.now(UTC).replace(tzinfo=None))
    with loading(database, own_folder=database == workspace.database):
        memories = () if full else (database, workspace.database)
        with held_open(database):
            latest = _remembered(database, is_ours=database == workspace.database)
            sight = _look(then, repository, moment, memories, progress, refusal)
            if not full and latest and latest[-1]["fingerprint"] == sight.fingerprint:
                return _unchanged(database, latest[-1])
        sight = _with_contents(sight, progress)
        records, load_row = _read(sight, memories, progress)
        load_row["load_id"] = latest[-1]["load_id"] + 1 if latest else 1
        _put(records, [*latest[1 - REMEMBERED_LOADS :], load_row], database, sight, progress)
    return _result(database, records, load_row["git_commit"])


def read_as_it_stood(workspace: Workspace, at: datetime, head: str, memories: Collection[Path] = ()) -> dict[str, list[Row]]:
    """The rows of every table as of an instant, naive UTC, from the first-parent line of `head`; nothing is written.

    Raises RepositoryError outside git, and when that line has no commit by then.
    """
    repository = find_repository(workspace.root)
    if repository is None:
        raise RepositoryError(f"{workspace.root} is not in a git repository")
    then, moment = as_set_then(workspace, repository, Moment(at, last_commit(repository, at, head)))
    records, load_row = _read(_with_contents(_look(then, repository, moment, memories)), memories)
    return _tables(records, [load_row | {"load_id": 1}])


Sources = dict[str, list[Source]]


@dataclass(frozen=True)
class _Sight:
    """What a load has before it, before it makes tables of it. The workspace is set as it was at that moment. `files` are what
    they were told to be by a memory, or read where it did not know them."""

    workspace: Workspace
    repository: Repository | None
    moment: Moment
    commit: str | None
    began_ns: int
    context: Context
    sources: Sources
    reader: str
    memory: Memory
    files: Files
    missing: frozenset[str]
    refusal: list[Finding]
    fingerprint: str


def _look(
    workspace: Workspace, repository: Repository | None, moment: Moment, memories: Collection[Path],
    progress: Progress = lambda said: None, refusal: Collection[Finding] = (),
) -> _Sight:
    began_ns = time_ns()
    sources = read_sources(workspace, repository, moment, progress)
    commit = moment.commit or (repository.head() if repository else None)
    reader = reader_of(workspace)
    memory = recall(memories, reader)
    context = replace(workspace.context, now=moment.as_of)
    known = {kind: [memory.of(kind, source) for source in found] for kind, found in sources.items()}
    files = _read_files(sources, known, context, commit, progress)
    targets = [*(target for _, _, target in read_links(CONFIG, workspace.config_text)),
               *(target for found in files.values() for told in found for target in told.targets)]
    missing = missing_files(targets, _existence(workspace, repository, moment))
    fingerprint = _fingerprint(reader, workspace.zone, moment, [commit, _cut_at(repository, commit)], files, missing)
    return _Sight(workspace, repository, moment, commit, began_ns, context, sources, reader, memory, files, missing, list(refusal), fingerprint)


def _with_contents(sight: _Sight, progress: Progress = lambda said: None) -> _Sight:
    """With what was read of the files that are as they were; what the memory keeps nothing of is read again."""
    packed = sight.memory.packed()
    known = {kind: [told.with_contents(packed.get((kind, told.path))) for told in found] for kind, found in sight.files.items()}
    return replace(sight, files=_read_files(sight.sources, known, sight.context, sight.commit, progress))


def _read(sight: _Sight, memories: Collection[Path], progress: Progress = lambda said: None) -> tuple[Records, Row]:
    """Everything that is in sight, and the row of the load, which has no id yet."""
    workspace, moment, context = sight.workspace, sight.moment, sight.context
    records = combine(sight.files, context, _read_past(sight, memories, context, progress))
    records.said = {CONFIG: read_said(CONFIG, workspace.config_text, context.words), **records.said}
    records.rows["history_state"] = records.rows["history_state"] or [{"standing": "refused" if sight.refusal else "none"}]
    _take_annotations(records, workspace)
    records.findings += [*workspace.findings, *moment.findings, *sight.refusal]
    records.rows["ritual_slots"] = _slots(records, workspace, moment)
    load_row = _load_row(sight, records)
    progress("checking the record")
    record = Lint(records.rows, records.said, records.stated, sight.missing, context, moment.as_of)
    records.findings = list(without_ignored([*records.findings, *lint(record)], records.said))
    return records, load_row | {"git_commit": sight.commit, "record_address": _record_address(sight), "fingerprint": sight.fingerprint}


def _record_address(sight: _Sight) -> str | None:
    forge = sight.workspace.settings.forge
    if forge is None or sight.repository is None or sight.commit is None:
        return None
    return record_address(forge, sight.commit, sight.repository.folder())


def _repository(workspace: Workspace, as_of: str | None) -> tuple[Repository | None, list[Finding]]:
    """When git refuses, the files are read all the same and that is found; only `as_of` cannot do without."""
    try:
        return find_repository(workspace.root), []
    except RepositoryError as error:
        if as_of:
            raise
        return None, [git_says(error)]


def read_sources(workspace: Workspace, repository: Repository | None, moment: Moment, progress: Progress) -> Sources:
    """The files of each kind of record; of the working tree, none of them opened."""
    sources = {}
    for kind in KINDS:
        progress(f"looking for {kind}")
        globs = Globs(workspace.globs(kind))
        if moment.commit and repository:
            sources[kind] = read_commit(repository, moment.commit, globs)
        else:
            sources[kind] = look_at_tree(workspace.root, globs)
    return sources


def _read_files(
    sources: Sources, known: Mapping[str, Sequence[Told | None]], context: Context, commit: str | None, progress: Progress
) -> Files:
    """Reads those of which nothing is known."""
    jobs = [(kind, source) for kind, found in sources.items() for source, told in zip(found, known[kind], strict=True) if not told]
    told = _counted(tell_all(jobs, context, commit or "0" * 40), jobs, progress)
    return {kind: [each or next(told) for each in found] for kind, found in known.items()}


def _counted(told: Iterable[Told], jobs: Sequence[Job], progress: Progress) -> Iterator[Told]:
    of, read = Counter(kind for kind, _ in jobs), Counter[str]()
    for (kind, _), each in zip(jobs, told, strict=True):
        read[kind] += 1
        if read[kind] % 100 == 0:
            progress(f"reading {kind}: {read[kind]} of {of[kind]}")
        yield each


def _existence(workspace: Workspace, repository: Repository | None, moment: Moment) -> Callable[[str], bool]:
    """Whether the working tree, or the commit, has a file at a path."""
    if moment.commit and repository:
        return frozenset(blob.path for blob in repository.files(moment.commit)).__contains__
    return lambda path: os.path.lexists(workspace.root / path)


def _cut_at(repository: Repository | None, commit: str | None) -> str | None:
    """Where a shallow clone begins: one that was made whole tells more of the same commit."""
    with suppress(RepositoryError):
        return repository.cut_at(commit) if repository and commit else None
    return None


def _read_past(sight: _Sight, memories: Collection[Path], context: Context, progress: Progress) -> Past | None:
    """None outside git, and where git refuses to tell it: then nothing is dated by it. `memories` are databases that may
    remember what earlier loads read."""
    if sight.repository is None or sight.commit is None:
        return None
    progress("reading the history")
    try:
        return Past(read_versions(sight.workspace, sight.repository, sight.commit, memories), context)
    except RepositoryError as error:
        sight.refusal.append(git_says(error))
        return None


def gather(sources: Sources, context: Context, progress: Progress = lambda said: None) -> Records:
    """The records of files, none of which is known."""
    nothing = {kind: [None] * len(found) for kind, found in sources.items()}
    return combine(_read_files(sources, nothing, context, None, progress), context)


def _take_annotations(records: Records, workspace: Workspace) -> None:
    """Those of ops.yml itself; it is no record file, and not counted as one."""
    reading = workspace.annotations
    for table, rows in reading.rows.items():
        records.rows[table] += rows
    records.findings += reading.findings


def _slots(records: Records, workspace: Workspace, moment: Moment) -> list[Row]:
    as_of = moment.as_of.replace(tzinfo=UTC).astimezone(workspace.zone or ZoneInfo("UTC")).replace(tzinfo=None)
    return list(promised_slots(records.rows["rituals"], records.rows["ritual_sessions"], as_of))


def _load_row(sight: _Sight, records: Records) -> Row:
    workspace = sight.workspace
    settings = workspace.settings
    counts = {f"files_{state}": count for state, count in records.counts().items()}
    return {
        "loaded_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "workspace": str(workspace.root),
        "dirty": _is_dirty(sight, records),
        "as_of": sight.moment.as_of.replace(microsecond=0),
        "tool_version": __version__,
        "company": workspace.company,
        "zone": settings.zone or "UTC",
        "fiscal_year_start": settings.fiscal_year_start,
        "policies": settings.policies.model_dump_json(exclude_none=True),
        "severities": settings.severities,
        **counts,
    }


def _is_dirty(sight: _Sight, records: Records) -> bool | None:
    """Whether the records and settings that were read are not the commit's, by the ids that git gives to contents; None, with a
    finding, when git cannot list them."""
    if sight.repository is None:
        return None
    if sight.moment.commit:
        return False
    globs = [Globs(sight.workspace.globs(kind)) for kind in KINDS]
    try:
        listed = sight.repository.files("HEAD")
    except RepositoryError as error:
        records.findings.append(git_says(error))
        return None
    regular = {blob.path: blob.object_id for blob in listed if blob.mode.startswith("100")}
    files = [each for found in sight.files.values() for each in found]
    read = {each.path: each.blob_id for each in files if each.blob_id}
    unread = {each.path for each in files if not each.blob_id}
    committed = {path: each for path, each in regular.items() if path in read or any(kind.match(path) for kind in globs)}
    like = next(iter(regular.values()), "0" * 40)
    is_set_alike = regular.get(CONFIG, Source(CONFIG, b"").blob_id(like)) == Source(CONFIG, sight.workspace.config).blob_id(like)
    return not is_set_alike or {path: each for path, each in committed.items() if path not in unread} != read


def _fingerprint(
    reader: str, zone: ZoneInfo | None, moment: Moment, seen: list[str | None], files: Files, missing: Collection[str]
) -> str:
    """Of everything that the tables depend on; of files that are linked to, whether they are there. Of the clock only the day counts: it is what open and overdue go by."""
    day = moment.as_of.replace(tzinfo=UTC).astimezone(zone or ZoneInfo("UTC")).date()
    read = {kind: [(each.path, each.sha256, each.problem) for each in found] for kind, found in files.items()}
    said = json.dumps([reader, str(day), seen, read, sorted(missing)])
    return sha256(said.encode()).hexdigest()


def _remembered(database: Path, *, is_ours: bool) -> list[Row]:
    """Earlier loads, oldest first. The workspace's own database is made anew when it is of no use, since everything in
    it can be; any other file that is no database of this program is refused with DestinationError."""
    if not database.exists():
        return []
    try:
        names, rows = read_table(database, "select * from loads order by load_id")
        if set(TABLES["loads"].column_names) <= set(names):
            return rows
    except (DatabaseError, QueryError):
        pass
    if not is_ours:
        raise DestinationError(f"{database}: is there already and no database of this program; nothing was written")
    return []


def _put(records: Records, loads: list[Row], database: Path, sight: _Sight, progress: Progress) -> None:
    progress("writing the tables")
    build_database(database, _tables(records, loads), lambda connection: remember(connection, sight.files, sight.reader, sight.began_ns))


def _tables(records: Records, loads: list[Row]) -> dict[str, list[Row]]:
    records.findings = sorted(set(records.findings))
    findings = [vars(each) for each in records.findings]
    return {**records.rows, "source_files": records.files, "loads": loads, "findings": findings}


def _result(database: Path, records: Records, commit: str | None) -> LoadResult:
    rows = {table.name: len(records.rows.get(table.name, ())) for table in RECORD_TABLES}
    return LoadResult(database, records.counts(), rows, [vars(each) for each in records.findings], commit, True)


def _unchanged(database: Path, load_row: Row) -> LoadResult:
    """The answer that the standing tables give."""
    tables: Iterable[str] = (table.name for table in RECORD_TABLES)
    counted = " union all ".join(f"select '{name}' as name, count(*) as rows from {name}" for name in tables)
    rows = {row["name"]: row["rows"] for row in read_rows(database, counted)}
    files = {state: load_row[f"files_{state}"] for state in ("seen", "loaded", "rejected", "ignored")}
    return LoadResult(database, files, rows, findings(database), load_row["git_commit"], False)
