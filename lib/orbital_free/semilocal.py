r"""The energy of one species of nucleons in a scalar potential as a semilocal functional f[rho, S] of its density.

Nucleons of spin 1/2 and of Dirac mass M* = M + S fill a Fermi sphere of k_F = (3 pi^2 rho)^(1/3).  Relativistic
Thomas-Fermi theory takes their energy at each point from the matter of that density; the terms of second order in
hbar add gradients,

.. math::

    f_2 = \int\big[B_1(\nabla\rho)^2 + B_2\,\nabla\rho\cdot\nabla M^* + B_3(\nabla M^*)^2\big]\,d^3r .

All functions are local in the four :class:`Fields`, and take complex ones, of which derivatives are made
(:func:`lib.orbital_free.samples.weak_derivatives`).

Source: M. Centelles, X. Vinas, M. Barranco, and P. Schuck, Ann. Phys. (N.Y.) 221, 165 (1993).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lib.rmf.constants import HBARC_MEV_FM

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(10)
_U = (_POINTS + 1) / 2
_W = 3 / 2 * _WEIGHTS * _U**2
LEAST_DENSITY = 1e-25
"""fm^-3; a smaller density is taken for this one, so that ratios are finite where there is nothing."""
FEATURES = ("B1", "B2", "B3", "B1 x²", "B2 x²", "B3 x²", "B1 D", "B2 D", "B3 D", "B1 D²")
"""The ten semilocal terms beside that of Thomas and Fermi, as :func:`features` has them."""


class Fields(NamedTuple):
    """What f is local in, arrays of one shape."""

    density: np.ndarray
    """rho, fm^-3"""
    density_slope: np.ndarray
    """d rho/dr, fm^-4"""
    mass: np.ndarray
    """M* = M + S, MeV"""
    mass_slope: np.ndarray
    """dS/dr, MeV/fm"""


def fermi_momentum(density):
    """k_F in fm^-1 of a density (fm^-3) of nucleons of one species."""
    return (3 * np.pi**2 * np.where(density.real > LEAST_DENSITY, density, LEAST_DENSITY)) ** (1 / 3)


def thomas_fermi(density, mass, rest_mass):
    """Energy density without the rest mass, MeV fm^-3.

    ``density`` (fm^-3) and the Dirac mass ``mass`` (MeV) are arrays
    of one shape; ``rest_mass`` M in MeV.
    """
    x = HBARC_MEV_FM * fermi_momentum(density) / mass
    square = (x[..., None] * _U) ** 2  # of the momentum inside the sphere
    kinetic = mass * (square / (1 + np.sqrt(1 + square)) @ _W)
    return density * (kinetic + mass - rest_mass)


def thomas_fermi_scalar_density(density, mass):
    """rho_S = df_TF/dS in fm^-3 of uniform matter; arguments as of :func:`thomas_fermi`."""
    x = HBARC_MEV_FM * fermi_momentum(density) / mass
    return density * (1 / np.sqrt(1 + (x[..., None] * _U) ** 2) @ _W)


def gradient_terms(fields: Fields):
    """The three terms of second order in hbar, MeV fm^-3, (3, ...).

    With x = hbar c k_F / M*; their sum is the integrand of f_2.
    """
    k, mass = fermi_momentum(fields.density), fields.mass
    x = HBARC_MEV_FM * k / mass
    eta, arsinh = np.sqrt(1 + x * x), np.arcsinh(x)
    first = np.pi**2 * (eta + 2 * x * arsinh) / (24 * k**3)
    second = arsinh / (6 * x)
    third = x * x * _bracket(x, eta, arsinh) / (24 * np.pi**2)
    rho, m = fields.density_slope, fields.mass_slope
    terms = [
        HBARC_MEV_FM**2 / mass * first * rho * rho,
        (HBARC_MEV_FM / mass) ** 2 * second * rho * m,
        third / HBARC_MEV_FM * m * m,
    ]
    return np.stack(terms) / eta**2


def _bracket(x, eta, arsinh):
    """eta/x - (2 + eta^2/x^2) arsinh x, by its series where that cancels."""
    small = np.abs(x) < 0.02
    safe = np.where(small, 1.0, x)
    closed = eta / safe - (2 + eta**2 / safe**2) * arsinh
    return np.where(small, 0.3 * x**3 - 7 / 3 * x, closed)


def features(fields: Fields):
    """The ten terms of :data:`FEATURES`, MeV fm^-3, (10, ...).

    The gradient terms as they are, times x^2, and damped by D where
    the density changes within a wave length: D = 1/(1 + s^2) with
    s = ``|grad rho| / (2 k_F rho)``.
    """
    terms, k = gradient_terms(fields), fermi_momentum(fields.density)
    square = (HBARC_MEV_FM * k / fields.mass) ** 2
    s = fields.density_slope * 3 * np.pi**2 / (2 * k**4)
    damping = 1 / (1 + s * s)
    damped = terms * damping
    return np.concatenate([terms, terms * square, damped, damped[:1] * damping])
