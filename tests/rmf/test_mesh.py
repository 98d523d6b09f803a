"""The operators of the mesh against closed forms."""

import pickle

import numpy as np
import pytest
from scipy.special import erf

from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM
from lib.rmf.mesh import NETWORK_MESH, STRETCH_FM, get_mesh, polynomial_weights

E2 = FINE_STRUCTURE * HBARC_MEV_FM
MESHES = pytest.mark.parametrize(
    "mesh",
    [get_mesh(), get_mesh(25.0, 0.1), get_mesh(20.0, 0.1, uniform=True), get_mesh(20.0, 0.05, uniform=True, wall=True)],
    ids=["usual", "fine", "uniform", "uniform, wall"],
)


def gaussian(r, width):
    """Normalised to one particle."""
    return np.exp(-((r / width) ** 2)) / (np.sqrt(np.pi) * width) ** 3


@MESHES
def test_points(mesh):
    """r = x (1 + (x/15)^4) at x = 0, h, 2h, ..., the last one not before the box; equidistant ones are r = x."""
    x = mesh.step * np.arange(len(mesh.r))
    expected = x if np.isinf(mesh.stretch) else x * (1 + (x / STRETCH_FM) ** 4)
    assert mesh.r == pytest.approx(expected, rel=1e-14)
    assert mesh.box == mesh.r[-1]
    slope = np.gradient(mesh.r, mesh.step, edge_order=2)
    assert mesh.dr[1:-1] == pytest.approx(slope[1:-1], rel=1e-2)


@pytest.mark.parametrize("box", [15, 15.0, 20.0, 32.7])
def test_the_mesh_ends_with_the_first_point_that_is_not_inside_the_box(box):
    for uniform in (True, False):
        mesh = get_mesh(box, 0.15, uniform)
        assert mesh.r[-2] < box - 1e-9
        assert mesh.r[-1] >= box - 1e-9


@MESHES
@pytest.mark.parametrize("width", [1.5, 3.0])
def test_laplacian_of_a_gaussian(mesh, width):
    """Lap exp(-r^2/a^2) = (4 r^2/a^4 - 6/a^2) exp(-r^2/a^2), at the origin too."""
    density = gaussian(mesh.r, width)
    exact = (4 * mesh.r**2 / width**4 - 6 / width**2) * density
    assert np.abs(mesh.laplacian @ density - exact).max() < 1e-9 * np.abs(exact).max()


@MESHES
def test_coulomb_potential_of_a_gaussian_charge(mesh):
    """e^2 erf(r/a)/r, and 2 e^2/(sqrt(pi) a) at the origin."""
    inside = erf(mesh.r[1:] / 2.5) / mesh.r[1:]
    exact = 50 * E2 * np.concatenate([[2 / (np.sqrt(np.pi) * 2.5)], inside])
    assert mesh.coulomb @ (50 * gaussian(mesh.r, 2.5)) == pytest.approx(exact, rel=1e-9)


@MESHES
def test_coulomb_potential_of_a_charged_sphere(mesh):
    """3/2 - r^2/2R^2 inside and 1/r outside; the sharp edge limits the accuracy, so take a diffuse one and its charge."""
    R = 6.0
    density = 1 / (1 + np.exp((mesh.r - R) / 0.15))
    density /= mesh.volume @ density
    potential = mesh.coulomb @ density
    outside = mesh.r > 9
    assert potential[outside] == pytest.approx(E2 / mesh.r[outside], rel=1e-5)
    inside = mesh.r < 4.5
    assert potential[inside] == pytest.approx(E2 / R * (1.5 - mesh.r[inside] ** 2 / (2 * R**2)), rel=5e-3)


def test_coulomb_energy_of_a_gaussian_charge():
    """Self-energy e^2/(a sqrt(2 pi)) of a unit Gaussian charge: the factor one half is in the right place."""
    mesh = get_mesh()
    density = gaussian(mesh.r, 2.0)
    energy = 0.5 * mesh.volume @ (density * (mesh.coulomb @ density))
    assert energy == pytest.approx(E2 / (2.0 * np.sqrt(2 * np.pi)), rel=1e-9)


def test_coulomb_is_symmetric():
    """The potential at r of a shell at s is that at s of a shell at r: so the energy's derivative is the potential."""
    mesh = get_mesh()
    one, other = gaussian(mesh.r, 2.0), mesh.r**2 * gaussian(mesh.r, 3.0)
    energies = [mesh.volume @ (one * (mesh.coulomb @ other)), mesh.volume @ (other * (mesh.coulomb @ one))]
    assert energies[0] == pytest.approx(energies[1], rel=1e-9)


