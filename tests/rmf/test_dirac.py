"""The compiled Dirac solver against closed forms and against a dense diagonalisation that shares no code with it."""

import numpy as np
import pytest
from dense_dirac import dense_levels
from scipy.optimize import brentq
from scipy.special import spherical_in, spherical_jn, spherical_kn

from lib.rmf import dirac
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.functionals import PC_PK1
from lib.rmf.iteration import iterate
from lib.rmf.mesh import gauss_points, get_mesh

M = 939.0


def solve(mesh, plus, minus, top, guess=None):
    """Levels of V + S and V - S given at the Gauss points: kappa -> energies, and the arrays."""
    levels = dirac.levels_of_well(mesh, plus, minus, M, top, guess)
    assert len(levels.energy) > 0
    return levels.energy, levels.kappa, levels.nodes, levels.G, levels.F


def roots(function, low, high, count=400):
    """All roots between two energies of a function without poles."""
    grid = np.linspace(low, high, count)
    values = function(grid)
    brackets = np.flatnonzero(values[:-1] * values[1:] < 0)
    return np.array([brentq(function, grid[i], grid[i + 1], xtol=1e-12) for i in brackets])


def orbital(kappa):
    return -kappa - 1 if kappa < 0 else kappa


def test_free_nucleon_in_a_box():
    """No potential, G(R) = 0: eps = sqrt(M^2 + (hbar c k)^2) - M with j_l(k R) = 0, the same for both spins."""
    mesh = get_mesh(15.0, 0.1)
    nothing = np.zeros((3, len(mesh.r) - 1))
    energy, kappa, nodes, _, _ = solve(mesh, nothing, nothing, 25.0)
    for value in np.unique(kappa):
        l = orbital(value)
        momenta = roots(lambda k, l=l: spherical_jn(l, k * mesh.box), 0.02, 1.3)
        exact = np.hypot(M, HBARC_MEV_FM * momenta) - M
        exact = exact[exact < 25.0]
        assert energy[kappa == value] == pytest.approx(exact, abs=1e-6)
        assert nodes[kappa == value].tolist() == list(range(len(exact)))
    assert np.abs(kappa).max() >= 8


def square_well_mismatch(energy, kappa, radius, box, V, S):
    """G F' - F G' of the inner and outer closed-form solutions at the edge of the well."""
    l = orbital(kappa)
    a, b = (energy + 2 * M - V + S) / HBARC_MEV_FM, (energy - V - S) / HBARC_MEV_FM
    k = np.sqrt(a * b)
    x = k * radius
    G = radius * spherical_jn(l, x)
    F = (x * spherical_jn(l, x, True) + (1 + kappa) * spherical_jn(l, x)) / a
    a = (energy + 2 * M) / HBARC_MEV_FM
    q = np.sqrt(-a * energy / HBARC_MEV_FM)
    y, wall = q * radius, q * box
    ratio = spherical_kn(l, wall) / spherical_in(l, wall)
    outer = spherical_kn(l, y) - ratio * spherical_in(l, y)
    slope = spherical_kn(l, y, True) - ratio * spherical_in(l, y, True)
    G_out, F_out = radius * outer, (y * slope + (1 + kappa) * outer) / a
    return (G * F_out - F * G_out) / np.hypot(G_out, F_out)


@pytest.mark.parametrize("kappa", [-1, 1, -2, 2, -3, 3, -4, 4, -5])
def test_spherical_well(kappa):
    """Deep nuclear S = -420 and V = +350 MeV within 5 fm: spherical Bessel functions matched at the edge."""
    mesh = get_mesh(20.0, 0.1)
    V, S = 350.0, -420.0
    inside = np.where(np.arange(len(mesh.r) - 1) < 50, 1.0, 0.0) * np.ones((3, 1))
    energy, found, nodes, _, _ = solve(mesh, (V + S) * inside, (V - S) * inside, -0.1)
    energy, nodes = energy[found == kappa], nodes[found == kappa]
    exact = roots(lambda e: square_well_mismatch(e, kappa, 5.0, mesh.box, V, S), V + S + 1e-3, -0.1)
    assert len(exact) >= 1
    assert energy == pytest.approx(exact, abs=1e-6)
    assert nodes.tolist() == list(range(len(exact)))


