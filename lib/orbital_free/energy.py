"""The rest of the energy: what a covariant functional and Coulomb's law make of the densities, without orbitals as they stand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lib.rmf.functionals import Functional
from lib.rmf.mesh import network_mesh


class Rest(NamedTuple):
    """What beside the kinetic energy the densities have, MeV."""

    interaction: float
    """E_int"""
    coulomb: float
    """E_em"""


def rest(functional: Functional, neutron: np.ndarray, proton: np.ndarray, scalar: np.ndarray) -> Rest:
    """Of densities (r,) on the networks' mesh, fm^-3: of neutrons, of protons, and the scalar one of both."""
    mesh = network_mesh()
    fields = np.array([scalar, neutron + proton, neutron - proton])
    interaction = functional.interaction_energy_density(*fields, *(fields @ mesh.laplacian.T))
    return Rest(float(mesh.integral(interaction)), float(mesh.integral(proton * (mesh.coulomb @ proton)) / 2))
