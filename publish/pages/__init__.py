"""The look of the pages: one Sphinx extension of this book's own.

MathJax from the book itself (:mod:`publish.pages.scripts`), buttons at the head (:mod:`publish.pages.buttons`), provenance
at the foot (:mod:`publish.pages.colophon`), labels of the bibliography (:mod:`publish.pages.author_year`), tables
(:mod:`publish.pages.tables`), and the same on paper (:mod:`publish.pages.latex`).
"""

from __future__ import annotations

from publish.pages import api, author_year, buttons, colophon, latex, scripts, tables


def setup(app):
    """Sphinx extension."""
    app.setup_extension("sphinx.ext.autodoc")
    for part in (scripts, buttons, colophon, author_year, tables, latex, api):
        part.connect(app)
    return {"version": "1", "parallel_read_safe": True}
