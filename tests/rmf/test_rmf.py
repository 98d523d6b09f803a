"""One nucleus: published numbers, identities a self-consistent field must obey, and what the solver refuses."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import simpson
from scipy.special import eval_genlaguerre

from lib.learning.known_region import AME2020
from lib.rmf import iteration, lowest
from lib.rmf import mesh as mesh_module
from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import Levels
from lib.rmf.functionals import FUNCTIONALS, PAPER_FUNCTIONALS, PC_PK1
from lib.rmf.iteration import NoConvergenceError
from lib.rmf.lowest import ground_state
from lib.rmf.mesh import Mesh, get_mesh
from lib.rmf.observables import VARIABLES, center_of_mass_energy
from lib.rmf.occupation import UnboundNucleusError
from lib.rmf.solver import solve

PUBLISHED = pd.read_csv(AME2020.with_name("published_nuclei.csv"), comment="#")
NUCLEI = {
    "light": (8, 8, "PC-PK1", False),
    "doubly magic": (20, 28, "PC-F1", False),
    "open shell": (32, 46, "PC-PK1", False),
    "paired": (50, 70, "PC-PK1", True),
    "heavy": (82, 126, "PC-PK1", False),
    "drip line": (20, 50, "PC-PK1", False),
}
_cache = {}


def nucleus(Z, N, functional="PC-PK1", pairing=False, **settings):
    """Each nucleus is solved once for all tests."""
    key = (Z, N, functional, pairing, *sorted(settings.items()))
    if key not in _cache:
        _cache[key] = solve(Z, N, functional, pairing, **settings)
    return _cache[key]


EACH = pytest.mark.parametrize("case", list(NUCLEI))


@pytest.fixture
def data(case):
    return nucleus(*NUCLEI[case])


def volume(data):
    """Weights of the volume integral on the networks' mesh, made here anew."""
    r = data.r.values
    weights = 4 * np.pi * r**2 * (r[1] - r[0])
    weights[-1] /= 2
    return weights


@pytest.mark.parametrize("row", PUBLISHED.to_dict("records"), ids=lambda row: f"Z{row['Z']:.0f}-N{row['N']:.0f}")
@pytest.mark.parametrize("functional", PAPER_FUNCTIONALS)
def test_published_energies_and_radii(row, functional):
    """Two independent codes to 0.03 MeV and 0.003 fm; the published mass table, in a finite basis, to 0.04 MeV."""
    found = nucleus(int(row["Z"]), int(row["N"]), functional)
    assert found.total_energy == pytest.approx(row[f"{functional}_energy"], abs=0.03)
    if functional == "PC-PK1":
        assert found.charge_radius == pytest.approx(row["PC-PK1_charge_radius"], abs=0.003)
        assert found.total_energy == pytest.approx(row["published_energy"], abs=0.04)


@EACH
def test_particle_number(case, data):
    """From the levels, and from the densities by Simpson's rule, which is not the rule the spinors are normalised by."""
    holds = data.occupation * 2 * np.abs(data.kappa)
    for q, number in (("n", int(data.N)), ("p", int(data.Z))):
        assert float(holds[data.particle.values == q].sum()) == pytest.approx(number, abs=1e-6)
    assert data.particle_number_error < 1e-6
    Z, N, functional, pairing = NUCLEI[case]
    in_box = nucleus(Z, N, functional, pairing, box=15.0)
    for name, number in (("neutron", N), ("proton", Z)):
        shell = 4 * np.pi * in_box.r.values**2 * in_box[f"{name}_density"].values
        assert simpson(shell, dx=0.1) == pytest.approx(number, abs=1e-6)


@EACH
def test_sum_rule(data):
    """E of the densities and derivatives, and E of the single-particle energies, agree to 1 keV: two independent sums."""
    assert abs(data.sum_rule_error) < 1e-3
    assert data.residual < 1e-5


