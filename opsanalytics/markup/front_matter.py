"""What stands above a record's text between fences: YAML between `---`, TOML between `+++`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from opsanalytics.markup.blocks import Block, Code, Heading, Item, Items, Line, Paragraph, Rows, parse_blocks
from opsanalytics.markup.strict_toml import parse_toml
from opsanalytics.markup.strict_yaml import MarkupError, Node, parse_yaml
from opsanalytics.markup.words import fold_label, key_words

Content = Line | Item | Heading
_OPENS_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n")
_FRONT_MATTER = {
    "---": re.compile(r"---[ \t]*\n(?P<body>(?:.*?\n)??)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL),
    "+++": re.compile(r"\+\+\+[ \t]*\n(?P<body>(?:.*?\n)??)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL),
}


def split_front_matter(text: str) -> tuple[dict[str, Node], str, int]:
    if not (opens := _OPENS_FRONT_MATTER.match(text)):
        return {}, text, 1
    found = _FRONT_MATTER[opens[1]].match(text)
    if not found:
        raise MarkupError(f"front matter opens with {opens[1]} and is never closed", 1)
    rest_line = text.count("\n", 0, found.end()) + 1
    root = parse_yaml(found["body"], 2) if opens[1] == "---" else parse_toml(found["body"], 2)
    if root.value is not None and not isinstance(root.value, dict):
        raise MarkupError("front matter must be `key: value` lines", root.line, root.column)
    return root.value or {}, text[found.end() :], rest_line


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
            yield from row_items(block)
        case Code():
            yield from code_lines(block)


def row_items(table: Rows) -> Iterator[Item]:
    names = [fold_label(cell.text) or f"column {at}" for at, cell in enumerate(table.header, 1)]
    return (Item(fields=dict(zip(names, row, strict=False))) for row in table.rows)


def code_lines(code: Code) -> Iterator[Line]:
    return (Line(text, text, number, 1) for number, text in enumerate(code.text.split("\n"), code.line))


def _plain_content(node: Node) -> Iterator[Line | Item]:
    if isinstance(node.value, str):
        for at, text in enumerate(node.value.split("\n")):
            line, column = (node.line + 1 + at, 1) if node.is_block else (node.line, node.column)
            if text or not at:
                yield Line(" ".join(text.split()), text, line, column)
    elif isinstance(node.value, list):
        yield from (_node_item(entry) for entry in node.value if entry.value)
    elif node.value:
        yield _node_item(node)


def _node_item(node: Node) -> Item:
    if isinstance(node.value, dict):
        return Item(fields={fold_label(key_words(key)): _node_line(value) for key, value in node.value.items()})
    return Item(lines=[_node_line(node)])


def _node_line(node: Node) -> Line:
    plain = node.plain()
    text = plain if isinstance(plain, str) else ", ".join(map(str, plain)) if isinstance(plain, list) else str(plain or "")
    return Line(" ".join(text.split()), text, node.line, node.column)
