"""Zones as teams name them: offsets, IANA names, abbreviations, `Pacific Time`, `Paris time`."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from opsanalytics.markup.words import fold
from opsanalytics.readers.vocabulary import Vocabulary

_MINUSES = dict.fromkeys(map(ord, "‐‑−"), "-")
_UTC_AND = re.compile(r"^(?:UTC|GMT)\s?(?=[+-])", re.IGNORECASE)
_CITY = re.compile(r"(?P<city>[^\W\d_][\w ]{1,40}) time", re.IGNORECASE)
_AREAS = frozenset(("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Etc", "Europe",
                    "Indian", "Pacific", "US"))  # fmt: skip


class TimeError(ValueError):
    """A time that is no instant; the text says why and what to write."""


@lru_cache(maxsize=1024)
def zone_named(name: str, words: Vocabulary, home: tzinfo | None = None) -> tzinfo | None:
    """The zone of a name; None when it is none. Abbreviations are capitals, those of three letters in any case. `home` is the workspace's zone, whose own abbreviations are not in
    doubt. Raises TimeError for an abbreviation of several zones, and for a name such as Europe/Nowhere."""
    name = name.strip().translate(_MINUSES)
    if len(name) in (2, 4, 5) and name.isalpha() and not name.isupper():
        return None
    meant = words.group("zones").get(fold(name), name)
    zone = _offset(_UTC_AND.sub("", meant)) or (_iana(meant) if "/" in meant else _city(meant))
    return zone or _zone_in_doubt(name, words, home)


def _zone_in_doubt(name: str, words: Vocabulary, home: tzinfo | None) -> tzinfo | None:
    if (at_home := _abbreviations(home).get(name)) is not None:
        return timezone(at_home) if at_home else UTC
    if name.isupper() and (several := words.group("zones_in_doubt").get(fold(name))):
        raise TimeError(f"`{name}` may be {several}; write the offset")
    if name.partition("/")[0] in _AREAS and "/" in name:
        raise TimeError(f"no zone is named `{name}`")
    return None


def iana_name(name: str, words: Vocabulary) -> str | None:
    """The IANA zone that a name stands for, also when it stands for one half of its year: `PST` is of America/Los_Angeles."""
    zones, name = words.group("zones"), fold(name)
    halves = (zone for pair, zone in zones.items() if "/" in zone and name in (pair, *pair.split("/")))
    meant = next(halves, zones.get(name, name))
    return "UTC" if meant == "+00:00" else _iana_names().get(meant.casefold())


@cache
def _iana_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@lru_cache(maxsize=64)
def _abbreviations(zone: tzinfo | None) -> dict[str, timedelta]:
    """What a zone calls itself in winter and in summer, with the offset then."""
    days = (datetime(2026, month, 1, tzinfo=zone) for month in (1, 7)) if zone else ()
    return {name: offset for day in days if (name := day.tzname()) and (offset := day.utcoffset()) is not None}


def _offset(text: str) -> tzinfo | None:
    """`+02:00`, `+0200` or `+02`: offsets in use are whole quarters of an hour within fourteen hours."""
    found = re.fullmatch(r"([+-])(\d{1,2}):?([0-5]\d)?", text)
    minutes = int(found[2]) * 60 + int(found[3] or 0) if found else 1
    if not found or minutes % 15 or minutes > 14 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)) if minutes else UTC


@lru_cache(maxsize=256)
def _iana(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _city(name: str) -> tzinfo | None:
    """`Paris time`, when one zone alone ends in that name."""
    found = _CITY.fullmatch(name)
    zones = _zones_by_city().get(fold(found["city"]), ()) if found else ()
    return _iana(zones[0]) if len(zones) == 1 else None


@cache
def _zones_by_city() -> dict[str, list[str]]:
    zones: dict[str, list[str]] = defaultdict(list)
    for name in _iana_names().values():
        if name.partition("/")[0] in _AREAS - {"Etc", "US"}:
            zones[fold(name.rpartition("/")[2])].append(name)
    return dict(zones)
