"""How far a solution is from one on a finer mesh that ends further out.

The energy as a functional of the field is stationary at the self-consistent one: a field that is off by a little gives an
energy that is off by the square of it.  So one step on the finer mesh, in the field as it is, gives the energy that the whole
iteration would give there, and the difference is the error that mesh and box make.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lib.rmf.field import State
from lib.rmf.iteration import Solution, scf_step
from lib.rmf.lowest import new_fillings
from lib.rmf.mesh import Mesh, get_mesh
from lib.rmf.observables import radii

REFERENCE_BOX_FM = 32.0
REFERENCE_STEP_FM = 0.1


class Accuracy(NamedTuple):
    """Numerical errors of one solution; the functional's own error is another matter."""

    energy: float
    """MeV"""
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
