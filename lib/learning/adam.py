"""Training by Adam, the paper's optimiser."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
import xarray as xr
from torch import Tensor
from tqdm import tqdm

from lib.learning.learning_set import LearningCurve, LearningSet, learning_set
from lib.learning.losses import balance, density_loss, energy_loss, total_loss
from lib.learning.networks import Network, integrated


def adam(
    network: Network,
    dataset: xr.Dataset,
    learning: np.ndarray,
    validation: np.ndarray,
    seed: int = 0,
    epochs: int = 200,
    learning_rate: float = 3e-3,
    batch: int = 64,
) -> xr.Dataset:
    """Train a network with Adam, as the paper does, on batches of nuclei; returns its learning curve, one entry per epoch.

    The learning rate falls to zero along half a cosine; L_total takes its balanced ``a`` from each batch.

    Parameters
    ----------
    network
        trained in place.
    learning, validation
        boolean, (nucleus,).
    seed
        of the order of the batches.
    """
    data = learning_set(network.spec, dataset, learning, validation)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    count = len(data.energy)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * -(-count // batch))
    curve = LearningCurve(network, data)
    for _ in tqdm(range(epochs), desc=f"Adam, {network.spec.id}", unit="epoch", leave=False, disable=None):
        batches = torch.randperm(count, generator=generator).split(batch)
        curve.add(*adam_epoch(network, data, batches, optimiser, schedule))
    return curve.dataset()


def adam_epoch(
    network: Network,
    data: LearningSet,
    batches: Iterable[Tensor],
    optimiser: torch.optim.Adam,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> Tensor:
    """One step of Adam for each batch of nuclei, given as their places in the learning set.

    Returns
    -------
    Tensor
        The means over the batches of L_E (MeV^2) and L_ℰ ((MeV/fm)^2, NaN for a network of energies).
    """
    sums = torch.zeros(2, dtype=torch.float64)
    for chosen in batches:
        output = network(data.inputs[chosen])
        loss = on_energy = energy_loss(integrated(output), data.energy[chosen])
        on_density = torch.tensor(torch.nan)
        if data.density is not None:
            # the mean of Eq. (5) runs over the whole mesh
            kept = data.density.shape[1] / data.mesh_points
            on_density = kept * density_loss(output, data.density[chosen])
            a = balance(on_energy, on_density, network.recipe.energy_weight)
            loss = total_loss(on_energy, on_density, a)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        sums += len(chosen) * torch.stack([on_energy, on_density]).detach()
    return sums / len(data.energy)
