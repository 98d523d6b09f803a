"""Explorers in Jupyter: their numbers are those of the library, every control changes them, wrong wishes get a line."""

import base64
import html
import json
import re
from dataclasses import replace

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from claims.evidence import Evidence
from claims.profiles import profiles
from claims.uncertainty import Estimate, Redrawn, curve_table
from claims.words import minus
from lib.learning.ensemble import load_ensemble
from lib.learning.errors import Errors, rms
from lib.learning.known_region import measured_masses
from lib.learning.table_one import CORRECTING, DENSITY, DIRECT
from lib.mass_table import mass_table
from lib.rmf.chart import load_chart
from lib.rmf.functionals import DD_PC1, PC_F1, PC_PK1, PointCoupling
from lib.rmf.solver import solve
from lib.store import select
from publish.manuscript import BOOK
from publish.show.figures import nucleus_text
from publish.show.widgets import (
    OUT_OF_SAMPLE,
    QUANTITIES,
    STILL,
    LiveChart,
    LiveDensities,
    LiveDistanceCurves,
    LiveMasses,
    LiveNucleus,
    LiveProfiles,
    subscripted,
)


def shown(live) -> tuple[str, int]:
    """What stands under the controls: words, and whether there is a picture."""
    picture = live.picture.value
    if picture:
        [alt, png] = re.fullmatch(
            r'<img style="max-width: 100%" alt="([^"]+)" src="data:image/png;base64,([^"]+)">', picture
        ).groups()
        assert STILL in live.words.value or subscripted(alt) == live.words.value
        assert base64.b64decode(png).startswith(b"\x89PNG")
    assert not plt.get_fignums(), "every figure is closed"
    return html.unescape(live.words.value).replace("E<sub>CDFT</sub>", "E_CDFT"), int(bool(picture))


def refused(live) -> str:
    """The line that says why a wish cannot be met; the last picture stays, and the line says so."""
    text, pictures = shown(live)
    assert pictures == 1
    assert "\n" not in text.strip()
    assert text.endswith(f". {STILL}")
    return text.removesuffix(f". {STILL}")


# one nucleus


@pytest.fixture
def nucleus():
    return LiveNucleus((8, 8))


def test_live_numbers_are_those_of_the_solver(nucleus):
    assert shown(nucleus) == (nucleus_text(solve(8, 8)), 1)
    nucleus.N.value = 10
    assert shown(nucleus) == (nucleus_text(solve(8, 10)), 1)
    nucleus.functional.value = "PC-F1"
    assert shown(nucleus) == (nucleus_text(solve(8, 10, "PC-F1")), 1)
    nucleus.pairing.value = True
    assert shown(nucleus) == (nucleus_text(solve(8, 10, "PC-F1", pairing=True)), 1)


def test_there_is_a_slider_for_each_coupling_of_the_mean_field(nucleus):
    greek = ("alpha", "beta", "gamma", "delta")
    assert list(nucleus.changeable()) == [
        name for name in PointCoupling.__dataclass_fields__ if name.split("_")[0] in greek
    ]
    for name, slider in nucleus.changeable().items():
        slider.value = 1.0
        assert getattr(nucleus.chosen(), name) == pytest.approx(1.01 * getattr(PC_PK1, name))


def test_names_are_written_as_on_the_page(nucleus):
    """As in the chapter on the functional, and nothing else is touched."""
    written = [re.sub("<.*?>", "", slider.description) for slider in nucleus.couplings.values()]
    assert written[:3] == ["αS", "βS", "γS"]
    assert {"δTV", "aS"} <= {*written}
    assert all("sub" in slider.description for slider in nucleus.couplings.values())
    assert "E<sub>CDFT</sub> = " in nucleus.words.value
    assert subscripted("NN3_I6D of data_set, x_s") == "NN3_I6D of data_set, x_s"


def visible(live):
    return [name for name, slider in live.couplings.items() if slider.layout.display != "none"]


def test_sliders_are_those_of_the_functional_that_is_chosen(nucleus):
    """DD-PC1 has ten parameters, which are its couplings that are not zero; what it has not cannot be changed."""
    assert visible(nucleus) == list(PointCoupling.couplings)
    nucleus.couplings["alpha_S"].value = 2.0
    nucleus.functional.value = "DD-PC1"
    ten = ["delta_S", "a_S", "b_S", "c_S", "d_S", "a_V", "b_V", "d_V", "b_TV", "d_TV"]
    assert visible(nucleus) == ten
    assert all(getattr(DD_PC1, name) for name in ten)
    assert nucleus.chosen() is DD_PC1
    nucleus.couplings["d_V"].value = 1.0
    changed = replace(DD_PC1, name="DD-PC1 changed", d_V=1.01 * DD_PC1.d_V)
    assert nucleus.chosen() == changed
    assert shown(nucleus) == (nucleus_text(solve(8, 8, changed)), 1)


