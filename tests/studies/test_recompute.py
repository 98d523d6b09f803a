"""The errors of the book from the files, by another way: they agree, and if they did not, it would be said."""

import numpy as np
import pytest

from lib.learning.table_one import TABLE_I
from studies import recompute
from studies.recompute import TOLERANCE_MEV, Number, Own, main, numbers, rms


@pytest.fixture(scope="module")
def found():
    return numbers()


def test_book_and_files_agree(found):
    apart = {number.what: number.book - number.own for number in found}
    assert len(apart) == len(found), "a name stands for two numbers"
    assert {what: gap for what, gap in apart.items() if not abs(gap) <= TOLERANCE_MEV} == {}


def test_all_networks_regions_and_distances_are_there(found):
    names = [number.what for number in found]
    for id in TABLE_I:
        assert sum(name.startswith(f"{id}, ") for name in names) >= 8
        assert sum(name.startswith(f"{id} at d = ") for name in names) >= 15
    assert sum(name.startswith("PC-PK1 and PC-F1") for name in names) >= 17


def test_own_numbers_follow_the_file_of_predictions(monkeypatch):
    """An ensemble that is right everywhere but for one MeV at one known nucleus."""
    own = Own("NN1-I4dE")
    own.predicted = np.tile(own.target, (4, 1))
    own.predicted[:, np.argmax(own.known)] += 1.0
    assert rms(own.mean[own.known]) == pytest.approx(own.known.sum() ** -0.5)
    assert rms(own.mean[~own.known]) == pytest.approx(0, abs=1e-12)


def test_a_difference_ends_with_an_error(monkeypatch, capsys):
    monkeypatch.setattr(recompute, "numbers", lambda: [Number("one", 1.0, 1.0), Number("other", 2.0, 2.001)])
    with pytest.raises(SystemExit, match=r"error: other is 2\.0 MeV in the book and 2\.001 here"):
        main([])
    assert "2.001000" in capsys.readouterr().out
    monkeypatch.setattr(recompute, "numbers", lambda: [Number("one", 1.0, 1.0), Number("gap", 1.0, float("nan"))])
    with pytest.raises(SystemExit, match="gap"):
        main([])