@EACH
def test_densities_hang_together(data):
    """rho_V = rho_n + rho_p, rho_TV = rho_n - rho_p, 0 < rho_S < rho_V, and the parts of the energy add up."""
    n, p = data.neutron_density, data.proton_density
    assert np.allclose(data.vector_density, n + p, atol=1e-14)
    assert np.allclose(data.isovector_density, n - p, atol=1e-14)
    inner = data.r < 8
    assert bool((data.scalar_density < data.vector_density)[inner].all())
    assert bool((data.scalar_density > 0)[inner].all())
    parts = [data[f"{name}_energy_density"] for name in ("kinetic", "interaction", "coulomb")]
    assert np.allclose(data.energy_density, sum(parts), atol=1e-12)
    assert float(data.energy) == pytest.approx(
        float(data.kinetic_energy + data.interaction_energy + data.coulomb_energy), abs=1e-8
    )
    assert float(data.total_energy) == pytest.approx(
        float(data.energy + data.pairing_energy + data.cm_energy), abs=1e-9
    )


@EACH
def test_potentials_are_those_of_the_densities(data):
    """At self-consistency S and V_n follow from the published densities and Laplacians (converged: to 0.1 keV)."""
    functional = FUNCTIONALS[data.functional]
    names = [f"{kind}_{what}" for what in ("density", "laplacian") for kind in ("scalar", "vector", "isovector")]
    fields = functional.potentials(*(data[name].values for name in names))
    inside = data.r.values < 10
    assert data.scalar_potential.values[inside] == pytest.approx(fields.scalar[inside], abs=1e-4)
    assert data.neutron_vector_potential.values[inside] == pytest.approx(fields.neutron_vector[inside], abs=1e-4)


@EACH
def test_interaction_energy_is_that_of_the_densities(data):
    functional = FUNCTIONALS[data.functional]
    names = [f"{kind}_{what}" for what in ("density", "laplacian") for kind in ("scalar", "vector", "isovector")]
    density = functional.interaction_energy_density(*(data[name].values for name in names))
    assert data.interaction_energy_density.values == pytest.approx(density, abs=1e-10)


@pytest.mark.parametrize("case", ["light", "doubly magic", "open shell", "heavy"])
def test_virial_theorem(data):
    """A field scaled by r -> r/s has its lowest energy at s = 1: <alpha p> + 3 E_2 + 6 E_3 + 9 E_4 + 5 E_grad + E_C = 0.

    E_kin holds the mass, so <alpha p> = E_kin + M int (rho_V - rho_S).  No term of the energy can be wrong alone.
    """
    functional = FUNCTIONALS[data.functional]
    w = volume(data)
    S, V, TV = (data[f"{kind}_density"].values for kind in ("scalar", "vector", "isovector"))
    lap_S, lap_V, lap_TV = (data[f"{kind}_laplacian"].values for kind in ("scalar", "vector", "isovector"))
    fm = functional.fm
    momentum = float(data.kinetic_energy) + functional.nucleon_mass * w @ (V - S)
    second = w @ (fm("alpha_S") * S**2 + fm("alpha_V") * V**2 + fm("alpha_TV") * TV**2) / 2
    third, fourth = fm("beta_S") / 3 * w @ S**3, (fm("gamma_S") * w @ S**4 + fm("gamma_V") * w @ V**4) / 4
    gradient = w @ (fm("delta_S") * S * lap_S + fm("delta_V") * V * lap_V + fm("delta_TV") * TV * lap_TV) / 2
    virial = momentum + 3 * second + 6 * third + 9 * fourth + 5 * gradient + float(data.coulomb_energy)
    assert momentum > 30 * float(data.N + data.Z)
    assert virial == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("coupling", ["alpha_S", "beta_S", "gamma_V", "delta_S", "delta_TV", "alpha_TV"])
def test_hellmann_feynman(coupling):
    """dE/d(coupling) is the mean value of its term: the state is a minimum; and own couplings are accepted."""
    value = getattr(PC_PK1, coupling)
    step = 1e-4 * value
    energies = [
        float(solve(20, 28, replace(PC_PK1, name="own", **{coupling: value + sign * step})).energy) for sign in (1, -1)
    ]
    data = nucleus(20, 28)
    kind = {"S": "scalar", "V": "vector", "TV": "isovector"}[coupling.split("_")[1]]
    rho, lap = data[f"{kind}_density"].values, data[f"{kind}_laplacian"].values
    term = {"alpha": rho**2 / 2, "beta": rho**3 / 3, "gamma": rho**4 / 4, "delta": rho * lap / 2}
    mean = PC_PK1.fm(coupling) * volume(data) @ term[coupling.split("_")[0]]
    assert (energies[0] - energies[1]) / 2e-4 == pytest.approx(mean, rel=2e-4, abs=0.02)


