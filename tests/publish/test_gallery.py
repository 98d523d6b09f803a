"""The page of all figures: each figure of the book once, small, and linked."""

import re

import pytest
from PIL import Image

from publish.pages import gallery

FIGURE = (
    '<figure id="{id}"><a class="image-reference" href="big.png"><img alt="A curve." src="../_images/{id}.png"/></a>'
    '<figcaption><p><span class="caption-number">Fig. 2.1 </span><span class="caption-text">The change of '
    '<span class="math">\\(S\\)</span>: less <a href="#eq">and</a> less. And more.</span></p></figcaption></figure>'
)


@pytest.fixture
def pages(tmp_path):
    """Two pages of which one has figures, and the gallery, as Sphinx leaves them."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_images").mkdir()
    head = '<main><h1>2. One <em>nucleus</em><a class="headerlink" href="#">#</a></h1>'
    table = '<figure id="table"><span class="caption-number">Fig. 9 </span><span class="caption-text">x</span></figure>'
    for id in ("one", "two"):
        Image.new("RGB", (640, 480), "white").save(tmp_path / "_images" / f"{id}.png")
    (tmp_path / "book/a.html").write_text(head + FIGURE.format(id="one") + table + FIGURE.format(id="two"))
    (tmp_path / "book/b.html").write_text(head)
    (tmp_path / "book/figures.html").write_text('before <div class="gallery"></div><!-- gallery --> after')
    return tmp_path


@pytest.mark.parametrize("times", [1, 2])
def test_each_figure_hangs_once(pages, times):
    for _ in range(times):  # the second build finds the page filled
        gallery.hang(pages, ["book/b", "book/a", "book/figures", "book/gone"])
    text = (pages / "book/figures.html").read_text()
    assert text.startswith('before <div class="gallery"><h2>2. One <em>nucleus</em></h2><ul><li>')
    assert text.endswith("</li></ul></div><!-- gallery --> after")
    assert re.findall(r'<a href="([^"]+)"', text) == ["../book/a.html#one", "../book/a.html#two"]
    assert text.count('</a> The change of <span class="math">\\(S\\)</span>: less and less.</li>') == 2
    with Image.open(pages / "_static/thumbnails/one.webp") as small:
        assert small.size == (320, 240)


def test_a_gallery_without_a_place_is_said(pages):
    (pages / "book/figures.html").write_text("nothing")
    with pytest.raises(ValueError, match="has 0 places for figures"):
        gallery.hang(pages, ["book/a"])


def test_pages_come_in_the_order_of_the_contents():
    children = {"preface": ["a", "b"], "a": ["a1", "a2"]}
    assert list(gallery.reading_order(children, "preface")) == ["preface", "a", "a1", "a2", "b"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_gallery_of_the_book(page, site, width):
    """Every picture is there and leads to a figure; formulae are set; nothing sticks out."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/book/figures.html", wait_until="load")
    page.evaluate("() => MathJax.startup.promise")
    frames = page.locator(".gallery li")
    assert frames.count() > 60
    assert page.locator(".gallery mjx-container").count() > 10
    assert "\\(" not in page.locator(".gallery").inner_text()
    sizes = page.evaluate(
        """() => Promise.all([...document.querySelectorAll('.gallery img')].map(async e => {
        e.loading = 'eager'; await e.decode(); return e.naturalWidth }))"""
    )
    assert set(sizes) == {gallery.WIDTH_PX}
    links = page.locator(".gallery li a").evaluate_all("all => all.map(a => a.href)")
    assert len(set(links)) == len(links) == frames.count()
    assert page.evaluate("document.documentElement.scrollWidth") <= width + 1
    lost = page.evaluate(
        """async links => { const texts = {}; const lost = []; for (const link of links) { const [file, id] = link.split('#');
        texts[file] ??= await (await fetch(file)).text(); if (!texts[file].includes(`<figure class="align-default" id="${id}"`))
        lost.push(link) } return lost }""",
        links,
    )
    assert lost == []
