"""What somebody has to decide: what a policy asks for, what is overdue, what waits, what nobody answers for.

All of it as it stands at the load's as-of, whatever the period of the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from opsanalytics.figures import Number, Place, day, plural, quantity, short
from opsanalytics.metrics.budget_policies import HALT, POSTMORTEM
from opsanalytics.metrics.checklist import NO, Answer, answers
from opsanalytics.metrics.result import Row, interval_words
from opsanalytics.packs import decisions, follow_ups, roadmap, slo_policy, spans
from opsanalytics.packs.record import Record
from opsanalytics.packs.slos import Slos, nothing_due, percent, stretch_words
from opsanalytics.record_figures import each

SHOWN, OF_A_KIND = 5, 2
PLANNED_SOON = ("now", "next")
POLICY, PROMISE, PROPOSAL, ITEM, HABIT = "budget policy", "overdue promise", "stale proposal", "roadmap item without a DRI", "habit below its threshold"
ON_ROADMAP = "roadmap_with_dri"  # the checklist's question that the items themselves answer


@dataclass(frozen=True)
class Ask:
    """A question and what speaks for it. dri None: nobody. waits_days: for how long it has waited, None where no day tells."""

    kind: str
    question: str
    evidence: str
    dri: str | None
    cost: str
    where: Place | None
    waits_days: float | None = None

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """Breaches of a policy first, then what waits longest."""
        return self.kind != POLICY, self.waits_days is None, -(self.waits_days or 0)


@dataclass(frozen=True)
class Needed:
    """Every question, the first first. budgets: why nothing can be told of them, else empty."""

    record: Record
    every: Sequence[Ask]
    budgets: str = ""

    @property
    def shown(self) -> list[Ask]:
        """At most SHOWN, of a kind at most OF_A_KIND."""
        kinds: Counter[str] = Counter()
        first = []
        for ask in self.every:
            kinds[ask.kind] += 1
            first += [ask] if kinds[ask.kind] <= OF_A_KIND else []
        return first[:SHOWN]


def read(record: Record) -> Needed:
    """What a plan has to settle."""
    told = Slos(record)
    asks = (*breaches(told), *overdue(record), *proposals(record), *unowned(record), *habits(record))
    return needed(record, asks, told)


def needed(record: Record, asks: Iterable[Ask], told: Slos | None = None) -> Needed:
    can_tell = told is None or any(row["value"] is not None for row in told.verdicts)
    return Needed(record, sorted(asks, key=lambda ask: ask.rank), "" if can_tell or told is None else nothing_due(told))


# --- the questions

def breaches(told: Slos) -> Iterator[Ask]:
    """What the error budget policy asks for and no open item of the roadmap names."""
    for row in sorted(told.due, key=lambda row: (row["rule"] != HALT, -row["value"])):
        if row["rule"] == HALT or row["roadmap"] is None:
            yield Ask(POLICY, _policy_question(row), slo_policy.brief(told, row), None, _policy_cost(told, row), slo_policy.place(told, row))


def _policy_question(row: Row) -> str:
    if row["rule"] == HALT:
        return f"Halt changes until {row['slo_id']} is within its budget?"
    return f"Plan {row['rule']} for {row['subject']}?" if row["rule"] == POSTMORTEM else f"Take a P0 for {row['subject']} into the plan?"


def _policy_cost(told: Slos, row: Row) -> str:
    """What the next stretch like the last one takes."""
    if row["rule"] == HALT:
        days = told.clock.error_budget.halt_after
        return f"at the pace of the last {stretch_words(days)} another {percent(row['value'])} in the next"
    if row["rule"] == POSTMORTEM:
        return f"another one like it takes {percent(row['value'])} again"
    return f"another {told.record.noun} like it takes {percent(row['value'])} again"


def overdue(record: Record, levels: Sequence[str] = ()) -> Iterator[Ask]:
    """Follow-ups of incidents of these severities, else of the worst, whose last named day is over."""
    rows = follow_ups.owed(record)
    rows = rows[rows["is_overdue"].fillna(False).astype(bool) & rows["severity"].isin(levels or record.scale[:1])]
    for row, place in zip(each(rows), spans.where(rows), strict=True):
        late = (record.as_of_on - row.last_due_on).days
        yield Ask(PROMISE, f"Do or drop: {short(row.text)}?", f"{row.severity}, {quantity(late, 'days')} overdue",
                  _named(row.owner), _repeats(record, row), place, late)


def _repeats(record: Record, promise: object) -> str:
    """How often the services of its incident failed since it was made."""
    groups = record.groups("service")
    services = groups[groups["incident_id"] == promise.origin_id]["group"]  # type: ignore[attr-defined]
    touched = groups[groups["group"].isin(services)]["incident_id"]
    since = record.counted[record.counted["started_on"] > promise.created_on]  # type: ignore[attr-defined]
    count = int(since["incident_id"].isin(touched).sum())
    return f"{plural(count, 'incident') if count else 'no incident'} there since" if len(services) else "no service is stated"


def proposals(record: Record) -> Iterator[Ask]:
    """Those that wait for longer than decisions.STALE_DAYS."""
    rows = decisions.open_proposals(record)
    rows = rows[rows["days_in_proposed"] > decisions.STALE_DAYS]
    for row, place in zip(each(rows), spans.where(rows), strict=True):
        title = row.title if isinstance(row.title, str) else row.decision_id
        yield Ask(PROPOSAL, f"Accept or reject: {short(title)}?", f"{quantity(row.days_in_proposed, 'days')} since {day(row.proposed_on)}",
                  _named(row.owner), "not on record", place, float(row.days_in_proposed))


def unowned(record: Record) -> Iterator[Ask]:
    """Items for now or next for which nobody answers."""
    rows = roadmap.items(record)
    rows = rows[(rows["state"] == "no DRI") & rows["horizon"].isin(PLANNED_SOON)]
    for row, place in zip(each(rows), spans.where(rows), strict=True):
        late = (record.as_of_on - row.due_on).days if row.is_late else None
        cost = f"overdue by {quantity(late, 'days')}" if late else f"due {day(row.due_on)}" if row.due_on else "no day is named"
        yield Ask(ITEM, f"Who answers for: {short(row.title)}?", f"on the roadmap for {row.horizon}", None, cost, place, late)


def habits(record: Record) -> Iterator[Ask]:
    """The questions of the founder's checklist that are answered no."""
    for answer in answers(record.connection, record.durations_period):
        if answer.word == NO and answer.check.key != ON_ROADMAP:
            yield Ask(HABIT, f"Mend it or lower the bar: {answer.check.question}", _found(answer), None, _failing(answer), _first_failing(answer))


