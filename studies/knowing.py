"""Networks that are told what is known: their designs chosen on known nuclei, and the ensembles of the rows.

A *trial* trains a candidate three times with one seed: on four fifths of the known nuclei drawn at random, and without the
neutron-richest third, or half, of each element, which stand for the extrapolation.  All candidates have the trials of
:data:`FIRST_SEEDS`, the :data:`FINALISTS` of each target those of :data:`MORE_SEEDS`, too; of them the one with the lowest mean
logarithm of the three errors is chosen (:func:`standing`).  Nothing outside the known region takes part: its
nuclei are not even predicted.  ``python -m studies.knowing`` trains what is missing, writes ``data/knowing.csv``, in which every
candidate stays, and then ``data/local``, if the designs of :data:`lib.learning.local_rows.CHOSEN` are those chosen here.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from lib import store
from lib.learning.dataset import inner_learning, random_learning
from lib.learning.errors import rms
from lib.learning.local_ensemble import data_of, is_current, local_path, make_local, nuclei_of
from lib.learning.local_network import local_seed, train_local
from lib.learning.local_rows import CHOSEN, ROWS, Design
from lib.learning.train import one_thread
from lib.provenance import DATA, code_version
from lib.tasks import add_engine_options, alone, errors_in_one_line, known_to, run_tasks
from studies.search import write_table

PATH = DATA / "knowing.csv"
FIRST_SEEDS, MORE_SEEDS = range(1), range(1, 3)
FINALISTS = 4
"""Candidates of each target that have the trials of more seeds: those best after the first."""
SHARES = {"third_rms": 1 / 3, "half_rms": 1 / 2}
"""The neutron-richest share of the known isotopes that is held out, by the name of the error there."""
ERRORS = ("validation_rms", *SHARES)
DESIGN = tuple(field.name for field in fields(Design))
COLUMNS = (*DESIGN, "seed", "constants_rms", "learning_rms", *ERRORS, "seconds", "code_version")
_REMEDY = "run `python -m studies.knowing` (half an hour)"
_HEAD = """\
# Candidates for networks that are told what is known, and their rms errors in MeV on nuclei of the known region alone.
# seconds of processor time of all three trainings.  The data dictionary explains every column.
# Made by python -m studies.knowing.  Licence: CC BY 4.0.
"""
_SPLIT, _POTENTIALS, _SUMS = "six, split", "six and potentials", "six and their sums"
_TOLD = Design(known="interaction, kinetic", inputs=_POTENTIALS)
_ORDER = Design(target="dE", known="first order")
CANDIDATES: tuple[Design, ...] = (
    *(
        replace(_TOLD, **change)
        for change in (
            {}, {"steps": 80}, {"width": 24}, {"layers": 3}, {"layers": 3, "steps": 80}, {"layers": 1, "width": 32},
            {"weight_decay": 0.1}, {"weight_decay": 3.0}, {"weight_decay": 10.0}, {"weight_decay": 100.0},
            {"inputs": _SUMS}, {"inputs": _SUMS, "steps": 80}, {"inputs": _SUMS, "layers": 3},
            {"inputs": _SUMS, "layers": 3, "steps": 80},
            {"inputs": "six and S, V, V_TV"}, {"inputs": "three and potentials"}, {"inputs": _SPLIT},
            {"known": "interaction, kinetic by S - V"}, {"known": "interaction, kinetic by S - V", "inputs": _SPLIT},
            {"known": "interaction", "inputs": _SPLIT}, {"known": "interaction", "inputs": _SPLIT, "factor": "rho_V"},
            {"known": "nothing", "inputs": _SPLIT}, {"known": "nothing", "inputs": _SPLIT, "factor": "rho_V"},
            {"known": "nothing", "inputs": "six", "factor": "rho_V"},
            {"known": "nothing", "inputs": "six, times r^2", "factor": "rho_V"},
            {"known": "rest mass", "inputs": _SPLIT, "factor": "rho_V"},
            {"known": "rest mass", "inputs": "two", "factor": "products", "steps": 80},
            {"known": "rest mass", "inputs": _SPLIT, "factor": "products", "steps": 80},
        )
    ),
    *(
        replace(_ORDER, **change, weight_decay=decay)
        for change, decays in (
            ({"known": "nothing", "factor": "rho_V", "inputs": _SPLIT}, (1.0, 10.0, 100.0)),
            ({"factor": "rho_V"}, (1.0, 10.0)),
            ({}, (1.0, 3.0, 10.0, 30.0, 100.0)),
            ({"inputs": "six and changes"}, (3.0, 10.0)),
            ({"factor": "second order"}, (3.0, 10.0, 30.0, 100.0)),
            ({"factor": "second order", "inputs": "six and changes"}, (10.0, 30.0, 100.0)),
            ({"factor": "second order, sums"}, (3.0, 10.0, 30.0, 100.0)),
        )
        for decay in decays
    ),
)  # fmt: skip
"""All that take part; those that were tried by hand before are among them."""


def trial(design: Design, seed: int) -> dict:
    """Three trainings of a candidate with one seed; a row of the table.

    ``constants_rms`` (MeV) is the error on the random learning set before anything is learnt, ``learning_rms`` that after,
    ``validation_rms`` that of the known nuclei left out at random, ``third_rms`` and ``half_rms`` those of the
    neutron-richest share that was held out; ``seconds`` of processor time.
    """
    dataset, _ = nuclei_of(design.target)
    known = dataset.known.values.astype(bool)
    data, Z, N = data_of(design, known), dataset.Z.values[known], dataset.N.values[known]
    all_known = np.ones(len(Z), dtype=bool)
    sets = {"validation_rms": random_learning(all_known, seed)}
    sets |= {name: inner_learning(all_known, Z, N, share) for name, share in SHARES.items()}
    row = {**asdict(design), "seed": seed, "seconds": 0.0, "code_version": code_version()}
    for place, (name, learning) in enumerate(sets.items()):
        with one_thread():
            trained = train_local(design, data, learning, local_seed(seed, place))
            error = trained.network.energy(data, np.arange(len(Z))) - data.energy
        row[name] = rms(error[~learning])
        row["seconds"] += trained.seconds
        if name == "validation_rms":
            row["learning_rms"] = rms(error[learning])
            rest = data.energy - data.known - data.factors.sum(axis=1) @ trained.network.layers.constants
            row["constants_rms"] = rms(rest[learning])
    return row


def load_knowing(path: Path = PATH) -> pd.DataFrame:
    """All trials; raises as :func:`lib.store.read_table`."""
    return store.read_table(path, _REMEDY, COLUMNS)


def standing(table: pd.DataFrame, target: str) -> pd.DataFrame:
    """The candidates of a target that have most seeds, the best first: design, geometric means of the errors and ``score``, MeV."""
    own = table[table.target == target]
    count = own.groupby([*DESIGN]).seed.transform("size")
    own = own[count == count.max()]
    logs = np.log(own[["constants_rms", "learning_rms", *ERRORS]]).assign(score=np.log(own[[*ERRORS]]).mean(axis=1))
    means = np.exp(logs.groupby([own[name] for name in DESIGN]).mean())
    return means.sort_values("score", kind="stable").reset_index()


def finalists(table: pd.DataFrame, target: str) -> list[Design]:
    """Candidates of a target that are best after the first seeds."""
    first = standing(table[table.seed.isin(FIRST_SEEDS)], target)
    return [_design(row) for _, row in first.head(FINALISTS).iterrows()]


def best(table: pd.DataFrame, target: str) -> Design:
    """The candidate that is chosen of a target."""
    return _design(standing(table, target).iloc[0])


def _design(row: pd.Series) -> Design:
    kinds = {field.name: type(field.default) for field in fields(Design)}
    return Design(**{name: kinds[name](row[name]) for name in DESIGN})


def _settings(design: Design) -> tuple:
    return tuple(asdict(design).values())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Choose designs of networks that are told what is known; train the rows."
    )
    parser.add_argument("rows", nargs="*", type=known_to(local_path), help=f"default: {' '.join(ROWS)}")
    parser.add_argument("--only-trials", action="store_true", help="choose, and train no ensemble")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(PATH):
        table = load_knowing() if PATH.exists() else pd.DataFrame(columns=[*COLUMNS])

        def keep(_, row):
            nonlocal table
            place = {_settings(design): number for number, design in enumerate(CANDIDATES)}
            rows = [*table.to_dict("records"), row]
            rows.sort(key=lambda each: (place.get(tuple(each[name] for name in DESIGN), len(place)), each["seed"]))
            table = pd.DataFrame(rows)[[*COLUMNS]]
            write_table(PATH, _HEAD, table)

        for seeds in (FIRST_SEEDS, MORE_SEEDS):
            designs = (
                CANDIDATES if seeds == FIRST_SEEDS else [each for target in CHOSEN for each in finalists(table, target)]
            )
            done = set(table[[*DESIGN, "seed"]].itertuples(index=False, name=None))
            wanted = {(design, seed): (design, seed) for seed in seeds for design in designs}
            tasks = {each: each for each in wanted if (*_settings(each[0]), each[1]) not in done}
            finished = len(wanted) - len(tasks)
            run_tasks(trial, tasks, keep, options.workers, options.scheduler, "designs", "trial", finished)
        if options.only_trials:
            return
        for target, design in CHOSEN.items():
            if (found := best(table, target)) != design:
                raise ValueError(f"the best design for {target} is {found}, not {design}: put it into CHOSEN")
        for id in options.rows or ROWS:
            if not is_current(id):
                store.write(make_local(id, workers=options.workers, scheduler=options.scheduler), local_path(id))


if __name__ == "__main__":
    main()
