"""The pack of the monthly retrospective, from files to pages in a browser, and the same pages of the quarter."""

import json
import re

import pytest
from test_browser import CHROMIUM, HOSTILE, browser, open_page, pytestmark
from test_pack import NOW, incident, make_database
from workspaces import first_of

from opsanalytics.errors import UsageError
from opsanalytics.packs.catalogue import PACKS
from opsanalytics.packs.make import make_pack
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

__all__ = ["CHROMIUM", "browser", "pytestmark"]
PAGES = ("index.html", "incident_stories.html", "retro_actions.html", "follow_up_completion.html", "promise_ledger.html", "ritual_health.html",
         "decision_log.html", "roadmap_objectives.html", "record_quality.html")  # fmt: skip
DRAWN = {"index.html": 3, "incident_stories.html": 0, "retro_actions.html": 1, "ritual_health.html": 2, "decision_log.html": 1,
         "roadmap_objectives.html": 1, "record_quality.html": 1}  # fmt: skip


def retrospective(day: str, *actions: str) -> str:
    items = "\n".join(f"- {action}" for action in actions)
    return f"# Retrospective {day}\n\nDate: {day}\nDuration: 58 min\nPresent: Ana, Bo\n\n## Top 3 improvements\n\n{items}\n"


def written(folder):
    """A workspace with a record of every kind, hostile text in some of it."""
    files = {
        "ops/cadence.yml": "rituals:\n  retrospective: {rrule: 'FREQ=MONTHLY;BYDAY=-1TH', timebox_minutes: 60, starts_on: 2026-08-27}\n",
        "ops/rituals/retrospective/2026-08-27.md": retrospective("2026-08-27", "[ ] Write the playbook — Bo — 2026-09-10"),
        "ops/rituals/retrospective/2026-09-24.md": retrospective("2026-09-24", f"[ ] {HOSTILE[0]} — Ana — 2026-10-01"),
        "ops/rituals/retrospective/2026-10-29.md": retrospective(
            "2026-10-29", f"[ ] {HOSTILE[0]} — Ana — 2026-11-10", "[x] Swap weeks — Bo — 2026-11-10 (done 2026-11-03)"),
        "ops/decisions/2026-001-one.md": f"# {HOSTILE[4]}\n\nStatus: proposed\nProposed: 2026-08-20\nOwner: Ana\n\n## Context\n\nSlow.\n",
        "ops/decisions/2026-002-two.md": "# Two\n\nStatus: accepted\nDecided: 2026-10-20\nSupersedes: 2026-099\n\n## Decision\n\nYes.\n",
        "ops/objectives/2026-Q4.md": "# Objectives of 2026-Q4\n\n## Calm nights — Ana\n\n- [ ] Pages a night — 4 -> 1 — 2\n",
        "ROADMAP.md": f"# Roadmap\n\n## Now\n\n- {HOSTILE[0]} — DRI: Ana\n- Split the queue\n\n## Later\n\n- ~~Fax~~\n",
        "rfcs/2026-10-queue.md": f"# {HOSTILE[2]}\n\nStatus: Open\nReview window: 2026-10-05 to 2026-10-19\n\n## Problem\n\nSlow.\n",
        "ops/runbooks/mail.md": f"# {HOSTILE[0]}\n\nLast reviewed: 2026-01-05\nReview every: 30 days\n\n## Rollback\n\n1. Back.\n",
        "ops/incidents/INC-1.md": incident("2026-10-05", title=HOSTILE[1], minutes=50),
        "ops/incidents/INC-2.md": incident("2026-10-21", title="Mail is late", minutes=5),
    }  # fmt: skip
    for name, text in files.items():
        path = folder / "acme" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load(read_workspace(folder / "acme"), database=folder / "ops.duckdb", now=NOW).database


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return written(tmp_path_factory.mktemp("monthly"))


@pytest.fixture(scope="module")
def month(database, tmp_path_factory):
    return make_pack("monthly-retro", database=database, reports=tmp_path_factory.mktemp("shelf") / "reports")


