"""Ensembles of 100: twenty random splits of the known nuclei, five initialisations of each.

``python -m lib ensembles`` trains all members of all eleven networks that are not there yet and writes
``data/ensembles/<id>.nc``.  A task is one member, on local processes, or on a Dask cluster by the address of its scheduler
(:mod:`lib.tasks`).  Finished members are kept in ``data/.work`` until the file is complete, so an interrupted run resumes.
"""

from __future__ import annotations

import functools
import itertools
import json
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import xarray as xr

from lib import store
from lib.checks import check_whole
from lib.learning.dataset import (
    INITIALISATIONS,
    SPLITS,
    data_hash,
    dataset_schema,
    load_dataset,
    random_learning,
    read_only,
)
from lib.learning.learning_set import CURVE
from lib.learning.networks import FixedLayers, Network, predict_energy, predict_energy_density
from lib.learning.recipes import RECIPES, Recipe
from lib.learning.table_one import NetworkSpec, get_network
from lib.learning.train import seed_of, train_member, trained
from lib.provenance import DATA, code_hash, code_version
from lib.store import Variable, labelled
from lib.tasks import resume_tasks, task_folder

FOLDER = DATA / "ensembles"
FIXED = FixedLayers._fields
TARGET_TOLERANCE_MEV = 1e-3
"""Charts of the same code on two machines agree much better than this; more means that the ensemble is of another chart."""
MOST = 1000
"""Splits that an ensemble may have at most, and initialisations of each."""
OTHER_FAR_SIDE = "has predicted nuclei of another chart"
"""The fault of an ensemble that has learnt what it would learn today: its predictions alone must be made anew."""


def ensemble_path(id: str) -> Path:
    """Where the ensemble of a network is kept."""
    return FOLDER / f"{get_network(id).id}.nc"


def training_hash() -> str:
    """Hash of the code that decides what a member becomes; unfinished runs of other code are not resumed."""
    return code_hash(seed_of, random_learning, trained)


def member_record(id: str, split: int, init: int, recipe: Recipe | None = None) -> dict:
    """Train one member, by the recipe in use or another; what is kept of it, as arrays."""
    member = train_member(id, split, init, load_dataset(get_network(id).target), recipe)
    network = member.network
    return {
        "split": split,
        "init": init,
        "predicted_energy": member.predicted_energy,
        "parameters": network.parameter_vector().numpy(),
        "curve": {name: member.curve[name].values for name in member.curve},
        "training_seconds": member.seconds,
        "fixed": {name: getattr(network, name).numpy() for name in FIXED},
    }


def members_folder(id: str, work: Path | None = None, recipe: Recipe | None = None) -> Path:
    """Where finished members of an ensemble wait until it is complete."""
    settings = {
        "recipe": asdict(recipe or RECIPES[id]),
        "data": data_hash(load_dataset(get_network(id).target)),
        "code": training_hash(),
    }
    return task_folder(work or DATA / ".work", f"ensemble-{id}", settings)


def make_ensemble(
    id: str,
    splits: int = SPLITS,
    initialisations: int = INITIALISATIONS,
    workers: int = 2,
    scheduler: str | None = None,
    work: Path | None = None,
    recipe: Recipe | None = None,
) -> xr.Dataset:
    """Train an ensemble, or what is missing of it.

    Parameters
    ----------
    id
        a network of Table I.
    splits, initialisations
        how many; the paper's 20 and 5.
    workers
        local processes.
    scheduler
        address of a Dask scheduler (``tcp://host:8786``) instead of local processes.
    work
        folder for finished members, ``data/.work`` by default.
    recipe
        another than that in use.

    Returns
    -------
    xr.Dataset
        ``xarray.Dataset``; :func:`ensemble_schema` says what it holds, its attributes where it comes from.

    Raises
    ------
    ValueError
        for an unknown network, or numbers out of range.
    ConnectionError
        if no scheduler answers.
    """
    spec = get_network(id)
    for name, value in (("splits", splits), ("initialisations", initialisations)):
        check_whole(name, value, 1, MOST)
    tasks, folder = member_tasks(id, splits, initialisations), members_folder(id, work, recipe)
    started, record = time.time(), functools.partial(member_record, recipe=recipe) if recipe else member_record
    records, resumed = resume_tasks(record, tasks, folder, workers, scheduler, id, "member")
    ensemble = _assemble(spec, list(records.values()), recipe or RECIPES[id])
    return ensemble.assign_attrs(wall_time_seconds=round(time.time() - started, 2), resumed_members=resumed)


def member_tasks(id: str, splits: int, initialisations: int) -> dict:
    """What :func:`member_record` is called with for each member, by the name under which the member is kept."""
    tasks = {}
    for split in range(splits):  # who is learnt
        for init in range(initialisations):  # where the parameters start
            tasks[f"split{split:02d}-init{init}"] = (id, split, init)
    return tasks


