"""What leaves a pack, piece by piece: the file, the printing, the sheets, the words of a mail."""

import csv
import json
import os
import signal
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import nbformat
import openpyxl
import pandas as pd
import pytest

from opsanalytics.figures import NUMBERS, SUMMARY, Number, Tile
from opsanalytics.packs import pdf, summary
from opsanalytics.packs.csv_files import write_csv_files
from opsanalytics.packs.pdf import printing
from opsanalytics.packs.render import Page
from opsanalytics.packs.sheets import LONGEST_CELL, write_sheets
from opsanalytics.packs.single_file import write_single_file
from opsanalytics.tables import TABLES
from opsanalytics.workbench import display as show

HOSTILE = "<img src=x onerror=alert(1)> <!channel> @here =cmd|x [a](javascript:alert(1)) `b`\n\x1b[31m\u202e*c*"
AS_OF = datetime(2026, 11, 22, 20, 0)


# --- one file

def page(name: str, body: str) -> Page:
    return Page(name, "index.html" if name == "overview" else f"{name}.html", f"{name.title()}: a page", body, "")


def single(folder: Path, *pages: Page, heading: tuple[str, ...] = ("Acme",)) -> str:
    write_single_file(folder / "all.html", pages, "A pack", heading)
    return (folder / "all.html").read_text()


def test_references_are_led_into_the_file(tmp_path):
    written = single(tmp_path, page("overview", '<a href="mttr.html">b</a> <a href="mttr.html#x">c</a> <a href="#y">d</a>'
                                    '<h2 id="y">Y</h2><a href="https://example.org/a#b">out</a><a href="#main">up</a>'),
                     page("mttr", '<h2 class="a" id="x">X</h2><a href="index.html#y">e</a><label for="x">f</label>'))  # fmt: skip
    assert '<a href="#mttr">b</a> <a href="#mttr.x">c</a> <a href="#overview.y">d</a><h2 id="overview.y">Y</h2>' in written
    assert '<a href="https://example.org/a#b">out</a><a href="#overview">up</a>' in written
    assert '<h2 class="a" id="mttr.x">X</h2><a href="#overview.y">e</a><label for="mttr.x">f</label>' in written


def test_text_and_figures_are_left_as_they_are(tmp_path):
    body = ('<p>the text id=&quot;y&quot; and href="#y" of a file</p><div class="chart">'
            '<script type="application/json">{"t":" href=\\"#y\\" id=","u":"1"}</script></div>')  # fmt: skip
    assert body in single(tmp_path, page("overview", body))


def test_only_the_scripts_of_the_file_may_run(tmp_path):
    written = single(tmp_path, page("overview", "<p>nothing is drawn</p>"))
    policy = written.partition("Content-Security-Policy")[2].partition(">")[0]
    assert policy.count("sha256-") == written.count("<script>") == 2
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert len(written) < 50_000


def test_what_stands_at_the_foot_of_a_sheet_ends_no_style(tmp_path):
    written = single(tmp_path, page("overview", ""), heading=('Ac"me } </style><script>alert(1)</script>', "Q4 2026, day 5"))
    assert "<script>alert" not in written
    assert r'content: "Ac\22 me \7d  \3c \2f style\3e \3c script\3e alert\28 1\29 \3c \2f script\3e  \b7  Q4 2026\2c  day 5";' in written


# --- printing

@pytest.fixture
def fake_browser(monkeypatch, tmp_path):
    """A chromium that runs this shell; `$OUT` is the file that it is to print."""
    def install(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        file = folder / "chromium"
        file.write_text('#!/bin/sh\nfor each in "$@"; do case "$each" in --print-to-pdf=*) OUT="${each#*=}";; esac; done\n' + script)
        file.chmod(file.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


def outcome(folder: Path) -> str:
    (folder / "page.html").write_text("<p>x</p>")
    with printing(folder / "page.html", folder / "report.pdf", AS_OF) as ended:
        return ended()


def test_without_a_browser_there_is_no_pdf_and_that_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert outcome(tmp_path) == "neither chromium nor google-chrome is on PATH"
    assert not (tmp_path / "report.pdf").exists()


def test_the_day_in_the_pdf_is_that_of_the_load(fake_browser, tmp_path):
    fake_browser("""printf "%%PDF-1.4\\n/CreationDate (D:20300101120000+00'00')\\n%%%%EOF\\n" > "$OUT" """)
    assert outcome(tmp_path) == ""
    assert (tmp_path / "report.pdf").read_text() == "%PDF-1.4\n/CreationDate (D:20261122200000+00'00')\n%%EOF\n"


@pytest.mark.parametrize(("script", "said"), [
    ('echo "%PDF-1.4 half" > "$OUT"', "chromium ended with code 0 and printed none"),
    ('echo "%PDF-1.4 %%EOF" > "$OUT"; exit 7', "chromium ended with code 7 and printed none"),
    ("true", "chromium ended with code 0 and printed none"),
])  # fmt: skip
def test_what_is_no_whole_pdf_is_not_kept(fake_browser, tmp_path, script, said):
    fake_browser(script)
    assert outcome(tmp_path) == said
    assert not (tmp_path / "report.pdf").exists()


HANGS = 'echo "%PDF-1.4" > "$OUT"; sleep 600 & echo $! > "$OUT.child"; echo $$ > "$OUT.own"; wait'


def all_ended(folder: Path) -> bool:
    """Soon: a process that is killed takes a moment to go."""
    ends = time.monotonic() + 5
    while running := [who for who in ("own", "child") if is_running(folder / f"report.pdf.{who}")]:
        if time.monotonic() > ends:
            break
        time.sleep(0.02)
    return not running


def is_running(file: Path) -> bool:
    state = Path("/proc") / file.read_text().strip() / "stat"
    return state.exists() and state.read_text().split()[2] != "Z"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="asks Linux for processes")
def test_a_browser_that_hangs_is_stopped_with_all_that_it_started(fake_browser, monkeypatch, tmp_path):
    monkeypatch.setattr(pdf, "PATIENCE", 0.5)
    fake_browser(HANGS)
    assert outcome(tmp_path) == "chromium had not printed it after 0 s and was stopped"
    assert all_ended(tmp_path)
    assert not (tmp_path / "report.pdf").exists()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="asks Linux for processes")
