"""Executed notebooks -> pages: static HTML that loads nothing from outside and runs no script but ours.

nbconvert turns cells into HTML without the code. A plotly output, which nbconvert leaves out without a word, becomes a
place to draw in and its figure as JSON; one shared plotly.js draws them. A cell tagged `half`, `most` or `rest` takes
that share of a wide screen.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from importlib.resources import as_file, files
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
_FILES = files("opsanalytics.packs") / "page"


@dataclass(frozen=True)
class Page:
    """A page and the executed notebook behind it."""

    name: str
    file: str
    title: str

    @property
    def short(self) -> str:
        return self.title.partition(":")[0]


def render_site(folder: Path, pack: Pack, period: str) -> tuple[Page, ...]:
    """Writes a page for each executed notebook in `folder/notebooks`; the first is index.html."""
    notebooks = {name: nbformat.read(folder / "notebooks" / f"{name}.ipynb", as_version=4) for name in pack.sources}
    pages = tuple(Page(name, "index.html" if place == 0 else f"{name}.html", _title(notebook, name))
                  for place, (name, notebook) in enumerate(notebooks.items()))
    for page in pages:
        text = _page(notebooks[page.name], page, pages, pack, period)
        (folder / page.file).write_text(text, encoding="utf-8")
    _write_shared(folder)
    return pages


def _write_shared(folder: Path) -> None:
    with as_file(files(plotly) / "package_data" / "plotly.min.js") as script:
        shutil.copyfile(script, folder / "plotly.min.js")
    shutil.copyfile(str(_FILES / "page.js"), folder / "page.js")
    light = ";".join(f"--{tone}:{colours[0]}" for tone, colours in TONES.items())
    sheet = (_FILES / "page.css").read_text(encoding="utf-8")
    (folder / "page.css").write_text(f".on-paper{{{light}}}\n{sheet}", encoding="utf-8")


def _page(notebook: Any, page: Page, pages: Sequence[Page], pack: Pack, period: str) -> str:
    body = _body(notebook)
    style = STYLE.search(body)
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    return environment.from_string((_FILES / "page.html").read_text(encoding="utf-8")).render(
        body=STYLE.sub("", body), style=style[1] if style else "", has_charts='class="chart"' in body,
        name=page.name, title=page.title, pages=pages, pack=pack, period=period, version=__version__,
    )


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
    exporter = HTMLExporter(
        template_name="basic", raw_template=(_FILES / "cells.html.j2").read_text(encoding="utf-8"),
        exclude_input=True, exclude_input_prompt=True, exclude_output_prompt=True, exclude_anchor_links=True,
    )
    return str(exporter.from_notebook_node(shown)[0])


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


def _inert(value: object) -> str:
    """JSON that cannot end its script element, whatever text is in it."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
