"""Errors of an ensemble: of its mean, of members, of members that have not learnt a nucleus, by distance."""

import numpy as np
import pytest
import xarray as xr

from lib.learning.dataset import load_dataset
from lib.learning.errors import DISTANCE_BINS, Errors, distance_label, rms


@pytest.fixture
def by_hand():
    """Four members of two splits; four known nuclei, two at d = 2 and d = 32, one of them better than the other."""
    predicted = [
        # known: learnt by both splits, by the first, by the second, by none; unknown
        [1.0, 2.0, 3.0, 4.0, 10.0, 50.0],
        [1.0, 4.0, 3.0, 8.0, 14.0, 50.0],
        [3.0, 1.0, 5.0, 0.0, 12.0, 10.0],
        [3.0, 1.0, 9.0, 0.0, 12.0, 10.0],
    ]
    return Errors(
        xr.Dataset(
            {
                "predicted_energy": (("member", "nucleus"), np.array(predicted, dtype=np.float32)),
                "energy": ("nucleus", [1.0, 2.0, 3.0, 4.0, 10.0, 20.0]),
                "known": ("nucleus", [True, True, True, True, False, False]),
                "distance": ("nucleus", [0, 0, 0, 0, 2, 32]),
                "is_learning": (
                    ("fold", "nucleus"),
                    [[True, True, False, False, False, False], [True, False, True, False, False, False]],
                ),
            },
            coords={"split": ("member", [0, 0, 3, 3]), "init": ("member", [0, 1, 0, 1]), "fold": [0, 3]},
        )
    )


def test_error_of_the_mean_and_spread_of_the_members(by_hand):
    """Means 2, 2, 5, 3, 12, 30."""
    assert by_hand.error.tolist() == [1.0, 0.0, 2.0, -1.0, 2.0, 10.0]
    squares = np.array([4, 6, 24, 44, 8, 1600])
    assert by_hand.deviation == pytest.approx(np.sqrt(squares / 3))


def test_error_of_those_who_have_not_learnt_the_nucleus(by_hand):
    """None; the third and fourth; the first and second; all."""
    assert np.isnan(by_hand.held_out[0])
    assert by_hand.held_out[1:].tolist() == [-1.0, 0.0, -1.0, 2.0, 10.0]
    assert by_hand.learnt.sum(axis=0).tolist() == [4, 2, 2, 0, 0, 0]
    assert by_hand.single[:, 2].tolist() == [0.0, 0.0, 2.0, 6.0]


def test_table_of_rms_errors(by_hand):
    table = by_hand.table()
    assert table["known"] == pytest.approx(np.sqrt((1 + 0 + 4 + 1) / 4))
    # learnt: 0, 0 and 0, 2 of the first split, 2, 2 and 2, 6 of the other
    assert table["learning"] == pytest.approx(np.sqrt((0 + 0 + 0 + 4 + 4 + 4 + 4 + 36) / 8))
    # known and not learnt: 0, 0 and 0, 4; -1, -1 and -4, -4
    assert table["validation"] == pytest.approx(np.sqrt((0 + 0 + 0 + 16 + 1 + 1 + 16 + 16) / 8))
    assert table["out of sample"] == pytest.approx(np.sqrt((1 + 0 + 1) / 3))
    assert table["d = 2–10"] == 2.0
    assert np.isnan(table["d = 12–20"])
    assert np.isnan(table["d = 22–30"])
    assert table["d > 30"] == 10.0
    assert len(table) == 8


def test_errors_between_two_distances_hold_both_ends(by_hand):
    assert by_hand.between(2, 32).tolist() == [False] * 4 + [True] * 2
    assert by_hand.between(4, 30).sum() == 0
    assert by_hand.rms(by_hand.between(2, 32)) == pytest.approx(np.sqrt((4 + 100) / 2))


@pytest.mark.parametrize("target", ["E", "dE"])
def test_ranges_of_distance_hold_every_unknown_nucleus_once(target):
    dataset = load_dataset(target)
    d = dataset.distance.values
    times = sum(((d >= low) & (d <= high)).astype(int) for low, high in DISTANCE_BINS.values())
    assert np.array_equal(times, (~dataset.known.values).astype(int))


def test_ranges_are_named_by_their_ends():
    assert [distance_label(2, 10), distance_label(32, 200)] == ["d = 2–10", "d > 30"]


def test_rms():
    assert rms([3.0, 4.0, np.nan, np.inf]) == pytest.approx(np.sqrt(12.5))
    assert np.isnan(rms([]))
    assert np.isnan(rms([np.nan]))
