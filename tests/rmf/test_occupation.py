"""Who sits where: even filling, frozen orders, shares, other fillings."""

import itertools

import numpy as np
import pytest

from lib.rmf.dirac import Levels, no_guess
from lib.rmf.mesh import get_mesh
from lib.rmf.occupation import (
    EvenFilling,
    Share,
    UnboundNucleusError,
    Well,
    even_filling,
    fillings,
    last_filled_energy,
    order_of,
)

MESH = get_mesh()
SETTLED = 1e-4


def levels(energy, kappa, nodes=None):
    """Levels without wave functions, which no filling looks at."""
    energy, kappa = np.array(energy, float), np.array(kappa)
    nodes = np.zeros(len(kappa), int) if nodes is None else np.array(nodes)
    return Levels(energy, kappa, nodes, 0 * energy, *np.zeros((2, len(kappa), 1)))


def occupied(filling, energy, kappa, nodes=None):
    """The same, occupied."""
    found = levels(energy, kappa, nodes)
    filling.occupy(found, None)
    return found


def reorder(filling, now, residual=SETTLED, stopping=True, giving_up=False):
    """As in the iteration: all levels are known where it would stop, as converged or because it is given up."""
    return filling.reorder(now, now if stopping else None, residual, stopping and not giving_up)


def disorder(filling, now):
    return filling.out_of_order(now)[0]


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


def test_last_filled_level_and_order():
    now = levels([-5.0, -20.0, -1.0], [-3, -1, 2])
    assert [last_filled_energy(now, particles) for particles in (2, 4, 8, 10)] == [-20.0, -5.0, -5.0, -1.0]
    assert order_of(now, np.array([0.5, 1.0, 0.0])) == {(-3, 0): 3.0, (-1, 0): 2.0}


def test_bounds_of_a_share():
    """kappa = -1 holds 2 and kappa = 2 holds 4: of 5 particles the second takes 3 or 4, of 1 particle 0 or 1."""
    assert Share((-1, 0), (2, 0), 5.0, 3.5).bounds == (3.0, 4.0)
    assert Share((-1, 0), (2, 0), 1.0, 0.5).bounds == (0.0, 1.0)
    assert Share((2, 0), (-1, 1), 4.0, 1.0).bounds == (0.0, 2.0)
    assert Share((2, 0), (-1, 1), 4.0, 1.0).split(1.5) == {(2, 0): 2.5, (-1, 1): 1.5}


def steps_to_the_root(share, splitting, limit=40):
    """How often a share is moved until its levels are degenerate to 1e-5 MeV; the splitting is a function of the split."""
    for step in range(limit):
        if abs(splitting(share.in_second)) < 1e-5:
            return step
        assert share.move(splitting(share.in_second))
        assert share.bounds[0] <= share.in_second <= share.bounds[1]
    raise AssertionError(f"not found: {share}")


@pytest.mark.parametrize("start", [0.1, 1.0, 2.7, 3.9])
@pytest.mark.parametrize(
    ("splitting", "root"),
    [
        (lambda n: 0.3 * (1.6 - n), 1.6),
        (lambda n: 0.05 * (2.9 - n) ** 3 + 0.01 * (2.9 - n), 2.9),
        (lambda n: np.tanh(6 * (2.2 - n)), 2.2),
        (lambda n: 0.2 * (1.5 - n) + 0.15 * np.sin(4 * (n - 1.5)), 1.5),  # rises and falls
        (lambda n: 5.0 * (0.4 - n), 0.4),
    ],
    ids=["linear", "flat", "steep", "non-monotonic", "strong"],
)
def test_a_share_moves_to_where_its_levels_are_degenerate(splitting, root, start):
    """A bracket that always shrinks: some root is found whatever the splitting does in between."""
    share = Share((2, 0), (-3, 0), 4.0, start)
    assert steps_to_the_root(share, splitting) <= 20
    assert splitting(share.in_second) == pytest.approx(0.0, abs=1e-5)
    slope = (splitting(share.in_second + 1e-4) - splitting(share.in_second - 1e-4)) / 2e-4
    assert slope < 0, "a minimum: the energy rises to both sides"
    if start == 1.0 and root != 1.5:
        assert share.in_second == pytest.approx(root, abs=0.05)


