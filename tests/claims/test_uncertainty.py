"""Bootstrap errors against known ones, curves over the distance, trends."""

import numpy as np
import pytest

from claims.uncertainty import Estimate, bootstrap, distance_curve, rms_estimate, trend

RANDOM = np.random.default_rng(7)
NORMAL = RANDOM.normal(0, 2.0, 800)


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
