"""Rows beside Table I: networks of local fields that are told more and more of what is known, as ensembles of 100.

``python -m studies.knowing`` chooses their designs on known nuclei and trains them; :func:`load_local` reads them.  They have
the splits of the other ensembles, and :class:`lib.learning.errors.Errors` looks at them in the same way.
"""

from __future__ import annotations

import functools
import itertools
import json
import platform
import time
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
from lib.learning.ensemble import MOST, incomplete, same_energies
from lib.learning.errors import rms
from lib.learning.local_network import (
    LocalData,
    LocalLayers,
    LocalNetwork,
    local_data,
    local_seed,
    six_densities,
    train_local,
)
from lib.learning.local_rows import ROWS, Design
from lib.learning.train import one_thread
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PC_PK1
from lib.store import Variable, labelled
from lib.tasks import resume_tasks, task_folder

FOLDER = DATA / "local"
LAYERS = LocalLayers._fields


def local_path(id: str) -> Path:
    """Where a row's ensemble is kept.

    Raises
    ------
    ValueError
        for an unknown row.
    """
    if not isinstance(id, str) or id not in ROWS:
        raise ValueError(f"unknown row {id!r}: choose one of {', '.join(ROWS)}")
    return FOLDER / f"{id}.nc"


@functools.cache
def nuclei_of(target: str) -> tuple[xr.Dataset, dict[str, np.ndarray]]:
    """The data set of a target, and the six fields of PC-PK1 of its nuclei without a weight r^2."""
    dataset, chart = load_dataset(target), load_chart(PC_PK1.name)
    place = {nucleus: i for i, nucleus in enumerate(zip(chart.Z.values, chart.N.values, strict=True))}
    here = [place[nucleus] for nucleus in zip(dataset.Z.values, dataset.N.values, strict=True)]
    return dataset, six_densities(chart.isel(nucleus=here))


def data_of(design: Design, nuclei: np.ndarray | None = None) -> LocalData:
    """The fields of a design over the data set of its target, or over some of its ``nuclei``, boolean (nucleus,)."""
    dataset, densities = nuclei_of(design.target)
    nuclei = np.ones(dataset.sizes["nucleus"], dtype=bool) if nuclei is None else nuclei
    chosen = {name: field[nuclei] for name, field in densities.items()}
    return local_data(design, chosen, dataset.energy.values[nuclei])


@functools.lru_cache(maxsize=1)
def _all_data(design: Design) -> LocalData:
    return data_of(design)


def local_hash() -> str:
    """Hash of the code that decides what a member becomes; unfinished runs of other code are not resumed."""
    return code_hash(local_data, train_local, local_seed, random_learning)


def local_record(design: Design, split: int, init: int) -> dict:
    """Train one member; what is kept of it, as arrays."""
    dataset, data = nuclei_of(design.target)[0], _all_data(design)
    known = dataset.known.values.astype(bool)
    learning = random_learning(known, split)
    with one_thread():
        trained = train_local(design, data, learning, local_seed(split, init))
        predicted = trained.network.energy(data, np.arange(len(known)))
    error = predicted - data.energy
    return {
        "split": split,
        "init": init,
        "predicted_energy": predicted,
        "parameters": trained.network.parameter_vector().numpy(),
        "training_seconds": trained.seconds,
        "learning_rms": rms(error[learning]),
        "validation_rms": rms(error[known & ~learning]),
        "layers": trained.network.layers._asdict(),
    }


def local_schema(target: str) -> dict[str, Variable]:
    """What an ensemble holds."""
    given, member = dataset_schema(target), ("member",)
    return {
        "predicted_energy": Variable(("member", "nucleus"), "MeV", f"predicted {given['energy'].text}"),
        **{name: given[name] for name in ("energy", "known", "distance", "Z", "N")},
        "is_learning": Variable(("fold", "nucleus"), "1", "in the learning set of the split"),
        "parameters": Variable(("member", "parameter"), "1", "weights and biases, layer by layer"),
        "training_seconds": Variable(member, "s", "training time on one core"),
        "learning_rms": Variable(member, "MeV", "rms error of the energy, learning set"),
        "validation_rms": Variable(member, "MeV", "rms error of the energy, validation set"),
        "shift": Variable(("fold", "input"), "of the input", "subtracted from the inputs"),
        "scale": Variable(("fold", "input"), "of the input", "by which they are divided then"),
        "constants": Variable(("fold", "factor"), "MeV fm-3 / unit of the factor", "what multiplies the factors before learning"),
        "split": Variable(member, "1", "random split of the known nuclei that the member learnt by"),
        "init": Variable(member, "1", "initialisation of the parameters, counted within a split"),
        "seed": Variable(member, "1", "seed of the random initial parameters"),
        "fold": Variable(("fold",), "1", "random split of the known nuclei"),
    }  # fmt: skip


