"""Demands on functionals without orbitals: their thresholds, and what they make of made-up errors."""

import pandas as pd

from claims.condition import MET, MISSED
from claims.orbital_free import (
    AIM_CONVERGED,
    AIM_FAR_MEV,
    AIM_HELD_OUT_MEV,
    AIM_MINIMUM_FAR_MEV,
    AIM_MINIMUM_MEV,
    AIM_MINIMUM_RADIUS_FM,
    ladder_demands,
    minimum_demands,
)


def test_the_thresholds_are_those_that_were_set():
    assert (AIM_HELD_OUT_MEV, AIM_FAR_MEV) == (2.5, 5.0)
    assert (AIM_MINIMUM_MEV, AIM_MINIMUM_RADIUS_FM, AIM_CONVERGED, AIM_MINIMUM_FAR_MEV) == (1.0, 0.02, 0.99, 3.0)


def test_each_rung_against_the_one_below_and_the_last_against_the_aims():
    table = pd.DataFrame(
        {"learning": [40, 9, 1.0], "held out": [40, 9, 10.0], "d = 2–10": [40, 9, 4.0], "d > 30": [40, 9, 6.0]},
        index=["a", "b", "c"],
    )
    found = {each.demand: each.state for each in ladder_demands(table)}
    assert len(found) == 1 + 2 + 2
    assert found["held out: b errs less than a"] == MET
    assert found["held out: c errs less than b"] == MISSED
    assert found["true densities, d = 2–10: below 5.0 MeV"] == MET
    assert found["true densities, d > 30: below 5.0 MeV"] == MISSED
    assert found["true densities, held out: below 2.5 MeV"] == MISSED


def test_each_aim_of_the_minimum_can_be_missed_alone():
    good, far = pd.Series({"energy": 0.5, "radius": 0.01, "converged": 1.0}), pd.Series({"energy": 2.0})
    assert [each.state for each in minimum_demands(good, far)] == [MET] * 4
    for place, (name, bad) in enumerate({"energy": 1.5, "radius": 0.03, "converged": 0.9}.items()):
        states = [each.state for each in minimum_demands(good.replace(good[name], bad), far)]
        assert states[place] == MISSED
        assert states.count(MET) == 3
    assert minimum_demands(good, far + 2)[3].state == MISSED
