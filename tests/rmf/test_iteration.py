"""The pieces of the self-consistent loop: one step, the mixer, the stop rules; and what passes from state to state."""

from dataclasses import replace

import numpy as np
import pytest

from lib.rmf.dirac import PARTICLES, bound_levels, no_guess
from lib.rmf.field import Densities, State, sum_rule_energy, woods_saxon_start
from lib.rmf.functionals import PC_PK1
from lib.rmf.iteration import (
    AboveBest,
    Anderson,
    Converged,
    KnownField,
    KnownOrder,
    Progress,
    Restless,
    Unbound,
    iterate,
    key_of,
    limited,
    mixing_metric,
    presumed,
    scf_step,
)
from lib.rmf.lowest import new_fillings
from lib.rmf.mesh import get_mesh
from lib.rmf.occupation import EvenFilling, Share

MESH = get_mesh()
POINTS = len(MESH.r)


def solved(Z, N, paired=False, start=None, **settings):
    fillings = settings.pop("fillings", None) or new_fillings(Z, N, PC_PK1, MESH, paired, warm=start is not None)
    return iterate(Z, N, PC_PK1, MESH, fillings, start, **settings)


@pytest.fixture(scope="module")
def oxygen():
    return solved(8, 8)


@pytest.fixture(scope="module")
def tin():
    return solved(50, 70, paired=True)


@pytest.mark.parametrize("name", ["oxygen", "tin"])
def test_a_converged_field_makes_itself(name, request):
    """One more step changes potentials, pairing field and levels by no more than the residual."""
    solution = request.getfixturevalue(name)
    assert solution.converged
    assert solution.residual == solution.history[-1] < 1e-5 < solution.history[0]
    step = scf_step(solution.state, PC_PK1, MESH, solution.fillings)
    assert np.abs(step.new.potentials - solution.state.potentials).max() < 1e-3
    assert step.energy == pytest.approx(solution.energy, abs=1e-7)
    for q in PARTICLES:
        assert step.levels[q].energy == pytest.approx(solution.levels[q].energy, abs=2e-5)
    assert step.new.pairing_field.shape == ((2, POINTS) if solution.paired else (0, POINTS))
    assert solution.iterations == len(solution.history)


def test_energy_is_stationary_at_the_fixed_point(oxygen):
    """A field off by delta gives an energy off by delta squared: ten times the change, a hundred times the error."""
    bump = np.exp(-((MESH.r - 2.0) ** 2))
    errors = []
    for height in (1.0, 0.1):
        moved = replace(oxygen.state, potentials=oxygen.state.potentials + height * np.outer([-1.0, 1.0, 0.7], bump))
        errors.append(abs(scf_step(moved, PC_PK1, MESH, oxygen.fillings).energy - oxygen.energy))
    assert 1e-3 < errors[0] < 1.0
    assert errors[0] == pytest.approx(100 * errors[1], rel=0.1)


def test_a_step_leaves_the_state_that_it_starts_from(oxygen):
    before, guess = oxygen.state.pack(), oxygen.state.guesses["n"].copy()
    scf_step(oxygen.state, PC_PK1, MESH, {q: EvenFilling(8) for q in PARTICLES})
    assert np.array_equal(oxygen.state.pack(), before)
    assert np.array_equal(oxygen.state.guesses["n"], guess, equal_nan=True)


def test_the_levels_of_an_unfinished_iteration_are_those_of_its_state():
    solution = solved(20, 28, limit=7)
    assert not solution.converged
    assert solution.stopped_by is None
    assert solution.iterations == len(solution.history) == 7
    again = scf_step(solution.state, PC_PK1, MESH, solution.fillings)
    for q in PARTICLES:
        assert again.levels[q].energy == pytest.approx(solution.levels[q].energy, abs=1e-4)


def test_a_looser_tolerance_ends_earlier_and_costs_little():
    """At 1e-3 MeV the energy is known to a few 1e-7 MeV: its error is of second order."""
    loose, tight = (solved(20, 28, tolerance=tolerance) for tolerance in (1e-3, 1e-6))
    assert loose.iterations < tight.iterations
    assert loose.residual < 1e-3
    assert tight.residual < 1e-6
    assert loose.energy == pytest.approx(tight.energy, abs=1e-6)


