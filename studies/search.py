"""The first search for the recipe of each network, on validation nuclei alone; :mod:`studies.trials` is the one in use.

``python -m studies.search`` trains a few members per candidate and writes ``data/search.csv``.  A candidate is judged by two
validation sets inside the known region: the 20 % left out at random, and the neutron-richest third of each element, which
stands for the extrapolation; a network of energy densities also by the densities of the first of them.  The extrapolation
region itself is never looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from lib import store
from lib.learning.dataset import LEARNING_SHARE, inner_learning, load_dataset, random_learning
from lib.learning.networks import predict_energy_density
from lib.learning.recipes import Recipe
from lib.learning.table_one import NN1, NN2, NN3, TABLE_I, get_network
from lib.learning.train import Trained, train_member
from lib.provenance import DATA, code_version
from lib.tasks import add_engine_options, alone, atomic_write, errors_in_one_line, known_to, run_tasks

PATH = DATA / "search.csv"
_REMEDY = "run `python -m studies.search` (an hour)"
COLUMNS = (
    "network", *asdict(Recipe()), "learning_rms", "validation_rms", "outermost_rms", "density_rms", "seconds", "code_version"
)  # fmt: skip
ERRORS = ("validation_rms", "outermost_rms", "density_rms")
"""The errors that make the score – of the energy on two validation sets, of r^2 energy density on the first."""
_HEAD = """\
# Candidates for the recipes of the networks, and their rms errors in MeV on nuclei of the known region alone.
# density_rms in MeV/fm; seconds of processor time of a member, on the mean.  The data dictionary explains every column.
# Made by python -m studies.search.  Licence: CC BY 4.0.
"""
MEMBERS = {"energy": 3, "energy_density": 2}
"""Splits, and initialisations of the outermost hold-out, that each candidate is trained on, by the network's output."""
_NN1 = Recipe(width=32, layers=2, activation="silu", weight_decay=0.3, steps=60)
_NN2 = Recipe(width=32, layers=2, activation="tanh", components=40, whitening=0.7, weight_decay=0.3, steps=25)
_NN2_DENSITY = replace(_NN2, width=20, steps=20)
_NN3 = Recipe(width=28, layers=3, activation="silu", weight_decay=100.0, energy_weight=10.0, steps=40)
_ON_NN1 = [
    {}, {"activation": "tanh"}, {"weight_decay": 0.03}, {"weight_decay": 3.0}, {"width": 64}, {"layers": 3},
    {"layers": 3, "activation": "tanh"}, {"steps": 200}, {"steps": 200, "weight_decay": 3.0},
    {"width": 64, "weight_decay": 1.0}, {"width": 64, "weight_decay": 3.0},
]  # fmt: skip
_ON_NN2_ENERGY = [
    {}, {"activation": "silu"}, {"whitening": 1.0}, {"whitening": 0.4}, {"weight_decay": 0.03}, {"weight_decay": 3.0},
    {"components": 20}, {"components": 80}, {"width": 64}, {"layers": 3},
]  # fmt: skip
_ON_NN2_DENSITY = [
    {}, {"width": 28, "steps": 25}, {"activation": "silu"}, {"whitening": 0.4}, {"weight_decay": 3.0},
    {"components": 20}, {"energy_weight": 10.0}, {"steps": 10}, {"energy_weight": 0.3},
]  # fmt: skip
_ON_NN3 = [
    {}, {"layers": 2, "width": 24}, {"layers": 2, "width": 40}, {"width": 40}, {"weight_decay": 10.0},
    {"weight_decay": 30.0}, {"weight_decay": 300.0}, {"whitening": 0.8}, {"activation": "tanh"},
    {"energy_weight": 3.0}, {"energy_weight": 30.0}, {"steps": 80}, {"layers": 2, "width": 24, "steps": 80},
    {"layers": 2, "width": 24, "steps": 160}, {"layers": 2, "width": 32, "steps": 80},
    *({"layers": 2, "width": width, "steps": 80, "energy_weight": weight, "weight_decay": decay} for width, weight, decay in (
        (24, 0.3, 100.0), (24, 1.0, 100.0), (24, 3.0, 100.0), (40, 0.3, 100.0), (40, 1.0, 100.0), (24, 0.3, 10.0), (24, 1.0, 10.0),
        (24, 1.0, 30.0), (40, 1.0, 10.0),
    )),
    *({"layers": 2, "width": 24, "steps": 160, "energy_weight": weight} for weight in (0.3, 1.0, 3.0)),
    *({"layers": 2, "width": 32, "steps": 160, "energy_weight": weight} for weight in (1.0, 2.0)),
    *({"layers": 2, "width": 40, "steps": 160, "energy_weight": weight} for weight in (1.0, 2.0)),
    {"layers": 2, "width": 24, "steps": 160, "energy_weight": 1.0, "weight_decay": 300.0},
    *({"layers": 2, "width": 24, "steps": 320, "energy_weight": 0.5, "weight_decay": decay} for decay in (100.0, 30.0, 10.0)),
]  # fmt: skip
# the first guesses stand for corrections of a few MeV; energies of a thousand MeV turned out to need less whitening and
# more weight decay in NN2, and other activations
_ON_NN1_TOTAL = [
    {"layers": 3, "activation": "tanh", "weight_decay": decay, "steps": steps} for decay, steps in ((30.0, 60), (300.0, 60), (300.0, 120))
]  # fmt: skip
_ON_NN2_TOTAL = [
    {"activation": activation, "whitening": whitening, "weight_decay": decay}
    for activation, whitening, decay in (
        ("silu", 0.4, 0.3), ("silu", 0.4, 30.0), ("silu", 0.4, 300.0), ("silu", 0.2, 0.3), ("silu", 0.2, 30.0), ("silu", 0.2, 300.0),
        ("silu", 0.0, 0.3), ("silu", 0.0, 30.0), ("silu", 0.0, 300.0), ("tanh", 0.2, 3.0), ("tanh", 0.0, 3.0),
    )
]  # fmt: skip
_SLIM = {"layers": 2, "width": 24}
_SHORT_NN3 = [
    {**_SLIM, "steps": 80}, {**_SLIM, "steps": 160}, {**_SLIM, "steps": 160, "weight_decay": 300.0},
    *({**_SLIM, "steps": 80, "energy_weight": weight} for weight in (0.3, 1.0)), {**_SLIM, "steps": 160, "energy_weight": 1.0},
    {**_SLIM, "steps": 160, "energy_weight": 1.0, "weight_decay": 300.0},
]  # fmt: skip
_ON_NN3_CORRECTION = [
    *({**_SLIM, "steps": 80, "weight_decay": decay} for decay in (100.0, 30.0, 10.0, 3.0)),
    {**_SLIM, "steps": 160, "weight_decay": 10.0}, {**_SLIM, "steps": 80, "weight_decay": 10.0, "activation": "tanh"},
    *({**_SLIM, "steps": 80, "weight_decay": decay, "energy_weight": weight} for decay in (10.0, 1.0) for weight in (0.3, 1.0, 3.0)),
    *({**_SLIM, "steps": 80, "weight_decay": 3.0, "energy_weight": weight} for weight in (1.0, 3.0)),
]  # fmt: skip
_ON_NN2_DENSITY_TOTAL = [
    {"activation": "silu", "whitening": 0.4, "weight_decay": 30.0, **change}
    for change in ({}, {"whitening": 0.2}, {"whitening": 0.6}, {"weight_decay": 300.0}, {"energy_weight": 10.0}, {"activation": "tanh"})
]  # fmt: skip
_SEARCH: dict[tuple[str, str, str], tuple[Recipe, list[dict]]] = {
    (NN1, "energy", "E"): (_NN1, _ON_NN1 + _ON_NN1_TOTAL),
    (NN1, "energy", "dE"): (_NN1, _ON_NN1),
    (NN2, "energy", "E"): (_NN2, _ON_NN2_ENERGY + _ON_NN2_TOTAL),
    (NN2, "energy", "dE"): (_NN2, _ON_NN2_ENERGY),
    (NN2, "energy_density", "E"): (_NN2_DENSITY, _ON_NN2_DENSITY_TOTAL),
    (NN2, "energy_density", "dE"): (_NN2_DENSITY, _ON_NN2_DENSITY),
    (NN3, "energy_density", "E"): (_NN3, _ON_NN3),
    (NN3, "energy_density", "dE"): (_NN3, _ON_NN3_CORRECTION),
}


