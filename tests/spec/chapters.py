"""A chapter of the manual as examples that run; README.md beside this file says how one reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench import ask, lay_load, lay_table, open_bench, period_of
from duckdb import DuckDBPyConnection

from opsanalytics.markup.blocks import Block, Code, Heading, Line, Paragraph, Rows, parse_blocks
from opsanalytics.metrics import oncall
from opsanalytics.metrics.budget_ends import budget_end_rows
from opsanalytics.metrics.budget_policies import policy_rows
from opsanalytics.metrics.budget_shares import incident_rows
from opsanalytics.metrics.budgets import budget_rows, burn_rate_rows, last_budget_rows, month_rows
from opsanalytics.metrics.capacity import backtest_rows, forecast_rows, roster_rows
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.checklist import CHECKS, answer_of
from opsanalytics.metrics.outcomes import Names, find_unfiled, outcome_rows
from opsanalytics.metrics.periods import Period
from opsanalytics.tables import TABLES, Row

GIVEN = re.compile(r"`([^`]+)`:")
ASKED = re.compile(
    r"`(?P<name>[^`]+)`(?: in (?P<period>\S+))?(?: by (?P<by>\w+))?(?P<every_kind>, every kind)?(?P<left_out>, left out)?\?"
)
Table = list[dict[str, str]]


@dataclass(frozen=True)
class Given:
    """The rows of a table, or the settings of ops.yml."""

    name: str
    content: Any


@dataclass(frozen=True)
class Question:
    """Options are those of ASKED, None where they are not written; columns and rows are the answer in the manual."""

    place: str
    words: str
    name: str
    options: dict[str, str | None]
    columns: tuple[str, ...]
    rows: Table


@dataclass(frozen=True)
class Example:
    chapter: Path
    heading: str
    steps: list[Given | Question]

    def __str__(self) -> str:
        return f"{self.chapter.stem}: {self.heading}"

    @property
    def questions(self) -> list[Question]:
        return [step for step in self.steps if isinstance(step, Question)]


def read_examples(chapter: Path) -> list[Example]:
    """One a heading below the title; what is given above the first of them is given in each."""
    blocks = parse_blocks(chapter.read_text(encoding="utf-8"))
    starts = [at for at, block in enumerate(blocks) if isinstance(block, Heading)]
    shared, *sections = [blocks[start:end] for start, end in pairwise([*starts, len(blocks)])]
    given = _steps(shared, chapter)
    return [Example(chapter, section[0].line.text, [*given, *_steps(section, chapter)]) for section in sections]


def _steps(section: list[Block], chapter: Path) -> list[Given | Question]:
    """Refused with ValueError: a table or fence without a caption that says what it is, a question without an answer."""
    pairs = [(_caption(above), below) for above, below in pairwise([*section, None])]
    return [
        _step(caption, below, chapter)
        for caption, below in pairs
        if isinstance(below, Rows | Code) or ASKED.fullmatch(caption.raw)
    ]


def _caption(above: Block) -> Line:
    return above.lines[-1] if isinstance(above, Paragraph) else Line("", "", 0, 0)


def _step(caption: Line, below: Block | None, chapter: Path) -> Given | Question:
    given, asked = GIVEN.fullmatch(caption.raw), ASKED.fullmatch(caption.raw)
    if given and given[1] == "ops.yml" and isinstance(below, Code):
        return Given(given[1], yaml.safe_load(below.text))
    if given and given[1] in TABLES and isinstance(below, Rows):
        return Given(given[1], _rows(below))
    if asked and asked["name"] in ANSWERS and isinstance(below, Rows):
        place = f"{chapter.name}:{caption.line}"
        return Question(place, caption.raw, asked["name"], asked.groupdict(), _columns(below), _rows(below))
    raise ValueError(f"{chapter.name}: no table that is given and no question with its answer: `{caption.raw}`")


def _columns(block: Rows) -> tuple[str, ...]:
    return tuple(cell.text for cell in block.header)


def _rows(block: Rows) -> Table:
    return [dict(zip(_columns(block), (cell.text for cell in row), strict=True)) for row in block.rows]


# --- running

def run(example: Example) -> None:
    """Lays what is given and asks the questions, in their order. Fails with both tables when an answer differs."""
    connection = open_bench()
    for step in example.steps:
        if isinstance(step, Question):
            _compare(step, ANSWERS[step.name](connection, step))
        elif step.name == "ops.yml":
            lay_load(connection, step.content.get("policies", {}), step.content.get("zone", "UTC"))
        else:
            lay_table(connection, step.name, step.content)


def _compare(question: Question, answer: list[Row]) -> None:
    found = _as_written(answer, question)
    if found != question.rows:
        expected, instead = (_text(question.columns, rows) for rows in (question.rows, found))
        pytest.fail(f"{question.place} {question.words}\n\nexpected\n{expected}\n\nfound\n{instead}", pytrace=False)


def _as_written(answer: list[Row], question: Question) -> Table:
    """The columns that the manual shows, in the rows of the statistics that it names, or in all where it names none."""
    named = {row["statistic"] for row in question.rows if "statistic" in row}
    shown = [row for row in answer if not named or row["statistic"] in named]
    return [{column: _cell(row[column]) for column in question.columns} for row in shown]


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _text(columns: tuple[str, ...], rows: Table) -> str:
    lines = [columns, *(tuple(row.values()) for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    return "\n".join(" | ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _metric(connection: DuckDBPyConnection, question: Question) -> list[Row]:
    asked = question.options
    result = ask(connection, question.name, period=asked["period"], by=asked["by"], every_kind=bool(asked["every_kind"]))
    return [{"reason": reason, "n": n} for reason, n in result.excluded.items()] if asked["left_out"] else result.rows


def _in_period(answer: Callable[[DuckDBPyConnection, Period | None], list[Row]]) -> Callable[[DuckDBPyConnection, Question], list[Row]]:
    return lambda connection, question: answer(connection, period_of(question.options["period"]))


def _check(connection: DuckDBPyConnection, question: Question) -> list[Row]:
    answer = answer_of(connection, CHECKS[question.name], period_of(question.options["period"]))
    if question.options["left_out"]:
        return [{"reason": reason, "n": n} for reason, n in answer.left_out.items()]
    if "fails" in question.columns:
        return [{"fails": row["what"], "why": row["why"]} for row in answer.failed]
    return [{"answer": answer.word, **answer.estimate._asdict(), "threshold": answer.threshold, "n": len(answer.counted)}]


# Whoever answers a question of that name: any function that gives rows.
ANSWERS: dict[str, Callable[[DuckDBPyConnection, Question], list[Row]]] = {
    **dict.fromkeys(METRICS, _metric),
    **dict.fromkeys(CHECKS, _check),
    "on-call load": _in_period(oncall.load_rows),
    "on-call shifts": _in_period(oncall.shift_rows),
    "on-call coverage": _in_period(oncall.coverage_rows),
    "on-call stretches": _in_period(oncall.stretch_rows),
    "whose calls": _in_period(oncall.standing_rows),
    "page acknowledgement": _in_period(oncall.acknowledgement_rows),
    "responder hours": _in_period(oncall.response_rows),
    "load spread": _in_period(oncall.spread_rows),
    "interrupted hours": lambda connection, question: oncall.month_rows(connection),
    "error budgets": lambda connection, question: budget_rows(connection),
    "last budgets": lambda connection, question: last_budget_rows(connection),
    "burn rates": lambda connection, question: burn_rate_rows(connection),
    "budget months": lambda connection, question: month_rows(connection),
    "incident shares": lambda connection, question: incident_rows(connection),
    "budget policies": lambda connection, question: policy_rows(connection),
    "changes": lambda connection, question: outcome_rows(connection),
    "unfiled incidents": lambda connection, question: [each._asdict() for each in find_unfiled(connection, Names(connection))],
    "capacity forecasts": lambda connection, question: forecast_rows(connection),
    "past forecasts": lambda connection, question: backtest_rows(connection),
    "rota": lambda connection, question: roster_rows(connection),
    "budget ends": lambda connection, question: budget_end_rows(connection),
}
