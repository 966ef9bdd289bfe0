"""Stretches of time as teams write them: `28d`, `4 weeks`, `1M`."""

from __future__ import annotations

import re

from opsanalytics.markup.words import fold
from opsanalytics.readers.vocabulary import Vocabulary

_PART = re.compile(r"\s*(?P<count>\d{1,6})\s*(?P<unit>[A-Za-z]+)")
_DAYS = {"d": 1.0, "M": 365.25 / 12, "Q": 365.25 / 4, "Y": 365.25}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def window_of(text: str, words: Vocabulary) -> str:
    """`28d`, `1M`, `1Q`, `1Y`; `4w`, `672h` and `28 days` are `28d`. Less than an hour is no window. Raises ValueError."""
    window = stretch_of(text, words)
    if window[-1] in "ms":
        raise ValueError(f"`{text[:40]}` is too short for a window (`m` is a minute, and a month is written 1M)")
    return window


def stretch_of(text: str, words: Vocabulary) -> str:
    """As `window_of`, down to seconds: `1m`. Raises ValueError."""
    text = text.strip()
    parts = [(int(found["count"]), _unit(found["unit"], words)) for found in _PART.finditer(text)]
    if _PART.sub("", text).strip():
        parts = [(1, _unit(text, words))]
    units = {unit for _, unit in parts}
    if not parts or None in units or (len(parts) > 1 and not units <= set(_SECONDS)) or not any(count for count, _ in parts):
        raise ValueError(f"`{text[:40]}` is no stretch of time; write it as 5m, 28d, 1M or 1Q")
    count, unit = parts[0]
    return _of_seconds(sum(n * _SECONDS[u] for n, u in parts if u)) if units <= set(_SECONDS) else f"{count}{unit}"


def days_of(text: str, words: Vocabulary) -> int:
    """`90 days`, `every 6 months`, `quarterly`: a month is a twelfth of 365.25 days, rounded. Raises ValueError."""
    every = words.pattern("every", "every").match(text.strip())
    stretch = stretch_of(text.strip()[every.end() :] if every else text, words)
    if stretch[-1] not in _DAYS:
        raise ValueError(f"`{text[:40]}` is less than a day")
    return round(int(stretch[:-1]) * _DAYS[stretch[-1]])


def _unit(word: str, words: Vocabulary) -> str | None:
    """`M` is a month and `m` a minute."""
    if word in ("M", "Q", "Y"):
        return word
    return words.group("window_units").get(fold(word))


def _of_seconds(seconds: int) -> str:
    unit = next(unit for unit in "dhms" if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"
