"""What a reader meets on every built page: alternative texts, keys, contrast in light and dark, search, downloads, references.

Run by ``make test-pages`` after ``make book``; axe-core comes from npm once, into ``_build/vendor``.
"""

import io
import json
import re

import numpy as np
import pytest
import yaml
from conftest import PAGES, ROOT
from PIL import Image

from publish.manuscript import chapters, defaults
from publish.pages.scripts import AXE, AXE_FOLDER, fetch

NAMES = sorted(path.relative_to(PAGES).as_posix() for path in (PAGES / "book").rglob("*.html"))
# pages of the networks are one chapter eleven times
DIFFERENT = [name for name in NAMES if "networks/" not in name] + [name for name in NAMES if "networks/" in name][:1]
NUMERIC = ["book/one_nucleus.html", "book/ensemble.html", "book/eleven_networks.html"]
"""Pages whose outputs have columns of numbers alone."""
EXPLORERS = ["one_nucleus", "chart", "mass_table", "ensemble", "fig1", "fig2", "fig3"]
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
def test_each_chapter_ends_with_its_parameters_and_opens_with_its_story(page, site, name):
    open_page(page, site, "book/networks/NN1-I4E.html" if name == "network" else f"book/{name}.html")
    last = page.locator("#re-execute")
    table = last.locator("table")
    assert table.locator("th").all_inner_texts()[:5] == ["parameter", "meaning", "unit", "default", "range"]
    assert table.locator("tbody tr td:first-child").all_inner_texts() == list(defaults(name))
    assert f"make chapter NAME={name} PARAMS=" in last.locator(".highlight").inner_text()
    assert page.locator("main section").last.get_attribute("id") == "re-execute"
    # neither code nor a table before the first sentence
    first = page.locator("main article section > :is(p, div.cell, table)").first
    assert len(first.inner_text().split()) > 8
    assert first.evaluate("e => e.tagName") == "P"


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


@pytest.mark.parametrize("name", DIFFERENT)
def test_tables_of_outputs_can_be_read(page, site, name):
    """Numbers keep apart and stand under each other and their head; a wide table scrolls in itself."""
    open_page(page, site, name)
    cells = page.evaluate(
        """() => [...document.querySelectorAll('main .cell_output .output table')].flatMap(table => {
            const place = cell => [...cell.parentElement.cells].slice(cell.cellIndex).reduce((n, c) => n + c.colSpan, 0), body = table.querySelector('tbody tr:last-child');
            const box = table.parentElement.getBoundingClientRect(), edge = document.querySelector('article').getBoundingClientRect().right;
            return [...table.querySelectorAll('td, thead tr:first-child th')].filter(cell => cell.colSpan === 1).map(cell => {
                const style = getComputedStyle(cell), under = [...body.cells].find(other => place(other) === place(cell));
                return {text: cell.textContent.trim(), left: parseFloat(style.paddingLeft), right: parseFloat(style.paddingRight),
                    align: style.textAlign, first: cell.cellIndex === 0, figures: style.fontVariantNumeric,
                    under: cell.tagName === 'TH' && under ? getComputedStyle(under).textAlign : style.textAlign, out: box.right - edge};
            });
        })"""
    )
    for cell in cells:
        assert cell["left"] >= 5, cell
        assert cell["right"] >= 5, cell
        assert cell["align"] == cell["under"] or not cell["text"], cell
        assert cell["figures"] == "tabular-nums", cell
        assert cell["out"] < 1, cell
        assert not cell["text"].endswith("..."), cell
        if re.fullmatch(r"[-+]?\d+\.\d+", cell["text"]) and not cell["first"] and name in NUMERIC:
            assert cell["align"] == "right", cell


@pytest.mark.parametrize("name", DIFFERENT)
def test_negative_numbers_have_a_minus_sign(page, site, name):
    """In what cells have put into the text and into tables; code, addresses and dates keep their hyphens."""
    open_page(page, site, name)
    texts = page.evaluate(
        """() => [...document.querySelectorAll('main :is(.pasted-text, td, th)')]
        .filter(e => !e.querySelector('code, a')).map(e => e.textContent)"""
    )
    assert [text for text in texts if re.search(r"(?<!\w)-\d", text)] == []


