"""What the verdicts promise: few false ones, true ones found, and a smallest visible change that is visible. RUNS pages
or samples a case: two standard errors are 0.7 points at 5 %, 1.3 at 80 %. What was measured is printed.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from opsanalytics.stats.comparing import (
    Comparison,
    Verdict,
    compare_counts,
    compare_durations,
    compare_shares,
    compare_weeks,
    judge,
)
from opsanalytics.stats.rates import Weeks

RUNS = 4000
MARGIN = 0.9
pytestmark = pytest.mark.long


def verdict(comparison: Comparison) -> Verdict:
    return judge([comparison], MARGIN)[0].verdict


def clustered(generator: np.random.Generator, mean: float, n_weeks: int, size: float) -> Weeks:
    """Negative binomial weeks: index of dispersion 1 + mean / size."""
    return Weeks(generator.negative_binomial(size, size / (size + mean), n_weeks).astype(np.float64), np.ones(n_weeks))


def unchanged_page(generator: np.random.Generator) -> list[Comparison]:
    """A quarter against the one before: two kinds of durations, clustered counts, two shares. Nothing changed."""
    n_before, n_after = generator.integers(10, 50, 2)
    return [
        compare_durations(generator.lognormal(4, 1.2, n_before), generator.lognormal(4, 1.2, n_after)),
        compare_durations(1 + generator.pareto(1.2, n_before), 1 + generator.pareto(1.2, n_after)),
        compare_weeks(clustered(generator, 2.5, 13, 1.5), clustered(generator, 2.5, 13, 1.5)),
        _shares(generator, 0.7, n_before, n_after),
        _shares(generator, 0.3, n_before, n_after),
    ]


def _shares(generator: np.random.Generator, share: float, n_before: int, n_after: int) -> Comparison:
    before, after = int(generator.binomial(n_before, share)), int(generator.binomial(n_after, share))
    return compare_shares(before, int(n_before), after, int(n_after), lower_is_better=False)


def test_of_pages_on_which_nothing_changed_at_most_5_percent_say_better_or_worse():
    """Of 20,000 pages: two standard errors are 0.3 points."""
    generator, pages = np.random.default_rng(11), 20_000
    wrong, said = 0, Counter()
    for _ in range(pages):
        verdicts = [one.verdict for one in judge(unchanged_page(generator), MARGIN)]
        wrong += bool({Verdict.BETTER, Verdict.WORSE} & set(verdicts))
        said.update(verdicts)
    print(f"pages with a false verdict: {wrong / pages:.2%}; {_words(said)}")
    assert wrong / pages <= 0.05


def _words(found: Counter) -> str:
    return ", ".join(f"{count} {word}" for word, count in found.most_common())


def test_each_verdict_alone_would_be_wrong_on_more_pages():
    """What Holm is for: five uncorrected verdicts a page."""
    generator = np.random.default_rng(12)
    wrong = sum(
        any(verdict(one) in {Verdict.BETTER, Verdict.WORSE} for one in unchanged_page(generator)) for _ in range(RUNS)
    )
    print(f"pages with a false verdict, uncorrected: {wrong / RUNS:.1%}")
    assert wrong / RUNS > 0.1


def test_a_halving_is_called_at_60_a_side():
    generator = np.random.default_rng(13)
    found = Counter(
        verdict(compare_durations(generator.lognormal(4, 1, 60), generator.lognormal(4, 1, 60) / 2)) for _ in range(RUNS)
    )
    print(f"a halving at 60 a side: {_words(found)}")
    assert found[Verdict.BETTER] / RUNS >= 0.8
    assert found[Verdict.WORSE] == 0


def test_practically_the_same_is_seldom_said_of_what_is_not():
    """A true fall by the margin itself, with 1,500 a side: whoever says `practically the same` errs to one side only."""
    generator = np.random.default_rng(14)
    found = Counter(
        verdict(compare_durations(generator.lognormal(4, 0.8, 1500), MARGIN * generator.lognormal(4, 0.8, 1500)))
        for _ in range(RUNS)
    )
    print(f"a fall by the margin: {_words(found)}")
    assert found[Verdict.SAME] / RUNS <= 0.025 + 0.008


@pytest.mark.parametrize("n", [15, 30, 60])
def test_a_visible_change_of_durations_is_called_4_times_in_5(n):
    generator = np.random.default_rng(15)

    def sample(ratio: float) -> Comparison:
        return compare_durations(generator.lognormal(4, 1, n), ratio * generator.lognormal(4, 1, n))

    _assert_visible(f"durations, {n} a side", sample)


@pytest.mark.parametrize(("mean", "n_weeks"), [(3, 13), (3, 26), (1.5, 52)])
def test_a_visible_change_of_clustered_counts_is_called_4_times_in_5(mean, n_weeks):
    """The clusters stay as they are when the rate changes, so the index falls with it and the call comes easier."""
    generator = np.random.default_rng(16)

    def sample(ratio: float) -> Comparison:
        return compare_weeks(
            clustered(generator, mean, n_weeks, 2.0), clustered(generator, mean * ratio, n_weeks, 2.0)
        )

    _assert_visible(f"counts, {n_weeks} weeks of {mean}, index {1 + mean / 2}", sample)


@pytest.mark.parametrize("expected", [20, 40, 100])
def test_a_visible_change_of_single_counts_is_called_4_times_in_5(expected):
    """The exact test's power is a long sum, so a quarter of the samples: two standard errors are 2.5 points."""
    generator = np.random.default_rng(17)

    def sample(ratio: float) -> Comparison:
        return compare_counts(int(generator.poisson(expected)), 13, int(generator.poisson(expected * ratio)), 13)

    _assert_visible(f"Poisson counts of {expected}", sample, RUNS // 4)


@pytest.mark.parametrize(("share", "n"), [(0.7, 30), (0.5, 60), (0.6, 100)])
def test_a_visible_change_of_shares_is_called_4_times_in_5(share, n):
    generator = np.random.default_rng(18)

    def sample(ratio: float) -> Comparison:
        before, after = int(generator.binomial(n, share)), int(generator.binomial(n, share * ratio))
        return compare_shares(before, n, after, n, lower_is_better=True)

    _assert_visible(f"share of {share:.0%} of {n}", sample)


def _assert_visible(what: str, sample, runs: int = RUNS) -> None:
    """Each `can't tell` names a fall; another sample, in which it truly falls so far, is judged."""
    named = [fall for fall in (_named_fall(sample(1)) for _ in range(runs)) if fall is not None]
    called = np.mean([verdict(sample(fall)) == Verdict.BETTER for fall in named])
    print(f"{what}: a fall to {np.median(named):.2f} (median of {len(named)}) is called {called:.1%}")
    assert len(named) > runs / 2
    assert 0.74 <= called <= 0.86


def _named_fall(comparison: Comparison) -> float | None:
    visible = judge([comparison], MARGIN)[0].visible
    return visible.fall if visible else None
