"""The functional derivative of a network of densities, by automatic differentiation: a test of it, and what it is worth.

At a ground state the energy does not change, to first order, if the densities do and the numbers of nucleons do not: as a
functional of rho_S, rho_n and rho_p it would have the derivatives 0, lambda_n and lambda_p, everywhere in the nucleus.
:func:`stationarity` asks a network for them, and :func:`lowered_energy` how far E falls beside the ground state.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
import xarray as xr
from scipy.optimize import minimize

from lib.learning.dataset import load_dataset
from lib.learning.ensemble import member_network
from lib.learning.networks import Network, network_inputs
from lib.learning.table_one import DENSITIES, NN3, TABLE_I
from lib.rmf.mesh import NETWORK_MESH, SHELL_FM, network_mesh
from lib.store import select

DERIVATIVE_TOLERANCE = 1e-6
"""How well automatic differentiation and differences of E must agree."""
FUNCTIONAL_TOLERANCE = 1e-2
"""The same for the integral of the functional derivative, a field on a mesh of 0.1 fm."""
BUMP_FM = 1.0
"""Width of the bumps by which densities are changed."""
BUMP_RADII_FM = (2.0, 4.0, 6.0)
"""Where the bumps are – inside, at the surface and in the tail of germanium."""
DERIVATIVE_MEMBERS = 4
"""Members that are asked, spread over the splits."""


def partial_derivatives(network: Network, inputs: torch.Tensor) -> np.ndarray:
    """∂ℰ/∂ρ (MeV), and ∂ℰ/∂(Δρ) (MeV fm^2) if there are Laplacians, of a network at one nucleus, (r, inputs).

    ``inputs`` of one nucleus are those of :func:`lib.learning.networks.network_inputs`; NN2, which has them all at once, has
    these derivatives too, though no ℰ at a point.
    """
    varied = inputs.detach().clone().requires_grad_()
    energy = network.energy(varied).sum()
    [gradient] = torch.autograd.grad(energy, varied)
    gradient = gradient[0].numpy() / SHELL_FM
    if len(gradient) > 1:
        return gradient
    gradient = gradient.reshape(-1, len(NETWORK_MESH)).T
    # r^2 rho is zero at the origin, whatever rho: go on smoothly
    gradient[0] = network_mesh().at_origin @ gradient
    return gradient


def functional_derivative(network: Network, inputs: torch.Tensor) -> np.ndarray:
    """δE/δρ = ∂ℰ/∂ρ + Δ[∂ℰ/∂(Δρ)] of a network at one nucleus, MeV, (r, density): of ρ_S, ρ_V and ρ_TV.

    Without Laplacians among the inputs the second term is absent.  ``inputs`` as for :func:`partial_derivatives`.
    """
    partial = partial_derivatives(network, inputs)
    by_density, by_laplacian = partial[:, :3], partial[:, 3:]
    if not by_laplacian.size:
        return by_density
    # far outside it is that of the vacuum, a constant without Laplacian
    outside = by_laplacian[-1]
    laplacian = network_mesh().laplacian
    return by_density + laplacian @ (by_laplacian - outside)


def bump(r: np.ndarray, centre: float) -> tuple[np.ndarray, np.ndarray]:
    """exp[-(r - R)^2 / b^2] + exp[-(r + R)^2 / b^2] and its Laplacian (fm^-2), both (r,); b = :data:`BUMP_FM`."""
    value, slope, bend = np.zeros((3, len(r)))
    for x in (r - centre, r + centre):
        shell = np.exp(-((x / BUMP_FM) ** 2))
        value += shell
        slope -= 2 * x / BUMP_FM**2 * shell
        bend += (4 * x**2 / BUMP_FM**4 - 2 / BUMP_FM**2) * shell
    # f'' + 2 f' / r, and at r = 0, where f is even, 3 f''
    return value, bend + 2 * np.divide(slope, r, out=bend.copy(), where=r > 0)


def bump_test(
    network: Network, inputs: torch.Tensor, radii: Iterable[float] = BUMP_RADII_FM, height: float = 1e-7
) -> pd.DataFrame:
    """How E answers to a bump of a density, per its height, by differences and by derivatives: MeV fm^3.

    A density and its Laplacian are changed together, by ± ``height`` (fm^-3) times a :func:`bump`.

    Parameters
    ----------
    network
        an NN3, in double precision.
    inputs
        as for :func:`partial_derivatives`.
    radii
        of the bumps, fm.
    height
        of the bumps, fm^-3; what E has of higher order in it is an error of the differences.

    Returns
    -------
    pd.DataFrame
        One row for each radius and density: ``differences``, the central difference of E; ``partial``, the sum of the
        partial derivatives times the change of the inputs; ``functional``, 4π∫ δE/δρ · bump r² dr; and
        ``partial_moduli`` and ``functional_moduli``, what the moduli of the terms of the last two add up to.
    """
    r, rows = NETWORK_MESH, {}
    partial, field = partial_derivatives(network, inputs), functional_derivative(network, inputs)
    for radius in radii:
        value, laplacian = bump(r, radius)
        for place, density in enumerate(DENSITIES[:3]):
            change = np.zeros_like(partial)
            change[:, place] = r**2 * value
            if change.shape[1] > 3:
                change[:, place + 3] = r**2 * laplacian
            with torch.no_grad():
                moved = [float(network.energy(inputs + sign * height * torch.tensor(change)).sum()) for sign in (1, -1)]
            row = {"differences": (moved[0] - moved[1]) / (2 * height)}
            for name, terms in (("partial", partial * change), ("functional", field[:, place] * change[:, place])):
                row[name], row[f"{name}_moduli"] = SHELL_FM * terms.sum(), SHELL_FM * np.abs(terms).sum()
            rows[radius, density] = row
    return pd.DataFrame(rows).T.rename_axis(["radius_fm", "density"])


def derivative_disagreement(
    ensemble: xr.Dataset, nucleus: tuple[int, int], member: int = 0, height: float = 1e-7
) -> tuple[float, float]:
    """Largest disagreements of a :func:`bump_test` of one member: of the partial derivatives, and of the functional one.

    Each is relative to the moduli of what adds up.

    Raises
    ------
    ValueError
        if the network is not an NN3, or the nucleus is not in its data set.
    """
    spec = TABLE_I[ensemble.attrs["network"]]
    if spec.family != NN3:
        raise ValueError(f"{spec.id} is no functional of the density at a point: take an NN3")
    row = select(load_dataset(spec.target), *nucleus).expand_dims("nucleus")
    inputs = torch.tensor(network_inputs(spec, row))
    table = bump_test(member_network(ensemble, member).double(), inputs, height=height)
    names = "partial", "functional"
    return tuple(float((abs(table.differences - table[name]) / table[f"{name}_moduli"]).max()) for name in names)


class Stationarity(NamedTuple):
    """How far the derivatives of a network at a solution are from what a functional has there, MeV; weighed by the density."""

    scalar: float
    """rms of δE/δρ_S, which should be zero"""
    neutron: float
    """mean of δE/δρ_n, which should be lambda_n everywhere ..."""
    neutron_spread: float
    """... and its standard deviation over the nucleus, which should be zero"""
    proton: float
    """the same of δE/δρ_p"""
    proton_spread: float


def by_species(field: np.ndarray) -> dict[str, np.ndarray]:
    """Derivatives by ρ_S, ρ_n and ρ_p, (r,), at the other two fixed, of those by ρ_S, ρ_V and ρ_TV, (r, 3)."""
    scalar, vector, isovector = field.T
    return {
        "scalar": scalar,
        "neutron": vector + isovector,
        "proton": vector - isovector,
    }  # fmt: skip


def stationarity(network: Network, nucleus: xr.Dataset) -> Stationarity:
    """What a network's derivatives are at a nucleus of its data set, which has the dimension ``nucleus`` of length one."""
    inputs = torch.tensor(network_inputs(network.spec, nucleus))
    field = by_species(functional_derivative(network, inputs))
    scalar, vector, isovector = nucleus.densities.values[0, :, :3].T
    weight = {
        "scalar": scalar,
        "neutron": (vector + isovector) / 2,
        "proton": (vector - isovector) / 2,
    }  # fmt: skip
    found = {}
    for name in ("neutron", "proton"):
        mean, spread = weighted(field[name], weight[name])
        found |= {name: mean, f"{name}_spread": spread}
    mean, spread = weighted(field["scalar"], weight["scalar"])
    return Stationarity(np.hypot(mean, spread), **found)


