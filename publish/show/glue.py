"""What a chapter hands from its cells to its text, by name: numbers, words, figures and tables, with files to take along.

The pages show them where the text has them, and so do the notebooks that ``make lab`` opens (:mod:`publish.show.lab`).  Any
other notebook program does not know of that, so that there the cells show them; a cell that glues is tagged
``remove-output``, which only the pages heed.

Of a figure there are a PDF and a PNG, of the numbers behind it CSV files, under stable names, with links below it
(:mod:`publish.pages.tables`); of one in several columns, another PNG for phones (:mod:`publish.show.narrow`).  While the book is built they go to ``book/_static/figures``, from where the pages are served;
a chapter that is executed on its own, perhaps under other parameters, leaves them beside its notebook and does not touch
those of the book.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import myst_nb
import numpy as np
import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler

from lib.provenance import ROOT
from publish.manuscript import BOOK, EXECUTED, FILE_DPI, FILES, NARROW_DPI
from publish.show.lab import session
from publish.show.narrow import fold

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def glue(name: str, value, file: str | None = None, **tables: pd.DataFrame) -> None:
    """Keep something under ``name`` for the text, and show it.

    Numbers of numpy and xarray become Python's, since only those can be formatted in the text; figures are closed.

    Parameters
    ----------
    name
        a number or a text is then there for ``{glue:text}``, a figure or a table for ``{glue:figure}``.
    value
        what is kept.
    file
        of a figure, or with ``tables``: the name of the files, without ending; ``name`` by default.
    tables
        the numbers behind a figure or a table, see :func:`offer`.

    Raises
    ------
    ValueError
        as :func:`offer`, or for tables behind something that is neither a figure nor a table.
    """
    if isinstance(value, Figure | pd.DataFrame | Styler):
        figure = value if isinstance(value, Figure) else None
        keep = lab.keep if (lab := session()) else myst_nb.glue
        keep(name, value)
        if figure is not None or tables:
            keep(name + FILES, offer(file or name, figure, **tables))
        if figure is not None:
            plt.close(figure)
        return
    if tables or file:
        raise ValueError(f"{name} = {value!r} is no figure and no table: files stand below one of these")
    if isinstance(value, np.generic) or (hasattr(value, "item") and np.ndim(value) == 0):
        value = value.item()
    if lab := session():
        lab.keep(name, value)
        return
    myst_nb.glue(name, value, display=False)
    print(f"{name}: {value}")


def _place() -> tuple[Path, str]:
    """Where the files go, and how to come there from where the links stand."""
    if "BOOK_BUILD" in os.environ:
        return BOOK / "_static" / "figures", f"{os.environ['BOOK_BUILD']}/_static/figures"
    if "CHAPTER_FOLDER" in os.environ:
        return Path(os.environ["CHAPTER_FOLDER"]) / "figures", "figures"
    folder = EXECUTED / "figures"
    return folder, os.path.relpath(folder)  # in Jupyter, where the notebook lies


def offer(name: str, figure: Figure | None = None, **tables: pd.DataFrame) -> HTML:
    """Write a figure and its numbers; returns the links to them for the page.

    Parameters
    ----------
    name
        of the files, without ending: small letters, digits and hyphens.
    figure
        written as PDF and PNG; its panels are below each other afterwards if another PNG shows them so.
    tables
        written as CSV, with their index; the one called ``data`` to ``<name>.csv``, others to ``<name>-<key>.csv``.

    Raises
    ------
    ValueError
        for a name that would be no stable address, or if there is nothing to write.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"name = {name!r} is no address: take small letters, digits and hyphens")
    if figure is None and not tables:
        raise ValueError(f"nothing to offer under {name!r}: give a figure or a table")
    target, prefix = _place()
    target.mkdir(parents=True, exist_ok=True)
    files, narrow = [], ""
    if figure is not None:
        # no dates inside, so that the same figure is the same file; text of the PDF stays text
        with mpl.rc_context({"pdf.fonttype": 42}):
            figure.savefig(target / f"{name}.pdf", metadata={"CreationDate": None})
        figure.savefig(target / f"{name}.png", dpi=FILE_DPI)
        files += [f"{name}.pdf", f"{name}.png"]
        if fold(figure):
            figure.savefig(target / f"{name}-narrow.png", dpi=NARROW_DPI)
            narrow = f' data-narrow="{prefix}/{name}-narrow.png"'
    for key, table in tables.items():
        file = f"{name}.csv" if key == "data" else f"{name}-{key}.csv"
        table.to_csv(target / file)
        files.append(file)
    links = " · ".join(f'<a href="{prefix}/{file}" download>{file}</a>' for file in files)
    return HTML(f'<p class="downloads"{narrow}>Download: {links}</p>')


def offer_file(path: Path, text: str | None = None) -> str:
    """Copy a file of the repository to where those of the figures are; returns a link to it, named by ``text`` or its path."""
    target, prefix = _place()
    name = path.relative_to(ROOT).as_posix()  # kept, since a figure's numbers may be in a file of the same last name
    (target / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target / name)
    return f'<a href="{prefix}/{name}" download>{text or name}</a>'
