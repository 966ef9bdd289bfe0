"""The commands: parse, one library call, print. What is heavy is imported inside the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from opsanalytics import __version__
from opsanalytics.errors import BusyError, DeliveryError, DestinationError, OpsError, QueryError, UsageError
from opsanalytics.terminal import (
    alert_lines,
    as_csv,
    as_json,
    as_table,
    counted,
    finding_lines,
    load_line,
    note,
    printable,
    progress,
    readiness_lines,
)

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


def main() -> None:
    """The console script: a mistake of the user is a message and an exit code, never a traceback."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except OpsError as error:
        note(f"opsanalytics: {error}")
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        note("stopped")
        sys.exit(130)


def _reads_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """The two options of every command that reads tables."""
    command = click.option("--no-load", is_flag=True, help="Read the tables as they stand; do not load first.")(command)
    return click.option("--database", type=_FILE, envvar="OPSANALYTICS_DATABASE",
                        help="Read this database as it is, from anywhere.")(command)  # fmt: skip


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
@_reads_database
@click.pass_context
def cli(context: click.Context, database: Path | None, no_load: bool) -> None:
    """Turn a company's operating record into tables, metrics and planning reports.

    Stand in a folder with incident files in git and run one of these:

    \b
      opsanalytics                          what the record says today, in ten lines
      opsanalytics check                    what is wrong in it, with file and line
      opsanalytics report quarterly-planning
      opsanalytics lab                      JupyterLab, with the tables one import away

    No record yet? `opsanalytics demo` makes a company that has one.
    """
    if context.invoked_subcommand is None:
        _overview(database, no_load=no_load)
    elif no_load or context.get_parameter_source("database") is click.core.ParameterSource.COMMANDLINE:
        raise UsageError(f"write the options behind the command: opsanalytics {context.invoked_subcommand} ...")


def _overview(database: Path | None, *, no_load: bool) -> None:
    from opsanalytics.warehouse.answers import summary

    found = summary(_tables(database, no_load=no_load))
    files = {state: found[f"files_{state}"] for state in ("seen", "loaded", "rejected", "ignored")}
    click.echo(f"{printable(found['company'])}, as of {found['as_of']:%Y-%m-%d %H:%M} UTC"
               + (f", commit {found['git_commit'][:10]}" if found["git_commit"] else ", no commit"))  # fmt: skip
    click.echo(load_line(files))
    if not found["files_loaded"]:
        click.echo("No incident has been read: write one with `opsanalytics new incident`, or name your folders in ops.yml.")
        return
    span = f", {found['first_on']} to {found['last_on']}" if found["first_on"] else ""
    click.echo(f"{counted(found['counted'], 'incident')} counted, {found['not_counted']} not{span}")
    click.echo(f"{counted(found['open_incidents'], 'incident')} open")
    late = f", the oldest {counted(found['days_late'], 'day')} late" if found["overdue_promises"] else ""
    click.echo(f"{counted(found['open_promises'], 'promise')} open, {found['overdue_promises']} overdue{late}")
    click.echo(f"{counted(found['errors'], 'error')} and {counted(found['warnings'], 'warning')} in the record")
    click.echo(f"next: {_next_step(found)}")


def _next_step(found: dict[str, Any]) -> str:
    if found["errors"]:
        return "opsanalytics check"
    return "opsanalytics due --overdue" if found["overdue_promises"] else "opsanalytics report quarterly-planning"


def _workspace(folder: Path | None = None) -> Any:
    from opsanalytics.folder import find_workspace
    from opsanalytics.workspace import read_workspace

    return read_workspace(folder or find_workspace(Path.cwd()))


def _tables(database: Path | None, *, no_load: bool = False, folder: Path | None = None, despite: type[OpsError] = OpsError) -> Path:
    """The database to read: the one that is named, else the workspace's, brought up to date first. Despite a load that is
    running or fails so, the tables that stand are used, and that is said."""
    if database is not None:
        return database.resolve()
    from opsanalytics.warehouse.load import load

    workspace = None
    try:
        workspace = _workspace(folder)
        if not no_load:
            with progress() as say:
                load(workspace, progress=say)
        return Path(workspace.database)
    except despite as error:
        standing = _standing(workspace, folder)
        if standing is None:
            raise
        note(f"opsanalytics: {error}\nopsanalytics: using the tables that stand")
        return standing


