"""Couplings fitted to measured masses and charge radii of near-spherical nuclei, with pairing, and judged on nuclei left out.

A *run* fits the couplings of a functional (:mod:`lib.fit`) to the nuclei of :func:`lib.fit_data.near_spherical` but for a fold of
whole chains, or the outermost isotopes, and solves these along.  ``python -m studies.refit`` makes the runs that are missing, group by
group, and writes ``data/refit.nc`` after each group.
"""

from __future__ import annotations

import argparse
import functools
import platform
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from lib import store
from lib.fit import CouplingFit, Design, Fitted, descend, first_solutions, fitted_names, observed, posterior
from lib.fit_data import folds, near_spherical, outermost
from lib.learning.errors import rms
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import chart_hash, load_chart
from lib.rmf.functionals import PAPER_FUNCTIONALS, PC_F1, PC_PK1
from lib.rmf.iteration import Solution
from lib.store import Variable, labelled
from lib.tasks import add_engine_options, alone, errors_in_one_line, kept_results, resume_tasks, task_folder

PATH = DATA / "refit.nc"
_REMEDY = "run `python -m studies.refit` (an hour)"
FOLDS = 5
ALL, OUTERMOST, PUBLISHED = "none", "outermost", "all"
PUBLISHED_GROUP = "published"


@dataclass(frozen=True)
class Run:
    """What is fitted, from where, and what is left out."""

    group: str
    start: str = PC_PK1.name
    left_out: str = ALL
    prior: float = Design.prior
    pairing_prior: float = Design.pairing_prior

    @property
    def design(self) -> Design:
        """Of its fit; derivatives are taken anew where nothing is left out."""
        return Design(prior=self.prior, pairing_prior=self.pairing_prior, renewals=int(self.left_out == ALL))


SETTINGS = tuple(field.name for field in fields(Run))
_FOLDS = tuple(f"fold {k + 1}" for k in range(FOLDS))
RUNS: tuple[Run, ...] = (
    *(Run("published", start=name, left_out=PUBLISHED) for name in PAPER_FUNCTIONALS),
    Run("all"),
    *(Run("left out", left_out=name) for name in (*_FOLDS, OUTERMOST)),
    Run("other start", start=PC_F1.name),
    *(Run("prior", prior=prior, left_out=name) for prior in (0.3, 3.0) for name in (ALL, *_FOLDS)),
    *(Run("pairing prior", pairing_prior=0.15, left_out=name) for name in (ALL, *_FOLDS)),
)
"""All runs; every prior is about PC-PK1."""


@functools.cache
def nuclei() -> pd.DataFrame:
    """The data: measured near-spherical nuclei that both functionals bind with pairing."""
    table = near_spherical()
    for name in PAPER_FUNCTIONALS:
        chart = load_chart(name, pairing=True)
        bound = set(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True))
        table = table[[at in bound for at in zip(table.Z, table.N, strict=True)]]
    return table.reset_index(drop=True)


def learnt(left_out: str) -> np.ndarray:
    """(nuclei,) which nuclei are fitted."""
    data = nuclei()
    if left_out == PUBLISHED:
        return np.zeros(len(data), dtype=bool)
    if left_out == OUTERMOST:
        return ~outermost(data)
    if left_out == ALL:
        return np.ones(len(data), dtype=bool)
    return folds(data.chain, FOLDS) != _FOLDS.index(left_out)


@functools.cache
def begun(start: str) -> list[Solution]:
    """The nuclei with a published functional."""
    data = nuclei()
    return first_solutions(list(zip(data.Z.tolist(), data.N.tolist(), strict=True)), get_functional(start))


@functools.cache
def slopes(start: str) -> np.ndarray:
    """Derivatives there, which all fits from it begin with: where they are taken decides the path, not the end."""
    return CouplingFit(nuclei(), begun(start), Design(), centre=PC_PK1).slopes


def carry_out(run: Run) -> dict:
    """Fit, and solve what was left out: the fit, and how long it took."""
    clock = time.process_time()
    solutions = begun(run.start)
    if run.left_out == PUBLISHED:
        found = np.array([observed(each) for each in solutions])
        table = nuclei()[["Z", "N"]].assign(
            energy=found[:, 0], radius=found[:, 1], energy_error=np.nan, radius_error=np.nan
        )
        names = fitted_names(solutions[0].functional, True)
        fitted = Fitted(solutions[0].functional, np.nan, 0, pd.DataFrame(np.nan, names, names), table)
    else:
        problem = CouplingFit(nuclei(), solutions, run.design, learnt(run.left_out), PC_PK1, slopes(run.start))
        steps = descend(problem)
        fitted = posterior(problem, steps)
    return {**fitted._asdict(), "seconds": time.process_time() - clock}


