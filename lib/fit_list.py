"""A functional fitted to a list of nuclei: the fit to all of them, fits that leave chains out, and the files of both.

Each fit is a task that is kept (:mod:`lib.tasks`), so that an interrupted run resumes.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib import fit
from lib.fit import CouplingFit, Design, descend, first_solutions, fitted_names, observed, posterior
from lib.fit_data import folds
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.catalogue import get_functional
from lib.rmf.fitted import write_fitted
from lib.rmf.iteration import NoConvergenceError, Solution
from lib.rmf.occupation import UnboundNucleusError
from lib.tasks import atomic_write, resume_tasks, task_folder

HEADER = """\
# Energies (MeV, of the nucleus, negative) and rms charge radii (fm): measured, of the functional at which the fit began, of the fit
# to all nuclei, and of the fit that did not know the chain; *_error are standard deviations that couplings leave, and of those left
# out the deviation that a mean field is expected to have as well.
# Made by python -m publish.press.fit, code {code}, from {start}.
"""


USUAL = Design()


class Outcome(NamedTuple):
    """What came out of a list."""

    fitted: fit.Fitted
    """of all nuclei"""
    nuclei: pd.DataFrame
    """a row for each nucleus: ``Z``, ``N``, ``chain``, and of energy and radius what is ``measured_``, of the ``start_``, ``fitted_``,
    ``left_out_``, with ``_error``"""
    files: tuple[Path, Path]
    """of the functional (JSON), and of the nuclei (CSV)"""


def key_of(data: pd.DataFrame) -> str:
    """What tells a list from others."""
    return hashlib.sha256(data.to_csv(float_format="%.9g").encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=1)
def begun(nuclei: tuple[tuple[int, int], ...], start: str) -> list[Solution]:
    """These (Z, N) with the functional at which the fit begins.

    Raises
    ------
    ValueError
        naming a nucleus that has no solution.
    """
    found = []
    for at in nuclei:
        try:
            found += first_solutions([at], get_functional(start))
        except (NoConvergenceError, UnboundNucleusError) as error:
            raise ValueError(
                f"Z = {at[0]}, N = {at[1]} has no solution with {start} ({error}): leave it out"
            ) from error
    return found


def prepared(data: pd.DataFrame, start: str, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Energies and radii at the start (nuclei, 2), and their derivatives, which all fits begin with."""
    solutions = begun(tuple(zip(data.Z.tolist(), data.N.tolist(), strict=True)), start)
    return np.array([observed(each) for each in solutions]), CouplingFit(data, solutions, design).slopes


def fit_but(data: pd.DataFrame, start: str, design: Design, learnt: np.ndarray, slopes: np.ndarray) -> fit.Fitted:
    """The fit to those that are ``learnt``, (nuclei,); the others are solved along."""
    solutions = begun(tuple(zip(data.Z.tolist(), data.N.tolist(), strict=True)), start)
    problem = CouplingFit(data, solutions, design, learnt, slopes=slopes)
    steps = descend(problem)
    return posterior(problem, steps)


