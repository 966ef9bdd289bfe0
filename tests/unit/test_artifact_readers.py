"""RFCs, roadmaps, runbooks and onboarding plans: words and forms that golden folders do not show."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from opsanalytics.kinds import KINDS
from opsanalytics.markup.blocks import parse_blocks
from opsanalytics.readers import read_record
from opsanalytics.readers.outline import outline
from opsanalytics.readers.reading import Context, Reading
from opsanalytics.readers.services import resolve_services
from opsanalytics.readers.stretches import days_of
from opsanalytics.readers.vocabulary import Vocabulary
from opsanalytics.tables import RFC_STATUSES

WORDS = Vocabulary()
PATHS = {"rfcs": "rfcs/0007-queue.md", "roadmap": "ROADMAP.md", "runbooks": "ops/runbooks/labels.md", "onboarding": "ops/onboarding/bo.md"}


def read(kind: str, text: str, path: str | None = None) -> Reading:
    return read_record(KINDS[kind], path or PATHS[kind], text.encode(), Context(WORDS))


def row(kind: str, text: str, path: str | None = None) -> dict[str, Any]:
    (only,) = read(kind, text, path).rows[KINDS[kind].table]
    return only


class TestRfc:
    @pytest.mark.parametrize(
        ("said", "status"),
        [
            ("Draft", "draft"), ("🚧 WIP", "draft"), ("proposed", "open"), ("exploring", "open"), ("Final comment period", "open"),
            ("In review until Friday", "open"), ("Approved with changes", "accepted"), ("**Accepted**", "accepted"),
            ("ready-for-release", "implemented"), ("released", "implemented"), ("recommended", "implemented"), ("Shipped in 3.2", "implemented"),
            ("closed", "rejected"), ("Declined", "rejected"), ("Abandoned", "withdrawn"), ("Deferred to 2027", "deferred"),
            ("Superseded by 0012", "superseded"), ("discontinued", "deprecated"), ("Draft / Open / Accepted", None), ("TBD", None),
        ],
    )  # fmt: skip
    def test_status_is_what_its_first_words_say(self, said: str, status: str | None) -> None:
        reading = read("rfcs", f"# Queue\n\nStatus: {said}\n\n## Summary\nOne.\n")
        assert (reading.rows["rfcs"][0].get("status"), reading.findings) == (status, [])

    def test_every_status_has_a_word(self) -> None:
        assert set(WORDS.group("rfc_status").values()) == set(RFC_STATUSES)

    @pytest.mark.parametrize(
        ("line", "ends_on"),
        [
            ("Review window: 2026-03-02 to 2026-03-16", date(2026, 3, 16)), ("Review window: until 2026-03-16", date(2026, 3, 16)),
            ("Comments due: 16 March 2026", date(2026, 3, 16)), ("Review by: 2026-03-16", date(2026, 3, 16)), ("Review period: 14 days", None),
        ],
    )  # fmt: skip
    def test_review_ends_on_a_day_that_is_stated(self, line: str, ends_on: date | None) -> None:
        reading = read("rfcs", f"# Queue\n\nStatus: open\n{line}\n")
        assert (reading.rows["rfcs"][0]["review_ends_on"], reading.findings) == (ends_on, [])

    @pytest.mark.parametrize(
        ("path", "heading", "expected"),
        [
            ("rfcs/0012-x.md", "RFC 12: Queue", ("RFC 12", "Queue")), ("rfcs/x.md", "[RFC-0012] Queue", ("RFC-0012", "Queue")),
            ("rfcs/0013-x.md", "RFC 12: Queue", ("rfcs/0013-x", "RFC 12: Queue")), ("rfcs/x.md", "RFC: Queue", ("rfcs/x", "Queue")),
            ("rfcs/0014-x.md", "Summary", ("rfcs/0014-x", "rfcs/0014-x")), ("rfcs/x.md", "Proposal: Queue", ("rfcs/x", "Proposal: Queue")),
        ],
    )  # fmt: skip
    def test_id_and_title_are_those_of_the_heading(self, path: str, heading: str, expected: tuple[str, str]) -> None:
        said = row("rfcs", f"# {heading}\n\nStatus: open\n", path)
        assert (said["rfc_id"], said["title"]) == expected

    def test_body_says_nothing_of_the_header(self) -> None:
        said = read("rfcs", "# Queue\n\n## Summary\n\nOne queue.\n\n## Answers\n\nStatus: 200\nAuthor: the caller\nCreated: 2026-01-01\n")
        assert {said.rows["rfcs"][0].get(name) for name in ("status", "status_raw", "author", "opened_on")} == {None}
        assert said.rows["record_fields"] == []


class TestRoadmap:
    @pytest.mark.parametrize(
        ("heading", "horizon", "section"),
        [
            ("## Now", "now", None), ("## 🚀 NOW", "now", None), ("# Now", "now", None), ("**Now**", "now", None), ("Now:", "now", None),
            ("## Now (in progress)", "now", None), ("## Up next", "next", None), ("## Soon", "next", None), ("## Someday", "later", None),
            ("## Recently shipped", "done", None), ("## Q3 2026", None, "Q3 2026"), ("## 2026 Q3: faster", None, "2026 Q3: faster"),
            ("## v1.2", None, "v1.2"), ("## September", None, "September"), ("## Q3 2026 (now)", "now", "Q3 2026 (now)"),
            ("## Jetzt", "now", None), ("## Plus tard", "later", None),
        ],
    )  # fmt: skip
    def test_horizon_is_told_by_the_heading(self, heading: str, horizon: str | None, section: str | None) -> None:
        reading = read("roadmap", f"{heading}\n\n- Faster search\n")
        assert [each["horizon"] for each in reading.rows["roadmap_items"]] == [horizon]
        assert [each["value"] for each in reading.rows["record_fields"]] == ([section] if section else [])

    @pytest.mark.parametrize(
        ("entry", "title", "dri", "due_on", "status"),
        [
            ("- Search — Ana — 2026-09-30", "Search", "Ana", date(2026, 9, 30), "open"), ("- Search @ana", "Search", "ana", None, "open"),
            ("- Search (DRI: Ana)", "Search", "Ana", None, "open"), ("- [x] Search", "Search", None, None, "done"),
            ("- ~~Search~~", "Search", None, None, "done"), ("- ~~Search~~ — Ana", "Search", "Ana", None, "done"),
            ("- Search (done)", "Search", None, None, "done"), ("- ✅ Search", "Search", None, None, "done"),
            ("- Search (dropped: nobody asked)", "Search", None, None, "dropped"), ("- **Search**: find it faster", "Search", None, None, "open"),
            ("- **Find** it faster", "Find it faster", None, None, "open"), ("- [Search](rfcs/0007.md)", "Search", None, None, "open"),
            ("- Search — Ana — Q4 2026", "Search", "Ana", None, "open"), ("- Search — TBD", "Search", None, None, "open"),
        ],
    )  # fmt: skip
    def test_entry_tells_its_owner_day_and_state(self, entry: str, title: str, dri: str | None, due_on: date | None, status: str) -> None:
        reading = read("roadmap", f"# Roadmap\n\n## Now\n\n{entry}\n")
        (said,) = reading.rows["roadmap_items"]
        assert (said["title"], said["dri"], said["due_on"], said["status"]) == (title, dri, due_on, status)
        assert reading.findings == []

    @pytest.mark.parametrize(
        "text",
        [
            "Moved to [the board](https://boards.example).", "# Roadmap\n\nThis document has been moved to <https://boards.example>.\n",
            "See <https://boards.example/roadmap>.",
        ],
    )  # fmt: skip
    def test_file_that_points_elsewhere_is_passed_over(self, text: str) -> None:
        assert read("roadmap", text).ignored == "moved elsewhere"

    def test_introduction_contents_and_asides_are_no_items(self) -> None:
        text = ("# Roadmap\n\nWe want two things:\n\n- sleep\n- speed\n\n## Contents\n\n- [Now](#now)\n\n## Legend\n\n- ✅ done\n\n"
                "## Now\n\nWhat hurts most.\n\n- Search\n\n## How we decide\n\n- by votes\n")  # fmt: skip
        assert [each["title"] for each in read("roadmap", text).rows["roadmap_items"]] == ["Search"]

    def test_without_a_heading_for_time_every_entry_is_an_item(self) -> None:
        reading = read("roadmap", "# Roadmap\n\n## Shop\n\n- Search\n- Refunds\n\n## Depot\n\n- Lockers\n")
        assert [(each["horizon"], each["title"]) for each in reading.rows["roadmap_items"]] == [(None, "Search"), (None, "Refunds"), (None, "Lockers")]
        assert [each["value"] for each in reading.rows["record_fields"]] == ["Shop", "Shop", "Depot"]


class TestRunbook:
    @pytest.mark.parametrize(
        ("body", "has_playbook", "has_rollback"),
        [
            ("## Mitigation steps\nRestart.", True, False), ("## How to fix it\n- Restart", True, False), ("**Steps:**\n\nRestart.", True, False),
            ("## Meaning\nSlow.", False, False), ("1. Stop\n2. Start", True, False), ("```\nrestart\n```", True, False),
            ("- [ ] Stop\n- [ ] Start", True, False), ("## Diagnosis\n\n## Impact\nSlow.", False, False), ("## Rollback plan\nGo back.", False, True),
            ("## Rolling back\n### A release\nGo back.", False, True), ("- Rollback: `deploy previous`", False, True), ("Rollback: TBD", False, False),
            ("| Rollback | deploy previous |\n|---|---|", False, False), ("| What | How |\n|---|---|\n| Rollback | go back |", False, True),
        ],
    )  # fmt: skip
    def test_it_holds_what_a_section_with_words_in_it_says(self, body: str, has_playbook: bool, has_rollback: bool) -> None:
        said = row("runbooks", f"# Labels\n\nPrints labels.\n\n{body}\n")
        assert (said["has_playbook"], said["has_rollback"]) == (has_playbook, has_rollback)

    @pytest.mark.parametrize(
        ("said", "days"),
        [("90 days", 90), ("every 90 days", 90), ("6 months", 183), ("Every month", 30), ("quarterly", 91), ("once a year", 365), ("2 weeks", 14)],
    )
    def test_review_comes_again_after_days(self, said: str, days: int) -> None:
        assert days_of(said, WORDS) == days

    @pytest.mark.parametrize("said", ["twice a year", "12 hours", "soon", "", "every"])
    def test_what_is_no_number_of_days_is_refused(self, said: str) -> None:
        with pytest.raises(ValueError, match="`"):
            days_of(said, WORDS)

    @pytest.mark.parametrize(
        ("path", "text", "service"),
        [
            ("ops/runbooks/labels.md", "", "labels"), ("ops/runbooks/label-printing.md", "", "labels"), ("ops/runbooks/labels-runbook.md", "", "labels"),
            ("ops/runbooks/labels/restart.md", "", "labels"), ("ops/runbooks/restart.md", "", None), ("ops/runbooks/labels-are-late.md", "", None),
            ("ops/runbooks/labels.md", "Service: Label printing\n", "labels"), ("ops/runbooks/labels.md", "Service: rates\n", "rates"),
            ("ops/runbooks/labels.html.md", "", "labels"),
        ],
    )  # fmt: skip
    def test_service_is_the_stated_one_else_the_known_one_it_is_named_for(self, path: str, text: str, service: str | None) -> None:
        rows = read("runbooks", f"# R\n\n{text}\n## Steps\nRestart.\n", path).rows
        rows["services"] = [{"service": "labels", "aliases": ("label printing",)}]
        resolve_services(rows)
        assert rows["runbooks"][0]["service"] == service

    def test_without_a_services_file_a_name_is_only_a_name(self) -> None:
        assert row("runbooks", "# Labels\n\n## Steps\nRestart.\n")["service"] is None


class TestOnboarding:
    @pytest.mark.parametrize(
        ("heading", "is_stretch"),
        [
            ("First week", True), ("First day", True), ("Week 2: Context", True), ("Days 31–60", True), ("Day one", True), ("By the end of month 3", True),
            ("Before day 1 (manager)", True), ("Preboarding", True), ("90 Days", True), ("Erste Woche", True), ("Premier jour", True),
            ("Meetings", False), ("The working week", False), ("Questions for the first month?", False),
        ],
    )  # fmt: skip
    def test_entries_under_a_stretch_of_days_are_promised(self, heading: str, is_stretch: bool) -> None:
        reading = read("onboarding", f"# Plan\n\nRole: Engineer\n\n## {heading}\n\n- Meet support\n")
        assert [each["text"] for each in reading.rows["action_items"]] == (["Meet support"] if is_stretch else [])

    def test_day_is_due_only_where_it_is_stated(self) -> None:
        reading = read("onboarding", "# Plan\n\nStart date: 2026-05-04\n\n## 30 days\n\n- Ship\n- Demo — Ana — 2026-06-01\n")
        assert [(each["created_on"], each["due_on"]) for each in reading.rows["action_items"]] == [
            (date(2026, 5, 4), None), (date(2026, 5, 4), date(2026, 6, 1)),
        ]  # fmt: skip


def test_outline_is_a_tree_of_headings() -> None:
    root = outline(parse_blocks("a\n\n# One\n\n### Deep\n\nb\n\n## Two\n\n- c\n\n# Three\n"))
    assert [(each.level, each.text) for each in root.walk()] == [(0, ""), (1, "One"), (3, "Deep"), (2, "Two"), (1, "Three")]
    assert list(root.raws()) == ["a", "b", "- c"]
