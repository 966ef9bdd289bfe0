"""What a person sees: tables, findings and progress, on a terminal or in a pipe."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from math import isfinite, isnan
from operator import itemgetter
from typing import Any

import click

Row = Mapping[str, Any]


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is being done; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield lambda said: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda said: status.update(Text(said, style="dim"))


def note(text: str) -> None:
    """Something beside the answer, so on stderr."""
    click.echo(text, err=True)


def as_json(value: Any) -> str:
    """Instants as ISO 8601 without offset, days as YYYY-MM-DD, NaN and infinity as null."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False)


def _plain(value: Any) -> Any:  # noqa: PLR0911  (one answer a type)
    match value:
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case Decimal():
            return float(value)
        case float() if not isfinite(value):
            return None
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).replace(tzinfo=None).isoformat()
        case None | str() | int() | float():
            return value
        case _:
            return str(value)


def as_csv(rows: Sequence[Row], names: Sequence[str]) -> str:
    """CSV in which no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(_plain(row[name])) for name in names] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    from opsanalytics.tables import FORMULA_STARTS

    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and sys.stdout.isatty():
        value = printable(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def as_table(rows: Iterable[Row], names: Sequence[str], *, width: int = 60) -> str:
    """Columns aligned, numbers to the right, NULL as nothing, control characters shown as such."""
    cells = [[_shown(row.get(name), width) for name in names] for row in rows]
    widths = [max(len(line[at]) for line in [list(names), *cells]) for at in range(len(names))]
    numeric = [bool(cells) and all(_is_number(line[at]) for line in cells) for at in range(len(names))]
    lines = [list(names), ["─" * wide for wide in widths], *cells]
    return "\n".join("  ".join(cell.rjust(wide) if right else cell.ljust(wide)
                               for cell, wide, right in zip(line, widths, numeric, strict=True)).rstrip()
                     for line in lines)  # fmt: skip


def _shown(value: Any, width: int) -> str:
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    text = printable(" ".join(str(_plain(value)).split()) if not isinstance(value, list) else ", ".join(map(str, value)))
    return text if len(text) <= width else text[: width - 1] + "…"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"(-?\d+(\.\d+)?(e[+-]\d+)?)?", text) is not None


def printable(text: str) -> str:
    """Text of the record on a terminal: it must not move the cursor."""
    return "".join(char if char.isprintable() else " " if char in "\n\t" else "�" for char in text)


def finding_lines(findings: Iterable[Row]) -> Iterator[str]:
    for each in findings:
        place = f"{each['path']}:{each['line']}:{each['col']}"
        yield printable(f"{place} {each['code']} {each['message']}")
        yield printable(f"    {each['level']}; {each['hint']}")


def alert_lines(alerts: Iterable[Row]) -> Iterator[str]:
    """Below each rule what it found, on what data, and where."""
    for (rule, definition, false_alarms), found in groupby(alerts, itemgetter("rule", "definition", "false_alarms")):
        yield printable(f"{rule}: {definition}; false alarms expected: {false_alarms}")
        for each in found:
            data = f"{counted(each['n'], each['counted'])}, {each['since'] or 'no day known'} to {each['until']}"
            threshold = f"threshold {each['threshold']:g} {each['unit']}"
            cause = f"cause {each['cause']}" + (f", raised at {each['raised_before_at']} UTC" if each["raised_before_at"] else "")
            yield printable(f"  {each['found']}")
            yield printable("    " + "; ".join(filter(None, (data, threshold, each["note"], cause))))
            yield printable(f"    {_first(each['places'])}")


def _first(places: Sequence[str], shown: int = 5) -> str:
    return ", ".join(places[:shown]) + (f" and {len(places) - shown} more" if len(places) > shown else "")


def load_line(files: Mapping[str, int]) -> str:
    return (f"{files['seen']} files seen = {files['loaded']} loaded + {files['rejected']} rejected "
            f"+ {files['ignored']} ignored")  # fmt: skip


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def readiness_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row["n"]:
            share = f"{row['field']} on {100 * row['stated'] / row['n']:.0f} % of {row['n']} {row['of_what']}"
            yield f"  {share}: {row['carries']} {row['verdict']}"
