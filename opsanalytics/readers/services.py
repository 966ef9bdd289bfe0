"""The services that records name, brought to the names that the services file has for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import PurePosixPath

from opsanalytics.markup.words import fold
from opsanalytics.tables import Row

_PARTS = re.compile(r"\s?[,;\n]\s?|\sand\s")
_RUNBOOK = re.compile("runbooks?|playbooks?")
_NAMING = ("slos", "deployments", "pages", "oncall_shifts", "runbooks")


class Services:
    """The services that the record knows, by name and alias."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.names: dict[str, str] = {}
        services = list(rows)
        for service in services:
            for alias in service.get("aliases") or ():
                self.names.setdefault(fold(alias), service["service"])
        self.names |= {fold(service["service"]): service["service"] for service in reversed(services)}

    def find(self, name: str) -> str | None:
        """The service that goes by this name."""
        return self.names.get(fold(name))

    def named_in(self, text: str) -> list[tuple[str, str]]:
        """The services that a text names, each with the part of the text that does."""
        return [(self.names[fold(found[0])], part)
                for part in _PARTS.split(text) for found in self._any_name.finditer(fold(part))]  # fmt: skip

    @cached_property
    def _any_name(self) -> re.Pattern[str]:
        names = sorted(filter(None, self.names), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names)) or '(?!)'})(?!\w)")


def resolve_services(rows: dict[str, list[Row]]) -> None:
    """With a services file, the affected systems that an incident has are the parts of its text that name a known
    service; other records have the known name for the alias that they use. A runbook that names none may be named for one."""
    services = Services(rows["services"])
    if not services.names:
        return
    for table in _NAMING:
        for row in rows[table]:
            row["service"] = services.find(row["service"]) or row["service"] if row.get("service") else None
    for row in rows["runbooks"]:
        row["service"] = row["service"] or _named_for(row["source_path"], services)
    rows["incident_services"] = list(_of_incidents(rows, services))


def _named_for(path: str, services: Services) -> str | None:
    """The service that a runbook's file, or else its folder, is named for: `billing.md`, `runbook-billing.md`."""
    parts = PurePosixPath(path)
    for name in (parts.name.partition(".")[0], parts.parent.name):
        words = fold(name).split()
        bare = " ".join(word for word in words if not _RUNBOOK.fullmatch(word))
        if service := services.find(" ".join(words)) or services.find(bare):
            return service
    return None


def _of_incidents(rows: dict[str, list[Row]], services: Services) -> Iterator[Row]:
    written: dict[str, list[Row]] = {}
    for row in rows["incident_services"]:
        written.setdefault(row["incident_id"], []).append(row)
    for incident in rows["incidents"]:
        seen = set()
        for row in _of_incident(incident, written.get(incident["incident_id"], []), services):
            if row["service"] not in seen:
                seen.add(row["service"])
                yield row


def _of_incident(incident: Row, written: list[Row], services: Services) -> Iterator[Row]:
    """What stands under a label for services stays, known or not."""
    text = (incident.get("affected_users") or "").rstrip(".")
    parts, lines = set(_PARTS.split(text)), {row["service_raw"]: row["source_line"] for row in written}
    for row in written:
        known = services.find(row["service_raw"])
        if known or row["service_raw"] not in parts:
            yield row | {"service": known or row["service"]}
    for service, part in services.named_in(text):
        yield {"incident_id": incident["incident_id"], "service": service, "service_raw": part,
               "source_path": incident["source_path"], "source_line": lines.get(part, incident["source_line"])}  # fmt: skip
