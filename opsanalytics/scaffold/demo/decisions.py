"""The demo company's decisions: proposed, accepted, rejected, forgotten, and some whose place a later one takes.

Each year draws its own; a decision that takes another's place may fall into a later year.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from random import Random
from typing import Any

from opsanalytics.scaffold.demo.banks import card, read_bank, said, slots
from opsanalytics.scaffold.demo.company import COORDINATORS, ENGINEERS, Commit, Person, at, working_day
from opsanalytics.scaffold.demo.incident_files import render_follow_up
from opsanalytics.scaffold.demo.incidents import FollowUp, Incident

A_YEAR = 14
FATES = {"accepted": 66, "rejected": 14, "slow": 9, "forgotten": 11}
WITHOUT_STATUS = 6  # of the year: the first one from here on lacks its status
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Decision:
    """`takes_place_of` and `replaced_by` are numbers; a decision that nobody decided has no `decided_at`."""

    topic: str
    title: str
    context: str
    options: tuple[str, ...]
    decision: str
    consequences: str
    owner: Person
    deciders: tuple[Person, ...]
    proposed_at: datetime.datetime
    decided_at: datetime.datetime | None
    accepted: bool
    review_on: datetime.date | None
    follow_ups: tuple[FollowUp, ...]
    number: str = ""
    relates_to: str | None = None
    takes_place_of: str | None = None
    replaced_by: str | None = None
    replaced_at: datetime.datetime | None = None
    says_replaced: bool = True
    has_status: bool = True
    original: Decision | None = None

    @property
    def path(self) -> str:
        return f"ops/decisions/{self.number}-{self.topic}.md"

    @property
    def decided_on(self) -> datetime.date | None:
        return self.decided_at.date() if self.decided_at else None

    def status(self, when: datetime.datetime) -> str:
        """As the file says at `when`, had it a status."""
        if self.replaced_at and self.replaced_at <= when and self.says_replaced:
            return f"superseded by {self.replaced_by}"
        if self.decided_at is None or when < self.decided_at:
            return "proposed"
        return "accepted" if self.accepted else "rejected"


def decisions(began_at: datetime.datetime, last_year: int, seed: int, incidents: Iterable[Incident]) -> list[Decision]:
    """Those proposed after `began_at`, by number; links to what is before are left out."""
    years = range(began_at.year - 3, last_year + 1)
    drawn = [each for year in years for each in _of_year(year, seed)]
    numbered = _linked(_numbered(sorted(drawn, key=lambda each: (each.proposed_at, each.topic))))
    known = [each for each in numbered if each.proposed_at > began_at]
    numbers = {each.number for each in known}
    worst = [each for each in incidents if each.kind == "incident" and (each.severity or 3) < 3]
    return [_self_contained(_related(each, worst, seed), numbers) for each in known]


def _of_year(year: int, seed: int) -> Iterator[Decision]:
    rng = Random(f"{seed} decisions {year}")
    for place in range(A_YEAR):
        day = datetime.date(year, 1, 4) + DAY * int((place + rng.random()) * 355 / A_YEAR)
        told = card(read_bank("decisions"), "decisions", seed, year * A_YEAR + place)
        decision = _told(told, day, rng)
        yield decision
        if decision.accepted and "instead" in told:
            later = working_day(day + DAY * rng.randint(150, 380))
            yield replace(_instead(told, decision, later, rng), original=decision)


def _told(told: dict[str, Any], day: datetime.date, rng: Random, fate: str | None = None) -> Decision:
    drawn = slots(rng)
    owner = rng.choice(ENGINEERS + COORDINATORS)
    fate = fate or rng.choices(list(FATES), list(FATES.values()))[0]
    proposed_at = _hour(working_day(day), rng)
    decided_at = None if fate == "forgotten" else _decided_at(proposed_at, fate, rng)
    accepted = fate in ("accepted", "slow")
    return Decision(
        topic=told["topic"],
        title=said(told["title"], drawn),
        context=said(told["context"], drawn),
        options=tuple(said(text, drawn) for text in told["options"]),
        decision=said(told["decision"], drawn) if fate != "rejected" else "We leave it as it is for now.",
        consequences=said(told["consequences"], drawn) if accepted else "We look at it again when somebody asks.",
        owner=owner,
        deciders=tuple(rng.sample(COORDINATORS + ENGINEERS, rng.randint(2, 3))) if rng.random() < 0.7 else (),
        proposed_at=proposed_at,
        decided_at=decided_at,
        accepted=accepted,
        review_on=decided_at.date() + 180 * DAY if accepted and decided_at and rng.random() < 0.3 else None,
        follow_ups=tuple(_follow_up(said(text, drawn), decided_at, owner, rng) for text in told["follow_ups"])
        if accepted and decided_at
        else (),
    )


def _instead(told: dict[str, Any], decision: Decision, day: datetime.date, rng: Random) -> Decision:
    title, text = told["instead"]
    options = [decision.title, title, "Leave it as it is"]
    context = f"We decided this before: {decision.title}. It did not hold."
    consequences = "The earlier decision no longer holds."
    changed = {"topic": f"{told['topic']}-again", "title": title, "decision": text, "options": options}
    changed |= {"follow_ups": [], "context": context, "consequences": consequences}
    return _told(told | changed, day, rng, "accepted")


def _hour(day: datetime.date, rng: Random) -> datetime.datetime:
    return at(day, rng.randint(7, 11), rng.randint(0, 59), rng.randint(0, 59))


def _decided_at(proposed_at: datetime.datetime, fate: str, rng: Random) -> datetime.datetime:
    days = rng.randint(41, 85) if fate == "slow" else rng.randint(2, 24)
    return _hour(working_day(proposed_at.date() + DAY * days), rng)


def _follow_up(text: str, decided_at: datetime.datetime, owner: Person, rng: Random) -> FollowUp:
    days = rng.choice((14, 21, 30, 45))
    fate = rng.choices(("on time", "late", "dropped", "never"), (58, 26, 8, 8))[0]
    took = days * rng.uniform(0.3, 0.95) if fate == "on time" else days + 2 + 12 * rng.lognormvariate(0, 0.7)
    ended_at = _hour(working_day(decided_at.date() + DAY * max(1, int(took))), rng)
    return FollowUp(
        text=text,
        owner=owner if rng.random() < 0.6 else rng.choice(ENGINEERS),
        due_on=decided_at.date() + DAY * days,
        ticked_at=ended_at if fate in ("on time", "late") else None,
        dated=rng.random() < 0.9,
        dropped_at=ended_at if fate == "dropped" else None,
    )


# What names what --------------------------------------------------------------------------------------------------


def _numbered(drawn: list[Decision]) -> list[Decision]:
    years = groupby(drawn, key=lambda each: each.proposed_at.year)
    return [
        replace(each, number=f"{year}-{place:03}") for year, of_year in years for place, each in enumerate(of_year, 1)
    ]


def _linked(numbered: list[Decision]) -> list[Decision]:
    """Both say it; of an even year's last pair only the newer one does. Once a year one has no status."""
    numbers = {(each.topic, each.proposed_at): each.number for each in numbered}
    replaced: dict[str, Decision] = {}
    for each in numbered:
        if each.original:
            replaced[numbers[each.original.topic, each.original.proposed_at]] = each
    old_of = {newer.number: number for number, newer in replaced.items()}
    one_way = _last_of_even_years(replaced)
    bare = _without_status(numbered, {*replaced, *old_of})
    return [_with_links(each, replaced.get(each.number), old_of.get(each.number), one_way, bare) for each in numbered]


