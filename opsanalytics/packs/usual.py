"""A week beside the year before it: whether it had more incidents or pages than usual, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from opsanalytics.figures import VERDICT_LOOK, Chart, Number, plural, quantity, weekly_incidents
from opsanalytics.metrics import oncall
from opsanalytics.metrics.alerts import HISTORY_WEEKS, Alert, Series, Unjudged, Verdict, judge_week, read_series
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.comparisons import ratio_words, read_margin, visible_words
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.metrics.scope import Scope, read_scope
from opsanalytics.packs import spans
from opsanalytics.packs.overview import counts_by, monday
from opsanalytics.packs.record import Record
from opsanalytics.packs.weeks import BAND_NEEDS, STABLE_SIGNALS, Control
from opsanalytics.record_figures import HOURS, weekly_load
from opsanalytics.settings import Alerts
from opsanalytics.stats.charts import laney_u_chart
from opsanalytics.stats.comparing import Judgement, compare_weeks, judge
from opsanalytics.stats.forecasts import WEEKS_NEEDED
from opsanalytics.stats.rates import Weeks, weekly_rate

RECENT = 4  # weeks: in one alone too little happens to tell a change by
WEEKS_DRAWN = 26
KINDS = ("incidents", "pages")
HOUR_CLASSES = ("business", "off", "sleep")
NO_PAGES = "No page is on record before the end of this week; ops/pages.csv brings them"
TEST = ("A surprise is more than the weeks before it let expect, by a law that lets events cluster, after correcting for how many counts "
        "were looked at. Everything else is noise, as far as anybody can tell.")


@dataclass(frozen=True)
class Usual:
    """What the weeks up to the last whole one of the period say, of each series alike."""

    record: Record

    @cached_property
    def week(self) -> Period:
        """The last that is over and begins before the period ends."""
        seen_on = min(self.record.period.ends_on, self.record.as_of_on)
        name = parse_period("last", as_of_on=seen_on, kind="week").name
        return parse_period(name, as_of_on=self.record.as_of_on)

    @cached_property
    def series(self) -> list[Series]:
        first_on = self.record.first_on
        if first_on is None or self.week.starts_on < max(first_on, _FIRST_WEEK):
            return []
        return read_series(self._scope, self.week)

    def of(self, kind: str) -> Series | None:
        """The series of all incidents, or of pages."""
        return next((each for each in self.series if each.kind == kind), None)

    @property
    def policy(self) -> Alerts:
        return Alerts(**self._scope.clock.policies.get("alerts", {}))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        return list(judge_week(self.series, self.week, self.policy.false_alarms_a_year))

    @property
    def surprises(self) -> list[Alert]:
        return [each for each in self.verdicts if isinstance(each, Alert)]

    def noise(self, series: Series) -> str:
        """`a surprise`, `no surprise`, or what is lacking to tell."""
        if any(each.subject == f"{series.name}/{self.week.name}" for each in self.surprises):
            return "a surprise"
        lack = next((each.why for each in self.verdicts if isinstance(each, Unjudged) and each.subject == series.name), "")
        return f"can't tell: {lack}" if lack else "no surprise"

    @cached_property
    def drifts(self) -> dict[str, Judgement]:
        """The last weeks against those before, of incidents and of pages, decided together."""
        found = {each.kind: compare_weeks(*parts(each)) for kind in KINDS if (each := self.of(kind)) and _is_long(each) and sum(each.counts)}
        return dict(zip(found, judge(list(found.values()), read_margin(self.record.connection)), strict=True))

    @property
    def changes(self) -> dict[str, str]:
        """The verdicts of the drifts that say better or worse."""
        verdicts = {kind: str(found.verdict) for kind, found in self.drifts.items()}
        return {kind: verdict for kind, verdict in verdicts.items() if verdict in ("better", "worse")}

    @cached_property
    def _scope(self) -> Scope:
        return read_scope(self.record.connection, "incidents", None, None, every_kind=False)


_FIRST_WEEK = date.min + timedelta(weeks=HISTORY_WEEKS + 1)


def parts(series: Series) -> tuple[Weeks, Weeks]:
    """The weeks before the last RECENT, and those. Refused with ValueError: fewer than two before."""
    every = series.weeks
    return (Weeks(every.counts[:-RECENT], every.exposures[:-RECENT]), Weeks(every.counts[-RECENT:], every.exposures[-RECENT:]))


def _is_long(series: Series) -> bool:
    return len(series.counts) >= 2 * RECENT


def usual_rate(series: Series) -> float | None:
    """A week, over the weeks before the last."""
    days = sum(series.days[:-1])
    return 7 * series.past / days if days else None


def rate(value: float | None) -> str:
    """`1.6`, `0.25`, `4`; a dash where there is nothing to take it over."""
    return "–" if value is None else quantity(value, "")


# --- in words

def counted(count: int, noun: str) -> str:
    """`No incident`, `1 incident`, `6 pages`."""
    return plural(count, noun) if count else f"No {noun}"


def kind_words(told: Usual, kind: str) -> str:
    """`2 incidents in 2026-W47, where 1.6 a week are usual: no surprise`; empty where the week is not on record."""
    series = told.of(kind)
    if series is None:
        return ""
    usual, said = usual_rate(series), f"{counted(series.counts[-1], series.noun)} in {told.week.name}"
    if usual is None:
        return f"{said}, the first week on record"
    return f"{said}, where {rate(usual)} a week are usual: {told.noise(series)}"


def drift_words(told: Usual, kind: str) -> str:
    """What stands beside the verdict on the last weeks; empty without one."""
    series, found = told.of(kind), told.drifts.get(kind)
    if series is None or found is None:
        return ""
    before, after = parts(series)
    said = visible_words(found.visible) if found.visible else ratio_words(found.ratio)
    return f"{said}, n {before.count:.0f} and {after.count:.0f}"


def recent_rate(told: Usual, kind: str) -> Number | None:
    """A week, over the last RECENT, with the verdict against the weeks before; None where these are fewer."""
    series, found = told.of(kind), told.drifts.get(kind)
    if series is None or not _is_long(series):
        return None
    weeks = parts(series)[1]
    value = weekly_rate(weeks)
    return Number(f"{kind}_per_week", value.value, "a week", value.low, value.high, int(weeks.count), str(found.verdict) if found else None)


def comparisons(told: Usual) -> pd.DataFrame:
    """What the verdicts rest on, a row each."""
    rows = []
    for kind, found in told.drifts.items():
        before, after = parts(next(each for each in told.series if each.kind == kind))
        rows.append((f"{kind} a week", rate(before.rate), rate(after.rate), int(before.count), int(after.count), ratio_words(found.ratio),
                     f"{VERDICT_LOOK[found.verdict][0]} {found.verdict}", visible_words(found.visible) if found.visible else "–"))
    return pd.DataFrame(rows, columns=["number", "before", "now", "n before", "n now", "ratio", "verdict", "what would show"])


def numbers(told: Usual, kind: str) -> list[Number]:
    """How many there were in the week, and how many a week are usual, as far as it is known."""
    series = told.of(kind)
    if series is None:
        return []
    usual = Number(f"{kind}_usual_per_week", usual_rate(series), f"{kind} a week", n=series.past)
    return [Number(f"{kind}_of_week", series.counts[-1], kind), *([usual] if usual.value is not None else [])]


def lack_numbers(told: Usual, kind: str) -> list[Number]:
    """Where a surprise takes more weeks than there are, both."""
    series = told.of(kind)
    if series is None or not series.lack:
        return []
    return [Number(f"{kind}_weeks_before", len(series.counts) - 1, "weeks"), Number("weeks_needed", WEEKS_NEEDED, "weeks")]


# --- incidents by week

def incidents(told: Usual) -> Chart:
    """The weeks up to the judged one, those before it the baseline of the band."""
    series, record = told.of("incidents"), told.record
    if series is None:
        return Chart(f"No week to draw: none that is over by the end of {spans.said(record.period)} is on record", name="weekly_incidents")
    weeks_on = _weeks_on(series)[-WEEKS_DRAWN:]
    window = (weeks_on[0], told.week.ends_on - timedelta(1))
    shown = record.counted[(record.counted["started_on"] >= window[0]) & (record.counted["started_on"] <= window[1])]
    rows = counts_by(shown, "week_on", [monday(value) for value in shown["started_on"]], weeks_on, record)
    found = control(series)
    band = found.band.tail(len(weeks_on)).reset_index(drop=True) if found else None
    chart = weekly_incidents(rows, record.scale, finding=_incidents_finding(told), window=window, band=band)
    counted = Number("weekly_incidents.counted", len(shown), "incidents", n=len(weeks_on))
    return replace(chart, caption=_incidents_caption(counted, series, found) if chart.figure else "", numbers=(*numbers(told, "incidents"), *lack_numbers(told, "incidents"), counted),
                   definition=" ".join((METRICS["incident_count"].definition, *([STABLE_SIGNALS] if found else []))))


def _weeks_on(series: Series) -> list[date]:
    first = monday(series.begins_on)
    return [first + timedelta(weeks=place) for place in range(len(series.counts))]


def control(series: Series) -> Control | None:
    """None where the weeks before the last are too few or without an event."""
    if len(series.counts) <= BAND_NEEDS or not series.past:
        return None
    return Control(_weeks_on(series), series.weeks, laney_u_chart(series.weeks, len(series.counts) - 1))


def _incidents_finding(told: Usual) -> str:
    series = told.of("incidents")
    return "No incident in these weeks" if series is None or not sum(series.counts[-WEEKS_DRAWN:]) else kind_words(told, "incidents")


def _incidents_caption(number: Number, series: Series, found: Control | None) -> str:
    counted = f"{plural(int(number.value or 0), 'incident')} counted by the week they started in, {plural(number.n or 0, 'week')}."
    if found is None:
        return f"{counted} No control band: that needs {BAND_NEEDS} weeks before this one, with an incident among them."
    return (f"{counted} The band (Laney u', negative binomial limits, dotted centre) is about {found.chart.centre:.1f} a week; its baseline is "
            f"the {len(series.counts) - 1} weeks before the last.")


def seen_by_customers(told: Usual) -> list[int]:
    """How many incidents of each week drawn were seen by customers first, as far as their files say."""
    series, rows = told.of("incidents"), told.record.counted
    seen = Counter(map(monday, rows.loc[rows["detected_by"] == "customer", "started_on"]))
    return [seen[week] for week in _weeks_on(series)[-WEEKS_DRAWN:]] if series else []


# --- pages by week

def sleep_pages(told: Usual) -> list[int]:
    series = told.of("pages")
    seen = _pages_seen(told)
    return [seen["page", week, "sleep"] for week in _weeks_on(series)[-WEEKS_DRAWN:]] if series else []


def _pages_seen(told: Usual) -> Counter[tuple[str, date, str]]:
    """By kind of call, the first day of its week, and hour class."""
    calls = oncall.calls(told.record.connection)
    return Counter(zip(calls["kind"], map(monday, calls["called_on"]), calls["hour_class"], strict=True))


def pages(told: Usual) -> Chart:
    series, record = told.of("pages"), told.record
    if series is None:
        return Chart(NO_PAGES, name="weekly_pages")
    weeks_on = _weeks_on(series)[-WEEKS_DRAWN:]
    seen = _pages_seen(told)
    began = Counter(map(monday, record.counted["started_on"]))
    rows = [(week, *(of := [seen["page", week, name] for name in HOURS]), sum(of), began[week]) for week in weeks_on]
    chart = weekly_load(pd.DataFrame(rows, columns=["week_on", *HOURS, "pages", "incidents"]), finding=kind_words(told, "pages"),
                        window=(weeks_on[0], told.week.ends_on - timedelta(1)))
    sent = Number("weekly_pages.counted", sum(series.counts[-len(weeks_on):]), "pages", n=len(weeks_on))
    caption = (f"{plural(int(sent.value or 0), 'page')} by the week they were sent in; hours are the called person's own, else the "
               f"workspace's. Rings are the incidents that count.")
    return replace(chart, caption=caption if chart.figure else "", numbers=(*numbers(told, "pages"), *lack_numbers(told, "pages"), sent))


# --- which

def which(told: Usual) -> pd.DataFrame:
    """A severity, service or hour class a row: this week, and a week of those before."""
    rows = [*_by_series(told), *_by_hours(told)]
    return pd.DataFrame(rows, columns=["by", "which", "incidents", "usual a week", "pages", "usual pages a week", "is it a surprise?"])


def _by_series(told: Usual) -> Iterator[tuple[object, ...]]:
    """Severities, and of the services those that had an incident or a page in the week."""
    paged = _pages_by_service(told)
    for each in told.series:
        if each.kind == "severity":
            yield (each.kind, each.label, each.counts[-1], rate(usual_rate(each)), None, None, told.noise(each))
    services = {str(each.label): each for each in told.series if each.kind == "service"}
    for name in sorted({*(label for label, each in services.items() if each.counts[-1]), *(name for name, is_now in paged if is_now)}):
        yield ("service", name, *_of_service(told, services.get(name), paged[name, True], paged[name, False]))


def _of_service(told: Usual, series: Series | None, now: int, before: int) -> tuple[object, ...]:
    """Without a series there was no incident in all of these weeks."""
    paged = (now, rate(_paged_rate(told, before))) if told.of("pages") else (None, None)
    if series is None:
        return (0, rate(0), *paged, "can't tell: no incident in the year before")
    return (series.counts[-1], rate(usual_rate(series)), *paged, told.noise(series))


def _pages_by_service(told: Usual) -> Counter[tuple[str, bool]]:
    """By service and whether they came in the week, else in the weeks before it; those that name none are left out."""
    rows, series = told.record.table("pages"), told.of("pages")
    if series is None:
        return Counter()
    days = [told.record.local(at).date() if not pd.isna(at) else date.max for at in rows["paged_at"]]
    return Counter((service.casefold(), on >= told.week.starts_on) for service, on in zip(rows["service"], days, strict=True)
                   if isinstance(service, str) and series.begins_on <= on < told.week.ends_on)


def _paged_rate(told: Usual, count: int) -> float | None:
    series = told.of("pages")
    days = sum(series.days[:-1]) if series else 0
    return 7 * count / days if days else None


def _by_hours(told: Usual) -> Iterator[tuple[object, ...]]:
    every = told.of("incidents")
    if every is None:
        return
    calls = oncall.calls(told.record.connection)
    calls = calls[(calls["called_on"] >= every.begins_on) & (calls["called_on"] < told.week.ends_on)]
    seen = Counter(zip(calls["kind"], calls["hour_class"], [on >= told.week.starts_on for on in calls["called_on"]], strict=True))
    days = sum(every.days[:-1])
    for name in HOUR_CLASSES:
        paged = (seen["page", name, True], rate(_paged_rate(told, seen["page", name, False]))) if told.of("pages") else (None, None)
        yield ("hours", name, seen["incident", name, True], rate(7 * seen["incident", name, False] / days if days else None), *paged, "not tested")


def which_finding(told: Usual) -> str:
    """Names what is a surprise, else says that nothing is."""
    if told.of("incidents") is None:
        return f"Nothing to compare: no incident is on record before the end of {told.week.name}"
    looked_at = _looked_at(told)
    if not looked_at:
        return "Whether a week is a surprise cannot be told: too few weeks are on record"
    names = [each.subject.partition("/")[0] for each in told.surprises]
    return f"{', '.join(names) or 'None'} of {plural(looked_at, 'weekly count')} {'is a surprise' if len(names) < 2 else 'are surprises'} in {told.week.name}"


def which_numbers(told: Usual) -> list[Number]:
    return [Number("weekly_counts_that_surprise", len(told.surprises), "counts", n=_looked_at(told))] if _looked_at(told) else []


def _looked_at(told: Usual) -> int:
    return sum(not isinstance(each, Unjudged) for each in told.verdicts)


def which_caption(told: Usual) -> str:
    alerts = told.surprises
    expected = f" Expected false alarms: {alerts[0].false_alarm_words}." if alerts else ""
    return (f"{told.week.name}, and a week of the year before it or as much of it as is on record. A service counts each incident that touched it; "
            f"an incident falls in the hours of its first page, else of its detection, else of its start. {TEST}{expected}")


