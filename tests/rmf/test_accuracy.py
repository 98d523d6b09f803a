"""The estimate of numerical errors, against the whole iteration on a finer mesh in a larger box."""

import numpy as np
import pytest

from lib.rmf.accuracy import REFERENCE_BOX_FM, known_fillings, numerical_error, on_other_mesh, solved_again
from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM
from lib.rmf.functionals import PC_F1, PC_PK1
from lib.rmf.iteration import iterate
from lib.rmf.lowest import new_fillings
from lib.rmf.mesh import get_mesh
from lib.rmf.observables import radii
from lib.rmf.occupation import EvenFilling, Share
from lib.rmf.solver import solve, to_dataset

FINEST = get_mesh(40.0, 0.08)


def solved(Z, N, mesh, functional=PC_PK1, paired=False, like=None):
    """Self-consistent on a mesh; the occupations of another solution are taken over."""
    fillings = new_fillings(Z, N, functional, mesh, paired, warm=False)
    if like is not None and not paired:
        fillings = {q: filling.again() for q, filling in like.fillings.items()}
    return iterate(Z, N, functional, mesh, fillings)


def radii_of(solution):
    return radii(solution.Z, solution.N, solution.functional, solution.levels, solution.densities, solution.state)


@pytest.mark.parametrize(
    ("Z", "N", "functional", "paired", "settings"),
    [
        (8, 8, PC_PK1, False, {"step": 0.25}),
        (16, 16, PC_PK1, False, {"step": 0.2}),
        (32, 38, PC_PK1, False, {"step": 0.25}),
        (82, 126, PC_F1, False, {"step": 0.25}),
        (20, 28, PC_PK1, False, {}),
        (50, 70, PC_PK1, True, {"step": 0.2}),
        (20, 50, PC_PK1, False, {"box": 15.0}),
        (62, 146, PC_PK1, False, {"box": 15.0}),
        (62, 146, PC_PK1, False, {"box": 20.0, "wall": True}),
    ],
)
def test_estimate_is_what_the_whole_iteration_would_give(Z, N, functional, paired, settings):
    """The energy to a factor of two, or 0.05 keV, and the radii where the field itself has hardly changed."""
    coarse = solved(Z, N, get_mesh(**settings), functional, paired)
    fine = solved(Z, N, FINEST, functional, paired, like=coarse)
    assert coarse.converged
    assert fine.converged
    estimate, true = numerical_error(coarse), abs(coarse.energy - fine.energy)
    assert abs(estimate.energy - true) < max(0.5 * true, 5e-5)
    radius = max(abs(radii_of(fine)[name] - value) for name, value in radii_of(coarse).items())
    assert estimate.radius < 3 * radius + 1e-3
    if settings.get("step") is None:
        assert estimate.radius > radius / 5 - 1e-4


def test_usual_mesh_and_box_are_good_to_a_fraction_of_a_kev():
    """The densest light nucleus, a heavy one, and one whose last neutrons are bound by 0.3 MeV."""
    for Z, N in ((16, 16), (82, 126), (62, 148)):
        found = numerical_error(solved(Z, N, get_mesh()))
        assert found.energy < 3e-4
        assert found.radius < 2e-3


def test_a_wall_at_15_fm_is_found_out():
    """Neutrons bound by half an MeV are pushed up by a wall there; the estimate says so, and that oxygen does not mind."""
    near = numerical_error(solved(62, 146, get_mesh(15.0, wall=True)))
    assert near.energy > 0.1
    assert near.radius > 0.005
    assert numerical_error(solved(8, 8, get_mesh(15.0, wall=True))).energy < 2e-4


def test_an_estimate_changes_nothing():
    solution = solved(34, 62, get_mesh())
    share = solution.fillings["n"].share
    assert share is not None
    before = solution.state.pack(), share.in_second, solution.levels["n"].energy.copy()
    first, second = numerical_error(solution), numerical_error(solution)
    assert first == second
    assert np.array_equal(before[0], solution.state.pack())
    assert (solution.fillings["n"].share is share, share.in_second) == (True, before[1])
    assert np.array_equal(before[2], solution.levels["n"].energy)


def test_a_field_on_another_mesh():
    """The same where both are; beyond, no nuclear potential and that of all protons, Z e^2/r."""
    solution = solved(50, 70, get_mesh(), paired=True)
    reference = get_mesh(REFERENCE_BOX_FM, 0.1)
    state = on_other_mesh(solution.state, solution.mesh, reference)
    beyond = reference.r > solution.mesh.box
    assert beyond.sum() > 5
    assert state.potentials.shape == (3, len(reference.r))
    assert state.pairing_field.shape == (2, len(reference.r))
    assert not state.potentials[:2, beyond].any()
    assert not state.pairing_field[:, beyond].any()
    coulomb = 50 * FINE_STRUCTURE * HBARC_MEV_FM / reference.r[beyond]
    assert state.potentials[2, beyond] == pytest.approx(coulomb, rel=1e-5)
    back = on_other_mesh(state, reference, solution.mesh)
    assert back.potentials == pytest.approx(solution.state.potentials, abs=1e-5)
    assert back.fermi_energies == solution.state.fermi_energies


# --- a known state again -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("Z", "N"), [(20, 28), (50, 70)])
def test_a_known_state_is_found_again_and_on_another_mesh(Z, N):
    known = solve(Z, N)
    assert solved_again(known, get_mesh()).energy == pytest.approx(float(known.energy), abs=2e-5)
    walled = solved_again(known, get_mesh(15.0, 0.1, uniform=True, wall=True))
    assert walled.mesh.wall
    assert walled.energy == pytest.approx(
        float(solve(Z, N, box=15.0, step=0.1, uniform=True, wall=True).energy), abs=2e-5
    )


def test_a_share_is_found_again_with_its_split():
    solution = solved(34, 62, get_mesh(), like=shared_selenium())
    again = solved_again(to_dataset(solution), get_mesh())
    one, other = solution.fillings["n"].share, again.fillings["n"].share
    assert {other.first, other.second} == {one.first, one.second}
    in_second = other.in_second if other.second == one.second else other.total - other.in_second
    assert in_second == pytest.approx(one.in_second, abs=1e-3)
    assert again.energy == pytest.approx(solution.energy, abs=1e-6)


def shared_selenium():
    """96Se, in which the neutron levels 3s1/2 and 1g7/2 share particles."""
    fillings = new_fillings(34, 62, PC_PK1, get_mesh(), paired=False, warm=False)
    start = iterate(34, 62, PC_PK1, get_mesh(), fillings)
    held = fillings["n"].held
    others = {label: count for label, count in held.items() if label not in ((-1, 2), (4, 0))}
    total = 62 - sum(others.values())
    share = Share((-1, 2), (4, 0), total, total - 1.0)
    start.fillings = fillings | {"n": EvenFilling(62, others | share.split(share.in_second), share)}
    return start


def test_no_state_with_pairing_is_known_by_its_levels():
    with pytest.raises(ValueError, match="with pairing"):
        solved_again(solve(20, 22, pairing=True), get_mesh())


def test_fillings_hold_all_particles():
    fillings = known_fillings(solve(50, 66))
    assert {q: sum(filling.held.values()) for q, filling in fillings.items()} == {"n": 66, "p": 50}
