"""The records of all files together: what each told, in one set of tables, and what only all of them can tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from unicodedata import normalize

from opsanalytics.findings import Finding, finding
from opsanalytics.kinds import KINDS, Kind
from opsanalytics.ledger import keep_ledger
from opsanalytics.linter import Said
from opsanalytics.markup.words import with_hyphens
from opsanalytics.readers.decision_links import resolve_decision_links
from opsanalytics.readers.reading import Context, Stated
from opsanalytics.readers.samples import resolve_samples, sum_to_hours
from opsanalytics.readers.services import resolve_services
from opsanalytics.tables import TABLES, Row
from opsanalytics.warehouse.memory import Files, Told
from opsanalytics.warehouse.past import Past
from opsanalytics.warehouse.told import unpack


@dataclass
class Records:
    """All rows by table, with the files they come from and what was found on the way."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    files: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ids: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """By table, the ids that are taken, spelled alike, and the file that took each."""
    numbers: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(lambda: 2))
    """By column and claimed id, the next number that tells another claim of it apart."""
    stated: dict[str, list[Stated]] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        states = Counter(row["status"] for row in self.files)
        return {"seen": len(self.files), **{state: states[state] for state in ("loaded", "rejected", "ignored")}}


def combine(files: Files, context: Context, past: Past | None = None) -> Records:
    """Settles what only all files together can tell: equal ids and links between records."""
    records = Records()
    for kind, found in files.items():
        for told in found:
            _take(records, KINDS[kind], told, past)
    if past:
        records.findings += past.settle(records.rows)
    _resolve_links(records)
    records.findings += [*resolve_decision_links(records.rows), *keep_ledger(records.rows, context.words), *resolve_samples(records.rows)]
    sum_to_hours(records.rows)
    _count_again(records, KINDS["sli_samples"])
    resolve_services(records.rows)
    return records


def _take(records: Records, kind: Kind, told: Told, past: Past | None) -> None:
    if told.packed is None:
        status = "rejected" if told.is_refused else "ignored"
        if told.is_refused:
            records.findings.append(finding("OPS101", told.path, 1, 1, told.problem or ""))
        _note_file(records, kind, told, status, 0, told.problem)
        return
    reading, said = unpack(told)
    records.stated[told.path], records.said[told.path] = reading.stated, said
    if past:
        past.see(kind.name, told.path, told.blob_id, reading)
    _tell_apart(records, kind, reading.rows)
    for table, rows in reading.rows.items():
        records.rows[table] += rows
    count = len(reading.rows.get(kind.table, ()))
    records.findings += reading.findings
    if reading.ignored or count:
        _note_file(records, kind, told, "ignored" if reading.ignored else "loaded", count, reading.ignored)
    else:
        _note_file(records, kind, told, "rejected", 0, reading.findings[0].message)


def _note_file(records: Records, kind: Kind, told: Told, status: str, count: int, reason: str | None) -> None:
    records.files.append({"path": told.path, "record_kind": kind.name, "sha256": told.sha256, "bytes": told.size,
                          "status": status, "records": count, "reason": reason})  # fmt: skip


def _count_again(records: Records, kind: Kind) -> None:
    """Where rows of the files of a kind have been put together."""
    counts = Counter(row["source_path"] for row in records.rows[kind.table])
    for file in records.files:
        if file["record_kind"] == kind.name:
            file["records"] = counts[file["path"]]


def _tell_apart(records: Records, kind: Kind, rows: dict[str, list[Row]]) -> None:
    """A second file that claims an id gets `~2`, so that neither wins in silence. Case, width and
    letters of another alphabet that look alike make no other id."""
    for table in (kind.table, *(name for name in rows if name != kind.table)):
        if key := TABLES[table].key:
            taken = records.ids[table]
            for row in rows.get(table, ()):
                if _same(row[key[0]]) in taken:
                    _give_other_id(records, rows, row, key[0], taken)
            taken.update({_same(row[key[0]]): row["source_path"] for row in rows.get(table, ())})


def _give_other_id(records: Records, rows: dict[str, list[Row]], row: Row, key: str, taken: dict[str, str]) -> None:
    claimed = row[key]
    number = next(each for each in count(records.numbers[key, claimed]) if _same(f"{claimed}~{each}") not in taken)
    records.numbers[key, claimed] = number + 1
    said = f"`{claimed}` is the id of {taken[_same(claimed)]} too; loaded as `{claimed}~{number}`"
    records.findings.append(finding("OPS102", row["source_path"], row["source_line"], 1, said))
    _rename(rows, claimed, f"{claimed}~{number}")
    row[key] = f"{claimed}~{number}"


_LOOK_ALIKES = str.maketrans("АВЕЅІЈКМНОРСТУХаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTYXaesijopcyxABEZHIKMNOPTYXo")


@lru_cache(maxsize=1024)
def _same(record_id: str) -> str:
    return with_hyphens(normalize("NFKC", record_id).translate(_LOOK_ALIKES)).casefold()


_PART_IDS = ("action_id", "objective_id", "key_result_id")
_ID_COLUMNS = (*_PART_IDS, "incident_id", "decision_id", "session_id", "ritual", "origin_id", "record_id", "from_id")


def _rename(rows: dict[str, list[Row]], old: str, new: str) -> None:
    for row in (row for table in rows.values() for row in table):
        for name in _ID_COLUMNS:
            if row.get(name) == old:
                row[name] = new
            elif str(row.get(name, "")).startswith((f"{old}#", f"{old}.")) and name in _PART_IDS:
                row[name] = new + row[name][len(old) :]


def _resolve_links(records: Records) -> None:
    known = {_same(row["incident_id"]): row["incident_id"] for row in records.rows["incidents"]}
    for link in records.rows["incident_links"]:
        link["to_id"] = known.get(_same(link["to_raw"]))
        if link["to_id"] is None:
            said = f"{link['relation'].replace('_', ' ')} `{link['to_raw'][:60]}`: there is no such incident"
            records.findings.append(finding("OPS124", link["source_path"], link["source_line"], 1, said))
    _resolve_pages(records, known)


def _resolve_pages(records: Records, known: dict[str, str]) -> None:
    """Incidents of another tool's own numbering are told once a file."""
    strange: dict[str, list[Row]] = {}
    for page in records.rows["pages"]:
        if claimed := page.get("incident_id"):
            page["incident_id"] = known.get(_same(claimed))
            if page["incident_id"] is None:
                strange.setdefault(page["source_path"], []).append(page | {"incident_id": claimed})
    for path, pages in strange.items():
        said = f"pages that name incidents without a file: {len(pages)}, first `{pages[0]['incident_id'][:60]}`"
        records.findings.append(finding("OPS124", path, pages[0]["source_line"], 1, said))
