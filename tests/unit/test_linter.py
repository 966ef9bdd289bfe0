"""What the rules of the linter let pass, which tests/lint does not show."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from opsanalytics.kinds import KINDS
from opsanalytics.linter import Lint, lint, read_said
from opsanalytics.markup.links import missing_files
from opsanalytics.readers import read_record
from opsanalytics.readers.reading import Context
from opsanalytics.readers.vocabulary import Vocabulary

WORDS = Vocabulary()
TIMES = "Start Time (UTC): 2026-03-04 06:10\nDetected: 2026-03-04 06:25 UTC\nMitigated: 2026-03-04 07:00 UTC\nResolved: 2026-03-04 08:40 UTC\n"


def found(
    text: str, code: str, kind: str = "incidents", path: str = "ops/incidents/a.md", now: datetime = datetime(2026, 10, 1), zone: str = "UTC"
) -> list[str]:
    context = Context(WORDS, zone=ZoneInfo(zone))
    reading = read_record(KINDS[kind], path, text.encode(), context)
    record = Lint(reading.rows, {path: read_said(path, text, WORDS)}, {path: reading.stated}, set(), context, now)
    return [f"{each.line}:{each.col}" for each in lint(record) if each.code == code]


def test_days_are_those_of_the_workspace() -> None:
    """At noon UTC the second of March has begun in Auckland."""
    service = {"service": "ovens", "retired_on": date(2026, 3, 2), "source_path": "ops/services.yml", "source_line": 3}
    said = [
        [each.code for each in lint(Lint({"services": [service]}, {}, {}, set(), Context(WORDS, zone=ZoneInfo(zone)), datetime(2026, 3, 1, 12)))]
        for zone in ("Pacific/Auckland", "UTC")
    ]
    assert said == [[], ["OPS152"]]


class TestDurations:
    @pytest.mark.parametrize(
        "line",
        [
            "Time to mitigation: 50 minutes",  # from the start
            "Time to repair: 35 minutes",  # from the detection
            "Time to recovery: 2h30",
            "Time to resolution: 2 hours 15 minutes",
            "Duration: 150",  # no unit, so it says nothing
            "Duration: 49 minutes",  # within a minute
            "Duration: 2 hours",  # whole hours: 2 h 15 min and less is rounded to them
            "Duration: 2.5 hours",
            "Duration: ~3 hours",
            "Duration: ~45 minutes",
            "Duration: 20 minutes (support hours)",
            "Duration (business hours): 20 minutes",
            "Duration: up to 5 hours",
            "Duration: unknown",
        ],
    )
    def test_one_that_fits_some_start_and_the_end_it_names(self, line: str) -> None:
        assert found(TIMES + line, "OPS114") == []

    @pytest.mark.parametrize(
        ("line", "place"),
        [
            ("Time to mitigation: 2 hours 30 minutes", "5:21"),  # that is the time to resolution
            ("Time to resolution: 50 minutes", "5:21"),
            ("Duration: 2 hours 27 minutes", "5:11"),
            ("Duration: 5 hours", "5:11"),
            ("Duration: ~5 hours", "5:11"),
            ("Duration (minutes): 152", "5:21"),
            ("**Downtime:** PT4H", "5:15"),
        ],
    )
    def test_one_that_fits_none_is_found_where_it_is_stated(self, line: str, place: str) -> None:
        assert found(TIMES + line, "OPS114") == [place]

    def test_a_rule_that_is_stated_once_holds_for_all(self) -> None:
        text = f"{TIMES}Duration: 20 minutes\n\nDurations are counted in business hours.\n"
        assert found(text, "OPS114") == []

    def test_each_that_a_file_states_is_looked_at(self) -> None:
        assert found(f"{TIMES}Time to mitigation: 50 minutes\nTime to resolution: 5 hours\n", "OPS114") == ["6:21"]

    def test_a_time_that_is_about_right_is_taken_for_about_right(self) -> None:
        text = "Start Time (UTC): around 2026-03-04 06:10\nResolved: 2026-03-04 08:40 UTC\nDuration: 140 minutes\n"
        assert found(text, "OPS114") == []

    def test_without_a_start_or_an_end_any_two_entries_will_do(self) -> None:
        timeline = "## Timeline\n\n- 2026-03-04 06:10 UTC new recipes sent\n- 06:25 ovens cold\n- 07:00 recipes of last night sent\n"
        assert found(f"{timeline}\n## Stats\n\n- Time to recovery: 50 minutes\n", "OPS114") == []
        assert found(f"{timeline}\n## Stats\n\n- Time to recovery: 42 minutes\n", "OPS114") == ["9:21"]

    def test_a_recovery_does_not_end_where_somebody_is_told(self) -> None:
        timeline = "## Timeline\n\n- 2026-03-04 06:10 UTC new recipes sent\n- 06:25 platform team informed of cold ovens\n- 07:00 ovens work as usual\n"
        assert found(f"{timeline}\n## Stats\n\n- Time to recovery: 15 minutes\n", "OPS114") == ["9:21"]


class TestSections:
    def test_a_post_on_a_status_page_owes_none(self) -> None:
        post = "---\ntitle: Ovens cold\ndate: 2026-03-04T06:10:00Z\nresolved: true\nresolvedWhen: 2026-03-04T08:40:00Z\nseverity: down\n---\n\n"
        assert found(post + "We are looking into it.\n", "OPS131") == []
        assert found(post + "## Timeline\n\n- 2026-03-04 06:25 UTC ovens cold\n", "OPS131") == []

    @pytest.mark.parametrize("said", ["None.", "n/a", "Unknown", "see below\n\n### Impact on plants\n\nAll of them."])
    def test_an_answer_is_an_answer(self, said: str) -> None:
        text = f"{TIMES}\n## Impact\n\n{said}\n\n## Root Cause\n\nA full disk.\n\n## Follow-ups\n\nNone\n"
        assert found(text, "OPS131") == []

    @pytest.mark.parametrize("said", ["", "TBD", "…", "<describe the impact>", "- Plants:"])
    def test_what_the_template_left_is_none(self, said: str) -> None:
        text = f"{TIMES}\n## Impact\n\n{said}\n\n## Root Cause\n\nA full disk.\n\n## Follow-ups\n\nNone\n"
        assert found(text, "OPS131") == ["6:4"]

    def test_an_open_incident_owes_no_cause_yet(self) -> None:
        text = "Start Time (UTC): 2026-03-04 06:10\n\n## Impact\n\nAll plants.\n\n## Timeline\n\n- 06:25 ovens cold\n"
        assert found(text, "OPS131") == []

    def test_a_proposed_decision_owes_no_decision_yet(self) -> None:
        text = "# 1. Ovens by name\n\nStatus: {}\n\n## Context\n\nTwo plants count from one.\n\n## Decision\n\n## Consequences\n\nNew labels.\n"
        said = {status: found(text.format(status), "OPS131", "decisions", "docs/adr/0001-a.md") for status in ("proposed", "accepted")}
        assert said == {"proposed": [], "accepted": ["9:4"]}


class TestChronology:
    def test_a_long_incident_is_no_slip(self) -> None:
        text = "Start Time (UTC): 2026-03-04 06:10\nDetected: 2026-03-05 06:10 UTC\nResolved: 2026-05-20 06:10 UTC\n"
        assert found(text, "OPS134") == []

    def test_a_field_that_all_others_contradict_is_one(self) -> None:
        text = TIMES.replace("Mitigated: 2026-03", "Mitigated: 2026-02")
        assert found(text, "OPS134") == ["3:12"]

    def test_a_cause_from_long_ago_is_none(self) -> None:
        text = f"{TIMES}\n## Timeline\n\n- 2026-01-19 12:00 UTC the copy is set up\n- 2026-03-04 06:25 UTC ovens cold\n"
        assert found(text, "OPS134") == []

    def test_a_start_that_the_whole_timeline_contradicts_is_one(self) -> None:
        text = "Date: 2026-10-10\n\n## Timeline\n\n- 2026-05-10 12:00 UTC ovens cold\n- 2026-05-10 12:40 UTC ovens hot\n"
        assert found(text, "OPS134") == ["1:7"]

    def test_a_file_may_be_named_for_the_day_of_its_writing(self) -> None:
        assert found("Start Time (UTC): 2026-03-04 06:10\n", "OPS134", path="ops/incidents/2026-04-17-cold-ovens.md") == []
        assert found("Start Time (UTC): 2026-03-04 06:10\n", "OPS134", path="ops/incidents/2026-04-04-cold-ovens.md") == ["1:19"]


class TestPromises:
    @pytest.mark.parametrize("text", ["Jonas will ask the vendor", "@jonas to ask the vendor", "The vendor has been asked"])
    def test_words_that_name_somebody_or_say_that_it_is_kept(self, text: str) -> None:
        assert found(f"{TIMES}\n## Follow-ups\n\n- {text}\n", "OPS132") == []

    def test_what_is_done_owes_nothing(self) -> None:
        assert found(f"{TIMES}\n## Follow-ups\n\n- [x] Ask the vendor\n", "OPS133") == []


def missing(text: str, files: Iterable[str] = ()) -> list[str]:
    links = read_said("ops/incidents/a.md", text, WORDS).links
    return sorted(missing_files((target for _, _, target in links), set(files).__contains__))


class TestLinks:
    @pytest.mark.parametrize(
        ("text", "target"),
        [
            ("[a](b.md)", "ops/incidents/b.md"),
            ("[a](../b.md#part)", "ops/b.md"),
            ('![a](b%20c.png "title")', "ops/incidents/b c.png"),
            ("[a](<b c.pdf>)", "ops/incidents/b c.pdf"),
            ("see [a]\n\n[a]: ./b.md", "ops/incidents/b.md"),
        ],
    )
    def test_files_are_looked_up_beside_the_file(self, text: str, target: str) -> None:
        assert missing(text) == [target]
        assert missing(text, [target]) == []

    @pytest.mark.parametrize(
        "text",
        ["[a](https://example.org/b.md)", "[a](/b.md)", "[a](../../../b.md)", "[a](#b.md)", "[a](b)", "[a]({{ b }}.md)",
         "`[a](b.md)`", "```\n[a](b.md)\n```", "<!-- [a](b.md) -->", "<!--\n[a](b.md)\n-->"],
    )  # fmt: skip
    def test_what_is_no_file_of_the_workspace_is_not(self, text: str) -> None:
        assert missing(text) == []


class TestTimesToCome:
    @pytest.mark.parametrize(
        ("text", "places"),
        [
            ("Start Time: 2027-03-04 14:02\n", ["1:13"]),
            ("Start Time: 2026-10-02\n", ["1:13"]),
            ("Date: 2026-10-02\n", ["1:7"]),
            ("Start Time: 2026-10-01 23:59\n", []),  # today
            ("Start Time: 2026-03-04 14:02\nResolved: 2027-03-04 15:02\n", ["2:11"]),
            ("Start Time: 2026-09-30 14:02\n\n## Timeline\n\n- 14:05 detected\n- 2026-11-01 15:00 resolved\n", ["6:1"]),
            ("# Upgrade\n\nKind: maintenance\nStart Time: 2027-03-04 14:02\n", []),
            ("# Game day\n\nKind: drill\nStart Time: 2027-03-04 14:02\n", []),
        ],
    )
    def test_what_has_happened_is_not_of_a_later_day(self, text: str, places: list[str]) -> None:
        assert found(text, "OPS111", now=datetime(2026, 10, 1, 9)) == places

    def test_a_day_is_the_workspace_s(self) -> None:
        text = "Start Time: 2026-10-02 01:00\n"
        assert found(text, "OPS111", now=datetime(2026, 10, 1, 20), zone="Asia/Tokyo") == []
        assert found(text, "OPS111", now=datetime(2026, 10, 1, 14), zone="Asia/Tokyo") == ["1:13"]

    def test_as_of_the_end_of_a_day_nobody_can_tell(self) -> None:
        assert found("Start Time: 2027-03-04 14:02\n", "OPS111", now=datetime(2026, 9, 30, 23, 59, 59)) == []
        assert found("Start Time: 2027-03-04 14:02\n", "OPS111", now=datetime(2026, 9, 30, 21, 59, 59), zone="Europe/Paris") == []
