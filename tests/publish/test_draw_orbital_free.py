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
