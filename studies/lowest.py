"""Is it the lowest?  The states of both charts beside all others that three searches could find.

``exhaustive``: every filling of protons and neutrons together that costs less than 8 MeV at the levels of the lowest state is
followed to its minimum.  ``adversarial``: nuclei drawn at random start from fillings drawn at random up to 16 MeV, in fields
with random bumps.  ``orders``: the chart is made in five other ways of going through it.  ``python -m studies.lowest`` runs
all three and writes ``data/lowest_search.csv`` and ``data/lowest_minima.csv``; chains and draws that are finished are kept.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lib import store
from lib.provenance import DATA, code_version
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import N_RANGE, Z_RANGE, Chart, Phases, chart_hash, load_chart
from lib.rmf.functionals import PAPER_FUNCTIONALS, Functional
from lib.rmf.iteration import KnownOrder, NoConvergenceError, Unbound, iterate, key_of
from lib.rmf.lowest import (
    Minimum,
    beside,
    improve,
    is_physical,
    levels_around,
    other_fillings,
    settle,
)
from lib.rmf.mesh import Mesh, get_mesh
from lib.rmf.occupation import UnboundNucleusError
from lib.tasks import add_engine_options, alone, atomic_write, errors_in_one_line, resume_tasks

SEARCH, MINIMA = DATA / "lowest_search.csv", DATA / "lowest_minima.csv"
EXHAUSTIVE_MEV, ADVERSARIAL_MEV = 8.0, 16.0
DRAWS, BATCH = 2000, 50
SAME_MEV = 1e-3
"""Energies closer than this are one minimum; a state is lower if it is so by more."""
SEED = 16
_STEPS = 120
COMMAND = "run `python -m studies.lowest`"
SEARCH_COLUMNS = (
    "functional", "search", "nuclei", "runs", "lower", "largest_MeV", "missed", "missed_MeV", "iterations",
)  # fmt: skip
MINIMA_COLUMNS = "functional", "Z", "N", "minima", "second_MeV", "shared"


def load_search(path: Path = SEARCH) -> pd.DataFrame:
    """What each search found: ``functional``, ``search``, ``nuclei``, ``runs``, ``lower`` (nuclei with a state lower by more
    than 1 keV), ``largest_MeV`` (by how much), ``missed`` (nuclei of which another way through the chart did not find the state
    of the chart), ``missed_MeV`` (by how much, at most), ``iterations`` (per nucleus, or per run of the adversarial search).
    NaN where a column says nothing of a search.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged.
    """
    return store.read_table(path, COMMAND, SEARCH_COLUMNS)


def load_minima(path: Path = MINIMA) -> pd.DataFrame:
    """All minima within 8 MeV of each bound nucleus: ``functional``, ``Z``, ``N``, ``minima``, ``second_MeV``, the energy of the
    second above the lowest (NaN if it is the only one), and ``shared``, 1 if the lowest is a share.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged.
    """
    return store.read_table(path, COMMAND, MINIMA_COLUMNS)


def minima_of(best: Minimum, functional: Functional, mesh: Mesh, window: float) -> tuple[list[float], int, int]:
    """Energies (MeV) of all bound minima reached from fillings within ``window`` MeV, the runs and their iterations."""
    energies, runs, iterations, tried = [best.energy], 0, 0, set(best.tried)
    for fillings in other_fillings(levels_around(best, functional, mesh, window), best, window):
        key = key_of(fillings)
        runs, tried = runs + 1, tried | {key}
        solution = run(best, fillings, functional, mesh, tried - {key})
        if solution is None:
            continue
        iterations += solution.iterations
        if is_physical(solution) and solution.bound:
            energies.append(solution.energy)
    return distinct(energies), runs, iterations


def run(best: Minimum, fillings, functional: Functional, mesh: Mesh, known, start=None):
    """A filling followed to its minimum, or until it falls into one that is known; None if there is no room for it."""
    try:
        return iterate(
            best.Z, best.N, functional, mesh, fillings, start or best.state,
            stops=[Unbound(), KnownOrder(known, -np.inf)], limit=_STEPS,
        )  # fmt: skip
    except UnboundNucleusError:
        return None


def distinct(energies: list[float]) -> list[float]:
    """The energies in order, one of each that are the same."""
    kept: list[float] = []
    for energy in sorted(energies):
        if not kept or energy - kept[-1] > SAME_MEV:
            kept.append(energy)
    return kept


def exhaust(found: Chart, functional: Functional, mesh: Mesh) -> list[dict]:
    """The minima of each bound nucleus of a chain."""
    rows = []
    for (Z, N), best in sorted(found.items()):
        if best.bound:
            energies, runs, iterations = minima_of(best, functional, mesh, EXHAUSTIVE_MEV)
            second = energies[1] - energies[0] if len(energies) > 1 else np.nan
            row = {
                "Z": Z,
                "N": N,
                "minima": len(energies),
                "second_MeV": second,
                "runs": runs,
                "iterations": iterations,
            }
            rows.append(row | {"lower_MeV": best.energy - energies[0]})
    return rows


def attack(batch: int, found: Chart, functional: Functional, mesh: Mesh) -> list[dict]:
    """Draws of one batch: random nuclei, random fillings, random bumps."""
    rng = np.random.default_rng([SEED, batch])
    bound = sorted(at for at, each in found.items() if each.bound)
    rows = []
    for _ in range(BATCH):
        best = found[bound[rng.integers(len(bound))]]
        choice = other_fillings(levels_around(best, functional, mesh, ADVERSARIAL_MEV), best, ADVERSARIAL_MEV)
        if not choice:
            continue
        fillings = choice[rng.integers(len(choice))]
        solution = run(best, fillings, functional, mesh, set(), bumped(best, mesh, rng))
        row = {"Z": best.Z, "N": best.N, "lower_MeV": 0.0, "iterations": 0}
        if solution is not None:
            row["iterations"] = solution.iterations
            if is_physical(solution) and solution.bound:
                row["lower_MeV"] = best.energy - solution.energy
        rows.append(row)
    return rows


def bumped(best: Minimum, mesh: Mesh, rng: np.random.Generator):
    """Its field with a bump of up to 10 MeV and some fm in each potential, somewhere."""
    centre, width = rng.uniform(0, 8, 3)[:, None], rng.uniform(0.5, 2, 3)[:, None]
    height = rng.uniform(-10, 10, 3)[:, None]
    bumps = height * np.exp(-(((mesh.r - centre) / width) ** 2))
    return replace(best.state, potentials=best.state.potentials + bumps)


WAYS = {
    "along isotonic chains": "isotones",
    "along isotopes inwards": "inwards",
    "all from Woods-Saxon wells": "cold",
    "from the heaviest down": "down",
    "in random order": "random",
}
"""Ways of going through the chart, beside that of :mod:`lib.rmf.chart`."""


def go_through(way: str, nuclei: list[tuple[int, int]], functional: Functional, mesh: Mesh) -> Chart:
    """All nuclei, settled in another order of going through them and then improved, one after the other, until nothing changes."""
    order = {
        "isotones": sorted(nuclei, key=lambda at: (at[1], at[0])),
        "inwards": sorted(nuclei, key=lambda at: (at[0], -at[1])),
        "cold": sorted(nuclei),
        "down": sorted(nuclei, reverse=True),
        "random": [nuclei[i] for i in np.random.default_rng(SEED).permutation(len(nuclei))],
    }[way]
    found: Chart = {}
    for at in order:
        near = [] if way == "cold" else beside(found, *at)
        try:
            found[at] = settle(*at, functional, mesh, start=near[0].state if near else None)
        except (NoConvergenceError, UnboundNucleusError):
            continue  # it comes in later, if a neighbour knows it
    for _ in range(8):
        before = {at: each.energy for at, each in found.items()}
        for at in order:
            if at in found:
                found[at] = improve(found[at], beside(found, *at), functional, mesh)
        if all(found[at].energy == energy for at, energy in before.items()):
            break
    return found


def compare_way(way: str, lowest: dict[tuple[int, int], float], functional: Functional, mesh: Mesh) -> dict:
    """One way through the chart beside the energies of the chart."""
    found = go_through(way, sorted(lowest), functional, mesh)
    lower = [energy - found[at].energy for at, energy in lowest.items() if at in found and found[at].bound]
    higher = [found[at].energy - energy for at, energy in lowest.items() if at in found and found[at].bound]
    return {
        "nuclei": len(higher), "lower": sum(each > SAME_MEV for each in lower), "largest_MeV": max(lower),
        "missed": len(lowest) - sum(each <= SAME_MEV for each in higher), "missed_MeV": max(higher),
        "iterations": sum(each.iterations for each in found.values()) / len(found),
    }  # fmt: skip


def search(name: str, workers: int, scheduler: str | None) -> tuple[list[dict], list[dict]]:
    """All searches of one functional: rows of both tables."""
    functional, mesh = get_functional(name), get_mesh()
    phases = Phases(functional, mesh, False, Z_RANGE, N_RANGE, workers, scheduler, None)
    found, _ = phases.lowest()
    chart = load_chart(name)
    energy = dict(
        zip(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True), chart.energy.values, strict=True)
    )
    chains = {Z: {at: each for at, each in found.items() if at[0] == Z and at in energy} for Z in phases.elements}
    exhausted = phases.run("exhaustive", exhaust, {Z: (chains[Z], functional, mesh) for Z in phases.elements})
    shared = dict(zip(energy, chart.shared_occupation.values.tolist(), strict=True))
    minima = [row | {"shared": shared[row["Z"], row["N"]]} for Z in sorted(exhausted) for row in exhausted[Z]]
    table = [summary(minima, name, f"all fillings within {EXHAUSTIVE_MEV:g} MeV", len(minima))]

    folder, label = phases.folder / "searches", f"{name}: searches"
    inside = {at: found[at] for at in energy}
    batches = {f"batch-{i:03d}": (i, inside, functional, mesh) for i in range(DRAWS // BATCH)}
    drawn, _ = resume_tasks(attack, batches, folder, workers, scheduler, label, "batch")
    rows = list(itertools.chain.from_iterable(drawn.values()))
    hit = len({(row["Z"], row["N"]) for row in rows})
    table.append(summary(rows, name, "random fillings, random bumps", hit))

    ways = {way: (way, {at: found[at].energy for at in energy}, functional, mesh) for way in WAYS.values()}
    gone, _ = resume_tasks(compare_way, ways, folder, workers, scheduler, label, "way")
    for text, way in WAYS.items():
        table.append({"functional": name, "search": text, "runs": np.nan} | gone[way])
    return table, [{"functional": name} | row for row in minima]


def summary(rows: list[dict], name: str, text: str, nuclei: int) -> dict:
    """One line for a search that started from the states of the chart."""
    lower = {(row["Z"], row["N"]) for row in rows if row["lower_MeV"] > SAME_MEV}
    runs = sum(row.get("runs", 1) for row in rows)
    iterations = sum(row["iterations"] for row in rows)
    return {
        "functional": name, "search": text, "nuclei": nuclei, "runs": runs, "lower": len(lower),
        "largest_MeV": max(row["lower_MeV"] for row in rows), "missed": np.nan, "missed_MeV": np.nan,
        "iterations": iterations / (nuclei if runs > len(rows) else runs),
    }  # fmt: skip


def head(text: str) -> str:
    """Comment lines above a table."""
    made = f"Made by python -m studies.lowest, code {code_version()}, charts {chart_hash()}, seed {SEED}."
    return f"# {text}\n# {made}  Licence: CC BY 4.0.\n"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m studies.lowest", description=__doc__)
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(SEARCH):
        tables, minima = [], []
        for name in PAPER_FUNCTIONALS:
            rows, more = search(name, options.workers, options.scheduler)
            tables, minima = tables + rows, minima + more
            print(pd.DataFrame(rows).to_string(), file=sys.stderr)
        text = head("States of lower energy than those of the charts that other searches found; energies in MeV.")
        text += pd.DataFrame(tables)[[*SEARCH_COLUMNS]].to_csv(index=False, float_format="%.6g")
        atomic_write(SEARCH, lambda temporary: temporary.write_text(text, encoding="utf-8"))
        text = head(
            "Minima within 8 MeV of bare cost of each nucleus; second_MeV: energy of the second above the lowest."
        )
        text += pd.DataFrame(minima)[[*MINIMA_COLUMNS]].to_csv(index=False, float_format="%.6g")
        atomic_write(MINIMA, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
