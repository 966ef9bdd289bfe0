"""Decisions: what was decided, what still waits, and whether it is written down with all that its template asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from opsanalytics.figures import Chart, Number, Place, day, plural, quantity
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.checklist import CHECKS, answer_of
from opsanalytics.metrics.result import Row, six_digits
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, left_out_words, short_words
from opsanalytics.packs.retros import interval
from opsanalytics.record_figures import DECISION_STATES, each, stacked

STALE_DAYS = 30
UNSTATED = "(not stated)"


def decisions(record: Record) -> pd.DataFrame:
    """Every decision up to the last day of the period that has begun, oldest first, those without a day first of all."""
    return _up_to(record, record.last_on)


def _up_to(record: Record, last_on: date) -> pd.DataFrame:
    rows = record.table("decision_facts")
    rows = rows[rows["counted_on"].isna() | (rows["counted_on"] <= last_on)]
    rows = rows.assign(status=rows["status"].fillna(UNSTATED), is_open=rows["is_open"].fillna(False).astype(bool))
    return rows.sort_values(["counted_on", "decision_id"], na_position="first")


def in_period(record: Record) -> pd.DataFrame:
    rows = decisions(record)
    return record.within(rows[rows["counted_on"].notna()], record.period, "counted_on")


def header(record: Record) -> tuple[str, ...]:
    count = len(in_period(record))
    said = plural(count, "decision") if count else "no decision"
    return spans.header(record, f"{said} in {spans.covered(record)}, {len(decisions(record)):,} in the record")


# --- over time

def standing(record: Record) -> Chart:
    """The decisions of each period, by how they stand."""
    every = decisions(record)
    every = every[every["counted_on"].notna()]
    periods = spans.shown(record, every["counted_on"])
    parts = [(short_words(period), status, int((record.within(every, period, "counted_on")["status"] == status).sum()))
             for period in periods for status in DECISION_STATES]
    rows = pd.DataFrame(parts, columns=["group", "kind", "count"])
    chart = stacked(rows, [short_words(period) for period in periods], DECISION_STATES, name="decisions",
                    noun=record.noun, finding=_standing_finding(record))
    changed = int((every["counted_on_source"] == "last changed").sum())
    caption = (f"By the {record.noun} they were decided in, else proposed in{_changed_words(changed)}, and by their status on "
               f"{day(record.as_of_on)}{left_out_words(record.metric('decision_count').excluded)}.")
    return replace(chart, edges=spans.edges(periods), numbers=(record.number("decisions", "decision_count", "count"),) if len(every) else (),
                   caption=caption if chart.figure else "", definition=METRICS["decision_count"].definition)


def _changed_words(count: int) -> str:
    return f", else last changed in ({plural(count, 'file')} with no other day)" if count else ""


def _standing_finding(record: Record) -> str:
    if decisions(record).empty:
        return "No decision is written down yet"
    now = in_period(record)
    counts = now["status"].value_counts()
    parts = [f"{counts[status]} {status.strip('()')}" for status in DECISION_STATES if status in counts]
    if len(now) < 2:
        return f"One decision in {spans.covered(record)}, {parts[0][2:]}" if parts else f"No decision in {spans.covered(record)}"
    said = f"all {parts[0].partition(' ')[2]}" if len(parts) == 1 else ", ".join(parts)
    return f"{len(now)} decisions in {spans.covered(record)}: {said}"


# --- what waits

def waiting(record: Record) -> pd.DataFrame:
    """Open proposals, those that wait longest first."""
    rows = open_proposals(record)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "proposal": rows["title"].fillna(rows["decision_id"]), "status": rows["status"], "proposed": rows["proposed_on"],
        "waits for": [quantity(days, "days") for days in rows["days_in_proposed"].astype(float)],
        "": ["stale" if days > STALE_DAYS else "" for days in rows["days_in_proposed"].fillna(0)],
        "owner": rows["owner"], "where": spans.where(rows)})


def open_proposals(record: Record) -> pd.DataFrame:
    """As they stand at the load's as-of, whatever the period of the page."""
    rows = _up_to(record, record.as_of_on)
    return rows[rows["is_open"]].sort_values(["days_in_proposed", "decision_id"], ascending=[False, True])


