"""How pages look: colours that everybody can tell apart, drawn as the template has them, within reach of a keyboard, on any width.

Contrast is that of WCAG 2.2 (relative luminance; 1.4.3 text 4.5:1, 1.4.11 graphical objects 3:1). Colour blindness is
simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
Deficiency", IEEE TVCG 15 (2009), table 1 of severity 1.0, on linear RGB; distances are CIE 1976 L*a*b* (D65).
"""

import base64
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from test_browser import browser, open_page
from test_browser import pytestmark as browser_marks

from opsanalytics.figures import TONES, VERDICT_LOOK
from opsanalytics.packs.render import Page
from opsanalytics.packs.single_file import write_single_file
from opsanalytics.workbench import display as show

__all__ = ["browser"]

LIGHT, DARK = 0, 1
SEVERITIES = [f"severity-{level}" for level in range(1, 6)]
STATES = [f"state-{level}" for level in range(4, 0, -1)]
MARKS = [*SEVERITIES, *STATES, "unknown", "better", "worse"]
TEXTS = ["ink", "muted", *{tone for _, tone in VERDICT_LOOK.values()}]
SEEN = {
    "by all three cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
D65 = np.array([0.95047, 1.0, 1.08883])
NOTICEABLE = 2.3  # the least difference in L*a*b* that is seen: Mahy, Van Eycken and Oosterlinck (1994)
WIDTHS = (360, 768, 1280)


def linear(colour: str) -> np.ndarray:
    shares = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    dark, light = sorted(float(TO_XYZ[1] @ colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, sight: np.ndarray) -> np.ndarray:
    scaled = TO_XYZ @ np.clip(sight @ linear(colour), 0, 1) / D65
    x, y, z = np.where(scaled > (6 / 29) ** 3, np.cbrt(scaled), scaled * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_contrast_and_lightness_are_those_of_the_standards():
    """WCAG: black on white is 21:1, #767676 on white the greyest text that passes. CIE: sRGB red is L* 53.24, a* 80.09, b* 67.20."""
    assert contrast(linear("#000000"), linear("#ffffff")) == pytest.approx(21)
    assert contrast(linear("#767676"), linear("#ffffff")) == pytest.approx(4.54, abs=0.005)
    assert lab("#ff0000", SEEN["by all three cones"]) == pytest.approx([53.24, 80.09, 67.20], abs=0.01)


# --- the tones

@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(("tones", "grounds", "least"), [(TEXTS, ("paper", "wash"), 4.5), (MARKS, ("paper",), 3.0)])
def test_a_tone_stands_out_from_what_it_stands_on(theme, tones, grounds, least):
    found = {(tone, ground): contrast(linear(TONES[tone][theme]), linear(TONES[ground][theme])) for tone in tones for ground in grounds}
    assert {pair: ratio for pair, ratio in found.items() if ratio < least} == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("tone", ["better", "worse", "muted"])
def test_text_on_the_deepest_shade_is_read(theme, tone):
    """A shade is at most 40 % of its tone over paper, mixed as sRGB."""
    over, under = (np.array([int(TONES[name][theme][at : at + 2], 16) for at in (1, 3, 5)]) for name in (tone, "paper"))
    mixed = "#" + "".join(f"{round(part):02x}" for part in 0.4 * over + 0.6 * under)
    assert contrast(linear(TONES["ink"][theme]), linear(mixed)) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_note_on_the_palest_area_is_read(theme):
    assert contrast(linear(TONES["ink"][theme]), linear(TONES["state-1"][theme])) >= 4.5


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("scale", [SEVERITIES, STATES])
def test_scales_are_ordered_by_lightness_for_every_eye(sight, theme, scale):
    """Each step away from the page is at least three times what is just noticeable, in lightness alone."""
    lightness = [lab(TONES[tone][theme], SEEN[sight])[0] for tone in scale]
    steps = [after - before if theme == LIGHT else before - after for before, after in pairwise(lightness)]
    assert min(steps) >= 3 * NOTICEABLE


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("pair", [("better", "worse"), ("better", "muted"), ("worse", "muted")])
def test_verdicts_are_told_apart_by_every_eye(sight, theme, pair):
    """By ten times what is just noticeable; and their shapes differ."""
    one, other = (lab(TONES[tone][theme], SEEN[sight]) for tone in pair)
    assert np.linalg.norm(one - other) >= 10 * NOTICEABLE


# --- what is drawn

def in_browser(test):
    for mark in browser_marks:
        test = mark(test)
    return test


def rgb(tone, theme):
    return tuple(int(TONES[tone][theme][at : at + 2], 16) for at in (1, 3, 5))


def pixels(page, places):
    """Colours on the screen, read from a picture of it in a page that has no policy against that."""
    picture = base64.b64encode(page.screenshot()).decode()
    reader = page.context.browser.new_page()
    read = reader.evaluate(
        """async ([picture, places]) => {
            const image = new Image(); image.src = `data:image/png;base64,${picture}`; await image.decode();
            const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
            const context = canvas.getContext("2d"); context.drawImage(image, 0, 0);
            return places.map(([x, y]) => [...context.getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3)); }""",
        [picture, places])  # fmt: skip
    reader.close()
    return [tuple(colour) for colour in read]


BAR_MIDDLES = """chart => [...chart.querySelectorAll('.trace.bars')].map(trace => [...trace.querySelectorAll('.point path')]
    .map(path => path.getBoundingClientRect()).filter(box => box.height > 8 && box.width > 4 && box.bottom < innerHeight)
    .map(box => [box.x + box.width / 2, box.y + box.height / 2 + 3]))"""


@pytest.mark.long
@in_browser
@pytest.mark.parametrize(("scheme", "theme"), [("light", LIGHT), ("dark", DARK)])
def test_bars_on_the_screen_have_the_tones_of_the_template(browser, packs, scheme, theme):
    """Nothing is painted over them: neither the control band nor a remark's span."""
    page = open_page(browser, packs("demo").folder / "severity_trends.html")
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("ink => document.querySelector('.ytick text').style.fill === ink", arg="rgb({}, {}, {})".format(*rgb("ink", theme)))
    chart = page.locator(".chart").first
    found = [set(pixels(page, middles)) for middles in chart.evaluate(BAR_MIDDLES)]
    page.close()
    assert found == [{rgb(f"severity-{level}", theme)} for level in (1, 3, 5)]


# --- every page of the demo

@pytest.mark.long
@in_browser
@pytest.mark.parametrize("name", ["quarterly-planning", "weekly-oncall", "monthly-retro"])
def test_pages_are_built_for_readers_of_every_kind(browser, packs, name):
    made = packs("demo", name)
    for page_name in made.pages:
        page = open_page(browser, made.folder / page_name)
        assert (page_name, troubles(page)) == (page_name, [])
        page.close()


def troubles(page):
    return [*page.evaluate(BUILT), *(f"{width}: {words}" for width in WIDTHS for words in at_width(page, width))]


def at_width(page, width):
    """Asked again while the figures are drawn anew."""
    page.set_viewport_size({"width": width, "height": 800})
    for _ in range(10):
        page.wait_for_timeout(100)
        if not (found := page.evaluate(LAID)):
            break
    return found


BUILT = """() => {
  const bad = [], every = (selector) => [...document.querySelectorAll(selector)];
  const levels = every("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
  levels.forEach((level, at) => { if (level > (levels[at - 1] ?? 0) + 1) bad.push(`heading ${at} skips to level ${level}`); });
  for (const mark of ["header", "nav", "main", "footer"]) if (every(mark).length !== 1) bad.push(`landmark ${mark}`);
  if (document.querySelector("a")?.className !== "skip") bad.push("the skip link is not first");
  for (const figure of every(".drawing")) {
    if (figure.getAttribute("role") !== "img" || !figure.ariaLabel) bad.push("a figure without role or name");
  }
  for (const scroll of every(".ops-scroll")) {
    if (scroll.tabIndex !== 0 || scroll.getAttribute("role") !== "region" || !scroll.ariaLabel) bad.push("a table out of the keyboard's reach");
  }
  for (const element of every("body *")) {
    const { transitionDuration, animationName, fontFamily } = getComputedStyle(element);
    if (transitionDuration !== "0s" || animationName !== "none") bad.push(`${element.tagName} moves`);
    if (!fontFamily.startsWith("system-ui") && !element.closest("pre, code, .drawing")) bad.push(`${element.tagName} in ${fontFamily}`);
  }
  const sizes = new Set(every("main :is(p, td, th, h1, h2, h3, li, dt, dd, span, a, summary)").filter((each) => !each.closest("svg"))
    .map((each) => parseFloat(getComputedStyle(each).fontSize)));
  if (sizes.size > 4) bad.push(`sizes ${[...sizes]}`);
  return [...new Set(bad)];
}"""

LAID = """() => {
  const bad = [], wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth) bad.push("wider than its window");
  for (const chart of document.querySelectorAll(".js-plotly-plot")) {
    const frame = chart.getBoundingClientRect(), plot = chart.querySelector(".nsewdrag")?.getBoundingClientRect();
    const texts = [...chart.querySelectorAll(".main-svg text")].filter((text) => text.textContent.trim() && text.getBoundingClientRect().width)
      .map((text) => ({ words: text.textContent, box: text.getBoundingClientRect() }));
    const out = ({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1;
    const meet = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2
      && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4;
    bad.push(...texts.filter(out).map(({ words }) => `cut: ${words}`));
    texts.forEach((one, at) => texts.slice(at + 1).filter((other) => meet(one.box, other.box))
      .forEach((other) => bad.push(`${one.words} on ${other.words}`)));
    const legend = chart.querySelector(".legend")?.getBoundingClientRect();
    if (legend && plot && legend.bottom > plot.top + 3 && legend.top < plot.bottom) bad.push(`a legend over the data of ${chart.ariaLabel}`);
    if (plot && plot.width < frame.width * 0.45) bad.push(`little room for the data of ${chart.ariaLabel}`);
  }
  return bad;
}"""


@pytest.mark.long
@in_browser
def test_the_focus_is_seen(browser, packs):
    page = open_page(browser, packs("demo").folder / "mttr.html")
    for _ in range(4):
        page.keyboard.press("Tab")
    outline = page.evaluate("(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))")
    page.close()
    assert outline == ["solid", "2px"]


@pytest.mark.long
@in_browser
def test_a_phone_reads_wide_tables_with_their_first_column_in_sight(browser, packs):
    page = open_page(browser, packs("demo").folder / "mttr.html")
    page.set_viewport_size({"width": 360, "height": 800})
    first = page.locator(".ops-table:visible td:first-child").first
    before = first.bounding_box()["x"]
    page.locator(".ops-scroll:visible").first.evaluate("scroll => { scroll.scrollLeft = 200; }")
    after = first.bounding_box()["x"]
    page.close()
    assert after == pytest.approx(before, abs=1)


@in_browser
@pytest.mark.parametrize("width", [1024, 1280, 1600, 1920])
def test_what_needs_a_decision_is_in_sight_whole(browser, tmp_path, monkeypatch, width):
    """Four columns of sentences and a path that all ask for room."""
    said = "25 % (22 % to 25 %) of 28 days; in the impact of " + ", ".join(f"INC-2026090{n}-01" for n in range(1, 9))
    rows = pd.DataFrame([{"question": f"Do or drop: {'a promise of many words ' * 3}?", "evidence": said, "DRI": "Somebody With A Long Name",
                          "what waiting costs": "at the pace of the last 28 days another 130 % in the next",
                          "where": "ops/decisions/2026-001-one-adapter-for-every-carrier.md:101"}])  # fmt: skip
    bundles = []
    monkeypatch.setattr(show, "display", lambda bundle, raw: bundles.append(bundle))
    show.decisions(rows, finding="One question needs a decision")
    file = tmp_path / "page.html"
    write_single_file(file, [Page("overview", "index.html", "Overview", f'<div class="shown">{bundles[0]["text/html"]}</div>', "")], "A pack", ["Acme"])
    page = open_page(browser, file)
    page.set_viewport_size({"width": width, "height": 800})
    room, taken = page.locator(".ops-decisions > .ops-scroll").evaluate("e => [e.clientWidth, e.scrollWidth]")
    page.close()
    assert taken <= room


@pytest.mark.long
@in_browser
@pytest.mark.parametrize("name", ["quarterly-planning", "weekly-oncall"])
def test_a_full_first_page_has_its_questions_and_tiles_on_one_screen(browser, packs, name):
    page = open_page(browser, packs("demo", name).folder / "index.html")
    page.set_viewport_size({"width": 1280, "height": 800})
    bottom = page.locator(".ops-tiles").evaluate("e => e.getBoundingClientRect().bottom")
    cut = page.locator(".ops-decisions > .ops-scroll").evaluate("e => e.scrollWidth - e.clientWidth")
    page.close()
    assert (bottom <= 800, cut) == (True, 0)