def test_when_the_other_work_fails_no_browser_is_left(fake_browser, tmp_path):
    def work() -> None:
        with printing(tmp_path / "page.html", tmp_path / "report.pdf", AS_OF):
            ends = time.monotonic() + 10
            while not (tmp_path / "report.pdf.own").exists() and time.monotonic() < ends:
                time.sleep(0.02)
            signal.raise_signal(signal.SIGINT)

    fake_browser(HANGS)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert all_ended(tmp_path)


# --- sheets and CSV

def tables(statement: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"create table t as {statement}")
    return connection


def sheet_of(folder: Path, statement: str, name: str = "t"):
    with tables(statement) as connection:
        write_sheets(connection, ["t"], folder / "t.xlsx", ["Acme", "=1+1"])
    return openpyxl.load_workbook(folder / "t.xlsx")[name]


def test_the_first_sheet_says_what_the_others_are(tmp_path):
    with duckdb.connect() as connection:
        connection.execute("create table services (service varchar)")
        write_sheets(connection, ["services"], tmp_path / "t.xlsx", ["Acme", "=1+1"])
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "t.xlsx")["about"].iter_rows()]
    assert [row[0] for row in rows[:2]] == ["Acme", "=1+1"]
    head = rows.index(["table", "column", "type", "meaning"])
    assert [row[1] for row in rows[head + 1 :]] == list(TABLES["services"].column_names)


def test_every_table_has_a_name_that_a_sheet_may_have():
    assert max(map(len, TABLES)) <= 31
    assert len({name.casefold() for name in TABLES} | {"about"}) == len(TABLES) + 1


def test_a_text_that_is_edited_does_not_become_a_formula(tmp_path):
    """Excel keeps a text with the quote prefix a text when its cell is entered again."""
    row = sheet_of(tmp_path, "select '=1+1' as a, '+1' as b, '-1' as c, '@x' as d, 'plain' as e")[2]
    assert [cell.quotePrefix for cell in row] == [True, True, True, True, False]
    assert [cell.data_type for cell in row] == ["s"] * 5


def test_control_characters_and_long_digits_survive(tmp_path):
    row = sheet_of(tmp_path, "select 'a' || chr(1) || chr(11) || 'b' as a, 12345678901234567 as b, 999999999999999 as c")[2]
    assert [row[1].value, row[2].value] == ["12345678901234567", 999999999999999]
    assert openpyxl.utils.escape.unescape(row[0].value) == "a\x01\x0bb"


def test_a_cell_holds_as_many_utf16_units_as_excel_takes(tmp_path):
    """An emoji takes two of them."""
    text = sheet_of(tmp_path, "select repeat('😀', 20000) as a")["A2"].value
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST_CELL
    assert text.startswith("😀" * 16_000)
    assert text.endswith("(cut: a cell ends here)")
    assert "t: 1 cell cut at 32,767 characters." in [row[0].value for row in openpyxl.load_workbook(tmp_path / "t.xlsx")["about"]]


def test_a_csv_file_says_what_the_table_says(tmp_path):
    with tables("select * from (values (date '2026-11-02', timestamp '2026-11-02 09:05:00', true, 1.5, ['a', '=b'], 'x, \"y\"' || chr(10) || 'z'),"
                " (null, null, null, null, null, '=1')) as t(day_on, started_at, flag, share, names, words)") as connection:  # fmt: skip
        write_csv_files(connection, ["t"], tmp_path / "csv")
    data = (tmp_path / "csv" / "t.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfday_on,")
    with (tmp_path / "csv" / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["2026-11-02", "2026-11-02 09:05:00", "true", "1.5", '["a", "=b"]', 'x, "y"\nz'], ["", "", "", "", "", "'=1"]]
    frame = pd.read_csv(tmp_path / "csv" / "t.csv", parse_dates=["started_at"])
    assert next(iter(frame.columns)) == "day_on"
    assert frame["started_at"][0].replace(tzinfo=UTC) == datetime(2026, 11, 2, 9, 5, tzinfo=UTC)


