"""What is shown, collected and put in place, without a kernel or a browser."""

import json
import re
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import nbformat
import openpyxl
import pandas as pd
import pytest
from filelock import FileLock

from opsanalytics.errors import DestinationError, NotebookError, UsageError
from opsanalytics.figures import NUMBERS, PLOTLY, Chart, Number, Tile
from opsanalytics.packs import sheets, shelf
from opsanalytics.packs.catalogue import PACKS, find_pack, notebooks_folder
from opsanalytics.packs.numbers import as_json, collect_numbers
from opsanalytics.packs.render import _drawable
from opsanalytics.packs.run import check_parameters, declared_parameters
from opsanalytics.packs.sheets import write_sheets
from opsanalytics.workbench import display as show

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture
def shown(monkeypatch):
    """The mime bundles that the cell emits."""
    bundles = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: bundles.append(bundle))
    return bundles


def body(bundle) -> str:
    return re.sub(r"<style.*?</style>", "", bundle["text/html"], flags=re.DOTALL)


# --- show

def test_text_of_the_record_is_escaped_everywhere(shown):
    show.header(HOSTILE)
    show.answer([HOSTILE, (HOSTILE, "here")])
    show.sentence(HOSTILE)
    show.table(pd.DataFrame({HOSTILE: [HOSTILE]}), finding=HOSTILE, caption=HOSTILE)
    show.tiles([Tile(HOSTILE, Number("n", 1.0, HOSTILE), HOSTILE, [1, 2], HOSTILE)])
    show.figure(Chart(HOSTILE, name=HOSTILE))
    assert len(shown) == 6
    assert [bundle for bundle in shown if "<img" in body(bundle) or "<script" in body(bundle)] == []


def test_numbers_are_emitted_in_machine_form(shown):
    show.tiles([Tile("Median", Number("median", 53.0, "minutes", 38.0, 64.0, 55), "55 incidents")])
    assert shown[0][NUMBERS] == [
        {"id": "median", "value": 53.0, "low": 38.0, "high": 64.0, "unit": "minutes", "n": 55, "verdict": None}]  # fmt: skip
    assert "95 %: 38 min to 1 h 4 min" in shown[0]["text/html"]


def test_a_tile_says_an_end_that_is_not_reached_and_draws_no_bar_for_it(shown):
    show.tiles([Tile("Median", Number("median", 53.0, "minutes", 38.0, None, 5), "5 incidents", [1, 2], period="month")])
    assert "95 %: 38 min to not reached" in body(shown[0])
    assert "ops-interval" not in body(shown[0])
    assert "the last 2 months, oldest first" in body(shown[0])


@pytest.mark.parametrize(("verdict", "shape", "tone"), [
    ("better", "▲", "better"), ("worse", "▼", "worse"), ("practically the same", "■", "ink"), ("can't tell", "◆", "muted"),
])  # fmt: skip
def test_a_tile_says_its_verdict_with_a_shape_and_what_it_rests_on(shown, verdict, shape, tone):
    show.tiles([Tile("Median", Number("median", 53.0, "minutes", n=55, verdict=verdict), "55 incidents", compared="0.6 times, n 9 and 55")],
               caption="uncorrected", twin=pd.DataFrame({"ratio": ["0.6 times"]}))
    text = body(shown[0])
    assert f'style="color:var(--{tone})"><span aria-hidden="true">{shape}</span>' in text
    assert verdict in text.replace("&#x27;", "'")
    assert text.index("0.6 times, n 9 and 55") < text.index("What the verdicts rest on") < text.index("uncorrected") < text.index("ops-table")
    assert shown[0][NUMBERS][0]["verdict"] == verdict
    assert shown[0]["text/plain"] == f"Median: 53 min ({verdict})"


def test_a_tile_without_a_verdict_says_why(shown):
    show.tiles([Tile("Median", Number("median", 53.0, "minutes"), "", compared="no verdict: <nothing> before")])
    assert "no verdict: &lt;nothing&gt; before" in body(shown[0])
    assert "ops-verdict" not in body(shown[0])


