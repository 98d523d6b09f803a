"""Tables and figures of the first chapters: the numbers of the solver, colours that mean the same on both sides of zero."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lib.mass_table import as_frame, mass_table
from lib.rmf.catalogue import get_functional
from lib.rmf.solver import solve
from publish.show.draw_nuclei import (
    box_figure,
    couplings_table,
    couplings_tables,
    difference_figure,
    gain_figure,
    minima_figure,
    neighbours_figure,
    nucleus_table,
    residual_figure,
    share_figure,
)


def test_couplings_in_both_units():
    functionals = [get_functional("PC-PK1"), get_functional("PC-F1")]
    table = couplings_table(functionals)
    assert list(table.loc["α<sub>S</sub>", "powers of MeV"]) == ["−3.96291×10⁻⁴", "−3.83577×10⁻⁴", "MeV⁻²"]
    assert float(table.loc["δ<sub>TV</sub>", ("MeV and fm", "PC-F1")].replace("−", "-")) == pytest.approx(
        functionals[1].fm("delta_TV"), abs=0.005
    )
    assert list(table.loc["V<sub>p</sub> (pairing)", "MeV and fm"]) == ["−330.00", "−321.00", "MeV fm³"]
    assert len(table) == 11


def test_each_kind_of_functional_has_a_table_of_its_own():
    """DD-PC1 in fm² and in MeV fm³: -10.0462 times 197.327 MeV fm; exponents are numbers."""
    constant, dependent = couplings_tables([get_functional(name) for name in ("PC-F1", "DD-PC1", "PC-PK1")])
    assert list(constant["MeV and fm"].columns) == ["PC-F1", "PC-PK1", "unit"]
    assert list(dependent.loc["a<sub>S</sub>"]) == ["−10.0462", "fm²", "−1982.39", "MeV fm³"]
    assert list(dependent.loc["d<sub>TV</sub>"]) == ["0.6403", "", "–", ""]
    assert list(dependent.loc["δ<sub>S</sub>"]) == ["−0.8149", "fm⁴", "−160.80", "MeV fm⁵"]
    assert len(dependent) == 15
    [only] = couplings_tables([get_functional("DD-PC1")])
    assert only.equals(dependent)


def test_a_nucleus_in_numbers():
    value = nucleus_table(solve(8, 8)).value
    parts = value["kinetic"] + value["interaction"] + value["electromagnetic"]
    assert parts == pytest.approx(value["E<sub>CDFT</sub> (sum of these)"])
    assert value["neutron skin"] == pytest.approx(
        value["rms radius of the neutrons"] - value["rms radius of the protons"]
    )
    assert value["last neutron level, 1p1/2"] < value["last proton level, 1p1/2"] < 0


@pytest.mark.parametrize(("shown", "limit"), [(1.0, 10.0), (0.5, 2.0)])
def test_zero_is_white_and_the_colours_reach_as_far_either_way(shown, limit):
    places = pd.MultiIndex.from_tuples([(50, 70), (50, 72), (50, 74)], names=["Z", "N"])
    figure = difference_figure(pd.Series([-10.0, 2.0, 1.0], index=places), "E (MeV)", shown)
    [image] = figure.axes[0].collections[:1]
    assert image.get_clim() == (-limit, limit)
    assert image.cmap(image.norm(0.0))[:3] == pytest.approx((0.97, 0.97, 0.97), abs=0.02)
    plt.close(figure)


def test_separation_energies_around_a_nucleus():
    tables = {f"{name} with pairing": as_frame(mass_table(name, pairing=True)) for name in ("PC-PK1", "PC-F1")}
    figure = neighbours_figure(tables, 50, 82)
    first, _, measured, mark = figure.axes[0].lines
    table = tables["PC-PK1 with pairing"].set_index(["Z", "N"])
    x, y = first.get_data()
    assert y[list(x).index(84)] == table.total_two_neutron_separation_energy[50, 84]
    x, y = measured.get_data()
    assert y[list(x).index(82)] == table.measured_two_neutron_separation_energy[50, 82]
    assert set(mark.get_xdata()) == {82}
    x, y = figure.axes[1].lines[0].get_data()
    assert y[list(x).index(52)] == table.total_two_proton_separation_energy[52, 82]
    plt.close(figure)


def test_residuals_and_the_ratios_that_tell_the_shape():
    table = as_frame(mass_table("PC-PK1", pairing=True)).set_index(["Z", "N"])
    figure = residual_figure(table)
    residuals, ratios = (ax.collections[0] for ax in figure.axes[:2])
    assert np.sum(~np.ma.getmaskarray(residuals.get_array())) == table.measured.sum()
    assert np.nanmax(ratios.get_array()) == table.level_ratio.max()
    assert residuals.get_clim()[0] == -residuals.get_clim()[1]
    plt.close(figure)


def places(*pairs):
    return pd.MultiIndex.from_tuples(pairs, names=["Z", "N"])


def test_tangents_of_a_share_have_the_slope_of_the_levels():
    split = np.linspace(0, 2, 5)
    curve = pd.DataFrame({"energy_keV": (split - 1) ** 2, "splitting_keV": 2 * (split - 1)}, index=split)
    figure = share_figure(curve, lambda x: 2 * (x - 1), 1.0, ["3s1/2", "1h11/2"], "PC-PK1")
    pairs = [line.get_xydata() for line in figure.axes[0].lines if len(line.get_xydata()) == 2]
    slopes = [(end - start)[1] / (end - start)[0] for start, end in pairs if end[0] > start[0]]
    assert slopes == pytest.approx([-2, -1, 0, 1, 2])
    assert "1h11/2" in figure.axes[0].get_xlabel()
    assert figure.axes[1].get_ylabel().index("1h11/2") < figure.axes[1].get_ylabel().index("3s1/2")
    plt.close(figure)


def test_errors_of_either_sign_are_drawn_with_and_without_a_wall():
    rows = [
        {"nucleus": "A", "wall": wall, "box_fm": box, "error_keV": error}
        for wall, sign in ((True, 100.0), (False, -1.0))
        for box, error in ((15.0, sign), (20.0, sign / 10))
    ]
    figure = box_figure(pd.DataFrame(rows), {"A": "a nucleus"})
    walled, free = (line.get_ydata().tolist() for line in figure.axes[0].lines[:2])
    assert (walled, free) == ([100.0, 10.0], [1.0, 0.1])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "a nucleus",
        "wall",
        "decaying solution",
    ]
    plt.close(figure)


def test_gains_have_one_scale_on_all_charts():
    tables = {name: pd.DataFrame(index=places((20, 20), (20, 22), (22, 22))) for name in ("PC-PK1", "PC-F1")}
    gains = {"PC-PK1": pd.Series([0.5], index=places((20, 20))), "PC-F1": pd.Series([50.0], index=places((22, 22)))}
    figure = gain_figure(gains, tables)
    for ax in figure.axes[:2]:
        ground, coloured = ax.collections[:2]
        assert np.isfinite(ground.get_array().filled(np.nan)).sum() == 3
        assert coloured.get_clim() == (0.5, 50.0)
    plt.close(figure)


def test_many_minima_are_drawn_as_four():
    table = pd.DataFrame(
        {"minima": [1, 2, 9], "second_MeV": [np.nan, 0.5, 2.0]}, index=places((20, 20), (20, 22), (22, 22))
    )
    figure = minima_figure(table)
    counts = figure.axes[0].collections[0].get_array().compressed()
    assert sorted(counts) == [1, 2, 4]
    second = figure.axes[1].collections[1].get_array().compressed()
    assert sorted(second) == [0.5, 2.0]
    plt.close(figure)
