"""Table I of the paper: the eleven networks, what goes into each and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

DENSITIES = (
    "scalar_density", "vector_density", "isovector_density",
    "scalar_laplacian", "vector_laplacian", "isovector_laplacian",
)  # fmt: skip
"""The inputs of NN2 and NN3 in their order; a network with three inputs takes the first three."""
NUMBERS = ("Z", "N", "I", "P")
"""The inputs of NN1."""
TARGETS = {"E": "PC-PK1", "dE": "PC-F1 - PC-PK1"}
"""What is learnt – the energy of PC-PK1 itself, or what PC-F1 has beyond it."""
NN1, NN2, NN3 = "NN1", "NN2", "NN3"


@dataclass(frozen=True)
class NetworkSpec:
    """One row of Table I.

    ``family`` NN1 (nucleon numbers), NN2 (densities at all mesh points) or NN3 (densities at one point, the same network
    at each); ``inputs`` the names of its inputs; ``output`` ``"energy"`` or ``"energy_density"``; ``target`` a key of
    :data:`TARGETS`; ``paper_rms`` what the paper quotes for the known region (MeV), if it does.
    """

    id: str
    label: str
    family: str
    inputs: tuple[str, ...]
    output: str
    target: str
    paper_rms: float | None = None

    @property
    def loss(self) -> str:
        """Name of the loss – L_E for energies, L_total for energy densities."""
        return "L_total" if self.output == "energy_density" else "L_E"


_ROWS = (
    # id          family inputs        output
    ("NN1-I4E", NN1, NUMBERS, "energy"),
    ("NN2-I3E", NN2, DENSITIES[:3], "energy"),
    ("NN2-I6E", NN2, DENSITIES, "energy"),
    ("NN2-I3D", NN2, DENSITIES[:3], "energy_density"),
    ("NN2-I6D", NN2, DENSITIES, "energy_density"),
    ("NN3-I3D", NN3, DENSITIES[:3], "energy_density"),
    ("NN3-I6D", NN3, DENSITIES, "energy_density"),
    ("NN1-I4dE", NN1, NUMBERS, "energy"),
    ("NN2-I6dE", NN2, DENSITIES, "energy"),
    ("NN2-I6dD", NN2, DENSITIES, "energy_density"),
    ("NN3-I6dD", NN3, DENSITIES, "energy_density"),
)
_PAPER_RMS = {"NN3-I6D": 0.644, "NN1-I4dE": 0.198, "NN2-I6dE": 0.118, "NN2-I6dD": 0.086, "NN3-I6dD": 0.353}
TABLE_I: dict[str, NetworkSpec] = {
    id: NetworkSpec(
        id=id,
        label=id.replace("d", "δ").replace("D", "ℰ"),
        family=family,
        inputs=tuple(inputs),
        output=output,
        target="dE" if "d" in id else "E",
        paper_rms=_PAPER_RMS.get(id),
    )
    for id, family, inputs, output in _ROWS
}
"""The eleven networks of Table I of the paper, in its order."""


def get_network(id: str) -> NetworkSpec:
    """The row of Table I with this id.

    Raises
    ------
    ValueError
        if there is none.
    """
    if not isinstance(id, str) or id not in TABLE_I:
        raise ValueError(f"unknown network {id!r}: choose one of {', '.join(TABLE_I)}")
    return TABLE_I[id]


DIRECT = tuple(id for id, spec in TABLE_I.items() if spec.target == "E")
"""The seven networks of Fig. 1."""
CORRECTING = tuple(id for id, spec in TABLE_I.items() if spec.target == "dE")
"""The four of Fig. 3."""
DENSITY = ("NN2-I3D", "NN2-I6D", "NN3-I3D", "NN3-I6D")
"""The four of Fig. 2."""
