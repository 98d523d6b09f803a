r"""A nucleus without orbitals: the minimum of E over splines of ln rho_n, ln rho_p and ln rho_S.

.. math::

    E = f[\rho_n,S] + f[\rho_p,S] - \int S\rho_S\,d^3r + E_{\rm int} + E_{\rm em},
    \qquad S = \frac{\delta E_{\rm int}}{\delta\rho_S} .

Densities of neutrons and protons are normalised, so that nothing is constrained.  The gradient is exact, by the chain rule
from complex steps at each point; second derivatives are differences of it, and each step is one of Newton's, with eigenvalues
made positive and a line search.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from scipy.interpolate import make_interp_spline

from lib.orbital_free.ladder import Semilocal
from lib.orbital_free.semilocal import Fields, features, thomas_fermi
from lib.rmf.functionals import Functional
from lib.rmf.mesh import network_mesh

NODE_FM, TAIL_FM = 1.5, 5.0
"""Distance of the nodes of the splines, and how far beyond 1.2 fm A^(1/3) the last of them lies."""
LEAST_CURVATURE_MEV = 0.05
"""Smaller eigenvalues of the second derivatives are taken for this one."""
LARGEST_CHANGE = 0.7
"""Of any logarithm of a density in one step."""
TOLERANCE_MEV = 1e-4
"""What the next step would gain, when the minimum is taken for found."""
RUNAWAY_MEV = -25.0
"""Energy per nucleon below which a nucleus has run away."""
_STEP = 1e-20


def splines(A: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (fm) for a nucleus of mass number A, and the matrix (r, nodes) from values there to the networks' mesh.

    Splines of fifth degree, even at the origin, and straight beyond the last node, as the logarithm of a density is.
    """
    r, last = network_mesh().r, min(1.2 * A ** (1 / 3) + TAIL_FM, 15.0)
    nodes = np.linspace(0, last, round(last / NODE_FM) + 1)
    ends = ([(1, 0.0), (3, 0.0)], [(2, 0.0), (3, 0.0)])
    matrix = np.empty((len(r), len(nodes)))
    for column, values in zip(matrix.T, np.eye(len(nodes)), strict=True):
        spline = make_interp_spline(nodes, values, k=5, bc_type=ends)
        inside = np.minimum(r, last)
        column[:] = spline(inside) + (r - inside) * spline(last, 1)
    return nodes, matrix


def fermi_profile(r: np.ndarray, A: int) -> np.ndarray:
    """Logarithm of a Fermi profile (r,) about 1 in the middle: a radius of 1.1 fm A^(1/3) and a width of 0.55 fm."""
    return -np.logaddexp(0, (r - 1.1 * A ** (1 / 3)) / 0.55)


@dataclass
class Densities:
    """What is minimised over, on the networks' mesh, (r,), fm^-3."""

    neutron: np.ndarray
    proton: np.ndarray
    scalar: np.ndarray

    @property
    def fields(self) -> np.ndarray:
        """(3, r): scalar, vector, isovector."""
        return np.array([self.scalar, self.neutron + self.proton, self.neutron - self.proton])


def _slopes(function, arguments):
    """The value of a local function, and its derivatives by each argument, (arguments, r)."""
    moved = []
    for place in range(len(arguments)):
        there = [*arguments]
        there[place] = there[place] + 1j * _STEP
        moved.append(function(*there))
    return moved[0].real, np.array([each.imag for each in moved]) / _STEP


class Energy:
    """E of a nucleus as a function of densities, with its derivatives, for a functional of interaction and one of f."""

    def __init__(self, Z: int, N: int, functional: Functional, kinetic: Semilocal):
        self.Z, self.N, self.functional, self.kinetic = Z, N, functional, kinetic
        self.mesh = network_mesh()
        self.constant = float(kinetic.constant(np.array([N, Z])).sum())

    def _local(self, density, density_slope, mass, mass_slope):
        """The integrand of f, MeV fm^-3."""
        base = thomas_fermi(density, mass, self.functional.nucleon_mass)
        each = features(Fields(density, density_slope, mass, mass_slope))
        return base + np.tensordot(self.kinetic.coefficients, each, 1)

    def value_and_slopes(self, densities: Densities) -> tuple[float, np.ndarray]:
        """E in MeV, and its derivatives by the densities of neutrons, protons and the scalar one at each point, (3, r)."""
        mesh, weight = self.mesh, self.mesh.volume
        slope, laplacian = mesh.derivative_even, mesh.laplacian
        fields = densities.fields
        arguments = [*fields, *(fields @ laplacian.T)]
        interaction, by_field = _slopes(self.functional.interaction_energy_density, arguments)
        scalar, scalar_by = _slopes(lambda *each: self.functional.potentials(*each).scalar, arguments)
        coulomb = mesh.coulomb @ densities.proton
        total = float(weight @ (interaction - scalar * densities.scalar + densities.proton * coulomb / 2))
        own, by_S = [], -weight * densities.scalar
        mass, mass_slope = self.functional.nucleon_mass + scalar, slope @ scalar
        for density in (densities.neutron, densities.proton):
            local, by = _slopes(self._local, [density, slope @ density, mass, mass_slope])
            total += float(weight @ local)
            own.append(weight * by[0] + (weight * by[1]) @ slope)
            by_S = by_S + weight * by[2] + (weight * by[3]) @ slope
        # of E_int, and through S of all that depends on S
        at_fields = weight * by_field[:3] + (weight * by_field[3:]) @ laplacian
        at_fields += scalar_by[:3] * by_S + (scalar_by[3:] * by_S) @ laplacian
        at_fields[0] -= weight * scalar
        weighted = weight * densities.proton
        electric = (weight * coulomb + weighted @ mesh.coulomb) / 2
        return total + self.constant, np.array([
            own[0] + at_fields[1] + at_fields[2],
            own[1] + at_fields[1] - at_fields[2] + electric,
            at_fields[0],
        ])  # fmt: skip


