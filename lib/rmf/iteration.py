"""The self-consistent iteration: Dirac equation, occupations, densities, potentials, and again to a fixed point."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.rmf.dirac import PARTICLES, Levels, _solve_levels
from lib.rmf.field import Densities, State, _sum_rule_energy, woods_saxon_start
from lib.rmf.functionals import Functional
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import Filling, even_filling
from lib.rmf.pairing import _new_pairing_field, _occupy_bcs, _window_holds

_MIXING = 0.45
_HISTORY = 7
_SHARE_RATE = 4.0  # particles moved between two degenerate levels per MeV of their splitting
_ORDER_CHECK_MEV = 5e-3  # residual below which the order of the levels is trusted
_MAX_REARRANGEMENTS = 12
_TRIAL_ORDER_CHECK_MEV = 2.0  # the same for an iteration that tries another order: most of them are found wanting early
_TRIAL_ENERGY_CHECK_MEV = 1.0  # residual below which its energy is compared with the lowest so far
_TRIAL_SURPLUS_MEV = 0.005  # a trial is given up if it lies above by more than this ...
_TRIAL_CURVATURE = 10.0  # ... plus this times the residual squared, per MeV


class UnboundNucleusError(ValueError):
    """The last occupied level (or, with pairing, the Fermi energy) is not below zero."""


class NoConvergenceError(RuntimeError):
    """The self-consistent iteration did not reach the tolerance."""


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
        :mod:`lib.rmf.occupation`.
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