@pytest.fixture
def without_coulomb(monkeypatch):
    monkeypatch.setattr(mesh_module, "FINE_STRUCTURE", 0.0)
    return Mesh(15.0, 0.1)


def test_mirror_nuclei_without_coulomb(without_coulomb):
    """Neutrons and protons change places: same energy, same levels, opposite isovector density."""
    one = ground_state(8, 14, PC_PK1, without_coulomb)
    other = ground_state(14, 8, PC_PK1, without_coulomb)
    assert one.sum_rule_energy == pytest.approx(other.sum_rule_energy, abs=1e-4)
    assert one.levels["n"].fermi_energy == pytest.approx(other.levels["p"].fermi_energy, abs=1e-5)
    assert one.densities.isovector == pytest.approx(-other.densities.isovector, abs=1e-6)
    assert one.densities.isovector.max() > 0.01
    assert center_of_mass_energy(one) == pytest.approx(center_of_mass_energy(other), abs=1e-4)


def test_coulomb_energy_and_potential():
    """Far outside V_p is Z e^2/r (what is left of the nuclear part falls below 1e-6 MeV), and E_C of 208Pb is near that of a sphere, 3/5 Z^2 e^2 / sqrt(5/3) r_p."""
    data = nucleus(82, 126)
    e2 = HBARC_MEV_FM / 137.035999
    assert data.proton_vector_potential.values[-8:] == pytest.approx(82 * e2 / data.r.values[-8:], rel=1e-4)
    sphere = 0.6 * 82**2 * e2 / (np.sqrt(5 / 3) * float(data.proton_radius))
    assert float(data.coulomb_energy) == pytest.approx(sphere, rel=0.02)


@pytest.mark.parametrize(
    ("case", "finest"), [("light", 0.025), ("open shell", 0.05), ("paired", 0.05), ("heavy", 0.05)]
)
def test_finer_mesh(case, finest):
    """The step of 0.1 fm is good to 2 keV."""
    Z, N, functional, pairing = NUCLEI[case]
    coarse, fine = nucleus(*NUCLEI[case]), nucleus(Z, N, functional, pairing, step=finest)
    for name in ("energy", "total_energy", "pairing_energy", "cm_energy"):
        assert float(coarse[name]) == pytest.approx(float(fine[name]), abs=2e-3), name
    assert float(coarse.charge_radius) == pytest.approx(float(fine.charge_radius), abs=1e-4)
    assert len(fine.r) == 151


@pytest.mark.parametrize("case", ["light", "heavy"])
def test_wider_box(case):
    """Well bound nuclei hardly feel the wall: 20 and 25 fm agree to 0.1 keV, 15 fm costs lead 8 keV and oxygen nothing.

    The wall takes room away, so a smaller box never binds more.
    """
    Z, N, functional, pairing = NUCLEI[case]
    small, usual, large = (
        float(nucleus(Z, N, functional, pairing, box=box).total_energy) for box in (15.0, 20.0, 25.0)
    )
    assert usual == pytest.approx(large, abs=1e-4)
    assert -1e-4 < small - usual < {"light": 1e-4, "heavy": 0.02}[case]


@pytest.mark.parametrize("case", ["light", "open shell", "heavy"])
def test_energy_is_the_integral_of_its_profile(case):
    """In a box of 15 fm, where the networks' mesh ends, the sum over the mesh is E_CDFT to 1 keV (measured 1e-9)."""
    Z, N, functional, pairing = NUCLEI[case]
    data = nucleus(Z, N, functional, pairing, box=15.0)
    assert float(volume(data) @ data.energy_density.values) == pytest.approx(float(data.energy), abs=1e-3)


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (20, 20), (20, 28), (50, 82), (82, 126)])
def test_centre_of_mass_correction_near_the_oscillator(Z, N):
    """-(3/4) 41 A^(-1/3) MeV, to 25 %: known to be too much in light nuclei, a little low in heavy ones."""
    estimate = -0.75 * 41 * (Z + N) ** (-1 / 3)
    assert float(nucleus(Z, N).cm_energy) == pytest.approx(estimate, rel=0.25)


