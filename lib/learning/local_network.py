r"""Networks of local fields that are told what is known of the energy: a known part, and densities that multiply the outputs.

.. math:: E = E_{\rm known} + 4\pi\int r^2\,dr\,\sum_k f_k(r)\,\big(c_k + |c_k|\,n_k(x(r))\big)

The fields x and the factors f are functions of r without any weight r^2.  The constants c are fitted to the learning set by
least squares; the perceptron n is trained by Levenberg-Marquardt steps on the energies alone, in double precision.  What is
known, what multiplies and what goes in is a :class:`Design`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from lib.learning.jacobian import Tape
from lib.learning.levenberg_marquardt import LevenbergMarquardt, Linear
from lib.learning.networks import EMPTY_FM
from lib.learning.table_one import DENSITIES
from lib.rmf.functionals import PC_F1, PC_PK1
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM, network_mesh

ENERGY_SCALE_MEV = 0.1
"""An error of the energy of this size weighs one against the prior on the parameters."""
STRIDE = 2
"""Training takes every second point of the mesh, which changes no integral of the fields by a keV; prediction takes all."""
BLOCK_NUCLEI = 48
"""Nuclei that are worked on together."""

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


def local_fields(densities: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """All that a :class:`Design` may name, from the six fields of PC-PK1, each (nucleus, r) on the networks' mesh.

    ``densities`` by :data:`lib.learning.table_one.DENSITIES`, fm^-3 and fm^-5.  Potentials are in MeV, energy densities in
    MeV fm^-3, factors in fm^-3 or powers of it.
    """
    six = [densities[name] for name in DENSITIES]
    scalar, vector, isovector, lap_S, lap_V, lap_TV = six
    mesh, mass = network_mesh(), PC_PK1.nucleon_mass
    lower, protons = vector - scalar, (vector - isovector) / 2
    S, V_n, V_p = PC_PK1.potentials(*six)
    changed = PC_F1.potentials(*six)
    V, V_TV = (V_n + V_p) / 2, (V_n - V_p) / 2
    dS, dV, dV_TV = changed[0] - S, (changed[1] + changed[2]) / 2 - V, (changed[1] - changed[2]) / 2 - V_TV
    coulomb = protons @ mesh.coulomb.T
    # as the nucleons at this point have it on average: rho_TV / rho_V and rho_p / rho_V are its shares
    mean_V = V + (V_TV * isovector + coulomb * protons) / np.where(vector > 0, vector, np.inf)
    interaction = PC_PK1.interaction_energy_density(*six)
    return {
        **dict(zip(DENSITIES, six, strict=True)),
        **{f"weighted_{name}": NETWORK_MESH**2 * field for name, field in zip(DENSITIES, six, strict=True)},
        "lower_density": lower, "lower_laplacian": lap_V - lap_S,
        "scalar_potential": S, "vector_potential": V, "isovector_potential": V_TV, "coulomb_potential": coulomb,
        "sum_potential": S + V, "difference_potential": S - V,
        "scalar_change": dS, "vector_change": dV, "isovector_change": dV_TV,
        "vector_vector": vector**2, "vector_lower": vector * lower, "isovector_isovector": isovector**2,
        "vector_bend": vector * lap_V, "lower_bend": vector * (lap_V - lap_S), "isovector_bend": isovector * lap_TV,
        "second_scalar": vector * dS**2, "second_mixed": vector * dS * dV, "second_vector": vector * dV**2,
        "second_sum": vector * (dS + dV) ** 2, "second_lower": lower * dS**2, "second_isovector": vector * dV_TV**2,
        "rest_mass": -mass * lower, "interaction": interaction, "coulomb": coulomb * protons / 2,
        "isoscalar_kinetic": (mass + S - V) * lower, "kinetic": (mass + S - mean_V) * lower,
        "first_order": PC_F1.interaction_energy_density(*six) - interaction,
    }  # fmt: skip


class LocalData(NamedTuple):
    """What a design makes of some nuclei."""

    inputs: np.ndarray
    """(nucleus, r, inputs)"""
    factors: np.ndarray
    """(nucleus, r, factors), with the weight of the point: summed over r they are integrals"""
    known: np.ndarray
    """(nucleus,), the energy that is not learnt, MeV"""
    energy: np.ndarray
    """(nucleus,), the target energy, MeV"""
    extent: np.ndarray
    """(nucleus,), points of the mesh up to where nothing is"""


def local_data(design: Design, densities: Mapping[str, np.ndarray], energy: np.ndarray) -> LocalData:
    """The fields of a design, of nuclei with these ``densities`` (:func:`local_fields`) and target energies, MeV."""
    fields, shell = local_fields(densities), SHELL_FM * NETWORK_MESH**2
    known = sum((fields[name] @ shell for name in KNOWN[design.known]), np.zeros(len(energy)))
    filled = NETWORK_MESH**2 * densities["vector_density"] > EMPTY_FM
    return LocalData(
        np.stack([fields[name] for name in INPUTS[design.inputs]], axis=-1),
        np.stack([fields[name] for name in FACTORS[design.factor]], axis=-1) * shell[:, None],
        known,
        np.asarray(energy, dtype=float),
        (filled * np.arange(1, len(NETWORK_MESH) + 1)).max(axis=1),
    )


class LocalLayers(NamedTuple):
    """What is computed from the learning set and never trained."""

    shift: np.ndarray
    """(inputs,), subtracted from the inputs"""
    scale: np.ndarray
    """(inputs,), by which they are divided then"""
    constants: np.ndarray
    """(factors,), c: what each factor is multiplied by before anything is learnt"""


def local_layers(data: LocalData, learning: np.ndarray) -> LocalLayers:
    """Mean and spread of the inputs, weighed by the first factor, and the best constants, of the nuclei that are learnt."""
    inputs, factors = data.inputs[learning], data.factors[learning]
    weight = np.abs(factors[..., 0]).ravel()
    points = inputs.reshape(-1, inputs.shape[-1])
    shift = np.average(points, axis=0, weights=weight)
    scale = np.sqrt(np.average((points - shift) ** 2, axis=0, weights=weight))
    integrals = factors.sum(axis=1)
    size = np.sqrt(np.mean(integrals**2, axis=0))
    rest = (data.energy - data.known)[learning]
    constants = np.linalg.lstsq(integrals / size, rest, rcond=1e-10)[0] / size
    return LocalLayers(shift, scale, constants)


class LocalNetwork:
    """The perceptron of a design, all weights from the unit normal distribution as in :class:`lib.learning.networks.Network`.

    Parameters
    ----------
    design
        its widths.
    layers
        of :func:`local_layers`.
    seed
        of the initial parameters.
    """

    def __init__(self, design: Design, layers: LocalLayers, seed: int = 0):
        self.design, self.layers = design, layers
        self.recipe = SimpleNamespace(activation="tanh")  # as a Tape asks for it
        sizes = [len(layers.shift), *[design.width] * design.layers, len(layers.constants)]
        random = torch.Generator().manual_seed(seed)
        self.weights = [torch.randn(a, b, generator=random, dtype=torch.double) for a, b in itertools.pairwise(sizes)]
        self.biases = [0.5 * torch.randn(b, generator=random, dtype=torch.double) for b in sizes[1:]]
        self.biases[-1].zero_()

    def parameter_vector(self) -> Tensor:
        """All trained parameters in one vector: weights and bias of each layer in turn."""
        pairs = zip(self.weights, self.biases, strict=True)
        return torch.cat([part.reshape(-1) for pair in pairs for part in pair])

    def set_parameter_vector(self, vector: Tensor) -> None:
        """Inverse of :meth:`parameter_vector`."""
        parts = [part for pair in zip(self.weights, self.biases, strict=True) for part in pair]
        new = vector.split([part.numel() for part in parts])
        new = [values.reshape(part.shape) for values, part in zip(new, parts, strict=True)]
        self.weights, self.biases = new[::2], new[1::2]

    def blocks(self, data: LocalData, nuclei: np.ndarray, stride: int = 1) -> list[tuple[Tensor, Tensor]]:
        """Standardised inputs and weighted factors, (nuclei, points, ...), of nuclei by their places, some at a time."""
        shift, scale, constants = self.layers
        found = []
        for start in range(0, len(nuclei), BLOCK_NUCLEI):
            chosen = nuclei[start : start + BLOCK_NUCLEI]
            points = slice(0, data.extent[chosen].max() + 1, stride)
            inputs = (data.inputs[chosen, points] - shift) / scale
            factors = data.factors[chosen, points] * np.abs(constants) * stride
            found.append((torch.tensor(inputs), torch.tensor(factors)))
        return found

    def energy(self, data: LocalData, nuclei: np.ndarray) -> np.ndarray:
        """Predicted energy of nuclei by their places, (nuclei,), MeV, on all points of the mesh."""
        order = np.argsort(data.extent[nuclei], kind="stable")
        learnt = np.empty(len(nuclei))
        learnt[order] = learnt_energy(self, self.blocks(data, nuclei[order])).numpy()
        return learnt + given_energy(self.layers, data, nuclei)


def given_energy(layers: LocalLayers, data: LocalData, nuclei: np.ndarray) -> np.ndarray:
    """What is there before anything is learnt: the known energy and the integrals of the constants, (nuclei,), MeV."""
    return data.known[nuclei] + data.factors[nuclei].sum(axis=1) @ layers.constants


def learnt_energy(network: LocalNetwork, blocks: list[tuple[Tensor, Tensor]]) -> Tensor:
    """What the perceptron adds, (nuclei,), MeV."""
    return torch.cat([(Tape(network, inputs).raw * factors).sum((1, 2)) for inputs, factors in blocks])


class LocalProblem:
    """A :class:`lib.learning.levenberg_marquardt.Problem`: energies in units of :data:`ENERGY_SCALE_MEV`.

    Parameters
    ----------
    network
        where it stands is where its parameters begin.
    blocks
        of :meth:`LocalNetwork.blocks`, of the nuclei that are learnt.
    target
        what the perceptron is to add, (nuclei,), MeV.
    """

    def __init__(self, network: LocalNetwork, blocks: list[tuple[Tensor, Tensor]], target: Tensor):
        self.network, self.blocks, self.target = network, blocks, target
        self._theta = network.parameter_vector()
        self._last: tuple = (None, None, None)

    @property
    def theta(self) -> Tensor:
        """The parameters, (parameters,)."""
        return self._theta

    @theta.setter
    def theta(self, theta: Tensor) -> None:
        self._theta = theta
        self.network.set_parameter_vector(theta)

    def _at(self, theta: Tensor) -> tuple[list[Tape], Tensor]:
        if self._last[0] is not theta:
            self.network.set_parameter_vector(theta)
            tapes = [Tape(self.network, inputs) for inputs, _ in self.blocks]
            pairs = zip(tapes, self.blocks, strict=True)
            learnt = torch.cat([(tape.raw * factors).sum((1, 2)) for tape, (_, factors) in pairs])
            self._last = theta, tapes, (learnt - self.target) / ENERGY_SCALE_MEV
        return self._last[1:]

    def cost(self, theta: Tensor) -> float:
        """Sum of the squares of the errors."""
        return float(self._at(theta)[1].square().sum())

    def linearise(self) -> Linear:
        """The residuals around theta with their Jacobian."""
        tapes, residual = self._at(self.theta)
        pairs = zip(tapes, self.blocks, strict=True)
        rows = torch.cat([tape.rows(factors / ENERGY_SCALE_MEV) for tape, (_, factors) in pairs])
        return Linear(rows, rows.T @ residual, residual)


class LocalTrained(NamedTuple):
    """A trained network and the ``seconds`` of processor time it took."""

    network: LocalNetwork
    seconds: float


def local_seed(split: int, init: int) -> int:
    """Seed of the initial parameters of a member; rows of one shape begin from the same ones."""
    return int(np.random.SeedSequence([2020, split, init]).generate_state(1)[0])


def train_local(design: Design, data: LocalData, learning: np.ndarray, seed: int) -> LocalTrained:
    """Train a network on the nuclei that ``learning``, boolean (nucleus,), chooses, on one thread.

    The same arguments give the same bits on the same machine.
    """
    start = time.process_time()
    network = LocalNetwork(design, local_layers(data, learning), seed)
    nuclei = np.flatnonzero(learning)
    nuclei = nuclei[np.argsort(data.extent[nuclei], kind="stable")]
    target = data.energy[nuclei] - given_energy(network.layers, data, nuclei)
    problem = LocalProblem(network, network.blocks(data, nuclei, STRIDE), torch.tensor(target))
    optimiser = LevenbergMarquardt(problem, design.weight_decay)
    for _ in range(design.steps):
        if not optimiser.step():
            break
    return LocalTrained(network, time.process_time() - start)


def six_densities(chart: xr.Dataset) -> dict[str, np.ndarray]:
    """The six fields of a chart by :data:`lib.learning.table_one.DENSITIES`, (nucleus, r), fm^-3 and fm^-5."""
    return {name: chart[name].values for name in DENSITIES}
