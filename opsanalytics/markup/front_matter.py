"""What stands above a record's text between fences: YAML between `---`, TOML between `+++`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from opsanalytics.markup.blocks import parse_blocks
from opsanalytics.markup.elements import Block, Code, Heading, Item, Items, Line, Paragraph, Rows
from opsanalytics.markup.parts import Content
from opsanalytics.markup.strict_toml import parse_toml
from opsanalytics.markup.strict_yaml import MarkupError, Node, parse_yaml
from opsanalytics.markup.words import fold_label, key_words, plain

_BLANK_LINES = re.compile(r"\s*\n(?=(?:---|\+\+\+)[ \t]*\n[\w\"'][^\n:=]*[:=])")
_OPENS_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*(?:\n|\Z)")
_OTHER_FORMS = re.compile(r"\{\s*\"[^\"\n]*\"\s*:|;;;[ \t]*\n|(?:---|\+\+\+)[ \t]*(?:json|toml|ya?ml|#)")
_RULE_ABOVE_TITLE = re.compile(r"---[ \t]*\n\s*\n#{1,6} \S")
_NO_GAP = re.compile(r"[A-Za-z][\w-]*:[A-Za-z][^\n:]*\n")
_FRONT_MATTER = {
    "---": re.compile(r"---[ \t]*\n(?P<body>(?:.*?\n)??)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL),
    "+++": re.compile(r"\+\+\+[ \t]*\n(?P<body>(?:.*?\n)??)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL),
}


def split_front_matter(text: str) -> tuple[dict[str, Node], str, int]:
    """The front matter by key, the text below it, and the line on which that begins."""
    blank = _BLANK_LINES.match(text)
    start = blank.end() if blank else 0
    line = text.count("\n", 0, start) + 1
    if _OTHER_FORMS.match(text, start):
        raise MarkupError("front matter that is neither YAML between --- nor TOML between +++", line)
    opens = _OPENS_FRONT_MATTER.match(text, start)
    if not opens or _RULE_ABOVE_TITLE.match(text, start):
        return {}, text, 1
    found = _FRONT_MATTER[opens[1]].match(text, start)
    if not found:
        raise MarkupError(f"front matter opens with {opens[1]} and is never closed", line)
    parse = parse_yaml if opens[1] == "---" else parse_toml
    root = parse(found["body"], line + 1)
    if _NO_GAP.fullmatch(found["body"]):
        return {}, text, 1  # `tag:web` is no mapping, and no more than a heading of Markdown
    if root.value is not None and not isinstance(root.value, dict):
        raise MarkupError("front matter must be `key: value` lines", root.line, root.column)
    return root.value or {}, text[found.end() :], text.count("\n", 0, found.end()) + 1


def node_content(node: Node, *, is_known: bool) -> list[Content]:
    """What stands under a key: a scalar is a line; list entries, and mappings in a list, are items. A literal block
    under a known key is Markdown like the body's: a timeline, a task list."""
    if node.is_block and is_known:
        return [content for block in parse_blocks(node.value, node.line + 1) for content in _block_content(block)]
    return list(_plain_content(node))


def _block_content(block: Block) -> Iterator[Content]:
    match block:
        case Paragraph():
            yield from block.lines
        case Items():
            yield from block.items
        case Heading():
            yield block
        case Rows():
            yield from block.entries()
        case Code():
            yield from block.lines


def _plain_content(node: Node) -> Iterator[Line | Item]:
    if isinstance(node.value, str):
        for at, text in enumerate(node.value.split("\n")):
            line, column = (node.line + 1 + at, 1) if node.is_block else (node.line, node.column)
            if text or not at:
                yield Line(plain(text), text, line, column)
    elif isinstance(node.value, list):
        yield from (_node_item(entry) for entry in node.value if entry.value)
    elif node.value:
        yield _node_item(node)


def _node_item(node: Node) -> Item:
    if isinstance(node.value, dict):
        return Item(fields={fold_label(key_words(key)): _node_line(value) for key, value in node.value.items()})
    return Item(lines=[_node_line(node)])


def _node_line(node: Node) -> Line:
    text = _spoken(node.plain())
    return Line(plain(text), text, node.line, node.column)


def _spoken(value: Any) -> str:
    """A nested value in one line: `lead: Ana, teams: web, data`."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_spoken(each)}" for key, each in value.items())
    return ", ".join(map(_spoken, value)) if isinstance(value, list) else value or ""
