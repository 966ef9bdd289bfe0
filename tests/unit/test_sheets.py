"""Comma-, semicolon- and tab-separated values: what they say, and where each value stands."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.markup import sheets
from opsanalytics.markup.sheets import parse_sheet
from opsanalytics.markup.strict_yaml import MarkupError


def texts(text: str) -> list[list[str]]:
    return [[cell.text for cell in row] for row in parse_sheet(text)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a;b,c;d\n1;2;3\n", [["a", "b,c", "d"], ["1", "2", "3"]]),
        ("a\tb\n1\t2, 3\n", [["a", "b"], ["1", "2, 3"]]),
        ('"a, b";c\n1;2\n', [["a, b", "c"], ["1", "2"]]),
        ("sep=;\na,b;c\n", [["a,b", "c"]]),
        ("a\n1\n", [["a"], ["1"]]),
        ("a,b\n\n,\n1\n", [["a", "b"], ["1"]]),
        ('a,b\n "x ""y""" , z \n', [["a", "b"], ['x "y"', "z"]]),
        ('a,b\n1,5" pipe\n', [["a", "b"], ["1", '5" pipe']]),
        ("", []),
    ],
)
def test_the_header_tells_the_delimiter(text: str, rows: list[list[str]]):
    assert texts(text) == rows


def test_each_value_has_its_place_also_behind_a_value_of_two_lines():
    rows = parse_sheet('a,b,c\n1,"x\ny",3\n4,5,6\n')
    assert [[(cell.line, cell.column) for cell in row] for row in rows] == [
        [(1, 1), (1, 3), (1, 5)], [(2, 1), (2, 3), (3, 4)], [(4, 1), (4, 3), (4, 5)],
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "place"), [('a,b\n1,"x\n', (2, 3)), ('a\n"x" y\n', (2, 1)), ('"', (1, 1))])
def test_a_quote_that_is_not_closed_is_refused_where_it_opens(text: str, place: tuple[int, int]):
    with pytest.raises(MarkupError) as error:
        parse_sheet(text)
    assert (error.value.line, error.value.column) == place


def test_more_cells_than_any_record_has_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheets, "MAX_CELLS", 10)
    with pytest.raises(MarkupError, match="more than 10 cells"):
        parse_sheet("a,b\n" * 6)


@settings(deadline=None)
@given(st.lists(st.lists(st.text(alphabet='ab ,;"\n', max_size=6).map(str.strip), min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]]):
    text = StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["name", "value"], *rows])
    assert texts(text.getvalue())[1:] == [row for row in rows if any(row)]
