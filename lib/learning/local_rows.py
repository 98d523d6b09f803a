"""Rows beside Table I: what networks of local fields are told, and with what perceptron.

A network of :mod:`lib.learning.local_network` has a part of the energy that it need not learn, densities that multiply its
outputs, and fields that go in; each of them has a name here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lib.learning.table_one import DENSITIES

_LAPLACIANS = ("lower_laplacian", "vector_laplacian", "isovector_laplacian")
_SPLIT = ("lower_density", "vector_density", "isovector_density", *_LAPLACIANS)
_POTENTIALS = ("scalar_potential", "vector_potential", "isovector_potential", "coulomb_potential")
_CHANGES = ("scalar_change", "vector_change", "isovector_change")
INPUTS: dict[str, tuple[str, ...]] = {
    "six, times r^2": tuple(f"weighted_{name}" for name in DENSITIES),
    "six": DENSITIES,
    "six, split": _SPLIT,
    "six and potentials": (*_SPLIT, *_POTENTIALS),
    "six and their sums": (*_SPLIT, "sum_potential", "difference_potential", *_POTENTIALS[2:]),
    "six and S, V, V_TV": (*_SPLIT, *_POTENTIALS[:3]),
    "three and potentials": (*_SPLIT[:3], *_POTENTIALS),
    "six and changes": (*_SPLIT, *_CHANGES),
    "two": ("lower_density", "vector_density"),
}
"""Fields at a point that a network may be given.

*Split* means rho_V - rho_S in the place of rho_S, the small difference as such.
"""
FACTORS: dict[str, tuple[str, ...]] = {
    "rho_V": ("vector_density",),
    "rho_V - rho_S": ("lower_density",),
    "products": ("vector_vector", "vector_lower", "isovector_isovector", "vector_bend", "lower_bend", "isovector_bend"),
    "second order": ("second_scalar", "second_mixed", "second_vector"),
    "second order, sums": ("second_sum", "second_lower", "second_isovector"),
}
"""Densities that multiply the outputs, by name."""
KNOWN: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "rest mass": ("rest_mass",),
    "interaction": ("interaction", "coulomb"),
    "interaction, kinetic by S - V": ("interaction", "coulomb", "isoscalar_kinetic"),
    "interaction, kinetic": ("interaction", "coulomb", "kinetic"),
    "first order": ("first_order",),
}
"""Energy densities that are not learnt."""


@dataclass(frozen=True)
class Design:
    """What a network of local fields is told, and its perceptron.

    ``target`` of :data:`lib.learning.table_one.TARGETS`; ``known`` of :data:`KNOWN`, ``factor`` of :data:`FACTORS`, ``inputs``
    of :data:`INPUTS`; ``width`` and ``layers`` of the hidden layers (tanh), the strength ``weight_decay`` of the prior, the
    number of optimiser ``steps``.
    """

    target: str = "E"
    known: str = "nothing"
    factor: str = "rho_V - rho_S"
    inputs: str = "six, split"
    width: int = 16
    layers: int = 2
    weight_decay: float = 1.0
    steps: int = 40

    def __post_init__(self):
        for name, choices in (("known", KNOWN), ("factor", FACTORS), ("inputs", INPUTS)):
            if (value := getattr(self, name)) not in choices:
                raise ValueError(f"unknown {name} {value!r}: choose one of {'; '.join(choices)}")
        for name in ("width", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)} is out of range: give at least 1")


CHOSEN = {
    "E": Design(known="interaction, kinetic", inputs="six and potentials", layers=3, steps=80),
    "dE": Design(target="dE", known="first order", inputs="six and changes", weight_decay=3.0),
}
"""The designs that were chosen on known nuclei, by target (:mod:`studies.knowing`)."""
_DE = CHOSEN["dE"]
_PLAIN = Design(
    known="interaction, kinetic", inputs="six and potentials"
)  # the perceptron by which one thing after the other is told
ROWS: dict[str, Design] = {
    "LF-fields": CHOSEN["E"],
    "LF-first-order": _DE,
    "LF-potentials": _PLAIN,
    "LF-kinetic": replace(_PLAIN, inputs="six, split"),
    "LF-interaction": replace(_PLAIN, known="interaction", inputs="six, split"),
    "LF-lower": replace(_PLAIN, known="nothing", inputs="six, split"),
    "LF-local": replace(_PLAIN, known="nothing", factor="rho_V", inputs="six"),
    "LF-weighted": replace(_PLAIN, known="nothing", factor="rho_V", inputs="six, times r^2"),
    "LF-correction": replace(_DE, known="nothing", factor="rho_V", inputs="six, split"),
    "LF-potentials-strong": replace(_PLAIN, weight_decay=100 * _PLAIN.weight_decay),
    "LF-first-order-weak": replace(_DE, weight_decay=_DE.weight_decay / 100),
    "LF-potentials-firm": replace(_PLAIN, weight_decay=10 * _PLAIN.weight_decay),
}
"""The chosen design of each target; a small perceptron that is told one thing after the other; and another prior.

The last row was added when the far side of the first had been seen.
"""
LABELS = {
    "LF-weighted": "r² times the inputs",
    "LF-local": "local inputs",
    "LF-lower": "lower components as factor",
    "LF-interaction": "interaction known",
    "LF-kinetic": "kinetic base known",
    "LF-potentials": "potentials as inputs",
    "LF-potentials-firm": "the same, prior × 10",
    "LF-potentials-strong": "the same, prior × 100",
    "LF-fields": "the chosen perceptron",
    "LF-correction": "δ, nothing known",
    "LF-first-order": "δ, first order known",
    "LF-first-order-weak": "δ, prior / 100",
}
"""What is printed of a row, in the order of what is told."""