@pytest.mark.parametrize(("sign", "end"), [(+1, 2.0), (-1, 0.0)])
def test_a_share_that_one_level_wins_ends_there(sign, end):
    share = Share((-2, 0), (1, 0), 4.0, 1.0)
    moves = 0
    while share.move(sign * 0.3):
        moves += 1
        assert moves < 20
    assert share.in_second == end
    assert moves >= 1


def test_a_share_forgets_a_bracket_that_is_no_longer_true():
    """The other species has moved, and with it the root, out of the bracket: it is found all the same."""
    share = Share((2, 0), (-3, 0), 4.0, 1.0)
    steps_to_the_root(share, lambda n: 0.3 * (1.6 - n))
    for root in (3.1, 0.6):
        assert steps_to_the_root(share, lambda n, root=root: 0.3 * (root - n)) <= 20
        assert share.in_second == pytest.approx(root, abs=1e-3)


def test_frozen_occupations_stay_with_the_level():
    """Once frozen, particles follow (kappa, nodes), not the energy."""
    filling = EvenFilling(4)
    filling.hold(order_of(levels([-10.0, -8.0, -7.0], [-1, -1, 1], [0, 1, 0]), np.array([1, 1, 0])))
    assert filling.held == {(-1, 0): 2.0, (-1, 1): 2.0}
    after = occupied(filling, [-7.5, -10.0, -8.0], [1, -1, -1], [0, 0, 1])
    crossed = occupied(filling, [-8.5, -10.0, -8.0], [1, -1, -1], [0, 0, 1])
    for now in (after, crossed):
        assert now.occupation.tolist() == [0, 1, 1]
        assert now.fermi_energy == -8.0
    assert filling.out_of_order(after) == (pytest.approx(-0.5), 2, 0)
    assert filling.out_of_order(crossed) == (pytest.approx(0.5), 2, 0), "how far, the highest filled, the lowest free"


def test_particles_fill_from_below_until_they_are_frozen():
    """From a cold start for some iterations, from a warm one for one; frozen at once where the iteration would stop."""
    energies = ([-8.0, -7.0], [-6.0, -9.0])
    for freeze_at, frozen in ((3, [False, False, True]), (1, [True])):
        filling = EvenFilling(4, freeze_at=freeze_at)
        for step, moved in enumerate(frozen):
            now = occupied(filling, energies[step % 2], [-2, 1])
            assert now.occupation.tolist() == ([1, 0] if step % 2 == 0 else [0.5, 1])
            assert reorder(filling, now, residual=20.0, stopping=False) is moved
            assert (filling.held is not None) is moved
    filling = EvenFilling(4)
    assert not reorder(filling, occupied(filling, energies[0], [-2, 1])), "at once, and it may stop there"
    assert filling.held == {(-2, 0): 4.0}


def test_levels_are_all_until_frozen_and_then_those_with_particles():
    """In a well of the size of a nucleus; what is not occupied costs nothing."""
    shape = 1 / (1 + np.exp((MESH.r - 4.5) / 0.6))
    well = Well(-400 * shape, 330 * shape, None, no_guess(), -8.0)
    filling = EvenFilling(20)
    everything = filling.levels(MESH, well, 939.0)
    assert everything.degeneracy.sum() > 20
    filling.hold(order_of(everything, everything.occupation))
    followed = filling.levels(MESH, well, 939.0)
    assert followed.degeneracy @ followed.occupation == pytest.approx(20)
    assert followed.occupation.min() > 0
    assert followed.fermi_energy == pytest.approx(everything.fermi_energy, abs=1e-6)


