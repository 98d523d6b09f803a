"""The radial mesh of a spherical nucleus and its linear operators: Laplacian, Coulomb, derivatives, interpolation.

The points are equidistant in a coordinate x, and r(x) = x (1 + (x/15 fm)^4): dense where the nucleus is, wide apart in
its tail.  A density of a spherical nucleus is an even function of r, and so of x; the integral over x of what vanishes
at both ends is exact to all orders of the step, and derivatives and interpolation come from local polynomials of high
order, mirrored at the origin.  All operators are small dense matrices, made once per mesh.
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
STRETCH_FM = 15.0
"""Where the points of a mapped mesh are five times as far apart as at the origin."""
DEFAULT_BOX_FM = 20.0
DEFAULT_STEP_FM = 0.15
GAUSS_OFFSET = math.sqrt(15.0) / 10.0
"""Distance of the outer two Gauss points from the middle one, in steps."""
GAUSS_WEIGHTS = np.array([5, 8, 5]) / 18
END_WEIGHTS = np.array([3 / 8, 7 / 6, 23 / 24])
"""Weights of the outermost points in a sum that ends where the integrand has not vanished (Gregory's third order)."""
_STENCIL = 12
"""Points of the local polynomials; one more where a mesh point lies in the middle."""


def mapped(x: np.ndarray, stretch: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """r(x) = x (1 + (x/stretch)^4) with its first and second derivative (fm, 1, 1/fm)."""
    t = (x / stretch) ** 4
    return x * (1 + t), 1 + 5 * t, 20 * x**3 / stretch**4


class Mesh:
    """Mesh of a nucleus with the operators of radial functions given on it.

    ``box`` (fm) is the last point, ``step`` (fm) the distance of the points in x.  At the ``wall`` wave functions vanish;
    without one they go on beyond the box.  Arrays: ``r`` (n+1,) and ``dr`` = dr/dx; ``inverse_r`` 1/r (fm^-1) and
    ``inverse_area`` 1/(4 pi r^2) (fm^-2), zero at the origin; ``line`` (n+1,) the weights (fm) of int dr and ``volume``
    (n+1,) those of int 4 pi r^2 dr; ``laplacian``, ``coulomb`` (n+1, n+1) acting on densities; ``at_origin`` (n+1,)
    the weights of a density's value at the origin; ``gauss_r`` (3, n) and ``gauss_inverse_r`` at the Gauss points of the steps, ``gauss_length`` (3, n)
    the length of the step as seen from there, h dr/dx (fm), ``to_gauss`` (3n, n+1) interpolation of even functions to them; ``derivative_even``, ``derivative_odd``
    (n+1, n+1) d/dr of functions of that parity; ``to_network`` (151, n+1) interpolation to :data:`NETWORK_MESH`.
    """

    def __init__(self, box: float, step: float, stretch: float = STRETCH_FM, wall: bool = False):
        self.step, self.stretch, self.wall = step, stretch, wall
        n = 1
        while mapped(n * step, stretch)[0] < box - 1e-9:
            n += 1
        x = step * np.arange(n + 1)
        self.r, self.dr, second = mapped(x, stretch)
        self.box = float(self.r[-1])
        ends = np.ones(n + 1)
        ends[0] = 1 / 2
        ends[: -len(END_WEIGHTS) - 1 : -1] = END_WEIGHTS
        self.line = step * self.dr * ends
        self.volume = 4 * np.pi * self.r**2 * self.line
        self.inverse_r, self.inverse_area = np.zeros((2, n + 1))
        self.inverse_r[1:] = 1 / self.r[1:]
        self.inverse_area[1:] = 1 / (4 * np.pi * self.r[1:] ** 2)

        middle = x[:-1] + step / 2
        gauss = np.stack([middle - GAUSS_OFFSET * step, middle, middle + GAUSS_OFFSET * step])
        self.gauss_r, gauss_dr, _ = mapped(gauss, stretch)
        self.gauss_inverse_r, self.gauss_length = 1 / self.gauss_r, step * gauss_dr
        self.to_gauss = _operator(gauss.ravel() / step, n, 0, +1)
        self.derivative_even, self.derivative_odd = (
            _operator(x / step, n, 1, parity) / (step * self.dr)[:, None] for parity in (+1, -1)
        )
        curvature = _operator(x / step, n, 2, +1) / step**2 - second[:, None] * self.derivative_even
        curvature /= self.dr[:, None] ** 2
        self.laplacian = curvature + 2 * self.inverse_r[:, None] * self.derivative_even
        self.laplacian[0] = 3 * curvature[0]
        self.coulomb = self._coulomb()
        self.at_origin = np.zeros(n + 1)
        nodes = np.arange(1, _STENCIL // 2 + 1)
        self.at_origin[nodes] = 2 * polynomial_weights(0.0, np.concatenate([-nodes[::-1], nodes]), 0)[len(nodes) :]
        self.to_network = _operator(_coordinate(NETWORK_MESH, stretch) / step, n, 0, +1)

    def __reduce__(self):
        return _mesh, (self.box, self.step, self.stretch, self.wall)  # another process makes its own operators

    def interpolation(self, other: Mesh) -> np.ndarray:
        """Matrix (points of other, n+1) from values of an even function here to those on another mesh, as far as it lies inside."""
        return _interpolation(self, other)

    def _coulomb(self) -> np.ndarray:
        """Gauss's law: the charge inside, as seen from r, and that of the shells further out."""
        n = len(self.r) - 1
        charge = 4 * np.pi * FINE_STRUCTURE * HBARC_MEV_FM
        shells = (GAUSS_WEIGHTS[:, None] * self.gauss_length * self.gauss_r)[:, :, None] * self.to_gauss.reshape(
            3, n, n + 1
        )
        inside, outside = np.zeros((2, n + 1, n + 1))
        inside[1:] = np.cumsum((self.gauss_r[:, :, None] * shells).sum(0), axis=0)
        outside[:-1] = np.cumsum(shells.sum(0)[::-1], axis=0)[::-1]
        return charge * (self.inverse_r[:, None] * inside + outside)

    def integral(self, density: np.ndarray) -> np.ndarray | float:
        """Volume integral over the box of one density (r,), or of each row of (rows, r)."""
        return density @ self.volume

    def with_origin(self, density: np.ndarray) -> np.ndarray:
        """Sets the value at the origin, which is missing where r^2 density was divided by r^2."""
        density[0] = self.at_origin @ density
        return density

    def on_network_mesh(self, function: np.ndarray) -> np.ndarray:
        """Values on :data:`NETWORK_MESH` of an even function (r,), or of each row of (rows, r)."""
        return function @ self.to_network.T


def polynomial_weights(x: float, nodes: np.ndarray, derivative: int) -> np.ndarray:
    """Weights with which the values at the nodes add up to a derivative, at x, of the polynomial through them."""
    reach = np.abs(nodes - x).max()
    powers = ((nodes - x) / reach) ** np.arange(len(nodes))[:, None]
    taylor = np.zeros(len(nodes))
    taylor[derivative] = math.factorial(derivative) / reach**derivative
    return np.linalg.solve(powers, taylor)


def _operator(points: np.ndarray, n: int, derivative: int, parity: int) -> np.ndarray:
    """Matrix (points, n+1) from the values of a function of x on 0, 1, ..., n, of this parity, to a derivative at the points."""
    matrix, half = np.zeros((len(points), n + 1)), _STENCIL // 2
    for row, x in zip(matrix, points, strict=True):
        near = math.floor(x + 1e-9)
        nodes = np.arange(near - half + (abs(x - near) > 1e-9), near + half + 1)
        nodes -= max(nodes[-1] - n, 0)
        weights = polynomial_weights(x, nodes, derivative)
        np.add.at(row, np.abs(nodes), weights * np.where(nodes < 0, parity, 1))
    return matrix


def _coordinate(r: np.ndarray, stretch: float) -> np.ndarray:
    """x of given r, by Newton's method."""
    x = r.copy()
    for _ in range(50):
        there, slope, _ = mapped(x, stretch)
        x -= (there - r) / slope
    return x


@lru_cache(maxsize=16)
def _interpolation(mesh: Mesh, other: Mesh) -> np.ndarray:
    inside = other.r <= mesh.box
    points = _coordinate(np.where(inside, other.r, mesh.box), mesh.stretch) / mesh.step
    return _operator(points, len(mesh.r) - 1, 0, +1)


@lru_cache(maxsize=16)
def _mesh(box: float, step: float, stretch: float, wall: bool) -> Mesh:
    return Mesh(box, step, stretch, wall)


def network_mesh() -> Mesh:
    """The operators on the mesh of the paper's networks, :data:`NETWORK_MESH`."""
    return get_mesh(NETWORK_BOX_FM, NETWORK_STEP_FM, uniform=True)


def get_mesh(
    box: float = DEFAULT_BOX_FM, step: float = DEFAULT_STEP_FM, uniform: bool = False, wall: bool = False
) -> Mesh:
    """The mesh of a box radius and a step in fm; made once.

    Parameters
    ----------
    uniform
        points equidistant in r, as those of the networks.
    wall
        wave functions vanish at the box; without it they go over into the free solution that decays.

    Raises
    ------
    ValueError
        if the box is not between 15 fm (the networks' mesh must fit in) and 60 fm, or the step not between 0.02 and 0.25.
    """
    if isinstance(box, bool) or not (isinstance(box, (int, float)) and NETWORK_BOX_FM <= box <= 60.0):
        raise ValueError(f"box = {box!r} fm is out of range: take 15 to 60 fm ({DEFAULT_BOX_FM:g} is the default)")
    if isinstance(step, bool) or not (isinstance(step, (int, float)) and 0.02 <= step <= 0.25):
        raise ValueError(
            f"step = {step!r} fm is out of range: take 0.02 to 0.25 fm ({DEFAULT_STEP_FM:g} is the default)"
        )
    for name, flag in (("uniform", uniform), ("wall", wall)):
        if not isinstance(flag, (bool, np.bool_)):
            raise ValueError(f"{name} = {flag!r} is neither True nor False: give one of them")
    return _mesh(float(box), float(step), math.inf if uniform else STRETCH_FM, bool(wall))
