"""Labelled data: a data set made of values and a schema, written in one step, read with a remedy where it is missing.

A schema says once what a quantity is: along which dimensions it goes, in which unit, and what it means.  A data set made
by :func:`labelled` carries all of that with each variable, on the disk too.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import h5netcdf
import numpy as np
import pandas as pd
import xarray as xr
from xarray.backends import H5NetCDFStore

from lib.checks import CHECKSUM, altered, check_whole, checksum
from lib.tasks import atomic_write

UNLOCKED = {"locking": False}
"""For h5py – files are written beside their place and moved there, so that nobody sees half of one, and need no lock.  A lock
would fail where another program has the file open, and on disks that have none."""

DAMAGE = (OSError, KeyError, ValueError, RuntimeError, AttributeError)
"""What the netCDF reader, or a look at what it has read, raises on a damaged file, depending on where the damage is."""


CREATOR = "The neural covariant functional book contributors"
LICENSE = "CC-BY-4.0"
CONVENTIONS = "CF-1.11, ACDD-1.3"
"""Climate and Forecast conventions, for variables, and Attribute Convention for Data Discovery, for the data set."""


class Variable(NamedTuple):
    """What a quantity is; a schema maps the names of quantities to their variables."""

    dims: tuple[str, ...]
    """dimensions in the order of the array's axes; () for a number"""
    unit: str
    """``"1"`` where there is none"""
    text: str
    """the quantity in a few words"""


