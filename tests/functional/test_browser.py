"""Pages in a real browser, opened from file://: drawn, quiet, harmless, readable by everybody."""

import os
import shutil

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from test_pack import PAGES, incident, make_database, some_incidents

from opsanalytics.packs.make import make_pack

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
HOSTILE = ("<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "=cmd|'/C calc'!A0",
           '<a href="javascript:alert(1)">x</a>', "<svg onload=alert(1)>", "%{x} ${x} {{x}} <!channel>")  # fmt: skip
WORKSPACES = {
    "busy": some_incidents() | {f"HOSTILE-{place}": incident(f"2026-09-{place + 10}", "SEV-3", minutes=20 + place)
                                for place in range(len(HOSTILE))},
    "one": {"INC-1": incident("2026-11-04", "SEV-1")},
    "empty": {},
    "long ago": {"INC-1": incident("2023-11-04", "SEV-1")},
}  # fmt: skip
DRAWN = {"busy": {"index.html": 3, "mttr.html": 2, "severity_trends.html": 2, "slo_error_budgets.html": 0, "on_call_load.html": 0, "follow_up_completion.html": 3, "retro_actions.html": 0,
                  "promise_ledger.html": 0, "roadmap_objectives.html": 0, "decision_log.html": 0, "capacity_forecast.html": 0, "ritual_health.html": 0,
                  "incident_stories.html": 0, "restatements.html": 0, "founders_checklist.html": 0, "record_quality.html": 1, "mttr_definitions.html": 1}}  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and "CI" not in os.environ, reason="no chromium on this machine"),
]


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    """Each workspace's pack, built when it is first asked for."""
    built = {}

    def pack(name):
        if name not in built:
            folder = tmp_path_factory.mktemp("browser")
            database = make_database(folder, WORKSPACES[name])
            make_hostile(database)
            built[name] = make_pack("quarterly-planning", database=database, reports=folder / "reports", by="service")
        return built[name]

    return pack


def make_hostile(database):
    """Hostile text straight in the tables, as no reader may be trusted to keep it out."""
    with duckdb.connect(str(database)) as connection:
        for place, text in enumerate(HOSTILE):
            where = f"where source_path like '%HOSTILE-{place}.md'"
            connection.execute(f"update incidents set title = ? {where}", [text])
            connection.execute(f"update action_items set text = ?, owner = ? {where}", [text, text])
            connection.execute(f"update incident_services set service = ? {where}", [text])


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
        page.wait_for_function("document.querySelectorAll('.chart .main-svg').length > 0")
    return page


@pytest.mark.parametrize("page_name", PAGES)
@pytest.mark.parametrize("workspace", ["busy", "empty", *(pytest.param(name, marks=pytest.mark.long) for name in ("one", "long ago"))])
def test_a_page_is_quiet_and_says_what_it_cannot_draw(visit, workspace, page_name):
    page = visit(workspace, page_name)
    words = page.locator("main").inner_text()
    assert page.trouble == []
    assert [word for word in ("NaN", "nan ", "NaT", "None", "undefined", "Traceback") if word in words.split()] == []
    assert page.locator("h1").count() == 1
    assert page.locator(".chart").count() == page.locator(".js-plotly-plot").count()


@pytest.mark.parametrize("page_name", PAGES)
def test_charts_are_really_drawn(visit, page_name):
    page = visit("busy", page_name)
    drawn = page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(e => e.querySelectorAll('.main-svg .trace').length)")
    assert len(drawn) == DRAWN["busy"][page_name]
    assert min(drawn, default=1) >= 1


@pytest.mark.parametrize("page_name", PAGES)
def test_an_empty_workspace_is_told_in_words_without_a_chart(visit, page_name):
    page = visit("empty", page_name)
    assert page.locator(".chart").count() == 0
    assert "No " in page.locator("main").inner_text() or "holds no incident" in page.locator("main").inner_text()


@pytest.mark.parametrize("page_name", PAGES)
def test_hostile_text_is_shown_and_runs_nowhere(visit, page_name):
    """Shown as it is written, on hover as well."""
    page = visit("busy", page_name)
    for point in page.locator(".scatterlayer .point").all()[::4]:
        point.hover(force=True)
    assert page.locator("main img, main script:not([type='application/json']), main a[href^='javascript']").count() == 0
    assert page.trouble == []


def test_a_hostile_title_reads_as_it_was_written(visit):
    words = visit("busy", "index.html").locator("main").text_content()
    assert [text for text in HOSTILE if text not in words] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page_name", PAGES)
def test_axe_finds_nothing_serious(visit, page_name, scheme):
    page = visit("busy", page_name, scheme=scheme)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("page_name", PAGES)
@pytest.mark.parametrize("width", [360, 1920])
def test_no_page_is_wider_than_its_window(visit, page_name, width):
    page = visit("busy", page_name, width=width)
    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width, timeout=5000)


def test_the_answer_and_the_tiles_fit_one_screen(visit):
    page = visit("busy", "index.html")
    assert page.locator(".ops-tiles").evaluate("e => e.getBoundingClientRect().bottom") <= 800


def test_each_number_of_the_answer_links_to_its_figure(visit):
    page = visit("busy", "index.html")
    targets = [link.get_attribute("href") for link in page.locator(".ops-answer a").all()]
    assert targets == ["#weekly_incidents", "#restore_times", "#promises"]
    assert [page.locator(target).count() for target in targets] == [1, 1, 1]


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
