"""The companies whose packs are looked at, from one with nothing on record to one with everything, some of it hostile."""

import shutil
from pathlib import Path

import duckdb
import pytest
from test_pack import NOW, incident, make_database, some_incidents

from opsanalytics.scaffold.demo import write_demo
from opsanalytics.warehouse.load import load
from opsanalytics.workspace import read_workspace

HOSTILE = ("<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "=cmd|'/C calc'!A0",
           '<a href="javascript:alert(1)">x</a>', "<svg onload=alert(1)>", "%{x} ${x} {{x}} <!channel>")  # fmt: skip
COMPANY = "".join(HOSTILE) + " @here\n\x1b[31m"
WORKSPACES = {
    "busy": some_incidents() | {f"HOSTILE-{place}": incident(f"2026-09-{place + 10}", "SEV-3", minutes=20 + place)
                                for place in range(len(HOSTILE))},
    "one": {"INC-1": incident("2026-11-04", "SEV-1")},
    "empty": {},
    "long ago": {"INC-1": incident("2023-11-04", "SEV-1")},
}  # fmt: skip
FORGE = "https://git.example.com/acme/ops/src/{commit}/{path}#L{line}"
JENKINS = Path(__file__).parents[3] / "shared" / "corpora" / "incidents" / "jenkins-infra+status"


def make_workspace(name: str, folder: Path) -> Path:
    """The database of a workspace by its name: one of WORKSPACES, or `demo`, `hostile demo`, `jenkins`."""
    if name == "jenkins":
        return _jenkins(folder)
    if name in ("demo", "hostile demo"):
        database = _demo(folder)
    else:
        database = make_database(folder, WORKSPACES[name])
        make_hostile(database)
    if name in ("busy", "empty"):
        _with(database, "update loads set company = ?", COMPANY)
    if name == "hostile demo":
        make_all_hostile(database)
    return database


def make_hostile(database: Path) -> None:
    """Hostile text straight in the tables, as no reader may be trusted to keep it out."""
    for place, text in enumerate(HOSTILE):
        where = f"where source_path like '%HOSTILE-{place}.md'"
        _with(database, f"update incidents set title = ? {where}", text)
        _with(database, f"update action_items set text = ?, owner = ? {where}", text, text)
        _with(database, f"update incident_services set service = ? {where}", text)


def make_all_hostile(database: Path) -> None:
    """Every text of every table that only shows and names nothing, a hostile one in every third row."""
    with duckdb.connect(str(database)) as connection:
        columns = connection.execute(
            "select table_name, column_name from information_schema.columns join duckdb_tables() using (table_name) "
            "where data_type = 'VARCHAR' and column_name in ('title', 'text', 'owner', 'dri', 'what', 'impact', 'root_cause', 'lesson', 'name')"
        ).fetchall()  # fmt: skip
        for place, (table, column) in enumerate(columns):
            text = HOSTILE[place % len(HOSTILE)]
            connection.execute(f'update "{table}" set "{column}" = ? where "{column}" is not null and rowid % 3 = 0', [text])


def _with(database: Path, statement: str, *values: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(statement, values)


def _demo(folder: Path) -> Path:
    write_demo(folder / "demo", until=NOW.date(), seed=1)
    with (folder / "demo" / "ops.yml").open("a", encoding="utf-8") as settings:
        settings.write(f'forge: "{FORGE}"\n')
    return load(read_workspace(folder / "demo"), database=folder / "ops.duckdb", now=NOW).database


def _jenkins(folder: Path) -> Path:
    if not JENKINS.is_dir():
        pytest.skip("the corpora of real files are not here")
    root = Path(shutil.copytree(JENKINS, folder / "jenkins"))
    (root / "ops.yml").write_text('records:\n  incidents: ["content/issues/*.md"]\n', encoding="utf-8")
    return load(read_workspace(root), database=folder / "ops.duckdb", now=NOW).database


def first_of(names):
    """The first at once, the others with the tests that take minutes."""
    first, *others = names
    return [first, *(pytest.param(each, marks=pytest.mark.long) for each in others)]
