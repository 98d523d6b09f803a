"""What the chart does to the networks: ensembles on converged nuclei beside those on nuclei in a box with a wall at 15 fm.

The first ensembles of this book learnt from charts that were made in a box of 15 fm, whose wall pushes up weakly bound
nuclei.  ``python -m studies.other_chart COMMIT LATER`` compares the ensembles of two commits, by the same recipes and seeds,
and writes ``data/other_chart.csv``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from lib import store
from lib.learning.errors import Errors, rms
from lib.learning.table_one import TABLE_I
from lib.provenance import DATA
from lib.tasks import atomic_write
from studies.judged_again import stored_ensemble

PATH = DATA / "other_chart.csv"
_COLUMNS = (
    "network",
    "region",
    "nuclei",
    "before_rms",
    "after_rms",
    "target_change_rms",
    "before_version",
    "after_version",
)
_HEAD = """\
# rms errors in MeV of ensembles on charts with a wall at 15 fm (before) and on converged charts (after), over the nuclei that
# are in both, and the rms change of their target energies (MeV).  Made by python -m studies.other_chart COMMIT LATER.  Licence: CC BY 4.0.
"""


def load_comparison(path: Path = PATH) -> pd.DataFrame:
    """The table that :func:`compare` has made.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged.
    """
    remedy = "run `python -m studies.other_chart COMMIT LATER`"
    return store.read_table(path, remedy, _COLUMNS, dtype=dict.fromkeys(_COLUMNS[-2:], str))


def compare(before: xr.Dataset, after: xr.Dataset) -> pd.DataFrame:
    """One network on two charts, over the nuclei that are in both.

    Returns
    -------
    pd.DataFrame
        ``network``, ``region`` of :attr:`lib.learning.errors.Errors.regions`, ``nuclei`` in it, the rms errors ``before_rms``
        and ``after_rms`` and the rms ``target_change_rms`` of what was to be learnt, in MeV; the commits of both trainings.

    Raises
    ------
    ValueError
        if the recipes are not the same, so that more than the chart has changed.
    """
    for name in ("network", "recipe"):
        if before.attrs[name] != after.attrs[name]:
            raise ValueError(f"{name} {before.attrs[name]} is not {after.attrs[name]}: give a commit with the same one")
    index = [pd.MultiIndex.from_arrays([each.Z.values, each.N.values]) for each in (before, after)]
    places = index[0].get_indexer(index[1])
    there, here = places[places >= 0], np.flatnonzero(places >= 0)
    then, now = Errors(before), Errors(after)
    rows = []
    for region, mask in now.regions.items():
        inside = mask[here]
        rows.append({
            "network": after.network,
            "region": region,
            "nuclei": inside.sum(),
            "before_rms": rms(then.error[there][inside]),
            "after_rms": rms(now.error[here][inside]),
            "target_change_rms": rms((now.target[here] - then.target[there])[inside]),
        })  # fmt: skip
    return pd.DataFrame(rows).assign(before_version=before.code_version, after_version=after.code_version)


def compare_with(commit: str, later: str) -> pd.DataFrame:
    """:func:`compare` for all eleven networks.

    Raises
    ------
    ValueError
        if there is no such commit, or it has no ensembles, or others.
    """
    tables = [compare(stored_ensemble(commit, id), stored_ensemble(later, id)) for id in TABLE_I]
    return pd.concat(tables, ignore_index=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Compare the ensembles of two commits that learnt from other charts.")
    parser.add_argument("commit", help="e.g. 62a95df, the last with charts in a box of 15 fm")
    parser.add_argument("later", help="e.g. 0c27858, the last with the same recipes")
    options = parser.parse_args(arguments)
    try:
        text = _HEAD + compare_with(options.commit, options.later).to_csv(index=False, float_format="%.6g")
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    atomic_write(PATH, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
