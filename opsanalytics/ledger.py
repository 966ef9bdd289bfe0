"""The promise ledger: where the same promise is written again, or spoken of, in later records.

Rows in, rows out. A promise is first written in one action item; an action item that repeats it says which one it carries on
(`carried_from`), and every later record that has it, as an action item or as a note, is a sighting. Evidence goes in this
order: an id that the text names (the promise's own, or that of a ticket which no other promise has), a link to the file that
made it, the words. A record whose day is not known is joined by an id only.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, groupby, takewhile
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from rapidfuzz import fuzz

from opsanalytics.findings import Finding, finding
from opsanalytics.markup.words import fold, with_hyphens
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row

Rows = Mapping[str, list[Row]]
WINDOW = timedelta(days=120)
TOLD_AFTER = timedelta(days=7)  # what was done is spoken of for so long
ALIKE, ALIKE_IF_LINKED, ALIKE_IF_MARKED = 86.0, 55.0, 70.0  # of 100
SAME_OWNER, OTHER_OWNER, SAME_DUE_DAY, RECORD_NAMED = 6.0, -24.0, 5.0, 12.0
OTHER_NAMES = -20.0  # each has a name or a number that the other has not
LONGEST_NAME = 2  # words
LEAST_LETTERS = 8  # in words of four letters and more: what has fewer says too little to be known again
STEM, RARE_STEMS = 5, 6
SHORTER = 0.55  # how much it counts that the shorter text is in the longer one

_TICKET = re.compile(r"(?<![\w/-])(?:[A-Z][A-Z0-9]{1,9}-\d{1,7}(?![\w-])|(?:[\w.-]{1,60}/[\w.-]{1,60})?#\d{2,7}\b)")
NO_TICKET = re.compile(r"(?:SEV|INC|RFC|CVE|UTF|ISO|SHA|ADR|TLS|HTTP|AES|RSA|IPV|Q|H|P)-")
_ISSUE = re.compile(r"([\w.-]{1,60}/[\w.-]{1,60})/(?:-/)?(?:issues|pull|merge_requests)/(\d{1,7})\b")
_ID = re.compile(r"(?<![\w/.-])[\w./-]{3,200}(?:#\d{1,3})?")
_RECORD = re.compile(r"(?<![\w/.-])[\w./-]{0,200}\d{3}[\w./-]{0,60}(?:#\d{1,3})?")
_IN_REPOSITORY = re.compile(r"^\w+://[^?#]*?/(?:blob|tree|raw|blame)/[^/?#]+/")
_BOX = re.compile(r"^\[[ xX]\] ")
_LABEL = re.compile(r"^[^\W\d_][\w ]{0,24}: (?=(?:\S+ ){2})")
_REMARK = re.compile(r"\s?\([^()]*\)")
_DAY = re.compile(r"(?:\b(?:due|done) )?\b\d{4}-\d\d-\d\d\b", re.IGNORECASE)
_JOINT = re.compile(r"\s(?:[—–―|]|-{1,3})(?:\s|$)")
_CLAUSE = re.compile(r"[,;:]\s")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, eq=False)
class Writing:
    """One place that writes a promise, or may speak of one. `tickets` and `named` (any id) stand in its text, which is `bare`
    without them; `links` are the files that it links to. Most are compared with none, so what only that takes waits for it."""

    row: Row
    kind: str
    record_id: str
    day: date | None
    owner: str | None
    bare: str
    tickets: frozenset[str]
    named: frozenset[str]
    cited: frozenset[str]
    links: frozenset[str]
    reader: _Reader

    @cached_property
    def said(self) -> str:
        return self.reader.without_talk(self.bare)

    @cached_property
    def claim(self) -> str:
        """What stands before a remark."""
        return self.reader.without_talk(_CLAUSE.split(self.bare, maxsplit=1)[0])

    @cached_property
    def names(self) -> frozenset[str]:
        return self.reader.names(self.bare)

    @property
    def record(self) -> tuple[str, str]:
        return self.kind, self.record_id

    @property
    def order(self) -> tuple[bool, date, str, str, int, int, str]:
        """By day; what has none comes last."""
        name = self.row.get("action_id") or self.row["text"]
        return self.day is None, self.day or date.max, *self.record, self.row["position"], self.row["source_line"], name

    @cached_property
    def wordings(self) -> tuple[str, ...]:
        """What is compared: the stems of all words, and of those before a remark."""
        return tuple(" ".join(word[:STEM] for word in said.split()) for said in (self.said, self.claim) if said)

    @property
    def is_note(self) -> bool:
        return "action_id" not in self.row

    @property
    def is_of_incident(self) -> bool:
        return self.kind == "incident"

    @property
    def is_marked(self) -> bool:
        """Whether it says that it was carried over."""
        return bool(self.row.get("carried_raw"))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """What its longer words, or all where there are none, begin with: by it `mending` is found for `mend`."""
        return tuple(dict.fromkeys(word[:STEM] for word in self._long_words or self.said.split()))

    @cached_property
    def is_telling(self) -> bool:
        return sum(map(len, self._long_words)) >= LEAST_LETTERS

    @cached_property
    def _long_words(self) -> list[str]:
        return [word for word in _WORD.findall(self.said) if len(word) > 3]


@dataclass(eq=False)
class Promise:
    """Its writings in the order of their days, and where each later record has it."""

    writings: list[Writing]
    seen: dict[tuple[str, str], Evidence] = field(default_factory=dict)

    def is_over(self, day: date) -> bool:
        """Whether the last writing before a day was done before it."""
        earlier = [each for each in self.writings if each.day and each.day < day] or self.writings[:1]
        done_on = earlier[-1].row.get("done_on")
        return done_on is not None and done_on <= day


@dataclass(frozen=True, eq=False)
class Evidence:
    """That `later` has the promise of `earlier` again. `score` is how alike their words are, 0..1; it is 1 for an id."""

    linked_by: str
    strength: float
    score: float
    earlier: Writing
    later: Writing

    @property
    def order(self) -> tuple[object, ...]:
        """The best first; of equals the one nearest in time."""
        day = self.earlier.day.toordinal() if self.earlier.day else 0
        return ("id", "link", "text").index(self.linked_by), -self.strength, -day, self.earlier.order, self.later.order


def keep_ledger(rows: dict[str, list[Row]], words: Vocabulary) -> list[Finding]:
    """Fills `carried_from` of the action items and writes `action_sightings`; a finding where an item says that it was
    carried over and there is no such action."""
    ledger = _Ledger(rows, words)
    for promise in ledger.promises:
        for before, writing in zip([None, *promise.writings], promise.writings, strict=False):
            writing.row["carried_from"] = before.row["action_id"] if before else None
    rows["action_sightings"] = [_sighting(promise, each) for promise in ledger.promises for each in promise.seen.values()]
    firsts = (promise.writings[0] for promise in ledger.promises)
    return [_finding(each.row) for each in firsts if each.is_marked and each.kind == "ritual" and each.day]


def _sighting(promise: Promise, evidence: Evidence) -> Row:
    seen = evidence.later
    return {
        "action_id": promise.writings[0].row["action_id"], "seen_kind": seen.kind, "seen_id": seen.record_id, "seen_on": seen.day,
        "seen_action_id": seen.row.get("action_id"), "text": seen.row["text"], "score": evidence.score,
        "linked_by": evidence.linked_by, "source_path": seen.row["source_path"], "source_line": seen.row["source_line"],
    }  # fmt: skip


def _finding(row: Row) -> Finding:
    said = f"`{row['text'][:60]}` is {row['carried_raw'][:40]}: no earlier session has that action"
    return finding("OPS124", row["source_path"], row["source_line"], 1, said)


# --- which is which


class _Ledger:
    """Reads the action items record by record in the order of their days, then the notes."""

    def __init__(self, rows: Rows, words: Vocabulary) -> None:
        reader = _Reader(rows, words)
        writings, notes = reader.actions(), reader.notes()
        self.promises: list[Promise] = []
        self.of: dict[Writing, Promise] = {}
        self.index = _Index(rows, Counter(stem for each in chain(writings, notes) for stem in each.stems))
        for _, record in groupby(writings, lambda each: (each.day, each.record)):
            self._read_actions(list(record))
        for _, record in groupby(notes, lambda each: (each.day, each.record)):
            for evidence in self._best(list(record)):
                self.of[evidence.earlier].seen.setdefault(evidence.later.record, evidence)

    def _read_actions(self, record: list[Writing]) -> None:
        carried = {evidence.later: evidence for evidence in self._best(record)}
        for writing in record:
            if evidence := carried.get(writing):
                promise = self.of[evidence.earlier]
                promise.writings.append(writing)
                promise.seen[writing.record] = evidence
            else:
                promise = Promise([writing])
                self.promises.append(promise)
            self.of[writing] = promise
        self.index.add(record)

    def _best(self, record: list[Writing]) -> Iterator[Evidence]:
        """Of one record: the best evidence first, each promise and each writing once."""
        taken: set[Promise | Writing] = set()
        for each in sorted((each for writing in record for each in self._evidence(writing)), key=lambda each: each.order):
            promise = self.of[each.earlier]
            is_new = each.later.record not in {writing.record for writing in promise.writings}
            if is_new and not {promise, each.later} & taken and _may_precede(promise.writings[0], each.later):
                taken |= {promise, each.later}
                yield each

    def _evidence(self, later: Writing) -> Iterator[Evidence]:
        for earlier in self.index.with_name(later, self.of):
            yield Evidence("id", 100.0, 1.0, earlier, later)
        for earlier in self.index.last_list(later):
            if earlier.said == later.said and (later.is_note or later.is_marked or not self._is_over(earlier, later)):
                yield Evidence("text", 200.0, 1.0, earlier, later)
        for earlier in self.index.alike(later):
            if not self._is_over(earlier, later):
                yield from _compared(earlier, later)

    def _is_over(self, earlier: Writing, later: Writing) -> bool:
        """What was done is not promised again in the same words, but it is spoken of for a while."""
        return later.day is not None and self.of[earlier].is_over(later.day - (TOLD_AFTER if later.is_note else timedelta(0)))


def _compared(earlier: Writing, later: Writing) -> Iterator[Evidence]:
    alike = likeness(earlier, later)
    strength = alike + _support(earlier, later)
    if earlier.row["source_path"] in later.links and strength >= ALIKE_IF_LINKED:
        yield Evidence("link", strength, alike / 100, earlier, later)
    elif strength >= _needed(earlier, later):
        yield Evidence("text", strength, alike / 100, earlier, later)


def _needed(earlier: Writing, later: Writing) -> float:
    """More than can be reached where the words are too few, unless they are the same and of the same owner, and between two
    incidents that say nothing of each other: each has its own follow-ups, in whichever words."""
    is_own = earlier.said == later.said and _same_owner(earlier, later) is True
    is_apart = earlier.is_of_incident and later.is_of_incident and not _is_named(earlier, later)
    if is_apart or not (is_own or (earlier.is_telling and later.is_telling)):
        return float("inf")
    return ALIKE_IF_MARKED if later.is_marked and earlier.kind == later.kind else ALIKE


def _support(earlier: Writing, later: Writing) -> float:
    """What else speaks for it, or against it."""
    owner = {True: SAME_OWNER, False: OTHER_OWNER, None: 0.0}[_same_owner(earlier, later)]
    due_on = earlier.row.get("due_on")
    due = SAME_DUE_DAY if due_on and due_on == later.row.get("due_on") else 0.0
    other = OTHER_NAMES if earlier.names - later.names and later.names - earlier.names else 0.0
    return owner + due + other + (RECORD_NAMED if _is_named(earlier, later) else 0.0)


def _same_owner(earlier: Writing, later: Writing) -> bool | None:
    """`Ana` is `Ana Ferreira`; None where one of them says nobody."""
    one, other = (set(_WORD.findall(fold(each.owner or ""))) for each in (earlier, later))
    return one <= other or other <= one if one and other else None


def _is_named(earlier: Writing, later: Writing) -> bool:
    """Whether the later one names the record of the earlier one, or both name the same ticket or incident."""
    return _name(earlier.record_id) in later.named or bool(earlier.cited & later.cited)


def likeness(earlier: Writing, later: Writing) -> float:
    """Of 100: how much of the shorter text is in the longer one, in any order, and how much of it that is."""
    return max(SHORTER * fuzz.token_set_ratio(one, other) + (1 - SHORTER) * fuzz.token_sort_ratio(one, other)
               for one in earlier.wordings[:1] or [""] for other in later.wordings or [""])


class _Index:
    """Finds the earlier writings that a later one may repeat, by its names and by its rarest words."""

    def __init__(self, rows: Rows, counts: Mapping[str, int]) -> None:
        self.rituals = {row["session_id"]: row["ritual"] for row in rows.get("ritual_sessions", ())}
        self.counts = counts
        self.by_stem: dict[tuple[str, bool], list[Writing]] = defaultdict(list)
        self.by_citation: dict[str, list[Writing]] = defaultdict(list)
        self.by_name: dict[str, list[Writing]] = defaultdict(list)
        self.by_path: dict[str, list[Writing]] = defaultdict(list)
        self.by_ritual: dict[str, list[Writing]] = defaultdict(list)

    def add(self, record: Iterable[Writing]) -> None:
        for each in record:
            for name in {_name(each.row["action_id"]), *each.tickets}:
                self.by_name[name].append(each)
            if each.day:
                self.by_path[each.row["source_path"]].append(each)
                for stem in each.stems:
                    self.by_stem[stem, each.is_of_incident].append(each)
                if each.is_of_incident:
                    for name in {_name(each.record_id), *each.cited}:
                        self.by_citation[name].append(each)
                if each.kind == "ritual":
                    self.by_ritual[self.rituals.get(each.record_id, "")].append(each)

    def with_name(self, later: Writing, of: Mapping[Writing, Promise]) -> Iterator[Writing]:
        """By the promise's own id, or by a ticket that only one promise has."""
        for name in later.named | later.tickets:
            known = [each for each in self.by_name.get(name, ()) if _may_precede(each, later)]
            if len({of[each] for each in known}) == 1:
                yield known[-1]

    def last_list(self, later: Writing) -> Iterator[Writing]:
        """What the last earlier sessions of the same ritual promised, however long ago; all of them for what says that it
        was carried over."""
        listed = self.by_ritual.get(self.rituals.get(later.record_id, ""), []) if later.kind == "ritual" and later.day else []
        before = listed[: bisect_left(listed, later.day or date.max, key=_day)]
        return takewhile(lambda each: later.is_marked or each.day == before[-1].day, reversed(before))

    def alike(self, later: Writing) -> Iterator[Writing]:
        """By a rare word, or a link to its file; of two incidents only where one names the other, since nothing else joins them."""
        if later.day is None:
            return
        rare = sorted(later.stems, key=lambda stem: (self.counts[stem], stem))[:RARE_STEMS]
        lists = [self.by_stem.get((stem, False), []) for stem in rare] + [self.by_path.get(path, []) for path in later.links]
        if later.is_of_incident:
            lists += [[each for each in self.by_citation.get(name, ()) if not set(rare).isdisjoint(each.stems)] for name in later.named | later.cited]
        else:
            lists += [self.by_stem.get((stem, True), []) for stem in rare]
        found = (each for listed in lists for each in _within(listed, later.day))
        yield from dict.fromkeys(each for each in found if each.record != later.record)


