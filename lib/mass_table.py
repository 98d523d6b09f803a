"""The mass table of a functional: a row for each bound even-even nucleus, a column for each quantity.

:data:`COLUMNS` is the one list of columns, each with its unit, meaning and source; what is computed for a column stands
beside its name.  From it follow the table (:func:`mass_table`), its files as CSV, Parquet and netCDF (:func:`write`), and
what documents them (:func:`documentation`).  ``python -m lib tables`` writes them to ``data/mass_tables``.

Energies are negative where a nucleus is bound, separation energies positive.  Masses are those of neutral atoms:

.. math::

    \\Delta M(Z,N) = Z\\,\\Delta M_{\\rm H} + N\\,\\Delta M_n + E - B_{\\rm el}(Z)

with the mass excesses of hydrogen atom and neutron, the total energy E of the nucleus, and the binding energy of its electrons
(:func:`electron_binding_energy`); that of the electron in each hydrogen atom, 1.4 keV for the heaviest nuclei, is left out,
here as in ``data/ame2020.csv``.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

from lib import store
from lib.learning.known_region import distance, is_known, measured_masses
from lib.provenance import DATA, code_hash, code_version
from lib.rmf.chart import load_chart
from lib.store import Variable, discovery, labelled
from lib.tasks import atomic_write

FOLDER = DATA / "mass_tables"
FORMATS = ("csv", "parquet", "nc")
LEVELS = DATA / "ensdf_levels.csv"
LEVEL_COLUMNS = ("Z", "N", "energy_2", "uncertainty_2", "energy_4", "uncertainty_4", "tentative")
ROTOR_RATIO = 3.0
"""E(4+)/E(2+) from which a nucleus counts as deformed; 10/3 for a rigid rotor, 2 for a spherical vibrator."""
NEUTRON_MASS_EXCESS = 8.07131806
"""Mass excess of the neutron in MeV (AME2020)."""
HYDROGEN_MASS_EXCESS = 7.288971064
"""Mass excess of the hydrogen atom in MeV (AME2020)."""
HELIUM_MASS_EXCESS = 2.42491587
"""Mass excess of the atom of 4He in MeV (AME2020)."""
DECIMALS = 6
"""To which values are rounded, in all files alike – 1 eV and 1e-6 fm; uncertainties are rounded up to two digits."""


def electron_binding_energy(Z) -> np.ndarray:
    """Binding energy of the electrons of a neutral atom in MeV, 14.4381 Z^2.39 + 1.55468e-6 Z^5.35 eV.

    The formula of D. Lunney et al., Rev. Mod. Phys. 75, 1021 (2003), Eq. A4, which the atomic mass evaluation uses.
    """
    Z = np.asarray(Z, dtype=float)
    return (14.4381 * Z**2.39 + 1.55468e-6 * Z**5.35) * 1e-6


@cache
def measured_levels(path: Path = LEVELS) -> pd.DataFrame:
    """Lowest measured 2+ and 4+ levels by (Z, N), energies in keV; ``data/make_ensdf_levels.py`` is the recipe.

    Raises
    ------
    ValueError
        if the file is not the table it should be.
    """
    remedy = "make it again with data/make_ensdf_levels.py"
    table = store.read_table(path, remedy, LEVEL_COLUMNS).set_index(["Z", "N"])
    if table.index.has_duplicates or not (table.energy_4 > table.energy_2).all():
        raise ValueError(f"{path} is damaged (a nucleus twice, or a 4+ below its 2+): restore it, or {remedy}")
    return table


# What is computed for the columns.  ``chart`` has a row for each nucleus, by (Z, N), and a column for each number of the
# chart; the mass excess is among them when the columns that build on it are computed.


def _numbers(chart: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return chart.index.get_level_values("Z").to_numpy(), chart.index.get_level_values("N").to_numpy()


def _Z(chart: pd.DataFrame) -> np.ndarray:
    return _numbers(chart)[0]


def _N(chart: pd.DataFrame) -> np.ndarray:
    return _numbers(chart)[1]


def _A(chart: pd.DataFrame) -> np.ndarray:
    return sum(_numbers(chart))


def _nuclide(chart: pd.DataFrame) -> np.ndarray:
    symbols = measured_masses().groupby("Z").element.first()
    return np.array([f"{Z + N}{symbols[Z]}" for Z, N in chart.index], dtype=object)


def _binding_energy_per_nucleon(chart: pd.DataFrame) -> pd.Series:
    return -chart.total_energy / _A(chart)


def mass_excess(Z, N, total_energy):
    """Mass excess of the atom in MeV, from the total energy of its nucleus in MeV."""
    free = Z * HYDROGEN_MASS_EXCESS + N * NEUTRON_MASS_EXCESS
    return free + total_energy - electron_binding_energy(Z)


def _mass_excess(chart: pd.DataFrame) -> pd.Series:
    return mass_excess(*_numbers(chart), chart.total_energy)


def _measured(chart: pd.DataFrame) -> np.ndarray:
    return is_known(*_numbers(chart)).astype("int8")


def _masses() -> pd.DataFrame:
    """Those of AME2020 by (Z, N), all in MeV."""
    table = measured_masses().set_index(["Z", "N"])
    return table.assign(mass_excess=table.mass_excess / 1000, uncertainty=table.uncertainty / 1000)


def _measured_mass_excess(chart: pd.DataFrame) -> pd.Series:
    return _masses().mass_excess.reindex(chart.index)


def _measured_mass_excess_uncertainty(chart: pd.DataFrame) -> pd.Series:
    return _masses().uncertainty.reindex(chart.index)


def _measured_binding_energy(chart: pd.DataFrame) -> pd.Series:
    return _masses().binding_energy.reindex(chart.index)


def _mass_excess_residual(chart: pd.DataFrame) -> pd.Series:
    return _mass_excess(chart) - _measured_mass_excess(chart)


def _lighter(values: pd.Series, places: pd.MultiIndex, protons: int, neutrons: int) -> np.ndarray:
    """The values of the nuclei with so many protons and neutrons less, NaN where there is none."""
    return values.reindex([(Z - protons, N - neutrons) for Z, N in places]).to_numpy()


def _total_two_neutron_separation_energy(chart: pd.DataFrame) -> pd.Series:
    return _lighter(chart.total_energy, chart.index, 0, 2) - chart.total_energy


def _total_two_proton_separation_energy(chart: pd.DataFrame) -> pd.Series:
    return _lighter(chart.total_energy, chart.index, 2, 0) - chart.total_energy


def _alpha_decay_energy(chart: pd.DataFrame) -> pd.Series:
    excess = _mass_excess(chart)
    return excess - _lighter(excess, chart.index, 2, 2) - HELIUM_MASS_EXCESS


def _measured_two_neutron_separation_energy(chart: pd.DataFrame) -> pd.Series:
    binding = _masses().binding_energy
    return binding.reindex(chart.index) - _lighter(binding, chart.index, 0, 2)


def _measured_two_proton_separation_energy(chart: pd.DataFrame) -> pd.Series:
    binding = _masses().binding_energy
    return binding.reindex(chart.index) - _lighter(binding, chart.index, 2, 0)


def _measured_alpha_decay_energy(chart: pd.DataFrame) -> pd.Series:
    excess = _masses().mass_excess
    return excess.reindex(chart.index) - _lighter(excess, chart.index, 2, 2) - HELIUM_MASS_EXCESS


def _neutron_skin(chart: pd.DataFrame) -> pd.Series:
    return chart.neutron_radius - chart.proton_radius


def _distance(chart: pd.DataFrame) -> np.ndarray:
    return distance(*_numbers(chart))


def _level_ratio(chart: pd.DataFrame) -> pd.Series:
    levels = measured_levels()
    return (levels.energy_4 / levels.energy_2).reindex(chart.index)


def _deformed(chart: pd.DataFrame) -> pd.Series:
    ratio = _level_ratio(chart)
    return (ratio >= ROTOR_RATIO).where(ratio.notna()).astype(float)


class Column(NamedTuple):
    """What a column is, and how it comes to its values."""

    unit: str
    """``"1"`` where there is none"""
    text: str
    """the quantity in a few words"""
    source: str
    """where its values come from, a key of :data:`SOURCES`"""
    values: Callable[[pd.DataFrame], object] | None = None
    """computes it; None: it is the variable of the chart that has its name, and is left out where the chart has none"""
    uncertainty: str = ""
    """the column with its uncertainty"""
    flags: str = ""
    """of a flag, the meanings of 0 and 1, each a word; empty cells are not known"""


class Source(NamedTuple):
    """Where a column comes from, in words, and as ISO 19115-1 calls such contents."""

    text: str
    content: str


SOURCES = {
    "name": Source("names the nucleus", "referenceInformation"),
    "solver": Source("computed by the solver of this book for the chart of the functional", "modelResult"),
    "table": Source("computed from other columns of this table", "modelResult"),
    "AME2020": Source("measured: M. Wang et al., Chin. Phys. C 45, 030003 (2021), estimates left out", "physicalMeasurement"),
    "AME2020, solver": Source("computed by the solver minus measured (AME2020)", "qualityInformation"),
    "ENSDF": Source("measured: Evaluated Nuclear Structure Data File, decays, as read by data/make_ensdf_levels.py", "physicalMeasurement"),
}  # fmt: skip
"""Where columns come from."""
NUMERICAL = "an estimate, without the error of the functional"
NEIGHBOUR = "where the neighbour is in the table"
COLUMNS = {
    "Z": Column("1", "proton number", "name", _Z),
    "N": Column("1", "neutron number", "name", _N),
    "A": Column("1", "mass number", "name", _A),
    "nuclide": Column("1", "mass number and symbol, as in 132Sn", "name", _nuclide),
    "energy": Column("MeV", "E_CDFT, the functional of the densities", "solver", uncertainty="energy_uncertainty"),
    "energy_uncertainty": Column("MeV", f"numerical error of E_CDFT, {NUMERICAL}", "solver"),
    "even_filling_energy": Column("MeV", "even-filling energy, the lowest E_CDFT with at most one partly filled level of each kind", "solver"),
    "pairing_energy": Column("MeV", "pairing energy, zero without pairing", "solver"),
    "cm_energy": Column("MeV", "centre-of-mass correction", "solver"),
    "total_energy": Column("MeV", "total energy, E_CDFT + pairing energy + centre-of-mass correction", "solver", uncertainty="energy_uncertainty"),
    "binding_energy_per_nucleon": Column("MeV", "binding energy per nucleon, minus the total energy over A", "table", _binding_energy_per_nucleon),
    "mass_excess": Column("MeV", "mass excess, of the atom, from the total energy", "table", _mass_excess, "energy_uncertainty"),
    "measured": Column("1", "mass measured, whether it is", "AME2020", _measured, flags="not_measured measured"),
    "measured_mass_excess": Column("MeV", "measured mass excess, of the atom", "AME2020", _measured_mass_excess, "measured_mass_excess_uncertainty"),
    "measured_mass_excess_uncertainty": Column("MeV", "standard deviation of the measured mass excess", "AME2020", _measured_mass_excess_uncertainty),
    "measured_binding_energy": Column("MeV", "measured binding energy, of the nucleus without its electrons", "AME2020", _measured_binding_energy, "measured_mass_excess_uncertainty"),
    "mass_excess_residual": Column("MeV", "computed minus measured mass excess", "AME2020, solver", _mass_excess_residual),
    "two_neutron_separation_energy": Column("MeV", "S_2n of E_CDFT + pairing energy", "solver"),
    "two_proton_separation_energy": Column("MeV", "S_2p of E_CDFT + pairing energy", "solver"),
    "total_two_neutron_separation_energy": Column("MeV", f"S_2n of the total energy, {NEIGHBOUR}", "table", _total_two_neutron_separation_energy),
    "total_two_proton_separation_energy": Column("MeV", f"S_2p of the total energy, {NEIGHBOUR}", "table", _total_two_proton_separation_energy),
    "alpha_decay_energy": Column("MeV", f"Q of alpha decay, from mass excesses, {NEIGHBOUR}", "table", _alpha_decay_energy),
    "measured_two_neutron_separation_energy": Column("MeV", "measured S_2n", "AME2020", _measured_two_neutron_separation_energy),
    "measured_two_proton_separation_energy": Column("MeV", "measured S_2p", "AME2020", _measured_two_proton_separation_energy),
    "measured_alpha_decay_energy": Column("MeV", "measured Q of alpha decay", "AME2020", _measured_alpha_decay_energy),
    "neutron_fermi_energy": Column("MeV", "neutron Fermi energy, that of the last occupied level, with pairing lambda_n", "solver"),
    "proton_fermi_energy": Column("MeV", "proton Fermi energy, that of the last occupied level, with pairing lambda_p", "solver"),
    "neutron_radius": Column("fm", "neutron rms radius", "solver", uncertainty="radius_uncertainty"),
    "proton_radius": Column("fm", "proton rms radius, of point protons", "solver", uncertainty="radius_uncertainty"),
    "charge_radius": Column("fm", "charge radius, r_ch^2 = r_p^2 + 0.64 fm^2", "solver", uncertainty="radius_uncertainty"),
    "radius_uncertainty": Column("fm", f"numerical error of the radii, {NUMERICAL}", "solver"),
    "neutron_skin": Column("fm", "neutron skin, neutron minus proton radius", "table", _neutron_skin),
    "shared_occupation": Column("1", "shared occupation, whether two degenerate levels share the last particles", "solver", flags="not_shared shared"),
    "distance": Column("1", "distance d to the known region, in neutrons along the isotopes", "AME2020", _distance),
    "level_ratio": Column("1", "measured E(4+)/E(2+), of the lowest levels", "ENSDF", _level_ratio),
    "deformed": Column("1", f"deformed, whether the measured E(4+)/E(2+) is {ROTOR_RATIO} or more", "ENSDF", _deformed, flags="not_deformed deformed"),
}  # fmt: skip
"""Every column of the table, in its order; before its first comma a text is a name for it.

