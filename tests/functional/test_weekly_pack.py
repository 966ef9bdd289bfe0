"""The pack of the weekly on-call review, from files to pages."""

import json

import pytest
from test_pack import incident, make_database

from opsanalytics.packs.make import make_pack

PAGES = ("index.html", "on_call_load.html", "slo_error_budgets.html", "incident_stories.html", "follow_up_completion.html", "promise_ledger.html",
         "record_quality.html")  # fmt: skip


def numbers_of(pack):
    return {number["id"]: number["value"] for number in json.loads((pack.folder / "numbers.json").read_text())}


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """Seen on Sunday 22 November 2026: the last whole week is that from the 9th."""
    files = {f"INC-{day}": incident(f"2026-11-{day}", minutes=30) for day in ("03", "10", "12", "17")}
    database = make_database(tmp_path_factory.mktemp("weekly"), files)
    return make_pack("weekly-oncall", database=database, reports=tmp_path_factory.mktemp("shelf") / "reports")


def test_it_covers_the_last_whole_week_page_by_page(week):
    assert (week.folder.name, week.pages) == ("2026-W46", PAGES)


def test_its_headline_numbers_are_those_of_the_record(week):
    """Each incident has one promise open since its own day, and one of four was in the week before."""
    numbers = numbers_of(week)
    assert {name: numbers[f"oncall_overview.{name}"] for name in (
        "incidents_of_week", "seen_by_customers_first", "repeats", "promises_overdue", "promises_due_soon")} == {
        "incidents_of_week": 2, "seen_by_customers_first": 2, "repeats": 0, "promises_overdue": 4, "promises_due_soon": 0}  # fmt: skip


def test_what_is_not_on_record_is_said_with_the_file_that_brings_it(week):
    words = (week.folder / "index.html").read_text()
    assert "ops/pages.csv brings them" in words
    assert "no budget is on record" in words
    assert "ops/slo.yml brings objectives" in words
    assert "whether that is a surprise cannot be told yet" in words
