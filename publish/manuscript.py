"""What the book is made of: its chapters with their parameters, its files, and where it is built."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path

from lib.provenance import ROOT

BOOK = ROOT / "book"
EXECUTED = ROOT / "_build" / "executed"
PAGE_DPI, FILE_DPI, NARROW_DPI = 110, 300, 240
"""Dots per inch of the pictures on the pages, of those to take along, which sharper screens show, and of those for phones."""
FILES = "-files"
"""Behind the name of a figure or a table – the name under which chapters keep the links to its files."""


_CELL = re.compile(r"^```\{code-cell\} ipython3\n:tags: \[([\w, -]+)\]\n\n(.*?)^```$", re.M | re.S)


def texts() -> list[str]:
    """Names of the texts in ``book`` that ``_toc.yml`` makes pages of, in reading order.

    ``network``, one text for the page of each network, stands for these.  Whatever else lies in ``book``, as the lock
    and backup files of editors and systems, is no part of the book.
    """
    entries = re.findall(r"^[\s-]*(?:root|file):\s*book/(\S+)", _read(ROOT / "_toc.yml"), re.M)
    return list(dict.fromkeys("network" if entry.startswith("networks/") else entry for entry in entries))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error}): save it as one") from error


def cell(name: str, tag: str) -> str:
    """Source of the one cell of a chapter that has a tag.

    Raises
    ------
    ValueError
        if there is no such chapter, or not one such cell.
    """
    cells = [text for tags, text in _CELL.findall(_read(source(name))) if tag in tags.split(", ")]
    if len(cells) != 1:
        raise ValueError(f"chapter {name!r} has {len(cells)} cells with the tag {tag!r}: it needs one")
    return cells[0]


def chapters() -> list[str]:
    """Names of all chapters that have a parameters cell, alphabetically; pages without code are no chapters."""
    tag = re.compile(r"^:tags: \[parameters\b", re.M)
    return sorted(name for name in texts() if tag.search(_read(BOOK / f"{name}.md")))


def source(name: str) -> Path:
    """Path of a chapter's source.

    Raises
    ------
    ValueError
        if there is no such chapter.
    """
    if name not in chapters():
        raise ValueError(
            f"unknown chapter {name!r}: choose one of {', '.join(chapters())}, "
            'as in make chapter NAME=one_nucleus PARAMS="Z=50 N=70"'
        )
    return BOOK / f"{name}.md"


def defaults(name: str) -> dict[str, object]:
    """The chapter's parameters and their default values, as they stand in its parameters cell."""
    return {
        target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(cell(name, "parameters")).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    }


BUILD = ROOT / "_build"
PAGES = BUILD / "html"
CODE = (
    "lib/**/*", "claims/**/*", "studies/**/*", "publish/**/*", "data/*", "data/ensembles/*", "requirements/*", "pyproject.toml", "CITATION.cff",
)  # fmt: skip
TEXT = ("book/**/*", "_config.yml", "_toc.yml", "CHANGELOG.md", "LICENSE")
SOURCES = sorted({pattern.split("/")[0] for pattern in CODE + TEXT})
"""Files and folders that the pages are made of."""
GENERATED = ("book/networks/", "book/_static/figures/")
"""Pages that are made by the build itself."""


def digest(patterns: tuple[str, ...]) -> str:
    """Hash over names and contents of all files that match; no number and no page depends on the README of a room."""
    state = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            hidden = any(part.startswith((".", "__")) for part in path.relative_to(ROOT).parts)
            made = str(path.relative_to(ROOT)).startswith(GENERATED)
            if path.is_file() and path.name != "README.md" and not hidden and not made:
                state.update(str(path.relative_to(ROOT)).encode())
                with path.open("rb") as file:
                    state.update(hashlib.file_digest(file, "sha256").digest())
    return state.hexdigest()
