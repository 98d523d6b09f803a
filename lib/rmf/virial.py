r"""What is known exactly of a self-consistent energy: its kinetic part follows from the potentials, by the virial theorem.

For an eigenstate of the radial Dirac equation in potentials S and V, inside a sphere of radius R,

.. math::

    \int_0^R \psi^\dagger\,\boldsymbol\alpha\cdot\boldsymbol p\,\psi
    = \int_0^R \big(\rho_S\,r\,\partial_r S+\rho_V\,r\,\partial_r V\big) + R\,w(R),

.. math::

    w = (\varepsilon+2M-V+S)F^2+(\varepsilon-V-S)G^2-2\kappa\,\hbar c\,\frac{GF}{r} .

In the potentials that the densities make themselves, the integral is minus the derivative of the energy of interaction when
all densities are scaled, rho(r) to lambda^3 rho(lambda r): each of its terms counts by its powers, and that of Coulomb
cancels the Coulomb energy.  So the energy of a solution is an integral over a local function of densities and Laplacians, with
what is left at the end of the mesh.  It holds on solutions alone: it is no functional to be varied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from lib.rmf.catalogue import get_functional
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.functionals import Functional
from lib.rmf.iteration import Solution
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM, network_mesh

CHANNELS = ("scalar", "vector", "isovector")
_STEP = 1e-20  # of a complex step, which knows no rounding


def scaling_derivative(functional, densities, laplacians):
    """d E_int / d lambda at lambda = 1, of densities scaled to lambda^3 rho(lambda r), MeV fm^-3.

    Three ``densities`` S, V, TV (fm^-3) and their ``laplacians``
    (fm^-5), arrays of one shape; the result has that shape.
    """
    scale = 1 + 1j * _STEP
    energy_density = functional.interaction_energy_density(
        *(scale**3 * density for density in densities),
        *(scale**5 * laplacian for laplacian in laplacians),
    )
    return (energy_density / scale**3).imag / _STEP


def on_shell_energy_density(functional, densities, laplacians):
    """What integrates to E_CDFT at self-consistency, MeV fm^-3.

    Arguments as of :func:`scaling_derivative`.
    """
    scalar, vector, _ = densities
    interaction = functional.interaction_energy_density(*densities, *laplacians)
    kinetic = -scaling_derivative(functional, densities, laplacians)
    rest_mass = functional.nucleon_mass * (scalar - vector)
    return kinetic + rest_mass + interaction


def on_shell_derivative(functional, densities, laplacians) -> np.ndarray:
    """Functional derivatives of the integral of :func:`on_shell_energy_density`, MeV, (channel, r), on the networks' mesh.

    What the formula would have for a functional derivative if it were a functional.
    """
    fields, laplacian = [*densities, *laplacians], network_mesh().laplacian
    # by differences: the complex step is taken by the scaling already
    slopes, step = [], 1e-5  # fm^-3, fm^-5
    for place, field in enumerate(fields):
        ends = []
        for sign in (1, -1):
            moved = [*fields]
            moved[place] = field + sign * step
            ends.append(on_shell_energy_density(functional, moved[:3], moved[3:]))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    return np.array([slopes[k] + laplacian @ slopes[k + 3] for k in range(3)])


class OnShell(NamedTuple):
    """The energy of a solution by its densities alone, MeV."""

    inside: float
    """integral of :func:`on_shell_energy_density` to the end of the mesh"""
    surface: float
    """what the wave functions have at the end, R w(R), summed over the nucleons"""
    outside: float
    """what they have beyond: norm times energy, as in the constant potential there; zero at a wall"""

    @property
    def energy(self) -> float:
        """All three."""
        return sum(self)


def on_shell_energy(solution: Solution) -> OnShell:
    """E_CDFT of a solution by the virial theorem; with pairing, too, since it holds for each level."""
    densities, mesh = solution.densities, solution.mesh
    fields = densities.arguments
    local = on_shell_energy_density(solution.functional, fields[:3], fields[3:])
    surface = outside = 0.0
    for q, levels in solution.levels.items():
        well, mass2 = solution.state.well(q), 2 * solution.functional.nucleon_mass
        nucleons = levels.nucleons
        free = levels.energy - well.end
        surface += mesh.box * float(nucleons @ virial_at_end(levels, well, mass2, mesh.box))
        outside += float(nucleons @ (levels.outside * free))
    return OnShell(float(mesh.integral(local)), surface, outside)


def virial_at_end(levels, well, mass2, radius):
    """w of each level at the last point, (levels,), MeV/fm.

    ``mass2`` twice the nucleon mass in MeV, ``radius`` in fm.
    """
    G, F = levels.G[:, -1], levels.F[:, -1]
    scalar, vector = well.scalar[-1], well.vector[-1]
    lower = (levels.energy + mass2 - vector + scalar) * F**2
    upper = (levels.energy - vector - scalar) * G**2
    mixed = 2 * levels.kappa * HBARC_MEV_FM * G * F / radius
    return lower + upper - mixed


def six_fields(chart: xr.Dataset) -> tuple[Sequence[np.ndarray], Sequence[np.ndarray]]:
    """Densities (fm^-3) and Laplacians (fm^-5) of the channels S, V, TV in a chart, (nucleus, r) each."""
    return tuple([chart[f"{channel}_{kind}"].values for channel in CHANNELS] for kind in ("density", "laplacian"))


def on_shell_energies(chart: xr.Dataset) -> np.ndarray:
    """(nucleus,) MeV: :func:`on_shell_energy_density` of a chart's six fields, summed over the mesh of the networks to 15 fm."""
    local = on_shell_energy_density(get_functional(chart.functional), *six_fields(chart))
    return SHELL_FM * local @ NETWORK_MESH**2


def first_order_energies(chart: xr.Dataset, other: Functional) -> np.ndarray:
    """(nucleus,) MeV: what another functional gives more than the chart's at the chart's densities, to 15 fm.

    To first order in the difference of the functionals this is the difference of the two energies: E is stationary.

    Raises
    ------
    ValueError
        if the nucleons of the two have another mass.
    """
    own = get_functional(chart.functional)
    if other.nucleon_mass != own.nucleon_mass:
        raise ValueError(
            f"nucleon_mass = {other.nucleon_mass} MeV of {other.name} is not that of {own.name}, {own.nucleon_mass}: "
            "take functionals whose nucleons have one mass"
        )
    densities, laplacians = six_fields(chart)
    here, there = (each.interaction_energy_density(*densities, *laplacians) for each in (own, other))
    return SHELL_FM * (there - here) @ NETWORK_MESH**2
