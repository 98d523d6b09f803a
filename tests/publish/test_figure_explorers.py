"""What the explorers of Figs. 1 to 3 carry: the curves and profiles they were given, as JSON that a browser can read."""

import json
import re

import ipywidgets as widgets
import numpy as np
import pandas as pd
import pytest

from claims.evidence import Evidence
from claims.profiles import Profile, profiles
from lib.learning.ensemble import load_ensemble
from lib.rmf.mesh import NETWORK_MESH
from publish.show.embedded import embed
from publish.show.explorers import carried_curves, carried_profiles, profile_explorer, rms_explorer
from publish.show.style import LOOK

R = np.asarray(NETWORK_MESH)


def carried(html):
    """The data inside a page."""
    [text] = re.findall(r"const data = (\{.*\});", html.data)
    return json.loads(text)


def rms_page(curves, **options):
    return embed("rms_explorer", carried_curves(curves, **options))


def profile_page(found, bounds, first=None):
    return embed("fig2_explorer", carried_profiles(found, bounds, first))


def curve(distances, rms, error=0.1):
    frame = pd.DataFrame({"distance": distances, "nuclei": 5, "rms": rms, "bootstrap_error": error})
    return frame.set_index("distance")


def test_curves_arrive_with_their_looks():
    curves = {
        "NN1-I4dE": curve([0, 2], [0.2, 1.25]),
        "PC-PK1": curve([0, 2], [3.0, 4.0]),
        "first-order": curve([0, 2], [1.0, 0.9]),
    }
    data = carried(rms_page(curves, first=2))
    own, bare, beside = data["curves"]
    assert (own["label"], own["colour"], own["dash"]) == ("NN1-I4δE", LOOK["NN1-I4dE"].colour, "7 4")
    assert own["rms"] == [0.2, 1.25]
    assert own["error"] == [0.1, 0.1]
    assert (bare["label"], bare["dash"], bare["ticked"]) == ("PC-PK1", "", True)
    assert (beside["label"], beside["dash"], beside["ticked"]) == ("first order, no network", "2 4", False)
    assert data["distances"] == [0, 2]
    assert data["nuclei"] == [5, 5]
    assert data["first"] == 2


def test_a_distance_that_one_curve_lacks_is_a_gap():
    data = carried(rms_page({"NN1-I4E": curve([0, 2, 4], [1, 2, 3]), "NN3-I6D": curve([0, 4], [1, 3])}))
    assert data["distances"] == [0, 2, 4]
    assert data["curves"][1]["rms"] == [1.0, None, 3.0]


def profile(size):
    target = -10 * R**2 * np.exp(-((R / 3) ** 2))
    return Profile(R, target, target - size * np.sin(R))


def test_profiles_arrive():
    bounds = (0.0, 3.0, 15.0)
    found = {id: {(32, 46): profile(k), (8, 8): profile(2 * k)} for k, id in ((0.1, "NN2-I3D"), (0.2, "NN3-I6D"))}
    data = carried(profile_page(found, bounds, first=(8, 8)))
    assert data["first"] == [8, 8]
    assert data["bounds"] == list(bounds)
    assert data["step"] == pytest.approx(0.1)
    assert [nucleus["label"] for nucleus in data["nuclei"]] == ["78Ge (Z=32, N=46)", "16O (Z=8, N=8)"]
    assert data["nuclei"][0]["d"] == 0
    assert [network["label"] for network in data["networks"]] == ["NN2-I3ℰ", "NN3-I6ℰ"]
    result = data["nuclei"][1]["results"][1]
    assert result["difference"] == pytest.approx(0.4 * np.sin(R), abs=1e-4)
    assert result["cumulative"] == pytest.approx(profile(0.4).cumulative, abs=1e-3)
    assert result["pieces"] == pytest.approx(profile(0.4).subsections(bounds), abs=1e-3)
    assert data["nuclei"][0]["target"] == pytest.approx(profile(0).target, abs=1e-3)


def test_nothing_to_draw_is_said():
    with pytest.raises(ValueError, match="curves is empty"):
        carried_curves({})
    for nothing in ({}, {"NN3-I6D": {}}):
        with pytest.raises(ValueError, match="nothing to explore"):
            carried_profiles(nothing, (0, 15))


def test_networks_must_have_the_same_nuclei():
    found = {"NN2-I3D": {(32, 46): profile(1)}, "NN3-I6D": {(8, 8): profile(1)}}
    with pytest.raises(ValueError, match="different nuclei"):
        carried_profiles(found, (0, 15))


@pytest.fixture(scope="module")
def evidence():
    return Evidence({"NN3-I6D": load_ensemble("NN3-I6D")}, minimum_nuclei=20, bounds=(0.0, 5.0, 15.0))


def test_the_page_carries_what_follows_from_the_ensembles(evidence, monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    assert rms_explorer(evidence, ["NN3-I6D"]).data == rms_page({"NN3-I6D": evidence.curve("NN3-I6D")}).data
    found = {"NN3-I6D": profiles("NN3-I6D", [(32, 46), (8, 8)], evidence.ensembles["NN3-I6D"])}
    shown = profile_explorer(evidence, ["NN3-I6D"], [(32, 46), (8, 8)], first=(8, 8))
    assert shown.data == profile_page(found, (0.0, 5.0, 15.0), (8, 8)).data


def test_outside_of_the_build_they_are_widgets(evidence):
    assert isinstance(rms_explorer(evidence, ["NN3-I6D"]), widgets.VBox)
    assert isinstance(profile_explorer(evidence, ["NN3-I6D"], [(32, 46)]), widgets.VBox)
