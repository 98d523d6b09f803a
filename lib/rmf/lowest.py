"""The lowest self-consistent state of a nucleus, among several.

An iteration may fail, fall into an unphysical state, or settle in one of several minima that differ by who sits where.
:func:`ground_state` tries starts until one is good, and then other orders of the levels until none is lower.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from lib.rmf.field import State
from lib.rmf.functionals import Functional
from lib.rmf.iteration import MIXING, AboveBest, NoConvergenceError, Solution, iterate
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import Order, UnboundNucleusError, neighbours

CHART_TRIALS = 6
"""Other orders tried, the cheapest first, where neighbouring nuclei help to find the lowest state."""
SOLVE_TRIALS = 24
"""The same where a nucleus stands alone."""
LOWER_MEV = 1e-6
"""A state is lower if its energy is so by more than this."""
_NEIGHBOUR_WINDOW_MEV = 2.5  # levels this close at the Fermi energy are tried in the other order
COLLAPSE_DENSITY = 0.32
"""Central vector density (fm^-3), twice saturation – a light nucleus that reaches it fell into the collapse channel."""


def ground_state(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    paired: bool = False,
    start: State | None = None,
    trials: int = CHART_TRIALS,
) -> Solution:
    """The lowest self-consistent state: :func:`iterate`, retried where it fails, and compared with its neighbours.

    A warm start that does not converge, and a collapse into the unphysical dense state that PC-PK1 has in light
    nuclei, are retried from the Woods-Saxon start, then with ever heavier damping, and without a start at last from the
    field of a neighbouring nucleus.  Without pairing, other orders of the levels near the Fermi energies are then tried,
    at most ``trials`` around each state found, and the lowest energy wins.

    Raises
    ------
    NoConvergenceError
        if no attempt converges.
    """
    attempts = 0
    for field, mixing in starts(Z, N, functional, mesh, paired, start):
        attempts += 1
        best = iterate(Z, N, functional, mesh, paired, field, mixing=mixing)
        if is_physical(best):
            return best if paired else lowest_order(best, trials)
    raise NoConvergenceError(
        f"Z = {Z}, N = {N} with {functional.name}: residual {best.residual:.1e} MeV after {best.iterations} iterations and "
        f"{attempts} attempts; change the box or the step, or take a nucleus nearer stability"
    )


def is_physical(solution: Solution) -> bool:
    """Whether it is converged, and not in the collapse channel."""
    return solution.converged and solution.densities.vector.max() < COLLAPSE_DENSITY


def starts(
    Z: int, N: int, functional: Functional, mesh: Mesh, paired: bool, start: State | None
) -> Iterator[tuple[State | None, float]]:
    """Fields to start from, and how boldly to mix, the most promising first.

    Where a level is shared with another one, as in 116Cd, the iteration may find no way in from Woods-Saxon wells, but
    does from the field of a nucleus with one pair less or more; in a chart that is what ``start`` is.
    """
    if start is not None:
        yield start, MIXING
    for mixing in (MIXING, 0.15, 0.05):
        yield None, mixing
    if start is None:
        for neighbour in ((Z, N - 2), (Z, N + 2), (Z - 2, N), (Z + 2, N)):
            if min(neighbour) > 0:
                try:
                    beside = iterate(*neighbour, functional, mesh, paired)
                except UnboundNucleusError:
                    continue
                if beside.converged and beside.bound:
                    yield beside.state, MIXING


def lowest_order(best: Solution, trials: int) -> Solution:
    """Try other orders of the levels at the Fermi energies until none is lower.

    Protons and neutrons are also moved together: in nuclei with N near Z a level that gains both kinds at once can be
    lower by MeVs where neither move alone is self-consistent.
    """
    iterations, tried = best.iterations, [best.order]
    improved = True
    while improved:
        improved = False
        for order in other_orders(best)[:trials]:
            if order in tried:
                continue
            stops = [AboveBest(best.sum_rule_energy)]
            trial = iterate(best.Z, best.N, best.functional, best.mesh, start=best.state, held=order, stops=stops)
            iterations += trial.iterations
            tried.append(order)
            if not is_physical(trial):
                continue
            tried.append(trial.order)
            if trial.sum_rule_energy < best.sum_rule_energy - LOWER_MEV:
                best, improved = trial, True
                break
    return replace(best, iterations=iterations)


def other_orders(best: Solution) -> list[dict[str, Order]]:
    """Orders one move away for one species or for both, the cheapest moves first."""
    moves = {}
    for q, filling in best.fillings.items():
        stay = [(0.0, filling.held)]
        moves[q] = stay if filling.share else stay + neighbours(best.levels[q], _NEIGHBOUR_WINDOW_MEV)
    pairs = sorted(itertools.product(moves["n"], moves["p"]), key=lambda pair: pair[0][0] + pair[1][0])
    return [{"n": n, "p": p} for (_, n), (_, p) in pairs[1:]]
