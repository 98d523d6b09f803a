"""The pages of the figures in a real browser: the explorers answer to mouse and keys, every download is there.

Run by ``make test-pages`` after ``make book``.  The fixtures are those of ``test_pages``.
"""

import re

import pytest

from lib.ensemble import load_ensemble
from lib.networks import TABLE_I
from lib.profiles import profiles
from lib.uncertainty import distance_curve
from lib.verdict import DENSITY, GE96, Evidence

pytestmark = pytest.mark.browser
PAGES = {"fig1": 3, "fig2": 4, "fig3": 3, "fig4": 4, "shell_effects": 10, "uncertainty": 10, "verdict": 2}
"""Pages with downloads, and how many files each offers at least."""


def open_page(page, site, name):
    page.goto(f"{site}/book/{name}.html", wait_until="load")


@pytest.mark.parametrize("name", PAGES)
def test_every_download_is_there(page, site, name):
    open_page(page, site, name)
    links = [link.evaluate("a => a.href") for link in page.locator(".downloads a").all()]
    assert len(links) >= PAGES[name]
    for link in links:
        answer = page.request.get(link)
        assert answer.status == 200, link
        body = answer.body()
        start = {"pdf": b"%PDF", "png": b"\x89PNG"}.get(link.rsplit(".", 1)[1])
        assert body.startswith(start) if start else b"," in body.splitlines()[0], link
    assert page.troubles == []


@pytest.mark.parametrize(("name", "id"), [("fig1", "NN3-I6D"), ("fig3", "NN3-I6dD")])
def test_distance_explorer(page, site, name, id):
    open_page(page, site, name)
    text, slider = page.locator(".re-text"), page.locator(".re-distance")
    evidence = Evidence.load(networks=(id,))
    curve = distance_curve(evidence.error(id), evidence.nuclei(id)[2])
    label = evidence.ensembles[id].label
    slider.focus()
    page.keyboard.press("Home")
    assert f"{label} {curve.rms[0]:.3f} ±" in text.inner_text()
    page.keyboard.press("ArrowRight")
    assert "d = 2," in text.inner_text()
    assert f"{label} {curve.rms[2]:.3f} ±" in text.inner_text()
    # without its network the value is gone, and so is its curve
    curves = page.locator(".rms-explorer .re-curve")
    before = curves.count()
    box = page.locator(f'.re-networks input[value="{label}"]')
    box.focus()
    page.keyboard.press("Space")
    assert f"{label} " not in text.inner_text()
    assert curves.count() == before - 1
    # a click into the drawing moves to the nearest distance
    plot = page.locator(".re-plot")
    plot.scroll_into_view_if_needed()
    area = plot.bounding_box()
    page.mouse.click(area["x"] + 80 * area["width"] / 820, area["y"] + 100)
    assert text.inner_text().startswith("d = 0,")
    drawn = curves.first.get_attribute("d")
    page.locator(".re-log").click()
    assert curves.first.get_attribute("d") != drawn
    assert page.troubles == []


def test_nucleus_explorer_of_fig2(page, site):
    open_page(page, site, "fig2")
    text, nucleus = page.locator(".fe-text"), page.locator(".fe-nucleus")
    assert text.inner_text().startswith("78Ge")
    curve = page.locator(".fe-cumulative").first
    before = curve.get_attribute("d")
    nucleus.select_option(label=next(t for t in nucleus.locator("option").all_inner_texts() if t.startswith("96Ge")))
    assert text.inner_text().startswith("96Ge")
    assert "d = 10" in text.inner_text()
    assert curve.get_attribute("d") != before
    slider = page.locator(".fe-radius")
    slider.focus()
    page.keyboard.press("End")
    assert "r = 15.0 fm" in text.inner_text()
    # the numbers are those of the ensembles
    for id in DENSITY:
        profile = profiles(id, [GE96], load_ensemble(id))[GE96]
        values = f"r²δℰ {profile.difference[-1]:+.3f} MeV/fm, E(r) {profile.cumulative[-1]:+.2f} of"
        words = text.inner_text().replace("−", "-").replace("-0.000", "+0.000")
        assert f"{TABLE_I[id].label}: {values}".replace("-0.000", "+0.000") in words
    # by mouse to the middle of the slider
    area = slider.bounding_box()
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    r = float(re.search(r"at r = ([\d.]+) fm", text.inner_text()).group(1))
    assert 6.5 < r < 8.5
    target = profile.target[round(r / 0.1)]
    assert f"r²ℰ = {target:.2f} MeV/fm" in text.inner_text()
    slider.focus()
    page.keyboard.press("End")
    # at the end of the mesh the integral is the error of the energy
    ends = re.findall(r"E\(r\) ([+−][\d.]+) of ([+−][\d.]+) MeV", text.inner_text())
    assert len(ends) == 4
    assert all(one == other for one, other in ends)
    count = page.locator(".fe-cumulative").count()
    page.locator(".fe-networks input").first.focus()
    page.keyboard.press("Space")
    assert page.locator(".fe-cumulative").count() == count - 1
    assert page.troubles == []


@pytest.mark.parametrize("name", ["fig1", "fig2"])
def test_explorers_are_white_in_the_dark(page, site, name):
    page.emulate_media(color_scheme="dark")
    open_page(page, site, name)
    box = page.locator(".rms-explorer, .fig2-explorer").first
    assert box.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"


def test_verdict_names_fifteen_claims(page, site):
    open_page(page, site, "verdict")
    text = page.locator("main").inner_text()
    outcomes = re.findall(r"does not hold|holds partly|holds", text)
    assert len(outcomes) >= 15
