"""Training of one member of an ensemble."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr

from lib.checks import check_whole
from lib.learning.dataset import random_learning
from lib.learning.learning_set import LearningCurve, learning_set
from lib.learning.levenberg_marquardt import LevenbergMarquardt
from lib.learning.network_problem import NetworkProblem
from lib.learning.networks import Network, fixed_layers, predict_energy
from lib.learning.recipes import RECIPES, Recipe
from lib.learning.table_one import TABLE_I, NetworkSpec, get_network


@dataclass
class Trained:
    """A trained network, what it predicts (``predicted_energy`` (nucleus,), MeV), its learning curve
    (:data:`lib.learning.learning_set.CURVE`, along ``step``), and the ``seconds`` of processor time it took."""

    network: Network
    predicted_energy: np.ndarray
    curve: xr.Dataset
    seconds: float


def seed_of(id: str, split: int, init: int) -> int:
    """Seed of the initial parameters and all that is random in the training of one member."""
    place = list(TABLE_I).index(id)
    seeds = np.random.SeedSequence([place, split, init])
    return int(seeds.generate_state(1)[0])


def train_network(
    network: Network,
    dataset: xr.Dataset,
    learning: np.ndarray,
    validation: np.ndarray,
    seed: int = 0,
) -> xr.Dataset:
    """Train a network by Levenberg-Marquardt steps on all learning nuclei at once; returns its learning curve.

    There are as many steps as its recipe says, or fewer if no further one lowers the cost.

    Parameters
    ----------
    network
        trained in place.
    learning, validation
        boolean, (nucleus,); the validation nuclei are only looked at.
    seed
        of the random sums of :class:`lib.learning.network_problem.NetworkProblem`.
    """
    data = learning_set(network.spec, dataset, learning, validation)
    problem = NetworkProblem(network, data, seed)
    optimiser = LevenbergMarquardt(problem, network.recipe.weight_decay)
    curve = LearningCurve(network, data)
    curve.add(*problem.losses(problem.theta))
    for _ in range(network.recipe.steps):
        if not optimiser.step():
            break
        curve.add(*problem.losses(problem.theta))
    return curve.dataset()


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
    id
        a network of Table I.
    split, init
        which of the 20 splits and of the 5 initialisations.
    dataset
        :func:`lib.learning.dataset.load_dataset` of the network's target.
    recipe
        other than the network's own, for a search.
    learning
        learning set (boolean, (nucleus,)) instead of the split's; the other known nuclei validate.

    Raises
    ------
    ValueError
        for an unknown network, a negative split or initialisation, or a data set of another target.
    """
    spec, recipe = get_network(id), recipe or RECIPES[id]
    check_whole("split", split, 0)
    check_whole("init", init, 0)
    _check(spec, dataset)
    known = dataset.known.values
    if learning is None:
        learning = random_learning(known, split)
    return trained(spec, recipe, dataset, learning, known & ~learning, seed_of(id, split, init))


def trained(
    spec: NetworkSpec, recipe: Recipe, dataset: xr.Dataset, learning: np.ndarray, validation: np.ndarray, seed: int
) -> Trained:
    """A network made and trained for its learning set: :func:`train_member` with all settings resolved."""
    with one_thread():
        start = time.process_time()
        fixed = fixed_layers(spec, recipe, dataset, learning)
        network = Network(spec, recipe, fixed, seed)
        curve = train_network(network, dataset, learning, validation, seed)
        seconds = time.process_time() - start
        predicted = predict_energy(network, dataset)
    return Trained(network, predicted, curve, seconds)


def _check(spec: NetworkSpec, dataset: xr.Dataset) -> None:
    target = dataset.attrs["target"]
    if target != spec.target:
        raise ValueError(f"{spec.id} learns {spec.target!r}, the data set holds {target!r}: load that one")


@contextlib.contextmanager
def one_thread():
    """One thread of torch: two members side by side are faster than one on two cores, and the bits do not depend on it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
