"""The energy over densities alone: its gradient, what it is at true densities, and where minimisations end."""

import numpy as np
import pytest

from lib.orbital_free.ladder import SECOND_ORDER, Semilocal
from lib.orbital_free.minimum import Densities, Energy, _Splined, fermi_profile, minimise, splines
from lib.orbital_free.samples import integrals, of_nucleus
from lib.rmf.chart import load_chart
from lib.rmf.functionals import DD_PC1, PC_PK1
from lib.rmf.mesh import network_mesh
from lib.store import select

MESH = network_mesh()
STABLE = Semilocal(np.array([1.1, -0.3, -0.2, 0, 0, 0, 0, 2.4, 0.4, 0]))
"""About what a stable fit gives."""


def test_splines_are_smooth_at_the_origin_and_straight_in_the_tail():
    nodes, matrix = splines(48)
    assert matrix @ np.ones(len(nodes)) == pytest.approx(np.ones(len(MESH.r)))
    values = matrix @ fermi_profile(nodes, 48)
    inside = MESH.r <= nodes[-1]
    assert values[inside] == pytest.approx(fermi_profile(MESH.r[inside], 48), abs=0.05)
    assert np.diff(values[MESH.r > nodes[-1]], 2) == pytest.approx(0, abs=1e-9)
    assert values[1] - values[0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("functional", [PC_PK1, DD_PC1], ids=lambda each: each.name)
def test_the_gradient_is_that_of_the_energy(functional):
    problem = _Splined(Energy(20, 28, functional, STABLE))
    profile = fermi_profile(problem.nodes, 48)
    rng = np.random.default_rng(0)
    values = np.concatenate([profile, profile, profile - 1.9]) + rng.normal(0, 0.02, 3 * len(profile))
    gradient = problem(values)[1]
    for direction in rng.normal(size=(4, len(values))):
        ends = [problem(values + sign * 1e-5 * direction)[0] for sign in (-1, 1)]
        assert (ends[1] - ends[0]) / 2e-5 == pytest.approx(gradient @ direction, rel=1e-5, abs=1e-4)


def test_at_true_densities_it_is_the_energy_of_the_ladder():
    row = select(load_chart("PC-PK1"), 20, 28)
    both = of_nucleus(row)
    ladder = STABLE.energy(integrals(both), both.nucleons) - both.energy
    value, _ = Energy(20, 28, PC_PK1, STABLE).value_and_slopes(Densities(*both.density, both.scalar_density.sum(0)))
    assert value - float(row.energy) == pytest.approx(ladder.sum(), abs=0.02)


def test_from_fermi_profiles_the_energy_falls_to_a_minimum():
    found = minimise(20, 28, PC_PK1, STABLE)
    assert found.converged
    assert found.reason == "converged"
    assert np.all(np.diff(found.energies) < 0)
    assert MESH.integral(found.densities.neutron) == pytest.approx(28)
    assert MESH.integral(found.densities.proton) == pytest.approx(20)
    row = select(load_chart("PC-PK1"), 20, 28)
    assert found.energy == pytest.approx(float(row.energy), abs=20)
    assert found.charge_radius == pytest.approx(float(row.charge_radius), abs=0.1)
    again = minimise(20, 28, PC_PK1, STABLE, start=found.densities)
    assert again.energy == pytest.approx(found.energy, abs=1e-2)
    assert len(again.energies) < 6


def test_constants_move_the_energy_and_no_density():
    shifted = Semilocal(STABLE.coefficients, {28: 3.0, 20: -1.0})
    free, held = minimise(20, 28, PC_PK1, STABLE), minimise(20, 28, PC_PK1, shifted)
    assert held.energy - free.energy == pytest.approx(2.0, abs=1e-6)
    assert held.charge_radius == pytest.approx(free.charge_radius)


def test_what_does_not_converge_says_so():
    assert minimise(20, 28, PC_PK1, STABLE, steps=2).reason == "no minimum in 2 steps"
    rippling = Semilocal(SECOND_ORDER * 4)
    found = minimise(20, 28, PC_PK1, rippling)
    assert not found.converged
    assert found.reason != "converged"
