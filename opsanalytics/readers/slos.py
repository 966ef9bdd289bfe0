"""Service level objectives: the chapter's `slo.yml`, OpenSLO (v1alpha, v1, v2alpha), Sloth and Pyrra.

Each format is brought to the columns of `slos`, with its lines; from there they are read alike. A file holds one document
or several, or a list of them; documents of other kinds are no objectives, and no fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from opsanalytics.markup.blocks import Line
from opsanalytics.markup.sheets import parse_sheet
from opsanalytics.markup.strict_yaml import Node, parse_yaml_documents
from opsanalytics.markup.words import fold
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.slo_indicators import (
    at,
    openslo_indicator,
    openslo_ratio,
    pyrra_indicator,
    sloth_indicator,
    word_at,
)
from opsanalytics.readers.stretches import stretch_of, window_of
from opsanalytics.readers.tabular import Entry, Rows, Sheet, compact, csv_entries, lines_of, yaml_entries
from opsanalytics.readers.vocabulary import Vocabulary

_SHARE = re.compile(r"(?P<sign>\D{0,12})(?P<number>\d{1,3}(?:[.,]\d{1,12})?)\s?(?P<percent>%|percent|per cent|pct)?", re.IGNORECASE)


def share_of(text: str, words: Vocabulary) -> float:
    """`99.9`, `99.9 %`, `0.999` and `≥ 99.9%` are 0.999: a number up to 1 is a share, one above it a percentage.

    Raises ValueError.
    """
    found = _SHARE.fullmatch(text.strip())
    sign = found["sign"].strip() if found else ""
    if not found or (sign and words.group("figure_signs").get(fold(sign)) != "up"):
        raise ValueError(f"`{text[:40]}` is no share of good events; write it as 99.9")
    value = Decimal(found["number"].replace(",", "."))
    share = value / 100 if found["percent"] or value > 1 else value
    if not 0 < share <= 1:
        raise ValueError(f"`{text[:40]}` is no share between 0 and 100 %")
    return float(share)


SLOS = Sheet("slo", "slos", "slos", name="slo_id", needs=("target",),
             forms={"target": share_of, "time_window": window_of, "time_slice_target": share_of,
                    "time_slice_window": stretch_of})  # fmt: skip
OPENSLO = re.compile(r"openslo(?:\.com)?/v[012]\S*")
FORMATS = "openslo/v1, openslo/v1alpha, openslo.com/v2alpha, sloth.slok.dev/v1, pyrra.dev/v1alpha1 and prometheus/v1"
Cells = dict[str, list[Line]]


def parse_slos(path: str, text: str, context: Context) -> Reading:
    """Raises MarkupError when the file cannot be parsed, or nothing in it can be used."""
    reading = Reading(path)
    rows = Rows(SLOS, reading, context)
    file = _File(rows)
    rows.write_all(csv_entries(parse_sheet(text), rows) if path.endswith(".csv") else file.entries(parse_yaml_documents(text)))
    rows.end()
    if reading.ignored and file.others:
        reading.ignored = f"no SLO in it, but {', '.join(sorted(file.others))}"
    for row in reading.rows.get("slos", ()):
        if row.get("time_window"):
            row["window_kind"] = row.get("window_kind") or ("rolling" if row["time_window"][-1] in "dh" else "calendar")
    return reading


class _File:
    """The documents of a file, and the indicators that they refer to by name."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.others: set[str] = set()
        self.indicators: dict[str, Node] = {}

    def entries(self, documents: list[Node]) -> Iterator[Entry]:
        flat = [each for document in documents for each in _flat(document)]
        for document in flat:
            if word_at(document, "kind") == "SLI" and (name := word_at(document, "metadata", "name")):
                self.indicators[name] = document
        for document in flat:
            yield from self._entries_of(document)

    def _entries_of(self, document: Node) -> Iterator[Entry]:
        stated = at(document, "apiVersion") or at(document, "version")
        said, kind = compact(stated) if stated else "", word_at(document, "kind")
        family = _FAMILIES.get(said.partition("/")[0])
        if family is None and (kind is None or at(document, "slos")):
            yield from self._of_chapter(document)
        elif family is None or (kind and kind != family.kind):
            self.others.add(kind or said)
        elif stated and not family.version.fullmatch(said):
            self.rows.refuse("OPS135", f"`{said[:40]}` is no format that is read; there are {FORMATS}", stated.line, stated.column)
        else:
            yield from family.entries(self, document)

    def _of_chapter(self, document: Node) -> Iterator[Entry]:
        """What stands beside `slos:` under a column's name counts for every one of them."""
        shared: Cells = {}
        if isinstance(document.value, dict) and at(document, "slos"):
            shared = {key: lines_of(node) for key, node in document.value.items() if self.rows.header(key).column}
            document = replace(document, value={key: node for key, node in document.value.items() if key not in shared})
        for entry in yaml_entries(SLOS, document, self.rows):
            said = {self.rows.header(header).column for header in entry.cells}
            missing = {header: lines for header, lines in shared.items() if self.rows.header(header).column not in said}
            yield self._with_kind_of_window(self._with_id(replace(entry, cells=entry.cells | missing)))

    def _with_id(self, entry: Entry) -> Entry:
        found = {self.rows.header(header).column: lines for header, lines in entry.cells.items()}
        return replace(entry, cells=entry.cells | _id_of(found.get("service"), found.get("name"))) if "slo_id" not in found else entry

    def _with_kind_of_window(self, entry: Entry) -> Entry:
        """`28 days rolling` tells two columns."""
        for header, lines in entry.cells.items():
            if self.rows.header(header).column != "time_window" or len(lines) != 1:
                continue
            kinds = [word for word in lines[0].text.split() if self.rows.words.look_up("slos_window_kind", word)]
            rest = " ".join(word for word in lines[0].text.split() if word not in kinds)
            if len(kinds) == 1 and rest:
                told = {header: [replace(lines[0], text=rest)], "window_kind": [replace(lines[0], text=kinds[0])]}
                return replace(entry, cells=told | {name: each for name, each in entry.cells.items() if name != header})
        return entry

    def of_openslo(self, document: Node) -> Iterator[Entry]:
        spec = at(document, "spec") or document
        objectives = _items(at(spec, "objectives")) or [Node({}, document.line, document.column)]
        for number, objective in enumerate(objectives, 1):
            cells = self._described(document) | _cells(service=at(spec, "service"), budgeting_method=at(spec, "budgetingMethod"))
            cells |= _window(at(spec, "timeWindow") or at(spec, "timeWindows"))
            cells |= _cells(target=at(objective, "target"), time_slice_target=at(objective, "timeSliceTarget"),
                            time_slice_window=at(objective, "timeSliceWindow"))  # fmt: skip
            if percent := at(objective, "targetPercent"):
                cells["target"] = [_line(f"{compact(percent)}%", percent)]
            cells |= self._indicator(spec, objective)
            if len(objectives) > 1:
                cells |= _of_several(cells, at(objective, "displayName"), number)
            yield self._asked_for(Entry(objective.line, objective.column, cells), "service", "indicator")

    def _indicator(self, spec: Node, objective: Node) -> Cells:
        """Of the objective, else of the whole; named or written out."""
        for holder in (objective, spec):
            for name in ("indicator", "sli", "indicatorRef", "sliRef"):
                if node := at(holder, name):
                    inline = self.indicators.get(compact(node), node) if name.endswith("Ref") else node
                    return {"indicator": [_line(openslo_indicator(inline, objective), node)]}
        ratio = at(objective, "ratioMetrics") or at(objective, "ratioMetric")
        return {"indicator": [_line(openslo_ratio(ratio), ratio)]} if ratio else {}

    def of_sloth(self, document: Node) -> Iterator[Entry]:
        spec = at(document, "spec") or document
        for slo in _items(at(spec, "slos")):
            cells = self._labels(at(spec, "labels")) | self._labels(at(slo, "labels"))
            cells |= _cells(service=at(spec, "service"), name=at(slo, "name"), target=at(slo, "objective"),
                            description=at(slo, "description"))  # fmt: skip
            cells |= _id_of(cells.get("service"), cells.get("name"))
            if sli := at(slo, "sli"):
                cells["indicator"] = [_line(sloth_indicator(sli), sli)]
            yield self._asked_for(Entry(slo.line, slo.column, cells), "service", "indicator")

    def of_pyrra(self, document: Node) -> Iterator[Entry]:
        spec = at(document, "spec") or document
        cells = self._described(document) | _cells(target=at(spec, "target"), time_window=at(spec, "window"))
        if indicator := at(spec, "indicator"):
            cells["indicator"] = [_line(pyrra_indicator(indicator), indicator)]
        yield self._asked_for(Entry(document.line, document.column, cells), "indicator")

    def _described(self, document: Node) -> Cells:
        """What Kubernetes' way of describing things tells: name, labels and the like."""
        about = at(document, "metadata") or document
        name = at(about, "name")
        return (self._labels(at(about, "labels"))
                | _cells(slo_id=name, name=at(about, "displayName") or name, namespace=at(about, "namespace"),
                         description=at(document, "spec", "description")))  # fmt: skip

    def _labels(self, labels: Node | None) -> Cells:
        """Labels are fields of the team's own, also when one is called like a column."""
        pairs = labels.value.items() if labels and isinstance(labels.value, dict) else ()
        return {f"label {key}" if self.rows.header(key).column else key: lines_of(node) for key, node in pairs if node.value}

    def _asked_for(self, entry: Entry, *names: str) -> Entry:
        """Says what the format asks for and the entry lacks."""
        for name in names:
            if not any(line.text for line in entry.cells.get(name, ())):
                self.rows.reading.say("OPS136", entry.line, entry.column, f"a row of slos without `{name}`")
        return entry


