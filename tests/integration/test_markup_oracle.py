"""Real files that nobody here wrote, parsed by another parser too: markdown-it-py sees the same headings, list entries,
tasks, tables and code, on the same lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from opsanalytics.markup.blocks import Block, Code, Heading, Item, Items, Rows, parse_blocks
from opsanalytics.markup.decode import decode
from opsanalytics.markup.front_matter import split_front_matter
from opsanalytics.markup.residue import FILLER, step_over_residue
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.markup.words import plain

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here")
ORACLE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
FILES = sorted(path for path in CORPORA.rglob("*") if path.suffix in (".md", ".qmd", ".mdx", ".erb"))
TASK = re.compile(r"\[([ xX])\]\s")
FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]")
BREAK = re.compile(r"</?(?:br|li|ul|ol|p)\b")
HTML_TABLE = re.compile(r"<table.*?(?:</table>|\Z)", re.DOTALL)
ANGLES = re.compile(r"<[^<>]*>")


@dataclass
class Seen:
    """What one parser sees in a file. Lines count from 1."""

    headings: list[tuple[int, int, str]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    tasks: list[tuple[int, bool]] = field(default_factory=list)
    tables: list[tuple[int, list[list[str]]]] = field(default_factory=list)
    codes: list[tuple[int, str]] = field(default_factory=list)


def seen_by_us(text: str) -> Seen:
    seen = Seen()
    for block in parse_blocks(text):
        _take_block(block, seen)
    return seen


def _take_block(block: Block, seen: Seen) -> None:
    match block:
        case Heading():
            seen.headings.append((block.line.line, block.level, bare(block.line.text)))
        case Items():
            for item in _all_items(block.items):
                seen.entries += [item.line]
                seen.tasks += [(item.line, item.checked)] if item.checked is not None else []
        case Rows():
            cells = [[bare(cell.text) for cell in row] for row in (block.header, *block.rows)]
            seen.tables.append(((block.header or block.rows[0])[0].line, cells))
        case Code():
            seen.codes.append((block.line, block.text.strip("\n")))


def _all_items(items: list[Item]) -> Iterator[Item]:
    for item in items:
        if not item.fields:
            yield item
            yield from _all_items(item.items)


def seen_by_the_oracle(text: str) -> Seen:
    return _Oracle(ORACLE.parse(step_over_residue(text))).read()


class _Oracle:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.seen = Seen()
        self.depth = 0
        self.waiting: list[int] = []  # entries whose first words have not come yet

    def read(self) -> Seen:
        for at, token in enumerate(self.tokens):
            if token.type in ("list_item_open", "list_item_close"):
                self._edge(token)
            elif token.type == "inline" or (token.type == "html_block" and ANGLES.fullmatch(token.content.strip())):
                self._words(token)
            if self.depth:
                continue
            if token.type == "heading_open" and has_words(self.tokens[at + 1]):
                self.seen.headings.append((line_of(token), int(token.tag[1]), text_of(self.tokens[at + 1])))
            elif token.type == "table_open":
                self.seen.tables.append((line_of(token), list(self._rows(at))))
            elif token.type in ("fence", "code_block"):
                line = line_of(token) + (token.type == "fence")
                self.seen.codes.append((line, token.content.replace(FILLER, " ").strip("\n")))
        self.seen.entries.sort()
        return self.seen

    def _edge(self, token: Token) -> None:
        self.depth += token.nesting
        if token.nesting > 0:
            self.waiting.append(line_of(token))
        else:
            self.waiting = self.waiting[: self.depth]

    def _words(self, token: Token) -> None:
        task = TASK.match(token.content)
        if self.waiting and has_words(token):
            if task and token.content[task.end() :].strip():
                self.seen.tasks.append((line_of(token), task[1] != " "))
            self.seen.entries += [line_of(token)] * len(self.waiting)
            self.waiting = []

    def _rows(self, at: int) -> Iterator[list[str]]:
        row: list[str] = []
        for token in takewhile(lambda token: token.type != "table_close", self.tokens[at:]):
            if token.type == "tr_close":
                yield row
                row = []
            elif token.type == "inline":
                row.append(text_of(token))


def line_of(token: Token) -> int:
    assert token.map
    return token.map[0] + 1


def text_of(token: Token) -> str:
    """Without references to footnotes, which markdown-it-py does not know."""
    return bare(FOOTNOTE.sub("", "".join(_words(token.children or []))).replace(FILLER, ""))


def has_words(token: Token) -> bool:
    return bool(token.content.replace(FILLER, "").strip())


def bare(text: str) -> str:
    """Without `<the name of a team>`, which markdown-it-py takes for a tag."""
    return plain(ANGLES.sub("", text))


def _words(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "image":
            yield "".join(_words(token.children or []))
        elif token.type in ("softbreak", "hardbreak") or (token.type == "html_inline" and BREAK.match(token.content)):
            yield " "
        elif token.type != "html_inline":
            yield token.content


def body_of(path: Path) -> str:
    """The text of a file, its front matter made blank."""
    try:
        text = decode(path.read_bytes())
        _, body, first = split_front_matter(text)
    except MarkupError:
        return ""
    return "\n" * (first - 1) + body


def lines_in_html_tables(text: str) -> set[int]:
    """To the oracle a fence inside a cell is a fence, and a table of HTML no table."""
    ends = ((text.count("\n", 0, found.start()) + 1, text.count("\n", 0, found.end()) + 1) for found in HTML_TABLE.finditer(text))
    return {line for first, last in ends for line in range(first, last + 1)}


def differences(path: Path) -> list[str]:
    text = body_of(path)
    ours, theirs, inside = seen_by_us(text), seen_by_the_oracle(text), lines_in_html_tables(text)
    return [
        f"{path.relative_to(CORPORA)}: {name}"
        for name in ("headings", "entries", "tasks", "tables", "codes")
        if outside(getattr(ours, name), inside) != outside(getattr(theirs, name), inside)
    ]


def outside(found: list, lines: set[int]) -> list:
    return sorted(each for each in found if (each if isinstance(each, int) else each[0]) not in lines)


def test_another_parser_sees_the_same_in_every_real_file():
    assert len(FILES) > 1500
    assert [said for path in FILES for said in differences(path)] == []


def words_of(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield block.line.text
        case Items():
            for item in block.items:
                yield from words_of_item(item)
        case Rows():
            yield from (cell.text for row in (block.header, *block.rows) for cell in row)
        case _:
            yield from (line.text for line in block.lines)


def words_of_item(item: Item) -> Iterator[str]:
    yield from (line.text for line in (*item.lines, *item.fields.values(), *item.code))
    for below in item.items:
        yield from words_of_item(below)


def words_of_the_oracle(text: str) -> Iterator[str]:
    for token in ORACLE.parse(step_over_residue(text)):
        if token.type == "inline":
            yield TASK.sub("", text_of(token))
        elif token.type in ("fence", "code_block"):
            yield token.content.replace(FILLER, "")


def counted(texts: Iterator[str]) -> Counter[str]:
    return Counter(word for text in texts for word in bare(text).split())


def test_no_word_of_any_real_file_without_raw_html_is_lost():
    looked_at = 0
    for path in FILES:
        text = body_of(path)
        if not re.search(r"<[A-Za-z!/]|\[\^", text):
            looked_at += 1
            ours = (words for block in parse_blocks(text) for words in words_of(block))
            lost = counted(words_of_the_oracle(text)) - counted(ours)
            assert (path.name, lost) == (path.name, {})
    assert looked_at > 900
