"""The spherical relativistic mean-field solver: one even-even nucleus, self-consistently.

    ground = solve(50, 82, functional="PC-PK1")

iterates Dirac equation -> occupations -> densities -> potentials to a fixed point (Anderson mixing) and returns an
``xarray.Dataset`` with the names of the book's data dictionary: densities, Laplacians and the three parts of the
energy density on the networks' mesh r_i = 0.1 i fm, energies and radii, single-particle levels.

Without pairing a partly filled level is filled evenly over its magnetic substates.  Where two levels cross at the
Fermi energy and neither order of filling is self-consistent, the lowest state has both levels degenerate and shares
the particles between them; the share is then one more unknown of the fixed point.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from lib import dirac, pairing
from lib.functionals import HBARC_MEV_FM, Functional, get_functional
from lib.mesh import NETWORK_MESH, Mesh, get_mesh

DEFAULT_BOX_FM = 20.0
DEFAULT_STEP_FM = 0.1
PARTICLES = ("n", "p")

_MIXING = 0.45
_HISTORY = 7
_SHARE_RATE = 4.0  # particles moved between two degenerate levels per MeV of their splitting


class UnboundNucleusError(ValueError):
    """The last occupied level (or, with pairing, the Fermi energy) is not below zero."""


class NoConvergenceError(RuntimeError):
    """The self-consistent iteration did not reach the tolerance."""


@dataclass
class Levels:
    """Levels of one particle species: energies (MeV), kappa, nodes, G and F (levels, r) with int (G^2+F^2) dr = 1."""

    energy: np.ndarray
    kappa: np.ndarray
    nodes: np.ndarray
    G: np.ndarray
    F: np.ndarray
    occupation: np.ndarray = None
    pairing_gap: np.ndarray = None
    anomalous: np.ndarray = None
    uv: np.ndarray = None
    fermi_energy: float = np.nan

    @property
    def degeneracy(self) -> np.ndarray:
        return 2 * np.abs(self.kappa)

    @property
    def labels(self) -> list[tuple[int, int]]:
        return list(zip(self.kappa.tolist(), self.nodes.tolist(), strict=True))


@dataclass
class Share:
    """Two levels at the Fermi energy that share ``total`` particles, ``upper`` of them in ``second``."""

    first: tuple[int, int]
    second: tuple[int, int]
    total: float
    upper: float


@dataclass
class State:
    """A self-consistent field: what a neighbouring nucleus starts from.

    ``potentials`` (3, r) are S, V_n, V_p in MeV, Coulomb included in V_p; ``pairing_field`` (2, r) in MeV;
    ``guesses`` the level energies per species by sign of kappa, |kappa| and nodes.
    """

    potentials: np.ndarray
    pairing_field: np.ndarray
    guesses: list[np.ndarray]
    fermi_energy: list[float]
    shares: dict[str, Share] = field(default_factory=dict)


def check_nucleus(Z: int, N: int) -> None:
    """Refuse proton and neutron numbers that are no even positive integers of a nucleus the solver is made for.

    Raises
    ------
    ValueError
        naming the number and the remedy.
    """
    for name, number in (("Z", Z), ("N", N)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)):
            raise ValueError(f"{name} = {number!r} is not an integer: give an even number of nucleons, 2 to 300")
        if number < 2 or number > 300:
            raise ValueError(f"{name} = {number} is out of range: take an even number from 2 to 300")
        if number % 2:
            raise ValueError(f"{name} = {number} is odd: only even-even nuclei are spherical and time-even here; try {number - 1} or {number + 1}")


def woods_saxon_start(Z: int, N: int, mesh: Mesh) -> State:
    """A first guess: Woods-Saxon wells V + S and V - S (W. Koepf and P. Ring, Z. Phys. A 339, 81 (1991))."""
    A = Z + N
    asymmetry = (N - Z) / A
    radius, diffuseness = 1.233 * A ** (1 / 3), 0.615
    shape = 1 / (1 + np.exp((mesh.r - radius) / diffuseness))
    wells = []
    for sign in (+1, -1):
        plus = -71.28 * (1 - sign * 0.4616 * asymmetry)
        wells.append((plus * shape, -11.12 * plus * shape))
    scalar = sum(plus - minus for plus, minus in wells) / 4
    vectors = [(plus + minus) / 2 for plus, minus in wells]
    coulomb = mesh.coulomb @ (Z * shape / (mesh.volume @ shape))
    shape_of_guess = (2, dirac.MAX_KAPPA + 1, dirac.MAX_NODES)
    return State(
        np.stack([scalar, vectors[0], vectors[1] + coulomb]),
        np.stack([shape, shape]) * 2.0,
        [np.full(shape_of_guess, np.nan) for _ in PARTICLES],
        [-8.0, -8.0],
    )


def _solve_levels(mesh, scalar, vector, mass, top, guess, tolerance=1e-9) -> Levels:
    plus = np.ascontiguousarray(mesh.to_gauss @ (vector + scalar))
    minus = np.ascontiguousarray(mesh.to_gauss @ (vector - scalar))
    size = dirac.MAX_LEVELS
    energy, kappa, nodes = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
    G, F = np.empty((size, len(mesh.r))), np.empty((size, len(mesh.r)))
    found = dirac.bound_levels(mesh.r, plus, minus, mass, top, guess, tolerance, energy, kappa, nodes, G, F)
    if found < 0:
        raise ValueError(f"more than {size} levels below {top:.1f} MeV: the box of {mesh.box} fm is too large")
    return Levels(energy[:found].copy(), kappa[:found].copy(), nodes[:found].copy(), G[:found].copy(), F[:found].copy())


class _Densities:
    """Densities on the solver's mesh (fm^-3), their Laplacians (fm^-5), and the potentials they make."""

    def __init__(self, mesh: Mesh, functional: Functional, levels: dict[str, Levels]):
        self.mesh = mesh
        surface = np.zeros_like(mesh.r)
        surface[1:] = 1 / (4 * np.pi * mesh.r[1:] ** 2)
        scalar = np.zeros_like(mesh.r)
        vector = {}
        for q in PARTICLES:
            weight = levels[q].degeneracy * levels[q].occupation
            upper = weight @ levels[q].G ** 2 * surface
            lower = weight @ levels[q].F ** 2 * surface
            upper[0] = mesh.at_origin @ upper
            lower[0] = mesh.at_origin @ lower
            scalar += upper - lower
            vector[q] = upper + lower
        self.neutron, self.proton = vector["n"], vector["p"]
        self.scalar, self.vector, self.isovector = scalar, vector["n"] + vector["p"], vector["n"] - vector["p"]
        all_densities = np.stack([self.scalar, self.vector, self.isovector])
        self.laplacians = all_densities @ mesh.laplacian.T
        self.arguments = (*all_densities, *self.laplacians)
        self.coulomb = mesh.coulomb @ self.proton
        nuclear = functional.potentials(*self.arguments)
        self.potentials = np.stack([nuclear.scalar, nuclear.neutron_vector, nuclear.proton_vector + self.coulomb])


