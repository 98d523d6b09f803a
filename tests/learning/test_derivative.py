"""The functional derivative: against finite differences, a functional known by hand, and the bumps of claim 14."""

import numpy as np
import pytest
import torch
import xarray as xr

from lib.learning.dataset import load_dataset, random_learning
from lib.learning.derivative import (
    BUMP_FM,
    bump,
    bump_modes,
    bump_test,
    by_species,
    derivative_disagreement,
    functional_derivative,
    lowered_energy,
    partial_derivatives,
    stationarity,
)
from lib.learning.ensemble import FIXED
from lib.learning.networks import Network, fixed_layers, network_inputs
from lib.learning.recipes import Recipe
from lib.learning.table_one import DENSITIES, TABLE_I
from lib.rmf.mesh import NETWORK_MESH as R
from lib.rmf.mesh import SHELL_FM
from lib.store import select

GE78 = (32, 46)
NN3S = pytest.mark.parametrize("id", ["NN3-I3D", "NN3-I6D", "NN3-I6dD"])


def build(id, recipe):
    """An untrained network in double precision, and its data set."""
    dataset = load_dataset(TABLE_I[id].target)
    fixed = fixed_layers(TABLE_I[id], recipe, dataset, random_learning(dataset.known.values, 0))
    return Network(TABLE_I[id], recipe, fixed, seed=1).double(), dataset


def some_inputs(id, dataset, rows):
    return torch.tensor(network_inputs(TABLE_I[id], dataset)[rows])


class Quadratic:
    """ℰ = 3 ρ_V²/2 + 5 ρ_V Δρ_V, as a network of six fields."""

    def energy(self, inputs):
        rho, laplacian = inputs[..., 1], inputs[..., 4]
        weight = torch.tensor(4 * np.pi * 0.1 / np.maximum(R, 1e-9) ** 2)
        return ((3 * rho**2 / 2 + 5 * rho * laplacian) * weight)[:, 1:].sum(dim=1)


@pytest.fixture
def gaussian():
    """A density, its Laplacian, and both as inputs."""
    density = np.exp(-(R**2) / 8)
    laplacian = density * (R**2 / 16 - 3 / 4)
    inputs = np.zeros((1, len(R), 6))
    inputs[0, :, 1], inputs[0, :, 4] = R**2 * density, R**2 * laplacian
    return density, laplacian, torch.tensor(inputs)


def test_the_derivative_of_a_functional_known_by_hand(gaussian):
    """δE/δρ_V is 3 ρ_V + 10 Δρ_V; without the Laplacian of the derivative by the Laplacian only 5 Δρ_V."""
    density, laplacian, inputs = gaussian
    partial, functional = partial_derivatives(Quadratic(), inputs), functional_derivative(Quadratic(), inputs)
    # at r = 0 there is no volume, and inputs times r^2 cannot say what the density is
    assert partial[1:, 1] == pytest.approx((3 * density + 5 * laplacian)[1:], abs=1e-9)
    assert partial[1:, 4] == pytest.approx(5 * density[1:], abs=1e-9)
    expected = 3 * density + 10 * laplacian
    assert functional[1:-1, 1] == pytest.approx(expected[1:-1], abs=1e-6)
    assert np.abs(partial[1:, 1] - expected[1:]).max() > 1
    assert not functional[1:, [0, 2]].any()


def test_a_constant_slope_outside_has_no_laplacian(gaussian):
    """A term linear in Δρ_V integrates to nothing, whatever its factor."""
    _, _, inputs = gaussian

    class Shifted(Quadratic):
        def energy(self, inputs):
            return super().energy(inputs) + 7 * 4 * np.pi * 0.1 * inputs[..., 4].sum(dim=1)

    plain, shifted = (functional_derivative(network(), inputs) for network in (Quadratic, Shifted))
    assert shifted[1:] == pytest.approx(plain[1:], abs=1e-9)


@pytest.mark.parametrize("centre", [0.0, 0.3, 4.0])
def test_bumps_and_their_laplacians(centre):
    """(r f)'' / r by differences on a mesh ten times as fine, and at the origin the limit."""
    fine = np.linspace(0, 15, 1501)
    value, laplacian = bump(fine, centre)
    assert value[0] == pytest.approx(2 * np.exp(-((centre / BUMP_FM) ** 2)))
    product = fine * value
    numeric = np.diff(product, 2) / 0.01**2 / fine[1:-1]
    assert laplacian[1:-1] == pytest.approx(numeric, abs=2e-3)
    assert laplacian[0] == pytest.approx(laplacian[1], abs=5e-3)


