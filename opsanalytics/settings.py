"""What ops.yml may say: every setting with its default, and each mistake in it at its line.

Every command reads settings first, so what only some settings are checked by is imported by their checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from opsanalytics.errors import WorkspaceError
from opsanalytics.findings import Finding, finding
from opsanalytics.folder import CONFIG
from opsanalytics.forges import check_forge
from opsanalytics.kinds import KINDS
from opsanalytics.markup.decode import decode
from opsanalytics.markup.strict_yaml import MarkupError, Node, parse_yaml
from opsanalytics.markup.words import fold_label
from opsanalytics.tree import Globs

if TYPE_CHECKING:
    from dateutil.rrule import rrule

DEFAULT_SLA_DAYS = (7, 14, 30)

# Kinds of record that the documented format has. What no reader of this version takes is said, and not counted.
RECORD_KINDS = (
    "incidents", "decisions", "rituals", "rfcs", "objectives", "roadmap", "slos", "sli_samples", "services", "runbooks",
    "deployments", "pages", "people", "oncall", "cadence", "onboarding", "annotations",
)  # fmt: skip
OUR_PACKS = ("weekly-oncall", "quarterly-planning", "monthly-retro")  # beside those of `packs`


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorBudget(_Strict):
    """When a budget asks for something: of the example policy in the Site Reliability Workbook, appendix B."""

    halt_after: str = "28d"
    single_incident_share: float = Field(0.2, gt=0, le=1)
    class_share: float = Field(0.2, gt=0, le=1)
    class_window: str = "1Q"

    @field_validator("halt_after", "class_window")
    @classmethod
    def _is_a_window(cls, window: str) -> str:
        from opsanalytics.readers.stretches import window_of
        from opsanalytics.readers.vocabulary import Vocabulary

        return window_of(window, Vocabulary())


Share = Annotated[float, Field(gt=0, le=1)]
Days = Annotated[int, Field(gt=0)]
Allowed = Annotated[int, Field(ge=0, le=3_650)]  # days; none is the same day, and more than ten years is a slip


class Checklist(_Strict):
    """From where on a question of the founder's checklist is answered yes: a share is at least this, days are at most these.

    Where somebody decides it by writing, all is asked for; where work has to be kept up, four in five, which the some twenty
    severe incidents of a year can show. A roadmap outlives four of the weekly reviews that update it, a drill two quarters.
    """

    roadmap_in_one_file: Share = 1.0
    roadmap_with_dri: Share = 1.0
    roadmap_changed_days: Days = 30
    key_results_measured: Share = 0.8
    oncall_covered: Share = 1.0
    comms_kept: Share = 0.8
    postmortem_in_time: Share = 0.8
    postmortem_written: Share = 0.8
    follow_ups_in_time: Share = 0.8
    runbooks_fresh: Share = 0.8
    drill_days: Days = 183
    records_pass_check: Share = 0.8
    done_checked: Share = 0.8
    rituals_held: Share = 0.8
    timebox_kept: Share = 0.8
    decisions_complete: Share = 0.8
    decisions_filed_soon: Share = 0.8
    improvements_in_time: Share = 0.8
    improvements_not_repeated: Share = 0.8
    done_states: list[str] = Field(["tests", "docs", "security"], min_length=1)  # lines that a definition of done asks for

    @field_validator("done_states")
    @classmethod
    def _are_names_of_fields(cls, names: list[str]) -> list[str]:
        return [fold_label(name).replace(" ", "_") for name in names]


class Alerts(_Strict):
    """What a person is to be told. severities: whose promises, the worst level's where none is named."""

    severities: list[str] = []
    false_alarms_a_year: float = Field(1.0, gt=0, le=26)


class Policies(_Strict):
    follow_up_sla_days: dict[str, Allowed] = {}
    postmortem_scheduled_hours: float = Field(72, gt=0, le=87_600)
    error_budget: ErrorBudget = Field(default_factory=ErrorBudget)
    checklist: Checklist = Field(default_factory=Checklist)
    alerts: Alerts = Field(default_factory=Alerts)
    practically_same: float = Field(0.10, gt=0, lt=1)


