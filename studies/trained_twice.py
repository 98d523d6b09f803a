"""Ensembles that were trained twice: what is left of their differences once a hundred members are averaged.

Two trainings from the same seeds on the same learning sets differ where processors round differently, which some hundred
steps amplify.  ``python -m studies.trained_twice COMMIT LATER`` compares the ensembles of two commits.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from lib import store
from lib.learning.errors import Errors
from lib.learning.table_one import TABLE_I
from lib.provenance import DATA
from lib.tasks import atomic_write
from studies.judged_again import stored_ensemble

PATH = DATA / "repetition.csv"
_HEAD = """\
# rms errors in MeV of ensembles that were trained twice, by their former and their present files, and the rms difference
# (MeV) between the means of the two.  Made by python -m studies.trained_twice COMMIT LATER.  Licence: CC BY 4.0.
"""


def load_repetition(path: Path = PATH) -> pd.DataFrame:
    """The table that :func:`compare` has made.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged.
    """
    columns = "network", "region", "first_rms", "second_rms", "apart_rms", "first_version", "second_version"
    return store.read_table(
        path, "run `python -m studies.trained_twice COMMIT LATER`", columns, dtype=dict.fromkeys(columns[-2:], str)
    )


def compare(first: xr.Dataset, second: xr.Dataset) -> pd.DataFrame:
    """One ensemble in two trainings.

    Returns
    -------
    pd.DataFrame
        ``network``, ``region`` of :attr:`lib.learning.errors.Errors.regions`, ``first_rms`` and ``second_rms``, the
        errors of the two means, and ``apart_rms``, their difference, in MeV; the commits by which they were trained.

    Raises
    ------
    ValueError
        if recipes, seeds or nuclei are not the same, so that they are two ensembles and not one.
    """
    for name in ("network", "recipe"):
        if first.attrs[name] != second.attrs[name]:
            raise ValueError(f"{name} {first.attrs[name]} is not {second.attrs[name]}: give a commit with the same one")
    for name in ("seed", "Z", "N"):
        if not np.array_equal(first[name], second[name]):
            raise ValueError(f"{name} of {first.network} differs: give a commit with the same seeds and nuclei")
    # as if the mean of the first were what the second has to meet
    apart = second.assign(energy=first.predicted_energy.astype(float).mean("member"))
    errors = {"first_rms": Errors(first), "second_rms": Errors(second), "apart_rms": Errors(apart)}
    columns = {name: {region: each.rms(mask) for region, mask in each.regions.items()} for name, each in errors.items()}
    table = pd.DataFrame(columns).rename_axis("region").reset_index()
    table.insert(0, "network", second.network)
    return table.assign(first_version=first.code_version, second_version=second.code_version)


def compare_with(commit: str, later: str) -> pd.DataFrame:
    """:func:`compare` for all networks whose ensembles were trained again from one ``commit`` to a ``later`` one.

    Raises
    ------
    ValueError
        if there is no such commit, or it has no ensembles, others, or the same files.
    """
    tables = []
    for id in TABLE_I:
        first, second = stored_ensemble(commit, id), stored_ensemble(later, id)
        if not np.array_equal(first.parameters, second.parameters):
            tables.append(compare(first, second))
    if not tables:
        raise ValueError(f"no ensemble was trained again from {commit} to {later}: give an earlier and a later commit")
    return pd.concat(tables, ignore_index=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare the ensembles of two commits.")
    parser.add_argument("commit", help="the earlier one")
    parser.add_argument("later", help="whose ensembles were trained by the same recipes and seeds")
    options = parser.parse_args(arguments)
    try:
        text = _HEAD + compare_with(options.commit, options.later).to_csv(index=False, float_format="%.6g")
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    atomic_write(PATH, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
