"""Which headline numbers of a period read differently in two databases of one record, and which records make the difference.

A number was restated when something that was on record was changed, came late or was taken away. It has ripened when it was
unfinished: days had to pass, or what went on has ended since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from opsanalytics.metrics.catalogue import find_metric
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.compute import compute, compute_each
from opsanalytics.metrics.dimensions import RECORDS, find_grouping
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COUNTED = ("kind", "status", "excluded_reason", "started_on")
_RESTORED = ("kind", "status", "excluded_reason", "started_at", "impact_ended_at", "mitigated_at", "resolved_at")
_IN_ORDER = ("detected_at", "acknowledged_at", "mitigated_at", "resolved_at")
_KEPT = ("status", "created_on", "ended_on")
_HELD = ("outcome", "status", "held_on")
_DECIDED = ("status", "proposed_on", "decided_on", "updated_on")
_REACHED = ("status", "actual", "baseline", "target", "period")


@dataclass(frozen=True)
class Headline:
    """A number that a report leads with; `columns` of a record's facts are what it goes by, `order` those whose order it
    asks for besides. One that `waits` asks for more with every day."""

    words: str
    metric: str
    statistic: str
    columns: tuple[str, ...]
    by: str | None = None
    order: tuple[str, ...] = ()

    @property
    def records(self) -> str:
        return find_metric(self.metric).records

    @property
    def waits(self) -> bool:
        return self.records in ("follow_ups", "ritual_actions", "key_results")

    @property
    def goes_by_days(self) -> bool:
        """A share by a day: what has become of a record counts from the day on which it did."""
        return self.statistic.startswith("share_done")


HEADLINES = (
    Headline("Incidents", "incident_count", "count", _COUNTED),
    Headline("Incidents", "incident_count", "count", (*_COUNTED, "severity"), "severity"),
    Headline("Median time to detect", "time_to_detect", "median", (*_COUNTED, "started_at", "detected_at"), order=_IN_ORDER),
    Headline("Median time to restore", "time_to_restore", "median", _RESTORED, order=_IN_ORDER),
    Headline("p90 of time to restore", "time_to_restore", "p90", _RESTORED, order=_IN_ORDER),
    Headline("Follow-ups done within 30 days", "follow_up_completion", "share_done_30d", _KEPT),
    Headline("Follow-ups done within 90 days", "follow_up_completion", "share_done_90d", _KEPT),
    Headline("Follow-ups done within SLA", "follow_up_completion", "done_within_sla", (*_KEPT, "severity")),
    Headline("Retro actions done within 30 days", "retro_action_completion", "share_done_30d", _KEPT),
    Headline("Retro actions done within 90 days", "retro_action_completion", "share_done_90d", _KEPT),
    Headline("Promised rituals held", "ritual_held", "share_held", _HELD),
    Headline("Decisions", "decision_count", "count", _DECIDED),
    Headline("Key results hit", "key_results", "hit", _REACHED),
    Headline("Key results missed", "key_results", "missed", _REACHED),
    Headline("Key results not measured", "key_results", "not_measured", _REACHED),
)


class Part(NamedTuple):
    """What one record adds to a number: the group that it is in, the number of it alone, whether it is asked, and until when it
    was watched where the number of it alone is still to come."""

    group: str | None = None
    value: float | None = None
    n: int = 0
    watched_until: date | None = None


@dataclass(frozen=True)
class Difference:
    """A record that adds something else now. `then` and `now` are its facts, None where it is not in the record;
    `columns` are those that differ and bear on the number, where it was restated only those that did it: with none of them,
    time, the settings or another record made the difference."""

    record_id: str
    was: Part
    became: Part
    then: Row | None
    now: Row | None
    columns: tuple[str, ...]
    has_ripened: bool


@dataclass(frozen=True)
class Comparison:
    """One number on both sides, as rows of its metric; None where a side has no such group."""

    headline: Headline
    group: str | None
    then: Row | None
    now: Row | None
    differences: tuple[Difference, ...]

    @property
    def values(self) -> tuple[float | None, float | None]:
        """Then and now; None where it cannot be computed."""
        then, now = (None if side is None else side["value"] for side in (self.then, self.now))
        return then, now

    @property
    def is_different(self) -> bool:
        return self.values[0] != self.values[1]

    @property
    def is_known(self) -> bool:
        """On one side at least."""
        return self.values != (None, None)

    @property
    def change(self) -> float | None:
        then, now = self.values
        return None if then is None or now is None else now - then

    @property
    def restated(self) -> tuple[Difference, ...]:
        return tuple(each for each in self.differences if not each.has_ripened)

    @property
    def ripened(self) -> tuple[Difference, ...]:
        return tuple(each for each in self.differences if each.has_ripened)


def compare(
    then: DuckDBPyConnection, now: DuckDBPyConnection, period: Period, headlines: Sequence[Headline] = HEADLINES
) -> list[Comparison]:
    """Headline numbers of the period, by the record as it stood at the period's end and as it stands."""
    sides = _Side(then, period), _Side(now, period)
    return [comparison for headline in headlines for comparison in _compare(headline, *sides)]


