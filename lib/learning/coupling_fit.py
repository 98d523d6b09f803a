"""Fit the couplings of a :class:`lib.rmf.neural.NeuralFunctional` to the interaction energy densities of a few nuclei.

The hidden layer is drawn at random, the last one is solved for by least squares, and Levenberg-Marquardt steps then move all
parameters.  What is fitted is :math:`r\\,[\\mathcal{E}_{\\rm int}-\\mathcal{E}^*_{\\rm int}]` at every point of the networks'
mesh, with a weak prior on the parameters; energies, radii and potentials are not told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from lib.learning.known_region import is_known
from lib.learning.levenberg_marquardt import LevenbergMarquardt, Linear
from lib.rmf.functionals import Functional
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM
from lib.rmf.neural import NeuralFunctional

SIX_FIELDS = tuple(
    f"{channel}_{kind}" for kind in ("density", "laplacian") for channel in ("scalar", "vector", "isovector")
)
UNIT_MEV_FM = 0.1
"""rms residual of one against the prior, MeV fm^-3/2: sqrt(4 pi r^2 dr) times the error of the energy density."""
EMPTY = 1e-8
"""Points with less of rho_V (fm^-3) tell nothing."""
COUPLING_UNITS = np.array([3000.0, 2000.0, 230.0])
"""MeV fm^3, of the channels: what a coupling parameter of one means for the prior."""
DERIVATIVE_UNIT = 100.0
"""MeV fm^5, the same for the derivative couplings."""
FIRST = (82, 126)
"""(Z, N) of the nucleus with which every selection begins."""


@dataclass(frozen=True)
class Couplings:
    """How a functional is learnt: its network, the prior, the steps."""

    inputs: tuple[str, ...] = ("S", "V")
    """which densities the couplings depend on, of :data:`lib.rmf.neural.CHANNELS`"""
    units: int = 20
    """of the hidden layer"""
    prior: float = 1e-8
    """strength of the prior on the parameters"""
    steps: int = 150
    """of Levenberg and Marquardt at most, after the last layer was solved for"""


def farthest_first(Z, N, count: int) -> list[tuple[int, int]]:
    """So many measured nuclei, each the farthest from those before it in the plane of A^(1/3) and (N - Z)/A.

    Both axes are scaled to the span of the measured nuclei; the first nucleus is 208Pb, and of equals the first is taken.
    So few are in all of more.

    Parameters
    ----------
    Z, N
        of the nuclei there are, known or not.
    count
        how many.

    Raises
    ------
    ValueError
        if there are not as many.
    """
    known = is_known(Z, N)
    Z, N = np.asarray(Z)[known], np.asarray(N)[known]
    if not 1 <= count <= len(Z):
        remedy = f"take 1 to {len(Z)} measured nuclei"
        raise ValueError(f"count = {count} is out of range: {remedy}")
    A = Z + N
    plane = np.stack([A ** (1 / 3), (N - Z) / A])
    plane = plane / np.ptp(plane, axis=1, keepdims=True)
    first = np.flatnonzero((Z == FIRST[0]) & (N == FIRST[1]))
    chosen = [int(first[0])]
    apart = np.full(len(Z), np.inf)
    while len(chosen) < count:
        last = plane[:, chosen[-1], None]
        apart = np.minimum(apart, np.linalg.norm(plane - last, axis=0))
        chosen.append(int(np.argmax(apart)))
    return [(int(Z[i]), int(N[i])) for i in chosen]


class Points(NamedTuple):
    """What is learnt from: points of the mesh of some nuclei, in one row."""

    fields: np.ndarray
    """(6, points): densities of S, V, TV in fm^-3, their Laplacians in fm^-5"""
    energy_density: np.ndarray
    """(points,), E_int in MeV fm^-3"""
    weight: np.ndarray
    """(points,), sqrt(4 pi r^2 dr) in fm^3/2"""


def training_points(chart: xr.Dataset, nuclei: Sequence[tuple[int, int]], noise: float = 0.0, seed: int = 0) -> Points:
    """The points of these (Z, N) of a chart; ``noise`` multiplies E_int by 1 + noise x a normal deviate at each of them.

    Raises
    ------
    ValueError
        if the chart lacks one of the nuclei.
    """
    places = {at: i for i, at in enumerate(zip(chart.Z.values.tolist(), chart.N.values.tolist(), strict=True))}
    missing = [at for at in nuclei if at not in places]
    if missing:
        raise ValueError(f"nuclei (Z, N) = {missing} are not in the chart of {chart.functional}: take others")
    rows = chart.isel(nucleus=[places[at] for at in nuclei])
    fields = np.stack([rows[name].values.ravel() for name in SIX_FIELDS])
    energy = rows.interaction_energy_density.values.ravel()
    weight = np.tile(np.sqrt(SHELL_FM) * NETWORK_MESH, len(nuclei))
    if noise:
        energy = energy * (1 + noise * np.random.default_rng(seed).standard_normal(energy.shape))
    filled = fields[1] > EMPTY
    return Points(fields[:, filled], energy[filled], weight[filled])


class CouplingProblem:
    """The sum of squares of a functional's couplings, at some points; a :class:`lib.learning.levenberg_marquardt.Problem`."""

    def __init__(self, points: Points, design: Couplings, seed: int):
        rng = np.random.default_rng(seed)
        self.design, self.hidden = design, design.units * len(design.inputs)
        densities, laplacians = points.fields[:3], points.fields[3:]
        self.densities = densities
        self.weight = points.weight / UNIT_MEV_FM
        self.target = self.weight * points.energy_density
        # half the products that the couplings multiply, in units of the prior, weighed
        self.squares = (self.weight * densities**2 / 2).T * COUPLING_UNITS
        self.bends = (self.weight * densities * laplacians / 2).T * DERIVATIVE_UNIT
        first = rng.standard_normal((design.units, len(design.inputs) + 1))
        self.theta = torch.from_numpy(
            np.concatenate([first[:, :-1].ravel(), first[:, -1], np.zeros(3 * design.units + 6)])
        )
        self.theta = torch.from_numpy(self._last_layer())

    def functional(self, theta: Tensor | None = None, **about) -> NeuralFunctional:
        """The functional of these parameters, or of those at which the problem stands; ``about`` goes to it."""
        parts = (self.theta if theta is None else theta).numpy()
        design, u = self.design, self.design.units
        hidden, bias, outer, constant, derivative = np.split(parts, np.cumsum([self.hidden, u, 3 * u, 3]))
        return NeuralFunctional(
            **{"name": "", "pairing_strength_n": 0.0, "pairing_strength_p": 0.0, **about},
            inputs=design.inputs,
            hidden=hidden.reshape(u, -1).copy(),
            bias=bias.copy(),
            outer=outer.reshape(u, 3).T * COUPLING_UNITS[:, None],
            constant=constant * COUPLING_UNITS,
            derivative=derivative * DERIVATIVE_UNIT,
        )

    def _columns(self, units: np.ndarray) -> np.ndarray:
        """Derivatives of the residuals by the last layer, (points, 3 units + 6), of hidden units (units, points)."""
        products = units.T[:, :, None] * self.squares[:, None, :]
        return np.concatenate([products.reshape(len(self.target), -1), self.squares, self.bends], axis=1)

    def _last_layer(self) -> np.ndarray:
        """All parameters, with the best last layer for the hidden one there is."""
        columns = self._columns(self.functional().units(*self.densities))
        width = columns.shape[1]
        prior = np.sqrt(self.design.prior) * np.eye(width)
        rows = np.concatenate([columns, prior])
        target = np.concatenate([self.target, np.zeros(width)])
        best = np.linalg.lstsq(rows, target, rcond=None)[0]
        return np.concatenate([self.theta.numpy()[:-width], best])

    def linearise(self) -> Linear:
        """The residuals around theta, with all their derivatives."""
        functional = self.functional()
        units = functional.units(*self.densities)
        columns = self._columns(units)
        last = self.theta.numpy()[self.hidden + self.design.units :]
        residual = columns @ last - self.target
        outer = functional.outer / COUPLING_UNITS[:, None]
        signal = (self.squares @ outer) * (1 - units**2).T
        x = functional.x(*self.densities).T
        by_hidden = (signal[:, :, None] * x[:, None, :]).reshape(len(residual), -1)
        rows = np.concatenate([by_hidden, signal, columns], axis=1)
        return Linear(*map(torch.from_numpy, (rows, rows.T @ residual, residual)))

    def cost(self, theta: Tensor) -> float:
        """The sum of squares at any parameters."""
        columns = self._columns(self.functional(theta).units(*self.densities))
        residual = columns @ theta.numpy()[self.hidden + self.design.units :] - self.target
        return float(residual @ residual)