WITHDRAWN = {"NN2-I6dE": Recipe(activation="silu", whitening=0.4, weight_decay=0.3, steps=25)}
"""Candidates that were put on the list when the far side of their ensembles had been seen; they do not compete."""


def candidates(id: str) -> list[Recipe]:
    """The recipes tried for a network: a first guess and changes of one or a few of its numbers."""
    spec = get_network(id)
    base, changes = _SEARCH[spec.family, spec.output, spec.target]
    if id == "NN3-I3D":
        changes = _SHORT_NN3
    return [replace(base, **change) for change in changes]


def try_candidate(id: str, recipe: Recipe) -> dict:
    """Train a few members under a recipe; a row of the table of the search.

    ``learning_rms`` and ``validation_rms`` (MeV) are means over members of random splits, and so is ``density_rms`` (MeV/fm),
    the error of r^2 energy density on the validation nuclei, NaN for networks of energies; ``outermost_rms`` (MeV) is that of
    the mean of the members which have not seen the neutron-richest third.
    """
    spec = get_network(id)
    dataset, members = load_dataset(spec.target), MEMBERS[spec.output]
    known = dataset.known.values
    inner = inner_learning(known, dataset.Z.values, dataset.N.values)
    random = [train_member(id, split, 0, dataset, recipe) for split in range(members)]
    outer = [train_member(id, 0, init, dataset, recipe, inner) for init in range(members)]
    error = np.mean([member.predicted_energy for member in outer], axis=0) - dataset.energy.values
    return {
        "network": id,
        **asdict(recipe),
        "learning_rms": np.mean([float(member.curve.learning_rms[-1]) for member in random]),
        "validation_rms": np.mean([float(member.curve.validation_rms[-1]) for member in random]),
        "outermost_rms": np.sqrt(np.mean(error[known & ~inner] ** 2)),
        "density_rms": np.mean(
            [
                density_rms(member, dataset, known & ~random_learning(known, split))
                for split, member in enumerate(random)
            ]
        ),
        "seconds": np.mean([member.seconds for member in random + outer]),
        "code_version": code_version(),
    }


