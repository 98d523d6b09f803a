"""The mass table: its columns and their documentation, masses, flags, and the same numbers out of every format."""

import importlib.util
import json
import re

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
import yaml

from lib import mass_table, store
from lib.__main__ import main
from lib.learning.known_region import measured_masses
from lib.mass_table import COLUMNS, SOURCES, as_frame, is_current, read, write
from lib.provenance import DATA, ROOT
from lib.rmf.chart import load_chart

NUMERICAL = {"energy_uncertainty": 1.234e-4, "radius_uncertainty": 2.01e-6, "even_filling_energy": -500.0}
"""What charts may have beside the variables of all charts."""


@pytest.fixture(scope="module")
def chart():
    """With no more than all charts have."""
    return load_chart("PC-PK1", pairing=True).drop_vars(NUMERICAL, errors="ignore")


@pytest.fixture(scope="module")
def fuller(chart):
    """A chart that has all that a table can take."""
    added = {name: ("nucleus", np.full(chart.sizes["nucleus"], value)) for name, value in NUMERICAL.items()}
    return chart.assign(added)


@pytest.fixture(scope="module")
def table(fuller):
    return mass_table.mass_table(chart=fuller)


@pytest.fixture(scope="module")
def frame(table):
    return as_frame(table).set_index(["Z", "N"])


@pytest.fixture
def files(table, tmp_path):
    return write(table, tmp_path)


# columns


@pytest.mark.parametrize("name", COLUMNS)
def test_each_column_says_unit_meaning_and_source(name, table):
    column = COLUMNS[name]
    assert re.fullmatch(r"[A-Z]|[a-z][a-z0-9_]*", name)
    assert column.unit in ("MeV", "fm", "1")
    assert len(column.text.split()) >= 2
    assert column.source in SOURCES
    assert column.uncertainty == "" or COLUMNS[column.uncertainty].unit == column.unit
    assert len(column.flags.split()) in (0, 2)
    # whatever is no measurement and no fact comes out of a function or out of the chart
    assert (column.values is None) == (column.source == "solver")
    about = mass_table.documentation(table).loc[name]
    assert list(about) == [column.unit, column.text, SOURCES[column.source].text]


def test_the_table_has_every_column_and_the_names_of_the_chart(table, chart):
    assert list(as_frame(table).columns) == list(COLUMNS)
    solved = {name for name, column in COLUMNS.items() if column.source == "solver"} - set(NUMERICAL)
    assert solved <= set(chart.variables)
    assert all(chart[name].units == COLUMNS[name].unit for name in solved)


def test_what_a_chart_does_not_have_is_left_out(table, chart):
    without = mass_table.mass_table(chart=chart)
    assert set(table.variables) - set(without.variables) == set(NUMERICAL)
    assert "ancillary_variables" not in without.total_energy.attrs
    assert table.total_energy.attrs["ancillary_variables"] == "energy_uncertainty"
    assert table.charge_radius.attrs["ancillary_variables"] == "radius_uncertainty"
    # rounded up to two digits, never to nothing
    assert set(table.energy_uncertainty.values) == {1.3e-4}
    assert set(table.radius_uncertainty.values) == {2.1e-6}


def test_the_numbers_of_the_chart_are_taken_over(frame, chart):
    numbers = chart.to_dataframe().set_index(["Z", "N"]).sort_index()
    assert frame.index.equals(numbers.index)
    for name, column in COLUMNS.items():
        if column.source == "solver" and name not in NUMERICAL:
            assert np.allclose(frame[name].astype(float), numbers[name], atol=5.1e-7, rtol=0, equal_nan=True), name


# what is computed


def test_masses_are_those_of_ame2020_where_the_energy_is_measured():
    """The constants and the binding of the electrons together: the table of binding energies gives that of masses."""
    known = measured_masses()
    excess = mass_table.mass_excess(known.Z, known.N, -known.binding_energy)
    assert len(known) > 600
    assert np.abs(excess - known.mass_excess / 1000).max() < 1e-4


