"""Lindenpost, the demo company: its people, its services, its calendar and how a commit of its record looks."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

NAME = "Lindenpost"
FOLLOW_UP_DAYS = {1: 7, 2: 14, 3: 30}
POSTMORTEM_HOURS = 72
ZONE = ZoneInfo("Europe/Paris")
DAYS_OFF = frozenset(
    {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 26), (12, 31)}
)


@dataclass(frozen=True)
class Person:
    name: str
    email: str

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


@dataclass(frozen=True)
class Commit:
    """One commit of the record. `when` is aware UTC; `files` maps a path from the root to its new text."""

    when: datetime.datetime
    author: Person
    message: str
    files: dict[str, str]


def _person(name: str, mailbox: str) -> Person:
    return Person(name, f"{mailbox}@lindenpost.example")


ENGINEERS = (
    _person("Ana Ferreira", "ana"),
    _person("Bao Nguyen", "bao"),
    _person("Chidi Okafor", "chidi"),
    _person("Dilara Aydın", "dilara"),
    _person("Goran Petrović", "goran"),
    _person("Hana Sato", "hana"),
)
COORDINATORS = (_person("Inès Moreau", "ines"), _person("Emil Lindqvist", "emil"))
SPEAKERS = (_person("Farah Haddad", "farah"), _person("Kwame Boateng", "kwame"))

SERVICE_WEIGHTS = {
    "tracking": 15,
    "labels": 13,
    "api": 12,
    "rates": 10,
    "webhooks": 10,
    "portal": 9,
    "pickups": 9,
    "billing": 7,
}
CARRIERS = ("Norpak", "Velo Express", "Blauwlijn", "PostAlp", "Citisprint", "Vistula Cargo", "Isla Envíos")
MERCHANTS = (
    "Maison Tilleul", "Brightcrate", "Kornblume", "Fjellsport", "Papelaria Sol", "Otter & Oak", "Tante Emma Online",
    "Bicicletta Viva", "Lumen Yarn", "Halden Books", "Petit Potager", "North Quay Tea",
)  # fmt: skip

OPS_YML = f"""\
company: {NAME}
zone: Europe/Paris
policies:
  follow_up_sla_days: {{SEV-1: 7, SEV-2: 14, SEV-3: 30}}
  postmortem_scheduled_hours: {POSTMORTEM_HOURS}
"""

README_MD = f"""\
# {NAME}: the operating record

{NAME} books parcel carriers for online shops. This repository is our operating record: plain files, one for each
incident, decision and meeting, kept by the people who were there. It is invented; any likeness to a real company is chance.

- `ops/incidents/`: one file for each incident, drill and planned maintenance. Open it when you take the page, fill in the
  timeline when it is over, write the postmortem within {POSTMORTEM_HOURS} hours, tick a follow-up when it is done. Times are UTC.
- `ops/decisions/`: one file for each decision: context, options, decision, owner. Proposed first, then accepted or rejected;
  a later one that takes its place is named in both files.
- `ops/rituals/`: one file for each meeting, in the folder of its ritual: triage, ship review, on-call sync, product
  council, retrospective, planning. Standups are written down since two quarters ago only; before, they went by in the chat.
  A meeting that fell away on short notice has a file that says so; one that nobody thought of has none.
- `ROADMAP.md`: what we do now, next and later. `rfcs/`: what somebody puts forward for comments, for two weeks.
- `ops/runbooks/`: what to do when a service fails, one file a service. `ops/onboarding/`: the plan of everybody who joins;
  older ones were brought over from the old wiki in one go, every second year.
- `ops/cadence.yml`: when we promised to meet, for how long, and our days off. Times of meetings are those on our wall.
- `ops/services.yml`, `ops/people.yml`, `ops/oncall.yml`: what we run, who we are, and who is on call from Monday to Monday.
- `ops/slo.yml`: what we promise. `ops/sli_samples/`, `ops/deployments/` and `ops/pages/` are exported every Monday, a file a
  month, since ten quarters ago.
- `ops.yml`: our zone, and how long a follow-up may take. `ops/annotations.yml`: what happened that every chart should show.

```
opsanalytics check                        # what is wrong in the record, by file and line
opsanalytics due                          # what we promised and have not done
opsanalytics report quarterly-planning    # the quarter, from the record
```
"""


def at(day: datetime.date, hour: int, minute: int = 0, second: int = 0) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=datetime.UTC)


def local(day: datetime.date, hour: int, minute: int) -> datetime.datetime:
    """The instant, in UTC, of a time on the wall."""
    wall = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)
    return wall.astimezone(datetime.UTC)


def is_working(day: datetime.date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in DAYS_OFF


def minutes(count: int) -> datetime.timedelta:
    return datetime.timedelta(minutes=count)


def seconds(count: int) -> datetime.timedelta:
    return datetime.timedelta(seconds=count)


def working_day(day: datetime.date) -> datetime.date:
    """The day itself, or the Monday after a weekend."""
    return day + datetime.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def months_before(day: datetime.date, months: int) -> datetime.date:
    """The same day of an earlier month, or that month's last day when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    next_month = datetime.date(year + month // 11, (month + 1) % 12 + 1, 1)
    last_day = (next_month - datetime.timedelta(days=1)).day
    return datetime.date(year, month + 1, min(day.day, last_day))


def mondays(iso_year: int) -> list[datetime.date]:
    first = datetime.date.fromisocalendar(iso_year, 1, 1)
    weeks = datetime.date(iso_year, 12, 28).isocalendar().week
    return [first + datetime.timedelta(weeks=week) for week in range(weeks)]
