"""The paper's optimiser beside ours: one member of each network trained by both.

``python -m studies.adam_beside`` writes ``data/adam.nc``.  Adam gets a budget of seconds, from which its number of epochs
is set beforehand, since its learning rate has to reach zero at the end.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import shutil
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import xarray as xr

from lib import store
from lib.learning.adam import adam
from lib.learning.dataset import data_hash, load_dataset, random_learning
from lib.learning.ensemble import training_hash
from lib.learning.learning_set import CURVE
from lib.learning.networks import Network, fixed_layers
from lib.learning.recipes import RECIPES
from lib.learning.table_one import TABLE_I, TARGETS, get_network
from lib.learning.train import seed_of, train_member
from lib.provenance import DATA, code_hash, code_version
from lib.store import Variable
from lib.tasks import add_engine_options, alone, errors_in_one_line, resume_tasks, task_folder

PATH = DATA / "adam.nc"
OPTIMISERS = ("Adam", "Levenberg-Marquardt")
BUDGET_SECONDS = 60.0
LEARNING_RATE = 1e-2
BATCH = 64
CURVE_POINTS = 400
"""Adam's learning curve is kept at this many epochs."""
SCHEMA = CURVE | {
    "epochs": Variable(("network",), "1", "epochs of Adam"),
    "step": Variable(("step",), "1", "entry of the learning curve; of Adam's some epochs alone, geometrically spaced"),
    "network": Variable(("network",), "1", "network of Table I"),
    "optimiser": Variable(("optimiser",), "1", "optimiser of the learning curve"),
}
"""What the file holds; learning curves go along network and optimiser, too."""


def adam_curve(id: str, budget_seconds: float) -> xr.Dataset:
    """Learning curve of member (0, 0) of a network, trained by Adam for about the given time on one core."""
    spec, recipe = get_network(id), RECIPES[id]
    dataset = load_dataset(spec.target)
    known = dataset.known.values
    learning, seed = random_learning(known, 0), seed_of(id, 0, 0)
    torch.set_num_threads(1)
    fixed = fixed_layers(spec, recipe, dataset, learning)

    def run(epochs: int) -> xr.Dataset:
        network = Network(spec, recipe, fixed, seed)
        return adam(network, dataset, learning, known & ~learning, seed, epochs, LEARNING_RATE, BATCH)

    trial = run(5)
    epochs = max(10, int(budget_seconds / float(trial.seconds[-1]) * 5))
    curve = run(epochs)
    kept = np.unique(np.geomspace(1, epochs, CURVE_POINTS).astype(int)) - 1
    return curve.isel(step=kept).assign_attrs(epochs=epochs)


def both_curves(id: str, budget_seconds: float) -> xr.Dataset:
    """Learning curves of member (0, 0) of a network by Adam and by our optimiser, dims ``optimiser`` and ``step``."""
    by_adam = adam_curve(id, budget_seconds)
    by_ours = train_member(id, 0, 0, load_dataset(get_network(id).target)).curve
    numbered = [curve.assign_coords(step=np.arange(curve.sizes["step"])) for curve in (by_adam, by_ours)]
    both = xr.concat(numbered, dim="optimiser", join="outer", combine_attrs="drop")
    return both.assign(epochs=by_adam.attrs["epochs"])


