"""The demo company's ROADMAP.md: four items a quarter, written anew at its start and ticked when they are done."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from opsanalytics.scaffold.demo.banks import read_bank
from opsanalytics.scaffold.demo.company import COORDINATORS, ENGINEERS, Commit, Person, at, working_day

PATH = "ROADMAP.md"
FATES = ("on time", "on time", "late", "left")  # of the items of a quarter; a late one is done in the next
NO_DRI = 0.15
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Item:
    """`quarter` counts from the year 0; an item that is left, and never done, leaves the page after the next quarter."""

    text: str
    dri: Person | None
    quarter: int
    due_on: datetime.date
    done_on: datetime.date | None


def quarter_of(day: datetime.date) -> int:
    return 4 * day.year + (day.month - 1) // 3


def first_of(quarter: int) -> datetime.date:
    return datetime.date(quarter // 4, 3 * (quarter % 4) + 1, 1)


def items(quarter: int, seed: int) -> list[Item]:
    fates = Random(f"{seed} roadmap {quarter}").sample(FATES, len(FATES))
    return [_item(quarter, place, fate, seed) for place, fate in enumerate(fates)]


@cache
def _texts(seed: int) -> list[str]:
    """In an order that is kept, so that nothing stands on a page twice."""
    texts = read_bank("roadmap")
    return Random(f"{seed} roadmap").sample(texts, len(texts))


def _item(quarter: int, place: int, fate: str, seed: int) -> Item:
    rng = Random(f"{seed} roadmap {quarter} {place}")
    first, later = first_of(quarter), first_of(quarter + 1)
    days = {"on time": first + DAY * rng.randint(20, 84), "late": later + DAY * rng.randint(6, 70)}
    return Item(
        text=_texts(seed)[(len(FATES) * quarter + place) % len(_texts(seed))],
        dri=None if rng.random() < NO_DRI else rng.choice(ENGINEERS + COORDINATORS),
        quarter=quarter,
        due_on=working_day(first + DAY * rng.randint(35, 80)),
        done_on=working_day(days[fate]) if fate in days else None,
    )


def commits(began_at: datetime.datetime, until: datetime.date, seed: int) -> Iterator[Commit]:
    quarters = range(quarter_of(began_at.date()) + 1, quarter_of(until) + 1)
    for quarter in quarters:
        first = working_day(first_of(quarter))
        yield _commit(first, COORDINATORS[0], f"Roadmap for {_name(quarter)}", seed)
        for item in (*items(quarter - 1, seed), *items(quarter, seed)):
            if item.done_on and quarter_of(item.done_on) == quarter and item.done_on > first:
                yield _commit(item.done_on, item.dri or COORDINATORS[1], f"Roadmap: done, {item.text}", seed)


def _name(quarter: int) -> str:
    return f"Q{quarter % 4 + 1} {quarter // 4}"


def _commit(day: datetime.date, author: Person, message: str, seed: int) -> Commit:
    return Commit(at(day, 15, 5), author, message, {PATH: render(day, seed)})


def now(day: datetime.date, seed: int) -> list[Item]:
    """The quarter's own, and what the last one left."""
    quarter = quarter_of(day)
    left = [each for each in items(quarter - 1, seed) if not (each.done_on and each.done_on < first_of(quarter))]
    return [*left, *items(quarter, seed)]


def done(day: datetime.date, seed: int) -> list[Item]:
    """What the last quarter finished of its own."""
    first = first_of(quarter_of(day))
    return [each for each in items(quarter_of(day) - 1, seed) if each.done_on and each.done_on < first]


def render(day: datetime.date, seed: int) -> str:
    quarter = quarter_of(day)
    sections = {
        "Now": [_now(each, day) for each in now(day, seed)],
        "Next": [f"- {each.text} — {_dri(each)} — {_name(each.quarter)}" for each in items(quarter + 1, seed)],
        "Later": [f"- {each.text}" for each in items(quarter + 2, seed)],
        "Done": [f"- ~~{each.text}~~ — {_dri(each)} (done {each.done_on})" for each in done(day, seed)],
    }
    body = ["\n".join([f"## {name}\n", *lines]) for name, lines in sections.items() if lines]
    return "\n\n".join(["# Roadmap", "What we work on, and who answers for it. Written anew at planning, ticked when it is out.", *body]) + "\n"


def _now(item: Item, day: datetime.date) -> str:
    is_done = item.done_on is not None and item.done_on <= day
    return f"- [{'x' if is_done else ' '}] {item.text} — {_dri(item)} — {item.due_on}" + (f" (done {item.done_on})" if is_done else "")


def _dri(item: Item) -> str:
    return item.dri.first_name if item.dri else "TBD"
