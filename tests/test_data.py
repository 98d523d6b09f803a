"""Every data file says what is in it: units, meanings, licence, provenance; and the data dictionary explains every table."""

import json
import re

import pandas as pd
import pytest
import xarray as xr

from lib import mass_table
from lib.learning.ensemble import ensemble_path
from lib.learning.local_ensemble import local_path
from lib.learning.local_rows import ROWS
from lib.learning.table_one import TABLE_I
from lib.provenance import DATA, ROOT
from lib.rmf.catalogue import get_functional
from lib.rmf.chart import chart_path
from lib.rmf.functionals import FUNCTIONALS, PAPER_FUNCTIONALS
from studies.adam_beside import PATH as ADAM
from studies.handful import PATH as HANDFUL
from studies.refit import PATH as REFIT

CHARTS = [chart_path(name, pairing) for name in FUNCTIONALS for pairing in (False, True)]
CHARTS = [path for path in CHARTS if path.exists() or path.stem.removesuffix("-paired") in PAPER_FUNCTIONALS]
ENSEMBLES = [ensemble_path(id) for id in TABLE_I]
LOCAL = [local_path(id) for id in ROWS]
TABLES = sorted(DATA.glob("[!.]*.csv"))
PROVENANCE = {"title", "license", "code_version", "python", "wall_time_seconds"}
PARAMETERS = {
    "chart": {"functional", "couplings", "pairing", "box_fm", "step_fm", "code_hash", "numpy"},
    "ensemble": {"network", "recipe", "optimiser", "chart_code_hash", "training_hash", "torch"},
    "local": {"row", "design", "optimiser", "chart_code_hash", "training_hash", "torch"},
    "handful": {"chart_code_hash", "code_hash", "numpy", "cpu_seconds"},
    "refit": {"chart_code_hash", "code_hash", "numpy", "cpu_seconds"},
    "adam": {"budget_seconds", "learning_rate", "batch", "recipes", "seeds", "torch"},
}


def kind(path):
    kinds = {"adam": [ADAM], "handful": [HANDFUL], "refit": [REFIT], "ensemble": ENSEMBLES, "local": LOCAL}
    return next((name for name, paths in kinds.items() if path in paths), "chart")


@pytest.fixture(scope="module", params=[*CHARTS, *ENSEMBLES, *LOCAL, HANDFUL, REFIT, ADAM], ids=lambda path: path.stem)
def file(request):
    with xr.open_dataset(request.param, engine="h5netcdf") as dataset:
        yield request.param, dataset


def test_all_netcdf_files_are_among_those_tested():
    made_of_charts = {*mass_table.FOLDER.glob("*.nc")}  # of tests/test_mass_table.py
    assert {*DATA.rglob("[!.]*.nc")} - made_of_charts == {*CHARTS, *ENSEMBLES, *LOCAL, HANDFUL, REFIT, ADAM}


def test_every_variable_has_a_unit_and_a_meaning_and_the_file_a_licence_and_an_origin(file):
    path, dataset = file
    lacking = {
        f"{name}: {key}"
        for name, variable in dataset.variables.items()
        for key in ("units", "long_name")
        if not variable.attrs.get(key)
    }
    lacking |= {name for name in PROVENANCE | PARAMETERS[kind(path)] if dataset.attrs.get(name, "") == ""}
    assert lacking == set()
    assert dataset.attrs["license"] == "CC-BY-4.0"
    assert re.fullmatch(r"[0-9a-f]{7,40}\+?", dataset.attrs["code_version"]), "no commit"


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_a_chart_names_its_couplings(path):
    with xr.open_dataset(path, engine="h5netcdf") as chart:
        assert chart.couplings == repr(get_functional(chart.functional))


@pytest.mark.parametrize("path", ENSEMBLES, ids=lambda path: path.stem)
def test_an_ensemble_holds_a_seed_of_every_member_and_its_recipe(path):
    with xr.open_dataset(path, engine="h5netcdf") as ensemble:
        assert len(set(ensemble.seed.values.tolist())) == ensemble.sizes["member"] == 100
        assert set(json.loads(ensemble.recipe)) >= {"width", "layers", "activation", "weight_decay", "steps"}


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_the_data_dictionary_explains_every_column(path):
    page = (ROOT / "book" / "data_dictionary.md").read_text()
    [section] = [text for text in re.split(r"^## ", page, flags=re.M) if f"`data/{path.name}`:" in text]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    explained = [name for row in rows for name in re.findall(r"`([^`]+)`", row[1])]
    assert explained == list(pd.read_csv(path, comment="#").columns)
    assert all(row[3].strip() for row in rows), "a column without a meaning"


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_tables_name_units_licence_and_origin_in_their_first_lines(path):
    head = " ".join(line for line in path.read_text().splitlines() if line.startswith("#"))
    assert re.search(r"\bMeV\b|pure numbers", head)
    assert re.search(r"Licence: .*CC BY 4\.0", head)
    assert re.search(r"\(20\d\d\)|Made by ", head), "neither a source with a year nor the program that made it"
