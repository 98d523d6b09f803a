"""The networks of Table I, and what they predict.

Every network is the same small perceptron between two fixed linear layers, which are computed from the learning set and
never trained: the first decorrelates the inputs, the last gives the outputs their unit.  What differs is in Table I.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import NamedTuple

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
    return densities.transpose(0, 2, 1).reshape(len(densities), 1, -1)


def filled_points(dataset: xr.Dataset) -> np.ndarray:
    """Which mesh points are inside the nuclei, boolean, (nuclei, r)."""
    return np.abs(dataset.densities.values[..., 1]) > EMPTY_FM


class FixedLayers(NamedTuple):
    """The two linear layers that are computed from the learning set, float32."""

    shift: Tensor
    """(inputs,), subtracted from the inputs"""
    matrix: Tensor
    """(inputs, components)"""
    offset: Tensor
    """(outputs,), added to the outputs – MeV (energy) or MeV/fm (r^2 energy density)"""
    basis: Tensor
    """(raw, outputs), in the same unit"""


def fixed_layers(spec: NetworkSpec, recipe: Recipe, dataset: xr.Dataset, learning: np.ndarray) -> FixedLayers:
    """The fixed layers of a network, from its learning set (boolean, (nucleus,)) alone."""
    chosen = dataset.isel(nucleus=learning)
    arrays = *first_layer(spec, recipe, chosen), *last_layer(spec, chosen)
    return FixedLayers(*(torch.tensor(array, dtype=torch.float32) for array in arrays))


def first_layer(
    spec: NetworkSpec,
    recipe: Recipe,
    learnt: xr.Dataset,
) -> tuple[np.ndarray, np.ndarray]:
    """Shift (inputs,) and matrix (inputs, components) of the fixed first layer, from the nuclei that are learnt.

    NN1 divides each input by its spread.  Elsewhere inputs are rotated to their principal directions; direction k with
    standard deviation s_k is scaled by s_k^(-whitening), then all together so that the mean square of a component is one.
    """
    inputs = network_inputs(spec, learnt)
    points = inputs.reshape(-1, inputs.shape[-1])
    if spec.family == NN3:
        points = points[filled_points(learnt).ravel()]
    shift = points.mean(axis=0)
    if spec.family == NN1:
        return shift, np.diag(1 / points.std(axis=0))
    scale = np.ones(len(shift))
    if spec.family == NN2:
        # densities and Laplacians differ in unit: by the field's own spread
        fields = points.reshape(len(points), len(spec.inputs), -1)
        spread = np.sqrt(fields.var(axis=0).mean(axis=1))
        scale = np.repeat(spread, fields.shape[2])
    centred = (points - shift) / scale
    spread, directions = principal_directions(centred, recipe.components)
    factors = spread**-recipe.whitening
    factors *= np.sqrt(len(spread) / np.sum((factors * spread) ** 2))
    return shift, (directions / scale).T * factors


def last_layer(
    spec: NetworkSpec,
    learnt: xr.Dataset,
) -> tuple[np.ndarray, np.ndarray]:
    """Offset (outputs,) and basis (raw, outputs) of the fixed last layer, from the nuclei that are learnt; MeV or MeV/fm.

    That of NN2-..ℰ holds the principal directions of r^2 energy density, in a norm that counts the energy as much as the
    density.
    """
    if spec.output == "energy":
        energy = learnt.energy.values
        return np.array([energy.mean()]), np.array([[energy.std()]])
    target = learnt.energy_density.values
    if spec.family == NN3:
        unit = np.sqrt(np.mean(target[filled_points(learnt)] ** 2))
        return np.zeros(1), np.array([[unit]])
    offset = target.mean(axis=0)
    # |root^T e|^2 = |e|^2 + E^2 of an r^2 energy density e, whose energy is E
    root = np.linalg.cholesky(np.eye(len(offset)) + SHELL_FM**2)
    centred = (target - offset) @ root
    spread, directions = principal_directions(centred, OUTPUT_COMPONENTS)
    directions = np.linalg.solve(root.T, directions.T).T
    return offset, spread[:, None] * directions


def principal_directions(
    points: np.ndarray,
    count: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviations (count,) and unit vectors (count, inputs) of the widest directions of centred points."""
    _, spread, directions = np.linalg.svd(points, full_matrices=False)
    directions = directions[:count]
    # a direction has no sign of its own: its largest entry is made positive
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    return spread[:count] / np.sqrt(len(points)), directions * signs[:, None]