@pytest.mark.parametrize("mixing", [0.15, 0.45, 0.8])
def test_mixing_changes_the_way_not_the_end(oxygen, mixing):
    assert solved(8, 8, mixing=mixing).energy == pytest.approx(oxygen.energy, abs=1e-8)


def test_anderson_solves_a_linear_problem_of_few_unknowns():
    """x -> A x + b with an eigenvalue of -3, where plain iteration explodes: exact once there are as many steps as unknowns."""
    A, b = np.diag([-3.0, 0.5, 0.9]) + 0.1, np.array([1.0, -2.0, 0.5])
    exact = np.linalg.solve(np.eye(3) - A, b)
    mixer, x = Anderson(np.ones(3), 0.45), np.zeros(3)
    for _ in range(6):
        x = mixer.mix(x, A @ x + b - x)
    assert x == pytest.approx(exact, abs=1e-6)


def test_anderson_after_a_jump():
    """The problem jumps, b becomes another: what was learnt of A still holds, the last residual does not.

    So it comes in fewer steps than one that begins anew, and closer than one that mixes both problems.
    """
    A = np.diag([-1.0, 0.3, -0.2]) + 0.1
    b, other = np.array([1.0, -2.0, 0.5]), np.array([-1.0, 3.0, 2.0])
    exact = np.linalg.solve(np.eye(3) - A, other)
    errors = {}
    for name in ("jump", "none", "anew"):
        mixer, x = Anderson(np.ones(3), 0.45), np.zeros(3)
        for _ in range(4):
            x = mixer.mix(x, A @ x + b - x)
        if name == "jump":
            mixer.jump()
        elif name == "anew":
            mixer = Anderson(np.ones(3), 0.45)
        x = mixer.mix(x, A @ x + other - x)
        errors[name] = np.abs(x - exact).max()
    assert errors["jump"] < 1e-6
    assert errors["none"] > 0.1
    assert errors["anew"] > 0.1


def test_the_first_step_is_plain_mixing():
    mixer = Anderson(np.ones(2), 0.3)
    assert mixer.mix(np.array([1.0, 2.0]), np.array([0.1, -0.4])) == pytest.approx([1.03, 1.88])
    assert mixer.norm(np.array([3.0, 4.0])) == pytest.approx(5 / np.sqrt(3))


def test_norm_is_the_rms_change_over_the_nuclear_volume(tin):
    """1 MeV everywhere within 1.2 A^(1/3) fm, in each of the three potentials, is 1 MeV."""
    inside = np.where(MESH.r < 1.2 * 120 ** (1 / 3), 1.0, 0.0)
    change = np.concatenate([np.tile(inside, 3), np.zeros(2 * POINTS)])
    metric = mixing_metric(MESH, 120, tin.state)
    assert metric.shape == tin.state.pack().shape
    assert Anderson(metric).norm(change) == pytest.approx(1.0, rel=0.03)


def test_a_state_is_one_vector_and_back(tin):
    state = tin.state
    assert state.pack().shape == (5 * POINTS,)
    again = state.unpack(2 * state.pack())
    for name in ("potentials", "pairing_field"):
        assert np.array_equal(getattr(again, name), 2 * getattr(state, name))
    assert again.fermi_energies == state.fermi_energies
    plain = state.as_start(state, paired=False)
    assert plain.pack().shape == (3 * POINTS,)
    assert np.array_equal(plain.potentials, state.potentials)


def test_a_closed_gap_is_opened_again(tin):
    """The 50 protons of tin do not pair; from their field those of tellurium, which do, would never begin to."""
    cold = woods_saxon_start(52, 70, MESH)
    assert tin.state.pairing_field[1].max() < 1e-3 < cold.pairing_field[1].max()
    start = tin.state.as_start(cold, paired=True)
    assert np.array_equal(start.pairing_field[1], cold.pairing_field[1])
    inside = MESH.r < 5
    assert np.array_equal(start.pairing_field[0][inside], tin.state.pairing_field[0][inside])
    warm = solved(52, 70, paired=True, start=tin.state)
    assert np.abs(warm.levels["p"].pairing_gap).max() > 0.5


