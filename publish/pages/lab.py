"""The chapters as notebooks for JupyterLab, as a Sphinx extension: ``_build/lab``, which ``make lab`` opens.

JupyterLab knows nothing of citations, numbers, references and glued values.  So each page that is written is also written as
a notebook of the same cells: its text as plain Markdown, with all that Sphinx knows of it in place, and what holds values of
cells in cells of its own, which begin with ``%%prose`` (:mod:`publish.show.lab`) and follow when the chapter is run again.
Until then they show what they show on the page.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import nbformat
from docutils import nodes
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx import addnodes
from sphinx.util.math import get_node_equation_number

from publish.prose import figure_place, filled, names, parts, place, shown

FOLDER = "lab"
"""Beside that of the pages."""
NOTARY = ".notary"
"""The folder in it that says which notebooks the book itself has made, so that JupyterLab shows all of them."""
FOLLOW = "%load_ext publish.show.lab"
HEAD = (
    "> **A notebook of this book.** Numbers in the text, figures and tables are those of the last `make book`; they follow what you"
    " compute once you have run the cells (*Run* → *Run All Cells*). A click on a grey bar (•••) unfolds the"
    " code behind it. `make book` writes this notebook anew from `{source}`: save what you change under another name."
)
EXPLORER = "*Run this cell, and here stands an explorer that computes.*"
_SILENT = (
    nodes.comment, nodes.target, nodes.substitution_definition, nodes.meta, nodes.system_message, addnodes.index, addnodes.toctree, addnodes.highlightlang
)  # fmt: skip
_MARKS = {nodes.emphasis: "*", nodes.title_reference: "*", nodes.strong: "**"}
_TAGS = {nodes.subscript: "sub", nodes.superscript: "sup"}


def escaped(text: str) -> str:
    """Text in which Markdown finds no marks of its own."""
    return re.sub(r"([\\*_`\[\]$|])", r"\\\1", text).replace("<", "&lt;")


class Writer:
    """One page as Markdown.

    Parameters
    ----------
    page
        name of the page.
    doctree
        all of it, references resolved.
    app
        the Sphinx that has just written it.
    """

    def __init__(self, page: str, doctree: nodes.document, app):
        self.page, self.doctree, self.builder = page, doctree, app.builder
        self.sections = app.env.toc_secnumbers.get(page, {})

    def title(self, section: nodes.section) -> str:
        """The heading of a section as it is read, with its number."""
        anchor = "" if section.parent is self.doctree else f"#{section['ids'][0]}"
        number = self.sections.get(anchor)
        return (".".join(map(str, number)) + ". " if number else "") + section.next_node(nodes.title).astext()

    def address(self, link: nodes.reference) -> str:
        """Where a reference leads in JupyterLab: to a page of the web, to a notebook, or to a heading of this one."""
        target = link.get("refuri", "#" + link.get("refid", ""))
        file, _, fragment = target.partition("#")
        if ":" in file:
            return target
        if file:
            other = re.sub(r"\.html$", ".ipynb", file)
            page = os.path.normpath(Path(self.page).parent / other.removesuffix(".ipynb")).replace(os.sep, "/")
            if has_notebook(self.builder.env, page):
                return other
            return (
                os.path.relpath(self.builder.outdir, Path(self.builder.outdir).parent / FOLDER / Path(self.page).parent)
                + f"/{page}.html"
            )
        for node in self.doctree.findall(nodes.Element):
            if fragment in node.get("ids", ()):
                while not isinstance(node, nodes.section):
                    node = node.parent
                return "#" + quote(self.title(node).replace(" ", "-"))
        return ""

    def line(self, node: nodes.Node) -> str:
        """What stands in a line."""
        if isinstance(node, nodes.Text):
            return escaped(node.astext())
        inner = "".join(map(self.line, node.children))
        match node:
            case nodes.math():
                return f"${' '.join(node.astext().split())}$"
            case nodes.literal():
                return f"`{node.astext()}`"
            case nodes.reference():
                address = self.address(node)
                return f"[{inner}]({address})" if inner and address else inner
            case nodes.raw():
                return node.astext()
            case nodes.inline() if "glue" in node:
                return place(node["glue"])
            case _ if type(node) in _MARKS:
                return f"{_MARKS[type(node)]}{inner}{_MARKS[type(node)]}"
            case _ if type(node) in _TAGS:
                return f"<{_TAGS[type(node)]}>{inner}</{_TAGS[type(node)]}>"
        return inner

    def words(self, node: nodes.Element) -> str:
        """All lines of a paragraph as one."""
        return " ".join("".join(map(self.line, node.children)).split())

    def numbered(self, figure: nodes.figure) -> str:
        """Caption of a figure or a table, with its number."""
        kind, word = ("figure", "Fig.") if type(figure) is nodes.figure else ("table", "Table")
        number = self.builder.fignumbers.get(kind, {}).get(figure["ids"][0], ()) if figure["ids"] else ()
        caption = figure.next_node(nodes.caption)
        return f"**{word} {'.'.join(map(str, number))}** {self.words(caption) if caption else ''}".strip()

    def blocks(self, node: nodes.Element, depth: int = 1) -> Iterator[str | nodes.container]:
        """What stands on lines of its own: Markdown, and cells with code as they are."""
        match node:
            case nodes.section():
                yield f"{'#' * depth} {escaped(self.title(node))}"
                for child in node.children[1:]:
                    yield from self.blocks(child, depth + 1)
            case nodes.title():
                pass
            case nodes.container() if "cell" in node["classes"]:
                yield node
            case nodes.paragraph() | nodes.line():
                yield self.words(node)
            case nodes.math_block():
                number = node.get("number") and get_node_equation_number(SimpleNamespace(builder=self.builder), node)
                tag = f"\n\\tag{{{number.strip('()')}}}" if number else ""
                text = re.sub(r"\n\s*\n", "\n", node.astext().strip())
                yield text if node.get("nowrap") else f"$$\n{text}{tag}\n$$"
            case nodes.figure():
                yield figure_place(node["glue"], node.get("alt", ""), self.numbered(node))
            case nodes.literal_block():
                yield f"```{node.get('language', '').replace('default', '')}\n{node.astext()}\n```"
            case nodes.bullet_list():
                yield self.items(node, "- ")
            case nodes.enumerated_list():
                yield self.items(node, "1. ")
            case nodes.definition_list_item():
                head = ", ".join(self.words(term) for term in node.findall(nodes.term))
                yield f"**{head}**  \n" + "\n\n".join(self.inside(node.next_node(nodes.definition)))
            case nodes.citation():
                label, *rest = node.children
                yield f"**{escaped(label.astext())}** " + "\n\n".join(
                    text for child in rest for text in self.blocks(child)
                )
            case nodes.table():
                yield from self.table(node)
            case nodes.block_quote():
                yield re.sub("^", "> ", "\n\n".join(self.inside(node)), flags=re.M)
            case nodes.Admonition() | nodes.note() | nodes.tip() | nodes.warning():
                title = node.next_node(nodes.title)
                head = self.words(title) if title else type(node).__name__.capitalize()
                yield re.sub("^", "> ", "\n\n".join([f"**{head}**", *self.inside(node)]), flags=re.M)
            case nodes.raw() if 'class="downloads"' in node.astext():
                pass  # below figures, which offer their files themselves
            case nodes.raw() if "<script" in node.astext() or "html" not in node["format"]:
                pass  # of the theme, or of paper
            case nodes.raw() if 'class="gallery"' in node.astext():
                yield "*On the pages of the book small pictures of all figures stand here.*"
            case nodes.raw():
                yield node.astext()
            case _ if isinstance(node, _SILENT):
                pass
            case (
                nodes.document() | nodes.container() | nodes.compound() | nodes.definition_list() | addnodes.glossary()
            ):
                if "toctree-wrapper" not in node["classes"]:
                    for child in node.children:
                        yield from self.blocks(child, depth)
            case _:
                raise NotImplementedError(f"{self.page}: no Markdown for {type(node).__name__}, see publish.pages.lab")

    def inside(self, node: nodes.Element) -> list[str]:
        """The blocks of a block."""
        return [text for child in node.children for text in self.blocks(child)]

    def items(self, node: nodes.Element, mark: str) -> str:
        """A list."""
        room = "\n" + " " * len(mark)
        return "\n".join(mark + "\n\n".join(self.inside(item)).replace("\n", room) for item in node.children)

    def table(self, node: nodes.table) -> Iterator[str]:
        """A table of the text; only those without merged cells."""
        rows = [
            ["<br>".join(self.inside(entry)).replace("\n", " ") for entry in row.findall(nodes.entry)]
            for row in node.findall(nodes.row)
        ]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        title = node.next_node(nodes.title)
        if title:
            yield f"**{self.words(title)}**"
        yield "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def has_notebook(env, page: str) -> bool:
    """Whether a page becomes a notebook: those of the appendix that print the library do not."""
    return page in env.found_docs and not re.match(r"book/api", page)


def _values(page: str, executed: Path) -> dict[str, dict[str, str]]:
    """What the cells of a page have glued, by name and form, as myst-nb keeps it in a folder."""
    path = executed / f"{page}.glue.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: value["data"] for name, value in kept.items()}


def prose_cell(text: str, values: dict[str, dict[str, str]]):
    """A cell that shows text with values, with what it showed when the book was built."""
    plain, outputs = {name: bundle.get("text/plain", "") for name, bundle in values.items()}, []
    for part in parts(text):
        if isinstance(part, str):
            outputs.append({"text/markdown": filled(part, plain).strip()})
        else:
            name, alt, caption = part
            outputs += [shown(values[name], alt), {"text/markdown": filled(caption, plain)}]
    return new_code_cell(
        f"%%prose\n{text}",
        outputs=[new_output("display_data", data) for data in outputs],
        metadata={"jupyter": {"source_hidden": True}, "tags": ["prose"]},
    )


def code_cell(cell, parameters: str = "parameters"):
    """A cell of the chapter, folded and silent where it is on the page; explorers must be computed first.

    Open is the cell with the tag ``parameters``.
    """
    tags, outputs = cell.metadata.get("tags", []), []
    for output in [] if "remove-output" in tags else cell.outputs:
        if "scrapbook" in output.get("metadata", {}):
            continue
        if "data" in output:
            data = {form: value for form, value in output.data.items() if form != "application/pdf"}
            if 'class="explorer' in "".join(data.get("text/html", "")):
                data = {"text/markdown": EXPLORER}
            output = new_output("display_data", data)
        outputs.append(output)
    metadata = {"tags": tags} if tags else {}
    if {"hide-input", "remove-input"} & {*tags} and parameters not in tags:
        metadata["jupyter"] = {"source_hidden": True}
    return new_code_cell(cell.source, outputs=outputs, metadata=metadata)


def make_notebook(writer: Writer, executed, values: dict[str, dict[str, str]]):
    """The notebook of a page.

    Parameters
    ----------
    writer
        of the page.
    executed
        the chapter as it was executed, None for a page without code.
    values
        what its cells have glued, by name and form.
    """
    code = [cell for cell in executed.cells if cell.cell_type == "code"] if executed else []
    given = "injected-parameters"  # by papermill, behind those of the chapter
    given = given if any(given in cell.metadata.get("tags", []) for cell in code) else "parameters"
    left = iter(code)
    cells = []
    for block in writer.blocks(writer.doctree):
        if isinstance(block, nodes.container):
            cells.append(code_cell(next(left), given))
            continue
        kind = "prose" if names(block) else "text"
        if cells and isinstance(cells[-1], tuple) and cells[-1][0] == kind:
            cells[-1][1].append(block)
        else:
            cells.append((kind, [block]))
    if executed:
        title = cells[0][1].pop(0)
        source = re.sub(r"networks/.*", "network", writer.page) + ".md"
        opening = [("text", [title, HEAD.format(source=source)]), new_code_cell(FOLLOW)]
        cells = opening + [cell for cell in cells if not isinstance(cell, tuple) or cell[1]]
    made = []
    for i, cell in enumerate(cells):
        if isinstance(cell, tuple):
            text = "\n\n".join(cell[1])
            cell = prose_cell(text, values) if cell[0] == "prose" else new_markdown_cell(text)
        made.append(cell | {"id": f"cell-{i}"})
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return nbformat.from_dict(new_notebook(cells=made, metadata={"kernelspec": kernel}))


def _write(app, pagename, templatename, context, doctree) -> None:
    if doctree is None or app.config.nb_execution_mode == "off" or not has_notebook(app.env, pagename):
        return
    pages = Path(app.outdir)
    taken = (pages / "_sources" / f"{pagename}.ipynb", Path(app.srcdir) / f"{pagename}.ipynb")
    found = next((path for path in taken if path.exists()), None)
    cells = any("cell" in node["classes"] for node in doctree.findall(nodes.container))
    executed = nbformat.read(found, 4) if found and cells else None
    notebook = make_notebook(
        Writer(pagename, doctree, app), executed, _values(pagename, pages.parent / "jupyter_execute")
    )
    target = pages.parent / FOLDER / f"{pagename}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")
    seal = pages.parent / FOLDER / NOTARY
    seal.mkdir(exist_ok=True)
    NotebookNotary(data_dir=str(seal)).sign(notebook)


def connect(app) -> None:
    """Connect to Sphinx: a notebook for each page that is written, once publish.pages.buttons has the executed one."""
    app.connect("html-page-context", _write, priority=950)