@dataclass
class Minimum:
    """Where a minimisation came to: whether it ``converged``, E in MeV after each step, rms radii in fm, processor seconds."""

    densities: Densities
    energies: list[float] = field(default_factory=list)
    converged: bool = False
    reason: str = ""
    seconds: float = 0.0

    @property
    def energy(self) -> float:
        """MeV."""
        return self.energies[-1]

    def radius(self, particle: str) -> float:
        """rms radius of the neutrons (``"n"``) or the protons (``"p"``), fm."""
        mesh = network_mesh()
        density = self.densities.neutron if particle == "n" else self.densities.proton
        return float(np.sqrt(mesh.integral(mesh.r**2 * density) / mesh.integral(density)))

    @property
    def charge_radius(self) -> float:
        """fm; the proton has one of 0.8 fm, as in the solver."""
        return float(np.sqrt(self.radius("p") ** 2 + 0.64))


class _Splined:
    """The energy over the values of the logarithms at the nodes, in one row."""

    def __init__(self, energy: Energy):
        self.energy = energy
        self.nodes, self.matrix = splines(energy.Z + energy.N)
        self.count = len(self.nodes)

    def densities(self, values: np.ndarray) -> Densities:
        mesh, logs = self.energy.mesh, self.matrix @ values.reshape(3, -1).T
        neutron, proton = np.exp(logs[:, 0]), np.exp(logs[:, 1])
        neutron, proton = (
            self.energy.N * neutron / mesh.integral(neutron),
            self.energy.Z * proton / mesh.integral(proton),
        )
        return Densities(neutron, proton, np.exp(logs[:, 2]))

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        there, mesh = self.densities(values), self.energy.mesh
        value, slopes = self.energy.value_and_slopes(there)
        each = np.array([there.neutron, there.proton, there.scalar]) * slopes
        for row, density, number in ((0, there.neutron, self.energy.N), (1, there.proton, self.energy.Z)):
            each[row] -= each[row].sum() * mesh.volume * density / number  # the number is kept
        return value, (each @ self.matrix).ravel()

    def curvature(self, values: np.ndarray, gradient: np.ndarray, step: float = 1e-4) -> np.ndarray:
        """Second derivatives, by differences of the gradient."""
        rows = [(self(values + step * unit)[1] - gradient) / step for unit in np.eye(len(values))]
        return (np.array(rows) + np.array(rows).T) / 2


def newton_change(curvature: np.ndarray, gradient: np.ndarray):
    """Newton's step, downhill in all directions; the least eigenvalue.

    Second derivatives ``curvature`` (n, n) and the ``gradient`` (n,)
    in MeV; the step (n,) has no unit.
    """
    eigenvalues, vectors = np.linalg.eigh(curvature)
    steep = np.maximum(np.abs(eigenvalues), LEAST_CURVATURE_MEV)
    return -vectors @ ((vectors.T @ gradient) / steep), eigenvalues[0]


def minimise(
    Z: int, N: int, functional: Functional, kinetic: Semilocal, start: Densities | None = None, steps: int = 60
) -> Minimum:
    """The minimum of E from Fermi profiles, or from the densities of a ``start``, in at most so many ``steps``.

    It has converged where the next step would gain less than :data:`TOLERANCE_MEV` and no direction falls.
    """
    clock = time.process_time()
    problem = _Splined(Energy(Z, N, functional, kinetic))
    A, nodes = Z + N, problem.nodes
    if start is None:
        profile = fermi_profile(nodes, A)
        values = np.concatenate([profile, profile, profile + np.log(0.15)])
    else:
        own = np.log(np.maximum([start.neutron, start.proton, start.scalar], 1e-12))
        values = np.concatenate([np.interp(nodes, problem.energy.mesh.r, row) for row in own])
    value, gradient = problem(values)
    found = Minimum(problem.densities(values), [value])
    found.reason = f"no minimum in {steps} steps"
    for _ in range(steps):
        change, least = newton_change(problem.curvature(values, gradient), gradient)
        gain = -float(gradient @ change) / 2
        if gain < TOLERANCE_MEV and least > -LEAST_CURVATURE_MEV:
            found.converged, found.reason = True, "converged"
            break
        change *= min(1.0, LARGEST_CHANGE / np.abs(change).max())
        length, slope = 1.0, float(gradient @ change)
        while True:
            trial, trial_gradient = problem(values + length * change)
            if np.isfinite(trial) and trial <= value + 1e-4 * length * slope:
                break
            length /= 2
            if length < 1e-6:
                break
        if length < 1e-6:
            found.reason = "no step goes down"
            break
        values, value, gradient = values + length * change, trial, trial_gradient
        found.energies.append(value)
        if value < RUNAWAY_MEV * A:
            found.reason = "ran away"
            break
    found.densities, found.seconds = problem.densities(values), time.process_time() - clock
    return found