@dataclass(frozen=True)
class _Family:
    """The formats of one maker: the kind of document that is an objective, the versions that are read, and how."""

    kind: str
    version: re.Pattern[str]
    entries: Callable[[_File, Node], Iterator[Entry]]


_FAMILIES = {
    "openslo": _Family("SLO", OPENSLO, _File.of_openslo),
    "openslo.com": _Family("SLO", OPENSLO, _File.of_openslo),
    "prometheus": _Family("", re.compile("prometheus/v1"), _File.of_sloth),
    "sloth.slok.dev": _Family("PrometheusServiceLevel", re.compile(r"sloth\.slok\.dev/v1"), _File.of_sloth),
    "pyrra.dev": _Family("ServiceLevelObjective", re.compile(r"pyrra\.dev/v1\w*"), _File.of_pyrra),
}


def _items(node: Node | None) -> list[Node]:
    return node.value if node and isinstance(node.value, list) else []


def _flat(document: Node) -> Iterator[Node]:
    """The documents of a list; the chapter's own entries in one are a document together."""
    if isinstance(document.value, list):
        plain = [each for each in document.value if not _is_document(each)]
        if plain:
            yield replace(document, value=plain)
        for each in filter(_is_document, document.value):
            yield from _flat(each)
    elif (word_at(document, "kind") or "").endswith("List") and at(document, "items"):
        for each in _items(at(document, "items")):
            yield from _flat(each)
    else:
        yield document


