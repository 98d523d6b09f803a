"""The lowest of several self-consistent states: known cases, the same from everywhere, and the pieces of the search."""

import itertools
import pickle
from dataclasses import replace

import numpy as np
import pytest

from lib.rmf import iteration, lowest
from lib.rmf.dirac import PARTICLES, Levels, bound_levels
from lib.rmf.field import woods_saxon_start
from lib.rmf.functionals import PC_F1, PC_PK1
from lib.rmf.iteration import NoConvergenceError, iterate, key_of
from lib.rmf.lowest import (
    COLD,
    LOWER_MEV,
    Minimum,
    attempt,
    beside,
    even_filling_energy,
    extrapolated,
    fitted,
    from_below,
    ground_state,
    improve,
    levels_around,
    minimum_of,
    neighbours_orders,
    new_fillings,
    other_fillings,
    settle,
    starts,
)
from lib.rmf.mesh import get_mesh
from lib.rmf.occupation import EvenFilling

MESH = get_mesh()
_cache = {}


def lowest_state(Z, N, functional=PC_PK1):
    """Each nucleus is solved once for all tests."""
    if (Z, N, functional.name) not in _cache:
        _cache[Z, N, functional.name] = ground_state(Z, N, functional, MESH)
    return _cache[Z, N, functional.name]


def minimum(Z, N):
    return minimum_of(lowest_state(Z, N))


def patch(Z, N, functional=PC_PK1, paired=False):
    """The four neighbours as they settle by themselves."""
    cold = settle(Z, N, functional, MESH, paired)
    return [settle(Z + z, N + n, functional, MESH, paired, cold.state) for z, n in ((0, -2), (0, 2), (-2, 0), (2, 0))]


# --- known cases ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("Z", "N", "functional", "energy"),
    [
        (34, 62, PC_PK1, -757.411),  # 96Se: a share; the best even filling is 20 keV higher
        (34, 34, PC_PK1, -554.097),  # two neutrons and two protons must move together, 1.8 MeV
        (72, 110, PC_PK1, -1423.870),  # 182Hf: 19 keV below what a cold start finds
        (72, 118, PC_PK1, -1475.712),  # 190Hf
        (32, 32, PC_PK1, -528.140),  # 64Ge: 9.5 MeV below what a cold start once found
        (30, 32, PC_F1, -519.676),  # 62Zn: 6.9 MeV
    ],
    ids=["96Se", "68Se", "182Hf", "190Hf", "64Ge", "62Zn"],
)
def test_lowest_known_energies(Z, N, functional, energy):
    """E_CDFT of searches that were far wider than this one, from random fillings, fields and orders of going about."""
    found = lowest_state(Z, N, functional)
    assert found.converged
    assert found.bound
    assert found.sum_rule_energy == pytest.approx(energy, abs=1.5e-3)


@pytest.mark.parametrize(("Z", "N", "gain"), [(34, 62, 0.0193), (48, 68, 0.00154)], ids=["96Se", "116Cd"])
def test_a_share_lies_below_every_even_filling(Z, N, gain):
    """Two neutron levels are degenerate and share particles; filled evenly in any order the nucleus is bound less."""
    found = lowest_state(Z, N)
    share = found.fillings["n"].share
    assert share is not None
    assert found.fillings["p"].share is None
    assert share.bounds[0] < share.in_second < share.bounds[1]
    levels = found.levels["n"]
    assert abs(found.fillings["n"].splitting(levels)) < 1e-4
    assert found.even_filling_energy - found.energy == pytest.approx(gain, abs=2e-4)


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.7, 1.0])
def test_the_share_of_selenium_is_the_minimum_along_its_split(fraction):
    """96Se with the split held elsewhere lies higher, and by Janak's theorem the energy falls by the splitting."""
    ground = lowest_state(34, 62)
    share = ground.fillings["n"].share
    low, high = share.bounds

    def held_at(split):
        order = {label: n for label, n in (ground.fillings["n"].held | share.split(split)).items() if n > 1e-9}
        fillings = {"n": EvenFilling(62, order), "p": ground.fillings["p"].again()}
        for filling in fillings.values():
            filling.follow = False
        return iterate(34, 62, PC_PK1, MESH, fillings, ground.state)

    split = low + fraction * (high - low)
    here = held_at(split)
    assert here.converged
    assert here.energy > ground.energy + 1e-4
    towards = 0.01 * np.sign(share.in_second - split)
    # its two levels, wherever both have particles
    there, further = held_at(split + towards), held_at(split + 2 * towards)
    labels = there.levels["n"].labels
    first, second = (there.levels["n"].energy[labels.index(label)] for label in (share.first, share.second))
    assert (further.energy - here.energy) / (2 * towards) == pytest.approx(second - first, abs=2e-4)


