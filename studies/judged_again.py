"""Earlier ensembles judged by their own conditions and by today's: ``python -m studies.judged_again COMMIT``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pandas as pd
import xarray as xr

from claims.condition import Verdict
from claims.evidence import Evidence
from claims.trial import judge
from lib import store
from lib.learning.dataset import load_dataset
from lib.learning.table_one import TABLE_I, TARGETS
from lib.provenance import DATA, code_version, git_output
from lib.tasks import atomic_write

GENERATION = DATA / "first_generation.csv"
"""The verdict on the first ensembles, of commit 7ba6baa, on the charts of then, which had a wall."""
_HEAD = """\
# How the fifteen claims came out for earlier ensembles: conditions met, of all conditions, which are pure numbers.
# Made by python -m studies.judged_again COMMIT, with the ensembles of that commit.  Licence: CC BY 4.0.
"""
_THEN = """
import json
try:
    import lib.chart
    # the charts are today's, made by code with another hash; the ensembles' own energies are checked against them
    lib.chart.code_hash = lambda: "CHART"
    from lib.verdict import Evidence, judge
except ImportError:  # a commit whose code has rooms
    import lib.rmf.chart
    lib.rmf.chart.chart_hash = lambda: "CHART"
    from claims.evidence import Evidence
    from claims.trial import judge
print(json.dumps([(n, v.outcome, v.met, len(v.conditions)) for n, v in judge(Evidence.load()).items()]))
"""
_COLUMNS = ["claim", "conditions_of", "outcome", "met", "conditions", "ensembles", "code"]


def load_generation(path: Path = GENERATION) -> pd.DataFrame:
    """The outcomes that :func:`judge_generation` has kept.

    Raises
    ------
    FileNotFoundError
        if they are not there.
    ValueError
        if they are damaged.
    """
    remedy = "run `python -m studies.judged_again COMMIT`"
    return store.read_table(path, remedy, _COLUMNS, dtype={"ensembles": str, "code": str})


def judge_generation(commit: str) -> pd.DataFrame:
    """Judge the ensembles of another commit twice: by its own conditions and by today's.

    The charts are those of today, which the commit's ensembles must have been trained on.

    Returns
    -------
    pd.DataFrame
        ``claim``, ``conditions_of`` ("then" or "today"), ``outcome``, ``met`` of so many ``conditions``; the
        commits of the ``ensembles`` and of the ``code`` that judged.

    Raises
    ------
    ValueError
        if there is no such commit, or its own code fails.
    """
    for target in TARGETS:
        load_dataset(target)  # the charts are there, or it ends here
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tarfile.open(fileobj=BytesIO(git_output("archive", commit))).extractall(folder, filter="data")
        for chart in DATA.glob("PC-*.nc"):
            if not (folder / "data" / chart.name).exists():
                (folder / "data" / chart.name).symlink_to(chart)
        then = [(number, "then", *found, commit, commit) for number, *found in _judged_there(folder)]
        paths = {id: folder / "data/ensembles" / f"{id}.nc" for id in TABLE_I}
        ensembles = {id: xr.load_dataset(path, engine="h5netcdf") for id, path in paths.items()}
    today = [
        (number, "today", verdict.outcome, verdict.met, len(verdict.conditions), commit, code_version())
        for number, verdict in judge(Evidence(ensembles)).items()
    ]
    return pd.DataFrame(then + today, columns=_COLUMNS).sort_values(["claim", "conditions_of"])


def _judged_there(folder: Path) -> list:
    """Number, outcome, conditions met and conditions of each claim, by the code in another checkout."""
    code = _THEN.replace("CHART", load_dataset("E").chart_code_hash)
    surroundings = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ValueError(
            f"the code of that commit cannot judge its ensembles ({run.stderr.strip().splitlines()[-1]}): give another"
        )
    return json.loads(run.stdout)


def generation_table(kept: pd.DataFrame, verdicts: Mapping[int, Verdict]) -> pd.DataFrame:
    """Outcomes of three trials over the claim: earlier ensembles by earlier conditions and by these, and these ensembles."""
    then, today = (kept[kept.conditions_of == name].set_index("claim") for name in ("then", "today"))
    columns = {"first ensembles, first conditions": then, "first ensembles, these conditions": today}
    written = {name: _outcome(rows.outcome, rows.met, rows.conditions) for name, rows in columns.items()}
    present = pd.DataFrame.from_dict(
        {number: (verdict.outcome, verdict.met, len(verdict.conditions)) for number, verdict in verdicts.items()},
        orient="index", columns=["outcome", "met", "conditions"],
    )  # fmt: skip
    written["these ensembles, these conditions"] = _outcome(present.outcome, present.met, present.conditions)
    return pd.DataFrame(written).loc[list(verdicts)].rename_axis("claim")


def _outcome(outcome: pd.Series, met: pd.Series, conditions: pd.Series) -> pd.Series:
    return outcome + " (" + met.astype(str) + " of " + conditions.astype(str) + ")"


def changed_claims(kept: pd.DataFrame, verdicts: Mapping[int, Verdict]) -> list[int]:
    """Claims of which, by today's conditions, the outcome or the number of those met is not that of earlier ensembles."""
    today = kept[kept.conditions_of == "today"].set_index("claim")
    before = {number: (row.outcome, row.met) for number, row in today.iterrows()}
    return [number for number, verdict in verdicts.items() if (verdict.outcome, verdict.met) != before[number]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge the ensembles of another commit and keep the outcomes.")
    parser.add_argument("commit", help="one whose ensembles have learnt the nuclei of the charts of today")
    parser.add_argument("-o", "--output", type=Path, default=GENERATION)
    options = parser.parse_args(arguments)
    try:
        text = _HEAD + judge_generation(options.commit).to_csv(index=False)
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    atomic_write(options.output, lambda temporary: temporary.write_text(text))


if __name__ == "__main__":
    main()
