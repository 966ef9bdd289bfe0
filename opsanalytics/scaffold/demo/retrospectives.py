"""Retrospectives: three improvements a month, of which some are done in time, some come back, and some are never heard
of again. What is carried over keeps its words."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from opsanalytics.scaffold.demo.banks import card, deck, lines, said, slots
from opsanalytics.scaffold.demo.cadence import BY_NAME, DAY, Session, sessions
from opsanalytics.scaffold.demo.company import Commit, Person, at
from opsanalytics.scaffold.demo.meetings import cancellations, page

TOP = 3
CARRIED_WEIGHTS = (64, 20, 10, 6)  # none, once, twice, three times
DONE_AT_LAST = 0.87
LATE = 0.35
BEGAN_ON = datetime.date(1997, 1, 1)  # the same chain of sessions for every record


@dataclass
class Improvement:
    """`due` holds each session that lists it, with the day it is promised for there."""

    text: str
    owner: Person
    carries: int
    will_be_done: bool
    due: dict[datetime.date, datetime.date] = field(default_factory=dict)
    done_at: datetime.datetime | None = None

    def line(self, session_on: datetime.date, when: datetime.datetime) -> str:
        """As the list of a session says it; only the last list that has it is ticked."""
        is_done = self.done_at is not None and self.done_at <= when and session_on == max(self.due)
        remark = f" (done {self.done_at:%Y-%m-%d})" if is_done else ""
        return f"- [{'x' if is_done else ' '}] {self.text} — {self.owner.first_name} — {self.due[session_on]}{remark}"


@dataclass(frozen=True)
class Retrospective:
    session: Session
    top: tuple[Improvement, ...]
    before: Retrospective | None
    helped: tuple[str, ...]
    hurt: tuple[str, ...]

    @property
    def held_on(self) -> datetime.date:
        return self.session.held_on

    def render(self, when: datetime.datetime) -> str:
        filed_at, before = self.session.filed_at, self.before
        last = [each.line(before.held_on, filed_at) for each in before.top] if before else ["The first one on record."]
        sections = {
            "Last time": "\n".join(last),
            "What helped": "\n".join(f"- {text}" for text in self.helped),
            "What hurt": "\n".join(f"- {text}" for text in self.hurt),
            "Top 3 improvements": "\n".join(each.line(self.held_on, when) for each in self.top),
        }
        return page(self.session, sections)


def retrospectives(kept: list[Session], seed: int) -> list[Retrospective]:
    """Those of the sessions that were held; the first of them knows no other."""
    if not kept:
        return []
    whole = sessions(BY_NAME["retrospective"], BEGAN_ON, kept[-1].promised_on, seed)
    tops = _chain([session for session in whole if session.is_held], seed)
    told: list[Retrospective] = []
    for session in (session for session in kept if session.is_held):
        rng, month = Random(f"{seed} said {session.held_on}"), session.held_on.year * 12 + session.held_on.month
        helped = lines("helped", seed, 3 * month, rng.randint(2, 3), rng)
        hurt = lines("hurt", seed, 3 * month, rng.randint(2, 3), rng)
        before = told[-1] if told else None
        told.append(Retrospective(session, tuple(tops[session.held_on]), before, tuple(helped), tuple(hurt)))
    _forget_before(told)
    return told


def _forget_before(told: list[Retrospective]) -> None:
    """What the first one on record carried over is new there."""
    for each in (each for retrospective in told for each in retrospective.top):
        each.due = {day: due for day, due in each.due.items() if day >= told[0].held_on}


def _chain(held: list[Session], seed: int) -> dict[datetime.date, list[Improvement]]:
    """The top three by session: first what is carried over, then new ones."""
    tops: dict[datetime.date, list[Improvement]] = {}
    top: list[Improvement] = []
    recent: list[str] = []
    number = 0
    for place, session in enumerate(held):
        rng = Random(f"{seed} top three {session.promised_on}")
        top = [each for each in top if each.carries >= len(each.due)]
        while len(top) < TOP:
            number += 1
            text = said(card(deck("improvements"), "improvements", seed, number), slots(rng))
            if text not in recent[-12:]:
                top.append(_new(text, session, rng))
                recent.append(text)
        later = held[place + 1] if place + 1 < len(held) else None
        _promise(top, session, later, rng)
        tops[session.held_on] = list(top)
    return tops


def _new(text: str, session: Session, rng: Random) -> Improvement:
    carries = rng.choices(range(len(CARRIED_WEIGHTS)), CARRIED_WEIGHTS)[0]
    return Improvement(text, rng.choice(session.present), carries, rng.random() < DONE_AT_LAST)


def _promise(top: list[Improvement], session: Session, later: Session | None, rng: Random) -> None:
    for each in top:
        each.due[session.held_on] = session.held_on + DAY * rng.randint(14, 24)
        late, share = rng.random() < LATE, rng.random()
        if each.carries < len(each.due) and each.will_be_done:
            each.done_at = _done_at(each.due[session.held_on], session, later, late, share)


def _done_at(
    due_on: datetime.date, session: Session, later: Session | None, late: bool, share: float
) -> datetime.datetime:
    """Between this session and the next one, after the due day when it is late."""
    end = (later.held_on if later else session.held_on + 28 * DAY) - DAY
    first, last = (due_on + DAY, max(end, due_on + DAY)) if late else (session.held_on + DAY, due_on)
    day = min(first + DAY * int(share * ((last - first).days + 1)), end)
    return at(day, 8 + day.toordinal() % 8, due_on.toordinal() * 7 % 60, due_on.day)


def commits(kept: list[Session], told: list[Retrospective]) -> Iterator[Commit]:
    yield from cancellations(kept)
    for each in told:
        session = each.session
        yield Commit(
            session.filed_at, session.facilitator, f"Retrospective of {each.held_on}", _file(each, session.filed_at)
        )
        for action in each.top:
            if action.done_at and max(action.due) == each.held_on:
                message = f"Retrospective of {each.held_on}: done, {action.text}"
                yield Commit(action.done_at, action.owner, message, _file(each, action.done_at))


def _file(retrospective: Retrospective, when: datetime.datetime) -> dict[str, str]:
    return {retrospective.session.path: retrospective.render(when)}
