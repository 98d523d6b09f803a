"""The pieces of the self-consistent loop: one step, the mixer, the stop rules; and what passes from state to state."""

import numpy as np
import pytest

from lib.rmf.dirac import PARTICLES
from lib.rmf.field import State, woods_saxon_start
from lib.rmf.functionals import PC_PK1
from lib.rmf.iteration import AboveBest, Anderson, Converged, KnownOrder, Progress, Restless, iterate, limited, scf_step
from lib.rmf.mesh import get_mesh
from lib.rmf.occupation import EvenFilling, Share

MESH = get_mesh(15.0, 0.1)


@pytest.fixture(scope="module")
def oxygen():
    return iterate(8, 8, PC_PK1, MESH)


@pytest.fixture(scope="module")
def tin():
    return iterate(50, 70, PC_PK1, MESH, paired=True)


@pytest.mark.parametrize("name", ["oxygen", "tin"])
def test_a_converged_field_makes_itself(name, request):
    """One more step changes potentials, pairing field and levels by no more than the residual."""
    solution = request.getfixturevalue(name)
    step = scf_step(solution.state, PC_PK1, MESH, solution.fillings)
    assert np.abs(step.new.pack() - solution.state.pack())[: 3 * len(MESH.r)].max() < 1e-4
    assert step.sum_rule_energy == pytest.approx(solution.sum_rule_energy, abs=1e-7)
    for q in PARTICLES:
        assert step.levels[q].energy == pytest.approx(solution.levels[q].energy, abs=1e-6)
    assert step.new.pairing_field.shape == ((2, len(MESH.r)) if solution.paired else (0, len(MESH.r)))


def test_a_step_leaves_the_state_that_it_starts_from(oxygen):
    before, guess = oxygen.state.pack(), oxygen.state.guesses["n"].copy()
    scf_step(oxygen.state, PC_PK1, MESH, {q: EvenFilling(8) for q in PARTICLES})
    assert np.array_equal(oxygen.state.pack(), before)
    assert np.array_equal(oxygen.state.guesses["n"], guess, equal_nan=True)


def test_the_levels_of_an_unfinished_iteration_are_those_of_its_state():
    solution = iterate(20, 28, PC_PK1, MESH, limit=7)
    assert not solution.converged
    assert solution.stopped_by is None
    assert solution.iterations == len(solution.history) == 7
    again = scf_step(solution.state, PC_PK1, MESH, solution.fillings)
    for q in PARTICLES:
        assert again.levels[q].energy == pytest.approx(solution.levels[q].energy, abs=1e-8)


def test_anderson_solves_a_linear_problem_of_few_unknowns():
    """x -> A x + b with an eigenvalue of -3, where plain iteration explodes: exact once there are as many steps as unknowns."""
    A, b = np.diag([-3.0, 0.5, 0.9]) + 0.1, np.array([1.0, -2.0, 0.5])
    exact = np.linalg.solve(np.eye(3) - A, b)
    mixer, x = Anderson(np.ones(3), 0.45), np.zeros(3)
    for _ in range(6):
        x = mixer.mix(x, A @ x + b - x)
    assert x == pytest.approx(exact, abs=1e-6)


def test_an_anderson_that_forgets_begins_anew():
    mixer, fresh = Anderson(np.ones(2), 0.3), Anderson(np.ones(2), 0.3)
    x, residual = np.array([1.0, 2.0]), np.array([0.1, -0.4])
    mixer.mix(np.zeros(2), np.ones(2))
    mixer.mix(np.ones(2), -np.ones(2))
    mixer.forget()
    assert np.array_equal(mixer.mix(x, residual), fresh.mix(x, residual))
    assert fresh.mix(x, residual) is not x


def test_a_state_is_one_vector_and_back(tin):
    state = tin.state
    n = len(MESH.r)
    assert state.pack().shape == (5 * n + 2,)
    again = state.unpack(2 * state.pack())
    for name in ("potentials", "pairing_field", "shares"):
        assert np.array_equal(getattr(again, name), 2 * getattr(state, name))
    assert again.fermi_energies == state.fermi_energies
    plain = state.as_start(state, paired=False)
    assert plain.pack().shape == (3 * n + 2,)