class _Anderson:
    """Anderson mixing of a fixed-point iteration x -> x + residual, with the metric ``weight``."""

    def __init__(self, weight: np.ndarray, mixing: float):
        self.weight, self.mixing = weight, mixing
        self.x, self.residual = [], []

    def step(self, x: np.ndarray, residual: np.ndarray) -> np.ndarray:
        self.x.append(x)
        self.residual.append(residual)
        if len(self.x) > _HISTORY + 1:
            self.x.pop(0)
            self.residual.pop(0)
        if len(self.x) == 1:
            return x + self.mixing * residual
        dx = np.diff(np.stack(self.x), axis=0)
        df = np.diff(np.stack(self.residual), axis=0)
        weighted = df * self.weight
        gram = weighted @ weighted.T
        gram[np.diag_indices_from(gram)] *= 1 + 1e-10
        gamma = np.linalg.lstsq(gram, weighted @ (self.weight * residual), rcond=1e-13)[0]
        return x + self.mixing * residual - gamma @ (dx + self.mixing * df)


@dataclass
class Solution:
    """The converged (or last) iteration, before it becomes a data set."""

    Z: int
    N: int
    functional: Functional
    paired: bool
    mesh: Mesh
    levels: dict[str, Levels]
    densities: _Densities
    state: State
    iterations: int
    residual: float  # rms of the change of the potentials, MeV
    converged: bool
    wall_time: float

    @property
    def bound(self) -> bool:
        return all(level.fermi_energy < 0 for level in self.levels.values())


