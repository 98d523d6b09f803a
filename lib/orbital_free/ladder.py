r"""Functionals f[rho, S] with more and more in them, fitted to nucleons in given potentials, and judged at true densities.

.. math::

    f = f_{\rm TF} + \sum_k c_k\int g_k(\rho,\nabla\rho,M^*,\nabla M^*)\,d^3r + C_N ,

with the ten terms of :data:`lib.orbital_free.semilocal.FEATURES`, and a constant for each number of nucleons.  All rungs
are linear in what is fitted, so that one least-squares problem holds energies and weak derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lib.orbital_free.samples import Samples, integrals, weak_derivatives
from lib.orbital_free.semilocal import FEATURES

ENERGY_MEV, DERIVATIVE_MEV = 3.0, 1.0
"""Residuals of one: of an energy, and of a derivative in a direction of :mod:`lib.orbital_free.samples`."""
COEFFICIENT_UNIT, CONSTANT_MEV = 3.0, 30.0
"""What the prior expects of coefficients (about those of second order in hbar) and of constants."""
THOMAS_FERMI, SECOND_ORDER = np.zeros(len(FEATURES)), np.array([1.0] * 3 + [0.0] * (len(FEATURES) - 3))
THOMAS_FERMI.setflags(write=False)
SECOND_ORDER.setflags(write=False)


@dataclass(frozen=True)
class Semilocal:
    """A functional of this form: the ``coefficients`` (10,), and the ``constants`` in MeV by the number of nucleons."""

    coefficients: np.ndarray
    constants: Mapping[int, float] = field(default_factory=dict)

    def constant(self, nucleons) -> np.ndarray:
        """C_N in MeV of each number of nucleons; 0 without constants.

        Raises
        ------
        ValueError
            for a number of which none was fitted, where others were.
        """
        numbers = np.atleast_1d(nucleons)
        if not self.constants:
            return np.zeros(len(numbers))
        if missing := sorted({int(n) for n in numbers} - set(self.constants)):
            raise ValueError(f"nucleons = {missing} had no sample in the fit: add samples that do")
        return np.array([self.constants[int(n)] for n in numbers])

    def energy(self, parts: np.ndarray, nucleons: np.ndarray) -> np.ndarray:
        """f in MeV of samples with these integrals (samples, 11)."""
        return parts[:, 0] + parts[:, 1:] @ self.coefficients + self.constant(nucleons)

    def derivative(self, parts: np.ndarray) -> np.ndarray:
        """Its changes (..., ) in MeV, of those of the integrals (..., 11)."""
        return parts[..., 0] + parts[..., 1:] @ self.coefficients


@dataclass
class Equations:
    """What samples demand: ``parts`` (samples, 11) and f ``energy`` (samples,), the same of their derivatives, in MeV."""

    nucleons: np.ndarray
    parts: np.ndarray
    energy: np.ndarray
    moved: np.ndarray
    moved_energy: np.ndarray

    @classmethod
    def of(cls, samples: Samples) -> Equations:
        """Those of some samples."""
        return cls(samples.nucleons, integrals(samples), samples.energy, *weak_derivatives(samples))

    def __getitem__(self, chosen) -> Equations:
        return Equations(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def both(self, other: Equations) -> Equations:
        """All in one."""
        names = self.__dataclass_fields__
        return Equations(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names))


def fit(equations: Equations, constants: bool, derivatives: bool = True) -> Semilocal:
    """The functional of least squares, with a prior about the terms of second order in hbar; with ``constants`` or without,
    from energies alone or from ``derivatives``, too."""
    numbers, place = np.unique(equations.nucleons, return_inverse=True)
    count, free = len(FEATURES), len(numbers) if constants else 0
    energies = np.zeros((len(equations.energy), count + free))
    energies[:, :count] = equations.parts[:, 1:]
    if constants:
        energies[np.arange(len(place)), count + place] = 1.0
    rows = [energies / ENERGY_MEV]
    targets = [(equations.energy - equations.parts[:, 0]) / ENERGY_MEV]
    if derivatives:
        slopes = np.zeros((equations.moved_energy.size, count + free))
        slopes[:, :count] = equations.moved[..., 1:].reshape(-1, count)
        rows.append(slopes / DERIVATIVE_MEV)
        targets.append((equations.moved_energy - equations.moved[..., 0]).ravel() / DERIVATIVE_MEV)
    expected = np.concatenate([np.full(count, COEFFICIENT_UNIT), np.full(free, CONSTANT_MEV)])
    rows.append(np.diag(1 / expected))
    targets.append(np.concatenate([SECOND_ORDER, np.zeros(free)]) / expected)
    found = np.linalg.lstsq(np.concatenate(rows), np.concatenate(targets), rcond=None)[0]
    table = dict(zip(numbers.tolist(), found[count:].tolist(), strict=True)) if constants else {}
    return Semilocal(found[:count], table)
