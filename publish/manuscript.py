"""What the book is made of: its chapters with their parameters, its files, and where it is built."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import jupytext

from lib.provenance import ROOT

BOOK = ROOT / "book"
EXECUTED = ROOT / "_build" / "executed"


def chapters() -> list[str]:
    """Names of all chapters that have a parameters cell, alphabetically; pages without code are no chapters."""
    return sorted(path.stem for path in BOOK.glob("*.md") if ":tags: [parameters]" in path.read_text().splitlines())


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


def _cell(name: str, tag: str) -> str:
    """Source of the one cell of a chapter that has a tag."""
    [cell] = [cell for cell in jupytext.read(source(name)).cells if tag in cell.metadata.get("tags", [])]
    return cell.source


def defaults(name: str) -> dict[str, object]:
    """The chapter's parameters and their default values, as they stand in its parameters cell."""
    return {
        target.id: ast.literal_eval(statement.value)
        for statement in ast.parse(_cell(name, "parameters")).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
    }


BUILD = ROOT / "_build"
PAGES = BUILD / "html"
CODE = (
    "lib/**/*", "claims/**/*", "studies/**/*", "publish/**/*", "data/*", "data/ensembles/*", "constraints.txt", "pyproject.toml", "CITATION.cff",
)  # fmt: skip
TEXT = ("book/**/*", "_config.yml", "_toc.yml", "CHANGELOG.md", "LICENSE")
SOURCES = sorted({pattern.split("/")[0] for pattern in CODE + TEXT})
"""Files and folders that the pages are made of."""
GENERATED = ("book/networks/", "book/_static/figures/")
"""Pages that are made by the build itself."""


def digest(patterns: tuple[str, ...]) -> str:
    """Hash over names and contents of all files that match."""
    state = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            hidden = any(part.startswith((".", "__")) for part in path.relative_to(ROOT).parts)
            made = str(path.relative_to(ROOT)).startswith(GENERATED)
            if path.is_file() and not hidden and not made:
                state.update(str(path.relative_to(ROOT)).encode())
                with path.open("rb") as file:
                    state.update(hashlib.file_digest(file, "sha256").digest())
    return state.hexdigest()