def ensemble_schema(spec: NetworkSpec) -> dict[str, Variable]:
    """What the ensemble of a network holds."""
    given, output = dataset_schema(spec.target), "MeV" if spec.output == "energy" else "MeV/fm"
    member = ("member",)
    return {
        "predicted_energy": Variable(("member", "nucleus"), "MeV", f"predicted {given['energy'].text}"),
        **{name: given[name] for name in ("energy", "known", "distance", "Z", "N")},
        "is_learning": Variable(("fold", "nucleus"), "1", "in the learning set of the split"),
        "parameters": Variable(("member", "parameter"), "1", "weights and biases, layer by layer"),
        "training_seconds": Variable(member, "s", "training time on one core"),
        **{name: variable._replace(dims=("member", "step")) for name, variable in CURVE.items()},
        "shift": Variable(("fold", "input"), "of the input", "subtracted from the inputs (fixed first layer)"),
        "matrix": Variable(("fold", "input", "component"), "1 / unit of the input", "fixed first layer"),
        "offset": Variable(("fold", "output"), output, "added to the outputs (fixed last layer)"),
        "basis": Variable(("fold", "raw", "output"), output, "fixed last layer"),
        "split": Variable(member, "1", "random split of the known nuclei that the member learnt by"),
        "init": Variable(member, "1", "initialisation of the parameters, counted within a split"),
        "seed": Variable(member, "1", "seed of the random initial parameters"),
        "fold": Variable(("fold",), "1", "random split of the known nuclei"),
    }


def _assemble(spec: NetworkSpec, records: list[dict], recipe: Recipe) -> xr.Dataset:
    """The ensemble of a network from the records of its members."""
    dataset = load_dataset(spec.target)
    known = dataset.known.values
    split, init = [record["split"] for record in records], [record["init"] for record in records]
    layers = {record["split"]: record["fixed"] for record in reversed(records)}
    folds = sorted(layers)
    seconds = np.array([record["training_seconds"] for record in records])
    steps = max(len(record["curve"]["seconds"]) for record in records)

    def curve(name):
        """Those of members that stopped early end with NaN."""
        rows = np.full((len(records), steps), np.nan, dtype=np.float32)
        for row, record in zip(rows, records, strict=True):
            row[: len(record["curve"][name])] = record["curve"][name]
        return rows

    values = {
        "predicted_energy": np.stack([record["predicted_energy"] for record in records]).astype(np.float32),
        **{name: dataset[name].values for name in ("energy", "known", "distance")},
        "is_learning": np.stack([random_learning(known, fold) for fold in folds]),
        "parameters": np.stack([record["parameters"] for record in records]),
        "training_seconds": seconds,
        **{name: curve(name) for name in CURVE if name != "seconds"},
        **{name: np.stack([layers[fold][name] for fold in folds]) for name in FIXED},
    }
    coords = {
        "split": split,
        "init": init,
        "seed": [seed_of(spec.id, *member) for member in zip(split, init, strict=True)],
    }
    coords |= {"fold": folds, "Z": dataset.Z.values, "N": dataset.N.values}
    attrs = {
        "title": f"Ensemble of {len(records)} networks {spec.label}",
        "license": "CC-BY-4.0",
        "network": spec.id,
        "label": spec.label,
        "recipe": json.dumps(asdict(recipe)),
        "optimiser": "Levenberg-Marquardt",
        "chart_code_hash": dataset.chart_code_hash,
        "training_hash": training_hash(),
        "code_version": code_version(),
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "cpu_seconds": round(float(seconds.sum()), 1),
    }
    return labelled(values | coords, ensemble_schema(spec), coords=coords, attrs=attrs)


def load_ensemble(id: str, path: Path | None = None) -> xr.Dataset:
    """The ensemble of a network, checked against Table I, its recipe and the charts.

    Parameters
    ----------
    id
        a network of Table I.
    path
        of its file.  Without it, it is that of :func:`ensemble_path`, and the ensemble is read once per process: it is
        shared, and its arrays are read-only.

    Returns
    -------
    xr.Dataset
        ``xarray.Dataset``; :func:`ensemble_schema` says what it holds.

    Raises
    ------
    FileNotFoundError
        if it has not been trained.
    ValueError
        if the network is unknown, or the file is damaged, incomplete, of another recipe or of another chart.
    """
    return _read_once(get_network(id).id) if path is None else _read(id, path)


@functools.cache
def _read_once(id: str) -> xr.Dataset:
    return read_only(_read(id, ensemble_path(id)))


def _read(id: str, path: Path) -> xr.Dataset:
    spec, remedy = get_network(id), f"run `python -m lib ensembles {id}`"
    dataset = load_dataset(spec.target)
    return store.read_checked(path, remedy, lambda ensemble: _fault(ensemble, spec, dataset))


