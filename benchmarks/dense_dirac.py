"""A second solver of the radial Dirac equation: dense diagonalisation in free waves, one matrix per kappa.

The free waves of a box with G(R) = 0 are G_n = r j_l(k_n r), F_n = -+ r j_lbar(k_n r), j_l(k_n R) = 0.  In them the
kinetic part is diagonal, hbar c k_n, so the matrix is

    [ <G|V+S|G>      hbar c k      ]
    [ hbar c k    <F|V-S|F> - 2M   ]

and nothing of the shooting, of its mesh formulas or of its node counting enters.  For kappa > 0 the lower component has
one more function, r^kappa, which the kinetic operator annihilates.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import brentq
from scipy.special import spherical_jn

from lib.rmf.constants import HBARC_MEV_FM


def bessel_zeros(l: int, count: int) -> np.ndarray:
    """The first zeros of j_l, from those of j_(l-1), between which they lie."""
    zeros = np.pi * np.arange(1, count + l + 1)
    for order in range(1, l + 1):
        zeros = np.array([brentq(lambda x, order=order: spherical_jn(order, x), a, b) for a, b in pairwise(zeros)])
    return zeros[:count]


@lru_cache(maxsize=128)
def basis(kappa: int, box: float, step: float, momentum: float):
    """Momenta (fm^-1) up to ``momentum``, and normalised G_n, F_n on r = 0, step, ..., box, with the weights of a sum."""
    r = step * np.arange(int(round(box / step)) + 1)
    l, lower = (-kappa - 1, -kappa) if kappa < 0 else (kappa, kappa - 1)
    k = bessel_zeros(l, int(momentum * box / np.pi) - l // 2) / box
    # int r^2 j_l(k r)^2 dr = R^3/2 j_(l+1)(k R)^2 where j_l(k R) = 0, the same for the lower components
    norm = np.sqrt(2 / box**3) / np.abs(spherical_jn(l + 1, k * box))[:, None]
    G = norm * r * spherical_jn(l, np.outer(k, r))
    F = np.sign(kappa) * norm * r * spherical_jn(lower, np.outer(k, r))
    if kappa > 0:
        F = np.vstack([F, np.sqrt((2 * kappa + 1) / box) * (r / box) ** kappa])
    # Gregory's rule at the wall, where F does not vanish; at the origin all products are even
    weight = np.full(len(r), step)
    weight[-3:] *= 23 / 24, 7 / 6, 3 / 8
    return k, G, F, weight


def dense_levels(
    kappa: int, plus, minus, mass: float, box: float, step: float, momentum: float = 8.0, count: int | None = None
):
    """Energies (MeV) without rest mass, increasing, and G, F (levels, r) of the positive spectrum.

    All of it, or the first ``count`` levels, which is faster.

    ``plus`` = V + S and ``minus`` = V - S on the mesh, in MeV.
    """
    k, G, F, weight = basis(kappa, box, step, momentum)
    n = len(k)
    matrix = np.zeros((n + len(F), n + len(F)))
    matrix[:n, :n] = (G * (plus * weight)) @ G.T
    matrix[n:, n:] = (F * (minus * weight)) @ F.T - 2 * mass * np.eye(len(F))
    matrix[np.arange(n), n + np.arange(n)] = matrix[n + np.arange(n), np.arange(n)] = HBARC_MEV_FM * k
    # the first len(F) states, one per lower component, are the Dirac sea
    if count is None:
        energy, vectors = eigh(matrix, driver="evd", check_finite=False)
        energy, vectors = energy[len(F) :], vectors[:, len(F) :]
    else:
        wanted = (len(F), len(F) + count - 1)
        energy, vectors = eigh(matrix, subset_by_index=wanted, driver="evx", check_finite=False)
    return energy, vectors[:n].T @ G, vectors[n:].T @ F
