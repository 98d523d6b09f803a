"""Explorers of a nucleus, the chart and the ensembles: what the page carries, and which form stands where."""

import base64
import json
import re

import ipywidgets as widgets
import numpy as np
import pytest

from lib.chart import load_chart, select
from lib.embedded import FOLDER, embed
from lib.explorers import chart_explorer, density_explorer, nucleus_explorer
from lib.rmf import solve


def carried(html):
    """The data inside a page."""
    [text] = re.findall(r"const data = (\{.*\});", html.data)
    return json.loads(text)


# in the page


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*_explorer.html")))
def test_every_explorer_has_one_frame_and_names_for_readers(name):
    html = embed(name, {"label": "</script>"}).data
    assert html.count("<script>") == html.count("</script>") == html.count("const data = {") == 1
    assert not re.search(r"/\*(NAME|MARKUP|SCRIPT|DATA)\*/", html)
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


def test_the_page_of_a_nucleus_carries_pictures_and_their_words(monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    data = carried(nucleus_explorer([(8, 8), (20, 28)]))
    assert data["nuclei"] == ["16O (Z=8, N=8)", "48Ca (Z=20, N=28)"]
    assert data["functionals"] == ["PC-PK1", "PC-F1"]
    shown = data["pictures"][1][1][0]
    assert base64.b64decode(shown["png"]).startswith(b"\x89PNG")
    assert f"total energy {float(solve(20, 28, 'PC-F1').total_energy):.2f} MeV" in shown["text"]
    assert len({picture["text"] for nucleus in data["pictures"] for row in nucleus for picture in row}) == 8


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
