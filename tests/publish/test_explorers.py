"""Explorers of a nucleus, the chart and the ensembles: what the page carries, and which form stands where."""

import json
import re

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from claims.words import ELEMENTS, minus
from lib.learning.known_region import element
from lib.mass_table import COLUMNS, mass_table
from lib.rmf.chart import load_chart
from lib.rmf.solver import solve
from lib.store import select
from publish.show.embedded import FOLDER, embed
from publish.show.explorers import chart_explorer, density_explorer, mass_explorer, nucleus_explorer
from publish.show.style import BINDING


def carried(html):
    """The data inside a page."""
    [text] = re.findall(r"const data = (\{.*\});", html.data)
    return json.loads(text)


# in the page


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*_explorer.html")))
def test_every_explorer_has_one_frame_and_names_for_readers(name):
    html = embed(name, {"label": "</script>"}).data
    assert html.count("<script>") == html.count("</script>") == html.count("const data = {") == 1
    assert not re.search(r"/\*(NAME|MARKUP|SCRIPT|DATA|LOOK)\*/", html)
    assert not re.search(r"https?://|import ", html), "it needs no network"
    drawings = re.findall(r"<(?:svg|img|canvas)[^>]*>", html)
    assert drawings
    assert all(re.search(r'data-name="[^"]{20,}"', drawing) for drawing in drawings)
    assert all(re.search(r'role="|alt=""', drawing) for drawing in drawings)
    assert 'role="status" aria-live="polite"' in html
    inputs = re.findall(r"<(?:input|select)[^>]*>", html)
    assert len(re.findall(r"<label>[^<]*<(?:input|select)|<label><input", html)) == len(inputs), "each has its label"


def test_numbers_that_a_browser_cannot_read_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        embed("chart_explorer", {"E": float("nan")})


