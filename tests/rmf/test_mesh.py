"""The operators of the mesh against closed forms."""

import numpy as np
import pytest
from scipy.special import erf

from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM
from lib.rmf.mesh import NETWORK_MESH, gauss_points, get_mesh

E2 = FINE_STRUCTURE * HBARC_MEV_FM
MESHES = pytest.mark.parametrize(("box", "step"), [(15.0, 0.1), (20.0, 0.1), (20.0, 0.05)])


def gaussian(mesh, width):
    """Normalised to one particle."""
    return np.exp(-((mesh.r / width) ** 2)) / (np.sqrt(np.pi) * width) ** 3


@MESHES
@pytest.mark.parametrize(("width", "tolerance"), [(1.5, 1e-5), (3.0, 1e-7)])
def test_laplacian_of_a_gaussian(box, step, width, tolerance):
    """Lap exp(-r^2/a^2) = (4 r^2/a^4 - 6/a^2) exp(-r^2/a^2), at the origin too.

    What is missing is the noise filter: 5e-6 of a Gaussian narrower than any nucleus, 2e-8 of a nuclear surface.
    """
    mesh = get_mesh(box, step)
    density = gaussian(mesh, width)
    exact = (4 * mesh.r**2 / width**4 - 6 / width**2) * density
    assert np.abs(mesh.laplacian @ density - exact).max() < tolerance * np.abs(exact).max()


@MESHES
def test_coulomb_potential_of_a_gaussian_charge(box, step):
    """e^2 erf(r/a)/r, and 2 e^2/(sqrt(pi) a) at the origin."""
    mesh = get_mesh(box, step)
    inside = erf(mesh.r[1:] / 2.5) / mesh.r[1:]
    exact = 50 * E2 * np.concatenate([[2 / (np.sqrt(np.pi) * 2.5)], inside])
    assert mesh.coulomb @ (50 * gaussian(mesh, 2.5)) == pytest.approx(exact, rel=1e-9)


def test_coulomb_potential_of_a_charged_sphere():
    """3/2 - r^2/2R^2 inside and 1/r outside; the sharp edge limits the accuracy, so take a diffuse one and its charge."""
    mesh = get_mesh(20.0, 0.1)
    R = 6.0
    density = 1 / (1 + np.exp((mesh.r - R) / 0.15))
    density /= mesh.volume @ density
    potential = mesh.coulomb @ density
    outside = mesh.r > 9
    assert potential[outside] == pytest.approx(E2 / mesh.r[outside], rel=1e-8)
    inside = (mesh.r < 4.5) & (mesh.r > 0)
    assert potential[inside] == pytest.approx(E2 / R * (1.5 - mesh.r[inside] ** 2 / (2 * R**2)), rel=5e-3)


def test_coulomb_energy_of_a_gaussian_charge():
    """Self-energy e^2/(a sqrt(2 pi)) of a unit Gaussian charge: the factor one half is in the right place."""
    mesh = get_mesh(20.0, 0.1)
    density = gaussian(mesh, 2.0)
    energy = 0.5 * mesh.volume @ (density * (mesh.coulomb @ density))
    assert energy == pytest.approx(E2 / (2.0 * np.sqrt(2 * np.pi)), rel=1e-9)


def test_volume_of_the_box():
    """The trapezoidal rule, half a weight at the wall: int r^2 dr = R^3/3 + h^2 R/6."""
    mesh = get_mesh(15.0, 0.1)
    assert mesh.volume.sum() == pytest.approx(4 * np.pi * (15.0**3 / 3 + 0.01 * 15.0 / 6), rel=1e-12)


def test_volume_integral():
    """One particle and <r^2> = 3/2 a^2."""
    mesh = get_mesh(20.0, 0.1)
    density = gaussian(mesh, 2.0)
    assert mesh.volume @ density == pytest.approx(1.0, rel=1e-12)
    assert mesh.volume @ (mesh.r**2 * density) == pytest.approx(6.0, rel=1e-12)


def test_integral_of_one_density_and_of_many():
    mesh = get_mesh(20.0, 0.1)
    one, two = gaussian(mesh, 2.0), gaussian(mesh, 3.0)
    assert mesh.integral(one) == pytest.approx(1.0, rel=1e-12)
    assert mesh.integral(np.stack([one, 3 * two])) == pytest.approx([1.0, 3.0], rel=1e-12)


