"""Shell effects: levels with the gaps above the last occupied one, and two-neutron separation energies behind a magic number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from lib import dirac
from lib.functionals import Functional
from lib.mesh import NETWORK_BOX_FM, NETWORK_STEP_FM, get_mesh

MAGIC = (50, 82, 126)
"""Neutron numbers behind which the isotopic chains go on into the unknown region."""
NEAR = 2
"""Neutron numbers this close to a magic one count as near it."""


def levels(nucleus: xr.Dataset) -> pd.DataFrame:
    """Levels of one nucleus, those that are empty too as long as they are bound.

    Without pairing :func:`lib.rmf.solve` and the charts end a little above the last occupied level, so that a magic gap
    has no upper edge there.  The missing levels are solved once more in the self-consistent potentials, on the networks'
    mesh; the box of 15 fm pushes up those bound by less than an MeV.

    Parameters
    ----------
    nucleus : of :func:`lib.rmf.solve`, or one of a chart.

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


def separation_energies(Z: np.ndarray, N: np.ndarray, energy: np.ndarray) -> pd.Series:
    """S_2n = E(Z, N - 2) - E(Z, N) in MeV over (Z, N), where both nuclei are there; all arguments (nucleus,)."""
    series = pd.Series(np.asarray(energy, dtype=float), index=pd.MultiIndex.from_arrays([Z, N], names=["Z", "N"]))
    before = series.copy()
    before.index = pd.MultiIndex.from_arrays([Z, np.asarray(N) + 2], names=["Z", "N"])
    return (before - series).dropna().sort_index()


def shell_drops(Z: np.ndarray, N: np.ndarray, energy: np.ndarray, magic=MAGIC) -> pd.Series:
    """S_2n(Z, N_magic) - S_2n(Z, N_magic + 2) in MeV over (Z, N_magic): how far S_2n falls behind a closed shell.

    Needs the three nuclei N_magic - 2, N_magic and N_magic + 2; all arguments (nucleus,).
    """
    separation = separation_energies(Z, N, energy)
    drops = {}
    for (z, n), value in separation.items():
        if n in magic and (z, n + 2) in separation.index:
            drops[z, n] = value - separation[z, n + 2]
    index = (
        pd.MultiIndex.from_tuples(drops, names=["Z", "N"])
        if drops
        else pd.MultiIndex.from_arrays([[], []], names=["Z", "N"])
    )
    return pd.Series(list(drops.values()), index=index, dtype=float)


def near_magic(N: np.ndarray, magic=MAGIC, width: int = NEAR) -> np.ndarray:
    """Whether a neutron number is within ``width`` of a magic one, (nucleus,)."""
    return np.abs(np.asarray(N)[..., None] - np.array(magic)).min(axis=-1) <= width


def matched_ratio(errors: np.ndarray, distance: np.ndarray, chosen: np.ndarray) -> float:
    """rms error of the chosen nuclei over what the others have at the same distances; all (nucleus,).

    The mean square of the others is taken at each distance and weighted with the number of chosen nuclei there, so that
    near and far do not mix; distances that only one of the two has are left out.
    """
    squares = np.asarray(errors, dtype=float) ** 2
    _, place = np.unique(distance, return_inverse=True)
    own, others = (np.bincount(place[mask], squares[mask], place.max() + 1) for mask in (chosen, ~chosen))
    own_count, other_count = (np.bincount(place[mask], minlength=place.max() + 1) for mask in (chosen, ~chosen))
    both = (own_count > 0) & (other_count > 0)
    if not both.any():
        return float("nan")
    expected = others[both] / other_count[both] * own_count[both]
    return float(np.sqrt(own[both].sum() / expected.sum()))
