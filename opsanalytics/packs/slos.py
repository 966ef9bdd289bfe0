"""Objectives: what is left of each error budget, how fast it goes, past months, the course of the period, and what was measured."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from math import ceil
from typing import Literal

import pandas as pd

from opsanalytics.budget_figures import ANSWER_LOOK, DASHES, budget_bars, spending_lines
from opsanalytics.figures import Chart, Number, Sentence, Shade, day, duration, plural
from opsanalytics.metrics.budget_policies import policy_rows
from opsanalytics.metrics.budget_samples import sample_rows
from opsanalytics.metrics.budget_shares import incident_rows
from opsanalytics.metrics.budgets import (
    BURN_RATES,
    INSUFFICIENT,
    MET,
    MISSED,
    PACE,
    SHARE,
    budget_rows,
    burn_rate_rows,
    day_rows,
    last_budget_rows,
    month_rows,
)
from opsanalytics.metrics.clock import Clock, read_clock
from opsanalytics.metrics.result import Row
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, days_between
from opsanalytics.record_figures import each

MONTHS_SHOWN, DAYS_DRAWN = 12, 120
NO_SLO = "no SLO"
*ALERTING, LONGEST = BURN_RATES  # above 1 over the longest a budget is overspent, and may burn no more
_UNITS = {"h": "hour", "d": "day", "M": "month", "Q": "quarter", "Y": "year"}
_SAMPLES_WORDS = re.compile(r" \(there are samples .*?\)|, nor at any other time")


@dataclass(frozen=True)
class Slos:
    """The answers on every objective at the load's as-of, each asked once. What is of a period is of the record's."""

    record: Record

    @cached_property
    def clock(self) -> Clock:
        return read_clock(self.record.connection)

    @cached_property
    def samples(self) -> list[Row]:
        return sample_rows(self.record.connection)

    @cached_property
    def now(self) -> list[Row]:
        """The one with least left first, then those without a budget, last those without an answer."""
        return sorted(budget_rows(self.record.connection), key=_by_left)

    @cached_property
    def last(self) -> dict[str, Row]:
        """What it was when the samples ended, by objective."""
        return {row["slo_id"]: row for row in last_budget_rows(self.record.connection)}

    @cached_property
    def paces(self) -> list[Row]:
        return burn_rate_rows(self.record.connection)

    @cached_property
    def months(self) -> list[Row]:
        """Of the months up to the end of the period the last that are shown."""
        rows = [row for row in month_rows(self.record.connection) if row["window"] <= f"{self.record.last_on:%Y-%m}"]
        shown = sorted({row["window"] for row in rows})[-MONTHS_SHOWN:]
        return [row for row in rows if row["window"] in shown]

    @cached_property
    def days(self) -> list[Row]:
        return day_rows(self.record.connection, self.drawn_days) if self.drawn_days else []

    @cached_property
    def drawn_days(self) -> list[date]:
        """Of the days of the period on which something was measured before; of many every so manieth, and the last."""
        if self.first_at is None:
            return []
        first = max(self.record.period.starts_on, self.record.local(self.first_at).date())
        days = list(days_between(first, self.record.last_on))
        return days[:: -max(ceil(len(days) / DAYS_DRAWN), 1)][::-1]

    @cached_property
    def shares(self) -> list[Row]:
        """Of incidents that began in the period, the largest share first, last what cannot be computed."""
        begun = {each.incident_id for each in each(self.record.within(self.record.counted, self.record.period))}
        rows = [row for row in incident_rows(self.record.connection) if row["incident_id"] in begun]
        return sorted(rows, key=lambda row: (row["value"] is None, -(row["value"] or 0), row["incident_id"], row["slo_id"]))

    @cached_property
    def verdicts(self) -> list[Row]:
        return policy_rows(self.record.connection)

    @property
    def due(self) -> list[Row]:
        return [row for row in self.verdicts if row["is_due"]]

    @cached_property
    def bare(self) -> list[str]:
        """Services in use that no objective is for."""
        covered = {str(row["service"]).casefold() for row in self.samples}
        rows = self.record.table("services")
        in_use = rows[rows["retired_on"].isna() | (rows["retired_on"] > self.record.as_of_on)]
        return sorted(name for name in in_use["service"] if name.casefold() not in covered)

    @property
    def first_at(self) -> datetime | None:
        return min((row["first_at"] for row in self.samples if row["first_at"]), default=None)

    @property
    def last_at(self) -> datetime | None:
        return max((row["last_at"] for row in self.samples if row["last_at"]), default=None)

    def at_words(self, at: datetime) -> str:
        return f"{day(self.record.local(at).date())} {self.record.local(at):%H:%M}"


def _by_left(row: Row) -> tuple[object, ...]:
    return (row["answer"] == INSUFFICIENT, row["value"] is None, row["value"] or 0, row["slo_id"])


# --- in words

def header(told: Slos) -> tuple[str, ...]:
    count = plural(len(told.samples), "objective") if told.samples else "no objective"
    return spans.header(told.record, f"{count}, measured until {told.at_words(told.last_at)}" if told.last_at else f"{count}, nothing measured")


def answer(told: Slos) -> list[Sentence]:
    if not told.samples:
        return [["No objective is in the record: ops/slo.yml brings them, and ops/sli_samples.csv what is measured."]]
    if told.last_at is None:
        return [[f"{plural(len(told.samples), 'objective')}, and nothing is measured: ops/sli_samples.csv brings it."]]
    return [_standing(told), _pace(told), _asked(told)]


def _standing(told: Slos) -> Sentence:
    known = _known(told)
    if not known:
        then = f"when the samples ended, {_over(told.last.values(), 'was')}"
        return ["Nobody can tell ", ("what is left", "budgets"), f" of any budget on {day(told.record.as_of_on)}; {then}."]
    return [(capital(_over(known, "is")), "budgets"), f"{_when(told)}{_least_left(known[0])}{_others(told)}."]


def _known(told: Slos) -> list[Row]:
    return [row for row in told.now if row["answer"] != INSUFFICIENT]


def _when(told: Slos) -> str:
    """When, and over what: a budget's own window has no days of the period."""
    return f" on {day(told.record.as_of_on)}, {'each ' if len(_known(told)) > 1 else ''}over its own window"


