"""Decision files: the chapter's log, and Nygard's and MADR's records as far as they say it in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from unicodedata import normalize

from opsanalytics.findings import Finding, finding
from opsanalytics.markup.blocks import Line
from opsanalytics.markup.document import Part, Shape
from opsanalytics.markup.words import fold, fold_label
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.record import Origin, Record, first_parts, joined, label_key, labels_of
from opsanalytics.tables import Row

DAYS = ("proposed_on", "decided_on", "updated_on", "review_on")
TEXTS = ("context", "options", "decision", "consequences")
RELATIONS = ("supersedes", "superseded_by", "amends", "relates")
SHAPES: dict[str, Shape] = {
    **dict.fromkeys(("decision_id", "title", "status", "date", "owner", "decision_makers", *DAYS, *RELATIONS), "value"),
    **dict.fromkeys(TEXTS, "text"),
    **dict.fromkeys(("links", "follow_ups"), "list"),
}
_OWN_ID = re.compile(r"(?P<id>\d{4}-\d{2,4}|[A-Za-z]{2,8}-?\d{1,6})(?![\w-])\s?(?:[:–—|.-]\s?)?")
_NUMBERED = re.compile(r"(?P<number>\d{1,4})(?:[.:)]|\s[–—-])\s")
_STEM_NUMBER = re.compile(r"(?P<number>\d{4}-\d{2,4}(?=-[^\d-])|\d{2,4}(?=-[^\d])|[A-Za-z]{2,8}-?\d{1,6}(?=[-_.]|$))")
_BRACKETS = re.compile(r"(?P<label>[^\[\]]{1,40})\s\[(?P<value>[^\[\]]{1,80})\]$")
_LINKED = re.compile(r"\[(?P<text>[^\[\]]{1,200})\](?:\((?P<href>[^()\s]{1,300})[^()]{0,80}\)|\[[^\[\]]{0,80}\])?")
_TOKEN = re.compile(r"(?:[A-Za-z]{1,8}[-\s]?)?\d[\w.-]*|[\w./-]+\.md\b")
_AND = re.compile(r"\s?[,;]\s?|\sand\s")


def parse_decision(path: str, text: str, context: Context) -> Reading:
    """One decision file. Raises MarkupError when it cannot be parsed at all."""
    reading = Reading(path)
    _Decision(reading, text, context).read()
    return reading


class _Decision(Record):
    def __init__(self, reading: Reading, text: str, context: Context) -> None:
        super().__init__(reading, text, context, labels_of(context.words, "decision_labels", SHAPES))
        self._name_parts()
        self.parts = first_parts(self.document.parts)
        self.row: Row = {}

    def _name_parts(self) -> None:
        """What only a decision's own words tell: days under a status word, `Status [Accepted]`, `## Superseded`."""
        days, labels = self.words.group("decision_days"), self.words.group("decision_labels")
        for part in self.document.parts:
            if part.name is None and part.is_field and (day := days.get(fold_label(label_key(part)))):
                part.name, part.is_field = day, False
            elif part.name is None and not part.is_field and part is not self._title_part():
                self._name_status(part, labels)

    def _name_status(self, part: Part, labels: dict[str, str]) -> None:
        found = _BRACKETS.match(part.label)
        says_status = found and labels.get(fold_label(found["label"])) == "status"
        value = found["value"] if found and says_status else part.label
        if says_status or self.words.group("decision_status").get(fold_label(part.label)):
            part.name = "status"
            part.content.insert(0, Line(value, value, part.line, part.column))

    def _title_part(self) -> Part | None:
        title = self.document.title
        return next((part for part in self.document.parts if title and part.label == title.text), None)

    def read(self) -> None:
        if self._is_template():
            self.reading.ignored = "a template that nobody filled in"
            return
        self._read_identity()
        self._read_status()
        self._read_days()
        self.row["owner"] = self.text("owner")
        makers = self.parts.get("decision_makers")
        self.row["decision_makers"] = joined(makers) if makers and self.value("decision_makers") else None
        for name in TEXTS:
            self.row[name] = self.long_text(name)
        self._write()

    def _is_template(self) -> bool:
        """Neither a status nor a day is filled in, and it is named a template, has a placeholder for a title, or is blank."""
        said = any(self.value(name) for name in ("status", "date", *DAYS))
        if said or self.is_named_template():
            return not said
        is_placeholder = bool(self.heading) and self.is_unfilled(self.heading)
        parts = [part for part in self.document.parts if part is not self._title_part()]
        return (is_placeholder and not any(map(self.long_text, TEXTS))) or not any(map(self.has_content, parts))

    # --- identity

    def _read_identity(self) -> None:
        own_id, number, title = self._heading_parts()
        stem = _STEM_NUMBER.match(self.stem)
        self.row["decision_id"] = self.text("decision_id") or own_id or self.path_id
        self.row["number"] = self.text("decision_id") or own_id or (stem["number"] if stem else number)
        self.row["title"] = self.text("title") or title or self.row["decision_id"]

    def _heading_parts(self) -> tuple[str | None, str | None, str | None]:
        """The id that an H1 opens with when the file is named for it, a plain number, and the title itself."""
        heading = self.heading
        if heading.startswith("[") and heading.endswith("]"):
            heading = heading[1:-1].strip()
        own = _OWN_ID.match(heading)
        if own and self.stem.casefold().startswith(own["id"].casefold()):
            return own["id"], None, heading[own.end() :].strip() or None
        numbered = _NUMBERED.match(heading)
        return None, numbered["number"] if numbered else None, heading[numbered.end() if numbered else 0 :].strip() or None

    # --- words and days

    def _read_status(self) -> None:
        """The first that is known: a table of another matter may have a column of that name too."""
        lines = [part.first for part in self.document.named("status") if part.first]
        said = [line for line in lines if not self.words.is_unknown(line.text)]
        line = next((line for line in said if self._status_of(line.text)), said[0] if said else None)
        if line is None:
            return
        status = self._status_of(line.text)
        if status is None and self.is_unfilled(line.text):
            return
        self.row["status_raw"], self.row["status"] = line.text, status
        if status is None:
            self.reading.say("OPS123", line.line, line.column, f"`{line.text[:40]}` is no known status of a decision")

    def _status_of(self, text: str) -> str | None:
        """The words that a status opens with: `Superseded by 0012`, `[Accepted]` and `Accepted.` say one."""
        if text.count(" | ") >= 2:
            return None
        words = re.findall(r"[^\W\d_]+", text[:80])
        openings = (" ".join(words[:count]) for count in (3, 2, 1))
        return self.words.look_up("decision_status", text) or next(
            filter(None, (self.words.group("decision_status").get(fold(opening)) for opening in openings)), None
        )

    def _read_days(self) -> None:
        """A plain `Date` is the day of the last change in MADR; elsewhere it is the day that its status came about."""
        self.row["template"] = self._template()
        for name in DAYS:
            self.row[name] = self.day(name)
        if day := self.day("date"):
            is_settled = self.row.get("status") in ("accepted", "rejected")
            name = "updated_on" if self.row["template"] == "madr" else "decided_on" if is_settled else "proposed_on"
            self.row[name] = self.row[name] or day
        proposed, decided, line = self.row["proposed_on"], self.row["decided_on"], self.value("decided_on")
        if proposed and decided and decided < proposed:
            at = (line.line, line.column) if line else (1, 1)
            self.reading.say("OPS112", *at, f"decided {decided} is before proposed {proposed}")

    def _template(self) -> str | None:
        templates = self.words.group("decision_templates")
        said = {templates.get(key): key for part in self.document.parts if (key := fold_label(label_key(part)))}
        of_nygard = {key for part in self.document.parts if templates.get(key := fold_label(part.label)) == "nygard"}
        if "madr" in said:
            return "madr"
        if "chapter" in said and of_nygard:
            return "chapter"
        return "nygard" if len(of_nygard) >= 2 else None

    # --- rows

    def _write(self) -> None:
        decision_id = self.row["decision_id"]
        self.reading.add("decisions", 1, **self.row)
        for line, relation, raw in self._links():
            self.reading.add("decision_links", line.line, from_id=decision_id, relation=relation, to_id=None, to_raw=raw)
        day = self.row["decided_on"] or self.row["proposed_on"]
        self.write_actions("follow_ups", Origin("decision", decision_id, day))
        self.write_fields(self.document.parts, "decision", decision_id)

    def _links(self) -> Iterator[tuple[Line, str, str]]:
        """Links under their own label, and those that the status or a list of links names in words."""
        seen = set()
        for line, relation, raw in (*self._labelled_links(), *self._spoken_links()):
            if (relation, raw) not in seen:
                seen.add((relation, raw))
                yield line, relation, raw

    def _labelled_links(self) -> Iterator[tuple[Line, str, str]]:
        for relation in RELATIONS:
            lines = (line for part in self.document.named(relation) for line in part.lines())
            for line in (line for line in lines if line.text and not self.is_unfilled(line.text)):
                raws = _targets(self.raw(line)) if "](" in self.raw(line) else _AND.split(line.text)
                yield from ((line, relation, raw) for raw in raws if not self.is_unfilled(raw))

    def _spoken_links(self) -> Iterator[tuple[Line, str, str]]:
        for part in (part for name in ("status", "links") for part in self.document.named(name)):
            for line in part.lines():
                if found := self._relation(raw := self.raw(line)):
                    yield from ((line, found[0], target) for target in _targets(raw[found[1] :]))

    def _relation(self, text: str) -> tuple[str, int] | None:
        """The first relation that a text names, and where its words end."""
        words = self.words.group("decision_relations")
        spelled = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in sorted(words, key=len, reverse=True))
        found = re.search(rf"(?<!\w)(?:{spelled})(?!\w)", text, re.IGNORECASE)
        return (words[fold(found[0])], found.end()) if found and fold(found[0]) in words else None


