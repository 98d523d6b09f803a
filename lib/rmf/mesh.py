"""The radial mesh of a spherical nucleus and its linear operators: Laplacian, Coulomb, derivatives, interpolation.

A density of a spherical nucleus is even in r, so r * density is an odd function that vanishes at the wall of the box:
its sine series converges exponentially.  Laplacian and Coulomb potential are taken in that series, exactly, since a
finite difference would feed its noise back into the potentials through the derivative couplings.  Interpolation and
first derivatives come from local polynomials.  All operators are small dense matrices, made once per mesh.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM

NETWORK_STEP_FM = 0.1
NETWORK_BOX_FM = 15.0
NETWORK_MESH = np.round(NETWORK_STEP_FM * np.arange(151), 10)
"""The mesh of the paper's networks, r_i = 0.1 i fm, i = 0 ... 150."""
SHELL_FM = 4 * np.pi * NETWORK_STEP_FM
"""Weight of one mesh point in the energy – E = SHELL_FM * sum_i r_i^2 energy_density(r_i)."""
GAUSS_OFFSET = math.sqrt(15.0) / 10.0
"""Distance of the outer two Gauss points from the middle one, in steps."""
_STENCIL = 10
"""Points of the local polynomials for interpolation and first derivatives."""
_LAPLACIAN_CUTOFF = 12.0
"""fm^-1.  Densities hold wave numbers up to twice the Fermi momentum, 2.8 fm^-1, and a fast falling tail; what lies
beyond this cutoff is discretisation noise, which the factor q^2 of the derivative terms would amplify."""


def gauss_points(r: np.ndarray) -> np.ndarray:
    """The three Gauss points of every mesh step, shape (3, len(r) - 1), in fm."""
    step = r[1] - r[0]
    middle = r[:-1] + step / 2
    return np.stack([middle - GAUSS_OFFSET * step, middle, middle + GAUSS_OFFSET * step])


class Mesh:
    """Uniform mesh r = 0, h, ..., box (fm) with the operators of radial functions given on it.

    Attributes: ``r`` (n+1,); ``inverse_r`` 1/r (fm^-1) and ``inverse_area`` 1/(4 pi r^2) (fm^-2), zero at the origin;
    ``volume`` (n+1,) the weights 4 pi r^2 h of the volume integral (trapezoidal, exponentially accurate here);
    ``laplacian``, ``coulomb`` (n+1, n+1) acting on densities; ``at_origin`` (n+1,) the weights of a density's value at
    the origin; ``to_gauss`` (3, n, n+1) interpolation of even functions to the Gauss points; ``derivative_even``,
    ``derivative_odd`` (n+1, n+1) first derivatives of functions of that parity.
    """

    def __init__(self, box: float, step: float):
        n = int(round(box / step))
        self.box, self.step = n * step, step
        self.r = np.round(step * np.arange(n + 1), 12)
        self.volume = 4 * np.pi * self.r**2 * step
        self.volume[-1] /= 2
        self.inverse_r, self.inverse_area = np.zeros((2, n + 1))
        self.inverse_r[1:] = 1 / self.r[1:]
        self.inverse_area[1:] = 1 / (4 * np.pi * self.r[1:] ** 2)
        self._make_series_operators(n)
        self._make_polynomial_operators(n)

    def _make_series_operators(self, n: int) -> None:
        inner = self.r[1:-1]
        q = np.pi * np.arange(1, n) / self.box
        sine = np.sin(np.outer(inner, q))
        coefficients = np.zeros((n - 1, n + 1))  # of r * density, from the density on the mesh
        coefficients[:, 1:-1] = (2.0 / n) * sine.T * inner
        # value at r of the density whose r * density has these coefficients: sum c sin(qr)/r, and sum c q at r = 0
        values = np.vstack([q, sine / inner[:, None], np.zeros(n - 1)])
        self.laplacian = -(values * q**2 * np.exp(-((q / _LAPLACIAN_CUTOFF) ** 8))) @ coefficients
        charge = 4 * np.pi * FINE_STRUCTURE * HBARC_MEV_FM
        self.coulomb = charge * (values / q**2) @ coefficients + np.outer(
            np.ones(n + 1), FINE_STRUCTURE * HBARC_MEV_FM * self.volume / self.box
        )
        self.at_origin = q @ coefficients

    def _make_polynomial_operators(self, n: int) -> None:
        half = _STENCIL // 2
        self.to_gauss = np.zeros((3, n, n + 1))
        self.derivative_even = np.zeros((n + 1, n + 1))
        self.derivative_odd = np.zeros((n + 1, n + 1))
        points = gauss_points(self.r)
        for i in range(n):
            nodes = np.arange(i - half + 1, i + half + 1)
            nodes -= max(nodes[-1] - n, 0)
            for row, x in enumerate(points[:, i]):
                np.add.at(self.to_gauss[row, i], np.abs(nodes), _lagrange(x / self.step, nodes.astype(float)))
        for i in range(n + 1):
            nodes = np.arange(i - half, i + half + 1)
            nodes -= max(nodes[-1] - n, 0)
            weights = _lagrange_derivative(int(np.flatnonzero(nodes == i)[0]), nodes.astype(float)) / self.step
            np.add.at(self.derivative_even[i], np.abs(nodes), weights)
            np.add.at(self.derivative_odd[i], np.abs(nodes), weights * np.where(nodes < 0, -1.0, 1.0))

    def integral(self, density: np.ndarray) -> np.ndarray | float:
        """Volume integral over the box of one density (r,), or of each row of (rows, r)."""
        return density @ self.volume

    def with_origin(self, density: np.ndarray) -> np.ndarray:
        """Sets, by the sine series, the value at the origin, which is missing where r^2 density was divided by r^2."""
        density[0] = self.at_origin @ density
        return density

    def on_network_mesh(self, function: np.ndarray) -> np.ndarray:
        """Its values on :data:`NETWORK_MESH`, whose points are among those of every mesh of :func:`get_mesh`."""
        stride = int(round(NETWORK_STEP_FM / self.step))
        return function[: stride * (len(NETWORK_MESH) - 1) + 1 : stride]


