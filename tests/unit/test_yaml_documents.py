"""Several YAML documents in a file: the limits are the file's, and an alias counts as much as what it stands for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.markup.strict_yaml import MAX_DEPTH, MAX_NODES, MarkupError, parse_yaml_documents


def refusal(text: str) -> tuple[str, int, int]:
    with pytest.raises(MarkupError) as error:
        parse_yaml_documents(text)
    return str(error.value), error.value.line, error.value.column


def test_every_document_is_read_with_its_lines():
    documents = parse_yaml_documents("---\na: 1\n---\n---\n- b\n...\n# the end\n")
    assert [document.plain() for document in documents] == [{"a": "1"}, ["b"]]
    assert [document.line for document in documents] == [2, 5]


@pytest.mark.parametrize("text", ["", "---\n", "# nothing\n", "~\n---\n"])
def test_what_holds_nothing_is_no_document(text: str):
    assert parse_yaml_documents(text) == []


def test_an_alias_is_what_its_anchor_holds_within_one_document():
    (document,) = parse_yaml_documents("a: &x {b: 1}\nc: [*x, *x]\n")
    assert document.plain() == {"a": {"b": "1"}, "c": [{"b": "1"}, {"b": "1"}]}
    assert refusal("a: &x 1\n---\nb: *x\n") == ("nothing that is written before is named `x`", 3, 4)


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a: &x [*x]", "nothing that is written before is named `x`", 1),
        ("a: *x", "nothing that is written before is named `x`", 1),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge keys", 2),
        ("a: 1\n---\nb: 1\nb: 2", "written twice", 4),
        ("a: 1\n---\nb: [", "not valid YAML", 3),
    ],
)
def test_a_later_fault_has_its_line(text: str, what: str, line: int):
    said, at, _ = refusal(text)
    assert (what in said, at) == (True, line)


def test_a_bomb_of_aliases_is_refused_before_it_goes_off():
    names = [f"a{number}" for number in range(30)]
    bomb = f"{names[0]}: &{names[0]} [x, x]\n" + "\n".join(f"{name}: &{name} [*{before}, *{before}]" for before, name in pairwise(names))
    assert f"more than {MAX_NODES}" in refusal(bomb)[0]


def test_a_ladder_of_aliases_is_as_deep_as_it_looks():
    ladder = "a0: &a0 [x]\n" + "\n".join(f"a{number}: &a{number} [*a{number - 1}]" for number in range(1, MAX_DEPTH + 1))
    assert f"deeper than {MAX_DEPTH}" in refusal(ladder)[0]


@settings(deadline=None)
@given(st.text(alphabet="ab:&*[]{}-\n ,<", max_size=80))
def test_any_text_is_read_or_refused_inside_itself(text: str):
    try:
        lines = [document.line for document in parse_yaml_documents(text)]
    except MarkupError as error:
        lines = [error.line]
    assert all(1 <= line <= text.count("\n") + 2 for line in lines)
