"""The parts of a deviation, and the calibration of errors made to be calibrated."""

import numpy as np
import pytest
import xarray as xr

from claims.calibration import (
    Calibration,
    Recalibration,
    calibration_table,
    coverage,
    deviation_parts,
    normal_coverage,
    out_of_sample_deviation,
    parts_curve,
    recalibrate,
    reliability,
    split_share,
)
from lib.learning.errors import Errors

RANDOM = np.random.default_rng(7)


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


# --- parts of the deviation -----------------------------------------------------------------------------------------


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


# --- of an ensemble -------------------------------------------------------------------------------------------------


@pytest.fixture
def made_up():
    """Half of 400 nuclei known and learnt by half of the splits; errors twice the deviation of 1 MeV that is promised."""
    splits, inits, count = 20, 5, 400
    shared = 2 * RANDOM.normal(size=count)
    predicted = RANDOM.normal(size=(splits, inits, count)) + shared
    learning = np.zeros((splits, count), bool)
    learning[: splits // 2, : count // 2] = True
    known = np.arange(count) < count // 2
    return Errors(
        ensemble(predicted, learning, splits, inits).assign(
            energy=("nucleus", np.zeros(count)),
            known=("nucleus", known),
            distance=("nucleus", np.where(known, 0, 24)),
            Z=("nucleus", np.repeat(np.arange(100), 4)),
        )
    )


def test_a_promise_of_half_the_error_is_not_kept_and_is_mended(made_up):
    calibration = Calibration(made_up)
    table = calibration_table({"NN3-I6D": calibration}, ("known", "d = 22–30")).loc["NN3-I6D"]
    assert table.nuclei.tolist() == [200, 200]
    assert table["σ"].tolist() == pytest.approx([1, 1], rel=0.05)
    assert [estimate.value for estimate in table.error] == pytest.approx([2, 2], rel=0.2)
    assert (table["in 2σ"] < 0.8).all()
    assert (table["in 2σ'"] > 0.9).all()
    assert table["σ'"].tolist() == pytest.approx([2, 2], rel=0.2)
    assert (calibration.recalibrated == calibration.fit(calibration.deviation)).all()


def test_a_nucleus_that_all_have_learnt_does_not_count(made_up):
    made_up.ensemble.is_learning.values[:, :7] = True
    calibration = Calibration(made_up)
    assert np.isnan(calibration.deviation[:7]).all()
    assert calibration.row(made_up.known)["nuclei"] == 193


def test_parts_by_distance_leave_out_what_is_negative(made_up):
    curve = parts_curve(made_up, [0, 24])
    by_split, by_init = deviation_parts(made_up.ensemble)
    for d, row in curve.iterrows():
        here = made_up.d == d
        assert row.initialisation_MeV**2 == pytest.approx(by_init[here].mean())
        part = by_split[here].mean()
        assert np.isnan(row.split_MeV) if part < 0 else row.split_MeV**2 == pytest.approx(part)
    assert split_share(made_up, made_up.known) < 0.05
    apart = made_up.ensemble.predicted_energy + 5 * made_up.ensemble.split
    spread = Errors(made_up.ensemble.assign(predicted_energy=apart))
    assert split_share(spread, spread.known) > 0.99
    assert parts_curve(spread, [24]).split_MeV[24] == pytest.approx(5 * np.arange(20).std(ddof=1), rel=0.01)
