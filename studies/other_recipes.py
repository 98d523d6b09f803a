"""What the choice of the recipe does to the errors: ensembles by other recipes beside those in use.

``python -m studies.other_recipes`` takes the ensembles of the first search, and of its withdrawn candidate, from the history
of this repository, trains a member of each split by each runner-up of the second (:func:`studies.trials.runner_up`), and
writes ``data/other_recipes.csv``.  No recipe is chosen by it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from claims.uncertainty import Redrawn
from lib import store
from lib.learning.ensemble import load_ensemble, make_ensemble
from lib.learning.errors import Errors
from lib.learning.table_one import TABLE_I
from lib.provenance import DATA
from lib.tasks import add_engine_options, alone, errors_in_one_line
from studies.judged_again import earlier_ensemble
from studies.search import WITHDRAWN, write_table
from studies.trials import load_candidates, load_trials, recipe_of, runner_up

PATH = DATA / "other_recipes.csv"
FIRST_SEARCH = "0c27858"
"""A commit whose ensembles are by the recipes of the first search."""
WITHDRAWN_BY = "3d027ab"
"""The commit by which the withdrawn candidate gave way to the one before it; both learnt from the charts of then."""
FIRST, RUNNER_UP, TAKEN_BACK = "first search", "runner-up", "withdrawn"
COLUMNS = (
    "network", "recipe_of", "recipe", "region", "nuclei", "rms", "rms_error", "beside_rms", "behind", "behind_error", "code_version"
)  # fmt: skip
_REMEDY = "run `python -m studies.other_recipes` (half an hour)"
_HEAD = """\
# Rms errors in MeV of ensembles by other recipes, of the ensembles beside them, and the difference of the two, with errors by
# nuclei and training.  The data dictionary explains every column.  Made by python -m studies.other_recipes.  Licence: CC BY 4.0.
"""


def load_other_recipes(path: Path = PATH) -> pd.DataFrame:
    """What :func:`compare` has found; raises as :func:`lib.store.read_table`."""
    return store.read_table(path, _REMEDY, COLUMNS, dtype={"code_version": str})


def compare(ensemble: xr.Dataset, beside: xr.Dataset, recipe_of: str) -> list[dict]:
    """One ensemble beside another of the same network: a row of the table for each region.

    ``rms`` and its ``rms_error`` in MeV, ``beside_rms`` of the other, and by how much the first is ``behind`` it, with the
    error ``behind_error`` of that, for which the same chains and splits are drawn in both.
    """
    rows = []
    mine, other = Errors(ensemble), Errors(beside)
    drawn, drawn_beside = Redrawn(mine), Redrawn(other)
    for region, mask in mine.regions.items():
        rms, rms_beside = drawn.rms(mask), drawn_beside.rms(other.regions[region])
        behind = rms - rms_beside
        rows.append({
            "network": ensemble.network, "recipe_of": recipe_of, "recipe": ensemble.recipe, "region": region, "nuclei": mask.sum(),
            "rms": rms.value, "rms_error": rms.error, "beside_rms": rms_beside.value,
            "behind": behind.value, "behind_error": behind.error, "code_version": ensemble.code_version,
        })  # fmt: skip
    return rows


def first_of_each_split(ensemble: xr.Dataset) -> xr.Dataset:
    """Of an ensemble the members of the first initialisation, beside which those by a runner-up stand."""
    return ensemble.isel(member=np.flatnonzero(ensemble.init == 0))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Set ensembles by other recipes beside those in use.")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(PATH):
        trials, listed = load_trials(), load_candidates().set_index(["network", "candidate"])
        rows = []
        for id in TABLE_I:
            now, before = load_ensemble(id), earlier_ensemble(FIRST_SEARCH, id)
            if json.loads(before.recipe) != json.loads(now.recipe):
                rows += compare(before, now, FIRST)
            second = runner_up(trials[trials.network == id])
            if second is None:
                continue
            recipe = recipe_of(listed.loc[id, second])
            if asdict(recipe) == json.loads(before.recipe):
                continue  # a hundred of these are in the table already
            made = make_ensemble(
                id, initialisations=1, workers=options.workers, scheduler=options.scheduler, recipe=recipe
            )
            rows += compare(made, first_of_each_split(now), RUNNER_UP)
        for id in WITHDRAWN:
            withdrawn = earlier_ensemble(f"{WITHDRAWN_BY}^", id)
            rows += compare(withdrawn, earlier_ensemble(WITHDRAWN_BY, id), TAKEN_BACK)
        write_table(PATH, _HEAD, pd.DataFrame(rows)[[*COLUMNS]])


if __name__ == "__main__":
    main()
