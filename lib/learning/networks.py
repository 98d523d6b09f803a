"""Table I of the paper as a registry, and the networks it lists.

Every network is the same small perceptron between two fixed linear layers, which are computed from the learning set and
never trained: the first decorrelates the inputs, the last gives the outputs their unit.  What differs is in Table I.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from lib.learning.recipes import Recipe
from lib.learning.table_one import NN1, NN2, NN3, NetworkSpec
from lib.rmf.mesh import SHELL_FM

ACTIVATIONS = {"tanh": torch.tanh, "silu": nn.functional.silu}
OUTPUT_COMPONENTS = 32
"""Directions of r^2 energy density in which NN2 writes its output."""
EMPTY_FM = 1e-4
"""Where r^2 times the vector density (fm^-1) is below, there is no nucleus."""


def network_inputs(spec: NetworkSpec, dataset: xr.Dataset) -> np.ndarray:
    """Inputs of a network, (nuclei, points, inputs): one point for NN1 and NN2, the mesh points for NN3."""
    if spec.family == NN1:
        return dataset.numbers.values[:, None, :]
    densities = dataset.densities.values[..., : len(spec.inputs)]
    if spec.family == NN3:
        return densities
    return densities.transpose(0, 2, 1).reshape(len(densities), 1, densities.shape[1] * densities.shape[2])


@dataclass(frozen=True)
class FixedLayers:
    """The two linear layers that are computed from the learning set, float32.

    ``shift`` (inputs,) and ``matrix`` (inputs, components) of the first; ``offset`` (outputs,) and ``basis``
    (raw, outputs) of the last, in MeV (energy) or MeV/fm (r^2 energy density).
    """

    shift: Tensor
    matrix: Tensor
    offset: Tensor
    basis: Tensor


def fixed_layers(spec: NetworkSpec, recipe: Recipe, dataset: xr.Dataset, learning: np.ndarray) -> FixedLayers:
    """The fixed first and last layers of a network, from its learning set (boolean, (nucleus,)) alone.

    The first rotates the inputs to their principal directions and scales direction k with standard deviation s_k by
    s_k^(-whitening), then all together so that the mean square of a component is one.  The last one of NN2-..ℰ holds the
    principal directions of r^2 energy density, in a norm that counts the energy as much as the density.
    """
    chosen = dataset.isel(nucleus=learning)
    inputs = network_inputs(spec, chosen)
    points = inputs.reshape(-1, inputs.shape[-1])
    filled = np.abs(chosen.densities.values[..., 1]) > EMPTY_FM
    scale = np.ones(points.shape[1])
    if spec.family == NN3:
        points = points[filled.ravel()]
    elif spec.family == NN2:
        # densities and Laplacians have different units: each field is divided by its own spread
        fields = points.reshape(len(points), len(spec.inputs), -1)
        scale = np.repeat(np.sqrt(fields.var(axis=0).mean(axis=1)), fields.shape[2])
    else:
        scale = points.std(axis=0)
    shift = points.mean(axis=0)
    standardised = (points - shift) / scale
    if spec.family == NN1:
        matrix = np.diag(1 / scale)
    else:
        _, spread, directions = np.linalg.svd(standardised, full_matrices=False)
        kept = min(recipe.components, len(spread))
        spread = spread[:kept] / np.sqrt(len(points))
        # a principal direction has no sign of its own: its largest entry is made positive
        directions = directions[:kept] * np.sign(
            directions[np.arange(kept), np.abs(directions[:kept]).argmax(axis=1)]
        )[:, None]  # fmt: skip
        weights = spread**-recipe.whitening
        weights *= np.sqrt(kept / np.sum((weights * spread) ** 2))
        matrix = (directions / scale).T * weights
    if spec.output == "energy":
        energy = chosen.energy.values
        offset, basis = np.array([energy.mean()]), np.array([[energy.std()]])
    elif spec.family == NN3:
        offset, basis = np.zeros(1), np.array([[np.sqrt(np.mean(chosen.energy_density.values[filled] ** 2))]])
    else:
        target = chosen.energy_density.values
        offset = target.mean(axis=0)
        root = np.linalg.cholesky(np.eye(target.shape[1]) + SHELL_FM**2)
        _, spread, directions = np.linalg.svd((target - offset) @ root, full_matrices=False)
        kept = slice(min(OUTPUT_COMPONENTS, len(spread)))
        signs = np.sign(directions[kept][np.arange(kept.stop), np.abs(directions[kept]).argmax(axis=1)])
        basis = (signs * spread[kept] / np.sqrt(len(target)))[:, None] * np.linalg.solve(root.T, directions[kept].T).T
    return FixedLayers(*(torch.tensor(array, dtype=torch.float32) for array in (shift, matrix, offset, basis)))


class Network(nn.Module):
    """A perceptron between two fixed layers.

    Layers are scaled by the square root of their fan-in, so that all weights start from the unit normal distribution (the
    hidden biases from half of it, the last from zero) and one weight decay means the same for every layer.  NN3 subtracts its value where nothing is: the
    energy density of the vacuum is zero.

    Parameters
    ----------
    spec, recipe : what to build.
    fixed : its fixed layers, of :func:`fixed_layers`.
    seed : numbers that seed the initial parameters.
    """

    def __init__(self, spec: NetworkSpec, recipe: Recipe, fixed: FixedLayers, seed: int = 0):
        super().__init__()
        if recipe.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {recipe.activation!r}: choose one of {', '.join(ACTIVATIONS)}")
        if recipe.width < 1 or recipe.layers < 1:
            raise ValueError(f"width = {recipe.width}, layers = {recipe.layers}: give at least 1")
        self.spec, self.recipe = spec, recipe
        for name in ("shift", "matrix", "offset", "basis"):
            self.register_buffer(name, getattr(fixed, name))
        sizes = [fixed.matrix.shape[1], *[recipe.width] * recipe.layers, fixed.basis.shape[0]]
        generator = torch.Generator().manual_seed(seed)
        self.weights = nn.ParameterList(torch.randn(a, b, generator=generator) for a, b in itertools.pairwise(sizes))
        self.biases = nn.ParameterList(
            [*(0.5 * torch.randn(b, generator=generator) for b in sizes[1:-1]), torch.zeros(sizes[-1])]
        )
        self.activation = ACTIVATIONS[recipe.activation]

    def standardise(self, inputs: Tensor) -> Tensor:
        """The fixed first layer; for NN3 with one more point, the vacuum, at the end: (nuclei, points [+ 1], components)."""
        if self.spec.family == NN3:
            inputs = torch.cat([inputs, torch.zeros_like(inputs[:, :1])], dim=1)
        # narrow directions are small differences of large inputs: not in single precision
        return ((inputs.double() - self.shift.double()) @ self.matrix.double()).to(self.matrix.dtype)

    def perceptron(self, components: Tensor) -> Tensor:
        """The trained part, of anything (..., components) to (..., raw)."""
        h = components
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = bias + h @ (weight / weight.shape[0] ** 0.5)
            if i < len(self.weights) - 1:
                h = self.activation(h)
        return h

    def outputs(self, raw: Tensor) -> Tensor:
        """The fixed last layer, of raw outputs (nuclei, points, raw): energy, (nuclei,), or r^2 energy density, (nuclei, r)."""
        if self.spec.family == NN3:
            return ((raw[:, :-1] - raw[:, -1:]) @ self.basis)[..., 0]
        out = self.offset + raw[:, 0] @ self.basis
        return out[:, 0] if self.spec.output == "energy" else out

    def forward(self, inputs: Tensor) -> Tensor:
        """Energy in MeV, (nuclei,), or r^2 energy density in MeV/fm, (nuclei, r), of :func:`network_inputs`."""
        return self.outputs(self.perceptron(self.standardise(inputs)))

    def energy(self, inputs: Tensor) -> Tensor:
        """Energy in MeV, (nuclei,): the output, or the integral of the output, summed in double precision."""
        return integrated(self(inputs))

    def parameter_vector(self) -> Tensor:
        """All trained parameters in one vector: weights and bias of each layer in turn."""
        pairs = zip(self.weights, self.biases, strict=True)
        return torch.cat([part.detach().reshape(-1) for pair in pairs for part in pair])

    @torch.no_grad()
    def set_parameter_vector(self, vector: Tensor) -> None:
        """Inverse of :meth:`parameter_vector`."""
        parts = [part for pair in zip(self.weights, self.biases, strict=True) for part in pair]
        count = sum(part.numel() for part in parts)
        if vector.shape != (count,):
            raise ValueError(
                f"{vector.numel()} parameters given, the network has {count}: take those of the same recipe"
            )
        for part, values in zip(parts, vector.split([part.numel() for part in parts]), strict=True):
            part.copy_(values.reshape(part.shape))


def integrated(output: Tensor) -> Tensor:
    """Energy in MeV, (nuclei,), of an energy, (nuclei,), or an r^2 energy density in MeV/fm, (nuclei, r)."""
    return output.double() if output.dim() == 1 else SHELL_FM * output.double().sum(dim=1)


@torch.no_grad()
def predict_energy(network: Network, dataset: xr.Dataset) -> np.ndarray:
    """Predicted target energy of every nucleus of a data set, MeV, (nuclei,)."""
    return network.energy(_inputs(network.spec, dataset)).numpy()


@torch.no_grad()
def predict_energy_density(network: Network, dataset: xr.Dataset) -> np.ndarray:
    """Predicted r^2 energy density of every nucleus of a data set, MeV/fm, (nuclei, r).

    Raises
    ------
    ValueError
        if the network gives energies only.
    """
    if network.spec.output != "energy_density":
        raise ValueError(f"{network.spec.id} gives energies only: take a network with the output ℰ")
    return network(_inputs(network.spec, dataset)).numpy()


def _inputs(spec: NetworkSpec, dataset: xr.Dataset) -> Tensor:
    return torch.tensor(network_inputs(spec, dataset))
