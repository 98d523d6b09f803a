"""Ensembles on another chart: only nuclei that are in both, and nothing but the chart may have changed."""

import numpy as np
import pytest

from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors, rms
from lib.learning.table_one import TABLE_I
from studies.judged_again import earlier_ensemble
from studies.other_chart import compare, compare_with, load_comparison, main


@pytest.fixture(scope="module")
def ensemble():
    return load_ensemble("NN1-I4dE")


def test_nuclei_that_are_in_one_chart_only_do_not_count(ensemble):
    """Before, every other nucleus was there, and its target lower by 2 MeV."""
    part = ensemble.isel(nucleus=slice(None, None, 2))
    table = compare(part.assign(energy=part.energy - 2.0), ensemble).set_index("region")
    errors = Errors(ensemble)
    known = errors.known & (np.arange(len(errors.known)) % 2 == 0)
    assert table.nuclei["known"] == known.sum()
    assert table.after_rms["known"] == pytest.approx(errors.rms(known))
    assert table.before_rms["known"] == pytest.approx(rms(errors.error[known] + 2.0))
    assert table.target_change_rms.values == pytest.approx(2.0)


def test_another_recipe_is_no_other_chart(ensemble):
    with pytest.raises(ValueError, match=r"recipe .* is not"):
        compare(ensemble.assign_attrs(recipe="{}"), ensemble)


def test_an_unknown_commit_is_refused(capsys):
    with pytest.raises(ValueError, match="no commit '0000000': give one"):
        compare_with("0000000", "HEAD")
    with pytest.raises(SystemExit):
        main(["62a95df", "0000000"])
    assert "has no commit '0000000': give one" in capsys.readouterr().err


def test_the_kept_table_is_of_the_ensembles_before_other_recipes_were_chosen():
    """Errors after are those of the ensembles of the first search, on the nuclei of both charts."""
    table = load_comparison().set_index(["network", "region"])
    assert set(table.index.get_level_values("network")) == set(TABLE_I)
    ensemble = earlier_ensemble("0c27858", "NN1-I4E")
    assert table.after_version["NN1-I4E", "known"] == ensemble.code_version
    assert table.after_rms["NN1-I4E", "known"] == pytest.approx(Errors(ensemble).table()["known"], rel=1e-4)
