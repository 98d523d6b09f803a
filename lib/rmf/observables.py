"""What is read off a self-consistent field: energy densities, energies, radii, the centre-of-mass correction, levels.

:data:`VARIABLES` is the data dictionary of one nucleus: the name, dimensions, unit and meaning of each number or profile.
:func:`observables` computes them, :func:`to_dataset` makes the labelled data set of them; the charts stack those of many
nuclei.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import bound_levels, orbital
from lib.rmf.exterior import tail_moment
from lib.rmf.field import Densities, State
from lib.rmf.functionals import Functional
from lib.rmf.iteration import Solution
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM, Mesh
from lib.store import Variable

NUMBER, PROFILE, LEVEL = (), ("r",), ("level",)
VARIABLES = {
    "scalar_density": Variable(PROFILE, "fm-3", "scalar density rho_S"),
    "vector_density": Variable(PROFILE, "fm-3", "vector density rho_V"),
    "isovector_density": Variable(PROFILE, "fm-3", "isovector density rho_TV = rho_n - rho_p"),
    "scalar_laplacian": Variable(PROFILE, "fm-5", "Laplacian of rho_S"),
    "vector_laplacian": Variable(PROFILE, "fm-5", "Laplacian of rho_V"),
    "isovector_laplacian": Variable(PROFILE, "fm-5", "Laplacian of rho_TV"),
    "proton_density": Variable(PROFILE, "fm-3", "point-proton density"),
    "neutron_density": Variable(PROFILE, "fm-3", "neutron density"),
    "kinetic_energy_density": Variable(PROFILE, "MeV fm-3", "kinetic energy density E_kin"),
    "interaction_energy_density": Variable(PROFILE, "MeV fm-3", "interaction energy density E_int"),
    "coulomb_energy_density": Variable(PROFILE, "MeV fm-3", "electromagnetic energy density E_em"),
    "energy_density": Variable(PROFILE, "MeV fm-3", "energy density E = E_kin + E_int + E_em"),
    "scalar_potential": Variable(PROFILE, "MeV", "scalar potential S"),
    "neutron_vector_potential": Variable(PROFILE, "MeV", "vector potential V of the neutrons"),
    "proton_vector_potential": Variable(PROFILE, "MeV", "vector potential V of the protons, Coulomb included"),
    "energy": Variable(NUMBER, "MeV", "E_CDFT, the volume integral of the energy density"),
    "energy_uncertainty": Variable(
        NUMBER, "MeV", "numerical error of E_CDFT (plus pairing energy): what a finer mesh and a larger box change"
    ),
    "even_filling_energy": Variable(
        NUMBER, "MeV", "lowest E_CDFT with at most one partly filled level of each species"
    ),
    "energy_beyond_mesh": Variable(NUMBER, "MeV", "part of E_CDFT beyond the networks' mesh, r > 15 fm"),
    "kinetic_energy": Variable(NUMBER, "MeV", "kinetic part of E_CDFT"),
    "interaction_energy": Variable(NUMBER, "MeV", "interaction part of E_CDFT"),
    "coulomb_energy": Variable(NUMBER, "MeV", "electromagnetic part of E_CDFT"),
    "pairing_energy": Variable(NUMBER, "MeV", "pairing energy, zero without pairing"),
    "cm_energy": Variable(NUMBER, "MeV", "centre-of-mass correction"),
    "total_energy": Variable(NUMBER, "MeV", "E_CDFT + pairing energy + centre-of-mass correction"),
    "neutron_radius": Variable(NUMBER, "fm", "rms radius of the neutron density"),
    "proton_radius": Variable(NUMBER, "fm", "rms radius of the point-proton density"),
    "charge_radius": Variable(NUMBER, "fm", "charge radius, r_ch^2 = r_p^2 + 0.64 fm^2"),
    "radius_uncertainty": Variable(NUMBER, "fm", "numerical error of radii: what a finer mesh and a larger box change"),
    "neutron_fermi_energy": Variable(NUMBER, "MeV", "energy of the last occupied neutron level; with pairing lambda_n"),
    "proton_fermi_energy": Variable(NUMBER, "MeV", "energy of the last occupied proton level; with pairing lambda_p"),
    "sum_rule_error": Variable(NUMBER, "MeV", "E_CDFT of the densities minus that of the single-particle sum rule"),
    "residual": Variable(NUMBER, "MeV", "rms change of the potentials in the last iteration, over the nuclear volume"),
    "iterations": Variable(NUMBER, "1", "self-consistent iterations"),
    "shared_occupation": Variable(NUMBER, "1", "1 if two degenerate levels share the last particles"),
    "particle": Variable(LEVEL, "1", "n or p"),
    "n": Variable(LEVEL, "1", "radial nodes of G"),
    "kappa": Variable(LEVEL, "1", "relativistic angular quantum number"),
    "level_energy": Variable(LEVEL, "MeV", "single-particle energy without rest mass"),
    "occupation": Variable(LEVEL, "1", "occupation probability v^2 of a level"),
    "pairing_gap": Variable(LEVEL, "MeV", "Delta_k, zero without pairing"),
}
"""Every variable of :func:`lib.rmf.solver.solve` and of the charts – the data dictionary."""
COORDINATES = {
    "r": Variable(PROFILE, "fm", "radius"),
    "Z": Variable(NUMBER, "1", "proton number"),
    "N": Variable(NUMBER, "1", "neutron number"),
}
"""Their coordinates."""


def center_of_mass_energy(solution: Solution) -> float:
    r"""Microscopic centre-of-mass correction -<P^2>/(2MA) in MeV, after variation.

    .. math::

        \langle P^2\rangle = \sum_k v_k^2 \langle k|p^2|k\rangle
        - \sum_{kk'} (v_k^2 v_{k'}^2 + u_k v_k u_{k'} v_{k'}) |\langle k|\mathbf p|k'\rangle|^2

    over all single-particle states; without pairing u v = 0 and a partly filled level enters with its share
    (M. Bender et al., Eur. Phys. J. A 7, 467 (2000)).
    """
    mesh, total = solution.mesh, 0.0
    for levels in solution.levels.values():
        held = levels.occupation > 1e-7
        kappa, probability, uv = levels.kappa[held], levels.occupation[held], levels.uv[held]
        waves, l = np.array([levels.G[held], levels.F[held]]), orbital(np.array([kappa, -kappa]))
        slopes, over_r = radial_derivatives(mesh, waves, l), waves * mesh.inverse_r
        square = (slopes**2 @ mesh.line + l * (l + 1) * (over_r**2 @ mesh.line)).sum(0)
        # <a|d/dr|b> and <a|1/r|b>; a raises (l_a = l_b + 1) or lowers (l_a = l_b - 1) the orbital momentum
        gradient, inverse = (waves * mesh.line @ other.swapaxes(1, 2) for other in (slopes, over_r))
        l_a, l_b = l[:, :, None], l[:, None, :]
        amplitude = (gradient + np.where(l_a > l_b, -(l_b + 1), l_b) * inverse).sum(0)
        # squared reduced elements of the unit vector: they connect j with the same j of other parity, and with j +- 1
        j = np.abs(kappa) - 0.5
        larger = np.maximum(j[:, None], j)
        same, next_one = kappa[:, None] == -kappa, np.abs(kappa[:, None] - kappa) == 1
        angular = same * (2 * larger + 1) / (4 * larger * (larger + 1)) + next_one * (larger**2 - 0.25) / larger
        weights = np.outer(probability, probability) + np.outer(uv, uv)
        total += (2 * j + 1) * probability @ square - (weights * angular * amplitude**2).sum()
    mass_number = solution.Z + solution.N
    return float(-(HBARC_MEV_FM**2) * total / (2 * solution.functional.nucleon_mass * mass_number))


def radial_derivatives(mesh: Mesh, waves: np.ndarray, l: np.ndarray) -> np.ndarray:
    """d/dr of wave functions (..., r) of orbital momenta l (...): they behave as r^(l+1) at the origin, and so have that parity."""
    slopes, odd = np.empty_like(waves), l % 2 == 0
    slopes[odd] = waves[odd] @ mesh.derivative_odd.T
    slopes[~odd] = waves[~odd] @ mesh.derivative_even.T
    return slopes


def kinetic_energy_density(solution: Solution) -> np.ndarray:
    """E_kin(r) = sum_k v_k^2 psi_k^+ (alpha.p + beta M - M) psi_k in MeV fm^-3 on the solver's mesh.

    Taken from the derivatives of G and F, not from the eigenvalues, so that the energy of the densities and the
    single-particle sum rule are two independent numbers.
    """
    mesh, mass = solution.mesh, solution.functional.nucleon_mass
    species = solution.levels.values()
    kappa = np.concatenate([levels.kappa for levels in species])
    nucleons = np.concatenate([levels.nucleons for levels in species])
    G, F = waves = np.concatenate([[levels.G, levels.F] for levels in species], axis=1)
    dG, dF = radial_derivatives(mesh, waves, orbital(np.array([kappa, -kappa])))
    total = nucleons @ (HBARC_MEV_FM * (F * dG - G * dF) - 2 * mass * F**2)
    total += 2 * HBARC_MEV_FM * mesh.inverse_r * ((nucleons * kappa) @ (G * F))
    return mesh.with_origin(total * mesh.inverse_r**2 / (4 * np.pi))


def observables(solution: Solution) -> dict[str, np.ndarray | float]:
    """Every variable of :data:`VARIABLES` but the uncertainties: profiles on the networks' mesh, numbers, and levels by increasing energy."""
    densities, levels = solution.densities, solution.levels
    parts = {
        "kinetic": kinetic_energy_density(solution),
        "interaction": densities.interaction_energy_density,
        "coulomb": densities.coulomb_energy_density,
    }
    total = sum(parts.values())
    profiles = {
        "scalar_density": densities.scalar,
        "vector_density": densities.vector,
        "isovector_density": densities.isovector,
        "scalar_laplacian": densities.laplacians[0],
        "vector_laplacian": densities.laplacians[1],
        "isovector_laplacian": densities.laplacians[2],
        "proton_density": densities.proton,
        "neutron_density": densities.neutron,
        **{f"{name}_energy_density": part for name, part in parts.items()},
        "energy_density": total,
        "scalar_potential": solution.state.potentials[0],
        "neutron_vector_potential": solution.state.potentials[1],
        "proton_vector_potential": solution.state.potentials[2],
    }
    mesh = solution.mesh
    energies = {
        "kinetic": float(mesh.integral(parts["kinetic"])) + kinetic_energy_outside(solution),
        "interaction": float(mesh.integral(parts["interaction"])),
        "coulomb": densities.coulomb_energy,
    }
    energy = sum(energies.values())
    pairing_energy, cm_energy = solution.pairing_energy, center_of_mass_energy(solution)
    rows = mesh.on_network_mesh(np.array(list(profiles.values())))
    on_network_mesh = dict(zip(profiles, rows, strict=True))
    return {
        **on_network_mesh,
        **{f"{name}_energy": part for name, part in energies.items()},
        "energy": energy,
        "even_filling_energy": solution.even_filling_energy,
        "energy_beyond_mesh": energy - SHELL_FM * float(NETWORK_MESH**2 @ on_network_mesh["energy_density"]),
        "pairing_energy": pairing_energy,
        "cm_energy": cm_energy,
        "total_energy": energy + pairing_energy + cm_energy,
        **radii(solution.Z, solution.N, solution.functional, levels, densities, solution.state),
        "neutron_fermi_energy": levels["n"].fermi_energy,
        "proton_fermi_energy": levels["p"].fermi_energy,
        "sum_rule_error": energy - solution.sum_rule_energy,
        "residual": solution.residual,
        "iterations": solution.iterations,
        "shared_occupation": int(any(filling.share is not None for filling in solution.fillings.values())),
        **_level_table(solution),
    }