@pytest.mark.parametrize("shells", [1, 2, 3])
def test_centre_of_mass_of_oscillator_wave_functions(shells):
    """Filled shells of an oscillator: the centre of mass is in its 0s state, <P^2>/2MA = 3/4 hbar omega exactly."""
    mesh = get_mesh(20.0, 0.1)
    length = 1.8
    kappa, nodes, G = [], [], []
    for N in range(shells):
        for l in range(N, -1, -2):
            for value in [-l - 1] + ([l] if l else []):
                n, x = (N - l) // 2, (mesh.r / length) ** 2
                wave = mesh.r ** (l + 1) * np.exp(-x / 2) * eval_genlaguerre(n, l + 0.5, x)
                kappa.append(value)
                nodes.append(n)
                G.append(wave / np.sqrt(mesh.step * wave @ wave))
    G = np.array(G)
    levels = {q: Levels(np.arange(len(G)), np.array(kappa), np.array(nodes), G, 0 * G) for q in "np"}
    for level in levels.values():
        level.occupation[:] = 1.0
    number = sum(int(level) for level in levels["n"].degeneracy)
    assert number == sum((N + 1) * (N + 2) for N in range(shells))
    filled = SimpleNamespace(Z=number, N=number, functional=PC_PK1, mesh=mesh, levels=levels)
    omega = HBARC_MEV_FM**2 / (PC_PK1.nucleon_mass * length**2)
    assert center_of_mass_energy(filled) == pytest.approx(-0.75 * omega, rel=1e-7)


def by_label(data, name):
    """(species, nodes, kappa) -> value."""
    labels = zip(data.particle.values.tolist(), data.n.values.tolist(), data.kappa.values.tolist(), strict=True)
    return dict(zip(labels, data[name].values.tolist(), strict=True))


def test_levels_of_oxygen():
    """16O: 1s1/2, 1p3/2, 1p1/2 filled for both species, protons above neutrons by Coulomb, spin-orbit of 5 to 7 MeV."""
    data = nucleus(8, 8)
    energy = by_label(data, "level_energy")
    held = {label for label, v2 in by_label(data, "occupation").items() if v2 > 0}
    assert held == {(q, 0, k) for q in "np" for k in (-1, -2, 1)}
    for q in "np":
        assert energy[q, 0, -1] < energy[q, 0, -2] < energy[q, 0, 1] < 0
        assert 5 < energy[q, 0, 1] - energy[q, 0, -2] < 7
    assert all(2.5 < energy["p", 0, k] - energy["n", 0, k] < 5 for k in (-1, -2, 1))


@pytest.mark.parametrize("case", ["light", "doubly magic", "heavy"])
def test_spin_orbit_order(data):
    """j = l + 1/2 (kappa < 0) lies below j = l - 1/2 for each n, l, as all the magic numbers need."""
    energy = by_label(data, "level_energy")
    pairs = [(q, n, k) for q, n, k in energy if k > 0 and (q, n, -k - 1) in energy]
    assert len(pairs) >= 2
    assert all(energy[q, n, -k - 1] < energy[q, n, k] for q, n, k in pairs)
    for q in "np":
        of_one = data.level_energy.values[data.particle.values == q]
        assert np.all(np.diff(of_one) >= 0)


def test_magic_gaps_of_lead():
    """208Pb: 82 and 126 close shells, with gaps of more than 3 MeV behind them."""
    data = nucleus(82, 126)
    for q in "np":
        mine = data.particle.values == q
        energy, occupation = data.level_energy.values[mine], data.occupation.values[mine]
        assert set(occupation) == {0.0, 1.0} or set(occupation) == {1.0}
        assert energy[occupation == 1].max() == pytest.approx(
            float(data[f"{'neutron' if q == 'n' else 'proton'}_fermi_energy"])
        )
        if (occupation == 0).any():
            assert energy[occupation == 0].min() - energy[occupation == 1].max() > 3


def test_partly_filled_level_is_filled_evenly():
    """78Ge: every level but the last of each species is full or empty."""
    data = nucleus(32, 46)
    for q in "np":
        occupation = data.occupation.values[data.particle.values == q]
        assert ((occupation > 1e-9) & (occupation < 1 - 1e-9)).sum() <= 2
        assert set(np.round(occupation[np.argsort(occupation)][::-1][:3], 9)) == {1.0}


