"""How far a solution is from one on a finer mesh that ends further out.

The energy as a functional of the field is stationary at the self-consistent one: a field that is off by a little gives an
energy that is off by the square of it.  So one step on the finer mesh, in the field as it is, gives the energy that the whole
iteration would give there, and the difference is the error that mesh and box make.  :func:`solved_again` makes the whole
iteration there, to check that, and to see what a wall or another mesh does to a known state.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from lib.rmf.catalogue import get_functional
from lib.rmf.dirac import PARTICLES
from lib.rmf.field import State
from lib.rmf.functionals import Functional
from lib.rmf.iteration import MIXING, NoConvergenceError, Solution, iterate, scf_step
from lib.rmf.lowest import is_physical, new_fillings
from lib.rmf.mesh import Mesh, get_mesh
from lib.rmf.observables import levels, radii
from lib.rmf.occupation import TOLERANCE_MEV, EvenFilling, Share

REFERENCE_BOX_FM = 32.0
REFERENCE_STEP_FM = 0.1


class Accuracy(NamedTuple):
    """Numerical errors of one solution; the functional's own error is another matter."""

    energy: float
    """of E_CDFT, with pairing of its sum with the pairing energy, which alone is stationary, MeV"""
    radius: float
    """the largest of the rms radii, fm"""


def numerical_error(solution: Solution) -> Accuracy:
    """The change of energy and radii on the reference mesh, in absolute value."""
    nucleus = solution.Z, solution.N, solution.functional
    own = solution.levels, solution.densities, solution.state
    reference = get_mesh(REFERENCE_BOX_FM, REFERENCE_STEP_FM)
    state = on_other_mesh(solution.state, solution.mesh, reference)
    fillings = {q: each.again() for q, each in solution.fillings.items()}
    if solution.paired:  # gaps are integrals on a mesh
        fillings = new_fillings(*nucleus, reference, paired=True, warm=True)
    step = scf_step(state, solution.functional, reference, fillings)
    before = radii(*nucleus, *own)
    after = radii(*nucleus, step.levels, step.densities, state)
    return Accuracy(
        abs(step.energy - solution.energy),
        max(abs(after[name] - before[name]) for name in before),
    )


def on_other_mesh(state: State, mesh: Mesh, other: Mesh) -> State:
    """The field on another mesh; beyond its own there are no nuclear potentials, and that of Coulomb falls like 1/r."""
    inside = other.r <= mesh.box
    matrix = mesh.interpolation(other)
    rows = np.concatenate([state.potentials, state.pairing_field]) @ matrix.T
    rows[:, ~inside] = 0.0
    rows[2, ~inside] = state.potentials[2, -1] * mesh.box / other.r[~inside]
    return replace(state, potentials=rows[:3], pairing_field=rows[3:])


def solved_again(
    nucleus: xr.Dataset, mesh: Mesh, functional: Functional | None = None, tolerance: float = TOLERANCE_MEV
) -> Solution:
    """A known state without pairing, from the beginning, on a mesh of one's choice.

    Particles start in the levels in which they are known to be, or shared between two of them as they are; where that is
    not self-consistent on this mesh they move.

    Parameters
    ----------
    nucleus
        of :func:`lib.rmf.solver.solve`, or a row of a chart.
    functional
        if it is not one of the book's.
    tolerance
        rms change of the potentials, MeV, below which they reproduce themselves.

    Raises
    ------
    ValueError
        for a nucleus with pairing.
    NoConvergenceError
        if the iteration does not converge.
    """
    if nucleus.pairing:
        raise ValueError("a nucleus with pairing has no order of levels to start from: take one without")
    chosen = functional or get_functional(nucleus.functional)
    Z, N = int(nucleus.Z), int(nucleus.N)
    for mixing in (MIXING, 0.15, 0.05):  # the first may lead into the collapse channel
        solution = iterate(Z, N, chosen, mesh, known_fillings(nucleus), mixing=mixing, tolerance=tolerance)
        if is_physical(solution):
            return solution
    raise NoConvergenceError(
        f"Z = {Z}, N = {N} with {chosen.name}: residual {solution.residual:.1e} MeV; change the box or the step",
        solution.bound,
    )


def known_fillings(nucleus: xr.Dataset) -> dict[str, EvenFilling]:
    """The fillings of both species that a nucleus of :func:`lib.rmf.solver.solve` or of a chart tells of."""
    table = levels(nucleus)
    found = {}
    for q, number in zip(PARTICLES, (int(nucleus.N), int(nucleus.Z)), strict=True):
        own = table[(table.particle == q) & (table.occupation > 0)]
        held = {(kappa, n): v2 * 2 * abs(kappa) for kappa, n, v2 in zip(own.kappa, own.n, own.occupation, strict=True)}
        partly = [label for label, particles in held.items() if particles < 2 * abs(label[0])]
        share = None
        if len(partly) == 2:
            share = Share(*partly, sum(held[label] for label in partly), held[partly[1]])
        found[q] = EvenFilling(number, held, share)
    return found
