"""The functionals solved by other means, in a basis of oscillator functions, as most codes do.

It shares the functional with :mod:`lib.rmf`, and nothing else: Dirac matrices are diagonalised instead of shooting, and
Laplacians are those of the oscillator functions.  Where many shells agree with the solver both are right, and few
shells show what a table that was computed in them can be trusted with.  Levels fill from below, so only nuclei of closed
shells can be asked for.  ``python -m studies.oscillator_basis`` makes ``data/oscillator_basis.csv``, in two minutes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.integrate import cumulative_simpson
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh
from scipy.special import eval_genlaguerre, gammaln
from tqdm import tqdm

from lib import store
from lib.provenance import DATA, code_version
from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM
from lib.rmf.functionals import FUNCTIONALS, Functional
from lib.rmf.iteration import NoConvergenceError
from lib.tasks import atomic_write

PATH = DATA / "oscillator_basis.csv"
CLOSED_SHELLS = ((8, 8), (20, 20), (20, 28), (28, 28), (28, 50), (50, 50), (50, 82), (82, 126))
"""Nuclei (Z, N) of the table."""
SHELLS = (12, 20, 40, 80)
"""Shells of the large component – of the table; one more of the small component, else there are spurious states."""
LARGEST_KAPPA = 8
R_FINE = np.linspace(0.0, 30.0, 6001)[1:]
"""Where the Coulomb potential is made, fm."""
_HEAD = """\
# Nuclei of closed shells in a basis of oscillator functions of 41 A^(-1/3) MeV: E_CDFT in MeV, rms radii in fm.
# Made by python -m studies.oscillator_basis.  Licence: CC BY 4.0.
"""


class InBasis(NamedTuple):
    """A nucleus in so many shells."""

    energy: float
    """E_CDFT in MeV"""
    neutron_radius: float
    """rms, fm"""
    proton_radius: float
    """rms, fm"""


class Waves:
    """Radial functions R(r) of one orbital momentum up to some shell, their slopes and Laplacians R'' + 2 R'/r: (n, r)."""

    def __init__(self, l: int, shells: int, length: float, r: np.ndarray):
        n, x = np.arange((shells - l) // 2 + 1)[:, None], r / length
        log_norm = (np.log(2) + gammaln(n + 1) - gammaln(n + l + 1.5) - 3 * np.log(length)) / 2
        common = np.exp(log_norm - x**2 / 2 + l * np.log(x))
        lower = np.where(n > 0, eval_genlaguerre(np.maximum(n - 1, 0), l + 1.5, x**2), 0.0)
        self.value = common * eval_genlaguerre(n, l + 0.5, x**2)
        self.slope = ((l / x - x) * self.value - 2 * x * common * lower) / length
        # the oscillator's own equation, where the centrifugal term is none of the Laplacian
        self.laplacian = (l * (l + 1) / r**2 + (x**2 - 4 * n - 2 * l - 3) / length**2) * self.value


class Block:
    """The states of one kappa: both components at the points of integration, and on the fine mesh."""

    def __init__(self, kappa: int, shells: int, length: float, r: np.ndarray, weight: np.ndarray):
        large_l, small_l = (kappa, kappa - 1) if kappa > 0 else (-kappa - 1, -kappa)
        self.degeneracy, self.weight = 2 * abs(kappa), weight
        self.parts = Waves(large_l, shells, length, r), Waves(small_l, shells + 1, length, r)
        self.fine = [Waves(l, shells + i, length, R_FINE).value for i, l in enumerate((large_l, small_l))]
        large, small = self.parts
        self.G, self.F = r * large.value, r * small.value
        slope = small.value + r * small.slope
        self.kinetic = HBARC_MEV_FM * (self.G * weight) @ (kappa / r * self.F - slope).T

    def states(self, scalar: np.ndarray, vector: np.ndarray, mass: float) -> list[tuple[float, list[np.ndarray]]]:
        """Energies (MeV) of the states of positive energy, without rest mass, with the coefficients of both components."""
        upper = (self.G * self.weight * (vector + scalar)) @ self.G.T
        lower = (self.F * self.weight * (vector - scalar - 2 * mass)) @ self.F.T
        energies, vectors = eigh(np.block([[upper, self.kinetic], [self.kinetic.T, lower]]))
        return [
            (energy, np.split(vector, [len(self.G)]))
            for energy, vector in zip(energies, vectors.T, strict=True)
            if energy > -mass
        ]

    def densities(self, coefficients: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Density of a filled level by its large and its small component, (2, r) in fm^-3, and their Laplacians in fm^-5."""
        squares, laplacians = [], []
        for vector, waves in zip(coefficients, self.parts, strict=True):
            value, slope, laplacian = (vector @ each for each in (waves.value, waves.slope, waves.laplacian))
            squares.append(value**2)
            laplacians.append(2 * (slope**2 + value * laplacian))
        share = self.degeneracy / (4 * np.pi)
        return share * np.array(squares), share * np.array(laplacians)

    def fine_density(self, coefficients: list[np.ndarray]) -> np.ndarray:
        """Density of a filled level on the fine mesh, fm^-3."""
        values = (vector @ waves for vector, waves in zip(coefficients, self.fine, strict=True))
        return self.degeneracy / (4 * np.pi) * sum(value**2 for value in values)


def solve_in_basis(Z: int, N: int, functional: Functional, shells: int) -> InBasis:
    """The ground state of a nucleus of closed shells, with so many oscillator shells of the large component.

    Raises
    ------
    ValueError
        if the last level is only partly filled.
    NoConvergenceError
        if the iteration does not converge.
    """
    A, mass = Z + N, functional.nucleon_mass
    length = HBARC_MEV_FM / np.sqrt(mass * 41.0 * A ** (-1 / 3))
    points = max(60, int(2.2 * shells))
    x, weight = (half[points:] for half in np.polynomial.hermite.hermgauss(2 * points))
    r, weight = x * length, weight * np.exp(x**2) * length
    volume = 4 * np.pi * r**2 * weight
    kappas = [sign * size for size in range(1, LARGEST_KAPPA + 1) for sign in (1, -1)]
    blocks = [Block(kappa, shells, length, r, weight) for kappa in kappas]
    shape = 1 / (1 + np.exp((r - 1.2 * A ** (1 / 3)) / 0.6))
    fields, metric = np.concatenate([-400.0 * shape, 330.0 * shape, 330.0 * shape]), np.tile(np.sqrt(volume / A), 3)
    tried: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(100):
        S, *V = np.split(fields, 3)
        neutrons, protons = (_filled(blocks, S, vector, mass, number) for vector, number in zip(V, (N, Z), strict=True))
        # rho_S, rho_V, rho_TV, and their Laplacians
        arguments = [
            combined
            for n, p in zip(neutrons.local, protons.local, strict=True)
            for combined in (n[0] - n[1] + p[0] - p[1], n.sum(0) + p.sum(0), n.sum(0) - p.sum(0))
        ]
        rho_n, rho_p = neutrons.local[0].sum(0), protons.local[0].sum(0)
        coulomb = coulomb_potential(protons.fine, r)
        made = np.stack(functional.potentials(*arguments))
        made[2] += coulomb
        residual = made.ravel() - fields
        if np.linalg.norm(metric * residual) < 1e-6:
            energy_density = functional.interaction_energy_density(*arguments) + coulomb * rho_p / 2
            energy_density = energy_density - S * arguments[0] - V[0] * rho_n - V[1] * rho_p
            energy = neutrons.energy + protons.energy + volume @ energy_density
            radii = (np.sqrt(volume @ (r**2 * rho) / number) for rho, number in ((rho_n, N), (rho_p, Z)))
            return InBasis(float(energy), *map(float, radii))
        tried = [*tried, (fields, residual)][-8:]
        fields = _next(tried, metric)
    raise NoConvergenceError(
        f"Z = {Z}, N = {N} with {functional.name} in {shells} shells: take another number of shells"
    )


class Filled(NamedTuple):
    """The levels that one species fills."""

    energy: float
    """sum of the single-particle energies, MeV"""
    local: np.ndarray
    """(2, 2, r) – density and Laplacian, each by large and by small component"""
    fine: np.ndarray
    """density on the fine mesh, fm^-3"""


def _filled(blocks: list[Block], scalar: np.ndarray, vector: np.ndarray, mass: float, number: int) -> Filled:
    states = [(energy, block, parts) for block in blocks for energy, parts in block.states(scalar, vector, mass)]
    total, local, fine, left = 0.0, 0.0, 0.0, number
    for energy, block, parts in sorted(states, key=lambda state: state[0]):
        if left == 0:
            break
        if block.degeneracy > left:
            raise ValueError(f"{number} nucleons leave a level partly filled: take a nucleus of closed shells")
        left -= block.degeneracy
        total, local = total + block.degeneracy * energy, local + np.array(block.densities(parts))
        fine = fine + block.fine_density(parts)
    return Filled(total, local, fine)


def _next(tried: list[tuple[np.ndarray, np.ndarray]], metric: np.ndarray) -> np.ndarray:
    """Anderson's choice of the next fields after those that were tried, with their residuals."""
    fields, residual = tried[-1]
    if len(tried) == 1:
        return fields + 0.3 * residual
    steps, changes = (np.diff([pair[i] for pair in tried], axis=0) for i in (0, 1))
    slope = np.linalg.lstsq((changes * metric).T, metric * residual, rcond=1e-12)[0]
    return fields + 0.3 * residual - slope @ (steps + 0.3 * changes)


def coulomb_potential(density: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Coulomb potential (MeV) at ``r`` (fm) of a density of protons on the fine mesh: of the charge within, and of that beyond."""
    mesh, rho = np.append(0.0, R_FINE), np.append(0.0, density)  # multiplied by r, so that the first does not matter
    within, beyond = (cumulative_simpson(4 * np.pi * mesh**power * rho, x=mesh, initial=0.0) for power in (2, 1))
    potential = CubicSpline(R_FINE, within[1:] / R_FINE + beyond[-1] - beyond[1:])
    return FINE_STRUCTURE * HBARC_MEV_FM * np.where(r < R_FINE[-1], potential(r), within[-1] / r)


def load_oscillator_basis(path: Path = PATH) -> pd.DataFrame:
    """The table of all functionals, nuclei and numbers of shells.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged.
    """
    columns = "functional", "Z", "N", "shells", *InBasis._fields, "code_version"
    return store.read_table(path, "run `python -m studies.oscillator_basis`", columns, dtype={"code_version": str})


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m studies.oscillator_basis", description=__doc__).parse_args(arguments)
    version = code_version()
    cases = [(f, Z, N, shells) for f in FUNCTIONALS.values() for Z, N in CLOSED_SHELLS for shells in SHELLS]
    rows = [
        {"functional": functional.name, "Z": Z, "N": N, "shells": shells}
        | solve_in_basis(Z, N, functional, shells)._asdict()
        | {"code_version": version}
        for functional, Z, N, shells in tqdm(cases, unit="nucleus", disable=None)
    ]
    text = _HEAD + pd.DataFrame(rows).to_csv(index=False, float_format="%.6f")
    atomic_write(PATH, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