def _standing(workspace: Any, folder: Path | None) -> Path | None:
    from opsanalytics.folder import DATABASE, find_workspace

    root = workspace.root if workspace else folder or find_workspace(Path.cwd())
    database = Path(root) / DATABASE
    return database if database.is_file() else None


@cli.command()
@click.argument("folder", type=_FOLDER, default=".")
@click.option("--templates", is_flag=True, help="Also lay down the templates.")
def init(folder: Path, templates: bool) -> None:
    """Write ops.yml for FOLDER, from the records that are found there."""
    from opsanalytics.scaffold.records import write_templates
    from opsanalytics.scaffold.settings import write_settings

    folder = folder.resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder")
    found = write_settings(folder)
    click.echo(f"wrote {folder / 'ops.yml'}")
    click.echo("\n".join(map(str, found)) if found else "no records found; the chapter's places are set")
    for path in write_templates(folder) if templates else ():
        click.echo(f"wrote {path}")
    _say_readiness(_tables(None, folder=folder))


def _say_readiness(database: Path) -> None:
    from opsanalytics.warehouse.answers import readiness

    lines = list(readiness_lines(readiness(database)))
    if lines:
        click.echo("\n".join(["what the record can carry:", *lines]))


@cli.group()
def new() -> None:
    """Write a record from its template, with the next id and what is due filled in."""


def _new_command(kind: str, said: str) -> None:
    @new.command(kind, help=said)
    @click.option("--title", help="The title of the record.")
    def write(title: str | None) -> None:
        _write_new(kind, title)


def _write_new(kind: str, title: str | None) -> None:
    from datetime import UTC, datetime

    from opsanalytics.scaffold.agenda import Agenda
    from opsanalytics.scaffold.records import RITUALS, new_record
    from opsanalytics.warehouse.answers import agenda

    workspace = _workspace()
    due = Agenda.of_rows(agenda(_tables(None), kind)) if kind in RITUALS else None
    path = new_record(kind, workspace, title, datetime.now(workspace.zone or UTC).date(), due)
    click.echo(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


for _kind, _said in {
    "incident": "Write an incident file, with the day's next id.",
    "decision": "Write a decision file, with the year's next number.",
    "cadence": "Write ops/cadence.yml: which ritual is promised when, and its timebox.",
    "standup": "Write today's standup, a section a person.",
    "triage": "Write today's triage, with what is due on its agenda.",
    "ship-review": "Write today's ship review, with open decisions on its agenda.",
    "oncall-sync": "Write today's infra and on-call sync, with overdue promises on its agenda.",
    "product-council": "Write today's product council, with open decisions on its agenda.",
    "retrospective": "Write today's retrospective, with the last top three and their state.",
    "onboarding": "Write a 30/60/90 onboarding plan with the first week's checklist.",
    "planning": "Write today's planning, with what was carried over again and again.",
    "rfc": "Write an RFC, a draft of this month.",
    "runbook": "Write a runbook; name it for its service.",
    "roadmap": "Write ROADMAP.md: now, next and later.",
}.items():
    _new_command(_kind, _said)


@cli.command()
@click.argument("workspace", type=_FOLDER, required=False)
@click.option("--database", type=_FILE, help="Write there, not to data/ops.duckdb of the workspace.")
@click.option("--as-of", metavar="DATE|COMMIT", help="The record as it stood at the end of that day, or in that commit.")
@click.option("--full", is_flag=True, help="Write the tables even when nothing changed.")
@click.option("--strict", is_flag=True, help="Exit 1 when a file was rejected.")
@click.option("--json", "in_json", is_flag=True, help="Print the counts as JSON.")
def load(workspace: Path | None, database: Path | None, as_of: str | None, full: bool, strict: bool, in_json: bool) -> int:
    """Turn the record's files into tables.

    Every file is loaded, rejected with its line, or ignored by a rule, and counted. The old tables stand until the new
    ones do.
    """
    from opsanalytics.warehouse.load import load as load_workspace

    with progress() as say:
        result = load_workspace(_workspace(workspace), database=database.resolve() if database else None, as_of=as_of,
                                full=full, progress=say)  # fmt: skip
    rejected = [each for each in result.findings if each["code"] == "OPS101"]
    if in_json:
        click.echo(as_json(result.to_json()))
    else:
        _say_load(result, rejected)
    return 1 if strict and rejected else 0


def _say_load(result: Any, rejected: list[Any]) -> None:
    for line in finding_lines(rejected):
        click.echo(line, err=True)
    click.echo(load_line(result.files) + ("" if result.is_rewritten else "; nothing changed since the last load"))
    rows = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in result.rows.items() if count)
    click.echo(f"rows: {rows or 'none'}")
    others = len(result.findings) - len(rejected)
    if others:
        click.echo(f"{counted(others, 'finding')} more; `opsanalytics check` shows them")
    click.echo(f"tables: {result.database}")
    _say_history(result.database)
    _say_readiness(result.database)


