"""The chart of nuclides: every bound even-even nucleus of a functional, computed along isotopic chains.

``python -m lib.chart`` makes ``data/PC-PK1.nc`` and ``data/PC-F1.nc``, from which everything else follows.

One task is one isotopic chain.  It starts near the valley of stability and walks to both drip lines, each nucleus from
the field of its neighbour, and on a few steps beyond the first unbound one.  Finished chains are kept in
``data/.work`` until the file is complete, so an interrupted run resumes; they run on local processes by default, on a
Dask cluster by the address of its scheduler (:mod:`lib.tasks`).
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import xarray as xr

from lib.functionals import FUNCTIONALS, Functional, get_functional
from lib.mesh import NETWORK_BOX_FM, NETWORK_MESH, get_mesh
from lib.observables import UNITS, observables
from lib.provenance import code_version, source_hash
from lib.rmf import NoConvergenceError, Solution, State, UnboundNucleusError, check_nucleus, ground_state, iterate
from lib.tasks import add_engine_options, atomic_write, known_to, resume_tasks, task_folder

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
Z_RANGE = (8, 100)
N_RANGE = (8, 156)
CHART_BOX_FM = NETWORK_BOX_FM
"""The chart's box ends where the networks' mesh ends, so that the sum over the mesh *is* the energy."""
CHART_STEP_FM = 0.1
BEYOND_DRIP = 3
"""Unbound nuclei computed beyond each drip line, to see whether binding comes back behind it."""

PHYSICS_MODULES = ("functionals", "mesh", "dirac", "occupation", "pairing", "rmf", "observables", "chart")


def code_hash() -> str:
    """Hash of the modules that decide what is in a chart; a chart of other code is stale."""
    return source_hash(ROOT / "lib" / f"{name}.py" for name in PHYSICS_MODULES)


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

    The keys are those of :data:`lib.observables.UNITS`, with ``Z``, ``N`` and ``seconds``.
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
        "functional": repr(functional), "pairing": pairing, "box": box, "N_range": list(N_range), "code": code_hash()
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
    units of :data:`lib.observables.UNITS`; with ``two_neutron_separation_energy`` and ``two_proton_separation_energy``
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


def _assemble(rows: list[dict], functional: Functional, pairing: bool, box: float) -> xr.Dataset:
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
            "code_hash": code_hash(),
            "code_version": code_version(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "cpu_seconds": round(float(sum(row["seconds"] for row in rows)), 2),
        },
    )


DAMAGE = (OSError, KeyError, ValueError, RuntimeError)
"""What the netCDF reader raises on a damaged file, depending on where the damage is."""


def chart_path(functional: str, pairing: bool = False) -> Path:
    """``data/<functional>.nc``; ``data/<functional>-paired.nc`` with pairing, which holds no profiles and no levels."""
    return DATA / f"{get_functional(functional).name}{'-paired' if pairing else ''}.nc"


def write_chart(dataset: xr.Dataset, path: Path) -> None:
    """Write a chart, compressed, in one atomic step."""
    encoding = {
        name: {"zlib": True, "complevel": 1, "shuffle": True}
        for name, variable in dataset.data_vars.items()
        if variable.dtype.kind == "f" and variable.ndim > 1
    }
    atomic_write(path, lambda temporary: dataset.to_netcdf(temporary, engine="h5netcdf", encoding=encoding))


def is_current(path: Path) -> bool:
    """Whether the file at ``path`` is a chart made by the present code."""
    if not path.exists():
        return False
    try:
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            return dataset.attrs.get("code_hash") == code_hash()
    except DAMAGE:
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
    remedy = f"run `python -m lib.chart{' --pairing` (a few minutes)' if pairing else '` (about two minutes)'}"
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: {remedy}")
    try:
        dataset = xr.load_dataset(path, engine="h5netcdf")
    except DAMAGE as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and {remedy}") from error
    if dataset.attrs.get("code_hash") != code_hash():
        raise ValueError(f"{path} was made by other code ({dataset.attrs.get('code_hash')}): {remedy}")
    return dataset


def select(dataset: xr.Dataset, Z: int, N: int) -> xr.Dataset:
    """The row of one nucleus.

    Raises
    ------
    ValueError
        if the nucleus is not in the chart.
    """
    found = np.flatnonzero((dataset.Z.values == Z) & (dataset.N.values == N))
    if not len(found):
        raise ValueError(
            f"Z = {Z}, N = {N} is not among the {dataset.sizes['nucleus']} bound even-even nuclei of {dataset.functional}"
        )
    return dataset.isel(nucleus=int(found[0]))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make the charts data/PC-PK1.nc and data/PC-F1.nc.")
    parser.add_argument(
        "functionals", nargs="*", type=known_to(get_functional), help=f"default: {' '.join(FUNCTIONALS)}"
    )
    parser.add_argument(
        "--pairing", action="store_true", help="BCS pairing; energies and radii alone, to data/<functional>-paired.nc"
    )
    add_engine_options(parser)
    parser.add_argument("--force", action="store_true", help="make a chart even if the file is up to date")
    options = parser.parse_args(arguments)
    for name in options.functionals or FUNCTIONALS:
        path = chart_path(name, options.pairing)
        if is_current(path) and not options.force:
            continue
        dataset = make_chart(name, options.pairing, workers=options.workers, scheduler=options.scheduler)
        # the paired charts are committed, for energies and radii alone: they take minutes
        write_chart(dataset.drop_dims(["r", "level"]) if options.pairing else dataset, path)
        folder = chains_folder(get_functional(name), options.pairing, CHART_BOX_FM, N_RANGE)
        shutil.rmtree(folder, ignore_errors=True)
        print(
            f"{path.name}: {dataset.sizes['nucleus']} bound nuclei of {dataset.computed_nuclei} computed "
            f"in {dataset.wall_time_seconds:.0f} s",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main()
