"""The table `file_versions`: what git remembers of the record's files. Only commits since the last load are read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from opsanalytics.errors import DatabaseError, QueryError, RepositoryError
from opsanalytics.history import Version, read_history
from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.repository import Blob, Repository
from opsanalytics.tables import TABLES, Column, Row, Table
from opsanalytics.tree import MAX_BYTES, Globs
from opsanalytics.warehouse.connect import locked, read_rows
from opsanalytics.warehouse.lives import Snapshot, Values, section_of
from opsanalytics.warehouse.memory import reader_of
from opsanalytics.workspace import Workspace

# The kinds whose past is read, and what one record of each is called.
KEPT = {"incidents": "incident", "decisions": "decision", "rituals": "ritual", "rfcs": "rfc", "onboarding": "onboarding"}
LONGEST_TOLD, TOLD_OF_LONGER = 80, 60  # letters
_AT_ONCE = 500
_UNKEPT = ("action_id", "carried_from", "source_path")
_ITEM = tuple(name for name in TABLES["action_items"].column_names if name not in _UNKEPT)
_DAY_OF = {
    "incidents": ("started_on",), "decisions": ("decided_on", "proposed_on", "updated_on"),
    "ritual_sessions": ("held_on",), "rfcs": ("opened_on", "decided_on"), "onboarding_plans": ("started_on",),
}  # fmt: skip
_UNTOLD = ("severity_rank", "severity_raw", "status_raw", "source_path", "source_line")

Key = tuple[str, str, str]  # kind, path, blob
Addition = tuple[str, str, datetime | None, date]  # commit, path, when, and the record's own day


@dataclass
class Versions:
    """`rows` are those of `file_versions`, oldest first. A snapshot is None where a version cannot be parsed, and not
    there where git has not its contents. `added` is what the same commits added, where rows are those of some files only."""

    repository: Repository
    state: Row
    rows: list[Row]
    snapshots: dict[Key, Snapshot | None] = field(default_factory=dict)
    added: list[Addition] = field(default_factory=list)

    @property
    def cut_at(self) -> str | None:
        """The commit that a shallow clone begins with."""
        cut_at: str | None = self.state["cut_at"]
        return cut_at

    def with_later(self, rows: list[Row], commit: str) -> Versions:
        """These and those up to a later commit."""
        return replace(self, state=self.state | {"git_commit": commit}, rows=[*self.rows, *rows], snapshots=dict(self.snapshots))

    def read_snapshots(self, context: Context) -> None:
        """Of every version that nobody has read yet; what git cannot read stays unread."""
        with suppress(RepositoryError):
            for (kind, path, blob), data in self._contents(self._unread()):
                self.snapshots[kind, path, blob] = snapshot_of(kind, read_record(KINDS[kind], path, data, context))

    def _unread(self) -> list[Key]:
        """Those that git has, and that are no larger than a record may be."""
        keys = {_key(row): None for row in self.rows if _is_kept(row) and _key(row) not in self.snapshots}
        sizes = self.repository.sizes({blob: None for _, _, blob in keys}) if keys else {}
        return [key for key in keys if sizes.get(key[2], MAX_BYTES + 1) <= MAX_BYTES]

    def _contents(self, keys: list[Key]) -> Iterator[tuple[Key, bytes]]:
        for start in range(0, len(keys), _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            blobs = [Blob(path, "100644", blob) for _, path, blob in part]
            yield from ((key, data) for key, (_, data) in zip(part, self.repository.contents(blobs), strict=True))

    def additions(self) -> list[Addition]:
        """The records with a day that came with a commit."""
        came = ((row, self.snapshot(row)) for row in self.rows if row["change"] == "added")
        read = [(row["git_commit"], row["path"], row["committed_at"], snapshot.day) for row, snapshot in came if snapshot and snapshot.day]
        return [*self.added, *read]

    def snapshot(self, row: Row) -> Snapshot | None:
        return self.snapshots.get(_key(row))

    def is_lost(self, row: Row) -> bool:
        """Git has not what this version held, or it is larger than a record may be."""
        return _is_kept(row) and _key(row) not in self.snapshots

    @property
    def lost(self) -> list[Row]:
        return [row for row in self.rows if self.is_lost(row)]

    def tables(self) -> dict[str, list[Row]]:
        for row in self.rows:
            if _is_kept(row) and not row.get("snapshot") and not self.is_lost(row):
                snapshot = self.snapshot(row)
                row["snapshot"] = _as_json(snapshot)
                row["recorded_on"] = snapshot.day if snapshot else None
        return {"file_versions": self.rows, "history_state": [self.state]}


def read_versions(workspace: Workspace, repository: Repository, commit: str, memories: Iterable[Path]) -> Versions:
    """Those up to a commit: what the first database that can remembers, and what was committed since.

    Raises RepositoryError when git cannot tell.
    """
    reader = reader_of(workspace)
    known = next(filter(None, (_recall(database, repository, reader, commit) for database in memories)), None)
    kinds = _kinds_of(workspace)
    since = known.state["git_commit"] if known else None
    history = read_history(repository, commit, lambda path: bool(kinds(path)), since)
    state = {"standing": "cut" if history.cut_at else "whole", "git_commit": commit, "cut_at": history.cut_at, "reader": reader}
    if known and known.cut_at != history.cut_at:
        return read_versions(workspace, repository, commit, ())
    rows = known.rows if known else []
    rows += list(_rows(history.versions, kinds, len(rows)))
    return Versions(repository, state, rows, known.snapshots if known else {})


def versions_of(database: Path, repository: Repository, reader: str, commit: str, paths: Collection[str]) -> Versions | None:
    """Those of some files that were never renamed, from a database that remembers all of them up to the commit."""
    state = read_rows(database, "select * from history_state")[0]
    if (state["reader"], state["git_commit"]) != (reader, commit):
        return None
    rows = read_rows(database, "select * from file_versions where path in $paths or renamed_from in $paths order by position", {"paths": list(paths)})
    commits = list({row["git_commit"] for row in rows})
    asked = "from file_versions where change = 'added' and recorded_on is not null and git_commit in $commits"
    with locked(database) as connection:
        added = connection.execute(f"select git_commit, path, committed_at, recorded_on {asked}", {"commits": commits}).fetchall()
    return None if any(row["renamed_from"] for row in rows) else Versions(repository, state, rows, dict(_remembered(rows)), added)


def committed_since(database: Path, workspace: Workspace, repository: Repository, since: str, commit: str) -> list[Row] | None:
    """The rows of `file_versions` that come after those of a database which remembers all up to `since`; None where that is not on
    the commit's line."""
    if since == commit:
        return []
    if not repository.is_on_line(since, commit):
        return None
    kinds = _kinds_of(workspace)
    count = read_rows(database, "select count(*) as rows from file_versions")[0]["rows"]
    return list(_rows(read_history(repository, commit, lambda path: bool(kinds(path)), since).versions, kinds, count))