def _say_history(database: Path) -> None:
    from opsanalytics.warehouse.answers import history_standing

    if said := _HISTORY[history_standing(database)]:
        click.echo(f"history: {said}")


_HISTORY = {
    "whole": "",
    "cut": "a shallow clone, so what is older than it has no day; `git fetch --unshallow` fetches the rest",
    "refused": "git does not read this repository, so no commit dates a promise",
    "none": "not in a git repository, or before its first commit, so no commit dates a promise",
}


@cli.command()
@click.argument("workspace", type=_FOLDER, required=False)
@click.option("--select", metavar="CODES", multiple=True, help="Only these: OPS112, or OPS11 for all that begin so; also a,b.")
@click.option("--ignore", metavar="CODES", multiple=True, help="All but these; of two that name a code the longer one counts.")
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif", "github"]), default="text", show_default=True,
              help="sarif is for code scanning, github for the log of a workflow.")
@_reads_database
def check(workspace: Path | None, select: tuple[str, ...], ignore: tuple[str, ...], form: str, database: Path | None,
          no_load: bool) -> int:  # fmt: skip
    """Say what is wrong in the record, as path:line:col CODE message.

    Exit 1 when there are errors among what is shown; warnings and remarks fail nothing. Rules of style are shown only
    where --select names them. In a file, `<!-- opsanalytics: ignore OPS112 -->` accepts what is found there. Tables that
    stand are read while another load runs, and never in place of a load that failed.
    """
    from opsanalytics.linter.choice import chosen
    from opsanalytics.warehouse.answers import findings

    found = chosen(findings(_tables(database, no_load=no_load, folder=workspace, despite=BusyError)), select, ignore)
    errors = sum(each["level"] == "error" for each in found)
    click.echo(_findings_text(found, errors) if form == "text" else _findings_as(form, found, database, workspace))
    return 1 if errors else 0


def _findings_text(found: list[dict[str, Any]], errors: int) -> str:
    return "\n".join([*finding_lines(found), _verdict(found, errors)])


def _findings_as(form: str, found: list[dict[str, Any]], database: Path | None, folder: Path | None) -> str:
    """For machines that stand in the root of a repository, a workspace below it keeps its place in the paths."""
    from opsanalytics.linter.formats import as_github, as_sarif

    if form == "json":
        return as_json(found)
    root = _workspace(folder).root if database is None else Path.cwd()
    below = f"{root.relative_to(Path.cwd()).as_posix()}/" if root.is_relative_to(Path.cwd()) and root != Path.cwd() else ""
    placed = [each | {"path": below + each["path"]} for each in found]
    return as_json(as_sarif(placed)) if form == "sarif" else as_github(placed)


def _verdict(found: list[dict[str, Any]], errors: int) -> str:
    if not found:
        return "nothing found"
    warnings = sum(each["level"] == "warning" for each in found)
    parts = [counted(errors, "error"), counted(warnings, "warning"), counted(len(found) - errors - warnings, "remark")]
    return ", ".join(part for part in parts if not part.startswith("0 "))


