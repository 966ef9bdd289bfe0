"""The text that is parsed, as the bytes whose ranges a parser gives, and the lines and columns which people see."""

from __future__ import annotations

import re
from bisect import bisect_right

from opsanalytics.markup.residue import FILLER

_TICKS = re.compile(rb"`+[ \t\n]*")


class Source:
    """Tells the place of a byte. Places are asked for in their order, and what lies before is counted once, so that a
    line of a megabyte costs no more than a megabyte of lines."""

    def __init__(self, text: str, first_line: int) -> None:
        self.data = text.encode()
        self.first_line = first_line
        self.starts = [0]
        while at := self.data.find(b"\n", self.starts[-1]) + 1:
            self.starts.append(at)
        self.number, self.counted, self.column = 0, 0, 1

    def place(self, byte: int) -> tuple[int, int]:
        number = self._number(byte)
        if number != self.number or byte < self.counted:
            self.number, self.counted, self.column = number, self.starts[number], 1
        self.column += len(self.data[self.counted : byte].decode(errors="replace"))
        self.counted = byte
        return self.first_line + number, self.column

    def line_start(self, byte: int) -> int:
        return self.starts[self._number(byte)]

    def raw(self, start: int, stop: int | None = None) -> str:
        """What is written from one byte to another, else to the end of the line, without what was stepped over."""
        if stop is None:
            after = self._number(start) + 1
            stop = self.starts[after] if after < len(self.starts) else len(self.data)
        return self.data[start:stop].decode().replace(FILLER, " ").rstrip()

    def code_start(self, byte: int) -> int:
        """Where the words of a code span begin, behind its backticks and white space."""
        ticks = _TICKS.match(self.data, byte)
        return ticks.end() if ticks else byte

    def _number(self, byte: int) -> int:
        after = self.number + 1
        if self.starts[self.number] <= byte and (after == len(self.starts) or byte < self.starts[after]):
            return self.number
        return bisect_right(self.starts, byte) - 1


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
