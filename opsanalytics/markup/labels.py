"""How a label stands before its value on a line, in each way that teams write it. What labels there are is told by the
caller's words; this module knows no spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from opsanalytics.markup.elements import Line, place_of
from opsanalytics.markup.parts import Label
from opsanalytics.markup.words import fold_label

# An emoji or another sign may stand before a label; the whole of it is short, so that prose with a colon is none.
_LABEL = re.compile(
    r"(?P<label>(?::[a-z][\w+-]{1,30}:\s?|[^\w\s!-~]{1,8}\s?)?[^\W\d_][^:：|]{0,59}?(?:\s?\([^():：]{0,60}\))?)\s?"
    r"[:：]{1,2}(?!//)(?P<gap>\s?)(?P<value>.*)$",
    re.DOTALL,
)
_BRACKETED = re.compile(r"(?P<label>[^\[\]]{1,40}) \[(?P<value>[^\[\]]{1,80})\]$")
_DASHED = re.compile(r"(?P<label>.{1,40}?) (?:-{1,3}|–|—|=) (?P<value>.+)$", re.DOTALL)
_TO_VALUE = re.compile(r"([^:：]*[:：]{1,2})[*_\s]*")
# Where the next label of a line may begin: behind a bar or a dot, or at bold words.
_NEXT = re.compile(r"\s[|·•]\s+|\s+(?=\*\*|__)")
_OPENS = re.compile(r"[*_`]*(?P<label>[^\W\d_][^:：|*_`]{0,59}?)\s?[*_`]*\s?[:：](?!//)(?P<gap>[*_`]*\s)?")
_DEFINED = re.compile(r":\s+(?=\S)")
_LONGEST_KEY = 4  # words
SHORT = 8  # words: a single line with more than these is a sentence


class Labelled(NamedTuple):
    """A line as its label and the value on the same line."""

    label: Label
    value: Line | None


class LabelWords:
    """`labels` maps a folded label to its meaning; `heads` tells which folded words head a table of labels and values,
    as `label` or as `value`."""

    def __init__(self, labels: Mapping[str, Label], heads: Mapping[str, str]) -> None:
        self.labels = labels
        self.heads = heads

    def known(self, text: str) -> Label | None:
        return self.labels.get(fold_label(text))

    def is_head(self, label: Line, value: Line) -> bool:
        return self.heads.get(fold_label(label.text)) == "label" and self.heads.get(fold_label(value.text)) == "value"

    def read(self, line: Line, *, loosely: bool = False) -> Labelled | None:
        """`Label: x` and `Label [x]`; loosely also `Label - x` and bold words before a value."""
        if whole := self.known(line.text):
            return Labelled(whole, None)
        split = _split(line.text)
        if split and (known := self.known(split["label"])):
            return Labelled(known, value_line(split["value"], line, split["label"]))
        if not loosely and "[" not in line.text:
            return None
        for pattern in (_BRACKETED, _DASHED) if loosely else (_BRACKETED,):
            split = pattern.match(line.text)
            known = self.known(split["label"]) if split else None
            if split and known and known.shape == "value" and _is_short(split["value"]):
                return Labelled(known, value_line(split["value"], line, split["label"]))
        return self._read_lead(line) if loosely else None

    def _read_lead(self, line: Line) -> Labelled | None:
        """Bold words that a sentence goes on from are no label."""
        rest = line.text[len(line.lead) :].strip()
        led, is_sentence = self.known(line.lead), rest[:1].islower() and len(rest.split()) > 2
        if led and led.shape == "value" and line.text.startswith(line.lead) and not is_sentence and _is_short(rest):
            return Labelled(led, value_line(rest, line, line.lead))
        return None

    def are_all(self, lines: list[Line]) -> bool:
        """Whether lines that stand together are all labelled, if only loosely: then each may be read so."""
        return len(lines) > 1 and all(is_labelled(line.text) or self.read(line, loosely=True) for line in lines)

    def read_own(self, line: Line) -> tuple[str, Line] | None:
        """A label that the words do not know, and its value: a dimension of the team's own."""
        split = _split(line.text)
        value = value_line(split["value"], line, split["label"]) if split and is_labelled(line.text) else None
        return (split["label"], value) if split and value else None

    def pieces(self, line: Line) -> list[Line]:
        """The labelled values of a line that holds several, else the line itself."""
        if len(line.raw) > 2 and (" | " in line.raw or "**" in line.raw[2:] or "·" in line.raw or "•" in line.raw):
            first = _split(line.text) if self.read(line) or is_labelled(line.text) else None
            cuts = list(self._cuts(line, first.start("value"))) if first else []
            return list(_cut(line, cuts)) if cuts else [line]
        return [line]

    def _cuts(self, line: Line, at: int) -> Iterator[tuple[int, int]]:
        """Where in text and in raw each label behind the first begins; its value begins at `at`."""
        for joint in _NEXT.finditer(line.raw, max(0, line.column - line.raw_column)):
            found = _OPENS.match(line.raw, joint.end())
            is_own = found and found["gap"] and len(found["label"].split()) <= _LONGEST_KEY
            if found and (is_own or self.known(found["label"])):
                begins = line.text.find(" ".join(found["label"].split()), at)
                if begins > 0:
                    at = begins + 1
                    yield begins, found.start()


def _is_short(text: str) -> bool:
    """Whether it can be a value where no colon says so: a few words that are no sentence."""
    return len(text.split()) <= SHORT and text[-1:] not in (".", "!", "?")


@lru_cache(maxsize=1024)
def _split(text: str) -> re.Match[str] | None:
    """A line at its first colon, when what stands before it can be a label."""
    return _LABEL.match(text) if ":" in text or "：" in text else None


def is_labelled(text: str) -> bool:
    """Whether a line has the form of a label and its value, whatever the label."""
    split = _split(text)
    return bool(split and split["gap"] and split["value"].strip() and len(split["label"].split()) <= _LONGEST_KEY)


def value_line(value: str, line: Line, label: str) -> Line | None:
    """The value behind the label of a line, with its own column; None when it is empty."""
    value = value.strip()
    if not value:
        return None
    key = label.rsplit(maxsplit=1)[-1]
    begins = max(0, line.raw.find(key, line.column - line.raw_column))
    behind = _TO_VALUE.match(line.raw, begins)
    at = place_of(value, line.raw, behind.end(1) if behind else begins + len(key))
    raw = line.raw[min(at, behind.end()) if behind else at :]
    return Line(value, value if raw.strip("*_`] ") == value else raw, line.line, line.raw_column + at)


def without_colon(line: Line) -> Line:
    """The value of a definition list: `: x` in the line below its label."""
    found = _DEFINED.match(line.raw, line.column - line.raw_column)
    if not found or line.text[:1] != ":" or not line.text[1:].strip():
        return line
    text, begins = line.text[1:].strip(), line.raw_column + found.end()
    column = line.raw_column + place_of(text, line.raw, found.end())
    return replace(line, text=text, raw=line.raw[found.end() :], column=column, raw_column=begins)


def _cut(line: Line, cuts: list[tuple[int, int]]) -> Iterator[Line]:
    begins = [(0, max(0, line.column - line.raw_column)), *cuts]
    ends = [*cuts, (len(line.text), len(line.raw))]
    for (text, raw), (text_end, raw_end) in zip(begins, ends, strict=True):
        words, written = line.text[text:text_end].rstrip(" |·•"), line.raw[raw:raw_end].rstrip(" |·•")
        column = line.raw_column + place_of(words, line.raw, raw)
        yield Line(words, written, line.line, column, "" if text else line.lead, raw_column=line.raw_column + raw)
