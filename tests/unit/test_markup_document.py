"""A file as labelled parts: the same label in any shape is the same part, and every part knows its place."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsanalytics.markup.blocks import Code, Heading, Items, Line, Paragraph, Rows, parse_blocks
from opsanalytics.markup.decode import decode
from opsanalytics.markup.document import Label, Part, parse_document
from opsanalytics.markup.strict_yaml import MarkupError
from opsanalytics.markup.words import fold, fold_label, key_words, label_remark, with_hyphens

LABELS = {
    "severity": Label("severity", "value"), "start": Label("start", "value"), "impact": Label("impact", "text"),
    "timeline": Label("timeline", "list"), "tasks": Label("tasks", "list"), "root cause": Label("cause", "text"),
}  # fmt: skip


def parts(text: str) -> list[Part]:
    return [part for part in parse_document(text, LABELS).parts if part.label]


def told(text: str) -> list[tuple[str | None, str | None]]:
    return [(part.name or part.label, part.text) for part in parts(text)]


# --- bytes


@pytest.mark.parametrize(
    "data", [b"a\nb", b"a\r\nb", b"a\rb", b"\xef\xbb\xbfa\nb", "a\nb".encode("utf-16"), "\ufeffa\r\nb".encode("utf-16-be")]
)
def test_the_same_text_in_any_encoding_and_with_any_line_ends_is_the_same(data: bytes):
    assert decode(data) == "a\nb"


@pytest.mark.parametrize(
    ("data", "what", "place"),
    [
        (b"", "empty", (1, 1)), (b" \n\t\n", "empty", (1, 1)), (b"a\nb\xe9c", "save it as UTF-8", (2, 2)),
        (b"a\n\0", "NUL", (2, 1)), ("a\nb".encode("utf-16-le"), "NUL", (1, 2)), (b"\xff\xfea\0\n\0b", "save it as UTF-8", (2, 1)),
        ("é\n".encode() + b"\xff", "save it as UTF-8", (2, 1)), (b"\xed\xa0\x80", "save it as UTF-8", (1, 1)),
        ("a".encode("utf-16") + b"\x00\xd8", "save it as UTF-8", (1, 2)),
    ],
)  # fmt: skip
def test_bytes_that_are_no_text_are_refused_at_their_place(data: bytes, what: str, place: tuple[int, int]):
    with pytest.raises(MarkupError, match=what) as error:
        decode(data)
    assert (error.value.line, error.value.column) == place


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_refused(data: bytes):
    try:
        text, place = decode(data), (1, 1)
    except MarkupError as error:
        text, place = "", (error.line, error.column)
    assert "\r" not in text
    assert min(place) >= 1


# --- words


@pytest.mark.parametrize("text", ["on-call", "On‑Call", "ON CALL", "on—call", " on_call ", "ｏｎ－ｃａｌｌ"])
def test_case_width_and_every_kind_of_dash_make_no_other_word(text: str):
    assert fold(text) == "on call"


@pytest.mark.parametrize(
    "text", ["Root Cause", "root cause:", "## 2. Root Cause (5 Whys):", "🔥 Root Cause", "3) root-cause", "Root Cause (a) :"]
)
def test_numbers_signs_and_remarks_make_no_other_label(text: str):
    assert fold_label(text) == "root cause"


def test_a_paragraph_is_never_a_label():
    assert fold_label("a" * 121) == ""


def test_small_helpers_of_words():
    assert label_remark("Start Time (UTC):") == "UTC"
    assert key_words("resolvedWhen") == "resolved When"
    assert with_hyphens("INC‑2026—01") == "INC-2026-01"


# --- blocks


def test_blocks_know_their_lines_and_columns():
    blocks = parse_blocks("# A *b*\n\nc\n d\n\n- [x] e\n  - f\n\n| g | h |\n|---|---|\n| i | j<br>k |\n\n```\nl\n```\n", 10)
    heading, paragraph, items, rows, code = blocks
    assert isinstance(heading, Heading)
    assert (heading.level, heading.line.text, heading.line.line, heading.line.column) == (1, "A b", 10, 3)
    assert isinstance(paragraph, Paragraph)
    assert [(line.text, line.line, line.column) for line in paragraph.lines] == [("c", 12, 1), ("d", 13, 2)]
    assert isinstance(items, Items)
    assert (items.items[0].text, items.items[0].checked, items.items[0].items[0].line) == ("e", True, 16)
    assert isinstance(rows, Rows)
    assert [[cell.text for cell in row] for row in [rows.header, *rows.rows]] == [["g", "h"], ["i", "j k"]]
    assert (rows.rows[0][1].line, rows.rows[0][1].column) == (20, 7)
    assert isinstance(code, Code)
    assert (code.text, code.line) == ("l\n", 23)


def test_columns_count_characters_and_not_bytes():
    (rows,) = parse_blocks("| é🔥 | b |\n|---|---|\n| ü | c |\n")
    assert isinstance(rows, Rows)
    assert [cell.column for cell in rows.header + rows.rows[0]] == [3, 8, 3, 7]


@pytest.mark.parametrize("text", ["<!-- Severity: SEV-1 -->", "<div>\nSeverity: SEV-1\n</div>", "text <b>", "> quoted", "![x](y)", "***", "[a]: b"])
def test_markup_without_text_does_no_harm(text: str):
    parse_blocks(text)


# --- labels


@pytest.mark.parametrize(
    "text",
    [
        "Severity: SEV-1", "severity : SEV-1", "SEVERITY： SEV-1", "**Severity:** SEV-1", "**Severity**: SEV-1", "__Severity__: SEV-1",
        "*Severity*: SEV-1", "`Severity`: SEV-1", "**Severity: SEV-1**", "- Severity: SEV-1", "* **Severity**: SEV-1", "1. Severity: SEV-1",
        "## Severity\nSEV-1", "## Severity ##\n\nSEV-1", "Severity\n===\nSEV-1", "## Severity: SEV-1", "**Severity**\n\nSEV-1", "**Severity**\nSEV-1",
        "---\nseverity: SEV-1\n---\n", "---\nSeverity: SEV-1\n...\n", '+++\nseverity = "SEV-1"\n+++\n', "| Severity | SEV-1 |\n|---|---|\n",
        "| Field | Value |\n|---|---|\n| **Severity** | SEV-1 |\n", "```\nSeverity: SEV-1\nStart:\nImpact:\n```\n", "🚨 Severity: SEV-1", "> Severity: SEV-1",
    ],
)  # fmt: skip
def test_a_value_under_a_label_is_the_same_in_any_shape(text: str):
    assert ("severity", "SEV-1") in told(text)


def test_a_value_keeps_to_its_line_and_a_text_runs_on():
    assert told("Impact: one\ntwo\n\nthree\n\nSeverity: SEV-1\nfour\n") == [("impact", "one\ntwo\nthree"), ("severity", "SEV-1\nfour")]


def test_a_text_keeps_its_lists_tables_and_code_as_written():
    text = "## Impact\n\nFirst.\n\n- a\n  - b [link](https://example.org)\n\n```\n  code\n```\n\n| x | y |\n|---|---|\n| 1 | 2 |\n"
    assert told(text) == [("impact", "First.\n- a\n  - b [link](https://example.org)\n  code\n1 | 2")]


def test_a_value_keeps_its_links():
    assert told("**Impact**: see [the post](https://example.org)") == [("impact", "see [the post](https://example.org)")]


def test_entries_of_a_list_are_no_labels_and_a_label_at_the_margin_below_is_one():
    assert told("Tasks\n- Severity: to be settled\nSeverity: SEV-1\n") == [("tasks", "- Severity: to be settled"), ("severity", "SEV-1")]


def test_deeper_headings_belong_to_the_text_above_and_equal_ones_end_it():
    assert told("## Impact\na\n### Details\nb\n## Else\nc\n") == [("impact", "a\nDetails\nb"), ("Else", "c")]


def test_values_of_the_teams_own_are_fields_beside_known_labels_in_lists_and_below_lists():
    text = "Severity: SEV-1\nChain: base\n\n## Stats\n- Region: eu\n- Tier: gold\n\nTasks\n- a\n\nBoard: told\n"
    fields = [(part.label, part.text) for part in parts(text) if part.is_field]
    assert fields == [("Chain", "base"), ("Region", "eu"), ("Tier", "gold"), ("Board", "told")]


@pytest.mark.parametrize("text", ["See https://example.org", "It was late: nobody was there to see any of it happen", "At 14:02 all was well", "## Impact\nNote: nothing"])
def test_prose_with_a_colon_is_no_field(text: str):
    assert [part for part in parts(text) if part.is_field] == []


def test_a_fence_is_quoted_matter_unless_the_whole_template_stands_in_it():
    assert told("```\nSeverity: SEV-1\n```\n") == []
    assert told("```yaml\nreplicas: 3\nname: a\nimage: b\n```\n") == []
    assert [name for name, _ in told("```\n# Title\nSeverity: SEV-1\nStart: now\nImpact: none\n```\n")][-3:] == ["severity", "start", "impact"]


def test_a_fence_inside_the_fenced_template_is_quoted_matter_again():
    text = "~~~~\nSeverity: SEV-1\nStart: now\nImpact: none\n~~~\nSeverity: SEV-2\nStart: then\nImpact: all\n~~~\n~~~~\n"
    assert [value for name, value in told(text) if name == "severity"] == ["SEV-1"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("---\ntitle: x\n", (1, 1)), ("---  \ntitle: x\n", (1, 1)), ("+++\ntitle = 1\n", (1, 1)), ("---\n- a\n---\n", (2, 1)),
        ("---\njust words\n---\n", (2, 1)), ("---\na: 1\na: 2\n---\n", (3, 1)), ("+++\na = \n+++\n", (2, 5)), ("---\n{\n---\n", (2, 2)),
    ],
)  # fmt: skip
def test_front_matter_is_read_or_refused_with_its_place_and_never_empty(text: str, place: tuple[int, int]):
    with pytest.raises(MarkupError) as error:
        parse_document(text, LABELS)
    assert (error.value.line, error.value.column) == place


@pytest.mark.parametrize("text", ["---\n---\nSeverity: SEV-1", "---\n# only a comment\n---\nSeverity: SEV-1", "Severity: SEV-1\n\n---\n\nmore"])
def test_an_empty_front_matter_and_a_rule_in_the_text_are_fine(text: str):
    assert told(text)[0][0] == "severity"


def test_lines_are_counted_through_the_front_matter():
    (part,) = parts("---\na: b\n---\n\nSeverity: SEV-1\n")[1:]
    assert (part.line, part.first) == (5, Line("SEV-1", "SEV-1", 5, 11))


@settings(deadline=None)
@given(st.text(alphabet="ab:*_#|`~-[]()<>{}&\\ \n\t1.é🔥", max_size=200))
@example("~~~")
@example("- a\n  ```")
def test_any_text_becomes_parts_whose_lines_are_in_it(text: str):
    try:
        document = parse_document(text, LABELS)
    except MarkupError:
        return
    lines = text.split("\n")
    for line in (line for part in document.parts for line in part.lines()):
        assert 1 <= line.line <= len(lines)
        assert 1 <= line.column <= len(lines[line.line - 1].expandtabs(4)) + 1
