"""Training by Adam, the paper's optimiser."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr
from tqdm import tqdm

from lib.learning.learning_set import LearningCurve, learning_set
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
    network : trained in place.
    learning, validation : boolean, (nucleus,).
    seed : of the order of the batches.
    """
    data = learning_set(network.spec, dataset, learning, validation)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=learning_rate)
    count = len(data.energy)
    batches = -(-count // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * batches)
    curve = LearningCurve(network, data)
    for _ in tqdm(range(epochs), desc=f"Adam, {network.spec.id}", unit="epoch", leave=False, disable=None):
        sums = torch.zeros(2, dtype=torch.float64)
        for chosen in torch.randperm(count, generator=generator).split(batch):
            output = network(data.inputs[chosen])
            on_energy = energy_loss(integrated(output), data.energy[chosen])
            loss, on_density = on_energy, torch.tensor(np.nan)
            if data.density is not None:
                # the mean of Eq. (5) runs over the whole mesh, also where no learning nucleus is
                kept = data.density.shape[1] / data.mesh_points
                on_density = kept * density_loss(output, data.density[chosen])
                loss = total_loss(on_energy, on_density, balance(on_energy, on_density, network.recipe.energy_weight))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            sums += len(chosen) * torch.stack([on_energy, on_density]).detach()
        curve.add(*(sums / count))
    return curve.dataset()
