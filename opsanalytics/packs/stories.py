"""Three incidents worth reading: the longest, the most surprising, a repeat. And what went well."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from opsanalytics.figures import Chart, Link, Number, Place, duration, known, plural, quantity
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import Stage, Story, each, since_t0, timeline
from opsanalytics.stats.intervals import proportion_interval

FASTEST_SHOWN = 3
FACTS = {"impact": "Impact", "root_cause": "Cause", "mitigations": "Mitigation"}


def header(record: Record) -> tuple[str, ...]:
    return spans.header(record, record.header[3])


# --- which

@dataclass(frozen=True)
class Choice:
    """The incidents of the period, and the three of them that are told, each once."""

    record: Record

    @cached_property
    def incidents(self) -> pd.DataFrame:
        """Those counted, with `minutes` to restore, or so far where they are open, and the `median` of their severity."""
        rows = self.record.within(self.record.counted, self.record.period)
        is_open = rows["is_open"].astype(bool) & rows["restored_at"].isna()
        minutes = rows["time_to_restore_minutes"].where(~is_open, rows["open_minutes"]).astype(float)
        return rows.assign(is_going_on=is_open, minutes=minutes, median=rows["severity"].map(self._medians))

    @cached_property
    def _medians(self) -> dict[str, float]:
        rows = self.record.metric("time_to_restore", self.record.durations_period, "severity").rows
        return {row["group"]: row["value"] for row in rows if row["statistic"] == "median" and known(row["value"])}

    @cached_property
    def longest(self) -> str | None:
        rows = self.incidents[self.incidents["minutes"].notna()]
        return _first(rows.sort_values(["minutes", "incident_id"], ascending=[False, True]))

    @cached_property
    def surprising(self) -> str | None:
        """Farthest from the median of its severity, on the log scale; one that goes on has no length to be surprised by."""
        rows = self.incidents[(self.incidents["incident_id"] != self.longest) & ~self.incidents["is_going_on"]]
        rows = rows[(rows["minutes"] > 0) & (rows["median"] > 0)]
        distance = [abs(math.log(minutes / median)) for minutes, median in zip(rows["minutes"], rows["median"], strict=True)]
        return _first(rows.assign(distance=distance).sort_values(["distance", "incident_id"], ascending=[False, True]))

    @cached_property
    def repeats(self) -> dict[str, str]:
        """Incident of the period -> the one that its file says it repeats."""
        links = self.record.table("incident_links")
        links = links[(links["relation"] == "repeat_of") & links["from_id"].isin(self.incidents["incident_id"])]
        return {row.from_id: row.to_raw if pd.isna(row.to_id) else row.to_id for row in each(links)}

    @cached_property
    def repeat(self) -> str | None:
        """The worst of those that repeat an earlier one and are not told yet."""
        rows = self.incidents[self.incidents["incident_id"].isin(set(self.repeats) - {self.longest, self.surprising})]
        return _first(rows.sort_values(["severity_rank", "minutes", "incident_id"], ascending=[True, False, True]))


def _first(rows: pd.DataFrame) -> str | None:
    return str(rows["incident_id"].iloc[0]) if len(rows) else None


# --- the three

def longest(record: Record) -> Story:
    choice = Choice(record)
    when = spans.covered(record)
    if choice.longest is None:
        return _nothing("longest", f"No incident with a known length started in {when}")
    row = _row(choice, choice.longest)
    lasted = f"open for {duration(row['minutes'])} so far" if row["is_going_on"] else f"restored after {duration(row['minutes'])}"
    return _told(choice, row, "longest", f"The longest: {_name(row)}, {lasted}")


def surprising(record: Record) -> Story:
    choice = Choice(record)
    if choice.surprising is None:
        return _nothing("surprising", f"No other incident of {spans.covered(record)} has a length to compare with the median of its severity")
    row = _row(choice, choice.surprising)
    return _told(choice, row, "surprising", f"The most surprising: {_name(row)}, restored after {duration(row['minutes'])} where half of "
                 f"{row['severity']} took up to {duration(row['median'])}")


def repeat(record: Record) -> Story:
    choice = Choice(record)
    if choice.repeat is None:
        other = "other " if choice.repeats else ""
        return _nothing("repeat", f"No {other}incident of {spans.covered(record)} says that it repeats an earlier one")
    row = _row(choice, choice.repeat)
    return _told(choice, row, "repeat", f"A repeat: {_name(row)}")


def _nothing(name: str, finding: str) -> Story:
    return Story(Chart(finding, name=name))


def _row(choice: Choice, incident_id: str) -> pd.Series:
    rows = choice.incidents
    return rows[rows["incident_id"] == incident_id].iloc[0]


def _name(row: pd.Series) -> str:
    return f"{row['title']} ({row['severity']})" if known(row["title"]) else f"{row['incident_id']} ({row['severity']})"


def _told(choice: Choice, row: pd.Series, name: str, finding: str) -> Story:
    record = choice.record
    events, stages = _events(record, row), tuple(_stages(record, row))
    chart = timeline(events, row["severity"], record.scale, finding=finding, name=name, until=_since(row, row["restored_at"]),
                     stages=stages)
    shown = pd.DataFrame({"": events["number"], "after T0": events["minutes"].map(since_t0), "phase": events["phase"],
                          "what happened": events["text"]})
    return Story(replace(chart, caption=_caption(stages) if chart.figure else ""), tuple(_facts(choice, row, stages)), shown, tuple(_numbers(row, name)))


def _caption(stages: tuple[Stage, ...]) -> str:
    of_bar = "the bar is in its phases, each up to the moment that ends it" if stages else "the bar ends when service was back"
    return f"Time from T0, the detection; {of_bar}. A number is a line of the table."


def _stages(record: Record, row: pd.Series) -> Iterator[Stage]:
    """From the start on, each up to its mark; one whose mark is not known, or lies before the last, goes with the next."""
    last, names = _since(row, row["started_at"]), []
    for name, ends in _marks(record, row):
        names.append(name)
        if last is not None and ends is not None and ends >= last:
            yield Stage(tuple(names), last, ends)
            last, names = ends, []


def _marks(record: Record, row: pd.Series) -> tuple[tuple[str, float | None], ...]:
    """A diagnosis is over with the first entry of the timeline that says so."""
    events = record.table("incident_events")
    found = events[(events["incident_id"] == row["incident_id"]) & (events["phase"] == "diagnosis")].sort_values("position").head(1)
    diagnosed = [_since(row, event.occurred_at, event.offset_minutes) for event in each(found)]
    return (("detection", _since(row, row["detected_at"])), ("diagnosis", diagnosed[0] if diagnosed else None),
            ("mitigation", _since(row, row["mitigated_at"])), ("resolution", _since(row, row["resolved_at"])))


def _events(record: Record, row: pd.Series) -> pd.DataFrame:
    """The timeline as written, with the start before it where the file tells one: `minutes`, `phase`, `text`, `number`."""
    events = record.table("incident_events")
    events = events[events["incident_id"] == row["incident_id"]].sort_values("position")
    found = [(_since(row, event.occurred_at, event.offset_minutes), event.phase if known(event.phase) else None, event.text)
             for event in each(events)]
    started = _since(row, row["started_at"])
    if started is not None and started < 0:
        found = [(started, "started", "the incident began"), *found]
    rows = pd.DataFrame(found, columns=["minutes", "phase", "text"])
    rows = rows.astype({"minutes": float, "phase": object, "text": object})
    return rows.assign(number=range(1, len(rows) + 1))


def _since(row: pd.Series, at: object, offset: object = None) -> float | None:
    """Minutes from T0; an entry's own time goes before its offset. T0 that is not known is the start."""
    zero = row["detected_at"] if not pd.isna(row["detected_at"]) else row["started_at"]
    if isinstance(at, pd.Timestamp) and not pd.isna(at) and not pd.isna(zero):
        return float((at - zero).total_seconds() / 60)
    return float(offset) if isinstance(offset, float) and math.isfinite(offset) else None


