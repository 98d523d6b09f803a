r"""Nucleons of one species in given potentials S(r) and V(r): what every functional f[rho, S] has to reproduce.

A sample is the lowest N levels of a Dirac equation, the last of them filled evenly.  Its energy less that of the vector
potential is f at its density; since it is stationary, the derivatives of f are known as well:

.. math::

    \frac{\delta f}{\delta\rho} = \lambda - V, \qquad \frac{\delta f}{\delta S} = \rho_S .

The potentials may be those of a nucleus of a chart (:func:`of_chart`) or any others (:func:`generic`): f knows of no
interaction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from tqdm import tqdm

from lib.checks import check_whole
from lib.orbital_free.semilocal import Fields, features, thomas_fermi
from lib.rmf.dirac import Levels, NamedLevels, bound_levels, follow_levels, guess_of, levels_density, no_guess
from lib.rmf.mesh import Mesh, network_mesh
from lib.rmf.observables import levels as level_table
from lib.rmf.occupation import even_filling

MASS_MEV = 939.0
"""Of the nucleons in generic potentials."""
BUMPS_FM = np.arange(0.0, 12.1, 1.5)
"""Where densities and potentials are moved to ask for derivatives."""
BUMP_WIDTH_FM = 1.2
DENSITY_BUMP, SCALAR_BUMP_MEV = 0.1, 10.0
"""Height of the bumps: a relative change of the density, and one of S."""
LEAST_BOUND_MEV = 1.5
"""A generic sample whose last nucleon is bound less is drawn again: too much of it would be beyond the mesh."""
_TOLERANCE_MEV = 1e-6
_AT_ONCE = 200  # samples whose integrals are made in one go: more would not fit the memory close to the processor
_ARRAYS = ("nucleons", "density", "scalar_density", "scalar", "vector", "energy")


@dataclass
class Samples:
    """Some samples on the networks' mesh: numbers of ``nucleons`` (samples,); ``density``, ``scalar_density`` (fm^-3), ``scalar``
    and ``vector`` potential (MeV), each (samples, r); ``energy`` f (samples,) and nucleon mass in MeV."""

    nucleons: np.ndarray
    density: np.ndarray
    scalar_density: np.ndarray
    scalar: np.ndarray
    vector: np.ndarray
    energy: np.ndarray
    mass: float = MASS_MEV

    def __getitem__(self, chosen) -> Samples:
        return Samples(*(getattr(self, name)[chosen] for name in _ARRAYS), self.mass)

    def fields(self, density=None, scalar=None) -> Fields:
        """What functionals are local in; another density or potential (samples, r) in place of its own."""
        slope = network_mesh().derivative_even.T
        density = self.density if density is None else density
        scalar = self.scalar if scalar is None else scalar
        return Fields(density, density @ slope, self.mass + scalar, scalar @ slope)


def together(parts: list[Samples]) -> Samples:
    """All samples in one."""
    return Samples(*(np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS), parts[0].mass)


def filled(mesh: Mesh, levels: Levels, particles, vector):
    """Density, scalar density (r,) in fm^-3 and f in MeV, as far as the mesh reaches.

    ``particles`` (levels,) in the levels, found in S and V, of which
    ``vector`` (r,) in MeV is V.
    """
    area = mesh.inverse_area
    density = mesh.with_origin(particles @ levels_density(mesh, levels))
    upper = mesh.with_origin(particles @ (levels.G**2 * area))
    single = particles @ (levels.energy * (1 - levels.outside))
    energy = float(single - mesh.integral(vector * density))
    return density, 2 * upper - density, energy


def in_potentials(scalar, vector, mass: float, held: dict[tuple[int, int], float], guess=None) -> Samples:
    """One sample: particles ``held`` in levels, by (kappa, nodes), of S and V (r,) in MeV for this nucleon mass (MeV).

    ``guess`` has energies (MeV) where the levels are presumed, in their order.

    Raises
    ------
    ValueError
        if one of the levels is nowhere below 80 MeV.
    """
    mesh, named = network_mesh(), NamedLevels(list(held))
    start = no_guess() if guess is None else guess_of(named, np.asarray(guess, dtype=float))
    levels = follow_levels(mesh, scalar, vector, mass, named, start, _TOLERANCE_MEV)
    particles = np.array([*held.values()])
    density, scalar_density, energy = filled(mesh, levels, particles, vector)
    rows = (round(particles.sum()), density, scalar_density, scalar, vector, energy)
    return Samples(*(np.array([each]) for each in rows), mass)


def of_nucleus(nucleus: xr.Dataset, scalar_change=0.0, vector_change=0.0) -> Samples:
    """The neutrons and the protons of a row of a chart, in its potentials, S and both V changed by these amounts (r,), MeV."""
    table, mass, found = level_table(nucleus), float(nucleus.nucleon_mass), []
    scalar = nucleus.scalar_potential.values + scalar_change
    for q, name in (("n", "neutron_vector_potential"), ("p", "proton_vector_potential")):
        own = table[(table.particle == q) & (table.occupation > 0)]
        columns = zip(own.kappa, own.n, own.occupation, strict=True)
        held = {(kappa, n): occupation * 2 * abs(kappa) for kappa, n, occupation in columns}
        found.append(in_potentials(scalar, nucleus[name].values + vector_change, mass, held, own.level_energy))
    return together(found)


def of_chart(chart: xr.Dataset) -> Samples:
    """Both species of each nucleus of a chart, (2 nucleus,), the neutrons of all before the protons of all.

    The levels are found again, in the converged potentials of the chart, and filled as they are there.
    """
    rows = [of_nucleus(chart.isel(nucleus=i)) for i in tqdm(range(chart.sizes["nucleus"]), desc="levels", disable=None)]
    count = chart.sizes["nucleus"]
    return together(rows)[np.arange(2 * count).reshape(count, 2).T.ravel()]


def generic_well(rng: np.random.Generator, nucleons: int) -> tuple[np.ndarray, np.ndarray]:
    """S and V (r,) in MeV of a well that might hold so many nucleons.

    Woods-Saxon wells of random depth, radius and diffuseness, each
    with up to three bumps; some have the repulsion of a charge.
    """
    r = network_mesh().r
    radius = 1.2 * (nucleons * rng.uniform(1.7, 2.6)) ** (1 / 3) * rng.uniform(0.9, 1.1)
    sum_depth = -rng.uniform(55, 85)
    difference = rng.uniform(600, 850)
    depths = (sum_depth - difference) / 2, (sum_depth + difference) / 2
    wells = []
    width, offset = rng.uniform(0.4, 0.75), rng.uniform(-0.15, 0.15)
    for depth, sign in zip(depths, (-1, 1), strict=True):
        edge, diffuseness = radius + sign * offset / 2, width * rng.uniform(0.95, 1.05)
        well = depth / (1 + np.exp((r - edge) / diffuseness))
        well += depth * np.exp(-(r + edge) / diffuseness) / (1 + np.exp(-(r + edge) / diffuseness))  # even in r
        wells.append(well)
    for _ in range(rng.integers(0, 4)):
        at, wide = rng.uniform(0, radius), rng.uniform(0.8, 2.0)
        bump = np.exp(-(((r - at) / wide) ** 2) / 2) + np.exp(-(((r + at) / wide) ** 2) / 2)
        heights = rng.normal(0, 15), rng.normal(0, 4)  # of S - V and S + V
        wells[0] += (heights[1] + heights[0]) / 2 * bump
        wells[1] += (heights[1] - heights[0]) / 2 * bump
    if rng.uniform() < 0.5:
        charge = 1.44 * nucleons * rng.uniform(0.5, 1.0)
        wells[1] += charge / np.sqrt(r * r + (0.8 * radius) ** 2)
    return wells[0], wells[1]


def generic(count: int, seed: int, largest: int = 260) -> Samples:
    """Nucleons in generic potentials, ``count`` samples, of even numbers from 2 to ``largest`` drawn by a seed.

    Raises
    ------
    ValueError
        for numbers that cannot be.
    """
    check_whole("count", count, 1)
    check_whole("seed", seed, 0)
    check_whole("largest", largest, 8, 300)
    mesh, rng, rows = network_mesh(), np.random.default_rng([22, seed]), []
    bar = tqdm(total=count, desc="generic potentials", disable=None)
    while len(rows) < count:
        nucleons = 2 * int(rng.integers(1, largest // 2 + 1))
        scalar, vector = generic_well(rng, nucleons)
        top = float(vector[-1] + scalar[-1]) - LEAST_BOUND_MEV  # bound by so much beyond the mesh, too
        levels = bound_levels(mesh, scalar, vector, MASS_MEV, top)
        if levels.degeneracy.sum() < nucleons:
            continue
        held = even_filling(levels.energy, levels.degeneracy, nucleons) * levels.degeneracy
        density, scalar_density, energy = filled(mesh, levels, held, vector)
        rows.append((nucleons, density, scalar_density, scalar, vector, energy))
        bar.update()
    bar.close()
    return Samples(*map(np.array, zip(*rows, strict=True)))


def integrals(samples: Samples, density=None, scalar=None) -> np.ndarray:
    """Thomas-Fermi energy and the ten features of each sample, MeV, (samples, 11).

    A density or a potential (samples, r) may stand in place of the samples' own.
    """
    fields = samples.fields(density, scalar)
    base = thomas_fermi(fields.density, fields.mass, samples.mass)
    return np.concatenate([base[None], features(fields)]).transpose(1, 0, 2) @ network_mesh().volume


def directions(samples: Samples, at: float) -> tuple[np.ndarray, np.ndarray]:
    """A bump at a radius (fm): the change of the density at a fixed number of nucleons (samples, r), and that of S (r,)."""
    mesh = network_mesh()
    bump = np.exp(-(((mesh.r - at) / BUMP_WIDTH_FM) ** 2) / 2) + np.exp(-(((mesh.r + at) / BUMP_WIDTH_FM) ** 2) / 2)
    bump /= bump.max()
    mean = mesh.integral(samples.density * bump) / mesh.integral(samples.density)
    return DENSITY_BUMP * samples.density * (bump - mean[:, None]), SCALAR_BUMP_MEV * bump


def weak_derivatives(samples: Samples):
    """What each part changes by in each direction, and what f does.

    (samples, 2 bumps, 11) as in :func:`integrals`, to first order by a
    complex step, and (samples, 2 bumps), both in MeV.
    """
    mesh, parts, truth = network_mesh(), [], []
    step = 1e-20j
    for at in BUMPS_FM:
        density, scalar = directions(samples, at)
        moved = integrals(samples, density=samples.density + step * density)
        parts.append(moved.imag / step.imag)
        truth.append(-mesh.integral(samples.vector * density))
        moved = integrals(samples, scalar=samples.scalar + step * scalar)
        parts.append(moved.imag / step.imag)
        truth.append(mesh.integral(samples.scalar_density * scalar))
    return np.stack(parts, axis=1), np.stack(truth, axis=1)


def in_pieces(samples: Samples) -> list[Samples]:
    """The samples in pieces, whose integrals are made faster than those of all at once."""
    return [samples[start : start + _AT_ONCE] for start in range(0, len(samples.nucleons), _AT_ONCE)]
