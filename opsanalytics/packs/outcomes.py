"""What we changed and what happened: incidents before and after a change, services by their runbook and on the roadmap, and
the incidents that a session names and nobody wrote down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pandas as pd

from opsanalytics.figures import Chart, Number, Place, day, plural, quantity
from opsanalytics.metrics.comparisons import ratio_words, visible_words
from opsanalytics.metrics.outcomes import (
    FRESH,
    MOST_WEEKS,
    NO_RUNBOOK,
    Changes,
    Names,
    Outcome,
    Planned,
    Standing,
    Unfiled,
    find_changes,
    find_outcomes,
    find_planned,
    find_standings,
    find_unfiled,
)
from opsanalytics.packs.record import Record
from opsanalytics.packs.retros import interval
from opsanalytics.record_figures import VERDICT_SYMBOLS, before_after
from opsanalytics.stats.comparing import HEADLINES
from opsanalytics.stats.rates import weekly_rate

A_WEEK = "incidents a week"
SHOWN_SERVICES = 10
HOW_HELD = ("Incidents of the services that a change names, else of those of the incidents that it names, else of all. Its own day and the "
            "incidents that it was made for are on neither side. After a bad month a better one is likely whatever was decided. The verdicts "
            "are decided together by Holm's procedure.")


# --- before and after

def changes(record: Record) -> Chart:
    """The rates before and after each change that is judged; the table has every change up to the period's end, newest first."""
    names = Names(record.connection)
    found = find_changes(record.connection, names)
    outcomes = find_outcomes(record.connection, found, names, record.last_on)
    judged = [each for each in outcomes if each.judgement]
    chart = before_after(_drawn(judged), finding=_changes_finding(outcomes, judged), name="outcomes", unit=A_WEEK)
    return replace(chart, twin=_told(outcomes), numbers=tuple(_changes_numbers(found, outcomes, judged)),
                   caption=_changes_caption(found, outcomes, judged) if chart.figure else "", definition=HOW_HELD)


def _drawn(judged: Sequence[Outcome]) -> pd.DataFrame:
    rows = [(each.change.title, each.change.changed_on, weekly_rate(each.before), weekly_rate(each.after), each.verdict)
            for each in judged if each.before and each.after]
    return pd.DataFrame(rows, columns=["change", "changed_on", "before", "after", "verdict"])


def _changes_finding(outcomes: Sequence[Outcome], judged: Sequence[Outcome]) -> str:
    if not outcomes:
        return "No decision, runbook or done roadmap item names a service or an incident, so nothing can be held against incidents"
    if not judged:
        return f"None of {plural(len(outcomes), 'change')} can be held against incidents yet; the newest: {outcomes[0].note}"
    counts = [(verdict, sum(each.verdict == verdict for each in judged)) for verdict in VERDICT_SYMBOLS]
    said = ", ".join(f"{verdict} after {count}" for verdict, count in counts if count)
    if len(judged) == 1:
        return f"The one change that can be held against incidents: {judged[0].verdict}"
    return f"Incidents before and after the {len(judged)} newest changes that can be held against them: {said}"


def _changes_caption(found: Changes, outcomes: Sequence[Outcome], judged: Sequence[Outcome]) -> str:
    silent = f" {plural(found.silent, 'decision')} without a service or an incident {'is' if found.silent == 1 else 'are'} not asked." if found.silent else ""
    unjudged = len(outcomes) - len(judged)
    rest = f" The table has {unjudged} more without a verdict: a page has at most {HEADLINES}, and the newest are taken whatever they show." if unjudged else ""
    return (f"Counted incidents a week of the services that a change names, over up to {MOST_WEEKS} whole weeks on each side. A bar is the "
            "95 % interval, uncorrected, and may reach beyond the figure. Before and after is not cause and effect: other things changed "
            f"too.{rest}{silent}")


