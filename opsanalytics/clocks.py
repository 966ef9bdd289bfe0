"""Instants are naive UTC everywhere; here is what the clocks of a zone show at one, and back. No zone is UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo


def wall_time(instant: datetime, zone: tzinfo | None) -> datetime:
    """What the clocks of a zone show at an instant; naive."""
    return instant.replace(tzinfo=UTC).astimezone(zone or UTC).replace(tzinfo=None)


def instant_of(wall: datetime, zone: tzinfo | None) -> datetime:
    """The first instant at which the clocks of a zone show a time."""
    return wall.replace(tzinfo=zone or UTC).astimezone(UTC).replace(tzinfo=None)


def midnight(day: date, zone: tzinfo | None) -> datetime:
    """The instant at which a day of a zone begins."""
    return instant_of(datetime.combine(day, time()), zone)
