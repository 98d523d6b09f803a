"""What a reader meets on every built page: alternative texts, keys, contrast in light and dark, search, downloads, references.

Run by ``make test-pages`` after ``make book``; axe-core comes from npm once, into ``_build/vendor``.
"""

import json
import re

import pytest
from conftest import PAGES, ROOT

from lib.chapter import chapters, defaults
from lib.vendor import AXE, AXE_FOLDER, fetch

NAMES = sorted(path.relative_to(PAGES).as_posix() for path in (PAGES / "book").rglob("*.html"))
# pages of the networks are one chapter eleven times
DIFFERENT = [name for name in NAMES if "networks/" not in name] + [name for name in NAMES if "networks/" in name][:1]
EXPLORERS = ["one_nucleus", "chart", "ensemble", "fig1", "fig2", "fig3"]
pytestmark = pytest.mark.browser


def open_page(page, site, name):
    page.goto(f"{site}/{name}", wait_until="load")
    page.wait_for_function("!document.querySelector('.math') || document.querySelectorAll('mjx-container').length > 0")


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_picture_says_what_it_shows(page, site, name):
    open_page(page, site, name)
    silent = page.evaluate(
        """() => [...document.querySelectorAll('main img, main svg, main canvas')]
        .filter(e => !e.closest('mjx-container, [aria-hidden=true], button, a.headerlink'))
        .map(e => [e.outerHTML.slice(0, 120), e.getAttribute('alt') ?? e.getAttribute('aria-label') ?? ''])
        .filter(([, words]) => words.trim().split(/\\s+/).length < 6)"""
    )
    assert silent == []


@pytest.mark.parametrize("name", chapters())
def test_each_chapter_lists_its_parameters(page, site, name):
    open_page(page, site, "book/networks/NN1-I4E.html" if name == "network" else f"book/{name}.html")
    table = page.locator("main table").first
    assert table.locator("th").all_inner_texts()[:5] == ["parameter", "meaning", "unit", "default", "range"]
    assert table.locator("tbody tr td:first-child").all_inner_texts() == list(defaults(name))


@pytest.mark.parametrize("name", DIFFERENT)
def test_references_lead_somewhere(page, site, name):
    """Numbered figures and equations, terms, citations: each link within the book has its target."""
    open_page(page, site, name)
    assert "??" not in page.locator("main").inner_text()
    captions = page.locator("main figcaption .caption-number").all_inner_texts()
    assert len(captions) == page.locator("main figure").count()
    assert all(re.fullmatch(r"(Fig|Table)\.? [\d.]+ ?", caption) for caption in captions), captions
    numbers = page.locator("main .eqno").all_inner_texts()
    assert len(numbers) == len(set(numbers))
    links = page.eval_on_selector_all("main a.reference.internal[href*='#']", "all => all.map(a => a.href)")
    for link in sorted(set(links)):
        address, fragment = link.split("#", 1)
        path = PAGES / address.removeprefix(f"{site}/")
        assert f'id="{fragment}"' in path.read_text(), link


@pytest.fixture(scope="session")
def axe():
    if not fetch(AXE, AXE_FOLDER):
        pytest.fail("axe-core is not there and npm cannot fetch it: run once with the network")
    return (AXE_FOLDER / "axe.min.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", DIFFERENT)
def test_axe_finds_nothing(page, site, axe, name, scheme):
    """Contrast of at least 4.5, names of inputs and pictures, order of headings, keyboard: WCAG 2.1 A and AA, within the text."""
    page.emulate_media(color_scheme=scheme)
    open_page(page, site, name)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    page.evaluate(axe)
    found = page.evaluate(
        # the list of references is made by docutils, with roles that the standard has meanwhile withdrawn
        """async () => (await axe.run({include: ['main'], exclude: ['.citation-list']}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations
        .map(v => [v.id, v.nodes.length, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' | ' + n.any.map(a => a.message).join(' ').slice(0, 160))])"""
    )
    assert found == [], json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_explorers_are_reached_and_seen_by_keys(page, site, chapter):
    """Tab goes through the form in the order of the page, and what has the focus shows it."""
    open_page(page, site, f"book/{chapter}.html")
    controls = page.locator(".explorer input, .explorer select")
    controls.first.focus()
    for i in range(min(controls.count(), 4)):
        focused = page.evaluate(
            """i => { const e = document.activeElement, all = [...document.querySelectorAll('.explorer input, .explorer select')];
            return [all.indexOf(e), getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth), e.labels.length]; }""",
            i,
        )
        assert focused[0] == i
        if i:  # the first was focused by the test, not by a key
            assert focused[1] != "none"
            assert focused[2] >= 2
        assert focused[3] == 1
        page.keyboard.press("Tab")


def test_search_finds_without_network(page, site):
    open_page(page, site, "book/preface.html")
    page.goto(f"{site}/search.html?q=Levenberg")
    page.wait_for_selector("#search-results li")
    found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert any("learning.html" in link for link in found)
    assert page.troubles == []


def test_the_search_button_opens_a_field_by_key_and_leads_to_results(page, site):
    open_page(page, site, "book/preface.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("Hugenholtz")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=Hugenholtz*")
    page.wait_for_selector("#search-results li")
    assert "covariant_functional.html" in page.locator("#search-results").inner_html()
    assert page.troubles == []


def test_the_reader_may_choose_the_dark(page, site):
    page.emulate_media(color_scheme="light")
    open_page(page, site, "book/preface.html")
    colours = set()
    for _ in range(3):
        page.locator("button.theme-switch-button:visible").first.click()
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(colours) == 2, "the button goes round auto, dark and light"


@pytest.mark.parametrize("name", DIFFERENT)
def test_each_chapter_can_be_taken_away(page, site, name):
    """As source and, where it computes, as an executed notebook; nothing is launched while no address is known."""
    open_page(page, site, name)
    source = ROOT / "book" / f"{name.removeprefix('book/').removesuffix('.html')}.md"
    links = page.eval_on_selector_all(
        ".dropdown-download-buttons a, .article-header-buttons a[href*='_sources']", "all => all.map(a => a.href)"
    )
    endings = {link.rsplit(".", 1)[1] for link in links}
    computes = not source.exists() or "{code-cell}" in source.read_text()
    assert endings == ({"ipynb"} if not source.exists() else {"md", "ipynb"} if computes else {"md"})
    for link in links:
        answer = page.request.get(link)
        assert answer.status == 200, link
        if link.endswith(".ipynb"):
            notebook = json.loads(answer.body())
            assert any(cell.get("outputs") for cell in notebook["cells"])
        elif source.exists():
            assert answer.body() == source.read_bytes()
    assert page.locator("a[href*='mybinder.org'], a[href*='colab.research']").count() == 0
    files = page.locator(".downloads a").evaluate_all("all => all.map(a => a.href)")
    figures = page.locator("main figure img").count()
    assert sum(file.endswith(".pdf") for file in files) >= figures, "each figure is offered"
    for file in files:
        assert page.request.get(file).status == 200, file
