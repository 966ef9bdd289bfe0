"""When the demo company promises to meet, and what becomes of each promise: held, held late, cancelled or missed.

Every promised day has its own random numbers, so what became of it does not depend on `until`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from opsanalytics.scaffold.demo.banks import card, deck
from opsanalytics.scaffold.demo.chronicle import move_of
from opsanalytics.scaffold.demo.company import (
    COORDINATORS,
    ENGINEERS,
    SPEAKERS,
    Commit,
    Person,
    at,
    is_working,
    local,
    minutes,
    months_before,
)

DAY = datetime.timedelta(days=1)
STANDUP_MONTHS = 6
EVERYBODY = (*COORDINATORS, *ENGINEERS, *SPEAKERS)
INES, EMIL = COORDINATORS
ABSENT = 0.08
ABSENT_IN_SUMMER = 0.3
ROUGH = 1.8  # times as many meetings fall away in the quarter of a move


@dataclass(frozen=True)
class Ritual:
    """`on` tells its days without holidays; `lost` and `cancelled` are shares; `slips` are days that it can be late."""

    name: str
    title: str
    rrule: str
    on: Callable[[datetime.date], bool]
    timebox: int
    owner: Person
    crew: tuple[Person, ...]
    starts: tuple[int, int]
    lost: float
    cancelled: float
    late: float
    slips: int
    spread: tuple[float, float] = (0.92, 0.16)  # of the minutes, as a share of the timebox


def _weeks(day: datetime.date) -> int:
    return (day.toordinal() - 1) // 7


def _is_last_thursday(day: datetime.date) -> bool:
    return day.weekday() == 3 and (day + 7 * DAY).month != day.month


def _is_third_wednesday_of_a_quarter(day: datetime.date) -> bool:
    return day.weekday() == 2 and day.month % 3 == 0 and 15 <= day.day <= 21


RITUALS = (
    Ritual("standup", "Standup", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", lambda day: day.weekday() < 5, 15, EMIL,
           (*ENGINEERS, EMIL), (10, 0), 0.02, 0.0, 0.0, 0, (0.85, 0.25)),
    Ritual("triage", "Triage", "FREQ=WEEKLY;BYDAY=MO,TH", lambda day: day.weekday() in (0, 3), 30, INES,
           (INES, *ENGINEERS[:5]), (9, 30), 0.05, 0.03, 0.05, 1),
    Ritual("ship-review", "Ship review", "FREQ=WEEKLY;BYDAY=WE", lambda day: day.weekday() == 2, 45, INES,
           EVERYBODY, (15, 0), 0.04, 0.04, 0.05, 1, (1.0, 0.18)),
    Ritual("oncall-sync", "On-call sync", "FREQ=WEEKLY;BYDAY=FR", lambda day: day.weekday() == 4, 30, EMIL,
           (EMIL, *ENGINEERS), (11, 0), 0.07, 0.04, 0.04, 3),
    Ritual("product-council", "Product council", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
           lambda day: day.weekday() == 1 and _weeks(day) % 2 == 0, 60, SPEAKERS[0],
           (*COORDINATORS, *SPEAKERS, ENGINEERS[0], ENGINEERS[3]), (14, 0), 0.06, 0.06, 0.06, 2, (1.05, 0.2)),
    Ritual("retrospective", "Retrospective", "FREQ=MONTHLY;BYDAY=-1TH", _is_last_thursday, 60, INES,
           EVERYBODY, (16, 0), 0.06, 0.05, 0.2, 4, (1.0, 0.17)),
    Ritual("planning", "Planning", "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=3WE", _is_third_wednesday_of_a_quarter, 240, INES,
           EVERYBODY, (9, 0), 0.0, 0.0, 0.25, 6, (0.98, 0.12)),
)  # fmt: skip
BY_NAME = {ritual.name: ritual for ritual in RITUALS}


@dataclass(frozen=True)
class Session:
    """What became of a promised day. A missed one has no file; a cancelled one has a file and no minutes."""

    ritual: Ritual
    promised_on: datetime.date
    outcome: str
    held_on: datetime.date
    started_at: datetime.datetime
    minutes: int
    facilitator: Person
    present: tuple[Person, ...]
    absent: tuple[Person, ...]
    reason: str = ""
    undated: bool = False

    @property
    def path(self) -> str:
        return f"ops/rituals/{self.ritual.name}/{self.held_on}.md"

    @property
    def filed_at(self) -> datetime.datetime:
        """When its file is committed."""
        return self.started_at + minutes(self.minutes + 4) + datetime.timedelta(seconds=self.held_on.toordinal() % 50)

    @property
    def is_held(self) -> bool:
        return self.outcome == "held"


def first_day(ritual: Ritual, began_on: datetime.date) -> datetime.date:
    """The first day of the promise: the first one that the ritual falls on, holiday or not."""
    day = began_on + DAY
    while not ritual.on(day):
        day += DAY
    return day


def promised(ritual: Ritual, first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    days = (first + DAY * count for count in range((last - first).days + 1))
    return (day for day in days if ritual.on(day) and is_working(day))


def sessions(ritual: Ritual, first: datetime.date, last: datetime.date, seed: int) -> list[Session]:
    """One a promised day, missed ones too."""
    return [_session(ritual, day, seed) for day in promised(ritual, first, last)]


def first_days(until: datetime.date, months: int) -> dict[str, datetime.date]:
    """When each ritual's promise begins: standups are written down for the last two quarters only."""
    long, short = months_before(until, months), months_before(until, STANDUP_MONTHS)
    monday = short + DAY * (-short.weekday() % 7)
    return {each.name: monday if each.name == "standup" else first_day(each, long) for each in RITUALS}


