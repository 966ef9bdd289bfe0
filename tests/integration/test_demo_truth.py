"""The demo company, loaded, says what its generator meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from demo_company import UNTIL

from opsanalytics.scaffold.demo import truth
from opsanalytics.scaffold.demo.truth import Truth
from opsanalytics.warehouse.answers import due, summary
from opsanalytics.warehouse.connect import read_rows


@pytest.fixture(scope="module", params=[1, pytest.param(2, marks=pytest.mark.long)])
def told(request: pytest.FixtureRequest, demo_database: Callable[[int], Path]) -> tuple[Path, Truth]:
    return demo_database(request.param), truth(UNTIL, request.param)


def test_each_retro_action_is_carried_over_as_often_as_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, """
        select text, cast(created_on as varchar) as first_on, carried, cast(last_due_on as varchar) as due_on, status,
            cast(done_on as varchar) as done_on
        from promise_facts where ritual = 'retrospective'""")  # fmt: skip
    assert sorted(tuple(row.values()) for row in rows) == sorted(
        (each.text, each.first_on, len(each.carried_on), each.due_on, "done" if each.done_on else "open", each.done_on)
        for each in meant.retro_actions
    )
    assert any(each.carried_on for each in meant.retro_actions)


def test_a_follow_up_ends_once_wherever_else_it_is_written_down(told: tuple[Path, Truth]) -> None:
    """But for the few that the ledger takes for another incident's, and those whose own line went while a plan had them."""
    database, meant = told
    rows = read_rows(database, "select source_path, text, carried, status, cast(ended_on as varchar) as ended_on "
                     "from promise_facts where origin_kind in ('incident', 'decision')")  # fmt: skip
    ends = {(each.path, each.text): (each.state, each.ended_on) for each in meant.follow_ups}
    right = [row for row in rows if ends[row["source_path"], row["text"]] == (row["status"], row["ended_on"])]
    assert len(right) >= 0.95 * len(rows)
    assert sum(row["carried"] > 0 for row in right) > 20


def test_every_answer_counts_the_same_open_and_overdue_promises(told: tuple[Path, Truth]) -> None:
    database, _ = told
    (facts,) = read_rows(database, "select count(*) as n, count(*) filter (where is_overdue) as late from promise_facts where is_open")
    asked, late = (due(database, owner=None, service=None, overdue=overdue) for overdue in (False, True))
    said = summary(database)
    assert (facts["n"], facts["late"]) == (len(asked), len(late)) == (said["open_promises"], said["overdue_promises"])
    assert all(row["days_late"] > 0 and row["due_on"] for row in late)


def test_rituals_are_held_cancelled_and_missed_as_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select ritual, outcome, count(*) as n from ritual_slots group by ritual, outcome")
    assert {(row["ritual"], row["outcome"]): row["n"] for row in rows} == Counter((slot.ritual, slot.outcome) for slot in meant.slots)


def test_decisions_have_the_status_and_days_that_were_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select source_path, status, cast(proposed_on as varchar) as proposed_on, "
                     "cast(decided_on as varchar) as decided_on, owner from decisions")  # fmt: skip
    found = {row["source_path"]: (row["status"], row["proposed_on"], row["decided_on"], row["owner"]) for row in rows}
    assert found == {each.path: (each.status, each.proposed_on, each.decided_on, each.owner) for each in meant.decisions}


def test_key_results_come_out_as_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select period, objective, text, outcome from key_result_facts")
    found = {(row["period"], row["objective"], row["text"]): row["outcome"] for row in rows}
    assert found == {(each.period, each.objective, each.text): each.outcome for each in meant.key_results}


def test_the_exports_say_who_was_paged_what_was_deployed_and_what_was_lost(told: tuple[Path, Truth]) -> None:
    database, meant = told
    pages = read_rows(database, "select incident_id from pages where incident_id is not null order by 1")
    assert [row["incident_id"] for row in pages] == meant.paged
    caused = read_rows(database, """
        select count(distinct incident_id) as n
        from incidents join incident_services using (incident_id)
        join deployments using (service)
        where mitigations ilike '%roll%back%' and kind = 'incident'
            and finished_at between started_at - interval 38 minute and started_at - interval 8 minute""")  # fmt: skip
    assert caused[0]["n"] >= meant.caused_by_deployments > 0
    lost = read_rows(database, "select slo_id, cast(sum(total - good) as bigint) as lost from slos join sli_samples using (slo_id) group by slo_id")
    assert {row["slo_id"]: row["lost"] for row in lost} == meant.lost_events
    gaps = read_rows(database, """
        select slo_id from sli_samples group by slo_id
        having count(*) <> 1 + date_diff('day', min(bucket_at), max(bucket_at)) or min(bucket_minutes) <> 1440""")  # fmt: skip
    assert gaps == []


def test_rfcs_have_the_status_and_days_that_were_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select source_path, author, status, cast(opened_on as varchar) as opened_on, "
                     "cast(review_ends_on as varchar) as review_ends_on, cast(decided_on as varchar) as decided_on from rfcs")  # fmt: skip
    assert {tuple(row.values()) for row in rows} == {
        (each.path, each.author, each.status, each.opened_on, each.review_ends_on, each.decided_on) for each in meant.rfcs
    }
    assert 4 <= len(rows) <= 6


def test_roadmap_is_the_one_that_was_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select horizon, title, dri, cast(due_on as varchar) as due_on, status from roadmap_items order by position")
    assert [tuple(row.values()) for row in rows] == [(each.horizon, each.title, each.dri, each.due_on, each.status) for each in meant.roadmap]
    assert {row["horizon"] for row in rows} == {"now", "next", "later", "done"}


def test_runbooks_were_reviewed_when_meant_and_one_service_has_none(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select service, cast(reviewed_on as varchar) as reviewed_on, has_playbook and has_rollback as is_whole from runbooks")
    assert {row["service"]: row["reviewed_on"] for row in rows} == meant.runbooks
    assert all(row["is_whole"] for row in rows)
    (bare,) = read_rows(database, "select service from services where service not in (select service from runbooks)")
    stale = read_rows(database, f"select service from runbooks where reviewed_on + cast(review_every_days as integer) < date '{meant.until}'")
    assert (bare["service"], [row["service"] for row in stale]) == ("billing", ["pickups"])


def test_newcomers_have_done_as_much_as_meant(told: tuple[Path, Truth]) -> None:
    database, meant = told
    rows = read_rows(database, "select source_path, count(*) as n, count(*) filter (where status = 'done') as done "
                     "from action_items where origin_kind = 'onboarding' group by source_path")  # fmt: skip
    assert {row["source_path"]: [row["n"], row["done"]] for row in rows} == meant.onboarding
