"""The compiled Dirac solver against closed forms and against a dense diagonalisation that shares no code with it."""

import numpy as np
import pytest
from dense_dirac import dense_levels
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import spherical_in, spherical_jn, spherical_kn

from lib.rmf import dirac
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import (
    NamedLevels,
    bound_levels,
    first_order_energies,
    follow_levels,
    level_name,
    levels_of_well,
    no_guess,
    radial_well,
)
from lib.rmf.functionals import PC_PK1
from lib.rmf.iteration import iterate
from lib.rmf.mesh import get_mesh
from lib.rmf.occupation import EvenFilling

M = 939.0
UNIFORM = get_mesh(15.0, 0.1, uniform=True, wall=True)
USUAL = get_mesh()


def well_of(mesh, plus, minus):
    """V + S and V - S given at the Gauss points: they may jump between steps."""
    nothing = np.zeros_like(mesh.r)
    return radial_well(mesh, nothing, nothing, M)._replace(plus=plus, minus=minus)


def woods_saxon(mesh, depth=70.0, radius=4.5):
    """S and V on the mesh."""
    shape = 1 / (1 + np.exp((mesh.r - radius) / 0.6))
    return -(400 / 70) * depth * shape, (330 / 70) * depth * shape


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
    nothing = np.zeros_like(UNIFORM.r)
    levels = bound_levels(UNIFORM, nothing, nothing, M, 25.0)
    for value in np.unique(levels.kappa):
        l = orbital(value)
        momenta = roots(lambda k, l=l: spherical_jn(l, k * UNIFORM.box), 0.02, 1.3)
        exact = np.hypot(M, HBARC_MEV_FM * momenta) - M
        exact = exact[exact < 25.0]
        assert levels.energy[levels.kappa == value] == pytest.approx(exact, abs=1e-6)
        assert levels.nodes[levels.kappa == value].tolist() == list(range(len(exact)))
    assert np.abs(levels.kappa).max() >= 8
    assert not levels.outside.any()


def square_well(energy, kappa, radius, V, S):
    """G and F of the regular solution inside, at the edge of the well."""
    l = orbital(kappa)
    a, b = (energy + 2 * M - V + S) / HBARC_MEV_FM, (energy - V - S) / HBARC_MEV_FM
    x = np.sqrt(a * b) * radius
    return radius * spherical_jn(l, x), (x * spherical_jn(l, x, True) + (1 + kappa) * spherical_jn(l, x)) / a


def mismatch(energy, kappa, radius, box, V, S):
    """G F' - F G' at the edge of the inner solution and of the outer one, which vanishes at the box, or at infinity."""
    l, a = orbital(kappa), (energy + 2 * M) / HBARC_MEV_FM
    q = np.sqrt(-a * energy / HBARC_MEV_FM)
    y, ratio = q * radius, 0.0
    if np.isfinite(box):
        ratio = spherical_kn(l, q * box) / spherical_in(l, q * box)
    outer = spherical_kn(l, y) - ratio * spherical_in(l, y)
    slope = spherical_kn(l, y, True) - ratio * spherical_in(l, y, True)
    G, F = square_well(energy, kappa, radius, V, S)
    G_out, F_out = radius * outer, (y * slope + (1 + kappa) * outer) / a
    return (G * F_out - F * G_out) / np.hypot(G_out, F_out)


@pytest.mark.parametrize("wall", [True, False])
@pytest.mark.parametrize("kappa", [-1, 1, -2, 2, -3, 3, -4, 4, -5])
def test_spherical_well(kappa, wall):
    """Deep nuclear S = -420 and V = +350 MeV within 5 fm: spherical Bessel functions matched at the edge."""
    mesh = get_mesh(16.0, 0.1, uniform=True, wall=wall)
    V, S = 350.0, -420.0
    inside = np.where(np.arange(len(mesh.r) - 1) < 50, 1.0, 0.0) * np.ones((3, 1))
    levels = levels_of_well(well_of(mesh, (V + S) * inside, (V - S) * inside), -0.02)
    mine = levels.kappa == kappa
    box = mesh.box if wall else np.inf
    exact = roots(lambda e: mismatch(e, kappa, 5.0, box, V, S), V + S + 1e-3, -0.02, 2000)
    assert len(exact) >= 1
    assert levels.energy[mine] == pytest.approx(exact, abs=1e-6)
    assert levels.nodes[mine].tolist() == list(range(len(exact)))


