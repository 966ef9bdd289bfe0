"""A company that keeps services, people, rotas, deployments, pages and measurements beside its record."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from opsanalytics.readers.services import Services
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import LoadResult, load
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 10, 2, 12)
FILES = {
    "ops.yml": "zone: Europe/Paris\nannotations:\n  - {starts_on: 2026-09-01, text: New cluster}\n  - {text: no day}\n",
    "ops/services.yml": "services:\n  - {service: checkout, aliases: [Shop API, pay-page]}\n  - {service: search}\n",
    "ops/people.yml": "people:\n  - {person: ana, name: Ana Ferreira}\n",
    "ops/oncall.yml": "rotation: {service: pay page, people: [ana, bo], starts_on: 2026-09-21, every: 7d}\n",
    "ops/slo.yml": "slos:\n  - {service: Shop API, name: availability, target: 99.9, time_window: 28d}\n  - {service: search, name: latency, target: 95}\n",
    "ops/sli_samples.csv": "slo_id,bucket_at,good,total\nlatency,2026-09-01,9,10\nlatency,2026-09-02,10,10\nlost,2026-09-01,1,1\n",
    "ops/deployments.csv": "deployment_id,service,finished_at,status\nd-1,pay-page,2026-09-04 10:00,ok\n",
    "ops/pages.csv": "id,at,service,incident\np-1,2026-09-04 11:05,shop api,inc-20260904-01\np-2,2026-09-04 11:06,search,PD-1\np-3,2026-09-05 11:06,search,PD-2\n",
    "ops/annotations.yml": "2026-09-15: Prices changed\n",
}


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def company(tmp_path: Path, write_incident: Callable[..., Path]) -> Path:
    root = write(tmp_path / "company", FILES)
    incident = write_incident(root)
    incident.write_text(incident.read_text().replace("checkout", "The Shop API, all users of search and 4% of EU users"))
    return root


def rows(result: LoadResult, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in read_rows(result.database, sql)]


def test_every_source_has_its_table(company: Path):
    result = load(read_workspace(company), now=NOW)
    assert result.files == {"seen": 9, "loaded": 9, "rejected": 0, "ignored": 0}
    counted = {name: result.rows[name] for name in ("services", "people", "oncall_shifts", "slos", "sli_samples", "deployments", "pages", "annotations")}
    assert counted == {"services": 2, "people": 1, "oncall_shifts": 4, "slos": 2, "sli_samples": 3, "deployments": 1, "pages": 3, "annotations": 3}
    assert [(found["path"], found["line"], found["code"]) for found in result.findings] == [
        ("ops.yml", 4, "OPS136"), ("ops/pages.csv", 3, "OPS124"), ("ops/services.yml", 2, "OPS152"), ("ops/services.yml", 3, "OPS152"),
        ("ops/sli_samples.csv", 4, "OPS124"), ("ops/sli_samples.csv", 4, "OPS137"),
    ]  # fmt: skip


def test_an_alias_names_its_service_everywhere(company: Path):
    result = load(read_workspace(company), now=NOW)
    assert rows(result, "select service, service_raw from incident_services order by 1") == [("checkout", "The Shop API"), ("search", "all users of search")]
    for table in ("deployments", "pages", "slos", "oncall_shifts"):
        assert {service for (service,) in rows(result, f"select service from {table}")} <= {"checkout", "search"}


def test_without_a_services_file_short_names_are_services(company: Path):
    (company / "ops/services.yml").unlink()
    result = load(read_workspace(company), now=NOW)
    assert rows(result, "select service from incident_services") == []
    assert rows(result, "select service from deployments") == [("pay-page",)]


def test_what_a_label_for_services_says_stays_known_or_not(company: Path, write_incident: Callable[..., Path]):
    path = write_incident(company, "INC-20260905-01")
    path.write_text(path.read_text().replace("Affected Systems/Users: checkout", "Services: pay-page, fax\nAffected Systems/Users: fax machines, shop api"))
    result = load(read_workspace(company), now=NOW)
    found = rows(result, "select service, service_raw from incident_services where incident_id = 'INC-20260905-01' order by 1")
    assert found == [("checkout", "pay-page"), ("fax", "fax")]


def test_measurements_and_pages_find_what_they_are_about(company: Path):
    result = load(read_workspace(company), now=NOW)
    assert rows(result, "select distinct slo_id from sli_samples order by 1") == [("lost",), ("search-latency",)]
    assert rows(result, "select incident_id from pages order by page_id") == [("INC-20260904-01",), (None,), (None,)]
    assert rows(result, "select starts_on, text from annotations where source_path = 'ops.yml' order by text") == [(date(2026, 9, 1), "New cluster"), (None, "no day")]


def test_a_second_file_that_claims_an_id_gets_another(company: Path):
    write(company, {"ops/services.csv": "service,tier\nCheckout,1\n", "ops/deployments/old.csv": "id,service,at\nD-1,search,2026-09-01 10:00\n"})
    result = load(read_workspace(company), now=NOW)
    assert rows(result, "select service from services order by 1") == [("Checkout",), ("checkout~2",), ("search",)]
    assert rows(result, "select deployment_id from deployments order by 1") == [("D-1~2",), ("d-1",)]


def parquet(path: Path, sql: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy ({sql}) to '{path}'")


SAMPLES = "select 'latency' as slo_id, timestamptz '2026-09-01 00:00:00+00' + number * interval 5 minute as bucket_at, number as good, 99.0 as total from range(12) as _(number)"


def test_parquet_is_read_from_the_tree_and_from_a_commit(company: Path):
    (company / "ops/sli_samples.csv").unlink()
    parquet(company / "ops/sli/2026-09.parquet", SAMPLES)
    for command in (["init", "--quiet"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@x.example", "commit", "--quiet", "-m", "a"]):
        subprocess.run(["git", "-C", company, *command], check=True)
    for as_of in (None, "HEAD"):
        result = load(read_workspace(company), now=NOW, as_of=as_of, full=True)
        assert rows(result, "select count(*), min(bucket_at), sum(good), min(bucket_minutes), any_value(slo_id) from sli_samples") == [
            (1, datetime(2026, 9, 1), 66.0, 60.0, "search-latency")
        ]
        assert rows(result, "select status, records, bytes > 0, length(sha256) from source_files where path like '%.parquet'") == [("loaded", 1, True, 64)]
        assert rows(result, "select dirty from latest_load") == [(False,)]


def test_measurements_from_parquet_and_csv_are_kept_by_the_hour(company: Path):
    """Six hours of minutes, of which the last breaks off after 20; the objective whose slices are minutes keeps its own."""
    slo = company / "ops/slo.yml"
    slo.write_text(slo.read_text() + "  - {service: search, name: fast, target: 99, budgeting_method: timeslices, time_slice_target: 0.9, time_slice_window: 1m}\n")
    minutes = "timestamptz '2026-09-03 00:00:00+00' + number * interval 1 minute as bucket_at, 9 as good, 10 as total from range(320) as _(number)"
    parquet(company / "ops/sli/minutes.parquet", f"select unnest(['latency', 'fast']) as slo_id, {minutes}")
    (company / "ops/sli_samples.csv").write_text("slo_id,bucket_at,bucket_minutes,good,total\nlatency,2026-09-04T00:00Z,30,1,2\nlatency,2026-09-04T00:30Z,30,2,2\n")
    result = load(read_workspace(company), now=NOW)
    assert rows(result, "select bucket_minutes, count(*), sum(good), sum(total) from sli_samples where slo_id = 'search-latency' group by 1 order by 1") == [
        (20, 1, 180, 200), (60, 6, 5 * 540 + 3, 5 * 600 + 4)]  # fmt: skip
    assert rows(result, "select count(*), min(bucket_minutes), max(bucket_minutes) from sli_samples where slo_id = 'search-fast'") == [(320, 1, 1)]
    assert rows(result, "select path, records from source_files where record_kind = 'sli_samples' order by path") == [
        ("ops/sli/minutes.parquet", 326), ("ops/sli_samples.csv", 1)]  # fmt: skip


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" * 9, b"slo_id,good\na,1\n"])
def test_a_parquet_that_is_none_is_rejected_and_the_others_load(company: Path, data: bytes):
    (company / "ops/sli").mkdir()
    (company / "ops/sli/bad.parquet").write_bytes(data)
    result = load(read_workspace(company), now=NOW)
    assert result.files == {"seen": 10, "loaded": 9, "rejected": 1, "ignored": 0}
    (said,) = [found["message"] for found in result.findings if found["code"] == "OPS101"]
    assert said.startswith("no Parquet that can be read")
    assert "/tmp" not in said


def test_annotations_of_ops_yml_must_be_remarks(tmp_path: Path):
    from opsanalytics.errors import WorkspaceError

    write(tmp_path, {"ops.yml": "company: a\nannotations: today\n"})
    with pytest.raises(WorkspaceError, match=r"ops.yml:2:14 annotations"):
        read_workspace(tmp_path)


def test_a_name_within_another_word_is_no_service():
    services = Services([{"service": "api", "aliases": ["gateway"]}, {"service": "label api", "aliases": None}])
    assert [name for name, _ in services.named_in("Label-API of the therapist, gateways; the gateway")] == ["label api", "api"]
