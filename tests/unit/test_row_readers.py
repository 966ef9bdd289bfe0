"""Records that are kept as rows: no file raises, what is used is typed by the table, and what is not is kept or told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsanalytics.kinds import KINDS
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import TABLES, TYPES
from opsanalytics.warehouse.schema import insert_rows

WORDS = Vocabulary()
PARIS = Context(WORDS, zone=ZoneInfo("Europe/Paris"))
FILES = {"services": ("yml", "csv"), "deployments": ("yml", "csv"), "pages": ("yml", "csv"), "people": ("yml", "csv"), "oncall": ("yml", "csv"),
         "annotations": ("yml", "csv"), "slos": ("yml", "csv"), "sli_samples": ("csv",)}  # fmt: skip
SHAPES = [(kind, extension) for kind, extensions in FILES.items() for extension in extensions]
PYTHON = {"text": str, "texts": list, "number": float, "instant": datetime, "day": object}


def read(kind: str, text: str | bytes, extension: str = "csv", context: Context = PARIS) -> Reading:
    return read_record(KINDS[kind], f"ops/{kind}.{extension}", text.encode() if isinstance(text, str) else text, context)


def check(kind: str, reading: Reading) -> None:
    """A file gives rows that fit their tables, or is ignored, or says with one OPS101 why it is rejected."""
    table = KINDS[kind].table
    for name, rows in reading.rows.items():
        columns = {column.name: column for column in TABLES[name].columns}
        for row in rows:
            assert set(row) <= set(columns)
            assert not [column.name for column in columns.values() if column.required and row.get(column.name) is None]
            assert not [name for name, value in row.items() if value is not None and columns[name].allowed and value not in columns[name].allowed]
        if key := TABLES[name].key:
            assert len({row[key[0]] for row in rows}) == len(rows)
    codes = [found.code for found in reading.findings]
    assert bool(reading.rows.get(table)) + bool(reading.ignored) + (codes == ["OPS101"]) == 1
    assert all(found.line >= 1 and found.col >= 1 for found in reading.findings)


VALUES = st.one_of(st.sampled_from(["ana", "2026-03-04 10:00", "2026-03-29 02:30", "2026-02-30", "99.9", "-1", "1e400", "7d", "1772618400", "true", "null",
                                    "high", "success", "[a, b]", "{a: b}", "n/a", '"', "x" * 300]), st.text(max_size=8))  # fmt: skip
CELLS = st.dictionaries(st.sampled_from(["id", "name", "service", "aliases", "at", "starts_on", "ends_at", "good", "total", "target", "window", "text",
                                         "person", "people", "every", "until", "rotation", "shifts", "zone", "Ümlaut (UTC)", "at utc"]), VALUES, max_size=6)  # fmt: skip


@pytest.mark.parametrize(("kind", "extension"), SHAPES)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=120))
def test_no_bytes_raise(kind: str, extension: str, data: bytes):
    check(kind, read(kind, data, extension))


@pytest.mark.parametrize(("kind", "extension"), SHAPES)
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(CELLS, max_size=4), key=st.sampled_from(["", "services", "shifts", "slos", "rotation", "annotations", "pages"]))
def test_no_rows_raise(kind: str, extension: str, rows: list[dict[str, str]], key: str):
    if extension == "csv":
        header = list(dict.fromkeys(name for row in rows for name in row))
        text = "\n".join([",".join(header), *(",".join(row.get(name, "") for name in header) for row in rows)])
    else:
        entries = "".join("- {" + ", ".join(f"{name}: {value}" for name, value in row.items()) + "}\n" for row in rows)
        text = f"{key}:\n{entries}" if key else entries
    check(kind, read(kind, text, extension))


def test_every_kind_of_column_has_a_type_that_the_reader_gives():
    for kind in FILES:
        for column in TABLES[KINDS[kind].table].columns[:-2]:
            assert column.kind in PYTHON and column.kind in TYPES


def test_rows_fit_the_database(tmp_path):
    import duckdb

    from opsanalytics.warehouse.schema import table_sql

    text = "service,aliases,team,active from,note\napi,gateway|edge,platform,2024-01-01,x\n"
    rows = read("services", text).rows["services"]
    with duckdb.connect() as connection:
        connection.execute(table_sql(TABLES["services"]))
        insert_rows(connection, TABLES["services"], rows)
        assert connection.execute("select service, aliases, active_from from services").fetchall()[0][1] == ["gateway", "edge"]


@pytest.mark.parametrize(
    ("header", "value", "instant"),
    [
        ("finished_at", "2026-03-04 10:00", "2026-03-04 09:00"),
        ("finished_at (UTC)", "2026-03-04 10:00", "2026-03-04 10:00"),
        ("finished_at_utc", "2026-03-04 10:00", "2026-03-04 10:00"),
        ("Deployed At", "2026-03-04T10:00:00-05:00", "2026-03-04 15:00"),
        ("deployedAt", "1772618400", "2026-03-04 10:00"),
        ("timestamp", "1772618400000", "2026-03-04 10:00"),
    ],
)
def test_an_instant_has_the_zone_that_it_or_its_header_states(header: str, value: str, instant: str):
    (row,) = read("deployments", f"service,{header}\napi,{value}\n").rows["deployments"]
    assert f"{row['finished_at']:%Y-%m-%d %H:%M}" == instant


def test_the_columns_own_name_goes_before_another_word_for_it():
    (row,) = (reading := read("deployments", "time,finished_at,service\n2020-01-01 00:00,2026-03-04 10:00,api\n")).rows["deployments"]
    assert row["finished_at"].year == 2026
    assert [(field["name"], field["value"]) for field in reading.rows["record_fields"]] == [("time", "2020-01-01 00:00")]


def test_without_a_zone_anywhere_utc_is_said_once():
    reading = read("deployments", "service,finished_at\napi,2026-03-04 10:00\napi,2026-03-05 10:00\n", context=Context(WORDS))
    assert [(found.code, found.line) for found in reading.findings] == [("OPS113", 2)]


def test_measurements_have_the_length_that_their_stamps_state():
    stamps = [datetime(2026, 3, 28, 22) + timedelta(minutes=30) * number for number in range(8)]
    text = "slo_id,bucket_at,good,total\n" + "\n".join(f"a,{stamp:%Y-%m-%dT%H:%M}Z,1,1" for stamp in reversed(stamps))
    assert {row["bucket_minutes"] for row in read("sli_samples", text).rows["sli_samples"]} == {30}


@pytest.mark.parametrize("stamps", [["2026-03-04"], ["2026-03-04", "2026-03-05", "2026-03-07"], ["2026-03-04", "2026-03-04"]])
def test_measurements_of_no_one_length_have_none(stamps: list[str]):
    reading = read("sli_samples", "slo_id,day,good,total\n" + "\n".join(f"a,{stamp},1,1" for stamp in stamps))
    assert {row.get("bucket_minutes") for row in reading.rows["sli_samples"]} == {None}
    assert [found.code for found in reading.findings] == ["OPS137"]


ROTATION = "rotation: {people: [ana, bo, chidi], starts_on: 2025-09-01, every: 7d}"


@settings(max_examples=30, deadline=None)
@given(days=st.integers(1, 40), now=st.datetimes(datetime(2025, 9, 1), datetime(2027, 1, 1)))
def test_a_rotation_has_no_gaps_and_reaches_one_round_beyond_the_load(days: int, now: datetime):
    text = ROTATION.replace("7d", f"{days}d")
    shifts = read("oncall", text, "yml", Context(WORDS, zone=ZoneInfo("Europe/Paris"), now=now)).rows["oncall_shifts"]
    assert all(before["ends_at"] == after["starts_at"] for before, after in pairwise(shifts))
    assert [row["person"] for row in shifts] == [["ana", "bo", "chidi"][number % 3] for number in range(len(shifts))]
    local = {(row["starts_at"].replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Paris")).time()) for row in shifts}
    assert local == {datetime.min.time()}
    assert timedelta(0) <= shifts[-1]["ends_at"] - now - timedelta(days=3 * days) <= timedelta(days=days, hours=1)


def test_a_later_load_changes_no_shift_of_an_earlier_one():
    early, late = (read("oncall", ROTATION, "yml", Context(WORDS, now=datetime(2026, month, 1))).rows["oncall_shifts"] for month in (1, 6))
    assert late[: len(early)] == early


def test_a_rotation_without_end_or_clock_goes_round_once():
    assert [row["person"] for row in read("oncall", ROTATION, "yml").rows["oncall_shifts"]] == ["ana", "bo", "chidi"]


def test_too_many_shifts_are_told():
    reading = read("oncall", ROTATION.replace("7d", "1h").replace("2025-09-01", "1990-01-01, until: 2025-01-01"), "yml")
    assert len(reading.rows["oncall_shifts"]) == 10_000
    assert [found.code for found in reading.findings] == ["OPS135"]
