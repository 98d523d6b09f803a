"""Who sits where without pairing: even filling of the levels, and what keeps its order self-consistent.

A partly filled level is occupied evenly over its magnetic substates.  Filling "from below" sounds unambiguous, but the
order of the levels depends on who sits where.  Near a crossing two things happen:

* neither order is self-consistent: each filling pushes the level it fills above the other.  The energy then has its
  minimum in between, where both levels are degenerate and share the particles.  Refilling from below flips for ever.
* both orders are self-consistent: two local minima, of which the lower one is the ground state.

Occupations are numbers between 0 and 2j + 1, and by Janak's theorem the energy falls by the difference of two levels
when a particle moves from the upper to the lower one (J. F. Janak, Phys. Rev. B 18, 7165 (1978)).  So a state of least
energy is one of two kinds: levels filled from below, at most the last one partly, or a *share*, where two degenerate levels
have both particles and room.

Here the occupations are therefore *frozen by level*.  The field converges smoothly for frozen occupations; then the order is
checked, and where a level with room lies below one with particles the two become a :class:`Share`: particles move from one to
the other as long as the energy falls, to the minimum in between or to an end.  Candidates for the second case come from
:func:`fillings`.
:class:`EvenFilling` does all this for one species; pairing fills by the same face (:class:`Filling`) in
:mod:`lib.rmf.pairing`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lib.rmf.dirac import Guess, Label, Levels, NamedLevels, bound_levels, follow_levels, joined
from lib.rmf.mesh import Mesh

Order = dict[Label, float]
"""The particles in each level that has any."""
TOLERANCE_MEV = 1e-5
"""rms change of the potentials over the nuclear volume below which a field reproduces itself."""
_EMPTY = 1e-9
_NO_ROOM_MEV = 80.0  # levels are looked for up to this energy
_SHARE_RATE = 4.0  # particles moved between two levels per MeV of their splitting, where nothing more is known
_STEEP = 10.0  # change of the splitting of two levels with the particles moved between them, MeV; more than any has
_FOLLOWED_MEV = 1e-5  # accuracy to which a frozen level is found in one step of the iteration


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
    numbers = (occupation * levels.degeneracy).tolist()
    return {label: number for label, number in zip(levels.labels, numbers, strict=True) if number > _EMPTY}


@dataclass
class Share:
    """Two levels at the Fermi energy that share ``total`` particles, of which ``in_second`` are in the second.

    Where the second level lies lower the energy falls if it takes more, and the other way round: so the split of least
    energy lies between one of either kind.
    """

    first: Label
    second: Label
    total: float
    in_second: float
    takes: tuple[float, float] | None = None
    """largest split known at which the second level lies lower, and by how much (MeV)"""
    gives: tuple[float, float] | None = None
    """smallest split known at which it lies higher, and by how much (MeV, negative)"""

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest number of particles in ``second``."""
        return max(0.0, self.total - 2 * abs(self.first[0])), min(self.total, 2.0 * abs(self.second[0]))

    def split(self, in_second: float) -> Order:
        """The particles in both levels."""
        return {self.first: self.total - in_second, self.second: in_second}

    def move(self, splitting: float) -> bool:
        """Go on to another split, given the energy (MeV) of the first minus the second level; False at an end that holds."""
        here = self.in_second
        takes, gives = self.takes, self.gives
        before, other = (takes, gives) if splitting > 0 else (gives, takes)
        if (before and abs(splitting) > abs(before[1])) or (
            other and abs(splitting - other[1]) > _STEEP * abs(here - other[0])
        ):
            # the other species has moved: what was known is no longer true
            self.takes = self.gives = None
        if splitting > 0:
            self.takes = here, splitting
        else:
            self.gives = here, splitting
        if self.takes and self.gives:
            (low, up), (high, down) = self.takes, self.gives
            # where the levels meet if their splitting is linear
            guess = low + (high - low) * up / (up - down)
            least, most = 0.95 * low + 0.05 * high, 0.05 * low + 0.95 * high
        else:
            last = abs(here - before[0]) if before else 0.0
            step = max(_SHARE_RATE * abs(splitting), 0.2, 2 * last)
            guess = here + math.copysign(step, splitting)
            least, most = self.bounds
        self.in_second = min(max(guess, least), most)
        return self.in_second != here


