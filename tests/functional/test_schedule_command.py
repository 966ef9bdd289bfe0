"""`opsanalytics schedule` in a workspace with a small pack of its own, as cron runs it."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from filelock import FileLock
from yaml import safe_load

from opsanalytics.errors import BusyError, DatabaseError, NotebookError
from opsanalytics.packs.log import read_log
from opsanalytics.packs.schedule import MADE, SKIPPED, Memory, read_schedule
from opsanalytics.publish import scheduled
from opsanalytics.publish.deliver import DELIVERED, UNKNOWN
from opsanalytics.publish.scheduled import run_schedule, standing
from opsanalytics.settings import parse_settings
from opsanalytics.workspace import read_workspace, workspace_of

Run = Callable[..., Any]
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
NOW = datetime(2026, 11, 15, 6)

SETTINGS = """\
company: Acme
packs:
  tiny: {period: month, notebooks: [notebooks/tiny.ipynb]}
  other: {period: month, notebooks: [notebooks/other.ipynb]}
channels:
  here: {kind: directory, path: share}
  there: {kind: directory, path: nowhere}
schedule:
"""
MONTHLY = "  - {pack: tiny, when: FREQ=MONTHLY;BYMONTHDAY=1, deliver: [here]}\n"
FAILING = "  - {pack: other, when: FREQ=MONTHLY;BYMONTHDAY=2, deliver: [here]}\n"


def write_notebook(path: Path, code: str) -> None:
    path.parent.mkdir(exist_ok=True)
    cells = [nbformat.v4.new_markdown_cell("# Tiny"), nbformat.v4.new_code_cell('period: str = "this"', metadata={"tags": ["parameters"]}),
             nbformat.v4.new_code_cell(code)]  # fmt: skip
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


@pytest.fixture
def company(tmp_path: Path, write_incident: Callable[..., Path]) -> Path:
    write_incident(tmp_path)
    write_notebook(tmp_path / "notebooks" / "tiny.ipynb", "period")
    write_notebook(tmp_path / "notebooks" / "other.ipynb", "1 / 0")
    (tmp_path / "share").mkdir()
    schedule(tmp_path, MONTHLY)
    return tmp_path


def schedule(root: Path, *entries: str) -> None:
    (root / "ops.yml").write_text(SETTINGS + "".join(entries))


def run(root: Path, now: datetime = NOW) -> scheduled.Outcome:
    return run_schedule(read_workspace(root), now)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs that take no time: a folder with a manifest; a notebook that divides by zero fails."""

    def make(name: str, *, reports: Path, period: str, slot: dict[str, Any], **also: Any) -> Any:
        if "1 / 0" in (reports.parent / "notebooks" / f"{name}.ipynb").read_text():
            raise NotebookError(f"{name}, cell 3, line 1: ZeroDivisionError: division by zero")
        folder = reports / name / period
        folder.mkdir(parents=True, exist_ok=True)
        manifest = {"pack": name, "period": {"name": period}, "as_of": "2026-11-15", "git_commit": None, "files": {}, "slot": slot}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return SimpleNamespace(index=folder / "index.html")

    monkeypatch.setattr(scheduled, "make_pack", make)


def kinds(root: Path, *wanted: str) -> list[tuple[str, str]]:
    return [(each["kind"], each["id"]) for each in read_log(root / "reports").entries if not wanted or each["kind"] in wanted]


def made(root: Path) -> list[str]:
    return sorted(path.parent.relative_to(root / "reports").as_posix() for path in root.glob("reports/*/*/manifest.json"))


