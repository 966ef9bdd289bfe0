"""The appendix on MTTR: the same incidents under the definitions of other tools, ours with its interval beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from opsanalytics.figures import (
    FINE_TICKS,
    TONES,
    Chart,
    Number,
    _figure,
    _trace_tone,
    duration,
    known,
    label,
    plural,
)
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.definitions import BIN, MEAN, MEDIAN, OURS, PERCENTILE, definition_rows
from opsanalytics.metrics.result import interval_words
from opsanalytics.packs.record import Record
from opsanalytics.record_figures import each

SYMBOLS = {MEAN: "circle", MEDIAN: "diamond", PERCENTILE: "triangle-up", BIN: "square-open"}
KINDS = {MEAN: "a mean", MEDIAN: "a median", PERCENTILE: "a percentile", BIN: "shown as a bin"}
ROW_HEIGHT = 42


class Matrix:
    """The rows of the definition matrix over the periods that restore times are read over."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.rows = pd.DataFrame(definition_rows(record.connection, record.durations_period)).astype(
            {"value": float, "low": float, "high": float})

    @property
    def others(self) -> pd.DataFrame:
        """Those of other tools that give a number for how long an incident usually takes."""
        rows = self.rows[(self.rows["family"] != OURS) & self.rows["kind"].isin([MEAN, MEDIAN])]
        return rows[rows["value"].notna() & (rows["n"] > 0)]

    @property
    def ours(self) -> Any:
        return next(each(self.rows[(self.rows["family"] == OURS) & (self.rows["kind"] == MEDIAN)]))

    @property
    def silent(self) -> pd.DataFrame:
        return self.rows[(self.rows["family"] != OURS) & (self.rows["n"] == 0)]


# --- in one sentence

def answer(matrix: Matrix) -> str:
    """What other tools would say of the same incidents, and what we say."""
    if not matrix.ours.n and matrix.others.empty:
        return "There is no incident here that another tool, or we, could time."
    return f"{_others_say(matrix)}; {_we_say(matrix)}."


def _others_say(matrix: Matrix) -> str:
    found = [duration(value) for value in sorted(matrix.others["value"])]
    if not found:
        return "No other tool could say anything of this record"
    if found[0] == found[-1]:
        return f"{'Another tool' if len(found) == 1 else 'Other tools'} would say {found[0]}"
    return f"Other tools would say {found[0]} to {found[-1]}"


def _we_say(matrix: Matrix) -> str:
    ours, still_open = matrix.ours, _still_open(matrix)
    counts = f"n\u00a0=\u00a0{ours.n}" + (f", {still_open} still open" if still_open else "")
    if not ours.n:
        return "we have none to time"
    if not known(ours.value):
        return f"we say that the median is not reached yet, {counts}"
    limits = interval_words(ours.low, ours.high, duration)
    return f"we say {duration(ours.value)}{f' ({limits})' if limits else ''}, {counts}"


def _still_open(matrix: Matrix) -> int:
    period = matrix.record.durations_period
    rows = matrix.record.metric("time_to_restore", period).rows
    return next(int(row["n_open"]) for row in rows if row["statistic"] == "median")


# --- the figure

def dots(matrix: Matrix) -> Chart:
    """A dot a definition on a log axis, ours on top with its intervals; names above the dots, so that a phone has room."""
    drawn = matrix.rows[matrix.rows["value"] > 0]
    if drawn.empty:
        return Chart(_finding(matrix), name="definitions")
    drawn = drawn.assign(place=_places(drawn))
    ends = [end for column in ("value", "low", "high") for end in drawn[column] if known(end) and end > 0]
    figure = _figure(
        [*_intervals(drawn), *(_dots(drawn[drawn["kind"] == kind], kind) for kind in SYMBOLS if (drawn["kind"] == kind).any())],
        height=ROW_HEIGHT * int(drawn["place"].max() + 1) + 60, annotations=[*_names(drawn)],
        xaxis={"type": "log", "showgrid": True, "tickvals": FINE_TICKS, "ticktext": [duration(tick) for tick in FINE_TICKS],
               "range": [math.log10(min(ends) / 1.2), math.log10(max(ends) * 1.2)]},
        yaxis={"range": [drawn["place"].max() + 0.4, -0.9], "visible": False},
    )
    return Chart(_finding(matrix), figure, every_column(matrix), (*_numbers(drawn), _open_number(matrix), _told_number(matrix)), "definitions", _caption(matrix),
                 METRICS["time_to_restore"].definition)


def _places(drawn: pd.DataFrame) -> list[int]:
    """Rows from the top, ours first, one free for the name of each family."""
    families = list(dict.fromkeys([OURS, *drawn["family"]]))
    order = sorted(range(len(drawn)), key=lambda place: families.index(drawn["family"].iloc[place]))
    rank = {row: place for place, row in enumerate(order)}
    present = [family for family in families if (drawn["family"] == family).any()]
    return [rank[row] + present.index(family) for row, family in enumerate(drawn["family"])]


