"""`opsanalytics alerts` over workspaces of files, as a person and a schedule run it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from yaml import safe_load

from opsanalytics.settings import parse_settings

Run = Callable[..., object]
ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs" / "how-to" / "alert-from-the-record.md").read_text(encoding="utf-8")
MONDAY = date(2026, 9, 7)
AS_OF = "2026-09-15"  # the Tuesday after the week of that Monday
WEEK = "2026-W37"
HOSTILE = "\x1b[2J\x1b]0;owned\x07 =cmd|' /c calc'!A1 \x9b31m \u202egnp.exe"


def write_weeks(root: Path, write_incident: Callable[..., Path], counts: list[int], **fields: object) -> None:
    """So many incidents in each week, the last beginning on MONDAY, one a day at most twice."""
    for weeks_ago, count in enumerate(reversed(counts)):
        for number in range(count):
            on = MONDAY - timedelta(weeks=weeks_ago) + timedelta(number % 7)
            said = {"start": f"{on} 09:00", "follow_ups": "", **fields}
            write_incident(root, f"INC-{on:%Y%m%d}-{number:02}", **said)


@pytest.fixture
def quiet(tmp_path: Path, write_incident: Callable[..., Path]) -> Path:
    """Two or four incidents a week for a year."""
    write_weeks(tmp_path, write_incident, [2, 4] * 26)
    return tmp_path


@pytest.fixture
def owing(tmp_path: Path, write_incident: Callable[..., Path]) -> Path:
    """A SEV-1 with a promise that is due on 18 September."""
    write_incident(tmp_path, severity="SEV-1")
    return tmp_path


def alerts(opsanalytics: Run, root: Path, *arguments: str, as_of: str = AS_OF) -> object:
    """As the record stood at the end of that day."""
    assert opsanalytics("load", "--as-of", as_of, cwd=root).code == 0
    return opsanalytics("alerts", "--no-load", *arguments)


def causes(ran: object) -> list[str]:
    return [each["cause"] for each in json.loads(ran.out)["alerts"]]


class TestWeeks:
    def test_a_tripled_week_is_raised(self, opsanalytics: Run, tmp_path: Path, write_incident: Callable[..., Path]) -> None:
        """Five a week are usual, and fifteen came."""
        write_weeks(tmp_path, write_incident, [*[4, 6] * 26, 15])
        ran = alerts(opsanalytics, tmp_path, "--json")
        first, *others = json.loads(ran.out)["alerts"]
        assert (ran.code, first["cause"], first["value"]) == (1, f"surprising-week/incidents/{WEEK}", 15)
        assert first["n"] == 260 + 15
        assert first["places"][0] == "ops/incidents/INC-20260907-00.md:1"
        assert len(first["places"]) == 15
        assert [each["cause"] for each in others] == [f"surprising-week/SEV-2/{WEEK}", f"surprising-week/service checkout/{WEEK}"]
        false_alarms = first["false_alarms_a_year"]
        assert 0 < false_alarms["low"] <= false_alarms["value"] <= false_alarms["high"] == pytest.approx(1)
        assert "INC-20260908-08.md:1 and 10 more\n" in opsanalytics("alerts", "--no-load", "--all").out

    def test_a_week_like_the_others_is_not(self, opsanalytics: Run, quiet: Path) -> None:
        ran = alerts(opsanalytics, quiet)
        assert (ran.code, ran.out.splitlines()[0]) == (0, "no new alert")
        assert "looked at: 5 weekly counts" in ran.out  # all, by severity, and one service

    def test_too_little_history_is_one_line(self, opsanalytics: Run, tmp_path: Path, write_incident: Callable[..., Path]) -> None:
        write_weeks(tmp_path, write_incident, [1, 1, 1, 12])
        ran = alerts(opsanalytics, tmp_path, "--json")
        said = json.loads(ran.out)
        assert (ran.code, said["alerts"]) == (0, [])
        assert {"rule": "surprising-week", "subject": "incidents", "why": "3 of the 26 weeks of history that it takes"} in said["not_judged"]
        text = opsanalytics("alerts", "--no-load", cwd=tmp_path).out.splitlines()
        assert len(text) == 3
        assert text[2].startswith("not judged: promise-overdue of SEV-1: no promise of SEV-1 is on record; ")


class TestPromises:
    def test_it_is_raised_once_and_shown_with_all(self, opsanalytics: Run, owing: Path) -> None:
        assert alerts(opsanalytics, owing, as_of="2026-09-18").code == 0
        ran = alerts(opsanalytics, owing, as_of="2026-09-21")
        assert (ran.code, "1 alert" in ran.out.splitlines()) == (1, True)
        assert "  a SEV-1 promise is 3 days overdue, for 2026-09-18: Alert on slow checkout\n    1 promise, 2026-09-04 to 2026-09-21;" in ran.out
        assert re.search(r"; cause promise-overdue/INC-20260904-01#1\n    ops/incidents/INC-20260904-01\.md:\d+\n", ran.out)
        assert "false alarms expected: none, it is a fact of the record" in ran.out
        again = opsanalytics("alerts", "--no-load")
        assert (again.code, again.out.splitlines()[0]) == (0, "no new alert; 1 alert raised before: --all shows them")
        whole = opsanalytics("alerts", "--no-load", "--all")
        assert whole.code == 1
        assert re.search(r"cause promise-overdue/INC-20260904-01#1, raised at 20\d\d-\S+ UTC", whole.out)

    def test_it_is_raised_anew_when_it_had_been_kept(self, opsanalytics: Run, owing: Path) -> None:
        path = owing / "ops/incidents/INC-20260904-01.md"
        owed = path.read_text(encoding="utf-8")
        found = []
        for text in (owed, owed, owed.replace("- [ ]", "- [x]"), owed, owed):
            path.write_text(text, encoding="utf-8")
            found.append(len(causes(alerts(opsanalytics, owing, "--json", as_of="2026-09-21"))))
        assert found == [1, 0, 0, 1, 0]

    def test_a_file_that_cannot_be_read_for_a_while_ends_nothing(self, opsanalytics: Run, owing: Path) -> None:
        path = owing / "ops/incidents/INC-20260904-01.md"
        owed, found = path.read_bytes(), []
        for text in (owed, b"---\na: [\n---\n", owed):
            path.write_bytes(text)
            found.append(len(causes(alerts(opsanalytics, owing, "--json", as_of="2026-09-21"))))
        assert found == [1, 0, 0]

    def test_a_dry_run_writes_nothing(self, opsanalytics: Run, owing: Path) -> None:
        for _ in range(2):
            assert causes(alerts(opsanalytics, owing, "--dry-run", "--json", as_of="2026-09-21")) == ["promise-overdue/INC-20260904-01#1"]
        assert not (owing / "reports").exists()

    def test_the_policy_names_whose_promises(self, opsanalytics: Run, owing: Path) -> None:
        (owing / "ops.yml").write_text("policies: {alerts: {severities: [SEV-2]}}\n", encoding="utf-8")
        assert alerts(opsanalytics, owing, as_of="2026-09-21").code == 0

    def test_hostile_text_is_harmless(self, opsanalytics: Run, tmp_path: Path, write_incident: Callable[..., Path]) -> None:
        write_incident(tmp_path, severity="SEV-1", title=HOSTILE, follow_ups=f"- [ ] {HOSTILE} — Ana — 2026-09-10")
        ran = alerts(opsanalytics, tmp_path)
        assert (ran.code, "=cmd" in ran.out) == (1, True)
        assert all(char.isprintable() for char in ran.out.replace("\n", ""))


class TestCommand:
    def test_the_json_is_documented(self, opsanalytics: Run, owing: Path) -> None:
        said = json.loads(alerts(opsanalytics, owing, "--json", as_of="2026-09-21").out)
        assert list(said) == ["as_of", "alerts", "not_judged", "looked_at"]
        (found,) = said["alerts"]
        assert list(found) == [
            "rule", "definition", "cause", "found", "value", "threshold", "unit", "n", "counted", "since", "until", "places",
            "false_alarms_a_year", "false_alarms", "note", "raised_before_at",
        ]  # fmt: skip
        assert (found["since"], found["until"], found["raised_before_at"]) == ("2026-09-04", "2026-09-21", None)
        assert found["false_alarms_a_year"] == {"value": 0, "low": 0, "high": 0}
        assert all(list(each) == ["rule", "subject", "why"] for each in said["not_judged"])
        assert {name for name in found if f"`{name}`" not in HOW_TO} == set()

    def test_it_loads_first(self, opsanalytics: Run, tmp_path: Path, write_incident: Callable[..., Path]) -> None:
        write_incident(tmp_path, severity="SEV-1", start="2025-01-02 09:00", follow_ups="- [ ] Mend it — Ana — 2025-01-09")
        assert causes(opsanalytics("alerts", "--json", cwd=tmp_path)) == ["promise-overdue/INC-20260904-01#1"]

    def test_a_database_from_elsewhere_is_logged_here(self, opsanalytics: Run, owing: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        alerts(opsanalytics, owing, "--dry-run", as_of="2026-09-21")
        here = tmp_path_factory.mktemp("here")
        assert opsanalytics("alerts", "--database", owing / "data/ops.duckdb", cwd=here).code == 1
        assert (here / "reports" / ".log.jsonl").is_file()
        assert opsanalytics("alerts", "--database", owing / "data/ops.duckdb", cwd=here).code == 0

    def test_an_empty_folder_needs_nobody(self, opsanalytics: Run, tmp_path: Path) -> None:
        ran = opsanalytics("alerts", cwd=tmp_path)
        assert (ran.code, ran.out.splitlines()[:2]) == (0, ["no new alert", "looked at: nothing"])

    def test_a_line_of_the_log_that_was_cut_short_is_said(self, opsanalytics: Run, owing: Path) -> None:
        alerts(opsanalytics, owing, as_of="2026-09-21")
        log = owing / "reports" / ".log.jsonl"
        log.write_bytes(log.read_bytes()[:-30])
        ran = opsanalytics("alerts", "--no-load", "--json")
        assert (ran.code, f"{log}:1: cannot be read" in ran.err) == (1, True)
        assert opsanalytics("alerts", "--no-load").code == 0

    @pytest.mark.long
    def test_two_at_once_raise_each_alert_once(self, opsanalytics: Run, tmp_path: Path, write_incident: Callable[..., Path]) -> None:
        promises = "\n".join(f"- [ ] Mend part {number} — Ana — 2026-09-10" for number in range(40))
        write_incident(tmp_path, severity="SEV-1", follow_ups=promises)
        opsanalytics("load", "--as-of", AS_OF, cwd=tmp_path)
        command = [sys.executable, "-m", "opsanalytics", "alerts", "--no-load", "--json"]
        runs = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        raised = [each["cause"] for run in runs for each in json.loads(run.communicate()[0])["alerts"]]
        assert sorted(raised) == sorted(f"promise-overdue/INC-20260904-01#{number}" for number in range(1, 41))


class TestHowTo:
    def test_its_settings_are_accepted_and_are_the_defaults(self) -> None:
        (block,) = re.findall(r"```yaml\n(policies:.*?)```", HOW_TO, re.DOTALL)
        settings, _ = parse_settings(block.encode())
        assert settings.policies.alerts.model_dump() == {"severities": ["SEV-1"], "false_alarms_a_year": 1}

    def test_its_commands_run(self, opsanalytics: Run, owing: Path) -> None:
        commands = re.findall(r"^\s*(?:- run: )?opsanalytics (alerts.*?)(?: #.*)?$", HOW_TO, re.MULTILINE)
        assert len(commands) >= 3
        for command in commands:
            assert opsanalytics(*shlex.split(command), cwd=owing).code in {0, 1}

    def test_its_workflow_keeps_the_log(self) -> None:
        (workflow,) = (safe_load(block) for block in re.findall(r"```yaml\n(name:.*?)```", HOW_TO, re.DOTALL))
        steps = workflow["jobs"]["alerts"]["steps"]
        assert steps[0]["with"]["fetch-depth"] == 0
        restored, saved = (step for step in steps if "cache" in step.get("uses", ""))
        assert restored["with"]["path"] == saved["with"]["path"] == "reports/.log.jsonl"
        assert (restored["with"]["key"], saved["if"]) == (saved["with"]["key"], "always()")