class Well(NamedTuple):
    """What one species feels, in MeV, and what is known of its levels from the iteration before."""

    scalar: np.ndarray  # S (r,)
    vector: np.ndarray  # V (r,), for protons with Coulomb
    pairing_field: np.ndarray | None  # (r,); None without pairing
    guess: Guess
    fermi_energy: float

    @property
    def end(self) -> float:
        """V + S at the last point and beyond, MeV."""
        return float(self.scalar[-1] + self.vector[-1])


def levels_up_to(mesh: Mesh, well: Well, mass: float, top: float, known: Levels | None = None) -> Levels:
    """All levels in a well up to ``top`` (MeV), those ``known`` among them, not occupied."""
    found = bound_levels(mesh, well.scalar, well.vector, mass, top, well.guess, known)
    return found if known is None else joined(found, known)


class Filling(ABC):
    """How one species occupies its levels: the one face of even filling and of pairing."""

    headroom_mev = 5.0
    """how far above the Fermi energy levels are looked for at first"""
    paired = False
    held: Order | None = None
    """occupations frozen by level"""
    share: Share | None = None
    """two levels that share particles"""

    def __init__(self, particles: int):
        self.particles = particles

    def levels(self, mesh: Mesh, well: Well, mass: float) -> Levels:
        """The levels in a well that this filling needs, occupied; ``mass`` of the nucleon in MeV.

        Raises
        ------
        UnboundNucleusError
            if there is no room for the particles.
        """
        return self.all_levels(mesh, well, mass, well.fermi_energy + self.headroom_mev)

    def all_levels(self, mesh: Mesh, well: Well, mass: float, top: float, known: Levels | None = None) -> Levels:
        """All levels up to ``top`` (MeV), or further where they would not do, those ``known`` among them, occupied.

        Raises as :meth:`levels`.
        """
        while top < _NO_ROOM_MEV:
            known = levels = levels_up_to(mesh, well, mass, top, known)
            if levels.degeneracy.sum() >= self.particles and self.suffices(levels, well.fermi_energy, top):
                self.occupy(levels, well)
                return levels
            top += 4.0
        raise UnboundNucleusError(
            f"no room for {self.particles} nucleons of a kind in the potential: the nucleus is far from bound; "
            "take one nearer stability"
        )

    def suffices(self, levels: Levels, fermi_energy: float, top: float) -> bool:
        """Whether levels up to ``top`` (MeV) that can hold the particles are all that is needed."""
        return True

    @property
    @abstractmethod
    def key(self) -> tuple:
        """What tells this filling from others, as far as it is frozen."""

    @abstractmethod
    def again(self) -> Filling:
        """The same filling at the beginning of an iteration."""

    @abstractmethod
    def occupy(self, levels: Levels, well: Well) -> None:
        """Set the occupations of the levels and their Fermi energy."""

    def to_gain(self, levels: Levels) -> float:
        """What particles that are still moving between two levels may gain, MeV, at most."""
        return 0.0

    def new_pairing_field(self, levels: Levels) -> np.ndarray:
        """The pairing field that the occupied levels make, MeV, as one row (1, r); no row (0, r) without pairing."""
        return np.empty((0, levels.G.shape[1]))

    def reorder(self, levels: Levels, around: Levels | None, residual: float, converged: bool) -> bool:
        """Put the particles in order, if it is time for it; True if any moved, or if their order is now frozen.

        ``around`` all levels up to the Fermi energy at least, if the iteration is about to stop; its ``residual`` in MeV, and
        whether it is ``converged``.
        """
        return False


