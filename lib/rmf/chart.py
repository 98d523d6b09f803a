"""The chart of nuclides: every bound even-even nucleus of a functional, computed along isotopic chains.

``python -m lib charts`` makes ``data/PC-PK1.nc`` and ``data/PC-F1.nc``, from which everything else follows.

One task is one isotopic chain.  It starts near the valley of stability and walks to both drip lines, each nucleus from
the field of its neighbour, and on a few steps beyond the first unbound one.  Finished chains are kept in
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
from lib.rmf.field import State
from lib.rmf.functionals import Functional, get_functional
from lib.rmf.iteration import NoConvergenceError, Solution, UnboundNucleusError, iterate
from lib.rmf.lowest import ground_state
from lib.rmf.mesh import NETWORK_BOX_FM, NETWORK_MESH, get_mesh
from lib.rmf.observables import UNITS, observables
from lib.rmf.solver import check_nucleus
from lib.tasks import resume_tasks, task_folder

Z_RANGE = (8, 100)
N_RANGE = (8, 156)
CHART_BOX_FM = NETWORK_BOX_FM
"""The chart's box ends where the networks' mesh ends, so that the sum over the mesh *is* the energy."""
CHART_STEP_FM = 0.1
BEYOND_DRIP = 3
"""Unbound nuclei computed beyond each drip line, to see whether binding comes back behind it."""


def chart_hash() -> str:
    """Hash of the code that decides what is in a chart; a chart of other code is stale."""
    return code_hash(chain, Functional, bound_nuclei)


def stability_N(Z: int) -> int:
    """Even neutron number near the valley of stability, from the liquid drop, Z = A / (1.98 + 0.0155 A^(2/3))."""
    A = np.arange(2 * Z, 3.2 * Z + 4)
    nearest = A[np.argmin(np.abs(A / (1.98 + 0.0155 * A ** (2 / 3)) - Z))]
    return int(round((nearest - Z) / 2) * 2)


def chain(
    Z: int,
    functional: Functional,
    pairing: bool = False,
    box: float = CHART_BOX_FM,
    N_range: tuple[int, int] = N_RANGE,
) -> list[dict]:
    """All isotopes of one element between the drip lines and a little beyond, each as a dict of observables.

    The keys are those of :data:`lib.rmf.observables.UNITS`, with ``Z``, ``N`` and ``seconds``.
    """
    mesh = get_mesh(box, CHART_STEP_FM)
    first = int(np.clip(stability_N(Z), *N_range))
    solutions: dict[int, Solution] = {}
    seconds: dict[int, float] = {}

    def attempt(N: int, start: State | None) -> Solution:
        clock = time.perf_counter()
        solution = ground_state(Z, N, functional, mesh, pairing, start)
        seconds[N] = seconds.get(N, 0.0) + time.perf_counter() - clock
        return solution

    for direction in (+2, -2):
        unbound, N = 0, first if direction > 0 else first - 2
        while N_range[0] <= N <= N_range[1] and unbound < BEYOND_DRIP:
            neighbour = solutions.get(N - direction)
            try:
                solutions[N] = attempt(N, neighbour.state if neighbour else None)
            except UnboundNucleusError:
                break  # so far out that the potential has no room for the nucleons
            except NoConvergenceError:
                # beyond the drip line a nucleon sits in the box continuum and the field may have no fixed point; a bound
                # nucleus that fails is an error
                if unbound == 0:
                    raise
                break
            unbound = 0 if solutions[N].bound else unbound + 1
            N += direction
    if not pairing:
        # walking back: a nucleus may have a lower state in the arrangement of its outer neighbour
        for direction in (-2, +2):
            inward = [N for N in sorted(solutions, reverse=direction < 0) if (N - first) * direction <= 0]
            for N in inward:
                neighbour = solutions.get(N - direction)
                if neighbour is None:
                    continue
                clock = time.perf_counter()
                energy = solutions[N].sum_rule_energy
                known = {q: filling.held for q, filling in solutions[N].fillings.items()}
                other = iterate(Z, N, functional, mesh, start=neighbour.state, ceiling=energy, excluded=[known])
                seconds[N] += time.perf_counter() - clock
                if other.converged and other.sum_rule_energy < energy - 1e-6:
                    solutions[N] = attempt(N, other.state)
    return [observables(solutions[N]) | {"Z": Z, "N": N, "seconds": seconds[N]} for N in sorted(solutions)]


def chains_folder(functional: Functional, pairing: bool, box: float, N_range, work: Path | None = None) -> Path:
    """Where finished chains of a chart with these settings wait until the chart is complete."""
    settings = {
        "functional": repr(functional), "pairing": pairing, "box": box, "N_range": list(N_range), "code": chart_hash()
    }  # fmt: skip
    return task_folder(work or DATA / ".work", "chart", settings)


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
    Z_range, N_range : first and last even proton and neutron number.
    box : radius of the box in fm.
    workers : local processes.
    scheduler : address of a Dask scheduler (``tcp://host:8786``) instead of local processes.
    work : folder for finished chains, ``data/.work`` by default; a run that was interrupted goes on from there.

    Returns
    -------
    ``xarray.Dataset`` along ``nucleus`` (coords ``Z``, ``N``), ``r`` and ``level`` (padded with NaN), in the names and
    units of :data:`lib.rmf.observables.UNITS`; with ``two_neutron_separation_energy`` and ``two_proton_separation_energy``
    (MeV, of E_CDFT) and the provenance in its attributes.

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
    for name, window in (("Z", Z_range), ("N", N_range)):
        if len(window) != 2:
            raise ValueError(f"{name}_range = {window!r} is no range: give (first, last)")
        low, high = window
        check_nucleus(*((low, 8) if name == "Z" else (8, low)))
        check_nucleus(*((high, 8) if name == "Z" else (8, high)))
        if low > high:
            raise ValueError(f"{name}_range = {(low, high)} is reversed: give (first, last)")
    get_mesh(box, CHART_STEP_FM)
    started = time.time()
    folder = chains_folder(chosen, pairing, box, N_range, work)
    # the longest chains first, so that no worker is left with one at the end
    protons = sorted(range(Z_range[0], Z_range[1] + 1, 2), key=lambda Z: -abs(Z - 30) if Z < 30 else -Z)
    tasks = {f"Z{Z:03d}": (Z, chosen, pairing, box, N_range) for Z in protons}
    label = f"{chosen.name}{', paired' if pairing else ''}"
    chains, resumed = resume_tasks(chain, tasks, folder, workers, scheduler, label, "chain")
    rows = [row for name in sorted(chains) for row in chains[name]]
    chart = _assemble(rows, chosen, pairing, box)
    # of this run; chains kept from an interrupted one are in cpu_seconds only
    chart.attrs |= {"wall_time_seconds": round(time.time() - started, 2), "resumed_chains": resumed}
    return chart


def bound_nuclei(rows: list[dict]) -> list[dict]:
    """Those nuclei of a chart that are bound: both Fermi energies and, where they are known, S_2n and S_2p have the right sign.

    Each of ``rows`` is given its ``two_neutron_separation_energy`` and ``two_proton_separation_energy`` (MeV).

    Raises
    ------
    ValueError
        if there is none.
    """
    energy = {(row["Z"], row["N"]): row["energy"] + row["pairing_energy"] for row in rows}

    def separation(row, dZ, dN):
        neighbour = energy.get((row["Z"] - dZ, row["N"] - dN), np.nan)
        return neighbour - energy[row["Z"], row["N"]]

    kept = []
    for row in rows:
        row["two_neutron_separation_energy"] = separation(row, 0, 2)
        row["two_proton_separation_energy"] = separation(row, 2, 0)
        fermi = max(row["neutron_fermi_energy"], row["proton_fermi_energy"])
        # a separation energy that has no neighbour in the window is not known to be negative
        unstable = row["two_neutron_separation_energy"] <= 0 or row["two_proton_separation_energy"] <= 0
        if fermi < 0 and not unstable:
            kept.append(row)
    if not kept:
        raise ValueError("no bound nucleus in the window: widen Z_range or N_range")
    return kept


def _assemble(rows: list[dict], functional: Functional, pairing: bool, box: float) -> xr.Dataset:
    kept = bound_nuclei(rows)
    units = {
        **UNITS,
        "two_neutron_separation_energy": (
            "MeV",
            "S_2n of E_CDFT (with the pairing energy, where there is pairing)",
        ),
        "two_proton_separation_energy": (
            "MeV",
            "S_2p of E_CDFT (with the pairing energy, where there is pairing)",
        ),
        "seconds": ("s", "computing time of the nucleus"),
    }
    levels = max(len(row["level_energy"]) for row in kept)
    variables = {}
    for name, (unit, text) in units.items():
        first = kept[0][name]
        if np.ndim(first) == 0:
            dims, values = ("nucleus",), np.array([row[name] for row in kept])
        elif len(first) == len(NETWORK_MESH) and name not in ("particle",) and unit != "1":
            dims, values = ("nucleus", "r"), np.stack([row[name] for row in kept])
        else:
            dims = ("nucleus", "level")
            fill = "" if name == "particle" else np.nan
            values = np.full((len(kept), levels), fill, dtype="U1" if name == "particle" else float)
            for i, row in enumerate(kept):
                values[i, : len(row[name])] = row[name]
        variables[name] = (dims, values, {"units": unit, "long_name": text})
    return xr.Dataset(
        variables,
        coords={
            "Z": ("nucleus", [row["Z"] for row in kept], {"units": "1", "long_name": "proton number"}),
            "N": ("nucleus", [row["N"] for row in kept], {"units": "1", "long_name": "neutron number"}),
            "r": ("r", NETWORK_MESH, {"units": "fm", "long_name": "radius"}),
        },
        attrs={
            "title": f"Spherical even-even nuclei of {functional.name}, {'BCS pairing' if pairing else 'no pairing'}",
            "license": "CC-BY-4.0",
            "functional": functional.name,
            "couplings": repr(functional),
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


def is_current(path: Path) -> bool:
    """Whether the file at ``path`` is a chart made by the present code."""
    try:
        return store.read(path, "").attrs.get("code_hash") == chart_hash()
    except (FileNotFoundError, ValueError):
        return False  # it will be made again


def load_chart(functional: str = "PC-PK1", *, pairing: bool = False, path: Path | None = None) -> xr.Dataset:
    """The chart of a functional from ``data/``, in memory.

    Raises
    ------
    FileNotFoundError
        if it has not been made yet.
    ValueError
        if the functional is unknown or the file is damaged or made by other code.
    """
    path = path or chart_path(functional, pairing)
    remedy = f"run `python -m lib charts{' --pairing` (a few minutes)' if pairing else '` (about two minutes)'}"
    dataset = store.read(path, remedy)
    if dataset.attrs.get("code_hash") != chart_hash():
        raise ValueError(f"{path} was made by other code ({dataset.attrs.get('code_hash')}): {remedy}")
    return dataset
