"""Bytes of a record file as text, or the reason and the place why not."""

from __future__ import annotations

import codecs

from opsanalytics.markup.strict_yaml import MarkupError

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def decode(data: bytes) -> str:
    """UTF-8, with or without byte-order marks, or UTF-16 with one; lines end in `\\n`, however they were written.

    Raises MarkupError at the first bad byte.
    """
    codec, start = _UTF16.get(data[:2], "utf-8"), 2 if data[:2] in _UTF16 else 0
    try:
        text = data[start:].decode(codec).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        before = data[start : start + error.start].decode(codec, errors="replace")
        raise MarkupError("neither UTF-8 nor UTF-16 with a byte-order mark; save it as UTF-8", *_end(before)) from None
    if "\0" in text:
        raise MarkupError("a NUL character: not a text file", *_end(text[: text.index("\0")]))
    if not text.strip():
        raise MarkupError("the file is empty", 1)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _end(text: str) -> tuple[int, int]:
    """The line and column right behind a text."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.count("\n") + 1, len(lines) - lines.rfind("\n")
