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
from lib.mass_table import COLUMNS, as_frame, mass_table, paths, read
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
    sources = {f"book/{path.stem}.html" for path in (PAGES.parent.parent / "book").glob("[!.]*.md")}
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
    formulas = page.locator("div.math mjx-container[data-more]")
    formulas.first.wait_for()
    hidden = formulas.evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)")
    assert max(hidden) > 60, "one that can be scrolled by 20 and has more on either side"
    formula = formulas.nth(hidden.index(max(hidden)))
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


def searched(page, words):
    """What the search for a nucleus says when it is asked."""
    page.locator(".mt-search").fill(words)
    page.locator(".mt-search").press("Enter")
    return page.locator(".mt-text").inner_text()


MASSES = [(name, pairing) for name in ("PC-PK1", "PC-F1") for pairing in (False, True)]


def test_search_finds_a_nucleus_by_whatever_it_is_called(page, site):
    settle(page, f"{site}/book/mass_table.html")
    assert page.locator(".mt-text").inner_text().startswith("132Sn (Z=50, N=82), total energy in MeV: PC-PK1 ")
    for words in ("Sn-132", "132Sn", "sn132", " tin 132", "Tin-132", "¹³²Sn", "132-SN", "50 82", "50,82", "Z=50, N=82"):
        assert searched(page, "Pb-208").startswith("208Pb (Z=82, N=126)")
        assert searched(page, words).startswith("132Sn (Z=50, N=82)"), words
    assert page.locator(".mt-search").input_value() == "132Sn"
    assert page.troubles == []


def test_search_shows_the_numbers_of_every_table(page, site):
    tables = [mass_table(name, pairing=pairing) for name, pairing in MASSES]
    settle(page, f"{site}/book/mass_table.html")
    for words, Z, N in (("gd 156", 64, 92), ("8 8", 8, 8), ("ni-78", 28, 50)):
        said = searched(page, words)
        rows = [select(table, Z, N) for table in tables]
        shown = {
            row.locator("th").inner_text(): row.locator("td").all_inner_texts()
            for row in page.locator(".mt-table tbody tr").all()
        }
        assert len(shown) == 1 + sum(COLUMNS[name].source in ("solver", "table", "AME2020, solver") for name in tables[0].variables)  # fmt: skip
        for label, name, measured, digits in (
            ("total energy (MeV)", "total_energy", -rows[0].measured_binding_energy, 3),
            ("mass excess (MeV)", "mass_excess", rows[0].measured_mass_excess, 3),
            ("S2n of the total energy (MeV)", "total_two_neutron_separation_energy", rows[0].measured_two_neutron_separation_energy, 3),
            ("charge radius (fm)", "charge_radius", np.nan, 4),
        ):  # fmt: skip
            values = [float(row[name]) for row in rows]
            assert shown[label][:4] == [minus(f"{v:.{digits}f}") if np.isfinite(v) else "–" for v in values], label
            assert shown[label][4] == (minus(f"{float(measured):.{digits}f}") if np.isfinite(measured) else ""), label
        assert all(minus(f"{float(row.total_energy):.3f}") in said for row in rows)
        deformed = float(rows[0].deformed)
        words = "shape not known" if np.isnan(deformed) else "known to be deformed" if deformed else "not to be a rotor"
        assert words in said
        assert page.locator(".mt-plot").get_attribute("aria-label").endswith(said)
        assert page.locator(".mt-plot .mt-curve").count() == 2 * len(tables)
        for i, table in enumerate(tables):
            line = table.total_two_neutron_separation_energy[(table.Z == Z).values].values
            # gaps at the proton drip line are gaps of the curve
            assert drawn(page, f'.mt-curve[data-table="{i}"]') == pytest.approx(line[np.isfinite(line)], abs=0.2)
    assert page.troubles == []


