"""The whole pipeline: files, tables, kernels, pages. One pack is built once and shared, because it takes seconds."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import nbformat
import openpyxl
import pytest

from opsanalytics.errors import DatabaseError, NotebookError, UsageError
from opsanalytics.packs import catalogue, pdf
from opsanalytics.packs.catalogue import PACKS, Pack, notebooks_folder
from opsanalytics.packs.make import make_pack
from opsanalytics.packs.run import AT_ONCE
from opsanalytics.tables import TABLES
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

NOW = datetime(2026, 11, 22, 20, 0)
PAGES = ("index.html", "mttr.html", "severity_trends.html", "slo_error_budgets.html", "on_call_load.html", "follow_up_completion.html", "retro_actions.html",
         "promise_ledger.html", "roadmap_objectives.html", "decision_log.html", "capacity_forecast.html", "ritual_health.html", "incident_stories.html",
         "restatements.html", "founders_checklist.html", "record_quality.html", "mttr_definitions.html")  # fmt: skip


def incident(day: str, severity: str = "SEV-2", title: str = "Checkout times out", minutes: int | None = 45) -> str:
    """An incident as a team writes it; without minutes it is open."""
    resolved = f"Resolved: {day} 09:{minutes:02} UTC\n" if minutes is not None else ""
    written = json.dumps(title)  # a JSON string is a YAML string
    return f"""---