def density_rms(member: Trained, dataset: xr.Dataset, nuclei: np.ndarray) -> float:
    """Error of r^2 energy density over the mesh of these nuclei, boolean (nucleus,), MeV/fm; NaN without densities."""
    if member.network.spec.output != "energy_density":
        return np.nan
    chosen = dataset.isel(nucleus=nuclei)
    error = predict_energy_density(member.network, chosen) - chosen.energy_density.values
    return float(np.sqrt(np.mean(error.astype(float) ** 2)))


def score(table: pd.DataFrame, errors: Sequence[str] = ERRORS) -> pd.Series:
    """What the choice goes by: the geometric mean of the validation errors, two of the energy and, if any, one of the density.

    In MeV; with the density's, in MeV fm^(-1/3).
    """
    return np.exp(np.log(table[list(errors)]).mean(axis=1))


def known_rms(table: pd.DataFrame) -> pd.Series:
    """Error of single members in the known region, learnt and unlearnt nuclei mixed as in the paper, MeV."""
    return np.sqrt(LEARNING_SHARE * table.learning_rms**2 + (1 - LEARNING_SHARE) * table.validation_rms**2)


def load_search(path: Path = PATH) -> pd.DataFrame:
    """The table of the search, with ``known_rms``, ``score``, and whether a candidate is the ``chosen`` one, or ``withdrawn``.

    Raises
    ------
    FileNotFoundError
        if the search has not been made.
    ValueError
        if the file is damaged or lacks a network.
    """
    table = store.read_table(path, _REMEDY, COLUMNS)
    if missing := [id for id in TABLE_I if id not in set(table.network)]:
        raise ValueError(f"{path} lacks {', '.join(missing)}: {_REMEDY}")
    return judged(table)


