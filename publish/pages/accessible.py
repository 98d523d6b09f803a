"""What a screen reader is told of a page, where Sphinx, its theme or pandas leave it out; as a Sphinx extension.

Buttons that unfold something say what they unfold, empty heads of tables are no heads, the bibliography is a list.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

_EMPTY_HEAD = re.compile(r"<th\b([^>]*)>(?:\s|&nbsp;|\xa0)*</th>")
_UNFOLDS = re.compile(r'(<a class="[^"]*"[^>]*>([^<]*)</a>\s*<details[^>]*>\s*<summary)>')


def without_empty_heads(table: str) -> str:
    """HTML of a table in which each empty head is a plain cell."""
    return _EMPTY_HEAD.sub(r"<td\1></td>", table)


def with_named_folds(contents: str) -> str:
    """HTML of a table of contents in which each button that shows the pages below a page says so."""
    return _UNFOLDS.sub(
        lambda found: f'{found[1]} aria-label="Pages below {found[2].replace(chr(34), "&quot;")}">', contents
    )


class _EmptyHeads(SphinxPostTransform):
    """The corner of a table of pandas, and the heads above the names of its rows."""

    default_priority = 4  # as publish.pages.latex, before myst-nb chooses among what is there
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for html in self.document.findall(nodes.raw):
            if "<th" in html.astext() and "<script" not in html.astext():
                html[:] = [nodes.Text(without_empty_heads(html.astext()))]
        for head in self.document.findall(nodes.thead):
            for entry in head.findall(nodes.entry):
                if not entry.astext().strip():
                    entry["classes"].append("empty")


def _mend(app, pagename, templatename, context, doctree) -> None:
    body = context.get("body", "")
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")  # its words say more
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    body = re.sub(r'<th class="head empty">(.*?)</th>', r'<td class="head empty">\1</td>', body, flags=re.S)
    context["body"] = body
    contents = context.get("generate_toctree_html")
    if contents is not None:
        context["generate_toctree_html"] = lambda *given, **named: with_named_folds(str(contents(*given, **named)))


def connect(app) -> None:
    """Connect to Sphinx."""
    app.add_post_transform(_EmptyHeads)
    app.connect("html-page-context", _mend, priority=900)  # the theme has just made the contents