title: {written}
severity: {severity}
detected_by: customer
services: [{written}]
---
Start Time: {day} 09:00 UTC
{resolved}
## Follow-ups
- [ ] Watch the pool of {title} — ana — {day}
- [x] Raise the limit — bo — Due {day}, done {day}
"""


def make_database(folder: Path, incidents: dict[str, str]) -> Path:
    """A workspace of these incident files, loaded."""
    records = folder / "acme" / "ops" / "incidents"
    records.mkdir(parents=True)
    for name, text in incidents.items():
        (records / f"{name}.md").write_text(text, encoding="utf-8")
    return load(read_workspace(folder / "acme"), database=folder / "ops.duckdb", now=NOW).database


def some_incidents() -> dict[str, str]:
    days = ["2025-11-03", "2026-02-09", "2026-05-11", "2026-08-17", "2026-10-05", "2026-10-21", "2026-11-02", "2026-11-20"]
    return {f"INC-{day}": incident(day, f"SEV-{place % 3 + 1}", minutes=10 + 5 * place if day < "2026-11-10" else None)
            for place, day in enumerate(days)}  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return make_database(tmp_path_factory.mktemp("database"), some_incidents())


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    return tmp_path_factory.mktemp("shelf") / "reports"


@pytest.fixture(scope="module")
def pack(database, reports):
    result = make_pack("quarterly-planning", database=database, reports=reports)
    assert result.warnings == ()
    return result


def test_a_pack_holds_what_the_design_promises(pack, reports):
    assert pack.folder == reports / "quarterly-planning" / "2026-Q4"
    assert (pack.index, pack.pages) == (pack.folder / "index.html", PAGES)
    names = {path.relative_to(pack.folder).as_posix() for path in pack.folder.rglob("*") if path.is_file()}
    notebooks = {f"notebooks/{name}.ipynb" for name in PACKS["quarterly-planning"].notebooks}
    files = {f"csv/{name}.csv" for name in TABLES if name != "loads"}
    summaries = {f"summary.{ending}" for ending in ("html", "txt", "md", "json")}
    assert names - {"report.pdf"} == {*PAGES, *notebooks, *files, *summaries, "plotly.min.js", "page.js", "tables.js", "page.css", "data.xlsx",
                                      "numbers.json", "manifest.json"}  # fmt: skip
    assert ("report.pdf" in names) == (not pack.left_out)


def test_nothing_is_left_beside_the_pack(pack, reports):
    assert sorted(path.name for path in reports.iterdir()) == [".gitignore", ".lock", "quarterly-planning"]


def test_the_manifest_says_from_what_the_pack_was_made(pack):
    manifest = json.loads((pack.folder / "manifest.json").read_text())
    assert manifest["period"] == {"name": "2026-Q4", "starts_on": "2026-10-01", "ends_on": "2027-01-01", "days_elapsed": 53, "days": 92}
    assert manifest["parameters"] == {"period": "2026-Q4"}
    assert manifest["rows"]["incidents"] == 8
    assert manifest["metrics"]["time_to_restore"] >= 1
    files = {path.relative_to(pack.folder).as_posix(): sha256(path.read_bytes()).hexdigest()
             for path in pack.folder.rglob("*") if path.is_file() and path.name != "manifest.json"}  # fmt: skip
    assert manifest["files"] == files


def test_numbers_are_those_of_the_record(pack):
    numbers = {number["id"]: number for number in json.loads((pack.folder / "numbers.json").read_text())}
    assert list(numbers) == sorted(numbers)
    assert numbers["overview.incidents"]["value"] == 4
    assert numbers["overview.seen_by_customers_first"] | {"low": 0, "verdict": None} == {
        "id": "overview.seen_by_customers_first", "value": 1.0, "low": 0, "high": 1.0, "unit": "share", "n": 4, "verdict": None}
    assert numbers["overview.follow_ups_open"]["value"] == 8
    assert numbers["overview.time_to_restore"]["n"] == 7


def test_no_path_of_this_machine_is_in_a_page_or_notebook(pack, database):
    texts = [path for path in pack.folder.rglob("*") if path.is_file() and path.name not in ("manifest.json", "plotly.min.js")]
    assert len(texts) > 2 * len(PAGES) + len(TABLES)
    machine = (str(database.parent), str(pack.folder.parent), str(Path(__file__).parents[2]), str(Path.home()) + "/")
    assert [path.name for path in texts if any(part.encode() in path.read_bytes() for part in machine)] == []


def test_no_page_holds_a_bare_nan_or_a_traceback(pack):
    for page in PAGES:
        text = (pack.folder / page).read_text()
        assert [word for word in (">nan<", ">NaN<", "NaN", "NaT", "Traceback", "Error:") if word in text] == []


def test_pages_without_plotly_are_small(pack):
    assert max((pack.folder / page).stat().st_size for page in PAGES) < 300_000


def test_the_workbook_has_a_sheet_a_table(pack):
    book = openpyxl.load_workbook(pack.folder / "data.xlsx", read_only=True)
    assert book.sheetnames == ["about", *(name for name in TABLES if name != "loads")]


@pytest.mark.long
def test_the_same_inputs_give_the_same_bytes(pack, database, tmp_path):
    again = make_pack("quarterly-planning", database=database, reports=tmp_path / "r", period="2026-Q4", output=tmp_path / "out")
    assert again.folder == tmp_path / "out"
    for name in ("numbers.json", "data.xlsx", "csv/incidents.csv", "index.html", "summary.html", "summary.json",
                 "notebooks/overview.ipynb", "manifest.json"):  # fmt: skip
        assert (again.folder / name).read_bytes() == (pack.folder / name).read_bytes(), name


@pytest.mark.parametrize(("asked", "message"), [
    ({"period": "soon"}, "`soon` is not a period"), ({"by": "colour"}, "cannot group incidents by `colour`; valid: severity"),
])  # fmt: skip
def test_what_is_asked_wrongly_is_refused_before_anything_runs(database, tmp_path, asked, message):
    with pytest.raises(UsageError, match=message):
        make_pack("quarterly-planning", database=database, reports=tmp_path / "reports", **asked)
    assert not (tmp_path / "reports").exists()


def test_a_missing_database_is_named(tmp_path):
    with pytest.raises(DatabaseError, match=r"none\.duckdb"):
        make_pack("quarterly-planning", database=tmp_path / "none.duckdb", reports=tmp_path)


# --- notebooks that fail

@pytest.fixture
def one_notebook(monkeypatch, tmp_path):
    """A pack of one notebook with the given source in its last cell."""
    folder = tmp_path / "notebooks"
    folder.mkdir()

    def write(source: str) -> Path:
        parameters = nbformat.v4.new_code_cell('period: str = "this"  # any', metadata={"tags": ["parameters"]})
        cells = [nbformat.v4.new_markdown_cell("# T"), parameters, nbformat.v4.new_code_cell(source)]
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "story.ipynb")
        return tmp_path / "reports"

    monkeypatch.setattr(catalogue, "notebooks_folder", lambda: folder)
    monkeypatch.setattr(pdf, "BROWSERS", ())
    monkeypatch.setitem(PACKS, "broken", Pack("broken", "Broken", "tests", "quarter", "this", ("story",)))
    return write


def test_a_notebook_that_fails_leaves_the_pack_and_its_own_copy(one_notebook, database):
    """In more ways: tests/faults/test_failing_notebooks.py."""
    reports = one_notebook("1")
    stands = make_pack("broken", database=database, reports=reports)
    before = (stands.folder / "manifest.json").read_bytes()
    one_notebook("one = 1\none / 0")
    with pytest.raises(NotebookError, match=r"^story, cell 3, line 2: ZeroDivisionError: division by zero") as caught:
        make_pack("broken", database=database, reports=reports)
    assert (stands.folder / "manifest.json").read_bytes() == before
    kept = reports / ".failed" / "broken-story.ipynb"
    assert str(kept) in str(caught.value)
    assert nbformat.read(kept, as_version=4).cells
    assert sorted(path.name for path in reports.iterdir()) == [".failed", ".gitignore", ".lock", "broken"]


def test_what_a_notebook_writes_to_stderr_is_told_and_not_kept(one_notebook, database):
    reports = one_notebook("import sys\nprint('/home/me/x.py: careful', file=sys.stderr)\nprint('kept')")
    made = make_pack("broken", database=database, reports=reports)
    assert made.warnings == ("story: /home/me/x.py: careful",)
    assert "careful" not in made.index.read_text()
    assert "kept" in made.index.read_text()


def test_the_command_says_what_to_send_and_what_is_left_out(one_notebook, database, opsanalytics, tmp_path):
    one_notebook("1")
    ran = opsanalytics("report", "broken", "--single-file", "--database", database, cwd=tmp_path)
    folder = tmp_path / "reports" / "broken" / "2026-Q4"
    made, *rest = ran.out.splitlines()
    assert (ran.code, made[:11], rest) == (0, "made 1 page", [f"send {folder / 'broken-2026-Q4.html'}", f"open {folder / 'index.html'}"])
    assert ran.err == "left out report.pdf: neither chromium nor google-chrome is on PATH\n"
    assert (folder / "broken-2026-Q4.html").is_file()


def test_no_code_of_the_record_runs(one_notebook, database, monkeypatch, tmp_path):
    """IPython imports from the working directory; a file of the record's may have the name of any module."""
    record = tmp_path / "record"
    record.mkdir()
    for module in ("statistics", "plotly", "pandas", "opsanalytics"):
        (record / f"{module}.py").write_text(f"open({str(record / 'ran')!r}, 'w')\nraise SystemExit('ran')")
    monkeypatch.chdir(record)
    reports = one_notebook("import statistics, plotly, pandas\nimport opsanalytics as ops\nprint(ops.connect)")
    assert make_pack("broken", database=database, reports=reports).pages == ("index.html",)
    assert not (record / "ran").exists()


