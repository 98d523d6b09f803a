r"""A learned functional that the solver takes like any other: point couplings that a small network makes of the densities.

.. math::

    \mathcal{E}_{\rm int} &= \tfrac12\sum_{c=S,V,TV}\Big[G_c(x)\,\rho_c^2+\delta_c\,\rho_c\Delta\rho_c\Big] \\
    G_c(x) &= a_c+\sum_u w_{cu}\tanh\Big(b_u+\sum_k v_{uk}\,x_k\Big)

The inputs x are some of rho_S / rho_0, rho_V / rho_0 and (rho_TV / rho_0)^2.  The products of densities are outside of the
network: without nucleons there is no energy, and proton and neutron may change places.  The derivative couplings are numbers,
so that potentials ask for nothing but densities and Laplacians; where they depended on the density, gradients would come in.

A functional is a small file of JSON, with what it was learnt from, what it was tested on, and a checksum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lib import store
from lib.rmf.functionals import Functional, Potentials
from lib.tasks import atomic_write

CHANNELS = ("S", "V", "TV")
REFERENCE_DENSITY = 0.16
"""rho_0 in fm^-3, the unit of the network's inputs."""
FORMAT = "neural point-coupling functional, 1"
_LAYERS = ("hidden", "bias", "outer", "constant", "derivative")
_PAIRING = ("pairing_strength_n", "pairing_strength_p")
KEYS = {"format", "name", "inputs", "units", "nucleon_mass", *_PAIRING, *_LAYERS, "tested", "story", "sha256"}
_UNITS = {
    "hidden": "1", "bias": "1", "outer": "MeV fm3", "constant": "MeV fm3", "derivative": "MeV fm5", "inputs": "0.16 fm-3",
    "nucleon_mass": "MeV", "pairing_strength": "MeV fm3", "tested": "fm-3",
}  # fmt: skip
_REMEDY = "fit it again, or take another"
_MARGIN = 0.01  # of the largest density that was tested, by which it may be passed in silence


@dataclass(frozen=True, eq=False)
class NeuralFunctional:
    """A functional whose contact couplings are a perceptron of the densities; one hidden layer of tanh units."""

    name: str
    inputs: tuple[str, ...]
    """which of :data:`CHANNELS` the couplings depend on; TV enters by its square"""
    hidden: np.ndarray
    """v, (units, inputs)"""
    bias: np.ndarray
    """b, (units,)"""
    outer: np.ndarray
    """w, (3, units), MeV fm^3"""
    constant: np.ndarray
    """a, (3,), MeV fm^3"""
    derivative: np.ndarray
    """delta, (3,), MeV fm^5"""
    pairing_strength_n: float
    """of the zero-range force, MeV fm^3; not learnt"""
    pairing_strength_p: float
    """the same, of the protons"""
    nucleon_mass: float = 939.0
    """MeV"""
    reference: str = ""
    tested: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """smallest and largest density of each channel where it was tested, fm^-3; empty if it was not"""
    story: Mapping[str, Any] = field(default_factory=dict)
    """what it was learnt from, how, and how it did where it was tested"""

    def __repr__(self) -> str:
        return (
            f"NeuralFunctional({self.name!r}, inputs={', '.join(self.inputs)}, sha256={checksum(contents(self))[:16]})"
        )

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum(getattr(self, layer).size for layer in _LAYERS)

    def x(self, rho_S, rho_V, rho_TV):
        """The inputs of the network at densities (fm^-3), (inputs, ...)."""
        given = {
            "S": rho_S / REFERENCE_DENSITY,
            "V": rho_V / REFERENCE_DENSITY,
            "TV": (rho_TV / REFERENCE_DENSITY) ** 2,
        }
        return np.stack([given[name] for name in self.inputs])

    def units(self, rho_S, rho_V, rho_TV):
        """What the hidden units make of densities (fm^-3), (units, ...)."""
        x = self.x(rho_S, rho_V, rho_TV)
        return np.tanh(layer(self.hidden, x, self.bias))

    def strengths(self, rho_S, rho_V, rho_TV):
        """The couplings G of the three channels at some densities, (3, ...), MeV fm^3."""
        units = self.units(rho_S, rho_V, rho_TV)
        return layer(self.outer, units, self.constant)

    def interaction_energy_density(  # MeV fm^-3
        self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV
    ):
        """Interaction part of the energy density, E_int in MeV fm^-3.

        Densities in fm^-3 and Laplacians in fm^-5, arrays of one common shape; the result has that shape.
        """
        G = self.strengths(rho_S, rho_V, rho_TV)
        delta = self.derivative
        return (
            G[0] * rho_S**2 + delta[0] * rho_S * lap_S
            + G[1] * rho_V**2 + delta[1] * rho_V * lap_V
            + G[2] * rho_TV**2 + delta[2] * rho_TV * lap_TV
        ) / 2  # fmt: skip

    def potentials(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV):
        """Potentials S and V (MeV), the functional derivatives of the interaction energy.

        Arguments as of :meth:`interaction_energy_density`.
        """
        units = self.units(rho_S, rho_V, rho_TV)
        G = layer(self.outer, units, self.constant)
        delta = self.derivative
        # rearrangement: one nucleon more changes the couplings of all
        squares = np.stack([rho_S**2, rho_V**2, rho_TV**2])
        signal = layer(self.outer.T, squares) * (1 - units * units)
        back = layer(self.hidden.T, signal) / (2 * REFERENCE_DENSITY)
        R = dict(zip(self.inputs, back, strict=True))
        scalar = G[0] * rho_S + delta[0] * lap_S + R.get("S", 0.0)
        isoscalar = G[1] * rho_V + delta[1] * lap_V + R.get("V", 0.0)
        square = 2 * rho_TV / REFERENCE_DENSITY
        isovector = G[2] * rho_TV + delta[2] * lap_TV + R.get("TV", 0.0) * square
        return Potentials(scalar, isoscalar + isovector, isoscalar - isovector)

    def pairing_strength(self, particle: str) -> float:
        """Strength of the zero-range pairing force in MeV fm^3 for ``"n"`` or ``"p"``."""
        return {"n": self.pairing_strength_n, "p": self.pairing_strength_p}[particle]