def make_local(
    id: str,
    splits: int = SPLITS,
    initialisations: int = INITIALISATIONS,
    workers: int = 1,
    scheduler: str | None = None,
    work: Path | None = None,
) -> xr.Dataset:
    """Train the ensemble of a row, or what is missing of it; arguments as of :func:`lib.learning.ensemble.make_ensemble`.

    Raises
    ------
    ValueError
        for an unknown row, or numbers out of range.
    ConnectionError
        if no scheduler answers.
    """
    local_path(id)
    for name, value in (("splits", splits), ("initialisations", initialisations)):
        check_whole(name, value, 1, MOST)
    design, started = ROWS[id], time.time()
    dataset, _ = nuclei_of(design.target)
    settings = {"design": asdict(design), "data": data_hash(dataset), "code": local_hash()}
    folder = task_folder(work or DATA / ".work", "local", settings)
    members = itertools.product(range(splits), range(initialisations))
    tasks = {f"split{split:02d}-init{init}": (design, split, init) for split, init in members}
    records, resumed = resume_tasks(local_record, tasks, folder, workers, scheduler, id, "member")
    records = list(records.values())
    split, init = [record["split"] for record in records], [record["init"] for record in records]
    layers = {record["split"]: record["layers"] for record in records}
    folds, seconds = sorted(layers), np.array([record["training_seconds"] for record in records])
    known = dataset.known.values
    values = {
        "predicted_energy": np.stack([record["predicted_energy"] for record in records]).astype(np.float32),
        **{name: dataset[name].values for name in ("energy", "known", "distance")},
        "is_learning": np.stack([random_learning(known, fold) for fold in folds]),
        "parameters": np.stack([record["parameters"] for record in records]),
        "training_seconds": seconds,
        **{name: np.array([record[name] for record in records]) for name in ("learning_rms", "validation_rms")},
        **{name: np.stack([layers[fold][name] for fold in folds]) for name in LAYERS},
    }
    coords = {"split": split, "init": init, "seed": [local_seed(*each) for each in zip(split, init, strict=True)]}
    coords |= {"fold": folds, "Z": dataset.Z.values, "N": dataset.N.values}
    attrs = {
        "title": f"Ensemble of {len(records)} networks of local fields, {id}",
        "license": store.LICENSE,
        "row": id,
        "design": json.dumps(asdict(design)),
        "optimiser": "Levenberg-Marquardt",
        "chart_code_hash": dataset.chart_code_hash,
        "training_hash": settings["code"],
        "code_version": code_version(),
        "python": platform.python_version(),
        "torch": torch.__version__.split("+")[0],
        "cpu_seconds": round(float(seconds.sum()), 1),
        "wall_time_seconds": round(time.time() - started, 2),
        "resumed_members": resumed,
    }
    return labelled(values | coords, local_schema(design.target), coords=coords, attrs=attrs)


def load_local(id: str, path: Path | None = None) -> xr.Dataset:
    """The ensemble of a row, checked against its design and the charts; read once per process, without a ``path``.

    Raises
    ------
    FileNotFoundError
        if it has not been trained.
    ValueError
        if the row is unknown, or the file is damaged, incomplete, of another design or of another chart.
    """
    local_path(id)
    return _read_once(id) if path is None else _read(id, path)


@functools.cache
def _read_once(id: str) -> xr.Dataset:
    return read_only(_read(id, local_path(id)))


def _read(id: str, path: Path) -> xr.Dataset:
    dataset = load_dataset(ROWS[id].target)
    return store.read_checked(path, "run `python -m studies.knowing`", lambda ensemble: _fault(ensemble, id, dataset))


def _fault(ensemble: xr.Dataset, id: str, dataset: xr.Dataset) -> str | None:
    """In what a file is not the ensemble of a row; its hashes do not count, as with the other ensembles."""
    if ensemble.attrs["row"] != id:
        return f"holds the row {ensemble.attrs['row']!r}"
    if json.loads(ensemble.attrs["design"]) != asdict(ROWS[id]):
        return f"was trained by another design, {ensemble.attrs['design']}"
    if missing := incomplete(ensemble):
        return missing
    return None if same_energies(ensemble, dataset) else "was trained on another chart"


def is_current(id: str) -> bool:
    """Whether the ensemble is there and agrees with design and charts."""
    try:
        load_local(id, local_path(id))
    except (FileNotFoundError, ValueError):
        return False
    return True


def local_member(ensemble: xr.Dataset, member: int) -> LocalNetwork:
    """The trained network of one member, rebuilt from its parameters.

    Raises
    ------
    ValueError
        if the ensemble has no such member.
    """
    check_whole("member", member, 0, ensemble.sizes["member"] - 1)
    fold = ensemble.fold.values.tolist().index(int(ensemble.split[member]))
    layers = LocalLayers(*(ensemble[name].values[fold] for name in LAYERS))
    network = LocalNetwork(Design(**json.loads(ensemble.attrs["design"])), layers)
    network.set_parameter_vector(torch.tensor(ensemble.parameters.values[member]))
    return network
