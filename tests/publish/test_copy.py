"""A chapter under other parameters as a page: in a real browser, beside the other pages of the book.

Run by ``make test-pages`` after ``make book``.
"""

import json

import pytest
from conftest import PAGES

from lib.rmf.solver import solve
from publish.press import book, chapter
from publish.show.figures import nucleus_text
from publish.show.glue import glue

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def tin(tmp_path_factory):
    """The page of one nucleus for 120Sn, PC-F1, with pairing."""
    notebook = tmp_path_factory.mktemp("executed") / "one_nucleus.ipynb"
    chapter.execute("one_nucleus", {"N": 70, "functional": "PC-F1", "pairing": True}, notebook)
    return chapter.make_page(notebook)


def test_the_page_is_of_the_parameters(tin, page):
    before = {path: path.stat().st_mtime_ns for path in PAGES.rglob("*.html")}
    page.context.unroute_all()  # it lies on the disk, not on the site
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else page.troubles.append(r.url))
    page.goto(tin.as_uri(), wait_until="load")
    page.wait_for_function("document.querySelectorAll('mjx-container').length > 0")
    text = page.locator("main").inner_text()
    nucleus = solve(50, 70, "PC-F1", pairing=True)
    assert "The nucleus Z = 50, N = 70, PC-F1, paired." in text
    assert f"{float(nucleus.charge_radius):.3f}" in text
    assert "{glue" not in text
    # what others see on the pages of the book is there too: figures with numbers, files, explorers, links to other chapters
    assert page.locator("main figcaption .caption-number").first.inner_text().startswith("Fig. 2.")
    files = page.locator(".downloads a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert files
    assert all((tin.parent / file).stat().st_size for file in files)
    page.locator(".ne-nucleus").select_option(label="16O (Z=8, N=8)")
    assert page.locator(".ne-text").inner_text() == nucleus_text(solve(8, 8)).replace("E_CDFT", "ECDFT")
    page.goto((tin.parent / "fig1.html").as_uri(), wait_until="load")
    assert page.locator(".re-curve").count() == 7
    assert page.troubles == []
    assert before == {path: path.stat().st_mtime_ns for path in PAGES.rglob("*.html")}, "the book itself is left alone"


def test_a_second_chapter_joins_the_first_and_one_that_stopped_does_not(tin, monkeypatch):
    folder = next(path for path in tin.parents if (path / "one_nucleus.ipynb").exists())
    made = []
    monkeypatch.setattr(book, "build_copy", lambda folder, own: made.append(own) or folder)
    stopped = json.loads((folder / "one_nucleus.ipynb").read_text())
    stopped["metadata"]["papermill"]["exception"] = True
    (folder / "chart.ipynb").write_text(json.dumps(stopped))
    network = json.loads((folder / "one_nucleus.ipynb").read_text())
    network["metadata"]["papermill"]["parameters"] = {"network": "NN1-I4E"}
    (folder / "network.ipynb").write_text(json.dumps(network))
    page = chapter.make_page(folder / "network.ipynb")
    assert page == folder / "book" / "networks" / "NN1-I4E.html"
    assert set(made[0]) == {"book/one_nucleus", "book/networks/NN1-I4E"}


def test_without_a_book_there_is_a_notebook_and_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "PAGES", tmp_path / "html")
    monkeypatch.setattr(chapter, "execute", lambda *_: tmp_path / "fig1.ipynb")
    with pytest.raises(
        SystemExit, match=r"the notebook is there, but no page: .* holds no book: run `make book` first"
    ):
        chapter.main(["fig1"])


def test_what_is_glued_is_shown(capsys):
    glue("rms", 0.25)
    assert capsys.readouterr().out.strip().endswith("rms: 0.25")
