"""Training of one member of an ensemble."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from lib.learning.dataset import random_learning
from lib.learning.levenberg_marquardt import levenberg_marquardt
from lib.learning.networks import Network, fixed_layers, predict_energy
from lib.learning.recipes import RECIPES, Recipe
from lib.learning.table_one import TABLE_I, get_network


@dataclass
class Trained:
    """A trained network with its learning curve.

    ``curve`` along ``step``: ``energy_loss`` (MeV^2), ``density_loss`` ((MeV/fm)^2, NaN for energy networks),
    ``learning_rms`` and ``validation_rms`` of the energy (MeV), ``seconds`` of processor time since the start.
    """

    network: Network
    predicted_energy: np.ndarray
    curve: xr.Dataset
    seconds: float


def seed_of(id: str, split: int, init: int) -> int:
    """Seed of the initial parameters and all that is random in the training of one member."""
    return int(np.random.SeedSequence([list(TABLE_I).index(id), split, init]).generate_state(1)[0])


def train_member(
    id: str,
    split: int,
    init: int,
    dataset: xr.Dataset,
    recipe: Recipe | None = None,
    learning: np.ndarray | None = None,
) -> Trained:
    """Train one member of an ensemble; the same arguments give the same bits on the same machine.

    Parameters
    ----------
    id : a network of Table I.
    split, init : which of the 20 splits and of the 5 initialisations.
    dataset : :func:`lib.learning.dataset.load_dataset` of the network's target.
    recipe : other than the network's own, for a search.
    learning : learning set (boolean, (nucleus,)) instead of the split's; the other known nuclei validate.

    Raises
    ------
    ValueError
        for an unknown network, a negative split or initialisation, or a data set of another target.
    """
    spec = get_network(id)
    if init < 0:
        raise ValueError(f"init = {init} is out of range: give 0 or more")
    if dataset.attrs["target"] != spec.target:
        raise ValueError(f"{id} learns {spec.target!r}, the data set holds {dataset.attrs['target']!r}: load that one")
    known = dataset.known.values
    learning = random_learning(known, split) if learning is None else learning
    recipe = recipe or RECIPES[id]
    seed = seed_of(id, split, init)
    threads = torch.get_num_threads()
    # one thread per member: two members side by side are faster than one on two cores, and the bits do not depend on it
    torch.set_num_threads(1)
    try:
        clock = time.process_time()
        network = Network(spec, recipe, fixed_layers(spec, recipe, dataset, learning), seed)
        curve = levenberg_marquardt(network, dataset, learning, known & ~learning, seed)
        seconds = time.process_time() - clock
        return Trained(network, predict_energy(network, dataset), curve, seconds)
    finally:
        torch.set_num_threads(threads)
