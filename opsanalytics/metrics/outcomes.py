"""What was changed and what came after it: incidents a week before and after decisions, runbooks and roadmap items, the
services that have a runbook and those that have none, and the incidents that a session names and nobody wrote down.

Before and after is not cause and effect. One error can be taken out: a decision is taken because of an incident, so the
weeks before it hold at least one. Given that one, the others of a Poisson process are what they would be without it
(Slivnyak, I. M. (1962), Some properties of stationary flows of homogeneous random events, Theory Probab. Appl. 7, 336-341):
so incidents that a change names, up to its day, count on neither side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from opsanalytics.markup.words import fold
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.comparisons import read_margin
from opsanalytics.metrics.durations import duration_items
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.queries import fetch
from opsanalytics.metrics.result import Row
from opsanalytics.metrics.scope import read_scope
from opsanalytics.readers.services import Services
from opsanalytics.stats.comparing import HEADLINES, Comparison, Judgement, compare_weeks, judge
from opsanalytics.stats.intervals import Estimate
from opsanalytics.stats.rates import Weeks, weekly_rate
from opsanalytics.stats.spans import Spans
from opsanalytics.stats.survival import median_survival

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_WEEKS, FEWEST_WEEKS = 12, 4  # on each side of a change
DECISION, RUNBOOK, ROADMAP = "decision", "runbook", "roadmap item"
FRESH, STALE, UNDATED, NO_RUNBOOK = "fresh runbook", "stale runbook", "runbook without a review", "no runbook"
_ID = re.compile(r"(?<![\w#])[A-Za-z]{2,10}(?:[-‐‑–]\d+)+(?![\w])")


# --- who is named


class Names:
    """The incidents and services of the record, found in texts by id, name and alias."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        scope = read_scope(connection, "incidents", None, None, every_kind=False)
        self.incidents = fetch(connection, "outcomes.incident_services_and_standing", scope.parameters)
        self.services = fetch(connection, "outcomes.known_services", {})
        self._finder = Services(self.services)
        self._ids = {fold(row["incident_id"]): row for row in self.incidents}

    def services_in(self, text: str) -> frozenset[str]:
        return frozenset(service for service, _ in self._finder.named_in(text))

    def incidents_in(self, text: str) -> list[Row]:
        return [self._ids[name] for found in _ID.finditer(text) if (name := fold(found[0])) in self._ids]

    def own_name(self, service: str) -> str:
        return self._finder.find(service) or fold(service)

    @cached_property
    def counted(self) -> list[Row]:
        return [row for row in self.incidents if row["left_out"] is None and row["started_on"]]


def _touched(incidents: Iterable[Row]) -> frozenset[str]:
    return frozenset(service for row in incidents for service in row["services"])


# --- what was changed


@dataclass(frozen=True)
class Change:
    """services: whose incidents are asked for; empty: all of them, because no service is known. named: incidents that it is
    about, by id.
    """

    kind: str
    title: str
    changed_on: date
    services: frozenset[str]
    named: frozenset[str]
    source_path: str
    source_line: int

    @property
    def services_words(self) -> str:
        return ", ".join(sorted(self.services)) or "all incidents"


class Changes(NamedTuple):
    """found: newest first. silent: how many decisions name no service and no incident, and are named by none."""

    found: list[Change]
    silent: int


def find_changes(connection: DuckDBPyConnection, names: Names) -> Changes:
    """Decisions that were accepted, runbooks from the day their file came, roadmap items with the day they were done."""
    decisions = list(_decided(connection, names))
    changes = [each for each in (*decisions, *_written(connection, names), *_done(connection, names)) if each]
    found = sorted(changes, key=lambda each: (-each.changed_on.toordinal(), each.kind, each.source_path, each.source_line))
    return Changes(found, decisions.count(None))


def _decided(connection: DuckDBPyConnection, names: Names) -> Iterator[Change | None]:
    """None for one without a link to anything."""
    scope = read_scope(connection, "decisions", None, None, every_kind=False)
    decisions = fetch(connection, "outcomes.decisions_taken", scope.parameters)
    mentions = _mentions(connection, [row["number"] for row in decisions if row["number"]], names)
    for row in decisions:
        named = names.incidents_in(row["says"])
        services = names.services_in(row["decides"]) or _touched(named) or mentions.get(row["number"], frozenset())
        is_linked = services or named or row["number"] in mentions
        yield _change(DECISION, row, row["decided_on"], services, named) if is_linked else None