def waiting_finding(record: Record) -> str:
    rows = open_proposals(record)
    stale = int((rows["days_in_proposed"] > STALE_DAYS).sum())
    if rows.empty:
        return "No proposal waits for its decision"
    if len(rows) == 1:
        return f"One proposal waits for its decision, {'' if stale else 'not '}for longer than {STALE_DAYS} days"
    said = "all" if stale == len(rows) else str(stale or "none")
    return f"{len(rows)} proposals wait for their decision, {said} of them for longer than {STALE_DAYS} days"


def waiting_numbers(record: Record) -> list[Number]:
    rows = open_proposals(record)
    n = len(_up_to(record, record.as_of_on))
    return [Number("proposals_open", len(rows), "proposals", n=n),
            Number("proposals_stale", int((rows["days_in_proposed"] > STALE_DAYS).sum()), "proposals", n=n),
            Number("stale_after", STALE_DAYS, "days")] if n else []


def waiting_caption(record: Record) -> str:
    return f"Drafts and proposals on {day(record.as_of_on)}; stale after {STALE_DAYS} days, counted from the day they were proposed."


# --- how long, and how completely

QUESTIONS = {"median": "days in proposed, median", "closed_only_median": "days in proposed, median of the decided alone"}


def quality(record: Record) -> pd.DataFrame:
    """Time in proposed, and completeness by the template that the file follows, over four periods."""
    rows = [(QUESTIONS[row["statistic"]], row) for row in _timed(record)]
    rows += [(f"complete, of all in the template {row['group']}", row) for row in _complete(record)]
    told = [(question, quantity(row["value"], row["unit"]), interval(row["low"], row["high"], row["unit"]), row["n"], row["note"])
            for question, row in rows]
    taken = complete_of_taken(record)
    if taken.n:
        told.append(("complete, of those taken", quantity(taken.value, "share"), interval(taken.low, taken.high, "share"), taken.n, ""))
    return pd.DataFrame(told, columns=["question", "value", "95 % interval", "of", "note"])


def complete_of_taken(record: Record) -> Number:
    """As the founder's checklist has it: a proposal has no decision to write down yet."""
    answer = answer_of(record.connection, CHECKS["decisions_complete"], record.durations_period)
    value, low, high = (None if part is None else six_digits(part) for part in answer.estimate)
    return Number("share_complete_of_taken", value, "share", low, high, len(answer.counted))


def _timed(record: Record) -> list[Row]:
    return [row for row in record.metric("time_in_proposed", record.durations_period).rows if row["n"]]


def _complete(record: Record) -> list[Row]:
    return [row for row in record.metric("decision_completeness", record.durations_period, "template").rows if row["n"]]


def quality_finding(record: Record) -> str:
    median = record.number("", "time_in_proposed", "median", record.durations_period)
    whole = complete_of_taken(record)
    if quality(record).empty:
        return f"No decision to judge {record.days_words(record.durations_period)}"
    waits = f"Half of the proposals are decided within {quantity(median.value, 'days')}" if median.value is not None else (
        "The median time in proposed is not reached or not known")
    full = f"; {quantity(whole.value, 'share')} of {plural(whole.n or 0, 'decision')} taken {'is' if whole.n == 1 else 'are'} complete" if whole.n else ""
    return waits + full


def quality_numbers(record: Record) -> list[Number]:
    period = record.durations_period
    numbers = [record.number("days_in_proposed", "time_in_proposed", "median", period),
               record.number("share_complete", "decision_completeness", "share_complete", period), complete_of_taken(record)]
    return [number for number in numbers if number.value is not None]


def quality_caption(record: Record) -> str:
    return (f"Decisions {record.days_words(record.durations_period)}. The median counts proposals that still wait as lasting at least "
            "until the end, and takes those open from before too. A template asks for its own parts: nobody is asked for what it does not "
            "name. Of all in a template, a draft or proposal lacks its decision until one is written.")


