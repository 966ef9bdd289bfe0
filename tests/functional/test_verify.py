"""A pack is made again from its manifest, whatever has been committed since, and on whatever machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from opsanalytics.packs.verify import differences

SETTINGS = """company: Acme
zone: Europe/Paris
packs:
  mine: {period: quarter, notebooks: [notebooks/mine.ipynb, mttr_definitions]}
"""
CELL = """import opsanalytics as ops
from opsanalytics.figures import Number

minutes = ops.sql("select time_to_resolve_minutes from incident_facts where is_counted")["time_to_resolve_minutes"]
ops.show.answer(["How long it took."], numbers=[Number("minutes", float(minutes.mean()), "minutes", n=len(minutes))])"""
Run = Callable[..., Any]


def git(root: Path, *arguments: str) -> str:
    at = "2026-09-10T12:00:00+00:00"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
    who = ("-c", "user.name=Ana", "-c", "user.email=ana@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def commit(root: Path) -> str:
    git(root, "add", "--all")
    git(root, "commit", "-qm", "record")
    return git(root, "rev-parse", "HEAD")


def write_notebook(root: Path, cell: str) -> None:
    parameters = nbformat.v4.new_code_cell('period: str = "this"', metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    (root / "notebooks").mkdir(exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[parameters, nbformat.v4.new_code_cell(cell)], metadata=kernel), root / "notebooks" / "mine.ipynb")


def made_elsewhere(root: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "opsanalytics", *arguments], cwd=root, env={**os.environ, **environment},
                          capture_output=True, text=True, check=False)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in git with a pack of all that is committed: 20, 40 and 60 minutes."""
    root = tmp_path_factory.mktemp("made") / "acme"
    root.mkdir()
    (root / "ops.yml").write_text(SETTINGS, encoding="utf-8")
    (root / ".gitignore").write_text("reports/\ndata/\n", encoding="utf-8")
    write_notebook(root, CELL)
    for number in (1, 2, 3):
        write_incident(root, number, minutes=20 * number)
    git(root, "init", "-q", "-b", "main")
    commit(root)
    done = made_elsewhere(root, "report", "mine", "--period", "2026-Q3")
    assert done.returncode == 0, done.stderr
    return root


def write_incident(root: Path, number: int, minutes: int) -> None:
    path = root / "ops" / "incidents" / f"INC-2026090{number}-01.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# Slow\n\nIncident ID: {path.stem}\nStart Time (UTC): 2026-09-0{number} 09:00\nSeverity: SEV-2\n"
                    f"Resolved: 2026-09-0{number} {9 + minutes // 60:02}:{minutes % 60:02} UTC\n", encoding="utf-8")  # fmt: skip


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "acme"))


@pytest.fixture
def pack(root: Path) -> Path:
    return root / "reports" / "mine" / "2026-Q3"


def numbers(pack: Path) -> dict[str, Any]:
    return {number["id"]: number for number in json.loads((pack / "numbers.json").read_text())}


NUMBER = {"id": "a.count", "value": 4, "low": 1.5, "high": 9.0, "unit": "incidents", "n": 4, "verdict": None}


class TestDifferences:
    def test_of_equal_numbers_there_are_none(self):
        assert list(differences({"a.count": NUMBER}, {"a.count": dict(NUMBER)})) == []

    def test_what_is_otherwise_is_said_and_nothing_else(self):
        now = NUMBER | {"value": 5, "verdict": "worse"}
        assert list(differences({"a.count": NUMBER}, {"a.count": now})) == [
            {"id": "a.count", "then": "value 4, verdict null", "now": 'value 5, verdict "worse"'}]  # fmt: skip

    def test_null_is_not_zero(self):
        (found,) = differences({"a.count": NUMBER | {"value": None}}, {"a.count": NUMBER | {"value": 0}})
        assert (found["then"], found["now"]) == ("value null", "value 0")

    def test_a_number_that_is_new_or_gone(self):
        whole = 'value 4, low 1.5, high 9.0, unit "incidents", n 4, verdict null'
        assert list(differences({"a.count": NUMBER}, {"b.count": NUMBER | {"id": "b.count"}})) == [
            {"id": "a.count", "then": whole, "now": "not stated"}, {"id": "b.count", "then": "not stated", "now": whole}]  # fmt: skip