def _fill(levels: Levels, particles: int, share: Share | None) -> np.ndarray:
    """Even filling; two levels that share particles keep their present shares."""
    energy, degeneracy = levels.energy, levels.degeneracy
    if share is None:
        return pairing.even_filling(energy, degeneracy, particles)
    labels = levels.labels
    first, second = labels.index(share.first), labels.index(share.second)
    occupation = np.zeros(len(energy))
    others = np.ones(len(energy), bool)
    others[[first, second]] = False
    # the levels below the pair are filled first: what they hold is fixed by the total of the pair
    rest = pairing.even_filling(energy[others], degeneracy[others], int(round(particles - share.total)))
    occupation[others] = rest
    occupation[first] = (share.total - share.upper) / degeneracy[first]
    occupation[second] = share.upper / degeneracy[second]
    return occupation


def _find_share(levels: Levels, before: dict, particles: int) -> Share | None:
    """The two levels between which particles jumped since the iteration ``before`` (label -> particles)."""
    now = dict(zip(levels.labels, levels.occupation * levels.degeneracy, strict=True))
    moved = {label: now.get(label, 0.0) - before.get(label, 0.0) for label in now.keys() | before.keys()}
    moved = {label: change for label, change in moved.items() if abs(change) > 1e-9 and label in now}
    if len(moved) < 2:
        return None
    first = min(moved, key=moved.get)
    second = max(moved, key=moved.get)
    total = now[first] + now[second]
    return Share(first, second, total, 0.5 * (now[second] + before.get(second, 0.0)))


