"""Tidy rows -> figures, tiles and sparklines, in one look.

Pure functions: data frames in, a `Chart` out, nothing read or written. A chart's title is its finding; its twin is the
same data as a table. With nothing to draw there is no figure, and the title says so in words. Colour only means
something: one ordered scale for severity, grey for state, blue and orange for a verdict. A trace names its tone, and the page picks the tone's colour
for light, dark or paper when it draws. Text from the record is escaped, because plotly reads tags in labels.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

from opsanalytics.metrics.result import interval_words

FONTS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
NO_SEVERITY = "(not stated)"
# What a cell emits beside its HTML: a figure, the numbers that it states, and what of it belongs in a mail.
PLOTLY = "application/vnd.plotly.v1+json"
NUMBERS = "application/vnd.opsanalytics.numbers+json"
SUMMARY = "application/vnd.opsanalytics.summary+json"
LONGEST_LABEL = 80
UNITS_IN_NUMBERS = ("minutes", "share")

# Tone -> colours on light paper, on a dark screen, and in a notebook whose theme is not known.
# Lightness alone orders severities and states, so the scales survive colour blindness and a grey printer; even the palest
# mark is 3:1 to the page (WCAG 2.2, 1.4.11).
TONES: Mapping[str, tuple[str, str, str]] = {
    "severity-1": ("#35193a", "#eed5f1", "#7d2f89"),
    "severity-2": ("#5b3363", "#d4b0d9", "#a968b3"),
    "severity-3": ("#7c5183", "#b68dbc", "#c79fce"),
    "severity-4": ("#966f9c", "#9b71a2", "#dcc3e0"),
    "severity-5": ("#aa86b0", "#84598b", "#eadcec"),
    "unknown": ("#8f949a", "#64696e", "#9aa1aa"),
    "state-1": ("#8f949a", "#64696e", "#c3c8ce"),
    "state-2": ("#696d73", "#878c92", "#a0a7b0"),
    "state-3": ("#43474d", "#b1b6bd", "#7a828c"),
    "state-4": ("#1b1e22", "#f0f2f4", "#4c535b"),
    "better": ("#1a6ac8", "#7fb4f5", "#3f86d8"),
    "worse": ("#b04a00", "#f5a356", "#d0701f"),
    "ink": ("#1b1e22", "#eceef0", "#6b737d"),
    "muted": ("#5a626c", "#a3abb5", "#7a828c"),
    "line": ("#e1e4e8", "#2d333b", "#9aa1aa"),
    "paper": ("#ffffff", "#14171b", "#ffffff"),
    "wash": ("#f5f6f7", "#1c2026", "#f5f6f7"),
}
SEVERITY_TONES = 5
# Verdict -> its shape, and the tone of shape and word.
VERDICT_LOOK: Mapping[str, tuple[str, str]] = {
    "better": ("▲", "better"), "worse": ("▼", "worse"), "practically the same": ("■", "ink"), "can't tell": ("◆", "muted"),
    "yes": ("▲", "better"), "no": ("▼", "worse"), "not on record": ("–", "muted"),
}
BAND = "rgba(128,136,146,.16)"

_AXIS = {"automargin": True, "ticklabelstandoff": 5, "gridcolor": "rgba(128,136,146,.25)", "zeroline": False, "showline": False, "ticks": "",
         "fixedrange": True}
pio.templates["opsanalytics"] = go.layout.Template(
    layout={
        "font": {"family": FONTS, "size": 13, "color": TONES["ink"][2]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "xaxis": {**_AXIS, "showgrid": False, "tickangle": 0},
        "yaxis": _AXIS,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal", "entrywidth": 0,
                   "itemclick": False, "itemdoubleclick": False},
        "hoverlabel": {"align": "left", "font": {"family": FONTS, "size": 13}},
        "bargap": 0.2,
        "dragmode": False,
    },
)


@dataclass(frozen=True)
class Number:
    """A number that a page states. `id` is unique in its notebook; `value` None means that it cannot be computed. verdict:
    a key of VERDICT_LOOK, None where nothing was compared.
    """

    id: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    n: int | None = None
    verdict: str | None = None

    def machine_form(self) -> dict[str, Any]:
        return {"id": self.id, "value": self.value, "low": self.low, "high": self.high, "unit": self.unit, "n": self.n,
                "verdict": self.verdict}


@dataclass(frozen=True)
class Link:
    """A cell of a table that leads somewhere."""

    text: str
    href: str

    def __str__(self) -> str:
        return self.text


class Said(NamedTuple):
    """A number in a sentence: how it is said there, and the figure of that name to which it leads."""

    text: str
    href: str
    number: Number


Sentence = list[str | tuple[str, str] | Said]


@dataclass(frozen=True, order=True)
class Place:
    """A cell of a table that says where something is written: a line of a file of the record."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Shade:
    """A cell of a table that stands on a tone, the deeper the more of it there is (0..1). The text says all that the tone does."""

    text: str
    tone: str
    depth: float

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Tile:
    """A number with its label, what it stands on in words, its course over the last periods, oldest first, and what the
    comparison with the period before says beside the verdict, or why there is none. states: the numbers of these words.
    """

    label: str
    number: Number
    note: str
    trend: Sequence[float | None] = ()
    href: str | None = None
    period: str = "quarter"
    compared: str = ""
    states: tuple[Number, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A finding, its figure (None: nothing to draw, and the finding says so), the same as a table, what it states as
    numbers, the name under which a page links to it, a caption (how many, over which days, what is left out), the
    catalogue's definition of what is counted, of an axis of periods the first day of each and the day after the last, and the
    remarks on a time axis that are too many for its caption.
    """

    finding: str
    figure: go.Figure | None = None
    twin: pd.DataFrame = field(default_factory=pd.DataFrame)
    numbers: tuple[Number, ...] = ()
    name: str = ""
    caption: str = ""
    definition: str = ""
    edges: tuple[date, ...] = ()
    remarks: pd.DataFrame = field(default_factory=pd.DataFrame)


def low(chart: Chart, height: int = 220) -> Chart:
    """The same, no higher than this, for a page with many."""
    if chart.figure is None or chart.figure.layout.height <= height:
        return chart
    return replace(chart, figure=go.Figure(chart.figure).update_layout(height=height))


# --- words

def duration(minutes: Any) -> str:
    """Minutes as people say them, two units at most.

    >>> [duration(m) for m in (0.5, 58.2, 95, 1439.9, 3000, 43200)]
    ['30 s', '58 min', '1 h 35 min', '1 d', '2 d 2 h', '30 d']
    """
    if not known(minutes):
        return "not known"
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    whole = round(minutes)
    if whole >= 1440:
        whole = round(minutes / 60) * 60
    return " ".join(_two_largest(whole))


def _two_largest(minutes: int) -> list[str]:
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (left, "min")]
    return [f"{size} {unit}" for size, unit in parts if size][:2]


def quantity(value: float | None, unit: str) -> str:
    """A value as people say it, with its unit.

    >>> quantity(95, "minutes"), quantity(0.314, "share"), quantity(2.25, "incidents a week"), quantity(12, "days")
    ('1 h 35 min', '31 %', '2.2 incidents a week', '12 days')
    """
    if value is None or math.isnan(value):
        return "not known"
    if unit == "minutes":
        return duration(value)
    if unit == "share":
        return f"{value * 100:.0f} %"
    number = f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.{1 if value >= 1 else 2}f}"
    return f"{number} {unit if value != 1 else unit.removesuffix('s')}".strip()


def interval(number: Number) -> str:
    """Where the truth may lie, the unit only where the ends may differ in it: `41 min to 1 h 30 min`, but `2 to 9`."""
    if not known(number.value):
        return ""
    return interval_words(number.low, number.high, lambda end: _end(end, number.unit))


def _end(end: float, unit: str) -> str:
    words = quantity(end, unit)
    return words if unit in UNITS_IN_NUMBERS else words.partition(" ")[0]


def plural(count: int, noun: str) -> str:
    """A count with its noun: `1 incident`, `6 incidents`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def label(text: object) -> str:
    """Text of the record, safe and short enough for a plotly label: plotly reads tags, `html` makes them plain."""
    return html.escape(short(text))


def short(text: object) -> str:
    words = " ".join(str(text).split())
    return words if len(words) <= LONGEST_LABEL else words[: LONGEST_LABEL - 1] + "…"


# --- tones

def severity_tone(severity: str, scale: Sequence[str]) -> str:
    """The levels of a short scale are spread over the tones."""
    if severity not in scale:
        return "unknown"
    return f"severity-{1 + round(scale.index(severity) * (SEVERITY_TONES - 1) / max(len(scale) - 1, 1))}"


def _trace_tone(tone: str) -> dict[str, Any]:
    return {"meta": {"tone": tone}, "marker": {"color": TONES[tone][2]}}


def _figure(traces: Iterable[Any], **layout: Any) -> go.Figure:
    return go.Figure(data=list(traces), layout={"template": "opsanalytics", "height": 300, **layout})


def _counts(top: float) -> dict[str, Any]:
    """An axis of whole things, from zero."""
    return {"rangemode": "tozero", "tickformat": ",d", **({"dtick": 1} if top <= 5 else {"nticks": 5})}


def _present(severities: Iterable[str], scale: Sequence[str]) -> list[str]:
    """The scale, and last what has none when there is any."""
    return [*scale, *([NO_SEVERITY] if NO_SEVERITY in set(severities) else [])]


# --- incidents over time

def weekly_incidents(
    rows: pd.DataFrame, scale: Sequence[str], *, finding: str, window: tuple[date, date],
    since: tuple[date, str] | None = None, band: pd.DataFrame | None = None,
) -> Chart:
    """rows: `week_on` (Monday), `severity`, `incidents`; every week and severity of the window, zeros included.

    window: first and last day of the axis. since: the day from which the finding speaks, and its name, as a line. band:
    `week_on`, `incidents`, `centre`, `low`, `high`, `stands_out` of the same weeks, all severities together.
    """
    if not rows.empty and rows["incidents"].sum() > 0:
        figure = _stacked_bars(rows, "week_on", scale, hover="week of %{x|%-d %b %Y}")
        edges = [(window[0] - timedelta(7)).isoformat(), window[1].isoformat()]
        ticks = "%b\n%Y" if (window[1] - window[0]).days > 200 else "%-d %b\n%Y"
        figure.update_layout(bargap=0.12, xaxis={"tickformat": ticks, "nticks": 10, "range": edges})
        if since is not None:
            _mark_day(figure, *since)
        if band is not None:
            figure.add_traces(_week_band(band)).update_yaxes(range=[0, 1.3 * _top(band)])
        return Chart(finding, figure, _with_band(_wide(rows, "week_on", scale), band), name="weekly_incidents")
    return Chart(finding, name="weekly_incidents")


def severity_by_month(
    rows: pd.DataFrame, scale: Sequence[str], *, finding: str, window: tuple[date, date]
) -> Chart:
    """rows: `month_on` (first day), `severity`, `incidents`; every month and severity of the window, zeros included.

    window: first and last day of the axis.
    """
    if not rows.empty and rows["incidents"].sum() > 0:
        figure = _stacked_bars(rows, "month_on", scale, hover="%{x|%B %Y}")
        edges = [(window[0] - timedelta(16)).isoformat(), window[1].isoformat()]
        figure.update_layout(xaxis={"tickformat": "%b\n%Y", "nticks": 10, "range": edges})
        return Chart(finding, figure, _wide(rows, "month_on", scale), name="severity_by_month")
    return Chart(finding, name="severity_by_month")


def _stacked_bars(rows: pd.DataFrame, x: str, scale: Sequence[str], *, hover: str) -> go.Figure:
    """Worst at the bottom, where the eye compares heights without effort."""
    traces = []
    for severity in _present(rows["severity"], scale):
        part = rows[rows["severity"] == severity]
        traces.append(go.Bar(
            x=[day.isoformat() for day in part[x]], y=part["incidents"].tolist(), name=label(severity),
            hovertemplate=f"{hover}: %{{y}} {label(severity)}<extra></extra>",
            **_trace_tone(severity_tone(severity, scale)),
        ))
    return _figure(traces, barmode="stack", yaxis=_counts(rows.groupby(x)["incidents"].sum().max()))


def _week_band(band: pd.DataFrame) -> list[go.Scatter]:
    """The band in steps of a week, its centre, and a mark above each week that stands out."""
    edges = [f"{day + timedelta(days):%Y-%m-%d}T12:00" for day in band["week_on"] for days in (-4, 3)]
    out = band[band["stands_out"]]
    marks = _marks([day.isoformat() for day in out["week_on"]], (out["incidents"] + 0.06 * _top(band)).tolist(),
                   [f"week {day:%G-W%V} stands out: {plural(int(n), 'incident')}" for day, n in zip(out["week_on"], out["incidents"], strict=True)])
    return [*_band(edges, band.loc[band.index.repeat(2)]), *([marks] if len(out) else [])]


def _top(band: pd.DataFrame) -> float:
    return float(band[["incidents", "high"]].max().max())


def _band(x: Sequence[str], band: pd.DataFrame) -> list[go.Scatter]:
    """`low` to `high` as an area, `centre` as a dotted line; behind what they are of, whose colours stay as they are."""
    edge = {"mode": "lines", "hoverinfo": "skip", "meta": {"tone": "muted"}, "zorder": -1}
    thin = {"color": TONES["muted"][2], "width": 1}
    return [
        go.Scatter(x=x, y=band["low"].tolist(), showlegend=False, line={**thin, "width": 0}, **edge),
        go.Scatter(x=x, y=band["high"].tolist(), name="control band", fill="tonexty", fillcolor=BAND, line=thin, **edge),
        go.Scatter(x=x, y=band["centre"].tolist(), showlegend=False, line={**thin, "dash": "dot"}, **edge),
    ]


def _marks(x: Sequence[str], y: Sequence[float], text: Sequence[str]) -> go.Scatter:
    """What stands out, told by its shape."""
    look = _trace_tone("ink")
    look["marker"] |= {"symbol": "star-diamond", "size": 11}
    return go.Scatter(x=x, y=y, mode="markers", name="stands out", text=list(text), hovertemplate="%{text}<extra></extra>", **look)


def _with_band(wide: pd.DataFrame, band: pd.DataFrame | None) -> pd.DataFrame:
    if band is None:
        return wide
    said = pd.DataFrame({
        "week": band["week_on"], "band": [f"{low:.0f} to {high:.0f}" for low, high in zip(band["low"], band["high"], strict=True)],
        "stands out": ["yes" if out else "" for out in band["stands_out"]],
    })
    return wide.merge(said, on="week", how="left")


def _mark_day(figure: go.Figure, day_on: date, name: str) -> None:
    """A thin line at a day with its name to the left, where earlier data leaves room above."""
    figure.add_shape(type="line", x0=day_on.isoformat(), x1=day_on.isoformat(), y0=0, y1=1, yref="paper", layer="below",
                     line={"width": 1, "dash": "dot", "color": TONES["muted"][2]})
    figure.add_annotation(x=day_on.isoformat(), y=1, yref="paper", text=f"{label(name)} ▸", showarrow=False,
                          xanchor="right", yanchor="top")


def _wide(rows: pd.DataFrame, by: str, scale: Sequence[str]) -> pd.DataFrame:
    """A row a period, a column a severity, newest first: the table twin of a stacked chart."""
    wide = rows.pivot_table(index=by, columns="severity", values="incidents", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=_present(rows["severity"], scale), fill_value=0)
    wide["all"] = wide.sum(axis=1)
    return wide.sort_index(ascending=False).reset_index().rename(columns={by: by.removesuffix("_on")})


# --- restore times

TICKS = (1, 5, 15, 60, 240, 1440, 10080, 43200, 525600)
FINE_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 7200, 14400, 43200, 129600)
TICK_WORDS = ("1 min", "5 min", "15 min", "1 h", "4 h", "1 d", "1 wk", "30 d", "1 y")


