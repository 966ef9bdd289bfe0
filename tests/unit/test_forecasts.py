"""Forecasts, budgets that run out and surprises against a published example, arithmetic by hand, and properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from opsanalytics.stats.forecasts import (
    WEEKS_A_YEAR,
    Forecast,
    Model,
    TooLittleHistory,
    forecast,
    interval_score,
    runs_out,
    surprising,
)
from opsanalytics.stats.predictive import Gamma, Quantity, Spread, expected, posterior, predictive
from opsanalytics.stats.rates import Weeks


def weeks(*counts: float, exposure: float = 1) -> Weeks:
    return Weeks(np.array(counts, dtype=np.float64), np.full(len(counts), float(exposure)))


def poisson_weeks(seed: int, mean: float, n: int) -> Weeks:
    return weeks(*np.random.default_rng(seed).poisson(mean, n))


ASTHMA = Gamma(3.0, 5.0)


def test_the_asthma_deaths():
    """3 deaths among 200,000, a rate per 100,000: posterior Gamma(6, 7), mean 0.86, above 1.0 with probability 0.30; ten
    such years, Gamma(33, 25), 1.32 and 0.93. Gelman et al., Bayesian Data Analysis, section 2.6.
    """
    one_year, ten_years = posterior(3, 2.0, ASTHMA), posterior(30, 20.0, ASTHMA)
    assert (one_year, ten_years) == ((6, 7), (33, 25))
    for known, mean, above in ((one_year, 0.86, 0.30), (ten_years, 1.32, 0.93)):
        law = stats.gamma(known.shape, scale=1 / known.rate)
        assert (round(law.mean(), 2), round(law.sf(1), 2)) == (mean, above)


def test_the_next_years_asthma_deaths_by_hand():
    """Of Gamma(6, 7) and 2 more: none with probability (7/9)^6, one with 6 (2/9) (7/9)^6, two with 21 (2/9)^2 (7/9)^6."""
    deaths = predictive(posterior(3, 2.0, ASTHMA), 2.0)
    none = (7 / 9) ** 6
    assert deaths.pmf([0, 1, 2]) == pytest.approx([none, 6 * 2 / 9 * none, 21 * (2 / 9) ** 2 * none])
    assert deaths.mean() == pytest.approx(12 / 7)


@pytest.mark.parametrize("quantity", Quantity)
def test_clustered_events_weigh_less_and_vary_more(quantity):
    """10 in 4 periods of index 2 are as 5 of 2: Gamma(5.5, 2). Over 3 more the mean is 8.25; the variance is 2 * 8.25,
    and 8.25^2 / 5.5 for the rate.
    """
    law = expected(10, 4, 3, 2.0, quantity)
    assert (law.mean(), law.var()) == pytest.approx((8.25, 2 * 8.25 + 8.25**2 / 5.5))


def test_events_that_keep_their_distance_are_taken_as_poisson_but_amounts_are_not():
    """Index 0.1: the variance of the count over 3 more is that of Gamma(10.5, 4), of the amount that of Gamma(100.5, 40)."""
    assert expected(10, 4, 3, 0.1, Quantity.COUNT).var() == pytest.approx(7.875 + 7.875**2 / 10.5)
    assert expected(10, 4, 3, 0.1, Quantity.AMOUNT).var() == pytest.approx(0.1 * 7.5375 + 7.5375**2 / 100.5)


def test_a_spread_of_few_clusters_is_badly_known():
    """0 and 6 by turns, ten times: mean 3, variance 9 * 10 / 9, index 10/3. Half the excess kurtosis is 3 (7/3) / 3 of
    counts, 3 (10/3) / 3 of amounts.
    """
    by_turns = weeks(*[0, 6] * 5)
    of_counts, of_amounts = (Spread.of(quantity, by_turns) for quantity in Quantity)
    assert (of_counts.index, of_counts.degrees) == pytest.approx((10 / 3, 9 / (1 + 7 / 3)))
    assert (of_amounts.index, of_amounts.degrees) == pytest.approx((10 / 3, 9 / (1 + 10 / 3)))


def test_a_doubted_index_by_tables():
    """Quantiles 0.9 of t with 3 degrees and of the normal: 1.638 and 1.282."""
    assert Spread(2.0, 3.0).doubted(0.8) == pytest.approx(2 * (1.638 / 1.2816) ** 2, rel=1e-3)


def test_an_interval_score_by_hand():
    """Of 2 to 5 at 80 %: 3 inside, and 10 for each by which it is missed."""
    assert [interval_score(2, 5, value) for value in (1, 2, 4, 5, 8)] == pytest.approx([3 + 10, 3, 3, 3, 3 + 30])


def test_a_backtest_by_hand():
    """Two periods ahead, a season of 4. The counts vary less than Poisson's, so every index is 1, and each model's law is
    negative binomial with 1/2 and the events it goes by over as many periods: 2, all, or 4.
    """
    counts = [4, 5, 4, 4, 5, 4, 4, 4, 5, 4, 4, 5]
    found = forecast(weeks(*counts), np.ones(2), 4)
    scores = {model: [] for model in Model}
    for origin in (10, 8, 6):
        known = {
            Model.SEASONAL_NAIVE: counts[origin - 4 : origin - 2],
            Model.GAMMA_POISSON: counts[:origin],
            Model.RECENT_GAMMA_POISSON: counts[origin - 4 : origin],
        }
        for model, past in known.items():
            low, high = stats.nbinom(0.5 + sum(past), len(past) / (len(past) + 2)).ppf([0.1, 0.9])
            assert low <= sum(counts[origin : origin + 2]) <= high
            scores[model].append(high - low)
    assert found.scores == pytest.approx({model: np.mean(found) for model, found in scores.items()})
    law = stats.nbinom(0.5 + sum(counts), 12 / 14)
    assert (found.model, found.hits, found.origins) == (Model.GAMMA_POISSON, 3, 3)
    assert found.estimate == (law.median(), *law.ppf([0.1, 0.9]))
    assert found.hit_rate == (1, pytest.approx(0.025 ** (1 / 3)), 1)


def test_a_backtest_looks_as_far_ahead_as_the_forecast():
    """After a lead of two of a season of 4 each origin lies two before what it forecasts. 1 and 9 by turns vary so much that
    Gamma-Poisson's index is doubted; seasonal-naive's errors are 0, so it is negative binomial with 1/2 and the two that
    stand 4 before: 10 in 2 periods, whatever came in the lead.
    """
    found = forecast(weeks(*[1, 9] * 8), np.ones(2), 4, lead=2)
    low, high = stats.nbinom(10.5, 2 / 4).ppf([0.1, 0.9])
    assert (found.model, found.estimate.low, found.estimate.high) == (Model.SEASONAL_NAIVE, low, high)
    assert [attempt.start for attempt in found.backtest] == [8, 10, 12, 14]
    assert {attempt[1:] for attempt in found.backtest} == {(Model.SEASONAL_NAIVE, low, high, 10.0)}


def test_the_lead_is_skipped_and_not_forecast():
    """The counts of the year before are 40 in every third month; with a lead of one what is ahead is another month."""
    year = [4, 4, 40] * 4
    told = [forecast(weeks(*year * 4), np.ones(1), 12, lead=lead).estimate for lead in (0, 1, 2)]
    assert [estimate.low <= count <= estimate.high for estimate, count in zip(told, (4, 4, 40), strict=True)] == [True] * 3
    assert told[2].low > told[1].high


def test_what_returns_every_year_is_forecast_by_the_year_before():
    year = [5, 5, 5, 5, 5, 40, 40, 40, 5, 5, 5, 5]
    found = forecast(weeks(*year * 3, *year[:5]), np.ones(3), 12)
    assert found.model is Model.SEASONAL_NAIVE
    assert found.estimate.low <= 120 <= found.estimate.high


def test_after_a_change_of_the_level_the_last_season_speaks():
    before, after = poisson_weeks(1, 20, 24), poisson_weeks(2, 60, 18)
    found = forecast(weeks(*before.counts, *after.counts), np.ones(3), 12)
    assert found.model is Model.RECENT_GAMMA_POISSON
    assert found.estimate.low <= 180 <= found.estimate.high


def test_an_unfinished_period_counts_for_what_is_over_of_it():
    """The same rate a day, the last week three days old; ahead is a week of seven days."""
    whole, cut = np.full(30, 7.0), np.append(np.full(29, 7.0), 3.0)
    full = forecast(Weeks(whole * 2, whole), np.full(2, 7.0), 10)
    unfinished = forecast(Weeks(cut * 2, cut), np.full(2, 7.0), 10)
    assert full.estimate.value == unfinished.estimate.value == 28


def test_too_little_history_says_how_much_it_takes():
    """A season, and the horizon four times: once for the first errors, three times to be tried."""
    assert forecast(poisson_weeks(3, 3, 103), np.ones(13), 52) == TooLittleHistory(103, 104)
    assert forecast(poisson_weeks(3, 20, 15), np.ones(1), 12) == TooLittleHistory(15, 16)
    assert isinstance(forecast(poisson_weeks(3, 3, 104), np.ones(13), 52), Forecast)
    assert isinstance(forecast(poisson_weeks(3, 20, 16), np.ones(1), 12), Forecast)
    assert forecast(poisson_weeks(3, 20, 16), np.ones(1), 12, lead=1) == TooLittleHistory(16, 17)
    assert forecast(poisson_weeks(3, 20, 17), np.ones(1), 12, lead=1).origins == 3


@pytest.mark.parametrize("quantity", Quantity)
def test_nothing_so_far_forecasts_next_to_nothing(quantity):
    found = forecast(weeks(*[0] * 40), np.ones(3), 12, quantity)
    assert (found.estimate.value, found.estimate.low, found.hits) == (0, 0, found.origins)
    assert found.estimate.high <= 1


def test_hours_that_never_vary_are_forecast_to_the_hour():
    found = forecast(weeks(*[4.25] * 40), np.ones(3), 12, Quantity.AMOUNT)
    assert found.estimate == (13, 12, 13)


HISTORIES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 7)), min_size=12, max_size=18)


@settings(max_examples=25, deadline=None)
@given(HISTORIES, st.sampled_from(Quantity))
def test_the_chosen_model_did_at_least_as_well_as_seasonal_naive(history, quantity):
    counts, exposures = (np.array(column, dtype=np.float64) for column in zip(*history, strict=True))
    found = forecast(Weeks(counts, exposures), np.full(2, 7.0), 4, quantity)
    assert found.scores[found.model] == min(found.scores.values()) <= found.scores[Model.SEASONAL_NAIVE]
    assert 0 <= found.estimate.low <= found.estimate.value <= found.estimate.high
    assert all(isinstance(number, int) for number in found.estimate)
    assert 0 <= found.hits <= found.origins == len(range(len(history) - 2, 5, -2))


def test_forecasts_of_sixty_histories_are_right_about_as_often_as_they_say():
    """With a chance of 80 % each, 40 of 60 or fewer would be right once in 100; with 90 %, 59 or more as seldom."""
    generator = np.random.default_rng(4)
    right = 0
    for _ in range(60):
        counts = generator.negative_binomial(10, 0.5, 27).astype(np.float64)
        estimate = forecast(weeks(*counts[:24]), np.ones(3), 12).estimate
        right += estimate.low <= counts[24:].sum() <= estimate.high
    assert 41 <= right <= 58


def test_an_even_spend_runs_out_on_its_day():
    assert runs_out(np.ones(60), np.full(30, 9.5)) == (10, 10, 10)
    assert runs_out(np.ones(60), np.full(9, 9.5)) == (None, None, None)
    assert runs_out(np.ones(60), np.full(30, -1.0)) == (1, 1, 1)


def test_a_rolling_budget_that_gets_back_what_it_spends_does_not_run_out():
    assert runs_out(np.ones(60), 3.0 + np.arange(1, 29)) == (None, None, None)


def test_nothing_spent_never_runs_out():
    assert runs_out(np.zeros(60), np.full(90, 0.01)) == (None, None, None)


def test_the_end_of_a_budget_by_hand():
    """A day of 14 a fortnight, eight times: weekly sums of 14 and 0 by turns, of mean 7. The spread of their index is known
    by 15 / (1 + 3 index / 7) degrees. What is spent in d days is gamma, and the budget of 20 over when that exceeds it.
    """
    spend = np.zeros(112)
    spend[6::14] = 14
    sums = [14, 0] * 8
    index = np.var(sums, ddof=1) / 7
    index *= (stats.t.ppf(0.9, 15 / (1 + 3 * index / 7)) / stats.norm.ppf(0.9)) ** 2
    shape, rate = 0.5 + 112 / index, 112 / index
    chances = []
    for day in range(1, 61):
        mean = shape / rate * day
        variance = index * mean + mean**2 / shape
        chances.append(stats.gamma.sf(20, mean**2 / variance, scale=variance / mean))
    days = [next(day for day, chance in enumerate(chances, 1) if chance >= share) for share in (0.5, 0.1, 0.9)]
    assert runs_out(spend, np.full(60, 20.0)) == tuple(days)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=56, max_size=70), st.floats(0.01, 500), st.sampled_from([0.25, 8, 1024]))
def test_the_end_of_a_budget_is_in_order_and_has_no_unit(spend, left, unit):
    value, low, high = runs_out(np.array(spend), np.full(40, left))
    order = [math.inf if day is None else day for day in (low, value, high)]
    assert order == sorted(order)
    if sum(spend) > 1e-3:
        assert runs_out(unit * np.array(spend), np.full(40, unit * left)) == (value, low, high)


def test_a_budget_of_few_days_has_no_forecast():
    assert runs_out(np.ones(55), np.ones(3)) == TooLittleHistory(55, 56)
    with pytest.raises(ValueError, match="at least 0"):
        runs_out(np.full(56, -1.0), np.ones(3))


STEADY = [2, 4] * 13


def test_a_surprise_by_hand():
    """2 and 4 by turns vary less than Poisson's, so the index is 1 and the next week negative binomial: 78.5, 26/27."""
    law = stats.nbinom(78.5, 26 / 27)
    found = surprising(weeks(*STEADY, 8), 1, 1.0)
    assert (found.p_value, found.threshold) == pytest.approx((law.sf(7), 1 / WEEKS_A_YEAR))
    assert found.least == next(count for count in range(30) if law.sf(count - 1) <= 1 / WEEKS_A_YEAR)
    expected_a_year = law.sf(found.least - 1) * WEEKS_A_YEAR
    assert found.false_alarms == pytest.approx((expected_a_year, expected_a_year, 1))