def kinetic_energy_outside(solution: Solution) -> float:
    """The kinetic energy (MeV) beyond the mesh, where a level has its own less the constant potential."""
    total = 0.0
    for q, levels in solution.levels.items():
        end = solution.state.well(q).end
        total += float((levels.nucleons * levels.outside) @ (levels.energy - end))
    return total


def radii(Z: int, N: int, functional: Functional, levels, densities: Densities, state: State) -> dict[str, float]:
    """rms radii in fm, the tails beyond the mesh included; the proton has a charge radius of 0.8 fm."""
    mesh, square = densities.mesh, {}
    for q, number, density in (("n", N, densities.neutron), ("p", Z, densities.proton)):
        each, end = levels[q], state.well(q).end
        nucleons = each.nucleons * each.outside
        far = nucleons > 1e-12
        tails = mesh.box**2 + tail_moment(each.energy[far], each.kappa[far], mesh.box, end, functional.nucleon_mass, 2)
        beyond = nucleons[far] @ tails
        square[q] = (float(mesh.integral(mesh.r**2 * density)) + beyond) / number
    return {
        "neutron_radius": float(np.sqrt(square["n"])),
        "proton_radius": float(np.sqrt(square["p"])),
        "charge_radius": float(np.sqrt(square["p"] + 0.64)),
    }


