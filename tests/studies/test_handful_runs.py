"""The runs of functionals from a handful of nuclei: which nuclei are judged, what a solution is compared with, what is kept."""

import numpy as np
import pytest

from lib.learning.coupling_fit import Couplings
from lib.learning.known_region import is_known
from lib.rmf.accuracy import solved_again
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PC_PK1
from lib.rmf.mesh import get_mesh
from lib.store import select
from studies.handful import (
    INSTALLED,
    RUNS,
    Run,
    best_design,
    compared,
    judge,
    judged_sets,
    learn,
    learnt_by,
    load_handful,
    summary,
)

TABLE = summary(load_handful())


def test_sets_are_disjoint_and_hold_no_nucleus_that_is_learnt():
    sets = {name: set(nuclei) for name, nuclei in judged_sets("PC-PK1").items()}
    assert len(sets["inner"] | sets["first"] | sets["fresh"]) == sum(
        len(sets[name]) for name in ("inner", "first", "fresh")
    )
    assert is_known(*np.array(sorted(sets["inner"])).T).all()
    assert not set(learnt_by(Run("chart"))) & (sets["inner"] | sets["first"] | sets["fresh"])
    assert not set(learnt_by(Run("curve", nuclei=100, rule="random"))) & (sets["inner"] | sets["first"] | sets["fresh"])


def test_design_runs_have_seen_measured_nuclei_alone():
    designs = TABLE[TABLE.group == "design"]
    assert len(designs) == sum(run.group == "design" for run in RUNS)
    assert designs.far.isna().all()
    assert best_design(TABLE) == {"units": Couplings.units, "prior": Couplings.prior}


def test_the_truth_itself_has_no_error():
    row = select(load_chart("PC-PK1"), 20, 28)
    found = compared(solved_again(row, get_mesh()), row)
    assert max(abs(value) for value in found.values()) < 1e-3  # MeV, fm
    assert abs(found["energy_error"]) < 1e-4


def test_a_run_gives_again_what_is_kept():
    """One nucleus of the file, learnt and solved anew."""
    made = load_handful()
    run = next(run for run in RUNS if run.group == "design" and run.units == 20)
    place = int(
        np.flatnonzero(
            (made.group == "design")
            & (made.units == run.units)
            & (made.prior == run.prior)
            & (made.steps == run.steps)
            & (made.seed == run.seed)
        )[0]
    )
    at = judged_sets("PC-PK1")["inner"][0]
    now = judge(learn(run).functional, select(load_chart("PC-PK1"), *at))
    then = made.isel(run=place, nucleus=int(np.flatnonzero((made.Z == at[0]) & (made.N == at[1]))[0]))
    assert now["energy_error"] == pytest.approx(float(then.energy_error), abs=2e-5)


@pytest.mark.parametrize("name", list(INSTALLED))
def test_installed_functionals_say_what_they_were_learnt_from_and_are_what_the_run_gives(name):
    functional = get_functional(name)
    assert functional.story["learnt from"] == f"interaction energy densities of {INSTALLED[name]}"
    assert len(functional.story["nuclei (Z, N)"]) == 9
    assert functional.parameters == 126
    truth = get_functional(INSTALLED[name])
    at = (0.14, 0.15, 0.02, 0.0, 0.0, 0.0)
    assert np.array(functional.potentials(*at)) == pytest.approx(np.array(truth.potentials(*at)), abs=0.1)
    assert functional.nucleon_mass == PC_PK1.nucleon_mass
