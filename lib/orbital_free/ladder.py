r"""Functionals f[rho, S] with more and more in them, fitted to nucleons in given potentials, and judged at true densities.

.. math::

    f = f_{\rm TF} + \sum_k c_k\int g_k(\rho,\nabla\rho,M^*,\nabla M^*)\,d^3r + C_N ,

with the ten terms of :data:`lib.orbital_free.semilocal.FEATURES`, and a constant for each number of nucleons.  All rungs
are linear in what is fitted, so that one least-squares problem holds energies and weak derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import lsq_linear
from tqdm import tqdm

from lib.checks import check_whole
from lib.orbital_free.samples import Samples, in_pieces, integrals, weak_derivatives
from lib.orbital_free.semilocal import FEATURES

ENERGY_MEV, DERIVATIVE_MEV = 3.0, 1.0
"""Residuals of one: of an energy, and of a derivative in a direction of :mod:`lib.orbital_free.samples`."""
COEFFICIENT_UNIT, CONSTANT_MEV = 3.0, 30.0
"""What the prior expects of coefficients (about those of second order in hbar) and of constants."""
GENERIC_WEIGHT = 0.1
"""Of nucleons in generic potentials beside those of nuclei: of 1, 0.3, 0.1 and 0.03 chosen on known nuclei alone."""
HELD_OUT_SHARE = 0.2
"""Of the known nuclei."""
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
    """What samples demand: ``parts`` (samples, 11) and f ``energy`` (samples,), the same of their derivatives, in MeV.

    ``weight`` (samples,) multiplies the residuals of a sample.
    """

    nucleons: np.ndarray
    parts: np.ndarray
    energy: np.ndarray
    moved: np.ndarray
    moved_energy: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, samples: Samples, weight: float = 1.0) -> Equations:
        """Those of some samples, with one weight."""
        pieces = tqdm(in_pieces(samples), desc="integrals", disable=None)
        rows = [(piece.nucleons, integrals(piece), piece.energy, *weak_derivatives(piece)) for piece in pieces]
        return cls(*map(np.concatenate, zip(*rows, strict=True)), np.full(len(samples.nucleons), weight))

    def __getitem__(self, chosen) -> Equations:
        return Equations(*(getattr(self, each.name)[chosen] for each in fields(self)))

    def both(self, other: Equations) -> Equations:
        """All in one."""
        names = [each.name for each in fields(self)]
        return Equations(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in names))


def fit(equations: Equations, constants: bool, derivatives: bool = True, stable: bool = False) -> Semilocal:
    """The functional of least squares, with a prior about the terms of second order in hbar.

    With ``constants`` for each number of nucleons or without, from
    energies and ``derivatives`` or from energies alone.  A ``stable``
    one has no terms with x^2, and none in which ripples of the
    density would be paid for: those with B1 are not negative.
    """
    numbers, place = np.unique(equations.nucleons, return_inverse=True)
    count, free = len(FEATURES), len(numbers) if constants else 0
    rows = np.zeros((len(place), count + free))
    rows[:, :count] = equations.parts[:, 1:]
    if constants:
        rows[np.arange(len(place)), count + place] = 1.0
    target, weight = equations.energy - equations.parts[:, 0], equations.weight / ENERGY_MEV
    matrix, sides = [rows * weight[:, None]], [target * weight]
    if derivatives:
        slopes = np.zeros((*equations.moved_energy.shape, count + free))
        slopes[..., :count] = equations.moved[..., 1:]
        target, weight = equations.moved_energy - equations.moved[..., 0], equations.weight[:, None] / DERIVATIVE_MEV
        matrix.append((slopes * weight[..., None]).reshape(-1, count + free))
        sides.append((target * weight).ravel())
    expected = np.concatenate([np.full(count, COEFFICIENT_UNIT), np.full(free, CONSTANT_MEV)])
    matrix.append(np.diag(1 / expected))
    sides.append(np.concatenate([SECOND_ORDER, np.zeros(free)]) / expected)
    # the same problem in as many rows as there are unknowns
    orthogonal, triangle = np.linalg.qr(np.concatenate(matrix))
    projected = orthogonal.T @ np.concatenate(sides)
    if stable:
        found = _bounded(triangle, projected)
    else:
        found = solve_triangular(triangle, projected)
    table = dict(zip(numbers.tolist(), found[count:].tolist(), strict=True)) if constants else {}
    return Semilocal(found[:count], table)


def _bounded(triangle: np.ndarray, side: np.ndarray) -> np.ndarray:
    """The solution of least squares without the terms with x^2, and no negative one of those with B1."""
    kept = np.array([k for k in range(len(side)) if not (k < len(FEATURES) and "x²" in FEATURES[k])])
    first = [k < len(FEATURES) and FEATURES[k].startswith("B1") for k in kept]
    found = np.zeros(len(side))
    found[kept] = lsq_linear(triangle[:, kept], side, (np.where(first, 0.0, -np.inf), np.inf)).x
    return found


def held_out_chains(Z: np.ndarray, known: np.ndarray, seed: int, share: float = HELD_OUT_SHARE) -> np.ndarray:
    """Known nuclei that are held out, boolean (nucleus,): all of whole elements, drawn until they are this share of all.

    Raises
    ------
    ValueError
        for a seed that cannot be.
    """
    check_whole("seed", seed, 0)
    held = np.zeros(len(Z), dtype=bool)
    for element in np.random.default_rng([22, seed]).permutation(np.unique(Z[known])):
        if held.sum() >= round(share * known.sum()):
            break
        held |= known & (Z == element)
    return held


def rungs(learning: Equations, generic: Equations) -> dict[str, Semilocal]:
    """The ladder, by name: without parameters, ten, and a constant for each number of nucleons.

    ``learning`` are nucleons of known nuclei, ``generic`` those in generic potentials, which have larger numbers, too.
    """
    return {
        "Thomas–Fermi": Semilocal(THOMAS_FERMI),
        "with ħ² terms": Semilocal(SECOND_ORDER),
        "ten, energies only": fit(learning, constants=False, derivatives=False),
        "ten, generic potentials only": fit(generic, constants=False),
        "ten": fit(learning, constants=False),
        "ten, constants": fit(learning.both(generic), constants=True),
        "seven, stable, constants": fit(learning.both(generic), constants=True, stable=True),
    }


class Judged(NamedTuple):
    """A functional at true densities, less the truth, MeV."""

    species: np.ndarray
    """(2, nucleus) error of f of the neutrons, of the protons"""
    derivative: np.ndarray
    """(2, nucleus, 2 bumps) error of its changes, first in rho, then in S, and so on"""

    @property
    def energy(self) -> np.ndarray:
        """(nucleus,) error of E."""
        return self.species.sum(0)


def judged(functional: Semilocal, equations: Equations) -> Judged:
    """The error at the true densities of nuclei, whose neutrons come before their protons."""
    error = functional.energy(equations.parts, equations.nucleons) - equations.energy
    derivative = functional.derivative(equations.moved) - equations.moved_energy
    return Judged(error.reshape(2, -1), derivative.reshape(2, len(error) // 2, -1))
