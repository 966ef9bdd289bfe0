"""Words as teams type them, brought to one spelling for comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

DASHES = "‐‑‒–—―−﹘﹣－"
NO_WIDTH = "\u200b\u200e\u200f\u2060\ufeff"  # they come along when text is pasted
_DASH, _UNSEEN = re.compile(f"[{DASHES}]"), re.compile(f"[{NO_WIDTH}]")  # `str.translate` takes eight times as long
MAX_LABEL = 120
_PARENTHESIS = re.compile(r"\s*\(([^()]*)\)\s*:?\s*$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LEADING_MARKS = re.compile(r"(?::[a-z][\w+-]{1,30}:\s*|\d+[.)]\s+|[^\w`]+)+")


def plain(text: str) -> str:
    """The text with single spaces, and without what has no width."""
    return " ".join((text if text.isascii() else _UNSEEN.sub("", text)).split())


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Case, width, every kind of dash and runs of white space made alike: `On‑Call ` and `on-call` are `on call`."""
    if not text.isascii():
        text = _DASH.sub("-", _UNSEEN.sub("", unicodedata.normalize("NFKC", text)))
    return " ".join(text.replace("-", " ").replace("_", " ").casefold().split())


def with_hyphens(text: str) -> str:
    """The text with every kind of dash as `-` and plain widths, for ids and names that are compared as written."""
    return text if text.isascii() else _DASH.sub("-", unicodedata.normalize("NFKC", _DASH.sub("-", text)))


@lru_cache(maxsize=8192)
def fold_label(text: str) -> str:
    """A label without numbering, emoji, remark in parentheses and colon: `## 2. Root Cause (5 Whys):` is `root cause`.

    What is longer than any label gives "", which no label is.
    """
    if len(text) > MAX_LABEL:
        return ""
    bare = text.strip().rstrip(":：# ")
    bare = _PARENTHESIS.sub("", bare) if "(" in bare else bare
    marks = _LEADING_MARKS.match(bare)
    return fold((bare[marks.end() :] if marks else bare).rstrip(":： "))


def label_remark(text: str) -> str | None:
    """The remark in parentheses behind a label: `UTC` in `Start Time (UTC)`."""
    found = _PARENTHESIS.search(text) if "(" in text else None
    return found.group(1).strip() if found else None


def shortest(words: Iterable[str]) -> tuple[str, ...]:
    """Those that contain none of the others: a text that has any of the words has one of these."""
    distinct = set(words)
    return tuple(word for word in distinct if not any(other in word for other in distinct - {word}))


def before_colon(text: str) -> str:
    """The label of a line such as `Severity: SEV-1`."""
    return text.partition(":")[0].partition("：")[0]


def key_words(key: str) -> str:
    """A front-matter key as a label: `resolvedWhen` is `resolved When`."""
    return _CAMEL.sub(" ", key)
