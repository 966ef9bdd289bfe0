"""What ops.yml may say, and what in it does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsanalytics.errors import WorkspaceError
from opsanalytics.packs.catalogue import PACKS
from opsanalytics.settings import OUR_PACKS, parse_settings
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace


@pytest.mark.parametrize(
    ("policy", "refused"),
    [
        ("follow_up_sla_days: {SEV-1: -7}", "2:31 policies.follow_up_sla_days.SEV-1: Input should be greater than or equal to 0"),
        ("follow_up_sla_days: {SEV-1: 99999999}", "2:31 policies.follow_up_sla_days.SEV-1: Input should be less than or equal to 3650"),
        ("postmortem_scheduled_hours: -1", "2:31 policies.postmortem_scheduled_hours: Input should be greater than 0"),
        ("postmortem_scheduled_hours: 0", "2:31 policies.postmortem_scheduled_hours: Input should be greater than 0"),
        ("postmortem_scheduled_hours: nan", "2:31 policies.postmortem_scheduled_hours: Input should be less than or equal to 87600"),
        ("postmortem_scheduled_hours: inf", "2:31 policies.postmortem_scheduled_hours: Input should be less than or equal to 87600"),
        ("postmortem_scheduled_hours: 1e300", "2:31 policies.postmortem_scheduled_hours: Input should be less than or equal to 87600"),
    ],
)
def test_a_time_that_nobody_can_be_given_is_refused(policy: str, refused: str) -> None:
    with pytest.raises(WorkspaceError) as error:
        parse_settings(f"policies:\n  {policy}\n".encode())
    assert str(error.value) == f"ops.yml:{refused}"


def test_a_follow_up_may_be_due_on_the_day_itself() -> None:
    assert parse_settings(b"policies: {follow_up_sla_days: {SEV-1: 0}}")[0].policies.follow_up_sla_days == {"SEV-1": 0}


def test_the_packs_that_a_schedule_may_name_are_ours() -> None:
    assert tuple(PACKS) == OUR_PACKS


class TestPlaces:
    """Of ops.yml, that hold no record."""

    @pytest.fixture
    def root(self, tmp_path: Path, write_incident) -> Path:
        write_incident(tmp_path)
        return tmp_path

    @pytest.mark.parametrize(
        ("records", "found"),
        [
            ("{incidents: [ops/incidents/*.md]}", []),
            ("{incidents: [gone/*.md, ops/incidents/*.md]}", []),
            ("{incidents: []}", []),
            ("{incidents: [ops/incident/*.md]}", ["records.incidents"]),
            ("{incidents: [ops/incidents/*.mdx], decisions: [adr/*.md]}", ["records.decisions", "records.incidents"]),
            ("{rituals: {standup: [notes/*.md], triage: [ops/incidents/*.md]}}", ["records.rituals.standup"]),
        ],
    )
    def test_each_list_of_globs_that_no_file_is_of_is_found(self, root: Path, records: str, found: list[str]) -> None:
        assert found == places_found(root, records)

    def test_a_file_makes_it_one_that_holds_something(self, root: Path) -> None:
        assert places_found(root, "{decisions: [adr/*.md]}") == ["records.decisions"]
        (root / "adr").mkdir()
        (root / "adr" / "1.md").write_text("# Slow\n\nStatus: accepted\n", encoding="utf-8")
        assert places_found(root, "{decisions: [adr/*.md]}") == []


def places_found(root: Path, records: str) -> list[str]:
    (root / "ops.yml").write_text(f"zone: UTC\nrecords: {records}\n", encoding="utf-8")
    found = [each["message"] for each in load(read_workspace(root)).findings if each["code"] == "OPS104"]
    return sorted(each.removesuffix("` matches no file that can be read").removeprefix("`") for each in found)
