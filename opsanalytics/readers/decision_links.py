"""What decisions say of each other: read from links, ids and words, and resolved once all decisions are known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from posixpath import dirname, join, normpath
from unicodedata import normalize

from opsanalytics.findings import Finding, finding
from opsanalytics.markup.blocks import Line
from opsanalytics.markup.words import fold
from opsanalytics.readers.record import Record
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import Row

RELATIONS = ("supersedes", "superseded_by", "amends", "relates")
OWN_ID = re.compile(r"(?P<id>\d{4}-\d{2,4}|[A-Za-z]{2,8}[- ]?#?\d{1,6})(?![\w-])\s?(?:[:–—|.-]\s?)?")
_LINKED = re.compile(r"\[(?P<text>[^\[\]]{1,200})\](?:\((?P<href>[^()\s]{1,300})[^()]{0,80}\)|\[[^\[\]]{0,80}\])?")
_TOKEN = re.compile(r"(?:[A-Za-z]{1,8}[-\s]?)?\d[\w.-]*|[\w./-]+\.md\b")
_OTHER = re.compile(
    r"\[[^\[\]]{1,200}\]\((?!\w+:)[^()\s]{0,200}\d[^()\s]{0,100}\.mdx?\)|\b[A-Z]{2,8}-\d{1,6}\b(?!\]|\w)"
)
_FILE = re.compile(r"(?!\w+:)[^#?]{1,300}\.mdx?(?:#.*)?")
_AND = re.compile(r"\s?[,;]\s?|\sand\s")

Link = tuple[Line, str, str]  # where it stands, the relation, and what it points to as written


def spoken_links(record: Record) -> Iterator[Link]:
    """Links under their own label, and those that the status or a list of links names in words."""
    seen = set()
    for line, relation, raw in (*_labelled(record), *_in_words(record)):
        if (relation, raw) not in seen:
            seen.add((relation, raw))
            yield line, relation, raw


def mentioned_files(record: Record, spoken: Iterable[Link]) -> Iterator[Link]:
    """Files that the text links to beside those links: each that is a decision is one that it relates to."""
    seen = {raw for _, _, raw in spoken}
    for line in (line for part in record.document.parts for line in part.lines() if "](" in line.raw):
        for found in _LINKED.finditer(line.raw):
            if found[0] not in seen and _FILE.fullmatch(found["href"] or ""):
                seen.add(found[0])
                yield line, "relates", found[0]


def _labelled(record: Record) -> Iterator[Link]:
    for relation in RELATIONS:
        lines = (line for part in record.document.named(relation) for line in part.lines())
        for line in (line for line in lines if line.text and not record.is_unfilled(line.text)):
            raws = _targets(record.raw(line)) if "](" in record.raw(line) else _AND.split(line.text)
            yield from ((line, relation, raw) for raw in raws if not record.is_unfilled(raw))


def _in_words(record: Record) -> Iterator[Link]:
    """In a list of links, one without a word for it relates to the other decision."""
    for part in (part for name in ("status", "links") for part in record.document.named(name)):
        for line in part.lines():
            raw = record.raw(line)
            if found := relation_in(raw, record.words):
                yield from ((line, found[0], target) for target in _targets(raw[found[1] :]))
            elif part.name == "links":
                yield from ((line, "relates", other[0]) for other in _OTHER.finditer(raw))


def relation_in(text: str, words: Vocabulary) -> tuple[str, int] | None:
    """The first relation that a text names, and where its words end."""
    relations = words.group("decision_relations")
    spelled = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in sorted(relations, key=len, reverse=True))
    found = re.search(rf"(?<!\w)(?:{spelled})(?!\w)", text, re.IGNORECASE)
    return (relations[fold(found[0])], found.end()) if found and fold(found[0]) in relations else None


def _targets(text: str) -> list[str]:
    """What a piece of text points to: its links as written, else the first id or file name in it."""
    if linked := [found[0] for found in _LINKED.finditer(text)]:
        return linked
    token = _TOKEN.search(text[:200])
    return [token[0].rstrip(".-")] if token else []


# --- all decisions together


def resolve_decision_links(rows: dict[str, list[Row]]) -> list[Finding]:
    """Fills `to_id` of every link from ids, paths, numbers and file names; a finding for each that names no decision, nor
    an incident, to which a decision may well relate. A file that is only mentioned counts when it is another decision."""
    decisions = rows.get("decisions", [])
    incidents = {_same(row["incident_id"]) for row in rows.get("incidents", [])}
    indexes = [_index(decisions, key) for key in (_by_id, _by_path, _by_number, _by_stem)]
    for link in rows.get("decision_links", []):
        link["to_id"] = _resolved(link, indexes)
    kept = rows["decision_links"] = list(_without_idle_mentions(rows.get("decision_links", [])))
    dangling = (link for link in kept if link["to_id"] is None)
    return [_dangling(link) for link in dangling if not any(_same(name) in incidents for name in _names(link))]


def _without_idle_mentions(links: list[Row]) -> Iterator[Row]:
    pointed = {(link["from_id"], link["to_id"]) for link in links if not link.get("is_mention")}
    for link in links:
        pair = (link["from_id"], link["to_id"])
        if not link.get("is_mention") or (link["to_id"] and pair not in pointed):
            pointed.add(pair)
            yield link


def _dangling(link: Row) -> Finding:
    said = f"{link['relation'].replace('_', ' ')} `{link['to_raw'][:60]}`: there is no such decision"
    return finding("OPS124", link["source_path"], link["source_line"], 1, said)


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
    return bare_number(row["number"]) if row["number"] else None


def _by_stem(row: Row) -> str:
    return PurePosixPath(row["source_path"]).stem


def _same(text: str) -> str:
    return re.sub(r"[\s_]+", "-", normalize("NFKC", text).casefold().strip())


def bare_number(text: str) -> str:
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
    yield from (
        plain,
        normpath(join(dirname(link["source_path"]), plain)),
        plain.rpartition("/")[2],
        bare_number(plain),
    )
    if number := OWN_ID.match(plain) or re.match(r"(?P<id>\d{1,4})(?=[.:\s-])", plain):
        yield from (number["id"], bare_number(number["id"]))
