"""Onboarding plans of last year's newcomers, kept in a wiki until somebody brings all of them over in one commit."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from opsanalytics.scaffold.demo.company import COORDINATORS, ENGINEERS, Commit, at, working_day

NEWCOMERS = ("Aiko", "Benoit", "Carla", "Dario", "Elin", "Fabian", "Greta", "Hugo", "Ines", "Jonas", "Katja", "Luis")
PLAN = {
    "First week": ("Meet everybody on call", "Read the last ten postmortems"),
    "30 days": ("Ship a first change", "Shadow a week on call"),
    "60 days": ("Take a week on call",),
    "90 days": ("Write a runbook that was missing",),
}
LAST = "Write a runbook that was missing"


def imported_at(year: int) -> datetime.datetime:
    return at(working_day(datetime.date(year, 2, 11)), 14, 20, 33)


def ticked_at(year: int) -> datetime.datetime:
    """When the last newcomer's last box was ticked."""
    return at(working_day(datetime.date(year, 2, 24)), 10, 5, 12)


def started_on(year: int, place: int) -> datetime.date:
    return working_day(datetime.date(year - 1, place + 1, 3))


def path_of(year: int, place: int) -> str:
    return f"ops/onboarding/{year - 1}-{NEWCOMERS[place].lower()}.md"


def render(year: int, place: int, when: datetime.datetime) -> str:
    """All is done but the last box of the last one; no box says when."""
    is_open = place == len(NEWCOMERS) - 1 and when < ticked_at(year)
    mentor = ENGINEERS[place % len(ENGINEERS)].first_name
    head = (f"# 30/60/90 of {NEWCOMERS[place]}\n\nRole: Engineer\nName: {NEWCOMERS[place]}\nMentor: {mentor}\n"
            f"Start date: {started_on(year, place)}\n")  # fmt: skip
    parts = (f"\n## {name}\n\n" + "".join(f"- [{' ' if is_open and task == LAST else 'x'}] {task}\n" for task in tasks)
             for name, tasks in PLAN.items())  # fmt: skip
    return head + "".join(parts)


def commits(began_at: datetime.datetime, until: datetime.date) -> Iterator[Commit]:
    for year in _years(began_at, until):
        when, ticked = imported_at(year), ticked_at(year)
        plans = {path_of(year, place): render(year, place, when) for place in range(len(NEWCOMERS))}
        yield Commit(when, COORDINATORS[1], "Bring last year's onboarding plans over from the wiki", plans)
        last = len(NEWCOMERS) - 1
        message = f"Onboarding of {NEWCOMERS[last]}: done"
        yield Commit(ticked, ENGINEERS[0], message, {path_of(year, last): render(year, last, ticked)})


def progress(began_at: datetime.datetime, until: datetime.date) -> dict[str, list[int]]:
    """By file, how many entries, and how many are done."""
    count = sum(map(len, PLAN.values()))
    brought = [year for year in _years(began_at, until) if imported_at(year).date() <= until]
    done = {path_of(year, place): [count, count] for year in brought for place in range(len(NEWCOMERS))}
    waiting = [path_of(year, len(NEWCOMERS) - 1) for year in brought if ticked_at(year).date() > until]
    return done | {path: [count, count - 1] for path in waiting}


def _years(began_at: datetime.datetime, until: datetime.date) -> list[int]:
    """Every second one."""
    return [year for year in range(began_at.year, until.year + 1) if year % 2 == 0 and imported_at(year) > began_at]
