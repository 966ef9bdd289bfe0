"""The lives of one file's promises and records over its versions: when each promise was made, reworded, moved, done, dropped, or
vanished, and when which column of a record was changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from opsanalytics.markup.words import fold, fold_label
from opsanalytics.tables import Row
from opsanalytics.warehouse.matching import match

Values = dict[str, str]  # the columns of a record that are not empty, as they print
RECORD = "record"  # the name under which a record itself comes and goes
_EVENT_OF = {"open": "reopened", "done": "done", "dropped": "dropped"}


@dataclass(frozen=True)
class Stamp:
    """What made a version: a commit, its time in UTC and its day in the workspace's zone. Without a time it dates
    nothing: not committed yet, the first commit of a shallow clone, or an import."""

    commit: str | None = None
    at: datetime | None = None
    day: date | None = None
    is_import: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The promises of one version in the order of the file, as plain JSON, the labels of its parts, and its records by id.
    `day` is the first record's own."""

    items: list[Row]
    labels: frozenset[str] = frozenset()
    day: date | None = None
    records: dict[str, Values] = field(default_factory=dict)


@dataclass
class Life:
    """One promise. `item` is its last wording; `done` is what last made it so, None while it is not."""

    item: Row
    number: int
    made: Stamp
    done: Stamp | None = None
    is_there: bool = True
    is_gone: bool = False
    events: list[tuple[str, Stamp]] = field(default_factory=list)

    @property
    def standing(self) -> str:
        return "gone" if self.is_gone else self.item["status"]

    def note(self, event: str, stamp: Stamp) -> None:
        if stamp.at:
            self.events.append((event, stamp))


@dataclass(frozen=True)
class Change:
    """None is an empty column, or no record."""

    name: str
    was: str | None
    became: str | None
    stamp: Stamp


@dataclass(eq=False)
class RecordLife:
    """One record by its last id and values. That it came is told even where nothing dates it."""

    record_id: str = ""
    values: Values = field(default_factory=dict)
    is_there: bool = False
    changes: list[Change] = field(default_factory=list)

    def advance(self, record_id: str, values: Values, stamp: Stamp) -> None:
        if not self.is_there and stamp.commit:
            self.changes.append(Change(RECORD, None, record_id, stamp))
        if self.values and stamp.at:
            names = dict.fromkeys((*self.values, *values))
            told = (Change(name, self.values.get(name), values.get(name), stamp) for name in names)
            self.changes += [change for change in told if change.was != change.became]
        self.record_id, self.values, self.is_there = record_id, values, True

    def end(self, stamp: Stamp) -> None:
        self.is_there = False
        if stamp.at:
            self.changes.append(Change(RECORD, self.record_id, None, stamp))


class RecordLives:
    """Those of one file, in the order in which they were first written."""

    def __init__(self) -> None:
        self.lives: list[RecordLife] = []

    def advance(self, records: dict[str, Values], stamp: Stamp) -> None:
        """The one record of a file stays itself under another id."""
        there = [life for life in self.lives if life.is_there]
        known = {life.record_id: life for life in self.lives}
        if len(there) == 1 == len(records):
            known = dict.fromkeys(records, there[0]) | known
        for record_id, values in records.items():
            self._life(known.get(record_id)).advance(record_id, values, stamp)
        for life in there:
            if life.record_id not in records:
                life.end(stamp)

    def _life(self, known: RecordLife | None) -> RecordLife:
        if known:
            return known
        self.lives.append(RecordLife())
        return self.lives[-1]


class Lives:
    """Those of one file, in the order in which they were first written."""

    def __init__(self) -> None:
        self.records = RecordLives()
        self.lives: list[Life] = []
        self.order: list[Life] = []
        self.last: Snapshot | None = None

    def advance(self, snapshot: Snapshot, stamp: Stamp) -> list[Life]:
        """Takes the next version in; the life of each of its promises."""
        self.records.advance(snapshot.records, stamp)
        if self.last and self.last.items == snapshot.items:
            return self.order
        self._follow_origins(snapshot)
        known = self._known(snapshot)
        found = [self._go_on(known[at], item, snapshot, stamp) if at in known else self._begin(item, stamp)
                 for at, item in enumerate(snapshot.items)]  # fmt: skip
        there = set(map(id, found))
        for life in self.lives:
            if life.is_there and id(life) not in there:
                self._end(life, stamp)
        self.last, self.order = snapshot, found
        return found

    def join(self, others: Lives) -> None:
        """Another file takes the place of this one."""
        self.lives, self.order, self.last = [*others.lives, *self.lives], others.order, others.last
        self.records.lives = [*others.records.lives, *self.records.lives]

    def end(self, stamp: Stamp) -> None:
        """The file itself is gone."""
        self.advance(Snapshot([]), stamp)

    def _known(self, snapshot: Snapshot) -> dict[int, Life]:
        """By place in the version. One that is not there any more comes back by the same words only."""
        there = sorted((life for life in self.lives if life.is_there), key=_position)
        known = {at: there[old] for at, old in match([life.item for life in there], snapshot.items).items()}
        away = {_words(life.item): life for life in reversed(self.lives) if not life.is_there}
        for at, item in enumerate(snapshot.items):
            if at not in known and (life := away.pop(_words(item), None)):
                known[at] = life
        return known

    def _begin(self, item: Row, stamp: Stamp) -> Life:
        number = 1 + sum(life.item["origin_id"] == item["origin_id"] for life in self.lives)
        life = Life(item, number, stamp)
        life.note("created", stamp)
        self._take_status(life, "open", item["status"], stamp)
        self.lives.append(life)
        return life

    def _go_on(self, life: Life, item: Row, snapshot: Snapshot, stamp: Stamp) -> Life:
        before, standing = life.item, life.standing
        life.item, life.is_there, life.is_gone = item, True, False
        if item["text"] != before["text"]:
            life.note("reworded", stamp)
        if item["section"] != before["section"] and self._is_move(before["section"], item["section"], snapshot):
            life.note("moved", stamp)
        self._take_status(life, standing, item["status"], stamp)
        return life

    def _take_status(self, life: Life, before: str, after: str, stamp: Stamp) -> None:
        if before != after:
            life.done = stamp if after == "done" else None
            life.note(_EVENT_OF[after], stamp)

    def _end(self, life: Life, stamp: Stamp) -> None:
        """A promise that was done or dropped before its line went away stays so."""
        life.is_there = False
        if life.item["status"] == "open":
            life.is_gone = True
            life.note("gone", stamp)

    def _is_move(self, before: str | None, after: str | None, snapshot: Snapshot) -> bool:
        """A heading that was reworded moves nothing."""
        return before in snapshot.labels or after in (self.last.labels if self.last else ())

    def _follow_origins(self, snapshot: Snapshot) -> None:
        """A record that got another id keeps its promises."""
        says, said = _origins(snapshot.items), _origins([life.item for life in self.lives])
        if len(says - said) == 1 == len(said - says):
            (new,), (old,) = says - said, said - says
            for life in self.lives:
                if life.item["origin_id"] == old:
                    life.item = life.item | {"origin_id": new}


def _origins(items: Sequence[Row]) -> set[str]:
    return {item["origin_id"] for item in items}


def _position(life: Life) -> int:
    return int(life.item["position"])


def _words(item: Row) -> tuple[str, str]:
    return item["origin_id"], fold(item["text"])


def section_of(label: str) -> str:
    """As the column `section` has it."""
    return fold_label(re.split("[:：]", label, maxsplit=1)[0])
