"""The appendix on the library: every package and module, so that no list of them goes stale.

In ``book/api*.md`` a comment such as ``% modules of lib.rmf`` holds the place of a package.  Its modules follow the import contract
in ``pyproject.toml``, each behind those that it builds on; where there is none, their names.
"""

from __future__ import annotations

import re
import tomllib

from lib.provenance import ROOT

_PLACE = re.compile(r"^% modules of ([\w.]+)$", flags=re.M)


def modules(package: str) -> list[str]:
    """Full names of the modules of a package, in the order in which they build on each other."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next((contract["layers"] for contract in contracts if package in contract.get("containers", ())), [])
    order = re.findall(r"\w+", " ".join(reversed(layers)))
    names = {path.stem for path in ROOT.joinpath(*package.split(".")).glob("[!_.]*.py")}
    return [f"{package}.{name}" for name in [*filter(names.__contains__, order), *sorted(names - {*order})]]


def sections(package: str) -> str:
    """What autodoc says of a package, and of each of its modules under a heading of its own."""
    parts = [f"```{{eval-rst}}\n.. automodule:: {package}\n   :no-members:\n```\n"]
    parts += [f"### `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n" for name in modules(package)]
    return "\n".join(parts)


def connect(app) -> None:
    """Connect to Sphinx: sections in their places."""

    def fill(app, page, source):
        source[0] = _PLACE.sub(lambda place: sections(place[1]), source[0])

    app.connect("source-read", fill)
