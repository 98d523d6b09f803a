"""The recipe of each network: what the paper leaves to its supplement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """What the paper leaves to its supplement: architecture and regularisation of one network.

    ``width`` and ``layers`` of the hidden layers, their ``activation`` (tanh or silu), ``components`` kept of the inputs
    of NN2, the ``whitening`` exponent (1: every direction of the inputs gets the same variance, 0: all keep theirs), the
    strength ``weight_decay`` of the prior on the weights, the ``energy_weight`` by which a L_E exceeds L_ℰ in the balance
    of L_total, the number of optimiser ``steps``.
    """

    width: int = 32
    layers: int = 2
    activation: str = "tanh"
    components: int = 40
    whitening: float = 1.0
    weight_decay: float = 1.0
    energy_weight: float = 1.0
    steps: int = 30


RECIPES: dict[str, Recipe] = {
    "NN1-I4E": Recipe(width=64, activation="silu", weight_decay=1.0, steps=60),
    "NN2-I3E": Recipe(activation="silu", whitening=0.4, weight_decay=300.0, steps=25),
    "NN2-I6E": Recipe(activation="silu", whitening=0.4, weight_decay=300.0, steps=25),
    "NN2-I3D": Recipe(width=20, activation="silu", whitening=0.6, weight_decay=30.0, steps=20),
    "NN2-I6D": Recipe(width=20, activation="silu", whitening=0.6, weight_decay=30.0, steps=20),
    "NN3-I3D": Recipe(width=24, activation="silu", weight_decay=100.0, energy_weight=1.0, steps=80),
    "NN3-I6D": Recipe(width=24, activation="silu", weight_decay=100.0, energy_weight=0.5, steps=320),
    "NN1-I4dE": Recipe(width=64, activation="silu", weight_decay=0.3, steps=60),
    "NN2-I6dE": Recipe(components=80, whitening=0.7, weight_decay=0.3, steps=25),
    "NN2-I6dD": Recipe(width=20, whitening=0.7, weight_decay=0.3, steps=20),
    "NN3-I6dD": Recipe(width=24, activation="silu", weight_decay=1.0, energy_weight=3.0, steps=80),
}
"""The recipe of each network, chosen on validation nuclei (:mod:`studies.search`)."""
