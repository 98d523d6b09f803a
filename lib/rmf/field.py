"""The mean field of a nucleus: densities and potentials out of levels, a first guess, and the energy by the sum rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.rmf import dirac
from lib.rmf.dirac import PARTICLES, Levels
from lib.rmf.functionals import Functional
from lib.rmf.mesh import Mesh


@dataclass
class State:
    """A self-consistent field: what a neighbouring nucleus starts from.

    ``potentials`` (3, r) are S, V_n, V_p in MeV, Coulomb included in V_p; ``pairing_field`` (2, r) in MeV;
    ``guesses`` the level energies per species by sign of kappa, ``|kappa|`` and nodes.
    """

    potentials: np.ndarray
    pairing_field: np.ndarray
    guesses: list[np.ndarray]
    fermi_energy: list[float]


def woods_saxon_start(Z: int, N: int, mesh: Mesh) -> State:
    """A first guess: Woods-Saxon wells V + S and V - S (W. Koepf and P. Ring, Z. Phys. A 339, 81 (1991))."""
    A = Z + N
    asymmetry = (N - Z) / A
    radius, diffuseness = 1.233 * A ** (1 / 3), 0.615
    shape = 1 / (1 + np.exp((mesh.r - radius) / diffuseness))
    # V + S = -71.28 MeV (1 -+ 0.4616 asymmetry), V - S = -11.12 (V + S); S is common to both species
    scalar = -71.28 * (1 + 11.12) / 2 * shape
    vectors = [-71.28 * (1 - sign * 0.4616 * asymmetry) * shape - scalar for sign in (+1, -1)]
    coulomb = mesh.coulomb @ (Z * shape / (mesh.volume @ shape))
    shape_of_guess = (2, dirac.MAX_KAPPA + 1, dirac.MAX_NODES)
    return State(
        np.stack([scalar, vectors[0], vectors[1] + coulomb]),
        np.stack([shape, shape]) * 2.0,
        [np.full(shape_of_guess, np.nan) for _ in PARTICLES],
        [-8.0, -8.0],
    )


class Densities:
    """Densities on the solver's mesh (fm^-3), their Laplacians (fm^-5), and the potentials they make."""

    def __init__(self, mesh: Mesh, functional: Functional, levels: dict[str, Levels]):
        self.mesh = mesh
        surface = np.zeros_like(mesh.r)
        surface[1:] = 1 / (4 * np.pi * mesh.r[1:] ** 2)
        scalar = np.zeros_like(mesh.r)
        vector = {}
        for q in PARTICLES:
            weight = levels[q].degeneracy * levels[q].occupation
            upper = weight @ levels[q].G ** 2 * surface
            lower = weight @ levels[q].F ** 2 * surface
            upper[0] = mesh.at_origin @ upper
            lower[0] = mesh.at_origin @ lower
            scalar += upper - lower
            vector[q] = upper + lower
        self.neutron, self.proton = vector["n"], vector["p"]
        self.scalar, self.vector, self.isovector = (
            scalar,
            vector["n"] + vector["p"],
            vector["n"] - vector["p"],
        )
        all_densities = np.stack([self.scalar, self.vector, self.isovector])
        self.laplacians = all_densities @ mesh.laplacian.T
        self.arguments = (*all_densities, *self.laplacians)
        self.coulomb = mesh.coulomb @ self.proton
        nuclear = functional.potentials(*self.arguments)
        self.potentials = np.stack([nuclear.scalar, nuclear.neutron_vector, nuclear.proton_vector + self.coulomb])


def _sum_rule_energy(
    functional: Functional, potentials: np.ndarray, levels: dict[str, Levels], densities: Densities
) -> float:
    mesh = densities.mesh
    scalar, neutron_vector, proton_vector = potentials
    single = sum(float((level.degeneracy * level.occupation) @ level.energy) for level in levels.values())
    counted = mesh.volume @ (
        scalar * densities.scalar + neutron_vector * densities.neutron + proton_vector * densities.proton
    )
    interaction = mesh.volume @ functional.interaction_energy_density(*densities.arguments)
    return float(single - counted + interaction + 0.5 * mesh.volume @ (densities.coulomb * densities.proton))
