"""Explorers that live in a page: a form, a drawing and its data in one piece of HTML, which needs no kernel and no network.

Each explorer is a file ``publish/show/*_explorer.html`` with its form and drawing, and a script; ``explorer_frame.html`` gives all of
them the same look and the few functions they share.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from IPython.display import HTML

from publish.show.style import LOOK

FOLDER = Path(__file__).parent
DASHES = {"-": "", "--": "7 4", ":": "2 3", "-.": "8 3 2 3"}
"""The line styles of figures as those of drawings in SVG."""


def in_static_page() -> bool:
    """Whether the cells are executed to be read, in the build of the book or by papermill: then no kernel stands behind them.

    The build says so by the environment variable ``BOOK_BUILD``, how to come from a page to the top of the book, and
    :mod:`publish.press.chapter` by ``CHAPTER_FOLDER``, where the executed notebook will be.  In Jupyter there is neither.
    """
    return "BOOK_BUILD" in os.environ or "CHAPTER_FOLDER" in os.environ


def embed(name: str, data: dict) -> HTML:
    """The explorer ``publish/show/<name>.html`` with its data, which JSON must be able to write.

    Raises
    ------
    ValueError
        for a number that JSON does not know, such as NaN.
    """
    markup, script = (FOLDER / f"{name}.html").read_text(encoding="utf-8").split("<script>\n")
    look = {
        id: {"colour": LOOK[id].colour, "dash": DASHES[LOOK[id].linestyle], "label": LOOK[id].label}
        for id in ("n", "p", "kinetic", "interaction", "coulomb", "total")
    }
    html = (FOLDER / "explorer_frame.html").read_text(encoding="utf-8")
    for mark, content in (
        ("/*NAME*/", name.replace("_", "-")),
        ("/*MARKUP*/", markup.rstrip()),
        ("/*SCRIPT*/", script.removesuffix("</script>\n").rstrip()),
        ("/*LOOK*/null", _json(look)),
        ("/*DATA*/null", _json(data)),
    ):
        html = html.replace(mark, content, 1)
    return HTML(html)


def _json(value: dict) -> str:
    # "<" would end the script if a label held a tag; in JSON it can be written as an escape
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
