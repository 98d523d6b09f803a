"""One search for the recipes of all eleven networks: as many candidates and trainings for each, within the same processor time.

``data/candidates.csv`` lists what takes part.  It is drawn, not chosen: :func:`drawn` spreads candidates evenly over ranges
(:data:`RANGES`) that are the same for all networks but for what costs time, and the recipe of the first search takes part
as one of them.  The list was committed before the first candidate was trained.

A *trial* trains a candidate twice with one seed: on four fifths of the known nuclei drawn at random, and without the
neutron-richest third of each element, which stands for the extrapolation.  All candidates have the trials of
:data:`FIRST_SEEDS`; the :data:`FINALISTS` that are best then have those of :data:`MORE_SEEDS`, too.  The extrapolation region is
never looked at, nor are the paper's figures.  ``python -m studies.trials`` trains what is missing and writes
``data/trials.csv``, in which every row stays.  The best of the finalists makes the recipe (:func:`winner`); a second that
cannot be told from it by the seeds is the :func:`runner_up`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.stats import qmc, t

from lib import store
from lib.learning.dataset import inner_learning, load_dataset, random_learning
from lib.learning.recipes import Recipe
from lib.learning.table_one import NN1, NN2, TABLE_I, NetworkSpec, get_network
from lib.learning.train import train_member
from lib.provenance import DATA, code_version
from lib.tasks import add_engine_options, alone, errors_in_one_line, known_to, run_tasks
from studies.search import ERRORS, density_rms, load_search, with_row, write_table

CANDIDATES, TRIALS = DATA / "candidates.csv", DATA / "trials.csv"
COUNT, FINALISTS = 16, 5
"""Candidates of each network, and those of them that have more trials."""
FIRST_SEEDS, MORE_SEEDS = range(2), range(2, 6)
SECONDS = 3600.0
"""Processor time that each network may spend; a seed is not begun after that."""
CONFIDENCE = 0.95
"""At which two candidates must differ, by Student's t over the seeds, not to tie."""
SEED = 17
RECIPE = tuple(field.name for field in fields(Recipe))
TRIAL_COLUMNS = ("network", "candidate", "seed", "learning_rms", *ERRORS, "seconds", "code_version")
_REMEDY = "run `python -m studies.trials` (two hours)"
CHOICES = {"layers": (1, 2, 3), "activation": ("tanh", "silu"), "components": (10, 20, 40, 80)}
DECADES = {"weight_decay": (-2.0, 3.0), "energy_weight": (-1.0, 1.5)}
RANGES = {
    (NN1, "energy"): {"width": (16, 96), "steps": (25, 400)},
    (NN2, "energy"): {"width": (16, 96), "steps": (12, 200)},
    (NN2, "energy_density"): {"width": (10, 30), "steps": (8, 64)},
    ("NN3", "energy_density"): {"width": (14, 32), "steps": (25, 320)},
}
"""Widths and steps, by what a step costs; both are spread evenly over their logarithms, as are :data:`DECADES`, powers of ten."""


def of_use(spec: NetworkSpec) -> tuple[str, ...]:
    """The settings that change anything in a network: ``energy_weight`` where there are two losses, ``components`` in NN2."""
    idle = {"components"} if spec.family != NN2 else set()
    if spec.output == "energy":
        idle.add("energy_weight")
    if spec.family == NN1:
        idle.add("whitening")
    return tuple(name for name in RECIPE if name not in idle)


def drawn(id: str) -> list[Recipe]:
    """The candidates of a network: its recipe of the first search, and the others spread evenly over the ranges."""
    spec = get_network(id)
    ranges, names = RANGES[spec.family, spec.output], of_use(spec)
    sequence = qmc.Sobol(len(names), seed=np.random.default_rng([SEED, list(TABLE_I).index(id)]))
    first = load_search().query("chosen").set_index("network")
    recipes = [recipe_of(first.loc[id])]
    for point in sequence.random(COUNT)[: COUNT - 1]:
        recipes.append(Recipe(**{name: _setting(name, x, ranges) for name, x in zip(names, point, strict=True)}))
    return recipes


def _setting(name: str, x: float, ranges: dict[str, tuple[int, int]]):
    """The setting at the place x, 0 to 1, of its range; numbers that are easily said."""
    if name in CHOICES:
        choices = CHOICES[name]
        return choices[int(x * len(choices))]
    if name in ranges:
        low, high = ranges[name]
        return round(low * (high / low) ** x)
    if name in DECADES:
        low, high = DECADES[name]
        return float(f"{10 ** (low + (high - low) * x):.1g}")
    return round(float(x), 1)  # whitening


