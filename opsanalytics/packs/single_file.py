"""The whole pack as one HTML file that survives mail and chat: every page, the styles, the scripts, and nothing outside.

Every page is a `main` of which the script shows one; without a script all stand one below the other, and so they do on
paper. A link to another page is a link into the file: ids carry the name of their page.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from opsanalytics import __version__
from opsanalytics.packs.render import Page, plotly_script, shared, template

FIGURE = re.compile(r'(<script type="application/json">.*?</script>)', re.DOTALL)
TAG = re.compile(r"<[a-zA-Z][^>]*>")
REFERENCE = re.compile(r'(?<= )(id|for|href|aria-labelledby|aria-describedby|aria-controls)="([^"]*)"')


@dataclass(frozen=True)
class _Script:
    """A script of the file, and the hash by which the page's policy lets it run, and it alone."""

    text: str

    @property
    def hash(self) -> str:
        return f"sha256-{b64encode(sha256(self.text.encode()).digest()).decode()}"


def write_single_file(file: Path, pages: Sequence[Page], title: str, heading: Sequence[str]) -> None:
    """heading: company, period, as-of and commit; they stand at the foot of the file, and of every sheet of paper."""
    places = {page.file: page.name for page in pages}
    charts = [plotly_script(), shared("page.js")] if any(page.has_charts for page in pages) else []
    scripts = [shared("single_file.js"), shared("tables.js"), *charts]
    words = " · ".join(filter(None, heading))
    styles = dict.fromkeys([shared("page.css"), *(page.style for page in pages), shared("single_file.css"), _sheet_foot(words)])
    text = template("single_file.html").render(
        pages=[replace(page, body=_in_one_file(page, places)) for page in pages], title=title, heading=words,
        styles=list(filter(None, styles)), scripts=[_Script(script) for script in scripts], version=__version__,
    )
    file.write_text(text, encoding="utf-8")


def _in_one_file(page: Page, places: Mapping[str, str]) -> str:
    """The page's body with every reference of its tags led into the file; figures are left as they are."""
    def lead(tag: re.Match[str]) -> str:
        return REFERENCE.sub(lambda found: f'{found[1]}="{_led(found[1], found[2], page, places)}"', tag[0])

    return "".join(part if FIGURE.fullmatch(part) else TAG.sub(lead, part) for part in FIGURE.split(page.body))


def _led(attribute: str, target: str, page: Page, places: Mapping[str, str]) -> str:
    """`#restore_times` of the page mttr -> `#mttr.restore_times`; `mttr.html` -> `#mttr`; an outside link stays."""
    if attribute != "href":
        return f"{page.name}.{target}"
    file, _, anchor = target.partition("#")
    name = places.get(file) if file else page.name
    return target if name is None else f"#{name}" + (f".{anchor}" if anchor and anchor != "main" else "")


def _sheet_foot(words: str) -> str:
    look = "font: 7.5pt system-ui, sans-serif; color: #5a626c;"
    return (f"@page {{ @bottom-left {{ content: {_css_string(words)}; {look} }} "
            f'@bottom-right {{ content: counter(page) " / " counter(pages); {look} }} }}')


def _css_string(text: str) -> str:
    """Every character that is not a letter, digit or space is written by its number: it ends no string and no element."""
    return '"' + "".join(char if char.isalnum() or char == " " else f"\\{ord(char):x} " for char in text) + '"'
