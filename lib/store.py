"""Data on the disk: labelled data sets written in one step, read with a remedy where they are missing or damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from lib.tasks import atomic_write

DAMAGE = (OSError, KeyError, ValueError, RuntimeError, AttributeError)
"""What the netCDF reader, or a look at what it has read, raises on a damaged file, depending on where the damage is."""


def write(dataset: xr.Dataset, path: Path, level: int = 4) -> None:
    """Write a data set to netCDF, numbers along dimensions compressed (``level`` 1 to 9), in one atomic step."""
    compressed = {"zlib": True, "complevel": level, "shuffle": True}
    encoding = {
        name: compressed
        for name, variable in dataset.data_vars.items()
        if variable.ndim and variable.dtype.kind in "fiub"
    }
    atomic_write(path, lambda temporary: dataset.to_netcdf(temporary, engine="h5netcdf", encoding=encoding))


def read(path: Path, remedy: str) -> xr.Dataset:
    """A data set from netCDF, in memory.

    Parameters
    ----------
    path : of the file.
    remedy : what makes it, as in ``run `make chart```.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: {remedy}")
    try:
        return xr.load_dataset(path, engine="h5netcdf")
    except DAMAGE as error:
        raise ValueError(f"{path} is damaged ({error}): restore it, or delete it and {remedy}") from error


def select(dataset: xr.Dataset, Z: int, N: int) -> xr.Dataset:
    """The row of one nucleus.

    Raises
    ------
    ValueError
        if the nucleus is not in the data set.
    """
    found = np.flatnonzero((dataset.Z.values == Z) & (dataset.N.values == N))
    if not len(found):
        raise ValueError(
            f"Z = {Z}, N = {N} is not among the {dataset.sizes['nucleus']} bound even-even nuclei of {dataset.functional}"
        )
    return dataset.isel(nucleus=int(found[0]))
