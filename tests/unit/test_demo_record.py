"""The demo company's meetings, decisions and objectives, and the truth that its maker tells of them."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from dataclasses import asdict
from functools import cache
from itertools import pairwise

import pytest
from dateutil.rrule import rrulestr
from yaml import safe_load

from opsanalytics.scaffold.demo import Truth, generate, truth
from opsanalytics.scaffold.demo.banks import card, read_bank
from opsanalytics.scaffold.demo.company import Commit
from opsanalytics.scaffold.demo.truth import RetroAction

UNTIL = datetime.date(2026, 10, 2)
UNTILS = [UNTIL, datetime.date(2024, 2, 29), datetime.date(2027, 1, 1), datetime.date(2029, 8, 31)]
SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))]
TOP = re.compile(r"^- \[(.)\] (.*) — (\w+) — (\d{4}-\d\d-\d\d)(?: \(done (.*)\))?$", re.MULTILINE)


@cache
def meant(until: datetime.date = UNTIL, seed: int = 1) -> Truth:
    return truth(until, seed)


@cache
def history(until: datetime.date = UNTIL, seed: int = 1) -> list[Commit]:
    return generate(until, seed)


@cache
def files(until: datetime.date = UNTIL, seed: int = 1) -> dict[str, str]:
    return {path: text for commit in history(until, seed) for path, text in commit.files.items()}


def of(folder: str, until: datetime.date = UNTIL, seed: int = 1) -> dict[str, str]:
    """Files of a folder by path, in the order of their names."""
    return {path: text for path, text in sorted(files(until, seed).items()) if path.startswith(f"ops/{folder}/")}


def top_three(text: str) -> list[tuple[str, ...]]:
    return TOP.findall(text.partition("## Top 3 improvements")[2])


def held_retros(until: datetime.date, seed: int) -> list[tuple[str, str]]:
    """(day, text) of the retrospectives that were held."""
    texts = of("rituals/retrospective", until, seed).items()
    return [(path[-13:-3], text) for path, text in texts if "Status: held" in text]


class TestTruth:
    def test_is_plain(self) -> None:
        assert json.loads(json.dumps(asdict(meant()))) == asdict(meant())

    def test_is_the_same_again(self) -> None:
        assert meant() == truth(UNTIL, 1)

    @pytest.mark.parametrize("until", UNTILS, ids=str)
    def test_knows_nothing_later_than_until(self, until: datetime.date) -> None:
        told = meant(until)
        days = [slot.held_on or slot.promised_on for slot in told.slots]
        days += [day for action in told.retro_actions for day in (action.first_on, *action.carried_on, action.done_on or "")]
        days += [day for each in told.decisions for day in (each.proposed_on, each.decided_on or "")]
        days += [each.changed_on for each in told.severity_changes]
        days += [each.ended_on or "" for each in told.follow_ups]
        assert max(days) <= str(until)


@pytest.mark.parametrize(("until", "seed"), [
    (UNTIL, 1), (UNTILS[2], 1), *(pytest.param(until, seed, marks=pytest.mark.long) for until, seed in ((UNTIL, 2), (UNTIL, 3), (UNTILS[3], 2)))])  # fmt: skip
class TestRetrospectives:
    def test_files_list_what_was_meant(self, until: datetime.date, seed: int) -> None:
        listed = {(day, text, owner) for day, said in held_retros(until, seed) for _, text, owner, _, _ in top_three(said)}
        told = {(day, action.text, action.owner) for action in meant(until, seed).retro_actions
                for day in (action.first_on, *action.carried_on)}  # fmt: skip
        assert told == listed

    def test_done_ones_are_ticked_where_they_stand_last(self, until: datetime.date, seed: int) -> None:
        ticked = {(day, text, done) for day, said in held_retros(until, seed) for box, text, _, _, done in top_three(said)
                  if box == "x"}  # fmt: skip
        told = {((action.first_on, *action.carried_on)[-1], action.text, action.done_on)
                for action in meant(until, seed).retro_actions if action.done_on}  # fmt: skip
        assert told == ticked

    def test_last_time_is_the_last_top_three_with_its_state(self, until: datetime.date, seed: int) -> None:
        held = held_retros(until, seed)
        for (_, before), (day, text) in pairwise(held):
            last = TOP.findall(text.partition("## Last time")[2].partition("## What helped")[0])
            assert [each[1:4] for each in last] == [each[1:4] for each in top_three(before)]
            assert [each for each in last if each[0] == "x"] == [
                each for each in top_three(before) if each[4] and each[4] < day
            ]

    def test_what_is_carried_over_stands_in_the_next_session(self, until: datetime.date, seed: int) -> None:
        days = [day for day, _ in held_retros(until, seed)]
        for action in meant(until, seed).retro_actions:
            first = days.index(action.first_on)
            assert [action.first_on, *action.carried_on] == days[first : first + 1 + len(action.carried_on)]
            assert not (action.gone and action.done_on)

    def test_some_come_back_and_some_are_gone(self, until: datetime.date, seed: int) -> None:
        actions = meant(until, seed).retro_actions
        assert {0, 1, 2} <= {len(action.carried_on) for action in actions}
        assert 0.5 <= sum(action.done_on is not None for action in actions) / len(actions) <= 0.95
        assert any(action.gone for action in actions)
        assert any(is_late(action) for action in actions)


def is_late(action: RetroAction) -> bool:
    return action.done_on is not None and action.done_on > action.due_on


@pytest.mark.parametrize("seed", SEEDS)
class TestRituals:
    def test_slots_are_the_days_of_the_rules(self, seed: int) -> None:
        """The rules in ops/cadence.yml, as dateutil reads them, without the holidays."""
        cadence = safe_load(files(UNTIL, seed)["ops/cadence.yml"])
        end = datetime.datetime.combine(UNTIL, datetime.time())
        for name, ritual in cadence["rituals"].items():
            start = datetime.datetime.combine(ritual["starts_on"], datetime.time())
            days = {day.date() for day in rrulestr(ritual["rrule"], dtstart=start).between(start, end, inc=True)}
            slots = {slot.promised_on for slot in meant(UNTIL, seed).slots if slot.ritual == name}
            assert {str(day) for day in days - set(cadence["holidays"])} == slots

    def test_files_are_those_of_the_slots(self, seed: int) -> None:
        slots = meant(UNTIL, seed).slots
        told = Counter((slot.ritual, slot.held_on or slot.promised_on, slot.outcome) for slot in slots)
        found = Counter()
        for path, text in of("rituals", UNTIL, seed).items():
            state = re.search(r"^Status: (\w+)$", text, re.MULTILINE)
            if state and not path.endswith("offsite.md"):
                found[path.split("/")[2], path[-13:-3], state[1]] += 1
        assert Counter({slot: count for slot, count in told.items() if slot[2] != "missed"}) == found

    def test_each_ritual_is_kept_imperfectly(self, seed: int) -> None:
        counts = meant(UNTIL, seed).rituals
        assert len(counts) == 7
        for count in counts.values():
            assert count.promised == count.held + count.cancelled + count.missed
            assert 0.6 <= count.held / count.promised <= 1
        assert all(counts[name].missed and counts[name].cancelled for name in ("triage", "ship-review", "oncall-sync"))
        assert sum(count.held_late for count in counts.values()) > 5
        assert 0.15 <= sum(count.over_timebox for count in counts.values()) / sum(c.held for c in counts.values()) <= 0.5

    def test_meetings_name_decisions_and_incidents_of_the_record(self, seed: int) -> None:
        reviews = "".join(of("rituals/ship-review", UNTIL, seed).values())
        syncs = "".join(of("rituals/oncall-sync", UNTIL, seed).values())
        numbers = {each.number for each in meant(UNTIL, seed).decisions}
        named = set(re.findall(r"^- (\d{4}-\d{3}) ", reviews, re.MULTILINE))
        assert len(named) > 20 and named <= numbers
        incidents = set(re.findall(r"^- (INC-\S+)", syncs, re.MULTILINE))
        assert len(incidents) > 50 and all(f"ops/incidents/{each}.md" in files(UNTIL, seed) for each in incidents)

    def test_a_few_say_no_day(self, seed: int) -> None:
        bare = [path for path, text in of("rituals", UNTIL, seed).items() if "\nDate: " not in text]
        assert bare == meant(UNTIL, seed).undated
        assert 2 <= len(bare) <= 5


@pytest.mark.parametrize("seed", SEEDS)
class TestDecisions:
    def test_files_say_what_was_meant(self, seed: int) -> None:
        said = of("decisions", UNTIL, seed)
        assert [each.path for each in meant(UNTIL, seed).decisions] == list(said)
        for each in meant(UNTIL, seed).decisions:
            fields = dict(re.findall(r"^([A-Z][a-z ]+): (.*)$", said[each.path], re.MULTILINE))
            assert each.status == (fields["Status"].split()[0] if "Status" in fields else None)
            assert (each.proposed_on, each.decided_on) == (fields["Proposed"], fields.get("Decided"))
            assert (each.owner, each.replaces) == (fields["Owner"], fields.get("Supersedes"))
            assert ("superseded by " in fields.get("Status", "")) == each.says_replaced
            assert each.follow_ups == said[each.path].count(" — Due ")

    def test_have_every_fate(self, seed: int) -> None:
        statuses = Counter(each.status for each in meant(UNTIL, seed).decisions)
        assert statuses.keys() == {"proposed", "accepted", "rejected", "superseded", None}
        assert 35 <= statuses.total() <= 75
        stale = [each for each in meant(UNTIL, seed).decisions if each.status == "proposed" and each.proposed_on < "2026-07"]
        assert stale

    def test_one_place_taken_is_forgotten_in_the_older_file(self, seed: int) -> None:
        taken = [each for each in meant(UNTIL, seed).decisions if each.replaced_by]
        assert Counter(each.says_replaced for each in taken)[False] == 1
        by_number = {each.number: each for each in meant(UNTIL, seed).decisions}
        assert all(by_number[each.replaced_by or ""].replaces == each.number for each in taken)

    def test_numbers_run_without_a_gap(self, seed: int) -> None:
        of_2025 = [each.number for each in meant(UNTIL, seed).decisions if each.number.startswith("2025")]
        assert of_2025 == [f"2025-{place:03}" for place in range(1, len(of_2025) + 1)]


@pytest.mark.parametrize("seed", SEEDS)
class TestObjectives:
    def test_files_say_what_was_meant(self, seed: int) -> None:
        said = "\n".join(of("rituals/planning", UNTIL, seed).values())
        rows = re.findall(r"^- \[(.)\] ([^—]*) — \S+(?: \S+)? -> \S+(?: [%a-z]+)?(?: — (\S+).*)?$", said, re.MULTILINE)
        told = [(result.text, result.actual) for result in meant(UNTIL, seed).key_results]
        assert told == [(text, float(actual) if actual else None) for _, text, actual in rows]

    def test_are_hit_missed_or_not_measured(self, seed: int) -> None:
        results = meant(UNTIL, seed).key_results
        by_period = Counter(period for period, _ in {(each.period, each.objective) for each in results})
        outcomes = Counter(each.outcome for each in results)
        assert set(by_period.values()) <= {3, 4, 5} and len(by_period) == 10
        assert min(outcomes[name] for name in ("hit", "missed", "not measured")) > 5
        assert {each.period for each in results if each.outcome == "running"} == {"2026-Q4"}


@pytest.mark.parametrize("seed", SEEDS)
class TestFollowUps:
    def test_most_of_the_old_ones_have_an_end(self, seed: int) -> None:
        old = [each for each in meant(UNTIL, seed).follow_ups if each.due_on < "2026-07-01"]
        states = Counter(each.state for each in old)
        on_time = sum(each.state == "done" and (each.ended_on or "") <= each.due_on for each in old)
        assert 0.84 <= (states["done"] + states["dropped"]) / len(old) <= 0.95
        assert 0.4 <= on_time / len(old) <= 0.7

    def test_a_vanished_one_stood_in_an_earlier_commit_only(self, seed: int) -> None:
        gone = [each for each in meant(UNTIL, seed).follow_ups if each.state == "gone"]
        assert 1 <= len(gone) <= 2
        for each in gone:
            path = f"ops/incidents/{each.origin}.md"
            versions = [commit.files[path] for commit in history(UNTIL, seed) if path in commit.files]
            assert each.text in versions[-2] + versions[-3]
            assert each.text not in versions[-1]

    def test_a_few_severities_are_corrected(self, seed: int) -> None:
        changes = meant(UNTIL, seed).severity_changes
        assert 2 <= len(changes) <= 12
        for each in changes:
            path = f"ops/incidents/{each.incident_id}.md"
            versions = [commit.files[path] for commit in history(UNTIL, seed) if path in commit.files]
            said = [re.findall(r"^Severity: (.*)$", text, re.MULTILINE)[0] for text in versions]
            assert (said[0], said[-1]) == (each.before, each.after)


class TestSize:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_is_small(self, seed: int) -> None:
        assert len(history(UNTIL, seed)) < 2500

    @pytest.mark.parametrize("seed", SEEDS)
    def test_texts_are_whole(self, seed: int) -> None:
        for path, text in files(UNTIL, seed).items():
            assert "$" not in text, path
            assert not re.search(r" $|\n\n\n", text, re.MULTILINE), path


class TestBanks:
    def test_a_deck_is_dealt_whole_before_it_comes_again(self) -> None:
        cards = list("abcdefg")
        dealt = [card(cards, "letters", 1, n) for n in range(70, 84)]
        assert sorted(dealt[:7]) == sorted(dealt[7:]) == cards

    def test_promises_hold_no_dash_that_divides(self) -> None:
        """`Action — Owner — Due` is read from the right."""
        bank = read_bank("meetings")
        actions = [*bank["improvements"], *bank["plan"], *bank["planning_actions"], *(action for _, action in bank["inbox"])]
        actions += [action for told in read_bank("decisions") for action in told["follow_ups"]]
        assert all(re.fullmatch(r"[A-Z$][^—–|@()]*[^.]", action) and " - " not in action for action in actions)
