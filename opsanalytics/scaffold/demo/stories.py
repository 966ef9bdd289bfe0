"""The stories of the demo company (`stories.yml`): each a way to fail, with its symptoms, cause and repair."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from random import Random
from string import Template
from typing import Any

import yaml

from opsanalytics.scaffold.demo.company import CARRIERS, MERCHANTS

Slots = dict[str, str]


@dataclass(frozen=True)
class Story:
    """Texts hold `$slots`; a list of titles is a choice; `hours` are the hours of the day (UTC) in which it can start."""

    title: str | list[str]
    impact: str
    fix: str
    resolved: str
    signal: str = "none"
    seen: str = ""
    cause: str = ""
    diagnosis: str = ""
    repair: str = ""
    sev: list[int] = field(default_factory=list)
    hours: list[int] = field(default_factory=lambda: [0, 23])
    services: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    lessons: list[str] = field(default_factory=list)

    @property
    def monitored(self) -> bool:
        return not self.signal.startswith("none")

    def fits(self, severity: int, hour: int) -> bool:
        return severity in self.sev and self.hours[0] <= hour <= self.hours[1]

    def titled(self, slots: Slots, rng: Random) -> str:
        wordings = [self.title] if isinstance(self.title, str) else self.title
        return capital(fill(rng.choice(wordings), slots))


def read_stories() -> dict[str, list[Story]]:
    """Stories by service, and by kind for what is not a service's own."""
    text = files("opsanalytics.scaffold.demo").joinpath("stories.yml").read_text("utf-8")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    groups: dict[str, list[dict[str, Any]]] = yaml.load(text, loader)  # noqa: S506 (a safe loader, and our own file)
    return {group: [Story(**story) for story in told] for group, told in groups.items()}


def draw_slots(service: str, rng: Random) -> Slots:
    return {
        "service": service,
        "carrier": rng.choice(CARRIERS),
        "merchant": rng.choice(MERCHANTS),
        "n": str(rng.randint(6, 58)),
        "many": f"{rng.randint(8, 89) * 100:,}",
        "pct": str(rng.randint(5, 34)),
    }


def fill(text: str, slots: Slots) -> str:
    return Template(text).substitute(slots)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """As inside a sentence: `Labels print` -> `labels print`, but `API answers` stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
