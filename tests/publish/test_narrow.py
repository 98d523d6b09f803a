"""Panels in columns stand below each other where a page is narrow."""

import itertools

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from publish.show import glue
from publish.show.glue import offer
from publish.show.narrow import NARROW_IN, fold
from publish.show.style import use_style


@pytest.fixture(params=["off", "invisible"])
def grid(request):
    """Two rows and two columns that share their axes, one place empty, in either way."""
    use_style()
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5), sharex=True, sharey="row")
    for letter, ax in zip("abc", axes.flat, strict=False):
        ax.plot([0, 1], [0, 2], label="one line of two")
        ax.errorbar([0, 1], [1, 2], 0.1, label="another line, longer")
        ax.set_title(f"({letter})")
    axes[1, 1].axis("off") if request.param == "off" else axes[1, 1].set_visible(False)
    axes[0, 0].set_ylabel("energy (MeV)")
    axes[1, 0].set(xlabel="radius (fm)", ylabel="density")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figure.suptitle("words above all of the panels, as many as a wide page has room for and a narrow one has not")
    yield figure
    plt.close(figure)


def test_panels_stand_below_each_other_with_labels_of_their_own(grid):
    letters = grid.axes[0].title.get_fontsize()
    assert fold(grid)
    grid.canvas.draw()
    assert grid.get_figwidth() == NARROW_IN
    boxes = [ax.get_tightbbox() for ax in grid.axes]
    assert [ax.get_title() for ax in grid.axes] == ["(a)", "(b)", "(c)"]
    for upper, lower in itertools.pairwise(boxes):
        assert upper.y0 >= lower.y1 - 1, "no panel lies on the next"
    for box in boxes:
        assert box.x0 >= -1
        assert box.x1 <= grid.bbox.x1 + 1
    assert [ax.get_ylabel() for ax in grid.axes] == ["energy (MeV)", "energy (MeV)", "density"]
    assert {ax.get_xlabel() for ax in grid.axes} == {"radius (fm)"}
    assert all(any(tick.get_text() for tick in ax.get_yticklabels() + ax.get_xticklabels()) for ax in grid.axes)
    assert grid.axes[0].title.get_fontsize() == letters
    (legend,) = grid.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one line of two", "another line, longer"]
    assert legend.get_window_extent().width <= grid.bbox.width
    assert legend.get_window_extent().y0 >= boxes[0].y1 - 1
    (words,) = grid.texts
    assert words.get_window_extent().width <= grid.bbox.width


def test_what_stands_above_other_panels_lends_no_label():
    """Levels have names below them and no radius, though the panel above them has one."""
    use_style()
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5))
    for ax in axes.flat[:3]:
        ax.set_xlabel("radius (fm)")
    axes[1, 1].set_xticks([0, 1], ["neutrons", "protons"])
    assert fold(figure)
    assert [ax.get_xlabel() for ax in figure.axes] == ["radius (fm)"] * 3 + [""]
    plt.close(figure)


@pytest.mark.parametrize("rows", [1, 3])
def test_one_column_stays_as_it_is(rows):
    use_style()
    figure, _ = plt.subplots(rows, 1, figsize=(7.2, 5))
    assert not fold(figure)
    assert figure.get_size_inches().tolist() == [7.2, 5]
    plt.close(figure)


def test_both_pictures_are_written(grid, tmp_path, monkeypatch):
    monkeypatch.setattr(glue, "EXECUTED", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("BOOK_BUILD", "CHAPTER_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    assert 'data-narrow="figures/grid-narrow.png"' in offer("grid", grid).data
    assert "narrow" not in offer("column", plt.figure()).data
    wide, narrow = (Image.open(tmp_path / "figures" / name).size for name in ("grid.png", "grid-narrow.png"))
    assert wide[0] == 2160
    assert narrow[0] == 900
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        "grid.pdf", "grid.png", "grid-narrow.png", "column.pdf", "column.png"
    }  # fmt: skip