def test_sliders_change_the_functional_and_the_reset_brings_it_back(nucleus):
    nucleus.couplings["alpha_S"].value = 2.0
    nucleus.couplings["delta_V"].value = -5.0
    changed = replace(PC_PK1, name="PC-PK1 changed", alpha_S=1.02 * PC_PK1.alpha_S, delta_V=0.95 * PC_PK1.delta_V)
    assert nucleus.chosen() == changed
    assert shown(nucleus) == (nucleus_text(solve(8, 8, changed)), 1)
    nucleus.functional.value = "PC-F1"
    assert nucleus.chosen().alpha_S == 1.02 * PC_F1.alpha_S
    nucleus.reset.click()
    assert nucleus.chosen() is PC_F1
    assert shown(nucleus) == (nucleus_text(solve(8, 8, "PC-F1")), 1)


def test_wishes_that_cannot_be_met_are_said_in_one_line(nucleus):
    before = nucleus.picture.value
    nucleus.N.value = 9
    assert "N = 9 is odd" in refused(nucleus)
    assert nucleus.picture.value == before
    nucleus.N.value = 8
    for change, word in (
        (lambda: setattr(nucleus.Z, "value", 9), "Z = 9 is odd"),
        (
            lambda: (setattr(nucleus.Z, "value", 8), setattr(nucleus.N, "value", 40)),
            "Z = 8, N = 40 is not bound by PC-PK1",
        ),
        (
            lambda: (setattr(nucleus.Z, "value", 20), nucleus.couplings["alpha_S"].set_trait("value", -10.0)),
            "Z = 20, N = 40 is not bound by PC-PK1 changed",
        ),
    ):
        change()
        assert word in refused(nucleus)
    nucleus.reset.click()
    assert shown(nucleus) == (nucleus_text(solve(20, 40)), 1)


# the chart

MEASURED = {
    (int(row.Z), int(row.N)): float(row.binding_energy) for row in measured_masses().itertuples() if row.Z in (20, 50)
}


@pytest.fixture
def chart():
    return LiveChart(load_chart("PC-PK1"), load_chart("PC-F1"), MEASURED, first=(20, 28))


def test_a_nucleus_of_the_chart_is_solved_and_compared_with_its_mass(chart):
    found, measured = solve(20, 28), -MEASURED[20, 28]
    text, pictures = shown(chart)
    assert pictures == 1
    assert text.startswith(nucleus_text(found))
    assert minus(f"{measured:.2f} MeV; total − measured energy: {found.total_energy - measured:+.2f} MeV") in text
    own = select(load_chart("PC-PK1"), 20, 28)
    assert f"binding energy per nucleon (MeV): {-float(own.energy) / 48:.3f}." in text


def test_each_control_of_the_chart_changes_what_is_shown(chart):
    chart.N.value = 30
    assert shown(chart)[0].startswith(nucleus_text(solve(20, 30)))
    chart.Z.value = 22
    assert shown(chart)[0].startswith(nucleus_text(solve(22, 30)))
    assert "Mass not measured; distance d = 0" in shown(chart)[0], "it is not among the masses given"
    chart.functional.value = "PC-F1"
    assert shown(chart)[0].startswith(nucleus_text(solve(22, 30, "PC-F1")))
    chart.pairing.value = True
    assert shown(chart)[0].startswith(nucleus_text(solve(22, 30, "PC-F1", pairing=True)))
    paired = select(load_chart("PC-F1", pairing=True), 22, 30)
    assert f"per nucleon (MeV): {-float(paired.energy) / 52:.3f}." in shown(chart)[0]


def test_quantities_are_those_of_the_charts(chart):
    own, other = load_chart("PC-PK1"), load_chart("PC-F1")
    here, there = select(own, 50, 82), select(other, 50, 82)
    expected = (
        -here.energy / 132, there.energy - here.energy, here.total_energy + MEASURED[50, 82],
        here.two_neutron_separation_energy, here.two_proton_separation_energy,
        here.charge_radius, here.neutron_radius - here.proton_radius,
    )  # fmt: skip
    pictures = set()
    for quantity, value in zip(QUANTITIES, expected, strict=True):
        chart.quantity.value = quantity
        assert chart.coloured()[50, 82] == pytest.approx(float(value))
        assert np.isfinite(chart.coloured()).all()
        pictures.add(chart.picture.value)
    assert len(pictures) == len(QUANTITIES)
    chart.functional.value = "PC-F1"
    chart.quantity.value = list(QUANTITIES)[1]
    assert chart.coloured()[50, 82] == pytest.approx(float(here.energy - there.energy))
    assert "E_CDFT of PC-PK1 − PC-F1 (MeV)" in shown(chart)[0]


