"""What the networks learn from: inputs and targets of every nucleus of the chart, and who is in which learning set.

Inputs and energy densities are multiplied by r^2 (caption of Table I of the paper); the integral over the mesh is
``4 pi dr sum_i``, so that the sum of a target energy density *is* its target energy.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import xarray as xr

from lib.learning.known_region import NEUTRON_MAGIC, PROTON_MAGIC, distance, is_known
from lib.learning.table_one import DENSITIES, NUMBERS, TARGETS
from lib.provenance import DATA
from lib.rmf.chart import load_chart

SPLITS = 20
INITIALISATIONS = 5
LEARNING_SHARE = 0.8


def valence_factor(Z, N) -> np.ndarray:
    """P = nu_p nu_n / (nu_p + nu_n) with the distances nu to the nearest magic numbers; 0 where both are 0."""
    Z, N = np.broadcast_arrays(Z, N)
    nu_p = np.abs(Z[..., None] - np.array(PROTON_MAGIC)).min(axis=-1)
    nu_n = np.abs(N[..., None] - np.array(NEUTRON_MAGIC)).min(axis=-1)
    return nu_p * nu_n / np.maximum(nu_p + nu_n, 1)


def load_dataset(target: str = "E", folder: Path | None = None) -> xr.Dataset:
    """Inputs and targets of every nucleus; for ``"dE"`` of those that both functionals bind.

    Parameters
    ----------
    target : ``"E"`` or ``"dE"`` (:data:`TARGETS`).
    folder : where the charts are.  Without it they are those in ``data``, and the data set is made once per process: it
        must not be changed.

    Returns
    -------
    ``xarray.Dataset`` along ``nucleus`` (coords ``Z``, ``N``) and ``r``: ``numbers`` (nucleus, number), ``densities``
    (nucleus, r, density), each times r^2; ``energy`` (MeV) and ``energy_density`` (times r^2, MeV/fm), the targets;
    ``baseline_energy`` (MeV), what has to be added to the target to get the binding energy; ``known`` and ``distance``.

    Raises
    ------
    ValueError
        for an unknown target, or a chart that is damaged or of other code.
    FileNotFoundError
        if the charts have not been made.
    """
    if target not in TARGETS:
        raise ValueError(f"unknown target {target!r}: choose one of {', '.join(TARGETS)}")
    return _made_once(target) if folder is None else _make_dataset(target, folder)


@functools.cache
def _made_once(target: str) -> xr.Dataset:
    return _make_dataset(target, DATA)


def _make_dataset(target: str, folder: Path) -> xr.Dataset:
    def read(name):
        return load_chart(name, path=folder / f"{name}.nc")

    chart = read("PC-PK1")
    energy, density = chart.energy.values, chart.energy_density.values
    baseline = np.zeros_like(energy)
    if target == "dE":
        other = read("PC-F1")
        rows = {nucleus: i for i, nucleus in enumerate(zip(other.Z.values, other.N.values, strict=True))}
        nuclei = list(zip(chart.Z.values, chart.N.values, strict=True))
        here = np.array([i for i, nucleus in enumerate(nuclei) if nucleus in rows])
        there = np.array([rows[nuclei[i]] for i in here])
        baseline = energy[here]
        energy = other.energy.values[there] - energy[here]
        density = other.energy_density.values[there] - density[here]
        chart = chart.isel(nucleus=here)
    Z, N, r = chart.Z.values, chart.N.values, chart.r.values
    numbers = np.stack([Z, N, (N - Z) / (N + Z), valence_factor(Z, N)], axis=-1)
    densities = np.stack([chart[name].values for name in DENSITIES], axis=-1) * r[:, None] ** 2
    text = TARGETS[target]
    return xr.Dataset(
        {
            "numbers": (("nucleus", "number"), numbers, {"units": "1", "long_name": "inputs of NN1"}),
            "densities": (
                ("nucleus", "r", "density"),
                densities,
                {"units": "fm-1, Laplacians fm-3", "long_name": "inputs of NN2 and NN3, times r^2"},
            ),
            "energy": ("nucleus", energy, {"units": "MeV", "long_name": f"target energy, {text}"}),
            "energy_density": (
                ("nucleus", "r"),
                density * r**2,
                {"units": "MeV/fm", "long_name": f"target energy density times r^2, {text}"},
            ),
            "baseline_energy": ("nucleus", baseline, {"units": "MeV", "long_name": "energy to which the target adds"}),
            "known": ("nucleus", is_known(Z, N), {"units": "1", "long_name": "mass measured in AME2020"}),
            "distance": (
                "nucleus",
                distance(Z, N),
                {"units": "1", "long_name": "distance d to the known isotopes"},
            ),
        },
        coords={
            "Z": ("nucleus", Z, chart.Z.attrs),
            "N": ("nucleus", N, chart.N.attrs),
            "r": ("r", r, chart.r.attrs),
            "number": list(NUMBERS),
            "density": list(DENSITIES),
        },
        attrs={
            "target": target,
            "functional": "PC-PK1" if target == "E" else "both functionals",
            "chart_code_hash": chart.code_hash,
        },
    )


def random_learning(known: np.ndarray, split: int) -> np.ndarray:
    """Learning set of one of the twenty random splits: True for 80 % of the known nuclei, (nucleus,).

    Raises
    ------
    ValueError
        for a negative split.
    """
    if split < 0:
        raise ValueError(f"split = {split} is out of range: give 0 to {SPLITS - 1}")
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
