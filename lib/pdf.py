"""The book as one PDF: ``python -m lib.pdf``, after ``python -m lib.book``.

Sphinx writes LaTeX from the chapters that the build of the pages has executed and kept, and XeLaTeX, which knows Unicode,
sets it.  As a Sphinx extension the module gives LaTeX what would otherwise be on the pages alone: the parts of the book,
the tables of pandas, an explorer as it first looks or a sentence in its place.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from tqdm import tqdm

from lib import book
from lib.tasks import atomic_write

NAME = "neural-covariant-functional"
PDF = book.BUILD / "pdf" / f"{NAME}.pdf"
_STAMP = PDF.parent / ".built"
_LATEX = book.BUILD / "latex"
PACKAGES = "texlive-xetex texlive-latex-extra texlive-fonts-recommended fonts-freefont-otf latexmk"
"""Debian's names of what ``make pdf`` needs."""
INTERACTIVE = "Here the web pages of the book hold an explorer."
PREAMBLE = r"""
\newfontfamily\symbolfont{FreeSerif.otf}
\usepackage{newunicodechar}
\newunicodechar{ℰ}{\texorpdfstring{{\symbolfont\symbol{"2130}}}{\unichar{"2130}}}
\newunicodechar{ᐟ}{\textsuperscript{/}}
\addto\captionsenglish{\renewcommand{\contentsname}{Contents}}
\setcounter{tocdepth}{1}
\setlength{\tymin}{60pt}
"""
"""The bold font of headings lacks the script E, every font the raised slash; columns of a word each are not squeezed."""
# the preface bears no number, so that the chapters have the numbers of the pages
UNNUMBERED, NUMBERED = r"\setcounter{secnumdepth}{-1}", r"\setcounter{secnumdepth}{2}"


def is_installed() -> bool:
    """Whether XeLaTeX and latexmk are on this machine."""
    return all(map(shutil.which, ("xelatex", "latexmk")))


def is_current() -> bool:
    """Whether the PDF is there, made from the present library, data and text."""
    return PDF.exists() and _STAMP.exists() and _STAMP.read_text() == book.digest(book.CODE + book.TEXT)


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
        raise ValueError(f"{book.PAGES} is not built from the present files: run `make book` first")
    shutil.rmtree(_LATEX, ignore_errors=True)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(book.ROOT), "--builder", "latex", "-W", "--keep-going", "-n"]  # fmt: skip
    if subprocess.run(command, cwd=book.ROOT, env={**os.environ, "BOOK_BUILD": ".."}, check=False).returncode:
        raise RuntimeError("the pages could not be written as LaTeX: see the warnings above")
    typeset(_LATEX / f"{NAME}.tex")
    atomic_write(PDF, lambda temporary: shutil.copy(_LATEX / f"{NAME}.pdf", temporary))
    _STAMP.write_text(book.digest(book.CODE + book.TEXT))
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
    log = path.read_text(errors="replace")
    if process.returncode:
        reasons = re.findall(r"^(?:!|\S+?:\d+:) .*", log, flags=re.M) or ["latexmk failed"]
        raise RuntimeError(f"{reasons[0]} ({path}): if a package is missing, apt-get install {PACKAGES}")
    characters = sorted(set(re.findall(r"Missing character: There is no (\S+)", log)))
    if characters:
        raise RuntimeError(f"no font has {' '.join(characters)} ({path}): write it as a formula")
    labels = sorted(set(re.findall(r"eference `([^']*)' .*undefined", log)))
    if labels:
        raise RuntimeError(f"{', '.join(labels)} is referred to, but not there ({path})")


def html_table(table: Tag) -> nodes.table:
    """A table of HTML, such as pandas makes, as one of docutils, which every builder can write."""
    groups = {"thead": [], "tbody": []}
    for row in table.find_all("tr"):
        group = groups["thead" if row.find_parent("thead") else "tbody"]
        entries = nodes.row()
        for cell in row.find_all(["th", "td"]):
            text = cell.get_text(" ", strip=True)
            content = nodes.strong(text, text) if cell.name == "th" else nodes.Text(text)
            entry = nodes.entry("", nodes.paragraph("", "", content) if text else nodes.paragraph())
            for name, span in (("morecols", "colspan"), ("morerows", "rowspan")):
                if int(cell.get(span, 1)) > 1:
                    entry[name] = int(cell[span]) - 1
            entries += entry
        group.append(entries)
    first = (groups["thead"] + groups["tbody"])[0]
    columns = sum(1 + entry.get("morecols", 0) for entry in first)
    parts = [nodes.colspec(colwidth=1) for _ in range(columns)]
    if groups["thead"]:
        parts.append(nodes.thead("", *groups["thead"]))
    parts.append(nodes.tbody("", *groups["tbody"]))
    return nodes.table("", nodes.tgroup("", *parts, cols=columns))