def layer(matrix, fields, constant=None):
    """``matrix`` (outputs, inputs) times ``fields`` (inputs, ...), plus a ``constant`` (outputs,): (outputs, ...)."""
    product = matrix @ fields.reshape(len(fields), -1)
    if constant is not None:
        product += constant[:, None]
    return product.reshape(-1, *fields.shape[1:])


def untested(functional: Functional, rho_S, rho_V, rho_TV) -> str:
    """In what densities (fm^-3) leave those on which a learned functional was tested, in words; empty if in nothing.

    Of a functional that was not learnt nothing is said.
    """
    if not isinstance(functional, NeuralFunctional):
        return ""
    if not functional.tested:
        return f"{functional.name} was not tested anywhere"
    said = []
    for channel, density in zip(CHANNELS, (rho_S, rho_V, rho_TV), strict=True):
        low, high = functional.tested[channel]
        allowed = _MARGIN * max(abs(low), abs(high))
        least, most = float(np.min(density)), float(np.max(density))
        if least < low - allowed or most > high + allowed:
            said.append(f"rho_{channel} from {least:.4f} to {most:.4f} fm^-3 is outside {low:.4f} to {high:.4f}")
    return f"{functional.name} was not tested there: {', '.join(said)}" if said else ""


# --- its file ---------------------------------------------------------------------------------------------------------


def contents(functional: NeuralFunctional) -> dict[str, Any]:
    """All of it as JSON holds it, without the checksum."""
    numbers = {name: getattr(functional, name) for name in ("name", "nucleon_mass", *_PAIRING)}
    layers = {layer: getattr(functional, layer).tolist() for layer in _LAYERS}
    tested = {channel: list(limits) for channel, limits in functional.tested.items()}
    rest = {"inputs": list(functional.inputs), "units": _UNITS, "tested": tested, "story": dict(functional.story)}
    return {"format": FORMAT, **numbers, **rest, **layers}


def checksum(held: Mapping[str, Any]) -> str:
    """SHA-256 of the contents of a file, without its own."""
    text = json.dumps({key: value for key, value in held.items() if key != "sha256"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_contents(held: Mapping[str, Any], path: Path) -> None:
    """Write the file of a functional, learnt or fitted, with its checksum, in one step."""
    text = json.dumps(dict(held) | {"sha256": checksum(held)}, indent=1)
    atomic_write(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def read_contents(path: Path, faults: Mapping[str, tuple[set[str], Callable[[dict], str | None]]]) -> dict[str, Any]:
    """What the file of a functional holds: of one of the formats in ``faults``, each with its keys and with what finds its faults.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged, or not the file of a functional.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: {_REMEDY}")
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        fault = _fault(held, faults)
    except (*store.DAMAGE, TypeError) as error:  # no text, no JSON, or what is in it is of another kind
        raise store.refusal(path, error, _REMEDY) from error
    if fault:
        raise ValueError(f"{path} {fault}: {_REMEDY}")
    return held


def _fault(held: Any, faults) -> str | None:
    """In what something is not the contents of a file of a functional."""
    if not isinstance(held, dict) or held.get("format") not in faults:
        return f"is not the file of a functional (format {' or '.join(map(repr, faults))})"
    keys, own_fault = faults[held["format"]]
    if held.keys() != keys:
        return f"is damaged (wrong or missing: {', '.join(sorted(held.keys() ^ keys))})"
    if held["sha256"] != checksum(held):
        return "is damaged (its checksum is another)"
    return own_fault(held)


def write_functional(functional: NeuralFunctional, path: Path) -> None:
    """Write the file of a functional, in one step."""
    write_contents(contents(functional), path)


def read_functional(path: Path) -> NeuralFunctional:
    """The functional of a file; raises as :func:`read_contents`."""
    return functional_of(read_contents(path, {FORMAT: (KEYS, layer_fault)}))


def functional_of(held: Mapping[str, Any]) -> NeuralFunctional:
    """The functional that a file without fault holds."""
    layers = {layer: np.array(held[layer], dtype=float) for layer in _LAYERS}
    numbers = {name: held[name] for name in ("name", "nucleon_mass", *_PAIRING)}
    tested = {channel: tuple(limits) for channel, limits in held["tested"].items()}
    return NeuralFunctional(**numbers, inputs=tuple(held["inputs"]), **layers, tested=tested, story=held["story"])


def layer_fault(held: Mapping[str, Any]) -> str | None:
    """In what the layers or the inputs are no network's."""
    units, inputs = len(held["bias"]), len(held["inputs"])
    shapes = {"hidden": (units, inputs), "bias": (units,), "outer": (3, units), "constant": (3,), "derivative": (3,)}
    for layer, shape in shapes.items():
        array = np.array(held[layer], dtype=float)
        if array.shape != shape or not np.isfinite(array).all():
            return f"is damaged ({layer} has the shape {array.shape}, not {shape}, or holds what is no number)"
    if not inputs or not set(held["inputs"]) <= set(CHANNELS):
        return f"has inputs {held['inputs']}, not of {', '.join(CHANNELS)}"
    return None