def test_no_room():
    """Neither for particles that fill from below, nor for a level that a frozen order names."""
    nothing = np.zeros_like(MESH.r)
    well = Well(nothing, 200.0 + nothing, None, no_guess(), -8.0)
    with pytest.raises(UnboundNucleusError, match=r"no room for 20 nucleons of a kind.*nearer stability"):
        EvenFilling(20).levels(MESH, well, 939.0)
    with pytest.raises(
        UnboundNucleusError, match=r"2 nucleons of a kind: the level 1s1/2 is nowhere below 80 MeV.*nearer"
    ):
        EvenFilling(2, {(-1, 0): 2.0}).levels(MESH, well, 939.0)


def test_order_is_looked_at_where_the_iteration_would_stop():
    """On the way nothing is moved; where it gives up far from convergence only a gross disorder counts; order stays."""
    energy, kappa = [-20.0, -5.0, -5.1], [-1, -3, 2]

    def new():
        filling = EvenFilling(6, {(-1, 0): 2.0, (-3, 0): 4.0})
        return filling, occupied(filling, energy, kappa)

    for residual, settings, moves in (
        (1e-3, {"stopping": False}, False),  # the field still moves
        (0.06, {"giving_up": True}, False),  # 0.1 MeV may be nothing
        (0.04, {"giving_up": True}, True),
        (SETTLED, {}, True),
    ):
        filling, now = new()
        assert reorder(filling, now, residual, **settings) is moves
        assert (filling.held != {(-1, 0): 2.0, (-3, 0): 4.0}) is moves
        assert (filling.share is not None) is moves
    filling, now = new()
    filling.follow = False
    assert not reorder(filling, now), "held whatever comes"
    assert filling.held == {(-1, 0): 2.0, (-3, 0): 4.0}
    in_order = occupied(filling, [-20.0, -5.2, -5.1], kappa)
    filling.follow = True
    assert not reorder(filling, in_order)


def test_the_highest_and_the_lowest_of_those_out_of_order_share():
    """Of four levels, two of them out of order: from the highest with particles to the lowest with room, others stay."""
    order = {(-1, 0): 2.0, (-3, 0): 6.0, (-4, 0): 2.0}
    filling = EvenFilling(10, order)
    now = occupied(filling, [-20.0, -5.0, -4.0, -5.3, -4.5], [-1, -3, -4, 2, -2])
    assert filling.out_of_order(now) == (pytest.approx(1.3), 2, 3)
    assert reorder(filling, now)
    share = filling.share
    assert (share.first, share.second, share.total) == ((-4, 0), (2, 0), 2.0)
    assert 0 < share.in_second <= 2
    assert {label: filling.held[label] for label in ((-1, 0), (-3, 0))} == {(-1, 0): 2.0, (-3, 0): 6.0}
    assert filling.held[2, 0] == share.in_second
    assert sum(filling.held.values()) == pytest.approx(10.0)


def test_a_partly_filled_level_gives_and_takes_what_it_has():
    """Both levels hold some: they share what both have, from the split at which they are."""
    filling = EvenFilling(8, {(-1, 0): 2.0, (-3, 0): 5.0, (2, 0): 1.0})
    assert reorder(filling, occupied(filling, [-20.0, -5.0, -5.04], [-1, -3, 2]))
    assert filling.share.total == 6.0
    assert filling.share.in_second == pytest.approx(1.2), "a fifth of a particle where little is to be gained"
    assert filling.share.takes == (1.0, pytest.approx(0.04))


def test_levels_that_share_are_degenerate_and_in_order():
    share = Share((-3, 0), (2, 0), 4.0, 1.6)
    filling = EvenFilling(6, {(-1, 0): 2.0, **share.split(1.6)}, share)
    degenerate = occupied(filling, [-20.0, -4.5, -4.5], [-1, -3, 2])
    assert disorder(filling, degenerate) <= 0.0
    assert filling.splitting(degenerate) == 0.0
    assert not reorder(filling, degenerate)
    assert sorted(map(sorted, filling.corners())) == [[(-3, 0), (-1, 0)], [(-1, 0), (2, 0)]]