@pytest.mark.long
class TestRealPacks:
    def test_a_slot_is_made_and_sent_once(self, company: Path) -> None:
        first, second = run(company), run(company, NOW + timedelta(hours=1))
        assert (0, ["made tiny 2026-10, due 2026-11-01, 14 days late", "sent tiny/2026-11-01 to here"]) == (
            first.code, [line.partition(":")[0] for line in first.done])  # fmt: skip
        assert ([], 0) == (second.done, second.code)
        manifest = json.loads((company / "reports/tiny/2026-10/manifest.json").read_text())
        assert ("tiny/2026-11-01", "2026-11-01T00:00:00", "2026-11-15T06:00:00") == tuple(manifest["slot"][key] for key in ("id", "due_at", "at"))
        assert (company / "share/tiny/2026-10/manifest.json").is_file()
        assert [("tiny/2026-11-01")] == [about for kind, about in kinds(company, MADE)]

    def test_a_notebook_that_fails_stops_no_other_and_is_told(self, company: Path) -> None:
        schedule(company, FAILING, MONTHLY)
        outcome = run(company)
        assert (14, ["tiny/2026-10"]) == (outcome.code, made(company))
        told = (company / "share" / "failed-other-2026-11-02.txt").read_text()
        assert re.search(r"^other 2026-10, due 2026-11-02, 13 days late: other, cell 3.*ZeroDivisionError", told, re.MULTILINE)

    def test_it_runs_by_the_clock_of_the_machine(self, company: Path, opsanalytics: Run) -> None:
        schedule(company, MONTHLY.replace("FREQ=MONTHLY;BYMONTHDAY=1", "FREQ=DAILY"))
        ran = opsanalytics("schedule", "run", cwd=company)
        (slot,) = [about for _, about in kinds(company, MADE)]
        assert slot in {f"tiny/{(datetime.now(UTC) - timedelta(days=days)):%Y-%m-%d}" for days in (0, 1)}
        assert (0, ["made", "sent"]) == (ran.code, [line.split()[0] for line in ran.out.splitlines()])
        assert opsanalytics("schedule", "run").out == "nothing is owed\n"

    def test_a_report_is_sent_when_asked(self, company: Path, opsanalytics: Run) -> None:
        tried = opsanalytics("report", "tiny", "--period", "2026-10", "--deliver", "here", "--dry-run", cwd=company)
        assert (0, [], f"here would get:\na copy in {company / 'share'}") == (
            tried.code, [*(company / "share").iterdir()], "\n".join(tried.out.splitlines()[-2:]))  # fmt: skip
        sent = opsanalytics("report", "tiny", "--period", "2026-10", "--deliver", "here")
        assert (0, "sent to here") == (sent.code, sent.out.splitlines()[-1])
        assert (company / "share/tiny/2026-10/index.html").is_file()


