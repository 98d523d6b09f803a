"""The chart of nuclides: every bound even-even nucleus of a functional, computed along isotopic chains.

``python -m lib charts`` makes ``data/PC-PK1.nc`` and ``data/PC-F1.nc``, from which everything else follows.

One task is one isotopic chain (:class:`Isotopes`).  It starts near the valley of stability and walks to both drip lines,
each nucleus from the field of its neighbour, and on a few steps beyond the first unbound one; then back, since a nucleus
may have a lower state in the order of levels of its outer neighbour.  Finished chains are kept in
``data/.work`` until the file is complete, so an interrupted run resumes; they run on local processes by default, on a
Dask cluster by the address of its scheduler (:mod:`lib.tasks`).
"""

from __future__ import annotations

import platform
import time
from pathlib import Path

import numpy as np
import xarray as xr

from lib import store
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.functionals import Functional, PointCoupling, get_functional
from lib.rmf.iteration import AboveBest, KnownOrder, NoConvergenceError, Solution, iterate
from lib.rmf.lowest import LOWER_MEV, ground_state
from lib.rmf.mesh import NETWORK_BOX_FM, NETWORK_MESH, Mesh, get_mesh
from lib.rmf.observables import COORDINATES, VARIABLES, observables
from lib.rmf.occupation import UnboundNucleusError
from lib.rmf.solver import check_number
from lib.store import Variable, discovery, labelled
from lib.tasks import resume_tasks, task_folder

Z_RANGE = (8, 100)
N_RANGE = (8, 156)
CHART_BOX_FM = NETWORK_BOX_FM
"""The chart's box ends where the networks' mesh ends, so that the sum over the mesh *is* the energy."""
CHART_STEP_FM = 0.1
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


def chart_hash() -> str:
    """Hash of the code that decides what is in a chart; a chart of other code is stale."""
    return code_hash(chain, PointCoupling, bound_nuclei)


def stability_N(Z: int) -> int:
    """Even neutron number near the valley of stability, from the liquid drop, Z = A / (1.98 + 0.0155 A^(2/3))."""
    A = np.arange(2 * Z, 3.2 * Z + 4)
    nearest = A[np.argmin(np.abs(A / (1.98 + 0.0155 * A ** (2 / 3)) - Z))]
    return int(round((nearest - Z) / 2) * 2)


class Isotopes:
    """The isotopes of one element that are solved so far, each with its computing time in seconds."""

    def __init__(self, Z: int, functional: Functional, mesh: Mesh, paired: bool, N_range: tuple[int, int]):
        self.Z, self.functional, self.mesh, self.paired, self.N_range = Z, functional, mesh, paired, N_range
        self.first = int(np.clip(stability_N(Z), *N_range))
        self.solutions: dict[int, Solution] = {}
        self.seconds: dict[int, float] = {}

    def solve(self, N: int, solver, *arguments, **settings) -> Solution:
        """What ``ground_state`` or ``iterate`` makes of one isotope, on its time."""
        clock = time.perf_counter()
        solution = solver(self.Z, N, self.functional, self.mesh, self.paired, *arguments, **settings)
        self.seconds[N] = self.seconds.get(N, 0.0) + time.perf_counter() - clock
        return solution

    def walk_outward(self, N: int, direction: int) -> None:
        """From N on, each nucleus from the field of the one before, to a few steps beyond the first unbound one."""
        unbound = 0
        while self.N_range[0] <= N <= self.N_range[1] and unbound < BEYOND_DRIP:
            inner = self.solutions.get(N - direction)
            try:
                start = inner.state if inner else None
                solution = self.solve(N, ground_state, start)
            except UnboundNucleusError:
                break  # so far out that the potential has no room for the nucleons
            except NoConvergenceError:
                # beyond the drip line a nucleon is in the box continuum, and
                # there may be no fixed point; a bound nucleus has one
                if unbound == 0:
                    raise
                break
            self.solutions[N] = solution
            unbound = 0 if solution.bound else unbound + 1
            N += direction

    def walk_back(self, direction: int) -> None:
        """From the outermost to the first: a nucleus may have a lower state in the order of its outer neighbour."""
        for N in sorted(self.solutions, reverse=direction < 0):
            outer = self.solutions.get(N - direction)
            if (N - self.first) * direction > 0 or outer is None:
                continue
            best = self.solutions[N]
            stops = [AboveBest(best.sum_rule_energy), KnownOrder([best.order])]
            trial = self.solve(N, iterate, outer.state, stops=stops)
            if trial.converged and trial.sum_rule_energy < best.sum_rule_energy - LOWER_MEV:
                self.solutions[N] = self.solve(N, ground_state, trial.state)

    def rows(self) -> list[dict]:
        """Observables of each isotope, with ``Z``, ``N`` and ``seconds``."""
        return [
            observables(self.solutions[N]) | {"Z": self.Z, "N": N, "seconds": self.seconds[N]}
            for N in sorted(self.solutions)
        ]


