"""The least-squares problem of a network on its learning set, for Levenberg-Marquardt steps.

Minimised is n / s^2 (L_E + L_ℰ / a), with s = :data:`ENERGY_SCALE_MEV` and n learning nuclei: the paper's L_total up to a
factor.  The weight a is balanced anew at each step.  The curvature takes the energies exactly and the density by random
sums over the mesh, drawn anew at each step; the gradient is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lib.learning.jacobian import Tape
from lib.learning.learning_set import LearningSet
from lib.learning.levenberg_marquardt import Linear
from lib.learning.losses import balance
from lib.learning.networks import EMPTY_FM, Network, in_single_precision, integrated
from lib.learning.table_one import NN2, NN3
from lib.rmf.mesh import SHELL_FM

ENERGY_SCALE_MEV = 0.1
"""An error of the energy of this size weighs one against the prior on the parameters; below it L_E is not balanced."""
SKETCHES = {NN2: 8, NN3: 4}
"""Random sums per nucleus that stand for the mesh points of the density in the curvature (never in the gradient)."""
BLOCK_NUCLEI = 48
"""Nuclei of NN3 that are worked on together – their activations stay in the cache, and the empty space that is cut off
behind them is that behind the largest of them alone."""


class Block(NamedTuple):
    """Learning nuclei that are worked on together, with what a :class:`~lib.learning.learning_set.LearningSet` has of them."""

    components: Tensor
    energy: Tensor
    density: Tensor | None


def blocks_of(network: Network, data: LearningSet) -> list[Block]:
    """The learning nuclei in blocks: all at once for NN1 and NN2; for NN3 from the smallest to the largest."""
    if network.spec.family != NN3:
        return [Block(network.standardise(data.inputs), data.energy, data.density)]
    filled = data.inputs[..., 1].abs() > EMPTY_FM
    points = torch.arange(1, filled.shape[1] + 1)
    extent = (filled * points).amax(dim=1)
    blocks = []
    for chosen in torch.argsort(extent, stable=True).split(BLOCK_NUCLEI):
        end = int(extent[chosen].max())
        density = data.density[chosen, :end]
        energy = SHELL_FM * density.double().sum(dim=1)
        blocks.append(Block(network.standardise(data.inputs[chosen, :end]), energy, density))
    return blocks


class Point(NamedTuple):
    """A network at some parameters: its tapes and errors on the learning set.

    ``energy_error`` (nuclei,), MeV; ``density_errors`` (nuclei, r) of each block, MeV/fm, none for a network of energies.
    """

    theta: Tensor
    tapes: list[Tape]
    energy_error: Tensor
    density_errors: list[Tensor]


class NetworkProblem:
    """A :class:`~lib.learning.levenberg_marquardt.Problem` whose parameters are those of a network, which follows them.

    Its ``point`` is the network at the present parameters.

    Parameters
    ----------
    network
        where it stands is where its parameters begin.
    data
        its learning set.
    seed
        of the random sums.
    """

    def __init__(self, network: Network, data: LearningSet, seed: int = 0):
        self.network, self.blocks = network, blocks_of(network, data)
        self.nuclei, self.mesh_points = len(data.energy), data.mesh_points
        self.generator = torch.Generator().manual_seed(seed)
        self.weight, self.share = 1 / ENERGY_SCALE_MEV**2, 0.0  # of the squares of the energies, MeV^-2; 1 / a
        self.point = self._last = self._evaluate(network.parameter_vector())

    @property
    def theta(self) -> Tensor:
        """The parameters, (parameters,)."""
        return self.point.theta

    @theta.setter
    def theta(self, theta: Tensor) -> None:
        self.point = self._at(theta)
        self.network.set_parameter_vector(theta)

    def _at(self, theta: Tensor) -> Point:
        """The point of these parameters: where the problem stands, what was looked at last, or anew."""
        for point in (self.point, self._last):
            if point.theta is theta:
                return point
        self._last = self._evaluate(theta)
        return self._last

    @torch.no_grad()
    def _evaluate(self, theta: Tensor) -> Point:
        network = self.network
        network.set_parameter_vector(theta)
        tapes = [Tape(network, block.components) for block in self.blocks]
        outputs = [network.outputs(tape.raw) for tape in tapes]
        pairs = list(zip(outputs, self.blocks, strict=True))
        energy_error = torch.cat([integrated(out) - block.energy for out, block in pairs])
        density_errors = [out - block.density for out, block in pairs if block.density is not None]
        return Point(theta, tapes, energy_error, density_errors)

    def losses(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """L_E (MeV^2) and L_ℰ ((MeV/fm)^2, NaN for a network of energies) at any parameters."""
        point = self._at(theta)
        on_energy = point.energy_error.square().mean()
        if not point.density_errors:
            return on_energy, torch.tensor(torch.nan)
        squares = sum(error.double().square().sum() for error in point.density_errors)
        # the mean of Eq. (5) runs over the whole mesh, also where no learning nucleus is
        return on_energy, squares / (self.nuclei * self.mesh_points)

    def cost(self, theta: Tensor) -> float:
        """n / s^2 (L_E + L_ℰ / a), with the a of the last :meth:`linearise`."""
        total, on_density = self.losses(theta)
        if self.point.density_errors:
            total = total + self.share * on_density
        return float(self.nuclei * self.weight * total)

    @torch.no_grad()
    def linearise(self) -> Linear:
        """The residuals around theta, of the energies alone; rows and gradient are of the density, too."""
        if self.point.density_errors:
            losses, recipe = self.losses(self.theta), self.network.recipe
            a = balance(*losses, recipe.energy_weight, ENERGY_SCALE_MEV**2)
            self.share = float(1 / a)
        density_weight = self.weight * self.share / self.mesh_points
        weights = self.weight, density_weight
        rows, gradient = linearised(self.point, *weights, self.generator)
        residual = self.point.energy_error * self.weight**0.5
        return Linear(rows, gradient, residual)


def linearised(
    point: Point,
    energy_weight: float,
    density_weight: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Jacobian of the weighted residuals, sketched for the density, and half the gradient of their squares (exact).

    ``energy_weight`` (MeV^-2) and ``density_weight`` ((MeV/fm)^-2) multiply the squares of the errors.
    """
    rows, gradient = [], 0.0
    sizes = [tape.nuclei for tape in point.tapes]
    pulls = (energy_weight * point.energy_error).float().split(sizes)
    for i, tape in enumerate(point.tapes):
        if not point.density_errors:
            unit = torch.ones(tape.nuclei)
            rows.append(tape.rows(tape.pull_back(unit * energy_weight**0.5)))
            cotangent = unit * pulls[i]
        else:
            error = point.density_errors[i]
            unit = torch.full(error.shape, SHELL_FM)
            rows.append(tape.rows(tape.pull_back(unit * energy_weight**0.5)))
            cotangent = unit * pulls[i][:, None] + density_weight * error
            sketches = SKETCHES[tape.network.spec.family]
            size = (density_weight / sketches) ** 0.5
            for _ in range(sketches):
                coins = torch.randint(0, 2, error.shape, generator=generator)
                rows.append(tape.rows(tape.pull_back((2.0 * coins - 1) * size)))
        gradient += tape.gradient(tape.pull_back(cotangent)).double()
    return torch.cat(rows), gradient


linearised = in_single_precision(linearised)  # not as a decorator, see lib.learning.networks
