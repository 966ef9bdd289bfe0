"""The numbers in a made page's prose, and which of them neither numbers.json nor the table beside them bears out.

What is read: answers, findings, tiles, and in captions what is counted (a number before its noun). What bears a number out:
of a finding the numbers that its own cell states and the tables that it shows; of an answer, a tile and a caption all numbers
of the page too. A number is borne out as prose writes it: value, ends of the interval and n by `figures.quantity`, of a share
also how many of n it is. A table bears out what stands in a cell, how many rows it has, and how many of its cells say the
words that follow: `2 yes`. What holds digits and is no quantity is told by the patterns of NAMES and is not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from bs4 import BeautifulSoup, Tag

from opsanalytics.figures import NUMBERS, quantity

PROSE = {"answer": ".ops-answer", "finding": ".ops-finding", "tile": ".ops-tile", "caption": ".ops-caption"}
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_STRETCH = r"(?:minutes?|hours?|days?|weeks?|months?|quarters?)"
NAMES = re.compile("|".join((
    rf"\b(?:\d{{1,2}} )?{_MONTH}(?: \d{{4}}\b| \d{{1,2}}\b)?(?: \d{{2}}:\d{{2}})?",  # 22 Nov 2026, 3 Oct 2026 09:00, Nov 2026
    r"\b\d{4}-(?:\d{2}-\d{2}|Q\d|W\d\d|\d\d)\b", r"\bQ[1-4] \d{4}\b", r"\b\d{2}:\d{2}\b",
    r"[\w./-]+\.(?:md|mdx|yml|yaml|csv|xlsx|json)\b(?::\d+)?",
    r"\b[A-Za-z]+-\d[\w-]*", r"\bOPS\d{3}\b", r"\bcommit [0-9a-f]{7,40}\b",
    r"\b95 %:|\b(?:95|80) % (?=range|interval)",  # how sure, not how much
    rf"(?<=budget of )\d+ {_STRETCH}", rf"(?<=budgets of )\d+ {_STRETCH}",  # an objective's window is its name
)), re.MULTILINE)
_COUNT = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?"
QUANTITY = re.compile(rf"\b\d+ d(?: \d+ h)?\b|\b\d+ h(?: \d+ min)?\b|\b\d+ min\b|\b\d+ s\b|(?<![\w.,-])(?:{_COUNT})(?: %)?(?![\w])")
COUNTED = re.compile(rf"(?<![\w.,-])(?:{_COUNT})(?= (?:counted|shown|measured|known|incidents?|records?|files?|findings?|pages?|shifts?|"
                     r"follow-ups?|promises?|improvements?|decisions?|sessions?|incidents? restored|objectives?|questions?)\b)")  # fmt: skip


@dataclass(frozen=True)
class Loose:
    """A number in prose that nothing bears out."""

    page: str
    cell: str
    kind: str
    number: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}#{self.cell}, {self.kind}: {self.number} in `{self.text}`"


def loose_numbers(folder: Path) -> Iterator[Loose]:
    """Of a made pack."""
    numbers = {number["id"]: number for number in json.loads((folder / "numbers.json").read_text(encoding="utf-8"))}
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        of_page = [number for key, number in numbers.items() if key.startswith(f"{path.stem}.")]
        for cell in nbformat.read(path, as_version=4).cells:
            yield from _loose_in_cell(path.stem, cell, numbers, of_page)


def _loose_in_cell(page: str, cell: Any, numbers: dict[str, Any], of_page: list[dict[str, Any]]) -> Iterator[Loose]:
    outputs = [output.get("data", {}) for output in cell.get("outputs", [])]
    stated = [numbers[f"{page}.{each['id']}"] for data in outputs for each in data.get(NUMBERS, ()) if f"{page}.{each['id']}" in numbers]
    shown = BeautifulSoup("".join(data.get("text/html", "") for data in outputs), "html.parser")
    tables = [_texts(table) for table in shown.select(".ops-table")]
    for kind, selector in PROSE.items():
        known = {form for number in (stated if kind == "finding" else of_page) for form in forms(number)}
        for part in shown.select(selector):
            text = _words(part, tables)
            for found in (COUNTED if kind == "caption" else QUANTITY).finditer(text):
                if found[0] not in known and not _in_tables(found, text, tables):
                    yield Loose(page, cell.id, kind, found[0], _plain(part))


def forms(number: dict[str, Any]) -> Iterator[str]:
    """The ways in which prose writes a number of numbers.json."""
    for end in filter(lambda end: number[end] is not None, ("value", "low", "high")):
        is_share = number["unit"].startswith("share")
        if " a " in f" {number['unit']}":
            yield f"{number[end]:.1f}"
        yield from quantities(quantity(number[end], "share" if is_share else number["unit"]))
        if is_share and number["n"]:
            yield f"{round(number[end] * number['n']):,}"
    if number["n"] is not None:
        yield f"{number['n']:,}"


def quantities(text: str) -> list[str]:
    return QUANTITY.findall(NAMES.sub(" ", text))


# --- what is shown

Texts = list[list[str]]  # the cells of a table, a list a row, its heads first


def _texts(table: Tag) -> Texts:
    return [[_plain(cell) for cell in row.select("th, td")] for row in table.select("tr")]


def _plain(part: Tag) -> str:
    """Its text; the parts of a tile stand apart."""
    return " ".join(part.get_text(" " if "ops-tile" in part.get("class", ()) else "").split())


def _words(part: Tag, tables: list[Texts]) -> str:
    """Its text without names: dates, ids, files, and what the tables beside it call their records."""
    text = _plain(part)
    titles = {cell for table in tables for row in table for cell in row if re.search(r"\d", cell) and re.search(r"[A-Za-z]{3}.* .*[A-Za-z]{3}", cell)}
    for title in sorted(titles, key=len, reverse=True):
        text = text.replace(title, " ")
    return NAMES.sub(" ", text)


def _in_tables(found: re.Match[str], text: str, tables: list[Texts]) -> bool:
    following = re.match(r" ([\w' ]+?)(?=[,;.:]| of |$)", text[found.end():])
    for table in tables:
        body = [cell for row in table[1:] for cell in row]
        said = sum(cell.endswith(following[1]) for cell in body) if following else 0
        if found[0] in {f"{len(table) - 1:,}", f"{said or -1:,}"} or any(found[0] in quantities(cell) for cell in (*table[0], *body)):
            return True
    return False