@pytest.mark.parametrize(("series", "false_alarms"), [(1, 1), (5, 1), (12, 1), (12, 0.1), (3, 12)])
def test_it_is_raised_from_the_least_count_on(series, false_alarms):
    least = surprising(weeks(*STEADY, 0), series, false_alarms).least
    raised = [surprising(weeks(*STEADY, count), series, false_alarms).is_raised for count in (least - 1, least, least + 5)]
    assert raised == [False, True, True]


def test_the_more_are_looked_at_the_more_it_takes():
    leasts = [surprising(weeks(*STEADY, 3), series, 1.0).least for series in (1, 5, 12, 100)]
    assert leasts == sorted(leasts) and leasts[0] < leasts[-1]


def test_a_clustered_history_takes_more():
    clustered = weeks(*[0, 0, 9, 3] * 7, 3)
    assert surprising(clustered, 1, 1.0).least > surprising(weeks(*[3] * 29), 1, 1.0).least


def test_an_unfinished_week_takes_less():
    exposures = np.append(np.full(26, 7.0), 2.0)
    counts = np.array([*STEADY, 3], dtype=np.float64)
    assert surprising(Weeks(counts, exposures), 1, 1.0).least < surprising(weeks(*STEADY, 3), 1, 1.0).least


def test_a_short_history_has_no_surprises():
    assert surprising(weeks(*[3] * 26), 1, 1.0) == TooLittleHistory(25, 26)


@pytest.mark.parametrize(("refused", "message"), [
    (lambda: forecast(weeks(*[1] * 40), np.ones(0), 12), "ahead"),
    (lambda: forecast(weeks(*[1] * 40), np.ones(13), 12), "ahead"),
    (lambda: forecast(weeks(*[1] * 40), np.ones(1), 1), "season of at least 2"),
    (lambda: forecast(weeks(*[1] * 40), np.ones(3), 12, lead=10), "after 10"),
    (lambda: forecast(weeks(*[1] * 40), np.ones(3), 12, lead=-1), "after -1"),
    (lambda: surprising(weeks(*[1] * 40), 0, 1.0), "at least one series"),
    (lambda: surprising(weeks(*[1] * 40), 1, 0.0), "false alarms"),
    (lambda: surprising(weeks(*[1] * 40), 1, 30.0), "false alarms"),
])
def test_impossible_arguments_are_refused(refused, message):
    with pytest.raises(ValueError, match=message):
        refused()