def _dots(part: pd.DataFrame, kind: str) -> go.Scatter:
    text = [f"{label(row.name)}<br>{label(row.statistic)}: {duration(row.value)}<br>n = {row.n}" for row in each(part)]
    look = _trace_tone("ink")
    look["marker"] |= {"symbol": SYMBOLS[kind], "size": 11}
    return go.Scatter(x=part["value"].tolist(), y=part["place"].tolist(), mode="markers", name=KINDS[kind], text=text,
                      hovertemplate="%{text}<extra></extra>", **look)


def _intervals(drawn: pd.DataFrame) -> list[go.Scatter]:
    rows = drawn[(drawn["low"] > 0) & drawn["high"].notna()]
    return [
        go.Scatter(x=[row.low, row.high], y=[row.place] * 2, mode="lines", hoverinfo="skip", showlegend=False,
                   line={"width": 5, "color": TONES["state-1"][2]}, meta={"tone": "state-1"})
        for row in each(rows)
    ]


def _names(drawn: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The name of each definition above its dot, and that of each family a row above its first."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yanchor": "bottom", "showarrow": False}
    for row in each(drawn):
        yield place | {"y": row.place, "yshift": 5, "text": f"{label(row.name)}: {duration(row.value)}"}
    for family, first in drawn.groupby("family")["place"].min().items():
        yield place | {"y": first - 1, "yshift": 3, "text": f"<b>{label(family)}</b>"}


def _finding(matrix: Matrix) -> str:
    """The extremes of what an incident is said to take, ours among them."""
    usual = _told(matrix)
    if not usual:
        return "No definition gives a time that could be drawn"
    (shortest, first), (longest, last) = min(usual), max(usual)
    if duration(shortest) == duration(longest):
        return f"The same incidents take {duration(longest)} by {_by(len(usual))}"
    return f"The same incidents take {duration(shortest)} by {first}, and {duration(longest)} by {last}"


def _told(matrix: Matrix) -> list[tuple[float, str]]:
    """The time by each definition that gives one, and its name; ours is the median."""
    return [(row.value, row.name) for row in (*each(matrix.others), matrix.ours) if known(row.value)]


def _told_number(matrix: Matrix) -> Number:
    return Number("definitions_with_a_time", len(_told(matrix)), "definitions")


def _by(count: int) -> str:
    return "the one definition that can answer" if count == 1 else f"each of the {count} definitions that can answer"


def _caption(matrix: Matrix) -> str:
    days = matrix.record.days_words(matrix.record.durations_period)
    without, zero = len(matrix.silent), int((matrix.rows["value"] == 0).sum())
    return "".join((
        f"Incidents of {days}, as each definition cuts them. A bar is a 95 % interval: no other tool gives one.",
        f" {plural(without, 'definition')} cannot answer from these; the table says why." if without else "",
        f" {plural(zero, 'answer')} of zero cannot be drawn." if zero else "",
    ))


def _open_number(matrix: Matrix) -> Number:
    return Number("still_open", _still_open(matrix), "incidents", n=matrix.ours.n)


def _numbers(drawn: pd.DataFrame) -> tuple[Number, ...]:
    return tuple(
        Number(f"definition.{row.name}", row.value, row.unit, row.low if known(row.low) else None,
               row.high if known(row.high) else None, row.n)
        for row in each(drawn)
    )


# --- the tables

def table(matrix: Matrix) -> pd.DataFrame:
    """What each would say, or why it cannot; nothing where there is no incident at all."""
    rows = matrix.rows
    if not rows[["n", "n_left_out"]].to_numpy().any():
        return pd.DataFrame()
    return pd.DataFrame({
        "definition": rows["name"], "would say": [_said(row) for row in each(rows)], "incidents": rows["n"],
        "from": rows["start"], "to": rows["end"], "of": rows["population"], "statistic": rows["statistic"],
    })


def every_column(matrix: Matrix) -> pd.DataFrame:
    rows = matrix.rows
    return pd.DataFrame({
        "definition": rows["name"], "value": [duration(value) if known(value) else None for value in rows["value"]],
        "95 % interval": [interval_words(row.low, row.high, duration) or None for row in each(rows)],
        "incidents": rows["n"], "left out": rows["n_left_out"], "note": rows["note"], "from": rows["start"], "to": rows["end"],
        "of": rows["population"], "statistic": rows["statistic"], "source": rows["source"],
    })


def _said(row: Any) -> str:
    """The time with its interval, the bin that is shown instead, or the reason why there is neither."""
    if not known(row.value):
        return str(row.note)
    if row.kind == BIN:
        return str(row.note.partition(";")[0])
    limits = interval_words(row.low, row.high, duration)
    return f"{duration(row.value) if row.value else 0}{f' ({limits})' if limits else ''}"


def table_finding(matrix: Matrix) -> str:
    [can_answer] = table_numbers(matrix)
    if table(matrix).empty:
        return f"No incident to ask the {can_answer.n} definitions of other tools about"
    return f"{can_answer.value} of {can_answer.n} definitions of other tools can answer from these incidents"


def table_numbers(matrix: Matrix) -> list[Number]:
    others = int((matrix.rows["family"] != OURS).sum())
    return [Number("definitions_that_can_answer", others - len(matrix.silent), "definitions", n=others)]