def _found(answer: Answer) -> str:
    value, low, high = answer.estimate
    limits = interval_words(low, high, lambda end: quantity(end, "share"))
    if answer.check.unit == "days":
        return f"no: {quantity(value, 'days')} since the last of {plural(len(answer.counted), answer.check.asked.removesuffix('s'))}, needed at most {quantity(answer.threshold, 'days')}"
    return f"no: {quantity(value, 'share')}{f' ({limits})' if limits else ''} of {len(answer.counted):,}, needed at least {quantity(answer.threshold, 'share')}"


def _failing(answer: Answer) -> str:
    if answer.check.unit == "days":
        return f"overdue by {quantity((answer.estimate.value or 0) - answer.threshold, 'days')}"
    return f"{plural(len(answer.failed), 'record')} {'fails' if len(answer.failed) == 1 else 'fail'} it"


def _first_failing(answer: Answer) -> Place | None:
    return next((Place(row["source_path"], row["source_line"]) for row in answer.failed if row["source_path"]), None)


def _named(owner: object) -> str | None:
    return owner if isinstance(owner, str) else None


# --- as a table

def table(found: Needed) -> pd.DataFrame:
    return _rows(found.shown)


def every(found: Needed) -> pd.DataFrame:
    return _rows(found.every)


def _rows(asks: Sequence[Ask]) -> pd.DataFrame:
    return pd.DataFrame([{"question": ask.question, "evidence": ask.evidence, "DRI": ask.dri or "nobody", "what waiting costs": ask.cost,
                          "where": ask.where} for ask in asks])


def finding(found: Needed) -> str:
    cannot = f"; {found.budgets[:1].lower()}{found.budgets[1:]}" if found.budgets and found.record.files.shape[0] else ""
    if not found.every:
        return f"Nothing needs a decision by your policies{cannot}"
    count, kept = len(found.every), len(found.shown)
    said = f"{plural(count, 'question')} {'needs' if count == 1 else 'need'} a decision"
    return f"{said}{f', the first {kept} here' if kept < count else ''}{cannot}"


def caption(found: Needed) -> str:
    kinds = Counter(ask.kind for ask in found.every)
    counted = ", ".join(f"{count} {kind}" if count == 1 else f"{count} × {kind}" for kind, count in kinds.items())
    return (f"As of {day(found.record.as_of_on)}: {counted}. Breaches of the budget policy that no roadmap item names first, then what waits "
            f"longest, at most {OF_A_KIND} of a kind. There: of the services that the promise's incident touched.")


def numbers(found: Needed) -> list[Number]:
    return [Number("decisions_needed", len(found.every), "questions"), Number("decisions_shown", len(found.shown), "questions", n=len(found.every))]
