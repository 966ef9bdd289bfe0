"""Bytes of a record file as text, or the reason and the place why not."""

from __future__ import annotations

import codecs

from opsanalytics.markup.strict_yaml import MarkupError

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(data: bytes) -> str:
    """UTF-8, with or without a byte-order mark, or UTF-16 with one. Raises MarkupError at the first bad byte."""
    try:
        text = data.decode("utf-16") if data.startswith(_UTF16) else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _place(data, error.start)
        raise MarkupError("neither UTF-8 nor UTF-16 with a byte-order mark; save it as UTF-8", line, column) from None
    if "\0" in text:
        at = text.index("\0")
        raise MarkupError("a NUL character: not a text file", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    if not text.strip():
        raise MarkupError("the file is empty", 1)
    return text


def _place(data: bytes, at: int) -> tuple[int, int]:
    before = data[:at]
    return before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
