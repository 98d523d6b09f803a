"""The virial theorem of the Dirac equation, and the energy of a solution by its densities alone."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from lib.rmf import virial
from lib.rmf.dirac import NamedLevels, bound_levels, follow_levels, guess_of, no_guess
from lib.rmf.functionals import DD_PC1, PC_F1, PC_PK1
from lib.rmf.iteration import iterate
from lib.rmf.lowest import ground_state
from lib.rmf.mesh import get_mesh, network_mesh
from lib.rmf.occupation import Well
from lib.rmf.solver import solve

FINE = get_mesh(20.0, 0.1)
WALL = get_mesh(15.0, 0.1, uniform=True, wall=True)
MASS = 939.0


def settled(Z, N, functional, mesh, paired=False):
    """To where the residual no longer counts: the energy by densities is off by it in first order."""
    best = ground_state(Z, N, functional, mesh, paired)
    fillings = {q: filling.again() for q, filling in best.fillings.items()}
    return iterate(Z, N, functional, mesh, fillings, best.state, tolerance=1e-8)


def test_each_term_counts_by_its_powers():
    """k densities and m derivatives: 3 (k - 1) + m, for all nine couplings."""
    densities, laplacians = np.random.default_rng(3).normal(size=(2, 3, 7))
    (S, V, TV), (lap_S, lap_V, lap_TV) = densities, laplacians
    c = {name: PC_PK1.fm(name) for name in PC_PK1.couplings}
    energy = (
        MASS * (S - V) - c["alpha_S"] * S**2 - 5 / 3 * c["beta_S"] * S**3 - 2 * c["gamma_S"] * S**4
        - 2 * c["delta_S"] * S * lap_S - c["alpha_V"] * V**2 - 2 * c["gamma_V"] * V**4 - 2 * c["delta_V"] * V * lap_V
        - c["alpha_TV"] * TV**2 - 2 * c["delta_TV"] * TV * lap_TV
    )  # fmt: skip
    assert virial.on_shell_energy_density(PC_PK1, densities, laplacians) == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize("functional", [PC_PK1, DD_PC1], ids=lambda each: each.name)
def test_scaling_is_that_of_the_energy(functional):
    """Against the energies of densities that are scaled by a little."""
    r = FINE.r

    def energy(scale):
        shapes = [
            scale**3 * a / (1 + np.exp((scale * r - R) / 0.6)) for a, R in ((0.14, 4.6), (0.15, 4.7), (0.01, 5.2))
        ]
        laplacians = [FINE.laplacian @ shape for shape in shapes]
        return FINE.integral(functional.interaction_energy_density(*shapes, *laplacians)), (shapes, laplacians)

    slope = (energy(1 + 1e-4)[0] - energy(1 - 1e-4)[0]) / 2e-4
    local = virial.scaling_derivative(functional, *energy(1.0)[1])
    assert FINE.integral(local) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("mesh", [FINE, WALL], ids=["free", "wall"])
def test_virial_theorem_of_every_level(mesh):
    """In wells that nothing made self-consistent: the kinetic energy inside, from the wave functions and from the force."""
    shape = np.sinh(5.0 / 0.65) / (
        np.cosh(mesh.r / 0.65) + np.cosh(5.0 / 0.65)
    )  # Woods-Saxon without a kink at the origin
    S, V = -390 * shape, 318 * shape
    found = bound_levels(mesh, S, V, MASS, -0.5)
    levels = follow_levels(mesh, S, V, MASS, NamedLevels(found.labels), guess_of(found), 1e-10)
    force_S, force_V = (mesh.r * (mesh.derivative_even @ each) for each in (S, V))
    upper, lower = levels.G**2, levels.F**2
    kinetic = (
        (levels.energy[:, None] - V - S) * upper + (levels.energy[:, None] + 2 * MASS - V + S) * lower
    ) @ mesh.line  # fmt: skip
    by_force = ((force_V + force_S) * upper + (force_V - force_S) * lower) @ mesh.line
    end = virial.virial_at_end(levels, Well(S, V, None, no_guess(), 0.0), 2 * MASS, mesh.box)
    assert len(levels.energy) == 15
    assert kinetic == pytest.approx(by_force + mesh.box * end, abs=1e-6)


@pytest.mark.parametrize("functional", [PC_PK1, PC_F1, DD_PC1], ids=lambda each: each.name)
@pytest.mark.parametrize(("Z", "N"), [(8, 8), (20, 28), (82, 126)])
def test_the_energy_of_a_solution(functional, Z, N):
    solution = settled(Z, N, functional, FINE)
    assert virial.on_shell_energy(solution).energy == pytest.approx(solution.energy, abs=1e-5)


def test_a_wall_presses():
    """The surface term at a wall is 4 pi R^3 (2M + eps) rho_V(R) – MeVs where neutrons reach that far."""
    Z, N = 50, 120
    solution = settled(Z, N, PC_PK1, WALL)
    parts = virial.on_shell_energy(solution)
    assert parts.energy == pytest.approx(solution.energy, abs=1e-5)
    assert parts.outside == 0
    at_wall = sum(
        float((each.degeneracy * each.occupation) @ each.F[:, -1] ** 2) for each in solution.levels.values()
    )  # 4 pi R^2 rho_V
    assert parts.surface == pytest.approx(2 * MASS * WALL.box * at_wall, rel=0.01)
    assert parts.surface > 1.0
    free = virial.on_shell_energy(ground_state(Z, N, PC_PK1, FINE))
    assert abs(free.surface + free.outside) < 1e-3


def test_pairing_does_not_change_it():
    """Every level obeys it, whatever its occupation; only E_CDFT is meant, without the pairing energy."""
    solution = settled(50, 70, PC_PK1, FINE, paired=True)
    assert solution.pairing_energy < -5
    assert virial.on_shell_energy(solution).energy == pytest.approx(solution.sum_rule_energy, abs=1e-4)


def test_it_does_not_hold_off_shell():
    """A field that is not self-consistent: no functional to be varied."""
    solution = ground_state(20, 28, PC_PK1, FINE)
    stronger = replace(solution.state, potentials=1.02 * solution.state.potentials)
    fillings = {q: filling.again() for q, filling in solution.fillings.items()}
    first = iterate(20, 28, PC_PK1, FINE, fillings, stronger, limit=1)
    assert abs(virial.on_shell_energy(first).energy - first.sum_rule_energy) > 1.0


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (50, 82)])
def test_first_order_is_the_slope(Z, N):
    """By the theorem of Hellmann and Feynman, against energies solved with couplings changed by a little."""
    here = solve(Z, N, PC_PK1)
    chart = here.expand_dims("nucleus")
    for coupling in ("alpha_S", "gamma_V", "delta_TV"):
        up, down = (replace(PC_PK1, **{coupling: getattr(PC_PK1, coupling) * (1 + x)}) for x in (1e-5, -1e-5))
        slope = (float(solve(Z, N, up).energy) - float(solve(Z, N, down).energy)) / 2
        [first] = virial.first_order_energies(chart, up)
        assert first == pytest.approx(slope, rel=1e-3, abs=1e-7)


def test_fields_of_a_chart_to_15_fm():
    """What lies beyond the mesh of the networks is missing, which is little in a nucleus that is well bound."""
    names = ["energy", *(f"{channel}_{kind}" for channel in virial.CHANNELS for kind in ("density", "laplacian"))]
    nuclei = [solve(Z, N, PC_PK1)[names] for Z, N in ((20, 28), (82, 126))]
    chart = xr.concat(nuclei, "nucleus", combine_attrs="drop_conflicts")
    assert virial.on_shell_energies(chart) == pytest.approx(chart.energy.values, abs=5e-3)


def test_derivative_of_the_formula():
    """By hand where there is one field: M - 2 alpha_S rho_S - ..., and minus M by rho_V in the vacuum."""
    zero = np.zeros(151)
    rho = 0.1 * np.exp(-((virial.NETWORK_MESH / 3) ** 2))
    c = {name: PC_PK1.fm(name) for name in PC_PK1.couplings}
    by_S, by_V, by_TV = virial.on_shell_derivative(PC_PK1, (rho, zero, zero), (zero, zero, zero))
    expected = MASS - 2 * c["alpha_S"] * rho - 5 * c["beta_S"] * rho**2 - 8 * c["gamma_S"] * rho**3
    laplacian = network_mesh().laplacian
    assert by_S == pytest.approx(expected - 2 * c["delta_S"] * laplacian @ rho, rel=1e-6)
    assert by_V == pytest.approx(-MASS, rel=1e-6)
    assert by_TV == pytest.approx(0, abs=1e-6)