def test_pairing_of_tin():
    """120Sn: neutrons pair with a gap of 1 to 2 MeV, the 50 protons do not, and pairing binds."""
    paired, plain = nucleus(50, 70, "PC-PK1", True), nucleus(50, 70)
    neutron = paired.particle.values == "n"
    weight = (paired.occupation * (1 - paired.occupation) * np.abs(paired.kappa)).values
    average = (weight * paired.pairing_gap.values)[neutron].sum() / weight[neutron].sum()
    assert 1.0 < average < 2.2
    assert np.abs(paired.pairing_gap.values[~neutron]).max() < 1e-3
    assert -20 < float(paired.pairing_energy) < -5
    assert float(paired.total_energy) < float(plain.total_energy) - 0.5
    assert float(plain.pairing_energy) == 0
    assert not plain.pairing_gap.any()
    # lambda lies between the levels it half fills
    occupation = paired.occupation.values[neutron]
    energy = paired.level_energy.values[neutron]
    assert np.all((occupation > 0.5) == (energy < float(paired.neutron_fermi_energy)))


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (50, 82), (82, 126)])
def test_pairing_collapses_at_double_shell_closures(Z, N):
    """Why the published table can be met without pairing: with and without agree to 0.1 keV."""
    paired, plain = nucleus(Z, N, "PC-PK1", True), nucleus(Z, N)
    assert abs(float(paired.pairing_energy)) < 1e-4
    assert float(paired.total_energy) == pytest.approx(float(plain.total_energy), abs=1e-4)


def test_start_does_not_matter():
    """From the field of a neighbour and from scratch: the same nucleus."""
    mesh = get_mesh(15.0, 0.1)
    neighbour = ground_state(20, 26, PC_PK1, mesh)
    warm, cold = ground_state(20, 28, PC_PK1, mesh, False, neighbour.state), ground_state(20, 28, PC_PK1, mesh)
    assert warm.sum_rule_energy == pytest.approx(cold.sum_rule_energy, abs=1e-6)
    assert warm.iterations < cold.iterations


def test_history_ends_at_the_residual():
    solution = ground_state(8, 8, PC_PK1, get_mesh(15.0, 0.1))
    assert len(solution.history) >= 5
    assert solution.history[-1] == solution.residual < 2e-6 < solution.history[0]


@EACH
def test_data_dictionary(data):
    """Names are exactly those of VARIABLES, each with units and a long name; the level and the radius are the only dims."""
    assert set(data.data_vars) == set(VARIABLES)
    for name, variable in data.variables.items():
        assert variable.attrs["long_name"], name
        assert variable.attrs["units"] == (VARIABLES[name].unit if name in VARIABLES else {"r": "fm"}.get(name, "1"))
    assert set(data.dims) == {"r", "level"}
    assert data.sizes["r"] == 151
    assert {name for name in data.data_vars if data[name].dims == ("r",)} == {
        name for name in VARIABLES if name.endswith(("density", "laplacian", "potential"))
    }
    assert all(np.isfinite(data[name]).all() for name in data.data_vars if name != "particle")
    assert (int(data.Z), int(data.N)) in [case[:2] for case in NUCLEI.values()]
    assert {"functional", "pairing", "box", "step"} <= data.attrs.keys()


def test_own_functional_by_name_and_by_object_agree():
    assert float(solve(8, 8, PC_PK1).energy) == float(nucleus(8, 8).energy)
    assert solve(8, 8, replace(PC_PK1, name="mine")).functional == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((7, 8), r"Z = 7 is odd.*6 or 8"),
        ((8, 9), r"N = 9 is odd.*8 or 10"),
        ((-8, 8), r"Z = -8 .*even number from 2 to 300"),
        ((8, 0), r"N = 0 .*even number from 2 to 300"),
        ((8, 302), r"N = 302 .*even number from 2 to 300"),
        ((8.0, 8), r"Z = 8\.0 is not an integer.*even"),
        ((8, 8.5), r"N = 8\.5 is not an integer.*even"),
        ((8, float("nan")), r"N = nan is not an integer.*even"),
        ((True, 8), r"Z = True is not an integer.*even"),
        (("8", 8), r"Z = '8' is not an integer.*even"),
        ((None, 8), r"Z = None is not an integer.*even"),
        ((8, 8, "PC-PK2"), r"'PC-PK2'.*PC-PK1, PC-F1"),
        ((8, 8, "pc-pk1"), r"'pc-pk1'.*PC-PK1, PC-F1"),
        ((8, 8, None), r"None.*PC-PK1, PC-F1"),
        ((8, 8, "PC-PK1", 1), r"pairing = 1 .*True nor False"),
        ((8, 8, "PC-PK1", "yes"), r"pairing = 'yes' .*True nor False"),
        ((8, 8, "PC-PK1", None), r"pairing = None .*True nor False"),
        ((8, 8, "PC-PK1", False, 10.0), r"box = 10\.0 .*15 to 40"),
        ((8, 8, "PC-PK1", False, 100.0), r"box = 100\.0 .*15 to 40"),
        ((8, 8, "PC-PK1", False, "20"), r"box = '20' .*15 to 40"),
        ((8, 8, "PC-PK1", False, 20.0, 0.3), r"step = 0\.3 .*take 0\.1"),
        ((8, 8, "PC-PK1", False, 20.0, 0.0), r"step = 0\.0 .*take 0\.1"),
        ((8, 8, "PC-PK1", False, 20.0, -0.1), r"step = -0\.1 .*take 0\.1"),
    ],
)
def test_refusals_name_value_and_remedy(arguments, words):
    with pytest.raises(ValueError, match=words):
        solve(*arguments)


