"""Where promises of Lindenpost are spoken of again: in standups, triage, the on-call sync, planning and retrospectives,
hardly ever in the words that they were first written in."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from opsanalytics.scaffold.demo.cadence import DAY, Session
from opsanalytics.scaffold.demo.company import Person
from opsanalytics.scaffold.demo.decisions import Decision
from opsanalytics.scaffold.demo.incidents import FollowUp, Incident
from opsanalytics.scaffold.demo.meetings import Meeting, Task
from opsanalytics.scaffold.demo.planning import Plan
from opsanalytics.scaffold.demo.retrospectives import Retrospective
from opsanalytics.scaffold.demo.stories import capital, uncapital

SEEN_IN = {"standup": (0.9, 1, 8), "triage": (0.25, 2, 30), "oncall-sync": (0.2, 2, 30), "planning": (0.5, 2, 30),
           "retrospective": (0.2, 2, 30)}  # share, and days after the promise
TAKEN_ON_IN = ("oncall-sync", "planning")
SPOKEN_FOR = 90 * DAY
FORMS = {"plain": 60, "named": 20, "linked": 12, "numbered": 8}
DOUBLED = frozenset({"cap", "cut", "get", "let", "map", "plan", "put", "run", "set", "ship", "stop", "swap"})
SMALL = frozenset({"a", "an", "each", "every", "its", "our", "that", "the"})
JOINTS = frozenset({"about", "after", "and", "before", "by", "for", "from", "in", "is", "of", "on", "or", "to", "when", "with", "without"})


@dataclass(frozen=True)
class Promise:
    """What the file `path` promised first. `name` is how other files call that record, `number` the promise's place in
    it, None where neither helps; `kept_at` is None for one that was dropped or is still open."""

    path: str
    name: str | None
    number: int | None
    text: str
    owner: Person
    since: datetime.datetime
    kept_at: datetime.datetime | None
    ended_at: datetime.datetime | None

    def is_open(self, when: datetime.datetime) -> bool:
        return self.since < when and (self.ended_at is None or when < self.ended_at)


@dataclass(frozen=True)
class Echo:
    """A promise, spoken of again in a session with these words; `task` where it is taken on anew there."""

    promise: Promise
    session: Session
    text: str
    task: Task | None = None


@dataclass(frozen=True)
class Echoes:
    promises: tuple[Promise, ...]
    sessions: Mapping[str, list[Session]]
    seed: int

    def of(self, session: Session) -> list[Echo]:
        return self.by_path.get(session.path, [])

    @cached_property
    def by_path(self) -> dict[str, list[Echo]]:
        found: dict[str, list[Echo]] = {}
        for promise in self.promises:
            for echo in self._of(promise):
                found.setdefault(echo.session.path, []).append(echo)
        return found

    def _of(self, promise: Promise) -> Iterator[Echo]:
        for ritual, (share, soonest, latest) in SEEN_IN.items():
            rng = Random(f"{self.seed} {ritual} of {promise.path} {promise.text}")
            session = self._first(ritual, promise.since + rng.randint(soonest, latest) * DAY)
            if rng.random() < share and session and _is_heard(promise, session):
                yield self._echo(promise, session, rng)

    def _first(self, ritual: str, since: datetime.datetime) -> Session | None:
        """Of standups one of the same week, since nobody wrote down the earlier ones."""
        held = (each for each in self.sessions[ritual] if each.is_held and not each.undated and each.started_at >= since)
        first = next(held, None)
        return None if first and ritual == "standup" and first.held_on > since.date() + 5 * DAY else first

    def _echo(self, promise: Promise, session: Session, rng: Random) -> Echo:
        text = spoken(promise, rng)
        if session.ritual.name not in TAKEN_ON_IN:
            return Echo(promise, session, text)
        due_on, kept_at = session.held_on + rng.choice((7, 14, 21)) * DAY, promise.kept_at
        ticked_at = kept_at if session.ritual.name == "planning" else self._next(session, kept_at)
        done_on = kept_at.date() if kept_at and ticked_at else None
        return Echo(promise, session, text, Task(capital(text), promise.owner, due_on, done_on, ticked_at))

    def _next(self, session: Session, when: datetime.datetime | None) -> datetime.datetime | None:
        """When the first later session of the ritual is filed in which something done at `when` can be ticked."""
        later = (each.filed_at for each in self.sessions[session.ritual.name] if each.is_held and when and each.started_at > when)
        return next(later, None)

    # --- where it is said

    def in_meeting(self, meeting: Meeting) -> Meeting:
        """In a standup by its owner, instead of what the day was for; in a triage it came in once more."""
        notes, ritual, echoes = dict(meeting.notes), meeting.session.ritual.name, self.of(meeting.session)
        if ritual == "standup":
            for name in {echo.promise.owner.first_name: None for echo in echoes}:
                today = [f"Today: {echo.text}" for echo in echoes if echo.promise.owner.first_name == name]
                notes[name] = [note for note in notes[name] if not note.startswith("Today: ")] + today
        elif ritual == "triage":
            notes["Inbox"] = [*notes["Inbox"], *(capital(echo.text) for echo in echoes)]
        return replace(meeting, notes=notes, tasks=(*meeting.tasks, *_tasks(echoes)))

    def in_plan(self, plan: Plan) -> Plan:
        return replace(plan, tasks=(*plan.tasks, *_tasks(self.of(plan.session))))

    def in_retrospective(self, told: Retrospective) -> Retrospective:
        return replace(told, hurt=(*told.hurt, *(capital(echo.text) for echo in self.of(told.session))))


def _tasks(echoes: list[Echo]) -> Iterator[Task]:
    return (echo.task for echo in echoes if echo.task)


def _is_heard(promise: Promise, session: Session) -> bool:
    """Of improvements nobody speaks where they are listed; a standup hears its owner only."""
    if promise.name is None and session.ritual.name not in ("standup", "triage"):
        return False
    is_there = session.ritual.name != "standup" or promise.owner in session.present
    return is_there and promise.is_open(session.filed_at + DAY) and session.filed_at < promise.since + SPOKEN_FOR


def promises(
    incidents: Iterable[Incident], decisions: Iterable[Decision], told: Iterable[Retrospective]
) -> Iterator[Promise]:
    """Of incidents and decisions, and the improvements of retrospectives, each of the file that has it first."""
    for incident in incidents:
        if incident.reviewed_at:
            path, is_whole = f"ops/incidents/{incident.incident_id}.md", all(each.deleted_at is None for each in incident.follow_ups)
            for place, action in enumerate(incident.follow_ups, 1):
                yield _promise(action, path, incident.incident_id, place if is_whole else None, incident.reviewed_at)
    for decision in decisions:
        if decision.decided_at:
            yield from (_promise(each, decision.path, decision.number, None, decision.decided_at) for each in decision.follow_ups)
    first = {id(improvement): (improvement, each.session) for each in reversed([*told]) for improvement in each.top}
    for improvement, session in first.values():
        done_at = improvement.done_at
        yield Promise(session.path, None, None, improvement.text, improvement.owner, session.filed_at, done_at, done_at)


def _promise(action: FollowUp, path: str, name: str, number: int | None, since: datetime.datetime) -> Promise:
    ended_at = action.ticked_at or action.dropped_at or action.deleted_at
    return Promise(path, name, number, action.text, action.owner, since, action.ticked_at, ended_at)


# What is said -----------------------------------------------------------------------------------------------------


def spoken(promise: Promise, rng: Random) -> str:
    words, form = reworded(promise.text, rng), rng.choices(list(FORMS), list(FORMS.values()))[0]
    if form == "numbered" and promise.name and promise.number:
        return rng.choice(("{}#{}, not begun", "{}#{} needs another week", "{}#{}: waits for a review")).format(promise.name, promise.number)
    if form == "named" and promise.name:
        return rng.choice(("{} from {}", "{}, as promised in {}", "{} ({})")).format(words, promise.name)
    if form == "linked":
        return f"[{words}](../../{promise.path.removeprefix('ops/')})"
    return rng.choice(("{}", "{}", "still {}", "{}, half done", "{}, not finished", "{}, needs a reviewer", "{}, slower than thought")).format(words)


def reworded(text: str, rng: Random) -> str:
    """As people say it weeks later: as something that goes on, shorter, or with its end first."""
    verb, _, rest = text.partition(" ")
    ways = (text, f"{going_on(verb)} {rest}", _without_small_words(f"{going_on(verb)} {rest}"), f"{rest}, still to {verb.lower()}", _shorter(text))
    return uncapital(rng.choice(ways)) if rest else uncapital(text)


def going_on(verb: str) -> str:
    """`Keep` -> `Keeping`."""
    if verb.lower() in DOUBLED:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1] if verb.endswith('e') and not verb.endswith('ee') else verb}ing"


def _without_small_words(text: str) -> str:
    return " ".join(word for word in text.split() if word not in SMALL)


def _shorter(text: str) -> str:
    """Without its last part, where enough is left."""
    words = text.split()
    words = words[: max(4, round(len(words) * 0.7))]
    while words[-1].lower() in SMALL | JOINTS:
        words.pop()
    return " ".join(words).rstrip(",")