def labelled(
    values: Mapping[str, Any],
    schema: Mapping[str, Variable],
    coords: Collection[str] = (),
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """A data set of arrays and numbers, each with the dimensions, unit and text that the schema gives to its name.

    Parameters
    ----------
    values
        arrays and numbers by name.
    schema
        variables by name, of these names and possibly of others.
    coords
        which of the names are coordinates.
    attrs
        of the data set.

    Raises
    ------
    KeyError
        for a name that the schema does not have.
    ValueError
        for an array with another number of axes than its variable has dimensions, or of another length than the others.
    """

    def variable(name):
        dims, unit, text = schema[name]
        return dims, values[name], {"units": unit, "long_name": text}

    return xr.Dataset(
        {name: variable(name) for name in values if name not in coords},
        coords={name: variable(name) for name in coords},
        attrs=attrs,
    )


def discovery(title: str, summary: str, keywords: str, source: str, history: str, identity: str) -> dict[str, str]:
    """Attributes by which catalogues find a data set, in the words of ACDD-1.3, and the conventions it follows.

    Parameters
    ----------
    title
        one line.
    summary
        what is in it, in sentences.
    keywords
        with commas between them.
    source
        how the data came to be, a method.
    history
        the command that makes it; :func:`write` puts the time before it.
    identity
        a name that no other data set of this book has.
    """
    return {
        "Conventions": CONVENTIONS,
        "title": title,
        "summary": summary,
        "keywords": keywords,
        "id": identity,
        "creator_name": CREATOR,
        "creator_type": "group",
        "license": LICENSE,
        "source": source,
        "history": history,
        "processing_level": "computed, not adjusted to measurements",
        "comment": "CF has no standard names for these quantities: long_name says what they are",
    }


def write(dataset: xr.Dataset, path: Path, level: int = 4) -> None:
    """Write a data set to netCDF, numbers along dimensions compressed (``level`` 1 to 9), in one atomic step.

    A variable keeps the type and the mark of missing values that its ``encoding`` asks for.  What has a ``history`` is
    given the time of writing.  A checksum goes along, by which :func:`read` notices whatever has been altered since.
    """
    if "history" in dataset.attrs:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        dataset = dataset.assign_attrs(date_created=now, history=f"{now} {dataset.history}")
    compressed = {"zlib": True, "complevel": level, "shuffle": True}
    encoding = {
        name: compressed | {key: variable.encoding[key] for key in ("dtype", "_FillValue") if key in variable.encoding}
        for name, variable in dataset.data_vars.items()
        if variable.ndim and variable.dtype.kind in "fiub"
    } | {name: {"_FillValue": None} for name in dataset.indexes}  # along a dimension no value can be missing

    # in memory first: HDF5 itself crashes on a full disk
    image = io.BytesIO()
    with h5netcdf.File(image, "w", **UNLOCKED) as file:
        dataset.dump_to_store(H5NetCDFStore(file), encoding=encoding)
    content = image.getvalue()
    atomic_write(path, lambda temporary: temporary.write_bytes(content + CHECKSUM + checksum(content)))


def read(path: Path, remedy: str) -> xr.Dataset:
    """A data set from netCDF, in memory.

    Parameters
    ----------
    path
        of the file.
    remedy
        what makes it, as in ``run `make chart```.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    OSError
        if the system does not let it be read, which says nothing of what is in it.
    ValueError
        if it is damaged.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: {remedy}")
    try:
        if altered(path):
            raise ValueError("its checksum is another")
        return xr.load_dataset(path, engine="h5netcdf", driver_kwds=UNLOCKED)
    except DAMAGE as error:
        raise refusal(path, error, remedy) from error


def read_checked(path: Path, remedy: str, fault: Callable[[xr.Dataset], str | None]) -> xr.Dataset:
    """A data set as of :func:`read`, unless ``fault`` says, in words that go on from its name, what it should not be.

    Raises
    ------
    FileNotFoundError, OSError
        as :func:`read`.
    ValueError
        if it is damaged, lacks what is asked of it, or has a fault.
    """
    dataset = read(path, remedy)
    try:
        found = fault(dataset)
    except DAMAGE as error:
        raise ValueError(f"{path} is damaged ({error}): restore it, or delete it and {remedy}") from error
    if found:
        raise ValueError(f"{path} {found}: {remedy}")
    return dataset


def refusal(path: Path, error: Exception, remedy: str) -> Exception:
    """What to raise for a file that could not be read: an error of the system has a number, one of the content has none."""
    if isinstance(error, OSError) and error.errno is not None:
        return type(error)(
            error.errno,
            f"{path} cannot be read ({os.strerror(error.errno)}): it need not be damaged, keep it and see to its "
            "permissions, its disk, and what else has it open",
        )
    return ValueError(f"{path} is damaged ({error}): restore it, or delete it and {remedy}")


def read_table(path: Path, remedy: str, columns: Sequence[str], **settings) -> pd.DataFrame:
    """A table from CSV, without its comments.

    Parameters
    ----------
    path, remedy
        as in :func:`read`.
    columns
        all that it must have, in order; each line is filled to the last of them.
    settings
        of ``pandas.read_csv``.

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
        table = pd.read_csv(path, comment="#", **settings)
        if list(table.columns) != list(columns):
            there = ", ".join(map(str, table.columns)).encode("unicode_escape").decode()
            raise ValueError(f"columns {there[:80]} instead of {', '.join(columns)}")
        if table.empty or table[columns[-1]].isna().any():
            raise ValueError("no lines" if table.empty else "a line that ends too early")
    except (OSError, ValueError, UnicodeError) as error:  # an empty file, or no text at all
        raise refusal(path, error, remedy) from error
    return table


def select(dataset: xr.Dataset, Z: int, N: int) -> xr.Dataset:
    """The row of one nucleus.

    Raises
    ------
    ValueError
        if the nucleus is not in the data set.
    """
    held = dataset.Z.values == check_whole("Z", Z, 0), dataset.N.values == check_whole("N", N, 0)
    found = np.flatnonzero(np.logical_and(*held))
    if not len(found):
        raise ValueError(
            f"Z = {Z}, N = {N} is not among the {dataset.sizes['nucleus']} bound even-even nuclei of {dataset.functional}: "
            "take one of them"
        )
    return dataset.isel(nucleus=int(found[0]))
