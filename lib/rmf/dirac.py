r"""The radial Dirac equation of one nucleon in spherical potentials S(r) and V(r), solved by compiled shooting.

With the spinor written as :math:`\psi = \frac{1}{r}(\mathrm{i}G\,\mathcal{Y}^l_{jm},\; -F\,\mathcal{Y}^{\bar l}_{jm})` the
equation of the quantum number kappa is the pair

.. math::

    G' = -\frac{\kappa}{r} G + \frac{\varepsilon + 2M - V + S}{\hbar c} F, \qquad
    F' = +\frac{\kappa}{r} F - \frac{\varepsilon - V - S}{\hbar c} G ,

with eps the single-particle energy without the rest mass.  Each step of the mesh is a 2x2 transfer matrix, the
sixth-order Magnus exponential over the three Gauss points of the step (S. Blanes et al., Phys. Rep. 470, 151 (2009),
Sec. 5.4), with an error of the seventh order of the step however steep the potentials, so that steps of 0.15 fm are
enough; next to the origin the power series of the regular solution starts the sweep.  The matrices of a whole sweep are
made in one vectorised loop and then chained, outward from the origin and inward from the end of the mesh, where the free
solution that decays goes on (:mod:`lib.rmf.exterior`), or a wall G(R) = 0 stands.

The eigenvalue is the root of the Pruefer angle Theta(eps), which grows monotonically with eps and equals n pi when
the solution is an eigenstate with n nodes of G.  Its derivative is known analytically (the norm integral), so a
safeguarded Newton iteration that starts from a good guess needs one or two sweeps, and the node count keeps it from
ever landing on another level.

:func:`bound_levels` finds all levels, :func:`follow_levels` those that are named, which is all that a self-consistent
iteration needs of most steps.  The compiled functions behind both share the tuples ``well`` (what the nucleon feels, and
the mesh; see :class:`RadialWell`) and ``work`` (see :class:`Workspace`).
"""

from __future__ import annotations

import math
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lib.rmf.compiled import njit
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.exterior import decaying_ratio
from lib.rmf.mesh import Mesh

MAX_KAPPA = 24
"""Largest ``|kappa|`` looked for; j = 47/2 lies far above every level used, also in the box continuum of pairing."""
MAX_NODES = 16
"""Largest number of levels kept per kappa."""
MAX_LEVELS = 400
"""Largest number of levels kept in all, per particle species."""
_TOLERANCE_MEV = 1e-5
_SERIES_RADIUS_FM = 0.4
SQRT15_3 = math.sqrt(15.0) / 3.0
_TERMS = 10
_POWERS = 5  # of r^2 in the potentials there
_HIGHEST_MEV = 80.0  # a level above is not looked for


class RadialWell(NamedTuple):
    """What a nucleon feels at the Gauss points of the steps, and the mesh it moves on."""

    plus: np.ndarray
    """V + S (3, n), MeV"""
    minus: np.ndarray
    """V - S (3, n), MeV"""
    end_potential: float
    """V + S at the last point and beyond, MeV"""
    mass2: float
    """twice the mass, MeV"""
    length: np.ndarray
    """of the step in r, h dr/dx at the Gauss points (3, n), fm"""
    inverse_r: np.ndarray
    """1/r there (3, n), fm^-1"""
    r: np.ndarray
    """(n+1,), fm"""
    line: np.ndarray
    """weights of int dr (n+1,), fm"""
    wall: bool
    """whether wave functions vanish at the last point"""


class Workspace(NamedTuple):
    """Arrays that the sweeps in one well fill, and what they know of that well."""

    transfer: np.ndarray
    """(4, n), the matrix of each step"""
    minus_series: np.ndarray
    """of V - S next to the origin, MeV, coefficients of x^0, x^2, ..., x = r over the radius where the series end"""
    plus_series: np.ndarray
    """the same of V + S"""
    series_steps: np.ndarray
    """(1,), where they end; 0 before they are made"""
    powers: np.ndarray
    """(2, 5), of the two equations there"""
    terms: np.ndarray
    """(2, 10), of their solution"""
    G: np.ndarray
    """(n+1,), of the outward part"""
    F: np.ndarray
    G_in: np.ndarray
    """(n+1,), of the inward part"""
    F_in: np.ndarray
    norms: np.ndarray
    """(3,): int (G^2 + F^2) dr of the outward part, of the inward one, and what of that is beyond the mesh"""