def test_a_closed_gap_is_opened_again_and_shares_are_forgotten(tin):
    """The 50 protons of tin do not pair; from their field those of tellurium, which do, would never begin to."""
    cold = woods_saxon_start(52, 70, MESH)
    assert tin.state.pairing_field[1].max() < 1e-3 < cold.pairing_field[1].max()
    start = tin.state.as_start(cold, paired=True)
    assert np.array_equal(start.pairing_field[1], cold.pairing_field[1])
    inside = MESH.r < 5
    assert np.array_equal(start.pairing_field[0][inside], tin.state.pairing_field[0][inside])
    assert not start.shares.any()
    warm = iterate(52, 70, PC_PK1, MESH, True, tin.state)
    assert np.abs(warm.levels["p"].pairing_gap).max() > 0.5


def test_potentials_move_by_no_more_than_60_mev_and_shares_stay_in_bounds(oxygen):
    fillings = {q: EvenFilling(8) for q in PARTICLES}
    fillings["p"].share = Share((-2, 0), (1, 0), 4.0)
    x = oxygen.state.pack()
    bold = oxygen.state.unpack(x + np.concatenate([np.full(3 * len(MESH.r), -240.0), [1.0, 9.0]]))
    kept = limited(bold, oxygen.state, fillings)
    assert kept.potentials - oxygen.state.potentials == pytest.approx(-60.0)
    assert kept.shares.tolist() == [0.0, 2.0]
    shy = oxygen.state.unpack(x + 1.0)
    assert np.array_equal(limited(shy, oxygen.state, fillings).potentials, shy.potentials)


def progress(residual, moved=(False, False), step=None, orders=(None, None)):
    fillings = {q: EvenFilling(8, order) for q, order in zip(PARTICLES, orders, strict=True)}
    return Progress(step, fillings, [1.0, residual], list(moved))


def test_converged_only_in_an_order_that_holds():
    stop = Converged(1e-5)
    assert stop(progress(1e-6))
    assert not stop(progress(1e-4))
    assert not stop(progress(1e-6, (False, True)))


def test_restless_counts_each_species():
    stop = Restless(2)
    assert [stop(progress(1e-3, moved)) for moved in ((True, False), (False, True), (True, True), (False, True))] == [
        False, False, False, True
    ]  # fmt: skip


def test_above_the_best_only_once_the_energy_can_be_trusted(oxygen):
    step = scf_step(oxygen.state, PC_PK1, MESH, oxygen.fillings)
    energy = step.sum_rule_energy
    assert AboveBest(energy - 0.1)(progress(1e-3, step=step))
    assert not AboveBest(energy - 0.1)(progress(0.5, step=step)), "off by 2.5 MeV at most"
    assert not AboveBest(energy - 1e-3)(progress(1e-3, step=step)), "as low, within the error"
    assert not AboveBest(energy - 100)(progress(2.0, step=step))


def test_known_order():
    order = {"n": {(-1, 0): 2.0}, "p": {(1, 0): 2.0}}
    assert KnownOrder([order])(progress(1e-3, orders=order.values()))
    assert not KnownOrder([order])(progress(1e-3, orders=(order["n"], order["n"])))
    assert not KnownOrder([order])(progress(1e-3))


def test_rules_end_an_iteration(oxygen):
    """16O again, told that there is a state 1 MeV lower, and that its order is known: given up early, and not converged."""
    for rule in (AboveBest(oxygen.sum_rule_energy - 1.0), KnownOrder([oxygen.order])):
        given_up = iterate(8, 8, PC_PK1, MESH, start=oxygen.state, stops=[rule])
        assert given_up.stopped_by is rule
        assert not given_up.converged
        assert given_up.iterations <= 4


def test_states_of_two_nuclei_are_independent():
    """A start is not changed by the iteration that begins there."""
    start = woods_saxon_start(8, 8, MESH)
    before = State(start.potentials.copy(), *(value for value in list(vars(start).values())[1:]))
    iterate(8, 10, PC_PK1, MESH, start=start)
    assert np.array_equal(start.pack(), before.pack())
    assert np.isnan(start.guesses["n"]).all()
