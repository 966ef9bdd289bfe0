"""Every metric of the catalogue on as good as nothing: numbers that stand on something, else words, and never NaN."""

from __future__ import annotations

from math import isfinite

import pytest
from bench import ask, lay_table, open_bench, written_cells

from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.tables import Row

# One record in each table, all of it within the periods that are asked.
ONE_ROW = {
    "incidents": """
        incident_id | started_at | detected_at | acknowledged_at | mitigated_at | resolved_at | severity
        a           | 10:00      | 10:04       | 10:11           | 10:30        | 11:00       | SEV-1
    """,
    "action_items": """
        origin_kind | origin_id | text | created_on | due_on     | done_on    | status
        incident    | a         | x    | 2026-10-01 | 2026-10-08 | 2026-10-05 | done
        ritual      | r         | x    | 2026-10-02 | 2026-10-08 | 2026-10-05 | done
    """,
    "rituals": """
        ritual        | timebox_minutes
        retrospective | 60
    """,
    "ritual_slots": """
        ritual        | promised_on | session_id | outcome
        retrospective | 2026-10-02  | r          | held
    """,
    "ritual_sessions": """
        session_id | ritual        | held_on    | duration_minutes
        r          | retrospective | 2026-10-02 | 50
    """,
    "ritual_attendance": """
        session_id | person | present
        r          | ana    | true
    """,
    "decisions": """
        decision_id | status   | template | proposed_on | decided_on
        d           | accepted | chapter  | 2026-10-01  | 2026-10-09
    """,
    "objectives": """
        objective_id | period
        o            | 2026-10
    """,
    "key_results": """
        key_result_id | objective_id | status
        o.1           | o            | hit
    """,
}
ALL_OPEN = {
    "incidents": """
        incident_id | started_at | status
        a           | 10:00      | open
        b           | 11:00      | open
    """,
    "action_items": """
        origin_kind | origin_id | text | created_on
        incident    | a         | x    | 2026-11-20
        incident    | a         | y    | 2026-10-01
        ritual      | r         | x    | 2026-11-20
        ritual      | r         | y    | 2026-10-01
    """,
    "ritual_slots": """
        ritual        | promised_on | outcome
        retrospective | 2026-11-23  | missed
    """,
    "ritual_sessions": """
        session_id | ritual        | held_on
        r          | retrospective | 2026-10-01
    """,
    "decisions": """
        decision_id | status   | proposed_on
        a           | proposed | 2026-10-01
        b           | draft    | 2026-10-01
    """,
    "objectives": """
        objective_id | period
        o            | 2026-Q4
    """,
    "key_results": """
        key_result_id | objective_id
        o.1           | o
        o.2           | o
    """,
}
# What a file must have to be a row at all: its name, and the file that it stands in.
ALL_NULL = {
    "incidents": "incident_id | status\na | resolved\nb | open",
    "action_items": """
        origin_kind | origin_id | text | status
        incident    | a         | x    | open
        incident    | a         | y    | done
        ritual      | r         | x    | open
        ritual      | r         | y    | done
    """,
    "rituals": "ritual\nretrospective",
    "ritual_sessions": "session_id | ritual\nr | retrospective",
    "ritual_attendance": "session_id | person\nr | ana",
    "decisions": "decision_id\nd",
    "objectives": "objective_id\no",
    "key_results": "key_result_id | objective_id\no.1 | o",
}
RECORDS = {"empty tables": {}, "one row": ONE_ROW, "all open": ALL_OPEN, "all NULL": ALL_NULL}


@pytest.fixture(scope="module", params=RECORDS.values(), ids=RECORDS.keys())
def bench(request):
    connection = open_bench()
    for table, text in request.param.items():
        lay_table(connection, table, written_cells(text))
    return connection


@pytest.mark.parametrize("period", [None, "2026-Q4", "2026-Q1", "2027-Q1"])
@pytest.mark.parametrize("metric", METRICS)
def test_a_number_stands_on_records_and_words_stand_for_it_otherwise(bench, metric, period):
    rows = ask(bench, metric, period=period).rows
    assert [row["statistic"] for row in rows] == list(METRICS[metric].statistics)
    assert [row for row in rows if not (_is_number(row) or _is_words(row))] == []


def _is_number(row: Row) -> bool:
    numbers = [row[name] for name in ("value", "low", "high") if row[name] is not None]
    return row["value"] is not None and all(isfinite(number) for number in numbers) and row["n"] > 0


def _is_words(row: Row) -> bool:
    return row["value"] is row["low"] is row["high"] is None and " " in row["note"]
