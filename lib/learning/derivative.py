"""The functional derivative of a network of densities, by automatic differentiation."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr

from lib.learning.dataset import shared_dataset
from lib.learning.ensemble import member_network
from lib.learning.networks import Network, network_inputs
from lib.learning.table_one import NN3, TABLE_I
from lib.rmf.mesh import SHELL_FM
from lib.store import select

DERIVATIVE_TOLERANCE = 1e-6
"""How well automatic differentiation and differences of E must agree."""
FUNCTIONAL_TOLERANCE = 1e-2
"""The same for the functional derivative on the mesh, whose Laplacian is a second difference of steps of 0.1 fm."""
BUMP_FM = 0.7
"""Width of the bumps by which densities are changed."""
BUMP_RADII_FM = (2.0, 4.0, 6.0)
"""Where the bumps are: inside, at the surface and in the tail of germanium."""
DERIVATIVE_MEMBERS = 4
"""Members that are asked, spread over the splits."""


def functional_derivative(network: Network, inputs: torch.Tensor, r: np.ndarray) -> np.ndarray:
    """δE/δρ = ∂ℰ/∂ρ + Δ[∂ℰ/∂(Δρ)] of an NN3 at one nucleus, MeV, (r, density): of ρ_S, ρ_V and ρ_TV.

    Without Laplacians among the inputs the second term is absent.  ``inputs`` (1, r, inputs) are those of
    :func:`lib.learning.networks.network_inputs`, ``r`` is the uniform mesh in fm from 0; the last point has no Laplacian and is NaN.
    """
    partial = _partials(network, inputs) / SHELL_FM
    direct = partial[:, :3].copy()
    if partial.shape[1] == 3:
        return direct
    # Δf = (r f)'' / r, and at r = 0, where f is even, 3 f''
    field, step = partial[:, 3:], r[1] - r[0]
    laplacian = np.full_like(field, np.nan)
    product = r[:, None] * field
    laplacian[1:-1] = (product[2:] - 2 * product[1:-1] + product[:-2]) / step**2 / r[1:-1, None]
    laplacian[0] = 6 * (field[1] - field[0]) / step**2
    return direct + laplacian


def _partials(network: Network, inputs: torch.Tensor) -> np.ndarray:
    """Derivatives of E by the inputs of one nucleus at each point of the mesh, (r, inputs)."""
    inputs = inputs.detach().clone().requires_grad_(True)
    [gradient] = torch.autograd.grad(network.energy(inputs).sum(), inputs)
    return gradient[0].numpy()


def derivative_disagreement(
    ensemble: xr.Dataset, nucleus: tuple[int, int], member: int = 0, step: float = 1e-7
) -> tuple[float, float]:
    """Largest relative disagreements about the change of E when a density of a nucleus is changed by a bump.

    A density and its Laplacian are changed together, by the bump exp[-(r - r0)^2 / 2 w^2] times ± ``step`` (fm^-3) and by
    its analytic Laplacian.  Central differences of E are compared with the sum of its derivatives by the inputs, relative
    to the sum of the moduli of what adds up to that; and with the integral of :func:`functional_derivative` times the
    bump, relative to that integral of moduli.

    Raises
    ------
    ValueError
        if the network is not an NN3.
    """
    spec = TABLE_I[ensemble.attrs["network"]]
    if spec.family != NN3:
        raise ValueError(f"{spec.id} is no functional of the density at a point: take an NN3")
    row = select(shared_dataset(spec.target), *nucleus).expand_dims("nucleus")
    network = member_network(ensemble, member).double()
    inputs = torch.tensor(network_inputs(spec, row), dtype=torch.float64)
    r = row.r.values
    partial, field = _partials(network, inputs), functional_derivative(network, inputs, r)
    worst = [0.0, 0.0]
    for centre in BUMP_RADII_FM:
        x = (r - centre) / BUMP_FM
        bump = np.exp(-(x**2) / 2)
        # r^2 times the Laplacian: r^2 f'' + 2 r f'
        laplacian = bump * (r**2 * (x**2 - 1) / BUMP_FM**2 - 2 * r * x / BUMP_FM)
        for place in range(3):
            change = np.zeros(partial.shape)
            change[:, place] = r**2 * bump
            if change.shape[1] > 3:
                change[:, place + 3] = laplacian
            with torch.no_grad():
                moved = [float(network.energy(inputs + sign * step * torch.tensor(change)).sum()) for sign in (1, -1)]
            numeric = (moved[0] - moved[1]) / (2 * step)
            terms = partial * change
            integrand = (SHELL_FM * r**2 * bump * field[:, place])[:-1]
            for i, values in enumerate((terms, integrand)):
                worst[i] = max(worst[i], float(abs(numeric - values.sum()) / np.abs(values).sum()))
    return worst[0], worst[1]
