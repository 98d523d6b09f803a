"""Who sits where without pairing: even filling of the levels, and what keeps its order self-consistent.

A partly filled level is occupied evenly over its magnetic substates.  Filling "from below" sounds unambiguous, but the
order of the levels depends on who sits where.  Near a crossing two things happen:

* neither order is self-consistent: each filling pushes the level it fills above the other.  The energy then has its
  minimum in between, where both levels are degenerate and share the particles.  A naive iteration flips for ever.
* both orders are self-consistent: two local minima, of which the lower one is the ground state.

Here the occupations are therefore *frozen by level* once the first iterations have settled.  The field converges
smoothly for frozen occupations; then the order is checked, particles are moved where a level with room lies below one
with particles, and if that leads back to an earlier order the two levels become a :class:`Share`.  Candidates for the
second case come from :func:`neighbours`.  :class:`EvenFilling` does all this for one species; pairing fills by the same
face (:class:`Filling`) in :mod:`lib.rmf.pairing`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lib.rmf.dirac import Label, Levels, bound_levels
from lib.rmf.mesh import Mesh

Order = dict[Label, float]
"""The particles in each level that has any."""
TOLERANCE_MEV = 2e-6
"""rms change of the potentials over the nuclear volume below which a field reproduces itself."""
_EMPTY = 1e-9
_NO_ROOM_MEV = 80.0  # levels are looked for up to this energy
_SHARE_RATE = 4.0  # particles moved between two degenerate levels per MeV of their splitting
_ORDER_CHECK_MEV = 5e-3  # residual below which the order of the levels is trusted
_TRIAL_ORDER_CHECK_MEV = 2.0  # the same for a filling that tries another order: most of them are found wanting early


class UnboundNucleusError(ValueError):
    """The last occupied level (or, with pairing, the Fermi energy) is not below zero."""


def even_filling(level_energy, degeneracy, particles):
    """Occupation probabilities of the lowest levels; the last one is filled evenly over its magnetic substates.

    Arrays (levels,): energies in MeV and numbers of substates in, probabilities out.

    Raises
    ------
    ValueError
        if the levels cannot hold the particles.
    """
    if degeneracy.sum() < particles:
        raise ValueError(
            f"{len(degeneracy)} levels hold {degeneracy.sum()} of {particles} "
            "particles: the nucleus is unbound, or the potential too shallow"
        )
    order = np.argsort(level_energy, kind="stable")
    room = degeneracy[order]
    below = np.cumsum(room) - room  # what the levels before it hold
    occupation = np.zeros(len(level_energy))
    occupation[order] = np.clip(particles - below, 0, room) / room
    return occupation


def last_filled_energy(levels: Levels, particles: int) -> float:
    """Energy (MeV) of the last level that has particles when they fill from below."""
    return levels.energy[even_filling(levels.energy, levels.degeneracy, particles) > 0].max()


def order_of(levels: Levels, occupation: np.ndarray) -> Order:
    """The order that an occupation (levels,) amounts to."""
    numbers = occupation * levels.degeneracy
    return {label: float(number) for label, number in zip(levels.labels, numbers, strict=True) if number > _EMPTY}


@dataclass
class Share:
    """Two degenerate levels at the Fermi energy that share ``total`` particles; between them any split is possible."""

    first: Label
    second: Label
    total: float
    start: float = 0.0
    """particles in ``second`` to begin with"""

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest number of particles in ``second``."""
        return max(0.0, self.total - 2 * abs(self.first[0])), min(self.total, 2.0 * abs(self.second[0]))


class Well(NamedTuple):
    """What one species feels, in MeV, and what is known of its levels from the iteration before."""

    scalar: np.ndarray  # S (r,)
    vector: np.ndarray  # V (r,), for protons with Coulomb
    pairing_field: np.ndarray | None  # (r,); None without pairing
    in_second: float  # particles in the second level of a share
    guess: np.ndarray  # level energies, as in Levels
    fermi_energy: float


class Filling(ABC):
    """How one species occupies its levels: the one face of even filling and of pairing."""

    headroom_mev = 3.0
    """how far above the Fermi energy levels are looked for at first"""
    held: Order | None = None
    """occupations frozen by level"""
    share: Share | None = None
    """two levels that share particles"""

    def __init__(self, particles: int):
        self.particles = particles

    def levels(self, mesh: Mesh, well: Well, mass: float) -> Levels:
        """The levels in a well, as far up as this filling needs; ``mass`` of the nucleon in MeV.

        Raises
        ------
        UnboundNucleusError
            if there is no room for the particles.
        """
        top, guess = well.fermi_energy + self.headroom_mev, well.guess
        while top < _NO_ROOM_MEV:
            levels = bound_levels(mesh, well.scalar, well.vector, mass, top, guess)
            if levels.degeneracy.sum() >= self.particles and self.suffices(levels, well.fermi_energy, top):
                return levels
            top, guess = top + 4.0, levels.guess
        raise UnboundNucleusError(
            f"no room for {self.particles} nucleons of a kind in the potential: the nucleus is far from bound; "
            "take one nearer stability"
        )

    def suffices(self, levels: Levels, fermi_energy: float, top: float) -> bool:
        """Whether levels up to ``top`` (MeV) that can hold the particles are all that is needed."""
        return True

    @abstractmethod
    def occupy(self, levels: Levels, well: Well) -> None:
        """Set the occupations of the levels and their Fermi energy."""

    def new_pairing_field(self, levels: Levels) -> np.ndarray:
        """The pairing field that the occupied levels make, MeV, as one row (1, r); no row (0, r) without pairing."""
        return np.empty((0, levels.G.shape[1]))

    def new_in_second(self, levels: Levels, in_second: float) -> float:
        """Particles in the second level of a share after some were drawn into the lower one of the two."""
        return in_second

    def bounded(self, in_second: float) -> float:
        """That number within the bounds of the share; zero if there is none."""
        if self.share is None:
            return 0.0
        least, most = self.share.bounds
        return min(max(in_second, least), most)

    def reorder(self, levels: Levels, history: list[float]) -> bool:
        """Put the particles in order once the last residual of the history (MeV) is small enough; True if any moved."""
        return False