class Fitted(NamedTuple):
    """A functional that was learnt, and how that went."""

    functional: NeuralFunctional
    last_layer_rms: float
    """rms over the nuclei of sqrt(int (error of E_int)^2 d^3r) after the last layer was solved for, MeV fm^-3/2"""
    learning_rms: float
    """the same in the end"""
    steps: int
    """that were taken"""
    seconds: float
    """of processor time"""


def fit_couplings(
    chart: xr.Dataset,
    nuclei: Sequence[tuple[int, int]],
    truth: Functional,
    design: Couplings = Couplings(),
    seed: int = 0,
    noise: float = 0.0,
    name: str = "",
) -> Fitted:
    """Learn a functional from the interaction energy densities of some nuclei of a chart.

    Parameters
    ----------
    chart
        of the functional that is to be learnt.
    nuclei
        (Z, N) of those that are learnt from.
    truth
        the functional of the chart; the nucleon mass and the pairing strengths are taken from it.
    design
        of the network, its prior and its steps.
    seed
        of the hidden layer, and of the noise.
    noise
        relative standard deviation of what is learnt, at each point.
    name
        of the functional.

    Raises
    ------
    ValueError
        if the chart lacks one of the nuclei.
    """
    clock = time.process_time()
    problem = CouplingProblem(training_points(chart, nuclei, noise, seed), design, seed)
    optimiser = LevenbergMarquardt(problem, design.prior)

    def rms() -> float:
        return UNIT_MEV_FM * float(np.sqrt(problem.cost(problem.theta) / len(nuclei)))

    first, steps = rms(), 0
    while steps < design.steps and optimiser.step():
        steps += 1
    about = {
        "name": name,
        "nucleon_mass": truth.nucleon_mass,
        "pairing_strength_n": truth.pairing_strength("n"),
        "pairing_strength_p": truth.pairing_strength("p"),
    }
    return Fitted(problem.functional(**about), first, rms(), steps, time.process_time() - clock)
