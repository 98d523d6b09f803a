"""What couplings are fitted to: measured energies and charge radii of near-spherical nuclei, or a list of the reader's own.

The table ``data/charge_radii.csv`` holds facts of I. Angeli and K. P. Marinova, At. Data Nucl. Data Tables 99, 69 (2013);
``data/make_charge_radii.py`` is the recipe.  Masses are those of :mod:`lib.learning.known_region`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from lib import store
from lib.learning.dataset import valence_factor
from lib.learning.known_region import NEUTRON_MAGIC, PROTON_MAGIC, measured_masses
from lib.provenance import DATA

RADII = DATA / "charge_radii.csv"
RADIUS_COLUMNS = ("Z", "N", "element", "radius", "uncertainty")
NEAR_SPHERICAL = 1.0
"""The largest Casten factor P of a nucleus that counts as near-spherical."""
OUTERMOST = 3
"""Isotopes, or isotones, at each end of a chain that count as its outermost."""


@cache
def measured_radii(path: Path = RADII) -> pd.DataFrame:
    """Measured rms charge radii, one row per nucleus: Z, N, element, radius and uncertainty (fm).

    Raises
    ------
    FileNotFoundError
        if the file is not there.
    ValueError
        if it is not the table it should be.
    """
    remedy = "restore it, or make it again with data/make_charge_radii.py"
    table = store.read_table(path, remedy, RADIUS_COLUMNS)
    if table.duplicated(["Z", "N"]).any() or not table.radius.between(2, 7).all():
        raise ValueError(f"{path} is damaged (a nucleus twice, or a radius that is none): {remedy}")
    return table


def chain(Z: int, N: int) -> str:
    """The magic number next to which a nucleus lies, ``"Z = 50"`` or ``"N = 82"``; of equals that of the protons."""
    proton, neutron = (
        min(magic, key=lambda each: abs(each - n)) for magic, n in ((PROTON_MAGIC, Z), (NEUTRON_MAGIC, N))
    )
    return f"Z = {proton}" if abs(proton - Z) <= abs(neutron - N) else f"N = {neutron}"


def near_spherical(largest: float = NEAR_SPHERICAL) -> pd.DataFrame:
    """Measured nuclei with a Casten factor of at most this.

    ``Z``, ``N``, ``energy`` (MeV, negative, electrons taken out), ``radius`` (fm, NaN where none is measured) and ``chain``.
    """
    masses, radii = measured_masses(), measured_radii()
    table = masses[valence_factor(masses.Z.to_numpy(), masses.N.to_numpy()) <= largest]
    table = table.merge(radii[["Z", "N", "radius"]], on=["Z", "N"], how="left")
    names = [chain(Z, N) for Z, N in zip(table.Z, table.N, strict=True)]
    data = pd.DataFrame({"Z": table.Z, "N": table.N, "energy": -table.binding_energy, "radius": table.radius})
    return data.assign(chain=names).reset_index(drop=True)


def folds(chains: pd.Series, count: int) -> np.ndarray:
    """The number of a fold, 0 to ``count`` - 1, for each nucleus, (nuclei,): whole chains, the largest first, each to the smallest fold.

    Raises
    ------
    ValueError
        for fewer than two folds, or more than there are chains.
    """
    sizes = chains.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if not 2 <= count <= len(sizes):
        raise ValueError(f"folds = {count} is out of range: there are {len(sizes)} chains, take 2 to {len(sizes)}")
    filled, place = np.zeros(count, dtype=int), {}
    for name, size in sizes.items():
        place[name] = int(np.argmin(filled))
        filled[place[name]] += size
    return chains.map(place).to_numpy()


def outermost(data: pd.DataFrame, count: int = OUTERMOST) -> np.ndarray:
    """Whether a nucleus is among the ``count`` neutron-richest of its element's, or has none richer; (nuclei,), of isotopic chains.

    Of a chain along N the proton-poorest count.
    """
    excess = data.N - data.Z
    rank = excess.groupby(data.chain).rank(ascending=False, method="first")
    return (rank <= count).to_numpy()
