"""Members trained once more by other recipes: what a recipe decides, and what no validation can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lib.learning.dataset import inner_learning, load_dataset
from lib.learning.errors import DISTANCE_BINS, rms
from lib.learning.networks import predict_energy_density
from lib.learning.recipes import RECIPES
from lib.learning.table_one import get_network
from lib.learning.train import train_member


def weight_table(weights: Sequence[float], steps: int, id: str = "NN3-I6D") -> pd.DataFrame:
    """Member (0, 0) of a network of energy densities under other weights w of the energy, so many steps each, over w.

    ``learning``, ``validation`` and ``far`` (d = 22 to 30): rms errors of the energy in MeV; ``density``: of r^2 times the
    energy density in MeV/fm, on every fifth known nucleus.
    """
    dataset = load_dataset(get_network(id).target)
    fifth = dataset.isel(nucleus=np.flatnonzero(dataset.known.values)[::5])
    low, high = DISTANCE_BINS["d = 22–30"]
    far = (dataset.distance.values >= low) & (dataset.distance.values <= high)
    rows = {}
    for weight in weights:
        recipe = replace(RECIPES[id], energy_weight=weight, steps=steps)
        member = train_member(id, 0, 0, dataset, recipe)
        density = predict_energy_density(member.network, fifth)
        rows[weight] = {
            "learning": float(member.curve.learning_rms[-1]),
            "validation": float(member.curve.validation_rms[-1]),
            "density": rms((density - fifth.energy_density.values).ravel()),
            "far": rms((member.predicted_energy - dataset.energy.values)[far]),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def recipe_table(changes: Mapping[str, Mapping], members: int, id: str = "NN2-I6dE") -> pd.DataFrame:
    """A network under other recipes, over their names: rms errors of the mean of some members, MeV.

    ``changes`` are those of the recipe in use.  ``known`` and by distance; ``outermost``: of the neutron-richest third of
    the known isotopes, by two members that have not seen it.
    """
    dataset = load_dataset(get_network(id).target)
    known, d, target = dataset.known.values, dataset.distance.values, dataset.energy.values
    inner = inner_learning(known, dataset.Z.values, dataset.N.values)
    rows = {}
    for name, change in changes.items():
        recipe = replace(RECIPES[id], **change)
        mean = [train_member(id, split, 0, dataset, recipe).predicted_energy for split in range(members)]
        outer = [train_member(id, 0, init, dataset, recipe, inner).predicted_energy for init in range(2)]
        error, held_out = np.mean(mean, axis=0) - target, np.mean(outer, axis=0) - target
        bins = {at: rms(error[(d >= low) & (d <= high)]) for at, (low, high) in DISTANCE_BINS.items()}
        rows[name] = {"known": rms(error[known]), "outermost": rms(held_out[known & ~inner])} | bins
    return pd.DataFrame.from_dict(rows, orient="index")
