"""The first page of the monthly retrospective: what happened, what was promised, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from opsanalytics.figures import Number, Said, Sentence, Tile, day, plural, quantity, short
from opsanalytics.metrics.comparisons import Headline
from opsanalytics.packs import decisions, needs_decision, promises, retros, spans, verdicts
from opsanalytics.packs.follow_ups import overdue_words
from opsanalytics.packs.needs_decision import Ask, Needed
from opsanalytics.packs.overview import worst_in_period
from opsanalytics.packs.record import Record
from opsanalytics.packs.verdicts import judged, with_verdict
from opsanalytics.record_figures import each


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
    """Two sentences, every number of them stated."""
    return [[spans.not_begun(record)] if record.is_to_come else _what_happened(record), _what_was_kept(record)]


def answer_numbers(record: Record) -> list[Number]:
    """Those that the sentences say only in other words, as `none`."""
    rate = record.number("incidents_per_week", "incident_count", "per_week")
    found = [_count(record), judged(record, headlines(record), rate), worst_in_period(record), *retros.latest_numbers(record),
             *promises.numbers(record), record.number("person_hours", "ritual_minutes", "person_hours"), *decisions.waiting_numbers(record)]
    return [number for number in found if number.value is not None]


def _count(record: Record) -> Number:
    return record.number("incidents", "incident_count", "count")


def _what_happened(record: Record) -> Sentence:
    number, worst = _count(record), worst_in_period(record)
    count = int(number.value or 0)
    said = Said(plural(count, "incident") if count else "No incident", "weekly_incidents", number)
    severe: Sentence = [", ", Said(f"{worst.value or 'none'}", "", worst), f" of them {record.scale[0]}"] if count > 1 else []
    return [said, f" in {spans.said(record.period)}", *_before(record), *severe, "."]


def _before(record: Record) -> Sentence:
    if record.before is None:
        return []
    number = record.number("incidents_before", "incident_count", "count", record.before)
    verdict = record.compared(headlines(record))["incidents_per_week"].verdict
    return [", after ", Said(f"{number.value or 'none'}", "", number), f" in {spans.said(record.before)}", f" (a week: {verdict})" if verdict else ""]


def _what_was_kept(record: Record) -> Sentence:
    improved, owed = retros.latest_numbers(record), promises.numbers(record)
    first: Sentence = ["No retrospective has promised an improvement yet"] if not improved else _improved(improved[0])
    if not owed or not owed[0].value:
        return [*first, "; nothing that was promised is open."]
    still_open, late, *_ = owed
    return [*first, "; ", Said(plural(int(still_open.value or 0), "promise"), "promises", still_open),
            f" {'is' if still_open.value == 1 else 'are'} open, ", Said(overdue_words(still_open, late), "", late), "."]


def _improved(done: Number) -> Sentence:
    of = plural(done.n or 0, "improvement")
    return [f"Of the last retrospective's {of}, ", Said(f"{done.value or 'none'}", "latest", done), f" {'is' if done.value == 1 else 'are'} done"]


# --- what needs a decision

AGAIN = "improvement that came back"


def needed(record: Record) -> Needed:
    """What a retrospective has to settle: promises that are overdue or come back, and proposals that wait."""
    asks = (*needs_decision.overdue(record), *needs_decision.proposals(record), *_again(record))
    return needs_decision.needed(record, asks)


def _again(record: Record) -> Iterator[Ask]:
    rows = retros.still_returning(record)
    for row, place in zip(each(rows), spans.where(rows), strict=True):
        age = (record.as_of_on - row.first_on).days
        yield Ask(AGAIN, f"Do it now or let it go: {short(row.text)}?", f"promised {day(row.first_on)}, carried over {retros.times(row.carried)}",
                  row.owner if isinstance(row.owner, str) else None, f"{quantity(age, 'days')} without it", place, age)


# --- tiles

def tiles(record: Record) -> list[Tile]:
    made = (_improvements(record), _held(record), _within(record), _decided(record), _proposals(record))
    return [replace(with_verdict(record, headlines(record), tile), period=record.noun) for tile in made if tile.number.n]


def tiles_caption(record: Record) -> str:
    return verdicts.caption(record, headlines(record))


def comparisons(record: Record) -> pd.DataFrame:
    """What the verdicts rest on."""
    return verdicts.table(record, headlines(record))


def _improvements(record: Record) -> Tile:
    share = record.number("improvements_within_day", retros.METRIC, "done_within_sla", record.durations_period)
    note = f"of {share.n} promised since {record.days_words(record.durations_period).partition(' to ')[0]}"
    return Tile("Improvements done by their day", share, note, record.trend(retros.METRIC, "done_within_sla"))


def _held(record: Record) -> Tile:
    share = record.number("rituals_held", "ritual_held", "share_held")
    note = f"{round((share.value or 0) * (share.n or 0))} of {share.n} promised sessions"
    return Tile("Rituals held", share, note, record.trend("ritual_held", "share_held"), "ritual_days")


def _within(record: Record) -> Tile:
    share = record.number("sessions_within_timebox", "ritual_minutes", "share_within_timebox")
    hours = record.number("", "ritual_minutes", "person_hours").value
    note = f"of {plural(share.n or 0, 'session')}" + (f"; {quantity(hours, 'person-hours')} of everybody" if hours else "")
    return Tile("Kept the timebox", share, note, record.trend("ritual_minutes", "share_within_timebox"))


def _decided(record: Record) -> Tile:
    count = record.number("decisions", "decision_count", "count")
    stated = Number(count.id, count.value, "decisions", n=len(decisions.decisions(record)))
    return Tile("Decided or proposed", stated, f"in {spans.said(record.period)}", record.trend("decision_count", "count"))


def _proposals(record: Record) -> Tile:
    found = decisions.waiting_numbers(record)
    if not found:
        return Tile("Proposals that wait", Number("proposals_open", None, "proposals", n=0), "")
    still_open, stale, *_ = found
    return Tile("Proposals that wait", still_open, f"{int(stale.value or 0)} for longer than {decisions.STALE_DAYS} days")
