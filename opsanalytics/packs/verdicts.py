"""What the pages say of a period beside the one before: verdicts on numbers and tiles, and what they rest on."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from opsanalytics.figures import VERDICT_LOOK, Number, Said, Sentence, Tile, duration, quantity
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.comparisons import CUSTOMERS_FIRST, Compared, Headline
from opsanalytics.packs.record import PERIODS_OF_DURATIONS, Record, short_words

Headlines = tuple[Headline, ...]
CAPTION = ("A printed 95 % interval is uncorrected; the verdicts of a page are decided together, corrected by Holm's procedure. "
           "What would show, would have shown four times in five.")


def judged(record: Record, headlines: Headlines, number: Number) -> Number:
    """With the verdict on the headline of that key, where the number has a value and such a headline."""
    found = record.compared(headlines).get(number.id)
    return replace(number, verdict=found.verdict) if found and number.value is not None else number


def with_verdict(record: Record, headlines: Headlines, tile: Tile) -> Tile:
    found = record.compared(headlines).get(tile.number.id)
    if found is None:
        return tile
    return replace(tile, number=judged(record, headlines, tile.number), compared=compared_words(found),
                   states=(*tile.states, *compared_numbers(found)))


def compared_words(found: Compared) -> str:
    """What stands beside the verdict, with both n: the ratio, of `can't tell` what would have shown, without one why not."""
    if found.judgement is None:
        return f"no verdict: {found.note}"
    return f"{found.visible_words or found.ratio_words}, n {found.before.n} and {found.after.n}"


def compared_numbers(found: Compared) -> tuple[Number, ...]:
    """What `compared_words` goes by: the value before with its n, the ratio, and the changes that would have shown."""
    key, visible = found.headline.key, found.judgement.visible if found.judgement else None
    every = (Number(f"{key}.before", found.before.value, _unit(found.headline), n=found.before.n), Number(f"{key}.ratio", found.ratio.value, "times", found.ratio.low, found.ratio.high, found.after.n),
             Number(f"{key}.fall_that_shows", visible.fall if visible else None, "times"),
             Number(f"{key}.rise_that_shows", visible.rise if visible else None, "times"))
    return tuple(number for number in every if number.value is not None)


def verdict_words(found: Compared) -> str:
    return f"{VERDICT_LOOK[found.verdict][0]} {found.verdict}" if found.verdict else "–"


def rate_words(found: Compared, before: str) -> Sentence:
    """`, fewer than the 2.4 a week in Q3 2026: better`; without a verdict the rate before, and no claim. before: its name."""
    rate = found.before.value
    if rate is None:
        return []
    stated = Number(f"{found.headline.key}.before", rate, "incidents a week", n=found.before.n)
    said: Sentence = [Said(f"{rate:.1f} a week", "", stated) if rate else "none", f" in {before}"]
    if found.verdict in ("better", "worse"):
        return [f", {'fewer' if found.verdict == 'better' else 'more'} than {'the ' if rate else ''}", *said, f": {found.verdict}"]
    return [", against ", *said, f": {found.verdict}" if found.verdict else ""]


def caption(record: Record, headlines: Headlines) -> str:
    """Against what, all incidents a week, which no tile tells, and how the verdicts are decided."""
    if record.before is None:
        return f"No {record.noun} before this one is on record, so nothing is compared."
    found = record.compared(headlines)
    spans = [_span_words(record, each) for each in found.values() if each.headline.after == record.durations_period != record.period]
    counts = compared_words(found["incidents_per_week"])
    return f"Against {short_words(record.before)}{''.join(spans)}. All incidents a week: {counts}. {CAPTION}"


def _span_words(record: Record, found: Compared) -> str:
    cut = f" by geometric means, up to {duration(found.horizon)}" if found.horizon else ""
    return f"; {_name(found.headline)}: {PERIODS_OF_DURATIONS} {record.noun}s against the {PERIODS_OF_DURATIONS} before{cut}"


def table(record: Record, headlines: Headlines) -> pd.DataFrame:
    """What the verdicts rest on, a row each."""
    rows = [
        (_name(found.headline), *(quantity(side.value, _unit(found.headline)) for side in (found.before, found.after)),
         found.before.n, found.after.n, found.ratio_words or "–", verdict_words(found), found.visible_words or found.note or "–")
        for found in record.compared(headlines).values()
    ]
    return pd.DataFrame(rows, columns=["number", "before", "now", "n before", "n now", "ratio", "verdict", "what would show"])


def _name(headline: Headline) -> str:
    if headline.statistic == "per_week":
        return f"{' and '.join(headline.levels) if headline.levels else 'incidents'} a week"
    return headline.key.replace("_", " ")


def _unit(headline: Headline) -> str:
    if headline.statistic == "per_week":
        return "a week"
    return "share" if headline.statistic == CUSTOMERS_FIRST else METRICS[headline.metric].unit_of(headline.statistic)
