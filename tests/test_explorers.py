"""Explorers of a nucleus, the chart and the ensembles: what the page carries, and what the live widgets compute."""

import base64
import json
import re
from dataclasses import replace

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from lib.chapter import BOOK
from lib.chart import load_chart, select
from lib.embedded import FOLDER, embed
from lib.explorers import (
    COUPLINGS,
    LiveNucleus,
    chart_explorer,
    density_explorer,
    nucleus_explorer,
    nucleus_text,
)
from lib.functionals import PC_F1, PC_PK1, Functional
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


def test_the_chart_carries_every_bound_nucleus():
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


# live


def shown(live) -> tuple[str, int]:
    """What stands under the controls: words, and whether there is a picture."""
    picture = live.picture.value
    if picture:
        [alt, png] = re.fullmatch(r'<img alt="([^"]+)" src="data:image/png;base64,([^"]+)">', picture).groups()
        assert alt == live.words.value
        assert base64.b64decode(png).startswith(b"\x89PNG")
    return live.words.value, int(bool(picture))


@pytest.fixture
def live():
    return LiveNucleus((8, 8))


def test_live_numbers_are_those_of_the_solver(live):
    assert shown(live) == (nucleus_text(solve(8, 8)), 1)
    live.N.value = 10
    assert shown(live) == (nucleus_text(solve(8, 10)), 1)
    live.functional.value = "PC-F1"
    assert shown(live) == (nucleus_text(solve(8, 10, "PC-F1")), 1)
    live.pairing.value = True
    assert shown(live) == (nucleus_text(solve(8, 10, "PC-F1", pairing=True)), 1)


def test_there_is_a_slider_for_each_coupling_of_the_mean_field(live):
    greek = ("alpha", "beta", "gamma", "delta")
    assert list(live.couplings) == [name for name in Functional.__dataclass_fields__ if name.split("_")[0] in greek]
    assert tuple(live.couplings) == COUPLINGS
    for name, slider in live.couplings.items():
        slider.value = 1.0
        assert getattr(live.chosen(), name) == pytest.approx(1.01 * getattr(PC_PK1, name))


def test_sliders_change_the_functional_and_the_reset_brings_it_back(live):
    live.couplings["alpha_S"].value = 2.0
    live.couplings["delta_V"].value = -5.0
    changed = replace(PC_PK1, name="PC-PK1 changed", alpha_S=1.02 * PC_PK1.alpha_S, delta_V=0.95 * PC_PK1.delta_V)
    assert live.chosen() == changed
    assert shown(live) == (nucleus_text(solve(8, 8, changed)), 1)
    live.functional.value = "PC-F1"
    assert live.chosen().alpha_S == 1.02 * PC_F1.alpha_S
    live.reset.click()
    assert live.chosen() is PC_F1
    assert shown(live) == (nucleus_text(solve(8, 8, "PC-F1")), 1)


def test_wishes_that_cannot_be_met_are_said_in_one_line(live):
    for change, word in (
        (lambda: setattr(live.Z, "value", 9), "Z = 9 is odd"),
        (lambda: (setattr(live.Z, "value", 8), setattr(live.N, "value", 40)), "Z = 8, N = 40 is not bound by PC-PK1"),
        (
            lambda: (setattr(live.Z, "value", 20), live.couplings["alpha_S"].set_trait("value", -10.0)),
            "Z = 20, N = 40 is not bound by PC-PK1 changed",
        ),
    ):
        change()
        text, pictures = shown(live)
        assert pictures == 0
        assert word in text
        assert "\n" not in text.strip()
    live.reset.click()
    assert shown(live) == (nucleus_text(solve(20, 40)), 1)


@pytest.mark.slow
def test_the_widget_runs_in_a_notebook():
    """A real kernel, a real Output widget: another nucleus, a changed coupling, a nucleus that is not bound."""
    cells = [
        "from lib.explorers import LiveNucleus\nlive = LiveNucleus((8, 8))\nseen = []\nlive.view",
        "live.N.value = 10\nseen.append((live.words.value, len(live.picture.value) > 10000))",
        "live.couplings['alpha_S'].value = 1.0\nseen.append((live.words.value, len(live.picture.value) > 10000))",
        "live.N.value = 60\nseen.append((live.words.value, len(live.picture.value) > 10000))",
        "import json\nprint(json.dumps(seen))",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": BOOK}}).execute()
    [output] = notebook.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    seen = json.loads(notebook.cells[-1].outputs[0].text)
    changed = replace(PC_PK1, name="PC-PK1 changed", alpha_S=1.01 * PC_PK1.alpha_S)
    assert seen[:2] == [[nucleus_text(solve(8, 10)), True], [nucleus_text(solve(8, 10, changed)), True]]
    assert "Z = 8, N = 60 is not bound" in seen[2][0]
    assert not seen[2][1]
