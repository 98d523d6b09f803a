"""Errors by chains and by training against known ones, paired differences, curves over the distance, correlations."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from made_up import estimate
from scipy.stats import norm, spearmanr

from claims.uncertainty import (
    BOTH,
    NUCLEI,
    TRAINING,
    Estimate,
    Redrawn,
    chance_correlation,
    curve_table,
    error_by_members,
    least,
    median,
    most,
    noise_share,
    rank_correlation,
    times_drawn,
    weighted_median,
    weighted_rms,
)
from lib.learning.errors import Errors

CHAINS, EACH, SPLITS, INITS = 60, 4, 20, 5


def errors_of(single, learning=None, Z=None, d=None):
    """Errors of members (split, init, nucleus) about a target of zero."""
    splits, inits, count = single.shape
    return Errors(
        xr.Dataset(
            {
                "predicted_energy": (("member", "nucleus"), single.reshape(-1, count)),
                "is_learning": (("fold", "nucleus"), np.zeros((splits, count), bool) if learning is None else learning),
                "energy": ("nucleus", np.zeros(count)),
                "known": ("nucleus", np.ones(count, bool)),
                "distance": ("nucleus", np.zeros(count, int) if d is None else d),
            },
            coords={
                "split": ("member", np.repeat(np.arange(splits), inits)),
                "init": ("member", np.tile(np.arange(inits), splits)),
                "fold": np.arange(splits),
                "Z": ("nucleus", np.repeat(np.arange(CHAINS), count // CHAINS) if Z is None else Z),
                "N": ("nucleus", np.arange(count)),
            },
        )
    )


def made(seed, chain=0.0, split=0.0, init=0.0, shift=20.0):
    """An error that all share, with normal parts by the chain, by the split and by the member; the rms is near the mean."""
    random = np.random.default_rng(seed)
    parts = (
        chain * random.normal(size=(1, 1, CHAINS)),
        split * random.normal(size=(SPLITS, 1, 1)),
        init * random.normal(size=(SPLITS, INITS, 1)),
    )
    return errors_of(np.repeat(shift + sum(parts), EACH, axis=2))


def found_and_true(drawn=BOTH, **parts):
    """The mean bootstrap variance of the rms over many ensembles, and the variance of the rms among these."""
    ensembles = [made(seed, **parts) for seed in range(150)]
    estimates = [Redrawn(each, drawn=drawn).rms() for each in ensembles]
    return np.mean([each.error**2 for each in estimates]), np.var([each.value for each in estimates], ddof=1)


# --- the error of a number --------------------------------------------------------------------------------------------


def test_error_by_chains_and_by_training_is_that_of_the_mean_of_normal_numbers():
    """Sixty chains of width 3 and twenty splits of width 2, five members of width 1.5 each."""
    of_chains, of_training = 3**2 / CHAINS, 2**2 / SPLITS + 1.5**2 / SPLITS / INITS
    parts = {"chain": 3.0, "split": 2.0, "init": 1.5}
    both, true = found_and_true(**parts)
    assert both == pytest.approx(of_chains + of_training, rel=0.1)
    assert true == pytest.approx(of_chains + of_training, rel=0.3)
    assert found_and_true((NUCLEI,), **parts)[0] == pytest.approx(of_chains, rel=0.1)
    assert found_and_true((TRAINING,), **parts)[0] == pytest.approx(of_training, rel=0.1)


def test_initialisations_count_once_with_their_split():
    """Members that differ by their initialisation alone: a hundred independent ones."""
    found, _ = found_and_true((TRAINING,), init=5.0)
    assert found == pytest.approx(5**2 / SPLITS / INITS, rel=0.1)


def test_error_of_the_rms_of_normal_numbers():
    """The rms of n normal numbers of width s has the standard error s / sqrt(2 n), however many nuclei repeat each."""
    numbers = np.random.default_rng(7).normal(0, 2.0, 800)
    for times in (1, 4):
        single = np.repeat(numbers, times)[None, None]
        found = Redrawn(errors_of(single, Z=np.repeat(np.arange(800), times))).rms()
        assert found.value == pytest.approx(np.sqrt(np.mean(numbers**2)), rel=1e-12)
        assert found.error == pytest.approx(2 / np.sqrt(2 * 800), rel=0.1)


def test_what_is_not_drawn_has_no_error():
    assert Redrawn(made(1, chain=3.0), drawn=(TRAINING,)).rms().error == 0
    assert Redrawn(made(1, split=3.0), drawn=(NUCLEI,)).rms().error == pytest.approx(0, abs=1e-9)
    one_split = errors_of(np.random.default_rng(1).normal(size=(1, 5, CHAINS)))
    assert Redrawn(one_split, drawn=(TRAINING,)).rms().error == 0


def test_draws_are_the_same_on_every_run_and_begin_with_the_data():
    assert Redrawn(made(3, 1, 1, 1)).rms() == Redrawn(made(3, 1, 1, 1)).rms()
    for what in BOTH:
        times = times_drawn(20, what)
        assert (times[0] == 1).all()
        assert (times.sum(axis=1) == 20).all()
        assert times[1:].var() == pytest.approx(1 - 1 / 20, rel=0.05)
    chains, splits = (times_drawn(20, what)[1:] for what in BOTH)
    assert abs(np.corrcoef(chains.ravel(), splits.ravel())[0, 1]) < 0.02, "drawn independently of each other"


def test_values_are_those_of_the_errors():
    """The first row, by whichever members count; and a draw by hand."""
    random = np.random.default_rng(5)
    single, learning = random.normal(size=(SPLITS, INITS, CHAINS)), random.random((SPLITS, CHAINS)) < 0.8
    learning[:, 0] = True
    errors = errors_of(single, learning)
    for of in ("error", "held_out", "deviation"):
        assert Redrawn(errors, of).values()[0] == pytest.approx(getattr(errors, of), nan_ok=True)
    times = times_drawn(SPLITS, TRAINING)[7].astype(int)
    members = np.repeat(single, times, axis=0)
    unlearnt = np.repeat(~learning, times, axis=0)[:, None] * np.ones((1, INITS, 1))
    assert Redrawn(errors).values([3, 5])[7] == pytest.approx(members[..., [3, 5]].mean(axis=(0, 1)))
    with np.errstate(invalid="ignore"):
        by_hand = (members * unlearnt).sum(axis=(0, 1)) / unlearnt.sum(axis=(0, 1))
    assert Redrawn(errors, "held_out").values()[7] == pytest.approx(by_hand, nan_ok=True)
    spread = members.reshape(-1, CHAINS).std(axis=0, ddof=1)
    assert Redrawn(errors, "deviation").values()[7] == pytest.approx(spread)


def test_nan_is_left_out():
    values = np.array([[3.0, np.nan, 3.0]])
    assert weighted_rms(values, np.ones((1, 3))) == Estimate(3.0, 0.0)
    with pytest.raises(ValueError, match="no nucleus to draw from"):
        weighted_rms(np.full((1, 3), np.nan), np.ones((1, 3)))


def test_median_counts_a_value_as_often_as_it_is_drawn():
    random = np.random.default_rng(2)
    for count in (6, 7):
        values, times = random.normal(size=count), random.multinomial(count, np.full(count, 1 / count), 40)
        found = weighted_median(values, times.astype(float)).draws
        assert found == pytest.approx([np.median(np.repeat(values, row)) for row in times])


# --- pairs ------------------------------------------------------------------------------------------------------------


def test_identical_networks_do_not_differ_at_all():
    one, other = (Redrawn(made(4, 3.0, 2.0, 1.0)).rms() for _ in range(2))
    assert one.error > 0.3
    assert ((one - other).value, (one - other).error) == (0, 0)
    assert ((one / other).value, (one / other).error) == (1, 0)


def test_what_two_networks_share_is_not_in_the_error_of_their_difference():
    """The same chains of width 3, and independent splits of width 1: the difference has the error of the splits alone."""
    shared = made(9, chain=3.0).single.reshape(SPLITS, INITS, -1)
    random = np.random.default_rng(11)
    first, second = (Redrawn(errors_of(shared + random.normal(size=(SPLITS, 1, 1)))).rms() for _ in range(2))
    assert min(first.error, second.error) > 0.4
    assert (first - second).error == pytest.approx(np.sqrt(2 / SPLITS), rel=0.3)


def test_networks_of_other_nuclei_are_drawn_by_the_same_chains():
    """Of the second half of the chains alone: with all names given, paired with the whole."""
    whole = made(6, chain=3.0)
    half = errors_of(whole.single.reshape(SPLITS, INITS, -1)[..., 120:], Z=whole.Z[120:])
    names = np.unique(whole.Z)
    assert (Redrawn(half, names=names).rms() - Redrawn(whole).rms(whole.Z >= 30)).error == pytest.approx(0, abs=1e-12)


def test_least_most_and_median_are_taken_in_every_draw():
    some = [Estimate.of([1.0, 5.0, 2.0]), Estimate.of([2.0, 3.0, 3.0]), Estimate.of([4.0])]
    assert least(some).draws.tolist() == [1, 3, 2]
    assert most(some).draws.tolist() == [4, 5, 4]
    assert median(some).draws.tolist() == [2, 4, 3]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Estimate(0.64412, 0.0213), "0.644 ± 0.021"),
        (Estimate(0.0861, 0.00314), "0.0861 ± 0.0031"),
        (Estimate(12.34, 1.6), "12.3 ± 1.6"),
        (Estimate(123.4, 16.0), "123 ± 16"),
        (Estimate(-0.00123, 0.00001), "−0.0012 ± 0.0000"),
        (Estimate(3.0, 0.0), "3.000 ± 0.000"),
        (Estimate(3.0, float("nan")), "3.000 ± nan"),
        (5 - estimate(2.0, 0.12), "3.00 ± 0.12"),
        (estimate(2.0, 0.12) - 5, "−3.00 ± 0.12"),
    ],
)
def test_two_digits_of_the_error_are_printed(number, text):
    assert str(number) == text


# --- curves and correlations --------------------------------------------------------------------------------------------


def curve(errors, d, minimum_nuclei=1, Z=None):
    made_of = errors_of(np.asarray(errors, float)[None, None], Z=np.arange(len(d)) if Z is None else Z, d=d)
    return curve_table(Redrawn(made_of).rms_by(made_of.d, minimum_nuclei=minimum_nuclei), made_of.d)


def test_curve_over_the_distance():
    found = curve([1.0, -1, 1, 5, 5, 3, -3, 3], np.array([0, 0, 0, 2, 2, 4, 4, 4]), 3)
    assert found.index.tolist() == [0, 4]
    assert found.nuclei.tolist() == [3, 3]
    assert found.rms.tolist() == pytest.approx([1, 3])
    assert found.bootstrap_error.tolist() == pytest.approx([0, 0])


def test_points_of_a_curve_are_rms_errors():
    errors = made(8, 3.0, 2.0, 1.0)
    errors.d = np.arange(len(errors.Z)) % 3
    redrawn = Redrawn(errors)
    by = redrawn.rms_by(errors.d)
    for d in range(3):
        assert by[d].to_numpy() == pytest.approx(redrawn.rms(errors.d == d).draws)
    table = curve_table(by, errors.d)
    assert table.bootstrap_error[1] == pytest.approx(redrawn.rms(errors.d == 1).error)
    some = errors.Z > 20
    assert redrawn.rms_by(errors.d, some)[2][0] == pytest.approx(redrawn.rms(some & (errors.d == 2)).value)


@pytest.mark.parametrize(("minimum", "words"), [(0, "minimum_nuclei = 0"), (9, "give at most 3")])
def test_a_curve_without_points_is_refused(minimum, words):
    with pytest.raises(ValueError, match=words):
        curve(np.ones(4), np.array([0, 0, 0, 2]), minimum)


def test_rank_correlation_is_that_of_scipy_in_every_draw():
    values = np.random.default_rng(3).normal(size=(6, 12))
    values[4, [2, 7]] = np.nan
    by = pd.DataFrame(values, columns=np.arange(0, 24, 2))
    found = rank_correlation(by)
    for row, correlation in zip(values, found.draws, strict=True):
        there = np.isfinite(row)
        assert correlation == pytest.approx(spearmanr(by.columns[there], row[there]).statistic)
    others = np.random.default_rng(4).normal(size=12)
    assert rank_correlation(by, others).value == pytest.approx(spearmanr(others, values[0]).statistic)


@pytest.mark.parametrize("count", [5, 12, 25])
def test_the_least_correlation_has_a_chance_of_one_per_cent(count):
    """The p value of scipy on either side of it."""
    bound = chance_correlation(count)
    random, seen = np.random.default_rng(count), []
    for _ in range(3000):
        result = spearmanr(np.arange(count), random.permutation(count), alternative="greater")
        seen.append((result.statistic, result.pvalue))
    assert all((correlation > bound) == (chance < 0.01) for correlation, chance in seen)


# --- members ------------------------------------------------------------------------------------------------------------


def test_noise_of_the_mean_is_what_more_splits_would_remove():
    """Splits of width 4 about a shared error of 2, by nucleus: 16/20 of noise in a mean square of 4 + 16/20."""
    random = np.random.default_rng(12)
    errors = errors_of(2 + 4 * random.normal(size=(SPLITS, 1, 6000)) + 0 * random.normal(size=(1, INITS, 1)))
    assert noise_share(errors, errors.known) == pytest.approx(0.8 / 4.8, rel=0.05)


def test_error_of_so_many_members_falls_as_they_are_independent():
    random = np.random.default_rng(13)
    errors = errors_of(3 + 4 * random.normal(size=(SPLITS, INITS, 1200)))
    found = error_by_members(errors, errors.known, (1, 4, 100))
    assert found[[1, 4]].tolist() == pytest.approx([np.sqrt(9 + 16 / n) for n in (1, 4)], rel=0.02)
    assert found[100] == pytest.approx(errors.rms(errors.known))
    assert (found == error_by_members(errors, errors.known, (1, 4, 100))).all()


def test_one_standard_error_holds_the_truth_as_often_as_it_should():
    """Sixty-eight times in a hundred, and not by much more or less."""
    parts = {"chain": 3.0, "split": 2.0, "init": 1.5}
    truth = np.sqrt(20**2 + 3**2)
    estimates = [Redrawn(made(seed, **parts)).rms() for seed in range(150)]
    inside = np.mean([abs(each.value - truth) <= each.error for each in estimates])
    assert inside == pytest.approx(norm.cdf(1) - norm.cdf(-1), abs=0.11)
