"""What couplings are fitted to: measured radii, near-spherical nuclei, chains and folds, lists of the reader's own."""

import numpy as np
import pandas as pd
import pytest

from lib import fit_data
from lib.learning.dataset import valence_factor


def test_radii_are_those_of_the_table_and_a_damaged_one_is_refused(tmp_path):
    table = fit_data.measured_radii().set_index(["Z", "N"])
    assert table.radius[82, 126] == 5.5012
    assert not table.index.has_duplicates
    path = tmp_path / "radii.csv"
    path.write_text("Z,N,element,radius,uncertainty\n8,8,O,26.99,0.01\n")
    with pytest.raises(ValueError, match=r"radii\.csv is damaged .*make_charge_radii"):
        fit_data.measured_radii(path)


def test_near_spherical_nuclei_have_measured_energies_and_a_chain():
    data = fit_data.near_spherical()
    assert (valence_factor(data.Z.to_numpy(), data.N.to_numpy()) <= 1).all()
    assert (data.energy < 0).all()
    assert data.radius.notna().any()
    assert data.radius.isna().any()
    chains = data.set_index(["Z", "N"]).chain
    assert (chains[50, 70], chains[50, 82], chains[54, 82], chains[8, 8]) == ("Z = 50", "Z = 50", "N = 82", "Z = 8")


def test_folds_are_of_whole_chains_and_much_alike():
    data = fit_data.near_spherical()
    number = fit_data.folds(data.chain, 5)
    assert (data.chain.groupby(number).nunique().sum(), set(number)) == (data.chain.nunique(), set(range(5)))
    sizes = np.bincount(number)
    assert sizes.max() < 1.6 * sizes.min()
    with pytest.raises(ValueError, match=r"folds = 12 is out of range: .*take 2 to 11"):
        fit_data.folds(data.chain, 12)


def test_outermost_have_the_largest_excess():
    data = pd.DataFrame({"Z": [50] * 4, "N": [60, 62, 64, 66], "chain": ["Z = 50"] * 4})
    assert fit_data.outermost(data, 2).tolist() == [False, False, True, True]