@pytest.mark.parametrize("name", DIFFERENT)
def test_on_a_desk_no_table_scrolls(page, site, name):
    open_page(page, site, name)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    wide = page.evaluate(
        """() => [...document.querySelectorAll('main :is(.cell_output, figure) .text_html:has(table), main .pst-scrollable-table-container')]
        .filter(box => !box.querySelector('.explorer') && box.scrollWidth > box.clientWidth)
        .map(box => [box.querySelector('thead').innerText, box.clientWidth, box.scrollWidth])"""
    )
    assert wide == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", DIFFERENT)
def test_names_and_code_in_tables_are_not_broken(page, site, name, width):
    """Names of networks and files, ranges of the distance and the words of code stand on one line each."""
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, site, name)
    broken = page.evaluate(
        """() => [...document.querySelectorAll('main table :is(.whole, code .pre, tbody th)')].filter(e => !e.closest('.explorer'))
        .filter(e => !e.matches('th') || /^(NN\\d-|d [=>])\\S*( [\\d–]+)?$/.test(e.textContent.trim()))
        .filter(e => { const range = document.createRange(); range.selectNodeContents(e);
            const tops = [...range.getClientRects()].filter(r => r.width).map(r => r.bottom); return Math.max(...tops) - Math.min(...tops) > 12; })
        .map(e => e.textContent)"""
    )
    assert broken == []


@pytest.mark.parametrize("name", ["one_nucleus", "table_one", "fig2", "verdict"])
def test_parameters_can_be_read_on_a_phone(phone, site, name):
    """One below the other, each with meaning, default and range beside their heads, and no scrolling aside."""
    open_page(phone, site, f"book/{name}.html")
    table = phone.locator("table.parameters")
    assert table.evaluate("e => e.parentElement.scrollWidth <= e.parentElement.clientWidth + 1")
    for row in table.locator("tbody tr").all():
        seen = row.evaluate(
            """row => [...row.cells].filter(cell => getComputedStyle(cell).display !== 'none').map(cell => {
            const box = cell.getBoundingClientRect(), head = getComputedStyle(cell, '::before').content;
            return [cell.textContent.trim() !== '', box.left >= 0 && box.right <= innerWidth, head.replaceAll('"', ''), box.top] })"""
        )
        assert all(words and inside for words, inside, *_ in seen)
        heads = [head for *_, head, _ in seen[1:] if head != "unit"]
        assert heads == ["meaning", "default", "range"]
        tops = [top for *_, top in seen]
        assert tops == sorted(set(tops)), "each on a line of its own"


@pytest.mark.parametrize("name", ["table_one", "eleven_networks", "one_nucleus"])
def test_captions_of_tables_do_not_scroll_with_them(phone, site, name):
    open_page(phone, site, f"book/{name}.html")
    figures = phone.locator("main figure:has(table)").all()
    scrolling = [f for f in figures if f.locator(".text_html").evaluate("e => e.scrollWidth > e.clientWidth")]
    assert scrolling
    for figure in scrolling:
        assert figure.locator(".text_html").get_attribute("data-more") == "right"
        place = figure.locator("figcaption").evaluate(
            "e => [e.getBoundingClientRect().left, e.getBoundingClientRect().right, !!e.closest('[data-more]')]"
        )
        assert place[0] >= 0
        assert place[1] <= 390
        assert not place[2], "it fades with the table"


LEVEL_NAMES = """() => [...document.querySelectorAll('.drawing svg')].flatMap(svg => {
    const frames = [...svg.querySelectorAll('.panel')].map(e => e.getBBox()), names = [...svg.querySelectorAll('text[font-size="11"]')];
    return names.filter(e => /^\\d[a-z]\\d+\\/2$/.test(e.textContent)).map(e => { const box = e.getBBox();
        return frames.some(f => box.y + 2 >= f.y && box.y + box.height - 2 <= f.y + f.height && box.x >= f.x && box.x + box.width <= f.x + f.width) || e.textContent });
})"""


