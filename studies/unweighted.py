"""What the factor r^2 in the inputs is worth: networks that return the energy, trained without it, beside those in use.

``python -m studies.unweighted`` trains members of each NN2 of energies by its recipe, whose inputs are the densities as they
are, and writes ``data/unweighted.csv``.  Networks that return r^2 energy density would be others without r^2; of local ones
:mod:`studies.knowing` has both versions.
"""

from __future__ import annotations

import argparse
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from lib import store
from lib.learning.dataset import data_hash, load_dataset
from lib.learning.ensemble import load_ensemble, training_hash
from lib.learning.recipes import RECIPES
from lib.learning.table_one import NN2, TABLE_I, get_network
from lib.learning.train import train_member
from lib.provenance import DATA, code_hash, code_version
from lib.tasks import add_engine_options, alone, errors_in_one_line, resume_tasks, task_folder
from studies.other_recipes import compare, first_of_each_split
from studies.search import write_table

PATH = DATA / "unweighted.csv"
NETWORKS = tuple(id for id, spec in TABLE_I.items() if spec.family == NN2 and spec.output == "energy")
SPLITS = 10
"""Members of each network, the first initialisation of each of the first splits."""
COLUMNS = ("network", "region", "nuclei", "rms", "rms_error", "beside_rms", "behind", "behind_error", "code_version")
_REMEDY = "run `python -m studies.unweighted` (five minutes)"
_HEAD = """\
# Rms errors in MeV of the mean of ten members whose inputs are not multiplied by r^2, of the same ten members of the ensemble,
# and the difference of the two, with errors by nuclei and training.  The data dictionary explains every column.
# Made by python -m studies.unweighted.  Licence: CC BY 4.0.
"""


def load_unweighted(path: Path = PATH) -> pd.DataFrame:
    """What :func:`beside_ensemble` has found; raises as :func:`lib.store.read_table`."""
    return store.read_table(path, _REMEDY, COLUMNS, dtype={"code_version": str})


def unweighted(dataset: xr.Dataset) -> xr.Dataset:
    """A data set (:func:`lib.learning.dataset.load_dataset`) whose inputs are the densities (fm^-3) and Laplacians (fm^-5)."""
    r = dataset.r.values[1:, None]
    beyond_origin = dataset.densities.values[:, 1:] / r**2
    # even functions of r, known at the first two points beyond the origin
    origin = (4 * beyond_origin[:, :1] - beyond_origin[:, 1:2]) / 3
    densities = np.concatenate([origin, beyond_origin], axis=1)
    units = {"units": "fm-3, Laplacians fm-5", "long_name": "inputs of NN2"}
    return dataset.assign(densities=dataset.densities.copy(data=densities).assign_attrs(units))


def predicted_without(id: str, split: int) -> np.ndarray:
    """What a member that is trained without r^2 in its inputs predicts, MeV, (nucleus,)."""
    return train_member(id, split, 0, unweighted(load_dataset(get_network(id).target))).predicted_energy


def same_members(ensemble: xr.Dataset) -> xr.Dataset:
    """Of an ensemble the members beside which those of :func:`predicted_without` stand."""
    return first_of_each_split(ensemble).isel(member=slice(SPLITS))


def beside_ensemble(id: str, predicted: np.ndarray) -> pd.DataFrame:
    """Members without r^2, their energies in MeV, (split, nucleus), beside those with it: :func:`studies.other_recipes.compare`."""
    members = same_members(load_ensemble(id))
    without = members.assign(predicted_energy=(("member", "nucleus"), predicted))
    rows = compare(without.assign_attrs(code_version=code_version()), members, "r^2 left out")
    return pd.DataFrame(rows)[[*COLUMNS]]


def _folder() -> Path:
    """Where members wait until all are there."""
    data = {id: data_hash(load_dataset(get_network(id).target)) for id in NETWORKS}
    recipes = {id: asdict(RECIPES[id]) for id in NETWORKS}
    return task_folder(DATA / ".work", "unweighted", [recipes, data, code_hash(unweighted), training_hash()])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the networks NN2 of energies without r^2 in their inputs.")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(PATH):
        for id in NETWORKS:
            load_ensemble(id)  # refused before anything is trained
        tasks = {f"{id}-split{split}": (id, split) for id in NETWORKS for split in range(SPLITS)}
        engine = options.workers, options.scheduler
        found, _ = resume_tasks(predicted_without, tasks, _folder(), *engine, "without r^2", "member")
        of = {id: np.stack([found[f"{id}-split{split}"] for split in range(SPLITS)]) for id in NETWORKS}
        write_table(PATH, _HEAD, pd.concat([beside_ensemble(id, predicted) for id, predicted in of.items()]))
        shutil.rmtree(_folder(), ignore_errors=True)


if __name__ == "__main__":
    main()
