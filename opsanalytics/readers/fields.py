"""The labelled values of one record, with what its template left standing told apart from what somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Collection

from opsanalytics.markup.blocks import Line
from opsanalytics.markup.document import Document, Part
from opsanalytics.readers.vocabulary import Vocabulary

_PLACEHOLDER = re.compile(r"[<{\[](?!\s?[x ]?\s?\])[^<>{}\[\]]*[>}\]]|[A-Z]+-Y{4}M{2}D{2}-X+|…|\.\.\.|Y{4}-M{2}-D{2}.*")


class Fields:
    """The first part of each name that says something. `flags` are names of which `true` is a state and no value."""

    placeholder = _PLACEHOLDER

    def __init__(self, document: Document, words: Vocabulary, flags: Collection[str] = ()) -> None:
        self.document = document
        self.words = words
        self.parts: dict[str, Part] = {}
        for part in document.parts:
            is_flag = part.name in flags and part.first is not None and self.is_flag(part.first.text)
            if part.name and not is_flag and (part.name not in self.parts or not self.parts[part.name].content):
                self.parts[part.name] = part

    def value(self, name: str) -> Line | None:
        """The line that a label holds, unless the template's own words still stand there."""
        part = self.parts.get(name)
        line = part.first if part else None
        return None if line is None or self.is_unfilled(line.text) else line

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
        return self.words.is_unknown(text) or bool(self.placeholder.fullmatch(text.strip())) or text.count(" | ") >= 2

    def is_flag(self, text: str) -> bool:
        return self.words.look_up("yes", text) is not None or self.words.look_up("no", text) is not None

    def is_set(self, name: str) -> bool:
        return any(part.first and self.words.look_up("yes", part.first.text) for part in self.document.named(name))