def _others(told: Slos) -> str:
    unknown = len(told.now) - len(_known(told))
    return f"; of {unknown} more nothing can be told" if unknown else ""


def _least_left(row: Row) -> str:
    if row["value"] is None:
        return ""
    if row["value"] < 0:
        return f"; {row['slo_id']} by {percent(-row['value'])}"
    return f"; {row['slo_id']} has least left, {percent(row['value'])}"


def _over(rows: Iterable[Row], verb: Literal["is", "was"]) -> str:
    known = [row["answer"] == MISSED for row in rows if row["answer"] != INSUFFICIENT]
    missed = sum(known)
    if len(known) < 2:
        return f"the budget {verb} {'' if missed else 'not '}overspent" if known else "nobody could tell either"
    many = "are" if verb == "is" else "were"
    return f"{missed or 'none'} of {plural(len(known), 'budget')} {many if missed > 1 else verb} overspent"


def _pace(told: Slos) -> Sentence:
    burning = _burning(told)
    if not any(row["value"] is not None for row in told.paces):
        return ["How fast they go cannot be told either."]
    if not any(_told_paces(told)):
        return ["Whether one burns faster than the rates that alert cannot be told."]
    said = f"{', '.join(burning)} {'burns' if len(burning) == 1 else 'burn'}" if burning else "None burns"
    return [f"{said} faster than the rates that alert{'' if burning else ', as far as the samples tell'}."]


def _told_paces(told: Slos) -> list[str]:
    """By each pace of a stretch that alerts which samples tell, its objective."""
    return [row["slo_id"] for row in told.paces if row["value"] is not None and row["window"] in ALERTING]


def burns_words(told: Slos) -> str:
    """That no budget burns, as far as it can be told."""
    heard = set(_told_paces(told))
    if not heard:
        return "whether a budget burns cannot be told"
    every = {row["slo_id"] for row in told.paces}
    return "no budget burns" if heard == every else f"no budget burns of the {len(heard)} of {len(every)} that can be told"


