"""Fitting couplings: which nuclei, which derivatives, and whether what is put in comes out."""

import numpy as np
import pytest
import torch

from lib.learning.coupling_fit import CouplingProblem, Couplings, farthest_first, fit_couplings, training_points
from lib.learning.known_region import is_known
from lib.rmf.chart import load_chart
from lib.rmf.functionals import PC_PK1

CHART = load_chart("PC-PK1")
NINE = farthest_first(CHART.Z.values, CHART.N.values, 9)


def test_nuclei_are_measured_nested_and_far_apart():
    assert NINE[0] == (82, 126)
    assert len(set(NINE)) == 9
    assert is_known(*np.array(NINE).T).all()
    assert farthest_first(CHART.Z.values, CHART.N.values, 30)[:9] == NINE
    Z, N = np.array(NINE).T
    asymmetry = (CHART.N.values - CHART.Z.values) / (CHART.N.values + CHART.Z.values)
    known = is_known(CHART.Z.values, CHART.N.values)
    assert ((N - Z) / (N + Z)).max() == asymmetry[known].max()
    with pytest.raises(ValueError, match=r"count = 9000.*take 1 to 6\d\d"):
        farthest_first(CHART.Z.values, CHART.N.values, 9000)


@pytest.mark.parametrize("inputs", [("S", "V"), ("V",), ("S", "V", "TV")])
def test_derivatives_by_the_parameters_agree_with_differences(inputs):
    problem = CouplingProblem(training_points(CHART, NINE[:2]), Couplings(inputs, units=3), seed=1)
    start, rows = problem.theta.clone(), problem.linearise().rows.numpy()
    for place in range(len(start)):
        ends = []
        for sign in (1, -1):
            moved = start.clone()
            moved[place] += sign * 1e-5
            problem.theta = moved
            ends.append(problem.linearise().residual.numpy())
        slope = (ends[0] - ends[1]) / 2e-5
        assert rows[:, place] == pytest.approx(slope, abs=2e-5 * np.abs(slope).max())


def test_cost_is_the_sum_of_squares_of_the_error_of_the_energy_density():
    points = training_points(CHART, NINE[:2])
    problem = CouplingProblem(points, Couplings(units=3), seed=1)
    error = problem.functional().interaction_energy_density(*points.fields) - points.energy_density
    assert problem.cost(problem.theta) == pytest.approx(((points.weight * error / 0.1) ** 2).sum(), rel=1e-6)


def test_the_last_layer_is_the_best_there_is():
    """A step along any direction of the last layer makes the sum larger; so does another hidden layer left as it was drawn."""
    problem = CouplingProblem(training_points(CHART, NINE[:3]), Couplings(units=4, prior=0.0), seed=2)
    best = problem.cost(problem.theta)
    rng = np.random.default_rng(0)
    for _ in range(5):
        moved = problem.theta.clone()
        moved[12:] += torch.from_numpy(1e-4 * rng.standard_normal(len(moved) - 12))
        assert problem.cost(moved) > best


def test_derivative_couplings_of_the_truth_come_out():
    """They are not told apart from the rest: energy densities of nine nuclei alone."""
    fitted = fit_couplings(CHART, NINE, PC_PK1, name="nine")
    assert fitted.functional.parameters == 126
    assert fitted.learning_rms <= fitted.last_layer_rms
    for place, coupling in enumerate(("delta_S", "delta_V", "delta_TV")):
        assert fitted.functional.derivative[place] == pytest.approx(PC_PK1.fm(coupling), rel=1e-3)
    assert fitted.functional.pairing_strength("n") == PC_PK1.pairing_strength_n


def test_noise_is_put_in_and_a_foreign_nucleus_refused():
    clear, noisy = (training_points(CHART, NINE[:2], noise).energy_density for noise in (0.0, 1e-3))
    assert np.std(noisy / clear - 1) == pytest.approx(1e-3, rel=0.2)
    with pytest.raises(ValueError, match=r"\(8, 150\).*not in the chart of PC-PK1"):
        fit_couplings(CHART, [(8, 150)], PC_PK1)
