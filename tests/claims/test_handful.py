"""Demands on functionals from a handful of nuclei: their thresholds, and what they make of made-up errors."""

import pandas as pd
import pytest

from claims.condition import MET, MISSED
from claims.handful import AIM_FAR_MEV, AIM_KNOWN_MEV, AIM_RADIUS_FM, AIM_TIME, demands, runs


def made_up(**changes):
    """A run of every kind that is asked for; all of them err alike unless ``changes`` say otherwise, by group."""
    kinds = [
        *({"group": "chart", "truth": truth, "seed": seed} for truth in ("PC-PK1", "DD-PC1") for seed in (0, 1)),
        *({"group": "isovector", "inputs": inputs} for inputs in ("S, V", "S, V, TV")),
        {"group": "curve", "nuclei": 5, "rule": "farthest"},
        {"group": "class", "truth": "PC-PK1", "inputs": "V"},
    ]
    usual = {
        "known": 0.01,
        "far": 0.05,
        "far_largest": 0.1,
        "known_radius": 1e-4,
        "far_radius": 1e-3,
        "converged": 1.0,
        "tried": 1000,
    }
    return pd.DataFrame([usual | kind | changes.get(kind["group"], {}) for kind in kinds])


def states(table, ratio=1.2):
    return {each.demand: each.state for each in demands(table, ratio)}


def test_the_aims_are_those_that_were_set():
    assert (AIM_KNOWN_MEV, AIM_FAR_MEV, AIM_RADIUS_FM, AIM_TIME) == (0.05, 0.2, 0.002, 1.5)


def test_small_errors_meet_the_aims_and_equal_ones_decide_nothing():
    found = states(made_up())
    assert len(found) == 4 + 1 + 4 + 3
    [undecided] = [demand for demand, state in found.items() if state != MET]
    assert "ρ_TV" in undecided


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"known": 0.06}, "known region"),
        ({"far_largest": 0.3}, "every nucleus outside"),
        ({"known_radius": 0.003}, "charge radii"),
        ({"converged": 0.999}, "converge"),
    ],
)
def test_each_aim_can_be_missed_alone(change, word):
    missed = [demand for demand, state in states(made_up(chart=change)).items() if state == MISSED]
    assert len(missed) == 2
    assert all(word in demand for demand in missed)


def test_the_worst_seed_counts_and_the_time():
    table = made_up()
    table.loc[table.index[1], "known"] = 0.2
    assert states(table)["of PC-PK1: known region, worst seed, below 0.05 MeV"] == MISSED
    assert states(made_up(), ratio=1.6)["time at most 1.5 of that of PC-PK1"] == MISSED


def test_runs_are_picked_by_their_settings():
    assert len(runs(made_up(), "chart")) == 4
    assert len(runs(made_up(), "chart", truth="DD-PC1", seed=1)) == 1