def test_no_tiles_have_no_caption(shown):
    show.tiles([], caption="uncorrected", twin=pd.DataFrame())
    assert body(shown[0]) == '<ul class="ops-tiles"></ul>'


def test_a_tile_without_a_value_says_so_and_draws_no_interval(shown):
    show.tiles([Tile("Seen first", Number("seen", None, "share", n=0), "no file says", [None, None])])
    assert "not known" in body(shown[0])
    assert "no file says" in body(shown[0])
    assert "ops-interval" not in body(shown[0])
    assert "NaN" not in body(shown[0])


def test_a_table_without_rows_is_its_finding_alone(shown):
    show.table(pd.DataFrame(), finding="Nothing is open", caption="of nothing")
    assert body(shown[0]) == '<h2 class="ops-finding">Nothing is open</h2>'


@pytest.mark.parametrize(("value", "text"), [
    (None, "–"), (float("nan"), "–"), (pd.NaT, "–"), (date(2026, 11, 2), "2 Nov 2026"), (1234, "1,234"), (0.5, "0.50"),
    (3.0, "3"), (["a", "b"], "a, b"), (True, "True"), (pd.Timestamp("2026-11-02 09:05"), "2 Nov 2026 09:05"),
])  # fmt: skip
def test_a_cell_is_said_in_words(value, text):
    assert show.cell(value) == text


def test_a_severity_is_not_broken_at_its_hyphen(shown):
    show.answer(["none were SEV-1."])
    assert '<span class="ops-whole">SEV-1</span>' in body(shown[0])


def test_a_figure_in_a_page_is_inert_json():
    output = nbformat.v4.new_output("display_data", {PLOTLY: {"data": [HOSTILE]}, "text/plain": HOSTILE})
    text = _drawable(output)["data"]["text/html"]
    assert text.count("<script") == text.count("</script") == 1
    assert "<img" not in text
    written = re.search(r'json">(.*)</script>', text)
    assert written
    assert json.loads(written[1]) == {"data": [HOSTILE]}


# --- numbers

def executed(folder: Path, name: str, *numbers: dict) -> Path:
    output = nbformat.v4.new_output("display_data", {NUMBERS: list(numbers)})
    path = folder / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])]), path)
    return path


def test_numbers_are_sorted_by_id_with_six_significant_digits(tmp_path):
    paths = [executed(tmp_path, "mttr", Number("b", 1 / 3, "share").machine_form(), Number("a", 7, "days").machine_form())]
    assert [(number["id"], number["value"]) for number in collect_numbers(paths)] == [("mttr.a", 7), ("mttr.b", 0.333333)]


def test_one_id_names_one_number(tmp_path):
    same, other = Number("a", 1.0, "days").machine_form(), Number("a", 2.0, "days").machine_form()
    assert len(collect_numbers([executed(tmp_path, "mttr", same, same)])) == 1
    with pytest.raises(NotebookError, match="mttr: states two different numbers as `a`"):
        collect_numbers([executed(tmp_path, "mttr", same, other)])


def test_a_value_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="JSON compliant"):
        as_json([{"id": "a", "value": float("nan")}])


# --- packs and parameters

def test_an_unknown_pack_lists_the_valid_ones():
    with pytest.raises(UsageError, match="`yearly` is not a pack; valid: weekly-oncall, quarterly-planning, monthly-retro"):
        find_pack("yearly", {})


def test_parameters_are_checked_against_the_notebook():
    declared = declared_parameters(notebooks_folder() / "mttr.ipynb")
    assert declared == {"period": "str", "by": "str"}
    check_parameters("mttr", declared, {"period": "this"})
    with pytest.raises(UsageError, match="mttr has no parameter `quarter`; valid: by, period"):
        check_parameters("mttr", declared, {"quarter": "this"})
    with pytest.raises(UsageError, match="mttr: parameter `period` is 3; it must be a str"):
        check_parameters("mttr", declared, {"period": 3})


@pytest.mark.parametrize(("kind", "value", "is_right"), [("int", True, False), ("int", 1, True), ("float", 1, True), ("bool", 1, False)])
def test_a_bool_is_no_int(kind, value, is_right):
    if is_right:
        check_parameters("n", {"p": kind}, {"p": value})
    else:
        with pytest.raises(UsageError):
            check_parameters("n", {"p": kind}, {"p": value})


