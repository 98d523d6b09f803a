"""The BCS equations where their solution is known in closed form."""

import numpy as np
import pytest

from lib.rmf.mesh import get_mesh
from lib.rmf.pairing import cutoff_weights, cutoff_width, pairing_field, solve_bcs

ENERGY = np.array([-22.0, -15.5, -14.0, -9.0, -8.2, -7.5, -7.1, -4.0, -1.0, 2.0, 3.5, 6.0, 9.0])
DEGENERACY = np.array([2, 4, 2, 6, 8, 4, 2, 10, 8, 6, 4, 2, 12])


def last_filled(particles):
    """Where the chemical potential starts, as in the solver."""
    return ENERGY[np.searchsorted(np.cumsum(DEGENERACY), particles)]


@pytest.mark.parametrize("particles", [2, 8, 20, 26, 30])
def test_particle_number(particles):
    """sum (2j+1) v^2 = N, with gaps that differ from level to level."""
    gap = 1.0 + 0.1 * np.arange(len(ENERGY))
    bcs = solve_bcs(ENERGY, DEGENERACY, particles, gap, last_filled(particles))
    assert DEGENERACY @ bcs.occupation == pytest.approx(particles, abs=1e-8)
    assert bcs.occupation.min() >= 0
    assert bcs.occupation.max() <= 1
    assert np.all(np.diff(bcs.occupation) < 1e-12)


@pytest.mark.parametrize("particles", [2, 10, 24])
def test_cutoff_sum_rule(particles):
    """The window holds N + 1.65 N^(2/3) states around the final chemical potential, and 10 % of its width is its edge."""
    gap = np.full(len(ENERGY), 1.2)
    bcs = solve_bcs(ENERGY, DEGENERACY, particles, gap, last_filled(particles))
    mu = bcs.cutoff_energy / 10
    f = 1 / (1 + np.exp((ENERGY - bcs.fermi_energy - bcs.cutoff_energy) / mu))
    assert DEGENERACY @ f == pytest.approx(particles + 1.65 * particles ** (2 / 3), abs=1e-5)
    assert bcs.anomalous == pytest.approx(f * bcs.uv, rel=1e-5, abs=1e-9)


def test_cutoff_weights_by_hand():
    """1/2 at the edge of the window, 1/(1 + e) one tenth of a width above, no overflow far above."""
    weights = cutoff_weights(-8.0, 5.0, np.array([-3.0, -2.5, -3.5, -60.0, 1e6]))
    assert weights == pytest.approx([0.5, 1 / (1 + np.e), np.e / (1 + np.e), 1.0, 0.0], abs=1e-4)


def test_too_few_states_for_the_window():
    """Pairing needs room above the Fermi energy; the message says how much, and what to do."""
    with pytest.raises(ValueError, match=r"hold 12 states.*17\.7.*larger box"):
        cutoff_width(-8.0, np.array([-10.0, -9.0]), np.array([6, 6]), 10)


@pytest.mark.parametrize("particles", [2, 4, 6])
def test_one_degenerate_shell(particles):
    """j = 15/2 alone: v^2 = N/2Omega, u v = sqrt(v^2 (1-v^2)), lambda = eps - f Delta (1-2v^2) / (2 u v)."""
    states, gap, eps = 16, 1.3, -7.0
    bcs = solve_bcs(np.array([eps]), np.array([states]), particles, np.array([gap]), -9.0)
    v2 = particles / states
    uv = np.sqrt(v2 * (1 - v2))
    f = (particles + 1.65 * particles ** (2 / 3)) / states
    assert bcs.occupation == pytest.approx([v2], rel=1e-9)
    assert bcs.uv == pytest.approx([uv], rel=1e-9)
    assert bcs.anomalous == pytest.approx([f * uv], rel=1e-8)
    assert bcs.fermi_energy == pytest.approx(eps - f * gap * (1 - 2 * v2) / (2 * uv), rel=1e-8)


def test_one_degenerate_shell_with_its_own_gap():
    """Self-consistent: with G = <kk|V|kk>, Delta = G f sqrt(N/2 (Omega - N/2)), the seniority formula at f = 1."""
    mesh, states, particles, strength = get_mesh(15.0, 0.1), 16, 6, -350.0
    density = np.exp(-((mesh.r / 4) ** 2))
    density /= mesh.volume @ density
    gap = 1.0
    for _ in range(200):
        bcs = solve_bcs(np.array([-7.0]), np.array([states]), particles, np.array([gap]), -9.0)
        field = pairing_field(strength, np.array([states]), bcs.anomalous, density[None, :])
        gap = mesh.volume @ (field * density)
    G = -strength * mesh.volume @ density**2
    f = (particles + 1.65 * particles ** (2 / 3)) / states
    assert gap == pytest.approx(G * f * np.sqrt(particles / 2 * (states / 2 - particles / 2)), rel=1e-7)


def test_gap_equation():
    """Two levels: v^2 is the smaller root and u v = f Delta / 2E, for each level with its own gap."""
    gap = np.linspace(0.5, 1.5, len(ENERGY))
    bcs = solve_bcs(ENERGY, DEGENERACY, 20, gap, -8.0)
    half_gap = cutoff_weights(bcs.fermi_energy, bcs.cutoff_energy, ENERGY) * gap
    quasiparticle = np.sqrt((ENERGY - bcs.fermi_energy) ** 2 + half_gap**2)
    assert bcs.uv == pytest.approx(half_gap / (2 * quasiparticle), rel=1e-6)
    assert bcs.occupation == pytest.approx(0.5 - (ENERGY - bcs.fermi_energy) / (2 * quasiparticle), rel=1e-6, abs=1e-9)
    assert bcs.uv**2 == pytest.approx(bcs.occupation * (1 - bcs.occupation), rel=1e-5, abs=1e-9)


def test_gap_collapses_at_a_shell_closure_under_a_weak_force():
    """Below a critical strength the only solution is the filled shell; above it there is a gap."""
    mesh = get_mesh(15.0, 0.1)
    density = np.exp(-((mesh.r / 4) ** 2))
    density = np.tile(density / (mesh.volume @ density), (2, 1))
    energy, degeneracy = np.array([-10.0, -4.0]), np.array([8, 24])

    def self_consistent(strength):
        gap = np.array([2.0, 2.0])
        for _ in range(400):
            bcs = solve_bcs(energy, degeneracy, 8, gap, -7.0)
            gap = density @ (mesh.volume * pairing_field(strength, degeneracy, bcs.anomalous, density))
        return gap, bcs.occupation

    gap, occupation = self_consistent(-100.0)
    assert np.abs(gap).max() < 1e-6
    assert occupation == pytest.approx([1.0, 0.0], abs=1e-9)
    gap, occupation = self_consistent(-1500.0)
    assert gap.min() > 0.5
    assert 0.01 < occupation[1] < 0.3


def test_pairing_field_sums_pairs():
    """Half the degeneracy, by an explicit loop; attraction gives a positive gap."""
    density = np.array([[0.01, 0.02], [0.03, 0.005]])
    field = pairing_field(-300.0, np.array([2, 6]), np.array([0.4, 0.1]), density)
    assert field == pytest.approx([300 * (1 * 0.4 * 0.01 + 3 * 0.1 * 0.03), 300 * (1 * 0.4 * 0.02 + 3 * 0.1 * 0.005)])