def _mentions(connection: DuckDBPyConnection, numbers: Sequence[str], names: Names) -> dict[str, frozenset[str]]:
    """Number of a decision -> the services of the incidents and roadmap items that name it."""
    any_number = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, numbers))})(?![\w-])")
    touched = {row["incident_id"]: frozenset(row["services"]) for row in names.incidents}
    found: dict[str, frozenset[str]] = {}
    for row in fetch(connection, "outcomes.texts_on_decisions", {}) if numbers else ():
        for number in any_number.findall(row["says"]):
            services = touched.get(row["incident_id"]) or names.services_in(row["says"])
            found[number] = found.get(number, frozenset()) | services
    return found


def _written(connection: DuckDBPyConnection, names: Names) -> Iterator[Change]:
    """The first runbook of a service, as far as history dates it."""
    covered: set[str] = set()
    dated = [row for row in fetch(connection, "outcomes.runbooks", {}) if row["service"]]
    for row in sorted(dated, key=lambda row: (row["came_on"] or date.min, row["runbook_id"])):
        services = _covered(row, names) - covered
        covered |= services
        if services and row["came_on"]:
            yield _change(RUNBOOK, row, row["came_on"], services, [])


def _done(connection: DuckDBPyConnection, names: Names) -> Iterator[Change]:
    for row in fetch(connection, "outcomes.roadmap", {}):
        named = names.incidents_in(row["says"])
        services = names.services_in(row["says"]) or _touched(named)
        if row["status"] == "done" and row["done_on"] and (services or named):
            yield _change(ROADMAP, row, row["done_on"], services, named)


def _change(kind: str, row: Row, changed_on: date, services: frozenset[str], named: Iterable[Row]) -> Change:
    """Incidents from after the change are what came of it, though it names them."""
    because_of = frozenset(each["incident_id"] for each in named if each["started_on"] and each["started_on"] <= changed_on)
    return Change(kind, row["title"], changed_on, services, because_of, row["source_path"], row["source_line"])


def _covered(runbook: Row, names: Names) -> frozenset[str]:
    """The services of one runbook, which may be for several, by any of their names."""
    service = runbook["service"] or ""
    return names.services_in(service) or frozenset({names.own_name(service)} if service else ())


# --- before and after


@dataclass(frozen=True)
class Outcome:
    """weeks: on each side, whole ones, counted from the change outwards; its own day is on neither. others: further changes
    that touch its services within these weeks. note: why there is nothing to compare.
    """

    change: Change
    weeks: int
    before: Weeks | None
    after: Weeks | None
    others: int
    note: str
    judgement: Judgement | None = None

    @property
    def comparison(self) -> Comparison | None:
        return compare_weeks(self.before, self.after) if self.before and self.after and not self.note else None

    @property
    def ratio(self) -> Estimate:
        """Of the rate after over that before, with its uncorrected 95 % interval."""
        return self.comparison.ratio(0.95) if self.comparison else Estimate(None)

    @property
    def verdict(self) -> str | None:
        return str(self.judgement.verdict) if self.judgement else None


def find_outcomes(connection: DuckDBPyConnection, changes: Changes, names: Names, until: date) -> list[Outcome]:
    """One a change up to a day, newest first. The newest five that can be compared are decided together, whatever they show;
    a choice by what they show would find something in chance alone.
    """
    scope = read_scope(connection, "incidents", None, None, every_kind=False)
    wanted = [each for each in changes.found if each.changed_on <= until]
    if scope.first_on is None:
        return []
    stage = _Stage(names, scope.first_on, scope.clock.as_of_on, changes.found)
    outcomes = [stage.outcome(each) for each in wanted]
    judged = [each for each in outcomes if each.comparison][:HEADLINES]
    judgements = judge([each.comparison for each in judged if each.comparison], read_margin(connection))
    decided = dict(zip(map(id, judged), judgements, strict=True))
    return [replace(each, judgement=decided.get(id(each))) for each in outcomes]