# --- notebooks

NOTEBOOKS = sorted(notebooks_folder().glob("*.ipynb"))


def test_every_notebook_of_a_pack_exists():
    assert len(NOTEBOOKS) >= 5
    assert {name for pack in PACKS.values() for name in pack.notebooks} <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_a_thin_story(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert notebook.metadata.kernelspec.name == "python3"
    assert re.match(r"# .+\n\n.+\n\n.+", notebook.cells[0].source), "title, question, limits"
    assert [cell.id for cell in code if "parameters" in cell.metadata.get("tags", [])] == ["parameters"]
    assert all(re.match(r"\w+: \w+ = .+  # .+", line) for line in code[0].source.splitlines())
    assert [cell.id for cell in code if cell.outputs or cell.execution_count] == []
    assert [cell.id for cell in code if re.search(r"^\s*def ", cell.source, re.MULTILINE)] == []
    if path.stem != "explore":
        assert [cell.id for cell in code if re.search(r"\bselect\b", cell.source, re.IGNORECASE)] == []


# --- the shelf

def pack_at(folder: Path, text: str = "new") -> Path:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    return folder


def test_a_new_pack_takes_the_place_of_the_old_and_nothing_else_stays(tmp_path):
    reports = tmp_path / "reports"
    place = pack_at(reports / "q" / "2026-Q4", "old")
    with shelf.run_folder(reports, place) as running:
        shelf.put(pack_at(running / "q"), place, shelf=reports)
    assert (place / "manifest.json").read_text() == "new"
    assert sorted(path.name for path in reports.rglob("*") if path.is_dir()) == ["2026-Q4", "q"]


def test_a_pack_that_a_killed_run_set_aside_comes_back(tmp_path):
    pack_at(tmp_path / "q" / ".aside-2026-Q4", "old")
    shelf.reap(tmp_path, tmp_path / "q" / "2026-Q4")
    assert (tmp_path / "q" / "2026-Q4" / "manifest.json").read_text() == "old"


def test_what_was_set_aside_goes_when_the_new_pack_stands(tmp_path):
    pack_at(tmp_path / "q" / ".aside-2026-Q4", "old")
    place = pack_at(tmp_path / "q" / "2026-Q4")
    shelf.reap(tmp_path, place)
    assert [path.name for path in place.parent.iterdir()] == ["2026-Q4"]


def test_folders_of_dead_runs_are_deleted_and_those_of_living_ones_stay(tmp_path):
    for name in ("dead", "alive", "somebody's"):
        (tmp_path / f"{shelf.RUNNING}{name}").mkdir()
    (tmp_path / f"{shelf.RUNNING}dead.lock").touch()
    with FileLock(tmp_path / f"{shelf.RUNNING}alive.lock"):
        shelf.reap(tmp_path, tmp_path / "q" / "2026-Q4")
    stand = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert stand == [f"{shelf.RUNNING}alive", f"{shelf.RUNNING}somebody's"]


@pytest.mark.parametrize(("name", "holds"), [
    (".aside-notes", "letter.txt"), (".aside-notes", "manifest.json"), (".aside-pack", "letter.txt"), (".incoming-pack", "letter.txt"),
])  # fmt: skip
def test_a_users_folder_beside_an_output_is_never_touched(tmp_path, name, holds):
    """`.aside-pack` with a manifest is what a killed run set aside; whatever else has such a name is somebody's own."""
    for beside in ("notes", name):
        (tmp_path / "home" / beside).mkdir(parents=True)
        (tmp_path / "home" / beside / holds).write_text("dear")
    place = tmp_path / "home" / "pack"
    with shelf.run_folder(tmp_path / "reports", place) as running:
        shelf.put(pack_at(running / "q"), place, shelf=tmp_path / "reports")
    assert (place / "manifest.json").read_text() == "new"
    assert (tmp_path / "home" / name / holds).read_text() == "dear"


def test_a_pack_set_aside_beside_an_output_comes_back(tmp_path):
    pack_at(tmp_path / "home" / ".aside-pack", "old")
    (tmp_path / "reports").mkdir()
    shelf.reap(tmp_path / "reports", tmp_path / "home" / "pack")
    assert (tmp_path / "home" / "pack" / "manifest.json").read_text() == "old"


def test_a_folder_of_our_name_on_the_shelf_without_a_manifest_stays(tmp_path):
    (tmp_path / "q" / ".aside-notes").mkdir(parents=True)
    (tmp_path / "q" / "notes").mkdir()
    shelf.reap(tmp_path, tmp_path / "q" / "2026-Q4")
    assert sorted(path.name for path in (tmp_path / "q").iterdir()) == [".aside-notes", "notes"]


def test_what_is_copied_from_another_disk_takes_no_folder_that_is_somebodys(tmp_path):
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("one disk")
    place = tmp_path / "pack"
    with TemporaryDirectory(dir=shm) as reports, shelf.run_folder(Path(reports), place) as running:
        shelf.put(pack_at(running / "q"), place, shelf=Path(reports))
        (tmp_path / ".incoming-pack").mkdir()
        with pytest.raises(DestinationError, match="File exists"):
            shelf.put(pack_at(running / "r", "newer"), place, shelf=Path(reports))
    assert (place / "manifest.json").read_text() == "new"
    assert (tmp_path / ".incoming-pack").is_dir()


def test_a_folder_of_other_files_is_not_replaced(tmp_path):
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(DestinationError, match="holds files that are no pack"):
        shelf.check_destination(tmp_path)
    with pytest.raises(DestinationError, match="is a file"):
        shelf.check_destination(tmp_path / "letters")
    shelf.check_destination(pack_at(tmp_path / "pack"))


# --- sheets

def test_a_sheet_keeps_text_as_text_and_days_as_days(tmp_path):
    formula = "=cmd|'/C calc'!A0"
    with duckdb.connect() as connection:
        connection.execute("create table incidents (title varchar, link varchar, digits varchar, started_on date, services varchar[])")
        connection.execute("insert into incidents values (?, 'http://x', '0012', date '2026-11-02', ['api', 'web'])", [formula])
        write_sheets(connection, ["incidents"], tmp_path / "a.xlsx", ["Acme"])
        write_sheets(connection, ["incidents"], tmp_path / "b.xlsx", ["Acme"])
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["incidents"]
    cells = next(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in cells[:3]] == [formula, "http://x", "0012"]
    assert [cell.data_type for cell in cells] == ["s", "s", "s", "d", "s"]
    assert cells[1].hyperlink is None
    assert (cells[3].value.date(), cells[4].value) == (date(2026, 11, 2), "api, web")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E2")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def sheet_of(folder: Path, statement: str):
    with duckdb.connect() as connection:
        connection.execute(f"create table t as {statement}")
        write_sheets(connection, ["t"], folder / "t.xlsx", ["Acme"])
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(folder / "t.xlsx")["t"].iter_rows()]


def test_a_number_that_no_sheet_can_hold_is_an_empty_cell(tmp_path):
    rows = sheet_of(tmp_path, "select 'nan'::double as a, 'inf'::double as b, '-inf'::double as c, 1.5::double as d")
    assert rows == [["a", "b", "c", "d"], [None, None, None, 1.5]]


def test_what_a_sheet_cannot_hold_is_cut_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sheets, "LAST_ROW", 3)
    assert sheet_of(tmp_path, "select range as a, 1 as b from range(3)") == [["a", "b"], [0, 1], [1, 1], [2, 1]]
    rows = sheet_of(tmp_path, "select range as a, 1 as b from range(4)")
    assert rows == [["a", "b"], [0, 1], [1, 1], ["(cut: a sheet ends here; the other rows are in the database)", None]]
    long = sheet_of(tmp_path, f"select repeat('x', {sheets.LONGEST_CELL}) as a, repeat('x', {sheets.LONGEST_CELL + 1}) as b")[1]
    assert [len(cell) for cell in long] == [sheets.LONGEST_CELL] * 2
    assert [cell.endswith(sheets.CUT) for cell in long] == [False, True]
