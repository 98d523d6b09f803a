"""The known region: even-even nuclei whose mass is measured in AME2020, and the distance d from it.

The table ``data/ame2020.csv`` holds facts of M. Wang et al., Chin. Phys. C 45, 030003 (2021); ``data/make_ame2020.py``
is the recipe.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from lib.checks import check_whole
from lib.provenance import DATA

AME2020 = DATA / "ame2020.csv"
COLUMNS = ["Z", "N", "element", "mass_excess", "uncertainty", "binding_energy"]
COUNT = 632
"""Measured even-even masses with 8 <= Z <= 100, 8 <= N <= 156."""
PROTON_MAGIC = (8, 20, 28, 50, 82)
NEUTRON_MAGIC = (*PROTON_MAGIC, 126, 184)
"""Magic numbers in reach of the window; the distance to the nearest is an input of NN1."""
MAGIC_WITHIN = (50, 82, 126)
"""Neutron numbers among them behind which isotopic chains go on into the unknown region."""


@cache
def measured_masses(path: Path = AME2020) -> pd.DataFrame:
    """The table, one row per nucleus: Z, N, element, mass_excess and uncertainty (keV), binding_energy (MeV).

    Raises
    ------
    ValueError
        if the file is not the table it should be.
    """
    remedy = "restore it, or make it again with data/make_ame2020.py"
    try:
        table = pd.read_csv(path, comment="#")
    except (ValueError, UnicodeError) as error:  # an empty table, or no text at all
        raise ValueError(f"{path} is damaged ({error}): {remedy}") from error
    problem = None
    if list(table.columns) != COLUMNS:
        problem = f"columns {list(table.columns)}"
    elif not all(np.issubdtype(table[name].dtype, np.number) for name in COLUMNS if name != "element"):
        problem = "text where numbers should be"
    elif len(table) != COUNT or table.duplicated(["Z", "N"]).any():
        problem = f"{len(table)} rows, {table.duplicated(['Z', 'N']).sum()} of them twice"
    elif table.isna().any().any() or (table.Z % 2).any() or (table.N % 2).any():
        problem = "gaps or odd nucleon numbers"
    if problem:
        raise ValueError(f"{path} is damaged ({problem}): {remedy}")
    return table


def _whole(Z, N) -> list[np.ndarray]:
    try:
        arrays = np.broadcast_arrays(Z, N)
    except ValueError:
        arrays = [np.array("of other shapes")]
    if any(each.dtype.kind not in "iu" for each in arrays):
        raise ValueError(f"Z = {Z!r}, N = {N!r} cannot be: give whole numbers, or arrays of them of one shape")
    return arrays


def is_known(Z, N) -> np.ndarray:
    """Whether the mass is measured; ``Z`` and ``N`` are integers or arrays of one shape.

    Raises
    ------
    ValueError
        for anything else.
    """
    table = measured_masses()
    known = set(zip(table.Z, table.N, strict=True))
    Z, N = _whole(Z, N)
    return np.array([(z, n) in known for z, n in zip(Z.ravel(), N.ravel(), strict=True)]).reshape(Z.shape)


def distance(Z, N) -> np.ndarray:
    """Distance d to the known region, the smallest ``|N - N'|`` over the known isotopes of the element: 0 inside.

    ``Z`` and ``N`` are integers or arrays of one shape; the result is an integer array of that shape.

    Raises
    ------
    ValueError
        for an element without a known isotope in the window, or what are no whole numbers.
    """
    isotopes = measured_masses().groupby("Z").N.apply(np.array).to_dict()
    Z, N = _whole(Z, N)
    missing = sorted({int(z) for z in Z.ravel()} - isotopes.keys())
    if missing:
        raise ValueError(f"no measured isotope of Z = {missing} in the window: take even Z from 8 to 100")
    flat = [np.abs(isotopes[z] - n).min() for z, n in zip(Z.ravel(), N.ravel(), strict=True)]
    return np.array(flat, dtype=int).reshape(Z.shape)


def element(Z: int) -> str:
    """Symbol of an element of the window, e.g. ``Ge``.

    Raises
    ------
    ValueError
        for an element outside it.
    """
    table = measured_masses()
    symbols = table.element[table.Z == check_whole("Z", Z, 0)]
    if symbols.empty:
        raise ValueError(f"Z = {Z} is outside the window: take even Z from 8 to 100")
    return symbols.iloc[0]