def test_a_first_guess_holds_the_nucleons():
    """Woods-Saxon wells of the nucleus, deeper for protons where neutrons are many; beyond, the Coulomb potential of Z."""
    start = woods_saxon_start(50, 82, MESH)
    S, V_n, V_p = start.potentials
    coulomb = 50 * 197.3269804 / 137.035999 / MESH.r[-1]
    assert V_p[-1] == pytest.approx(coulomb, rel=1e-5)
    assert V_n[0] + S[0] == pytest.approx(-71.28 * (1 - 0.4616 * 32 / 132), rel=1e-3)
    assert V_p[0] + S[0] - (MESH.coulomb @ start.pairing_field[0])[0] < V_n[0] + S[0]
    levels = EvenFilling(82).all_levels(MESH, start.well("n"), 939.0, -0.1)
    assert levels.degeneracy.sum() >= 82
    assert np.isnan(start.guesses["n"]).all()


def test_potentials_move_by_no_more_than_60_mev(oxygen):
    x = oxygen.state.pack()
    bold = oxygen.state.unpack(x - 240.0)
    assert limited(bold, oxygen.state).potentials - oxygen.state.potentials == pytest.approx(-60.0)
    shy = oxygen.state.unpack(x + 1.0)
    assert np.array_equal(limited(shy, oxygen.state).potentials, shy.potentials)


def test_levels_are_presumed_where_the_change_of_potentials_takes_them(oxygen):
    """To first order: in a field shifted by 0.3 MeV they are 0.3 MeV higher, and the change of a bump is foreseen."""
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    bump = np.exp(-((MESH.r - 2.0) ** 2))
    new = replace(oxygen.state, potentials=oxygen.state.potentials + np.outer([0.0, 0.3, 0.3], 1 + bump))
    expected = presumed(new, step, MESH)
    after = scf_step(new, PC_PK1, MESH, oxygen.fillings)
    for q in PARTICLES:
        levels = after.levels[q]
        guess = expected.guesses[q][(levels.kappa > 0).astype(int), np.abs(levels.kappa), levels.nodes]
        assert guess == pytest.approx(levels.energy, abs=2e-2)
        assert np.all(levels.energy - step.levels[q].energy > 0.3)


# --- what ends an iteration ---------------------------------------------------------------------------------------


def progress(residual, step=None, fillings=None, converged=False, moved=False, before=(1.0,)):
    return Progress(step, fillings or {q: EvenFilling(8) for q in PARTICLES}, [*before, residual], converged, moved)


def test_converged():
    assert Converged()(progress(1e-6, converged=True))
    assert not Converged()(progress(1e-6))
    assert not Converged()(progress(1e-6, converged=True, moved=True)), "it is another state now"


def test_restless_counts_how_often_particles_move():
    stop = Restless(2)
    moves = [True, False, True, False, False, True, False]
    assert [stop(progress(1e-3, moved=moved)) for moved in moves] == [False] * 5 + [True, True]


def test_above_the_best_only_as_far_as_the_energy_can_be_trusted(oxygen):
    """Off by the square of the residual, by three times that in the first step, and by 2 keV."""
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    for surplus, residual, stops in (
        (0.1, 1e-3, True), (1e-3, 1e-3, False), (0.3, 0.5, True), (0.2, 0.5, False), (17.0, 4.0, True), (15.0, 4.0, False),
        (-1.0, 1e-3, False),
    ):  # fmt: skip
        assert AboveBest(step.energy - surplus)(progress(residual, step)) is stops
    for surplus, stops in ((40.0, False), (50.0, True)):
        assert AboveBest(step.energy - surplus)(progress(4.0, step, before=())) is stops, "the first step"


@pytest.mark.parametrize(("Z", "N"), [(8, 8), (20, 28), (34, 34), (34, 62), (50, 82), (72, 110)])
def test_what_settles_at_the_best_is_not_given_up(Z, N):
    """From the fields of four neighbours, particles held where they are: the energy never lies above by what would end it.

    From Woods-Saxon wells too, which are further off than any neighbour.
    """
    ground = solved(Z, N)
    fields = [solved(Z + z, N + n, start=ground.state).state for z, n in ((0, -2), (0, 2), (-2, 0), (2, 0))]
    for start in (*fields, None):
        fillings = {q: filling.again() for q, filling in ground.fillings.items()}
        for filling in fillings.values():
            filling.follow = False
        again = solved(Z, N, start=start, fillings=fillings, stops=[AboveBest(ground.energy)])
        assert again.converged
        assert again.history[0] > 0.3, "it had some way to go"
        assert again.energy == pytest.approx(ground.energy, abs=1e-5)


