"""The book as one PDF: ``python -m publish.press.pdf``, after ``python -m publish.press.book``."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

from lib.provenance import ROOT
from lib.tasks import alone, atomic_write
from publish.manuscript import BUILD, CODE, PAGES, TEXT, digest
from publish.pages.latex import NAME
from publish.press import book

PDF = BUILD / "pdf" / f"{NAME}.pdf"
_STAMP = PDF.parent / ".built"
_LATEX = BUILD / "latex"
PACKAGES = "texlive-xetex texlive-latex-extra texlive-fonts-recommended fonts-freefont-otf latexmk"
"""Debian's names of what ``make pdf`` needs."""


def is_installed() -> bool:
    """Whether XeLaTeX and latexmk are on this machine."""
    return all(map(shutil.which, ("xelatex", "latexmk")))


def is_current() -> bool:
    """Whether the PDF is there, made from the present library, data and text."""
    return PDF.exists() and book.says(_STAMP, digest(CODE + TEXT))


def build() -> Path:
    """Make the PDF if it is not current; returns its path.

    Raises
    ------
    FileNotFoundError
        if TeX is not installed.
    ValueError
        if the pages are not built from the present files.
    RuntimeError
        if Sphinx or XeLaTeX fails, or a character is in none of the fonts.
    """
    if is_current():
        return PDF
    if not is_installed():
        raise FileNotFoundError(f"xelatex or latexmk is not installed: apt-get install {PACKAGES}")
    if not book.is_current():
        raise ValueError(f"{PAGES} is not built from the present files: run `make book` first")
    shutil.rmtree(_LATEX, ignore_errors=True)
    if book.jupyter_book(ROOT, "--builder", "latex", *book.STRICT).returncode:
        raise RuntimeError("the pages could not be written as LaTeX: see the warnings above")
    typeset(_LATEX / f"{NAME}.tex")
    atomic_write(PDF, lambda temporary: shutil.copy(_LATEX / f"{NAME}.pdf", temporary))
    _STAMP.write_text(digest(CODE + TEXT), encoding="utf-8")
    return PDF


def typeset(source: Path) -> None:
    """Run XeLaTeX on a file as often as it takes; the PDF stands beside it.

    Raises
    ------
    RuntimeError
        for an error of TeX, a character that is in none of the fonts, or a reference to nowhere.
    """
    command = ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", source.name]
    with (
        tqdm(desc="XeLaTeX, several runs", unit="page", disable=None) as bar,
        subprocess.Popen(command, cwd=source.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process,
    ):
        for line in process.stdout:
            bar.update(len(re.findall(rb"\[\d+", line)))
    path = source.with_suffix(".log")
    log = path.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        reasons = re.findall(r"^(?:!|\S+?:\d+:) .*", log, flags=re.M) or ["latexmk failed"]
        raise RuntimeError(f"{reasons[0]} ({path}): if a package is missing, apt-get install {PACKAGES}")
    characters = sorted(set(re.findall(r"Missing character: There is no (\S+)", log)))
    if characters:
        raise RuntimeError(f"no font has {' '.join(characters)} ({path}): write it as a formula")
    labels = sorted(set(re.findall(r"eference `([^']*)' .*undefined", log)))
    if labels:
        raise RuntimeError(f"{', '.join(labels)} is referred to, but not there ({path})")


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(description="Make the PDF of the book, from the pages that were built.").parse_args(
        arguments
    )
    try:
        with alone(PDF):
            print(build())
    except (FileNotFoundError, ValueError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