@cli.command()
@click.option("--owner", help="Only what this person promised.")
@click.option("--service", help="Only what came from incidents of this service.")
@click.option("--overdue", is_flag=True, help="Only what is past its due day.")
@click.option("--json", "in_json", is_flag=True, help="Print it as JSON.")
@_reads_database
def due(owner: str | None, service: str | None, overdue: bool, in_json: bool, database: Path | None, no_load: bool) -> None:
    """List what was promised and is not done, oldest first."""
    from opsanalytics.warehouse.answers import due as ask

    tables = _tables(database, no_load=no_load)
    rows = ask(tables, owner=owner, service=service, overdue=overdue)
    if not rows:
        _check_known(tables, owner=owner, service=service)
    if in_json:
        click.echo(as_json(rows))
    elif not rows:
        click.echo("nothing is overdue" if overdue else "nothing is owed")
    else:
        shown = [row | _places(row) for row in rows]
        click.echo(as_table(shown, ("due_on", "days_late", "age_days", "carried", "owner", "severity", "text", "where", "last_seen")))
        late = sum(row["days_late"] is not None for row in rows)
        click.echo(f"{counted(len(rows), 'promise')} open, {late} overdue")


def _check_known(database: Path, **asked: str | None) -> None:
    """A slip in a name owes nothing, as who keeps all promises does."""
    from opsanalytics.warehouse.answers import known

    for what, name in asked.items():
        names = known(database, what) if name else []
        if name and name.lower() not in map(str.lower, names):
            raise UsageError(printable(f"the record has no {what} `{name}`; there are {', '.join(names) or 'none'}"))


def _places(row: dict[str, Any]) -> dict[str, str]:
    seen = f"{row['last_seen_on'] or 'on no day'}, {row['last_seen_path']}:{row['last_seen_line']}" if row["last_seen_path"] else ""
    return {"where": f"{row['source_path']}:{row['source_line']}", "last_seen": seen}


@cli.command()
@click.argument("sql")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@_reads_database
def query(sql: str, form: str, database: Path | None, no_load: bool) -> None:
    """Run SQL over the tables, read-only.

    \b
      opsanalytics query "select severity, count(*) as n from incident_facts where is_counted group by severity"
    """
    from opsanalytics.warehouse.connect import read_table

    _check_single(sql)
    names, rows = read_table(_tables(database, no_load=no_load), sql)
    if form == "json":
        click.echo(as_json(rows))
    elif form == "csv":
        click.echo(as_csv(rows, names), nl=False, color=not sys.stdout.isatty())
    else:
        click.echo(as_table(rows, names))
        click.echo(counted(len(rows), "row"), err=True)


def _check_single(sql: str) -> None:
    """Of several statements only the last would be shown. Nothing is parsed here: to parse some reads files already."""
    import duckdb

    text = sql.encode()
    if b";" in b"".join(text[at : at + 1] for at, _ in duckdb.tokenize(sql)).strip(b";"):
        raise QueryError("these are several statements, and one is answered; ask them one by one")


@cli.command()
@click.argument("name", required=False)
@click.option("--period", metavar="P", help="2026-Q3, 2026-10, 2026-W41, 2026, a..b, last-90d, this, last; else all.")
@click.option("--by", metavar="COLUMN", help="severity, service, detected_by, month, ..., or a field of your own.")
@click.option("--json", "in_json", is_flag=True, help="Print it as JSON.")
@_reads_database
def metrics(name: str | None, period: str | None, by: str | None, in_json: bool, database: Path | None, no_load: bool) -> None:
    """Compute a metric with its interval, n, exclusions and definition; without NAME, list the catalogue."""
    from opsanalytics.metrics.catalogue import catalogue_rows, find_metric

    if name is None:
        rows = catalogue_rows()
        click.echo(as_json(rows) if in_json else as_table(rows, ("name", "question", "unit"), width=90))
        return
    find_metric(name)
    result = _compute(_tables(database, no_load=no_load), name, period, by)
    click.echo(as_json(result.to_json()) if in_json else _metric_text(result))


def _compute(database: Path, name: str, period: str | None, by: str | None) -> Any:
    from opsanalytics.metrics.clock import read_clock
    from opsanalytics.metrics.compute import compute
    from opsanalytics.warehouse.connect import locked

    with locked(database) as connection:
        chosen = None if period is None else read_clock(connection).period(period)
        return compute(connection, name, period=chosen, by=by)


