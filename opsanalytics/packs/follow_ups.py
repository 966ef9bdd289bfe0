"""Follow-ups: what became of what was promised, how old the open ones are, and which are the oldest."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from opsanalytics.figures import AGES, STATES, UNSURE, Chart, Number, ageing, completion, day, plural, quantity
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.promises import WAYS, cohort
from opsanalytics.metrics.result import Row, interval_words
from opsanalytics.metrics.scope import read_scope
from opsanalytics.packs.record import Record, left_out_words, short_words
from opsanalytics.packs.spans import edges, where
from opsanalytics.record_figures import ENDS, stacked_shares
from opsanalytics.stats.competing import shares_at
from opsanalytics.stats.intervals import Estimate
from opsanalytics.stats.spans import Spans

METRIC = "follow_up_completion"
STATISTICS = {
    "median_days_to_close": "median days to close",
    "closed_only_median_days": "median days, closed only: what a closed-only report would say",
    "share_done_30d": "done within 30 days",
    "share_done_90d": "done within 90 days",
    "done_within_sla": "done within the SLA of its severity",
    "open": "open now",
    "overdue": "overdue now",
}
_AGE_LIMITS = (-1, 7, 30, 91, 182, 10**6)
DAYS_TOLD = (7, 14, 30, 60, 90)
FEW = 10  # where one promise moves a share by a tenth


# --- what became of them by day

def by_day(record: Record) -> Chart:
    """What became of the follow-ups of the last four periods by each day since they were promised: done, dropped, gone, open."""
    spans = _cohort(record)
    shares = {age: by for age in range(DAYS_TOLD[-1] + 1) if (by := _shares(spans, age))["open"].value is not None}
    if DAYS_TOLD[0] not in shares:
        return Chart(_unknown_finding(record, shares), name="by_day")
    rows = pd.DataFrame([{"day": age, **{word: by[word].value for word in _occurring(spans)}} for age, by in shares.items()])
    closed_only = record.number("by_day.closed_only_median_days", METRIC, "closed_only_median_days", record.durations_period)
    chart = stacked_shares(rows, ENDS, finding=_by_day_finding(shares), name="by_day", mark=_closed_only_mark(closed_only))
    stated = [_share_number(age, word, by[word], len(spans)) for age, by in shares.items() if age in DAYS_TOLD for word in by]
    stated.append(Number("by_day.given_up", _given_up(shares), "share", n=len(spans)))
    return replace(chart, twin=_by_day_twin(spans, shares), numbers=(*stated, *([closed_only] if closed_only.n else [])),
                   caption=_by_day_caption(record, spans, closed_only),
                   definition=METRICS[METRIC].definition_of("share_done_30d", "closed_only_median_days"))


def _cohort(record: Record) -> Spans:
    return cohort(read_scope(record.connection, METRICS[METRIC].records, record.durations_period, None, every_kind=False))


Shares = dict[str, Estimate]  # by a key of ENDS


def _shares(spans: Spans, age: int) -> Shares:
    still_open, *ended = shares_at(spans, age, len(WAYS))
    return dict(zip((*WAYS, "open"), (*ended, still_open), strict=True))


def _occurring(spans: Spans) -> list[str]:
    """Only those ways that any of them took have a place in the legend."""
    return [*(word for way, word in enumerate(WAYS, 1) if np.any(spans.end == way)), "open"]


def _unknown_finding(record: Record, shares: dict[int, Shares]) -> str:
    if not shares:
        return f"No follow-up with known days was promised {record.days_words(record.durations_period)}"
    return f"What becomes of follow-ups is not known yet: none was watched for longer than {quantity(max(shares), 'days')}"


def _by_day_finding(shares: dict[int, Shares]) -> str:
    last = _last_told(shares)
    share = {word: quantity(estimate.value, "share") for word, estimate in shares[last].items()}
    given_up = quantity(_given_up(shares), "share")
    return f"{share['done']} of follow-ups are done within {last} days, {given_up} dropped or gone, {share['open']} still open"


def _last_told(shares: dict[int, Shares]) -> int:
    return max(age for age in DAYS_TOLD if age in shares)


def _given_up(shares: dict[int, Shares]) -> float:
    """The share dropped or gone by the last day that is told."""
    return sum(shares[_last_told(shares)][word].value or 0 for word in ("dropped", "gone"))


def _closed_only_mark(median: Number) -> tuple[float, str] | None:
    """Half of those that were done."""
    return None if median.value is None else (median.value, f"a closed-only report: half within {quantity(median.value, 'days')}")


def _share_number(age: int, word: str, share: Estimate, n: int) -> Number:
    return Number(f"by_day.{age}.{word}", share.value, "share", share.low, share.high, n)


def _by_day_twin(spans: Spans, shares: dict[int, Shares]) -> pd.DataFrame:
    """A day a row, `not known` where none was watched that long."""
    at_risk = spans.at_risk(np.array(DAYS_TOLD, dtype=np.float64))
    rows = [{"by day": age, **{word: _share_words(shares[age][word]) if age in shares else "not known" for word in ENDS},
             "still watched": int(watched)} for age, watched in zip(DAYS_TOLD, at_risk, strict=True)]
    return pd.DataFrame(rows)


def _share_words(share: Estimate) -> str:
    """`64 % (52 % to 75 %)`."""
    interval = interval_words(share.low, share.high, partial(quantity, unit="share"))
    return quantity(share.value, "share") + (f" ({interval})" if interval else "")


def _by_day_caption(record: Record, spans: Spans, closed_only: Number) -> str:
    left_out = left_out_words(record.metric(METRIC, record.durations_period).excluded)
    counted = (f"{plural(len(spans), 'follow-up')} promised {record.days_words(record.durations_period)}, as they stand on "
               f"{day(record.as_of_on)}{left_out}: what became of them by each day since, the young ones counted as far as they were seen.")
    median = f"What a closed-only report would say: half are done within {quantity(closed_only.value, 'days')}." if closed_only.n else ""
    return " ".join(filter(None, (counted, median, _few_words(spans))))


def _few_words(spans: Spans) -> str:
    """From which day on too few are watched."""
    days = np.arange(DAYS_TOLD[-1] + 1, dtype=np.float64)
    few = days[spans.at_risk(days) < FEW]
    if not len(few):
        return ""
    since = f"From day {few[0]:.0f} on fewer" if few[0] else "Fewer"
    return f"{since} than {FEW} are still open and watched, and one of them moves a share much: the intervals are in the table."


# --- what became of them

def standing(record: Record) -> Chart:
    """The follow-ups of each period, by what became of them."""
    rows = standing_rows(record)
    chart = completion(rows, [short_words(period) for period in record.shown_periods], finding=_standing_finding(record),
                       noun=record.noun)
    caption = (f"By the {record.noun} of the promise, {record.span_words(record.shown_periods)}. Whether it was late is unknown where "
               "nobody wrote down the day it was due or done.")
    return replace(chart, edges=edges(record.shown_periods), numbers=(*open_promises(record), *_oldest_number(record)), name="promises", caption=caption if chart.figure else "",
                   definition=METRICS[METRIC].definition_of("open", "overdue"))


def standing_rows(record: Record) -> pd.DataFrame:
    """`period`, `state`, `promises` for the shown periods."""
    parts = []
    for period in record.shown_periods:
        items = record.within(record.promises[record.promises["created_on"].notna()], period, "created_on")
        states = items.apply(_state, axis=1) if len(items) else pd.Series(dtype=str)
        parts += [(short_words(period), state, int((states == state).sum())) for state in STATES if (states == state).any()]
    return pd.DataFrame(parts, columns=["period", "state", "promises"])


def _state(item: pd.Series) -> str:
    if item["status"] == "open":
        return "open, overdue" if item["is_overdue"] is True else "open, not overdue"
    if item["status"] == "done":
        if pd.isna(item["days_late"]):
            return UNSURE
        return "done late" if item["days_late"] > 0 else "done in time"
    return str(item["status"])


def _standing_finding(record: Record) -> str:
    if record.promises.empty:
        return "No follow-up is written down yet"
    still_open, overdue = open_promises(record)
    if not still_open.value:
        return f"All {plural(len(record.promises), 'follow-up')} ever promised are closed"
    age = "".join(f", the oldest for {quantity(number.value, number.unit)}" for number in _oldest_number(record))
    return f"{plural(int(still_open.value), 'follow-up')} open, {overdue_words(still_open, overdue)}{age}"


def _oldest_number(record: Record) -> list[Number]:
    """How long the oldest open follow-up has waited, where its day is known."""
    ages = owed(record)["age_days"].head(1).dropna()
    return [Number("oldest_follow_up_open", int(age), "days") for age in ages]


def overdue_words(still_open: Number, overdue: Number) -> str:
    """`52 of them overdue`, `all of them overdue`, `none of them overdue`; of one, `overdue` or `not overdue`."""
    if still_open.value == 1:
        return "overdue" if overdue.value else "not overdue"
    some = "all" if overdue.value == still_open.value else f"{overdue.value or 'none'}"
    return f"{some} of them overdue"


def open_promises(record: Record) -> tuple[Number, Number]:
    """Follow-ups open at the as-of, whenever promised, and those of them whose day is over."""
    still_open = owed(record)
    overdue = int(still_open["is_overdue"].fillna(False).sum())
    n = len(record.promises)
    return Number("follow_ups_open", len(still_open), "promises", n=n), Number("follow_ups_overdue", overdue, "promises", n=n)


# --- the open ones

def owed(record: Record) -> pd.DataFrame:
    """Those open at the as-of."""
    return record.promises[record.promises["is_open"]]


def ages(record: Record) -> Chart:
    """Open follow-ups by age and severity of their incident."""
    still_open = owed(record)[owed(record)["age_days"].notna()]
    bins = pd.cut(still_open["age_days"].astype(float), list(_AGE_LIMITS), labels=list(AGES)).astype(str)
    rows = still_open.assign(age=bins).groupby(["age", "severity"]).size().rename("promises").reset_index()
    chart = ageing(rows, record.scale, finding=_ages_finding(still_open))
    older = Number("older_than_a_quarter", _older_than_a_quarter(still_open), "promises", n=len(still_open))
    caption = f"Open follow-ups on {day(record.as_of_on)} by the time since they were promised; colour is the severity of their incident."
    return replace(chart, numbers=(older,), caption=caption if chart.figure else "", definition=METRICS[METRIC].definition_of("open", "overdue"))


def _older_than_a_quarter(still_open: pd.DataFrame) -> int:
    return int((still_open["age_days"] > _AGE_LIMITS[3]).sum())


def _ages_finding(still_open: pd.DataFrame) -> str:
    if still_open.empty:
        return "No follow-up is open"
    old = _older_than_a_quarter(still_open)
    if len(still_open) == 1:
        return f"The one open follow-up is {'' if old else 'not '}older than a quarter"
    return f"{old or 'None'} of {len(still_open)} open follow-ups {'is' if old == 1 else 'are'} older than a quarter"


def oldest(record: Record, shown: int = 3) -> pd.DataFrame:
    """The oldest open follow-ups, by action and not by person."""
    rows = owed(record).head(shown)
    return pd.DataFrame({
        "promise": rows["text"], "from": rows["origin_title"].fillna(rows["origin_id"]), "severity": rows["severity"],
        "promised": rows["created_on"], "due": rows["last_due_on"],
        "open for": [quantity(age, "days") for age in rows["age_days"].astype(float)],
        "where": where(rows),
    })


def oldest_finding(record: Record, shown: int = 3) -> str:
    count = min(shown, len(owed(record)))
    if not count:
        return "Nothing that was promised is open"
    return "The oldest open follow-up" if count == 1 else f"The {count} oldest open follow-ups"


# --- the statistics

def statistics(record: Record) -> pd.DataFrame:
    """A statistic of the metric a row, over the last four periods."""
    rows = record.metric(METRIC, record.durations_period).rows
    if not any(row["n"] for row in rows):
        return pd.DataFrame()
    return pd.DataFrame([
        (STATISTICS[row["statistic"]], quantity(row["value"], row["unit"]), _interval(row), row["n"], row["note"]) for row in rows
    ], columns=["statistic", "value", "95 % interval", "of", "note"])


def statistics_finding(record: Record) -> str:
    share = record.number("", METRIC, "share_done_90d", record.durations_period)
    if statistics(record).empty:
        return f"No follow-up was promised {record.days_words(record.durations_period)}"
    if share.value is None:
        return "How soon follow-ups get done: none was watched for 90 days"
    return f"{quantity(share.value, 'share')} of follow-ups are done within 90 days"


def statistic_numbers(record: Record) -> list[Number]:
    rows = record.metric(METRIC, record.durations_period).rows
    return [Number(row["statistic"], row["value"], row["unit"], row["low"], row["high"], row["n"])
            for row in rows if row["value"] is not None]


def statistics_caption(record: Record) -> str:
    left_out = record.metric(METRIC, record.durations_period).excluded
    return (f"Follow-ups promised {record.days_words(record.durations_period)}{left_out_words(left_out)}; the median days to close are "
            "also of those that were open from before. Those still open count as open, not as lost.")


def _interval(row: Row) -> str:
    return interval_words(row["low"], row["high"], lambda end: quantity(end, row["unit"])) or "–"


def groups(record: Record, by: str) -> pd.DataFrame:
    """A group of `by` a row: promised, open, overdue, done within its SLA."""
    found: dict[str, dict[str, object]] = {}
    for row in record.metric(METRIC, record.durations_period, by).rows:
        if row["group"] is not None:
            cells = found.setdefault(row["group"], {by.replace("_", " "): row["group"]})
            cells[row["statistic"]] = quantity(row["value"], row["unit"] if row["unit"] == "share" else "")
            if row["statistic"] == "open":
                cells["promised"] = row["n"]
    rows = pd.DataFrame([cells for cells in found.values() if cells["promised"]])
    if rows.empty:
        return rows
    shown = {"promised": "promised", "open": "open", "overdue": "overdue", "done_within_sla": "done within SLA"}
    return rows[[by.replace("_", " "), *shown]].rename(columns=shown)


def groups_finding(record: Record, by: str) -> str:
    rows = groups(record, by)
    return f"By {by.replace('_', ' ')}" if len(rows) else f"Nothing to group by {by.replace('_', ' ')}: no follow-up was promised"
