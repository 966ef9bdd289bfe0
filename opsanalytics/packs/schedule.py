"""What the schedule owes: each slot of each entry once.

A slot is a moment of an entry's rule by the clock on the wall in the workspace's zone, so that it has one name however
clocks are changed: one in an hour that is left out falls due when that hour would have been over, of an hour that comes
twice the first counts. Which slots are answered stands in the log and the manifests of the shelf, so that a clock that
is set back owes nothing again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule

from opsanalytics.clocks import instant_of, wall_time
from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs.catalogue import Pack, find_pack, own_packs
from opsanalytics.packs.log import Entry as Line
from opsanalytics.packs.log import Log
from opsanalytics.packs.log import entry as line
from opsanalytics.packs.manifest import NAME as MANIFEST
from opsanalytics.settings import Scheduled
from opsanalytics.workspace import Workspace

MADE, SKIPPED = "slot-made", "slot-skipped"
AT_ONCE = 12
GRACE = timedelta(days=1)

_CHANGE = timedelta(days=1)  # more than any change of a clock
_ENDS = datetime(9000, 1, 1)


@dataclass(frozen=True)
class Slot:
    """at: by the clock on the wall. due_at: naive UTC. period: the name of the one that the pack is about."""

    pack: str
    at: datetime
    due_at: datetime
    period: str

    @property
    def id(self) -> str:
        return _id(self.pack, self.at)

    @property
    def name(self) -> str:
        return self.id.partition("/")[2]

    def days_late(self, now: datetime) -> int:
        """Whole days, 0 within the grace. now: naive UTC."""
        return (now - self.due_at).days if now - self.due_at >= GRACE else 0


class Owed(NamedTuple):
    """A pack to make. stands_for: earlier slots about the same period, of which the pack would say the same."""

    slot: Slot
    stands_for: tuple[Slot, ...] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        return (*self.stands_for, self.slot)


class Work(NamedTuple):
    """Oldest first. since: from where slots are owed. skipped: too many to make at once, and owed no more."""

    since: datetime
    owed: Sequence[Owed] = ()
    skipped: Sequence[Owed] = ()


@dataclass(frozen=True)
class Memory:
    """answered: the ids of slots. began: from where each rule of each pack owes its slots, by the clock on the wall."""

    answered: frozenset[str] = frozenset()
    began: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def packs(self) -> set[str]:
        return {pack for pack, _ in self.began}


@dataclass(frozen=True)
class Entry:
    pack: Pack
    said: Scheduled
    zone: ZoneInfo
    fiscal_year_start: int = 1

    def due(self, now: datetime) -> list[datetime]:
        """The moments up to now, which is naive UTC, by the clock on the wall, oldest first."""
        moments = self._rule.between(datetime(1, 1, 1), wall_time(now, self.zone) + _CHANGE, inc=True)
        return [at for at in moments if instant_of(at, self.zone) <= now]

    def next(self, now: datetime) -> Slot | None:
        """The first slot after now; None when the rule has ended."""
        coming = self._rule.xafter(wall_time(now, self.zone) - _CHANGE)
        return next((self._slot(at) for at in coming if at < _ENDS and instant_of(at, self.zone) > now), None)

    def work(self, now: datetime, memory: Memory) -> Work:
        """What is owed now. An entry begins with its `since`, one without, or whose rule was changed, with its newest slot."""
        due = self.due(now)
        since = memory.began.get((self.pack.name, self.said.when)) or self._begins(due, memory)
        missed = [self._slot(at) for at in due if at >= since and _id(self.pack.name, at) not in memory.answered]
        owed = [Owed(slots[-1], tuple(slots[:-1])) for slots in _by_period(missed)]
        return Work(since, owed[-AT_ONCE:], owed[:-AT_ONCE])

    def has(self, slot: Slot) -> bool:
        return slot.pack == self.pack.name and slot.at in self._rule

    def _begins(self, due: Sequence[datetime], memory: Memory) -> datetime:
        is_new = self.pack.name not in memory.packs
        return next(iter(self._rule)) if not due or (self.said.since and is_new) else due[-1]

    @cached_property
    def _rule(self) -> rrule:
        return self.said.rule

    def _slot(self, at: datetime) -> Slot:
        period = parse_period(self.said.period, as_of_on=at.date(), fiscal_year_start=self.fiscal_year_start,
                              kind=self.pack.period_kind)  # fmt: skip
        return Slot(self.pack.name, at, instant_of(at, self.zone), period.name)


def read_schedule(workspace: Workspace) -> list[Entry]:
    """Refused with UsageError or WorkspaceError: a pack that is none."""
    own, settings = own_packs(workspace), workspace.settings
    return [Entry(find_pack(said.pack, own), said, workspace.zone or ZoneInfo("UTC"), settings.fiscal_year_start)
            for said in settings.schedule]  # fmt: skip


def answer(kind: str, owed: Owed, since: datetime, entry: Entry, now: datetime, deliver: Sequence[str]) -> Line:
    """How the log, and the manifest of the pack, remember what became of a slot."""
    slot = owed.slot
    return line(kind, now, slot.id, when=entry.said.when, since=since.isoformat(), due_at=slot.due_at.isoformat(),
                 period=slot.period, stands_for=[each.id for each in owed.stands_for], deliver=list(deliver))  # fmt: skip


def recall(entries: Sequence[Line]) -> Memory:
    """From the lines of the log, and of the manifests that it may not have."""
    answers = [each for each in entries if each["kind"] in (MADE, SKIPPED)]
    began: dict[tuple[str, str], datetime] = {}
    for each in answers:
        rule, since = (each["id"].partition("/")[0], each["when"]), datetime.fromisoformat(each["since"])
        began[rule] = min(since, began.get(rule, since))
    return Memory(frozenset(slot for each in answers for slot in (each["id"], *each["stands_for"])), began)


def unlogged(shelf: Path, log: Log) -> list[Line]:
    """The slots of standing packs that the log does not know: a run was killed between the two, or the log is gone."""
    known = {each["id"] for each in log.entries if each["kind"] == MADE}
    found = (_slot_in(path) for path in sorted(shelf.glob(f"[!.]*/[!.]*/{MANIFEST}")))
    return [slot for slot in found if slot and slot["id"] not in known]


def _slot_in(manifest: Path) -> Line | None:
    try:
        made = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    slot: Line | None = made.get("slot") if isinstance(made, dict) else None
    return slot


def _id(pack: str, at: datetime) -> str:
    return f"{pack}/{at:%Y-%m-%d}" + (f"T{at:%H:%M}" if at.time() != time() else "")


def _by_period(slots: Sequence[Slot]) -> list[list[Slot]]:
    periods: dict[str, list[Slot]] = {}
    for slot in slots:
        periods.setdefault(slot.period, []).append(slot)
    return list(periods.values())
