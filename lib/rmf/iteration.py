"""The self-consistent iteration: Dirac equation, occupations, densities, potentials, and again to a fixed point.

Four pieces that know little of each other: :func:`scf_step` makes a new field out of a field, :class:`Anderson` chooses
the next one from the last few, stop rules such as :class:`Converged` say when it is enough, and :func:`scf_loop` goes
round.  :func:`iterate` puts them together for one nucleus; who sits where is the business of the fillings
(:mod:`lib.rmf.occupation`, :mod:`lib.rmf.pairing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from lib.rmf.dirac import PARTICLES, Levels
from lib.rmf.field import Densities, State, sum_rule_energy, woods_saxon_start
from lib.rmf.functionals import Functional
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import TOLERANCE_MEV, EvenFilling, Filling, Order
from lib.rmf.pairing import BCSFilling

MIXING = 0.45
"""Share of the new potentials taken over in the first step of the Anderson iteration."""
_HISTORY = 7
_LARGEST_CHANGE_MEV = 60.0
_PARTICLE_MEV = 0.3  # what one particle that changes level counts in the residual


class NoConvergenceError(RuntimeError):
    """The self-consistent iteration did not reach the tolerance."""


class Step(NamedTuple):
    """One self-consistent step."""

    state: State  # in which the levels were found
    levels: dict[str, Levels]
    densities: Densities
    new: State  # what the densities make

    @property
    def sum_rule_energy(self) -> float:
        """E_CDFT in MeV; its error is of second order in the residual."""
        return sum_rule_energy(self.state.potentials, self.levels, self.densities)


def scf_step(state, functional, mesh, fillings) -> Step:
    """From a field to the field that its nucleons make.

    ``state`` a :class:`lib.rmf.field.State`, ``functional`` a :class:`lib.rmf.functionals.Functional`, ``fillings`` of "n"
    and "p".  At the fixed point ``step.new`` is ``step.state``.
    """
    levels, gaps, shares = {}, [], []
    for q, filling in fillings.items():
        well = state.well(q)
        levels[q] = filling.levels(mesh, well, functional.nucleon_mass)
        filling.occupy(levels[q], well)
        gaps.append(filling.new_pairing_field(levels[q]))
        shares.append(filling.new_in_second(levels[q], well.in_second))
    densities = Densities(mesh, functional, levels)
    new = State(
        densities.potentials,
        np.concatenate(gaps),
        np.array(shares),
        {q: levels[q].guess for q in levels},
        {q: levels[q].fermi_energy for q in levels},
    )
    return Step(state, levels, densities, new)


class Anderson:
    """Mixing of a fixed-point iteration x -> x + residual, in the metric ``weight`` (D. G. Anderson, J. ACM 12, 547 (1965)).

    The next x is that combination of the last few whose residual would be least if it were linear in x, plus the share
    ``mixing`` of that residual.
    """

    def __init__(self, weight: np.ndarray, mixing: float = MIXING):
        self.weight, self.mixing = weight, mixing
        self.forget()

    def forget(self) -> None:
        """Begin anew: what the iteration was is no longer what it is."""
        self.x, self.residual = [], []

    def norm(self, residual: np.ndarray) -> float:
        """rms change of the potentials over the nuclear volume, MeV."""
        return float(np.linalg.norm(self.weight * residual) / np.sqrt(3))

    def mix(self, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """The next x."""
        self.x = [*self.x, x][-_HISTORY - 1 :]
        self.residual = [*self.residual, residual][-_HISTORY - 1 :]
        if len(self.x) == 1:
            return x + self.mixing * residual
        dx = np.diff(np.stack(self.x), axis=0)
        df = np.diff(np.stack(self.residual), axis=0)
        weighted = df * self.weight
        gram = weighted @ weighted.T
        gram[np.diag_indices_from(gram)] *= 1 + 1e-10
        slope = weighted @ (self.weight * residual)
        gamma = np.linalg.lstsq(gram, slope, rcond=1e-13)[0]
        return x + self.mixing * residual - gamma @ (dx + self.mixing * df)


def mixing_metric(mesh: Mesh, nucleons: int, state: State) -> np.ndarray:
    """Weights of a packed state: potentials and pairing field over the nuclear volume; and particles that change level."""
    metric = np.sqrt(mesh.volume / (4 * np.pi / 3 * 1.2**3 * nucleons))
    rows = len(state.potentials) + len(state.pairing_field)
    return np.concatenate([np.tile(metric, rows), np.full(len(state.shares), _PARTICLE_MEV)])


class Progress(NamedTuple):
    """Where an iteration stands after a step: what stop rules judge."""

    step: Step
    fillings: dict[str, Filling]
    history: list[float]  # rms change of the potentials in each step, MeV
    moved: list[bool]  # species that have just been put in another order


StopRule = Callable[[Progress], bool]
"""Whether it is enough."""


class Converged:
    """The potentials reproduce themselves to ``tolerance`` MeV, in an order of the levels that holds."""

    def __init__(self, tolerance: float = TOLERANCE_MEV):
        self.tolerance = tolerance

    def __call__(self, progress: Progress) -> bool:
        return progress.history[-1] < self.tolerance and not any(progress.moved)


class Restless:
    """A species was put in another order more than ``limit`` times."""

    def __init__(self, limit: int = 12):
        self.limit, self.changes = limit, np.zeros(len(PARTICLES), int)

    def __call__(self, progress: Progress) -> bool:
        self.changes += progress.moved
        return self.changes.max() > self.limit


class AboveBest:
    """The iteration is seen to settle above the lowest energy so far, in MeV."""

    check_mev = 1.0  # residual below which it is compared
    surplus_mev = 0.005  # it is given up if it lies above by more than this ...
    curvature = 10.0  # ... plus this times the residual squared, per MeV

    def __init__(self, best: float):
        self.best = best

    def __call__(self, progress: Progress) -> bool:
        residual = progress.history[-1]
        allowed = self.surplus_mev + self.curvature * residual**2
        return residual < self.check_mev and progress.step.sum_rule_energy - self.best > allowed


class KnownOrder:
    """The particles settle in an order that has been tried."""

    def __init__(self, known: Sequence[dict[str, Order]]):
        self.known = known

    def __call__(self, progress: Progress) -> bool:
        return {q: filling.held for q, filling in progress.fillings.items()} in self.known


def scf_loop(state, functional, mesh, fillings, mixer, stops, limit):
    """Steps until a stop rule holds, or ``limit`` of them: the progress, and the rule (None if none holds)."""
    history = []
    for _ in range(limit):
        step = scf_step(state, functional, mesh, fillings)
        x = state.pack()
        residual = step.new.pack() - x
        history.append(mixer.norm(residual))
        moved = [fillings[q].reorder(step.levels[q], history) for q in fillings]
        progress = Progress(step, fillings, history, moved)
        stop = next((rule for rule in stops if rule(progress)), None)
        if stop:
            break
        if any(moved):
            mixer.forget()
            state = with_new_shares(state, fillings, moved)
            x = state.pack()
        new = step.new.unpack(mixer.mix(x, residual))
        state = limited(new, state, fillings)
    return progress, stop


def with_new_shares(state: State, fillings: dict[str, Filling], moved: Sequence[bool]) -> State:
    """The state with the shares of those species whose order is new as they begin."""
    starts = [filling.share.start if filling.share else 0.0 for filling in fillings.values()]
    return replace(state, shares=np.where(moved, starts, state.shares))


def limited(new: State, old: State, fillings: dict[str, Filling]) -> State:
    """The new state, shares within their bounds, and no potential more than 60 MeV from the old one.

    A bold step could fall into the collapse channel of light nuclei.
    """
    largest = np.abs(new.potentials - old.potentials).max()
    if largest > _LARGEST_CHANGE_MEV:
        x = old.pack()
        new = new.unpack(x + (new.pack() - x) * (_LARGEST_CHANGE_MEV / largest))
    for i, filling in enumerate(fillings.values()):
        new.shares[i] = filling.bounded(new.shares[i])
    return new


@dataclass
class Solution:
    """The last step of an iteration, converged or not, before it becomes a data set."""

    Z: int
    N: int
    functional: Functional
    mesh: Mesh
    paired: bool
    fillings: dict[str, Filling]
    state: State
    levels: dict[str, Levels]
    densities: Densities
    history: list[float]  # rms change of the potentials in each step, MeV
    stopped_by: StopRule | None
    iterations: int  # of all attempts
    wall_time: float  # s

    @property
    def converged(self) -> bool:
        return isinstance(self.stopped_by, Converged)

    @property
    def residual(self) -> float:
        """rms change of the potentials in the last step, MeV."""
        return self.history[-1]

    @property
    def bound(self) -> bool:
        """Whether the last occupied level (with pairing, the Fermi energy) of both species is below zero."""
        return all(level.fermi_energy < 0 for level in self.levels.values())

    @property
    def order(self) -> dict[str, Order | None]:
        """Who sits where."""
        return {q: filling.held for q, filling in self.fillings.items()}

    @property
    def sum_rule_energy(self) -> float:
        """E_CDFT in MeV."""
        return sum_rule_energy(self.state.potentials, self.levels, self.densities)


def iterate(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    paired: bool = False,
    start: State | None = None,
    held: dict[str, Order] | None = None,
    mixing: float = MIXING,
    stops: Sequence[StopRule] = (),
    limit: int = 300,
) -> Solution:
    """The self-consistent iteration of one nucleus.  Returns the last step whether converged or not (see ``converged``).

    Parameters
    ----------
    start
        the field of a neighbouring nucleus; Woods-Saxon wells without it.
    held
        another order of the levels to start from, per species.  See :mod:`lib.rmf.occupation`.
    mixing
        share of the new potentials taken over in the first step of the Anderson iteration.
    stops
        rules that end the iteration early.
    limit
        of the number of steps.

    Raises
    ------
    UnboundNucleusError
        if the potential has no room for the nucleons.
    """
    clock = time.perf_counter()
    fillings: dict[str, Filling] = {}
    for q, particles in zip(PARTICLES, (N, Z), strict=True):
        if paired:
            fillings[q] = BCSFilling(particles, functional.pairing_strength(q), mesh)
        else:
            fillings[q] = EvenFilling(particles, held[q] if held else None, freeze_at=4 if start else 9)
    cold = woods_saxon_start(Z, N, mesh)
    state = (start or cold).as_start(cold, paired)
    mixer = Anderson(mixing_metric(mesh, Z + N, state), mixing)
    progress, stop = scf_loop(state, functional, mesh, fillings, mixer, [*stops, Restless(), Converged()], limit)
    step, history = progress.step, progress.history
    # the field in which the levels were found, with what is known of them now
    final = step.new.unpack(step.state.pack())
    return Solution(
        Z, N, functional, mesh, paired, fillings, final, step.levels, step.densities, history, stop, len(history),
        time.perf_counter() - clock,
    )  # fmt: skip