class TestTheSameRecord:
    def test_the_numbers_are_those_of_the_record(self, pack: Path) -> None:
        assert numbers(pack)["mine.minutes"] | {"low": None, "high": None, "verdict": None} == {
            "id": "mine.minutes", "value": 40.0, "low": None, "high": None, "unit": "minutes", "n": 3, "verdict": None}  # fmt: skip

    def test_what_came_since_does_not_count(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        """Neither what was committed nor what lies about; the tables that stand are not touched."""
        write_incident(root, 4, minutes=50)
        commit(root)
        write_incident(root, 5, minutes=50)
        before = (root / "data" / "ops.duckdb").read_bytes()
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, ran.out, ran.err) == (0, f"{len(numbers(pack))} numbers, all equal\n", "")
        assert (root / "data" / "ops.duckdb").read_bytes() == before

    @pytest.mark.long
    def test_settings_are_those_of_the_commit(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        (root / "ops.yml").write_text(SETTINGS.replace("Europe/Paris", "Asia/Tokyo"), encoding="utf-8")
        assert opsanalytics("verify", pack, cwd=root).code == 0

    @pytest.mark.long
    def test_a_pack_as_of_a_commit_too(self, opsanalytics: Run, root: Path) -> None:
        write_incident(root, 4, minutes=50)
        commit(root)
        assert opsanalytics("report", "mine", "--period", "2026-Q3", "--as-of", "HEAD~1", "--output", root / "then", cwd=root).code == 0
        assert opsanalytics("verify", "then", cwd=root).code == 0


class TestWhatDiffers:
    def test_a_number_that_somebody_changed(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        stated = [number | ({"value": 30.0} if number["id"] == "mine.minutes" else {}) for number in numbers(pack).values()]
        (pack / "numbers.json").write_text(json.dumps(stated))
        ran = opsanalytics("verify", pack, cwd=root)
        assert ran.code == 1
        said = [line.split() for line in ran.out.splitlines()]
        assert ran.out.splitlines()[0] == "numbers.json is not as it was made"
        assert ["mine.minutes", "value", "30.0", "value", "40.0"] in said
        assert said[-1] == [str(len(numbers(pack))), "numbers,", "1", "not", "as", "they", "were"]

    @pytest.mark.long
    def test_a_page_that_somebody_changed(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        (pack / "index.html").write_text("all is well")
        (pack / "mttr_definitions.html").unlink()
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, ran.out.splitlines()) == (1, [
            "index.html is not as it was made", "mttr_definitions.html is not as it was made",
            f"{len(numbers(pack))} numbers, all equal"])  # fmt: skip

    @pytest.mark.long
    @pytest.mark.parametrize("change", ["a record", "the settings"])
    def test_a_pack_of_files_that_were_not_committed(self, opsanalytics: Run, root: Path, pack: Path, change: str) -> None:
        if change == "a record":
            write_incident(root, 4, minutes=80)  # (20 + 40 + 60 + 80) / 4 = 50
        else:
            (root / "ops.yml").write_text(SETTINGS + "fiscal_year_start: 1\n")
        assert opsanalytics("report", "mine", "--period", "2026-Q3", cwd=root).code == 0
        head = git(root, "rev-parse", "HEAD")
        ran = opsanalytics("verify", pack, cwd=root)
        assert ran.out.splitlines()[0] == f"made of files that were not all in commit {head[:10]}, and again of those that are in it"
        if change == "a record":
            assert ran.code == 1
            assert ["mine.minutes", "value", "50.0,", "n", "4", "value", "40.0,", "n", "3"] in [line.split() for line in ran.out.splitlines()]

    @pytest.mark.long
    def test_another_program_is_named_first(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        manifest = json.loads((pack / "manifest.json").read_text())
        manifest |= {"tool_version": "0.0.9", "metrics": manifest["metrics"] | {"time_to_restore": 1, "time_to_smile": 1}}
        (pack / "manifest.json").write_text(json.dumps(manifest))
        said = opsanalytics("verify", pack, cwd=root).out.splitlines()
        assert said[0].startswith("made by opsanalytics 0.0.9, and again by ")
        assert said[1:3] == ["time_to_restore was version 1 and is version 2", "time_to_smile was version 1 and is no metric any more"]

    @pytest.mark.long
    def test_another_notebook_is_named(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        write_notebook(root, CELL.replace("mean()", "max()"))
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, ran.out.splitlines()[0]) == (1, "notebook mine has other cells now")


class TestWhatCannotBeMadeAgain:
    def test_a_folder_that_is_no_pack(self, opsanalytics: Run, root: Path) -> None:
        ran = opsanalytics("verify", "notebooks", cwd=root)
        assert (ran.code, ran.err) == (2, "opsanalytics: notebooks/manifest.json: cannot be read (No such file or directory); name the folder of a pack\n")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"as_of": 3}', "\x00"])
    def test_a_manifest_that_is_none(self, opsanalytics: Run, root: Path, pack: Path, text: str) -> None:
        (pack / "manifest.json").write_text(text)
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, "manifest.json: cannot be read" in ran.err) == (2, True)

    @pytest.mark.parametrize("text", ["", "{}3", "[3]", '[{"value": 3}]'])
    def test_numbers_that_are_none(self, opsanalytics: Run, root: Path, pack: Path, text: str) -> None:
        (pack / "numbers.json").write_text(text)
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, "numbers.json: cannot be read" in ran.err) == (2, True)

    def test_a_commit_that_is_not_there(self, opsanalytics: Run, root: Path, pack: Path, tmp_path: Path) -> None:
        head = git(root, "rev-parse", "HEAD")
        other = tmp_path / "other"
        other.mkdir()
        (other / "ops.yml").write_text(SETTINGS.replace("notebooks/mine.ipynb, ", ""))
        git(other, "init", "-q")
        commit(other)
        ran = opsanalytics("verify", pack, "--workspace", other, cwd=tmp_path)
        assert (ran.code, f"{other} has no commit {head[:10]}, which the pack was made of in " in ran.err) == (15, True)

    def test_a_workspace_that_is_gone(self, opsanalytics: Run, root: Path, pack: Path, tmp_path: Path) -> None:
        ran = opsanalytics("verify", pack, "--workspace", tmp_path / "gone", cwd=root)
        assert (ran.code, "gone: no such folder" in ran.err) == (10, True)

    def test_a_pack_that_the_workspace_has_not(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        (root / "ops.yml").write_text("company: Acme\n")
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, "`mine` is not a pack; valid: " in ran.err) == (2, True)

    @pytest.mark.long
    def test_a_notebook_that_fails_now(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        write_notebook(root, "1 / 0")
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, "mine, cell 2, line 1: ZeroDivisionError" in ran.err) == (14, True)

    @pytest.mark.long
    def test_outside_git_the_files_are_todays(self, opsanalytics: Run, root: Path, pack: Path) -> None:
        shutil.rmtree(root / ".git")
        assert opsanalytics("report", "mine", "--period", "2026-Q3", cwd=root).code == 0
        ran = opsanalytics("verify", pack, cwd=root)
        assert (ran.code, ran.out.splitlines()[0]) == (0, "made outside git, so again from the files as they lie now")