def test_names_of_levels_stand_inside_their_panel(page, site):
    open_page(page, site, "book/chart.html")
    for Z, N in ((62, 144), (50, 82), (8, 8)):
        for name, value in (("z", Z), ("n", N)):
            page.locator(f".ce-{name}").fill(str(value))
        page.locator(".ce-n").press("Enter")
        names = page.evaluate(LEVEL_NAMES)
        assert len(names) > 5
        assert set(names) == {True}
    open_page(page, site, "book/one_nucleus.html")
    for i in range(page.locator(".ne-nucleus option").count()):
        page.locator(".ne-nucleus").select_option(index=i)
        names = page.evaluate(LEVEL_NAMES)
        assert len(names) > 5
        assert set(names) == {True}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_tables_and_explorers_of_either_scheme(page, site, scheme):
    """Tables stand on the ground of the page; explorers follow the scheme."""
    page.emulate_media(color_scheme=scheme)
    open_page(page, site, "book/one_nucleus.html")
    page.locator(".ne-plot").wait_for()
    assert page.evaluate(
        """() => [...new Set([...document.querySelectorAll('main .cell_output .text_html, main .cell_output .output tr')]
        .map(e => getComputedStyle(e).backgroundColor))]"""
    ) == ["rgba(0, 0, 0, 0)"]
    assert page.locator(".explorer").evaluate("e => getComputedStyle(e).colorScheme") == scheme


def test_captions_and_glued_values_are_as_heavy_as_the_text(page, site):
    open_page(page, site, "book/networks/NN1-I4E.html")
    for place in ("main figcaption .caption-text", "main p > span.pasted-text", "main figcaption span.pasted-text"):
        weights = page.locator(place).evaluate_all("all => [...new Set(all.map(e => getComputedStyle(e).fontWeight))]")
        assert weights == ["400"], place


@pytest.mark.parametrize("name", DIFFERENT)
def test_each_page_says_what_it_is_and_where_it_comes_from(page, site, name):
    open_page(page, site, name)
    described = page.locator("meta[name=description]").get_attribute("content")
    assert len(described.split()) > 2
    assert page.locator("meta[property='og:description']").get_attribute("content") == described
    assert page.locator("meta[property='og:title']").get_attribute("content") in page.title()
    assert (
        page.request.get(page.locator("link[rel*=icon]").evaluate("e => e.href")).headers["content-type"]
        == "image/svg+xml"
    )
    foot = page.locator(".colophon").inner_text()
    number = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]
    day = r"\d{1,2} \w+ 20\d\d"
    made = rf"(commit [0-9a-f]{{7,}} of {day}(, with changes that are not committed)?|not from a git checkout)"
    run = rf" This page was executed on {day}, in \d+ s\."
    computes = page.locator("main div.cell").count() > 0
    assert re.fullmatch(
        rf"Version {number}, {made}\. Python [\d.]+, torch \S+, numpy [\d.]+\.{run if computes else ''}", foot
    )


def test_keys_pass_over_formulas_but_screen_readers_do_not(page, site):
    open_page(page, site, "book/one_nucleus.html")
    page.evaluate("MathJax.startup.promise")
    formulas = page.locator("main mjx-container")
    assert formulas.count() > 50
    assert formulas.evaluate_all("all => all.filter(e => e.tabIndex >= 0).length") == 0
    assert page.locator("main mjx-container mjx-assistive-mml math").count() == formulas.count()