def _with_links(
    each: Decision, newer: Decision | None, older: str | None, one_way: set[str], bare: set[str]
) -> Decision:
    return replace(
        each,
        takes_place_of=older,
        replaced_by=newer.number if newer else None,
        replaced_at=newer.decided_at if newer else None,
        says_replaced=newer is not None and each.number not in one_way,
        has_status=each.number not in bare,
    )


def _last_of_even_years(replaced: Iterable[str]) -> set[str]:
    lasts = {number[:4]: number for number in sorted(replaced)}
    return {number for year, number in lasts.items() if int(year) % 2 == 0}


def _without_status(numbered: list[Decision], linked: set[str]) -> set[str]:
    firsts: dict[int, str] = {}
    for each in numbered:
        if int(each.number[5:]) >= WITHOUT_STATUS and each.number not in linked and each.decided_at:
            firsts.setdefault(each.proposed_at.year, each.number)
    return set(firsts.values())


def _related(decision: Decision, worst: list[Incident], seed: int) -> Decision:
    """Some follow from a bad incident of the month before."""
    before = decision.proposed_at - 30 * DAY
    recent = [each for each in worst if before < each.opened_at and each.closed_at < decision.proposed_at]
    is_related = Random(f"{seed} relates {decision.proposed_at}").random() < 0.4
    return replace(decision, relates_to=recent[-1].incident_id) if is_related and recent else decision


