"""Action items: one a list entry or row, split from the right into promise, owner, due day and state."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import pytest

from opsanalytics.markup.document import parse_document
from opsanalytics.readers.actions import Action, read_actions
from opsanalytics.readers.incidents import SHAPES
from opsanalytics.readers.reading import Context, FileTimes, Reading
from opsanalytics.readers.vocabulary import Vocabulary

WORDS = Vocabulary()
JAN = {day: date(2026, 1, day) for day in range(1, 32)}


def actions(markdown: str, people: Collection[str] = ()) -> tuple[list[Action], Reading]:
    reading = Reading("x.md")
    document = parse_document(f"## Follow-ups\n\n{markdown}\n", WORDS.labels(SHAPES))
    return read_actions(document.named("follow_ups")[0], FileTimes(reading, Context(WORDS)), WORDS, people), reading


def only(markdown: str) -> tuple[Any, ...]:
    (action,), _ = actions(markdown)
    return action.text, action.owner, action.due_on, action.done_on, action.status


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("- [ ] Fix it — Ana — 2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it—Ana—2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it – Ana – 2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it - Ana - 2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it -- Ana -- 2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it | Ana | 2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it — 2026-01-20 — Ana", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [ ] Fix it — Ana, Bo and Cy — 2026-01-20", ("Fix it", "Ana, Bo and Cy", JAN[20], None, "open")),
        ("- [ ] Fix it — on-call team — 2026-01-20", ("Fix it", "on-call team", JAN[20], None, "open")),
        ("- [ ] Fix the read-only mode — Ana", ("Fix the read-only mode", "Ana", None, None, "open")),
        ("- [ ] Watch 30–60m after a deploy — Ana", ("Watch 30–60m after a deploy", "Ana", None, None, "open")),
        ("- [ ] Fix it — and write down how it was done", ("Fix it — and write down how it was done", None, None, None, "open")),
        ("- [ ] Fix it @ana due 2026-01-20", ("Fix it", "ana", JAN[20], None, "open")),
        ("- [ ] @ana: Fix it by 2026-01-20", ("Fix it", "ana", JAN[20], None, "open")),
        ("- [ ] Fix it (@ana, due 2026-01-20)", ("Fix it", "ana", JAN[20], None, "open")),
        ("- [ ] Ask @ana how it works", ("Ask @ana how it works", None, None, None, "open")),
        ("- [ ] Mail ana@example.org — Bo", ("Mail ana@example.org", "Bo", None, None, "open")),
        ("- [x] Fix it — Ana — 2026-01-20", ("Fix it", "Ana", JAN[20], None, "done")),
        ("- [x] Fix it — Ana — 2026-01-20 (done 2026-01-18)", ("Fix it", "Ana", JAN[20], JAN[18], "done")),
        ("- [ ] Fix it — Ana — due 2026-01-20 — done: 2026-01-18", ("Fix it", "Ana", JAN[20], JAN[18], "done")),
        ("- [ ] Fix it, done (2026-01-18)", ("Fix it", None, None, JAN[18], "done")),
        ("- Fix it — Ana — in progress", ("Fix it", "Ana", None, None, "open")),
        ("- Fix it — Ana — done", ("Fix it", "Ana", None, None, "done")),
        ("- ✅ Fix it", ("Fix it", None, None, None, "done")),
        ("- ~~Fix it~~", ("Fix it", None, None, None, "dropped")),
        ("- Fix it (won't do)", ("Fix it", None, None, None, "dropped")),
        ("- Get it done by Friday", ("Get it done by Friday", None, None, None, "open")),
        ("- Fix it — TBD — TBD", ("Fix it", None, None, None, "open")),
        ("- Fix it — Ana — Due", ("Fix it", "Ana", None, None, "open")),
        ("1. Fix it — Ana", ("Fix it", "Ana", None, None, "open")),
        ("- Fix it\n  - and this — Bo — 2026-01-21", ("Fix it", None, None, None, "open")),
        ("- Fix it\n  on two lines — Ana", ("Fix it on two lines", "Ana", None, None, "open")),
        ("- Fix it\n  - Owner: Ana\n  - Due: 2026-01-20\n  - Status: done", ("Fix it", "Ana", JAN[20], None, "done")),
        ("- Fix it (DRI: Ana, ETA: 2026-01-20)", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- [x] Fix it (won't do)", ("Fix it", None, None, None, "dropped")),
        ("- ~~Fix it~~ — Ana", ("Fix it", "Ana", None, None, "dropped")),
        ("- 🚧 Fix it", ("Fix it", None, None, None, "open")),
        ("- [done] Fix it", ("Fix it", None, None, None, "done")),
        ("- Bo: Fix it", ("Bo: Fix it", None, None, None, "open")),
        ("### Fix it\n- Owner: Ana\n- Due: 2026-01-20", ("Fix it", "Ana", JAN[20], None, "open")),
        ("- Fix it so that it can do all of these:\n  - stop\n  - go", ("Fix it so that it can do all of these:", None, None, None, "open")),
    ],
)
def test_a_promise_in_any_of_these_forms_has_these_parts(line: str, expected: tuple[Any, ...]):
    assert only(line) == expected


@pytest.mark.parametrize("line", ["- [ ] Action — Owner — Due", "- [ ] …", "- [ ]", "- TBD", "- n/a", "- ", "none", "None yet.", "- None.", "- No action items", "- ... another item"])
def test_what_the_template_left_standing_is_no_promise(line: str):
    assert actions(line)[0] == []


def test_a_due_day_that_is_none_is_found_and_the_rest_is_kept():
    found, reading = actions("- [ ] Fix it — Ana — 2026-02-30")
    assert [(each.text, each.owner, each.due_on) for each in found] == [("Fix it", "Ana", None)]
    assert [(each.code, each.line, each.col) for each in reading.findings] == [("OPS111", 3, 7)]


def test_a_table_tells_by_its_header_what_a_cell_means():
    found, reading = actions(
        "| What | Who | When | Done |\n|---|---|---|---|\n| Fix it | @ana | 2026-01-20 | yes |\n| Watch it | ? | soon | |\n"
    )
    assert [(each.text, each.owner, each.due_on, each.status) for each in found] == [
        ("Fix it", "ana", JAN[20], "done"),
        ("Watch it", None, None, "open"),
    ]
    assert [each.code for each in reading.findings] == ["OPS111"]


@pytest.mark.parametrize("markdown", ["- Short term:\n  - Fix it\n  - Watch it", "- Ops\n  - [ ] Fix it\n  - [ ] Watch it",
                                      "### Short term\n- Fix it\n- Watch it", "**Short term**\n\n- Fix it\n- Watch it"])  # fmt: skip
def test_what_only_names_a_group_is_no_promise_and_its_name_is_kept(markdown: str):
    found, _ = actions(markdown)
    assert [each.text for each in found] == ["Fix it", "Watch it"]
    assert {each.extras["group"] for each in found} <= {"Short term", "Ops"}


@pytest.mark.parametrize("line", ["- Ana: fix it", "- Fix it (Ana)", "- **Ana** - fix it", "- [Ana] fix it", "- Fix it (ana ruiz)"])
def test_a_name_alone_owns_when_the_file_knows_it(line: str):
    found, _ = actions(line, people={"ana", "ana ruiz"})
    assert [(each.text.casefold(), (each.owner or "").casefold()[:3]) for each in found] == [("fix it", "ana")]


@pytest.mark.parametrize("line", ["- Fix it by EOW", "- Fix it (ETA: Q3 2026)", "- Fix it — Ana — next sprint"])
def test_a_due_day_that_is_no_day_is_found_and_kept_as_written(line: str):
    (action,), reading = actions(line)
    assert (action.text, action.due_on, [each.code for each in reading.findings]) == ("Fix it", None, ["OPS111"])
    assert action.extras["due_on"] in ("EOW", "Q3 2026", "next sprint")


def test_what_no_column_of_actions_takes_is_kept():
    (action,), _ = actions("| Action | Type | Bug |\n|---|---|---|\n| Fix it | prevent | FER-210 **DONE** |\n")
    assert (action.status, action.extras) == ("done", {"type": "prevent", "bug": "FER-210 DONE"})
    (action,), _ = actions("- Fix [OPS-1](https://bugs.example/1)\n  - first here\n")
    assert action.extras == {"details": "- first here", "link": "https://bugs.example/1"}


def test_a_team_can_announce_days_in_its_own_words():
    words = Vocabulary({"action_words": {"due_on": ["bis"]}, "labels": {"follow_ups": ["Maßnahmen"]}})
    reading = Reading("x.md")
    document = parse_document("Maßnahmen\n- Prüfen bis 2026-01-20\n", words.labels(SHAPES))
    (action,) = read_actions(document.named("follow_ups")[0], FileTimes(reading, Context(words)), words)
    assert (action.text, action.due_on) == ("Prüfen", JAN[20])
