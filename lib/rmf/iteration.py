"""The self-consistent iteration: Dirac equation, occupations, densities, potentials, and again to a fixed point.

Four pieces that know little of each other: :func:`scf_step` makes a new field out of a field, :class:`Anderson` chooses
the next one from the last few, stop rules such as :class:`Converged` say when it is enough, and :func:`scf_loop` goes
round.  :func:`iterate` puts them together for one nucleus; who sits where is the business of the fillings
(:mod:`lib.rmf.occupation`, :mod:`lib.rmf.pairing`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lib.rmf.compiled import njit
from lib.rmf.dirac import PARTICLES, Levels, first_order_energies
from lib.rmf.field import Densities, State, sum_rule_energy, woods_saxon_start
from lib.rmf.functionals import Functional
from lib.rmf.mesh import Mesh
from lib.rmf.occupation import TOLERANCE_MEV, Filling, levels_up_to
from lib.rmf.pairing import pairing_energy

MIXING = 0.45
"""Share of the new potentials taken over in the first step of the Anderson iteration."""
_HISTORY = 7
_LARGEST_CHANGE_MEV = 60.0


class NoConvergenceError(RuntimeError):
    """The self-consistent iteration did not reach the tolerance; ``bound`` says whether it was bound in its last step."""

    def __init__(self, message: str, bound: bool = True):
        super().__init__(message, bound)
        self.bound = bound

    def __str__(self) -> str:
        return self.args[0]


@dataclass(frozen=True)
class Step:
    """One self-consistent step."""

    state: State  # in which the levels were found
    levels: dict[str, Levels]  # those with particles, or all
    densities: Densities
    new: State  # what the densities make
    around: dict[str, Levels] = field(
        default_factory=dict
    )  # all levels, some way beyond the Fermi energy, if looked for

    @property
    def sum_rule_energy(self) -> float:
        """E_CDFT in MeV; its error is of second order in the residual."""
        return sum_rule_energy(self.state.potentials, self.levels, self.densities)

    @cached_property
    def energy(self) -> float:
        """E_CDFT with the pairing energy, MeV."""
        return self.sum_rule_energy + pairing_energy(self.levels)


def scf_step(state, functional, mesh, fillings) -> Step:
    """From a field to the field that its nucleons make.

    ``state`` a :class:`lib.rmf.field.State`, ``functional`` a :class:`lib.rmf.functionals.Functional`, ``fillings`` of "n"
    and "p".  At the fixed point ``step.new`` is ``step.state``.
    """
    levels, gaps = {}, []
    for q, filling in fillings.items():
        levels[q] = filling.levels(mesh, state.well(q), functional.nucleon_mass)
        gaps.append(filling.new_pairing_field(levels[q]))
    densities = Densities(mesh, functional, levels)
    new = State(
        densities.potentials,
        np.concatenate(gaps),
        state.guesses,
        {q: levels[q].fermi_energy for q in levels},
    )
    return Step(state, levels, densities, new)


class Anderson:
    """Mixing of a fixed-point iteration x -> x + residual, in the metric ``weight`` (D. G. Anderson, J. ACM 12, 547 (1965)).

    The next x is that combination of the last few whose residual would be least if it were linear in x, plus the share
    ``mixing`` of that residual.
    """

    def __init__(self, weight: np.ndarray | None = None, mixing: float = MIXING):
        self.weight, self.mixing = weight, mixing
        self.last, self.differences = None, 0

    def jump(self, weight: np.ndarray | None = None) -> None:
        """The iteration is no longer quite what it was: the last residual says nothing of the next, their differences still do.

        It may go on in another metric.
        """
        self.last = None
        if weight is not None:
            self.weight = weight

    def norm(self, residual: np.ndarray) -> float:
        """rms change of the potentials over the nuclear volume, MeV."""
        return float(np.linalg.norm(self.weight * residual) / np.sqrt(3))

    def mix(self, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
        """The next x."""
        if self.last is not None:
            if not self.differences:
                self.dx, self.df = np.empty((2, _HISTORY, len(x)))
            row = self.differences % _HISTORY  # in place of the oldest
            self.dx[row] = x - self.last[0]
            self.df[row] = residual - self.last[1]
            self.differences += 1
        self.last = x, residual
        if not self.differences:
            return x + self.mixing * residual
        dx, df = self.dx[: self.differences], self.df[: self.differences]
        return next_field(x, residual, dx, df, self.weight, self.mixing)


@njit(cache=True)
def next_field(x, residual, dx, df, weight, mixing):
    """The next x from the last one and from differences before it (k, n)."""
    gamma = least_squares(df * weight, weight * residual)
    return x + mixing * residual - gamma @ (dx + mixing * df)


@njit(cache=True)
def least_squares(rows, target):
    """The gamma for which ``|target - gamma rows|`` is least, rows (k, n), target (n,), from the normal equations."""
    gram = rows @ rows.T
    for i in range(len(gram)):
        gram[i, i] *= 1 + 1e-10
    return np.linalg.solve(gram, rows @ target)


def mixing_metric(mesh: Mesh, nucleons: int, state: State) -> np.ndarray:
    """Weights of a packed state: potentials and pairing field over the nuclear volume."""
    metric = np.sqrt(mesh.volume / (4 * np.pi / 3 * 1.2**3 * nucleons))
    rows = len(state.potentials) + len(state.pairing_field)
    return np.tile(metric, rows)


class Progress(NamedTuple):
    """Where an iteration stands after a step: what stop rules judge."""

    step: Step
    fillings: dict[str, Filling]
    history: list[float]  # rms change of the potentials in each step, MeV
    converged: bool  # the potentials reproduce themselves to the tolerance
    moved: bool = False  # particles were put in another order, or have an order for the first time


StopRule = Callable[[Progress], bool]
"""Whether it is enough: asked after each step."""


class Converged:
    """The potentials reproduce themselves, and particles are in order."""

    def __call__(self, progress: Progress) -> bool:
        return progress.converged and not progress.moved


class Restless:
    """Particles were put in another order more than ``limit`` times."""

    def __init__(self, limit: int = 40):
        self.limit, self.changes = limit, 0

    def __call__(self, progress: Progress) -> bool:
        self.changes += progress.moved
        return self.changes > self.limit


class AboveBest:
    """The iteration is seen to settle above the lowest energy so far, in MeV."""

    # it is given up if it lies above by more than this ...
    surplus_mev = 0.002
    # ... plus this times the residual squared, per MeV: in 500
    # trials at most 0.8 was seen, but 2.9 after the first step
    curvature, paired_curvature = 1.0, 12.0
    first_curvature = 3.0

    def __init__(self, best: float):
        self.best = best

    def __call__(self, progress: Progress) -> bool:
        if progress.moved:
            return False
        residual = progress.history[-1]
        curvature = (
            self.curvature if len(progress.history) > 1
            else self.first_curvature
        )  # fmt: skip
        if progress.fillings["n"].paired:
            curvature = self.paired_curvature
        to_gain = sum(
            filling.to_gain(progress.step.levels[q])
            for q, filling in progress.fillings.items()
        )  # fmt: skip
        allowed = self.surplus_mev + curvature * residual**2 + to_gain
        return progress.step.energy - self.best > allowed


class Unbound:
    """The last particles are seen to stay above zero energy."""

    check_mev = 1.0  # residual below which it is asked

    def __call__(self, progress: Progress) -> bool:
        residual = progress.history[-1]
        fermi_energy = max(levels.fermi_energy for levels in progress.step.levels.values())
        return not progress.moved and residual < self.check_mev and fermi_energy > residual


class KnownField:
    """The iteration is seen to fall into a field that is known: nearer to it than its own next steps will take it."""

    check_mev = 0.3  # residual below which it is asked

    def __init__(self, known: State, weight: np.ndarray):
        self.known, self.weight = known.pack(), weight

    def __call__(self, progress: Progress) -> bool:
        residual = progress.history[-1]
        if progress.moved or residual >= self.check_mev:
            return False
        apart = np.linalg.norm(self.weight * (progress.step.state.pack() - self.known)) / np.sqrt(3)
        return apart < 3 * residual


class KnownOrder:
    """Particles were put in an order that an iteration has been started from, out of one that lies above the lowest energy."""

    def __init__(self, known: Container[tuple], best: float):
        self.known, self.best = known, best

    def __call__(self, progress: Progress) -> bool:
        return progress.moved and progress.step.energy > self.best and key_of(progress.fillings) in self.known


def key_of(fillings: dict[str, Filling]) -> tuple:
    """What tells the fillings of both species from others."""
    return tuple(filling.key for filling in fillings.values())


def scf_loop(state, functional, mesh, fillings, mixer, stops, limit, tolerance=TOLERANCE_MEV):
    """Steps until a stop rule holds, or ``limit`` of them: the progress, and the rule (None if none holds).

    Before it stops particles are put in order, and if any moved it goes on unless a rule holds of that.
    """
    history = []
    for _ in range(limit):
        step = scf_step(state, functional, mesh, fillings)
        x = state.pack()
        residual = step.new.pack() - x
        history.append(mixer.norm(residual))
        progress = Progress(step, fillings, history, history[-1] < tolerance)
        stop = first_of(stops, progress)
        if stop:
            around = surrounding_levels(step, functional, mesh, fillings, progress.converged)
            progress = progress._replace(step=replace(step, around=around))
        moves = [filling.reorder(progress.step.levels[q], progress.step.around.get(q), history[-1], progress.converged)
                 for q, filling in fillings.items()]  # fmt: skip
        if any(moves):
            stop = first_of(stops, progress._replace(moved=True))
        if stop:
            break
        if any(moves):
            mixer.jump()
            continue
        new = step.new.unpack(mixer.mix(x, residual))
        state = presumed(limited(new, state), step, mesh)
    return progress, stop


def first_of(stops: Sequence[StopRule], progress: Progress) -> StopRule | None:
    """The first rule that holds."""
    return next((rule for rule in stops if rule(progress)), None)


def surrounding_levels(
    step: Step, functional, mesh: Mesh, fillings: dict[str, Filling], beyond: bool
) -> dict[str, Levels]:
    """All levels of each species up to the Fermi energy, or some way ``beyond``."""
    found = {}
    for q, filling in fillings.items():
        found[q] = step.levels[q]
        if filling.held is not None:  # only those with particles have been followed
            levels, well = step.levels[q], step.state.well(q)
            how = mesh, well, functional.nucleon_mass
            if beyond:
                found[q] = filling.all_levels(*how, levels.fermi_energy + filling.headroom_mev, levels)
            else:
                found[q] = levels_up_to(*how, levels.fermi_energy, levels)
                filling.occupy(found[q], well)
    return found


def presumed(new: State, step: Step, mesh: Mesh) -> State:
    """The new state with the energies its levels have to first order in the change of the potentials."""
    change = new.potentials - step.state.potentials
    energies = {}
    for q, vector in zip(PARTICLES, change[1:], strict=True):
        levels = step.levels[q]
        energies[q] = first_order_energies(levels.energy, levels.G, levels.F, mesh.line, change[0], vector)
    return new.knowing(step.levels, energies)


def limited(new: State, old: State) -> State:
    """The new state, no potential more than 60 MeV from the old one: a bold step could fall into the collapse channel."""
    largest = np.abs(new.potentials - old.potentials).max()
    if largest <= _LARGEST_CHANGE_MEV:
        return new
    x = old.pack()
    return new.unpack(x + (new.pack() - x) * (_LARGEST_CHANGE_MEV / largest))


@dataclass
class Solution:
    """The last step of an iteration, converged or not, before it becomes a data set."""

    Z: int
    N: int
    functional: Functional
    mesh: Mesh
    fillings: dict[str, Filling]
    state: State
    levels: dict[str, Levels]
    around: dict[str, Levels]  # those without particles too, some way beyond the Fermi energy
    densities: Densities
    history: list[float]  # rms change of the potentials in each step, MeV
    stopped_by: StopRule | None
    iterations: int  # of all attempts
    wall_time: float  # s
    even_filling_energy: float = np.nan  # lowest E_CDFT with at most one partly filled level of each species, MeV

    @property
    def paired(self) -> bool:
        return self.fillings["n"].paired

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
    def sum_rule_energy(self) -> float:
        """E_CDFT in MeV."""
        return sum_rule_energy(self.state.potentials, self.levels, self.densities)

    @property
    def pairing_energy(self) -> float:
        """MeV; zero without pairing."""
        return pairing_energy(self.levels)

    @property
    def energy(self) -> float:
        """What is least in the ground state: E_CDFT with the pairing energy, MeV."""
        return self.sum_rule_energy + self.pairing_energy


def iterate(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    fillings: dict[str, Filling],
    start: State | None = None,
    mixing: float = MIXING,
    stops: Sequence[StopRule] = (),
    limit: int = 300,
    tolerance: float = TOLERANCE_MEV,
    mixer: Anderson | None = None,
) -> Solution:
    """The self-consistent iteration of one nucleus.  Returns the last step whether converged or not (see ``converged``).

    Parameters
    ----------
    fillings
        how the species "n" and "p" occupy their levels; they change on the way.
    start
        the field of a neighbouring nucleus, or an earlier one of this; Woods-Saxon wells without it.
    mixing
        share of the new potentials taken over in the first step of the Anderson iteration.
    stops
        rules that end the iteration early.
    limit
        of the number of steps.
    tolerance
        rms change of the potentials, MeV, below which they reproduce themselves.
    mixer
        of an iteration much like this one, on the same mesh: what it has learnt is used, and what is learnt here kept.

    Raises
    ------
    UnboundNucleusError
        if the potential has no room for the nucleons.
    """
    clock = time.perf_counter()
    cold = woods_saxon_start(Z, N, mesh)
    paired = fillings["n"].paired
    state = (start or cold).as_start(cold, paired)
    metric = mixing_metric(mesh, Z + N, state)
    if mixer is None:
        mixer = Anderson(metric, mixing)
    mixer.jump(metric)
    rules = [Converged(), *stops, Restless()]
    progress, stop = scf_loop(state, functional, mesh, fillings, mixer, rules, limit, tolerance)
    step, history = progress.step, progress.history
    # the field in which the levels were found, with what is known of them now
    final = step.new.unpack(step.state.pack())
    final = final.knowing(step.around, {q: levels.energy for q, levels in step.around.items()})
    return Solution(
        Z, N, functional, mesh, fillings, final, step.levels, step.around, step.densities, history, stop, len(history),
        time.perf_counter() - clock,
    )  # fmt: skip
