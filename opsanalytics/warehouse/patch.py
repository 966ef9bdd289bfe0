"""A load that puts edited or committed incidents in the place of what they were, and leaves all other rows alone.

What the files give alone is asked twice, as they were and as they are. Their *ties*, what other records go by, have to be the
same both times; and where the two differ, the rows that stand have to be those of the files alone as they were, so that nothing
else had a part in them. Then the new rows are those of the files alone as they are. In any other case the whole record is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from opsanalytics.errors import RepositoryError
from opsanalytics.folder import CONFIG
from opsanalytics.tables import RECORD_TABLES, TABLES, Row, Table
from opsanalytics.warehouse.connect import locked
from opsanalytics.warehouse.memory import REMEMBERED_LOADS, Told, remember, remember_marks
from opsanalytics.warehouse.past import Past
from opsanalytics.warehouse.records import Records
from opsanalytics.warehouse.schema import insert_rows, keep_rows, keep_view, table_sql
from opsanalytics.warehouse.settle import compare_with_commit, load_row, settle
from opsanalytics.warehouse.sight import Sight
from opsanalytics.warehouse.told import unpack
from opsanalytics.warehouse.versions import Versions, committed_since, versions_of

_KIND = "incidents"
_PATH = {table.name: "source_path" for table in RECORD_TABLES if "source_path" in table.column_names} | {"findings": "path"}
_MANY_FILES = 100  # which take longer one by one than together
_MANY_PROMISES = 1000  # of which it takes longer to find each than to tell all
# What other records go by: of the files' own rows, and of promises once git has dated them.
_TIES = {"incidents": ("incident_id",), "incident_services": ("service",), "incident_links": ("from_id", "relation", "to_raw")}
_OWN_OF_A_PROMISE = ("status", "created_on_source", "done_on_source", "source_line")
_PROMISE = (*(name for name in TABLES["action_items"].column_names if name not in _OWN_OF_A_PROMISE), "carried_raw", "links_raw")

Place = tuple[str, str]  # table, path


@dataclass(frozen=True)
class _Change:
    """The rows that stand in a table, each at its rowid, and those that are to. `begin` is where the first of them lies."""

    standing: Sequence[tuple[int, Row]]
    rows: Sequence[Row]
    begin: int

    @property
    def keeps_places(self) -> bool:
        return len(self.rows) == len(self.standing)

    @property
    def end(self) -> int:
        return self.begin + len(self.standing)

    @property
    def is_possible(self) -> bool:
        """Rows keep their places, or lie together."""
        return self.keeps_places or [at for at, _ in self.standing] == list(range(self.begin, self.end))


@dataclass(frozen=True)
class Patch:
    """What has to change in which rows."""

    sight: Sight
    edited: Sequence[Told]
    committed: Sequence[Row]
    changes: Mapping[Place, _Change]
    load_row: Row

    def write(self, connection: duckdb.DuckDBPyConnection) -> None:
        for name in dict.fromkeys(name for name, _ in self.changes):
            _put(connection, TABLES[name], [change for (at, _), change in self.changes.items() if at == name])
        for told in self.edited:
            connection.execute("update source_files set sha256 = ?, bytes = ? where path = ?", [told.sha256, told.size, told.path])
            connection.execute("delete from memory.files where path = ?", [told.path])
        insert_rows(connection, TABLES["file_versions"], self.committed)
        connection.execute("update history_state set git_commit = ?", [self.sight.commit])
        remember_marks(connection, self.sight.news, self.sight.began_ns)
        remember(connection, {_KIND: self.edited}, self.sight.reader, self.sight.began_ns)
        insert_rows(connection, TABLES["loads"], [self.load_row])
        connection.execute("delete from loads where load_id <= ?", [self.load_row["load_id"] - REMEMBERED_LOADS])
        self._keep_promises(connection)

    def _keep_promises(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The views that are kept tell of promises, and of the incidents that they were first made in."""
        changed = {name for name, _ in self.changes}
        if changed & {"action_items", "action_events"}:
            keep_view(connection, "promise_writings")
        if changed & {"incidents", "action_items", "action_events"}:
            asked = """
                select distinct first_action_id from promise_writings join action_items using (action_id)
                where source_path in $paths or (
                    origin_kind = 'incident' and origin_id in (select incident_id from incidents where incidents.source_path in $paths))"""
            firsts = [row[0] for row in connection.execute(asked, {"paths": [told.path for told in self.edited]}).fetchall()]
            if len(firsts) > _MANY_PROMISES:
                keep_view(connection, "promise_facts")
            elif firsts:
                keep_rows(connection, "promise_facts", "action_id", firsts)


