"""What a notebook cell calls to show something: `ops.show`.

Good in JupyterLab and in a pack's page alike: each verb emits plain HTML with its own style sheet (a page hoists it and
keeps it once), a figure as plotly's own type, and every number it states in machine form, from which a pack makes its
`numbers.json`, and of the first page what goes into a mail. Text of the record is escaped here.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
from IPython.display import display

from opsanalytics.figures import (
    NUMBERS,
    PLOTLY,
    SUMMARY,
    TONES,
    UNITS_IN_NUMBERS,
    VERDICT_LOOK,
    Chart,
    Link,
    Number,
    Place,
    Said,
    Sentence,
    Shade,
    Tile,
    day,
    interval,
    known,
    plural,
    quantity,
    sparkline,
)
from opsanalytics.forges import line_address
from opsanalytics.record_figures import OUTCOMES, Bullet, Story
from opsanalytics.remarks import annotated
from opsanalytics.workbench.session import record_address, remarks

LONGEST_TABLE = 400
LONGEST_LINE, LONGEST_WORD = 22, 60  # longer cells wrap, unless they are one path


def header(*parts: str) -> None:
    """One line: company, period, as-of and commit, counted and left out."""
    spans = "".join(f"<span>{html.escape(part)}</span>" for part in parts if part)
    _emit(f'<p class="ops-header">{spans}</p>', " · ".join(part for part in parts if part),
          summary={"heading": [part for part in parts if part]})


def answer(*sentences: Sentence, numbers: Iterable[Number] = ()) -> None:
    """Sentences in large type. A pair (text, name) links to the figure of that name; a number that is Said is stated, too."""
    body = " ".join("".join(map(_part, sentence)) for sentence in sentences)
    plain = ["".join(part if isinstance(part, str) else part[0] for part in sentence) for sentence in sentences]
    said = (part.number for sentence in sentences for part in sentence if isinstance(part, Said))
    _emit(f'<p class="ops-answer">{body}</p>', " ".join(plain), [*said, *numbers], summary={"answer": plain})


def _part(part: str | tuple[str, str] | Said) -> str:
    """What is Said refers to its number by the id that it has in `numbers.json` behind the page's name."""
    if isinstance(part, str):
        return _words(part)
    linked = _linked(part[0], part[1])
    return f'<span data-number="{html.escape(part.number.id)}">{linked}</span>' if isinstance(part, Said) else linked


def _linked(text: str, name: str) -> str:
    return f'<a href="#{html.escape(name)}">{_words(text)}</a>' if name else _words(text)


def _words(text: str) -> str:
    """Escaped; `SEV-1` is not broken at its hyphen."""
    return re.sub(r"\b[A-Z]+-\d+\b", r'<span class="ops-whole">\g<0></span>', html.escape(text))


def tiles(shown: Iterable[Tile], *, caption: str = "", twin: pd.DataFrame | None = None) -> None:
    """The twin is what the verdicts of the tiles rest on, as a table."""
    shown = list(shown)
    body = "".join(map(_tile, shown))
    plain = "; ".join(_plain_tile(tile) for tile in shown)
    rests = _caption(caption) + (_scroll(twin, "comparisons") if twin is not None else "")
    below = _folded("What the verdicts rest on", rests) if rests else ""
    told = [{"number": tile.number.id, "label": tile.label, "note": tile.note, "compared": tile.compared} for tile in shown]
    stated = [number for tile in shown for number in (tile.number, *tile.states)]
    _emit(f'<ul class="ops-tiles">{body}</ul>' + (below if shown else ""), plain, stated, summary={"tiles": told})


