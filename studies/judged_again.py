"""Earlier ensembles judged by today's conditions: ``python -m studies.judged_again COMMIT``.

With ``--put-in NETWORK`` the ensemble of one network alone is taken from there, and the others are today's.
"""

from __future__ import annotations

import argparse
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from claims.condition import MET, UNDECIDED, Verdict
from claims.evidence import Evidence
from claims.trial import condition_table, judge
from lib import store
from lib.learning.dataset import load_dataset
from lib.learning.ensemble import ensemble_path, load_ensemble
from lib.learning.table_one import TABLE_I, get_network
from lib.provenance import DATA, ROOT, code_version, commit_of, git_output
from lib.tasks import atomic_write

EARLIER = DATA / "earlier_generations.csv"
"""The verdicts on earlier ensembles by today's conditions; on the first ones by their own on the charts of then, too."""
GENERATIONS = {"7ba6baa": "first ensembles", "0c27858": "ensembles by the first search"}
"""Commits whose ensembles are judged, the oldest first."""
PUT_IN = DATA / "put_in.csv"
"""The conditions with NN3-I6ℰ of that commit among the ensembles of today."""
_HEAD = """\
# How the fifteen claims came out for earlier ensembles: conditions met, undecided and all, which are pure numbers.
# Made by python -m studies.judged_again COMMIT, with the ensembles of that commit.  Licence: CC BY 4.0.
"""
_PUT_IN_HEAD = """\
# What becomes of each condition if one ensemble is that of an earlier commit, and with all of today.  What was found has
# its units with it (MeV, fm, MeV/fm).
# Made by python -m studies.judged_again COMMIT --put-in NETWORK.  Licence: CC BY 4.0.
"""
_COLUMNS = ["claim", "conditions_of", "outcome", "met", "undecided", "conditions", "ensembles", "code"]
_PUT_IN_COLUMNS = [
    "claim",
    "condition",
    "demanded",
    "earlier",
    "found_earlier",
    "today",
    "network",
    "ensembles",
    "code",
]


def load_generations(path: Path = EARLIER) -> pd.DataFrame:
    """The outcomes that :func:`judge_generation` has kept, of all :data:`GENERATIONS`.

    Raises
    ------
    FileNotFoundError
        if they are not there.
    ValueError
        if they are damaged.
    """
    remedy = "run `python -m studies.judged_again COMMIT`"
    return store.read_table(path, remedy, _COLUMNS, dtype={"ensembles": str, "code": str})


def load_put_in(path: Path = PUT_IN) -> pd.DataFrame:
    """What :func:`put_in` has kept; raises as :func:`load_generations`."""
    remedy = "run `python -m studies.judged_again COMMIT --put-in NETWORK`"
    return store.read_table(path, remedy, _PUT_IN_COLUMNS, dtype={"ensembles": str, "code": str})


def judge_generation(commit: str, kept: pd.DataFrame) -> pd.DataFrame:
    """Judge the ensembles of another commit by today's conditions, in place of what was kept of that.

    Every network is judged by the energies it has learnt, over nuclei that are in the charts of today, and the energy
    densities by the charts of today.

    Returns
    -------
    pd.DataFrame
        ``claim``, ``conditions_of`` ("then" or "today"), ``outcome``, ``met`` and ``undecided`` of so many ``conditions``;
        the commits of the ``ensembles`` and of the ``code`` that judged.

    Raises
    ------
    ValueError
        if there is no such commit.
    """
    verdicts = judge(Evidence({id: earlier_ensemble(commit, id) for id in TABLE_I}))
    today = [
        (n, "today", one.outcome, one.count(MET), one.count(UNDECIDED), len(one.conditions), commit, code_version())
        for n, one in verdicts.items()
    ]
    others = kept[(kept.conditions_of == "then") | (kept.ensembles != commit)]
    rows = pd.concat([others, pd.DataFrame(today, columns=_COLUMNS)])
    return rows.sort_values(["ensembles", "claim", "conditions_of"])


def put_in(commit: str, id: str) -> pd.DataFrame:
    """What becomes of each condition if the ensemble of one network is that of another commit.

    Returns
    -------
    pd.DataFrame
        ``claim``, ``condition`` and what is ``demanded``; how it comes out ``earlier``, with what is ``found_earlier``, and
        ``today``; the ``network``, the commits of its ``ensembles`` and of the ``code`` that judged.

    Raises
    ------
    ValueError
        if there is no such commit or network.
    """
    get_network(id)
    commit_of(commit)  # before all the others are read
    present = {each: load_ensemble(each) for each in TABLE_I}
    earlier, today = (
        condition_table(judge(Evidence(ensembles)))
        for ensembles in (present | {id: earlier_ensemble(commit, id)}, present)
    )
    table = earlier[["demanded", "met", "found"]].set_axis(["demanded", "earlier", "found_earlier"], axis="columns")
    table = table.assign(today=today.met, network=id, ensembles=commit, code=code_version())
    return table.reset_index()