def test_buttons_at_the_head_show_the_focus(page, site):
    open_page(page, site, "book/one_nucleus.html")
    buttons = page.locator(".bd-header-article button:visible")
    assert buttons.count() >= 4
    buttons.first.focus()
    for i in range(buttons.count()):
        look = buttons.nth(i).evaluate(
            "e => [e === document.activeElement, getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)]"
        )
        assert look[0]
        if i:  # the first was focused by the test, not by a key
            assert look[1:] == ["solid", 3]
        page.keyboard.press("Tab")


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
        """async () => (await axe.run({include: ['main']}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})).violations
        .map(v => [v.id, v.nodes.length, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' | ' + n.any.map(a => a.message).join(' ').slice(0, 160))])"""
    )
    assert found == [], json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("name", NAMES)
def test_all_that_is_seen_has_its_name_and_role(page, site, axe, name):
    """What axe-core holds for minor: heads of tables without words, buttons without names, roles that do not fit, no landmark."""
    open_page(page, site, name)
    page.evaluate(axe)
    rules = [
        "empty-table-header",
        "summary-name",
        "aria-allowed-role",
        "aria-deprecated-role",
        "aria-required-children",
        "region",
    ]
    found = page.evaluate(
        "async rules => (await axe.run(document, {runOnly: rules})).violations.map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 160)])",
        rules,
    )
    assert found == []
    named = page.evaluate(
        """() => [...document.querySelectorAll('main summary, main table')].filter(e => !e.closest('.explorer')).map(e =>
        e.matches('table') ? e.caption?.textContent ?? document.getElementById(e.getAttribute('aria-labelledby'))?.textContent ?? ''
        : e.getAttribute('aria-label') ?? e.innerText)"""
    )
    assert all(len(words.strip()) > 3 for words in named)
    assert "Toggle hidden content" not in named


@pytest.mark.parametrize("name", ["changelog", "verdict", "one_nucleus", "fig2"])
def test_the_section_that_is_read_is_marked_in_the_contents(page, site, name):
    open_page(page, site, f"book/{name}.html")
    marked = "[...document.querySelectorAll('#pst-page-toc-nav a[aria-current]')].map(a => a.hash)"
    links = page.evaluate("[...document.querySelectorAll('#pst-page-toc-nav a')].map(a => a.hash)")
    page.keyboard.press("End")
    page.wait_for_function(f"{marked}[0] === {json.dumps(links[-1])}")
    assert page.evaluate(marked) == links[-1:]
    second = links[min(1, len(links) - 1)]  # a page may have one section alone
    heading = page.locator(f"[id='{second[1:]}'] > :is(h2, h3)").first
    heading.evaluate("e => scrollTo(0, e.getBoundingClientRect().top + scrollY - 100)")
    page.wait_for_function(f"{marked}[0] === {json.dumps(second)}")


@pytest.mark.parametrize("name", [name for name in NAMES if "networks/" in name])
def test_a_page_of_a_network_counts_its_own_figures(page, site, name):
    open_page(page, site, name)
    chapter = page.locator("main h1 .section-number").inner_text().strip().rstrip(".")
    numbers = page.locator("main figure:has(img) .caption-number").all_inner_texts()
    assert [number.split()[1] for number in numbers] == [f"{chapter}.{i}" for i in range(1, len(numbers) + 1)]


