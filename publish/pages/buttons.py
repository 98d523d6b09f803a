"""Buttons at the head of each page, as a Sphinx extension: the page as a notebook, and where to run it.

A chapter is MyST text; whoever wants a notebook gets the executed one, from the book's own folder.  Binder and Colab need
to know where the book is published.  That is ``repository: url`` in ``_config.yml`` and nothing else: while it is empty
there are no such buttons, since they would lead nowhere.
"""

from __future__ import annotations

import re
from pathlib import Path

import jupyter_cache
import nbformat

from publish.pages import lab

PAGES_BRANCH = "gh-pages"
"""Where the built pages are published, and with them the notebooks that Colab opens."""


def connect(app) -> None:
    """Connect to Sphinx."""
    app.connect("config-inited", _without_address_no_launch, priority=900)
    app.connect("html-page-context", _offer_notebook, priority=400)
    app.connect("html-page-context", _mend_launch_links, priority=600)


def _without_address_no_launch(app, config) -> None:
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def _offer_notebook(app, pagename, templatename, context, doctree) -> None:
    """The executed notebook of a chapter beside its source, for the download button of the theme."""
    written = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if not written.exists() or not str(context.get("sourcename", "")).endswith(".md"):
        return
    notebook = nbformat.read(written, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code:
        return
    if not any(cell.outputs for cell in code):
        # myst-nb writes the outputs only of a notebook that it has just executed, not of one it has taken from its cache
        cache = jupyter_cache.get_cache(app.env.mystnb_config.execution_cache_path)
        _, notebook = cache.merge_match_into_notebook(notebook)
    target = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)
    context["ipynb_source"] = f"{pagename}.ipynb"


def _mend_launch_links(app, pagename, templatename, context, doctree) -> None:
    """The theme points to the source of a page; Binder and Colab can open notebooks only.

    Binder finds those that the build makes for JupyterLab (:mod:`publish.pages.lab`), Colab those published with the pages.
    """
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Binder":
                notebook = f"_build/{lab.FOLDER}/{pagename}.ipynb"
                button["url"] = re.sub(r"(urlpath=[a-z/]*?)book/.*$", rf"\1{notebook}", button["url"])
            elif button.get("text") == "Colab":
                button["url"] = re.sub(
                    r"/blob/[^/]+/.*$", f"/blob/{PAGES_BRANCH}/_sources/{pagename}.ipynb", button["url"]
                )