def test_a_nucleus_that_shares_is_found_cold():
    """116Cd from Woods-Saxon wells: two orders of its neutrons push each other up, so the iteration ends in a share."""
    cold = settle(48, 68, PC_PK1, MESH)
    assert cold.fillings["n"].share is not None
    assert cold.energy == pytest.approx(lowest_state(48, 68).energy, abs=1e-4)


def test_even_filling_energy_of_what_is_filled_evenly():
    """That of the state itself, to the error of the search."""
    for place in ((8, 8), (34, 34), (72, 110)):
        found = lowest_state(*place) if place != (8, 8) else ground_state(8, 8, PC_PK1, MESH)
        assert all(filling.share is None for filling in found.fillings.values())
        assert found.even_filling_energy == pytest.approx(found.energy, abs=1e-6)


def test_even_filling_energy_is_that_of_a_filling():
    """96Se: no end of the share and no other filling of at most one partly filled level lies lower; one lies there."""
    best = minimum(34, 62)
    found = even_filling_energy(best, PC_PK1, MESH)
    energies = []
    for order in best.fillings["n"].corners():
        fillings = {"n": EvenFilling(62, order), "p": best.fillings["p"].again()}
        assert len([n for (kappa, _), n in order.items() if n < 2 * abs(kappa)]) <= 1
        for filling in fillings.values():
            filling.follow = False
        energies.append(iterate(34, 62, PC_PK1, MESH, fillings, best.state).energy)
    assert found <= min(energies) + 1e-6
    assert found > best.energy + 1e-3


# --- the same from everywhere ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("Z", "N"), [(34, 62), (34, 34), (48, 68)], ids=["96Se", "68Se", "116Cd"])
def test_any_start_ends_in_the_same_state(Z, N):
    """Cold, and from the field of each of four neighbours: other states at first, the same after trying what they know."""
    around = patch(Z, N)
    settled = [settle(Z, N, PC_PK1, MESH, False, start) for start in [None, *(each.state for each in around)]]
    improved = [improve(each, around, PC_PK1, MESH) for each in settled]
    energies = [each.energy for each in improved]
    assert max(energies) - min(energies) < 1e-4
    assert energies[0] == pytest.approx(lowest_state(Z, N).energy, abs=1e-4)
    assert all(after.energy <= before.energy for before, after in zip(settled, improved, strict=True))
    assert len({each.fillings["n"].key for each in improved}) == 1


def test_some_know_only_from_neighbours_of_neighbours():
    """182Hf: what its four neighbours have found by themselves is not enough, what they have learnt on the patch is."""
    cold = improve(settle(72, 110, PC_PK1, MESH), patch(72, 110), PC_PK1, MESH)
    ground = lowest_state(72, 110)
    assert cold.energy > ground.energy + 0.01
    assert cold.fillings["p"].key != ground.fillings["p"].key or cold.fillings["n"].key != ground.fillings["n"].key


@pytest.mark.parametrize(("Z", "N"), [(50, 70), (66, 98)])
def test_paired_states_of_two_starts_agree(Z, N):
    """120Sn and 164Dy with pairing, cold and from two neighbours' fields: the same energy, gaps and Fermi energies."""
    cold = settle(Z, N, PC_PK1, MESH, paired=True)
    states = [settle(*place, PC_PK1, MESH, True, cold.state).state for place in ((Z, N + 2), (Z + 2, N))]
    solutions = [settle(Z, N, PC_PK1, MESH, True, start).solution(PC_PK1, MESH) for start in (None, *states)]
    reference = solutions[0]
    assert reference.paired
    assert reference.pairing_energy < -2
    for other in solutions[1:]:
        assert other.energy == pytest.approx(reference.energy, abs=5e-6)
        for q in PARTICLES:
            assert other.levels[q].fermi_energy == pytest.approx(reference.levels[q].fermi_energy, abs=1e-3)
        assert other.pairing_energy == pytest.approx(reference.pairing_energy, abs=1e-2)


