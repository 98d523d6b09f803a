"""The spherical relativistic mean-field solver: one even-even nucleus, self-consistently.

    ground = solve(50, 82, functional="PC-PK1")

iterates Dirac equation -> occupations -> densities -> potentials to a fixed point (Anderson mixing) and returns an
``xarray.Dataset`` with the names of the book's data dictionary: densities, Laplacians and the three parts of the
energy density on the networks' mesh r_i = 0.1 i fm, energies and radii, single-particle levels.

Without pairing a partly filled level is filled evenly over its magnetic substates.  Where two levels cross at the
Fermi energy and neither order of filling is self-consistent, the lowest state has both levels degenerate and shares
the particles between them; the share is then one more unknown of the fixed point.  Of several self-consistent states the
lowest is looked for (:mod:`lib.rmf.lowest`).
"""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

from lib.checks import check_flag
from lib.rmf.accuracy import numerical_error
from lib.rmf.catalogue import get_functional
from lib.rmf.functionals import Functional
from lib.rmf.iteration import Solution
from lib.rmf.lowest import ground_state
from lib.rmf.mesh import DEFAULT_BOX_FM, DEFAULT_STEP_FM, NETWORK_MESH, get_mesh
from lib.rmf.neural import untested
from lib.rmf.observables import COORDINATES, VARIABLES, observables
from lib.rmf.occupation import UnboundNucleusError
from lib.store import labelled


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
    uniform: bool = False,
    wall: bool = False,
) -> xr.Dataset:
    """The ground state of one spherical even-even nucleus.

    Parameters
    ----------
    Z, N
        even numbers of protons and neutrons.
    functional
        the name of one, the file of a learned one, or a :class:`lib.rmf.functionals.Functional`.
    pairing
        BCS with the zero-range force of the functional; without it partly filled levels are filled evenly.
    box
        where the mesh ends, in fm, 15 to 60.
    step
        of the solver's mesh at the origin, in fm, 0.02 to 0.25.
    uniform
        a mesh whose points are equidistant; without it they lie wider apart in the tail of the nucleus.
    wall
        wave functions vanish at the end of the mesh; without it they decay beyond it as they do where there is no force.

    Returns
    -------
    xr.Dataset
        with dims ``r`` (151 points, fm) and ``level``; every variable carries ``units`` and
        ``long_name`` (:data:`lib.rmf.observables.VARIABLES`).  Energies and radii are of the whole nucleus, as far as it
        reaches; profiles are given on the networks' mesh to 15 fm.

    Raises
    ------
    ValueError
        for odd, negative or huge Z or N, an unknown functional, a box or step out of range.
    UnboundNucleusError
        if the last nucleon is not bound.
    NoConvergenceError
        if the iteration does not converge.

    Warns
    -----
    UserWarning
        if the densities leave those on which a learned functional was tested.
    """
    check_number("Z", Z)
    check_number("N", N)
    chosen = get_functional(functional)
    check_flag("pairing", pairing)
    mesh = get_mesh(box, step, uniform, wall)
    solution = ground_state(int(Z), int(N), chosen, mesh, bool(pairing))
    if not solution.bound:
        energies = ", ".join(f"{level.fermi_energy:+.3f} MeV ({q})" for q, level in solution.levels.items())
        raise UnboundNucleusError(
            f"Z = {Z}, N = {N} is not bound by {chosen.name}: Fermi energies {energies}; take a nucleus nearer stability"
        )
    if beyond := untested(chosen, *solution.densities.arguments[:3]):
        warnings.warn(f"Z = {Z}, N = {N}: {beyond}", stacklevel=2)
    return to_dataset(solution)


def record(solution: Solution) -> dict[str, np.ndarray | float]:
    """Every variable of :data:`lib.rmf.observables.VARIABLES`."""
    error = numerical_error(solution)
    return observables(solution) | {"energy_uncertainty": error.energy, "radius_uncertainty": error.radius}


def to_dataset(solution: Solution) -> xr.Dataset:
    """The data set of one nucleus, with dims ``r`` and ``level``, units and provenance."""
    return labelled(
        record(solution) | {"r": NETWORK_MESH, "Z": solution.Z, "N": solution.N},
        VARIABLES | COORDINATES,
        coords=COORDINATES,
        attrs={
            "functional": solution.functional.name,
            "nucleon_mass": solution.functional.nucleon_mass,
            "pairing": int(solution.paired),
            "box": solution.mesh.box,
            "step": solution.mesh.step,
            "wall": int(solution.mesh.wall),
            "wall_time_seconds": solution.wall_time,
        },
    )
