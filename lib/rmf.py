"""The spherical relativistic mean-field solver: one even-even nucleus, self-consistently.

    ground = solve(50, 82, functional="PC-PK1")

iterates Dirac equation -> occupations -> densities -> potentials to a fixed point (Anderson mixing) and returns an
``xarray.Dataset`` with the names of the book's data dictionary: densities, Laplacians and the three parts of the
energy density on the networks' mesh r_i = 0.1 i fm, energies and radii, single-particle levels.

Without pairing a partly filled level is filled evenly over its magnetic substates.  Where two levels cross at the
Fermi energy and neither order of filling is self-consistent, the lowest state has both levels degenerate and shares
the particles between them; the share is then one more unknown of the fixed point.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from lib import dirac
from lib.functionals import Functional, get_functional
from lib.mesh import Mesh, get_mesh
from lib.observables import to_dataset
from lib.occupation import PARTICLES, Filling, Levels, even_filling, neighbours
from lib.pairing import cutoff_width, pairing_field, solve_bcs

DEFAULT_BOX_FM = 20.0
DEFAULT_STEP_FM = 0.1

COLLAPSED_GAP_MEV = 1e-3
_MIXING = 0.45
_HISTORY = 7
_SHARE_RATE = 4.0  # particles moved between two degenerate levels per MeV of their splitting
_ORDER_CHECK_MEV = 5e-3  # residual below which the order of the levels is trusted
_MAX_REARRANGEMENTS = 12
_TRIAL_ORDER_CHECK_MEV = 2.0  # the same for an iteration that tries another order: most of them are found wanting early
_TRIAL_ENERGY_CHECK_MEV = 1.0  # residual below which its energy is compared with the lowest so far
_TRIAL_SURPLUS_MEV = 0.005  # a trial is given up if it lies above by more than this ...
_TRIAL_CURVATURE = 10.0  # ... plus this times the residual squared, per MeV
_CHART_TRIALS = 6  # other orders tried where neighbouring nuclei help to find the lowest state ...
_SOLVE_TRIALS = 24  # ... and where a nucleus stands alone; the cheapest first
_NEIGHBOUR_WINDOW_MEV = 2.5  # levels this close at the Fermi energy are tried in the other order


class UnboundNucleusError(ValueError):
    """The last occupied level (or, with pairing, the Fermi energy) is not below zero."""


class NoConvergenceError(RuntimeError):
    """The self-consistent iteration did not reach the tolerance."""


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


def check_nucleus(Z: int, N: int) -> None:
    """Refuse proton and neutron numbers that are no even positive integers of a nucleus the solver is made for.

    Raises
    ------
    ValueError
        naming the number and the remedy.
    """
    for name, number in (("Z", Z), ("N", N)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise ValueError(f"{name} = {number!r} is not an integer: give an even number of nucleons, 2 to 300")
        if number < 2 or number > 300:
            raise ValueError(f"{name} = {number} is out of range: take an even number from 2 to 300")
        if number % 2:
            raise ValueError(
                f"{name} = {number} is odd: only even-even nuclei are spherical and time-even here; try {number - 1} or {number + 1}"
            )


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


def _solve_levels(mesh, scalar, vector, mass, top, guess, tolerance=1e-9) -> Levels:
    plus = np.ascontiguousarray(mesh.to_gauss @ (vector + scalar))
    minus = np.ascontiguousarray(mesh.to_gauss @ (vector - scalar))
    size = dirac.MAX_LEVELS
    energy, kappa, nodes = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
    G, F = np.empty((size, len(mesh.r))), np.empty((size, len(mesh.r)))
    found = dirac.bound_levels(mesh.r, plus, minus, mass, top, guess, tolerance, energy, kappa, nodes, G, F)
    if found < 0:
        raise ValueError(f"more than {size} levels below {top:.1f} MeV: the box of {mesh.box} fm is too large")
    return Levels(energy[:found].copy(), kappa[:found].copy(), nodes[:found].copy(), G[:found].copy(), F[:found].copy())


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


class _Anderson:
    """Anderson mixing of a fixed-point iteration x -> x + residual, with the metric ``weight``."""

    def __init__(self, weight: np.ndarray, mixing: float):
        self.weight, self.mixing = weight, mixing
        self.x, self.residual = [], []

    def step(self, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
        self.x.append(x)
        self.residual.append(residual)
        if len(self.x) > _HISTORY + 1:
            self.x.pop(0)
            self.residual.pop(0)
        if len(self.x) == 1:
            return x + self.mixing * residual
        dx = np.diff(np.stack(self.x), axis=0)
        df = np.diff(np.stack(self.residual), axis=0)
        weighted = df * self.weight
        gram = weighted @ weighted.T
        gram[np.diag_indices_from(gram)] *= 1 + 1e-10
        gamma = np.linalg.lstsq(gram, weighted @ (self.weight * residual), rcond=1e-13)[0]
        return x + self.mixing * residual - gamma @ (dx + self.mixing * df)


@dataclass
class Solution:
    """The converged (or last) iteration, before it becomes a data set."""

    Z: int
    N: int
    functional: Functional
    paired: bool
    mesh: Mesh
    levels: dict[str, Levels]
    densities: Densities
    state: State
    fillings: dict[str, Filling]
    iterations: int
    residual: float  # rms of the change of the potentials, MeV
    converged: bool
    wall_time: float
    history: list[float]  # the residual after each iteration, MeV

    @property
    def bound(self) -> bool:
        """Whether the last occupied level (with pairing, the Fermi energy) of both species is below zero."""
        return all(level.fermi_energy < 0 for level in self.levels.values())

    @property
    def sum_rule_energy(self) -> float:
        """E_CDFT in MeV from the single-particle energies: their sum, less what the potentials count, plus E_int + E_em."""
        return _sum_rule_energy(self.functional, self.state.potentials, self.levels, self.densities)


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


def iterate(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    paired: bool = False,
    start: State | None = None,
    held: dict[str, dict] | None = None,
    tolerance: float = 2e-6,
    max_iterations: int = 300,
    mixing: float = _MIXING,
    ceiling: float = np.inf,
    excluded: Sequence[dict[str, dict]] = (),
) -> Solution:
    """The self-consistent iteration.  Returns the last iteration whether converged or not (see ``converged``).

    Parameters
    ----------
    start : the field of a neighbouring nucleus; Woods-Saxon wells without it.
    held : per species ("n", "p") the particles in each level (kappa, nodes): another order to start from.  See
        :mod:`lib.occupation`.
    tolerance : rms change of the potentials over the nuclear volume, MeV.
    mixing : share of the new potentials taken over in the first step of the Anderson iteration.
    ceiling : energy in MeV; an iteration that is seen to settle above it ends unconverged.
    excluded : occupations that have been tried; an iteration that comes back to one of them ends unconverged.
    """
    clock = time.perf_counter()
    numbers = {"n": N, "p": Z}
    cold = woods_saxon_start(Z, N, mesh)
    state = start or cold
    guesses = [guess.copy() for guess in state.guesses]
    fermi = dict(zip(PARTICLES, state.fermi_energy, strict=True))
    fillings = {q: Filling(numbers[q], dict(held[q]) if held else None) for q in PARTICLES}
    n = len(mesh.r)
    size = 3 * n
    fields = state.potentials.ravel()
    if paired:
        gap_start = np.where(state.pairing_field > 1e-3, state.pairing_field, cold.pairing_field)
        fields = np.concatenate([fields, gap_start.ravel()])
    metric = np.sqrt(mesh.volume / (4 * np.pi / 3 * 1.2**3 * (Z + N)))
    # the last two unknowns are the particles in the second level of a share; one particle counts as 0.3 MeV
    weight = np.concatenate([np.tile(metric, len(fields) // n), np.full(len(PARTICLES), 0.3)])
    mixer = _Anderson(weight, mixing)
    freeze_at = 4 if start else 9
    history = []
    for iteration in range(1, max_iterations + 1):
        potentials = fields[:size].reshape(3, n)
        levels = {}
        moves = np.zeros(len(PARTICLES))
        for i, q in enumerate(PARTICLES):
            found = _levels_up_to_window(
                mesh, potentials[0], potentials[1 + i], functional, guesses[i], numbers[q], fermi[q], paired, iteration == 1
            )  # fmt: skip
            if paired:
                gap_field = fields[size + i * n : size + (i + 1) * n]
                _occupy_bcs(mesh, found, numbers[q], gap_field, fermi[q])
                fermi[q] = found.fermi_energy
            else:
                filling = fillings[q]
                try:
                    filling.occupy(found)
                except KeyError:  # a held level left the window: fill from below again
                    filling.held, filling.share = None, None
                    filling.occupy(found)
                if filling.held is None and iteration >= freeze_at:
                    filling.freeze(found)
                if filling.share is not None:
                    wanted = filling.in_second + _SHARE_RATE * filling.splitting(found)
                    moves[i] = np.clip(wanted, *filling.share.bounds) - filling.in_second
                fermi[q] = found.fermi_energy
            levels[q] = found
        if excluded and not held and iteration == freeze_at and {q: fillings[q].held for q in PARTICLES} in excluded:
            converged = False  # settling into what is known already
            break
        densities = Densities(mesh, functional, levels)
        out = densities.potentials.ravel()
        if paired:
            out = np.concatenate([out, *(_new_pairing_field(mesh, functional, q, levels[q]) for q in PARTICLES)])
        residual = np.concatenate([out - fields, moves])
        residual_norm = float(np.linalg.norm(weight * residual) / np.sqrt(3))
        history.append(residual_norm)
        converged = residual_norm < tolerance
        if residual_norm < _TRIAL_ENERGY_CHECK_MEV and ceiling < np.inf:
            # the error of the energy is of second order in the residual
            surplus = _sum_rule_energy(functional, potentials, levels, densities) - ceiling
            if surplus > _TRIAL_SURPLUS_MEV + _TRIAL_CURVATURE * residual_norm**2:
                converged = False
                break
        if not paired and residual_norm < (_TRIAL_ORDER_CHECK_MEV if held else _ORDER_CHECK_MEV):
            # far from convergence only a gross disorder counts: the levels still move by about the residual
            slack = 1e-5 if converged else 10 * _ORDER_CHECK_MEV + 2 * residual_norm
            wrong = [q for q in PARTICLES if fillings[q].held is not None and fillings[q].disorder(levels[q]) > slack]
            for q in wrong:
                fillings[q].rearrange(levels[q])
            if wrong:
                converged = False
                mixer = _Anderson(weight, mixing)
                if max(fillings[q].changes for q in wrong) > _MAX_REARRANGEMENTS:
                    break
                if {q: fillings[q].held for q in PARTICLES} in excluded:
                    break
        if converged:
            for q in PARTICLES:
                if not paired and fillings[q].held is None:
                    fillings[q].freeze(levels[q])
            break
        x = np.concatenate([fields, [fillings[q].in_second for q in PARTICLES]])
        new = mixer.step(x, residual)
        # a bold step could fall into the collapse channel of light nuclei: no potential moves by more than 60 MeV
        largest = np.abs(new[:size] - x[:size]).max()
        if largest > 60.0:
            new = x + (new - x) * (60.0 / largest)
        fields = new[:-2]
        for filling, number in zip(fillings.values(), new[-2:], strict=True):
            if filling.share is not None:
                filling.in_second = float(np.clip(number, *filling.share.bounds))
    final = State(
        fields[:size].reshape(3, n),
        fields[size:].reshape(2, n) if paired else cold.pairing_field,
        guesses,
        [fermi[q] for q in PARTICLES],
    )
    return Solution(
        Z, N, functional, paired, mesh, levels, densities, final, fillings, iteration, residual_norm, converged,
        time.perf_counter() - clock, history,
    )  # fmt: skip


def _levels_up_to_window(mesh, scalar, vector, functional, guess, particles, fermi, paired, first_iteration) -> Levels:
    """Levels of one species up to a little above the Fermi energy; with pairing, up to the end of the pairing window."""
    top = fermi + (14.0 if paired else 3.0)
    while top < 80.0:
        found = _solve_levels(mesh, scalar, vector, functional.nucleon_mass, top, guess)
        if found.degeneracy.sum() >= particles:
            if not paired:
                return found
            if first_iteration:
                filled = even_filling(found.energy, found.degeneracy, particles)
                fermi = found.energy[filled > 0].max()
            if _window_holds(found, particles, fermi, top):
                return found
        top += 4.0
    raise UnboundNucleusError(
        f"no room for {particles} nucleons of a kind in the potential: the nucleus is far from bound; take one nearer stability"
    )


def _window_holds(levels: Levels, particles: int, fermi: float, top: float) -> bool:
    """Whether the levels up to ``top`` (MeV) reach beyond the smooth pairing window: weights above are below 1e-4."""
    try:
        width = cutoff_width(fermi, levels.energy, levels.degeneracy, particles)
    except ValueError:
        return False
    return top > fermi + 1.9 * width


def _occupy_bcs(mesh: Mesh, levels: Levels, particles: int, gap_field: np.ndarray, fermi: float) -> None:
    """Solve the BCS equations for the gaps of the present pairing field (MeV) and fill them into the levels."""
    filled = even_filling(levels.energy, levels.degeneracy, particles)
    start = levels.energy[filled > 0].max()
    levels.pairing_gap = levels_density(mesh, levels) @ (mesh.volume * gap_field)
    bcs = solve_bcs(levels.energy, levels.degeneracy, particles, levels.pairing_gap, start)
    levels.occupation, levels.anomalous, levels.uv = bcs.occupation, bcs.anomalous, bcs.uv
    # where pairing has collapsed lambda is arbitrary within the gap: take the last occupied level
    collapsed = np.abs(levels.pairing_gap).max() < COLLAPSED_GAP_MEV
    levels.fermi_energy = levels.energy[bcs.occupation > 0.5].max() if collapsed else bcs.fermi_energy


def _new_pairing_field(mesh: Mesh, functional: Functional, particle: str, levels: Levels) -> np.ndarray:
    strength = functional.pairing_strength(particle)
    gap = pairing_field(strength, levels.degeneracy, levels.anomalous, levels_density(mesh, levels))
    gap[0] = mesh.at_origin @ gap
    return gap


def levels_density(mesh: Mesh, levels: Levels) -> np.ndarray:
    """Angle-averaged density of one nucleon in each level, (levels, r), fm^-3; zero at the origin point."""
    surface = np.zeros_like(mesh.r)
    surface[1:] = 1 / (4 * np.pi * mesh.r[1:] ** 2)
    return (levels.G**2 + levels.F**2) * surface


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


def solve(
    Z: int,
    N: int,
    functional: str | Functional = "PC-PK1",
    pairing: bool = False,
    box: float = DEFAULT_BOX_FM,
    step: float = DEFAULT_STEP_FM,
) -> xr.Dataset:
    """The ground state of one spherical even-even nucleus.

    Parameters
    ----------
    Z, N : even numbers of protons and neutrons.
    functional : ``"PC-PK1"``, ``"PC-F1"``, or a :class:`lib.functionals.Functional`.
    pairing : BCS with the zero-range force of the functional; without it partly filled levels are filled evenly.
    box : radius of the box in fm, 15 to 40.
    step : of the solver's mesh in fm: 0.1, 0.05, 0.025 or 0.02.

    Returns
    -------
    ``xarray.Dataset`` with dims ``r`` (151 points, fm) and ``level``; every variable carries ``units`` and
    ``long_name`` (:data:`lib.observables.UNITS`).  Energies are integrals over the whole box.

    Raises
    ------
    ValueError
        for odd, negative or huge Z or N, an unknown functional, a box or step out of range.
    UnboundNucleusError
        if the last nucleon is not bound.
    NoConvergenceError
        if the iteration does not converge.
    """
    check_nucleus(Z, N)
    chosen = get_functional(functional)
    if not isinstance(pairing, (bool, np.bool_)):
        raise ValueError(f"pairing = {pairing!r} is neither True nor False")
    mesh = get_mesh(box, step)
    solution = ground_state(int(Z), int(N), chosen, mesh, bool(pairing), trials=_SOLVE_TRIALS)
    if not solution.bound:
        energies = ", ".join(f"{level.fermi_energy:+.3f} MeV ({q})" for q, level in solution.levels.items())
        raise UnboundNucleusError(
            f"Z = {Z}, N = {N} is not bound by {chosen.name}: Fermi energies {energies}; take a nucleus nearer stability"
        )
    return to_dataset(solution)
