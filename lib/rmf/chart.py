"""The chart of nuclides: every bound even-even nucleus of a functional, in its lowest state.

``python -m lib charts`` makes ``data/PC-PK1.nc`` and ``data/PC-F1.nc``, from which everything else follows.

The work has three phases, in each of which a task is one isotopic chain.  *Walk*: from near the valley of stability to both
drip lines and a few steps beyond, each nucleus from the field of the one before.  *Improve*, again and again until nothing
changes: each nucleus tries what its four neighbours have found (:mod:`lib.rmf.lowest`); a round sees only what the round
before has left, so that the result does not depend on who is finished first.  *Describe*: observables of all.
Finished tasks are kept in ``data/.work`` until the file is complete, so an interrupted run resumes; they run on local
processes by default, on a Dask cluster by the address of its scheduler (:mod:`lib.tasks`).
"""

from __future__ import annotations

import itertools
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lib import store
from lib.checks import check_flag
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.accuracy import solved_again
from lib.rmf.catalogue import get_functional
from lib.rmf.functionals import FUNCTIONALS, PAPER_FUNCTIONALS, PC_PK1, Functional
from lib.rmf.iteration import Anderson, NoConvergenceError
from lib.rmf.lowest import (
    ROUNDS,
    Minimum,
    Place,
    concerned,
    extrapolated,
    from_below,
    improve,
    improve_all,
    minimum_of,
    settle,
    taken_over,
)
from lib.rmf.mesh import DEFAULT_BOX_FM, DEFAULT_STEP_FM, NETWORK_MESH, Mesh, get_mesh
from lib.rmf.observables import COORDINATES, VARIABLES
from lib.rmf.occupation import UnboundNucleusError
from lib.rmf.solver import check_number, record
from lib.store import Variable, discovery, labelled
from lib.tasks import resume_tasks, task_folder

Z_RANGE = (8, 100)
N_RANGE = (8, 156)
BEYOND_DRIP = 3
"""Unbound nuclei computed beyond each drip line, to see whether binding comes back behind it."""
SEPARATION_TEXT = "of E_CDFT (with the pairing energy, where there is pairing)"
CHART_VARIABLES = {
    **{name: Variable(("nucleus", *dims), unit, text) for name, (dims, unit, text) in VARIABLES.items()},
    "two_neutron_separation_energy": Variable(("nucleus",), "MeV", f"S_2n {SEPARATION_TEXT}"),
    "two_proton_separation_energy": Variable(("nucleus",), "MeV", f"S_2p {SEPARATION_TEXT}"),
    "seconds": Variable(("nucleus",), "s", "computing time of the nucleus"),
}
"""Every variable of a chart – those of one nucleus, along ``nucleus`` too, and what only a chart knows."""
CHART_COORDINATES = {
    "Z": COORDINATES["Z"]._replace(dims=("nucleus",)),
    "N": COORDINATES["N"]._replace(dims=("nucleus",)),
    "r": COORDINATES["r"],
}


def chart_hash(functional: Functional = PC_PK1) -> str:
    """Hash of the code that decides what is in a chart; a chart of other code is stale.

    It is one for all published functionals; that of a learned one covers the code of these, too.
    """
    kinds = dict.fromkeys(map(type, (*FUNCTIONALS.values(), functional)))
    return code_hash(walk, improve_all, describe, bound_nuclei, *kinds)


def stability_N(Z: int) -> int:
    """Even neutron number near the valley of stability, from the liquid drop, Z = A / (1.98 + 0.0155 A^(2/3))."""
    A = np.arange(2 * Z, 3.2 * Z + 4)
    nearest = A[np.argmin(np.abs(A / (1.98 + 0.0155 * A ** (2 / 3)) - Z))]
    return int(round((nearest - Z) / 2) * 2)


Chart = dict[Place, Minimum]
"""States by (Z, N)."""


def walk(Z, functional, mesh, paired, N_range) -> Chart:
    """The isotopes of one element, to both drip lines and a few steps beyond.

    Arguments as of :func:`make_chart`, with a :class:`lib.rmf.mesh.Mesh`.
    """
    found: Chart = {}
    first = int(np.clip(stability_N(Z), *N_range))
    mixer = Anderson()  # what it learns of one isotope holds for the next
    for N, direction in ((first, +2), (first - 2, -2)):
        unbound = 0
        while N_range[0] <= N <= N_range[1] and unbound < BEYOND_DRIP:
            last_two = N - direction, N - 2 * direction
            before = [found[Z, n] for n in last_two if (Z, n) in found]
            how = functional, mesh, paired, mixer
            try:
                found[Z, N] = next_isotope(Z, N, before, *how)
            except UnboundNucleusError:
                break  # so far out that the potential has no room
            except NoConvergenceError as error:
                if error.bound:
                    raise
                # beyond the drip line there may be no fixed point
            bound = (Z, N) in found and found[Z, N].bound
            unbound = 0 if bound else unbound + 1
            N += direction
    return found


