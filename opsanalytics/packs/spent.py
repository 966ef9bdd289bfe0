"""What the services spent of their error budgets in the period: how many overspent, and which spent most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from opsanalytics.budget_figures import spent_bars
from opsanalytics.figures import Chart, Number, Sentence, Tile, plural
from opsanalytics.metrics.budgets import INSUFFICIENT, MISSED, SHARE, Spending, calendar, measure, read_objectives
from opsanalytics.metrics.clock import read_clock
from opsanalytics.metrics.periods import Period
from opsanalytics.packs.record import Record, short_words
from opsanalytics.packs.slos import NO_SLO, Slos, percent, without_days

BRINGS = "ops/slo.yml brings objectives, ops/sli_samples.csv what is measured"


@dataclass(frozen=True)
class Spent:
    record: Record

    @cached_property
    def by_period(self) -> dict[Period, list[Spending]]:
        """Every objective over the days of each shown period, asked by one query."""
        clock, periods = read_clock(self.record.connection), self.record.shown_periods
        objectives = read_objectives(self.record.connection, clock)
        asked = [(objective, None if period.kind == "all" else calendar(period, clock)) for period in periods for objective in objectives]
        found = iter(measure(self.record.connection, clock, asked))
        return {period: [next(found) for _ in objectives] for period in periods}

    @property
    def now(self) -> list[Spending]:
        """The one that spent most first, last those of which nobody can tell."""
        return sorted(self.by_period[self.record.period], key=lambda each: (each.spent is None, -(each.spent or 0), each.objective.slo_id))

    @cached_property
    def bare(self) -> list[str]:
        """Services in use without an objective."""
        return Slos(self.record).bare

    def breached(self, period: Period) -> Number:
        known = [each.answer == MISSED for each in self.by_period[period] if each.answer != INSUFFICIENT]
        return Number("budgets_breached", sum(known) if known else None, "budgets", n=len(known))


# --- in words

def tile(told: Spent) -> Tile:
    number = told.breached(told.record.period)
    trend = [told.breached(period).value for period in told.record.shown_periods]
    before = told.breached(told.record.before) if told.record.before else None
    states = (replace(before, id="budgets_breached.before"),) if before and before.value is not None else ()
    return Tile("Budgets breached", number, _note(told, number), trend, "spent", told.record.noun, _compared(told, before), states)


def _note(told: Spent, number: Number) -> str:
    if not told.now:
        return f"no objective is in the record: {BRINGS.partition(',')[0]}"
    unknown = len(told.now) - (number.n or 0)
    if not number.n:
        return f"what {plural(unknown, 'objective')} spent cannot be told"
    return f"of {plural(number.n, 'objective')} over the {told.record.noun}" + (f"; of {unknown} more nothing can be told" if unknown else "")


def _compared(told: Spent, before: Number | None) -> str:
    if before is None or before.value is None or told.record.before is None or told.breached(told.record.period).value is None:
        return ""
    return f"after {before.value:.0f} of {before.n} in {short_words(told.record.before)}; all are counted, so no verdict"


def sentence(told: Spent) -> Sentence:
    """`2 of 4 error budgets are overspent over the quarter`; empty where nobody can tell."""
    number = told.breached(told.record.period)
    if number.value is None:
        return []
    many = f"{number.value or 'none'} of {plural(number.n or 0, 'error budget')}" if (number.n or 0) > 1 else f"{'the' if number.value else 'no'} error budget"
    return [(many, "spent"), f" {'is' if number.value <= 1 else 'are'} overspent over the {told.record.noun}"]


# --- the figure

def services(told: Spent) -> Chart:
    """Services by what they spent, and in words those that have no objective."""
    rows = [{"name": _name(told, each), "spent": each.spent, "answer": each.answer, "words": _words(each)} for each in told.now]
    rows += [{"name": name, "spent": None, "answer": NO_SLO, "words": NO_SLO} for name in told.bare if rows]
    chart = spent_bars(pd.DataFrame(rows).astype({"spent": float}) if rows else pd.DataFrame(), finding=_finding(told))
    return replace(chart, twin=_twin(told), numbers=_numbers(told), caption=_caption(told) if rows else "", definition=(
        "Spent: bad / allowed, where allowed is (1 - target) of what was seen in the period; events, or time slices where the "
        "objective counts these. All that was measured is counted, so there is no interval."))


def _name(told: Spent, spending: Spending) -> str:
    """The service; where it has several objectives, or none states it, the objective."""
    service = spending.objective.service
    same = [each for each in told.now if each.objective.service == service]
    return service if service and len(same) == 1 else spending.objective.slo_id


def _words(spending: Spending) -> str:
    if spending.answer == INSUFFICIENT:
        return f"◆ {INSUFFICIENT}"
    shape = "▼" if spending.answer == MISSED else "▲"
    return f"{shape} no budget" if spending.spent is None else f"{shape} {percent(spending.spent)}"


def _finding(told: Spent) -> str:
    bare = f"{plural(len(told.bare), 'service')} {'has' if len(told.bare) == 1 else 'have'} no SLO" if told.bare else ""
    if not told.now:
        return f"No service has an objective: {BRINGS}"
    known = [each for each in told.now if each.spent is not None]
    when = short_words(told.record.period)
    first = f"{_name(told, known[0])} spent most of its budget in {when}: {percent(known[0].spent or 0)}" if known else f"What was spent in {when} cannot be told"
    if known and not known[0].spent:
        first = f"No service spent any of its budget in {when}"
    return "; ".join(filter(None, (first, bare)))


def _caption(told: Spent) -> str:
    return (f"Share of the error budget of {told.record.days_words(told.record.period)} that is spent, the most first; beyond 100 % it is "
            f"overspent (▼). Where more than a quarter was not measured the answer is {INSUFFICIENT}.")


def _twin(told: Spent) -> pd.DataFrame:
    rows = [(_name(told, each), each.objective.slo_id, None if each.spent is None else percent(each.spent), each.answer, each.n, without_days(each.note) or None)
            for each in told.now]
    return pd.DataFrame([*rows, *((name, NO_SLO, None, None, 0, None) for name in told.bare if rows)],
                        columns=["service", "objective", "spent", "answer", "n", "why"])


def _numbers(told: Spent) -> tuple[Number, ...]:
    if not told.now:
        return ()
    spent: Sequence[Number] = [Number(f"spent.{each.objective.slo_id}", each.spent, SHARE, n=each.n) for each in told.now]
    return (*spent, Number("services_without_slo", len(told.bare), "services"))
