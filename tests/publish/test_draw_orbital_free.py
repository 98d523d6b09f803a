"""Figures of the chapter on nuclei without orbitals show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from publish.show import draw_orbital_free


@pytest.fixture(autouse=True)
def _no_figures_left():
    yield
    plt.close("all")


def test_energies_beside_a_solution():
    heights = np.linspace(-2, 2, 5)
    columns = ("exact", "flat", "energies", "ten", "constants")
    table = pd.DataFrame({name: i * heights**2 for i, name in enumerate(columns)}, index=heights)
    [ax] = draw_orbital_free.beside_figure(table, "²⁰⁸Pb").axes
    assert ax.get_title() == "²⁰⁸Pb"
    assert [line.get_ydata()[0] for line in ax.lines[:5]] == [0, 4, 8, 12, 16]


def test_errors_over_the_number_of_nucleons():
    table = pd.DataFrame({
        "particle": ["n", "n", "p"], "nucleons": [50, 52, 50], "smooth_MeV": [9.0, 1.0, 11.0], "constants_MeV": [0.0, 1.0, -1.0],
    })  # fmt: skip
    smooth, constants = draw_orbital_free.shell_figure(table).axes
    means = [
        next(line for line in ax.lines if line.get_label() == "mean").get_ydata().tolist() for ax in (smooth, constants)
    ]
    assert means == [[10, 1], [-0.5, 1]]
    assert smooth.get_ylabel()


def test_a_minimisation_step_by_step_and_its_densities():
    steps = pd.Series([100.0, 10.0, -3.0])
    profiles = pd.DataFrame({"n": [0.09, 0.0], "n_without": [0.08, 0.0], "p": [0.07, 0.0], "p_without": [0.06, 0.0]})
    left, right = draw_orbital_free.minimum_figure(steps, profiles, "⁴⁸Ca").axes
    assert left.lines[0].get_ydata().tolist() == [100, 10, -3]
    assert [line.get_ydata()[0] for line in right.lines] == [0.09, 0.08, 0.07, 0.06]
    assert "⁴⁸Ca" in left.get_title()
