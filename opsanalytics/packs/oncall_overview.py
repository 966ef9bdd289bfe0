"""The first page of the weekly on-call review: more or less than usual, what needs somebody, and what the week was made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from opsanalytics.figures import Number, Place, Said, Sentence, Tile, day, duration, known, plural, quantity, short
from opsanalytics.metrics.alerts import HISTORY_WEEKS
from opsanalytics.metrics.oncall import ALL
from opsanalytics.metrics.result import Row
from opsanalytics.packs import due, follow_ups, needs_decision, on_call, slos, spans, usual
from opsanalytics.packs.comms import Comms
from opsanalytics.packs.needs_decision import POLICY, Ask, Needed
from opsanalytics.packs.record import Record, left_out_words
from opsanalytics.packs.slos import Slos, capital
from opsanalytics.packs.usual import RECENT, Usual
from opsanalytics.record_figures import each


@dataclass(frozen=True)
class Week:
    """What the page tells of, each read once: the period, the last whole week of it beside the year before, and what stands now."""

    record: Record

    @cached_property
    def usual(self) -> Usual:
        return Usual(self.record)

    @cached_property
    def slos(self) -> Slos:
        return Slos(self.record)

    @cached_property
    def comms(self) -> Comms:
        return Comms(self.record)

    @cached_property
    def load(self) -> on_call.Load:
        return on_call.Load(self.record)

    @cached_property
    def burning(self) -> list[Row]:
        """Paces that alert, by objective the shortest stretch first; above 1 over the stretch of the policy a budget is overspent."""
        return [row for row in self.slos.paces if row["is_burning"] and row["window"] != self.slos.clock.error_budget.halt_after]

    @cached_property
    def incidents(self) -> pd.DataFrame:
        return self.record.within(self.record.counted, self.record.period)

    @cached_property
    def services(self) -> dict[str, list[str]]:
        """By incident."""
        rows = self.record.table("incident_services")
        return {str(name): sorted(set(part["service"])) for name, part in rows.groupby("incident_id")}

    @cached_property
    def repeats(self) -> dict[str, str]:
        """Incident of the period -> the one that its file says it repeats."""
        links = self.record.table("incident_links")
        links = links[(links["relation"] == "repeat_of") & links["from_id"].isin(self.incidents["incident_id"])]
        return {row.from_id: row.to_id if known(row.to_id) else row.to_raw for row in each(links)}

    def team(self, service: str | None) -> str | None:
        rows = self.record.table("services").set_index("service")["team"]
        return _named(rows.get(str(service).casefold()))

    def objective(self, slo_id: str) -> Place:
        rows = self.record.table("slos")
        place: Place = spans.where(rows[rows["slo_id"] == slo_id]).iloc[0]
        return place

    @property
    def when(self) -> str:
        return f"{spans.said(self.record.period)}{spans.so_far(self.record.period)}"


def header(told: Week) -> tuple[str, ...]:
    company, period, as_of, counted = spans.header(told.record, told.record.header[3])
    last_on = told.record.period.ends_on - timedelta(1)
    days = f" ({day(told.record.period.starts_on)} to {day(last_on)})" if told.record.period.kind == "week" else ""
    return (company, f"{period}{days}", as_of, counted)


# --- the answer

def answer(told: Week) -> list[Sentence]:
    """Two sentences, every number of them stated."""
    if told.record.is_to_come:
        return [[spans.not_begun(told.record)], [capital(_burning_words(told)), *_late(told), "."]]
    if told.record.counted.empty and told.load.known is None:
        return [["The record holds no incident and no page yet; opsanalytics new incident writes the first."]]
    return [[*_how_many(told), "."], [*_by_whom(told), f"; {_burning_words(told)}", *_late(told), "."]]


def answer_numbers(told: Week) -> list[Number]:
    """Those that the sentences say only in other words, as `none`."""
    return [count(told), customers(told), repeated(told), *usual.numbers(told.usual, "incidents"), *usual.numbers(told.usual, "pages"),
            *due.numbers(told.record)]


def count(told: Week) -> Number:
    return Number("incidents", None if told.record.is_to_come else len(told.incidents), "incidents")


def customers(told: Week) -> Number:
    """How many incidents customers saw first, of those that say who did."""
    of = told.incidents["detected_by"].dropna()
    return Number("seen_by_customers_first", int((of == "customer").sum()) if len(of) else None, "incidents", n=len(of))


def repeated(told: Week) -> Number:
    return Number("repeats", None if told.record.is_to_come else len(told.repeats), "incidents", n=len(told.incidents))


def _how_many(told: Week) -> Sentence:
    if told.usual.week.name != told.record.period.name:
        number = count(told)
        return [Said(usual.counted(int(number.value or 0), "incident"), "", number), f" in {told.when}", *_last_whole_week(told)]
    said = [piece for kind in usual.KINDS for piece in (" and ", *_beside_usual(told, kind)) if _beside_usual(told, kind)][1:]
    if not said:
        return [f"Nothing of {told.when} is on record"]
    return [_at_the_start(said[0]), *said[1:], f" in {told.when}: {_noise(told)}"]


def _at_the_start(said: str | tuple[str, str] | Said) -> str | tuple[str, str] | Said:
    return said._replace(text=capital(said.text)) if isinstance(said, Said) else said


def _beside_usual(told: Week, kind: str) -> Sentence:
    """`6 pages (3.9 a week are usual)`."""
    numbers = usual.numbers(told.usual, kind)
    if not numbers:
        return []
    now, *before = numbers
    said: Sentence = [Said(_few(now, kind), f"weekly_{kind}", now)]
    return said + [part for number in before for part in (" (", Said(usual.rate(number.value), "", number), " a week are usual)")]


def _few(number: Number, kind: str) -> str:
    """`6 pages`, `no page`."""
    return plural(int(number.value or 0), kind.removesuffix("s")) if number.value else f"no {kind.removesuffix('s')}"


def _noise(told: Week) -> str:
    """Of the week in every count that was looked at, and of four weeks where these say more."""
    return f"{_surprise(told)}{''.join(f'; over four weeks {kind} are {verdict}' for kind, verdict in told.usual.changes.items())}"


def _surprise(told: Week) -> str:
    names = [alert.subject.partition("/")[0] for alert in told.usual.surprises]
    if names:
        return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} a surprise"
    if not any(told.usual.noise(series) == "no surprise" for series in told.usual.series):
        return "whether that is a surprise cannot be told yet"
    return "no surprise"


def _last_whole_week(told: Week) -> Sentence:
    found = _beside_usual(told, "incidents")
    return ["; ", *found, f" in {told.usual.week.name}, the last whole week: {_noise(told)}"] if found else []


def _by_whom(told: Week) -> Sentence:
    if told.incidents.empty:
        return ["There was nothing for customers to see"]
    seen, again = customers(told), repeated(told)
    if len(told.incidents) == 1:
        return _of_the_one(seen, again)
    first: Sentence = ["No file says who saw it first"] if not seen.n else [
        "Customers saw ", Said(f"{seen.value or 'none'}", "", seen), f" of {seen.n} first"]
    return [*first, ", ", Said(f"{again.value or 'none'}", "", again), f" {'repeats' if (again.value or 0) < 2 else 'repeat'} an earlier one"]


def _of_the_one(seen: Number, again: Number) -> Sentence:
    first: Sentence = ["Its file does not say who saw it first"] if not seen.n else [
        "Customers ", Said("saw it first" if seen.value else "did not see it first", "", seen)]
    return [*first, ", and it ", Said("repeats an earlier one" if again.value else "repeats none", "", again)]


def _late(told: Week) -> Sentence:
    late = due.numbers(told.record)[0]
    return [", and ", Said(plural(int(late.value), "promise") if late.value else "no promise", "", late),
            f" {'is' if (late.value or 0) < 2 else 'are'} overdue"]


def _burning_words(told: Week) -> str:
    budgets = sorted({row["slo_id"] for row in (*told.burning, *told.slos.due)} & {row["slo_id"] for row in told.slos.paces if row["is_burning"]})
    if budgets:
        return f"{', '.join(budgets)} {'burns' if len(budgets) == 1 else 'burn'}"
    return slos.burns_words(told.slos) if told.slos.now else "no budget is on record"


# --- what needs attention

CHECKLIST, OPEN, REPEAT, WEEK = "missed checklist", "open incident", "repeat", "surprising week"


def needed(told: Week) -> Needed:
    """What the handover has to settle: budgets and promises as they stand, and what the period left."""
    late = needs_decision.overdue(told.record, told.usual.policy.severities)
    asks = (*_burning(told), *needs_decision.breaches(told.slos), *_surprises(told), *late, *_checklists(told), *_going_on(told), *_came_back(told))
    return needs_decision.needed(told.record, asks, told.slos)


def _burning(told: Week) -> Iterator[Ask]:
    """Only by its fastest pace; an overspent budget is the policy's."""
    for row in {row["slo_id"]: row for row in reversed(told.burning)}.values():
        days = 28 / row["value"]
        yield Ask(POLICY, f"Who stops what spends the budget of {row['slo_id']}?",
                  f"{row['value']:.3g} times its pace in the last {row['window']}, above {row['threshold']:g}", told.team(row["service"]),
                  f"at that pace a budget of 28 days is gone in {quantity(days, 'days')}", told.objective(row["slo_id"]))


