"""`--as-of` against a checkout: whatever was committed since, the tables are those of the record as it stood then."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsanalytics.errors import RepositoryError
from opsanalytics.scaffold.demo import write_demo
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.connect import read_rows
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 11, 22, 12)
PARIS = ZoneInfo("Europe/Paris")
OF_THE_RUN = {"loads": ("load_id", "loaded_at", "workspace", "fingerprint"), "history_state": ("reader",)}
FILE = "ops/incidents/INC-20260904-01.md"
SETTINGS = "company: Acme\nzone: Europe/Paris\n"


def git(root: Path, *arguments: str, at: str = "2026-09-01T12:00:00+00:00") -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false")
    done = subprocess.run(["git", *who, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write(root: Path, *follow_ups: str, path: str = FILE, start: str = "2026-09-04 09:00", more: str = "") -> None:
    lines = "".join(f"- {line}\n" for line in follow_ups)
    text = f"# Slow\n\nIncident ID: {Path(path).stem}\nStart Time (UTC): {start}\nSeverity: SEV-2\n{more}\n## Follow-ups\n\n{lines}"
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def commit(root: Path, at: str) -> str:
    git(root, "add", "--all")
    git(root, "commit", "-qm", "record", at=at if "T" in at else f"{at}T12:00:00+00:00")
    return git(root, "rev-parse", "HEAD")


Tables = dict[str, list[dict[str, Any]]]
Same = Callable[[Path, str], Tables]


def tables(database: Path) -> Tables:
    """Every row of every table, but for what the machine and the moment of the load put into it."""
    told = {}
    for name in TABLES:
        asked = "select * from loads order by load_id desc limit 1" if name == "loads" else f'select * from "{name}" order by all'
        told[name] = [{key: value for key, value in row.items() if key not in OF_THE_RUN.get(name, ())} for row in read_rows(database, asked)]
    return told


def end_of(day: str, zone: ZoneInfo = PARIS) -> datetime:
    return (datetime.fromisoformat(day).replace(tzinfo=zone) + timedelta(1)).astimezone(UTC).replace(tzinfo=None) - timedelta(seconds=1)


def checked_out(root: Path, day: str, folder: Path, zone: ZoneInfo = PARIS) -> Path:
    """A clone whose HEAD is the last commit before the end of a day."""
    seconds = int(end_of(day, zone).replace(tzinfo=UTC).timestamp())
    last = git(root, "rev-list", "-1", "--first-parent", f"--before={seconds}", "HEAD")
    git(root.parent, "clone", "-q", str(root), str(folder))
    git(folder, "checkout", "-q", last)
    return folder


@pytest.fixture
def same_as_a_checkout(tmp_path: Path) -> Same:
    """Loads as of a day in four ways, and gives the tables that all of them made."""

    def compare(root: Path, day: str) -> Tables:
        aside = tmp_path / f"aside-{day}"
        aside.mkdir()
        workspace, clone = read_workspace(root), checked_out(root, day, aside / "clone")
        found = tables(load(workspace, database=aside / "alone.duckdb", as_of=day, now=NOW, full=True).database)
        there = tables(load(read_workspace(clone), now=end_of(day)).database)
        assert found == there
        assert found == tables(load(read_workspace(clone), as_of=day, now=NOW).database)
        load(workspace, now=NOW)
        assert found == tables(load(workspace, as_of=day, now=NOW).database)
        return found

    return compare


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "co"
    root.mkdir()
    (root / "ops.yml").write_text(SETTINGS, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    return root


def with_everything(root: Path) -> Path:
    """A record over two months: ticked, reworded, renamed, deleted, merged, and one commit late in the evening."""
    write(root, "[ ] Alert on slow checkout — Ana — 2026-09-18", "[ ] Write the runbook — Bo — 2026-09-25")
    commit(root, "2026-09-05")
    git(root, "switch", "-qc", "review")
    write(root, "[x] Alert on slow checkout — Ana — 2026-09-18", "[ ] Write the runbook — Bo — 2026-09-25", "[ ] Add a queue — Cy — 2026-10-05")
    commit(root, "2026-09-08")
    git(root, "switch", "-q", "main")
    write(root, "[ ] Split the table — Bo — 2026-10-20", path="ops/incidents/INC-20260907-01.md", start="2026-09-07 10:00")
    commit(root, "2026-09-09")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "review", at="2026-09-12T21:30:00+00:00")  # 23:30 on our wall
    (root / "ops/incidents/2026").mkdir()
    git(root, "mv", FILE, "ops/incidents/2026/INC-20260904-01.md")
    commit(root, "2026-09-20T22:30:00+00:00")  # 00:30 of the 21st on our wall
    (root / "ops/incidents/INC-20260907-01.md").unlink()
    (root / "ops/rituals/retrospective").mkdir(parents=True)
    (root / "ops/rituals/retrospective/2026-09-24.md").write_text(
        "# Retrospective 2026-09-24\n\nDate: 2026-09-24\n\n## Actions\n\n- [ ] Write the runbook — Bo — 2026-10-10\n", encoding="utf-8")
    commit(root, "2026-09-28")
    write(root, "[x] Alert on slow checkout — Ana — 2026-09-18", path="ops/incidents/2026/INC-20260904-01.md")
    commit(root, "2026-10-30")
    return root


@pytest.mark.parametrize("day", ["2026-09-20", *(pytest.param(day, marks=pytest.mark.long) for day in ("2026-09-08", "2026-09-12", "2026-09-21", "2026-09-30"))])
def test_a_day_is_the_checkout_of_its_last_commit(root: Path, day: str, same_as_a_checkout: Same) -> None:
    found = same_as_a_checkout(with_everything(root), day)
    assert [row["as_of"] for row in found["loads"]] == [end_of(day)]


@pytest.fixture(scope="module", params=[7, pytest.param(11, marks=pytest.mark.long)])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "co"
    write_demo(folder, until=date(2026, 11, 22), seed=request.param)
    return folder


@pytest.mark.long
def test_the_demo_is_the_checkout_of_a_quarters_last_commit(demo: Path, same_as_a_checkout: Same) -> None:
    found = same_as_a_checkout(demo, "2026-06-30")
    assert found["incidents"] and found["action_sightings"] and found["ritual_slots"]
    assert_nothing_later(found, end_of("2026-06-30"))


def assert_nothing_later(found: Tables, end: datetime) -> None:
    """No row knows of anything that was committed after the end."""
    day = end.replace(tzinfo=UTC).astimezone(PARIS).date()
    assert max(row["committed_at"] for row in found["file_versions"]) <= end
    assert max(row["occurred_at"] for row in found["action_events"]) <= end
    assert max(row["changed_at"] for row in found["record_changes"] if row["changed_at"]) <= end
    assert max(row["promised_on"] for row in found["ritual_slots"]) <= day
    assert max(row["done_on"] for row in found["action_items"] if row["done_on_source"] == "history") <= day
    commits = {row["git_commit"] for row in found["file_versions"]}
    assert {row["git_commit"] for name in ("action_events", "record_changes") for row in found[name]} <= commits


@pytest.mark.long
@pytest.mark.parametrize(("pack", "period", "page"), [
    ("monthly-retro", "2026-07", "promise_ledger"),
    ("quarterly-planning", "2026-Q2", "restatements"),
])  # fmt: skip
@pytest.mark.parametrize("demo", [7], indirect=True)
def test_the_report_states_the_same_numbers_byte_for_byte(
    demo: Path, tmp_path: Path, opsanalytics: Callable[..., Any], pack: str, period: str, page: str
) -> None:
    clone = checked_out(demo, "2026-08-14", tmp_path / "clone")
    for place in (demo, clone):
        ran = opsanalytics("report", pack, "--period", period, "--as-of", "2026-08-14", cwd=place)
        assert ran.code == 0, ran.err
    here, there = ((place / "reports" / pack / period / "numbers.json").read_bytes() for place in (demo, clone))
    assert here == there
    assert any(number["id"].startswith(f"{page}.") for number in json.loads(here))


# --- when a day ends

@pytest.mark.parametrize(
    ("zone", "day", "last", "next_one"),
    [
        ("Europe/Paris", "2026-09-12", "2026-09-12T21:59:59+00:00", "2026-09-12T22:00:00+00:00"),
        ("America/Los_Angeles", "2026-09-12", "2026-09-13T06:59:59+00:00", "2026-09-13T07:00:00+00:00"),
        ("Asia/Kathmandu", "2026-09-12", "2026-09-12T18:14:59+00:00", "2026-09-12T18:15:00+00:00"),
        ("Europe/Paris", "2026-03-29", "2026-03-29T21:59:59+00:00", "2026-03-29T22:00:00+00:00"),
        # The last hour of that day came twice.
        ("America/Asuncion", "2024-03-23", "2024-03-24T03:59:59+00:00", "2024-03-24T04:00:00+00:00"),
        (None, "2026-09-12", "2026-09-12T23:59:59+00:00", "2026-09-13T00:00:00+00:00"),
    ],
)
def test_a_day_ends_at_midnight_in_the_workspaces_zone(root: Path, zone: str | None, day: str, last: str, next_one: str) -> None:
    (root / "ops.yml").write_text(f"zone: {zone}\n" if zone else "company: Acme\n", encoding="utf-8")
    write(root, "[ ] Alert — Ana")
    in_it = commit(root, last)
    write(root, "[x] Alert — Ana")
    after_it = commit(root, next_one)
    result = load(read_workspace(root), as_of=day, now=NOW)
    assert (in_it, datetime.fromisoformat(last).replace(tzinfo=None)) == (result.git_commit, _as_of(result.database))
    tomorrow = (date.fromisoformat(day) + timedelta(1)).isoformat()
    assert load(read_workspace(root), as_of=tomorrow, now=NOW).git_commit == after_it


def _as_of(database: Path) -> datetime:
    found: datetime = read_rows(database, "select as_of from latest_load")[0]["as_of"]
    return found


@pytest.mark.parametrize(("day", "said"), [
    ("2026-09-17", [("open", False, 0)]), ("2026-09-18", [("open", False, 0)]), ("2026-09-19", [("open", True, 1)]),
    ("2026-10-01", [("done", False, 12)])])  # fmt: skip
def test_open_and_overdue_are_judged_on_that_day(root: Path, day: str, said: list[tuple[object, ...]]) -> None:
    write(root, "[ ] Alert on slow checkout — Ana — 2026-09-18")
    commit(root, "2026-09-05")
    write(root, "[x] Alert on slow checkout — Ana — 2026-09-18")
    commit(root, "2026-09-30")
    result = load(read_workspace(root), as_of=day, now=NOW)
    rows = read_rows(result.database, "select status, is_overdue, days_late from action_item_facts")
    assert [tuple(row.values()) for row in rows] == said


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_no_clock_has_is_refused_in_words(root: Path, day: str) -> None:
    write(root, "[ ] Alert — Ana")
    commit(root, "2026-09-05")
    with pytest.raises(RepositoryError):
        load(read_workspace(root), as_of=day, now=NOW)


# --- which commit it is

def test_what_was_merged_later_is_not_in_it_whenever_it_was_written(root: Path) -> None:
    write(root, "[ ] Alert — Ana")
    first = commit(root, "2026-09-05")
    git(root, "switch", "-qc", "review")
    write(root, "[x] Alert — Ana")
    commit(root, "2026-09-06")
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "review", at="2026-09-20T12:00:00+00:00")
    assert load(read_workspace(root), as_of="2026-09-10", now=NOW).git_commit == first
    assert _done(root, as_of="2026-09-10") == [("open", None)]
    assert _done(root, as_of="2026-09-20") == [("done", date(2026, 9, 20))]


def _done(root: Path, **how: Any) -> list[tuple[str, date | None]]:
    result = load(read_workspace(root), now=NOW, **how)
    return [tuple(row.values()) for row in read_rows(result.database, "select status, done_on from action_items")]


def test_a_commit_reads_the_line_that_leads_to_it(root: Path) -> None:
    write(root, "[ ] Alert — Ana")
    commit(root, "2026-09-05")
    git(root, "switch", "-qc", "review")
    write(root, "[x] Alert — Ana")
    tip = commit(root, "2026-09-06")
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "review", at="2026-09-20T12:00:00+00:00")
    assert _done(root, as_of=tip) == [("done", date(2026, 9, 6))]


def test_a_branch_that_was_read_before_its_merge_is_read_again_on_the_line(root: Path) -> None:
    write(root, "[ ] Alert — Ana")
    commit(root, "2026-09-05")
    git(root, "switch", "-qc", "review")
    write(root, "[x] Alert — Ana")
    commit(root, "2026-09-06")
    assert _done(root) == [("done", date(2026, 9, 6))]
    git(root, "switch", "-q", "main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "review", at="2026-09-20T12:00:00+00:00")
    assert _done(root) == [("done", date(2026, 9, 20))]


def test_an_older_commit_with_a_later_clock_is_in_it_and_dates_nothing(root: Path, same_as_a_checkout: Same) -> None:
    """The rule for odd clocks: the last commit whose clock is not past the day, with all that it is built on."""
    write(root, "[ ] Alert — Ana — 2026-09-18", "[ ] Write the runbook — Bo — 2026-09-25")
    commit(root, "2026-09-05")
    write(root, "[x] Alert — Ana — 2026-09-18", "[ ] Write the runbook — Bo — 2026-09-25")
    commit(root, "2027-03-01")
    write(root, "[x] Alert — Ana — 2026-09-18", "[x] Write the runbook — Bo — 2026-09-25")
    last = commit(root, "2026-09-10")
    write(root, "[x] Alert — Ana — 2026-09-18", "[x] Write the runbook — Bo — 2026-09-25", "[ ] Add a queue — Cy")
    commit(root, "2026-10-10")
    found = same_as_a_checkout(root, "2026-09-30")
    assert {row["git_commit"] for row in found["loads"]} == {last}
    items = sorted((row["text"], row["status"], row["done_on"]) for row in found["action_items"])
    assert items == [("Alert", "done", None), ("Write the runbook", "done", date(2026, 9, 10))]
    assert max(row["occurred_at"] for row in found["action_events"]) <= end_of("2026-09-30")


def test_before_the_first_commit_nothing_stood(root: Path) -> None:
    write(root, "[ ] Alert — Ana")
    commit(root, "2026-09-05")
    with pytest.raises(RepositoryError, match=r"no commit up to 2026-09-01 21:59 UTC; it begins later"):
        load(read_workspace(root), as_of="2026-09-01", now=NOW)


def test_a_shallow_clone_says_where_it_begins(root: Path, tmp_path: Path) -> None:
    write(root, "[ ] Alert — Ana")
    commit(root, "2026-09-05")
    write(root, "[x] Alert — Ana")
    last = commit(root, "2026-09-30")
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), "shallow")
    with pytest.raises(RepositoryError, match=f"a shallow clone that begins with commit {last[:12]}: git fetch --unshallow"):
        load(read_workspace(tmp_path / "shallow"), as_of="2026-09-10", now=NOW)


# --- by which settings

def codes(database: Path) -> list[str]:
    return [row["message"] for row in read_rows(database, "select message from findings where code = 'OPS105'")]


def test_the_settings_are_those_of_the_commit(root: Path, same_as_a_checkout: Same) -> None:
    (root / "ops.yml").write_text(f'{SETTINGS}records: {{incidents: ["notes/*.md"]}}\n', encoding="utf-8")
    write(root, "[ ] Alert — Ana", path="notes/INC-20260904-01.md")
    commit(root, "2026-09-05")
    (root / "ops.yml").write_text(f"{SETTINGS}policies: {{follow_up_sla_days: {{SEV-2: 3}}}}\n", encoding="utf-8")
    (root / "ops/incidents").mkdir(parents=True)
    git(root, "mv", "notes/INC-20260904-01.md", FILE)
    commit(root, "2026-09-20")
    assert ["notes/INC-20260904-01.md"] == [row["source_path"] for row in same_as_a_checkout(root, "2026-09-10")["incidents"]]
    assert [FILE] == [row["source_path"] for row in same_as_a_checkout(root, "2026-09-20")["incidents"]]


def test_a_day_ends_by_the_zone_of_then(root: Path, same_as_a_checkout: Same) -> None:
    write(root, "[ ] Alert — Ana")
    first = commit(root, "2026-09-05")
    write(root, "[x] Alert — Ana")
    commit(root, "2026-09-12T23:00:00+00:00")  # the 12th by UTC, the 13th in Paris
    (root / "ops.yml").write_text("company: Acme\nzone: UTC\n", encoding="utf-8")
    commit(root, "2026-10-01")
    found = same_as_a_checkout(root, "2026-09-12")
    assert [(row["git_commit"], row["as_of"]) for row in found["loads"]] == [(first, datetime(2026, 9, 12, 21, 59, 59))]


@pytest.mark.parametrize(("then", "why"), [(None, "has none"), ("zone: Mars/Olympus\n", "cannot be used (ops.yml:1:7 zone: no zone")])
def test_without_settings_of_then_todays_are_used_and_that_is_said(root: Path, then: str | None, why: str) -> None:
    (root / "ops.yml").unlink() if then is None else (root / "ops.yml").write_text(then, encoding="utf-8")
    write(root, "[ ] Alert — Ana", path="notes/INC-20260904-01.md")
    commit(root, "2026-09-05")
    (root / "ops.yml").write_text(f'{SETTINGS}records: {{incidents: ["notes/*.md"]}}\n', encoding="utf-8")
    result = load(read_workspace(root), as_of="2026-09-10", now=NOW)
    assert result.rows["incidents"] == 1
    assert _as_of(result.database) == end_of("2026-09-10")
    (said,) = codes(result.database)
    assert said.startswith("ops.yml is today's: that of commit ")
    assert why in said


def test_a_moment_that_is_asked_for_is_more_than_its_day(example: Path) -> None:
    """Else the time of a commit and the end of its day would be one."""
    subprocess.run(["git", "init", "-q"], cwd=example, check=True)
    when = {"GIT_AUTHOR_DATE": "2026-09-14T09:00:00Z", "GIT_COMMITTER_DATE": "2026-09-14T09:00:00Z"}
    for command in (("add", "-A"), ("-c", "user.name=Ana", "-c", "user.email=ana@example.org", "commit", "-qm", "all")):
        subprocess.run(["git", *command], cwd=example, check=True, env=os.environ | when)
    at_nine = load(read_workspace(example), as_of="HEAD").row["as_of"]
    at_the_end = load(read_workspace(example), as_of="2026-09-14").row["as_of"]
    assert at_nine < at_the_end
