"""Bad files: whatever bytes a file holds, it is loaded, rejected with a place, or ignored, and it harms no other file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsanalytics.readers import KINDS, read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import TABLES
from opsanalytics.tree import Source
from opsanalytics.warehouse.load import gather
from opsanalytics.warehouse.schema import create_schema, insert_rows

PATH = "ops/incidents/x.md"
CONTEXT = Context(Vocabulary())
PARIS = Context(Vocabulary(), zone=ZoneInfo("Europe/Paris"))
GOLDEN = Path(__file__).parent.parent / "golden" / "incidents"
VALID = sorted(path.read_bytes() for path in GOLDEN.glob("*/*.md"))
MEGABYTE = 1_000_000

FRAGMENTS = [
    "---\n", "+++\n", "...\n", "```\n", "~~~\n", "## ", "- ", "- [ ] ", "- [x] ", "| a | b |\n|---|---|\n", "|", "> ", "\n", "\n\n", "  ", "\t",
    "Timeline\n", "## Timeline (UTC)\n", "## Follow-ups\n", "## Lessons Learned\n", "Communications checklist\n", "Severity: ", "SEV-1 | SEV-2 | SEV-3",
    "Start Time (UTC): ", "Resolved: ", "Incident ID: ", "Affected Systems/Users: ", "Impact Summary (what/whom/how long)\n", "Repeat of: ",
    "2026-03-04 14:02", "2026-02-30", "24:00", "23:59:60", "T0 ", "T+95 ", "T+1h35", "T+" + "9" * 30, "T-5:00", "12026-01-01", "9999-12-31 23:59",
    "1000-01-01 00:00 +14:00", "2999-12-31 23:59 -12:00", "0001-01-01", " — ", " – ", " - ", "@ana", "due 2026-01-20", "(done 2026-01-18)", "<name>", "…", "TBD",
    "&a ", "*a", "<<: ", "!!python/object:os.system ", "!x ", ": ", "? ", "[", "{", "]", "}", "'", '"', "\\", "%YAML 1.1\n", "#", "\0", "\ufeff", "\u2028",
    "\x85", "\x0b", "\x0c", "\x1b[31m", "\ufffd", "\u202e", "\u200d", "🔥", "e\u0301" * 5, "İ", "ß", "ſ", "½", "٣", "１２:３０", "&#0;", "&amp;", "&#x110000;",
    "<script>alert(1)</script>", "<!--", "-->", "<div>\n", "[x](y)", "![x](y)", "[^1]", '{{< track "x" >}}', "$(id)", "'; drop table incidents; --",
    "=cmd()", "<<<<<<< HEAD\n", ">>>>>>> x\n", "=======\n", "zone: ", "Europe/Paris", "UTC+2", "All times are in CET.", "\r", "\r\n", "CON", "../../x", "%s{0}",
]  # fmt: skip


def read(data: bytes, context: Context = CONTEXT) -> Reading:
    return read_record(KINDS["incidents"], PATH, data, context)


def check(data: bytes, reading: Reading) -> None:
    """What holds of any file: it is one of three, its findings point into it, and its rows fit the tables."""
    incidents = reading.rows.get("incidents", [])
    codes = [each.code for each in reading.findings]
    assert (bool(reading.ignored), len(incidents), codes.count("OPS101")) in [(True, 0, 0), (False, 1, 0), (False, 0, 1)]
    places = list(lengths(data))
    for found in reading.findings:
        assert 1 <= found.line <= len(places), found
        assert 1 <= found.col <= places[found.line - 1] + 1, found
    for name, rows in reading.rows.items():
        known = set(TABLES[name].column_names)
        required = {column.name for column in TABLES[name].columns if column.required}
        for row in rows:
            assert set(row) <= known
            assert all(row.get(column) is not None for column in required)
            assert 1 <= row["source_line"] <= len(places)
            assert row.get("incident_id", incidents[0]["incident_id"]) == incidents[0]["incident_id"]
    json.dumps(reading.rows, default=str).encode()


def lengths(data: bytes) -> Iterator[int]:
    """Of each line, in characters; bytes that are no text count one each."""
    codec = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    text = data[2 if codec != "utf-8" else 0 :].decode(codec, errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    yield from (len(line) for line in text.split("\n"))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_loaded_rejected_or_ignored(data: bytes):
    check(data, read(data))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=40).map("".join), st.sampled_from([CONTEXT, PARIS]))
def test_any_text_of_hostile_pieces_is_loaded_rejected_or_ignored(text: str, context: Context):
    data = text.encode(errors="surrogatepass")
    check(data, read(data, context))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_good_file_that_is_damaged_is_loaded_rejected_or_ignored(data: st.DataObject):
    content = data.draw(st.sampled_from(VALID))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        stop = min(len(content), start + data.draw(st.sampled_from([0, 0, 1, 2, 40])))
        piece = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from(FRAGMENTS).map(str.encode)))
        content = content[:start] + piece + content[stop:]
    check(content, read(content))


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_schema(connection)
    return connection


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=5, max_size=60).map("".join))
def test_rows_of_any_text_are_taken_by_the_tables(tables: duckdb.DuckDBPyConnection, text: str):
    reading = read(text.replace("\0", "").encode())
    for name, rows in reading.rows.items():
        tables.execute(f"delete from {name}")
        assert insert_rows(tables, TABLES[name], rows) == len(rows)


HUGE = {
    "open brackets": "[" * MEGABYTE,
    "bars": "|" * MEGABYTE,
    "backticks": "`" * MEGABYTE,
    "stars": "*" * MEGABYTE,
    "stars and letters": "*a " * (MEGABYTE // 3),
    "open parentheses": "(" * MEGABYTE,
    "open angles": "<" * MEGABYTE,
    "open links": "[a](" * (MEGABYTE // 4),
    "spaces in a line": f"Severity{' ' * MEGABYTE}x",
    "spaces before a dash": f"## Follow-ups\n- x{' ' * MEGABYTE}—",
    "colons": f"Severity{':' * MEGABYTE}",
    "a wide table": f"## Timeline\n\n{'|é' * 125_000}|\n{'|-' * 125_000}|\n{'|14:02' * 125_000}|\n",
    "dashes in a promise": f"## Follow-ups\n- {' — a' * 250_000}",
    "due days in a promise": f"## Follow-ups\n- {'due 1 ' * 160_000}",
    "owners in a promise": f"## Follow-ups\n- {'owner: a @a ' * 80_000}",
    "offsets": f"## Timeline\n- {'T+' * 500_000}",
    "digits": f"Start Time: {'9' * MEGABYTE}",
    "one line of letters": "a" * MEGABYTE,
    "one line of emoji": "🔥" * 250_000,
    "nested quotes": ">" * 10_000 + "a",
    "nested lists": "- " * 10_000 + "a",
    "nested numbered lists": "1. " * 10_000 + "a",
    "lists below lists": "".join(f"{'  ' * depth}- a\n" for depth in range(800)),
    "fences in fences": "".join(f"{'~' * (600 - depth)}\nSeverity: x\nStatus: y\nImpact: z\n" for depth in range(500)),
    "carriage returns": "\r" * MEGABYTE + "a",
    "front matter that never ends": "---\n" + "a: b\n" * 200_000,
    "front matter of brackets": f"---\na: {'[' * 25_000}\n---\n",
    "front matter of braces": f"---\na: {'{a: ' * 25_000}\n---\n",
    "front matter of keys": "---\n" + "".join(f"k{at}: v\n" for at in range(30_000)) + "---\n",
    "TOML of dots": f"+++\n{'a.' * 200_000}a = 1\n+++\n",
    "TOML of brackets": f"+++\na = {'[' * 100_000}\n+++\n",
    "TOML of keys": "+++\n" + "".join(f"k{at} = 1\n" for at in range(20_000)) + "+++\n",
}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_or_deep_file_comes_to_an_end(name: str):
    data = HUGE[name].encode()
    check(data, read(data))


REJECTED = {
    "empty": (b"", 1, 1),
    "Latin-1": (b"# Stra\xdfe\n", 1, 7),
    "a NUL": (b"# A\n\0\n", 2, 1),
    "a lone surrogate": (b"# A\n\xed\xa0\x80\n", 2, 1),
    "half a UTF-16 character": ("# A".encode("utf-16") + b"\x00", 1, 4),
    "UTF-16 without a mark": ("# A".encode("utf-16-le"), 1, 2),
    "a picture": (b"\x89PNG\r\n\x1a\n", 1, 1),
    "unclosed YAML": (b"---\ntitle: x\n", 1, 1),
    "unclosed TOML": (b"+++\ntitle = 'x'\n", 1, 1),
    "a list as front matter": (b"---\n- a\n---\n", 2, 1),
    "a duplicate key": (b"---\na: 1\na: 2\n---\n", 3, 1),
    "an alias": (b"---\na: &x 1\nb: *x\n---\n", 3, 4),
    "a merge key": (b"---\n<<: {a: 1}\n---\n", 2, 1),
    "a tab in YAML": (b"---\na:\n\t- b\n---\n", 3, 1),
    "a merge conflict in front matter": (b"---\n<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n---\n", 3, 2),
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_file_that_cannot_be_parsed_is_rejected_at_its_place(name: str):
    data, line, column = REJECTED[name]
    reading = read(data)
    assert [(each.code, each.line, each.col, each.level) for each in reading.findings] == [("OPS101", line, column, "error")]
    assert not any(reading.rows.values())
    assert reading.findings[0].hint


def test_a_field_that_cannot_be_used_is_null_and_the_record_loads():
    reading = read(b"---\ntitle: x\ndate: 2026-02-30 10:00\nseverity: enormous\ndetected_by: luck\nstatus: sleepy\n---\n")
    (row,) = reading.rows["incidents"]
    assert (row["title"], row.get("started_at"), row.get("severity"), row["severity_raw"]) == ("x", None, None, "enormous")
    assert sorted(each.code for each in reading.findings) == ["OPS111", "OPS122", "OPS123", "OPS123"]


@pytest.mark.parametrize("name", REJECTED)
def test_a_bad_file_changes_no_other_files_rows(name: str):
    good = [Source(f"ops/incidents/{at}.md", data) for at, data in enumerate(VALID)]
    alone = gather({"incidents": good}, CONTEXT)
    beside = gather({"incidents": [*good[:20], Source("ops/incidents/bad.md", REJECTED[name][0]), *good[20:]]}, CONTEXT)
    assert beside.rows == alone.rows
    assert [each for each in beside.findings if each.path != "ops/incidents/bad.md"] == alone.findings
    assert beside.counts()["rejected"] == alone.counts()["rejected"] + 1
    assert beside.counts()["seen"] == sum(beside.counts()[state] for state in ("loaded", "rejected", "ignored"))
