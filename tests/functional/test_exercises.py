"""The chapter's exercises, walked with the shipped templates: "write a two-page operating cadence; add an incident
template and run a tabletop incident; create an onboarding checklist and a 30/60/90 plan"."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

Run = Callable[..., object]


def fill(path: Path, *pairs: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after, 1)
    path.write_text(text, encoding="utf-8")


def asked(run: Run, root: Path, sql: str) -> list[dict[str, object]]:
    return json.loads(run("query", sql, "--format", "json", cwd=root).out)


def test_an_operating_cadence_is_a_promise_that_is_kept_or_missed(opsanalytics: Run, tmp_path: Path) -> None:
    path = tmp_path / opsanalytics("new", "cadence", cwd=tmp_path).out.strip()
    assert path == tmp_path / "ops/cadence.yml"
    rituals = asked(opsanalytics, tmp_path, "select ritual, rrule, timebox_minutes from rituals order by ritual")
    assert {row["ritual"] for row in rituals} == {
        "standup", "triage", "ship-review", "oncall-sync", "product-council", "retrospective", "planning",
    }  # fmt: skip
    assert all(row["rrule"] and row["timebox_minutes"] for row in rituals)
    assert opsanalytics("check", cwd=tmp_path).code == 0


def test_a_tabletop_incident_never_enters_a_restore_time(opsanalytics: Run, tmp_path: Path) -> None:
    path = tmp_path / opsanalytics("new", "incident", "--title", "Tabletop: the database is gone", cwd=tmp_path).out.strip()
    fill(path, ("Start Time (UTC):", "Kind: tabletop\nStart Time (UTC): 2026-09-10 13:00"), ("SEV-1 | SEV-2 | SEV-3", "SEV-1"),
         ("monitor | customer | on-call | other", "other"), ("T0 detection:", "T0 detection: 13:05"),
         ("T+Z resolved:", "T+40 resolved: restored from the backup"))  # fmt: skip
    (row,) = asked(opsanalytics, tmp_path, "select kind, is_counted, not_counted_reason, time_to_resolve_minutes as minutes from incident_facts")
    assert row == {"kind": "drill", "is_counted": False, "not_counted_reason": "kind is drill", "minutes": 45.0}
    for name in ("time_to_restore", "time_to_resolve", "time_to_mitigate"):
        rows = json.loads(opsanalytics("metrics", name, "--json", cwd=tmp_path).out)["rows"]
        assert all(each["n"] == 0 and each["value"] is None for each in rows)
        assert rows[0]["n_excluded"] == 1


def test_a_retrospective_shows_what_the_last_one_promised(opsanalytics: Run, tmp_path: Path) -> None:
    first = tmp_path / "ops/rituals/retrospective/2026-08-28.md"
    first.parent.mkdir(parents=True)
    first.write_text("# Retrospective\n\nDate: 2026-08-28\n\n## Top 3 improvements\n"
                     "- [ ] Rotate the keys — Ana — 2026-09-11\n- [x] Write the runbook — Bo — 2026-09-11 (done 2026-09-09)\n",
                     encoding="utf-8")  # fmt: skip
    path = tmp_path / opsanalytics("new", "retrospective", cwd=tmp_path).out.strip()
    text = path.read_text(encoding="utf-8")
    assert "- [ ] Rotate the keys — Ana — 2026-09-11" in text
    assert "- [x] Write the runbook — Bo — 2026-09-11" in text
    fill(path, ("- [ ] Action — Owner — Due", "- [ ] Rotate the keys — Ana — 2026-12-18"))
    rows = asked(opsanalytics, tmp_path, "select text, carried_from is not null as carried from action_items order by action_id")
    assert rows[-1] == {"text": "Rotate the keys", "carried": True}
    owed = json.loads(opsanalytics("due", "--json", cwd=tmp_path).out)
    assert [(each["text"], each["carried"], each["promised_on"]) for each in owed] == [("Rotate the keys", 1, "2026-08-28")]
    assert owed[0]["last_seen_path"] == path.relative_to(tmp_path).as_posix()
    assert owed[0]["age_days"] >= (date.fromisoformat(owed[0]["last_seen_on"]) - date(2026, 8, 28)).days


def test_an_onboarding_plan_is_promises_that_keep_their_section(opsanalytics: Run, tmp_path: Path) -> None:
    path = tmp_path / opsanalytics("new", "onboarding", "--title", "Onboarding of Bo", cwd=tmp_path).out.strip()
    assert path == tmp_path / "ops/onboarding/onboarding-of-bo.md"
    fill(path, ("Role:", "Role: Engineer | Manager: Ana"), ("- [ ] Ship a small change", "- [x] Ship a small change"))
    assert asked(opsanalytics, tmp_path, "select plan_id, role, person, manager from onboarding_plans") == [
        {"plan_id": "ops/onboarding/onboarding-of-bo", "role": "Engineer", "person": "Bo", "manager": "Ana"}
    ]
    rows = asked(opsanalytics, tmp_path, "select section, count(*) as n, count(*) filter (where status = 'done') as done "
                 "from action_items where origin_kind = 'onboarding' group by section order by min(position)")  # fmt: skip
    assert rows == [
        {"section": "checklist", "n": 4, "done": 0}, {"section": "30 days", "n": 3, "done": 1},
        {"section": "60 days", "n": 3, "done": 0}, {"section": "90 days", "n": 3, "done": 0},
    ]  # fmt: skip
    assert len(json.loads(opsanalytics("due", "--json", cwd=tmp_path).out)) == 12


def test_the_chapters_own_plan_is_read(opsanalytics: Run, tmp_path: Path) -> None:
    path = tmp_path / "ops/onboarding/ana.md"
    path.parent.mkdir(parents=True)
    path.write_text("Role: Analyst | Manager: Bo\n\n30 Days\n- Objectives: ship one report\n- Deliverables:\n\n60 Days\n"
                    "- Objectives: own a runbook\n", encoding="utf-8")  # fmt: skip
    rows = asked(opsanalytics, tmp_path, "select section, text from action_items order by position")
    assert rows[0] == {"section": "30 days", "text": "Objectives: ship one report"}
    assert {"section": "60 days", "text": "Objectives: own a runbook"} in rows
    assert "Deliverables:" not in {row["text"] for row in rows}


def test_a_decision_gets_the_next_number_and_is_proposed(opsanalytics: Run, tmp_path: Path) -> None:
    paths = [Path(opsanalytics("new", "decision", "--title", "One queue a carrier", cwd=tmp_path).out.strip()) for _ in "ab"]
    assert [path.name[4:9] for path in paths] == ["-001-", "-002-"]
    assert {row["status"] for row in asked(opsanalytics, tmp_path, "select status from decisions")} == {"proposed"}