class EvenFilling(Filling):
    """Even filling: from below at first, frozen by level from the iteration ``freeze_at`` on, or ``held`` from the start.

    Where ``follow`` is set to false, particles stay where they are held, also if that is not in order.
    """

    def __init__(self, particles: int, held: Order | None = None, share: Share | None = None, freeze_at: int = 6):
        super().__init__(particles)
        self.share, self.freeze_at, self.follow = share, freeze_at, True
        self._steps = 0
        if held is not None:
            self.hold(held)

    def hold(self, order: Order) -> None:
        """Freeze the particles in this order."""
        self.held, self._followed = order, None

    @property
    def key(self) -> tuple:
        if self.share is None:
            return tuple(sorted((self.held or {}).items()))
        shared = (self.share.first, self.share.second)
        rest = sorted(item for item in self.held.items() if item[0] not in shared)
        return tuple(rest), tuple(sorted(shared))

    def again(self) -> EvenFilling:
        share = self.share and replace(self.share, takes=None, gives=None)
        return EvenFilling(self.particles, self.held, share)

    def corners(self) -> list[Order]:
        """The even fillings it stands for: itself, or the two ends of a share."""
        if self.share is None:
            return [self.held]
        ends = (self.held | self.share.split(in_second) for in_second in self.share.bounds)
        return [{label: n for label, n in end.items() if n > _EMPTY} for end in ends]

    def suffices(self, levels: Levels, fermi_energy: float, top: float) -> bool:
        """Whether there is room for a pair more: the next nucleus starts from there."""
        return levels.degeneracy.sum() > self.particles

    def levels(self, mesh: Mesh, well: Well, mass: float) -> Levels:
        """Those with particles once they are frozen; before that all."""
        if self.held is None:
            return super().levels(mesh, well, mass)
        if self._followed is None:
            named = NamedLevels(list(self.held))
            self._followed = named, np.array(list(self.held.values())) / (2 * np.abs(named.kappa))
        named, occupation = self._followed
        try:
            levels = follow_levels(mesh, well.scalar, well.vector, mass, named, well.guess, _FOLLOWED_MEV)
        except ValueError as error:
            raise UnboundNucleusError(
                f"{self.particles} nucleons of a kind: {error}; take one nearer stability"
            ) from error
        levels.occupation, levels.fermi_energy = occupation, levels.energy[occupation > _EMPTY].max()
        return levels

    def occupy(self, levels: Levels, well: Well) -> None:
        """Set the occupations, as they are held or from below, and the Fermi energy."""
        if self.held is None:
            levels.occupation = even_filling(levels.energy, levels.degeneracy, self.particles)
        else:
            numbers = [self.held.get(label, 0.0) for label in levels.labels]
            levels.occupation = np.array(numbers) / levels.degeneracy
        levels.fermi_energy = levels.energy[levels.occupation > _EMPTY].max()

    def splitting(self, levels: Levels) -> float:
        """Energy (MeV) of the first minus the second level of the share: positive draws particles into the second."""
        labels = levels.labels
        return levels.energy[labels.index(self.share.first)] - levels.energy[labels.index(self.share.second)]

    def reorder(self, levels: Levels, around: Levels | None, residual: float, converged: bool) -> bool:
        self._steps += 1
        if self.held is None:
            if self._steps < self.freeze_at and around is None:
                return False
            self.hold(order_of(levels, levels.occupation))
            if around is None:
                return True
        if not self.follow:
            return False
        giving_up = around is not None and not converged
        if self.share is not None and not giving_up and self.reshared(levels, residual, around is not None):
            return True
        # far from convergence only a gross disorder counts: the levels still move by about the residual
        if around is None:
            return False
        disorder, highest, lowest = self.out_of_order(around)
        if disorder <= 1e-5 + 2 * residual:
            return False
        self.rearrange(around, highest, lowest)
        return True

    def reshared(self, levels: Levels, residual: float, stopping: bool) -> bool:
        """Move particles between the levels of the share, once their splitting is known well enough; True if that changes it."""
        splitting = self.splitting(levels)
        known = 0.5 if stopping else 0.1
        if residual > known * abs(splitting) or abs(splitting) < 1e-5:
            return False
        moved = self.share.move(splitting)
        self.hold(self.held | self.share.split(self.share.in_second))
        if not moved:  # an end that holds: no share, but one of the two orders
            self.hold({label: n for label, n in self.held.items() if n > _EMPTY})
            self.share = None
        return True

    def to_gain(self, levels: Levels) -> float:
        if self.share is None:
            return 0.0
        least, most = self.share.bounds
        return abs(self.splitting(levels)) * (most - least)

    def out_of_order(self, levels: Levels) -> tuple[float, int, int]:
        """How far (MeV) the lowest level with room lies below the highest with particles, <= 0 if in order; both levels.

        Two levels that share particles count as degenerate.
        """
        energy = levels.energy.copy()
        pair = (self.share.first, self.share.second) if self.share else ()
        shared = [i for i, label in enumerate(levels.labels) if label in pair]
        if shared:
            energy[shared] = energy[shared].mean()
        filled = np.where(levels.occupation > _EMPTY, energy, -np.inf)
        free = np.where(levels.occupation < 1 - _EMPTY, energy, np.inf)
        highest, lowest = int(np.argmax(filled)), int(np.argmin(free))
        return float(filled[highest] - free[lowest]), highest, lowest

    def rearrange(self, levels: Levels, highest: int, lowest: int) -> None:
        """Let the two levels that are out of order share, or fill from below if two others share already."""
        if self.share is not None:
            self.share = None
            self.hold(order_of(levels, even_filling(levels.energy, levels.degeneracy, self.particles)))
            return
        upper, lower = (levels.occupation * levels.degeneracy)[[highest, lowest]].tolist()
        self.share = Share(levels.labels[highest], levels.labels[lowest], upper + lower, lower)
        self.share.move(levels.energy[highest] - levels.energy[lowest])
        self.hold(self.held | self.share.split(self.share.in_second))