def _surprises(told: Week) -> Iterator[Ask]:
    for alert in told.usual.surprises:
        path, _, line = next(iter(alert.places), "").rpartition(":")
        yield Ask(WEEK, f"What is behind so many: {alert.subject.partition('/')[0]}?", alert.found, None, "not on record", Place(path, int(line)) if path else None)


def _checklists(told: Week) -> Iterator[Ask]:
    leads = dict(zip(told.incidents["incident_id"], told.incidents["comms_lead"], strict=True))
    for row in told.comms.kept.failed:
        yield Ask(CHECKLIST, f"Catch up on the comms of {row['what']}?", row["why"], _named(leads.get(row["what"])), "not on record",
                  Place(row["source_path"], row["source_line"]), _age(told, row["day_on"]))


def _going_on(told: Week) -> Iterator[Ask]:
    rows = told.record.counted
    rows = rows[rows["is_open"].astype(bool) & (rows["started_on"] <= told.record.last_on)]
    for row, place in zip(each(rows), spans.where(rows), strict=True):
        yield Ask(OPEN, f"Close or go on: {short(_title(row))}?", f"{row.severity}, {row.status} since {day(row.started_on)}", _named(row.coordinator),
                  f"open for {duration(row.open_minutes)}" if known(row.open_minutes) else "not known", place, _age(told, row.started_on))


