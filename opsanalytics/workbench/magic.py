"""`%%sql` in a notebook: the cell is SQL over the warehouse and the notebook's own data frames.

%%sql                       shows the result
%%sql slowest               keeps it as the data frame `slowest`
%sql select count(*) from incidents
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsanalytics.errors import UsageError

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def register() -> None:
    """Adds the magic to the running IPython, if one is running."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None:
        load_ipython_extension(shell)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What `%load_ext opsanalytics` calls."""

    def run(line: str, cell: str | None = None) -> Any:
        return _run(shell, line, cell)

    shell.register_magic_function(run, "line_cell", "sql")  # type: ignore[arg-type]


def _run(shell: InteractiveShell, line: str, cell: str | None) -> Any:
    from opsanalytics.workbench.session import sql

    name, text = ("", line) if cell is None else (line.strip().removesuffix("<<").strip(), cell)
    if name and not name.isidentifier():
        raise UsageError(f"`{name}` is no name for a data frame; write `%%sql name <<` or `%%sql`")
    # DuckDB finds data frames by name in the frames that call it, so the call is made from among the notebook's names.
    result = eval("_run_sql(_text)", shell.user_ns, {"_run_sql": sql, "_text": text})  # noqa: S307
    if name:
        shell.user_ns[name] = result
        return None
    return result
