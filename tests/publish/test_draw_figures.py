"""Figures of the chapters on the paper's figures, shells, uncertainty and the verdict: what they show of made-up data."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import SymLogNorm, to_hex

from claims.profiles import Profile
from lib.learning.table_one import CORRECTING, DIRECT
from publish.show.draw_figures import (
    correction_figure,
    distance_figure,
    drop_figure,
    near_magic_figure,
    parts_figure,
    profile_figure,
    reliability_figure,
    separation_figure,
)
from publish.show.style import LOOK, use_style


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def names(ax) -> list[str]:
    return ax.get_legend_handles_labels()[1]


def test_predictions_beyond_the_edge_are_counted_and_bare_pc_pk1_is_no_network():
    drops = pd.DataFrame(
        {"target": [4.0, 8.0], "PC-PK1": [5.0, 7.0], "NN1-I4dE": [4.5, 60.0], "NN3-I6dD": [-50.0, 8.0]}
    )
    figure, beyond = drop_figure({"(a)": drops.assign(distance=2), "(b)": drops[["target", "NN1-I4dE"]]})
    assert beyond == 3
    assert [names(ax) for ax in figure.axes] == [["PC-PK1", "NN1-I4δE", "NN3-I6δℰ"], ["NN1-I4δE"]]


def test_one_panel_for_each_chain_with_its_own_magic_number():
    places = pd.MultiIndex.from_product([(28, 46, 50), range(36, 100, 2)], names=["Z", "N"])
    table = pd.DataFrame({"target": 1.0, "PC-PK1": 2.0, "NN1-I4dE": np.arange(len(places), dtype=float)}, index=places)
    figure = separation_figure(table, [[28, 50], [46, 82], [50, 82]], "PC-F1")
    shown = {ax.get_title(loc="left"): ax for ax in figure.axes if ax.axison}
    assert set(shown) == {"Ni ($Z=28$)", "Pd ($Z=46$)", "Sn ($Z=50$)"}
    tin = shown["Sn ($Z=50$)"]
    assert names(tin) == ["PC-F1", "PC-PK1", "NN1-I4δE"]
    assert tin.get_xlim() == (67, 97)
    network = tin.get_lines()[2]
    assert network.get_ydata().tolist() == table.loc[50, "NN1-I4dE"].loc[68:96].tolist()


CURVE = pd.DataFrame({"rms": [1.0, 30.0], "bootstrap_error": [0.1, 9.0]}, index=[0, 40])
MAGIC_CURVE = CURVE.rename(columns=lambda name: f"{name}_MeV")
PARTS = pd.DataFrame({"initialisation_MeV": [1.0, 20.0], "split_MeV": [0.5, 10.0]}, index=[0, 40])
CHAIN = pd.DataFrame(
    {"target": 1.0, "PC-PK1": 2.0} | dict.fromkeys(CORRECTING, 3.0),
    index=pd.MultiIndex.from_product([[28], range(40, 60, 2)], names=["Z", "N"]),
)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: distance_figure(dict.fromkeys(DIRECT, CURVE)),
        lambda: distance_figure({"NN3-I6D": CURVE}),
        lambda: near_magic_figure({"PC-PK1": MAGIC_CURVE, "NN3-I6dD": MAGIC_CURVE}, 0),
        lambda: parts_figure({"NN1-I4E": CURVE, "NN1-I4dE": CURVE}, {"NN1-I4E": PARTS, "NN1-I4dE": PARTS}),
        lambda: separation_figure(CHAIN, [[28, 50]], "PC-F1"),
    ],
)
def test_legends_stand_on_no_data_and_inside_of_the_figure(figure):
    use_style()
    figure = figure()
    figure.canvas.draw()
    legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
    [box] = [legend.get_window_extent() for legend in legends]
    assert not any(box.overlaps(ax.get_window_extent()) for ax in figure.axes)
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_bare_pc_pk1_is_black():
    curve = pd.DataFrame({"rms_MeV": [1.0, 2.0], "bootstrap_error_MeV": [0.1, 0.1]}, index=[-2, 2])
    [ax] = near_magic_figure({"PC-PK1": curve, "NN3-I6dD": curve}, 2).axes
    colours = [to_hex(container[0].get_color()).upper() for container in ax.containers]
    assert colours == ["#000000", LOOK["NN3-I6dD"].colour]


def test_letters_run_along_the_rows_and_a_row_has_one_scale():
    r = np.linspace(0, 15, 151)
    profiles = [Profile(r, size * r * np.exp(-r), np.zeros(len(r))) for size in (1.0, 5.0)]
    figure = profile_figure({(32, 46): {"NN3-I6D": profiles[0]}, (32, 64): {"NN3-I6D": profiles[1]}}, [0, 5, 15], 12)
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert [title[:3] for title in titles] == [f"({letter})" for letter in "abcdefgh"]
    assert titles[1].endswith("$^{96}$Ge")
    limits = [ax.get_ylim() for ax in figure.axes]
    assert limits[0::2] == limits[1::2]


def test_both_charts_have_the_same_colours():
    places = pd.MultiIndex.from_product([(8, 10), (8, 10, 12)], names=["Z", "N"])
    maps = pd.DataFrame({"before": 10.0, "after": 1.0}, index=places)
    curve = pd.DataFrame({"rms": [1.0, 2.0], "bootstrap_error": 0.1}, index=[8, 10])
    curves = {
        (axis, name, region): curve for axis in "NZ" for name in ("PC-PK1", "NN3-I6δℰ") for region in ("all", "known")
    }
    figure = correction_figure(maps, curves, "NN3-I6dD", SymLogNorm(2.0, vmin=-10, vmax=10))
    norms = [ax.collections[0].norm for ax in figure.axes[:2]]
    assert [(norm.linthresh, norm.vmin, norm.vmax) for norm in norms] == [(2.0, -10, 10)] * 2
    assert names(figure.axes[2]) == ["PC-PK1", "PC-PK1, known nuclei", "NN3-I6δℰ", "NN3-I6δℰ, known nuclei"]
    assert len(figure.axes[3].containers) == 4


def test_one_network_asked_for_twice_is_one_panel():
    curve = pd.DataFrame({"rms": [1.0, 2.0]}, index=[0, 2])
    part = pd.DataFrame({"split_MeV": [0.5, np.nan], "initialisation_MeV": [0.8, 1.9]}, index=[0, 2])
    assert len(parts_figure({"NN1-I4E": curve}, {"NN1-I4E": part}).axes) == 1
    kinds, regions = ("as it is", "recalibrated"), ("known, out of sample", "d = 2 to 10", "d ≥ 12")
    shares = pd.DataFrame({"expected": [0.1, 0.9], "observed": [0.2, 0.8], "bootstrap_error": 0.01})
    curves = {("NN1-I4E", region, kind): shares for region in regions for kind in kinds}
    [ax] = reliability_figure(pd.concat(curves, names=["network", "region", "deviation"])).axes
    assert names(ax) == [*(region.replace("d ", "$d$ ") for region in regions), "recalibrated"]