class _Stage:
    """The counted incidents as days, and which of them touched what."""

    def __init__(self, names: Names, first_on: date, last_on: date, changes: Sequence[Change]) -> None:
        self.names, self.first_on, self.last_on, self.changes = names, first_on, last_on, changes
        self.days = np.array([row["started_on"].toordinal() for row in names.counted], dtype=np.int64)
        self.ids = np.array([row["incident_id"] for row in names.counted], dtype=object)
        own = [{names.own_name(service) for service in row["services"]} for row in names.counted]
        self.of_service = {name: np.array([name in each for each in own]) for name in set().union(*own)}

    def outcome(self, change: Change) -> Outcome:
        weeks = self._weeks(change)
        others = sum(self._meets(change, other, weeks) for other in self.changes)
        if weeks < FEWEST_WEEKS:
            return Outcome(change, weeks, None, None, others, self._too_short(change))
        before, after = self._counts(change, weeks)
        return Outcome(change, weeks, before, after, others, "" if before.count + after.count else "none on either side")

    def _weeks(self, change: Change) -> int:
        """As many whole weeks as both sides have, of days on record in which its services were in use."""
        first_on, last_on = self._in_use(change)
        sides = (change.changed_on - first_on).days, (last_on - change.changed_on).days
        return max(0, min(MOST_WEEKS, *(days // 7 for days in sides)))

    def _in_use(self, change: Change) -> tuple[date, date]:
        used = [row for row in self.names.services if row["service"] in change.services]
        starts = [row["active_from"] or self.first_on for row in used] or [self.first_on]
        ends = [row["retired_on"] or self.last_on for row in used] or [self.last_on]
        return max(self.first_on, min(starts)), min(self.last_on, max(ends))

    def _too_short(self, change: Change) -> str:
        first_on, last_on = self._in_use(change)
        if (last_on - change.changed_on).days // 7 < FEWEST_WEEKS:
            return f"too early to tell: {max(0, (last_on - change.changed_on).days // 7)} of {FEWEST_WEEKS} weeks after it"
        return f"nothing to compare with: {max(0, (change.changed_on - first_on).days // 7)} of {FEWEST_WEEKS} weeks before it"

    def _counts(self, change: Change, weeks: int) -> tuple[Weeks, Weeks]:
        offsets = self.days[self._kept(change)] - change.changed_on.toordinal()
        places = (np.abs(offsets) - 1) // 7
        sides = (np.bincount(places[(offsets * side > 0) & (places < weeks)], minlength=weeks) for side in (-1, 1))
        before, after = (Weeks(counts.astype(np.float64), np.ones(weeks)) for counts in sides)
        return before, after

    def _kept(self, change: Change) -> Any:
        touched = np.full(len(self.days), not change.services)
        for service in change.services & self.of_service.keys():
            touched |= self.of_service[service]
        return touched & ~np.isin(self.ids, list(change.named)) if change.named else touched

    def _meets(self, change: Change, other: Change, weeks: int) -> bool:
        is_near = abs((other.changed_on - change.changed_on).days) <= 7 * weeks
        return other is not change and is_near and (not change.services or not other.services or bool(change.services & other.services))


def outcome_rows(connection: DuckDBPyConnection) -> list[Row]:
    """One row a change up to the as-of, newest first: `change`, `kind`, `changed_on`, `services`, `weeks` on each side,
    `n_before` and `n_after` incidents, `value`, `low`, `high` of the ratio of their rates, after over before, `verdict`,
    `others` within these weeks, and a note that says why there is no ratio.
    """
    names = Names(connection)
    changes = find_changes(connection, names)
    return [_row(each) for each in find_outcomes(connection, changes, names, read_clock(connection).as_of_on)]


def _row(outcome: Outcome) -> Row:
    change = outcome.change
    counts = [int(side.count) if side else None for side in (outcome.before, outcome.after)]
    value, low, high = outcome.ratio
    return {
        "change": change.title, "kind": change.kind, "changed_on": change.changed_on, "services": change.services_words,
        "weeks": outcome.weeks, "n_before": counts[0], "n_after": counts[1], "value": value, "low": low, "high": high,
        "verdict": outcome.verdict, "others": outcome.others, "note": outcome.note,
    }


# --- services and their runbooks


@dataclass(frozen=True)
class Standing:
    """What the services with one standing of their runbook had. rate: incidents a service and week; n: of them. restore: the
    median in minutes, of n_restore incidents.
    """

    standing: str
    services: list[str]
    rate: Estimate
    n: int
    restore: Estimate
    n_restore: int
    note: str


def find_standings(connection: DuckDBPyConnection, period: Period | None, names: Names) -> list[Standing]:
    """Services in use at the as-of by their runbook: FRESH, STALE, UNDATED, NO_RUNBOOK, those that no service has left out.

    A service with several runbooks has the best of their standings.
    """
    scope = read_scope(connection, "incidents", period, None, every_kind=False)
    standings = service_standings(connection, names, scope.clock.as_of_on)
    weeks = fetch(connection, "outcomes.service_weeks", scope.parameters)
    restores = duration_items(METRICS["time_to_restore"], scope)
    restores = restores[restores["reason"].isna()]
    groups = {standing: [name for name, each in standings.items() if each == standing] for standing in (FRESH, STALE, UNDATED, NO_RUNBOOK)}
    return [_standing(standing, services, weeks, restores, names) for standing, services in groups.items() if services]


def service_standings(connection: DuckDBPyConnection, names: Names, as_of_on: date) -> dict[str, str]:
    """Service in use -> the standing of its runbook."""
    fresh: dict[str, list[Any]] = {}
    for row in fetch(connection, "outcomes.runbooks", {}):
        for service in _covered(row, names):
            fresh.setdefault(service, []).append(row["is_fresh"])
    used = [row["service"] for row in names.services if row["retired_on"] is None or row["retired_on"] > as_of_on]
    return {service: _best(fresh.get(service, [])) for service in used}


def _best(reviews: Sequence[bool | None]) -> str:
    if not reviews:
        return NO_RUNBOOK
    return FRESH if True in reviews else STALE if False in reviews else UNDATED


def _standing(standing: str, services: list[str], weeks: list[Row], restores: Any, names: Names) -> Standing:
    counts, days = Counter[date](), Counter[date]()
    for row in (row for row in weeks if row["service"] in services):
        counts[row["week_on"]] += row["incidents"]
        days[row["week_on"]] += row["days"]
    rate, note = Estimate(None), "fewer than two weeks on record"
    if len(days) > 1:
        rate, note = weekly_rate(Weeks(*(np.array([each[week] for week in days]) / unit for each, unit in ((counts, 1.0), (days, 7.0))))), ""
    touched = {row["incident_id"] for row in names.counted if {names.own_name(name) for name in row["services"]} & set(services)}
    own = restores[restores["incident_id"].isin(touched)]
    spans = Spans.of(own["entry_minutes"], own["minutes"], ~own["is_censored"])
    return Standing(standing, services, rate, counts.total(), median_survival(spans), len(spans.counted()), note)


# --- services and the roadmap


class Planned(NamedTuple):
    """A service with its counted incidents of a period, the open items for now or next that name it or one of its incidents
    of any time, as `now: title`, and how many items that do are done.
    """

    service: str
    incidents: int
    items: list[str]
    done: int


def find_planned(connection: DuckDBPyConnection, period: Period, names: Names) -> list[Planned]:
    """Services with an incident in the period, the one with most first."""
    counts = Counter(service for row in names.counted if period.starts_on <= row["started_on"] < period.ends_on
                     for service in row["services"])  # fmt: skip
    items = [(row, names.services_in(row["says"]) | _touched(names.incidents_in(row["says"])))
             for row in fetch(connection, "outcomes.roadmap", {})]  # fmt: skip
    return [_planned(service, count, [row for row, services in items if service in services])
            for service, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]  # fmt: skip


def _planned(service: str, count: int, items: list[Row]) -> Planned:
    ahead = [f"{row['horizon']}: {row['title']}" for row in items if row["status"] == "open" and row["horizon"] in ("now", "next")]
    return Planned(service, count, ahead, sum(row["status"] == "done" for row in items))


# --- incidents that nobody wrote down


class Unfiled(NamedTuple):
    """An id that sessions name and no file has; the place is the first that does."""

    incident_id: str
    times: int
    ritual: str
    held_on: date | None
    source_path: str
    source_line: int


def find_unfiled(connection: DuckDBPyConnection, names: Names) -> list[Unfiled]:
    """Words of sessions that begin with INC or have the shape of an incident's id, and are none. Those named last come first; a
    line that is both a note and an action names it once.
    """
    stems = [PurePosixPath(row["path"]).stem for row in fetch(connection, "outcomes.incident_files", {})]
    known = {fold(name) for name in (*stems, *(row["incident_id"] for row in names.incidents))}
    shapes = {_shape(name) for name in known}
    places: dict[str, dict[tuple[str, int], tuple[str, Row]]] = {}
    for row in fetch(connection, "outcomes.said_in_rituals", {}):
        for found in _ID.finditer(row["text"]):
            name = fold(found[0])
            if name not in known and (name.startswith("inc ") or _shape(name) in shapes):
                places.setdefault(name, {})[row["source_path"], row["source_line"]] = found[0], row
    said = [list(each.values()) for each in places.values()]
    return [_unfiled(each) for each in sorted(said, key=lambda each: (each[-1][1]["held_on"] or date.min, each[-1][0]), reverse=True)]


def _unfiled(said: list[tuple[str, Row]]) -> Unfiled:
    name, row = said[0]
    return Unfiled(name, len(said), row["ritual"], row["held_on"], row["source_path"], row["source_line"])


def _shape(folded: str) -> str:
    """`inc 20260304 01` and `inc 20261231 99` are of one shape."""
    return re.sub(r"\d", "9", folded)
