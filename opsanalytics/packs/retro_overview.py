"""The first page of the monthly retrospective: what happened, what was promised, and what came back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from opsanalytics.figures import Number, Tile, plural, quantity
from opsanalytics.metrics.comparisons import Headline
from opsanalytics.metrics.periods import Period
from opsanalytics.packs import decisions, promises, retros, spans
from opsanalytics.packs.overview import Sentence, worst_in_period
from opsanalytics.packs.record import Record
from opsanalytics.packs.retros import DONE, Retros
from opsanalytics.packs.verdicts import judged, with_verdict


def header(record: Record) -> tuple[str, ...]:
    return spans.header(record, record.header[3])


# --- against the period before

def headlines(record: Record) -> tuple[Headline, ...]:
    """What the page compares, keyed by its numbers: improvements over four periods, of which one alone has too few."""
    counts, spans = (record.before, record.period), (record.durations_before, record.durations_period)
    return (
        Headline("incidents_per_week", "incident_count", "per_week", *counts),
        Headline("improvements_within_day", retros.METRIC, "done_within_sla", *spans, lower_is_better=False),
        Headline("rituals_held", "ritual_held", "share_held", *counts, lower_is_better=False),
        Headline("sessions_within_timebox", "ritual_minutes", "share_within_timebox", *counts, lower_is_better=False),
    )


# --- the answer

def answer(record: Record) -> list[Sentence]:
    """Two sentences; a pair (text, name) links to the figure of that name."""
    return [_what_happened(record), _what_was_kept(record)]


def answer_numbers(record: Record) -> list[Number]:
    rate = record.number("incidents_per_week", "incident_count", "per_week")
    found = [record.number("incidents", "incident_count", "count"), judged(record, headlines(record), rate), worst_in_period(record), *retros.latest_numbers(record),
             *promises.numbers(record)]
    return [number for number in found if number.value is not None]


def _what_happened(record: Record) -> Sentence:
    count = int(record.number("", "incident_count", "count").value or 0)
    worst = int(worst_in_period(record).value or 0)
    said = plural(count, "incident") if count else "No incident"
    severe = f", {worst or 'none'} of them {record.scale[0]}" if count > 1 else ""
    return [(said, "weekly_incidents"), f" in {spans.said(record.period)}{_before(record)}{severe}."]


def _before(record: Record) -> str:
    if record.before is None:
        return ""
    count = int(record.number("", "incident_count", "count", record.before).value or 0)
    verdict = record.compared(headlines(record))["incidents_per_week"].verdict
    return f", after {count or 'none'} in {spans.said(record.before)}" + (f" (a week: {verdict})" if verdict else "")


def _what_was_kept(record: Record) -> Sentence:
    rows = Retros(record).latest
    still_open = promises.still_open(record)
    done = int(rows["state"].isin(DONE).sum()) if len(rows) else 0
    first: Sentence = ["No retrospective has promised an improvement yet"] if rows.empty else [
        "Of the last retrospective's ", plural(len(rows), "improvement"),
        f", {done or 'none'} {'is' if done == 1 else 'are'} done"]
    if still_open.empty:
        return [*first, "; nothing that was promised is open."]
    late = int(still_open["is_overdue"].fillna(False).sum())
    return [*first, "; ", (plural(len(still_open), "promise"), "promises"),
            f" {'is' if len(still_open) == 1 else 'are'} open, {late or 'none'} of them overdue."]


# --- tiles

def tiles(record: Record) -> list[Tile]:
    made = (_improvements(record), _held(record), _within(record), _decided(record), _proposals(record))
    return [replace(with_verdict(record, headlines(record), tile), period=record.noun) for tile in made if tile.number.n]


def _improvements(record: Record) -> Tile:
    share = record.number("improvements_within_day", retros.METRIC, "done_within_sla", record.durations_period)
    note = f"of {share.n} promised since {record.days_words(record.durations_period).partition(' to ')[0]}"
    return Tile("Improvements done by their day", share, note, _trend(record, _metric(retros.METRIC, "done_within_sla")))


def _held(record: Record) -> Tile:
    share = record.number("rituals_held", "ritual_held", "share_held")
    note = f"{round((share.value or 0) * (share.n or 0))} of {share.n} promised sessions"
    return Tile("Rituals held", share, note, _trend(record, _metric("ritual_held", "share_held")), "ritual_days")


def _within(record: Record) -> Tile:
    share = record.number("sessions_within_timebox", "ritual_minutes", "share_within_timebox")
    hours = record.number("", "ritual_minutes", "person_hours").value
    note = f"of {plural(share.n or 0, 'session')}" + (f"; {quantity(hours, 'person-hours')} of everybody" if hours else "")
    return Tile("Kept the timebox", share, note, _trend(record, _metric("ritual_minutes", "share_within_timebox")))


def _decided(record: Record) -> Tile:
    count = record.number("decisions", "decision_count", "count")
    stated = Number(count.id, count.value, "decisions", n=len(decisions.decisions(record)))
    return Tile("Decided or proposed", stated, f"in {spans.said(record.period)}", _trend(record, _metric("decision_count", "count")))


def _proposals(record: Record) -> Tile:
    found = decisions.waiting_numbers(record)
    if not found:
        return Tile("Proposals that wait", Number("proposals_open", None, "proposals", n=0), "")
    still_open, stale = found
    return Tile("Proposals that wait", still_open, f"{int(stale.value or 0)} for longer than {decisions.STALE_DAYS} days")


Ask = Callable[[Record, Period], float | None]


def _metric(name: str, statistic: str) -> Ask:
    def ask(record: Record, period: Period) -> float | None:
        return record.number("", name, statistic, period).value

    return ask


def _trend(record: Record, ask: Ask) -> list[float | None]:
    return [ask(record, period) for period in record.shown_periods]


