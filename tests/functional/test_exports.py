"""What leaves a pack: one file, a PDF, sheets, CSV, mail and chat, in a real browser where a browser is what reads it."""

import csv
import json
import re
import shutil
import zipfile
from datetime import datetime
from hashlib import sha256
from io import StringIO

import nbformat
import openpyxl
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from markdown_it import MarkdownIt
from test_browser import CHROMIUM, DRAWN, browser, open_page, pytestmark
from test_pack import PAGES
from workspaces import HOSTILE

from opsanalytics.figures import PLOTLY, VERDICT_LOOK, quantity
from opsanalytics.packs.catalogue import PACKS
from opsanalytics.packs.pdf import printing
from opsanalytics.packs.render import Page, _drawable
from opsanalytics.packs.single_file import write_single_file
from opsanalytics.record_figures import ENDS, ITEM_STATES, stacked, stacked_shares
from opsanalytics.tables import TABLES

__all__ = ["CHROMIUM", "browser", "pytestmark"]
NAMES = PACKS["quarterly-planning"].notebooks
TALLEST = 1016  # CSS pixels: A4 is 297 mm high, less two margins of 14 mm, at 96 pixels an inch


@pytest.fixture(scope="module")
def busy(packs):
    return packs("busy")


@pytest.fixture(scope="module")
def empty(packs):
    return packs("empty")


@pytest.fixture(scope="module")
def alone(busy, tmp_path_factory):
    """The single file as it comes out of a mail: away from its pack."""
    return shutil.copy(busy.single_file, tmp_path_factory.mktemp("mail") / "sent.html")


@pytest.fixture
def sent(browser, alone):
    page = open_page(browser, alone)
    yield page
    page.close()


def shown(page):
    return page.evaluate("[...document.querySelectorAll('main')].filter(e => e.offsetParent).map(e => e.id)")


# --- one file

def test_it_stands_in_the_pack_under_a_name_that_says_what_it_is(busy):
    assert busy.single_file == busy.folder / "quarterly-planning-2026-Q4.html"
    assert busy.left_out == ()


def test_every_page_opens_in_the_single_file_and_its_charts_are_drawn(sent):
    for name, file in zip(NAMES, PAGES, strict=True):
        sent.click(f'nav a[href="#{name}"]')
        sent.wait_for_function("name => document.getElementById(name).offsetParent", arg=name, timeout=5000)
        drawn = sent.evaluate("name => [...document.getElementById(name).querySelectorAll('.chart .drawing')]"
                              ".map(e => e.querySelectorAll('.main-svg .trace').length)", name)  # fmt: skip
        assert shown(sent) == [name]
        assert len(drawn) == DRAWN["busy"][file]
        assert min(drawn, default=1) >= 1
        for point in sent.locator(f"#{name} .scatterlayer .point").all()[::6]:
            point.hover(force=True)
    assert sent.locator("main img, main script:not([type='application/json']), main a[href^='javascript']").count() == 0
    assert [text for text in HOSTILE if text not in sent.locator("#overview").text_content()] == []
    assert sent.trouble == []


