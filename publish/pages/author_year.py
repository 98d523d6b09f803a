"""Labels of the bibliography, as a Sphinx extension: author and year, as in the text.

The extension for citations writes ``[Li et al., 2026]`` into the text, but its bibliographies know labels such as
``[LNL+26]`` only.  Two works of the same authors and year have ``a`` and ``b`` behind the year in ``references.bib``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle
from sphinxcontrib.bibtex.style.template import join, year

NAME = "author_year"
"""What ``bibtex_default_style`` in ``_config.yml`` calls the style."""


def label(entry: Entry) -> str:
    """Author and year of a work, put together by what puts them together in the text."""
    style = AuthorYearReferenceStyle()
    both = join(sep=style.author_year_sep)[style.person.author_or_editor_or_title(full=False), year]
    return both.format_data({"entry": entry, "style": style}).render_as("text")


class Labels(BaseLabelStyle):
    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        return map(label, sorted_entries)


class ByLabel(BaseSortingStyle):
    def sorting_key(self, entry: Entry) -> str:
        return label(entry).lower()


class AuthorYear(Unsorted):
    """The plain style of BibTeX, labelled and sorted by author and year."""

    default_label_style = Labels
    default_sorting_style = ByLabel


def connect(app) -> None:
    """Connect to Sphinx: the style by its name."""
    register_plugin("pybtex.style.formatting", NAME, AuthorYear)