def _burning(told: Slos) -> list[str]:
    return sorted({row["slo_id"] for row in told.paces if row["is_burning"] and row["window"] in ALERTING})


def _asked(told: Slos) -> Sentence:
    if not told.due:
        return [f"{nothing_due(told)}."]
    named = sum(row["roadmap"] is not None for row in told.due)
    return [f"The budget policy asks for {plural(len(told.due), 'thing')}, of which the roadmap names {named or 'none'}."]


def nothing_due(told: Slos) -> str:
    if any(row["value"] is not None for row in told.verdicts):
        return "The budget policy asks for nothing"
    return "What the budget policy asks for cannot be told"


def stretch_words(text: str) -> str:
    """`28 days` for `28d`."""
    return plural(int(text[:-1]), _UNITS[text[-1]])


def percent(share: float) -> str:
    """What is more than nothing is not 0 %."""
    return f"{100 * share:.1g} %" if 0 < abs(share) < 0.01 else f"{100 * share:,.0f} %"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def why(row: Row) -> str:
    return without_days(row["note"])


def without_days(note: str) -> str:
    """Without from when to when there are samples, which has a table of its own."""
    return _SAMPLES_WORDS.sub("", note)


# --- what is left

def budgets(told: Slos) -> Chart:
    rows = [{"name": row["slo_id"], "left": row["value"], "answer": row["answer"], "words": _left_words(row)} for row in told.now]
    rows += [{"name": name, "left": None, "answer": NO_SLO, "words": NO_SLO} for name in told.bare if told.samples]
    chart = budget_bars(pd.DataFrame(rows).astype({"left": float}) if rows else pd.DataFrame(), finding=_budgets_finding(told))
    caption = (f"As of {told.at_words(told.clock.as_of)}, each in its own window; a bar to the left of zero is overspent. What was seen in "
               f"the window counts, and where more than a quarter of it was not measured the answer is {INSUFFICIENT}.{_bare_words(told)}")
    left = (Number(f"left.{row['slo_id']}", row["value"], SHARE, n=row["n"]) for row in told.now)
    numbers = (*left, *_standing_numbers("budgets", told.now))
    return replace(chart, twin=_budget_twin(told.now), numbers=numbers, caption=caption,
                   definition="Left: 1 - bad / allowed, where allowed is (1 - target) of what was seen in the window; events, or time "
                              "slices where the objective counts these. All that was measured is counted, so there is no interval.")


def _budgets_finding(told: Slos) -> str:
    if not told.samples:
        return ""
    known = _known(told)
    return capital(f"{_over(known, 'is')}{_when(told)}{_others(told)}") if known else f"What is left on {day(told.record.as_of_on)} cannot be told"


def _standing_numbers(what: str, rows: Sequence[Row]) -> list[Number]:
    """How many missed what they are held to, and of how many nobody can tell."""
    known = [row["answer"] == MISSED for row in rows if row["answer"] != INSUFFICIENT]
    return [Number(f"{what}.missed", sum(known), what, n=len(known)), Number(f"{what}.unknown", len(rows) - len(known), what, n=len(rows))]


def _bare_words(told: Slos) -> str:
    if not told.bare:
        return ""
    return f" {plural(len(told.bare), 'service')} in use {'has' if len(told.bare) == 1 else 'have'} no SLO: {', '.join(told.bare)}."


def _left_words(row: Row) -> str:
    shape, _ = ANSWER_LOOK[row["answer"]]
    if row["answer"] == INSUFFICIENT:
        return f"{shape} {INSUFFICIENT}"
    if row["value"] is None:
        return f"{shape} {row['answer']}, no budget"
    return f"{shape} {percent(row['value'])} left" if row["answer"] == MET else f"{shape} overspent by {percent(-row['value'])}"


def _budget_twin(rows: Iterable[Row]) -> pd.DataFrame:
    return pd.DataFrame([{
        "objective": row["slo_id"], "service": row["service"], "target": _target(row["target"]), "window": row["window"],
        "answer": row["answer"], "left": _share(row["value"]), "good": row["good"], "of": row["total"], "counted": row["counted"],
        "not measured": _share(row["gap"]), "n": row["n"], "why": row["note"] or None} for row in rows])


