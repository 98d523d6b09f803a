"""Earlier ensembles judged by their own conditions and by today's: ``python -m studies.judged_again COMMIT``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

import pandas as pd
import xarray as xr

from claims.evidence import Evidence
from claims.trial import judge
from lib.learning.dataset import load_dataset
from lib.learning.table_one import TABLE_I
from lib.provenance import DATA, ROOT, code_version
from lib.tasks import atomic_write

GENERATION = DATA / "first_generation.csv"
"""The verdict on the first ensembles, made by ``python -m studies.judged_again 7ba6baa``."""
_HEAD = """\
# How the fifteen claims came out for earlier ensembles: conditions met, of all conditions, which are pure numbers.
# Made by python -m studies.judged_again COMMIT, with the ensembles of that commit.  Licence: CC BY 4.0.
"""
_THEN = """
import json
import lib.chart
# the charts are today's, made by code with another hash; the ensembles' own energies are checked against them
lib.rmf.chart.code_hash = lambda: "CHART"
from lib.verdict import Evidence, judge
print(json.dumps([(n, v.outcome, v.met, len(v.conditions)) for n, v in judge(Evidence.load()).items()]))
"""


def load_generation(path: Path = GENERATION) -> pd.DataFrame:
    """The outcomes that :func:`judge_generation` has kept.

    Raises
    ------
    FileNotFoundError
        if they are not there.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: run `python -m studies.judged_again COMMIT`")
    return pd.read_csv(path, comment="#", dtype={"ensembles": str, "code": str})


def judge_generation(commit: str) -> pd.DataFrame:
    """Judge the ensembles of another commit twice: by its own conditions and by today's.

    The charts are those of today, which the commit's ensembles must have been trained on.

    Returns
    -------
    ``DataFrame``: ``claim``, ``conditions_of`` ("then" or "today"), ``outcome``, ``met`` of so many ``conditions``; the
    commits of the ``ensembles`` and of the ``code`` that judged.

    Raises
    ------
    subprocess.CalledProcessError
        if there is no such commit, or its own code fails.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", commit, "lib", "data"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        tarfile.open(fileobj=BytesIO(archive)).extractall(folder, filter="data")
        for chart in DATA.glob("PC-*.nc"):
            target = Path(folder) / "data" / chart.name
            if not target.exists():
                target.symlink_to(chart)
        then = subprocess.run(
            [sys.executable, "-c", _THEN.replace("CHART", load_dataset("E").chart_code_hash)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
            capture_output=True,
            check=True,
        ).stdout
        rows += [(number, "then", *found, commit, commit) for number, *found in json.loads(then)]
        ensembles = {
            id: xr.load_dataset(Path(folder) / "data/ensembles" / f"{id}.nc", engine="h5netcdf") for id in TABLE_I
        }
    rows += [
        (number, "today", verdict.outcome, verdict.met, len(verdict.conditions), commit, code_version())
        for number, verdict in judge(Evidence(ensembles)).items()
    ]
    columns = ["claim", "conditions_of", "outcome", "met", "conditions", "ensembles", "code"]
    return pd.DataFrame(rows, columns=columns).sort_values(["claim", "conditions_of"], ascending=[True, True])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge the ensembles of another commit and keep the outcomes.")
    parser.add_argument("commit", help="e.g. 7ba6baa, that of the first generation")
    parser.add_argument("-o", "--output", type=Path, default=GENERATION)
    options = parser.parse_args(arguments)
    text = _HEAD + judge_generation(options.commit).to_csv(index=False)
    atomic_write(options.output, lambda temporary: temporary.write_text(text))


if __name__ == "__main__":
    main()