def chain(
    Z: int,
    functional: Functional,
    pairing: bool = False,
    box: float = CHART_BOX_FM,
    N_range: tuple[int, int] = N_RANGE,
) -> list[dict]:
    """All isotopes of one element between the drip lines and a little beyond, each as a dict of observables.

    The keys are those of :data:`lib.rmf.observables.VARIABLES`, with ``Z``, ``N`` and ``seconds``.
    """
    isotopes = Isotopes(Z, functional, get_mesh(box, CHART_STEP_FM), pairing, N_range)
    isotopes.walk_outward(isotopes.first, +2)
    isotopes.walk_outward(isotopes.first - 2, -2)
    if not pairing:  # with pairing there is no order of the levels to take over
        isotopes.walk_back(-2)
        isotopes.walk_back(+2)
    return isotopes.rows()


def chains_folder(functional: Functional, pairing: bool, box: float, N_range, work: Path | None = None) -> Path:
    """Where finished chains of a chart with these settings wait until the chart is complete."""
    settings = {
        "functional": repr(functional), "pairing": pairing, "box": box, "N_range": list(N_range), "code": chart_hash()
    }  # fmt: skip
    return task_folder(work or DATA / ".work", "chart", settings)


def check_window(name: str, window: tuple[int, int]) -> None:
    """Refuse a range of numbers of protons or neutrons that is none.

    Raises
    ------
    ValueError
        naming the range, by ``name``, and the remedy.
    """
    if len(window) != 2:
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
    box: float = CHART_BOX_FM,
    workers: int = 2,
    scheduler: str | None = None,
    work: Path | None = None,
) -> xr.Dataset:
    """Compute the chart: all bound even-even nuclei of the window, one row each.

    Parameters
    ----------
    Z_range, N_range
        first and last even proton and neutron number.
    box
        radius of the box in fm.
    workers
        local processes.
    scheduler
        address of a Dask scheduler (``tcp://host:8786``) instead of local processes.
    work
        folder for finished chains, ``data/.work`` by default; a run that was interrupted goes on from there.

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
    if not isinstance(pairing, bool):
        raise ValueError(f"pairing = {pairing!r} is neither True nor False")
    check_window("Z", Z_range)
    check_window("N", N_range)
    get_mesh(box, CHART_STEP_FM)
    started = time.time()
    folder = chains_folder(chosen, pairing, box, N_range, work)
    # the longest chains first, so that no worker is left with one at the end
    protons = sorted(range(Z_range[0], Z_range[1] + 1, 2), key=lambda Z: -abs(Z - 30) if Z < 30 else -Z)
    tasks = {f"Z{Z:03d}": (Z, chosen, pairing, box, N_range) for Z in protons}
    label = f"{chosen.name}{', paired' if pairing else ''}"
    chains, resumed = resume_tasks(chain, tasks, folder, workers, scheduler, label, "chain")
    rows = [row for name in sorted(chains) for row in chains[name]]
    chart = assemble(rows, chosen, pairing, box)
    # of this run; chains kept from an interrupted one are in cpu_seconds only
    chart.attrs |= {"wall_time_seconds": round(time.time() - started, 2), "resumed_chains": resumed}
    return chart


def bound_nuclei(rows: list[dict]) -> list[dict]:
    """Those nuclei of a chart that are bound: both Fermi energies and, where they are known, S_2n and S_2p have the right sign.

    Each row gains its ``two_neutron_separation_energy`` and ``two_proton_separation_energy`` (MeV, NaN if not known).

    Raises
    ------
    ValueError
        if there is none.
    """
    energy = {}
    for row in rows:
        energy[row["Z"], row["N"]] = row["energy"] + row["pairing_energy"]
    bound = []
    for row in rows:
        Z, N = row["Z"], row["N"]
        S_2n = energy.get((Z, N - 2), np.nan) - energy[Z, N]
        S_2p = energy.get((Z - 2, N), np.nan) - energy[Z, N]
        fermi = max(row["neutron_fermi_energy"], row["proton_fermi_energy"])
        # S is NaN, and not <= 0, where the neighbour was not computed
        if fermi < 0 and not (S_2n <= 0 or S_2p <= 0):
            separation = {
                "two_neutron_separation_energy": S_2n,
                "two_proton_separation_energy": S_2p,
            }
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


def assemble(rows: list[dict], functional: Functional, pairing: bool, box: float) -> xr.Dataset:
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
            "box_fm": box,
            "step_fm": CHART_STEP_FM,
            "computed_nuclei": len(rows),
            "code_hash": chart_hash(),
            "code_version": code_version(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "cpu_seconds": round(float(sum(row["seconds"] for row in rows)), 2),
        },
    )


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
        if the functional is unknown or the file is damaged, made by other code or of other couplings.
    """
    chosen = get_functional(functional)
    path = path or chart_path(functional, pairing)
    remedy = f"run `python -m lib charts{' --pairing` (a few minutes)' if pairing else '` (about two minutes)'}"
    dataset = store.read(path, remedy)
    if dataset.attrs.get("code_hash") != chart_hash():
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