_POLICIES: Mapping[int | str, type[_Strict]] = {"error_budget": ErrorBudget, "checklist": Checklist, "alerts": Alerts}


class OwnPack(_Strict):
    """A pack of the team's: notebooks by name, or by their path in the workspace."""

    title: str | None = None
    period: Literal["week", "month", "quarter", "year"]
    notebooks: list[str] = Field(min_length=1)


class Scheduled(_Strict):
    """A pack that is made by a rule. since: the first day of the rule; without it only the newest slot is owed at first."""

    pack: str
    when: str
    since: date | None = None
    period: Literal["last", "this"] = "last"
    deliver: list[str] = []

    @field_validator("when")
    @classmethod
    def _is_a_rule(cls, when: str) -> str:
        from opsanalytics.readers.cadence import parse_rule

        rule = parse_rule(when)
        if rule is None:
            raise ValueError(f"`{when[:60]}` is no rule by days; write one such as FREQ=MONTHLY;BYMONTHDAY=1 or FREQ=WEEKLY;BYDAY=MO")
        return rule

    @model_validator(mode="after")
    def _counts_from_a_day(self) -> Scheduled:
        if "COUNT=" in self.when and self.since is None:
            raise ValueError("a rule with COUNT counts from a day; add since: 2026-01-05")
        return self

    @model_validator(mode="after")
    def _comes(self) -> Scheduled:
        if next(iter(self.rule), None) is None:
            raise ValueError(f"`{self.when}` never comes")
        return self

    @property
    def rule(self) -> rrule:
        """By the clock on the wall. Without `since`, from a Monday that is the first of a month and of a year."""
        from dateutil.rrule import rrulestr

        return rrulestr(self.when, dtstart=datetime.combine(self.since or date(2024, 1, 1), time()))


Named = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]


