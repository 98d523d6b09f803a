"""The look of the pages: one Sphinx extension of this book's own.

MathJax from the book itself (:mod:`publish.pages.scripts`), buttons at the head (:mod:`publish.pages.buttons`), provenance
at the foot (:mod:`publish.pages.colophon`), labels of the bibliography (:mod:`publish.pages.author_year`), tables
(:mod:`publish.pages.tables`), the same on paper (:mod:`publish.pages.latex`), the list of modules in the appendix
(:mod:`publish.pages.library`), lighter pictures (:mod:`publish.pages.pictures`), numbers of figures
(:mod:`publish.pages.numbers`), all of them on one page (:mod:`publish.pages.gallery`), notebooks for JupyterLab
(:mod:`publish.pages.lab`), and what a screen reader is told (:mod:`publish.pages.accessible`).
"""

from __future__ import annotations


def setup(app):
    """Sphinx extension."""
    # not before: one of them is a command, too, and would be loaded twice
    from publish.pages import (
        accessible,
        author_year,
        buttons,
        colophon,
        gallery,
        lab,
        latex,
        library,
        numbers,
        pictures,
        scripts,
        tables,
    )

    app.setup_extension("sphinx.ext.autodoc")
    for part in (
        scripts, buttons, colophon, author_year, tables, latex, library, pictures, numbers, gallery, accessible, lab
    ):  # fmt: skip
        part.connect(app)
    return {"version": "1", "parallel_read_safe": True}
