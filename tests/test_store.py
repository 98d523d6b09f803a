"""Labelled data sets."""

import re
import subprocess
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from lib import store
from lib.store import Variable, labelled

SCHEMA = {
    "r": Variable(("r",), "fm", "radius"),
    "density": Variable(("nucleus", "r"), "fm-3", "density"),
    "energy": Variable(("nucleus",), "MeV", "energy"),
    "mass": Variable((), "MeV", "nucleon mass"),
}
VALUES = {"density": np.ones((2, 3)), "energy": [1.0, 2.0], "r": np.arange(3.0), "mass": 939.0}


def test_each_value_gets_the_dims_unit_and_text_of_its_name():
    dataset = labelled(VALUES, SCHEMA, coords=["r"], attrs={"title": "two nuclei"})
    assert set(dataset.coords) == {"r"}
    assert set(dataset.data_vars) == {"density", "energy", "mass"}
    for name, (dims, unit, text) in SCHEMA.items():
        assert dataset[name].dims == dims
        assert dataset[name].attrs == {"units": unit, "long_name": text}
        assert np.array_equal(dataset[name].values, VALUES[name])
    assert dataset.attrs == {"title": "two nuclei"}


def test_a_name_without_a_variable_and_a_wrong_shape_are_refused():
    with pytest.raises(KeyError, match="radius"):
        labelled({"radius": 1.0}, SCHEMA)
    with pytest.raises(ValueError, match="density"):
        labelled({"density": np.ones(3)}, SCHEMA)
    with pytest.raises(ValueError, match=r"conflicting sizes.*'r'"):
        labelled({**VALUES, "r": np.arange(4.0)}, SCHEMA, coords=["r"])


def test_what_is_found_by_its_attributes_is_told_the_time_of_writing(tmp_path):
    attributes = store.discovery("title", "summary", "keywords", "source", "python -m lib charts", "id")
    dataset = labelled(VALUES, SCHEMA, coords=["r"], attrs=attributes)
    store.write(dataset, tmp_path / "data.nc")
    again = store.read(tmp_path / "data.nc", "make it")
    assert again.attrs.items() >= {name: text for name, text in attributes.items() if name != "history"}.items()
    assert again.history == f"{again.date_created} python -m lib charts"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", again.date_created)
    assert "date_created" not in dataset.attrs
    store.write(labelled(VALUES, SCHEMA, coords=["r"]), tmp_path / "plain.nc")
    assert store.read(tmp_path / "plain.nc", "make it").attrs == {}


def test_types_and_marks_of_missing_values_are_kept(tmp_path):
    dataset = labelled({"energy": [1.0, np.nan]}, SCHEMA)
    dataset.energy.encoding = {"dtype": "int8", "_FillValue": np.int8(-1)}
    store.write(dataset, tmp_path / "data.nc")
    with xr.open_dataset(tmp_path / "data.nc", engine="h5netcdf", decode_cf=False) as raw:
        assert raw.energy.dtype == np.int8
        assert raw.energy.values.tolist() == [1, -1]
    assert np.isnan(store.read(tmp_path / "data.nc", "make it").energy.values).tolist() == [False, True]


HOLD = "import h5py, sys; held = h5py.File(sys.argv[1], 'r+'); print('held', flush=True); sys.stdin.read()"


def test_a_file_that_another_program_holds_is_read_and_replaced(tmp_path, monkeypatch):
    """No lock is asked for, neither of a file that is read nor of one that is written, as on disks that have none."""
    path, dataset = tmp_path / "data.nc", labelled(VALUES, SCHEMA, coords=["r"])
    store.write(dataset, path)
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError):
            h5py.File(path, locking=True)
        xr.testing.assert_identical(store.read(path, "make it"), dataset)
        store.write(dataset * 2, path)
        other.stdin.close()
    assert float(store.read(path, "make it").mass) == 2 * 939.0
    opened = []

    class Recorded(store.h5netcdf.File):
        def __init__(self, *names, **settings):
            opened.append(settings)
            super().__init__(*names, **settings)

    monkeypatch.setattr(store.h5netcdf, "File", Recorded)
    store.write(dataset, path)
    assert opened == [{"locking": False}]


@pytest.mark.parametrize("name", ["data.nc", "data.csv"])
def test_what_the_system_does_not_let_be_read_is_not_called_damaged(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(OSError, match=rf"{name} cannot be read \(.*irectory.*it need not be damaged, keep it") as error:
        store.read(tmp_path / name, "make it") if name == "data.nc" else store.read_table(
            tmp_path / name, "make it", "a"
        )
    assert "delete" not in str(error.value)


def test_an_error_of_the_system_keeps_its_kind(tmp_path):
    for cause in (PermissionError(13, "Permission denied"), OSError(37, "No locks available"), OSError(5, "I/O error")):
        refused = store.refusal(tmp_path / "data.nc", cause, "make it")
        assert (type(refused), refused.errno) == (type(cause), cause.errno)
        assert "delete" not in str(refused)
    assert isinstance(store.refusal(tmp_path / "data.nc", OSError("file signature not found"), "make it"), ValueError)


TABLE = "# how it was made\nnetwork,rms,version\nNN1,1.5,12\nNN2,,13\n"


def test_a_table_without_its_comments(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    table = store.read_table(tmp_path / "table.csv", "make it", ("network", "rms", "version"), dtype={"version": str})
    assert table.version.tolist() == ["12", "13"]
    assert table.rms.isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "No columns"),
        (TABLE[:38].encode(), "no lines"),
        (TABLE[:-4].encode(), "a line that ends too early"),
        (TABLE.replace("rms", "error").encode(), "columns network, error, version instead of"),
        (bytes(300), r"columns (\\x00)+ instead of"),
        (b"\xff\xfe" + TABLE.encode(), "utf-8"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"table\.csv is damaged \(.*({words}).*delete it and make it$"):
        store.read_table(path, "make it", ("network", "rms", "version"))
    with pytest.raises(FileNotFoundError, match=r"none\.csv is not there: make it"):
        store.read_table(tmp_path / "none.csv", "make it", ("network",))
