"""Who sits where without pairing: even filling of the levels, and the search for the lowest state.

A partly filled level is occupied evenly over its magnetic substates.  Filling "from below" sounds unambiguous, but the
order of the levels depends on who sits where.  Near a crossing two things happen:

* neither order is self-consistent: each filling pushes the level it fills above the other.  The energy then has its
  minimum in between, where both levels are degenerate and share the particles.  A naive iteration flips for ever.
* both orders are self-consistent: two local minima, of which the lower one is the ground state.

Here the occupations are therefore *frozen by level* once the first iterations have settled.  The field converges
smoothly for frozen occupations; then the order is checked, particles are moved where a level with room lies below one
with particles, and if that leads back to an earlier order the two levels become a :class:`Share`.  Candidates for the
second case come from :func:`neighbours`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lib.rmf.dirac import Label, Levels

_EMPTY = 1e-9


def even_filling(level_energy: np.ndarray, degeneracy: np.ndarray, particles: int) -> np.ndarray:
    """Occupation probabilities of the lowest levels; the last one is filled evenly over its magnetic substates.

    Raises
    ------
    ValueError
        if the levels cannot hold the particles.
    """
    if degeneracy.sum() < particles:
        raise ValueError(
            f"{len(degeneracy)} levels hold {degeneracy.sum()} of {particles} particles: "
            "the nucleus is unbound, or the potential too shallow"
        )
    order = np.argsort(level_energy, kind="stable")
    filled = np.cumsum(degeneracy[order])
    room = np.clip(particles - (filled - degeneracy[order]), 0, degeneracy[order])
    occupation = np.zeros(len(level_energy))
    occupation[order] = room / degeneracy[order]
    return occupation


@dataclass
class Share:
    """Two degenerate levels at the Fermi energy that share ``total`` particles; between them any split is possible."""

    first: Label
    second: Label
    total: float

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest number of particles in ``second``."""
        return max(0.0, self.total - 2 * abs(self.first[0])), min(self.total, 2.0 * abs(self.second[0]))


@dataclass
class Filling:
    """Occupations of one species: ``held`` maps level -> particles once frozen; before, the levels fill from below."""

    particles: int
    held: dict[Label, float] | None = None
    share: Share | None = None
    in_second: float = 0.0
    changes: int = 0
    _visited: list[dict[Label, float]] = field(default_factory=list)

    def occupy(self, levels: Levels) -> None:
        """Set ``levels.occupation`` and ``levels.fermi_energy``, the energy (MeV) of the last occupied level.

        Raises
        ------
        KeyError
            if a frozen level is not among the levels: it has left the energy window.
        """
        if self.held is None:
            levels.occupation = even_filling(levels.energy, levels.degeneracy, self.particles)
        else:
            index = {label: i for i, label in enumerate(levels.labels)}
            levels.occupation = np.zeros(len(levels.energy))
            for label, number in self.held.items():
                levels.occupation[index[label]] = number / (2 * abs(label[0]))
            if self.share is not None:
                first, second = self.share.first, self.share.second
                levels.occupation[index[first]] = (self.share.total - self.in_second) / (2 * abs(first[0]))
                levels.occupation[index[second]] = self.in_second / (2 * abs(second[0]))
        levels.fermi_energy = levels.energy[levels.occupation > _EMPTY].max()

    def freeze(self, levels: Levels) -> None:
        """Keep the present occupations by level."""
        self.held = _held(levels)
        self._visited = [self.held]

    def splitting(self, levels: Levels) -> float:
        """Energy (MeV) of the first minus the second level of the share: positive draws particles into the second."""
        labels = levels.labels
        return levels.energy[labels.index(self.share.first)] - levels.energy[labels.index(self.share.second)]

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
        self.changes += 1
        before = self.held
        natural = Levels(levels.energy, levels.kappa, levels.nodes, levels.G, levels.F)
        natural.occupation = even_filling(levels.energy, levels.degeneracy, self.particles)
        after = _held(natural)
        self.share = None
        if after in self._visited and after != before:
            moved = {label: after.get(label, 0.0) - before.get(label, 0.0) for label in after.keys() | before.keys()}
            first, second = min(moved, key=moved.get), max(moved, key=moved.get)
            total = after.get(first, 0.0) + after.get(second, 0.0)
            self.share = Share(first, second, total)
            self.in_second = 0.5 * (after.get(second, 0.0) + before.get(second, 0.0))
            # the other levels stay as in ``after``; the two of the share are named so that they are not forgotten
            after = {**after, first: total - self.in_second, second: self.in_second}
            self._visited = []
        self.held = after
        self._visited.append(after)


def _held(levels: Levels) -> dict[Label, float]:
    numbers = levels.occupation * levels.degeneracy
    return {label: float(number) for label, number in zip(levels.labels, numbers, strict=True) if number > _EMPTY}


def neighbours(levels: Levels, window: float) -> list[tuple[float, dict[Label, float]]]:
    """Occupations with one level out of its turn, for levels closer than ``window`` MeV to the Fermi energy.

    A level with room is filled before all others, or one with particles after all others; the rest fill from below.
    Each occupation comes with what it costs at the present level energies, in MeV, and the cheapest come first.
    """
    present = _held(levels)
    particles = round(sum(present.values()))
    numbers = levels.occupation * levels.degeneracy
    fermi = levels.energy[levels.occupation > _EMPTY].max()
    found: dict[tuple, tuple[float, dict[Label, float]]] = {}
    for i in np.flatnonzero(np.abs(levels.energy - fermi) < window):
        for turn in (-np.inf, np.inf):
            order = levels.energy.copy()
            order[i] = turn
            moved = Levels(levels.energy, levels.kappa, levels.nodes, levels.G, levels.F)
            moved.occupation = even_filling(order, levels.degeneracy, particles)
            held = _held(moved)
            cost = float((moved.occupation * levels.degeneracy - numbers) @ levels.energy)
            if held != present:
                found.setdefault(tuple(sorted(held.items())), (cost, held))
    return sorted(found.values(), key=lambda entry: entry[0])