def test_a_paired_nucleus_learns_from_its_neighbours():
    """With pairing their fields are all there is to try, and each is tried once.

    94Zr from that of 96Zr: its protons hardly begin to pair, and 7 keV are missing.
    """
    around = patch(40, 54, paired=True)
    best = settle(40, 54, PC_PK1, MESH, True, around[1].state)
    improved = improve(best, around, PC_PK1, MESH)
    assert len(improved.tried - best.tried) == 4
    assert improved.energy < best.energy - 5e-3
    cold = settle(40, 54, PC_PK1, MESH, paired=True)
    # each to the end: where the search leaves off, its energy is known to some 0.1 keV
    assert improved.solution(PC_PK1, MESH).energy == pytest.approx(cold.solution(PC_PK1, MESH).energy, abs=5e-6)
    assert improved.iterations > best.iterations
    again = improve(improved, around, PC_PK1, MESH)
    assert again.iterations == improved.iterations


def test_energy_with_pairing_is_known_early():
    """Where potentials still change by 1e-3 MeV, to 0.05 keV: the pairing energy is that of the pairs as they are."""
    loose, tight = (
        iterate(50, 70, PC_PK1, MESH, new_fillings(50, 70, PC_PK1, MESH, True, False), tolerance=tolerance)
        for tolerance in (1e-3, 1e-7)
    )
    assert loose.energy == pytest.approx(tight.energy, abs=5e-5)
    assert abs(loose.sum_rule_energy - tight.sum_rule_energy) > 5e-4, "neither part alone"


# --- the pieces -------------------------------------------------------------------------------------------------------


def test_nothing_is_tried_twice():
    """What has been tried is known, and a second search around the same state costs no iteration."""
    around = patch(34, 34)
    best = improve(settle(34, 34, PC_PK1, MESH), around, PC_PK1, MESH)
    assert len(best.tried) > 10
    again = improve(best, around, PC_PK1, MESH)
    assert (again.iterations, again.tried, again.energy) == (best.iterations, best.tried, best.energy)


def test_a_bound_state_lies_below_one_that_is_not():
    bound = minimum(34, 62)
    unbound = replace(bound, bound=False, energy=bound.energy - 2.0)
    assert bound.lies_below(unbound)
    assert not unbound.lies_below(bound)
    lower = replace(bound, energy=bound.energy - 1e-3)
    assert lower.lies_below(bound)
    assert not bound.lies_below(lower)
    assert not replace(bound, energy=bound.energy - LOWER_MEV / 2).lies_below(bound), "the same, within the error"


def test_a_minimum_is_restored():
    """In a few steps, with all that a solution has; iterations and seconds are those of all attempts."""
    best = minimum(34, 62)
    solution = best.solution(PC_PK1, MESH)
    assert len(solution.history) < 12
    assert solution.residual < 1e-5
    assert solution.energy == pytest.approx(best.energy, abs=1e-6)
    assert solution.iterations == best.iterations
    trial = replace(solution, iterations=17, wall_time=2.5)
    after = best.after(trial)
    assert after.iterations == best.iterations + 17
    assert after.seconds == pytest.approx(best.seconds + 2.5)
    assert after.energy == best.energy


def test_extrapolated_fields_are_linear():
    one, two = minimum(34, 62), minimum(34, 34)
    assert extrapolated(one).pack() == pytest.approx(one.state.pack(), abs=0)
    between = extrapolated(one, two)
    assert between.potentials == pytest.approx(2 * one.state.potentials - two.state.potentials)
    assert between.fermi_energies == one.state.fermi_energies


def some_levels(energy, kappa):
    return Levels(np.array(energy, float), np.array(kappa), np.zeros(len(kappa), int), *np.zeros((3, len(kappa), 1)))


