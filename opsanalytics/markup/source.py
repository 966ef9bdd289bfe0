"""The text that is parsed, as the bytes whose ranges a parser gives, and the lines and columns which people see."""

from __future__ import annotations

import re
from bisect import bisect_right

from opsanalytics.markup.elements import Line
from opsanalytics.markup.residue import FILLER

_LINE_END = re.compile(rb"\n")
_TICKS = re.compile(rb"`+[ \t\n]*")


class Source:
    """Tells the place of a byte. Places are asked for in their order, and what lies before is counted once, so that a
    line of a megabyte costs no more than a megabyte of lines."""

    def __init__(self, text: str, first_line: int) -> None:
        self.data = text.encode()
        self.lines = text.split("\n")
        self.first_line = first_line
        self.starts = [0, *[found.end() for found in _LINE_END.finditer(self.data)]]
        self.number, self.counted, self.column = 0, 0, 1

    def place(self, byte: int) -> tuple[int, int]:
        number = bisect_right(self.starts, byte) - 1
        if self.lines[number].isascii():
            return self.first_line + number, byte - self.starts[number] + 1
        if number != self.number or byte < self.counted:
            self.number, self.counted, self.column = number, self.starts[number], 1
        self.column += len(self.data[self.counted : byte].decode(errors="replace"))
        self.counted = byte
        return self.first_line + number, self.column

    def line(self, byte: int, after: int, until: int | None) -> Line:
        """The line on which a byte stands, or the stretch of it between the bytes that part it, still without its words."""
        line, column = self.place(byte)
        number = line - self.first_line
        raw, start, raw_column = self.lines[number], self.starts[number], 1
        if until or after > start:
            start, stop = max(start, after), until or start + len(raw.encode())
            raw, raw_column = self.data[start:stop].decode(), self.place(start)[1]
        return Line("", raw.replace(FILLER, " ").rstrip(), line, column, "", False, raw_column)

    def code_start(self, byte: int) -> int:
        """Where the words of a code span begin, behind its backticks and white space."""
        ticks = _TICKS.match(self.data, byte)
        return ticks.end() if ticks else byte


class Places:
    """The bytes of the source at which the characters of some lines stand; asked for in their order."""

    def __init__(self, lines: list[tuple[str, int]]) -> None:
        self.lines = lines
        self.at = self.begins = self.counted = self.bytes = 0

    def byte(self, offset: int) -> int:
        while self.at + 1 < len(self.lines) and offset >= self.begins + len(self.lines[self.at][0]):
            self.begins += len(self.lines[self.at][0])
            self.at, self.counted, self.bytes = self.at + 1, self.begins, 0
        text, start = self.lines[self.at]
        self.bytes += len(text[self.counted - self.begins : offset - self.begins].encode())
        self.counted = offset
        return start + self.bytes
