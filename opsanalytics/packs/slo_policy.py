"""Error budgets: what each incident took, and what the budget policy asks for, held against the roadmap."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from opsanalytics.figures import Number, Place, Shade, plural
from opsanalytics.metrics.budget_policies import HALT, PLAN, POSTMORTEM
from opsanalytics.metrics.budgets import SHARE
from opsanalytics.metrics.result import Row
from opsanalytics.packs import spans
from opsanalytics.packs.slos import Slos, nothing_due, percent, stretch_words, why, without_days

SHARES_SHOWN = 10


# --- what incidents took

def shares(told: Slos) -> pd.DataFrame:
    """An incident and objective a row: those with the largest shares, then as many that cannot be computed."""
    known, unknown = (_of_shares(told, is_known)[:SHARES_SHOWN] for is_known in (True, False))
    places = dict(zip(told.record.counted["incident_id"], spans.where(told.record.counted), strict=True))
    return pd.DataFrame([{
        "incident": row["incident_id"], "objective": row["slo_id"], "share": _taken(told, row), "could be": _limits(row),
        "bad": None if row["bad"] is None else round(row["bad"], 0 if row["bad"] >= 10 else 2), "n": row["n"], "how it is known": why(row) or None,
        "where": places[row["incident_id"]]} for row in (*known, *unknown)])


def _of_shares(told: Slos, is_known: bool) -> list[Row]:
    return [row for row in told.shares if (row["value"] is not None) == is_known]


def _taken(told: Slos, row: Row) -> Shade | str | None:
    if row["value"] is None:
        return "cannot be computed"
    said = percent(row["value"])
    return Shade(f"▼ {said}", "worse", row["value"]) if row["value"] > told.clock.error_budget.single_incident_share else said


def _limits(row: Row) -> str | None:
    if row["value"] is None or row["low"] == row["high"]:
        return None
    return f"{percent(row['low'])} to {percent(row['high'])}"


def shares_finding(told: Slos) -> str:
    if not told.samples:
        return ""
    known, when = _of_shares(told, is_known=True), spans.said(told.record.period)
    if not told.shares:
        return f"No incident of {when} touched a service that has an objective"
    if not known:
        return f"What the incidents of {when} took of a budget cannot be computed"
    most = known[0]
    return f"{most['incident_id']} took most of a budget in {when}: {percent(most['value'])} of {most['slo_id']}"


def shares_caption(told: Slos) -> str:
    known, unknown = (len(_of_shares(told, is_known)) for is_known in (True, False))
    threshold = percent(told.clock.error_budget.single_incident_share)
    return (f"Bad events in the samples while the impact lasted, of what the {stretch_words(told.clock.error_budget.halt_after)} up to its end allow; "
            "incidents that share a minute split it. Could be: if none, or all, of what was bad in samples that it shares with other times "
            f"and incidents was its own. ▼ above {threshold}. {plural(known, 'share')} known, {unknown or 'none'} cannot be computed; at most "
            f"{SHARES_SHOWN} of each are shown.")


def share_numbers(told: Slos) -> list[Number]:
    return [Number(f"taken.{row['incident_id']}.{row['slo_id']}", row["value"], SHARE, row["low"], row["high"], row["n"])
            for row in _of_shares(told, is_known=True)[:SHARES_SHOWN]]


# --- what the policy asks for

def verdicts(told: Slos) -> pd.DataFrame:
    """A question a row: what is due first, then whether changes halt, for each objective."""
    return pd.DataFrame([{
        "question": _question(told, row), "of": _subject(row), "evidence": evidence(row), "threshold": percent(row["threshold"]),
        "answer": _verdict(row), "roadmap": _planned(row), "where": place(told, row)} for row in _shown(told)])


def _shown(told: Slos) -> list[Row]:
    rules = (HALT, POSTMORTEM, PLAN)
    rows = [row for row in told.verdicts if row["is_due"] or row["rule"] == HALT]
    return sorted(rows, key=lambda row: (not row["is_due"], rules.index(row["rule"]), row["value"] is None, -(row["value"] or 0)))


def _question(told: Slos, row: Row) -> str:
    share, whole = percent(row["threshold"]), stretch_words(told.clock.error_budget.halt_after)
    if row["rule"] == HALT:
        return f"Is the budget of {whole} overspent?"
    if row["rule"] == POSTMORTEM:
        return f"Did the incident take more than {share} of the budget of {whole}?"
    return f"Did these incidents take more than {share} of the budget of {row['window']}?"


def _subject(row: Row) -> str:
    return row["slo_id"] if row["rule"] == HALT else f"{row['subject']}, {row['slo_id']}"


def evidence(row: Row) -> str:
    counted = f"{plural(row['n'], 'sample')}{' saw its impact' if row['rule'] == POSTMORTEM else ''}"
    return "; ".join(filter(None, (_share_words(row), without_days(row["evidence"]), counted)))


def brief(told: Slos, row: Row) -> str:
    """The evidence without what the samples could not tell, for a page that has no room for it."""
    whole = row["window"] if row["rule"] == PLAN else stretch_words(told.clock.error_budget.halt_after)
    return "; ".join(filter(None, (f"{_share_words(row)} of {whole}", row["found"])))


def _share_words(row: Row) -> str:
    if row["value"] is None:
        return ""
    limits = _limits(row) if row["low"] is not None else None
    return f"{percent(row['value'])}{f' ({limits})' if limits else ''}"


def _verdict(row: Row) -> Shade | str:
    return Shade(f"▼ {row['answer']}", "worse", 1) if row["is_due"] else row["answer"]


def _planned(row: Row) -> str | None:
    if not row["is_due"]:
        return None
    return f"{row['roadmap']} ({row['roadmap_at']})" if row["roadmap"] else "does not name it"


def place(told: Slos, row: Row) -> Place:
    rows = told.record.incidents if row["rule"] == POSTMORTEM else told.record.table("slos")
    key, name = ("incident_id", row["subject"]) if row["rule"] == POSTMORTEM else ("slo_id", row["slo_id"])
    found: Place = spans.where(rows[rows[key] == name]).iloc[0]
    return found


def verdicts_finding(told: Slos) -> str:
    if told.last_at is None:
        return ""
    unknown = sum(row["value"] is None for row in told.verdicts)
    cannot = f"; {plural(unknown, 'question')} cannot be answered" if unknown else ""
    if not told.due:
        return f"{nothing_due(told)}{cannot}"
    named = sum(row["roadmap"] is not None for row in told.due)
    return f"The budget policy asks for {plural(len(told.due), 'thing')}, of which the roadmap names {named or 'none'}{cannot}"


def verdicts_caption(told: Slos) -> str:
    policy = told.clock.error_budget
    others = len(told.verdicts) - len(_shown(told))
    counts = Counter(row["rule"] for row in told.verdicts if row["value"] is None)
    unknown = "; ".join(f"{count} on {rule}" for rule, count in counts.items())
    return (f"As of {told.at_words(told.clock.as_of)}, by policies.error_budget of ops.yml: halt_after {policy.halt_after}, single_incident_share "
            f"{policy.single_incident_share:g}, class_share {policy.class_share:g}, class_window {policy.class_window}, this one and of the "
            f"calendar's the one before. {plural(others, 'other question')} ask for nothing or cannot be answered"
            f"{f' (no answer: {unknown})' if unknown else ''}. The roadmap: open items for now or next that name the incident, its class, the "
            "objective or its service; whether they are what is asked for is the reader's to say.")


def verdict_numbers(told: Slos) -> list[Number]:
    return [Number("policy.due", len(told.due), "verdicts", n=len(told.verdicts)),
            Number("policy.not_on_the_roadmap", sum(row["roadmap"] is None for row in told.due), "verdicts", n=len(told.due)),
            Number("policy.cannot_be_answered", sum(row["value"] is None for row in told.verdicts), "verdicts", n=len(told.verdicts))]
