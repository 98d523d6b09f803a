"""New inputs: none among the known nuclei, all where they must be, and in the direction in which they were made."""

import numpy as np
import pytest

from claims.novelty import novelty
from lib.learning.dataset import load_dataset
from lib.learning.recipes import RECIPES
from lib.learning.table_one import DENSITIES, TABLE_I
from lib.rmf.chart import load_chart


def few():
    return load_dataset("E").isel(nucleus=slice(None, None, 6)).copy(deep=True)


@pytest.mark.parametrize("id", ["NN1-I4E", "NN2-I3E", "NN2-I6D", "NN3-I3D", "NN3-I6D"])
def test_nothing_known_is_new(id):
    dataset = few()
    found = novelty(TABLE_I[id], dataset)
    known = dataset.known.values
    assert found.share(known) == 0
    assert 0 < found.share(~known) <= 1
    assert found.touched(known) == 0
    # a nucleus with a new point counts whole, so that nuclei never show less than points
    assert found.share(~known) <= found.touched(~known) <= 1
    assert found.new.shape[:2] == found.filled.shape
    assert found.new.shape[2] == len(found.directions)


def test_numbers_are_new_where_they_leave_the_range():
    dataset = few()
    found = novelty(TABLE_I["NN1-I4E"], dataset)
    I = dataset.numbers.values[:, 2]
    known = dataset.known.values
    assert found.new[:, 0, 2].tolist() == ((I > I[known].max()) | (I < I[known].min())).tolist()


def test_a_stretched_isovector_density_is_found_as_such():
    dataset = few()
    known, unknown = np.flatnonzero(dataset.known.values), ~dataset.known.values
    field = DENSITIES.index("isovector_density")
    dataset.densities.values[unknown] = dataset.densities.values[np.resize(known, unknown.sum())]
    spec = TABLE_I["NN3-I3D"]
    assert novelty(spec, dataset).share(unknown) == 0, "copies of known nuclei are not new"
    dataset.densities.values[unknown, :, field] *= 10
    found = novelty(spec, dataset)
    assert found.share(unknown) > 0.2
    leading = found.directions[found.leading_direction(unknown)]
    assert np.abs(leading).argmax() == field


@pytest.mark.parametrize("id", ["NN2-I6E", "NN2-I6dE"])
def test_a_network_is_asked_about_the_directions_it_is_given(id):
    dataset = few()
    spec, unknown = TABLE_I[id], ~dataset.known.values
    found = novelty(spec, dataset)
    assert len(found.directions) == RECIPES[id].components
    fewer = novelty(spec, dataset, kept=20)
    assert len(fewer.directions) == 20
    # what leaves the range in one of few directions leaves it in one of many
    assert not (fewer.new.any(axis=2) & ~found.new.any(axis=2)).any()
    assert fewer.share(unknown) < found.share(unknown)


def test_empty_space_does_not_count():
    found = novelty(TABLE_I["NN3-I6D"], few())
    assert not (found.new.any(axis=2) & ~found.filled).any()
    assert found.filled[:, 60].mean() > 0.5
    chart = load_chart("PC-PK1").isel(nucleus=slice(None, None, 6))
    last = chart.neutron_fermi_energy.values
    reaching = found.filled[:, 150]
    assert 0 < reaching.sum() < (~reaching).sum(), "most nuclei end before the mesh does"
    # those of loose neutrons do not; where the last is bound as in stable nuclei, by 8 MeV, nothing is left at 15 fm
    assert not reaching[last < -8].any()
    assert reaching[last > -1].mean() > 0.5


def test_too_few_directions():
    with pytest.raises(ValueError, match="kept = 0 is out of range"):
        novelty(TABLE_I["NN1-I4E"], few(), kept=0)
