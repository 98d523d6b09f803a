"""What the data files hold and where they come from, as tables of the data dictionary."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import xarray as xr

from lib.provenance import ROOT
from publish.show.glue import offer_file

_DOWNLOAD_BYTES = 1e6
_INDICES = {"number": "name of the input of NN1", "density": "name of the density or Laplacian"}
"""These only name the places along a dimension, and have no attributes."""


def variables(dataset: xr.Dataset) -> pd.DataFrame:
    """Dimensions, unit and meaning of each variable and coordinate, by its name."""
    rows = {
        name: {
            "dimensions": ", ".join(map(str, variable.dims)),
            "unit": variable.attrs.get("units", ""),
            "meaning": variable.attrs.get("long_name", _INDICES.get(name, "")),
        }
        for name, variable in dataset.variables.items()
    }
    return pd.DataFrame(rows).T.rename_axis("variable")


def attributes(dataset: xr.Dataset) -> pd.DataFrame:
    """The attributes of a data set as they are, by name."""
    return pd.Series({name: str(value) for name, value in dataset.attrs.items()}, name="attribute").to_frame()


def origins(paths: Iterable[Path]) -> pd.DataFrame:
    """Size, licence and provenance of files; the small ones can be downloaded from the page.  A CSV has no provenance."""
    rows = []
    for path in paths:
        made = {}
        if path.suffix == ".nc":
            with xr.open_dataset(path, engine="h5netcdf") as dataset:
                made = dataset.attrs
        size = path.stat().st_size
        seconds = made.get("wall_time_seconds")
        rows.append(
            {
                "file": offer_file(path) if size < _DOWNLOAD_BYTES else _name(path),
                "kB": f"{size / 1e3:,.0f}".replace(",", "\u202f"),
                "licence": made.get("license", "CC-BY-4.0"),
                "commit": made.get("code_version", "–"),
                "Python": made.get("python", "–"),
                "wall time (s)": "–" if seconds is None else f"{seconds:.0f}",
            }
        )
    return pd.DataFrame(rows).set_index("file")


def checksums(paths: Iterable[Path]) -> str:
    """The files as ``sha256sum -c`` checks them in the root of the book."""
    return "\n".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {_name(path)}" for path in paths)


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
