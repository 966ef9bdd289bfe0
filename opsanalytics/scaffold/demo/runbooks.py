"""The demo company's runbooks, one a service, looked through every quarter: but for one that has none, and one that nobody
has looked at for long."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from opsanalytics.scaffold.demo.banks import read_bank
from opsanalytics.scaffold.demo.company import ENGINEERS, SERVICE_WEIGHTS, Commit, at

WITHOUT, STALE = "billing", "pickups"
EVERY = 84  # days
PROMISED = 90
DAY = datetime.timedelta(days=1)
SERVICES = tuple(service for service in SERVICE_WEIGHTS if service != WITHOUT)


def reviewed_on(service: str, day: datetime.date) -> datetime.date:
    """The last Monday up to a day on which somebody looked through it; the stale one's was in a year of an odd number."""
    if service == STALE:
        last = datetime.date(day.year, 1, 20)
        return last if day.year % 2 and last <= day else datetime.date(day.year - 1 - day.year % 2, 1, 20)
    return day - DAY * ((day.toordinal() - 1 - 7 * SERVICES.index(service)) % EVERY)


def files(day: datetime.date) -> dict[str, str]:
    """As they stand on a day."""
    return {f"ops/runbooks/{service}.md": render(service, reviewed_on(service, day)) for service in SERVICES}


def commits(began_at: datetime.datetime, until: datetime.date) -> Iterator[Commit]:
    days = (began_at.date() + DAY * number for number in range(1, (until - began_at.date()).days + 1))
    for day in days:
        for service in (service for service in SERVICES if reviewed_on(service, day) == day):
            author = ENGINEERS[day.toordinal() % len(ENGINEERS)]
            path = f"ops/runbooks/{service}.md"
            yield Commit(at(day, 13, 40, SERVICES.index(service)), author, f"Look through the {service} runbook", {path: render(service, day)})


def render(service: str, day: datetime.date) -> str:
    told = read_bank("runbooks")[service]
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(told["steps"], 1))
    fields = f"Service: {service}\nPager: {told['pager']}\nLast reviewed: {day}\nReview every: {PROMISED} days"
    return f"# When {service} fails\n\n{fields}\n\n## Playbook\n\n{steps}\n\n## Rollback\n\n{told['rollback']}\n"