def fit_list(
    data: pd.DataFrame,
    name: str,
    folder: Path,
    start: str = "PC-PK1",
    design: Design = USUAL,
    count: int = 5,
    workers: int = 1,
    scheduler: str | None = None,
    work: Path = DATA / ".work",
) -> Outcome:
    """Fit the couplings of a functional to a list of nuclei, and write the functional and what became of each nucleus.

    Parameters
    ----------
    data
        of :func:`lib.fit_data.read_list`.
    name
        of the functional, and of the files.
    folder
        of the files.
    start
        name of the functional at which the fit begins, and about which the prior is.
    design
        errors, priors, steps.
    count
        of folds of left-out chains; fewer if there are not as many chains.
    workers, scheduler
        as of :func:`lib.tasks.run_tasks`.
    work
        where finished fits are kept.

    Raises
    ------
    ValueError
        for a functional without couplings, or a nucleus that it does not bind.
    """
    fitted_names(get_functional(start), design.pairing)
    settings = [key_of(data), start, repr(get_functional(start)), repr(design), count, code_hash(prepared, fit_but)]
    kept = task_folder(work, "fit", settings)
    engine = workers, scheduler
    [(at_start, slopes)] = resume_tasks(prepared, {"start": (data, start, design)}, kept, *engine, "start", "list")[
        0
    ].values()
    number = folds(data.chain, min(count, data.chain.nunique()))
    masks = {"all": np.ones(len(data), dtype=bool)} | {f"fold-{k + 1}": number != k for k in range(number.max() + 1)}
    tasks = {each: (data, start, design, learnt, slopes) for each, learnt in masks.items()}
    done, _ = resume_tasks(fit_but, tasks, kept, *engine, "fit", "fit")
    table = data.rename(columns={"energy": "measured_energy", "radius": "measured_radius"})
    table = table.assign(start_energy=at_start[:, 0], start_radius=at_start[:, 1])
    expected = {"energy": design.energy_error, "radius": design.radius_error}
    for column, error in expected.items():
        table[f"fitted_{column}"] = done["all"].nuclei[column].to_numpy()
        table[f"fitted_{column}_error"] = done["all"].nuclei[f"{column}_error"].to_numpy()
        unseen = np.array([done[f"fold-{k + 1}"].nuclei[column].iloc[i] for i, k in enumerate(number)])
        spread = np.array([done[f"fold-{k + 1}"].nuclei[f"{column}_error"].iloc[i] for i, k in enumerate(number)])
        table[f"left_out_{column}"], table[f"left_out_{column}_error"] = unseen, np.hypot(spread, error)
    paths = folder / f"{name}.json", folder / f"{name}.csv"
    covariance = done["all"].covariance
    story = {
        "fitted to": f"{data.energy.notna().sum()} masses and {data.radius.notna().sum()} charge radii, with pairing",
        "nuclei (Z, N)": [list(at) for at in zip(data.Z.tolist(), data.N.tolist(), strict=True)],
        "from": start,
        "errors": {"energy (MeV)": design.energy_error, "radius (fm)": design.radius_error},
        "prior": {"couplings": design.prior, "pairing strengths": design.pairing_prior},
        "rms (MeV, fm)": {
            kind: [float(f"{value:.4g}") for value in off(table, kind)] for kind in ("start", "fitted", "left_out")
        },
        "relative errors of couplings": dict(zip(covariance.index, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
        "made by": f"python -m publish.press.fit, code {code_version()}",
    }
    functional = done["all"].functional
    functional = replace(functional, name=name)
    write_fitted(functional, story, paths[0])
    text = HEADER.format(code=code_version(), start=start) + table.to_csv(index=False, float_format="%.6f")
    atomic_write(paths[1], lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return Outcome(done["all"]._replace(functional=functional), table, paths)


def off(table: pd.DataFrame, kind: str) -> tuple[float, float]:
    """Rms deviations of energies (MeV) and radii (fm), NaN if none is measured; ``kind`` start, fitted or left_out."""
    found = []
    for column in ("energy", "radius"):
        squares = (table[f"{kind}_{column}"] - table[f"measured_{column}"]).dropna() ** 2
        found.append(float(np.sqrt(squares.mean())))
    return found[0], found[1]


def report(outcome: Outcome) -> str:
    """What came out, in lines: deviations, and couplings with their errors."""
    lines = [f"{'':24s} {'energies (MeV)':>15s} {'radii (fm)':>12s}"]
    for kind, text in (("start", "at the start"), ("fitted", "fitted"), ("left_out", "chains left out")):
        energy, radius = off(outcome.nuclei, kind)
        lines.append(f"{text:24s} {energy:15.3f} {radius:12.4f}")
    lines.append("")
    errors = np.sqrt(np.diag(outcome.fitted.covariance))
    for name, error in zip(outcome.fitted.covariance.index, errors, strict=True):
        lines.append(f"{name:24s} {getattr(outcome.fitted.functional, name):15.6g} +- {100 * abs(error):.2g} %")
    return "\n".join(lines)
