r"""Beyond the mesh: the free solution that decays, to which wave functions are joined at the last point.

Out there nuclear potentials have all but vanished and that of Coulomb hardly changes: the Dirac equation is that of a
free particle of energy :math:`\varepsilon - U` in the constant potential U = V + S.  Its solution that decays is

.. math::

    G \propto r\,k_l(\alpha r), \qquad
    F = -\frac{\hbar c\,\alpha}{\varepsilon - U + 2M}\,\frac{k_{\bar l}(\alpha r)}{k_l(\alpha r)}\,G,

with :math:`(\hbar c\,\alpha)^2 = -(\varepsilon - U)(\varepsilon - U + 2M)` and modified spherical Bessel functions
:math:`k_l`.  So the ratio F/G at the last point stands for all that lies beyond, the norm included:
:math:`\int_R^\infty (G^2+F^2)\,dr = \hbar c\,G^2(R)\,\partial(F/G)/\partial\varepsilon`.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import roots_laguerre

from lib.rmf.compiled import njit
from lib.rmf.constants import HBARC_MEV_FM

LOOSEST_MEV = -0.005
"""Above this energy there is no solution that decays, or hardly.  The ratio F/G then goes on smoothly from what it is
here to a constant, the boundary condition of levels in a box, so that a level that comes unbound does not jump."""
_SETTLED_MEV = 0.02  # within which it goes there
_POINTS, _WEIGHTS = roots_laguerre(24)


@njit(cache=True, error_model="numpy")
def decaying_ratio(energy, kappa, radius, potential, mass2):
    """F/G at ``radius`` (fm) of the solution that decays, and its slope.

    ``energy`` and the constant ``potential`` in MeV, ``mass2`` twice
    the mass; the slope is with respect to the energy, in 1/MeV.
    """
    free = min(energy - potential, LOOSEST_MEV)
    alpha = math.sqrt(-free * (free + mass2)) / HBARC_MEV_FM
    k = abs(kappa)
    bessel = 1.0  # k_(m-1) / k_m at alpha r, from m = 0 up
    for m in range(k):
        bessel = 1.0 / (bessel + (2 * m + 1) / (alpha * radius))
    if kappa < 0:
        bessel = 1.0 / bessel
    ratio = -HBARC_MEV_FM * alpha / (free + mass2) * bessel
    # alpha and r enter as their product: the radial equation knows d/dr
    along_r = 2 * kappa / radius - (free + mass2) / HBARC_MEV_FM * ratio
    along_r = along_r * ratio - free / HBARC_MEV_FM
    growth = -(free + mass2 / 2) / (HBARC_MEV_FM * alpha) ** 2
    slope = (growth - 1 / (free + mass2)) * ratio + growth * radius * along_r
    fading = math.exp((free - energy + potential) / _SETTLED_MEV)
    return ratio + slope * _SETTLED_MEV * (1 - fading), slope * fading


@njit(cache=True, error_model="numpy")
def tail_moment(level_energy, kappa, radius, potential, mass, power):
    r"""``int (G^2+F^2) (r^power - R^power) dr`` beyond R over the same integral with 1 in the brackets, (levels,), fm^power.

    ``level_energy``, ``kappa`` (levels,); ``radius`` R in fm, the constant ``potential`` and ``mass`` in MeV.  Levels that
    are not bound have no tail.
    """
    moment = np.zeros(len(level_energy))
    for i in range(len(level_energy)):
        free, k = level_energy[i] - potential, abs(kappa[i])
        if free >= LOOSEST_MEV:
            continue
        alpha = math.sqrt(-free * (free + 2 * mass)) / HBARC_MEV_FM
        small = HBARC_MEV_FM * alpha / (free + 2 * mass)
        norm = 0.0
        for point, weight in zip(_POINTS, _WEIGHTS):  # noqa: B905 -- compiled
            r = radius + point / (2 * alpha)
            # k_(m-1) and k_m at alpha r, from m = 0 up, but for e^(-alpha r), whose square is in the weight, and for
            # the 1/(alpha r) of k_0, which cancels the factor r
            before, bessel = 1.0, 1.0
            for m in range(k):
                before, bessel = bessel, before + (2 * m + 1) / (alpha * r) * bessel
            G, F = (before, small * bessel) if kappa[i] < 0 else (bessel, small * before)
            density = weight * (G * G + F * F)
            norm += density
            moment[i] += density * (r**power - radius**power)
        moment[i] /= norm
    return moment
