"""What moved on the roadmap since the period began: the files as they stood then, read again from git, beside those of now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from opsanalytics.errors import OpsError
from opsanalytics.figures import Number, day, plural
from opsanalytics.kinds import KINDS
from opsanalytics.markup.words import fold_label
from opsanalytics.packs import roadmap, spans
from opsanalytics.packs.record import Record
from opsanalytics.readers import read_record
from opsanalytics.record_figures import each
from opsanalytics.repository import find_repository
from opsanalytics.tables import Row
from opsanalytics.workspace import read_workspace

DONE, DROPPED, NEARER, PUT_OFF, NEW, GONE = KINDS_OF_MOVE = ("done", "dropped", "nearer", "put off", "new", "gone")


@dataclass(frozen=True)
class Moves:
    """Of the items of a roadmap, by their titles."""

    record: Record

    @cached_property
    def then(self) -> dict[str, Row] | None:
        """The items as the period began, by their folded title; None where nobody can tell."""
        try:
            return {fold_label(row["title"]): row for row in self._read_then()} or None
        except OpsError:
            return None

    def _read_then(self) -> Iterator[Row]:
        workspace = read_workspace(Path(self.record.load["workspace"]))
        repository = find_repository(workspace.root)
        for version in each(self._versions):
            data = repository.file(version.git_commit, version.path) if repository else None
            if data is not None:
                yield from read_record(KINDS["roadmap"], version.path, data, workspace.context).rows["roadmap_items"]

    @property
    def _versions(self) -> pd.DataFrame:
        """The last version of each roadmap file from before the period."""
        rows = self.record.table("file_versions")
        zone = self.record.load["zone"]
        began_at = pd.Timestamp(self.record.period.starts_on, tz=zone).tz_convert("UTC").tz_localize(None)
        rows = rows[(rows["record_kind"] == "roadmap") & (rows["committed_at"] < began_at)]
        return rows.sort_values("committed_at", kind="stable").drop_duplicates("path", keep="last")

    @cached_property
    def moved(self) -> list[tuple[str, Row | None, Any]]:
        """Kind of move, the item then and now; one that is closed on both days has not moved."""
        then, now = self.then or {}, {fold_label(row.title): row for row in each(roadmap.items(self.record))}
        found = [(_move(then.get(title), now.get(title)), then.get(title), now.get(title)) for title in dict.fromkeys([*now, *then])]
        return sorted(((kind, was, row) for kind, was, row in found if kind), key=lambda each: KINDS_OF_MOVE.index(each[0]))


def _move(was: Row | None, row: Any) -> str:
    if was is None:
        return NEW
    if row is None:
        return "" if _is_closed(was) else GONE
    if row.state in (DONE, DROPPED):
        return "" if _is_closed(was) else str(row.state)
    nearer = roadmap.ORDER.index(_horizon(was)) - roadmap.ORDER.index(row.horizon)
    return "" if not nearer else NEARER if nearer > 0 else PUT_OFF


def _horizon(was: Row) -> str:
    return was["horizon"] or roadmap.NO_HORIZON


def _is_closed(was: Row) -> bool:
    return bool(was["status"] != "open" or was["horizon"] == "done")


def table(moves: Moves) -> pd.DataFrame:
    if moves.then is None:
        return pd.DataFrame()
    now = roadmap.items(moves.record)
    places = dict(zip(now["item_id"], spans.where(now), strict=True)) if len(now) else {}
    return pd.DataFrame([{
        "item": was["title"] if was and row is None else row.title, "": kind, "then": _horizon(was) if was else None,
        "now": None if row is None else row.horizon, "where": None if row is None else places[row.item_id],
    } for kind, was, row in moves.moved])


def finding(moves: Moves) -> str:
    if roadmap.items(moves.record).empty:
        return ""
    since = day(moves.record.period.starts_on)
    if moves.then is None:
        return f"What moved on the roadmap cannot be told: git has no version of it from before {since}"
    counts = Counter(kind for kind, *_ in moves.moved)
    said = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS_OF_MOVE if counts[kind])
    return f"{plural(len(moves.moved), 'item')} of the roadmap moved since {since}: {said}" if said else f"Nothing on the roadmap moved since {since}"


def numbers(moves: Moves) -> list[Number]:
    if moves.then is None:
        return []
    counts, n = Counter(kind for kind, *_ in moves.moved), len(moves.then)
    return [Number("roadmap_moves", len(moves.moved), "items", n=n),
            *(Number(f"roadmap_moves.{kind.replace(' ', '_')}", counts[kind], "items", n=n) for kind in KINDS_OF_MOVE)]


def caption(moves: Moves) -> str:
    return (f"The roadmap as it stood when {spans.said(moves.record.period)} began, beside that of {day(moves.record.as_of_on)}, item by item "
            "by title: one whose title was reworded is gone under the old and new under the new.")
