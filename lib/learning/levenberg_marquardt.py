"""Training of one network: by second-order steps, our choice, or by Adam, the paper's.

Both minimise the losses of :mod:`lib.learning.losses`.  The second-order steps are Levenberg-Marquardt: the networks are small, the
losses are sums of squares, and the energies of all learning nuclei have an exact Jacobian, so that a linear system per
step replaces hundreds of epochs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from lib.learning.learning_set import ENERGY_SCALE_MEV, _curve, _Data, _data
from lib.learning.losses import balance
from lib.learning.networks import EMPTY_FM, Network, integrated
from lib.learning.table_one import NN2, NN3
from lib.rmf.mesh import SHELL_FM

SKETCHES = {NN2: 8, NN3: 4}
"""Random sums per nucleus that stand for the mesh points of the density in the curvature (never in the gradient)."""
_MAX_TRIALS = 8
BLOCK_NUCLEI = 48
"""Nuclei of NN3 that are worked on together: their activations stay in the cache, and the empty space that is cut off
behind them is that behind the largest of them alone."""


@dataclass
class _Block:
    """Learning nuclei that are worked on together, with what :class:`_Data` holds of them."""

    components: Tensor
    energy: Tensor
    density: Tensor | None


def _blocks(network: Network, data: _Data) -> list[_Block]:
    """The learning nuclei in blocks: all at once for NN1 and NN2; for NN3 from the smallest to the largest."""
    if network.spec.family != NN3:
        return [_Block(network.standardise(data.inputs), data.energy, data.density)]
    filled = data.inputs[..., 1].abs() > EMPTY_FM
    points = torch.arange(1, filled.shape[1] + 1)
    extent = (filled * points).amax(dim=1)
    blocks = []
    for chosen in torch.argsort(extent, stable=True).split(BLOCK_NUCLEI):
        end = int(extent[chosen].max())
        density = data.density[chosen, :end]
        energy = SHELL_FM * density.double().sum(dim=1)
        blocks.append(_Block(network.standardise(data.inputs[chosen, :end]), energy, density))
    return blocks


class _Tape:
    """Activations of the perceptron at some learning nuclei, and from them the Jacobian of any sum over its outputs."""

    def __init__(self, network: Network, components: Tensor):
        self.network = network
        self.nuclei, self.points = components.shape[:2]
        h = components.reshape(-1, components.shape[-1])
        self.activations, self.slopes = [h], []
        last = len(network.weights) - 1
        for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
            h = torch.addmm(bias, h, weight, alpha=weight.shape[0] ** -0.5)
            if i < last:
                h, slope = _activation_and_slope(network.recipe.activation, h)
                self.activations.append(h)
                self.slopes.append(slope)
        self.raw = h.reshape(self.nuclei, self.points, -1)
        self._unit_signals: list[Tensor] | None = None

    def _signals(self, cotangent: Tensor) -> list[Tensor]:
        """Derivatives by the input of each layer's activation, of the sum of outputs times cotangent."""
        flat = cotangent.reshape(self.nuclei * self.points, -1)
        if flat.shape[1] == 1:
            # of a single output, any cotangent is a factor on the signals of cotangent one
            if self._unit_signals is None:
                self._unit_signals = self._propagate(torch.ones_like(flat))
            return [signal * flat for signal in self._unit_signals]
        return self._propagate(flat)

    def _propagate(self, signal: Tensor) -> list[Tensor]:
        signals = [signal]
        for weight, slope in zip(reversed(self.network.weights[1:]), reversed(self.slopes), strict=True):
            signals.append((signals[-1] @ weight.T) * (slope * weight.shape[0] ** -0.5))
        return signals[::-1]

    def rows(self, cotangent: Tensor) -> Tensor:
        """Jacobian of one weighted sum of outputs per nucleus, (nuclei, parameters); cotangent (nuclei, points, raw)."""
        parts = []
        for activation, signal in zip(self.activations, self._signals(cotangent), strict=True):
            a = activation.reshape(self.nuclei, self.points, -1)
            g = signal.reshape(self.nuclei, self.points, -1)
            parts += [(torch.bmm(a.mT, g) * a.shape[-1] ** -0.5).flatten(1), g.sum(dim=1)]
        return torch.cat(parts, dim=1)

    def gradient(self, cotangent: Tensor) -> Tensor:
        """The same, summed over the nuclei: (parameters,)."""
        parts = []
        for activation, signal in zip(self.activations, self._signals(cotangent), strict=True):
            parts += [(activation.T @ signal).flatten() * activation.shape[-1] ** -0.5, signal.sum(dim=0)]
        return torch.cat(parts)

    def pull_back(self, cotangent: Tensor) -> Tensor:
        """Cotangent of the raw outputs, (nuclei, points, raw), of one of the outputs: (nuclei,) or (nuclei, r)."""
        basis = self.network.basis
        if self.network.spec.family == NN3:
            scaled = cotangent * basis[0, 0]
            return torch.cat([scaled, -scaled.sum(dim=1, keepdim=True)], dim=1)[..., None]
        outputs = cotangent[:, None] if cotangent.dim() == 1 else cotangent
        return (outputs @ basis.T)[:, None, :]


