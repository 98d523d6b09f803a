"""Tables and figures of the pages, where Sphinx alone would not do.

The directive for glued figures also shows tables; these are counted among the tables, so that they are "Table 4.1" and not
"Fig. 4.1".  Below both stand the links to their files, and a picture is itself a link to its PNG.  Negative numbers have a
minus sign.
"""

from __future__ import annotations

import re

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.directives import PasteFigureDirective
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from publish.manuscript import FILES
from publish.prose import minus_signs, tables_with_minus_signs


class _MinusSigns(SphinxPostTransform):
    """Numbers that cells put into the text and into tables: a minus sign where Python writes a hyphen."""

    default_priority = 2  # before publish.pages.latex makes tables of the HTML

    def run(self, **kwargs) -> None:
        for glued in self.document.findall(nodes.inline):
            if "pasted-text" in glued["classes"]:
                glued[:] = [nodes.Text(minus_signs(glued.astext()))]
        for html in self.document.findall(nodes.raw):
            if "<td" in html.astext() and "<script" not in html.astext():  # an explorer writes its numbers itself
                html[:] = [nodes.Text(tables_with_minus_signs(html.astext()))]


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


class _FiguresLink(SphinxPostTransform):
    """The links of a figure stand behind it: the picture before them becomes a link to the PNG among them."""

    default_priority = 5  # myst-nb has just chosen the pictures
    formats = ("html",)

    def run(self, **kwargs) -> None:
        figure = None
        for node in list(self.document.findall(lambda node: isinstance(node, nodes.figure | nodes.raw))):
            if isinstance(node, nodes.figure):
                figure = node
            elif figure and 'class="downloads"' in node.astext():
                address = re.search(r'href="([^"]+\.png)"', node.astext())
                for image in list(figure.findall(nodes.image)) if address else []:
                    image.replace_self(nodes.reference("", "", image.copy(), refuri=address[1]))
                figure = None


class GluedFigure(PasteFigureDirective):
    """The directive for glued figures and tables, with the links to their files below."""

    def run(self) -> list[nodes.Node]:
        parts = super().run()
        parts[0]["glue"], parts[0]["alt"] = self.arguments[0], self.options.get("alt", "")  # for publish.pages.lab
        try:
            links = retrieve_glue_data(self.document, self.arguments[0] + FILES)
        except RetrievalError:
            return parts  # there are no files
        return [*parts, nodes.raw("", links.data["text/html"], format="html")]


class GluedText(PasteTextRole):
    """The role for glued values; what it makes remembers name and form of the value."""

    def run(self):
        found, messages = super().run()
        for node in found:
            node["glue"] = self.text
        return found, messages


def _use_glued(app, config) -> None:
    """After all extensions, that of the domain among them, are there."""
    app.add_directive_to_domain("glue", "figure", GluedFigure, override=True)
    app.add_role_to_domain("glue", "text", GluedText(), override=True)


def connect(app) -> None:
    """Connect to Sphinx: glued tables, and figures that link to their files."""
    html = (lambda writer, node: writer.visit_figure(node), lambda writer, node: writer.depart_figure(node))
    app.connect("config-inited", _use_glued)
    app.add_enumerable_node(GluedTable, "table", html=html)  # on paper they are tables proper, see publish.pages.latex
    app.add_transform(_TablesAreNoFigures)
    app.add_post_transform(_MinusSigns)
    app.add_post_transform(_FiguresLink)
