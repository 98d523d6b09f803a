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
from lib.mass_table import HYDROGEN_MASS_EXCESS, NEUTRON_MASS_EXCESS, electron_binding_energy
from lib.provenance import DATA

RADII = DATA / "charge_radii.csv"
RADIUS_COLUMNS = ("Z", "N", "element", "radius", "uncertainty")
NEAR_SPHERICAL = 1.0
"""The largest Casten factor P of a nucleus that counts as near-spherical."""
FEWEST = 12
"""Masses that a list must have: one more than there are couplings to be fitted."""
OUTERMOST = 3
"""So many nuclei of a chain, those with the largest N - Z, count as its outermost."""


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
    """Whether a nucleus is among the ``count`` of its chain with the largest N - Z, (nuclei,)."""
    excess = data.N - data.Z
    rank = excess.groupby(data.chain).rank(ascending=False, method="first")
    return (rank <= count).to_numpy()


# --- a list of the reader's own ---------------------------------------------------------------------------------------

LIST_COLUMNS = ("Z", "N", "mass", "radius")
"""Of a list: mass excess of the neutral atom in MeV, and rms charge radius in fm; either may be empty."""


def nuclear_energy(Z, N, mass_excess):
    """Energy of nuclei (MeV, negative) of which the mass excess of the neutral atom (MeV) is given; arrays of one shape."""
    return mass_excess - Z * HYDROGEN_MASS_EXCESS - N * NEUTRON_MASS_EXCESS + electron_binding_energy(Z)


def read_list(path: Path) -> pd.DataFrame:
    """The nuclei of a CSV file with the columns :data:`LIST_COLUMNS`, as :func:`near_spherical` has them.

    Raises
    ------
    FileNotFoundError
        if there is no such file.
    ValueError
        naming line and value, for what is no list of even-even nuclei with masses or radii, or too few of them.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: give a CSV file with the columns {', '.join(LIST_COLUMNS)}")
    try:
        table = pd.read_csv(path, comment="#", skipinitialspace=True)
    except (ValueError, UnicodeError) as error:
        raise ValueError(
            f"{path} is no table ({error}): give a CSV file with the columns {', '.join(LIST_COLUMNS)}"
        ) from error
    if missing := [name for name in LIST_COLUMNS if name not in table.columns]:
        raise ValueError(
            f"{path} has no column {', '.join(missing)}: give {', '.join(LIST_COLUMNS)} (mass excess in MeV, radius in fm, either may be empty)"
        )
    numbers = table[[*LIST_COLUMNS]].apply(pd.to_numeric, errors="coerce")
    numbers_of = "an even number", "an even number", "the mass excess of the atom in MeV", "the rms charge radius in fm"
    ranges = (8, 120), (8, 184), (-110, 300), (2, 7)
    for name, what, (low, high) in zip(LIST_COLUMNS, numbers_of, ranges, strict=True):
        given, column = table[name].notna(), numbers[name]
        even = column % 2 == 0 if name in ("Z", "N") else True
        wrong = (given | (name in ("Z", "N"))) & ~(column.between(low, high) & even)
        if wrong.any():
            line = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"{path}, nucleus {line + 1}: {name} = {table[name].iloc[line]}; give {what}, {low} to {high}"
            )
    if numbers.duplicated(["Z", "N"]).any():
        twice = numbers[numbers.duplicated(["Z", "N"])].iloc[0]
        raise ValueError(f"{path}: Z = {twice.Z:g}, N = {twice.N:g} is there twice; give each nucleus once")
    data = numbers.astype({"Z": int, "N": int})
    if len(data) < FEWEST or data.mass.notna().sum() < FEWEST:
        raise ValueError(f"{path} has {data.mass.notna().sum()} masses: give at least {FEWEST}")
    names = pd.Series([chain(Z, N) for Z, N in zip(data.Z, data.N, strict=True)])
    if names.nunique() < 2:
        raise ValueError(
            f"{path} has nuclei of one chain alone ({names.iloc[0]}): give some of another, which can be left out"
        )
    table = pd.DataFrame(
        {"Z": data.Z, "N": data.N, "energy": nuclear_energy(data.Z, data.N, data.mass), "radius": data.radius}
    )
    return table.assign(chain=names)
