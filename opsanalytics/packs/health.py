"""Record health: how soon after the fact records were committed, and whether their times look read off a clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from opsanalytics.figures import Chart, Number, duration, plural, quantity
from opsanalytics.metrics.result import interval_words
from opsanalytics.packs.record import Record, left_out_words
from opsanalytics.record_figures import Look, stacked
from opsanalytics.stats.intervals import Estimate, median_with_interval, proportion_interval

LATE = timedelta(days=7)
LATE_WORDS = "a week"
AGES = {"within an hour": 60, "within a day": 1440, "within a week": 10080, "within a month": 43200, "later": float("inf")}  # minutes
MOMENTS: Look = {"while it went on": ("state-2", ""), "when it was over": ("state-4", ""), "end not known": ("unknown", "/")}
ROUND_EVERY = 15  # minutes
ROUND_BY_CHANCE = 1 / ROUND_EVERY
NOT_COMMITTED, BEFORE_THE_CUT = "not committed yet", "from before the shallow clone begins"
LOST, IMPORTED = "without all older versions in git", "from an import"
NO_HISTORY = {
    "none": "The record is not in a git repository: nothing tells when it was written or changed.",
    "refused": "Git does not read this repository (OPS106): nothing tells when the record was written or changed.",
}
# What a record of each kind is called, its table, its id, and its own day: the first that is stated.
OWN_DAYS = {
    "incident": ("incidents", "incident_id", ("started_on",)), "decision": ("decisions", "decision_id", ("proposed_on", "decided_on")),
    "ritual": ("ritual_sessions", "session_id", ("held_on",)), "rfc": ("rfcs", "rfc_id", ("opened_on", "decided_on")),
}


@dataclass(frozen=True)
class History:
    """What commits tell of the records."""

    record: Record

    @cached_property
    def standing(self) -> str:
        rows = self.record.table("history_state")
        return str(rows["standing"].iloc[0]) if len(rows) else "none"

    @property
    def is_told(self) -> bool:
        return self.standing not in NO_HISTORY

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Oldest first; what has no time came before all else."""
        return self.record.table("record_changes").sort_values("changed_at", na_position="first", kind="stable")

    @cached_property
    def arrivals(self) -> pd.DataFrame:
        """When each record was first committed, or `reason` why that is not known; by kind and id."""
        rows = self.changes[self.changes["name"] == "record"].drop_duplicates(["record_kind", "record_id"])
        reasons = [None if not pd.isna(at) else self._reason(commit, path)
                   for at, commit, path in zip(rows["changed_at"], rows["git_commit"], rows["source_path"], strict=True)]
        rows = rows.assign(reason=pd.Series(reasons, rows.index, dtype=object)).rename(columns={"changed_at": "recorded_at"})
        return rows[["record_kind", "record_id", "recorded_at", "reason"]]

    def _reason(self, commit: str, path: str) -> str:
        if commit == self.record.table("history_state")["cut_at"].iloc[0]:
            return BEFORE_THE_CUT
        return LOST if path in self._lost else IMPORTED

    @cached_property
    def _lost(self) -> frozenset[str]:
        """The files of which git has not every version."""
        rows = self.record.table("file_versions")
        kinds = rows.loc[rows["snapshot"].notna(), "record_kind"].unique()
        return frozenset(rows.loc[rows["record_kind"].isin(kinds) & rows["blob_id"].notna() & rows["snapshot"].isna(), "path"])

    def with_arrivals(self, rows: pd.DataFrame, kind: str, key: str) -> pd.DataFrame:
        """`rows` with `recorded_at` and `reason`."""
        told = self.arrivals[self.arrivals["record_kind"] == kind].drop(columns="record_kind")
        found = rows.merge(told, left_on=key, right_on="record_id", how="left")
        return found.assign(reason=found["reason"].mask(found["record_id"].isna(), NOT_COMMITTED))

    def days(self, instants: pd.Series) -> list[date | None]:
        """Of instants, in the workspace's zone."""
        local = pd.to_datetime(instants).dt.tz_localize("UTC").dt.tz_convert(self.record.load["zone"])
        return [None if pd.isna(at) else at.date() for at in local]


