"""Infinite nuclear matter of a functional: what its couplings mean before any nucleus is computed.

Without surface and Coulomb force nucleons are plane waves of mass M + S, and all momentum integrals are closed forms; the
one equation to be solved is the self-consistency of the scalar density.  Out of the energy per nucleon at any density
and asymmetry come the saturation point, compressibility and symmetry energy, to be compared with what was published.
Densities in fm^-3, energies in MeV, momenta and masses inside in fm^-1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from lib.checks import is_real
from lib.rmf.catalogue import get_functional
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.functionals import Functional

PUBLISHED = {
    "PC-PK1": {"rho_0": (0.153, 0.154), "E/A": -16.12, "K": 238.0, "J": 35.6, "L": 113.0, "M*/M": 0.59},
    "PC-F1": {"rho_0": 0.151, "E/A": -16.17, "K": 255.0, "J": 37.8, "L": 117.0, "M*/M": 0.61},
    "DD-PC1": {"rho_0": 0.152, "E/A": -16.06, "K": 230.0, "J": 33.0, "L": 70.0, "M*/M": 0.58},
}
"""Saturation properties as they are quoted with the functionals; a pair where two values are in use.

Functionals of P. W. Zhao et al. (2010), T. Buervenich et al. (2002), T. Niksic et al. (2008).  K and L of PC-F1 are from
later comparisons; the article of 2002 itself could not be consulted.
"""


DILUTE = 1e-6
"""Density (fm^-3) below which the closed forms are small differences of large numbers."""


class Matter(NamedTuple):
    """State of nuclear matter at one density and asymmetry."""

    energy_per_nucleon: float
    """MeV, rest mass taken out"""
    effective_mass: float
    """Dirac mass M* / M"""
    scalar_density: float
    """fm^-3"""
    scalar_potential: float
    """S in MeV"""
    vector_potential: float
    """isoscalar V in MeV, with the rearrangement term where couplings depend on the density"""
    neutron_fermi_energy: float
    """MeV, rest mass taken out"""


def fermi_momenta(density: float, asymmetry: float) -> list[float]:
    """Fermi momenta (fm^-1) of neutrons and protons; both spins of a species fill k_F^3 / (3 pi^2)."""
    species = [density * (1 + asymmetry) / 2, density * (1 - asymmetry) / 2]
    return [(3 * np.pi**2 * rho) ** (1 / 3) for rho in species]


def scalar_density_of_gas(k_F: float, mass: float) -> float:
    r"""Scalar density (fm^-3) of free fermions of one species, :math:`\frac{1}{\pi^2}\int_0^{k_F} k^2\,\frac{m}{E_k}\,dk`.

    Fermi momentum and Dirac mass in fm^-1; a negative mass gives a negative density.
    """
    if mass == 0:
        return 0.0
    E_F = np.hypot(k_F, mass)
    closed_form = k_F * E_F - mass**2 * np.arcsinh(k_F / abs(mass))
    return mass / (2 * np.pi**2) * closed_form


def scalar_density(density: float, asymmetry: float, functional) -> float:
    """The scalar density (fm^-3) that makes the Dirac mass M + S that makes this scalar density.

    ``density`` (fm^-3) and ``asymmetry`` as in :func:`matter`, ``functional`` a :class:`lib.rmf.functionals.Functional`.
    """
    momenta = fermi_momenta(density, asymmetry)

    def surplus(rho_S):
        densities = rho_S, density, density * asymmetry
        S = functional.potentials(*densities, 0.0, 0.0, 0.0).scalar
        mass = functional.nucleon_mass / HBARC_MEV_FM + S / HBARC_MEV_FM
        return sum(scalar_density_of_gas(k, mass) for k in momenta) - rho_S

    return brentq(surplus, 0.0, density, xtol=1e-15)


def matter(density: float, asymmetry: float = 0.0, functional: str | Functional = "PC-PK1") -> Matter:
    """Nuclear matter at ``density`` (fm^-3) and ``asymmetry`` = (rho_n - rho_p)/rho, 0 symmetric, 1 neutrons only.

    Raises
    ------
    ValueError
        for a density or an asymmetry out of range, or an unknown functional.
    """
    chosen = get_functional(functional)
    if not (is_real(density) and DILUTE <= density <= 1.0):
        raise ValueError(f"density = {density!r} fm^-3 is out of range: take {DILUTE:g} to 1")
    if not (is_real(asymmetry) and -1 <= asymmetry <= 1):
        raise ValueError(f"asymmetry = {asymmetry!r} is out of range: take -1 to 1")
    momenta = fermi_momenta(density, asymmetry)
    rho_S = scalar_density(density, asymmetry, chosen)
    at_this_density = (rho_S, density, density * asymmetry, 0.0, 0.0, 0.0)
    fields = chosen.potentials(*at_this_density)
    M = chosen.nucleon_mass / HBARC_MEV_FM
    mass = M + fields.scalar / HBARC_MEV_FM
    energy_density = chosen.interaction_energy_density(*at_this_density)
    for k in momenta:
        E_F = np.hypot(k, mass)
        free = (k * E_F * (2 * k**2 + mass**2) - mass**4 * np.arcsinh(k / mass)) / (8 * np.pi**2)
        # alpha.p + beta M acts on spinors of mass M*: its mean value is E* - S m*/E*
        energy_density += HBARC_MEV_FM * free - fields.scalar * scalar_density_of_gas(k, mass)
    neutron_fermi = HBARC_MEV_FM * np.hypot(momenta[0], mass) + fields.neutron_vector - chosen.nucleon_mass
    return Matter(
        float(energy_density / density - chosen.nucleon_mass),
        float(mass / M),
        float(rho_S),
        float(fields.scalar),
        float((fields.neutron_vector + fields.proton_vector) / 2),
        float(neutron_fermi),
    )


def symmetry_energy(density: float, functional: str | Functional = "PC-PK1") -> float:
    """J(rho) = 1/2 d^2(E/A)/d asymmetry^2 in MeV at symmetric matter."""
    step = 0.02
    energies = [matter(density, i * step, functional).energy_per_nucleon for i in (0, 1, 2)]
    # even in the asymmetry: the five-point second derivative needs three points
    return (-energies[2] + 16 * energies[1] - 15 * energies[0]) / (12 * step**2)


def saturation(functional: str | Functional = "PC-PK1") -> dict[str, float]:
    """Saturation point: ``rho_0`` (fm^-3), ``E/A``, ``K``, ``J``, ``L`` (MeV), ``M*/M``, and ``S``, ``V`` (MeV) there."""
    chosen = get_functional(functional)
    step = 1e-3

    def energy(rho):
        return matter(rho, 0.0, chosen).energy_per_nucleon

    def derivative(function, rho):
        near, far = function(rho + step) - function(rho - step), function(rho + 2 * step) - function(rho - 2 * step)
        return (8 * near - far) / (12 * step)

    rho_0 = brentq(lambda rho: derivative(energy, rho), 0.10, 0.22, xtol=1e-10)
    second = (
        -energy(rho_0 + 2 * step)
        + 16 * energy(rho_0 + step)
        - 30 * energy(rho_0)
        + 16 * energy(rho_0 - step)
        - energy(rho_0 - 2 * step)
    ) / (12 * step**2)
    at = matter(rho_0, 0.0, chosen)
    return {
        "rho_0": rho_0,
        "E/A": at.energy_per_nucleon,
        "K": 9 * rho_0**2 * second,
        "J": symmetry_energy(rho_0, chosen),
        "L": 3 * rho_0 * derivative(lambda rho: symmetry_energy(rho, chosen), rho_0),
        "M*/M": at.effective_mass,
        "S": at.scalar_potential,
        "V": at.vector_potential,
    }
