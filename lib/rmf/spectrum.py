"""Levels of a solved nucleus, those that are empty too."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from lib.rmf import dirac
from lib.rmf.functionals import Functional
from lib.rmf.mesh import NETWORK_BOX_FM, NETWORK_STEP_FM, get_mesh


def levels(nucleus: xr.Dataset) -> pd.DataFrame:
    """Levels of one nucleus, those that are empty too as long as they are bound.

    Without pairing :func:`lib.rmf.solver.solve` and the charts end a little above the last occupied level, so that a magic gap
    has no upper edge there.  The missing levels are solved once more in the self-consistent potentials, on the networks'
    mesh; the box of 15 fm pushes up those bound by less than an MeV.

    Parameters
    ----------
    nucleus : of :func:`lib.rmf.solver.solve`, or one of a chart.

    Returns
    -------
    ``DataFrame``: ``particle``, ``n``, ``kappa``, ``level_energy`` in MeV and ``occupation``, by increasing energy.
    """
    names = ["particle", "n", "kappa", "level_energy", "occupation"]
    own = pd.DataFrame({name: nucleus[name].values for name in names}).dropna()  # charts are padded with NaN
    mesh, parts = get_mesh(NETWORK_BOX_FM, NETWORK_STEP_FM), [own]
    scalar = nucleus.scalar_potential.values
    for q, word in (("n", "neutron"), ("p", "proton")):
        vector = nucleus[f"{word}_vector_potential"].values
        well, gap = (
            np.ascontiguousarray(mesh.to_gauss @ potential) for potential in (vector + scalar, vector - scalar)
        )
        size = dirac.MAX_LEVELS
        energy, kappa, nodes = np.empty(size), np.empty(size, np.int64), np.empty(size, np.int64)
        G, F = np.empty((2, size, len(mesh.r)))
        guess = np.full((2, dirac.MAX_KAPPA + 1, dirac.MAX_NODES), np.nan)
        found = dirac.bound_levels(
            mesh.r, well, gap, Functional.nucleon_mass, 0.0, guess, 1e-6, energy, kappa, nodes, G, F
        )
        held = own[own.particle == q]
        held = set(zip(held.n.astype(int), held.kappa.astype(int), strict=True))
        empty = [i for i in range(found) if (nodes[i], kappa[i]) not in held]
        parts.append(
            pd.DataFrame(
                {
                    "particle": q,
                    "n": nodes[empty],
                    "kappa": kappa[empty],
                    "level_energy": energy[empty],
                    "occupation": 0.0,
                }
            )
        )
    together = pd.concat([part for part in parts if len(part)], ignore_index=True).sort_values("level_energy")
    return together.astype({"n": int, "kappa": int}).reset_index(drop=True)
