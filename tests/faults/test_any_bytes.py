"""Any bytes at all: a file is loaded, rejected or ignored, and no reader fails."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from outcomes import RECORDS, WORDS, check, path_of, read, within

from opsanalytics.kinds import KINDS
from opsanalytics.readers.reading import Context
from opsanalytics.tables import TABLES
from opsanalytics.tree import Source
from opsanalytics.warehouse.schema import create_schema, insert_rows
from opsanalytics.warehouse.settle import gather

GOLDEN = Path(__file__).parent.parent / "golden"
VALID = [(kind, path.read_bytes()) for kind in RECORDS for path in sorted((GOLDEN / kind).rglob("*.md"))]

FRAGMENTS = [
    "---\n", "+++\n", "...\n", "```\n", "~~~\n", "# ", "## ", "### ", "- ", "- [ ] ", "- [x] ", "1. ", "| a | b |\n|---|---|\n", "|", "> ", "\n", "\n\n",
    "  ", "\t", "    ", "Timeline\n", "## Timeline (UTC)\n", "## Follow-ups\n", "## Lessons Learned\n", "Communications checklist\n", "Severity: ",
    "SEV-1 | SEV-2 | SEV-3", "Start Time (UTC): ", "Resolved: ", "Incident ID: ", "Affected Systems/Users: ", "Repeat of: ", "Impact Summary (what/whom)\n",
    "Status: ", "accepted", "Superseded by ", "[ADR 7](0007-x.md)", "## Context\n", "## Decision\n", "## Consequences\n", "Deciders: ", "Date: ",
    "## Attendees\n", "Absent: ", "Ana, Ben @ben (late)", "## What helped\n", "## Action items\n", "Duration: ", "Facilitator: ", "~~", "**", "*", "`",
    "2026-03-04 14:02", "2026-02-30", "03/04/2026", "March 4, 2026", "24:00", "23:59:60", "T0 ", "T+95 ", "T+1h35", "T+" + "9" * 30, "T-5:00", "12026-01-01",
    "9999-12-31 23:59", "1000-01-01 00:00 +14:00", "2999-12-31 23:59 -12:00", "0001-01-01", "+25:00", "9" * 40, "1:35", "2-3 hours", "half an hour",
    " — ", " – ", " - ", "@ana", "due 2026-01-20", "(done 2026-01-18)", "(carried over)", "<name>", "…", "TBD", "&a ", "*a", "<<: ", "!x ", ": ", "? ",
    "!!python/object:os.system ", "[", "{", "]", "}", "'", '"', "\\", "%YAML 1.1\n", "#", "\0", "\ufeff", "\u2028", "\x85", "\x0b", "\x0c", "\x1b[31m",
    "\ufffd", "\u202e", "\u200b", "\u200d", "\ufdd0", "🔥", "e\u0301" * 5, "İ", "ß", "ſ", "½", "٣", "１２:３０", "&#0;", "&amp;", "&#x110000;",
    "<script>alert(1)</script>", "<!--", "-->", "<div>\n", "<br>", "<table><tr><td>", "</td></tr></table>", "<ul><li>", "<h2>", "[x](y)", "![x](y)", "[^1]",
    "[^1]: ", '{{< track "x" >}}', "{% comment %}", "<% x %>", "{/* x */}", "import x from 'y'\n", ":::", "$(id)", "'; drop table incidents; --", "=cmd()",
    "<<<<<<< HEAD\n", ">>>>>>> x\n", "=======\n", "zone: ", "Europe/Paris", "UTC+2", "All times are in CET.", "\r", "\r\n", "CON", "../../x", "%s{0}",
]  # fmt: skip
PIECES = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=40).map("".join)
KIND = st.sampled_from(RECORDS)


def read_and_check(data: bytes, kind: str, zone: str | None = None) -> None:
    with within(10):
        check(data, read(data, kind, zone), kind)


@settings(deadline=None)
@given(st.binary(max_size=400), KIND)
def test_any_bytes_are_loaded_rejected_or_ignored(data: bytes, kind: str) -> None:
    read_and_check(data, kind)


@settings(max_examples=400, deadline=None)
@given(PIECES, KIND, st.sampled_from([None, "Europe/Paris"]))
def test_any_text_of_hostile_pieces_is_loaded_rejected_or_ignored(text: str, kind: str, zone: str | None) -> None:
    read_and_check(text.encode(errors="surrogatepass"), kind, zone)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    kind, content = draw(st.sampled_from(VALID))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.sampled_from([0, 0, 1, 2, 40])))
        piece = draw(st.one_of(st.binary(max_size=3), st.sampled_from(FRAGMENTS).map(str.encode)))
        content = content[:start] + piece + content[stop:]
    return kind, content


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_a_good_file_that_is_damaged_is_loaded_rejected_or_ignored(file: tuple[str, bytes]) -> None:
    kind, content = file
    read_and_check(content, kind)


@pytest.mark.long
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        damaged(),
        st.tuples(KIND, PIECES.map(lambda text: text.encode(errors="surrogatepass"))),
        st.tuples(KIND, st.binary(max_size=2_000)),
    )
)
def test_twenty_thousand_bad_files_are_loaded_rejected_or_ignored(file: tuple[str, bytes]) -> None:
    kind, content = file
    read_and_check(content, kind, "Europe/Paris")


@pytest.fixture(scope="module")
def tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_schema(connection)
    return connection


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=5, max_size=60).map("".join), KIND)
def test_rows_of_any_text_are_taken_by_the_tables(tables: duckdb.DuckDBPyConnection, text: str, kind: str) -> None:
    reading = read(text.replace("\0", "").encode(), kind)
    for name, rows in reading.rows.items():
        tables.execute(f"delete from {name}")
        assert insert_rows(tables, TABLES[name], rows) == len(rows)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(KIND, st.one_of(PIECES.map(str.encode), st.binary(max_size=100))), max_size=6))
@example([("rituals", b"# Retro\n\nDate: 2026-03-04\n"), ("rituals", b"# Retro\n\nDate: 2026-03-04\n")])
def test_a_load_of_any_files_counts_each_once(files: list[tuple[str, bytes]]) -> None:
    sources: dict[str, list[Source]] = {kind: [] for kind in KINDS}
    for number, (kind, data) in enumerate(files):
        sources[kind].append(Source(path_of(kind).replace("x", str(number)), data))
    records = gather(sources, Context(WORDS, zone=ZoneInfo("Europe/Paris")))
    counts = records.counts()
    assert counts["seen"] == len(files) == counts["loaded"] + counts["rejected"] + counts["ignored"]
    for kind in RECORDS:
        key = TABLES[KINDS[kind].table].key[0]
        ids = [row[key] for row in records.rows[KINDS[kind].table]]
        assert len(ids) == len(set(ids))