@pytest.fixture(scope="module")
def oscillator():
    """S = V = half of U = -80 MeV + C r^2: spin symmetric, and soluble in closed form though relativistic."""
    mesh = get_mesh(15.0, 0.1)
    U = -80.0 + 1.2 * gauss_points(mesh.r) ** 2
    return mesh, solve(mesh, U, np.zeros_like(U), -5.0)


def test_relativistic_oscillator(oscillator):
    """With V = S the equation of G is Schroedinger's with mass (eps + 2M)/2: eps + 80 = hbar c sqrt(4C/(eps+2M)) (2n+l+3/2)."""
    _, (energy, kappa, nodes, _, _) = oscillator
    expected = {}
    for value in np.unique(kappa):
        for n in range(10):
            N = 2 * n + orbital(value) + 1.5
            level = brentq(
                lambda e, N=N: e + 80 - HBARC_MEV_FM * np.sqrt(4 * 1.2 / (e + 2 * M)) * N, -80.0, 200.0, xtol=1e-12
            )
            if level < -5:
                expected[int(value), n] = level
    found = dict(zip(zip(kappa.tolist(), nodes.tolist(), strict=True), energy, strict=True))
    assert found.keys() == expected.keys()
    assert len(found) >= 25
    assert all(found[label] == pytest.approx(expected[label], abs=1e-6) for label in expected)
    # nonrelativistic limit: 10 MeV apart, less the 4 % of the kinetic energy in 2M
    assert expected[-2, 0] - expected[-1, 0] == pytest.approx(10.0, rel=0.05)


def test_spinors_are_orthonormal_and_have_the_nodes_they_claim(oscillator):
    """int (G G' + F F') dr = delta within one kappa; the nodes are counted again on the mesh."""
    mesh, (_, kappa, nodes, G, F) = oscillator
    for value in np.unique(kappa):
        mine = kappa == value
        overlap = mesh.step * (G[mine] @ G[mine].T + F[mine] @ F[mine].T)
        assert np.abs(overlap - np.eye(mine.sum())).max() < 1e-7
    for wave, count in zip(G, nodes, strict=True):
        significant = wave[np.abs(wave) > 1e-6 * np.abs(wave).max()]
        assert (np.diff(np.sign(significant)) != 0).sum() == count
    assert np.all(G[:, 0] == 0)
    assert np.all(F[:, 0] == 0)
    assert np.abs(G[:, -1]).max() < 1e-8


def test_spinors_satisfy_the_equation(oscillator):
    """Both lines of the equation, by the finite differences of the mesh, which the sweeps do not use."""
    mesh, (energy, kappa, _, G, F) = oscillator
    U = -80.0 + 1.2 * mesh.r**2
    inside = slice(8, -12)
    for e, k, g, f in zip(energy, kappa, G, F, strict=True):
        l, lower = orbital(k), orbital(-k)
        dG = (mesh.derivative_odd if l % 2 == 0 else mesh.derivative_even) @ g
        dF = (mesh.derivative_odd if lower % 2 == 0 else mesh.derivative_even) @ f
        r = mesh.r[inside]
        first = dG[inside] + k / r * g[inside] - (e + 2 * M) / HBARC_MEV_FM * f[inside]
        second = dF[inside] - k / r * f[inside] + (e - U[inside]) / HBARC_MEV_FM * g[inside]
        assert np.abs(first).max() < 1e-5
        assert np.abs(second).max() < 1e-5


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (20, 28), (82, 126)])
def test_levels_equal_a_dense_diagonalisation(Z, N):
    """Nuclear potentials with Coulomb, bound levels and the box continuum: energies, and the number of them."""
    mesh = get_mesh(15.0, 0.1)
    solution = iterate(Z, N, PC_PK1, mesh, limit=12)
    S, *vectors = solution.state.potentials
    for vector, levels in zip(vectors, solution.levels.values(), strict=True):
        energy, kappa, G, F = levels.energy, levels.kappa, levels.G, levels.F
        top = energy.max() + 1e-3
        for value in range(-10, 11):
            if value == 0:
                continue
            dense, G_dense, F_dense = dense_levels(value, vector + S, vector - S, M, mesh.box, mesh.step)
            expected = dense[dense < top]
            assert energy[kappa == value] == pytest.approx(expected, abs=2e-5)
            for g, f, h, k in zip(G[kappa == value], F[kappa == value], G_dense, F_dense, strict=False):
                assert abs(mesh.step * (g @ h + f @ k)) == pytest.approx(1.0, abs=1e-5)


