"""Nucleons in potentials: those of the chart are found again, and f has the derivatives that it must have."""

import numpy as np
import pytest

from lib.orbital_free.energy import rest
from lib.orbital_free.samples import (
    BUMPS_FM,
    generic,
    in_pieces,
    in_potentials,
    integrals,
    of_chart,
    of_nucleus,
    together,
    weak_derivatives,
)
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PC_PK1
from lib.rmf.mesh import network_mesh
from lib.store import select

MESH = network_mesh()
CHART = load_chart("PC-PK1")
LEAD = select(CHART, 82, 126)
SHELL = {(-1, 0): 2.0, (-2, 0): 4.0, (1, 0): 2.0}


def test_a_nucleus_of_the_chart_is_found_again():
    both = of_nucleus(LEAD)
    assert both.nucleons.tolist() == [126, 82]
    assert both.density[0] == pytest.approx(LEAD.neutron_density.values, abs=1e-6)
    assert both.scalar_density.sum(0) == pytest.approx(LEAD.scalar_density.values, abs=1e-6)
    kinetic = both.energy.sum() - MESH.integral(both.scalar[0] * both.scalar_density.sum(0))
    assert kinetic == pytest.approx(float(LEAD.kinetic_energy), abs=0.01)
    parts = rest(PC_PK1, *both.density, both.scalar_density.sum(0))
    assert kinetic + sum(parts) == pytest.approx(float(LEAD.energy), abs=0.01)
    assert parts.coulomb == pytest.approx(float(LEAD.coulomb_energy), abs=0.01)


def test_neutrons_of_all_nuclei_come_first():
    some = CHART.isel(nucleus=[0, 700])
    samples = of_chart(some)
    assert samples.nucleons.tolist() == [*some.N.values, *some.Z.values]
    assert len(together([samples, samples]).nucleons) == 8
    assert [len(piece.nucleons) for piece in in_pieces(samples)] == [4]


def wells(scalar_change=0.0, vector_change=0.0):
    shape = 1 / (1 + np.exp((MESH.r - 3.0) / 0.6)) + 1 / (1 + np.exp((MESH.r + 3.0) / 0.6))
    bump = np.exp(-((MESH.r / 2) ** 2))
    return in_potentials(-400 * shape + scalar_change * bump, 330 * shape + vector_change * bump, 939.0, SHELL)


@pytest.mark.parametrize("change", [(1.0, 0.0), (0.0, 1.0), (0.7, -0.4)])
def test_f_changes_by_minus_V_drho_and_rho_S_dS(change):
    here = wells()
    ends = [wells(*(sign * each for each in change)) for sign in (-1, 1)]
    middle = sum(end.energy[0] for end in ends) / 2 - here.energy[0]
    found = (ends[1].energy[0] - ends[0].energy[0]) / 2
    density, scalar = ((getattr(ends[1], name) - getattr(ends[0], name))[0] / 2 for name in ("density", "scalar"))
    expected = MESH.integral(-here.vector[0] * density + here.scalar_density[0] * scalar)
    assert found == pytest.approx(expected, abs=1e-3)
    assert abs(middle) < 0.1  # of second order
    assert MESH.integral(density) == pytest.approx(0, abs=1e-6)


def test_weak_derivatives_are_those_of_the_integrals():
    sample = wells()
    parts, truth = weak_derivatives(sample)
    assert parts.shape == (1, 2 * len(BUMPS_FM), 11)
    assert truth.shape == (1, 2 * len(BUMPS_FM))
    bump = np.exp(-((MESH.r / 1.2) ** 2) / 2)
    scaled = 0.1 * sample.density * (bump - MESH.integral(sample.density * bump) / 8)
    by_hand = [integrals(sample, density=sample.density + sign * 1e-3 * scaled)[0] for sign in (-1, 1)]
    assert parts[0, 0] == pytest.approx((by_hand[1] - by_hand[0]) / 2e-3, rel=1e-4, abs=1e-5)
    moved = [integrals(sample, scalar=sample.scalar + sign * 0.1 * bump)[0] for sign in (-1, 1)]
    assert parts[0, 1] == pytest.approx((moved[1] - moved[0]) / 2e-2, rel=1e-4, abs=1e-5)
    assert truth[0, 1] == pytest.approx(10 * MESH.integral(sample.scalar_density[0] * bump))


def test_generic_samples_are_drawn_by_a_seed():
    first, again, other = generic(4, 3), generic(4, 3), generic(4, 5)
    assert np.array_equal(first.energy, again.energy)
    assert not np.array_equal(first.nucleons, other.nucleons)
    assert MESH.integral(first.density) == pytest.approx(first.nucleons, abs=0.01)
    assert np.all(first.density > 0)
    assert np.all(first.scalar_density < first.density)


@pytest.mark.parametrize(
    ("asked", "word"), [((0, 0), "count = 0"), ((4, -1), "seed = -1"), ((4, 0, 400), "largest = 400")]
)
def test_numbers_that_cannot_be(asked, word):
    with pytest.raises(ValueError, match=word):
        generic(*asked)
