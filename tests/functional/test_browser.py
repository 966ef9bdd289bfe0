"""Pages in a real browser, opened from file://: drawn, quiet, harmless, readable by everybody."""

import os
import re
import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from test_pack import PAGES
from workspaces import HOSTILE, first_of

from opsanalytics.packs.catalogue import PACKS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
DRAWN = {"busy": {"index.html": 3, "mttr.html": 2, "severity_trends.html": 2, "slo_error_budgets.html": 0, "on_call_load.html": 0, "follow_up_completion.html": 3, "retro_actions.html": 0,
                  "promise_ledger.html": 0, "roadmap_objectives.html": 0, "decision_log.html": 0, "capacity_forecast.html": 0, "ritual_health.html": 0,
                  "incident_stories.html": 0, "restatements.html": 0, "founders_checklist.html": 0, "record_quality.html": 1, "mttr_definitions.html": 1}}  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="no chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def visit(browser, packs):
    """A page of a workspace's pack, opened once; `page.trouble` is what it complained of, asked for outside, or ran."""
    opened = {}

    def visit(workspace, page_name, *, width=1280, scheme="light"):
        if (workspace, page_name) not in opened:
            opened[workspace, page_name] = open_page(browser, packs(workspace).folder / page_name)
        page = opened[workspace, page_name]
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        return page

    return visit


