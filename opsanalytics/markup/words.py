"""Words as teams type them, brought to one spelling for comparison."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

DASHES = "‐‑‒–—―−﹘﹣－"
NO_WIDTH = "\u200b\u200e\u200f\u2060\ufeff"  # they come along when text is pasted
_UNSEEN = dict.fromkeys(map(ord, NO_WIDTH))
_TO_SPACE = {**dict.fromkeys(map(ord, DASHES + "-_"), " "), **_UNSEEN}
_TO_HYPHEN = dict.fromkeys(map(ord, DASHES), "-")
MAX_LABEL = 120
_PARENTHESIS = re.compile(r"\s*\(([^()]*)\)\s*:?\s*$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LEADING_MARKS = re.compile(r"^(?::[a-z][\w+-]{1,30}:\s*|\d+[.)]\s+|[^\w`]+)+")


def plain(text: str) -> str:
    """The text with single spaces, and without what has no width."""
    return " ".join(text.translate(_UNSEEN).split())


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Case, width, every kind of dash and runs of white space made alike: `On‑Call ` and `on-call` are `on call`."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_TO_SPACE).casefold().split())


def with_hyphens(text: str) -> str:
    """The text with every kind of dash as `-` and plain widths, for ids and names that are compared as written."""
    return unicodedata.normalize("NFKC", text.translate(_TO_HYPHEN)).translate(_TO_HYPHEN)


@lru_cache(maxsize=8192)
def fold_label(text: str) -> str:
    """A label without numbering, emoji, remark in parentheses and colon: `## 2. Root Cause (5 Whys):` is `root cause`.

    What is longer than any label gives "", which no label is.
    """
    if len(text) > MAX_LABEL:
        return ""
    bare = _LEADING_MARKS.sub("", _PARENTHESIS.sub("", text.strip().rstrip(":：# ")))
    return fold(bare.rstrip(":： "))


def label_remark(text: str) -> str | None:
    """The remark in parentheses behind a label: `UTC` in `Start Time (UTC)`."""
    found = _PARENTHESIS.search(text)
    return found.group(1).strip() if found else None


def key_words(key: str) -> str:
    """A front-matter key as a label: `resolvedWhen` is `resolved When`."""
    return _CAMEL.sub(" ", key)
