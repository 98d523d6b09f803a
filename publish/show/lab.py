"""Chapters in JupyterLab: sentences, figures and tables follow what the cells of this session compute.

In the notebooks that :mod:`publish.pages.lab` makes of the chapters, ``%load_ext publish.show.lab`` gives the cells that begin
with ``%%prose`` their meaning: Markdown with places for values (:mod:`publish.prose`).  Whenever a cell glues a value anew,
all that shows it, above or below, is written anew.
"""

from __future__ import annotations

from IPython import get_ipython
from IPython.display import Markdown, display

from publish.manuscript import FILES
from publish.prose import NOT_YET, filled, names, parts, shown

EXPLAINED = f"*{NOT_YET}: not computed in this session yet. Run the cells with code, or all of them.*"


class Following:
    """What is glued in a session, and what shows it."""

    def __init__(self):
        self.values: dict[str, dict[str, str]] = {}
        self._changed: set[str] = set()
        self._displays: dict[str, list] = {}

    def keep(self, name: str, value) -> None:
        """Keep a value; what shows it follows when the cell has run."""
        self.values[name], _ = get_ipython().display_formatter.format(value)
        self._changed.add(name)

    def prose(self, line: str, cell: str) -> None:
        """``%%prose``: show Markdown with values, figures and tables in their places."""
        self._displays[cell] = [display(form, display_id=True, raw=raw) for form, raw in self._forms(cell)]

    def refresh(self, *_) -> None:
        """Write anew what shows a value that has changed."""
        changed, self._changed = self._changed, set()
        for text, handles in self._displays.items():
            if names(text) & changed:
                for handle, (form, raw) in zip(handles, self._forms(text), strict=True):
                    handle.update(form, raw=raw)

    def _forms(self, text: str) -> list[tuple]:
        """What is displayed of a text, part by part, and whether as it is; always as many for one text."""
        plain = {name: bundle.get("text/plain", "") for name, bundle in self.values.items()}
        forms = []
        for part in parts(text):
            if isinstance(part, str):
                written = filled(part, plain)
                forms.append((Markdown(f"{written}\n\n{EXPLAINED}" if NOT_YET in written else written), False))
                continue
            name, alt, caption = part
            bundle = shown(self.values[name], alt) if name in self.values else {"text/markdown": EXPLAINED}
            links = self.values.get(name + FILES, {}).get("text/html", "")
            forms.append((bundle, True))
            forms.append((Markdown(filled("\n\n".join(filter(None, [caption, links])), plain)), False))
        return forms


_SESSION: list[Following] = []


def session() -> Following | None:
    """What follows in this session, if anything does."""
    return _SESSION[-1] if _SESSION else None


def load_ipython_extension(shell) -> None:
    """Let the sentences of the notebook follow."""
    following = Following()
    _SESSION[:] = [following]
    shell.register_magic_function(following.prose, "cell", "prose")
    shell.events.register("post_run_cell", following.refresh)


def unload_ipython_extension(shell) -> None:
    """Cells show what they glue themselves."""
    shell.events.unregister("post_run_cell", _SESSION.pop().refresh)
