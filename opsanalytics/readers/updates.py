"""The updates of a status-page post as a timeline: `*Investigating* - text`, each with the time that it states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from opsanalytics.markup.blocks import parse_blocks
from opsanalytics.markup.elements import Block, Heading, Item, Items, Line, Paragraph
from opsanalytics.markup.front_matter import split_front_matter
from opsanalytics.markup.parts import Part
from opsanalytics.readers.times import Clockwork, Stamp, TimeError
from opsanalytics.readers.vocabulary import Vocabulary

_WORD = r"[^\W\d_][^\W\d_-]*"
_OPENS = re.compile(rf"\[?(?P<word>{_WORD}(?:[ -]{_WORD}){{0,2}}?)\]?(?:\s(?:at|on|@)\s(?=\d)|\s?[:–—]\s?|\s-+(?:\s|$)|\s?(?=\()|$)")
_ALONE = re.compile(r"\s*(?:\*\*|__|\[)[^*_\[\]]{1,40}(?:\*\*|__|\]):?\s*")
_AT = re.compile(r"\s(?:at|on|@)\s$")
_FIRST_WORD = re.compile(r"\W*(\d|[^\W\d_]+)")
_SET_OFF = re.compile(r"\s*(?:[-*+>]\s+)?(?:[*_]{1,3}|\[)\w")
_SHORTCODE = re.compile(r"""\{\{[<%]\s{0,9}(?P<name>[\w-]{1,40})\s{1,9}["'`]?(?P<time>[^"'`<>%{}]{1,60}?)["'`]?\s{0,9}[>%]\}\}""")


class Updates:
    """Reads the text of a post above its first heading.

    An update opens with a word for its phase or with a time that are set off from the text, or states its time in a
    shortcode; beside such a one, any line that is wholly set off opens another.
    """

    def __init__(self, source: list[str], clockwork: Clockwork, words: Vocabulary) -> None:
        self.source = source
        self.clockwork = clockwork
        self.words = words
        self.tracked = dict(self._tracked())
        self.first_words = {word.split()[0] for word in words.group("update_words")}

    def _tracked(self) -> Iterator[tuple[int, str]]:
        names = self.words.group("update_shortcodes")
        for number, text in enumerate(self.source, 1):
            yield from ((number, found["time"]) for found in _SHORTCODE.finditer(text) if found["name"] in names)

    def read(self, text: str) -> Part | None:
        """A part with an entry an update, earliest first; None when the post has none."""
        if not self.tracked and not any(map(self._may_tell, self.source)):
            return None
        _, body, line = split_front_matter(text)
        lines = list(_lines_above_headings(parse_blocks(body, line)))
        starts = self._starts(lines)
        if not any(self._is_telling(lines[at]) for at in starts):
            return None
        ends = [*(lines[at].line for at in starts[1:]), len(self.source) + 1]
        spans = pairwise([*starts, len(lines)])
        items = [self._item(lines[start:end], stop) for (start, end), stop in zip(spans, ends, strict=True)]
        stamps = [stamp for item in items if (stamp := self._stamp(item.text)) and stamp.day]
        if stamps and _moment(stamps[0]) > _moment(stamps[-1]):
            items.reverse()
        return Part("timeline", "", lines[starts[0]].line, 1, content=list(items), shape="list")

    def _may_tell(self, source: str) -> bool:
        found = _FIRST_WORD.match(source) if _SET_OFF.match(source) else None
        return bool(found and (found[1].isdigit() or found[1].casefold() in self.first_words))

    def _starts(self, lines: list[Line]) -> list[int]:
        starts: list[int] = []
        for at, line in enumerate(lines):
            is_own = line.line in self.tracked and not (starts and self._waits(lines[starts[-1]], line))
            if is_own or self._is_set_off(line):
                starts.append(at)
        return starts

    def _waits(self, first: Line, line: Line) -> bool:
        """Whether the update that is open has not stated its time before this line."""
        return not any(number in self.tracked for number in range(first.line, line.line))

    def _is_set_off(self, line: Line) -> bool:
        opens = _SET_OFF.match(self.source[line.line - 1])
        phase = self._phase(line.text) if opens else None
        if phase is None:
            return bool(opens and (self._stamp(line.text) or _ALONE.fullmatch(self.source[line.line - 1])))
        return bool(_AT.search(phase[0])) or not self._is_value(line.text[phase.end() :])

    def _is_telling(self, line: Line) -> bool:
        """Whether nothing but an update opens so: `Detection: a customer called` may be a field of the record."""
        phase = self._phase(line.text)
        is_word = bool(phase and self.words.look_up("update_words", phase["word"]))
        return line.line in self.tracked or is_word or self._stamp(line.text) is not None

    def _phase(self, text: str) -> re.Match[str] | None:
        found = _OPENS.match(text)
        known = found and (self.words.look_up("phases", found["word"]) or self.words.look_up("update_words", found["word"]))
        return found if known else None

    def _is_value(self, text: str) -> bool:
        """`Resolved: 11:05` and `Resolved: yes` are fields of the record."""
        try:
            self.clockwork.stamp(text)
        except TimeError:
            return bool(self.words.look_up("yes", text) or self.words.look_up("no", text))
        return True

    def _stamp(self, text: str) -> Stamp | None:
        try:
            stamp, _ = self.clockwork.leading_stamp(text.lstrip("(["))
        except TimeError:
            return None
        return stamp if stamp and stamp.clock else None

    def _item(self, lines: list[Line], stop: int) -> Item:
        first, found = lines[0], self._phase(lines[0].text)
        text = f"{found['word']}: {first.text[found.end() :]}".strip() if found else first.text
        when = next((self.tracked[number] for number in range(first.line, stop) if number in self.tracked), None)
        return Item([replace(first, text=f"{when} — {text}" if when else text), *lines[1:]])


def _lines_above_headings(blocks: Iterable[Block]) -> Iterator[Line]:
    for block in blocks:
        if isinstance(block, Heading) and block.level > 1:
            return
        if isinstance(block, Paragraph):
            yield from (line for line in block.lines if line.text)
        elif isinstance(block, Items):
            yield from (line for line in Part(None, "", 1, 1, content=list(block.items)).lines() if line.text)


def _moment(stamp: Stamp) -> tuple[str, str]:
    return str(stamp.day), str(stamp.clock)
