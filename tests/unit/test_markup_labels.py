"""Labels in every manner that teams write them: what is a value, what runs on, what ends it, and what is no label."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.markup.document import Document, Label, Part, parse_document
from opsanalytics.markup.strict_yaml import MarkupError

LABELS = {
    "severity": Label("severity", "value"), "status": Label("status", "value"), "start": Label("start", "value"), "owner": Label("owner", "value"),
    "impact": Label("impact", "text"), "root cause": Label("cause", "text"), "timeline": Label("timeline", "list"), "tasks": Label("tasks", "list"),
}  # fmt: skip
HEADS = {"field": "label", "item": "label", "value": "value", "details": "value"}


def read(text: str) -> Document:
    return parse_document(text, LABELS, HEADS)


def told(text: str) -> dict[str, str | None]:
    return {part.name or part.label: part.text for part in read(text).parts}


def places(text: str) -> dict[str, tuple[int, int]]:
    """Where the value of each part stands."""
    return {part.name or part.label: (part.first.line, part.first.column) for part in read(text).parts if part.first}


def part_of(text: str, name: str) -> Part:
    return next(part for part in read(text).parts if part.name == name)


# --- a label and its value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Severity [SEV-1]", (1, 11)), ("## Severity [SEV-1]", (1, 14)), ("**Severity**<br>SEV-1", (1, 17)), ("**Severity**<br/>\nSEV-1", (2, 1)),
        ("Severity\n: SEV-1", (2, 3)), ("**Severity:**\n\nSEV-1", (3, 1)), ("**Severity**\n\nSEV-1", (3, 1)), ("Severity:: SEV-1", (1, 12)),
        ("**Severity:**  \n**Start:**  \nSEV-1", None), ("- **Severity**\n  - SEV-1", (2, 5)), ("- Severity\n\n  SEV-1", (3, 3)), ("1. Severity:\n   SEV-1", (2, 4)),
        ("<p>Severity: <b>SEV-1</b></p>", (1, 17)), ("<h3>Severity</h3>\n\nSEV-1", (3, 1)), ("<b>Severity</b>: SEV-1", (1, 18)), (":fire: **Severity:** SEV-1", (1, 22)),
        ("🔥 **Severity**: `SEV-1`", (1, 18)), ("### Severity ###\n> SEV-1", (2, 3)), ("**Severity:** [SEV-1](x)", (1, 16)), ("<!-- a --> Severity: SEV-1", (1, 22)),
        ("> - **Severity:** SEV-1", (1, 19)), ("Severity: **SEV-1** <!-- SEV-1 | SEV-2 -->", (1, 13)), ("***Severity:*** SEV-1", (1, 17)), ("<details><summary>Severity</summary>\n\nSEV-1\n</details>", (3, 1)),
    ],
)  # fmt: skip
def test_a_value_stands_where_it_is_written(text: str, place: tuple[int, int] | None):
    assert places(text).get("severity") == place


@pytest.mark.parametrize(
    "text",
    [
        "**Severity:** SEV-1 | **Status:** open | **Region:** eu", "Severity: SEV-1 | Status: open | Region: eu", "**Severity**: SEV-1 · **Status**: open · **Region**: eu",
        "**Severity:** SEV-1 **Status:** open **Region:** eu", "**Severity:** SEV-1  \n**Status:** open  \n**Region:** eu", "**Severity:** SEV-1<br>**Status:** open<br>**Region:** eu",
        "- **Severity:** SEV-1 | **Status:** open | **Region:** eu", "> Severity: SEV-1 | Status: open | Region: eu", "- Severity: SEV-1\n- Status: open\n- Region: eu",
        "| Severity | SEV-1 |\n|-|-|\n| Status | open |\n| Region | eu |", "| Field | Value |\n|-|-|\n| Severity | SEV-1 |\n| Status | open |\n| Region | eu |",
        "| | |\n|-|-|\n| **Severity** | SEV-1 |\n| **Status** | open |\n| Region | eu |", "| Severity | Status | Region |\n|-|-|-|\n| SEV-1 | open | eu |",
        "| Severity | SEV-1 | Status | open |\n|-|-|-|-|\n| Region | eu | | |", "| Item | Details | Note |\n|-|-|-|\n| Severity | SEV-1 | |\n| Status | open | |\n| Region | eu | |",
        "<table><tr><th>Severity</th><td>SEV-1</td></tr><tr><th>Status</th><td>open</td></tr><tr><th>Region</th><td>eu</td></tr></table>",
        "<table><tr><th>Severity</th><th>Status</th><th>Region</th></tr><tr><td>SEV-1</td><td>open</td><td>eu</td></tr></table>",
        "- Incident\n  - Severity: SEV-1\n  - Status: open\n  - Region: eu", "- **Severity** - SEV-1\n- **Status** – open\n- Region: eu", "**Severity** SEV-1\n**Status** open\nRegion: eu",
        "---\nseverity: SEV-1\nstatus: open\nRegion: eu\n---\n", "```\nSeverity: SEV-1\nStatus: open\nRegion: eu\nStart:\n```",
    ],
)  # fmt: skip
def test_several_values_are_the_same_in_any_arrangement(text: str):
    found = told(text)
    assert (found["severity"], found["status"], found["Region"]) == ("SEV-1", "open", "eu")
    assert [part.label for part in read(text).parts if part.is_field] == ["Region"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Severity: SEV-1 | SEV-2 | SEV-3", "SEV-1 | SEV-2 | SEV-3"), ("Severity: see https://a.example | https://b.example", "see https://a.example | https://b.example"),
        ("Severity: SEV-1 | since 10:00", "SEV-1 | since 10:00"), ("Severity: a **loud** one", "a **loud** one"),
    ],
)  # fmt: skip
def test_bars_and_bold_words_inside_a_value_part_nothing(text: str, value: str):
    assert told(text) == {"severity": value}


@pytest.mark.parametrize(
    "text",
    [
        "**Severity** was not clear to anyone.", "*Start* - All is well.", "**Start** - rebooted", "Owner - Ana", "- **Start** - All is well.\n- **Status** - We look at it.",
        "The severity [1] rose", "| Step | Owner | Status |\n|-|-|-|\n| a | Ana | open |", "| Tasks | Owner |\n|-|-|\n| a | Ana |", "| Name | Role |\n|-|-|\n| Ana | owner |",
        "- a\n  - Status: open\n  - and more of it", "1: Severity", "<!-- Severity: SEV-1 -->", "```\nSeverity: SEV-1\nx\n```",
    ],
)  # fmt: skip
def test_words_that_only_look_like_labels_are_none(text: str):
    assert [part.name for part in read(text).parts if part.name] == []


def test_a_bold_label_takes_no_sentence_for_its_value():
    text = "**Severity:**\n\nIt was not clear to anyone.\n\n**Status:**\n\nOwner: Ana\n"
    assert told(text) == {"": "It was not clear to anyone.", "severity": None, "status": None, "owner": "Ana"}


def test_a_table_over_one_row_may_have_own_labels_at_the_top_only():
    table = "| Severity | Start | Shard |\n|-|-|-|\n| SEV-1 | 10:00 | 7 |\n"
    assert told(f"# T\n\n{table}")["Shard"] == "7"
    assert told(f"# T\n\n## Numbers\n\n{table}") == {"T": None, "Numbers": "SEV-1 | 10:00 | 7"}


def test_further_columns_belong_to_the_value():
    found = told("| Item | Details | Note |\n|-|-|-|\n| Start | 10:00 | by the clock |\n| Owner | Ana | |\n")
    assert (found["start"], found["owner"]) == ("10:00\nby the clock", "Ana")


# --- what runs on, and where it ends


@pytest.mark.parametrize(
    "opens", ["## Tasks", "Tasks\n=====", "## Tasks ##", "Tasks", "Tasks:", "**Tasks**", "**Tasks:**", "__Tasks__", "## ✅ Tasks", "## :memo: Tasks", "### 3. Tasks (all)", "<h2>Tasks</h2>",
              "<summary>Tasks</summary>", "- **Tasks**", "## Tasks {#tasks}", "> ## Tasks", "## <!-- a --> Tasks"]
)  # fmt: skip
def test_a_section_opens_in_any_manner_and_has_its_entries(opens: str):
    indent = "  " if opens.startswith("-") else "> " if opens.startswith(">") else ""
    items = part_of(f"{opens}\n{indent}\n{indent}- [x] a\n{indent}  - b\n{indent}- c\n", "tasks").items
    assert [(item.text, item.checked) for item in items] == [("a", True), ("c", None)]


@pytest.mark.parametrize("lines", ["**Tasks**\n- a\n\n**Talk**\n- b", "Tasks:\n- a\n\nTalk:\n- b", "## Tasks\n- a\n## Talk\n- b"])
def test_a_line_of_the_same_manner_ends_a_section(lines: str):
    found = told(lines)
    assert found["tasks"] == "- a"
    assert "- b" in (found.get("Talk"), found.get("Talk:"))


@pytest.mark.parametrize("lines", ["## Tasks\n- a\n\n**Web**\n- b", "## Tasks\n- a\n\nWeb:\n- b", "## Tasks\n- a\n### Web\n- b", "**Tasks**\n- a\n\nWeb:\n- b"])
def test_a_group_below_a_heading_belongs_to_its_section(lines: str):
    assert [item.text for item in part_of(lines, "tasks").items] == ["a", "b"]


def test_a_table_below_a_list_that_a_line_opened_is_another_matter():
    text = "Tasks:\n- a\n\n| Name | Work |\n|-|-|\n| Ana | b |\n"
    assert [item.text for item in part_of(text, "tasks").items] == ["a"]
    assert [part.text for part in read(text).parts if not part.label] == ["Ana | b"]


def test_labelled_entries_under_a_text_are_fields_and_stay_in_the_text():
    found = told("## Impact\n\n- **Severity:** SEV-2\n- **Users:** 12 %\n\nAnd more.\n")
    assert (found["severity"], found["impact"]) == ("SEV-2", "- **Severity:** SEV-2\n- **Users:** 12 %\nAnd more.")


def test_entries_of_a_text_that_are_not_all_labelled_are_text():
    assert told("## Impact\n- Severity: hard to say, as\n- nobody looked\n") == {"impact": "- Severity: hard to say, as\n- nobody looked"}


def test_rows_of_a_table_below_an_entry_are_its_entries():
    part = part_of("- **Timeline**\n\n  | time | what |\n  |-|-|\n  | 10:00 | a |\n", "timeline")
    assert [[cell.text for cell in item.fields.values()] for item in part.items] == [["10:00", "a"]]


# --- code, prose and residue


def test_code_is_kept_in_a_text_and_under_a_heading_of_the_teams_own_and_makes_no_entry():
    assert told("## Impact\n\na\n\n```\nb\n```\n\n- c\n\n  ```\n  d\n  ```\n") == {"impact": "a\nb\n- c\nd"}
    assert told("## Log\n\na\n\n    b\n") == {"Log": "a\nb"}
    assert part_of("## Tasks\n\n```\n- a\n```\n\n- b\n\n  ```\n  - c\n  ```\n", "tasks").items[0].items == []


def test_an_example_in_a_fence_below_a_label_is_no_record():
    text = "## Impact\n\na\n\n```\nSeverity: SEV-1\nStatus: open\nOwner: Ana\n```\n"
    assert [part.name for part in read(text).parts] == ["impact"]


@pytest.mark.parametrize("text", ["# T\n\n## Own\n\nprose\n", "# T\n\n## Own\n\n> prose\n", "# T\n\n## Own\n\n<div>prose</div>\n", "# T\n\n## Own\n\n<details>\n\nprose\n\n</details>\n"])
def test_prose_under_a_heading_of_the_teams_own_is_there_to_be_read(text: str):
    (own,) = [part for part in read(text).parts if part.label == "Own"]
    assert [line.text for line in own.lines()] == ["prose"]


@pytest.mark.parametrize("title", ["# T {#top}", "T\n=", "# <!-- a --> T", "# T {{< badge >}}", "<h1>T</h1>", "{% raw %}\n# T", "import A from 'a'\n\n# T", "<%= a %>\n# T #", "[[_TOC_]]\n\n# T"])
def test_residue_is_no_title(title: str):
    document = read(f"{title}\n\nSeverity: SEV-1\n")
    assert document.title is not None
    assert document.title.text == "T"


# --- any text

PIECES = st.sampled_from(
    ["severity", "impact", "timeline", "own", "x", "é", "🔥", " ", "\n", "\n\n", ": ", "**", "*", "~~", "`", "```\n", "# ", "## ", "- ", "  - ", "[x] ", "> ", " | ", "|-|-|\n", "| ",
     "<br>", "<b>", "</b>", "<table>", "</table>", "<tr>", "<td>", "<h2>", "</h2>", "<p>", "<pre>", "</pre>", "<!-- x -->", "{{< x >}}", " - ", " [", "]", "](y)", "---\n", "    "]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=100))
def test_every_line_of_any_document_stands_where_it_says(text: str):
    try:
        document = read(text)
    except MarkupError:
        return
    source = text.split("\n")
    for line in (line for part in document.parts for line in part.lines() if line.text):
        written = source[line.line - 1]
        is_plain = not set("\\&\t\r") & set(text) and line.text.split()[0] in written
        assert 1 <= line.column <= len(written.expandtabs(4)) + 1 or not is_plain
        assert written[line.column - 1 :][:1] == line.text[:1] or not is_plain
