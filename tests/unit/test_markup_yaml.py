"""YAML and TOML, read strictly: text stays text, every key has its line, nothing explodes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.markup.strict_toml import parse_toml
from opsanalytics.markup.strict_yaml import MAX_DEPTH, MAX_NODES, MarkupError, parse_yaml


def refusal(parse, text: str) -> tuple[str, int, int]:
    with pytest.raises(MarkupError) as error:
        parse(text)
    return str(error.value), error.value.line, error.value.column


@pytest.mark.parametrize(
    "text",
    ["14:02", "no", "yes", "on", "0012", "1e3", "0x1F", "2026-03-04", "2026-02-30", "1_000", ".inf", "=", "!!int 3", "12:30:45"],
)
def test_a_scalar_stays_the_text_that_was_written(text: str):
    assert parse_yaml(f"a: {text}").plain() == {"a": text.removeprefix("!!int ")}


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_only_null_is_nothing(text: str):
    assert parse_yaml(f"a: {text}").plain() == {"a": None}
    assert parse_yaml(f'a: "{text}"').plain() == {"a": text}


def test_every_node_knows_its_line_and_column():
    root = parse_yaml("a: 1\nb:\n  - x\n  - y: z\n", first_line=2)
    second = root.value["b"].value[1]
    assert (second.line, second.column, second.value["y"].line, second.value["y"].column) == (5, 5, 5, 8)


@pytest.mark.parametrize(
    ("text", "what", "line", "column"),
    [
        ("a: 1\na: 2", "the key `a` is written twice", 2, 1),
        ("b: {x: 1, x: 2}", "the key `x` is written twice", 1, 11),
        ("a: &x 1\nb: *x", "aliases", 2, 4),
        ("<<: {a: 1}", "merge keys", 1, 1),
        ("? [a]\n: b", "a key must be a word", 1, 3),
        ("~: a", "a key must be a word", 1, 1),
        ("a: 1\n---\nb: 2", "a second YAML document", 2, 1),
        ("a: [1", "not valid YAML", 1, 6),
        ("a: 1\n b: 2", "not valid YAML", 2, 3),
        ("a:\tb: c", "not valid YAML", 1, 5),
        ('a: "\\0"', "a NUL character", 1, 4),
        ("a: \x07", "not valid YAML", 1, 4),
        ("a: @b", "not valid YAML", 1, 4),
    ],
)
def test_what_yaml_readers_pass_over_in_silence_is_refused_at_its_place(text: str, what: str, line: int, column: int):
    said, at, col = refusal(parse_yaml, text)
    assert (what in said, at, col) == (True, line, column)


@pytest.mark.parametrize("text", ["[" * 25_000, "{a: " * 25_000, "- " * 25_000, "a: " + "[" * 25_000 + "]" * 25_000])
def test_deep_nesting_is_refused_before_any_stack_is_full(text: str):
    assert f"deeper than {MAX_DEPTH}" in refusal(parse_yaml, text)[0]


def test_depth_up_to_the_limit_is_read():
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH).plain()


def test_a_bomb_of_aliases_is_refused_at_the_first():
    bomb = "a: &a [x]\n" + "\n".join(f"{name}: &{name} [*{before},*{before}]" for before, name in zip("abcdef", "bcdefg", strict=True))
    assert refusal(parse_yaml, bomb)[1:] == (2, 8)


def test_more_values_than_any_record_has_are_refused():
    assert f"more than {MAX_NODES}" in refusal(parse_yaml, "[" + "a," * (MAX_NODES + 1) + "]")[0]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_inside_itself(text: str):
    try:
        node = parse_yaml(text)
        place = node.line, node.column
    except MarkupError as error:
        place = error.line, error.column
    assert 1 <= place[0] <= len(text.splitlines()) + 1
    assert place[1] >= 1


def test_toml_gives_the_same_nodes_as_yaml():
    text = 'title = "x"\ndate = 2026-03-04T14:02:00Z\nopen = true\nrank = 2\ntags = ["a", "b"]\n\n[team]\nlead = "Ana"\n'
    assert parse_toml(text).plain() == {
        "title": "x", "date": "2026-03-04 14:02:00+00:00", "open": "true", "rank": "2", "tags": ["a", "b"], "team": {"lead": "Ana"},
    }  # fmt: skip
    assert [node.line for node in parse_toml(text, 2).value.values()] == [2, 3, 4, 5, 6, 8]


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a = 1\nb = ", "not valid TOML", 2), ("a = 1\na = 2", "not valid TOML", 2), ("a = 2026-02-30", "not valid TOML", 1),
        ("a = " + "9" * 5000, "more digits", 1), ("a = " + "[" * 100_000, "nested deeper", 1),
        ("a." * 20_000 + "a = 1", "nested deeper", 1), ('"a" . ' * 60 + "a = 1", "nested deeper", 1),
        ('a = "\\u0000"', "a NUL character", 1),
    ],
)  # fmt: skip
def test_toml_that_is_none_is_refused_at_its_line(text: str, what: str, line: int):
    said, at, _ = refusal(parse_toml, text)
    assert (what in said, at) == (True, line)