def next_isotope(
    Z: int,
    N: int,
    before: list[Minimum],
    functional: Functional,
    mesh: Mesh,
    paired: bool,
    mixer: Anderson | None = None,
) -> Minimum:
    """An isotope from the fields of those before it; one that seems unbound is looked at closely.

    A ``mixer`` is as in :func:`lib.rmf.lowest.settle`.
    """
    start = extrapolated(*before) if before else None
    order = from_below(Z, N, before[0].levels) if before and not paired else None
    # gaps open and close from one to the next: there what is learnt leads astray
    found = settle(Z, N, functional, mesh, paired, start, order, mixer=None if paired else mixer)
    return found if found.bound else improve(found, before[:1], functional, mesh)


def describe(found: Chart, functional: Functional, mesh: Mesh) -> list[dict]:
    """Observables of these nuclei, with ``Z``, ``N`` and ``seconds``."""
    rows = []
    for (Z, N), minimum in sorted(found.items()):
        clock = time.perf_counter()
        row = record(minimum.solution(functional, mesh)) | {"Z": Z, "N": N}
        rows.append(row | {"seconds": minimum.seconds + time.perf_counter() - clock})
    return rows


def check_window(name: str, window: tuple[int, int]) -> None:
    """Refuse a range of numbers of protons or neutrons that is none.

    Raises
    ------
    ValueError
        naming the range, by ``name``, and the remedy.
    """
    if not isinstance(window, (tuple, list)) or len(window) != 2:
        raise ValueError(f"{name}_range = {window!r} is no range: give (first, last)")
    for number in window:
        check_number(name, number)
    if window[0] > window[1]:
        raise ValueError(f"{name}_range = {tuple(window)} is reversed: give (first, last)")


def make_chart(
    functional: str | Functional = "PC-PK1",
    pairing: bool = False,
    Z_range: tuple[int, int] = Z_RANGE,
    N_range: tuple[int, int] = N_RANGE,
    box: float = DEFAULT_BOX_FM,
    step: float = DEFAULT_STEP_FM,
    uniform: bool = False,
    wall: bool = False,
    workers: int = 2,
    scheduler: str | None = None,
    work: Path | None = None,
) -> xr.Dataset:
    """Compute the chart: all bound even-even nuclei of the window, one row each.

    Parameters
    ----------
    functional, pairing, box, step, uniform, wall
        as in :func:`lib.rmf.solver.solve`.
    Z_range, N_range
        first and last even proton and neutron number.
    workers
        local processes.
    scheduler
        address of a Dask scheduler (``tcp://host:8786``) instead of local processes.
    work
        folder for finished tasks, ``data/.work`` by default; a run that was interrupted goes on from there.

    Returns
    -------
    xr.Dataset
        along ``nucleus`` (coords ``Z``, ``N``), ``r`` and ``level`` (padded with NaN), in the names and units of
        :data:`lib.rmf.observables.VARIABLES`; with ``two_neutron_separation_energy`` and
        ``two_proton_separation_energy`` (MeV, of E_CDFT) and the provenance in its attributes.

    Raises
    ------
    ValueError
        for ranges of odd, reversed or absurd numbers, an unknown functional, a box out of range, or no workers.
    ConnectionError
        if no scheduler answers.
    """
    chosen = get_functional(functional)
    pairing = check_flag("pairing", pairing)
    check_window("Z", Z_range)
    check_window("N", N_range)
    mesh = get_mesh(box, step, uniform, wall)
    started = time.time()
    phases = Phases(chosen, mesh, pairing, Z_range, N_range, workers, scheduler, work)
    found, rounds = phases.lowest()
    rows = phases.described(found)
    chart = assemble(rows, chosen, pairing, mesh)
    # of this run; what is kept from an interrupted one is in cpu_seconds only
    chart.attrs |= {
        "wall_time_seconds": round(time.time() - started, 2),
        "resumed_tasks": phases.resumed,
        "rounds": rounds,
    }
    return chart