def iterate(
    Z: int,
    N: int,
    functional: Functional,
    mesh: Mesh,
    paired: bool = False,
    start: State | None = None,
    tolerance: float = 2e-6,
    max_iterations: int = 300,
    mixing: float = _MIXING,
) -> Solution:
    """The self-consistent iteration.  Returns the last iteration whether converged or not (see ``converged``).

    ``tolerance`` is the rms change of the potentials over the nuclear volume in MeV; ``start`` a neighbour's state.
    """
    clock = time.perf_counter()
    numbers = {"n": N, "p": Z}
    cold = woods_saxon_start(Z, N, mesh)
    state = start or cold
    guesses = [guess.copy() for guess in state.guesses]
    fermi = dict(zip(PARTICLES, state.fermi_energy, strict=True))
    shares: dict[str, Share] = {}
    n = len(mesh.r)
    size = 3 * n
    fields = state.potentials.ravel()
    if paired:
        gap_start = np.where(state.pairing_field > 1e-3, state.pairing_field, cold.pairing_field)
        fields = np.concatenate([fields, gap_start.ravel()])
    metric = np.sqrt(mesh.volume / (4 * np.pi / 3 * 1.2**3 * (Z + N))) * np.exp(-((mesh.r / (0.8 * mesh.box)) ** 8))
    weight = np.concatenate([np.tile(metric, len(fields) // n), np.full(len(PARTICLES), 0.3)])
    shares_vector = np.zeros(len(PARTICLES))
    mixer = _Anderson(weight, mixing)
    patterns: dict[str, list] = {q: [] for q in PARTICLES}
    flips = dict.fromkeys(PARTICLES, 0)
    converged = False
    residual_norm = np.inf
    for iteration in range(1, max_iterations + 1):
        potentials = fields[:size].reshape(3, n)
        levels = {}
        share_residual = np.zeros(len(PARTICLES))
        restart = False
        for i, q in enumerate(PARTICLES):
            top = fermi[q] + (14.0 if paired else 3.0)
            while True:
                found = _solve_levels(mesh, potentials[0], potentials[1 + i], functional.nucleon_mass, top, guesses[i])
                needed = numbers[q] + (1.65 * numbers[q] ** (2 / 3) if paired else 0)
                if found.degeneracy.sum() >= needed:
                    if not paired:
                        break
                    if iteration == 1:
                        filled = pairing.even_filling(found.energy, found.degeneracy, numbers[q])
                        fermi[q] = found.energy[filled > 0].max()
                    if _window_holds(found, numbers[q], fermi[q], top):
                        break
                top += 4.0
                if top > 60.0:
                    raise UnboundNucleusError(
                        f"Z = {Z}, N = {N}: the potential holds no {numbers[q]} {q} levels; take a nucleus nearer stability"
                    )
            if paired:
                gap_field = fields[size + i * n : size + (i + 1) * n]
                density = _level_density(mesh, found)
                found.pairing_gap = density @ (mesh.volume * gap_field)
                bcs = pairing.solve_bcs(found.energy, found.degeneracy, numbers[q], found.pairing_gap, fermi[q])
                found.occupation, found.anomalous, found.uv = bcs.occupation, bcs.anomalous, bcs.uv
                found.fermi_energy = fermi[q] = bcs.fermi_energy
            else:
                share = shares.get(q)
                if share is not None and not {share.first, share.second} <= set(found.labels):
                    del shares[q]
                    share, restart = None, True
                if share is not None:
                    share.upper = shares_vector[i]
                found.occupation = _fill(found, numbers[q], share)
                found.fermi_energy = fermi[q] = found.energy[found.occupation > 1e-9].max()
                held = dict(zip(found.labels, found.occupation * found.degeneracy, strict=True))
                held = {label: value for label, value in held.items() if value > 1e-9}
                if share is not None:
                    labels = found.labels
                    splitting = found.energy[labels.index(share.first)] - found.energy[labels.index(share.second)]
                    low = max(0.0, share.total - 2 * abs(share.first[0]))
                    high = min(share.total, 2 * abs(share.second[0]))
                    wanted = np.clip(share.upper + _SHARE_RATE * splitting, low, high)
                    share_residual[i] = wanted - share.upper
                else:
                    past = patterns[q]
                    if past and past[-1] != held:
                        flips[q] += 1
                        if flips[q] >= 3 and iteration > 6:
                            new = _find_share(found, past[-1], numbers[q])
                            if new is not None:
                                shares[q] = new
                                shares_vector[i] = new.upper
                                restart = True
                                flips[q] = 0
                    past.append(held)
                    del past[:-3]
            levels[q] = found
        densities = _Densities(mesh, functional, levels)
        out = densities.potentials.ravel()
        if paired:
            gaps = [
                pairing.pairing_field(
                    functional.pairing_strength(q), levels[q].degeneracy, levels[q].anomalous, _level_density(mesh, levels[q])
                )
                for q in PARTICLES
            ]
            for gap in gaps:
                gap[0] = mesh.at_origin @ gap
            out = np.concatenate([out, *gaps])
        residual = np.concatenate([out - fields, share_residual])
        residual_norm = float(np.linalg.norm(weight * residual) / np.sqrt(3))
        if residual_norm < tolerance:
            converged = True
            break
        if restart:
            mixer = _Anderson(weight, mixing)
        x = np.concatenate([fields, shares_vector])
        # a bold step into the collapse channel of light nuclei is cut: no potential moves by more than 60 MeV at once
        new = mixer.step(x, residual)
        largest = np.abs(new[:size] - x[:size]).max()
        if largest > 60.0:
            new = x + (new - x) * (60.0 / largest)
        fields, shares_vector = new[:-2], new[-2:].copy()
        for i, q in enumerate(PARTICLES):
            if q in shares:
                share = shares[q]
                low = max(0.0, share.total - 2 * abs(share.first[0]))
                high = min(share.total, 2 * abs(share.second[0]))
                shares_vector[i] = np.clip(shares_vector[i], low, high)
    final = State(
        fields[:size].reshape(3, n),
        fields[size:].reshape(2, n) if paired else cold.pairing_field,
        guesses,
        [fermi[q] for q in PARTICLES],
        shares,
    )
    return Solution(
        Z, N, functional, paired, mesh, levels, densities, final, iteration, residual_norm, converged,
        time.perf_counter() - clock,
    )  # fmt: skip


def _window_holds(levels: Levels, particles: int, fermi: float, top: float) -> bool:
    """Whether the levels up to ``top`` (MeV) reach beyond the smooth pairing window: weights above are below 1e-4."""
    try:
        width = pairing.cutoff_width(fermi, levels.energy, levels.degeneracy, particles)
    except ValueError:
        return False
    return top > fermi + 1.9 * width


def _level_density(mesh: Mesh, levels: Levels) -> np.ndarray:
    """Angle-averaged density of one nucleon in each level, (levels, r), fm^-3; zero at the origin point."""
    surface = np.zeros_like(mesh.r)
    surface[1:] = 1 / (4 * np.pi * mesh.r[1:] ** 2)
    return (levels.G**2 + levels.F**2) * surface


def center_of_mass_energy(solution: Solution) -> float:
    r"""Microscopic centre-of-mass correction -<P^2>/(2MA) in MeV, after variation.

    .. math::

        \langle P^2\rangle = \sum_k v_k^2 \langle k|p^2|k\rangle
        - \sum_{kk'} (v_k^2 v_{k'}^2 + u_k v_k u_{k'} v_{k'}) |\langle k|\mathbf p|k'\rangle|^2

    over all single-particle states; without pairing u v = 0 and a partly filled level enters with its share
    (M. Bender et al., Eur. Phys. J. A 7, 467 (2000)).
    """
    mesh = solution.mesh
    inverse_r = np.zeros_like(mesh.r)
    inverse_r[1:] = 1 / mesh.r[1:]
    total = 0.0
    for q in PARTICLES:
        levels = solution.levels[q]
        held = levels.occupation > 1e-7
        kappa, probability, degeneracy = levels.kappa[held], levels.occupation[held], levels.degeneracy[held]
        G, F = levels.G[held], levels.F[held]
        l_upper, l_lower = orbital(kappa), orbital(-kappa)
        square = np.zeros(len(kappa))
        amplitude = np.zeros((len(kappa), len(kappa)))
        for wave, l in ((G, l_upper), (F, l_lower)):
            slope = radial_derivative(mesh, wave, l)
            over_r = wave * inverse_r
            # trapezoidal rule: G' of an s level does not vanish at the origin
            square += mesh.step * ((slope**2).sum(1) - slope[:, 0] ** 2 / 2 + l * (l + 1) * (over_r**2).sum(1))
            # <a|d/dr|b> and <a|1/r|b>; a raises (l_a = l_b + 1) or lowers (l_a = l_b - 1) the orbital momentum
            gradient, inverse = mesh.step * wave @ slope.T, mesh.step * wave @ over_r.T
            up, down = l[:, None] == l[None, :] + 1, l[:, None] == l[None, :] - 1
            amplitude += np.where(up, gradient - (l[None, :] + 1) * inverse, 0.0)
            amplitude += np.where(down, gradient + l[None, :] * inverse, 0.0)
        j = np.abs(kappa) - 0.5
        larger = np.maximum(j[:, None], j[None, :])
        same = j[:, None] == j[None, :]
        # squared reduced elements of the unit vector between j and j': only |j - j'| <= 1 survives with |l - l'| = 1
        angular = np.where(same, (2 * larger + 1) / (4 * larger * (larger + 1)), (larger**2 - 0.25) / larger)
        angular = np.where((np.abs(j[:, None] - j[None, :]) <= 1) & _parity_changes(l_upper), angular, 0.0)
        weights = np.outer(probability, probability)
        if solution.paired:
            weights += np.outer(levels.uv[held], levels.uv[held])
        total += degeneracy * probability @ square - (weights * angular * amplitude**2).sum()
    mass_number = solution.Z + solution.N
    return float(-(HBARC_MEV_FM**2) * total / (2 * solution.functional.nucleon_mass * mass_number))


def _parity_changes(l: np.ndarray) -> np.ndarray:
    return (l[:, None] + l[None, :]) % 2 == 1


def orbital(kappa: np.ndarray) -> np.ndarray:
    """Orbital angular momentum l of the upper component; of the lower one for -kappa."""
    return np.where(kappa < 0, -kappa - 1, kappa)


def radial_derivative(mesh: Mesh, wave: np.ndarray, l: np.ndarray) -> np.ndarray:
    """d/dr of radial functions (levels, r) that behave as r^(l+1) at the origin, hence have the parity of l + 1."""
    return np.where((l % 2 == 0)[:, None], wave @ mesh.derivative_odd.T, wave @ mesh.derivative_even.T)


def kinetic_energy_density(solution: Solution) -> np.ndarray:
    """E_kin(r) = sum_k v_k^2 psi_k^+ (alpha.p + beta M - M) psi_k in MeV fm^-3 on the solver's mesh.

    Taken from the derivatives of G and F, not from the eigenvalues, so that the energy of the densities and the
    single-particle sum rule are two independent numbers.
    """
    mesh, mass = solution.mesh, solution.functional.nucleon_mass
    total = np.zeros_like(mesh.r)
    inverse_r = np.zeros_like(mesh.r)
    inverse_r[1:] = 1 / mesh.r[1:]
    for q in PARTICLES:
        levels = solution.levels[q]
        weight = levels.degeneracy * levels.occupation
        kappa = levels.kappa[:, None] * inverse_r
        dG = radial_derivative(mesh, levels.G, orbital(levels.kappa))
        dF = radial_derivative(mesh, levels.F, orbital(-levels.kappa))
        upper = HBARC_MEV_FM * levels.G * (kappa * levels.F - dF)
        lower = HBARC_MEV_FM * levels.F * (dG + kappa * levels.G) - 2 * mass * levels.F**2
        total += weight @ (upper + lower)
    density = total * inverse_r**2 / (4 * np.pi)
    density[0] = mesh.at_origin @ density
    return density


def sum_rule_energy(solution: Solution) -> float:
    """E_CDFT in MeV from the single-particle energies: sum of eps_k minus what the potentials count, plus E_int, E_em."""
    mesh, densities = solution.mesh, solution.densities
    scalar, neutron_vector, proton_vector = solution.state.potentials
    levels = sum(
        float((level.degeneracy * level.occupation) @ level.energy) for level in solution.levels.values()
    )
    counted = mesh.volume @ (
        scalar * densities.scalar + neutron_vector * densities.neutron + proton_vector * densities.proton
    )
    interaction = mesh.volume @ solution.functional.interaction_energy_density(*densities.arguments)
    return float(levels - counted + interaction + 0.5 * mesh.volume @ (densities.coulomb * densities.proton))


UNITS = {
    "scalar_density": ("fm-3", "scalar density rho_S"),
    "vector_density": ("fm-3", "vector density rho_V"),
    "isovector_density": ("fm-3", "isovector density rho_TV = rho_n - rho_p"),
    "scalar_laplacian": ("fm-5", "Laplacian of rho_S"),
    "vector_laplacian": ("fm-5", "Laplacian of rho_V"),
    "isovector_laplacian": ("fm-5", "Laplacian of rho_TV"),
    "proton_density": ("fm-3", "point-proton density"),
    "neutron_density": ("fm-3", "neutron density"),
    "kinetic_energy_density": ("MeV fm-3", "kinetic energy density E_kin"),
    "interaction_energy_density": ("MeV fm-3", "interaction energy density E_int"),
    "coulomb_energy_density": ("MeV fm-3", "electromagnetic energy density E_em"),
    "energy_density": ("MeV fm-3", "energy density E = E_kin + E_int + E_em"),
    "scalar_potential": ("MeV", "scalar potential S"),
    "neutron_vector_potential": ("MeV", "vector potential V of the neutrons"),
    "proton_vector_potential": ("MeV", "vector potential V of the protons, Coulomb included"),
    "energy": ("MeV", "E_CDFT, the volume integral of the energy density"),
    "kinetic_energy": ("MeV", "kinetic part of E_CDFT"),
    "interaction_energy": ("MeV", "interaction part of E_CDFT"),
    "coulomb_energy": ("MeV", "electromagnetic part of E_CDFT"),
    "pairing_energy": ("MeV", "pairing energy, zero without pairing"),
    "cm_energy": ("MeV", "centre-of-mass correction"),
    "total_energy": ("MeV", "E_CDFT + pairing energy + centre-of-mass correction"),
    "neutron_radius": ("fm", "rms radius of the neutron density"),
    "proton_radius": ("fm", "rms radius of the point-proton density"),
    "charge_radius": ("fm", "charge radius, r_ch^2 = r_p^2 + 0.64 fm^2"),
    "neutron_fermi_energy": ("MeV", "energy of the last occupied neutron level; with pairing lambda_n"),
    "proton_fermi_energy": ("MeV", "energy of the last occupied proton level; with pairing lambda_p"),
    "particle_number_error": ("1", "largest deviation of the integrated N and Z from the integers"),
    "sum_rule_error": ("MeV", "E_CDFT of the densities minus that of the single-particle sum rule"),
    "residual": ("MeV", "rms change of the potentials in the last iteration, over the nuclear volume"),
    "iterations": ("1", "self-consistent iterations"),
    "shared_occupation": ("1", "1 if two degenerate levels share the last particles"),
    "particle": ("1", "n or p"),
    "n": ("1", "radial nodes of G"),
    "kappa": ("1", "relativistic angular quantum number"),
    "level_energy": ("MeV", "single-particle energy without rest mass"),
    "occupation": ("1", "occupation probability v^2 of a level"),
    "pairing_gap": ("MeV", "Delta_k, zero without pairing"),
}
"""Units and long names of every variable of :func:`solve`: the data dictionary."""


def observables(solution: Solution) -> dict[str, np.ndarray | float]:
    """Everything of :data:`UNITS` as plain arrays on the networks' mesh, and scalars; levels by increasing energy."""
    mesh, densities, levels = solution.mesh, solution.densities, solution.levels
    volume = mesh.volume
    stride = int(round(0.1 / mesh.step))
    on_mesh = slice(0, stride * (len(NETWORK_MESH) - 1) + 1, stride)
    parts = {
        "kinetic": kinetic_energy_density(solution),
        "interaction": solution.functional.interaction_energy_density(*densities.arguments),
        "coulomb": 0.5 * densities.coulomb * densities.proton,
    }
    total = sum(parts.values())
    scalar, neutron_vector, proton_vector = solution.state.potentials
    profiles = {
        "scalar_density": densities.scalar,
        "vector_density": densities.vector,
        "isovector_density": densities.isovector,
        "scalar_laplacian": densities.laplacians[0],
        "vector_laplacian": densities.laplacians[1],
        "isovector_laplacian": densities.laplacians[2],
        "proton_density": densities.proton,
        "neutron_density": densities.neutron,
        **{f"{name}_energy_density": part for name, part in parts.items()},
        "energy_density": total,
        "scalar_potential": scalar,
        "neutron_vector_potential": neutron_vector,
        "proton_vector_potential": proton_vector,
    }
    result = {name: profile[on_mesh] for name, profile in profiles.items()}
    energy = float(volume @ total)
    pairing_energy = 0.0
    if solution.paired:
        for level in levels.values():
            # E_pair = - sum_(k>0) f u v Delta, half the degeneracy in pairs
            pairing_energy -= float((0.5 * level.degeneracy * level.anomalous) @ level.pairing_gap)
    cm_energy = center_of_mass_energy(solution)
    mean_square = {q: float(volume @ (mesh.r**2 * density)) for q, density in (("n", densities.neutron), ("p", densities.proton))}
    neutron_number, proton_number = float(volume @ densities.neutron), float(volume @ densities.proton)
    result |= {f"{name}_energy": float(volume @ part) for name, part in parts.items()}
    result |= {
        "energy": energy,
        "pairing_energy": pairing_energy,
        "cm_energy": cm_energy,
        "total_energy": energy + pairing_energy + cm_energy,
        "neutron_radius": np.sqrt(mean_square["n"] / solution.N),
        "proton_radius": np.sqrt(mean_square["p"] / solution.Z),
        "charge_radius": np.sqrt(mean_square["p"] / solution.Z + 0.64),
        "neutron_fermi_energy": levels["n"].fermi_energy,
        "proton_fermi_energy": levels["p"].fermi_energy,
        "particle_number_error": max(abs(neutron_number - solution.N), abs(proton_number - solution.Z)),
        "sum_rule_error": energy - sum_rule_energy(solution),
        "residual": solution.residual,
        "iterations": solution.iterations,
        "shared_occupation": int(bool(solution.state.shares)),
    }
    columns = {name: [] for name in ("particle", "n", "kappa", "level_energy", "occupation", "pairing_gap")}
    for q in PARTICLES:
        level = levels[q]
        order = np.argsort(level.energy, kind="stable")
        columns["particle"] += [q] * len(order)
        columns["n"].append(level.nodes[order])
        columns["kappa"].append(level.kappa[order])
        columns["level_energy"].append(level.energy[order])
        columns["occupation"].append(level.occupation[order])
        columns["pairing_gap"].append(level.pairing_gap[order] if solution.paired else np.zeros(len(order)))
    result["particle"] = np.array(columns.pop("particle"))
    result |= {name: np.concatenate(parts) for name, parts in columns.items()}
    return result


def to_dataset(solution: Solution) -> xr.Dataset:
    """The data set of one nucleus: :func:`observables` with dims ``r`` and ``level``, units and provenance."""
    values = observables(solution)
    dims = {name: ("r",) if name.endswith(("density", "laplacian", "potential")) else () for name in values}
    dims |= dict.fromkeys(("particle", "n", "kappa", "level_energy", "occupation", "pairing_gap"), ("level",))
    dataset = xr.Dataset(
        {
            name: (dims[name], value, {"units": UNITS[name][0], "long_name": UNITS[name][1]})
            for name, value in values.items()
        },
        coords={
            "r": ("r", NETWORK_MESH, {"units": "fm", "long_name": "radius"}),
            "Z": ((), solution.Z, {"units": "1", "long_name": "proton number"}),
            "N": ((), solution.N, {"units": "1", "long_name": "neutron number"}),
        },
        attrs={
            "functional": solution.functional.name,
            "pairing": int(solution.paired),
            "box": solution.mesh.box,
            "step": solution.mesh.step,
            "wall_time_seconds": solution.wall_time,
        },
    )
    return dataset


COLLAPSE_DENSITY = 0.32
"""Central vector density (fm^-3), twice saturation: a light nucleus that reaches it fell into the collapse channel."""


def ground_state(
    Z: int, N: int, functional: Functional, mesh: Mesh, paired: bool = False, start: State | None = None
) -> Solution:
    """:func:`iterate` with what makes it reliable: retries from a cold start with bolder damping.

    A warm start that does not converge, and a collapse into the unphysical dense state that PC-PK1 has in light
    nuclei, are retried from the Woods-Saxon start, the second time heavily damped.

    Raises
    ------
    NoConvergenceError
        if no attempt converges.
    """
    attempts = [(start, _MIXING)] if start is not None else []
    attempts += [(None, _MIXING), (None, 0.15), (None, 0.05)]
    solution = None
    for state, mixing in attempts:
        solution = iterate(Z, N, functional, mesh, paired, state, mixing=mixing)
        if solution.converged and solution.densities.vector.max() < COLLAPSE_DENSITY:
            return solution
    raise NoConvergenceError(
        f"Z = {Z}, N = {N} with {functional.name}: residual {solution.residual:.1e} MeV after {solution.iterations} iterations "
        f"and {len(attempts)} attempts; change the box or start from a neighbouring nucleus"
    )


def solve(
    Z: int,
    N: int,
    functional: str | Functional = "PC-PK1",
    pairing: bool = False,
    box: float = DEFAULT_BOX_FM,
    step: float = DEFAULT_STEP_FM,
) -> xr.Dataset:
    """The ground state of one spherical even-even nucleus.

    Parameters
    ----------
    Z, N : even numbers of protons and neutrons.
    functional : ``"PC-PK1"``, ``"PC-F1"``, or a :class:`lib.functionals.Functional`.
    pairing : BCS with the zero-range force of the functional; without it partly filled levels are filled evenly.
    box : radius of the box in fm, 15 to 40.
    step : of the solver's mesh in fm: 0.1, 0.05, 0.025 or 0.02.

    Returns
    -------
    ``xarray.Dataset`` with dims ``r`` (151 points, fm) and ``level``; every variable carries ``units`` and
    ``long_name`` (:data:`UNITS`).  Energies are integrals over the whole box.

    Raises
    ------
    ValueError
        for odd, negative or huge Z or N, an unknown functional, a box or step out of range.
    UnboundNucleusError
        if the last nucleon is not bound.
    NoConvergenceError
        if the iteration does not converge.
    """
    check_nucleus(Z, N)
    chosen = get_functional(functional)
    if not isinstance(pairing, (bool, np.bool_)):
        raise ValueError(f"pairing = {pairing!r} is neither True nor False")
    mesh = get_mesh(box, step)
    solution = ground_state(int(Z), int(N), chosen, mesh, bool(pairing))
    if not solution.bound:
        energies = ", ".join(f"{level.fermi_energy:+.3f} MeV ({q})" for q, level in solution.levels.items())
        raise UnboundNucleusError(
            f"Z = {Z}, N = {N} is not bound by {chosen.name}: Fermi energies {energies}; take a nucleus nearer stability"
        )
    return to_dataset(solution)
