"""The labelled values of one record, with what its template left standing told apart from what somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache

from opsanalytics.markup.elements import Line
from opsanalytics.markup.parts import Document, Part
from opsanalytics.readers.vocabulary import Vocabulary

_PLACEHOLDER = re.compile(r"[<{\[](?!\s?[x ]?\s?\]|[a-z]{3,6}:)[^<>{}\[\]]*[>}\]]|…|\.\.\.|[A-Z-]*Y{3,}[^\n]*")
_STRUCK = re.compile(r"~~.*?~~")
_MARKS = re.compile(r"^\s*(?:[-*+>]|\d+[.)])\s+|[*_`]+")


class Fields:
    """The first part of each name that says something. `flags` are names of which `true` is a state and no value."""

    def __init__(self, document: Document, words: Vocabulary, flags: Collection[str] = ()) -> None:
        self.document = document
        self.words = words
        self.flags = frozenset(flags)
        self.parts = self.first_parts()

    def first_parts(self) -> dict[str, Part]:
        parts = self.document.parts
        return first_parts(part for part in parts if part.name not in self.flags or not self._says_yes_or_no(part))

    def value(self, name: str) -> Line | None:
        """The line that a label holds, unless the template's own words still stand there."""
        part = self.parts.get(name)
        if part is None or (first := part.first) is None:
            return None
        line = self._meant(name, first)
        return None if self.is_unfilled(line.text) else line

    def _meant(self, name: str, line: Line) -> Line:
        """`Resolved` of `~~Open~~ Resolved`, and of `[Resolved]`: brackets around one known word are no placeholder."""
        if "~~" in line.raw:
            line = replace(line, text=" ".join(_MARKS.sub("", _STRUCK.sub("", line.raw)).split()))
        inside = line.text[1:-1] if line.text[:1] + line.text[-1:] == "[]" else ""
        return replace(line, text=inside) if inside and self.words.look_up(name, inside) else line

    def text(self, name: str) -> str | None:
        line = self.value(name)
        return line.text if line else None

    def long_text(self, name: str) -> str | None:
        """All that stands under a name, in the order of the file: two headings may mean the same."""
        texts = [part.text for part in self.document.named(name) if self.has_content(part)]
        return "\n".join(text for text in texts if text) or None

    def has_content(self, part: Part) -> bool:
        return any(line.text and not self.is_unfilled(line.text) for line in part.lines())

    def is_unfilled(self, text: str) -> bool:
        """Nothing known yet, a placeholder, or a choice that nobody made: `SEV-1 | SEV-2 | SEV-3`."""
        return _is_unfilled(text, self.words)

    def is_flag(self, text: str) -> bool:
        return self.words.look_up("yes", text) is not None or self.words.look_up("no", text) is not None

    def _says_yes_or_no(self, part: Part) -> bool:
        return part.first is not None and self.is_flag(part.first.text)

    def is_set(self, name: str) -> bool:
        return any(part.first and self.words.look_up("yes", part.first.text) for part in self.document.named(name))


@lru_cache(maxsize=1024)
def _is_unfilled(text: str, words: Vocabulary) -> bool:
    return words.is_unknown(text) or bool(_PLACEHOLDER.fullmatch(text.strip())) or text.count(" | ") >= 2


def first_parts(parts: Iterable[Part]) -> dict[str, Part]:
    """The first part of each name, or the first that says something."""
    found: dict[str, Part] = {}
    for part in parts:
        if part.name and (part.name not in found or not found[part.name].content):
            found[part.name] = part
    return found
