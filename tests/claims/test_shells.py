"""Levels, two-neutron separation energies, the drop behind a magic number, errors compared at the same distance."""

import numpy as np
import pytest
from made_up import evidence

from claims.shells import (
    drop_rms,
    drop_summary,
    drop_table,
    from_magic,
    magic_curve,
    matched_ratio,
    near_magic,
    near_magic_table,
    separation_energies,
    separation_table,
    shared_baseline,
    shell_drops,
    wholly_unknown,
)
from lib.learning.dataset import load_dataset
from lib.learning.errors import rms
from lib.learning.table_one import CORRECTING, DIRECT, TABLE_I
from lib.rmf.chart import load_chart
from lib.rmf.observables import levels
from lib.rmf.solver import solve
from lib.store import select

Z = np.array([20] * 5)
N = np.array([46, 48, 50, 52, 54])
ENERGY = np.array([-400.0, -410.0, -419.0, -422.0, -424.5])


def test_separation_energies():
    found = separation_energies(Z, N, ENERGY)
    assert found.to_dict() == {(20, 48): 10.0, (20, 50): 9.0, (20, 52): 3.0, (20, 54): 2.5}


def test_separation_needs_the_neighbour():
    found = separation_energies(Z[[0, 1, 3]], N[[0, 1, 3]], ENERGY[[0, 1, 3]])
    assert list(found.index) == [(20, 48)]


def test_separation_energies_are_those_of_the_chart():
    chart = load_chart("PC-PK1")
    found = separation_energies(chart.Z.values, chart.N.values, chart.energy.values)
    own = {
        (z, n): s
        for z, n, s in zip(chart.Z.values, chart.N.values, chart.two_neutron_separation_energy.values, strict=True)
    }
    assert len(found) > 1200
    assert found.to_numpy() == pytest.approx([own[nucleus] for nucleus in found.index], abs=1e-9)


def test_drop_behind_the_shell():
    assert shell_drops(Z, N, ENERGY).to_dict() == {(20, 50): 6.0}


def test_no_drop_without_the_nucleus_behind():
    found = shell_drops(Z[:3], N[:3], ENERGY[:3])
    assert len(found) == 0
    assert found.index.names == ["Z", "N"]


def test_drops_of_several_elements_and_shells():
    found = shell_drops(
        np.repeat([20, 40], 6), np.tile([48, 50, 52, 80, 82, 84], 2), np.tile([0.0, -9, -12, -100, -110, -115], 2)
    )
    assert found.to_dict() == {(z, n): drop for z in (20, 40) for n, drop in ((50, 6.0), (82, 5.0))}


def test_near_magic():
    assert near_magic(np.array([46, 48, 50, 52, 54, 80, 128, 130])).tolist() == [
        False,
        True,
        True,
        True,
        False,
        True,
        True,
        False,
    ]
    assert near_magic(np.array([50, 52]), width=0).tolist() == [True, False]


def test_ratio_is_taken_at_the_same_distance():
    """Chosen nuclei err half as much at every distance; being mostly far out they err more all the same."""
    d = np.array([2] * 10 + [20] * 10)
    chosen = np.array([True] + [False] * 9 + [True] * 9 + [False])
    errors = np.where(d == 2, 1.0, 10.0) * np.where(chosen, 0.5, 1.0)
    assert np.sqrt(np.mean(errors[chosen] ** 2)) > np.sqrt(np.mean(errors[~chosen] ** 2))
    assert matched_ratio(errors, d, chosen) == pytest.approx(0.5)


def test_ratio_counts_a_nucleus_as_often_as_it_is_drawn():
    d, chosen, errors = np.array([2, 2, 2, 4, 4]), np.array([1, 0, 0, 1, 0], bool), np.array([1.0, 2, 3, 2, 5])
    times = np.array([[1, 1, 1, 1, 1], [2, 1, 0, 0, 3], [1, 0, 2, 3, 1]])
    for row, found in zip(times, matched_ratio(np.tile(errors, (3, 1)), d, chosen, times), strict=True):
        nuclei = np.repeat(np.arange(5), row)
        assert found == pytest.approx(matched_ratio(errors[nuclei], d[nuclei], chosen[nuclei]))


def test_ratio_without_a_common_distance():
    assert np.isnan(matched_ratio(np.ones(4), np.array([2, 2, 4, 4]), np.array([True, True, False, False])))


@pytest.mark.parametrize("pairing", [False, True])
def test_levels_are_those_of_the_solver_by_increasing_energy(pairing):
    nucleus = solve(50, 82, pairing=pairing)
    found = levels(nucleus)
    assert found.level_energy.is_monotonic_increasing
    assert not found.duplicated(["particle", "n", "kappa"]).any()
    own = nucleus[["particle", "n", "kappa", "level_energy", "occupation"]].to_dataframe()
    both = own.merge(found, on=["particle", "n", "kappa"], suffixes=("", "_found"))
    assert len(both) == len(own) == len(found)
    assert (both.level_energy == both.level_energy_found).all()
    assert (both.occupation == both.occupation_found).all()
    assert (found.level_energy.max() > 5) == pairing, "with pairing the solver goes on far above zero"
    assert ((found.occupation == 0) & (found.level_energy < 0)).any() != pairing