def test_orders_fitted_to_another_number_of_particles():
    """A pair more goes to the lowest level with room, a pair less is taken from the highest with particles."""
    levels = some_levels([-20.0, -6.0, -5.5, -5.0], [-1, -3, -2, 1])
    order = {(-1, 0): 2.0, (-3, 0): 2.0, (-2, 0): 4.0}
    assert fitted(order, levels, 8) == order
    assert fitted(order, levels, 10) == {(-1, 0): 2.0, (-3, 0): 4.0, (-2, 0): 4.0}
    assert fitted(order, levels, 14) == {(-1, 0): 2.0, (-3, 0): 6.0, (-2, 0): 4.0, (1, 0): 2.0}
    assert fitted(order, levels, 6) == {(-1, 0): 2.0, (-3, 0): 2.0, (-2, 0): 2.0}
    assert fitted(order, levels, 2) == {(-1, 0): 2.0}
    assert fitted(order, levels, 16) is None, "no room"
    assert fitted({(4, 0): 2.0}, levels, 2) is None, "a level that is not there"


def test_neighbours_orders_are_all_pairs_of_corners():
    """116Cd shares neutrons: for 114Cd and 118Sn that makes two orders each, with the right numbers of particles."""
    cadmium = minimum(48, 68)
    for place in ((48, 66), (50, 68)):
        best = settle(*place, PC_PK1, MESH, False, cadmium.state)
        levels = levels_around(best, PC_PK1, MESH, 2.0)
        orders = list(neighbours_orders(levels, best, cadmium))
        assert len(orders) == 2
        assert orders[0]["n"].key != orders[1]["n"].key
        assert orders[0]["p"].key == orders[1]["p"].key
        for order in orders:
            assert [sum(order[q].held.values()) for q in PARTICLES] == [place[1], place[0]]


def test_filling_from_below_the_levels_of_another():
    """The order of 190Hf's levels, for 182Hf: counted up from the lowest level; None where they have no room."""
    other = minimum(72, 118)
    filled = from_below(72, 110, other.levels)
    for q, number in (("n", 110), ("p", 72)):
        levels, left, expected = other.levels[q], number, {}
        for i in np.argsort(levels.energy).tolist():
            if left > 0:
                expected[levels.labels[i]] = float(min(left, 2 * abs(levels.labels[i][0])))
                left -= expected[levels.labels[i]]
        assert filled[q].held == expected
        assert filled[q].particles == number
        assert filled[q].share is None
    room = {q: int(levels.degeneracy.sum()) for q, levels in other.levels.items()}
    assert from_below(room["p"], room["n"], other.levels) is not None
    assert from_below(room["p"] + 2, room["n"], other.levels) is None
    assert from_below(room["p"], room["n"] + 2, other.levels) is None


@pytest.mark.parametrize(("Z", "N", "paired"), [(34, 62, False), (20, 24, False), (50, 70, True)])
def test_a_minimum_knows_its_empty_levels_and_no_waves(Z, N, paired):
    """All up to 5 MeV above the Fermi energy, from which other fillings are made; it is passed on and kept as a file."""
    best = settle(Z, N, PC_PK1, MESH, paired)
    for q, number in (("n", N), ("p", Z)):
        levels, well = best.levels[q], best.state.well(q)
        expected = bound_levels(MESH, well.scalar, well.vector, PC_PK1.nucleon_mass, levels.fermi_energy + 5.0)
        assert set(expected.labels) <= set(levels.labels)
        energy = dict(zip(levels.labels, levels.energy, strict=True))
        assert [energy[label] for label in expected.labels] == pytest.approx(expected.energy.tolist(), abs=1e-4)
        assert levels.degeneracy @ levels.occupation == pytest.approx(number, abs=1e-6)
        if (q, number) not in (("p", 20), ("p", 50)):  # the next shell is further away
            assert (levels.energy > levels.fermi_energy).any()
            assert (levels.occupation == 0).any() or paired
        assert levels.G.size == levels.F.size == 0
    assert len(pickle.dumps(best)) < best.state.pack().nbytes + 1e4