@NN3S
def test_bumps_are_answered_alike(id):
    """Differences of E, partial derivatives and the functional derivative, for each density at each radius."""
    network, dataset = build(id, Recipe(width=5, layers=2))
    table = bump_test(network, some_inputs(id, dataset, [200]), radii=(0.0, 3.0))
    assert table.index.to_list() == [(radius, name) for radius in (0.0, 3.0) for name in DENSITIES[:3]]
    assert table.differences.abs().max() > 1
    for name, tolerance in (("partial", 1e-6), ("functional", 1e-3)):
        assert (table[f"{name}_moduli"] >= table[name].abs() * (1 - 1e-12)).all()
        assert ((table.differences - table[name]).abs() < tolerance * table[f"{name}_moduli"]).all(), name


@pytest.fixture(scope="module")
def functional():
    """One untrained member of NN3-I6ℰ in the form of an ensemble."""
    network, _ = build("NN3-I6D", Recipe(width=5, layers=2))
    network = network.float()
    dims = {
        "shift": ("fold", "input"),
        "matrix": ("fold", "input", "component"),
        "offset": ("fold", "output"),
        "basis": ("fold", "raw", "output"),
    }
    return xr.Dataset(
        {"parameters": (("member", "parameter"), network.parameter_vector().numpy()[None])}
        | {name: (dims[name], getattr(network, name).numpy()[None]) for name in FIXED},
        coords={"split": ("member", [0]), "fold": [0]},
        attrs={"network": "NN3-I6D", "recipe": '{"width": 5, "layers": 2}'},
    )


def test_the_error_of_differences_falls_with_the_square_of_the_height(functional):
    coarse, fine = (derivative_disagreement(functional, GE78, height=height)[0] for height in (1e-4, 1e-5))
    assert 30 < coarse / fine < 300


def test_a_derivative_that_lost_a_part_is_noticed(functional, monkeypatch):
    before = derivative_disagreement(functional, GE78)
    whole = Network.perceptron

    def half(self, x):
        return whole(self, x.detach()) + 0.5 * (whole(self, x) - whole(self, x).detach())

    monkeypatch.setattr(Network, "perceptron", half)
    after = derivative_disagreement(functional, GE78)
    assert max(before) < 1e-2
    assert min(after) > 0.1


def test_derivative_is_for_functionals_of_one_point():
    with pytest.raises(ValueError, match="NN2-I6D is no functional of the density at a point"):
        derivative_disagreement(xr.Dataset(attrs={"network": "NN2-I6D"}), GE78)


@NN3S
def test_functional_derivative_by_automatic_differentiation(id):
    """dE/d rho(r) of autograd: E changes by 4 pi int dr r^2 (dE/d rho) delta rho, against finite differences.

    delta rho is a bump of each density in turn, of each Laplacian in turn, and of all at once.
    """
    network, dataset = build(id, Recipe(width=12, layers=3, activation="silu"))
    count, r = len(TABLE_I[id].inputs), dataset.r.values
    density = dataset.densities.values[[5, 400, 1100], :, :count].copy()
    density[:, 1:] /= r[1:, None] ** 2

    def energy(density):
        return network.energy(density * torch.tensor(r[:, None] ** 2))

    point = torch.tensor(density, requires_grad=True)
    [slope] = torch.autograd.grad(energy(point).sum(), point)
    derivative = np.zeros(slope.shape)  # at r = 0 the volume vanishes
    derivative[:, 1:] = slope.numpy()[:, 1:] / (4 * np.pi * 0.1 * r[1:, None] ** 2)
    assert np.abs(derivative).max() > 1  # MeV
    bump = np.exp(-(((r - 2.5) / 0.8) ** 2))
    for direction in [*np.eye(count), np.ones(count)]:
        change = 1e-6 * bump[:, None] * direction
        with torch.no_grad():
            numeric = (energy(torch.tensor(density + change)) - energy(torch.tensor(density - change))).numpy() / 2
        analytic = 4 * np.pi * 0.1 * (r[:, None] ** 2 * derivative * change).sum(axis=(1, 2))
        assert np.abs(analytic).max() > 0
        assert analytic == pytest.approx(numeric, rel=1e-5, abs=1e-10)