def restore_strip(
    rows: pd.DataFrame, medians: pd.DataFrame, scale: Sequence[str], strips: Sequence[str], *, finding: str
) -> Chart:
    """A dot an incident on a log axis, a strip a group, the median with its interval, open ones as hollow arrows.

    rows: `incident_id`, `title`, `group`, `severity`, `started_on`, `minutes`, `is_open` (then minutes are the time so
    far). medians: `group`, `value`, `low`, `high` in minutes; None where it cannot be computed. strips: groups, top down.
    A duration of zero has no place on a log axis; it is in the table.
    """
    drawn = rows[rows["minutes"] > 0] if not rows.empty else rows
    if drawn.empty:
        return Chart(finding, name="restore_times")
    traces = [trace for place, group in enumerate(strips)
              for trace in _strip(drawn[drawn["group"] == group], medians, group, -place, scale)]
    figure = _figure(
        traces, showlegend=False, height=76 + 88 * len(strips),
        xaxis={"type": "log", "tickvals": TICKS, "ticktext": TICK_WORDS, "showgrid": True},
        yaxis={"tickvals": [-place for place in range(len(strips))], "ticktext": [label(name) for name in strips],
               "range": [0.55 - len(strips), 0.62], "showgrid": False},
    )
    return Chart(finding, figure, _restore_twin(rows), name="restore_times")


