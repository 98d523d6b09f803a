"""The book as one PDF: ``python -m publish.press.pdf``, after ``python -m publish.press.book``.

Sphinx writes LaTeX from the chapters that the build of the pages has executed and kept, and XeLaTeX, which knows Unicode,
sets it.  As a Sphinx extension the module gives LaTeX what would otherwise be on the pages alone: the parts of the book,
the tables of pandas, and a sentence in the place of an explorer.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bs4 import BeautifulSoup, NavigableString, Tag
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from publish.pages.tables import GluedTable

NAME = "neural-covariant-functional"
INTERACTIVE = "Here the web pages of the book hold an explorer."
PREAMBLE = r"""
\newfontfamily\symbolfont{FreeSerif.otf}
\usepackage{newunicodechar}
\newunicodechar{ℰ}{\texorpdfstring{{\symbolfont\symbol{"2130}}}{\unichar{"2130}}}
\newunicodechar{ᐟ}{\textsuperscript{/}}
\addto\captionsenglish{\renewcommand{\contentsname}{Contents}}
\setcounter{tocdepth}{1}
\setlength{\tymin}{60pt}
\makeatletter\AtBeginDocument{\spx@image@maxheight=.85\textheight}\makeatother
"""
"""The bold font of headings lacks the script E, every font the raised slash; columns of a word each are not squeezed; a
figure leaves room for its caption."""
SIZES = {"normalsize": 88, "footnotesize": 110, "scriptsize": 124}
"""Sizes of the letters in tables, and how many of them make a line."""
SHORT = 4
"""Rows, the head included, up to which a table is kept on one page."""
# the preface bears no number, so that the chapters have the numbers of the pages
UNNUMBERED, NUMBERED = r"\setcounter{secnumdepth}{-1}", r"\setcounter{secnumdepth}{2}"


class _Cell(NamedTuple):
    content: list[nodes.Node]
    heading: bool
    columns: int
    rows: int

    @property
    def text(self) -> str:
        return "".join(node.astext() for node in self.content).strip()

    @property
    def needs(self) -> tuple[float, float]:
        """Its length in characters, and that of its longest word; figures, capitals and bold letters are wider than most."""
        wide = 1.35 if self.heading else 1.2
        return wide * len(self.text), wide * max(map(len, self.text.split()), default=0)

    def node(self) -> nodes.entry:
        content = [nodes.strong("", "", *self.content)] if self.heading else self.content
        # an empty paragraph would still be a line high
        entry = nodes.entry("", *([nodes.paragraph("", "", *content)] if self.text else []))
        if self.columns > 1:
            entry["morecols"] = self.columns - 1
        if self.rows > 1:
            entry["morerows"] = self.rows - 1
        return entry


def _content(cell: Tag) -> list[nodes.Node]:
    """Text, subscripts and superscripts of a cell; of all other tags, such as links, the text."""
    raised = {"sub": nodes.subscript, "sup": nodes.superscript}
    found = []
    for part in cell.children:
        if isinstance(part, NavigableString):
            found.append(nodes.Text(re.sub(r"\s+", " ", part)))
        elif part.name in raised:
            found.append(raised[part.name](part.get_text(), part.get_text()))
        else:
            found += [nodes.Text(" ")] if part.name == "br" else _content(part)
    return found


def _cells(row: Tag) -> list[_Cell]:
    return [
        _Cell(_content(cell), cell.name == "th", int(cell.get("colspan", 1)), int(cell.get("rowspan", 1)))
        for cell in row.find_all(["th", "td"])
    ]


def _one_head(head: list[list[_Cell]]) -> list[list[_Cell]]:
    """The names of the index, for which pandas has a row of their own, in the row of the column names."""
    if len(head) != 2 or len(head[0]) != len(head[1]) or any(a.text and b.text for a, b in zip(*head, strict=True)):
        return head
    return [[a if a.text else b for a, b in zip(*head, strict=True)]]


def html_table(table: Tag) -> list[nodes.Element]:
    """A table of HTML, such as pandas makes, as one of docutils, between commands of LaTeX for the size of its letters.

    The size is the largest in which no word has to be broken; where a line is then too long, cells get several lines.
    """
    head = _one_head([_cells(row) for row in table.select("thead tr")])
    body = [_cells(row) for row in table.select("tr") if not row.find_parent("thead")]
    count = sum(cell.columns for cell in (head + body)[0])
    natural, word, taken = [0.0] * count, [0.0] * count, set()
    for i, row in enumerate(head + body):
        for cell in row:
            j = next(j for j in range(count) if (i, j) not in taken)
            taken |= {(i + k, j + m) for k in range(cell.rows) for m in range(cell.columns)}
            if cell.columns == 1:
                length, longest = cell.needs
                natural[j], word[j] = max(natural[j], length), max(word[j], longest)
    size = next((size for size, room in SIZES.items() if sum(word) + 2 * count <= room), "scriptsize")
    room = SIZES[size] - 2 * count
    columns, classes = [1.0] * count, ["longtable"] if len(head + body) > SHORT else []
    if sum(natural) > room:
        share = max(0.0, room - sum(word)) / max(1.0, sum(natural) - sum(word))
        columns = [w + share * (n - w) + 2 for n, w in zip(natural, word, strict=True)]
        classes = ["longtable", "colwidths-given"]
    parts = [nodes.colspec(colwidth=max(1, round(width))) for width in columns]
    if head:
        parts.append(nodes.thead("", *(nodes.row("", *(cell.node() for cell in row)) for row in head)))
    parts.append(nodes.tbody("", *(nodes.row("", *(cell.node() for cell in row)) for row in body)))
    made = nodes.table("", nodes.tgroup("", *parts, cols=count), classes=classes)
    return [nodes.raw("", rf"{{\{size}", format="latex"), made, nodes.raw("", "}", format="latex")]


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
        for glued in list(self.document.findall(GluedTable)):
            [table] = glued.findall(nodes.table)
            [caption] = glued.findall(nodes.caption)
            glued.remove(caption)
            table.insert(0, nodes.title("", "", *caption.children))
            table["ids"] += glued["ids"]
            glued.replace_self(glued.children)
        for table in self.document.findall(nodes.table):
            if "colwidths-given" in table["classes"] and len(list(table.findall(nodes.row))) > SHORT:
                table["classes"].append("longtable")
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
            return [nodes.paragraph("", "", nodes.emphasis(INTERACTIVE, INTERACTIVE))]
        if soup.find(class_="downloads"):
            return []
        return [node for table in soup.find_all("table") for node in html_table(table)]


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


def connect(app) -> None:
    """Connect to Sphinx: the LaTeX of the book."""

    def configure(app, config):
        config.latex_documents = [(config.root_doc, f"{NAME}.tex", config.html_title, config.author, "manual")]
        config.latex_domain_indices = False  # the table of contents lists the modules
        config.latex_elements = {
            "papersize": "a4paper", "extraclassoptions": "oneside,openany", "fncychap": "", "printindex": "", "makeindex": "",
            "preamble": PREAMBLE,
            # figures where the text has them; if they float, tables of several pages may run off the page
            "figure_align": "H",
        }  # fmt: skip

    app.connect("config-inited", configure, priority=900)
    app.add_post_transform(OnPaper)
    app.add_post_transform(Parts)
