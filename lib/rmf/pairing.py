"""Who sits where with pairing: BCS with a zero-range force and a smooth cutoff.

The force makes a pairing field out of the pair density, the field makes a gap for each level, and the BCS equations make
occupations out of the gaps; the self-consistent loop iterates the field together with the potentials.  Energies are in
MeV, degeneracies are 2|kappa| = 2j + 1, occupations are probabilities between 0 and 1.  The BCS equations with smooth
cutoff weights follow M. Bender et al., Eur. Phys. J. A 8, 59 (2000).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lib.rmf.compiled import njit
from lib.rmf.dirac import Levels, levels_density
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import Filling, Well, last_filled_energy


class BCS(NamedTuple):
    """A solution of the BCS equations of one particle species; arrays over the levels."""

    occupation: np.ndarray
    """v^2"""
    anomalous: np.ndarray
    """f_k u_k v_k, the weight of a level in the pair density"""
    uv: np.ndarray
    """u_k v_k"""
    fermi_energy: float
    """lambda in MeV"""
    cutoff_energy: float
    """Delta E in MeV, the width of the pairing window above lambda"""


@njit(cache=True, error_model="numpy")
def newton_step(trial, surplus, slope, low, high):
    """The next trial for the root of an increasing function, and the ends between which it lies now.

    It is that of Newton's method as long as that stays between the ends, else the middle.
    """
    if surplus > 0:
        high = trial
    else:
        low = trial
    following = trial - surplus / slope
    if not low < following < high:
        following = 0.5 * (low + high)
    return following, low, high


@njit(cache=True)
def cutoff_weights(fermi_energy: float, width: float, level_energy: np.ndarray) -> np.ndarray:
    """Smooth cutoff f_k = 1 / (1 + exp[(eps_k - lambda - Delta E) / mu]) with mu = Delta E / 10."""
    x = (level_energy - fermi_energy - width) / (width / 10.0)
    return 1.0 / (1.0 + np.exp(np.minimum(x, 600.0)))


def cutoff_width(fermi_energy: float, level_energy: np.ndarray, degeneracy: np.ndarray, particles: int) -> float:
    """Width Delta E (MeV) of the pairing window: sum_k f_k = N_q + 1.65 N_q^(2/3), all levels with their degeneracy."""
    wanted = particles + 1.65 * particles ** (2.0 / 3.0)
    width, least, most = _window(fermi_energy, level_energy, degeneracy.astype(float), wanted)
    if least > wanted:
        raise ValueError(
            f"lambda = {fermi_energy:.3f} MeV lies above more states than the pairing window of {wanted:.1f}: start from the last occupied level"
        )
    if most < wanted:
        raise ValueError(
            f"the levels given hold {degeneracy.sum()} states, the pairing window needs {wanted:.1f}: take a larger box"
        )
    return width


@njit(cache=True)
def _window(fermi_energy, level_energy, states, wanted):
    """The width between almost none and 60 MeV, and the states that windows of these two hold."""
    low, high, trial = 1e-3, 60.0, 5.0
    least = states @ cutoff_weights(fermi_energy, low, level_energy)
    most = states @ cutoff_weights(fermi_energy, high, level_energy)
    for _ in range(200):
        f = cutoff_weights(fermi_energy, trial, level_energy)
        slope = 10.0 / trial**2 * (states * f * (1.0 - f)) @ (level_energy - fermi_energy)
        width, low, high = newton_step(trial, states @ f - wanted, slope, low, high)
        if abs(width - trial) < 1e-10:
            break
        trial = width
    return width, least, most


@njit(cache=True)
def pair_occupation(distance: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """v^2 of levels at these distances from lambda, MeV."""
    return 0.5 * (1 - distance / np.hypot(distance, gap))


@njit(cache=True)
def chemical_potential(level_energy, degeneracy, particles, gap, trial):
    """lambda (MeV) that gives the number of particles; ``gap`` f Delta (levels,), MeV.

    It is looked for from ``trial`` on, MeV.
    """
    states = degeneracy.astype(np.float64)
    low, high = level_energy.min() - 20.0, level_energy.max() + 20.0
    for _ in range(200):
        distance = level_energy - trial
        surplus = states @ pair_occupation(distance, gap) - particles
        slope = 0.5 * states @ (gap**2 / np.hypot(distance, gap) ** 3)
        found, low, high = newton_step(trial, surplus, slope, low, high)
        if abs(found - trial) < 1e-13:
            break
        trial = found
    return found


def solve_bcs(
    level_energy: np.ndarray,
    degeneracy: np.ndarray,
    particles: int,
    pairing_gap: np.ndarray,
    fermi_energy: float,
) -> BCS:
    r"""Occupations, chemical potential and pairing window for given gaps.

    .. math::

        v_k^2 = \tfrac12\Big(1 - \frac{\varepsilon_k-\lambda}{\sqrt{(\varepsilon_k-\lambda)^2 + f_k^2\Delta_k^2}}\Big),
        \qquad \sum_k v_k^2 = N_q

    The gaps themselves are matrix elements of the pairing field (:func:`pairing_field`), which the self-consistent
    loop iterates together with the potentials.

    Parameters
    ----------
    level_energy, degeneracy
        (levels,) in MeV and ``2|kappa|``.
    particles
        N or Z.
    pairing_gap
        (levels,) Delta_k, MeV.
    fermi_energy
        start of lambda, MeV.
    """
    levels = level_energy, degeneracy, particles
    # lambda and the window depend on each other weakly: a few rounds fix both
    for _ in range(50):
        width = cutoff_width(fermi_energy, *levels)
        f = cutoff_weights(fermi_energy, width, level_energy)
        gap = np.abs(f * pairing_gap) + 1e-12
        previous = fermi_energy
        fermi_energy = chemical_potential(*levels, gap, previous)
        if abs(previous - fermi_energy) < 1e-10:
            break
    distance = level_energy - fermi_energy
    uv = 0.5 * gap / np.hypot(distance, gap)
    return BCS(pair_occupation(distance, gap), f * uv, uv, fermi_energy, width)


def pairing_field(
    strength: float, degeneracy: np.ndarray, anomalous: np.ndarray, level_density: np.ndarray
) -> np.ndarray:
    """Pairing field ``Delta(r) = -V_q sum_(k>0) f_k u_k v_k |psi_k(r)|^2`` in MeV.

    ``strength`` V_q in MeV fm^3, ``degeneracy`` and ``anomalous`` (levels,), ``level_density`` (levels, r) the
    angle-averaged density of one nucleon in the level, both components, fm^-3.  The sum over k > 0 runs over pairs,
    half the degeneracy.
    """
    return -strength * (0.5 * degeneracy * anomalous) @ level_density


def pairing_energy(levels: dict[str, Levels]) -> float:
    """E_pair = - sum_(k>0) f u v Delta of both species, half the degeneracy in pairs, MeV."""
    return 0.0 - sum(float((0.5 * each.degeneracy * each.anomalous) @ each.pairing_gap) for each in levels.values())


COLLAPSED_GAP_MEV = 1e-3
"""Largest gap below which there is no pairing."""


class BCSFilling(Filling):
    """BCS occupations of one species in the pairing field of a zero-range force of ``strength`` MeV fm^3."""

    headroom_mev = 14.0
    paired = True

    def __init__(self, particles: int, strength: float, mesh: Mesh):
        super().__init__(particles)
        self.strength, self.mesh = strength, mesh
        self._fermi_energy_is_ours = False  # at first it is that of a neighbour, or a guess

    @property
    def key(self) -> tuple:
        return ()

    def again(self) -> BCSFilling:
        return BCSFilling(self.particles, self.strength, self.mesh)

    def suffices(self, levels: Levels, fermi_energy: float, top: float) -> bool:
        """Whether levels up to ``top`` (MeV) reach beyond the smooth pairing window: weights above are below 1e-4."""
        if not self._fermi_energy_is_ours:
            fermi_energy = last_filled_energy(levels, self.particles)
        try:
            width = cutoff_width(fermi_energy, levels.energy, levels.degeneracy, self.particles)
        except ValueError:
            return False  # there are not even levels enough to fill the window
        enough = top > fermi_energy + 1.9 * width
        if enough:  # the next time that will do at once
            self.headroom_mev = 1.9 * width + 1.0
        return enough

    def occupy(self, levels: Levels, well: Well) -> None:
        """Solve the BCS equations for the gaps of the present pairing field."""
        levels.pairing_gap = levels_density(self.mesh, levels) @ (self.mesh.volume * well.pairing_field)
        start = last_filled_energy(levels, self.particles)
        bcs = solve_bcs(levels.energy, levels.degeneracy, self.particles, levels.pairing_gap, start)
        levels.occupation, levels.anomalous, levels.uv = bcs.occupation, bcs.anomalous, bcs.uv
        # where pairing has collapsed lambda is arbitrary within the gap: take the last occupied level
        collapsed = np.abs(levels.pairing_gap).max() < COLLAPSED_GAP_MEV
        levels.fermi_energy = levels.energy[bcs.occupation > 0.5].max() if collapsed else bcs.fermi_energy
        self._fermi_energy_is_ours = True

    def new_pairing_field(self, levels: Levels) -> np.ndarray:
        density = levels_density(self.mesh, levels)
        gap = self.mesh.with_origin(pairing_field(self.strength, levels.degeneracy, levels.anomalous, density))
        # the pairing energy is that of this field: with the gaps of the old one it is off in first order of their difference
        levels.pairing_gap = density @ (self.mesh.volume * gap)
        return gap[None, :]