ELSEWHERE = {"TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "7", "LANG": "de_DE.UTF-8"}


def startup_of_another_user(home: Path) -> dict[str, str]:
    """A home whose IPython and Jupyter are set up in ways that would change what notebooks say."""
    startup, kernel = home / ".ipython" / "profile_default" / "startup", home / ".local/share/jupyter/kernels/python3"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("import pandas\npandas.DataFrame.head = None\nprint('hello')\n")
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["false", "{connection_file}"], "display_name": "Python", "language": "python"}))
    return {"HOME": str(home)}


@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("--isolated",)], ids=["warm", "cold"])
def test_elsewhere_the_numbers_are_the_same_bytes(root: Path, pack: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    """In another folder, zone and language, with another seed of hashes, in another user's home."""
    git(tmp_path, "clone", "-q", str(root), "clone")
    environment = ELSEWHERE | startup_of_another_user(tmp_path / "home")
    again = made_elsewhere(tmp_path / "clone", "report", "mine", "--period", "2026-Q3", "--output", str(tmp_path / "again"), *more, **environment)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "numbers.json").read_bytes() == (pack / "numbers.json").read_bytes()
    verified = made_elsewhere(tmp_path, "verify", str(pack), "--workspace", "clone", **environment)
    assert (verified.returncode, verified.stdout) == (0, f"{len(numbers(pack))} numbers, all equal\n"), verified.stderr


@pytest.mark.long
def test_the_whole_quarter_is_made_again_elsewhere(tmp_path: Path) -> None:
    assert made_elsewhere(tmp_path, "demo", "co", "--until", "2026-11-22").returncode == 0
    made = made_elsewhere(tmp_path / "co", "report", "quarterly-planning", TZ="America/St_Johns", PYTHONHASHSEED="1")
    assert made.returncode == 0, made.stderr
    (pack,) = (tmp_path / "co" / "reports" / "quarterly-planning").iterdir()
    git(tmp_path, "clone", "-q", "co", "clone")
    verified = made_elsewhere(tmp_path, "verify", str(pack), "--workspace", "clone", **ELSEWHERE)
    assert (verified.returncode, verified.stdout) == (0, f"{len(numbers(pack))} numbers, all equal\n"), verified.stderr
    assert len(numbers(pack)) > 200