# --- all of them ------------------------------------------------------------------------------------------------------

NUCLEUS = {
    "energy": Variable(("run", "nucleus"), "MeV", "energy of the nucleus, with pairing and centre-of-mass correction"),
    "radius": Variable(("run", "nucleus"), "fm", "charge radius"),
    "energy_error": Variable(("run", "nucleus"), "MeV", "standard deviation of the energy by that of the couplings"),
    "radius_error": Variable(("run", "nucleus"), "fm", "the same of the charge radius"),
    "learnt": Variable(("run", "nucleus"), "1", "1 for the nuclei that were fitted"),
    "measured_energy": Variable(("nucleus",), "MeV", "measured energy (AME2020), electrons taken out"),
    "measured_radius": Variable(("nucleus",), "fm", "measured charge radius, missing where there is none"),
    "chain": Variable(("nucleus",), "1", "chain of magic number to which the nucleus belongs"),
}  # fmt: skip
_NUMBERS = {
    "coupling": Variable(("run", "name"), "1", "coupling over that of PC-PK1"),
    "coupling_error": Variable(("run", "name"), "1", "standard deviation of the coupling, relative to itself"),
    "cost": Variable(("run",), "1", "sum of squares, prior included"),
    "steps": Variable(("run",), "1", "Levenberg-Marquardt steps taken"),
    "seconds": Variable(("run",), "s", "processor time"),
}
_TEXTS = {
    "group": "what the run is for: published, all, left out, other start, prior, pairing prior",
    "start": "functional from which the fit starts",
    "left_out": "what is not fitted: none, a fold of chains, outermost, or all",
    "prior": "standard deviation of the relative change of a coupling before any data",
    "pairing_prior": "the same of the pairing strengths",
}


def assemble(done: dict[Run, dict], started: float) -> xr.Dataset:
    """All finished runs along ``run``; ``started`` is when this session was, by time.time()."""
    data, names = nuclei(), fitted_names(PC_PK1, True)
    values = {
        name: np.array([result["nuclei"][name].to_numpy() for result in done.values()]) for name in list(NUCLEUS)[:4]
    }
    values["learnt"] = np.array([learnt(run.left_out) for run in done]).astype(np.int8)
    values |= {"measured_energy": data.energy.to_numpy(), "measured_radius": data.radius.to_numpy()}
    relative = [
        [getattr(result["functional"], name) / getattr(PC_PK1, name) for name in names] for result in done.values()
    ]
    values |= {
        name: np.array([result[name] for result in done.values()], dtype=float) for name in ("cost", "steps", "seconds")
    }
    values["coupling"] = np.array(relative)
    values["coupling_error"] = np.array([np.sqrt(np.diag(result["covariance"])) for result in done.values()])
    coords = {name: np.array([getattr(run, name) for run in done]) for name in SETTINGS}
    coords |= {
        "Z": data.Z.to_numpy(),
        "N": data.N.to_numpy(),
        "chain": data.chain.to_numpy(dtype=str),
        "name": np.array(names),
    }
    schema = NUCLEUS | _NUMBERS | {name: Variable(("run",), "1", text) for name, text in _TEXTS.items()}
    schema |= {
        "Z": Variable(("nucleus",), "1", "proton number"), "N": Variable(("nucleus",), "1", "neutron number"),
        "name": Variable(("name",), "1", "name of the coupling"),
    }  # fmt: skip
    attrs = {
        "title": f"{len(done)} fits of couplings to measured masses and charge radii, and what they make of nuclei left out",
        "license": store.LICENSE,
        "history": "python -m studies.refit",
        "code_version": code_version(),
        "chart_code_hash": chart_hash(),
        "code_hash": code_hash(carry_out),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "cpu_seconds": round(float(values["seconds"].sum()), 1),
        "wall_time_seconds": round(time.time() - started, 1),
    }
    return labelled(values | coords, schema, coords=coords, attrs=attrs)


