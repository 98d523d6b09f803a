"""What is read off a self-consistent field: energy densities, energies, radii, the centre-of-mass correction, levels.

:data:`VARIABLES` is the data dictionary of one nucleus: the name, dimensions, unit and meaning of each number or profile.
:func:`observables` computes them, :func:`to_dataset` makes the labelled data set of them; the charts stack those of many
nuclei.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import orbital
from lib.rmf.iteration import Solution
from lib.rmf.mesh import NETWORK_MESH, Mesh
from lib.store import Variable, labelled

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
    "kinetic_energy": Variable(NUMBER, "MeV", "kinetic part of E_CDFT"),
    "interaction_energy": Variable(NUMBER, "MeV", "interaction part of E_CDFT"),
    "coulomb_energy": Variable(NUMBER, "MeV", "electromagnetic part of E_CDFT"),
    "pairing_energy": Variable(NUMBER, "MeV", "pairing energy, zero without pairing"),
    "cm_energy": Variable(NUMBER, "MeV", "centre-of-mass correction"),
    "total_energy": Variable(NUMBER, "MeV", "E_CDFT + pairing energy + centre-of-mass correction"),
    "neutron_radius": Variable(NUMBER, "fm", "rms radius of the neutron density"),
    "proton_radius": Variable(NUMBER, "fm", "rms radius of the point-proton density"),
    "charge_radius": Variable(NUMBER, "fm", "charge radius, r_ch^2 = r_p^2 + 0.64 fm^2"),
    "neutron_fermi_energy": Variable(NUMBER, "MeV", "energy of the last occupied neutron level; with pairing lambda_n"),
    "proton_fermi_energy": Variable(NUMBER, "MeV", "energy of the last occupied proton level; with pairing lambda_p"),
    "particle_number_error": Variable(NUMBER, "1", "largest deviation of the integrated N and Z from the integers"),
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
        kappa, probability, degeneracy = levels.kappa[held], levels.occupation[held], levels.degeneracy[held]
        G, F = levels.G[held], levels.F[held]
        l_upper, l_lower = orbital(kappa), orbital(-kappa)
        square = np.zeros(len(kappa))
        amplitude = np.zeros((len(kappa), len(kappa)))
        for wave, l in ((G, l_upper), (F, l_lower)):
            slope = radial_derivative(mesh, wave, l)
            over_r = wave * mesh.inverse_r
            # trapezoidal rule: G' of an s level does not vanish at the origin
            square += mesh.step * ((slope**2).sum(1) - slope[:, 0] ** 2 / 2 + l * (l + 1) * (over_r**2).sum(1))
            # <a|d/dr|b> and <a|1/r|b>; a raises (l_a = l_b + 1) or lowers (l_a = l_b - 1) the orbital momentum
            gradient, inverse = mesh.step * wave @ slope.T, mesh.step * wave @ over_r.T
            up, down = l[:, None] == l[None, :] + 1, l[:, None] == l[None, :] - 1
            amplitude += np.where(up, gradient - (l[None, :] + 1) * inverse, 0.0)
            amplitude += np.where(down, gradient + l[None, :] * inverse, 0.0)
        j = np.abs(kappa) - 0.5
        larger = np.maximum(j[:, None], j[None, :])
        same = j[:, None] == j[None, :]
        # squared reduced elements of the unit vector between j and j': only |j - j'| <= 1 survives with |l - l'| = 1
        angular = np.where(same, (2 * larger + 1) / (4 * larger * (larger + 1)), (larger**2 - 0.25) / larger)
        parity_changes = (l_upper[:, None] + l_upper[None, :]) % 2 == 1
        angular = np.where((np.abs(j[:, None] - j[None, :]) <= 1) & parity_changes, angular, 0.0)
        weights = np.outer(probability, probability) + np.outer(levels.uv[held], levels.uv[held])
        total += degeneracy * probability @ square - (weights * angular * amplitude**2).sum()
    mass_number = solution.Z + solution.N
    return float(-(HBARC_MEV_FM**2) * total / (2 * solution.functional.nucleon_mass * mass_number))


def radial_derivative(mesh: Mesh, wave: np.ndarray, l: np.ndarray) -> np.ndarray:
    """d/dr of radial functions (levels, r) that behave as r^(l+1) at the origin, hence have the parity of l + 1."""
    return np.where((l % 2 == 0)[:, None], wave @ mesh.derivative_odd.T, wave @ mesh.derivative_even.T)


def kinetic_energy_density(solution: Solution) -> np.ndarray:
    """E_kin(r) = sum_k v_k^2 psi_k^+ (alpha.p + beta M - M) psi_k in MeV fm^-3 on the solver's mesh.

    Taken from the derivatives of G and F, not from the eigenvalues, so that the energy of the densities and the
    single-particle sum rule are two independent numbers.
    """
    mesh, mass = solution.mesh, solution.functional.nucleon_mass
    total = np.zeros_like(mesh.r)
    for levels in solution.levels.values():
        weight = levels.degeneracy * levels.occupation
        kappa = levels.kappa[:, None] * mesh.inverse_r
        dG = radial_derivative(mesh, levels.G, orbital(levels.kappa))
        dF = radial_derivative(mesh, levels.F, orbital(-levels.kappa))
        upper = HBARC_MEV_FM * levels.G * (kappa * levels.F - dF)
        lower = HBARC_MEV_FM * levels.F * (dG + kappa * levels.G) - 2 * mass * levels.F**2
        total += weight @ (upper + lower)
    return mesh.with_origin(total * mesh.inverse_r**2 / (4 * np.pi))


def observables(solution: Solution) -> dict[str, np.ndarray | float]:
    """Every variable of :data:`VARIABLES`: profiles on the networks' mesh, numbers, and levels by increasing energy."""
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
    energy = float(mesh.integral(total))
    pairing_energy, cm_energy = _pairing_energy(solution), center_of_mass_energy(solution)
    return {
        **{name: mesh.on_network_mesh(profile) for name, profile in profiles.items()},
        **{f"{name}_energy": float(mesh.integral(part)) for name, part in parts.items()},
        "energy": energy,
        "pairing_energy": pairing_energy,
        "cm_energy": cm_energy,
        "total_energy": energy + pairing_energy + cm_energy,
        **_radii(solution),
        "neutron_fermi_energy": levels["n"].fermi_energy,
        "proton_fermi_energy": levels["p"].fermi_energy,
        "particle_number_error": max(
            abs(float(mesh.integral(densities.neutron)) - solution.N),
            abs(float(mesh.integral(densities.proton)) - solution.Z),
        ),
        "sum_rule_error": energy - solution.sum_rule_energy,
        "residual": solution.residual,
        "iterations": solution.iterations,
        "shared_occupation": int(any(filling.share is not None for filling in solution.fillings.values())),
        **_level_table(solution),
    }