@pytest.mark.parametrize("depth", [4.0, 5.0, 8.0])
def test_part_of_a_halo_beyond_the_mesh(depth):
    """A shallow well holds one s level: its norm beyond 15 fm is that of exp(-alpha r), matched at the edge at 4 fm."""
    mesh = get_mesh(15.0, 0.1, uniform=True)
    V, S = 5 * depth, -6 * depth
    inside = np.where(np.arange(len(mesh.r) - 1) < 40, 1.0, 0.0) * np.ones((3, 1))
    levels = levels_of_well(well_of(mesh, (V + S) * inside, (V - S) * inside), -0.01)
    [i] = np.flatnonzero(levels.kappa == -1)
    energy = levels.energy[i]
    alpha = np.sqrt(-energy * (energy + 2 * M)) / HBARC_MEV_FM

    def outer(r):  # k_0 and k_1 in closed form
        return np.exp(-2 * alpha * r) * (1 + (HBARC_MEV_FM * alpha / (energy + 2 * M) * (1 + 1 / (alpha * r))) ** 2)

    def inner(r):
        scale = np.exp(-alpha * 4.0) / square_well(energy, -1, 4.0, V, S)[0]
        G, F = square_well(energy, -1, r, V, S)
        return scale**2 * (G**2 + F**2)

    parts = [quad(inner, 0, 4, epsrel=1e-10)[0], quad(outer, 4, mesh.box)[0], quad(outer, mesh.box, np.inf)[0]]
    assert levels.outside[i] == pytest.approx(parts[2] / sum(parts), rel=1e-4)
    assert 1e-4 < levels.outside[i] < 0.7
    assert mesh.line @ (levels.G[i] ** 2 + levels.F[i] ** 2) + levels.outside[i] == pytest.approx(1.0, abs=1e-12)


def test_a_constant_vector_potential_shifts_all_levels():
    """Beyond the mesh too, where that of the last point goes on: for protons it is Coulomb's."""
    S, V = woods_saxon(USUAL)
    levels, shifted = bound_levels(USUAL, S, V, M, -0.1), bound_levels(USUAL, S, V + 3.7, M, 3.6)
    assert levels.labels == shifted.labels
    assert shifted.energy - levels.energy == pytest.approx(3.7, abs=1e-8)
    assert shifted.outside == pytest.approx(levels.outside, rel=1e-6)
    assert levels.energy.max() > -5


@pytest.fixture(scope="module")
def oscillator():
    """S = V = half of U = -80 MeV + C r^2: spin symmetric, and soluble in closed form though relativistic."""
    U = -80.0 + 1.2 * UNIFORM.gauss_r**2
    return levels_of_well(well_of(UNIFORM, U, np.zeros_like(U)), -5.0)


def test_relativistic_oscillator(oscillator):
    """With V = S the equation of G is Schroedinger's with mass (eps + 2M)/2: eps + 80 = hbar c sqrt(4C/(eps+2M)) (2n+l+3/2)."""
    expected = {}
    for value in np.unique(oscillator.kappa):
        for n in range(10):
            N = 2 * n + orbital(value) + 1.5
            level = brentq(
                lambda e, N=N: e + 80 - HBARC_MEV_FM * np.sqrt(4 * 1.2 / (e + 2 * M)) * N, -80.0, 200.0, xtol=1e-12
            )
            if level < -5:
                expected[int(value), n] = level
    found = dict(zip(oscillator.labels, oscillator.energy, strict=True))
    assert found.keys() == expected.keys()
    assert len(found) >= 25
    assert all(found[label] == pytest.approx(expected[label], abs=1e-6) for label in expected)
    # nonrelativistic limit: 10 MeV apart, less the 4 % of the kinetic energy in 2M
    assert expected[-2, 0] - expected[-1, 0] == pytest.approx(10.0, rel=0.05)


@pytest.mark.parametrize("mesh", [UNIFORM, USUAL], ids=["uniform", "usual"])
def test_spinors_are_orthonormal_and_have_the_nodes_they_claim(mesh):
    """int (G G' + F F') dr = delta within one kappa; the nodes are counted again on the mesh."""
    levels = bound_levels(mesh, *woods_saxon(mesh), M, -5.0)
    assert len(levels.energy) >= 8
    for value in np.unique(levels.kappa):
        mine = levels.kappa == value
        G, F = levels.G[mine], levels.F[mine]
        overlap = (mesh.line * G) @ G.T + (mesh.line * F) @ F.T + np.diag(levels.outside[mine])
        assert np.abs(overlap - np.eye(mine.sum())).max() < 1e-5
    for wave, count in zip(levels.G, levels.nodes, strict=True):
        significant = wave[np.abs(wave) > 1e-6 * np.abs(wave).max()]
        assert (np.diff(np.sign(significant)) != 0).sum() == count
    assert np.all(levels.G[:, 0] == 0)
    assert np.all(levels.F[:, 0] == 0)