def open_page(browser, file):
    page = browser.new_page()
    page.trouble = []
    page.on("console", lambda message: page.trouble.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: page.trouble.append(f"error: {error}"))
    page.on("requestfailed", lambda request: page.trouble.append(f"failed: {request.url}"))
    page.on("dialog", lambda dialog: (page.trouble.append(f"ran: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: request.url.startswith("file://") or page.trouble.append(f"outside: {request.url}"))
    page.goto(file.as_uri())
    if page.locator(".chart").count():
        page.wait_for_function("() => document.querySelectorAll('.chart .main-svg').length > 0")
    return page


MATRIX = [(workspace, pack) for workspace in ("demo", "hostile demo", "jenkins", "one", "empty", "busy", "long ago") for pack in PACKS]
NO_WORDS = re.compile(r"(?<![\w.])(?:NaN|nan|NaT|None(?= *$)|null|undefined|Traceback)(?!\w)", re.MULTILINE)
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


def look_through(page):
    """Everything that holds of every page, whatever is on record: quiet, drawn, without a hole, harmless on hover too, and as
    wide as its window."""
    assert page.locator("h1").count() == 1
    assert page.locator(".chart").count() == page.locator(".js-plotly-plot").count()
    assert min(drawn_traces(page), default=1) >= 1
    assert NO_WORDS.findall(page.locator("main").inner_text()) == []
    for point in page.locator(".scatterlayer .point").all()[::9]:
        point.hover(force=True)
    assert page.locator("main img, main script:not([type='application/json']), main a[href^='javascript']").count() == 0
    for width in (360, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(FITS, timeout=5000)
    assert page.trouble == []


def drawn_traces(page):
    return page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(e => e.querySelectorAll('.main-svg .trace').length)")


def grave(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("page_name", first_of(PAGES))
def test_a_busy_page_is_drawn_harmless_and_readable_by_everybody(visit, page_name):
    page = visit("busy", page_name)
    assert len(drawn_traces(page)) == DRAWN["busy"][page_name]
    look_through(page)
    assert grave(page) == []


@pytest.mark.parametrize("page_name", first_of(PAGES))
def test_an_empty_workspace_is_told_in_words_without_a_chart(visit, page_name):
    page = visit("empty", page_name)
    assert page.locator(".chart").count() == 0
    assert re.search(r"\bNo |holds no incident|[Nn]othing|None of|cannot be told|cannot tell", page.locator("main").inner_text())
    look_through(page)


@pytest.mark.long
@pytest.mark.parametrize(("workspace", "name"), MATRIX)
def test_every_page_of_every_pack_on_every_workspace(browser, packs, workspace, name):
    made = packs(workspace, name)
    for page_name in made.pages:
        page = open_page(browser, made.folder / page_name)
        look_through(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert (page_name, scheme, grave(page)) == (page_name, scheme, [])
        page.close()


def test_a_hostile_title_reads_as_it_was_written(visit):
    words = visit("busy", "index.html").locator("main").text_content()
    assert [text for text in HOSTILE if text not in words] == []


def test_axe_finds_nothing_serious_in_the_dark(visit):
    assert grave(visit("busy", "index.html", scheme="dark")) == []


def test_the_answer_and_the_tiles_fit_one_screen(visit):
    page = visit("busy", "index.html")
    assert page.locator(".ops-tiles").evaluate("e => e.getBoundingClientRect().bottom") <= 800


def test_each_number_of_the_answer_links_to_its_figure(visit):
    page = visit("busy", "index.html")
    targets = [link.get_attribute("href") for link in page.locator(".ops-answer a").all()]
    assert "#weekly_incidents" in targets
    assert {target: page.locator(target).count() for target in targets} == dict.fromkeys(targets, 1)


def test_every_link_of_a_page_leads_somewhere(visit, packs):
    page = visit("busy", "index.html")
    links = {link.get_attribute("href") for link in page.locator("a").all()}
    files = {link for link in links if not link.startswith("#")}
    assert {"notebooks/overview.ipynb", "data.xlsx", "mttr.html"} <= files
    assert [link for link in files if not (packs("busy").folder / link).is_file()] == []


def test_charts_follow_the_theme_and_are_light_on_paper(visit):
    page = visit("busy", "index.html")
    has_ink = """ink => { const text = document.querySelector('.js-plotly-plot .ytick text');
                          return text && getComputedStyle(text).fill === ink }"""
    light, dark = ("rgb(27, 30, 34)", "rgb(236, 238, 240)")
    page.wait_for_function(has_ink, arg=light, timeout=5000)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(has_ink, arg=dark, timeout=5000)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(has_ink, arg=light, timeout=5000)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.wait_for_function(has_ink, arg=dark, timeout=5000)


def test_the_keyboard_reaches_the_content_first(browser, packs):
    page = open_page(browser, packs("empty").folder / "index.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


# --- links to a place, and tables to look through

def test_every_finding_leads_to_itself_by_keyboard_too(browser, packs):
    page = open_page(browser, packs("busy").folder / "mttr.html")
    assert page.locator(".ops-finding:not(:has(> .anchor))").count() == 0
    link = page.locator("#restore_times > .anchor")
    assert link.evaluate("e => getComputedStyle(e).opacity") == "0"
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_function("() => getComputedStyle(document.activeElement).opacity === '1'", timeout=5000)
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#restore_times"


@pytest.mark.long
def test_a_record_leads_to_its_line_on_the_forge_at_the_commit_that_was_read(visit):
    links = visit("demo", "follow_up_completion.html").locator("#oldest ~ .ops-scroll td a")
    assert links.count() == 10
    for link in links.all():
        path, line = link.inner_text().split(":")
        assert re.fullmatch(rf"https://git\.example\.com/acme/ops/src/[0-9a-f]{{40}}/{re.escape(path)}#L{line}", link.get_attribute("href"))


def test_without_a_forge_a_record_says_its_line(visit):
    cells = visit("busy", "mttr.html").locator("#longest ~ .ops-scroll td:last-child")
    assert cells.locator("a").count() == 0
    assert re.fullmatch(r"ops/incidents/[\w-]+\.md:\d+", cells.first.inner_text())


def column(table, place):
    return [cell.inner_text() for cell in table.locator(f"tbody tr:visible td:nth-child({place})").all()]


def press(table, head):
    table.locator(f"th button:text-is('{head}')").focus()
    table.page.keyboard.press("Enter")


def test_a_table_is_sorted_by_keyboard_and_says_so(browser, packs):
    """Lengths as lengths, days as days; the third press brings back the order that it had."""
    page = open_page(browser, packs("demo").folder / "mttr.html")
    table = page.locator("#longest ~ .ops-scroll table")
    written = column(table, 5)
    press(table, "restored after")
    assert table.locator("th[aria-sort]").evaluate_all("all => all.map(e => [e.innerText, e.ariaSort])") == [["restored after", "ascending"]]
    press(table, "started")
    days = [page.evaluate("text => Date.parse(text)", text) for text in column(table, 4)]
    assert days == sorted(days)
    press(table, "started")
    assert [page.evaluate("text => Date.parse(text)", text) for text in column(table, 4)] == sorted(days, reverse=True)
    press(table, "started")
    assert column(table, 5) == written
    assert table.locator("th[aria-sort]").count() == 0


@pytest.mark.parametrize(("cells", "ascending"), [
    (["10", "–", "9", "1,024", "-2"], ["-2", "9", "10", "1,024", "–"]),
    (["1 h 5 min", "50 min", "not known", "2 d", "30 s"], ["30 s", "50 min", "1 h 5 min", "2 d", "not known"]),
    (["1 Feb 2026", "28 Dec 2025", "–", "3 Feb 2026 09:05"], ["28 Dec 2025", "1 Feb 2026", "3 Feb 2026 09:05", "–"]),
    (["Q1 2026", "Q4 2025"], ["Q4 2025", "Q1 2026"]), (["Jan 2026", "Nov 2025"], ["Nov 2025", "Jan 2026"]),
    (["18 %", "9 %", "100 %"], ["9 %", "18 %", "100 %"]), (["▼ 3.5", "12", "0.4"], ["0.4", "▼ 3.5", "12"]),
    (["INC-10", "", "INC-9", "inc-1"], ["inc-1", "INC-9", "INC-10", ""]),
])  # fmt: skip
def test_what_is_not_known_comes_last_whichever_way_a_column_is_sorted(browser, packs, cells, ascending):
    page = open_page(browser, packs("empty").folder / "mttr.html")
    rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    page.locator("main").evaluate("(e, rows) => { e.innerHTML = `<table class='ops-table'><thead><tr><th>what</th></tr></thead><tbody>${rows}</tbody></table>` }", rows)
    page.evaluate((packs("empty").folder / "tables.js").read_text())
    table = page.locator("main table")
    press(table, "what")
    assert column(table, 1) == ascending
    press(table, "what")
    missing = [cell for cell in ascending if cell in ("", "–", "not known")]
    assert column(table, 1) == [*reversed([cell for cell in ascending if cell not in missing]), *missing]
    page.close()


def test_a_long_table_is_searched_and_tells_how_many_rows_it_shows(browser, packs):
    page = open_page(browser, packs("demo").folder / "decision_log.html")
    page.locator("details:has(.ops-search)").first.evaluate("e => { e.open = true }")
    table = page.locator("details[open] table").first
    every = table.locator("tbody tr").count()
    asked = table.locator("td").first.inner_text()
    page.locator("details[open]").get_by_label("Search").first.fill(asked.upper())
    shown = table.locator("tbody tr:visible")
    assert 0 < shown.count() < every
    assert page.locator("details[open] [role=status]").first.inner_text() == f"{shown.count()} of {every} rows"
    assert [row for row in shown.all_inner_texts() if asked not in row] == []
