"""What `opsanalytics alerts` promises of surprising weeks, by the path that the command takes: the counts of a company's
weeks, all of them, by severity, by service and its pages, judged week by week through a quiet year after another one.
500 years a test. What was measured is printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest

from opsanalytics.metrics.alerts import HISTORY_WEEKS, Alert, Series, judge_week
from opsanalytics.metrics.periods import parse_period
from opsanalytics.stats.forecasts import WEEKS_A_YEAR, surprising
from opsanalytics.stats.intervals import proportion_interval, z_quantile

YEARS = 500
SEVERITIES = (0.1, 0.3, 0.6)
SERVICES = (0.4, 0.3, 0.2, 0.1)
PAGES = 3.0  # times as many as incidents
MONDAY = date(2024, 1, 1)
pytestmark = pytest.mark.long

Company = dict[tuple[str, str | None], np.ndarray]


def clustered(generator: np.random.Generator, mean: float, index: float, weeks: int) -> np.ndarray:
    return generator.poisson(mean, weeks) if index == 1 else generator.negative_binomial(mean / (index - 1), 1 / index, weeks)


def company(generator: np.random.Generator, mean: float, index: float, weeks: int = 2 * HISTORY_WEEKS) -> Company:
    """Incidents cluster by service; each has a severity of its own."""
    services = np.array([clustered(generator, share * mean, index, weeks) for share in SERVICES])
    severities = generator.multinomial(services.sum(axis=0), SEVERITIES).T
    return {
        ("incidents", None): services.sum(axis=0),
        **{("severity", f"SEV-{rank}"): counts for rank, counts in enumerate(severities, 1)},
        **{("service", f"s{number}"): counts for number, counts in enumerate(services)},
        ("pages", None): clustered(generator, PAGES * mean, index, weeks),
    }


def seen(found: Company, week: int) -> list[Series]:
    """That week and the year before it."""
    at = slice(week - HISTORY_WEEKS, week + 1)
    begins_on = MONDAY + timedelta(weeks=week - HISTORY_WEEKS)
    return [Series(*name, begins_on, [7] * (HISTORY_WEEKS + 1), counts[at].tolist()) for name, counts in found.items()]


def alarms(series: list[Series], week: int) -> Iterator[Alert]:
    period = parse_period("this", as_of_on=MONDAY + timedelta(weeks=week), kind="week")
    return (each for each in judge_week(series, period, 1.0) if isinstance(each, Alert))


def stands_out(each: Series) -> bool:
    """Only what is well above the mean is worth the arithmetic; one event alone is expected more than once a year."""
    past, count = np.array(each.counts[:-1]), each.counts[-1]
    return count > 1 and count > past.mean() + 2 * max(past.std(), np.sqrt(past.mean()))


def alarms_of_a_year(found: Company) -> int:
    weeks = ((seen(found, week), week) for week in range(HISTORY_WEEKS, 2 * HISTORY_WEEKS))
    return sum(len(list(alarms(series, week))) for series, week in weeks if any(map(stands_out, series)))


def stated(found: Company) -> np.ndarray:
    """By the year's last look: value, low and high, of so many weeks as a year of the simulation has."""
    looked_at = [each for each in seen(found, 2 * HISTORY_WEEKS - 1) if not each.lack]
    of_each = [surprising(each.weeks, len(looked_at), 1.0).false_alarms for each in looked_at]
    return np.sum(of_each, axis=0) * HISTORY_WEEKS / WEEKS_A_YEAR


@pytest.mark.parametrize(("mean", "index"), [(0.2, 1), (1, 1), (5, 1), (0.2, 2), (1, 2), (5, 3)])
def test_quiet_years_have_as_many_false_alarms_as_stated(mean: float, index: float):
    """Of incidents that come singly as many as the lower limit says; of those that cluster as the value does, or fewer, because
    of a cluster only a part falls to each severity; and never more than were promised. The interval is that of the years,
    which differ by more than Poisson's chance: a bad week is one of several counts at once.
    """
    generator = np.random.default_rng(41)
    companies = [company(generator, mean, index) for _ in range(YEARS)]
    years = np.array([alarms_of_a_year(each) for each in companies])
    value, low, high = np.mean([stated(each) for each in companies], axis=0)
    a_year, error = years.mean(), years.std(ddof=1) / np.sqrt(YEARS)
    least, most = a_year - z_quantile(0.95) * error, a_year + z_quantile(0.95) * error
    print(f"{mean} a week, index {index}: {a_year:.2f} a year ({least:.2f} to {most:.2f}), {np.mean(years > 0):.0%} of the years "
          f"have one; stated {value:.2f} ({low:.2f} to {high:.2f})")
    widest = z_quantile(0.999) * error
    assert a_year - widest <= (low if index == 1 else value)
    assert a_year + widest >= low
    assert a_year <= high


@pytest.mark.parametrize(("mean", "index", "least"), [(1, 1, 0.35), (3, 1, 0.9), (5, 1, 0.97), (8, 1, 0.97), (5, 2, 0.8), (8, 2, 0.95)])
def test_a_tripled_week_is_raised(mean: float, index: float, least: float):
    """Three times as many of everything, in some count or other."""
    generator, raised, in_all = np.random.default_rng(42), 0, 0
    for _ in range(YEARS):
        past, now = company(generator, mean, index, HISTORY_WEEKS), company(generator, 3 * mean, index, 1)
        found = {name: np.append(past[name], now[name]) for name in past}
        subjects = [each.subject for each in alarms(seen(found, HISTORY_WEEKS), HISTORY_WEEKS)]
        raised += bool(subjects)
        in_all += any(each.startswith("incidents/") for each in subjects)
    share, low, high = proportion_interval(raised, YEARS)
    print(f"{3 * mean} a week instead of {mean}, index {index}: raised {share:.0%} ({low:.0%} to {high:.0%}), "
          f"of all incidents {in_all / YEARS:.0%}")
    assert share >= least