def test_masses_and_their_residuals(frame):
    tin = frame.loc[50, 82]
    assert tin.nuclide == "132Sn"
    assert tin.A == 132
    assert tin.binding_energy_per_nucleon == pytest.approx(-tin.total_energy / 132, abs=1e-6)
    assert tin.mass_excess_residual == pytest.approx(tin.mass_excess - tin.measured_mass_excess, abs=2e-6)
    # electrons cancel: the same difference between energies of nuclei
    assert tin.mass_excess_residual == pytest.approx(tin.total_energy + tin.measured_binding_energy, abs=1e-4)
    measured = frame.measured == 1
    assert measured.sum() > 600
    for name in ("measured_mass_excess", "measured_mass_excess_uncertainty", "measured_binding_energy", "mass_excess_residual"):  # fmt: skip
        assert (frame[name].notna() == measured).all(), name
    assert (frame.distance[measured] == 0).all()
    assert (frame.measured_mass_excess_uncertainty[measured] > 0).all()


def test_energies_of_separation_and_of_alpha_decay(frame):
    lead = frame.loc[82, 126]
    assert lead.total_two_neutron_separation_energy == pytest.approx(
        frame.total_energy[82, 124] - lead.total_energy, abs=2e-6
    )
    assert lead.total_two_proton_separation_energy == pytest.approx(
        frame.total_energy[80, 126] - lead.total_energy, abs=2e-6
    )
    polonium = frame.loc[84, 128]
    gone = polonium.mass_excess - lead.mass_excess - mass_table.HELIUM_MASS_EXCESS
    assert polonium.alpha_decay_energy == pytest.approx(gone, abs=3e-6)
    # a fact everyone knows: lead-208 is the daughter of an alpha emitter of some 9 MeV, 132Sn none at all
    assert 8 < polonium.measured_alpha_decay_energy < 10
    assert frame.measured_alpha_decay_energy[50, 82] < 0
    masses = measured_masses().set_index(["Z", "N"]).binding_energy
    assert lead.measured_two_neutron_separation_energy == pytest.approx(masses[82, 126] - masses[82, 124], abs=2e-6)
    assert lead.measured_two_proton_separation_energy == pytest.approx(masses[82, 126] - masses[80, 126], abs=2e-6)
    lightest = frame.loc[frame.index.min()]
    assert np.isnan(lightest.total_two_proton_separation_energy)
    assert np.isnan(lightest.alpha_decay_energy)


# shapes


def test_what_is_known_to_be_deformed(frame):
    flags = frame.deformed.astype(float)  # NaN where nothing is known
    rotors = frame.index[flags == 1]
    assert {(12, 12), (62, 92), (66, 98), (92, 146)} <= set(rotors)
    assert {(50, 70), (50, 82), (28, 32)} <= set(frame.index[flags == 0])
    # far from stability nothing is known, and that is said
    assert flags[frame.distance > 4].isna().all()
    assert ((frame.level_ratio >= mass_table.ROTOR_RATIO) == (flags == 1)).all()
    assert (flags.isna() == frame.level_ratio.isna()).all()
    assert frame.level_ratio.max() < 3.45
    # no nucleus with a magic number rotates
    assert not {8, 20, 28, 50, 82, 126} & {number for rotor in rotors for number in rotor}


def test_a_damaged_table_of_levels_is_refused(tmp_path):
    path, good = tmp_path / "levels.csv", (DATA / "ensdf_levels.csv").read_text()
    lines = good.splitlines(keepends=True)
    for damaged in (good + lines[-1], good.replace("energy_4", "energy_6"), "".join(lines[:7]), good[:-3]):
        path.write_text(damaged)
        mass_table.measured_levels.cache_clear()
        with pytest.raises(ValueError, match=r"levels\.csv is damaged .*data/make_ensdf_levels\.py"):
            mass_table.measured_levels(path)
    mass_table.measured_levels.cache_clear()


