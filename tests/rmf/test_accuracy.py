"""The estimate of numerical errors, against the whole iteration on a finer mesh in a larger box."""

from dataclasses import replace

import numpy as np
import pytest

from lib.rmf.accuracy import REFERENCE_BOX_FM, known_fillings, numerical_error, on_other_mesh, solved_again
from lib.rmf.constants import FINE_STRUCTURE, HBARC_MEV_FM
from lib.rmf.functionals import PC_F1, PC_PK1
from lib.rmf.iteration import iterate
from lib.rmf.lowest import new_fillings
from lib.rmf.mesh import get_mesh
from lib.rmf.observables import radii
from lib.rmf.solver import solve

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


@pytest.fixture(scope="module")
def selenium():
    """96Se, two of whose neutron levels share particles."""
    return solve(34, 62)


def test_fillings_that_a_data_set_tells_of(selenium):
    """All particles in their levels; where two are partly filled they share what both hold."""
    found = known_fillings(selenium)
    assert {q: filling.particles for q, filling in found.items()} == {"n": 62, "p": 34}
    for filling in found.values():
        assert sum(filling.held.values()) == pytest.approx(filling.particles, abs=1e-9)
    share = found["n"].share
    assert {share.first, share.second} == {(-1, 2), (4, 0)}
    assert share.total == pytest.approx(6.0)
    assert share.in_second == found["n"].held[share.second]
    assert found["p"].share is None


def test_a_known_state_is_solved_again(selenium):
    """On its own mesh the same; on a finer one off by what was estimated; inside a near wall hardly."""
    again = solved_again(selenium, get_mesh())
    assert again.converged
    assert again.energy == pytest.approx(float(selenium.energy), abs=1e-5)
    assert again.fillings["n"].share is not None
    fine = solved_again(selenium, FINEST)
    assert abs(fine.energy - again.energy) < 2 * float(selenium.energy_uncertainty) + 5e-5
    assert solved_again(selenium, get_mesh(15.0, wall=True)).energy > again.energy + 1e-4


def test_other_couplings_make_another_state(selenium):
    """In the same levels at first, by a functional of the reader's own."""
    other = solved_again(selenium, get_mesh(), replace(PC_PK1, alpha_TV=1.05 * PC_PK1.alpha_TV))
    assert other.converged
    assert other.energy > float(selenium.energy) + 1.0


def test_a_nucleus_with_pairing_is_not_solved_again():
    with pytest.raises(ValueError, match="with pairing has no order of levels to start from: take one without"):
        solved_again(solve(8, 8, pairing=True), get_mesh())