def _came_back(told: Week) -> Iterator[Ask]:
    """What repeats an incident of which a promise is still open."""
    for again, earlier in told.repeats.items():
        left = follow_ups.owed(told.record)
        left = left[left["origin_id"] == earlier]
        if len(left):
            yield Ask(REPEAT, f"What is left to do about {earlier}?", f"{again} repeats it, and {plural(len(left), 'promise')} of it {'is' if len(left) == 1 else 'are'} open",
                      _named(left["owner"].iloc[0]), f"it came back after {duration(_minutes_between(told, earlier, again))}", spans.where(left).iloc[0],
                      _age(told, left["created_on"].iloc[0]))


def _minutes_between(told: Week, earlier: str, later: str) -> float | None:
    began = told.record.incidents.set_index("incident_id")["started_at"]
    return (began[later] - began[earlier]).total_seconds() / 60 if earlier in began.index and later in began.index else None


def _age(told: Week, since: date | None) -> float | None:
    return (told.record.as_of_on - since).days if since is not None else None


def _named(who: object) -> str | None:
    return who if isinstance(who, str) else None


def _title(row: Any) -> str:
    return row.title if isinstance(row.title, str) else str(row.incident_id)


# --- tiles

def tiles(told: Week) -> list[Tile]:
    if told.record.counted.empty and told.load.known is None:
        return []
    sleep = [_sleep(told)] if told.load.known else []
    of_period = [] if told.record.is_to_come else [*sleep, _customers(told)]
    return [*_rates(told), *of_period, _promises(told)]


def _rates(told: Week) -> Iterator[Tile]:
    """One week is too little for an interval that says anything: the last four, where the record is long enough."""
    for kind in usual.KINDS:
        number, series = usual.recent_rate(told.usual, kind), told.usual.of(kind)
        if series is not None and number is not None:
            note = f"{plural(number.n or 0, series.noun)} in {RECENT} weeks up to {told.usual.week.name}"
            yield Tile(f"{kind.capitalize()} a week", number, note, series.counts[-usual.WEEKS_DRAWN:], f"weekly_{kind}", "week",
                       usual.drift_words(told.usual, kind))


def _sleep(told: Week) -> Tile:
    row, every = told.load.classes["sleep"], told.load.classes[ALL]
    note = f"of {plural(every['pages'], 'page')} in {told.when}" if every["pages"] is not None else "no page of these days is on record"
    return Tile("Pages in sleep hours", Number("pages_in_sleep_hours", row["pages"], "pages", n=every["pages"]), note,
                usual.sleep_pages(told.usual) if every["pages"] is not None else (), period="week")


def _customers(told: Week) -> Tile:
    number = customers(told)
    silent = len(told.incidents) - (number.n or 0)
    note = f"of {plural(number.n or 0, 'incident')}" + (f"; {silent} do not say" if silent else "")
    return Tile("Seen by customers first", number, note if number.n else f"no file of {told.when} says who saw it first",
                usual.seen_by_customers(told.usual), period="week")


def _promises(told: Week) -> Tile:
    late, soon, *_ = due.numbers(told.record)
    return Tile("Promises overdue", late, f"and {soon.value or 'none'} due within a week")


def tiles_caption(told: Week) -> str:
    return (f"Rates of incidents and pages over the {RECENT} weeks up to {told.usual.week.name}, with a quasi-Poisson 95 % interval; their verdicts are "
            f"against the weeks before, at most {HISTORY_WEEKS - RECENT + 1}, decided together (Holm). Lower is better. The others are counts of "
            f"{spans.said(told.record.period)} or of {day(told.record.as_of_on)}, too small for shares.")


