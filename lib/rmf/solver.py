"""The spherical relativistic mean-field solver: one even-even nucleus, self-consistently.

    ground = solve(50, 82, functional="PC-PK1")

iterates Dirac equation -> occupations -> densities -> potentials to a fixed point (Anderson mixing) and returns an
``xarray.Dataset`` with the names of the book's data dictionary: densities, Laplacians and the three parts of the
energy density on the networks' mesh r_i = 0.1 i fm, energies and radii, single-particle levels.

Without pairing a partly filled level is filled evenly over its magnetic substates.  Where two levels cross at the
Fermi energy and neither order of filling is self-consistent, the lowest state has both levels degenerate and shares
the particles between them; the share is then one more unknown of the fixed point.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from lib.rmf.functionals import Functional, get_functional
from lib.rmf.lowest import SOLVE_TRIALS, ground_state
from lib.rmf.mesh import get_mesh
from lib.rmf.observables import to_dataset
from lib.rmf.occupation import UnboundNucleusError

DEFAULT_BOX_FM = 20.0
DEFAULT_STEP_FM = 0.1


def check_number(name: str, number: int) -> None:
    """Refuse a proton or neutron number that is no even positive integer of a nucleus the solver is made for.

    Raises
    ------
    ValueError
        naming the number, by ``name``, and the remedy.
    """
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
        raise ValueError(f"{name} = {number!r} is not an integer: give an even number of nucleons, 2 to 300")
    if number < 2 or number > 300:
        raise ValueError(f"{name} = {number} is out of range: take an even number from 2 to 300")
    if number % 2:
        raise ValueError(
            f"{name} = {number} is odd: only even-even nuclei are spherical and time-even here; try {number - 1} or {number + 1}"
        )


def solve(
    Z: int,
    N: int,
    functional: str | Functional = "PC-PK1",
    pairing: bool = False,
    box: float = DEFAULT_BOX_FM,
    step: float = DEFAULT_STEP_FM,
) -> xr.Dataset:
    """The ground state of one spherical even-even nucleus.

    Parameters
    ----------
    Z, N
        even numbers of protons and neutrons.
    functional
        ``"PC-PK1"``, ``"PC-F1"``, or a :class:`lib.rmf.functionals.Functional`.
    pairing
        BCS with the zero-range force of the functional; without it partly filled levels are filled evenly.
    box
        radius of the box in fm, 15 to 40.
    step
        of the solver's mesh in fm: 0.1, 0.05, 0.025 or 0.02.

    Returns
    -------
    xr.Dataset
        with dims ``r`` (151 points, fm) and ``level``; every variable carries ``units`` and
        ``long_name`` (:data:`lib.rmf.observables.VARIABLES`).  Energies are integrals over the whole box.

    Raises
    ------
    ValueError
        for odd, negative or huge Z or N, an unknown functional, a box or step out of range.
    UnboundNucleusError
        if the last nucleon is not bound.
    NoConvergenceError
        if the iteration does not converge.
    """
    check_number("Z", Z)
    check_number("N", N)
    chosen = get_functional(functional)
    if not isinstance(pairing, (bool, np.bool_)):
        raise ValueError(f"pairing = {pairing!r} is neither True nor False")
    mesh = get_mesh(box, step)
    solution = ground_state(int(Z), int(N), chosen, mesh, bool(pairing), trials=SOLVE_TRIALS)
    if not solution.bound:
        energies = ", ".join(f"{level.fermi_energy:+.3f} MeV ({q})" for q, level in solution.levels.items())
        raise UnboundNucleusError(
            f"Z = {Z}, N = {N} is not bound by {chosen.name}: Fermi energies {energies}; take a nucleus nearer stability"
        )
    return to_dataset(solution)
