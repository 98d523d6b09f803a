"""What each page says of itself, as a Sphinx extension: a description in its head, at its foot where it comes from.

The foot names the version and the commit of the book, the versions of the main packages and, where the page computes, when
it was executed and how long that took.
"""

from __future__ import annotations

import json
import platform
import re
from datetime import UTC, date, datetime
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path

import yaml
from docutils import nodes

from lib.provenance import ROOT, last_commit
from publish.manuscript import SOURCES

PACKAGES = ("torch", "numpy")
"""Whose versions are named beside that of Python."""
CHANGED = {
    False: "",
    True: ", with changes that are not committed",
    None: ", in a copy without git, where changes go unseen",
}
"""What is said of :attr:`lib.provenance.Commit.changed`."""
ENOUGH = 70
"""Letters from which on a description needs no further sentence."""


def opening(doctree: nodes.document) -> str:
    """The first sentences of a page's own text, as many as make a description; paragraphs with formulas are passed over."""
    taken = ""
    for section in doctree.findall(nodes.section):
        for paragraph in section.children:
            if isinstance(paragraph, nodes.paragraph) and not list(paragraph.findall(nodes.math)):
                for sentence in re.split(r"(?<=[.?!])\s+", " ".join(paragraph.astext().split())):
                    taken = f"{taken} {sentence}".strip()
                    if len(taken) >= ENOUGH:
                        return taken
    return taken


def day(moment: date) -> str:
    """As in ``5 November 2026``."""
    return f"{moment.day} {moment:%B %Y}"


@cache
def of_the_book() -> str:
    """Version and commit of the book, versions of the main packages: the part of the foot that all pages share."""
    number = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    commit = last_commit(SOURCES)
    if commit is None:
        origin = "commit not known"
    else:
        origin = f"commit <code>{commit.name}</code> of {day(date.fromisoformat(commit.day))}"
        origin += CHANGED[commit.changed]
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Version {escape(number)}, {origin}. Python {platform.python_version()}, {packages}."


def executed(metadata: dict, notebook: Path) -> str:
    """When a page was executed and how long that took; empty where that is not known.

    Parameters
    ----------
    metadata
        what myst-nb keeps of the page.
    notebook
        the page's source, should it be a notebook that papermill has executed.
    """
    if run := metadata.get("exec_data"):
        moment, seconds = datetime.fromtimestamp(run["mtime"], UTC), run["runtime"]
    elif notebook.exists() and (run := json.loads(notebook.read_text(encoding="utf-8"))["metadata"].get("papermill")):
        moment, seconds = datetime.fromisoformat(run["end_time"]), run["duration"]
    else:
        return ""
    return f" This page was executed on {day(moment)}, in {seconds:.0f} s."


def connect(app) -> None:
    """Connect to Sphinx."""
    app.connect("html-page-context", _describe)
    app.connect("html-page-context", _add_foot)


def _describe(app, pagename, templatename, context, doctree) -> None:
    book = escape(app.config.html_title)
    title = re.sub(r"<[^>]+>", "", context.get("title", "")) or book  # it has marks of HTML, and is escaped already
    description = escape(opening(doctree)) if doctree is not None else ""
    entries = [
        ("name", "description", description or f"{title} – {book}"),
        ("property", "og:title", title),
        ("property", "og:description", description or f"{title} – {book}"),
        ("property", "og:site_name", book),
        ("property", "og:type", "article"),
    ]
    for kind, name, content in entries:
        context["metatags"] = context.get("metatags", "") + f'\n<meta {kind}="{name}" content="{content}">'


def _add_foot(app, pagename, templatename, context, doctree) -> None:
    # a page may be a notebook, and executed as such, without a single cell
    cells = [] if doctree is None else [node for node in doctree.findall(nodes.container) if "cell" in node["classes"]]
    metadata = getattr(app.env, "nb_metadata", {}).get(pagename, {})
    run = executed(metadata, Path(app.srcdir) / f"{pagename}.ipynb") if cells else ""
    context["theme_extra_footer"] = f'<p class="colophon">{of_the_book()}{run}</p>'
