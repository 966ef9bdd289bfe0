"""Restatements on real repositories: what the page says of one made for it, where it cannot look back, and of the demo company,
whose generator knows what was changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from test_as_of import NOW, SETTINGS, commit, git, write

from opsanalytics.metrics.periods import parse_period
from opsanalytics.packs import restatements
from opsanalytics.packs.record import Record
from opsanalytics.packs.restatements import Told
from opsanalytics.scaffold.demo import truth, write_demo
from opsanalytics.warehouse.connect import locked
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

FILES = {number: f"ops/incidents/INC-2026{number}-01.md" for number in ("0810", "0904", "0912", "0925")}


def told(database: Path, period: str = "2026-Q3") -> Told:
    with locked(database) as connection:
        answer = restatements.read(record_of(connection, period))
        assert answer.changes is not None  # while the tables are there
        return answer


def record_of(connection: duckdb.DuckDBPyConnection, period: str) -> Record:
    as_of_on, start = connection.execute("select as_of_on, fiscal_year_start from latest_load").fetchall()[0]
    return Record(connection, parse_period(period, as_of_on=as_of_on, fiscal_year_start=start))


def of_folder(root: Path, period: str = "2026-Q3", as_of: str | None = None) -> Told:
    database = root.parent / "aside.duckdb"
    return told(load(read_workspace(root), database=database, now=NOW, as_of=as_of).database, period)


def changed(answer: Told) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.record, each.what, each.commits) for each in answer.changes]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Three incidents by the end of the quarter; afterwards one is lowered, one moved and then taken away, one comes late, a
    promise of the last is kept, and what nobody asks is edited too."""
    root = tmp_path_factory.mktemp("company") / "co"
    (root / "ops/incidents").mkdir(parents=True)
    (root / "ops.yml").write_text(SETTINGS, encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    write(root, "[x] Alert on slow checkout — Ana — 2026-08-20 (done 2026-08-19)", path=FILES["0810"], start="2026-08-10 09:00")
    write(root, "[ ] Write the runbook — Bo — 2026-09-25", path=FILES["0904"])
    write(root, "[ ] Split the table — Cy — 2026-10-20", path=FILES["0912"], start="2026-09-12 09:00")
    made = {"first": commit(root, "2026-09-15")}
    made["known"] = _lower(root, "SEV-2", "SEV-1", "2026-09-30T21:30:00+00:00")  # 23:30 of the last day on our wall
    made["lowered"] = _lower(root, "SEV-1", "SEV-3", "2026-09-30T22:30:00+00:00")
    (root / "ops/incidents/old").mkdir()
    git(root, "mv", FILES["0810"], "ops/incidents/old/INC-20260810-01.md")
    commit(root, "2026-10-02")
    write(root, "[x] Split the table — Cy — 2026-10-20", path=FILES["0912"], start="2026-09-12 09:00")
    made["kept"] = commit(root, "2026-10-05")
    (root / "ops/incidents/old/INC-20260810-01.md").unlink()
    made["taken"] = commit(root, "2026-10-09")
    write(root, path=FILES["0925"], start="2026-09-25 09:00")
    made["late"] = commit(root, "2026-10-12")
    text = (root / FILES["0904"]).read_text(encoding="utf-8")
    (root / FILES["0904"]).write_text(f"{text}\n## Impact\nSome carts were lost.\n", encoding="utf-8")
    commit(root, "2026-10-14")
    return root, made


def _lower(root: Path, was: str, became: str, at: str) -> str:
    path = root / FILES["0904"]
    path.write_text(path.read_text(encoding="utf-8").replace(was, became), encoding="utf-8")
    return commit(root, at)


@pytest.fixture
def root(company: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(company[0], tmp_path / "co"))


def test_what_was_changed_is_told_with_the_commit_that_did_it(root: Path, company: tuple[Path, dict[str, str]]) -> None:
    answer, made = of_folder(root), company[1]
    assert answer.commit == made["known"]
    assert changed(answer) == [
        ("INC-20260904-01", "severity SEV-1 → SEV-3", (made["lowered"],)),
        ("Alert on slow checkout", "severity SEV-2 → not stated", (made["taken"],)),
        ("INC-20260810-01", "taken away", (made["taken"],)),
        ("INC-20260925-01", "came late", (made["late"],)),
    ]
    assert restatements.changes(answer)["committed"].tolist() == ["1 Oct 2026", "9 Oct 2026", "9 Oct 2026", "12 Oct 2026"]
    assert restatements.changes_finding(answer) == "4 records of Q3 2026 were changed since, by 3 commits"


def test_numbers_are_told_on_both_sides_with_their_n_and_why_they_differ(root: Path) -> None:
    answer = of_folder(root)
    rows = {row["number"]: row for row in restatements.numbers(answer).to_dict("records")}
    assert rows["Incidents, SEV-1"] == {
        "number": "Incidents, SEV-1", "known on 30 Sep 2026": "1 incident", "n then": 1, "now": "0 incidents", "n now": 0, "change": "-1",
        "why": "restated"}  # fmt: skip
    assert (rows["Incidents"]["change"], rows["Incidents"]["why"]) == ("none", "restated, to the same")
    kept = rows["Follow-ups done within 30 days"]  # one after 9 days, one after 23, one open, that nobody had watched for 30 then
    assert list(kept.values())[1:] == ["not known", 3, "67 %", 3, "–", "ripened"]
    assert restatements.numbers_finding(answer).startswith("4 headline numbers of Q3 2026 read differently now: 3 were restated, 1 only ripened")
    stated = {each.id: each for each in restatements.numbers_numbers(answer)}
    assert (stated["incident_count.count.SEV-3.then"].value, stated["incident_count.count.SEV-3.now"].value) == (0, 1)
    assert (stated["restated"].value, stated["ripened"].value, stated["changed"].value) == (3, 1, 4)
    assert len(stated) == len(restatements.numbers_numbers(answer))


def test_an_earlier_as_of_knows_of_nothing_after_it(root: Path, company: tuple[Path, dict[str, str]]) -> None:
    answer = of_folder(root, as_of="2026-10-04")
    assert changed(answer) == [(name, "severity SEV-1 → SEV-3", (company[1]["lowered"],)) for name in ("INC-20260904-01", "Write the runbook")]
    assert of_folder(root, period="this", as_of="2026-09-30").period.name == "2026-Q2"


def test_what_is_not_committed_is_told_as_such(root: Path) -> None:
    path = root / FILES["0912"]
    path.write_text(path.read_text(encoding="utf-8").replace("SEV-2", "SEV-3"), encoding="utf-8")
    rows = restatements.changes(of_folder(root))
    assert rows[rows["record"] == "INC-20260912-01"][["commit", "committed"]].to_numpy().tolist() == [["not committed yet", "–"]]


def test_other_settings_are_told_with_their_commit(root: Path, company: tuple[Path, dict[str, str]]) -> None:
    git(root, "reset", "-q", "--hard", company[1]["known"])
    git(root, "commit", "-q", "--amend", "--no-edit", "--date=2026-08-30T12:00:00+00:00", at="2026-08-30T12:00:00+00:00")
    (root / "ops.yml").write_text(f"{SETTINGS}policies: {{follow_up_sla_days: {{SEV-2: 2}}}}\n", encoding="utf-8")
    last = commit(root, "2026-11-02")
    assert changed(of_folder(root, "2026-08")) == [("Alert on slow checkout", "other settings", (last,))]


def test_nothing_is_written_and_nothing_left(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(read_workspace(root), now=NOW)
    aside = tmp_path / "tmp"
    aside.mkdir()
    monkeypatch.setenv("TMPDIR", str(aside))
    before = sorted(path for path in root.rglob("*") if ".git/" not in str(path))
    told(read_workspace(root).database)
    assert sorted(path for path in root.rglob("*") if ".git/" not in str(path)) == before
    assert list(aside.iterdir()) == []
    assert git(root, "status", "--porcelain") == ""


def test_an_unfinished_period_asks_the_last_complete_one(root: Path) -> None:
    answer = of_folder(root, "this")
    assert restatements.header(answer)[1:3] == ("Q3 2026, the last complete one", f"known on 30 Sep 2026, commit {answer.commit[:10]}")


def test_a_record_that_nobody_touched_reads_the_same(root: Path, company: tuple[Path, dict[str, str]]) -> None:
    git(root, "reset", "-q", "--hard", company[1]["known"])
    answer = of_folder(root, "2026-09")
    assert restatements.numbers_finding(answer).startswith("1 headline number of Sep 2026 reads differently now: none were restated, 1")
    assert answer.changes == []
    assert restatements.changes_finding(answer) == "Nothing of Sep 2026 was changed on record, came late or was taken away since"


# --- where it cannot look back

def refused(answer: Told) -> Iterator[object]:
    yield restatements.numbers(answer).empty and restatements.changes(answer).empty and restatements.ripened(answer).empty
    yield restatements.numbers_numbers(answer)
    yield restatements.changes_finding(answer) + restatements.ripened_finding(answer)


@pytest.mark.parametrize(("period", "said"), [
    ("2026-Q2", "No commit up to 30 Jun 2026: nothing was on record then"),
    ("all", "No end to look back to in the whole record: ask for a period")])  # fmt: skip
def test_a_period_before_the_record_is_told_in_words(root: Path, period: str, said: str) -> None:
    answer = of_folder(root, period)
    assert restatements.numbers_finding(answer) == said
    assert list(refused(answer)) == [True, [], ""]


def test_outside_git_it_is_told_in_words(root: Path) -> None:
    shutil.rmtree(root / ".git")
    answer = of_folder(root)
    assert restatements.numbers_finding(answer) == "No commit tells how the record stood: it was read outside git"
    assert list(refused(answer)) == [True, [], ""]


def test_a_shallow_clone_that_does_not_reach_back_says_so(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), "shallow")
    answer = of_folder(tmp_path / "shallow")
    assert restatements.numbers_finding(answer) == (
        "No commit up to 30 Sep 2026: a shallow clone does not reach back to it; git fetch --unshallow fetches the rest")


def test_a_shallow_clone_that_reaches_back_far_enough_tells_it(root: Path, tmp_path: Path, company: tuple[Path, dict[str, str]]) -> None:
    git(tmp_path, "clone", "-q", "--depth", "7", root.as_uri(), "shallow")
    assert changed(of_folder(tmp_path / "shallow"))[0] == ("INC-20260904-01", "severity SEV-1 → SEV-3", (company[1]["lowered"],))


def test_a_folder_that_is_gone_or_another_one_is_told_without_its_path(root: Path) -> None:
    database = load(read_workspace(root), database=root.parent / "aside.duckdb", now=NOW).database
    head = git(root, "rev-parse", "HEAD")
    shutil.rmtree(root / ".git")
    git(root, "init", "-q", "-b", "main")
    assert f"has not the commit {head[:10]}" in restatements.numbers_finding(told(database))
    shutil.rmtree(root)
    said = restatements.numbers_finding(told(database))
    assert said == "No history to look back in: the folder that the record was read from is not on this machine, only its tables are"


# --- the demo company

UNTIL = date(2026, 11, 22)
QUARTERS = ["2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3"]


@pytest.fixture(scope="module", params=[7, pytest.param(1, marks=pytest.mark.long), pytest.param(2, marks=pytest.mark.long)])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    root = tmp_path_factory.mktemp("demo") / "co"
    write_demo(root, until=UNTIL, seed=request.param)
    return load(read_workspace(root), now=NOW).database, request.param


@pytest.mark.parametrize("quarter", [QUARTERS[-1], *(pytest.param(each, marks=pytest.mark.long) for each in QUARTERS[:-1])])
def test_the_demo_tells_every_severity_that_was_changed_after_its_quarter(demo: tuple[Path, int], quarter: str) -> None:
    database, seed = demo
    answer = told(database, quarter)
    meant = {each.incident_id: f"severity {each.before} → {each.after}" for each in truth(UNTIL, seed).severity_changes
             if _is_after(each.incident_id, each.changed_on, answer)}  # fmt: skip
    found = {each.record: each for each in answer.changes if each.what.startswith("severity") and each.kind == "incidents"}
    assert {name: each.what for name, each in found.items()} == meant
    assert [each.record for each in answer.changes if not each.commits] == []
    root = database.parent.parent
    for name, each in found.items():
        (by,) = each.commits
        assert each.numbers == tuple(f"Incidents, {level}" for level in sorted(each.what.split()[1::2]))
        assert git(root, "show", "--format=", "--name-only", by) == f"ops/incidents/{name}.md"


def _is_after(incident_id: str, changed_on: str, answer: Told) -> bool:
    started = date.fromisoformat(incident_id[4:12])
    return answer.period.starts_on <= started < answer.period.ends_on <= date.fromisoformat(changed_on)