def _target(value: float | None) -> str | None:
    return None if value is None else f"{100 * value:.6g} %"


def _share(value: float | None) -> str | None:
    return None if value is None else percent(value)


# --- what cannot be told now

def unknown(told: Slos) -> pd.DataFrame:
    """An objective a row of which nobody can tell what is left, why, and what was left when its samples ended."""
    return pd.DataFrame([{"objective": row["slo_id"], "why": why(row), **_then(told, told.last.get(row["slo_id"]))}
                         for row in told.now if row["answer"] == INSUFFICIENT])


def _then(told: Slos, row: Row | None) -> Row:
    if row is None:
        return {"measured until": None, "in": None, "left then": "never measured", "n": 0}
    ends = next(each["last_at"] for each in told.samples if each["slo_id"] == row["slo_id"])
    said = _left_words(row) if row["answer"] != INSUFFICIENT else f"{INSUFFICIENT}: {why(row)}"
    return {"measured until": told.at_words(ends), "in": row["window"], "left then": said, "n": row["n"]}


def unknown_finding(told: Slos) -> str:
    rows = [row for row in told.now if row["answer"] == INSUFFICIENT]
    then = [told.last[row["slo_id"]] for row in rows if row["slo_id"] in told.last]
    if not then:
        return ""
    return f"Nobody can tell what is left of {plural(len(rows), 'budget')} now; when the samples ended, {_over(then, 'was')}"


def unknown_numbers(told: Slos) -> list[Number]:
    then = [told.last[row["slo_id"]] for row in told.now if row["answer"] == INSUFFICIENT and row["slo_id"] in told.last]
    left = [Number(f"left_when_samples_ended.{row['slo_id']}", row["value"], SHARE, n=row["n"]) for row in then]
    return [*left, *(_standing_numbers("budgets_when_samples_ended", then) if then else [])]


# --- how fast it goes

def paces(told: Slos) -> pd.DataFrame:
    """An objective a row, a column a stretch up to the as-of, with the rate above which it alerts."""
    found = {(row["slo_id"], row["window"]): row for row in told.paces}
    names = [row["slo_id"] for row in told.now if any(found[row["slo_id"], text]["value"] is not None for text in BURN_RATES)]
    return pd.DataFrame([
        {"objective": name, **{f"{text}, above {rate:g}": _pace_cell(found[name, text]) for text, rate in BURN_RATES.items()},
         "cannot be told": _untold([found[name, text] for text in BURN_RATES])} for name in names])


def _pace_cell(row: Row) -> Shade | str | None:
    if row["value"] is None:
        return None
    return Shade(f"▼ {row['value']:.2g}", "worse", 1) if row["is_burning"] else f"{row['value']:.2g}"


def _untold(rows: Iterable[Row]) -> str | None:
    stretches: dict[str, list[str]] = {}
    for row in (row for row in rows if row["value"] is None):
        reason, _, stretch = why(row).rpartition("the last ")
        stretches.setdefault(f"{reason}the last " if reason else stretch, []).extend([stretch] if reason else [])
    return "; ".join(f"{reason}{', '.join(names)}" for reason, names in stretches.items()) or None


def paces_finding(told: Slos) -> str:
    if told.last_at is None:
        return ""
    if not any(row["value"] is not None for row in told.paces):
        reasons = dict.fromkeys(why(row) for row in told.paces if row["window"] == LONGEST)
        return f"How fast the budgets go now cannot be told: {'; '.join(reasons)}"
    if not _told_paces(told):
        reasons = dict.fromkeys(why(row) for row in told.paces if row["window"] == ALERTING[-1])
        return f"Whether a budget burns cannot be told: {'; '.join(reasons)}"
    burning = _burning(told)
    if not burning:
        return "No budget burns faster than the rates that alert, as far as the samples tell"
    return f"{', '.join(burning)} {'burns' if len(burning) == 1 else 'burn'} faster than a rate that alerts"


