"""Levels of a solved nucleus, those that are empty too: what a data set leaves out above the Fermi energy."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from lib.rmf.dirac import bound_levels
from lib.rmf.mesh import NETWORK_BOX_FM, NETWORK_STEP_FM, get_mesh


def levels(nucleus: xr.Dataset) -> pd.DataFrame:
    """Levels of one nucleus, those that are empty too as long as they are bound.

    Without pairing :func:`lib.rmf.solver.solve` and the charts end a little above the last occupied level, so that a magic
    gap has no upper edge there.  The missing levels are solved once more in the self-consistent potentials, on the networks'
    mesh; the box of 15 fm pushes up those bound by less than an MeV.

    Parameters
    ----------
    nucleus
        of :func:`lib.rmf.solver.solve`, or one of a chart.

    Returns
    -------
    pd.DataFrame
        ``particle``, ``n``, ``kappa``, ``level_energy`` in MeV and ``occupation``, by increasing energy.
    """
    names = ["particle", "n", "kappa", "level_energy", "occupation"]
    solved = pd.DataFrame({name: nucleus[name].values for name in names}).dropna()  # charts are padded with NaN
    mesh, tables = get_mesh(NETWORK_BOX_FM, NETWORK_STEP_FM), [solved]
    scalar = nucleus.scalar_potential.values
    for q, word in (("n", "neutron"), ("p", "proton")):
        vector = nucleus[f"{word}_vector_potential"].values
        bound = bound_levels(mesh, scalar, vector, nucleus.nucleon_mass, top=0.0)
        columns = {
            "particle": q,
            "n": bound.nodes,
            "kappa": bound.kappa,
            "level_energy": bound.energy,
            "occupation": 0.0,
        }
        tables.append(pd.DataFrame(columns))
    together = pd.concat([table for table in tables if len(table)], ignore_index=True)
    together = together.astype({"n": int, "kappa": int}).drop_duplicates(
        ["particle", "n", "kappa"]
    )  # the solved one stays
    return together.sort_values("level_energy").reset_index(drop=True)
