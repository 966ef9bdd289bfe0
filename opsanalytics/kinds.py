"""The kinds of record that there are, and where each lives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of record: its main table and where it lives when ops.yml does not say."""

    name: str
    table: str
    places: tuple[str, ...]
    files: tuple[str, ...] = ()  # single files, beside or instead of folders
    extensions: str = "md,markdown,mdx,qmd"

    @property
    def globs(self) -> tuple[str, ...]:
        return self.files + tuple(f"{place}/**/*.{{{self.extensions}}}" for place in self.places)


def _files(stem: str, extensions: str) -> tuple[str, ...]:
    return tuple(f"{stem}.{extension}" for extension in extensions.split(","))


YAML, ROWS = "yml,yaml", "yml,yaml,csv"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "incidents",
            "incidents",
            ("ops/incidents", "incidents", "postmortems", "post-mortems", "content/issues", "docs/incidents",
             "docs/postmortems", "doc/postmortems"),
        ),
        Kind(
            "decisions",
            "decisions",
            ("ops/decisions", "docs/adr", "doc/adr", "docs/decisions", "adr", "decisions"),
        ),
        Kind("rituals", "ritual_sessions", ("ops/rituals", "rituals", "retros", "standups", "meetings")),
        Kind("rfcs", "rfcs", ("rfcs", "docs/rfcs", "ops/rfcs", "rfc")),
        Kind("roadmap", "roadmap_items", ("roadmap", "docs/roadmap"),
             tuple(f"{folder}{name}.md" for folder in ("", "docs/", "ops/") for name in ("ROADMAP", "Roadmap", "roadmap"))),
        Kind("runbooks", "runbooks", ("ops/runbooks", "runbooks", "docs/runbooks")),
        Kind("objectives", "objectives", ("ops/objectives",)),
        Kind("onboarding", "onboarding_plans", ("ops/onboarding", "onboarding", "docs/onboarding"),
             ("ONBOARDING.md", "docs/onboarding.md", "docs/ONBOARDING.md")),
        Kind("cadence", "rituals", (), files=("ops/cadence.yml", "ops/cadence.yaml")),
        Kind("slos", "slos", ("ops/slo", "ops/slos", "slos", "openslo"),
             (*_files("ops/slo", YAML), *_files("ops/slos", ROWS)), YAML),
        Kind("sli_samples", "sli_samples", ("ops/sli_samples", "ops/sli"),
             _files("ops/sli_samples", "csv,parquet"), "csv,parquet"),
        Kind("services", "services", (), _files("ops/services", ROWS)),
        Kind("deployments", "deployments", ("ops/deployments",), _files("ops/deployments", ROWS), ROWS),
        Kind("pages", "pages", ("ops/pages",), _files("ops/pages", ROWS), ROWS),
        Kind("people", "people", (), _files("ops/people", ROWS)),
        Kind("oncall", "oncall_shifts", (), _files("ops/oncall", ROWS)),
        Kind("annotations", "annotations", (), _files("ops/annotations", ROWS)),
    )
}  # fmt: skip

PLACES = tuple(place for kind in KINDS.values() for place in (*kind.files, *kind.places))
