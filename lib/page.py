"""What a chapter hands from its cells to its text: numbers, words, figures and tables, by name.

The pages show them where the text has them.  A notebook program does not know of that, so the cells show them as well;
a cell that glues is tagged ``remove-output``, which only the pages heed.  The directive for figures also shows tables; as a
Sphinx extension the module counts these among the tables, so that they are "Table 4.1" and not "Fig. 4.1", and gives negative
numbers a minus sign.
"""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import myst_nb
import numpy as np
import pandas as pd
from docutils import nodes
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from lib.embedded import minus


def glue(name: str, value) -> None:
    """Keep a number or a text for ``{glue:text}``, a figure or a table for ``{glue:figure}``, under ``name``, and show it.

    Numbers of numpy and xarray become Python's, since only those can be formatted in the text; figures are closed.
    """
    if isinstance(value, Figure | pd.DataFrame | Styler):
        myst_nb.glue(name, value)
        if isinstance(value, Figure):
            plt.close(value)
        return
    if isinstance(value, np.generic) or (hasattr(value, "item") and np.ndim(value) == 0):
        value = value.item()
    myst_nb.glue(name, value, display=False)
    print(f"{name}: {value}")


def scientific(value: float, digits: int = 1) -> str:
    """A number to so many significant digits, as one writes it: 0.25, 12300, and 2×10⁻⁶ where zeros would be counted.

    A dash stands for what is no number.
    """
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if -4 < power < 5:
        return minus(f"{float(mantissa) * 10.0**power:.{max(0, digits - 1 - power)}f}")
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return minus(f"{mantissa}×10{raised}")


_NEGATIVE = re.compile(r"(?<!\w)-(?=\d)")
_CELL = re.compile(r"(<t[dh]\b[^>]*>)([^<]+)")


class _MinusSigns(SphinxPostTransform):
    """Numbers that cells put into the text and into tables: a minus sign where Python writes a hyphen."""

    default_priority = 2  # before lib.pdf makes tables of the HTML

    def run(self, **kwargs) -> None:
        for glued in self.document.findall(nodes.inline):
            if "pasted-text" in glued["classes"]:
                glued[:] = [nodes.Text(_NEGATIVE.sub("−", glued.astext()))]
        for html in self.document.findall(nodes.raw):
            if "<td" in html.astext() and "<script" not in html.astext():  # an explorer writes its numbers itself
                html[:] = [nodes.Text(_CELL.sub(lambda cell: cell[1] + _NEGATIVE.sub("−", cell[2]), html.astext()))]


class GluedTable(nodes.figure):
    """A table with its caption, shown by the directive for figures."""


class _TablesAreNoFigures(SphinxTransform):
    """Figures that hold HTML and no picture become tables, before anything is numbered."""

    default_priority = 200

    def apply(self, **kwargs) -> None:
        for figure in list(self.document.findall(nodes.figure)):
            offered = {part.get("mime_type") for part in figure.findall(nodes.container)}
            if "text/html" in offered and "image/png" not in offered:
                table = GluedTable("", *figure.children, **figure.attributes)
                figure.replace_self(table)
                self.document.ids.update(dict.fromkeys(table["ids"], table))


def setup(app):
    """Sphinx extension: glued tables."""
    html = (lambda writer, node: writer.visit_figure(node), lambda writer, node: writer.depart_figure(node))
    app.add_enumerable_node(GluedTable, "table", html=html)  # on paper they are tables proper, see lib.pdf
    app.add_transform(_TablesAreNoFigures)
    app.add_post_transform(_MinusSigns)
    return {"version": "1", "parallel_read_safe": True}
