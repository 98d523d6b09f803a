"""Nuclear matter: published saturation points and thermodynamic identities."""

import numpy as np
import pytest
from scipy.integrate import quad

from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.functionals import FUNCTIONALS, PAPER_FUNCTIONALS
from lib.rmf.nuclear_matter import (
    PUBLISHED,
    fermi_momenta,
    matter,
    saturation,
    scalar_density,
    scalar_density_of_gas,
    symmetry_energy,
)

EACH = pytest.mark.parametrize("name", list(FUNCTIONALS))


def contact(name: str, rho: float) -> list[float]:
    """alpha_S, alpha_V, alpha_TV in MeV fm^3; at density rho where they depend on it."""
    functional = FUNCTIONALS[name]
    if name in PAPER_FUNCTIONALS:
        return [functional.fm(f"alpha_{channel}") for channel in ("S", "V", "TV")]
    return [float(functional.strength(channel, rho).value) for channel in ("S", "V", "TV")]


ROUNDING = {"rho_0": 6e-4, "E/A": 0.006, "K": 0.6, "J": 0.06, "L": 0.6, "M*/M": 0.006}
"""Half a unit of the last published digit, and a tenth of a unit more."""


@EACH
def test_saturation_as_published(name):
    found, published = saturation(name), PUBLISHED[name]
    assert published.keys() == ROUNDING.keys()
    for key, tolerance in ROUNDING.items():
        values = np.atleast_1d(published[key])
        assert np.abs(values - found[key]).min() < tolerance, key
        # where two are in use they are a unit of the last digit apart
        assert np.ptp(values) < 2 * tolerance, key


@EACH
def test_hugenholtz_van_hove_at_saturation(name):
    """At zero pressure the Fermi energy is the energy per nucleon: two independent formulas."""
    at = saturation(name)
    assert matter(at["rho_0"], 0.0, name).neutron_fermi_energy == pytest.approx(at["E/A"], abs=1e-5)


@EACH
@pytest.mark.parametrize(("density", "asymmetry"), [(0.05, 0.0), (0.12, 0.3), (0.20, 1.0), (0.16, -0.5)])
def test_fermi_energy_is_the_derivative_of_the_energy_density(name, density, asymmetry):
    """lambda_n = dE/d rho_n at fixed rho_p, in any matter, isovector terms included."""
    neutrons, protons, step = density * (1 + asymmetry) / 2, density * (1 - asymmetry) / 2, 1e-5

    def energy(rho_n):
        rho = rho_n + protons
        return rho * matter(rho, max(-1.0, min(1.0, (rho_n - protons) / rho)), name).energy_per_nucleon

    slope = (energy(neutrons + step) - energy(neutrons - step)) / (2 * step)
    assert matter(density, asymmetry, name).neutron_fermi_energy == pytest.approx(slope, abs=2e-5)


@EACH
@pytest.mark.parametrize("asymmetry", [0.0, 1.0])
def test_low_density_limit_is_a_free_gas(name, asymmetry):
    """E/A -> 3/5 e_F, once the mean field (alpha_S + alpha_V + x^2 alpha_TV) rho/2 is taken off."""
    functional, rho = FUNCTIONALS[name], 1e-6
    k_F = (3 * np.pi**2 * rho * (1 + asymmetry) / 2) ** (1 / 3)
    fermi = (HBARC_MEV_FM * k_F) ** 2 / (2 * functional.nucleon_mass)
    scalar, vector, isovector = contact(name, rho)
    field = scalar + vector + asymmetry**2 * isovector
    at = matter(rho, asymmetry, name)
    assert at.energy_per_nucleon - field * rho / 2 == pytest.approx(0.6 * fermi, rel=2e-3)
    assert at.effective_mass == pytest.approx(1.0, abs=1e-4)
    assert at.scalar_density == pytest.approx(rho, rel=1e-3)


@EACH
def test_symmetry_energy_from_the_closed_form(name):
    """J = k_F^2 / 6 E_F + alpha_TV rho / 2 for a functional without isovector scalar field, also if alpha_TV is of rho."""
    functional, rho = FUNCTIONALS[name], 0.15
    k_F = (1.5 * np.pi**2 * rho) ** (1 / 3)
    mass = matter(rho, 0.0, name).effective_mass * functional.nucleon_mass
    exact = (HBARC_MEV_FM * k_F) ** 2 / (6 * np.hypot(HBARC_MEV_FM * k_F, mass)) + contact(name, rho)[2] * rho / 2
    assert symmetry_energy(rho, name) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("mass", [4.7, 2.5, 0.3, 0.0, -0.3])
def test_scalar_density_of_a_gas_is_the_integral(mass):
    """Both spins: 2/(2 pi)^3 times the integral of m/E over the Fermi sphere."""
    integral, _ = quad(lambda k: k**2 * mass / np.hypot(k, mass), 0, 1.3)
    assert scalar_density_of_gas(1.3, mass) == pytest.approx(integral / np.pi**2, rel=1e-9)


@EACH
def test_scalar_density_is_self_consistent(name):
    """S of this density gives the mass whose gas has this density; below the vector density."""
    functional = FUNCTIONALS[name]
    rho_S = scalar_density(0.16, 0.2, functional)
    S = functional.potentials(rho_S, 0.16, 0.032, 0.0, 0.0, 0.0).scalar
    mass = (functional.nucleon_mass + S) / HBARC_MEV_FM
    assert sum(scalar_density_of_gas(k, mass) for k in fermi_momenta(0.16, 0.2)) == pytest.approx(rho_S, rel=1e-12)
    assert 0.9 < rho_S / 0.16 < 1.0
    assert matter(0.16, 0.2, name).scalar_density == rho_S


def test_fermi_momenta_hold_the_density():
    """k_F^3 / (3 pi^2) of each species."""
    neutron, proton = fermi_momenta(0.15, 0.2)
    assert neutron**3 / (3 * np.pi**2) == pytest.approx(0.09)
    assert proton**3 / (3 * np.pi**2) == pytest.approx(0.06)


def test_charge_symmetry():
    """Without Coulomb neutron and proton matter are the same."""
    assert matter(0.1, 0.4).energy_per_nucleon == pytest.approx(matter(0.1, -0.4).energy_per_nucleon, rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.0,), r"density = 0\.0 .*take 1e-06 to 1"),
        ((-0.1,), r"density = -0\.1 .*take 1e-06 to 1"),
        ((1.5,), r"density = 1\.5 .*take 1e-06 to 1"),
        ((float("nan"),), r"density = nan .*take 1e-06 to 1"),
        ((0.15, 1.2), r"asymmetry = 1\.2 .*-1 to 1"),
        ((0.15, float("nan")), r"asymmetry = nan .*-1 to 1"),
        ((0.15, 0.0, "NL3"), r"'NL3'.*PC-PK1, PC-F1"),
    ],
)
def test_refusals_name_value_and_remedy(arguments, words):
    with pytest.raises(ValueError, match=words):
        matter(*arguments)