def _metric_text(result: Any) -> str:
    """The window above, the figures, and below them the notes in full: nothing of what was left out is cut."""
    rows = result.to_json()["rows"]
    window = result.period.label if result.period else "all of the record"
    figures = as_table(rows, [name for name in rows[0] if name != "note"])
    notes = [f"{row['group'] or ''} {row['statistic']}: {row['note']}".strip() for row in rows if row["note"]]
    return "\n".join([f"{result.metric.name}, {window}", figures, "", *map(printable, notes), "", result.metric.definition])


@cli.command()
@click.option("--all", "every", is_flag=True, help="Show also what was raised before and still goes on.")
@click.option("--dry-run", is_flag=True, help="Write nothing down: what is new stays new.")
@click.option("--json", "in_json", is_flag=True, help="Print it as JSON, with everything that could not be judged.")
@_reads_database
def alerts(every: bool, dry_run: bool, in_json: bool, database: Path | None, no_load: bool) -> int:
    """Say what policy or surprise says needs a person now.

    Promises overdue, error budgets burning or overspent, and a last week with more incidents or pages than its own year
    before it lets expect. Each is raised once for the same cause, as reports/.log.jsonl has it. Exit 1 when there is any
    among what is shown.
    """
    from datetime import UTC, datetime

    from opsanalytics.metrics.alerts import judge
    from opsanalytics.packs.alerts import preview, raise_alerts
    from opsanalytics.warehouse.connect import locked

    shelf = _shelf(database, None, None)
    with locked(_tables(database, no_load=no_load)) as connection:
        judged = judge(connection)
    raised = preview(judged, shelf) if dry_run else raise_alerts(judged, shelf, datetime.now(UTC).replace(tzinfo=None))
    for place in raised.unreadable:
        note(f"{place}: cannot be read, perhaps cut short; what it said is raised again. Delete the line")
    shown = raised.judged.alerts if every else raised.new
    click.echo(as_json(raised.to_json(shown)) if in_json else _alerts_text(raised.to_json(shown), len(judged.alerts)))
    return 1 if shown else 0


def _alerts_text(said: dict[str, Any], standing: int) -> str:
    """The alerts, and in a line each how many there are, what was looked at, and what could not be judged."""
    from opsanalytics.metrics.alerts import RULES

    shown, unjudged = len(said["alerts"]), said["not_judged"]
    before = f"; {counted(standing - shown, 'alert')} raised before: --all shows them" if standing > shown else ""
    looked_at = ", ".join(counted(number, RULES[rule].noun) for rule, number in said["looked_at"].items() if number)
    lines = [*alert_lines(said["alerts"]), (counted(shown, "alert") if shown else "no new alert") + before,
             f"looked at: {looked_at or 'nothing'}"]  # fmt: skip
    if unjudged:
        first = "{rule} of {subject}: {why}".format(**unjudged[0])
        lines.append(printable(f"not judged: {first}" + (f"; {len(unjudged) - 1} more, --json tells" if unjudged[1:] else "")))
    return "\n".join(lines)


@cli.command()
@click.argument("pack", required=False)
@click.option("--period", metavar="P", help="2026-Q3, 2026-10, ..., this, last, since-last-retrospective; else the pack's own.")
@click.option("--as-of", metavar="DATE|COMMIT", help="The record as it stood at the end of that day, or in that commit.")
@click.option("--by", metavar="COLUMN", help="Group the pages by this column where they can be grouped.")
@click.option("--single-file", is_flag=True, help="All pages as one HTML file too, to send.")
@click.option("--output", type=_FOLDER, help="Write the pack there, not to reports/PACK/PERIOD.")
@click.option("--isolated", is_flag=True, help="Start every notebook's kernel from nothing; slower.")
@click.option("--deliver", metavar="CHANNEL", multiple=True, help="Send it to this channel of ops.yml.")
@click.option("--dry-run", is_flag=True, help="With --deliver: show what would be sent, and send nothing.")
@_reads_database
def report(pack: str | None, period: str | None, as_of: str | None, by: str | None, single_file: bool, output: Path | None, isolated: bool,
           deliver: tuple[str, ...], dry_run: bool, database: Path | None, no_load: bool) -> None:  # fmt: skip
    """Run a pack's notebooks and write its pages; without PACK, list the packs."""
    from opsanalytics.packs.catalogue import PACKS, find_pack, own_packs

    own = {} if pack in PACKS else own_packs(_workspace())
    if pack is None:
        rows = [{"pack": each.name, "for": each.audience, "period": each.period_kind} for each in (*PACKS.values(), *own.values())]
        click.echo(as_table(rows, ("pack", "for", "period")))
        return
    find_pack(pack, own)
    if as_of and click.get_current_context().get_parameter_source("database") is click.core.ParameterSource.COMMANDLINE:
        raise UsageError("--as-of reads the files of a workspace; leave --database out")
    single_file = _check_channels(deliver) or single_file
    result = _make_pack(pack, own, period, as_of, by, output, database, single_file=single_file, isolated=isolated, no_load=no_load)
    for warning in result.warnings:
        note(warning)
    click.echo(f"made {counted(len(result.pages), 'page')} in {result.seconds:.0f} s")
    for missing in result.left_out:
        note(f"left out {missing}")
    if result.single_file:
        click.echo(f"send {result.single_file}")
    click.echo(f"open {result.index}")
    _deliver(result.folder, deliver, dry_run=dry_run)


