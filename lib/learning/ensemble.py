"""Ensembles of 100: twenty random splits of the known nuclei, five initialisations of each.

``python -m lib ensembles`` trains all members of all eleven networks that are not there yet and writes
``data/ensembles/<id>.nc``.  A task is one member, on local processes, or on a Dask cluster by the address of its scheduler
(:mod:`lib.tasks`).  Finished members are kept in ``data/.work`` until the file is complete, so an interrupted run resumes.
"""

from __future__ import annotations

import functools
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
from lib.learning.dataset import INITIALISATIONS, SPLITS, load_dataset, random_learning, valence_factor
from lib.learning.learning_set import CURVE
from lib.learning.networks import FixedLayers, Network, fixed_layers, predict_energy_density
from lib.learning.recipes import RECIPES, Recipe
from lib.learning.table_one import NetworkSpec, get_network
from lib.learning.train import seed_of, train_member, train_network
from lib.provenance import DATA, code_hash, code_version
from lib.tasks import resume_tasks, task_folder

FOLDER = DATA / "ensembles"
FIXED = ("shift", "matrix", "offset", "basis")
TARGET_TOLERANCE_MEV = 1e-3
"""Charts of the same code on two machines agree much better than this; more means that the ensemble is of another chart."""


def ensemble_path(id: str) -> Path:
    """Where the ensemble of a network is kept."""
    return FOLDER / f"{get_network(id).id}.nc"


def training_hash() -> str:
    """Hash of the code that decides what a member becomes; unfinished runs of other code are not resumed."""
    return code_hash(seed_of, valence_factor, random_learning, fixed_layers, Network, train_network)


def member_record(id: str, split: int, init: int) -> dict:
    """Train one member; what is kept of it, as arrays."""
    trained = train_member(id, split, init, load_dataset(get_network(id).target))
    network = trained.network
    return {
        "split": split,
        "init": init,
        "predicted_energy": trained.predicted_energy,
        "parameters": network.parameter_vector().numpy(),
        "curve": {name: trained.curve[name].values for name in trained.curve},
        "training_seconds": trained.seconds,
        "fixed": {name: getattr(network, name).numpy() for name in FIXED},
    }


def members_folder(id: str, work: Path | None = None) -> Path:
    """Where finished members of an ensemble wait until it is complete."""
    settings = {
        "recipe": asdict(RECIPES[id]),
        "chart": load_dataset(get_network(id).target).chart_code_hash,
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
) -> xr.Dataset:
    """Train an ensemble, or what is missing of it.

    Parameters
    ----------
    id : a network of Table I.
    splits, initialisations : how many; the paper's 20 and 5.
    workers : local processes.
    scheduler : address of a Dask scheduler (``tcp://host:8786``) instead of local processes.
    work : folder for finished members, ``data/.work`` by default.

    Returns
    -------
    ``xarray.Dataset`` with dims ``member`` (coords ``split``, ``init``), ``nucleus`` (coords ``Z``, ``N``), ``fold`` (the
    splits), ``step`` and ``parameter``: ``predicted_energy`` (MeV), the target ``energy``, ``is_learning``, the learning
    curves, the parameters and fixed layers of every member, and the provenance in its attributes.

    Raises
    ------
    ValueError
        for an unknown network, or numbers that are not positive.
    ConnectionError
        if no scheduler answers.
    """
    spec = get_network(id)
    for name, value in (("splits", splits), ("initialisations", initialisations)):
        if value < 1:
            raise ValueError(f"{name} = {value} is out of range: give at least 1")
    dataset = load_dataset(spec.target)
    folder = members_folder(id, work)
    tasks = {f"split{s:02d}-init{i}": (id, s, i) for s in range(splits) for i in range(initialisations)}
    started = time.time()
    records, resumed = resume_tasks(member_record, tasks, folder, workers, scheduler, id, "member")
    ensemble = _assemble(spec, dataset, list(records.values()))
    ensemble.attrs |= {"wall_time_seconds": round(time.time() - started, 2), "resumed_members": resumed}
    return ensemble