CARDS = """table => [...table.tBodies[0].rows].map(row => [...row.cells].filter(e => e.getBoundingClientRect().width).map(cell => {
    const box = cell.getBoundingClientRect();
    return [cell.textContent.trim(), getComputedStyle(cell, '::before').content.replaceAll('"', ''), box.left >= 0 && box.right <= innerWidth, box.top];
}))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["verdict", "fig1", "shell_effects"])
def test_claims_and_conditions_are_cards_on_a_phone(phone, site, name, scheme):
    """Each with all that is said of it, below each other and beside its head, and no scrolling aside."""
    phone.emulate_media(color_scheme=scheme)
    open_page(phone, site, f"book/{name}.html")
    tables = phone.locator("table.cards:not(.parameters)")
    assert tables.count() >= 2, "claims, and conditions"
    heads = set()
    for table in tables.all():
        assert table.evaluate("e => e.closest('.text_html').scrollWidth <= e.closest('.text_html').clientWidth + 1")
        for card in table.evaluate(CARDS):
            assert all(words and head and inside for words, head, inside, _ in card)
            tops = [top for *_, top in card]
            assert tops == sorted(set(tops)), "each on a line of its own"
            heads |= {head for _, head, *_ in card}
    assert {"outcome", "demanded", "found", "met", "claim", "condition"} <= heads


@pytest.mark.parametrize("name", ["book/fig2.html", "book/one_nucleus.html", "book/chart.html"])
def test_figures_are_sharp_on_a_phone_and_say_that_they_can_be_enlarged(phone, site, name):
    """Those with panels beside each other show them below each other, and need not be scrolled."""
    open_page(phone, site, name)
    folded = phone.locator("main figure > a > picture > img")
    assert folded.count()
    for image in phone.locator("main figure > a img").all():
        image.scroll_into_view_if_needed()
        shown, linked, narrow, fits = image.evaluate(
            """async e => { await e.decode(); const a = e.closest('a');
            return [e.currentSrc, a.href, !!e.closest('picture'), a.scrollWidth <= a.clientWidth + 1] }"""
        )
        assert "_static/figures/" in shown
        assert shown == (linked.replace(".png", "-narrow.png") if narrow else linked)
        assert fits or not narrow
        probe = image.evaluate(
            "async e => { const i = new Image(); i.src = e.currentSrc; await i.decode(); return i.naturalWidth / e.getBoundingClientRect().width }"
        )
        assert probe >= 2, "a dot of the picture for each dot of the screen"
    said = phone.locator("main figure:has(> a img) > figcaption").evaluate_all(
        "all => [...new Set(all.map(e => getComputedStyle(e, '::before').content))]"
    )
    assert len(said) == 1
    assert said[0].startswith('"Tap the figure')


@pytest.mark.parametrize("name", ["genindex.html", "search.html", "book/preface.html"])
def test_pages_beside_the_chapters_fit_a_phone_too(phone, site, name):
    phone.goto(f"{site}/{name}", wait_until="load")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 391


@pytest.mark.parametrize("chapter", ["fig1", "ensemble"])
def test_code_that_is_cut_says_so(phone, site, chapter):
    open_page(phone, site, f"book/{chapter}.html")
    for fold in phone.locator("main details.hide > summary").all():
        fold.click()
    phone.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
    cut = phone.locator("main .highlight pre").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => [e.dataset.more, e.tabIndex])"
    )
    assert len(cut) > 1
    assert {*map(tuple, cut)} == {("right", 0)}


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


SEEN = """() => [...document.querySelectorAll('.explorer')].flatMap(root => {
    const frame = root.getBoundingClientRect();
    return [...root.querySelectorAll('.drawing > *, .drawing text, .drawing .panel, form *, [role=status], [role=status] *')]
    .map(e => [e, e.getBoundingClientRect()])
    .filter(([, box]) => box.width && (box.left < frame.left - 1 || box.right > frame.right + 1))
    .map(([e, box]) => [e.outerHTML.slice(0, 80), box.left, box.right]) })"""


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_explorers_fit_a_telephone(phone, site, chapter):
    """All of a drawing is seen without scrolling aside, in type as large as on a desk; turned, it is drawn anew."""
    open_page(phone, site, f"book/{chapter}.html")
    for width in (390, 844, 390):
        phone.set_viewport_size({"width": width, "height": 1234 - width})
        phone.wait_for_function(
            "[...document.querySelectorAll('.drawing > svg')].every(e => Math.abs(e.viewBox.baseVal.width - e.getBoundingClientRect().width) < 2)"
        )
        assert phone.evaluate(SEEN) == []
        assert phone.evaluate("document.documentElement.scrollWidth") <= width + 1
        sizes = phone.evaluate(
            "[...document.querySelectorAll('.drawing text')].map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 11
    assert phone.troubles == []


@pytest.mark.parametrize("chapter", EXPLORERS)
def test_explorers_are_dark_in_the_dark(page, site, chapter):
    """Form, drawing and tables on the ground of the page, in letters as bright as it is dark, and the other way round in the light."""
    shares = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_page(page, site, f"book/{chapter}.html")
        page.wait_for_function("document.querySelector('.drawing > svg > *')")
        explorer = page.locator(".explorer").first
        explorer.scroll_into_view_if_needed()
        with Image.open(io.BytesIO(explorer.screenshot())) as picture:
            grey = np.asarray(picture.convert("L"))
        shares[scheme] = [float((grey < 60).mean()), float((grey > 195).mean())]
    dark, bright = shares["light"]
    assert bright > 0.5 > dark
    dark, bright = shares["dark"]
    assert dark > 0.5 > bright
    assert bright > 0.003, "letters and curves"


def test_colours_of_the_chart_are_the_same_in_the_dark(page, site):
    """The map has the colours of the figures, which stay what they are."""
    seen = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_page(page, site, "book/chart.html")
        cell = page.locator('.ce-cell[data-at="40,50"]')
        cell.scroll_into_view_if_needed()
        with Image.open(io.BytesIO(cell.screenshot())) as picture:
            seen[scheme] = np.asarray(picture.convert("RGB"))[picture.height // 2, picture.width // 2].astype(int)
    assert np.abs(seen["light"] - seen["dark"]).max() <= 2


def test_explorers_answer_to_touch(phone, site):
    open_page(phone, site, "book/chart.html")
    cell = phone.locator('.ce-cell[data-at="40,50"]')
    cell.scroll_into_view_if_needed()
    box, mark = cell.bounding_box(), phone.locator(".ce-chosen")
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "90Zr" in phone.locator(".ce-text").inner_text().replace("\n", "")
    found = mark.bounding_box()
    assert abs(found["x"] + found["width"] / 2 - box["x"] - box["width"] / 2) < 2, "the chosen nucleus is marked"
    assert 0 <= found["x"] <= 390
    phone.locator(".ce-steps button").nth(2).tap()
    assert "Z=42, N=50" in phone.locator(".ce-text").inner_text()
    for chapter, words, name in (("fig1", "d = 0,", "re"), ("fig2", "at r = 0.0 fm", "fe")):
        open_page(phone, site, f"book/{chapter}.html")
        plot = phone.locator(f".{name}-plot")
        plot.scroll_into_view_if_needed()
        area, frame = plot.bounding_box(), phone.locator(f".{name}-plot .panel").first.bounding_box()
        phone.touchscreen.tap(frame["x"] - 2, area["y"] + 60)
        assert words in phone.locator(f".{name}-text").inner_text()
    open_page(phone, site, "book/one_nucleus.html")
    # pairing changes nothing in a doubly magic nucleus
    phone.locator(".ne-nucleus").select_option(label="78Ge (Z=32, N=46)")
    before = phone.locator(".ne-plot").inner_html()
    phone.locator(".ne-pairing").tap()
    assert "with pairing" in phone.locator(".ne-text").inner_text()
    assert phone.locator(".ne-plot").inner_html() != before
    assert phone.troubles == []


def test_search_finds_without_network(page, site):
    open_page(page, site, "book/preface.html")
    page.goto(f"{site}/search.html?q=Levenberg")
    page.wait_for_selector("#search-results li")
    found = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert any("learning.html" in link for link in found)
    page.wait_for_selector("#search-results li p.context")
    snippets = " ".join(page.locator("#search-results p.context").all_inner_texts())
    assert not re.search(r"import |def |glue\(", snippets), "the code of cells is no text"
    field, lens = page.locator(".bd-search-container input"), page.locator(".bd-search-container i").bounding_box()
    text_begins = field.bounding_box()["x"] + field.evaluate("e => parseFloat(getComputedStyle(e).paddingLeft)")
    assert text_begins >= lens["x"] + lens["width"], "the lens covers what is typed"
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