def test_a_nucleus_beyond_the_chart_is_solved_too(chart):
    chart.Z.value, chart.N.value = 114, 184
    text, pictures = shown(chart)
    assert text.startswith(nucleus_text(solve(114, 184)))
    assert text.endswith("not on the map.")
    assert pictures == 1


def test_odd_and_unbound_nuclei_are_refused_beside_the_chart(chart):
    chart.N.value = 29
    assert "N = 29 is odd" in refused(chart)
    chart.N.value = 90
    assert "Z = 20, N = 90 is not bound by PC-PK1" in refused(chart)
    chart.N.value, chart.Z.value = 28, 100
    assert "is not bound by PC-PK1" in refused(chart)
    chart.Z.value = 20
    chart.N.value = 28
    assert shown(chart)[1] == 1


# densities of an ensemble


def test_masses_of_any_nucleus_of_the_tables():
    tables = [mass_table(name, pairing=True) for name in ("PC-PK1", "PC-F1")]
    live = LiveMasses(tables, (50, 82))
    text, pictures = shown(live)
    assert pictures == 1
    assert text.startswith("132Sn (Z=50, N=82); PC-PK1 with pairing: E_CDFT ")
    for table in tables:
        row = select(table, 50, 82)
        assert f"{table.functional} with pairing: " in text
        assert f"total energy {minus(f'{float(row.total_energy):.7g}')} MeV" in text
        assert f"charge radius {float(row.charge_radius):.7g} fm" in text
    assert text.count("measured mass excess, of") == 0
    assert text.count("measured S_2n") == 1, "what is measured is said once"
    live.N.value = 84
    assert shown(live)[0].startswith("134Sn (Z=50, N=84)")
    live.Z.value = 9
    assert "Z = 9, N = 84 is in none of the 2 mass tables" in refused(live)


def test_densities_of_any_nucleus():
    live = LiveDensities(["NN3-I6D", "NN2-I6D"], (32, 46))
    for change in (
        lambda: None,
        lambda: live.N.set_trait("value", 50),
        lambda: live.network.set_trait("value", "NN2-I6D"),
    ):
        change()
        errors = Errors(load_ensemble(live.network.value))
        [i] = np.flatnonzero((errors.Z == 32) & (errors.N == live.N.value))
        text, pictures = shown(live)
        assert pictures == 1
        said = re.search(r"prediction − target ([+−][\d.]+) MeV", text)[1]
        assert float(said.replace("−", "-")) == pytest.approx(errors.error[i], abs=2e-3)
    live.Z.value, live.N.value = 8, 100
    assert "Z = 8, N = 100 is not among" in refused(live)


# Figs. 1 and 3


@pytest.fixture(scope="module")
def evidence():
    return Evidence.load(networks=("NN1-I4E", "NN3-I6D", CORRECTING[0], "NN3-I6dD"))


def value(text: str, label: str) -> str:
    """What is said of a network at the chosen distance, without the number of nuclei."""
    return re.search(rf"{label} ([^;(]+) MeV \(", text)[1]


def of(curve, d) -> str:
    return str(Estimate(curve.rms[d], curve.bootstrap_error[d]))


def test_curves_are_those_of_the_evidence(evidence):
    live = LiveDistanceCurves(evidence, ["NN1-I4E", "NN3-I6D"], first=10)
    text, pictures = shown(live)
    assert pictures == 1
    for id, label in (("NN1-I4E", "NN1-I4E"), ("NN3-I6D", "NN3-I6ℰ")):
        assert live.curve(id).equals(evidence.curve(id))
        assert value(text, label) == of(evidence.curve(id), 10)
    assert list(live.networks) == [id for id in DIRECT if id in evidence.ensembles]


def test_the_correction_stands_beside_the_bare_functional(evidence):
    live = LiveDistanceCurves(evidence, ["PC-PK1", "NN3-I6dD"])
    assert live.networks.chosen == ["PC-PK1", "NN3-I6dD"]
    assert list(live.networks) == ["PC-PK1", CORRECTING[0], "NN3-I6dD"]
    assert live.curve("PC-PK1").equals(evidence.curve("PC-PK1"))
    assert value(shown(live)[0], "PC-PK1") == of(evidence.curve("PC-PK1"), 10)
    before = live.curve("PC-PK1")
    live.members.value = 3
    assert live.curve("PC-PK1").equals(before), "no network is in it"


