"""The known region: the table of measured masses, and the distance from it."""

import numpy as np
import pytest

from claims.words import nuclide
from lib.learning.known_region import AME2020, distance, element, is_known, measured_masses


def test_the_table():
    """632 measured even-even masses in the window, germanium from 64 to 86, as counted in AME2020."""
    table = measured_masses()
    assert len(table) == 632
    assert table.Z.min() == 8
    assert table.Z.max() == 100
    assert table.N.min() == 8
    assert table.N.max() <= 156
    germanium = table[table.Z == 32]
    assert (germanium.Z + germanium.N).tolist() == list(range(64, 87, 2))
    assert set(germanium.element) == {"Ge"}


def test_binding_energies_follow_from_the_mass_excesses():
    """B = Z M(H) + N m_n - M less the electrons' binding: every row, to the rounding of the table (keV)."""
    table = measured_masses()
    electrons = 1e-3 * (14.4381 * table.Z**2.39 + 1.55468e-6 * table.Z**5.35)
    binding = table.Z * 7288.971064 + table.N * 8071.318062 - table.mass_excess - electrons
    assert np.abs(binding - 1000 * table.binding_energy).max() < 1.5


def test_well_known_masses():
    """From the published table: 16O -4737.0, 208Pb -21748.6 keV."""
    table = measured_masses().set_index(["Z", "N"])
    assert table.mass_excess[8, 8] == pytest.approx(-4737.0, abs=0.1)
    assert table.mass_excess[82, 126] == pytest.approx(-21748.6, abs=1.5)
    assert (table.uncertainty > 0).all()


def test_distance():
    """96Ge (N = 64) is ten neutrons from 86Ge (N = 54), as the paper says; neutron-deficient 62Ge is two away."""
    assert distance(32, 64) == 10
    assert distance(32, 30) == 2
    assert distance(32, np.array([30, 32, 54, 56])).tolist() == [2, 0, 0, 2]
    assert distance([[8], [32]], [[8, 20], [8, 64]]).shape == (2, 2)


def test_distance_is_zero_inside_and_only_there():
    table = measured_masses()
    assert not distance(table.Z.values, table.N.values).any()
    Z, N = (grid.ravel() for grid in np.meshgrid(np.arange(8, 101, 2), np.arange(8, 157, 2)))
    assert np.array_equal(distance(Z, N) == 0, is_known(Z, N))
    assert is_known(Z, N).sum() == 632


def test_gaps_inside_a_chain_count_to_the_nearest_isotope():
    """d is the least |N - N'|, not the distance to the end of the chain."""
    table = measured_masses()
    for Z in (20, 50, 92):
        known = table.N[table.Z == Z].values
        for N in range(8, 157, 2):
            assert distance(Z, N) == min(abs(int(n) - N) for n in known)


def test_elements():
    assert [element(Z) for Z in (8, 20, 32, 50, 82, 100)] == ["O", "Ca", "Ge", "Sn", "Pb", "Fm"]


def test_errors_name_value_and_remedy():
    with pytest.raises(ValueError, match=r"Z = \[9, 102\].*even Z from 8 to 100"):
        distance([8, 9, 102], 20)
    with pytest.raises(ValueError, match=r"Z = 7 .*even Z from 8 to 100"):
        element(7)


LINES = AME2020.read_text().splitlines(keepends=True)
HEAD = next(i for i, line in enumerate(LINES) if line.startswith("Z,N"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda lines: lines[:-1], "631 rows"),
        (lambda lines: lines[:300], r"2\d\d rows"),
        (lambda lines: [*lines[:-1], lines[-2]], "1 of them twice"),
        (lambda lines: [line.replace("mass_excess,", "excess,") for line in lines], "columns"),
        (lambda lines: [*lines[:-1], "100,121,Fm,1.0,1.0,1.0\n"], "odd nucleon numbers"),
        (lambda lines: [*lines[:-1], "100,120,Fm,,1.0,1.0\n"], "gaps"),
    ],
    ids=["row lost", "cut short", "row twice", "column renamed", "odd N", "value lost"],
)
def test_a_damaged_table_is_refused(tmp_path, damage, words):
    """No silent work with half a table: the error names the file, what is wrong, and how to restore it."""
    path = tmp_path / "ame2020.csv"
    path.write_text("".join(damage(LINES)))
    with pytest.raises(ValueError, match=rf"ame2020\.csv is damaged \(.*{words}.*make_ame2020"):
        measured_masses(path)
    assert HEAD == 5


def test_nuclide():
    assert nuclide((32, 46)) == "⁷⁸Ge"
    assert nuclide((82, 126)) == "²⁰⁸Pb"
