"""Record health: what was changed in an incident's file once it should stand, and what was promised long after it was over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from opsanalytics.figures import Number, plural, quantity
from opsanalytics.packs.health import LATE, LATE_WORDS, History, counted_reasons, reason_words
from opsanalytics.packs.record import Record, left_out_words
from opsanalytics.packs.spans import where
from opsanalytics.record_figures import each

SHOWN = 20
BROKEN_PROMISES = {"reworded": "a follow-up was reworded", "gone": "an open follow-up vanished"}
TELLING_WHEN_FILLED = ("excluded_reason",)
WAYS = ("raised", "lowered", "changed")
INSTANT, UNKNOWN = "datetime64[us]", pd.Timestamp("1700-01-01")


@dataclass(frozen=True)
class Edits:
    """The incidents, whatever they count for, and what commits changed in them."""

    record: Record

    @cached_property
    def history(self) -> History:
        return History(self.record)

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Committed ones. `settled_at` is the commit that first says that it is resolved, `published_at` that of the published
        postmortem or its stated time, whichever is later, else `settled_at`; UNKNOWN before all that is told, NaT never.
        """
        rows = self.history.with_arrivals(self.record.incidents, "incident", "incident_id")
        rows = rows[rows["record_id"].notna()]
        rows = rows.assign(settled_at=pd.Series([self._settled_at(row) for row in each(rows)], rows.index, INSTANT))
        return rows.assign(published_at=pd.Series([self._published_at(row) for row in each(rows)], rows.index, INSTANT))

    def _settled_at(self, row: Any) -> pd.Timestamp | None:
        told = self._told[row.incident_id, "status"]
        if (told[0].was if told else row.status) == "resolved":
            return _or_unknown(row.recorded_at)
        found: Iterator[pd.Timestamp] = (change.changed_at for change in told if change.became == "resolved")
        return next(found, None)

    def _published_at(self, row: Any) -> pd.Timestamp | None:
        if pd.isna(row.postmortem_published_at):
            return None if pd.isna(row.settled_at) else pd.Timestamp(row.settled_at)
        told = self._told[row.incident_id, "postmortem_published_at"]
        said_at = told[0].changed_at if told and pd.isna(told[0].was) else row.recorded_at
        return max(pd.Timestamp(row.postmortem_published_at), _or_unknown(said_at))

    @cached_property
    def _told(self) -> dict[tuple[str, str], list[Any]]:
        """The changes of an incident's column, oldest first."""
        told = defaultdict(list)
        for change in each(self.changes):
            told[change.record_id, change.name].append(change)
        return told

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Of the columns of incidents; the day of a start goes with its hour."""
        rows = self.history.changes
        rows = rows[(rows["record_kind"] == "incident") & (rows["name"] != "record")]
        hours = rows[rows["name"] == "started_at"].groupby(["record_id", "git_commit"]).size().index
        is_twin = (rows["name"] == "started_on") & pd.MultiIndex.from_frame(rows[["record_id", "git_commit"]]).isin(hours)
        return rows[~is_twin]

    @cached_property
    def after_publication(self) -> pd.DataFrame:
        """What was said otherwise, promises that were reworded or vanished, and what was left out of metrics; newest first."""
        said = self.changes[self.changes["was"].notna() | self.changes["name"].isin(TELLING_WHEN_FILLED)]
        said = said.assign(what=[_change_words(row) for row in each(said)])
        rows = pd.concat([said[["record_id", "what", "changed_at", "git_commit"]], self._broken_promises])
        rows = rows.merge(self.incidents, left_on="record_id", right_on="incident_id", suffixes=("", "_of"))
        rows = rows[rows["changed_at"] > rows["published_at"]]
        return rows.sort_values(["changed_at", "incident_id", "what"], ascending=[False, True, True])

    @cached_property
    def _broken_promises(self) -> pd.DataFrame:
        rows = self._follow_up_events
        rows = rows[rows["event"].isin(list(BROKEN_PROMISES))]
        return pd.DataFrame({"record_id": rows["origin_id"], "what": rows["event"].map(BROKEN_PROMISES),
                             "changed_at": rows["occurred_at"], "git_commit": rows["git_commit"]})

    @cached_property
    def _follow_up_events(self) -> pd.DataFrame:
        items = self.record.table("action_items")
        items = items[items["origin_kind"] == "incident"][["action_id", "origin_id", "text", "owner", "source_path", "source_line"]]
        return self.record.table("action_events")[["action_id", "event", "occurred_at", "git_commit"]].merge(items, on="action_id")

    @cached_property
    def severities(self) -> pd.DataFrame:
        """Severities that were changed once the incident was resolved, newest first; `way` is raised, lowered or changed."""
        rows = self.changes[(self.changes["name"] == "severity") & self.changes["was"].notna() & self.changes["became"].notna()]
        rows = rows.merge(self.incidents, left_on="record_id", right_on="incident_id", suffixes=("", "_of"))
        rows = rows.assign(over_at=rows["resolved_at"].fillna(rows["settled_at"]))
        rows = rows[rows["changed_at"] > rows["over_at"]]
        rows = rows.assign(way=[_way(row.was, row.became, self.record.scale) for row in each(rows)])
        return rows.sort_values(["changed_at", "incident_id"], ascending=[False, True])

    @cached_property
    def follow_ups(self) -> pd.DataFrame:
        """Every follow-up of an incident with `added_at` and `delay` from the resolution, else `reason` why it is left out."""
        items = self.record.table("action_items")
        items = items[items["origin_kind"] == "incident"]
        events = self._follow_up_events
        added = events[events["event"] == "created"][["action_id", "occurred_at", "git_commit"]].rename(columns={"occurred_at": "added_at"})
        facts = self.record.incidents[["incident_id", "title", "resolved_at"]]
        rows = items.merge(added, on="action_id", how="left").merge(facts, left_on="origin_id", right_on="incident_id")
        reason = pd.Series(None, rows.index, dtype=object).mask(rows["resolved_at"].isna(), "of an incident without a resolved time")
        reason = reason.mask(rows["added_at"].isna(), "with no dated commit")
        return rows.assign(delay=rows["added_at"] - rows["resolved_at"], reason=reason)


def _or_unknown(at: Any) -> pd.Timestamp:
    return UNKNOWN if pd.isna(at) else pd.Timestamp(at)


def _change_words(row: Any) -> str:
    was, became = (None if pd.isna(value) else str(value) for value in (row.was, row.became))
    name = row.name.removesuffix("_at").replace("_", " ")
    if any("… #" in value for value in (was, became) if value):
        return f"{name} rewritten" if became else f"{name} emptied"
    return f"{name} {_value(was)} → {_value(became)}"


def _value(value: str | None) -> str:
    """An instant without its seconds."""
    return "nothing" if value is None else value.removesuffix(":00") if value.count(":") == 2 else value


def _way(was: str, became: str, scale: list[str]) -> str:
    if was not in scale or became not in scale:
        return "changed"
    return "raised" if scale.index(became) < scale.index(was) else "lowered"


def _days_after(rows: pd.DataFrame, since: str) -> list[str]:
    return ["–" if start == UNKNOWN else quantity(max((at - start).days, 0), "days") for at, start in zip(rows["changed_at"], rows[since], strict=True)]


# --- edits after publication

def edited(record: Record) -> pd.DataFrame:
    """The newest edits, a commit and incident a row."""
    edits = Edits(record)
    rows = edits.after_publication
    if rows.empty:
        return pd.DataFrame()
    rows = rows.groupby(["incident_id", "git_commit"], sort=False).agg(
        what=("what", "; ".join), changed_at=("changed_at", "first"), published_at=("published_at", "first"),
        title=("title", "first"), source_path=("source_path", "first"), source_line=("source_line", "first")).reset_index().head(SHOWN)
    return pd.DataFrame({
        "incident": rows["incident_id"], "title": rows["title"], "what was changed": rows["what"], "after": _days_after(rows, "published_at"),
        "on": edits.history.days(rows["changed_at"]), "commit": rows["git_commit"].str[:10], "where": where(rows)})


def _published(record: Record) -> pd.DataFrame:
    rows = Edits(record).incidents
    return rows[rows["published_at"].notna()]


def edited_finding(record: Record) -> str:
    rows, changed = _published(record), Edits(record).after_publication["incident_id"].nunique()
    if not changed and rows["reason"].notna().all():
        return _nothing_told(rows, "published incident was changed afterwards")
    return f"{_some(changed)} of {plural(len(rows), 'published incident')} {_were(changed)} changed afterwards{_as_far(rows)}"


def _some(count: int) -> str:
    return f"{count:,}" if count else "None"


def _were(count: int) -> str:
    return "were" if count > 1 else "was"


def _nothing_told(rows: pd.DataFrame, what: str) -> str:
    """Of incidents that were there before commits tell anything."""
    return f"Whether a {what} is not known: {reason_words(counted_reasons(rows['reason']))}" if len(rows) else ""


def _as_far(rows: pd.DataFrame) -> str:
    """How many incidents may have been changed before commits tell of them."""
    reasons = counted_reasons(rows["reason"])
    return f", as far as commits tell: {reason_words(reasons)}" if reasons else ""


def edited_numbers(record: Record) -> list[Number]:
    rows, changed = _published(record), Edits(record).after_publication["incident_id"].nunique()
    is_told = changed or rows["reason"].isna().any()
    return [Number("edited_after_publication", changed / len(rows), "share", n=len(rows))] if is_told else []


def edited_caption(record: Record) -> str:
    rows = Edits(record).incidents
    open_yet = int(rows["published_at"].isna().sum())
    left_out = f"; {open_yet:,} left out that no commit has resolved" if open_yet else ""
    return (f"An incident is published by the day of its postmortem, where the file states one, else by the commit that says that it is resolved{left_out}. "
            "To fill in what was empty is no change, unless it takes the incident out of the metrics; nor is to tick or drop a follow-up. "
            f"The newest {SHOWN} at most; times are UTC.")


# --- severity changed after the fact

def severities(record: Record) -> pd.DataFrame:
    edits = Edits(record)
    rows = edits.severities.head(SHOWN)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "incident": rows["incident_id"], "title": rows["title"], "was": rows["was"], "became": rows["became"], "": rows["way"],
        "after": _days_after(rows, "over_at"), "on": edits.history.days(rows["changed_at"]), "commit": rows["git_commit"].str[:10],
        "where": where(rows)})


def _resolved(record: Record) -> pd.DataFrame:
    rows = Edits(record).incidents
    return rows[rows["resolved_at"].notna() | rows["settled_at"].notna()]


def severities_finding(record: Record) -> str:
    rows, changed = _resolved(record), Edits(record).severities
    if changed.empty and rows["reason"].notna().all():
        return _nothing_told(rows, "severity was changed after the fact")
    n, counts = changed["incident_id"].nunique(), changed["way"].value_counts()
    ways = " and ".join(f"{counts[way]} {way}" for way in WAYS if way in counts)
    told = f": {ways}" if ways else ""
    return f"The severity of {_some(n).lower()} of {plural(len(rows), 'resolved incident')} was changed after the fact{told}{_as_far(rows)}"


def severities_numbers(record: Record) -> list[Number]:
    rows, ways = _resolved(record), Edits(record).severities["way"]
    is_told = len(ways) or rows["reason"].isna().any()
    return [Number(f"severity_{way}", int((ways == way).sum()), "incidents", n=len(rows)) for way in WAYS[:2]] if is_told else []


def severities_caption(record: Record) -> str:
    return ("By commits after the stated time of resolution, else after the commit that says so. "
            "A severity that was first stated then is not counted: it has no earlier one.")


# --- follow-ups added late

def late_follow_ups(record: Record) -> pd.DataFrame:
    """Those added latest, the longest after the resolution first."""
    rows = _late(record).sort_values(["delay", "action_id"], ascending=[False, True]).head(SHOWN)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "incident": rows["incident_id"], "follow-up": rows["text"], "owner": rows["owner"],
        "after": [quantity(delay.days, "days") for delay in rows["delay"]], "on": History(record).days(rows["added_at"]),
        "commit": rows["git_commit"].str[:10], "where": where(rows)})


def _added(record: Record) -> pd.DataFrame:
    rows = Edits(record).follow_ups
    return rows[rows["reason"].isna()]


def _late(record: Record) -> pd.DataFrame:
    rows = _added(record)
    return rows[rows["delay"] > LATE]


def late_follow_ups_finding(record: Record) -> str:
    edits = Edits(record)
    n, late, reasons = len(_added(record)), len(_late(record)), counted_reasons(edits.follow_ups["reason"])
    if n:
        return f"{_some(late)} of {plural(n, 'follow-up')} {_were(late)} added more than {LATE_WORDS} after the incident was resolved"
    return f"How late follow-ups were added is not known: {reason_words(reasons)}" if reasons and edits.history.is_told else ""


def late_follow_ups_numbers(record: Record) -> list[Number]:
    rows = _added(record)
    return [Number("follow_ups_added_late", len(_late(record)) / len(rows), "share", n=len(rows))] if len(rows) else []


def late_follow_ups_caption(record: Record) -> str:
    left_out = left_out_words(counted_reasons(Edits(record).follow_ups["reason"]))
    return (f"{plural(len(_added(record)), 'follow-up')} of incidents{left_out}, by the commit that first has its line. Those of one incident come together, "
            f"so the share has no interval. At most {SHOWN} are listed.")