def _told(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    rows = [(each.change.title, each.change.kind, each.change.changed_on, each.change.services_words, each.weeks or None, _count(each, 0),
             _count(each, 1), ratio_words(each.ratio) if each.comparison else "–", each.verdict or "–", _why(each), each.others,
             Place(each.change.source_path, each.change.source_line)) for each in outcomes]
    return pd.DataFrame(rows, columns=["change", "kind", "on", "services", "weeks each side", "before", "after", "ratio of rates",
                                       "verdict", "what would show", "other changes then", "where"])


def _count(outcome: Outcome, side: int) -> int | None:
    weeks = (outcome.before, outcome.after)[side]
    return int(weeks.count) if weeks else None


def _why(outcome: Outcome) -> str:
    judged = outcome.judgement
    return visible_words(judged.visible) if judged and judged.visible else outcome.note or "–"


def _changes_numbers(found: Changes, outcomes: Sequence[Outcome], judged: Sequence[Outcome]) -> list[Number]:
    if not outcomes:
        return []
    ratios = [Number(f"outcome.{each.change.source_path}:{each.change.source_line}", each.ratio.value, "times", each.ratio.low, each.ratio.high,
                     sum(_count(each, side) or 0 for side in (0, 1)), each.verdict) for each in judged]
    return [Number("outcomes.changes", len(outcomes), "changes"), Number("outcomes.judged", len(judged), "changes", n=len(outcomes)),
            Number("outcomes.not_asked", found.silent, "decisions"), *ratios]


# --- runbooks

def runbooks(record: Record) -> pd.DataFrame:
    """Services by the standing of their runbook, with their incidents and how long these lasted."""
    standings = _standings(record)
    rows = [(each.standing, len(each.services), _some(each.services), each.n, quantity(each.rate.value, ""), interval(each.rate.low, each.rate.high, ""),
             quantity(each.restore.value, "minutes"), interval(each.restore.low, each.restore.high, "minutes"), each.n_restore) for each in standings]
    return pd.DataFrame(rows, columns=["services with", "services", "which", "incidents", "a service and week", "95 % interval",
                                       "median time to restore", "its 95 % interval", "of"])


def _standings(record: Record) -> list[Standing]:
    standings = find_standings(record.connection, record.durations_period, Names(record.connection))
    return standings if any(each.standing != NO_RUNBOOK for each in standings) else []


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def runbooks_finding(record: Record) -> str:
    standings = _standings(record)
    if not standings:
        return "Services with and without a runbook cannot be told apart; ops/services.yml and ops/runbooks/<service>.md bring them"
    every = sum(len(each.services) for each in standings)
    fresh = next((each for each in standings if each.standing == FRESH), None)
    rest = [each for each in standings if each.standing != FRESH]
    if fresh is None:
        return f"No service of {every} has a fresh runbook"
    return f"{len(fresh.services)} of {plural(every, 'service')} have a fresh runbook" + "".join(f"; {each.standing}: {_some(each.services)}" for each in rest)


def runbooks_caption(record: Record) -> str:
    return (f"Runbooks as on {day(record.as_of_on)}: fresh until the days that the last review allows are over. Counted incidents "
            f"{record.days_words(record.durations_period)}, the median by Kaplan-Meier; an incident of two services counts at each. No "
            "verdict: busy services get a runbook first, so these groups differ in more than that.")


def runbooks_numbers(record: Record) -> list[Number]:
    standings = _standings(record)
    services = [Number(f"runbooks.{each.standing}.services".replace(" ", "_"), len(each.services), "services",
                       n=sum(len(other.services) for other in standings)) for each in standings]
    return services + [number for each in standings for number in (
        Number(f"runbooks.{each.standing}.a_week".replace(" ", "_"), each.rate.value, A_WEEK, each.rate.low, each.rate.high, each.n),
        Number(f"runbooks.{each.standing}.median".replace(" ", "_"), each.restore.value, "minutes", each.restore.low, each.restore.high,
               each.n_restore)) if number.value is not None]


# --- the roadmap

def planned(record: Record) -> pd.DataFrame:
    """The services with most incidents, and what on the roadmap is about them."""
    rows = [(each.service, each.incidents, "; ".join(each.items) or "nothing", each.done) for each in _planned(record)[:SHOWN_SERVICES]]
    return pd.DataFrame(rows, columns=["service", "incidents", "open for now or next", "done"])


def _planned(record: Record) -> list[Planned]:
    if record.table("roadmap_items").empty:
        return []
    return find_planned(record.connection, record.durations_period, Names(record.connection))


def planned_finding(record: Record) -> str:
    """Nothing more to say where the figure says that there is no roadmap."""
    rows = _planned(record)
    if not rows:
        return "" if record.table("roadmap_items").empty else f"No incident of {record.days_words(record.durations_period)} names a service"
    bare = [each for each in rows if not each.items]
    first = rows[0]
    said = f"names {first.service}, which had the most incidents ({first.incidents})"
    if first.items:
        rest = f"; nothing open for now or next names {_some([each.service for each in bare])}" if bare else ""
        return f"The roadmap {said}{rest}"
    return f"Nothing open for now or next {said}"


def planned_caption(record: Record) -> str:
    left = len(_planned(record)) - SHOWN_SERVICES
    more = f" {plural(left, 'service')} with fewer are not shown." if left > 0 else ""
    return (f"Counted incidents {record.days_words(record.durations_period)}. An item is about a service when its title or the text below it "
            f"names the service, an alias, or one of its incidents; whether it answers them is yours to say.{more}")


def planned_numbers(record: Record) -> list[Number]:
    rows = _planned(record)
    return [Number("services_without_a_plan", sum(not each.items for each in rows), "services", n=len(rows))] if rows else []


# --- incidents without a file

def unfiled(record: Record) -> pd.DataFrame:
    rows = [(each.incident_id, each.times, each.ritual, each.held_on, Place(each.source_path, each.source_line)) for each in _unfiled(record)]
    return pd.DataFrame(rows, columns=["incident", "times named", "first in", "on", "where"])


def _unfiled(record: Record) -> list[Unfiled]:
    after = record.last_on + timedelta(1)
    return [each for each in find_unfiled(record.connection, Names(record.connection)) if (each.held_on or record.last_on) < after]


def unfiled_finding(record: Record) -> str:
    rows = _unfiled(record)
    if record.table("ritual_sessions").empty:
        return ""
    if not rows:
        return "No session names an incident that has no file"
    said = "One incident is named in a session and has" if len(rows) == 1 else f"{len(rows)} incidents are named in sessions and have"
    return f"{said} no file: what nobody wrote down is in no figure"


def unfiled_caption(record: Record) -> str:
    return f"In notes and actions of sessions up to {day(record.last_on)}: words that begin with INC, or look like the ids that incidents have."


def unfiled_numbers(record: Record) -> list[Number]:
    rows = _unfiled(record)
    return [Number("incidents_without_a_file", len(rows), "incidents")] if len(record.table("ritual_sessions")) else []