def paces_caption(told: Slos) -> str:
    return (f"Burn rates up to {told.at_words(told.clock.as_of)}: at 1 the whole budget goes in just its window. Above the rate in the head of a "
            "column the budget burns (▼): 14.4 takes 2 % of a month's in an hour, 6 takes 5 % in six, 3 and 1 take 10 % in one day and in "
            "three (Site Reliability Workbook, chapter 5); above 1 over 28 days it is overspent. A dash cannot be told.")


def pace_numbers(told: Slos) -> list[Number]:
    return [Number(f"burn_rate.{row['slo_id']}.{row['window']}", row["value"], PACE, n=row["n"]) for row in told.paces]


# --- past months

def months(told: Slos) -> pd.DataFrame:
    """An objective a row, a column a month."""
    found = {(row["slo_id"], row["window"]): row for row in told.months}
    names, windows = dict.fromkeys(row["slo_id"] for row in told.now), sorted({row["window"] for row in told.months})
    return pd.DataFrame([
        {"objective": name, **{_month(text): _month_cell(found.get((name, text))) for text in windows}}
        for name in names if any((name, text) in found for text in windows)])


def _month(text: str) -> str:
    return f"{date.fromisoformat(f'{text}-01'):%b %Y}"


def _month_cell(row: Row | None) -> Shade | None:
    """The more was spent, the deeper."""
    if row is None:
        return None
    shape, tone = ANSWER_LOOK[row["answer"]]
    if row["answer"] == INSUFFICIENT:
        return Shade(f"{shape} no answer", tone, 0.3)
    said = row["answer"] if row["value"] is None else percent(row["value"])
    return Shade(f"{shape} {said}", tone, 1 if row["value"] is None else row["value"] / (1 if row["answer"] == MET else 2))


def months_finding(told: Slos) -> str:
    if not told.months:
        return "No past month to tell of: none that was measured is over" if told.last_at else ""
    missed = [row for row in told.months if row["answer"] == MISSED]
    none = sum(row["answer"] == INSUFFICIENT for row in told.months)
    last = max(missed, key=lambda row: (row["window"], row["value"] or 0), default=None)
    which = f", the last {_month(last['window'])} ({last['slo_id']})" if last else ""
    unknown = f"; {plural(none, 'month')} cannot be told" if none else ""
    return f"{len(missed) or 'None'} of {plural(len(told.months), 'month')} of an objective missed the target{which}{unknown}"


def months_caption(told: Slos) -> str:
    silent: dict[str, list[str]] = {}
    for row in (row for row in told.months if row["answer"] == INSUFFICIENT):
        silent.setdefault(why(row), []).append(row["slo_id"])
    note = "; ".join(f"{reason} ({', '.join(names)})" for reason, names in silent.items())
    return ("Calendar months in the workspace's zone, whatever the objective's own window; in each cell the share of the month's budget that "
            f"was spent. ▲ met, ▼ missed, ◆ {INSUFFICIENT}; a dash: not measured yet.{f' No answer: {note}.' if note else ''}")


def month_numbers(told: Slos) -> list[Number]:
    spent = [Number(f"month.{row['slo_id']}.{row['window']}", row["value"], SHARE, n=row["n"]) for row in told.months]
    return [*spent, *(_standing_numbers("months", told.months) if told.months else [])]


# --- over the period

def course(told: Slos) -> Chart:
    rows = pd.DataFrame([{"name": row["slo_id"], "on": row["on"], "spent": row["value"]} for row in told.days])
    names = _largest(told)
    text = stretch_words(told.clock.error_budget.halt_after)
    chart = spending_lines(rows, names, finding=_course_finding(told), window=(told.record.period.starts_on, told.record.last_on),
                           threshold="above: halt changes") if told.days else Chart(_course_finding(told), name="spending")
    step = (told.drawn_days[-1] - told.drawn_days[-2]).days if len(told.drawn_days) > 1 else 1
    some = f" The {len(DASHES)} that spent most are drawn." if len(names) < len(told.samples) else ""
    often = "" if step == 1 else f" A point is drawn for every {step} days."
    caption = (f"Up to the end of each day, what share of the budget of the {text} before it was spent: above the line changes halt, by the "
               f"policy of ops.yml. A line breaks where more than a quarter of the {text} was not measured.{some}{often}")
    return replace(chart, caption=caption, numbers=tuple(_course_numbers(told)),
                   definition="Spent: bad / allowed, where allowed is (1 - target) of what was seen in the window.")