class Phases:
    """The phases of a chart, each of them one task for every element."""

    def __init__(self, functional, mesh: Mesh, pairing: bool, Z_range, N_range, workers: int, scheduler, work):
        self.functional, self.mesh, self.pairing, self.N_range = functional, mesh, pairing, N_range
        self.workers, self.scheduler, self.resumed = workers, scheduler, 0
        self.label = f"{functional.name}{', paired' if pairing else ''}"
        # the longest chains first, so that no worker is left with one at the end
        protons = range(Z_range[0], Z_range[1] + 1, 2)
        self.elements = sorted(protons, key=lambda Z: -abs(Z - 30) if Z < 30 else -Z)
        self.folder = tasks_folder(functional, pairing, mesh, N_range, work)

    def run(self, phase: str, function, arguments: dict[int, tuple]) -> dict[int, Any]:
        """What a function makes of the arguments of each element."""
        tasks = {f"Z{Z:03d}": each for Z, each in arguments.items()}
        label = f"{self.label}: {phase}"
        results, resumed = resume_tasks(
            function, tasks, self.folder / phase, self.workers, self.scheduler, label, "chain"
        )
        self.resumed += resumed
        return {Z: results[f"Z{Z:03d}"] for Z in arguments}

    def lowest(self) -> tuple[Chart, int]:
        """All nuclei in their lowest states, and the rounds it took to find them."""
        where = (self.functional, self.mesh)
        chains = self.run("walk", walk, {Z: (Z, *where, self.pairing, self.N_range) for Z in self.elements})
        found = {at: minimum for chain in chains.values() for at, minimum in chain.items()}
        news = set(found)
        for round_number in range(1, ROUNDS + 1):
            tasks: dict[int, list] = {}
            for best, near in concerned(found, news):
                tasks.setdefault(best.Z, []).append((best, near))
            arguments = {Z: (tasks[Z], *where) for Z in self.elements if Z in tasks}
            improved = self.run(f"round-{round_number}", improve_all, arguments)
            news = taken_over(found, itertools.chain(*improved.values()))
            if not news:
                break
        return found, round_number

    def described(self, found: Chart) -> list[dict]:
        """Observables of all nuclei found."""
        chains = {Z: {at: found[at] for at in found if at[0] == Z} for Z in self.elements}
        rows = self.run("describe", describe, {Z: (chains[Z], self.functional, self.mesh) for Z in self.elements})
        return [row for Z in sorted(rows) for row in rows[Z]]


def tasks_folder(functional: Functional, pairing: bool, mesh: Mesh, N_range, work: Path | None = None) -> Path:
    """Where finished tasks of a chart with these settings wait until the chart is complete."""
    settings = {
        "functional": repr(functional), "pairing": pairing, "N_range": [int(N) for N in N_range], "code": chart_hash(functional),
        "mesh": [mesh.box, mesh.step, repr(mesh.stretch), mesh.wall],
    }  # fmt: skip
    return task_folder(work or DATA / ".work", "chart", settings)


def bound_nuclei(rows: list[dict]) -> list[dict]:
    """Those nuclei of a chart that are bound.

    Both Fermi energies are below zero, and no lighter isotope or isotone of which that is true lies lower: no number of
    pairs of neutrons, or of protons, is lost.  Each row gains its ``two_neutron_separation_energy`` and
    ``two_proton_separation_energy`` (MeV), NaN where the lighter nucleus is not bound by its levels, or beyond the window.

    Raises
    ------
    ValueError
        if there is none.
    """
    energy = {}
    for row in rows:
        if max(row["neutron_fermi_energy"], row["proton_fermi_energy"]) < 0:
            energy[row["Z"], row["N"]] = row["energy"] + row["pairing_energy"]
    bound = []
    for row in rows:
        Z, N = row["Z"], row["N"]
        here = energy.get((Z, N), np.inf)
        isotopes = [energy[z, n] for z, n in energy if z == Z and n < N]
        isotones = [energy[z, n] for z, n in energy if n == N and z < Z]
        if here < min(isotopes + isotones, default=np.inf):
            separation = {}
            for q, left in ("neutron", (Z, N - 2)), ("proton", (Z - 2, N)):
                name = f"two_{q}_separation_energy"
                separation[name] = energy.get(left, np.nan) - here
            bound.append(row | separation)
    if not bound:
        raise ValueError("no bound nucleus: widen Z_range or N_range")
    return bound


def stacked(rows: list[dict], name: str) -> np.ndarray:
    """One variable of all rows, (nucleus, ...); shorter tables of levels are padded with NaN, or with empty text."""
    values = [np.asarray(row[name]) for row in rows]
    if "level" not in CHART_VARIABLES[name].dims:
        return np.stack(values)
    longest = max(map(len, values))
    kind, fill = ("U1", "") if values[0].dtype.kind == "U" else (float, np.nan)
    table = np.full((len(rows), longest), fill, dtype=kind)
    for line, value in zip(table, values, strict=True):
        line[: len(value)] = value
    return table