def test_of_each_decay_the_lowest_levels_that_belong_together():
    specification = importlib.util.spec_from_file_location("recipe", DATA / "make_ensdf_levels.py")
    recipe = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(recipe)

    def level(energy, spin, final, parity=1, tentative=False, error=0.1):
        spins = [{"spinReal": spin, "parity": parity, "spinIsLimit": False, "spinIsTentative": tentative, "parityIsTentative": False}]  # fmt: skip
        return {"levelEnergy": energy, "dLevelEnergy": error, "levelEnergyIsKnown": True, "spins": spins, "gammaDecay": [{"levelIndexFinal": final}]}  # fmt: skip

    scheme = [level(900, 2, 1), level(950, 2, 0, parity=-1), level(1000, 2, 0), level(1200, 2, 0), level(2100, 4, 0)]
    assert recipe.lowest(scheme, 2, 0)["levelEnergy"] == 1000
    assert recipe.lowest(scheme, 4, 1) is None
    assert recipe.lowest([scheme[2] | {"spins": scheme[2]["spins"] * 2}], 2, 0) is None
    # the same level in three decays, and a higher one in a fourth
    seen = [level(100.3, 2, 0, error=0.0), level(100.1, 2, 0, tentative=True), level(100.2, 2, 0, error=0.01)]
    assert recipe.best([*seen, level(300, 2, 0)]) == (100.2, 0.01, False)
    assert recipe.best([level(100, 2, 0, tentative=True)]) == (100, 0.1, True)


# files


@pytest.mark.parametrize("format", mass_table.FORMATS)
def test_every_format_gives_back_the_same_table(format, files, table):
    back = read(files[format])
    pd.testing.assert_frame_equal(back, as_frame(table))
    assert files[format].name == f"mass-table-PC-PK1-paired.{format}"


def test_the_csv_says_what_it_is(files, table):
    lines = files["csv"].read_text().splitlines()
    head = [line for line in lines if line.startswith("#")]
    assert head[0] == f"# {table.title}"
    for name, column in COLUMNS.items():
        assert f"# {name} ({column.unit}): {column.text}; {SOURCES[column.source].text}" in head
    assert lines[len(head)].split(",") == list(COLUMNS)
    [tin] = [line for line in lines if ",132Sn," in line]
    assert tin.startswith("50,82,132,132Sn,-")
    # rounded numbers, without the digits of binary fractions
    assert max(len(cell) for cell in tin.split(",")) <= 12


def test_the_parquet_file_carries_units_and_meanings(files, table):
    schema = pq.read_schema(files["parquet"])
    for name, column in COLUMNS.items():
        about = {key.decode(): value.decode() for key, value in schema.field(name).metadata.items()}
        assert about.items() >= {"unit": column.unit, "meaning": column.text}.items()
    attributes = json.loads(schema.metadata[b"attributes"])
    assert attributes["title"] == table.title
    assert attributes["code_hash"] == mass_table.table_hash()
    assert not {"history", "date_created"} & set(attributes), "the same table is the same file"


def test_the_same_table_is_the_same_file(fuller, files, tmp_path):
    again = write(mass_table.mass_table(chart=fuller), tmp_path / "again")
    for format in ("csv", "parquet"):
        assert again[format].read_bytes() == files[format].read_bytes()