def judged(table: pd.DataFrame, errors: Sequence[str] = ERRORS) -> pd.DataFrame:
    """A table of candidates with ``known_rms``, ``score`` and the ``chosen`` one of each network: that of lowest score.

    Those :data:`WITHDRAWN` do not compete.  Of the others only those do that are as accurate in the known region as the
    paper says; all of them where the paper quotes no figure, or none is as accurate.  ``errors`` are those that make the score.
    """
    table = table.assign(known_rms=known_rms(table), score=score(table, errors), chosen=False, withdrawn=False)
    for id, recipe in WITHDRAWN.items():
        settings = {"network": id} | asdict(recipe)
        table.loc[(table[list(settings)] == settings).all(axis=1), "withdrawn"] = True
    for id, rows in table[~table.withdrawn].groupby("network"):
        accurate = rows.known_rms <= (get_network(id).paper_rms or np.inf)
        table.loc[(rows[accurate] if accurate.any() else rows).score.idxmin(), "chosen"] = True
    return table


FIRST_GENERATION = {
    "NN3-I3D": {"weight_decay": 300.0, "energy_weight": 10.0, "steps": 160},
    "NN3-I6D": {"weight_decay": 100.0, "energy_weight": 10.0, "steps": 160},
    "NN3-I6dD": {"weight_decay": 3.0, "energy_weight": 10.0, "steps": 80},
}
"""What the recipes of the first ensembles of NN3 had, all of them with two hidden layers of 24, silu and whitening 1."""


def generations(table: pd.DataFrame) -> pd.DataFrame:
    """Candidates of NN3 over its label and ``first`` (:data:`FIRST_GENERATION`), ``with density`` (the chosen one) and ``by energies``.

    The latter would be chosen among all candidates if the score did not know of the error of the density.
    """
    with_density, by_energies = judged(table).query("chosen"), judged(table, ERRORS[:2]).query("chosen")
    columns, rows = ["width", "weight_decay", "energy_weight", "steps", *ERRORS], {}
    for id, recipe in FIRST_GENERATION.items():
        settings = {"network": id, "width": 24, "layers": 2, "activation": "silu", "whitening": 1.0} | recipe
        first = table[(table[list(settings)] == settings).all(axis=1)]
        for name, group in (("first", first), ("by energies", by_energies), ("with density", with_density)):
            [rows[get_network(id).label, name]] = group.index[group.network == id]
    names = pd.MultiIndex.from_tuples(rows, names=["network", "recipe"])
    return table.loc[list(rows.values()), columns].set_index(names)


def with_row(table: pd.DataFrame, row: dict, key: list[str]) -> pd.DataFrame:
    """A table with one more row, sorted by the columns of the ``key``, networks as they stand in Table I."""
    order = {id: place for place, id in enumerate(TABLE_I)}
    grown = pd.concat([table, pd.DataFrame([row])], ignore_index=True) if len(table) else pd.DataFrame([row])
    return grown.sort_values(key, key=lambda column: column.map(order) if column.name == "network" else column)


def write_table(path: Path, head: str, table: pd.DataFrame) -> None:
    """Write a table as CSV below its head, in one step."""
    text = head + table.to_csv(index=False, float_format="%.6g")
    atomic_write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Search the recipes of the networks on validation nuclei.")
    parser.add_argument("networks", nargs="*", type=known_to(get_network), help=f"default: {' '.join(TABLE_I)}")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    fields = ["network", *asdict(Recipe())]
    with errors_in_one_line(), alone(PATH):
        table = store.read_table(PATH, _REMEDY, COLUMNS) if PATH.exists() else pd.DataFrame(columns=fields)
        done = set(table[fields].itertuples(index=False, name=None))
        chosen = dict.fromkeys((id, recipe) for id in options.networks or TABLE_I for recipe in candidates(id))
        tasks = {key: key for key in chosen if (key[0], *asdict(key[1]).values()) not in done}

        def keep(_, row):
            nonlocal table
            table = with_row(table, row, fields)
            write_table(PATH, _HEAD, table)

        finished = len(chosen) - len(tasks)
        run_tasks(try_candidate, tasks, keep, options.workers, options.scheduler, "search", "recipe", finished)


if __name__ == "__main__":
    main()
