"""What became of every promise and record: the rows of the files as they stand, dated by git, those that are not in them any more,
and what was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from opsanalytics.clocks import wall_time
from opsanalytics.findings import Finding, finding
from opsanalytics.kinds import KINDS
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.lives import Life, Lives, Snapshot, Stamp
from opsanalytics.warehouse.versions import KEPT, Versions, snapshot_of

IMPORT_FILES, IMPORT_AGE = 10, timedelta(days=7)
_DAYS = ("created_on", "due_on", "done_on")

Place = tuple[str, str]  # kind, path


@dataclass(frozen=True)
class Current:
    """A file as it stands: its rows are the load's own, whose ids are told apart from those of other files later.
    `claimed` are the ids of its promises before that, `records` its main rows by the id that they claim."""

    path: str
    snapshot: Snapshot
    promises: list[Row]
    claimed: list[str]
    records: dict[str, tuple[Row, str]]

    def origin(self, claimed: str) -> str:
        row, key = self.records.get(claimed, ({}, ""))
        return row.get(key) or claimed


class Past:
    """Sees every file as it is read, then settles the promises of all of them."""

    def __init__(self, versions: Versions, context: Context) -> None:
        self.versions = versions
        self.context = context
        self.files: dict[Place, Current | None] = {}

    def see(self, kind: str, path: str, blob: str | None, reading: Reading) -> None:
        if kind not in KEPT:
            return
        known = self.versions.snapshots
        snapshot = known[kind, path, blob] if blob and (kind, path, blob) in known else snapshot_of(kind, reading)
        self.files[kind, path] = _current(kind, snapshot, reading) if snapshot else None
        if blob:
            known[kind, path, blob] = snapshot

    def settle(self, rows: dict[str, list[Row]]) -> list[Finding]:
        """Dates and names the promises in `rows`; adds those that are gone, all events and changes, and the versions."""
        self.versions.read_snapshots(self.context)
        lives = self._replay()
        book = _Book(rows)
        for place, current in self.files.items():
            of_file = lives.pop(place, None) or Lives()
            if current:
                book.write_file(current, of_file)
                book.write_changes(place, of_file, current.origin)
        for place, of_file in lives.items():
            of_file.end(Stamp())
            book.write_deleted(place[1], of_file)
            book.write_changes(place, of_file, str)
        book.close()
        for table, said in self.versions.tables().items():
            rows[table] += said
        return list(lost_history(self.versions))

    def _replay(self) -> dict[Place, Lives]:
        """By the place where the last version lies. A file that takes the place of a deleted one takes its lives too."""
        stamps, lives = self._stamps(), defaultdict[Place, Lives](Lives)
        doubtful: set[Place] = set()
        for row in (row for row in self.versions.rows if row["record_kind"] in KEPT):
            place, stamp, snapshot = _place(row), stamps[row["git_commit"]], self.versions.snapshot(row)
            if row["renamed_from"]:
                lives[place].join(lives.pop((place[0], row["renamed_from"]), Lives()))
            if self.versions.is_lost(row):
                doubtful.add(place)
            elif row["change"] == "deleted":
                lives[place].end(stamp)
            elif snapshot:
                lives[place].advance(snapshot, Stamp(stamp.commit) if place in doubtful else stamp)
                doubtful.discard(place)
        return dict(lives)

    def _stamps(self) -> dict[str, Stamp]:
        """By commit. What stands in the first commit of a shallow clone or in an import came about before it; a clock that is
        a day ahead of the load dates nothing."""
        imports, stamps = self._imports(), {}
        for commit, at in {row["git_commit"]: row["committed_at"] for row in self.versions.rows}.items():
            is_dating = commit not in imports and commit != self.versions.cut_at and not self._is_ahead(at)
            stamps[commit] = Stamp(commit, at, self._day(at)) if is_dating else Stamp(commit, is_import=commit in imports)
        return stamps

    def _imports(self) -> set[str]:
        """The commits that add ten records or more whose own days lie more than a week back."""
        old: dict[str, set[str]] = defaultdict(set)
        for commit, path, committed_at, recorded_on in self.versions.additions():
            committed_on = self._day(committed_at)
            if committed_on and committed_on - recorded_on > IMPORT_AGE:
                old[commit].add(path)
        return {commit for commit, paths in old.items() if len(paths) >= IMPORT_FILES}

    def _is_ahead(self, at: datetime | None) -> bool:
        here, now = self._day(at), self._day(self.context.now)
        return here is not None and now is not None and here > now

    def _day(self, at: datetime | None) -> date | None:
        return wall_time(at, self.context.zone).date() if at else None


class _Book:
    """Writes lives into the rows of a load."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.rows = rows
        self.names: dict[tuple[str, str], str] = {}
        self.taken: set[str] = set()
        self.origins = {(row["origin_kind"], row["origin_id"]) for row in rows["action_items"]}

    def write_file(self, current: Current, lives: Lives) -> None:
        found = lives.advance(current.snapshot, Stamp())
        for row, claimed, life in zip(current.promises, current.claimed, found, strict=True):
            action_id = self._write(row, life, row["origin_id"])
            self.names |= {(current.path, claimed): action_id}
        for life in (life for life in lives.lives if not life.is_there):
            self._add(life, current.path, current.origin(life.item["origin_id"]))

    def write_deleted(self, path: str, lives: Lives) -> None:
        """A record that lives on elsewhere has its promises there."""
        for life in lives.lives:
            if (life.item["origin_kind"], life.item["origin_id"]) not in self.origins:
                self._add(life, path, life.item["origin_id"])

    def write_changes(self, place: Place, lives: Lives, origin: Callable[[str], str]) -> None:
        """`origin` tells the id that a record has in the end."""
        self.rows["record_changes"] += [
            {"record_kind": KEPT[place[0]], "record_id": origin(life.record_id), "name": change.name, "was": change.was,
             "became": change.became, "changed_at": change.stamp.at, "git_commit": change.stamp.commit, "source_path": place[1]}
            for life in lives.records.lives for change in life.changes
        ]  # fmt: skip

    def close(self) -> None:
        """Gives the fields of promises the ids that these have now."""
        for row in (row for row in self.rows["record_fields"] if row["record_kind"] == "action_item"):
            row["record_id"] = self.names.get((row["source_path"], row["record_id"]), row["record_id"])

    def _add(self, life: Life, path: str, origin_id: str) -> None:
        days = {name: date.fromisoformat(said) for name in _DAYS if (said := life.item[name])}
        row = life.item | days | {"source_path": path, "origin_id": origin_id, "status": life.standing}
        self._write(row, life, origin_id)
        self.rows["action_items"].append(row)

    def _write(self, row: Row, life: Life, origin_id: str) -> str:
        row["action_id"] = action_id = self._free(f"{origin_id}#{life.number}")
        if row["created_on"] is None and (life.made.day or life.made.is_import):
            row["created_on"], row["created_on_source"] = life.made.day, "history" if life.made.day else "import"
        if row["done_on"] is None and row["status"] == "done" and life.done and life.done.day:
            row["done_on"], row["done_on_source"] = life.done.day, "history"
        self.rows["action_events"] += [
            {"action_id": action_id, "occurred_at": stamp.at, "event": event, "git_commit": stamp.commit,
             "source_path": row["source_path"], "source_line": row["source_line"]} for event, stamp in life.events
        ]  # fmt: skip
        return action_id

    def _free(self, claimed: str) -> str:
        action_id, number = claimed, 2
        while action_id in self.taken:
            action_id, number = f"{claimed}~{number}", number + 1
        self.taken.add(action_id)
        return action_id


def _place(row: Row) -> Place:
    return row["record_kind"], row["path"]


def _current(kind: str, snapshot: Snapshot, reading: Reading) -> Current:
    table = KINDS[kind].table
    key = TABLES[table].key[0]
    promises = reading.rows.get("action_items", [])
    records = {row[key]: (row, key) for row in reading.rows[table]}
    return Current(reading.path, snapshot, promises, [row["action_id"] for row in promises], records)


def lost_history(versions: Versions) -> Iterator[Finding]:
    """What this clone does not hold."""
    if versions.cut_at:
        said = f"a shallow clone that begins with commit {versions.cut_at[:12]}: what was there by then has no day"
        yield finding("OPS108", "ops.yml", 1, 1, said, "fetch the rest: git fetch --unshallow")
    if lost := versions.lost:
        said = f"git has not the contents of {len(lost)} older versions, or they are too large: what changed there has no day"
        yield finding("OPS108", "ops.yml", 1, 1, said, "fetch them: git fetch --refetch")
