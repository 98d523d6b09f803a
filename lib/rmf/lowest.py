"""The lowest self-consistent state of a nucleus, among several."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from lib.rmf.dirac import PARTICLES
from lib.rmf.field import State
from lib.rmf.functionals import Functional
from lib.rmf.iteration import _MIXING, NoConvergenceError, Solution, UnboundNucleusError, iterate
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import neighbours

_CHART_TRIALS = 6  # other orders tried where neighbouring nuclei help to find the lowest state ...
_SOLVE_TRIALS = 24  # ... and where a nucleus stands alone; the cheapest first
_NEIGHBOUR_WINDOW_MEV = 2.5  # levels this close at the Fermi energy are tried in the other order
COLLAPSE_DENSITY = 0.32
"""Central vector density (fm^-3), twice saturation: a light nucleus that reaches it fell into the collapse channel."""


def ground_state(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    paired: bool = False,
    start: State | None = None,
    trials: int = _CHART_TRIALS,
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
    for state, mixing in _starts(Z, N, functional, mesh, paired, start):
        attempts += 1
        best = iterate(Z, N, functional, mesh, paired, state, mixing=mixing)
        if best.converged and best.densities.vector.max() < COLLAPSE_DENSITY:
            return best if paired else _lowest(best, trials)
    raise NoConvergenceError(
        f"Z = {Z}, N = {N} with {functional.name}: residual {best.residual:.1e} MeV after {best.iterations} iterations and "
        f"{attempts} attempts; change the box or the step, or take a nucleus nearer stability"
    )


def _starts(
    Z: int, N: int, functional: Functional, mesh: Mesh, paired: bool, start: State | None
) -> Iterator[tuple[State | None, float]]:
    """Fields to start from, and how boldly to mix, the most promising first.

    Where a level is shared with another one, as in 116Cd, the iteration may find no way in from Woods-Saxon wells, but
    does from the field of a nucleus with one pair less or more; in a chart that is what ``start`` is.
    """
    if start is not None:
        yield start, _MIXING
    for mixing in (_MIXING, 0.15, 0.05):
        yield None, mixing
    if start is None:
        for neighbour in ((Z, N - 2), (Z, N + 2), (Z - 2, N), (Z + 2, N)):
            if min(neighbour) > 0:
                try:
                    beside = iterate(*neighbour, functional, mesh, paired)
                except UnboundNucleusError:
                    continue
                if beside.converged and beside.bound:
                    yield beside.state, _MIXING


def _lowest(best: Solution, trials: int) -> Solution:
    """Try other orders of the levels at the Fermi energies until none is lower.

    Protons and neutrons are also moved together: in nuclei with N near Z a level that gains both kinds at once can be
    lower by MeVs where neither move alone is self-consistent.
    """
    energy, total = best.sum_rule_energy, best.iterations
    tried = [{q: filling.held for q, filling in best.fillings.items()}]
    improved = True
    while improved:
        improved = False
        for candidate in _other_orders(best)[:trials]:
            if candidate in tried:
                continue
            tried.append(candidate)
            other = iterate(
                best.Z, best.N, best.functional, best.mesh, False, best.state, held=candidate, ceiling=energy
            )
            total += other.iterations
            if not other.converged or other.densities.vector.max() > COLLAPSE_DENSITY:
                continue
            tried.append({p: filling.held for p, filling in other.fillings.items()})
            other_energy = other.sum_rule_energy
            if other_energy < energy - 1e-6:
                best, energy, improved = other, other_energy, True
                break
    return replace(best, iterations=total)


def _other_orders(best: Solution) -> list[dict[str, dict]]:
    """Occupations one move away for one species or for both, the cheapest moves first."""
    moves = {}
    for q in PARTICLES:
        held = best.fillings[q].held
        shared = best.fillings[q].share is not None
        moves[q] = [(0.0, held)] + ([] if shared else neighbours(best.levels[q], _NEIGHBOUR_WINDOW_MEV))
    pairs = sorted(itertools.product(moves["n"], moves["p"]), key=lambda pair: pair[0][0] + pair[1][0])
    return [{"n": n, "p": p} for (_, n), (_, p) in pairs[1:]]
