"""The mean field of a nucleus: what is iterated, a first guess of it, the densities that levels make, and the energy.

A :class:`State` holds everything that must reproduce itself, potentials and pairing field.  As one vector it is what the
mixer works on.  :class:`Densities` are summed from occupied levels and make
the potentials of the next state by the functional and Coulomb's law.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from lib.rmf.compiled import njit
from lib.rmf.dirac import PARTICLES, Guess, Levels, guess_of, no_guess
from lib.rmf.functionals import Functional
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import Well
from lib.rmf.pairing import COLLAPSED_GAP_MEV


@dataclass(frozen=True)
class State:
    """A mean field, self-consistent or on the way, and what is known of its levels."""

    potentials: np.ndarray
    """(3, r) – S, V_n, V_p in MeV, Coulomb included in V_p"""
    pairing_field: np.ndarray
    """(2, r) in MeV, in the order of PARTICLES; (0, r) without pairing"""
    guesses: dict[str, Guess]
    """where the levels of each species are presumed"""
    fermi_energies: dict[str, float]
    """MeV"""

    def well(self, particle: str) -> Well:
        """What one species feels."""
        i = PARTICLES.index(particle)
        gap = self.pairing_field[i] if len(self.pairing_field) else None
        guess, fermi_energy = self.guesses[particle], self.fermi_energies[particle]
        return Well(self.potentials[0], self.potentials[1 + i], gap, guess, fermi_energy)

    def pack(self) -> np.ndarray:
        """All that is iterated, as one vector."""
        return np.concatenate([self.potentials.ravel(), self.pairing_field.ravel()])

    def unpack(self, vector: np.ndarray) -> State:
        """The state of such a vector; what is known of the levels stays."""
        rows = vector.reshape(-1, self.potentials.shape[1])
        return State(rows[:3], rows[3:], self.guesses, self.fermi_energies)

    def knowing(self, levels: dict[str, Levels], energies: dict[str, np.ndarray]) -> State:
        """The same state, with energies (levels,) in MeV where these levels are presumed."""
        known = {q: guess_of(levels[q], energy, self.guesses[q]) for q, energy in energies.items()}
        return State(self.potentials, self.pairing_field, self.guesses | known, self.fermi_energies)

    def as_start(self, cold: State, paired: bool) -> State:
        """As a start for another nucleus, of which ``cold`` is the first guess.

        A gap that has closed would stay closed: for that species the first guess of the pairing field is taken.
        """
        gap = np.zeros_like(cold.pairing_field)
        gap[: len(self.pairing_field)] = self.pairing_field
        closed = gap.max(axis=1, keepdims=True) < COLLAPSED_GAP_MEV
        gap = np.where(closed, cold.pairing_field, gap) if paired else gap[:0]
        return replace(self, pairing_field=gap)


@lru_cache(maxsize=16)
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
    return State(
        np.stack([scalar, vectors[0], vectors[1] + coulomb]),
        np.stack([shape, shape]) * 2.0,
        {q: no_guess() for q in PARTICLES},
        dict.fromkeys(PARTICLES, -8.0),
    )


@njit(cache=True, fastmath=True)
def _profiles(neutrons, protons, inverse_area, at_origin, laplacian, coulomb):
    """Densities (5, r) – scalar, vector, isovector, of neutrons, of protons – Laplacians of the first three, Coulomb potential.

    Each species comes as the nucleons in its levels (levels,), G and F (levels, r); then the operators of the mesh.
    """
    densities, components = np.empty((5, len(inverse_area))), np.zeros((2, 2, len(inverse_area)))
    for component, (nucleons, G, F) in zip(components, (neutrons, protons)):  # noqa: B905 -- compiled
        for k in range(len(nucleons)):
            for i in range(len(inverse_area)):
                component[0, i] += nucleons[k] * G[k, i] ** 2
                component[1, i] += nucleons[k] * F[k, i] ** 2
    upper, lower = components[:, 0], components[:, 1]
    densities[3:] = upper + lower
    densities[0] = (upper - lower).sum(0)
    densities[1], densities[2] = densities[3] + densities[4], densities[3] - densities[4]
    densities *= inverse_area
    densities[:, 0] = densities @ at_origin
    return densities, densities[:3] @ laplacian.T, coulomb @ densities[4]


class Densities:
    """Densities on the solver's mesh (fm^-3), their Laplacians (fm^-5), and the potentials they make (MeV)."""

    def __init__(self, mesh: Mesh, functional: Functional, levels: dict[str, Levels]):
        self.mesh, self.functional = mesh, functional
        species = [(levels[q].nucleons, levels[q].G, levels[q].F) for q in PARTICLES]
        self.outside = {q: float(each[0] @ levels[q].outside) for q, each in zip(PARTICLES, species, strict=True)}
        operators = mesh.inverse_area, mesh.at_origin, mesh.laplacian, mesh.coulomb
        densities, self.laplacians, self.coulomb = _profiles(*species, *operators)
        self.scalar, self.vector, self.isovector, self.neutron, self.proton = densities
        self.arguments = (*densities[:3], *self.laplacians)
        nuclear = functional.potentials(*self.arguments)
        self.potentials = np.array([nuclear.scalar, nuclear.neutron_vector, nuclear.proton_vector + self.coulomb])

    @cached_property
    def interaction_energy_density(self) -> np.ndarray:
        """E_int, MeV fm^-3."""
        return self.functional.interaction_energy_density(*self.arguments)

    @property
    def coulomb_energy_density(self) -> np.ndarray:
        """E_em, MeV fm^-3."""
        return 0.5 * self.coulomb * self.proton

    @property
    def coulomb_energy(self) -> float:
        """MeV, with that of the protons beyond the mesh."""
        return float(self.mesh.integral(self.coulomb_energy_density) + 0.5 * self.coulomb[-1] * self.outside["p"])


def sum_rule_energy(potentials: np.ndarray, levels: dict[str, Levels], densities: Densities) -> float:
    """E_CDFT in MeV from the single-particle energies: their sum, less what the potentials count, plus E_int + E_em.

    ``potentials`` (3, r) are those in which the levels were found.
    """
    mesh, outside = densities.mesh, densities.outside
    scalar, neutron_vector, proton_vector = potentials
    single = sum(float(level.nucleons @ level.energy) for level in levels.values())
    counted = mesh.integral(
        scalar * densities.scalar + neutron_vector * densities.neutron + proton_vector * densities.proton
    )
    end_n, end_p = neutron_vector[-1] + scalar[-1], proton_vector[-1] + scalar[-1]
    counted += end_n * outside["n"] + end_p * outside["p"]
    interaction = mesh.integral(densities.interaction_energy_density)
    return float(single - counted + interaction + densities.coulomb_energy)
