"""The demo company's RFCs: one every spring and autumn, put forward, talked about for two weeks, and decided."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from opsanalytics.scaffold.demo.banks import card, read_bank, said, slots
from opsanalytics.scaffold.demo.company import COORDINATORS, ENGINEERS, Commit, Person, at, working_day
from opsanalytics.scaffold.demo.stories import Slots

DAY = datetime.timedelta(days=1)
REVIEW = 14 * DAY
FATES = {"accepted": 6, "rejected": 2, "withdrawn": 1}


@dataclass(frozen=True)
class Rfc:
    """`ended_at` is when it was accepted, rejected or withdrawn; `shipped_at` when an accepted one was out."""

    card: dict[str, str]
    words: Slots
    author: Person
    reader: Person
    opened_at: datetime.datetime
    remarked_at: datetime.datetime
    ended_at: datetime.datetime
    fate: str
    shipped_at: datetime.datetime | None

    @property
    def path(self) -> str:
        return f"rfcs/{self.opened_at:%Y-%m}-{self.card['topic']}.md"

    @property
    def review_ends_on(self) -> datetime.date:
        return self.opened_at.date() + REVIEW

    def status(self, when: datetime.datetime) -> str:
        if self.shipped_at and self.shipped_at <= when:
            return "implemented"
        return self.fate if self.ended_at <= when else "open"

    def decided_on(self, when: datetime.datetime) -> datetime.date | None:
        return self.ended_at.date() if self.ended_at <= when and self.fate != "withdrawn" else None


def rfcs(began_at: datetime.datetime, last_year: int, seed: int) -> list[Rfc]:
    halves = ((year, half) for year in range(began_at.year, last_year + 1) for half in (0, 1))
    drawn = (_of_half(year, half, seed) for year, half in halves)
    return [each for each in drawn if each.opened_at > began_at]


def _of_half(year: int, half: int, seed: int) -> Rfc:
    rng = Random(f"{seed} rfcs {year} {half}")
    opened_at = _hour(datetime.date(year, 3 + 6 * half, 8) + DAY * rng.randint(0, 40), rng)
    author, reader = rng.sample(ENGINEERS, 2)
    fate = rng.choices(list(FATES), list(FATES.values()))[0]
    ended_at = _hour(opened_at.date() + REVIEW + DAY * rng.randint(1, 9), rng)
    is_built = fate == "accepted" and rng.random() < 0.7
    return Rfc(
        card=card(read_bank("rfcs"), "rfcs", seed, 2 * year + half),
        words=slots(rng),
        author=author,
        reader=reader,
        opened_at=opened_at,
        remarked_at=_hour(opened_at.date() + DAY * rng.randint(2, 9), rng),
        ended_at=ended_at,
        fate=fate,
        shipped_at=_hour(ended_at.date() + DAY * rng.randint(45, 130), rng) if is_built else None,
    )


def _hour(day: datetime.date, rng: Random) -> datetime.datetime:
    return at(working_day(day), rng.randint(7, 14), rng.randint(0, 59), rng.randint(0, 59))


def commits(made: list[Rfc]) -> Iterator[Commit]:
    for each in made:
        title = each.card["title"]
        yield _commit(each, each.opened_at, each.author, f"RFC for comments: {title}")
        yield _commit(each, each.remarked_at, each.reader, f"A remark on the RFC: {title}")
        yield _commit(each, each.ended_at, each.author, f"RFC {each.fate}: {title}")
        if each.shipped_at:
            yield _commit(each, each.shipped_at, each.author, f"RFC is built: {title}")


def _commit(rfc: Rfc, when: datetime.datetime, author: Person, message: str) -> Commit:
    return Commit(when, author, message, {rfc.path: render(rfc, when)})


def render(rfc: Rfc, when: datetime.datetime) -> str:
    told = {name: said(rfc.card[name], rfc.words) for name in ("summary", "motivation", "proposal")}
    sections = {
        **{name.capitalize(): text for name, text in told.items()},
        "Alternatives": "\n".join(f"- {text}" for text in rfc.card["alternatives"]),
        "Decision log": "\n".join(_log(rfc, when)),
    }
    body = [f"## {name}\n\n{text}" for name, text in sections.items() if text]
    return "\n\n".join([f"# {rfc.card['title']}", _header(rfc, when), *body]) + "\n"


def _header(rfc: Rfc, when: datetime.datetime) -> str:
    decided_on = rfc.decided_on(when)
    fields = {
        "Status": rfc.status(when),
        "Author": rfc.author.first_name,
        "Opened": str(rfc.opened_at.date()),
        "Review window": f"{rfc.opened_at.date()} to {rfc.review_ends_on}",
        "Decided": str(decided_on) if decided_on else "",
    }
    return "\n".join(f"{label}: {value}" for label, value in fields.items() if value)


def _log(rfc: Rfc, when: datetime.datetime) -> Iterator[str]:
    if rfc.remarked_at <= when:
        remark = said(rfc.card["remark"], rfc.words)
        yield f"- {rfc.remarked_at:%Y-%m-%d}: {rfc.reader.first_name} {remark[:1].lower()}{remark[1:]}"
    if rfc.ended_at <= when:
        by = rfc.author if rfc.fate == "withdrawn" else COORDINATORS[0]
        yield f"- {rfc.ended_at:%Y-%m-%d}: {rfc.fate} — {by.first_name}"