def _check_channels(names: tuple[str, ...]) -> bool:
    """Whether one of them takes the pack as one file."""
    from opsanalytics.publish.deliver import find_channel, takes_one_file

    if not names:
        return False
    workspace = _workspace()
    try:
        for name in names:
            find_channel(workspace, name)
    except DeliveryError as error:
        raise UsageError(str(error)) from None
    return takes_one_file(workspace, names)


def _deliver(folder: Path, channels: tuple[str, ...], *, dry_run: bool) -> None:
    from datetime import UTC, datetime

    from opsanalytics.publish.deliver import deliver_pack, preview_pack

    sent = preview_pack if dry_run else deliver_pack
    for line in sent(_workspace(), folder, channels, datetime.now(UTC).replace(tzinfo=None)) if channels else ():
        click.echo(line)


def _make_pack(pack: str, own: dict[str, Any], period: str | None, as_of: str | None, by: str | None, output: Path | None,
               database: Path | None, *, single_file: bool, isolated: bool, no_load: bool) -> Any:  # fmt: skip
    from opsanalytics.packs.make import make_pack
    from opsanalytics.packs.scratch import scratch_folder
    from opsanalytics.warehouse.load import load as load_workspace

    reports = _shelf(database, as_of, output)
    with scratch_folder() as aside:
        if as_of:
            with progress() as say:
                standing = load_workspace(_workspace(), database=aside / "ops.duckdb", as_of=as_of, progress=say).database
        else:
            standing = _tables(database, no_load=no_load)
        with progress() as say:
            return make_pack(pack, database=standing, reports=reports, period=period, by=by, output=output,
                             single_file=single_file, isolated=isolated, own=own, progress=say)  # fmt: skip


def _shelf(database: Path | None, as_of: str | None, output: Path | None) -> Path:
    """Where a pack is built: in the workspace; for a database from elsewhere beside the place that is asked for, or here."""
    if database is None or as_of:
        return Path(_workspace().root) / "reports"
    return output.resolve().parent if output else Path.cwd() / "reports"


@cli.command()
@click.argument("folder", type=_FOLDER)
@click.option("--workspace", type=_FOLDER, help="The workspace that the pack was made of; else the one you stand in.")
def verify(folder: Path, workspace: Path | None) -> int:
    """Make the pack in FOLDER again from its manifest, and compare its numbers one by one.

    Its notebooks run over the record as it stood in the manifest's commit, at its clock. Exit 1 when a number comes out
    otherwise or a file of the pack is not what it was. What was otherwise when the pack was made is said first.
    """
    from opsanalytics.packs.verify import verify_pack

    with progress() as say:
        found = verify_pack(folder, _workspace(workspace), say)
    for line in found.other:
        click.echo(printable(line))
    for path in found.altered:
        click.echo(printable(f"{path} is not as it was made"))
    if found.differing:
        click.echo(as_table(found.differing, ("id", "then", "now")))
    equal = "all equal" if not found.differing else f"{len(found.differing)} not as they were"
    click.echo(f"{counted(found.numbers, 'number')}, {equal}")
    return 0 if found.holds else 1