def _largest(told: Slos) -> list[str]:
    most: dict[str, float] = {}
    for row in told.days:
        most[row["slo_id"]] = max(most.get(row["slo_id"], -1), -1 if row["value"] is None else row["value"])
    return sorted((name for name, share in most.items() if share >= 0), key=lambda name: (-most[name], name))[: len(DASHES)]


def _course_finding(told: Slos) -> str:
    known = [row for row in told.days if row["value"] is not None]
    text, when = stretch_words(told.clock.error_budget.halt_after), spans.said(told.record.period)
    if told.last_at is None:
        return ""
    if not known:
        return f"No course to draw: of {when} too little is measured"
    over = {row["slo_id"] for row in known if row["value"] > 1}
    most = max(known, key=lambda row: (row["value"], row["on"]))
    nearest = f"{most['slo_id']} came to {percent(most['value'])} on {day(most['on'])}"
    if not over:
        return f"No budget of {text} was overspent in {when}; {nearest}"
    return f"{plural(len(over), 'budget')} of {text} {'was' if len(over) == 1 else 'were'} overspent in {when}; {nearest}"


def _course_numbers(told: Slos) -> list[Number]:
    found: dict[str, list[float]] = {}
    for row in told.days:
        found.setdefault(row["slo_id"], []).extend([] if row["value"] is None else [row["value"]])
    return [Number(f"most_spent.{name}", max(shares, default=None), SHARE, n=len(shares)) for name, shares in found.items()]


# --- what was measured

def measured(told: Slos) -> pd.DataFrame:
    """An objective a row: from when to when it was measured, and the gaps between."""
    return pd.DataFrame([{
        "objective": row["slo_id"], "target": _target(row["target"]), "window": row["time_window"], "counts": row["counted"], "samples": row["n"],
        "each of": _lengths(row), "cannot be used": row["n_excluded"], "from": row["first_at"] and told.at_words(row["first_at"]),
        "to": row["last_at"] and told.at_words(row["last_at"]), "gaps": len(row["gaps"]) if row["n"] else None,
        "the longest": _gap_words(told, row["gaps"])} for row in told.samples])


def _lengths(row: Row) -> str | None:
    if not row["n"]:
        return None
    shortest, longest = duration(row["shortest_minutes"]), duration(row["longest_minutes"])
    return shortest if shortest == longest else f"{shortest} to {longest}"


def _gap_words(told: Slos, gaps: list[Row]) -> str | None:
    if not gaps:
        return None
    longest = max(gaps, key=lambda gap: gap["minutes"])
    return f"{duration(longest['minutes'])}: {told.at_words(longest['begins_at'])} to {told.at_words(longest['ends_at'])}"


def measured_finding(told: Slos) -> str:
    if not told.samples:
        return ""
    silent = sum(not row["n"] for row in told.samples)
    holed = sum(bool(row["gaps"]) for row in told.samples)
    never = f"{silent} of {plural(len(told.samples), 'objective')} {'was' if silent == 1 else 'were'} never measured; " if silent else ""
    longest = max((gap["minutes"] for row in told.samples for gap in row["gaps"]), default=0)
    gaps = f"{'have' if holed > 1 else 'has'} gaps in the samples" + (f", the longest of {duration(longest)}" if holed else "")
    return capital(f"{never}{holed or 'none'} of {plural(len(told.samples) - silent, 'measured objective')} {gaps}")


def measured_numbers(told: Slos) -> list[Number]:
    if not told.samples:
        return []
    measured, n = [row for row in told.samples if row["n"]], len(told.samples)
    return [Number("objectives.never_measured", n - len(measured), "objectives", n=n),
            Number("objectives.with_gaps", sum(bool(row["gaps"]) for row in measured), "objectives", n=len(measured))]


def measured_caption(told: Slos) -> str:
    return (f"Up to {told.at_words(told.clock.as_of)}, times in {told.clock.zone}. A gap is time, up to the as-of, for which there is no sample where "
            "one would have had room. Cannot be used: without a start, a length or counts, with more good events than all, or not over yet.")