def _pairing_energy(solution: Solution) -> float:
    """E_pair = - sum_(k>0) f u v Delta, half the degeneracy in pairs, MeV."""
    return 0.0 - sum(
        float((0.5 * levels.degeneracy * levels.anomalous) @ levels.pairing_gap) for levels in solution.levels.values()
    )


def _radii(solution: Solution) -> dict[str, float]:
    """rms radii in fm; the proton has a charge radius of 0.8 fm."""
    mesh, densities = solution.mesh, solution.densities
    neutron = float(mesh.integral(mesh.r**2 * densities.neutron)) / solution.N
    proton = float(mesh.integral(mesh.r**2 * densities.proton)) / solution.Z
    return {
        "neutron_radius": np.sqrt(neutron),
        "proton_radius": np.sqrt(proton),
        "charge_radius": np.sqrt(proton + 0.64),
    }


def _level_table(solution: Solution) -> dict[str, np.ndarray]:
    """The levels of the neutrons, then of the protons."""
    tables = []
    for q, levels in solution.levels.items():
        order = np.argsort(levels.energy, kind="stable")
        columns = {
            "particle": np.full(len(order), q),
            "n": levels.nodes,
            "kappa": levels.kappa,
            "level_energy": levels.energy,
            "occupation": levels.occupation,
            "pairing_gap": levels.pairing_gap,
        }
        tables.append({name: column[order] for name, column in columns.items()})
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def to_dataset(solution: Solution) -> xr.Dataset:
    """The data set of one nucleus: :func:`observables` with dims ``r`` and ``level``, units and provenance."""
    return labelled(
        observables(solution) | {"r": NETWORK_MESH, "Z": solution.Z, "N": solution.N},
        VARIABLES | COORDINATES,
        coords=COORDINATES,
        attrs={
            "functional": solution.functional.name,
            "nucleon_mass": solution.functional.nucleon_mass,
            "pairing": int(solution.paired),
            "box": solution.mesh.box,
            "step": solution.mesh.step,
            "wall_time_seconds": solution.wall_time,
        },
    )
