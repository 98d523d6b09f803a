"""Figures and numbers offered on the page: where they go, what is in them, the links."""

import os
import re
from io import StringIO

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from lib import provenance
from publish.show import glue
from publish.show.glue import offer, offer_file


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setattr(glue, "BOOK", tmp_path / "book")
    monkeypatch.setattr(glue, "EXECUTED", tmp_path / "executed")
    for name in ("BOOK_BUILD", "CHAPTER_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def figure():
    figure, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    yield figure
    plt.close(figure)


TABLE = pd.DataFrame({"distance": [0, 2], "rms": [0.644, 1.0 / 3]}).set_index("distance")


def hrefs(html):
    return re.findall(r'href="([^"]+)" download', html.data)


def test_in_the_book_they_are_served_from_static(places, figure, monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    links = hrefs(offer("fig1", figure, data=TABLE, other=TABLE))
    assert links == [f"../_static/figures/{name}" for name in ("fig1.pdf", "fig1.png", "fig1.csv", "fig1-other.csv")]
    for link in links:
        assert (places / "book" / "_static" / "figures" / os.path.basename(link)).stat().st_size > 20
    assert not (places / "executed").exists()


@pytest.mark.parametrize("notebook", ["executed", "lab/book"])
def test_a_chapter_on_its_own_leaves_the_book_alone(places, figure, monkeypatch, notebook):
    """Executed by papermill, the notebook is beside the files; in Jupyter it runs in the folder where it lies."""
    if notebook == "executed":
        monkeypatch.setenv("CHAPTER_FOLDER", str(places / "executed"))
    else:
        (places / notebook).mkdir(parents=True)
        monkeypatch.chdir(places / notebook)
    links = hrefs(offer("fig1", figure))
    assert [os.path.basename(link) for link in links] == ["fig1.pdf", "fig1.png"]
    assert all(os.path.exists(os.path.normpath(places / notebook / link)) for link in links)
    assert not (places / "book").exists()


def test_formats(places, figure):
    offer("fig1", figure, data=TABLE)
    folder = places / "executed" / "figures"
    assert (folder / "fig1.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "fig1.png").read_bytes().startswith(b"\x89PNG")
    again = pd.read_csv(StringIO((folder / "fig1.csv").read_text()), index_col=0)
    pd.testing.assert_frame_equal(again, TABLE)


def test_the_same_figure_is_the_same_file(places, figure):
    """Else every build would make new files, and the next build would think the book had changed."""
    folder = places / "executed" / "figures"
    contents = []
    for _ in range(2):
        offer("fig1", figure)
        contents.append([(folder / f"fig1.{ending}").read_bytes() for ending in ("pdf", "png")])
    assert contents[0] == contents[1]
    assert b"CreationDate" not in contents[0][0]


@pytest.mark.parametrize("name", ["Fig 1", "fig1.pdf", "../fig1", "", "fig_1"])
def test_names_that_are_no_addresses(places, name):
    with pytest.raises(ValueError, match="no address"):
        offer(name, data=TABLE)


def test_nothing_to_offer(places):
    with pytest.raises(ValueError, match="nothing to offer under 'fig1'"):
        offer("fig1")


def test_a_file_of_the_repository_is_served_too(places, monkeypatch):
    monkeypatch.setenv("BOOK_BUILD", "..")
    source = provenance.ROOT / "data" / "search.csv"
    assert offer_file(source) == '<a href="../_static/figures/data/search.csv" download>data/search.csv</a>'
    assert (places / "book" / "_static" / "figures" / "data" / "search.csv").read_bytes() == source.read_bytes()
    assert offer_file(source, "the search").endswith(" download>the search</a>")


def test_what_is_glued_stands_with_its_files(places, figure, monkeypatch):
    glued = {}
    monkeypatch.setattr(glue.myst_nb, "glue", lambda name, value, display=True: glued.update({name: value}))
    glue.glue("curve", figure, data=TABLE)
    assert glued["curve"] is figure
    assert [os.path.basename(link) for link in hrefs(glued["curve-files"])] == ["curve.pdf", "curve.png", "curve.csv"]
    assert not plt.fignum_exists(figure.number)
    glue.glue("claims", TABLE, file="verdict", conditions=TABLE)
    assert [os.path.basename(link) for link in hrefs(glued["claims-files"])] == ["verdict-conditions.csv"]
    glue.glue("plain", TABLE)
    assert "plain-files" not in glued
    with pytest.raises(ValueError, match=r"rms = 0.6 is no figure and no table"):
        glue.glue("rms", 0.6, data=TABLE)