def assemble(rows: list[dict], functional: Functional, pairing: bool, mesh: Mesh) -> xr.Dataset:
    """The chart of all rows that are bound."""
    bound = bound_nuclei(rows)
    numbers = {name: np.array([row[name] for row in bound]) for name in ("Z", "N")}
    return labelled(
        {name: stacked(bound, name) for name in CHART_VARIABLES} | numbers | {"r": NETWORK_MESH},
        CHART_VARIABLES | CHART_COORDINATES,
        coords=CHART_COORDINATES,
        attrs=discovery(
            title=f"Spherical even-even nuclei of {functional.name}, {'BCS pairing' if pairing else 'no pairing'}",
            summary=f"Energies and radii{'' if pairing else ', densities, potentials and levels'} of the {len(bound)} spherical "
            f"even-even nuclei that the covariant energy density functional {functional.name} binds.",
            keywords="covariant density functional, relativistic mean field, chart of nuclides, nuclear densities",
            source=f"spherical relativistic mean-field calculation with {functional.name}",
            history=f"python -m lib charts {functional.name}{' --pairing' if pairing else ''}",
            identity=f"chart-{functional.name}{'-paired' if pairing else ''}",
        )
        | {
            "functional": functional.name,
            "couplings": repr(functional),
            "nucleon_mass": functional.nucleon_mass,
            "pairing": int(pairing),
            "box_fm": mesh.box,
            "step_fm": mesh.step,
            "stretch_fm": mesh.stretch,
            "wall": int(mesh.wall),
            "computed_nuclei": len(rows),
            "code_hash": chart_hash(functional),
            "code_version": code_version(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "cpu_seconds": round(float(sum(row["seconds"] for row in rows)), 2),
        },
    )


def missing_isotopes(chart: xr.Dataset) -> list[tuple[int, int]]:
    """(Z, N) of the even isotopes that a chart does not hold though it has lighter and heavier ones of their element."""
    missing = []
    for Z in np.unique(chart.Z.values).tolist():
        held = chart.N.values[chart.Z.values == Z]
        missing += [(Z, N) for N in range(int(held.min()), int(held.max()), 2) if N not in held]
    return missing


def not_in_chart(chart: xr.Dataset, Z: int, N: int, mesh: Mesh) -> Minimum:
    """A nucleus that the chart does not hold, in the lowest state that is found from those around it that it holds.

    Raises
    ------
    ValueError
        if it holds none of them.
    UnboundNucleusError
        if the potential has no room for the nucleons.
    NoConvergenceError
        if no attempt converges.
    """
    held = set(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True))
    isotopes = sorted((n for z, n in held if z == Z), key=lambda n: abs(n - N))
    around = [(Z, n) for n in isotopes[:2]] + [(z, N) for z in (Z - 2, Z + 2) if (z, N) in held]
    if not around:
        raise ValueError(f"Z = {Z}, N = {N} has no neighbour in the chart of {chart.functional}: take one nearer to it")
    functional = get_functional(chart.functional)
    neighbours = [minimum_of(solved_again(store.select(chart, *each), mesh)) for each in around]
    first = settle(Z, N, functional, mesh, start=neighbours[0].state)
    return improve(first, neighbours, functional, mesh)


def chart_path(functional: str, pairing: bool = False) -> Path:
    """``data/<functional>.nc``; ``data/<functional>-paired.nc`` with pairing, which holds no profiles and no levels."""
    return DATA / f"{get_functional(functional).name}{'-paired' if pairing else ''}.nc"


def load_chart(functional: str = "PC-PK1", *, pairing: bool = False, path: Path | None = None) -> xr.Dataset:
    """The chart of a functional from ``data/``, in memory.

    Raises
    ------
    FileNotFoundError
        if it has not been made yet.
    ValueError
        if the functional is unknown, pairing neither True nor False, or the file damaged, made by other code or of other couplings.
    """
    chosen = get_functional(functional)
    check_flag("pairing", pairing)
    path = path or chart_path(functional, pairing)
    command = f"python -m lib charts{'' if chosen.name in PAPER_FUNCTIONALS else f' {chosen.name}'}"
    remedy = f"run `{command}{' --pairing' if pairing else ''}` (a minute or two)"
    dataset = store.read(path, remedy)
    if dataset.attrs.get("code_hash") != chart_hash(chosen):
        raise ValueError(f"{path} was made by other code ({dataset.attrs.get('code_hash')}): {remedy}")
    for name, wanted in (("functional", chosen.name), ("couplings", repr(chosen)), ("pairing", int(pairing))):
        if dataset.attrs.get(name) != wanted:
            raise ValueError(f"{path} has {name} = {dataset.attrs.get(name)}, not {wanted}: {remedy}")
    return dataset


def is_current(functional: str = "PC-PK1", *, pairing: bool = False, path: Path | None = None) -> bool:
    """Whether the chart is there, of this functional, and made by the present code; arguments of :func:`load_chart`."""
    try:
        load_chart(functional, pairing=pairing, path=path)
    except (FileNotFoundError, ValueError):
        return False  # it will be made again
    return True
