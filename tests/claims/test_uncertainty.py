"""Bootstrap errors against known ones, trends, the parts of a deviation, calibration of errors made to be calibrated."""

import numpy as np
import pytest
import xarray as xr

from claims.uncertainty import (
    Estimate,
    Recalibration,
    bootstrap,
    coverage,
    deviation,
    deviation_parts,
    distance_curve,
    normal_coverage,
    out_of_sample_deviation,
    recalibrate,
    reliability,
    rms_estimate,
    trend,
)

RANDOM = np.random.default_rng(7)
NORMAL = RANDOM.normal(0, 2.0, 800)


def ensemble(predicted, learning=None, splits=4, inits=3):
    """Members (split, init, nucleus) as an ensemble; ``learning`` (split, nucleus)."""
    count = predicted.shape[-1]
    learning = np.zeros((splits, count), bool) if learning is None else learning
    return xr.Dataset(
        {
            "predicted_energy": (("member", "nucleus"), predicted.reshape(-1, count)),
            "is_learning": (("fold", "nucleus"), learning),
        },
        coords={
            "split": ("member", np.repeat(np.arange(splits), inits)),
            "init": ("member", np.tile(np.arange(inits), splits)),
            "fold": np.arange(splits),
        },
    )


# --- bootstrap ------------------------------------------------------------------------------------------------------


def test_error_of_the_rms_of_normal_numbers():
    """The rms of n normal numbers of width s has the standard error s / sqrt(2 n)."""
    found = rms_estimate(NORMAL)
    assert found.value == pytest.approx(np.sqrt(np.mean(NORMAL**2)), rel=1e-12)
    assert found.error == pytest.approx(2 / np.sqrt(2 * 800), rel=0.1)


def test_groups_of_equal_numbers_count_once():
    """Each number four times over says no more than once, which only drawing whole groups can tell."""
    fourfold, groups = np.repeat(NORMAL, 4), np.repeat(np.arange(800), 4)
    single, grouped = rms_estimate(fourfold), rms_estimate(fourfold, groups)
    assert grouped.value == pytest.approx(single.value, rel=1e-12)
    assert grouped.error == pytest.approx(2 * single.error, rel=0.1)
    assert grouped.error == pytest.approx(rms_estimate(NORMAL).error, rel=0.1)


def test_groups_of_different_sizes_keep_the_rms():
    groups = np.repeat(np.arange(40), np.arange(40) + 1)
    errors = RANDOM.normal(size=len(groups))
    assert rms_estimate(errors, groups).value == pytest.approx(np.sqrt(np.mean(errors**2)))


def test_bootstrap_of_a_mean_and_of_the_rms():
    mean = bootstrap(lambda taken: NORMAL[:500][taken].mean(), 500)
    assert mean.value == pytest.approx(NORMAL[:500].mean())
    assert mean.error == pytest.approx(NORMAL[:500].std() / np.sqrt(500), rel=0.1)
    twice = bootstrap(lambda taken: float(np.sqrt(np.mean(NORMAL[taken] ** 2))), 800)
    assert twice.error == pytest.approx(rms_estimate(NORMAL).error, rel=0.1)


def test_bootstrap_of_groups_is_that_of_the_rms():
    groups = np.repeat(np.arange(40), np.arange(40) % 5 + 1)
    errors = RANDOM.normal(size=len(groups)) + RANDOM.normal(size=40)[groups]
    found = bootstrap(lambda taken: float(np.sqrt(np.mean(errors[taken] ** 2))), len(errors), groups=groups)
    wanted = rms_estimate(errors, groups)
    assert found.value == pytest.approx(wanted.value)
    assert found.error == pytest.approx(wanted.error, rel=0.1)


def test_same_numbers_on_every_run():
    assert rms_estimate(NORMAL) == rms_estimate(NORMAL)
    assert bootstrap(np.mean, 30) == bootstrap(np.mean, 30)