def _is_address(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+", text):
        raise ValueError(f"{text[:60]!r} is no address; write one such as team@example.org")
    return text


Address = Annotated[str, AfterValidator(_is_address)]


class DirectoryChannel(_Strict):
    """path: a folder that is there, from the workspace's root."""

    kind: Literal["directory"]
    path: str


class MailChannel(_Strict):
    """attach: the pack as one HTML file, where it has one."""

    kind: Literal["mail"]
    server: str
    port: int = Field(587, gt=0, lt=65536)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    to: list[Address] = Field(min_length=1)
    user_from: Variable | None = None
    password_from: Variable | None = None
    attach: bool = False

    @model_validator(mode="after")
    def _no_password_in_the_clear(self) -> MailChannel:
        if (self.user_from is None) != (self.password_from is None):
            raise ValueError("user_from and password_from go together")
        if self.user_from and self.security == "none":
            raise ValueError("a password is not sent without encryption; set security to starttls or tls")
        return self


class SlackChannel(_Strict):
    kind: Literal["slack"]
    url_from: Variable


class WebhookChannel(_Strict):
    kind: Literal["webhook"]
    url_from: Variable
    token_from: Variable | None = None


Channel = DirectoryChannel | MailChannel | SlackChannel | WebhookChannel
_SECRETS = {"url_from", "token_from", "user_from", "password_from"}
_CHANNELS: Mapping[int | str, type[_Strict]] = {
    "directory": DirectoryChannel, "mail": MailChannel, "slack": SlackChannel, "webhook": WebhookChannel,
}  # fmt: skip


class Settings(_Strict):
    """The settings of ops.yml; every one has a default."""

    company: str | None = None
    forge: Annotated[str, AfterValidator(check_forge)] | None = None
    zone: str | None = None
    date_order: Literal["DMY", "MDY"] | None = None
    fiscal_year_start: int = Field(1, ge=1, le=12)
    severities: list[str] = Field(["SEV-1", "SEV-2", "SEV-3"], min_length=1)
    records: dict[str, Any] = {}
    vocabulary: dict[str, dict[str, list[str]]] = {}
    policies: Policies = Field(default_factory=Policies)
    annotations: list[Any] | dict[str, Any] | None = None
    schedule: list[Scheduled] = []
    channels: dict[Named, Annotated[Channel, Field(discriminator="kind")]] = {}
    packs: dict[Named, OwnPack] = {}

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str | None) -> str | None:
        if zone is not None and not _is_zone(zone):
            raise ValueError(f"no zone is named `{zone}`; write an IANA name such as Europe/Paris or UTC")
        return zone

    @field_validator("severities")
    @classmethod
    def _levels_differ(cls, levels: list[str]) -> list[str]:
        if len({level.casefold() for level in levels}) < len(levels):
            raise ValueError("a level is written twice")
        return levels

    @model_validator(mode="after")
    def _every_promise_has_a_level(self) -> Settings:
        """Without days of their own the levels get those of the chapter's three, worst first."""
        days = self.policies.follow_up_sla_days
        if strange := [level for level in days if level not in self.severities]:
            raise ValueError(f"policies.follow_up_sla_days: `{strange[0]}` is no level; there are {', '.join(self.severities)}")
        if not days:
            days.update(zip(self.severities, DEFAULT_SLA_DAYS, strict=False))
        return self

    @model_validator(mode="after")
    def _every_alert_has_a_level(self) -> Settings:
        for level in self.policies.alerts.severities:
            if level not in self.severities:
                raise ValueError(f"policies.alerts.severities: `{level}` is no level; there are {', '.join(self.severities)}")
        return self

    @field_validator("records")
    @classmethod
    def _records_are_globs(cls, records: dict[str, Any]) -> dict[str, Any]:
        for kind, globs in records.items():
            if kind not in RECORD_KINDS:
                raise ValueError(f"`{kind}` is no kind of record; there are {', '.join(RECORD_KINDS)}")
            if kind == "rituals" and isinstance(globs, dict):
                _check_rituals(globs)
            elif kind in KINDS:
                _check_globs(kind, globs)
        return records

    @field_validator("vocabulary")
    @classmethod
    def _groups_exist(cls, words: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, list[str]]]:
        from opsanalytics.readers.vocabulary import built_in_words

        known = built_in_words()
        for group, meanings in words.items():
            if group not in known:
                raise ValueError(f"no group of words is named `{group}`; there are {', '.join(known)}")
            strange = set(meanings) - set(known[group]) if group != "severity" else ()
            if strange:
                raise ValueError(f"{group} has no `{min(strange)}`; there are {', '.join(known[group])}")
        return words


def _is_zone(name: str) -> bool:
    """Looked up and not looked for in the list of all, which takes as long as all other settings together."""
    with suppress(ValueError, OSError, ZoneInfoNotFoundError):
        return ZoneInfo(name).key == name and not name.startswith(("posix", "right"))
    return False


def _check_rituals(rituals: dict[str, Any]) -> None:
    if not rituals or not all(name.strip() for name in rituals):
        raise ValueError('`rituals` must hold globs by ritual, such as {standup: ["notes/standup/*.md"]}')
    for name, globs in rituals.items():
        _check_globs(f"rituals.{name}", globs)


def _check_globs(kind: str, globs: Any) -> None:
    if not isinstance(globs, list) or not all(isinstance(pattern, str) and pattern for pattern in globs):
        raise ValueError(f'`{kind}` must be a list of globs, such as ["ops/{kind}/**/*.md"]')
    for pattern in globs:
        if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
            raise ValueError(f"`{pattern}` must stay inside the workspace")
    Globs(globs).check()