@MESHES
def test_values_on_the_networks_mesh(box, step):
    mesh = get_mesh(box, step)
    assert mesh.on_network_mesh(mesh.r) == pytest.approx(NETWORK_MESH, abs=1e-12)
    assert mesh.on_network_mesh(np.cos(mesh.r)) == pytest.approx(np.cos(NETWORK_MESH), abs=1e-11)


@MESHES
def test_derivatives_know_the_parity(box, step):
    """Of an even and an odd function; the wrong parity must fail next to the origin, so the two are not one matrix."""
    mesh = get_mesh(box, step)
    even, odd = np.exp(-(mesh.r**2) / 4), mesh.r * np.exp(-(mesh.r**2) / 4)
    exact_even, exact_odd = -mesh.r / 2 * even, (1 - mesh.r**2 / 2) * even
    assert np.abs(mesh.derivative_even @ even - exact_even).max() < 1e-8
    assert np.abs(mesh.derivative_odd @ odd - exact_odd).max() < 1e-8
    assert abs((mesh.derivative_even @ odd - exact_odd)[0]) > 0.5


@MESHES
def test_interpolation_to_gauss_points(box, step):
    mesh = get_mesh(box, step)
    exact = np.exp(-((gauss_points(mesh.r) / 3) ** 2))
    assert np.abs(mesh.to_gauss @ np.exp(-((mesh.r / 3) ** 2)) - exact).max() < 1e-9


def test_gauss_points_integrate_fifth_powers():
    """Three points per step with weights 5/18, 8/18, 5/18 are exact up to r^5."""
    r = 0.1 * np.arange(31)
    integral = 0.1 * (np.array([5, 8, 5]) / 18 @ gauss_points(r) ** 5).sum()
    assert integral == pytest.approx(3.0**6 / 6, rel=1e-13)


def test_value_at_the_origin():
    """r^2 rho knows nothing of r = 0; the sine series does."""
    mesh = get_mesh(20.0, 0.1)
    density = gaussian(mesh, 2.0)
    wiped = density.copy()
    wiped[0] = 0.0
    assert mesh.with_origin(wiped) == pytest.approx(density, rel=1e-10)


def test_network_mesh():
    """r_i = 0.1 i fm, i = 0 ... 150, and every solver mesh holds it."""
    assert len(NETWORK_MESH) == 151
    assert np.array_equal(NETWORK_MESH, np.array([i / 10 for i in range(151)]))
    for step in (0.1, 0.05, 0.025, 0.02):
        stride = round(0.1 / step)
        assert get_mesh(15.0, step).r[::stride] == pytest.approx(NETWORK_MESH, abs=1e-12)


@pytest.mark.parametrize(
    ("box", "step", "words"),
    [
        (14.9, 0.1, r"box = 14\.9 .*15 to 40"),
        (40.1, 0.1, r"box = 40\.1 .*15 to 40"),
        (-20.0, 0.1, r"box = -20\.0 .*15 to 40"),
        (float("nan"), 0.1, r"box = nan .*15 to 40"),
        (float("inf"), 0.1, r"box = inf .*15 to 40"),
        ("20", 0.1, r"box = '20' .*15 to 40"),
        (None, 0.1, r"box = None .*15 to 40"),
        (True, 0.1, r"box = True .*15 to 40"),
        (20.0, 0.2, r"step = 0\.2 .*take 0\.1"),
        (20.0, 0.03, r"step = 0\.03 .*take 0\.1"),
        (20.0, 0.0, r"step = 0\.0 .*take 0\.1"),
        (20.0, -0.1, r"step = -0\.1 .*take 0\.1"),
        (20.0, float("nan"), r"step = nan .*take 0\.1"),
        (20.0, "0.1", r"step = '0\.1' .*take 0\.1"),
        (15.03, 0.1, r"box = 15\.03 .*multiple of the step 0\.1"),
    ],
)
def test_refusals_name_value_and_remedy(box, step, words):
    with pytest.raises(ValueError, match=words):
        get_mesh(box, step)


def test_whole_numbers_are_fine():
    """box=20 is what people type."""
    assert get_mesh(20, 0.1).box == 20.0
