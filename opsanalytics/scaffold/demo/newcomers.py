"""Who joins the demo company, one person every September, with a 30/60/90 plan that is ticked as it goes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from opsanalytics.scaffold.demo.company import COORDINATORS, ENGINEERS, Commit, Person, at, working_day

DAY = datetime.timedelta(days=1)
NAMES = ("Noor Jansen", "Tiago Lopes", "Maren Vogt", "Selin Kaya")
ROLES = ("Support engineer", "Data analyst")

# What is to be done, by the section of the plan, with the day on which it is ticked; None is never.
PLAN: dict[str, dict[str, int | None]] = {
    "Checklist (first week)": {
        "Access: repos, CI, dashboards": 1,
        "Setup: laptop, secrets, coding standards": 2,
        "Read: ROADMAP.md, the last five decisions, runbooks of the team": 4,
        "People: meet the DRIs, support, both coordinators": 4,
    },
    "30 Days": {"Ship a small change": 11, "Shadow on call for a week": 22, "Sit with support for a day": 28},
    "60 Days": {"Own a runbook": 44, "Show something at the ship review": 57},
    "90 Days": {"Be on call": 86, "Write an RFC or lead a small project": None},
}


@dataclass(frozen=True)
class Newcomer:
    name: str
    role: str
    manager: Person
    mentor: Person
    starts_on: datetime.date

    @property
    def path(self) -> str:
        return f"ops/onboarding/{self.starts_on:%Y-%m}-{self.name.split()[0].lower()}.md"

    def ticked_on(self, days: int | None) -> datetime.date | None:
        return None if days is None else working_day(self.starts_on + DAY * days)


def newcomers(began_at: datetime.datetime, until: datetime.date) -> list[Newcomer]:
    joined = (_of(year) for year in range(began_at.year, until.year + 1))
    return [each for each in joined if began_at.date() < each.starts_on <= until]


def _of(year: int) -> Newcomer:
    """On the first Monday of September."""
    first = datetime.date(year, 9, 1)
    return Newcomer(
        name=NAMES[year % len(NAMES)],
        role=ROLES[year % len(ROLES)],
        manager=COORDINATORS[year % len(COORDINATORS)],
        mentor=ENGINEERS[year % len(ENGINEERS)],
        starts_on=first + DAY * (-first.weekday() % 7),
    )


def commits(joined: list[Newcomer]) -> Iterator[Commit]:
    for each in joined:
        yield Commit(at(each.starts_on, 6, 50), each.manager, f"A plan for {each.name}", {each.path: render(each, each.starts_on)})
        ticks = {day for entries in PLAN.values() for days in entries.values() if (day := each.ticked_on(days))}
        for day in sorted(ticks):
            yield Commit(at(day, 15, 30), each.mentor, f"{each.name.split()[0]}: ticked on day {(day - each.starts_on).days}", {each.path: render(each, day)})


def render(newcomer: Newcomer, day: datetime.date) -> str:
    fields = {
        "Name": newcomer.name,
        "Role": newcomer.role,
        "Manager": newcomer.manager.first_name,
        "Mentor": newcomer.mentor.first_name,
        "Start date": str(newcomer.starts_on),
    }
    header = "\n".join(f"{label}: {value}" for label, value in fields.items())
    sections = ("\n".join([f"## {name}\n", *_entries(newcomer, entries, day)]) for name, entries in PLAN.items())
    return "\n\n".join([f"# Onboarding of {newcomer.name}", header, *sections]) + "\n"


def _entries(newcomer: Newcomer, entries: dict[str, int | None], day: datetime.date) -> Iterator[str]:
    for text, days in entries.items():
        ticked_on = newcomer.ticked_on(days)
        is_done = ticked_on is not None and ticked_on <= day
        yield f"- [x] {text} (done {ticked_on})" if is_done else f"- [ ] {text}"