To add a column, add a line.  What only some charts have is left out for the others.
"""
KEYS = ("Z", "N", "A", "nuclide")
"""The columns that name a nucleus: coordinates of the netCDF file."""


def table_hash() -> str:
    """Hash of the code that decides what is in a mass table, beside that of the chart."""
    return code_hash(table_of)


def table_of(chart: xr.Dataset) -> xr.Dataset:
    """The mass table of a chart: :func:`mass_table`."""
    numbers = chart.drop_dims(set(chart.dims) - {"nucleus"}).to_dataframe().set_index(["Z", "N"]).sort_index()
    values = {}
    for name, column in COLUMNS.items():
        if column.values is not None:
            values[name] = _rounded(name, column.values(numbers))
        elif name in numbers:
            values[name] = _rounded(name, numbers[name])
    table = labelled(
        values,
        {name: Variable(("nucleus",), column.unit, column.text) for name, column in COLUMNS.items()},
        coords=KEYS,
    )
    for name in values:
        table[name].attrs |= _attributes(name, values)
        if COLUMNS[name].flags:
            table[name].encoding |= {"dtype": "int8", "_FillValue": np.int8(-1)}
    return table


def _rounded(name: str, values) -> np.ndarray:
    """Values as all files have them; an uncertainty is rounded up, since zero would be none."""
    values = np.asarray(values)
    if values.dtype.kind != "f":
        return values
    if not name.endswith("_uncertainty"):
        return np.round(values, DECIMALS) + 0.0  # no negative zeros
    if COLUMNS[name].source != "solver":
        return np.array([float(f"{value:.8g}") for value in values])
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = 10.0 ** (np.floor(np.log10(values)) - 1)
        # written and read again, so that 3 times 0.1 is 0.3
        return np.array(
            [float(f"{value:.8g}") for value in np.where(values > 0, np.ceil(values / unit - 1e-6) * unit, values)]
        )


def _attributes(name: str, there: Mapping) -> dict[str, object]:
    """What the netCDF file says of a column, beside unit and meaning."""
    column = COLUMNS[name]
    source = SOURCES[column.source]
    content = "qualityInformation" if name.endswith("_uncertainty") else source.content
    found: dict[str, object] = {"comment": source.text, "coverage_content_type": content}
    if column.uncertainty in there:
        found["ancillary_variables"] = column.uncertainty
    if column.flags:
        found |= {"flag_values": np.array([0, 1], dtype="int8"), "flag_meanings": column.flags}
    return found


def mass_table(functional: str = "PC-PK1", *, pairing: bool = False, chart: xr.Dataset | None = None) -> xr.Dataset:
    """The mass table of a functional, from its chart.

    Parameters
    ----------
    functional
        name of the functional.
    pairing
        with BCS pairing.
    chart
        instead of the one in ``data``, :func:`lib.rmf.chart.load_chart`.

    Returns
    -------
    xr.Dataset
        along ``nucleus``, by Z and N, in the columns of :data:`COLUMNS`, with provenance; NaN where a value is not known.

    Raises
    ------
    FileNotFoundError, ValueError
        if there is no chart, or it is not current.
    """
    chart = load_chart(functional, pairing=pairing) if chart is None else chart
    table = table_of(chart)
    kind = "with BCS pairing" if chart.pairing else "without pairing"
    Z, N = table.Z.values, table.N.values
    table.attrs = discovery(
        title=f"Mass table of {chart.functional}, spherical even-even nuclei {kind}",
        summary=(
            f"Energies, masses, separation energies, Fermi energies and radii of all {len(Z)} even-even nuclei with "
            f"Z = {Z.min()} to {Z.max()} and N = {N.min()} to {N.max()} that the covariant energy density functional "
            f"{chart.functional} binds in spherical relativistic mean-field approximation {kind}; beside them measured "
            "masses (AME2020) and whether the nucleus is known to be deformed (ENSDF), which the calculation is not. "
            "Uncertainties of computed values are numerical: they do not contain the error of the functional."
        ),
        keywords="nuclear mass table, covariant density functional, relativistic mean field, binding energy, separation energy",
        source=f"spherical relativistic mean-field calculation with {chart.functional}, code {chart.code_version}",
        history=f"python -m lib tables {chart.functional} --{'' if chart.pairing else 'no-'}pairing",
        identity=f"mass-table-{file_stem(chart.functional, bool(chart.pairing))}",
    ) | {
        "acknowledgement": "Whoever uses the measured columns should cite AME2020 and ENSDF, as their comments name them.",
        "functional": chart.functional,
        "couplings": chart.couplings,
        "pairing": int(chart.pairing),
        "rotor_ratio": ROTOR_RATIO,
        "neutron_mass_excess_MeV": NEUTRON_MASS_EXCESS,
        "hydrogen_mass_excess_MeV": HYDROGEN_MASS_EXCESS,
        "helium_mass_excess_MeV": HELIUM_MASS_EXCESS,
        "code_hash": table_hash(),
        "code_version": code_version(),
        "python": platform.python_version(),
        **{f"chart_{name}": value for name, value in chart.attrs.items() if name not in _OF_THE_TABLE},
    }
    return table


_OF_THE_TABLE = {*discovery("", "", "", "", "", ""), "functional", "couplings", "pairing"}
"""Attributes of a chart that the table has itself."""


def as_frame(table: xr.Dataset) -> pd.DataFrame:
    """The table as plain columns, in the order of :data:`COLUMNS`; flags are whole numbers, or missing."""
    names = [name for name in COLUMNS if name in table.variables]
    frame = pd.DataFrame({name: table[name].values for name in names})
    return frame.astype({name: "Int8" for name in names if COLUMNS[name].flags} | {"nuclide": "str"})


def documentation(table: xr.Dataset) -> pd.DataFrame:
    """Unit, meaning and source of each column that a table has, by its name."""
    rows = {
        name: {"unit": column.unit, "meaning": column.text, "source": SOURCES[column.source].text}
        for name, column in COLUMNS.items()
        if name in table.variables
    }
    return pd.DataFrame(rows).T.rename_axis("column")


def file_stem(functional: str, pairing: bool) -> str:
    """``PC-PK1``; ``PC-PK1-paired`` with pairing."""
    return f"{functional}{'-paired' if pairing else ''}"


def paths(functional: str, pairing: bool, folder: Path = FOLDER) -> dict[str, Path]:
    """Where the files of a table are, by format."""
    return {format: folder / f"mass-table-{file_stem(functional, pairing)}.{format}" for format in FORMATS}


def write(table: xr.Dataset, folder: Path = FOLDER) -> dict[str, Path]:
    """Write a table to CSV, Parquet and netCDF, each in one step; returns the paths by format.

    The CSV says what it is in lines that begin with ``#``; the Parquet file carries attributes, units and meanings in its
    schema, and the netCDF file follows the conventions CF-1.11 and ACDD-1.3.
    """
    files = paths(table.functional, bool(table.pairing), folder)
    frame = as_frame(table)
    atomic_write(files["csv"], lambda path: _write_csv(table, frame, path))
    atomic_write(files["parquet"], lambda path: pq.write_table(_arrow(table, frame), path))
    store.write(table, files["nc"])
    return files


def _write_csv(table: xr.Dataset, frame: pd.DataFrame, path: Path) -> None:
    about = [table.title, table.summary, f"License: {table.license}. {table.source}", ""]
    columns = [f"{name} ({row.unit}): {row.meaning}; {row.source}" for name, row in documentation(table).iterrows()]
    head = "".join(f"# {line}".rstrip() + "\n" for line in [*about, *columns])
    path.write_text(head + frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8")


def _arrow(table: xr.Dataset, frame: pd.DataFrame) -> pa.Table:
    """The table for Parquet, with unit and meaning at each column and the attributes of the table as JSON."""
    plain = pa.Table.from_pandas(frame, preserve_index=False)
    about = documentation(table)
    fields = [field.with_metadata(dict(about.loc[field.name])) for field in plain.schema]
    attributes = json.dumps(_lasting(table), default=str)
    return plain.cast(pa.schema(fields, {**plain.schema.metadata, b"attributes": attributes.encode()}))


def _lasting(table: xr.Dataset) -> dict[str, object]:
    """The attributes but those of the moment of writing."""
    return {name: value for name, value in table.attrs.items() if name not in ("history", "date_created")}


def read(path: Path) -> pd.DataFrame:
    """A table as :func:`write` has written it, whichever its format, as :func:`as_frame` has it.

    Raises
    ------
    FileNotFoundError
        if it is not there.
    ValueError
        if it is damaged, or of no format of :data:`FORMATS`.
    """
    remedy = "run `python -m lib tables`"
    if path.suffix == ".nc":
        return as_frame(store.read(path, remedy))
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: {remedy}")
    flags = {name: "Int8" for name, column in COLUMNS.items() if column.flags}
    try:
        if path.suffix == ".csv":
            return pd.read_csv(path, comment="#", dtype={**flags, "nuclide": "str"})
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
    except (ValueError, UnicodeError, OSError) as error:
        raise store.refusal(path, error, remedy) from error
    raise ValueError(f"{path} is no mass table: take one of {', '.join(FORMATS)}")


def is_current(table: xr.Dataset, folder: Path = FOLDER) -> bool:
    """Whether the files of a table are there, hold its numbers, and say of them what would be said today."""
    frame, files = as_frame(table), paths(table.functional, bool(table.pairing), folder)
    try:
        same = all(read(path).equals(frame) for path in files.values())
        said = store.read(files["nc"], "").attrs
    except (FileNotFoundError, ValueError):
        return False  # they will be written again
    today = {name: value for name, value in _lasting(table).items() if name not in ("code_version", "python")}
    return same and all(str(said.get(name)) == str(value) for name, value in today.items())