def patch_of(database: Path, latest: Row, sight: Sight) -> Patch | None:
    """What `latest`, the row of the load before, lacks of what is in sight; None where the whole record has to be loaded."""
    committed = _committed(database, latest, sight)
    edited = _edited(sight, {row["path"] for row in committed}) if committed is not None else None
    if committed is None or edited is None:
        return None
    was, commit = latest["git_commit"], sight.commit
    versions = versions_of(database, sight.repository, sight.reader, was, [told.path for told in edited]) if sight.repository and was else None
    if was and versions is None:
        return None
    services = _whole(sight, "services", sight.files["services"])
    before = _alone(sight, services, [sight.memory.files[_KIND, told.path] for told in edited], versions)
    after = _alone(sight, services, edited, versions.with_later(committed, commit) if versions and commit else None)
    changes = _changes(database, before, after) if before and after and before.ties == after.ties else None
    if after is None or changes is None:
        return None
    is_dirty, found = compare_with_commit(sight)
    if found:
        return None
    as_before = {name: latest[name] for name in latest if name.startswith("files_")}
    row = load_row(sight, {}, is_dirty=is_dirty) | as_before | {"load_id": latest["load_id"] + 1}
    return Patch(sight, after.told, committed, changes, row)


def _committed(database: Path, latest: Row, sight: Sight) -> list[Row] | None:
    """The versions of records that git has had since; None where more has changed than what is committed and what files say."""
    was, commit = latest["git_commit"], sight.commit
    if latest["fingerprint"].partition("-")[0] != sight.fingerprint.partition("-")[0] or sight.refusal or sight.memory.database != database:
        return None
    if was is None or commit is None or sight.repository is None:
        return [] if was == commit else None
    with suppress(RepositoryError):
        rows = committed_since(database, sight.workspace, sight.repository, was, commit)
        return None if rows is None or any(row["renamed_from"] for row in rows) else rows
    return None


def _edited(sight: Sight, committed: set[str]) -> list[Told] | None:
    """Incidents that say something else than they did, or were committed; None where anything else does or was."""
    known = sight.memory.files
    told_anew = {told.path for kind, told in sight.news if told.sha256 and not _says_the_same(told, known.get((kind, told.path)))}
    changed = told_anew | committed
    found = [(kind, told) for kind, files in sight.files.items() for told in files if told.path in changed]
    is_possible = len(found) == len(changed) <= _MANY_FILES and all(kind == _KIND and (kind, told.path) in known for kind, told in found)
    return [told for _, told in found] if is_possible else None


def _says_the_same(told: Told, known: Told | None) -> bool:
    return known is not None and told.sha256 == known.sha256


def _whole(sight: Sight, kind: str, files: Sequence[Told]) -> list[Told]:
    """With what was read of them, as far as it is at hand."""
    packed = sight.memory.packed([told.path for told in files])
    return [told.with_contents(packed.get((kind, told.path))) or told for told in files]


# --- what files give alone


@dataclass(frozen=True)
class _Alone:
    told: Sequence[Told]
    rows: Mapping[Place, list[Row]]
    ties: object


def _alone(sight: Sight, services: list[Told], files: Sequence[Told], versions: Versions | None) -> _Alone | None:
    """With what git had of them, None outside git. None where something of them is not at hand."""
    told = _whole(sight, _KIND, files)
    if not all(each.packed for each in told):
        return None
    alone = {kind: list[Told]() for kind in sight.files} | {"services": services, _KIND: told}
    records = settle(replace(sight, files=alone), Past(versions, sight.context) if versions else None)
    return _Alone(told, _by_place(records, {each.path for each in told}), _ties(records, told))


def _by_place(records: Records, paths: set[str]) -> dict[Place, list[Row]]:
    found = [vars(each) for each in sorted(set(records.findings))]
    rows: dict[Place, list[Row]] = {}
    for name, at in _PATH.items():
        for row in found if name == "findings" else records.rows.get(name, ()):
            if row[at] in paths:
                rows.setdefault((name, row[at]), []).append(_as_stored(TABLES[name], row))
    return rows


def _as_stored(table: Table, row: Row) -> Row:
    values = {name: row.get(name) for name in table.column_names}
    return {name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in values.items()}


