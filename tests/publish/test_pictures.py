"""Pictures of the pages lose what nobody sees, and nothing else."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from publish.pages import pictures


@pytest.fixture
def plot(tmp_path):
    """A picture as plots are written, opaque, with a channel that says so."""
    pixels = np.full((60, 80, 4), 255, np.uint8)
    pixels[..., :3] = np.random.default_rng(0).integers(0, 255, (60, 80, 3))
    (tmp_path / "_images").mkdir()
    path = tmp_path / "_images" / "plot.png"
    Image.fromarray(pixels).save(path)
    return path


def test_an_opaque_picture_keeps_every_pixel(plot):
    before, size = np.array(Image.open(plot)), plot.stat().st_size
    pictures.slim(plot)
    with Image.open(plot) as image:
        assert image.mode == "RGB"
        assert np.array_equal(np.array(image), before[..., :3])
    assert plot.stat().st_size < size
    written = plot.stat().st_mtime_ns
    pictures.slim(plot)
    assert plot.stat().st_mtime_ns == written, "once is enough"


def test_a_picture_one_can_look_through_stays(plot):
    pixels = np.array(Image.open(plot))
    pixels[0, 0, 3] = 0
    Image.fromarray(pixels).save(plot)
    before = plot.read_bytes()
    pictures.slim(plot)
    assert plot.read_bytes() == before


@pytest.mark.parametrize(
    ("kind", "error", "mode"), [("html", None, "RGB"), ("latex", None, "RGBA"), ("html", ValueError(), "RGBA")]
)
def test_at_the_end_of_a_build_of_pages(plot, kind, error, mode):
    connected = {}
    app = SimpleNamespace(outdir=plot.parents[1], builder=SimpleNamespace(format=kind), connect=connected.__setitem__)
    pictures.connect(app)
    connected["build-finished"](app, error)
    with Image.open(plot) as image:
        assert image.mode == mode


def test_a_sharper_screen_takes_the_file_that_the_figure_links_to():
    page = '<a class="reference external image-reference" href="../a.png"><img alt="x" src="../_images/1.png" /></a><img src="b.png">'
    assert pictures.sharp(page) == (
        '<a class="reference external image-reference" href="../a.png">'
        '<img alt="x" src="../_images/1.png" srcset="../_images/1.png 1x, ../a.png 2.727x" /></a><img src="b.png">'
    )


def test_a_narrow_page_takes_the_picture_of_one_column_where_there_is_one():
    def link(name):
        return f'<a class="image-reference" href="../{name}.png"><img src="{name}" /></a>'

    page = link("a") + '<p class="downloads" data-narrow="../a-narrow.png">Download: </p>' + link("b")
    assert pictures.sharp(page) == (
        '<a class="image-reference" href="../a.png"><picture>'
        '<source media="(max-width: 600px)" srcset="../a-narrow.png 2.5x">'
        '<img src="a" srcset="a 1x, ../a.png 2.727x" /></picture></a>'
        '<p class="downloads" data-narrow="../a-narrow.png">Download: </p>'
        '<a class="image-reference" href="../b.png"><img src="b" srcset="b 1x, ../b.png 2.727x" /></a>'
    )
