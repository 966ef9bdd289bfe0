"""YAML of the record, read strictly: every scalar stays text, every node keeps its line, nothing explodes.

PyYAML's loaders turn `14:02` into 842 and `no` into False, keep the last of two equal keys in silence and expand
aliases without limit; libyaml's composer overflows the stack on deep nesting. So this builds its own nodes from the
event stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.reader import ReaderError

MAX_DEPTH = 40
MAX_NODES = 200_000
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_LINE_BREAKS_OF_YAML = str.maketrans(dict.fromkeys("\x85\u2028\u2029", " "))  # no editor counts a line there
_TAG_OF_YAML = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset({"!", *(f"!!{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map"))})
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class MarkupError(ValueError):
    """A text that cannot be parsed at all; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int = 1) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass
class Node:
    """A scalar (str, or None for null), a list of nodes, or a mapping from key to node.

    `is_block` tells a literal block (`|`): its text keeps its lines, and the first stands below `line`.
    """

    value: Any
    line: int
    column: int
    is_block: bool = False

    def plain(self) -> Any:
        """The same as str, None, list and dict."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def parse_yaml(text: str, first_line: int = 1) -> Node:
    """One YAML document. Refuses aliases, duplicate keys, keys that are not scalars, tags that make more of a value than
    a column would, depth and size over the limits."""
    roots = _build(text, _Builder(first_line))
    return roots[0] if roots else Node(None, first_line, 1)


def parse_yaml_documents(text: str) -> list[Node]:
    """The documents of a file, those that hold nothing left out. An alias stands for what its anchor holds and counts as
    much; the limits are those of the whole file."""
    return [root for root in _build(text, _Builder(1, is_stream=True)) if root.value is not None]


def _build(text: str, builder: _Builder) -> list[Node]:
    text = text.translate(_LINE_BREAKS_OF_YAML)
    try:
        return builder.build(text)
    except ReaderError as error:
        before = text.encode()[: error.position].decode(errors="replace")
        line, column = before.count("\n"), len(before) - before.rfind("\n")
        raise MarkupError(f"not valid YAML: {error.reason}", builder.first_line + line, column) from None
    except yaml.YAMLError as error:
        what = getattr(error, "problem", None) or "not YAML"
        line, column = _place(getattr(error, "problem_mark", None), text)
        raise MarkupError(f"not valid YAML: {what}", builder.first_line + line, column) from None


def _place(mark: Any, text: str) -> tuple[int, int]:
    """What is missed at the end of the text is missed behind its last line, which an editor can show."""
    lines = text.rstrip().split("\n")
    if mark is None or mark.line < len(lines):
        return (mark.line, mark.column + 1) if mark else (0, 1)
    return len(lines) - 1, len(lines[-1]) + 1


class _Builder:
    """Of one document; as a stream of any number, in which aliases are followed."""

    def __init__(self, first_line: int, *, is_stream: bool = False) -> None:
        self.first_line = first_line
        self.is_stream = is_stream
        self.roots: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[Node] = []
        self.keys: list[str | None] = []
        self.count = 0

    def build(self, text: str) -> list[Node]:
        loader = _PARSER(text)
        try:
            while loader.check_event():
                self._take(loader.get_event())
        finally:
            loader.dispose()
        return self.roots

    def _take(self, event: Any) -> None:
        mark = event.start_mark
        line, column = (self.first_line + mark.line, mark.column + 1) if mark else (self.first_line, 1)
        tag = (getattr(event, "tag", None) or "!").replace(_TAG_OF_YAML, "!!")
        if tag not in _PLAIN_TAGS:
            raise MarkupError(f"tags ({tag[:40]}) are not read", line, column)
        match event:
            case yaml.AliasEvent():
                self._add_again(event.anchor, line, column)
            case yaml.DocumentStartEvent():
                self.anchors.clear()
                if self.roots and not self.is_stream:
                    raise MarkupError("a second YAML document", line, column)
            case yaml.ScalarEvent():
                is_null = not event.style and event.value in _NULLS
                if "\0" in event.value:
                    raise MarkupError("a NUL character", line, column)
                self._add(Node(None if is_null else event.value, line, column, event.style == "|"), event.anchor)
            case yaml.SequenceStartEvent():
                self._open(Node([], line, column), event.anchor)
            case yaml.MappingStartEvent():
                self._open(Node({}, line, column), event.anchor)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self.open.pop()
                self.keys.pop()

    def _open(self, node: Node, anchor: str | None) -> None:
        self._check(1, 1, node.line, node.column)
        self._add(node, anchor)
        self.open.append(node)
        self.keys.append(None)

    def _check(self, depth: int, size: int, line: int, column: int) -> None:
        if len(self.open) + depth > MAX_DEPTH:
            raise MarkupError(f"nested deeper than {MAX_DEPTH} levels", line, column)
        if self.count + size > MAX_NODES:
            raise MarkupError(f"more than {MAX_NODES} values", line, column)

    def _add_again(self, anchor: str | None, line: int, column: int) -> None:
        node = self.anchors.get(anchor or "")
        if not self.is_stream:
            raise MarkupError("aliases (*name) are not read", line, column)
        if node is None or any(node is each for each in self.open):
            raise MarkupError(f"nothing that is written before is named `{anchor}`", line, column)
        size, depth = _extent(node)
        self._check(depth, size, line, column)
        self.count += size - 1
        self._add(node)

    def _add(self, node: Node, anchor: str | None = None) -> None:
        self._check(0, 1, node.line, node.column)
        self.count += 1
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.roots.append(node)
        elif isinstance(self.open[-1].value, list):
            self.open[-1].value.append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = self._key(node)
        else:
            self.open[-1].value[self.keys[-1]] = node
            self.keys[-1] = None

    def _key(self, node: Node) -> str:
        if not isinstance(node.value, str):
            raise MarkupError("a key must be a word", node.line, node.column)
        if node.value == "<<":
            raise MarkupError("merge keys (<<) are not read", node.line, node.column)
        if node.value in self.open[-1].value:
            raise MarkupError(f"the key `{node.value}` is written twice", node.line, node.column)
        return node.value


def _extent(node: Node) -> tuple[int, int]:
    """How many values a node holds, itself included, and how deep it is nested."""
    value = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    below = [_extent(each) for each in value]
    is_nested = isinstance(node.value, dict | list)
    return 1 + sum(size for size, _ in below), is_nested + max((depth for _, depth in below), default=0)
