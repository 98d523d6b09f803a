"""Profiles of an energy density against analytic integrals, and those of an ensemble against its members."""

import numpy as np
import pytest

from claims.profiles import Profile, landmarks, profiles
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM

R = np.asarray(NETWORK_MESH)


def profile(difference):
    target = -10 * R**2 * np.exp(-((R / 3) ** 2))
    return Profile(R, target, target - difference)


def test_cumulative_integral_of_a_known_difference():
    """4 pi times the integral of r^2 exp(-r^2 / 2) to infinity is (2 pi)^(3/2)."""
    found = profile(R**2 * np.exp(-(R**2) / 2))
    assert found.cumulative[0] == 0
    assert found.cumulative[-1] == pytest.approx((2 * np.pi) ** 1.5, rel=1e-6)
    assert found.cumulative[-1] == pytest.approx(SHELL_FM * found.difference.sum(), rel=1e-6)


def test_sign_is_target_minus_predicted():
    found = Profile(R, np.zeros(151), -np.exp(-((R - 4) ** 2)))
    assert found.cumulative[-1] > 0
    assert found.minimum == 0


def test_subsections_add_up_and_follow_the_bounds():
    found = profile(np.sin(R) * np.exp(-R / 3))
    bounds = [0, 1, 2.55, 7, 15]
    pieces = found.subsections(bounds)
    assert len(pieces) == 4
    assert pieces.sum() == pytest.approx(found.cumulative[-1])
    inside = (R >= 1) & (R <= 2.5)
    assert pieces[1] == pytest.approx(4 * np.pi * np.trapezoid(found.difference[inside], R[inside]), rel=0.05)


@pytest.mark.parametrize("bounds", [[0], [], [0, 2, 1], [0, 0, 1], [[0, 1], [1, 2]]])
def test_bounds_that_do_not_rise(bounds):
    with pytest.raises(ValueError, match="do not rise"):
        profile(R).subsections(bounds)


@pytest.mark.parametrize("bounds", [[-1, 2], [0, 15.5]])
def test_bounds_outside_the_mesh(bounds):
    with pytest.raises(ValueError, match="leave the mesh: take 0 to 15 fm"):
        profile(R).subsections(bounds)


def test_minimum_swing_and_settling_radius():
    """Down by four, up by two, then nothing: settled where less than a tenth of the swing is missing."""
    step = np.where((R >= 2) & (R < 3), -4.0, 0) + np.where((R >= 5) & (R < 6), 2.0, 0)
    found = profile(step / (4 * np.pi))
    assert found.minimum == pytest.approx(-4, rel=0.01)
    assert found.swing == pytest.approx(4, rel=0.01)
    assert found.settling_radius == pytest.approx(5.8, abs=0.11)
    assert found.cumulative[-1] == pytest.approx(-2, rel=0.03)


def test_a_perfect_profile_is_settled_everywhere():
    assert profile(np.zeros(151)).settling_radius == 0


def test_landmarks_of_a_sine():
    """Extrema at odd multiples of pi/2, inflections at multiples of pi."""
    near, inside = landmarks(R, np.sin(R))
    middle = (R > 0.8) & (R < 14)
    phase = np.abs(R / (np.pi / 2) - np.round(R / (np.pi / 2))) * np.pi / 2
    assert near[middle & (phase < 0.15)].all()
    assert not near[middle & (phase > 0.25)].any()
    assert inside.mean() > 0.98


def test_contrast_tells_where_the_error_is():
    near, inside = landmarks(R, profile(R).target)
    assert 0 < near.sum() < inside.sum() < 151
    assert profile(np.where(near, 3.0, 1.0)).contrast() == pytest.approx(3)
    assert profile(np.ones(151)).contrast() == pytest.approx(1)


@pytest.mark.parametrize(
    ("id", "nuclei", "words"),
    [("NN2-I6E", [(32, 46)], "NN2-I6E gives energies only"), ("NN3-I6D", [(32, 130)], "Z = 32, N = 130 is not among")],
)
def test_refusals_before_any_ensemble_is_read(id, nuclei, words, monkeypatch):
    monkeypatch.setattr("claims.profiles.load_ensemble", lambda id: pytest.fail("an ensemble was read"))
    with pytest.raises(ValueError, match=words):
        profiles(id, nuclei)


def test_profile_is_the_mean_of_the_members(monkeypatch):
    """In the order asked for, which is not that of the chart."""
    monkeypatch.setattr("claims.profiles.load_ensemble", lambda id: None)
    monkeypatch.setattr(
        "claims.profiles.member_densities",
        lambda ensemble, dataset: np.stack([(k + dataset.Z.values)[:, None] * np.ones(151) for k in range(3)]),
    )
    found = profiles("NN3-I6D", [(50, 82), (8, 8)])
    assert list(found) == [(50, 82), (8, 8)]
    assert found[50, 82].predicted == pytest.approx(51)
    assert found[8, 8].predicted == pytest.approx(9)
    assert SHELL_FM * found[8, 8].target.sum() == pytest.approx(-115, abs=10)
