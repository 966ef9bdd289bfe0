"""`import opsanalytics as ops`, as a notebook uses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import opsanalytics as ops
from opsanalytics.errors import DatabaseError, QueryError, UsageError
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

Write = Callable[..., Path]


@pytest.fixture
def workspace(example: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    load(read_workspace(example))
    monkeypatch.delenv("OPSANALYTICS_DATABASE", raising=False)
    (example / "notebooks").mkdir()
    monkeypatch.chdir(example / "notebooks")
    return example


def test_the_public_names_are_sorted_and_there() -> None:
    assert sorted(ops.__all__) == ops.__all__
    assert all(hasattr(ops, name) for name in ops.__all__)
    with pytest.raises(AttributeError, match="it has connect"):
        _ = ops.nothing


def test_the_database_is_found_from_a_folder_below(workspace: Path) -> None:
    assert len(ops.table("incidents")) == 10
    assert ops.connect().execute("select count(*) from incident_facts where is_counted").fetchall() == [(8,)]


def test_the_environment_names_another_database(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPSANALYTICS_DATABASE", str(workspace / "data" / "ops.duckdb"))
    monkeypatch.chdir(tmp_path)
    assert len(ops.table("incidents")) == 10


def test_without_a_database_the_error_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPSANALYTICS_DATABASE", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError, match="run `opsanalytics load`"):
        ops.connect()


def test_tables_join_the_analysts_own_frames_and_files(workspace: Path) -> None:
    owners = pd.DataFrame({"service": ["payments", "checkout"], "team": ["money", "shop"]})
    (workspace / "notebooks" / "tiers.csv").write_text("service,tier\ncheckout,1\n", encoding="utf-8")
    joined = ops.sql("""
        select distinct team, tier from incident_services join owners using (service)
        left join 'tiers.csv' using (service) order by team""")  # fmt: skip
    assert set(joined["team"]) <= set(owners["team"])
    assert "tier" in joined.columns


def test_the_warehouse_is_read_only_and_there_is_room_beside_it(workspace: Path) -> None:
    ops.sql("create or replace table mine as select 1 as n")
    assert ops.sql("select n from mine")["n"].tolist() == [1]
    with pytest.raises(QueryError):
        ops.sql("delete from ops.incidents")


def test_an_unknown_table_lists_the_known_ones(workspace: Path) -> None:
    with pytest.raises(UsageError, match="action_item_facts, action_items"):
        ops.table("incidence")


def test_a_metric_is_a_frame_with_its_interval_and_definition(workspace: Path) -> None:
    frame = ops.metric("time_to_resolve", period="2026-Q3", by="severity")
    assert ["group", "statistic", "value", "low", "high", "unit", "n", "n_open", "n_excluded", "note"] == list(frame.columns)
    assert "started_at to resolved_at" in repr(frame)


def test_a_newer_load_is_said_once_and_shown_on_refresh(workspace: Path, write_incident: Write) -> None:
    assert len(ops.table("incidents")) == 10
    write_incident(workspace, "INC-20260905-07")
    load(read_workspace(workspace))
    with pytest.warns(UserWarning, match="newer load"):
        assert len(ops.table("incidents")) == 10
    assert len(ops.table("incidents")) == 10
    ops.refresh()
    assert len(ops.table("incidents")) == 11


class TestMagic:
    @pytest.fixture
    def shell(self, workspace: Path):
        from IPython.core.interactiveshell import InteractiveShell

        shell = InteractiveShell.instance()
        shell.run_line_magic("load_ext", "opsanalytics")
        yield shell
        shell.run_line_magic("unload_ext", "opsanalytics")
        InteractiveShell.clear_instance()

    def test_a_cell_is_sql_over_tables_and_frames(self, shell) -> None:
        shell.run_cell("import pandas as pd\nmine = pd.DataFrame({'severity': ['SEV-1']})", silent=True)
        found = shell.run_cell("%%sql\nselect count(*) as n from incidents join mine using (severity)").result
        assert found["n"].tolist() == [3]

    def test_a_name_keeps_the_result(self, shell) -> None:
        shell.run_cell("%%sql slowest <<\nselect incident_id from incident_facts order by time_to_resolve_minutes desc nulls last limit 1")
        assert len(shell.user_ns["slowest"]) == 1

    def test_a_line_is_sql_too(self, shell) -> None:
        assert shell.run_line_magic("sql", "select 42 as n")["n"].tolist() == [42]
