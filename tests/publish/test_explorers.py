"""Explorers of a nucleus, the chart and the ensembles: what the page carries, and which form stands where."""

import json
import re

import ipywidgets as widgets
import numpy as np
import pytest

from claims.words import minus
from lib.rmf.chart import load_chart
from lib.rmf.solver import solve
from lib.store import select
from publish.show.embedded import FOLDER, embed
from publish.show.explorers import chart_explorer, density_explorer, nucleus_explorer


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
    assert len(data["nuclei"]) == chart.sizes["nucleus"]
    [tin] = [nucleus for nucleus in data["nuclei"] if (nucleus["Z"], nucleus["N"]) == (50, 82)]
    row = select(chart, 50, 82)
    assert tin["E"] == pytest.approx(float(row.energy), abs=0.01)
    assert tin["F"] == pytest.approx(float(select(other, 50, 82).energy), abs=0.01)
    assert tin["B"] == 1102.84
    assert data["box"] == "15"
    for q, below, above in (("n", "1h11/2", "2f7/2"), ("p", "1g9/2", "1g7/2")):
        held = [(e, name) for p, name, e, v2 in tin["l"] if p == q and v2 == 1]
        empty = [(e, name) for p, name, e, v2 in tin["l"] if p == q and v2 == 0]
        assert max(held)[1] == below
        assert min(empty)[1] == above
        assert min(empty)[0] - max(held)[0] > 5, "the magic gap is there to be seen"
    assert np.array(tin["n"]) / 1e4 == pytest.approx(row.neutron_density.values[:121:3], abs=1e-4)


def test_networks_without_a_density_are_refused():
    with pytest.raises(ValueError, match="NN1-I4E gives energies only"):
        density_explorer(["NN1-I4E"], [(50, 82)])


def test_outside_of_the_build_they_are_widgets():
    chart, other = load_chart("PC-PK1"), load_chart("PC-F1")
    for explorer in (
        nucleus_explorer([(8, 8)]),
        chart_explorer(chart, other, {(50, 82): 1102.84}),
        density_explorer(["NN3-I6D"], [(32, 46)]),
    ):
        assert isinstance(explorer, widgets.VBox)