def test_its_links_lead_into_it(sent):
    targets = sent.evaluate("[...document.querySelectorAll('a[href]')].map(e => e.getAttribute('href'))")
    inside = [target for target in targets if not target.startswith("https://")]
    assert {"#mttr", "#overview.restore_times"} <= set(inside)
    assert [target for target in inside if not target.startswith("#")] == []
    assert sent.evaluate("targets => targets.filter(t => !document.getElementById(t.slice(1)))", inside) == []
    ids = sent.evaluate("[...document.querySelectorAll('[id]')].filter(e => !e.closest('svg')).map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_link_to_a_figure_of_another_page_shows_it(sent, alone):
    sent.goto("about:blank")
    sent.goto(f"{alone.as_uri()}#mttr.restore_trend")
    sent.wait_for_function("() => document.querySelector('#mttr .main-svg')", timeout=5000)
    top = "Math.abs(document.getElementById('mttr.restore_trend').getBoundingClientRect().top)"
    sent.wait_for_function(f"() => {top} < 40 || innerHeight + scrollY >= document.documentElement.scrollHeight - 2", timeout=5000)
    assert shown(sent) == ["mttr"]
    assert sent.locator("nav a[aria-current]").inner_text() == "Restore times"


def test_a_window_that_grows_leaves_each_chart_its_height(sent):
    sent.set_viewport_size({"width": 360, "height": 800})
    sent.wait_for_function("() => document.querySelector('#overview .main-svg').clientWidth < 360", timeout=5000)
    sent.set_viewport_size({"width": 1280, "height": 800})
    sent.wait_for_function("() => document.querySelector('#overview .main-svg').clientWidth > 500", timeout=5000)
    heights = sent.evaluate("[...document.querySelectorAll('#overview .drawing')].map(e => [e.offsetHeight, e.querySelector('.main-svg').clientHeight])")
    assert [pair for pair in heights if pair[0] != pair[1]] == []


def test_without_a_script_every_page_is_there_to_read(browser, alone):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(alone.as_uri())
    assert page.locator("main").count() == len(NAMES)
    assert [main.is_visible() for main in page.locator("main").all()] == [True] * len(NAMES)
    context.close()


def test_the_keyboard_reaches_the_page_that_is_shown(sent):
    sent.click('nav a[href="#severity_trends"]')
    sent.wait_for_function("() => document.getElementById('severity_trends').offsetParent", timeout=5000)
    sent.locator(".skip").focus()
    sent.keyboard.press("Enter")
    assert sent.evaluate("document.activeElement.id") == "severity_trends"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_it(sent, scheme):
    sent.emulate_media(color_scheme=scheme)
    found = Axe().run(sent).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_on_paper_nothing_that_must_stay_whole_is_taller_than_a_sheet(sent):
    """Nothing is cut then: of what is laid out as whole, only what is taller than a sheet would be."""
    sent.set_viewport_size({"width": 688, "height": TALLEST})
    sent.evaluate("dispatchEvent(new Event('beforeprint'))")
    sent.emulate_media(media="print")
    assert shown(sent) == list(NAMES)
    whole = sent.evaluate("[...document.querySelectorAll('.shown:has(.chart), tbody tr, li')].map(e => "
                          "[getComputedStyle(e).breakInside, e.getBoundingClientRect().height, e.scrollWidth])")  # fmt: skip
    assert {kind for kind, _, _ in whole} == {"avoid"}
    assert max(height for _, height, _ in whole) < TALLEST
    assert max(width for _, _, width in whole) <= 688
    sent.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown(sent) == ["overview"]


# --- PDF

class Pdf:
    """As much of a PDF as tells where things are: its objects, and the tree of its structure."""

    def __init__(self, data):
        self.data = data
        found = re.finditer(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", data, re.DOTALL)
        self.objects = {int(each[1]): each[2].split(b"stream")[0].decode("latin-1") for each in found}

    @property
    def sheets(self):
        return sum(bool(re.search(r"/Type /Page\b", text)) for text in self.objects.values())

    def elements(self, kind):
        return [number for number, text in self.objects.items() if re.search(rf"/S /{kind}\b", text)]

    def children(self, number):
        kids = re.search(r"/K (.*)", self.objects[number], re.DOTALL)
        return [int(each) for each in re.findall(r"(?<!/Pg )\b(\d+) 0 R", kids[1].partition("/Pg")[0])] if kids else []

    def sheets_of(self, number):
        """The sheets on which an element has content, its own or of what is in it."""
        own = set(re.findall(r"/Pg (\d+) 0 R", self.objects[number]))
        return own.union(*map(self.sheets_of, self.children(number)))


@pytest.fixture(scope="module")
def printed(busy):
    return Pdf((busy.folder / "report.pdf").read_bytes())


def pictures(pdf):
    return [text for text in pdf.objects.values() if "/Subtype /Image" in text]


def test_a_hatched_chart_is_no_picture_on_paper(tmp_path):
    """The browser prints a pattern as a picture."""
    bars = stacked(pd.DataFrame({"group": ["Q3", "Q4"], "kind": ["no DRI", "no DRI"], "count": [2, 3]}), ["Q3", "Q4"], ITEM_STATES,
                   finding="Bars", name="bars", noun="quarter")  # fmt: skip
    areas = stacked_shares(pd.DataFrame({"day": [0, 9], "gone": [0.5, 0.5], "open": [0.5, 0.5]}), ENDS, finding="Areas", name="areas")
    figures = [json.loads(chart.figure.to_json()) for chart in (bars, areas)]
    assert [each["shape"] for each in (figures[0]["data"][0]["marker"]["pattern"], figures[1]["data"][0]["fillpattern"])] == ["/", "/"]
    body = "".join(f'<div class="shown">{_drawable(nbformat.v4.new_output("display_data", {PLOTLY: each})).data["text/html"]}</div>' for each in figures)
    write_single_file(tmp_path / "all.html", [Page("overview", "index.html", "Overview", body, "")], "A pack", ["Acme"])
    with printing(tmp_path / "all.html", tmp_path / "report.pdf", datetime(2026, 11, 22)) as outcome:
        assert outcome() == ""
    made = Pdf((tmp_path / "report.pdf").read_bytes())
    assert (made.sheets, pictures(made)) == (1, [])


def test_the_charts_of_the_pdf_are_vectors(printed):
    assert pictures(printed) == []
    assert sum("/Alt" in printed.objects[each] for each in printed.elements("Figure")) >= sum(DRAWN["busy"].values())


def test_each_page_of_the_pack_begins_a_sheet(printed):
    first = [printed.sheets_of(each) for each in printed.elements("H1")]
    assert len(first) == len(set(map(frozenset, first))) == len(PAGES)
    assert printed.sheets > len(PAGES)


@pytest.mark.long
def test_a_pack_with_nothing_to_show_says_so_on_a_sheet_a_page(empty):
    """And one more for the checklist, which asks its questions of any record."""
    assert Pdf((empty.folder / "report.pdf").read_bytes()).sheets == len(PAGES) + 1


def test_no_figure_row_or_heading_is_cut_between_sheets(printed):
    rows = [row for row in printed.elements("TR") if printed.elements("TD") and not set(printed.children(row)) & set(printed.elements("TH"))]
    whole = [*printed.elements("Figure"), *rows, *printed.elements("H2"), *printed.elements("LI")]
    assert len(whole) > 100
    assert [printed.objects[each] for each in whole if len(printed.sheets_of(each)) > 1] == []


def test_the_pdf_says_no_path_and_no_day_of_printing(printed):
    text = printed.data.decode("latin-1")
    assert "file://" not in text
    assert set(re.findall(r"Date \(D:(\d+)", text)) == {"20261122200000"}  # NOW of the load
    assert re.findall(r"/Title \((.*?)\)", text)[0] == "Quarterly planning 2026-Q4"


def test_the_pages_link_to_the_pdf_and_the_single_file(busy):
    text = busy.index.read_text()
    assert 'href="report.pdf"' in text
    assert 'href="quarterly-planning-2026-Q4.html"' in text


def test_the_manifest_knows_every_file(busy):
    listed = json.loads((busy.folder / "manifest.json").read_text())["files"]
    assert {"report.pdf", "quarterly-planning-2026-Q4.html", "data.xlsx", "csv/incidents.csv", "summary.html", "summary.txt", "summary.md",
            "summary.json"} <= set(listed)  # fmt: skip
    assert [name for name, found in listed.items() if sha256((busy.folder / name).read_bytes()).hexdigest() != found] == []


# --- sheets

def test_a_workbook_of_hostile_text_has_no_formula_and_no_link(busy):
    with zipfile.ZipFile(busy.folder / "data.xlsx") as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheets = [text for name, text in parts.items() if name.startswith("xl/worksheets/")]
    assert len(sheets) == len(TABLES)  # about, and all but `loads`
    assert [name for name in parts if "externalLink" in name or "_rels/sheet" in name] == []
    assert [text for text in sheets if "<f>" in text or "<f " in text or "<hyperlink" in text] == []
    titles = [cell.value for cell in openpyxl.load_workbook(busy.folder / "data.xlsx")["incidents"]["B"]]
    assert set(HOSTILE) <= set(titles)


def test_csv_files_hold_no_formula_and_the_rows_of_the_tables(busy):
    files = sorted((busy.folder / "csv").iterdir())
    assert [file.stem for file in files] == sorted(set(TABLES) - {"loads"})
    texts = [file.read_text(encoding="utf-8-sig") for file in files]
    cells = [cell for text in texts for row in csv.reader(StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))] == []
    assert f"'{HOSTILE[2]}" in cells
    assert set(HOSTILE) - {HOSTILE[2]} <= set(cells)


# --- mail and chat

def test_the_mail_runs_nothing_and_shows_hostile_text_as_it_is_written(browser, busy):
    file = busy.folder / "summary.html"
    page = open_page(browser, file)
    assert page.locator("script, img, link, a, style, iframe, object").count() == 0
    assert "".join(HOSTILE) in page.locator("body").inner_text()
    assert page.trouble == []
    page.close()
    assert file.stat().st_size < 100_000
    assert "\x1b" not in (busy.folder / "summary.txt").read_text()


def test_the_chat_makes_no_mention_no_link_and_no_element(busy):
    message = json.loads((busy.folder / "summary.json").read_text())
    texts = [message["text"], *(text["text"] for text in objects_with(message, "text") if isinstance(text["text"], str))]
    assert len(texts) > 5
    assert [text for text in texts if "<" in text or ">" in text or re.search(r"@\w", text)] == []
    assert "&lt;!channel&gt;" in "".join(texts)
    assert {text["verbatim"] for text in objects_with(message, "text") if text.get("type") == "mrkdwn"} == {True}
    written = (busy.folder / "summary.md").read_text()
    html = MarkdownIt("commonmark", {"html": True}).render(written)
    assert re.findall(r"<(?!/?(?:p|ul|li|strong)>)", html) == []
    assert re.search(r"@\w", written) is None


def objects_with(value, key):
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [*([value] if isinstance(value, dict) and key in value else []), *(found for part in parts for found in objects_with(part, key))]


def test_every_number_of_the_tiles_is_that_of_the_numbers(busy):
    numbers = {each["id"]: each for each in json.loads((busy.folder / "numbers.json").read_text())}
    text = (busy.folder / "summary.md").read_text()
    for key in ("severe_per_week", "seen_by_customers_first", "days_since_worst_severity"):
        number = numbers[f"overview.{key}"]
        assert f"**: {quantity(number['value'], number['unit'])}" in text
        assert number["verdict"] is None or f"{VERDICT_LOOK[number['verdict']][0]} {number['verdict']}" in text
    assert f"{numbers['overview.incidents']['value']} incidents in Q4 2026" in text
