"""Questions that commands ask of a database; each is a named .sql file beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from opsanalytics.warehouse.connect import check_loaded, locked, read_rows


@cache
def _sql(name: str) -> str:
    return (files("opsanalytics.warehouse") / f"{name}.sql").read_text(encoding="utf-8")


def summary(database: Path) -> dict[str, Any]:
    with locked(database) as connection:
        check_loaded(connection)
    return read_rows(database, _sql("summary"))[0]


def readiness(database: Path) -> list[dict[str, Any]]:
    """field, stated, n, of_what, carries, verdict (`usable` from half of them on, `thin`, `not`)."""
    return read_rows(database, "select * exclude (position) from readiness order by position")


def due(database: Path, *, owner: str | None, service: str | None, overdue: bool) -> list[dict[str, Any]]:
    """What is not asked for is None: DuckDB imports pandas to bind anything else."""
    return read_rows(database, _sql("due"), {"owner": owner, "service": service, "only_overdue": overdue or None})


_KNOWN = {
    "owner": "select owner as name from action_items where owner is not null union select person from people order by all",
    "service": "select service as name from incident_services union select lower(service) from services order by all",
}


def known(database: Path, what: str) -> list[str]:
    """Every `owner` or `service` that `due` can be asked of."""
    return [row["name"] for row in read_rows(database, _KNOWN[what])]


def agenda(database: Path, ritual: str) -> list[dict[str, Any]]:
    """What is due in the next session of a ritual: section, text, owner, due_on, status, origin, carried."""
    return read_rows(database, _sql("agenda"), {"ritual": ritual})


def history_standing(database: Path) -> str:
    """`whole`, `cut`, `refused` or `none`."""
    return str(read_rows(database, "select standing from history_state")[0]["standing"])


def findings(database: Path) -> list[dict[str, Any]]:
    return read_rows(database, "select * from findings order by path, line, col, code, message")