def _self_contained(decision: Decision, numbers: set[str]) -> Decision:
    return decision if decision.takes_place_of in numbers else replace(decision, takes_place_of=None)


# The files --------------------------------------------------------------------------------------------------------


def commits(made: list[Decision]) -> Iterator[Commit]:
    by_number = {each.number: each for each in made}
    for each in made:
        yield Commit(
            each.proposed_at, each.owner, f"Propose {each.number}: {each.title}", _file(each, each.proposed_at)
        )
        if each.decided_at:
            older = by_number.get(each.takes_place_of or "")
            files = _file(each, each.decided_at) | (
                _file(older, each.decided_at) if older and older.says_replaced else {}
            )
            yield Commit(each.decided_at, each.owner, f"{each.number} is {_outcome(each)}", files)
        for action in each.follow_ups:
            if ended_at := action.ticked_at or action.dropped_at:
                words = "drop" if action.dropped_at else "done"
                yield Commit(ended_at, action.owner, f"{each.number}: {words}, {action.text}", _file(each, ended_at))


def _outcome(decision: Decision) -> str:
    return "accepted" if decision.accepted else "rejected"


def _file(decision: Decision, when: datetime.datetime) -> dict[str, str]:
    return {decision.path: render(decision, when)}


def render(decision: Decision, when: datetime.datetime) -> str:
    is_decided = decision.decided_at is not None and decision.decided_at <= when
    sections = {
        "Context": decision.context,
        "Options": "\n".join(f"- {option}" for option in decision.options),
        "Decision": decision.decision if is_decided else "",
        "Consequences": decision.consequences if is_decided else "",
    }
    if is_decided and decision.follow_ups:
        sections["Follow-ups"] = "\n".join(render_follow_up(action, when) for action in decision.follow_ups)
    fields = "\n".join(f"{label}: {value}" for label, value in _fields(decision, when, is_decided).items() if value)
    body = [f"## {name}\n\n{text}".rstrip() for name, text in sections.items()]
    return "\n\n".join([f"# {decision.title}", fields, *body]) + "\n"


def _fields(decision: Decision, when: datetime.datetime, is_decided: bool) -> dict[str, str]:
    return {
        "Status": decision.status(when) if decision.has_status or not is_decided else "",
        "Proposed": str(decision.proposed_at.date()),
        "Decided": str(decision.decided_on) if is_decided else "",
        "Owner": decision.owner.first_name,
        "Deciders": ", ".join(person.first_name for person in decision.deciders) if is_decided else "",
        "Review on": str(decision.review_on) if is_decided and decision.review_on else "",
        "Supersedes": decision.takes_place_of or "",
        "Relates to": decision.relates_to or "",
    }