def figure(chart: Chart) -> None:
    """The finding, the figure, what it is made of, and the same data as a table. Nothing to draw: the finding alone;
    without either nothing is shown.

    An axis of days has the remarks of the session's record on it.
    """
    if not chart.finding:
        return
    chart = annotated(chart, remarks())
    heading = f'<h2 class="ops-finding" id="{html.escape(chart.name)}">{_words(chart.finding)}</h2>'
    if chart.figure is None:
        _emit(heading, chart.finding, chart.numbers)
        return
    _emit(heading, chart.finding, chart.numbers)
    display({PLOTLY: json.loads(chart.figure.to_json()), "text/plain": chart.finding}, raw=True)
    _emit(_caption(chart.caption) + _details(chart), chart.caption)


def table(
    rows: pd.DataFrame, *, finding: str = "", caption: str = "", numbers: Iterable[Number] = (), twin: pd.DataFrame | None = None
) -> None:
    """A table with its finding. With no rows the finding says so alone; without either nothing is shown. The twin has all the
    rows of which the table shows a few.
    """
    if len(rows) or finding:
        every = _folded(f"All {len(twin):,} of them", _scroll(twin, f"all: {finding}")) if twin is not None and len(twin) > len(rows) else ""
        heading = f'<h2 class="ops-finding">{_words(finding)}</h2>' if finding else ""
        body = _scroll(rows, finding or "table") if len(rows) else ""
        _emit(heading + body + (_caption(caption) if body else "") + every, finding, numbers)


def decisions(
    rows: pd.DataFrame, *, finding: str, caption: str = "", numbers: Iterable[Number] = (), twin: pd.DataFrame | None = None
) -> None:
    """What needs a decision: a table that goes into the mail too. Its first column is the question; the twin has all the rows, of
    which the table shows a few, and the caption folded with it.
    """
    asked = [[(str(name), cell(value)) for name, value in row.items()] for row in rows.to_dict("records")]
    every = _scroll(twin, f"all: {finding}") if twin is not None and len(twin) > len(rows) else ""
    below = _folded("How they were chosen" + (", and all of them" if every else ""), _caption(caption) + every) if len(rows) else ""
    heading, body = f'<h2 class="ops-finding">{_words(finding)}</h2>', _scroll(rows, finding) if len(rows) else ""
    _emit(f'<div class="ops-decisions">{_top(heading, below)}{body}</div>', finding, numbers,
          summary={"decisions": {"finding": finding, "rows": asked}})


def sentence(text: str, *, more: Link | None = None, numbers: Iterable[Number] = ()) -> None:
    """more: the page that says more of it."""
    leads = f' <a href="{html.escape(more.href)}">{html.escape(more.text)}</a>' if more else ""
    _emit(f'<p class="ops-sentence">{html.escape(text)}{leads}</p>', text, numbers)


def _emit(body: str, plain: str, numbers: Iterable[Number] = (), summary: dict[str, Any] | None = None) -> None:
    stated = [number.machine_form() for number in numbers]
    bundle: dict[str, Any] = {"text/html": f"{style()}{body}", "text/plain": plain}
    display(bundle | ({NUMBERS: stated} if stated else {}) | ({SUMMARY: summary} if summary else {}), raw=True)


@cache
def style() -> str:
    """The look of everything above, with the tones of the figures for light, dark and JupyterLab's own theme."""
    light, dark = (";".join(f"--{tone}:{pair[i]}" for tone, pair in TONES.items()) for i in (0, 1))
    sheet = (files("opsanalytics.workbench") / "display.css").read_text(encoding="utf-8")
    themes = (f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
              f'body[data-jp-theme-light="true"]{{{light}}}body[data-jp-theme-light="false"]{{{dark}}}')
    return f'<style class="opsanalytics">{themes}\n{sheet}</style>'


def _caption(text: str) -> str:
    return f'<p class="ops-caption">{html.escape(text)}</p>' if text else ""


def _details(chart: Chart) -> str:
    """What is counted, as the catalogue defines it, and the table twin."""
    marked = _scroll(chart.remarks, "What is marked") if len(chart.remarks) else ""
    return _folded("What is counted, and the same as a table", _caption(chart.definition) + _scroll(chart.twin, chart.finding) + marked)


