"""A metric's rows as a data frame that never shows a value without its interval, n, window and definition."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import ClassVar

import pandas as pd

from opsanalytics.metrics.result import COLUMNS, MetricResult, interval_words

_NUMBERS = ("value", "low", "high")


class MetricFrame(pd.DataFrame):
    """The columns of `metrics --json`; rows may be picked freely, and the caption stays with them."""

    _metadata: ClassVar[list[str]] = ["caption", "definition"]

    caption: str
    definition: str

    @property
    def _constructor(self) -> Callable[..., MetricFrame]:
        return MetricFrame

    def __repr__(self) -> str:
        if not self._is_whole:
            return super().__repr__()
        return f"{self.caption}\n{self._shown().to_string(index=False)}\n{self.definition}"

    def _repr_html_(self) -> str:
        if not self._is_whole:
            return self._plain.to_html()
        table = self._shown().to_html(index=False, escape=True, border=0)
        caption, definition = escape(self.caption), escape(self.definition)
        return f"<p><strong>{caption}</strong></p>\n{table}\n<p><small>{definition}</small></p>"

    @property
    def _is_whole(self) -> bool:
        """Still has what a caption is true of: an own computation on it is shown as pandas shows it."""
        return set(COLUMNS) <= set(self.columns) and hasattr(self, "caption")

    @property
    def _plain(self) -> pd.DataFrame:
        return pd.DataFrame(self)

    def _shown(self) -> pd.DataFrame:
        plain = self._plain
        limits = [interval_words(low, high, _number) for low, high in zip(plain["low"], plain["high"], strict=True)]
        shown = plain.assign(value=[_number(value) for value in plain["value"]], interval=limits)
        columns = ["group", "statistic", "value", "interval", "unit", "n", "n_open", "n_excluded", "note"]
        extra = [column for column in plain.columns if column not in COLUMNS]
        hidden = [] if shown["group"].notna().any() else ["group"]
        return shown[columns + extra].drop(columns=hidden).rename(columns={"interval": "95 % interval"})


def metric_frame(result: MetricResult) -> MetricFrame:
    rows = pd.DataFrame(result.rows, columns=list(COLUMNS)).astype(dict.fromkeys(_NUMBERS, "float64"))
    frame = MetricFrame(rows)
    window = result.period.label if result.period else "the whole record"
    left_out = ", ".join(f"{n} ({reason})" for reason, n in result.excluded.items())
    frame.caption = "".join([
        f"{result.metric.name}, {window}",
        f", by {result.by}" if result.by else "",
        f"; left out: {left_out}" if left_out else "",
    ])
    frame.definition = result.metric.definition
    return frame


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.6g}"
