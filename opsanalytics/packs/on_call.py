"""On-call load: pages and incidents by week, hour class and shift, interrupted hours, cover, and how pages are taken.

Nothing here is by person: how a load spreads over a rota is told without saying who.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby

import numpy as np
import pandas as pd

from opsanalytics.figures import NO_SEVERITY, Chart, Number, Sentence, day, plural, quantity
from opsanalytics.metrics import oncall
from opsanalytics.metrics.oncall import ALL, NOBODY, OFF_SHIFT, SEVERAL
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.result import Row, interval_words
from opsanalytics.packs import spans
from opsanalytics.packs.overview import monday
from opsanalytics.packs.record import Record, days_between
from opsanalytics.record_figures import HOURS, Look, shift_counts, weekly_load
from opsanalytics.stats.intervals import Estimate, proportion_interval
from opsanalytics.stats.rates import Weeks, poisson_rate, weekly_rate

NO_PAGES = "No page is in the record; ops/pages.csv brings them"
NO_SHIFTS = "No shift is in the record; ops/oncall.yml brings them"
HOUR_WORDS = {"business": "business (Monday to Friday, 9 to 18)", "off": "off", "sleep": "sleep (22 to 7)", ALL: "all"}
COUNTS = ("none", "1", "2", "3+")
STRETCHES_SHOWN = 20
INTERRUPTED = ("An hour is interrupted when a page of its person's was sent in it or they worked on an incident in it: distinct clock "
               "hours, so that ten pages within one weigh as one.")
GOOGLE = "Google's SREs hold two incidents in a shift of twelve hours for the most that leaves time to finish them (Site Reliability Engineering, 2016, chapter 11)"


@dataclass(frozen=True)
class Load:
    """What the page tells of, each read once: weeks, shifts and the spread of the shown periods, the rest of the period."""

    record: Record

    @property
    def period(self) -> Period:
        return self.record.period

    @cached_property
    def shown(self) -> Period:
        return self.record.span(self.record.shown_periods)

    @cached_property
    def known(self) -> tuple[date, date] | None:
        return oncall.pages_known(self.record.connection)

    @cached_property
    def pages(self) -> pd.DataFrame:
        """Of the shown periods: `called_on`, `hour_class`."""
        calls = oncall.calls(self.record.connection)
        return self.record.within(calls[calls["kind"] == "page"], self.shown, "called_on")

    @cached_property
    def here(self) -> pd.DataFrame:
        """The pages of the period."""
        return self.record.within(self.pages, self.period, "called_on")

    @cached_property
    def classes(self) -> dict[str, Row]:
        return {row["hour_class"]: row for row in oncall.load_rows(self.record.connection, self.period)}

    @cached_property
    def standings(self) -> dict[str, Row]:
        return {row["standing"]: row for row in oncall.standing_rows(self.record.connection, self.period)}

    @cached_property
    def shifts(self) -> list[Row]:
        """Those of the shown periods that are over and of whose incidents the record tells, each once."""
        rows = [row for row in oncall.shift_rows(self.record.connection, self.shown) if row["is_over"] and row["incidents"] is not None]
        parts = [list(group) for _, group in groupby(rows, key=lambda row: row["shift_id"])]
        return [{**group[0], "incidents": sum(row["incidents"] for row in group)} for group in parts]

    @cached_property
    def stretches(self) -> list[Row]:
        return oncall.stretch_rows(self.record.connection, self.period)

    @cached_property
    def coverage(self) -> list[Row]:
        return oncall.coverage_rows(self.record.connection, self.period)

    @cached_property
    def acknowledged(self) -> dict[str, Row]:
        return {row["hour_class"]: row for row in oncall.acknowledgement_rows(self.record.connection, self.period)}

    @cached_property
    def spread(self) -> list[Row]:
        return oncall.spread_rows(self.record.connection, self.shown)

    @cached_property
    def responses(self) -> list[Row]:
        return oncall.response_rows(self.record.connection, self.period)

    @cached_property
    def has_shifts(self) -> bool:
        return bool(len(self.record.table("oncall_shifts")))

    @property
    def when(self) -> str:
        return f"{spans.said(self.period)}{spans.so_far(self.period)}"


def header(load: Load) -> tuple[str, ...]:
    count = load.classes[ALL]["pages"]
    return spans.header(load.record, f"{plural(count, 'page') if count else 'no page'} in {spans.said(load.period)}")


# --- the answer

def answer(load: Load) -> list[Sentence]:
    every, sleep = load.classes[ALL], load.classes["sleep"]
    if every["pages"] is None:
        return [[f"{_no_pages(load)}."]]
    if not every["pages"]:
        return [[("No page", "weekly_pages"), f" in {load.when}."]]
    interrupted = f"; {_hours_words(every['hours'])}" if every["hours"] is not None else ""
    rest = f" in {load.when}, {_rate_words(load)}; {sleep['pages']} of them came in sleep hours{interrupted}."
    return [[(plural(every["pages"], "page"), "weekly_pages"), rest], *_shift_sentence(every)]


def _hours_words(hours: int) -> str:
    return f"{plural(hours, 'hour')} {'was' if hours == 1 else 'were'} interrupted"


def _shift_sentence(every: Row) -> list[Sentence]:
    """Nothing where no shift of the period is over."""
    if every["pages_per_shift"] is None:
        return []
    incidents = f" and {quantity(every['incidents_per_shift'], 'incidents')}" if every["incidents_per_shift"] is not None else ""
    return [["A shift had ", (f"{quantity(every['pages_per_shift'], 'pages')}{incidents}", "shifts"), " on average."]]


def _no_pages(load: Load) -> str:
    if load.known is None:
        return NO_PAGES
    return f"No page of {spans.said(load.period)} is on record; the export has some from {day(load.known[0])} to {day(load.known[1])}"


def answer_numbers(load: Load) -> list[Number]:
    every, sleep = load.classes[ALL], load.classes["sleep"]
    if not every["pages"]:
        return []
    rate = weekly_pages_rate(load)
    share = proportion_interval(sleep["pages"], every["pages"])
    return [
        Number("pages", every["pages"], "pages"), Number("pages_per_week", rate.value, "pages a week", rate.low, rate.high, every["pages"]),
        Number("pages_in_sleep_hours", share.value, "share", share.low, share.high, every["pages"]),
        *([Number("hours_interrupted", every["hours"], "hours", n=every["pages"])] if every["hours"] is not None else []),
    ]


def weekly_pages_rate(load: Load) -> Estimate:
    """Pages a week over the days of the period of which pages are known; of its weeks, one that is cut weighs as its days."""
    days = list(days_between(max(load.period.starts_on, load.known[0]), min(load.record.last_on, load.known[1]))) if load.known else []
    if not days:
        return Estimate(None)
    watched, paged = Counter(map(monday, days)), Counter(map(monday, load.here["called_on"]))
    counts, exposures = np.array([float(paged[week]) for week in watched]), np.array(list(watched.values())) / 7
    return weekly_rate(Weeks(counts, exposures)) if len(watched) > 1 else poisson_rate(int(counts[0]), exposures[0])


def _rate_words(load: Load) -> str:
    rate = weekly_pages_rate(load)
    return f"{_said(rate.value)} a week ({interval_words(rate.low, rate.high, _said)})"


def _said(number: float | None) -> str:
    return quantity(number, "")


# --- by week

def weeks(load: Load) -> Chart:
    rows = week_rows(load)
    window = (rows["week_on"].min(), load.record.last_on) if len(rows) else (load.period.starts_on, load.record.last_on)
    return replace(weekly_load(rows, finding=_weeks_finding(load, rows), window=window), caption=_weeks_caption(load, rows),
                   numbers=tuple(_weeks_numbers(rows)))


def week_rows(load: Load) -> pd.DataFrame:
    """`week_on`, pages by hour class, `pages`, `incidents` of every week of the shown periods from the first page to the last."""
    columns = ["week_on", *HOURS, "pages", "incidents"]
    if load.known is None:
        return pd.DataFrame(columns=columns)
    first, last = max(load.record.shown_days[0], load.known[0]), min(load.record.last_on, load.known[1])
    every = sorted({monday(value) for value in days_between(first, last)})
    paged = Counter(zip(map(monday, load.pages["called_on"]), load.pages["hour_class"], strict=True))
    broken = Counter(map(monday, load.record.shown_incidents["started_on"]))
    rows = [(week, *(parts := [paged[week, kind] for kind in HOURS]), sum(parts), broken[week]) for week in every]
    return pd.DataFrame(rows, columns=columns)


def _weeks_finding(load: Load, rows: pd.DataFrame) -> str:
    if rows.empty:
        return f"No week to draw: no page of these {load.record.noun}s is known"
    if not rows["pages"].sum():
        return f"No page in {plural(len(rows), 'week')}"
    share = rows["sleep"].sum() / rows["pages"].sum()
    most = int(rows["pages"].max())
    spread = f"{rows['pages'].min()} to {most}" if rows["pages"].min() < most else most
    return f"{spread} pages a week in {plural(len(rows), 'week')}, {quantity(share, 'share')} of them in sleep hours"


def _weeks_numbers(rows: pd.DataFrame) -> list[Number]:
    pages = int(rows["pages"].sum())
    share = [Number("weekly_pages.in_sleep_hours", float(rows["sleep"].sum() / pages), "share", n=pages)] if pages else []
    return [Number("weekly_pages.pages", pages, "pages"), Number("weekly_pages.weeks", len(rows), "weeks"), *share] if len(rows) else []


def _weeks_caption(load: Load, rows: pd.DataFrame) -> str:
    if rows.empty or load.known is None:
        return ""
    return (f"{plural(int(rows['pages'].sum()), 'page')} by the week they were sent in, from {day(rows['week_on'].min())} on; hours are the "
            f"called person's own{_zones_words(load)}. The record has pages from {day(load.known[0])} to {day(load.known[1])}: between them a "
            "week without one is a 0. Rings are the incidents that count, by the week they started in.")


def _zones_words(load: Load) -> str:
    calls = load.pages
    strange = int((~calls["is_own_zone"].astype(bool)).sum())
    if not strange:
        return ""
    return f" ({strange} of {len(calls)} are sorted by the workspace's clock, because ops/people.yml tells no zone of their person)"


# --- by hour class

def hours(load: Load) -> pd.DataFrame:
    """An hour class a row, and all."""
    if not load.classes[ALL]["pages"] and not load.classes[ALL]["incidents"]:
        return pd.DataFrame()
    total = load.classes[ALL]["pages"] or 0
    return pd.DataFrame([{
        "hours": HOUR_WORDS[name], "pages": _cell(row["pages"]),
        "of all pages": quantity(row["pages"] / total, "share") if total else "–",
        "incidents": row["incidents"], "hours interrupted": _cell(row["hours"]),
        "pages a shift": _mean_cell(row, "pages"), "incidents a shift": _mean_cell(row, "incidents")} for name, row in load.classes.items()])


def _cell(value: int | None) -> int | str:
    return "–" if value is None else value


def _mean_cell(row: Row, kind: str) -> str:
    value = row[f"{kind}_per_shift"]
    if value is None:
        return "–"
    between = interval_words(row[f"{kind}_low"], row[f"{kind}_high"], _said)
    return f"{_said(value)} ({between})" if between else _said(value)


def hours_finding(load: Load) -> str:
    every = load.classes[ALL]
    if every["pages"] is None:
        return "Interrupted hours cannot be counted where no page is known" if every["incidents"] else ""
    if every["hours"] is None:
        return f"Nobody is known whom the {plural(every['pages'], 'page')} of {spans.said(load.period)} called: a person in each page, or ops/oncall.yml, tells it"
    if not every["pages"]:
        return f"Nobody was paged in {spans.said(load.period)}"
    return f"{_hours_words(every['hours'])} in {load.when}, {_outside_business(load)} outside business hours"


def _outside_business(load: Load) -> int:
    off: int = load.classes["sleep"]["hours"] + load.classes["off"]["hours"]
    return off


def hours_caption(load: Load) -> str:
    return (f"{load.record.days_words(load.period)}, on the person's own clock, else the workspace's. {INTERRUPTED} A call belongs to whoever was called, else to the one person on shift; an "
            f"incident falls at its first page, else when it was detected, else when it started. Means with a 95 % interval over "
            f"{plural(load.classes[ALL]['shifts'], 'shift')} that began in the period, are over and lie between the first page and the last; a "
            f"shift without a page is a 0.{_standing_words(load)}")


def _standing_words(load: Load) -> str:
    words = {OFF_SHIFT: "called somebody who was not on shift", SEVERAL: "fell into shifts of several people", NOBODY: "came while nobody was on shift"}
    said = [f"{plural(row['pages'], 'page')} and {plural(row['incidents'], 'incident')} {text}"
            for standing, text in words.items() if load.has_shifts and (row := load.standings.get(standing))]
    return f" Of no shift, and in no mean: {'; '.join(said)}." if said else ""


def hours_numbers(load: Load) -> list[Number]:
    every = load.classes[ALL]
    by_shift = [Number(f"{kind}_per_shift", every[f"{kind}_per_shift"], f"{kind} a shift", every[f"{kind}_low"], every[f"{kind}_high"],
                       every["shifts"]) for kind in ("pages", "incidents") if every[f"{kind}_per_shift"] is not None]
    if not every["pages"] or every["hours"] is None:
        return by_shift
    outside = Number("hours_interrupted_outside_business_hours", _outside_business(load), "hours", n=every["hours"])
    return [*by_shift, Number("hours_interrupted", every["hours"], "hours", n=every["pages"]), outside]


# --- by shift

def shifts(load: Load) -> Chart:
    """Shifts by how many incidents they had: those of the period, and those before it."""
    now = spans.said(load.period)
    look: Look = {now: ("state-3", ""), "before": ("state-1", "")}
    rows = pd.DataFrame([(_count_words(row["incidents"]), now if _is_of(row, load.period) else "before", 1) for row in load.shifts],
                        columns=["group", "kind", "count"])
    tidy = rows.groupby(["group", "kind"])["count"].sum().reset_index()
    chart = shift_counts(tidy, COUNTS, look, finding=shifts_finding(load), limit="two incidents")
    return replace(chart, caption=_shifts_caption(load) if load.shifts else "", numbers=tuple(shift_numbers(load)))


def _count_words(incidents: int) -> str:
    return COUNTS[min(incidents, 3)]


def _is_of(row: Row, period: Period) -> bool:
    return bool(period.starts_on <= row["starts_on"] < period.ends_on)


def shifts_finding(load: Load) -> str:
    if not load.has_shifts:
        return NO_SHIFTS
    if not load.shifts:
        return f"No shift that began in these {load.record.noun}s is over"
    many, stretches, crowded = _crowding(load)
    twelve = f"{crowded or 'no'} stretch{'' if crowded in (0, 1) else 'es'} of twelve hours had" if crowded != stretches else "so had every stretch of twelve hours"
    return f"{many or 'None'} of {plural(len(load.shifts), 'shift')} had more than two incidents; {twelve}"


def _crowding(load: Load) -> tuple[int, int, int]:
    """Shifts with more than two incidents; stretches of twelve hours; those of them with more than two."""
    return (sum(row["incidents"] > 2 for row in load.shifts), sum(row["stretches"] for row in load.shifts),
            sum(row["crowded"] for row in load.shifts))


def _shifts_caption(load: Load) -> str:
    lengths = [(row["ends_at"] - row["starts_at"]) / timedelta(minutes=1) for row in load.shifts]
    unusable = oncall.unusable_shifts(load.record.connection)
    lacking = f" {plural(unusable, 'shift')} without a start before the end left out." if unusable else ""
    return (f"Shifts that began in {load.record.span_words(load.record.shown_periods)} and are over; half of them are {quantity(float(np.median(lengths)), 'minutes')} "
            f"or longer. An incident counts in the shift of whoever was called first, else of the one on shift when it was detected. {GOOGLE}: of "
            f"{_crowding(load)[1]:,} stretches of twelve hours, counted from the start of each shift, {_crowding(load)[2] or 'none'} had more.{lacking}")


def shift_numbers(load: Load) -> list[Number]:
    many, stretches, crowded = _crowding(load)
    if not load.shifts:
        return []
    return [Number("shifts_with_more_than_two_incidents", many, "shifts", n=len(load.shifts)),
            Number("twelve_hours_with_more_than_two_incidents", crowded, "stretches", n=stretches)]


# --- over the people of a rota

def spread(load: Load) -> pd.DataFrame:
    if not load.spread:
        return pd.DataFrame()
    return pd.DataFrame([{
        "rota": _rota(row), "hours": row["hours"], "people": row["people"], "pages": row["n"], "even share": quantity(row["even"], "share"),
        "largest share": quantity(row["value"], "share") if row["n"] else "–",
        "chance alone, up to": quantity(row["by_chance"], "share") if row["n"] else "–"} for row in load.spread])


def spread_finding(load: Load) -> str:
    if not load.has_shifts or load.known is None:
        return ""
    told = [row for row in load.spread if row["hours"] == "sleep" and row["n"]] or [row for row in load.spread if row["n"]]
    if not told:
        return "How pages spread over people is told of a rota of three or more, and none was paged" if load.spread else (
            "How pages spread over people is told of a rota of three or more, and there is none")
    row = max(told, key=lambda each: each["n"])
    verdict = "more than" if row["value"] > row["by_chance"] else "no more than"
    hours = "sleep-hour pages" if row["hours"] == "sleep" else "pages"
    return (f"The most loaded of {row['people']} people has {quantity(row['value'], 'share')} of the {row['n']} {hours}, {verdict} chance deals out "
            f"(an even share is {quantity(row['even'], 'share')}, chance gives up to {quantity(row['by_chance'], 'share')})")


def spread_caption(load: Load) -> str:
    return (f"Pages on record that fell into shifts that began in {load.record.span_words(load.record.shown_periods)}. Chance alone: what the largest share does not exceed "
            "in 19 of 20 cases when each page falls to each of them alike, on its own; pages that come in bursts reach further. Nobody is named.")


def spread_numbers(load: Load) -> list[Number]:
    return [Number(f"largest_share.{_rota(row)}.{row['hours']}", row["value"], "share", n=row["n"]) for row in load.spread if row["n"]]


def _rota(row: Row) -> str:
    return row["service"] or "every service"


# --- cover

def coverage(load: Load) -> pd.DataFrame:
    return pd.DataFrame([{
        "service": _rota(row), "from": _local(row["from_at"], load), "to": _local(row["to_at"], load), "somebody on shift": _percent(row["value"]),
        "times without": row["gaps"], "hours without": _hours(row["gap_hours"]), "hours with two or more": _hours(row["several_hours"])}
        for row in load.coverage])


def coverage_finding(load: Load) -> str:
    if not load.has_shifts:
        return ""
    if not load.coverage:
        return f"No shift of {spans.said(load.period)} is in the record"
    gaps = sum(row["gaps"] for row in load.coverage)
    lowest = min(load.coverage, key=lambda row: row["value"])
    if not gaps:
        return f"Somebody was on shift all of {load.when}"
    where = f" for {_rota(lowest)}" if len(load.coverage) > 1 else ""
    return f"Somebody was on shift {_percent(lowest['value'])} of {load.when}{where}; {plural(gaps, 'time')} nobody was"


def coverage_caption(load: Load) -> str:
    return (f"Shifts as ops/oncall.yml has them, in the days of {spans.said(load.period)} from each service's first shift on, up to the as-of; a shift that names no service covers every one. "
            "Time without a shift is no shift without a page. Whether somebody swapped is known where it is written down.")


def coverage_numbers(load: Load) -> list[Number]:
    return [Number(f"coverage.{_rota(row)}", row["value"], "share", n=round(row["hours"])) for row in load.coverage]


def gaps(load: Load) -> pd.DataFrame:
    """The times with nobody on shift, then those with two or more, the longest first."""
    rows = sorted((row for row in load.stretches if row["people"] != 1), key=lambda row: (row["people"], -row["hours"]))
    return pd.DataFrame([{
        "service": _rota(row), "from": _local(row["from_at"], load), "to": _local(row["to_at"], load), "hours": _hours(row["hours"]),
        "on shift": "nobody" if row["people"] == 0 else "two or more"} for row in rows[:STRETCHES_SHOWN]])


def gaps_finding(load: Load) -> str:
    """Empty where one person was on shift throughout."""
    nobody, several = (sum(row["people"] == people for row in load.stretches) for people in (0, 2))
    if nobody:
        longest = max(row["hours"] for row in load.stretches if row["people"] == 0)
        return f"{plural(nobody, 'time')} nobody was on shift, the longest {quantity(longest * 60, 'minutes')}"
    return f"{plural(several, 'time')} two or more people were on shift" if several else ""


def gaps_caption(load: Load) -> str:
    count = sum(row["people"] != 1 for row in load.stretches)
    shown = f"The {STRETCHES_SHOWN} first of {count}, longest first" if count > STRETCHES_SHOWN else "Longest first"
    return f"{shown}; times are those of {load.record.load['zone']}."


def _local(at: datetime, load: Load) -> str:
    return f"{load.record.local(at):%Y-%m-%d %H:%M}"


def _percent(share: float) -> str:
    """No gap is rounded away."""
    return "100 %" if share == 1 else f"{min(share * 100, 99.9):.1f} %"


def _hours(hours: float) -> float:
    return round(hours, 1)


# --- how long a page waits

def acknowledged(load: Load) -> pd.DataFrame:
    if load.acknowledged[ALL]["value"] is None and not load.acknowledged[ALL]["n"]:
        return pd.DataFrame()
    return pd.DataFrame([{
        "hours": HOUR_WORDS[name], "pages": row["n"], "not taken": row["n_open"], "median": quantity(row["value"], row["unit"]),
        "95 % interval": interval_words(row["low"], row["high"], lambda number: quantity(number, "minutes")) or "–", "": row["note"]}
        for name, row in load.acknowledged.items() if row["n"]])


def acknowledged_finding(load: Load) -> str:
    """Empty without a page: the other figures say so."""
    row = load.acknowledged[ALL]
    if not row["n"]:
        return ""
    if row["value"] is None:
        return f"How long a page waits is not known: {row['note']}"
    left = f"; {row['n_open']} of {row['n']} were not taken" if row["n_open"] else f"; all {row['n']} were taken" if row["n"] > 1 else ""
    return f"Half of the pages were taken within {quantity(row['value'], 'minutes')}{left}"


def acknowledged_caption(load: Load) -> str:
    return (f"Pages sent {load.record.days_words(load.period)}: Kaplan-Meier median from sent to acknowledged with its 95 % interval; one that nobody "
            "took by the as-of is counted as still waiting.")


def acknowledged_numbers(load: Load) -> list[Number]:
    row = load.acknowledged[ALL]
    return [Number("time_to_take_a_page", row["value"], "minutes", row["low"], row["high"], row["n"])] if row["value"] is not None else []


# --- hours of responders

def responses(load: Load) -> pd.DataFrame:
    if not _told(load.responses):
        return pd.DataFrame()
    return pd.DataFrame([{
        "severity": row["severity"] or NO_SEVERITY, "incidents": row["incidents"], "of which tell": row["n"],
        "person-hours": _hours(row["value"]) if row["n"] else "–"} for row in load.responses])


def responses_finding(load: Load) -> str:
    count, told = sum(row["incidents"] for row in load.responses), _told(load.responses)
    if not count:
        return f"No incident is counted in {spans.said(load.period)}, so nobody responded"
    if not told:
        return (f"Responder hours are not known: none of {plural(count, 'incident')} in {load.when} tells when its responders came "
                "and went; a table of responders with `Joined` and `Left` does")
    total = sum(row["value"] or 0 for row in load.responses)
    return f"{quantity(total, 'person-hours')} went into the {told} of {plural(count, 'incident')} in {load.when} that tell{'s' if told == 1 else ''} when responders came and left"


def responses_caption(load: Load) -> str:
    return ("From joined to left, summed over people; of one person's stays in one incident time that is told twice counts once. A stay without an end, "
            "or of more than a week, is left out: the sum is a floor.")


def responses_numbers(load: Load) -> list[Number]:
    told, count = _told(load.responses), sum(row["incidents"] for row in load.responses)
    hours = [Number("responder_hours", sum(row["value"] or 0 for row in load.responses), "person-hours", n=told)] if told else []
    return [*hours, *([Number("incidents_with_responder_hours", told, "incidents", n=count)] if count else [])]


def _told(rows: Sequence[Row]) -> int:
    return sum(row["n"] for row in rows)
