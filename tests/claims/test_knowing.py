"""Demands on networks that are told what is known: their thresholds, and what they make of made-up errors."""

import numpy as np
import pytest
import xarray as xr

from claims import knowing
from claims.condition import MET, MISSED
from claims.evidence import Evidence
from claims.exact import FIRST_ORDER, ON_SHELL
from lib.learning.ensemble import load_ensemble
from lib.learning.local_rows import LABELS, ROWS
from lib.learning.table_one import CORRECTING


def made_up(target: str, error: float) -> xr.Dataset:
    """Two members of two splits, both of which err by this much, up and down from nucleus to nucleus, MeV."""
    like = load_ensemble("NN3-I6D" if target == "E" else "NN3-I6dD")
    sign = np.where(np.arange(like.sizes["nucleus"]) % 2, 1, -1)
    predicted = like.energy.values + error * np.array([sign, sign])
    folds = like[["is_learning", "energy", "known", "distance"]].isel(fold=[0, 1])
    made = folds.assign(predicted_energy=(("member", "nucleus"), predicted))
    return made.assign_coords(split=("member", [0, 1]))


@pytest.fixture(scope="module")
def evidence():
    errors = {id: 2.0**-place for place, id in enumerate(LABELS)}
    errors |= {"LF-fields": 0.05, "LF-first-order": 0.7}
    rows = {id: made_up(ROWS[id].target, error) for id, error in errors.items()}
    return knowing.knowing_evidence(rows)


def test_rows_stand_beside_what_they_are_compared_with(evidence):
    assert isinstance(evidence, Evidence)
    assert set(evidence.errors) >= {*ROWS, *CORRECTING, "NN3-I6D", "PC-PK1", ON_SHELL, FIRST_ORDER}


def test_errors_by_distance_are_those_put_in(evidence):
    table = knowing.table(evidence, ("LF-fields", "LF-local"))
    assert table.loc["LF-fields"].to_numpy(float) == pytest.approx(0.05)


def test_demands_are_met_and_missed_as_the_errors_say(evidence):
    found = {each.demand: each.state for each in knowing.demands(evidence)}
    assert len(found) == 3 + 5 + 1 + 1 + len(CORRECTING)
    best = LABELS["LF-fields"]
    assert found[f"{best}: known region below 0.1 MeV"] == MET
    assert found[f"{best}: d = 22–30 below 0.3 MeV"] == MET
    assert all(found[demand] == MET for demand in found if demand.startswith(LABELS["LF-lower"]))
    told = LABELS["LF-first-order"]
    assert found[f"{told}: less than first order alone, known region"] == MET  # 0.7 against 1.0 MeV
    assert MISSED not in {found[demand] for demand in found if "NN1" in demand}


def test_the_aim_is_what_was_written_down():
    assert (knowing.AIM_KNOWN_MEV, knowing.AIM_FAR_MEV, knowing.AIM_SINGLE_MEV) == (0.1, 0.3, 1.0)