def weighted(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of values by a weight that counts where it is not below zero."""
    weight = np.maximum(weight, 0)
    mean = np.average(values, weights=weight)
    return float(mean), float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))


class Modes(NamedTuple):
    """Changes of the densities that a minimisation may make."""

    fields: np.ndarray
    """(mode, r, inputs): r^2 times the density of a bump, with its Laplacian, for a change of the density by 1 fm^-3"""
    nucleons: np.ndarray
    """(2, mode): what each has of all nucleons, and of neutrons less protons"""
    highest: float
    """what all bumps of one density together reach at most"""


def bump_modes(inputs: int, centres: Iterable[float]) -> Modes:
    """A :func:`bump` at each centre (fm) for each of ρ_S, ρ_V and ρ_TV, of a network with 3 or 6 ``inputs`` at a point."""
    bumps = [bump(NETWORK_MESH, centre) for centre in centres]
    fields = np.zeros((3, len(bumps), len(NETWORK_MESH), inputs))
    for place in range(3):
        for mode, (value, laplacian) in zip(fields[place], bumps, strict=True):
            mode[:, place] = NETWORK_MESH**2 * value
            if inputs > 3:
                mode[:, place + 3] = NETWORK_MESH**2 * laplacian
    fields = fields.reshape(-1, len(NETWORK_MESH), inputs)
    return Modes(fields, fields[:, :, 1:3].sum(axis=1).T, sum(value for value, _ in bumps).max())


def lowered_energy(network: Network, nucleus: xr.Dataset, share: float, centres: Iterable[float] = range(8)) -> float:
    """By how much E is lowered at least, MeV, if no density may change by more than a ``share`` of the central one of all.

    Densities are changed by :func:`bump_modes`; the numbers of neutrons and protons are kept.  ``nucleus`` as for
    :func:`stationarity`, ``centres`` of the bumps in fm.  The search is local and ends where it finds no better.

    Raises
    ------
    ValueError
        if the share is not positive.
    """
    if not share > 0:
        raise ValueError(f"share = {share} is out of range: give a positive one, such as 0.01")
    inputs = torch.tensor(network_inputs(network.spec, nucleus))
    modes = bump_modes(len(network.spec.inputs), centres)
    central = nucleus.densities.values[0, 1, 1] / NETWORK_MESH[1] ** 2
    largest = share * central / modes.highest

    def changed(x: np.ndarray) -> torch.Tensor:
        change = largest * np.tensordot(x, modes.fields, 1)
        return inputs + torch.tensor(change if inputs.shape[1] > 1 else change.T).reshape(inputs.shape)

    def energy(x: np.ndarray) -> tuple[float, np.ndarray]:
        moved = changed(x)
        with torch.no_grad():
            value = float(network.energy(moved).sum())
        slope = np.tensordot(modes.fields, partial_derivatives(network, moved), 2)
        return value, SHELL_FM * largest * slope

    start = np.zeros(len(modes.fields))
    kept = {"type": "eq", "fun": lambda x: modes.nucleons @ x, "jac": lambda x: modes.nucleons}
    found = minimize(energy, start, jac=True, method="SLSQP", bounds=[(-1, 1)] * len(start), constraints=[kept])
    return float(energy(start)[0] - found.fun)