def parse_settings(data: bytes) -> tuple[Settings, Node]:
    """The settings of an ops.yml text. Raises WorkspaceError with a line for each mistake."""
    try:
        node = parse_yaml(decode(data)) if data.strip() else Node({}, 1, 1)
    except MarkupError as error:
        raise WorkspaceError(f"{CONFIG}:{error.line}:{error.column} {error}") from None
    try:
        return Settings.model_validate(_without_nulls(node.plain()) or {}), node
    except ValidationError as error:
        raise WorkspaceError("\n".join(_mistakes(error, node))) from None


def _without_nulls(tree: Any) -> Any:
    """An empty setting is one that is not set."""
    if isinstance(tree, dict):
        return {key: _without_nulls(value) for key, value in tree.items() if value is not None}
    return tree


def _mistakes(error: ValidationError, root: Node) -> Iterator[str]:
    for mistake in error.errors(include_url=False):
        node, path = _node_at(root, _as_written(mistake["loc"]))
        what = mistake["msg"].removeprefix("Value error, ")
        if _SECRETS & set(mistake["loc"][-1:]) and mistake["type"] == "string_pattern_mismatch":
            what = "this is the name of an environment variable, such as OPS_SLACK_URL; the secret itself never stands here"
        if mistake["type"] == "extra_forbidden":
            what = f"no such setting; there are {', '.join(_setting_names(mistake['loc']))}"
        yield f"{CONFIG}:{node.line}:{node.column} {path or 'ops.yml'}: {what}"


def _as_written(where: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Without the kind of a channel, which is a step of the model and none of the text."""
    return (*where[:2], *where[3:]) if where[:1] == ("channels",) else where


def _setting_names(where: tuple[int | str, ...]) -> list[str]:
    """What could stand where something strange does."""
    if where[0] == "packs":
        return list(OwnPack.model_fields)
    if where[0] == "policies":
        return list(_POLICIES.get(where[1], Policies).model_fields)
    if where[0] == "schedule":
        return list(Scheduled.model_fields)
    if where[0] == "channels":
        return list(_CHANNELS[where[2]].model_fields)
    return list(Settings.model_fields)


def _node_at(root: Node, where: tuple[int | str, ...]) -> tuple[Node, str]:
    node = root
    for step in where:
        try:
            node = node.value[step]
        except (KeyError, IndexError, TypeError):
            break  # the place of a missing value is that of what it is missing from
    return node, ".".join(map(str, where))


def glob_lists(settings: Settings, root: Node) -> Iterator[tuple[tuple[str, ...], Finding]]:
    """The globs that replace conventional places, with what is to be said where no file is of them."""
    for kind, said in settings.records.items():
        if kind in KINDS and said:
            lists = {("records", kind, name): globs for name, globs in said.items()} if isinstance(said, dict) else {("records", kind): said}
            for where, globs in lists.items():
                yield tuple(globs), _without_use(root, where, "matches no file that can be read")


def unused(settings: Settings, root: Node) -> Iterator[Finding]:
    for kind in settings.records:
        if kind not in KINDS and settings.records[kind] is not None:
            yield _without_use(root, ("records", kind), "is not used by this version")
    named = {name for entry in settings.schedule for name in entry.deliver}
    for name in settings.channels:
        if name not in named:
            yield _without_use(root, ("channels", name), "gets nothing: no entry of the schedule delivers there")
    packs = (*OUR_PACKS, *settings.packs)
    for at, entry in enumerate(settings.schedule):
        if entry.pack not in packs:
            yield _without_use(root, ("schedule", at, "pack"), f"makes nothing: no pack is named `{entry.pack}`; there are {', '.join(packs)}")
        for name in entry.deliver:
            if name not in settings.channels:
                yield _without_use(root, ("schedule", at, "deliver"), f"sends nothing to `{name}`: no channel has that name")


def _without_use(root: Node, where: tuple[int | str, ...], why: str) -> Finding:
    node, path = _node_at(root, where)
    return finding("OPS104", CONFIG, node.line, node.column, f"`{path}` {why}")