def _ties(records: Records, told: Sequence[Told]) -> object:
    """What became of each file, what it says that others go by, its promises, how many of them it still has, and what git lost."""
    paths = {each.path for each in told}
    read = [unpack(each)[0] for each in told]
    became = [(file["path"], file["status"], file["records"], file["reason"]) for file in records.files if file["path"] in paths]
    said = [[tuple(row.get(name) for name in names) for row in each.rows.get(table, ())] for each in read for table, names in _TIES.items()]
    told_more = [(row["record_id"], row["name"], row["value"]) for each in read for row in each.rows.get("record_fields", ())
                 if row["record_kind"] == "action_item"]  # fmt: skip
    promises = [tuple(row.get(name) for name in _PROMISE) for row in records.rows["action_items"] if row["source_path"] in paths]
    there = [len(each.rows.get("action_items", ())) for each in read]
    lost = [each for each in records.findings if each.path == CONFIG]
    return became, said, told_more, promises, there, lost


# --- what stands


def _changes(database: Path, before: _Alone, after: _Alone) -> dict[Place, _Change] | None:
    """None where what stands is not what the files alone gave, or does not lie together."""
    changes = {}
    with locked(database) as connection:
        for place in sorted(before.rows.keys() | after.rows.keys()):
            was, rows = before.rows.get(place, []), after.rows.get(place, [])
            if was == rows:
                continue
            change = _change(connection, *place, rows)
            if [row for _, row in change.standing] != was or not change.is_possible or _is_carried_on(connection, *place):
                return None
            changes[place] = change
    return changes


def _change(connection: duckdb.DuckDBPyConnection, name: str, path: str, rows: list[Row]) -> _Change:
    names = TABLES[name].column_names
    found = connection.execute(f"select rowid, {_listed(names)} from {name} where {_PATH[name]} = ? order by rowid", [path]).fetchall()
    standing = [(row[0], dict(zip(names, row[1:], strict=True))) for row in found]
    return _Change(standing, rows, standing[0][0] if standing else _gap(connection, name, path))


def _gap(connection: duckdb.DuckDBPyConnection, name: str, path: str) -> int:
    """Where the rows of a file that has none would lie: findings are sorted, and incidents come first in the order of their paths."""
    others = "true" if name == "findings" else f"{_PATH[name]} in (select path from source_files where record_kind = '{_KIND}')"
    behind, before = f"{_PATH[name]} > $path and {others}", f"{_PATH[name]} < $path and {others}"
    asked = f"select coalesce(min(rowid) filter (where {behind}), max(rowid) filter (where {before}) + 1, 0) from {name}"
    (begin,) = connection.execute(asked, {"path": path}).fetchall()[0]
    return int(begin)


def _is_carried_on(connection: duckdb.DuckDBPyConnection, name: str, path: str) -> bool:
    """Whether promises that change are others' too: a rule asks only for the last writing, and a sighting in the file has the line of
    its promise."""
    asked = """
        select 1 from action_items where carried_from in (select action_id from action_items where source_path = $path)
        union all
        select 1 from action_sightings where source_path = $path"""
    return name == "action_items" and connection.execute(asked, {"path": path}).fetchone() is not None


def _put(connection: duckdb.DuckDBPyConnection, table: Table, changes: Sequence[_Change]) -> None:
    for change in (each for each in changes if each.keeps_places):
        _update(connection, table, change)
    if moving := sorted((each for each in changes if not each.keeps_places), key=lambda each: each.begin):
        _splice(connection, table, moving)


def _update(connection: duckdb.DuckDBPyConnection, table: Table, change: _Change) -> None:
    for (at, was), row in zip(change.standing, change.rows, strict=True):
        if changed := [column for column in row if row[column] != was[column]]:
            said = ", ".join(f'"{column}" = ?' for column in changed)
            connection.execute(f"update {table.name} set {said} where rowid = ?", [*map(row.get, changed), at])


def _splice(connection: duckdb.DuckDBPyConnection, table: Table, changes: Sequence[_Change]) -> None:
    """The table anew, since rows are read in the order in which they lie."""
    fresh, names, at = replace(table, name="fresh"), _listed(table.column_names), 0
    connection.execute(table_sql(fresh))
    for change in changes:
        connection.execute(f"insert into fresh select {names} from {table.name} where rowid >= ? and rowid < ?", [at, change.begin])
        insert_rows(connection, fresh, change.rows)
        at = change.end
    connection.execute(f"insert into fresh select {names} from {table.name} where rowid >= ?", [at])
    connection.execute(f"drop table {table.name}; alter table fresh rename to {table.name}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
