"""Functionals learnt from a handful of nuclei, and what the solver makes of them.

A *run* learns couplings from the interaction energy densities of a few measured nuclei
(:func:`lib.learning.coupling_fit.fit_couplings`), puts the functional into the solver, and solves nuclei anew, from
Woods-Saxon wells, in the order of levels in which the functional that was to be learnt has them (particles move where that
order is not self-consistent).  ``python -m studies.handful`` makes the runs that are missing, group by group, and writes
``data/handful.nc`` after each group; ``--install`` writes the functionals of ``data/functionals``.

The design of the network is chosen by the runs of the group ``design``, on measured nuclei alone.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import platform
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from lib import store
from lib.learning.coupling_fit import Couplings, Fitted, farthest_first, fit_couplings
from lib.learning.errors import DISTANCE_BINS, rms
from lib.learning.known_region import distance, is_known
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.accuracy import solved_again
from lib.rmf.catalogue import FOLDER, get_functional
from lib.rmf.chart import chart_hash, load_chart
from lib.rmf.functionals import DD_PC1, PC_PK1, Functional
from lib.rmf.iteration import NoConvergenceError, Solution
from lib.rmf.mesh import NETWORK_MESH, get_mesh
from lib.rmf.neural import CHANNELS, write_functional
from lib.rmf.observables import radii
from lib.rmf.occupation import UnboundNucleusError
from lib.store import Variable, labelled
from lib.tasks import add_engine_options, alone, errors_in_one_line, kept_results, resume_tasks, task_folder

PATH = DATA / "handful.nc"
_REMEDY = "run `python -m studies.handful` (a quarter of an hour)"
COUNTS = (3, 5, 9, 30, 100)
"""How many nuclei the learning curves learn from."""
SEEDS = range(10)
INSTALLED = {"NPC-PK1": PC_PK1.name, "NPC-DD1": DD_PC1.name}
"""The functionals that are kept, each the first seed of its truth, by name – what they were to learn."""
KNOWN_JUDGED, FAR_JUDGED = 20, 10
"""Nuclei of a set that is judged: measured ones, and those of each range of distances beyond."""


@dataclass(frozen=True)
class Run:
    """What is learnt from what, and where it is judged."""

    group: str
    truth: str = PC_PK1.name
    inputs: str = "S, V"
    nuclei: int = 9
    rule: str = "farthest"
    seed: int = 0
    noise: float = 0.0
    units: int = Couplings.units
    prior: float = Couplings.prior
    steps: int = Couplings.steps
    judged: str = "all"

    @property
    def design(self) -> Couplings:
        """Of its network."""
        return Couplings(tuple(self.inputs.split(", ")), self.units, self.prior, self.steps)


SETTINGS = tuple(field.name for field in fields(Run))
_EACH = (0, 1, 2)
_BESIDE = (("S, V", 9), ("S, V, TV", 9), ("S, V", 30), ("S, V, TV", 30))
_OTHER = ((PC_PK1.name, "V"), (DD_PC1.name, "V"), (DD_PC1.name, "S"))
RUNS: tuple[Run, ...] = (
    *(
        Run("design", seed=seed, units=units, prior=prior, steps=steps, judged="inner")
        for units, prior, steps, seed in itertools.product((6, 12, 20), (1e-8, 1e-6), (0, 150), _EACH)
    ),
    Run("time", judged="first"),
    *(Run("curve", nuclei=count, seed=seed, judged="first") for count in COUNTS for seed in _EACH),
    *(Run("curve", nuclei=count, seed=seed, rule="random", judged="first") for count in COUNTS for seed in _EACH),
    *(Run("isovector", inputs=inputs, nuclei=count, seed=seed, judged="fresh") for inputs, count in _BESIDE for seed in _EACH),
    *(
        Run("isovector", inputs=inputs, seed=seed, rule="random", judged="fresh")
        for inputs in ("S, V", "S, V, TV")
        for seed in _EACH
    ),
    *(Run("class", truth=truth, inputs=inputs, seed=seed, judged="first") for truth, inputs in _OTHER for seed in _EACH),
    *(Run("noise", noise=noise, prior=1e-4, seed=seed, judged="first") for noise in (1e-4, 1e-3) for seed in _EACH),
    Run("chart"),
    Run("chart", truth=DD_PC1.name),
    *(Run("chart", seed=seed) for seed in SEEDS[1:]),
    *(Run("chart", truth=DD_PC1.name, seed=seed) for seed in SEEDS[1:2]),
)  # fmt: skip
"""All runs; what was tried by hand before lies among the designs: units, priors, with and without steps."""

# --- which nuclei -----------------------------------------------------------------------------------------------------


@functools.cache
def chart_of(truth: str) -> xr.Dataset:
    """The chart of what is to be learnt."""
    return load_chart(truth)


def nuclei_of(truth: str) -> list[tuple[int, int]]:
    """(Z, N) of its nuclei."""
    chart = chart_of(truth)
    return list(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True))


@functools.cache
def judged_sets(truth: str) -> dict[str, list[tuple[int, int]]]:
    """Nuclei by the name of the set: ``inner``, all measured, half of them the neutron-richest of their element; ``first`` and
    ``fresh``, measured ones and some of each range of distances, drawn without those before; ``all``."""
    nuclei = np.array(nuclei_of(truth))
    known, d = is_known(*nuclei.T), distance(*nuclei.T)
    rng = np.random.default_rng(19)
    places = np.arange(len(nuclei))
    outermost = [places[known & (nuclei[:, 0] == Z)][-1] for Z in np.unique(nuclei[known, 0])]
    taken = [places[known & np.isin(nuclei[:, 0], [8, 82])][0]]
    sets: dict[str, list[tuple[int, int]]] = {"all": [tuple(at) for at in nuclei.tolist()]}
    learnt = farthest_first(*nuclei.T, 9)
    free = np.array([tuple(at) not in learnt for at in nuclei.tolist()])

    def drawn(mask, count):
        there = places[mask & free & ~np.isin(places, taken)]
        chosen = rng.choice(there, count, replace=False)
        taken.extend(chosen)
        return chosen

    inner = [*drawn(np.isin(places, outermost), 12), *drawn(known, 12)]
    sets["inner"] = [tuple(at) for at in nuclei[sorted(inner)].tolist()]
    for name in ("first", "fresh"):
        masks = [(d >= low) & (d <= high) for low, high in DISTANCE_BINS.values()]
        chosen = [*drawn(known, KNOWN_JUDGED), *(at for mask in masks for at in drawn(mask, FAR_JUDGED))]
        sets[name] = [tuple(at) for at in nuclei[sorted(chosen)].tolist()]
    return sets


def learnt_by(run: Run) -> list[tuple[int, int]]:
    """(Z, N) of the nuclei a run learns from: by the rule, or drawn from the measured ones that no set judges."""
    nuclei = np.array(nuclei_of(run.truth))
    if run.rule == "farthest":
        return farthest_first(*nuclei.T, run.nuclei)
    sets = judged_sets(run.truth)
    judged = {*sets["inner"], *sets["first"], *sets["fresh"]}
    there = [tuple(at) for at in nuclei[is_known(*nuclei.T)].tolist() if tuple(at) not in judged]
    chosen = np.random.default_rng([run.seed, 1]).choice(len(there), run.nuclei, replace=False)
    return [there[i] for i in chosen]


# --- one run ----------------------------------------------------------------------------------------------------------


def learn(run: Run, name: str = "") -> Fitted:
    """The functional of a run."""
    truth = get_functional(run.truth)
    return fit_couplings(
        chart_of(run.truth), learnt_by(run), truth, run.design, run.seed, run.noise, name or f"{run.truth}, learnt"
    )


NUCLEUS = {
    "energy_error": Variable(("run", "nucleus"), "MeV", "E_CDFT of the learned functional less that of the one it learnt"),
    "charge_radius_error": Variable(("run", "nucleus"), "fm", "the same of the charge radius"),
    "neutron_radius_error": Variable(("run", "nucleus"), "fm", "the same of the neutron radius"),
    "level_error": Variable(("run", "nucleus"), "MeV", "rms error of the energies of the levels with particles"),
    "scalar_potential_error": Variable(("run", "nucleus"), "MeV", "rms error of S over the nucleons"),
    "vector_potential_error": Variable(("run", "nucleus"), "MeV", "rms error of V of the neutrons over the nucleons"),
    "iterations": Variable(("run", "nucleus"), "1", "self-consistent iterations"),
    "seconds": Variable(("run", "nucleus"), "s", "processor time of the iterations"),
    "converged": Variable(("run", "nucleus"), "1", "1 where the iteration converged, 0 where not; missing where not tried"),
    "learnt": Variable(("run", "nucleus"), "1", "1 for the nuclei that were learnt from"),
    "truth_seconds": Variable(("run", "nucleus"), "s", "processor time with the functional that was to be learnt, where measured"),
}  # fmt: skip
"""What is kept of each nucleus of a run."""
_NUMBERS = {
    "parameters": Variable(("run",), "1", "numbers that were learnt"),
    "last_layer_rms": Variable(("run",), "MeV fm-3/2", "error of E_int after the last layer was solved for, rms over the nuclei learnt"),
    "learning_rms": Variable(("run",), "MeV fm-3/2", "the same in the end"),
    "steps_taken": Variable(("run",), "1", "Levenberg-Marquardt steps taken"),
    "fit_seconds": Variable(("run",), "s", "processor time of learning"),
}  # fmt: skip


def compared(solution: Solution, row: xr.Dataset) -> dict[str, float]:
    """What a solution has otherwise than the row of a chart."""
    found = radii(solution.Z, solution.N, solution.functional, solution.levels, solution.densities, solution.state)
    potentials = solution.mesh.on_network_mesh(solution.state.potentials)
    weight = NETWORK_MESH**2 * row.vector_density.values
    names = ("scalar_potential", "neutron_vector_potential", "proton_vector_potential")
    off = [
        float(np.sqrt(weight @ (p - row[n].values) ** 2 / weight.sum())) for p, n in zip(potentials, names, strict=True)
    ]
    return {
        "energy_error": solution.sum_rule_energy - float(row.energy),
        "charge_radius_error": found["charge_radius"] - float(row.charge_radius),
        "neutron_radius_error": found["neutron_radius"] - float(row.neutron_radius),
        "level_error": level_error(solution, row),
        "scalar_potential_error": off[0],
        "vector_potential_error": off[1],
    }


def level_error(solution: Solution, row: xr.Dataset) -> float:
    """rms error of the energies of the levels with particles in both, MeV."""
    columns = [row[name].values for name in ("particle", "kappa", "n", "level_energy")]
    there = {(q, int(kappa), int(n)): energy for q, kappa, n, energy in zip(*columns, strict=True) if q}
    errors = []
    for q, levels in solution.levels.items():
        for (kappa, n), energy, occupation in zip(levels.labels, levels.energy, levels.occupation, strict=True):
            if occupation > 0 and (q, kappa, n) in there:
                errors.append(energy - there[q, kappa, n])
    return rms(np.array(errors))


def judge(functional: Functional, row: xr.Dataset) -> dict[str, float]:
    """One nucleus of a chart with another functional."""
    clock = time.process_time()
    try:
        solution = solved_again(row, get_mesh(), functional)
    except (NoConvergenceError, UnboundNucleusError):
        return {"converged": 0, "seconds": time.process_time() - clock}
    seconds = time.process_time() - clock
    return {**compared(solution, row), "iterations": solution.iterations, "seconds": seconds, "converged": 1}


def carry_out(run: Run) -> dict:
    """Learn, solve, compare: numbers of the run, and for each nucleus that is judged those of :data:`NUCLEUS`."""
    fitted, chart = learn(run), chart_of(run.truth)
    places = {at: i for i, at in enumerate(nuclei_of(run.truth))}
    learnt, rows = learnt_by(run), {}
    for at in judged_sets(run.truth)[run.judged]:
        row, beside = chart.isel(nucleus=places[at]), {}
        if run.group == "time":
            for _ in range(1 if rows else 2):  # the first of all loads compiled code
                beside["truth_seconds"] = judge(get_functional(run.truth), row)["seconds"]
        rows[at] = judge(fitted.functional, row) | beside | {"learnt": at in learnt}
    return {
        "parameters": fitted.functional.parameters,
        "last_layer_rms": fitted.last_layer_rms,
        "learning_rms": fitted.learning_rms,
        "steps_taken": fitted.steps,
        "fit_seconds": fitted.seconds,
        "rows": rows,
    }


# --- all of them ------------------------------------------------------------------------------------------------------


def assemble(done: dict[Run, dict], started: float) -> xr.Dataset:
    """All finished runs along ``run``, over the nuclei of both charts; ``started`` is when this session was, by time.time()."""
    nuclei = sorted({*nuclei_of(PC_PK1.name), *nuclei_of(DD_PC1.name)})
    place = {at: i for i, at in enumerate(nuclei)}
    values = {name: np.full((len(done), len(nuclei)), np.nan, dtype=np.float32) for name in NUCLEUS}
    for i, result in enumerate(done.values()):
        for at, row in result["rows"].items():
            for name, value in row.items():
                values[name][i, place[at]] = value
    Z, N = np.array(nuclei).T
    known = is_known(Z, N)
    numbers = {name: np.array([result[name] for result in done.values()], dtype=float) for name in _NUMBERS}
    coords = {name: np.array([getattr(run, name) for run in done]) for name in SETTINGS}
    coords |= {"Z": Z, "N": N, "known": known.astype(np.int8), "distance": distance(Z, N)}
    schema = NUCLEUS | _NUMBERS | {name: Variable(("run",), "1", text) for name, text in _TEXTS.items()}
    schema |= {
        "Z": Variable(("nucleus",), "1", "proton number"), "N": Variable(("nucleus",), "1", "neutron number"),
        "known": Variable(("nucleus",), "1", "1 where the mass is measured"),
        "distance": Variable(("nucleus",), "1", "smallest |N - N'| to a known isotope"),
    }  # fmt: skip
    attrs = {
        "title": f"{len(done)} functionals learnt from few nuclei, and what the solver makes of them",
        "license": store.LICENSE,
        "history": "python -m studies.handful",
        "code_version": code_version(),
        "chart_code_hash": chart_hash(),
        "code_hash": code_hash(carry_out),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpu_seconds": round(float(np.nansum(values["seconds"]) + numbers["fit_seconds"].sum()), 1),
        "wall_time_seconds": round(time.time() - started, 1),
    }
    return labelled(values | numbers | coords, schema, coords=coords, attrs=attrs)


_TEXTS = {
    "group": "what the run is for: design, time, curve, isovector, class, noise, chart",
    "truth": "the functional whose energy densities are learnt",
    "inputs": "densities that the couplings depend on",
    "nuclei": "how many nuclei are learnt from",
    "rule": "how they are chosen: farthest first, or at random",
    "seed": "of the hidden layer, of the noise, of random nuclei",
    "noise": "relative standard deviation of the energy densities that are learnt",
    "units": "of the hidden layer",
    "prior": "strength of the prior on the parameters",
    "steps": "largest number of Levenberg-Marquardt steps",
    "judged": "set of nuclei that is judged",
}


def load_handful(path: Path = PATH) -> xr.Dataset:
    """All runs; raises as :func:`lib.store.read_checked`."""

    def fault(dataset):
        missing = {*NUCLEUS, *_NUMBERS, *SETTINGS} - {*dataset.variables}
        return f"lacks {', '.join(sorted(missing))}" if missing else None

    return store.read_checked(path, _REMEDY, fault)


def summary(dataset: xr.Dataset) -> pd.DataFrame:
    """One row for each run: its settings and numbers; nuclei judged and ``converged`` (a share), rms errors in MeV ``known`` and in
    ranges of the distance, and the largest in absolute value, ``known_largest`` and ``far_largest``; those learnt do not count."""
    counted = (dataset.learnt == 0).values & (dataset.converged == 1).values
    error = np.where(counted, dataset.energy_error.values, np.nan)
    radius = np.where(counted, dataset.charge_radius_error.values, np.nan)
    known, d = dataset.known.values == 1, dataset.distance.values
    table = pd.DataFrame({name: dataset[name].values for name in (*SETTINGS, *_NUMBERS)})
    tried = np.isfinite(dataset.converged.values)
    table["tried"] = tried.sum(axis=1)
    table["converged"] = (dataset.converged.values == 1).sum(axis=1) / table.tried
    masks = {"known": known} | {name: (d >= low) & (d <= high) for name, (low, high) in DISTANCE_BINS.items()}
    masks["far"] = ~known
    for name, mask in masks.items():
        table[name] = [_over(rms, row[mask]) for row in error]
    for name in ("known", "far"):
        table[f"{name}_largest"] = [_over(np.max, np.abs(row[masks[name]])) for row in error]
        table[f"{name}_radius"] = [_over(rms, row[masks[name]]) for row in radius]
    return table


def _over(what, values: np.ndarray) -> float:
    """Of those that are there; NaN if none is."""
    there = values[np.isfinite(values)]
    return float(what(there)) if len(there) else np.nan


def best_design(table: pd.DataFrame) -> dict[str, float]:
    """Units and prior with the lowest geometric mean of the rms errors of the group ``design``, all of measured nuclei."""
    own = table[table.group == "design"]
    score = np.log(own.known).groupby([own[name] for name in ("units", "prior")]).mean()
    return dict(zip(score.index.names, score.idxmin(), strict=True))


def install(name: str) -> Path:
    """Write the file of a functional of :data:`INSTALLED`, with what its run has shown.

    Raises
    ------
    ValueError
        if its run over the whole chart is not there.
    """
    run = next(run for run in RUNS if run.group == "chart" and run.truth == INSTALLED[name])
    table = summary(load_handful())
    own = table[(table[list(SETTINGS)] == pd.Series(asdict(run))).all(axis=1)]
    if own.empty:
        raise ValueError(f"{PATH} does not have the run of {name}: {_REMEDY}")
    chart, fitted = chart_of(run.truth), learn(run, name)
    profiles = (chart[f"{channel}_density"].values for channel in ("scalar", "vector", "isovector"))
    tested = {channel: (float(p.min()), float(p.max())) for channel, p in zip(CHANNELS, profiles, strict=True)}
    row = own.iloc[0]
    story = {
        "learnt from": f"interaction energy densities of {run.truth}",
        "nuclei (Z, N)": [list(at) for at in learnt_by(run)],
        "how": "least squares for the last layer, then Levenberg-Marquardt",
        "design": {name: getattr(run, name) for name in ("units", "prior", "steps", "seed")},
        "tested on": f"{int(row.tried)} nuclei of the chart of {run.truth}, without pairing",
        "rms error (MeV)": {name: float(f"{row[name]:.3g}") for name in ("known", *DISTANCE_BINS)},
        "largest error (MeV)": float(f"{max(row.known_largest, row.far_largest):.3g}"),
        "rms error of the charge radius (fm)": {
            name: float(f"{row[f'{name}_radius']:.3g}") for name in ("known", "far")
        },
        "converged (share)": float(row.converged),
        "pairing strengths": f"those of {run.truth}, not learnt",
        "licence": store.LICENSE,
        "made by": f"python -m studies.handful --install, code {code_version()}",
    }
    path = FOLDER / f"{name}.json"
    write_functional(replace(fitted.functional, tested=tested, story=story), path)
    return path


def main(arguments: list[str] | None = None) -> None:
    groups = tuple(dict.fromkeys(run.group for run in RUNS))
    parser = argparse.ArgumentParser(description="Functionals learnt from a handful of nuclei, in the solver.")
    parser.add_argument("groups", nargs="*", metavar="group", help=f"default: {' '.join(groups)}")
    parser.add_argument("--install", action="store_true", help="write data/functionals, too")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    started = time.time()
    with errors_in_one_line(), alone(PATH):
        for group in options.groups or groups:
            tasks = {task_name(run): (run,) for run in RUNS if run.group == group}
            resume_tasks(carry_out, tasks, work_folder(), options.workers, options.scheduler, group, "run")
            store.write(assemble(finished(), started), PATH)
        if options.install:
            for name in INSTALLED:
                install(name)


def task_name(run: Run) -> str:
    """What a run is kept by."""
    return "-".join(str(value).replace(", ", "+") for value in asdict(run).values())


def work_folder() -> Path:
    """Where finished runs wait; those of other code are not looked at."""
    return task_folder(DATA / ".work", "handful", {"code": code_hash(carry_out)})


def finished() -> dict[Run, dict]:
    """All runs that are kept, from this and from earlier sessions."""
    names = {task_name(run): run for run in RUNS}
    return {names[name]: result for name, result in kept_results(names, work_folder()).items()}


if __name__ == "__main__":
    main()