@cli.group()
def schedule() -> None:
    """Make the packs that ops.yml schedules, each slot once."""


@schedule.command("list")
@click.option("--json", "in_json", is_flag=True, help="Print it as JSON, with the slots by name.")
def list_schedule(in_json: bool) -> None:
    """Show each entry: the last slot made, how many are owed, the next."""
    from datetime import UTC, datetime

    from opsanalytics.publish.scheduled import standing

    rows = standing(_workspace(), datetime.now(UTC).replace(tzinfo=None))
    if in_json:
        click.echo(as_json(rows))
    elif not rows:
        click.echo("nothing is scheduled: ops.yml has no `schedule`")
    else:
        shown = [row | {"owed": len(row["owed"]), "last": row["last"] or "none"} for row in rows]
        click.echo(as_table(shown, ("pack", "when", "last", "owed", "next", "deliver")))


@schedule.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would be made and sent, and what a channel lacks here; do nothing.")
def run_schedule(dry_run: bool) -> int:
    """Make and send what is owed by now, each slot once; what was missed is made too, and says that it is late.

    Exits 12 when another run is at work, and with the code of the first failure when something could not be made or sent;
    that is told in the entry's channels, and tried again by the next run.
    """
    from datetime import UTC, datetime

    from opsanalytics.publish.scheduled import preview
    from opsanalytics.publish.scheduled import run_schedule as run

    workspace, now = _workspace(), datetime.now(UTC).replace(tzinfo=None)
    with progress() as say:
        outcome = preview(workspace, now) if dry_run else run(workspace, now, progress=say)
    for line in outcome.failed:
        note(f"opsanalytics: {printable(line)}")
    for line in outcome.done or ([] if outcome.failed else ["nothing is owed"]):
        click.echo(printable(line))
    return outcome.code


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[JUPYTER OPTIONS]")
@_reads_database
def lab(arguments: tuple[str, ...], database: Path | None, no_load: bool) -> None:
    """Open JupyterLab on the notebooks, with the database found.

    Options that are not known here go to JupyterLab: `opsanalytics lab --no-browser --port 8890`. Notebooks that you
    edited are never written over.
    """
    tables = _tables(database, no_load=no_load)
    from opsanalytics.workbench.lab import lay_out_notebooks, run_lab

    root = Path.cwd() if database else _workspace().root
    for name in lay_out_notebooks(root / "notebooks"):
        note(f"notebooks/{name} is yours now and stays as it is; delete it to get the shipped one back")
    run_lab(root, tables, arguments)


@cli.command()
@click.argument("folder", type=_FOLDER, default="demo")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of its history; else today.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number, another history.")
def demo(folder: Path, until: Any, seed: int) -> None:
    """Make a fictional company with thirty months of history, as a git repository in FOLDER."""
    from datetime import UTC, datetime

    from opsanalytics.scaffold.demo import write_demo

    last = until.date() if until else datetime.now(UTC).date()
    try:
        made = write_demo(folder, until=last, seed=seed)
    except OSError as error:
        raise DestinationError(f"{folder}: {error.strerror or error}; name a new folder") from None
    click.echo(f"{counted(made.incidents, 'incident')}, {counted(made.follow_ups, 'follow-up')}, "
               f"{counted(made.decisions, 'decision')} and {counted(made.meetings, 'meeting')} "
               f"from {made.first_on} to {made.last_on}, in {counted(made.commits, 'commit')}")  # fmt: skip
    click.echo(f"next: cd {folder} && opsanalytics report quarterly-planning")


@cli.command()
@click.option("--database", type=_FILE, envvar="OPSANALYTICS_DATABASE", help="Look at this database.")
def doctor(database: Path | None) -> int:
    """Say what is installed, what is missing, and how to mend it."""
    from opsanalytics.folder import DATABASE, find_workspace
    from opsanalytics.workbench.doctor import examine

    root = find_workspace(Path.cwd())
    checks = list(examine(root, database or root / DATABASE))
    for each in checks:
        mark = "ok     " if each.is_well else "note   " if each.is_optional else "MISSING"
        click.echo(f"{mark} {each.what}: {each.found}" + (f" -> {each.remedy}" if each.remedy else ""))
    return 1 if any(not each.is_well and not each.is_optional for each in checks) else 0