def _facts(choice: Choice, row: pd.Series, stages: tuple[Stage, ...]) -> Iterator[tuple[str, str]]:
    if stages:
        yield "Phases", ", ".join(stage.words for stage in stages)
    for column, name in FACTS.items():
        if isinstance(row[column], str):
            yield name, row[column]
    lessons = choice.record.table("lessons")
    lessons = lessons[(lessons["origin_kind"] == "incident") & (lessons["origin_id"] == row["incident_id"])]
    for text in lessons.sort_values("position")["text"].head(1):
        yield "Lesson", text
    if row["incident_id"] in choice.repeats:
        yield "Repeats", choice.repeats[row["incident_id"]]
    yield "Read it", f"{row['source_path']}:{row['source_line']}"


def _numbers(row: pd.Series, name: str) -> list[Number]:
    usual = {"surprising": row["median"]}.get(name)
    found = {f"{name}_minutes": row["minutes"], f"{name}_severity_median": usual}
    return [Number(key, float(minutes), "minutes") for key, minutes in found.items() if known(minutes)]


# --- the three at a glance

PAGE = "incident_stories.ipynb"


def three(record: Record) -> pd.DataFrame:
    """A row each, with its way to the story."""
    choice = Choice(record)
    told = {"the longest": (choice.longest, longest), "the most surprising": (choice.surprising, surprising), "a repeat": (choice.repeat, repeat)}
    return pd.DataFrame([_glance(choice, why, incident_id, tell(record)) for why, (incident_id, tell) in told.items() if incident_id])