def _targets(text: str) -> list[str]:
    """What a piece of text points to: its links as written, else the first id or file name in it."""
    if linked := [found[0] for found in _LINKED.finditer(text)]:
        return linked
    token = _TOKEN.search(text[:200])
    return [token[0].rstrip(".-")] if token else []


# --- all decisions together


def resolve_decision_links(rows: dict[str, list[Row]]) -> list[Finding]:
    """Fills `to_id` of every link from ids, paths, numbers and file names; a finding for each that names no decision, nor
    an incident, to which a decision may well relate."""
    decisions = rows.get("decisions", [])
    findings = []
    incidents = {_same(row["incident_id"]) for row in rows.get("incidents", [])}
    indexes = [_index(decisions, key) for key in (_by_id, _by_path, _by_number, _by_stem)]
    for link in rows.get("decision_links", []):
        link["to_id"] = _resolved(link, indexes)
        if link["to_id"] is None and not any(_same(name) in incidents for name in _names(link)):
            said = f"{link['relation'].replace('_', ' ')} `{link['to_raw'][:60]}`: there is no such decision"
            findings.append(finding("OPS124", link["source_path"], link["source_line"], 1, said))
    return findings


Index = dict[str, list[Row]]


def _index(decisions: Iterable[Row], key: Callable[[Row], str | None]) -> Index:
    index: Index = {}
    for row in decisions:
        if said := key(row):
            index.setdefault(_same(said), []).append(row)
    return index


