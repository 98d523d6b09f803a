"""The pages of the figures in a real browser: the explorers answer to mouse and keys, every download is there.

Run by ``make test-pages`` after ``make book``.  The fixtures are those of ``test_pages``.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

import pytest

from claims.evidence import GE96, Evidence
from claims.profiles import profiles
from claims.uncertainty import Estimate
from lib.learning.ensemble import load_ensemble
from lib.learning.table_one import DENSITY, TABLE_I

pytestmark = pytest.mark.browser
PAGES = {
    "mass_table": 4,
    "fig1": 3,
    "fig2": 4,
    "fig3": 3,
    "fig4": 4,
    "shell_effects": 10,
    "uncertainty": 10,
    "verdict": 2,
}
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
    curve = evidence.curve(id)
    label = evidence.ensembles[id].label
    slider.focus()
    page.keyboard.press("Home")
    assert f"{label} {Estimate(curve.rms[0], curve.bootstrap_error[0])} MeV" in text.inner_text()
    page.keyboard.press("ArrowRight")
    assert "d = 2," in text.inner_text()
    assert f"{label} {Estimate(curve.rms[2], curve.bootstrap_error[2])} MeV" in text.inner_text()
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
    page.mouse.click(area["x"] + 60, area["y"] + 100)
    assert text.inner_text().startswith("d = 0,")
    drawn = curves.first.get_attribute("d")
    page.locator(".re-log").click()
    assert curves.first.get_attribute("d") != drawn
    # on either scale the error bars stay within the frame
    for _ in range(2):
        outside = page.evaluate(
            """() => { const frame = document.querySelector('.re-plot .panel').getBBox();
            return [...document.querySelectorAll('.re-bar')].map(bar => bar.getBBox())
            .filter(b => b.y < frame.y - .1 || b.y + b.height > frame.y + frame.height + .1).length }"""
        )
        assert outside == 0
        page.locator(".re-log").click()
    assert page.troubles == []


def twice_rounded(value, carried, shown):
    """As the page writes a number with its sign: to the digits that it carries, then to those that it shows."""
    exact = Decimal(round(float(value), carried))  # a half is rounded up in JavaScript, to even in Python
    text = f"{exact.quantize(Decimal(1).scaleb(-shown), ROUND_HALF_UP):+}"
    return text.replace("-", "+") if float(text) == 0 else text


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
        row = page.locator(".fe-text tbody tr").filter(has_text=TABLE_I[id].label)
        found = [cell.replace("−", "-") for cell in row.locator("td").all_inner_texts()]
        integral = twice_rounded(profile.cumulative[-1], 3, 2)
        assert found == [twice_rounded(profile.difference[-1], 4, 3), integral, integral]
        words = f"{TABLE_I[id].label}: r²δℰ {found[0]} MeV/fm, E(r) {found[1]} MeV, E(15 fm) {found[2]} MeV"
        assert words in page.locator(".fe-plot").get_attribute("aria-label").replace("−", "-")
    # by mouse to the middle of the slider
    area = slider.bounding_box()
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    r = float(re.search(r"at r = ([\d.]+) fm", text.inner_text()).group(1))
    assert 6.5 < r < 8.5
    target = profile.target[round(r / 0.1)]
    assert f"r²ℰ = {target:.2f} MeV/fm" in text.inner_text().replace("−", "-")
    slider.focus()
    page.keyboard.press("End")
    # at the end of the mesh the integral is minus the error of the energy, and the panels go on to there
    ends = page.locator(".fe-text tbody tr").evaluate_all(
        "rows => rows.map(r => [r.cells[2], r.cells[3]].map(c => c.textContent))"
    )
    assert len(ends) == 4
    assert all(one == other for one, other in ends)
    assert "the error of the energy, prediction − target, is −E(15 fm)" in text.inner_text()
    frame, cursor = (
        page.locator(f".fe-plot {name}").first.evaluate(
            "e => { const { x, width } = e.getBBox(); return { x, width } }"
        )
        for name in (".panel", ".fe-cursor")
    )
    assert page.locator(".fe-cursor").count() == 3
    assert cursor["x"] == pytest.approx(frame["x"] + frame["width"], abs=0.5)
    # a click into a panel takes its radius
    plot = page.locator(".fe-plot")
    plot.scroll_into_view_if_needed()
    area = plot.bounding_box()
    page.mouse.click(area["x"] + frame["x"] + 0.2 * frame["width"], area["y"] + 100)
    assert "at r = 3.0 fm" in text.inner_text()
    assert slider.input_value() == "30"
    count = page.locator(".fe-cumulative").count()
    page.locator(".fe-networks input").first.focus()
    page.keyboard.press("Space")
    assert page.locator(".fe-cumulative").count() == count - 1
    # without any network the panels are empty, and their axes stay
    marks = page.locator(".fe-plot text").all_text_contents()
    page.locator(".fe-networks input:checked").evaluate_all("all => all.forEach(box => box.click())")
    assert page.locator(".fe-cumulative").count() == 0
    assert "Choose a network." in text.inner_text()
    empty = page.locator(".fe-plot text").all_text_contents()
    assert not any("e-" in mark for mark in empty)
    assert len(empty) >= len(marks) - 8
    assert page.troubles == []


def test_verdict_names_fifteen_claims(page, site):
    open_page(page, site, "verdict")
    text = page.locator("main").inner_text()
    outcomes = re.findall(r"does not hold|holds partly|holds|undecided", text)
    assert len(outcomes) >= 15