def _may_precede(earlier: Writing, later: Writing) -> bool:
    return earlier.day is None or later.day is None or earlier.day <= later.day


def _within(listed: list[Writing], day: date) -> list[Writing]:
    """Those of the days before a day, back to the window's end."""
    first = bisect_left(listed, day - WINDOW, key=_day)
    return listed[first : bisect_left(listed, day, key=_day)]


def _day(writing: Writing) -> date:
    return writing.day or date.max


# --- what is written


class _Reader:
    """Makes writings of rows."""

    def __init__(self, rows: Rows, words: Vocabulary) -> None:
        self.rows = rows
        self.talk = words.group("progress")
        named = (row["service"] for table in ("services", "incident_services") for row in rows.get(table, ()))
        self.services = frozenset(map(fold, named))
        self.incidents = frozenset(_name(row["incident_id"]) for row in rows.get("incidents", ()))
        self.more: dict[str, list[str]] = defaultdict(list)
        for row in rows.get("record_fields", ()):
            if row["record_kind"] == "action_item" and row["name"] != "group":
                self.more[row["record_id"]].append(row["value"])
        for row in rows.get("incident_links", ()):
            self.more[row["from_id"]].append(row["to_raw"])

    def actions(self) -> list[Writing]:
        """Those of all records but onboarding plans, which promise the same to everybody."""
        items = (row for row in self.rows.get("action_items", ()) if row["origin_kind"] != "onboarding")
        return sorted(map(self._action, items), key=lambda each: each.order)

    def notes(self) -> list[Writing]:
        """Those of dated sessions that are not themselves a promise of that session."""
        days = {row["session_id"]: row["held_on"] for row in self.rows.get("ritual_sessions", ()) if row["held_on"]}
        told = {(row["source_path"], row["source_line"]) for row in self.rows.get("action_items", ())}
        notes = (row for row in self.rows.get("ritual_notes", ()) if (row["source_path"], row["source_line"]) not in told)
        dated = (self._note(row, days[row["session_id"]]) for row in notes if row["session_id"] in days)
        return sorted(dated, key=lambda each: each.order)

    def _action(self, row: Row) -> Writing:
        more = [*self.more[row["action_id"]], *self.more[row["origin_id"]]]
        return self._writing(row, row["origin_kind"], row["origin_id"], row["created_on"], row["owner"], row["text"], more)

    def _note(self, row: Row, held_on: date) -> Writing:
        """Behind the promise a note may have its owner and its day, as a list of promises has."""
        text = _LABEL.sub("", _BOX.sub("", row["text"].partition("\n")[0]))
        said, *rest = [piece for piece in _JOINT.split(_bare(text)) if piece.strip()] or [""]
        is_owner = bool(rest) and len(rest[-1].split()) <= LONGEST_NAME
        owner = row["person"] or (rest[-1] if is_owner else None)
        return self._writing(row, "ritual", row["session_id"], held_on, owner, " ".join([said, *rest[: -1 if is_owner else None]]), [row["text"]])

    def _writing(self, row: Row, kind: str, record_id: str, day: date | None, owner: str | None, text: str, more: list[str]) -> Writing:
        links, whole = (row.get("links_raw") or "").split(), with_hyphens(" ".join([text, *more]))
        issues = {f"{place}#{number}" for place, number in _ISSUE.findall(" ".join([whole, *links]))}
        tickets = frozenset(_name(each) for each in (*_TICKET.findall(whole), *issues) if not NO_TICKET.match(each))
        named = frozenset(each.casefold().strip(".") for each in _ID.findall(whole))  # its hyphens are plain already
        return Writing(
            row=row, kind=kind, record_id=record_id, day=day, owner=owner, bare=_bare(text), tickets=tickets, named=named,
            cited=tickets | (named & self.incidents), links=frozenset(_target(link, row["source_path"]) for link in links), reader=self,
        )  # fmt: skip

    def without_talk(self, text: str) -> str:
        """Folded, without what is said at either end about how it stands: `still`, `not finished`."""
        said = _WORD.findall(fold(text))
        while cut := next((size for size in (4, 3, 2, 1) if size < len(said) and " ".join(said[:size]) in self.talk), 0):
            said = said[cut:]
        while cut := next((size for size in (4, 3, 2, 1) if size < len(said) and " ".join(said[-size:]) in self.talk), 0):
            said = said[:-cut]
        return " ".join(said)

    def names(self, text: str) -> frozenset[str]:
        """Words with a figure or, but for the first, a capital, and services."""
        words = _WORD.findall(text)
        named = [word for word in words[1:] if not word.islower()] + [word for word in words if any(map(str.isdigit, word))]
        return frozenset(map(fold, named)) | (frozenset(map(fold, words)) & self.services)


def _name(text: str) -> str:
    return with_hyphens(text).casefold().strip(".")


def _bare(text: str) -> str:
    """Without ids, days and remarks in parentheses."""
    return _TICKET.sub("", _RECORD.sub("", _DAY.sub("", _REMARK.sub("", text))))


def _target(link: str, source_path: str) -> str:
    """The path that a link leads to, from the root: a relative one, or a repository's page of a file."""
    path = unquote(link.partition("#")[0].partition("?")[0])
    if inside := _IN_REPOSITORY.match(path):
        return path[inside.end() :]
    return normpath(path.lstrip("/") if path.startswith("/") else join(dirname(source_path), path))