@njit(cache=True, fastmath=True, error_model="numpy")
def radial_dirac(energy, kappa, well, point, i):
    """The equation (G, F)' = A (G, F) at a Gauss point of the step i.

    A h = ((p, q), (s, -p)) is given as (p, q, s), as are all 2x2 matrices here.
    """
    length = well.length[point, i]
    p = -kappa * length * well.inverse_r[point, i]
    q = energy + well.mass2 - well.minus[point, i]
    s = well.plus[point, i] - energy
    return p, q * length / HBARC_MEV_FM, s * length / HBARC_MEV_FM


@njit(cache=True, fastmath=True, error_model="numpy")
def multiply(x, a):
    """x A."""
    return x * a[0], x * a[1], x * a[2]


@njit(cache=True, fastmath=True, error_model="numpy")
def add(a, b):
    """A + B."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


@njit(cache=True, fastmath=True, error_model="numpy")
def subtract(a, b):
    """A - B."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@njit(cache=True, fastmath=True, error_model="numpy")
def commutator(a, b):
    """[A, B]."""
    p = a[1] * b[2] - b[1] * a[2]
    q = 2 * (a[0] * b[1] - b[0] * a[1])
    s = 2 * (a[2] * b[0] - b[2] * a[0])
    return p, q, s


@njit(cache=True, fastmath=True, error_model="numpy")
def magnus_exponent(a1, a2, a3):
    """Omega of one step, of sixth order, from A h at its three Gauss points."""
    # over the step A is about A2, with a first and a second derivative
    b2 = multiply(SQRT15_3, subtract(a3, a1))
    b3 = multiply(10 / 3, add(subtract(a3, multiply(2, a2)), a1))
    c1 = commutator(a2, b2)
    c2 = commutator(a2, add(multiply(2, b3), c1))
    b2 = subtract(b2, multiply(1 / 60, c2))
    left = subtract(subtract(c1, multiply(20, a2)), b3)
    c3 = commutator(left, b2)
    return add(add(a2, multiply(1 / 12, b3)), multiply(1 / 240, c3))


@njit(cache=True, fastmath=True, error_model="numpy")
def transfer_matrices(energy, kappa, well, transfer):
    """Fill ``transfer`` (4, n) with the matrix exp(Omega) of each step."""
    # the few steps before the sweep starts are counted too: only a
    # loop from zero is vectorised, and three times as fast
    for i in range(transfer.shape[1]):
        a1 = radial_dirac(energy, kappa, well, 0, i)
        a2 = radial_dirac(energy, kappa, well, 1, i)
        a3 = radial_dirac(energy, kappa, well, 2, i)
        p, q, s = magnus_exponent(a1, a2, a3)
        # the series of c = cosh(y) and sh = sinh(y)/y at y/4, doubled twice:
        # y < 4 wherever it counts: the sweep starts at r = |kappa| h/4
        x = (p * p + q * s) / 16
        c = 1 + x / 30 * (1 + x / 56 * (1 + x / 90))
        c = 1 + x / 2 * (1 + x / 12 * c)
        sh = 1 + x / 42 * (1 + x / 72 * (1 + x / 110))
        sh = 1 + x / 6 * (1 + x / 20 * sh)
        sh, c = sh * c, 2 * c * c - 1
        sh, c = sh * c, 2 * c * c - 1
        transfer[0, i] = c + sh * p
        transfer[1, i] = sh * q
        transfer[2, i] = sh * s
        transfer[3, i] = c - sh * p