def load_refit(path: Path = PATH) -> xr.Dataset:
    """All runs; raises as :func:`lib.store.read_checked`."""

    def fault(dataset):
        missing = {*NUCLEUS, *_NUMBERS, *SETTINGS} - {*dataset.variables}
        return f"lacks {', '.join(sorted(missing))}" if missing else None

    return store.read_checked(path, _REMEDY, fault)


def rows(dataset: xr.Dataset, group: str, **settings) -> pd.DataFrame:
    """The runs of a group with these settings: a row for each run and nucleus.

    Settings, ``Z``, ``N``, ``chain``, ``learnt``, ``energy_off`` (MeV) and ``radius_off`` (fm), what is found less what is measured, and
    ``energy_predicted``, the standard deviation of the first by couplings and the error of the mean field together.
    """
    found = []
    for i in range(dataset.sizes["run"]):
        run = dataset.isel(run=i)
        own = {name: run[name].item() for name in SETTINGS}
        if own["group"] != group or any(own[name] != value for name, value in settings.items()):
            continue
        off = {
            "energy_off": (run.energy - run.measured_energy).values,
            "radius_off": (run.radius - run.measured_radius).values,
        }
        predicted = np.hypot(run.energy_error.values, Design.energy_error)
        at = {name: run[name].values for name in ("Z", "N", "chain", "learnt")}
        found.append(pd.DataFrame(own | at | off | {"energy_predicted": predicted}))
    return pd.concat(found, ignore_index=True)


def left_out(table: pd.DataFrame) -> pd.DataFrame:
    """Of the folds together each nucleus as the fit has it that did not know it, in the order of the data."""
    own = table[table.left_out.isin(_FOLDS) & (table.learnt == 0)]
    return own.sort_values(["Z", "N"]).reset_index(drop=True)


def summary(dataset: xr.Dataset) -> pd.DataFrame:
    """Rms deviations, a row for each fit with its settings: of all nuclei fitted, and of those left out, folds together."""
    table = []
    for group in dict.fromkeys(dataset.group.values.tolist()):
        own = rows(dataset, group)
        keys = ["group", "start", "prior", "pairing_prior"]
        for settings, part in own.groupby(keys, sort=False):
            line = dict(zip(keys, settings, strict=True))
            if group == PUBLISHED_GROUP:  # nothing was fitted here
                sets = {"fitted": part, "left_out": part, "outermost": part[outermost(part)]}
            else:
                far = part[(part.left_out == OUTERMOST) & (part.learnt == 0)]
                sets = {"fitted": part[part.left_out == ALL], "left_out": left_out(part), "outermost": far}
            for name, some in sets.items():
                if len(some):
                    line |= {f"{name}_energy": rms(some.energy_off), f"{name}_radius": rms(some.radius_off.dropna())}
            table.append(line)
    return pd.DataFrame(table)


def main(arguments: list[str] | None = None) -> None:
    groups = tuple(dict.fromkeys(run.group for run in RUNS))
    parser = argparse.ArgumentParser(
        description="Couplings fitted to measured masses and radii of near-spherical nuclei."
    )
    parser.add_argument("groups", nargs="*", metavar="group", help=f"default: {', '.join(groups)}")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    if unknown := sorted({*options.groups} - {*groups}):
        parser.error(f"unknown group {', '.join(unknown)}: choose of {', '.join(groups)}")
    started = time.time()
    with errors_in_one_line(), alone(PATH):
        for group in options.groups or groups:
            tasks = {task_name(run): (run,) for run in RUNS if run.group == group}
            resume_tasks(carry_out, tasks, work_folder(), options.workers, options.scheduler, group, "fit")
            store.write(assemble(finished(), started), PATH)


def task_name(run: Run) -> str:
    """What a run is kept by."""
    return "-".join(str(value).replace(" ", "+") for value in asdict(run).values())


def work_folder() -> Path:
    """Where finished runs wait; those of other code are not looked at."""
    return task_folder(DATA / ".work", "refit", {"code": code_hash(carry_out)})


def finished() -> dict[Run, dict]:
    """All runs that are kept, from this and from earlier sessions."""
    names = {task_name(run): run for run in RUNS}
    return {names[name]: result for name, result in kept_results(names, work_folder()).items()}


if __name__ == "__main__":
    main()