@pytest.mark.parametrize("mesh", [UNIFORM, USUAL], ids=["uniform", "usual"])
def test_spinors_satisfy_the_equation(mesh):
    """Both lines of the equation, by the finite differences of the mesh, which the sweeps do not use."""
    S, V = woods_saxon(mesh)
    levels = bound_levels(mesh, S, V, M, -2.0)
    # the least-squares scale at the matching point leaves a step there of the first order of the energy's error
    for e, k, G, F in zip(levels.energy, levels.kappa, levels.G, levels.F, strict=True):
        dG = (mesh.derivative_odd if orbital(k) % 2 == 0 else mesh.derivative_even) @ G
        dF = (mesh.derivative_odd if orbital(-k) % 2 == 0 else mesh.derivative_even) @ F
        first = dG + k * mesh.inverse_r * G - (e + 2 * M - V + S) / HBARC_MEV_FM * F
        second = dF - k * mesh.inverse_r * F + (e - V - S) / HBARC_MEV_FM * G
        assert np.abs(first[1:-12]).max() < 1e-4
        assert np.abs(second[1:-12]).max() < 1e-4


def field_of(Z, N, mesh):
    """A realistic field, with Coulomb."""
    fillings = {"n": EvenFilling(N), "p": EvenFilling(Z)}
    return iterate(Z, N, PC_PK1, mesh, fillings, limit=12).state


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (20, 28), (82, 126)])
def test_levels_equal_a_dense_diagonalisation(Z, N):
    """Nuclear potentials with Coulomb, bound levels and those of the box up to 10 MeV: energies, and the number of them."""
    mesh = UNIFORM
    S, *vectors = field_of(Z, N, mesh).potentials
    for vector in vectors:
        levels = bound_levels(mesh, S, vector, M, 10.0)
        for value in range(-10, 11):
            if value == 0:
                continue
            mine = levels.kappa == value
            dense, G_dense, F_dense = dense_levels(value, vector + S, vector - S, M, mesh.box, mesh.step)
            assert levels.energy[mine] == pytest.approx(dense[dense < 10.0], abs=3e-5)
            for g, f, h, k in zip(levels.G[mine], levels.F[mine], G_dense, F_dense, strict=False):
                assert abs(mesh.line @ (g * h + f * k)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (82, 126)])
def test_levels_on_the_usual_mesh_equal_a_dense_diagonalisation(Z, N):
    """On equidistant points inside a wall so far out that levels bound by 5 MeV do not feel it."""
    S, *vectors = field_of(Z, N, USUAL).potentials
    points = get_mesh(USUAL.box, 0.1, uniform=True)
    matrix = USUAL.interpolation(points)[: int(USUAL.box / 0.1) + 1]
    for vector in vectors:
        levels = bound_levels(USUAL, S, vector, M, -5.0)
        V, scalar = matrix @ vector, matrix @ S
        for value in np.unique(levels.kappa):
            dense, *_ = dense_levels(value, V + scalar, V - scalar, M, 0.1 * (len(V) - 1), 0.1, 6.0, 6)
            assert levels.energy[levels.kappa == value] == pytest.approx(dense[dense < -5.0], abs=1e-4)


def test_levels_without_a_wall_do_not_depend_on_the_box():
    """15 or 40 fm: the same to 1e-4 MeV, two hardly bound ones too; a wall lifts those, the less the further out it is."""
    named = NamedLevels([(-1, 0), (1, 0), (-2, 0), (-3, 0), (-1, 1), (2, 0)])
    free, walled = (
        [follow_levels(mesh, *woods_saxon(mesh, 26.0), M, named, no_guess(), 1e-7).energy
         for mesh in (get_mesh(box, 0.1, wall=wall) for box in (15.0, 20.0, 40.0))]
        for wall in (False, True)
    )  # fmt: skip
    assert np.all(free[2] < -0.2)
    assert free[2][-2:].min() > -0.6
    assert free[0] == pytest.approx(free[2], abs=1e-4)
    assert free[1] == pytest.approx(free[2], abs=1e-4)
    lifts = [energies - free[2] for energies in walled]
    assert np.all(lifts[0][-2:] > 0.01)
    assert np.all(lifts[0][-2:] > 2 * lifts[1][-2:])
    assert np.all(lifts[1][-2:] > 10 * lifts[2][-2:])
    assert walled[2] == pytest.approx(free[2], abs=5e-3)
    assert walled[0][:1] == pytest.approx(free[0][:1], abs=1e-4), "the lowest never feels it"


