"""Semilocal terms of f: uniform matter, limits, derivatives, and wells that are made wider."""

import numpy as np
import pytest

from lib.orbital_free.semilocal import (
    FEATURES,
    Fields,
    features,
    fermi_momentum,
    gradient_terms,
    thomas_fermi,
    thomas_fermi_scalar_density,
)
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import bound_levels, levels_density
from lib.rmf.functionals import PC_PK1
from lib.rmf.mesh import get_mesh
from lib.rmf.nuclear_matter import matter
from lib.rmf.occupation import even_filling

RHO, MASS, REST = np.array([1e-6, 0.02, 0.08, 0.3]), np.array([930.0, 800.0, 560.0, 400.0]), 939.0


def test_the_energy_of_a_fermi_sphere():
    x = HBARC_MEV_FM * fermi_momentum(RHO) / MASS
    eta = np.sqrt(1 + x**2)
    closed = MASS**4 / HBARC_MEV_FM**3 / (8 * np.pi**2) * (x * eta * (2 * x**2 + 1) - np.arcsinh(x)) - REST * RHO
    assert thomas_fermi(RHO, MASS, REST)[1:] == pytest.approx(closed[1:], rel=1e-10)


def test_uniform_matter_is_that_of_the_functional():
    known = matter(0.15, 0.0, "PC-PK1")
    half, mass = np.array(0.075), np.array(PC_PK1.nucleon_mass + known.scalar_potential)
    scalar = 2 * thomas_fermi_scalar_density(half, mass)
    nothing = 0.0
    interaction = PC_PK1.interaction_energy_density(scalar, 0.15, nothing, nothing, nothing, nothing)
    energy = 2 * thomas_fermi(half, mass, PC_PK1.nucleon_mass) - known.scalar_potential * scalar + interaction
    assert energy / 0.15 == pytest.approx(known.energy_per_nucleon, abs=1e-6)


def test_derivatives_of_thomas_fermi_are_the_fermi_energy_and_the_scalar_density():
    step = 1e-20
    slope = thomas_fermi(RHO + 1j * step, MASS.astype(complex), REST).imag / step
    assert slope == pytest.approx(np.hypot(HBARC_MEV_FM * fermi_momentum(RHO), MASS) - REST, abs=1e-7)
    plain = (thomas_fermi(RHO * 1.0001, MASS, REST) - thomas_fermi(RHO * 0.9999, MASS, REST)) / (2e-4 * RHO)
    assert plain == pytest.approx(slope, rel=1e-5)
    duality = thomas_fermi(RHO.astype(complex), MASS + 1j * step, REST).imag / step
    assert duality == pytest.approx(thomas_fermi_scalar_density(RHO, MASS), rel=1e-12)


def test_f_is_convex_in_S_and_its_transform_concave_in_the_scalar_density():
    masses = np.linspace(400, 939, 40)
    energies = thomas_fermi(np.full(40, 0.08), masses, REST)
    assert np.all(np.diff(energies, 2) > 0)
    scalar = thomas_fermi_scalar_density(np.full(40, 0.08), masses)
    transform = energies - (masses - REST) * scalar
    slopes = np.diff(transform) / np.diff(scalar)
    assert np.all(np.diff(scalar) > 0)
    assert np.all(np.diff(slopes) < 0)
    assert slopes == pytest.approx(-(masses[1:] + masses[:-1]) / 2 + REST, abs=3)


def test_nonrelativistic_limits_of_the_gradient_terms():
    rho, heavy = np.array([0.01, 0.08]), np.full(2, 1e5)
    first, second, third = gradient_terms(Fields(rho, np.array([0.01, 0.03]), heavy, np.full(2, 30.0)))
    slope = np.array([0.01, 0.03])
    assert first == pytest.approx(HBARC_MEV_FM**2 * slope**2 / (72 * heavy * rho), rel=1e-4)
    assert second == pytest.approx(HBARC_MEV_FM**2 * slope * 30 / (6 * heavy**2), rel=1e-4)
    assert third == pytest.approx(-7 * HBARC_MEV_FM**2 * rho * 30**2 / (24 * heavy**3), rel=1e-4)


def test_the_bracket_goes_over_into_its_series():
    low, high = (fermi_momentum(np.array(rho)) for rho in (1e-5, 1e-5 * 1.0001))
    assert low < high
    mass = HBARC_MEV_FM * low / 0.02
    ends = [gradient_terms(Fields(np.array(rho), 0.0, mass, 1.0))[2] for rho in (0.9999e-5, 1.0001e-5)]
    assert ends[0] / 0.9999 == pytest.approx(ends[1] / 1.0001, rel=1e-3)


def test_where_there_is_nothing_there_is_no_energy():
    nothing = Fields(np.zeros(3), np.zeros(3), np.full(3, REST), np.zeros(3))
    assert np.abs(features(nothing)).max() < 1e-12
    assert np.abs(thomas_fermi(nothing.density, nothing.mass, REST)).max() == 0


def test_features_begin_with_the_gradient_terms():
    fields = Fields(RHO, 0.1 * RHO, MASS, np.full(4, 20.0))
    made = features(fields)
    assert len(made) == len(FEATURES)
    assert made[:3] == pytest.approx(gradient_terms(fields))
    assert np.all(np.abs(made[6:9]) < np.abs(made[:3]))


@pytest.mark.parametrize("radius", [5.0, 14.0])
def test_second_order_is_better_the_wider_the_well(radius):
    mesh = get_mesh(40.0, 0.2)
    width = 0.12 * radius
    shape = 1 / (1 + np.exp((mesh.r - radius) / width)) + 1 / (1 + np.exp((mesh.r + radius) / width))
    scalar, vector = -410 * shape, 340 * shape
    levels = bound_levels(mesh, scalar, vector, REST, -0.5)
    errors = []
    most = levels.degeneracy.sum()
    for nucleons in range(int(0.5 * most), int(0.9 * most), 4):
        held = even_filling(levels.energy, levels.degeneracy, nucleons) * levels.degeneracy
        rho = mesh.with_origin(held @ levels_density(mesh, levels))
        energy = held @ (levels.energy * (1 - levels.outside)) - mesh.integral(vector * rho)
        slopes = mesh.derivative_even
        fields = Fields(rho, slopes @ rho, REST + scalar, slopes @ scalar)
        first = mesh.integral(thomas_fermi(rho, fields.mass, REST)) - energy
        errors.append([first, first + mesh.integral(gradient_terms(fields).sum(0))])
    first, second = np.abs(np.mean(errors, axis=0))  # over numbers: shells are not in either
    assert second < first * (0.2 if radius > 10 else 1.0)
