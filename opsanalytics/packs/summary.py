"""What goes into a mail and a chat: the first page's answer, its tiles, what needs a decision, and what else there is.

Words come from the executed first page, every number of a tile from `numbers.json`. Text of the record is one line
without control characters, escaped for where it goes; nothing is a link, a mention or code.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from opsanalytics.figures import SUMMARY, TONES, VERDICT_LOOK, Number, interval, quantity
from opsanalytics.packs.render import template

MARKS_OF_MARKDOWN = re.compile(r"[\\`*_\[\]|~#!]")
LINE = 78
LONGEST_BLOCK = 3_000  # characters that Slack takes in a section, 2,000 in one of its fields
LONGEST_FIELD = 2_000

Say = Callable[[str], str]


@dataclass(frozen=True)
class ToldTile:
    """value: with its unit and interval. basis: what it stands on, and against what. tone: of the verdict."""

    label: str
    value: str
    verdict: str
    basis: str
    tone: str


@dataclass(frozen=True)
class Summary:
    """heading: company, period, as-of and commit, counted. decisions: what is asked, and all else that is said of it."""

    title: str
    heading: str
    answer: str
    tiles: tuple[ToldTile, ...]
    decided: str
    decisions: tuple[tuple[str, str], ...]
    pages: str
    files: str


def read_summary(
    first_page: Path, numbers: Sequence[Mapping[str, Any]], *, title: str, pages: Sequence[str], files: Sequence[str]
) -> Summary:
    """first_page: the executed notebook. numbers: those of `numbers.json`. pages, files: what else the pack has, by name."""
    told = _told(first_page)
    stated = {number["id"]: Number(**number) for number in numbers}
    asked = told.get("decisions", {"finding": "", "rows": []})
    return Summary(
        title, " · ".join(read_heading(first_page)), plain(" ".join(told.get("answer", []))),
        tuple(_tile(tile, stated[f"{first_page.stem}.{tile['number']}"]) for tile in told.get("tiles", [])),
        plain(asked["finding"]), tuple(map(_decision, asked["rows"])), ", ".join(map(plain, pages)), ", ".join(files),
    )


def read_heading(first_page: Path) -> tuple[str, ...]:
    """Company, period, as-of and commit, what was counted; nothing where the page says none of it."""
    return tuple(map(plain, _told(first_page).get("heading", [])))


def _told(first_page: Path) -> dict[str, Any]:
    cells = nbformat.read(first_page, as_version=4).cells
    parts = (output.get("data", {}).get(SUMMARY, {}) for cell in cells for output in cell.get("outputs", []))
    return {key: value for part in parts for key, value in part.items()}


def _tile(tile: Mapping[str, str], number: Number) -> ToldTile:
    shape, tone = VERDICT_LOOK[number.verdict] if number.verdict else ("", "muted")
    between = f" (95 %: {interval(number)})" if interval(number) else ""
    return ToldTile(plain(tile["label"]), plain(quantity(number.value, number.unit) + between),
                    f"{shape} {number.verdict}" if number.verdict else "",
                    plain("; ".join(filter(None, (tile["note"], tile["compared"])))), TONES[tone][0])


def _decision(row: Sequence[tuple[str, str]]) -> tuple[str, str]:
    (_, question), *rest = row
    return plain(question), plain(" · ".join(f"{name}: {text}" for name, text in rest))


def plain(text: str) -> str:
    """One line, without what moves a cursor or turns the direction of writing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


# --- mail

def as_html(summary: Summary) -> str:
    """Inline styles and tables, which every mail program draws; no script, no picture, no link."""
    return template("summary.html").render(summary=summary, ink=TONES["ink"][0], muted=TONES["muted"][0], line=TONES["line"][0])


def as_text(summary: Summary) -> str:
    wrapped = (textwrap.wrap(line, LINE, subsequent_indent="  " if line.startswith("- ") else "", break_long_words=False,
                             break_on_hyphens=False) or [""] for line in _lines(summary, str, str))
    return "\n".join(line for lines in wrapped for line in lines) + "\n"


# --- chat

def as_markdown(summary: Summary) -> str:
    return "\n".join(_lines(summary, _for_markdown, lambda text: f"**{_for_markdown(text)}**")) + "\n"


def as_slack(summary: Summary) -> str:
    """A message to post as it is: JSON with blocks, and a text for the notification."""
    tiles = [_mrkdwn("\n".join(filter(None, (f"*{_for_slack(tile.label)}*", *map(_for_slack, (tile.value, tile.verdict, tile.basis))))),
                     LONGEST_FIELD) for tile in summary.tiles]
    asked = [f"*{_for_slack(question)}*\n{_for_slack(rest)}" for question, rest in summary.decisions]
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": summary.title[:150], "emoji": False}},
        *([_context(summary.heading)] if summary.heading else []),
        *([_section(_for_slack(summary.answer))] if summary.answer else []),
        *([{"type": "section", "fields": tiles}] if tiles else []),
        *([_section(f"*{_for_slack(summary.decided)}*")] if summary.decided else []), *map(_section, asked),
        _context(f"Pages: {summary.pages}. Files: {summary.files}."),
    ]
    message = {"text": _for_slack(f"{summary.title}: {summary.answer}"), "blocks": blocks, "parse": "none", "link_names": False,
               "unfurl_links": False, "unfurl_media": False}
    return json.dumps(message, ensure_ascii=False, indent=1) + "\n"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text, LONGEST_BLOCK)}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(_for_slack(text), LONGEST_BLOCK)]}


def _mrkdwn(text: str, longest: int) -> dict[str, Any]:
    """Verbatim: Slack makes no link and no mention of what is in it."""
    return {"type": "mrkdwn", "text": text if len(text) <= longest else f"{text[: longest - 1]}…", "verbatim": True}


def _for_slack(text: str) -> str:
    return _unmentioned(_entities(text))


def _for_markdown(text: str) -> str:
    return _unmentioned(MARKS_OF_MARKDOWN.sub(r"\\\g<0>", _entities(text)))


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unmentioned(text: str) -> str:
    """A space of no width parts an `@` from the name that it would call."""
    return text.replace("@", "@\u200b")


# --- lines

def _lines(summary: Summary, say: Say, strong: Say) -> Iterator[str]:
    yield strong(summary.title)
    for part in filter(None, (summary.heading, summary.answer)):
        yield from ("", say(part))
    yield from [""] if summary.tiles else []
    for tile in summary.tiles:
        verdict = f", {tile.verdict}" if tile.verdict else ""
        basis = f"; {tile.basis}" if tile.basis else ""
        yield f"- {strong(tile.label)}: {say(f'{tile.value}{verdict}{basis}')}"
    if summary.decided:
        yield from ("", strong(summary.decided), "")
        yield from (f"- {strong(question)} {say(rest)}" for question, rest in summary.decisions)
    yield from ("", say(f"Pages: {summary.pages}."), "", say(f"Files: {summary.files}."))
