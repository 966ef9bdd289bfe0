"""The record's remarks, drawn on every time axis alike: what happened that a reader of a figure should know."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from opsanalytics.figures import TONES, Chart, day, label, short

FEW = 4  # stand in a caption
TOO_NEAR = 0.08  # of the axis: nearer ones have their numbers together
SPAN = "rgba(128,136,146,.1)"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def annotated(chart: Chart, remarks: pd.DataFrame) -> Chart:
    """The chart with the remarks that lie on its time axis, numbered from the left; one without such an axis as it is.

    remarks: `starts_on`, `ends_on` (missing: one day), `text`.
    """
    axis = _time_axis(chart)
    shown = _on_axis(remarks, axis) if axis else remarks.head(0)
    if axis is None or shown.empty:
        return chart
    figure = go.Figure(chart.figure)
    for first, last in zip(shown["first"], shown["last"], strict=True):
        _mark_span(figure, axis, first, last)
    for together in _near_together(shown, axis):
        _number(figure, axis, together)
    figure.update_layout(height=(figure.layout.height or 300) + 18, margin={"t": 26}, legend={"y": 1.1})
    return replace(chart, figure=figure, caption=_with_remarks(chart.caption, shown), remarks=_twin(shown))


# --- the axis

@dataclass(frozen=True)
class _TimeAxis:
    """place: a moment as a value of the axis."""

    first: pd.Timestamp
    last: pd.Timestamp
    place: Callable[[pd.Timestamp], str | float]


def _time_axis(chart: Chart) -> _TimeAxis | None:
    """The lower axis, when it is of days or periods; hours since a beginning are none."""
    if chart.figure is None:
        return None
    if chart.edges:
        return _of_periods(chart.edges)
    days = _days(chart.figure)
    return _TimeAxis(min(days), max(days), lambda at: at.isoformat()) if days else None


def _of_periods(edges: Sequence[date]) -> _TimeAxis:
    """Categories lie at 0, 1, ... and reach half a step to either side, however long their periods are."""
    first, last = pd.Timestamp(edges[0]), pd.Timestamp(edges[-1]) - pd.Timedelta(days=1)
    ordinals, places = [edge.toordinal() for edge in edges], np.arange(len(edges)) - 0.5
    return _TimeAxis(first, last, lambda at: float(np.interp(at.toordinal(), ordinals, places)))


def _days(figure: go.Figure) -> list[pd.Timestamp]:
    """The ends of an axis of days, else all that is drawn on it; empty when it is of anything else."""
    axis = figure.layout.xaxis
    if axis.type not in (None, "date"):
        return []
    said = axis.range or [at for trace in figure.data if trace.x is not None for at in trace.x if at is not None]
    are_days = all(isinstance(at, date) or (isinstance(at, str) and _DAY.match(at)) for at in said)
    return [pd.Timestamp(at) for at in said] if are_days else []


# --- what is drawn

def _on_axis(remarks: pd.DataFrame, axis: _TimeAxis) -> pd.DataFrame:
    """In the order of their days, numbered by their index from 1; first and last as far as the axis goes."""
    starts = pd.to_datetime(remarks["starts_on"])
    ends = pd.to_datetime(remarks["ends_on"]).fillna(starts)
    rows = remarks.assign(starts_on=starts, ends_on=ends, first=starts.where(starts > axis.first, axis.first),
                          last=ends.where(ends < axis.last, axis.last))
    rows = rows[(starts <= axis.last) & (ends >= axis.first)].sort_values(["starts_on", "ends_on", "text"], kind="stable")
    return rows.set_axis(range(1, len(rows) + 1))


def _mark_span(figure: go.Figure, axis: _TimeAxis, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """A thin line at the first day, and a pale band up to the last."""
    at = axis.place(first)
    place = {"y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    if last > first:
        figure.add_shape(type="rect", x0=at, x1=axis.place(last), fillcolor=SPAN, line={"width": 0}, **place)
    figure.add_shape(type="line", x0=at, x1=at, line={"width": 1, "dash": "dash", "color": TONES["muted"][2]}, **place)


def _near_together(shown: pd.DataFrame, axis: _TimeAxis) -> list[pd.DataFrame]:
    is_apart = shown["first"].diff() > TOO_NEAR * (axis.last - axis.first)
    return [rows for _, rows in shown.groupby(is_apart.cumsum())]


def _number(figure: go.Figure, axis: _TimeAxis, rows: pd.DataFrame) -> None:
    """Above the plot, where nothing else is: `3`, or `3–5` over the middle of them."""
    first, last = rows["first"].iloc[0], rows["first"].iloc[-1]
    figure.add_annotation(
        x=axis.place(first + (last - first) / 2), y=1, yref="paper", yanchor="bottom", showarrow=False,
        text="–".join(str(number) for number in dict.fromkeys((rows.index[0], rows.index[-1]))),
        hovertext="<br>".join(label(text) for text in rows["text"].head(FEW)),
    )


# --- in words

def _with_remarks(caption: str, shown: pd.DataFrame) -> str:
    named = "; ".join(f"{row.Index} {short(row.text)} ({_span_words(row)})" for row in shown.itertuples())
    said = f"Marked: {named}." if len(shown) <= FEW else f"Marked 1 to {len(shown)}: listed with the table."
    return f"{caption} {said}".strip()


def _span_words(row: Any) -> str:
    return day(row.starts_on) + (f" to {day(row.ends_on)}" if row.ends_on > row.starts_on else "")


def _twin(shown: pd.DataFrame) -> pd.DataFrame:
    """Nothing where the caption has them all."""
    if len(shown) <= FEW:
        return pd.DataFrame()
    return pd.DataFrame({"marked": shown.index, "days": [_span_words(row) for row in shown.itertuples()], "remark": shown["text"]})