def test_two_others_that_come_out_of_order_fill_from_below():
    """There is one share at a time: it is given up, and the levels fill from below as they are."""
    share = Share((-3, 0), (2, 0), 4.0, 1.6)
    filling = EvenFilling(6, {(-1, 0): 2.0, **share.split(1.6)}, share)
    now = occupied(filling, [-4.3, -4.5, -4.5, -4.6], [-1, -3, 2, 1])
    assert filling.out_of_order(now) == (pytest.approx(0.3), 0, 3)
    assert reorder(filling, now)
    assert filling.share is None
    assert filling.held.get((-1, 0)) is None
    assert filling.held[1, 0] == 2.0
    assert sum(filling.held.values()) == pytest.approx(6.0)


class Model:
    """A species of 6 whose last 4 sit in two levels: E(n), n of them in the second, is given by its slope.

    By Janak's theorem the slope is the energy of the second level less that of the first.
    """

    def __init__(self, slope, order):
        self.slope, self.filling = slope, EvenFilling(6, order)

    def now(self):
        in_second = self.filling.held.get((2, 0), 0.0)
        return occupied(self.filling, [-20.0, -5.0, -5.0 + self.slope(in_second)], [-1, -3, 2])

    def settle(self):
        for _ in range(40):
            if not reorder(self.filling, self.now()):
                return self.filling.held.get((2, 0), 0.0)
        raise AssertionError(f"it never ends: {self.filling.held}")

    def energy(self, n):
        grid = np.linspace(0.0, n, 2001)
        values = self.slope(grid)
        return float(np.sum((values[1:] + values[:-1]) / 2) * (grid[1] - grid[0]))


FIRST, SECOND = {(-1, 0): 2.0, (-3, 0): 4.0}, {(-1, 0): 2.0, (2, 0): 4.0}


@pytest.mark.parametrize(
    ("order", "slope", "least"),
    [
        (FIRST, lambda n: 0.2 * (n - 2.3), 2.3),
        (SECOND, lambda n: 0.2 * (n - 2.3), 2.3),
        (FIRST, lambda n: 0.01 * (n - 0.3), 0.3),
        (SECOND, lambda n: 1.5 * (n - 3.8), 3.8),
        (FIRST, lambda n: np.tanh(5 * (n - 1.4)), 1.4),
        (FIRST, lambda n: 0.1 * (n - 5.0), 4.0),
        (SECOND, lambda n: 0.1 * (n + 1.0), 0.0),
        (FIRST, lambda n: -0.3 + 0 * n, 4.0),
        (FIRST, lambda n: 0.2 * (1.0 - n) - 0.3, 4.0),  # a maximum is no share: it goes on to the end
        (SECOND, lambda n: 0.2 * (1.0 - n), 4.0),
        (FIRST, lambda n: 0.2 * (1.0 - n), 0.0),
    ],
    ids=["up", "down", "soft", "hard", "steep", "past the end", "past the beginning", "parallel", "arched",
         "the other end of an arch", "the beginning of an arch"],
)  # fmt: skip
def test_levels_out_of_order_share_down_to_the_least_energy(order, slope, least):
    """In between where the energy has a minimum there, at an end where that is lower: then it is an even filling."""
    model = Model(slope, order)
    found = model.settle()
    assert found == pytest.approx(least, abs=2e-3)
    assert sum(model.filling.held.values()) == pytest.approx(6.0)
    start = order.get((2, 0), 0.0)
    assert model.energy(found) <= model.energy(start)
    for aside in (-0.05, 0.05):
        if 0 <= found + aside <= 4:
            assert model.energy(found + aside) > model.energy(found)
    if least in (0.0, 4.0):
        assert model.filling.share is None
        assert model.filling.held == (FIRST if least == 0 else SECOND)
    else:
        assert abs(model.filling.splitting(model.now())) <= 2 * SETTLED
        assert model.filling.share.in_second == model.filling.held[model.filling.share.second]