def _strip(part: pd.DataFrame, medians: pd.DataFrame, group: str, place: int, scale: Sequence[str]) -> list[Any]:
    tone = severity_tone(group, scale) if group in scale else "state-3"
    closed, still_open = part[~part["is_open"]], part[part["is_open"]]
    return [
        *_median_mark(medians, group, place),
        *([_dots(closed, place, tone, "circle", "restored after")] if len(closed) else []),
        *([_dots(still_open, place, tone, "triangle-right-open", "open for")] if len(still_open) else []),
    ]


def _dots(part: pd.DataFrame, place: int, tone: str, symbol: str, verb: str) -> go.Scatter:
    """Dots are spread by the golden ratio: even, and the same on every run."""
    text = [f"{label(row.incident_id)}<br>{label(row.title)}<br>{verb} {duration(row.minutes)}"
            for row in part.itertuples()]
    look = _trace_tone(tone)
    look["marker"] |= {"symbol": symbol, "size": 11 if symbol != "circle" else 8,
                       "line": {"width": 2 if symbol != "circle" else 0}}
    return go.Scatter(
        x=part["minutes"].tolist(), y=[place + ((i * 0.618034) % 1 - 0.5) * 0.5 for i in range(len(part))],
        mode="markers", text=text, hovertemplate="%{text}<extra></extra>", **look,
    )


