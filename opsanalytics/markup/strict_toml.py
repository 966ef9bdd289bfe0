"""TOML of the record as the same nodes that YAML gives: every scalar text again, every top key with its line."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from opsanalytics.markup.strict_yaml import MAX_DEPTH, MarkupError, Node

_KEY = re.compile(r"^[ \t]*\[*[ \t]*[\"']?(?P<key>[\w-]+)", re.MULTILINE)
# tomllib takes quadratic time for a key of many parts; quantifiers are possessive so that this does not.
_DEEP_KEY = re.compile(rf"""(?<![\w"'.-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}""")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def parse_toml(text: str, first_line: int = 1) -> Node:
    """One TOML document. Refuses what TOML does not allow, and depth over the limit."""
    too_deep = MarkupError(f"nested deeper than {MAX_DEPTH} levels", first_line)
    if _DEEP_KEY.search(text):
        raise too_deep
    try:
        tree = tomllib.loads(text)
    except RecursionError:
        raise too_deep from None
    except tomllib.TOMLDecodeError as error:
        at = _PLACE.search(str(error))
        line, column = (int(at[1]) - 1, int(at[2])) if at else (text.rstrip().count("\n"), 1)
        raise MarkupError(f"not valid TOML: {str(error).split(' (at')[0]}", first_line + line, column) from None
    except ValueError:
        raise MarkupError("a number with more digits than can be read", first_line) from None
    _refuse_nul("".join(tree), first_line)
    lines = _lines(text, first_line)
    nodes = {key: _node(value, lines.get(key, first_line), 1) for key, value in tree.items()}
    return Node(nodes, first_line, 1)


def _lines(text: str, first_line: int) -> dict[str, int]:
    """The line in which each key stands first."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), first_line):
        if found := _KEY.match(line):
            lines.setdefault(found["key"], number)
    return lines


def _node(value: Any, line: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise MarkupError(f"nested deeper than {MAX_DEPTH} levels", line)
    if isinstance(value, dict):
        _refuse_nul("".join(value), line)
        return Node({key: _node(each, line, depth + 1) for key, each in value.items()}, line, 1)
    if isinstance(value, list):
        return Node([_node(each, line, depth + 1) for each in value], line, 1)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    _refuse_nul(text, line)
    return Node(text, line, 1)


def _refuse_nul(text: str, line: int) -> None:
    if "\0" in text:
        raise MarkupError("a NUL character", line)