@pytest.mark.usefixtures("quick")
class TestRun:
    def test_a_slot_is_made_and_sent_once(self, company: Path) -> None:
        outcome = run(company)
        assert ["made tiny 2026-10, due 2026-11-01, 14 days late", "sent tiny/2026-11-01 to here"] == [
            line.partition(":")[0] for line in outcome.done]  # fmt: skip
        assert [] == run(company, NOW + timedelta(hours=1)).done

    def test_a_run_that_only_failed_does_not_say_that_nothing_is_owed(self, company: Path, opsanalytics: Run) -> None:
        schedule(company, FAILING.replace("MONTHLY;BYMONTHDAY=2", "DAILY"))
        ran = opsanalytics("schedule", "run", cwd=company)
        assert (14, "", True) == (ran.code, ran.out, "opsanalytics: other " in ran.err)

    def test_a_month_that_was_missed_is_made_late_beside_the_next(self, company: Path) -> None:
        run(company, datetime(2026, 9, 1, 1))
        outcome = run(company)
        assert ["tiny 2026-09, due 2026-10-01, 45 days late", "tiny 2026-10, due 2026-11-01, 14 days late"] == [
            line.partition(":")[0].removeprefix("made ") for line in outcome.done[:2]]  # fmt: skip
        assert ["tiny/2026-08", "tiny/2026-09", "tiny/2026-10"] == made(company)

    def test_the_log_that_is_gone_is_written_anew_from_the_packs(self, company: Path) -> None:
        run(company)
        (company / "reports" / ".log.jsonl").unlink()
        outcome = run(company, NOW + timedelta(days=30))
        assert ["tiny 2026-11, due 2026-12-01, 14 days late"] == [
            line.partition(":")[0].removeprefix("made ") for line in outcome.done if line.startswith("made")]  # fmt: skip

    def test_a_failure_stops_no_other_and_is_told_once_and_made_up_for(self, company: Path) -> None:
        schedule(company, FAILING, MONTHLY)
        first, second = run(company), run(company, NOW + timedelta(hours=1))
        assert (14, ["tiny/2026-10"]) == (first.code, made(company))
        assert first.failed[0].startswith("other 2026-10, due 2026-11-02, 13 days late: other, cell 3")
        told = company / "share" / "failed-other-2026-11-02.txt"
        assert told.read_text().startswith("Acme: Other: not made\nother 2026-10")
        assert ([], 14) == (second.done, second.code)
        assert 1 == sum(about == "failed/other/2026-11-02" for _, about in kinds(company, DELIVERED))
        write_notebook(company / "notebooks" / "other.ipynb", "1")
        assert "made other 2026-10" in run(company, NOW + timedelta(hours=2)).done[0]

    def test_a_channel_that_fails_is_told_in_the_others_and_tried_again_for_a_week(self, company: Path) -> None:
        schedule(company, MONTHLY.replace("[here]", "[there, here]"))
        first = run(company)
        assert (17, True) == (first.code, first.failed[0].startswith("tiny/2026-11-01: there: "))
        assert "no such folder" in (company / "share" / "undelivered-tiny-2026-11-01-there.txt").read_text()
        assert 17 == run(company, NOW + timedelta(days=1)).code
        (company / "nowhere").mkdir()
        assert ["sent tiny/2026-11-01 to there"] == run(company, NOW + timedelta(days=2)).done
        assert [] == run(company, NOW + timedelta(days=3)).done

    def test_after_a_week_it_is_news_no_more(self, company: Path) -> None:
        schedule(company, MONTHLY.replace("here", "there"))
        assert (17, 0) == (run(company).code, run(company, NOW + timedelta(days=8)).code)

    def test_a_channel_without_settings_is_said_and_nothing_is_sent(self, company: Path) -> None:
        schedule(company, MONTHLY.replace("here", "slack"))
        outcome = run(company)
        assert (17, ["tiny/2026-11-01: ops.yml has no channel `slack`; there are here, there"]) == (outcome.code, outcome.failed)

    def test_a_message_cut_short_by_a_kill_is_not_sent_again(self, company: Path) -> None:
        run(company)
        log = company / "reports" / ".log.jsonl"
        log.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if '"delivered"' not in line))
        outcome = run(company)
        assert (17, True) == (outcome.code, "it may have arrived and is not sent again" in outcome.failed[0])
        assert [(UNKNOWN, "tiny/2026-11-01")] == kinds(company, UNKNOWN)
        assert 0 == run(company).code

    def test_rules_that_meet_make_one_pack_for_all_channels(self, company: Path) -> None:
        schedule(company, MONTHLY, "  - {pack: tiny, when: FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=1, deliver: [there, here]}\n")
        (company / "nowhere").mkdir()
        outcome = run(company)
        assert ["made", "sent", "sent"] == [line.split()[0] for line in outcome.done]

    def test_two_years_are_not_made_at_once(self, company: Path) -> None:
        schedule(company, MONTHLY.replace("deliver: [here]", "since: 2024-11-15"))
        outcome = run(company)
        assert ("12 packs of tiny, due 2024-12-01 to 2025-11-01", 13) == (outcome.done[0].partition(", are too")[0], len(outcome.done))
        assert "`opsanalytics report tiny --period 2024-11`" in outcome.done[0]
        assert (12, 12, []) == (len(kinds(company, MADE)), len(kinds(company, SKIPPED)), run(company).done)

    def test_a_load_that_fails_is_a_failure_of_every_pack(self, company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*asked: Any, **also: Any) -> None:
            raise DatabaseError("the disk is full")

        monkeypatch.setattr(scheduled, "load", fail)
        assert (11, True) == ((outcome := run(company)).code, outcome.failed[0].endswith("the disk is full"))
        assert [] == kinds(company, MADE)


def _run_in_process(root: Path, said: Any) -> None:
    try:
        said.put(run(root).done)
    except BusyError:
        said.put("busy")


@pytest.mark.usefixtures("quick")
class TestLock:
    def test_a_second_run_is_busy(self, company: Path, opsanalytics: Run) -> None:
        (company / "reports").mkdir()
        with FileLock(company / "reports" / ".schedule.lock"):
            ran = opsanalytics("schedule", "run", cwd=company)
        assert (12, True) == (ran.code, "another run of the schedule is at work" in ran.err)

    def test_a_load_at_work_is_waited_for_by_the_next_run(self, company: Path) -> None:
        (company / "data").mkdir()
        with FileLock(company / "data" / "ops.duckdb.lock"), pytest.raises(BusyError):
            run(company)
        assert ([], 0) == (kinds(company), run(company).code)

    @pytest.mark.long
    def test_two_at_once_make_one_pack(self, company: Path) -> None:
        context = multiprocessing.get_context("spawn")
        said = context.Queue()
        both = [context.Process(target=_run_in_process, args=(company, said)) for _ in range(2)]
        for each in both:
            each.start()
        heard = [said.get(timeout=120) for _ in both]
        for each in both:
            each.join()
        assert ["tiny/2026-10"] == made(company)
        assert 1 == len(kinds(company, MADE)) == sum(isinstance(each, list) and len(each) == 2 for each in heard)
        assert 1 == len(kinds(company, DELIVERED))