def test_the_netcdf_file_follows_its_conventions(files):
    """What CF-1.11 and ACDD-1.3 ask for, as far as a table of nuclei has it."""
    with xr.open_dataset(files["nc"], engine="h5netcdf", decode_cf=False) as raw:
        attributes = raw.attrs
        assert attributes["Conventions"] == "CF-1.11, ACDD-1.3"
        for name in ("title", "summary", "keywords", "id", "license", "creator_name", "creator_type", "date_created", "source", "history", "comment", "acknowledgement", "code_hash", "code_version", "couplings", "chart_code_hash"):  # fmt: skip
            assert attributes.get(name), name
        assert attributes["creator_name"] == yaml.safe_load((ROOT / "CITATION.cff").read_text())["authors"][0]["name"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", attributes["date_created"])
        assert attributes["history"].endswith("python -m lib tables PC-PK1 --pairing")
        assert attributes["summary"].startswith(f"Energies, masses, separation energies, Fermi energies and radii of all {raw.sizes['nucleus']} ")  # fmt: skip
        for name, variable in raw.variables.items():
            about = variable.attrs
            assert about["units"] == COLUMNS[name].unit, name
            assert about["long_name"] == COLUMNS[name].text, name
            assert about["comment"], name
            assert about["coverage_content_type"] in ("modelResult", "physicalMeasurement", "qualityInformation", "referenceInformation"), name  # fmt: skip
            for other in about.get("ancillary_variables", "").split():
                assert raw[other].dims == variable.dims, name
                assert raw[other].attrs["units"] == about["units"], name
            if COLUMNS[name].flags:
                assert variable.dtype == about["flag_values"].dtype == np.int8, name
                assert len(about["flag_values"]) == len(about["flag_meanings"].split()) == 2, name
                assert about["_FillValue"] not in about["flag_values"], name
        assert set(raw.total_energy.encoding.get("coordinates", raw.total_energy.attrs.get("coordinates", "")).split()) == set(mass_table.KEYS)  # fmt: skip


def test_charts_say_by_what_conventions_they_go_too(tmp_path):
    from lib.rmf.chart import make_chart

    made = make_chart("PC-PK1", Z_range=(20, 20), N_range=(20, 24), workers=1, work=tmp_path)
    store.write(made, tmp_path / "chart.nc")
    with xr.open_dataset(tmp_path / "chart.nc", engine="h5netcdf", decode_cf=False) as raw:
        assert raw.attrs["Conventions"] == store.CONVENTIONS
        assert raw.attrs["id"] == "chart-PC-PK1"
        assert "_FillValue" not in raw.r.attrs, "along a dimension CF knows no missing values"


def test_files_are_current_until_numbers_or_words_change(table, files, fuller, tmp_path):
    assert is_current(table, tmp_path)
    other = fuller.copy()
    other["cm_energy"] = other.cm_energy + 1e-3
    assert not is_current(mass_table.mass_table(chart=other), tmp_path)
    assert not is_current(table.assign_attrs(summary="something else"), tmp_path)
    assert is_current(table.assign_attrs(history="later", date_created="later", code_version="another"), tmp_path)
    files["parquet"].write_bytes(b"PAR1")
    assert not is_current(table, tmp_path)
    with pytest.raises(ValueError, match=r"paired\.parquet is damaged .*python -m lib tables"):
        read(files["parquet"])
    files["csv"].unlink()
    with pytest.raises(FileNotFoundError, match=r"paired\.csv is not there: run `python -m lib tables`"):
        read(files["csv"])
    (tmp_path / "table.xlsx").touch()
    with pytest.raises(ValueError, match=r"table\.xlsx is no mass table: take one of csv, parquet, nc"):
        read(tmp_path / "table.xlsx")


def test_the_command_writes_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mass_table, "FOLDER", tmp_path)
    for function in (mass_table.write, mass_table.is_current):
        monkeypatch.setattr(function, "__defaults__", (tmp_path,))

    def said(*arguments):
        main(["tables", *arguments])
        return capsys.readouterr().err

    count = load_chart("PC-F1", pairing=True).sizes["nucleus"]
    assert re.fullmatch(rf"mass-table-PC-F1-paired.csv, .*: {count} nuclei, \d+ columns\n", said("PC-F1", "--pairing"))
    assert len(list(tmp_path.iterdir())) == 3
    assert said("PC-F1", "--pairing") == ""
    assert said("PC-F1", "--pairing", "--force")
    (tmp_path / "mass-table-PC-F1-paired.csv").unlink()
    assert said("PC-F1", "--pairing")
    with pytest.raises(SystemExit):
        main(["tables", "PC-X"])
    assert "unknown functional 'PC-X'" in capsys.readouterr().err