# --- mail and chat

@pytest.fixture
def first_page(monkeypatch, tmp_path):
    """An executed first page with these cells."""
    outputs = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: outputs.append(nbformat.v4.new_output("display_data", bundle)))

    def write() -> Path:
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]), tmp_path / "overview.ipynb")
        return tmp_path / "overview.ipynb"

    return write


TILE = Tile("Median time to restore", Number("median", 95.0, "minutes", 38.0, None, 5, "can't tell"), "5 incidents", compared="too few")
STATED = {"id": "overview.median", "value": 58.0, "low": 41.0, "high": 90.0, "unit": "minutes", "n": 5, "verdict": "worse"}


def told(path: Path, numbers=(STATED,)) -> summary.Summary:
    return summary.read_summary(path, numbers, title="Planning 2026-Q4", pages=["Overview", "Restore times"], files=["index.html", "csv"])


def test_the_numbers_of_a_tile_are_those_of_the_numbers_and_not_of_the_page(first_page):
    show.tiles([TILE])
    (tile,) = told(first_page()).tiles
    assert (tile.value, tile.verdict, tile.basis) == ("58 min (95 %: 41 min to 1 h 30 min)", "▼ worse", "5 incidents; too few")


def test_the_words_for_mail_and_chat(first_page):
    show.header("Acme", "Q4 2026", "", "47 incidents counted")
    show.answer(["It got ", ("worse", "restore_times"), "."], ["Nobody saw it."])
    show.tiles([TILE])
    show.decisions(pd.DataFrame({"question": ["Freeze?"], "DRI": [None], "where": ["ops/slo.yml:3"]}), finding="1 thing needs a decision")
    found = told(first_page())
    assert summary.as_text(found) == """Planning 2026-Q4

Acme · Q4 2026 · 47 incidents counted

It got worse. Nobody saw it.

- Median time to restore: 58 min (95 %: 41 min to 1 h 30 min), ▼ worse; 5
  incidents; too few

1 thing needs a decision

- Freeze? DRI: – · where: ops/slo.yml:3

Pages: Overview, Restore times.

Files: index.html, csv.
"""
    assert "- **Freeze?** DRI: – · where: ops/slo.yml:3" in summary.as_markdown(found)
    kinds = [block["type"] for block in json.loads(summary.as_slack(found))["blocks"]]
    assert kinds == ["header", "context", "section", "section", "section", "section", "context"]
    assert "<strong>Freeze?</strong><br>DRI: – · where: ops/slo.yml:3" in summary.as_html(found)


def test_a_first_page_that_tells_nothing_makes_short_summaries(first_page):
    found = told(first_page(), ())
    assert summary.as_text(found) == "Planning 2026-Q4\n\nPages: Overview, Restore times.\n\nFiles: index.html, csv.\n"
    assert [block["type"] for block in json.loads(summary.as_slack(found))["blocks"]] == ["header", "context"]


def test_nothing_to_decide_is_said(first_page):
    show.decisions(pd.DataFrame(), finding="Nothing needs a decision by your policies")
    assert "Nothing needs a decision by your policies" in summary.as_text(told(first_page(), ()))


def test_hostile_words_are_one_line_and_escaped_for_each_place(first_page):
    show.header(HOSTILE)
    show.decisions(pd.DataFrame({"question": [HOSTILE], HOSTILE: [HOSTILE]}), finding=HOSTILE)
    found = told(first_page(), ())
    assert "\n" not in found.heading
    assert {"\x1b", "\u202e"} & set(summary.as_text(found)) == set()
    assert "<img" not in summary.as_html(found) and "&lt;img" in summary.as_html(found)
    for text in (summary.as_markdown(found), summary.as_slack(found)):
        assert "<" not in text and "@here" not in text
        assert "&lt;!channel&gt;" in text.replace("\\", "")
    assert r"\[a\](javascript:alert(1)) \`b\`" in summary.as_markdown(found)


def test_no_block_is_longer_than_slack_takes(first_page):
    show.answer(["long " * 2_000])
    blocks = json.loads(summary.as_slack(told(first_page(), ())))["blocks"]
    assert [len(block["text"]["text"]) for block in blocks if block["type"] == "section"] == [summary.LONGEST_BLOCK]


def test_what_a_cell_tells_stands_beside_its_numbers(monkeypatch):
    bundles = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: bundles.append(bundle))
    show.tiles([TILE])
    assert bundles[0][SUMMARY] == {"tiles": [
        {"number": "median", "label": "Median time to restore", "note": "5 incidents", "compared": "too few"}]}  # fmt: skip
    assert bundles[0][NUMBERS][0]["id"] == "median"