class _Side:
    """One of the two databases; `facts` are those of a kind of record, by its id."""

    def __init__(self, connection: DuckDBPyConnection, period: Period) -> None:
        self.connection = connection
        self.clock = read_clock(connection)
        self.settings = self.clock.zone, self.clock.severities, self.clock.policies
        self.facts = cache(self._read_facts)
        self._computed = cache(lambda metric, by: compute(connection, metric, period=period, by=by).rows)
        self._computed_each = cache(lambda metric: compute_each(connection, metric, period=period))

    def rows(self, headline: Headline) -> dict[str | None, Row]:
        found = self._computed(headline.metric, headline.by)
        return {row["group"]: row for row in found if row["statistic"] == headline.statistic}

    def parts(self, headline: Headline) -> dict[str, Part]:
        """Of the records that are asked."""
        statistic = "median" if headline.statistic == "p90" else headline.statistic
        rows = self._computed_each(headline.metric)
        groups = self._groups(headline)
        watched_until = self.clock.as_of_on if headline.goes_by_days else None
        return {row["group"]: Part(groups.get(row["group"]), row["value"], row["n"], watched_until if row["value"] is None else None)
                for row in rows if row["statistic"] == statistic and row["n"]}  # fmt: skip

    def _groups(self, headline: Headline) -> dict[str, str]:
        if headline.by is None:
            return {}
        grouping = find_grouping(self.connection, headline.records, headline.by)
        return dict(self.connection.execute(f"select {RECORDS[headline.records].record_id}, label from ({grouping.sql})").fetchall())

    def _read_facts(self, records: str) -> dict[str, Row]:
        kind = RECORDS[records]
        facts = "({ritual_day_sessions})" if records == "ritual_days" else kind.facts
        rows = fetch(self.connection, "restatements.record_facts", {}, {"record_id": kind.record_id, "facts": facts})
        return {row["record_id"]: row for row in rows}


def _compare(headline: Headline, then: _Side, now: _Side) -> Iterator[Comparison]:
    before, after = then.rows(headline), now.rows(headline)
    differences = list(_differences(headline, then, now))
    for group in dict.fromkeys((*before, *after)):
        of_group = (each for each in differences if headline.by is None or group in (each.was.group, each.became.group))
        yield Comparison(headline, group, before.get(group), after.get(group), tuple(of_group))


def _differences(headline: Headline, then: _Side, now: _Side) -> Iterator[Difference]:
    before, after = then.parts(headline), now.parts(headline)
    for record_id in sorted({*before, *after}):
        was, became = before.get(record_id, Part()), after.get(record_id, Part())
        rows = then.facts(headline.records).get(record_id), now.facts(headline.records).get(record_id)
        if was != became or (headline.goes_by_days and _is_redated(*rows)):
            changed = _changed(headline.columns, *rows) or _changed(headline.order, *rows)
            restated = {name: values for name, values in changed.items() if not _happens_later(name, *values, then)}
            only_waited = not changed and headline.waits and (then.settings == now.settings or was.value is None)
            has_ripened = None not in rows and not restated and (only_waited or bool(changed))
            yield Difference(record_id, was, became, *rows, tuple(restated or changed), has_ripened)


def _is_redated(before: Row | None, after: Row | None) -> bool:
    """Whether it ended on another day than was known."""
    days = [row["ended_on"] for row in (before, after) if row]
    return len(days) == 2 and None not in days and days[0] != days[1]


def _changed(columns: Collection[str], before: Row | None, after: Row | None) -> dict[str, tuple[Any, Any]]:
    both = {name: (before[name], after[name]) for name in columns if before and after}
    return {name: values for name, values in both.items() if values[0] != values[1]}


