"""The catalogue, the shape of an answer, and the frame that shows it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime

import duckdb
import pandas as pd
import pytest

from opsanalytics.errors import DatabaseError, QueryError
from opsanalytics.metrics.catalogue import METRICS, catalogue_rows
from opsanalytics.metrics.compute import compute
from opsanalytics.metrics.dimensions import RECORDS
from opsanalytics.metrics.frame import MetricFrame
from opsanalytics.metrics.queries import named_queries
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.schema import create_schema, insert_rows

AS_OF = datetime(2026, 11, 22, 12)
SOURCE = {"source_path": "x.md", "source_line": 1}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect()
    create_schema(opened)
    insert_rows(opened, TABLES["loads"], [{
        "load_id": 1, "loaded_at": AS_OF, "workspace": "w", "as_of": AS_OF, "files_seen": 0, "files_loaded": 0,
        "files_rejected": 0, "files_ignored": 0, "tool_version": "0", "fingerprint": "0", "zone": "Europe/Paris",
        "fiscal_year_start": 2, "policies": "{}", "severities": ["SEV-1", "SEV-2", "SEV-3"],
    }])
    insert_rows(opened, TABLES["incidents"], [
        {"incident_id": f"i{n}", "kind": "incident", "status": "resolved", "severity": "SEV-1", "severity_rank": 1,
         "detected_by": "<b>pager</b>", "started_on": f"2026-10-{n:02}", "started_at": f"2026-10-{n:02} 10:00:00",
         "resolved_at": f"2026-10-{n:02} 10:{n:02}:00", **SOURCE}
        for n in range(1, 8)
    ])
    insert_rows(opened, TABLES["action_items"], [
        {"action_id": "i1#1", "origin_kind": "incident", "origin_id": "i1", "position": 1, "text": "x",
         "owner": "ana", "status": "done", "created_on": "2026-10-01", "done_on": "2026-10-05", **SOURCE},
        {"action_id": "r1#1", "origin_kind": "ritual", "origin_id": "r1", "position": 1, "text": "x",
         "owner": "bo", "status": "open", "created_on": "2026-10-02", **SOURCE},
    ])
    _insert_cadence(opened)
    _insert_decisions(opened)
    return opened


def _insert_cadence(opened: duckdb.DuckDBPyConnection) -> None:
    insert_rows(opened, TABLES["rituals"], [{"ritual": "retrospective", "timebox_minutes": 60, **SOURCE}])
    insert_rows(opened, TABLES["ritual_slots"], [
        {"ritual": "retrospective", "promised_on": "2026-10-02", "session_id": "r1", "outcome": "held"},
    ])
    insert_rows(opened, TABLES["ritual_sessions"], [
        {"session_id": "r1", "ritual": "retrospective", "held_on": "2026-10-02", "duration_minutes": 50,
         "status": "held", **SOURCE},
    ])
    insert_rows(opened, TABLES["ritual_attendance"], [
        {"session_id": "r1", "person": "ana", "present": True, **SOURCE},
    ])


def _insert_decisions(opened: duckdb.DuckDBPyConnection) -> None:
    insert_rows(opened, TABLES["decisions"], [
        {"decision_id": "d1", "status": "accepted", "template": "chapter", "owner": "ana",
         "proposed_on": "2026-10-01", "decided_on": "2026-10-09", **SOURCE},
    ])
    insert_rows(opened, TABLES["objectives"], [
        {"objective_id": "o1", "position": 1, "period": "2027-Q3", "text": "x", "owner": "ana", **SOURCE},
    ])
    insert_rows(opened, TABLES["key_results"], [
        {"key_result_id": "o1.1", "objective_id": "o1", "position": 1, "text": "x", "status": "hit", **SOURCE},
    ])


def test_the_names_and_statistics_are_contract():
    durations = ("median", "p90", "mean", "geometric_mean", "closed_only_median")
    promises = (
        "median_days_to_close", "closed_only_median_days", "share_done_30d", "share_done_90d", "done_within_sla",
        "open", "overdue",
    )
    assert {name: metric.statistics for name, metric in METRICS.items()} == {
        "incident_count": ("count", "per_week"),
        **dict.fromkeys(
            ("time_to_detect", "time_to_acknowledge", "time_to_mitigate", "time_to_resolve", "time_to_restore"),
            durations,
        ),
        "follow_up_completion": promises,
        "retro_action_completion": (*promises, "carried_over"),
        "ritual_held": ("share_held", "held", "missed", "cancelled"),
        "ritual_minutes": ("median", "share_within_timebox", "person_hours"),
        "ritual_outcomes": ("actions_per_session", "decisions_per_session", "actions", "decisions"),
        "decision_count": ("count",),
        "time_in_proposed": ("median", "closed_only_median"),
        "decision_completeness": ("share_complete",),
        "key_results": ("share_hit", "hit", "missed", "not_measured", "running"),
    }


def test_every_entry_is_whole(connection):
    for metric in METRICS.values():
        assert metric.sql in named_queries()
        assert metric.records in RECORDS
        assert all(metric.unit_of(statistic) for statistic in metric.statistics)
        assert {row["statistic"] for row in compute(connection, metric.name).rows} == set(metric.statistics)
        assert f"(version {metric.version})" in metric.definition


def test_the_catalogue_lists_each_metric_with_its_question():
    rows = catalogue_rows()
    assert [row["name"] for row in rows] == list(METRICS)
    assert all(row["question"].endswith("?") and row["unit"] and row["statistics"] for row in rows)


def test_a_duration_says_its_two_times_its_late_entry_and_what_each_statistic_is_of():
    definition = METRICS["time_to_acknowledge"].definition
    assert "minutes from detected_at to acknowledged_at (24x7)" in definition
    assert "at risk in the period, those from before it by late entry at its start" in definition
    assert "median and p90 by Kaplan-Meier of all of them, the others of those that started in the period" in definition


def test_json_has_exactly_the_shape_of_the_contract(connection):
    answer = json.loads(json.dumps(compute(connection, "time_to_resolve", by="severity").to_json(), allow_nan=False))
    assert list(answer) == ["metric", "version", "period", "by", "rows"]
    assert (answer["metric"], answer["version"], answer["period"], answer["by"]) == (
        "time_to_resolve", 2, "all", "severity"
    )
    assert answer["rows"][0] == {
        "group": "SEV-1", "statistic": "median", "value": 4.0, "low": 1.0, "high": 6.0, "unit": "minutes", "n": 7,
        "n_open": 0, "n_excluded": 0, "note": "",
    }


@pytest.mark.parametrize(("metric", "by"), [
    (metric.name, by)
    for metric in METRICS.values()
    for by in RECORDS[metric.records].columns
] + [("time_to_restore", "service"), ("follow_up_completion", "service")])
def test_every_metric_answers_by_every_dimension(connection, metric, by):
    result = compute(connection, metric, by=by)
    assert result.rows
    assert all(isinstance(row["group"], str) for row in result.rows)
    assert all(row["value"] is not None or row["note"] for row in result.rows)


def test_quarters_are_fiscal_like_the_views(connection):
    [row] = [row for row in compute(connection, "incident_count", by="quarter").rows if row["statistic"] == "count"
             and row["value"]]
    assert row["group"] == "2027-Q3"


def test_values_have_six_significant_digits(connection):
    rows = {row["statistic"]: row for row in compute(connection, "time_to_resolve").rows}
    assert rows["geometric_mean"]["value"] == 3.38002  # 5040 ** (1 / 7) = 3.380015...
    assert isinstance(compute(connection, "incident_count").rows[0]["value"], int)


def test_the_frame_shows_interval_n_window_and_definition(connection):
    frame = compute(connection, "time_to_resolve", by="severity").frame()
    text = repr(frame[frame["statistic"] == "median"])
    assert text.startswith("time_to_resolve, the whole record, by severity\n")
    assert "SEV-1    median     4        1 to 6 minutes  7" in text
    assert text.endswith(METRICS["time_to_resolve"].definition)
    assert isinstance(frame, MetricFrame)
    assert frame["value"].dtype == "float64"


def test_the_frame_names_what_was_left_out(connection):
    connection.execute("update incidents set kind = 'drill' where incident_id = 'i7'")
    assert repr(compute(connection, "incident_count").frame()).startswith(
        "incident_count, the whole record; left out: 1 (kind is drill)\n"
    )


def test_the_page_of_a_frame_is_escaped(connection):
    page = compute(connection, "incident_count", by="detected_by").frame()._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;pager&lt;/b&gt;" in page


def test_a_frame_cut_to_other_columns_is_an_ordinary_one(connection):
    frame = compute(connection, "incident_count", by="severity").frame()
    assert repr(frame[["group", "value"]]) == repr(pd.DataFrame(frame)[["group", "value"]])
    joined = frame.merge(pd.DataFrame({"group": ["SEV-1"], "team": ["infra"]}), on="group")
    assert "infra" in repr(joined)
    assert "<table" in frame[["group"]]._repr_html_()


def test_a_database_of_another_program_is_refused():
    with pytest.raises(DatabaseError, match="no database of opsanalytics"):
        compute(duckdb.connect(), "incident_count")


def test_a_database_of_another_version_is_refused_with_the_query_named():
    other = duckdb.connect()
    other.execute("create view latest_load as select 1 as load_id")
    with pytest.raises(QueryError, match=r"(?s)counts\.clock.*load again"):
        compute(other, "incident_count")


def test_catalogue_and_periods_import_nothing_heavy():
    code = (
        "import sys, opsanalytics.metrics.catalogue, opsanalytics.metrics.periods;"
        "print(*sorted({'pandas', 'scipy', 'numpy', 'duckdb', 'plotly'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