def _assemble(spec: NetworkSpec, dataset: xr.Dataset, records: list[dict]) -> xr.Dataset:
    recipe = RECIPES[spec.id]
    folds = sorted({record["split"] for record in records})
    first = {record["split"]: record["fixed"] for record in reversed(records)}
    steps = max(len(record["curve"]["seconds"]) for record in records)

    def curve(name):
        rows = [np.asarray(record["curve"][name], dtype=np.float32) for record in records]
        return np.stack([np.pad(row, (0, steps - len(row)), constant_values=np.nan) for row in rows])

    known = dataset.known.values
    learning = np.stack([random_learning(known, split) for split in folds])
    fixed_dims = {
        "shift": ("fold", "input"), "matrix": ("fold", "input", "component"), "offset": ("fold", "output"),
        "basis": ("fold", "raw", "output"),
    }  # fmt: skip
    texts = {
        "shift": "subtracted from the inputs (fixed first layer)", "matrix": "fixed first layer",
        "offset": "added to the outputs (fixed last layer)", "basis": "fixed last layer",
    }  # fmt: skip
    output_unit = "MeV" if spec.output == "energy" else "MeV/fm"
    units = {"shift": "of the input", "matrix": "1 / unit of the input", "offset": output_unit, "basis": output_unit}
    return xr.Dataset(
        {
            "predicted_energy": (
                ("member", "nucleus"),
                np.stack([record["predicted_energy"] for record in records]).astype(np.float32),
                {"units": "MeV", "long_name": f"predicted {dataset.energy.long_name}"},
            ),
            "energy": ("nucleus", dataset.energy.values, dataset.energy.attrs),
            "known": ("nucleus", known, dataset.known.attrs),
            "distance": ("nucleus", dataset.distance.values, dataset.distance.attrs),
            "is_learning": (
                ("fold", "nucleus"),
                learning,
                {"units": "1", "long_name": "in the learning set of the split"},
            ),
            "parameters": (
                ("member", "parameter"),
                np.stack([record["parameters"] for record in records]),
                {"units": "1", "long_name": "weights and biases, layer by layer"},
            ),
            "training_seconds": (
                "member",
                np.array([record["training_seconds"] for record in records]),
                {"units": "s", "long_name": "training time on one core"},
            ),
            **{
                name: (("member", "step"), curve(name), {"units": attributes.unit, "long_name": attributes.text})
                for name, attributes in CURVE.items()
                if name != "seconds"
            },
            **{
                name: (
                    dims,
                    np.stack([first[fold][name] for fold in folds]),
                    {"units": units[name], "long_name": texts[name]},
                )
                for name, dims in fixed_dims.items()
            },
        },
        coords={
            "split": (
                "member",
                [record["split"] for record in records],
                {"units": "1", "long_name": "random split of the known nuclei that the member learnt by"},
            ),
            "init": (
                "member",
                [record["init"] for record in records],
                {"units": "1", "long_name": "initialisation of the parameters, counted within a split"},
            ),
            "seed": (
                "member",
                [seed_of(spec.id, record["split"], record["init"]) for record in records],
                {"units": "1", "long_name": "seed of the random initial parameters"},
            ),
            "fold": ("fold", folds, {"units": "1", "long_name": "random split of the known nuclei"}),
            "Z": ("nucleus", dataset.Z.values, dataset.Z.attrs),
            "N": ("nucleus", dataset.N.values, dataset.N.attrs),
        },
        attrs={
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
            "cpu_seconds": round(float(sum(record["training_seconds"] for record in records)), 1),
        },
    )


def load_ensemble(id: str, path: Path | None = None) -> xr.Dataset:
    """The ensemble of a network, checked against Table I, its recipe and the charts.

    Parameters
    ----------
    id : a network of Table I.
    path : of its file.  Without it, it is that of :func:`ensemble_path`, read once per process: the ensemble must not be
        changed.

    Raises
    ------
    FileNotFoundError
        if it has not been trained.
    ValueError
        if the network is unknown, or the file is damaged, incomplete, of another recipe or of another chart.
    """
    return _read_once(id) if path is None else _read(id, path)


@functools.cache
def _read_once(id: str) -> xr.Dataset:
    return _read(id, ensemble_path(id))


def _read(id: str, path: Path) -> xr.Dataset:
    spec = get_network(id)
    remedy = f"run `python -m lib ensembles {id}`"
    ensemble = store.read(path, remedy)
    try:
        recipe = json.loads(ensemble.attrs["recipe"])
        members = list(zip(ensemble.split.values, ensemble.init.values, strict=True))
        network, energy = ensemble.attrs["network"], ensemble.energy.values
        finite = bool(np.isfinite(ensemble.predicted_energy).all())
    except store.DAMAGE as error:
        raise ValueError(f"{path} is damaged ({error}): restore it, or delete it and {remedy}") from error
    problem = None
    dataset = load_dataset(spec.target)
    if network != id:
        problem = f"holds the network {network!r}"
    elif recipe != asdict(RECIPES[id]):
        problem = f"was trained by another recipe, {recipe}"
    elif members != [(split, init) for split in range(SPLITS) for init in range(INITIALISATIONS)] or not finite:
        problem = (
            f"is incomplete: {len(members)} of {SPLITS * INITIALISATIONS} members, or predictions that are not finite"
        )
    elif (
        not np.array_equal(ensemble.Z.values, dataset.Z.values)
        or not np.array_equal(ensemble.N.values, dataset.N.values)
        or np.abs(energy - dataset.energy.values).max() > TARGET_TOLERANCE_MEV
    ):
        problem = "was trained on another chart"
    if problem:
        raise ValueError(f"{path} {problem}: {remedy}")
    return ensemble


def member_network(ensemble: xr.Dataset, member: int) -> Network:
    """The trained network of one member, rebuilt from its parameters.

    Raises
    ------
    ValueError
        if the ensemble has no such member.
    """
    if not 0 <= member < ensemble.sizes["member"]:
        raise ValueError(f"member = {member} is out of range: give 0 to {ensemble.sizes['member'] - 1}")
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