def in_single_precision(function: Callable) -> Callable:
    """The function with torch's default type of numbers as networks are trained in, whatever a user has set it to."""

    @functools.wraps(function)
    def wrapped(*arguments, **settings):
        usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            return function(*arguments, **settings)
        finally:
            torch.set_default_dtype(usual)

    return wrapped


class Network(nn.Module):
    """A perceptron between two fixed layers.

    Layers are scaled by the square root of their fan-in, so that all weights start from the unit normal distribution (the
    hidden biases from half of it, the last from zero) and one weight decay means the same for every layer.  NN3 subtracts
    its value where nothing is: the energy density of the vacuum is zero.

    Parameters
    ----------
    spec, recipe
        what to build.
    fixed
        its fixed layers, of :func:`fixed_layers`.
    seed
        numbers that seed the initial parameters.

    Raises
    ------
    ValueError
        for a recipe of an unknown activation, or without hidden units.
    """

    def __init__(self, spec: NetworkSpec, recipe: Recipe, fixed: FixedLayers, seed: int = 0):
        super().__init__()
        if recipe.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {recipe.activation!r}: choose one of {', '.join(ACTIVATIONS)}")
        if recipe.width < 1 or recipe.layers < 1:
            raise ValueError(f"width = {recipe.width}, layers = {recipe.layers}: give at least 1")
        self.spec, self.recipe = spec, recipe
        self.activation = ACTIVATIONS[recipe.activation]
        for name, layer in fixed._asdict().items():
            self.register_buffer(name, layer)
        sizes = [fixed.matrix.shape[1], *[recipe.width] * recipe.layers, fixed.basis.shape[0]]
        generator = torch.Generator().manual_seed(seed)
        self.weights = nn.ParameterList(torch.randn(a, b, generator=generator) for a, b in itertools.pairwise(sizes))
        self.biases = nn.ParameterList(
            [*(0.5 * torch.randn(b, generator=generator) for b in sizes[1:-1]), torch.zeros(sizes[-1])]
        )

    def standardise(self, inputs: Tensor) -> Tensor:
        """The fixed first layer; for NN3 with one more point, the vacuum, at the end: (nuclei, points [+ 1], components)."""
        if self.spec.family == NN3:
            vacuum = torch.zeros_like(inputs[:, :1])
            inputs = torch.cat([inputs, vacuum], dim=1)
        # narrow directions are small differences of large inputs:
        # not in single precision
        components = (inputs.double() - self.shift.double()) @ self.matrix.double()
        return components.to(self.matrix.dtype)

    def perceptron(self, components: Tensor) -> Tensor:
        """The trained part, of anything (..., components) to (..., raw)."""
        h = components
        last = len(self.weights) - 1
        for i, weight in enumerate(self.weights):
            h = self.biases[i] + h @ (weight / weight.shape[0] ** 0.5)
            if i < last:
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

    def _layers(self) -> list[nn.Parameter]:
        """Weights and bias of each layer in turn."""
        return [part for pair in zip(self.weights, self.biases, strict=True) for part in pair]

    def parameter_vector(self) -> Tensor:
        """All trained parameters in one vector, a copy: weights and bias of each layer in turn."""
        return torch.cat([part.detach().reshape(-1) for part in self._layers()])

    @torch.no_grad()
    def set_parameter_vector(self, vector: Tensor) -> None:
        """Inverse of :meth:`parameter_vector`.

        Raises
        ------
        ValueError
            for a vector of another length.
        """
        sizes = [part.numel() for part in self._layers()]
        if vector.shape != (sum(sizes),):
            raise ValueError(
                f"{vector.numel()} parameters given, the network has {sum(sizes)}: take those of the same recipe"
            )
        for part, values in zip(self._layers(), vector.split(sizes), strict=True):
            part.copy_(values.reshape(part.shape))


# not as a decorator in its place: what trains is hashed, and members that wait are kept as long as the hash is the same
Network.__init__ = in_single_precision(Network.__init__)


def integrated(output: Tensor) -> Tensor:
    """Energy in MeV, (nuclei,), of an energy, (nuclei,), or an r^2 energy density in MeV/fm, (nuclei, r)."""
    if output.dim() == 1:
        return output.double()
    return SHELL_FM * output.double().sum(dim=1)


@torch.no_grad()
def predict_energy(network: Network, dataset: xr.Dataset) -> np.ndarray:
    """Predicted target energy of every nucleus of a data set, MeV, (nuclei,)."""
    return network.energy(torch.tensor(network_inputs(network.spec, dataset))).numpy()


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
    return network(torch.tensor(network_inputs(network.spec, dataset))).numpy()