@pytest.fixture(scope="module")
def quarter(database, tmp_path_factory):
    return make_pack("quarterly-planning", database=database, reports=tmp_path_factory.mktemp("shelf") / "reports")


def numbers_of(pack):
    return {number["id"]: number["value"] for number in json.loads((pack.folder / "numbers.json").read_text())}


def test_it_covers_the_last_month_page_by_page(month):
    assert month.folder.name == "2026-10"
    assert month.pages == PAGES
    assert [page.removesuffix(".html") for page in month.pages[1:]] == list(PACKS["monthly-retro"].notebooks[1:])


def test_its_headline_numbers_are_those_of_the_record(month):
    numbers = numbers_of(month)
    assert numbers["retro_overview.incidents"] == 2
    assert numbers["retro_actions.last_improvements_done"] == 1
    assert numbers["retro_actions.improvements_came_back"] == 1
    assert numbers["decision_log.proposals_stale"] == 1
    assert numbers["decision_log.loose_links"] == 1
    assert numbers["ritual_health.rituals.held"] == 1
    assert numbers["roadmap_objectives.roadmap.without_dri"] == 1
    assert numbers["roadmap_objectives.rfcs_review_over"] == 1
    assert numbers["record_quality.runbooks_stale"] == 1
    assert numbers["record_quality.files_loaded"] == 12
    assert numbers["incident_stories.longest_minutes"] == 50


def test_its_first_page_has_the_stories_what_went_well_and_what_came_back(month):
    words = (month.folder / "index.html").read_text()
    assert 'href="incident_stories.html#longest"' in words
    assert "One improvement came back" in words
    assert numbers_of(month)["retro_overview.incidents_that_repeat"] == 0
    assert numbers_of(month)["retro_overview.decisions_needed"] == 2


@pytest.mark.long
def test_it_covers_the_days_since_the_last_retrospective(database, tmp_path):
    made = make_pack("monthly-retro", database=database, reports=tmp_path / "r", period="since-last-retrospective")
    assert made.folder.name == "2026-10-30..2026-11-22"
    assert numbers_of(made)["retro_overview.incidents"] == 0


def test_without_a_retrospective_it_says_what_brings_one(tmp_path):
    empty = make_database(tmp_path, {})
    with pytest.raises(UsageError, match="since-last-retrospective: none was held before 2026-11-22"):
        make_pack("monthly-retro", database=empty, reports=tmp_path / "r", period="since-last-retrospective")


@pytest.mark.long
def test_the_same_inputs_give_the_same_numbers(month, database, tmp_path):
    again = make_pack("monthly-retro", database=database, reports=tmp_path / "r", period="2026-10", output=tmp_path / "out")
    assert (again.folder / "numbers.json").read_bytes() == (month.folder / "numbers.json").read_bytes()


@pytest.mark.long
def test_the_quarter_says_what_was_promised_and_has_the_same_pages(quarter):
    words = (quarter.folder / "index.html").read_text()
    assert "What we promised for Q4 2026: 1 key result, running" in words
    assert numbers_of(quarter)["overview.key_results.running"] == 1
    assert {"retro_actions.html", "decision_log.html", "ritual_health.html", "incident_stories.html"} <= set(quarter.pages)


@pytest.mark.parametrize("page_name", first_of(PAGES))
def test_a_page_is_quiet_drawn_narrow_and_harmless(browser, month, page_name):
    page = open_page(browser, month.folder / page_name)
    drawn = page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(e => e.querySelectorAll('.main-svg .trace').length)")
    assert len(drawn) == DRAWN.get(page_name, len(drawn))
    assert min(drawn, default=1) >= 1
    assert re.findall(r"\b(?:NaN|nan|NaT|None(?! of)|undefined|Traceback)\b", page.locator("main").inner_text()) == []
    assert page.locator("main img, main script:not([type='application/json']), main a[href^='javascript']").count() == 0
    for width in (360, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width, timeout=5000)
    assert page.trouble == []
    page.close()


@pytest.mark.parametrize("page_name", first_of(PAGES))
def test_axe_finds_nothing_serious(browser, month, page_name):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(browser, month.folder / page_name)
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")] == []
    page.close()
