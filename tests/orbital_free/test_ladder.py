"""The ladder: what is put into made-up energies is found again, whole elements are held out, missing constants are named."""

from dataclasses import replace

import numpy as np
import pytest

from lib.orbital_free.ladder import (
    SECOND_ORDER,
    THOMAS_FERMI,
    Equations,
    Semilocal,
    fit,
    held_out_chains,
    judged,
    rungs,
)
from lib.orbital_free.samples import generic

EQUATIONS = Equations.of(generic(60, 1, largest=40))


def made_up(functional):
    """The equations as if this functional were the truth."""
    energy = functional.energy(EQUATIONS.parts, EQUATIONS.nucleons)
    return replace(EQUATIONS, energy=energy, moved_energy=functional.derivative(EQUATIONS.moved))


@pytest.mark.parametrize("constants", [False, True])
def test_a_fit_finds_what_was_put_in(constants):
    coefficients = SECOND_ORDER + np.linspace(-0.5, 0.5, 10)
    shells = {int(n): float(n % 7) for n in np.unique(EQUATIONS.nucleons)} if constants else {}
    truth = Semilocal(coefficients, shells)
    found = fit(made_up(truth), constants)
    there = found.energy(EQUATIONS.parts, EQUATIONS.nucleons)
    assert there == pytest.approx(made_up(truth).energy, abs=1.0)
    assert found.coefficients[:3] == pytest.approx(coefficients[:3], abs=0.5)
    assert bool(found.constants) == constants


def test_rungs_without_parameters_are_what_they_say():
    ladder = rungs(EQUATIONS, EQUATIONS)
    assert np.array_equal(ladder["Thomas–Fermi"].coefficients, THOMAS_FERMI)
    assert ladder["with ħ² terms"].energy(EQUATIONS.parts, EQUATIONS.nucleons) == pytest.approx(
        EQUATIONS.parts[:, :4].sum(1)
    )
    errors = {
        name: each.energy(EQUATIONS.parts, EQUATIONS.nucleons) - EQUATIONS.energy for name, each in ladder.items()
    }
    assert np.std(errors["ten, constants"]) < np.std(errors["ten"]) < np.std(errors["Thomas–Fermi"])


def test_a_number_without_a_constant_is_named():
    with pytest.raises(ValueError, match=r"nucleons = \[8\]"):
        Semilocal(SECOND_ORDER, {10: 1.0}).constant(np.array([8, 10]))
    assert Semilocal(SECOND_ORDER).constant(8).tolist() == [0]


def test_whole_elements_are_held_out():
    Z = np.repeat(np.arange(8, 48, 2), 5)
    known = np.tile([True, True, True, True, False], 20)
    held = held_out_chains(Z, known, 0)
    assert not held[~known].any()
    for element in np.unique(Z):
        assert held[(Z == element) & known].mean() in (0, 1)
    assert held.sum() == round(0.2 * known.sum())
    assert not np.array_equal(held, held_out_chains(Z, known, 1))
    with pytest.raises(ValueError, match="seed"):
        held_out_chains(Z, known, -1)


def test_errors_of_both_species_add_up():
    twice = EQUATIONS[np.arange(60)]
    found = judged(Semilocal(SECOND_ORDER), twice)
    assert found.species.shape == (2, 30)
    assert found.energy == pytest.approx(found.species[0] + found.species[1])
    assert found.derivative.shape[:2] == (2, 30)
