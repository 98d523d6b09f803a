"""Sentences with places for values that cells compute: how a value is written there, on the pages and in notebooks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from myst_nb.core.variables import format_plain_text

_PLACE = re.compile(r"\{glue:text\}`(?P<name>[^`:]+)(?::(?P<form>[^`]*))?`")
_FIGURE = re.compile(
    r"^```\{glue:figure\} (?P<name>\S+)\n(?::alt: (?P<alt>[^\n]*)\n)?\n?(?P<caption>.*?)\n?```$", re.M | re.S
)
_NEGATIVE = re.compile(r"(?<!\w)-(?=\d)")
_CELL = re.compile(r"(<t[dh]\b[^>]*>)([^<]+)")
NOT_YET = "[…]"
"""In the place of a value that is not computed yet."""


def minus_signs(text: str) -> str:
    """Text in which negative numbers have a minus sign where Python writes a hyphen."""
    return _NEGATIVE.sub("−", text)


def tables_with_minus_signs(html: str) -> str:
    """HTML whose tables have a minus sign before negative numbers, but not within other tags or text."""
    return _CELL.sub(lambda cell: cell[1] + minus_signs(cell[2]), html)


def place(name: str) -> str:
    """The place of a value in a text, by its name and, behind a colon, the form it is to have: ``rms:.3f``."""
    return f"{{glue:text}}`{name}`"


def figure_place(name: str, alt: str, caption: str) -> str:
    """The place of a figure or a table, with the words for those who do not see it and its caption."""
    return "\n".join([f"```{{glue:figure}} {name}", *([f":alt: {alt}"] if alt else []), "", caption, "```"])


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with the values in their places.

    Parameters
    ----------
    text
        with places as :func:`place` writes them.
    values
        by name, as Python writes them; of one that is not there, its place says :data:`NOT_YET`.
    """

    def value(found: re.Match) -> str:
        if found["name"] not in values:
            return NOT_YET
        return minus_signs(format_plain_text(values[found["name"]], found["form"] or "s"))

    return _PLACE.sub(value, text)


def names(text: str) -> set[str]:
    """Names of the values that a text has places for, figures among them."""
    return {found["name"] for pattern in (_PLACE, _FIGURE) for found in pattern.finditer(text)}


def parts(text: str) -> list[str | tuple[str, str, str]]:
    """A text taken apart at its figures and tables: sentences, and of a figure (name, alternative text, caption)."""
    found, end = [], 0
    for figure in _FIGURE.finditer(text):
        found += [text[end : figure.start()], (figure["name"], figure["alt"] or "", figure["caption"])]
        end = figure.end()
    return [part for part in [*found, text[end:]] if not isinstance(part, str) or part.strip()]


def shown(bundle: Mapping[str, str], alt: str) -> dict[str, str]:
    """What a notebook shows of a glued figure or table: of all its forms the HTML, or the picture with its words."""
    if "image/png" in bundle:
        words = alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
        source = "".join(bundle["image/png"].split())
        return {"text/html": f'<img style="max-width: 100%" alt="{words}" src="data:image/png;base64,{source}">'}
    if "text/html" in bundle:
        return {"text/html": tables_with_minus_signs(bundle["text/html"])}
    return {"text/plain": bundle["text/plain"]}
