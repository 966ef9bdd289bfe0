"""Tidy rows -> figures of error budgets, in the look of `figures`. Pure functions, nothing read or written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from opsanalytics.figures import TONES, Chart, _figure, _trace_tone, label

# Answer -> its shape and tone. What has no answer, or nothing to answer, is as large as the others.
ANSWER_LOOK: Mapping[str, tuple[str, str]] = {
    "met": ("▲", "better"), "missed": ("▼", "worse"), "INSUFFICIENT_DATA": ("◆", "muted"), "no SLO": ("", "muted"),
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
LONGEST_BAR, HIGHEST_LINE, HIGHEST_SPENT = 1.0, 3.0, 2.0


def budget_bars(rows: pd.DataFrame, *, finding: str) -> Chart:
    """A bar an objective, from zero to the share of its budget that is left: to the left of zero when it is overspent.

    rows, top down: `name`, `left` (missing: no bar; below -LONGEST_BAR the bar ends there), `answer` (a key of ANSWER_LOOK),
    `words` (what stands beside the bar).
    """
    if rows.empty:
        return Chart(finding, name="budgets")
    figure = _figure(
        [*(_bars(rows[rows["answer"] == answer], answer) for answer in ANSWER_LOOK if (rows["answer"] == answer).any()), _words(rows)],
        showlegend=False, height=70 + 30 * len(rows), barmode="overlay",
        xaxis={"range": [-LONGEST_BAR if (rows["left"] < 0).any() else 0, 1.85], "tickformat": ".0%", "showgrid": True,
               "tickvals": [-1, -0.5, 0, 0.5, 1]},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": _names(rows), "autorange": "reversed", "showgrid": False},
    )
    figure.add_vline(x=0, line={"width": 1, "color": TONES["ink"][2]})
    return Chart(finding, figure, name="budgets")


def _names(rows: pd.DataFrame) -> list[str]:
    return [label(name) for name in rows["name"]]


def _bars(part: pd.DataFrame, answer: str) -> go.Bar:
    text = [f"{name}: {label(words)}" for name, words in zip(_names(part), part["words"], strict=True)]
    return go.Bar(x=part["left"].clip(lower=-LONGEST_BAR).tolist(), y=_names(part), orientation="h", text=text, textposition="none",
                  name=answer, hovertemplate="%{text}<extra></extra>", **_trace_tone(ANSWER_LOOK[answer][1]))


def _words(rows: pd.DataFrame) -> go.Scatter:
    """To the right of each bar, and of zero."""
    return go.Scatter(x=(rows["left"].fillna(0).clip(lower=0) + 0.03).tolist(), y=_names(rows), mode="text", cliponaxis=False,
                      text=[label(words) for words in rows["words"]], textposition="middle right", hoverinfo="skip", meta={"tone": "ink"})


def spent_bars(rows: pd.DataFrame, *, finding: str) -> Chart:
    """A bar a service, as long as the share of its budget that is spent, and a line where all of it is.

    rows, top down: `name`, `spent` (missing: no bar; beyond HIGHEST_SPENT the bar ends there), `answer` (a key of ANSWER_LOOK),
    `words` (what stands beside the bar).
    """
    if rows.empty:
        return Chart(finding, name="spent")
    bars = rows.assign(left=rows["spent"].clip(upper=HIGHEST_SPENT))
    figure = _figure(
        [*(_bars(bars[bars["answer"] == answer], answer) for answer in ANSWER_LOOK if (bars["answer"] == answer).any()), _words(bars)],
        showlegend=False, height=70 + 28 * len(rows), barmode="overlay",
        xaxis={"range": [0, 0.55 + max(1.0, bars["left"].max(skipna=True) if bars["left"].notna().any() else 0)], "tickformat": ".0%",
               "showgrid": True, "tickvals": [0, 0.5, 1]},
        yaxis={"type": "category", "categoryorder": "array", "categoryarray": _names(rows), "autorange": "reversed", "showgrid": False},
    )
    figure.add_vline(x=1, line={"width": 2, "color": TONES["ink"][2]})
    return Chart(finding, figure, name="spent")


def spending_lines(
    rows: pd.DataFrame, names: Sequence[str], *, finding: str, window: tuple[date, date], threshold: str
) -> Chart:
    """A line an objective, told by its dashes; a day without an answer breaks it, and what lies above HIGHEST_LINE stands there.

    rows: `name`, `on`, `spent` (share of the budget, missing: no answer). names: those drawn, at most as many as DASHES.
    threshold: what is due above 1, in words. window: first and last day of the axis.
    """
    drawn = rows[rows["name"].isin(names)] if not rows.empty else rows
    if drawn.empty or drawn["spent"].isna().all():
        return Chart(finding, name="spending")
    top = min(max(float(drawn["spent"].max()), 1) * 1.15, HIGHEST_LINE)
    figure = _figure(
        [_line(drawn[drawn["name"] == name], name, dash) for name, dash in zip(names, DASHES, strict=False)],
        showlegend=True, xaxis={"type": "date", "range": [value.isoformat() for value in window], "nticks": 8, "tickformat": "%-d %b\n%Y"},
        yaxis={"range": [0, top], "tickformat": ".0%", "nticks": 6},
    )
    figure.add_hline(y=1, line={"width": 2, "color": TONES["ink"][2]})
    figure.add_annotation(x=0, xref="paper", xanchor="left", y=1, yanchor="bottom", text=label(threshold), showarrow=False)
    wide = rows.pivot_table(index="on", columns="name", values="spent", aggfunc="first", dropna=False).sort_index(ascending=False)
    return Chart(finding, figure, wide.map(_share).rename_axis("day").reset_index(), name="spending")


def _line(part: pd.DataFrame, name: str, dash: str) -> go.Scatter:
    spent: list[Any] = [None if pd.isna(share) else share for share in part["spent"]]
    text = [f"{label(name)}, {on:%Y-%m-%d}: {_share(share)} spent" for on, share in zip(part["on"], part["spent"], strict=True)]
    return go.Scatter(x=[on.isoformat() for on in part["on"]], y=[None if share is None else min(share, HIGHEST_LINE) for share in spent],
                      mode="lines", name=label(name), text=text, hovertemplate="%{text}<extra></extra>",
                      line={"dash": dash, "width": 2, "color": TONES["state-4"][2]}, meta={"tone": "state-4"})


def _share(value: float | None) -> str | None:
    return None if value is None or pd.isna(value) else f"{100 * value:,.0f} %"
