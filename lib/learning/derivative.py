"""The functional derivative of a network of densities, by automatic differentiation, and a test of it without."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
import xarray as xr

from lib.learning.dataset import load_dataset
from lib.learning.ensemble import member_network
from lib.learning.networks import Network, network_inputs
from lib.learning.table_one import DENSITIES, NN3, TABLE_I
from lib.rmf.mesh import NETWORK_BOX_FM, NETWORK_MESH, NETWORK_STEP_FM, SHELL_FM, get_mesh
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
    """∂ℰ/∂ρ (MeV), and ∂ℰ/∂(Δρ) (MeV fm^2) if there are Laplacians, of an NN3 at one nucleus, (r, inputs).

    ``inputs`` (1, r, inputs) are those of :func:`lib.learning.networks.network_inputs`, on the whole mesh.
    """
    varied = inputs.detach().clone().requires_grad_()
    energy = network.energy(varied).sum()
    [gradient] = torch.autograd.grad(energy, varied)
    return gradient[0].numpy() / SHELL_FM


def functional_derivative(network: Network, inputs: torch.Tensor) -> np.ndarray:
    """δE/δρ = ∂ℰ/∂ρ + Δ[∂ℰ/∂(Δρ)] of an NN3 at one nucleus, MeV, (r, density): of ρ_S, ρ_V and ρ_TV.

    Without Laplacians among the inputs the second term is absent.  ``inputs`` as for :func:`partial_derivatives`.
    """
    partial = partial_derivatives(network, inputs)
    by_density, by_laplacian = partial[:, :3], partial[:, 3:]
    if not by_laplacian.size:
        return by_density
    # far outside it is that of the vacuum, a constant without Laplacian
    mesh = get_mesh(NETWORK_BOX_FM, NETWORK_STEP_FM, uniform=True)
    return by_density + mesh.laplacian @ (by_laplacian - by_laplacian[-1])


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