def test_functional_derivative_is_local():
    """Energy density at r answers to the densities at r alone: the Jacobian is diagonal in the mesh points."""
    network, dataset = build("NN3-I3D", Recipe(width=7, layers=2))
    inputs = some_inputs("NN3-I3D", dataset, [600])
    jacobian = torch.autograd.functional.jacobian(lambda x: network(x)[0], inputs)[:, 0]  # (r, r', density)
    off = jacobian[~torch.eye(151, dtype=torch.bool)]
    assert float(off.abs().max()) == 0
    assert float(jacobian[30, 30].abs().max()) > 0


# --- what a derivative is worth --------------------------------------------------------------------------------------


class Linear:
    """E = a sum over the inputs, r^2 rho_S, r^2 rho_V and r^2 rho_TV at each point, times these coefficients (r, 3), MeV."""

    spec = TABLE_I["NN3-I3D"]

    def __init__(self, coefficients):
        self.coefficients = torch.tensor(coefficients * SHELL_FM)

    def energy(self, inputs):
        return (inputs * self.coefficients).sum(dim=(1, 2))


@pytest.fixture
def germanium():
    return select(load_dataset("E"), *GE78).expand_dims("nucleus")


def test_derivatives_by_species():
    field = by_species(np.array([[1.0, 5.0, 2.0]]))
    assert [field[name].tolist() for name in ("scalar", "neutron", "proton")] == [[1], [7], [3]]


def test_a_functional_with_multipliers_is_stationary(germanium):
    """E = -9 N - 8 Z, and with 3 MeV times the integral of rho_S."""
    coefficients = np.tile([0.0, -8.5, -0.5], (len(R), 1))
    assert stationarity(Linear(coefficients), germanium) == pytest.approx((0, -9, 0, -8, 0), abs=1e-9)
    coefficients[:, 0] = 3
    assert stationarity(Linear(coefficients), germanium).scalar == pytest.approx(3)


def test_a_derivative_that_is_not_constant_has_a_spread(germanium):
    coefficients = np.zeros((len(R), 3))
    coefficients[:, 1] = np.where(R < 4, -20, 5)
    found = stationarity(Linear(coefficients), germanium)
    inside = (germanium.densities.values[0, :, 1] + germanium.densities.values[0, :, 2]) / 2
    share = inside[R < 4].sum() / inside.sum()
    assert found.neutron == pytest.approx(-20 * share + 5 * (1 - share))
    assert found.neutron_spread == pytest.approx(25 * np.sqrt(share * (1 - share)))


def test_what_is_constant_cannot_be_lowered(germanium):
    """The numbers of nucleons are kept."""
    assert lowered_energy(Linear(np.tile([0.0, -8.5, -0.5], (len(R), 1))), germanium, 0.01) == pytest.approx(
        0, abs=1e-6
    )


def test_what_is_linear_is_lowered_to_the_bounds(germanium):
    """By rho_S alone: every bump at its bound."""
    coefficients = np.zeros((len(R), 3))
    coefficients[:, 0] = np.cos(R)
    modes = bump_modes(3, range(8))
    central = germanium.densities.values[0, 1, 1] / R[1] ** 2
    slopes = SHELL_FM * modes.fields[:8, :, 0] @ np.cos(R)
    expected = 0.01 * central / modes.highest * np.abs(slopes).sum()
    assert lowered_energy(Linear(coefficients), germanium, 0.01) == pytest.approx(expected, rel=1e-6)
    assert lowered_energy(Linear(coefficients), germanium, 0.02) == pytest.approx(2 * expected, rel=1e-6)


def test_a_share_that_is_none_is_refused(germanium):
    with pytest.raises(ValueError, match=r"share = 0 is out of range: give a positive one"):
        lowered_energy(Linear(np.zeros((len(R), 3))), germanium, 0)


@pytest.mark.parametrize("id", ["NN2-I3D", "NN2-I6E"])
def test_networks_of_the_whole_nucleus_have_derivatives_too(id):
    """The change of E with a bump, against differences; the bump leaves the origin alone."""
    network, dataset = build(id, Recipe(width=6, components=20))
    inputs = some_inputs(id, dataset, [200])
    width = len(TABLE_I[id].inputs)
    for mode in bump_modes(width, [3.0]).fields:
        change = torch.tensor(mode.T.reshape(1, 1, -1)) * 1e-6
        with torch.no_grad():
            slope = float(network.energy(inputs + change) - network.energy(inputs - change)) / 2e-6
        partial = partial_derivatives(network, inputs)
        assert partial.shape == (len(R), width)
        assert SHELL_FM * (partial * mode).sum() == pytest.approx(slope, rel=1e-5)