def test_nan_is_left_out():
    assert rms_estimate(np.array([3.0, np.nan, 3.0])) == Estimate(3.0, 0.0)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.64412, 0.0213), "0.644 ± 0.021"),
        (Estimate(0.0861, 0.00314), "0.0861 ± 0.0031"),
        (Estimate(12.34, 1.6), "12.3 ± 1.6"),
        (Estimate(123.4, 16.0), "123 ± 16"),
        (Estimate(0.00123, 0.00001), "0.0012 ± 0.0000"),
        (Estimate(3.0, 0.0), "3.000 ± 0.000"),
        (Estimate(3.0, float("nan")), "3.000 ± nan"),
    ],
)
def test_two_digits_of_the_error_are_printed(estimate, text):
    assert str(estimate) == text


@pytest.mark.parametrize("values", [[], [np.nan]])
def test_nothing_to_draw_from(values):
    with pytest.raises(ValueError, match="no nucleus to draw from"):
        rms_estimate(np.array(values))


def test_too_few_draws():
    with pytest.raises(ValueError, match="draws = 1 is out of range"):
        rms_estimate(NORMAL, draws=1)


# --- curves and trends ----------------------------------------------------------------------------------------------


def test_distance_curve():
    d = np.array([0, 0, 0, 2, 2, 4, 4, 4])
    curve = distance_curve(np.array([1.0, -1, 1, 5, 5, 3, -3, 3]), d, minimum_nuclei=3)
    assert curve.index.tolist() == [0, 4]
    assert curve.nuclei.tolist() == [3, 3]
    assert curve.rms.tolist() == pytest.approx([1, 3])
    assert curve.bootstrap_error.tolist() == pytest.approx([0, 0])


def test_distance_curve_of_groups():
    errors, d, groups = np.array([1.0, 1, 4, 4, 2, 2]), np.zeros(6, int), np.array([1, 1, 2, 2, 3, 3])
    curve = distance_curve(errors, d, 1, groups)
    assert curve.rms[0] == pytest.approx(np.sqrt(7))
    assert (
        curve.bootstrap_error[0] == rms_estimate(errors, groups).error > distance_curve(errors, d, 1).bootstrap_error[0]
    )


@pytest.mark.parametrize(("minimum", "words"), [(0, "minimum_nuclei = 0"), (9, "give at most 3")])
def test_distance_curve_refuses(minimum, words):
    with pytest.raises(ValueError, match=words):
        distance_curve(np.ones(4), np.array([0, 0, 0, 2]), minimum)


def test_trend():
    distances = np.arange(20)
    assert trend(distances, distances**2).correlation == pytest.approx(1)
    assert trend(distances, distances**2).grows
    assert not trend(distances, -distances).grows
    assert not trend(distances, RANDOM.normal(size=20)).grows
    assert not trend([0, 2, 4, 6], [1, 3, 2, 4]).grows, "four points are no evidence"


# --- parts of the deviation -----------------------------------------------------------------------------------------


def test_deviation_is_that_of_the_members():
    predicted = RANDOM.normal(size=(4, 3, 50)).astype(np.float32)
    assert deviation(ensemble(predicted)) == pytest.approx(predicted.reshape(12, 50).std(axis=0, ddof=1), rel=1e-5)


def test_deviation_out_of_sample_asks_only_who_did_not_learn():
    predicted = RANDOM.normal(size=(4, 3, 3))
    learning = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0]], bool)
    found = out_of_sample_deviation(ensemble(predicted, learning))
    assert np.isnan(found[0])
    for nucleus, first in ((1, 2), (2, 0)):
        grid = predicted[first:, :, nucleus]
        wanted = grid.mean(axis=1).var(ddof=1) + grid.var(axis=1, ddof=1).mean() * (1 - 1 / 3)
        assert found[nucleus] == pytest.approx(np.sqrt(wanted))


