"""What the next month and quarter are likely to bring, how such forecasts did, and what stands ready for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from opsanalytics.figures import (
    TONES,
    Chart,
    Number,
    _counts,
    _figure,
    _trace_tone,
    day,
    known,
    plural,
    quantity,
)
from opsanalytics.metrics.budget_ends import (
    MAY_RUN_OUT,
    NO_BUDGET,
    NOT_BEFORE,
    PACE_DAYS,
    RUNS_OUT,
    SPENT,
    TOO_LITTLE,
    budget_end_rows,
)
from opsanalytics.metrics.budgets import INSUFFICIENT
from opsanalytics.metrics.capacity import HOURS, INCIDENTS, History, Outlook, attempts, outlooks, roster_rows
from opsanalytics.metrics.catalogue import METRICS
from opsanalytics.metrics.periods import parse_period
from opsanalytics.metrics.result import Row, interval_words
from opsanalytics.packs import spans
from opsanalytics.packs.record import Record, left_out_words
from opsanalytics.record_figures import each
from opsanalytics.stats.forecasts import Forecast, Model, TooLittleHistory

DAY = 86_400_000  # as plotly measures widths
ENDS = {
    SPENT: "spent", RUNS_OUT: "likely to run out", MAY_RUN_OUT: "not likely to run out, though it may", NOT_BEFORE: "not likely to run out",
    INSUFFICIENT: "unknown for want of samples", TOO_LITTLE: "measured for too few days to tell", NO_BUDGET: "without a budget",
}
MONTHS = {"type": "date", "tickformat": "%b\n%Y", "nticks": 10}
MONTH, QUARTER = "month", "quarter"
NEEDS = ("A forecast of a month takes 17 whole months of history, of a quarter 25 to 27: a year, the months that lie between, and four "
         "times what is ahead, once to know the errors and three times to be tried.")
GOES_BY = {
    Model.SEASONAL_NAIVE: "what the same months brought a year before", Model.GAMMA_POISSON: "the rate of all months on record",
    Model.RECENT_GAMMA_POISSON: "the rate of the last twelve months",
}
ASSUMES = (
    "It assumes that the months to come are like those, chance apart, that one month says nothing of the next, and that people write "
    "down as much as they did. What breaks it: a launch, a new service, many more customers; work that takes a cause away; another "
    "idea of what an incident is. Nothing that comes from the past alone foresees such a change: a quarter after the level doubles, a "
    "simulated range is still wrong four times in five; three quarters after, it is right as often as it says. One range in five is "
    "meant to miss. Who knows of a change says by how much, and plans for that."
)


class Plan:
    """Forecasts from the load's as-of on, whatever the period of the page."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.outlooks = outlooks(record.connection)
        self.budget_ends = budget_end_rows(record.connection)
        self.roster = roster_rows(record.connection)

    @property
    def made(self) -> list[Made]:
        """The quarter's before the month's."""
        every = [Made(outlook, outlook.answer) for outlook in self.outlooks if isinstance(outlook.answer, Forecast)]
        return sorted(every, key=lambda made: made.outlook.period.kind == MONTH)

    @property
    def silent(self) -> list[Outlook]:
        return [outlook for outlook in self.outlooks if not isinstance(outlook.answer, Forecast)]

    @property
    def incidents(self) -> list[Made]:
        """Of all incidents: the quarter's and the month's, as far as there are any."""
        return [made for made in self.made if made.outlook.history is self.history]

    @property
    def history(self) -> History:
        return self.outlooks[0].history


class Made(NamedTuple):
    """A forecast that could be made."""

    outlook: Outlook
    found: Forecast

    @property
    def when(self) -> str:
        return spans.said(self.outlook.period)

    @property
    def months(self) -> int:
        return 3 if self.outlook.period.kind == QUARTER else 1

    @property
    def amount(self) -> str:
        history = self.outlook.history
        return quantity(self.found.estimate.value, history.what if history.what == HOURS else history.unit)

    @property
    def limits(self) -> str:
        return f"{self.found.estimate.low:,} to {self.found.estimate.high:,}"

    @property
    def hits(self) -> str:
        return f"{self.found.hits} of {self.found.origins}"

    @property
    def hit_limits(self) -> str:
        return interval_words(self.found.hit_rate.low, self.found.hit_rate.high, lambda end: quantity(end, "share"))


