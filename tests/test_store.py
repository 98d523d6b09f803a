"""Labelled data sets."""

import numpy as np
import pytest

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
