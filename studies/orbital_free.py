"""Nuclei minimised without orbitals: from Fermi profiles, with rungs of the ladder, beside the solver's.

The split of the known nuclei is another than that of the chapter.  The form of the functional, its basis and its steps were
chosen on eight nuclei (:data:`TRIED`) that the chapter's split learns from; those of them that this one holds out are not scored.  ``python -m studies.orbital_free``
makes ``data/orbital_free.csv`` in a quarter of an hour.

Densities without shells have their minimum too low; so the constants are taken again at the minima of learning nuclei
(:func:`constants_at_minima`), which changes energies and no density.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from lib import store
from lib.learning.errors import DISTANCE_BINS, rms
from lib.learning.known_region import distance, is_known
from lib.orbital_free.ladder import GENERIC_WEIGHT, Equations, Semilocal, held_out_chains, rungs
from lib.orbital_free.minimum import minimise
from lib.orbital_free.samples import generic, of_chart
from lib.provenance import DATA, code_version
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import load_chart
from lib.tasks import atomic_write, errors_in_one_line

PATH = DATA / "orbital_free.csv"
SPLIT = 1
"""Seed of the elements that are held out here."""
STABLE = "seven, stable, constants"
LEARNING, HELD_OUT = "learning", "held out"
LEARNT_COUNT, HELD_COUNT, FAR_COUNT, OTHERS_COUNT = 60, 60, 8, 12
"""How many nuclei are minimised: learning ones, held-out ones, of each range of distances, and held-out ones with other rungs."""
OTHERS = ("Thomas–Fermi", "with ħ² terms", "ten, constants")
SMOOTH_NUCLEONS, SHIFT_MEV, NOISE_MEV = 4.0, 15.0, 3.0
"""How the constants at the minima vary: over so many nucleons, by so much, and what else errors scatter by."""


TRIED = ((10, 10), (20, 28), (28, 32), (40, 50), (50, 70), (66, 94), (82, 126), (92, 146))
"""Nuclei (Z, N) that were minimised when the stable rung and the nodes were chosen."""
COLUMNS = (
    "rung", "group", "Z", "N", "distance", "outcome", "steps", "energy_error", "charge_radius_error", "neutron_radius_error",
    "seconds", "shifted_error", "code_version",
)  # fmt: skip
_HEAD = """\
# Nuclei minimised without orbitals, less what the solver of PC-PK1 has: energies in MeV, rms radii in fm.
# Made by python -m studies.orbital_free.  Licence: CC BY 4.0.
"""


def chosen(chart) -> dict[str, np.ndarray]:
    """Places of the nuclei that are minimised, by group: drawn by one seed."""
    Z, N = chart.Z.values, chart.N.values
    known, d, rng = is_known(Z, N), distance(Z, N), np.random.default_rng([22, 7])
    held = held_out_chains(Z, known, SPLIT)
    groups = {LEARNING: (known & ~held, LEARNT_COUNT), HELD_OUT: (held, HELD_COUNT)}
    groups |= {name: ((d >= low) & (d <= high), FAR_COUNT) for name, (low, high) in DISTANCE_BINS.items()}
    return {name: rng.choice(np.flatnonzero(mask), count, replace=False) for name, (mask, count) in groups.items()}


def ladder_of_study() -> dict[str, Semilocal]:
    """The rungs, fitted to what this split leaves to learn from."""
    chart = load_chart("PC-PK1")
    Z, N = chart.Z.values, chart.N.values
    known = is_known(Z, N)
    learning = known & ~held_out_chains(Z, known, SPLIT)
    nuclei = Equations.of(of_chart(chart.isel(nucleus=np.flatnonzero(learning))))
    return rungs(nuclei, Equations.of(generic(3000, seed=0), GENERIC_WEIGHT))


def one(chart, place: int, rung: str, kinetic: Semilocal, group: str) -> dict:
    """A nucleus minimised, less what the solver has."""
    row = chart.isel(nucleus=place)
    Z, N = int(row.Z), int(row.N)
    found = minimise(Z, N, get_functional("PC-PK1"), kinetic)
    return {
        "rung": rung, "group": group, "Z": Z, "N": N, "distance": int(distance(Z, N)), "outcome": found.reason,
        "steps": len(found.energies) - 1, "energy_error": round(found.energy - float(row.energy), 4),
        "charge_radius_error": round(found.charge_radius - float(row.charge_radius), 5),
        "neutron_radius_error": round(found.radius("n") - float(row.neutron_radius), 5), "seconds": round(found.seconds, 2),
    }  # fmt: skip


def constants_at_minima(learnt: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    """What the energies of ``asked`` nuclei are shifted by, MeV, from the errors of those ``learnt`` from.

    A shift for the neutrons and the same function for the protons, smooth over the number: Gaussian-process regression.
    """

    def kernel(a: pd.DataFrame, b: pd.DataFrame) -> np.ndarray:
        numbers = [(a[q].to_numpy()[:, None], b[r].to_numpy()) for q in "ZN" for r in "ZN"]
        return SHIFT_MEV**2 * sum(np.exp(-(((x - y) / SMOOTH_NUCLEONS) ** 2) / 2) for x, y in numbers)

    errors = learnt.energy_error.to_numpy()
    inside = kernel(learnt, learnt) + NOISE_MEV**2 * np.eye(len(learnt))
    return -kernel(asked, learnt) @ np.linalg.solve(inside, errors - errors.mean()) - errors.mean()


def make(path: Path = PATH) -> pd.DataFrame:
    """Everything; the file is written at the end."""
    version, chart, ladder = code_version(), load_chart("PC-PK1"), ladder_of_study()
    groups = chosen(chart)
    tasks = [(place, STABLE, group) for group, places in groups.items() for place in places]
    tasks += [(place, rung, HELD_OUT) for rung in OTHERS for place in groups[HELD_OUT][:OTHERS_COUNT]]
    bar = tqdm(tasks, desc="minimised", disable=None)
    table = pd.DataFrame([one(chart, int(place), rung, ladder[rung], group) for place, rung, group in bar])
    own = (table.rung == STABLE) & (table.outcome == "converged")
    table["shifted_error"] = np.nan
    learnt = table[own & (table.group == LEARNING)]
    table.loc[own, "shifted_error"] = (table.energy_error[own] + constants_at_minima(learnt, table[own])).round(4)
    table["code_version"] = version
    text = _HEAD + table.to_csv(index=False)
    atomic_write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return table


def load_orbital_free(path: Path = PATH) -> pd.DataFrame:
    """The minimised nuclei, a row for each with each rung.

    Raises
    ------
    FileNotFoundError
        if the table is not there.
    ValueError
        if it is damaged.
    """
    remedy = "run `python -m studies.orbital_free` (a quarter of an hour)"
    return store.read_table(path, remedy, COLUMNS, dtype={"code_version": str})


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """The table without held-out nuclei that had been looked at."""
    seen = np.array([at in TRIED for at in zip(table.Z, table.N, strict=True)])
    return table[~(seen & (table.group == HELD_OUT))]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By rung and group: ``nuclei``, how many ``converged``, rms errors of those in MeV and fm, mean processor ``seconds``."""
    rows: list[Mapping] = []
    for (rung, group), each in table.groupby(["rung", "group"], sort=False):
        done = each[each.outcome == "converged"]
        rows.append({
            "rung": rung, "group": group, "nuclei": len(each), "converged": len(done),
            "ran_away": int((each.outcome == "ran away").sum()), "mean": done.energy_error.mean(), "energy": rms(done.energy_error),
            "shifted": rms(done.shifted_error), "charge_radius": rms(done.charge_radius_error),
            "neutron_radius": rms(done.neutron_radius_error), "seconds": each.seconds.mean(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(prog="python -m studies.orbital_free", description=__doc__).parse_args(arguments)
    print(summary(scored(make())).to_string(index=False))


if __name__ == "__main__":
    with errors_in_one_line():
        main()