def test_a_share_forgets_an_end_that_cannot_be_true_any_more():
    """The second level took particles at the beginning before the others moved; since then it lies higher everywhere."""
    share = Share((-3, 0), (2, 0), 4.0, 1.2, takes=(0.0, 0.07))
    splits = [share.in_second for _ in range(12) if share.move(-0.17 - 0.01 * share.in_second)]
    assert len(splits) < 12
    assert share.in_second == 0.0


def test_a_share_is_not_settled_before_its_splitting_is_known():
    """As converged it stops only with a splitting of no more than twice the residual; on the way a tenth is asked for."""
    for splitting, residual, stopping, moves in (
        (0.01, 2e-3, True, True), (0.01, 2e-3, False, False), (0.01, 6e-3, True, False),
        (0.01, 9e-4, False, True), (-0.01, 2e-3, True, True), (5e-6, 1e-9, True, False),
    ):  # fmt: skip
        share = Share((-3, 0), (2, 0), 4.0, 2.0)
        filling = EvenFilling(6, {(-1, 0): 2.0, **share.split(2.0)}, share)
        now = occupied(filling, [-20.0, -5.0, -5.0 - splitting], [-1, -3, 2])
        assert reorder(filling, now, residual, stopping=stopping) is moves
        assert np.sign(filling.share.in_second - 2.0) == moves * np.sign(splitting)


def test_a_share_takes_part_in_the_iteration():
    """Levels whose splitting falls by 0.2 MeV for each particle in the second: the share ends where they are degenerate."""
    share = Share((-3, 0), (2, 0), 4.0, 0.5)
    filling = EvenFilling(6, {(-1, 0): 2.0, **share.split(0.5)}, share)

    def now():
        second = filling.held.get((2, 0), 0.0)
        return occupied(filling, [-20.0, -5.0, -5.0 + 0.2 * (second - 2.3)], [-1, -3, 2])

    assert filling.to_gain(now()) == pytest.approx(0.2 * 1.8 * 4)
    assert not reorder(filling, now(), residual=5.0, stopping=False), "far from convergence the splitting is not known"
    assert not reorder(filling, now(), giving_up=True), "who gives up moves nothing"
    for _ in range(30):
        if not reorder(filling, now()):
            break
    assert filling.held[2, 0] == filling.share.in_second == pytest.approx(2.3, abs=1e-4)
    assert sum(filling.held.values()) == pytest.approx(6.0)
    assert filling.to_gain(now()) < 1e-3


def test_a_share_that_ends_becomes_one_of_its_orders():
    """Where the second level always lies below it takes all, and there is one order left."""
    share = Share((-3, 0), (2, 0), 4.0, 3.0)
    filling = EvenFilling(6, {(-1, 0): 2.0, **share.split(3.0)}, share)
    for _ in range(30):
        if not reorder(filling, occupied(filling, [-20.0, -5.0, -5.2], [-1, -3, 2])):
            break
    assert filling.share is None
    assert filling.held == {(-1, 0): 2.0, (2, 0): 4.0}
    assert filling.corners() == [filling.held]
    assert filling.to_gain(None) == 0.0