def test_levels_of_large_kappa_in_a_small_nucleus():
    """A well that ripples at the origin, levels far into the continuum: the same on a mesh twice as fine, none of them deep."""
    found = []
    for step in (0.15, 0.075):
        mesh = get_mesh(20.5, step)
        shape = 1 / (1 + np.exp((mesh.r - 2.8) / 0.5))
        plus, minus = -(80 + 6 * np.cos(2 * np.pi * mesh.r / 1.4)) * shape, 780 * shape
        levels = bound_levels(mesh, (plus - minus) / 2, (plus + minus) / 2, M, 30.0)
        assert levels.labels[np.argmin(levels.energy)] == (-1, 0)
        found.append(dict(zip(levels.labels, levels.energy, strict=True)))
    usual, fine = found
    assert usual.keys() == fine.keys()
    assert max(abs(kappa) for kappa, _ in fine) > 16
    for label, energy in fine.items():
        assert usual[label] == pytest.approx(energy, abs=2e-5 if abs(label[0]) > 3 else 1e-3), label


def test_a_level_that_comes_unbound_does_not_jump():
    """While the well becomes shallower by equal steps, the last level rises by steps that change little."""
    named = NamedLevels([(-1, 1)])
    energies = [
        follow_levels(USUAL, *woods_saxon(USUAL, depth), M, named, no_guess(), 1e-8).energy[0]
        for depth in np.linspace(30.0, 20.0, 101)
    ]
    steps = np.diff(energies)
    assert energies[0] < -1 < 0.01 < energies[-1]
    assert np.all(steps > 0)
    assert np.abs(np.diff(steps)).max() < 0.2 * steps.max()


def test_followed_levels_are_the_bound_ones():
    """By name, in any order, from any guess: energies, wave functions and what lies beyond the mesh."""
    S, V = woods_saxon(USUAL)
    levels = bound_levels(USUAL, S, V, M, -0.02)
    order = np.random.default_rng(3).permutation(len(levels.energy))
    named = NamedLevels([levels.labels[i] for i in order])
    true = dirac.guess_of(levels)
    for guess in (no_guess(), true, true + 0.3, 0 * true - 1.0):
        followed = follow_levels(USUAL, S, V, M, named, guess, 1e-7)
        assert followed.labels == named.labels
        assert followed.energy == pytest.approx(levels.energy[order], abs=1e-8)
        assert followed.outside == pytest.approx(levels.outside[order], rel=1e-3, abs=1e-12)
        assert np.abs(followed.G) == pytest.approx(np.abs(levels.G[order]), abs=1e-5)
        assert followed.degeneracy.tolist() == (2 * np.abs(levels.kappa[order])).tolist()
    [alone] = follow_levels(USUAL, S, V, M, NamedLevels([(-2, 0)]), no_guess(), 1e-7).energy
    assert alone == pytest.approx(levels.energy[levels.labels.index((-2, 0))], abs=1e-8)


def test_a_level_that_is_not_there_is_named():
    S, V = woods_saxon(USUAL, 5.0)
    named = NamedLevels([(-1, 0), (-1, 14)])
    with pytest.raises(ValueError, match=r"the level 15s1/2 is nowhere below 80 MeV: the potential is too shallow"):
        follow_levels(USUAL, S, V, M, named, no_guess(), 1e-5)
    assert follow_levels(USUAL, S, V, M, NamedLevels([(-1, 0)]), no_guess(), 1e-5).energy[0] < 80


def test_guesses_change_the_speed_not_the_levels(oscillator):
    """Neither exact, nor wrong, nor absurd guesses of an earlier iteration may lead to another level."""
    U = -80.0 + 1.2 * UNIFORM.gauss_r**2
    rng = np.random.default_rng(1)
    guess = rng.uniform(-100.0, 20.0, no_guess().shape)
    for _ in range(2):  # the second time from the levels themselves
        before = guess.copy()
        again = levels_of_well(well_of(UNIFORM, U, np.zeros_like(U)), -5.0, guess)
        assert again.energy == pytest.approx(oscillator.energy, abs=1e-8)
        assert again.labels == oscillator.labels
        assert np.array_equal(guess, before, equal_nan=True), "what was passed is not changed"
        guess = dirac.guess_of(again)


