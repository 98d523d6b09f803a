"""Figures of the second part show what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from publish.show import draw_exact


@pytest.fixture(autouse=True)
def _no_figures_left():
    yield
    plt.close("all")


def test_panels_have_the_curves_of_their_networks():
    curve = pd.DataFrame({"rms": [1.0, 2.0], "bootstrap_error": [0.1, 0.1], "nuclei": [5, 5]}, index=[0, 2])
    panels = {"(a)": {"NN3-I6D": curve, "on-shell": curve}, "(b)": {"PC-PK1": curve}}
    axes = draw_exact.beside_figure(panels).axes
    assert [ax.get_title() for ax in axes] == ["(a)", "(b)"]
    names = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in axes]
    assert names == [["NN3-I6ℰ", "identity, no network"], ["PC-PK1"]]


def test_errors_at_the_wall_in_keV():
    table = pd.DataFrame({"without_MeV": [-2.0], "density_MeV": [0.1], "whole_MeV": [1e-5]}, index=[82])
    [ax] = draw_exact.wall_figure(table, 50, 15.0).axes
    assert [line.get_ydata()[0] for line in ax.lines] == pytest.approx([2000, 100, 0.01])
    assert "Sn" in ax.get_title()


def test_scaled_energies_start_where_the_scale_is_one():
    scale = np.linspace(0.9, 1.1, 5)
    table = pd.DataFrame({"energy_MeV": 7 + (scale - 1) ** 2, "formula_MeV": 7 + scale - 1}, index=scale)
    [ax] = draw_exact.scaling_figure(table).axes
    assert [line.get_ydata()[2] for line in ax.lines[:2]] == [0, 0]
    assert ax.lines[1].get_ydata()[-1] == pytest.approx(0.1)


def test_members_beside_what_is_wanted():
    kinds = {
        "member 0": [5.0, -5.0],
        "member 1": [4.0, 4.0],
        "wanted": [0.0, 0.0],
        "potential": [-400.0, -300.0],
        "formula": [9.0, 9.0],
    }
    table = pd.concat({name: pd.DataFrame(kinds, index=[0.0, 1.0]) for name in ("scalar", "neutron", "proton")}, axis=1)
    axes = draw_exact.stationarity_figure(table).axes
    assert len(axes) == 3
    drawn = [line.get_ydata().tolist() for line in axes[1].lines if len(line.get_ydata())]
    assert drawn == list(map(list, kinds.values()))


def test_falls_are_a_line_for_each_member():
    [ax] = draw_exact.fall_figure(
        pd.DataFrame({"member 0": [1.0, 9.0], "member 1": [2.0, 7.0]}, index=[0.001, 0.01])
    ).axes
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[1, 9], [2, 7]]
    assert ax.lines[2].get_ydata().tolist() == pytest.approx([0.08, 8])
    assert ax.get_xscale() == ax.get_yscale() == "log"


def test_the_ladder_has_a_line_for_each_row_and_the_first_on_top():
    table = pd.DataFrame(
        {"known": [0.5, 0.05], "d = 22–30": [8.0, 0.2], "single": [30.0, 0.3]}, index=["NN3-I6D", "LF-fields"]
    )
    [ax] = draw_exact.ladder_figure(table).axes
    assert [line.get_xdata().tolist() for line in ax.lines] == [[0.5, 0.05], [8, 0.2], [30, 0.3]]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["NN3-I6ℰ", "the chosen perceptron"]
    assert ax.lines[0].get_ydata()[0] > ax.lines[0].get_ydata()[1]


def test_multipliers_beside_the_levels():
    table = pd.DataFrame(
        {"member 0": [-30.0, -9.0], "member 5": [-31.0, -8.0], "levels": [-30.5, -8.5]}, index=[0.0, 8.0]
    )
    [ax] = draw_exact.multiplier_figure(table, "²⁰⁸Pb").axes
    drawn = [line.get_ydata() for line in ax.lines if len(line.get_ydata())]
    assert [values.tolist() for values in drawn] == [[-30, -9], [-31, -8], [-30.5, -8.5]]
    assert ax.get_title() == "²⁰⁸Pb"