def test_a_search_goes_on_from_the_levels_of_the_state_it_has_found():
    """They are those of the new state, not of the one it started from."""
    cold = settle(34, 34, PC_PK1, MESH)
    best = improve(cold, patch(34, 34), PC_PK1, MESH)
    assert best.energy < cold.energy - 1
    for q in PARTICLES:
        held = best.fillings[q].held
        numbers = best.levels[q].occupation * best.levels[q].degeneracy
        assert {label: n for label, n in zip(best.levels[q].labels, numbers, strict=True) if n} == pytest.approx(held)
        well, levels = best.state.well(q), best.levels[q]
        expected = bound_levels(MESH, well.scalar, well.vector, PC_PK1.nucleon_mass, levels.fermi_energy + 5.0)
        assert levels.energy[: len(expected.energy)] == pytest.approx(expected.energy, abs=1e-4)


def test_a_start_in_the_order_of_a_neighbour():
    """44Ca from the field and the order of 42Ca: the state of a cold start, sooner; the order is of no use without a field."""
    near, cold = settle(20, 22, PC_PK1, MESH), settle(20, 24, PC_PK1, MESH)
    order = from_below(20, 24, near.levels)
    warm = settle(20, 24, PC_PK1, MESH, False, near.state, order)
    assert warm.energy == pytest.approx(cold.energy, abs=1e-5)
    assert key_of(warm.fillings) == key_of(cold.fillings)
    assert warm.iterations < cold.iterations


def test_an_order_that_does_not_hold_is_left():
    """40Ca told to put its last neutrons into 1f7/2: they go back to 1d3/2, 16 MeV lower, in the end."""
    cold = settle(20, 20, PC_PK1, MESH)
    neutrons = cold.fillings["n"].held
    assert neutrons[2, 0] == 4.0
    raised = {label: n for label, n in neutrons.items() if label != (2, 0)} | {(-4, 0): 4.0}
    order = {"n": EvenFilling(20, raised), "p": cold.fillings["p"].again()}
    found = settle(20, 20, PC_PK1, MESH, False, cold.state, order)
    assert found.fillings["n"].held == neutrons
    assert found.energy == pytest.approx(cold.energy, abs=1e-5)


def counted_ways(held, levels, window):
    """What each even filling of one species costs (MeV) with at most one level partly filled, tried one by one.

    Levels further from the last particles than half the ``window`` stay as they are: one pair there costs all of it.
    """
    near = [i for i, energy in enumerate(levels.energy) if abs(energy - levels.fermi_energy) < window / 2]
    before = [held.get(levels.labels[i], 0.0) for i in near]
    rooms = [int(levels.degeneracy[i]) for i in near]
    costs = []
    for numbers in itertools.product(*(range(0, room + 1, 2) for room in rooms)):
        partly = sum(0 < number < room for number, room in zip(numbers, rooms, strict=True))
        if sum(numbers) == sum(before) and partly <= 1:
            change = np.array(numbers) - before
            costs.append(float(change @ levels.energy[near]))
    return costs


def test_other_fillings_move_neutrons_and_protons_together():
    """The cheapest first, none dearer than the window, none twice, the present one left out: as many as counted one by one."""
    best = minimum(34, 34)
    window = 13.0
    levels = levels_around(best, PC_PK1, MESH, window)
    found = other_fillings(levels, best, window)
    costs = []
    for order in found:
        cost = 0.0
        for q in PARTICLES:
            energy = dict(zip(levels[q].labels, levels[q].energy, strict=True))
            change = {
                label: order[q].held.get(label, 0.0) - best.fillings[q].held.get(label, 0.0)
                for label in order[q].held.keys() | best.fillings[q].held.keys()
            }
            assert sum(change.values()) == pytest.approx(0.0)
            cost += sum(n * energy[label] for label, n in change.items() if n)
        costs.append(cost)
    assert costs == sorted(costs)
    assert max(costs) < window
    ways = [counted_ways(best.fillings[q].held, levels[q], window) for q in PARTICLES]
    wanted = sorted(sum(both) for both in itertools.product(*ways) if sum(both) < window)
    assert costs == pytest.approx(wanted[1:], abs=1e-6), "the first costs nothing: it is the present one"
    keys = [key_of(order) for order in found]
    assert len(set(keys)) == len(keys) > 5
    assert key_of(best.fillings) not in keys
    moved = [{q for q in PARTICLES if order[q].key != best.fillings[q].key} for order in found]
    assert {"n", "p"} in moved
    assert {"n"} in moved
    assert {"p"} in moved


