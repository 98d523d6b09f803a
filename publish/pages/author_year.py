"""Author and year of the works cited, as a Sphinx extension: the same in the text and in the bibliography.

The extension for citations writes ``[Li et al., 2026]`` into the text, but its bibliographies know labels such as
``[LNL+26]`` only.  Nor does it tell two works of the same authors and year apart: here they get ``a``, ``b`` behind the
year, in the order of their titles, and ``references.bib`` holds plain years.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import ascii_lowercase

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from pybtex.style.template import Node, node
from sphinxcontrib.bibtex.plugin import register_plugin as register_reference_style
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle
from sphinxcontrib.bibtex.style.template import join, year

NAME = "author_year"
"""What ``bibtex_default_style`` and ``bibtex_reference_style`` in ``_config.yml`` call the styles."""
SEPARATOR = AuthorYearReferenceStyle.author_year_sep


def label(entry: Entry) -> str:
    """Author and year of a work, put together by what puts them together in the text; without a letter."""
    style = AuthorYearReferenceStyle()
    both = join(sep=SEPARATOR)[style.person.author_or_editor_or_title(full=False), year]
    return both.format_data({"entry": entry, "style": style}).render_as("text")


class Labels(BaseLabelStyle):
    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        """Labels of all works of a bibliography, each its own; works of the same label stand in the order of their letters."""
        labels = [label(entry) for entry in sorted_entries]
        often, before = Counter(labels), Counter()
        for each in labels:
            yield each + (ascii_lowercase[before[each]] if often[each] > 1 else "")
            before[each] += 1


class ByLabel(BaseSortingStyle):
    def sorting_key(self, entry: Entry) -> tuple[str, str]:
        return label(entry).lower(), entry.fields["title"].lower()


class AuthorYear(Unsorted):
    """The plain style of BibTeX, labelled and sorted by author and year."""

    default_label_style = Labels
    default_sorting_style = ByLabel


@node
def lettered(children, data):
    """What stands in the text, with the year that the label of the work has in the bibliography."""
    [inner] = children
    entry, named = data["entry"], data["formatted_entry"].label.rpartition(SEPARATOR)[2]
    copy = Entry(entry.type, {**entry.fields, "year": named}, entry.persons)
    copy.key = entry.key
    return inner.format_data({**data, "entry": copy})


@dataclass
class InText(AuthorYearReferenceStyle):
    """Author and year in the text, with the letter behind the year where there is one."""

    def inner(self, role_name: str) -> Node:
        return lettered[super().inner(role_name)]


def connect(app) -> None:
    """Connect to Sphinx: both styles by their name."""
    register_plugin("pybtex.style.formatting", NAME, AuthorYear)
    register_reference_style("sphinxcontrib.bibtex.style.referencing", NAME, InText, force=True)