def test_above_the_best_leaves_a_share_time_to_gain(oxygen):
    """Two levels that are 1.5 MeV apart and may still move two particles: 3 MeV above is not hopeless yet."""
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    levels = step.levels["n"]
    share = Share((-2, 0), (1, 0), 4.0, 1.0)
    fillings = {"n": EvenFilling(8, {(-1, 0): 2.0, **share.split(1.0)}, share), "p": EvenFilling(8)}
    gain = fillings["n"].to_gain(levels)
    difference = levels.energy[levels.labels.index((1, 0))] - levels.energy[levels.labels.index((-2, 0))]
    assert gain == pytest.approx(2 * difference)
    for best, stops in ((step.energy - gain + 0.5, False), (step.energy - gain - 0.5, True)):
        assert bool(AboveBest(best)(progress(1e-3, step, fillings))) is stops


def test_unbound_only_once_the_levels_can_be_trusted(oxygen):
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    for fermi_energy, residual, stops in ((0.4, 0.1, True), (0.4, 0.5, False), (3.0, 2.0, False), (-0.1, 1e-4, False)):
        step.levels["p"].fermi_energy = fermi_energy
        assert bool(Unbound()(progress(residual, step))) is stops


def test_known_order(oxygen):
    """Only where particles have come to the order, it is known of both species, and the energy is above the best."""
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    orders = {"n": {(-1, 0): 2.0, (-2, 0): 4.0, (1, 0): 2.0}, "p": {(-1, 0): 2.0, (-2, 0): 4.0, (-3, 0): 2.0}}
    known = {q: EvenFilling(8, order) for q, order in orders.items()}
    other = {"n": EvenFilling(8, orders["n"]), "p": EvenFilling(8, orders["n"])}
    stop = KnownOrder({key_of(known)}, step.energy - 1.0)
    assert stop(progress(1e-3, step, known, moved=True))
    assert not stop(progress(1e-3, step, known)), "this is where the iteration was started"
    assert not stop(progress(1e-3, step, other, moved=True))
    on_its_way_down = KnownOrder({key_of(known)}, step.energy + 1.0)
    assert not on_its_way_down(progress(1e-3, step, known, moved=True))


def test_where_particles_move_nothing_is_said_of_where_they_were(oxygen):
    """What a step was before says no more: neither that it is too high, nor unbound, nor in a known field."""
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    step.levels["p"].fermi_energy = 0.4
    rules = AboveBest(step.energy - 1.0), Unbound(), KnownField(oxygen.state, mixing_metric(MESH, 16, oxygen.state))
    for rule in rules:
        assert rule(progress(1e-3, step))
        assert not rule(progress(1e-3, step, moved=True))


def test_known_field(tin):
    """Nearer to the known field than three of its own next steps; far from convergence that says nothing."""
    step = scf_step(tin.state, PC_PK1, MESH, tin.fillings)
    metric = mixing_metric(MESH, 120, tin.state)
    inside = np.where(MESH.r < 1.2 * 120 ** (1 / 3), 0.1, 0.0)
    moved = replace(tin.state, potentials=tin.state.potentials + inside)  # by 0.1 MeV, as norms of changes go
    for known, residual, stops in (
        (tin.state, 1e-3, True), (moved, 0.05, True), (moved, 0.02, False), (moved, 0.5, False),
    ):  # fmt: skip
        assert bool(KnownField(known, metric)(progress(residual, step))) is stops


def test_rules_end_an_iteration(oxygen):
    """16O again, told that there is a state 1 MeV lower: given up early, and not converged."""
    rule = AboveBest(oxygen.energy - 1.0)
    given_up = solved(8, 8, stops=[rule])
    assert given_up.stopped_by is rule
    assert not given_up.converged
    assert given_up.iterations < oxygen.iterations - 4
    assert given_up.residual > 1e-3
    assert given_up.energy > oxygen.energy


def raised_pair(held):
    """46 neutrons with two of the six of 1g9/2 raised to 2d5/2."""
    assert held[-5, 0] == 6
    assert (-3, 1) not in held
    return held | {(-5, 0): 4.0, (-3, 1): 2.0}