# What goes on, by the values that it can have until it ends.
_ONGOING = ("open", "mitigated", "draft", "proposed", None)
_TAKEN_BACK = ("cancelled", "merged", None)


def _happens_later(name: str, was: Any, became: Any, then: _Side) -> bool:
    """Whether that is what happens after the end of a period, and not to what had happened by then."""
    if name == "status":
        return was in _ONGOING and became not in _TAKEN_BACK
    if name == "actual":
        return became is not None
    if name == "updated_on":
        return became is not None and became > then.clock.as_of_on
    if name in ("impact_ended_at", "mitigated_at", "resolved_at", "ended_on", "decided_on"):
        return was is None and became is not None and became > (then.clock.as_of_on if name.endswith("_on") else then.clock.as_of)
    return False


# --- which commits did it

_EVENTS = {"status": ("done", "dropped", "gone", "reopened"), "ended_on": ("done", "dropped", "gone", "reopened"), "created_on": ("created",)}


class Trail:
    """What commits since then did, as the newer database tells it. `settings` are those that changed ops.yml."""

    def __init__(self, then: DuckDBPyConnection, now: DuckDBPyConnection, since: Collection[str], settings: Collection[str] = ()) -> None:
        self.settings = tuple(settings)
        self.is_dirty = fetch(now, "restatements.standing", {})[0]["dirty"] is True
        commits = {"commits": list(since)}
        self._events = fetch(now, "restatements.events_since", commits)
        self._changes = fetch(now, "restatements.changes_since", commits)
        self._versions = fetch(now, "restatements.versions_since", commits)
        writings = [row for side in (then, now) for row in fetch(side, "restatements.promise_places", {})]
        self._writings = {row["action_id"]: row["record_id"] for row in writings}
        self._places: dict[str, dict[str, None]] = {}
        for row in writings:
            self._places.setdefault(row["record_id"], {})[row["source_path"]] = None
        self._cadence = {row["ritual"]: row["source_path"] for row in fetch(now, "restatements.cadence_places", {})}

    def of(self, difference: Difference) -> tuple[str, ...]:
        """The commits that made a record differ, oldest first, found by what names them best. None where that was not
        committed yet."""
        paths = self._paths(difference)
        found = (*self._promised(difference), *self._changed(paths, {*difference.columns, "record"}))
        if not found and difference.columns and self.is_dirty and self._is_followed(paths):
            return ()
        return tuple(dict.fromkeys(found or self._touched(paths) or self._promised_again(difference) or self.settings))

    def _is_followed(self, paths: Collection[str]) -> bool:
        """Whether every change of a column in these files would be known."""
        return any(row["path"] in paths and row["is_followed"] for row in self._versions)

    def _paths(self, difference: Difference) -> set[str]:
        own = (row["source_path"] for row in (difference.then, difference.now) if row and row["source_path"])
        return self._names({*own, *self._places.get(difference.record_id, ())})

    def _names(self, paths: set[str]) -> set[str]:
        """A file that was renamed is the same one."""
        renamed = [{row["path"], row["renamed_from"]} for row in self._versions if row["renamed_from"]]
        for pair in (*renamed, *reversed(renamed)):
            paths |= pair if pair & paths else set()
        return paths

    def _promised(self, difference: Difference) -> Iterator[str]:
        wanted = {event for name in difference.columns for event in _EVENTS.get(name, ())} or {"created"}
        for row in self._events:
            if self._writings.get(row["action_id"]) == difference.record_id and row["event"] in wanted:
                yield row["git_commit"]

    def _changed(self, paths: Collection[str], names: Collection[str]) -> Iterator[str]:
        return (row["git_commit"] for row in self._changes if row["source_path"] in paths and row["name"] in names)

    def _touched(self, paths: Collection[str]) -> list[str]:
        return [row["git_commit"] for row in self._versions if row["path"] in paths]

    def _promised_again(self, difference: Difference) -> list[str]:
        """A day for which a ritual was promised, or is not any more."""
        row = difference.then or difference.now or {}
        return self._touched([self._cadence[row["ritual"]]]) if row.get("ritual") in self._cadence else []


def end_of(period: Period, zone: str) -> datetime:
    """The last second of a period, as naive UTC."""
    return period.ends_at(zone) - timedelta(seconds=1)