def _activation_and_slope(name: str, h: Tensor) -> tuple[Tensor, Tensor]:
    if name == "tanh":
        value = torch.tanh(h)
        return value, 1 - value**2
    gate = torch.sigmoid(h)
    value = h * gate
    return value, gate + value * (1 - gate)


@torch.no_grad()
def levenberg_marquardt(
    network: Network, dataset: xr.Dataset, learning: np.ndarray, validation: np.ndarray, seed: int = 0
) -> xr.Dataset:
    """Train a network by Levenberg-Marquardt steps on all learning nuclei at once; returns its learning curve.

    Minimised is ``n / s^2 (L_E + L_ℰ / a) + weight_decay |theta|^2`` with s = :data:`ENERGY_SCALE_MEV` and n learning
    nuclei: the paper's L_total up to a factor, and a prior on the parameters.  ``a`` is balanced anew at each step.  The
    curvature takes the energies exactly and the density by random sums over the mesh, drawn anew at each step; the
    gradient is exact.  A step is kept only if it lowers the cost.

    Parameters
    ----------
    network : trained in place.
    learning, validation : boolean, (nucleus,); the validation nuclei are only looked at.
    seed : of the random sums.
    """
    data = _data(network.spec, dataset, learning, validation)
    blocks = _blocks(network, data)
    recipe = network.recipe
    generator = torch.Generator().manual_seed(seed)
    weight = 1 / ENERGY_SCALE_MEV**2
    count = len(data.energy)
    theta = network.parameter_vector()
    damping = 0.1
    records: list[tuple] = []
    clock = time.process_time()

    def forward() -> tuple[list[_Tape], Tensor, list[Tensor | None]]:
        """Tapes of all blocks, the errors of the energies, and of the densities where there are any."""
        tapes = [_Tape(network, block.components) for block in blocks]
        outputs = [network.outputs(tape.raw) for tape in tapes]
        energy = torch.cat([integrated(out) - block.energy for out, block in zip(outputs, blocks, strict=True)])
        density = [
            None if block.density is None else out - block.density for out, block in zip(outputs, blocks, strict=True)
        ]
        return tapes, energy, density

    def losses(energy_error: Tensor, density_error: list[Tensor | None]) -> tuple[Tensor, Tensor | None]:
        if density_error[0] is None:
            return energy_error.square().mean(), None
        # the mean of Eq. (5) runs over the whole mesh, also where no learning nucleus is
        squares = sum(error.double().square().sum() for error in density_error)
        return energy_error.square().mean(), squares / (count * dataset.sizes["r"])

    def record(energy: Tensor, density: Tensor | None) -> None:
        error = network.energy(data.validation_inputs) - data.validation_energy
        records.append(
            (
                float(energy),
                np.nan if density is None else float(density),
                float(energy.sqrt()),
                float(error.square().mean().sqrt()),
                time.process_time() - clock,
            )
        )

    state = forward()
    loss = losses(*state[1:])
    record(*loss)
    for _ in range(recipe.steps):
        share = 0.0
        if data.density is not None:
            share = float(1 / balance(*loss, recipe.energy_weight, floor=ENERGY_SCALE_MEV**2))

        def cost(loss, theta, share=share):
            total = loss[0] + (share * loss[1] if loss[1] is not None else 0.0)
            return float(count * weight * total + recipe.weight_decay * theta.double().square().sum())

        rows, gradient = _linearise(*state, weight, weight * share / dataset.sizes["r"], generator)
        gradient += recipe.weight_decay * theta.double()
        solver = _solver(rows, gradient, state[1] * weight**0.5, theta, recipe.weight_decay)
        old_cost, accepted = cost(loss, theta), False
        for _ in range(_MAX_TRIALS):
            step = solver(damping)
            if step is not None:
                new = theta + step.float()
                network.set_parameter_vector(new)
                new_state = forward()
                new_loss = losses(*new_state[1:])
                if cost(new_loss, new) < old_cost:
                    accepted = True
                    break
            damping *= 4
        if not accepted:
            network.set_parameter_vector(theta)
            break
        theta, state, loss = new, new_state, new_loss
        damping = max(damping / 3, 1e-7)
        record(*loss)
    return _curve(records)