@MESHES
def test_integrals_of_what_does_not_vanish_at_the_end(mesh):
    """The volume of the box, and int r^2 e^(-r/10) dr: the end has a rule of third order."""
    assert mesh.volume.sum() == pytest.approx(4 * np.pi / 3 * mesh.box**3, rel=3e-6)
    exact = 2000 - np.exp(-mesh.box / 10) * (10 * mesh.box**2 + 200 * mesh.box + 2000)
    assert mesh.line @ (mesh.r**2 * np.exp(-mesh.r / 10)) == pytest.approx(exact, rel=3e-6)


@MESHES
def test_volume_integral(mesh):
    """One particle and <r^2> = 3/2 a^2, of one density and of many."""
    one, two = gaussian(mesh.r, 2.0), gaussian(mesh.r, 2.5)
    assert mesh.integral(one) == pytest.approx(1.0, rel=1e-12)
    assert mesh.integral(mesh.r**2 * one) == pytest.approx(6.0, rel=1e-12)
    assert mesh.integral(np.stack([one, 3 * two])) == pytest.approx([1.0, 3.0], rel=1e-12)
    assert mesh.inverse_area[0] == mesh.inverse_r[0] == 0.0, "and no division by zero"
    assert (mesh.inverse_area * 4 * np.pi * mesh.r**2)[1:] == pytest.approx(1.0, rel=1e-14)
    assert (mesh.inverse_r * mesh.r)[1:] == pytest.approx(1.0, rel=1e-14)


@MESHES
def test_values_on_the_networks_mesh(mesh):
    """Even functions of r, which all profiles of a nucleus are."""
    assert mesh.on_network_mesh(gaussian(mesh.r, 2.5)) == pytest.approx(gaussian(NETWORK_MESH, 2.5), abs=1e-13)
    assert mesh.on_network_mesh(np.cos(mesh.r / 3)) == pytest.approx(np.cos(NETWORK_MESH / 3), abs=1e-8)
    assert mesh.on_network_mesh(mesh.r**2) == pytest.approx(NETWORK_MESH**2, abs=1e-11)


@MESHES
def test_derivatives_know_the_parity(mesh):
    """Of an even and an odd function; the wrong parity must fail next to the origin, so the two are not one matrix."""
    even, odd = np.exp(-(mesh.r**2) / 4), mesh.r * np.exp(-(mesh.r**2) / 4)
    exact_even, exact_odd = -mesh.r / 2 * even, (1 - mesh.r**2 / 2) * even
    assert np.abs(mesh.derivative_even @ even - exact_even).max() < 1e-10
    assert np.abs(mesh.derivative_odd @ odd - exact_odd).max() < 1e-10
    assert abs((mesh.derivative_even @ odd - exact_odd)[0]) > 0.5


@MESHES
def test_derivative_at_the_end_of_the_mesh(mesh):
    """One-sided there: a wave function that has not vanished yet."""
    wave = np.exp(-mesh.r / 5)
    last = slice(-6, None)
    assert (mesh.derivative_even @ wave)[last] == pytest.approx(-wave[last] / 5, rel=1e-6)


@MESHES
def test_interpolation_to_gauss_points(mesh):
    exact = np.exp(-((mesh.gauss_r / 3) ** 2))
    assert (mesh.to_gauss @ np.exp(-((mesh.r / 3) ** 2))).reshape(exact.shape) == pytest.approx(exact, abs=1e-12)


@MESHES
def test_gauss_points_integrate(mesh):
    """Three points per step with weights 5/18, 8/18, 5/18 are exact for polynomials of x up to x^5."""
    weights = np.array([[5], [8], [5]]) / 18 * mesh.gauss_length
    assert weights.sum() == pytest.approx(mesh.box, rel=1e-13)
    assert (weights * mesh.gauss_r).sum() == pytest.approx(mesh.box**2 / 2, rel=1e-7)
    assert np.all((mesh.r[:-1] < mesh.gauss_r) & (mesh.gauss_r < mesh.r[1:]))
    if np.isinf(mesh.stretch):
        assert (weights * mesh.gauss_r**5).sum() == pytest.approx(mesh.box**6 / 6, rel=1e-13)