def listing() -> str:
    """The text of ``data/candidates.csv``."""
    rows = [
        {"network": id, "candidate": number} | asdict(recipe)
        for id in TABLE_I
        for number, recipe in enumerate(drawn(id))
    ]
    return _LIST_HEAD + pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")


def load_candidates(path: Path = CANDIDATES) -> pd.DataFrame:
    """Network, number and recipe of each candidate; raises as :func:`lib.store.read_table`."""
    return store.read_table(path, "run `git checkout data/candidates.csv`", ("network", "candidate", *RECIPE))


def load_trials(path: Path = TRIALS) -> pd.DataFrame:
    """What has been trained; raises as :func:`lib.store.read_table`."""
    return store.read_table(path, _REMEDY, TRIAL_COLUMNS)


def recipe_of(row) -> Recipe:
    """The recipe of a line of :func:`load_candidates`."""
    kinds = {"width": int, "layers": int, "activation": str, "components": int, "steps": int}
    return Recipe(**{name: kinds.get(name, float)(row[name]) for name in RECIPE})


def trial(id: str, candidate: int, seed: int, recipe: Recipe) -> dict:
    """Two trainings of a candidate with one seed; a row of the table of trials.

    ``learning_rms``, ``validation_rms`` (MeV) and ``density_rms`` (MeV/fm, of r^2 energy density; NaN for networks of
    energies) are of the random split, ``outermost_rms`` (MeV) of the neutron-richest third, ``seconds`` of processor time.
    """
    dataset = load_dataset(get_network(id).target)
    known = dataset.known.values
    inner = inner_learning(known, dataset.Z.values, dataset.N.values)
    split = random_learning(known, seed)
    with denormals_as_zero():
        random = train_member(id, seed, 0, dataset, recipe, split)
        outer = train_member(id, seed, 1, dataset, recipe, inner)
    errors = {
        "learning_rms": float(random.curve.learning_rms[-1]), "validation_rms": float(random.curve.validation_rms[-1]),
        "outermost_rms": float(outer.curve.validation_rms[-1]),
    }  # fmt: skip
    if get_network(id).output == "energy_density":
        errors["density_rms"] = density_rms(random, dataset, known & ~split)
    # infinite where a training has gone astray, so that it comes last and is no missing trial
    errors = {name: error if np.isfinite(error) else np.inf for name, error in errors.items()}
    return {
        "network": id, "candidate": candidate, "seed": seed, "density_rms": np.nan, **errors,
        "seconds": random.seconds + outer.seconds, "code_version": code_version(),
    }  # fmt: skip