SLEEPER = """
import sys
from pathlib import Path
from opsanalytics.packs.run import Run, run_notebooks
folder = Path(sys.argv[1])
runs = [Run(str(place), folder / "story.ipynb", folder / f"{place}.ipynb", {}) for place in range(4)]
run_notebooks(runs, database=folder / "ops.duckdb", done=print)
"""


@pytest.mark.skipif(os.name != "posix", reason="a console's Ctrl-C goes to the kernels too")
def test_ctrl_c_leaves_no_kernel_and_waits_for_none(one_notebook, tmp_path):
    one_notebook(f"import os, pathlib, time\npathlib.Path({str(tmp_path)!r}, f'pid-{{os.getpid()}}').touch()\ntime.sleep(600)")
    run = subprocess.Popen([sys.executable, "-c", SLEEPER, str(tmp_path / "notebooks")], stderr=subprocess.PIPE, text=True)
    until(lambda: len(list(tmp_path.glob("pid-*"))) == AT_ONCE)
    run.send_signal(signal.SIGINT)
    heard = run.communicate(timeout=20)[1]
    assert heard.rstrip().endswith("KeyboardInterrupt")
    kernels = [int(path.name.removeprefix("pid-")) for path in tmp_path.glob("pid-*")]
    assert len(kernels) == AT_ONCE
    assert [pid for pid in kernels if Path(f"/proc/{pid}").exists()] == []


def until(holds, seconds=60):
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.05)


@pytest.mark.long
def test_every_notebook_runs_without_parameters_on_an_empty_workspace(monkeypatch, tmp_path):
    """`explore` too, which is in no pack."""
    names = tuple(sorted(path.stem for path in notebooks_folder().glob("*.ipynb")))
    assert len(names) >= 5
    monkeypatch.setitem(PACKS, "all", Pack("all", "All", "tests", "quarter", "this", names))
    made = make_pack("all", database=make_database(tmp_path, {}), reports=tmp_path / "reports")
    texts = [(made.folder / page).read_text() for page in made.pages]
    assert [word for text in texts for word in (">nan<", "NaN", "NaT", "Traceback") if word in text] == []
