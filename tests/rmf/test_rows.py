"""Physics that must hold in every row of both full charts, from what the files hold and by formulas written here."""

import numpy as np
import pytest

from lib.rmf import virial
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import load_chart
from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM
from lib.rmf.functionals import PAPER_FUNCTIONALS

CHANNELS = ("scalar", "vector", "isovector")


@pytest.fixture(scope="module", params=PAPER_FUNCTIONALS)
def chart(request):
    return load_chart(request.param)


def second_derivative(odd):
    """Of functions (row, r) that are odd in r, by differences of sixth order; without r = 0 and the last three points."""
    both = np.c_[-odd[:, 3:0:-1], odd]
    weights = np.array([2, -27, 270, -490, 270, -27, 2]) / (180 * 0.1**2)
    length = both.shape[1] - 6
    return sum(weight * both[:, k : k + length] for k, weight in enumerate(weights))[:, 1:]


@pytest.mark.parametrize("channel", CHANNELS)
def test_laplacians_are_those_of_the_densities(chart, channel):
    r = chart.r.values
    by_differences = second_derivative(r * chart[f"{channel}_density"].values) / r[1:-3]
    given = chart[f"{channel}_laplacian"].values
    assert np.abs(by_differences - given[:, 1:-3]).max() < 1e-4 * np.abs(given).max()


def test_densities_are_positive_and_belong_together(chart):
    """The scalar density falls short of the vector density, by twice that of the small components."""
    neutrons, protons = chart.neutron_density.values, chart.proton_density.values
    assert neutrons.min() > 0
    assert protons.min() > 0
    assert (chart.vector_density - chart.scalar_density).values.min() > 0
    assert chart.vector_density.values == pytest.approx(neutrons + protons, abs=1e-14)
    assert chart.isovector_density.values == pytest.approx(neutrons - protons, abs=1e-14)
    shells = 4 * np.pi * 0.1 * chart.r.values**2
    small = (chart.vector_density - chart.scalar_density).values @ shells / (chart.vector_density.values @ shells)
    assert 0.02 < small.min()
    assert small.max() < 0.08


def test_potentials_are_those_of_the_densities(chart):
    """Point couplings, written out; what is left between protons and neutrons obeys Poisson's equation."""
    functional = get_functional(chart.functional)
    c = {name: functional.fm(name) for name in functional.couplings}
    (S, lap_S), (V, lap_V), (TV, lap_TV) = (
        (chart[f"{channel}_density"].values, chart[f"{channel}_laplacian"].values) for channel in CHANNELS
    )
    scalar = c["alpha_S"] * S + c["beta_S"] * S**2 + c["gamma_S"] * S**3 + c["delta_S"] * lap_S
    vector = c["alpha_V"] * V + c["gamma_V"] * V**3 + c["delta_V"] * lap_V
    isovector = c["alpha_TV"] * TV + c["delta_TV"] * lap_TV
    assert chart.scalar_potential.values == pytest.approx(scalar, abs=1e-3)
    assert chart.neutron_vector_potential.values == pytest.approx(vector + isovector, abs=1e-3)
    coulomb = (chart.proton_vector_potential - chart.neutron_vector_potential).values + 2 * isovector
    r, protons = chart.r.values, chart.proton_density.values
    charge = -second_derivative(r * coulomb) / (4 * np.pi * FINE_STRUCTURE * HBARC_MEV_FM * r[1:-3])
    assert charge == pytest.approx(protons[:, 1:-3], abs=2e-4)
    assert coulomb[:, -1] == pytest.approx(FINE_STRUCTURE * HBARC_MEV_FM * chart.Z.values / 15, rel=1e-3)


def test_energies_are_the_sums_of_their_parts(chart):
    parts = chart.kinetic_energy + chart.interaction_energy + chart.coulomb_energy
    assert chart.energy.values == pytest.approx(parts.values, abs=1e-9)
    total = chart.energy + chart.pairing_energy + chart.cm_energy
    assert chart.total_energy.values == pytest.approx(total.values, abs=1e-9)
    assert chart.interaction_energy.values.max() < 0
    assert chart.coulomb_energy.values.min() > 0
    assert chart.cm_energy.values.max() < 0


def test_the_virial_theorem(chart):
    """The energy by densities alone, to 15 fm: short of what the neutrons beyond have of it, of each some MeV."""
    difference = virial.on_shell_energies(chart) - chart.energy.values
    beyond = chart.N.values - 4 * np.pi * 0.1 * chart.neutron_density.values @ chart.r.values**2
    assert np.abs(difference)[beyond < 1e-4].max() < 5e-3
    assert (beyond < 1e-4).sum() > 500
    assert np.all(np.abs(difference) < 5e-3 + 15 * np.abs(beyond))


def test_energies_follow_the_levels_that_are_filled(chart):
    """Janak's theorem: dE/dN is the energy of the level that takes the particle.

    Where two isotopes, or isotones, differ in the occupation of one level alone, their energies differ by about the mean of
    its two energies for each nucleon: the trapezium of the slope at both ends.
    """
    Z, N, energy = chart.Z.values, chart.N.values, chart.energy.values
    row = {at: place for place, at in enumerate(zip(Z.tolist(), N.tolist(), strict=True))}

    def levels(place, particle):
        own = chart_particle[place] == particle
        names = zip(n[place][own].tolist(), kappa[place][own].tolist(), strict=True)
        return dict(zip(names, zip(level[place][own], occupation[place][own], strict=True), strict=True))

    names = ("particle", "n", "kappa", "level_energy", "occupation")
    chart_particle, n, kappa, level, occupation = (chart[name].values for name in names)
    off = []
    for (z, neutrons), place in row.items():
        for particle, before in (("n", (z, neutrons - 2)), ("p", (z - 2, neutrons))):
            if before not in row:
                continue
            spectators = "p" if particle == "n" else "n"
            others = [filled(levels(at, spectators)) for at in (place, row[before])]
            after, earlier = levels(place, particle), levels(row[before], particle)
            changed = filled(after) ^ filled(earlier)
            moved = {name for name, _ in changed}
            if others[0] != others[1] or len(moved) != 1 or not moved <= after.keys() & earlier.keys():
                continue
            [name] = moved
            off.append(energy[place] - energy[row[before]] - after[name][0] - earlier[name][0])
    assert len(off) > 2000
    assert np.sqrt(np.mean(np.square(off))) < 0.08
    assert np.abs(off).max() < 1.3


def filled(levels):
    """Names and occupations of the levels that have particles."""
    return {(name, round(float(occupation), 6)) for name, (_, occupation) in levels.items() if occupation > 1e-9}
