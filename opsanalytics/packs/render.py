"""Executed notebooks -> pages: static HTML that loads nothing from outside and runs no script but ours.

nbconvert turns cells into HTML without the code. A plotly output, which nbconvert leaves out without a word, becomes a
place to draw in and its figure as JSON; one shared plotly.js draws them. A cell tagged `half`, `most` or `rest` takes
that share of a wide screen.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import plotly
from nbconvert.exporters import HTMLExporter

from opsanalytics import __version__
from opsanalytics.figures import PLOTLY, TONES
from opsanalytics.packs.catalogue import Pack

STYLE = re.compile(r'<style class="opsanalytics">(.*?)</style>', re.DOTALL)
FINDING = re.compile(r'<h2 class="ops-finding" id="([^"]+)">.*?(?=</h2>)', re.DOTALL)
BETWEEN = re.compile(r'<a href="(?P<name>\w+)\.ipynb(?P<at>#[^"]*|)">(?P<text>.*?)</a>', re.DOTALL)
_FILES = files("opsanalytics.packs") / "page"


@dataclass(frozen=True)
class Page:
    """A page and the executed notebook behind it. body: its cells as HTML; style: the sheet that they bring, said once."""

    name: str
    file: str
    title: str
    body: str
    style: str

    @property
    def short(self) -> str:
        return self.title.partition(":")[0]

    @property
    def has_charts(self) -> bool:
        return 'class="chart"' in self.body


def read_page(executed: Path, pack: Pack) -> Page:
    """The page of an executed notebook of the pack; the first is index.html."""
    files = {name: f"{name}.html" if place else "index.html" for place, name in enumerate(pack.sources)}
    name, notebook = executed.stem, nbformat.read(executed, as_version=4)
    body = _between_pages(_body(notebook), files)
    style = STYLE.search(body)
    return Page(name, files[name], _title(notebook, name), STYLE.sub("", body), style[1] if style else "")


def _between_pages(body: str, files: Mapping[str, str]) -> str:
    """A link to another notebook leads to its page, and is no link in a pack without it."""
    def led(link: re.Match[str]) -> str:
        file = files.get(link["name"])
        return f'<a href="{file}{link["at"]}">{link["text"]}</a>' if file else link["text"]

    return BETWEEN.sub(led, body)


def write_site(folder: Path, pages: Sequence[Page], pack: Pack, period: str, also: Mapping[str, str]) -> None:
    """also: files of the pack beside pages and data that its pages link to, and what they are."""
    page_html = template("page.html")
    for page in pages:
        text = page_html.render(page=page, pages=pages, pack=pack, period=period, also=also, version=__version__)
        (folder / page.file).write_text(text, encoding="utf-8")
    (folder / "plotly.min.js").write_text(plotly_script(), encoding="utf-8")
    for name in ("page.js", "tables.js", "page.css"):
        (folder / name).write_text(shared(name), encoding="utf-8")


def template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(_source(name))


def shared(name: str) -> str:
    """A script or style sheet of the pages; `page.css` knows the tones of paper."""
    if name != "page.css":
        return _source(name)
    light = ";".join(f"--{tone}:{colours[0]}" for tone, colours in TONES.items())
    return f".on-paper{{{light}}}\n{_source(name)}"


def plotly_script() -> str:
    return (files(plotly) / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def _source(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def title_of(source: Path) -> str:
    """The title of the page that a notebook makes."""
    return _title(nbformat.read(source, as_version=4), source.stem)


def _title(notebook: Any, name: str) -> str:
    """The first heading of the notebook, else its name."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := re.search(r"^# +(.+)$", cell.source, re.MULTILINE)):
            return found[1].strip()
    return name.replace("_", " ").capitalize()


# --- cells

def _body(notebook: Any) -> str:
    shown = deepcopy(notebook)
    for cell in shown.cells:
        cell["outputs"] = [_drawable(output) for output in cell.get("outputs", [])]
        _name(cell)
    return str(_exporter().from_notebook_node(shown)[0])


@cache
def _exporter() -> HTMLExporter:
    """One for all pages: to read its templates takes longer than to fill them."""
    return HTMLExporter(
        template_name="basic", raw_template=_source("cells.html.j2"),
        exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True,
    )  # fmt: skip


def _drawable(output: Any) -> Any:
    """A plotly output as HTML: a place to draw in, named by its finding, with the figure as JSON that runs nothing."""
    drawn = output.get("data", {}).get(PLOTLY)
    if drawn is None:
        return output
    finding = html.escape(output.data.get("text/plain", "figure"))
    return nbformat.v4.new_output("display_data", {"text/html": (
        f'<div class="chart"><div class="drawing" role="img" aria-label="{finding}"></div>'
        f'<script type="application/json">{_inert(drawn)}</script></div>'
    )})


def _name(cell: Any) -> None:
    """What a cell shows can be linked to by the name of its figure, else by the cell's: at its finding, without one as a whole."""
    name = cell.get("id", "")
    for output in cell["outputs"]:
        text = output.get("data", {}).get("text/html", "").replace('class="ops-finding" id=""', 'class="ops-finding"')
        if 'class="ops-finding"' in text:
            named = text.replace('class="ops-finding">', f'class="ops-finding" id="{name}">', 1) if name else text
            output.data["text/html"] = FINDING.sub(r'\g<0><a class="anchor" href="#\1" aria-label="Link to this"></a>', named)
            name = ""
    cell.metadata["anchor"] = name


def _inert(value: object) -> str:
    """JSON that cannot end its script element, whatever text is in it."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