def test_a_rule_ends_an_iteration_where_particles_move():
    """78Ge from an order that is not its own: stopped as soon as it falls back to one that is known, or goes on."""
    ground = solved(32, 46)
    raised = raised_pair(ground.fillings["n"].held)

    def fillings():
        return {"n": EvenFilling(46, raised), "p": ground.fillings["p"].again()}

    rule = KnownOrder({key_of(ground.fillings)}, ground.energy - 1.0)
    stopped = solved(32, 46, start=ground.state, fillings=fillings(), stops=[rule])
    assert stopped.stopped_by is rule
    assert not stopped.converged
    free = solved(32, 46, start=ground.state, fillings=fillings())
    assert free.converged
    assert free.energy == pytest.approx(ground.energy, abs=1e-6)
    assert key_of(free.fillings) == key_of(ground.fillings)


def test_an_order_that_is_held_is_kept():
    """With follow set to false the raised neutrons stay where they are, out of order and higher."""
    ground = solved(32, 46)
    raised = raised_pair(ground.fillings["n"].held)
    fillings = {"n": EvenFilling(46, raised), "p": ground.fillings["p"].again()}
    for filling in fillings.values():
        filling.follow = False
    kept = solved(32, 46, start=ground.state, fillings=fillings)
    assert kept.converged
    assert kept.fillings["n"].held == raised
    assert kept.energy > ground.energy + 0.5


def held_at(solution, species, share, split):
    """A nucleus with so many particles of a share held in its second level, whether or not that is in order."""
    fillings = {q: filling.again() for q, filling in solution.fillings.items()}
    order = {label: n for label, n in (fillings[species].held | share.split(split)).items() if n > 1e-9}
    fillings[species] = EvenFilling(fillings[species].particles, order)
    for filling in fillings.values():
        filling.follow = False
    return solved(solution.Z, solution.N, start=solution.state, fillings=fillings)


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize(("Z", "N"), [(34, 62), (48, 68)], ids=["96Se", "116Cd"])
def test_levels_out_of_order_share_and_end_at_the_least_energy(Z, N, end):
    """From either end of what two neutron levels can hold: both ways lead to one split, and others lie higher."""
    ground = solved(Z, N)
    known = ground.fillings["n"].share
    corner = EvenFilling(N, ground.fillings["n"].corners()[end])
    solution = solved(Z, N, start=ground.state, fillings={"n": corner, "p": ground.fillings["p"].again()})
    assert solution.converged
    share = solution.fillings["n"].share
    assert {share.first, share.second} == {known.first, known.second}
    assert solution.fillings["n"].held[known.second] == pytest.approx(ground.fillings["n"].held[known.second], abs=2e-3)
    assert abs(solution.fillings["n"].splitting(solution.levels["n"])) < max(2 * solution.residual, 1e-5)
    assert solution.energy == pytest.approx(ground.energy, abs=1e-6)
    least, most = share.bounds
    for split in (least, share.in_second - 0.1, share.in_second + 0.1, most):
        if least <= split <= most:
            held = held_at(solution, "n", share, split)
            assert held.converged
            assert held.energy > solution.energy + 1e-5


@pytest.mark.parametrize("tolerance", [1e-3, 1e-5])
@pytest.mark.parametrize(("Z", "N"), [(34, 62), (48, 68)], ids=["96Se", "116Cd"])
def test_a_share_has_settled_where_the_iteration_ends(Z, N, tolerance):
    """Its splitting is no more than twice the residual, however loose the tolerance: the energy is that of the minimum."""
    tight, loose = solved(Z, N, tolerance=1e-7), solved(Z, N, tolerance=tolerance)
    for solution in (tight, loose):
        assert solution.converged
        splitting = solution.fillings["n"].splitting(solution.levels["n"])
        assert abs(splitting) <= max(2 * solution.residual, 1e-5)
    assert loose.energy == pytest.approx(tight.energy, abs=max(1e-6, 0.1 * tolerance))


def test_a_share_ends_where_one_level_has_all():
    """78Ge with two neutrons raised: every split in between lies higher than the end, which is an even filling."""
    ground = solved(32, 46)
    raised = raised_pair(ground.fillings["n"].held)
    orders = {"n": EvenFilling(46, raised), "p": ground.fillings["p"].again()}
    solution = solved(32, 46, start=ground.state, fillings=orders)
    assert solution.converged
    assert solution.fillings["n"].share is None
    assert solution.fillings["n"].held == ground.fillings["n"].held
    share = Share((-3, 1), (-5, 0), 6.0, 4.0)
    energies = [held_at(solution, "n", share, split).energy for split in (4.0, 5.0, 5.8, 6.0)]
    assert energies == sorted(energies, reverse=True)
    assert energies[-1] == pytest.approx(solution.energy, abs=1e-6)