def test_each_control_of_the_curves_changes_them(evidence):
    live = LiveDistanceCurves(evidence, ["NN3-I6D"])
    few = Errors(evidence.ensembles["NN3-I6D"].isel(member=slice(0, 4)))

    live.members.value = 4
    expected = curve_table(Redrawn(few).rms_by(few.d, minimum_nuclei=5), few.d)
    assert live.curve("NN3-I6D").equals(expected)
    assert value(shown(live)[0], "NN3-I6ℰ") == of(expected, 10)

    live.sample.value = OUT_OF_SAMPLE
    there = np.isfinite(few.held_out)
    assert not there.all(), "the four share a split"
    expected = curve_table(Redrawn(few, "held_out").rms_by(few.d, there, 5), few.d[there])
    assert live.curve("NN3-I6D").equals(expected)
    assert expected.rms[2] == pytest.approx(rms(few.held_out[few.d == 2]))

    live.minimum.value = 40
    assert live.curve("NN3-I6D").nuclei.min() >= 40
    live.distance.value = int(few.d.max())
    assert "NN3-I6ℰ has fewer than 40 nuclei" in shown(live)[0]

    live.distance.value = 2
    before = live.picture.value
    assert value(shown(live)[0], "NN3-I6ℰ") == of(live.curve("NN3-I6D"), 2)
    live.logarithmic.value = False
    assert live.picture.value != before
    live.networks["NN1-I4E"].value = True
    assert value(shown(live)[0], "NN1-I4E") == of(live.curve("NN1-I4E"), 2)


def test_curves_of_no_network_are_refused(evidence):
    live = LiveDistanceCurves(evidence, ["NN3-I6D"])
    live.networks["NN3-I6D"].value = False
    assert refused(live) == "no network is ticked: tick at least one"
    live.networks["NN1-I4E"].value = True
    assert shown(live)[1] == 1


# Fig. 2

BOUNDS = (0.0, 4.0, 8.0, 15.0)


@pytest.fixture
def fig2():
    return LiveProfiles(["NN3-I6D"], (32, 64), BOUNDS)


def said(profile, bounds) -> str:
    return (
        f"{minus(f'{profile.cumulative[-1]:+.2f} MeV, lowest {profile.minimum:+.2f} MeV')}, "
        f"largest subsection {np.abs(profile.subsections(bounds)).max():.2f} MeV"
    )


def test_profiles_are_those_of_the_library(fig2):
    text, pictures = shown(fig2)
    assert pictures == 1
    assert "96Ge (Z=32, N=64), distance d = 10, target PC-PK1 minus mean of 100 members" in text
    assert f"NN3-I6ℰ {said(profiles('NN3-I6D', [(32, 64)])[32, 64], BOUNDS)}." in text
    assert [id for id in DENSITY if id not in fig2.networks] == []


def test_each_control_of_the_profiles_changes_them(fig2):
    ensemble = load_ensemble("NN3-I6D")
    fig2.N.value = 46
    assert said(profiles("NN3-I6D", [(32, 46)], ensemble)[32, 46], BOUNDS) in shown(fig2)[0]
    fig2.Z.value = 34
    assert said(profiles("NN3-I6D", [(34, 46)], ensemble)[34, 46], BOUNDS) in shown(fig2)[0]
    fig2.members.value = 6
    own = profiles("NN3-I6D", [(34, 46)], ensemble.isel(member=slice(0, 6)))[34, 46]
    assert said(own, BOUNDS) in shown(fig2)[0]
    fig2.bounds.value = "0, 3, 5.5, 15"
    assert said(own, (0, 3, 5.5, 15)) in shown(fig2)[0]
    fig2.networks["NN3-I6dD"].value = True
    correction = profiles("NN3-I6dD", [(34, 46)], load_ensemble("NN3-I6dD").isel(member=slice(0, 6)))[34, 46]
    assert f"NN3-I6δℰ {said(correction, (0, 3, 5.5, 15))}" in shown(fig2)[0]
    assert "target PC-PK1 and PC-F1 − PC-PK1" in shown(fig2)[0]