def _median_mark(medians: pd.DataFrame, group: str, place: int) -> list[go.Scatter]:
    """The median as a tall tick with its value, its interval as a bar underneath the dots."""
    row = medians[medians["group"] == group] if not medians.empty else medians
    if row.empty or not known(row.iloc[0]["value"]):
        return []
    value, low, high = (row.iloc[0][key] for key in ("value", "low", "high"))
    line = {"color": TONES["ink"][2], "width": 2}
    bar = go.Scatter(x=[max(low or 0, TICKS[0] / 10), high], y=[place - 0.36] * 2, mode="lines",
                     line={"color": TONES["state-1"][2], "width": 5}, hoverinfo="skip", meta={"tone": "state-1"})
    return [
        *([bar] if known(low) and known(high) else []),
        go.Scatter(x=[value] * 2, y=[place - 0.36, place + 0.3], mode="lines+text", line=line, meta={"tone": "ink"},
                   text=["", f"median {duration(value)}"], textposition="top center", hoverinfo="skip"),
    ]


def _restore_twin(rows: pd.DataFrame) -> pd.DataFrame:
    said = rows.sort_values(["minutes", "incident_id"], ascending=[False, True])
    return pd.DataFrame({
        "incident": said["incident_id"], "title": said["title"], "group": said["group"],
        "started": said["started_on"], "time to restore": [duration(value) for value in said["minutes"]],
        "state": ["open" if is_open else "restored" for is_open in said["is_open"]],
    })


