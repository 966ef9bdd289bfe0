"""Retrospectives: what became of the improvements that each promised, and which of them come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from opsanalytics.figures import UNSURE, Chart, Number, day, known, plural, quantity
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, left_out_words, short_words
from opsanalytics.record_figures import RETRO_STATES, each, stacked

METRIC = "retro_action_completion"
STATISTICS = {
    "median_days_to_close": "median days to close",
    "closed_only_median_days": "median days, closed only: what a closed-only report would say",
    "share_done_30d": "done within 30 days",
    "share_done_90d": "done within 90 days",
    "done_within_sla": "done by the day they were promised for",
    "carried_over": "carried over to a later record",
    "open": "open now",
    "overdue": "overdue now",
}
DONE = ("done in time", "done late", UNSURE)


@dataclass(frozen=True)
class Retros:
    """The improvements that retrospectives promised up to the last day of the period that has begun."""

    record: Record

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """Retrospectives that were held, oldest first."""
        rows = self.record.table("ritual_facts")
        rows = rows[(rows["ritual"] == "retrospective") & rows["is_held"] & rows["held_on"].notna()]
        return rows[rows["held_on"] <= self.record.last_on].sort_values(["held_on", "session_id"])

    @cached_property
    def actions(self) -> pd.DataFrame:
        """An improvement a row as often as a retrospective wrote it down, oldest first: `state` says what became of it,
        `carried` how often it had been carried over by then, `first_on` when it was first promised.
        """
        rows = self.record.table("action_item_facts").drop(columns=["done_on", "days_late"])
        rows = rows[(rows["ritual"] == "retrospective") & (rows["origin_kind"] == "ritual") & rows["created_on"].notna()]
        rows = rows[rows["created_on"] <= self.record.as_of_on].sort_values(["created_on", "origin_id", "position", "action_id"])
        rows = rows.merge(self.record.table("promise_writings")[["action_id", "first_action_id", "carried"]], on="action_id")
        rows = rows.merge(self._ends, on="first_action_id")
        rows = rows.assign(state=self._states(rows))
        return rows[rows["created_on"] <= self.record.last_on]

    @property
    def _ends(self) -> pd.DataFrame:
        """What became of each promise, of any record."""
        columns = {"action_id": "first_action_id", "created_on": "first_on", "status": "became", "carried": "times_carried",
                   "last_promised_on": "last_promised_on", "last_seen_on": "last_seen_on", "done_on": "done_on", "days_late": "days_late"}
        return self.record.table("promise_facts")[list(columns)].rename(columns=columns)

    def _states(self, rows: pd.DataFrame) -> list[str]:
        """Open, and spoken of neither in the last retrospective nor since: gone without a word."""
        last_on = rows["created_on"].max()
        return [_state(row, is_told=any(known(day) and day >= last_on for day in (row.last_promised_on, row.last_seen_on)))
                for row in each(rows)]

    @property
    def latest(self) -> pd.DataFrame:
        """The actions of the last retrospective that promised any."""
        rows = self.actions
        return rows[rows["origin_id"] == rows["origin_id"].iloc[-1]] if len(rows) else rows

    @property
    def listed(self) -> pd.DataFrame:
        """The actions of the shown periods."""
        periods = spans.shown(self.record, self.actions["created_on"])
        return self.actions[self.actions["created_on"] >= periods[0].starts_on]

    @property
    def shown(self) -> pd.DataFrame:
        """Each improvement once, in the shown period that promised it first."""
        return self.listed[self.listed["carried"] == 0]


def _state(row: Any, *, is_told: bool) -> str:
    if row.became == "done":
        return UNSURE if pd.isna(row.days_late) else "done late" if row.days_late > 0 else "done in time"
    if row.became != "open":
        return str(row.became)
    return "gone" if not is_told else "carried over" if row.times_carried > row.carried else "open"


def header(record: Record) -> tuple[str, ...]:
    retros = Retros(record)
    count = len(record.within(retros.sessions, record.period, "held_on"))
    held = f"{plural(count, 'retrospective')} held" if count else "no retrospective held"
    return spans.header(record, f"{held} in {spans.covered(record)}")


# --- the last top three

def latest(record: Record) -> pd.DataFrame:
    rows = Retros(record).latest
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "improvement": rows["text"], "what became of it": rows["state"], "due": rows["due_on"], "done": rows["done_on"],
        "carried over": rows["carried"].map(times), "where": spans.where(rows)})


def times(carried: int) -> str:
    return ("–", "once", "twice")[carried] if carried < 3 else f"{carried} times"


def latest_finding(record: Record) -> str:
    rows = Retros(record).latest
    if rows.empty:
        return f"No retrospective has promised an improvement by {day(record.last_on)}"
    done = int(rows["state"].isin(DONE).sum())
    said = "all" if done == len(rows) else str(done or "none")
    if len(rows) == 1:
        return f"The one improvement of {day(rows['created_on'].iloc[0])} is {'' if done else 'not '}done"
    return f"Of the {len(rows)} improvements of {day(rows['created_on'].iloc[0])}, {said} {'is' if done == 1 else 'are'} done"


def latest_numbers(record: Record) -> list[Number]:
    rows = Retros(record).latest
    done = int(rows["state"].isin(DONE).sum()) if len(rows) else 0
    return [Number("last_improvements_done", done, "improvements", n=len(rows))] if len(rows) else []


def latest_caption(record: Record) -> str:
    return f"The last retrospective with improvements up to {day(record.last_on)}, as its file stood on {day(record.as_of_on)}."


# --- what became of them

def outcomes(record: Record) -> Chart:
    """The improvements of each period, by what became of them."""
    retros = Retros(record)
    periods = spans.shown(record, retros.actions["created_on"])
    parts = [(short_words(period), state, int((record.within(retros.shown, period, "created_on")["state"] == state).sum()))
             for period in periods for state in RETRO_STATES]
    rows = pd.DataFrame(parts, columns=["group", "kind", "count"])
    chart = stacked(rows, [short_words(period) for period in periods], RETRO_STATES, name="improvements",
                    noun=record.noun, finding=_outcomes_finding(retros))
    caption = (f"By the {record.noun} of the session that promised it first. Carried over: open, and promised again since. "
               "Gone: not done, and no longer spoken of.")
    return replace(chart, edges=spans.edges(periods), numbers=_outcome_numbers(retros), caption=caption if chart.figure else "",
                   definition=METRICS[METRIC].definition_of("open", "carried_over"))


def _outcomes_finding(retros: Retros) -> str:
    rows = retros.shown
    if rows.empty:
        return f"No improvement was promised in a retrospective by {day(retros.record.last_on)}"
    done, gone = int(rows["state"].isin(DONE).sum()), int((rows["state"] == "gone").sum())
    since = f"since {day(rows['created_on'].min())}"
    went = f"; {gone} went without a word" if gone else ""
    return f"{done} of {plural(len(rows), 'improvement')} promised {since} {'is' if done == 1 else 'are'} done{went}"


def _outcome_numbers(retros: Retros) -> tuple[Number, ...]:
    counts, n = retros.shown["state"].value_counts(), len(retros.shown)
    by_state = (Number(f"improvements.{state.replace(', ', '_').replace(' ', '_')}", int(counts.get(state, 0)), "improvements", n=n)
                for state in RETRO_STATES if n)
    done = int(retros.shown["state"].isin(DONE).sum())
    return (*by_state, *([Number("improvements.done", done, "improvements", n=n)] if n else []))


# --- what came back

def returning(record: Record) -> pd.DataFrame:
    """An improvement a row that was carried over, the latest of its chain, those carried most often first."""
    rows = _returning(record)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "improvement": rows["text"], "first promised": rows["first_on"], "last promised": rows["created_on"],
        "carried over": rows["carried"].map(times), "what became of it": rows["state"], "where": spans.where(rows)})


def _returning(record: Record) -> pd.DataFrame:
    """Those of the shown periods that a retrospective promised first."""
    retros = Retros(record)
    rows = retros.listed
    rows = rows[(rows["carried"] > 0) & rows["first_action_id"].isin(set(retros.actions["action_id"]))]
    rows = rows.drop_duplicates("first_action_id", keep="last")
    return rows.sort_values(["carried", "created_on", "action_id"], ascending=[False, False, True])


def still_returning(record: Record) -> pd.DataFrame:
    """Those that are not done, dropped or gone."""
    rows = _returning(record)
    return rows[rows["state"].isin(("open", "carried over"))]


def returning_finding(record: Record) -> str:
    rows = _returning(record)
    if rows.empty:
        return "No improvement came back in a later retrospective"
    still = _still_not_done(rows)
    said = "none" if not still else "all" if still == len(rows) and still > 1 else str(still)
    if len(rows) == 1:
        return f"One improvement came back, carried over {times(rows['carried'].iloc[0])}; it is {'not ' if still else ''}done"
    return f"{len(rows)} improvements came back; {said} of them {'is' if still == 1 else 'are'} still not done"


def returning_numbers(record: Record) -> list[Number]:
    n, rows = Retros(record).listed["first_action_id"].nunique(), _returning(record)
    still = [Number("improvements_came_back.not_done", _still_not_done(rows), "improvements", n=len(rows))] if len(rows) else []
    return [Number("improvements_came_back", len(rows), "improvements", n=n), *still]


def _still_not_done(rows: pd.DataFrame) -> int:
    return int((~rows["state"].isin(DONE)).sum())


# --- the statistics

def statistics(record: Record) -> pd.DataFrame:
    """A statistic of the metric a row, for the improvements of four periods."""
    rows = record.metric(METRIC, record.durations_period).rows
    if not any(row["n"] for row in rows):
        return pd.DataFrame()
    return pd.DataFrame([
        (STATISTICS[row["statistic"]], quantity(row["value"], row["unit"]), interval(row["low"], row["high"], row["unit"]),
         row["n"], row["note"]) for row in rows
    ], columns=["statistic", "value", "95 % interval", "of", "note"])


def interval(low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return "–"
    return f"{quantity(low, unit)} to {quantity(high, unit) if high is not None else 'not reached'}"


def statistics_finding(record: Record) -> str:
    if statistics(record).empty:
        return f"No improvement was promised {record.days_words(record.durations_period)}"
    share = record.number("", METRIC, "done_within_sla", record.durations_period)
    if share.value is None:
        return "How soon improvements get done: too few are old enough to say"
    return f"{quantity(share.value, 'share')} of improvements are done by the day they were promised for"


def statistic_numbers(record: Record) -> list[Number]:
    return [Number(row["statistic"], row["value"], row["unit"], row["low"], row["high"], row["n"])
            for row in record.metric(METRIC, record.durations_period).rows if row["value"] is not None]


def statistics_caption(record: Record) -> str:
    left_out = record.metric(METRIC, record.durations_period).excluded
    return (f"Improvements promised {record.days_words(record.durations_period)}{left_out_words(left_out)}, each once however "
            "often it was carried over; the median days to close are also of those that were open from before. Those still open "
            "count as open, not as lost.")


