"""The functional: its potentials must be the derivatives of its energy, else nothing converges to a minimum."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lib.provenance import DATA
from lib.rmf.catalogue import get_functional
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.functionals import DD_PC1, FUNCTIONALS, PAPER_FUNCTIONALS, PC_F1, PC_PK1, Potentials
from lib.rmf.mesh import get_mesh
from lib.rmf.nuclear_matter import saturation
from lib.rmf.solver import solve

EACH = pytest.mark.parametrize("name", list(FUNCTIONALS))
POINT = np.array([0.141, 0.152, 0.013])


@EACH
def test_potentials_are_derivatives_of_the_energy_density_at_a_point(name):
    """Without Laplacians dE/d rho_S = S, dE/d rho_V and dE/d rho_TV the isoscalar and isovector V."""
    functional = FUNCTIONALS[name]

    def energy(densities):
        return functional.interaction_energy_density(*densities, 0.0, 0.0, 0.0)

    steps = 1e-5 * np.eye(3)
    slope = [(energy(POINT + step) - energy(POINT - step)) / 2e-5 for step in steps]
    S, V_n, V_p = functional.potentials(*POINT, 0.0, 0.0, 0.0)
    assert slope == pytest.approx([S, (V_n + V_p) / 2, (V_n - V_p) / 2], rel=1e-7)


@EACH
def test_potentials_are_functional_derivatives_of_the_energy(name):
    """With Laplacians the derivative is that of the integral: both factors of rho Lap rho count, hence the half."""
    functional, mesh = FUNCTIONALS[name], get_mesh(15.0, 0.1)
    shapes = np.stack([a * np.exp(-((mesh.r / b) ** 2)) for a, b in ((0.14, 3.0), (0.15, 3.1), (0.02, 2.8))])
    bump = np.exp(-(((mesh.r) / 2.0) ** 2))

    def energy(densities):
        laplacians = densities @ mesh.laplacian.T
        return mesh.volume @ functional.interaction_energy_density(*densities, *laplacians)

    S, V_n, V_p = functional.potentials(*shapes, *(shapes @ mesh.laplacian.T))
    for i, field in enumerate((S, (V_n + V_p) / 2, (V_n - V_p) / 2)):
        change = np.zeros_like(shapes)
        change[i] = 1e-4 * bump
        slope = (energy(shapes + change) - energy(shapes - change)) / 2e-4
        assert slope == pytest.approx(mesh.volume @ (field * bump), rel=1e-6)


@pytest.mark.parametrize("name", PAPER_FUNCTIONALS)
def test_derivative_terms_are_in_the_energy_density(name):
    """Each delta term is delta/2 rho Lap rho: two points differing by the Laplacian only differ by just that."""
    functional = FUNCTIONALS[name]
    for i, coupling in enumerate(("delta_S", "delta_V", "delta_TV")):
        laplacians = np.zeros(3)
        laplacians[i] = 0.07
        added = functional.interaction_energy_density(*POINT, *laplacians)
        added -= functional.interaction_energy_density(*POINT, 0.0, 0.0, 0.0)
        expected = getattr(functional, coupling) * HBARC_MEV_FM**5 / 2 * POINT[i] * 0.07
        assert added == pytest.approx(expected, rel=1e-9)


def test_conversion_to_MeV_and_fm():
    """Worked by hand: alpha_S = -3.96291e-4 MeV^-2 (197.3269804)^3 = -3044.90 MeV fm^3; the others by their powers."""
    assert PC_PK1.fm("alpha_S") == pytest.approx(-3044.90, abs=0.01)
    for coupling, power in (("alpha_TV", 3), ("beta_S", 6), ("gamma_S", 9), ("gamma_V", 9), ("delta_V", 5)):
        assert PC_F1.fm(coupling) == pytest.approx(getattr(PC_F1, coupling) * 197.3269804**power, rel=1e-8)


def test_couplings_as_published():
    """A digit lost here would shift every energy of the book."""
    names = "alpha_S beta_S gamma_S delta_S alpha_V gamma_V delta_V alpha_TV delta_TV".split()
    pk1 = -3.96291e-4, 8.66530e-11, -3.80724e-17, -1.09108e-10, 2.69040e-4, -3.64219e-18, -4.32619e-10
    f1 = -3.83577e-4, 7.68567e-11, -2.90443e-17, -4.18530e-10, 2.59333e-4, -3.87900e-18, -1.19210e-10
    assert [getattr(PC_PK1, name) for name in names] == [*pk1, 2.95018e-5, -4.11112e-10]
    assert [getattr(PC_F1, name) for name in names] == [*f1, 3.46770e-5, -4.20000e-11]
    assert (PC_PK1.pairing_strength("n"), PC_PK1.pairing_strength("p")) == (-349.5, -330.0)
    assert (PC_F1.pairing_strength("n"), PC_F1.pairing_strength("p")) == (-308.0, -321.0)
    assert PC_PK1.nucleon_mass == PC_F1.nucleon_mass == 939.0


def test_derivative_term_of_the_density_dependent_functional():
    """The Laplacian of rho_S counts, -0.8149 fm^4 hbar c / 2 rho_S Lap rho_S, and no other."""
    at_rest = DD_PC1.interaction_energy_density(*POINT, 0.0, 0.0, 0.0)
    added = DD_PC1.interaction_energy_density(*POINT, 0.07, 0.05, 0.03) - at_rest
    assert added == pytest.approx(-0.8149 * 197.3269804 / 2 * POINT[0] * 0.07, rel=1e-9)


def test_couplings_of_dd_pc1_as_published():
    """Table I of T. Niksic, D. Vretenar, and P. Ring, Phys. Rev. C 78, 034318 (2008): ten parameters, three fixed at zero."""
    names = "a_S b_S c_S d_S a_V b_V c_V d_V a_TV b_TV c_TV d_TV delta_S rho_sat nucleon_mass".split()
    table = -10.0462, -9.1504, -6.4273, 1.3724, 5.9195, 8.8637, 0, 0.6584, 0, 1.8360, 0, 0.6403, -0.8149, 0.152, 939.0
    assert [getattr(DD_PC1, name) for name in names] == list(table)


def test_couplings_of_dd_pc1_fade_with_the_density():
    """Worked by hand at saturation, x = 1: alpha_S = (-10.0462 - 15.5777 exp -1.3724) fm^2 hbar c; free nucleons, a + b."""
    assert DD_PC1.strength("S", 0.152).value == pytest.approx(-2761.6, abs=0.1)
    for channel, free in (("S", -19.1966), ("V", 14.7832), ("TV", 1.8360)):
        assert DD_PC1.strength(channel, 0.0).value == pytest.approx(free * 197.3269804, rel=1e-9)
        values = np.abs(DD_PC1.strength(channel, np.linspace(0, 0.4, 50)).value)
        assert (np.diff(values) < 0).all()


@EACH
def test_empty_space_has_no_field(name):
    """Tails of densities go down to nothing, where nothing may divide by them."""
    nowhere = np.zeros((6, 4))
    assert np.array_equal(FUNCTIONALS[name].potentials(*nowhere), np.zeros((3, 4)))
    assert np.array_equal(FUNCTIONALS[name].interaction_energy_density(*nowhere), np.zeros(4))


def test_the_papers_two():
    assert PAPER_FUNCTIONALS == ("PC-PK1", "PC-F1")
    assert set(PAPER_FUNCTIONALS) < set(FUNCTIONALS)


@EACH
def test_isovector_sign(name):
    """In neutron-rich matter rho_TV > 0 and alpha_TV > 0: neutrons are repelled, protons attracted, by the same amount."""
    functional = FUNCTIONALS[name]
    with_, without = (functional.potentials(0.14, 0.15, rho, 0.0, 0.0, 0.0) for rho in (0.03, 0.0))
    rises = [with_.neutron_vector - without.neutron_vector, with_.proton_vector - without.proton_vector]
    # of a density-dependent coupling both feel the rearrangement
    alpha, slope = (functional.fm("alpha_TV"), 0) if name in PAPER_FUNCTIONALS else functional.strength("TV", 0.15)
    assert rises == pytest.approx([alpha * 0.03 + slope * 0.03**2 / 2, -alpha * 0.03 + slope * 0.03**2 / 2])
    assert rises[0] > 0 > rises[1]
    assert with_.scalar == without.scalar


def test_unknown_functional_names_value_and_choices():
    with pytest.raises(ValueError, match=r"'DD-ME2'.*PC-PK1, PC-F1, DD-PC1"):
        get_functional("DD-ME2")


class Walecka:
    """The linear sigma-omega model of J. D. Walecka, its two mesons so heavy that they become contact and gradient terms."""

    name, nucleon_mass, reference = "Walecka", 939.0, ""

    def potentials(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV):
        V = 1706.0 * rho_V + 108.0 * lap_V
        return Potentials(-2326.0 * rho_S - 337.0 * lap_S, V, V)

    def interaction_energy_density(self, rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV):
        S, V, _ = self.potentials(rho_S, rho_V, rho_TV, lap_S, lap_V, lap_TV)
        return (S * rho_S + V * rho_V) / 2

    def pairing_strength(self, particle):
        return -300.0


def test_whatever_has_the_methods_is_a_functional():
    """Matter saturates where it is known to, k_F = 1.42 fm^-1, E/A = -15.75 MeV, M* = 0.556 M; a nucleus can be solved."""
    assert get_functional(Walecka()).name == "Walecka"
    at = saturation(Walecka())
    assert (1.5 * np.pi**2 * at["rho_0"]) ** (1 / 3) == pytest.approx(1.42, abs=0.005)
    assert (at["E/A"], at["M*/M"]) == pytest.approx((-15.75, 0.556), rel=2e-3)
    nucleus = solve(20, 20, Walecka(), box=15.0)
    assert nucleus.functional == "Walecka"
    assert -300 < float(nucleus.energy) < -150
    assert abs(float(nucleus.sum_rule_error)) < 1e-3


def test_own_functional_passes_through():
    own = replace(PC_PK1, name="mine", alpha_S=-3.9e-4)
    assert get_functional(own) is own
    assert get_functional("PC-F1") is PC_F1


def published():
    return pd.read_csv(DATA / "published_dd_pc1.csv", comment="#").to_dict("records")


@pytest.mark.parametrize("row", published(), ids=lambda row: f"Z{row['Z']:.0f}-N{row['N']:.0f}")
def test_dd_pc1_in_nuclei_as_published(row):
    """Radii to 3e-3 fm.  The published energies are of 20 oscillator shells, and of a centre-of-mass correction of their own."""
    found = solve(int(row["Z"]), int(row["N"]), "DD-PC1")
    for radius in ("charge_radius", "neutron_radius", "proton_radius"):
        assert float(found[radius]) == pytest.approx(row[radius], abs=0.003)
    # more shells and a larger correction both bind more
    assert 0 < row["total_energy"] - float(found.total_energy) < 1.25


def test_dd_pc1_pairs_about_as_pc_pk1():
    """The borrowed strengths make gaps in tin and along N = 82 that differ from those of PC-PK1 by less than a tenth."""
    for particle, nuclei in (("n", [(50, 66), (50, 70), (50, 74)]), ("p", [(56, 82), (58, 82), (62, 82)])):
        gaps = {name: np.mean([mean_gap(Z, N, name, particle) for Z, N in nuclei]) for name in ("PC-PK1", "DD-PC1")}
        assert gaps["DD-PC1"] == pytest.approx(gaps["PC-PK1"], rel=0.1)
        assert gaps["DD-PC1"] > 0.9


def mean_gap(Z, N, functional, particle):
    """Of one species at the Fermi energy, weighted with v^2 (1 - v^2), in MeV."""
    nucleus = solve(Z, N, functional, pairing=True, box=15.0)
    own = nucleus.isel(level=nucleus.particle.values == particle)
    return np.average(own.pairing_gap, weights=own.occupation * (1 - own.occupation) * abs(own.kappa))