def _kinds_of(workspace: Workspace) -> Callable[[str], list[str]]:
    """The kinds of record that a path is a place of."""
    globs = {kind: Globs(workspace.globs(kind)) for kind in KINDS}
    return cache(lambda path: [kind for kind, each in globs.items() if each.match(path)])


def _rows(versions: Iterable[Version], kinds: Callable[[str], list[str]], count: int) -> Iterator[Row]:
    for version in versions:
        here, there = kinds(version.path), kinds(version.was) if version.was else []
        for kind in dict.fromkeys([*here, *there]):
            count += 1
            yield {"position": count, "record_kind": kind, **_change(version, kind in here, kind in there)}


def _change(version: Version, is_here: bool, was_there: bool) -> Row:
    """A file that is renamed into the places of its kind is new there, and one that is renamed out of them is gone."""
    row = {"path": version.path, "git_commit": version.commit, "committed_at": version.committed_at,
           "change": version.change, "blob_id": version.blob_id, "renamed_from": version.was}  # fmt: skip
    if not is_here:
        return row | {"path": version.was, "change": "deleted", "blob_id": None, "renamed_from": None}
    return row if was_there or not version.was else row | {"change": "added", "renamed_from": None}


def snapshot_of(kind: str, reading: Reading) -> Snapshot | None:
    """None for a file that holds no record."""
    table = TABLES[KINDS[kind].table]
    records = reading.rows.get(table.name)
    if reading.ignored or not records:
        return None
    items = [{name: _plain(row.get(name)) for name in _ITEM} for row in reading.rows.get("action_items", ())]
    days = (records[0].get(name) for name in _DAY_OF[table.name])
    labels = frozenset(section_of(each.label) for each in reading.stated)
    return Snapshot(items, labels, next(filter(None, days), None), {row[table.key[0]]: _values(table, row) for row in records})


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _values(table: Table, row: Row) -> Values:
    columns = (column for column in table.columns if column.name not in _UNTOLD and row.get(column.name) is not None)
    return {column.name: _printed(column, row[column.name]) for column in columns}


def _printed(column: Column, value: Any) -> str:
    """As DuckDB prints it; a long text by its beginning and a hash of all of it."""
    if column.kind == "text" and len(value) > LONGEST_TOLD:
        return f"{value[:TOLD_OF_LONGER]}… #{sha256(value.encode()).hexdigest()[:8]}"
    if column.kind == "instant":
        value = value.replace(tzinfo=None)
    return str(float(value) if column.kind == "number" else value)


def _is_kept(row: Row) -> bool:
    return row["record_kind"] in KEPT and row["blob_id"] is not None


def _key(row: Row) -> Key:
    return row["record_kind"], row["path"], row["blob_id"]


def _recall(database: Path, repository: Repository, reader: str, commit: str) -> Versions | None:
    """What the standing tables remember, when it is still true: read alike, and on the line of the commit. Of a line that
    goes on after the commit, no more than up to it."""
    with suppress(DatabaseError, QueryError):
        state = next(iter(read_rows(database, "select * from history_state")), None)
        if state and state["reader"] == reader and (seen := state["git_commit"]):
            later = [] if repository.is_on_line(seen, commit) else repository.line(commit, seen)
            if later is not None:
                asked = "select * from file_versions where not list_contains($later, git_commit) order by position"
                rows = read_rows(database, asked, {"later": later})
                return Versions(repository, state | {"git_commit": commit if later else seen}, rows, dict(_remembered(rows)))
    return None


def _remembered(rows: Iterable[Row]) -> Iterator[tuple[Key, Snapshot | None]]:
    for row in (row for row in rows if row["snapshot"] is not None):
        said = json.loads(row["snapshot"])
        yield _key(row), said and Snapshot(said["items"], frozenset(said["labels"]), row["recorded_on"], said["records"])


def _as_json(snapshot: Snapshot | None) -> str:
    said = snapshot and {"items": snapshot.items, "labels": sorted(snapshot.labels), "records": snapshot.records}
    return json.dumps(said, ensure_ascii=False)
