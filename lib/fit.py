r"""Fit the couplings of a functional to energies and charge radii that the solver finds with it, self-consistently.

What is fitted are relative changes x of the couplings, :math:`c=c_0(1+x)`, and with pairing of the two pairing strengths.  A step
linearises what the solver finds.  Without pairing the energy is stationary at the self-consistent state, and its derivative is an
integral over the densities there is (:func:`energy_gradient`, the theorem of Hellmann and Feynman).  With pairing it is not: the
orbitals make the mean-field energy stationary, not the pairing energy; there, and for radii, derivatives are finite differences.

Some combinations of couplings move the energies a million times as much as others.  So the parameters of the fit are
coordinates in which each unit changes the residuals by about one, :math:`x=Wz`, with W from the integrals (:func:`whitening`):
there finite differences and damped steps are as good in weak directions as in strong ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lib.learning.levenberg_marquardt import LevenbergMarquardt, Linear
from lib.rmf.functionals import Functional
from lib.rmf.iteration import NoConvergenceError, Solution, iterate
from lib.rmf.lowest import ground_state, is_physical, new_fillings, settle
from lib.rmf.mesh import Mesh, get_mesh
from lib.rmf.observables import center_of_mass_energy, radii
from lib.rmf.occupation import UnboundNucleusError
from lib.rmf.pairing import pairing_energy

STRENGTHS = ("pairing_strength_n", "pairing_strength_p")
_STEP = 1e-3  # relative, of a coupling at fixed densities: the energy density is nearly linear in it
DIFFERENCE = 0.3
"""Step of finite differences, in whitened coordinates: what is fitted changes by so many of its errors, all in all."""
ENOUGH = 1e-3
"""A step that lowers the sum of squares by less than this share of it is the last, or calls for new derivatives."""
PAIRED_TOLERANCE_MEV = 1e-4
"""rms change of the potentials below which a paired state is taken: energies are then good to some 1e-5 MeV."""


@dataclass(frozen=True)
class Design:
    """What is fitted, how far it may go, and how well it is to agree."""

    pairing: bool = True
    """BCS, with both pairing strengths fitted, and the energies with pairing and centre-of-mass correction; else E_CDFT alone"""
    energy_error: float = 1.3
    """of each energy, MeV: what a mean field is expected to miss by"""
    radius_error: float = 0.02
    """of each charge radius, fm"""
    prior: float = 1.0
    """standard deviation of the relative change of a coupling before any data; infinite for none"""
    pairing_prior: float = 0.05
    """the same of the pairing strengths"""
    steps: int = 20
    """of Levenberg and Marquardt at most"""
    renewals: int = 1
    """how often differences are taken anew where steps no longer gain"""


def energy_gradient(solution, names) -> np.ndarray:
    """dE / d ln c of couplings of these names, MeV, (names,), by the theorem of Hellmann and Feynman.

    Exact without pairing.  With pairing the energy, with the pairing energy, is not stationary in the orbitals: good enough to find
    coordinates with, not for a gradient.  ``solution`` is a :class:`lib.rmf.iteration.Solution`.
    """
    functional, mesh = solution.functional, solution.mesh

    def interaction(name, factor):
        changed = {name: getattr(functional, name) * factor}
        other = replace(functional, **changed)
        fields = solution.densities.arguments
        return other.interaction_energy_density(*fields)

    gradient = []
    for name in names:
        if name in STRENGTHS:
            q = name[-1]
            own = pairing_energy({q: solution.levels[q]})
            gradient.append(own)
            continue
        ends = (interaction(name, 1 + s * _STEP) for s in (1, -1))
        slope = np.subtract(*ends) / (2 * _STEP)
        gradient.append(float(mesh.integral(slope)))
    return np.array(gradient)


def fitted_names(functional: Functional, pairing: bool) -> tuple[str, ...]:
    """Names of the couplings of a functional that are fitted: those that are not zero, and with ``pairing`` its strengths.

    Raises
    ------
    ValueError
        for a functional without named couplings.
    """
    names = getattr(functional, "couplings", ())
    if not names:
        raise ValueError(
            f"{functional.name} has no named couplings to be fitted: start from a published functional, such as PC-PK1"
        )
    return tuple(name for name in names if getattr(functional, name) != 0) + (STRENGTHS if pairing else ())


def near(solution: Solution, functional: Functional) -> Solution:
    """The self-consistent state of the same nucleus with a functional that is much the same.

    With pairing, a gap that has closed is opened anew, and an iteration that fails is repeated from Woods-Saxon wells.

    Raises
    ------
    NoConvergenceError
        if the iteration does not converge.
    UnboundNucleusError
        if the potential has no room for the nucleons.
    """
    Z, N, mesh = solution.Z, solution.N, solution.mesh
    if solution.paired:
        fillings = new_fillings(Z, N, functional, mesh, paired=True, warm=True)
        try:
            found = iterate(Z, N, functional, mesh, fillings, solution.state, tolerance=PAIRED_TOLERANCE_MEV)
        except (ValueError, UnboundNucleusError):  # on the way the pairing window had no room
            found = None
        if found is None or not is_physical(found):
            found = settle(Z, N, functional, mesh, True, patient=False).solution(functional, mesh)
        return found
    fillings = {q: filling.again() for q, filling in solution.fillings.items()}
    found = iterate(Z, N, functional, mesh, fillings, solution.state)
    if not is_physical(found):
        raise NoConvergenceError(
            f"Z = {Z}, N = {N} with {functional.name}: residual {found.residual:.1e} MeV; leave the nucleus out",
            found.bound,
        )
    return found


def first_solutions(
    nuclei: Sequence[tuple[int, int]], functional: Functional, mesh: Mesh | None = None
) -> list[Solution]:
    """Paired states of these (Z, N) from Woods-Saxon wells.

    Raises
    ------
    NoConvergenceError, UnboundNucleusError
        naming the nucleus.
    """
    mesh = mesh or get_mesh()
    return [settle(Z, N, functional, mesh, True).solution(functional, mesh) for Z, N in nuclei]


def searched(solution: Solution) -> Solution:
    """The lowest state that a search finds of the same nucleus, with the same functional; the one there is if it lies lower."""
    found = ground_state(solution.Z, solution.N, solution.functional, solution.mesh, solution.paired)
    return found if found.energy < solution.energy - 1e-5 else solution


def observed(solution: Solution) -> tuple[float, float]:
    """Energy (MeV) and charge radius (fm): with pairing the whole energy, centre-of-mass correction too, else E_CDFT."""
    energy = solution.sum_rule_energy
    if solution.paired:
        energy += solution.pairing_energy + center_of_mass_energy(solution)
    about = solution.functional, solution.levels, solution.densities, solution.state
    return energy, radii(solution.Z, solution.N, *about)["charge_radius"]


def whitening(jacobian: np.ndarray) -> np.ndarray:
    """W with x = W z, of which each z changes residuals by one, all in all; ``jacobian`` (residuals, parameters) is by x.

    Its columns are the singular directions, the strongest first, each over its singular value; no value counts as less than
    1e-9 of the largest.
    """
    singular = np.linalg.svd(jacobian, full_matrices=False)
    values, directions = singular.S, singular.Vh
    least = 1e-9 * values[0]
    return directions.T / np.maximum(values, least)


class CouplingFit:
    """The sum of squares of some data; a :class:`lib.learning.levenberg_marquardt.Problem`.

    Parameters
    ----------
    data
        ``Z``, ``N``, ``energy`` (MeV, negative) and ``radius`` (fm, charge), a row for each nucleus, NaN where nothing is known.
    solutions
        of these nuclei with the functional at which the fit begins, in the same order.
    design
        what is fitted, and the errors and priors.
    learnt
        (nuclei,) which of them count; all without it.  The others are solved along, and so predicted.
    centre
        the functional about which the prior is; that of the solutions without it.
    slopes
        (nuclei, 2, couplings) derivatives of energies (MeV) and radii (fm) by relative changes, at the solutions, if they are known
        from another fit of the same solutions.
    """

    def __init__(
        self,
        data: pd.DataFrame,
        solutions: Sequence[Solution],
        design: Design,
        learnt: np.ndarray | None = None,
        centre: Functional | None = None,
        slopes: np.ndarray | None = None,
    ):
        self.start = solutions[0].functional
        self.design, self.names = design, fitted_names(self.start, design.pairing)
        self.targets = data[["energy", "radius"]].to_numpy(dtype=float)
        weights = np.isfinite(self.targets) / np.array([design.energy_error, design.radius_error])
        self.weights = weights if learnt is None else weights * np.asarray(learnt, dtype=bool)[:, None]
        own, middle = self.values(self.start), self.values(centre or self.start)
        self.middle = middle / own - 1
        wide = [design.pairing_prior if name in STRENGTHS else design.prior for name in self.names]
        # a relative change is one of the centre's coupling
        self.prior = np.diag(own / np.abs(middle) / np.array(wide))
        self.solutions, self.at = list(solutions), np.zeros(len(self.names))
        gradients = np.array([energy_gradient(each, self.names) for each in solutions])
        self.map = whitening(np.concatenate([gradients * self.weights[:, :1], self.prior]))
        self.theta = torch.zeros(len(self.names), dtype=torch.float64)
        self._trial = (self.at, self.solutions)
        self.by_integrals = not design.pairing and not self.weights[:, 1].any()
        self._responses = None if slopes is None else slopes @ self.map

    def values(self, functional: Functional) -> np.ndarray:
        """The fitted couplings of a functional, in its units."""
        return np.array([getattr(functional, name) for name in self.names])

    def functional(self, theta: Tensor | None = None, name: str = "fitted") -> Functional:
        """The functional of these parameters, or of those at which the problem stands."""
        x = self.map @ (self.theta if theta is None else theta).numpy()
        values = self.values(self.start) * (1 + x)
        return replace(self.start, name=name, reference="", **dict(zip(self.names, values.tolist(), strict=True)))

    def stand(self) -> list[Solution]:
        """The solutions at theta; from now on others are found from them."""
        theta = self.theta.numpy()
        if not np.array_equal(theta, self.at):
            if not np.array_equal(theta, self._trial[0]):
                self._trial = theta.copy(), self.solved(self.theta)
            before, was = self.solutions, self.at
            self.at, self.solutions = self._trial
            if self._responses is not None:
                self._update(before, self.at - was)
        return self.solutions

    def _update(self, before: list[Solution], step: np.ndarray) -> None:
        """The least change of the derivatives by which they agree with the last step (C. G. Broyden, Math. Comp. 19, 577 (1965))."""
        change = np.array([observed(each) for each in self.solutions]) - np.array([observed(each) for each in before])
        self._responses = self._responses + ((change - self._responses @ step)[:, :, None] * step) / (step @ step)

    def solved(self, theta: Tensor) -> list[Solution]:
        """All nuclei with other parameters."""
        functional = self.functional(theta)
        return [near(each, functional) for each in self.solutions]

    def residual(self, solutions: Sequence[Solution], theta: np.ndarray) -> np.ndarray:
        """What is fitted less the data, energies then radii, and the prior, all over their errors."""
        found = np.array([observed(each) for each in solutions])
        off = np.where(self.weights > 0, found - np.nan_to_num(self.targets), 0.0) * self.weights
        return np.concatenate([off.T.ravel(), self._prior_residual(theta)])

    def _prior_residual(self, theta: np.ndarray) -> np.ndarray:
        return self.prior @ (self.map @ theta - self.middle)

    def responses(self, anew: bool = False) -> np.ndarray:
        """Derivatives of energy (MeV) and charge radius (fm) by z, (nuclei, 2, parameters), at theta.

        Without pairing and without radii by :func:`energy_gradient`; those of the radii are then zero.  Else they are differences,
        taken once, or ``anew``, and follow each step in between.
        """
        solutions = self.stand()
        if self.by_integrals:
            factor = self.values(self.start) / self.values(self.functional())
            energy = np.array([energy_gradient(each, self.names) for each in solutions]) * factor
            return np.stack([energy @ self.map, np.zeros_like(energy)], axis=1)
        if anew or self._responses is None:
            self._responses = self._differences()
        return self._responses

    def _differences(self) -> np.ndarray:
        here = np.array([observed(each) for each in self.solutions])
        columns = [self._difference(k, here) for k in range(len(self.names))]
        return np.stack(columns, axis=2)

    def _difference(self, k: int, here: np.ndarray) -> np.ndarray:
        """The derivative by one parameter; where a gap is about to close an iteration may fail, and another step is tried."""
        for step in (DIFFERENCE, -DIFFERENCE, DIFFERENCE / 3, -DIFFERENCE / 3):
            moved = self.theta.clone()
            moved[k] += step
            try:
                there = np.array([observed(each) for each in self.solved(moved)])
            except (NoConvergenceError, UnboundNucleusError) as error:
                failure = error
                continue
            return (there - here) / step
        raise failure

    @property
    def slopes(self) -> np.ndarray:
        """Derivatives by relative changes of the couplings at which the fit began, as the fit of other data may take them."""
        return self.responses() @ np.linalg.inv(self.map)

    def linearise(self) -> Linear:
        """The residuals around theta, with all their derivatives."""
        residual = self.residual(self.stand(), self.theta.numpy())
        derivative = self.responses() * self.weights[:, :, None]
        rows = np.concatenate([derivative[:, 0], derivative[:, 1], self.prior @ self.map])
        return Linear(*map(torch.from_numpy, (rows, rows.T @ residual, residual)))

    def cost(self, theta: Tensor) -> float:
        """The sum of squares at any parameters; infinite where a nucleus has no solution."""
        if np.array_equal(theta.numpy(), self.at):
            return float(np.sum(self.residual(self.solutions, self.at) ** 2))
        try:
            self._trial = theta.numpy().copy(), self.solved(theta)
        except (NoConvergenceError, UnboundNucleusError):
            return np.inf
        residual = self.residual(self._trial[1], self._trial[0])
        return float(residual @ residual)

    def search(self) -> int:
        """Look for lower states of all nuclei at theta: of how many one was found."""
        before = self.stand()
        self.solutions = [searched(each) for each in before]
        return sum(new is not old for new, old in zip(self.solutions, before, strict=True))


class Fitted(NamedTuple):
    """A functional that was fitted, and what is known of it."""

    functional: Functional
    cost: float
    """the sum of squares, prior included"""
    steps: int
    """that were taken"""
    covariance: pd.DataFrame
    """of the relative errors of the couplings, by their names: the inverse of J^T J"""
    nuclei: pd.DataFrame
    """``Z``, ``N``, ``energy``, ``radius`` as found, and ``energy_error``, ``radius_error`` that the couplings leave (MeV, fm)"""


def descend(problem: CouplingFit, after: Callable[[], None] = lambda: None) -> int:
    """Steps until they gain nothing, or as many as the design allows: how many were taken; ``after`` each something is done."""
    optimiser, steps, renewals = LevenbergMarquardt(problem, 0.0), 0, 0
    cost = problem.cost(problem.theta)
    while steps < problem.design.steps:
        if optimiser.step():
            steps += 1
            problem.stand()
            after()
        before, cost = cost, problem.cost(problem.theta)
        if before - cost < ENOUGH * before:
            if problem.by_integrals or renewals == problem.design.renewals:
                break
            problem.responses(anew=True)
            renewals += 1
    return steps


def posterior(problem: CouplingFit, steps: int = 0, name: str = "fitted") -> Fitted:
    """What the fit says where it stands: couplings with their errors, every nucleus with what these make of it."""
    solutions = problem.stand()
    responses = problem.responses()
    weighted = responses * problem.weights[:, :, None]
    rows = np.concatenate([weighted[:, 0], weighted[:, 1], problem.prior @ problem.map])
    inverse = np.linalg.pinv(rows.T @ rows)
    factor = problem.values(problem.start) / problem.values(problem.functional())
    shape = factor[:, None] * problem.map
    covariance = pd.DataFrame(shape @ inverse @ shape.T, problem.names, problem.names)
    spread = np.sqrt(np.einsum("nik,kl,nil->ni", responses, inverse, responses))
    found = np.array([observed(each) for each in solutions])
    columns = {"Z": [each.Z for each in solutions], "N": [each.N for each in solutions]}
    columns |= {"energy": found[:, 0], "radius": found[:, 1]}
    columns |= {"energy_error": spread[:, 0], "radius_error": spread[:, 1]}
    cost = problem.cost(problem.theta)
    return Fitted(problem.functional(name=name), cost, steps, covariance, pd.DataFrame(columns))
