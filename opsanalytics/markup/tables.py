"""Tables of labels and values: down the first column, across a header over one row, or in pairs of columns."""

from __future__ import annotations

from opsanalytics.markup.elements import Line, Rows
from opsanalytics.markup.labels import LabelWords

Labelled = tuple[Line, list[Line]]


def labelled_cells(table: Rows, words: LabelWords, *, at_top: bool) -> list[Labelled]:
    """Each label cell with its values; none when the table is of another kind. At the top of a file a header over one
    row may have labels of the team's own."""
    every = [row for row in (table.header, *table.rows) if row]
    return _in_pairs(every, words) or _across(table, words, at_top=at_top) or _down(table, every, words)


def _across(table: Rows, words: LabelWords, *, at_top: bool) -> list[Labelled]:
    if len(table.rows) != 1 or len(table.header) < 2 or words.known(table.rows[0][0].text):
        return []
    known = [label for cell in table.header if (label := words.known(cell.text))]
    mostly = words.known(table.header[0].text) and len(known) >= 2 and len(known) * 2 >= len(table.header)
    if not (len(known) == len(table.header) or (at_top and mostly)) or any(label.shape == "list" for label in known):
        return []
    return [(label, [value]) for label, value in zip(table.header, table.rows[0], strict=False)]


def _in_pairs(every: list[list[Line]], words: LabelWords) -> list[Labelled]:
    """Such as `| Severity | SEV-1 | Status | resolved |`."""
    width = max(map(len, every), default=0)
    if width < 4 or width % 2:
        return []
    pairs = [(row[at], [row[at + 1]]) for row in every for at in range(0, len(row) - 1, 2) if row[at].text]
    known = sum(1 for label, _ in pairs if words.known(label.text))
    is_other = any(words.known(value.text) for _, values in pairs for value in values)
    return pairs if known * 2 > len(pairs) and not is_other else []


def _down(table: Rows, every: list[list[Line]], words: LabelWords) -> list[Labelled]:
    """What stands in further columns is said of the same. A header of labels alone heads columns of entries."""
    rows = [row for row in every if len(row) >= 2]
    known = sum(1 for row in rows if words.known(row[0].text))
    if not known or known * 2 < len(every) - 1:
        return []
    heads_columns = known == 1 and len(table.header) > 1 and all(words.known(cell.text) for cell in table.header)
    is_other = any(words.known(cell.text) for row in rows if len(row) > 2 for cell in row[1:])
    return [] if heads_columns or is_other else [(row[0], row[1:]) for row in rows]