@contextlib.contextmanager
def denormals_as_zero():
    """Numbers below 1e-38 are zero: where a prior is so strong that all weights shrink to nothing, a step is twenty
    times as slow without that, and gives the same."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def log_score(trials: pd.DataFrame) -> pd.Series:
    """What trials are judged by: the mean logarithm of their errors, two of the energy and, if any, one of the density."""
    return np.log(trials[list(ERRORS)]).mean(axis=1)


def standing(trials: pd.DataFrame) -> pd.DataFrame:
    """The candidates of one network, the best first: ``score``, their mean log score over the seeds that all of them have,
    ``behind`` the best by so much, seed by seed, and the standard error ``error`` of that; how many ``seeds``."""
    scored = trials.assign(score=log_score(trials))
    scores = scored.pivot(index="candidate", columns="seed", values="score")
    scores = scores.dropna(axis=1)  # the seeds that all of them have
    order = scores.mean(axis=1).sort_values(kind="stable").index
    scores = scores.loc[order]
    behind = scores - scores.iloc[0]
    scatter = behind.replace(np.inf, np.nan).std(axis=1, ddof=1)
    seeds = scores.shape[1]
    return pd.DataFrame({
        "score": scores.mean(axis=1), "behind": behind.mean(axis=1),
        "error": scatter / np.sqrt(seeds), "seeds": seeds,
    })  # fmt: skip


def finalists(trials: pd.DataFrame) -> list[int]:
    """Candidates of one network that are best after the first seeds."""
    return standing(trials[trials.seed.isin(FIRST_SEEDS)]).index[:FINALISTS].tolist()


def final_standing(trials: pd.DataFrame) -> pd.DataFrame:
    """:func:`standing` of the finalists of one network, with whether each is ``tied`` with the first.

    Raises
    ------
    ValueError
        if trials are missing.
    """
    best = finalists(trials)
    table = standing(trials[trials.candidate.isin(best)])
    if table.seeds.iloc[0] < len(FIRST_SEEDS) + len(MORE_SEEDS):
        raise ValueError(f"the finalists of {trials.network.iloc[0]} have {table.seeds.iloc[0]} seeds: {_REMEDY}")
    bound = t.ppf((1 + CONFIDENCE) / 2, table.seeds - 1) * table.error
    return table.assign(tied=(table.behind < bound) & (table.index != table.index[0]))


def winner(trials: pd.DataFrame) -> int:
    """The candidate that makes the recipe of a network: the first of the :func:`final_standing`, which may raise."""
    return int(final_standing(trials).index[0])


def runner_up(trials: pd.DataFrame) -> int | None:
    """The second of the :func:`final_standing`, which may raise, if it is tied with the first."""
    table = final_standing(trials)
    return int(table.index[1]) if table.tied.iloc[1] else None


def finished(trials: pd.DataFrame) -> list[str]:
    """Networks whose candidates have all their trials."""
    whole = COUNT * len(FIRST_SEEDS) + FINALISTS * len(MORE_SEEDS)
    return [id for id in TABLE_I if (trials.network == id).sum() == whole]


def overview(id: str) -> pd.DataFrame:
    """All candidates of a network with their errors, the best first.

    Over the ``candidate``: its recipe, ``network``; the errors of :data:`TRIAL_COLUMNS`, geometric means over ``seeds`` of
    them, ``seconds`` of processor time of a training; ``score``, ``behind`` and ``error`` of :func:`standing` among the
    finalists, those that are none by their first seeds, behind the best of these; whether ``chosen``, and ``tied``.

    Raises
    ------
    ValueError
        if trials are missing, or a file is damaged.
    FileNotFoundError
        if there is none.
    """
    trials, listed = load_trials().query("network == @id"), load_candidates().query("network == @id")
    final = final_standing(trials)
    early = standing(trials[trials.seed.isin(FIRST_SEEDS)]).drop(index=final.index).assign(tied=False)
    places = pd.concat([final, early]).assign(chosen=lambda table: table.index == final.index[0])
    errors = np.log(trials.set_index("candidate")[["learning_rms", *ERRORS]]).groupby("candidate").mean()
    means = np.exp(errors).assign(seconds=trials.groupby("candidate").seconds.mean() / 2)
    return places.join(means).join(listed.set_index("candidate"))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Search the recipes of the networks on known nuclei.")
    parser.add_argument("networks", nargs="*", type=known_to(get_network), help=f"default: {' '.join(TABLE_I)}")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(TRIALS):
        listed = load_candidates()
        table = load_trials(TRIALS) if TRIALS.exists() else pd.DataFrame(columns=[*TRIAL_COLUMNS])

        def keep(_, row):
            nonlocal table
            table = with_row(table, row, ["network", "candidate", "seed"])[[*TRIAL_COLUMNS]]
            write_table(TRIALS, _HEAD, table)

        for id in options.networks or TABLE_I:
            recipes = {int(row["candidate"]): recipe_of(row) for _, row in listed[listed.network == id].iterrows()}
            for seed in [*FIRST_SEEDS, *MORE_SEEDS]:
                own = table[table.network == id]
                spent = own.seconds.sum()
                if spent > SECONDS:
                    print(
                        f"{id} has spent {spent:.0f} of {SECONDS:.0f} s of processor time before seed {seed}",
                        file=sys.stderr,
                    )
                    break
                wanted = list(recipes) if seed in FIRST_SEEDS else finalists(own)
                done = set(own.candidate[own.seed == seed])
                tasks = {number: (id, number, seed, recipes[number]) for number in wanted if number not in done}
                label, finished = f"{id}, seed {seed}", len(wanted) - len(tasks)
                run_tasks(trial, tasks, keep, options.workers, options.scheduler, label, "trial", finished)


_HEAD = """\
# Trials of the candidates for the recipes of the networks: rms errors on nuclei of the known region alone, in MeV.
# density_rms in MeV/fm; seconds of processor time of both trainings.  The data dictionary explains every column.
# Made by python -m studies.trials.  Licence: CC BY 4.0.
"""

_LIST_HEAD = f"""\
# Candidates for the recipes of the networks, pure numbers: number 0 is the recipe of the first search, the others are drawn.
# Made by studies.trials.listing with seed {SEED}, and committed before the first of them was trained.  Licence: CC BY 4.0.
"""

if __name__ == "__main__":
    main()
