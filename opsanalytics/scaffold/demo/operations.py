"""What the demo company's tools know: its services and people, who is on call, what it promises, measures and deploys.

Measurements, deployments and pages are exported every Monday, a file a month, for ten quarters: a forecast
of pages needs two years. Every day and every incident has its own random numbers, so that a later `until` changes nothing in the past.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from opsanalytics.scaffold.demo.chronicle import move_of
from opsanalytics.scaffold.demo.company import (
    COORDINATORS,
    ENGINEERS,
    SERVICE_WEIGHTS,
    SPEAKERS,
    Commit,
    at,
    is_working,
    minutes,
    months_before,
)
from opsanalytics.scaffold.demo.incidents import Incident

DAY = datetime.timedelta(days=1)
QUARTERS = 10
TEAMS = {"tracking": ("parcels", 1), "labels": ("parcels", 1), "api": ("platform", 1), "rates": ("parcels", 2), "webhooks": ("platform", 2),
         "portal": ("shop", 1), "pickups": ("parcels", 2), "billing": ("shop", 3)}  # fmt: skip
ALIASES = {"tracking": "track and trace", "labels": "label printing", "api": "public api", "portal": "merchant portal"}
LOST = {1: 0.7, 2: 0.12, 3: 0.01}  # share of events that go wrong while an incident lasts
DEPLOYED_A_DAY = 0.35
NOISE_A_DAY = 0.3
URGENT_NOISE = 0.4


@dataclass(frozen=True)
class Slo:
    service: str
    name: str
    target: float
    window: str
    indicator: str
    events_a_day: int
    usual_loss: float

    @property
    def slo_id(self) -> str:
        return f"{self.service}-{self.name}"


SLOS = (
    Slo("api", "availability", 99.9, "28d", "answers below 500 / answers", 900_000, 0.0002),
    Slo("labels", "printed", 99.5, "28d", "labels within a minute / labels", 60_000, 0.0012),
    Slo("tracking", "freshness", 99.0, "28d", "scans shown within five minutes / scans", 400_000, 0.0035),
    Slo("portal", "loads", 99.5, "1M", "pages within two seconds / pages", 150_000, 0.0018),
)


def first_day(until: datetime.date) -> datetime.date:
    """The start of the tenth quarter back, the unfinished one counted."""
    return months_before(datetime.date(until.year, until.month - (until.month - 1) % 3, 1), 3 * (QUARTERS - 1))


def standing_files(began_on: datetime.date) -> dict[str, str]:
    """What is written down once."""
    return {
        "ops/services.yml": _services(),
        "ops/people.yml": _people(),
        "ops/oncall.yml": _rota(began_on),
        "ops/slo.yml": _slos(),
    }


def _services() -> str:
    lines = [f"  - {{service: {name}, {f'aliases: [{ALIASES[name]}], ' if name in ALIASES else ''}team: {team}, tier: {tier}}}"
             for name, (team, tier) in TEAMS.items()]  # fmt: skip
    return "services:\n" + "\n".join(lines) + "\n"


def _people() -> str:
    roles = {"engineer": ENGINEERS, "coordinator": COORDINATORS, "speaker": SPEAKERS}
    lines = [f"  - {{person: {person.first_name}, name: {person.name}, aliases: [{person.email}], role: {role}}}"
             for role, people in roles.items() for person in people]  # fmt: skip
    return "people:\n" + "\n".join(lines) + "\n"


def _rota(began_on: datetime.date) -> str:
    """Written down from the first Monday of the record on; whose week it is does not depend on that."""
    monday = began_on + datetime.timedelta(days=-began_on.weekday() % 7)
    names = ", ".join(on_call(monday + week * 7 * DAY) for week in range(len(ENGINEERS)))
    return f"rotation: {{people: [{names}], starts_on: {monday}, every: 7d}}\n"


def on_call(day: datetime.date) -> str:
    return ENGINEERS[(day.toordinal() - 1) // 7 % len(ENGINEERS)].first_name


def _slos() -> str:
    lines = [f'  - {{service: {slo.service}, name: {slo.name}, target: {slo.target}, time_window: {slo.window}, indicator: "{slo.indicator}"}}'
             for slo in SLOS]  # fmt: skip
    return "slos:\n" + "\n".join(lines) + "\n"


def commits(incidents: Sequence[Incident], until: datetime.date, seed: int) -> Iterator[Commit]:
    yield from _annotations(until, seed)
    exports = Exports(incidents, seed)
    first = first_day(until)
    monday = first + datetime.timedelta(days=7 - first.weekday())
    while monday <= until:
        months = sorted({max(first, day).replace(day=1) for day in (monday - 7 * DAY, monday - DAY)})
        files = {path: text for month in months for path, text in exports.files(month, monday).items()}
        yield Commit(at(monday, 4, 30), COORDINATORS[1], "Weekly export: measurements, deployments, pages", files)
        monday += 7 * DAY


def _annotations(until: datetime.date, seed: int) -> Iterator[Commit]:
    """The moves to the new cluster, each told on the day that it starts."""
    lines = []
    for month in (months_before(until.replace(day=1), back) for back in range(3 * QUARTERS, -1, -1)):
        service, stage = move_of(month, seed)
        if stage == 0 and month.month % 3 == 1:
            ends = months_before(month, -3) - DAY
            lines.append(f"  - {{starts_on: {month}, ends_on: {ends}, text: {service} moves to the new cluster}}\n")
            yield Commit(at(month, 8), COORDINATORS[1], f"Annotate the move of {service}", {"ops/annotations.yml": "annotations:\n" + "".join(lines)})


class Exports:
    """The tools' own records, a file a month."""

    def __init__(self, incidents: Sequence[Incident], seed: int) -> None:
        self.seed = seed
        self.told: dict[tuple[str, datetime.date], list[str]] = {}  # a day is exported again until its month is over
        self.incidents = [each for each in incidents if each.kind in ("incident", "false-alarm") and not each.duplicate_of]

    def files(self, month: datetime.date, before: datetime.date) -> dict[str, str]:
        """What is known of a month before a day."""
        days = [day for number in range(31) if (day := month + number * DAY).month == month.month and day < before]
        tables = {
            "sli_samples": ("slo_id,bucket_at,bucket_minutes,good,total", self.samples),
            "deployments": ("deployment_id,service,environment,finished_at,status", self.deployments),
            "pages": ("page_id,paged_at,acknowledged_at,person,service,urgency,incident_id", self.pages),
        }
        return {f"ops/{name}/{month:%Y-%m}.csv": "\n".join([header, *(row for day in days for row in self._of_day(name, rows, day))]) + "\n"
                for name, (header, rows) in tables.items()}  # fmt: skip

    def _of_day(self, name: str, rows: Callable[[datetime.date], list[str]], day: datetime.date) -> list[str]:
        if (name, day) not in self.told:
            self.told[name, day] = rows(day)
        return self.told[name, day]

    def samples(self, day: datetime.date) -> list[str]:
        return [f"{slo.slo_id},{day}T00:00:00Z,1440,{good},{total}" for slo in SLOS for good, total in [self.events(slo, day)]]

    def events(self, slo: Slo, day: datetime.date) -> tuple[int, int]:
        """Good and all events of a day (UTC)."""
        rng = Random(f"{self.seed} {slo.slo_id} {day}")
        total = int(slo.events_a_day * (0.55 if day.weekday() > 4 else 1) * rng.uniform(0.9, 1.1))
        lost = slo.usual_loss * rng.uniform(0.5, 1.5)
        for incident in self.incidents:
            if slo.service in incident.services and incident.severity and incident.kind == "incident":
                lost += LOST[incident.severity] * _minutes_on(incident, day) / 1440
        return total - min(total, round(total * lost)), total

    def deployments(self, day: datetime.date) -> list[str]:
        rng = Random(f"{self.seed} deployments {day}")
        done = [(at(day, rng.randint(7, 15), rng.randint(0, 59)), service) for service in SERVICE_WEIGHTS
                if is_working(day) and rng.random() < DEPLOYED_A_DAY]  # fmt: skip
        rows = [(when, service, rng.choices(("succeeded", "failed", "rolled-back"), (95, 4, 1))[0]) for when, service in done]
        for incident in self.incidents:
            when = caused_by(incident)
            if when and when.date() == day:
                rows.append((when, incident.services[0], "succeeded"))
        return [f"d-{when:%Y%m%d-%H%M}-{service},{service},production,{when:%Y-%m-%dT%H:%MZ},{status}" for when, service, status in sorted(set(rows))]

    def pages(self, day: datetime.date) -> list[str]:
        calls = [(each.events[0].at, each.services[0], "high", each.incident_id) for each in self.incidents
                 if is_paged(each) and each.events[0].at.date() == day]  # fmt: skip
        rng = Random(f"{self.seed} pages {day}")
        while rng.random() < NOISE_A_DAY:
            urgency = "high" if rng.random() < URGENT_NOISE else "low"
            calls.append((at(day, rng.randint(0, 23), rng.randint(0, 59)), rng.choice(list(SERVICE_WEIGHTS)), urgency, ""))
        rows = []
        for number, (when, service, urgency, incident_id) in enumerate(sorted(calls), 1):
            taken = when + minutes(Random(f"{self.seed} {when}").randint(1, 14))
            rows.append(f"p-{day:%Y%m%d}-{number},{when:%Y-%m-%dT%H:%MZ},{taken:%Y-%m-%dT%H:%MZ},{on_call(when.date())},{service},{urgency},{incident_id}")
        return rows


def is_paged(incident: Incident) -> bool:
    return incident.detected_by == "monitor"


def caused_by(incident: Incident) -> datetime.datetime | None:
    """When the deployment was over that an incident was mended by undoing."""
    undone = any("roll" in text.casefold() and "back" in text.casefold() for text in incident.mitigations)
    return incident.started_at - minutes(8 + incident.started_at.minute % 30) if undone and incident.kind == "incident" else None


def _minutes_on(incident: Incident, day: datetime.date) -> float:
    begun, ended = max(incident.started_at, at(day, 0)), min(incident.resolved_at, at(day + DAY, 0))
    return max(0.0, (ended - begun) / minutes(1))
