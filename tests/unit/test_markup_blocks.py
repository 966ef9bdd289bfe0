"""Markdown and what stands in it: every entry, cell and line of code with its place, and nothing that is nobody's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.markup.blocks import Block, Code, Heading, Item, Items, Line, Paragraph, Rows, parse_blocks
from opsanalytics.markup.residue import FILLER, step_over_residue


def placed(lines: list[Line]) -> list[tuple[str, int, int]]:
    return [(line.text, line.line, line.column) for line in lines]


def lines_of(blocks: list[Block]) -> list[Line]:
    """All lines that have words, as they stand in the file."""
    found: list[Line] = []
    stack: list[Block | Item] = list(blocks)
    while stack:
        match each := stack.pop():
            case Heading():
                found.append(each.line)
            case Items():
                stack += each.items
            case Item():
                found += [*each.lines, *each.fields.values(), *each.code]
                stack += each.items
            case Rows():
                found += [cell for row in (each.header, *each.rows) for cell in row]
            case _:
                found += each.lines
    return sorted((line for line in found if line.text), key=lambda line: (line.line, line.column))


def items_of(text: str) -> list[Item]:
    (block,) = parse_blocks(text)
    assert isinstance(block, Items)
    return block.items


def rows_of(text: str) -> Rows:
    (block,) = parse_blocks(text)
    assert isinstance(block, Rows)
    return block


def texts(table: Rows) -> list[list[str]]:
    return [[cell.text for cell in row] for row in (table.header, *table.rows)]


# --- headings, quotes


@pytest.mark.parametrize(
    "text", ["## A *b*", "## A b ##", "A b\n---", "A\nb\n---", "> ## A b", "<h2>A b</h2>", '<h2 align="center">\nA <b>b</b>\n</h2>', "##\tA b", "## A b {#anchor .x}"]
)
def test_a_heading_in_any_manner_is_one(text: str):
    (heading,) = parse_blocks(text)
    assert isinstance(heading, Heading)
    assert (heading.level, heading.line.text) == (2, "A b")


def test_a_heading_inside_an_entry_is_its_text():
    assert [item.text for item in items_of("- ### 10:00 ###\n  alarm\n- # b\n")] == ["10:00 alarm", "b"]


def test_the_text_of_a_quote_is_text():
    blocks = parse_blocks("> [!NOTE]\n> a\nlazy\n>\n> - b\n")
    assert placed(lines_of(blocks)) == [("a", 2, 3), ("lazy", 3, 1), ("b", 5, 5)]


# --- entries


@pytest.mark.parametrize(
    ("mark", "checked"),
    [("[x]", True), ("[X]", True), ("[ x ]", True), ("[✓]", True), ("[✔]", True), ("[ ]", False), ("[]", False), ("[  ]", False)],
)
@pytest.mark.parametrize("lead", ["- ", "* ", "+ ", "1. ", "1) ", "", "-", "> ", "> - "])
def test_a_task_is_one_with_any_mark_and_in_a_list_or_not(lead: str, mark: str, checked: bool):
    (item,) = items_of(f"{lead}{mark} text")
    assert (item.checked, item.text, item.column) == (checked, "text", len(lead) + len(mark) + 2)


@pytest.mark.parametrize("text", ["- [x](y)", "- [a] b", "[x]: y\n\n- a", "- [done] a", "- [ ]", "- x]"])
def test_brackets_that_are_no_mark_make_no_task(text: str):
    assert [item.checked for item in items_of(text)] == [None]


def test_bare_tasks_are_an_entry_a_line():
    assert [(item.text, item.checked, item.line) for item in items_of("[x] a\n[ ] b\n    and more\n")] == [("a", True, 1), ("b and more", False, 2)]


@pytest.mark.parametrize(
    "text", ["~~a~~", "<del>a</del>", "<s>a</s>", "<strike>a</strike>", "~~a~~ — Ana — 2026-05-28", "~~a~~ (no longer needed)", "[ ] ~~a~~", "~~a b c~~ done"]
)
def test_an_entry_is_struck_when_what_it_says_is_struck(text: str):
    assert [item.struck for item in items_of(f"- {text}\n- b\n")] == [True, False]


@pytest.mark.parametrize("text", ["~~Bo~~ Ana calls the host", "a ~~b~~", "a"])
def test_a_correction_inside_an_entry_strikes_no_entry(text: str):
    assert [item.struck for item in items_of(f"- {text}")] == [False]


def test_a_row_is_struck_by_its_first_words():
    assert [entry.struck for entry in rows_of("| a | b |\n|-|-|\n| ~~c~~ | d |\n| e | ~~f~~ |\n").entries()] == [True, False]


def test_lists_nest_and_numbers_count():
    (first, second) = items_of("1) a\n   - b\n     1. c\n2) d\n")
    assert (first.text, first.items[0].text, first.items[0].items[0].text, second.text) == ("a", "b", "c", "d")


def test_an_entry_without_words_of_its_own_has_the_place_of_those_below():
    (item,) = items_of("-\n  - a\n")
    assert (item.text, item.line, item.column) == ("", 2, 5)


def test_a_table_and_a_fence_inside_an_entry_stay_with_it():
    (item,) = items_of("- a\n\n  | t | u |\n  |---|---|\n  | 1 | 2 |\n\n  ```\n  code\n    more\n  ```\n")
    assert (item.text, [list(row.fields) for row in item.items]) == ("a", [["t", "u"]])
    assert placed(item.code) == [("code", 8, 3), ("more", 9, 5)]


# --- tables


def test_cells_have_their_own_lines_and_columns_whatever_is_in_them():
    table = rows_of("> | a | **b** |\n> |---|---|\n> | `c \\| d` | e<br>f [g](h) |\n> | i |\n")
    assert texts(table) == [["a", "b"], ["c | d", "e f g"], ["i", ""]]
    assert [(cell.line, cell.column) for cell in (*table.header, *table.rows[0])] == [(1, 5), (1, 11), (3, 6), (3, 16)]


def test_columns_of_one_name_and_of_none_are_told_apart():
    assert list(rows_of("| a | A |  |\n|---|---|---|\n| 1 | 2 | 3 |\n").entries()[0].fields) == ["a", "a 2", "column 3"]


HTML_TABLE = """<table border="1">
<thead><tr><th>Time</th><th>Event</th></tr></thead>
<tbody>
  <tr><td>10:00</td><td>alarm &amp; <b>page</b><br/>twice</td></tr>
  <tr>
    <td>10:05</td>