def _glance(choice: Choice, why: str, incident_id: str, story: Story) -> dict[str, object]:
    row, facts = _row(choice, incident_id), dict(story.facts)
    return {"why": Link(why, f"{PAGE}#{story.chart.name}"), "incident": _name(row), "phases": facts.get("Phases"), "lesson": facts.get("Lesson"),
            "where": Place(row["source_path"], int(row["source_line"]))}


def three_finding(record: Record) -> str:
    count = len(three(record))
    if not count:
        return f"No incident of {spans.covered(record)} has a length to tell of"
    return f"{'One incident' if count == 1 else f'{count} incidents'} worth reading"


def three_caption() -> str:
    return "The longest, the one farthest from the median of its severity on the log scale, and the worst that repeats an earlier one, each once."


# --- what came back

def came_back(record: Record) -> pd.DataFrame:
    """The incidents of the period that repeat an earlier one, and what is left open of that."""
    choice = Choice(record)
    owed = record.promises[record.promises["is_open"]]["origin_id"]
    began = dict(zip(record.incidents["incident_id"], record.incidents["started_on"], strict=True))
    rows = choice.incidents[choice.incidents["incident_id"].isin(set(choice.repeats))]
    return pd.DataFrame([{
        "incident": _name(row), "repeats": choice.repeats[row["incident_id"]], "of": began.get(choice.repeats[row["incident_id"]]),
        "promises of that still open": int((owed == choice.repeats[row["incident_id"]]).sum()),
        "where": Place(row["source_path"], int(row["source_line"]))} for _, row in rows.iterrows()])


def came_back_finding(record: Record) -> str:
    choice = Choice(record)
    count, n = len(choice.repeats), len(choice.incidents)
    if not n:
        return f"No incident in {spans.covered(record)}, so none came back"
    return f"{count or 'None'} of {plural(n, 'incident')} {'repeats' if count < 2 else 'repeat'} an earlier one, by the files"


def came_back_numbers(record: Record) -> list[Number]:
    choice = Choice(record)
    return [Number("incidents_that_repeat", len(choice.repeats), "incidents", n=len(choice.incidents))]


# --- what went well

def well(record: Record) -> pd.DataFrame:
    """The incidents that were contained fastest, whoever saw them first."""
    rows = _contained(record).head(FASTEST_SHOWN)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "incident": rows["title"].fillna(rows["incident_id"]), "severity": rows["severity"],
        "seen first by": rows["detected_by"], "contained after": [duration(value) for value in rows["time_to_mitigate_minutes"]],
        "where": spans.where(rows)})


def _contained(record: Record) -> pd.DataFrame:
    rows = Choice(record).incidents
    rows = rows[rows["time_to_mitigate_minutes"].notna()]
    return rows.sort_values(["time_to_mitigate_minutes", "incident_id"])


def by_monitors(record: Record) -> Number:
    told = Choice(record).incidents["detected_by"].dropna()
    share = proportion_interval(int((told == "monitor").sum()), len(told))
    return Number("caught_by_monitors", share.value, "share", share.low, share.high, len(told))


def well_finding(record: Record) -> str:
    share, fast = by_monitors(record), _contained(record)
    if share.value is None and fast.empty:
        return f"No incident of {spans.covered(record)} says who saw it first or when it was contained"
    parts: list[str] = []
    if share.value is not None:
        count, n = round(share.value * (share.n or 0)), share.n or 0
        parts = [f"{count or 'none'} of {plural(n, 'incident')} {'was' if count == 1 else 'were'} caught by monitors"]
    if len(fast):
        parts += [f"the fastest was contained after {duration(fast['time_to_mitigate_minutes'].iloc[0])}"]
    return f"What went well: {', '.join(parts)}"


def well_numbers(record: Record) -> list[Number]:
    share = by_monitors(record)
    return [share] if share.value is not None else []


def well_caption(record: Record) -> str:
    share = by_monitors(record)
    every = len(Choice(record).incidents)
    interval = f"; 95 %: {quantity(share.low, 'share')} to {quantity(share.high, 'share')}" if share.value is not None else ""
    return f"Counted incidents that started in {spans.covered(record)}: {every}, of which {share.n} say who saw them first{interval}."