def _by_id(row: Row) -> str:
    return str(row["decision_id"])


def _by_path(row: Row) -> str:
    return str(PurePosixPath(row["source_path"]).with_suffix(""))


def _by_number(row: Row) -> str | None:
    return _bare_number(row["number"]) if row["number"] else None


def _by_stem(row: Row) -> str:
    return PurePosixPath(row["source_path"]).stem


def _same(text: str) -> str:
    return re.sub(r"[\s_]+", "-", normalize("NFKC", text).casefold().strip())


def _bare_number(text: str) -> str:
    """`0012`, `12.` and `ADR-012` are all number 12; `2026-003` stays what it is."""
    found = re.fullmatch(r"[a-z]{0,8}[\s-]?0*(\d+)[.:]?", text.strip().casefold())
    return found[1] if found else text


def _resolved(link: Row, indexes: list[Index]) -> str | None:
    """The nearest of those that the text names: in a repository with several logs, numbers are told apart by folder."""
    for name in _names(link):
        for index in indexes:
            found = [row for row in index.get(_same(name), ()) if row["decision_id"] != link["from_id"]]
            if found:
                folder = dirname(link["source_path"])
                return str(min(found, key=lambda row: dirname(row["source_path"]) != folder)["decision_id"])
    return None


def _names(link: Row) -> Iterator[str]:
    """What the raw text of a link may be called: the path behind it, the file's name, its text, its number."""
    linked = _LINKED.fullmatch(link["to_raw"].strip())
    text = linked["text"] if linked else link["to_raw"].strip()
    if linked and linked["href"]:
        path = linked["href"].split("#")[0].rstrip("/")
        path = re.sub(r"\.(?:md|mdx|markdown|qmd|html)$", "", path)
        yield normpath(join(dirname(link["source_path"]), path))
        yield path.rpartition("/")[2]
    plain = re.sub(r"\.(?:md|mdx|markdown|qmd)$", "", text)
    yield from (plain, normpath(join(dirname(link["source_path"]), plain)), plain.rpartition("/")[2], _bare_number(plain))
    if number := _OWN_ID.match(plain) or re.match(r"(?P<id>\d{1,4})(?=[.:\s-])", plain):
        yield from (number["id"], _bare_number(number["id"]))