<td>

restart, [log](x)

- one
- two

</td>
  </tr>
</tbody>
</table>

after
"""


def test_a_table_of_html_is_a_table_with_markdown_in_its_cells_too():
    table, after = parse_blocks(HTML_TABLE)
    assert isinstance(table, Rows) and isinstance(after, Paragraph)
    assert texts(table) == [["Time", "Event"], ["10:00", "alarm & page twice"], ["10:05", "restart, log one two"]]
    assert [(cell.line, cell.column) for row in (table.header, *table.rows) for cell in row] == [(2, 16), (2, 29), (4, 11), (4, 25), (6, 9), (10, 1)]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("<table><tr><td>a</td><td>b</td></tr></table>", [[], ["a", "b"]]),
        ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", [[], ["a", "b"], ["c", "d"]]),
        ("<table><tr><td><b>a</b></td><td><strong>b</strong></td></tr><tr><td>c</td><td></td></tr></table>", [["a", "b"], ["c", ""]]),
        ("<TABLE><TR><TH>a</TH><TD>b</TD></TR></TABLE>", [[], ["a", "b"]]),
        ("<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>c</td></tr></table>", [[], ["a b", "c"]]),
        ("<table>\n<tr>\n<td>a</td>\n</tr>", [[], ["a"]]),
    ],
)
def test_tables_of_html_as_people_leave_them(text: str, cells: list[list[str]]):
    assert texts(rows_of(text)) == cells


def test_a_table_that_is_never_closed_ends_at_the_next_heading():
    table, heading, _ = parse_blocks("<table>\n<tr><td>a\n\n## b\n\nc\n")
    assert isinstance(table, Rows) and isinstance(heading, Heading)
    assert texts(table) == [[], ["a"]]


# --- other HTML


def test_what_is_folded_away_and_laid_out_is_text():
    blocks = parse_blocks("<details>\n<summary>Timeline</summary>\n\n- a\n\n</details>\n\n<div align=center>b <i>c</i></div><p>d<br>e</p>\n")
    assert [line.text for line in lines_of(blocks)] == ["Timeline", "a", "b c", "d", "e"]
    assert isinstance(blocks[0], Paragraph) and blocks[0].lines[0].bold


def test_a_list_of_html_is_a_list():
    items = items_of("<ul>\n<li>a</li>\n<li><s>b</s>\n<li>c <i>d</i>\n</ul>\n")
    assert [(item.text, item.struck, item.line, item.column) for item in items] == [("a", False, 2, 5), ("b", True, 3, 8), ("c d", False, 4, 5)]


def test_a_break_parts_a_line_and_each_piece_keeps_what_is_written():
    (paragraph,) = parse_blocks("**a** b<br>c [d](e)<br/>\nf")
    assert isinstance(paragraph, Paragraph)
    assert [(line.text, line.raw, line.column) for line in paragraph.lines] == [("a b", "**a** b", 3), ("c d", "c [d](e)", 12), ("f", "f", 1)]


def test_what_only_looks_like_a_tag_is_words():
    assert [line.text for line in lines_of(parse_blocks("Ask <the name of a team>, run `x` on <host>.\n"))] == ["Ask <the name of a team>, run x on <host>."]


@pytest.mark.parametrize("text", ["<script>\na: b\n\nc\n</script>", "<style>\na\n</style>", "<?php a ?>", "<!DOCTYPE html>", "<![CDATA[ a ]]>"])
def test_what_a_browser_never_shows_is_no_text(text: str):
    assert lines_of(parse_blocks(text)) == []


def test_preformatted_text_is_code():
    code, after = parse_blocks("<pre><code>a\n  b\n\nc</code></pre>\n\nd\n")
    assert isinstance(code, Code) and isinstance(after, Paragraph)
    assert (code.line, placed([line for line in code.lines if line.text])) == (1, [("a", 1, 12), ("b", 2, 3), ("c", 4, 1)])


@pytest.mark.parametrize("text", ["```\na\n```", "~~~ text\na\n~~~", "    a", "- ```\n  a\n  ```", "> ```\n> a\n> ```", "```\na"])
def test_lines_of_code_are_placed_wherever_they_stand(text: str):
    (line,) = lines_of(parse_blocks(text))
    assert text.split("\n")[line.line - 1][line.column - 1 :] == "a"


# --- residue

RESIDUE = [
    "<!-- a: b -->", "<!--\na: b\n\n- c\n-->", "<%= a %>", "<% if a %>", "<%# a\nb %>", '{{< figure src="a" >}}', "{{% notice a %}}", "{{< /x >}}", "{% include a.html %}",
    "{%- if a -%}", "{% comment %}\na\n{% endcomment %}", "import A from 'b'", 'import { A, B } from "../b";', "import 'a.css';", "import {\n  A,\n  B\n} from 'b'",
    "export const meta = {\n  a: 1\n}", "export default function A() { return 1 }", "{/* a */}", "<Chart year={2026} on={() => a} />", "<Tabs>\n</Tabs>", '<Badge type="a" />',
    "::: {.callout-note}\n:::", ":::tip a\n:::", "[[_TOC_]]", "[[toc]]", "[TOC]", "{: .no_toc}", "{:toc}", "[a]: https://b.example 'c'", "[//]: # (a)", "[^1]: a: b\n    c",
]  # fmt: skip


@pytest.mark.parametrize("residue", RESIDUE)
def test_residue_of_other_tools_is_no_text_and_moves_no_line(residue: str):
    blocks = parse_blocks(f"x[^1]\n\n{residue}\n\n## y\n")
    assert [line.text for line in lines_of(blocks)] in (["x", "y"], ["x[^1]", "y"])
    assert lines_of(blocks)[-1].line == residue.count("\n") + 5


@pytest.mark.parametrize("residue", ["<!-- a -->", "<%= a %>", '{{< track "2026-03-12" >}}', "{% a %}", "{/* a */}"])
@pytest.mark.parametrize("frame", ["{}b", "{} b", "- {} b", "# {} b", "| {}b | c |\n|---|---|", "b {}", "**b** {}", "> {} b", "1. [ ] {}b"])
def test_residue_beside_words_leaves_them_in_their_place(frame: str, residue: str):
    text = frame.format(residue)
    line = next(line for line in lines_of(parse_blocks(text)) if line.text == "b")
    assert text.split("\n")[line.line - 1][line.column - 1] == "b"
    assert "a" not in line.raw and FILLER not in line.raw


@pytest.mark.parametrize(
    "text",
    ["`<%= a %>`", "```\n{{< a >}}\n<!-- b -->\n```", "- ```\n  {% a %}\n  ```", "{title}", "{{ title }}", "a <!-- b", "import duties rose", "export of data", "a {b} c", "`` ` <%= a %> ``", "[!a]", "10:00:::", "a = {b}"],
)  # fmt: skip
def test_what_is_code_or_no_residue_is_left_alone(text: str):
    assert step_over_residue(text) == text


@settings(deadline=None)
@given(st.lists(st.sampled_from([*RESIDUE, "a", " ", "\n", "`", "```\n", "- ", "<!--", "-->", "<%", "%>", "{%", ":::", "é"]), max_size=12))
def test_what_is_stepped_over_keeps_every_line_and_column(pieces: list[str]):
    text = "".join(pieces)
    stepped = step_over_residue(text)
    assert [len(line) for line in stepped.split("\n")] == [len(line) for line in text.split("\n")]
    assert all(now in (was, " ", FILLER) for was, now in zip(text, stepped, strict=True))


# --- any text

MARKUP = st.sampled_from(
    ["a", "b", "é", "🔥", " ", "  ", "\n", "\n\n", ": ", "**", "*", "_", "~~", "`", "``", "```\n", "# ", " ##", "- ", "  - ", "1. ", "[ ] ", "[x] ", "> ", "|", "|-|-|\n", "| ",
     "<br>", "<b>", "</b>", "<del>", "</del>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<th>", "<ul>", "<li>", "</li>", "<div>", "<h2>", "</h2>", "<p>", "<pre>",
     "</pre>", "<!--", "-->", "<summary>", "</summary>", "{{< ", ">}}", "<% ", "%>", ":::", "[", "](y)", "---\n", "    ", "[^1]", "[^1]: ", "<script>", "</script>", "<x y>"]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(MARKUP, max_size=30).map("".join) | st.text(alphabet=st.characters(exclude_characters="\0\r\t&\\" + FILLER, exclude_categories=["Cs"]), max_size=80))
def test_every_line_of_any_text_stands_where_it_says(text: str):
    source = text.split("\n")
    for line in lines_of(parse_blocks(text)):
        assert source[line.line - 1][line.column - 1 :][:1] == line.text[:1]


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<%", "{%", "{{<", "{/*", "`", "``` ", "~~~\n```\n", "<a ", "<a b={", "<table>\n", "<tr><td>", "|a", "a<br>", "**a** ", "[x] a\n", "  - a\n", "</a>", "<pre>\n", "> ", "[^a]: ", "import a"],
)  # fmt: skip
def test_what_is_opened_again_and_again_costs_no_more_than_its_length(piece: str):
    parse_blocks(piece * (60_000 // len(piece)))