def _fault(ensemble: xr.Dataset, spec: NetworkSpec, dataset: xr.Dataset) -> str | None:
    """In what a file is not the ensemble of a network, by recipe and energies; its hashes do not count."""
    network, recipe = ensemble.attrs["network"], json.loads(ensemble.attrs["recipe"])
    if network != spec.id:
        return f"holds the network {network!r}"
    if recipe != asdict(RECIPES[spec.id]):
        return f"was trained by another recipe, {recipe}"
    if missing := incomplete(ensemble):
        return missing
    if not same_energies(ensemble, dataset):
        learnt = same_energies(*(each.isel(nucleus=np.flatnonzero(each.known)) for each in (ensemble, dataset)))
        return OTHER_FAR_SIDE if learnt else "was trained on another chart"
    return None


def incomplete(ensemble: xr.Dataset) -> str | None:
    """What an ensemble lacks, in words; None if it has all members and finite predictions."""
    members = list(zip(ensemble.split.values, ensemble.init.values, strict=True))
    complete = members == list(itertools.product(range(SPLITS), range(INITIALISATIONS)))
    if complete and np.isfinite(ensemble.predicted_energy).all():
        return None
    of_all = f"{len(members)} of {SPLITS * INITIALISATIONS} members"
    return f"is incomplete: {of_all}, or predictions that are not finite"


def same_energies(ensemble: xr.Dataset, dataset: xr.Dataset) -> bool:
    """Whether both hold the same nuclei, with the same energies."""
    same_nuclei = all(np.array_equal(ensemble[name], dataset[name]) for name in ("Z", "N"))
    return same_nuclei and np.abs(ensemble.energy.values - dataset.energy.values).max(initial=0) <= TARGET_TOLERANCE_MEV


def predicted_anew(id: str) -> xr.Dataset | None:
    """The ensemble that is kept, with predictions for the nuclei of today's chart, if the nuclei it learnt are the same there.

    None if it is not there, or must be trained anew for another reason.
    """
    spec, path = get_network(id), ensemble_path(id)
    dataset = load_dataset(spec.target)
    try:
        ensemble = store.read(path, "")
        if _fault(ensemble, spec, dataset) != OTHER_FAR_SIDE:
            return None
    except (FileNotFoundError, ValueError, *store.DAMAGE):
        return None
    given = {name: dataset[name].values for name in ("energy", "known", "distance", "Z", "N")}
    learnt = dict(
        zip(zip(ensemble.Z.values, ensemble.N.values, strict=True), ensemble.is_learning.values.T, strict=True)
    )
    none = np.zeros(ensemble.sizes["fold"], dtype=bool)
    given["is_learning"] = np.stack([learnt.get(at, none) for at in zip(given["Z"], given["N"], strict=True)], axis=1)
    predicted = np.stack([predict_energy(network, dataset) for network in _networks(ensemble)])
    kept = {name: ensemble[name].values for name in ensemble.variables if "nucleus" not in ensemble[name].dims}
    coords = {name: kept[name] for name in ("split", "init", "seed", "fold")} | {"Z": given["Z"], "N": given["N"]}
    attrs = ensemble.attrs | {
        "predicted_chart_code_hash": dataset.chart_code_hash,
        "predicted_code_version": code_version(),
    }
    values = kept | given | {"predicted_energy": predicted.astype(np.float32)}
    return labelled(values, ensemble_schema(spec), coords=coords, attrs=attrs)


def member_network(ensemble: xr.Dataset, member: int) -> Network:
    """The trained network of one member, rebuilt from its parameters.

    Raises
    ------
    ValueError
        if the ensemble has no such member.
    """
    check_whole("member", member, 0, ensemble.sizes["member"] - 1)
    return next(_networks(ensemble.isel(member=[member])))


def _networks(ensemble: xr.Dataset) -> Iterator[Network]:
    """The trained networks of all members, one after the other; what they are made of is read once."""
    spec, recipe = get_network(ensemble.attrs["network"]), Recipe(**json.loads(ensemble.attrs["recipe"]))
    layers, parameters = [ensemble[name].values for name in FIXED], torch.tensor(ensemble.parameters.values)
    place = {fold: i for i, fold in enumerate(ensemble.fold.values.tolist())}
    for member, split in enumerate(ensemble.split.values.tolist()):
        network = Network(spec, recipe, FixedLayers(*(torch.tensor(layer[place[split]]) for layer in layers)))
        network.set_parameter_vector(parameters[member])
        yield network


def member_densities(ensemble: xr.Dataset, dataset: xr.Dataset) -> np.ndarray:
    """Predicted r^2 energy density of every member for every nucleus of a data set, MeV/fm, (member, nucleus, r)."""
    return np.stack([predict_energy_density(network, dataset) for network in _networks(ensemble)])


def is_current(id: str) -> bool:
    """Whether the ensemble is there and agrees with recipe and charts."""
    try:
        load_ensemble(id, ensemble_path(id))
    except (FileNotFoundError, ValueError):
        return False
    return True
