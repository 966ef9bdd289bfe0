"""What `init` finds in a repository: folders by their names, others by what their files say, and no more than that."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsanalytics.scaffold.settings import find_places, write_settings
from opsanalytics.settings import parse_settings
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

OUTAGE = """# Checkout was slow

Severity: SEV-2
Start time: 2026-03-04 09:00 UTC

## Timeline
- 09:05 Detected: an alert
- 09:40 Resolved: rolled back
"""
CHOICE = "# Keep one queue\n\n## Status\n\nAccepted\n\n## Context\n\nTwo queues drift.\n\n## Decision\n\nOne.\n"
MINUTES = "# Guild\n\nDate: 2026-03-04\n\n## Present\n- Ana\n- Bo\n\n## Action items\n- [ ] Ask Cy\n"
PROSE = "# How we work\n\nDate: 2026-03-04\n\nWe talk to each other.\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def found(root: Path) -> list[tuple[str, str]]:
    return [(place.kind, place.path) for place in find_places(root)]


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("ops/incidents", "incidents"),
        ("handbook/engineering/Post-Mortems/2026", "incidents"),
        ("site/content/issues", "incidents"),
        ("services/billing/docs/adr", "decisions"),
        ("source/architecture_decision_records", "decisions"),
        ("admin/Meeting Notes/Week 3", "rituals"),
        ("retros", "rituals"),
    ],
)
def test_a_folder_that_is_named_for_a_kind_is_found_wherever_it_lies(tmp_path: Path, folder: str, kind: str):
    write(tmp_path, {f"{folder}/one.md": "# One\n"})
    ((said, path),) = found(tmp_path)
    assert said == kind
    assert folder.startswith(path)


@pytest.mark.parametrize(("text", "kind"), [(OUTAGE, "incidents"), (CHOICE, "decisions"), (MINUTES, "rituals")])
def test_a_folder_whose_name_says_nothing_is_told_by_its_files(tmp_path: Path, text: str, kind: str):
    write(tmp_path, {"handbook/box/one.md": text, "handbook/box/two.md": text, "handbook/box/README.md": PROSE})
    assert found(tmp_path) == [(kind, "handbook/box")]


def test_prose_is_no_record(tmp_path: Path):
    write(tmp_path, {"docs/one.md": PROSE, "docs/two.md": "# Two\n", "issues/bug.md": "# A bug\n"})
    assert found(tmp_path) == []


def test_tests_and_templates_of_other_people_are_passed_over(tmp_path: Path):
    write(tmp_path, {"tests/incidents/one.md": OUTAGE, "vendor/x/docs/adr/1.md": CHOICE, "templates/adr.md": CHOICE})
    assert found(tmp_path) == []


def test_what_is_found_loads_also_from_a_folder_with_signs_in_its_name(tmp_path: Path):
    write(tmp_path, {"a[1] {b}/outage*log/one.md": OUTAGE, "a[1] {b}/outage*log/two.md": OUTAGE, "ops/cadence.yml": "rituals: {}\n"})
    assert [str(place) for place in write_settings(tmp_path)] == [
        "ops/cadence.yml: 1 file as cadence",
        "a[1] {b}/outage*log: 2 files as incidents",
    ]
    assert load(read_workspace(tmp_path)).rows["incidents"] == 2


def test_each_kind_gets_its_own_places(tmp_path: Path):
    write(tmp_path, {f"{place}/2026-01-05-one.md": "# One\n" for place in ("ops/incidents", "docs/adr", "retros")})
    write_settings(tmp_path)
    records = parse_settings((tmp_path / "ops.yml").read_bytes())[0].records
    assert {kind: [glob.partition("/**")[0] for glob in globs] for kind, globs in records.items()} == {
        "incidents": ["ops/incidents"], "decisions": ["docs/adr"], "rituals": ["retros"],
    }  # fmt: skip


def settings_text(root: Path) -> str:
    write_settings(root)
    return (root / "ops.yml").read_text(encoding="utf-8")


def test_zone_and_date_order_are_what_the_records_show(tmp_path: Path):
    zoned = OUTAGE.replace("2026-03-04 09:00 UTC", "04/03/2026 09:00").replace("## Timeline", "All times in Europe/Madrid.\n\n## Timeline")
    write(tmp_path, {"incidents/one.md": zoned, "incidents/two.md": zoned.replace("04/03", "14/03")})
    settings = parse_settings(settings_text(tmp_path).encode())[0]
    assert (settings.zone, settings.date_order) == ("Europe/Madrid", "DMY")


def test_what_the_records_do_not_show_is_left_open(tmp_path: Path):
    write(tmp_path, {"incidents/one.md": OUTAGE.replace("2026-03-04 09:00 UTC", "04/03/2026 09:00")})
    settings = parse_settings(settings_text(tmp_path).encode())[0]
    assert (settings.zone, settings.date_order) == (None, None)
