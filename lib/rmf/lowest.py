"""The lowest self-consistent state of a nucleus, among several.

An iteration settles in one of several minima that differ by who sits where; by itself it finds the lowest in nine nuclei
of ten.  What finds it in the others: the order of the levels in which a neighbouring nucleus is lowest, what fills from below
in the neighbour's field, a start from Woods-Saxon wells, two nearly degenerate levels that share particles, and fillings in
which a few particles, protons and neutrons together, sit in other levels near the Fermi energy.  :func:`improve` tries
all that around one nucleus, :func:`ground_state` on a patch of nine, and the chart (:mod:`lib.rmf.chart`) everywhere, until
nothing changes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from lib.rmf.dirac import PARTICLES, Levels, guess_of
from lib.rmf.field import State, woods_saxon_start
from lib.rmf.functionals import Functional
from lib.rmf.iteration import (
    MIXING,
    AboveBest,
    Anderson,
    KnownField,
    KnownOrder,
    NoConvergenceError,
    Solution,
    Unbound,
    iterate,
    key_of,
    mixing_metric,
)
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import (
    EvenFilling,
    Filling,
    Order,
    Share,
    UnboundNucleusError,
    even_filling,
    fillings,
    order_of,
)
from lib.rmf.pairing import BCSFilling

LOWER_MEV = 1e-5
"""A state is lower if its energy is so by more than this."""
WINDOW_MEV = 2.0
"""Other fillings are tried that cost less than this at the present energies of the levels."""
LIGHT_WINDOW_MEV, LIGHT_STEP_MEV, LIGHT = 10.0, 3.0, 80
"""Up to this mass number they may cost that much if they cost less than the second for each particle that moves: a level
that is filled or emptied as a whole changes the field, and with it what a move costs."""
NEARLY_DEGENERATE_MEV = 0.2
"""Two levels that are nearer to each other are tried with shared particles."""
UNBOUND_MEV = 4.0
"""How far above a state that is not bound one is looked for that is."""
SEARCH_TOLERANCE_MEV = {False: 5e-6, True: 1e-3}
"""rms change of the potentials at which a search ends, without pairing and with it: without, nothing is left to be done; with
pairing, whose window follows the levels, the energy is known to some 0.1 keV, which is enough to find the lowest state."""
COLLAPSE_DENSITY = 0.32
"""Central vector density (fm^-3), twice saturation – a light nucleus that reaches it fell into the collapse channel."""
ROUNDS = 8
"""Largest number of rounds in which nuclei learn from their neighbours."""
_LIMIT, _TRIAL_LIMIT = 300, 120


@dataclass(frozen=True)
class Minimum:
    """A self-consistent state, as far as one needs it to go on from there, and what has been tried around it."""

    Z: int
    N: int
    energy: float
    """E_CDFT, with pairing and the pairing energy, MeV"""
    bound: bool
    fillings: dict[str, Filling]
    field: State
    """what its levels are is left out"""
    levels: dict[str, Levels]
    """all levels up to 5 MeV above the Fermi energy, wave functions left out"""
    tried: frozenset = frozenset()
    """starts of iterations that led nowhere else"""
    iterations: int = 0
    """of all attempts"""
    seconds: float = 0.0
    """of all attempts"""

    @property
    def state(self) -> State:
        """The field and what is known of its levels."""
        return replace(self.field, guesses={q: guess_of(levels) for q, levels in self.levels.items()})

    def lies_below(self, other: Minimum) -> bool:
        """A bound state lies below one that is not; else the energy decides."""
        if self.bound != other.bound:
            return self.bound
        return self.energy < other.energy - LOWER_MEV

    def after(self, trial: Solution) -> Minimum:
        """The same state, after another attempt that has led nowhere else."""
        return replace(self, iterations=self.iterations + trial.iterations, seconds=self.seconds + trial.wall_time)

    def solution(self, functional: Functional, mesh: Mesh) -> Solution:
        """The state in full, after the step that restores it, or with pairing the few."""
        again = {q: filling.again() for q, filling in self.fillings.items()}
        solution = iterate(self.Z, self.N, functional, mesh, again, self.state)
        even = np.nan if solution.paired else even_filling_energy(self, functional, mesh)
        return replace(solution, iterations=self.iterations, even_filling_energy=even)


def minimum_of(
    solution: Solution, tried: frozenset = frozenset(), iterations: int = 0, seconds: float = 0.0
) -> Minimum:
    """What is kept of a solution, after so many iterations and seconds of other attempts."""
    return Minimum(
        solution.Z,
        solution.N,
        solution.energy,
        solution.bound,
        {q: filling.again() for q, filling in solution.fillings.items()},
        replace(solution.state, guesses={}),
        {q: levels.without_waves() for q, levels in solution.around.items()},
        tried | {key_of(solution.fillings)},
        iterations + solution.iterations,
        seconds + solution.wall_time,
    )


def settle(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    paired: bool = False,
    start: State | None = None,
    order: dict[str, Filling] | None = None,
    patient: bool = True,
    mixer: Anderson | None = None,
) -> Minimum:
    """A self-consistent state that is physical, though not yet the lowest, from a field and an order if they are given.

    With a ``mixer`` that field takes fewer steps (:func:`lib.rmf.iteration.iterate`).

    A warm start that does not converge, and a collapse into the unphysical dense state that PC-PK1 has in light
    nuclei, are retried from Woods-Saxon wells, then, if one is ``patient``, with ever heavier damping.

    Raises
    ------
    NoConvergenceError
        if no attempt converges.
    UnboundNucleusError
        if the potential has no room for the nucleons.
    """
    iterations, seconds = 0, 0.0
    attempts = [(start, MIXING)] if start is not None else []
    attempts += [(None, mixing) for mixing in ((MIXING, 0.15, 0.05) if patient else (MIXING,))]
    limit = _LIMIT if patient else _TRIAL_LIMIT
    for field, mixing in attempts:
        warm = field is not None
        fillings = new_fillings(Z, N, functional, mesh, paired, warm)
        if warm and order is not None:
            fillings = order
        solution = iterate(
            Z,
            N,
            functional,
            mesh,
            fillings,
            field,
            mixing=mixing,
            limit=limit,
            tolerance=SEARCH_TOLERANCE_MEV[paired],
            mixer=mixer if warm else None,
        )
        if is_physical(solution):
            return minimum_of(solution, frozenset(), iterations, seconds)
        iterations += solution.iterations
        seconds += solution.wall_time
    raise NoConvergenceError(
        f"Z = {Z}, N = {N} with {functional.name}: residual {solution.residual:.1e} MeV after {iterations} iterations and "
        f"{len(attempts)} attempts; change the box or the step, or take a nucleus nearer stability",
        solution.bound,
    )


def extrapolated(near: Minimum, further: Minimum | None = None) -> State:
    """A start for the next nucleus in a row, linear in the fields of the two before it."""
    if further is None:
        return near.state
    potentials = 2 * near.state.potentials - further.state.potentials
    return replace(near.state, potentials=potentials)


def is_physical(solution: Solution) -> bool:
    """Whether it is converged, and not in the collapse channel."""
    return solution.converged and solution.densities.vector.max() < COLLAPSE_DENSITY


def new_fillings(Z: int, N: int, functional: Functional, mesh: Mesh, paired: bool, warm: bool) -> dict[str, Filling]:
    """How both species fill when nothing is known; from a ``warm`` start levels keep their particles at once."""
    if paired:
        return {q: BCSFilling(n, functional.pairing_strength(q), mesh) for q, n in zip(PARTICLES, (N, Z), strict=True)}
    return {q: EvenFilling(n, freeze_at=1 if warm else 6) for q, n in zip(PARTICLES, (N, Z), strict=True)}


def improve(best, neighbours, functional, mesh, window=WINDOW_MEV) -> Minimum:
    """The lowest state that iterations reach from the orders of the neighbours and from fillings near the present one.

    What has been tried is not tried again.

    Parameters
    ----------
    best, neighbours
        the :class:`Minimum` that is known, and those of other nuclei.
    functional, mesh
        a :class:`lib.rmf.functionals.Functional` and a :class:`lib.rmf.mesh.Mesh`.
    window
        what another filling may cost at the present energies of the levels, MeV.
    """
    around = list(neighbours), functional, mesh, window
    searching = True
    while searching:
        searching = False
        for key, start, order in starts(best, *around):
            if key in best.tried:
                continue
            trial = attempt(best, start, order, functional, mesh)
            best = replace(best, tried=best.tried | {key})
            if trial is None:
                continue
            spent = best.iterations, best.seconds
            if is_physical(trial) and minimum_of(trial).lies_below(best):
                best = minimum_of(trial, best.tried, *spent)
                searching = True
                break
            best = best.after(trial)
    return best


def improve_all(nuclei: list[tuple[Minimum, list[Minimum]]], functional: Functional, mesh: Mesh) -> list[Minimum]:
    """Each nucleus, having tried what its neighbours know."""
    return [improve(best, near, functional, mesh) for best, near in nuclei]


def attempt(
    best: Minimum, start: State | None, fillings: dict[str, Filling], functional, mesh: Mesh
) -> Solution | None:
    """An iteration from other fillings, given up once it is seen to settle above; None if there is no room for them."""
    # a state that is bound is taken even if it lies above one that is not
    above = best.energy if best.bound else best.energy + UNBOUND_MEV
    stops = [AboveBest(above), Unbound(), KnownOrder(best.tried, above)]
    if best.fillings["n"].paired:  # no order tells where it is going
        stops.append(KnownField(best.state, mixing_metric(mesh, best.Z + best.N, best.state)))
    try:
        return iterate(
            best.Z,
            best.N,
            functional,
            mesh,
            fillings,
            start,
            stops=stops,
            limit=_TRIAL_LIMIT,
            tolerance=SEARCH_TOLERANCE_MEV[best.fillings["n"].paired],
        )
    except UnboundNucleusError:
        return None


COLD = ("cold",)

Start = tuple[tuple, State | None, dict[str, Filling]]
"""What an iteration starts from, and a name to know it by."""


def starts(best, neighbours, functional, mesh, window) -> Iterator[Start]:
    """From where a lower state may be reached, the most promising first.

    With pairing no order is frozen: there it is the fields of the neighbours.  Arguments as of :func:`improve`.
    """
    if best.fillings["n"].paired:
        yield from paired_starts(best, neighbours)
        return
    levels = levels_around(best, functional, mesh, window)
    for beside in neighbours:
        for order in neighbours_orders(levels, best, beside):
            yield key_of(order), beside.state, order
        order = from_below(best.Z, best.N, beside.levels)
        if order is not None:
            yield key_of(order), beside.state, order
    # where levels are looked for does not matter, but for the time
    cold = replace(
        woods_saxon_start(best.Z, best.N, mesh),
        guesses=best.state.guesses,
    )
    yield COLD, cold, {
        q: EvenFilling(each.particles, freeze_at=3)
        for q, each in best.fillings.items()
    }  # fmt: skip
    others = other_fillings(levels, best, window, LIGHT_WINDOW_MEV)
    for order in [*halfway_shares(best), *others]:
        yield key_of(order), best.state, order


def paired_starts(best: Minimum, neighbours: list[Minimum]) -> Iterator[Start]:
    """The fields of the neighbours."""
    for beside in neighbours:
        fillings = {q: filling.again() for q, filling in best.fillings.items()}
        yield (beside.Z, beside.N, round(beside.energy, 2)), beside.state, fillings


def levels_around(best: Minimum, functional: Functional, mesh: Mesh, window: float) -> dict[str, Levels]:
    """The levels of both species up to half the ``window`` (MeV) above the Fermi energy, at least: a pair costs twice as much."""
    if window <= 2 * EvenFilling.headroom_mev:
        return best.levels
    found = {}
    for q, filling in best.fillings.items():
        well = best.state.well(q)
        found[q] = filling.all_levels(mesh, well, functional.nucleon_mass, well.fermi_energy + window / 2)
    return found


def neighbours_orders(levels, best: Minimum, beside: Minimum) -> Iterator[dict[str, Filling]]:
    """The fillings of a neighbour, with a pair more or less."""
    ours = {}
    for q, filling in best.fillings.items():
        ours[q] = [fitted(order, levels[q], filling.particles) for order in beside.fillings[q].corners()]
    for orders in itertools.product(*ours.values()):
        if None not in orders:
            yield {q: EvenFilling(best.fillings[q].particles, o) for q, o in zip(ours, orders, strict=True)}


def from_below(Z: int, N: int, levels: dict[str, Levels]) -> dict[str, Filling] | None:
    """The filling from below of the levels of another nucleus; None if they have no room for a pair more."""
    found = {}
    for q, particles in zip(PARTICLES, (N, Z), strict=True):
        if levels[q].degeneracy.sum() < particles:
            return None
        numbers = even_filling(levels[q].energy, levels[q].degeneracy, particles)
        found[q] = EvenFilling(particles, order_of(levels[q], numbers))
    return found


def fitted(order: Order, levels: Levels, particles: int) -> Order | None:
    """An order for this number of particles: the lowest levels with room take what is missing, the highest give.

    None if one of its levels is not among these.
    """
    labels = levels.labels
    if order.keys() - set(labels):
        return None
    numbers = dict(order)
    missing = particles - sum(numbers.values())
    for i in np.argsort(levels.energy)[:: 1 if missing > 0 else -1].tolist():
        there = numbers.get(labels[i], 0.0)
        change = min(max(missing, -there), 2.0 * abs(labels[i][0]) - there)
        numbers[labels[i]] = there + change
        missing -= change
    return None if missing else {label: float(n) for label, n in numbers.items() if n}


def other_fillings(levels, best: Minimum, window: float, light_window: float = 0.0) -> list[dict[str, Filling]]:
    """Fillings of both species that together cost less than ``window`` MeV, the cheapest first.

    Protons and neutrons are moved together: in nuclei with N near Z a level that gains both kinds at once can be
    lower by MeVs where neither move alone is self-consistent.  In light nuclei they may cost up to ``light_window`` MeV, but
    less than :data:`LIGHT_STEP_MEV` for each particle that moves.
    """
    light = best.Z + best.N <= LIGHT and best.bound
    widest = max(window, light_window) if light else window
    moves = {}
    for q, filling in best.fillings.items():
        present = order_of(levels[q], levels[q].occupation)
        moves[q] = [(0.0, 0.0, filling.again())]
        for cost, order in fillings(levels[q], widest):
            moves[q].append((cost, moved(order, present), EvenFilling(filling.particles, order)))
    pairs = itertools.product(moves["n"], moves["p"])
    next(pairs)  # where nothing moves
    joint = []
    for (n_cost, n_moved, n), (p_cost, p_moved, p) in pairs:
        cost = n_cost + p_cost
        if cost < window or cost < min(widest, LIGHT_STEP_MEV * (n_moved + p_moved)):
            joint.append((cost, n, p))
    return [{"n": n.again(), "p": p.again()} for _, n, p in sorted(joint, key=lambda each: each[0])]


def moved(order: Order, present: Order) -> float:
    """The particles that have to move from the present order into another."""
    return sum(max(number - present.get(label, 0.0), 0.0) for label, number in order.items())


def halfway_shares(best: Minimum) -> Iterator[dict[str, Filling]]:
    """Fillings in which two levels next to each other, nearly degenerate at the Fermi energy, have shared halfway.

    On the line between two orders the energy may have two minima, and the end that is known be the higher one.
    """
    for q, filling in best.fillings.items():
        levels = best.levels[q]
        numbers, ladder = levels.occupation * levels.degeneracy, np.argsort(levels.energy)
        for lower, upper in itertools.pairwise(ladder):
            splitting = levels.energy[upper] - levels.energy[lower]
            here, there = float(numbers[lower]), float(numbers[upper])
            movable = here > 0 and there < levels.degeneracy[upper]
            if filling.share or not movable or splitting > NEARLY_DEGENERATE_MEV:
                continue
            share = Share(levels.labels[lower], levels.labels[upper], here + there, there)
            share = replace(share, in_second=sum(share.bounds) / 2)
            held = filling.held | share.split(share.in_second)
            yield {
                **{s: each.again() for s, each in best.fillings.items()},
                q: EvenFilling(filling.particles, held, share),
            }


def ground_state(Z: int, N: int, functional: Functional, mesh: Mesh, paired: bool = False) -> Solution:
    """The lowest state of one nucleus, by what can be learnt on a patch of nine around it.

    Raises
    ------
    NoConvergenceError
        if no attempt converges.
    UnboundNucleusError
        if the potential has no room for the nucleons.
    """
    found = {(Z, N): settle(Z, N, functional, mesh, paired)}
    for z, n in itertools.product((Z, Z - 2, Z + 2), (N, N - 2, N + 2)):
        if min(z, n) > 0 and (z, n) != (Z, N):
            try:
                found[z, n] = settle(z, n, functional, mesh, paired, found[Z, N].state, patient=False)
            except (UnboundNucleusError, NoConvergenceError):
                continue  # nothing to learn from it
    news = set(found)
    for _ in range(ROUNDS):
        news = taken_over(found, improve_all(concerned(found, news), functional, mesh))
        if not news:
            break
    return found[Z, N].solution(functional, mesh)


Place = tuple[int, int]
"""(Z, N)"""


def concerned(found: dict[Place, Minimum], news: set[Place]) -> list[tuple[Minimum, list[Minimum]]]:
    """The nuclei that are in ``news`` or have a neighbour there, each with its neighbours; the others have tried all they know."""
    around = ((best, beside(found, *at)) for at, best in found.items())
    return [(best, near) for best, near in around if news & {(each.Z, each.N) for each in (best, *near)}]


def taken_over(found: dict[Place, Minimum], improved: Iterable[Minimum]) -> set[Place]:
    """Put what a round has made in the place of what was ``found``: the nuclei of which the state is another."""
    news = set()
    for minimum in improved:
        at = minimum.Z, minimum.N
        if minimum.energy != found[at].energy:
            news.add(at)
        found[at] = minimum
    return news


def beside(found: dict[Place, Minimum], Z: int, N: int) -> list[Minimum]:
    """The neighbours of a nucleus among those found, by (Z, N)."""
    around = ((Z, N - 2), (Z, N + 2), (Z - 2, N), (Z + 2, N))
    return [found[at] for at in around if at in found]


def even_filling_energy(best: Minimum, functional: Functional, mesh: Mesh) -> float:
    """The lowest E_CDFT (MeV) that is found with at most one partly filled level of each species.

    It is that of the state itself unless levels are shared; else that of one end of the share, or of another filling
    near it, whether or not it is in order.
    """
    corners = {q: filling.corners() for q, filling in best.fillings.items()}
    if all(len(orders) == 1 for orders in corners.values()):
        return best.energy
    levels = levels_around(best, functional, mesh, WINDOW_MEV)
    near = [{q: EvenFilling(best.fillings[q].particles, o) for q, o in zip(corners, orders, strict=True)}
            for orders in itertools.product(*corners.values())]  # fmt: skip
    lowest = np.inf
    for start in near + other_fillings(levels, best, WINDOW_MEV):
        for filling in start.values():
            filling.follow = False
        trial = iterate(
            best.Z, best.N, functional, mesh, start, best.state, stops=[AboveBest(lowest)], limit=_TRIAL_LIMIT
        )
        if is_physical(trial) and trial.bound and not any(filling.share for filling in start.values()):
            lowest = min(lowest, trial.energy)
    return lowest
