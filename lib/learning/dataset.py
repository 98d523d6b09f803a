"""What the networks learn from: inputs and targets of every nucleus of the chart, and who is in which learning set.

Inputs and energy densities are multiplied by r^2 (caption of Table I of the paper); the integral over the mesh is
``4 pi dr sum_i``, so that the sum of a target energy density *is* its target energy.
"""

from __future__ import annotations

import functools
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import xarray as xr

from lib.learning.known_region import NEUTRON_MAGIC, PROTON_MAGIC, distance, is_known
from lib.learning.table_one import DENSITIES, NUMBERS, TARGETS
from lib.provenance import DATA
from lib.rmf.chart import load_chart
from lib.store import Variable, labelled

SPLITS = 20
INITIALISATIONS = 5
LEARNING_SHARE = 0.8


def valence_factor(Z, N) -> np.ndarray:
    """P = nu_p nu_n / (nu_p + nu_n) with the distances nu to the nearest magic numbers; 0 where both are 0."""
    Z, N = np.broadcast_arrays(Z, N)
    nu_p = np.abs(Z[..., None] - np.array(PROTON_MAGIC)).min(axis=-1)
    nu_n = np.abs(N[..., None] - np.array(NEUTRON_MAGIC)).min(axis=-1)
    return nu_p * nu_n / np.maximum(nu_p + nu_n, 1)


def nucleon_numbers(Z: np.ndarray, N: np.ndarray) -> np.ndarray:
    """The inputs of NN1, :data:`NUMBERS`, (nucleus, 4)."""
    return np.stack([Z, N, (N - Z) / (N + Z), valence_factor(Z, N)], axis=-1)


def load_dataset(target: str = "E", folder: Path | None = None) -> xr.Dataset:
    """Inputs and targets of every nucleus; for ``"dE"`` of those that both functionals bind.

    Parameters
    ----------
    target
        ``"E"`` or ``"dE"`` (:data:`TARGETS`).
    folder
        where the charts are.  Without it they are those in ``data``, and the data set is made once per process: it
        is shared, and its arrays are read-only.

    Returns
    -------
    xr.Dataset
        along ``nucleus`` and ``r``; :func:`dataset_schema` says what it holds.

    Raises
    ------
    ValueError
        for an unknown target, or a chart that is damaged or of other code.
    FileNotFoundError
        if the charts have not been made.
    """
    if not isinstance(target, str) or target not in TARGETS:
        raise ValueError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")
    return _made_once(target) if folder is None else _make_dataset(target, folder)


@functools.cache
def _made_once(target: str) -> xr.Dataset:
    return read_only(_make_dataset(target, DATA))


def read_only(dataset: xr.Dataset) -> xr.Dataset:
    """The same data set, whose arrays refuse to be written to: it is shared by all who load it."""
    for variable in dataset.variables.values():
        variable.values.flags.writeable = False
    return dataset


def data_hash(dataset: xr.Dataset) -> str:
    """Hash of all that a data set holds: who learns from other numbers becomes another network."""
    return joblib.hash({name: variable.values for name, variable in dataset.variables.items()})


def dataset_schema(target: str) -> dict[str, Variable]:
    """What :func:`load_dataset` holds for a target."""
    nucleus, text = ("nucleus",), TARGETS[target]
    return {
        "Z": Variable(nucleus, "1", "proton number"),
        "N": Variable(nucleus, "1", "neutron number"),
        "r": Variable(("r",), "fm", "radius"),
        "numbers": Variable(("nucleus", "number"), "1", "inputs of NN1"),
        "densities": Variable(("nucleus", "r", "density"), "fm-1, Laplacians fm-3", "inputs of NN2 and NN3, times r^2"),
        "energy": Variable(nucleus, "MeV", f"target energy, {text}"),
        "energy_density": Variable(("nucleus", "r"), "MeV/fm", f"target energy density times r^2, {text}"),
        "baseline_energy": Variable(nucleus, "MeV", "energy to which the target adds"),
        "known": Variable(nucleus, "1", "mass measured in AME2020"),
        "distance": Variable(nucleus, "1", "distance d to the known isotopes"),
    }


def energy_on_mesh(chart: xr.Dataset) -> np.ndarray:
    """E_CDFT (nucleus,) as far as it lies on the networks' mesh, MeV: the sum over the energy density *is* the target."""
    return (chart.energy - chart.energy_beyond_mesh).values


def _make_dataset(target: str, folder: Path) -> xr.Dataset:
    chart = load_chart("PC-PK1", path=folder / "PC-PK1.nc")
    energy, density = energy_on_mesh(chart), chart.energy_density.values
    baseline = np.zeros_like(energy)
    if target == "dE":
        other = load_chart("PC-F1", path=folder / "PC-F1.nc")
        index, other_index = (pd.MultiIndex.from_arrays([c.Z.values, c.N.values]) for c in (chart, other))
        places = other_index.get_indexer(index)
        here = np.flatnonzero(places >= 0)
        there = places[here]
        baseline = energy[here]
        energy = energy_on_mesh(other)[there] - energy[here]
        density = other.energy_density.values[there] - density[here]
        chart = chart.isel(nucleus=here)
    Z, N, r = chart.Z.values, chart.N.values, chart.r.values
    values = {
        "numbers": nucleon_numbers(Z, N),
        "densities": np.stack([chart[name].values for name in DENSITIES], axis=-1) * r[:, None] ** 2,
        "energy": energy,
        "energy_density": density * r**2,
        "baseline_energy": baseline,
        "known": is_known(Z, N),
        "distance": distance(Z, N),
    }
    attrs = {
        "target": target,
        "functional": "PC-PK1" if target == "E" else "both functionals",
        "chart_code_hash": chart.code_hash,
    }
    dataset = labelled(values | {"Z": Z, "N": N, "r": r}, dataset_schema(target), coords=("Z", "N", "r"), attrs=attrs)
    return dataset.assign_coords(number=list(NUMBERS), density=list(DENSITIES))


def random_learning(known: np.ndarray, split: int) -> np.ndarray:
    """Learning set of one of the twenty random splits: True for 80 % of the known nuclei, (nucleus,).

    Raises
    ------
    ValueError
        for a negative split.
    """
    if split < 0:
        remedy = f"give 0 to {SPLITS - 1}"
        raise ValueError(f"split = {split} is out of range: {remedy}")
    members = np.flatnonzero(known)
    order = np.random.default_rng([2020, split]).permutation(members)
    learning = np.zeros(len(known), dtype=bool)
    learning[order[: round(LEARNING_SHARE * len(members))]] = True
    return learning


def inner_learning(known: np.ndarray, Z: np.ndarray, N: np.ndarray, share: float = 1 / 3) -> np.ndarray:
    """Learning set without the neutron-richest ``share`` of the known isotopes of each element, (nucleus,).

    What is left out stands for the extrapolation region when a recipe is chosen, without touching that region.
    """
    learning = known.copy()
    for element in np.unique(Z[known]):
        isotopes = np.flatnonzero(known & (Z == element))
        isotopes = isotopes[np.argsort(N[isotopes])]
        learning[isotopes[len(isotopes) - round(share * len(isotopes)) :]] = False
    return learning
