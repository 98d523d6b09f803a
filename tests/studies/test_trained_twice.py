"""Ensembles trained twice: differences between two trainings, and what is no repetition."""

import numpy as np
import pytest

from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors, rms
from lib.learning.table_one import TABLE_I
from studies.trained_twice import compare, compare_with, load_repetition, main


@pytest.fixture(scope="module")
def ensemble():
    return load_ensemble("NN1-I4dE")


def test_a_shift_of_all_members_is_found_in_full(ensemble):
    shifted = ensemble.assign(predicted_energy=ensemble.predicted_energy.astype(float) + 0.5)
    table = compare(ensemble, shifted).set_index("region")
    assert table.apart_rms.values == pytest.approx(0.5, abs=1e-5)
    errors = Errors(ensemble)
    assert table.first_rms["known"] == pytest.approx(errors.rms(errors.known))
    assert table.second_rms["known"] == pytest.approx(rms(errors.error[errors.known] + 0.5))


def test_scatter_of_members_averages_out(ensemble):
    """Each energy of each member off by 1 MeV at random: the mean of a hundred is off by a tenth of that."""
    noise = np.random.default_rng(1).normal(size=ensemble.predicted_energy.shape)
    table = compare(ensemble, ensemble.assign(predicted_energy=ensemble.predicted_energy.astype(float) + noise))
    assert table.set_index("region").apart_rms["known"] == pytest.approx(0.1, rel=0.15)


def test_another_ensemble_is_no_repetition(ensemble):
    with pytest.raises(ValueError, match="seed of NN1-I4dE differs"):
        compare(ensemble, ensemble.assign(seed=ensemble.seed + 1))
    with pytest.raises(ValueError, match="network NN1-I4dE is not NN1-I4E"):
        compare(ensemble, load_ensemble("NN1-I4E"))


def test_commits_without_another_training_are_refused():
    with pytest.raises(ValueError, match=r"no commit '0000000': give one"):
        compare_with("0000000", "HEAD")
    with pytest.raises(ValueError, match="trained again from HEAD to HEAD: give an earlier and a later commit"):
        compare_with("HEAD", "HEAD")
    with pytest.raises(SystemExit):
        main(["HEAD", "HEAD"])


def test_the_kept_table_is_of_two_trainings():
    """Means that are apart by so much cannot differ in their errors by more (the triangle inequality)."""
    table = load_repetition()
    assert set(table.network) <= set(TABLE_I)
    for _, rows in table.groupby("network"):
        assert list(rows.region) == list(Errors(load_ensemble("NN1-I4E")).regions)
        assert rows.first_version.nunique() == rows.second_version.nunique() == 1
        assert (rows.first_version != rows.second_version).all()
    assert ((table.first_rms - table.second_rms).abs() <= table.apart_rms * (1 + 1e-4)).all()


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m studies\.trained_twice COMMIT LATER`"):
        load_repetition(tmp_path / "repetition.csv")