def test_starts_have_names_of_their_own():
    """Orders and fields of neighbours, a cold start, other fillings; a name says what is tried, so none is in vain."""
    best = minimum(34, 34)
    around = patch(34, 34)
    found = list(starts(best, around, PC_PK1, MESH, 11.0))
    (cold,) = [(state, order) for name, state, order in found if name == COLD]
    assert np.array_equal(cold[0].potentials, woods_saxon_start(34, 34, MESH).potentials)
    assert all(filling.held is None for filling in cold[1].values()), "it fills from below on the way"
    for name, state, order in found:
        assert name == (COLD if state is cold[0] else key_of(order))
    fields = [state.potentials for _, state, _ in found]
    assert all(any(field is each.field.potentials for field in fields) for each in [*around, best])
    for _, _, order in found:
        assert (order["n"].particles, order["p"].particles) == (34, 34)


def test_an_attempt_ends_where_it_leads_nowhere():
    """68Se from the order of its cold start, 1.8 MeV higher, in another field: given up; where a field pushes all out: None."""
    best = minimum(34, 34)
    higher = settle(34, 34, PC_PK1, MESH)
    assert higher.energy > best.energy + 1
    order = {q: filling.again() for q, filling in higher.fillings.items()}
    trial = attempt(best, best.state, order, PC_PK1, MESH)
    assert not trial.converged
    assert trial.iterations < 20
    # without any force the mesh has its own levels, of a few MeV; none is looked for above 80 MeV
    hill = replace(best.state, potentials=0.0 * best.state.potentials + np.array([0.0, 100.0, 100.0])[:, None])
    cold = new_fillings(34, 34, PC_PK1, MESH, paired=False, warm=False)
    assert attempt(best, hill, cold, PC_PK1, MESH) is None


def test_neighbours_in_a_chart():
    found = dict.fromkeys([(8, 8), (8, 10), (10, 8), (8, 12), (6, 8), (10, 10)])
    found = {place: str(place) for place in found}
    assert beside(found, 8, 8) == ["(8, 10)", "(6, 8)", "(10, 8)"]
    assert beside(found, 20, 20) == []


# --- what is no nucleus -----------------------------------------------------------------------------------------------


def test_no_convergence(monkeypatch):
    """Five iterations are not enough: every attempt is made, ever more damped, and the error says what to do."""
    attempts = []
    original = iteration.iterate

    def short(*arguments, **settings):
        attempts.append(settings["mixing"])
        return original(*arguments, **settings | {"limit": 5})

    monkeypatch.setattr(lowest, "iterate", short)
    words = r"Z = 20, N = 28 with PC-PK1: residual \d.*after 15 iterations and 3 attempts; change the box"
    with pytest.raises(NoConvergenceError, match=words) as refused:
        ground_state(20, 28, PC_PK1, MESH)
    assert refused.value.bound
    assert attempts == sorted(attempts, reverse=True)
    assert len(attempts) == 3


@pytest.mark.parametrize(("Z", "N"), [(16, 16), (16, 18), (6, 8)])
def test_no_collapse_in_light_nuclei(Z, N):
    """PC-PK1 has a dense unphysical state in these: the central density stays below twice saturation."""
    found = ground_state(Z, N, PC_PK1, MESH)
    assert found.densities.vector.max() < lowest.COLLAPSE_DENSITY
    assert -9.5 < found.energy / (Z + N) < -5


def test_a_collapsed_state_is_not_accepted(monkeypatch):
    """If the density limit is set below that of a real nucleus, no attempt passes: the guard is live."""
    monkeypatch.setattr(lowest, "COLLAPSE_DENSITY", 0.1)
    with pytest.raises(NoConvergenceError):
        settle(8, 8, PC_PK1, MESH)


def test_unbound_states_are_states():
    """Beyond the drip line a nucleus settles in the box, and says that it is not bound."""
    found = settle(8, 24, PC_PK1, MESH)
    assert isinstance(found, Minimum)
    assert not found.bound
