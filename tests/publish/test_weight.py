"""What a reader has to load: no page is heavier than need be, and the icons are there without their script."""

import pytest
from bench_pages import measure
from conftest import PAGES

NAMES = sorted(path.relative_to(PAGES).as_posix() for path in (PAGES / "book").rglob("*.html"))
LIMIT_MB = 3.5
"""MathJax and the theme are 2.4 of it, pictures the rest; compressed, as most servers send them, a third."""
PICTURES_MB = {"book/one_nucleus.html": 6.5, "book/chart.html": 5.0, "book/mass_table.html": 4.2}
"""Pages whose explorers carry much with them."""
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_heavy(browser, site, name):
    resources, *_ = measure(browser, f"{site}/{name}")
    assert sum(size for _, size, _ in resources) / 1e6 < PICTURES_MB.get(name, LIMIT_MB), sorted(
        resources, key=lambda r: -r[1]
    )[:3]
    assert len({name for name, *_ in resources}) == len(resources), "something is loaded twice"
    assert "fontawesome.js" not in {name for name, *_ in resources}


def test_icons_come_from_the_fonts(page, site):
    page.goto(f"{site}/book/one_nucleus.html", wait_until="load")
    icon = page.locator(".article-header-buttons i").first
    assert "Font Awesome" in icon.evaluate(
        "i => getComputedStyle(i).fontFamily + getComputedStyle(i, '::before').fontFamily"
    )
    assert icon.bounding_box()["width"] > 8
    assert page.evaluate(
        "document.fonts.ready.then(() => [...document.fonts].some(f => f.family.includes('Font Awesome') && f.status === 'loaded'))"
    )
    assert page.troubles == []