@njit(cache=True, error_model="numpy")
def _even_polynomial(values, inverse_r, first, r0, coefficients):
    """Coefficients of x^0, x^2, ..., x = r/r0, of the even polynomial through ``values`` at Gauss points of the first steps."""
    n = coefficients.shape[0]
    t = np.empty(n)
    for j in range(n):
        point = j * (3 * first - 1) // (n - 1)
        t[j] = (inverse_r[point % 3, point // 3] * r0) ** -2
        coefficients[j] = values[point % 3, point // 3]
    for order in range(1, n):  # Newton's divided differences ...
        for j in range(n - 1, order - 1, -1):
            coefficients[j] = (coefficients[j] - coefficients[j - 1]) / (t[j] - t[j - order])
    for order in range(n - 2, -1, -1):  # ... multiplied out
        for j in range(order, n - 1):
            coefficients[j] -= t[order] * coefficients[j + 1]


@njit(cache=True, error_model="numpy")
def _series(energy, kappa, first, well, work):
    """Regular solution on the mesh points 0..first as its power series about the origin.

    There the term kappa/r is too steep for the transfer matrices.  The potentials enter as even polynomials, which are the
    same for all levels whose series end at one point.
    """
    k = abs(kappa)
    r0 = well.r[first]
    G, F = work.G, work.F
    if work.series_steps[0] != first:
        _even_polynomial(well.minus, well.inverse_r, first, r0, work.minus_series)
        _even_polynomial(well.plus, well.inverse_r, first, r0, work.plus_series)
        work.series_steps[0] = first
    a, b = work.powers[0], work.powers[1]
    for j in range(_POWERS):
        a[j] = -work.minus_series[j] * r0 / HBARC_MEV_FM
        b[j] = -work.plus_series[j] * r0 / HBARC_MEV_FM
    a[0] += (energy + well.mass2) * r0 / HBARC_MEV_FM
    b[0] += energy * r0 / HBARC_MEV_FM
    # the larger component starts as x^k, the other as x^(k+1); which one is larger depends on the sign of kappa
    large, small = work.terms[0], work.terms[1]
    into_small, into_large, sign = (b, a, -1.0) if kappa < 0 else (a, b, 1.0)
    large[0] = 1.0
    for j in range(_TERMS):
        total = 0.0
        for m in range(min(j, _POWERS - 1) + 1):
            total += into_small[m] * large[j - m]
        small[j] = sign / (2 * j + 1 + 2 * k) * total
        if j + 1 < _TERMS:
            total = 0.0
            for m in range(min(j, _POWERS - 1) + 1):
                total += into_large[m] * small[j - m]
            large[j + 1] = -sign / (2 * j + 2) * total
    G[0] = 0.0
    F[0] = 0.0
    for i in range(1, first + 1):
        x = well.r[i] / r0
        t = x * x
        sum_large = 0.0
        sum_small = 0.0
        for j in range(_TERMS - 1, -1, -1):
            sum_large = sum_large * t + large[j]
            sum_small = sum_small * t + small[j]
        power = x**k
        if kappa < 0:
            G[i] = power * sum_large
            F[i] = power * x * sum_small
        else:
            G[i] = power * x * sum_small
            F[i] = power * sum_large


@njit(cache=True)
def _first_point(kappa, r):
    """Index of the mesh point where the power series ends and the transfer matrices begin."""
    first = max((abs(kappa) + 3) // 4, 3)  # the potentials of three steps enter the series
    while r[first] < _SERIES_RADIUS_FM:
        first += 1
    return first


@njit(cache=True, fastmath=True)
def _norm(G, F, line):
    """int (G^2 + F^2) dr over points with these weights."""
    total = 0.0
    for i in range(len(line)):
        total += line[i] * (G[i] * G[i] + F[i] * F[i])
    return total


@njit(cache=True, error_model="numpy")
def _sweep(energy, kappa, match, well, work):
    """One outward and one inward sweep at a trial energy.

    Returns the Pruefer angle Theta and its derivative with respect to the energy (1/MeV); fills G, F for i <= match,
    G_in, F_in for i >= match (not yet scaled to each other), and the norms of both.
    """
    transfer, G, F, G_in, F_in = work.transfer, work.G, work.F, work.G_in, work.F_in
    line = well.line
    n = transfer.shape[1]
    first = _first_point(kappa, well.r)
    transfer_matrices(energy, kappa, well, transfer)
    _series(energy, kappa, first, well, work)
    g, f = G[first], F[first]
    nodes = 0
    for i in range(first, match):
        g_next = transfer[0, i] * g + transfer[1, i] * f
        f = transfer[2, i] * g + transfer[3, i] * f
        if g_next * g < 0.0:
            nodes += 1
        g = g_next
        G[i + 1] = g
        F[i + 1] = f
    density = g * g + f * f
    norm = _norm(G[:match], F[:match], line[:match]) + 0.5 * line[match] * density
    work.norms[0] = norm
    # dTheta/deps of the outward part: minus the derivative of atan(F/G)
    slope = norm / (HBARC_MEV_FM * density)
    theta = math.pi * nodes - math.atan2(f * (1.0 if g >= 0 else -1.0), abs(g))

    g, f, outside = 0.0, -1.0, 0.0
    if not well.wall:
        g = 1.0
        f, outside = decaying_ratio(energy, kappa, well.r[n], well.end_potential, well.mass2)
        outside *= HBARC_MEV_FM
    G_in[n] = g
    F_in[n] = f
    nodes = 0
    for i in range(n - 1, match - 1, -1):
        g_next = transfer[3, i] * g - transfer[1, i] * f
        f = -transfer[2, i] * g + transfer[0, i] * f
        if g_next * g < 0.0:
            nodes += 1
        g = g_next
        G_in[i] = g
        F_in[i] = f
    density = g * g + f * f
    norm = outside + _norm(G_in[match:], F_in[match:], line[match:]) - 0.5 * line[match] * density
    work.norms[1], work.norms[2] = norm, outside
    slope += norm / (HBARC_MEV_FM * density)
    theta += math.pi * nodes + math.atan2(f * (1.0 if g >= 0 else -1.0), abs(g))
    return theta, slope


@njit(cache=True, error_model="numpy")
def _join(match, work, G_out, F_out):
    """Scale the inward part to the outward one at the matching point and normalise int (G^2 + F^2) dr = 1.

    Returns the part of the norm beyond the mesh.
    """
    G, F, G_in, F_in = work.G, work.F, work.G_in, work.F_in
    g, f, g_in, f_in = G[match], F[match], G_in[match], F_in[match]
    # the least-squares scale, continuous where the eigenvalue is exact
    scale = (g * g_in + f * f_in) / (g_in * g_in + f_in * f_in)
    norm = work.norms[0] + work.norms[1] * scale * scale
    factor = 1.0 / math.sqrt(norm)
    for i in range(match + 1):
        G_out[i] = factor * G[i]
        F_out[i] = factor * F[i]
    for i in range(match + 1, len(G)):
        G_out[i] = factor * scale * G_in[i]
        F_out[i] = factor * scale * F_in[i]
    return work.norms[2] * scale * scale / norm


@njit(cache=True, error_model="numpy")
def _matching_point(kappa, energy, well):
    """Index of the outermost mesh point where this energy is classically allowed, clear of both ends of the mesh."""
    n = well.plus.shape[1]
    l = -kappa - 1 if kappa < 0 else kappa
    match = n // 2
    for i in range(n - 2, 0, -1):
        barrier = HBARC_MEV_FM**2 / well.mass2 * l * (l + 1) * well.inverse_r[0, i] ** 2
        if well.plus[0, i] + barrier < energy:
            match = i
            break
    return min(max(match, _first_point(kappa, well.r) + 2), n - 5)


@njit(cache=True, error_model="numpy")
def _find_level(kappa, nodes, low, top, guess, tolerance, well, work):
    """Safeguarded Newton iteration for the level of kappa with this number of nodes, between ``low`` and ``top`` (MeV).

    It ends when a step is less than ``tolerance`` (MeV).  Returns whether the level exists, its energy, the energy of the
    last sweep and the matching point of that.
    """
    high = math.inf  # until the level is seen to lie below an energy
    known = low < guess < top
    trial = guess if known else top
    match = _matching_point(kappa, trial if known else min(top, -1.0), well)
    change = 1.0e30
    for iteration in range(200):
        theta, slope = _sweep(trial, kappa, match, well, work)
        error = theta - math.pi * nodes
        if error < 0.0:
            if trial >= top:
                return False, top, top, match
            low = trial
        else:
            high = trial
        previous = abs(change)
        change = -error / slope
        if abs(change) < tolerance:
            return True, trial + change, trial, match
        following = trial + change
        if following >= top and high > top:
            following = top  # the level may have left the window: ask at its upper edge
        elif not (low < following < high) or (iteration > 6 and abs(change) > 0.5 * previous):
            following = 0.5 * (low + min(high, top))
        if abs(following - trial) < 1e-13 * (1.0 + abs(trial)):
            break
        trial = following
    return True, trial, trial, match


@njit(cache=True)
def _workspace(n):
    waves = np.empty((4, n + 1))
    series = np.empty((4, _POWERS))
    return Workspace(
        np.empty((4, n)),
        series[0],
        series[1],
        np.zeros(1, np.int64),
        series[2:],
        np.empty((2, _TERMS)),
        waves[0],
        waves[1],
        waves[2],
        waves[3],
        np.empty(3),
    )


@njit(cache=True, error_model="numpy")
def _bound_levels(well, top, guess, known, energy, kappa_of, nodes_of, outside, G, F):
    """:func:`levels_of_well` that fills ``known`` and the last six arrays until they are full, and returns the number of levels.

    ``known`` are energies by level as in a :data:`Guess`, NaN where the level is looked for.
    """
    work = _workspace(well.plus.shape[1])
    bottom = well.plus.min() - 1.0
    count = 0
    most = np.array([MAX_NODES, MAX_NODES])  # levels of a larger kappa lie higher: there are no more of them
    for k in range(1, MAX_KAPPA + 1):
        for side in range(2):
            kappa = -k if side == 0 else k
            low = bottom
            for nodes in range(most[side]):
                if not math.isnan(known[side, k, nodes]):
                    low = known[side, k, nodes]
                    continue
                start = guess[side, k, nodes]
                if math.isnan(start):  # on from the levels of smaller kappa, if there are two
                    start = 2 * known[side, k - 1, nodes] - known[side, k - 2, nodes]
                exists, level, trial, match = _find_level(kappa, nodes, low, top, start, _TOLERANCE_MEV, well, work)
                if not exists or count == energy.shape[0]:
                    most[side] = nodes
                    break
                outside[count] = _join(match, work, G[count], F[count])
                energy[count], kappa_of[count], nodes_of[count] = level, kappa, nodes
                known[side, k, nodes] = level
                low = trial
                count += 1
        if most[0] == most[1] == 0:
            break
    return count


@njit(cache=True, error_model="numpy")
def _follow_levels(well, kappa, nodes, guess, tolerance, energy, outside, G, F):
    """Fill the last four arrays with the named levels; an energy is infinite where a level is too high to be found."""
    work = _workspace(well.plus.shape[1])
    bottom = well.plus.min() - 1.0
    for i in range(len(kappa)):
        start = guess[int(kappa[i] > 0), abs(kappa[i]), nodes[i]]
        exists, energy[i], _, match = _find_level(
            kappa[i], nodes[i], bottom, _HIGHEST_MEV, start, tolerance, well, work
        )
        if not exists:
            energy[i:] = np.inf
            return
        outside[i] = _join(match, work, G[i], F[i])


Label = tuple[int, int]
"""(kappa, radial nodes) – the name of a level."""
PARTICLES = ("n", "p")
"""The two species, in the order of every array over species."""


@dataclass
class Levels:
    """Levels of one particle species; empty, and without pairing, until a filling occupies them.

    ``energy`` (MeV, without rest mass), ``kappa``, ``nodes``; ``outside`` the part of the norm beyond the mesh; ``G``, ``F``
    (levels, r) with int (G^2 + F^2) dr = 1, that part included; ``occupation`` v^2, ``pairing_gap`` Delta (MeV), ``uv`` and
    ``anomalous`` f u v; ``fermi_energy`` (MeV).
    """

    energy: np.ndarray
    kappa: np.ndarray
    nodes: np.ndarray
    outside: np.ndarray
    G: np.ndarray
    F: np.ndarray
    fermi_energy: float = np.nan

    def __post_init__(self):
        self.degeneracy = 2 * np.abs(self.kappa)  # 2j + 1
        self.occupation, self.pairing_gap, self.anomalous, self.uv = np.zeros((4, len(self.energy)))

    @property
    def labels(self) -> list[Label]:
        return list(zip(self.kappa.tolist(), self.nodes.tolist(), strict=True))

    @property
    def nucleons(self) -> np.ndarray:
        """Of each level, (levels,)."""
        return self.degeneracy * self.occupation

    @cached_property
    def square(self) -> np.ndarray:
        """G^2 + F^2 (levels, r), fm^-1."""
        return self.G**2 + self.F**2

    def without_waves(self) -> Levels:
        """The same levels, wave functions left out."""
        bare = copy(self)
        bare.__dict__.pop("square", None)
        bare.G = bare.F = np.empty((0, self.G.shape[1]))
        return bare


def joined(levels: Levels, others: Levels) -> Levels:
    """Both in one, in the order of :func:`bound_levels`, not occupied."""
    names = ("energy", "kappa", "nodes", "outside", "G", "F")
    columns = [np.concatenate([getattr(levels, name), getattr(others, name)]) for name in names]
    kappa, nodes = columns[1:3]
    order = np.lexsort((nodes, kappa > 0, np.abs(kappa)))
    return Levels(*(column[order] for column in columns))


@njit(cache=True, fastmath=True)
def first_order_energies(energy, G, F, line, scalar, vector):
    """Energies of levels in potentials changed by these amounts.

    Energies (levels,) and changes (r,) in MeV; G, F (levels, r);
    ``line`` (r,) the weights of int dr, fm.
    """
    upper, lower = line * (vector + scalar), line * (vector - scalar)
    shifted = energy.copy()
    for k in range(len(energy)):
        for i in range(len(line)):
            shifted[k] += G[k, i] ** 2 * upper[i] + F[k, i] ** 2 * lower[i]
    return shifted


class NamedLevels:
    """Levels by name only."""

    def __init__(self, labels: list[Label]):
        self.labels = labels
        self.kappa, self.nodes = np.array(labels, dtype=np.int64).T.copy()


Guess = np.ndarray
"""(sign of kappa, ``|kappa|``, nodes): energies from which a search for levels starts, MeV; NaN where unknown."""


def no_guess() -> Guess:
    """The guess where nothing is known."""
    return np.full((2, MAX_KAPPA + 1, MAX_NODES), np.nan)


def guess_of(levels: Levels, energy: np.ndarray | None = None, guess: Guess | None = None) -> Guess:
    """A guess that knows these levels, by their own ``energy`` or another (levels,), MeV, and for the rest what another does."""
    known = no_guess() if guess is None else guess.copy()
    _enter(known, levels.kappa, levels.nodes, levels.energy if energy is None else energy)
    return known


@njit(cache=True)
def _enter(guess, kappa, nodes, energy):
    for i in range(len(kappa)):
        guess[int(kappa[i] > 0), abs(kappa[i]), nodes[i]] = energy[i]


def radial_well(mesh: Mesh, scalar: np.ndarray, vector: np.ndarray, mass: float) -> RadialWell:
    """The well of potentials S and V (r,) in MeV for a nucleon of this mass (MeV)."""
    at_gauss = np.array([vector + scalar, vector - scalar]) @ mesh.to_gauss.T
    plus, minus = at_gauss.reshape(2, 3, -1)
    return RadialWell(
        plus,
        minus,
        float(vector[-1] + scalar[-1]),
        2.0 * mass,
        mesh.gauss_length,
        mesh.gauss_inverse_r,
        mesh.r,
        mesh.line,
        mesh.wall,
    )


def bound_levels(
    mesh: Mesh,
    scalar: np.ndarray,
    vector: np.ndarray,
    mass: float,
    top: float,
    guess: Guess | None = None,
    known: Levels | None = None,
) -> Levels:
    """All levels below ``top`` in the potentials S and V, for kappa = -1, +1, -2, +2, ..., by increasing nodes.

    Parameters
    ----------
    scalar, vector
        (r,) on the mesh, MeV.
    mass
        nucleon mass, MeV.
    top
        levels up to this energy are found, MeV; above zero they are those of the box.
    guess
        where levels are presumed, MeV.  It changes the time, not the levels.
    known
        levels that are left out.

    Raises
    ------
    ValueError
        for more than :data:`MAX_LEVELS` levels.
    """
    return levels_of_well(radial_well(mesh, scalar, vector, mass), top, guess, known)


def levels_of_well(well: RadialWell, top: float, guess: Guess | None = None, known: Levels | None = None) -> Levels:
    """:func:`bound_levels` in a well at the Gauss points of the mesh: it need not be smooth."""
    guess = no_guess() if guess is None else guess
    found = no_guess() if known is None else guess_of(known)
    size = MAX_LEVELS + 1
    energy, kappa, nodes, outside = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size)
    G, F = np.empty((2, size, len(well.r)))
    count = _bound_levels(well, top, guess, found, energy, kappa, nodes, outside, G, F)
    if count > MAX_LEVELS:
        raise ValueError(f"more than {MAX_LEVELS} levels below {top:.1f} MeV: the box of {well.r[-1]} fm is too large")
    return Levels(*(array[:count].copy() for array in (energy, kappa, nodes, outside, G, F)))


def follow_levels(
    mesh: Mesh, scalar, vector, mass: float, named: NamedLevels, guess: Guess, tolerance: float
) -> Levels:
    """The named levels in the potentials S and V (r,), MeV, each from its guess.

    ``mass`` in MeV; energies are good to second order of ``tolerance`` (MeV), wave functions to first.

    Raises
    ------
    ValueError
        if a level is nowhere below 80 MeV.
    """
    kappa, nodes = named.kappa, named.nodes
    energy, outside = np.empty((2, len(kappa)))
    G, F = np.empty((2, len(kappa), len(mesh.r)))
    _follow_levels(radial_well(mesh, scalar, vector, mass), kappa, nodes, guess, tolerance, energy, outside, G, F)
    if not energy[-1] < np.inf:
        name = level_name(*named.labels[int(np.argmax(np.isinf(energy)))][::-1])
        raise ValueError(f"the level {name} is nowhere below {_HIGHEST_MEV:g} MeV: the potential is too shallow")
    return Levels(energy, kappa, nodes, outside, G, F)


def levels_density(mesh: Mesh, levels: Levels) -> np.ndarray:
    """Angle-averaged density of one nucleon in each level, (levels, r), fm^-3; zero at the origin point."""
    return levels.square * mesh.inverse_area


def orbital(kappa):
    """Orbital angular momentum l of the upper component; of the lower one for -kappa.  Of a number or an array."""
    return np.where(np.less(kappa, 0), -kappa - 1, kappa)


LETTERS = "spdfghijklmnoqrtuvwxyz"


def level_name(n: int, kappa: int) -> str:
    """Spectroscopic name, e.g. 1s1/2; radial quantum number counted from 1."""
    return f"{n + 1}{LETTERS[orbital(kappa)]}{2 * abs(kappa) - 1}/2"
