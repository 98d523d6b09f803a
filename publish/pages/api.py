"""Docstrings as a page: a Sphinx extension for the appendix on the library.

Docstrings here have the sections of numpy, but behind the colon of a parameter stands what it means, with shape and unit;
its type stands in the signature.  Sphinx's own reader of such sections takes what follows a colon for a type.
"""

from __future__ import annotations

from itertools import pairwise

SECTIONS = ("Parameters", "Returns", "Raises")


def as_fields(lines: list[str]) -> list[str]:
    """The lines of a docstring, its sections turned into fields of reStructuredText; sections stand at its end.

    Raises
    ------
    ValueError
        for a section of another name, which would be left as it is.
    """
    result: list[str] = []
    section = None
    for line, below in pairwise([*lines, ""]):
        if below.startswith("---"):
            if line not in SECTIONS:
                raise ValueError(f"{line!r} is no section of a docstring: choose among {', '.join(SECTIONS)}")
            section = line
            result.append(f":{section}:")
        elif section is None:
            result.append(line)
        elif line.startswith("---"):
            continue
        elif section == "Returns" or not line or line.startswith(" "):
            result.append(f"      {line.strip()}".rstrip())
        else:
            name, _, meaning = line.partition(" : ")
            result.append(f"    * **{name}** – {meaning}".rstrip())
    return result


def connect(app) -> None:
    """Connect to Sphinx: :func:`as_fields` for every docstring that autodoc reads."""

    def read(app, what, name, obj, options, lines):
        lines[:] = as_fields(lines)

    app.connect("autodoc-process-docstring", read)