def header(plan: Plan) -> tuple[str, ...]:
    n = len(plan.history.months_on)
    return spans.header(plan.record, f"{plural(n, 'whole month')} of incidents to go by" if n else "no whole month to go by")


# --- in sentences

def answer(plan: Plan) -> list[list[str | tuple[str, str]]]:
    """The quarter, then the month; what cannot be forecast is said last, with the reason."""
    totals = [made for made in plan.made if made.outlook.history.group is None]
    told = [_sentence(list(made)) for _, made in groupby(totals, key=lambda made: made.outlook.period)]
    if plan.incidents and plan.history.note:
        told.append([f"{_sentence_case(plan.history.note)}."])
    return [*told, *_silent(plan)]


def _sentence_case(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _sentence(made: Sequence[Made]) -> list[str | tuple[str, str]]:
    """What one period brings, and how often ranges such as each of them were right."""
    kind = made[0].outlook.period.kind
    figure = "forecast" if made[0].outlook.history.what == INCIDENTS else ""
    amounts = [f"{each.amount} ({each.limits})" for each in made]
    hits = list(dict.fromkeys(each.hits for each in made))
    return [f"Next {kind} ({made[0].when}): ", (amounts[0], figure), "".join(f", {amount}" for amount in amounts[1:]),
            f"; such ranges were right in {', '.join(hits if len(hits) == 1 else [each.hits for each in made])} {kind}s."]


def _lack(plan: Plan) -> tuple[Number, ...]:
    """The months on record, and how many a forecast of each period takes."""
    needed = [Number(f"months_needed.{outlook.period.kind}", outlook.answer.needed, "months") for outlook in plan.silent
              if isinstance(outlook.answer, TooLittleHistory) and outlook.history is plan.history]
    return Number("months_on_record", len(plan.history.months_on), "months"), *needed


def _silent(plan: Plan) -> Iterator[list[str | tuple[str, str]]]:
    """Those of one reason together."""
    reasons: dict[str, list[str]] = {}
    for what in dict.fromkeys(outlook.history.what for outlook in plan.silent):
        of_one = [outlook for outlook in plan.silent if (outlook.history.what, outlook.history.group) == (what, None)]
        reasons.setdefault(reason(of_one), []).append(what)
    for said, names in reasons.items():
        yield [f"No forecast of {' and '.join(names)}{_for(plan, names)}: {said}."]


def _for(plan: Plan, names: Sequence[str]) -> str:
    """The period, where the other can be forecast."""
    made = {made.outlook.period.kind for made in plan.made if made.outlook.history.what in names}
    return f" for the next {QUARTER}" if made == {MONTH} else ""


def reason(of_one: Sequence[Outlook]) -> str:
    """What both the month and the quarter lack is said once."""
    needed = [f"{outlook.answer.needed} for a {outlook.period.kind}" for outlook in of_one if isinstance(outlook.answer, TooLittleHistory)]
    n = len(of_one[0].history.months_on)
    return f"{plural(n, 'whole month')} of history, and it takes {', '.join(needed)}" if n and needed else of_one[0].note


def assumptions(plan: Plan) -> str:
    """Of the main forecast; without one, what it takes."""
    if not plan.incidents:
        return NEEDS
    main = plan.incidents[0]
    return f"The range of incidents in {main.when} goes by {GOES_BY[main.found.model]}. {ASSUMES}"


# --- the figures

def course(plan: Plan) -> Chart:
    """Incidents by month, and what is expected as hatched ranges; that of the quarter at its pace a month."""
    if not plan.incidents:
        return Chart("No range of incidents to draw", name="forecast", numbers=_lack(plan))
    figure = _figure([_bars(plan.history), *(_ahead(made) for made in plan.incidents)], barmode="overlay", xaxis=MONTHS,
                     yaxis=_counts(max(*plan.history.came, *(_pace(made)[1] for made in plan.incidents))))
    return Chart(_course_finding(plan), figure, _course_twin(plan), (), "forecast", _course_caption(plan),
                 METRICS["incident_count"].definition)


def _bars(history: History) -> go.Bar:
    return go.Bar(x=[f"{month_on:%Y-%m}-15" for month_on in history.months_on], y=history.came.tolist(), width=24 * DAY,
                  name="incidents of a month", hovertemplate="%{x|%B %Y}: %{y}<extra></extra>", **_trace_tone("state-3"))


def _ahead(made: Made) -> go.Bar:
    """From the lower to the upper limit, as wide as the period."""
    (low, high), period, is_long = _pace(made), made.outlook.period, made.months > 1
    words = f"{made.when}: {made.limits}{' in all' if is_long else ''}, 80 %"
    bar = go.Bar(x=[(period.starts_on + timedelta(period.days // 2)).isoformat()], y=[high - low], base=[low], name=words,
                 width=(period.days - 4) * DAY, hovertemplate=f"{words}<extra></extra>", **_trace_tone("state-1" if is_long else "state-2"))
    return bar.update(marker_pattern={"shape": "/" if is_long else "x", "fillmode": "overlay"},
                      marker_line={"color": TONES["ink"][2], "width": 1.5})


def _pace(made: Made) -> tuple[float, float]:
    """The limits a month."""
    _, low, high = made.found.estimate
    return (low or 0) / made.months, (high or 0) / made.months


def _course_finding(plan: Plan) -> str:
    first, *others = [f"{made.limits} incidents in {made.when}" for made in plan.incidents]
    return f"Expect {' and '.join([first, *(words.replace(' incidents', '') for words in others)])}, four times in five"


def _course_twin(plan: Plan) -> pd.DataFrame:
    expected = [(made.when, made.amount.partition(" ")[0], made.limits) for made in plan.incidents]
    past = [(f"{month_on:%B %Y}", f"{came:.0f}", None) for month_on, came in zip(plan.history.months_on, plan.history.came, strict=True)]
    return pd.DataFrame([*expected, *reversed(past)], columns=["month", "incidents", "80 % range"])


def _course_caption(plan: Plan) -> str:
    record, history = plan.record, plan.history
    last_on = history.ends_on - timedelta(1)
    days = parse_period(f"{history.months_on[0]}..{last_on}", as_of_on=record.as_of_on)
    excluded = left_out_words(record.metric("incident_count", days).excluded)
    quiet = f" {_sentence_case(history.note)}." if history.note else ""
    return (f"Bars: incidents counted by the month they started in, {day(history.months_on[0])} to {day(last_on)}, "
            f"{plural(len(history.months_on), 'whole month')}{excluded}. Hatched: 80 % ranges, the quarter's a month. "
            f"{record.as_of_on:%B} is not over: it is no history, and lies between as a month did in every past forecast.{quiet}")


def backtest(plan: Plan, kind: str) -> Chart:
    """What would have been forecast of past periods as early as now, and what came of them."""
    made = next((made for made in plan.incidents if made.outlook.period.kind == kind), None)
    if made is None:
        return Chart(f"No forecast of a {kind} to try on the past", name=f"past_{kind}s")
    rows = pd.DataFrame(attempts(made.outlook))
    came = [_came(rows[rows["is_hit"] == is_hit], is_hit) for is_hit in (True, False) if is_hit in set(rows["is_hit"])]
    figure = _figure([_ranges(rows), *came], xaxis=MONTHS, yaxis=_counts(rows[["high", "came"]].max().max()))
    finding = f"Such ranges were right in {made.hits} past {kind}s: {quantity(made.found.hit_rate.value, 'share')} ({made.hit_limits})"
    rate = made.found.hit_rate
    stated = Number(f"past_{kind}s.hit_rate", rate.value, "share", rate.low, rate.high, made.found.origins)
    return Chart(finding, figure, _backtest_twin(rows), (stated,), f"past_{kind}s", _backtest_caption(made),
                 METRICS["incident_count"].definition)


def _ranges(rows: pd.DataFrame) -> go.Scatter:
    x = [part for at in _middles(rows) for part in (at, at, None)]
    y = [part for low, high in zip(rows["low"], rows["high"], strict=True) for part in (low, high, None)]
    return go.Scatter(x=x, y=y, mode="lines", name="80 % range", line={"width": 6, "color": TONES["state-1"][2]},
                      meta={"tone": "state-1"}, hoverinfo="skip")


def _came(part: pd.DataFrame, is_hit: bool) -> go.Scatter:
    look = _trace_tone("ink")
    look["marker"] |= {"symbol": "circle" if is_hit else "x", "size": 8 if is_hit else 11}
    text = [f"{_span(row.from_on, row.to_on)}: {row.came:.0f} came, {row.low} to {row.high} forecast" for row in each(part)]
    return go.Scatter(x=_middles(part), y=part["came"].tolist(), mode="markers", name=f"came, {'inside' if is_hit else 'outside'}",
                      text=text, hovertemplate="%{text}<extra></extra>", cliponaxis=False, **look)


def _middles(rows: pd.DataFrame) -> list[str]:
    return [(first_on + (last_on - first_on) / 2).isoformat() for first_on, last_on in zip(rows["from_on"], rows["to_on"], strict=True)]


def _span(first_on: date, last_on: date) -> str:
    """`Oct 2026`, `Aug to Oct 2026`, `Dec 2025 to Feb 2026`."""
    first, last = f"{first_on:%b %Y}", f"{last_on:%b %Y}"
    return last if first == last else f"{first if first_on.year != last_on.year else f'{first_on:%b}'} to {last}"


def _backtest_twin(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({
        "forecast": [_span(row.from_on, row.to_on) for row in each(rows)], "from": rows["low"], "to": rows["high"],
        "came": rows["came"].astype(int), "": ["" if is_hit else "outside" for is_hit in rows["is_hit"]], "model": rows["model"],
    }).iloc[::-1]


def _backtest_caption(made: Made) -> str:
    months = "Three months in a row, back from the last whole one, are a quarter here. " if made.months > 1 else ""
    lead = made.outlook.lead
    between = "one month" if lead == 1 else f"{lead} months"
    return (f"{months}Each range knows only what was on record {between} before what it is of, as the one to come does, and is of the model "
            "that did best in the others. The share's interval is Clopper and Pearson's, 95 %. Counts are whole, so that an 80 % range "
            "holds somewhat more, and much more where there are few.")


# --- the tables

def forecasts(plan: Plan) -> pd.DataFrame:
    """A row a forecast, then a row for each that could not be made; nothing where none could."""
    if not plan.made:
        return pd.DataFrame()
    rows = [*map(_made_row, plan.made), *(_row(outlook, *(None,) * 5) for outlook in plan.silent)]
    columns = ["what", "when", "expected", "80 % range", "were right", "95 % of that", "model", "history", "note"]
    return pd.DataFrame(rows, columns=columns)


def _made_row(made: Made) -> tuple[str | None, ...]:
    return _row(made.outlook, made.amount.partition(" ")[0], made.limits, made.hits, made.hit_limits, str(made.found.model))


def _row(outlook: Outlook, *told: str | None) -> tuple[str | None, ...]:
    return (_what(outlook), spans.said(outlook.period), *told, _history_words(outlook.history), outlook.note or None)


def _what(outlook: Outlook) -> str:
    return ", ".join(filter(None, (outlook.history.what, outlook.history.group)))


def _history_words(history: History) -> str | None:
    months_on = history.months_on
    return f"{_span(months_on[0], months_on[-1])}, {plural(len(months_on), 'month')}" if months_on else None


def forecasts_finding(plan: Plan) -> str:
    return f"{len(plan.made)} of {len(plan.outlooks)} forecasts could be made" if plan.made else "No forecast could be made"


def forecasts_caption() -> str:
    return f"Expected is the median; ranges and hits as above. {NEEDS}"


def models(plan: Plan) -> pd.DataFrame:
    """How every model did, a row a forecast."""
    rows = [(_what(made.outlook), made.when, *(made.found.scores[model] for model in Model), str(made.found.model)) for made in plan.made]
    return pd.DataFrame(rows, columns=["what", "when", *map(str, Model), "chosen"])


def models_finding(plan: Plan) -> str:
    if not plan.made:
        return ""
    steady, naive = (number.value for number in models_numbers(plan))
    return f"A steady rate did best in {steady} of {len(plan.made)} backtests, the same months a year before in {naive}"


def models_numbers(plan: Plan) -> list[Number]:
    chosen = [made.found.model for made in plan.made]
    naive = chosen.count(Model.SEASONAL_NAIVE)
    return [Number("backtests.steady_rate", len(chosen) - naive, "backtests", n=len(chosen)),
            Number("backtests.same_months_a_year_before", naive, "backtests", n=len(chosen))]


def models_caption() -> str:
    return ("Mean interval score of each model in the backtest that chose: the width of its ranges, and ten times what came outside. "
            "The less the better; in the unit of what is forecast, so only a row can be compared. Of equals the first is chosen.")


# --- budgets and the rota

def budget_ends(plan: Plan) -> pd.DataFrame:
    rows = [(row["slo_id"], row["window"], None if row["left"] is None else quantity(row["left"], "share"), _end_words(row), row["n"], row["note"] or None)
            for row in plan.budget_ends]
    return pd.DataFrame(rows, columns=["objective", "window", "left now", "runs out", "days measured", "note"])


def _end_words(row: Row) -> str:
    beyond = f"not before {day(row['until_on'])} at this pace" if row["until_on"] else ""
    if row["answer"] == RUNS_OUT:
        last = day(row["high"]) if row["high"] else f"after {day(row['until_on'])}"
        return f"{day(row['value'])} ({day(row['low'])} to {last})"
    if row["answer"] == MAY_RUN_OUT:
        return f"{beyond}, with one chance in ten by {day(row['low'])}"
    return beyond if row["answer"] == NOT_BEFORE else str(row["answer"])


def budget_ends_finding(plan: Plan) -> str:
    rows = plan.budget_ends
    if not rows:
        return "No error budget runs out, as there is none: ops/slo.yml brings objectives"
    counts = Counter(row["answer"] for row in rows)
    said = [f"{counts[answer]} {words}" for answer, words in ENDS.items() if counts[answer]]
    return f"Of {plural(len(rows), 'error budget')}, {', '.join(said)}"


def budget_ends_numbers(plan: Plan) -> list[Number]:
    counts = Counter(row["answer"] for row in plan.budget_ends)
    return [Number(f"budget_ends.{answer}".replace(" ", "_"), counts[answer], "budgets", n=len(plan.budget_ends)) for answer in ENDS if counts[answer]]


def budget_ends_caption(plan: Plan) -> str:
    return (f"At the pace of the last {PACE_DAYS} days before {day(plan.record.as_of_on)}: the median day and its 80 % interval. A rolling "
            "window gives back what the days that leave it had spent; a calendar window's budget is that of all of it, with the events to "
            "come at their pace, and not of what was seen so far. Days without samples are left out, not taken as good.")


def roster(plan: Plan) -> pd.DataFrame:
    rows = [(_period_words(plan, row["period"]), _hours(row), row["hours"], row["people"], row["shifts"], row["hours_a_shift"],
             _part(row), row["note"] or None) for row in plan.roster]
    columns = ["when", "hours interrupted", "hours on call", "people on the rota", "shifts", "hours a shift", "part interrupted", "note"]
    return pd.DataFrame(rows, columns=columns)


def _period_words(plan: Plan, name: str) -> str:
    period = parse_period(name, as_of_on=plan.record.as_of_on, fiscal_year_start=plan.record.period.fiscal_year_start)
    return spans.said(period) if period.kind != "day-range" else _span(period.starts_on, period.ends_on - timedelta(1))


def _hours(row: Row) -> str | None:
    if row["value"] is None:
        return None
    return f"{row['value']:,.0f}" + (f" ({row['low']:,} to {row['high']:,})" if known(row["low"]) else "")


def _part(row: Row) -> str | None:
    """Only of a rota that is written to the end of the period."""
    if row["value"] is None or not row["hours"] or row["note"]:
        return None
    return f"{100 * row['value'] / row['hours']:.1f} %"


def roster_finding(plan: Plan) -> str:
    if not plan.roster:
        return "No rota to hold the hours against: ops/oncall.yml brings shifts"
    last = plan.roster[0]
    if not last["shifts"]:
        return f"Nobody was on the rota in {_period_words(plan, last['period'])}"
    said = f"{plural(last['people'], 'person').replace('persons', 'people')} shared {plural(last['shifts'], 'shift')} in {_period_words(plan, last['period'])}"
    return said + (f", {last['value']:,.0f} of {last['hours']:,.0f} hours interrupted" if last["value"] is not None else "")


def roster_caption(plan: Plan) -> str:
    return ("An hour is interrupted when a page was sent or somebody worked on an incident in it; it is one person's, as hours on call "
            "are. Shifts that only reach into a period count in it with the hours that lie there. What is not written yet is not guessed.")


# --- in machine form

def numbers(plan: Plan) -> Iterator[Number]:
    return outlook_numbers(plan.made)


def outlook_numbers(every: Iterable[Made]) -> Iterator[Number]:
    for made in every:
        history, found = made.outlook.history, made.found
        key = ".".join(filter(None, (history.what.replace(" ", "_"), history.group, f"next_{made.outlook.period.kind}")))
        yield Number(key, found.estimate.value, history.unit, found.estimate.low, found.estimate.high, len(history.months_on))
        yield Number(f"{key}.hit_rate", found.hit_rate.value, "share", found.hit_rate.low, found.hit_rate.high, found.origins)