def first_picture(explorer: str) -> bytes | None:
    """The PNG that an explorer (:func:`lib.embedded.embed`) shows before anyone has touched it, if it shows pictures."""
    found = re.search(r'"png":"([A-Za-z0-9+/=]+)"', explorer)
    return b64decode(found[1]) if found else None


class OnPaper(SphinxPostTransform):
    """Outputs that only a browser can show, replaced before myst-nb chooses among what is there."""

    default_priority = 3
    formats = ("latex",)

    def run(self, **kwargs) -> None:
        for bundle in list(self.document.findall(nodes.container)):
            offered = {child.get("mime_type"): child for child in bundle.children}
            # a figure has its picture; all other HTML is a table, a line of links or an explorer
            if bundle.get("nb_element") == "mime_bundle" and "text/html" in offered and "image/png" not in offered:
                bundle.replace_self(self.paper(offered["text/html"]))
        # what the pages show on a click only
        for cell in list(self.document.findall(nodes.container)):
            hidden = {"input": ["source"], "output": ["output"]}.get(cell.get("hide_mode", ""), [])
            for part in [
                part for part in cell.children if part.get("nb_element") in {f"cell_code_{name}" for name in hidden}
            ]:
                cell.remove(part)

    def paper(self, source: nodes.Element) -> list[nodes.Element]:
        soup = BeautifulSoup(source.astext(), "html.parser")
        if soup.find(class_="explorer"):
            sentence = nodes.paragraph("", "", nodes.emphasis(INTERACTIVE, INTERACTIVE))
            picture = first_picture(source.astext())
            return [sentence] if picture is None else [sentence, self.image(picture)]
        if soup.find(class_="downloads"):
            return []
        return [html_table(table) for table in soup.find_all("table")]

    def image(self, picture: bytes) -> nodes.image:
        path = Path(self.env.mystnb_config.output_folder) / f"{sha256(picture).hexdigest()}.png"
        path.write_bytes(picture)
        place = os.path.relpath(path, self.env.srcdir)
        self.env.images.add_file(self.env.docname, place)
        return nodes.image(uri=place, candidates={"*": place})


class Parts(SphinxPostTransform):
    """The parts of the table of contents as parts of the document, with the root page as an unnumbered chapter before them."""

    default_priority = 700
    formats = ("latex",)

    def run(self, **kwargs) -> None:
        root = self.env.config.root_doc
        captions = [
            (tree["caption"], bool(tree.get("numbered")))
            for tree in self.env.get_doctree(root).findall(addnodes.toctree)
        ]
        [preface] = [child for child in self.document.children if isinstance(child, nodes.section)]
        wrappers = list(_own_toctrees(preface))
        title = self.env.config.html_title
        whole = nodes.section("", nodes.title(title, title), nodes.raw("", UNNUMBERED, format="latex"))
        self.document.replace(preface, whole)
        whole += [preface, nodes.raw("", NUMBERED, format="latex")]
        for page in list(self.document.findall(nodes.section)):
            # LaTeX has a heading of its own for the references, whichever page they are on
            if any(isinstance(entry, nodes.citation) for child in page for entry in child.children):
                page.replace_self(page[1:])
        for wrapper, (caption, numbered) in zip(wrappers, captions, strict=True):
            wrapper.parent.remove(wrapper)
            heading = rf"\part{{{caption}}}" + ("" if numbered else r"\appendix")
            whole += [nodes.raw("", heading, format="latex"), wrapper]


def _own_toctrees(node: nodes.Node):
    """The places of tables of contents that belong to the page itself, not to the pages set in there."""
    for child in node.children:
        if isinstance(child, nodes.compound) and "toctree-wrapper" in child["classes"]:
            yield child
        elif not isinstance(child, addnodes.start_of_file):
            yield from _own_toctrees(child)


def setup(app):
    """Sphinx extension: the LaTeX of the book."""

    def configure(app, config):
        config.latex_documents = [(config.root_doc, f"{NAME}.tex", config.html_title, config.author, "manual")]
        config.latex_elements = {
            "papersize": "a4paper", "extraclassoptions": "oneside,openany", "fncychap": "", "printindex": "", "makeindex": "",
            "preamble": PREAMBLE,
        }  # fmt: skip

    app.connect("config-inited", configure, priority=900)
    app.add_post_transform(OnPaper)
    app.add_post_transform(Parts)
    return {"version": "1", "parallel_read_safe": True}


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(description="Make the PDF of the book, from the pages that were built.").parse_args(
        arguments
    )
    try:
        print(build())
    except (FileNotFoundError, ValueError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