def _is_document(node: Node) -> bool:
    return bool(at(node, "apiVersion") or at(node, "version"))


def _line(text: str, node: Node) -> Line:
    return Line(" ".join(text.split()), "", node.line, node.column)


def _cells(**nodes: Node | None) -> Cells:
    return {name: lines_of(node) for name, node in nodes.items() if node}


def _id_of(service: list[Line] | None, name: list[Line] | None) -> Cells:
    """`service-name`, as Sloth has it."""
    if not service or not name or not service[0].text:
        return {}
    return {"slo_id": [replace(name[0], text="-".join(f"{service[0].text} {name[0].text}".split()))]}


def _of_several(cells: Cells, name: Node | None, number: int) -> Cells:
    """Id and name of one of a document's objectives."""
    objective = compact(name) if name else ""
    behind = {"slo_id": f"/{fold(objective).replace(' ', '-')}" if objective else f"#{number}", "name": f": {objective}" if objective else ""}
    return {key: [replace(cells[key][0], text=cells[key][0].text + more)] for key, more in behind.items() if cells.get(key)}


def _window(windows: Node | None) -> Cells:
    """The first, since a format that has a list of them allows one: `duration: 4w`, or `count: 30` and `unit: Day`."""
    window = next(iter(_items(windows)), windows)
    cells = _cells(time_window=at(window, "duration"), window_kind=at(window, "isRolling"))
    count, unit = at(window, "count"), at(window, "unit")
    if count and unit:
        cells["time_window"] = [_line(f"{compact(count)} {compact(unit)}", count)]
    if "window_kind" not in cells and (calendar := at(window, "calendar")):
        cells["window_kind"] = [_line("calendar", calendar)]
    return cells