def missing(record: Record) -> pd.DataFrame:
    """The decisions of the period that lack a part; one that is still proposed does not lack its decision."""
    rows = in_period(record)
    rows = rows.assign(missing_parts=pd.Series([_lacking(row) for row in each(rows)], rows.index, dtype=object))
    rows = rows[rows["missing_parts"].map(len).gt(0) & rows["template"].notna()]
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({"decision": rows["title"].fillna(rows["decision_id"]), "template": rows["template"],
                         "missing": [", ".join(parts) for parts in rows["missing_parts"]], "where": spans.where(rows)})


def _lacking(row: Any) -> list[str]:
    return [part for part in row.missing_parts if not (row.is_open and part == "decision")]


def missing_finding(record: Record) -> str:
    count, judged = len(missing(record)), _judged(record)
    if not judged:
        return f"No decision in {spans.covered(record)} follows a known template"
    if judged == 1:
        return f"The one decision in {spans.covered(record)} {'lacks a part' if count else 'lacks nothing'} that its template asks for"
    return f"{count or 'None'} of {judged} decisions in {spans.covered(record)} {'lacks' if count == 1 else 'lack'} a part that the template asks for"


def missing_numbers(record: Record) -> list[Number]:
    judged = _judged(record)
    return [Number("decisions_that_lack_a_part", len(missing(record)), "decisions", n=judged)] if judged else []


def _judged(record: Record) -> int:
    """Those of the period that follow a known template."""
    return int(in_period(record)["template"].notna().sum())


# --- links

LINKS = ("supersedes", "superseded_by", "amends")
BACK = {"supersedes": "superseded_by", "superseded_by": "supersedes"}


def loose_links(record: Record) -> pd.DataFrame:
    """Links that lead nowhere, and supersessions that only one of the two files knows of."""
    every, links = record.table("decisions"), record.table("decision_links")
    said = {(row.from_id, row.relation, row.to_id) for row in each(links)}
    nowhere = {(row.path, row.line) for row in each(record.findings) if row.code == "OPS124"}
    titles = dict(zip(every["decision_id"], every["title"].fillna(every["decision_id"]), strict=True))
    links = links[links["from_id"].isin(decisions(record)["decision_id"])].sort_values(["source_path", "source_line"])
    found = [(titles[row.from_id], row.relation.replace("_", " "), titles.get(row.to_id, row.to_raw), trouble, Place(row.source_path, row.source_line))
             for row in each(links) if (trouble := _trouble(row, said, nowhere))]
    return pd.DataFrame(found, columns=["decision", "says", "of", "trouble", "where"])


def _trouble(link: Any, said: set[tuple[str, str, str]], nowhere: set[tuple[str, int]]) -> str:
    if pd.isna(link.to_id):
        is_lost = link.relation in LINKS or (link.source_path, link.source_line) in nowhere
        return "there is no such decision" if is_lost else ""
    if link.relation in BACK and (link.to_id, BACK[link.relation], link.from_id) not in said:
        return "the other file does not say so"
    return ""


def loose_links_finding(record: Record) -> str:
    rows = loose_links(record)
    ways = int((rows["trouble"] == "the other file does not say so").sum())
    nowhere = len(rows) - ways
    if not record.table("decision_links")["relation"].isin(LINKS).any() and rows.empty:
        return "No decision takes the place of another"
    if rows.empty:
        return "Every link between decisions leads somewhere, and every supersession is known to both files"
    parts = [f"{plural(ways, 'supersession')} that only one file knows of" if ways else "",
             f"{plural(nowhere, 'link')} to a decision that is not there" if nowhere else ""]
    return " and ".join(filter(None, parts))


def loose_links_numbers(record: Record) -> list[Number]:
    return [Number("loose_links", len(loose_links(record)), "links", n=len(record.table("decision_links")))]


# --- those of the period

def listed(record: Record) -> pd.DataFrame:
    rows = in_period(record)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "decision": rows["title"].fillna(rows["decision_id"]), "status": rows["status"], "proposed": rows["proposed_on"],
        "decided": rows["decided_on"], "owner": rows["owner"], "where": spans.where(rows)})


def listed_finding(record: Record) -> str:
    count = len(in_period(record))
    said = {0: "No decision was made or proposed", 1: "The one decision"}.get(count, f"The {count} decisions")
    return f"{said} in {spans.covered(record)}"