# --- the incidents

def incidents(told: Week) -> pd.DataFrame:
    rows = told.incidents
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "incident": [f"{_title(row)} ({row.severity})" for row in each(rows)], "began": [_local(row) for row in each(rows)],
        "services": [", ".join(told.services.get(row.incident_id, [])) or None for row in each(rows)],
        "seen first by": rows["detected_by"].tolist(), "restored after": [_restored(row) for row in each(rows)],
        "before it": [_before(told, row) for row in each(rows)],
        "where": spans.where(rows).tolist()})


def _local(row: Any) -> str:
    """`Tue 17 Nov 09:27, business`."""
    at = row.started_local_at
    return f"{at:%a} {at.day} {at:%b %H:%M}, {row.hour_class}" if not pd.isna(at) else day(row.started_on)


def _restored(row: Any) -> str:
    if known(row.time_to_restore_minutes):
        return duration(row.time_to_restore_minutes)
    return f"open for {duration(row.open_minutes)}" if known(row.open_minutes) else "not known"


def _before(told: Week, row: Any) -> str | None:
    """`repeats INC-1; api 2`."""
    earlier = told.repeats.get(row.incident_id)
    return "; ".join(filter(None, (earlier and f"repeats {earlier}", _again(told, row)))) or None


def _again(told: Week, row: Any) -> str | None:
    """How many incidents of the four weeks before it touched one of its services."""
    since = row.started_on - timedelta(weeks=RECENT)
    before = told.record.counted
    before = before[(before["started_on"] >= since) & (before["started_on"] <= row.started_on) & (before["incident_id"] != row.incident_id)]
    before = before[~((before["started_on"] == row.started_on) & (before["started_at"] >= row.started_at))]
    own = set(told.services.get(row.incident_id, []))
    found = Counter(name for other in before["incident_id"] for name in own & set(told.services.get(other, [])))
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items())) or None


def incidents_finding(told: Week) -> str:
    rows, repeated = told.incidents, len(told.repeats)
    if rows.empty:
        return f"No incident {'is known of' if told.record.is_to_come else 'in'} {told.when}"
    again = sum(_again(told, row) is not None for row in each(rows))
    return (f"{plural(len(rows), 'incident')} in {told.when}: {repeated or 'none'} {'repeats' if repeated < 2 else 'repeat'} an earlier one by its file, "
            f"{again or 'none'} hit a service that had another in the four weeks before")


def incidents_numbers(told: Week) -> list[Number]:
    again = sum(_again(told, row) is not None for row in each(told.incidents))
    return [count(told), repeated(told), Number("same_service_before", again, "incidents", n=len(told.incidents))]


def incidents_caption(told: Week) -> str:
    counts = told.record.metric("incident_count")
    return (f"Counted incidents that started in {told.when}{left_out_words(counts.excluded)}; hours are business (Monday to Friday, 9 to 18), off and sleep (22 to 7), "
            f"on the workspace's clock. Before it: what it repeats, and how many incidents of the four weeks before it touched each of its services.")


# --- budgets

def budgets_finding(told: Week) -> str:
    return slos.paces_finding(told.slos) or "No budget can be told to burn: ops/slo.yml brings objectives, and ops/sli_samples.csv what is measured"


# --- what customers saw first

def customers_first(told: Week) -> pd.DataFrame:
    rows = told.incidents[told.incidents["detected_by"] == "customer"]
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "incident": [_title(row) for row in each(rows)], "severity": rows["severity"].tolist(), "what they saw": rows["impact"].tolist(),
        "seen after": [duration(row.time_to_detect_minutes) for row in each(rows)], "first page": [_first_page(told, row) for row in each(rows)],
        "where": spans.where(rows).tolist()})


def _first_page(told: Week, row: Any) -> str:
    pages = told.record.table("pages")
    first = pages[pages["incident_id"] == row.incident_id]["paged_at"].min()
    if pd.isna(first) or pd.isna(row.detected_at):
        return "none" if pd.isna(first) and told.load.known else "not known"
    minutes = (first - row.detected_at).total_seconds() / 60
    return f"{duration(abs(minutes))} {'later' if minutes >= 0 else 'before'}"


def customers_first_finding(told: Week) -> str:
    seen = customers(told)
    if told.incidents.empty:
        return f"No incident {'is known of' if told.record.is_to_come else 'in'} {told.when} for customers to see"
    if not seen.n:
        return f"No incident of {told.when} says who saw it first"
    which = f"{'saw' if seen.value else 'did not see'} the one incident" if seen.n == 1 else f"saw {seen.value or 'none'} of {seen.n} incidents"
    return f"Customers {which} of {told.when} before a monitor or anybody on call did"


def customers_first_caption() -> str:
    return "As each file says who detected it. The first page is counted from the moment the customers told of it."