def test_empty_levels_are_those_that_a_calculation_further_up_finds():
    """With pairing the solver keeps them up to 14 MeV; in 132Sn pairing vanishes, so the field is the same."""
    plain, paired = (levels(solve(50, 82, pairing=pairing)).query("level_energy < -0.1") for pairing in (False, True))
    both = plain.merge(paired, on=["particle", "n", "kappa"], suffixes=("", "_paired"))
    assert len(both) == len(plain) == len(paired)
    assert both.level_energy.to_numpy() == pytest.approx(both.level_energy_paired.to_numpy(), abs=1e-4)


def test_levels_of_a_chart_are_those_of_its_nucleus():
    found = levels(select(load_chart("PC-PK1"), 50, 82))
    assert np.isfinite(found.level_energy).all()
    own = levels(solve(50, 82))
    assert found[["particle", "n", "kappa"]].to_numpy().tolist() == own[["particle", "n", "kappa"]].to_numpy().tolist()
    assert found.level_energy.to_numpy() == pytest.approx(own.level_energy.to_numpy(), abs=1e-4)


def test_drops_of_perfect_networks_are_those_of_the_target():
    found = drop_table(evidence(dict.fromkeys(CORRECTING, 0.0)))
    for id in CORRECTING:
        assert found[id].to_numpy() == pytest.approx(found.target.to_numpy(), abs=1e-9)
    assert np.abs(found["PC-PK1"] - found.target).max() > 0.3
    assert (found.target > 0).all()
    assert (found.distance == 0).any()
    assert (found.distance > 0).sum() >= 10
    direct = drop_table(evidence(dict.fromkeys(DIRECT, 0.0)), DIRECT)
    common = direct.index.intersection(found.index)
    assert len(common) == len(found)
    assert direct.target[common].to_numpy() == pytest.approx(found["PC-PK1"][common].to_numpy(), abs=1e-9)


def test_baseline_is_found_by_nucleus():
    dataset = load_dataset("dE")
    rows = [700, 3, 41]
    assert (
        shared_baseline(dataset.Z.values[rows], dataset.N.values[rows]).tolist()
        == dataset.baseline_energy.values[rows].tolist()
    )


@pytest.fixture(scope="module")
def all_networks():
    """Errors that are the same in both energies of a pair, so that S_2n is exact; smaller by half near magic numbers."""
    return evidence(dict.fromkeys(TABLE_I, lambda Z, N, d, known: np.where(from_magic(N) <= 2, 1.0, 2.0)))


def test_errors_near_magic_numbers_and_elsewhere(all_networks):
    table = near_magic_table(all_networks)
    assert table.index.tolist() == ["PC-PK1", *CORRECTING, *DIRECT]
    for id in TABLE_I:
        assert [table[name][id].value for name in ("near", "elsewhere", "ratio")] == pytest.approx([1, 2, 0.5])
    curve = magic_curve(all_networks, "NN3-I6dD")
    assert curve.rms_MeV.loc[-2:2].tolist() == pytest.approx([1] * 3)
    assert curve.rms_MeV[8] == pytest.approx(2)
    assert (curve.nuclei >= 3).all()


def test_summary_of_the_drops(all_networks):
    drops = drop_table(all_networks).query("distance > 0")
    table = drop_summary(all_networks)
    assert table.index.tolist() == ["PC-PK1", *CORRECTING, *DIRECT]
    assert table.of.tolist() == ["PC-F1"] * 5 + ["PC-PK1"] * 7
    assert (table.chains[:5] == len(drops)).all()
    assert table.rms["PC-PK1"] == drop_rms(all_networks, drops, "PC-PK1")
    for id in ("PC-PK1", "NN3-I6dD"):
        assert table.rms[id].value == pytest.approx(rms(drops[id] - drops.target), rel=1e-6)
    errors = all_networks.errors["NN3-I6dD"]
    assert 0 < wholly_unknown(errors, drops) < len(drops)


def test_separation_energies_of_all_that_predict(all_networks):
    table = separation_table(all_networks, ["NN3-I6dD"])
    assert table.columns.tolist() == ["target", "PC-PK1", "NN3-I6dD"]
    assert separation_table(all_networks, ["NN3-I6D"]).columns.tolist() == ["target", "NN3-I6D"]
    assert table.target[50, 82] == pytest.approx(table["PC-PK1"][50, 82], abs=2)