def standing(record: Record) -> str:
    """What commits tell of, in a sentence."""
    history = History(record)
    if not history.is_told:
        return NO_HISTORY[history.standing]
    reasons = counted_reasons(history.arrivals["reason"])
    total, dated = len(history.arrivals), len(history.arrivals) - sum(reasons.values())
    left_out = f"; left out: {reason_words(reasons)}" if reasons else ""
    return f"Commits tell the first day of {dated:,} of {plural(total, 'committed record')}{left_out}.{_cut_words(history)}"


def _cut_words(history: History) -> str:
    if history.standing != "cut":
        return ""
    return " The clone is shallow: what was written or changed before it begins is not seen; git fetch --unshallow brings it."


def counted_reasons(reasons: pd.Series) -> dict[str, int]:
    """The most frequent first."""
    counts = {str(reason): int(n) for reason, n in reasons.value_counts().items()}
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def reason_words(reasons: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {reason}" for reason, n in reasons.items())


# --- from the start of an incident to its first commit

def lags(record: Record) -> pd.DataFrame:
    """Counted incidents with `minutes` from the start to the first commit, else `reason` why it is left out."""
    rows = History(record).with_arrivals(record.counted, "incident", "incident_id")
    minutes = (rows["recorded_at"] - rows["started_at"]).dt.total_seconds() / 60
    reason = rows["reason"].mask(rows["reason"].isna() & rows["started_at"].isna(), "without an hour of the start")
    reason = reason.mask(minutes < 0, "committed before the start")
    over = rows["recorded_at"] >= rows["resolved_at"]
    moment = np.where(rows["resolved_at"].isna(), "end not known", np.where(over, "when it was over", "while it went on"))
    return rows.assign(minutes=minutes, reason=reason, moment=moment)


def _told_lags(record: Record) -> pd.DataFrame:
    rows = lags(record)
    return rows[rows["reason"].isna()]


def lag(record: Record) -> Chart:
    """Incidents by how long after their start they were first committed, and whether they were over by then."""
    rows = _told_lags(record)
    tidy = rows.assign(group=_ages(rows["minutes"]), kind=rows["moment"]).groupby(["group", "kind"]).size().rename("count").reset_index()
    chart = stacked(tidy, list(AGES), MOMENTS, finding=lag_finding(record), name="reporting_lag", noun="first committed", lying=True)
    return replace(chart, numbers=tuple(lag_numbers(record)), caption=_lag_caption(record) if chart.figure else "")


def _ages(minutes: pd.Series) -> list[str]:
    return [next(name for name, end in AGES.items() if value <= end) for value in minutes]


def lag_finding(record: Record) -> str:
    rows = _told_lags(record)
    if rows.empty:
        reasons = counted_reasons(lags(record)["reason"]) if History(record).is_told else {}
        return "How soon incidents are written down is not known" + (f": {reason_words(reasons)}" if reasons else "")
    late = int((rows["minutes"] > LATE / timedelta(minutes=1)).sum())
    return (f"Half of {plural(len(rows), 'incident')} were first committed within {duration(rows['minutes'].median())} of the start, "
            f"{late or 'none'} more than {LATE_WORDS} after it")


def lag_numbers(record: Record) -> list[Number]:
    rows = _told_lags(record)
    if rows.empty:
        return []
    median, late, early = _lag_estimates(rows)
    n = len(rows)
    return [Number("reporting_lag.median", median.value, "minutes", median.low, median.high, n),
            Number("reporting_lag.late", late.value, "share", late.low, late.high, n),
            Number("reporting_lag.while_open", early.value, "share", early.low, early.high, int(rows["resolved_at"].notna().sum()))]


def _lag_estimates(rows: pd.DataFrame) -> tuple[Estimate, Estimate, Estimate]:
    """The median; the share that came late; of those that ended, the share committed before."""
    late, ended = int((rows["minutes"] > LATE / timedelta(minutes=1)).sum()), int(rows["resolved_at"].notna().sum())
    early = int((rows["moment"] == "while it went on").sum())
    return median_with_interval(rows["minutes"].to_numpy()), proportion_interval(late, len(rows)), proportion_interval(early, ended)


def _lag_caption(record: Record) -> str:
    rows, every = _told_lags(record), lags(record)
    median, late, early = _lag_estimates(rows)
    said = (f"The median is {duration(median.value)}{_interval(median, 'minutes')}; the share later than {LATE_WORDS} "
            f"{quantity(late.value, 'share')}{_interval(late, 'share')}; of those that state when they were resolved "
            f"{quantity(early.value, 'share')}{_interval(early, 'share')} were committed before.")
    return f"{plural(len(rows), 'incident')}{left_out_words(counted_reasons(every['reason']))}, from the stated start to the first commit. {said}"


def _interval(estimate: Estimate, unit: str) -> str:
    words = interval_words(estimate.low, estimate.high, lambda end: quantity(end, unit))
    return f" (95 %: {words})" if words else ""


# --- from a record's own day to its first commit

def filed(record: Record) -> pd.DataFrame:
    """A kind a row: how many days after its own day a record was first committed."""
    rows = _filed(record)
    told = rows[rows["days"].notna()]
    counts = told.groupby("kind").agg(records=("days", "size"), median=("days", "median"), late=("late", "sum")).reset_index()
    counts = counts.assign(left_out=[int((rows["kind"] == kind).sum() - n) for kind, n in zip(counts["kind"], counts["records"], strict=True)])
    return pd.DataFrame({
        "kind": counts["kind"], "records": counts["records"], "median": [quantity(float(days), "days") for days in counts["median"]],
        f"more than {LATE_WORDS} later": counts["late"],
        "share": [quantity(float(share), "share") for share in counts["late"] / counts["records"]], "left out": counts["left_out"]})


def _filed(record: Record) -> pd.DataFrame:
    """Records by kind, with `days` where both days are known."""
    history = History(record)
    found = pd.concat([_own_days(history, kind) for kind in OWN_DAYS])
    return found.assign(late=found["days"] > LATE.days)


def _own_days(history: History, kind: str) -> pd.DataFrame:
    table, key, names = OWN_DAYS[kind]
    rows = history.with_arrivals(history.record.table(table), kind, key)
    own = (next((day for day in days if day), None) for days in zip(*(rows[name] for name in names), strict=True))
    days = [(made - day).days if made and day else None for made, day in zip(history.days(rows["recorded_at"]), own, strict=True)]
    return pd.DataFrame({"kind": kind, "days": pd.Series(days, dtype=float)})


def filed_finding(record: Record) -> str:
    rows = _filed(record)
    told = rows[rows["days"].notna()]
    if told.empty:
        return ""
    late = int(told["late"].sum())
    return f"{late or 'None'} of {plural(len(told), 'record')} {'were' if late > 1 else 'was'} first committed more than {LATE_WORDS} after their own day"


def filed_numbers(record: Record) -> list[Number]:
    rows = _filed(record)
    told = rows[rows["days"].notna()]
    return [Number("filed_late", float(told["late"].mean()), "share", n=len(told))] if len(told) else []


def filed_caption(record: Record) -> str:
    return ("The own day is the start of an incident, the proposal of a decision, the session of a ritual, the opening of an RFC. Left out is what "
            "states none, is not committed, or came with an import. A share of the record itself and of no sample, so it has no interval.")


# --- times that were rounded

def round_times(record: Record) -> pd.DataFrame:
    rows = [(name, n, quantity(share.value, "share"), interval_words(share.low, share.high, lambda end: quantity(end, "share")))
            for name, n, share in _round_shares(record)]
    table = pd.DataFrame(rows, columns=["time", "stated", "on a quarter of an hour", "95 %"])
    return table.assign(**{"by chance": quantity(ROUND_BY_CHANCE, "share")})


def _round_shares(record: Record) -> Iterable[tuple[str, int, Estimate]]:
    for name, column in (("start", "started_at"), ("resolved", "resolved_at")):
        minutes = record.counted[column].dropna().dt.minute
        if n := len(minutes):
            yield name, n, proportion_interval(int((minutes % ROUND_EVERY == 0).sum()), n)


def round_times_finding(record: Record) -> str:
    shares = list(_round_shares(record))
    if not shares:
        return ""
    said = " and ".join(f"{quantity(share.value, 'share')} of {n:,} {name} times" for name, n, share in shares)
    return f"{said} lie on a quarter of an hour; chance alone gives {quantity(ROUND_BY_CHANCE, 'share')}"


def round_times_numbers(record: Record) -> list[Number]:
    return [Number(f"round_times.{name}", share.value, "share", share.low, share.high, n) for name, n, share in _round_shares(record)]


def round_times_caption(record: Record) -> str:
    return "Of counted incidents that state the hour. Far more than by chance means that times are remembered, and not read off a clock."