def _top(heading: str, folded: str) -> str:
    """Beside a heading, where there is no room for it below."""
    return f'<div class="ops-top">{heading}{folded}</div>' if folded else heading


def _folded(summary: str, body: str) -> str:
    return f'<details class="ops-twin"><summary>{summary}</summary>{body}</details>'


def _scroll(rows: pd.DataFrame, name: str) -> str:
    """A wide table scrolls by itself, by keyboard too."""
    return f'<div class="ops-scroll" role="region" tabindex="0" aria-label="{html.escape(name)}">{_rows(rows)}</div>'


# --- tiles

def _tile(tile: Tile) -> str:
    value, unit = _value_and_unit(tile.number)
    name = f'<a href="#{html.escape(tile.href)}">{html.escape(tile.label)}</a>' if tile.href else html.escape(tile.label)
    return (f'<li class="ops-tile"><span class="ops-label">{name}</span>'
            f'<span class="ops-value"><span class="ops-whole">{html.escape(value)}<small>{html.escape(unit)}</small></span>'
            f'{_verdict(tile.number)}</span>'
            f'{_interval(tile.number)}{_note(tile.note)}{_note(tile.compared)}{_trend(tile)}</li>')


def _plain_tile(tile: Tile) -> str:
    verdict = f" ({tile.number.verdict})" if tile.number.verdict else ""
    return f"{tile.label}: {quantity(tile.number.value, tile.number.unit)}{verdict}"


def _verdict(number: Number) -> str:
    """The word with its shape."""
    if number.verdict is None:
        return ""
    shape, tone = VERDICT_LOOK[number.verdict]
    return (f'<span class="ops-verdict" style="color:var(--{tone})"><span aria-hidden="true">{shape}</span> '
            f'{html.escape(number.verdict)}</span>')


def _note(text: str) -> str:
    return f'<span class="ops-note">{html.escape(text)}</span>' if text else ""


def _value_and_unit(number: Number) -> tuple[str, str]:
    """The number large and its unit small; minutes and shares carry theirs in the number."""
    words = quantity(number.value, number.unit)
    if not known(number.value) or number.unit in UNITS_IN_NUMBERS:
        return words, ""
    value, _, unit = words.partition(" ")
    return value, f" {unit}"


def _interval(number: Number) -> str:
    """Where the truth may lie, in words, and where both ends are known as a thin bar from zero to the upper one."""
    words = interval(number)
    return _bar(number) + (f'<span class="ops-words">95 %: {html.escape(words)}</span>' if words else "")


def _bar(number: Number) -> str:
    if number.value is None or number.low is None or number.high is None or not number.high > 0:
        return ""
    top = number.high if number.unit != "share" else 1.0
    left, right, at = (100 * part / top for part in (number.low, number.high, number.value))
    return (f'<span class="ops-interval" aria-hidden="true"><span style="left:{left:.1f}%;right:{100 - right:.1f}%"></span>'
            f'<b style="left:{at:.1f}%"></b></span>')


def _trend(tile: Tile) -> str:
    heard = [value for value in tile.trend if known(value)]
    if len(heard) < 2:
        return ""
    words = ", ".join(quantity(value, tile.number.unit) for value in heard)
    line = sparkline(tile.trend, described=f"the last {plural(len(tile.trend), tile.period)}, oldest first: {words}")
    return f'<span class="ops-trend">{line}</span>'


# --- tables

def _rows(rows: pd.DataFrame) -> str:
    numeric = [pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind) for kind in rows.dtypes]
    head = "".join(f'<th scope="col"{_right(right)}>{html.escape(str(name))}</th>'
                   for name, right in zip(rows.columns, numeric, strict=True))
    body = "".join(_row(values, numeric) for values in rows.head(LONGEST_TABLE).itertuples(index=False))
    left_out = len(rows) - LONGEST_TABLE
    more = f'<p class="ops-caption">and {left_out:,} more rows: see data.xlsx</p>' if left_out > 0 else ""
    return f'<table class="ops-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'