def test_key_tells_fillings_apart():
    """Orders by their particles, shares by their levels whatever the split; again() is the same filling."""
    one, two = EvenFilling(6, {(-1, 0): 2.0, (-3, 0): 4.0}), EvenFilling(6, {(-1, 0): 2.0, (2, 0): 4.0})
    assert one.key != two.key
    assert one.key == EvenFilling(6, {(-3, 0): 4.0, (-1, 0): 2.0}).key
    shares = [Share((-3, 0), (2, 0), 4.0, n) for n in (1.0, 2.5)] + [Share((2, 0), (-3, 0), 4.0, 1.0)]
    keys = {EvenFilling(6, {(-1, 0): 2.0, **share.split(share.in_second)}, share).key for share in shares}
    assert len(keys) == 1
    assert not keys & {one.key, two.key}
    shares[0].takes = (0.5, 0.1)
    filling = EvenFilling(6, {(-1, 0): 2.0, **shares[0].split(1.0)}, shares[0])
    again = filling.again()
    assert (again.key, again.held, again.particles) == (filling.key, filling.held, 6)
    assert again.share is not filling.share
    assert again.share.in_second == 1.0
    assert again.share.takes is None, "what was known of another iteration"


def brute_force(now, window):
    """All fillings with at most one level partly full, by trying every combination of even numbers."""
    numbers, distance = now.occupation * now.degeneracy, now.energy - now.fermi_energy
    near = 2 * np.abs(distance) < window
    found = {}
    choices = [
        range(0, room + 1, 2) if free else [number]
        for room, free, number in zip(now.degeneracy, near, numbers, strict=True)
    ]
    for order in itertools.product(*choices):
        order = np.array(order, float)
        partly = (order > 0) & (order < now.degeneracy) & near
        if order.sum() != numbers.sum() or partly.sum() > 1 or np.array_equal(order, numbers):
            continue
        if (cost := float(distance @ (order - numbers))) < window:
            found[tuple(sorted((label, n) for label, n in zip(now.labels, order, strict=True) if n))] = cost
    return found


EXAMPLES = {
    "open shell": ([-12.0, -6.0, -5.5, -5.2, -4.6], [-1, -3, -2, 1, 3], [1, 4 / 6, 0, 0, 0]),
    "closed shell": ([-9.0, -8.1, -6.9, -6.2, -3.0], [-2, 1, -3, -1, 2], [1, 1, 0, 0, 0]),
    "above an empty one": ([-7.0, -6.0, -5.0, -4.0], [-4, -1, 2, 1], [1, 0, 1, 0]),
    "full": ([-6.0, -5.5], [-3, -2], [1, 0.5]),
}


@pytest.mark.parametrize("window", [0.3, 1.0, 3.0, 9.0])
@pytest.mark.parametrize("example", list(EXAMPLES))
def test_other_fillings_are_those_of_brute_force(example, window):
    """Each once, with its cost, the cheapest first; not the present one."""
    energy, kappa, occupation = EXAMPLES[example]
    now = levels(energy, kappa)
    now.occupation = np.array(occupation, float)
    now.fermi_energy = now.energy[now.occupation > 0].max()
    found = fillings(now, window)
    expected = brute_force(now, window)
    as_keys = [tuple(sorted(order.items())) for _, order in found]
    assert len(set(as_keys)) == len(as_keys)
    assert dict(zip(as_keys, (cost for cost, _ in found), strict=True)) == pytest.approx(expected)
    costs = [cost for cost, _ in found]
    assert costs == sorted(costs)
    for _, order in found:
        assert sum(order.values()) == now.degeneracy @ now.occupation
    if window == 9.0:
        assert len(found) > 3 or example == "full"


def test_costs_by_hand():
    """78Ge-like: the four of 1f5/2 at -6 go two by two; two to 2p3/2 cost 2 x 0.5, to 2p1/2 2 x 0.8."""
    now = levels([-12.0, -6.0, -5.5, -5.2], [-1, 3, -2, 1])
    now.occupation, now.fermi_energy = np.array([1.0, 4 / 6, 0.0, 0.0]), -6.0
    found = {tuple(sorted(order.items())): cost for cost, order in fillings(now, 2.2)}
    assert found == {
        (((-2, 0), 4.0), ((-1, 0), 2.0)): pytest.approx(4 * 0.5),
        (((-1, 0), 2.0), ((1, 0), 2.0), ((3, 0), 2.0)): pytest.approx(2 * 0.8),
    }
