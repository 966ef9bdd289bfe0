"""What is due in a session, written into its file before it begins.

Only `## Last time` of a retrospective shows boxes: an agenda speaks of promises and makes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

SHOWN = 10
NOTHING = "- …"


@dataclass(frozen=True)
class Due:
    """One row of `warehouse/agenda.sql`. `carried` counts the sessions that took it over from the one before."""

    text: str
    owner: str | None = None
    due_on: date | None = None
    status: str | None = None
    origin: str | None = None
    carried: int = 0


@dataclass(frozen=True)
class Agenda:
    last_actions: tuple[Due, ...] = ()
    overdue: tuple[Due, ...] = ()
    open_decisions: tuple[Due, ...] = ()
    carried_often: tuple[Due, ...] = ()

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> Agenda:
        """From the rows of `warehouse/agenda.sql`, each under its `section`."""
        found: dict[str, list[Due]] = {each.name: [] for each in fields(cls)}
        for row in rows:
            values = {each.name: row[each.name] for each in fields(Due)}
            found[row["section"]].append(Due(**values))
        return cls(**{section: tuple(due) for section, due in found.items()})


def render_last(agenda: Agenda) -> str:
    """The last promises with their state."""
    return "\n".join(_stated(each) for each in agenda.last_actions) or NOTHING


def render_agenda(agenda: Agenda, *, with_last: bool) -> str:
    """What else is due. `with_last` adds the last promises, where the file has no place of their own for them."""
    parts = {
        "Last time": agenda.last_actions if with_last else (),
        "Overdue": agenda.overdue,
        "Open decision": agenda.open_decisions,
        "Carried over": agenda.carried_often,
    }
    lines = [line for name, due in parts.items() for line in _lines(name, due)]
    return "\n".join(lines) or NOTHING


def _lines(name: str, due: tuple[Due, ...]) -> list[str]:
    shown = [f"- {name}: {_line(each)}{_state(each) if name == 'Last time' else ''}" for each in due[:SHOWN]]
    return [*shown, f"- {name}: {len(due) - SHOWN} more"] if len(due) > SHOWN else shown


def _line(due: Due) -> str:
    said = (_one_line(due.text), due.owner, str(due.due_on) if due.due_on else None)
    return " — ".join(filter(None, said)) + _carried(due)


def _carried(due: Due) -> str:
    times = {1: "once", 2: "twice"}.get(due.carried, f"{due.carried} times")
    return f" (carried over {times})" if due.carried else ""


def _state(due: Due) -> str:
    return f", {due.status}" if due.status else ""


def _stated(due: Due) -> str:
    if due.status == "dropped":
        return f"- [ ] ~~{_line(due)}~~"
    return f"- [{'x' if due.status == 'done' else ' '}] {_line(due)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
