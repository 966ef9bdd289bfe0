"""The record linter as CI, a pre-commit hook and a person run it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from yaml import safe_load

from opsanalytics.errors import WorkspaceError
from opsanalytics.findings import RULES
from opsanalytics.warehouse.build import loading
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

Run = Callable[..., object]
ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs" / "how-to" / "check-in-ci.md").read_text(encoding="utf-8")
FAULTY = """\
# Ovens lose their recipes

Incident ID: INC-20260304-01
Start Time (UTC): 2026-03-04 09:40
Resolved: 2026-03-04 09:12 UTC
Severity: SEV-3

## Follow-ups

- [ ] Keep three nights of recipes

## Root Cause

Human error.
"""


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "record" / "ops" / "incidents" / "INC-20260304-01.md"
    path.parent.mkdir(parents=True)
    path.write_text(FAULTY, encoding="utf-8")
    return tmp_path / "record"


def codes(ran: object) -> list[str]:
    return [each["code"] for each in json.loads(ran.out)]


class TestChoice:
    def test_style_is_shown_only_when_it_is_asked_for(self, opsanalytics: Run, faulty: Path) -> None:
        ran = opsanalytics("check", faulty, "--format", "json")
        assert (1, ["OPS131", "OPS112", "OPS132", "OPS133"]) == (ran.code, codes(ran))
        assert codes(opsanalytics("check", faulty, "--format", "json", "--select", "OPS171")) == ["OPS171"]

    def test_codes_come_one_by_one_in_a_list_or_by_their_beginning(self, opsanalytics: Run, faulty: Path) -> None:
        for arguments in (("--select", "OPS112,ops132"), ("--select", "OPS112", "--select", "OPS132"),
                          ("--ignore", "OPS131, OPS133"), ("--select", "OPS1", "--ignore", "OPS131,OPS133,OPS17"),
                          ("--ignore", "OPS13", "--select", "OPS11,OPS132")):  # fmt: skip
            assert codes(opsanalytics("check", faulty, "--format", "json", *arguments)) == ["OPS112", "OPS132"]

    def test_only_an_error_that_is_shown_fails(self, opsanalytics: Run, faulty: Path) -> None:
        ran = opsanalytics("check", faulty, "--ignore", "OPS112")
        assert (0, "3 warnings") == (ran.code, ran.out.splitlines()[-1])
        assert opsanalytics("check", faulty, "--select", "OPS132").code == 0
        assert opsanalytics("check", faulty, "--select", "OPS112").code == 1

    def test_a_code_that_is_none_is_wrong_usage(self, opsanalytics: Run, faulty: Path) -> None:
        ran = opsanalytics("check", faulty, "--select", "OPS999")
        assert (2, True) == (ran.code, "`OPS999` is no code" in ran.err)

    def test_a_comment_accepts_what_its_file_has(self, opsanalytics: Run, faulty: Path) -> None:
        path = faulty / "ops/incidents/INC-20260304-01.md"
        path.write_text(FAULTY + "\n<!-- opsanalytics: ignore OPS112, OPS132 OPS121: an old one -->\n", encoding="utf-8")
        ran = opsanalytics("check", faulty, "--format", "json")
        assert (0, ["OPS131", "OPS133", "OPS107"]) == (ran.code, codes(ran))
        assert "ignores OPS121, which finds nothing here" in ran.out

    def test_a_comment_in_ops_yml_accepts_what_is_found_there(self, opsanalytics: Run, faulty: Path) -> None:
        (faulty / "ops.yml").write_text("channels: {slack: {kind: slack, url_from: OPS_SLACK_URL}}  # opsanalytics: ignore OPS104\n", encoding="utf-8")
        assert "OPS104" not in opsanalytics("check", faulty).out

    def test_a_file_that_cannot_be_read_cannot_accept_it(self, opsanalytics: Run, faulty: Path) -> None:
        (faulty / "ops/incidents/broken.md").write_text("---\na: [\n---\n<!-- opsanalytics: ignore OPS101 -->\n", encoding="utf-8")
        ran = opsanalytics("check", faulty, "--select", "OPS101,OPS107", "--format", "json")
        assert (1, ["OPS101", "OPS107"]) == (ran.code, codes(ran))

    def test_a_link_is_looked_up_again_when_only_its_file_changed(self, opsanalytics: Run, faulty: Path) -> None:
        target, path = faulty / "graph.svg", faulty / "ops/incidents/INC-20260304-01.md"
        path.write_text(f"{FAULTY}\n![Graph](../../graph.svg)\n", encoding="utf-8")
        target.write_text("<svg/>", encoding="utf-8")
        assert opsanalytics("check", faulty, "--select", "OPS161").out == "nothing found\n"
        target.unlink()
        assert "16:10 OPS161" in opsanalytics("check", faulty, "--select", "OPS161").out


class TestGate:
    """Findings of an earlier state pass for those of today."""

    @pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
    def test_settings_that_cannot_be_used_fail_it(self, opsanalytics: Run, faulty: Path, form: str) -> None:
        opsanalytics("load", faulty)
        (faulty / "ops.yml").write_text("zone: Europe/Pariss\n", encoding="utf-8")
        ran = opsanalytics("check", faulty, "--format", form)
        assert (ran.code, ran.out) == (WorkspaceError.exit_code, "")
        assert ran.err.startswith("opsanalytics: ops.yml:1:7 zone: no zone is named `Europe/Pariss`")
        assert "tables that stand" not in ran.err

    def test_a_load_that_runs_does_not(self, opsanalytics: Run, faulty: Path) -> None:
        database = load(read_workspace(faulty)).database
        with loading(database, own_folder=True):
            ran = opsanalytics("check", faulty, "--format", "json")
        assert (ran.code, codes(ran)) == (1, ["OPS131", "OPS112", "OPS132", "OPS133"])
        assert "using the tables that stand" in ran.err


class TestFormats:
    def test_sarif_has_the_structure_of_2_1_0(self, opsanalytics: Run, faulty: Path) -> None:
        ran = opsanalytics("check", faulty, "--format", "sarif")
        log = json.loads(ran.out)
        assert (1, "2.1.0", 1) == (ran.code, log["version"], len(log["runs"]))
        (run,) = log["runs"]
        driver = run["tool"]["driver"]
        assert (driver["name"], run["columnKind"]) == ("opsanalytics", "unicodeCodePoints")
        assert [rule["id"] for rule in driver["rules"]] == sorted({result["ruleId"] for result in run["results"]})
        assert {rule["defaultConfiguration"]["level"] for rule in driver["rules"]} <= {"error", "warning", "note"}
        assert all(rule["helpUri"].endswith(f"/docs/reference/findings/{rule['id']}.md") for rule in driver["rules"])
        assert len(run["results"]) == 4
        for result in run["results"]:
            assert set(result) == {"ruleId", "level", "message", "locations"}
            assert result["message"]["text"]
            (location,) = result["locations"]
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uri"] == "ops/incidents/INC-20260304-01.md"
            assert min(place["region"]["startLine"], place["region"]["startColumn"]) >= 1

    def test_sarif_of_a_clean_record_has_no_results(self, opsanalytics: Run, example: Path) -> None:
        ran = opsanalytics("check", example, "--format", "sarif")
        assert (0, []) == (ran.code, json.loads(ran.out)["runs"][0]["results"])

    def test_github_annotates_a_line_each(self, opsanalytics: Run, faulty: Path) -> None:
        ran = opsanalytics("check", faulty, "--format", "github", "--select", "OPS112,OPS131")
        place = "file=ops/incidents/INC-20260304-01.md"
        lines = (f"::warning {place},line=1,col=1,title=OPS131::no section for impact and timeline; write it, or say that there is none\n"
                 f"::error {place},line=5,col=11,title=OPS112::resolved 09:12 is before started 09:40; check the date or write the zone\n")  # fmt: skip
        assert (1, lines) == (ran.code, ran.out)

    def test_text_of_the_record_gives_no_command_to_the_workflow(self, opsanalytics: Run, faulty: Path) -> None:
        path = faulty / "ops/incidents/a,b:c%.md"
        path.write_text('---\nstatus: "x%\\n::error::y"\n---\n# Z\n', encoding="utf-8")
        lines = opsanalytics("check", faulty, "--format", "github", "--select", "OPS12").out.splitlines()
        assert all(re.match(r"::(error|warning|notice) file=[^,:]+,line=\d+,col=\d+,title=OPS\d{3}::", line) for line in lines)
        assert "file=ops/incidents/a%2Cb%3Ac%25.md," in lines[0]

    def test_machines_get_paths_from_where_they_stand(self, opsanalytics: Run, faulty: Path) -> None:
        ran = opsanalytics("check", "record", "--format", "github", "--select", "OPS112", cwd=faulty.parent)
        assert ran.out.startswith("::error file=record/ops/incidents/INC-20260304-01.md,")
        assert opsanalytics("check", "record", "--select", "OPS112").out.startswith("ops/incidents/")


class TestPublishedConfigurations:
    def test_the_hook_runs_on_the_example(self, example: Path) -> None:
        (hook,) = safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
        assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("opsanalytics-check", "python", False)
        command = [str(Path(sys.executable).parent / shlex.split(hook["entry"])[0]), *shlex.split(hook["entry"])[1:]]
        done = subprocess.run(command, cwd=example, capture_output=True, text=True, check=False)
        assert (0, "nothing found\n") == (done.returncode, done.stdout)

    def test_the_how_to_parses_and_its_commands_are_this_program_s(self, opsanalytics: Run, example: Path) -> None:
        workflow, config = (safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL))
        steps = workflow["jobs"]["check"]["steps"]
        assert steps[0]["with"]["fetch-depth"] == 0
        (command,) = (step["run"] for step in steps if step.get("run", "").startswith("opsanalytics"))
        words = shlex.split(command)
        assert words[-2:] == [">", steps[-1]["with"]["sarif_file"]]
        assert json.loads(opsanalytics(*words[1:-2], cwd=example).out)["version"] == "2.1.0"
        assert config["repos"][0]["hooks"] == [{"id": "opsanalytics-check"}]

    def test_every_code_that_the_how_to_names_exists(self) -> None:
        assert set(re.findall(r"OPS\d{3}", HOW_TO)) <= set(RULES)

    def test_every_rule_has_a_page_and_says_why(self) -> None:
        pages = {path.stem for path in (ROOT / "docs" / "reference" / "findings").glob("*.md")}
        assert pages == set(RULES)
        assert all(rule.why.endswith((".", "`.")) and rule.remedy for rule in RULES.values())


def test_a_rule_of_the_whole_record_sees_the_files_of_a_commit(opsanalytics: Run, faulty: Path) -> None:
    """A link to a file that the commit has, though the working tree has lost it."""
    path = faulty / "ops/incidents/INC-20260304-01.md"
    path.write_text(f"{FAULTY}\n![Graph](graph.svg)\n![Other](other.svg)\n", encoding="utf-8")
    (path.parent / "graph.svg").write_text("<svg/>", encoding="utf-8")
    said = ["-c", "user.name=Ilse", "-c", "user.email=ilse@example.org"]
    for arguments in (["init", "--quiet"], ["add", "."], [*said, "commit", "--quiet", "-m", "The record"]):
        subprocess.run(["git", *arguments], cwd=faulty, check=True)
    (path.parent / "graph.svg").unlink()
    opsanalytics("load", faulty, "--as-of", "HEAD", "--database", faulty / "then.duckdb")
    ran = opsanalytics("check", "--database", faulty / "then.duckdb", "--select", "OPS161", "--format", "json")
    assert [each["message"] for each in json.loads(ran.out)] == ["there is no file `ops/incidents/other.svg`"]