def test_deviation_out_of_sample_is_as_large_whoever_left_the_nucleus_out():
    """Variance 9 of the splits and 1 of the initialisations: ten, be it of two splits that left it out or of twenty."""
    splits, inits, count = 20, 5, 6000
    predicted = 3 * RANDOM.normal(size=(splits, 1, count)) + RANDOM.normal(size=(splits, inits, count)) - 1000
    learning = np.zeros((splits, count), bool)
    learning[2:, : count // 2] = True
    learning[1:, :7] = True
    found = out_of_sample_deviation(ensemble(predicted, learning, splits, inits))
    assert np.isnan(found[:7]).all(), "of one split alone nothing is known about the others"
    assert np.mean(found[7 : count // 2] ** 2) == pytest.approx(10, rel=0.1)
    assert np.mean(found[count // 2 :] ** 2) == pytest.approx(10, rel=0.05)


def test_parts_of_made_up_variances():
    splits, inits, count = 20, 5, 2000
    predicted = 3 * RANDOM.normal(size=(splits, 1, count)) + RANDOM.normal(size=(splits, inits, count)) - 1000
    by_split, by_init = deviation_parts(ensemble(predicted, splits=splits, inits=inits))
    assert by_split.mean() == pytest.approx(9, rel=0.05)
    assert by_init.mean() == pytest.approx(1, rel=0.05)
    assert by_split.shape == by_init.shape == (count,)


def test_parts_do_not_depend_on_the_order_of_the_members():
    whole = ensemble(RANDOM.normal(size=(4, 3, 7)))
    shuffled = whole.isel(member=RANDOM.permutation(12))
    for one, other in zip(deviation_parts(whole), deviation_parts(shuffled), strict=True):
        assert one == pytest.approx(other)


@pytest.mark.parametrize("members", [range(11), range(3), [0, 3, 6, 9]])
def test_parts_need_a_complete_grid(members):
    with pytest.raises(ValueError, match="no complete grid"):
        deviation_parts(ensemble(RANDOM.normal(size=(4, 3, 7))).isel(member=list(members)))


# --- calibration ----------------------------------------------------------------------------------------------------


def test_normal_coverage():
    assert normal_coverage([1, 2]) == pytest.approx([0.6827, 0.9545], abs=1e-4)


def test_calibrated_errors_keep_the_promise():
    sigma = RANDOM.uniform(0.5, 3, 20000)
    errors = sigma * RANDOM.normal(size=20000)
    for width in (1, 2):
        found = coverage(errors, sigma, width)
        assert found.value == pytest.approx(float(normal_coverage(width)), abs=4 * found.error)
    curve = reliability(errors, sigma, np.linspace(0.2, 3, 8))
    assert np.abs(curve.observed - curve.expected).max() < 0.015
    assert (np.diff(curve.observed) > 0).all()


def test_coverage_of_half_the_deviation_is_overconfident():
    errors = RANDOM.normal(size=20000)
    assert coverage(errors, np.full(20000, 0.5)).value == pytest.approx(float(normal_coverage(0.5)), abs=0.02)


def test_coverage_leaves_out_nan_and_refuses_nothing():
    assert coverage(np.array([0.1, np.nan, 5]), np.array([1.0, 1, 1])).value == 0.5
    with pytest.raises(ValueError, match="no nucleus"):
        coverage(np.array([np.nan]), np.array([1.0]))


@pytest.mark.parametrize(("floor", "factor"), [(0.0, 2.0), (1.5, 0.0), (0.4, 1.5), (0.4, 0.3)])
def test_recalibration_finds_floor_and_factor(floor, factor):
    sigma = np.exp(RANDOM.normal(0, 0.7, 8000))
    wanted = np.sqrt(floor**2 + (factor * sigma) ** 2)
    errors = wanted * RANDOM.normal(size=8000)
    found = recalibrate(errors, sigma)
    assert found.floor == pytest.approx(floor, abs=0.15)
    assert found.factor == pytest.approx(factor, abs=0.15)
    assert coverage(errors, found(sigma)).value == pytest.approx(0.683, abs=0.025)


def test_recalibration_follows_the_unit():
    sigma = np.exp(RANDOM.normal(0, 0.7, 3000))
    errors = np.hypot(0.5, 1.3 * sigma) * RANDOM.normal(size=3000)
    mev, kev = recalibrate(errors, sigma), recalibrate(1000 * errors, 1000 * sigma)
    assert kev.floor == pytest.approx(1000 * mev.floor, rel=1e-3)
    assert kev.factor == pytest.approx(mev.factor, rel=1e-3)


def test_recalibration_applies_both():
    assert Recalibration(3.0, 2.0)(np.array([0.0, 2.0])) == pytest.approx([3, 5])


def test_recalibration_refuses_too_few():
    with pytest.raises(ValueError, match="9 nuclei are too few"):
        recalibrate(np.ones(12), np.array([1.0] * 9 + [np.nan, 0.0, 0.0]))