def fillings(levels: Levels, window: float) -> list[tuple[float, Order]]:
    """Other even fillings within ``window`` MeV of the present one, at most one level partly filled, the cheapest first.

    Each comes with what it costs at the present energies of the levels, ``sum_k (eps_k - eps_F) (n_k - n_k^present)``.
    """
    numbers = levels.occupation * levels.degeneracy
    distance = levels.energy - levels.fermi_energy
    # what a level that far from the Fermi energy would cost by the least that can move, one pair
    near = np.flatnonzero(2 * np.abs(distance) < window)
    fixed = {label: n for label, n in order_of(levels, levels.occupation).items()}
    labels = [levels.labels[i] for i in near]
    particles = round(sum(fixed.pop(label, 0.0) for label in labels))
    present = order_of(levels, levels.occupation)
    found = []
    rooms, costs, had = levels.degeneracy[near], distance[near], numbers[near]
    for order in _distributed(particles, rooms.tolist(), costs.tolist(), had.tolist(), window):
        candidate = fixed | {label: float(n) for label, n in zip(labels, order, strict=True) if n}
        if candidate != present:
            found.append((float(costs @ (np.array(order) - had)), candidate))
    return sorted(found, key=lambda each: (each[0], sorted(each[1].items())))


def _distributed(particles, rooms, costs, had, window, partly=True) -> Iterator[list[int]]:
    """Numbers of particles in levels with these ``rooms``, all levels but one full or empty, that cost less than ``window``."""
    if not rooms:
        if particles == 0:
            yield []
        return
    rest = sum(rooms[1:])
    choices = {0, rooms[0]}
    if partly:
        choices |= set(range(0, rooms[0] + 1, 2))
    for n in sorted(choices):
        if not 0 <= particles - n <= rest:
            continue
        left = window - costs[0] * (n - had[0])
        if left <= 0:
            continue
        still = partly and n in (0, rooms[0])
        for others in _distributed(particles - n, rooms[1:], costs[1:], had[1:], left, still):
            yield [n, *others]
