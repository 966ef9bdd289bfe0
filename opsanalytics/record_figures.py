"""Tidy rows -> figures of promises, decisions, rituals, objectives and single incidents, in the look of `figures`.

Pure functions: data frames in, a `Chart`, `Bullet` or `Story` out, nothing read or written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from textwrap import wrap
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from opsanalytics.figures import (
    TONES,
    VERDICT_LOOK,
    Chart,
    Number,
    _counts,
    _figure,
    _period_axis,
    _trace_tone,
    day,
    duration,
    label,
    severity_tone,
)

# Kind -> its tone and pattern. Greys, because none of them is a verdict.
Look = Mapping[str, tuple[str, str]]
RETRO_STATES: Look = {
    "done in time": ("state-1", ""), "done, late or not is unknown": ("state-1", "/"), "done late": ("state-2", ""),
    "dropped": ("state-2", "/"), "open": ("state-3", "/"), "carried over": ("state-3", ""), "gone": ("state-4", ""),
}
DECISION_STATES: Look = {
    "accepted": ("state-1", ""), "superseded": ("state-2", ""), "deprecated": ("state-2", "/"),
    "rejected": ("state-3", ""), "proposed": ("state-4", ""), "draft": ("state-4", "/"), "(not stated)": ("unknown", "/"),
}
ORIGINS: Look = {
    "incident": ("state-2", ""), "retrospective": ("state-4", ""), "another ritual": ("state-3", ""), "decision": ("state-1", ""),
}
RESULT_STATES: Look = {
    "hit": ("state-3", ""), "missed": ("state-4", ""), "not measured": ("state-2", "/"), "running": ("state-1", ""),
}
ITEM_STATES: Look = {
    "with a DRI": ("state-3", ""), "no DRI": ("state-4", "/"), "done": ("state-1", ""), "dropped": ("state-1", "/"),
}
CHECKLIST_STATES: Look = {
    "done": ("state-1", ""), "open": ("state-3", ""), "overdue": ("state-4", "/"), "dropped": ("state-2", "/"),
}


def each(rows: pd.DataFrame) -> Iterator[Any]:
    """Rows with their columns as attributes."""
    return iter(rows.itertuples(index=False))


# --- stacked counts

def stacked(
    rows: pd.DataFrame, order: Sequence[str], look: Look, *, finding: str, name: str, noun: str, lying: bool = False
) -> Chart:
    """rows: `group`, `kind` (a key of look), `count`. order: the groups shown, the first at the left, or at the top when
    the bars lie. noun: what the groups are, for the table.
    """
    if rows.empty or not rows["count"].sum():
        return Chart(finding, name=name)
    rows = rows[rows["count"] > 0]
    kinds = [kind for kind in look if (rows["kind"] == kind).any()]
    traces = [_bar(rows[rows["kind"] == kind], kind, look[kind], lying=lying) for kind in kinds]
    counts = _counts(rows.groupby("group")["count"].sum().max())
    figure = _figure(traces, barmode="stack", height=280 if lying else 300, **_axes(order, counts, lying=lying))
    wide = rows.pivot_table(index="group", columns="kind", values="count", aggfunc="sum", fill_value=0)
    wide = wide.reindex(index=list(order), columns=kinds, fill_value=0)
    return Chart(finding, figure, wide.rename_axis(noun).reset_index(), name=name)


def _bar(part: pd.DataFrame, kind: str, look: tuple[str, str], *, lying: bool) -> go.Bar:
    tone, pattern = look
    groups, counts = part["group"].tolist(), part["count"].tolist()
    x, y = (counts, groups) if lying else (groups, counts)
    at, how_many = ("y", "x") if lying else ("x", "y")
    bar = go.Bar(x=x, y=y, name=kind, orientation="h" if lying else "v", **_trace_tone(tone),
                 hovertemplate=f"%{{{at}}}: %{{{how_many}}} {kind}<extra></extra>")
    return bar.update(marker_pattern_shape=pattern)


def _axes(order: Sequence[str], counts: dict[str, Any], *, lying: bool) -> dict[str, Any]:
    """A few bars do not fill the width."""
    groups = {"type": "category", "categoryorder": "array", "categoryarray": list(order), "showgrid": False}
    if lying:
        return {"xaxis": {**counts, "showgrid": True}, "yaxis": {**groups, "autorange": "reversed"}}
    return {"yaxis": counts, "xaxis": {**groups, **_period_axis(order)}}


# --- on call

HOURS: Look = {"sleep": ("state-3", ""), "off": ("state-2", ""), "business": ("state-1", "")}


def weekly_load(rows: pd.DataFrame, *, finding: str, window: tuple[date, date]) -> Chart:
    """Pages a week, those of sleep hours at the bottom, and a ring for its incidents. rows: `week_on` (Monday), a column a
    key of HOURS, `pages`, `incidents`; zeros included.

    window: first and last day of the axis.
    """
    if rows.empty or not rows["pages"].sum():
        return Chart(finding, name="weekly_pages")
    days = [value.isoformat() for value in rows["week_on"]]
    ring = _trace_tone("paper")
    ring["marker"] |= {"symbol": "circle", "size": 7, "line": {"width": 2, "color": TONES["ink"][2]}}
    bars = [_bar(pd.DataFrame({"group": days, "count": rows[kind]}), kind, HOURS[kind], lying=False) for kind in HOURS]
    rings = go.Scatter(x=days, y=rows["incidents"].tolist(), mode="markers", name="incidents",
                       hovertemplate="%{x}: %{y} incidents<extra></extra>", **ring)
    edges = [(window[0] - timedelta(7)).isoformat(), window[1].isoformat()]
    ticks = "%b\n%Y" if (window[1] - window[0]).days > 200 else "%-d %b\n%Y"
    figure = _figure([*bars, rings], barmode="stack", bargap=0.12, yaxis=_counts(rows[["pages", "incidents"]].max().max()),
                     xaxis={"type": "date", "tickformat": ticks, "nticks": 10, "range": edges})
    twin = rows[["week_on", *HOURS, "pages", "incidents"]].rename(columns={"week_on": "week"})
    return Chart(finding, figure, twin.iloc[::-1], name="weekly_pages")


def shift_counts(rows: pd.DataFrame, order: Sequence[str], look: Look, *, finding: str, limit: str) -> Chart:
    """As `stacked`, shifts by how many incidents they had, with a line between the third group and the fourth."""
    chart = stacked(rows, order, look, finding=finding, name="shifts", noun="incidents")
    if chart.figure is not None:
        chart.figure.add_shape(type="line", x0=2.5, x1=2.5, y0=0, y1=1, yref="paper", line={"width": 1, "dash": "dot", "color": TONES["muted"][2]})
        chart.figure.add_annotation(x=2.5, y=1, yref="paper", text=f"{label(limit)} ▸", showarrow=False, xanchor="right", yanchor="top")
    return chart


# --- shares by day

ENDS: Look = {"done": ("state-1", ""), "dropped": ("state-2", ""), "gone": ("state-2", "/"), "open": ("state-3", "")}


def stacked_shares(
    rows: pd.DataFrame, look: Look, *, finding: str, name: str, mark: tuple[float, str] | None = None
) -> Chart:
    """What has become of all of them by each day, as one area to the full height. rows: `day`, ascending from 0, and a column
    a key of look that occurs, shares that sum to 1. mark: a day and its words, as a line.
    """
    if rows.empty:
        return Chart(finding, name=name)
    traces = [_area(rows["day"], rows[kind], kind, look[kind]) for kind in look if kind in rows]
    last = rows["day"].iloc[-1]
    figure = _figure(traces, xaxis={"range": [0, last], "nticks": 8, "title": {"text": "days since the promise", "font": {"size": 13}}},
                     yaxis={"range": [0, 1], "tickformat": ".0%", "nticks": 5})
    if mark and mark[0] <= last:
        _mark_share(figure, *mark, anchor="right" if mark[0] > last / 2 else "left")
    return Chart(finding, figure, name=name)


def _area(days: pd.Series, shares: pd.Series, kind: str, look: tuple[str, str]) -> go.Scatter:
    """Flat from day to day: nothing is known to happen between them."""
    tone, pattern = look
    colour = TONES[tone][2]
    area = go.Scatter(x=days.tolist(), y=shares.tolist(), name=kind, stackgroup="one", mode="lines", fillcolor=colour,
                      line={"shape": "hv", "width": 0, "color": colour}, meta={"tone": tone},
                      hovertemplate=f"day %{{x}}: %{{y:.0%}} {kind}<extra></extra>")
    return area.update(fillpattern_shape=pattern)


def _mark_share(figure: go.Figure, at: float, words: str, *, anchor: str) -> None:
    """A line up to the half, its words at the foot, where the palest area lies."""
    figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=0.5, line={"width": 2, "color": TONES["ink"][2]})
    figure.add_annotation(x=at, y=0, text=label(words).replace(": ", ":<br>"), showarrow=False, xanchor=anchor, yanchor="bottom", align=anchor)


# --- before and after

VERDICT_SYMBOLS: Mapping[str, str] = {
    "better": "triangle-up", "worse": "triangle-down", "practically the same": "square", "can't tell": "diamond",
}
LONGEST_LINE, FURTHEST = 18, 3.0


def before_after(rows: pd.DataFrame, *, finding: str, name: str, unit: str) -> Chart:
    """A line a change, top down: a ring for the rate before it, and the shape of its verdict for the rate after it.

    rows: `change`, `changed_on`, `before`, `after` (each value, low, high) and `verdict`. An interval that goes beyond FURTHEST
    times the largest rate is cut off there.
    """
    if rows.empty:
        return Chart(finding, name=name)
    places = pd.Series(range(len(rows)), rows.index)
    verdicts = [verdict for verdict in VERDICT_LOOK if (rows["verdict"] == verdict).any()]
    rates = [*rows["before"], *rows["after"]]
    top = min(FURTHEST * max(rate[0] for rate in rates), 1.05 * max(rate[2] for rate in rates))
    figure = _figure(
        [_rates(rows["before"], places - 0.15, "before", "unknown", "circle-open"),
         *(_rates(part["after"], places[part.index] + 0.15, f"after: {verdict}", VERDICT_LOOK[verdict][1], VERDICT_SYMBOLS[verdict])
           for verdict in verdicts if len(part := rows[rows["verdict"] == verdict]))],
        height=100 + 72 * len(rows),
        xaxis={"range": [-0.02 * top, top], "showgrid": True, "nticks": 6, "title": {"text": unit, "font": {"size": 13}}},
        yaxis={"tickvals": places.tolist(), "ticktext": [_lines_of(row) for row in each(rows)], "range": [len(rows) - 0.5, -0.5],
               "showgrid": False},
    )
    return Chart(finding, figure, name=name)


def _rates(rates: pd.Series, places: pd.Series, name: str, tone: str, symbol: str) -> go.Scatter:
    look = _trace_tone(tone)
    look["marker"] |= {"symbol": symbol, "size": 11, "line": {"width": 2 if symbol.endswith("open") else 0}}
    return go.Scatter(
        x=[value for value, _, _ in rates], y=places.tolist(), mode="markers", name=name,
        error_x={"type": "data", "symmetric": False, "array": [high - value for value, _, high in rates],
                 "arrayminus": [value - low for value, low, _ in rates], "width": 0, "thickness": 2},
        hovertemplate=f"{name}: %{{x:.2f}}<extra></extra>", **look,
    )


def _lines_of(row: Any) -> str:
    """The change on three short lines at most, so that a phone has room for its rates, and its day below."""
    lines = wrap(str(row.change), LONGEST_LINE, max_lines=3, placeholder=" …") or [""]
    return "<br>".join([*map(label, lines), day(row.changed_on)])


# --- rituals

DAY_MARKS: Mapping[str, tuple[str, str, int]] = {  # outcome -> tone, symbol, size
    "held": ("state-3", "line-ns-open", 11), "cancelled": ("state-4", "circle-open", 8), "missed": ("state-4", "x", 8),
}


def promised_days(rows: pd.DataFrame, order: Sequence[str], *, finding: str, window: tuple[date, date]) -> Chart:
    """A mark a promised day, a line a ritual. rows: `ritual`, `promised_on`, `outcome` (a key of DAY_MARKS).

    order: rituals, top down. window: first and last day of the axis.
    """
    if rows.empty:
        return Chart(finding, name="ritual_days")
    traces = [_day_marks(rows[rows["outcome"] == outcome], outcome) for outcome in DAY_MARKS if (rows["outcome"] == outcome).any()]
    days = (window[1] - window[0]).days
    edges = [(window[0] - timedelta(1 + days // 60)).isoformat(), (window[1] + timedelta(1 + days // 60)).isoformat()]
    figure = _figure(
        traces, height=90 + 30 * len(order),
        xaxis={"type": "date", "range": edges, "nticks": 8, "tickformat": "%-d %b\n%Y", "showgrid": True},
        yaxis=_lines(order),
    )
    wide = rows.pivot_table(index="ritual", columns="outcome", values="promised_on", aggfunc="count", fill_value=0)
    wide = wide.reindex(index=list(order), columns=list(DAY_MARKS), fill_value=0)
    wide.insert(0, "promised", wide.sum(axis=1))
    return Chart(finding, figure, wide.reset_index(), name="ritual_days")


def _day_marks(part: pd.DataFrame, outcome: str) -> go.Scatter:
    tone, symbol, size = DAY_MARKS[outcome]
    look = _trace_tone(tone)
    look["marker"] |= {"symbol": symbol, "size": size, "line": {"width": 2 if symbol != "x" else 0}}
    return go.Scatter(x=[value.isoformat() for value in part["promised_on"]], y=[label(name) for name in part["ritual"]],
                      mode="markers", name=outcome, hovertemplate=f"%{{y}}, %{{x|%-d %b %Y}}: {outcome}<extra></extra>", **look)


def _lines(order: Sequence[str]) -> dict[str, Any]:
    names = [label(name) for name in order]
    return {"type": "category", "categoryorder": "array", "categoryarray": names, "range": [len(names) - 0.4, -0.6],
            "showgrid": False}


LONGEST_SHARE = 2.0


def timeboxes(rows: pd.DataFrame, order: Sequence[str], *, finding: str) -> Chart:
    """A dot a session at its share of the ritual's timebox, a line a ritual; those beyond LONGEST_SHARE stand at its end.

    rows: `ritual`, `held_on`, `minutes`, `timebox`. order: rituals, top down.
    """
    if rows.empty:
        return Chart(finding, name="timeboxes")
    figure = _figure(
        [_share_dots(rows[rows["ritual"] == name], place) for place, name in enumerate(order)],
        showlegend=False, height=70 + 34 * len(order), yaxis={
            "tickvals": list(range(len(order))), "ticktext": [label(name) for name in order],
            "range": [len(order) - 0.4, -0.6], "showgrid": False},
        xaxis={"range": [0, LONGEST_SHARE + 0.1], "tickvals": [0, 0.5, 1, 1.5, 2], "showgrid": True,
               "ticktext": ["0", "half", "timebox", "1½", "twice"]},
    )
    figure.add_shape(type="line", x0=1, x1=1, y0=0, y1=1, yref="paper", layer="below",
                     line={"width": 2, "color": TONES["muted"][2]})
    twin = rows.sort_values(["held_on", "ritual"], ascending=[False, True])[["held_on", "ritual", "minutes", "timebox"]]
    return Chart(finding, figure, twin.rename(columns={"held_on": "held"}), name="timeboxes")


def _share_dots(part: pd.DataFrame, place: int) -> go.Scatter:
    """Dots are spread by the golden ratio: even, and the same on every run."""
    shares = [min(minutes / timebox, LONGEST_SHARE) for minutes, timebox in zip(part["minutes"], part["timebox"], strict=True)]
    text = [f"{row.held_on:%-d %b %Y}: {row.minutes:.0f} of {row.timebox:.0f} min" for row in each(part)]
    look = _trace_tone("state-3")
    look["marker"] |= {"size": 7, "opacity": 0.7}
    return go.Scatter(x=shares, y=[place + ((i * 0.618034) % 1 - 0.5) * 0.45 for i in range(len(part))], mode="markers",
                      text=text, hovertemplate="%{text}<extra></extra>", **look)


# --- what is stated

VERDICTS: Mapping[str, str] = {"usable": "state-3", "thin": "state-2", "not": "state-1"}


def stated_shares(rows: pd.DataFrame, *, finding: str) -> Chart:
    """A bar a field, as long as the share of records that state it, those of one kind of record together.

    rows, top down: `field`, `of_what`, `stated`, `n`, `carries`, `verdict` (a key of VERDICTS).
    """
    if rows.empty:
        return Chart(finding, name="stated_fields")
    names = [f"{row.of_what}: {row.field}" for row in each(rows)]
    shares = (rows["stated"] / rows["n"]).astype(float)
    figure = _figure(
        [_share_bars(rows.assign(name=names, share=shares)[rows["verdict"] == verdict], verdict) for verdict in VERDICTS
         if (rows["verdict"] == verdict).any()],
        height=80 + 24 * len(rows), barmode="stack",
        xaxis={"range": [0, 1.02], "tickformat": ".0%", "showgrid": True, "nticks": 5},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": names, "autorange": "reversed", "showgrid": False},
    )
    twin = rows.assign(share=[f"{share:.0%}".replace("%", " %") for share in shares])
    twin = twin[["field", "stated", "n", "of_what", "share", "carries", "verdict"]]
    return Chart(finding, figure, twin.rename(columns={"n": "of", "of_what": "what"}), name="stated_fields")


def _share_bars(part: pd.DataFrame, verdict: str) -> go.Bar:
    text = [f"{label(row.name)}: {row.stated:,} of {row.n:,}, {label(row.carries)} {verdict}" for row in each(part)]
    return go.Bar(x=part["share"].tolist(), y=part["name"].tolist(), name=verdict, orientation="h", text=text, textposition="none",
                  hovertemplate="%{text}<extra></extra>", **_trace_tone(VERDICTS[verdict]))


# --- objectives

OUTCOMES: Mapping[str, str] = {"hit": "▲", "missed": "▼", "not measured": "◆", "running": ""}


@dataclass(frozen=True)
class Bullet:
    """A key result: `done` is the share of its way from baseline to target that is behind it, None when nobody measured."""

    objective: str
    text: str
    done: float | None
    figures: str
    outcome: str


# --- one incident

STAGES: Mapping[str, str] = {"detection": "state-4", "diagnosis": "state-3", "mitigation": "state-2", "resolution": "state-1"}
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 14400, 43200)


@dataclass(frozen=True)
class Story:
    """An incident worth reading. facts: (name, text) of what the file says. events: a row a timeline entry. With no incident
    the chart's finding says so alone.
    """

    chart: Chart
    facts: Sequence[tuple[str, str]] = ()
    events: pd.DataFrame = field(default_factory=pd.DataFrame)
    numbers: tuple[Number, ...] = ()


class Stage(NamedTuple):
    """A stretch of an incident in minutes from T0. names: keys of STAGES, more than one where nothing tells them apart."""

    names: tuple[str, ...]
    starts: float
    ends: float

    @property
    def words(self) -> str:
        """`diagnosis and mitigation 36 min`."""
        *others, last = self.names
        took = duration(self.ends - self.starts) if self.ends > self.starts else "at once"
        return f"{', '.join(others)}{' and ' if others else ''}{last} {took}"


def timeline(
    events: pd.DataFrame, severity: str, scale: Sequence[str], *, finding: str, name: str, until: float | None, stages: Sequence[Stage] = ()
) -> Chart:
    """Events on a time axis, numbered as in the table below it, and a bar from the first to the end of the incident, in its stages
    where the file tells them.

    events: `minutes` from T0, `phase`, `text`; None where the entry has no time: it is in the table alone. until: minutes
    from T0 to the end of the incident, None when it is not known.
    """
    drawn = events[events["minutes"].notna()] if not events.empty else events
    if len(drawn) < 2:
        return Chart(finding, name=name)
    first = min([drawn["minutes"].min(), *(stage.starts for stage in stages)])
    last = max([drawn["minutes"].max(), until or 0, *(stage.ends for stage in stages)])
    span = max(last - first, 1)
    heights = _heights(drawn["minutes"].tolist(), span)
    figure = _figure(
        [_lasting(first, until if until is not None else last, severity_tone(severity, scale)), *map(_stage, stages), *_numbered(drawn, heights)],
        showlegend=bool(stages), height=(150 if stages else 120) + 18 * max(heights),
        yaxis={"visible": False, "range": [-0.4, 1 + 0.5 * max(heights)]},
        xaxis={"range": [first - 0.03 * span, last + 0.05 * span], "showgrid": True, **_ticks(first, last)},
    )
    return Chart(finding, figure, name=name)


def _heights(minutes: Sequence[float], span: float) -> list[int]:
    """The level of each number, so that those of near events do not stand on each other, on a phone either."""
    last_at: dict[int, float] = {}
    heights = []
    for at in minutes:
        height = next(level for level in range(len(minutes)) if at - last_at.get(level, -1e12) >= 0.07 * span)
        last_at[height] = at
        heights.append(height)
    return heights


def _lasting(first: float, until: float, tone: str) -> go.Scatter:
    return go.Scatter(x=[first, until], y=[0, 0], mode="lines", line={"width": 4, "color": TONES[tone][2]},
                      meta={"tone": tone}, showlegend=False, hoverinfo="skip")


def _stage(stage: Stage) -> go.Scatter:
    tone = STAGES[stage.names[0]]
    return go.Scatter(x=[stage.starts, stage.ends], y=[0, 0], mode="lines", name=stage.words, line={"width": 14, "color": TONES[tone][2]},
                      meta={"tone": tone}, hoverinfo="skip")


def _stems(minutes: Sequence[float], heights: Sequence[int]) -> go.Scatter:
    x = [part for at in minutes for part in (at, at, None)]
    y = [part for height in heights for part in (0, 0.4 + 0.5 * height, None)]
    return go.Scatter(x=x, y=y, mode="lines", showlegend=False, line={"width": 1, "color": TONES["ink"][2]}, meta={"tone": "ink"}, hoverinfo="skip")


def _numbered(drawn: pd.DataFrame, heights: Sequence[int]) -> list[go.Scatter]:
    """A dot on the bar for each event, and its number at the end of the stem."""
    minutes = drawn["minutes"].tolist()
    hover = [f"{since_t0(event.minutes)} {label(event.phase or '')}<br>{label(event.text)}" for event in each(drawn)]
    look = _trace_tone("ink")
    look["marker"] |= {"size": 7}
    return [
        _stems(minutes, heights),
        go.Scatter(x=minutes, y=[0] * len(minutes), mode="markers", showlegend=False, text=hover, hovertemplate="%{text}<extra></extra>", **look),
        go.Scatter(x=minutes, y=[0.4 + 0.5 * height for height in heights], mode="text", text=[str(n) for n in drawn["number"]],
                   textposition="top center", hoverinfo="skip", showlegend=False, meta={"tone": "ink"}),
    ]


def _ticks(first: float, last: float) -> dict[str, Any]:
    """At most six round marks, counted from T0."""
    step = next((step for step in STEPS if (last - first) / step <= 5), STEPS[-1] * max(1, round((last - first) / STEPS[-1] / 5)))
    start = int(-(-first // step)) * step
    marks = list(range(start, int(last) + 1, step))
    return {"tickvals": marks, "ticktext": [since_t0(mark) for mark in marks]}


def since_t0(minutes: float | None) -> str:
    """`T0`, `T+1 h 35 min`, `T-4 min`."""
    if minutes is None or pd.isna(minutes):
        return "–"
    return f"T{'+' if minutes > 0 else '-'}{duration(abs(minutes))}" if minutes else "T0"