def _level_table(solution: Solution) -> dict[str, np.ndarray]:
    """The levels of the neutrons, then of the protons: all that are bound, and with pairing those of its window."""
    found = []
    for q, levels in solution.levels.items():
        found.append((q, levels))
        if not solution.paired:  # those without particles have not been followed
            well, mass, top = solution.state.well(q), solution.functional.nucleon_mass, max(0.0, levels.fermi_energy)
            empty = bound_levels(solution.mesh, well.scalar, well.vector, mass, top, well.guess, known=levels)
            found.append((q, empty))
    columns = {
        "particle": [np.full(len(each.energy), q) for q, each in found],
        "n": [each.nodes for _, each in found],
        "kappa": [each.kappa for _, each in found],
        "level_energy": [each.energy for _, each in found],
        "occupation": [each.occupation for _, each in found],
        "pairing_gap": [each.pairing_gap for _, each in found],
    }
    table = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = np.lexsort((table["level_energy"], table["particle"]))
    return {name: column[order] for name, column in table.items()}


def levels(nucleus: xr.Dataset) -> pd.DataFrame:
    """Levels of one nucleus of :func:`lib.rmf.solver.solve` or of a chart, those that are empty too as long as they are bound.

    ``particle``, ``n``, ``kappa``, ``level_energy`` in MeV and ``occupation``, by increasing energy.
    """
    names = ["particle", "n", "kappa", "level_energy", "occupation"]
    table = pd.DataFrame({name: nucleus[name].values for name in names}).dropna()  # charts are padded with NaN
    return table.astype({"n": int, "kappa": int}).sort_values("level_energy").reset_index(drop=True)