def test_all_levels_are_known_where_an_iteration_ends(oxygen, tin):
    """Those without particles too, up to 5 MeV above the Fermi energy at least, in the well of the state that is left."""
    selenium = solved(34, 62)
    for solution in (oxygen, tin, selenium):
        for q in PARTICLES:
            around, own = solution.around[q], solution.levels[q]
            well, top = solution.state.well(q), own.fermi_energy + 5.0
            expected = bound_levels(MESH, well.scalar, well.vector, PC_PK1.nucleon_mass, top)
            found = dict(zip(around.labels, around.energy, strict=True))
            for label, energy in zip(expected.labels, expected.energy, strict=True):
                assert found[label] == pytest.approx(energy, abs=1e-5)
            particles = {"n": solution.N, "p": solution.Z}[q]
            assert around.degeneracy @ around.occupation == pytest.approx(particles, abs=1e-6)
            occupied = dict(zip(around.labels, around.occupation, strict=True))
            for label, occupation in zip(own.labels, own.occupation, strict=True):
                assert occupied[label] == pytest.approx(occupation, abs=1e-4)
    assert all((around.occupation == 0).any() for around in selenium.around.values())
    assert solved(20, 28, limit=5).around == {}, "nothing is looked for on the way"


def test_states_of_two_nuclei_are_independent():
    """A start is not changed by the iteration that begins there."""
    start = woods_saxon_start(8, 8, MESH)
    before = State(start.potentials.copy(), *(value for value in list(vars(start).values())[1:]))
    solved(8, 10, start=start)
    assert np.array_equal(start.pack(), before.pack())
    assert np.array_equal(start.guesses["n"], no_guess(), equal_nan=True)


# --- what lies beyond the mesh -------------------------------------------------------------------------------------


def test_energy_counts_what_lies_beyond_the_mesh():
    """72Ca, whose last neutrons are hardly bound: on a mesh to 15 fm the single-particle sum knows the tail beyond it."""
    short, long = get_mesh(15.0, 0.1), get_mesh(40.0, 0.1)
    fillings = {q: EvenFilling(n) for q, n in zip(PARTICLES, (52, 20), strict=True)}
    far = iterate(20, 52, PC_PK1, long, fillings)
    order = {q: filling.again() for q, filling in far.fillings.items()}
    points = long.interpolation(short)
    state = replace(far.state, potentials=far.state.potentials @ points.T, pairing_field=np.empty((0, len(short.r))))
    near = scf_step(state, PC_PK1, short, order)
    beyond = sum(near.densities.outside.values())
    assert beyond > 1e-3
    assert beyond == pytest.approx(sum(e.degeneracy * e.occupation @ e.outside for e in near.levels.values()))
    for q, density in (("n", near.densities.neutron), ("p", near.densities.proton)):
        assert short.integral(density) + near.densities.outside[q] == pytest.approx({"n": 52, "p": 20}[q], abs=1e-9)
    step = scf_step(far.state, PC_PK1, long, {q: filling.again() for q, filling in far.fillings.items()})
    assert near.energy == pytest.approx(step.energy, abs=2e-3)


def test_densities_are_those_of_the_levels(oxygen):
    """Sum over occupied levels of (2j+1) v^2 (G^2 -+ F^2)/4 pi r^2, with the lower component once with each sign."""
    densities = Densities(MESH, PC_PK1, oxygen.levels)
    inner = slice(1, 40)
    for q, density in (("n", densities.neutron), ("p", densities.proton)):
        levels = oxygen.levels[q]
        weight = (2 * np.abs(levels.kappa) * levels.occupation)[:, None]
        expected = (weight * (levels.G**2 + levels.F**2)).sum(0)[inner] / (4 * np.pi * MESH.r[inner] ** 2)
        assert density[inner] == pytest.approx(expected, rel=1e-12)
    lower = sum(2 * np.abs(e.kappa) * e.occupation @ e.F**2 for e in oxygen.levels.values())[inner]
    assert (densities.vector - densities.scalar)[inner] == pytest.approx(2 * lower / (4 * np.pi * MESH.r[inner] ** 2))
    assert sum_rule_energy(oxygen.state.potentials, oxygen.levels, densities) == pytest.approx(oxygen.energy, abs=1e-9)
    assert MESH.integral(densities.coulomb_energy_density) == pytest.approx(densities.coulomb_energy, rel=1e-6)
