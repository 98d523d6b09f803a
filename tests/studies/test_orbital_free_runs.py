"""Nuclei minimised without orbitals: which they are, constants at the minima, and the table that is kept."""

import numpy as np
import pandas as pd
import pytest

from lib.learning.known_region import is_known
from lib.rmf.chart import load_chart
from studies.orbital_free import (
    FAR_COUNT,
    HELD_COUNT,
    HELD_OUT,
    LEARNING,
    LEARNT_COUNT,
    STABLE,
    TRIED,
    chosen,
    constants_at_minima,
    load_orbital_free,
    scored,
    summary,
)

TABLE = load_orbital_free()


def test_the_table_has_the_nuclei_that_are_chosen():
    chart = load_chart("PC-PK1")
    groups = chosen(chart)
    assert [len(each) for each in groups.values()] == [LEARNT_COUNT, HELD_COUNT] + 4 * [FAR_COUNT]
    own = TABLE[TABLE.rung == STABLE]
    for name, places in groups.items():
        kept = own[own.group == name]
        assert list(zip(kept.Z, kept.N, strict=True)) == list(
            zip(chart.Z.values[places], chart.N.values[places], strict=True)
        )


def test_elements_that_are_held_out_are_not_learnt():
    own = {name: set(TABLE[TABLE.group == name].Z) for name in (LEARNING, HELD_OUT)}
    assert not own[LEARNING] & own[HELD_OUT]
    for name in own:
        rows = TABLE[TABLE.group == name]
        assert is_known(rows.Z.to_numpy(), rows.N.to_numpy()).all()
        assert (rows.distance == 0).all()


def test_energies_are_shifted_by_a_function_of_the_numbers():
    numbers = np.array([(Z, N) for Z in range(8, 60, 2) for N in range(Z, Z + 20, 2)])
    errors = -8 + 3 * np.sin(numbers / 9).sum(1)
    table = pd.DataFrame({"Z": numbers[:, 0], "N": numbers[:, 1], "energy_error": errors})
    left = errors[1::2] + constants_at_minima(table[::2], table[1::2])
    assert np.sqrt(np.mean(left**2)) < 0.3
    far = pd.DataFrame({"Z": [400], "N": [400]})
    assert constants_at_minima(table, far) == pytest.approx(-errors.mean())


def test_the_summary_counts_what_converged():
    rows = summary(TABLE).set_index(["rung", "group"])
    own = TABLE[(TABLE.rung == STABLE) & (TABLE.group == HELD_OUT)]
    there = rows.loc[(STABLE, HELD_OUT)]
    done = own[own.outcome == "converged"]
    assert (there.nuclei, there.converged) == (len(own), len(done))
    assert there.energy == pytest.approx(np.sqrt((done.energy_error**2).mean()))


def test_nuclei_that_were_looked_at_are_not_scored():
    kept = scored(TABLE)
    own = kept[kept.group == HELD_OUT]
    assert not {*zip(own.Z, own.N, strict=True)} & {*TRIED}
    assert len(kept[kept.group == LEARNING]) == LEARNT_COUNT


def test_a_table_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m studies\.orbital_free`"):
        load_orbital_free(tmp_path / "x.csv")
