"""Couplings fitted through self-consistency: derivatives against differences, a truth that comes back, errors that are told."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from lib import fit
from lib.rmf.catalogue import get_functional
from lib.rmf.functionals import DD_PC1, PC_F1, PC_PK1
from lib.rmf.lowest import ground_state, settle
from lib.rmf.mesh import get_mesh

NUCLEI = [(8, 8), (20, 20), (20, 28), (28, 28), (40, 50), (50, 82)]
MESH = get_mesh()


def plain(functional):
    """Closed shells, without pairing."""
    return [settle(*at, functional, MESH).solution(functional, MESH) for at in NUCLEI]


def table(solutions, radius=False):
    """What the solutions have, as data."""
    energy, radii = np.array([fit.observed(each) for each in solutions]).T
    at = {"Z": [each.Z for each in solutions], "N": [each.N for each in solutions]}
    return pd.DataFrame(at | {"energy": energy, "radius": radii if radius else np.nan})


@pytest.mark.parametrize("functional", [PC_F1, DD_PC1], ids=lambda each: each.name)
def test_gradient_is_that_of_self_consistent_energies(functional):
    solution = ground_state(20, 28, functional, MESH)
    names = fit.fitted_names(functional, pairing=False)
    found = []
    for name in names:
        ends = [replace(functional, **{name: getattr(functional, name) * (1 + s * 1e-5)}) for s in (1, -1)]
        found.append(np.subtract(*(fit.near(solution, each).energy for each in ends)) / 2e-5)
    assert fit.energy_gradient(solution, names) == pytest.approx(np.array(found), rel=3e-6)


def test_couplings_that_are_zero_are_not_fitted():
    names = fit.fitted_names(DD_PC1, pairing=True)
    assert "c_V" not in names
    assert names[-2:] == fit.STRENGTHS


def test_what_has_no_couplings_is_refused():
    with pytest.raises(ValueError, match=r"NPC-PK1 has no named couplings.*PC-PK1"):
        fit.fitted_names(get_functional("NPC-PK1"), pairing=False)


def test_whitened_directions_change_residuals_by_one():
    jacobian = np.random.default_rng(1).normal(size=(9, 4)) * [1e5, 1e2, 1.0, 1e-2]
    assert np.linalg.svd(jacobian @ fit.whitening(jacobian))[1] == pytest.approx(np.ones(4))


def test_a_truth_comes_back():
    """Of three strong combinations: a prior holds the others."""
    start = plain(PC_PK1)
    truth = replace(PC_PK1, alpha_TV=PC_PK1.alpha_TV * 1.05, delta_V=PC_PK1.delta_V * 1.1)
    data = table([fit.near(each, truth) for each in start])
    problem = fit.CouplingFit(data, start, fit.Design(pairing=False, energy_error=0.01))
    before = problem.cost(problem.theta)
    assert fit.descend(problem) > 1
    energies = [fit.observed(each)[0] for each in problem.stand()]
    assert energies == pytest.approx(data.energy.to_numpy(), abs=0.01)
    assert problem.cost(problem.theta) < 1e-4 * before
    assert problem.search() == 0


def test_the_prior_is_about_its_centre():
    start = plain(PC_F1)
    data = table(start).assign(energy=np.nan)
    problem = fit.CouplingFit(data, start, fit.Design(pairing=False, prior=0.5), centre=PC_PK1)
    there = torch.from_numpy(np.linalg.solve(problem.map, problem.middle))
    found = problem.functional(there)
    assert [getattr(found, name) / getattr(PC_PK1, name) for name in problem.names] == pytest.approx(
        np.ones(9), rel=1e-6
    )
    assert problem.residual(start, there.numpy()) == pytest.approx(np.zeros(21), abs=1e-6)
    further = np.array([getattr(PC_F1, name) / getattr(PC_PK1, name) - 1 for name in problem.names]) / 0.5
    assert np.abs(problem.residual(start, problem.theta.numpy())[12:]) == pytest.approx(np.abs(further))


def test_what_does_not_count_is_predicted():
    start = plain(PC_PK1)
    data = table(start).assign(energy=lambda each: each.energy + 1.0)
    learnt = np.array([True] * 5 + [False])
    problem = fit.CouplingFit(data, start, fit.Design(pairing=False), learnt)
    residual = problem.residual(start, problem.theta.numpy())
    assert residual[:5] == pytest.approx(np.full(5, -1 / 1.3))
    assert residual[5] == 0
    told = fit.posterior(problem)
    assert list(zip(told.nuclei.Z, told.nuclei.N, strict=True)) == NUCLEI
    assert 0 < told.nuclei.energy_error.iloc[5]
    assert (told.nuclei.energy_error.iloc[:5] < 1.3).all()


def test_with_pairing_derivatives_are_differences():
    start = fit.first_solutions([(50, 70), (82, 126)], PC_PK1)
    problem = fit.CouplingFit(table(start, radius=True), start, fit.Design())
    assert problem.names[-2:] == fit.STRENGTHS
    responses = problem.responses()
    assert responses.shape == (2, 2, 11)
    moved = problem.theta.clone()
    moved[3] -= 0.2
    expected = np.array([fit.observed(each) for each in start]) - 0.2 * responses[:, :, 3]
    found = np.array([fit.observed(each) for each in problem.solved(moved)])
    assert found[:, 0] == pytest.approx(expected[:, 0], abs=0.03)  # second order
    assert found[:, 1] == pytest.approx(expected[:, 1], abs=1e-4)
    told = fit.posterior(problem)
    assert told.covariance.shape == (11, 11)
    assert (np.diag(told.covariance) > 0).all()