def test_numpy_integers_are_integers():
    """Z and N often come out of a table."""
    assert float(solve(np.int64(8), np.int32(8)).energy) == float(nucleus(8, 8).energy)


@pytest.mark.parametrize(("Z", "N", "which"), [(8, 30, "n"), (20, 8, "p"), (50, 20, "p")])
def test_unbound_nucleus(Z, N, which):
    """The error says which nucleon is not bound, and by how much; it is a ValueError too."""
    with pytest.raises(UnboundNucleusError, match=rf"Z = {Z}, N = {N} .*\+\d+\.\d+ MeV \({which}\).*nearer stability"):
        solve(Z, N)
    assert issubclass(UnboundNucleusError, ValueError)


def test_no_room_in_the_potential():
    """Far beyond the drip line there are not even levels to put the nucleons in."""
    shallow = replace(PC_PK1, alpha_S=-1e-5, alpha_V=1e-4)
    with pytest.raises((UnboundNucleusError, NoConvergenceError), match=r"unbound|bound|residual"):
        solve(8, 8, shallow)


def test_a_cold_start_that_finds_no_way_in_goes_by_a_neighbour():
    """116Cd shares neutrons between two levels; from Woods-Saxon wells the iteration swings for ever."""
    assert float(nucleus(48, 68).residual) < 2e-6
    assert not iteration.iterate(48, 68, PC_PK1, get_mesh(20.0, 0.1)).converged
    beside = iteration.iterate(48, 70, PC_PK1, get_mesh(20.0, 0.1))
    again = ground_state(48, 68, PC_PK1, get_mesh(20.0, 0.1), start=beside.state)
    assert float(nucleus(48, 68).energy) == pytest.approx(again.sum_rule_energy, abs=1e-3)


def test_no_convergence(monkeypatch):
    """Five iterations are not enough: every attempt is made, and the error names nucleus, residual and remedy."""
    attempts = []

    def short(*arguments, **settings):
        if "mixing" in settings:  # neighbours come without
            attempts.append(settings["mixing"])
        return original(*arguments, **settings)

    original = partial(iteration.iterate, limit=5)
    monkeypatch.setattr(lowest, "iterate", short)
    with pytest.raises(
        NoConvergenceError, match=r"Z = 20, N = 28 with PC-PK1: residual \d.*after 5 iterations.*change the box"
    ):
        solve(20, 28)
    assert attempts == sorted(attempts, reverse=True)
    assert len(attempts) >= 3


@pytest.mark.parametrize(("Z", "N"), [(16, 16), (16, 18), (6, 8)])
def test_no_collapse_in_light_nuclei(Z, N):
    """PC-PK1 has a dense unphysical state in these: the central density stays below twice saturation."""
    data = nucleus(Z, N)
    assert float(data.vector_density.max()) < lowest.COLLAPSE_DENSITY
    assert -9.5 < float(data.energy) / (Z + N) < -5


def test_a_collapsed_state_is_not_accepted(monkeypatch):
    """If the density limit is set below that of a real nucleus, no attempt passes: the guard is live."""
    monkeypatch.setattr(lowest, "COLLAPSE_DENSITY", 0.1)
    with pytest.raises(NoConvergenceError):
        solve(8, 8)


def test_the_process_runs_on_one_mesh_per_box():
    """The operators of a mesh are made once."""
    assert get_mesh(15.0, 0.1) is get_mesh(15.0, 0.1)