def stored_ensemble(commit: str, id: str) -> xr.Dataset:
    """The ensemble of another commit.

    Raises
    ------
    ValueError
        if there is no such commit, or no ensemble in it.
    """
    name = ensemble_path(id).relative_to(ROOT).as_posix()
    packed = tarfile.open(fileobj=BytesIO(git_output("archive", commit_of(commit), name)))
    return xr.load_dataset(BytesIO(packed.extractfile(name).read()), engine="h5netcdf")


def earlier_ensemble(commit: str, id: str) -> xr.Dataset:
    """:func:`stored_ensemble`, as far as its nuclei are in the charts of today."""
    ensemble, dataset = stored_ensemble(commit, id), load_dataset(get_network(id).target)
    there = set(zip(dataset.Z.values, dataset.N.values, strict=True))
    kept = [place in there for place in zip(ensemble.Z.values, ensemble.N.values, strict=True)]
    return ensemble.isel(nucleus=np.flatnonzero(kept))


def generation_table(kept: pd.DataFrame, verdicts: Mapping[int, Verdict]) -> pd.DataFrame:
    """Outcomes over the claim: earlier ensembles by their own conditions where these are kept, and by these; and these ensembles."""
    written = {}
    for commit, name in GENERATIONS.items():
        for conditions, by in (("then", "first conditions"), ("today", "these conditions")):
            rows = kept[(kept.ensembles == commit) & (kept.conditions_of == conditions)].set_index("claim")
            if len(rows):
                written[f"{name}, {by}"] = _outcome(rows)
    present = {
        n: (one.outcome, one.count(MET), one.count(UNDECIDED), len(one.conditions)) for n, one in verdicts.items()
    }
    rows = pd.DataFrame.from_dict(present, orient="index", columns=_COLUMNS[2:6])
    written["these ensembles, these conditions"] = _outcome(rows)
    return pd.DataFrame(written).loc[list(verdicts)].rename_axis("claim")


def _outcome(rows: pd.DataFrame) -> pd.Series:
    open_ones = rows.undecided.map(lambda count: f", {count} undecided" if count else "")
    return rows.outcome + " (" + rows.met.astype(str) + " of " + rows.conditions.astype(str) + open_ones + ")"


def changed_claims(kept: pd.DataFrame, verdicts: Mapping[int, Verdict], commit: str) -> list[int]:
    """Claims of which, by today's conditions, the outcome, or how many are met or undecided, is not that of the ensembles of a commit.

    Raises
    ------
    ValueError
        if those have not been judged.
    """
    today = kept[(kept.ensembles == commit) & (kept.conditions_of == "today")].set_index("claim")
    if today.empty:
        raise ValueError(f"no verdict on the ensembles of {commit}: run `python -m studies.judged_again {commit}`")
    before = {number: (row.outcome, row.met, row.undecided) for number, row in today.iterrows()}
    now = {number: (one.outcome, one.count(MET), one.count(UNDECIDED)) for number, one in verdicts.items()}
    return [number for number in verdicts if now[number] != before[number]]


def flipped(kept: pd.DataFrame, conditions: pd.DataFrame) -> pd.DataFrame:
    """The conditions of :func:`put_in` that come out otherwise in a :func:`claims.trial.condition_table`, over claim and condition.

    ``demanded``; ``earlier`` and ``found earlier``, with the earlier ensemble; ``today`` and ``found today``.
    """
    now = conditions.reset_index().merge(kept, on=["claim", "condition", "demanded"])
    columns = {"found_earlier": "found earlier", "met": "today", "found": "found today"}
    table = now.drop(columns="today").rename(columns=columns)[now.met != now.earlier]
    return table.set_index(["claim", "condition"])[["demanded", "earlier", "found earlier", "today", "found today"]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Judge the ensembles of another commit and keep the outcomes.")
    parser.add_argument("commit", help="one that has ensembles")
    parser.add_argument("--put-in", metavar="NETWORK", help="take one network alone from there")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.put_in:
            path, text = PUT_IN, _PUT_IN_HEAD + put_in(options.commit, options.put_in).to_csv(index=False)
        else:
            path, text = EARLIER, _HEAD + judge_generation(options.commit, load_generations()).to_csv(index=False)
    except (ValueError, FileNotFoundError) as error:
        parser.error(str(error))
    atomic_write(options.output or path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