def test_guesses_change_the_speed_not_the_levels(oscillator):
    """Neither exact, nor wrong, nor absurd guesses of an earlier iteration may lead to another level."""
    mesh, (energy, kappa, nodes, _, _) = oscillator
    U = -80.0 + 1.2 * gauss_points(mesh.r) ** 2
    rng = np.random.default_rng(1)
    guess = rng.uniform(-100.0, 20.0, (2, dirac.MAX_KAPPA + 1, dirac.MAX_NODES))
    for _ in range(2):  # the second time from the levels themselves
        before = guess.copy()
        again = dirac.levels_of_well(mesh, U, np.zeros_like(U), M, -5.0, guess)
        assert again.energy == pytest.approx(energy, abs=1e-8)
        assert np.array_equal(kappa, again.kappa)
        assert np.array_equal(nodes, again.nodes)
        assert np.array_equal(guess, before), "what was passed is not changed"
        guess = again.guess


def test_coulomb_shift_of_a_deep_level():
    """First order: protons in a weak Coulomb field rise by its mean value over the level."""
    mesh = get_mesh(15.0, 0.1)
    U = -70.0 / (1 + np.exp((gauss_points(mesh.r) - 4.5) / 0.6))
    density = np.exp(-((mesh.r / 3) ** 2))
    potential = mesh.coulomb @ (0.05 * density / (mesh.volume @ density))
    extra = mesh.to_gauss @ potential
    bare, kappa, _, G, F = solve(mesh, U, -11 * U, -3.0)
    shifted, *_ = solve(mesh, U + extra, -11 * U + extra, -3.0)
    mean = mesh.step * (G**2 + F**2) @ potential
    assert len(kappa) >= 6
    assert shifted - bare == pytest.approx(mean, rel=1e-3)


def test_levels_of_potentials_on_the_mesh():
    """Smooth S and V on the mesh give the levels of V + S and V - S at the Gauss points."""
    mesh = get_mesh(15.0, 0.1)
    shape = [1 / (1 + np.exp((r - 4.5) / 0.6)) for r in (mesh.r, gauss_points(mesh.r))]
    levels = dirac.bound_levels(mesh, -400 * shape[0], 330 * shape[0], M, -1.0)
    energy, kappa, nodes, G, _ = solve(mesh, -70 * shape[1], 730 * shape[1], -1.0)
    assert levels.labels == list(zip(kappa, nodes, strict=True))
    assert len(energy) >= 8
    assert levels.energy == pytest.approx(energy, abs=1e-5)
    assert levels.G == pytest.approx(G, abs=1e-5)
    assert not levels.occupation.any(), "nobody has been put there yet"


def test_too_many_levels_are_reported():
    """A wide box holds more levels below 60 MeV than there is room for; the message says what to change."""
    mesh = get_mesh(40.0, 0.1)
    nothing = np.zeros_like(mesh.r)
    with pytest.raises(ValueError, match=r"more than 400 levels below 60\.0 MeV: the box of 40\.0 fm is too large"):
        dirac.bound_levels(mesh, nothing, nothing, M, 60.0)
