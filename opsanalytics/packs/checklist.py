"""The founder's checklist, answered from the record: a theme a table, a question a row, and the records that fail it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile

import pandas as pd

from opsanalytics.figures import VERDICT_LOOK, Number, Place, plural, quantity
from opsanalytics.metrics.checklist import ANSWERS, NO, SILENT, UNSURE, YES, Answer, answers
from opsanalytics.metrics.periods import Period, trailing
from opsanalytics.metrics.result import Row, interval_words
from opsanalytics.packs import spans
from opsanalytics.packs.record import PERIODS_SHOWN, Record, left_out_words

SHOWN = 3  # records of one question
SAID = {NO: "no", UNSURE: "can't be told yet", SILENT: "the record cannot say"}


@dataclass(frozen=True)
class Told:
    """The answers over the shown periods."""

    record: Record
    periods: tuple[Period, ...]
    every: list[Answer]

    @cached_property
    def window(self) -> Period:
        """The period with the three before it: in one alone too little happens to tell a habit by."""
        return self.record.durations_period

    @cached_property
    def answers(self) -> list[Answer]:
        return [answer.within(self.window) for answer in self.every]

    def of(self, theme: str) -> list[Answer]:
        return [answer for answer in self.answers if answer.check.theme == theme]

    def trend(self, key: str) -> list[float | None]:
        """The share of each period, oldest first, from the first that has one on; nothing where it is asked of what stands now."""
        [every] = [answer for answer in self.every if answer.check.key == key]
        shares = [every.within(period).estimate.value for period in self.periods] if every.check.is_dated else []
        return list(dropwhile(lambda share: share is None, shares))


def read(record: Record) -> Told:
    periods = trailing(record.period, PERIODS_SHOWN)
    return Told(record, periods, answers(record.connection, record.span(periods)))


def header(told: Told) -> tuple[str, ...]:
    return spans.header(told.record, f"{plural(len(told.answers), 'question')}, by the thresholds of ops.yml")


# --- the answer

def answer(told: Told) -> list[list[str]]:
    counts = Counter(each.word for each in told.answers)
    others = [f"{counts[word]} {said}" for word, said in SAID.items() if counts[word]]
    n = len(told.answers)
    yes = f"{counts[YES]} of {n} questions {'are' if counts[YES] > 1 else 'is'} answered yes" if counts[YES] else f"No question of {n} is answered yes"
    return [[f"{', '.join([yes, *others])}."]]


def rule(told: Told) -> str:
    """The rule, for the page."""
    periods = [period for period in told.periods if period.starts_on >= told.window.starts_on]
    days = " to ".join(dict.fromkeys(spans.said(period) for period in (periods[0], periods[-1])))
    return (f"What happened in {days} is a sample of each habit: yes when all of the 95 % interval reaches what is needed, no when none "
            "of it does, else can't tell. Without an interval all there is was asked, and the share itself decides. "
            "Each answer stands by itself, uncorrected.")


def answer_numbers(told: Told) -> list[Number]:
    counts = Counter(each.word for each in told.answers)
    return [Number(f"answers.{word}".replace("'", "").replace(" ", "_"), counts[word], "questions", n=len(told.answers)) for word in ANSWERS]


# --- the questions of a theme

def questions(told: Told, theme: str) -> pd.DataFrame:
    periods = f"by {told.record.noun}, oldest first"
    return pd.DataFrame([{
        "question": each.check.question, "answer": f"{VERDICT_LOOK[each.word][0]} {each.word}", "found": _found(each),
        "95 %": interval_words(each.estimate.low, each.estimate.high, lambda end: quantity(end, "share")) or None,
        "needed": _needed(each), periods: _course(told.trend(each.check.key)), "asked of": _asked_of(each),
    } for each in told.of(theme)])


def _found(each: Answer) -> str | None:
    if each.estimate.value is None:
        return None
    value = quantity(each.estimate.value, each.check.unit)
    return f"{value} since" if each.check.unit == "days" else f"{value} of {len(each.counted):,}"


def _needed(each: Answer) -> str:
    return f"{'at most' if each.check.unit == 'days' else 'at least'} {quantity(each.threshold, each.check.unit)}"


def _course(shares: list[float | None]) -> str | None:
    """`67, –, 50 %`."""
    return ", ".join("–" if share is None else f"{100 * share:.0f}" for share in shares) + " %" if shares else None


def _asked_of(each: Answer) -> str:
    return f"{each.check.asked}{left_out_words(each.left_out)}" if each.counted else each.note


def finding(told: Told, theme: str) -> str:
    counts = Counter(each.word for each in told.of(theme))
    return f"{theme}: {', '.join(f'{counts[word]} {word}' for word in ANSWERS if counts[word])}"


def numbers(told: Told, theme: str) -> list[Number]:
    return [Number(each.check.key, each.estimate.value, each.check.unit, each.estimate.low, each.estimate.high, len(each.counted), each.word)
            for each in told.of(theme)]


# --- the records behind them

def behind(told: Told, theme: str) -> pd.DataFrame:
    """A few records of each question that fail it, the newest first."""
    return _listed([(each, row) for each in told.of(theme) for row in each.failed[:SHOWN]])


def all_behind(told: Told, theme: str) -> pd.DataFrame:
    return _listed([(each, row) for each in told.of(theme) for row in each.failed])


def _listed(failed: list[tuple[Answer, Row]]) -> pd.DataFrame:
    rows = [(each.check.question, row["what"], row["why"], Place(row["source_path"], row["source_line"]) if row["source_path"] else None)
            for each, row in failed]
    return pd.DataFrame(rows, columns=["question", "fails it", "why", "where"])


def behind_finding(told: Told, theme: str) -> str:
    """Nothing where nothing fails."""
    count = len(all_behind(told, theme))
    return f"{plural(count, 'record')} {'fails' if count == 1 else 'fail'} a question" if count else ""


def behind_caption(told: Told, theme: str) -> str:
    rest = len(all_behind(told, theme)) - len(behind(told, theme))
    return f"Newest first, {SHOWN} a question at most" + (f"; {rest:,} more below." if rest else ".")
