"""The Jacobian of a perceptron: derivatives of sums over its outputs by every parameter, nucleus by nucleus.

For one nucleus, the derivative by the weights of a layer is the sum over its points of (activation) x (signal that comes
back), one small matrix product; automatic differentiation would go through the network once for each nucleus.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lib.learning.networks import Network
from lib.learning.table_one import NN3


class Tape:
    """Activations of a network's perceptron at some nuclei, and from them the Jacobian of any sum over its outputs.

    The outputs of the perceptron are its ``raw``, (nuclei, points, raw).

    Parameters
    ----------
    network
        at its present parameters.
    components
        of :meth:`lib.learning.networks.Network.standardise`, (nuclei, points, components).
    """

    def __init__(self, network: Network, components: Tensor):
        self.network = network
        self.nuclei, self.points = components.shape[:2]
        h = components.reshape(-1, components.shape[-1])
        self.activations, self.slopes = [h], []
        last = len(network.weights) - 1
        for i, weight in enumerate(network.weights):
            scale = weight.shape[0] ** -0.5
            h = torch.addmm(network.biases[i], h, weight, alpha=scale)
            if i < last:
                h, slope = activation_and_slope(network.recipe.activation, h)
                self.activations.append(h)
                self.slopes.append(slope)
        self.raw = h.reshape(self.nuclei, self.points, -1)
        self._unit_signals: list[Tensor] | None = None

    def _signals(self, cotangent: Tensor) -> list[Tensor]:
        """Derivatives by the input of each layer's activation, of the sum of outputs times cotangent."""
        flat = cotangent.reshape(self.nuclei * self.points, -1)
        if flat.shape[1] == 1:
            # any cotangent is a factor on the signals of cotangent one
            if self._unit_signals is None:
                self._unit_signals = self._propagate(torch.ones_like(flat))
            return [signal * flat for signal in self._unit_signals]
        return self._propagate(flat)

    def _propagate(self, signal: Tensor) -> list[Tensor]:
        signals = [signal]
        layers = zip(self.network.weights[1:], self.slopes, strict=True)
        for weight, slope in reversed(list(layers)):
            factor = slope * weight.shape[0] ** -0.5
            signals.append((signals[-1] @ weight.T) * factor)
        return signals[::-1]

    def rows(self, cotangent: Tensor) -> Tensor:
        """Jacobian of one weighted sum of outputs per nucleus, (nuclei, parameters); cotangent (nuclei, points, raw)."""
        parts, signals = [], self._signals(cotangent)
        for activation, signal in zip(self.activations, signals, strict=True):
            a = activation.reshape(self.nuclei, self.points, -1)
            g = signal.reshape(self.nuclei, self.points, -1)
            by_weight = torch.bmm(a.mT, g) * a.shape[-1] ** -0.5
            parts += [by_weight.flatten(1), g.sum(dim=1)]
        return torch.cat(parts, dim=1)

    def gradient(self, cotangent: Tensor) -> Tensor:
        """The same, summed over the nuclei: (parameters,)."""
        parts, signals = [], self._signals(cotangent)
        for a, g in zip(self.activations, signals, strict=True):
            parts += [(a.T @ g).flatten() * a.shape[-1] ** -0.5, g.sum(dim=0)]
        return torch.cat(parts)

    def pull_back(self, cotangent: Tensor) -> Tensor:
        """Cotangent of the raw outputs, (nuclei, points, raw), of one of the outputs: (nuclei,) or (nuclei, r)."""
        basis = self.network.basis
        if self.network.spec.family == NN3:
            scaled = cotangent * basis[0, 0]
            vacuum = -scaled.sum(dim=1, keepdim=True)
            return torch.cat([scaled, vacuum], dim=1)[..., None]
        outputs = cotangent[:, None] if cotangent.dim() == 1 else cotangent
        return (outputs @ basis.T)[:, None, :]


def activation_and_slope(name: str, h: Tensor) -> tuple[Tensor, Tensor]:
    """An activation of :data:`lib.learning.networks.ACTIVATIONS` and its derivative, at h."""
    if name == "tanh":
        value = torch.tanh(h)
        return value, 1 - value**2
    gate = torch.sigmoid(h)
    value = h * gate
    return value, gate + value * (1 - gate)