def test_search_says_why_there_is_nothing_to_show(page, site):
    settle(page, f"{site}/book/mass_table.html")
    table = page.locator(".mt-table").inner_text()
    for words, reason in (
        ("", "Type a nucleus"),
        ("Sn", "Sn: give the mass number, too. The tables hold "),
        ("tin", "Sn: give the mass number"),
        ("Sn-133", "Z=50, N=83: the tables hold nuclei with even Z and even N only."),
        ("49 82", "even Z and even N only"),
        ("In-131", "“in” is no element of the tables"),
        ("Sn-300", "Z=50, N=250 is in none of the 4 tables: it is not bound, or out of their window. Of Sn they hold "),
        ("Sn-20", "Z=50, N=−30 is in none"),
        ("132", "“132” is no nucleus: type it as in Sn-132"),
        ("<b>50</b>", "is no nucleus"),
    ):
        said = searched(page, words)
        assert reason in said, words
        assert said.endswith("Below is still 132Sn."), words
        assert page.locator(".mt-table").inner_text() == table
    assert page.troubles == []


def test_search_by_keys_and_from_neighbour_to_neighbour(page, site):
    settle(page, f"{site}/book/mass_table.html")
    text, search = page.locator(".mt-text"), page.locator(".mt-search")
    search.fill("tin")
    suggestions = page.locator("#mt-list option").evaluate_all("all => all.map(o => o.value)")
    assert "132Sn" in suggestions
    assert all(suggestion.endswith("Sn") for suggestion in suggestions)
    search.fill("ca")
    assert "48Ca" in page.locator("#mt-list option").evaluate_all("all => all.map(o => o.value)")
    search.fill("plut")
    assert page.locator("#mt-list option").evaluate_all("all => all.map(o => o.value)") == ["plutonium"]
    # what is chosen in the list is shown at once
    search.evaluate(
        "e => { e.value = '48Ca'; e.dispatchEvent(new InputEvent('input', {inputType: 'insertReplacementText'})) }"
    )
    assert text.inner_text().startswith("48Ca")
    search.fill("Zr-90")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert text.inner_text().startswith("90Zr")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert text.inner_text().startswith("92Zr"), "two neutrons more"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "two neutrons more"
    neighbour = page.locator('.mt-near button[data-at="38,52"]')
    neighbour.focus()
    page.keyboard.press("Enter")
    assert text.inner_text().startswith("90Sr")
    assert page.evaluate("document.activeElement.className").startswith("mt-near")
    rows = page.locator(".mt-near tbody tr").count()
    assert rows == 12, "two heads, and five isotopes and isotones"
    assert page.troubles == []


def test_search_fits_a_telephone(phone, site):
    """Names of quantities stay in sight while the numbers are scrolled."""
    settle(phone, f"{site}/book/mass_table.html")
    table = phone.locator(".mt-table")
    assert table.evaluate("e => e.scrollWidth > e.clientWidth")
    name = table.locator("tbody th").nth(3)
    before = name.bounding_box()["x"]
    table.evaluate("e => e.scrollTo(200, 0)")
    assert name.bounding_box()["x"] == pytest.approx(before, abs=1)
    phone.locator('.mt-near button[data-at="50,80"]').tap()
    assert phone.locator(".mt-text").inner_text().startswith("130Sn")
    assert phone.troubles == []


def test_mass_tables_are_there_to_download(page, site, tmp_path):
    settle(page, f"{site}/book/mass_table.html")
    links = {
        link.inner_text(): link.evaluate("a => a.href")
        for link in page.locator("main figure :is(td, th) a[download]").all()
    }
    files = [path for name, pairing in MASSES for path in paths(name, pairing).values()]
    assert sorted(links) == sorted(path.name for path in files)
    for path in files:
        answer = page.request.get(links[path.name])
        assert answer.status == 200
        (tmp_path / path.name).write_bytes(answer.body())
    for name, pairing in MASSES:
        wanted = as_frame(mass_table(name, pairing=pairing))
        assert all(read(path).equals(wanted) for path in paths(name, pairing, tmp_path).values())
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