def _row(values: Iterable[object], numeric: Sequence[bool]) -> str:
    cells = ((value, cell(value), right) for value, right in zip(values, numeric, strict=True))
    return f"<tr>{''.join(f'<td{_right(right) or _long(text)}>{_said(value, text)}</td>' for value, text, right in cells)}</tr>"


def _said(value: object, text: str) -> str:
    if isinstance(value, Shade):
        deep = 40 * min(max(value.depth, 0), 1)
        return f'<span class="ops-shade" style="--tone:var(--{value.tone});--depth:{deep:.0f}%">{html.escape(text)}</span>'
    href = value.href if isinstance(value, Link) else _on_forge(value) if isinstance(value, Place) else None
    return f'<a href="{html.escape(href)}">{html.escape(text)}</a>' if href else html.escape(text)


def _on_forge(place: Place) -> str | None:
    address = record_address()
    return line_address(address, place.path, place.line) if address else None


def _right(right: bool) -> str:
    return ' class="ops-number"' if right else ""


def _long(text: str) -> str:
    return ' class="ops-long"' if len(text) > LONGEST_LINE and (" " in text or len(text) > LONGEST_WORD) else ""


def cell(value: object) -> str:
    """A value of a table in words: a dash where the record does not say."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return "–"
    if isinstance(value, datetime):
        return f"{day(value)} {value:%H:%M}" if value.time() != value.min.time() else day(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, float):
        return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


# --- objectives and incidents

def bullets(shown: Sequence[Bullet], *, finding: str = "", caption: str = "", numbers: Iterable[Number] = ()) -> None:
    """Objectives, a row each, their key results as bullet bars. With none of them the finding, if any, says so alone."""
    if not shown:
        table(pd.DataFrame(), finding=finding)
        return
    every = "".join(_objective(name, [each for each in shown if each.objective == name])
                    for name in dict.fromkeys(each.objective for each in shown))
    heading = f'<h2 class="ops-finding" id="objectives">{_words(finding)}</h2>'
    below = _folded("How to read the bars", _caption(caption)) if caption else ""
    _emit(f'{_top(heading, below)}<ul class="ops-objectives">{every}</ul>', finding, numbers)


def _objective(name: str, parts: Iterable[Bullet]) -> str:
    return f'<li><h3>{html.escape(name)}</h3><ul>{"".join(map(_bullet, parts))}</ul></li>'


def _bullet(bullet: Bullet) -> str:
    """The bar says by its length what the figures beside it say in words."""
    filled = "" if bullet.done is None else f'<b style="width:{100 * min(max(bullet.done, 0), 1):.1f}%"></b>'
    outcome = f"{OUTCOMES.get(bullet.outcome, '')} {bullet.outcome}".strip()
    return (f'<li class="ops-bullet"><span>{html.escape(bullet.text)} <span class="ops-outcome">{html.escape(outcome)}</span></span> '
            f'<span><span class="ops-way" aria-hidden="true">{filled}</span><span class="ops-note">{html.escape(bullet.figures)}</span></span></li>')


def story(told: Story) -> None:
    """An incident: its finding, its timeline, the entries as a table, and what the file says. No incident: the finding alone."""
    chart = told.chart
    _emit(f'<h2 class="ops-finding" id="{html.escape(chart.name)}">{_words(chart.finding)}</h2>', chart.finding, told.numbers)
    if chart.figure is not None:
        display({PLOTLY: json.loads(chart.figure.to_json()), "text/plain": chart.finding}, raw=True)
    facts = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>" for name, text in told.facts)
    events = _scroll(told.events, "Timeline") if len(told.events) else ""
    if facts or events:
        _emit(f'{_caption(chart.caption)}<div class="ops-story">{events}<dl class="ops-facts">{facts}</dl></div>', chart.caption)