@pytest.mark.parametrize("step", [0.1, 0.15])
def test_dense_light_nuclei_at_the_origin(step):
    """A core twice as dense as others, where the power series at the origin is hardest: levels within 0.04 keV."""
    fine = get_mesh(20.0, 0.03)
    mesh = get_mesh(20.0, step)

    def well(r):
        shape = 1 / (1 + np.exp((r - 3.0) / 0.35))
        dip = np.exp(-((r / 0.9) ** 2))
        return -700 * shape - 300 * dip, 600 * shape + 300 * dip

    exact, found = (bound_levels(each, *well(each.r), M, -1.0) for each in (fine, mesh))
    assert found.labels == exact.labels
    assert len(found.energy) >= 4
    assert found.energy == pytest.approx(exact.energy, abs={0.1: 2e-5, 0.15: 4e-5}[step])


def test_energies_in_changed_potentials_to_first_order():
    """Weak Coulomb raises protons by its mean value over the level; the error is of second order."""
    S, V = woods_saxon(USUAL)
    density = np.exp(-((USUAL.r / 3) ** 2))
    levels = bound_levels(USUAL, S, V, M, -3.0)
    known = levels.energy, levels.G, levels.F, USUAL.line
    assert len(levels.energy) >= 6
    errors = []
    for strength in (0.4, 0.2):
        potential = strength * (USUAL.coulomb @ (density / (USUAL.volume @ density)))
        exact = follow_levels(USUAL, S, V + potential, M, NamedLevels(levels.labels), no_guess(), 1e-9).energy
        expected = first_order_energies(*known, 0 * S, potential)
        assert exact - levels.energy == pytest.approx(expected - levels.energy, rel=0.02)
        errors.append(np.abs(expected - exact).max())
        deeper = follow_levels(USUAL, S - potential, V, M, NamedLevels(levels.labels), no_guess(), 1e-9).energy
        assert deeper == pytest.approx(first_order_energies(*known, -potential, 0 * V), abs=2 * errors[-1])
        assert np.all(deeper < levels.energy)
    assert errors[0] == pytest.approx(4 * errors[1], rel=0.2)


def test_levels_of_potentials_on_the_mesh():
    """Smooth S and V on the mesh give the levels of V + S and V - S at the Gauss points."""
    S, V = woods_saxon(USUAL)
    levels = bound_levels(USUAL, S, V, M, -1.0)
    shape = 1 / (1 + np.exp((USUAL.gauss_r - 4.5) / 0.6))
    again = levels_of_well(well_of(USUAL, -70 * shape, 730 * shape), -1.0)
    assert levels.labels == again.labels
    assert len(levels.energy) >= 8
    assert levels.energy == pytest.approx(again.energy, abs=1e-5)
    assert levels.G == pytest.approx(again.G, abs=1e-5)
    assert not levels.occupation.any(), "nobody has been put there yet"


def test_density_of_levels_holds_one_nucleon_each():
    levels = bound_levels(USUAL, *woods_saxon(USUAL), M, -5.0)
    density = dirac.levels_density(USUAL, levels)
    assert USUAL.integral(density) + levels.outside == pytest.approx(1.0, abs=1e-12)
    assert not density[:, 0].any()


def test_names_of_levels():
    """1s1/2, 1p3/2, 1p1/2, 1d5/2, ..., 3s1/2, 1i13/2."""
    names = [level_name(*label) for label in [(0, -1), (0, -2), (0, 1), (0, -3), (2, -1), (0, -7), (1, 3)]]
    assert names == ["1s1/2", "1p3/2", "1p1/2", "1d5/2", "3s1/2", "1i13/2", "2f5/2"]


def test_too_many_levels_are_reported():
    """A wide box holds more levels below 60 MeV than there is room for; the message says what to change."""
    mesh = get_mesh(40.0, 0.1, uniform=True, wall=True)
    nothing = np.zeros_like(mesh.r)
    with pytest.raises(ValueError, match=r"more than 400 levels below 60\.0 MeV: the box of 40\.0 fm is too large"):
        bound_levels(mesh, nothing, nothing, M, 60.0)