@MESHES
def test_value_at_the_origin(mesh):
    """r^2 rho knows nothing of r = 0; the even polynomial through its neighbours does."""
    density = gaussian(mesh.r, 2.0)
    wiped = density.copy()
    wiped[0] = 0.0
    assert mesh.with_origin(wiped) == pytest.approx(density, rel=1e-8)


def test_from_one_mesh_to_another_and_back():
    """As far as the other lies inside, which may end further out or not as far."""
    coarse, fine, shorter = get_mesh(), get_mesh(32.0, 0.1), get_mesh(15.0, 0.1, uniform=True)
    for one, other in ((coarse, fine), (fine, coarse), (coarse, shorter), (shorter, fine)):
        inside = other.r <= one.box
        there = one.interpolation(other) @ np.stack([gaussian(one.r, 3.0), 1 / (1 + one.r**2 / 90)]).T
        assert there.shape == (len(other.r), 2)
        assert there[inside, 0] == pytest.approx(gaussian(other.r[inside], 3.0), abs=1e-13)
        assert there[inside, 1] == pytest.approx(1 / (1 + other.r[inside] ** 2 / 90), abs=1e-8)


def test_weights_of_a_polynomial():
    """Of degree four through five nodes: exact value, slope and curvature anywhere."""
    nodes, x = np.array([-1.0, 0.0, 1.0, 2.0, 4.0]), 0.7
    values = nodes**4 - 3 * nodes
    exact = (x**4 - 3 * x, 4 * x**3 - 3, 12 * x**2)
    assert [polynomial_weights(x, nodes, order) @ values for order in range(3)] == pytest.approx(exact, rel=1e-12)


def test_network_mesh():
    """r_i = 0.1 i fm, i = 0 ... 150, and a uniform mesh of that step is the same."""
    assert len(NETWORK_MESH) == 151
    assert np.array_equal(NETWORK_MESH, np.array([i / 10 for i in range(151)]))
    assert get_mesh(15.0, 0.1, uniform=True).r == pytest.approx(NETWORK_MESH, abs=1e-12)
    assert get_mesh(15.0, 0.1, uniform=True).to_network == pytest.approx(np.eye(151), abs=1e-8)


def test_the_process_has_one_mesh_of_each_kind():
    """The operators are made once, whatever the numbers are called, and are not sent to other processes."""
    mesh = get_mesh(20.0, 0.15)
    assert get_mesh(20, 0.15, np.bool_(False), wall=False) is mesh
    assert get_mesh() is mesh
    kinds = {id(get_mesh(20.0, 0.15, *flags)) for flags in ((False, False), (True, False), (False, True), (True, True))}
    assert len(kinds) == 4
    content = pickle.dumps(mesh)
    assert len(content) < 200
    again = pickle.loads(content)
    assert (again.box, again.step, again.stretch, again.wall) == (mesh.box, mesh.step, mesh.stretch, mesh.wall)
    assert np.array_equal(again.r, mesh.r)
    assert pickle.loads(content) is again


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"box": 14.9}, r"box = 14\.9 .*15 to 60"),
        ({"box": 60.1}, r"box = 60\.1 .*15 to 60"),
        ({"box": -20.0}, r"box = -20\.0 .*15 to 60"),
        ({"box": float("nan")}, r"box = nan .*15 to 60"),
        ({"box": float("inf")}, r"box = inf .*15 to 60"),
        ({"box": "20"}, r"box = '20' .*15 to 60"),
        ({"box": None}, r"box = None .*15 to 60"),
        ({"box": True}, r"box = True .*15 to 60"),
        ({"step": 0.3}, r"step = 0\.3 .*0\.02 to 0\.25"),
        ({"step": 0.01}, r"step = 0\.01 .*0\.02 to 0\.25"),
        ({"step": 0.0}, r"step = 0\.0 .*0\.02 to 0\.25"),
        ({"step": -0.1}, r"step = -0\.1 .*0\.02 to 0\.25"),
        ({"step": float("nan")}, r"step = nan .*0\.02 to 0\.25"),
        ({"step": "0.1"}, r"step = '0\.1' .*0\.02 to 0\.25"),
        ({"uniform": 1}, "uniform = 1 is neither True nor False"),
        ({"uniform": "yes"}, "uniform = 'yes' is neither True nor False"),
        ({"wall": 0}, "wall = 0 is neither True nor False"),
        ({"wall": None}, "wall = None is neither True nor False"),
    ],
)
def test_refusals_name_value_and_remedy(settings, words):
    with pytest.raises(ValueError, match=words):
        get_mesh(**settings)
