"""The built pages in a real browser, with the network cut off: no error, no request to elsewhere, formulas and explorers there.

Run by ``make test-pages`` after ``make book``.
"""

import re

import numpy as np
import pytest
from conftest import PAGES

from claims.words import minus
from lib.learning.ensemble import load_ensemble
from lib.learning.table_one import TABLE_I
from lib.rmf.chart import load_chart
from lib.rmf.observables import levels
from lib.rmf.solver import solve
from lib.store import select
from publish.show.figures import nucleus_text

NAMES = sorted(path.relative_to(PAGES).as_posix() for path in (PAGES / "book").rglob("*.html"))
pytestmark = pytest.mark.browser


def drawn(page, curve):
    """Values of a curve, read off the drawing by the marks of its first panel's axis."""
    marks, path = page.evaluate(
        """curve => { const svg = document.querySelector(curve).closest('svg'), frame = svg.querySelector('.panel').getBBox();
        const inside = t => +t.getAttribute('y') <= frame.y + frame.height + 5 && +t.getAttribute('x') < frame.x && /^[−\\d.]+$/.test(t.textContent);
        return [[...svg.querySelectorAll('text[text-anchor=end]')].filter(inside).map(t => [+t.textContent.replace('−', '-'), +t.getAttribute('y') - 4]),
        document.querySelector(curve).getAttribute('d')] }""",
        curve,
    )
    (low, y_low), (high, y_high) = marks[0], marks[-1]
    y = np.array([float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", path)])
    return low + (y - y_low) * (high - low) / (y_high - y_low)


def settle(page, address):
    page.goto(address, wait_until="load")
    page.wait_for_function("!document.querySelector('.math') || document.querySelectorAll('mjx-container').length > 0")


def test_there_is_a_page_for_every_chapter():
    sources = {f"book/{path.stem}.html" for path in (PAGES.parent.parent / "book").glob("*.md")}
    sources = sources - {"book/network.html"} | {f"book/networks/{id}.html" for id in TABLE_I}
    assert sources <= set(NAMES)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", NAMES)
def test_page_opens_without_network(page, site, name, width):
    page.set_viewport_size({"width": width, "height": 900})
    settle(page, f"{site}/{name}")
    assert page.troubles == []
    assert page.locator("mjx-merror").count() == 0
    # the library's own page quotes markup, as code
    prose = page.evaluate(
        "() => { const main = document.querySelector('main').cloneNode(true);"
        " main.querySelectorAll('code, pre, script, style').forEach(part => part.remove()); return main.textContent }"
    )
    assert not re.search(r"\{glue|\{eq\}|\{numref\}|\{cite|\{doc\}|\$\$", prose), "markup left unrendered"
    assert not re.search(r"\| (—|-{2,}) \|", prose), "a table left unrendered"
    text = page.locator("main").inner_text()
    assert "Traceback" not in text
    # the text column fits the screen; wide tables scroll in themselves
    assert page.evaluate("document.documentElement.scrollWidth") <= width + 1


def test_math_is_typeset(page, site):
    settle(page, f"{site}/book/covariant_functional.html")
    formulas = page.locator("main .math").count()
    assert formulas > 20
    assert page.locator("main mjx-container").count() >= formulas


@pytest.mark.parametrize("name", NAMES)
def test_no_formula_is_cut_off_beside_the_contents(page, site, name):
    settle(page, f"{site}/{name}")
    page.evaluate("() => window.MathJax?.startup.promise")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('main div.math mjx-container')].filter(e => e.scrollWidth > e.clientWidth + 1)
        .map(e => [e.textContent.slice(0, 60), e.clientWidth, e.scrollWidth])"""
    )
    assert wide == []


def test_on_a_phone_a_wide_formula_shows_where_there_is_more(page, site):
    page.set_viewport_size({"width": 390, "height": 900})
    settle(page, f"{site}/book/covariant_functional.html")
    formula = page.locator("div.math mjx-container[data-more]").first
    formula.wait_for()
    assert formula.get_attribute("data-more") == "right"
    assert "gradient" in formula.evaluate("e => getComputedStyle(e).maskImage")
    formula.focus()
    formula.evaluate("e => e.scrollTo(20, 0)")
    page.wait_for_function("document.activeElement.dataset.more === 'left right'")
    formula.evaluate("e => e.scrollTo(e.scrollWidth, 0)")
    page.wait_for_function("document.activeElement.dataset.more === 'left'")


def test_nucleus_explorer_shows_what_the_solver_gives(page, site):
    settle(page, f"{site}/book/one_nucleus.html")
    nucleus, functional, pairing = (page.locator(f".ne-{name}") for name in ("nucleus", "functional", "pairing"))
    plot, text = page.locator(".ne-plot"), page.locator(".ne-text")

    def agrees(Z, N, name, paired):
        solved = solve(Z, N, name, paired)
        words = nucleus_text(solved).replace("E_CDFT", "ECDFT")
        assert text.inner_text() == words
        assert plot.get_attribute("aria-label").endswith(words)
        for curve, density in (
            ("neutrons", solved.neutron_density),
            ("vector", solved.vector_density),
            ("scalar", solved.scalar_density),
        ):
            assert drawn(page, f".ne-{curve}") == pytest.approx(density.values[:121], abs=2e-3), curve
        empty = levels(solved).query("occupation == 0 and -26 < level_energy < 0")
        assert page.locator(".ne-plot .empty").count() == len(empty) or paired
        return plot.inner_html()

    seen = [agrees(50, 82, "PC-PK1", False)]
    nucleus.select_option(label="78Ge (Z=32, N=46)")
    seen.append(agrees(32, 46, "PC-PK1", False))
    pairing.click()
    seen.append(agrees(32, 46, "PC-PK1", True))
    functional.focus()
    page.keyboard.press("ArrowDown")
    seen.append(agrees(32, 46, "PC-F1", True))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    seen.append(agrees(32, 46, "PC-F1", False))
    nucleus.focus()
    page.keyboard.press("ArrowDown")
    seen.append(agrees(32, 64, "PC-F1", False))
    assert len(set(seen)) == len(seen), "each choice has its own drawing"
    assert page.troubles == []


def test_chart_explorer_answers_to_numbers_keys_and_mouse(page, site):
    chart = load_chart("PC-PK1")
    settle(page, f"{site}/book/chart.html")
    text = page.locator(".ce-text")
    page.locator(".ce-z").fill("82")
    page.locator(".ce-n").fill("126")
    page.locator(".ce-n").press("Enter")
    energy = float(select(chart, 82, 126).energy)
    assert minus(f"{energy:.2f}") in text.inner_text()
    before = page.locator(".ce-neutrons").get_attribute("d")
    page.locator(".ce-chart").focus()
    page.keyboard.press("ArrowRight")
    assert minus(f"{select(chart, 82, 128).energy:.2f}") in text.inner_text()
    assert page.locator(".ce-neutrons").get_attribute("d") != before
    canvas = page.locator(".ce-chart")
    canvas.scroll_into_view_if_needed()
    cell = page.locator('.ce-cell[data-at="20,28"]').bounding_box()
    page.mouse.click(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    assert minus(f"{select(chart, 20, 28).energy:.2f}") in text.inner_text()
    assert minus(f"{select(chart, 20, 28).energy:.2f}") in canvas.get_attribute("aria-label")
    # the curve drawn is the density of the chart
    assert drawn(page, ".ce-neutrons") == pytest.approx(select(chart, 20, 28).neutron_density.values[:121:3], abs=5e-4)
    assert page.locator(".ce-plot .empty").count() > 3, "the gaps above the last occupied levels are seen"
    # the computed energy says of what kind it is, beside the measured one
    assert "spherical, without pairing: E" in text.inner_text()
    # on empty paper a click does nothing; beside a nucleus it takes that
    box = canvas.bounding_box()
    before = text.inner_text()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    assert text.inner_text() == before
    page.locator(".ce-steps button").first.click()
    assert minus(f"{select(chart, 20, 26).energy:.2f}") in text.inner_text()
    page.locator(".ce-n").fill("29")
    page.locator(".ce-n").press("Enter")
    assert "Z=20, N=29 is not among" in text.inner_text()
    # of the two numbers nothing is said before both are given
    page.locator(".ce-z").fill("82")
    page.locator(".ce-z").press("Tab")
    assert "Z=82" not in text.inner_text()
    page.locator(".ce-n").fill("126")
    page.locator(".ce-n").press("Tab")
    assert minus(f"{energy:.2f}") in text.inner_text()
    page.locator(".ce-z").fill("")
    page.locator(".ce-z").press("Enter")
    assert "Z is empty" in text.inner_text()
    assert page.troubles == []


def test_density_explorer_shows_another_network_and_nucleus(page, site):
    settle(page, f"{site}/book/ensemble.html")
    text, before = page.locator(".de-text"), page.locator(".de-mean").get_attribute("d")
    page.locator(".de-network").select_option(label=TABLE_I["NN2-I6D"].label)
    page.locator(".de-nucleus").select_option(label="132Sn (Z=50, N=82)")
    ensemble = load_ensemble("NN2-I6D")
    place = int(((ensemble.Z == 50) & (ensemble.N == 82)).values.argmax())
    mean = float(ensemble.predicted_energy[:, place].astype(float).mean())
    assert minus(f"mean of the ensemble {mean:.2f} MeV") in text.inner_text()
    assert page.locator(".de-mean").get_attribute("d") != before
    assert page.locator(".de-plot circle").count() == 100
    page.locator(".de-network").focus()
    page.keyboard.press("ArrowDown")
    assert TABLE_I["NN3-I3D"].label in text.inner_text()
    ensemble = load_ensemble("NN3-I3D")
    errors = (ensemble.predicted_energy[:, place] - ensemble.energy[place]).astype(float)
    assert f"standard deviation {float(errors.std()):.3f} MeV" in text.inner_text()
    assert page.locator(".de-plot").get_attribute("aria-label").endswith(text.inner_text())
    lines = page.locator(".de-plot path").count()
    page.locator(".de-members").click()
    assert page.locator(".de-plot path").count() < lines, "without single members"
    page.locator(".de-members").press("Space")
    assert page.locator(".de-plot path").count() == lines
    page.locator(".de-network").select_option(label=TABLE_I["NN3-I6dD"].label)
    assert "132Sn" in text.inner_text()
    assert page.troubles == []