def _session(ritual: Ritual, day: datetime.date, seed: int) -> Session:
    rng = Random(f"{seed} {ritual.name} {day}")
    outcome = _outcome(ritual, day, seed, rng)
    held_on = _held_on(ritual, day, rng) if outcome == "held" else day
    present, absent = _attendance(ritual, day, rng)
    low = ritual.timebox * max(0.4, rng.gauss(*ritual.spread))
    session = Session(
        ritual=ritual,
        promised_on=day,
        outcome=outcome,
        held_on=held_on,
        started_at=local(held_on, *ritual.starts) + minutes(rng.choice((0, 0, 0, 2, 5))),
        minutes=round(low),
        facilitator=ritual.owner if ritual.owner in present else present[0],
        present=present,
        absent=absent,
        undated=_is_undated(ritual, day),
    )
    return _called_off(session, seed) if outcome == "cancelled" else session


def _outcome(ritual: Ritual, day: datetime.date, seed: int, rng: Random) -> str:
    times = ROUGH if move_of(day, seed)[1] == 0 or (day.month, day.day) >= (12, 18) else 1
    times *= 1.5 if day.month == 8 else 1
    lost, cancelled = ritual.lost * times, ritual.cancelled * times
    return rng.choices(("missed", "cancelled", "held"), (lost, cancelled, 1 - lost - cancelled))[0]


def _held_on(ritual: Ritual, day: datetime.date, rng: Random) -> datetime.date:
    """The promised day, or a later one before the next promise."""
    if rng.random() >= ritual.late:
        return day
    later = [day + DAY * slip for slip in range(1, ritual.slips + 1)]
    return rng.choice([each for each in later if is_working(each)] or [day])


def _attendance(ritual: Ritual, day: datetime.date, rng: Random) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    share = ABSENT_IN_SUMMER if day.month == 8 else ABSENT
    absent = tuple(person for person in ritual.crew if rng.random() < share)[: len(ritual.crew) - 2]
    return tuple(person for person in ritual.crew if person not in absent), absent


def _called_off(session: Session, seed: int) -> Session:
    reason = card(deck("cancelled"), f"cancelled {session.ritual.name}", seed, _weeks(session.promised_on))
    noon = at(session.held_on, 7, 20)
    return replace(session, started_at=noon, minutes=0, reason=reason, facilitator=session.ritual.owner)


def _is_undated(ritual: Ritual, day: datetime.date) -> bool:
    """Once a year somebody forgets the line `Date:`."""
    return ritual.name == "oncall-sync" and day.month == 5 and 8 <= day.day <= 14


# ops/cadence.yml --------------------------------------------------------------------------------------------------


def commits(began_at: datetime.datetime, until: datetime.date, months: int) -> Iterator[Commit]:
    """The cadence as it is promised first, and again when standups begin to be written down."""
    firsts = first_days(until, months)
    weekly = {name: day for name, day in firsts.items() if name != "standup"}
    years = range(began_at.year, until.year + 2)
    yield Commit(began_at, INES, "Promise a cadence", {"ops/cadence.yml": render(weekly, years)})
    when = at(firsts["standup"], 6, 40)
    message = "Write standups down, the chat forgets them"
    yield Commit(when, EMIL, message, {"ops/cadence.yml": render(firsts, years)})


def render(firsts: dict[str, datetime.date], years: range) -> str:
    promises = "\n".join(_promise(BY_NAME[name], day) for name, day in firsts.items())
    days = [day for year in years for day in holidays(year)]
    rows = [f"  - {day}" for day in days]
    return (
        f"# When we meet, and for how long. A day off is no promise.\nrituals:\n{promises}\nholidays:\n"
        + "\n".join(rows)
        + "\n"
    )


def holidays(year: int) -> list[datetime.date]:
    days = (datetime.date(year, 1, 1) + DAY * count for count in range(366))
    return [day for day in days if day.year == year and day.weekday() < 5 and not is_working(day)]


def _promise(ritual: Ritual, starts_on: datetime.date) -> str:
    return f"""\
  {ritual.name}:
    title: {ritual.title}
    rrule: "{ritual.rrule}"
    timebox_minutes: {ritual.timebox}
    owner: {ritual.owner.first_name}
    starts_on: {starts_on}"""
