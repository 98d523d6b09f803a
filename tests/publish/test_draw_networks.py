"""Figures and tables of the chapters about the networks: every row and every curve stands for what it is of."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from lib.learning.table_one import TABLE_I
from publish.show import dictionary, draw_networks
from publish.show.style import LOOK
from studies.search import load_search
from studies.trials import overview


@pytest.fixture(autouse=True)
def _no_figures_left():
    yield
    plt.close("all")


def test_table_one_as_the_paper_has_it():
    table = draw_networks.table_of_networks(TABLE_I)
    assert table.index.tolist() == [spec.label for spec in TABLE_I.values()]
    fields = "ρ<sub>S</sub>, ρ<sub>V</sub>, ρ<sub>TV</sub>"
    assert table.loc["NN1-I4δE"].tolist() == ["Z, N, I, P", "4×1", "δE", "1×1", "L<sub>E</sub>"]
    assert table.loc["NN2-I3ℰ"].tolist() == [fields, "3×151", "ℰ", "1×151", "L<sub>total</sub>"]
    assert table.loc["NN3-I6ℰ"].tolist()[1:] == ["6×1", "ℰ", "1×1", "L<sub>total</sub>"]


@pytest.mark.parametrize("id", ["NN1-I4E", "NN2-I6dD", "NN3-I6D"])
def test_candidates_in_words_have_what_applies_to_the_network(id):
    rows = overview(id)
    table = draw_networks.table_of_candidates(rows)
    assert table.index.tolist() == rows.index.tolist()
    assert table.behind.iloc[0] == "–"
    assert ("directions" in table) == (TABLE_I[id].family == "NN2")
    assert ("w" in table) == ("r²ℰ,<br>val." in table) == (TABLE_I[id].output == "energy_density")


def test_how_far_behind_is_said_in_per_cent():
    rows = pd.DataFrame({
        "behind": [0.0, np.log(1.5), np.log(1.01), np.inf], "error": [0.0, 0.1, 0.02, np.nan],
        "tied": [False, False, True, False], "chosen": [True, False, False, False],
    })  # fmt: skip
    assert draw_networks.behind_in_words(rows) == ["–", "50 ± 15 %", "1 ± 2 % *", "astray"]


def test_the_circle_is_around_the_chosen_candidate():
    rows = load_search().query("network == 'NN3-I6D'")
    circle = draw_networks.draw_candidates(rows).axes[0].collections[-1]
    assert circle.get_offsets().tolist() == rows[rows.chosen][["validation_rms", "outermost_rms"]].to_numpy().tolist()


def test_a_curve_of_each_network_in_its_panel_and_colour():
    curves = pd.DataFrame({spec.label: [1.0, 2.0] for spec in TABLE_I.values()}, index=[0, 2])
    axes = draw_networks.draw_all_distances(curves).axes
    for ax, target in zip(axes, ("E", "dE"), strict=True):
        ids = [id for id, spec in TABLE_I.items() if spec.target == target]
        assert [line.get_label() for line in ax.lines] == [TABLE_I[id].label for id in ids]
        assert [line.get_color() for line in ax.lines] == [LOOK[id].colour for id in ids]


def test_parity_shows_known_nuclei_alone():
    table = pd.DataFrame(
        {
            "known": [True, True, False],
            "learnt": [True, False, False],
            "target_MeV": [1.0, 2.0, 3.0],
            "predicted_MeV": [1.5, 2.0, 9.0],
        }
    )
    above, below = draw_networks.draw_parity(TABLE_I["NN1-I4E"], table).axes
    assert [line.get_ydata().tolist() for line in above.lines] == [[1.5], [2.0], [1.0, 2.0]]
    assert [line.get_ydata().tolist() for line in below.lines[:2]] == [[0.5], [0.0]]


def test_dictionary_of_a_data_set_and_of_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(dictionary, "ROOT", tmp_path)
    monkeypatch.setattr(dictionary, "offer_file", lambda path: f"link to {path.name}")
    energy = xr.Variable(("nucleus",), [1.0], {"units": "MeV", "long_name": "energy"})
    data = xr.Dataset({"energy": energy}, attrs={"license": "CC0", "code_version": "abc", "wall_time_seconds": 3.2})
    assert dictionary.variables(data).loc["energy"].tolist() == ["nucleus", "MeV", "energy"]
    paths = [tmp_path / "a.nc", tmp_path / "b.csv"]
    data.to_netcdf(paths[0], engine="h5netcdf")
    paths[1].write_text("x\n" * 600_000)
    table = dictionary.origins(paths)
    assert table.index.tolist() == ["link to a.nc", "b.csv"]
    assert table.loc["link to a.nc", ["licence", "commit", "wall time (s)"]].tolist() == ["CC0", "abc", "3"]
    assert table.loc["b.csv", ["kB", "commit"]].tolist() == ["1\u202f200", "–"]
    assert dictionary.checksums(paths[1:]).endswith("  b.csv")
