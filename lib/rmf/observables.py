"""What is read off a self-consistent field: energy densities, energies, radii, the centre-of-mass correction, levels.

:data:`UNITS` is the data dictionary of one nucleus; :func:`to_dataset` makes the labelled data set of it.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from lib.rmf.constants import HBARC_MEV_FM
from lib.rmf.dirac import PARTICLES, orbital
from lib.rmf.iteration import Solution
from lib.rmf.mesh import NETWORK_MESH, Mesh


def center_of_mass_energy(solution: Solution) -> float:
    r"""Microscopic centre-of-mass correction -<P^2>/(2MA) in MeV, after variation.

    .. math::

        \langle P^2\rangle = \sum_k v_k^2 \langle k|p^2|k\rangle
        - \sum_{kk'} (v_k^2 v_{k'}^2 + u_k v_k u_{k'} v_{k'}) |\langle k|\mathbf p|k'\rangle|^2

    over all single-particle states; without pairing u v = 0 and a partly filled level enters with its share
    (M. Bender et al., Eur. Phys. J. A 7, 467 (2000)).
    """
    mesh = solution.mesh
    inverse_r = np.zeros_like(mesh.r)
    inverse_r[1:] = 1 / mesh.r[1:]
    total = 0.0
    for q in PARTICLES:
        levels = solution.levels[q]
        held = levels.occupation > 1e-7
        kappa, probability, degeneracy = levels.kappa[held], levels.occupation[held], levels.degeneracy[held]
        G, F = levels.G[held], levels.F[held]
        l_upper, l_lower = orbital(kappa), orbital(-kappa)
        square = np.zeros(len(kappa))
        amplitude = np.zeros((len(kappa), len(kappa)))
        for wave, l in ((G, l_upper), (F, l_lower)):
            slope = radial_derivative(mesh, wave, l)
            over_r = wave * inverse_r
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
        angular = np.where((np.abs(j[:, None] - j[None, :]) <= 1) & _parity_changes(l_upper), angular, 0.0)
        weights = np.outer(probability, probability)
        if solution.paired:
            weights += np.outer(levels.uv[held], levels.uv[held])
        total += degeneracy * probability @ square - (weights * angular * amplitude**2).sum()
    mass_number = solution.Z + solution.N
    return float(-(HBARC_MEV_FM**2) * total / (2 * solution.functional.nucleon_mass * mass_number))


def _parity_changes(l: np.ndarray) -> np.ndarray:
    return (l[:, None] + l[None, :]) % 2 == 1


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
    inverse_r = np.zeros_like(mesh.r)
    inverse_r[1:] = 1 / mesh.r[1:]
    for q in PARTICLES:
        levels = solution.levels[q]
        weight = levels.degeneracy * levels.occupation
        kappa = levels.kappa[:, None] * inverse_r
        dG = radial_derivative(mesh, levels.G, orbital(levels.kappa))
        dF = radial_derivative(mesh, levels.F, orbital(-levels.kappa))
        upper = HBARC_MEV_FM * levels.G * (kappa * levels.F - dF)
        lower = HBARC_MEV_FM * levels.F * (dG + kappa * levels.G) - 2 * mass * levels.F**2
        total += weight @ (upper + lower)
    density = total * inverse_r**2 / (4 * np.pi)
    density[0] = mesh.at_origin @ density
    return density


UNITS = {
    "scalar_density": ("fm-3", "scalar density rho_S"),
    "vector_density": ("fm-3", "vector density rho_V"),
    "isovector_density": ("fm-3", "isovector density rho_TV = rho_n - rho_p"),
    "scalar_laplacian": ("fm-5", "Laplacian of rho_S"),
    "vector_laplacian": ("fm-5", "Laplacian of rho_V"),
    "isovector_laplacian": ("fm-5", "Laplacian of rho_TV"),
    "proton_density": ("fm-3", "point-proton density"),
    "neutron_density": ("fm-3", "neutron density"),
    "kinetic_energy_density": ("MeV fm-3", "kinetic energy density E_kin"),
    "interaction_energy_density": ("MeV fm-3", "interaction energy density E_int"),
    "coulomb_energy_density": ("MeV fm-3", "electromagnetic energy density E_em"),
    "energy_density": ("MeV fm-3", "energy density E = E_kin + E_int + E_em"),
    "scalar_potential": ("MeV", "scalar potential S"),
    "neutron_vector_potential": ("MeV", "vector potential V of the neutrons"),
    "proton_vector_potential": ("MeV", "vector potential V of the protons, Coulomb included"),
    "energy": ("MeV", "E_CDFT, the volume integral of the energy density"),
    "kinetic_energy": ("MeV", "kinetic part of E_CDFT"),
    "interaction_energy": ("MeV", "interaction part of E_CDFT"),
    "coulomb_energy": ("MeV", "electromagnetic part of E_CDFT"),
    "pairing_energy": ("MeV", "pairing energy, zero without pairing"),
    "cm_energy": ("MeV", "centre-of-mass correction"),
    "total_energy": ("MeV", "E_CDFT + pairing energy + centre-of-mass correction"),
    "neutron_radius": ("fm", "rms radius of the neutron density"),
    "proton_radius": ("fm", "rms radius of the point-proton density"),
    "charge_radius": ("fm", "charge radius, r_ch^2 = r_p^2 + 0.64 fm^2"),
    "neutron_fermi_energy": ("MeV", "energy of the last occupied neutron level; with pairing lambda_n"),
    "proton_fermi_energy": ("MeV", "energy of the last occupied proton level; with pairing lambda_p"),
    "particle_number_error": ("1", "largest deviation of the integrated N and Z from the integers"),
    "sum_rule_error": ("MeV", "E_CDFT of the densities minus that of the single-particle sum rule"),
    "residual": ("MeV", "rms change of the potentials in the last iteration, over the nuclear volume"),
    "iterations": ("1", "self-consistent iterations"),
    "shared_occupation": ("1", "1 if two degenerate levels share the last particles"),
    "particle": ("1", "n or p"),
    "n": ("1", "radial nodes of G"),
    "kappa": ("1", "relativistic angular quantum number"),
    "level_energy": ("MeV", "single-particle energy without rest mass"),
    "occupation": ("1", "occupation probability v^2 of a level"),
    "pairing_gap": ("MeV", "Delta_k, zero without pairing"),
}
"""Units and long names of every variable of :func:`solve`: the data dictionary."""


def observables(solution: Solution) -> dict[str, np.ndarray | float]:
    """Everything of :data:`UNITS` as plain arrays on the networks' mesh, and scalars; levels by increasing energy."""
    mesh, densities, levels = solution.mesh, solution.densities, solution.levels
    volume = mesh.volume
    stride = int(round(0.1 / mesh.step))
    on_mesh = slice(0, stride * (len(NETWORK_MESH) - 1) + 1, stride)
    parts = {
        "kinetic": kinetic_energy_density(solution),
        "interaction": solution.functional.interaction_energy_density(*densities.arguments),
        "coulomb": 0.5 * densities.coulomb * densities.proton,
    }
    total = sum(parts.values())
    scalar, neutron_vector, proton_vector = solution.state.potentials
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
        "scalar_potential": scalar,
        "neutron_vector_potential": neutron_vector,
        "proton_vector_potential": proton_vector,
    }
    result = {name: profile[on_mesh] for name, profile in profiles.items()}
    energy = float(volume @ total)
    pairing_energy = 0.0
    if solution.paired:
        for level in levels.values():
            # E_pair = - sum_(k>0) f u v Delta, half the degeneracy in pairs
            pairing_energy -= float((0.5 * level.degeneracy * level.anomalous) @ level.pairing_gap)
    cm_energy = center_of_mass_energy(solution)
    mean_square = {
        q: float(volume @ (mesh.r**2 * density)) for q, density in (("n", densities.neutron), ("p", densities.proton))
    }
    neutron_number, proton_number = float(volume @ densities.neutron), float(volume @ densities.proton)
    result |= {f"{name}_energy": float(volume @ part) for name, part in parts.items()}
    result |= {
        "energy": energy,
        "pairing_energy": pairing_energy,
        "cm_energy": cm_energy,
        "total_energy": energy + pairing_energy + cm_energy,
        "neutron_radius": np.sqrt(mean_square["n"] / solution.N),
        "proton_radius": np.sqrt(mean_square["p"] / solution.Z),
        "charge_radius": np.sqrt(mean_square["p"] / solution.Z + 0.64),
        "neutron_fermi_energy": levels["n"].fermi_energy,
        "proton_fermi_energy": levels["p"].fermi_energy,
        "particle_number_error": max(abs(neutron_number - solution.N), abs(proton_number - solution.Z)),
        "sum_rule_error": energy - solution.sum_rule_energy,
        "residual": solution.residual,
        "iterations": solution.iterations,
        "shared_occupation": int(any(filling.share is not None for filling in solution.fillings.values())),
    }
    columns = {name: [] for name in ("particle", "n", "kappa", "level_energy", "occupation", "pairing_gap")}
    for q in PARTICLES:
        level = levels[q]
        order = np.argsort(level.energy, kind="stable")
        columns["particle"] += [q] * len(order)
        columns["n"].append(level.nodes[order])
        columns["kappa"].append(level.kappa[order])
        columns["level_energy"].append(level.energy[order])
        columns["occupation"].append(level.occupation[order])
        columns["pairing_gap"].append(level.pairing_gap[order] if solution.paired else np.zeros(len(order)))
    result["particle"] = np.array(columns.pop("particle"))
    result |= {name: np.concatenate(parts) for name, parts in columns.items()}
    return result


def to_dataset(solution: Solution) -> xr.Dataset:
    """The data set of one nucleus: :func:`observables` with dims ``r`` and ``level``, units and provenance."""
    values = observables(solution)
    dims = {name: ("r",) if name.endswith(("density", "laplacian", "potential")) else () for name in values}
    dims |= dict.fromkeys(("particle", "n", "kappa", "level_energy", "occupation", "pairing_gap"), ("level",))
    dataset = xr.Dataset(
        {
            name: (dims[name], value, {"units": UNITS[name][0], "long_name": UNITS[name][1]})
            for name, value in values.items()
        },
        coords={
            "r": ("r", NETWORK_MESH, {"units": "fm", "long_name": "radius"}),
            "Z": ((), solution.Z, {"units": "1", "long_name": "proton number"}),
            "N": ((), solution.N, {"units": "1", "long_name": "neutron number"}),
        },
        attrs={
            "functional": solution.functional.name,
            "pairing": int(solution.paired),
            "box": solution.mesh.box,
            "step": solution.mesh.step,
            "wall_time_seconds": solution.wall_time,
        },
    )
    return dataset
