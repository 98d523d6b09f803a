"""The fits to measured masses and radii: what is left out, what is kept, what is said of them."""

import numpy as np
import pytest

from studies import refit
from studies.refit import ALL, OUTERMOST, RUNS, learnt, left_out, load_refit, nuclei, rows, summary


def test_each_nucleus_is_left_out_in_one_fold():
    shares = np.array([learnt(f"fold {k + 1}") for k in range(refit.FOLDS)])
    assert (~shares).sum(axis=0).tolist() == [1] * len(nuclei())
    assert learnt(ALL).all()
    assert 0 < (~learnt(OUTERMOST)).sum() < len(nuclei()) / 3


def test_a_run_is_known_by_its_settings():
    assert len({refit.task_name(run) for run in RUNS}) == len(RUNS)


def test_what_is_kept():
    made = load_refit()
    assert made.sizes["nucleus"] == len(nuclei())
    unseen = left_out(rows(made, "left out"))
    assert list(zip(unseen.Z, unseen.N, strict=True)) == sorted(zip(nuclei().Z, nuclei().N, strict=True))
    assert (unseen.energy_predicted > 1.3).all()
    table = summary(made).set_index(["group", "start"])
    assert table.fitted_energy["all", "PC-PK1"] < table.fitted_energy["published", "PC-PK1"]
    assert table.fitted_energy["published", "PC-PK1"] == pytest.approx(2.08, abs=0.02)