class EvenFilling(Filling):
    """Even filling: from below at first, frozen by level from the iteration ``freeze_at`` on, or ``held`` from the start."""

    def __init__(self, particles: int, held: Order | None = None, freeze_at: int = 9):
        super().__init__(particles)
        self.held, self.freeze_at = held, freeze_at
        self._order_check = _TRIAL_ORDER_CHECK_MEV if held else _ORDER_CHECK_MEV
        self._visited: list[Order] = []

    def occupy(self, levels: Levels, well: Well) -> None:
        """Set the occupations and the Fermi energy; if a frozen level left the energy window, fill from below again."""
        index = {label: i for i, label in enumerate(levels.labels)} if self.held else {}
        if self.held is not None and not self.held.keys() <= index.keys():
            self.held = self.share = None
        if self.held is None:
            levels.occupation = even_filling(levels.energy, levels.degeneracy, self.particles)
        else:
            levels.occupation, order = np.zeros(len(levels.energy)), dict(self.held)
            if self.share is not None:
                order[self.share.first] = self.share.total - well.in_second
                order[self.share.second] = well.in_second
            for label, number in order.items():
                levels.occupation[index[label]] = number / (2 * abs(label[0]))
        levels.fermi_energy = levels.energy[levels.occupation > _EMPTY].max()

    def freeze(self, levels: Levels) -> None:
        """Keep the present occupations by level."""
        self.held = order_of(levels, levels.occupation)
        self._visited = [self.held]

    def new_in_second(self, levels: Levels, in_second: float) -> float:
        if self.share is None:
            return in_second
        return self.bounded(in_second + _SHARE_RATE * self.splitting(levels))

    def splitting(self, levels: Levels) -> float:
        """Energy (MeV) of the first minus the second level of the share: positive draws particles into the second."""
        labels = levels.labels
        return levels.energy[labels.index(self.share.first)] - levels.energy[labels.index(self.share.second)]

    def reorder(self, levels: Levels, history: list[float]) -> bool:
        residual, converged = history[-1], history[-1] < TOLERANCE_MEV
        if self.held is None and (len(history) >= self.freeze_at or converged):
            self.freeze(levels)
        if self.held is None or residual >= self._order_check:
            return False
        # far from convergence only a gross disorder counts: the levels still move by about the residual
        slack = 1e-5 if converged else 10 * _ORDER_CHECK_MEV + 2 * residual
        if self.disorder(levels) <= slack:
            return False
        self.rearrange(levels)
        return True

    def disorder(self, levels: Levels) -> float:
        """How far (MeV) the lowest level with room lies below the highest level with particles; <= 0 if in order."""
        occupied = levels.occupation > _EMPTY
        room = levels.occupation < 1 - _EMPTY
        if self.share is not None:  # a split in the interior: its two levels are degenerate, neither is out of order
            for i, label in enumerate(levels.labels):
                if label in (self.share.first, self.share.second):
                    occupied[i] = room[i] = False
        if not room.any() or not occupied.any():
            return 0.0
        return float(levels.energy[occupied].max() - levels.energy[room].min())

    def rearrange(self, levels: Levels) -> None:
        """Fill from below in the present order of the levels; if that was tried before, let two levels share."""
        before = self.held
        after = order_of(levels, even_filling(levels.energy, levels.degeneracy, self.particles))
        self.share = None
        if after in self._visited and after != before:
            moved = {label: after.get(label, 0.0) - before.get(label, 0.0) for label in after.keys() | before.keys()}
            first, second = min(moved, key=moved.get), max(moved, key=moved.get)
            total = after.get(first, 0.0) + after.get(second, 0.0)
            start = 0.5 * (after.get(second, 0.0) + before.get(second, 0.0))
            self.share = Share(first, second, total, start)
            # the other levels stay as in ``after``; the two of the share are named so that they are not forgotten
            after = {**after, first: total - start, second: start}
            self._visited = []
        self.held = after
        self._visited.append(after)


def neighbours(levels: Levels, window: float) -> list[tuple[float, Order]]:
    """Orders with one level out of its turn, for levels closer than ``window`` MeV to the Fermi energy.

    A level with room is filled before all others, or one with particles after all others; the rest fill from below.
    Each order comes with what it costs at the present level energies, in MeV, and the cheapest come first.
    """
    present = order_of(levels, levels.occupation)
    particles = round(sum(present.values()))
    fermi = levels.energy[levels.occupation > _EMPTY].max()
    candidates: dict[tuple, tuple[float, Order]] = {}
    for i in np.flatnonzero(np.abs(levels.energy - fermi) < window):
        for turn in (-np.inf, np.inf):
            turns = levels.energy.copy()
            turns[i] = turn
            occupation = even_filling(turns, levels.degeneracy, particles)
            order = order_of(levels, occupation)
            cost = float((occupation * levels.degeneracy - levels.occupation * levels.degeneracy) @ levels.energy)
            if order != present:
                candidates.setdefault(tuple(sorted(order.items())), (cost, order))
    return sorted(candidates.values(), key=lambda candidate: candidate[0])
