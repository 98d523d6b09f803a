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
    "NN1-I4E": Recipe(width=48, activation="silu", weight_decay=900.0, steps=113),
    "NN2-I3E": Recipe(
        width=53, layers=3, activation="silu", components=80, whitening=0.3, weight_decay=300.0, steps=98
    ),
    "NN2-I6E": Recipe(width=37, layers=1, components=80, whitening=0.5, weight_decay=40.0, steps=79),
    "NN2-I3D": Recipe(width=20, activation="silu", whitening=0.6, weight_decay=30.0, steps=20),
    "NN2-I6D": Recipe(width=20, activation="silu", whitening=0.6, weight_decay=30.0, steps=20),
    "NN3-I3D": Recipe(width=24, layers=3, whitening=0.9, weight_decay=800.0, steps=103),
    "NN3-I6D": Recipe(width=24, activation="silu", weight_decay=100.0, energy_weight=0.5, steps=320),
    "NN1-I4dE": Recipe(width=50, layers=3, activation="silu", weight_decay=3.0, steps=108),
    "NN2-I6dE": Recipe(width=28, layers=3, activation="silu", whitening=0.3, weight_decay=1.0, steps=111),
    "NN2-I6dD": Recipe(width=20, whitening=0.7, weight_decay=0.3, steps=20),
    "NN3-I6dD": Recipe(width=15, activation="silu", whitening=0.9, weight_decay=0.1, energy_weight=0.9, steps=49),
}
"""The recipe of each network, the winner of its trials (:mod:`studies.trials`)."""
FROM_FIRST_SEARCH = ("NN2-I3D", "NN2-I6D", "NN3-I6D", "NN2-I6dD")
"""Networks whose winner is the recipe of the first search; where the paper quotes an accuracy, that had a part in its choice."""
