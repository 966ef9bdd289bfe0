"""The next quarter on the first page: what to expect, how often such ranges were right, and who stands ready for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from opsanalytics.figures import Number, plural
from opsanalytics.metrics.capacity import KINDS, Outlook, next_outlooks, roster_row
from opsanalytics.metrics.result import Row
from opsanalytics.packs import spans
from opsanalytics.packs.capacity import Made, outlook_numbers, reason
from opsanalytics.packs.record import Record
from opsanalytics.stats.forecasts import Forecast, TooLittleHistory


@dataclass(frozen=True)
class Ahead:
    """From the load's as-of on, whatever the period of the page."""

    record: Record

    @property
    def kind(self) -> str:
        return self.record.noun if self.record.noun in KINDS else KINDS[-1]

    @cached_property
    def outlooks(self) -> list[Outlook]:
        return next_outlooks(self.record.connection, self.kind)

    @property
    def made(self) -> list[Made]:
        return [Made(outlook, outlook.answer) for outlook in self.outlooks if isinstance(outlook.answer, Forecast)]

    @property
    def silent(self) -> list[Outlook]:
        return [outlook for outlook in self.outlooks if not isinstance(outlook.answer, Forecast)]

    @cached_property
    def roster(self) -> Row:
        return roster_row(self.record.connection, self.outlooks[-1])

    @property
    def when(self) -> str:
        return spans.said(self.outlooks[0].period)


def table(ahead: Ahead) -> pd.DataFrame:
    """A row a forecast that could be made."""
    return pd.DataFrame([
        {"what": made.outlook.history.what, "expected": made.amount.partition(" ")[0], "80 % range": made.limits,
         "such ranges were right": f"in {made.hits} {ahead.kind}s"}
        for made in ahead.made])


def _ready(ahead: Ahead) -> str:
    row = ahead.roster
    if not row["shifts"]:
        return f"Nobody is on the rota of {ahead.when} yet; ops/oncall.yml brings shifts."
    people = "1 person" if row["people"] == 1 else f"{row['people']} people"
    written = f" ({row['note']})" if row["note"] else ""
    return f"On the rota of {ahead.when}: {people} with {plural(row['shifts'], 'shift')} of {row['hours']:,.0f} hours in all{written}."


def finding(ahead: Ahead) -> str:
    said = [f"{made.limits} {made.outlook.history.what}" for made in ahead.made]
    if not said:
        return f"Nobody can tell what {ahead.when} brings: {reason(ahead.outlooks[:1])}"
    *first, last = said
    return f"Expect {' and '.join(filter(None, (', '.join(first), last)))} in {ahead.when}, four times in five"


def caption(ahead: Ahead) -> str:
    cannot = "".join(f" No range of {outlook.history.what}: {reason([outlook])}." for outlook in ahead.silent)
    return f"{_ready(ahead)} If things go on as they did: a range knows of no plan, launch or customer to come.{cannot}"


def numbers(ahead: Ahead) -> Iterable[Number]:
    yield from outlook_numbers(ahead.made)
    for outlook in ahead.silent:
        if isinstance(outlook.answer, TooLittleHistory):
            key = outlook.history.what.replace(" ", "_")
            yield Number(f"{key}.months_on_record", outlook.answer.periods, "months")
            yield Number(f"{key}.months_needed", outlook.answer.needed, "months")
    for name in ("people", "shifts", "hours"):
        if ahead.roster["shifts"]:
            yield Number(f"rota.next_{ahead.kind}.{name}", ahead.roster[name], name)