def test_the_page_of_a_nucleus_carries_its_curves_levels_and_words(monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    data = carried(nucleus_explorer([(8, 8), (20, 28)]))
    assert data["nuclei"] == ["16O (Z=8, N=8)", "48Ca (Z=20, N=28)"]
    assert data["functionals"] == ["PC-PK1", "PC-F1"]
    shown, solved = data["solved"][1][1][0], solve(20, 28, "PC-F1").isel(r=slice(121))
    assert minus(f"total energy {float(solved.total_energy):.2f} MeV") in shown["text"]
    assert len({case["text"] for nucleus in data["solved"] for row in nucleus for case in row}) == 8
    assert shown["neutrons"] == pytest.approx(solved.neutron_density.values, abs=1e-4)
    assert np.add(shown["neutrons"], shown["protons"]) == pytest.approx(solved.vector_density.values, abs=2e-4)
    assert shown["scalar"] == pytest.approx(solved.scalar_density.values, abs=1e-4)
    well = solved.proton_vector_potential + solved.scalar_potential
    assert shown["wells"][1] == pytest.approx(well.values, abs=0.1)
    total = solved.r.values**2 * solved.energy_density.values
    assert np.sum(shown["parts"], axis=0) == pytest.approx(total, abs=0.02)
    held = {name for q, name, _, v2 in shown["levels"] if q == "n" and v2 > 0.5}
    empty = {name for q, name, _, v2 in shown["levels"] if q == "n" and v2 == 0}
    assert "1f7/2" in held
    assert {"2p3/2", "2p1/2", "1f5/2"} <= empty, "the gap at N = 28 has an upper edge"
    energies = [e for _, _, e, _ in shown["levels"]]
    assert energies == sorted(energies), "the drawing keeps the order of the energies that are not rounded"


def test_the_chart_carries_every_bound_nucleus(monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    chart, other = load_chart("PC-PK1"), load_chart("PC-F1")
    data = carried(chart_explorer(chart, other, {(50, 82): 1102.84}))
    norm, colours = BINDING["norm"], plt.get_cmap(BINDING["cmap"])
    assert data["shades"]["ends"] == [norm.vmin, norm.vmax], "the colours of the figure of the chart"
    assert (data["shades"]["colours"][0], data["shades"]["colours"][-1]) == (to_hex(colours(0.0)), to_hex(colours(1.0)))
    assert len(data["nuclei"]) == chart.sizes["nucleus"]
    [tin] = [nucleus for nucleus in data["nuclei"] if (nucleus["Z"], nucleus["N"]) == (50, 82)]
    row = select(chart, 50, 82)
    assert tin["E"] == pytest.approx(float(row.energy), abs=0.01)
    assert tin["F"] == pytest.approx(float(select(other, 50, 82).energy), abs=0.01)
    assert tin["B"] == 1102.84
    assert data["box"] == "", "there is no wall"
    walled = chart.assign_attrs(wall=1, box_fm=15.0)
    assert carried(chart_explorer(walled, other, {}))["box"] == ", in a box of 15 fm"
    for q, below, above in (("n", "1h11/2", "2f7/2"), ("p", "1g9/2", "1g7/2")):
        held = [(e, name) for name, e, v2 in tin["l"][q] if v2 == 1]
        empty = [(e, name) for name, e, v2 in tin["l"][q] if v2 == 0]
        assert max(held)[1] == below
        assert min(empty)[1] == above
        assert min(empty)[0] - max(held)[0] > 5, "the magic gap is there to be seen"
    carried_far = np.zeros(data["points"])
    carried_far[: len(tin["n"])] = tin["n"]
    assert carried_far / 1e4 == pytest.approx(row.neutron_density.values[:121:3], abs=1e-4)
    assert tin["n"][-1] > 0


def test_the_search_carries_every_nucleus_and_every_computed_quantity(monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    chart = load_chart("PC-PK1", pairing=True)
    chart = chart.assign(energy_uncertainty=("nucleus", np.full(chart.sizes["nucleus"], 1.234e-4)))
    other = load_chart("PC-F1", pairing=True).drop_vars("energy_uncertainty", errors="ignore")
    tables = [mass_table(chart=chart), mass_table(chart=other)]
    data = carried(mass_explorer(tables, (50, 82)))
    places = list(zip(data["Z"], data["N"], strict=True))
    own = [set(zip(table.Z.values.tolist(), table.N.values.tolist(), strict=True)) for table in tables]
    assert places == sorted(own[0] | own[1])
    i = places.index((50, 82))
    for table, there in zip(tables, data["tables"], strict=True):
        row = select(table.assign_attrs(functional=""), 50, 82)
        assert there["functional"] == table.functional
        assert there["pairing"] is True
        for name, values in there["values"].items():
            wanted = float(row[name])
            assert values[i] == (None if np.isnan(wanted) else pytest.approx(wanted, rel=5e-2 if name.endswith("_uncertainty") else 1e-3)), name  # fmt: skip
    alone = places.index(next(iter(own[0] - own[1])))
    assert all(values[alone] is None for values in data["tables"][1]["values"].values())
    shown = [row["name"] for row in data["rows"]]
    computed = {name for name in tables[0].variables if COLUMNS[name].source in ("solver", "table", "AME2020, solver")}
    assert set(shown) == computed | {"measured_mass_excess_uncertainty"}
    assert "energy_uncertainty" in data["tables"][0]["values"]
    assert "energy_uncertainty" not in data["tables"][1]["values"]
    assert all(row["label"] and row["unit"] in ("MeV", "fm", "") for row in data["rows"])
    tin = select(tables[0], 50, 82)
    assert data["measured"]["total_energy"][i] == pytest.approx(-float(tin.measured_binding_energy), abs=1e-3)
    assert data["measured"]["total_two_neutron_separation_energy"][i] == pytest.approx(
        float(tin.measured_two_neutron_separation_energy), abs=1e-3
    )
    assert (data["deformed"][i], data["distance"][i]) == (0, 0)
    assert data["names"]["50"] == "tin"


def test_a_search_in_nothing_and_a_first_nucleus_that_is_not_there_are_refused(monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    with pytest.raises(ValueError, match="at least one mass table"):
        mass_explorer([], (50, 82))
    with pytest.raises(ValueError, match="Z = 8, N = 100 is in none"):
        mass_explorer([mass_table("PC-PK1", pairing=True)], (8, 100))


def test_every_element_of_the_window_has_its_name():
    assert list(ELEMENTS) == list(range(8, 101, 2))
    # but for those whose symbols are Latin a name begins as its symbol does
    latin = {"Fe", "Ag", "Sn", "W", "Hg", "Pb"}
    assert all(name[0].upper() == element(Z)[0] for Z, name in ELEMENTS.items() if element(Z) not in latin)


def test_networks_without_a_density_are_refused():
    with pytest.raises(ValueError, match="NN1-I4E gives energies only"):
        density_explorer(["NN1-I4E"], [(50, 82)])


def test_outside_of_the_build_they_are_widgets():
    chart, other = load_chart("PC-PK1"), load_chart("PC-F1")
    for explorer in (
        nucleus_explorer([(8, 8)]),
        chart_explorer(chart, other, {(50, 82): 1102.84}),
        density_explorer(["NN3-I6D"], [(32, 46)]),
        mass_explorer([mass_table("PC-PK1", pairing=True)], (50, 82)),
    ):
        assert isinstance(explorer, widgets.VBox)