def restore_trend(rows: pd.DataFrame, *, finding: str, noun: str = "quarter") -> Chart:
    """Median with its interval, a point a period. rows: `period`, `value`, `low`, `high`, `n`; None: not computed.

    noun: what the periods are, for the head of the table.
    """
    drawn = rows[rows["value"].notna()] if not rows.empty else rows
    if len(drawn) < 2:
        return Chart(finding, twin=_period_twin(rows, noun), name="restore_trend")
    above = [0 if pd.isna(high) else high - value for value, high in zip(drawn["value"], drawn["high"], strict=True)]
    below = [0 if pd.isna(low) else value - low for value, low in zip(drawn["value"], drawn["low"], strict=True)]
    trace = go.Scatter(
        x=drawn["period"].tolist(), y=drawn["value"].tolist(), mode="markers", meta={"tone": "ink"},
        marker={"size": 10, "color": TONES["ink"][2]},
        error_y={"type": "data", "symmetric": False, "array": above, "arrayminus": below, "width": 0, "thickness": 3},
        text=[duration(value) for value in drawn["value"]], hovertemplate="%{x}: median %{text}<extra></extra>",
    )
    figure = _figure([trace], yaxis={"type": "log", "tickvals": FINE_TICKS, "ticktext": [duration(tick) for tick in FINE_TICKS]},
                     xaxis=_period_axis(rows["period"].tolist()))
    return Chart(finding, figure, _period_twin(rows, noun), name="restore_trend")


