"""What every metric goes by: when and where the load stands, and by which policies."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from opsanalytics.clocks import wall_time
from opsanalytics.metrics.periods import Period, parse_period
from opsanalytics.metrics.queries import fetch
from opsanalytics.warehouse.connect import check_loaded

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from opsanalytics.settings import ErrorBudget


@dataclass(frozen=True)
class Clock:
    """Instants in naive UTC, days in the workspace's zone. policies: what ops.yml says of them, and nothing that goes without
    saying."""

    as_of: datetime
    as_of_on: date
    zone: str
    fiscal_year_start: int
    severities: list[str]
    policies: dict[str, Any]

    def period(self, text: str, kind: str = "quarter") -> Period:
        """As seen from here. Refused with UsageError: what names no period."""
        return parse_period(text, as_of_on=self.as_of_on, fiscal_year_start=self.fiscal_year_start, kind=kind)

    def day(self, on: date) -> Period:
        return self.period(f"{on}..{on}")

    def back_to(self, begins_at: datetime, ends_at: datetime) -> Clock:
        """As it stood at the end of a sample, on the day in which the greater part of it lies, or of its last 24 hours."""
        lies_at = ends_at - min(ends_at - begins_at, timedelta(1)) / 2
        return replace(self, as_of=ends_at, as_of_on=wall_time(lies_at, ZoneInfo(self.zone)).date())

    @cached_property
    def error_budget(self) -> ErrorBudget:
        """When the workspace wants to act on its budgets."""
        from opsanalytics.settings import ErrorBudget

        return ErrorBudget(**self.policies.get("error_budget", {}))


def read_clock(connection: DuckDBPyConnection) -> Clock:
    """Refused with DatabaseError: a file of another program, and one without a load."""
    check_loaded(connection)
    (row,) = fetch(connection, "counts.clock", {})
    return Clock(**row | {"policies": json.loads(row["policies"])})