def test_bounds_nuclei_and_networks_that_cannot_be_are_refused(fig2):
    for bounds, words in (
        ("0, four, 15", "bounds = '0, four, 15' are not numbers"),
        ("", "are not numbers"),
        ("0, 8, 4", "do not rise"),
        ("0, nan, 4", "do not rise"),
        ("3", "at least two radii"),
        ("0, 8, 40", "leave the mesh: take 0 to 15 fm"),
    ):
        fig2.bounds.value = bounds
        assert words in refused(fig2)
    fig2.bounds.value = "0, 15"
    assert shown(fig2)[1] == 1
    fig2.N.value = 8
    assert "Z = 32, N = 8 is not among" in refused(fig2)
    fig2.N.value = 46
    fig2.networks["NN3-I6D"].value = False
    assert "no network is ticked" in refused(fig2)


# a real kernel


def in_a_kernel(*cells: str) -> list:
    """Run cells, the first of which ends with ``live.view``; what was ``seen`` by the others."""
    look = "seen.append((live.words.value, len(live.picture.value) > 10000))"
    code = [cells[0], *(f"{cell}\n{look}" for cell in cells[1:]), "import json\nprint(json.dumps(seen))"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": BOOK}}).execute()
    [output] = notebook.cells[0].outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    return json.loads(notebook.cells[-1].outputs[0].text)


@pytest.mark.slow
def test_a_nucleus_in_a_notebook():
    """Another nucleus, a changed coupling, a nucleus that is not bound."""
    seen = in_a_kernel(
        "from publish.show.widgets import LiveNucleus\nlive = LiveNucleus((8, 8))\nseen = []\nlive.view",
        "live.N.value = 10", "live.couplings['alpha_S'].value = 1.0", "live.N.value = 60",
    )  # fmt: skip
    changed = replace(PC_PK1, name="PC-PK1 changed", alpha_S=1.01 * PC_PK1.alpha_S)
    assert seen[:2] == [[nucleus_text(solve(8, 10)), True], [nucleus_text(solve(8, 10, changed)), True]]
    assert "Z = 8, N = 60 is not bound" in seen[2][0]
    assert not seen[2][1]


@pytest.mark.slow
def test_the_chart_in_a_notebook():
    seen = in_a_kernel(
        "from lib.rmf.chart import load_chart\nfrom publish.show.widgets import LiveChart, QUANTITIES\n"
        "live = LiveChart(load_chart('PC-PK1'), load_chart('PC-F1'), {}, (8, 8))\nseen = []\nlive.view",
        "live.N.value = 10", "live.pairing.value = True", "live.quantity.value = 'charge radius (fm)'", "live.N.value = 60",
    )  # fmt: skip
    assert seen[0][0].startswith(nucleus_text(solve(8, 10)))
    assert seen[1][0].startswith(nucleus_text(solve(8, 10, pairing=True)))
    assert "charge radius (fm): " in seen[2][0]
    assert "is not bound" in seen[3][0]
    assert [picture for _, picture in seen] == [True, True, True, False]


@pytest.mark.slow
def test_the_curves_and_densities_in_a_notebook(evidence):
    seen = in_a_kernel(
        "from claims.evidence import Evidence\nfrom publish.show.widgets import LiveDistanceCurves\n"
        "live = LiveDistanceCurves(Evidence.load(networks=('NN3-I6D',)), ['NN3-I6D'])\nseen = []\nlive.view",
        "live.minimum.value = 20", "live.members.value = 2", "live.networks['NN3-I6D'].value = False",
    )  # fmt: skip
    assert value(html.unescape(seen[0][0]), "NN3-I6ℰ") == of(evidence.curve("NN3-I6D"), 10)
    assert "the first 2 of 100" in seen[1][0]
    assert [picture for _, picture in seen] == [True, True, False]
    seen = in_a_kernel(
        "from publish.show.widgets import LiveDensities\nlive = LiveDensities(['NN3-I6D'], (32, 46))\nseen = []\nlive.view",
        "live.N.value = 64", "live.Z.value = 8",
    )  # fmt: skip
    assert "96Ge" in seen[0][0]
    assert [picture for _, picture in seen] == [True, False]


@pytest.mark.slow
def test_the_profiles_in_a_notebook():
    seen = in_a_kernel(
        "from publish.show.widgets import LiveProfiles\nlive = LiveProfiles(['NN3-I6D'], (32, 64), (0, 8, 15))\nseen = []\nlive.view",
        "live.N.value = 46", "live.bounds.value = '0, 5, 15'", "live.bounds.value = '5, 0'",
    )  # fmt: skip
    own = profiles("NN3-I6D", [(32, 46)])[32, 46]
    assert said(own, (0, 8, 15)) in html.unescape(seen[0][0])
    assert said(own, (0, 5, 15)) in html.unescape(seen[1][0])
    assert [picture for _, picture in seen] == [True, True, False]
