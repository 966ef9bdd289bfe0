"""Real files that nobody here wrote: every one accounted for, and the numbers agree with what plain Python computes."""

from __future__ import annotations

import re
import shutil
import statistics
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsanalytics.kinds import KINDS
from opsanalytics.metrics.compute import compute
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.warehouse.connect import locked
from opsanalytics.warehouse.load import LoadResult, load
from opsanalytics.workspace import read_workspace

INCIDENTS = Path(__file__).parents[3] / "shared" / "corpora" / "incidents"
STATUS_PAGE = INCIDENTS / "jenkins-infra+status"
GLOBS = {
    "cstate+cstate": "exampleSite/content/issues/*.md",
    "signal18+cstate-mixr": "content/issues/*.md",
    "dfds+postmortems": "*.md",
    "icco+postmortems": "data/*.md",
    "berkeley-dsep-infra+datahub": "docs/incidents/*.qmd",
}
pytestmark = pytest.mark.skipif(not INCIDENTS.is_dir(), reason="../shared/corpora is not here")


def load_copy(folder: Path, root: Path, glob: str) -> LoadResult:
    shutil.copytree(folder, root)
    (root / "ops.yml").write_text(f'records: {{incidents: ["{glob}"]}}\n', encoding="utf-8")
    return load(read_workspace(root), now=datetime(2026, 7, 1))


@pytest.fixture(scope="module")
def status_page(tmp_path_factory: pytest.TempPathFactory) -> LoadResult:
    return load_copy(STATUS_PAGE, tmp_path_factory.mktemp("status") / "w", "content/issues/*.md")


def minutes_to_resolve() -> list[float]:
    """Every file's minutes from `date` to `resolvedWhen`, by regular expressions alone; a time without a zone is UTC."""
    found = []
    for path in sorted((STATUS_PAGE / "content" / "issues").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        times = [re.search(rf"^{key}:\s*['\"]?([^#\n'\"]+)", text, re.MULTILINE)[1].strip() for key in ("date", "resolvedWhen")]
        start, end = (datetime.fromisoformat(re.sub(r"(?<=T)(\d):", r"0\1:", each)) for each in times)
        start, end = (each if each.tzinfo else each.replace(tzinfo=UTC) for each in (start, end))
        found.append((end - start).total_seconds() / 60)
    return found


def test_every_real_status_page_file_is_accounted_for(status_page: LoadResult):
    assert status_page.files == {"seen": 297, "loaded": 297, "rejected": 0, "ignored": 0}
    assert status_page.rows["incidents"] == 297


def test_exactly_the_eight_that_end_before_they_start_are_found_at_their_places(status_page: LoadResult):
    found = {(row["path"].rpartition("/")[2], row["line"], row["col"]) for row in status_page.findings if row["code"] == "OPS112"}
    assert found == {
        ("2021-09-23-puppet-outage.md", 5, 15),
        ("2021-11-18-jenkins-io-outage.md", 5, 15),
        ("2022-06-13-repo-slow.md", 4, 15),
        ("2023-02-23-maintenance-aks-k8s-1-24.md", 5, 15),
        ("2023-06-02-trusted.ci-migration-to-azure.md", 5, 15),
        ("2023-12-06-systempool-tainted.md", 5, 15),
        ("2024-06-05-RPU-trusted.md", 5, 15),
        ("2026-04-29-ci-maintenance-sec-advisory.md", 5, 15),
    }
    assert {row["code"] for row in status_page.findings} == {"OPS112", "OPS113"}


def test_the_median_time_to_resolve_agrees_with_ten_lines_of_plain_python(status_page: LoadResult):
    minutes = minutes_to_resolve()
    forwards = [each for each in minutes if each >= 0]
    expected = statistics.median(forwards)
    assert (len(minutes), len(forwards), len(minutes) - len(forwards), expected) == (297, 289, 8, 120.0)
    with locked(status_page.database) as connection:
        in_sql = connection.sql("select median(time_to_resolve_minutes), count(time_to_resolve_minutes) from incident_facts").fetchone()
        backwards = connection.sql("select count(*) from incident_facts where resolved_at < started_at").fetchone()
        every = compute(connection, "time_to_resolve", every_kind=True)
        incidents = compute(connection, "time_to_resolve")
    (median,) = (row for row in every.rows if row["statistic"] == "median")
    (beside,) = (row for row in incidents.rows if row["statistic"] == "median")
    print(f"median minutes to resolve: {median['value']:g} over every kind, {beside['value']:g} over kind = incident alone")
    assert in_sql == (expected, 289)
    assert backwards == (8,)
    assert (median["value"], median["n"], list(every.excluded.values())) == (expected, 289, [8])
    assert 0 < beside["n"] < 289


def test_planned_maintenance_is_kept_apart_by_its_own_words(status_page: LoadResult):
    with locked(status_page.database) as connection:
        kinds = dict(connection.sql("select kind, count(*) from incidents group by kind").fetchall())
        named = connection.sql(
            "select count(*) from incidents where kind <> 'maintenance' and (title ilike '%maintenance%' or source_path ilike '%maintenance%')"
        ).fetchone()
        outages = connection.sql(
            "select count(*) from incidents where kind = 'maintenance' and title ilike '%outage%'"
        ).fetchone()
    assert sum(kinds.values()) == 297
    assert named == (0,)
    assert outages == (0,)
    assert kinds["maintenance"] > kinds["incident"] > kinds["notice"] > 0


@pytest.mark.parametrize("name", GLOBS)
def test_every_file_of_the_other_collections_is_accounted_for(name: str, tmp_path: Path):
    result = load_copy(INCIDENTS / name, tmp_path / "w", GLOBS[name])
    matching = len(list((tmp_path / "w").glob(GLOBS[name])))
    assert result.files["seen"] == matching > 0
    assert result.files["rejected"] == 0
    assert result.files["loaded"] == result.rows["incidents"] == matching - result.files["ignored"]


def read_all(name: str) -> Counter[str]:
    """How many incidents of a collection have each column."""
    columns: Counter[str] = Counter()
    for path in sorted((INCIDENTS / name).rglob("*.*md")):
        reading = read_record(KINDS["incidents"], path.name, path.read_bytes(), Context(Vocabulary()))
        for table, rows in reading.rows.items():
            columns[table] += len(rows)
        columns.update(column for row in reading.rows["incidents"] for column, value in row.items() if value is not None)
    return columns


def test_long_front_matter_gives_its_starts_and_ends():
    columns = read_all("icco+postmortems")
    assert (columns["started_at"], columns["resolved_at"]) == (168, 150)


def test_timelines_as_tables_and_plain_bullets_give_events_actions_and_lessons():
    columns = read_all("dfds+postmortems")
    assert columns["incident_events"] > 340
    assert columns["action_items"] >= 115
    assert columns["lessons"] >= 90
    assert columns["incident_factors"] >= 120
    assert columns["zone"] >= 35


def test_timelines_as_headings_give_events_and_numbered_actions():
    columns = read_all("berkeley-dsep-infra+datahub")
    assert columns["started_on"] == columns["incidents"] == 19
    assert columns["incident_events"] > 100
    assert columns["action_items"] > 60
