"""Retrospectives: what became of the improvements that each promised, and which of them come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from opsanalytics.figures import UNSURE, Chart, Number, day, plural, quantity
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
    "carried_over": "carried over from an earlier session",
    "open": "open now",
    "overdue": "overdue now",
}
DONE = ("done in time", "done late", UNSURE)


@dataclass(frozen=True)
class Retros:
    """The actions of every retrospective up to the last day of the period that has begun."""

    record: Record

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """Retrospectives that were held, oldest first."""
        rows = self.record.table("ritual_facts")
        rows = rows[(rows["ritual"] == "retrospective") & rows["is_held"] & rows["held_on"].notna()]
        return rows[rows["held_on"] <= self.record.last_on].sort_values(["held_on", "session_id"])

    @cached_property
    def actions(self) -> pd.DataFrame:
        """An action a row as often as it was written down, oldest first: `state` says what became of it, `carried` how
        often it had been carried over by then, `first_on` the day of the first session that has it.
        """
        rows = self.record.table("action_item_facts")
        rows = rows[(rows["ritual"] == "retrospective") & (rows["origin_kind"] == "ritual") & rows["created_on"].notna()]
        rows = rows[rows["created_on"] <= self.record.as_of_on].sort_values(["created_on", "origin_id", "position"])
        chains = [_chain(action_id, dict(zip(rows["action_id"], rows["carried_from"], strict=True)))
                  for action_id in rows["action_id"]]
        days = dict(zip(rows["action_id"], rows["created_on"], strict=True))
        rows = rows.assign(carried=[len(chain) - 1 for chain in chains], first_on=[days[chain[-1]] for chain in chains],
                           state=self._states(rows))
        return rows[rows["created_on"] <= self.record.last_on]

    def _states(self, rows: pd.DataFrame) -> list[str]:
        """Open and not in a later session's list: carried over by one that repeats it, else gone without a word."""
        carried_on = set(rows["carried_from"].dropna())
        last_on = rows["created_on"].max()
        return [_state(row, is_carried_on=row.action_id in carried_on, is_last=row.created_on == last_on)
                for row in each(rows)]

    @property
    def latest(self) -> pd.DataFrame:
        """The actions of the last retrospective that promised any."""
        rows = self.actions
        return rows[rows["origin_id"] == rows["origin_id"].iloc[-1]] if len(rows) else rows

    @property
    def shown(self) -> pd.DataFrame:
        periods = spans.shown(self.record, self.actions["created_on"])
        return self.actions[self.actions["created_on"] >= periods[0].starts_on]


def _chain(action_id: str, carried_from: dict[str, object]) -> list[str]:
    """The action, the one that it repeats, and so on to the first; a ring, which no reader makes, ends."""
    chain = [action_id]
    while isinstance(before := carried_from.get(chain[-1]), str) and before in carried_from and before not in chain:
        chain.append(before)
    return chain


def _state(row: Any, *, is_carried_on: bool, is_last: bool) -> str:
    if row.status == "done":
        return UNSURE if pd.isna(row.days_late) else "done late" if row.days_late > 0 else "done in time"
    if row.status != "open":
        return str(row.status)
    return "carried over" if is_carried_on else "open" if is_last else "gone"


def header(record: Record) -> tuple[str, ...]:
    retros = Retros(record)
    count = len(record.within(retros.sessions, record.period, "held_on"))
    held = f"{plural(count, 'retrospective')} held" if count else "no retrospective held"
    return spans.header(record, f"{held} in {spans.said(record.period)}")


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
    caption = (f"By the {record.noun} of the session. Carried over: not done, and a later session promised it again. "
               "Gone: not done, and no later session speaks of it.")
    return replace(chart, numbers=_outcome_numbers(retros), caption=caption if chart.figure else "",
                   definition=METRICS[METRIC].definition)


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
    return tuple(Number(f"improvements.{state.replace(', ', '_').replace(' ', '_')}", int(counts.get(state, 0)), "improvements", n=n)
                 for state in RETRO_STATES if n)


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
    """Those of the shown periods."""
    retros = Retros(record)
    rows = retros.shown
    rows = rows[(rows["carried"] > 0) & ~rows["action_id"].isin(set(retros.actions["carried_from"].dropna()))]
    return rows.sort_values(["carried", "created_on", "action_id"], ascending=[False, False, True])


def returning_finding(record: Record) -> str:
    rows = _returning(record)
    if rows.empty:
        return "No improvement came back in a later retrospective"
    still = int((~rows["state"].isin(DONE)).sum())
    said = "none" if not still else "all" if still == len(rows) and still > 1 else str(still)
    if len(rows) == 1:
        return f"One improvement came back, carried over {times(rows['carried'].iloc[0])}; it is {'not ' if still else ''}done"
    return f"{len(rows)} improvements came back; {said} of them {'is' if still == 1 else 'are'} still not done"


def returning_numbers(record: Record) -> list[Number]:
    return [Number("improvements_came_back", len(_returning(record)), "improvements", n=len(Retros(record).shown))]


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
    return (f"Improvements promised {record.days_words(record.durations_period)}{left_out_words(left_out)}, each as often as it was "
            "written down. Those still open count as open, not as lost.")


