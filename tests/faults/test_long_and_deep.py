"""Long, deep and repeated: whatever is piled up in a file, reading it comes to an end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from math import isqrt

import pytest
from outcomes import RECORDS, check, read, within

from opsanalytics.readers.reading import Reading

TITLE = "# Slow\n\nDate: 2026-03-04 14:02 UTC\n\n"


def markdown(*pieces: str) -> str:
    return TITLE + "".join(pieces)


PILED_UP: dict[str, Callable[[int], str]] = {  # n: about how many bytes
    # one sign, again and again
    "open brackets": lambda n: "[" * n,
    "closing brackets": lambda n: "]" * n,
    "bars": lambda n: "|" * n,
    "backticks": lambda n: "`" * n,
    "backticks of every length": lambda n: "".join("`" * length + " " for length in range(1, isqrt(2 * n))),
    "stars": lambda n: "*" * n,
    "stars and letters": lambda n: "*a " * (n // 3),
    "stars and underscores that close each other": lambda n: "*a _b " * (n // 6),
    "bold that opens and never closes": lambda n: "a**b" + "c* " * (n // 3),
    "tildes and letters": lambda n: "~~a " * (n // 4),
    "open parentheses": lambda n: "(" * n,
    "open angles": lambda n: "<" * n,
    "open braces": lambda n: "{" * n,
    "ampersands": lambda n: "&" * n,
    "backslashes": lambda n: "\\" * n,
    "equals signs": lambda n: "=" * n,
    "dashes": lambda n: "-" * n,
    "hashes": lambda n: "#" * n,
    "colons": lambda n: f"Severity{':' * n}",
    "exclamation marks and brackets": lambda n: "![" * (n // 2),
    "open links": lambda n: "[a](" * (n // 4),
    "open links with a space": lambda n: "[ (](" * (n // 5),
    "open reference links": lambda n: "[a][" * (n // 4),
    "open autolinks": lambda n: "<http:" * (n // 6),
    "open comments": lambda n: "<!-- " * (n // 5),
    "open instructions": lambda n: "<?" * (n // 2),
    "open declarations": lambda n: "<!A " * (n // 4),
    "open character data": lambda n: "<![CDATA[" * (n // 9),
    "open tags with a property": lambda n: "<a b='" * (n // 6),
    "open template tags": lambda n: "{{< " * (n // 4),
    "open Liquid comments": lambda n: "{% comment %} " * (n // 14),
    "open components": lambda n: "<A b={ " * (n // 7),
    "entities": lambda n: "&amp;" * (n // 5),
    "entities that are none": lambda n: "&aaaaaaaa;" * (n // 10),
    # one line
    "one line of letters": lambda n: "a" * n,
    "one line of emoji": lambda n: "🔥" * (n // 4),
    "one line of accents": lambda n: "e" + "\u0301" * (n // 2),
    "one line of digits": lambda n: f"Start Time: {'9' * n}",
    "one line of days": lambda n: f"Start Time: {'2026-03-04 ' * (n // 11)}",
    "one line of times": lambda n: f"Start Time: {'14:02 ' * (n // 6)}",
    "one line of month names": lambda n: f"Start Time: {'March ' * (n // 6)}",
    "one title of days": lambda n: f"# {'2026-99-99 ' * (n // 11)}",
    "spaces in a line": lambda n: f"Severity{' ' * n}x",
    "spaces before a dash": lambda n: f"## Follow-ups\n- x{' ' * n}—",
    "tabs before a word": lambda n: "\t" * n + "a",
    "one line that ends in spaces": lambda n: "a" + " " * n,
    # many lines
    "carriage returns": lambda n: "\r" * n + "a",
    "line separators": lambda n: "# a" + "\u2028" * (n // 3),
    "lines of one letter": lambda n: "a\n" * (n // 2),
    "labels": lambda n: "Severity: x\n" * (n // 12),
    "labels of its own": lambda n: "".join(f"Label {at}: x\n" for at in range(n // 16)),
    "headings": lambda n: "# a\n" * (n // 4),
    "headings below headings": lambda n: "".join(f"{'#' * (at % 6 + 1)} a\n\nb\n\n" for at in range(n // 10)),
    "lines underlined": lambda n: "a\n=\n" * (n // 4),
    "rules": lambda n: "***\n" * (n // 4),
    "link definitions": lambda n: "".join(f"[a{at}]: b\n" for at in range(n // 16)),
    "links to one definition": lambda n: "[a]: " + "b" * (n // 4) + "\n\n" + "[a]" * (n // 4),
    "links": lambda n: "[a](b) " * (n // 7),
    "footnotes": lambda n: "".join(f"a[^{at}]\n\n[^{at}]: b\n\n" for at in range(n // 20)),
    "open fences": lambda n: "```\n\n~~~\n" * (n // 9),
    "fences in fences": lambda n: "".join(f"{'~' * (600 - depth)}\nSeverity: x\nStatus: y\nImpact: z\n" for depth in range(min(500, isqrt(2 * n)))),
    "conflict markers that never close": lambda n: "<<<<<<< a\n" * (n // 10),
    # depth
    "quotes in quotes": lambda n: ">" * n + "a",
    "quotes in quotes over lines": lambda n: "".join(">" * depth + "a\n" for depth in range(isqrt(2 * n))),
    "lists in lists": lambda n: "- " * (n // 2) + "a",
    "numbered lists in lists": lambda n: "1. " * (n // 3) + "a",
    "lists below lists": lambda n: "".join(f"{'  ' * depth}- a\n" for depth in range(isqrt(n))),
    "lists and quotes in turn": lambda n: "> - " * (n // 4) + "a",
    "emphasis in emphasis": lambda n: "*a **b " * (n // 12) + "c" + "** *" * (n // 12),
    "brackets in brackets": lambda n: "[" * (n // 2) + "a" + "]" * (n // 2),
    "parentheses in a link": lambda n: "[a](" + "(" * (n // 2) + ")" * (n // 2) + ")",
    "HTML in HTML": lambda n: "<div>" * (n // 5) + "a",
    "tables in tables": lambda n: "<table><tr><td>" * (n // 15) + "a",
    "HTML lists in lists": lambda n: "<ul><li>" * (n // 8) + "a",
    # tables
    "a wide table": lambda n: f"## Timeline\n\n{'|é' * (n // 11)}|\n{'|-' * (n // 11)}|\n{'|14:02' * (n // 11)}|\n",
    "a long table": lambda n: "## Timeline\n\n| Time | Event |\n|---|---|\n" + "| 14:02 | a |\n" * (n // 14),
    "a wide table whose rows are short": lambda n: f"{'|a' * isqrt(n)}|\n{'|-' * isqrt(n)}|\n" + "|a|\n" * isqrt(n),
    "a table of backslashes": lambda n: "|a|\n|-|\n|" + "\\" * n + "|\n",
    # what readers look for
    "promises": lambda n: markdown("## Follow-ups\n", "- [ ] Call — Ana — 2026-03-04\n" * (n // 34)),
    "dashes in a promise": lambda n: f"## Follow-ups\n- {' — a' * (n // 6)}",
    "due days in a promise": lambda n: f"## Follow-ups\n- {'due 1 ' * (n // 6)}",
    "owners in a promise": lambda n: f"## Follow-ups\n- {'owner: a @a ' * (n // 12)}",
    "parentheses in a promise": lambda n: f"## Follow-ups\n- {'(a ' * (n // 3)}",
    "entries of a timeline": lambda n: markdown("## Timeline\n", "- 14:02 detected: slow\n" * (n // 23)),
    "offsets": lambda n: f"## Timeline\n- {'T+' * (n // 2)}",
    "people": lambda n: markdown("## Attendees\n", "".join(f"- {chr(65 + at % 26)}na {chr(65 + at // 26 % 26)}{chr(97 + at // 676 % 26)}e\n" for at in range(n // 10))),
    "people in a line": lambda n: markdown("Attendees: ", "Ana, " * (n // 5)),
    "links between decisions": lambda n: markdown("Supersedes: ", "[ADR 7](0007-cart.md), " * (n // 23)),
    "notes": lambda n: markdown("## Risks\n", "- slow\n" * (n // 7)),
    # front matter
    "front matter that never ends": lambda n: "---\n" + "a: b\n" * (n // 5),
    "front matter of keys": lambda n: "---\n" + "".join(f"k{at}: v\n" for at in range(n // 9)) + "---\n",
    "front matter of questions": lambda n: "---\n" + "? " * (n // 2) + "\n---\n",
    "front matter of anchors": lambda n: "---\na: " + "&a " * (n // 3) + "\n---\n",
    "front matter of quotes": lambda n: "---\na: " + "'" * n + "\n---\n",
    "TOML of dots": lambda n: f"+++\n{'a.' * (n // 2)}a = 1\n+++\n",
    "TOML of brackets": lambda n: f"+++\na = {'[' * n}\n+++\n",
    "TOML of keys": lambda n: "+++\n" + "".join(f"k{at} = 1\n" for at in range(n // 16)) + "+++\n",
    "TOML of quotes": lambda n: "+++\na = " + '"' * n + "\n+++\n",
    "blank lines above front matter": lambda n: "\n" * n + "---\na: b\n---\n",
}  # fmt: skip


def read_within(seconds: int, name: str, size: int, kind: str) -> Reading:
    data = PILED_UP[name](size).encode()
    with within(seconds):
        reading = read(data, kind)
    check(data, reading, kind)
    return reading


@pytest.mark.parametrize(("name", "kind"), list(zip(PILED_UP, cycle(RECORDS), strict=False)))
def test_reading_what_is_piled_up_comes_to_an_end(name: str, kind: str) -> None:
    read_within(10, name, 30_000, kind)


@pytest.mark.parametrize("name", ["one line of letters", "spaces in a line", "open brackets", "backticks", "stars and letters", "quotes in quotes"])
def test_reading_a_line_of_a_megabyte_comes_to_an_end(name: str) -> None:
    read_within(10, name, 1_000_000, "incidents")


@pytest.mark.long
@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("name", PILED_UP)
def test_reading_two_megabytes_of_it_comes_to_an_end(name: str, kind: str) -> None:
    read_within(60, name, 2_000_000, kind)


@pytest.mark.parametrize(
    ("name", "kind", "table"),
    [("promises", "incidents", "action_items"), ("entries of a timeline", "incidents", "incident_events"),
     ("people", "rituals", "ritual_attendance"), ("notes", "rituals", "ritual_notes")],
)  # fmt: skip
def test_what_is_many_is_kept(name: str, kind: str, table: str) -> None:
    reading = read_within(10, name, 30_000, kind)
    assert len(reading.rows[table]) == PILED_UP[name](30_000).count("\n- ")
