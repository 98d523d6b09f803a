"""A figure of several columns as a phone shows it: the panels below each other, their letters as large as before."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.legend import Legend

NARROW_IN = 3.75
"""Width of a figure on a phone, inches: at 96 dots an inch that of its column of text."""
_LABELS_IN = 0.45
"""What numbers and a label take below a panel that had none of its own."""


def fold(figure: Figure) -> bool:
    """Put the panels of a figure below each other, row by row; False, and nothing is done, if they are not in columns.

    Each panel gets the numbers and labels that it shared with its row or column; legends of the figure get fewer columns.
    """
    panels = [ax for ax in figure.axes if ax.get_subplotspec() is not None]
    if not any(ax.get_subplotspec().colspan.start for ax in panels):
        return False
    figure.canvas.draw()
    shown = [ax for ax in panels if ax.axison and ax.get_visible()]
    for ax in panels:
        if ax not in shown:
            ax.remove()
    shown.sort(key=lambda ax: (ax.get_subplotspec().rowspan.start, ax.get_subplotspec().colspan.start))
    heights = [ax.get_window_extent().height / figure.dpi for ax in shown]
    around = sum(ax.get_tightbbox().height / figure.dpi for ax in shown) - sum(heights)
    around += sum(_own_labels(ax, shown) for ax in shown)
    figure.set_figwidth(NARROW_IN)
    others = sum(_in_fewer_columns(legend, figure) for legend in list(figure.legends))
    if title := figure.get_suptitle():
        others += figure.suptitle(title, wrap=True).get_window_extent().height / figure.dpi
    figure.set_figheight(sum(heights) + around + others)
    grid = GridSpec(len(shown), 1, figure, height_ratios=heights)
    for ax, place in zip(shown, grid, strict=True):
        ax.set_subplotspec(place)
    return True


def _own_labels(ax: Axes, shown: list[Axes]) -> float:
    """Give a panel what others of its row and column showed for it; returns the height that takes, inches."""
    place = ax.get_subplotspec()
    alike = [other for other in shown if other.get_subplotspec().rowspan == place.rowspan]
    if not ax.get_ylabel():
        ax.set_ylabel(next((other.get_ylabel() for other in alike if other.get_ylabel()), ""))
    height = 0.0
    if not ax.get_xlabel():
        column = [other for other in shown if other.get_subplotspec().colspan == place.colspan]
        below = [other for other in column if other.get_subplotspec().rowspan.start > place.rowspan.start]
        below += ax.get_shared_x_axes().get_siblings(ax)
        ax.set_xlabel(next((other.get_xlabel() for other in below if other.get_xlabel()), ""))
        height = _LABELS_IN
    ax.tick_params(labelleft=True, labelbottom=True)
    return height


def _in_fewer_columns(legend: Legend, figure: Figure) -> float:
    """Draw a legend of a figure in as many columns as there is room for; returns its height, inches."""
    handles = {}
    for ax in figure.axes:
        for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    names = [text.get_text() for text in legend.get_texts()]
    box = legend.get_window_extent()
    edge = "upper" if box.y0 + box.y1 > figure.bbox.height else "lower"
    legend.remove()
    for columns in range(len(names), 0, -1):
        look = {"loc": f"outside {edge} center", "ncols": columns}
        legend = figure.legend([handles[name] for name in names], names, **look)
        box = legend.get_window_extent()
        if box.width <= figure.bbox.width or columns == 1:
            break
        legend.remove()
    return box.height / figure.dpi
