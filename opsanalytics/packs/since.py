"""What of the last complete period reads otherwise on record since it ended.

Told by the commits that the tables hold: incidents that came late or went, and columns that headline numbers go by. To say
which numbers moved the record of then must be read again, which takes as long as a load: the page on restatements does.
Numbers of an earlier pack on the shelf are not asked, because the same record has to give the same page on any machine.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from opsanalytics.figures import Number, day, plural
from opsanalytics.metrics.periods import Period
from opsanalytics.metrics.restatements import HEADLINES, end_of
from opsanalytics.packs import spans
from opsanalytics.packs.health import History
from opsanalytics.packs.record import Record, short_words
from opsanalytics.packs.restatements import asked
from opsanalytics.record_figures import each

SHOWN = 3
COLUMNS = {column for headline in HEADLINES if headline.records == "incidents" for column in headline.columns}
CAME, WENT = "came late", "was taken away"


@dataclass(frozen=True)
class Since:
    record: Record

    @cached_property
    def period(self) -> Period:
        return asked(self.record.period)

    @property
    def ended_on(self) -> date:
        return date.fromordinal(self.period.ends_on.toordinal() - 1)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Of incidents that began in the period, the newest first; `what` in a word or two. What was filled in is no change."""
        rows = History(self.record).changes
        if self.period.kind == "all" or rows.empty:
            return rows.head(0).assign(what=[])
        rows = rows[(rows["record_kind"] == "incident") & (rows["changed_at"] > end_of(self.period, self.record.load["zone"]))]
        rows = rows.loc[[row.name == "record" or (row.name in COLUMNS and _is_other(row)) for row in each(rows)]]
        rows = rows.merge(self.record.within(self.record.incidents, self.period)[["incident_id"]], left_on="record_id", right_on="incident_id")
        return rows.assign(what=[_what(row) for row in each(rows)]).iloc[::-1]


def _is_other(row: Any) -> bool:
    """Something was stated, and is stated otherwise; that an incident is over is no restatement."""
    return isinstance(row.was, str) and not (row.name == "status" and row.was == "open")


def _what(row: Any) -> str:
    if row.name == "record":
        return CAME if isinstance(row.became, str) else WENT
    return str(row.name).removesuffix("_at").removesuffix("_on").removesuffix("_reason").replace("_", " ")


def finding(since: Since) -> str:
    """Empty when nothing changed."""
    rows = since.changes
    if rows.empty:
        return ""
    count = rows["record_id"].nunique()
    kinds = _kinds(since)
    said = ", ".join(f"{number} {what}" if what in (CAME, WENT) else f"{what} of {number}" for what, number in kinds.items())
    return f"{plural(count, 'incident')} of {short_words(since.period)} {'reads' if count == 1 else 'read'} otherwise since {day(since.ended_on)}: {said}"


def table(since: Since) -> pd.DataFrame:
    return _rows(since).head(SHOWN)


def every(since: Since) -> pd.DataFrame:
    return _rows(since)


def _rows(since: Since) -> pd.DataFrame:
    rows = since.changes
    days = History(since.record).days(rows["changed_at"])
    places = spans.where(since.record.incidents.set_index("incident_id"))
    return pd.DataFrame([{"incident": row.record_id, "what": _change(since, row),
                          "committed": made_on, "commit": row.git_commit[:10], "where": places[row.record_id]}
                         for row, made_on in zip(each(rows), days, strict=True)])


def caption(since: Since) -> str:
    return ("Of the incidents that began in it, what was stated and is stated otherwise, came late or was taken away; what was filled in "
            "is no change. The page on restatements says which numbers it moved.")


def _change(since: Since, row: Any) -> str:
    return str(row.what) if row.name == "record" else f"{row.what}: {_value(since, row.name, row.was)} → {_value(since, row.name, row.became)}"


def _value(since: Since, name: str, text: object) -> str:
    """Instants in the workspace's zone."""
    if not isinstance(text, str):
        return "not stated"
    if not name.endswith("_at"):
        return text
    local = pd.Timestamp(text, tz="UTC").tz_convert(since.record.load["zone"])
    return f"{day(local)} {local:%H:%M}"


def numbers(since: Since) -> list[Number]:
    by_kind = [Number(f"changed_since.{what}".replace(" ", "_"), count, "incidents") for what, count in _kinds(since).items()]
    return [Number("changed_since", int(since.changes["record_id"].nunique()), "incidents"), *by_kind]


def _kinds(since: Since) -> Counter[str]:
    """In how many records each thing reads otherwise."""
    return Counter(since.changes.drop_duplicates(["record_id", "what"])["what"]) if len(since.changes) else Counter()
