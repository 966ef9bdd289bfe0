"""What a metric is asked over: the load's clock and policies, a period, and groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.dimensions import NOT_STATED, RECORDS, Grouping, find_grouping
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import joined

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Reader = Callable[..., list[dict[str, Any]]]  # `fetch`, or one that gives its lists as arrays

SLA_DAYS = (7, 14, 30)  # worst severity first, where the policies say nothing


@dataclass(frozen=True)
class Group:
    """One group's share of the answer: the row of what is counted (empty: none is), and what was left out and why."""

    label: str | None
    counted: dict[str, Any]
    left_out: dict[str, int]

    @property
    def n_excluded(self) -> int:
        return sum(self.left_out.values())


@dataclass(frozen=True)
class Scope:
    connection: DuckDBPyConnection
    records: str
    period: Period | None
    grouping: Grouping
    every_kind: bool
    clock: Clock
    _answers: dict[tuple[Any, ...], list[Group]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def ungrouped(self) -> Scope:
        return replace(self, grouping=find_grouping(self.connection, self.records, None))

    @cached_property
    def first_on(self) -> date | None:
        """The day on which the record begins; None without an incident."""
        (row,) = fetch(self.connection, "counts.first_day", {"as_of_on": self.clock.as_of_on})
        found: date | None = row["first_on"]
        return found

    @property
    def is_partition(self) -> bool:
        """Each record stands in one group; by service or by a field of the record it may stand in several."""
        return self.grouping.by is None or self.grouping.by in RECORDS[self.records].columns

    @property
    def group_note(self) -> str:
        """What the reader must know of the groups and of the population."""
        return joined(RECORDS[self.records].widened_note if self.every_kind else "", self.grouping.note)

    @property
    def noun(self) -> str:
        """One of what is counted: `incident`, `follow-up`, ..."""
        return RECORDS[self.records].noun

    @property
    def period_words(self) -> str:
        return "the record" if self.period is None else self.period.name

    @property
    def parameters(self) -> dict[str, Any]:
        """Every value that a metric's query may bind."""
        clock = self.clock
        sla_days = clock.policies.get("follow_up_sla_days") or dict(zip(clock.severities, SLA_DAYS, strict=False))
        return {
            "starts_on": self.period and self.period.starts_on,
            "ends_on": self.period and self.period.ends_on,
            "starts_at": self.period and self.period.starts_at(clock.zone),
            "ends_at": self.period and self.period.ends_at(clock.zone),
            "as_of": clock.as_of,
            "as_of_on": clock.as_of_on,
            "clock_end_at": min(clock.as_of, self.period.ends_at(clock.zone)) if self.period else clock.as_of,
            "clock_end_on": min(clock.as_of_on, self.period.ends_on - timedelta(1)) if self.period else clock.as_of_on,
            "every_kind": self.every_kind,
            "origin_kind": RECORDS[self.records].origin_kind,
            "ritual": RECORDS[self.records].ritual,
            "sla_severities": list(sla_days),
            "sla_days": list(sla_days.values()),
            **self.grouping.parameters,
        }

    def groups(
        self, query: str, identifiers: dict[str, str] | None = None, *, read: Reader = fetch, **parameters: Any
    ) -> list[Group]:
        """Asks a query that gives rows of label, reason and numbers, once; without groups, always exactly one."""
        asked = (query, *(identifiers or {}).items(), *parameters.items())
        if asked not in self._answers:
            names = {"grouping": self.grouping.sql, **(identifiers or {})}
            self._answers[asked] = self._grouped(read(self.connection, query, {**self.parameters, **parameters}, names))
        return self._answers[asked]

    def _grouped(self, rows: list[dict[str, Any]]) -> list[Group]:
        found: dict[str | None, Group] = {} if self.grouping.by else {None: Group(None, {}, {})}
        for row in rows:
            reason = row["reason"]
            label = NOT_STATED if self.grouping.by and row["label"] is None else row["label"]
            group = found.setdefault(label, Group(label, {}, {}))
            if reason is None:
                group.counted.update(row)
            else:
                group.left_out[reason] = row["n"]
        return list(found.values())


def read_scope(
    connection: DuckDBPyConnection, records: str, period: Period | None, by: str | None, every_kind: bool
) -> Scope:
    """Refused: a database without a load (DatabaseError), an unknown `by` (UsageError)."""
    return Scope(
        connection,
        records,
        None if period and period.kind == "all" else period,
        find_grouping(connection, records, by),
        every_kind or by == RECORDS[records].widened_by,
        read_clock(connection),
    )
