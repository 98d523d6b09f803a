r"""The radial Dirac equation of one nucleon in spherical potentials S(r) and V(r), solved by compiled shooting.

With the spinor written as :math:`\psi = \frac{1}{r}(\mathrm{i}G\,\mathcal{Y}^l_{jm},\; -F\,\mathcal{Y}^{\bar l}_{jm})` the
equation of the quantum number kappa is the pair

.. math::

    G' = -\frac{\kappa}{r} G + \frac{\varepsilon + 2M - V + S}{\hbar c} F, \qquad
    F' = +\frac{\kappa}{r} F - \frac{\varepsilon - V - S}{\hbar c} G ,

with eps the single-particle energy without the rest mass.  Each step of the mesh is a 2x2 transfer matrix, the
sixth-order Magnus exponential over the three Gauss points of the step (S. Blanes et al., Phys. Rep. 470, 151 (2009),
Sec. 5.4), with an error of the seventh order of the step however steep the potentials, so that 0.1 fm is enough; next to
the origin the power series of the regular solution starts the sweep.  The matrices of a whole sweep are made in one
vectorised loop and then chained, outward from the origin and inward from the box wall G(R) = 0.

The eigenvalue is the root of the Pruefer angle Theta(eps), which grows monotonically with eps and equals n pi when
the solution is an eigenstate with n nodes of G.  Its derivative is known analytically (the norm integral), so a
safeguarded Newton iteration that starts from the eigenvalue of the previous self-consistent iteration needs two
sweeps or so, and the node count keeps it from ever landing on another level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.mesh import _GAUSS_OFFSET, Mesh

MAX_KAPPA = 24
"""Largest ``|kappa|`` looked for; j = 47/2 lies far above every level used, also in the box continuum of pairing."""
MAX_NODES = 16
"""Largest number of levels kept per kappa."""
MAX_LEVELS = 400
"""Largest number of levels kept in all, per particle species."""
_SERIES_RADIUS_FM = 0.4
_TERMS = 10


@njit(cache=True, fastmath=True, error_model="numpy")
def _transfer(energy, kappa, first, plus, minus, inverse_r, step, mass2, transfer):
    """Fill ``transfer`` (4, n) with the Magnus matrices of the steps first..n-1.

    ``plus`` = V + S and ``minus`` = V - S at the Gauss points, (3, n), in MeV.
    """
    scale = step / HBARC_MEV_FM
    difference = math.sqrt(15.0) / 3.0
    for i in range(first, plus.shape[1]):
        # the matrices A = [[p, q], [s, -p]] at the three Gauss points, times the step
        p1 = -kappa * step * inverse_r[0, i]
        p2 = -kappa * step * inverse_r[1, i]
        p3 = -kappa * step * inverse_r[2, i]
        q1 = (energy + mass2 - minus[0, i]) * scale
        q2 = (energy + mass2 - minus[1, i]) * scale
        q3 = (energy + mass2 - minus[2, i]) * scale
        s1 = (plus[0, i] - energy) * scale
        s2 = (plus[1, i] - energy) * scale
        s3 = (plus[2, i] - energy) * scale
        # B1 = A2, B2 ~ first and B3 ~ second derivative over the step
        bp, bq, bs = difference * (p3 - p1), difference * (q3 - q1), difference * (s3 - s1)
        cp = (p3 - 2 * p2 + p1) * (10.0 / 3.0)
        cq = (q3 - 2 * q2 + q1) * (10.0 / 3.0)
        cs = (s3 - 2 * s2 + s1) * (10.0 / 3.0)
        # C1 = [B1, B2]
        dp = q2 * bs - bq * s2
        dq = 2 * (p2 * bq - bp * q2)
        ds = 2 * (s2 * bp - bs * p2)
        # B2 + C2, C2 = -1/60 [B1, 2 B3 + C1]
        ep, eq, es = 2 * cp + dp, 2 * cq + dq, 2 * cs + ds
        bp -= (q2 * es - eq * s2) / 60.0
        bq -= 2 * (p2 * eq - ep * q2) / 60.0
        bs -= 2 * (s2 * ep - es * p2) / 60.0
        # Omega = B1 + B3/12 + 1/240 [-20 B1 - B3 + C1, B2 + C2]
        ep, eq, es = dp - 20 * p2 - cp, dq - 20 * q2 - cq, ds - 20 * s2 - cs
        p = p2 + cp / 12.0 + (eq * bs - bq * es) / 240.0
        q = q2 + cq / 12.0 + 2 * (ep * bq - bp * eq) / 240.0
        s = s2 + cs / 12.0 + 2 * (es * bp - bs * ep) / 240.0
        x = p * p + q * s
        # cosh(sqrt x) and sinh(sqrt x)/sqrt x as series: |x| < 1.2 everywhere since the sweep starts at r = |kappa| h
        c = 1 + x / 2 * (1 + x / 12 * (1 + x / 30 * (1 + x / 56 * (1 + x / 90 * (1 + x / 132)))))
        sh = 1 + x / 6 * (1 + x / 20 * (1 + x / 42 * (1 + x / 72 * (1 + x / 110 * (1 + x / 156)))))
        transfer[0, i] = c + sh * p
        transfer[1, i] = sh * q
        transfer[2, i] = sh * s
        transfer[3, i] = c - sh * p


@njit(cache=True, error_model="numpy")
def _even_quartic(values, inverse_r, last, r0, coefficients):
    """Coefficients of x^0, x^2, x^4, x = r/r0, of the even quartic through ``values`` at three Gauss points."""
    middle = last // 2
    t0 = 1.0 / (inverse_r[0] * r0) ** 2
    t1 = 1.0 / (inverse_r[middle] * r0) ** 2
    t2 = 1.0 / (inverse_r[last] * r0) ** 2
    slope01 = (values[middle] - values[0]) / (t1 - t0)
    slope12 = (values[last] - values[middle]) / (t2 - t1)
    curve = (slope12 - slope01) / (t2 - t0)
    coefficients[0] = values[0] - slope01 * t0 + curve * t0 * t1
    coefficients[1] = slope01 - curve * (t0 + t1)
    coefficients[2] = curve


@njit(cache=True, error_model="numpy")
def _series(energy, kappa, first, plus, minus, inverse_r, step, mass2, G, F):
    """Regular solution on the mesh points 0..first as its power series about the origin.

    There the term kappa/r is too steep for the transfer matrices.  The potentials enter as even quartics.
    """
    k = abs(kappa)
    r0 = first * step
    a = np.empty(3)
    b = np.empty(3)
    _even_quartic(minus[1], inverse_r[1], first - 1, r0, a)
    _even_quartic(plus[1], inverse_r[1], first - 1, r0, b)
    for j in range(3):
        a[j] *= -r0 / HBARC_MEV_FM
        b[j] *= -r0 / HBARC_MEV_FM
    a[0] += (energy + mass2) * r0 / HBARC_MEV_FM
    b[0] += energy * r0 / HBARC_MEV_FM
    # the larger component starts as x^k, the other as x^(k+1); which one is larger depends on the sign of kappa
    large = np.zeros(_TERMS)
    small = np.zeros(_TERMS)
    into_small, into_large, sign = (b, a, -1.0) if kappa < 0 else (a, b, 1.0)
    large[0] = 1.0
    for j in range(_TERMS):
        total = 0.0
        for m in range(min(j, 2) + 1):
            total += into_small[m] * large[j - m]
        small[j] = sign * total / (2 * j + 1 + 2 * k)
        if j + 1 < _TERMS:
            total = 0.0
            for m in range(min(j, 2) + 1):
                total += into_large[m] * small[j - m]
            large[j + 1] = -sign * total / (2 * j + 2)
    G[0] = 0.0
    F[0] = 0.0
    for i in range(1, first + 1):
        x = i / first
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


@njit(cache=True, error_model="numpy")
def _sweep(energy, kappa, match, plus, minus, inverse_r, step, mass2, transfer, G, F, G_in, F_in):
    """One outward and one inward sweep at a trial energy.

    Returns the Pruefer angle Theta, its derivative with respect to the energy (1/MeV), and fills G, F for
    i <= match and G_in, F_in for i >= match (not yet scaled to each other).
    """
    n = plus.shape[1]
    first = max(abs(kappa), int(round(_SERIES_RADIUS_FM / step)))
    _transfer(energy, kappa, first, plus, minus, inverse_r, step, mass2, transfer)
    _series(energy, kappa, first, plus, minus, inverse_r, step, mass2, G, F)
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
    norm = 0.5 * (g * g + f * f)
    for i in range(1, match):
        norm += G[i] * G[i] + F[i] * F[i]
    # dTheta/deps of the outward part: minus the derivative of atan(F/G)
    density = g * g + f * f
    slope = step * norm / (HBARC_MEV_FM * density)
    theta = math.pi * nodes - math.atan2(f * (1.0 if g >= 0 else -1.0), abs(g))

    g, f = 0.0, -1.0
    G_in[n] = g
    F_in[n] = f
    nodes = 0
    norm = 0.5
    for i in range(n - 1, match - 1, -1):
        g_next = transfer[3, i] * g - transfer[1, i] * f
        f = -transfer[2, i] * g + transfer[0, i] * f
        if g_next * g < 0.0:
            nodes += 1
        g = g_next
        G_in[i] = g
        F_in[i] = f
        norm += g * g + f * f
    density = g * g + f * f
    norm -= 0.5 * density
    slope += step * norm / (HBARC_MEV_FM * density)
    theta += math.pi * nodes + math.atan2(f * (1.0 if g >= 0 else -1.0), abs(g))
    return theta, slope


@njit(cache=True, error_model="numpy")
def _join(match, step, G, F, G_in, F_in, G_out, F_out):
    """Scale the inward part to the outward one at the matching point and normalise int (G^2 + F^2) dr = 1."""
    n = G.shape[0] - 1
    g, f, g_in, f_in = G[match], F[match], G_in[match], F_in[match]
    # the least-squares scale, continuous where the eigenvalue is exact
    scale = (g * g_in + f * f_in) / (g_in * g_in + f_in * f_in)
    norm = 0.0
    for i in range(match + 1):
        norm += G[i] * G[i] + F[i] * F[i]
    for i in range(match + 1, n + 1):
        G[i] = scale * G_in[i]
        F[i] = scale * F_in[i]
        norm += G[i] * G[i] + F[i] * F[i]
    norm -= 0.5 * (G[n] * G[n] + F[n] * F[n])
    factor = 1.0 / math.sqrt(norm * step)
    for i in range(n + 1):
        G_out[i] = factor * G[i]
        F_out[i] = factor * F[i]


@njit(cache=True, error_model="numpy")
def bound_levels(r, plus, minus, mass, top, guess, tolerance, energy, kappa_of, nodes_of, G_out, F_out):
    """All levels below ``top``, for kappa = -1, +1, -2, +2, ...

    Parameters
    ----------
    r : (n+1,) mesh in fm, from 0 to the wall of the box.
    plus, minus : (3, n) V + S and V - S at the Gauss points, MeV.
    mass : nucleon mass, MeV.
    top : levels up to this energy are found, MeV.
    guess : (2, MAX_KAPPA + 1, MAX_NODES) energies of an earlier iteration, NaN where unknown; updated in place.
        The first index is 0 for kappa < 0 and 1 for kappa > 0.
    tolerance : of the eigenvalues, MeV.
    energy, kappa_of, nodes_of, G_out, F_out : filled with the levels found, (MAX_LEVELS,) and (MAX_LEVELS, n+1);
        G and F normalised to int (G^2 + F^2) dr = 1.

    Returns
    -------
    the number of levels found, or a negative number if there are more than fit.
    """
    n = r.shape[0] - 1
    step = r[1] - r[0]
    mass2 = 2.0 * mass
    inverse_r = np.empty((3, n))
    for i in range(n):
        middle = r[i] + 0.5 * step
        inverse_r[0, i] = 1.0 / (middle - _GAUSS_OFFSET * step)
        inverse_r[1, i] = 1.0 / middle
        inverse_r[2, i] = 1.0 / (middle + _GAUSS_OFFSET * step)
    transfer = np.empty((4, n))
    G = np.empty(n + 1)
    F = np.empty(n + 1)
    G_in = np.empty(n + 1)
    F_in = np.empty(n + 1)
    bottom = plus.min() - 1.0
    found = 0
    for k in range(1, MAX_KAPPA + 1):
        any_level = False
        for side in range(2):
            kappa = -k if side == 0 else k
            low_of_kappa = bottom
            for nodes in range(MAX_NODES):
                low, high = low_of_kappa, top
                trial = guess[side, k, nodes]
                known = low < trial < high
                if not known:
                    trial = top
                # the matching point: the outermost place where the level is classically allowed
                where = trial if known else min(top, -1.0)
                match = n // 2
                for i in range(n - 2, 0, -1):
                    l = -kappa - 1 if kappa < 0 else kappa
                    barrier = HBARC_MEV_FM**2 / mass2 * l * (l + 1) * inverse_r[0, i] ** 2
                    if plus[0, i] + barrier < where:
                        match = i
                        break
                match = min(max(match, int(round(_SERIES_RADIUS_FM / step)) + 2, k + 2), n - 5)
                target = math.pi * nodes
                exists = True
                change = 1.0e30
                for iteration in range(200):
                    theta, slope = _sweep(
                        trial, kappa, match, plus, minus, inverse_r, step, mass2, transfer, G, F, G_in, F_in
                    )
                    error = theta - target
                    if error < 0.0:
                        if trial >= top:
                            exists = False
                            break
                        low = trial
                    else:
                        high = trial
                    previous = abs(change)
                    change = -error / slope
                    if abs(change) < tolerance:
                        break
                    following = trial + change
                    if iteration == 0 and known and following >= high and high >= top:
                        following = top  # the level may have left the window: ask at its upper edge
                    elif not (low < following < high) or (iteration > 6 and abs(change) > 0.5 * previous):
                        following = 0.5 * (low + high)
                    if abs(following - trial) < 1e-13 * (1.0 + abs(trial)):
                        break
                    trial = following
                if not exists:
                    break
                if found >= energy.shape[0]:
                    return -1
                any_level = True
                level_energy = trial + (change if abs(change) < tolerance else 0.0)
                guess[side, k, nodes] = level_energy
                low_of_kappa = trial
                _join(match, step, G, F, G_in, F_in, G_out[found], F_out[found])
                energy[found] = level_energy
                kappa_of[found] = kappa
                nodes_of[found] = nodes
                found += 1
        if not any_level:
            break
    return found


Label = tuple[int, int]
"""(kappa, radial nodes): the name of a level."""
PARTICLES = ("n", "p")
"""The two species, in the order of every array over species."""


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
    def labels(self) -> list[Label]:
        return list(zip(self.kappa.tolist(), self.nodes.tolist(), strict=True))


def _solve_levels(mesh, scalar, vector, mass, top, guess, tolerance=1e-9) -> Levels:
    plus = np.ascontiguousarray(mesh.to_gauss @ (vector + scalar))
    minus = np.ascontiguousarray(mesh.to_gauss @ (vector - scalar))
    size = MAX_LEVELS
    energy, kappa, nodes = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
    G, F = np.empty((size, len(mesh.r))), np.empty((size, len(mesh.r)))
    found = bound_levels(mesh.r, plus, minus, mass, top, guess, tolerance, energy, kappa, nodes, G, F)
    if found < 0:
        raise ValueError(f"more than {size} levels below {top:.1f} MeV: the box of {mesh.box} fm is too large")
    return Levels(energy[:found].copy(), kappa[:found].copy(), nodes[:found].copy(), G[:found].copy(), F[:found].copy())


def levels_density(mesh: Mesh, levels: Levels) -> np.ndarray:
    """Angle-averaged density of one nucleon in each level, (levels, r), fm^-3; zero at the origin point."""
    surface = np.zeros_like(mesh.r)
    surface[1:] = 1 / (4 * np.pi * mesh.r[1:] ** 2)
    return (levels.G**2 + levels.F**2) * surface


def orbital(kappa: np.ndarray) -> np.ndarray:
    """Orbital angular momentum l of the upper component; of the lower one for -kappa."""
    return np.where(kappa < 0, -kappa - 1, kappa)


LETTERS = "spdfghijklmnoqrtuvwxyz"


def level_name(n: int, kappa: int) -> str:
    """Spectroscopic name, e.g. 1s1/2; radial quantum number counted from 1."""
    l = -kappa - 1 if kappa < 0 else kappa
    return f"{n + 1}{LETTERS[l]}{2 * abs(kappa) - 1}/2"
