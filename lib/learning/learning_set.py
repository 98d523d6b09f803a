"""What an optimiser is given: tensors of a learning set, and what it leaves, a learning curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from lib.learning.networks import EMPTY_FM, _inputs
from lib.learning.table_one import NN3, NetworkSpec
from lib.rmf.mesh import SHELL_FM

ENERGY_SCALE_MEV = 0.1
"""An error of the energy of this size weighs one against the prior on the parameters; below it L_E is not balanced."""


@dataclass
class _Data:
    """Tensors of one learning set."""

    inputs: Tensor
    energy: Tensor
    density: Tensor | None
    validation_inputs: Tensor
    validation_energy: Tensor


def _data(spec: NetworkSpec, dataset: xr.Dataset, learning: np.ndarray, validation: np.ndarray) -> _Data:
    here = dataset.isel(nucleus=learning)
    inputs, energy = _inputs(spec, here), here.energy.values
    density = None
    if spec.output == "energy_density":
        density = here.energy_density.values
        if spec.family == NN3:
            # no learning nucleus reaches beyond this point of the mesh
            end = np.flatnonzero((np.abs(here.densities.values[..., 1]) > EMPTY_FM).any(axis=0)).max() + 1
            inputs, density = inputs[:, :end], density[:, :end]
        energy = SHELL_FM * density.sum(axis=1)
        density = torch.tensor(density, dtype=torch.float32)
    there = dataset.isel(nucleus=validation)
    return _Data(inputs, torch.tensor(energy), density, _inputs(spec, there), torch.tensor(there.energy.values))


CURVE_ATTRIBUTES = {
    "energy_loss": {"units": "MeV2", "long_name": "L_E on the learning set"},
    "density_loss": {"units": "MeV2 fm-2", "long_name": "L_density on the learning set"},
    "learning_rms": {"units": "MeV", "long_name": "rms error of the energy, learning set"},
    "validation_rms": {"units": "MeV", "long_name": "rms error of the energy, validation set"},
    "seconds": {"units": "s", "long_name": "processor time since the start"},
}
"""What a learning curve holds, along ``step``."""


def _curve(records: list[tuple]) -> xr.Dataset:
    columns = zip(*records, strict=True)
    return xr.Dataset(
        {
            name: ("step", np.array(column), attributes)
            for (name, attributes), column in zip(CURVE_ATTRIBUTES.items(), columns, strict=True)
        }
    )