def _linearise(
    tapes: list[_Tape],
    energy_error: Tensor,
    density_error: list[Tensor | None],
    energy_weight: float,
    density_weight: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Jacobian of the weighted residuals, sketched for the density, and half the gradient of their squares (exact).

    ``energy_weight`` (MeV^-2) and ``density_weight`` ((MeV/fm)^-2) multiply the squares of the errors.
    """
    rows, gradient = [], 0.0
    own = energy_error.split([tape.nuclei for tape in tapes])
    for tape, energy, density in zip(tapes, own, density_error, strict=True):
        unit = torch.ones(tape.nuclei) if density is None else torch.full(density.shape, SHELL_FM)
        rows.append(tape.rows(tape.pull_back(unit * energy_weight**0.5)))
        cotangent = unit * (energy_weight * energy).float().reshape(-1, *[1] * (unit.dim() - 1))
        if density is not None:
            cotangent = cotangent + density_weight * density
            sketches = SKETCHES[tape.network.spec.family]
            for _ in range(sketches):
                signs = 2.0 * torch.randint(0, 2, density.shape, generator=generator) - 1
                rows.append(tape.rows(tape.pull_back(signs * (density_weight / sketches) ** 0.5)))
        gradient = gradient + tape.gradient(tape.pull_back(cotangent)).double()
    return torch.cat(rows), gradient


_GRAM_BLOCKS = 8


def _gram(columns: Tensor) -> Tensor:
    """Lower triangle of columns^T columns, which is all that a Cholesky factorisation reads, block column by block column."""
    size = columns.shape[1]
    matrix = columns.new_zeros(size, size)
    width = -(-size // _GRAM_BLOCKS)
    for start in range(0, size, width):
        torch.mm(columns[:, start:].T, columns[:, start : start + width], out=matrix[start:, start : start + width])
    return matrix


def _solver(rows: Tensor, gradient: Tensor, residual: Tensor, theta: Tensor, decay: float):
    """Function of the damping that solves (J^T J + (decay + damping trace/P) 1) step = -gradient.

    Where the rows are the residuals' own Jacobian (and not sketches) and fewer than the parameters, the system is solved
    in their space (Woodbury).  ``None`` where the matrix is numerically not positive definite.
    """
    parameters = rows.shape[1]
    dual = len(rows) == len(residual) < parameters
    matrix = _gram(rows.T if dual else rows).double()
    mean_diagonal = float(matrix.trace()) / parameters
    image = rows @ theta if dual else None

    def solve(damping: float) -> Tensor | None:
        shift = decay + damping * mean_diagonal
        shifted = matrix.clone()
        shifted.diagonal().add_(shift)
        factor, failure = torch.linalg.cholesky_ex(shifted)
        if failure:
            return None
        if not dual:
            return -torch.cholesky_solve(gradient[:, None], factor)[:, 0]
        right = residual - decay / shift * image.double()
        coefficients = torch.cholesky_solve(right[:, None], factor)[:, 0]
        return -(rows.T @ coefficients.float()).double() - decay / shift * theta.double()

    return solve