def make_reference(
    budget_seconds: float = BUDGET_SECONDS, workers: int = 2, scheduler: str | None = None, work: Path | None = None
) -> xr.Dataset:
    """Learning curves of both optimisers for all networks, dims ``network``, ``optimiser`` and ``step``.

    Finished networks are kept in ``work``, ``data/.work`` by default; a run that was interrupted goes on from there.

    Raises
    ------
    ValueError
        for a budget that is not positive, or no workers.
    ConnectionError
        if no scheduler answers.
    """
    if not 0 < budget_seconds < math.inf:
        raise ValueError(f"budget_seconds = {budget_seconds} is out of range: give a positive time")
    folder = _folder(budget_seconds, work)
    tasks = {id: (id, budget_seconds) for id in TABLE_I}
    started = time.time()
    curves, resumed = resume_tasks(both_curves, tasks, folder, workers, scheduler, "Adam", "network")
    together = xr.concat(list(curves.values()), dim="network", join="outer").assign_coords(
        network=list(TABLE_I), optimiser=list(OPTIMISERS)
    )
    for name, variable in SCHEMA.items():
        together[name].attrs = {"units": variable.unit, "long_name": variable.text}
    return together.assign_attrs(
        title="Learning curves of one member of each network, by Adam and by Levenberg-Marquardt",
        license="CC-BY-4.0",
        budget_seconds=budget_seconds,
        learning_rate=LEARNING_RATE,
        batch=BATCH,
        recipes=_recipes(),
        seeds=json.dumps({id: seed_of(id, 0, 0) for id in TABLE_I}),
        wall_time_seconds=round(time.time() - started, 1),
        resumed_networks=resumed,
        code_version=code_version(),
        python=platform.python_version(),
        torch=torch.__version__.split("+")[0],
    )


def _folder(budget_seconds: float, work: Path | None = None) -> Path:
    """Where finished networks wait until all are there."""
    data = [data_hash(load_dataset(target)) for target in TARGETS]
    settings = [budget_seconds, LEARNING_RATE, BATCH, _recipes(), data, code_hash(adam), training_hash()]
    return task_folder(work or DATA / ".work", "adam", settings)


def _recipes() -> str:
    return json.dumps({id: asdict(recipe) for id, recipe in RECIPES.items()})


def load_reference(path: Path = PATH) -> xr.Dataset:
    """The learning curves of :func:`make_reference`.

    Raises
    ------
    FileNotFoundError
        if they have not been made.
    ValueError
        if the file is damaged, lacks a network or was made with other recipes.
    """
    return store.read_checked(path, "run `python -m studies.adam_beside` (a quarter of an hour)", _fault)


def _fault(curves: xr.Dataset) -> str | None:
    """In what a file is not the reference."""
    places = curves.network.values.tolist(), curves.optimiser.values.tolist()
    if places != (list(TABLE_I), list(OPTIMISERS)):
        return "lacks a network of Table I"
    if curves.attrs.get("recipes") != _recipes():
        return "was made with other recipes than those of lib.learning.recipes"
    return None


def beside(curves: xr.Dataset) -> pd.DataFrame:
    """Where both optimisers end, over the network's label: errors in MeV and seconds on one core.

    ``adam_learning``, ``adam_validation``, ``adam_seconds``, the same with ``ours``, and ``ours_equal``: the seconds after
    which ours has come down to Adam's lowest error in the learning set; NaN if it does not.
    """
    rows = {}
    for id, spec in TABLE_I.items():
        row = rows[spec.label] = {}
        for name, optimiser in zip(("adam", "ours"), OPTIMISERS, strict=True):
            curve = curves.sel(network=id, optimiser=optimiser).dropna("step", subset=["seconds"])
            last = curve.isel(step=-1)
            row |= {
                f"{name}_learning": last.learning_rms,
                f"{name}_validation": last.validation_rms,
                f"{name}_seconds": last.seconds,
            }
            if name == "adam":
                goal = curve.learning_rms.min()
        reached = curve.seconds.where(curve.learning_rms <= goal, drop=True)
        row["ours_equal"] = reached[0] if len(reached) else np.nan
    return pd.DataFrame(rows, dtype=float).T


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train one member of each network with Adam and with our optimiser.")
    parser.add_argument("--seconds", type=float, default=BUDGET_SECONDS, help="Adam's budget for a network")
    add_engine_options(parser)
    options = parser.parse_args(arguments)
    with errors_in_one_line(), alone(PATH):
        curves = make_reference(options.seconds, options.workers, options.scheduler)
        store.write(curves, PATH)
        shutil.rmtree(_folder(options.seconds), ignore_errors=True)


if __name__ == "__main__":
    main()