def restore_course(rows: pd.DataFrame, *, finding: str) -> Chart:
    """A dot an incident in the order in which they began, and the weighted geometric mean of those so far in its band.

    rows: `incident_id`, `title`, `started_on`, `minutes` (above 0), `average`, `centre`, `low`, `high`, `stands_out` (the
    average lies outside the band).
    """
    if rows.empty:
        return Chart(finding, name="restore_course")
    days, out = [day.isoformat() for day in rows["started_on"]], rows[rows["stands_out"]]
    line = go.Scatter(x=days, y=rows["average"].tolist(), mode="lines", name="weighted mean so far", meta={"tone": "ink"},
                      line={"color": TONES["ink"][2], "width": 2}, hoverinfo="skip")
    marks = _marks([day.isoformat() for day in out["started_on"]], out["average"].tolist(),
                   [f"{label(name)}: the mean so far is {duration(mean)}" for name, mean in zip(out["incident_id"], out["average"], strict=True)])
    figure = _figure(
        [*_band(days, rows), _single_restores(rows, days), line, *([marks] if len(out) else [])],
        xaxis={"type": "date", "tickformat": "%b\n%Y", "nticks": 10},
        yaxis={"type": "log", "tickvals": FINE_TICKS, "ticktext": [duration(tick) for tick in FINE_TICKS]},
    )
    return Chart(finding, figure, _course_twin(rows), name="restore_course")


def _single_restores(rows: pd.DataFrame, days: Sequence[str]) -> go.Scatter:
    text = [f"{label(row.incident_id)}<br>{label(row.title)}<br>restored after {duration(row.minutes)}" for row in rows.itertuples()]
    look = _trace_tone("state-2")
    look["marker"] |= {"size": 6}
    return go.Scatter(x=days, y=rows["minutes"].tolist(), mode="markers", name="an incident", text=text,
                      hovertemplate="%{text}<extra></extra>", **look)


def _course_twin(rows: pd.DataFrame) -> pd.DataFrame:
    words = {column: [duration(value) for value in rows[column]] for column in ("minutes", "average", "low", "high")}
    return pd.DataFrame({
        "incident": rows["incident_id"].tolist(), "started": rows["started_on"].tolist(), "time to restore": words["minutes"],
        "weighted mean so far": words["average"], "from": words["low"], "to": words["high"],
        "stands out": ["yes" if out else "" for out in rows["stands_out"]],
    }).iloc[::-1]


def _period_axis(periods: Sequence[str]) -> dict[str, Any]:
    """Periods in their order; one alone does not fill the width."""
    return {"type": "category", "range": [-0.5, max(len(periods), 4) - 0.5], "categoryorder": "array",
            "categoryarray": list(periods), "tickvals": list(periods), "ticktext": _narrow(periods)}


_WEEK = re.compile(r"(\d{4})-(W\d\d)")


def _narrow(names: Sequence[str]) -> list[str]:
    """Labels on two lines, a second line that repeats left out, so that eight fit a phone: `Q1` over `2026`, `Q2`, `Q3`, and
    `W46` of `2026-W46`."""
    lines = [_WEEK.sub(r"\2<br>\1", label(name)).replace(" ", "<br>").replace("..", "<br>") for name in names]
    seconds = [line.rpartition("<br>")[2] for line in lines]
    return [line.removesuffix(f"<br>{second}") if second == before else line
            for line, second, before in zip(lines, seconds, ["", *seconds], strict=False)]


def _period_twin(rows: pd.DataFrame, noun: str) -> pd.DataFrame:
    if rows.empty:
        return rows
    words = {column: [duration(value) for value in rows[column]] for column in ("value", "low", "high")}
    return pd.DataFrame({noun: rows["period"], "median": words["value"], "from": words["low"],
                         "to": words["high"], "incidents": rows["n"]}).iloc[::-1]


# --- promises

STATES = {"done in time": "state-1", "done, late or not is unknown": "state-1", "done late": "state-2",
          "dropped": "state-2", "gone": "state-2", "open, not overdue": "state-3", "open, overdue": "state-4"}
UNSURE = "done, late or not is unknown"


