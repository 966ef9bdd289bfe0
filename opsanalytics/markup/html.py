"""Raw HTML as its tags and texts. Comments, declarations and what stands in a script or a style are no text.

The standard library's parser takes quadratic time for what is never closed, and does not tell the place of a text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from html import unescape

_PIECE = re.compile(
    r"<!--(?:.*?-->|.*)|<[!?][^<>]*>?|<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*+)[^<>]*+>|(?P<text>[^<]+|<)", re.DOTALL
)
_END = re.compile(r"</([A-Za-z][\w:.-]*)")
_HIDDEN = frozenset({"script", "style"})
_NEEDS_NO_END = frozenset({"br", "hr", "img", "input", "wbr", "col", "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody",
                           "tfoot", "table"})  # fmt: skip


@dataclass(frozen=True)
class Tag:
    name: str
    is_end: bool
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """Words with entities resolved; `breaks` when a line of the source ends right before them."""

    words: str
    start: int
    breaks: bool = False


def ended_tags(text: str) -> frozenset[str]:
    """The names of all tags that a text ends somewhere."""
    return frozenset(map(str.casefold, _END.findall(text)))


def html_pieces(text: str, ended: Container[str]) -> Iterator[Tag | Text]:
    """`ended` are the tags that the whole document ends: what looks like a tag and is never ended, such as `<the name
    of a team>`, is words."""
    hidden = ""
    for found in _PIECE.finditer(text):
        if tag := _tag(found, ended):
            hidden = "" if tag.is_end and tag.name == hidden else tag.name if tag.name in _HIDDEN else hidden
            yield tag
        elif found["name"] and not hidden:
            yield Text(found[0], found.start())
        elif found["text"] and not hidden:
            yield from _lines(found["text"], found.start())


def _lines(text: str, start: int) -> Iterator[Text]:
    for at, line in enumerate(text.split("\n")):
        yield Text(unescape(line), start, breaks=at > 0)
        start += len(line) + 1


def _tag(found: re.Match[str], ended: Container[str]) -> Tag | None:
    name = (found["name"] or "").casefold()
    is_tag = found["end"] or name in ended or name in _NEEDS_NO_END or "=" in found[0] or found[0].endswith("/>")
    return Tag(name, bool(found["end"]), found.start(), found.end()) if name and is_tag else None
