"""Numbers of figures and tables, as a Sphinx extension: pages of a chapter count their own.

Sphinx counts through a chapter and all pages below it, so that the figures of the eleventh network would be Figs. 7.52 to
7.56.  Those of page 7.15 are Figs. 7.15.1 to 7.15.5.
"""

from __future__ import annotations

from sphinx.environment import BuildEnvironment


def count_by_page(env: BuildEnvironment) -> list[str]:
    """Number figures and tables of pages below a chapter by the page; returns the pages whose numbers change."""
    changed = []
    for page, kinds in env.toc_fignumbers.items():
        place = env.toc_secnumbers.get(page, {}).get("") or ()
        if len(place) < 2:
            continue  # a chapter itself
        for kind, numbers in kinds.items():
            own = {name: (*place, i) for i, name in enumerate(numbers, start=1)}
            if own != numbers:
                kinds[kind] = own
                changed.append(page)
    return changed


def connect(app) -> None:
    """Connect to Sphinx, behind its own numbering."""
    app.connect("env-get-updated", lambda app, env: count_by_page(env), priority=900)
