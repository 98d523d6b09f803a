"""What an optimiser is given, the tensors of a learning set; and what it leaves, a learning curve."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from lib.learning.networks import Network, filled_points, network_inputs
from lib.learning.table_one import NN3, NetworkSpec
from lib.rmf.mesh import SHELL_FM
from lib.store import Variable, labelled


class LearningSet(NamedTuple):
    """Inputs and targets of the nuclei that are learnt, and of those that validate."""

    inputs: Tensor
    """(nuclei, points, inputs), of :func:`lib.learning.networks.network_inputs`"""
    energy: Tensor
    """target energy, (nuclei,), MeV"""
    density: Tensor | None
    """target r^2 energy density, (nuclei, r), MeV/fm, single precision; None for a network of energies"""
    mesh_points: int
    """of the whole mesh, over which the mean of L_ℰ runs; inputs and targets of NN3 end where no nucleus reaches"""
    validation_inputs: Tensor
    validation_energy: Tensor


def learning_set(spec: NetworkSpec, dataset: xr.Dataset, learning: np.ndarray, validation: np.ndarray) -> LearningSet:
    """Tensors for a network, of the nuclei that ``learning`` and ``validation`` (boolean, (nucleus,)) choose."""
    learnt, validating = dataset.isel(nucleus=learning), dataset.isel(nucleus=validation)
    inputs, energy, density = network_inputs(spec, learnt), learnt.energy.values, None
    if spec.output == "energy_density":
        density = learnt.energy_density.values
        if spec.family == NN3:
            end = np.flatnonzero(filled_points(learnt).any(axis=0)).max() + 1
            inputs, density = inputs[:, :end], density[:, :end]
        energy = SHELL_FM * density.sum(axis=1)
        density = torch.tensor(density, dtype=torch.float32)
    return LearningSet(
        torch.tensor(inputs),
        torch.tensor(energy),
        density,
        dataset.sizes["r"],
        torch.tensor(network_inputs(spec, validating)),
        torch.tensor(validating.energy.values),
    )


CURVE = {
    "energy_loss": Variable(("step",), "MeV2", "L_E on the learning set"),
    "density_loss": Variable(("step",), "MeV2 fm-2", "L_density on the learning set"),
    "learning_rms": Variable(("step",), "MeV", "rms error of the energy, learning set"),
    "validation_rms": Variable(("step",), "MeV", "rms error of the energy, validation set"),
    "seconds": Variable(("step",), "s", "processor time since the start"),
}
"""What a learning curve holds."""


class LearningCurve:
    """The learning curve of a network while it is trained; processor time runs from here."""

    def __init__(self, network: Network, data: LearningSet):
        self.network, self.data = network, data
        self.rows: list[tuple[float, ...]] = []
        self.start = time.process_time()

    @torch.no_grad()
    def add(self, energy_loss: Tensor, density_loss: Tensor) -> None:
        """One entry: the losses (MeV^2, (MeV/fm)^2 or NaN) and what the network now makes of the validation nuclei."""
        error = self.network.energy(self.data.validation_inputs) - self.data.validation_energy
        values = energy_loss, density_loss, energy_loss.sqrt(), error.square().mean().sqrt()
        self.rows.append((*map(float, values), time.process_time() - self.start))

    def dataset(self) -> xr.Dataset:
        """All entries along ``step``; :data:`CURVE` says what they hold."""
        columns = np.array(self.rows).T
        return labelled(dict(zip(CURVE, columns, strict=True)), CURVE)