def completion(rows: pd.DataFrame, periods: Sequence[str], *, finding: str, noun: str = "quarter") -> Chart:
    """What became of the promises of each period. rows: `period`, `state` (a key of STATES), `promises`.

    periods: those shown, oldest first. noun: what they are, for the head of the table.
    """
    if rows.empty:
        return Chart(finding, name="completion")
    traces = [_state_bar(rows[rows["state"] == state], state) for state in STATES if (rows["state"] == state).any()]
    figure = _figure(traces, barmode="stack", xaxis=_period_axis(periods),
                     yaxis=_counts(rows.groupby("period")["promises"].sum().max()))
    wide = rows.pivot_table(index="period", columns="state", values="promises", aggfunc="sum", fill_value=0)
    wide = wide.reindex([name for name in reversed(periods) if name in wide.index],
                        columns=[state for state in STATES if state in wide.columns])
    return Chart(finding, figure, wide.reset_index().rename(columns={"period": noun}), name="completion")


def _state_bar(part: pd.DataFrame, state: str) -> go.Bar:
    bar = go.Bar(x=part["period"].tolist(), y=part["promises"].tolist(), name=state,
                 hovertemplate=f"%{{x}}: %{{y}} {state}<extra></extra>", **_trace_tone(STATES[state]))
    return bar.update(marker_pattern_shape="/" if state == UNSURE else "")


AGES = ("up to a week", "up to a month", "up to a quarter", "up to half a year", "older")


def ageing(rows: pd.DataFrame, scale: Sequence[str], *, finding: str) -> Chart:
    """Open promises by age. rows: `age` (one of AGES), `severity` (of the incident they come from), `promises`."""
    if rows.empty:
        return Chart(finding, name="ageing")
    traces = []
    for severity in _present(rows["severity"], scale):
        counts = rows[rows["severity"] == severity].set_index("age")["promises"].reindex(list(AGES), fill_value=0)
        traces.append(go.Bar(y=list(AGES), x=counts.tolist(), name=label(severity), orientation="h",
                             hovertemplate=f"%{{y}}: %{{x}} from {label(severity)}<extra></extra>",
                             **_trace_tone(severity_tone(severity, scale))))
    figure = _figure(traces, barmode="stack", height=280,
                     xaxis={**_counts(rows.groupby("age")["promises"].sum().max()), "showgrid": True},
                     yaxis={"autorange": "reversed", "showgrid": False})
    wide = rows.pivot_table(index="age", columns="severity", values="promises", aggfunc="sum", fill_value=0)
    wide = wide.reindex(index=[age for age in AGES if age in wide.index], columns=_present(rows["severity"], scale),
                        fill_value=0)
    return Chart(finding, figure, wide.reset_index(), name="ageing")


# --- a line in a tile

def sparkline(values: Sequence[float | None], *, described: str) -> str:
    """Values, oldest first, as inline SVG that takes its colours from the page. A gap is a value that is not known."""
    points = _spark_points(values)
    if len(points) < 2:
        return ""
    runs = " ".join(_spark_runs(points))
    x, y = points[-1][1:]
    return (f'<svg class="spark" viewBox="0 0 120 32" role="img" aria-label="{html.escape(described)}" '
            f'preserveAspectRatio="none"><path d="{runs}" vector-effect="non-scaling-stroke"/></svg>'
            f'<span class="spark-end" style="left:{x / 1.2:.1f}%;top:{y / 0.32:.1f}%"></span>')


def _spark_points(values: Sequence[float | None]) -> list[tuple[int, float, float]]:
    """(place, x, y) of the known values, in a box of 120 by 32 with its zero at the bottom."""
    heard = [(i, float(value)) for i, value in enumerate(values) if value is not None and known(value)]
    top = max((value for _, value in heard), default=0) or 1
    step = 114 / max(len(values) - 1, 1)
    return [(i, 3 + i * step, 29 - 26 * value / top) for i, value in heard]


def _spark_runs(points: list[tuple[int, float, float]]) -> Iterable[str]:
    last = None
    for place, x, y in points:
        yield f"{'L' if last == place - 1 else 'M'}{x:.1f} {y:.1f}"
        last = place


def known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def day(value: date | None) -> str:
    """A day without a leading zero, the same on every machine: `22 Nov 2026`."""
    return f"{value.day} {value:%b %Y}" if value is not None else "not known"