@pytest.mark.usefixtures("quick")
class TestList:
    def test_what_was_made_is_owed_and_comes(self, company: Path, opsanalytics: Run) -> None:
        schedule(company, MONTHLY, "  - {pack: monthly-retro, when: FREQ=WEEKLY;BYDAY=MO, since: 2026-11-01}\n")
        run(company, datetime(2026, 11, 1))
        tiny, retro = standing(read_workspace(company), NOW)
        assert ("2026-11-01", [], "2026-12-01") == (tiny["last"], tiny["owed"], tiny["next"])
        assert (None, ["2026-11-02", "2026-11-09"], "2026-11-16") == (retro["last"], retro["owed"], retro["next"])
        ran = opsanalytics("schedule", "list", cwd=company)
        assert (0, ["pack", "when", "last", "owed", "next", "deliver"]) == (ran.code, ran.out.splitlines()[0].split())
        assert ["tiny", "monthly-retro"] == [each["pack"] for each in json.loads(opsanalytics("schedule", "list", "--json").out)]

    def test_nothing_is_scheduled(self, tmp_path: Path, opsanalytics: Run) -> None:
        assert "nothing is scheduled" in opsanalytics("schedule", "list", cwd=tmp_path).out
        assert (0, "nothing is owed\n") == ((ran := opsanalytics("schedule", "run", cwd=tmp_path)).code, ran.out)
        assert [] == [*tmp_path.iterdir()]


class TestCommand:
    def test_a_dry_run_does_nothing(self, company: Path, opsanalytics: Run) -> None:
        schedule(company, MONTHLY.replace("[here]", "[there, here]"))
        ran = opsanalytics("schedule", "run", "--dry-run", cwd=company)
        assert re.fullmatch(r"would make tiny \d{4}-\d\d, due \d{4}-\d\d-01(, \d+ days? late)? and send it to there, here\n", ran.out)
        assert (17, True) == (ran.code, "there: " in ran.err and "no such folder" in ran.err)
        assert not (company / "reports").exists()

    def test_a_report_for_a_channel_that_is_none_is_refused_before_it_is_made(self, company: Path, opsanalytics: Run) -> None:
        ran = opsanalytics("report", "tiny", "--deliver", "fax", cwd=company)
        assert (2, True) == (ran.code, "no channel `fax`; there are here" in ran.err)
        assert not (company / "reports").exists()


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


class TestHowTo:
    @pytest.mark.parametrize("page", ["schedule-reports.md", "deliver-reports.md"])
    def test_its_settings_are_taken(self, page: str, tmp_path: Path) -> None:
        text = blocks(page, "yaml")[0].encode()
        settings, _ = parse_settings(text)
        assert len(settings.schedule) >= 1 <= len(settings.channels)
        assert all(each.work(NOW, Memory()) for each in read_schedule(workspace_of(tmp_path, text)))

    def test_its_workflow_fetches_the_history_and_keeps_the_log(self) -> None:
        workflow = safe_load(blocks("schedule-reports.md", "yaml")[1])
        (job,) = workflow["jobs"].values()
        checkout, *_ = job["steps"]
        saved = [step["with"]["path"] for step in job["steps"] if "cache" in step.get("uses", "")]
        assert (0, ["reports/.log.jsonl"] * 2, "reports") == (checkout["with"]["fetch-depth"], saved, workflow["concurrency"])
        assert "opsanalytics schedule run" in [step.get("run") for step in job["steps"]]

    @pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
    def test_its_units_are_units(self, tmp_path: Path) -> None:
        service, timer = blocks("schedule-reports.md", "ini")
        (tmp_path / "opsanalytics.service").write_text(service)
        (tmp_path / "opsanalytics.timer").write_text(timer)
        units = [tmp_path / "opsanalytics.service", tmp_path / "opsanalytics.timer"]
        said = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
        assert (0, "") == (said.returncode, said.stderr)

    @pytest.mark.parametrize(("code", "printed"), [(0, ""), (14, "it failed\n")])
    def test_its_line_for_cron_prints_what_failed(self, tmp_path: Path, code: int, printed: str) -> None:
        """As cron runs it: by sh, in an environment of its own. git and the command are stood in for."""
        line = blocks("schedule-reports.md", "sh")[-1].splitlines()[-1]
        for name, does in (("git", "exit 0"), ("opsanalytics", f"echo it failed >&2; exit {code}")):
            (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
            (tmp_path / name).chmod(0o755)
        command = line.split(maxsplit=5)[5].replace("/srv/record", str(tmp_path))
        ran = subprocess.run(["sh", "-c", command], env={"PATH": f"{tmp_path}{os.pathsep}/bin"}, capture_output=True, text=True, check=False)
        assert (0, printed, "") == (ran.returncode, ran.stdout, ran.stderr)