def _lagrange(x: float, nodes: np.ndarray) -> np.ndarray:
    """Weights of the value at x of the polynomial through values at the nodes."""
    weights = np.ones(len(nodes))
    for j in range(len(nodes)):
        others = np.delete(nodes, j)
        weights[j] = np.prod((x - others) / (nodes[j] - others))
    return weights


def _lagrange_derivative(at: int, nodes: np.ndarray) -> np.ndarray:
    """Weights of its first derivative at nodes[at]."""
    x = nodes[at]
    weights = np.zeros(len(nodes))
    for j in range(len(nodes)):
        if j != at:
            others = np.delete(nodes, [j, at])
            weights[j] = np.prod((x - others) / (nodes[j] - others)) / (nodes[j] - x)
    weights[at] = -weights.sum()
    return weights


@lru_cache(maxsize=8)
def _mesh(box: float, step: float) -> Mesh:
    return Mesh(box, step)


def get_mesh(box: float, step: float) -> Mesh:
    """The mesh of a box radius and a step in fm; made once.

    Raises
    ------
    ValueError
        if the box is not between 15 fm (the networks' mesh must fit in) and 40 fm, or if 0.1 fm is not a multiple
        of the step.
    """
    if not (isinstance(box, (int, float)) and NETWORK_BOX_FM <= box <= 40.0):
        raise ValueError(f"box = {box!r} fm is out of range: take 15 to 40 fm (20 is the default)")
    if not isinstance(step, (int, float)) or not any(abs(step - 0.1 / k) < 1e-9 for k in (1, 2, 4, 5)):
        raise ValueError(
            f"step = {step!r} fm does not divide the 0.1 fm of the networks: take 0.1, 0.05, 0.025 or 0.02"
        )
    if abs(box / step - round(box / step)) > 1e-6:
        raise ValueError(f"box = {box!r} fm is not a multiple of the step {step!r} fm: round it")
    return _mesh(float(box), 0.1 / round(0.1 / step))
