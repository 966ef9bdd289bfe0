"""The promise ledger: one promise's whole way through the record, from where it was first written to where it was last seen."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from opsanalytics.figures import Number, Place, day, known, plural, quantity
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record
from opsanalytics.packs.retros import times
from opsanalytics.record_figures import each

SHOWN = 5
KNOWN_BY = {"id": "its id or ticket", "link": "a link to its file", "text": "its words"}


class Ledger:
    """The promises made up to the as-of, and their sightings."""

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def promises(self) -> pd.DataFrame:
        """A promise that was seen again a row, by its last writing: those carried over most often first, then the oldest."""
        rows = self.record.table("promise_facts")
        rows = rows[~(rows["created_on"] > self.record.as_of_on) & (rows["sightings"] > 0)].set_index("last_action_id", drop=False)
        last = self.record.table("action_item_facts").set_index("action_id")
        rows = rows.assign(**last.loc[rows.index, ["text", "owner", "source_path", "source_line"]])
        return rows.sort_values(["carried", "sightings", "age_days", "action_id"], ascending=[False, False, False, True])

    @cached_property
    def sightings(self) -> pd.DataFrame:
        return self.record.table("action_sightings").sort_values(["seen_on", "source_path", "source_line"])


def header(record: Record) -> tuple[str, ...]:
    return spans.header(record, f"{plural(len(Ledger(record).promises), 'promise')} seen in more than one record")


# --- those carried longest

def longest(record: Record) -> pd.DataFrame:
    rows = Ledger(record).promises.head(SHOWN)
    if rows.empty:
        return pd.DataFrame()
    return pd.DataFrame({
        "promise": rows["text"], "owner": rows["owner"], "first promised": rows["created_on"],
        "age": [quantity(age, "days") if known(age) else "–" for age in rows["age_days"].astype(float)],
        "carried over": rows["carried"].map(times), "seen": rows["sightings"], "last seen": rows["last_seen_on"],
        "what became of it": rows["status"], "where": spans.where(rows)})


def longest_finding(record: Record) -> str:
    rows = Ledger(record).promises
    carried = rows[rows["carried"] > 0]
    if rows.empty:
        return f"No promise was seen in a second record by {day(record.as_of_on)}"
    if carried.empty:
        return f"{plural(len(rows), 'promise')} {'was' if len(rows) == 1 else 'were'} seen again, and none of them carried over"
    most = times(int(carried["carried"].max()))
    return f"One promise was carried over, {most}" if len(carried) == 1 else f"{len(carried)} promises were carried over, one of them {most}"


def longest_numbers(record: Record) -> list[Number]:
    rows = Ledger(record).promises
    return [Number("promises_seen_again", len(rows), "promises"),
            Number("promises_carried_over", int((rows["carried"] > 0).sum()), "promises", n=len(rows))]


# --- their way

def ways(record: Record) -> pd.DataFrame:
    """A sighting a row, under the first writing of each of the promises carried longest."""
    ledger = Ledger(record)
    items = record.table("action_item_facts").set_index("action_id")
    rows = [row for action_id in ledger.promises["action_id"].head(SHOWN) for row in _way(ledger, items.loc[action_id], action_id)]
    return pd.DataFrame(rows, columns=["promise", "day", "where", "words", "known by", "alike"])


def _way(ledger: Ledger, first: pd.Series, action_id: str) -> list[tuple[object, ...]]:
    where = Place(first["source_path"], first["source_line"])
    seen = ledger.sightings[ledger.sightings["action_id"] == action_id]
    return [(first["text"], first["created_on"], where, first["text"], "first promised here", "–")] + [
        (first["text"], row.seen_on, Place(row.source_path, row.source_line), row.text, KNOWN_BY[row.linked_by],
         "–" if row.linked_by == "id" else quantity(row.score, "share")) for row in each(seen)]


def ways_finding(record: Record) -> str:
    count = min(SHOWN, len(Ledger(record).promises))
    if not count:
        return "There is no way to follow"
    return "The way of that promise" if count == 1 else "The way of those carried longest"


def ways_caption(record: Record) -> str:
    return ("Every later record that has the promise again, as an action item or as a note. An id or a link tells for certain; by its words a "
            "promise is known where they are alike and nothing speaks against it.")
