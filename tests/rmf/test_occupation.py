"""Who sits where: even filling, frozen orders, shares, neighbouring orders."""

import numpy as np
import pytest

from lib.rmf.dirac import Levels
from lib.rmf.occupation import EvenFilling, Share, Well, even_filling, neighbours

WELL = Well(None, None, None, 0.0, None, -8.0)


def levels(energy, kappa, nodes=None):
    energy = np.array(energy, float)
    return Levels(energy, np.array(kappa), np.array(nodes or [0] * len(kappa)), *np.zeros((2, len(kappa), 1)))


def test_even_filling_from_below():
    """Lowest first whatever the order of the array, the last one evenly over its substates."""
    energy = np.array([-5.0, -20.0, -1.0, -12.0])
    degeneracy = np.array([6, 2, 4, 4])
    assert even_filling(energy, degeneracy, 8).tolist() == [2 / 6, 1, 0, 1]
    assert even_filling(energy, degeneracy, 12).tolist() == [1, 1, 0, 1]
    assert even_filling(energy, degeneracy, 16).tolist() == [1, 1, 1, 1]
    assert even_filling(energy, degeneracy, 2).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("particles", range(2, 17, 2))
def test_even_filling_holds_all_particles(particles):
    degeneracy = np.array([6, 2, 4, 4])
    assert degeneracy @ even_filling(np.array([-5.0, -20.0, -1.0, -12.0]), degeneracy, particles) == particles


def test_too_few_levels():
    with pytest.raises(ValueError, match=r"2 levels hold 6 of 8 particles.*unbound"):
        even_filling(np.array([-5.0, -20.0]), np.array([4, 2]), 8)


def test_bounds_of_a_share():
    """kappa = -1 holds 2 and kappa = 2 holds 4: of 5 particles the second takes 3 or 4, of 1 particle 0 or 1."""
    assert Share((-1, 0), (2, 0), 5.0).bounds == (3.0, 4.0)
    assert Share((-1, 0), (2, 0), 1.0).bounds == (0.0, 1.0)
    assert Share((2, 0), (-1, 1), 4.0).bounds == (0.0, 2.0)


def test_frozen_occupations_stay_with_the_level():
    """Once frozen, particles follow (kappa, nodes), not the energy."""
    filling = EvenFilling(4)
    before = levels([-10.0, -8.0, -7.0], [-1, -1, 1], [0, 1, 0])
    filling.occupy(before, WELL)
    filling.freeze(before)
    after = levels([-7.5, -10.0, -8.0], [1, -1, -1], [0, 0, 1])
    crossed = levels([-8.5, -10.0, -8.0], [1, -1, -1], [0, 0, 1])
    for now in (after, crossed):
        filling.occupy(now, WELL)
        assert now.occupation.tolist() == [0, 1, 1]
        assert now.fermi_energy == -8.0
    assert filling.disorder(after) < 0
    assert filling.disorder(crossed) == pytest.approx(0.5)


def test_where_a_level_left_the_window_the_others_fill_from_below():
    filling = EvenFilling(2, held={(-1, 0): 2.0})
    now = levels([-3.0, -4.0], [2, 1])
    filling.occupy(now, WELL)
    assert now.occupation.tolist() == [0, 1]
    assert filling.held is None
    assert not filling.reorder(now, [5.0] * 9)
    assert filling.held == {(1, 0): 2.0}, "frozen again"


def test_two_orders_in_turn_become_a_share():
    """Each order pushes its level above the other: after one round both levels share, all particles still there."""
    filling, settled = EvenFilling(6), [1e-3]
    first = levels([-20.0, -5.0, -4.0], [-1, -3, 2])
    filling.occupy(first, WELL)
    filling.freeze(first)
    assert not filling.reorder(first, settled)
    second = levels([-20.0, -4.0, -5.0], [-1, -3, 2])
    filling.occupy(second, WELL)
    assert not filling.reorder(second, [1.0]), "far from convergence no order is trusted"
    assert filling.reorder(second, settled)
    assert filling.share is None
    assert filling.held == {(-1, 0): 2.0, (2, 0): 4.0}
    filling.occupy(first, WELL)
    assert filling.reorder(first, settled)
    assert {filling.share.first, filling.share.second} == {(-3, 0), (2, 0)}
    assert filling.share.total == 4.0
    for in_second in (*filling.share.bounds, filling.share.start):
        filling.occupy(first, WELL._replace(in_second=in_second))
        assert first.degeneracy @ first.occupation == pytest.approx(6.0)
        assert first.occupation.min() >= 0
        assert first.occupation.max() <= 1
    # degenerate levels that share are in order
    degenerate = levels([-20.0, -4.5, -4.5], [-1, -3, 2])
    filling.occupy(degenerate, WELL._replace(in_second=2.0))
    assert filling.disorder(degenerate) == 0.0
    assert filling.splitting(degenerate) == 0.0


def test_the_lower_level_draws_particles():
    """The splitting is positive where the second level lies below; no more go into it than it holds."""
    filling = EvenFilling(4, held={(-2, 0): 3.0, (1, 0): 1.0})
    filling.share = Share((-2, 0), (1, 0), 4.0)
    below, above = levels([-4.0, -4.1], [-2, 1]), levels([-4.0, -3.9], [-2, 1])
    assert filling.splitting(below) == pytest.approx(0.1)
    assert filling.splitting(above) == pytest.approx(-0.1)
    assert 1.0 < filling.new_in_second(below, 1.0) < 2.0
    assert 0.0 < filling.new_in_second(above, 1.0) < 1.0
    assert filling.new_in_second(levels([-4.0, -9.0], [-2, 1]), 1.0) == 2.0


def test_neighbours():
    """Each level near the Fermi energy is filled before all others or after them, once, the cheapest occupation first."""
    now = levels([-12.0, -6.0, -5.5, -5.2, -3.0], [-1, -3, -2, 1, 3])
    now.occupation = np.array([1.0, 4 / 6, 0, 0, 0])
    found = neighbours(now, 1.0)
    assert [order for _, order in found] == [
        {(-1, 0): 2.0, (-3, 0): 2.0, (1, 0): 2.0},
        {(-1, 0): 2.0, (-2, 0): 4.0},
        {(-3, 0): 6.0},
    ]
    assert [cost for cost, _ in found] == pytest.approx([2 * 0.8, 4 * 0.5, 2 * 6.0])
    assert [order for _, order in neighbours(now, 0.2)] == [{(-1, 0): 2.0, (-2, 0): 4.0}, {(-3, 0): 6.0}]


def test_neighbours_fill_what_room_is_left():
    now = levels([-6.0, -5.5], [-3, -2])
    now.occupation = np.array([1.0, 0.5])
    [(cost, order)] = neighbours(now, 1.0)
    assert order == {(-3, 0): 4.0, (-2, 0): 4.0}
    assert cost == pytest.approx(2 * 0.5)
