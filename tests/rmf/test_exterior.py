"""What stands for all that lies beyond the mesh, against Bessel functions, an integration of the equation, and quadrature."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.special import spherical_kn

from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.exterior import LOOSEST_MEV, decaying_ratio, tail_moment

M, R = 939.0, 20.5
KAPPAS = (-1, 1, -2, 2, -5, 5, -8, 7)
CASES = pytest.mark.parametrize(
    ("energy", "kappa", "vector"),
    [(energy, kappa, 0.0) for energy in (-0.02, -0.5, -8.0, -55.0) for kappa in KAPPAS]
    + [(0.7, -3, 3.2), (-4.0, 1, 5.6), (-1.0, -1, -0.4)],
)


def spinor(r, energy, kappa, vector):
    """G and F of the solution that decays: r k_l(alpha r), and F by the first line of the Dirac equation; not normalised."""
    free = energy - vector
    alpha = np.sqrt(-free * (free + 2 * M)) / HBARC_MEV_FM
    l = -kappa - 1 if kappa < 0 else kappa
    x = alpha * r
    # e^x takes out what would underflow
    value, slope = (spherical_kn(l, x, derivative) * np.exp(alpha * R) for derivative in (False, True))
    G = r * value
    dG = value + x * slope
    return G, HBARC_MEV_FM * (dG + kappa / r * G) / (free + 2 * M)


@CASES
def test_ratio_is_that_of_bessel_functions(energy, kappa, vector):
    G, F = spinor(R, energy, kappa, vector)
    assert decaying_ratio(energy, kappa, R, vector, 2 * M)[0] == pytest.approx(F / G, rel=1e-10)


@pytest.mark.parametrize(
    ("energy", "kappa", "vector"), [(-0.5, -1, 0.0), (-8.0, 2, 0.0), (-2.0, -4, 3.0), (-0.1, 1, 0.0)]
)
def test_ratio_is_where_the_equation_leads_from_far_outside(energy, kappa, vector):
    """Inward the solution that decays is the one that grows: whatever one starts with, it is reached."""
    free = energy - vector
    alpha = np.sqrt(-free * (free + 2 * M)) / HBARC_MEV_FM

    def equation(r, y):
        G, F = y
        return [-kappa / r * G + (free + 2 * M) / HBARC_MEV_FM * F, kappa / r * F - free / HBARC_MEV_FM * G]

    path = solve_ivp(equation, (R + 16 / alpha, R), [0.0, -1.0], rtol=1e-11, atol=1e-30, method="DOP853")
    G, F = path.y[:, -1]
    assert decaying_ratio(energy, kappa, R, vector, 2 * M)[0] == pytest.approx(F / G, rel=1e-8)


@CASES
def test_slope_is_the_derivative_and_the_norm_beyond(energy, kappa, vector):
    """int_R^inf (G^2 + F^2) dr = hbar c G(R)^2 d(F/G)/d eps."""
    _, slope = decaying_ratio(energy, kappa, R, vector, 2 * M)
    step = 1e-4 * abs(energy - vector)
    above, below = (decaying_ratio(energy + sign * step, kappa, R, vector, 2 * M)[0] for sign in (1, -1))
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-6)

    def density(r):
        return sum(part**2 for part in spinor(r, energy, kappa, vector))

    alpha = np.sqrt(-(energy - vector) * (energy - vector + 2 * M)) / HBARC_MEV_FM
    norm, _ = quad(density, R, R + 20 / alpha, epsrel=1e-11, limit=200)
    G, _ = spinor(R, energy, kappa, vector)
    assert HBARC_MEV_FM * G**2 * slope == pytest.approx(norm, rel=1e-8)


@pytest.mark.parametrize("kappa", KAPPAS)
@pytest.mark.parametrize("vector", [0.0, 4.1])
def test_ratio_goes_smoothly_through_zero_energy(kappa, vector):
    """It rises everywhere, by the slope it says, so that the count of nodes holds; far above it is the constant of a box."""
    energies = vector + np.concatenate([np.linspace(-0.2, 0.2, 4001), [1.0, 20.0, 60.0]])
    ratio, slope = np.array([decaying_ratio(e, kappa, R, vector, 2 * M) for e in energies]).T
    assert np.all(np.isfinite(ratio))
    assert np.all(np.diff(ratio) >= 0)
    assert np.all(slope >= 0)
    fine = slice(0, 4001)
    rise = np.diff(ratio[fine])
    assert np.abs(rise - 1e-4 * (slope[fine][1:] + slope[fine][:-1]) / 2).max() < 1e-2 * rise.max()
    edge = [decaying_ratio(vector + LOOSEST_MEV + side, kappa, R, vector, 2 * M) for side in (-1e-9, 1e-9)]
    assert edge[0] == pytest.approx(edge[1], rel=1e-4)
    assert ratio[-1] == ratio[-2] == pytest.approx(ratio[-3], rel=1e-9)


@CASES
@pytest.mark.parametrize("power", [2, 4])
def test_moment_of_the_tail(energy, kappa, vector, power):
    """<r^n> - R^n of what lies beyond, by quadrature; hardly bound and of high l a tail falls as a power first, which is hard."""
    alpha = np.sqrt(-(energy - vector) * (energy - vector + 2 * M)) / HBARC_MEV_FM

    def moment(weight):
        def integrand(r):
            return weight(r) * sum(part**2 for part in spinor(r, energy, kappa, vector))

        return quad(integrand, R, R + 25 / alpha, epsrel=1e-11, limit=200)[0]

    exact = moment(lambda r: r**power - R**power) / moment(lambda r: 1.0)
    found = tail_moment(np.array([energy]), np.array([kappa]), R, vector, M, power)
    assert found == pytest.approx([exact], rel=1e-7 if energy - vector < -0.1 else 0.02)


def test_moments_of_many_levels_and_of_none_that_is_not_bound():
    """An s wave decays as e^(-alpha r): <r^2> - R^2 = R/alpha + 1/(2 alpha^2) but for the lower component."""
    energy, kappa = np.array([-6.0, 0.3, -0.5, 0.0]), np.array([-1, -1, 3, 2])
    found = tail_moment(energy, kappa, R, 0.0, M, 2)
    alpha = np.sqrt(6.0 * (2 * M - 6.0)) / HBARC_MEV_FM
    assert found[0] == pytest.approx(R / alpha + 0.5 / alpha**2, rel=1e-3)
    assert found[1] == found[3] == 0.0
    assert found[2] == pytest.approx(tail_moment(energy[2:3], kappa[2:3], R, 0.0, M, 2)[0], rel=1e-12)
    assert tail_moment(np.array([]), np.array([], int), R, 0.0, M, 2).shape == (0,)
