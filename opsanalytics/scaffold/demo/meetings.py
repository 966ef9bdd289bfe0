"""The files of the meetings: what is said in each ritual, who takes what on, and when that is done."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random

from opsanalytics.scaffold.demo.banks import card, deck, lines, said, slots
from opsanalytics.scaffold.demo.cadence import DAY, Session
from opsanalytics.scaffold.demo.company import ZONE, Commit, Person, is_working
from opsanalytics.scaffold.demo.decisions import Decision
from opsanalytics.scaffold.demo.incidents import Incident

LOOK_BACK = 8  # sessions in which something that was taken on can still be ticked


@dataclass(frozen=True)
class Task:
    """Something taken on in a session. It is ticked when a later session is filed; `ticked_at` None is never."""

    text: str
    owner: Person
    due_on: datetime.date
    done_on: datetime.date | None
    ticked_at: datetime.datetime | None

    def render(self, when: datetime.datetime) -> str:
        is_done = self.ticked_at is not None and self.ticked_at <= when
        return f"- [{'x' if is_done else ' '}] {self.text} — {self.owner.first_name} — {self.due_on}" + (
            f" (done {self.done_on})" if is_done else ""
        )


@dataclass(frozen=True)
class Meeting:
    """A session with its notes by heading; tasks stand under one of them."""

    session: Session
    notes: dict[str, list[str]]
    tasks: tuple[Task, ...] = ()
    tasks_under: str = ""

    def render(self, when: datetime.datetime) -> str:
        said_there = {name: [f"- {note}" for note in notes] for name, notes in self.notes.items()}
        if self.tasks:
            said_there[self.tasks_under] = [task.render(when) for task in self.tasks]
        return page(self.session, {name: "\n".join(notes) or "- None" for name, notes in said_there.items()})


@dataclass(frozen=True)
class Record:
    """What else is known and can be named in a meeting."""

    seed: int
    incidents: tuple[Incident, ...] = ()
    decisions: tuple[Decision, ...] = ()


def page(session: Session, sections: dict[str, str], title: str = "", extra: str = "") -> str:
    head = f"# {title or session.ritual.title} {'' if title else session.held_on}".rstrip()
    body = [f"## {name}\n\n{text}" for name, text in sections.items()]
    return "\n\n".join([head, _header(session) + extra, *body]) + "\n"


def _header(session: Session) -> str:
    if not session.is_held:
        return f"Date: {session.held_on}\nStatus: cancelled\n\n{session.reason}"
    local_time = session.started_at.astimezone(ZONE)
    fields = {
        "Date": "" if session.undated else str(session.held_on),
        "Started": f"{local_time:%H:%M}",
        "Duration": f"{session.minutes} min",
        "Facilitator": session.facilitator.first_name,
        "Present": ", ".join(person.first_name for person in session.present),
        "Absent": ", ".join(person.first_name for person in session.absent),
        "Status": "held",
    }
    return "\n".join(f"{label}: {value}" for label, value in fields.items() if value)


def commits(kept: list[Session], record: Record, heard: Callable[[Meeting], Meeting]) -> Iterator[Commit]:
    """One commit a session: its file, and what of earlier files is ticked in it. `kept` are those of one ritual; `heard`
    adds what was said there of promises made elsewhere."""
    meetings = held_meetings(kept, record, heard)
    for place, meeting in enumerate(meetings):
        when, session = meeting.session.filed_at, meeting.session
        earlier = meetings[max(0, place - LOOK_BACK) : place]
        ticked = [each for each in earlier if any(task.ticked_at == when for task in each.tasks)]
        files = {each.session.path: each.render(when) for each in (meeting, *ticked)}
        yield Commit(when, session.facilitator, f"{session.ritual.title} of {session.held_on}", files)
    yield from cancellations(kept)


def held_meetings(kept: list[Session], record: Record, heard: Callable[[Meeting], Meeting]) -> list[Meeting]:
    held = [session for session in kept if session.is_held]
    write = WRITERS[kept[0].ritual.name] if kept else _standup
    return [heard(write(session, held[place + 1 :], record)) for place, session in enumerate(held)]


def cancellations(kept: Iterable[Session]) -> Iterator[Commit]:
    for session in kept:
        if session.outcome == "cancelled":
            message = f"No {session.ritual.title.lower()} on {session.held_on}"
            yield Commit(session.filed_at, session.facilitator, message, {session.path: page(session, {})})


# What is taken on -------------------------------------------------------------------------------------------------


def _task(text: str, session: Session, later: list[Session], days: int, waits: tuple[int, ...], rng: Random) -> Task:
    """`waits` are the weights of being ticked in the next session, the one after it, ...; the last one is never."""
    wait = rng.choices(range(len(waits)), waits)[0]
    ticking = later[wait] if wait < min(len(waits) - 1, len(later)) else None
    before = later[wait - 1].held_on if ticking and wait else session.held_on
    done_on = before + DAY * rng.randint(1, max(1, (ticking.held_on - before).days)) if ticking else None
    owner = rng.choice(session.present)
    return Task(text, owner, session.held_on + DAY * days, done_on, ticking.filed_at if ticking else None)


def _number(session: Session) -> int:
    """A count that grows by at least one from session to session."""
    return session.promised_on.toordinal() // (7 if session.ritual.name != "triage" else 1)


# What is said -----------------------------------------------------------------------------------------------------


def _rng(session: Session, record: Record) -> Random:
    return Random(f"{record.seed} said {session.ritual.name} {session.promised_on}")


def _standup(session: Session, later: list[Session], record: Record) -> Meeting:
    notes = {}
    for person in session.present:
        rng = Random(f"{record.seed} {person.name} {session.promised_on}")
        risk = lines("standup_risks", record.seed, session.promised_on.toordinal(), 1, rng)[0]
        notes[person.first_name] = [
            f"Yesterday: {_work(person, _working_day_before(session.promised_on), record)}",
            f"Today: {_work(person, session.promised_on, record)}",
            f"Risks: {risk if rng.random() < 0.14 else 'none'}",
        ]
    return Meeting(session, notes)


def _work(person: Person, day: datetime.date, record: Record) -> str:
    """What a person works on, for three days at a time."""
    number = (day.toordinal() + len(person.name)) // 3
    text = card(deck("tasks"), f"tasks {person.name}", record.seed, number)
    return said(text, slots(Random(f"{record.seed} {person.name} {number}")))


def _working_day_before(day: datetime.date) -> datetime.date:
    day -= DAY
    return day if is_working(day) else _working_day_before(day)


def _triage(session: Session, later: list[Session], record: Record) -> Meeting:
    rng = _rng(session, record)
    number, cards = _number(session), deck("inbox")
    items, tasks = [], []
    for place in range(rng.randint(2, 4)):
        text, action = card(cards, "inbox", record.seed, number + place)
        drawn = slots(rng)
        items.append(said(text, drawn))
        if place < rng.randint(1, 2):
            tasks.append(_task(said(action, drawn), session, later, 7, (30, 33, 18, 12, 5, 2), rng))
    return Meeting(session, {"Inbox": items, "Assigned": []}, tuple(tasks), "Assigned")


def _ship_review(session: Session, later: list[Session], record: Record) -> Meeting:
    rng, number = _rng(session, record), _number(session)
    day = session.held_on
    made = [each for each in record.decisions if each.decided_on and day - 7 * DAY < each.decided_on <= day]
    named = [f"{each.number} {each.title}, {'accepted' if each.accepted else 'rejected'}" for each in made]
    spoken = lines("tradeoffs", record.seed, number, 1, rng) if rng.random() < 0.4 else []
    return Meeting(
        session,
        {
            "Shipped": lines("shipped", record.seed, 3 * number, rng.randint(1, 3), rng),
            "Blocked": lines("blocked", record.seed, 2 * number, rng.choice((0, 1, 1, 2)), rng),
            "Decisions": named + spoken,
            "Roadmap": lines("roadmap", record.seed, number, 1, rng),
        },
    )


def _oncall_sync(session: Session, later: list[Session], record: Record) -> Meeting:
    rng, number, day = _rng(session, record), _number(session), session.held_on
    week = [
        each
        for each in record.incidents
        if day - 7 * DAY <= each.started_at.date() and each.opened_at < session.filed_at
    ]
    worst = sorted(
        (each for each in week if each.kind == "incident"), key=lambda each: (each.severity or 4, each.incident_id)
    )
    texts = lines("plan", record.seed, 2 * number, rng.choice((0, 1, 1, 2)), rng)
    tasks = tuple(_task(text, session, later, 14, (22, 34, 22, 14, 5, 3), rng) for text in texts)
    notes = {
        "Top incidents": [f"{each.incident_id} {each.title}" for each in worst[:3]],
        "Toil": lines("toil", record.seed, 2 * number, rng.randint(0, 2), rng),
        "SLOs": lines("slos", record.seed, 2 * number, rng.randint(1, 2), rng),
        "Reliability plan": [],
    }
    return Meeting(session, notes, tasks, "Reliability plan")


def _product_council(session: Session, later: list[Session], record: Record) -> Meeting:
    rng, number = _rng(session, record), _number(session)
    counts = {"bets": 2, "council_metrics": 2, "research": 1, "approvals": 1}
    said_there = [lines(name, record.seed, count * number, count, rng) for name, count in counts.items()]
    return Meeting(session, dict(zip(("Bets", "Metrics", "Research", "Approvals"), said_there, strict=True)))


WRITERS: dict[str, Callable[[Session, list[Session], Record], Meeting]] = {
    "standup": _standup,
    "triage": _triage,
    "ship-review": _ship_review,
    "oncall-sync": _oncall_sync,
    "product-council": _product_council,
}
