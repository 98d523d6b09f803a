"""Shell effects: levels with the gaps above the last occupied one, and two-neutron separation energies behind a magic number."""

from __future__ import annotations

import numpy as np
import pandas as pd

MAGIC = (50, 82, 126)
"""Neutron numbers behind which the isotopic chains go on into the unknown region."""
NEAR = 2
"""Neutron numbers this close to a magic one count as near it."""


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
